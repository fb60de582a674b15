"""Files that travel both ways between the program and Python's ch5mpy.

usage: interop.py PROGRAM read      ch5mpy writes every kind of value, the program reads it
       interop.py PROGRAM write     the program writes, ch5mpy reads the same value
       interop.py PROGRAM layout    what both write for one value lies in the file alike
       interop.py PROGRAM attrs     the same for attributes

Prints what differs and how many were compared; exits 1 if any differ. What differs on purpose is
said below, each with why.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np

import ch5mpy_values
from compare import as_json, difference

HERE = os.path.dirname(os.path.abspath(__file__))

# What is not as ch5mpy has it, on purpose.
READ_OTHERWISE = {
    "dict_slash": "a/b is a path: groups in groups, as in ch5mpy",
    "dtype_swapped": "dtypes are named in this machine's byte order",
    "list_bool_int": "an attribute of h5py's: an array of integers; True == 1",
    "list_complex": "an attribute of h5py's: an array of complex numbers",
    "str_sentinel": "ch5mpy's old mark of None",
}
REFUSED = {
    "dict_empty_key": "HDF5 has no empty names; ch5mpy refuses it too",
    "dict_dot_key": "'.' is the group itself; ch5mpy refuses it too",
}


def script(name, *args):
    """The JSON lines that one of the other scripts prints."""
    command = [sys.executable, os.path.join(HERE, name), *args]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.split("\n") if line.startswith("{")]


def call(program, path, codes, *options):
    """What each piece of code printed, or the error of each; one call where none fails."""
    command = [program, "--clean", "--no-progress", "--format", "json", *options, path]
    for code in codes:
        command += ["-e", code]
    out = subprocess.run(command, capture_output=True, text=True)
    lines = [json.loads(line) for line in out.stdout.split("\n") if line]
    if out.returncode == 0:
        return lines
    failed = len(lines)
    error = {"error": out.stderr.strip().splitlines()[-1]}
    rest = codes[failed + 1:]
    return lines + [error] + (call(program, path, rest, *options) if rest else [])


def literal(text):
    return json.dumps(text, ensure_ascii=False)


def read(program, folder):
    """ch5mpy writes, the program reads."""
    path = os.path.join(folder, "written.h5")
    lines = script("ch5mpy_write.py", path)
    codes = []
    for line in lines:
        at = "f" if line["path"] == "/" else f"f[{literal(line['path'])}]"
        code = f"ch5mpy.read_object({at})"
        codes.append(code if line["attr"] is None else f"{at}.attrs[{literal(line['attr'])}]")
    for line, code, got in zip(lines, codes, call(program, path, codes), strict=True):
        yield code, read_wrong(line, got)


def read_wrong(line, got):
    """Why a value was not read as it should be."""
    expect = line["expect"]
    if isinstance(got, dict) and set(got) == {"error"}:
        return got["error"]
    if line["kind"] == "object":
        # no class of this program: a dict with the members that it wrote
        members = line.get("members")
        return None if not members or set(members) <= set(got) else f"members {list(got)}"
    if line["kind"] == "reference":
        target = line.get("target", "")
        targets = target if isinstance(target, list) else [target]
        return None if all(t in str(got) for t in targets) else f"{got!r}, not {target}"
    return difference(classless(expect, got), got, widths=False)


def classless(expect, got):
    """What is expected where Python's classes are not known: an object that writes itself is a
    dict, a pickled one has its class and state."""
    if isinstance(expect, dict) and isinstance(got, dict) and set(expect) == set(got):
        return {key: classless(value, got[key]) for key, value in expect.items()}
    if isinstance(expect, list) and isinstance(got, list) and len(expect) == len(got):
        return [classless(e, g) for e, g in zip(expect, got)]
    if not isinstance(expect, str):
        return expect
    written = expect.startswith(("Point(", "Holder(", "Inner(")) and isinstance(got, dict)
    pickled = expect.startswith(("Plain(", "Point(", "<Color.", "<Mode.")) and "ch5_classes." in str(got)
    return got if written or pickled else expect


def written(program, folder, template):
    """The program writes each value; which it refused."""
    path = os.path.join(folder, "ours.h5")
    subprocess.run([program, "--clean", "--mode", "w", path, "-e", "0"], check=True,
                   capture_output=True)
    pairs = list(ch5mpy_values.VALUES)
    codes = [template.format(name=literal(name), value=value) + "; 0" for name, value in pairs]
    results = call(program, path, codes, "-w")
    refused = {name: r["error"] for (name, _), r in zip(pairs, results, strict=True)
               if isinstance(r, dict)}
    return path, pairs, refused


def expected(text):
    names = {"np": np, **vars(ch5mpy_values)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(text, names)  # noqa: S307: our own list of values


def write(program, folder):
    """The program writes, ch5mpy reads."""
    path, pairs, refused = written(program, folder, "f[{name}] = {value}")
    found = {(line["path"], line["attr"]): line for line in script("ch5mpy_read.py", path)}
    for name, text in pairs:
        if name in refused or name in REFUSED:
            yield name, None if name in refused and name in REFUSED else refused.get(name)
            continue
        yield name, read_back(name, text, found.get((f"/{name}", None)))


def read_back(name, text, line):
    """Why ch5mpy did not read what was written."""
    if line is None or line["error"]:
        return line["error"] if line else "not there"
    if name in READ_OTHERWISE:
        return None
    return difference(as_json(expected(text)), line["value"], widths=False)


def described(path, group=None):
    """The layout of each object."""
    return {line["path"]: line for line in script("layout.py", path, *([group] if group else []))}


def layout(program, folder):
    """What both write for one value."""
    path, pairs, refused = written(program, folder, "f[{name}] = {value}")
    theirs = os.path.join(folder, "theirs.h5")
    fails = {line["name"] for line in script("ch5mpy_values.py", "write", theirs)}
    ours, theirs = described(path), described(theirs)
    values = {name: expected(text) for name, text in pairs}
    for at in sorted((set(theirs) | set(ours)) - {"", "/"}):
        name = at.strip("/").split("/")[0]
        if name in fails or name in refused or otherwise(values[name]):
            continue
        if at not in ours or at not in theirs:
            yield at, f"only in {'theirs' if at in theirs else 'ours'}"
            continue
        yield at, unlike(ours[at], theirs[at])


def attrs(program, folder):
    """Attributes: what ch5mpy reads of ours, and how they lie in the file."""
    create = 'f.create_group("attributes", track_order=True); 0'
    path = os.path.join(folder, "ours.h5")
    subprocess.run([program, "--clean", "--mode", "w", path, "-e", create], check=True,
                   capture_output=True)
    pairs = list(ch5mpy_values.VALUES)
    codes = [f'f["attributes"].attrs[{literal(name)}] = {value}; 0' for name, value in pairs]
    results = call(program, path, codes, "-w")
    theirs = os.path.join(folder, "theirs.h5")
    fails = {line["name"] for line in script("ch5mpy_values.py", "attrs", theirs)}
    found = {line["attr"]: line for line in script("ch5mpy_read.py", path)
             if line["path"] == "/attributes" and line["attr"]}
    by_name = [{a["name"]: a for a in described(p)["/attributes"]["attributes"]}
               for p in (path, theirs)]
    for (name, text), result in zip(pairs, results, strict=True):
        if isinstance(result, dict):
            yield name, f"refused: {result['error']}"
            continue
        if name != "dict_slash":
            yield name, read_back(name, text, found.get(name))
        if name not in fails and not attribute_otherwise(expected(text)):
            yield name, unlike(by_name[0].get(name), by_name[1].get(name))


def unlike(ours, theirs):
    """What of two descriptions differs."""
    for key in sorted(set(ours or {}) | set(theirs or {})):
        a, b = (ours or {}).get(key), (theirs or {}).get(key)
        if a != b:
            return f"{key}: {json.dumps(a)[:300]}, ch5mpy has {json.dumps(b)[:300]}"
    return None


def otherwise(value):
    """Why a value lies in the file otherwise than ch5mpy would put it; None where it doesn't."""
    if swapped(value):
        return "numbers are written in this machine's byte order"
    if isinstance(value, np.ndarray) and value.dtype.names:
        return "without ch5mpy's attribute of the fields' names, by which it can't read them"
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        return "ch5mpy makes text of objects; here they are pickled"
    if isinstance(value, (list, tuple)) and is_mixed(value):
        return "ch5mpy makes text of what is mixed; here it is an H5List"
    if isinstance(value, dict) and any(map(otherwise, value.values())):
        return "for what is in it"
    return names_numpy(value)


