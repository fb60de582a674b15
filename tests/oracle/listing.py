"""Prints what `ch5tui FILE --list --format json` must print, as h5py sees FILE.

usage: listing.py FILE [--follow]

One JSON object a line for each link, the root group first. The keys, in order:
path, kind; of a dataset shape, dtype, chunks, filters, layout; of an object
attrs (its attributes' names, sorted); of a link target. With --follow a soft or
external link is listed as what it points at. A dtype of null means that h5py
has none for the type; a group whose links could not all be read has an error.
"""

import json
import sys

from h5py import h5d, h5s, h5z

from walk import attribute_names, escape, open_file, plain, walk

FILTERS = {
    h5z.FILTER_DEFLATE: "gzip",
    h5z.FILTER_LZF: "lzf",
    h5z.FILTER_SHUFFLE: "shuffle",
    h5z.FILTER_FLETCHER32: "fletcher32",
    h5z.FILTER_SZIP: "szip",
    h5z.FILTER_SCALEOFFSET: "scaleoffset",
    h5z.FILTER_NBIT: "nbit",
}
# Names of other filters: the HDF Group's list of registered ones.
REGISTERED = {
    305: "lzo",
    307: "bzip2",
    32001: "blosc",
    32004: "lz4",
    32008: "bitshuffle",
    32013: "zfp",
    32015: "zstd",
    32017: "sz",
    32018: "fcidecomp",
    32026: "blosc2",
}
LAYOUTS = {
    h5d.COMPACT: "compact",
    h5d.CONTIGUOUS: "contiguous",
    h5d.CHUNKED: "chunked",
    h5d.VIRTUAL: "virtual",
}


def filters(plist):
    names = []
    for index in range(plist.get_nfilters()):
        code, _, _, stored = plist.get_filter(index)
        # What HDF5 answers when the file holds no name.
        unnamed = stored.startswith(b"Unknown ") or not stored
        names.append(FILTERS.get(code) or REGISTERED.get(code) or (str(code) if unnamed else escape(stored)))
    return names


def describe(dataset):
    """The keys that only a dataset has."""
    space = dataset.get_space()
    null = space.get_simple_extent_type() == h5s.NULL
    try:
        dtype = str(dataset.dtype)
    except Exception:
        dtype = None
    plist = dataset.get_create_plist()
    layout = LAYOUTS[plist.get_layout()]
    if layout == "contiguous" and plist.get_external_count():
        layout = "external"
    return {
        "shape": None if null else list(space.get_simple_extent_dims()),
        "dtype": dtype,
        "chunks": list(plist.get_chunk()) if layout == "chunked" else None,
        "filters": filters(plist),
        "layout": layout,
    }


def line(entry):
    out = {"path": entry.path, "kind": entry.kind}
    if entry.kind == "dataset":
        out |= describe(entry.obj)
    if entry.obj is not None:
        names = attribute_names(entry.obj)
        out["attrs"] = None if names is None else [plain(name) for name in names]
    if entry.target is not None:
        out["target"] = entry.target
    if entry.error is not None:
        out["error"] = entry.error
    return out


def main(argv):
    args = [arg for arg in argv if arg != "--follow"]
    if len(args) != 1:
        sys.exit(__doc__)
    sys.stdout.reconfigure(encoding="utf-8")
    _file, root = open_file(args[0])
    for entry in walk(root, follow="--follow" in argv):
        print(json.dumps(line(entry), ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
