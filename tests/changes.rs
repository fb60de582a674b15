//! Changes of files from the shell: that they happen or don't, whatever comes in between, that
//! they can be taken back, and what other programs see of them.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::made::{Made, preloaded, refusal, says};
use support::{ch5tui, python, root, run_python, sha256, text};

fn oracle(script: &str, args: &[&str]) -> String {
    let mut command = Command::new(python());
    command.arg(root().join("tests/oracle").join(script)).arg(support::PROGRAM).args(args);
    let out = command.output().expect("Python runs");
    assert!(out.status.success(), "{}{}", text(&out.stdout), text(&out.stderr));
    text(&out.stdout)
}

#[test]
fn a_process_killed_in_the_middle_leaves_before_or_after() {
    // python tests/oracle/crash.py PROGRAM 1 1000 is the longer one
    let said = oracle("crash.py", &["1", "60"]);
    let kills = said.split(' ').next().and_then(|n| n.parse::<u32>().ok());
    // what repairs is killed, too: one more may come of the last trial
    assert!(kills.is_some_and(|n| n >= 60) && said.contains(" 0 failures"), "{said}");
}

#[test]
fn a_second_writer_is_refused_and_readers_see_a_whole_state() {
    let made = Made::new(60_000_000);
    let beside = made.beside();
    let mut writer = Command::new(support::PROGRAM)
        .args(["--clean", "--no-progress", "-w", made.name(), "-e", "f[\"x\"][:] = 1"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !beside.join("journal").exists() {
        assert!(writer.try_wait().unwrap().is_none(), "it was written before anyone looked");
    }
    let said = made.change("f[\"x\"][0] = 2");
    let who = format!("is being changed by ch5tui (process {}", writer.id());
    assert!(said.contains(&who), "{said}");
    assert!(says("--recover", &made.path).contains(&who));
    // h5py, opening it again and again, sees all or nothing
    let code = "import h5py, sys, os
seen, refused = set(), 0
while os.path.exists(sys.argv[2]):
    try:
        with h5py.File(sys.argv[1], locking=False) as f: seen |= set(f['x'][::1000].tolist())
    except OSError: refused += 1
with h5py.File(sys.argv[1]) as f: print(set(f['x'][:].tolist()), refused > 0 or len(seen) < 2)";
    let said = run_python(code, &[&made.path, &beside.join("lock")]);
    assert!(writer.wait().unwrap().success());
    assert_eq!(said.trim(), "{1.0} True");
}

#[test]
fn a_file_that_h5py_has_open_is_not_changed() {
    let made = Made::new(10);
    let before = sha256(&made.path);
    for mode in ["r", "r+"] {
        let code = format!(
            "import h5py, sys, subprocess\nf = h5py.File(sys.argv[1], '{mode}')\n\
             out = subprocess.run([sys.argv[2], '--clean', '-w', sys.argv[1], '-e', \
             'f[\"x\"][0] = 1'], capture_output=True, text=True)\nprint(out.returncode, out.stderr)"
        );
        let said = run_python(&code, &[&made.path, Path::new(support::PROGRAM)]);
        assert!(said.starts_with("1 ") && said.contains("another program has it open"), "{said}");
    }
    assert_eq!(sha256(&made.path), before);
    assert!(!made.beside().exists());
}

#[test]
fn a_change_by_h5py_between_two_of_ours_is_noticed() {
    let made = Made::new(10);
    assert_eq!(made.change("f[\"x\"][0] = 1"), "");
    let theirs = "import h5py, sys\nwith h5py.File(sys.argv[1], 'r+') as f: f['x'][1] = 2";
    run_python(theirs, &[&made.path]);
    let before = sha256(&made.path);
    assert!(says("--undo", &made.path).contains("something else has changed the file since"));
    assert_eq!(made.change("f[\"x\"][2] = 3"), "");
    assert_eq!(made.holds("f['x'][:4].tolist()"), "[1.0, 2.0, 3.0, 0.0]");
    assert!(says("--undo", &made.path).starts_with("undone: f[\"x\"][2] = 3"));
    assert_eq!(sha256(&made.path), before);
    assert!(says("--undo", &made.path).contains("nothing to undo"));
}

#[test]
fn what_was_read_in_two_states_of_a_file_is_not_told() {
    use ch5tui::array::{Context, Settings};
    use ch5tui::lang::Session;
    use ch5tui::store::{File, H5Mode};
    let made = Made::new(1000);
    let cx = Context::new(Settings::default());
    let session = Session::new(vec![File::open(&made.path, H5Mode::Read).unwrap().into()]);
    let told = |code: &str| match session.run(code, &cx) {
        Ok(value) => ch5tui::numpy::show::repr(&value.unwrap(), &cx).map_err(|e| e.to_string()),
        Err(failure) => Err(failure.error.to_string()),
    };
    assert_eq!(told("x = f[\"x\"]; float(x[:500].sum())").unwrap(), "0.0");
    // here as another process does
    assert_eq!(made.change("f[\"x\"][:] = 1"), "");
    for code in ["float(x[500:].sum())", "x[700]", "x + 1"] {
        let said = told(code).unwrap_err();
        assert!(said.contains("another program has changed it while it was read"), "{said}");
    }
    // nor is it stored
    let other = Made::new(10);
    let before = sha256(&other.path);
    let files = [File::open(&other.path, H5Mode::ReadWrite), File::open(&made.path, H5Mode::Read)];
    let session = Session::new(files.map(|f| f.unwrap().into()).into());
    session.run("a = files[1][\"x\"][:500].sum()", &cx).unwrap();
    assert_eq!(made.change("f[\"x\"][:] = 2"), "");
    let said = session.run("f[\"sum\"] = a + files[1][\"x\"][500:].sum()", &cx).unwrap_err();
    assert!(said.error.to_string().contains("while it was read"), "{}", said.error);
    assert_eq!(sha256(&other.path), before);
}

#[test]
fn history_goes_with_the_file_and_through_links() {
    let made = Made::new(10);
    let before = sha256(&made.path);
    let link = made.folder.path().join("sub/link.h5");
    std::fs::create_dir(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&made.path, &link).unwrap();
    assert_eq!(refusal(&["-w", link.to_str().unwrap(), "-e", "f[\"x\"][0] = 1"]), "");
    assert!(made.beside().join("000001.change").exists());
    assert_eq!(std::fs::read_dir(link.parent().unwrap()).unwrap().count(), 1);
    let to = made.folder.path().join("sub/other name.h5");
    std::fs::rename(&made.path, &to).unwrap();
    std::fs::rename(made.beside(), made.folder.path().join("sub/.other name.h5.ch5tui")).unwrap();
    assert!(says("--history", &to).contains("f[\"x\"][0] = 1"));
    assert!(says("--undo", &to).starts_with("undone: f[\"x\"][0] = 1"));
    assert_eq!(sha256(&to), before);
}

#[test]
fn what_fails_in_the_middle_is_rolled_back() {
    let made = Made::new(1000);
    let before = sha256(&made.path);
    let said = made.change("f[\"x\"][0] = 1\nf[\"y\"] = 2\ndel f[\"no such\"]");
    assert!(said.contains("KeyError"), "{said}");
    assert_eq!(sha256(&made.path), before);
    assert!(!made.beside().exists());
}

#[test]
fn atomic_makes_all_code_one_change() {
    let made = Made::new(1000);
    let before = sha256(&made.path);
    let several = ["-w", made.name(), "-e", "f[\"x\"][0] = 1", "-e", "f[\"x\"][5000] = 2"];
    assert!(refusal(&[&["--atomic"], &several[..]].concat()).contains("IndexError"));
    assert_eq!(sha256(&made.path), before);
    assert!(!made.beside().exists());
    // without it, several -e are changes of their own
    assert!(refusal(&several).contains("IndexError"));
    assert_eq!(made.holds("f['x'][0]"), "1.0");
    let script = made.folder.path().join("script.py");
    std::fs::write(&script, "f['x'][1] = 7\nf['x'][2] = 7\n").unwrap();
    assert_eq!(refusal(&["--atomic", "-w", made.name(), "-s", script.to_str().unwrap()]), "");
    assert_eq!(says("--history", &made.path).lines().count(), 2);
    says("--undo", &made.path);
    says("--undo", &made.path);
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn a_file_that_may_not_grow_is_rolled_back() {
    let made = Made::new(1000);
    let before = sha256(&made.path);
    // as a full disk: no file may be longer than this
    let code = "import sys, subprocess, resource
def small():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
out = subprocess.run([sys.argv[2], '--clean', '-w', sys.argv[1], '-e',
    'f[\"y\"] = np.arange(1e6)'], capture_output=True, text=True, preexec_fn=small)
print(out.returncode, out.stderr.strip())";
    let said = run_python(code, &[&made.path, Path::new(support::PROGRAM)]);
    assert!(said.starts_with("1 ") && said.contains("File too large"), "{said}");
    assert_eq!(sha256(&made.path), before);
    assert!(!made.beside().exists());
}

#[test]
fn permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let made = Made::new(10);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(&made.path, PermissionsExt::from_mode(0o640)).unwrap();
    assert_eq!(made.change("f[\"x\"][0] = 1"), "");
    assert_eq!((mode(&made.path), mode(&made.beside())), (0o640, 0o750));
    assert_eq!(mode(&made.beside().join("000001.change")), 0o640);
    says("--undo", &made.path);
    assert_eq!(mode(&made.path), 0o640);
}

#[test]
fn the_history_is_limited() {
    let made = Made::new(10);
    for i in 0..5 {
        let code = format!("f[\"x\"][0] = {}", i + 1);
        assert_eq!(refusal(&["--undo-count", "3", "-w", made.name(), "-e", &code]), "");
    }
    assert_eq!(says("--history", &made.path).lines().count(), 3);
    // a change whose record would be too large is not made
    let before = sha256(&made.path);
    let limits = ["--undo-bytes", "1K", "-w", made.name(), "-e", "f[\"x\"][0] = 9"];
    assert!(refusal(&limits).contains("--no-undo"));
    assert_eq!(sha256(&made.path), before);
    assert_eq!(refusal(&["--no-undo", "-w", made.name(), "-e", "f[\"x\"][0] = 9"]), "");
    assert!(!made.beside().exists());
    assert!(says("--undo", &made.path).contains("nothing to undo"));
}

#[test]
fn what_an_external_link_leads_to_is_changed_in_its_own_file() {
    let made = Made::new(10);
    let main = made.folder.path().join("main.h5");
    let code = "import h5py, sys\nwith h5py.File(sys.argv[1], 'w') as f:
    f['x'] = 1\n    f['ext'] = h5py.ExternalLink('made.h5', '/g')
    f['soft'] = h5py.SoftLink('/ext/a')\n    f['self'] = h5py.ExternalLink('main.h5', '/x')";
    run_python(code, &[&main]);
    let (before, target) = (sha256(&main), sha256(&made.path));
    let name = main.to_str().unwrap();
    let edits = [
        "f[\"ext/a\"][1] = 7",
        "f[\"soft\"][2] = 8",
        "f[\"ext\"].attrs[\"q\"] = 1",
        "f[\"ext/new\"] = np.arange(3)",
        "f[\"ext\"].create_group(\"k/l\")",
        "del f[\"ext/new\"]",
        "f.move(\"ext/k\", \"ext/kk\")",
        "f[\"ext/list\"] = [1, \"a\"]",
        "f[\"ext/list\"].append(3)",
    ];
    for edit in edits {
        assert_eq!(refusal(&["-w", name, "-e", edit]), "", "{edit}");
        assert_eq!(sha256(&main), before, "{edit}");
    }
    let held = "f['g/a'][:4].tolist(), sorted(f['g']), f['g'].attrs['q'], len(f['g/list'])";
    assert_eq!(made.holds(held), "[0, 7, 8, 3] ['a', 'kk', 'list'] 1 3");
    assert!(refusal(&["-w", name, "-e", "f[\"self\"][()] = 5"]).contains("leads back"));
    assert_eq!(says("--history", &made.path).lines().count(), edits.len());
    for _ in edits {
        says("--undo", &made.path);
    }
    assert_eq!((sha256(&main), sha256(&made.path)), (before, target));
}

#[test]
fn what_cannot_be_journalled_is_refused_in_a_line() {
    let made = Made::new(10);
    let code = "import h5py, sys, os\nos.chdir(os.path.dirname(sys.argv[1]))
with h5py.File('made.h5', 'r+') as f:
    layout = h5py.VirtualLayout((10,), 'f8')
    layout[:] = h5py.VirtualSource('made.h5', 'x', (10,))
    f.create_virtual_dataset('virtual', layout)
    f.create_dataset('raw', (4,), 'i4', external=[('raw.bin', 0, h5py.h5f.UNLIMITED)])[:] = 1
with h5py.File('family%d.h5', 'w', driver='family', memb_size=1 << 20) as f: f['x'] = 1";
    run_python(code, &[&made.path]);
    let before = sha256(&made.path);
    assert!(made.change("f[\"virtual\"][0] = 1").contains("its layout is virtual"));
    assert!(made.change("f[\"raw\"][0] = 2").contains("its layout is external"));
    let family = made.folder.path().join("family0.h5");
    assert!(
        refusal(&["-w", family.to_str().unwrap(), "-e", "f[\"x\"][()] = 2"]).contains("family")
    );
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn what_mode_w_replaces_is_undone() {
    let made = Made::new(100_000);
    let before = sha256(&made.path);
    let link = made.folder.path().join("link.h5");
    std::os::unix::fs::symlink("made.h5", &link).unwrap();
    std::process::Command::new("chmod").args(["640", made.name()]).status().unwrap();
    let new = ["--mode", "w", link.to_str().unwrap(), "-e", "f[\"y\"] = 1"];
    assert_eq!(refusal(&new), "");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(made.holds("list(f)"), "['y']");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&made.path).unwrap().permissions().mode() & 0o777, 0o640);
    let after = sha256(&made.path);
    assert!(says("--history", &made.path).contains("mode w: a new file"));
    says("--undo", &made.path);
    assert!(says("--undo", &made.path).contains("mode w"));
    assert_eq!(sha256(&made.path), before);
    says("--redo", &made.path);
    says("--redo", &made.path);
    assert_eq!(sha256(&made.path), after);
    // one that is too large to be kept is not replaced, unless that is said
    says("--undo", &made.path);
    says("--undo", &made.path);
    let limited = [&["--undo-bytes", "100K"][..], &new].concat();
    assert!(refusal(&limited).contains("what undoes it would take 786.1K, and 100.0K is"));
    assert_eq!(sha256(&made.path), before);
    assert_eq!(refusal(&[&["--no-undo"][..], &new].concat()), "");
    assert_eq!(made.holds("list(f)"), "['y']");
    assert!(!made.beside().exists());
}

#[test]
fn a_change_whose_undo_will_not_fit_says_so_before_it_is_made() {
    let made = Made::new(1_000_000);
    let before = sha256(&made.path);
    let said = refusal(&["--undo-bytes", "1M", "-w", made.name(), "-e", "f[\"x\"][10:] = 1"]);
    assert!(said.contains("is unchanged: what undoes it would take 7.6M, and 1.0M is"), "{said}");
    assert_eq!(sha256(&made.path), before);
    assert_eq!(
        refusal(&["--undo-bytes", "1M", "-w", made.name(), "-e", "f[\"x\"][10:99] = 1"]),
        ""
    );
}

#[test]
fn new_datasets_are_stored_as_their_main_source_is() {
    let made = Made::new(10);
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f:
    kw = dict(chunks=(10, 7), compression='gzip', compression_opts=3, shuffle=True)
    f.create_dataset('z', data=np.arange(2000.).reshape(100, 20), **kw)";
    run_python(code, &[&made.path]);
    let lay = "lambda d: (d.chunks, d.compression, d.compression_opts, d.shuffle)";
    for (code, expected) in [
        ("f[\"a\"] = np.sqrt(f[\"z\"]) + f[\"x\"][0]", "((10, 7), 'gzip', 3, True)"),
        ("f[\"a\"] = f[\"z\"][:5, ::2]", "((5, 7), 'gzip', 3, True)"),
        ("f[\"a\"] = f[\"z\"][:].mean(axis=0)", "((20,), 'gzip', 3, True)"),
        ("f.create_dataset(\"a\", data=f[\"z\"][:] > 3)", "((10, 7), 'gzip', 3, True)"),
        (
            "f.create_dataset(\"a\", data=f[\"z\"][:], chunks=(50, 20))",
            "((50, 20), 'gzip', 3, True)",
        ),
        (
            "f.create_dataset(\"a\", data=f[\"z\"][:], compression=\"lzf\")",
            "((10, 7), 'lzf', None, False)",
        ),
        (
            "f.create_dataset(\"a\", data=f[\"z\"][:], compression=None)",
            "((10, 7), None, None, False)",
        ),
        ("f.create_dataset(\"a\", data=f[\"z\"][:], chunks=False)", "(None, None, None, False)"),
        ("f.create_dataset(\"a\", data=f[\"x\"][:] + 1)", "(None, None, None, False)"),
    ] {
        assert_eq!(made.change(code), "", "{code}");
        assert_eq!(made.holds(&format!("({lay})(f['a'])")), expected, "{code}");
        says("--undo", &made.path);
    }
}

#[test]
fn a_loop_over_nodes_is_one_change() {
    let made = Made::new(10);
    let code =
        "for o in [f[\"x\"], f[\"g\"]]: o.attrs[\"run\"] = 3\nf[\"h\"] = h5py.HardLink(\"/x\")";
    assert_eq!(made.change(code), "");
    assert_eq!(
        made.holds("f['x'].attrs['run'], f['g'].attrs['run'], f['h'] == f['x']"),
        "3 3 True"
    );
    assert_eq!(says("--history", &made.path).lines().count(), 1);
}

#[test]
fn elements_computed_from_those_they_replace_are_put_aside_only_where_they_move() {
    let made = Made::new(300_000);
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f:
    f['x'][:] = np.arange(300_000) % 1000
    z = np.arange(600_000, dtype='>i4').reshape(1000, 600)
    f.create_dataset('z', data=z, chunks=(70, 90), compression='gzip', compression_opts=1)
    f.create_dataset('t', data=z.T.copy(), chunks=(64, 64))";
    run_python(code, &[&made.path]);
    let at_once = [
        "f['x'][:] = 2.5",
        "f['x'][:] = f['x'][:] * 2",
        "f['x'][...] = np.sqrt(f['x'][:]) + f['x'][:]",
        "f['x'][5:-5] = f['x'][5:-5] + 1",
        "f['x'][1::3] = -f['x'][1::3]",
        "f['x'][:] += 1",
        "f['x'][100:] **= 2",
        "f['x'][:] = np.where(f['x'][:] > 300, f['x'][:], -1)",
        "f['z'][:] = f['z'][:] - 7",
        "f['z'][3:, 1:500:2] *= 2",
        "f['z'][:] = f['z'][:] * np.arange(600)",
        "f['z'][10] = f['z'][10] // 2",
        "f['z'][:] = f['t'][:].T + f['z'][:]",
    ];
    let put_aside = [
        "f['x'][:] = f['x'][:][::-1]",
        "f['x'][1:] = f['x'][:-1]",
        "f['x'][:] = f['x'][:] - f['x'][:].mean()",
        "f['x'][:] = f['x'][:] + f['x'][:][::-1]",
        "f['z'][:] = f['z'][:][:, ::-1]",
        "f['z'][1:] = f['z'][1:] + f['z'][:-1]",
        "f['z'][:] = f['z'][0] + f['z'][:]",
    ];
    let nowhere = made.path.join("is no folder");
    let small = ["--max-memory", "1M", "--temp-dir"];
    for (line, moves) in
        at_once.iter().map(|l| (l, false)).chain(put_aside.iter().map(|l| (l, true)))
    {
        let h5py = made.folder.path().join("h5py.h5");
        std::fs::copy(&made.path, &h5py).unwrap();
        run_python(
            &format!(
                "import h5py, sys, numpy as np\nwith h5py.File(sys.argv[1], 'r+') as f: {line}"
            ),
            &[&h5py],
        );
        let before = sha256(&made.path);
        let with = |folder: &str| {
            refusal(&[&small[..], &[folder, "-w", made.name(), "-e", line][..]].concat())
        };
        let said = with(nowhere.to_str().unwrap());
        if moves {
            assert!(said.contains("no temporary file in"), "{line}: {said}");
            assert_eq!(sha256(&made.path), before, "{line}");
            assert_eq!(with(made.folder.path().to_str().unwrap()), "", "{line}");
        } else {
            assert_eq!(said, "", "{line}");
        }
        let same = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1]) as a, h5py.File(sys.argv[2]) as b:
    print([k for k in 'xzt' if not np.array_equal(a[k][:], b[k][:])])";
        assert_eq!(run_python(same, &[&made.path, &h5py]).trim(), "[]", "{line}");
        says("--undo", &made.path);
        assert_eq!(sha256(&made.path), before, "{line}");
    }
}

