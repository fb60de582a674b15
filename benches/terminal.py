"""Measures the program in a pseudo-terminal of 120x40: start, memory, keys, bytes.

usage: terminal.py PROGRAM [FOLDER]

Prints a table in Markdown. The files are made in FOLDER (kept for the next run) or in a temporary
one: a group of 1,000,000 links in the old format (symbol table) and in the new (dense), and a
sparse dataset of 1 TB. Times are wall clock on a warm cache, the median of several starts.
"""

import fcntl
import os
import pathlib
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import time

import h5py
import numpy

COLUMNS, ROWS = 120, 40
LINKS = 1_000_000


def make_files(folder):
    """The files to measure with, made once."""
    files = {}
    for name, libver in (("old", ("earliest", "v108")), ("new", ("latest", "latest"))):
        path = folder / f"million_{name}.h5"
        if not path.exists():
            with h5py.File(path, "w", libver=libver) as f:
                f.create_dataset("one", data=range(10))
                group = f.create_group("many")
                for i in range(LINKS):
                    group.id.links.create_hard(b"ds_%d" % i, f.id, b"/one")
        files[name] = path
    path = folder / "sparse.h5"
    if not path.exists():
        with h5py.File(path, "w") as f:
            d = f.create_dataset(
                "cube", (1_000_000, 131_072), "f8", chunks=(64, 1024), compression="gzip"
            )
            d[:64, :1024] = 1.5
            d[-64:, -1024:] = 2.5
    files["sparse"] = path
    path = folder / "random.h5"
    if not path.exists():
        with h5py.File(path, "w") as f:
            f["ints"] = numpy.random.default_rng(0).integers(0, 1000, (5000, 200))
    files["random"] = path
    return files


