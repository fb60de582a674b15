"""Makes the HDF5 files of tests/data/made/ with h5py.

usage: make_files.py OUTDIR

types.h5 holds every datatype; links.h5 (with other.h5) every kind of link;
layouts.h5 (with its sources and raw files) every storage layout and chunk index;
filters.h5 the filters; v0.h5 to v3.h5, sizes4.h5 and userblock.h5 the
superblocks; nasty.h5 everything unpleasant at once. Apart from stored times, and
unused bytes that h5py leaves as they were, the files come out the same each time.
"""

import ctypes
import glob
import os
import struct
import sys

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5o, h5p, h5r, h5s, h5t, h5z

INF = float("inf")
NAN = float("nan")


def library():
    """The HDF5 library that h5py has loaded, for what h5py does not wrap."""
    folder = os.path.join(os.path.dirname(h5py.__file__), os.pardir, "h5py.libs")
    (path,) = glob.glob(os.path.join(folder, "libhdf5-*"))
    return ctypes.CDLL(path)


def void(tid, raw):
    """Raw bytes as an array of the type's size, to be written as they are."""
    return np.frombuffer(raw, dtype=f"V{tid.get_size()}").copy()


def put(group, name, tid, raw, shape=None, dcpl=None, attribute=False):
    """A dataset of any type, from the bytes that shall be stored."""
    values = void(tid, raw)
    shape = (len(values),) if shape is None else shape
    space = h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
    dcpl = dcpl or h5p.create(h5p.DATASET_CREATE)
    dcpl.set_obj_track_times(False)
    dset = h5d.create(group.id, name.encode(), tid, space, dcpl)
    dset.write(h5s.ALL, h5s.ALL, values.reshape(shape), mtype=tid)
    if attribute:
        put_attribute(dset, b"same", tid, raw, shape)
    return dset


def put_attribute(obj, name, tid, raw, shape=()):
    values = void(tid, raw).reshape(shape)
    space = h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
    h5a.create(obj, name, tid, space).write(values, mtype=tid)


def objects(*items):
    """A rank-1 object array of whatever the items are."""
    out = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        out[index] = item
    return out


# ---------------------------------------------------------------- types.h5


