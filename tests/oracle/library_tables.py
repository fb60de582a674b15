"""AnnData's and pandas' tables as the program shows them, beside what was stored.

usage: library_tables.py PROGRAM FOLDER

FOLDER holds the files that make_library_files.py wrote; the frames are made here again. Prints
what differs and how many were compared; exits 1 if any differ.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pandas

from compare import as_json, difference
from make_library_files import ROWS, numbers


def frame():
    made = pandas.DataFrame({
        "integer": np.arange(ROWS) - 20,
        "real": numbers(ROWS),
        "text": [f"täxt {n}" for n in range(ROWS)],
        "flag": np.arange(ROWS) % 3 == 0,
        "when": pandas.date_range("1999-12-31", periods=ROWS, freq="h"),
    })
    made.loc[3, "real"] = np.nan
    return made


def cells():
    return {
        "_index": [f"AAAC{n:04}" for n in range(30)],
        "cell_type": ["T", "B", "nan", "NK", "T"] * 6,
        "stage": ["early", "late"] * 15,
        "n_counts": np.random.default_rng(3).poisson(0.4, (30, 12)).astype("f4").sum(axis=1),
        "doublet": np.arange(30) % 7 == 0,
        "label": [f"cell {n}" for n in range(30)],
        "nullable": [1.0, np.nan, 3.0] * 10,
    }


def expected():
    """For each file and group: the columns, in order."""
    whole = frame()
    times = [str(np.datetime64(t, "ns")) for t in whole["when"]]
    columns = {"index": list(range(ROWS))} | {n: list(whole[n]) for n in whole} | {"when": times}
    day = [str(t) for t in np.arange(ROWS) + np.datetime64("2020-01-01", "ns").astype("M8[D]")]
    day = [f"{t}T00:00:00.000000000" for t in day]
    some = {name: columns[name] for name in ("integer", "text", "real")}
    kinds = {"index": columns["index"], "text": columns["text"], "kind": ["x", "y"] * (ROWS // 2)}
    return {
        ("anndata.h5ad", "obs"): cells(),
        ("pandas_fixed.h5", "frame"): columns | {"flag": [int(v) for v in whole["flag"]]},
        ("pandas_fixed.h5", "multi"): some,
        ("pandas_fixed.h5", "folder/series"): {"index": day, "values": list(numbers(ROWS))},
        ("pandas_fixed.h5", "empty"): {"index": [], "integer": []},
        ("pandas_table.h5", "frame"): columns,
        ("pandas_table.h5", "category"): kinds,
        ("pandas_table.h5", "series"): {"index": day, "series": list(numbers(ROWS))},
        ("pandas_table.h5", "grown"): columns,
    }


def shown(program, path, group):
    code = f"ch5mpy.read_table(f[{json.dumps(group)}])"
    command = [program, "--clean", "--format", "json", path]
    for what in (f"{code}.dtype.names", code):
        command += ["-e", what]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    names, table = map(json.loads, out.stdout.split("\n")[:2])
    return names, [list(column) for column in zip(*table["data"])] or [[] for _ in names]


def main(argv):
    program, folder = argv
    compared = wrong = 0
    for (file, group), columns in expected().items():
        names, got = shown(program, os.path.join(folder, file), group)
        whys = [] if names == list(columns) else [f"columns {names}, not {list(columns)}"]
        for name, values in zip(names, got):
            values = as_json([v.item() if isinstance(v, np.generic) else v for v in columns[name]])
            compared += 1
            why = difference(values, got[names.index(name)])
            whys += [f"{name}: {why}"] if why else []
        wrong += bool(whys)
        for why in whys:
            print(f"{file}:{group}: {why}")
    print(f"{compared} compared, {wrong} differ")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
