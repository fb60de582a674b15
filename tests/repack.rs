//! Files that are written anew, and objects that are copied to other files: nothing of them is
//! lost, and what pointed into the old file points into the new one.

mod support;

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ch5tui::store::{File, H5Mode, ObjectPath, StoreError};
use support::terminal::Setup;
use support::{PROGRAM, ch5tui, data, python, root, run_python, sha256, text};

/// A file of 4 MB that nothing uses, and 800 KB.
fn made() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.h5");
    let code = "import h5py, sys, numpy as np\nf = h5py.File(sys.argv[1], 'w')\n\
                f['hole'] = np.random.default_rng(1).random(500_000)\n\
                f['x'] = np.arange(100_000)\nf['r'] = np.array([f['x'].ref], h5py.ref_dtype)\n\
                f.close()\nf = h5py.File(sys.argv[1], 'r+')\ndel f['hole']\nf.close()";
    run_python(code, &[&path]);
    (folder, path)
}

fn holds(path: &Path, expression: &str) -> String {
    let code = format!(
        "import h5py, sys, numpy as np\nf = h5py.File(sys.argv[1])\nprint({expression}, end='')"
    );
    run_python(&code, &[path])
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn said(args: &[&str], code: i32) -> String {
    let out = ch5tui(args);
    assert_eq!(out.status.code(), Some(code), "{}{}", text(&out.stdout), text(&out.stderr));
    text(if code == 0 { &out.stdout } else { &out.stderr }).trim().to_string()
}

/// Every kind of object and layout in seven formats, and files of other programs.
#[test]
fn nothing_is_lost_by_repacking() {
    let mut files = vec![data("made").join("layouts.h5"), data("libs").join("netcdf4.nc")];
    for folder in ["made", "libs", "hdf5"] {
        let entries = std::fs::read_dir(data(folder)).unwrap();
        files.extend(entries.map(|e| e.unwrap().path()).filter(|p| {
            let ending = p.extension().and_then(|e| e.to_str()).unwrap_or_default();
            ["h5", "mat", "nc", "h5ad"].contains(&ending)
        }));
    }
    files.sort();
    files.dedup();
    let out = Command::new(python())
        .arg(root().join("tests/oracle/repack.py"))
        .arg(PROGRAM)
        .args(&files)
        .output()
        .unwrap();
    let said = text(&out.stdout);
    assert!(out.status.success(), "{}: {said}{}", out.status, text(&out.stderr));
    let last = said.lines().last().unwrap();
    let repacked: usize = last.split(' ').next().unwrap().parse().unwrap();
    // the others are damaged, parts of a file in several parts, or none at all
    assert!(repacked > 230 && last.ends_with(" 0 wrong"), "{last}");
}

#[test]
fn in_place_it_ends_the_history_and_keeps_the_rights() {
    let (folder, path) = made();
    let name = path.to_str().unwrap();
    let link = folder.path().join("link.h5");
    symlink("made.h5", &link).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    said(&["-w", name, "-e", "f['x'][3] = -5"], 0);
    let before = std::fs::metadata(&path).unwrap();
    // through a link, the real file is written anew
    let words = said(&["--repack", link.to_str().unwrap(), link.to_str().unwrap()], 0);
    assert!(words.starts_with("repacked: 78") && words.contains(", was 4.6"), "{words}");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    let after = std::fs::metadata(&path).unwrap();
    assert!(after.len() < before.len() - 3_900_000);
    assert_eq!(
        (after.mode(), after.uid(), after.gid()),
        (before.mode(), before.uid(), before.gid())
    );
    assert_eq!(holds(&path, "f['x'][3], f[f['r'][0]].name"), "-5 /x");
    assert_eq!(names(folder.path()), ["link.h5", "made.h5"]);
    assert_eq!(said(&["--history", name], 0), "");
    assert!(said(&["--undo", name], 1).contains("there is nothing to undo"));
    // again there is nothing to gain
    let compact = sha256(&path);
    assert!(said(&["--repack", name, name], 0).starts_with("compact already"));
    assert_eq!(sha256(&path), compact);
}

#[test]
fn what_can_not_be_repacked_is_refused_and_nothing_is_left() {
    let (folder, path) = made();
    let name = path.to_str().unwrap();
    let before = sha256(&path);
    let taken = folder.path().join("taken.h5");
    std::fs::write(&taken, "a text").unwrap();
    assert!(said(&["--repack", taken.to_str().unwrap(), name], 1).ends_with("exists already"));
    let nowhere = folder.path().join("no/such.h5");
    assert!(said(&["--repack", nowhere.to_str().unwrap(), name], 1).contains("No such file"));
    let other = folder.path().join("other.h5");
    std::fs::hard_link(&path, &other).unwrap();
    assert!(said(&["--repack", name, name], 1).contains("has 1 other name (hard links)"));
    // a copy can be made
    let out = folder.path().join("out.h5");
    assert!(said(&["--repack", out.to_str().unwrap(), name], 0).starts_with("repacked"));
    assert_eq!(sha256(&path), before);
    assert_eq!(names(folder.path()), ["made.h5", "other.h5", "out.h5", "taken.h5"]);
    assert_eq!(std::fs::read(&taken).unwrap(), b"a text");
}

/// Wherever it is stopped, the file is as it was and nothing is left; lazy readers go on.
#[test]
fn stopped_at_any_time_it_leaves_the_file() {
    let (folder, path) = made();
    let before = sha256(&path);
    let file = File::open(&path, H5Mode::ReadWrite).unwrap();
    let total = {
        let calls = Arc::new(AtomicU64::new(0));
        let counting = calls.clone();
        let out = folder.path().join("out.h5");
        let tell = Arc::new(move |_, _| counting.fetch_add(1, Ordering::Relaxed) < u64::MAX);
        ch5tui::store::repack_to(&path, &out, tell).unwrap();
        std::fs::remove_file(out).unwrap();
        calls.load(Ordering::Relaxed)
    };
    assert!(total > 8, "{total}");
    for stop in 0..total {
        let calls = AtomicU64::new(0);
        let tell = Arc::new(move |_, _| calls.fetch_add(1, Ordering::Relaxed) < stop);
        match file.repack(tell) {
            Err(StoreError::NotChanged { why, .. }) => assert_eq!(why, "cancelled"),
            other => panic!("stopped at {stop} of {total}: {other:?}"),
        }
        assert_eq!(sha256(&path), before);
        assert_eq!(names(folder.path()), ["made.h5"]);
    }
    assert!(!file.repack(Arc::new(|_, _| true)).unwrap().is_left());
    assert!(file.link(&ObjectPath::new("/x")).is_ok());
}

#[test]
fn references_and_fill_values_of_copies_point_into_the_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let [from, to] = ["from.h5", "to.h5"].map(|n| folder.path().join(n));
    for libver in ["earliest", "latest"] {
        let code = format!(
            "import h5py, sys, numpy as np\n\
             f = h5py.File(sys.argv[1], 'w', libver='{libver}')\n\
             g = f.create_group('g')\n\
             for name in ('fill', 'also'):\n    \
                 d = g.create_dataset(name, (5,), h5py.string_dtype(), fillvalue=name.encode(), \
                                      chunks=(2,), maxshape=(None,))\n    d[0] = 'x'\n\
             g['hard'] = g['fill']\n\
             g.attrs['to'] = g['fill'].ref\n\
             g['refs'] = np.array([g['also'].ref, f.ref], h5py.ref_dtype)\n\
             g['regions'] = np.array([g['also'].regionref[1:3]], h5py.regionref_dtype)\n\
             h5py.File(sys.argv[2], 'w', libver='{libver}').close()"
        );
        run_python(&code, &[&from, &to]);
        let before = (sha256(&from), sha256(&to));
        let [a, b] = [&from, &to].map(|p| p.to_str().unwrap());
        let code = "files[0].copy('g', files[1], 'copy')";
        let out = ch5tui(&["-w", a, b, "-e", code]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        assert_eq!(
            text(&out.stderr).trim(),
            "/copy: 1 reference to what was not copied along: null in the copy"
        );
        assert_eq!(sha256(&from), before.0);
        for (expression, expected) in [
            ("[x.decode() for x in f['copy/fill'][:]]", "['x', 'fill', 'fill', 'fill', 'fill']"),
            ("f['copy/also'].fillvalue, f['copy/also'].chunks", "b'also' (2,)"),
            ("f['copy/fill'] == f['copy/hard']", "True"),
            ("f[f['copy'].attrs['to']].name", "/copy/fill"),
            ("f[f['copy/refs'][0]].name, bool(f['copy/refs'][1])", "/copy/also False"),
            ("f['copy/also'][f['copy/regions'][0]].tolist()", "[b'also', b'also']"),
        ] {
            // h5py reads texts where a fill value stands only of files that it may write
            let code = format!(
                "import h5py, io, sys\nf = h5py.File(io.BytesIO(open(sys.argv[1], 'rb').read()), \
                 'r+')\nprint({expression}, end='')"
            );
            assert_eq!(run_python(&code, &[&to]), expected, "{libver}: {expression}");
        }
        said(&["--undo", b], 0);
        assert_eq!(sha256(&to), before.1);
        std::fs::remove_file(&to).unwrap();
        assert_eq!(said(&["--forget", a], 0), "forgotten: 0 bytes freed");
    }
}

#[test]
fn in_the_terminal_it_is_asked_for_and_the_screen_goes_on() {
    let (folder, path) = made();
    let name = path.to_str().unwrap();
    let before = sha256(&path);
    let mut t = Setup::new(80, 24).start(&["-w", name]);
    t.wait_for("x  (100000,) int64").keys(":f['x'][0] = 7\r").wait_for("done");
    t.keys(":repack\r").wait_for("(y/n) write made.h5 anew without unused space?").keys("n");
    t.wait_for("nothing was changed");
    t.keys(":undo\r").wait_for("undone");
    assert_eq!(sha256(&path), before);
    t.keys(":repack\r")
        .wait_for("(y/n) write made.h5 anew without unused space?")
        .keys("y")
        .wait_for("repacked: 78");
    t.keys(":f['x'][:3].tolist()\r").wait_for("[0, 1, 2]");
    t.keys(":undo\r").wait_for("there is nothing to undo");
    drop(t);
    assert_eq!(holds(&path, "f['x'][:].sum(), f[f['r'][0]].name"), "4999950000 /x");
    assert_eq!(names(folder.path()), ["made.h5"]);
}
