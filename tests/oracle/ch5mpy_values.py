"""Values that are written alike in Python, with ch5mpy, and in the program's language.

usage: ch5mpy_values.py list
       ch5mpy_values.py write OUT.h5
       ch5mpy_values.py attrs OUT.h5

list prints name, a tab and the expression, one a line. write stores each in the root of a new
file with ch5mpy's write_object, attrs each as an attribute of the order-tracked group
"attributes"; both print a JSON line {"name": ..., "fails": ...} for what ch5mpy refuses, and
leave nothing of it in the file. layout.py shows how they came to lie there.
"""

import sys
import warnings

import ch5mpy
import numpy as np

from compare import dumps

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
)
SWAPPED = (">i2", ">i4", ">i8", ">u2", ">u4", ">u8", ">f2", ">f4", ">f8", ">c8", ">c16")

VALUES = [
    # scalars
    ("true", "True"),
    ("false", "False"),
    ("int", "42"),
    ("int_zero", "0"),
    ("int_negative", "-7"),
    ("int_max", "9223372036854775807"),
    ("int_min", "-9223372036854775808"),
    ("int_2_63", "9223372036854775808"),
    ("int_2_64", "18446744073709551615"),
    ("int_large", "18446744073709551616"),
    ("int_larger", "-9223372036854775809"),
    ("int_power", "2**70"),
    ("float", "2.5"),
    ("float_whole", "1.0"),
    ("float_negative_zero", "-0.0"),
    ("float_tiny", "5e-324"),
    ("float_huge", "1e308"),
    ("nan", "float('nan')"),
    ("inf", "float('inf')"),
    ("minus_inf", "-np.inf"),
    ("complex", "1+2j"),
    ("complex_negative", "-2.5j"),
    ("str", "'hello'"),
    ("str_empty", "''"),
    ("str_unicode", "'h\xe9llo \u2603 \U0001d11e'"),
    ("str_escapes", r"'a\nb\t\\ \'x\' \"y\"'"),
    ("str_nul", r"'a\x00b'"),
    ("str_nul_last", r"'ab\x00'"),
    ("str_long", "'ab' * 5000"),
    ("str_none", "'None'"),
    ("str_sentinel", "'__h5_NONE__'"),
    # what is pickled
    ("none", "None"),
    ("bytes", r"b'abc\x00\xff'"),
    ("bytes_empty", "b''"),
    ("bytes_long", "b'ab' * 200"),
    ("set", "{1}"),
    ("set_ints", "{1, 2, 3}"),
    ("set_empty", "set()"),
    ("set_str", "{'a'}"),
    ("frozenset", "frozenset({1})"),
    ("slice", "slice(1, 2, None)"),
    ("slice_none", "slice(None, None, None)"),
    ("ellipsis", "..."),
    ("np_bool", "np.bool_(True)"),
    ("np_bytes", "np.bytes_(b'ab')"),
    ("np_str", "np.str_('ab')"),
    ("np_datetime64", "np.datetime64('2021-08-02')"),
    ("np_datetime64_s", "np.datetime64('2021-08-02T03:04:05')"),
    ("np_datetime64_nat", "np.datetime64('NaT')"),
    ("np_timedelta64", "np.timedelta64(3, 'h')"),
    # NumPy's numbers
    ("np_i1", "np.int8(-3)"),
    ("np_i2", "np.int16(-3)"),
    ("np_i4", "np.int32(-3)"),
    ("np_i8", "np.int64(-3)"),
    ("np_u1", "np.uint8(3)"),
    ("np_u2", "np.uint16(3)"),
    ("np_u4", "np.uint32(3)"),
    ("np_u8", "np.uint64(3)"),
    ("np_f2", "np.float16(0.1)"),
    ("np_f4", "np.float32(3)"),
    ("np_f8", "np.float64(3)"),
    ("np_c8", "np.complex64(1+2j)"),
    ("np_c16", "np.complex128(1+2j)"),
    ("np_f4_nan", "np.float32('nan')"),
    # sequences
    ("list_int", "[1, 2, 3]"),
    ("list_empty", "[]"),
    ("list_float", "[1.5, 2.0]"),
    ("list_int_float", "[1, 2.5]"),
    ("list_bool", "[True, False]"),
    ("list_bool_int", "[True, 2]"),
    ("list_complex", "[1j, 2]"),
    ("list_str", "['blue', 'red', 'yellow']"),
    ("list_str_empty", "['', '']"),
    ("list_str_unicode", "['\xe9', '\u2603\u2603']"),
    ("list_bytes", "[b'a', b'bcd']"),
    ("list_nan", "[1.0, float('nan')]"),
    ("list_mixed", "[1, 'a', 2.5]"),
    ("list_none", "[None, None]"),
    ("list_str_none", "['a', None]"),
    ("list_dict", "[{'a': 1}, {'b': 2}]"),
    ("list_big", "[2**70, 1]"),
    ("list_uint64", "[9223372036854775808]"),
    ("list_nested", "[[1, 2], [3, 4]]"),
    ("list_nested_str", "[['a', 'bb'], ['ccc', 'd']]"),
    ("list_nested_empty", "[[], []]"),
    ("list_ragged", "[[1], [2, 3]]"),
    ("list_np", "[np.float32(1), np.float32(2)]"),
    ("tuple", "(1, 2, 3)"),
    ("tuple_empty", "()"),
    ("tuple_one", "(1.5,)"),
    ("tuple_str", "('a', 'b')"),
    ("tuple_mixed", "(1, 'a')"),
    ("range", "range(5)"),
    ("range_step", "range(10, 0, -3)"),
    ("range_empty", "range(0)"),
    # arrays of every dtype
    *((f"arange_{name}", f"np.arange(2, dtype='{name}')" if name == "bool" else
       f"np.arange(3, dtype='{name}')") for name in DTYPES),
    *((f"swapped_{name[1:]}", f"np.arange(3, dtype='{name}')") for name in SWAPPED),
    ("swapped_dtype", "np.array([1, 2], dtype=np.dtype('>i4'))"),
    ("extremes_i8", "np.array([-9223372036854775808, 9223372036854775807])"),
    ("extremes_u8", "np.array([0, 18446744073709551615], dtype='u8')"),
    ("extremes_f4", "np.array([0.1, 3e38, -np.inf], dtype='f4')"),
    ("nan_inf", "np.array([np.nan, np.inf, -np.inf])"),
    ("bools", "np.array([True, False, True])"),
    ("arr_u6", "np.array(['blue','red','yellow'])"),
    ("arr_u6_wide", "np.array(['a', 'b'], dtype='<U6')"),
    ("arr_u_2d", "np.array([['a', 'bb'], ['ccc', 'd']])"),
    ("arr_u_unicode", "np.array(['\xe9', '\u2603b'])"),
    ("arr_u_empty", "np.zeros(0, dtype='<U3')"),
    ("arr_u_swapped", "np.array(['a', 'bc'], dtype='>U2')"),
    ("arr_s3", "np.array([b'a', b'bcd'])"),
    ("arr_s_wide", "np.array([b'a'], dtype='S5')"),
    ("arr_s_empty", "np.zeros(0, dtype='S4')"),
    ("arr_s_nul", r"np.array([b'a\x00b', b'\xff'])"),
    ("arr_void", "np.array([b'abcd', b'efgh'], dtype='V4')"),
    ("arr_object_str", "np.array(['a', 'bcd'], dtype=object)"),
    ("arr_object", "np.array(['a', 1, None], dtype=object)"),
    ("arr_datetime", "np.array(['2021-08-02', 'NaT'], dtype='datetime64[D]')"),
    ("arr_timedelta", "np.array([1, 2], dtype='timedelta64[s]')"),
    ("arr_record", "np.array([(1, 2.5)], dtype=[('a', '<i4'), ('b', '<f8')])"),
    ("arr_0d", "np.array(5)"),
    ("arr_empty", "np.zeros(0)"),
    ("arr_0x3", "np.zeros((0, 3))"),
    ("arr_one", "np.array([7])"),
    ("arr_2d", "np.arange(6.0).reshape(2, 3)"),
    ("arr_3d", "np.arange(24).reshape(2, 3, 4)"),
    ("arr_4d", "np.arange(24).reshape(2, 1, 3, 4)"),
    ("arr_t", "np.arange(6).reshape(2, 3).T"),
    ("arr_step", "np.arange(20)[::-3]"),
    ("arr_sum", "np.arange(3) + 0.5"),
    ("arr_large", "np.arange(100000.0)"),
    ("arr_large_2d", "np.ones((300, 200))"),
    ("arr_large_i2", "np.zeros((100, 100, 10), dtype='i2')"),
    ("arr_large_str", "np.full(5000, 'abc')"),
    # dicts
    ("dict", "{'z': 1, 'a': 2.5, 'm': 's'}"),
    ("dict_empty", "{}"),
    ("dict_nested", "{'b': {'c': {'d': [1, 2]}, 'e': None}, 'a': True}"),
    ("dict_nested_empty", "{'a': {}, 'b': {'c': {}}}"),
    ("dict_unicode", "{'\xe9\u2603': 1, 'x': {'\xfc': '\xe9'}}"),
    ("dict_dotted", "{'a.b': 1, '.c': 2, 'd.': 3}"),
    ("dict_slash", "{'a/b': 1, 'a/c': 2}"),
    ("dict_odd", "{'with space': 1, '[0]': 2, '0': 3, '-': 4}"),
    ("dict_values", "{'n': None, 'b': b'x', 's': {1}, 'l': [], 't': (1, 2), 'r': range(2)}"),
    ("dict_arrays", "{'x': np.arange(3), 'y': np.array(['a', 'b']), 'z': np.float32(1)}"),
    ("dict_int_key", "{1: 'a'}"),
    ("dict_none_key", "{None: 1}"),
    ("dict_empty_key", "{'': 1}"),
    ("dict_dot_key", "{'.': 1}"),
    ("dict_mixed_keys", "{'a': 1, 2: 'b'}"),
    # NumPy's and Python's types
    ("class_int", "int"),
    ("class_np", "np.float32"),
    ("dtype", "np.dtype('f4')"),
    ("dtype_swapped", "np.dtype('>i4')"),
]


def refuse(name, error):
    text = " ".join(str(error).split())
    print(dumps({"name": name, "fails": f"{type(error).__name__}: {text}"[:300]}))


def write(path):
    with ch5mpy.File(path, ch5mpy.H5Mode.WRITE_TRUNCATE) as file:
        for name, code in VALUES:
            try:
                ch5mpy.write_object(eval(code, {"np": np}), file, name)
            except Exception as error:
                refuse(name, error)
                if name in file:
                    del file[name]


def write_attributes(path):
    with ch5mpy.File(path, ch5mpy.H5Mode.WRITE_TRUNCATE) as file:
        attrs = file.create_group("attributes", track_order=True).attrs
        for name, code in VALUES:
            try:
                attrs[name] = eval(code, {"np": np})
            except Exception as error:
                refuse(name, error)
                if name in attrs:
                    del attrs[name]


def main(argv):
    warnings.simplefilter("ignore")
    if argv == ["list"]:
        for name, code in VALUES:
            print(f"{name}\t{code}")
    elif len(argv) == 2 and argv[0] == "write":
        write(argv[1])
    elif len(argv) == 2 and argv[0] == "attrs":
        write_attributes(argv[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
