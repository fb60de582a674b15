//! The object model as a Rust program uses it, with Python's ch5mpy as the other side.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ch5tui::array::DType;
use ch5tui::array::cast::cast;
use ch5tui::numpy::convert::as_array;
use ch5tui::numpy::show;
use ch5tui::object::options::{self, ErrorMode, Options};
use ch5tui::object::{
    AttributeManager, Context, Dataset, File, Group, H5Dict, H5List, H5Mode, H5Read, H5Write,
    Result, Storing, Value, read_object, serial, storing, write_object,
};
use support::{ch5mpy_python, root, sha256, text};

fn file(name: &str) -> (tempfile::TempDir, File) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = File::open(folder.path().join(name), H5Mode::WriteTruncate).expect("a file");
    (folder, file)
}

fn shown(value: &Value, cx: &Context) -> String {
    show::repr(value, cx).expect("a value has a text")
}

/// Runs Python with ch5mpy; what it printed.
fn ch5mpy(code: &str, args: &[&Path]) -> String {
    let mut command = Command::new(ch5mpy_python());
    let out = command.arg("-c").arg(code).args(args).output().expect("Python runs");
    assert!(out.status.success(), "{}", text(&out.stderr));
    text(&out.stdout)
}

#[derive(Debug, Clone, PartialEq)]
struct Point {
    x: i64,
    y: f64,
    tags: Vec<String>,
}

impl H5Write for Point {
    const MODULE: &'static str = "ch5_classes";
    const CLASS: &'static str = "Point";

    fn h5_write(&self, values: &H5Dict, cx: &Context) -> Result<()> {
        values.attributes().set("unit", "mm", cx)?;
        values.set("x", self.x, cx)?;
        values.set("y", self.y, cx)?;
        let tags: Vec<Value> = self.tags.iter().map(Value::str).collect();
        values.set("tags", tags, cx)
    }
}

impl H5Read for Point {
    fn h5_read(values: &H5Dict, cx: &Context) -> Result<Point> {
        Ok(Point {
            x: values.extract("x", cx)?,
            y: values.extract("y", cx)?,
            tags: values.extract("tags", cx)?,
        })
    }
}

/// A type that nobody rebuilds.
#[derive(Debug)]
struct Unknown;

impl H5Write for Unknown {
    const MODULE: &'static str = "nowhere";
    const CLASS: &'static str = "Outer.Unknown";

    fn h5_write(&self, values: &H5Dict, cx: &Context) -> Result<()> {
        values.set("a", 1i64, cx)
    }
}

#[test]
fn a_type_of_ones_own_is_written_read_and_seen_by_ch5mpy() {
    let cx = options::context();
    let (_folder, file) = file("own.h5");
    let point = Point { x: 1, y: 2.5, tags: vec!["a".into(), "bb".into()] };
    let own = storing::object(point.clone());
    let place = write_object(own, &file, "p", &Storing::default(), &cx).expect("written");
    storing::register::<Point>();
    let read = read_object(&place, &cx).expect("read");
    assert_eq!(storing::downcast::<Point>(&read).as_deref(), Some(&point));
    let code = "import sys, ch5mpy\nsys.path.insert(0, sys.argv[2])\n\
                g = ch5mpy.File(sys.argv[1])['p']\nv = ch5mpy.read_object(g)\n\
                print(g.attrs['__h5_type__'], type(v).__module__, type(v).__qualname__, v)";
    let printed = ch5mpy(code, &[file.filename(), &root().join("tests/oracle")]);
    assert_eq!(printed.trim(), "object ch5_classes Point Point(1, 2.5, ['a', 'bb'])");
}

#[test]
fn a_class_without_a_type_reads_as_a_dict_with_a_note() {
    let cx = options::context();
    let (_folder, file) = file("unknown.h5");
    let own = storing::object(Unknown);
    let place = write_object(own, &file, "u", &Storing::default(), &cx).expect("written");
    let read = ch5tui::object::read::read_with(&place, ErrorMode::Ignore, &cx).expect("read");
    assert_eq!(shown(&read, &cx), "H5Dict[nowhere.Outer.Unknown]{\n\ta: 1\n}");
    let failed = ch5tui::object::read::read_with(&place, ErrorMode::Raise, &cx);
    let why = failed.expect_err("no type is registered").to_string();
    assert!(why.contains("nowhere.Outer.Unknown"), "{why}");
}

