//! Changes of a file as the terminal shows them: asked for, cancelled, undone, seen everywhere.

mod support;

use support::editing::{Made, add, folder_of, select, words};
use support::terminal::Setup;
use support::{run_python, sha256};

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
