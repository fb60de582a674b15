"""Makes the files to measure with: deterministic, made once, under the names of `SETS`.

usage: data.py FOLDER ROWS NAME

Run as a process of its own, so that the process that measures stays small. Every file holds one
dataset, `x` of ROWS x 1000 (or `huge`): standard normal numbers with all their bits, or the same
as thousandths in integers. Chunks in gzip are compressed on all cores and stored directly.
"""

import os
import pathlib
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

import h5py
import hdf5plugin
import numpy as np

COLUMNS = 1000
# rows that are drawn from one seed
BAND = 1000


def codecs():
    """Filters by name, as keywords of `create_dataset`."""
    return {
        "contiguous": {},
        "gzip": {"compression": "gzip", "compression_opts": 4, "shuffle": True},
        "lz4": {"shuffle": True, **hdf5plugin.LZ4()},
        "zstd": {"shuffle": True, **hdf5plugin.Zstd(clevel=3)},
        "blosc": dict(hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=hdf5plugin.Blosc.SHUFFLE)),
    }


# name: dtype, filter, chunks (True: as h5py guesses)
SETS = {
    "f8_contiguous": ("f8", "contiguous", None),
    "f8_gzip": ("f8", "gzip", True),
    "f8_gzip_1000x100": ("f8", "gzip", (1000, 100)),
    "f8_lz4": ("f8", "lz4", (1000, 100)),
    "f8_zstd": ("f8", "zstd", (1000, 100)),
    "f8_blosc": ("f8", "blosc", (1000, 100)),
    "f4_contiguous": ("f4", "contiguous", None),
    "f4_gzip": ("f4", "gzip", True),
    "i4_contiguous": ("i4", "contiguous", None),
    "i4_gzip": ("i4", "gzip", True),
    "big_contiguous": ("f8", "contiguous", None),
    "big_gzip": ("f8", "gzip", (1000, 100)),
}


def rows(first, last, dtype):
    """Rows of the dataset, the same ones whatever the file's layout."""
    bands = []
    for band in range(first // BAND, -(-last // BAND)):
        x = np.random.default_rng((7, band)).standard_normal((BAND, COLUMNS))
        bands.append((x * 1000 if dtype == "i4" else x).astype(dtype))
    start = first // BAND * BAND
    return np.concatenate(bands)[first - start : last - start]


def packed(block, shape):
    """A chunk of a block: padded, shuffled and deflated."""
    if block.shape != shape:
        full = np.zeros(shape, block.dtype)
        full[: block.shape[0], : block.shape[1]] = block
        block = full
    raw = np.frombuffer(np.ascontiguousarray(block).data, "u1").reshape(-1, block.dtype.itemsize)
    return zlib.compress(np.ascontiguousarray(raw.T).data, 4)


def fill(dataset, dtype, filter_name):
    """Writes all rows, in bands of whole chunks."""
    total, columns = dataset.shape
    high, wide = dataset.chunks or (BAND, columns)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for first in range(0, total, high):
            x = rows(first, min(first + high, total), dtype)
            if filter_name != "gzip":
                dataset[first : first + len(x)] = x
                continue
            pieces = [x[:, c : c + wide] for c in range(0, columns, wide)]
            done = pool.map(lambda piece: packed(piece, (high, wide)), pieces)
            for column, piece in zip(range(0, columns, wide), done):
                dataset.id.write_direct_chunk((first, column), piece)


def make(path, total, name):
    """Makes one file, whole or not at all."""
    part = path.with_suffix(".part")
    with h5py.File(part, "w") as f:
        if name == "huge":
            # 1 TB, of which two chunks are stored
            shape, chunks = (1_000_000, 131_072), (64, 1024)
            d = f.create_dataset("huge", shape, "f8", chunks=chunks, compression="gzip")
            d[:64, :1024] = 2.25
            d[-64:, -1024:] = 4
        else:
            dtype, filter_name, chunks = SETS[name]
            options = codecs()[filter_name]
            d = f.create_dataset("x", (total, COLUMNS), dtype, chunks=chunks, **options)
            fill(d, dtype, filter_name)
    part.rename(path)


if __name__ == "__main__":
    folder, total, name = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    make(folder / f"{name}.h5", total, name)
