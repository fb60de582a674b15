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
fn an_attribute_is_added() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", Some("unit"));
    t.keys("a").wait_for("f[\"/x\"].attrs[\"\"] =").keys("new");
    t.wait_for("attrs[\"new\"]").keys("\x05 [1, 2]\r").wait_for("done").wait_for("new");
    assert_eq!(made.holds("f['x'].attrs['new']"), "[1 2]");
}

#[test]
fn an_attribute_is_renamed() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", Some("unit"));
    t.keys("r").wait_for("attrs.rename('unit', 'unit')").keys("s\r");
    t.wait_for("done").wait_for("units");
    assert_eq!(made.holds("'unit' in f['x'].attrs, f['x'].attrs['units']"), "False K");
    // not over another one
    let before = sha256(&made.path);
    t.keys("r").wait_for("attrs.rename('units', 'units')").keys(&"\x7f".repeat(5));
    t.keys("count\r").wait_for("count is there already");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn an_attribute_is_deleted() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", Some("fixed"));
    t.keys("dd").wait_for("(y/n) delete the attribute fixed of /x?").keys("n");
    assert_eq!(made.holds("'fixed' in f['x'].attrs"), "True");
    t.keys("dd").wait_for("(y/n) delete the attribute fixed of /x?").keys("y");
    t.wait_for("done").wait_gone("fixed ");
    assert_eq!(made.holds("'fixed' in f['x'].attrs"), "False");
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
fn a_dataset_is_made_from_an_expression() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/g", None);
    t.keys("a").wait_for("f[\"/g/\"] =").keys("new").wait_for("f[\"/g/new\"]");
    t.keys("\x05 np.arange(3) * f[\"x\"][1]\r").wait_for("done");
    assert_eq!(made.holds("f['g/new'][:]"), "[0 1 2]");
    t.keys("l").wait_for("new  (3,)");
}

#[test]
fn a_group_is_made() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/g", None);
    t.keys("A").wait_for("f.create_group(\"/g/\")").keys("into\r").wait_for("done");
    assert_eq!(made.holds("f['g/into']"), "<HDF5 group \"/g/into\" (0 members)>");
    // not in the place of another one
    let before = sha256(&made.path);
    t.wait("the new group", |t| t.row(0).starts_with("/g/into "));
    select(&mut t, "/g", None);
    t.keys("A").wait_for("f.create_group(\"/g/\")").keys("inner\r").wait_for("exists");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn a_node_is_renamed_and_moved() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/g/b", None);
    t.keys("r").wait_for("f.move('/g/b', '/g/b')").keys("2\r").wait_for("b2  ");
    assert_eq!(made.holds("sorted(f['g'])"), "['b2', 'inner']");
    // into another group
    select(&mut t, "/g/b2", None);
    t.keys("r").wait_for("f.move('/g/b2', '/g/b2')").keys("\x7f\x7finner/c\r").wait_for("done");
    assert_eq!(made.holds("sorted(f['g']), f['g/inner/c'][()]"), "['inner'] 1");
    // not over what is there
    let before = sha256(&made.path);
    select(&mut t, "/x", None);
    t.keys("r").wait_for("f.move('/x', '/x')").keys("\x7fnames\r").wait_for("/names");
    t.wait_for("exists");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn a_node_is_deleted_after_a_preview() {
    let made = Made::new();
    let mut t = made.open();
    // it says what goes
    select(&mut t, "/g", None);
    t.keys("dd").wait_for("(y/n) delete /g: 2 groups, 2 datasets,").keys("n");
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
        t.keys(&format!(":{code}\r"));
        if code.starts_with("del") {
            t.wait_for("deleted  /g").wait_for("(y/n) make this change?").keys("y");
        }
        t.wait_for("done");
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
    t.keys(":forget\r").wait_for("(y/n) forget what undoes 3 changes? nothing can be undone then");
    t.keys("n").wait_for("nothing was changed");
    assert!(folder_of(&made.path).exists());
    t.keys(":forget\r").wait_for("(y/n) forget").keys("y").wait_for("forgotten");
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

#[test]
fn the_screen_goes_on_while_a_long_write_runs() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f:
    f['big'] = np.arange(6e7)
    f['other'] = np.arange(7) * 11";
    run_python(code, &[&made.path]);
    let mut t = made.open();
    t.keys(":f[\"big\"][:] = f[\"big\"][:] * 2 + 1\r").wait_for("Esc cancels");
    t.wait("the journal", |_| folder_of(&made.path).join("journal").exists());
    // pages are read through the change that is under way
    t.keys(":goto /other\r").wait_for("(7,)").wait_for("66").resize(120, 40).wait_for("6  66");
    assert!(t.text().contains("Esc cancels"), "the write was over too soon:\n{}", t.text());
    t.wait_for("done");
    t.keys(":f[\"big\"][[0, -1]].tolist()\r").wait_for("[1.0, 119999999.0]");
    assert_eq!(made.holds("f['big'][0], f['big'][-1], f['other'][-1]"), "1.0 119999999.0 66");
}