#[test]
fn what_is_held_of_a_dataset_stays_when_it_is_written_over() {
    let made = Made::new(100_000);
    let code = "x = f[\"x\"][:] + 1\ny = f[\"x\"][:]\nz = f[\"x\"][10:20]
f[\"x\"][:] = x * 3\nf[\"x\"][:] = x\nf[\"x\"][:] += 2\nf[\"x\"][:] = f[\"x\"][:] * 2
(x.sum(), x.max(), float(f[\"x\"][:].sum()), float(z.sum()))";
    let args = ["--clean", "--max-memory", "300K", "-w", made.name(), "-e", code];
    let numpy = "import numpy as np
a = np.zeros(100_000); x = a + 1; a[:] = x * 3; a[:] = x; a[:] += 2; a[:] = a * 2
print((x.sum(), x.max(), float(a.sum()), float(a[10:20].sum())))";
    let out = ch5tui(&args);
    assert_eq!(text(&out.stdout), run_python(numpy, &[] as &[&Path]), "{}", text(&out.stderr));
}

#[test]
fn a_file_that_lost_its_journal_says_so() {
    let made = Made::new(1000);
    let mut bytes = std::fs::read(&made.path).unwrap();
    bytes[..8].copy_from_slice(b"\x89ch5tui\n");
    std::fs::write(&made.path, &bytes).unwrap();
    let missing = "a change of it was cut off, and the journal that puts it back is not at ";
    let journal = made.beside().join("journal");
    for args in [&["-e", "f[\"x\"][0]"][..], &["-w", "-e", "f[\"x\"][0] = 1"], &["--recover"]] {
        let said = refusal(&[args, &[made.name()]].concat());
        assert!(said.contains(missing) && said.contains(journal.to_str().unwrap()), "{said}");
    }
    // one that is damaged is kept
    std::fs::create_dir_all(made.beside()).unwrap();
    std::fs::write(&journal, b"no journal").unwrap();
    let said = refusal(&["--recover", made.name()]);
    assert!(said.contains("the journal that puts it back is damaged"), "{said}");
    assert_eq!(std::fs::read(&journal).unwrap(), b"no journal");
    assert_eq!(std::fs::read(&made.path).unwrap(), bytes);
}

#[test]
fn where_a_file_system_has_no_locks_nothing_is_rolled_back_unasked() {
    let made = Made::new(20_000_000);
    let before = sha256(&made.path);
    // as a file system mounted without locks
    let library = preloaded(
        made.folder.path(),
        "#include <errno.h>\nint flock(int d, int how) { errno = ENOLCK; return -1; }\n",
    );
    let command = |args: &[&str]| {
        let mut command = Command::new(support::PROGRAM);
        command.env("LD_PRELOAD", &library).args(["--clean", "--no-progress", made.name()]);
        command.args(args);
        command
    };
    let says = |args: &[&str]| {
        let out = command(args).output().unwrap();
        (out.status.code(), text(&out.stdout) + &text(&out.stderr))
    };
    let (code, said) = says(&["-w", "-e", "f[\"x\"][0] = 1", "-e", "f[\"x\"][1] = 1"]);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{said}");
    assert!(said.contains("its file system has no locks"), "{said}");
    assert_eq!((says(&["--undo"]).0, says(&["--undo"]).0), (Some(0), Some(0)));
    assert_eq!(sha256(&made.path), before);
    // one that is cut off is read as it was, and waits to be rolled back
    let mut writer = command(&["-w", "-e", "f[\"x\"][:] = 1"]).spawn().unwrap();
    while std::fs::metadata(made.beside().join("journal")).map_or(0, |m| m.len()) < 50_000_000 {
        assert!(writer.try_wait().unwrap().is_none(), "it was written before anyone looked");
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert_ne!(sha256(&made.path), before);
    let (code, said) = says(&["-e", "float(f[\"x\"][:].sum())"]);
    assert_eq!((code, said.lines().next()), (Some(0), Some("0.0")), "{said}");
    assert!(said.contains("a change of it was cut off; it is read as it was before"), "{said}");
    for args in [&["-w", "-e", "f[\"x\"][0] = 1"][..], &["--recover"], &["--undo"]] {
        let (code, said) = says(args);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("--recover --force rolls it back"), "{said}");
    }
    assert_eq!(says(&["--recover", "--force"]).0, Some(0));
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn of_several_files_all_are_changed_or_none() {
    let (one, other) = (Made::new(1000), Made::new(1000));
    let before = (sha256(&one.path), sha256(&other.path));
    // as a full disk, which the second file meets only when the first one is done
    let code = "import sys, subprocess, resource
small = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
out = subprocess.run([sys.argv[3], '--clean', '-w', sys.argv[1], sys.argv[2], '--atomic',
    '-e', 'files[0][\"x\"][0] = 1', '-e', 'files[1][\"y\"] = np.arange(200_000.)'],
    capture_output=True, text=True, preexec_fn=small)
print(out.returncode, out.stderr.strip())";
    let said = run_python(code, &[&one.path, &other.path, Path::new(support::PROGRAM)]);
    assert!(said.starts_with("1 ") && said.contains("File too large"), "{said}");
    assert_eq!((sha256(&one.path), sha256(&other.path)), before);
    assert!(!one.beside().exists() && !other.beside().exists());
}

#[test]
fn mode_w_replaces_nothing_where_all_is_one_change_that_fails() {
    let made = Made::new(1000);
    let before = sha256(&made.path);
    let failing =
        ["--mode", "w", "--atomic", made.name(), "-e", "f[\"n\"] = 1", "-e", "f[\"no\"][0]"];
    assert!(refusal(&failing).contains("KeyError"));
    assert_eq!(sha256(&made.path), before);
    // nor where the code can't even be read
    assert!(
        refusal(&["--mode", "w", made.name(), "-e", "f[\"n\"] = 1", "-e", "1 +"])
            .contains("SyntaxError")
    );
    assert_eq!(sha256(&made.path), before);
    let new = made.folder.path().join("new.h5");
    let failing = ["--mode", "w-", "--atomic", new.to_str().unwrap(), "-e", "f[\"no\"][0]"];
    assert!(refusal(&failing).contains("KeyError"));
    assert!(!new.exists());
}

#[test]
fn what_mode_w_replaced_may_be_no_hdf5_file() {
    let made = Made::new(1);
    std::fs::write(&made.path, "hello\n").unwrap();
    assert_eq!(refusal(&["--mode", "w", made.name(), "-e", "f[\"q\"] = 1"]), "");
    let after = sha256(&made.path);
    assert!(says("--undo", &made.path).starts_with("undone: f[\"q\"]"));
    assert!(says("--undo", &made.path).starts_with("undone: mode w"));
    assert_eq!(std::fs::read_to_string(&made.path).unwrap(), "hello\n");
    assert!(says("--redo", &made.path).starts_with("redone: mode w"));
    assert!(says("--redo", &made.path).starts_with("redone: f[\"q\"]"));
    assert_eq!(sha256(&made.path), after);
    says("--undo", &made.path);
    says("--undo", &made.path);
    assert!(says("--forget", &made.path).starts_with("forgotten: "));
    assert!(!made.beside().exists());
}

#[test]
fn a_signal_in_the_middle_leaves_the_file_as_it_was() {
    let made = Made::new(20_000_000);
    let before = sha256(&made.path);
    let change = ["-w", made.name(), "-e", "f[\"x\"][:] = 1"];
    let undo = ["--undo", made.name()];
    let journal = made.beside().join("journal");
    for (args, signals) in [(&change[..], ["HUP", "TERM", "QUIT"]), (&undo, ["INT", "TERM", "HUP"])]
    {
        if args.len() == 2 {
            assert_eq!(refusal(&change), "");
        }
        let state = sha256(&made.path);
        for signal in signals {
            let mut program = Command::new(support::PROGRAM)
                .args(["--clean", "--no-progress"])
                .args(args)
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            while std::fs::metadata(&journal).map_or(0, |m| m.len()) < 20_000_000 {
                assert!(program.try_wait().unwrap().is_none(), "it was over too soon");
            }
            let kill =
                Command::new("kill").args(["-s", signal, &program.id().to_string()]).status();
            assert!(kill.unwrap().success());
            assert!(program.wait().unwrap().code().is_some_and(|c| c > 128), "{signal}");
            assert_eq!(sha256(&made.path), state, "{signal} in {args:?}");
            assert!(!journal.exists() && !made.beside().join("lock").exists());
        }
    }
    says("--undo", &made.path);
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn changes_are_made_also_when_nobody_reads_what_is_printed() {
    let made = Made::new(10);
    let mut program = Command::new(support::PROGRAM)
        .args(["--clean", "-w", made.name(), "-e", "f[\"x\"][0] = 1"])
        .args(["-e", "list(range(1_000_000))", "-e", "f[\"x\"][1] = 1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(program.stdout.take());
    assert!(program.wait().unwrap().success());
    assert_eq!(made.holds("f['x'][:2].tolist()"), "[1.0, 1.0]");
}

#[test]
fn what_is_no_file_has_no_history() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for action in ["--history", "--recover", "--undo", "--forget"] {
        assert!(says(action, &pipe).contains("is a device or a pipe"), "{action}");
        assert!(says(action, folder.path()).contains("is a folder"), "{action}");
    }
}

#[test]
fn fields_of_fields_are_read_and_written_in_the_files_byte_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nested.h5");
    // gaps between the fields, and structures in arrays
    let code = "import h5py, sys, numpy as np
inner = np.dtype({'names': ['x', 'y'], 'formats': ['>f4', '>i2'], 'offsets': [0, 6], 'itemsize': 12})
kind = np.dtype([('at', inner), ('many', inner, (2,)), ('n', '>i8')])
a = np.zeros(3, kind)
a['at']['y'], a['many']['y'], a['n'] = [1, 2, 3], np.arange(6).reshape(3, 2) + 10, [5, 6, 7]
a['at']['x'] = [0.5, 1.5, 2.5]
with h5py.File(sys.argv[1], 'w') as f: f['a'] = a";
    run_python(code, &[&path]);
    let reads = "(f[\"a\"]['at'][:]['y'].tolist(), f[\"a\"]['many'][:]['y'].tolist(), \
                 f[\"a\"]['at'][:]['x'].tolist(), f[\"a\"]['n'].tolist())";
    let same = || {
        let out = ch5tui(&["--clean", path.to_str().unwrap(), "-e", reads]);
        let code = "import h5py, sys\nf = h5py.File(sys.argv[1])['a'][:]
print((f['at']['y'].tolist(), f['many']['y'].tolist(), f['at']['x'].tolist(), f['n'].tolist()))";
        assert_eq!(text(&out.stdout), run_python(code, &[&path]), "{}", text(&out.stderr));
    };
    same();
    for code in ["f[\"a\"][\"at\"][\"y\"][1] = -7", "f[\"a\"][2] = f[\"a\"][0]"] {
        assert_eq!(refusal(&["-w", path.to_str().unwrap(), "-e", code]), "", "{code}");
        same();
    }
    let at = "f['a']['at'][:].tolist(), f['a']['many']['y'].tolist(), f['a']['n'].tolist()";
    let wanted = "[(0.5, 1), (1.5, -7), (0.5, 1)] [[10, 11], [12, 13], [10, 11]] [5, 6, 5]";
    assert_eq!(support::made::holds(&path, at), wanted);
}
