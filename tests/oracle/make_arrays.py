"""Makes the file of arrays that the expressions of tests/cases are about.

usage: make_arrays.py OUT.h5
       make_arrays.py --blocks OUT.h5

The first form writes small arrays of every datatype and layout, and arrays of
some MB in many chunks, so that a small memory limit splits them; beside the file
raw.bin, plain.txt, table.txt and table.csv. The second form writes arrays of
16 MB and more, each in three chunkings (a, b, c) and contiguous (d), for the
tests that want the same bits from all of them. Apart from stored times the files
come out the same each time.
"""

import os
import sys

import h5py
import numpy as np

INF = float("inf")
NAN = float("nan")
NUMBERS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")


def numbers(file):
    """A (4, 6) array of each number type, with small values that every function takes."""
    ramp = np.arange(24).reshape(4, 6)
    for name in NUMBERS:
        dtype = np.dtype(name)
        if dtype.kind == "i":
            values = (ramp * 7) % 24 - 11
        elif dtype.kind == "u":
            values = (ramp * 5) % 24
        elif dtype.kind == "f":
            values = ((ramp * 11) % 24 - 10) / 4
        else:
            values = ((ramp * 7) % 24 - 9) / 4 + 1j * (((ramp * 5) % 24 - 12) / 8)
        file[name] = values.astype(dtype)
    file["b"] = (ramp * ramp) % 7 > 2
    for name in ("i2", "i4", "i8", "u4", "f4", "f8", "c16"):
        big = file[name][()]
        file[f"{name}be"] = big.astype(big.dtype.newbyteorder(">"))


def extremes(file):
    """What lies at the ends of each type: name + x, one axis."""
    for name in NUMBERS:
        dtype = np.dtype(name)
        if dtype.kind in "iu":
            info = np.iinfo(dtype)
            values = [info.min, info.max, 0, 1, info.max // 2, 7, info.max - 1, info.min + 1]
            file[f"{name}x"] = np.array(values, dtype)
            continue
        part = np.dtype(f"f{dtype.itemsize // (2 if dtype.kind == 'c' else 1)}")
        info = np.finfo(part)
        ends = [NAN, INF, -INF, -0.0, 0.0, 1.0, -1.5, info.max, info.min, info.tiny]
        ends += [info.smallest_subnormal, info.eps]
        values = np.array(ends, part)
        if dtype.kind == "c":
            values = values.astype(dtype)
            values.imag = np.array(ends[::-1], part)
        file[f"{name}x"] = values
    file["bx"] = np.array([True, False, True])
    shape = (5, 7)
    wave = (np.arange(35).reshape(shape) * 13 % 35 - 15) / 2
    for name in ("f2", "f4", "f8"):
        holes = wave.astype(name)
        holes[0, 2] = holes[1, :] = holes[3, 6] = NAN
        file[f"{name}nan"] = holes
    infinite = wave.astype("f8")
    infinite[0, 0], infinite[2, 3], infinite[4, 1], infinite[4, 2] = INF, -INF, NAN, -0.0
    file["f8inf"] = infinite
    holes = (wave + 1j * wave[::-1]).astype("c16")
    holes[0, 1], holes[2, 2] = complex(NAN, 1), complex(2, NAN)
    file["c16nan"] = holes


def shapes(file):
    """Vectors, matrices and more axes, and the shapes that have nothing in them."""
    file["v"] = np.array([2.5, -1.0, 0.5, 4.0, 3.25, -2.0, 0.0])
    file["w"] = np.array([1.0, 2.0, 0.5, 3.0, 1.5, 0.25, 2.0])
    file["k"] = np.array([3, 1, 4, 1, 5, 9, 2, 6])
    file["up"] = np.array([0.0, 0.5, 1.5, 3.0, 5.0, 7.5])
    file["q"] = np.array([2, 0, 1, 3], "u1")
    file["m"] = (np.arange(35) * 17 % 35).reshape(5, 7) / 4 - 3
    file["sq"] = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 2.0]])
    file["t3"] = (np.arange(60, dtype="i4").reshape(3, 4, 5) * 7) % 61 - 20
    file["t4"] = ((np.arange(48, dtype="f4").reshape(2, 3, 4, 2) * 5) % 49) / 8
    file["one"] = np.array([[[5]]])
    file["row"] = np.arange(6).reshape(1, 6) - 2
    file["col"] = np.arange(4).reshape(4, 1) + 1
    for name, shape, dtype in (
        ("e0", (0,), "f8"),
        ("e0i", (0,), "i4"),
        ("e0b", (0,), "?"),
        ("e0c", (0,), "c8"),
        ("e302", (3, 0, 2), "f4"),
        ("e05", (0, 5), "i8"),
        ("e0S", (0,), "S3"),
        ("e0rec", (0,), [("a", "i4"), ("b", "f8")]),
    ):
        file[name] = np.zeros(shape, dtype)
    for name, value in (
        ("s_b", np.True_),
        ("s_i1", np.int8(-5)),
        ("s_i4", np.int32(7)),
        ("s_u1", np.uint8(200)),
        ("s_u8", np.uint64(2**63 + 5)),
        ("s_f4", np.float32(0.1)),
        ("s_f8", np.float64(2.5)),
        ("s_nan", np.float64(NAN)),
        ("s_c16", np.complex128(1 - 2j)),
        ("s_S", np.bytes_(b"abc")),
        ("s_rec", np.array((3, 0.5, b"xy"), [("a", "<i4"), ("b", "<f8"), ("c", "S4")])),
    ):
        file[name] = value
    file.create_dataset("s_U", data="héllo", dtype=h5py.string_dtype())
    file["null"] = h5py.Empty("f8")


