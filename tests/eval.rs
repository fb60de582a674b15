//! Batch mode: -e, -s, --format, -o, exit codes, signals.

mod support;

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{PROGRAM, ch5tui, demo, text};

fn demo_name() -> String {
    demo().display().to_string()
}

#[test]
fn values_are_printed_as_pythons_prompt_prints_them() {
    let out =
        ch5tui(&["-e", "x = [1]", "-e", "x", "-e", "None", "-e", "x.append(2)", "-e", "x; x[0]"]);
    assert_eq!(text(&out.stdout), "[1]\n1\n");
    assert!(out.status.success());
    let out =
        ch5tui(&["--format", "json", "-e", "None", "-e", "1.0", "-e", "y = 1", "-e", "(1, 'a')"]);
    assert_eq!(text(&out.stdout), "null\n1.0\n[1, \"a\"]\n");
    let out = ch5tui(&["--format", "raw", "-e", "'a b'"]);
    assert_eq!(text(&out.stdout), "a b\n");
    let out = ch5tui(&["-e", "-1", "-e", "print('p', 2)", "-e", "'x'"]);
    assert_eq!(text(&out.stdout), "-1\np 2\n'x'\n");
}

#[test]
fn the_first_error_ends_it_and_what_was_printed_stays() {
    let out = ch5tui(&["-e", "1", "-e", "print(2); 1/0", "-e", "3"]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(text(&out.stdout), "1\n2\n");
    assert_eq!(text(&out.stderr), "ZeroDivisionError: division by zero\n");
    let out = ch5tui(&["no_such.h5", "-e", "1"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("Error: no_such.h5: "), "{}", text(&out.stderr));
    for wrong in [["--max-memory", "many"], ["--threads", "0"], ["--threads", "x"]] {
        let out = ch5tui(&[wrong[0], wrong[1], "-e", "1"]);
        assert_eq!(out.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn scripts_and_code_run_in_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("s.py");
    std::fs::write(&script, "# a script\ny = x + 1\ny * 2\n").expect("written");
    let name = script.display().to_string();
    let out = ch5tui(&["-e", "x = 1", "-s", &name, "-e", "y"]);
    assert_eq!(text(&out.stdout), "4\n2\n");
    let mut child = Command::new(PROGRAM)
        .args(["-s", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    child.stdin.take().expect("its input").write_all(b"sum(range(4))").expect("written");
    let out = child.wait_with_output().expect("it ends");
    assert_eq!(text(&out.stdout), "6\n");
}

#[test]
fn a_path_inside_selects_the_node() {
    let out = ch5tui(&[&format!("{}/run_01/counts", demo_name()), "-e", "here.shape"]);
    assert_eq!(text(&out.stdout), "(20, 2, 32, 40)\n", "{}", text(&out.stderr));
}

#[test]
fn an_output_file_takes_the_last_value() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.json");
    let name = path.display().to_string();
    let out = ch5tui(&["-e", "1", "-e", "[1, 2.5]", "-o", &name]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(out.stdout.is_empty());
    assert_eq!(std::fs::read_to_string(&path).expect("written").trim_end(), "[1, 2.5]");
    // a failure leaves the old file as it was
    let out = ch5tui(&["-e", "[1 / 0]", "-o", &name]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&path).expect("still there").trim_end(), "[1, 2.5]");
    let out = ch5tui(&["-e", "x = 1", "-o", &name]);
    assert_eq!(out.status.code(), Some(1));
    let out = ch5tui(&["-e", "1", "-e", "{'a': 1}", "--format", "json", "-o", "-"]);
    assert_eq!(text(&out.stdout), "{\"a\": 1}\n");
}

#[test]
fn warnings_are_lines_on_stderr() {
    let out = ch5tui(&["-e", "np.array([1.0, -1.0]) / 0"]);
    assert!(out.status.success());
    assert_eq!(text(&out.stdout), "array([ inf, -inf])\n");
    assert_eq!(text(&out.stderr), "RuntimeWarning: divide by zero encountered in divide\n");
}

#[test]
fn a_signal_stops_it_and_leaves_no_output_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.npy");
    let mut child = Command::new(PROGRAM)
        .args(["-e", "np.arange(10**11) * 2.0", "-o"])
        .arg(&path)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    std::thread::sleep(Duration::from_millis(700));
    let begun = Instant::now();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
    let status = child.wait().expect("it ends");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(status.code(), Some(130));
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_closed_pipe_ends_it_silently() {
    let mut child = Command::new(PROGRAM)
        .args(["--format", "csv", "-e", "np.arange(10**9)"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut first = [0; 8];
    child.stdout.take().expect("its output").read_exact(&mut first).expect("some bytes");
    let out = child.wait_with_output().expect("it ends");
    assert_eq!(text(&out.stderr), "");
    assert!(out.status.success());
}

#[test]
fn the_registry_is_listed() {
    let out = ch5tui(&["--functions"]);
    let lines = text(&out.stdout);
    let mean = lines.lines().find(|l| l.contains("\"np.mean\"")).expect("np.mean");
    let entry: serde_json::Value = serde_json::from_str(mean).expect("JSON");
    assert!(entry["section"].is_string() && entry["kinds"].is_string());
}
