//! The program in a pseudo-terminal: keys go in, the screen is read.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use support::terminal::Setup;
use support::{data, demo, run_python, sha256};

fn wide() -> Setup {
    Setup::new(120, 40)
}

#[test]
fn browse() {
    let mut t = Setup::new(80, 24).open(&demo());
    t.wait_for("demo.h5").wait_for("run_11").wait_for("Melting of the charge");
    t.keys("/events\r").wait_for("(400,)").wait_for("position.x");
    assert!(t.cursor_row().contains("events"), "{}", t.cursor_row());
    // into the grid, to its last row and column
    t.keys("\r").wait_for("q tree");
    t.keys("G$").wait_for("[399]");
    // back to the tree, unfold a group, go to its first link
    t.keys("q/run_01\rl").wait_for("spectrum").keys("l");
    t.wait("/run_01's first link", |t| t.row(0).starts_with("/run_01/"));
    // the parent, folded
    t.keys("hh").wait_gone("spectrum");
    assert!(t.row(0).starts_with("/run_01 "), "{}", t.row(0));
}

#[test]
fn facts_and_attributes_of_a_dataset() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys(":goto /run_03/counts\r");
    for text in
        ["(20, 2, 32, 40)", "uint16", "chunks", "(5, 1, 32, 40)", "shuffle, gzip (level", "storage"]
    {
        t.wait_for(text);
    }
}

#[test]
fn page_a_4d_dataset() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys(":goto /run_01/counts\r").wait_for("[0, 0, rows, columns]");
    let expected = |index: &str| {
        let code =
            format!("import h5py,sys; print(h5py.File(sys.argv[1])['run_01/counts'][{index}])");
        run_python(&code, &[&demo()]).trim().to_string()
    };
    let cell =
        |t: &support::terminal::Terminal| t.row(38).rsplit(' ').next().unwrap_or("").to_string();
    // step the first axis up three times and down once
    t.keys("\r").wait_for("q tree").keys("]]][").wait_for("[2, 0, rows, columns]");
    // choose the next axis that is not shown, and step it
    t.keys("}]").wait_for("[2, 1, rows, columns]");
    // the element [2, 1, 31, 39], by moving and by its index
    t.keys("G$").wait_for("[2, 1, 31, 39]");
    let value = expected("2,1,31,39");
    t.wait("the value of [2, 1, 31, 39]", |t| cell(t) == value);
    t.keys("giX\x15").keys("index 7, 0, 16, -20\r").wait_for("[7, 0, 16, 20]");
    let value = expected("7,0,16,20");
    t.wait("the value of [7, 0, 16, 20]", |t| cell(t) == value);
    // other axes on rows and columns
    t.keys(":axes 0, 1\r").wait_for("[rows, columns, 16, 20]");
    t.keys("t").wait_for("[columns, rows, 16, 20]");
    t.keys("x").wait_for("[7, rows, columns, 20]").wait("the cell stays", |t| cell(t) == value);
    t.keys(":index 99, 0, 0, 0\r").wait_for("index 99 is out of bounds for axis 0 with size 20");
}

#[test]
fn search() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys("/run_1");
    t.wait("the first match at once", |t| t.cursor_row().contains("run_10"));
    t.keys("\rn").wait("the next", |t| t.cursor_row().contains("run_11"));
    t.keys("N").wait("the one before", |t| t.cursor_row().contains("run_10"));
    t.keys("/nosuch\r").wait_for("not found among the unfolded names: nosuch");
    assert!(t.cursor_row().contains("run_10"));
    t.keys("/run_0\x1b").wait("Esc goes back", |t| t.cursor_row().contains("run_10"));
}

#[test]
fn follow_a_link() {
    let mut t = wide().open(&demo());
    t.wait_for("latest  → /run_11").keys("/latest\r").wait_for("soft link").keys("\r");
    t.wait("the link's target", |t| t.row(0).starts_with("/run_11 "));
    t.keys("\x7f").wait("back", |t| t.row(0).starts_with("/latest "));
    t.keys("\x1b[1;3C").wait("forward", |t| t.row(0).starts_with("/run_11 "));
    t.keys(":goto /links\rl").wait_for("last_year");
    t.keys("/lost\r\r").wait_for("soft link to /calibration/2024, which is not there");
    t.keys("/last_year\r\r").wait_for("whose file is missing");
}

