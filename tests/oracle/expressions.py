"""Judges the program's expressions: each line of the tables goes through NumPy and through it.

usage: expressions.py run PROGRAM ARRAYS.h5 TABLE... [-k TEXT] [-m MEMORY] [-j JOBS]
       expressions.py check ARRAYS.h5 TABLE...
       expressions.py coverage FUNCTIONS ARRAYS.h5 TABLE...

run prints each line that differs, with both values, and a summary; it exits 1 if any
differs. check says whether the tables are sound in NumPy alone. coverage reads what
`ch5tui --functions` printed, and names the functions that have no line for some kind of
dtype that they take. tests/cases/README.md says how a table is written.
"""

import argparse
import ast
import collections
import concurrent.futures
import contextlib
import copy
import datetime
import io
import json
import os
import subprocess
import sys
import types
import warnings

import h5py
import numpy as np

BATCH = 16
SECONDS = 120
SPECIAL = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
# How far a computed number may be from NumPy's, by the size of its real part: relative to
# itself, and relative to the largest of the array. `#: exact` asks for the same bits.
NEAR = {2: (2e-3, 1e-3), 4: (2e-6, 1e-6), 8: (1e-12, 1e-13)}


# ------------------------------------------------------------- the names of an expression


class Tree:
    """A group whose datasets are loaded whole when they are named."""

    def __init__(self, group, loaded):
        self.group = group
        self.loaded = loaded

    def __getitem__(self, name):
        found = self.group[name]
        if isinstance(found, h5py.Group):
            return Tree(found, self.loaded)
        if found.name not in self.loaded:
            self.loaded[found.name] = load(found)
        return self.loaded[found.name]

    def __contains__(self, name):
        return name in self.group

    def __iter__(self):
        return iter(self.group)

    def __len__(self):
        return len(self.group)

    def keys(self):
        return self.group.keys()

    @property
    def attrs(self):
        return self.group.attrs


def load(dataset):
    """A dataset as NumPy has it; no expression may change it."""
    dtype = dataset.dtype
    if dtype.kind == "O" and h5py.check_string_dtype(dtype):
        value = dataset.asstr()[()]
        value = value.astype("U") if isinstance(value, np.ndarray) else np.str_(value)
    else:
        value = dataset[()]
    if isinstance(value, np.ndarray):
        if dtype.metadata and value.dtype.names is None and value.dtype.kind != "O":
            value = value.astype(value.dtype.str)
        value.flags.writeable = False
    return value


def numpy_with_old_names():
    """NumPy, and beside it the names that NumPy 1 had."""
    shim = types.SimpleNamespace(**{name: getattr(np, name) for name in np.__all__})
    for name in ("char", "linalg", "rec", "exceptions"):
        setattr(shim, name, getattr(np, name))
    shim.in1d = lambda ar1, ar2, **options: np.isin(np.ravel(ar1), ar2, **options)
    shim.trapz = np.trapezoid
    shim.row_stack = np.vstack
    shim.asfarray = as_float_array
    shim.mat = np.asmatrix
    shim.core = types.SimpleNamespace(records=np.rec, defchararray=np.char)
    return shim


def as_float_array(a, dtype=np.float64):
    """np.asfarray as NumPy 1 had it: anything but a kind of float becomes float64."""
    if not np.issubdtype(dtype, np.inexact):
        dtype = np.float64
    return np.asarray(a, dtype=dtype)


class Names:
    """What an expression may name, anew for each line."""

    def __init__(self, path):
        self.np = numpy_with_old_names()
        self.print_options = np.get_printoptions()
        self.f = Tree(h5py.File(path, "r"), {})
        # files that an expression names lie beside the arrays
        os.chdir(os.path.dirname(os.path.abspath(path)))
        self.ch5mpy = types.SimpleNamespace(
            empty=np.empty, zeros=np.zeros, ones=np.ones, full=np.full
        )

    def fresh(self):
        return {"np": self.np, "f": self.f, "ch5mpy": self.ch5mpy}

    def value(self, case, change=None):
        """The value of a line's last statement, and what the line printed."""
        np.set_printoptions(**self.print_options)
        names = self.fresh()
        if change is not None:
            names.update(change.names)
        printed = io.StringIO()
        value = None
        with contextlib.redirect_stdout(printed):
            for part in case.parts:
                tree = ast.parse(part)
                if change is not None:
                    tree = ast.fix_missing_locations(change.visit(tree))
                last = tree.body.pop() if case.speaks(part) else None
                exec(compile(tree, "<case>", "exec"), names)
                value = None
                if last is not None:
                    last = ast.Expression(last.value)
                    value = eval(compile(last, "<case>", "eval"), names)
        return value, printed.getvalue()


