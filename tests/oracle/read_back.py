"""Reads exported files with the libraries that people read them with.

usage: read_back.py MANIFEST

The manifest is a JSON list of what was exported: file, format, name (the key or
dataset in it), dtype and shape as NumPy writes them, and raw, a file with the
elements' bytes in C order. Each exported file must hold the array that NumPy
makes of those bytes: the same dtype, shape and values. Prints one line for each
that doesn't, and then how many were compared.
"""

import json
import re
import sys
import zipfile

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def expected(entry):
    text = entry["dtype"]
    dtype = np.dtype(eval(text) if text[0] in "[{" else text)
    with open(entry["raw"], "rb") as f:
        raw = f.read()
    if dtype.itemsize == 0 or not raw:
        return np.zeros(entry["shape"], dtype)
    return np.frombuffer(raw, dtype).reshape(entry["shape"])


def same_bits(got, want):
    assert isinstance(got, (np.ndarray, np.generic)), type(got)
    assert got.dtype == want.dtype, f"dtype {got.dtype}, not {want.dtype}"
    assert got.shape == want.shape, f"shape {got.shape}, not {want.shape}"
    if want.dtype.names:
        # between the fields may be anything
        for name in want.dtype.names:
            same_bits(got[name], want[name])
        return
    assert got.tobytes() == want.tobytes(), "other values"


def npy(entry, want):
    same_bits(np.load(entry["file"]), want)


def npz(entry, want):
    with zipfile.ZipFile(entry["file"]) as z:
        assert z.testzip() is None
    with np.load(entry["file"]) as z:
        same_bits(z[entry["name"]], want)


def decoded(value):
    """A value with texts for the bytes of UTF-8 that HDF5 holds, NaN by name."""
    if isinstance(value, (tuple, list)):
        return [decoded(v) for v in value]
    if isinstance(value, np.ndarray):
        return decoded(value.tolist())
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else repr(value)


def h5(entry, want):
    with h5py.File(entry["file"]) as f:
        d = f[entry["name"]]
        assert d.shape == want.shape, f"shape {d.shape}, not {want.shape}"
        if want.dtype.kind == "U":
            info = h5py.check_string_dtype(d.dtype)
            assert info.encoding == "utf-8" and info.length is None, info
            got = d.asstr()[()]
            assert np.array_equal(np.asarray(got, object), want.astype(object)), "other texts"
            return
        assert want.dtype.names or d.dtype == want.dtype, f"dtype {d.dtype}"
        # h5py takes the trailing zeros from a single string
        got = np.array(d[()], d.dtype)
        if want.dtype.names:
            for name in want.dtype.names:
                a, b = d.dtype.fields[name], want.dtype.fields[name]
                assert a[1] == b[1], f"{name} lies at {a[1]}"
                if "U" not in str(b[0]):
                    assert a[0] == b[0], f"{name} is {a[0]}"
            assert decoded(got.tolist()) == decoded(want.tolist()), "other values"
            return
        same_bits(got, want)


def leaves(array, name=""):
    """The columns of a table: names and 1-D arrays."""
    if array.dtype.names:
        for field in array.dtype.names:
            part = array[field]
            here = f"{name}.{field}" if name else field
            inner = part.shape[1:]
            for index in np.ndindex(inner):
                suffix = "".join(f"[{i}]" for i in index)
                yield from leaves(part[(slice(None), *index)], here + suffix)
    else:
        yield name, array


def columns(want):
    if want.dtype.names:
        return dict(leaves(want.reshape(-1)))
    if want.ndim < 2:
        return {"value": want.reshape(-1)}
    flat = want.reshape(-1, want.shape[-1]) if want.size else np.zeros((0, want.shape[-1]), want.dtype)
    return {f"c{i}": flat[:, i] for i in range(flat.shape[1])}


def from_text(cells, dtype):
    """Cells of a CSV file as NumPy's values."""
    kind = dtype.kind
    if kind == "b":
        assert set(cells) <= {"True", "False"}, cells
        return np.array([c == "True" for c in cells], dtype)
    if kind == "c":
        # Python's complex() takes 1+nanj, as str() writes it
        return np.array([complex(c) for c in cells], dtype)
    if kind == "m":
        return np.array([np.iinfo("i8").min if c == "NaT" else int(c) for c in cells], "i8").view(dtype)
    if kind == "S":
        return np.array([c.encode() for c in cells], dtype)
    if kind in "iu":
        return np.array([int(c) for c in cells], dtype)
    return np.array(cells, dtype)


def same(got, want):
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape, f"shape {got.shape}, not {want.shape}"
    if want.dtype.kind in "fc":
        fine = np.array_equal(got, want, equal_nan=True)
        signs = np.signbit(got.real) == np.signbit(want.real)
        assert fine and (signs | np.isnan(want)).all(), f"{got!r}, not {want!r}"
    else:
        fine = np.array_equal(got, want, equal_nan=want.dtype.kind in "mM")
        assert fine, f"{got!r}, not {want!r}"