class Program:
    """The program on a terminal of its own."""

    def __init__(self, *args):
        self.start = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
            size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execve(args[0], args, env)
        self.seen = b""

    def read(self, timeout):
        """What comes within a time; nothing at its end."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return b""
        self.seen += data
        return data

    def until(self, text, limit=60):
        """The seconds until a text has been written since the last call of this."""
        start = time.perf_counter()
        since = len(self.seen)
        while text not in self.seen[since:]:
            if time.perf_counter() - start > limit:
                sys.exit(f"waited in vain for {text!r}")
            self.read(0.5)
        return time.perf_counter() - start

    def rest(self, quiet=0.15):
        """What is written until nothing comes for a while."""
        out = b""
        while data := self.read(quiet):
            out += data
        return out

    def key(self, key):
        """Seconds from a key to its first bytes, and all bytes that follow from it."""
        start = time.perf_counter()
        os.write(self.fd, key)
        first = self.read(2)
        seconds = time.perf_counter() - start
        return seconds, len(first) + len(self.rest(0.08))

    def memory(self, field="VmRSS"):
        """Resident memory in MB."""
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith(field):
                return int(line.split()[1]) / 1024
        return 0.0

    def bytes_read(self):
        """Bytes that were read from files, cached or not."""
        for line in open(f"/proc/{self.pid}/io"):
            if line.startswith("rchar"):
                return int(line.split()[1])
        return 0

    def ticks(self):
        """CPU time used, in clock ticks."""
        fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def quit(self):
        os.write(self.fd, b":q\r")
        while self.read(1):
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def first_screen(program, file, text, times=9):
    """Median seconds from the start until a text is written, bytes and memory then."""
    seconds, sizes, memory = [], [], []
    for _ in range(times):
        p = Program(program, str(file))
        p.until(text)
        seconds.append(time.perf_counter() - p.start)
        p.rest()
        sizes.append(len(p.seen))
        memory.append(p.memory())
        p.quit()
    return statistics.median(seconds), statistics.median(sizes), statistics.median(memory)


def million(program, file):
    """Opens the group of a million links: first names, all in order, memory."""
    p = Program(program, str(file))
    p.until(b"many")
    p.rest()
    os.write(p.fd, b"jl")
    first = p.until(b"ds_")
    # onto a link of the group, since the status line counts the links beside the cursor
    os.write(p.fd, b"j")
    # ^L draws the whole screen anew, so that the status line is written in one piece
    start = time.perf_counter()
    while b"1000000 here" not in p.seen:
        os.write(p.fd, b"\x0c")
        p.rest(0.03)
        if time.perf_counter() - start > 60:
            sys.exit("the names were never sorted")
    ordered = first + time.perf_counter() - start
    p.rest()
    out = first, ordered, p.memory(), p.memory("VmHWM")
    p.quit()
    return out


def preview(program, file, times=5):
    """Median seconds from Enter to the page of an expression, and the bytes read for it."""
    seconds, sizes = [], []
    for _ in range(times):
        p = Program(program, str(file))
        p.until(b"cube")
        p.rest()
        os.write(p.fd, b':np.sqrt(f["cube"]) + 1')
        p.rest()
        before = p.bytes_read()
        start = time.perf_counter()
        os.write(p.fd, b"\r")
        # the square root of the first block's 1.5, and 1
        p.until(b"2.2247")
        seconds.append(time.perf_counter() - start)
        p.rest()
        sizes.append(p.bytes_read() - before)
        p.quit()
    return statistics.median(seconds), statistics.median(sizes)


def percentiles(values):
    values = sorted(values)
    return values[len(values) // 2], values[min(len(values) - 1, len(values) * 99 // 100)]


def main(argv):
    program = str(pathlib.Path(argv[0]).resolve())
    root = pathlib.Path(__file__).resolve().parent.parent
    demo = root / "assets" / "demo.h5"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(argv[1] if len(argv) > 1 else temporary)
        files = make_files(folder)
        rows = []

        def row(what, value, aim):
            rows.append((what, value, aim))

        seconds, size, memory = first_screen(program, demo, b"types")
        row("demo: start to first screen", f"{seconds * 1e3:.1f} ms", "20 ms")
        row("demo: bytes of the start", f"{size:.0f}", "8192")
        row("demo: resident memory", f"{memory:.1f} MB", "25 MB")
        seconds, _, memory = first_screen(program, files["sparse"], b"cube")
        row("1 TB sparse: start to first screen", f"{seconds * 1e3:.1f} ms", "20 ms")
        p = Program(program, str(files["sparse"]))
        p.until(b"cube")
        os.write(p.fd, b"j\r")
        p.until(b"1.5")
        os.write(p.fd, b"G$")
        p.until(b"999999")
        p.rest()
        row("1 TB sparse: resident memory at its last cell", f"{p.memory():.1f} MB", "25 MB")
        p.quit()
        seconds, read = preview(program, files["sparse"])
        row("1 TB sparse: np.sqrt(…) + 1 typed to its page", f"{seconds * 1e3:.1f} ms", "100 ms")
        row("1 TB sparse: bytes read for that page", f"{read / 1e6:.2f} MB", "2 MB")
        for name, words in (("old", "symbol table"), ("new", "dense")):
            first, ordered, memory, peak = million(program, files[name])
            row(f"1,000,000 links, {words}: first names", f"{first * 1e3:.0f} ms", "200 ms")
            row(f"1,000,000 links, {words}: all in order", f"{ordered:.2f} s", "3 s")
            row(
                f"1,000,000 links, {words}: memory (peak)",
                f"{memory:.0f} MB ({peak:.0f} MB)",
                "120 MB",
            )

        p = Program(program, str(demo))
        p.until(b"types")
        p.rest()
        os.write(p.fd, b"10j")
        p.rest()
        # runs are groups whose details are alike
        alike = [p.key(k) for k in (b"j", b"k") * 60]
        # monitors are datasets whose values all differ
        os.write(p.fd, b":goto /instrument/beam_position/monitor_3\r")
        p.rest(0.4)
        tree = [p.key(k) for k in (b"j", b"k") * 60]
        os.write(p.fd, b":goto /run_05/counts\r")
        p.rest(0.4)
        os.write(p.fd, b"\r5j3l")
        p.rest(0.4)
        grid = [p.key(k) for k in (b"j", b"k", b"l", b"h") * 40]
        full = Program(program, str(files["random"]), "+goto", "/ints")
        full.until(b"5000")
        full.rest()
        os.write(full.fd, b"\r")
        full.rest()
        page = [full.key(k) for k in (b"\x06", b"\x06", b"\x02") * 20]
        scrolled = [full.key(b"j") for _ in range(120)]
        full.quit()
        half, most = percentiles([s for s, _ in tree + alike + grid + page + scrolled])
        row("key to frame, p50", f"{half * 1e3:.2f} ms", "")
        row("key to frame, p99", f"{most * 1e3:.2f} ms", "16 ms")
        middle = lambda moves: f"{statistics.median(b for _, b in moves):.0f} ({max(b for _, b in moves)})"
        row("bytes of a row in the grid (most)", middle(grid), "500")
        mean = statistics.mean(b for _, b in scrolled)
        row("bytes of a row in the grid, scrolling through a full one, mean", f"{mean:.0f}", "500")
        row("bytes of a row in the tree, details alike (most)", middle(alike), "500")
        row("bytes of a row in the tree, otherwise (most)", middle(tree), "4096")
        row("bytes of a page full of numbers (most)", middle(page), "6144")
        p.rest(1)
        before, written = p.ticks(), len(p.seen)
        time.sleep(5)
        p.rest()
        row("bytes written in 5 s of nothing", f"{len(p.seen) - written}", "0")
        row("CPU time in 5 s of nothing", f"{(p.ticks() - before) * 10} ms", "0")
        p.quit()

    print("| what | measured | aim |\n|---|---|---|")
    for what, value, aim in rows:
        print(f"| {what} | {value} | {aim} |")


if __name__ == "__main__":
    main(sys.argv[1:])
