"""Writes a file with ch5mpy that holds one object of every kind that ch5mpy can store.

usage: ch5mpy_write.py OUT.h5

Prints one JSON line for each object and attribute: path, attr (null for an object), kind and
expect, its value in the JSON convention of compare.py, as NumPy and Python say that it should
be read: where ch5mpy's own answer is a fault, the right one. What only Python can rebuild has
its class beside ("module.name"); an object with its own way of storing has members and
attributes too, for a reader without its class; a reference has its target.
"""

import collections
import datetime
import decimal
import fractions
import pathlib
import sys
import uuid

import ch5mpy
import h5py
import numpy as np
from ch5_classes import Color, Holder, Outer, Plain, Point, WriteOnly

from compare import as_json, dumps

NUMBERS = (
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "longdouble", "complex64", "complex128",
)
DAY = datetime.date(2021, 8, 2)
TIME = datetime.datetime(2021, 8, 2, 3, 4, 5)
LARGE = 131072  # float64: 1 MB


class Listed(list):
    """A list to be written as an H5List; a plain one becomes a dataset."""


class Made:
    """A dataset by one of ch5mpy's creation functions, and what it holds."""

    def __init__(self, function, *args, holds, **options):
        self.function, self.args, self.options = function, args, options
        self.holds = holds

    def write(self, group, name):
        self.function(*self.args, group, name, **self.options)

    def defer(self):
        return self.function.defer(*self.args, **self.options)


class Options:
    """A value with options for how its dataset is stored."""

    def __init__(self, value, **options):
        self.value, self.options = value, options


class Stored:
    """An object with `__h5_write__`, and what must lie in its group."""

    def __init__(self, value, members=None, attributes=None):
        self.value = value
        self.members = members or {}
        self.attributes = attributes or {}


# --------------------------------------------------------------------- one of every kind


def scalars():
    made = {
        "true": True, "false": False, "int": 42, "int_zero": 0, "int_negative": -7,
        "int_max": 2**63 - 1, "int_min": -(2**63), "int_2_63": 2**63, "int_2_64": 2**64 - 1,
        "float": 1.5, "float_zero": -0.0, "float_small": 5e-324, "float_large": 1.7e308,
        "nan": float("nan"), "inf": float("inf"), "minus_inf": float("-inf"),
        "complex": 1 + 2j, "complex_nan": complex(float("nan"), float("-inf")),
        "str": "hello", "str_empty": "", "str_unicode": "h\xe9llo \u2603 \U0001d11e",
        "str_newline": "a\nb\t\"c\"\\", "str_long": "x" * 70000,
    }
    made |= {f"np_{name}": np.dtype(name).type(3) for name in NUMBERS}
    made["np_nan"] = np.float64("nan")
    made["np_half_inf"] = np.float16("inf")
    return made


def pickles():
    return {
        "none": None, "bytes": b"abc\x00\xff", "bytes_empty": b"", "bytearray": bytearray(b"xyz"),
        "set": {1, 2, 3}, "set_empty": set(), "set_text": {"b", "a"}, "set_mixed": {2, "b", 1.5},
        "frozenset": frozenset({1}), "datetime": TIME, "date": DAY,
        "datetime_micro": TIME.replace(microsecond=7),
        "datetime_utc": TIME.replace(tzinfo=datetime.timezone.utc),
        "time": datetime.time(1, 2, 3), "timedelta": datetime.timedelta(1, 2, 3),
        "path": pathlib.PurePosixPath("/a/b"), "path_posix": pathlib.Path("c"),
        "uuid": uuid.UUID(int=5), "enum": Color.RED, "slice": slice(1, 2, None),
        "ellipsis": ...,
        "plain": Plain(3), "plain_nested": Plain({"a": [1, (2.5, None)], "b": {"c"}}),
        "np_bool": np.bool_(True), "np_bytes": np.bytes_(b"npb"), "np_void": np.void(b"\x00\x01"),
        "np_void_text": np.void(b"ab"),
        "np_datetime64": np.datetime64("2021-08-02"), "np_nat": np.datetime64("NaT", "s"),
        "np_datetime64_ns": np.datetime64("2021-08-02T03:04:05.000000006", "ns"),
    }


