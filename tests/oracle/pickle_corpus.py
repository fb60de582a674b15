"""Writes the corpus: NAME.pPROTO.pickle, NAME.repr, and `names`: a line `NAME FLAGS` for each.

    python corpus.py write DIR     the corpus
    python corpus.py check DIR     loads NAME.ours.pickle and compares it with the value

Flags: B encoding what protocol 5 decodes to gives the same bytes; R repr is Python's; P all
protocols decode to the same value.
"""
import collections
import datetime as dt
import decimal
import fractions
import operator
import os
import pathlib
import pickle
import sys
import uuid
import zoneinfo

import numpy as np

import corpus_classes as c

CORPUS = []


def add(name, value, flags="BRP"):
    CORPUS.append((name, value, flags))


add("none", None)
add("true", True)
add("false", False)
for n in [0, 1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**63, 2**64, 2**100, 10**600, 2**2100,
          -1, -255, -32768, -(2**31), -(2**31) - 1, -(2**63), -(2**63) - 1, -(2**127), -(2**2100), 128, -128, 32767, 32768]:
    add(f"int_{len(CORPUS)}", n)
for f in [0.0, -0.0, 1.0, 1.5, 0.1, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, 1.5e-7, 1e22, 1e100,
          1.7976931348623157e308, 5e-324, float("inf"), float("-inf"), 3.141592653589793, 100.0, 9999999999999998.0]:
    add(f"float_{len(CORPUS)}", f)
add("nan", float("nan"))
for z in [1 + 2j, 1j, -1j, complex(-0.0, 1), complex(0.0, -0.0), complex(1e16, 1e-5), complex(float("nan"), float("inf")), complex(1.5, -2.5)]:
    add(f"complex_{len(CORPUS)}", z)
add("str_empty", "")
add("str_a", "a")
add("str_plain", "hello")
add("str_quotes", "it's")
add("str_both", "it's \"quoted\"")
add("str_escapes", "a\tb\nc\rd\\e\x00\x1b\x7f")
add("str_latin", "é\xa0\xad\xff")
add("str_wide", "日本語€\u200b\u2028\ue000\U0001f600\U000e0001")
add("str_combining", "e\u0301\u0301")
add("str_255", "x" * 255)
add("str_256", "x" * 256)
add("str_70k", "y" * 70_000)
add("str_big_list", ["s" * 70_000, "t", "u" * 65_535, "v" * 65_536, "w" * 65_535])
add("bytes_empty", b"")
add("bytes_1", b"a")
add("bytes_all", bytes(range(256)))
add("bytes_quotes", b"it's")
add("bytes_70k", b"z" * 70_000)
add("bytes_255", b"z" * 255)
add("bytearray", bytearray(b"abc\x00\xff"))
add("bytearray_empty", bytearray())
add("bytearray_70k", bytearray(b"q" * 70_000))
add("list_empty", [])
add("list_one", [None])
add("list_mixed", [1, "a", 2.5, None, True, b"x"])
for n in [999, 1000, 1001, 2000, 2001, 40_000]:
    add(f"list_{n}", list(range(n)))
    add(f"dict_{n}", {i: str(i) for i in range(n)})
