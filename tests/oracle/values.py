"""Prints every value of every dataset of an HDF5 file, as h5py reads it.

usage: values.py FILE

One JSON object a line for each dataset that h5py can read whole and that has an
element: path, and values, the texts of all elements in row-major order, written
as in pages.py. Datasets of more than a million elements are left out.
"""

import json
import sys

import h5py
import numpy as np
from h5py import h5s

from pages import CELL, read, start


def main(argv):
    texts, entries = start(argv, __doc__)
    for entry in entries:
        if entry.kind != "dataset":
            continue
        if entry.obj.get_space().get_simple_extent_type() == h5s.NULL:
            continue
        try:
            dataset = h5py.Dataset(entry.obj)
            if not 0 < dataset.size <= 10**6:
                continue
            values = read(dataset, dataset.shape)
            dtype, tid = dataset.dtype, entry.obj.get_type()
            # An array type's own axes stand behind the dataset's.
            flat = (values[index] for index in np.ndindex(dataset.shape))
            out = [texts.text(value, dtype, tid)[:CELL] for value in flat]
        except Exception:
            continue
        print(json.dumps({"path": entry.path, "values": out}, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
