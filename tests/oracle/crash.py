"""Kills the program in the middle of random changes of files, and looks at what is left.

usage: crash.py PROGRAM SEED KILLS [--longest SECONDS]

There is one file of each format of journal_files.py, and a large one, of which changes take
longer. What an edit makes is learned from an undisturbed run on a copy of the file; h5py makes the
same edit on another copy, and must make the same of it (but for lists, which h5py does not
know). Then the edit runs on the file itself, and is killed. After that

- h5py refuses the file, or sees it exactly as it was before the edit, or as it is after it;
- the program reads one of the two, through the journal, and writes nothing;
- --recover, itself killed at times, or another edit puts the file right: as it was, byte for byte,
  or as the edit makes it; no journal, lock or other file is left but the records of changes;
- the changes are undone and redone, each to the very bytes.

Edits are attributes, cells, slices, datasets, groups and links made, copied, renamed and deleted,
sizes, lists, pairs of these with --atomic, --undo and --redo. The seed decides on the file, the
edit and what is done after the kill, for each trial anew; the clock decides what a kill hits.
Half of the kills come at any time of the run, half when the journal has grown to some size.

A kill is in the middle if the program died of it and left a journal, a lock or a file other than
before. KILLS of them are made, or as many as fit in the SECONDS. Prints what went wrong, keeping
the folder that it happened in; exits 1 if anything did.
"""

import argparse
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

PATIENCE = 120  # seconds that a run of the program may take
LIFE = 25  # trials of a file before it is made anew
LARGEST = 200 << 20
MARK = "/@mark"  # what the edit that follows a kill sets


class Wrong(Exception):
    """Something is not as it must be."""


def require(condition, why):
    if not condition:
        raise Wrong(why)


# ----------------------------------------------------------------------------- files


@dataclass
class Place:
    """A file, and the folder beside it where its journal and records are."""

    file: Path

    @property
    def folder(self):
        return self.file.with_name(f".{self.file.name}.ch5tui")

    @property
    def journal(self):
        return self.folder / "journal"

    @property
    def lock(self):
        return self.folder / "lock"

    def copy_to(self, other):
        """Copies both, with their times. Records are never written again: links will do."""
        shutil.copytree(self.file.parent, other.file.parent, copy_function=copy_or_link)

    def state(self):
        """Whatever a program that only reads must leave as it is."""
        names = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        known = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in names]
        return known, self.file.stat().st_mtime_ns, checksum(self.file)


