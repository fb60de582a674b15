"""Reads every object and attribute of a file with ch5mpy.

usage: ch5mpy_read.py IN.h5

Prints one JSON line for each, depth first, in the order that ch5mpy lists: path, attr (null for
an object), type ("module.name" of what Python gives), value in the JSON convention of
compare.py, error (null, or what ch5mpy raised), and by: "h5py" where ch5mpy could not give the
value (text that is not ASCII in arrays, opaque arrays, raw bytes in attributes) and h5py did.
Classes are looked for beside this script; of an object whose class is lacking, what lies in its
group is printed all the same.
"""

import re
import sys

import ch5mpy
import h5py
import numpy as np
from ch5mpy.objects import Dataset, Group

from compare import as_json, dumps


def name_of(value):
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def message(error):
    text = " ".join(str(error).split())
    return re.sub(r"0x[0-9a-f]+", "0x", f"{type(error).__name__}: {text}")[:300]


def tidy(value):
    """A repr must be the same each time: no addresses."""
    return re.sub(r" at 0x[0-9a-f]+", "", value) if isinstance(value, str) else value


# ---------------------------------------------------------------------------------- objects


class Answer:
    """What reading gave."""

    def __init__(self, value=None, kind=None, error=None, by="ch5mpy"):
        self.value, self.kind, self.error, self.by = value, kind, error, by


def read(node):
    """The value of an object, as JSON."""
    try:
        value = ch5mpy.read_object(node)
    except Exception as error:
        return Answer(error=message(error))
    kind = name_of(value)
    try:
        if isinstance(value, ch5mpy.H5Array):
            return array(value, node, kind)
        if isinstance(value, ch5mpy.H5Dict):
            return Answer({k: of_child(node[k]) for k in value.keys()}, kind)
        if isinstance(value, ch5mpy.H5List):
            return Answer([of_child(node[str(i)]) for i in range(len(value))], kind)
        return Answer(tidy(as_json(value)), kind)
    except Exception as error:
        return Answer(kind=kind, error=message(error))


def of_child(node):
    answer = read(node)
    return {"error": answer.error} if answer.error else answer.value


def array(value, node, kind):
    try:
        return Answer(as_json(np.array(value)), kind)
    except Exception:
        return Answer(as_json(by_h5py(node)), kind, by="h5py")


def by_h5py(node):
    """A dataset as h5py reads it; its text decoded, as ch5mpy would."""
    data = h5py.Dataset(node.id)
    if h5py.check_string_dtype(data.dtype) and data.attrs.get("dtype", "object") != "object":
        return np.array(data.asstr()[()].tolist(), "U").reshape(data.shape)
    return data[()]


# ------------------------------------------------------------------------------- attributes


def attribute(attrs, name):
    try:
        value = attrs[name]
        return Answer(tidy(as_json(value)), name_of(value))
    except Exception:
        pass
    try:
        value = attrs.get(name)
        return Answer(as_json(value), name_of(value), by="h5py")
    except Exception as error:
        return Answer(error=message(error))


# ---------------------------------------------------------------------------------- the walk


def emit(path, attr, answer):
    line = {"path": path, "attr": attr, "type": answer.kind, "value": answer.value}
    print(dumps(line | {"error": answer.error, "by": answer.by}))


def members(node):
    """The names in the order that ch5mpy lists; a list's by number."""
    names = list(node.keys())
    if node.attrs.get("__h5_type__") == "list" and all(name.isdecimal() for name in names):
        names.sort(key=int)
    return names


def walk(node, path, above=()):
    emit(path, None, read(node))
    for name in node.attrs.keys():
        emit(path, name, attribute(node.attrs, name))
    if not isinstance(node, Group):
        return
    info = h5py.h5o.get_info(node.id)
    here = (info.fileno, info.addr)
    if here in above:
        return
    for name in members(node):
        below = f"{path.rstrip('/')}/{name}"
        try:
            child = node[name]
        except Exception as error:
            emit(below, None, Answer(error=message(error)))
            continue
        if isinstance(child, (Group, Dataset)):
            walk(child, below, above + (here,))
        else:
            emit(below, None, read(child))


def main(argv):
    if len(argv) != 1:
        sys.exit(__doc__)
    with ch5mpy.File(argv[0], ch5mpy.H5Mode.READ) as file:
        walk(file, "/")


if __name__ == "__main__":
    main(sys.argv[1:])
