"""Makes HDF5 files with the libraries that people write them with.

usage: make_library_files.py OUTDIR

Needs netCDF4, anndata (with pandas and SciPy), tables, nexusformat and hdf5plugin, which the
tests do not need: what this script writes is kept in tests/data/libs/.
"""

import multiprocessing
import os
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")

ROWS = 40


def numbers(*shape):
    return np.random.default_rng(11).normal(size=shape)


def netcdf(path):
    import netCDF4

    with netCDF4.Dataset(path, "w", format="NETCDF4") as file:
        file.title = "Température"
        file.history = ["made", "for tests"]
        file.createDimension("time", None)
        file.createDimension("lat", 5)
        file.createDimension("lon", 8)
        file.createDimension("letters", 6)
        time = file.createVariable("time", "f8", ("time",))
        time.units = "days since 2000-01-01"
        time.calendar = "standard"
        time[:] = np.arange(4) + 0.5
        for name, size in (("lat", 5), ("lon", 8)):
            axis = file.createVariable(name, "f4", (name,))
            axis[:] = np.linspace(-40, 40, size)
        heat = file.createVariable(
            "temperature", "f4", ("time", "lat", "lon"), zlib=True, shuffle=True,
            fletcher32=True, fill_value=-999.0, chunksizes=(1, 5, 8))
        heat.valid_range = np.array([-90, 60], "f4")
        heat[:] = numbers(4, 5, 8) * 20
        heat[1, 2] = np.ma.masked
        packed = file.createVariable("packed", "i2", ("lat", "lon"))
        packed.scale_factor = 0.01
        packed.add_offset = 5.0
        packed.set_auto_maskandscale(False)
        packed[:] = np.arange(40).reshape(5, 8) * 100 - 2000
        unwritten = file.createVariable("unwritten", "i4", ("time", "lat"))
        unwritten.note = "holds fill values only"
        texts = file.createVariable("names", str, ("lat",))
        texts[:] = np.array(["a", "βήτα", "", "北", "east"], dtype=object)
        letters = file.createVariable("letters", "S1", ("lat", "letters"))
        letters[:] = netCDF4.stringtochar(np.array(["one", "two", "three", "four", "five"], "S6"))
        scalar = file.createVariable("crs", "i4")
        scalar.grid_mapping_name = "latitude_longitude"

        inner = file.createGroup("forecast/inner")
        cloud = file.createEnumType(np.int8, "cloud_t", {"Clear": 0, "Cumulus": 1, "Missing": -1})
        clouds = inner.createVariable("clouds", cloud, ("time",), fill_value=-1)
        clouds[:] = np.array([0, 1, -1, 1], "i1")
        wind = file.createCompoundType(np.dtype([("speed", "f4"), ("direction", "i2")]), "wind_t")
        winds = inner.createVariable("winds", wind, ("lat",))
        winds[:] = np.array([(n / 4, 90 * n) for n in range(5)], wind.dtype)
        ragged = file.createVLType(np.int32, "ragged_t")
        lists = inner.createVariable("lists", ragged, ("lat",))
        for index in range(5):
            lists[index] = np.arange(index, dtype="i4") * -3
        inner.createVariable("big", "u8", ())[...] = np.uint64(2**64 - 1)