#[test]
fn follow_a_reference() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys(":goto /summary/spectra\r").wait_for("/run_04/spectrum");
    t.keys("\r").wait_for("q tree").keys("3j\r");
    t.wait("the referenced dataset", |t| t.row(0).starts_with("/run_04/spectrum "));
    t.keys("\x0f").wait("back", |t| t.row(0).starts_with("/summary/spectra "));
}

#[test]
fn resize_down_to_40x10_and_up() {
    let mut t = Setup::new(200, 60).open(&demo());
    t.wait_for("run_11").keys("/events\r").wait_for("position.x");
    t.resize(40, 10).wait_for("events");
    t.wait("one pane", |t| !t.text().contains("│"));
    t.keys("\r").wait_for("timestamp").keys("G").wait_for("399");
    t.keys("q").wait_for("run_01");
    t.resize(20, 5).resize(3, 2).resize(1, 1).resize(40, 10).wait_for("events");
    t.resize(120, 40).wait_for("position.x").wait_for("run_11");
}

#[test]
fn suspend_and_resume() {
    let mut t = wide().under_shell().open(&demo());
    t.wait_for("run_11").keys("/events\r").wait_for("position.x").keys("\x1a");
    t.wait("the shell", |t| !t.look(|s| s.alternate_screen()));
    t.keys("stty -a | grep -o ' -\\?icanon'; echo back\r").wait_for("\nback");
    assert!(t.text().contains("\n icanon"), "{}", t.text());
    t.keys("fg\r").wait_for("position.x").keys("j");
    t.wait("keys go to the program", |t| !t.row(0).starts_with("/events"));
    t.keys("q").wait_for("shell>");
    t.assert_restored();
}

#[test]
fn quit() {
    for keys in ["q", ":q\r", ":q!\r", ":quit\r"] {
        let mut t = wide().open(&demo());
        t.wait_for("run_11").keys(keys);
        assert_eq!(t.end(), 0);
        t.assert_restored();
    }
    // q leaves the grid first
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys("/events\r").wait_for("position.x").keys("\r").wait_for("q tree");
    t.keys("q").wait_for("q quit").keys("\x03").wait_for("to quit").keys("q");
    assert_eq!(t.end(), 0);
}

/// Runs the program under a shell, ends it by `how`, and looks whether the shell's terminal is as
/// it was.
fn restored_after(how: impl Fn(&mut support::terminal::Terminal), said: &str) {
    let mut t = wide().under_shell().open(&demo());
    t.wait_for("run_11");
    how(&mut t);
    t.wait("the main screen", |t| !t.look(|s| s.alternate_screen()));
    t.keys("\r\rstty -a | grep -o ' -\\?icanon\\| -\\?echo '; echo done\r").wait_for("\ndone");
    let text = t.text();
    assert!(text.contains("\n icanon") && text.contains("\n echo"), "{text}");
    assert!(text.contains(said), "{text}");
    assert!(!t.look(|s| s.hide_cursor()));
}

#[test]
fn restored_after_sigterm() {
    restored_after(|t| t.signal_to(t.inner_pid(), "TERM"), "");
}

#[test]
fn restored_after_sighup() {
    restored_after(|t| t.signal_to(t.inner_pid(), "HUP"), "");
}

#[test]
fn restored_after_a_panic() {
    restored_after(
        |t| {
            t.keys(":debug-panic\r");
        },
        "asked for with :debug-panic",
    );
}

/// A file with one chunk of 400 MB behind gzip: reading a cell of it takes a second.
fn slow_file(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("slow.h5");
    run_python(
        "import h5py,sys,numpy as np
f=h5py.File(sys.argv[1],'w')
f.create_dataset('slow',data=np.zeros(400_000_000,'u1'),chunks=(400_000_000,),compression=1)
for i in range(30): f.create_group(f'g{i}')",
        &[&path],
    );
    path
}

