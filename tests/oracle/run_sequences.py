"""Random sequences of operations, through the program and on Python's own dict, list or array.

usage: run_sequences.py PROGRAM dict|list|array SEED COUNT LENGTH [OPTION ...]

Each sequence works on one object of a file. The steps up to one that fails run in one call of the
program, which opens and closes the file for every change; after a step that must fail the next
call opens the file anew. What each step gives, and what is in the file at the end, is compared
with the model. Prints what differs and how many sequences were compared; exits 1 if any differ.
The OPTIONs are handed to the program, such as --max-memory 1K.
"""

import json
import os
import subprocess
import sys
import tempfile

import array_sequences
import sequences
from compare import difference

WHOLE = {"dict": 'ch5mpy.H5Dict(f["d"])', "list": 'f["l"]', "array": 'f["x"][...]'}


def made(what, seed, count, length):
    """The sequences, as their scripts print them."""
    if what == "array":
        return array_sequences.all_of(seed, count, length)
    return sequences.all_of(seed, count, length, what)


def call(program, path, codes, options):
    """Runs pieces of code; what each printed, and the error that ended it."""
    command = [program, "--clean", "-w", "--no-progress", "--format", "json", *options, path]
    for code in codes:
        command += ["-e", code]
    out = subprocess.run(command, capture_output=True, text=True)
    error = out.stderr.strip().splitlines()[-1] if out.returncode else None
    return [json.loads(line) for line in out.stdout.split("\n") if line], error


def error_kinds(text):
    """The names that an error's line may be known by: NumPy's own are kinds of Python's."""
    name = text.removeprefix("ch5tui: ").split(":")[0].strip()
    others = {
        "AxisError": {"ValueError", "IndexError"},
        "UFuncTypeError": {"TypeError"},
        "UnicodeEncodeError": {"ValueError"},
        "UnicodeDecodeError": {"ValueError"},
    }
    return {name} | others.get(name, set())


def fails(step):
    """Whether a step must fail."""
    return isinstance(step["expect"], dict) and set(step["expect"]) == {"error"}


def run(program, sequence, what, options, path):
    """Why a sequence went another way than its model; None if it didn't."""
    rules = {"widths": False, "relative": 1e-12}
    steps = [s for s in sequence["steps"] if s["kind"] != "view" or what == "array"]
    _, error = call(program, path, [sequence["create"] + "; 0"], options)
    if error:
        return f"create: {sequence['create']}: {error}"
    done = 0
    while done < len(steps):
        end = done
        while end < len(steps) and not fails(steps[end]):
            end += 1
        batch = steps[done:end + 1]
        codes = [s["code"] + ("; 0" if s["statement"] else "") for s in batch]
        values, error = call(program, path, codes, options)
        for i, step in enumerate(batch):
            expect = step["expect"]
            if i >= len(values):
                if fails(step) and error and expect["error"] in error_kinds(error):
                    break
                return f"step {done + i}: {step['code']}: {error}, expected {expect}"
            if fails(step):
                return f"step {done + i}: {step['code']}: gives {values[i]}, expected {expect}"
            if not step["statement"]:
                why = difference(expect, values[i], **rules)
                if why:
                    return f"step {done + i}: {step['code']}: {why}"
        done += len(batch)
    values, error = call(program, path, [WHOLE[what]], options)
    if error:
        return f"at the end: {error}"
    why = difference(sequence["final"], values[0], **rules)
    return f"at the end: {why}" if why else None


def main(argv):
    program, what, seed, count, length, *options = argv
    differ = 0
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.h5")
        for sequence in made(what, int(seed), int(count), int(length)):
            subprocess.run([program, "--clean", "--mode", "w", path, "-e", "0"], check=True,
                           capture_output=True)
            total += 1
            why = run(program, sequence, what, options, path)
            if why:
                differ += 1
                print(f"{sequence['name']}: {why}")
    print(f"{total} sequences, {differ} differ")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