def sequences():
    Pair = collections.namedtuple("Pair", "a b")
    return {
        "list_int": [1, 2, 3], "list_empty": [], "tuple": (1, 2, 3), "tuple_empty": (),
        "list_float": [1, 2.5], "list_bool": [True, False], "list_bool_int": [True, 2],
        "list_complex": [1j, 2], "list_str": ["blue", "red", "yellow"],
        "list_str_empty": ["", "a"], "list_unicode": ["\xe9", "\u2603\u2603", "\U0001d11e"],
        "list_bytes": [b"a", b"bcd"], "list_mixed": [1, "a", 2.5], "list_none": [None, None],
        "list_str_none": ["a", None], "list_dict": [{"a": 1}, {"b": 2}], "list_day": [DAY],
        "list_plain": [Plain(1)], "list_big": [2**70, 1], "list_2_63": [2**63],
        "list_nested": [[1, 2], [3, 4]], "list_nested_empty": [[], []],
        "list_nested_str": [["a", "bb"], ["ccc", ""]], "range": range(3),
        "range_empty": range(0), "deque": collections.deque([1, 2]), "namedtuple": Pair(1, 2),
    }


def arrays():
    made = {f"d_{name}": np.arange(3).astype(name) for name in NUMBERS + ("clongdouble",)}
    for name in (">i2", ">i4", ">i8", ">u2", ">u4", ">u8", ">f2", ">f4", ">f8", ">c8", ">c16"):
        made[f"be_{name[1:]}"] = np.arange(-1, 2).astype(name) if name[1] != "u" else (
            np.array([0, 1, 2], name))
    two = np.arange(6.0).reshape(2, 3)
    hundred = np.arange(100.0).reshape(10, 10)
    return made | {
        "bool": np.array([True, False, True]), "bool_2d": np.eye(2, dtype=bool),
        "extremes_i8": np.array([-(2**63), 2**63 - 1]),
        "extremes_u8": np.array([0, 2**64 - 1], "u8"),
        "nan_inf": np.array([np.nan, np.inf, -np.inf, -0.0]),
        "half": np.array([0.1, 65504, np.inf], "f2"), "single": np.array([0.1, 3e38], "f4"),
        "complex": np.array([1 + 2j, complex(np.nan, np.inf)]),
        "U6": np.array(["blue", "red", "yellow"]), "U6_wide": np.array(["a", "b"], "<U6"),
        "U_2d": np.array([["a", "bb"], ["ccc", "d"]]), "U_unicode": np.array(["\xe9", "\u2603b"]),
        "U_empty": np.zeros(0, "<U3"), "be_U2": np.array(["a", "bc"], ">U2"),
        "S3": np.array([b"a", b"bcd"]), "S_wide": np.array([b"a"], "S5"),
        "S_empty": np.zeros(0, "S4"), "S_zeros": np.array([b"a\x00b", b"\xff"], "S4"),
        "V4": np.array([b"abcd", b"e\x00\x00h"], "V4"),
        "object_int": np.array([1, 2], object), "object_str": np.array(["a", "bcd"], object),
        "object_mixed": np.array(["a", 1, None, float("nan")], object),
        "empty_0": np.zeros(0), "empty_0x3": np.zeros((0, 3)), "empty_int": np.zeros(0, "i4"),
        "one": np.array([7]), "two_d": two, "three_d": np.arange(24).reshape(2, 3, 4),
        "four_d": np.arange(24).reshape(2, 1, 3, 4), "fortran": np.asfortranarray(two),
        "strided": hundred[::3, ::-2], "hundred": hundred,
        "chunks": Options(hundred, chunks=(3, 4)),
        "chunks_str": Options(np.array(["a", "b", "c"]), chunks=(2,)),
        "contiguous": Options(np.arange(10), chunks=False),
        "contiguous_str": Options(np.array(["a", "b"]), chunks=False),
        "maxshape": Options(np.arange(10), maxshape=(10,)),
        "maxshape_partly": Options(two, maxshape=(None, 5)),
        "chunks_maxshape": Options(hundred, chunks=(5, 10), maxshape=(20, None)),
    }