/// Attributes of one type each: its name, how h5py makes it, what `e` shows, what is typed
/// instead, and what h5py then reads.
const TYPES: &[(&str, &str, &str, &str, &str)] = &[
    ("i8", "np.int8(-5)", "-5", "7", "int8 7"),
    ("u64", "np.uint64(2**64 - 1)", "18446744073709551615", "1", "uint64 1"),
    ("big", "np.array(258, '>i4')", "258", "-3", ">i4 -3"),
    ("f16", "np.float16(1.5)", "1.5", "np.nan", "float16 nan"),
    ("f64", "0.1", "0.1", "1e300", "float64 1e+300"),
    ("c128", "1 + 2j", "(1+2j)", "3j", "complex128 3j"),
    ("flag", "False", "False", "True", "bool True"),
    ("enum", "ENUM", "1", "0", "int8 0"),
    ("octets", "np.bytes_('ab')", "b'ab'", "'cd'", "|S2 b'cd'"),
    ("text", "'a\\u00e9'", "'a\u{e9}'", "'\u{3bc}'", "object \u{3bc}"),
    ("texts", "['a', 'b']", "['a', 'b']", "['c', 'dd']", "object ['c' 'dd']"),
    ("point", "np.array((1, 2.5), [('n', 'i4'), ('v', 'f8')])", "(1, 2.5)", "(7, 0.5)", "(7, 0.5)"),
    ("array", "np.arange(3, dtype='u2')", "[0, 1, 2]", "[5, 6, 7]", "uint16 [5 6 7]"),
    ("none", "h5py.Empty('f4')", "None", "2.5", "float32 2.5"),
];

#[test]
fn attributes_of_each_type_are_edited_renamed_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("types.h5");
    let made: Vec<String> = TYPES
        .iter()
        .map(|(name, value, ..)| format!("    x.attrs['{name}'] = {value}\n"))
        .collect();
    let code = format!(
        "import h5py, sys, numpy as np\nENUM = np.array(1, h5py.enum_dtype({{'no': 0, 'yes': 1}}, \
         'i1'))\nwith h5py.File(sys.argv[1], 'w') as f:\n    x = f.create_dataset('x', data=[1])\n\
         {}    x.attrs.create('enum', ENUM, dtype=ENUM.dtype)\n",
        made.concat()
    );
    run_python(&code, &[&path]);
    let made = Made { _folder: folder, path };
    let mut t = Setup::new(80, 24).start(&["-w", made.path.to_str().unwrap()]);
    t.wait_for("x  (1,)");
    for (name, _, shown, typed, after) in TYPES {
        select(&mut t, "/x", Some(name));
        t.keys("e").wait_for(&format!("modify('{name}', {shown})"));
        retype(&mut t, shown, typed);
        t.wait_for("done");
        let held =
            made.holds(&format!("f['x'].attrs.get_id('{name}').dtype, f['x'].attrs['{name}']"));
        assert!(held.ends_with(after), "{name}: {held}, not {after}");
        // another name, and gone
        t.keys("r").wait_for(&format!("rename('{name}', '{name}')")).keys("_2\r").wait_for("done");
        assert_eq!(
            made.holds(&format!("'{name}' in f['x'].attrs, '{name}_2' in f['x'].attrs")),
            "False True"
        );
        t.keys("q");
        select(&mut t, "/x", Some(&format!("{name}_2")));
        t.keys("dd").wait_for(&format!("(y/n) delete the attribute {name}_2 of /x?")).keys("y");
        t.wait_for("done").wait_gone(&format!("{name}_2")).keys("q");
    }
    assert_eq!(made.holds("len(f['x'].attrs)"), "0");
}

#[test]
fn attributes_of_any_kind_are_added() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/names", None);
    t.keys("\t");
    for (i, (typed, after)) in [
        ("5", "5"),
        ("np.float32(0.5)", "0.5"),
        ("'text'", "text"),
        ("[1.5, 2.5]", "[1.5 2.5]"),
        ("True", "True"),
        ("2j", "2j"),
        ("f[\"x\"][:].mean()", "2.0"),
    ]
    .into_iter()
    .enumerate()
    {
        t.keys("a").wait_for("attrs[\"\"] =").keys(&format!("k{i}\x05{typed}\r")).wait_for("done");
        assert_eq!(made.holds(&format!("f['names'].attrs['k{i}']")), after);
        t.keys(":axes\r").wait_for("axes:");
    }
    // None, as ch5mpy has it
    t.keys("a").wait_for("attrs[\"\"] =").keys("k\x05None\r").wait_for("None  pickle");
    t.keys(":f[\"names\"].attrs[\"k\"] is None\r").wait_for("True");
}

#[test]
fn a_long_text_is_edited_in_lines_of_its_own() {
    let made = Made::new();
    let text = "with h5py.File(sys.argv[1], 'r+') as f: \
                f['x'].attrs['long'] = '\\n'.join(f'line {i}' for i in range(50))";
    run_python(&format!("import h5py, sys\n{text}"), &[&made.path]);
    let mut t = made.open();
    select(&mut t, "/x", Some("long"));
    t.keys("e").wait_for("f[\"/x\"].attrs['long']").wait_for("line 12").wait_for("^S keep it");
    t.keys("\x1b").wait_for("nothing was changed");
    t.keys("e").wait_for("line 12").keys("first\r").wait_for("first").keys("\x13").wait_for("done");
    assert_eq!(
        made.holds("f['x'].attrs['long'][:19].split('\\n')"),
        "['first', 'line 0', 'line 1']"
    );
}