/// A type that fails half way.
#[derive(Debug)]
struct Failing;

impl H5Write for Failing {
    const MODULE: &'static str = "nowhere";
    const CLASS: &'static str = "Failing";

    fn h5_write(&self, values: &H5Dict, cx: &Context) -> Result<()> {
        values.set("a", 1i64, cx)?;
        Err(ch5tui::object::Error::value("half way"))
    }
}

#[test]
fn what_fails_half_way_leaves_nothing() {
    let cx = options::context();
    let (_folder, file) = file("half.h5");
    let d = file.dict();
    d.set("x", vec![1i64, 2, 3], &cx).expect("written");
    for name in ["new", "deep/er/new", "x"] {
        let why = d.set(name, storing::object(Failing), &cx).expect_err("it fails");
        assert_eq!(why.to_string(), "ValueError: half way");
    }
    assert_eq!(d.keys().expect("keys"), ["x"]);
    assert_eq!(
        shown(&d.item("x", &cx).expect("there"), &cx),
        "H5Array([1, 2, 3], shape=(3,), dtype=int64)"
    );
}

#[test]
fn what_was_written_in_part_is_not_kept_by_passing_over_the_error() {
    let cx = options::context();
    let (_folder, file) = file("part.h5");
    let d = file.dict();
    d.set("x", Value::list(vec![Value::Float(0.0); 300_000]), &cx).expect("written");
    let mut numbers = vec!["1"; 300_000];
    numbers[299_999] = "no number";
    let texts = as_array(&Value::list(numbers.into_iter().map(Value::str).collect()), &cx);
    let values = cast(&texts.expect("texts"), &DType::Float64).expect("a cast");
    let x = d.array("x").expect("an array");
    let done = ch5tui::store::together("two", || -> Result<()> {
        d.set("y", 1i64, &cx)?;
        let why = x.set(Value::Ellipsis, Value::array(values), &cx).expect_err("no number");
        assert!(why.to_string().starts_with("ValueError: could not convert string"), "{why}");
        Ok(())
    });
    let why = done.expect_err("it can't be kept").to_string();
    assert!(why.contains("is unchanged: something in it was written only in part"), "{why}");
    assert_eq!(d.keys().expect("keys"), ["x"]);
    assert!(x.read::<f64>(&cx).expect("numbers").iter().all(|v| *v == 0.0));
}

#[test]
fn handles_through_serde_never_truncate() {
    let cx = options::context();
    let (_folder, file) = file("handles.h5");
    file.dict().set("g/x", vec![1.0, 2.0], &cx).expect("written");
    let group = file.root().group("g").expect("a group");
    let dataset = group.dataset("x").expect("a dataset");
    let json = |v: &dyn erased| v.json();
    let (f, g, d) = (json(&file), json(&group), json(&dataset));
    assert!(f.contains("\"mode\":\"w\""), "{f}");
    let before = sha256(file.filename());
    let path = file.filename().to_path_buf();
    drop((file, group, dataset));
    let f: File = serde_json::from_str(&f).expect("restored");
    assert_eq!(f.mode(), H5Mode::ReadWrite);
    let g: Group = serde_json::from_str(&g).expect("restored");
    assert_eq!(g.keys().expect("keys"), ["x"]);
    let d: Dataset = serde_json::from_str(&d).expect("restored");
    assert_eq!(d.array().read::<f64>(&cx).expect("read").as_slice(), Some(&[1.0, 2.0][..]));
    drop((f, g, d));
    assert_eq!(sha256(&path), before);
    let gone = "{\"path\":\"/no/such.h5\",\"mode\":\"w\",\"name\":\"/\"}";
    assert!(serde_json::from_str::<File>(gone).is_err());
}