add("list_floats", [i / 7 for i in range(30_000)])
add("set_1000", set(range(1000)))
add("set_1001", set(range(1001)))
add("tuple_empty", ())
add("tuple_1", (1,))
add("tuple_2", (1, 2))
add("tuple_3", (1, 2, 3))
add("tuple_4", (1, 2, 3, 4))
add("dict_empty", {})
add("dict_one", {"a": "s"})
add("dict_mixed", {"a": 1, 2: [3], (4, 5): {"b": None}})
add("set_empty", set())
add("set_one", {1})
add("frozenset_empty", frozenset())
add("frozenset_one", frozenset(["only"]))
add("frozenset_nested", {frozenset([1]), })
add("slice", slice(1, 2))
add("slice_3", slice(None, "a", -1))
add("range", range(3))
add("range_step", range(10, 0, -3))
add("range_big", range(2**70))
add("ellipsis", ...)
add("notimplemented", NotImplemented)
add("ellipses", [..., NotImplemented, int, ...])
shared = ["shared"]
add("shared_list", [shared, shared, {"k": shared}])
word = "".join(["wo", "rd"])
add("shared_str", [word, word, (word,), {word: word}])
add("shared_tuple", [(1, 2)] * 3)
add("shared_chars", ["a", "b", "a", "é", "é", "", "", b"", b"", b"z", b"z"])
add("shared_many", [[str(i) for i in range(400)]] + [str(7)] * 3)
many = [object for _ in range(3)] + [[i] for i in range(300)]
add("shared_long_binget", many + many[200:])
s = slice(1, 2)
add("shared_slice", [s, s, range(4), range(4)])
deep = []
for _ in range(100):
    deep = [deep]
add("deep", deep)
add("nested", {"a": [1, (2, {"b": {3, }})], "c": {"d": {"e": [[], {}, ()]}}})
add("date", dt.date(2021, 8, 2))
add("datetime", dt.datetime(2021, 8, 2, 3, 4, 5))
add("datetime_us", dt.datetime(2021, 8, 2, 3, 4, 5, 678))
add("datetime_zero", dt.datetime(1, 1, 1))
add("datetime_fold", dt.datetime(2021, 8, 2, 3, fold=1), "BR")
add("datetime_utc", dt.datetime(2021, 8, 2, tzinfo=dt.timezone.utc))
add("datetime_tz", dt.datetime(2021, 8, 2, 1, 2, 3, 4, tzinfo=dt.timezone(dt.timedelta(hours=-5, minutes=-30))))
add("datetime_tz_fold", dt.datetime(2021, 8, 2, 1, fold=1, tzinfo=dt.timezone(dt.timedelta(hours=2), "CEST")), "BR")
add("datetime_zoneinfo", dt.datetime(2021, 8, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), "B")
add("datetimes", [dt.datetime(2021, 8, i) for i in range(1, 5)] + [dt.date(2021, 1, 1), "datetime"])
add("datetime_attr", c.Plain(datetime=dt.datetime(2021, 8, 2), date=dt.date(2021, 1, 2)), "BP")
add("time", dt.time(1, 2))
add("time_fold", dt.time(1, 2, 3, 4, fold=1), "BR")
add("time_tz", dt.time(1, 2, tzinfo=dt.timezone.utc))
for d in [dt.timedelta(1), dt.timedelta(0), dt.timedelta(-1, 5, 6), dt.timedelta(seconds=1.5), dt.timedelta.max, dt.timedelta.min]:
    add(f"timedelta_{len(CORPUS)}", d)
