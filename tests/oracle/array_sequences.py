"""Random sequences of reads and changes of an array, and what NumPy gives.

usage: array_sequences.py SEED COUNT LENGTH

Prints COUNT JSON lines, one a sequence: create, the code that makes the chunked, unlimited
dataset f["x"]; initial, the Python text of the array; steps; and final, the array at the end. A
step has kind; code, on f["x"]; model, the same on an array x; statement, whether it has no
value to compare; and expect, its value in the JSON convention of compare.py, or
{"error": name}. A step that fails changes nothing. The same arguments print the same lines.

Text is at most five characters, and what NumPy calls `<U5` may be narrower in a file that keeps
text of any length: compare with compare.py's --any-width. `resize` crops and fills with zeros,
as HDF5 does. Several statements in a step are parted by "; ".
"""

import random
import sys
import warnings

import numpy as np

from compare import as_json, dumps
from sequences import error_name, perform, speaks

RECORD = [("a", "<i4"), ("b", "<f8")]
DTYPES = ("float64", "int32", "bool", "<U5", "record")
WORDS = ("", "a", "ab", "abc", "b", "zebra", "\xe9", "\u2603x")
MOST = {1: 40, 2: 12, 3: 7, 4: 6}
ELEMENTS = 400


# -------------------------------------------------------------------------------- the model


def resized(x, shape):
    """What resizing a dataset does: cropped, and zeros where it grows."""
    made = np.zeros(shape, x.dtype)
    part = tuple(slice(0, min(n, m)) for n, m in zip(x.shape, made.shape))
    made[part] = x[part]
    return made


# ---------------------------------------------------------------------------- random values


def item(rng, kind):
    """A value that an element of this kind takes as it is."""
    if kind == "float64":
        rare = rng.random() < 0.05
        return rng.choice((float("nan"), float("inf"), -0.0)) if rare else rng.randint(-40, 40) / 4
    if kind == "int32":
        return rng.randint(-20, 20)
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "<U5":
        return rng.choice(WORDS)
    return rng.randint(-20, 20), rng.randint(-40, 40) / 4


def array_of(rng, kind, shape):
    made = np.zeros(shape, dtype_of(kind))
    for index in np.ndindex(*shape):
        made[index] = item(rng, kind)
    return made


def dtype_of(kind):
    return np.dtype(RECORD if kind == "record" else kind)


def literal(value):
    """The text of a value in both languages."""
    text = repr(value)
    return text.replace("nan", "np.nan").replace("inf", "np.inf")


def array_text(array):
    kind = array.dtype
    name = repr(RECORD) if kind.names else repr("<U5" if kind.kind == "U" else str(kind))
    if not array.size:
        return f"np.zeros({array.shape}, dtype={name})"
    data = repr(array.tolist()) if kind.kind == "U" else literal(array.tolist())
    return f"np.array({data}, dtype={name})"


# --------------------------------------------------------------------------- random indices


def one_index(rng, n):
    """An integer, now and then beyond the end."""
    if n == 0 or rng.random() < 0.04:
        return rng.choice((n, -n - 1, n + 3))
    return rng.randint(-n, n - 1)


def span(rng, n):
    ends = [rng.choice(("", rng.randint(-n - 1, n + 1))) for _ in range(2)]
    step = rng.choice(("", "", ":1", ":2", ":3", ":-1", ":-1", ":-2"))
    return f"{ends[0]}:{ends[1]}{step}"


def int_list(rng, n, length):
    return [one_index(rng, n) if n else 0 for _ in range(length)]


def mask_text(rng, shape):
    mask = np.zeros(shape, bool)
    for index in np.ndindex(*shape):
        mask[index] = rng.random() < 0.5
    if mask.ndim == 1 and mask.size and rng.random() < 0.5:
        return repr(mask.tolist())
    return array_text(mask)


def condition(rng, kind):
    """A mask that is computed from the array itself."""
    if kind == "record":
        return "§['a'] > 0"
    if kind == "<U5":
        return f"§ == {rng.choice(WORDS)!r}"
    return "§" if kind == "bool" else f"§ {rng.choice(('>', '<=', '=='))} {rng.randint(-3, 3)}"