#[test]
fn keys_answer_during_a_slow_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = wide().open(&slow_file(folder.path()));
    t.wait_for("g29").keys("G").wait_for("(400000000,)").wait_for("uint8");
    // the page is being read now; the tree answers at once
    let mut slowest = Duration::ZERO;
    for row in ["/g29", "/g28", "/g27", "/g26", "/g25"] {
        let start = Instant::now();
        t.keys("k").wait(row, |t| t.row(0).starts_with(row));
        slowest = slowest.max(start.elapsed());
    }
    assert!(slowest < Duration::from_millis(400), "a key took {slowest:?}");
    t.keys("G").wait_for(" 0\n");
}

#[test]
fn restored_after_a_crash_inside_hdf5() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = wide().under_shell().open(&slow_file(folder.path()));
    t.wait_for("g29").keys("G").wait_for("(400000000,)").wait_for("reading");
    t.signal_to(t.inner_pid(), "SEGV");
    t.wait_for("HDF5 crashed while reading it: the file is damaged");
    assert!(t.text().contains("slow.h5"), "{}", t.text());
    t.keys("echo code $?; stty -a | grep -o ' -\\?icanon'; echo done\r").wait_for("\ndone");
    assert!(t.text().contains("\n icanon") && t.text().contains("code 1"), "{}", t.text());
    t.assert_restored();
}

/// Python at the other end: it runs a script and takes a line at a time.
struct Writer(std::process::Child);

impl Writer {
    fn start(script: &str, path: &Path) -> Writer {
        let child = std::process::Command::new(support::python())
            .args(["-c", script])
            .arg(path)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("Python runs");
        let mut writer = Writer(child);
        writer.hear();
        writer
    }

    /// Lets it go on, and waits until it says that it did.
    fn go_on(&mut self) {
        use std::io::Write;
        let pipe = self.0.stdin.as_mut().expect("a pipe");
        pipe.write_all(b"\n").expect("Python listens");
        self.hear();
    }

    fn hear(&mut self) {
        use std::io::Read;
        let mut byte = [0];
        let pipe = self.0.stdout.as_mut().expect("a pipe");
        while byte != *b"\n" {
            assert_eq!(pipe.read(&mut byte).expect("Python speaks"), 1, "Python ended");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_writer_is_not_kept_out_and_its_change_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.h5");
    run_python("import h5py,sys; h5py.File(sys.argv[1],'w')['x']=[1,2,3]", &[&path]);
    let mut t = wide().open(&path);
    t.wait_for("(3,) int64").keys("j").wait_for("  2");
    // h5py takes its lock and writes while the file is shown
    run_python(
        "import h5py,sys
f=h5py.File(sys.argv[1],'r+'); f['x'][1]=777; f['new']=5; f.close()",
        &[&path],
    );
    t.wait_for("changed on disk").wait_for("777").wait_for("new");
    assert!(t.row(0).starts_with("/x "), "the cursor stays: {}", t.row(0));
}

#[test]
fn a_swmr_file_is_read_while_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("swmr.h5");
    let script = "import h5py,sys
f=h5py.File(sys.argv[1],'w',libver='latest')
d=f.create_dataset('x',data=[10,20],maxshape=(None,),chunks=(16,))
f.swmr_mode=True
print('ready',flush=True)
sys.stdin.readline()
d.resize((3,)); d[2]=4242; d.flush()
print('grown',flush=True)
sys.stdin.readline()";
    let mut writer = Writer::start(script, &path);
    let mut t = wide().open(&path);
    t.wait_for("SWMR: being written").keys("j").wait_for("(2,)").wait_for("20");
    writer.go_on();
    t.wait_for("4242").wait_for("(3,)");
}

#[test]
fn a_dead_writers_mark_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dead.h5");
    run_python(
        "import h5py,sys,os
f=h5py.File(sys.argv[1],'w',libver='latest'); f['x']=[31,32]; f.flush(); os._exit(0)",
        &[&path],
    );
    let before = sha256(&path);
    let mut t = wide().open(&path);
    t.wait_for("a writer's mark was passed over").keys("j").wait_for("32");
    t.keys("q");
    assert_eq!(t.end(), 0);
    assert_eq!(sha256(&path), before);
}