add("timezone", dt.timezone(dt.timedelta(hours=1), "X"))
add("timezone_utc", dt.timezone.utc)
add("decimal", decimal.Decimal("1.50"))
add("decimal_exp", decimal.Decimal("-1E+50"))
add("decimal_nan", decimal.Decimal("NaN"))
add("fraction", fractions.Fraction(-1, 3))
add("uuid", uuid.UUID(int=5))
add("uuid_big", uuid.UUID("12345678-1234-5678-1234-567812345678"))
add("path_pure", pathlib.PurePosixPath("/a/b/x"))
add("path_posix", pathlib.Path("rel/file.h5"))
add("path_dot", pathlib.PurePosixPath("."))
add("path_twice", pathlib.PurePosixPath("/data/data"))
add("path_double", pathlib.PurePosixPath("//host/x"))
add("path_windows", pathlib.PureWindowsPath("C:\\dir\\file"))
add("path_windows_rel", pathlib.PureWindowsPath("dir\\file"))
add("enum", c.Color.RED, "BP")
add("enum_str", c.Color.GREEN, "BP")
add("enums", [c.Color.RED, c.Color.GREEN, c.Color.RED], "BP")
add("int_enum", c.Number.TWO, "BP")
add("flag", c.Perm.R | c.Perm.X, "BP")
add("flag_one", c.Perm.W, "BP")
add("int_flag", c.IntPerm.R, "BP")
add("enum_nested", c.Outer.Kind.A, "B")
add("class", c.Plain)
add("class_nested", c.Outer.Inner, "BR")
add("class_builtin", int)
add("classes", [int, list, dict, int, c.Plain, c.Slots, dt.datetime, dt.date, collections.OrderedDict])
add("none_type", type(None), "BP")
add("function", c.function, "BP")
add("function_builtin", len, "BP")
add("method", "abc".upper, "B")
add("instance", c.Plain(_v=5.0), "BP")
add("instance_empty", c.Plain(), "BP")
add("instances", [c.Plain(a=1, b="x"), c.Plain(b=2, a="x"), c.Slots(1, 2), c.Slots(3, 4)], "B")
add("instance_nested", c.Plain(child=c.Plain(child=None, name="in"), name="out"), "BP")
add("inner", c.Outer.Inner(), "BP")
add("slots", c.Slots(1, "b"), "B")
add("slots_dict", c.SlotsAndDict(1, 2, 3), "B")
add("namedtuple", c.Point(1, 2), "B")
add("dataclass", c.Data("n", [1, 2]), "BP")
add("dataclass_frozen", c.Frozen(7), "BP")
add("my_list", c.MyList([1, 2]), "BP")
add("my_list_1", c.MyList([1]), "BP")
add("my_list_1001", c.MyList(range(1001)), "BP")
add("my_list_2000", c.MyList(range(2000)), "BP")
add("my_dict", c.MyDict(a=1), "BP")
add("my_dict_1001", c.MyDict((i, i) for i in range(1001)), "BP")
add("my_str", c.MyStr("text"), "B")
add("my_int", c.MyInt(5), "BP")
add("my_set", c.MySet([1]), "BP")
add("newargs_ex", c.NewArgs(key=3), "B")
add("custom_state", c.CustomState(3), "BP")
add("setter", c.Setter(z=5), "BP")
add("ordereddict", collections.OrderedDict(a=1, b=[2]), "BRP")
add("ordereddict_empty", collections.OrderedDict(), "BRP")
add("defaultdict", collections.defaultdict(list, a=[1]), "BRP")
add("deque", collections.deque([1, 2]), "BRP")
add("deque_max", collections.deque([1, 2], 5), "BRP")
add("counter", collections.Counter("abracadabra"), "BRP")
add("exception", ValueError("bad", 3), "BRP")
add("exception_own", c.BadError("x"), "BP")
add("exception_os", FileNotFoundError(2, "No such file", "f"), "B")
exc = KeyError("k")
exc.extra = 5
add("exception_state", exc, "BP")
add("partial", __import__("functools").partial(c.function, 1, a=2), "B")
add("itemgetter", operator.itemgetter(1, 2), "B")
add("regex", __import__("re").compile("a+b"), "B")
add("mixed", [c.Color.RED, dt.date(2021, 1, 1), decimal.Decimal(1), uuid.UUID(int=1), uuid.UUID(int=2), pathlib.PurePosixPath("a/b")], "BP")
big = [c.Plain(index=i, name=f"n{i}", when=dt.date(2021, 1, 1 + i % 28)) for i in range(3000)]
add("big_instances", big, "BP")

for t in ["?", "i1", "u1", "<i2", ">i2", "<u4", "<i8", ">i8", "<u8", "<f2", "<f4", "<f8", ">f8", "<c8", "<c16", "g", "G"]:
    a = np.arange(6).astype(t)
    add(f"np_array_{len(CORPUS)}_{np.dtype(t).name}", a, "P")
    add(f"np_2d_{len(CORPUS)}", np.asfortranarray(a.reshape(2, 3)), "P")
    add(f"np_scalar_{len(CORPUS)}_{np.dtype(t).name}", a[1], "P" if t[0] in "?gG>" else "PR" if t != "<f2" else "P")
    add(f"np_dtype_{len(CORPUS)}", np.dtype(t), "P" if t in "gG" or t[0] == ">" else "PR")