def copy_or_link(source, target):
    if str(source).endswith(".change"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_large(path):
    with h5py.File(path, "w") as f:
        f["big"] = np.arange(7_500_000.0)
        f.create_dataset("packed", data=np.arange(400_000).reshape(400, 1000), chunks=(20, 1000),
                         maxshape=(None, 1000), compression="gzip")
        ordered = f.create_group("ordered", track_order=True)
        for name in "zebra", "ape", "cow":
            ordered[name] = np.arange(10)
        f["soft"] = h5py.SoftLink("/big")


def make_files(folder):
    """Fresh files, by format."""
    script = Path(__file__).with_name("journal_files.py")
    subprocess.run([sys.executable, script, folder], check=True)
    make_large(folder / "large.h5")
    return {path.stem: path for path in sorted(folder.glob("*.h5"))}


# ----------------------------------------------------------------------- what is in a file


def values_digest(values):
    """A checksum of an array or a scalar, with its type and shape."""
    array = np.asarray(values)
    if array.dtype.kind == "O":
        texts = [v.decode() if isinstance(v, bytes) else v for v in array.ravel().tolist()]
        content = repr(texts).encode()
    else:
        content = memoryview(np.ascontiguousarray(array)).cast("B") if array.size else b""
    return f"{array.dtype} {array.shape} {hashlib.sha256(content).hexdigest()}"


def layout(dataset):
    strings = h5py.check_string_dtype(dataset.dtype)
    return f"{strings} {dataset.maxshape} {dataset.chunks} {dataset.compression}"


def digest(path):
    """Everything in a file: texts by path, those of attributes by path@name."""
    found = {}
    seen = {}

    def walk(node, name):
        for key in sorted(node.attrs):
            found[f"{name}@{key}"] = values_digest(node.attrs[key])
        address = h5py.h5o.get_info(node.id).addr
        if address in seen:
            found[name] = f"the same as {seen[address]}"
            return
        seen[address] = name
        if isinstance(node, h5py.Dataset):
            found[name] = f"{values_digest(node[()])} {layout(node)}"
            return
        tracked = node.id.get_create_plist().get_link_creation_order()
        names = list(node)
        found[name] = f"group {tracked} {names if tracked else sorted(names)}"
        for key in names:
            link = node.get(key, getlink=True)
            below = f"{name.rstrip('/')}/{key}"
            if isinstance(link, h5py.HardLink):
                walk(node[key], below)
            else:
                found[below] = f"{type(link).__name__} {link.path}"

    with h5py.File(path, "r") as f:
        walk(f["/"], "/")
    return found


def differences(expected, found):
    keys = sorted(k for k in expected.keys() | found.keys() if expected.get(k) != found.get(k))
    return "; ".join(f"{k}: {found.get(k)}, expected {expected.get(k)}" for k in keys[:5])


# ------------------------------------------------------------------------------- edits


@dataclass
class Edit:
    """A change, as the program's arguments."""

    arguments: list
    by_h5py: bool = False


class Chooser:
    """Chooses edits of what is in a file."""

    def __init__(self, rng, f, trial):
        self.rng, self.f, self.trial = rng, f, trial
        self.most = 4_000_000 if "big" in f or "packed" in f else 20_000
        self.names, self.datasets = [], []
        f.visititems(self.see)

    def see(self, name, node):
        if name == "l" or name.startswith("l/"):
            return
        self.names.append(name)
        if isinstance(node, h5py.Dataset):
            self.datasets.append(name)

    def arrays(self):
        return [n for n in self.datasets if self.f[n].size and self.f[n].ndim]

    def value(self, name):
        """The text of an element for a dataset."""
        if h5py.check_string_dtype(self.f[name].dtype):
            return repr(self.rng.choice(("", "short", "ä long text " * self.rng.randint(1, 9))))
        return str(self.rng.randint(-1000, 1000))

    def part(self, length):
        """A slice: half of the time a short one."""
        begin = self.rng.randrange(length)
        longest = min(length - begin, self.rng.choice((100, length)))
        return begin, begin + self.rng.randint(1, longest)

    def attribute(self):
        name = self.rng.choice(["/", *self.names])
        key = self.rng.choice(("unit", "n", "long"))
        value = {"unit": repr(self.rng.choice(("K", "meters per second", "µm"))),
                 "n": str(self.rng.randint(0, 10**6)),
                 "long": f"np.arange({self.rng.randint(1, 4000)}.0)"}[key]
        return f'f["{name}"].attrs["{key}"] = {value}'

    def delete_attribute(self):
        having = [n for n in ["/", *self.names] if len(self.f[n].attrs)]
        name = self.rng.choice(having)
        return f'del f["{name}"].attrs["{self.rng.choice(sorted(self.f[name].attrs))}"]'

    def cell(self):
        name = self.rng.choice(self.arrays())
        place = ", ".join(str(self.rng.randrange(n)) for n in self.f[name].shape)
        return f'f["{name}"][{place}] = {self.value(name)}'

    def slice(self):
        name = self.rng.choice(self.arrays())
        begin, end = self.part(self.f[name].shape[0])
        return f'f["{name}"][{begin}:{end}] = {self.value(name)}'

    def ramp(self):
        name = self.rng.choice([n for n in self.arrays() if self.f[n].dtype.kind in "if"])
        shape = self.f[name].shape
        begin, end = self.part(shape[0])
        count = (end - begin) * int(np.prod(shape[1:]))
        reshaped = f".reshape({(end - begin, *shape[1:])})"
        return f'f["{name}"][{begin}:{end}] = (np.arange({count}) + {self.trial}){reshaped}'

    def create(self):
        count = self.rng.randint(1, self.most)
        return f'f.create_dataset("new{self.trial}", data=np.arange({count}.0) + {self.trial})'

    def create_packed(self):
        count = self.rng.randint(1, self.most // 4)
        return (f'f.create_dataset("packed{self.trial}", data=np.arange({count}), '
                f'chunks=({max(count // 10, 1)},), compression="gzip", maxshape=(None,))')

    def create_group(self):
        return f'f.create_group("group{self.trial}").create_group("below")'

    def create_link(self):
        return f'f["link{self.trial}"] = h5py.SoftLink("/{self.rng.choice(self.names)}")'

    def delete(self):
        return f'del f["{self.rng.choice(self.names)}"]'

    def delete_last(self):
        last = max(self.datasets, key=lambda n: self.f[n].id.get_offset() or 0)
        return f'del f["{last}"]'

    def rename(self):
        return f'f.move("{self.rng.choice(self.names)}", "moved{self.trial}")'

    def copy(self):
        return f'f.copy("{self.rng.choice(self.names)}", "copy{self.trial}")'

    def resize(self):
        name = self.rng.choice([n for n in self.datasets if None in self.f[n].maxshape])
        rows, *others = self.f[name].shape
        new = self.rng.randint(0, max(2 * rows, 100)), *others
        return f'f["{name}"].resize({new})'

    def list_edit(self):
        if "l" not in self.f:
            return 'ch5mpy.H5List.write([1, 2.5, "text"], f, "l")'
        count = len(self.f["l"])
        calls = [f"append({self.trial})", f"insert({self.rng.randint(0, count)}, 'new')",
                 "reverse()", f"extend({[self.trial] * 20})"]
        if count:
            calls += ["pop()", f"pop({self.rng.randrange(count)})"] * 2
        return f'f["l"].{self.rng.choice(calls)}'


KINDS = {
    "attribute": 2, "delete_attribute": 1, "cell": 2, "slice": 4, "ramp": 3, "create": 3,
    "create_packed": 3, "create_group": 1, "create_link": 1, "delete": 1, "delete_last": 2,
    "rename": 1, "copy": 2, "resize": 3, "list_edit": 3,
}


def choose(rng, path, trial):
    """An edit, which h5py has made in the file at `path`, if it can."""
    codes = []
    wanted = 1 if rng.random() < 0.8 else 2
    kind = rng.choices(list(KINDS), KINDS.values())[0]
    with h5py.File(path, "r+") as f:
        while len(codes) < wanted:
            try:
                code = getattr(Chooser(rng, f, trial), kind)()
            except (IndexError, ValueError):  # nothing there to choose from
                kind = "create"
                continue
            codes.append(code)
            if kind == "list_edit":
                break
            exec(code, {"f": f, "np": np, "h5py": h5py})
            kind = rng.choice(("attribute", "cell", "slice"))
    arguments = ["-w", "--atomic"] if len(codes) > 1 else ["-w"]
    for code in codes:
        arguments += ["-e", code]
    return Edit(arguments, by_h5py=kind != "list_edit")


# ------------------------------------------------------------------------ running, killing


class Program:
    """The program under test."""

    def __init__(self, path, sample):
        self.path = path
        self.start = min(self.timed(sample, ["-e", "0"]) for _ in range(5))

    def command(self, file, arguments):
        return [self.path, "--clean", "--no-progress", *arguments, file]

    def run(self, file, arguments):
        """Runs it to its end, which must be a good one; what it printed."""
        out = subprocess.run(self.command(file, arguments), capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=PATIENCE)
        require(out.returncode == 0,
                f"{arguments} ends with {out.returncode}: {out.stderr.strip()[-500:]}")
        return out.stdout

    def timed(self, file, arguments):
        """How long it takes."""
        begin = time.perf_counter()
        self.run(file, arguments)
        return time.perf_counter() - begin

    def killed(self, file, arguments, wait):
        """Runs it until `wait` returns, and kills it; whether it died of that."""
        process = subprocess.Popen(self.command(file, arguments), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   start_new_session=True)
        wait(process)
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        error = process.communicate(timeout=PATIENCE)[1].decode().strip()
        require(process.returncode in (0, -signal.SIGKILL),
                f"{arguments} ends with {process.returncode}: {error[-500:]}")
        return process.returncode != 0


def pause(process, seconds):
    """Waits, to a fraction of a millisecond, but not longer than the process runs."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end - 0.002 and process.poll() is None:
        time.sleep(0.001)
    while time.perf_counter() < end:
        pass


def at_any_time(rng, start, duration):
    """A wait that ends somewhere in a run's work; `duration` is all of it, with its start."""
    seconds = start + rng.random() * max(duration * 1.05 - start, 0.002)
    return lambda process: pause(process, seconds)


def at_size(rng, path, size, duration):
    """A wait for a file to be written and have some size up to this, and a little more."""
    least = rng.random() * size
    little = rng.random() ** 3 * duration / 4
    before = written(path)

    def wait(process):
        end = time.perf_counter() + duration * 2
        while time.perf_counter() < end and process.poll() is None:
            now = written(path)
            if now and now != before and now[0] >= least:
                break
        pause(process, little)

    return wait


def written(path):
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


# ------------------------------------------------------------------------------- trials


@dataclass
class State:
    """What a file is: its bytes, and what is in it."""

    checksum: str
    texts: dict

    @staticmethod
    def of(path):
        return State(checksum(path), digest(path))


class Subject:
    """A file that is edited, and what is known of it."""

    def __init__(self, program, fresh, home):
        self.program, self.fresh, self.home = program, fresh, home
        self.place = Place(home / "live" / "file.h5")
        self.reset()

    def reset(self):
        """Begins anew with the fresh file."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.place.file.parent.mkdir(parents=True)
        shutil.copy2(self.fresh, self.place.file)
        self.now = State.of(self.place.file)
        self.undo, self.redo = [], []  # the checksums of the states that they lead to
        self.trials = 0
        self.edit = None

    def trial(self, rng, number):
        """One edit, killed; for each kill, whether it was in the middle."""
        self.trials += 1
        for old in "before", "after", "killed":
            shutil.rmtree(self.home / old, ignore_errors=True)
        self.place.copy_to(Place(self.home / "before" / "file.h5"))
        self.edit = self.choose(rng, number)
        after, duration, size = self.foresee()
        if rng.random() < 0.5:
            wait = at_any_time(rng, self.program.start, duration)
        else:
            wait = at_size(rng, self.place.journal, size, duration - self.program.start)
        died = self.program.killed(self.place.file, self.edit.arguments, wait)
        kills = [died and self.is_touched()]
        self.place.copy_to(Place(self.home / "killed" / "file.h5"))
        made = self.look(rng, after)
        # such as a size that it has already
        is_none = after.checksum == self.now.checksum
        require(died or made or is_none, "it ended well, but has not been made")
        while self.place.journal.exists() and rng.random() < 0.4:
            kills.append(self.kill_recovery(rng, duration))
            require(self.look(rng, after) == made, "what there is has changed in recovery")
        if made:
            self.arrive(after.texts)
        self.repair(rng, number, died)
        if rng.random() < 0.5:
            self.go_back_and_forth(rng)
        if self.trials >= LIFE or self.place.file.stat().st_size > LARGEST:
            self.reset()
        return kills

    def choose(self, rng, number):
        """An edit of the file; one of h5py's is made in its copy of the file."""
        ways = ["--undo"] * bool(self.undo) + ["--redo"] * 2 * bool(self.redo)
        if ways and rng.random() < 0.3:
            return Edit([rng.choice(ways)])
        shutil.copyfile(self.place.file, self.model)
        return choose(rng, self.model, number)

    @property
    def model(self):
        return self.home / "h5py.h5"

    def foresee(self):
        """The state after the edit, how long it takes, and how large its journal is."""
        copy = Place(self.home / "after" / "file.h5")
        way = self.edit.arguments[0]
        if way == "-w":
            copy.file.parent.mkdir()
            shutil.copy2(self.place.file, copy.file)
        else:
            self.place.copy_to(copy)
        duration = self.program.timed(copy.file, self.edit.arguments)
        after = State.of(copy.file)
        if way != "-w":
            wanted = (self.undo if way == "--undo" else self.redo)[-1]
            require(after.checksum == wanted, f"{way} gives other bytes than were there")
        elif self.edit.by_h5py:
            why = differences(digest(self.model), after.texts)
            require(not why, f"h5py makes something else of it: {why}")
        sizes = [(p.stat().st_mtime_ns, p.stat().st_size) for p in copy.folder.glob("*.change")]
        return after, duration, max(sizes, default=(0, 0))[1]

    def is_touched(self):
        left = self.place.journal.exists() or self.place.lock.exists()
        return left or checksum(self.place.file) != self.now.checksum

    def look(self, rng, after):
        """What there is after a kill, to h5py and to the program; whether the edit is made."""
        state = self.place.state()
        made = False
        if state[-1] != self.now.checksum:
            try:
                texts = digest(self.place.file)
            except OSError:
                require(self.place.journal.exists(), "h5py refuses it, and there's no journal")
            else:
                made = True
                why = differences(after.texts, texts)
                require(not why, f"h5py sees something else than the edit makes: {why}")
                if self.edit.arguments[0] != "-w":
                    require(state[-1] == after.checksum, "undone or redone to other bytes")
        self.read(rng, after.texts if made else self.now.texts)
        require(self.place.state() == state, "reading has changed something")
        return made

    def read(self, rng, expected):
        """Reads with the program what h5py has found."""
        listed = self.program.run(self.place.file, ["--list"]).splitlines()
        paths = {line.split("  ")[0] for line in listed}
        nodes = {key for key in expected if "@" not in key}
        require(paths == nodes, f"--list has not, or has too, {sorted(paths ^ nodes)[:5]}")
        numbers = sorted(n for n in nodes if re.match(r"(int|float)\d+ \(", expected[n]))
        for name in rng.sample(numbers, min(2, len(numbers))):
            out = self.home / "read.npy"
            self.program.run(self.place.file, ["-o", out, "-e", f'f["{name}"][()]'])
            found = values_digest(np.load(out))
            require(expected[name].startswith(found),
                    f"the program reads {found} from {name}, expected {expected[name]}")

    def kill_recovery(self, rng, duration):
        """Kills --recover; whether in the middle: when it had the lock, or wrote the file."""
        before = written(self.place.lock), checksum(self.place.file)
        if rng.random() < 0.5:
            wait = at_any_time(rng, self.program.start, duration)
        else:
            wait = at_size(rng, self.place.lock, 0, duration - self.program.start)
        died = self.program.killed(self.place.file, ["--recover"], wait)
        after = written(self.place.lock), checksum(self.place.file)
        return died and (after[0] not in (None, before[0]) or after[1] != before[1])

    def repair(self, rng, number, died):
        """Puts the file right: by --recover, or by another edit, which is made."""
        if rng.random() < 0.5:
            if died:
                self.program.run(self.place.file, ["--recover"])
            require(checksum(self.place.file) == self.now.checksum, "recovered to other bytes")
            why = differences(self.now.texts, digest(self.place.file))
            require(not why, f"recovered to something else: {why}")
        else:
            self.edit = Edit(["-w", "-e", f'f.attrs["mark"] = {number}'])
            self.program.run(self.place.file, self.edit.arguments)
            texts = digest(self.place.file)
            wanted = self.now.texts | {MARK: values_digest(np.int64(number))}
            why = differences(wanted, texts)
            require(not why, f"the next edit makes something else: {why}")
            self.arrive(texts)
        names = sorted(path.name for path in self.place.folder.glob("*"))
        left = [name for name in names if not re.fullmatch(r"\d{6}\.change", name)]
        require(not left, f"left behind: {left}")

    def arrive(self, texts):
        """The last edit is made."""
        state = State(checksum(self.place.file), texts)
        match self.edit.arguments[0]:
            case "--undo":
                self.undo.pop()
                self.redo.append(self.now.checksum)
            case "--redo":
                self.redo.pop()
                self.undo.append(self.now.checksum)
            case _ if state.checksum != self.now.checksum:
                self.undo.append(self.now.checksum)
                self.redo = []
        self.now = state

    def go_back_and_forth(self, rng):
        """Undoes one or two changes and redoes them."""
        changes = len(self.program.run(self.place.file, ["--history"]).splitlines())
        known = len(self.undo) + len(self.redo)
        require(changes == known, f"--history has {changes} changes, expected {known}")
        back = self.undo[-rng.randint(1, 2):]
        forth = [*back[1:], self.now.checksum]
        steps = [("--undo", state) for state in reversed(back)]
        steps += [("--redo", state) for state in forth] if back else []
        for way, state in steps:
            self.program.run(self.place.file, [way])
            require(checksum(self.place.file) == state, f"{way} gives other bytes")

    def keep(self, folder):
        """Keeps what there is of a trial that went wrong, and begins anew."""
        self.home.rename(folder)
        self.reset()


def run(program, seed, kills, longest):
    """Makes the trials; how many went wrong."""
    work = Path(tempfile.mkdtemp(prefix="ch5tui-crash-"))
    end = time.monotonic() + longest
    fresh = make_files(work / "fresh")
    program = Program(program, fresh["large"])
    subjects = {name: Subject(program, path, work / name) for name, path in fresh.items()}
    weights = [2 if name == "large" else 1 for name in subjects]
    middle = others = failures = number = 0
    while middle < kills and time.monotonic() < end:
        number += 1
        rng = random.Random(f"{seed} {number}")
        name = rng.choices(list(subjects), weights)[0]
        subject = subjects[name]
        try:
            made = subject.trial(rng, number)
            middle += sum(made)
            others += len(made) - sum(made)
        except Exception as error:  # whatever h5py finds in a damaged file, too
            failures += 1
            folder = work / f"failed-{name}-{number}"
            edit = subject.edit and subject.edit.arguments
            print(f"{name}, seed {seed}, trial {number}: {edit}: {type(error).__name__}: {error}; "
                  f"see {folder}", flush=True)
            subject.keep(folder)
    for path in [work] if not failures else [*(s.home for s in subjects.values())]:
        shutil.rmtree(path)
    print(f"{middle} kills in the middle, {others} others, {failures} failures")
    return failures


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("seed", type=int)
    parser.add_argument("kills", type=int)
    parser.add_argument("--longest", type=float, default=float("inf"))
    given = parser.parse_args()
    return int(run(given.program, given.seed, given.kills, given.longest) > 0)


if __name__ == "__main__":
    sys.exit(main())
