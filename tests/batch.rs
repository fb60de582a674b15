//! The command line without a terminal.

mod support;

use std::io::Read;
use std::process::{Command, Stdio};

use support::{PROGRAM, ch5tui, data, demo, sha256, text};

fn demo_name() -> String {
    demo().display().to_string()
}

/// Exit code 1 (or 2), one line on stderr, nothing on stdout.
fn refused(args: &[&str], code: i32, said: &str) {
    let out = ch5tui(args);
    let error = text(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{args:?}: {error}");
    assert_eq!(error.lines().count(), 1, "{args:?}: {error}");
    assert!(error.contains(said), "{args:?}: {error}");
    assert!(out.stdout.is_empty());
}

#[test]
fn list_for_people() {
    let out = ch5tui(&["--list", &demo_name()]);
    assert!(out.status.success());
    let lines = text(&out.stdout);
    let line = |path: &str| {
        lines.lines().find(|l| l.starts_with(&format!("{path}  "))).unwrap_or("").to_string()
    };
    assert!(line("/").starts_with("/  group  16 attributes"), "{}", line("/"));
    assert!(
        line("/run_01/counts")
            .contains("(20, 2, 32, 40)  uint16  chunks (5, 1, 32, 40)  shuffle gzip")
    );
    assert_eq!(line("/latest"), "/latest  softlink  -> /run_11");
    // natural order
    let place = |path: &str| lines.find(&format!("\n{path}  ")).expect(path);
    let monitor = "/instrument/beam_position/monitor_";
    assert!(place(&format!("{monitor}2")) < place(&format!("{monitor}10")));
}

#[test]
fn list_a_part() {
    let out = ch5tui(&["--list", "--at", "/protocol", &demo_name()]);
    let first = text(&out.stdout);
    assert!(first.starts_with("/protocol  group"), "{first}");
    assert_eq!(first.lines().count(), 5);
    let inside = ch5tui(&["--list", &format!("{}/protocol", demo_name())]);
    assert_eq!(text(&inside.stdout), first);
    refused(&["--list", "--at", "/nope", &demo_name()], 1, "KeyError: '/nope' in");
}

#[test]
fn what_is_no_hdf5_is_refused_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let name = |n: &str| folder.path().join(n).display().to_string();
    std::fs::write(name("text"), "not HDF5").unwrap();
    std::fs::write(name("empty"), "").unwrap();
    refused(&["--list", &name("")], 1, "is a folder, not an HDF5 file");
    refused(&["--list", &name("text")], 1, "not an HDF5 file");
    refused(&["--list", &name("empty")], 1, "not an HDF5 file");
    refused(&["--list", &name("missing")], 1, "No such file or directory");
    refused(&["--list", "/dev/null"], 1, "is a device or a pipe");
    refused(&["--list", &name("a\x1b[31m\n")], 1, "a\\x1b[31m\\n: No such file");
    refused(&[&demo_name()], 1, "not a terminal; use --list");
    refused(&["--mode", "x+", "--list", &demo_name()], 2, "invalid mode 'x+'");
    refused(&[], 2, "which file?");
    assert_eq!(ch5tui(&["--frobnicate"]).status.code(), Some(2));
}

#[test]
fn a_closed_pipe_ends_it_silently() {
    let mut child = Command::new(PROGRAM)
        .args(["--list", "--format", "json", &demo_name()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(text(&out.stderr), "");
    assert!(out.status.success());
    // the same through a shell, as it is typed
    let line = format!("'{PROGRAM}' --list '{}' | head -n 1; echo ${{PIPESTATUS[0]}}", demo_name());
    let out = Command::new("bash").args(["-c", &line]).output().unwrap();
    assert_eq!(text(&out.stdout), "/  group  16 attributes\n0\n");
    assert_eq!(text(&out.stderr), "");
}

#[test]
fn listing_writes_nothing_not_even_with_w() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["links.h5", "other.h5"];
    let files = names.map(|n| folder.path().join(n));
    for (name, file) in names.iter().zip(&files) {
        std::fs::copy(data("made").join(name), file).unwrap();
    }
    let before = files.each_ref().map(|f| sha256(f));
    for args in [["-w", "--follow"], ["--mode=r+", "--follow"], ["--mode=a", "--follow"]] {
        let out = Command::new(PROGRAM).arg("--list").args(args).arg(&files[0]).output().unwrap();
        assert!(out.status.success(), "{}", text(&out.stderr));
    }
    assert_eq!(files.each_ref().map(|f| sha256(f)), before);
}

#[test]
fn modes_create_files_as_h5py_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.h5");
    let name = file.display().to_string();
    refused(&["--mode", "r+", "--list", &name], 1, "No such file");
    let list = |mode: &str| text(&ch5tui(&["--mode", mode, "--list", &name]).stdout);
    assert_eq!(list("a"), "/  group\n");
    refused(&["--mode", "w-", "--list", &name], 1, "exists already");
    let before = sha256(&file);
    assert_eq!(list("a"), "/  group\n");
    assert_eq!(sha256(&file), before);
    std::fs::copy(demo(), &file).unwrap();
    assert_eq!(list("w"), "/  group\n");
    // beside it is only what undoes it
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let mut left: Vec<_> = entries.map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".new.h5.ch5tui", "new.h5"]);
    // HDF5's earliest format, as ch5mpy writes it: superblock 0
    assert_eq!(std::fs::read(&file).unwrap()[8], 0);
    assert!(ch5tui(&["--undo", &name]).status.success());
    assert_eq!(sha256(&file), sha256(&demo()));
    let here = folder.path().join("no/such/folder.h5").display().to_string();
    refused(&["--mode", "w", "--list", &here], 1, "No such file");
}

