//! NumPy as the judge of the command language and its functions.
//!
//! The tables of `tests/cases` go through NumPy and through the program; one test a table.
//! `tests/oracle/expressions.py` compares, `tests/oracle/make_arrays.py` makes the arrays.
//! Beside it: the same bits whatever the threads, the memory limit and the chunks, and that
//! every function of the registry has a line for each kind of dtype that it takes.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use support::{PROGRAM, python, root, text};

/// Where the files of these tests lie; they are made anew by each run.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("numpy");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A name in that folder that no other run uses.
fn own(name: &str) -> PathBuf {
    folder().join(format!("{}-{name}", std::process::id()))
}

/// A file made by `make_arrays.py`.
fn made(options: &[&str], name: &str) -> PathBuf {
    let (path, new) = (folder().join(name), own(name));
    let mut command = Command::new(python());
    command.arg(root().join("tests/oracle/make_arrays.py")).args(options).arg(&new);
    let out = command.output().expect("Python runs");
    assert!(out.status.success(), "{}", text(&out.stderr));
    std::fs::rename(new, &path).expect("renamed");
    path
}

fn arrays() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| made(&[], "arrays.h5"))
}

/// Large arrays, each in three chunkings (a, b, c) and contiguous (d).
fn blocks() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| made(&["--blocks"], "blocks.h5"))
}

fn tables() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/cases")).expect("the tables are there");
    let paths = entries.map(|e| e.expect("a file").path());
    let mut tables: Vec<PathBuf> =
        paths.filter(|p| p.extension().is_some_and(|e| e == "txt")).collect();
    tables.sort();
    tables
}

/// Runs the oracle; what it printed, when it found no fault.
fn oracle(command: &str, before: &[&Path], tables: &[PathBuf]) -> String {
    let mut oracle = Command::new(python());
    oracle.arg(root().join("tests/oracle/expressions.py")).arg(command);
    oracle.args(before).arg(arrays()).args(tables);
    let out = oracle.output().expect("the oracle runs");
    let said = text(&out.stdout);
    assert!(out.status.success(), "\n{said}{}", text(&out.stderr));
    said
}

/// Tells whether a table's lines are the same in NumPy and in the program.
fn section(name: &str) {
    let table = root().join("tests/cases").join(name).with_extension("txt");
    println!("{}", oracle("run", &[Path::new(PROGRAM)], &[table]));
}

/// One test for each table, and a list of them.
macro_rules! sections {
    ($($name:ident),* $(,)?) => {
        const SECTIONS: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                section(stringify!($name));
            }
        )*
    };
}

sections!(
    assignment,
    attributes_and_methods,
    binary,
    creation,
    cumulative,
    dtypes_and_casting,
    errors,
    indexing,
    logic,
    manipulation,
    maths,
    nan,
    python_language,
    reductions,
    repr,
    scalars_and_promotion,
    statistics,
);

