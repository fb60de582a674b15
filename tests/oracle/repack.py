"""Repacks files, and compares each with its copy through h5py.

usage: repack.py PROGRAM [FILE...]

Files of its own are made of all that a copy may lose: shared objects, cycles, committed types,
references of each kind at any depth, dimension scales, orders, sparse and filtered chunks,
extensible arrays, virtual and external datasets, user blocks, links of every class, holes left by
deletions. FILEs are repacked, too; one that can't be must be refused in a line, with nothing
left. Each is repacked to another file, and in its own place, which must keep what undoes nothing.

Prints how many files were repacked and refused; exits 1 where anything differs.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5l, h5o, h5p, h5r, h5s, h5t

sys.setrecursionlimit(10000)


class Differs(Exception):
    pass


def must(same, path, what):
    if not same:
        raise Differs(f"{path}: {what}")


def attempt(f):
    """What a call of h5py gives, or the kind of its failure."""
    try:
        return f()
    except Exception as e:
        return f"<{type(e).__name__}>"


def canonical(value, file):
    """A value that h5py read, with references as what they lead to."""
    if isinstance(value, h5r.RegionReference) or isinstance(value, h5r.Reference):
        if not value:
            return "null"
        name = attempt(lambda: h5r.get_name(value, file))
        if name is None or (isinstance(name, str) and name.startswith("<")):
            return "null"  # what leads nowhere is null in a copy
        if isinstance(value, h5r.RegionReference):
            space = h5r.get_region(value, file)
            kind = space.get_select_type()
            if kind == h5s.SEL_POINTS:
                where = space.get_select_elem_pointlist().tolist()
            elif kind == h5s.SEL_HYPERSLABS:
                where = space.get_select_hyper_blocklist().tolist()
            else:
                where = kind
            return (name, space.shape, where)
        return name
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            if value.dtype.names:
                return [canonical(value[n], file) for n in value.dtype.names]
            return [value.shape, [canonical(v, file) for v in value.ravel()]]
        return (value.shape, str(value.dtype), value.tobytes())
    if isinstance(value, np.void) and value.dtype.names:
        return [canonical(value[n], file) for n in value.dtype.names]
    if isinstance(value, (bytes, str)):
        return value
    return np.asarray(value).tobytes()


def address(oid):
    return h5o.get_info(oid).addr


def encoded(kind):
    return attempt(lambda: bytes(kind.encode()))


class Pair:
    """Two open files that must be the same."""

    def __init__(self, a, b):
        self.files = [h5f.open(os.fsencode(p), h5f.ACC_RDONLY) for p in (a, b)]
        self.seen = {}
        self.unread = 0

    def run(self):
        a, b = self.files
        must(a.get_create_plist().equal(b.get_create_plist()), "/", "creation properties")
        self.object(h5g.open(a, b"/"), h5g.open(b, b"/"), "/")
        for f in self.files:
            f.close()

    def object(self, x, y, path):
        must(type(x) is type(y), path, "kinds")
        a, b = address(x), address(y)
        if a in self.seen:
            must(self.seen[a] == b, path, "is shared otherwise")
            return
        must(b not in self.seen.values(), path, "is shared in the copy")
        self.seen[a] = b
        i, j = h5o.get_info(x), h5o.get_info(y)
        must((i.rc, i.type) == (j.rc, j.type), path, "reference count")
        self.attributes(x, y, path)
        if isinstance(x, h5g.GroupID):
            self.group(x, y, path)
        elif isinstance(x, h5d.DatasetID):
            self.dataset(x, y, path)
        else:
            must(encoded(x) == encoded(y), path, "type")

    def types(self, x, y, path):
        must(encoded(x) == encoded(y), path, "type")
        must(x.committed() == y.committed(), path, "committed type")
        if x.committed():
            self.object(x, y, f"{path} (type)")

    def attributes(self, x, y, path):
        names = [[], []]
        for o, found in zip((x, y), names):
            h5a.iterate(o, lambda n: found.append(n))
        must(names[0] == names[1], path, f"attributes {names}")
        for name in names[0]:
            here = f"{path}@{name}"
            p, q = h5a.open(x, name), h5a.open(y, name)
            self.types(p.get_type(), q.get_type(), here)
            must(encoded(p.get_space()) == encoded(q.get_space()), here, "space")
            self.values(lambda o: self.read_attribute(o, name), (x, y), here)

    def read_attribute(self, o, name):
        wrapped = {h5g.GroupID: h5py.Group, h5d.DatasetID: h5py.Dataset}
        kind = wrapped.get(type(o), h5py.Datatype)
        return kind(o).attrs.get(name.decode("utf-8", "surrogateescape"))

    def values(self, read, objects, path):
        got = []
        for o, file in zip(objects, self.files):
            value = attempt(lambda: read(o))
            if isinstance(value, str) and value.startswith("<"):
                self.unread += 1
                return
            if isinstance(value, h5py.Empty):
                value = "empty"
            got.append(canonical(value, file))
        must(got[0] == got[1], path, f"values {str(got[0])[:200]} {str(got[1])[:200]}")

    def group(self, x, y, path):
        # the lists hold places of the groups' indices, so that equal() is of no use
        lists = [g.get_create_plist() for g in (x, y)]
        for get in ("link_creation_order", "link_phase_change", "est_link_info",
                    "attr_creation_order", "attr_phase_change", "obj_track_times"):
            p, q = (attempt(getattr(p, f"get_{get}", None)) for p in lists)
            must(p == q, path, get)
        order = x.get_create_plist().get_link_creation_order()
        names = [[], []]
        for g, found in zip((x, y), names):
            kind = h5py.h5.INDEX_CRT_ORDER if order & h5p.CRT_ORDER_TRACKED else h5py.h5.INDEX_NAME
            g.links.iterate(found.append, idx_type=kind, order=h5py.h5.ITER_INC)
        must(names[0] == names[1], path, f"links {names}")
        for name in names[0]:
            here = f"{path}/{name!r}"
            p, q = x.links.get_info(name), y.links.get_info(name)
            must((p.type, p.corder, p.cset) == (q.type, q.corder, q.cset), here, "link")
            if p.type == h5l.TYPE_HARD:
                self.object(h5o.open(x, name), h5o.open(y, name), here)
            elif p.type in (h5l.TYPE_SOFT, h5l.TYPE_EXTERNAL):
                must(x.links.get_val(name) == y.links.get_val(name), here, "link's value")

    def dataset(self, x, y, path):
        self.types(x.get_type(), y.get_type(), path)
        must(encoded(x.get_space()) == encoded(y.get_space()), path, "space")
        p, q = x.get_create_plist(), y.get_create_plist()
        pointing = x.get_type().detect_class(h5t.VLEN) or x.get_type().detect_class(h5t.REFERENCE)
        pointing = pointing or x.get_type().detect_class(h5t.STRING)
        if pointing:
            # the lists hold pointers to the fill value
            for get in ("layout", "chunk", "alloc_time", "fill_time", "nfilters", "external_count"):
                one, other = (attempt(getattr(l, f"get_{get}")) for l in (p, q))
                must(one == other, path, get)
            for i in range(p.get_nfilters()):
                must(p.get_filter(i) == q.get_filter(i), path, "filters")
            self.values(lambda d: h5py.Dataset(d).fillvalue, (x, y), path + " fill value")
        else:
            must(p.equal(q), path, "properties")
        if p.get_layout() == h5d.CHUNKED:
            n, m = x.get_num_chunks(), y.get_num_chunks()
            must(n == m, path, f"numbers of chunks {n} {m}")
            chunks = []
            for d in (x, y):
                infos = [d.get_chunk_info(i) for i in range(n)]
                chunks.append({c.chunk_offset: (c.filter_mask, c.size) for c in infos})
            must(chunks[0].keys() == chunks[1].keys(), path, "chunks")
            if not pointing:
                for at, (mask, size) in chunks[0].items():
                    raw = [attempt(lambda: d.read_direct_chunk(at)) for d in (x, y)]
                    must(raw[0] == raw[1], path, f"the chunk at {at}")
        if int(np.prod(x.shape or (1,), dtype=object)) <= 5_000_000:
            self.values(lambda d: h5py.Dataset(d)[()], (x, y), path)
        else:
            self.values(lambda d: h5py.Dataset(d)[tuple(slice(0, 50) for _ in d.shape)], (x, y), path)


def compared(a, b):
    """Compares two files in a process of its own: h5py crashes on some that are damaged. Whether
    it could."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            Pair(a, b).run()
            code = 0
        except Exception as e:
            os.write(theirs, f"{type(e).__name__}: {e}"[:4000].encode("utf-8", "replace"))
        os._exit(code)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        why = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        # of the file alone it must do the same
        must(a == b or not compared(a, a), a, "h5py crashes on the copy")
        return False
    must(status == 0, a, why)
    return True


