//! Pickles that Python wrote: all decode, encode to the same bytes, look the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ch5tui::object::pickle::classes::{known, make};
use ch5tui::object::pickle::{Limits, Py, decode, encode, show};

fn pythons() -> Vec<PathBuf> {
    vec![crate::support::python(), crate::support::ch5mpy_python()]
}

fn run(python: &Path, mode: &str, folder: &Path) {
    let script = crate::support::root().join("tests/oracle/pickle_corpus.py");
    let done = Command::new(python)
        .args(["-W", "error::DeprecationWarning", "-B"])
        .args([script.as_os_str(), mode.as_ref(), folder.as_os_str()])
        .env("PYTHONHASHSEED", "0")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{text}\n{}", String::from_utf8_lossy(&done.stderr));
    print!("{text}");
}

fn corpus(python: &Path, index: usize) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corpus{index}"));
    let _ = fs::remove_dir_all(&folder);
    run(python, "write", &folder);
    folder
}

fn check(folder: &Path) -> Vec<String> {
    let mut bad = Vec::new();
    for line in fs::read_to_string(folder.join("names")).unwrap().lines() {
        let (name, flags) = line.split_once(' ').unwrap();
        let mut newest: Option<Py> = None;
        for protocol in (0..6).rev() {
            let Ok(bytes) = fs::read(folder.join(format!("{name}.p{protocol}.pickle"))) else {
                continue;
            };
            let value = match decode(&bytes, &Limits::default()) {
                Ok(value) => value,
                Err(error) => {
                    bad.push(format!("{name} p{protocol}: {error}"));
                    continue;
                }
            };
            let again = encode(&value).unwrap();
            let twice = decode(&again, &Limits::default()).unwrap();
            if format!("{twice:?}") != format!("{value:?}") {
                bad.push(format!("{name} p{protocol}: encoding changes it"));
            }
            let Some(newest) = &newest else {
                fs::write(folder.join(format!("{name}.ours.pickle")), &again).unwrap();
                if flags.contains('B') && again != bytes {
                    let at = again.iter().zip(&bytes).position(|(a, b)| a != b);
                    bad.push(format!("{name} p{protocol}: other bytes from {at:?}"));
                }
                let text = fs::read_to_string(folder.join(format!("{name}.repr"))).unwrap();
                let shown = show::repr(&value, usize::MAX);
                if flags.contains('R') && shown != text {
                    bad.push(format!("{name}: {text:.300} is shown as {shown:.300}"));
                }
                if let Py::Object(object) = &value
                    && let Some(known) = known(object)
                {
                    if flags.contains('B') && encode(&make(&known)).unwrap() != bytes {
                        bad.push(format!("{name}: made again it has other bytes"));
                    }
                    let iso = fs::read_to_string(folder.join(format!("{name}.iso")));
                    let ours = show::iso(&known);
                    if iso.as_ref().is_ok_and(|iso| *iso != ours) {
                        bad.push(format!("{name}: {iso:?} is given as {ours}"));
                    }
                } else if folder.join(format!("{name}.iso")).exists() {
                    bad.push(format!("{name}: it isn't known"));
                }
                newest = Some(value);
                continue;
            };
            if flags.contains('P') && format!("{newest:?}") != format!("{value:?}") {
                bad.push(format!(
                    "{name} p{protocol}: {value:.300?} where protocol 5 has {newest:.300?}"
                ));
            }
        }
    }
    bad
}

#[test]
fn python() {
    for (index, python) in pythons().iter().enumerate() {
        let folder = corpus(python, index);
        let bad = check(&folder);
        assert!(bad.is_empty(), "{}: {}", python.display(), bad.join("\n"));
        run(python, "check", &folder);
    }
}