/// What can be serialised, whichever it is.
#[allow(non_camel_case_types)]
trait erased {
    fn json(&self) -> String;
}

impl<T: serde::Serialize> erased for T {
    fn json(&self) -> String {
        serde_json::to_string(self).expect("serialised")
    }
}

#[test]
fn handles_through_pickles_travel_both_ways() {
    let cx = options::context();
    let (folder, file) = file("handles.h5");
    file.dict().set("g/x", vec![1.0, 2.0], &cx).expect("written");
    let group = file.root().group("g").expect("a group");
    let dataset = group.dataset("x").expect("a dataset");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("f"), file.to_pickle().expect("pickled")).expect("saved");
    std::fs::write(at("g"), group.to_pickle().expect("pickled")).expect("saved");
    std::fs::write(at("d"), dataset.to_pickle().expect("pickled")).expect("saved");
    let before = sha256(file.filename());
    let path = file.filename().to_path_buf();
    drop((file, group, dataset));
    let code = "import sys, pickle, ch5mpy\n\
                load = lambda p: pickle.load(open(p, 'rb'))\n\
                f, g, d = map(load, sys.argv[1:4])\n\
                print(type(f).__name__, list(f), g.name, d[()].tolist())\n\
                f = ch5mpy.File(sys.argv[5], 'r+')\n\
                for i, o in enumerate((f, f['g'], f['g/x'])):\n    \
                    pickle.dump(o, open(sys.argv[4] + str(i), 'wb'), 5)";
    let printed = ch5mpy(code, &[&at("f"), &at("g"), &at("d"), &at("back"), &path]);
    assert_eq!(printed.trim(), "File ['g'] /g [1.0, 2.0]");
    let back = |i: usize| std::fs::read(at(&format!("back{i}"))).expect("read");
    let f = File::from_pickle(&back(0)).expect("restored");
    assert_eq!(f.dict().keys().expect("keys"), ["g"]);
    let g = Group::from_pickle(&back(1)).expect("restored");
    assert_eq!(g.name(), "/g");
    let d = Dataset::from_pickle(&back(2)).expect("restored");
    assert_eq!(d.array().shape().expect("a shape"), [2]);
    assert!(Dataset::from_pickle(&back(0)).is_err());
    drop((f, g, d));
    assert_eq!(sha256(&path), before);
    // a mode that would make the file anew, which ch5mpy's own unpickling follows
    let code = "import sys, pickle, ch5mpy\nf = ch5mpy.File(sys.argv[1], mode='r+')\n\
                open(sys.argv[2], 'wb').write(pickle.dumps(f).replace(b'\\x02r+', b'\\x01w'))";
    ch5mpy(code, &[&path, &at("w")]);
    let bytes = std::fs::read(at("w")).expect("read");
    std::fs::write(at("w"), without_frame(&bytes)).expect("saved");
    let f = File::from_pickle(&std::fs::read(at("w")).expect("read")).expect("restored");
    assert_eq!(f.dict().keys().expect("keys"), ["g"]);
}

/// A pickle without its frame's length, which no longer holds after an edit.
fn without_frame(bytes: &[u8]) -> Vec<u8> {
    match bytes.iter().position(|&b| b == 0x95) {
        Some(at) => [&bytes[..at], &bytes[at + 9..]].concat(),
        None => bytes.to_vec(),
    }
}

