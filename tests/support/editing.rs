//! A file that is edited by keys at 80x24, and what tests of that have in common.

use std::path::{Path, PathBuf};

use super::run_python;
use super::terminal::{Setup, Terminal};

const MADE: &str = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'w') as f:
    x = f.create_dataset('x', data=np.arange(5, dtype='>i2'))
    x.attrs['count'] = np.uint8(7)
    x.attrs['unit'] = 'K'
    x.attrs['fixed'] = np.bytes_('abcd')
    x.attrs['pair'] = np.array([1.5, 2.5], 'f4')
    x.attrs['flag'] = True
    f['points'] = np.array([(1, 2.5), (3, 4.5)], [('n', 'i4'), ('v', 'f8')])
    f['names'] = np.array([b'ab', b'cde'], 'S4')
    f['g/inner/a'] = np.arange(1000.)
    f['g/b'] = 1
";

pub struct Made {
    pub _folder: tempfile::TempDir,
    pub path: PathBuf,
}

impl Made {
    pub fn new() -> Made {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.h5");
        run_python(MADE, &[&path]);
        Made { _folder: folder, path }
    }

    pub fn open(&self) -> Terminal {
        let mut t = Setup::new(80, 24).start(&["-w", self.path.to_str().unwrap()]);
        t.wait_for("x  (5,)");
        t
    }

    /// What h5py prints of an expression of `f`.
    pub fn holds(&self, expression: &str) -> String {
        let code = format!(
            "import h5py, sys, numpy as np\nwith h5py.File(sys.argv[1]) as f: print({expression})"
        );
        run_python(&code, &[&self.path]).trim().to_string()
    }
}

/// Selects an object, its attribute in the details if one is named.
pub fn select(t: &mut Terminal, path: &str, attribute: Option<&str>) {
    if !t.row(0).starts_with(&format!("{path} ")) {
        t.keys(&format!(":goto {path}\r")).wait_for(&format!("{path} "));
    }
    if let Some(name) = attribute {
        t.wait_for(name).keys(&format!("\t/{name}\r"));
        t.wait(name, |t| t.row(22).contains(&format!(" {name} ")));
    }
}

/// Replaces what is between the cursor and the place before it that has `old`.
pub fn retype(t: &mut Terminal, old: &str, new: &str) {
    t.wait_for(old).keys(&"\x7f".repeat(old.chars().count())).keys(new).keys("\r");
}

pub fn folder_of(file: &Path) -> PathBuf {
    let name = format!(".{}.ch5tui", file.file_name().unwrap().to_str().unwrap());
    file.with_file_name(name)
}

/// Marks a node of the file.
pub fn mark(t: &mut Terminal, path: &str) {
    select(t, path, None);
    t.keys("m").wait_for("1 marked");
}

/// Marks an object of the first file, wherever the cursor is.
pub fn select_last(t: &mut Terminal, made: &Made, path: &str) {
    t.keys("gg");
    t.wait("the first file", |t| t.row(0).contains("made.h5"));
    assert!(made.path.exists());
    select(t, path, None);
    t.keys("m").wait_for("1 marked");
}

/// The words on the screen, whatever rows they stand on.
pub fn words(t: &Terminal) -> String {
    t.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Waits until an object is selected.
pub fn selected(t: &mut Terminal, path: &str) {
    t.wait(path, |t| t.row(0).starts_with(&format!("{path} ")));
}

/// Adds to the file through h5py.
pub fn add(made: &Made, code: &str) {
    let code =
        format!("import h5py, sys, numpy as np\nwith h5py.File(sys.argv[1], 'r+') as f: {code}");
    run_python(&code, &[&made.path]);
}
