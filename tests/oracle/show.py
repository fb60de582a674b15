"""What Python prints for values, and the values themselves in a form that a test can rebuild.

usage: show.py EXPRESSIONS

EXPRESSIONS has one Python expression a line; `#` begins a comment. For each, one JSON line:
the expression, the value (see `encode`), its repr and str, and its form in `--format json`.
"""

import json
import struct
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
np.seterr(all="ignore")

CLASSES = {np.ndarray: "ndarray", np.matrix: "matrix", np.recarray: "recarray"}
CLASSES[np.char.chararray] = "chararray"


def objects(*items, shape=None):
    """An object array of these items, as they are."""
    out = np.empty(len(items), object)
    for i, item in enumerate(items):
        out[i] = item
    return out.reshape(shape or out.shape)


def records(rows, *dtype):
    return np.array(rows, dtype=list(dtype))


def looped():
    """A list that holds itself."""
    out = [1]
    out.append(out)
    return out


def bits(x):
    return struct.pack(">d", x).hex()


def describe(dtype):
    """A dtype: its name, or its fields."""
    if dtype.names is None:
        return dtype.newbyteorder("=").str
    fields = []
    for name in dtype.names:
        part, offset = dtype.fields[name][:2]
        fields.append([name, describe(part.base), list(part.shape), offset])
    return {"fields": fields, "size": dtype.itemsize}


def encode(value):
    """A value as a list: its kind, and what it is made of."""
    if value is None or value is Ellipsis or value is NotImplemented:
        return [str(value)]
    if isinstance(value, np.dtype):
        return ["dtype", describe(value)]
    if isinstance(value, type):
        if issubclass(value, np.generic) and not value.__subclasses__():
            return ["scalar type", describe(np.dtype(value))]
        return ["type", value.__name__]
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        kind = "scalar" if isinstance(value, np.generic) else CLASSES[type(value)]
        if array.dtype == object:
            data = [encode(item) for item in array.ravel()]
        else:
            data = array.astype(array.dtype.newbyteorder("=")).tobytes().hex()
        return ["array", kind, describe(array.dtype), list(array.shape), data]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", bits(value)]
    if isinstance(value, complex):
        return ["complex", bits(value.real), bits(value.imag)]
    if isinstance(value, str):
        return ["str", value]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, (tuple, list)):
        if isinstance(value, list) and any(item is value for item in value):
            return ["looped"]
        return [type(value).__name__, [encode(item) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[encode(k), encode(v)] for k, v in value.items()]]
    if isinstance(value, set):
        return ["set", [encode(item) for item in value]]
    if isinstance(value, slice):
        return ["slice", encode(value.start), encode(value.stop), encode(value.step)]
    if isinstance(value, range):
        return ["range", value.start, value.stop, value.step]
    raise TypeError(type(value))


def plain(value):
    """A value as `--format json` gives it."""
    if isinstance(value, np.void) and value.dtype.names is not None:
        return elements(np.asarray(value))
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        dtype = array.dtype.newbyteorder("=")
        return {"dtype": str(dtype), "shape": list(array.shape), "data": elements(array)}
    if isinstance(value, np.dtype):
        return str(value)
    if isinstance(value, type):
        return encode(value)[1] if encode(value)[0] == "type" else str(np.dtype(value))
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if value != value:
            return "NaN"
        return value if abs(value) != float("inf") else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (tuple, list, range)):
        return [plain(item) for item in value]
    if isinstance(value, set):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return repr(value)


def elements(array):
    """An array's elements in nested lists."""
    if array.ndim:
        return [elements(array[i, ...]) for i in range(len(array))]
    if array.dtype.names is not None:
        parts = [np.asarray(array[name]) for name in array.dtype.names]
        return [elements(part) for part in parts]
    if array.dtype.kind == "M":
        return str(array)
    if array.dtype.kind == "m":
        return "NaT" if np.isnat(array) else int(array.view("i8"))
    return plain(array.item())


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            code = line.rstrip("\n")
            if not code or code.startswith("#"):
                continue
            value = eval(code)
            found = {"code": code, "value": encode(value), "repr": repr(value), "str": str(value)}
            found["json"] = None if code == "looped()" else plain(value)
            print(json.dumps(found))


main()
