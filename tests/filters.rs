//! Elements past the library, through it and by h5py: the same bytes.
//!
//! The files are made by `oracle/make_filters.py` when the tests run: every filter with every
//! kind of element, and every layout. Damaged chunks must be errors and nothing worse.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use ch5tui::store::{Elements, File, H5Mode, Limits, ObjectPath, Way};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{data, python, root, text};

/// The files, and what the judge says of them.
struct Made {
    folder: tempfile::TempDir,
    lines: Vec<Value>,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let script = root().join("tests/oracle/make_filters.py");
    let out = Command::new(python()).arg(script).arg(folder.path()).output().expect("it runs");
    assert!(out.status.success(), "{}", text(&out.stderr));
    let lines = text(&out.stdout);
    let lines = lines.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    Made { folder, lines }
});

impl Made {
    fn of(&self, file: &str) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(move |l| l["file"] == file)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn open(&self, file: &str) -> File {
        File::open(self.path(file), H5Mode::Read).expect("it opens")
    }
}

fn object(line: &Value) -> ObjectPath {
    ObjectPath::new(line["path"].as_str().expect("a path"))
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().expect("a list").iter().map(|n| n.as_u64().expect("a number")).collect()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads a selection; buffers begin as what no answer is.
fn read(
    elements: &Elements,
    start: &[u64],
    step: &[u64],
    count: &[u64],
) -> Result<Vec<u8>, String> {
    let n = count.iter().product::<u64>() as usize * elements.datatype().size;
    let mut out = vec![0xA5; n];
    elements.read(start, step, count, &mut out).map_err(|e| e.to_string())?;
    Ok(out)
}

/// Reads whatever the judge read, in one way, and compares.
fn check(line: &Value, elements: &Elements, how: &str, faults: &Mutex<Vec<String>>) -> usize {
    let mut same = 0;
    for selection in line["selections"].as_array().expect("a list") {
        let [start, step, count] = [0, 1, 2].map(|i| numbers(&selection[i]));
        let fault = match read(elements, &start, &step, &count) {
            Ok(bytes) if digest(&bytes) == selection[3].as_str().unwrap_or("") => None,
            Ok(_) => Some("other bytes than h5py's".to_string()),
            Err(e) => Some(e),
        };
        match fault {
            None => same += 1,
            Some(fault) => {
                let place =
                    format!("{}{} {how} {start:?} {step:?} {count:?}", line["file"], line["path"]);
                faults.lock().unwrap().push(format!("{place}: {fault}"));
            }
        }
    }
    same
}

/// All selections of all datasets of a file: chunks from the list, chunks by name, the library.
fn three_ways(name: &str, at_least: usize) {
    let file = MADE.open(name);
    let lines: Vec<&Value> = MADE.of(name).collect();
    let (next, same) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let path = object(line);
                    let listed = file.elements(&path, 1 << 20).expect("it is a dataset");
                    let way = match listed.way() {
                        Way::Contiguous => "Contiguous".to_string(),
                        Way::Chunks => "Chunks".to_string(),
                        Way::Library(_) => "Library".to_string(),
                    };
                    if line["way"] != way.as_str() {
                        faults.lock().unwrap().push(format!("{path}: by {:?}", listed.way()));
                    }
                    let named = file.elements(&path, 0).expect("it is a dataset");
                    let library = file.elements_through_library(&path).expect("it is a dataset");
                    for (elements, how) in
                        [(&listed, "listed"), (&named, "named"), (&library, "library")]
                    {
                        same.fetch_add(check(line, elements, how, &faults), Ordering::Relaxed);
                    }
                    assert_eq!(named.list_size(), 0);
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    let same = same.into_inner();
    println!("{name}: {} datasets, {same} selections equal to h5py's", lines.len());
    assert!(same >= at_least, "{same}");
}

#[test]
fn every_filter_of_every_kind() {
    three_ways("matrix.h5", 30_000);
}

#[test]
fn every_layout() {
    three_ways("layouts.h5", 700);
}

/// Two ways of the same dataset agree in files of many makers.
#[test]
fn files_of_others() {
    let mut compared = 0;
    for folder in ["made", "libs", "hdf5"] {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(data(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for path in files {
            let Ok(file) = File::open(&path, H5Mode::Read) else { continue };
            let mut stack = vec![(ObjectPath::root(), 0)];
            let mut budget = 400;
            while let Some((object, depth)) = stack.pop() {
                budget -= 1;
                if budget == 0 {
                    break;
                }
                compared += usize::from(agree(&path, &file, &object));
                if depth > 6 {
                    continue;
                }
                let _ = file.walk(&object, ch5tui::store::WalkOrder::Native, 0, &mut |name| {
                    stack.push((object.join(name), depth + 1));
                    match stack.len() < 1000 {
                        true => std::ops::ControlFlow::Continue(()),
                        false => std::ops::ControlFlow::Break(()),
                    }
                });
            }
        }
    }
    println!("{compared} datasets read past the library and through it");
    assert!(compared > 500, "{compared}");
}

fn agree(path: &Path, file: &File, object: &ObjectPath) -> bool {
    let Ok(ours) = file.elements(object, 1 << 20) else { return false };
    if matches!(ours.way(), Way::Library(_)) {
        return false;
    }
    let shape = ours.shape().to_vec();
    let n = shape.iter().try_fold(ours.datatype().size as u64, |n, &d| n.checked_mul(d));
    if n.is_none_or(|n| n > 64 << 20) {
        return false;
    }
    let library = file.elements_through_library(object).expect("it is a dataset");
    let (zero, one) = (vec![0; shape.len()], vec![1; shape.len()]);
    let direct = read(&ours, &zero, &one, &shape);
    let through = read(&library, &zero, &one, &shape);
    match (&direct, &through) {
        (Ok(a), Ok(b)) => assert!(a == b, "{}{object} differs", path.display()),
        (Err(_), Err(_)) => {}
        (a, b) => {
            let (a, b) = (a.as_ref().err(), b.as_ref().err());
            panic!("{}{object}: past the library {a:?}, through it {b:?}", path.display());
        }
    }
    true
}

#[test]
fn texts_of_any_length() {
    let file = MADE.open("texts.h5");
    let mut read = 0;
    for line in MADE.of("texts.h5") {
        let path = object(line);
        let elements = file.elements(&path, 1 << 20).expect("it is a dataset");
        assert!(matches!(elements.way(), Way::Library(_)));
        for selection in line["selections"].as_array().expect("a list") {
            let [start, step, count] = [0, 1, 2].map(|i| numbers(&selection[i]));
            let texts = elements.read_texts(&start, &step, &count).expect("they are read");
            assert_eq!(texts.ends.len() as u64, count.iter().product::<u64>(), "{path}");
            assert_eq!(
                digest(&texts.bytes),
                selection[3].as_str().unwrap_or(""),
                "{path} {start:?}"
            );
            assert_eq!(texts.ends.iter().sum::<usize>() as u64, selection[4].as_u64().unwrap_or(0));
            read += 1;
        }
        let rank = elements.shape().len();
        let (zero, one) = (vec![0; rank], vec![1; rank]);
        let values = elements.read_values(&zero, &one, &one, Limits::CELL).expect("a value");
        assert_eq!(values.len(), 1);
        let bytes = elements.read(&zero, &one, &one, &mut [0; 16]);
        assert!(bytes.unwrap_err().to_string().contains("no fixed length"));
    }
    assert!(read > 30, "{read}");
}

#[test]
fn many_threads_at_once() {
    let file = MADE.open("matrix.h5");
    let lines: Vec<&Value> = MADE.of("matrix.h5").step_by(5).collect();
    let elements: Vec<Arc<Elements>> =
        lines.iter().map(|l| Arc::new(file.elements(&object(l), 1 << 20).unwrap())).collect();
    let faults = Mutex::new(Vec::new());
    let same = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (lines, elements, faults, same) = (&lines, &elements, &faults, &same);
            scope.spawn(move || {
                for i in 0..lines.len() {
                    // each thread begins elsewhere; some meet at the same dataset
                    let i = (i + thread / 2 * 31) % lines.len();
                    let n = check(lines[i], &elements[i], "at once", faults);
                    same.fetch_add(n, Ordering::Relaxed);
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(same.into_inner() > 10_000);
}

/// Chunks that end too early are errors that name the dataset and the chunk.
#[test]
fn chunks_cut_short() {
    let file = MADE.open("cut.h5");
    let mut tried = 0;
    for line in MADE.of("cut.h5") {
        let path = object(line);
        for list_bytes in [0, 1 << 20] {
            let elements = file.elements(&path, list_bytes).expect("it is a dataset");
            assert_eq!(elements.way(), Way::Chunks, "{path}");
            let error = read(&elements, &[0, 0], &[1, 1], &[60, 50]).expect_err(&path.to_string());
            assert!(error.contains(&path.to_string()) && error.contains("[0, 0]"), "{error}");
        }
        tried += 1;
    }
    assert!(tried > 150, "{tried}");
}

/// Spoiled bytes are errors or other values; the program lives, and needs no more memory.
#[test]
fn chunks_spoiled() {
    let lines: Vec<&Value> = MADE.of("damage.h5").collect();
    let whole = std::fs::read(MADE.path("damage.h5")).expect("it is read");
    let path = MADE.path("spoiled.h5");
    let mut seed = 7u64;
    let mut random = move |n: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % n.max(1)
    };
    let (mut errors, mut checksums) = (0, 0);
    for round in 0..120 {
        let mut bytes = whole.clone();
        for line in &lines {
            let chunk = numbers(&line["chunk"]);
            let (at, size) = (chunk[0] as usize, chunk[1] as usize);
            for _ in 0..1 + random(4) {
                // headers are at the front: half of the damage goes there
                let reach = if round % 2 == 0 { size.min(48) } else { size };
                bytes[at + random(reach)] ^= 1 << random(8);
            }
            if round % 3 == 0 {
                let from = random(size);
                let n = random(40).min(size - from);
                (0..n).for_each(|i| bytes[at + from + i] = random(256) as u8);
            }
        }
        std::fs::write(&path, &bytes).expect("it is written");
        let file = File::open(&path, H5Mode::Read).expect("the index is whole");
        for line in &lines {
            let object = object(line);
            let elements = file.elements(&object, 1 << 20).expect("it is a dataset");
            let read = read(&elements, &[0, 0], &[1, 1], &[60, 50]);
            errors += usize::from(read.is_err());
            if object.to_string().contains("fletcher") {
                // four flipped bits may, rarely, cancel out
                checksums += usize::from(read.is_err());
            }
        }
    }
    let fletchers =
        lines.iter().filter(|l| l["path"].as_str().unwrap_or("").contains("fletcher")).count();
    assert!(checksums * 100 >= 120 * fletchers * 99, "{checksums} of {}", 120 * fletchers);
    assert!(errors > 120 * lines.len() / 4, "{errors}");
}

/// A file that is cut after it was opened gives errors.
#[test]
fn a_file_that_shrinks() {
    let path = MADE.path("shrinks.h5");
    std::fs::copy(MADE.path("layouts.h5"), &path).expect("it is copied");
    let file = File::open(&path, H5Mode::Read).expect("it opens");
    let lines: Vec<&Value> = MADE
        .of("layouts.h5")
        .filter(|l| l["way"] != "Library" && l["path"] != "/outside")
        .collect();
    let open: Vec<_> =
        lines.iter().map(|l| file.elements(&object(l), 1 << 20).expect("it opens")).collect();
    for elements in &open {
        let rank = elements.shape().len();
        if elements.shape().iter().all(|&d| d > 0) {
            let (zero, one) = (vec![0; rank], vec![1; rank]);
            read(elements, &zero, &one, &one).expect("it is whole yet");
        }
    }
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(9000).unwrap();
    let mut errors = 0;
    for elements in &open {
        let one = vec![1; elements.shape().len()];
        let shape = elements.shape().to_vec();
        errors += usize::from(read(elements, &vec![0; one.len()], &one, &shape).is_err());
    }
    assert!(errors > 15, "{errors} of {}", open.len());
}

/// Elements end with their file, and don't keep it open.
#[test]
fn closed_with_the_file() {
    let path = MADE.path("reopened.h5");
    std::fs::copy(MADE.path("layouts.h5"), &path).expect("it is copied");
    let file = File::open(&path, H5Mode::Read).expect("it opens");
    let object = ObjectPath::new("/index_both_gzip");
    let elements = file.elements(&object, 1 << 20).expect("it opens");
    read(&elements, &[0, 0], &[1, 1], &[40, 33]).expect("it is read");
    assert!(elements.list_size() > 0);
    std::fs::copy(MADE.path("outside.h5"), &path).expect("it is replaced");
    let file = file.reopen().expect("it opens");
    assert!(file.elements(&object, 0).is_err(), "the old file is still open");
    let error = read(&elements, &[0, 0], &[1, 1], &[40, 33]).unwrap_err();
    assert!(error.contains("closed"), "{error}");
    assert!(file.elements(&ObjectPath::new("/packed"), 0).is_ok());
}

#[test]
fn selections_outside_the_shape() {
    let file = MADE.open("layouts.h5");
    for path in ["/contiguous", "/index_both", "/virtual"] {
        let elements = file.elements(&ObjectPath::new(path), 0).expect("it opens");
        let rank = elements.shape().len();
        let (zero, one) = (vec![0; rank], vec![1; rank]);
        let mut small = vec![0; 4];
        let mut refused = |start: &[u64], step: &[u64], count: &[u64]| {
            assert!(elements.read(start, step, count, &mut small).is_err(), "{path} {start:?}");
        };
        refused(&vec![u64::MAX; rank], &one, &one);
        refused(&zero, &vec![u64::MAX; rank], &vec![2; rank]);
        refused(&zero, &zero, &one);
        refused(&zero, &one, &vec![u64::MAX; rank]);
        refused(&zero[1..], &one, &one);
        refused(&zero, &one, &vec![2; rank]);
        elements.read(&zero, &one, &one, &mut small).expect("one element");
        elements.read(&zero, &one, &zero, &mut []).expect("none");
    }
}