#[test]
fn attributes_of_a_megabyte() {
    let cx = options::context();
    let (_folder, file) = file("large.h5");
    let d = file.dict();
    d.set("d", Value::dict(Vec::new()).expect("a dict"), &cx).expect("written");
    let large: Vec<f64> = (0..131_072).map(f64::from).collect();
    let attributes = d.dict("d").expect("a dict").attributes();
    attributes.set("large", large.clone(), &cx).expect("an ordered group holds it");
    attributes.set("text", "x".repeat(1 << 20), &cx).expect("text has no bound");
    let read: ndarray::ArrayD<f64> = ch5tui::object::convert::to_ndarray(
        &ch5tui::numpy::convert::as_array(&attributes.item("large").expect("there"), &cx)
            .expect("an array"),
        &cx,
    )
    .expect("numbers");
    assert_eq!(read.as_slice(), Some(&large[..]));
    assert_eq!(attributes.item("text").expect("there").as_str().map(|s| s.len()), Some(1 << 20));
    let code = "import sys, ch5mpy\na = ch5mpy.File(sys.argv[1])['d'].attrs\n\
                print(a['large'].nbytes, a['large'][-1], len(a['text']))";
    assert_eq!(ch5mpy(code, &[file.filename()]).trim(), "1048576 131071.0 1048576");
    // a dataset of the old format can't: one line, and what was there stays
    d.set("x", 1i64, &cx).expect("written");
    let small = d.member("x").expect("there").attributes();
    small.set("large", 1i64, &cx).expect("small ones fit");
    let why = small.set("large", large, &cx).expect_err("64 KiB are all").to_string();
    assert!(why.contains("64 KiB") && why.contains("large"), "{why}");
    assert_eq!(small.item("large").expect("there").index().expect("an int"), 1);
    assert_eq!(small.keys().expect("keys"), ["large"]);
}

#[test]
fn none_by_every_route() {
    let cx = options::context();
    let (_folder, file) = file("none.h5");
    let d = file.dict();
    d.set("none", Value::None, &cx).expect("written");
    d.set("in", Value::dict(vec![(Value::str("none"), Value::None)]).expect("a dict"), &cx)
        .expect("written");
    let l = H5List::create(&file, "l", vec![Value::None, 1i64.into()], &cx).expect("a list");
    d.attributes().set("none", Value::None, &cx).expect("written");
    d.set("was", 5i64, &cx).expect("written");
    d.set("was", Value::None, &cx).expect("replaced");
    d.set("pickled", serial::pickled(&Option::<i64>::None).expect("serialised"), &cx)
        .expect("written");
    for key in ["none", "in/none", "was", "pickled"] {
        assert!(d.item(key, &cx).expect("there").is_none(), "{key}");
        assert!(d.get(key, &cx).expect("read").expect("there").is_none(), "{key}");
    }
    assert!(l.item(0, &cx).expect("there").is_none());
    assert!(l.items(&cx).expect("read")[0].is_none());
    assert!(d.attributes().item("none").expect("there").is_none());
    assert!(d.attributes().get("none").expect("read").expect("there").is_none());
    assert!(d.attributes().items().expect("read")[0].1.is_none());
    assert_eq!(shown(&d.attributes_value(), &cx), "AttributeManager{'none': None}");
    let code = "import sys, ch5mpy\nf = ch5mpy.File(sys.argv[1])\nd = ch5mpy.H5Dict(f)\n\
                print(d['none'], d['in']['none'], d['was'], d['l'][0], f.attrs['none'])";
    assert_eq!(ch5mpy(code, &[file.filename()]).trim(), "None None None None None");
    // what ch5mpy 0.2 wrote for it
    d.attributes().set("old", "__h5_NONE__", &cx).expect("written");
    assert!(d.attributes().item("old").expect("there").is_none());
}

trait AsValue {
    fn attributes_value(&self) -> Value;
}

impl AsValue for H5Dict {
    fn attributes_value(&self) -> Value {
        ch5tui::object::foreign(AttributeManager::new(self.place().clone()))
    }
}

#[test]
fn options_of_a_scope_are_restored_after_an_error() {
    let memory = || options::context().settings().memory;
    options::set_options(Options { max_memory_usage: Some("64M"), ..Options::default() })
        .expect("a size");
    let failed = || -> Result<()> {
        let _inside = options::scoped(Options {
            max_memory: Some("1K"),
            error_mode: Some(ErrorMode::Raise),
            ..Options::default()
        })?;
        assert_eq!((memory(), options::error_mode()), (1024, ErrorMode::Raise));
        Err(ch5tui::object::Error::value("in the middle"))
    };
    failed().expect_err("it fails");
    assert_eq!((memory(), options::error_mode()), (64 << 20, ErrorMode::Ignore));
    for wrong in ["", "5X", "-1", "0", "three"] {
        let options = Options { max_memory: Some(wrong), ..Options::default() };
        assert!(options::set_options(options).is_err(), "{wrong}");
        assert!(options::scoped(options).is_err(), "{wrong}");
    }
    assert_eq!(memory(), 64 << 20);
    options::set_options(Options { max_memory: Some("250M"), ..Options::default() })
        .expect("a size");
}

