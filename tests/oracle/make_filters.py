"""Files with every filter and layout that chunks meet, and what h5py reads from them.

    make_filters.py FOLDER

writes matrix.h5, layouts.h5, damage.h5 and their companions into FOLDER. One JSON object a line
is printed: for a dataset its file and path, and for each of several selections (start, step,
count) the SHA-256 of the elements' bytes as the file has them; for texts of variable length
those of their bytes one after the other, and the sum of their ends. A dataset with "damaged" set
must not be readable; "way" says how it is to be read.
"""

import ctypes
import glob
import hashlib
import json
import os
import sys

import h5py
import hdf5plugin
import numpy as np
from h5py import h5d, h5f, h5p, h5s, h5t, h5z

RANDOM = np.random.default_rng(20)


def library():
    """The HDF5 that h5py runs on, for what it has no function for."""
    folder = os.path.join(os.path.dirname(os.path.dirname(h5py.__file__)), "h5py.libs")
    return ctypes.CDLL(glob.glob(os.path.join(folder, "libhdf5-*.so*"))[0])


# ---------------------------------------------------------------- selections


def selections(shape):
    """The whole, boxes at odd places, and steps."""
    yield [0] * len(shape), [1] * len(shape), list(shape)
    if not shape or 0 in shape:
        return
    for kind in range(5):
        start, step, count = [], [], []
        for n in shape:
            s = int(RANDOM.integers(0, n))
            if kind == 0:
                d = 1
            elif kind == 1:
                d = int(RANDOM.integers(1, 4))
            elif kind == 2:
                d = int(RANDOM.integers(1, max(2, n // 2)))
            elif kind == 3:
                s, d = 0, 1 if len(start) + 1 < len(shape) else 3
            else:
                d = 1 if len(start) else 2
            most = (n - s - 1) // d + 1
            c = most if kind >= 3 else int(RANDOM.integers(1, most + 1))
            start.append(s), step.append(d), count.append(c)
        yield start, step, count
    # one row, one column, one element
    yield [n // 2 for n in shape], [1] * len(shape), [1] * len(shape)
    if len(shape) > 1:
        yield [n // 2 for n in shape[:-1]] + [0], [1] * len(shape), [1] * (len(shape) - 1) + [shape[-1]]
        yield [0] + [n // 3 for n in shape[1:]], [1] * len(shape), [shape[0]] + [1] * (len(shape) - 1)


def stored(dataset, start, step, count):
    """The selected elements' bytes, in the file's own type."""
    kind = dataset.id.get_type()
    out = np.zeros(count, dtype=f"V{kind.get_size()}")
    if out.size == 0:
        return b""
    if dataset.shape == ():
        dataset.id.read(h5s.ALL, h5s.ALL, out, mtype=kind)
        return out.tobytes()
    space = dataset.id.get_space()
    space.select_hyperslab(tuple(start), tuple(count), tuple(step))
    dataset.id.read(h5s.create_simple(tuple(count)), space, out, mtype=kind)
    return out.tobytes()


def say(file, path, dataset, way, **more):
    found = []
    for start, step, count in selections(dataset.shape):
        found.append([start, step, count, hashlib.sha256(stored(dataset, start, step, count)).hexdigest()])
    print(json.dumps({"file": file, "path": path, "way": way, "selections": found, **more}))


def say_all(folder, name, ways):
    with h5py.File(os.path.join(folder, name)) as file:
        def visit(path, item):
            if isinstance(item, h5py.Dataset):
                say(name, "/" + path, item, ways.get(path, ways.get(path.split("/")[0], "Chunks")))
        file.visititems(visit)


# -------------------------------------------------------------------- data

MIXED = np.dtype([("a", "<i2"), ("b", ">f8"), ("c", "S3"), ("d", "<u4", (2,))])
PADDED = np.dtype([("a", "u1"), ("b", "<f8"), ("c", "<i2")], align=True)
KINDS = ["i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16",
         ">i2", ">i4", ">u8", ">f4", ">f8", "?", "S5", "S16", "V7", MIXED, PADDED]
CHUNKS = [((1000,), (300,)), ((37, 53), (10, 20)), ((7, 9, 11), (3, 4, 11)), ((64, 40), (64, 40))]


def values(dtype, shape):
    """Runs, slopes and noise, so that codecs take all of their ways."""
    dtype, n = np.dtype(dtype), int(np.prod(shape))
    if dtype.kind == "f" or dtype.kind == "c":
        parts = np.round(np.sin(np.arange(n) / 9) * 50, 2)
        parts[n // 3: n // 2] = 0
        parts[n // 2: n // 2 + n // 8] = RANDOM.normal(size=n // 8)
        if dtype.kind == "c":
            parts = parts + 1j * np.arange(n)
        return parts.astype(dtype).reshape(shape)
    if dtype.kind == "b":
        return (np.arange(n) % 7 < 3).reshape(shape)
    raw = (np.arange(n * dtype.itemsize) // 5).astype("u1")
    raw[raw.size // 3: raw.size // 2] = 0
    noise = raw.size // 8
    raw[raw.size // 2: raw.size // 2 + noise] = RANDOM.integers(0, 256, noise)
    if dtype.kind in "iu":
        slope = (np.arange(n) * 3).astype(dtype)
        slope[n // 2:] = raw.view(dtype)[n // 2:]
        return slope.reshape(shape)
    out = raw.view(dtype).reshape(shape)
    if dtype is PADDED:
        clean = np.zeros(shape, PADDED)
        for name in PADDED.names:
            clean[name] = out[name]
        return clean
    return out


def filters():
    """Every filter, as arguments of create_dataset; "only" limits the kinds of its dtypes."""
    def plain(**options):
        return dict(options)

    def low(*steps):
        return {"steps": steps}

    yield "none", plain()
    yield "gzip", plain(compression="gzip", compression_opts=4)
    yield "gzip9", plain(compression="gzip", compression_opts=9)
    yield "shuffle", plain(shuffle=True)
    yield "shuffle_gzip", plain(compression="gzip", shuffle=True)
    yield "fletcher", plain(fletcher32=True)
    yield "shuffle_gzip_fletcher", plain(compression="gzip", shuffle=True, fletcher32=True)
    yield "fletcher_first", low((3, ()), (2, ()), (1, (5,)))
    yield "twice", low((1, (1,)), (2, ()), (1, (9,)), (3, ()))
    yield "gzip_shuffle", low((1, (1,)), (2, ()))
    yield "lzf", plain(compression="lzf")
    yield "shuffle_lzf", plain(compression="lzf", shuffle=True)
    yield "szip_nn", {**plain(compression="szip", compression_opts=("nn", 8)), "only": "iuf", "most": 8}
    yield "szip_ec", {**plain(compression="szip", compression_opts=("ec", 16)), "only": "iuf", "most": 8}
    yield "nbit", {**low((5, ())), "only": "iuf"}
    yield "scaleoffset", {**plain(scaleoffset=0), "only": "iu"}
    yield "scaleoffset_fill", {**plain(scaleoffset=0, fillvalue=3), "only": "iu"}
    yield "scaleoffset_bits", {**plain(scaleoffset=5), "only": "iu"}
    yield "scaleoffset_real", {**plain(scaleoffset=2), "only": "f", "least": 4}
    yield "bitshuffle", hdf5plugin.Bitshuffle(cname="none")
    yield "bitshuffle_lz4", hdf5plugin.Bitshuffle(cname="lz4")
    yield "bitshuffle_zstd", hdf5plugin.Bitshuffle(cname="zstd")
    yield "bitshuffle_blocks", hdf5plugin.Bitshuffle(nelems=64, cname="lz4")
    yield "bitshuffle_plain_blocks", hdf5plugin.Bitshuffle(nelems=16, cname="none")
    for codec in ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            yield f"blosc_{codec}_{shuffle}", hdf5plugin.Blosc(cname=codec, clevel=5, shuffle=shuffle)
    yield "blosc_stored", hdf5plugin.Blosc(cname="lz4", clevel=0)
    for codec in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for filters in (0, 1, 2, 3, 4):
            yield f"blosc2_{codec}_{filters}", hdf5plugin.Blosc2(cname=codec, clevel=5, filters=filters)
    yield "blosc2_stored", hdf5plugin.Blosc2(cname="lz4", clevel=0)
    yield "lz4", hdf5plugin.LZ4()
    yield "lz4_blocks", hdf5plugin.LZ4(nbytes=500)
    yield "shuffle_lz4", {"shuffle": True, **hdf5plugin.LZ4()}
    yield "zstd", hdf5plugin.Zstd()
    yield "shuffle_zstd", {"shuffle": True, **hdf5plugin.Zstd(clevel=9)}
    yield "zstd_fletcher", {"fletcher32": True, **hdf5plugin.Zstd()}
    yield "bzip2", hdf5plugin.BZip2()
    yield "shuffle_bzip2", {"shuffle": True, **hdf5plugin.BZip2(blocksize=1)}


def put(group, name, data, chunks, options):
    options = dict(options)
    only, most = options.pop("only", None), options.pop("most", 99)
    least = options.pop("least", 0)
    if only and (data.dtype.kind not in only or not least <= data.dtype.itemsize <= most):
        return False
    steps = options.pop("steps", None)
    if steps is None:
        group.create_dataset(name, data=data, chunks=chunks, **options)
        return True
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_chunk(chunks)
    for number, values_ in steps:
        dcpl.set_filter(number, h5z.FLAG_MANDATORY, values_)
    kind = h5t.py_create(data.dtype, logical=True)
    made = h5d.create(group.id, name.encode(), kind, h5s.create_simple(data.shape), dcpl)
    h5py.Dataset(made)[...] = data
    return True


def matrix(folder):
    with h5py.File(os.path.join(folder, "matrix.h5"), "w") as file:
        turn = 0
        for name, options in filters():
            group = file.create_group(name)
            for i, dtype in enumerate(KINDS):
                shape, chunks = CHUNKS[turn % len(CHUNKS)]
                turn += 1
                put(group, f"{i}", values(dtype, shape), chunks, options)
            # what doesn't shrink, and chunks of many blocks
            noise = RANDOM.integers(0, 256, 3000).astype("u1")
            put(group, "noise", noise, (1000,), options)
            real = "real" in name
            dtype = "<f4" if real else "<i4"
            large = np.cumsum(RANDOM.integers(-3, 4, (500, 420)), axis=1).astype(dtype)
            large[100:200, 50:] = 7
            put(group, "large", large, (210, 300), options)
            long = np.cumsum(RANDOM.integers(-9, 10, 150_000)).astype("<f8" if real else "<i8")
            put(group, "long", long, (100_000,), options)
            put(group, "zeros", np.zeros((50, 60), dtype), (50, 60), options)
        group = file.create_group("blosc2_alike")
        for i, fill in enumerate((0, np.nan, 2.5)):
            full = np.full((90, 70), fill, "<f4" if i else "<f8")
            put(group, f"{i}", full, (40, 30), hdf5plugin.Blosc2(cname="zstd"))
            put(group, f"{i}_line", full.reshape(-1), (4000,), hdf5plugin.Blosc2(cname="lz4"))
    say_all(folder, "matrix.h5", {})


# ------------------------------------------------------------------ layouts


def layouts(folder):
    path = os.path.join(folder, "layouts.h5")
    plane = values("<i4", (40, 33))
    ways = {}
    with h5py.File(path, "w", userblock_size=2048, libver="latest") as file:
        def way(name, kind):
            ways[name] = kind

        file["contiguous"] = plane
        file["contiguous_be"] = values(">f8", (11, 12, 13))
        file["line"] = values("<u2", (100_000,))
        file["wide"] = np.arange(60 * 9000, dtype="<f8").reshape(60, 9000)
        file["scalar"] = np.float64(2.5)
        file["compound"] = values(PADDED, (200,))
        file.create_dataset("late", (9, 8), "<i2")
        file.create_dataset("late_fill", (9, 8), "<i2", fillvalue=-7)
        file.create_dataset("empty", (0, 5), "<f4")
        for name in ("contiguous", "contiguous_be", "line", "wide", "scalar", "compound", "late",
                     "late_fill", "empty"):
            way(name, "Contiguous")

        sparse = file.create_dataset("sparse", (100, 90), ">i4", chunks=(7, 11), fillvalue=99,
                                     compression="gzip", shuffle=True)
        sparse[20:40, 30:31] = 5
        sparse = file.create_dataset("sparse_zero", (100, 90), "<f8", chunks=(7, 11), maxshape=(None, None))
        sparse[50, 50] = 1.5
        file.create_dataset("unwritten", (30,), "<i8", chunks=(4,), fillvalue=-1, compression="lzf")
        file.create_dataset("empty_chunks", (0, 5), "<f4", chunks=(3, 3), maxshape=(None, 5))
        never = h5p.create(h5p.DATASET_CREATE)
        never.set_chunk((4,))
        never.set_fill_value(np.array(3, "<i4"))
        never.set_fill_time(h5d.FILL_TIME_NEVER)
        h5d.create(file.id, b"fill_never", h5t.STD_I32LE, h5s.create_simple((10,)), never)
        filled = file.create_dataset("filled_compound", (50,), MIXED, chunks=(8,),
                                     fillvalue=values(MIXED, (3,))[2])
        filled[20:22] = values(MIXED, (2,))

        for name, maxshape in (("single", (40, 33)), ("growing", (None, 33)), ("both", (None, None))):
            chunks = plane.shape if name == "single" else (9, 8)
            file.create_dataset(f"index_{name}", data=plane, chunks=chunks, maxshape=maxshape)
            file.create_dataset(f"index_{name}_gzip", data=plane, chunks=chunks, maxshape=maxshape,
                                compression="gzip")
        # room to grow along one axis or another, which numbers chunks in other orders
        cube = values("<i2", (14, 13, 12))
        for i, maxshape in enumerate([(None, 13, 12), (14, None, 12), (14, 13, None), (20, None, 30),
                                      (40, 13, None), (None, 30, 40), (30, 30, 30), (14, 40, 12),
                                      (None, None, 12), (14, None, None)]):
            for chunks in ((3, 4, 5), (14, 2, 1), (1, 13, 6)):
                for options in ({}, {"compression": "gzip"}):
                    name = f"grows_{i}_{chunks[0]}_{len(options)}"
                    file.create_dataset(name, data=cube, chunks=chunks, maxshape=maxshape, **options)
        early = h5p.create(h5p.DATASET_CREATE)
        early.set_chunk((3, 4, 5))
        early.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        h5py.Dataset(h5d.create(file.id, b"grows_implicit", h5t.STD_I16LE,
                                h5s.create_simple(cube.shape, (30, 30, 30)), early))[...] = cube
        early = h5p.create(h5p.DATASET_CREATE)
        early.set_chunk((9, 8))
        early.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        h5py.Dataset(h5d.create(file.id, b"index_implicit", h5t.STD_I32LE,
                                h5s.create_simple(plane.shape), early))[...] = plane

        edges = h5p.create(h5p.DATASET_CREATE)
        edges.set_chunk((9, 8))
        edges.set_shuffle()
        edges.set_deflate(6)
        # H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS
        library().H5Pset_chunk_opts(ctypes.c_int64(edges.id), ctypes.c_uint(2))
        h5py.Dataset(h5d.create(file.id, b"plain_edges", h5t.STD_I32LE,
                                h5s.create_simple(plane.shape), edges))[...] = plane

        masked = file.create_dataset("masked", (12,), "<i4", chunks=(4,), shuffle=True, compression="gzip")
        some = np.arange(12, dtype="<i4") * 70_000
        masked.id.write_direct_chunk((0,), some[:4].view("u1").reshape(4, 4).T.tobytes(), filter_mask=0b10)
        masked.id.write_direct_chunk((4,), some[4:8].tobytes(), filter_mask=0b11)
        masked[8:] = some[8:]

        many = file.create_dataset("many", (3000, 7), "<i2", chunks=(2, 3), compression="gzip", maxshape=(None, 7))
        many[...] = values("<i2", (3000, 7))
        many = file.create_dataset("many_plain", (3000, 7), "<i2", chunks=(2, 3), fillvalue=6)
        many[100:900] = values("<i2", (800, 7))

        compact = h5p.create(h5p.DATASET_CREATE)
        compact.set_layout(h5d.COMPACT)
        h5py.Dataset(h5d.create(file.id, b"compact", h5t.STD_I32LE, h5s.create_simple((20,)), compact))[...] = plane[0, :20]
        file.create_dataset("external", (30,), "<i4", external=[("layouts.raw", 8, 120)])[...] = plane[1, :30]
        virtual = h5py.VirtualLayout((2, 40, 33), "<i4")
        virtual[0] = h5py.VirtualSource(".", "contiguous", (40, 33))
        virtual[1, 5:] = h5py.VirtualSource(".", "index_both_gzip", (40, 33))[5:]
        file.create_virtual_dataset("virtual", virtual, fillvalue=4)
        file.create_dataset("references", data=np.array([file["line"].ref, file["wide"].ref]), dtype=h5py.ref_dtype)
        for name in ("compact", "external", "virtual", "references"):
            way(name, "Library")
    with h5py.File(os.path.join(folder, "outside.h5"), "w") as file:
        file["data"] = plane
        file.create_dataset("packed", data=plane, chunks=(10, 10), compression="gzip")
    say_all(folder, "layouts.h5", ways)
    with h5py.File(path, "r+") as file:
        file["outside"] = h5py.ExternalLink("outside.h5", "/data")
        file["outside_packed"] = h5py.ExternalLink("outside.h5", "/packed")
    with h5py.File(path) as file:
        say("layouts.h5", "/outside", file["outside"], "Contiguous")
        say("layouts.h5", "/outside_packed", file["outside_packed"], "Chunks")


# -------------------------------------------------------------------- texts


def texts(folder):
    words = [("wörd %d " % i) * (i % 7) for i in range(5000)]
    with h5py.File(os.path.join(folder, "texts.h5"), "w") as file:
        kind = h5py.string_dtype()
        file.create_dataset("contiguous", data=np.array(words[:300], object), dtype=kind)
        file.create_dataset("chunks", data=np.array(words, object).reshape(500, 10), dtype=kind,
                            chunks=(64, 3), compression="gzip")
        part = file.create_dataset("part", (50,), kind, chunks=(4,))
        part[7:9] = "x"
        long = np.array(["y" * n for n in (0, 3_000_000, 1, 20_000_000, 5)], object)
        file.create_dataset("long", data=long, dtype=kind)
        file["scalar"] = "one"
        raw = file.create_dataset("bytes", (20,), h5py.vlen_dtype("u1"))
        for i in range(20):
            raw[i] = np.arange(i * 3, dtype="u1")
    with h5py.File(os.path.join(folder, "texts.h5")) as file:
        for name, item in file.items():
            found = []
            for start, step, count in selections(item.shape):
                where = tuple(slice(s, s + d * c, d) for s, d, c in zip(start, step, count))
                read = np.array(item[where], object) if item.shape else np.array([item[()]], object)
                each = [bytes(v) for v in read.reshape(-1)] if name != "bytes" else \
                    [v.tobytes() for v in item[where]]
                digest = hashlib.sha256(b"".join(each)).hexdigest()
                ends = int(np.cumsum([len(v) for v in each], dtype=object).sum()) if each else 0
                found.append([start, step, count, digest, ends])
            print(json.dumps({"file": "texts.h5", "path": "/" + name, "way": "Library",
                              "texts": True, "selections": found}))


# ------------------------------------------------------------------- damage


def damage(folder):
    """One dataset a filter to be spoiled by the test, and chunks that are cut short."""
    path = os.path.join(folder, "damage.h5")
    numbers = np.cumsum(RANDOM.integers(-5, 6, (60, 50)), axis=0)
    with h5py.File(path, "w") as file:
        for name, options in filters():
            data = numbers.astype("<f4" if "real" in name else "<i4")
            put(file, name, data, (60, 50), options)
    with h5py.File(path) as file, h5py.File(os.path.join(folder, "cut.h5"), "w") as cut:
        for name, item in file.items():
            info = item.id.get_chunk_info(0)
            print(json.dumps({"file": "damage.h5", "path": "/" + name, "way": "Chunks", "selections": [],
                              "chunk": [info.byte_offset, info.size]}))
            mask, whole = item.id.read_direct_chunk((0, 0))
            if name in ("none", "shuffle") or mask:
                continue
            group = cut.create_group(name)
            for n in (0.02, 0.5, 0.97):
                copy = h5d.create(group.id, str(n).encode(), item.id.get_type(), item.id.get_space(),
                                  item.id.get_create_plist())
                copy.write_direct_chunk((0, 0), whole[: max(1, int(len(whole) * n))], filter_mask=0)
    with h5py.File(os.path.join(folder, "cut.h5")) as cut:
        for name, group in cut.items():
            for part in group:
                print(json.dumps({"file": "cut.h5", "path": f"/{name}/{part}", "way": "Chunks",
                                  "selections": [], "damaged": True}))


if __name__ == "__main__":
    os.chdir(sys.argv[1])  # where the raw file of an external dataset is made
    matrix(".")
    layouts(".")
    texts(".")
    damage(".")
