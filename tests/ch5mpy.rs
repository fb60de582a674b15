//! Files that travel both ways with Python's ch5mpy, and the object model beside Python's own
//! dict, list and arrays: the oracles of `tests/oracle` compare.

mod support;

use std::process::Command;

use support::{PROGRAM, ch5mpy_python, root, text};

/// Runs a script of `tests/oracle` with ch5mpy's Python; what it printed last.
fn oracle(script: &str, args: &[&str]) -> String {
    let mut command = Command::new(ch5mpy_python());
    command.arg(root().join("tests/oracle").join(script)).arg(PROGRAM).args(args);
    let out = command.env("PYTHONHASHSEED", "0").output().expect("Python runs");
    let printed = text(&out.stdout);
    assert!(out.status.success(), "{printed}{}", text(&out.stderr));
    printed.lines().last().unwrap_or_default().to_string()
}

#[test]
fn what_ch5mpy_writes_is_read() {
    assert_eq!(oracle("interop.py", &["read"]), "476 compared, 0 differ");
}

#[test]
fn what_is_written_is_read_by_ch5mpy() {
    assert_eq!(oracle("interop.py", &["write"]), "175 compared, 0 differ");
}

#[test]
fn what_is_written_lies_in_the_file_as_ch5mpys() {
    let last = oracle("interop.py", &["layout"]);
    assert!(last.ends_with(" compared, 0 differ"), "{last}");
}

#[test]
fn attributes_are_read_by_ch5mpy_and_lie_as_its_own() {
    let last = oracle("interop.py", &["attrs"]);
    assert!(last.ends_with(" compared, 0 differ"), "{last}");
}

#[test]
fn dicts_are_as_pythons() {
    assert_eq!(oracle("run_sequences.py", &["dict", "1", "250", "30"]), "250 sequences, 0 differ");
}

#[test]
fn lists_are_as_pythons() {
    assert_eq!(oracle("run_sequences.py", &["list", "1", "250", "30"]), "250 sequences, 0 differ");
}

#[test]
fn arrays_are_as_numpys() {
    let args = ["array", "1", "500", "30", "--max-memory", "1K"];
    assert_eq!(oracle("run_sequences.py", &args), "500 sequences, 0 differ");
}
