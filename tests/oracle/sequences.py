"""Random sequences of operations on a dict or a list, and what Python's own gives.

usage: sequences.py SEED COUNT LENGTH dict|list

Prints COUNT JSON lines, one a sequence: create, the code that makes f["d"] or f["l"]; initial,
the Python text of what it holds then; steps; and final, the content at the end. A step has
kind; code, on f["d"] or f["l"]; model, the same on a plain dict or list; statement, whether it
has no value; and expect, its value in the JSON convention of compare.py, or {"error": name}. A
step that fails changes nothing. The same arguments print the same lines.

A dict keeps the order of its keys as Python's does: a replaced key stays in its place, a
renamed one moves to the end. compare.py's `same` forgives what NumPy makes of numbers.
"""

import ast
import copy
import random
import sys

import numpy as np

from compare import as_json, dumps

KEYS = ("a", "b", "c", "a.b", "\xe9\u2603", "key with space", "0")
TEXTS = ("", "s", "text", "\xfcber", "\u2603", "zz", "S")


# ---------------------------------------------------------------------------- running a model


def perform(code, names):
    """Runs code as Python's prompt does; the last expression's value, or None."""
    body = ast.parse(code).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<step>", "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "<step>", "eval"), names)


def speaks(code):
    """Whether code ends in an expression."""
    return isinstance(ast.parse(code).body[-1], ast.Expr)


def error_name(error):
    """The exception's name; of one that NumPy keeps for itself, its first public ancestor's."""
    for kind in type(error).__mro__:
        if kind.__module__ == "builtins" or kind in vars(np.exceptions).values():
            return kind.__name__
    return type(error).__name__


def renamed(made, old, new):
    """What H5Dict.rename does."""
    if old not in made:
        raise KeyError(old)
    if new in made:
        raise ValueError("the name is taken")
    made[new] = made.pop(old)


def arranged(made, **options):
    """list.sort, which leaves the list as it was where it fails."""
    made[:] = sorted(made, **options)


# ---------------------------------------------------------------------------- random values


def number(rng):
    return rng.choice((rng.randint(-9, 9), rng.randint(-9, 9) / 4))


def scalar(rng):
    """A value that is stored as a scalar, or None."""
    kind = rng.randrange(5)
    if kind == 0:
        return rng.choice(TEXTS)
    if kind == 1:
        return None
    return rng.random() < 0.5 if kind == 2 else number(rng)


def value(rng, depth=0):
    """Any value that a dict is given in these sequences."""
    kind = rng.randrange(8)
    if kind == 0 and depth < 2:
        keys = rng.sample(KEYS, rng.randint(0, 3))
        return {key: value(rng, depth + 1) for key in keys}
    if kind == 1:
        return [rng.randint(-9, 9) for _ in range(rng.randint(0, 4))]
    if kind == 2:
        return rng.choice((1, 1.0, True, 0, 0.0, False, 2**63 - 1, 1e300, -0.5))
    return scalar(rng)


def items(rng, style, least=0, most=4):
    return [item(rng, style) for _ in range(rng.randint(least, most))]


def item(rng, style):
    """An element of a list: numbers alone, text alone, or all kinds."""
    if style == "numbers":
        return number(rng)
    return rng.choice(TEXTS) if style == "text" else scalar(rng)


# ------------------------------------------------------------------------------------- dicts


def dict_steps(rng, model, _style):
    """(kind, template) of one step; § stands for the dict."""
    key, other = rng.choice(KEYS), rng.choice(KEYS)
    new = value(rng)
    pairs = {rng.choice(KEYS): value(rng, 1) for _ in range(rng.randint(0, 3))}
    inner = [k for k, v in model.items() if isinstance(v, dict)]
    counts = [k for k, v in model.items() if type(v) in (int, float) and abs(v) < 1e6]
    choices = [
        (9, "set", f"§[{key!r}] = {new!r}"),
        (3, "get", f"§[{key!r}]"),
        (2, "get", f"§.get({key!r})"),
        (2, "get", f"§.get({key!r}, {new!r})"),
        (1, "pop", f"§.pop({key!r})"),
        (1, "pop", f"§.pop({key!r}, {new!r})"),
        (1, "popitem", "§.popitem()"),
        (2, "setdefault", f"§.setdefault({key!r}, {new!r})"),
        (2, "update", f"§.update({pairs!r})"),
        (1, "update", f"§.update(a={scalar(rng)!r}, c={new!r})"),
        (0.2, "clear", "§.clear()"),
        (2, "in", f"{key!r} in §"),
        (1, "in", f"{key!r} not in §.keys()"),
        (1, "len", "len(§)"),
        (1, "list", "list(§)"),
        (1, "list", "list(§.keys())"),
        (1, "list", "list(§.values())"),
        (1, "list", "list(§.items())"),
        (1, "list", "sorted(§)"),
        (1, "list", "[k for k in §]"),
        (1, "copy", "§.copy()"),
        (1, "del", f"del §[{key!r}]"),
        (0.3, "get", "§['no such key']"),
        (0.3, "get", "§['no such key']['b']"),
        (0.3, "del", "del §['no such key']"),
        (0.3, "pop", "§.pop('no such key')"),
    ]
    if key != other:
        choices.append((2, "rename", f"§.rename({key!r}, {other!r})"))
    if inner:
        where = f"§[{rng.choice(inner)!r}]"
        choices += [
            (2, "nested", f"{where}[{other!r}]"),
            (2, "nested", f"{where}[{other!r}] = {new!r}"),
            (1, "nested", f"del {where}[{other!r}]"),
            (1, "nested", f"{where}.update({pairs!r})"),
            (1, "nested", f"{where}.get({other!r}, {new!r})"),
            (1, "nested", f"len({where})"),
            (1, "nested", f"list({where})"),
        ]
    if counts:
        choices.append((2, "inplace", f"§[{rng.choice(counts)!r}] += {rng.randint(1, 3)}"))
    return pick(rng, choices)