#[test]
fn the_users_own_editor_gets_the_value() {
    let made = Made::new();
    let mut t = Setup::new(80, 24)
        .env("EDITOR", "sed -i s/K/kelvin/")
        .start(&["-w", made.path.to_str().unwrap()]);
    t.wait_for("x  (5,)");
    select(&mut t, "/x", Some("unit"));
    t.keys("E").wait_for("done").wait_for("kelvin");
    assert_eq!(made.holds("f['x'].attrs['unit']"), "kelvin");
    // the keys are ours again
    t.keys("u").wait_for("undone");
    assert_eq!(made.holds("f['x'].attrs['unit']"), "K");
    let mut t =
        Setup::new(80, 24).env("EDITOR", "false").start(&["-w", made.path.to_str().unwrap()]);
    t.wait_for("x  (5,)");
    select(&mut t, "/x", Some("unit"));
    t.keys("E").wait_for("nothing was changed: false ended with");
}

#[test]
fn marked_cells_are_filled() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f: f['m'] = np.arange(24).reshape(4, 6)";
    run_python(code, &[&made.path]);
    let mut t = made.open();
    select(&mut t, "/m", None);
    t.wait_for("23").keys("\rlmjjl").keys(":sel.sum()\r").wait_for("45").keys("q");
    // marks stay where the dataset is read anew, as it is on the way back, too
    t.keys("R").wait_for("read anew").wait_for("14  15");
    t.keys("e").wait_for("f[\"/m\"][0:3, 1:3] = 14");
    retype(&mut t, "14", "-1");
    t.wait_for("done").wait_for("-1  -1");
    assert_eq!(
        made.holds("f['m'][:, :4].tolist()"),
        "[[0, -1, -1, 3], [6, -1, -1, 9], [12, -1, -1, 15], [18, 19, 20, 21]]"
    );
    // what the cells don't hold is refused
    let before = sha256(&made.path);
    t.keys("mj").keys("e").wait_for("f[\"/m\"][2:4, 2] = 20");
    retype(&mut t, "20", "0.5");
    t.wait_for("0.5 would become");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn a_block_from_the_clipboard_is_pasted() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f: f['m'] = np.arange(24.).reshape(4, 6)";
    run_python(code, &[&made.path]);
    let mut t = made.open();
    let paste = |text: &str| format!("\x1b[200~{text}\x1b[201~");
    select(&mut t, "/m", None);
    t.wait_for("23").keys("\rjl").keys(&paste("1.5\tnan\r\n-2\t1e3\r\n"));
    t.wait_for("(y/n) paste 2 x 2 cells over /m from [1, 1] on?").keys("y").wait_for("done");
    assert_eq!(
        made.holds("f['m'][1:3, :4].tolist()"),
        "[[6.0, 1.5, nan, 9.0], [12.0, -2.0, 1000.0, 15.0]]"
    );
    let before = sha256(&made.path);
    for (text, why) in [
        ("1\t2\n3\n", "line 2 has 1 cells"),
        ("1\n2\n3\n4\n", "reach beyond the 4 x 6"),
        ("word", "could not convert string to float: 'word'"),
    ] {
        t.keys(&paste(text));
        if text == "word" {
            t.wait_for("(y/n)").keys("y");
        }
        t.wait_for(why);
        assert_eq!(sha256(&made.path), before, "{text}");
    }
    t.keys("q");
    // fields, a column each; texts
    select(&mut t, "/points", None);
    t.wait_for("4.5").keys("\r").keys(&paste("7\t0.25\n8\t0.5\n"));
    t.wait_for("(y/n) paste 2 x 2").keys("y").wait_for("done").keys("q");
    assert_eq!(made.holds("f['points'][:].tolist()"), "[(7, 0.25), (8, 0.5)]");
    select(&mut t, "/names", None);
    t.wait_for("cde")
        .keys("\r")
        .keys(&paste("12\nxyz\n"))
        .wait_for("(y/n)")
        .keys("y")
        .wait_for("done");
    assert_eq!(made.holds("f['names'][:].tolist()"), "[b'12', b'xyz']");
    t.keys("u").wait_for("undone").keys(&paste("12345")).wait_for("(y/n)").keys("y");
    t.wait_for("12345' would become").keys("q");
}

