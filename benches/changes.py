"""Measures what changes of files cost: the journal, the syncs, the way back.

usage: changes.py PROGRAM [FOLDER]

Prints a table in Markdown. Each figure is of whole runs of the program, start included, with the
file's pages in the cache, the median of several. The files are made in FOLDER, which should be on
a disk, or in a temporary folder: 1 GB and more of them is really written.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

GB = 1 << 30
BLOCK = 1 << 24


def timed(f, times=5, before=None):
    """Median seconds of several runs."""
    took = []
    for _ in range(times):
        if before:
            before()
        os.sync()
        begun = time.perf_counter()
        f()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def run(program, path, *arguments):
    done = subprocess.run([program, "--clean", "--no-progress", *arguments, path],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)


def records(path):
    """Bytes of what undoes the last change."""
    folder = path.parent / f".{path.name}.ch5tui"
    return max(folder.glob("*.change")).stat().st_size


def attribute(program, folder):
    """An attribute of a file of 10 GB."""
    path = folder / "ten.h5"
    with h5py.File(path, "w") as f:
        x = f.create_dataset("x", (10 * GB // 8,), "f8")
        x[-1] = 1
        x.attrs["unit"] = "K"
    values = iter(range(1000))
    edit = lambda: run(program, path, "-w", "-e", f'f["x"].attrs["n"] = {next(values)}')
    took = timed(edit, 9)
    size = path.stat().st_size
    print(f"| an attribute of a file of {size / GB:.0f} GB | {took * 1000:.0f} ms | 50 ms "
          f"| journal {records(path) / 1024:.0f} KB (aim 1 MB) |")
    path.unlink()


def plain(path, journal, offset, size):
    """What must be done at least: old bytes to a new file, new ones in their place, both synced."""
    new = np.ones(BLOCK // 8).tobytes()
    with open(path, "r+b", buffering=0) as f, open(journal, "wb", buffering=0) as j:
        for at in range(0, size, BLOCK):
            j.write(os.pread(f.fileno(), BLOCK, offset + at))
        os.fsync(j.fileno())
        for at in range(0, size, BLOCK):
            os.pwrite(f.fileno(), new, offset + at)
        os.fsync(f.fileno())
    os.unlink(journal)


def unsafe(path):
    """h5py's way: over the old bytes, and nothing to go back to."""
    with h5py.File(path, "r+") as f:
        x = f["x"]
        for at in range(0, x.size, BLOCK // 8):
            x[at:at + BLOCK // 8] = 1
    with open(path, "rb") as f:
        os.fsync(f.fileno())


def unsafe_in_place(path):
    """The same, of what was read."""
    with h5py.File(path, "r+") as f:
        x = f["x"]
        for at in range(0, x.size, BLOCK // 8):
            x[at:at + BLOCK // 8] *= 1.5
    with open(path, "rb") as f:
        os.fsync(f.fileno())


def overwrite(program, folder):
    """1 GB overwritten, within 64 MB of memory: by a number, and by what is computed from it."""
    path = folder / "one.h5"
    with h5py.File(path, "w") as f:
        f.create_dataset("x", data=np.random.default_rng(0).random(GB // 8))
        offset = f["x"].id.get_offset()
    forget = lambda: run(program, path, "--forget")
    for line, peer in (('f["x"][:] = 1.0', unsafe), ('f["x"] *= 1.5', unsafe_in_place)):
        edit = lambda: run(program, path, "-w", "--max-memory", "64M", "-e", line)
        ours = timed(edit, 5, forget)
        forget()
        least = timed(lambda: plain(path, folder / "journal", offset, GB), 5)
        theirs = timed(lambda: peer(path), 5)
        print(f"| 1 GB, `{line}`, 64 MB of memory | {ours:.2f} s | {1.5 * least:.2f} s "
              f"| {ours / least:.2f} times of a plain copy and write, {least:.2f} s; "
              f"h5py without a journal {theirs:.2f} s |")
    path.unlink()


def undo_of_delete(program, folder):
    """A deleted dataset brought back, small and large."""
    took = []
    for size in (1 << 20, GB):
        path = folder / f"delete{size}.h5"
        with h5py.File(path, "w") as f:
            f.create_dataset("x", data=np.ones(size // 8))
            f["y"] = 1
        delete = lambda: run(program, path, "-w", "-e", 'del f["x"]')
        took.append(timed(lambda: run(program, path, "--undo"), 5, delete))
        path.unlink()
    print(f"| undo of a deleted dataset of 1 GB | {took[1] * 1000:.0f} ms "
          f"| {1.5 * took[0] * 1000:.0f} ms | of one of 1 MB {took[0] * 1000:.0f} ms |")


def main():
    program = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        print("| what | took | aim | beside |")
        print("|---|---|---|---|")
        for bench in (attribute, overwrite, undo_of_delete):
            bench(program, Path(folder))


main()