# ------------------------------------------------------------------------- the tables


class Case:
    """One line of a table."""

    def __init__(self, section, number, line, exact):
        self.section = section
        self.number = number
        self.refused = line.startswith("!")
        self.line = line[1:].strip() if self.refused else line
        self.parts = self.line.split(" ;; ")
        self.exact = exact

    def speaks(self, part):
        """Whether the program prints a value for this part."""
        try:
            body = ast.parse(part).body
        except (SyntaxError, ValueError):
            return False
        return bool(body) and isinstance(body[-1], ast.Expr)

    @property
    def alone(self):
        """Whether it needs a process of its own: names are assigned, or it prints, or ends."""
        return (
            self.refused
            or len(self.parts) > 1
            or ":=" in self.line
            or "print(" in self.line
            or self.section == "repr"
            or not self.speaks(self.line)
        )

    def __str__(self):
        mark = "! " if self.refused else ""
        return f"{self.section}.txt:{self.number}: {mark}{self.line}"


def read(paths):
    cases = []
    for path in paths:
        section = os.path.basename(path).removesuffix(".txt")
        exact = False
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                line = line.rstrip("\n")
                if line.startswith("#:"):
                    exact = {"exact": True, "near": False}[line[2:].strip()]
                elif line.strip() and not line.startswith("#"):
                    cases.append(Case(section, number, line, exact))
    return cases


def names_of(error):
    """The names that a refusal may go by: the class's own, and its first public ancestor's."""
    public = vars(np.exceptions).values()
    for kind in type(error).__mro__:
        if kind.__module__ == "builtins" or kind in public or kind is np.linalg.LinAlgError:
            return {type(error).__name__.lstrip("_"), kind.__name__}
    return {type(error).__name__}


# ------------------------------------------------------------------------- comparison


def dtype_name(dtype):
    return str(dtype.newbyteorder("="))


def short(value, width=300):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= width else text[:width] + " …"


def leaves(data, depth):
    """The items of nested lists, `depth` deep."""
    if depth == 0:
        return [data]
    return [leaf for item in data for leaf in leaves(item, depth - 1)]


def nested_as(data, shape):
    """Whether the nesting of lists is that of the shape."""
    if not shape:
        return True
    if not isinstance(data, list) or len(data) != shape[0]:
        return False
    return all(nested_as(item, shape[1:]) for item in data)


def number(item):
    return SPECIAL[item] if isinstance(item, str) else item


def array_difference(want, got, exact):
    """Why the JSON form `got` is not the array `want`; None if it is."""
    if not isinstance(got, dict) or set(got) != {"dtype", "shape", "data"}:
        if type(want) in (np.void, np.record) and isinstance(got, list):
            got = {"dtype": dtype_name(want.dtype), "shape": [], "data": got}
        else:
            return "it is no array or NumPy scalar"
    want = np.asarray(want)
    if got["dtype"] != dtype_name(want.dtype):
        return f"dtype {got['dtype']} and not {dtype_name(want.dtype)}"
    if got["shape"] != list(want.shape):
        return f"shape {got['shape']} and not {list(want.shape)}"
    if not nested_as(got["data"], want.shape):
        return "the lists are not nested as the shape says"
    items = leaves(got["data"], want.ndim)
    return items_difference(want, items, exact)


