//! A file to be changed, and what is said of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{ch5tui, run_python, text};

/// A file of h5py's, in a folder of its own.
pub struct Made {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
}

impl Made {
    /// A file with so many numbers.
    pub fn new(numbers: u32) -> Made {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.h5");
        let code = format!(
            "import h5py, sys, numpy as np\nwith h5py.File(sys.argv[1], 'w') as f:\n f['x'] = \
             np.zeros({numbers})\n f['g/a'] = np.arange(10)"
        );
        run_python(&code, &[&path]);
        Made { folder, path }
    }

    /// Its path.
    pub fn name(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// The folder of its journal and records.
    pub fn beside(&self) -> PathBuf {
        self.folder.path().join(".made.h5.ch5tui")
    }

    /// Runs code with `-w`; what went wrong, or nothing.
    pub fn change(&self, code: &str) -> String {
        refusal(&["-w", self.name(), "-e", code])
    }

    /// What h5py prints of an expression of `f`.
    pub fn holds(&self, expression: &str) -> String {
        holds(&self.path, expression)
    }
}

/// What h5py prints of an expression of `f`, a file.
pub fn holds(path: &Path, expression: &str) -> String {
    let code = format!("import h5py, sys\nwith h5py.File(sys.argv[1]) as f: print({expression})");
    run_python(&code, &[path]).trim().to_string()
}

/// The one line in which the program refuses; nothing where it doesn't.
pub fn refusal(args: &[&str]) -> String {
    let out = ch5tui(&[&["--clean", "--no-progress"], args].concat());
    let said = text(&out.stderr);
    match out.status.code() {
        Some(0) => String::new(),
        Some(1) => {
            assert_eq!(said.lines().count(), 1, "{said}");
            said
        }
        code => panic!("{code:?}: {said}"),
    }
}

/// What an action on a file's history says.
pub fn says(action: &str, path: &Path) -> String {
    let out = ch5tui(&["--clean", action, path.to_str().unwrap()]);
    text(&out.stdout) + &text(&out.stderr)
}

/// A library of these C functions, which take the place of the system's where it is named in
/// LD_PRELOAD: a disk or a user of another kind.
pub fn preloaded(folder: &Path, functions: &str) -> PathBuf {
    std::fs::write(folder.join("preloaded.c"), functions).unwrap();
    let mut compiler = Command::new("cc");
    compiler.current_dir(folder).args(["-shared", "-fPIC", "-o", "preloaded.so", "preloaded.c"]);
    assert!(compiler.status().expect("there is a C compiler").success());
    folder.join("preloaded.so")
}