def integers(group):
    for order, mark in (("<", "le"), (">", "be")):
        for size in (1, 2, 4, 8):
            for kind in "iu":
                dtype = np.dtype(f"{order}{kind}{size}")
                info = np.iinfo(dtype)
                values = [info.min, info.max, 0, 1, info.max // 3, info.min // 7]
                dset = group.create_dataset(f"{kind}{8 * size}{mark}", data=np.array(values, dtype))
                dset.attrs.create("one", values[4], dtype=dtype)

    def odd(name, base, size, precision, offset, numbers, padding=0):
        """Integers whose bits are not the whole of their bytes."""
        tid = base.copy()
        tid.set_precision(precision)
        tid.set_offset(offset)
        tid.set_size(size)
        order = "big" if tid.get_order() == h5t.ORDER_BE else "little"
        mask = (1 << precision) - 1
        raw = b""
        for number in numbers:
            word = (number & mask) << offset | padding & ~(mask << offset)
            raw += word.to_bytes(size, order)
        put(group, name, tid, raw, attribute=True)

    signed12 = [-2048, 2047, -1, 0, 1, -1234]
    odd("int12_offset2", h5t.STD_I16LE, 2, 12, 2, signed12)
    odd("int12_offset2_be", h5t.STD_I16BE, 2, 12, 2, signed12)
    odd("int12_offset2_padded", h5t.STD_I16LE, 2, 12, 2, signed12, padding=0xFFFF)
    odd("uint12_offset4", h5t.STD_U16LE, 2, 12, 4, [0, 4095, 1, 2748], padding=0x0005)
    odd("uint5_offset3", h5t.STD_U8LE, 1, 5, 3, [0, 31, 1, 21], padding=0x07)
    signed24 = [-(2**23), 2**23 - 1, -1, 0, 1, -1234567]
    odd("int24_in_4", h5t.STD_I32LE, 4, 24, 0, signed24)
    odd("int24_in_4_be", h5t.STD_I32BE, 4, 24, 8, signed24)
    odd("uint24_in_4", h5t.STD_U32LE, 4, 24, 0, [0, 2**24 - 1, 1, 1234567], padding=0xAB000000)
    odd("int24_size3", h5t.STD_I32LE, 3, 24, 0, signed24)
    odd("uint24_size3_be", h5t.STD_U32BE, 3, 24, 0, [0, 2**24 - 1, 1, 1234567])
    odd("int48_size6", h5t.STD_I64LE, 6, 48, 0, [-(2**47), 2**47 - 1, -1, 0, 123456789012])
    odd("uint48_size6", h5t.STD_U64LE, 6, 48, 0, [2**48 - 1, 0, 1, 123456789012])
    odd("int56_size7_be", h5t.STD_I64BE, 7, 56, 0, [-(2**55), 2**55 - 1, -1, 0, 12345678901234])
    odd("uint50_size7", h5t.STD_U64LE, 7, 50, 3, [2**50 - 1, 0, 1, 12345678901234])


def floats(group):
    for code, name in (("f2", "float16"), ("f4", "float32"), ("f8", "float64")):
        for order, mark in (("<", "le"), (">", "be")):
            dtype = np.dtype(order + code)
            info = np.finfo(dtype)
            values = [0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 1e-3, 12345.678, NAN, INF, -INF]
            values += [info.max, info.min, info.tiny, info.smallest_subnormal, info.eps]
            if code != "f2":
                values += [1e16, 123456789.0, 1e-5, 0.0001, 1e22]
            dset = group.create_dataset(name + mark, data=np.array(values, dtype))
            dset.attrs.create("one", values[5], dtype=dtype)

    def custom(name, fields, bias, size, precision, raw):
        tid = h5t.IEEE_F16LE.copy()
        if precision < 16:
            tid.set_fields(*fields)
            tid.set_precision(precision)
            tid.set_size(size)
        else:
            tid.set_size(size)
            tid.set_precision(precision)
            tid.set_fields(*fields)
        tid.set_ebias(bias)
        put(group, name, tid, raw, attribute=True)

    halves = [0x3F80, 0xBFC0, 0x4049, 0x7F80, 0xFF80, 0x7FC0, 0x0000, 0x8000, 0x0001, 0x7F7F, 0x3DCD]
    custom("bfloat16", (15, 7, 8, 0, 7), 127, 2, 16, struct.pack("<11H", *halves))
    small = bytes([0x00, 0x80, 0x38, 0xB8, 0x3C, 0x01, 0x77, 0x30, 0x45])
    custom("float8_e4m3", (7, 3, 4, 0, 3), 7, 1, 8, small)
    custom("float8_e5m2", (7, 2, 5, 0, 2), 15, 1, 8, small)
    custom("float24", (23, 16, 7, 0, 16), 63, 3, 24, bytes.fromhex("00003f00803f5a9140ffffc0"))

    third = np.longdouble(1) / 3
    values = np.array([0, -1.5, third, -third, NAN, INF, -INF, 0.1, 1e300], np.longdouble)
    values[8] *= values[8]
    raw = b"".join(value.tobytes()[:10] + bytes(6) for value in values)
    put(group, "longdouble", h5t.NATIVE_LDOUBLE, raw, attribute=True)
    quad = bytes(14) + b"\xff\x3f", bytes(13) + b"\x80\x00\xc0", b"\x55" * 14 + b"\xfd\x3f"
    put(group, "binary128", h5t.IEEE_F128LE, b"".join(quad))


def enums(group):
    group.create_dataset("bool", data=np.array([True, False, True]))
    group["bool"].attrs["yes"] = True
    group.create_dataset("bool_2d", data=np.array([[True, False], [False, False]]))

    def enum(name, base, code, names, numbers):
        tid = h5t.enum_create(base)
        for label, number in names.items():
            tid.enum_insert(label.encode(), number)
        put(group, name, tid, struct.pack(code.format(len(numbers)), *numbers), attribute=True)

    weather = {"frost": -10, "mild": 0, "hot": 100}
    enum("enum_i8", h5t.STD_I8LE, "{}b", weather, [-10, 0, 100, 100])
    enum("enum_i32be", h5t.STD_I32BE, ">{}i", {"low": -(2**31), "high": 2**31 - 1}, [-(2**31), 2**31 - 1])
    enum("enum_u16", h5t.STD_U16LE, "<{}H", {"zero": 0, "größer": 65535, "日本": 7}, [0, 65535, 7])
    enum("enum_unnamed_value", h5t.STD_I16LE, "<{}h", weather, [-10, 0, 55, -1])
    enum("enum_like_bool", h5t.STD_I8LE, "{}b", {"FALSE": 0, "TRUE": 1}, [0, 1, 1])
    enum("enum_false_true_u8", h5t.STD_U8LE, "{}B", {"FALSE": 0, "TRUE": 1}, [0, 1, 1])


def strings(group):
    pads = ("nullterm", h5t.STR_NULLTERM), ("nullpad", h5t.STR_NULLPAD), ("spacepad", h5t.STR_SPACEPAD)
    texts = {
        "ascii": [b"plain", b"", b"exactly8", b"a b", b"tail  ", b"in\0side", b" lead"],
        "utf8": ["é".encode(), "日本".encode(), "🧪🧪".encode(), b"", b"z", "ñandú".encode(), "ß e".encode()],
    }
    for name, pad in pads:
        for charset, code in (("ascii", h5t.CSET_ASCII), ("utf8", h5t.CSET_UTF8)):
            tid = h5t.C_S1.copy()
            tid.set_size(8)
            tid.set_strpad(pad)
            tid.set_cset(code)
            filler = b" " if pad == h5t.STR_SPACEPAD else b"\0"
            raw = b"".join(text.ljust(8, filler) for text in texts[charset])
            put(group, f"{name}_{charset}", tid, raw, attribute=True)
    one = h5t.C_S1.copy()
    one.set_size(1)
    put(group, "one_char", one, b"ab\0 \x7fz")

    words = ["", "plain", "é", "日本語", "🧪 test", "x" * 300, "tab\there", 'quo"te\\']
    variable = group.create_dataset("variable_utf8", data=words, dtype=h5py.string_dtype())
    variable.attrs["many"] = words[:5]
    variable.attrs["one"] = "naïve"
    ascii_type = h5py.string_dtype("ascii")
    group.create_dataset("variable_ascii", data=["", "a", "bc d"], dtype=ascii_type)
    group["variable_ascii"].attrs.create("one", "ascii only", dtype=ascii_type)
    group.create_dataset("variable_unwritten", shape=(3,), dtype=h5py.string_dtype())
    group.create_dataset("variable_scalar", data="just one")
    group.create_dataset("variable_2d", data=[["a", "b"], ["c", "ü"]], dtype=h5py.string_dtype())


def compounds(group):
    point = np.dtype([("x", "<f4"), ("y", ">f8")])
    inner = np.dtype([("id", "<i4"), ("at", point), ("flag", "?")])
    plain = np.dtype([("n", "<i4"), ("f", "<f8"), ("s", "S5")])
    rows = [(1, 2.5, b"one"), (-2, -0.1, b"two"), (3, NAN, b"three")]
    dset = group.create_dataset("compound", data=np.array(rows, plain))
    dset.attrs["one"] = np.array(rows[1], plain)
    dset.attrs["two"] = np.array(rows[:2], plain)
    group.create_dataset("compound_scalar", data=np.array(rows[0], plain))
    group.create_dataset("compound_2d", data=np.array(rows * 2, plain).reshape(2, 3))
    group.create_dataset("compound_empty", shape=(0,), dtype=plain)
    group.create_dataset("compound_one_field", data=np.array([(7,), (-7,)], [("only", ">i2")]))
    nested = [(7, (1.5, -2.5), True), (-8, (INF, 1e-300), False)]
    group.create_dataset("compound_nested", data=np.array(nested, inner))
    padded = np.dtype({
        "names": ["a", "b", "c"],
        "formats": ["<i2", "<f8", "u1"],
        "offsets": [3, 16, 40],
        "itemsize": 50,
    })
    group.create_dataset("compound_padded", data=np.array([(-1, 0.5, 255), (2, 1e10, 0)], padded))
    backwards = h5t.create(h5t.COMPOUND, 8)
    backwards.insert(b"second", 4, h5t.STD_I32LE)
    backwards.insert(b"first", 0, h5t.STD_I32LE)
    put(group, "compound_backwards", backwards, struct.pack("<4i", 1, 2, 3, 4))
    enum = h5py.enum_dtype({"red": -1, "green": 1}, "i1")
    mixed = np.dtype([
        ("array", "<i4", (2, 2)),
        ("text", h5py.string_dtype()),
        ("list", h5py.vlen_dtype(np.dtype("<i2"))),
        ("color", enum),
        ("big", ">u8"),
        ("point", point, (2,)),
        ("z", "<c8"),
    ])
    rows = np.empty(2, mixed)
    rows[0] = ([[1, 2], [3, 4]], "été", np.array([1, 2, 3], "i2"), -1, 2**64 - 1, [(1, 2), (3, 4)], 1 + 2j)
    rows[1] = ([[-1, -2], [-3, -4]], "", np.array([], "i2"), 1, 0, [(0.1, 0.2), (NAN, -0.0)], -1j)
    group.create_dataset("compound_mixed", data=rows)
    many = np.dtype([(f"field{n}", "<i2") for n in range(15)])
    group.create_dataset("compound_15_fields", data=np.array([tuple(range(15))], many))


def arrays(group):
    point = np.dtype([("x", "<f4"), ("y", "<i2")])
    for name, base, shape, count in (
        ("array_1", "<i4", (3,), 4),
        ("array_2", ">f4", (2, 3), 2),
        ("array_3", "<i2", (2, 1, 3), 3),
        ("array_text", "S3", (2,), 2),
    ):
        dtype = np.dtype((base, shape))
        size = count * int(np.prod(shape))
        data = np.arange(size) - size // 2
        dset = group.create_dataset(name, shape=(count,), dtype=dtype)
        dset[...] = data.astype(base).reshape((count,) + shape)
        dset.attrs.create("one", dset[0], dtype=dtype)
    of_compounds = group.create_dataset("array_compound", shape=(2,), dtype=np.dtype((point, (2,))))
    of_compounds[...] = np.array([[(1, 2), (3, 4)], [(-1, -2), (0.5, 0)]], point)
    two = group.create_dataset("array_in_2d", shape=(2, 2), dtype=np.dtype(("<i4", (2,))))
    two[...] = np.arange(8).reshape(2, 2, 2)
    of_array = h5t.array_create(h5t.array_create(h5t.STD_I16LE, (3,)), (2,))
    put(group, "array_of_array", of_array, struct.pack("<12h", *range(-6, 6)))
    scalar = group.create_dataset("array_scalar", shape=(), dtype=np.dtype(("u1", (4,))))
    scalar[...] = np.array([1, 2, 3, 255], "u1")


def sequences(group):
    def vlen(name, base, *items):
        dset = group.create_dataset(name, shape=(len(items),), dtype=h5py.vlen_dtype(base))
        for index, item in enumerate(items):
            dset[index] = item
        return dset

    point = np.dtype([("a", "<i4"), ("b", ">f8")])
    i4 = np.dtype("<i4")
    dset = vlen("vlen_i32", i4, np.array([1, -2, 3], i4), np.array([], i4), np.arange(100, dtype=i4))
    dset.attrs.create("one", objects(np.array([5, 6], i4), np.array([7], i4)), dtype=h5py.vlen_dtype(i4))
    vlen("vlen_f64be", np.dtype(">f8"), np.array([0.1, NAN], ">f8"), np.array([-INF], ">f8"))
    vlen("vlen_text", h5py.string_dtype(), objects("x", "yé", ""), objects("one"))
    vlen("vlen_compound", point, np.array([(1, 2.5), (3, -4)], point), np.array([], point))
    vlen("vlen_bool", np.dtype("?"), np.array([True, False]), np.array([True]))
    lists = h5py.vlen_dtype(i4)
    vlen("vlen_vlen", lists, objects(np.array([1, 2], i4), np.array([], i4)), objects(np.array([3], i4)))
    group.create_dataset("vlen_unwritten", shape=(2,), dtype=lists)
    enum = h5py.enum_dtype({"no": 0, "yes": 1, "maybe": -1}, "i2")
    vlen("vlen_enum", enum, np.array([0, -1, 1], "i2"), np.array([1], "i2"))


def opaques(group):
    tid = h5t.create(h5t.OPAQUE, 4)
    tid.set_tag(b"four bytes")
    put(group, "opaque_tagged", tid, bytes.fromhex("deadbeef00000000ffffffff"), attribute=True)
    plain = h5t.create(h5t.OPAQUE, 3)
    plain.set_tag(b"")
    put(group, "opaque", plain, bytes.fromhex("010203fffefd"), attribute=True)

    moments = ["1969-12-31T23:59:59", "2024-02-29T12:34:56", "NaT", "1600-01-01"]
    for unit in ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"):
        dtype = np.dtype(f"<M8[{unit}]")
        values = np.array(moments if unit != "ns" else moments[:3], "M8[s]").astype(dtype)
        group.create_dataset(f"datetime_{unit}", data=values.astype(h5py.opaque_dtype(dtype)))
    for code in ("<m8[s]", "<m8[ns]", "<m8[D]", ">m8[ms]", ">M8[us]", "<m8[25s]"):
        dtype = np.dtype(code)
        values = np.array([0, -1, 86400, "NaT", 12345], "m8[s]" if "m8" in code else "M8[s]")
        values = values.astype("i8").view(values.dtype.str[1:]).astype(dtype)
        name = code.translate({ord(c): None for c in "<>[]"}) + ("be" if code[0] == ">" else "")
        dset = group.create_dataset(f"opaque_{name}", data=values.astype(h5py.opaque_dtype(dtype)))
        dset.attrs.create("one", values[1], dtype=h5py.opaque_dtype(dtype))


def times(group):
    """HDF5's own time class, which h5py cannot read."""
    seconds = 0, -1, 1700000000, 2**31 - 1
    put(group, "time_d32le", h5t.UNIX_D32LE, struct.pack("<4i", *seconds))
    put(group, "time_d64be", h5t.UNIX_D64BE, struct.pack(">4q", *seconds))


def bitfields(group):
    for size in (8, 16, 32, 64):
        for mark in ("LE", "BE"):
            tid = getattr(h5t, f"STD_B{size}{mark}")
            raw = bytes(range(0xF8, 0x100)) + bytes(range(8)) + b"\x80" + bytes(7)
            put(group, f"bits{size}{mark.lower()}", tid, raw, attribute=True)


def references(group):
    target = group.create_dataset("target", data=np.arange(60).reshape(6, 10))
    cube = group.create_dataset("cube", data=np.arange(60).reshape(3, 4, 5))
    null = h5r.Reference()
    dset = group.create_dataset("objref", shape=(4,), dtype=h5py.ref_dtype)
    dset[...] = objects(target.ref, null, group.ref, group.file.ref)
    dset.attrs.create("one", target.ref, dtype=h5py.ref_dtype)

    def points(dataset, *coordinates):
        space = dataset.id.get_space()
        space.select_elements(np.array(coordinates, "u8"))
        return h5r.create(dataset.id, b".", h5r.DATASET_REGION, space)

    def blocks(dataset, *pieces):
        space = dataset.id.get_space()
        space.select_none()
        for start, count in pieces:
            space.select_hyperslab(start, count, op=h5s.SELECT_OR)
        return h5r.create(dataset.id, b".", h5r.DATASET_REGION, space)

    regions = objects(
        target.regionref[2:5, 3:9],
        target.regionref[0:6:2, 1:10:3],
        target.regionref[1, :],
        cube.regionref[0:2, 1:4:2, 3],
        target.regionref[...],
        points(target, (0, 1), (5, 9)),
        points(cube, (0, 0, 0), (2, 3, 4), (1, 1, 1), (0, 2, 0), (2, 0, 2)),
        blocks(target, ((0, 0), (2, 2)), ((4, 5), (1, 3))),
        blocks(target, ((0, 0), (2, 2)), ((0, 4), (2, 2))),
        h5r.RegionReference(),
    )
    dset = group.create_dataset("regref", shape=regions.shape, dtype=h5py.regionref_dtype)
    for index, item in enumerate(regions[:-1]):
        dset[index] = item
    dset.attrs.create("one", regions[0], dtype=h5py.regionref_dtype)
    both = np.dtype([("what", h5py.ref_dtype), ("n", "<i4")])
    rows = np.empty(2, both)
    rows["what"] = [target.ref, null]
    rows["n"] = [1, -1]
    group.create_dataset("compound_with_ref", data=rows)


def complexes(group):
    values = np.array([0, 1 + 2j, -1.5j, complex(NAN, -INF), 1e30 + 1e-30j, -0.1 - 0.2j])
    for code in ("<c8", "<c16", ">c8", ">c16"):
        name = f"complex{code[1:]}" + ("be" if code[0] == ">" else "")
        group.create_dataset(name, data=values.astype(code)).attrs["one"] = values.astype(code)[5]
    longs = np.array([1 + 2j, -0.1j], np.clongdouble)
    dset = group.create_dataset("complex_longdouble", shape=longs.shape, dtype=longs.dtype)
    dset[...] = longs
    for name in ("F32LE", "F32BE", "F64LE", "F64BE"):
        tid = getattr(h5t, f"COMPLEX_IEEE_{name}")
        order = ">" if name.endswith("BE") else "<"
        raw = values.astype(f"{order}c{tid.get_size()}").tobytes()
        put(group, f"complex_native_{name.lower()}", tid, raw, attribute=True)
    halves = np.array([1, 2, -0.5, INF], "<f2").tobytes()
    put(group, "complex_native_f16le", h5t.COMPLEX_IEEE_F16LE, halves)


def spaces(group):
    group.create_dataset("null", data=h5py.Empty("<f4")).attrs["nothing"] = h5py.Empty("<i2")
    group.create_dataset("null_text", data=h5py.Empty(h5py.string_dtype()))
    group.create_dataset("scalar", data=np.int16(-42))
    for shape in ((0,), (0, 3), (3, 0), (2, 0, 3)):
        name = "empty_" + "x".join(map(str, shape))
        group.create_dataset(name, shape=shape, dtype="<i4").attrs.create("same", [], (0,), "<f4")
    group.create_dataset("rank_5", data=np.arange(2 * 3 * 2 * 4 * 3, dtype="<i2").reshape(2, 3, 2, 4, 3) - 50)
    group.create_dataset("long", data=np.arange(1000, dtype="<i4") * -7)
    group.create_dataset("wide", data=np.arange(30 * 40, dtype=">i2").reshape(30, 40))
    group.create_dataset("rank_2_attr", data=1).attrs["matrix"] = np.arange(6).reshape(2, 3) / 4


def committed(group):
    group["named_int"] = np.dtype(">i4")
    group["named_int"].attrs["note"] = "a committed type"
    group["named_compound"] = np.dtype([("a", "<i2"), ("b", "<f8")])
    group.create_dataset("of_named_int", data=np.array([1, -2]), dtype=group["named_int"])
    rows = np.array([(1, 0.5), (-2, NAN)], [("a", "<i2"), ("b", "<f8")])
    dset = group.create_dataset("of_named_compound", shape=(2,), dtype=group["named_compound"])
    dset[...] = rows
    dset.attrs.create("of_named", 5, dtype=group["named_int"])


def every_type(group):
    for make in (
        integers, floats, enums, strings, compounds, arrays, sequences,
        opaques, times, bitfields, references, complexes, spaces, committed,
    ):
        make(group.create_group(make.__name__))


def types(folder):
    with h5py.File(os.path.join(folder, "types.h5"), "w") as file:
        every_type(file)


# ---------------------------------------------------------------- links.h5


def userlink(group, name, link_class=200):
    """A user-defined link, which h5py does not wrap."""
    hdf5 = library()
    follow = ctypes.CFUNCTYPE(
        ctypes.c_int64, ctypes.c_char_p, ctypes.c_int64, ctypes.c_void_p,
        ctypes.c_size_t, ctypes.c_int64, ctypes.c_int64,
    )(lambda *_: -1)

    class LinkClass(ctypes.Structure):
        _fields_ = [
            ("version", ctypes.c_int), ("id", ctypes.c_int), ("comment", ctypes.c_char_p),
            ("create", ctypes.c_void_p), ("move", ctypes.c_void_p), ("copy", ctypes.c_void_p),
            ("traverse", ctypes.c_void_p), ("delete", ctypes.c_void_p), ("query", ctypes.c_void_p),
        ]

    kind = LinkClass(1, link_class, b"test", traverse=ctypes.cast(follow, ctypes.c_void_p))
    if hdf5.H5Lregister(ctypes.byref(kind)) < 0:
        raise RuntimeError("H5Lregister")
    create = hdf5.H5Lcreate_ud
    create.argtypes = [
        ctypes.c_int64, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p,
        ctypes.c_size_t, ctypes.c_int64, ctypes.c_int64,
    ]
    if create(group.id.id, name, link_class, b"payload", 7, 0, 0) < 0:
        raise RuntimeError("H5Lcreate_ud")
    hdf5.H5Lunregister(link_class)


def links(folder):
    with h5py.File(os.path.join(folder, "other.h5"), "w") as file:
        file["there/data"] = np.array([3, 1, 4, 1, 5], "<i2")
        file["there"].attrs["where"] = "in another file"
        file["there/back"] = h5py.ExternalLink("links.h5", "/hard")
        file["there/soft"] = h5py.SoftLink("/there/data")

    with h5py.File(os.path.join(folder, "links.h5"), "w") as file:
        hard = file.create_group("hard")
        data = hard.create_dataset("data", data=np.array([1, -2, 3], "<i4"))
        data.attrs["unit"] = "m"
        hard["again"] = data
        inside = hard.create_group("inside")
        inside["leaf"] = np.float32(0.1)
        hard["inside_again"] = inside
        file["data_at_top"] = data

        loops = file.create_group("loops")
        loops["self"] = loops
        child = loops.create_group("child")
        child["to_root"] = file["/"]
        child["to_parent"] = loops
        child["value"] = 1

        soft = file.create_group("soft")
        for name, target in {
            "ok": "/hard/data",
            "to_group": "/hard",
            "dangling": "/hard/nothing",
            "dangling_middle": "/hard/nothing/data",
            "through_dataset": "/hard/data/x",
            "relative": "sub/data",
            "self_relative": ".",
            "root": "/",
            "odd_slashes": "//hard///./data/",
            "loop_a": "loop_b",
            "loop_b": "/soft/loop_a",
            "itself": "itself",
            "through_loop": "loop_a/data",
            "chain_1": "chain_2",
            "chain_2": "chain_3",
            "chain_3": "/hard/inside",
            "through_chain": "chain_1/leaf",
            "through_external": "/external/ok/data",
            "with_dots": "../hard/data",
        }.items():
            soft[name] = h5py.SoftLink(target)
        soft["sub/data"] = data

        external = file.create_group("external")
        for name, (path, target) in {
            "ok": ("other.h5", "/there"),
            "ok_dataset": ("other.h5", "/there/data"),
            "ok_through_soft": ("other.h5", "there/soft"),
            "ok_and_back": ("other.h5", "/there/back"),
            "itself": ("links.h5", "/hard/data"),
            "no_file": ("not there.h5", "/x"),
            "no_object": ("other.h5", "/nothing"),
            "no_hdf5": ("make_files.py", "/"),
        }.items():
            external[name] = h5py.ExternalLink(path, target)
        userlink(file, b"user_defined")

        order = file.create_group("by_creation", track_order=True)
        for name in ("b", "a", "c", "x10", "x2", "x02", "X1"):
            order[name] = len(name)
            order.attrs["attr_" + name] = name

        notes = file.create_group("comments")
        notes["data"] = 1
        for path, text in (("comments", "about a group"), ("comments/data", "über ein Dataset")):
            h5o.set_comment(file[path].id, text.encode())

        timed = file.create_group("times")
        timed.create_dataset("tracked", data=[1, 2], track_times=True)
        timed.create_dataset("untracked", data=[1, 2], track_times=False)

        many = file.create_group("many")
        for number in range(60):
            many[f"item{number}"] = h5py.SoftLink(f"/many/item{number + 1}")
        many["item60"] = data

    # Links and attributes in fractal heaps, indexed by B-trees, come with the
    # newer format only.
    with h5py.File(os.path.join(folder, "links.h5"), "r+", libver="latest") as file:
        dense = file.create_group("dense", track_order=True)
        for number in range(40):
            dense[f"link{number}"] = h5py.SoftLink(f"/hard/data{number}")
            dense.attrs[f"attr{number}"] = number
        compact = file.create_group("compact")
        compact["ok"] = h5py.SoftLink("/hard/data")
        compact["hard"] = file["hard"]


# -------------------------------------------------------------- layouts.h5


def layouts(folder):
    path = os.path.join(folder, "layouts.h5")
    line = np.arange(300, dtype="<i4") * 3 - 400
    plane = (np.arange(12 * 18, dtype="<i2") - 100).reshape(12, 18)

    with h5py.File(os.path.join(folder, "layouts_source.h5"), "w") as source:
        for number in range(4):
            source[f"part{number}"] = np.arange(6, dtype="<i4") + 10 * number
        source["plane"] = plane

    with h5py.File(path, "w") as file:
        old = file.create_group("btree_v1")
        old.create_dataset("one_level", data=line[:40], chunks=(10,))
        old.create_dataset("deep", data=line, chunks=(2,))
        old.create_dataset("gzip", data=plane, chunks=(5, 7), compression="gzip")
        old.create_dataset("growing", data=plane, chunks=(4, 6), maxshape=(None, None))
        old.create_dataset("empty", shape=(0, 4), chunks=(2, 2), maxshape=(None, 4), dtype="<i4")
        old.create_dataset("rank_3", data=np.arange(60).reshape(3, 4, 5), chunks=(2, 2, 2))

        plain = file.create_group("contiguous")
        plain["data"] = plane
        plain.create_dataset("unwritten", shape=(4, 3), dtype="<f4", fillvalue=-1.5)
        plain.create_dataset("no_fill", shape=(5,), dtype="<i4")

        fill = file.create_group("fill")
        part = fill.create_dataset("part_written", shape=(10, 10), chunks=(4, 4), dtype="<i4", fillvalue=-7)
        part[5:9, 2:6] = 1
        fill.create_dataset("unwritten", shape=(6,), chunks=(4,), dtype=">f8", fillvalue=NAN)
        compound = np.dtype([("a", "<i4"), ("b", "S3")])
        fill.create_dataset("compound", shape=(3,), dtype=compound, fillvalue=np.array((9, b"xyz"), compound))
        fill.create_dataset("text", shape=(3,), dtype="S4", fillvalue=b"none")
        fill.create_dataset("variable", shape=(2,), dtype=h5py.string_dtype(), fillvalue="empty é")

        allocation = file.create_group("allocation")
        for name in ("early", "late", "incr"):
            for chunk in (None, (4,)):
                dcpl = h5p.create(h5p.DATASET_CREATE)
                if chunk:
                    dcpl.set_chunk(chunk)
                dcpl.set_alloc_time(getattr(h5d, f"ALLOC_TIME_{name.upper()}"))
                kind = "chunked" if chunk else "contiguous"
                put(allocation, f"{name}_{kind}", h5t.STD_I32LE, line[:10].tobytes(), dcpl=dcpl)

        small = file.create_group("compact")
        for name, data in (("data", plane[:4]), ("scalar", np.array(5, "<i2"))):
            dcpl = h5p.create(h5p.DATASET_CREATE)
            dcpl.set_layout(h5d.COMPACT)
            put(small, name, h5t.STD_I16LE, data.tobytes(), data.shape, dcpl)

        outside = file.create_group("external")
        raw = [("layouts_1.raw", 0, 40), ("layouts_2.raw", 16, 60)]
        outside.create_dataset("two_files", shape=(25,), dtype="<i4", external=raw)
        outside.create_dataset("missing", shape=(5,), dtype="<i4", external=[("layouts_no.raw", 0, 20)])
        for name, offset, numbers in ((raw[0][0], 0, line[:10]), (raw[1][0], 16, line[10:25])):
            with open(os.path.join(folder, name), "wb") as stream:
                stream.write(b"\xff" * offset + numbers.tobytes())

        virtual = file.create_group("virtual")
        stacked = h5py.VirtualLayout(shape=(5, 6), dtype="<i4")
        for number in range(4):
            stacked[number] = h5py.VirtualSource("layouts_source.h5", f"part{number}", shape=(6,))
        stacked[4] = h5py.VirtualSource("layouts_missing.h5", "part", shape=(6,))
        virtual.create_virtual_dataset("stacked", stacked, fillvalue=-9)
        same = h5py.VirtualLayout(shape=(6, 9), dtype="<i2")
        same[0:3] = h5py.VirtualSource(".", "/contiguous/data", shape=(12, 18))[0:3, 0:18:2]
        same[3:5, 1:4] = h5py.VirtualSource(".", "/btree_v1/gzip", shape=(12, 18))[4:10:3, 5:14:4]
        virtual.create_virtual_dataset("same_file", same, fillvalue=1)
        nothing = h5py.VirtualLayout(shape=(3,), dtype="<f4")
        nothing[0:2] = h5py.VirtualSource("layouts_source.h5", "no such", shape=(2,))
        virtual.create_virtual_dataset("missing_dataset", nothing, fillvalue=NAN)
        converted = h5py.VirtualLayout(shape=(6,), dtype=">f8")
        converted[...] = h5py.VirtualSource("layouts_source.h5", "part1", shape=(6,))
        virtual.create_virtual_dataset("other_type", converted)

        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_fill_value(np.array(-1, "<i4"))
        whole = h5s.create_simple((4, 6), (h5s.UNLIMITED, 6))
        whole.select_hyperslab((0, 0), (h5s.UNLIMITED, 1), (1, 1), (1, 6))
        source = h5s.create_simple((6,))
        dcpl.set_virtual(whole, b"layouts_source.h5", b"part%b", source)
        dcpl.set_obj_track_times(False)
        shape = h5s.create_simple((4, 6), (h5s.UNLIMITED, 6))
        h5d.create(virtual.id, b"numbered", h5t.STD_I32LE, shape, dcpl)

    with h5py.File(path, "r+", libver="latest") as file:
        new = file.create_group("newer")
        for mark, extra in (("", {}), ("_gzip", {"compression": "gzip", "shuffle": True})):
            new.create_dataset("single" + mark, data=plane, chunks=plane.shape, **extra)
            new.create_dataset("fixed_array" + mark, data=plane, chunks=(5, 7), **extra)
            growing = {"maxshape": (None,), **extra}
            new.create_dataset("extensible_array" + mark, data=line, chunks=(1,), **growing)
            both = {"maxshape": (None, None), **extra}
            new.create_dataset("btree_v2" + mark, data=plane, chunks=(1, 2), **both)
        new.create_dataset("fixed_array_paged", data=np.arange(2100, dtype="u1"), chunks=(2,))
        new.create_dataset("extensible_array_2d", data=plane, chunks=(5, 7), maxshape=(12, None))
        part = new.create_dataset("part_written", shape=(40,), chunks=(4,), dtype="<i2", fillvalue=-3)
        part[17:22] = np.arange(5)
        new.create_dataset("single_unwritten", shape=(4,), chunks=(4,), dtype="<i2", fillvalue=8)

        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_chunk((5, 7))
        dcpl.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        put(new, "implicit", h5t.STD_I16LE, plane.tobytes(), plane.shape, dcpl)

        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_chunk((5, 7))
        dcpl.set_deflate(6)
        # H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS
        library().H5Pset_chunk_opts(ctypes.c_int64(dcpl.id), ctypes.c_uint(2))
        put(new, "unfiltered_edges", h5t.STD_I16LE, plane.tobytes(), plane.shape, dcpl)


# -------------------------------------------------------------- filters.h5


def filters(folder):
    path = os.path.join(folder, "filters.h5")
    noise = np.random.default_rng(5)
    numbers = (np.arange(30 * 20).reshape(30, 20) * 7 - 1000).astype("<i4")
    reals = np.round(np.sin(numbers / 50.0) * 100, 3)
    chunks = (8, 6)

    with h5py.File(path, "w") as file:
        part = file.create_dataset(
            "scaleoffset_part", shape=(20,), chunks=(8,), dtype="<i4", scaleoffset=0, fillvalue=-5)
        part[3:12] = np.arange(9) * 100
        rows = np.array([(n, n / 4, b"x%d" % n) for n in range(50)], [("n", "<i2"), ("f", "<f8"), ("s", "S4")])
        file.create_dataset("gzip_compound", data=rows, chunks=(20,), compression="gzip", shuffle=True)
        words = np.array([f"wörd {n}" for n in range(30)], dtype=object)
        file.create_dataset("gzip_text", data=words, dtype=h5py.string_dtype(), chunks=(8,), compression="gzip")

        def low(name, tid, raw, shape, chunk, prepare):
            dcpl = h5p.create(h5p.DATASET_CREATE)
            dcpl.set_chunk(chunk)
            prepare(dcpl)
            return put(file, name, tid, raw, shape, dcpl)

        def nbit(dcpl):
            dcpl.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL, ())

        signed12 = h5t.STD_I16LE.copy()
        signed12.set_precision(12)
        signed12.set_offset(2)
        words = ((numbers % 4096 - 2048) & 0xFFF) << 2
        low("nbit_int12", signed12, words.astype("<i2").tobytes(), (30, 20), chunks, nbit)
        unsigned17 = h5t.STD_U32BE.copy()
        unsigned17.set_precision(17)
        unsigned17.set_offset(6)
        words = (numbers % 131072) << 6
        low("nbit_uint17_be", unsigned17, words.astype(">u4").tobytes(), (30, 20), chunks, nbit)
        low("nbit_whole", h5t.STD_I32LE, numbers.tobytes(), (30, 20), chunks, nbit)
        low("nbit_double", h5t.IEEE_F64LE, reals.tobytes(), (30, 20), chunks, nbit)
        pair = h5t.create(h5t.COMPOUND, 8)
        pair.insert(b"a", 0, signed12)
        pair.insert(b"b", 4, h5t.IEEE_F32BE)
        raw = b"".join(struct.pack("<hxx", (n * 5 % 2000 << 2)) + struct.pack(">f", n / 8) for n in range(40))
        low("nbit_compound", pair, raw, (40,), (16,), nbit)
        quad = h5t.array_create(signed12, (2, 2))
        raw = struct.pack("<160h", *((n * 11 % 2000) << 2 for n in range(160)))
        low("nbit_array", quad, raw, (40,), (16,), nbit)

        masked = file.create_dataset(
            "masked", shape=(12,), chunks=(4,), dtype="<i4", shuffle=True, compression="gzip")
        shuffled = numbers[0, :4].copy().view("u1").reshape(4, 4).T.tobytes()
        masked.id.write_direct_chunk((0,), shuffled, filter_mask=0b10)
        masked.id.write_direct_chunk((4,), numbers[0, 4:8].tobytes(), filter_mask=0b11)
        masked[8:] = numbers[0, 8:12]

        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_chunk((4,))
        dcpl.set_filter(309, h5z.FLAG_OPTIONAL, (1, 2, 3))
        dcpl.set_obj_track_times(False)
        unknown = h5d.create(file.id, b"unknown", h5t.STD_I32LE, h5s.create_simple((8,)), dcpl)
        unknown.write_direct_chunk((0,), numbers[0, :4].tobytes(), filter_mask=1)
        unknown.write_direct_chunk((4,), b"no build has this filter")
        only = h5d.create(file.id, b"unknown_skipped", h5t.STD_I32LE, h5s.create_simple((4,)), dcpl)
        only.write_direct_chunk((0,), numbers[0, :4].tobytes(), filter_mask=1)

        places = []
        for name, options in (
            ("broken_gzip", {"compression": "gzip"}),
            ("broken_fletcher32", {"fletcher32": True}),
        ):
            dset = file.create_dataset(name, data=numbers[:8], chunks=(8, 10), **options)
            places.append(dset.id.get_chunk_info(1))

    # Here the chunks are found through the newer indexes, which are smaller.
    with h5py.File(path, "r+", libver="latest") as file:
        for name, data, options in (
            ("gzip", numbers, {"compression": "gzip", "compression_opts": 9}),
            ("gzip_0", numbers, {"compression": "gzip", "compression_opts": 0}),
            ("shuffle", numbers, {"shuffle": True}),
            ("shuffle_gzip", reals, {"shuffle": True, "compression": "gzip"}),
            ("shuffle_gzip_be", numbers.astype(">i8"), {"shuffle": True, "compression": "gzip"}),
            ("lzf", numbers, {"compression": "lzf"}),
            ("lzf_noise", noise.integers(0, 255, (30, 20), "u1"), {"compression": "lzf"}),
            ("shuffle_lzf", reals.astype("<f4"), {"shuffle": True, "compression": "lzf"}),
            ("fletcher32", numbers, {"fletcher32": True}),
            ("fletcher32_odd", numbers.astype("u1")[:, :5], {"fletcher32": True, "chunks": (7, 5)}),
            ("szip_nn", numbers, {"compression": "szip", "compression_opts": ("nn", 16)}),
            ("szip_ec", numbers, {"compression": "szip", "compression_opts": ("ec", 8)}),
            ("szip_nn_8bit", (numbers % 251).astype("u1"), {"compression": "szip", "compression_opts": ("nn", 8)}),
            ("szip_ec_16bit_be", numbers.astype(">i2"), {"compression": "szip", "compression_opts": ("ec", 32)}),
            ("szip_nn_float", reals, {"compression": "szip", "compression_opts": ("nn", 8)}),
            ("szip_noise", noise.integers(-(2**31), 2**31, (30, 20)).astype("<i4"),
             {"compression": "szip", "compression_opts": ("nn", 4)}),
            ("scaleoffset_int", numbers, {"scaleoffset": 0}),
            ("scaleoffset_int_12bit", numbers % 4000, {"scaleoffset": 12}),
            ("scaleoffset_u8be", (numbers - numbers.min()).astype(">u8"), {"scaleoffset": 0}),
            ("scaleoffset_float", reals, {"scaleoffset": 3}),
            ("scaleoffset_float32be", reals.astype(">f4"), {"scaleoffset": 2}),
            ("scaleoffset_fill", numbers[:5], {"scaleoffset": 0, "fillvalue": 99, "chunks": (4, 6)}),
            ("scaleoffset_constant", np.full((16, 12), 7, "<i2"), {"scaleoffset": 0}),
            ("scaleoffset_shuffle_gzip", numbers, {"scaleoffset": 0, "shuffle": True, "compression": "gzip"}),
            ("lzf_fletcher", numbers, {"compression": "lzf", "fletcher32": True}),
            ("shuffle_szip_fletcher", numbers,
             {"shuffle": True, "compression": "szip", "fletcher32": True}),
        ):
            options = {"chunks": chunks, **options}
            file.create_dataset(name, data=data, **options)

    # The second chunk of each broken dataset is spoiled.
    with open(path, "r+b") as stream:
        for place in places:
            stream.seek(place.byte_offset + place.size // 2)
            stream.write(b"\xff\x00\xff\x00\xff\x00")


# ------------------------------------------------------------- superblocks


def superblocks(folder):
    def fill(file, version):
        file["group/data"] = np.arange(12, dtype="<i4").reshape(3, 4) * -3
        file["group"].attrs["version"] = version
        file.create_dataset("chunked", data=np.arange(50) / 8, chunks=(9,), compression="gzip")
        file["soft"] = h5py.SoftLink("/group/data")

    for version, options in (
        ("v0", {}),
        ("v2", {"libver": ("v108", "v108")}),
        ("v3", {"libver": "latest"}),
        ("v3_paged", {"libver": "latest", "fs_strategy": "page", "fs_page_size": 1024, "fs_persist": True}),
        ("userblock", {"userblock_size": 512}),
        ("userblock_v3", {"userblock_size": 1024, "libver": "latest"}),
    ):
        path = os.path.join(folder, version + ".h5")
        with h5py.File(path, "w", **options) as file:
            fill(file, version)
        if version.startswith("userblock"):
            with open(path, "r+b") as stream:
                stream.write(b"This is the user block, not HDF5.\n")

    # Addresses and lengths of 4 bytes.
    fcpl = h5p.create(h5p.FILE_CREATE)
    fcpl.set_sizes(4, 4)
    path = os.path.join(folder, "sizes4.h5")
    with h5py.File(h5f.create(os.fsencode(path), h5f.ACC_TRUNC, fcpl)) as file:
        fill(file, "sizes4")


# ---------------------------------------------------------------- nasty.h5

ESCAPES = {
    "red": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;title\x07",
    "lines": "line 1\nline 2\r\nline 3",
    "tab": "a\tb",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f",
    "c1": "\x80\x85\x9b31m\x9f",
    "bidi": "abc\u202edef\u202c\u200e\u200f\u2066x\u2069",
    "separators": "a\u2028b\u2029c\ufeffd",
    "zero_width": "a\u200bb\u200dc\u00ad",
    "combining": "e\u0301 Z\u0351\u036b\u0343 \u0301",
    "wide": "日本語の名前 ｆｕｌｌ",
    "emoji": "🧪👩\u200d🔬🏳\ufe0f\u200d🌈",
    "quotes": "\"'\\ `$(x)` %s {0}",
}
INVALID = {
    "latin1": b"caf\xe9 \xfcber",
    "cut_short": b"abc\xe2\x82",
    "surrogate": b"x\xed\xa0\x80y",
    "overlong": b"\xc0\xafz",
    "beyond": b"\xf4\x90\x80\x80",
    "all": bytes(range(0x80, 0x100)),
}


def nasty(folder):
    path = os.path.join(folder, "nasty.h5")
    with h5py.File(path, "w") as file:
        scalar = h5s.create(h5s.SCALAR)
        variable = h5py.string_dtype()
        variable_id = h5t.py_create(variable, logical=True)

        def texts(group, raws):
            """Each text as a group's, a dataset's and an attribute's name and value."""
            fixed_id = h5t.C_S1.copy()
            fixed_id.set_size(max(map(len, raws)))
            fixed_id.set_strpad(h5t.STR_NULLPAD)
            for raw in raws:
                held = h5g.create(group.id, raw)
                attr = h5a.create(held, raw, variable_id, scalar)
                attr.write(np.array(raw, dtype=variable))
                padded = raw.ljust(fixed_id.get_size(), b"\0")
                put_attribute(held, b"fixed", fixed_id, padded)
                dcpl = h5p.create(h5p.DATASET_CREATE)
                dcpl.set_obj_track_times(False)
                dset = h5d.create(held, b"data " + raw, variable_id, h5s.create_simple((2,)), dcpl)
                dset.write(h5s.ALL, h5s.ALL, np.array([raw, b"plain"], dtype=variable))
            joined = b"".join(raw.ljust(fixed_id.get_size(), b"\0") for raw in raws)
            put(group, "fixed", fixed_id, joined)

        texts(file.create_group("escapes"), [text.encode() for text in ESCAPES.values()])
        texts(file.create_group("invalid"), list(INVALID.values()))

    with h5py.File(path, "r+", libver="latest") as file:
        every_type(file.create_group("types"))

        members = h5t.create(h5t.COMPOUND, 12)
        for offset, name in ((0, "a\x1b[31mb"), (4, "line\nbreak"), (8, "日本")):
            members.insert(name.encode(), offset, h5t.STD_I32LE)
        put(file, "compound_names", members, struct.pack("<6i", 1, -2, 3, -4, 5, -6))
        latin = h5t.create(h5t.COMPOUND, 4)
        latin.insert(b"caf\xe9", 0, h5t.STD_I32LE)
        put(file, "compound_latin1", latin, struct.pack("<2i", 1, -2))
        enum = h5t.enum_create(h5t.STD_I8LE)
        enum.enum_insert(b"\x1b[1m", -1)
        enum.enum_insert("a\u202eb\n".encode(), 1)
        put(file, "enum_names", enum, struct.pack("3b", -1, 1, 5))
        latin = h5t.enum_create(h5t.STD_I8LE)
        latin.enum_insert(b"caf\xe9", 1)
        put(file, "enum_latin1", latin, struct.pack("2b", 1, 0))
        tag = h5t.create(h5t.OPAQUE, 2)
        tag.set_tag(b"\x1b[31mtag\xe9\n")
        put(file, "opaque_tag", tag, bytes.fromhex("00ff1b0a"))
        h5o.set_comment(file["escapes"].id, ESCAPES["title"].encode() + b"\n\xe9")

        names = file.create_group("names")
        for name in (".hidden", "a b", " lead", "tail ", "🧪", "...", "..", "-", "--help", "~", "*",
                     "C:\\x", "a:b", "#", "%41", "null", "0", "007", "7", "10", "x" * 200, "\u200b", "\u00a0"):
            names[name] = len(name)
        file["n" * 3000] = -3000
        h5a.create(file.id, b"a" * 3000, variable_id, scalar).write(
            np.array(b"v" * 3000, dtype=variable))

        deep = file.create_group("deep")
        for level in range(60):
            deep = deep.create_group(f"l{level}")
        deep["bottom"] = "reached"

        loops = file.create_group("loops")
        loops["self"] = loops
        loops["root"] = file["/"]
        pair = loops.create_group("left"), loops.create_group("right")
        pair[0]["other"] = pair[1]
        pair[1]["other"] = pair[0]
        loops["soft"] = h5py.SoftLink("/loops")
        loops["soft_1"] = h5py.SoftLink("soft_2")
        loops["soft_2"] = h5py.SoftLink("soft_1")

        broken = file.create_group("broken")
        broken["soft"] = h5py.SoftLink("/no/such/thing")
        broken["soft_escape"] = h5py.SoftLink(ESCAPES["red"])
        broken["external"] = h5py.ExternalLink("no such file.h5", "/x")
        broken["external_escape"] = h5py.ExternalLink(ESCAPES["title"], ESCAPES["bidi"])
        broken["itself"] = h5py.ExternalLink("nasty.h5", "/broken/itself")
        broken["device"] = h5py.ExternalLink("/dev/zero", "/")
        broken["folder"] = h5py.ExternalLink("/", "/")
        broken.id.links.create_soft(b"latin1", b"/caf\xe9")
        userlink(broken, b"user_defined")

        spaces = file.create_group("nothing")
        for name, dtype in (("int", "<i4"), ("text", variable), ("compound", [("a", "<i4")]), ("ref", h5py.ref_dtype)):
            spaces.create_dataset(name, data=h5py.Empty(np.dtype(dtype)))
            spaces.attrs[name] = h5py.Empty(np.dtype(dtype))

        gone = file.create_dataset("gone", data=[1, 2])
        dangling = file.create_dataset("dangling_refs", shape=(2,), dtype=h5py.ref_dtype)
        dangling[0] = gone.ref
        region = file.create_dataset("dangling_region", shape=(1,), dtype=h5py.regionref_dtype)
        region[0] = gone.regionref[0:1]
        del file["gone"]


def main(argv):
    if len(argv) != 1:
        sys.exit(__doc__)
    folder = argv[0]
    os.makedirs(folder, exist_ok=True)
    for make in (types, links, layouts, filters, superblocks, nasty):
        make(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