def table(entry, want, separator):
    wanted = columns(want)
    header = 0 if want.dtype.names else None
    try:
        got = pd.read_csv(
            entry["file"], sep=separator, header=header, dtype=str, keep_default_na=False,
            skip_blank_lines=False,
        )
    except pd.errors.EmptyDataError:
        assert want.size == 0, "an empty file"
        return
    assert len(got.columns) == len(wanted), f"{len(got.columns)} columns"
    if header == 0:
        assert list(got.columns) == list(wanted), f"columns {list(got.columns)}"
    for i, column in enumerate(wanted.values()):
        if column.dtype.kind != "V":
            same(from_text(got.iloc[:, i].tolist(), column.dtype), column)
    if want.dtype.kind == "f" and want.size and want.ndim <= 2:
        read = np.loadtxt(entry["file"], dtype=want.dtype, delimiter=separator, ndmin=2)
        same(read.reshape(want.shape), want)


def parquet(entry, want):
    got = pq.read_table(entry["file"])
    wanted = {}
    for name, column in columns(want).items():
        if column.dtype.kind == "c":
            wanted[f"{name}.real"], wanted[f"{name}.imag"] = column.real, column.imag
        else:
            wanted[name] = column
    assert got.column_names == list(wanted), f"columns {got.column_names}"
    frame = pd.read_parquet(entry["file"])
    for name, column in wanted.items():
        cells = got.column(name)
        kind = column.dtype.kind
        assert len(cells) == len(column), f"{len(cells)} rows"
        if kind in "biuf":
            assert cells.type == pa.from_numpy_dtype(column.dtype), cells.type
            assert frame[name].dtype == column.dtype, frame[name].dtype
            same(cells.to_numpy(), column)
            same(frame[name].to_numpy(), column)
        elif kind == "U":
            assert cells.type == pa.string(), cells.type
            assert cells.to_pylist() == column.tolist(), "other texts"
        elif kind in "SV":
            assert pa.types.is_binary(cells.type) or pa.types.is_fixed_size_binary(cells.type)
            assert cells.to_pylist() == column.tolist(), "other bytes"
        else:
            unit = np.datetime_data(column.dtype)[0]
            if kind == "M" and unit in ("Y", "M", "W", "D"):
                assert cells.type == pa.date32(), cells.type
            elif kind == "M":
                stored = unit if unit in ("us", "ns") else "ms"
                assert cells.type == pa.timestamp(stored), cells.type
            else:
                stored = unit if unit in ("ms", "us", "ns") else "s"
                assert cells.type == pa.duration(stored), cells.type
            same(cells.to_numpy().astype(column.dtype), column)


def markdown(entry, want):
    with open(entry["file"], encoding="utf-8") as f:
        lines = f.read().split("\n")
    wanted = columns(want)
    rows = [re.split(r"(?<!\\)\|", l)[1:-1] for l in lines if l.startswith("|")]
    assert [c.strip() for c in rows[0]] == list(wanted)[:100], rows[0]
    n = len(next(iter(wanted.values()))) if wanted else 0
    assert len(rows) == min(n, 1000) + 2, f"{len(rows)} lines"
    if n > 1000 or len(wanted) > 100:
        assert f"of {n} rows" in lines[-2], lines[-2]
    for i, column in enumerate(list(wanted.values())[:100]):
        if column.dtype.kind in "biufcmM":
            cells = [r[i].strip() for r in rows[2:]]
            same(from_text(cells, column.dtype), column[:1000])


def json_line(entry, want):
    with open(entry["file"], encoding="utf-8") as f:
        text = f.read()
    assert text.endswith("\n") and text.count("\n") == 1, "not one line"
    got = json.loads(text)
    assert got["dtype"] == str(want.dtype) and got["shape"] == list(want.shape), text[:100]
    data = np.array(got["data"], object).reshape(want.shape)
    values = [float(x) if want.dtype.kind == "f" else x for x in data.reshape(-1)]
    same(np.array(values, want.dtype).reshape(want.shape), want)


CHECKS = {
    "json": json_line,
    "npy": npy,
    "npz": npz,
    "h5": h5,
    "csv": lambda e, w: table(e, w, ","),
    "tsv": lambda e, w: table(e, w, "\t"),
    "parquet": parquet,
    "md": markdown,
}


def main(argv):
    if len(argv) != 1:
        sys.exit(__doc__)
    with open(argv[0]) as f:
        entries = json.load(f)
    for entry in entries:
        try:
            CHECKS[entry["format"]](entry, expected(entry))
        except Exception as error:
            text = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"{entry['format']} {entry['dtype']} {entry['shape']}: {text}"[:400])
    print(f"{len(entries)} compared")


if __name__ == "__main__":
    main(sys.argv[1:])