def dicts():
    return {
        "empty": {}, "flat": {"z": 1, "a": 2.5, "m": "s"},
        "ordered": collections.OrderedDict(b=1, a=2),
        "nested": {"b": {"c": {"d": [1, 2]}, "e": None}, "a": True},
        "nested_empty": {"a": {}, "b": {"c": {}}}, "dotted": {"a.b": 1, ".c": 2, "d.": 3},
        "unicode": {"\xe9\u2603": 1, "\U0001d11e": {"\xfc": "\xe9"}}, "slash": {"a/b": 1, "a/c": 2},
        "odd": {"with space": 1, "quo\"te": 2, "a'b": 3, "[0]": 4, "0": 5, "\t": 6, "-": 7},
        "many": {f"k{i}": i for i in range(12)},
        "all": {"list": Listed([1, "a"]), "point": Stored(Point(0, 0, []), POINT_0, UNIT),
                "set": {1}, "zeros": Made(ch5mpy.zeros, (2,), holds=np.zeros(2))},
    }


UNIT = {"unit": "mm"}
POINT_0 = {"x": 0, "y": 0, "tags": []}


def lists():
    return {
        "empty": Listed(), "numbers": Listed([1, 2.5, True]), "twelve": Listed(range(12)),
        "mixed": Listed([
            1.0, 2, "4.", None, [1, 2], {"a": 1}, Plain(5.0),
            Stored(Point(0, 0, []), POINT_0, UNIT), True,
            b"raw", ["1", "x"], "\xe9", np.float32(0.5), DAY,
        ]),
        "nested": Listed([Listed(), Listed([1, Listed(["deep"])])]),
        "list_of_dicts": Listed([{"a": 1, "b": Listed([{"c": None}])}, {}, {"z": {"y": [1, 2]}}]),
        "made": Listed([Made(ch5mpy.ones, (3,), holds=np.ones(3))]),
    }


def objects():
    tags = {"x": 1, "y": 2.5, "tags": ["a", "bb"]}
    odd = {"x": None, "y": True, "tags": ["e"]}
    named = {"number": 5, "name": "n\xe9"}
    return {
        "point": Stored(Point(**tags), tags, UNIT),
        "point_odd": Stored(Point(**odd), odd, UNIT),
        "holder": Stored(Holder(**named), {}, named),
        "inner": Stored(Outer.Inner("v"), {"v": "v"}),
        "write_only": Stored(WriteOnly(), {"v": 1}),
    }


def created():
    make = Made
    return {
        "empty": make(ch5mpy.empty, (2, 3), holds=np.zeros((2, 3))),
        "empty_1d": make(ch5mpy.empty, 4, dtype="i2", holds=np.zeros(4, "i2")),
        "zeros": make(ch5mpy.zeros, (2, 3), dtype=np.int32, holds=np.zeros((2, 3), "i4")),
        "ones": make(ch5mpy.ones, (4,), holds=np.ones(4)),
        "ones_bool": make(ch5mpy.ones, (2,), dtype=np.bool_, holds=np.ones(2, bool)),
        "full": make(ch5mpy.full, (2, 2), 7.5, holds=np.full((2, 2), 7.5)),
        "full_int": make(ch5mpy.full, (5,), 3, dtype="i2", holds=np.full(5, 3, "i2")),
        "full_U3": make(ch5mpy.full, (2,), "abc", dtype="<U3", holds=np.full(2, "abc")),
        "full_complex": make(
            ch5mpy.full, (2,), 1j, dtype=np.complex128, holds=np.full(2, 1j)),
        "full_contiguous": make(
            ch5mpy.full, (5,), 3, dtype="i2", chunks=False, holds=np.full(5, 3, "i2")),
        "full_chunks": make(
            ch5mpy.full, (5,), 3.0, chunks=(2,), maxshape=(10,), holds=np.full(5, 3.0)),
        "zeros_0": make(ch5mpy.zeros, (0, 2), holds=np.zeros((0, 2))),
        "ones_large": make(ch5mpy.ones, (300, 200), holds=np.ones((300, 200))),
    }


