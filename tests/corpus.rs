//! Files of every kind, and h5py as the judge of what the program says of them.
//!
//! For each file of `tests/data` the listing must equal what h5py lists, and every object's
//! attributes and first page of values what h5py reads. Files that HDF5 refuses must give one
//! clear line. The judge's scripts are in `tests/oracle`.

mod support;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use support::{PROGRAM, data, demo, python, root, text};

fn lines(bytes: &[u8]) -> Vec<Value> {
    // names may hold other line separators than \n
    let text = std::str::from_utf8(bytes).expect("JSON is UTF-8");
    text.split('\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
        .collect()
}

fn oracle(script: &str, file: &Path, option: Option<&str>) -> Output {
    let mut command = Command::new(python());
    command.arg(root().join("tests/oracle").join(script)).arg(file).args(option);
    command.output().expect("the oracle runs")
}

fn example() -> PathBuf {
    let mut folder = PathBuf::from(PROGRAM);
    folder.pop();
    let path = folder.join("examples/first_pages");
    assert!(path.exists(), "{} was not built", path.display());
    path
}

fn by_path(lines: Vec<Value>) -> HashMap<String, Value> {
    lines.into_iter().map(|l| (l["path"].as_str().expect("a path").to_string(), l)).collect()
}

/// One line on stderr, exit code 1, nothing on stdout but what came before.
fn one_clear_line(out: &Output) -> Option<String> {
    let error = text(&out.stderr);
    let fine = out.status.code() == Some(1) && error.lines().count() == 1;
    (!fine).then(|| format!("exit {:?}, stderr {error:?}", out.status.code()))
}

/// The listing against h5py's; `follow` goes through links.
fn check_listing(file: &Path, follow: bool, faults: &mut Vec<String>) {
    let mut command = Command::new(PROGRAM);
    command.args(["--list", "--format", "json"]).args(follow.then_some("--follow")).arg(file);
    let ours = command.output().expect("the program runs");
    let theirs = oracle("listing.py", file, follow.then_some("--follow"));
    if !theirs.status.success() {
        if !ours.status.success() {
            faults.extend(one_clear_line(&ours));
        }
        return;
    }
    if !ours.status.success() {
        faults.push(format!("not listed: {}", text(&ours.stderr)));
        return;
    }
    let (ours, theirs) = (lines(&ours.stdout), lines(&theirs.stdout));
    let paths = |l: &[Value]| l.iter().map(|v| v["path"].clone()).collect::<Vec<_>>();
    // what h5py's HDF5 can't open may hold more for ours
    let unread = theirs.iter().any(|t| t["kind"] == "unreadable" || t.get("error").is_some());
    if !unread && paths(&ours) != paths(&theirs) {
        faults.push("other paths, or in another order, than h5py's".into());
    }
    let ours = by_path(ours);
    for their in theirs {
        let path = their["path"].as_str().expect("a path");
        let Some(our) = ours.get(path) else {
            faults.push(format!("{path} is not listed"));
            continue;
        };
        if their["kind"] == "unreadable" {
            continue;
        }
        for (key, value) in their.as_object().expect("an object") {
            // a null dtype or attrs says that h5py itself has no word for it
            let unknown = value.is_null() && (key == "dtype" || key == "attrs");
            if key != "error" && !unknown && our.get(key) != Some(value) {
                faults.push(format!("{path}: {key} is {} and not {value}", our[key]));
            }
        }
    }
}

/// First pages and attributes against h5py's; how many cells were compared.
fn check_pages(file: &Path, faults: &mut Vec<String>) -> usize {
    let ours = Command::new(example()).arg(file).output().expect("the example runs");
    let theirs = oracle("pages.py", file, None);
    if !theirs.status.success() {
        if !ours.status.success() {
            faults.extend(one_clear_line(&ours));
        }
        return 0;
    }
    if !ours.status.success() {
        faults.push(format!("pages: {:?} {}", ours.status.code(), text(&ours.stderr)));
        return 0;
    }
    let ours = by_path(lines(&ours.stdout));
    let mut cells = 0;
    for their in lines(&theirs.stdout) {
        let path = their["path"].as_str().expect("a path");
        let Some(our) = ours.get(path) else {
            faults.push(format!("{path} has no page"));
            continue;
        };
        if let Some(attributes) = their["attrs"].as_object() {
            for (name, value) in attributes.iter().filter(|(_, v)| !v.is_null()) {
                cells += 1;
                if our["attrs"].get(name) != Some(value) {
                    let ours = &our["attrs"][name];
                    faults.push(format!("{path}: attribute {name} is {ours} and not {value}"));
                }
            }
        }
        if their.get("error").is_some() {
            continue;
        }
        for key in ["columns", "cells"] {
            if let Some(value) = their.get(key)
                && our.get(key) != Some(value)
            {
                let error = our.get("error").cloned().unwrap_or_default();
                let ours = our.get(key).map(Value::to_string).unwrap_or_default();
                let cut = |s: String| s.chars().take(300).collect::<String>();
                faults.push(format!(
                    "{path}: {key} {} {error}\n        and not {}",
                    cut(ours),
                    cut(value.to_string())
                ));
            }
        }
        let rows = their["cells"].as_array().into_iter().flatten();
        cells += rows.map(|r| r.as_array().map_or(0, Vec::len)).sum::<usize>();
    }
    cells
}

/// Checks the files of a folder, two at a time; how many files and cells were compared.
fn check(folder: &str, at_least: usize) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(data(folder))
        .expect("the data are there")
        .map(|e| e.expect("a file").path())
        .filter(|p| {
            let ending = p.extension().and_then(|e| e.to_str()).unwrap_or("");
            matches!(ending, "h5" | "hdf5" | "nc" | "h5ad" | "he5" | "hdf")
        })
        .collect();
    files.sort();
    assert!(files.len() >= at_least, "{} files in {folder}", files.len());
    let next = AtomicUsize::new(0);
    let (all, cells) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut faults = Vec::new();
                    check_listing(file, false, &mut faults);
                    cells.fetch_add(check_pages(file, &mut faults), Ordering::Relaxed);
                    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let named = faults.into_iter().map(|f| format!("{name}: {f}"));
                    all.lock().unwrap().extend(named);
                }
            });
        }
    });
    let faults = all.into_inner().unwrap();
    let cells = cells.into_inner();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    println!("{} files, {cells} cells and attributes equal to h5py's", files.len());
    assert!(cells > files.len());
}

