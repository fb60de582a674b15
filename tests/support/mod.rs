//! What the tests share: the program, Python with h5py, folders to work in.
#![allow(dead_code)]

pub mod editing;
pub mod made;
pub mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_ch5tui");

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The demo file.
pub fn demo() -> PathBuf {
    root().join("assets/demo.h5")
}

/// A file of the tests' data.
pub fn data(name: &str) -> PathBuf {
    root().join("tests/data").join(name)
}

/// The Python that has h5py: without it there is no judge, and the test fails.
pub fn python() -> PathBuf {
    let python = root().join(".tools/bin/python");
    assert!(python.exists(), "no Python with h5py in .tools: run the tests with `make test`");
    python
}

/// The Python that has ch5mpy: the other side of what travels.
pub fn ch5mpy_python() -> PathBuf {
    let python = root().join(".tools/ch5mpy/bin/python");
    assert!(python.exists(), "no Python with ch5mpy in .tools: run the tests with `make test`");
    python
}

/// Runs Python code; what it printed.
pub fn run_python(code: &str, args: &[&Path]) -> String {
    let mut command = Command::new(python());
    command.arg("-c").arg(code).args(args);
    let out = command.output().expect("Python runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("Python prints UTF-8")
}

/// Runs the program in batch mode.
pub fn ch5tui(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().expect("the program runs")
}

/// A command's output as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The SHA-256 of a file, in hex.
pub fn sha256(path: &Path) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(std::fs::read(path).expect("the file is there"));
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