#[test]
fn a_preview_tells_what_would_differ_before_it_is_made() {
    let made = Made::new();
    let before = sha256(&made.path);
    let mut t = made.open();
    t.keys(":f[\"x\"][1:4] = 7; f[\"x\"].attrs[\"unit\"] = \"mK\"; f[\"new\"] = f[\"x\"] * 2\x1bp");
    t.wait_for("changed  /x   3 elements").wait_for("[1]   1 -> 7").wait_for("/x @unit   K -> mK");
    t.wait_for("new      /new   dataset").wait_for("are written to the file");
    t.wait_for("(y/n) make this change?").keys("n").wait_for("=f[\"x\"][1:4] = 7");
    assert_eq!(sha256(&made.path), before);
    assert!(!folder_of(&made.path).exists());
    t.keys("\x1bp").wait_for("(y/n) make this change?").keys("y").wait_for("done");
    assert_eq!(
        made.holds("f['x'][:].tolist(), f['new'][:].tolist()"),
        "[0, 7, 7, 7, 4] [0, 14, 14, 14, 8]"
    );
    // what takes something away is shown unasked
    t.keys(":del f[\"g/inner\"], f[\"x\"].attrs[\"pair\"]\r");
    t.wait_for("deleted  /g/inner   1 group, 1 dataset, 7.8K")
        .wait_for("@pair   [1.5, 2.5] -> (none)");
    t.keys("n").wait_for("=del f").keys("\x1b");
    assert_eq!(made.holds("'inner' in f['g']"), "True");
    // a name in memory is not what is asked about
    t.keys(":l = [1, 2]; del l[0]; l\r").wait_for("[2]").keys("q");
    // a change that is much is looked at only at its beginning
    t.keys(":f[\"big\"] = np.zeros(20_000_000)\x1bp").wait_for("This is the beginning").keys("n");
    t.wait_for("=f[\"big\"]").keys("\x1b");
    assert_eq!(made.holds("'big' in f"), "False");
}

/// Marks a node of the file.
fn mark(t: &mut Terminal, path: &str) {
    select(t, path, None);
    t.keys("m").wait_for("1 marked");
}

#[test]
fn a_node_is_copied() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", None);
    t.keys("c").wait_for("f.copy('/x', '/x')").keys("2\r").wait_for("x2  (5,)");
    assert_eq!(made.holds("f['x2'][:], f['x2'].attrs['unit'], f['x'][0]"), "[0 1 2 3 4] K 0");
}

#[test]
fn marked_nodes_are_copied_and_moved_into_a_group() {
    let made = Made::new();
    let mut t = made.open();
    mark(&mut t, "/names");
    // the cursor went on: the next one, too
    t.keys("m").wait_for("2 marked");
    select(&mut t, "/g/inner", None);
    t.keys("pp").wait_for("done");
    assert_eq!(made.holds("sorted(f['g/inner']), 'names' in f"), "['a', 'names', 'points'] True");
    mark(&mut t, "/x");
    select(&mut t, "/g/inner", None);
    t.keys("pm").wait_for("done");
    assert_eq!(made.holds("sorted(f['g/inner']), 'x' in f"), "['a', 'names', 'points', 'x'] False");
}

#[test]
fn soft_and_hard_links_to_marked_nodes_are_made() {
    let made = Made::new();
    let mut t = made.open();
    mark(&mut t, "/x");
    select(&mut t, "/g/inner", None);
    t.keys("ps").wait_for("done");
    mark(&mut t, "/names");
    select(&mut t, "/g/inner", None);
    t.keys("ph").wait_for("done");
    assert_eq!(
        made.holds("f['g/inner'].get('x', getlink=True).path, f['g/inner/names'] == f['names']"),
        "/x True"
    );
}

#[test]
fn nodes_are_copied_and_linked_across_files() {
    let made = Made::new();
    let other = made.path.with_file_name("other.h5");
    run_python(
        "import h5py, sys\nwith h5py.File(sys.argv[1], 'w') as f: f['there/z'] = 1",
        &[&other],
    );
    let mut t =
        Setup::new(80, 24).start(&["-w", made.path.to_str().unwrap(), other.to_str().unwrap()]);
    t.wait_for("x  (5,)").wait_for("there");
    let before = sha256(&made.path);
    mark(&mut t, "/points");
    t.keys("Gpm").wait_for("it can't be moved into this one");
    t.keys("pp").wait_for("done");
    select_last(&mut t, &made, "/g");
    t.keys("Gps").wait_for("done");
    assert_eq!(sha256(&made.path), before);
    let held = "import h5py, sys\nwith h5py.File(sys.argv[1]) as f: l = f['there'].get('g', getlink=True); \
                print(f['there/points'][:].tolist(), l.filename, l.path, f['there/g/b'][()])";
    assert_eq!(run_python(held, &[&other]).trim(), "[(1, 2.5), (3, 4.5)] made.h5 /g 1");
    // it was two changes of the other file
    t.keys("u").wait_for("undone").keys(":undo\r").wait_for("undone: f.copy");
    assert_eq!(
        run_python("import h5py, sys; print(list(h5py.File(sys.argv[1])['there']))", &[&other])
            .trim(),
        "['z']"
    );
}

#[test]
fn a_group_that_a_line_would_replace_is_shown_before() {
    let made = Made::new();
    let before = sha256(&made.path);
    let mut t = made.open();
    t.keys(":f[\"g\"] = 5\r").wait_for("deleted  /g   2 groups, 2 datasets");
    t.wait_for("(y/n) make this change?").keys("n").wait_for("=f[\"g\"] = 5").keys("\x1b");
    t.wait_gone("=f[\"g\"] = 5");
    assert_eq!(sha256(&made.path), before);
    // rows that a smaller shape takes away, too; what only grows is not asked about
    t.keys(":y = f.create_dataset(\"y\", data=np.arange(9), maxshape=(None,))\r").wait_for("done");
    t.keys(":f[\"y\"].resize((12,))\r").wait_for("y  (12,)");
    t.keys(":f[\"y\"].resize((3,))\r").wait_for("resized  /y   (12,) -> (3,)").keys("y");
    t.wait_for("y  (3,)");
    assert_eq!(made.holds("f['y'][:].tolist()"), "[0, 1, 2]");
}