add("np_str", np.str_("ab"), "PR")
add("np_str_nul", np.str_("a\x00b"), "PR")
add("np_bytes", np.bytes_(b"ab"), "PR")
add("np_void", np.void(b"\x00\x01"), "P")
add("np_true", np.True_, "PR")
add("np_dt64", np.datetime64("2020-01-01"), "PR")
add("np_dt64_us", np.datetime64("2020-01-01T01:02:03.000004"), "PR")
add("np_dt64_nat", np.datetime64("NaT"), "PR")
add("np_dt64_y", np.datetime64("1999", "Y"), "PR")
add("np_td64", np.timedelta64(5, "D"), "PR")
add("np_td64_10us", np.timedelta64(5, "10us"), "P")
add("np_arr_dt64", np.array(["2020-01-01", "NaT"], "M8[D]"), "P")
add("np_arr_dt64_be", np.array(["2020-01-01", "NaT"], ">M8[10us]"), "P")
add("np_arr_td64", np.array([1, 2], "m8[s]"), "P")
add("np_arr_td64_generic", np.array([1, 2], "m8"), "P")
add("np_arr_U", np.array(["a", "bcd", "日"]), "P")
add("np_arr_U_be", np.array(["a", "bcd"], dtype=">U4"), "P")
add("np_arr_S", np.array([b"a", b"bcd"]), "P")
add("np_arr_V", np.array([b"ab", b"cd"], dtype="V2"), "P")
add("np_arr_0d", np.array(1.5), "P")
add("np_arr_empty", np.zeros((0, 3)), "P")
add("np_arr_empty_1", np.array([], dtype="U1"), "P")
add("np_arr_U0", np.array(["", ""], dtype="U0"), "P")
add("np_arr_strided", np.arange(12).reshape(3, 4)[::2, ::-1], "P")
add("np_arr_3d", np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1), "")
add("np_arr_5d", np.arange(32).reshape(2, 2, 2, 2, 2), "P")
add("np_arr_big", np.arange(20_000), "P")
add("np_arr_object", np.array([1, "a", None, [2]], dtype=object), "P")
add("np_arr_object_2d", np.asfortranarray(np.array([[1, "a"], [None, 2.5]], dtype=object)), "P")
add("np_arr_object_0d", np.array({"a": 1}, dtype=object), "P")
struct = np.dtype([("a", "<i4"), ("b", "<f8", (2,)), ("c", "S3"), ("d", [("e", ">u2"), ("f", "U2")])])
add("np_struct", np.zeros(3, struct), "P")
add("np_struct_scalar", np.ones(1, struct)[0], "P")
add("np_struct_dtype", struct, "P")
add("np_struct_simple", np.dtype([("a", "<i4"), ("b", "<f8", (2,))]), "PR")
add("np_struct_aligned", np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)), "P")
add("np_struct_aligned_dtype", np.dtype([("a", "i1"), ("b", "f8")], align=True), "P")
add("np_struct_titles", np.dtype([(("T", "a"), "<i4"), ("b", "<i4")]), "PR")
add("np_struct_object", np.array([(1, "x")], dtype=[("a", "i4"), ("o", "O")]), "P")
add("np_struct_empty", np.dtype([]), "P")
add("np_struct_sub", np.zeros(2, np.dtype([("s", [("x", "i2"), ("y", "f4")], (2, 2))])), "P")
add("np_sub_dtype", np.dtype(("<f8", (2, 3))), "P")
add("np_metadata", np.dtype("f8", metadata={"k": 1}), "P")
add("np_dt64_dtype", np.dtype("<M8[25s]"), "PR")
add("np_arrays", [np.arange(3), np.arange(3.0), np.arange(2), np.float64(2), np.float64(3)], "P")
same = np.arange(4)
add("np_shared", [same, same], "P")
add("np_matrix", np.matrix([[1, 2], [3, 4]]), "P")
add("np_recarray", np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "P")
add("np_masked", np.ma.array([1, 2, 3], mask=[0, 1, 0]), "")
add("np_ufunc", np.add, "")
add("np_random", np.random.RandomState(0), "")
add("np_mixed", {"x": np.arange(3), "y": [np.int64(1), np.str_("a")], "t": np.dtype("U3")}, "P")