#[test]
fn nothing_is_written_by_browsing_with_w() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["links.h5", "other.h5"] {
        std::fs::copy(data("made").join(name), folder.path().join(name)).unwrap();
    }
    let files = [folder.path().join("links.h5"), folder.path().join("other.h5")];
    let before = files.each_ref().map(|f| sha256(f));
    let mut t = wide().start(&["-w", files[0].to_str().unwrap()]);
    t.wait_for("external").keys(":goto /external\rl").wait_for("other.h5");
    // into the external target, and through it
    t.keys("/ok\r\r").wait("the other file", |t| t.row(0).contains("other.h5"));
    t.keys("l").keys("\x7f").keys("GggGq");
    assert_eq!(t.end(), 0);
    assert_eq!(files.each_ref().map(|f| sha256(f)), before);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn osc_52_over_ssh() {
    let mut t = wide().env("SSH_CONNECTION", "1 2 3 4").open(&demo());
    t.wait_for("run_11").keys("/run_02\ryp").wait_for("copied the path");
    // "/run_02" in base64
    let expected = b"\x1b]52;c;L3J1bl8wMg==\x1b\\";
    assert!(t.bytes().windows(expected.len()).any(|w| w == expected));
    t.keys(":goto /events\r").wait_for("position.x").keys("\r").wait_for("q tree").keys("yy");
    t.wait_for("copied the value");
}

#[test]
fn no_color() {
    let has_colour = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.split("\x1b[").skip(1).any(|s| {
            let end = s.find(|c: char| c != ';' && !c.is_ascii_digit()).unwrap_or(0);
            s[end..].starts_with('m')
                && s[..end]
                    .split(';')
                    .any(|a| matches!(a.parse(), Ok(30..=38 | 40..=48 | 90..=107)))
        })
    };
    let mut t = wide().env("NO_COLOR", "1").open(&demo());
    t.wait_for("run_11").keys("jjj").wait_for("position.x");
    assert!(!has_colour(&t.bytes()));
    let mut t = wide().open(&demo());
    t.wait_for("run_11");
    assert!(has_colour(&t.bytes()));
}

#[test]
fn ascii_without_utf8() {
    let mut t = wide().env("LANG", "C").open(&demo());
    t.wait_for("run_11").wait_for("latest  -> /run_11").wait_for("2H-NbSe\\u2082");
    t.keys("/log\rl")
        .wait_for("message")
        .keys("/message\r")
        .wait_for("object")
        .keys("?")
        .wait_for("Help");
    assert!(t.bytes().is_ascii());
}

#[test]
fn a_terminal_that_answers_no_query() {
    // the tests' terminal answers none: the program must ask for nothing, and not wait
    let start = Instant::now();
    let mut t = wide().open(&demo());
    t.wait_for("run_11");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let bytes = t.bytes();
    for query in [&b"\x1b[6n"[..], b"\x1b[c", b"\x1b[?u", b"\x1b_G", b"\x1b]11;?"] {
        assert!(!bytes.windows(query.len()).any(|w| w == query), "{query:?}");
    }
}

#[test]
fn creation_order() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys("/protocol\rl").wait_for("measure");
    let order = |t: &support::terminal::Terminal, names: [&str; 4]| {
        let text = t.text();
        let places: Vec<_> = names.iter().map(|n| text.find(&format!("  {n}"))).collect();
        places.iter().all(Option::is_some) && places.is_sorted()
    };
    t.wait("order of names", |t| order(t, ["align", "archive", "calibrate", "measure"]));
    t.keys("o")
        .wait("order of creation", |t| order(t, ["calibrate", "align", "measure", "archive"]));
    assert!(t.cursor_row().contains("protocol"), "{}", t.cursor_row());
    t.keys("o").wait("order of names", |t| order(t, ["align", "archive", "calibrate", "measure"]));
}

#[test]
fn names_and_values_that_would_break_a_terminal() {
    let mut t = wide().open(&data("made/nasty.h5"));
    t.wait_for("escapes").keys(":goto /escapes\rl").wait_for("\\x1b[31mred");
    for _ in 0..40 {
        t.keys("j");
    }
    t.keys("?").wait_for("Help").keys("\x1b").wait_gone("Help (j");
    // nothing of the file reached the terminal as it is
    let bytes = t.bytes();
    for harm in [
        &b"\x1b[31mred"[..],
        b"\x1b]0;",
        b"\x07",
        "\u{202e}".as_bytes(),
        "\u{9b}".as_bytes(),
        b"\xe9t",
    ] {
        assert!(!bytes.windows(harm.len()).any(|w| w == harm), "{harm:?}");
    }
}

