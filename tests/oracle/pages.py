"""Prints the first page of every object of an HDF5 file, as h5py reads it.

usage: pages.py FILE

One JSON object a line for each object reached through hard links from the root,
in the order of listing.py, each object once at its first path. The keys: path;
attrs (name: text; null for an attribute that h5py cannot read; all null if they
cannot be listed); and of a dataset columns and cells, or error. The first page
is one row (rank 0), the first 20 elements as rows (rank 1), or 20 rows of axis
n-2 by 12 columns of axis n-1. Of a compound dataset of rank 0 or 1 the columns
are the first 12 leaf fields. How a value is written is documented at `Texts`.
"""

import io
import json
import os
import pickle
import sys

import h5py
import numpy as np
from h5py import h5a, h5o, h5r, h5s, h5t

from walk import attribute_names, escape, identity, message, open_file, plain, walk

ROWS = 20
COLUMNS = 12
CELL = 200
POINTS = 4


def text_of(raw):
    """A string of either kind as the text of a cell."""
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "surrogateescape")
    return escape(raw)


def is_compound(dtype, tid):
    return dtype.names is not None and tid.get_class() == h5t.COMPOUND


def members(dtype, tid):
    """(name, dtype, type id) of a compound's fields, in h5py's order."""
    types = {}
    for index in range(tid.get_nmembers()):
        name = tid.get_member_name(index)
        types[name.decode("utf-8", "surrogateescape")] = tid.get_member_type(index)
    return [(name, dtype.fields[name][0], types[name]) for name in dtype.names]


def leaves(dtype, tid, path=()):
    """(path of field names, dtype, type id) of the fields that are no compound."""
    for name, inner, inner_tid in members(dtype, tid):
        if is_compound(inner, inner_tid):
            yield from leaves(inner, inner_tid, path + (name,))
        else:
            yield path + (name,), inner, inner_tid


def element(dtype, tid):
    """What an array type, of arrays perhaps, holds in the end."""
    while dtype.subdtype is not None:
        dtype = dtype.subdtype[0]
    while tid.get_class() == h5t.ARRAY:
        tid = tid.get_super()
    return dtype, tid


class Texts:
    """Writes values as text. The type id says what the dtype does not keep.

    Numbers are str() of the NumPy scalar in its own type. Enums are their
    member's name; bit fields 0x and their bytes in hex; strings are unquoted
    and escaped; opaque bytes are hex; compounds are (a, b); arrays and
    sequences are [a, b]; references are the path of what they point at.
    """

    def __init__(self, file, root):
        self.file = file
        self.paths = {}
        for entry in walk(root, once=True):
            if entry.obj is not None:
                self.paths[identity(entry.obj)] = entry.path

    def text(self, value, dtype, tid):
        if dtype.subdtype is not None:
            return self.nested(value, *element(dtype, tid))

        if h5t.check_string_dtype(dtype) is not None or dtype.kind == "S":
            return text_of(value)

        inner = h5t.check_vlen_dtype(dtype)
        if inner is not None:
            inner_tid = tid.get_super()
            if inner.subdtype is not None:
                # h5py appends the array's axes to the sequence.
                return self.text(value, inner, inner_tid)
            if not inner.isnative and inner.names is None:
                # h5py 3.16 forgets the byte order of what a sequence holds.
                value = value.view(inner)
            return self.nested(value, inner, inner_tid)

        reference = h5t.check_ref_dtype(dtype)
        if reference is not None:
            return self.reference(value, reference)

        if is_compound(dtype, tid):
            items = [
                self.text(value[name], inner, inner_tid)
                for name, inner, inner_tid in members(dtype, tid)
            ]
            return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"

        names = h5t.check_enum_dtype(dtype)
        if names is not None:
            for name, number in names.items():
                if number == value:
                    return text_of(name)
        if tid.get_class() == h5t.BITFIELD:
            return f"0x{int(value):0{2 * tid.get_size()}x}"
        if dtype.kind == "V":
            return bytes(value).hex()
        return str(value)

    def nested(self, values, dtype, tid):
        """An array of any rank as nested lists, complete up to CELL characters."""
        write = self.nested if getattr(values, "ndim", 1) > 1 else self.text
        items = []
        length = 0
        for value in values:
            items.append(write(value, dtype, tid))
            length += len(items[-1])
            if length > CELL:
                break
        return f"[{', '.join(items)}]"

    def reference(self, value, kind):
        if not value:
            return "null"
        try:
            obj = h5r.dereference(value, self.file)
            path = self.paths.get(identity(obj))
            if path is None:
                path = plain(h5r.get_name(value, self.file))
            path = text_of(path.encode("utf-8", "surrogateescape"))
            if kind is h5py.RegionReference:
                path += region(h5r.get_region(value, self.file))
        except Exception:
            return "dangling"
        return path