#[test]
fn an_expression_keeps_what_it_was_made_of() {
    let cx = options::context();
    let (_folder, file) = file("versions.h5");
    let d = file.dict();
    d.set("x", vec![1.0, 2.0, 3.0], &cx).expect("written");
    let x = d.array("x").expect("an array");
    let view = x.get(Value::Ellipsis, &cx).expect("a view");
    let kept = Value::array(x.array(&cx).expect("elements"));
    x.set(1i64, 20.0, &cx).expect("written");
    assert_eq!(shown(&view, &cx), "array([ 1., 20.,  3.])");
    assert_eq!(shown(&kept, &cx), "array([1., 2., 3.])");
    let later = Value::array(x.array(&cx).expect("elements"));
    x.resize(&[2]).expect("resized");
    d.rename("x", "y").expect("renamed");
    d.array("y").expect("there").set(0i64, -1.0, &cx).expect("written");
    d.delete("y").expect("deleted");
    assert_eq!(shown(&kept, &cx), "array([1., 2., 3.])");
    assert_eq!(shown(&later, &cx), "array([ 1., 20.,  3.])");
}

/// The shortest of several times that something takes.
fn time(mut f: impl FnMut()) -> Duration {
    (0..20)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

#[test]
fn a_list_of_100_000_is_as_quick_as_one_of_100() {
    let cx = options::context();
    let (_folder, file) = file("lists.h5");
    let made = |name: &str, n: i64| {
        let items: Vec<Value> = (0..n).map(Value::from).collect();
        H5List::create(&file, name, items, &cx).expect("a list")
    };
    let (small, large) = (made("small", 100), made("large", 100_000));
    assert_eq!(large.len().expect("a length"), 100_000);
    assert_eq!(large.item(-1, &cx).expect("there").index().expect("an int"), 99_999);
    let read = |l: &H5List| {
        let middle = l.len().expect("a length") as i64 / 2;
        time(|| drop(l.item(middle, &cx).expect("there")))
    };
    let (a, b) = (read(&small), read(&large));
    assert!(b < a * 5 + Duration::from_millis(1), "reading: {a:?} and {b:?}");
    let append = |l: &H5List| time(|| l.append(1i64, &cx).expect("appended"));
    let (a, b) = (append(&small), append(&large));
    // a list's names lie in one heap, which is read and written at each change
    assert!(b < a * 5 + Duration::from_millis(5), "appending: {a:?} and {b:?}");
}

#[test]
fn a_dict_of_a_million_keys_opens_at_once() {
    let cx = options::context();
    let (folder, file) = file("small.h5");
    drop(file);
    let path = folder.path().join("large.h5");
    let code = "import sys, h5py\nwith h5py.File(sys.argv[1], 'w') as f:\n    \
                g = f.create_group('g', track_order=True)\n    \
                t = f.create_dataset('t', data=5)\n    \
                for i in range(1_000_000):\n        g[f'key{i}'] = t";
    ch5mpy(code, &[&path]);
    let file = File::open(&path, H5Mode::Read).expect("opened");
    let start = Instant::now();
    let d = file.dict().dict("g").expect("a dict");
    assert_eq!(d.item("key777777", &cx).expect("there").index().expect("an int"), 5);
    assert!(d.contains("key1") && !d.contains("key1000000"));
    assert!(!d.is_empty().expect("looked"));
    let took = start.elapsed();
    assert!(took < Duration::from_millis(200), "{took:?}");
}