#[test]
fn files_made_to_hold_every_kind() {
    check("made", 12);
}

#[test]
fn hdf5s_own_files() {
    check("hdf5", 60);
}

#[test]
fn files_of_other_libraries() {
    check("libs", 10);
}

#[test]
fn the_demo() {
    let mut faults = Vec::new();
    check_listing(&demo(), false, &mut faults);
    check_pages(&demo(), &mut faults);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn links_followed() {
    let mut faults = Vec::new();
    for file in ["made/links.h5", "made/nasty.h5"] {
        check_listing(&data(file), true, &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Whole datasets, value by value, through the library.
#[test]
fn every_value_of_every_type_layout_and_filter() {
    use ch5tui::array::print::{Style, text};
    use ch5tui::store::{File, H5Mode, Limits, ObjectPath};

    let mut compared = (0, 0);
    let mut faults = Vec::new();
    for name in ["made/types.h5", "made/layouts.h5", "made/filters.h5"] {
        let path = data(name);
        let out = oracle("values.py", &path, None);
        assert!(out.status.success(), "{}", text_of(&out.stderr));
        let file = File::open(&path, H5Mode::Read).expect("it opens");
        for their in lines(&out.stdout) {
            let object = ObjectPath::new(their["path"].as_str().expect("a path"));
            let facts = file.dataset(&object).expect("it is a dataset");
            let dims = facts.extent.dims();
            let start = vec![0; dims.len()];
            let values = match file.read_region(&object, &start, dims, Limits::CELL) {
                Ok(values) => values,
                Err(e) => {
                    faults.push(format!("{name}{object}: {e}"));
                    continue;
                }
            };
            let ours = values.iter().map(|v| text(v, Style::default()));
            let ours: Vec<String> = ours.map(|t| t.chars().take(200).collect()).collect();
            let theirs: Vec<&str> = their["values"]
                .as_array()
                .expect("values")
                .iter()
                .map(|v| v.as_str().expect("a text"))
                .collect();
            if ours != theirs {
                let at = ours.iter().zip(&theirs).position(|(a, b)| a != b);
                let first = at.map(|i| (i, ours[i].clone(), theirs[i].to_string()));
                faults.push(format!(
                    "{name}{object}: {} and {} values, {first:?}",
                    ours.len(),
                    theirs.len()
                ));
            }
            compared.0 += 1;
            compared.1 += theirs.len();
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(compared.0 > 150 && compared.1 > 10_000, "{compared:?}");
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