/// Marks an object of the first file, wherever the cursor is.
fn select_last(t: &mut Terminal, made: &Made, path: &str) {
    t.keys("gg");
    t.wait("the first file", |t| t.row(0).contains("made.h5"));
    assert!(made.path.exists());
    select(t, path, None);
    t.keys("m").wait_for("1 marked");
}

#[test]
fn one_attribute_is_set_on_all_marked_nodes_and_they_are_deleted_together() {
    let made = Made::new();
    let before = sha256(&made.path);
    let mut t = made.open();
    select(&mut t, "/names", None);
    t.keys("mmm").wait_for("3 marked").keys("gg\ta").wait_for("for o in marked: o.attrs[\"\"] =");
    t.keys("run\x05 42\r").wait_for("done");
    assert_eq!(
        made.holds("[int(f[n].attrs['run']) for n in ('names', 'points', 'x')]"),
        "[42, 42, 42]"
    );
    // it was one change
    t.keys("u").wait_for("undone").keys("q");
    assert_eq!(sha256(&made.path), before);
    t.keys("dd").wait_for("(y/n) delete 3 marked: 3 datasets").keys("y").wait_for("done");
    assert_eq!(made.holds("sorted(f)"), "['g']");
    t.keys("u").wait_for("undone");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn through_a_symlink_the_real_files_history_is_used() {
    let made = Made::new();
    let before = sha256(&made.path);
    let folder = made.path.parent().unwrap();
    std::fs::create_dir(folder.join("elsewhere")).unwrap();
    let link = folder.join("elsewhere/link.h5");
    std::os::unix::fs::symlink(&made.path, &link).unwrap();
    let mut t = Setup::new(80, 24).start(&["-w", link.to_str().unwrap()]);
    t.wait_for("x  (5,)").keys(":f[\"x\"][0] = 9\r").wait_for("done");
    assert!(link.symlink_metadata().unwrap().is_symlink() && folder_of(&made.path).exists());
    assert!(!folder_of(&link).exists());
    let mut t = made.open();
    t.keys("u").wait_for("undone");
    assert_eq!(sha256(&made.path), before);
}

/// The words on the screen, whatever rows they stand on.
fn words(t: &Terminal) -> String {
    t.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Waits until an object is selected.
fn selected(t: &mut Terminal, path: &str) {
    t.wait(path, |t| t.row(0).starts_with(&format!("{path} ")));
}

/// Adds to the file through h5py.
fn add(made: &Made, code: &str) {
    let code =
        format!("import h5py, sys, numpy as np\nwith h5py.File(sys.argv[1], 'r+') as f: {code}");
    run_python(&code, &[&made.path]);
}

#[test]
fn esc_stops_the_line_that_runs_and_not_those_that_wait() {
    let made = Made::new();
    add(&made, "f['big'] = np.arange(6e7)");
    let before = sha256(&made.path);
    let mut t = made.open();
    t.keys(":f[\"big\"][:] = np.sin(np.sin(np.sin(np.sin(np.sin(np.sin(f[\"big\"][:]))))))\r")
        .wait_for("Esc cancels");
    t.wait("the journal", |_| folder_of(&made.path).join("journal").exists());
    t.keys(":6 * 7\r").wait_for("+1 more");
    let status = t.row(22);
    assert!(status.contains("Esc cancels") && !status.contains("6 * 7"), "{status}");
    // what waited is done all the same
    t.keys("\x1b").wait_for(" int").wait_for("42");
    assert_eq!(sha256(&made.path), before);
    assert!(!folder_of(&made.path).exists());
}

#[test]
fn statistics_are_computed_anew_after_a_change() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", None);
    t.wait_for(" 4").keys("s").wait_for("4  at [4]");
    t.keys(":f[\"x\"][1] = 90 + 9\r").wait_for("99  at [1]");
    t.keys("u").wait_for("undone").wait_for("4  at [4]").wait_gone("99  at [1]");
    t.keys("\x12").wait_for("redone").wait_for("99  at [1]");
}

#[test]
fn a_result_that_is_a_dataset_is_read_anew_after_a_change_and_an_expression_is_not() {
    let made = Made::new();
    add(&made, "f.create_dataset('grows', data=np.arange(3), maxshape=(None,))");
    let mut t = made.open();
    t.keys(":f[\"grows\"]\r").wait_for("(3,)").wait_for(" 2");
    t.keys(":f[\"grows\"][2] = 70 + 7\r").wait_for(" 77");
    t.keys(":f[\"grows\"].resize((4,))\r").wait_for("(4,)");
    t.keys("u").wait_for("undone").wait_for("(3,)").keys("u").wait_gone(" 77");
    t.keys("q:f[\"grows\"][:] * 500\r")
        .wait_for(" 1000")
        .keys(":f[\"grows\"][2] = 5\r")
        .wait_for("done");
    t.keys("R").wait_for(" 1000");
    // what was left is read anew when one comes back to it
    t.keys("q:f[\"grows\"]\r").wait_for("(3,)").wait_for(" 5").keys(":600 + 66\r").wait_for("666");
    t.keys(":f[\"grows\"][0] = 80 + 8\r").wait_for("done").keys("q").wait_for(" 88");
}

#[test]
fn the_cursor_goes_with_a_node_that_is_renamed() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", None);
    t.keys("r").wait_for("f.move('/x', '/x')").keys("\x7fg/inner/moved\r").wait_for("done");
    selected(&mut t, "/g/inner/moved");
    assert_eq!(made.holds("f['g/inner/moved'][4]"), "4");
}