def ranges(bounds):
    parts = []
    for start, stop, step in bounds:
        parts.append(f"{start}:{stop}" if step == 1 else f"{start}:{stop}:{step}")
    return f"[{', '.join(parts)}]"


def region(space):
    """The selection of a region reference."""
    kind = space.get_select_type()
    if kind == h5s.SEL_NONE:
        return "[]"
    if kind == h5s.SEL_ALL:
        return ranges((0, size, 1) for size in space.get_simple_extent_dims())
    if kind == h5s.SEL_POINTS:
        points = space.get_select_elem_pointlist()
        texts = [str(tuple(point)) for point in points[:POINTS].tolist()]
        if len(points) > POINTS:
            texts.append("…")
        return f"{{{', '.join(texts)}}}"

    if space.is_regular_hyperslab():
        axes = list(zip(*space.get_regular_hyperslab()))
        if all(count == 1 or block == 1 for _, _, count, block in axes):
            return ranges(
                (start, start + block, 1)
                if count == 1
                else (start, start + (count - 1) * stride + 1, stride)
                for start, stride, count, block in axes
            )
    low, high = space.get_select_bounds()
    box = ranges((a, b + 1, 1) for a, b in zip(low, high))
    return f"{box} ({space.get_select_hyper_nblocks()} blocks)"


def refuse_unsafe(tid, in_vlen=False):
    """h5py 3.16 corrupts memory when it reads sequences of region references."""
    kind = tid.get_class()
    if kind == h5t.REFERENCE and in_vlen and tid.equal(h5t.STD_REF_DSETREG):
        raise NotImplementedError("a sequence of region references")
    if kind in (h5t.ARRAY, h5t.VLEN):
        refuse_unsafe(tid.get_super(), in_vlen or kind == h5t.VLEN)
    if kind == h5t.COMPOUND:
        for index in range(tid.get_nmembers()):
            refuse_unsafe(tid.get_member_type(index), in_vlen)


def read(dataset, count):
    """The first `count` elements of each axis, as an array of that shape.

    h5py's own reading forgets the tag of an opaque type and the byte order of a
    bit field of one byte, and HDF5 then refuses to convert them; such data is
    read as it is stored.
    """
    refuse_unsafe(dataset.id.get_type())
    try:
        return np.asarray(dataset[tuple(slice(size) for size in count)])
    except OSError:
        tid, dtype = dataset.id.get_type(), dataset.dtype
        if dtype.hasobject or not bits_inside(tid):
            raise
        space = memory = h5s.ALL
        if count:
            space = dataset.id.get_space()
            space.select_hyperslab((0,) * len(count), count)
            memory = h5s.create_simple(count)
        values = np.zeros(count, dtype=dtype)
        dataset.id.read(memory, space, values, mtype=tid)
        return values


