"""The program beside h5py + NumPy, dask.array and ch5mpy: times, peak memory, ratios, limits.

usage: arrays PROGRAM [--quick] [--times N] [--only TEXT] [--max-memory SIZE] [--data FOLDER]

Every measurement is a process of its own, on a warm page cache, the best of N with the order
turned round each time. A peer's seconds are those of its work after its imports; the program's
are from start to exit, so its own start counts against it. Values and written files are compared
with NumPy's. Exits 1 if a figure is worse than 1.5 times its aim. Nothing here imports NumPy: see
`measure.Run`.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import sys

import measure
from report import Report, table

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COLUMNS = 1000
PEERS = ("whole", "chunks", "dask", "ch5mpy")
NAMES = {"whole": "h5py + NumPy, whole", "chunks": "h5py by chunks"}

SETS = (
    "f8_contiguous f8_gzip f8_gzip_1000x100 f8_lz4 f8_zstd f8_blosc "
    "f4_contiguous f4_gzip i4_contiguous i4_gzip"
).split()

# work: its words, the program's -e, passes over the data that nobody can save, whether it writes
MEAN = 'np.mean(f["x"], axis=0)'
WORKS = {
    "mean": ("means of columns", [MEAN], 1, False),
    "mean_std": ("means and std of columns", [MEAN + ', np.std(f["x"], axis=0)'], 1, False),
    "count": ("count of x > 0.5", ['np.count_nonzero(f["x"] > 0.5)'], 1, False),
    "standardise": (
        "(x - x.mean(0)) / x.std(0) to .npy",
        ['x = f["x"]', "(x - x.mean(0)) / x.std(0)"],
        2,
        True,
    ),
}
# aims beside whole loading and dask, by the filter
AIMS = {"gzip": (5, 3), "contiguous": (3, 2)}
ALL_WORKS = ("f8_contiguous", "f8_gzip", "f8_gzip_1000x100")

# work: -e, ending of -o, passes, share of the data that is written (None: no limit is known)
MASK = 'f["x"][f["x"] > 3]'
BIG_WORKS = {
    "mean, axis 0": (MEAN, None, 1, 0),
    "std, axis 0": ('np.std(f["x"], axis=0)', None, 1, 0),
    # written, since of a long result only the ends would be printed, and so computed
    "mean_rows": ('np.mean(f["x"], axis=1)', "npy", 1, 0),
    "std_rows": ('np.std(f["x"], axis=1)', "npy", 1, 0),
    "mask_shape": (MASK + ".shape", None, 1, 0),
    "mask_npy": (MASK, "npy", 2, 0),
    "chain": ('np.sqrt(np.abs(f["x"])) * 2 + 1', "npy", 1, 1),
    "transpose_npy": ('f["x"].T', "npy", 1, 1),
    "transpose_h5": ('f["x"].T', "h5", 1, 1),
    "csv": (None, "csv", None, None),
}
BIG_MEMORY = "64M"
BIG_AIM = 150


class Bench:
    """One run of all of it."""

    def __init__(self, options):
        self.program = pathlib.Path(options.program).absolute()
        self.times = options.times
        self.quick = options.quick
        self.rows = 8_000 if self.quick else 80_000
        self.big_rows = 8_000 if self.quick else 540_000
        self.folder = pathlib.Path(options.data) / ("quick" if self.quick else "full")
        self.out = self.folder / "out"
        self.only = options.only
        self.more = ["--max-memory", options.max_memory] if options.max_memory else []
        self.report = Report()
        self.speeds = {}

    def sets(self):
        return [name for name in SETS if self.only in name]

    def big(self, layout):
        """The name of a big dataset; the small one stands in for it in a quick run."""
        return self.like_big(layout) if self.quick else f"big_{layout}"

    @staticmethod
    def like_big(layout):
        """The set that is stored as a big one is, on which its decoding is measured."""
        return {"contiguous": "f8_contiguous", "gzip": "f8_gzip_1000x100"}[layout]

    def path(self, name):
        return self.folder / f"{name}.h5"

    def size(self, name):
        """Bytes of a dataset's values."""
        rows = self.big_rows if name.startswith("big_") else self.rows
        return rows * COLUMNS * (4 if "4_" in name else 8)

    def python(self, script, *args, limit=900):
        """Runs a script of this folder; what it printed."""
        done = measure.run([sys.executable, HERE / script, *args], limit)
        if done.fault():
            sys.exit(f"{script} {' '.join(map(str, args))}: {done.fault()}")
        return done.out

    def make_files(self):
        """Makes what is lacking, if the disk has room for it and for the outputs."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        names = self.sets()
        if self.only in "big":
            for layout in ("contiguous", "gzip"):
                names += [self.big(layout), self.like_big(layout)]
        names = list(dict.fromkeys(names))
        lacking = [name for name in names if not self.path(name).exists()]
        # outputs: one of each peer at once, or one and its spill of the big ones
        need = sum(map(self.size, lacking))
        need += max(5 * 8 * self.rows * COLUMNS, 2 * 8 * self.big_rows * COLUMNS)
        free = shutil.disk_usage(self.folder).free
        print(f"disk: {need / 1e9:.1f} GB needed in {self.folder}, {free / 1e9:.1f} GB free")
        if need > free:
            sys.exit("not enough room")
        for name in [*lacking, *([] if self.path("huge").exists() else ["huge"])]:
            print(f"making {name}", file=sys.stderr)
            rows = self.big_rows if name.startswith("big_") else self.rows
            self.python("data.py", self.folder, rows, name, limit=3600)

    def machine(self):
        """Measures the machine itself."""
        self.memory = float(self.python("limits.py", "memory"))
        self.write = float(self.python("limits.py", "write", self.out / "raw", self.rows // 125))
        cores = len(os.sched_getaffinity(0))
        print(
            f"machine: {cores} cores; sum of float64 in memory {self.memory:.1f} GB/s; "
            f"new pages of a file {self.write:.2f} GB/s; page cache: see the contiguous sets"
        )

    def decode_speed(self, name):
        """MB/s of values read and decoded on all cores: the fastest known way, and its words."""
        if name in self.speeds:
            return self.speeds[name]
        path, found = self.path(name), []
        reader = self.program.parent / "examples" / "read_speed"
        measure.warm(path)
        if reader.exists():
            done = measure.run([reader, path, "x"])
            speeds = re.findall(r", (\d+) threads: (\d+) MB/s", done.out)
            if done.fault() or not speeds:
                sys.exit(f"read_speed {name}: {done.fault() or done.out}")
            found.append((float(speeds[-1][1]), "read_speed"))
        if name.endswith("contiguous"):
            found.append((float(self.python("limits.py", "read", path)) * 1e3, "page cache"))
        elif "gzip" in name:
            found.append((float(self.python("limits.py", "inflate", path)), "zlib"))
        self.speeds[name] = max(found) if found else None
        words = ", ".join(f"{way} {speed:.0f} MB/s" for speed, way in found)
        print(f"decoding {name} on all cores: {words or 'read_speed is not built'}", flush=True)
        return self.speeds[name]

    def limit(self, name, passes, written):
        """Seconds that reading, decoding and writing so many bytes take by themselves."""
        speed = self.decode_speed(name)
        if speed is None:
            return None
        return passes * self.size(name) / 1e6 / speed[0] + written / 1e9 / self.write

    def ours(self, path, codes, *more):
        """The program's command line."""
        code = [word for c in codes for word in ("-e", c)]
        return [self.program, path, *code, *more]

    def one(self, who, name, work):
        """One measurement: seconds, peak, value, fault."""
        path = self.path(name)
        out = self.out / f"{who}.npy"
        out.unlink(missing_ok=True)
        writes = WORKS[work][3]
        if who == "ch5tui":
            more = ("-o", out) if writes else ("--format", "json")
            done = measure.run(self.ours(path, WORKS[work][1], *self.more, *more))
            if done.fault():
                return None, None, None, done.fault()
            value = None if writes else plain(done.out)
            seconds = done.seconds
        else:
            done = measure.run([sys.executable, HERE / "peers.py", who, work, path, out])
            if done.fault():
                return None, None, None, done.fault()
            told = json.loads(done.out)
            value, seconds = told["value"], told["seconds"]
        if writes:
            # what is still to be written to the disk is not left to the next one
            os.sync()
        return seconds, done.peak, value, None

    def side_by_side(self, name, work):
        """A row of the table."""
        what = f"{name}, {WORKS[work][0]}"
        print(f"measuring {what}", file=sys.stderr)
        measure.warm(self.path(name))
        best, order = {}, [*PEERS, "ch5tui"]
        # what takes some 50 ms is measured more often
        quick = not WORKS[work][3] and name.endswith("contiguous")
        for _ in range(self.times * (3 if quick else 1)):
            for who in order:
                seconds, peak, value, fault = self.one(who, name, work)
                if fault:
                    best[who] = (None, None, None, fault)
                elif who not in best or best[who][3] is None:
                    last = best.get(who, (seconds, peak))
                    best[who] = (min(seconds, last[0]), max(peak, last[1]), value, None)
            order.reverse()
        cells = [cell(best[who]) for who in PEERS]
        seconds, peak, value, fault = best["ch5tui"]
        whole = best["whole"]
        fault = fault or self.differs(name, work, value, whole[2])
        for who in PEERS:
            (self.out / f"{who}.npy").unlink(missing_ok=True)
        (self.out / "ch5tui.npy").unlink(missing_ok=True)
        if fault:
            return [name, WORKS[work][0], *cells, self.report.fault(what, fault)] + ["–"] * 6
        judge = self.report
        fastest = min(best[who][0] for who in PEERS if best[who][0])
        beside = []
        for who, aim in zip(("whole", "dask"), AIMS.get(name.split("_")[1], (None, None))):
            ratio = best[who][0] / seconds
            beside.append(
                judge.times(f"{what}, beside {who}", ratio, aim) if aim else f"{ratio:.2f}x"
            )
        beside.append(judge.times(f"{what}, beside the fastest peer", fastest / seconds, 1))
        share = peak / whole[1] * 100
        memory = f"{share:.0f} %"
        if not self.quick:
            memory = judge.most(f"{what}, memory of whole loading", share, 10, "%")
        passes, writes = WORKS[work][2:]
        # integers' means are float64
        written = self.size("f8" if name[0] == "i" else name) if writes else 0
        limit = self.limit(name, passes, written)
        far = ["–", "–"] if limit is None else [f"{limit:.3f} s", f"{seconds / limit:.2f}x"]
        return [name, WORKS[work][0], *cells, cell(best["ch5tui"]), *beside, memory, *far]

    def differs(self, name, work, ours, theirs):
        """Why our value is not NumPy's; nothing if it is."""
        # NumPy adds float32 in float32, row by row
        tolerance = 1e-3 if name.startswith("f4") else 1e-9
        if work == "standardise":
            told = self.python(
                "peers.py", "compare", self.out / "whole.npy", self.out / "ch5tui.npy"
            )
            difference = json.loads(told)["difference"]
            if isinstance(difference, str):
                return difference
            return f"differs from NumPy's by {difference}" if difference > tolerance else None
        if work == "count":
            return None if ours == theirs else f"{ours}, but NumPy's is {theirs}"
        ours = ours if work == "mean_std" else [ours]
        for one, other in zip(ours, theirs, strict=True):
            for a, b in zip(one, other, strict=True):
                if not abs(a - b) <= tolerance * (1 + abs(b)):
                    return f"{a}, but NumPy's is {b}"
        return None

    def big_row(self, layout, work):
        """A row of the table of memory."""
        name = self.big(layout)
        path = self.path(name)
        code, ending, passes, written = BIG_WORKS[work]
        if work == "csv":
            code = f'f["x"][:{self.big_rows // 10}, ::10]'
        what = f"{name}, {code}" + (f" to .{ending}" if ending else "")
        print(f"measuring {what}", file=sys.stderr)
        out = self.out / f"{work}.{ending}"
        more = ["--max-memory", BIG_MEMORY, "--temp-dir", self.out]
        if ending:
            more += ["-o", out]
        done = measure.run(self.ours(path, [code], *more), 1800)
        fault = done.fault()
        if not fault and ending:
            checked = measure.run([sys.executable, HERE / "check.py", work, path, out])
            fault = checked.fault() and f"{out.name}: {checked.fault()}"
        out.unlink(missing_ok=True)
        os.sync()
        shown = f"`{code}`" + (f" to .{ending}" if ending else "")
        if fault:
            return [name, shown, self.report.fault(what, fault), "–", "–", "–"]
        limit = None
        if passes is not None and (speed := self.decode_speed(self.like_big(layout))):
            size = self.size(name) / 1e6
            limit = passes * size / speed[0] + written * size / 1e3 / self.write
        far = ["–", "–"]
        if limit is not None:
            far = [f"{limit:.2f} s", f"{done.seconds / limit:.2f}x"]
        peak = self.report.most(f"{what}, peak memory", done.peak, BIG_AIM, "MB")
        return [name, shown, f"{done.seconds:.2f} s", *far, peak]

    def small_rows(self):
        """Start to exit on a small file, and a preview of a terabyte."""
        demo = ROOT / "assets" / "demo.h5"
        works = (
            ("start to exit on a small file", demo, 'np.mean(f["run_03/angle"])', 20, 31),
            ("preview of 1 TB", self.path("huge"), 'np.sqrt(f["huge"]) + 1', 100, 11),
        )
        rows = []
        for words, path, code, aim, times in works:
            runs = [measure.run(self.ours(path, [code])) for _ in range(times)]
            fault = next((r.fault() for r in runs if r.fault()), None)
            if not fault and "huge" in code and "2.5" not in runs[0].out:
                fault = f"its first page is not shown: {runs[0].out!r}"
            if fault:
                fault = self.report.fault(words, fault)
                rows.append([words, f"`{code}`", fault, "–", "–", "–"])
                continue
            middle = statistics.median(r.seconds for r in runs) * 1e3
            read = max(r.read for r in runs) / 1e6
            if "huge" in code:
                read = self.report.most(f"{words}, bytes read", read, 2, "MB", 2)
            else:
                read = f"{read:.2f} MB"
            least = f"{min(r.seconds for r in runs) * 1e3:.1f} ms"
            peak = f"{max(r.peak for r in runs):.0f} MB"
            took = self.report.most(words, middle, aim, "ms", 1)
            rows.append([words, f"`{code}`", took, least, read, peak])
        return rows

    def run(self):
        """Everything; the exit code."""
        if not self.program.is_file():
            sys.exit(f"{self.program}: no such program")
        busy = os.getloadavg()[0]
        if busy > 0.5:
            print(f"**Others work on this machine (load {busy:.1f}): do not trust the times.**")
        self.make_files()
        self.machine()
        rows = [
            self.side_by_side(name, work)
            for name in self.sets()
            for work in WORKS
            if name in ALL_WORKS or work in ("mean", "mean_std")
        ]
        memory = []
        if self.only in "big":
            memory = [self.big_row(a, b) for a in ("contiguous", "gzip") for b in BIG_WORKS]
        heads = ["data", "work", *(NAMES.get(who, who) for who in PEERS), "ch5tui"]
        heads += ["beside whole", "beside dask", "beside the fastest", "memory beside whole"]
        title = (
            f"Float64 sets are {self.size('f8') // 1_000_000} MB, the others half of that. "
            f"Best of {self.times}; {' '.join(self.more) or 'the default memory limit'}."
        )
        table(title, [*heads, "limit", "of the limit"], rows)
        print(
            "\nThe limit: reading and decoding on all cores (twice for the last work, which needs "
            "the means first) and writing, and nothing else; at their speeds above."
        )
        heads = ["what", "code", "median", "best", "bytes read", "peak memory"]
        table("A whole `-e`, start to exit.", heads, self.small_rows())
        if memory:
            size = self.size(self.big("gzip")) / 1e9
            heads = ["data", "work", "ch5tui", "limit", "of the limit", "peak memory"]
            table(f"{size:.2f} GB at --max-memory {BIG_MEMORY}.", heads, memory)
        return self.report.close()


def plain(text):
    """The numbers of a line of the program's JSON."""
    def numbers(value):
        if isinstance(value, dict):
            return value["data"]
        return [numbers(v) for v in value] if isinstance(value, list) else value

    return numbers(json.loads(text))


def cell(best):
    """Seconds and memory, or the fault."""
    seconds, peak, _, fault = best
    return f"error: {fault[:80]}" if fault else f"{seconds:.3f} s, {peak:.0f} MB"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.splitlines()[2].removeprefix("usage: "))
    parser.add_argument("program")
    parser.add_argument("--quick", action="store_true", help="sets of 64 MB, none of 4 GB")
    parser.add_argument("--times", type=int, default=3, help="the best of so many")
    parser.add_argument("--only", default="", help="sets with this in their name (big: those)")
    parser.add_argument("--max-memory", help="of the program beside its peers")
    parser.add_argument("--data", default=ROOT / "target" / "bench", help="where files are kept")
    sys.exit(Bench(parser.parse_args()).run())


if __name__ == "__main__":
    main()
