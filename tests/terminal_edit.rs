//! Files changed by keys, at 80x24: what the screen says, and what h5py then finds in the file.

mod support;

use std::path::{Path, PathBuf};

use support::terminal::{Setup, Terminal};
use support::{run_python, sha256};

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

struct Made {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Made {
    fn new() -> Made {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.h5");
        run_python(MADE, &[&path]);
        Made { _folder: folder, path }
    }

    fn open(&self) -> Terminal {
        let mut t = Setup::new(80, 24).start(&["-w", self.path.to_str().unwrap()]);
        t.wait_for("x  (5,)");
        t
    }

    /// What h5py prints of an expression of `f`.
    fn holds(&self, expression: &str) -> String {
        let code = format!(
            "import h5py, sys, numpy as np\nwith h5py.File(sys.argv[1]) as f: print({expression})"
        );
        run_python(&code, &[&self.path]).trim().to_string()
    }
}

/// Selects an object, its attribute in the details if one is named.
fn select(t: &mut Terminal, path: &str, attribute: Option<&str>) {
    if !t.row(0).starts_with(&format!("{path} ")) {
        t.keys(&format!(":goto {path}\r")).wait_for(&format!("{path} "));
    }
    if let Some(name) = attribute {
        t.wait_for(name).keys(&format!("\t/{name}\r"));
        t.wait(name, |t| t.row(22).contains(&format!(" {name} ")));
    }
}

/// Replaces what is between the cursor and the place before it that has `old`.
fn retype(t: &mut Terminal, old: &str, new: &str) {
    t.wait_for(old).keys(&"\x7f".repeat(old.chars().count())).keys(new).keys("\r");
}

#[test]
fn an_attribute_is_edited_and_keeps_its_type() {
    let made = Made::new();
    let mut t = made.open();
    for (name, old, new, after) in [
        ("count", "7", "200", "uint8 200"),
        ("unit", "'K'", "'µm, long enough for no room to be left'", "object µm, long"),
        ("fixed", "b'abcd'", "b'xy'", "|S4 b'xy'"),
        ("pair", "[1.5, 2.5]", "[0.25, 8]", "float32 [0.25 8."),
        ("flag", "True", "False", "bool False"),
    ] {
        select(&mut t, "/x", Some(name));
        t.keys("e").wait_for(&format!("modify('{name}', {old})"));
        retype(&mut t, old, new);
        t.wait_for("done").keys("q");
        let held = format!(
            "f['x'].attrs.get_id('{name}').dtype.str.replace('|O', 'object').replace('|u1', \
             'uint8').replace('<f4', 'float32').replace('|b1', 'bool'), f['x'].attrs['{name}'], \
             sep=' '"
        );
        let held = made.holds(&held);
        assert!(held.starts_with(after) || name == "flag" && held.ends_with("False"), "{held}");
    }
    // what its type doesn't hold is refused, and changes nothing
    let before = sha256(&made.path);
    for (name, old, new, why) in [
        ("count", "200", "300", "300 would become"),
        ("count", "200", "1.5", "1.5 would become 1"),
        ("count", "200", "'many'", "it holds no text"),
        ("fixed", "b'xy'", "'abcde'", "5 bytes, and room for 4"),
        ("pair", "[0.25, 8.0]", "[1, 2, 3]", "shape"),
    ] {
        select(&mut t, "/x", Some(name));
        t.keys("e").wait_for(&format!("modify('{name}', {old})"));
        retype(&mut t, old, new);
        t.wait_for(why).keys("q");
        assert_eq!(sha256(&made.path), before, "{name} = {new}");
    }
}

#[test]
fn an_attribute_is_added_renamed_and_deleted() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", Some("unit"));
    t.keys("a").wait_for("f[\"/x\"].attrs[\"\"] =").keys("new");
    t.wait_for("attrs[\"new\"]").keys("\x05 [1, 2]\r").wait_for("done").wait_for("new");
    assert_eq!(made.holds("f['x'].attrs['new']"), "[1 2]");
    t.keys("/unit\r").keys("r").wait_for("attrs.rename('unit', 'unit')").keys("s\r");
    t.wait_for("done").wait_for("units");
    assert_eq!(made.holds("'unit' in f['x'].attrs, f['x'].attrs['units']"), "False K");
    t.keys("/new\r").keys("dd").wait_for("(y/n) delete the attribute new of /x?").keys("y");
    t.wait_for("done").wait_gone("new ");
    assert_eq!(made.holds("'new' in f['x'].attrs"), "False");
}

