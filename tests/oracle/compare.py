"""The JSON convention of values, and a comparer that forgives what is no difference.

usage: compare.py [--unordered] [--relative R] [--any-width] < PAIRS

`as_json` writes a Python value the way `--format json` does. `difference(expected, got)`
says why two such JSON forms differ, None if they don't; `same` says whether. A plain value
and a NumPy scalar or array of the same data are the same: 1 and
{"dtype": "int64", "shape": [], "data": 1}; so are text in an object array and in a `<U` array,
and long double and the double that stands for it.

As a program it reads JSON lines {"name": ..., "expected": ..., "got": ...} and prints one line
for each pair that differs, then how many were compared; it exits 1 if any differs.
"""

import argparse
import collections.abc
import datetime
import enum
import json
import math
import sys

import numpy as np

SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
ARRAY = {"dtype", "shape", "data"}
# What stands for a dtype that the program does not compute in.
STAND_IN = {"float128": "float64", "complex256": "complex128", "longdouble": "float64"}


# ------------------------------------------------------------------------- values as JSON


def as_json(value):
    """A Python value as the program's JSON has it, for json.dumps."""
    if isinstance(value, enum.Enum):
        return repr(value)
    if isinstance(value, np.void) and value.dtype.names:
        return [item_json(value[name]) for name in value.dtype.names]
    if isinstance(value, (np.generic, np.ndarray)):
        return array_json(np.asarray(value))
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, complex)):
        return number_json(value)
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted((as_json(v) for v in value), key=set_order)
    if isinstance(value, collections.abc.Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, range, collections.deque)):
        return [as_json(v) for v in value]
    if isinstance(value, np.dtype):
        return str(value)
    if isinstance(value, type):
        return str(np.dtype(value)) if issubclass(value, np.generic) else value.__qualname__
    if type(value).__name__ == "Empty":
        # h5py's dtypes may carry more than their name says
        return f"Empty(dtype={np.dtype(value.dtype.str)!r})"
    return repr(value)


def dumps(value):
    """A line of JSON; NaN must have become text before."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def set_order(item):
    """Numbers, then text, then the rest, as the program sorts a set."""
    if isinstance(item, (bool, int, float)):
        return 0, item, ""
    return (1, 0, item) if isinstance(item, str) else (2, 0, dumps(item))


def number_json(x):
    if isinstance(x, complex):
        return [number_json(x.real), number_json(x.imag)]
    if math.isfinite(x):
        return x
    return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def array_json(array):
    dtype = array.dtype.newbyteorder("=")
    data = nested(array.tolist() if array.dtype.kind in "biu" else array)
    return {"dtype": str(dtype), "shape": list(array.shape), "data": data}


def nested(array):
    """The items of an array in nested lists."""
    if not isinstance(array, np.ndarray):
        return array
    if array.ndim:
        return [nested(part if isinstance(part, np.ndarray) else box(part, array.dtype))
                for part in array]
    return item_json(array[()])


def box(item, dtype):
    """An item that came out of an array, as an array of rank 0 of that array's dtype."""
    boxed = np.empty((), dtype)
    boxed[()] = item
    return boxed


def item_json(item):
    """An element of an array, without dtype and shape."""
    if isinstance(item, np.ndarray):
        return nested(item)
    if isinstance(item, np.datetime64):
        return str(item)
    if isinstance(item, np.timedelta64):
        return "NaT" if np.isnat(item) else int(item.astype("i8"))
    if isinstance(item, np.void):
        if item.dtype.names:
            return [item_json(item[name]) for name in item.dtype.names]
        return item.tobytes().decode("latin-1")
    if isinstance(item, np.complexfloating):
        return number_json(complex(item))
    if isinstance(item, np.floating):
        return number_json(float(item))
    if isinstance(item, np.generic):
        return as_json(item.item())
    return as_json(item)


# ---------------------------------------------------------------------------- comparison


class Rules:
    """How alike two values must be.

    ordered: an object's keys come in the same order. relative: how far floats may be apart,
    relative to the expected one. widths: `<U5` is not `<U3`.
    """

    def __init__(self, ordered=True, relative=0.0, widths=True):
        self.ordered, self.relative, self.widths = ordered, relative, widths


