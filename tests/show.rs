//! Values as text, with Python as the judge.
//!
//! Each expression of `tests/oracle/show.txt` is evaluated by Python, which prints its `repr`,
//! `str` and JSON form and what it is made of; the value is made of the same and printed here.
//! Beside it: what printing a large array reads, datasets, and floats over all their range.

mod support;

use std::any::Any;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ch5tui::app::json;
use ch5tui::array::block::{Block, count};
use ch5tui::array::dtype::{Field, Struct};
use ch5tui::array::lazy::extent;
use ch5tui::array::{Array, Context, DType, Result, Settings, Source, Span};
use ch5tui::numpy::registry::{call, find};
use ch5tui::numpy::show::{dataset_repr, repr, str_of};
use ch5tui::numpy::value::{Type, to_item};
use ch5tui::numpy::{Class, Nd, Value};
use serde_json::Value as Json;
use support::{python, root, run_python};

fn context() -> Context {
    Context::new(Settings { threads: 2, memory: 2 << 20, ..Settings::default() })
}

fn text(json: &Json) -> &str {
    json.as_str().expect("text")
}

fn list(json: &Json) -> &[Json] {
    json.as_array().expect("a list")
}

fn size(json: &Json) -> usize {
    json.as_u64().expect("a size") as usize
}

fn bytes(hex: &Json) -> Vec<u8> {
    let hex = text(hex);
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex"))
        .collect()
}

fn float(hex: &Json) -> f64 {
    f64::from_be_bytes(bytes(hex).try_into().expect("eight bytes"))
}

/// A dtype as `describe` of the oracle gives it.
fn dtype(json: &Json) -> DType {
    let Some(fields) = json.get("fields") else {
        return DType::parse(text(json).trim_start_matches('|')).expect("a dtype");
    };
    let fields = list(fields)
        .iter()
        .map(|f| Field {
            name: text(&f[0]).into(),
            dtype: dtype(&f[1]),
            shape: list(&f[2]).iter().map(size).collect(),
            offset: size(&f[3]),
        })
        .collect();
    DType::Struct(Arc::new(Struct { fields, size: size(&json["size"]) }))
}

/// A value as `encode` of the oracle gives it.
fn value(json: &Json) -> Value {
    let items = |j: &Json| list(j).iter().map(value).collect::<Vec<_>>();
    match text(&json[0]) {
        "None" => Value::None,
        "Ellipsis" => Value::Ellipsis,
        "NotImplemented" => Value::NotImplemented,
        "bool" => Value::Bool(json[1].as_bool().expect("a bool")),
        "int" => Value::Int(text(&json[1]).parse().expect("digits")),
        "float" => Value::Float(float(&json[1])),
        "complex" => Value::Complex(float(&json[1]), float(&json[2])),
        "str" => Value::str(text(&json[1])),
        "bytes" => Value::Bytes(bytes(&json[1]).into()),
        "tuple" => Value::tuple(items(&json[1])),
        "list" => Value::list(items(&json[1])),
        "looped" => {
            let outer = Value::list(vec![Value::int(1)]);
            if let Value::List(l) = &outer {
                l.lock().push(outer.clone());
            }
            outer
        }
        "dict" => {
            let entries = list(&json[1]).iter().map(|e| (value(&e[0]), value(&e[1])));
            Value::dict(entries.collect()).expect("keys")
        }
        "set" => Value::set(items(&json[1])).expect("keys"),
        "slice" => Value::Slice(Arc::new([value(&json[1]), value(&json[2]), value(&json[3])])),
        "range" => {
            let n = |i: usize| json[i].as_i64().expect("a number");
            Value::Range(n(1), n(2), n(3))
        }
        "dtype" => Value::DType(dtype(&json[1])),
        "scalar type" => Value::Type(Type::Scalar(dtype(&json[1]))),
        "type" => Value::Type(Type::Named(Box::leak(text(&json[1]).to_string().into_boxed_str()))),
        "array" => {
            let shape: Vec<usize> = list(&json[3]).iter().map(size).collect();
            let block = match dtype(&json[2]) {
                DType::Object => {
                    let items = items(&json[4]).iter().map(to_item).collect::<Result<Vec<_>>>();
                    Block::of_items(shape, items.expect("items"))
                }
                dtype => {
                    let mut block = Block::zeros(dtype, shape);
                    block.bytes_mut().copy_from_slice(&bytes(&json[4]));
                    block
                }
            };
            let array = Array::of(block);
            Value::Array(match text(&json[1]) {
                "scalar" => Nd::scalar(array),
                "matrix" => Nd::new(array).with_class(Class::Matrix),
                "recarray" => Nd::new(array).with_class(Class::RecArray),
                "chararray" => Nd::new(array).with_class(Class::CharArray),
                _ => Nd::new(array),
            })
        }
        other => panic!("a value of kind {other}"),
    }
}