#[test]
fn every_table_is_run_and_sound_in_numpy() {
    let names: Vec<String> = tables()
        .iter()
        .filter_map(|p| Some(p.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    assert_eq!(names, SECTIONS, "tables without a test, or tests without a table");
    let said = oracle("check", &[], &tables());
    let count = |section: &str| -> usize {
        let lines = said.lines().filter_map(|l| l.strip_prefix(section)?.strip_prefix(": "));
        lines.filter_map(|l| l.parse::<usize>().ok()).sum()
    };
    let all: usize = SECTIONS.iter().map(|s| count(s)).sum();
    assert!(all - count("repr") >= 1500 && count("repr") >= 200, "{said}");
}

#[test]
fn every_function_has_a_case_for_each_kind_of_dtype() {
    let out = support::ch5tui(&["--functions"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let functions = own("functions.json");
    std::fs::write(&functions, &out.stdout).expect("written");
    println!("{}", oracle("coverage", &[&functions], &tables()));
    let _ = std::fs::remove_file(functions);
}

/// Over a large array `X`, and what stands for it: the datasets fa to fd and so on.
const SAME_BITS: &[(&str, &str)] = &[
    ("f", "np.sum(X)"),
    ("f", "np.mean(X, axis=0)"),
    ("f", "np.std(X, axis=1, ddof=1)"),
    ("f", "np.var(X)"),
    ("f", "np.cumsum(X, axis=0)[::100, ::100]"),
    ("f", "np.sqrt(np.abs(X)) * np.sin(X) + X / 3"),
    ("f", "(X - X.mean(axis=0)) / X.std(axis=0)"),
    ("f", "X[X > 1000]"),
    ("f", "X.T[::-1, ::3]"),
    ("f", "X[::7, ::-2].sum(axis=0)"),
    ("f", "np.prod(1 + X * 1e-12, axis=0)"),
    ("f", "np.linalg.norm(X, axis=1)"),
    ("f", "np.dot(X[:, ::10], X[::10])"),
    ("s", "np.sum(X)"),
    ("s", "np.mean(X, axis=(0, 2))"),
    ("s", "np.sum(X, axis=1)"),
    ("s", "np.std(X[:, ::-1], axis=0)"),
    ("s", "np.exp(X / 10) - np.mean(X)"),
    ("i", "np.mean(X)"),
    ("i", "np.cumsum(X)[::9999]"),
    ("i", "np.std(X)"),
    ("i", "np.histogram(X, bins=20)"),
    ("i", "np.argmax(X)"),
    ("i", "X.reshape(2200, 1000).mean(axis=0)"),
    ("i", "np.median(X)"),
    ("n", "np.nansum(X, axis=0)"),
    ("n", "np.nanmean(X)"),
    ("n", "np.nanstd(X, axis=1)"),
    ("n", "np.nanmax(X, axis=0)"),
    ("n", "np.average(np.nan_to_num(X), axis=1, weights=np.arange(2304) + 1)"),
    ("c", "np.sum(X, axis=0)"),
    ("c", "np.mean(X * np.conj(X))"),
    ("c", "np.abs(X).std(axis=1)"),
];

/// The bytes of one run: what is printed, or the file that is written.
fn bits(expression: &str, threads: &str, memory: &str, file: Option<&Path>) -> Vec<u8> {
    let mut command = Command::new(PROGRAM);
    command.arg(blocks()).args(["--format", "json", "-j", threads, "--max-memory", memory]);
    command.args(["-e", expression]);
    if let Some(path) = file {
        command.arg("-o").arg(path);
    }
    let out = command.output().expect("the program runs");
    let what = format!("{expression} -j {threads} --max-memory {memory}");
    assert!(out.status.success(), "{what}: {}", text(&out.stderr));
    match file {
        Some(path) => std::fs::read(path).unwrap_or_else(|e| panic!("{what}: {e}")),
        None => out.stdout,
    }
}

fn same_bits(arrays: &str) {
    // a pair of arrays has no .npy file: it is printed
    let printed = |expression: &str| expression.contains("histogram");
    let mut faults = Vec::new();
    let chosen: Vec<_> = SAME_BITS.iter().filter(|(a, _)| arrays.contains(a)).collect();
    for (number, (array, expression)) in chosen.iter().enumerate() {
        let npy = own(&format!("{arrays}{number}.npy"));
        let file = (!printed(expression)).then_some(npy.as_path());
        let of = |letter: &str| expression.replace('X', &format!("f[\"{array}{letter}\"]"));
        let first = bits(&of("a"), "1", "1G", file);
        assert!(first.len() > 20, "{expression}: {} bytes", first.len());
        for (letter, threads, memory) in [
            ("a", "8", "1G"),
            ("a", "1", "1K"),
            ("a", "8", "1K"),
            ("a", "2", "3M"),
            ("b", "8", "1K"),
            ("b", "2", "16M"),
            ("c", "1", "1K"),
            ("c", "8", "1G"),
            ("d", "8", "5M"),
        ] {
            let expression = of(letter);
            if bits(&expression, threads, memory, file) != first {
                faults.push(format!("{expression} -j {threads} --max-memory {memory}"));
            }
        }
        // a whole result takes tens of MB
        let _ = std::fs::remove_file(npy);
    }
    assert!(faults.is_empty(), "other bits than -j 1 --max-memory 1G:\n{}", faults.join("\n"));
    assert!(!chosen.is_empty());
}

#[test]
fn same_bits_of_float64() {
    same_bits("f");
}

#[test]
fn same_bits_of_float32_and_integers() {
    same_bits("si");
}

#[test]
fn same_bits_with_nan_and_of_complex() {
    same_bits("nc");
}