def items_difference(want, items, exact):
    kind = want.dtype.kind
    flat = want.reshape(-1)
    if kind == "V" and want.dtype.names:
        for index, item in enumerate(items):
            if not isinstance(item, list) or len(item) != len(want.dtype.names):
                return f"item {index} has other fields"
        for place, name in enumerate(want.dtype.names):
            field = np.asarray(flat[name])
            part = [item[place] for item in items]
            if not nested_as(part, field.shape):
                return f"field {name}: the lists are not nested as the shape says"
            why = items_difference(field, leaves(part, field.ndim), exact)
            if why:
                return f"field {name}: {why}"
        return None
    if kind in "fc":
        return floats_difference(flat, items, exact)
    if kind == "O":
        for index, (one, other) in enumerate(zip(flat, items)):
            why = difference(one, other, exact)
            if why:
                return f"item {index}: {why}"
        return None
    if kind in "biu":
        wanted = flat.tolist()
    elif kind in "SV":
        wanted = [bytes(item).decode("latin-1") for item in flat.tolist()]
    elif kind == "U":
        wanted = flat.tolist()
    elif kind == "M":
        wanted = [str(item) for item in flat]
    elif kind == "m":
        counts = flat.view("i8").tolist()
        wanted = ["NaT" if np.isnat(item) else count for item, count in zip(flat, counts)]
    else:
        return f"no rule for dtype {want.dtype}"
    for index, (one, other) in enumerate(zip(wanted, items)):
        if one != other or type(one) is not type(other):
            return f"item {index} is {short(other, 80)} and not {short(one, 80)}"
    return None


def floats_difference(want, items, exact):
    if want.dtype.kind == "c":
        if not all(isinstance(i, list) and len(i) == 2 for i in items):
            return "a complex number is no pair"
        got = np.empty(want.shape, want.dtype)
        got.real = [number(re) for re, _ in items]
        got.imag = [number(im) for _, im in items]
        real = f"f{want.dtype.itemsize // 2}"
        nan = np.isnan(want)
        if exact:
            for part in ("real", "imag"):
                why = exact_difference(getattr(want, part), getattr(got, part))
                if why:
                    return f"{part} part, {why}"
            return None
    else:
        for item in items:
            if not isinstance(item, float) and item not in SPECIAL:
                return f"{item!r} is no float"
        got = np.array([number(i) for i in items], want.dtype)
        real = want.dtype
        nan = np.isnan(want)
        if exact:
            return exact_difference(want, got)
    relative, absolute = NEAR[np.dtype(real).itemsize]
    finite = np.isfinite(want)
    scale = np.abs(want[finite]).max(initial=0).astype("f8")
    wide = "c16" if want.dtype.kind == "c" else "f8"
    one, other = want.astype(wide), got.astype(wide)
    bad = np.abs(one - other) > relative * np.abs(one) + absolute * scale
    bad[~finite] = one[~finite] != other[~finite]
    bad[nan] = ~np.isnan(other[nan])
    bad |= ~nan & np.isnan(other)
    return first_difference(bad, want, got)


def exact_difference(want, got):
    nan = np.isnan(want)
    bad = (want != got) | (np.signbit(want) != np.signbit(got))
    bad[nan] = ~np.isnan(got[nan])
    return first_difference(bad, want, got)


def first_difference(bad, want, got):
    if not bad.any():
        return None
    index = int(np.flatnonzero(bad)[0])
    return f"item {index} is {got[index]!r} and not {want[index]!r} ({bad.sum()} differ)"