def texts(file):
    file["S"] = np.array([b"pear", b"fig", b"", b"apple", b"Fig", b"fig"], "S6")
    file["S2"] = np.array([[b"ab", b"c"], [b"\xe9", b"x y"]], "S3")
    words = ["pear", "fig", "", "apple", "Fig", "ünï"]
    file.create_dataset("U", data=words, dtype=h5py.string_dtype())
    pairs = np.array([["a", "bcd"], ["日本", "e f"]], object)
    file.create_dataset("U2", data=pairs, dtype=h5py.string_dtype(), chunks=(1, 1))
    coded = np.array(["né".encode(), b"plain"], h5py.string_dtype("utf-8", 8))
    file["sutf"] = coded


def times(file):
    """NumPy's times, as h5py stores them: opaque, with the type in the tag."""
    moments = ["2020-01-31T10:00:00", "NaT", "1969-12-31T23:59:59", "2024-02-29T00:00:01"]
    for name, values, dtype in (
        ("dt", moments, "M8[s]"),
        ("dtD", ["2021-03-01", "2000-02-29", "1970-01-01", "2020-12-31"], "M8[D]"),
        ("dtms", ["2020-01-01T00:00:00.250", "1999-12-31T23:59:59.999"], "M8[ms]"),
        ("dtns", ["2020-01-01T00:00:00.000000001", "2262-01-01"], "M8[ns]"),
        ("dtM", ["2020-05", "1999-12", "NaT"], "M8[M]"),
        ("td", [90, -3600, "NaT", 86400], "m8[s]"),
        ("tdD", [1, -2, 365, 7], "m8[D]"),
        ("tdms", [1500, -1], "m8[ms]"),
    ):
        values = np.array(values, dtype)
        file.create_dataset(name, data=values.astype(h5py.opaque_dtype(values.dtype)))
    grid = np.array(["2020-01-01", "2020-03-01"], "M8[D]")[:, None] + np.arange(3).astype("m8[D]")
    file.create_dataset("dt2", data=grid.astype(h5py.opaque_dtype(grid.dtype)), chunks=(1, 2))


def records(file):
    plain = np.dtype([("a", "<i4"), ("b", "<f8"), ("c", "S4")])
    rows = [(3, 0.5, b"x"), (-1, 2.25, b"yy"), (7, NAN, b""), (0, -0.0, b"long"), (3, 1e300, b"x")]
    file["rec"] = np.array(rows, plain)
    file.create_dataset("rec2", data=np.array(rows[:4], plain).reshape(2, 2), chunks=(1, 2))
    inner = np.dtype([("x", "<f4"), ("y", "<i2", (2,))])
    outer = np.dtype([("id", "<u2"), ("p", inner), ("g", "<f8", (2, 3)), ("ok", "?")])
    nested = np.zeros(3, outer)
    nested["id"] = [1, 2, 65535]
    nested["p"]["x"] = [0.5, -1.5, INF]
    nested["p"]["y"] = [[1, 2], [3, 4], [-5, 6]]
    nested["g"] = np.arange(18).reshape(3, 2, 3) / 2
    nested["ok"] = [True, False, True]
    file["nest"] = nested
    file["recbe"] = np.array([(1, 2.5), (-3, 4.0)], [("a", ">i2"), ("b", ">f4")])
    colours = h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE": 5}, basetype="i1")
    file.create_dataset("enum", data=np.array([0, 5, 1, 1], "i1"), dtype=colours)
    file.create_dataset("sub", data=np.zeros((2, 2, 3), "i2") + np.arange(3, dtype="i2"))
    ragged = file.create_dataset("vl", (3,), h5py.vlen_dtype("i4"))
    for index, values in enumerate(([1, 2, 3], [], [7])):
        ragged[index] = np.array(values, "i4")


