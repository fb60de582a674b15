"""What both oracles share: how a name is written, the order of children, and
the walk over a file's links. Everything goes through h5py's low-level API with
names as bytes, so that a name that is not UTF-8 works too.
"""

import os
import re
import sys

from h5py import h5a, h5d, h5f, h5g, h5l, h5o, h5t

sys.setrecursionlimit(20000)

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MARKS = re.compile("[\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Soft links followed in a row before giving up: HDF5's own default.
LINK_LIMIT = 16


def plain(raw):
    """Bytes as text for other programs: only what is no UTF-8 is written as \\xNN."""
    return raw.decode("utf-8", "backslashreplace")


def escape(raw):
    """Bytes as text for a screen: control characters as \\xNN, layout marks as \\uNNNN."""
    text = CONTROLS.sub(lambda m: NAMED.get(m[0], f"\\x{ord(m[0]):02x}"), plain(raw))
    return MARKS.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def to_bytes(name):
    """A name as h5py hands it out (str when it could decode it) as bytes."""
    return name if isinstance(name, bytes) else os.fsencode(name)


def natural(raw):
    """A sort key: digit runs compare as numbers, all else by bytes."""
    key = []
    for part in re.findall(rb"[0-9]+|[^0-9]", raw, re.DOTALL):
        if part.isdigit():
            digits = part.lstrip(b"0")
            key.append((ord("0"), len(digits), digits))
        else:
            key.append((part[0], 0, b""))
    return key, raw


def children(group):
    """(names in natural order, error text or None) of a group's links."""
    names = []
    error = None
    try:
        group.links.iterate(lambda name: names.append(to_bytes(name)), info=False)
    except Exception as problem:
        error = message(problem)
    return sorted(names, key=natural), error


def attribute_names(obj):
    """The raw names of an object's attributes, sorted; None if unreadable."""
    names = []
    try:
        h5a.iterate(obj, lambda name: names.append(to_bytes(name)))
    except Exception:
        return None
    return sorted(names)


def kind_of(obj):
    if isinstance(obj, h5g.GroupID):
        return "group"
    if isinstance(obj, h5d.DatasetID):
        return "dataset"
    return "datatype" if isinstance(obj, h5t.TypeID) else "unreadable"


def identity(obj):
    info = h5o.get_info(obj)
    return info.fileno, info.addr


def message(problem):
    text = str(problem) or type(problem).__name__
    return escape(os.fsencode(text.splitlines()[0]))


def open_file(path):
    """The file's id and its root group; ends the program if there is none.

    HDF5 looks for external raw data in the current directory. Here it shall look
    beside the file.
    """
    full = os.path.abspath(path)
    try:
        os.chdir(os.path.dirname(full))
        fid = h5f.open(os.fsencode(full), h5f.ACC_RDONLY)
        root = h5g.open(fid, b"/")
        identity(root)
    except Exception as problem:
        sys.exit(f"{path}: {message(problem)}")
    return fid, root


def resolves(root, group, path, budget=None):
    """Does this soft link path lead to something, no other file being opened?

    A path that goes through an external or a user-defined link counts as
    leading somewhere: nothing in this file says that it does not.
    """
    return _follow(root, group, path, budget or [LINK_LIMIT]) is not None


def _follow(root, group, path, budget):
    """The object at a path, True if it lies behind an external link, or None."""
    if not path:
        return None
    here = root if path.startswith(b"/") else group
    for name in path.split(b"/"):
        if name in (b"", b"."):
            continue
        if not isinstance(here, h5g.GroupID):
            return None
        try:
            link = here.links.get_info(name)
            if link.type == h5l.TYPE_HARD:
                here = h5o.open(here, name)
            elif link.type == h5l.TYPE_SOFT:
                budget[0] -= 1
                if budget[0] < 0:
                    return None
                here = _follow(root, here, here.links.get_val(name), budget)
            else:
                return True
        except Exception:
            return None
        if here is None or here is True:
            return here
    return here


class Entry:
    """One link: its path, what kind of thing it is, and the object if opened."""

    def __init__(self, path, kind, obj=None, target=None, error=None):
        self.path = path
        self.kind = kind
        self.obj = obj
        self.target = target
        self.error = error
        self.names = []


def entry_at(root, group, name, path, follow):
    """The entry of one link of a group."""
    try:
        link = group.links.get_info(name)
    except Exception:
        return Entry(path, "unreadable")

    if link.type == h5l.TYPE_HARD:
        try:
            obj = h5o.open(group, name)
        except Exception:
            return Entry(path, "unreadable")
        return Entry(path, kind_of(obj), obj)

    if link.type == h5l.TYPE_SOFT:
        value = group.links.get_val(name)
        target = plain(value)
        kind = "softlink" if resolves(root, group, value) else "dangling"
    elif link.type == h5l.TYPE_EXTERNAL:
        file, inner = map(to_bytes, group.links.get_val(name))
        target = plain(file) + ":" + plain(inner)
        kind = "externallink"
    else:
        return Entry(path, "userlink", target=str(link.type))

    if follow:
        try:
            obj = h5o.open(group, name)
        except Exception:
            return Entry(path, "dangling", target=target)
        return Entry(path, kind_of(obj), obj, target)
    return Entry(path, kind, target=target)


def walk(root, follow=False, once=False):
    """Every link below a group, depth first, parents before children.

    A group that is its own ancestor is not descended into. With `once`, an
    object that was seen already is left out, and what is below it.
    """
    seen = set()

    def visit(entry, top, ancestors):
        who = identity(entry.obj) if entry.obj is not None else None
        if once and who is not None:
            if who in seen:
                return
            seen.add(who)
        descend = entry.kind == "group" and who not in ancestors
        if descend:
            entry.names, entry.error = children(entry.obj)
        yield entry
        if not descend:
            return
        if entry.target is not None:
            # Behind an external link "/" is another file's root.
            top = h5g.open(entry.obj, b"/")
        for name in entry.names:
            path = entry.path.rstrip("/") + "/" + plain(name)
            child = entry_at(top, entry.obj, name, path, follow)
            yield from visit(child, top, ancestors | {who})

    yield from visit(Entry("/", "group", root), root, frozenset())