def difference(want, got, exact):
    """Why the program's JSON value `got` is not Python's value `want`; None if it is."""
    if isinstance(want, np.dtype):
        want = dtype_name(want)
    if isinstance(want, type):
        want = want.__name__
    if isinstance(want, (np.ndarray, np.generic)):
        return array_difference(want, got, exact)
    if isinstance(want, (set, frozenset)):
        want = sorted(want)
    if isinstance(want, (list, tuple)):
        if not isinstance(got, list) or len(got) != len(want):
            return f"it is no list of {len(want)}"
        for index, (one, other) in enumerate(zip(want, got)):
            why = difference(one, other, exact)
            if why:
                return f"[{index}]: {why}"
        return None
    if isinstance(want, dict):
        if not isinstance(got, dict) or set(got) != {str(key) for key in want}:
            return "it is no dict with these keys"
        for key, one in want.items():
            why = difference(one, got[str(key)], exact)
            if why:
                return f"[{key!r}]: {why}"
        return None
    if isinstance(want, complex):
        if not isinstance(got, list) or len(got) != 2:
            return "it is no pair"
        return floats_difference(np.array([want]), [got], exact)
    if isinstance(want, float):
        if not isinstance(got, float) and got not in SPECIAL:
            return f"{short(got)} is no float"
        return floats_difference(np.array([want]), [got], exact)
    if isinstance(want, bytes):
        want = want.decode("latin-1")
    elif isinstance(want, (datetime.date, datetime.datetime)):
        want = want.isoformat()
    elif want is not None and not isinstance(want, (bool, int, str)):
        want = repr(want)
    if want != got or type(want) is not type(got):
        return "it is another value"
    return None


# ------------------------------------------------------------------------- running


class Run:
    def __init__(self, options):
        self.program = os.path.abspath(options.program)
        self.file = os.path.abspath(options.arrays)
        self.folder = os.path.dirname(self.file)
        self.memory = options.memory

    def call(self, parts, style):
        command = [self.program, self.file, "--max-memory", self.memory, "--format", style]
        for part in parts:
            command += ["-e", part]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                cwd=self.folder,
            )
            code, out, err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as late:
            code, out, err = None, late.stdout or b"", late.stderr or b""
        return code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def several(self, cases):
        """What each of the cases gave: (case, outcome), one process for all if nothing fails."""
        outcomes = []
        while cases:
            if cases[0].alone:
                case = cases.pop(0)
                style = "text" if case.section == "repr" else "json"
                outcomes.append((case, self.call(case.parts, style)))
                continue
            code, out, err = self.call([case.line for case in cases], "json")
            lines = out.split("\n")[:-1]
            for case, line in zip(cases, lines):
                outcomes.append((case, (0, line + "\n", "")))
            rest = cases[len(lines) :]
            if rest and (code or code is None):
                # the first that printed nothing is the one that ended it
                outcomes.append((rest.pop(0), (code, "", err)))
            elif rest:
                outcomes.extend((case, (0, "", err)) for case in rest)
                rest = []
            cases = rest
        return outcomes


def ending(code, err):
    """How a process that failed ended, in a line."""
    last = (err.strip().splitlines() or ["nothing on stderr"])[-1]
    if code is None:
        return f"not done after {SECONDS} s"
    if code < 0 or code > 2 or "panicked" in err:
        return f"it crashed ({code}): {short(err.strip())}"
    return f"exit {code}: {last}"


def refusal_difference(error, outcome):
    code, out, err = outcome
    names = names_of(error)
    told = f"{type(error).__name__}: {error}"
    if code == 0:
        return f"accepted: {short(out.strip())}\n      NumPy: {told}"
    lines = [line for line in err.splitlines() if "Warning" not in line.split(":")[0]]
    if code != 1 or "panicked" in err:
        return f"{ending(code, err)}\n      NumPy: {told}"
    if len(lines) != 1:
        return f"{len(lines)} lines on stderr: {short(err)}\n      NumPy: {told}"
    name = lines[0].split(":")[0].split(".")[-1].strip()
    if name not in names:
        return f"{lines[0]}\n      NumPy: {told}"
    return None