#[test]
fn the_cursor_goes_to_what_was_made_and_copied() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/g", None);
    t.keys("a").wait_for("f[\"/g/\"] =").keys("new\x05 1\r");
    selected(&mut t, "/g/new");
    select(&mut t, "/g/inner", None);
    t.keys("A").wait_for("f.create_group(\"/g/inner/\")").keys("deep\r");
    selected(&mut t, "/g/inner/deep");
    select(&mut t, "/names", None);
    t.keys("c").wait_for("f.copy('/names', '/names')").keys("\x7f\x7f\x7f\x7f\x7f");
    t.keys("g/inner/deep/n\r");
    selected(&mut t, "/g/inner/deep/n");
    assert_eq!(made.holds("f['g/new'][()], f['g/inner/deep/n'][1]"), "1 b'cde'");
}

#[test]
fn the_cursor_stays_near_what_is_deleted_or_undone() {
    let made = Made::new();
    add(&made, "[f.create_dataset(f'many/n{i}', data=i) for i in range(2000)]");
    let mut t = made.open();
    select(&mut t, "/many/n1500", None);
    t.keys("dd").wait_for("(y/n) delete /many/n1500").keys("y").wait_for("done");
    selected(&mut t, "/many/n1501");
    t.keys("r").wait_for("f.move('/many/n1501',").keys("x\r").wait_for("done");
    selected(&mut t, "/many/n1501x");
    t.keys("u").wait_for("undone: f.move");
    selected(&mut t, "/many/n1502");
    t.keys("u").wait_for("undone: del").wait_for("n1500");
    selected(&mut t, "/many/n1502");
    // the last one: the one before
    select(&mut t, "/many/n1999", None);
    t.keys("dd").wait_for("(y/n) delete /many/n1999").keys("y").wait_for("done");
    selected(&mut t, "/many/n1998");
}

#[test]
fn the_cursor_goes_to_an_attribute_that_was_added_or_renamed() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", Some("count"));
    t.keys("a").wait_for("attrs[\"\"] =").keys("zz\x05 'last'\r").wait_for("done");
    t.wait("the new one", |t| t.row(22).contains(" zz "));
    t.keys("r").wait_for("rename('zz', 'zz')").keys("\x7f\x7faa\r").wait_for("done");
    t.wait("its new name", |t| t.row(22).contains(" aa "));
}

#[test]
fn what_is_added_takes_the_place_of_nothing() {
    let made = Made::new();
    let before = sha256(&made.path);
    let mut t = made.open();
    select(&mut t, "/g", None);
    t.keys("a")
        .wait_for("f[\"/g/\"] =")
        .keys("b\x05 5\r")
        .wait_for("/g/b exists already: e edits it");
    t.keys("a").wait_for("f[\"/g/\"] =").keys("inner\x05 5\r").wait_for("/g/inner exists already");
    select(&mut t, "/x", Some("unit"));
    t.keys("a")
        .wait_for("attrs[\"\"] =")
        .keys("unit\x05 5\r")
        .wait_for("unit exists already: e edits it");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn a_long_text_that_is_refused_is_typed_on() {
    let made = Made::new();
    add(&made, "f['x'].attrs['long'] = np.bytes_('a' * 300)");
    let before = sha256(&made.path);
    let mut t = made.open();
    select(&mut t, "/x", Some("long"));
    t.keys("e").wait_for("^S keep it").keys("zzz").wait_for("zzzaaa").keys("\x13");
    t.wait("why", |t| words(t).contains("room for 300"));
    t.wait("that it is kept", |t| words(t).contains("e goes on with what was typed"));
    assert_eq!(sha256(&made.path), before);
    t.keys("e")
        .wait_for("^S keep it")
        .wait_for("zzzaaa")
        .keys("\x1b")
        .wait_for("(y/n) drop what was typed?")
        .keys("n");
    t.wait_gone("(y/n)").wait_for("zzzaaa").keys(&"\x1b[3~".repeat(6)).keys("bbb\x13");
    t.wait_for("done");
    assert_eq!(made.holds("len(f['x'].attrs['long']), f['x'].attrs['long'][:4]"), "300 b'bbba'");
    // what was dropped is gone
    t.keys("e").wait_for("^S keep it").keys("ccc").wait_for("cccbbb").keys("\x1b");
    t.wait_for("(y/n) drop what was typed?").keys("y").wait_for("nothing was changed");
    t.keys("e")
        .wait_for("^S keep it")
        .wait_gone("ccc")
        .keys("\x1b")
        .wait_for("nothing was changed");
}

#[test]
fn what_the_users_own_editor_gave_is_kept_when_it_is_refused() {
    let made = Made::new();
    let mut t = Setup::new(80, 24)
        .env("EDITOR", "sed -i s/abcd/abcdefgh/")
        .start(&["-w", made.path.to_str().unwrap()]);
    t.wait_for("x  (5,)");
    select(&mut t, "/x", Some("fixed"));
    t.keys("E").wait("that it is kept", |t| words(t).contains("e goes on with what was typed"));
    t.keys("e").wait_for("^S keep it").wait_for("abcdefgh").keys(&"\x1b[3~".repeat(4)).keys("\x13");
    t.wait_for("done");
    assert_eq!(made.holds("f['x'].attrs['fixed']"), "b'efgh'");
}

#[test]
fn a_value_alone_is_deleted_from_the_line_that_edits_it() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", Some("count"));
    t.keys("e")
        .wait_for("modify('count', 7)")
        .keys("\x15")
        .wait_for("modify('count', )")
        .keys("9\r");
    t.wait_for("done: /x @count = 9").keys("q");
    t.keys("\rjj")
        .keys("e")
        .wait_for("=f[\"/x\"][2] = 2")
        .keys("\x15-7\r")
        .wait_for("done: /x[2] = -7");
    // and put back
    t.keys("e").wait_for("=f[\"/x\"][2] = -7").keys("\x15\x19").wait_for("=f[\"/x\"][2] = -7");
    t.keys("0\r").wait_for("done: /x[2] = -70");
    assert_eq!(made.holds("f['x'][2], f['x'].attrs['count']"), "-70 9");
}

