"""Writes small HDF5 files of several formats, for the tests of changes: journal_files.py FOLDER."""

import sys
from pathlib import Path

import h5py
import numpy as np

FORMATS = {
    "superblock0": dict(libver="earliest"),
    "superblock2": dict(libver=("v108", "v108")),
    "superblock3": dict(libver="latest"),
    "userblock": dict(libver="earliest", userblock_size=1024),
    "paged": dict(libver="latest", fs_strategy="page", fs_persist=True, fs_page_size=4096),
    "freespace": dict(libver="latest", fs_strategy="fsm", fs_persist=True),
}


def fill(f):
    f["x"] = np.arange(3000.0)
    f.create_dataset("chunked", data=np.arange(4000).reshape(40, 100), chunks=(10, 30),
                     maxshape=(None, 100), compression="gzip")
    f.create_dataset("texts", data=["a", "bb", "täxt"] * 20, dtype=h5py.string_dtype())
    g = f.create_group("list")
    for i in range(10):
        g[str(i)] = i
    g.attrs["unit"] = "K"
    f["deep/er/scalar"] = 1.5
    f["last"] = np.full(5000, 7, "i4")


folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, options in FORMATS.items():
    path = folder / f"{name}.h5"
    with h5py.File(path, "w", **options) as f:
        fill(f)
    if "userblock_size" in options:
        with open(path, "r+b") as raw:
            raw.write(b"a preamble of another program\n" * 30)