#[test]
fn a_read_only_file_is_refused_for_writing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.h5");
    std::fs::copy(demo(), &file).unwrap();
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&file, permissions).unwrap();
    let name = file.display().to_string();
    assert!(ch5tui(&["--list", &name]).status.success());
    // the superuser may write all the same
    if std::fs::OpenOptions::new().write(true).open(&file).is_err() {
        refused(&["-w", "--list", &name], 1, "Permission denied");
    }
}

#[test]
fn a_million_links_of_depth_and_loops_end() {
    let out = ch5tui(&[
        "--list",
        "--follow",
        "--format",
        "json",
        &data("made/nasty.h5").display().to_string(),
    ]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(out.stdout.is_ascii() || !out.stdout.contains(&0x1b));
}

#[test]
fn the_page_of_keys_is_up_to_date() {
    let page = std::fs::read_to_string(support::root().join("docs/keys.md")).unwrap();
    assert_eq!(page, ch5tui::app::help::markdown(), "run: cargo run --example keys > docs/keys.md");
}

#[test]
fn the_binary_needs_no_library_but_libcs_own() {
    let out = Command::new("ldd").arg(PROGRAM).output().unwrap();
    for line in text(&out.stdout).lines() {
        let name = line.trim().split(' ').next().unwrap_or("");
        let own = ["linux-vdso", "libc.", "libm.", "libdl.", "libpthread.", "librt.", "ld-linux"];
        assert!(own.iter().any(|o| name.contains(o)), "{line}");
    }
}

/// An external link's file was another one each time it was opened, and its loops had no end.
#[test]
fn loops_behind_an_external_link_end() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.h5"), folder.path().join("b.h5"));
    support::run_python(
        "import h5py,sys
b=h5py.File(sys.argv[2],'w'); b.create_group('g/sub'); b['g/sub/up']=b['g']; b.close()
a=h5py.File(sys.argv[1],'w'); a['e']=h5py.ExternalLink('b.h5','/g')",
        &[&a, &b],
    );
    let out = ch5tui(&["--list", "--follow", &a.display().to_string()]);
    let paths: Vec<String> =
        text(&out.stdout).lines().map(|l| l.split(' ').next().unwrap().to_string()).collect();
    assert_eq!(paths, ["/", "/e", "/e/sub", "/e/sub/up"]);
}

/// More attributes than fit in the header came in the order of their hashes.
#[test]
fn attributes_are_in_order() {
    use ch5tui::store::{File, H5Mode, ObjectPath, escape};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.h5");
    support::run_python(
        "import h5py,sys
f=h5py.File(sys.argv[1],'w',libver='latest')
for i in range(30): f.attrs[f'a{i:02}']=i
g=f.create_group('tracked',track_order=True)
for i in range(30): g.attrs[f'a{(i*7)%30:02}']=i",
        &[&path],
    );
    let file = File::open(&path, H5Mode::Read).unwrap();
    let names = |p: &str| {
        let names = file.attribute_names(&ObjectPath::new(p)).unwrap();
        names.iter().map(|n| escape(n)).collect::<Vec<_>>()
    };
    assert_eq!(names("/"), (0..30).map(|i| format!("a{i:02}")).collect::<Vec<_>>());
    let made = (0..30).map(|i| format!("a{:02}", i * 7 % 30)).collect::<Vec<_>>();
    assert_eq!(names("/tracked"), made);
}