def attributes():
    made = scalars() | pickles()
    # ch5mpy can't write empty bytes there, and writes NumPy's bytes as it does Python's
    for name in ("bytes_empty", "np_bytes", "np_void", "np_void_text"):
        del made[name]
    return made | {
        "bytes_long": bytes(range(256)), "int_big": 2**70,
        "np_str": np.str_("x\xe9"), "np_str_empty": np.str_(""),
        "np_timedelta64": np.timedelta64(3, "h"),
        "list_int": [1, 2], "list_float": [1.0, 2], "list_bool": [True, False], "list_empty": [],
        "list_str": ["a", "bc"], "tuple_str": ("a", "\xe9"), "list_str_empty": [""],
        "list_mixed": [1, "a"], "list_none": [None], "list_nested": [[1, 2], [3, 4]],
        "list_dict": [{"a": 1}], "tuple_int": (1, 2), "tuple_mixed": (1, None, "x"),
        "range": range(3), "dict": {"a": 1, "b": [1, 2.5, None]}, "dict_empty": {},
        "dict_keys": {1: "a", (1, 2): "b", None: "c"}, "slice": slice(None, 5, 2),
        "array_int": np.arange(3), "array_2d": np.eye(2), "array_be": np.arange(3, dtype=">i4"),
        "array_bool": np.array([True, False]), "array_S": np.array([b"a", b"bc"]),
        "array_U": np.array(["a", "bc"]), "array_U_2d": np.array([["a"], ["\xe9"]]),
        "array_object": np.array(["a"], object), "array_empty": np.zeros(0, "i4"),
        "array_0x3": np.zeros((0, 3)), "array_time": np.array(["2021-08-02", "NaT"], "M8[D]"),
        "array_record": np.array([(1, 2.5)], [("a", "<i4"), ("b", "<f8")]),
        "large": np.arange(float(LARGE)), "str_large": "y" * 10**6,
        "class": Point, "class_nested": Outer.Inner, "builtin_class": dict, "dtype": np.dtype("f4"),
        "decimal": decimal.Decimal("1.5"), "fraction": fractions.Fraction(1, 3),
        "point": Point(1, 2, ["t"]), "none_text": "None",
    }


# ----------------------------------------------------------------------------- what is read


def as_read(value):
    """The value that reading an object gives."""
    if isinstance(value, Options):
        return as_read(value.value)
    if isinstance(value, Made):
        return value.holds
    if isinstance(value, Stored):
        return value.value
    if isinstance(value, dict):
        return unfolded({k: as_read(v) for k, v in value.items()})
    if isinstance(value, Listed):
        return [as_read(v) for v in value]
    if isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic):
        return np.asarray(value)[()]
    if isinstance(value, (str, np.generic)) or not is_sequence(value):
        return value
    return as_text(np.array(value))


def is_sequence(value):
    return all(hasattr(value, name) for name in ("__len__", "__iter__", "__getitem__")) and (
        not isinstance(value, (str, bytes, bytearray)))


def as_text(array):
    """Objects are stored as text; the width of text is that of the longest."""
    if array.dtype == object:
        array = array.astype(str)
    if array.dtype.kind == "U":
        width = max([len(text) for text in array.reshape(-1).tolist()], default=0)
        array = array.astype(f"<U{max(width, 1)}")
    return array


def unfolded(made):
    """A dict with "a/b" for a key holds a dict."""
    out = {}
    for key, value in made.items():
        *groups, last = key.split("/")
        here = out
        for group in groups:
            here = here.setdefault(group, {})
        here[last] = value
    return out


def as_read_attribute(value):
    """The value that reading an attribute gives."""
    if isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic):
        return np.asarray(value)[()] if not isinstance(value, int) or value < 2**64 else value
    if isinstance(value, (list, tuple, range, bytearray)):
        if value and all(isinstance(v, str) for v in value):
            return np.array(value, object)
        array = np.array(value)
        return array if array.dtype.kind in "biufc" else value
    return value