def single_cells(path):
    import anndata
    import pandas
    import scipy.sparse

    counts = np.random.default_rng(3).poisson(0.4, (30, 12)).astype("f4")
    obs = pandas.DataFrame(
        {
            "cell_type": pandas.Categorical(
                ["T", "B", None, "NK", "T"] * 6, categories=["B", "NK", "T", "naïve"]),
            "stage": pandas.Categorical(["early", "late"] * 15, ["early", "mid", "late"], ordered=True),
            "n_counts": counts.sum(axis=1),
            "doublet": np.arange(30) % 7 == 0,
            "label": [f"cell {n}" for n in range(30)],
            "nullable": pandas.array([1, None, 3] * 10, dtype="Int64"),
        },
        index=[f"AAAC{n:04}" for n in range(30)])
    var = pandas.DataFrame(
        {"highly_variable": [True, False] * 6, "score": numbers(12)},
        index=[f"Gene{n}" for n in range(12)])
    data = anndata.AnnData(X=scipy.sparse.csr_matrix(counts), obs=obs, var=var)
    data.layers["dense"] = np.log1p(counts)
    data.obsm["X_pca"] = numbers(30, 4)
    data.varm["loadings"] = numbers(12, 4)
    data.obsp["distances"] = scipy.sparse.random(30, 30, 0.1, "csr", random_state=1)
    data.uns["neighbors"] = {"params": {"method": "umap", "n_neighbors": 15}, "empty": {}}
    data.uns["colors"] = np.array(["#ff0000", "#00ff00"], dtype=object)
    data.uns["records"] = np.array([("a", 1.5), ("b", 2.5)], [("names", "U2"), ("scores", "f4")])
    data.write_h5ad(path, compression="gzip")