fn judged() -> Vec<Json> {
    let folder = root().join("tests/oracle");
    let out = Command::new(python())
        .arg(folder.join("show.py"))
        .arg(folder.join("show.txt"))
        .output()
        .expect("the oracle runs");
    assert!(out.status.success(), "{}", support::text(&out.stderr));
    support::text(&out.stdout)
        .lines()
        .map(|l| serde_json::from_str(l).expect("the oracle prints JSON"))
        .collect()
}

#[test]
fn values_print_as_python_prints_them() {
    let cases = judged();
    assert!(cases.len() > 250, "{} values", cases.len());
    let cx = context();
    let mut faults = String::new();
    for case in &cases {
        let v = value(&case["value"]);
        let ours = [("repr", repr(&v, &cx)), ("str", str_of(&v, &cx))];
        for (which, ours) in ours {
            let theirs = text(&case[which]);
            let ours = ours.unwrap_or_else(|e| e.to_string());
            if ours != theirs {
                faults += &format!("{which} of {}\n{ours}\n  Python:\n{theirs}\n\n", case["code"]);
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn values_are_written_as_json() {
    let cx = context();
    let mut faults = String::new();
    for case in judged() {
        let mut out = Vec::new();
        let done = json::write(&value(&case["value"]), &mut out, &cx);
        if text(&case["code"]) == "looped()" {
            assert!(done.is_err());
            continue;
        }
        let ours = support::text(&out);
        let same = done.is_ok()
            && !ours.contains('\n')
            && serde_json::from_str::<Json>(&ours).is_ok_and(|j| j == case["json"]);
        if !same {
            faults += &format!("{}\n{ours}\n  Python:\n{}\n\n", case["code"], case["json"]);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// The flat index of each element, computed when it is read; counts what is.
struct Counting {
    shape: Vec<usize>,
    read: Arc<AtomicUsize>,
}

impl Source for Counting {
    fn read(&self, region: &[Span], _: &Context) -> Result<Block> {
        let shape = extent(region);
        let n = count(&shape);
        self.read.fetch_add(n, Ordering::Relaxed);
        let mut numbers = Vec::with_capacity(n);
        for i in 0..n {
            let (mut rest, mut flat, mut step) = (i, 0, 1);
            for axis in (0..shape.len()).rev() {
                flat += region[axis].at(rest % shape[axis]) * step;
                rest /= shape[axis];
                step *= self.shape[axis];
            }
            numbers.push(flat as i64);
        }
        Ok(Block::of(DType::Int64, shape, &numbers))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn counting(shape: &[usize]) -> (Array, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let source = Counting { shape: shape.to_vec(), read: read.clone() };
    (Array::new(DType::Int64, shape.to_vec(), source), read)
}

#[test]
fn of_a_large_array_only_the_corners_are_read() {
    let (array, read) = counting(&[1_000_000, 1_000_000]);
    let shown = repr(&Value::array(array.clone()), &context()).expect("text");
    assert_eq!(read.load(Ordering::Relaxed), 36);
    let begins = "array([[           0,            1,            2, ...,       999997,\n";
    let ends = "        999999999998, 999999999999]], shape=(1000000, 1000000))";
    assert!(shown.starts_with(begins) && shown.ends_with(ends), "{shown}");
    dataset_repr(&array, &context()).expect("text");
    assert_eq!(read.load(Ordering::Relaxed), 72);
}

/// Printed by ch5mpy 0.5.2 for `np.arange(n).reshape(shape)`.
#[test]
fn datasets_print_as_ch5mpy_prints_them() {
    let cases: &[(&[usize], &str)] = &[
        (&[2, 3], "H5Array([[0, 1, 2],\n         [3, 4, 5]], shape=(2, 3), dtype=int64)"),
        (&[6], "H5Array([0, 1, 2, 3, 4, 5], shape=(6,), dtype=int64)"),
        (&[7], "H5Array([0, 1, 2, ..., 4, 5, 6], shape=(7,), dtype=int64)"),
        (&[0, 3], "H5Array([], shape=(0, 3), dtype=int64)"),
        (
            &[3, 1, 1],
            "H5Array([[[0]],\n\n         [[1]],\n\n         [[2]]], shape=(3, 1, 1), dtype=int64)",
        ),
        (
            &[7, 2, 8],
            concat!(
                "H5Array([[[0, 1, 2, ..., 5, 6, 7],\n          [8, 9, 10, ..., 13, 14, 15]],\n\n",
                "         [[16, 17, 18, ..., 21, 22, 23],\n",
                "                  [24, 25, 26, ..., 29, 30, 31]],\n\n",
                "         [[32, 33, 34, ..., 37, 38, 39],\n",
                "                  [40, 41, 42, ..., 45, 46, 47]],\n\n         ...,\n\n",
                "         [[64, 65, 66, ..., 69, 70, 71],\n",
                "                  [72, 73, 74, ..., 77, 78, 79]],\n\n",
                "         [[80, 81, 82, ..., 85, 86, 87],\n",
                "                  [88, 89, 90, ..., 93, 94, 95]],\n\n",
                "         [[96, 97, 98, ..., 101, 102, 103],\n",
                "                  [104, 105, 106, ..., 109, 110, 111]]], ",
                "shape=(7, 2, 8), dtype=int64)"
            ),
        ),
    ];
    for (shape, expected) in cases {
        let (array, _) = counting(shape);
        assert_eq!(dataset_repr(&array, &context()).expect("text"), *expected);
    }
    let floats = Block::of(DType::Float64, vec![4], &[1.5, f64::NAN, 1e-5, 1e17]);
    assert_eq!(
        dataset_repr(&Array::of(floats), &context()).expect("text"),
        "H5Array([1.5, nan, 1e-05, 1e+17], shape=(4,), dtype=float64)"
    );
}

#[test]
fn an_array_larger_than_the_memory_limit_is_written_as_json() {
    struct Length(usize);
    impl std::io::Write for Length {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (array, read) = counting(&[3000, 1000]);
    let mut out = Length(0);
    json::write(&Value::array(array), &mut out, &context()).expect("written");
    assert_eq!(read.load(Ordering::Relaxed), 3_000_000);
    let digits: usize = (0..3_000_000usize).map(|n| n.to_string().len()).sum();
    let head = "{\"dtype\": \"int64\", \"shape\": [3000, 1000], \"data\": }".len();
    assert_eq!(out.0, digits + head + 2 * (3_000_000 - 1) + 2 * 3000 + 2);
}

fn named(entries: &[(&str, Value)]) -> Vec<(String, Value)> {
    entries.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect()
}

/// Numbers of every size and width through the two functions that format floats, with options
/// that cut, pad and trim them in all ways.
#[test]
fn floats_are_formatted_as_numpy_formats_them() {
    let code = r#"
import json, random, struct, numpy as np
random.seed(7)
def pick():
    kind = random.choice("dfe")
    way = random.randrange(4)
    if way == 0:
        n = {"d": 8, "f": 4, "e": 2}[kind]
        x = struct.unpack("<" + kind, random.randbytes(n))[0]
    elif way == 1:
        x = random.randrange(-10**6, 10**6) / random.choice([1, 2, 8, 1024, 10, 1000, 7])
    elif way == 2:
        x = random.choice([5, 25, 15, 45, 1, 9, 99, 999]) * 2.0 ** random.randrange(-30, 60)
    else:
        x = random.choice([0.0, -0.0, np.inf, -np.inf, np.nan, 0.5, 1.5, 2.5, 9.995, 1e23, 9.5e22])
    with np.errstate(all="ignore"):
        return np.dtype(kind).type(x)
done = 0
while done < 20000:
    x, options = pick(), {}
    scientific = random.random() < 0.5
    if random.random() < 0.6: options["precision"] = random.randrange(0, 20)
    if random.random() < 0.3: options["unique"] = False
    if random.random() < 0.3: options["min_digits"] = random.randrange(0, 20)
    if random.random() < 0.5: options["trim"] = random.choice("k.0-")
    if random.random() < 0.2: options["sign"] = True
    if random.random() < 0.2: options["pad_left"] = random.randrange(0, 9)
    if scientific:
        if random.random() < 0.2: options["exp_digits"] = random.randrange(1, 5)
    else:
        if random.random() < 0.2: options["pad_right"] = random.randrange(0, 9)
        if random.random() < 0.3: options["fractional"] = False
    f = np.format_float_scientific if scientific else np.format_float_positional
    try: text = f(x, **options)
    except (ValueError, TypeError): continue
    done += 1
    print(json.dumps([f.__name__, x.dtype.char, float(x).hex(), x.tobytes().hex(), options, text]))
"#;
    let mut faults = String::new();
    for line in run_python(code, &[]).lines() {
        let case: Json = serde_json::from_str(line).expect("JSON");
        let mut block = Block::zeros(DType::parse(text(&case[1])).expect("a dtype"), Vec::new());
        block.bytes_mut().copy_from_slice(&bytes(&case[3]));
        let mut options = Vec::new();
        for (key, v) in case[4].as_object().expect("options") {
            let v = match v {
                Json::Bool(b) => Value::Bool(*b),
                Json::String(s) => Value::str(s),
                n => Value::int(n.as_i64().expect("a number")),
            };
            options.push((key.clone(), v));
        }
        let function = find(text(&case[0])).expect("a function");
        let x = Value::Array(Nd::scalar(Array::of(block)));
        let ours = match call(function, vec![x], options, &context()) {
            Ok(v) => v.as_str().expect("text"),
            Err(e) => e.to_string(),
        };
        if ours != text(&case[5]) {
            faults += &format!("{line}\n   {ours:?}\n");
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// Arrays of random shape, dtype and sizes under random options.
#[test]
fn arrays_are_formatted_as_numpy_formats_them() {
    let code = r#"
import json, random, numpy as np
random.seed(11)
rng = np.random.default_rng(3)
for _ in range(1500):
    shape = tuple(random.choice([1, 2, 3, 5, 8, 13]) for _ in range(random.choice([1, 1, 2, 2, 3])))
    dtype = random.choice(["i1", "i8", "u4", "?", "f2", "f4", "f8", "f8", "F", "D", "M8[h]", "m8[s]"])
    a = rng.standard_normal(shape) * 10.0 ** random.randrange(-6, 12)
    if random.random() < 0.4: a = np.round(a, random.randrange(0, 6))
    if random.random() < 0.3: a = a * 10.0 ** rng.integers(-8, 8, shape)
    with np.errstate(all="ignore"):
        if dtype in "FD": a = a + 1j * rng.permutation(a)
        if dtype[0] in "Mm": a = a.astype("i8") % 10**9
        a = a.astype(dtype)
        if dtype in ["f2", "f4", "f8", "F", "D"] and random.random() < 0.3:
            a.flat[rng.integers(0, a.size)] = random.choice([np.nan, np.inf, -np.inf, 0])
    o = {}
    if random.random() < 0.5: o["precision"] = random.randrange(0, 12)
    if random.random() < 0.5: o["threshold"] = random.choice([0, 5, 20, 100])
    if random.random() < 0.5: o["edgeitems"] = random.randrange(1, 5)
    if random.random() < 0.3: o["max_line_width"] = random.randrange(10, 120)
    if random.random() < 0.3: o["suppress_small"] = True
    if random.random() < 0.3: o["sign"] = random.choice("-+ ")
    if random.random() < 0.4: o["floatmode"] = random.choice(["fixed", "unique", "maxprec", "maxprec_equal"])
    if random.random() < 0.3: o["separator"] = random.choice([",", ", ", " ", ";"])
    if random.random() < 0.2: o["prefix"] = "array("; o["suffix"] = ")"
    print(json.dumps([a.dtype.str, shape, a.tobytes().hex(), o, np.array2string(a, **o)]))
"#;
    let mut faults = String::new();
    let function = find("array2string").expect("a function");
    for line in run_python(code, &[]).lines() {
        let case: Json = serde_json::from_str(line).expect("JSON");
        let shape = list(&case[1]).iter().map(size).collect();
        let mut block = Block::zeros(dtype(&case[0]), shape);
        block.bytes_mut().copy_from_slice(&bytes(&case[2]));
        let mut options = Vec::new();
        for (key, v) in case[3].as_object().expect("options") {
            let v = match v {
                Json::Bool(b) => Value::Bool(*b),
                Json::String(s) => Value::str(s),
                n => Value::int(n.as_i64().expect("a number")),
            };
            options.push((key.clone(), v));
        }
        let a = Value::array(Array::of(block));
        let ours = match call(function, vec![a], options, &context()) {
            Ok(v) => v.as_str().expect("text"),
            Err(e) => e.to_string(),
        };
        if ours != text(&case[4]) {
            let (what, theirs) = (&case[0], text(&case[4]));
            faults += &format!("{what} {} {}\n{ours}\n  NumPy:\n{theirs}\n\n", case[1], case[3]);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn numbers_in_other_bases() {
    let code = r#"
import json, numpy as np
def run(f, *a):
    try: return f(*a)
    except Exception as e: return type(e).__name__ + ": " + str(e)
out = []
for n in [0, 1, 5, -1, -3, -4, -128, 255, 10**20, -2**70]:
    for base in [1, 2, 16, 36, 37]: out.append(["base_repr", n, base, run(np.base_repr, n, base)])
    for width in [None, 1, 3, 8, 100]: out.append(["binary_repr", n, width, run(np.binary_repr, n, width)])
for c in out: c[1] = str(c[1]); print(json.dumps(c))
"#;
    for line in run_python(code, &[]).lines() {
        let case: Json = serde_json::from_str(line).expect("JSON");
        let n = Value::Int(text(&case[1]).parse().expect("digits"));
        let second = case[2].as_i64().map_or(Value::None, Value::int);
        let function = find(text(&case[0])).expect("a function");
        let ours = match call(function, vec![n, second], Vec::new(), &context()) {
            Ok(v) => v.as_str().expect("text"),
            Err(e) => e.to_string(),
        };
        assert_eq!(ours, text(&case[3]), "{line}");
    }
}

/// The options are the whole program's: only this test changes them, and back at once, in ways
/// that no other test here would notice.
#[test]
fn print_options_are_held() {
    let cx = context();
    let run = |name: &str, options: &[(&str, Value)]| {
        call(find(name).expect("a function"), Vec::new(), named(options), &cx)
    };
    let Ok(Value::Dict(before)) = run("get_printoptions", &[]) else { panic!("no dict") };
    let listed = repr(&Value::Dict(before), &cx).expect("text");
    let theirs = run_python("import numpy as np\nprint(np.get_printoptions(), end='')", &[]);
    assert_eq!(listed, theirs);
    for (wrong, value) in [
        ("floatmode", Value::str("x")),
        ("sign", Value::str("x")),
        ("threshold", Value::Float(f64::NAN)),
        ("precision", Value::Float(1.5)),
        ("formatter", Value::dict(Vec::new()).expect("a dict")),
    ] {
        assert!(run("set_printoptions", &[(wrong, value)]).is_err(), "{wrong}");
    }
}
