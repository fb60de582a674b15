"""Prints how every object of an HDF5 file lies in it, apart from addresses and times.

usage: layout.py FILE [PATH]

One JSON line for the file (path "", superblock and userblock), then one for each link at and
below PATH, sorted by path: kind, the creation-order flags of links and of attributes (0 none,
1 tracked, 3 tracked and indexed), names in creation order where that is tracked, datatype,
dataspace, storage, fill value, attributes. Two files that should be stored alike must print
the same. Values are in the JSON convention of compare.py; opaque ones are the hex of their
bytes. A dataset of more than 10,000 elements is printed without its value.
"""

import sys

import h5py
import numpy as np
from h5py import h5, h5a, h5d, h5g, h5l, h5o, h5s, h5t

from compare import as_json, dumps

MOST = 10000
ORDERS = {h5t.ORDER_LE: "LE", h5t.ORDER_BE: "BE", h5t.ORDER_VAX: "VAX", h5t.ORDER_NONE: "none"}
CSETS = {h5t.CSET_ASCII: "ASCII", h5t.CSET_UTF8: "UTF-8"}
PADS = {h5t.STR_NULLTERM: "NULLTERM", h5t.STR_NULLPAD: "NULLPAD", h5t.STR_SPACEPAD: "SPACEPAD"}
LAYOUTS = {
    h5d.COMPACT: "compact", h5d.CONTIGUOUS: "contiguous", h5d.CHUNKED: "chunked",
    h5d.VIRTUAL: "virtual",
}
ALLOC = {
    h5d.ALLOC_TIME_DEFAULT: "default", h5d.ALLOC_TIME_EARLY: "early",
    h5d.ALLOC_TIME_LATE: "late", h5d.ALLOC_TIME_INCR: "incremental",
}
FILL = {
    h5d.FILL_TIME_ALLOC: "at allocation", h5d.FILL_TIME_NEVER: "never",
    h5d.FILL_TIME_IFSET: "if set",
}
FILLED = {
    h5d.FILL_VALUE_UNDEFINED: "undefined", h5d.FILL_VALUE_DEFAULT: "default",
    h5d.FILL_VALUE_USER_DEFINED: "user",
}


def text(raw):
    return raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw


# -------------------------------------------------------------------------------- datatypes


def datatype(tid):
    """All that a datatype says of itself."""
    kind = tid.get_class()
    size = tid.get_size()
    if kind == h5t.INTEGER:
        sign = "signed" if tid.get_sign() else "unsigned"
        return number("int", tid) | {"sign": sign}
    if kind == h5t.FLOAT:
        return number("float", tid) | {"fields": list(tid.get_fields()), "bias": tid.get_ebias()}
    if kind == h5t.STRING:
        vlen = tid.is_variable_str()
        cset, pad = CSETS[tid.get_cset()], PADS[tid.get_strpad()]
        return {"class": "string", "size": "variable" if vlen else size, "cset": cset, "pad": pad}
    if kind == h5t.OPAQUE:
        return {"class": "opaque", "size": size, "tag": text(tid.get_tag())}
    if kind == h5t.ENUM:
        names = [tid.get_member_name(i) for i in range(tid.get_nmembers())]
        members = {text(name): tid.get_member_value(i) for i, name in enumerate(names)}
        return {"class": "enum", "base": datatype(tid.get_super()), "members": members}
    if kind == h5t.COMPOUND:
        members = [member(tid, i) for i in range(tid.get_nmembers())]
        return {"class": "compound", "size": size, "members": members}
    if kind == h5t.ARRAY:
        dims = list(tid.get_array_dims())
        return {"class": "array", "dims": dims, "base": datatype(tid.get_super())}
    if kind == h5t.VLEN:
        return {"class": "vlen", "base": datatype(tid.get_super())}
    if kind == h5t.REFERENCE:
        what = "region" if tid.equal(h5t.STD_REF_DSETREG) else "object"
        return {"class": "reference", "to": what, "size": size}
    if kind == h5t.BITFIELD:
        return {"class": "bitfield", "size": size}
    return {"class": f"number {kind}", "size": size}


def number(kind, tid):
    return {
        "class": kind, "size": tid.get_size(), "order": ORDERS[tid.get_order()],
        "precision": tid.get_precision(), "offset": tid.get_offset(),
    }


def member(tid, i):
    return {
        "name": text(tid.get_member_name(i)), "offset": tid.get_member_offset(i),
        "type": datatype(tid.get_member_type(i)),
    }


def dataspace(space):
    kind = space.get_simple_extent_type()
    if kind == h5s.NULL:
        return {"kind": "null"}
    if kind == h5s.SCALAR:
        return {"kind": "scalar"}
    shape = list(space.get_simple_extent_dims())
    most = space.get_simple_extent_dims(True)
    most = [None if n == h5s.UNLIMITED else n for n in most]
    return {"kind": "simple", "shape": shape, "maxshape": most}


# ----------------------------------------------------------------------------------- values


def value_of(tid, space, read, high):
    """A value: `read(array, type)` fills the bytes of an opaque one, `high()` gives any other."""
    if space.get_simple_extent_type() == h5s.NULL:
        return None
    try:
        if tid.get_class() != h5t.OPAQUE:
            return as_json(high())
        raw = np.empty(space.get_simple_extent_dims(), f"V{tid.get_size()}")
        read(raw, tid)
        return as_hex(raw)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def as_hex(raw):
    return [as_hex(part) for part in raw] if raw.ndim else raw.tobytes().hex()