#[test]
fn a_cell_is_typed_over() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", None);
    t.wait_for(" 4").keys("\rjj").keys("e").wait_for("f[\"/x\"][2] = 2");
    retype(&mut t, "2", "-300");
    t.wait_for("-300");
    assert_eq!(made.holds("f['x'][:], f['x'].dtype"), "[   0    1 -300    3    4] >i2");
    // out of range, a fraction, no number
    for (typed, why) in [
        ("40000", "40000 out of bounds for int16"),
        ("0.5", "0.5 would become 0"),
        ("'a'", "ValueError"),
    ] {
        t.keys("e").wait_for("f[\"/x\"][2] = -300");
        retype(&mut t, "-300", typed);
        t.wait_for(why);
        assert_eq!(made.holds("f['x'][2]"), "-300");
    }
}

#[test]
fn a_text_that_is_too_long_for_its_cell_is_refused() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/names", None);
    t.wait_for("cde").keys("\rj").keys("e").wait_for("f[\"/names\"][1] = b'cde'");
    retype(&mut t, "b'cde'", "'abcd'");
    t.wait_for("done");
    assert_eq!(made.holds("f['names'][1]"), "b'abcd'");
    t.keys("e").wait_for("= b'abcd'");
    retype(&mut t, "b'abcd'", "'abcde'");
    t.wait_for("would become b'abcd'");
    assert_eq!(made.holds("f['names'][1]"), "b'abcd'");
}

#[test]
fn a_field_of_a_compound_is_typed_over() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/points", None);
    t.wait_for("4.5").keys("\rjl").keys("e").wait_for("f[\"/points\"][1, 'v'] = 4.5");
    retype(&mut t, "4.5", "np.pi");
    t.wait_for("3.14");
    assert_eq!(made.holds("f['points'][:].tolist()"), "[(1, 2.5), (3, 3.141592653589793)]");
}

#[test]
fn nodes_are_made_renamed_and_deleted() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/g", None);
    t.keys("a").wait_for("f[\"/g/\"] =").keys("new").wait_for("f[\"/g/new\"]");
    t.keys("\x05 np.arange(3) * f[\"x\"][1]\r").wait_for("done");
    assert_eq!(made.holds("f['g/new'][:]"), "[0 1 2]");
    t.keys("l").wait_for("new  (3,)");
    select(&mut t, "/g/new", None);
    t.keys("r").wait_for("f.move('/g/new', '/g/new')").keys("er\r").wait_for("newer  (3,)");
    assert_eq!(made.holds("sorted(f['g'])"), "['b', 'inner', 'newer']");
    // a preview says what goes
    select(&mut t, "/g", None);
    t.keys("dd").wait_for("(y/n) delete /g: 2 groups, 3 datasets,").keys("n");
    t.wait_for("nothing was changed");
    assert_eq!(made.holds("'g' in f"), "True");
    t.keys("dd").wait_for("(y/n) delete /g").keys("y").wait_for("done");
    t.wait_gone("▸ g");
    assert_eq!(made.holds("sorted(f)"), "['names', 'points', 'x']");
}