#[test]
fn a_value_that_was_only_looked_at_is_not_written() {
    let made = Made::new();
    add(
        &made,
        "f.create_dataset('nans', data=[np.nan, 1]); f['x'].attrs['none'] = h5py.Empty('f4')",
    );
    let before = sha256(&made.path);
    let mut t = made.open();
    select(&mut t, "/nans", None);
    t.wait_for("nan").keys("\r").keys("e").wait_for("=f[\"/nans\"][0] =").keys("\r");
    t.wait_for("nothing was changed").keys("q");
    select(&mut t, "/x", Some("none"));
    t.keys("e").wait_for("modify('none', ").keys("\r").wait_for("nothing was changed");
    assert_eq!(sha256(&made.path), before);
    assert!(!folder_of(&made.path).exists());
}

#[test]
fn the_caret_is_under_the_part_of_the_value_that_is_wrong() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/x", None);
    t.wait_for(" 4").keys("\rjj").keys("e").wait_for("f[\"/x\"][2] = 2");
    retype(&mut t, "2", "1 + nope");
    t.wait_for("NameError: name 'nope' is not defined");
    let (line, carets) = (t.row(21), t.row(22));
    assert!(line.contains("f[\"/x\"][2] = 1 + nope"), "{}", t.text());
    assert_eq!(carets.find('^'), line.find("nope"), "{}", t.text());
}

#[test]
fn a_long_message_is_read_to_its_end() {
    let made = Made::new();
    let mut t = made.open();
    let name = format!("{}the_end", "a_name_ ".repeat(12));
    t.keys(&format!(":f[\"{name}\"]\r"));
    t.wait("the end", |t| words(t).contains("the_end'"));
    assert!(t.row(23).contains("the_end'"), "{}", t.text());
    t.keys("j").wait_gone("the_end'").wait_for("? help");
}

#[test]
fn the_paste_question_names_the_cell() {
    let made = Made::new();
    add(&made, "f['m3'] = np.arange(24).reshape(2, 3, 4); f['one'] = 5");
    let before = sha256(&made.path);
    let mut t = made.open();
    let paste = |text: &str| format!("\x1b[200~{text}\x1b[201~");
    select(&mut t, "/m3", None);
    t.wait_for("(2, 3, 4)").keys("\r").wait_for("q tree").keys("]jll").wait_for("[1, 1, 2]");
    t.keys(&paste("1")).wait_for("(y/n) paste 1 x 1 cells over /m3 from [1, 1, 2] on?").keys("nq");
    select(&mut t, "/x", None);
    t.wait_for(" 4").keys("\r").wait_for("q tree").keys("jj").keys(&paste("1\n2"));
    t.wait_for("(y/n) paste 2 x 1 cells over /x from [2] on?").keys("nq");
    select(&mut t, "/one", None);
    t.wait_for("int64").keys("\r").wait_for("q tree").keys(&paste("1"));
    t.wait_for("(y/n) paste 1 x 1 cells over /one?").keys("n");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn an_empty_dataset_has_no_cells_to_edit() {
    let made = Made::new();
    add(&made, "f.create_dataset('empty', (0,), 'f8')");
    let mut t = made.open();
    select(&mut t, "/empty", None);
    t.wait("its shape", |t| words(t).contains("shape (0,)"));
    t.keys("e").wait_for("there are no cells");
}

#[test]
fn the_question_before_marked_nodes_are_deleted_names_them() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/names", None);
    t.keys("mmm").wait_for("3 marked").keys("dd").wait_for("(y/n) delete 3 marked: 3 datasets");
    t.wait_for(": /names, /points, /x?").keys("n").wait_for("nothing was changed");
}