#[test]
fn precision_of_floats() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys(":goto /run_01/temperature\r").wait_for("float64").keys("\r");
    t.wait_for("q tree")
        .keys(",,,")
        .wait_for("4 digits")
        .keys("............")
        .wait_gone("digits ─");
}

#[test]
fn help_lists_every_key_and_command() {
    let mut t = Setup::new(80, 24).open(&demo());
    t.wait_for("run_11").keys("?").wait_for("one row down");
    let mut seen = t.text();
    for _ in 0..6 {
        let before = t.text();
        t.keys("\x06");
        std::thread::sleep(Duration::from_millis(50));
        seen += &t.text();
        if t.text() == before {
            break;
        }
    }
    for b in ch5tui::app::keys::bindings() {
        assert!(seen.contains(&b.help[..b.help.len().min(30)]), "{}", b.help);
    }
    for c in ch5tui::app::command::COMMANDS {
        assert!(seen.contains(c.names[0]), "{}", c.names[0]);
    }
    t.keys("q").wait_for("run_11");
}

#[test]
fn bad_input_is_told_in_a_line() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11");
    t.keys(":frobnicate\r").wait_for("NameError: name 'frobnicate' is not defined");
    t.keys(":goto /nope\r").wait_for("KeyError: '/nope' in");
    t.keys(":open /nope.h5\r").wait_for("/nope.h5: No such file or directory");
    t.keys(":open Cargo.toml\r").wait_for("not an HDF5 file");
    t.keys(":hel\t").wait_for(":help").keys("\x1b").wait_gone(":help");
    t.keys(":index 1\r").wait_for("no elements");
}

#[test]
fn several_files() {
    let mut t = wide().start(&[demo().to_str().unwrap(), data("made/v3.h5").to_str().unwrap()]);
    t.wait_for("demo.h5").wait_for("v3.h5");
    let mut t = wide().start(&[&format!("{}/run_05/counts", demo().display())]);
    t.wait("a path inside the file", |t| t.row(0).starts_with("/run_05/counts "));
}

#[test]
fn what_cannot_be_opened_is_told_without_a_screen() {
    for (args, said) in [
        (vec!["Cargo.toml"], "Cargo.toml: not an HDF5 file"),
        (vec!["src"], "src: is a folder, not an HDF5 file"),
        (vec!["/nope.h5"], "/nope.h5: No such file or directory"),
    ] {
        let mut t = wide().start(&args);
        assert_eq!(t.end(), 1);
        assert!(t.text().contains(said), "{}", t.text());
        assert!(!t.bytes().windows(8).any(|w| w == b"\x1b[?1049h"));
    }
    // one bad file beside a good one leaves no trace in the tree
    let mut t = wide().start(&[demo().to_str().unwrap(), "Cargo.toml"]);
    t.wait_for("run_11").wait_for("Cargo.toml: not an HDF5 file").keys("G");
    t.wait("the last row", |t| t.cursor_row().contains("types"));
}

#[test]
fn a_long_text_is_read_whole() {
    let mut t = Setup::new(80, 24).open(&demo());
    t.wait_for("run_11").keys("/events\r").wait_for("committed").keys("\tjj");
    t.wait_gone("'charge'").keys("\r").wait_for("(4,))]").keys("q").wait_for("run_11");
    // a cell, too
    t.keys("q:goto /log/message\r").wait_for("object").keys("\r").wait_for("q tree").keys("\r");
    t.wait_for("[0]").wait_gone("run_11").keys("\x1b").wait_for("run_11");
}

#[test]
fn a_slow_read_is_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = wide().open(&slow_file(folder.path()));
    t.wait_for("g29").keys("G").wait_for("(400000000,)").wait_for("reading").keys("\x03");
    t.wait_for("reading was cancelled").keys("R").wait_for(" 0\n");
}

#[test]
fn plus_goto_opens_there() {
    let mut t = wide().start(&[demo().to_str().unwrap(), "+goto", "/run_07/time"]);
    t.wait("the path", |t| t.row(0).starts_with("/run_07/time "));
    // a relative path starts at the selected object's group
    t.keys(":goto counts\r").wait("beside it", |t| t.row(0).starts_with("/run_07/counts "));
}