# ----------------------------------------------------------------------------------- writing


class Report:
    """Prints the line of each object and attribute."""

    def line(self, path, attr, kind, expect, **more):
        print(dumps({"path": path, "attr": attr, "kind": kind, "expect": as_json(expect)} | more))

    def tree(self, path, value):
        """The lines of an object and of all below it."""
        kind = kind_of(value)
        read = as_read(value)
        if isinstance(value, Stored):
            self.stored(path, value)
            return
        more = {"class": class_of(value)} if kind == "pickle" else {}
        self.line(path, None, kind, read, **more)
        children = ()
        if isinstance(value, dict):
            children = unfolded(value).items()
        elif isinstance(value, Listed):
            children = enumerate(value)
        for name, child in children:
            self.tree(f"{path}/{name}", child)

    def stored(self, path, value):
        attributes = {k: as_read_attribute(v) for k, v in value.attributes.items()}
        self.line(
            path, None, "object", value.value,
            **{"class": class_of(value.value), "members": as_json(as_read(value.members)),
               "attributes": as_json(attributes)},
        )
        for name, attribute in attributes.items():
            self.line(path, name, "attribute", attribute)
        for name, child in value.members.items():
            self.tree(f"{path}/{name}", child)


def class_of(value):
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def kind_of(value):
    if isinstance(value, Options):
        value = value.value
    if isinstance(value, dict):
        return "dict"
    if isinstance(value, Listed):
        return "list"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Made):
        return "created"
    if isinstance(value, (bool, int, float, complex)) or isinstance(value, np.number):
        return "scalar"
    return "array" if is_sequence(value) and not isinstance(value, np.generic) else "pickle"


def writable(value):
    """What ch5mpy is given so that it writes the value."""
    if isinstance(value, Listed):
        return ch5mpy.H5List.defer([writable(v) for v in value])
    if isinstance(value, dict):
        return type(value)((k, writable(v)) for k, v in value.items())
    if isinstance(value, Stored):
        return value.value
    return value.defer() if isinstance(value, Made) else value


def write(group, name, value):
    if isinstance(value, Made):
        value.write(group, name)
    elif isinstance(value, Listed):
        ch5mpy.H5List.write([writable(v) for v in value], group, name)
    elif isinstance(value, Options):
        ch5mpy.write_object(value.value, group, name, **value.options)
    else:
        ch5mpy.write_object(writable(value), group, name)


def write_all(file, report):
    sections = (scalars, pickles, sequences, arrays, dicts, lists, objects, created)
    for section in sections:
        group = file.create_group(section.__name__)
        for name, value in section().items():
            write(group, name, value)
            report.tree(f"/{section.__name__}/{name}", value)


def write_attributes(file, report):
    group = file.create_group("attributes", track_order=True)
    for name, value in attributes().items():
        group.attrs[name] = value
        read = as_read_attribute(value)
        more = {} if isinstance(as_json(read), (dict, list)) else {"class": class_of(read)}
        report.line("/attributes", name, "attribute", read, **more)
    few = {"unit": "mm", "none": None, "int": 1, "list": ["a"], "set": {1}}
    for path in ("/", "/arrays/two_d", "/scalars/int", "/lists/twelve", "/dicts/flat"):
        for name, value in few.items():
            file[path].attrs[name] = value
            report.line(path, name, "attribute", as_read_attribute(value))


# ---------------------------------------------------------------- what h5py alone can write