# ------------------------------------------------------------------------------------- lists


def bound(rng, n):
    """A place in a list of n, sometimes beyond its ends."""
    return rng.randint(-n - 2, n + 2)


def span(rng, n, steps=(None, None, None, 2, 3, -1, -2)):
    """The text of a slice."""
    ends = [rng.choice(("", bound(rng, n))) for _ in range(2)]
    step = rng.choice(steps)
    return f"{ends[0]}:{ends[1]}" + ("" if step is None else f":{step}")


def list_steps(rng, model, style):
    """(kind, template) of one step; § stands for the list."""
    n = len(model)
    i, new = bound(rng, n), item(rng, style)
    known = rng.choice(model) if model and rng.random() < 0.6 else new
    part, stepped = span(rng, n, (None,)), span(rng, n, (2, 3, -1, -2))
    few = items(rng, style)
    fit = items(rng, style, len(model[as_slice(stepped)]), len(model[as_slice(stepped)]))
    grow = 3 if n < 12 else 0.3
    choices = [
        (2 * grow, "append", f"§.append({new!r})"),
        (grow, "extend", f"§.extend({few!r})"),
        (grow, "insert", f"§.insert({i}, {new!r})"),
        (2, "pop", "§.pop()"),
        (2, "pop", f"§.pop({i})"),
        (2, "remove", f"§.remove({known!r})"),
        (2, "index", f"§.index({known!r})"),
        (1, "index", f"§.index({known!r}, {bound(rng, n)}, {bound(rng, n)})"),
        (2, "count", f"§.count({known!r})"),
        (1, "reverse", "§.reverse()"),
        (1, "sort", "§.sort()"),
        (1, "sort", "§.sort(reverse=True)"),
        (3, "get", f"§[{i}]"),
        (3, "slice", f"§[{span(rng, n)}]"),
        (0.2, "slice", "§[::0]"),
        (3, "set", f"§[{i}] = {new!r}"),
        (2, "set slice", f"§[{part}] = {few!r}"),
        (1, "set slice", f"§[{stepped}] = {rng.choice((few, fit, fit))!r}"),
        (1, "del", f"del §[{i}]"),
        (1, "del slice", f"del §[{span(rng, n)}]"),
        (2, "in", f"{known!r} in §"),
        (1, "==", f"§ == {rng.choice((few, list(model)))!r}"),
        (1, "!=", f"§ != {rng.choice((few, list(model)))!r}"),
        (1, "len", "len(§)"),
        (1, "+", f"§ + {few!r}"),
        (1, "*", f"§ * {rng.randint(0, 2)}"),
        (1, "list", "list(§)"),
        (1, "list", "list(reversed(§))"),
        (1, "list", "[v for v in §]"),
        (1, "copy", "§.copy()"),
        (0.1, "clear", "§.clear()"),
    ]
    if n:
        choices.append((2, "get", f"§[{-rng.randint(1, n)}]"))
    return pick(rng, choices)


def as_slice(text):
    return slice(*(int(part) if part else None for part in text.split(":")))


# --------------------------------------------------------------------------------- sequences


def pick(rng, choices):
    weights = [weight for weight, _, _ in choices]
    _, kind, template = rng.choices(choices, weights)[0]
    return kind, template


def model_code(template, name):
    """The step on a plain value, with our own names for what Python's has not."""
    if ".rename(" in template:
        return template.replace("§.rename(", f"renamed({name}, ")
    if ".sort(" in template:
        return template.replace("§.sort(", f"arranged({name}, ").replace(", )", ")")
    return template.replace("§", name)


def sequence(rng, length, what):
    name = what[0]
    style = rng.choice(("numbers", "text", "mixed"))
    if what == "dict":
        model = {key: value(rng) for key in rng.sample(KEYS, rng.randint(0, 4))}
        create, make = f"f[\"d\"] = {model!r}", dict_steps
    else:
        model = items(rng, style, 0, 6)
        create, make = f"ch5mpy.H5List.write({model!r}, f, \"l\")", list_steps
    names = {name: model, "renamed": renamed, "arranged": arranged}
    line = {"create": create, "initial": repr(model), "steps": []}
    while len(line["steps"]) < length:
        kind, template = make(rng, names[name], style)
        code, of_model = template.replace("§", f'f["{name}"]'), model_code(template, name)
        before = copy.deepcopy(names[name])
        try:
            expect = as_json(perform(of_model, names))
        except Exception as error:
            expect = {"error": error_name(error)}
            assert repr(before) == repr(names[name]), f"{of_model} failed and changed it"
        # a value that is put in must not be the one that another step changes
        names[name] = copy.deepcopy(names[name])
        step = {"kind": kind, "code": code, "model": of_model, "statement": not speaks(code)}
        line["steps"].append(step | {"expect": expect})
    return line | {"final": as_json(names[name])}


def all_of(seed, count, length, what):
    """The sequences of a seed, one after the other."""
    for i in range(count):
        rng = random.Random(f"{what} {seed} {i}")
        yield {"name": f"{what} {seed}.{i}"} | sequence(rng, length, what)


def main(argv):
    if len(argv) != 4 or argv[3] not in ("dict", "list"):
        sys.exit(__doc__)
    for line in all_of(argv[0], int(argv[1]), int(argv[2]), argv[3]):
        print(dumps(line))


if __name__ == "__main__":
    main(sys.argv[1:])