def attribute(oid, name):
    aid = h5a.open(oid, name)
    tid, space = aid.get_type(), aid.get_space()
    attrs = h5py.AttributeManager(h5py.Group(oid) if isinstance(oid, h5g.GroupID) else Bare(oid))
    return {
        "name": text(name), "cset": CSETS[h5a.get_info(oid, name).cset],
        "type": datatype(tid), "space": dataspace(space),
        "value": value_of(tid, space, lambda raw, t: aid.read(raw, mtype=t), lambda: attrs[name]),
    }


class Bare:
    """What an AttributeManager needs of a dataset or a datatype."""

    def __init__(self, oid):
        self.id = oid


def attributes(oid, flags):
    """In the order that they were made in where that is tracked, else by name."""
    order = h5.INDEX_CRT_ORDER if flags else h5.INDEX_NAME
    names = []
    h5a.iterate(oid, lambda name: names.append(name), index_type=order)
    return [attribute(oid, name) for name in names]


# ---------------------------------------------------------------------------------- objects


def group(gid):
    plist = gid.get_create_plist()
    flags = plist.get_link_creation_order()
    names = [text(name) for name in link_names(gid, flags)]
    found = {"kind": "group", "link_order": flags, "attr_order": plist.get_attr_creation_order()}
    return found | {"members": names if flags else len(names)}


def link_names(gid, flags=0):
    names = []
    order = h5.INDEX_CRT_ORDER if flags else h5.INDEX_NAME
    gid.links.iterate(lambda name: names.append(name), idx_type=order)
    return names


def dataset(did):
    plist, tid, space = did.get_create_plist(), did.get_type(), did.get_space()
    layout = LAYOUTS.get(plist.get_layout(), "other")
    found = {
        "kind": "dataset", "type": datatype(tid), "space": dataspace(space), "layout": layout,
        "chunks": list(plist.get_chunk()) if layout == "chunked" else None,
        "filters": [filter_of(plist, i) for i in range(plist.get_nfilters())],
        "fill": fill(plist, did), "alloc_time": ALLOC[plist.get_alloc_time()],
        "fill_time": FILL[plist.get_fill_time()], "storage": did.get_storage_size(),
        "attr_order": plist.get_attr_creation_order(),
    }
    if space.get_simple_extent_npoints() <= MOST:
        read = lambda raw, t: did.read(h5s.ALL, h5s.ALL, raw, mtype=t)
        found["value"] = value_of(tid, space, read, lambda: stored(did))
    return found


def stored(did):
    """A dataset's value, its text decoded."""
    data = h5py.Dataset(did)
    is_text = data.dtype.kind == "O" and h5py.check_string_dtype(data.dtype)
    return data.asstr()[()] if is_text else data[()]


def filter_of(plist, i):
    code, flags, values, name = plist.get_filter(i)
    return {"id": code, "flags": flags, "values": list(values), "name": text(name)}


def fill(plist, did):
    status = FILLED[plist.fill_value_defined()]
    if status != "user":
        return {"status": status}
    try:
        value = h5py.Dataset(did).fillvalue
        value = value.decode() if isinstance(value, bytes) else as_json(value)
    except Exception as error:
        value = {"error": f"{type(error).__name__}: {error}"}
    return {"status": status, "value": value}


# ---------------------------------------------------------------------------------- the walk


def walk(gid, path, lines, seen):
    """Adds the lines of a group's links."""
    for name in link_names(gid):
        below = f"{path.rstrip('/')}/{text(name)}"
        link = gid.links.get_info(name)
        cset = {"name_cset": CSETS[link.cset]}
        if link.type == h5l.TYPE_HARD:
            visit(h5o.open(gid, name), below, lines, seen, cset)
        elif link.type == h5l.TYPE_SOFT:
            target = text(gid.links.get_val(name))
            lines[below] = {"kind": "softlink", "target": target} | cset
        elif link.type == h5l.TYPE_EXTERNAL:
            target = ":".join(text(part) for part in gid.links.get_val(name))
            lines[below] = {"kind": "externallink", "target": target} | cset
        else:
            lines[below] = {"kind": "userlink"} | cset


def visit(oid, path, lines, seen, more):
    info = h5o.get_info(oid)
    here = (info.fileno, info.addr)
    if here in seen:
        lines[path] = {"kind": "hardlink", "target": seen[here]} | more
        return
    seen[here] = path
    if isinstance(oid, h5g.GroupID):
        found = group(oid)
    elif isinstance(oid, h5d.DatasetID):
        found = dataset(oid)
    else:
        found = {"kind": "datatype", "type": datatype(oid), "attr_order": 0}
    lines[path] = found | more | {"attributes": attributes(oid, found["attr_order"])}
    if found["kind"] == "group":
        walk(oid, path, lines, seen)


def main(argv):
    if len(argv) not in (1, 2):
        sys.exit(__doc__)
    top = argv[1] if len(argv) == 2 else "/"
    with h5py.File(argv[0], "r") as file:
        plist = file.id.get_create_plist()
        facts = {"superblock": plist.get_version()[0], "userblock": plist.get_userblock()}
        print(dumps({"path": "", "kind": "file"} | facts))
        lines = {}
        visit(h5o.open(file.id, top.encode()), top, lines, {}, {})
    for path in sorted(lines):
        print(dumps({"path": path} | lines[path]))


if __name__ == "__main__":
    main(sys.argv[1:])