def same(expected, got, **rules):
    """Whether two JSON forms stand for the same value."""
    return difference(expected, got, **rules) is None


def difference(expected, got, **rules):
    """Why the JSON form `got` is not `expected`; None if it is. The rules are those of Rules."""
    return values(expected, got, Rules(**rules))


def values(expected, got, rules):
    if is_error(expected) != is_error(got):
        return f"{short(got)} and not {short(expected)}"
    if is_array(expected) and is_array(got):
        return arrays(expected, got, rules)
    if is_array(expected):
        return plain(got, expected["data"], expected, rules, swap=True)
    if is_array(got):
        return plain(expected, got["data"], got, rules)
    if isinstance(expected, dict) and isinstance(got, dict):
        return objects(expected, got, rules)
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return f"{len(got)} items and not {len(expected)}"
        whys = (values(e, g, rules) for e, g in zip(expected, got))
        return next((f"item {i}: {why}" for i, why in enumerate(whys) if why), None)
    return items(expected, got, rules)


def is_array(value):
    return isinstance(value, dict) and set(value) == ARRAY


def is_error(value):
    return isinstance(value, dict) and set(value) == {"error"}


def arrays(expected, got, rules):
    one, other = (dtype_of(value["dtype"], rules) for value in (expected, got))
    if one != other and not both_text(one, other):
        return f"dtype {got['dtype']} and not {expected['dtype']}"
    if expected["shape"] != got["shape"]:
        return f"shape {got['shape']} and not {expected['shape']}"
    return values(expected["data"], got["data"], rules)


def dtype_of(name, rules):
    name = STAND_IN.get(name, name)
    return name if rules.widths or not name.startswith("<U") else "<U"


def both_text(one, other):
    """Text of variable length may be an array of objects or of `<U`: their data decide."""
    return "object" in (one, other) and any(name.startswith("<U") for name in (one, other))


def plain(value, data, array, rules, swap=False):
    """Compares a plain value with an array's data. In an array of floats an int is a float."""
    if array["dtype"].startswith(("float", "complex")):
        value = as_floats(value)
    if array["shape"] != shape_of(value, len(array["shape"])):
        return f"an array of shape {array['shape']} is not {short(value)}"
    return values(data, value, rules) if swap else values(value, data, rules)


def as_floats(value):
    if isinstance(value, list):
        return [as_floats(v) for v in value]
    return float(value) if type(value) is int else value


def shape_of(value, depth):
    """The shape of nested lists, `depth` deep at most."""
    shape = []
    while isinstance(value, list) and len(shape) < depth:
        shape.append(len(value))
        value = value[0] if value else None
    return shape


def objects(expected, got, rules):
    if set(expected) != set(got):
        return f"keys {list(got)} and not {list(expected)}"
    if rules.ordered and list(expected) != list(got):
        return f"keys in the order {list(got)} and not {list(expected)}"
    for key, value in expected.items():
        why = values(value, got[key], rules)
        if why:
            return f"{key}: {why}"
    return None


def items(expected, got, rules):
    """Two values that are neither both lists nor both objects."""
    if isinstance(expected, float) and isinstance(got, float):
        if expected == got and math.copysign(1, expected) == math.copysign(1, got):
            return None
        if rules.relative and abs(expected - got) <= rules.relative * abs(expected):
            return None
    elif type(expected) is type(got) and expected == got:
        return None
    return f"{short(got)} and not {short(expected)}"


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:120] + " …"


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--unordered", action="store_true")
    parser.add_argument("--relative", type=float, default=0.0)
    parser.add_argument("--any-width", action="store_true")
    options = parser.parse_args(argv)
    rules = Rules(not options.unordered, options.relative, not options.any_width)
    compared = wrong = 0
    for line in sys.stdin:
        pair = json.loads(line)
        compared += 1
        why = values(pair["expected"], pair["got"], rules)
        if why:
            wrong += 1
            print(f"{pair.get('name', compared)}: {why}")
    print(f"{compared} compared, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