def native_values(file):
    """(name, value, dtype, value as read) of the types that HDF5 has and ch5mpy makes no use of."""
    color = h5py.enum_dtype({"RED": 1, "GREEN": 2}, "u1")
    record = np.dtype([("a", "<i4"), ("b", "<f8"), ("s", "S3")])
    records = np.array([(1, 2.5, b"x"), (-1, np.nan, b"abc")], record)
    ragged = np.empty(2, object)
    ragged[:] = [np.array([1, 2], "i4"), np.array([3], "i4")]
    days = np.array(["2021-08-02", "NaT"], "M8[D]")
    row = np.dtype(("<i4", (3,)))
    fixed = h5py.string_dtype("utf-8", 4)
    return [
        ("vlen", ragged, h5py.vlen_dtype("i4"), ragged),
        ("vlen_str", np.array(["a", "\xe9"], object), h5py.string_dtype(), None),
        ("vlen_ascii", np.array(["a", "b"], object), h5py.string_dtype("ascii"), None),
        ("fixed_utf8", np.array([b"a", "\xe9".encode()], fixed), fixed, None),
        ("enum", np.array([1, 2, 1], "u1"), color, np.array([1, 2, 1], "u1")),
        ("enum_scalar", np.uint8(2), color, np.uint8(2)),
        ("compound", records, record, records),
        ("compound_scalar", records[0], record, records[0]),
        ("array_type", np.arange(6, dtype="i4").reshape(2, 3), row, None),
        ("opaque_time", days.astype(h5py.opaque_dtype(days.dtype)), None, days),
        ("bool", np.array([True, False]), None, None),
        ("bool_scalar", np.True_, None, None),
        ("be_float", np.array([1.5], ">f4"), None, None),
    ]


def write_native(file, report):
    """Attributes and datasets that h5py writes by itself."""
    group = file.create_group("native")
    raw = h5py.Group(group.id)
    for name, value, dtype, read in native_values(file):
        read = value if read is None else read
        raw.attrs.create(name, value, dtype=dtype)
        report.line("/native", name, "native", read)
        dtype = dtype or raw.attrs.get_id(name).dtype
        raw.create_dataset(name, shape_for(value, dtype), dtype)[...] = value
        report.line(f"/native/{name}", None, "native", as_dataset(read))
    write_void(raw, report)
    write_references(file, raw, report)


def as_dataset(read):
    """Text is text, also in a dataset that says nothing of its dtype."""
    is_text = isinstance(read, np.ndarray) and read.dtype == object and isinstance(read[0], str)
    return as_text(read) if is_text else read


def shape_for(value, dtype):
    """The dataspace's shape: an array datatype holds the last axes of the value."""
    shape = np.shape(value)
    return shape[: len(shape) - len(dtype.shape)]


def write_void(raw, report):
    """Empty dataspaces and opaque bytes under a tag."""
    raw.attrs["empty"] = h5py.Empty("f8")
    raw["empty"] = h5py.Empty("f8")
    for path, attr in (("/native", "empty"), ("/native/empty", None)):
        report.line(path, attr, "empty", h5py.Empty(np.dtype("f8")))
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    tagged = h5py.h5t.create(h5py.h5t.OPAQUE, 3)
    tagged.set_tag(b"a tag")
    attribute = h5py.h5a.create(raw.id, b"opaque_tag", tagged, space)
    attribute.write(np.array(np.void(b"\x01\x02\xff")), mtype=tagged)
    report.line("/native", "opaque_tag", "opaque", np.void(b"\x01\x02\xff"))


def write_references(file, raw, report):
    target = "/arrays/two_d"
    region = file[target].regionref[0, :2]
    raw.attrs["reference"] = file[target].ref
    raw.attrs["region"] = region
    raw.attrs["references"] = np.array([file[target].ref, raw.ref], h5py.ref_dtype)
    raw.create_dataset("references", data=np.array([file[target].ref, raw.ref], h5py.ref_dtype))
    both = np.array([file[target].ref, raw.ref], object)
    report.line("/native", "reference", "reference", file[target].ref, target=target)
    report.line("/native", "region", "reference", region, target=target)
    for path, attr in (("/native", "references"), ("/native/references", None)):
        report.line(path, attr, "reference", both, target=[target, "/native"])


def main(argv):
    if len(argv) != 1:
        sys.exit(__doc__)
    report = Report()
    with ch5mpy.File(argv[0], ch5mpy.H5Mode.WRITE_TRUNCATE) as file:
        write_all(file, report)
        write_attributes(file, report)
        write_native(file, report)


if __name__ == "__main__":
    main(sys.argv[1:])