def layouts(file):
    """The same (9, 11) integers in every layout."""
    data = (np.arange(99, dtype="i4").reshape(9, 11) * 31) % 101 - 40
    file["l_contig"] = data
    dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    dcpl.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(data.shape)
    compact = h5py.h5d.create(file.id, b"l_compact", h5py.h5t.STD_I32LE, space, dcpl)
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    file.create_dataset("l_chunk", data=data, chunks=(2, 5))
    file.create_dataset("l_rows", data=data, chunks=(1, 11), maxshape=(None, 11))
    file.create_dataset("l_gzip", data=data, chunks=(4, 3), compression="gzip", shuffle=True)
    file.create_dataset("l_lzf", data=data, chunks=(9, 2), compression="lzf", fletcher32=True)
    file.create_dataset("l_so", data=data, chunks=(5, 4), scaleoffset=0)
    layout = h5py.VirtualLayout((9, 11), "i4")
    source = h5py.VirtualSource(".", "l_gzip", (9, 11))
    layout[:, :6] = source[:, :6]
    layout[:, 6:] = source[:, 6:]
    file.create_virtual_dataset("l_virtual", layout, fillvalue=-1)
    missing = file.create_dataset("l_missing", (9, 11), "f4", chunks=(3, 4), fillvalue=2.5)
    missing[3:6, 4:8] = 1.0
    file.create_dataset("l_fill", (9, 11), "i2", chunks=(4, 4), fillvalue=-7)
    group = file.create_group("g")
    group.attrs["units"] = "K"
    group["x"] = np.arange(5.0)
    group.create_group("h")["y"] = np.arange(3, dtype="i2")
    group["name"] = "inside"


def middle(file):
    """Arrays of 2 to 5 MB in 16 chunks or more, whose chunks fit no line of anything."""
    draw = np.random.Generator(np.random.PCG64(20240229))
    big = draw.normal(10, 3, (600, 500))
    file.create_dataset("big", data=big, chunks=(97, 83))
    file.create_dataset("biggz", data=big, chunks=(64, 125), compression="gzip", shuffle=True)
    file.create_dataset("bigcontig", data=big)
    holes = draw.normal(0, 100, (700, 450))
    holes[draw.random(holes.shape) < 0.01] = NAN
    holes[13, 14], holes[600, 1], holes[699, 449] = INF, -INF, 1e9
    file.create_dataset("bignan", data=holes, chunks=(101, 64), compression="lzf", shuffle=True)
    nan = holes.copy()
    nan[~np.isfinite(nan)] = NAN
    nan[:, 7] = NAN
    file.create_dataset("bignan2", data=nan, chunks=(700, 9))
    line = np.cumsum(draw.normal(0, 1, 300_000))
    file.create_dataset("line", data=line, chunks=(7001,), compression="gzip")
    file.create_dataset("linei", data=draw.integers(-9999, 9999, 500_000), chunks=(13_337,))
    ints = draw.integers(-1000, 1000, (1000, 900), dtype="i4")
    file.create_dataset("bigi", data=ints, chunks=(111, 97), compression="gzip", shuffle=True)
    file.create_dataset("bigi2", data=(ints % 251).astype("i2"), chunks=(1000, 7))
    file.create_dataset("bigu1", data=draw.integers(0, 256, (1500, 1400), "u1"), chunks=(300, 201))
    file.create_dataset("bigb", data=ints % 3 == 0, chunks=(90, 900))
    cube = draw.normal(0, 1, (40, 50, 300)).astype("f4")
    file.create_dataset("cube", data=cube, chunks=(7, 13, 91))
    file.create_dataset("bigf2", data=cube[:, :, :100].astype("f2"), chunks=(9, 50, 20))
    wave = (draw.normal(0, 1, (500, 300)) + 1j * draw.normal(0, 1, (500, 300))).astype("c16")
    file.create_dataset("bigc", data=wave, chunks=(77, 59))
    file.create_dataset("bigc8", data=wave.astype("c8"), chunks=(60, 300))
    file.create_dataset("bigbe", data=ints.astype(">i4"), chunks=(128, 128))
    word = np.array([b"w%d" % (i * 7919 % 1000) for i in range(120_000)], "S8")
    file.create_dataset("bigS", data=word, chunks=(5000,))
    text = [w.decode() for w in word[:20_000]]
    file.create_dataset("bigU", data=text, dtype=h5py.string_dtype(), chunks=(999,))
    rows = np.zeros(90_000, [("a", "<i4"), ("b", "<f8"), ("c", "S4"), ("v", "<f4", (3,))])
    rows["a"] = np.arange(90_000) % 1013
    rows["b"] = line[:90_000]
    rows["c"] = word[:90_000].astype("S4")
    rows["v"] = np.arange(270_000).reshape(-1, 3) / 8
    file.create_dataset("bigrec", data=rows, chunks=(4096,), compression="gzip")