def judge(case, outcome, names):
    """Why the outcome is not NumPy's; None if it is."""
    try:
        value, printed = names.value(case)
    except Exception as error:
        if case.refused:
            return refusal_difference(error, outcome)
        return f"the line is at fault, NumPy refuses it: {type(error).__name__}: {error}"
    if case.refused:
        return f"the line is at fault, NumPy gives {short(value)}"
    code, out, err = outcome
    if code != 0:
        return f"{ending(code, err)}\n      NumPy: {short(value)}"
    if case.section == "repr":
        want = printed + ("" if value is None else repr(value) + "\n")
        return None if out == want else f"{short(out, 1500)}\n      NumPy:\n{short(want, 1500)}"
    lines = out.split("\n")[:-1]
    before = printed.splitlines()
    want = sum(case.speaks(part) for part in case.parts)
    if not case.speaks(case.parts[-1]):
        return "the line is at fault, its last statement has no value"
    if len(lines) != want + len(before):
        return f"{len(lines)} lines printed: {short(out)} {short(err)}\n      NumPy: {short(value)}"
    if before and [line for line in before if line not in lines]:
        return f"printed {short(out)}\n      and not {short(printed)}"
    try:
        got = json.loads(lines[-1])
    except ValueError as error:
        return f"no JSON, {error}: {short(lines[-1])}"
    why = difference(value, got, case.exact)
    return why and f"{why}\n      ours: {short(lines[-1])}\n      NumPy: {short(value)}"


