//! The object model in the terminal: what the tree shows things to be, tables of other
//! libraries, and files changed from the bar.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::terminal::Setup;
use support::{ch5mpy_python, data, python, root, run_python, sha256, text};

/// A file that ch5mpy wrote, with an object of each kind.
fn written(folder: &Path) -> PathBuf {
    let path = folder.join("kinds.h5");
    let code = "import sys, datetime, numpy as np, ch5mpy\nsys.path.insert(0, sys.argv[2])\n\
                import ch5_classes as c\nf = ch5mpy.File(sys.argv[1], 'w')\n\
                w = lambda v, n: ch5mpy.write_object(v, f, n)\n\
                w({'b': 1, 'a': [1, 2]}, 'dict')\n\
                ch5mpy.H5List.write([1.5, 'x', None, {'k': 1}] + list(range(8)), f, 'list')\n\
                w(c.Plain(5.0), 'object')\nw(c.Point(1, 2, ['t']), 'point')\nw(None, 'none')\n\
                w(datetime.date(2021, 8, 2), 'date')\nw(42, 'number')\nw('hi', 'text')\nf.close()";
    let mut command = Command::new(ch5mpy_python());
    let out = command.arg("-c").arg(code).arg(&path).arg(root().join("tests/oracle")).output();
    let out = out.expect("Python runs");
    assert!(out.status.success(), "{}", text(&out.stderr));
    path
}

#[test]
fn the_tree_shows_what_things_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = Setup::new(120, 40).open(&written(folder.path()));
    t.wait_for("dict  H5Dict").wait_for("list  H5List[12]");
    t.wait_for("object  = ch5_classes.Plain(_v=5.0)").wait_for("point  ch5_classes.Point");
    t.wait_for("none  = None").wait_for("date  = datetime.date(2021, 8, 2)");
    t.wait_for("number  = 42").wait_for("text  = 'hi'");
    // a list's elements in order, with their values
    t.keys(":goto /list\r").wait_for("/list ").keys("l");
    t.wait_for("0  = 1.5").wait_for("1  = 'x'").wait_for("2  = None").wait_for("3  H5Dict");
    t.wait_for("11  = 7");
    let screen = t.text();
    let at = |what: &str| screen.find(what).unwrap_or_else(|| panic!("{what} in\n{screen}"));
    assert!(at("2  = None") < at("10  = 6") && at("9  = 5") < at("10  = 6"), "{screen}");
}

#[test]
fn tables_of_anndata_and_pandas_open_as_tables() {
    let mut t = Setup::new(120, 40).open(&data("libs/anndata.h5ad"));
    t.wait_for("obs  dataframe").keys(":goto /obs\r").wait_for("/obs ").keys("\r");
    t.wait_for("cell_type").wait_for("AAAC0003").wait_for("NK").keys("q").wait_for("q quit");
    t.keys("l").wait_for("cell_type  categorical").keys(":goto /obs/cell_type\r");
    t.wait_for("/obs/cell_type ").keys("\r").wait_for(" 3  NK");
    for file in ["libs/pandas_fixed.h5", "libs/pandas_table.h5"] {
        let mut t = Setup::new(120, 40).open(&data(file));
        t.wait_for("frame  DataFrame").keys(":goto /frame\r").wait_for("/frame ").keys("\r");
        // The dates are the last column: where there is no room for it, `$` goes there.
        t.wait_for("integer").wait_for("täxt 3").keys("$").wait_for("1999-12-31");
    }
}

#[test]
fn classes_of_nexus_are_in_the_tree() {
    let mut t = Setup::new(120, 40).open(&data("libs/nexus.h5"));
    t.wait_for("entry  NXentry").keys(":goto /entry\r").wait_for("/entry ").keys("l");
    t.wait_for("data  NXdata").wait_for("instrument  NXinstrument");
}

#[test]
fn tables_are_what_their_libraries_stored() {
    let mut command = Command::new(python());
    command.arg(root().join("tests/oracle/library_tables.py"));
    let out = command.arg(support::PROGRAM).arg(data("libs")).output().expect("Python runs");
    assert_eq!(text(&out.stdout), "37 compared, 0 differ\n", "{}", text(&out.stderr));
}

#[test]
fn a_change_from_the_bar_is_seen_in_the_tree_and_in_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.h5");
    let code =
        "import h5py,sys,numpy as np\nwith h5py.File(sys.argv[1],'w') as f: f['x']=np.arange(5.)";
    run_python(code, &[&path]);
    let before = sha256(&path);
    let open = |options: &[&str]| {
        let name = path.to_str().unwrap();
        Setup::new(120, 40).start(&[options, &[name]].concat())
    };
    // without -w it is asked for, and one line says so where it is not allowed
    let mut t = open(&[]);
    t.wait_for("x  (5,) float64").keys(":f[\"y\"] = 1\r").wait_for("(y/n) may").keys("n");
    t.wait_for("-w opens it for writing");
    drop(t);
    assert_eq!(sha256(&path), before);
    let mut t = open(&["-w"]);
    t.wait_for("x  (5,) float64").keys(":f[\"list\"] = [1, 'a', None]\r");
    t.wait_for("list  H5List[3]").keys(":goto /x\r").wait_for("3.0");
    t.keys(":f[\"x\"][3] = 77.5\r").wait_for("77.5");
    // what is typed next is answered after the deletion
    t.keys(":del f[\"list\"]\r").wait_for("(y/n) make this change?");
    t.keys("y").keys(":list(f)\r").wait_for("['x']").wait_gone("H5List");
    drop(t);
    let code = "import h5py,sys\nf=h5py.File(sys.argv[1])\nprint(list(f), f['x'][:].tolist())";
    assert_eq!(run_python(code, &[&path]).trim(), "['x'] [0.0, 1.0, 2.0, 77.5, 4.0]");
}