def iso(value):
    """The text that show::iso should give."""
    if isinstance(value, (dt.date, dt.time)) and not isinstance(getattr(value, "tzinfo", None), zoneinfo.ZoneInfo):
        return value.isoformat()
    if isinstance(value, (dt.timedelta, dt.timezone, decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PurePath)):
        return str(value)
    return None


def same_value(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ma.MaskedArray):
        return np.array_equal(a.data, b.data) and np.array_equal(a.mask, b.mask)
    if isinstance(a, np.ndarray):
        if a.dtype != b.dtype or a.shape != b.shape:
            return False
        if (a.flags.c_contiguous or a.flags.f_contiguous) and a.strides != b.strides and a.size:
            return False
        if a.dtype.kind in "fc" and a.dtype.itemsize > 8:
            return np.array_equal(a, b)  # its padding is anything
        if a.dtype.hasobject:
            return a.tolist() == b.tolist()
        return a.tobytes() == b.tobytes() and (a.dtype.metadata or None) == (b.dtype.metadata or None)
    if isinstance(a, np.dtype):
        return (a == b and a.isalignedstruct == b.isalignedstruct and a.alignment == b.alignment
                and a.flags == b.flags and a.fields == b.fields and (a.metadata or None) == (b.metadata or None))
    if isinstance(a, np.generic):
        if a.dtype.char in "gG":
            return a.dtype == b.dtype and a == b
        return a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple, collections.deque)):
        return len(a) == len(b) and all(map(same_value, a, b)) and getattr(a, "maxlen", 0) == getattr(b, "maxlen", 0)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same_value(a[k], b[k]) for k in a)
    if isinstance(a, BaseException):
        return a.args == b.args and a.__dict__ == b.__dict__
    if isinstance(a, (float, complex)):
        return repr(a) == repr(b)
    if isinstance(a, decimal.Decimal):
        return str(a) == str(b)
    if isinstance(a, np.random.RandomState):
        return a.randint(1000) == b.randint(1000)
    if type(a).__name__ in ("partial",):
        return (a.func, a.args, a.keywords) == (b.func, b.args, b.keywords)
    if type(a).__name__ in ("itemgetter", "builtin_function_or_method"):
        return repr(a)[:30] == repr(b)[:30]
    return a == b


def main(mode, folder):
    names = [name for name, _, _ in CORPUS]
    assert len(names) == len(set(names))
    if mode == "write":
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "names"), "w") as f:
            f.writelines(f"{name} {flags or '-'}\n" for name, _, flags in CORPUS)
        for name, value, _ in CORPUS:
            for protocol in range(6):
                try:
                    data = pickle.dumps(value, protocol)
                except Exception:
                    assert protocol < 2, name
                    continue
                with open(os.path.join(folder, f"{name}.p{protocol}.pickle"), "wb") as f:
                    f.write(data)
            with open(os.path.join(folder, f"{name}.repr"), "w", encoding="utf-8", errors="surrogatepass", newline="") as f:
                f.write(repr(value))
            if iso(value) is not None:
                with open(os.path.join(folder, f"{name}.iso"), "w", encoding="utf-8") as f:
                    f.write(iso(value))
        return 0
    bad = 0
    for name, value, _ in CORPUS:
        path = os.path.join(folder, f"{name}.ours.pickle")
        try:
            with open(path, "rb") as f:
                ours = pickle.load(f)
            good = same_value(value, ours)
        except Exception as error:
            good, ours = False, repr(error)
        if not good:
            bad += 1
            print(f"{name}: {value!r:.200} became {ours!r:.200}")
    print(f"{len(CORPUS)} values, {bad} differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