def bits_inside(tid):
    """Is there an opaque type or a bit field in this type?"""
    kind = tid.get_class()
    if kind == h5t.ARRAY:
        return bits_inside(tid.get_super())
    if kind == h5t.COMPOUND:
        indices = range(tid.get_nmembers())
        return any(bits_inside(tid.get_member_type(index)) for index in indices)
    return kind in (h5t.OPAQUE, h5t.BITFIELD)


class Named:
    """A class that a pickle names, which need not be there."""

    def __init__(self, module, name):
        self.text = f"<class '{module}.{name}'>"

    def __repr__(self):
        return self.text


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return Named(module, name)


def unpickled(value):
    """What ch5mpy stores as a pickle is shown as what Python makes of it; else None."""
    raw = bytes(value)
    if not (raw.startswith(b"\x80") and raw.endswith(b".")):
        return None
    return text_of(repr(Unpickler(io.BytesIO(raw)).load()).encode())


def attribute(texts, obj, name):
    attr = h5a.open(obj, name)
    if attr.shape is None:
        return "Empty"
    dtype, tid, shape = attr.dtype, attr.get_type(), attr.shape
    refuse_unsafe(tid)
    stored = tid if bits_inside(tid) and not dtype.hasobject else h5t.py_create(dtype)
    if dtype.subdtype is not None:
        shape += dtype.subdtype[1]
        dtype = dtype.subdtype[0]
    values = np.zeros(shape, dtype=dtype)
    attr.read(values, mtype=stored)
    if values.ndim == 0:
        if dtype.kind == "V" and dtype.names is None and (text := unpickled(values[()])):
            return text[:CELL]
        return texts.text(values[()], dtype, tid)[:CELL]
    return texts.nested(values, dtype, tid)[:CELL]


def attributes(texts, obj):
    names = attribute_names(obj)
    if names is None:
        return None
    out = {}
    for name in names:
        try:
            out[escape(name)] = attribute(texts, obj, name)
        except Exception:
            out[escape(name)] = None
    return out


def page(texts, dataset_id):
    """(columns, cells) of a dataset's first page."""
    if dataset_id.get_space().get_simple_extent_type() == h5s.NULL:
        return None, None
    dataset = h5py.Dataset(dataset_id)
    dtype, tid, shape = dataset.dtype, dataset_id.get_type(), dataset.shape
    rank = len(shape)

    columns = fields = None
    if rank <= 1 and is_compound(dtype, tid):
        fields = list(leaves(dtype, tid))[:COLUMNS]
        columns = [text_of(".".join(path)) for path, _, _ in fields]
    if 0 in shape:
        return columns, []

    limits = (1,) * (rank - 2) + ((ROWS, COLUMNS) if rank > 1 else (ROWS,) * rank)
    values = read(dataset, tuple(map(min, limits, shape)))
    if rank == 0:
        rows = [[values[()]]]
    elif rank == 1:
        rows = [[value] for value in values]
    else:
        rows = values[(0,) * (rank - 2)]

    cells = []
    for row in rows:
        if fields is None:
            cells.append([texts.text(value, dtype, tid)[:CELL] for value in row])
            continue
        line = []
        for path, inner, inner_tid in fields:
            value = row[0]
            for name in path:
                value = value[name]
            line.append(texts.text(value, inner, inner_tid)[:CELL])
        cells.append(line)
    return columns, cells


def start(argv, usage):
    """(texts, entries of the walk) of the file that a command line names."""
    if len(argv) != 1:
        sys.exit(usage)
    sys.stdout.reconfigure(encoding="utf-8")
    file, root = open_file(argv[0])
    return Texts(file, root), walk(root, once=True)


def main(argv):
    texts, entries = start(argv, __doc__)
    for entry in entries:
        if entry.obj is None:
            continue
        out = {"path": entry.path, "attrs": attributes(texts, entry.obj)}
        if entry.kind == "dataset":
            try:
                out["columns"], out["cells"] = page(texts, entry.obj)
            except Exception as problem:
                out.pop("columns", None)
                out["error"] = message(problem)
        print(json.dumps(out, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