#[test]
fn changes_are_undone_redone_and_listed() {
    let made = Made::new();
    let states = [sha256(&made.path)];
    let mut states = states.to_vec();
    let mut t = made.open();
    for code in ["f[\"x\"][0] = 99", "del f[\"g\"]", "f[\"z\"] = np.arange(50)"] {
        t.keys(&format!(":{code}\r")).wait_for("done");
        let now = sha256(&made.path);
        assert_ne!(states.last(), Some(&now), "{code}");
        states.push(now);
        t.keys("\x0c");
        // the next "done" is another one's
        t.keys(":axes\r").wait_for("axes:");
    }
    t.keys("u").wait_for("undone: f[\"z\"]");
    assert_eq!(sha256(&made.path), states[2]);
    t.keys(":undo\r").wait_for("undone: del f[\"g\"]").wait_for("▸ g");
    assert_eq!(sha256(&made.path), states[1]);
    t.keys(":history\r").wait_for("1  ").wait_for("(undone)").wait_for("np.arange(50)").keys("q");
    t.keys("\x12").wait_for("redone: del f[\"g\"]").wait_gone("▸ g");
    assert_eq!(sha256(&made.path), states[2]);
    t.keys("uu").wait_for("undone: f[\"x\"]").keys("u").wait_for("nothing to undo");
    assert_eq!(sha256(&made.path), states[0]);
    for _ in 0..3 {
        t.keys("\x12");
    }
    t.keys("\x12").wait_for("nothing to redo");
    assert_eq!(sha256(&made.path), states[3]);
    t.keys(":forget\r").wait_for("forgotten");
    assert!(!folder_of(&made.path).exists());
    t.keys("u").wait_for("nothing to undo");
}

fn folder_of(file: &Path) -> PathBuf {
    let name = format!(".{}.ch5tui", file.file_name().unwrap().to_str().unwrap());
    file.with_file_name(name)
}

#[test]
fn a_file_that_was_opened_for_reading_is_changed_after_asking_once() {
    let made = Made::new();
    let before = sha256(&made.path);
    let mut t = Setup::new(80, 24).start(&[made.path.to_str().unwrap()]);
    t.wait_for("x  (5,)").keys(":f[\"x\"][0] = 5\r");
    t.wait_for("(y/n) may ").keys("n").wait_for("is open for reading only");
    assert_eq!(sha256(&made.path), before);
    t.keys(":f[\"x\"][0] = 6\r").wait_for("(y/n) may ").keys("y").wait_for("done");
    assert_eq!(made.holds("f['x'][0]"), "6");
    t.keys(":f[\"x\"][0] = 7\r:f[\"x\"][0] + 100\r").wait_for("107");
    assert_eq!(made.holds("f['x'][0]"), "7");
}

#[test]
fn nothing_is_undone_that_others_have_changed_since() {
    let made = Made::new();
    let mut t = made.open();
    t.keys(":f[\"x\"][0] = 5\r").wait_for("done");
    run_python(
        "import h5py, sys\nwith h5py.File(sys.argv[1], 'r+') as f: f['x'][1] = 9",
        &[&made.path],
    );
    let before = sha256(&made.path);
    t.keys("u").wait_for("something else has changed the file since");
    assert_eq!(sha256(&made.path), before);
    // a change of ours goes on from theirs
    t.keys(":f[\"x\"][2] = 8\r").wait_for("done");
    assert_eq!(made.holds("f['x'][:]"), "[5 9 8 3 4]");
    t.keys("u").wait_for("undone");
    assert_eq!(made.holds("f['x'][:]"), "[5 9 2 3 4]");
}

#[test]
fn a_long_write_that_is_cancelled_leaves_no_trace() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f: f['big'] = np.arange(3e7)";
    run_python(code, &[&made.path]);
    let before = sha256(&made.path);
    let mut t = made.open();
    t.keys(":f[\"big\"][:] = f[\"big\"][:] * 2 + 1\r").wait_for("Esc cancels");
    t.wait("the journal", |_| folder_of(&made.path).join("journal").exists());
    t.keys("\x1b").wait_for("cancelled");
    assert_eq!(sha256(&made.path), before);
    assert!(!folder_of(&made.path).exists());
    t.keys(":f[\"big\"][-1]\r").wait_for("29999999.0");
}