# what the .npy files hold, by the kind of dtype
SAVED = {
    "b": np.array([[True, False], [False, False]]),
    "i": np.arange(-3, 3, dtype=">i2").reshape(2, 3),
    "u": np.array([1, 2**64 - 1], "u8"),
    "f": np.asfortranarray(np.arange(6).reshape(2, 3) / 4),
    "c": np.array([1.5 - 2j, complex(np.nan, 0)]),
    "S": np.array([b"ab", b""]),
    "U": np.array(["\u00fc", "abc"]),
    "M": np.array(["2020-01-01", "NaT"], "M8[D]"),
    "m": np.array([5, -7], "m8[ms]"),
    "V": np.array([(1, 2.5, b"x")], [("a", "<i4"), ("b", ">f8"), ("c", "S3")]),
}


def beside(folder):
    """Files that are no HDF5, for the functions that read those."""
    numbers = np.array([0, 1, 258, -1, 1077936128, 1091567616], "<i4")
    numbers.tofile(os.path.join(folder, "raw.bin"))
    for kind in "biufcSUMmV":
        np.save(os.path.join(folder, f"kind_{kind}.npy"), SAVED[kind])
    np.savez(os.path.join(folder, "two.npz"), a=SAVED["i"], b=SAVED["f"])
    with open(os.path.join(folder, "table.txt"), "w") as file:
        file.write("# three columns\n1 2 3\n4 5 6\n\n7 8 9  # the last\n")
    with open(os.path.join(folder, "plain.txt"), "w") as file:
        file.write("1 2.5 -3\n4 5 6\n")
    with open(os.path.join(folder, "table.csv"), "w") as file:
        file.write("x,n\n0.5,1\n-2.25,20\nnan,300\n")


def write_arrays(path):
    with h5py.File(path, "w") as file:
        numbers(file)
        extremes(file)
        shapes(file)
        texts(file)
        times(file)
        records(file)
        layouts(file)
        middle(file)
    beside(os.path.dirname(os.path.abspath(path)))


def write_blocks(path):
    """16 MB and more in 16 blocks and more, three chunkings of each array."""
    draw = np.random.Generator(np.random.PCG64(7))
    floats = draw.normal(0, 1e3, (1500, 1500)) * 10.0 ** draw.integers(-6, 7, (1500, 1500))
    single = draw.normal(5, 2, (70, 250, 256)).astype("f4")
    ints = draw.integers(-(2**40), 2**40, (2_200_000,))
    holes = draw.normal(0, 1, (1024, 2304))
    holes[draw.random(holes.shape) < 0.05] = NAN
    wave = (draw.normal(0, 1, (1100, 1000)) + 1j * draw.normal(0, 1, (1100, 1000))).astype("c16")
    with h5py.File(path, "w") as file:
        for name, data, chunkings in (
            ("f", floats, [(375, 375), (50, 1500), (1500, 61)]),
            ("s", single, [(16, 64, 64), (70, 11, 256), (4, 250, 256)]),
            ("i", ints, [(65536,), (100_003,), (8191,)]),
            ("n", holes, [(256, 256), (1024, 100), (37, 2304)]),
            ("c", wave, [(128, 250), (1100, 50), (9, 1000)]),
        ):
            for letter, chunks in zip("abc", chunkings):
                file.create_dataset(f"{name}{letter}", data=data, chunks=chunks)
            file[f"{name}d"] = data


def main(argv):
    if len(argv) == 1:
        write_arrays(argv[0])
    elif len(argv) == 2 and argv[0] == "--blocks":
        write_blocks(argv[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