def index(rng, x, kind):
    """The text of an index of any form."""
    if x.ndim and rng.random() < 0.12:
        return rng.choice((condition(rng, kind), mask_text(rng, x.shape)))
    parts, advanced = [], rng.random() < 0.35
    length = rng.randint(0, 4)
    axes = list(x.shape[: rng.randint(0, x.ndim)])
    for n in axes:
        parts.append(part(rng, n, advanced, length))
    decorate(rng, x, parts)
    if rng.random() < 0.03:
        parts += ["0"] * (x.ndim + 1)
    return ", ".join(parts) or rng.choice(("...", ":", "()"))


def part(rng, n, advanced, length):
    """The index of one axis."""
    if advanced and rng.random() < 0.6:
        if rng.random() < 0.04:
            length += 1
        form = rng.randrange(4)
        if form == 0 and length:
            return f"np.array({int_list(rng, n, length)})"
        if form == 1 and n:
            return mask_with(rng, n, length)
        if form == 2 and length:
            pairs = [int_list(rng, n, length), int_list(rng, n, length)]
            return f"np.array({pairs})"
        return repr(int_list(rng, n, length))
    return str(one_index(rng, n)) if rng.random() < 0.3 else span(rng, n)


def mask_with(rng, n, length):
    """A mask of an axis with as many true items as the other lists are long, if it can be."""
    true = rng.sample(range(n), min(length, n))
    return repr([i in true for i in range(n)])


def decorate(rng, x, parts):
    """Puts an ellipsis and new axes among the indices."""
    if rng.random() < 0.3:
        missing = x.ndim - len(parts)
        at = rng.randint(0, len(parts))
        parts.insert(at, "...")
        # what stands behind the ellipsis counts from the last axis: stay inside it
        behind = [i for i in range(at + 1, len(parts)) if missing]
        for i in behind:
            axis = x.ndim - (len(parts) - i)
            parts[i] = part(rng, x.shape[axis], False, 0)
    if rng.random() < 0.2:
        parts.insert(rng.randint(0, len(parts)), "None")


# ------------------------------------------------------------------------------------- steps


def read(rng, x, kind):
    if rng.random() < 0.1:
        return rng.choice(("§", "§.shape", "§.T", "len(§)", "§.size", "§.ndim"))
    if kind == "record" and rng.random() < 0.25:
        return f"§[{rng.choice('ab')!r}]"
    return f"§[{index(rng, x, kind)}]"


def assign(rng, x, kind):
    """To an index of any form, of something that broadcasts (now and then not)."""
    if kind == "record" and rng.random() < 0.2:
        return f"§[{rng.choice('ab')!r}] = {rng.randint(-9, 9)}"
    where = f"§[{index(rng, x, kind)}]"
    try:
        shape = np.shape(perform(where.replace("§", "x"), {"np": np, "x": x}))
    except Exception:
        return f"{where} = {value_text(rng, kind)}"
    if rng.random() < 0.4:
        return f"{where} = {value_text(rng, kind)}"
    return f"{where} = {array_like(rng, kind, broadcastable(rng, shape))}"


def value_text(rng, kind):
    """A scalar, now and then of another type."""
    if rng.random() < 0.12:
        other = {
            "float64": ("True", "3", "'2.5'", "'text'", "1j", "None"),
            "int32": ("2.9", "-2.9", "True", "2**40", "'7'", "'text'", "np.float32(1.5)"),
            "bool": ("2", "0.0", "'text'", "np.nan"),
            "<U5": ("5", "2.5", "True"),
            "record": ("7", "2.5", "(1, 2, 3)"),
        }
        return rng.choice(other[kind])
    return literal(item(rng, kind))


def broadcastable(rng, shape):
    """A shape that broadcasts to another; now and then one that doesn't."""
    if rng.random() < 0.05:
        return tuple(n + 2 for n in shape) or (2,)
    shape = tuple(1 if rng.random() < 0.25 else n for n in shape)
    return shape[rng.randint(0, len(shape)) if rng.random() < 0.4 else 0 :]


def array_like(rng, kind, shape):
    """The text of an array, or of the same in lists."""
    array = array_of(rng, kind, shape)
    if array.size and array.ndim and kind != "record" and rng.random() < 0.4:
        return literal(array.tolist()) if kind != "<U5" else repr(array.tolist())
    return array_text(array)


