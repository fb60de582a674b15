//! Nodes made, moved, copied, linked and deleted by keys, at 80x24: what the screen says, and what
//! h5py then finds in the file.

mod support;

use support::editing::{Made, add, folder_of, mark, select, select_last, selected};
use support::terminal::Setup;
use support::{run_python, sha256};

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
fn the_question_before_marked_nodes_are_deleted_names_them() {
    let made = Made::new();
    let mut t = made.open();
    select(&mut t, "/names", None);
    t.keys("mmm").wait_for("3 marked").keys("dd").wait_for("(y/n) delete 3 marked: 3 datasets");
    t.wait_for(": /names, /points, /x?").keys("n").wait_for("nothing was changed");
}
