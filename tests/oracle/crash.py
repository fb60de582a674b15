"""Kills the program in the middle of changes, and looks at what is left.

usage: crash.py PROGRAM SEED KILLS

Random edits of files of old and new formats, each first made on a copy, which says what the file
is to be afterwards; then on the file itself, by a process that is killed with SIGKILL at some
moment of it. What is left must be the state before or the state after, for h5py (which may also
refuse it), for the program reading it, and, once it is put back, to the byte. Goes on until KILLS
processes were killed in the middle of a change: with the journal there, or the lock. Prints how
many kills there were and how many failed; exits 1 if any did.
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

OPTIONS = ["--clean", "--no-progress"]
FORMATS = ["superblock0", "superblock2", "superblock3", "userblock", "paged", "freespace"]
LARGE = 3_000_000


def sha(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def digest(path):
    """What a file holds, all of it read."""
    found = {}
    with h5py.File(path, "r", locking=False) as f:

        def look(name, thing):
            attributes = {k: repr(thing.attrs[k]) for k in sorted(thing.attrs)}
            data = None
            if isinstance(thing, h5py.Dataset):
                value = np.asarray(thing[()])
                raw = repr(value.tolist()).encode() if value.dtype == object else value.tobytes()
                data = (str(thing.dtype), thing.shape, thing.chunks, hashlib.md5(raw).hexdigest())
            found[name] = (attributes, data)

        look("/", f)
        f.visititems(look)
    return found


def make_files(folder):
    """A file of each format, and one whose changes take their time."""
    script = Path(__file__).with_name("journal_files.py")
    subprocess.run([sys.executable, script, folder], check=True)
    shutil.copy(folder / "superblock3.h5", folder / "large.h5")
    with h5py.File(folder / "large.h5", "r+") as f:
        f["big"] = np.arange(float(LARGE))
        f.create_dataset("packed", data=np.arange(LARGE // 2), chunks=(10_000,), compression="gzip",
                         maxshape=(None,))
    return [folder / f"{name}.h5" for name in [*FORMATS, "large", "large", "large"]]


def edit(rng, names, trial):
    """A change, as a line of code."""
    new = f"n{trial}"
    at = rng.randrange(2000)
    edits = [
        f'f["x"][{at}:{at + 1 + rng.randrange(900)}] = {rng.random()}',
        f'f["x"][{at}] = {rng.randrange(100)}',
        f'f["x"][f["x"] > {at}] = -1',
        f'f["list"].attrs["a{trial % 5}"] = {rng.randrange(1000)}',
        'f["list"].attrs["text"] = "' + "x" * rng.randrange(2000) + '"',
        f'f["{new}"] = np.arange({1 + rng.randrange(9000)}) * 2',
        f'f.create_dataset("{new}", data=np.arange(5000), chunks=(500,), compression="gzip")',
        f'f.create_group("{new}/inner")',
        f'f["chunked"].resize(({1 + rng.randrange(80)}, 100))',
        f'f["chunked"][{rng.randrange(1)}:, 3] = {trial}',
        f'f["{new}"] = [1, "a", None, {trial}]',
        f'f["{new}"] = [1, "a"]; f["{new}"].append({trial}); f["{new}"].insert(0, 2.5)',
    ]
    own = [n for n in names if n.startswith(("n", "m"))]
    if own:
        name = rng.choice(own)
        edits += [f'del f["{name}"]', f'f.move("{name}", "m{trial}")', f'del f["{name}"]']
    if "last" in names:
        edits.append('del f["last"]')
    if "big" in names:
        lazy = [
            f'f["big"][:] = f["big"][:] + {trial}',
            f'f["big"][::2] = {trial}',
            f'f["packed"][:] = f["packed"][:] * 3 + {trial}',
            f'f["{new}"] = f["big"] * 2',
            f'f["packed"].resize(({rng.randrange(LARGE)},))',
            f'f["{new}"] = f["big"]; del f["packed"]; f["packed"] = np.arange({LARGE})',
        ]
        edits += lazy * 2
    return rng.choice(edits)


def command(program, path, code):
    """The process that makes a change: an edit, or a step through the history."""
    if code.startswith("--"):
        return [program, *OPTIONS, code, path]
    return [program, *OPTIONS, "-w", path, "-e", code]


def copy_all(path, to):
    """A file and its history, in another folder; its time, by which it is known, stays."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    shutil.copy2(path, to)
    if (path.parent / f".{path.name}.ch5tui").exists():
        shutil.copytree(path.parent / f".{path.name}.ch5tui", to / f".{path.name}.ch5tui")
    return to / path.name