def attribute_otherwise(value):
    """The same for attributes."""
    kind = value.dtype.kind if isinstance(value, (np.ndarray, np.generic)) else ""
    if swapped(value) or (kind == "O" and not isinstance(value, np.generic)):
        return otherwise(value)
    if kind in "U" and kind:
        return "texts are HDF5's, which other programs read; ch5mpy pickles them"
    if isinstance(value, np.ndarray) and kind in "mM":
        return "times are h5py's opaque bytes; ch5mpy pickles them"
    if isinstance(value, (bytes, bytearray, np.bytes_, np.void)):
        return "ch5mpy stores the bytes, and can't read them; here they are pickled"
    if isinstance(value, list) and any(isinstance(v, bytes) for v in value):
        return "ch5mpy makes text of bytes; here they are pickled"
    return names_numpy(value)


def names_numpy(value):
    """What is pickled names NumPy's modules as version 1 does, which 2 reads too."""
    if isinstance(value, (np.datetime64, np.timedelta64, np.bool_, np.bytes_, np.void, np.dtype)):
        return "NumPy's old names"
    if isinstance(value, (dict, list, tuple, set)):
        inside = value.values() if isinstance(value, dict) else value
        return "NumPy's old names" if any(isinstance(v, (np.generic, np.ndarray, np.dtype))
                                          or names_numpy(v) for v in inside) else None
    return None


def swapped(value):
    if isinstance(value, np.dtype):
        return value.str.startswith(">")
    if not isinstance(value, (np.ndarray, np.generic)):
        return False
    fields = value.dtype.names or ()
    return value.dtype.str.startswith(">") or any(value.dtype[n].str.startswith(">") for n in fields)


def is_mixed(items):
    """Whether an array would lose what the items are."""
    kinds = {type(i) for i in items}
    if any(type(i) is int and not -2**63 <= i < 2**64 for i in items):
        return True
    if kinds <= {list, tuple}:
        return any(is_mixed(i) for i in items) or len({np.shape(i) for i in items}) > 1
    return len(kinds) > 1 or not kinds <= {int, float, complex, bool, str, bytes} and not all(
        isinstance(i, np.generic) for i in items)


def main(argv):
    program, what = argv
    compared = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, why in globals()[what](program, folder):
            compared += 1
            if why:
                wrong += 1
                print(f"{name}: {why}")
    print(f"{compared} compared, {wrong} differ")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