#[test]
fn what_cannot_be_read_is_named_in_its_place() {
    let mut t = wide().open(&data("made/filters.h5"));
    t.wait_for("gzip").keys(":goto /unknown\r");
    t.wait_for("! needs the filter 309, which is not in this build");
    t.keys("k").wait_gone("needs the filter");
    let mut t = wide().open(&data("made/layouts.h5"));
    t.wait_for("external").keys(":goto /external/missing\r");
    t.wait_for("! cannot be read: unable to open external raw data file");
    t.keys("j").wait_gone("! cannot be read").wait_for("-400");
}

/// Keys typed while a jump is under way were taken by the row under the cursor before it.
#[test]
fn keys_typed_ahead_wait_for_the_jump() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys(":goto /events\r\rG$");
    t.wait("the last cell", |t| t.row(0).starts_with("/events ") && t.row(38).contains("[399]"));
    t.keys("q:goto /run_04\rljj").wait("inside", |t| t.row(0).starts_with("/run_04/"));
}

/// A group of more links than are shown at once lost its place when the file was read anew.
#[test]
fn a_large_group_keeps_its_place_when_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.h5");
    run_python(
        "import h5py,sys
f=h5py.File(sys.argv[1],'w')
for i in range(1500): f.create_group(f'x{i}/inside')",
        &[&path],
    );
    let mut t = wide().open(&path);
    t.wait_for("x18").keys(":goto /x1400/inside\r");
    t.wait("the group", |t| t.row(0).starts_with("/x1400/inside "));
    t.keys("R").wait_for("read anew").wait_gone("sorting");
    assert!(t.row(0).starts_with("/x1400/inside "), "{}", t.row(0));
    t.keys("oo").wait_for("in order of names").wait_gone("sorting");
    assert!(t.row(0).starts_with("/x1400/inside "), "{}", t.row(0));
}

/// What was selected is gone after a change: the cursor stays in its file.
#[test]
fn a_selection_that_is_gone_leaves_the_cursor_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changing.h5");
    run_python("import h5py,sys; h5py.File(sys.argv[1],'w')['one/x']=[1,2,3]", &[&path]);
    let mut t = wide().start(&[path.to_str().unwrap(), demo().to_str().unwrap()]);
    t.wait_for("changing.h5").keys(":goto /one/x\r\r").wait_for("q tree");
    run_python(
        "import h5py,sys; f=h5py.File(sys.argv[1],'r+'); del f['one/x']; f.close()",
        &[&path],
    );
    t.wait_for("changed on disk").wait("the group", |t| t.row(0).starts_with("/one "));
    t.keys("\x1b").wait_for("q quit");
}

/// A file that can't be opened beside one that can: nothing waits for ever.
#[test]
fn a_file_that_cannot_be_opened_says_so() {
    let mut t = wide().start(&["/nope.h5", demo().to_str().unwrap()]);
    t.wait_for("run_11").keys("gg").wait_for("is not open");
    assert!(!t.text().contains("reading"), "{}", t.text());
}

/// A file that is written without a pause: what is selected is shown all the same.
#[test]
fn a_file_written_all_the_time_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("busy.h5");
    let script = "import h5py,sys,time
f=h5py.File(sys.argv[1],'w',libver='latest')
d=f.create_dataset('x',data=[10]*5,maxshape=(None,),chunks=(512,))
f.create_dataset('y',data=[71,72,73])
f.swmr_mode=True
print('ready',flush=True)
n=5
while n<4000:
    n+=1; d.resize((n,)); d[n-1]=n; d.flush(); time.sleep(0.005)";
    let _writer = Writer::start(script, &path);
    let mut t = wide().open(&path);
    t.wait_for("SWMR: being written").keys("jj").wait_for("(3,)").wait_for(" 73");
    t.keys("k").wait_for("max shape").keys("\r");
    t.wait("its growth", |t| {
        let shape = t.text().split('(').nth(1).and_then(|s| s.split(',').next()?.parse().ok());
        shape.is_some_and(|n: u64| n > 100)
    });
    t.keys("G").wait("a late value", |t| {
        let row = t.row(38);
        row.rsplit(' ').next().and_then(|v| v.parse::<u64>().ok()).is_some_and(|v| v > 100)
    });
}