def run(options):
    cases = read(options.tables)
    if options.only:
        cases = [case for case in cases if options.only in str(case)]
    runner = Run(options)
    names = Names(options.arrays)
    together = [case for case in cases if not case.alone]
    batches = [together[at : at + BATCH] for at in range(0, len(together), BATCH)]
    batches += [[case] for case in cases if case.alone]
    good, all_of, faults = collections.Counter(), collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for outcomes in pool.map(runner.several, batches):
            for case, outcome in outcomes:
                why = judge(case, outcome, names)
                all_of[case.section] += 1
                good[case.section] += why is None
                if why:
                    faults.append((case.section, case.number, f"{case}\n      {why}"))
    for *_, why in sorted(faults):
        print("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in why))
    for section in all_of:
        print(f"{section}: {good[section]} of {all_of[section]}")
    total = sum(all_of.values())
    print(f"equal to NumPy: {sum(good.values())} of {total}")
    return 1 if faults or not total else 0


# ------------------------------------------------------------- the tables, in NumPy alone


PLAIN = (bool, int, float, complex, str, bytes, type(None), type, np.dtype)
PLAIN += (np.ndarray, np.generic, datetime.date, slice, type(...))


def plain(value):
    """Whether design and oracle have a JSON form for the value."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(plain(item) for item in value)
    if isinstance(value, dict):
        return all(plain(item) for item in value.values())
    return isinstance(value, PLAIN)


def fault(case, names):
    """What is wrong with a line, in NumPy alone; None if nothing is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            warnings.simplefilter("error", FutureWarning)
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            value, printed = names.value(case)
            again, _ = names.value(case)
    except (DeprecationWarning, FutureWarning) as error:
        return f"on its way out of NumPy: {error}"
    except Exception as error:
        if case.refused:
            return None
        return f"refused: {type(error).__name__}: {error}"
    if case.refused:
        return f"accepted: {short(value)}"
    if " at 0x" in repr(value):
        return f"an address: {short(value)}"
    if repr(value) != repr(again):
        return f"another value each time: {short(value)}, {short(again)}"
    if case.section == "repr":
        return None if printed or value is not None else "nothing is printed"
    if not plain(value):
        return f"no JSON form for {short(value)}"
    if not case.speaks(case.parts[-1]):
        return "its last statement has no value"
    return None


def form(dtype, shape, data):
    return {"dtype": dtype, "shape": shape, "data": data}


# What the comparison must tell apart, and what it must take as the same.
DIFFERENT = [
    (np.int32(5), form("int64", [], 5)),
    (np.int32(5), 5),
    (5, form("int64", [], 5)),
    (5, 5.0),
    (1.0, 1),
    (True, 1),
    (None, "None"),
    ((1, 2), [1]),
    ({"a": 1}, {"a": 2}),
    (np.arange(3), form("int64", [3], [0, 1, 3])),
    (np.arange(3), form("int64", [3], [0, 1])),
    (np.array([1]), form("int64", [1], [True])),
    (np.array([True]), form("bool", [1], [1])),
    (np.zeros((2, 2)), form("float64", [2, 2], [0.0, 0.0, 0.0, 0.0])),
    (np.zeros((0, 3)), form("float64", [0, 2], [])),
    (np.array([2.0]), form("float64", [1], [2.0001])),
    (np.array([2.0], "f4"), form("float32", [1], [2.0001])),
    (np.array([1.0]), form("float64", [1], ["NaN"])),
    (np.array([np.nan]), form("float64", [1], [1.0])),
    (np.array([np.inf]), form("float64", [1], ["-Infinity"])),
    (np.array([1 + 1j]), form("complex128", [1], [[1.0, 1.1]])),
    (np.array(["ab"]), form("<U3", [1], ["ab"])),
    (np.array(["ab"]), form("<U2", [1], ["ac"])),
    (np.zeros(1, [("a", "i4")]), form("[('a', '<i4')]", [1], [[1]])),
    (np.datetime64("2020-01-01"), form("datetime64[D]", [], "2020-01-02")),
]
SAME = [
    (np.array([1.0, np.nan, np.inf]), form("float64", [3], [1.0 + 1e-15, "NaN", "Infinity"])),
    (np.array([-0.0]), form("float64", [1], [0.0])),
    (np.array([1.7e308, -1.7e308]), form("float64", [2], [1.7e308, -1.7e308])),
    (np.array([(1, "x")], "i4,U1"), form("[('f0', '<i4'), ('f1', '<U1')]", [1], [[1, "x"]])),
    (np.array([1, "NaT"], "m8[s]"), form("timedelta64[s]", [2], [1, "NaT"])),
    (np.zeros((2, 0, 3)), form("float64", [2, 0, 3], [[], []])),
    (np.bytes_(b"\xff"), form("|S1", [], "\xff")),
]


def comparison_faults():
    """Pairs of values that the comparison does not judge as it must."""
    faults = [pair for pair in DIFFERENT if not difference(*pair, False)]
    faults += [pair for pair in SAME if difference(*pair, False)]
    # to the bit, both of these differ
    faults += [pair for pair in SAME[:2] if not difference(*pair, True)]
    for want, got in faults:
        print(f"the comparison is at fault: {want!r} and {got}")
    return len(faults)


def check(options):
    cases = read(options.tables)
    names = Names(options.arrays)
    seen, faults = {}, comparison_faults()
    for case in cases:
        why = fault(case, names)
        # text and JSON form of one expression are two cases
        key = case.section == "repr", case.line
        if key in seen:
            why = why or f"twice: {seen[key]}"
        seen[key] = f"{case.section}.txt:{case.number}"
        if why:
            faults += 1
            print(f"{case}\n      {why}")
    for section, count in collections.Counter(case.section for case in cases).items():
        print(f"{section}: {count}")
    print(f"{len(cases)} lines, {faults} at fault")
    return 1 if faults else 0


# ------------------------------------------------------------------------- coverage


class Record(ast.NodeTransformer):
    """Changes an expression so that each call and attribute is noted with its arrays' kinds."""

    def __init__(self, np_names, ch5mpy):
        self.calls = collections.defaultdict(set)
        self.paths = collections.defaultdict(set)
        self.add_paths("np", np_names, 3)
        self.add_paths("ch5mpy", ch5mpy, 1)
        self.names = {"_call": self.call, "_attribute": self.attribute, "_item": self.item}

    def add_paths(self, path, space, depth):
        for name, value in vars(space).items():
            if name.startswith("_"):
                continue
            here = f"{path}.{name}"
            if isinstance(value, (types.ModuleType, types.SimpleNamespace)):
                if depth > 1 and name != "exceptions":
                    self.add_paths(here, value, depth - 1)
            elif callable(value) or hasattr(value, "__getitem__"):
                self.paths[id(value)].add(here)

    def visit_Call(self, node):
        self.generic_visit(node)
        return ast.Call(self.name("_call"), [node.func, *node.args], node.keywords)

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        return ast.Call(self.name("_attribute"), [node.value, ast.Constant(node.attr)], [])

    def visit_Subscript(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        return ast.Call(self.name("_item"), [node.value, self.index(node.slice)], [])

    def index(self, node):
        """A subscript's inside as an expression of its own."""
        if isinstance(node, ast.Slice):
            parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
            return ast.Call(ast.Name("slice", ast.Load()), parts, [])
        if isinstance(node, ast.Tuple):
            return ast.Tuple([self.index(item) for item in node.elts], ast.Load())
        return node

    def name(self, name):
        return ast.Name(name, ast.Load())

    def call(self, function, *args, **options):
        paths = set(self.paths.get(id(function), ()))
        owner = getattr(function, "__self__", None)
        if isinstance(owner, np.ufunc):
            paths |= {f"{path}.{function.__name__}" for path in self.paths.get(id(owner), ())}
            paths.add(f"np.ufunc.{function.__name__}")
        elif isinstance(owner, (np.ndarray, np.generic)):
            paths.add(f"np.ndarray.{function.__name__}")
            args_seen = (owner, *args)
            self.note(paths, kinds_of(args_seen, options))
            return function(*args, **options)
        if not paths:
            return function(*args, **options)
        kinds = kinds_of(args, options)
        self.note(paths, kinds)
        value = function(*args, **options)
        if not kinds_of(args, {}, arrays_only=True):
            # a function that makes an array: what it makes counts
            self.note(paths, kinds_of([value], {}))
        return value

    def attribute(self, owner, name):
        if isinstance(owner, (np.ndarray, np.generic)):
            self.note({f"np.ndarray.{name}"}, {owner.dtype.kind})
        return getattr(owner, name)

    def item(self, owner, key):
        value = owner[key]
        paths = self.paths.get(id(owner))
        if paths:
            self.note(paths, kinds_of([value], {}))
        return value

    def note(self, paths, kinds):
        for path in paths:
            self.calls[path] |= kinds


SCALARS = {bool: "b", int: "i", float: "f", complex: "c", str: "U", bytes: "S"}


def kinds_of(args, options, arrays_only=False):
    """The kinds of the arrays among the arguments, also in lists, and of a dtype= option."""
    kinds = set()
    for item in [*args, *options.values()]:
        if isinstance(item, (np.ndarray, np.generic)):
            kinds.add(item.dtype.kind)
        elif isinstance(item, np.dtype):
            kinds.add(item.kind)
        elif isinstance(item, (list, tuple)):
            kinds |= kinds_of(item, {}, arrays_only)
        elif not arrays_only and type(item) in SCALARS:
            kinds.add(SCALARS[type(item)])
    dtype = options.get("dtype")
    if dtype is not None and not arrays_only:
        with contextlib.suppress(TypeError):
            kinds.add(np.dtype(dtype).kind)
    return kinds


def coverage(options):
    cases = read(options.tables)
    with open(options.functions, encoding="utf-8") as file:
        entries = [json.loads(line) for line in file]
    names = Names(options.arrays)
    record = Record(names.np, names.ch5mpy)
    for case in cases:
        with contextlib.suppress(Exception):
            names.value(case, copy.copy(record))
    missing = 0
    for entry in entries:
        found = set().union(*(record.calls.get(name, set()) for name in entry["names"]))
        called = any(name in record.calls for name in entry["names"])
        lacks = [kind for kind in entry["kinds"] if kind not in found]
        if lacks or not called:
            missing += 1
            what = f"kinds {' '.join(lacks)}" if called else "any kind"
            print(f"{' = '.join(entry['names'])} ({entry['section']}): no line for {what}")
    print(f"{len(entries)} functions, {missing} without a line for each kind that they take")
    return 1 if missing or not entries else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    for command, action in (("run", run), ("check", check), ("coverage", coverage)):
        inner = commands.add_parser(command)
        inner.set_defaults(action=action)
        if action is run:
            inner.add_argument("program")
        if action is coverage:
            inner.add_argument("functions")
        inner.add_argument("arrays")
        inner.add_argument("tables", nargs="+")
        if action is run:
            inner.add_argument("-k", dest="only", metavar="TEXT")
            inner.add_argument("-m", dest="memory", metavar="MEMORY", default="2M")
            inner.add_argument("-j", dest="jobs", metavar="JOBS", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    return options.action(options)


if __name__ == "__main__":
    sys.exit(main())
