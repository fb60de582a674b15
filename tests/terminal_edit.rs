//! Cells and attributes changed by keys, at 80x24: what the screen says, and what h5py then finds in
//! the file.

mod support;

use support::editing::{Made, add, folder_of, retype, select, words};
use support::terminal::Setup;
use support::{run_python, sha256};

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
    t.wait_for("done");
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
    t.wait_for("done").keys("l").keys("e").wait_for("f[\"/log\"][1, 'n'] = 2");
    retype(&mut t, "2", "-300");
    t.wait_for("done").wait_for("-300");
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
    t.wait_for("done").keys("q");
    assert_eq!(made.holds("f['h'][:].tolist()"), "[1.0, -inf]");
    select(&mut t, "/u", None);
    t.wait_for("ab").keys("\re").wait_for("f[\"/u\"][0] = b'ab'");
    retype(&mut t, "b'ab'", "'aßä'");
    t.wait_for("done").keys("q");
    assert_eq!(made.holds("f['u'][0].decode()"), "aßä");
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
    t.wait_for("done").wait_for("-7");
    assert_eq!(
        made.holds("f['nested'][:].tolist()"),
        "[((0.0, 0), 0), ((0.0, -7), 0), ((0.0, 0), 0)]"
    );
    let before = sha256(&made.path);
    t.keys("e").wait_for("=f[\"/nested\"]['at']['y'][1] = -7");
    retype(&mut t, "-7", "70000");
    t.wait_for("out of bounds");
    assert_eq!(sha256(&made.path), before);
}