def frames(fixed, table):
    import pandas
    import tables

    # As chosen by PyTables, a chunk of an object column takes a megabyte.
    tables.VLArray._calc_chunkshape = lambda self, rows: (8,)
    frame = pandas.DataFrame(
        {
            "integer": np.arange(ROWS) - 20,
            "real": numbers(ROWS),
            "text": [f"täxt {n}" for n in range(ROWS)],
            "flag": np.arange(ROWS) % 3 == 0,
            "when": pandas.date_range("1999-12-31", periods=ROWS, freq="h"),
        })
    frame.loc[3, "real"] = np.nan
    series = pandas.Series(numbers(ROWS), index=pandas.date_range("2020", periods=ROWS), name="series")
    with pandas.HDFStore(fixed, "w") as store:
        store.put("frame", frame, format="fixed")
        store.put("folder/series", series, format="fixed")
        store.put("multi", frame.set_index(["integer", "text"])[["real"]], format="fixed")
        store.put("empty", frame[:0][["integer"]], format="fixed")
    with pandas.HDFStore(table, "w", complevel=5, complib="zlib") as store:
        store.put("frame", frame, format="table", data_columns=["integer", "text"])
        store.put("series", series, format="table", index=False)
        category = frame[["text"]].assign(kind=pandas.Categorical(["x", "y"] * (ROWS // 2)))
        store.put("category", category, format="table", index=False)
        store.append("grown", frame[:10], min_itemsize={"text": 30}, index=False)
        store.append("grown", frame[10:], index=False)


def nexus(path):
    from nexusformat.nexus import (
        NXdata, NXdetector, NXentry, NXfield, NXinstrument, NXroot)

    x = NXfield(np.linspace(0, 1, 5), name="x", units="mm")
    entry = NXentry(NXdata(NXfield(np.arange(5.0), name="counts"), [x]), title="a scan")
    detector = NXdetector(distance=NXfield(1.5, units="m"))
    entry["instrument"] = NXinstrument(detector=detector)
    NXroot(entry).save(path, "w")


def tables_file(path):
    import tables

    class Position(tables.IsDescription):
        x = tables.Float32Col()
        y = tables.Float64Col(dflt=1.5)

    class Particle(tables.IsDescription):
        name = tables.StringCol(12, pos=1)
        number = tables.Int64Col(pos=2)
        grid = tables.UInt8Col(shape=(2, 3), pos=3)
        spin = tables.EnumCol({"up": 1, "down": -1}, "up", base="int8", pos=4)
        good = tables.BoolCol(pos=5)
        wave = tables.ComplexCol(itemsize=8, pos=6)
        at = Position()
        seen = tables.Time64Col(pos=8)

    def fill(table):
        row = table.row
        for number in range(25):
            row["name"] = f"particle {number}"
            row["number"] = -number
            row["grid"] = np.arange(6).reshape(2, 3) + number
            row["spin"] = 1 if number % 2 else -1
            row["good"] = number % 3 == 0
            row["wave"] = complex(number, -1)
            row["at/x"] = number / 4
            row["seen"] = 1.5e9 + number
            row.append()
        table.flush()

    with tables.open_file(path, "w", title="Everything") as file:
        plain = file.create_table("/", "plain", Particle, "no compression", chunkshape=(10,))
        fill(plain)
        plain.cols.number.create_index()
        for library in ("zlib", "blosc", "blosc2", "bzip2", "lzo"):
            if tables.which_lib_version(library) is None:
                continue
            group = file.create_group("/", library)
            how = tables.Filters(complevel=5, complib=library, shuffle=True)
            fill(file.create_table(group, "table", Particle, filters=how))
            grown = file.create_earray(group, "earray", tables.Int32Atom(), (0, 4), filters=how)
            grown.append(np.arange(40).reshape(10, 4) * -7)
            blocks = file.create_carray(group, "carray", tables.Float64Atom(), (12, 9), filters=how)
            blocks[...] = numbers(12, 9)
            if library != "zlib":
                continue
            ragged = file.create_vlarray(group, "vlarray", tables.Int16Atom(), filters=how)
            for size in (3, 0, 1, 6):
                ragged.append(np.arange(size))
        others = file.create_group("/", "others")
        file.create_array(others, "array", np.arange(6).reshape(2, 3), "an array")
        file.create_array(others, "text", [b"bytes", b"longer bytes"])
        texts = file.create_vlarray(others, "unicode", tables.VLUnicodeAtom(), chunkshape=(4,))
        texts.append("ünïcode")
        texts.append("日本")
        pickles = file.create_vlarray(others, "objects", tables.ObjectAtom(), chunkshape=(4,))
        pickles.append({"a": 1})
        file.create_soft_link("/", "soft", "/others/array")
        file.create_external_link("/", "external", "elsewhere.h5:/x")
        others._v_attrs.pickled = {"key": [1, 2]}
        others._v_attrs.text = np.str_("tëxt")
        others._v_attrs.vector = np.arange(3)


def plugins(path):
    """Filters that are no part of HDF5, from hdf5plugin."""
    import h5py
    import hdf5plugin

    data = np.arange(20 * 12, dtype="<i4").reshape(20, 12) * 3
    with h5py.File(path, "w", libver="latest") as file:
        for name in ("Bitshuffle", "Blosc", "Blosc2", "BZip2", "LZ4", "FciDecomp", "SZ", "Zfp", "Zstd"):
            try:
                how = getattr(hdf5plugin, name)()
                values = data.astype("u1") if name == "FciDecomp" else data / 8 if name in ("SZ", "Zfp") else data
                file.create_dataset(name, data=values, chunks=(10, 6), **how)
            except Exception as problem:
                print(f"{name}: {problem}", file=sys.stderr)
        for name in ("lz4", "zstd", "zlib", "snappy", "blosclz"):
            how = hdf5plugin.Blosc(cname=name, shuffle=hdf5plugin.Blosc.BITSHUFFLE)
            try:
                file.create_dataset(f"Blosc_{name}", data=data, chunks=(10, 6), **how)
            except Exception as problem:
                print(f"Blosc {name}: {problem}", file=sys.stderr)
        file.create_dataset("Bitshuffle_zstd", data=data, chunks=(10, 6), **hdf5plugin.Bitshuffle(cname="zstd"))


def main(argv):
    if len(argv) != 1:
        sys.exit(__doc__)
    folder = argv[0]
    os.makedirs(folder, exist_ok=True)
    # A process for each: the libraries' own copies of HDF5 and Blosc do not mix.
    spawn = multiprocessing.get_context("spawn")
    for make, *names in (
        (netcdf, "netcdf4.nc"),
        (single_cells, "anndata.h5ad"),
        (frames, "pandas_fixed.h5", "pandas_table.h5"),
        (tables_file, "pytables.h5"),
        (plugins, "plugins.h5"),
        (nexus, "nexus.h5"),
    ):
        process = spawn.Process(target=make, args=[os.path.join(folder, name) for name in names])
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(f"{make.__name__} failed")


if __name__ == "__main__":
    main(sys.argv[1:])