#[test]
fn fields_beside_texts_of_any_length_are_typed_over() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
kind = np.dtype([('t', 'f4'), ('label', h5py.string_dtype()), ('n', '>i2')])
with h5py.File(sys.argv[1], 'r+') as f:
    f['log'] = np.array([(0.5, 'one', 1), (1.5, 'two', 2)], kind)";
    run_python(code, &[&made.path]);
    let mut t = made.open();
    select(&mut t, "/log", None);
    t.wait_for("two").keys("\rjl").keys("e").wait_for("f[\"/log\"][1, 'label'] = 'two'");
    retype(&mut t, "'two'", "'twenty µm'");
    t.wait_for("twenty");
    t.keys("l").keys("e").wait_for("f[\"/log\"][1, 'n'] = 2");
    retype(&mut t, "2", "-300");
    t.wait_for("-300");
    assert_eq!(
        made.holds("[(r[0], r[1].decode(), int(r[2])) for r in f['log'][:].tolist()]"),
        "[(0.5, 'one', 1), (1.5, 'twenty µm', -300)]"
    );
    let before = sha256(&made.path);
    t.keys("e").wait_for("f[\"/log\"][1, 'n'] = -300");
    retype(&mut t, "-300", "40000");
    t.wait_for("40000 would become -25536");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn a_file_whose_change_was_cut_off_says_so_when_it_is_opened() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f: f['big'] = np.arange(3e7)";
    run_python(code, &[&made.path]);
    let before = sha256(&made.path);
    let mut t = made.open();
    t.keys(":f[\"big\"][:] = 1\r");
    let journal = folder_of(&made.path).join("journal");
    t.wait("the journal", |_| std::fs::metadata(&journal).is_ok_and(|m| m.len() > 20_000_000));
    t.signal("KILL");
    t.end();
    assert_ne!(sha256(&made.path), before);
    let mut t = Setup::new(80, 24).start(&["-w", made.path.to_str().unwrap()]);
    t.wait_for("a change of it was cut off; it is read as it was");
    t.keys(":f[\"x\"][0] = 0\r").wait_for("rolled back");
    assert_eq!(made.holds("f['big'][-1], f['x'][0]"), "29999999.0 0");
}

#[test]
fn floats_do_not_become_infinite_and_texts_are_utf_8() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f:
    f['h'] = np.array([1, np.nan], 'f2')
    f['u'] = np.array(['ab'.encode()], h5py.string_dtype('utf-8', 6))";
    run_python(code, &[&made.path]);
    let mut t = made.open();
    select(&mut t, "/h", None);
    t.wait_for("nan").keys("\re").wait_for("f[\"/h\"][0] = 1.0");
    retype(&mut t, "1.0", "1e9");
    t.wait_for("1e9 would become np.inf");
    t.keys("je").wait_for("f[\"/h\"][1] = np.nan");
    retype(&mut t, "np.nan", "-np.inf");
    t.wait_for("-inf").keys("q");
    assert_eq!(made.holds("f['h'][:].tolist()"), "[1.0, -inf]");
    select(&mut t, "/u", None);
    t.wait_for("ab").keys("\re").wait_for("f[\"/u\"][0] = b'ab'");
    retype(&mut t, "b'ab'", "'aßä'");
    t.wait_for("aßä").keys("q");
    assert_eq!(made.holds("f['u'][0].decode()"), "aßä");
}

#[test]
fn what_runs_when_the_terminal_is_closed_is_taken_back() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f: f['big'] = np.arange(6e7)";
    run_python(code, &[&made.path]);
    let before = sha256(&made.path);
    let journal = folder_of(&made.path).join("journal");
    for how in ["HUP", "TERM", ":q!"] {
        let mut t = made.open();
        t.keys(":f[\"big\"][:] = f[\"big\"] * 2 + 1\r");
        t.wait("the journal", |_| std::fs::metadata(&journal).is_ok_and(|m| m.len() > 20_000_000));
        match how {
            ":q!" => _ = t.keys(":q!\r"),
            signal => t.signal(signal),
        }
        t.end();
        assert_eq!(sha256(&made.path), before, "{how}");
        assert!(!folder_of(&made.path).exists(), "{how}");
    }
}

#[test]
fn a_field_of_a_field_is_typed_over() {
    let made = Made::new();
    let code = "import h5py, sys, numpy as np
inner = np.dtype([('x', 'f4'), ('y', '>i2')])
with h5py.File(sys.argv[1], 'r+') as f:
    f['nested'] = np.zeros(3, [('at', inner), ('n', 'i8')])";
    run_python(code, &[&made.path]);
    let mut t = made.open();
    select(&mut t, "/nested", None);
    t.wait_for("at.y").keys("\rjl").keys("e").wait_for("f[\"/nested\"]['at']['y'][1] = 0");
    retype(&mut t, "0", "-7");
    t.wait_for("-7");
    assert_eq!(
        made.holds("f['nested'][:].tolist()"),
        "[((0.0, 0), 0), ((0.0, -7), 0), ((0.0, 0), 0)]"
    );
    let before = sha256(&made.path);
    t.keys("e").wait_for("['y'][1] = -7");
    retype(&mut t, "-7", "70000");
    t.wait_for("out of bounds");
    assert_eq!(sha256(&made.path), before);
}