def overlap(rng, x, _kind):
    """An assignment of the array to itself."""
    n = len(x)
    order = rng.sample(range(n), n)
    choices = [
        "§[:] = §[::-1]", "§[1:] = §[:-1]", "§[:-1] = §[1:]", "§[...] = §", "§[:] = §[:1]",
        f"§[{order}] = §", f"§[:] = §[{order}]", "§[::-1] = §",
        "§[2:] = §[:-2]", "§[::2] = §[::2][::-1]",
    ]
    if n % 2 == 0:
        choices.append("§[::2] = §[1::2]")
    if x.ndim > 1:
        choices += ["§[..., 1:] = §[..., :-1]", "§[:, ::-1] = §", "§[0] = §[-1]"]
        choices += ["§[:, :] = §[::-1, ::-1]"]
        if len(set(x.shape)) == 1:
            choices += ["§[...] = §.T"] * 6 + ["§[1:] = §.T[:-1]"]
    return rng.choice(choices)


def inplace(rng, x, kind):
    target = "§"
    if rng.random() < 0.4:
        target = f"§[{index(rng, x, kind)}]"
    if rng.random() < 0.2 and kind in ("float64", "int32") and x.size:
        return rng.choice(("§ += §[::-1]", "§[1:] += §[:-1]", "§[:-1] -= §[1:]", "§ *= §[:1]"))
    if kind == "float64":
        choices = ["+= 1", "-= 0.5", "*= 2", "*= -1", "/= 4", "//= 2", "%= 7", "**= 2", "+= True"]
        choices += ["&= 1", "+= 1j", "%= -3", "/= 0.5"]
    elif kind == "int32":
        choices = ["+= 1", "-= 3", "*= 2", "//= 3", "//= -2", "%= 7", "%= -5", "**= 2", "&= 6"]
        choices += ["|= 9", "^= 5", "/= 2", "+= 1.5", "**= -1", "+= 2**40", "+= np.int64(3)"]
    elif kind == "bool":
        choices = ["&= True", "|= False", "^= True", "+= True", "*= False", "-= True", "+= 1"]
        choices += ["/= 2", "&= §[::-1]"]
    else:
        # text times 2 in place is left out: NumPy 2.0.2 writes beyond its memory
        choices = ["+= 1", "-= 1", "/= 2", "&= 1"]
    if kind in ("float64", "int32") and rng.random() < 0.3:
        shape = x.shape[-rng.randint(1, x.ndim) :]
        value = array_like(rng, kind, broadcastable(rng, shape))
        return f"§ {rng.choice(('+=', '-=', '*='))} {value}"
    return f"{target} {rng.choice(choices)}"


def derived(rng, x, kind):
    """What was computed before a change keeps its values; a view sees the change."""
    sources = {
        "float64": ("§[...] + 1", "§ * 2", "np.abs(§)", "-§[::-1]", "§[...].T - 1"),
        "int32": ("§[...] + 1", "§ * 2 - 1", "np.abs(§)", "-§[::-1]", "§[...].T % 5"),
        "bool": ("~§[...]", "§ | False", "np.logical_not(§)", "§[::-1] ^ True"),
        "<U5": ("§ == 'a'", "§[...] != 'ab'", "§[::-1] == §"),
        "record": ("§['a'] + 1", "§['b'] * 2", "§[...]['a'] - 1"),
    }
    source = rng.choice(sources[kind])
    value = literal(item(rng, kind))
    change = rng.choice((f"§[...] = {value}", "§[:] = §[::-1]", "§[1:] = §[:-1]"))
    return f"y = {source}; {change}; y"


def view(rng, x, kind):
    """A view sees what is written later, and what is written to it reaches the array."""
    source = rng.choice(("§[1:]", "§[::-1]", "§[...]", "§.T", "§[::2]"))
    value = literal(item(rng, kind))
    if rng.random() < 0.5:
        return f"y = {source}; §[...] = {value}; y"
    return f"y = {source}; y[:1] = {value}; §"


def insert(rng, x, kind):
    axis = rng.randrange(x.ndim)
    n = x.shape[axis]
    several = int_list(rng, n, rng.randint(1, 3))
    where = rng.choice((rng.randint(-n, n), rng.randint(0, n), several))
    if rng.random() < 0.05:
        where = n + 2
    if rng.random() < 0.6:
        value = literal(item(rng, kind))
    else:
        value = array_text(array_of(rng, kind, x.shape[:axis] + x.shape[axis + 1 :]))
    return "§.insert(", f"{where!r}, {value}, {axis}"