def run(program, *args):
    return subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=300)


def sha(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


# ---- files -----------------------------------------------------------------------------------


def plain(path, libver, **kwargs):
    """Nearly everything, in one format; then a hole of 4 MB in the middle."""
    f = h5py.File(path, "w", libver=libver, **kwargs)
    rng = np.random.default_rng(1)
    f["hole"] = rng.random(500_000)
    f.attrs["title"] = "a file"
    f.attrs["bytes"] = np.bytes_(b"abc")
    f.attrs["empty"] = h5py.Empty("f8")
    g = f.create_group("group", track_order=True)
    for name in ("z", "a", "ä", "m"):
        g[name] = np.arange(len(name))
    g.attrs["of"] = g["a"].ref
    f["again"] = g
    g["up"] = f["/"]
    g["self"] = g
    f["kind"] = np.dtype([("x", "<i4"), ("y", ">f8")])
    f.create_dataset("committed", (7,), dtype=f["kind"])
    f["committed"].attrs.create("also", np.zeros(2, f["kind"].dtype), dtype=f["kind"])
    f["soft"] = h5py.SoftLink("/group/a")
    f["dangling"] = h5py.SoftLink("/no/such")
    f["outside"] = h5py.ExternalLink("other.h5", "/x")
    f.create_dataset("gzip", data=rng.integers(0, 9, (300, 40)), chunks=(64, 16), compression=4,
                     shuffle=True, fletcher32=True)
    f.create_dataset("sparse", (10**6, 10**6), "i2", chunks=(100, 100), maxshape=(None, None))
    f["sparse"][500_000, 999_999] = 7
    f.create_dataset("grows", data=rng.random((40, 30)), chunks=(7, 8), maxshape=(None, 30))
    f.create_dataset("grows_second", data=rng.integers(0, 99, (40, 30, 5)), chunks=(7, 8, 2),
                     maxshape=(40, None, 5))
    f.create_dataset("grows_second_gz", data=rng.integers(0, 99, (40, 30)), chunks=(7, 8),
                     maxshape=(50, None), compression="gzip")
    f.create_dataset("grows_second_sparse", (40, 300), "f4", chunks=(7, 8), maxshape=(50, None))
    f["grows_second_sparse"][20:25, 100:107] = 5
    text = f.create_dataset("grows_second_text", (9, 30), h5py.string_dtype(), chunks=(2, 8),
                            maxshape=(9, None))
    text[...] = np.array([[f"{i} {j}" * j for j in range(30)] for i in range(9)], object)
    f.create_dataset("one_chunk", data=np.arange(12).reshape(3, 4), chunks=(3, 4))
    f.create_dataset("fill", (100,), "u1", chunks=(10,), fillvalue=7)
    f.create_dataset("fill_text", (50,), h5py.string_dtype(), chunks=(10,), fillvalue=b"a text")
    f["fill_text"][15] = "other"
    f.create_dataset("fill_text_gz", (5,), h5py.string_dtype(), fillvalue="é".encode(), chunks=(2,),
                     compression="gzip")
    f.create_dataset("fill_turned", (5, 9), h5py.string_dtype(), fillvalue=b"turned", chunks=(2, 2),
                     maxshape=(5, None))
    f["fill_turned"][0, 7] = "here"
    f.create_dataset("nothing", (0, 5), "f4", chunks=(3, 5), maxshape=(None, 5))
    f.create_dataset("null", data=h5py.Empty("i4"))
    f["texts"] = np.array(["", "é", "x" * 5000] * 20, object)
    f.create_dataset("texts_gz", data=np.array(["abc", "d"] * 500, object), chunks=(100,),
                     compression="gzip", dtype=h5py.string_dtype())
    f.create_dataset("ragged", (3,), h5py.vlen_dtype("f4"))
    f["ragged"][0] = [1, 2, 3]
    compact = h5p.create(h5p.DATASET_CREATE)
    compact.set_layout(h5d.COMPACT)
    h5d.create(f.id, b"compact", h5t.NATIVE_INT32, h5s.create_simple((5,)), compact)
    f["compact"][...] = range(5)
    # references: an array, gzipped, in compounds, in arrays in them, of variable length, regions
    refs = f.create_dataset("refs", (6,), h5py.ref_dtype)
    for i, o in enumerate(("/", "group", "gzip", "kind", "group/z")):
        refs[i] = f[o].ref
    gz = f.create_dataset("refs_gz", (40,), h5py.ref_dtype, chunks=(8,), compression="gzip")
    gz[10:12] = f["group/m"].ref
    regions = f.create_dataset("regions", (4,), h5py.regionref_dtype)
    regions[0] = f["gzip"].regionref[3:9, 1:5]
    regions[1] = f["gzip"].regionref[::7, 2]
    mask = np.zeros((300, 40), bool)
    mask[1, 2] = mask[200, 39] = True
    regions[2] = f["gzip"].regionref[mask]
    deep = np.dtype([("n", "i4"), ("r", h5py.ref_dtype), ("g", h5py.regionref_dtype),
                     ("t", h5py.string_dtype())])
    d = f.create_dataset("deep", (3,), deep)
    row = np.zeros(3, deep)
    row["n"] = [1, 2, 3]
    row["r"] = [f["gzip"].ref, f["group"].ref, f["committed"].ref]
    row["g"] = [f["gzip"].regionref[0:2, 0:2]] * 3
    row["t"] = ["a", "", "ccc"]
    d[...] = row
    lists = f.create_dataset("lists", (3,), h5py.vlen_dtype(h5py.ref_dtype))
    lists[1] = np.array([f["gzip"].ref, f["deep"].ref], h5py.ref_dtype)
    f.attrs.create("region", f["gzip"].regionref[1:2, :], dtype=h5py.regionref_dtype)
    # dimension scales
    f["data"] = rng.random((4, 5))
    f["x"], f["y"] = np.arange(4.0), np.arange(5.0)
    f["x"].make_scale("x axis")
    f["y"].make_scale()
    f["data"].dims[0].attach_scale(f["x"])
    f["data"].dims[1].attach_scale(f["y"])
    f["data"].dims[0].label = "first"
    virtual = h5py.VirtualLayout((4, 10), "f8")
    virtual[:, :5] = h5py.VirtualSource(".", "data", (4, 5))
    virtual[:, 5:] = h5py.VirtualSource("other.h5", "data", (4, 5))
    f.create_virtual_dataset("virtual", virtual, fillvalue=-1)
    f.create_dataset("external", (10,), "i4", external=[(str(path) + ".raw", 0, 40)])
    f["external"][...] = range(10)
    for i in range(40):
        g.attrs[f"attribute {i}"] = np.full(300, i)
    h5o.set_comment(f.id, b"a comment", obj_name=b"gzip")
    many = f.create_group("many")
    for i in range(300):
        many.create_group(f"g{i}")
    f.create_dataset("gone", data=rng.random(10))
    refs[5] = f["gone"].ref
    if libver != "earliest":
        ordered = f.create_group("ordered", track_order=True)
        for name in "zyxw":
            ordered.attrs[name] = name
    f.close()
    f = h5py.File(path, "r+", libver=libver)
    del f["hole"], f["gone"]
    f.close()


def deep_tree(path):
    """Groups 3,000 deep."""
    with h5py.File(path, "w") as f:
        g = f.id
        for _ in range(3000):
            g = h5g.create(g, b"g")


def wide(path):
    """A group of 30,000 links of the new format, and one of the old."""
    with h5py.File(path, "w", libver="latest") as f:
        g = f.create_group("new", track_order=True)
        for i in range(30000):
            g[f"n{i * 7919 % 30000}"] = h5py.SoftLink("/x")
    with h5py.File(path, "r+", libver="earliest") as f:
        g = f.create_group("old")
        for i in range(10000):
            h5g.create(g.id, str(i).encode())


def made(folder):
    makers = {"deep_tree": deep_tree, "wide": wide}
    for libver in ("earliest", "v108", "v110", "latest"):
        makers[f"plain_{libver}"] = lambda p, v=libver: plain(p, v)
    makers["userblock"] = lambda p: plain(p, "earliest", userblock_size=1024)
    makers["userblock_latest"] = lambda p: plain(p, "latest", userblock_size=512)
    makers["paged"] = lambda p: plain(p, "latest", fs_strategy="page", fs_persist=True)
    makers["persistent"] = lambda p: plain(p, "v108", fs_strategy="fsm", fs_persist=True)
    makers["ordered_root"] = lambda p: plain(p, "latest", track_order=True)
    for name, make in makers.items():
        path = folder / f"{name}.h5"
        make(path)
        if name.startswith("userblock"):
            with open(path, "r+b") as f:
                f.write(b"a user's own words")
        yield path


def check(program, path, folder, own):
    """Repacks a file both ways. Whether it could be."""
    before, kept = sha(path), sorted(os.listdir(folder))
    out = folder / "out.h5"
    done = run(program, "--repack", out, path)
    must(sha(path) == before, path, "was changed")
    if done.returncode != 0:
        must(done.returncode == 1 and len(done.stderr.splitlines()) == 1, path, done.stderr)
        must(sorted(os.listdir(folder)) == kept, path, f"left {os.listdir(folder)}")
        must(not own, path, done.stderr)
        return done.stderr.strip()
    try:
        h5py.File(path, "r").close()
    except OSError:
        os.remove(out)
        return "(repacked, but h5py does not open it)"
    if not compared(path, out):
        os.remove(out)
        return "(repacked, but h5py crashes on it)"
    same_block = [Path(p).read_bytes()[:18] for p in (path, out)]
    if same_block[0][:4] != b"\x89HDF":
        must(same_block[0] == same_block[1], path, "user block")
    if own:
        gained = os.path.getsize(path) - os.path.getsize(out)
        must("hole" not in own or gained > 3_900_000, path, f"gained only {gained}")
    copy = folder / "in place.h5"
    shutil.copy(path, copy)
    done = run(program, "--repack", copy, copy)
    must(done.returncode == 0, path, done.stderr)
    must(compared(path, copy), path, "h5py crashes on the copy in place")
    must(os.path.getsize(copy) <= os.path.getsize(path), path, "grew")
    left = run(program, "--list", "--no-progress", copy)
    must(left.returncode == 0, path, left.stderr)
    os.remove(out)
    os.remove(copy)
    must(sorted(os.listdir(folder)) == kept, path, f"left {os.listdir(folder)}")
    return None


def main():
    program, files = os.path.abspath(sys.argv[1]), [Path(a).resolve() for a in sys.argv[2:]]
    wrong, done, refused = 0, 0, {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        own = list(made(folder))
        for path in own + files:
            with tempfile.TemporaryDirectory() as place:
                place = Path(place)
                target = place / path.name
                shutil.copy(path, target)
                for beside in path.parent.glob(f"{path.name}.raw"):
                    shutil.copy(beside, place / beside.name)
                tag = None
                if path in own:
                    tag = "intact" if path.stem in ("deep_tree", "wide") else "with a hole"
                try:
                    why = check(program, target, place, tag)
                    if why:
                        refused[path.name] = why.replace(str(target), "FILE")
                    else:
                        done += 1
                except Exception as e:
                    wrong += 1
                    print(f"{path.name}: {type(e).__name__}: {e}")
    for name, why in refused.items():
        print(f"refused {name}: {why}")
    print(f"{done} repacked, {len(refused)} refused, {wrong} wrong")
    sys.exit(wrong > 0)


main()