def kill_one(program, path, code, rng, took):
    """Runs a change and kills it; whether it was in the middle of it."""
    beside = path.parent / f".{path.name}.ch5tui"
    journal = beside / "journal"
    process = subprocess.Popen(command(program, path, code), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    if rng.random() < 0.75:
        # from when there is something to be lost
        while process.poll() is None and not journal.exists():
            pass
        time.sleep(rng.random() * took * rng.choice([0.05, 0.3, 1]))
    else:
        time.sleep(rng.random() * took)
    process.send_signal(signal.SIGKILL)
    killed = process.wait() == -signal.SIGKILL
    return killed and (journal.exists() or (beside / "lock").exists())


def check(program, path, before, after, rng):
    """Why what a kill left is not right; None if it is."""
    sum_before, digest_before, sum_after, digest_after = (*before, *after)
    raw = sha(path)
    try:
        seen = digest(path)
    except OSError:
        seen = None
    if seen is not None and seen not in (digest_before, digest_after):
        return "h5py sees neither the state before nor the one after"
    read = subprocess.run([program, *OPTIONS, path, "-e", 'f["x"][::7].tolist()'],
                          capture_output=True, text=True)
    if read.returncode:
        return f"reading it fails: {read.stderr.strip()}"
    if sha(path) != raw:
        return "reading it changed it"
    recovered = subprocess.run([program, *OPTIONS, "--recover", path], capture_output=True,
                               text=True)
    if recovered.returncode:
        return f"--recover fails: {recovered.stderr.strip()}"
    now = sha(path)
    if now != sum_before and digest(path) != digest_after:
        return "put back, it is neither the state before nor the one after"
    if seen is not None and digest(path) != seen:
        return "put back, it is not what h5py saw"
    with h5py.File(path, locking=False) as f:
        held = repr(f["x"][::7].tolist())
    if read.stdout.strip() != held:
        return "read by the program, it held other numbers"
    beside = path.parent / f".{path.name}.ch5tui"
    left = [p.name for p in beside.glob("*") if p.suffix != ".change"] if beside.exists() else []
    if left:
        return f"left behind: {left}"
    return None


def trial(program, path, code, rng, scratch):
    """One change of a file, killed; whether in the middle, and why it failed."""
    before = (sha(path), digest(path))
    copy = copy_all(path, scratch)
    begun = time.monotonic()
    made = subprocess.run(command(program, copy, code), capture_output=True, text=True)
    took = time.monotonic() - begun
    if made.returncode:
        return False, None if code.startswith("--") else f"refused: {made.stderr.strip()}"
    after = (sha(copy), digest(copy))
    middle = kill_one(program, path, code, rng, took)
    return middle, check(program, path, before, after, rng)


def main():
    program, seed, kills = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    root = Path(tempfile.mkdtemp(prefix="crash"))
    originals = make_files(root / "originals")
    middle = others = failed = number = 0
    while middle < kills:
        work = root / f"work{number}"
        work.mkdir()
        path = Path(shutil.copy(originals[number % len(originals)], work))
        number += 1
        for step in range(12):
            with h5py.File(path, locking=False) as f:
                names = list(f)
            code = rng.choice(["--undo", "--redo"]) if rng.random() < 0.25 else ""
            code = code or edit(rng, names, step)
            was_middle, why = trial(program, path, code, rng, root / "copy")
            middle, others = middle + was_middle, others + (not was_middle)
            if why:
                failed += 1
                print(f"seed {seed}, {path}, step {step}, {code[:80]}: {why}")
                break
            if middle >= kills:
                break
        else:
            shutil.rmtree(work)
    print(f"{middle} kills in the middle, {others} others, {failed} failed")
    if failed:
        print(f"the files are in {root}")
        sys.exit(1)
    shutil.rmtree(root)


main()