def delete(rng, x, _kind):
    axis = rng.randrange(x.ndim)
    n = x.shape[axis]
    where = rng.choice((one_index(rng, n), int_list(rng, n, rng.randint(0, 3)) or "[]"))
    if rng.random() < 0.3:
        low, high = sorted(rng.randint(0, n + 1) for _ in range(2))
        where = slice(low, min(high, low + 3), rng.choice((None, 1, 2)))
    return "§.delete(", f"{where if isinstance(where, str) else repr(where)}, {axis}"


def append(rng, x, kind):
    axis = rng.randrange(x.ndim)
    shape = list(x.shape)
    shape[axis] = rng.randint(0, 3)
    if rng.random() < 0.05:
        shape.append(1)
    return "§.append(", f"{array_text(array_of(rng, kind, shape))}, {axis}"


def resize(rng, x, _kind):
    most = MOST[x.ndim]
    shape = tuple(rng.randint(max(0, min(n, most) - 3), min(most, n + 3)) for n in x.shape)
    return "§.resize(", f"{shape}"


STEPS = (
    (7, read), (7, assign), (3, overlap), (4, inplace), (2, derived), (1.5, view),
    (1.5, insert), (2, delete), (1, append), (1.5, resize),
)
MODELS = {
    "§.insert(": "x = np.insert(x, {})", "§.delete(": "x = np.delete(x, {})",
    "§.append(": "x = np.append(x, {})", "§.resize(": "x = resized(x, {})",
}


# --------------------------------------------------------------------------------- sequences


def first_shape(rng):
    ndim = rng.choice((1, 1, 2, 2, 3, 4))
    while True:
        shape = [rng.randint(1, MOST[ndim]) for _ in range(ndim)]
        if ndim > 1 and rng.random() < 0.25:
            shape = [shape[0]] * ndim
        if rng.random() < 0.06:
            shape[rng.randrange(ndim)] = 0
        if np.prod(shape) <= ELEMENTS:
            return tuple(shape)


def made_by(rng, x):
    chunks = tuple(rng.randint(1, min(n, 7) + 1) for n in x.shape)
    options = f"chunks={chunks}, maxshape={(None,) * x.ndim}"
    return f'f.create_dataset("x", data={array_text(x)}, {options})'


def step_of(rng, x, kind):
    """(kind, code, model) of a step that neither makes the array too large nor warns."""
    if x.size > ELEMENTS:
        make = resize
    else:
        make = rng.choices([m for _, m in STEPS], [w for w, _ in STEPS])[0]
    made = make(rng, x, kind)
    if isinstance(made, tuple):
        call, args = made
        return make.__name__, f'f["x"]{call[1:]}{args})', MODELS[call].format(args)
    return make.__name__, made.replace("§", 'f["x"]'), made.replace("§", "x")


def run(model, x):
    """The value of a step and the array after it."""
    names = {"np": np, "x": x.copy(), "resized": resized}
    try:
        value = perform(model, names)
        return as_json(value), names["x"]
    except Exception as error:
        # `a; b; c` may have changed it before it failed: such a step is of no use
        same = names["x"].tobytes() == x.tobytes()
        return ({"error": error_name(error)} if same else None), x if same else None


def sequence(rng, length):
    kind = rng.choice(DTYPES)
    x = array_of(rng, kind, first_shape(rng))
    line = {"create": made_by(rng, x), "initial": array_text(x), "steps": []}
    while len(line["steps"]) < length:
        name, code, model = step_of(rng, x, kind)
        expect, after = run(model, x)
        if after is None or after.size > 2 * ELEMENTS or after.dtype != x.dtype:
            continue
        x = after
        statement = name in ("insert", "delete", "append", "resize") or not speaks(model)
        step = {"kind": name, "code": code, "model": model, "statement": statement}
        line["steps"].append(step | {"expect": expect})
    return line | {"final": as_json(x)}


def all_of(seed, count, length):
    """The sequences of a seed, one after the other."""
    warnings.simplefilter("ignore")
    for i in range(count):
        rng = random.Random(f"array {seed} {i}")
        yield {"name": f"array {seed}.{i}"} | sequence(rng, length)


def main(argv):
    if len(argv) != 3:
        sys.exit(__doc__)
    for line in all_of(argv[0], int(argv[1]), int(argv[2])):
        print(dumps(line))


if __name__ == "__main__":
    main(sys.argv[1:])
