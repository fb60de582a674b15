//! What other programs, people and disks do to a file, its journal, its records and its folder
//! between our changes and in the middle of them.

mod support;

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use ch5tui::store::{File, H5Mode, ObjectPath};
use support::made::{Made, holds, preloaded, refusal, says};
use support::{PROGRAM, ch5tui, run_python, sha256, text};

/// Begins to write over all of `x` and is killed when the journal has so many bytes.
fn cut_off(made: &Made, bytes: u64) {
    let mut writer = Command::new(PROGRAM)
        .args(["--clean", "--no-progress", "-w", made.name(), "-e", "f[\"x\"][:] = 1"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while fs::metadata(made.beside().join("journal")).map_or(0, |m| m.len()) < bytes {
        assert!(writer.try_wait().unwrap().is_none(), "it was written before anyone looked");
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
}

fn open(made: &Made, mode: H5Mode) -> File {
    File::open(&made.path, mode).unwrap()
}

#[test]
fn forgetting_cuts_nothing_that_another_program_has_added() {
    let made = Made::new(1000);
    let file = open(&made, H5Mode::ReadWrite);
    assert_eq!(made.change("f[\"y\"] = np.arange(50_000)"), "");
    let before = sha256(&made.path);
    let said = file.forget().unwrap_err().to_string();
    assert!(said.contains("another program has changed it since it was read"), "{said}");
    assert_eq!(sha256(&made.path), before);
    assert_eq!(says("--history", &made.path).lines().count(), 1);
    assert_eq!(made.holds("int(f['y'][:].sum())"), "1249975000");
}

#[test]
fn a_change_after_a_crash_goes_on_only_from_what_was_read() {
    let made = Made::new(20_000_000);
    let file = open(&made, H5Mode::ReadWrite);
    assert_eq!(made.change("f[\"x\"][5] = 7"), "");
    cut_off(&made, 50_000_000);
    // what is put back is another state than the one that was read here
    let group = |name: &str| file.change(|c| c.create_group(&ObjectPath::new(name), false));
    let said = group("new").unwrap_err().to_string();
    assert!(said.contains("another program has changed it since it was read"), "{said}");
    assert_eq!(made.holds("f['x'][5], 'new' in f"), "7.0 False");
    // what was read through the journal is what is put back
    cut_off(&made, 50_000_000);
    let file = file.reopen().unwrap();
    file.change(|c| c.create_group(&ObjectPath::new("new"), false)).unwrap();
    assert_eq!(made.holds("f['x'][5], 'new' in f"), "7.0 True");
}

#[test]
fn a_change_that_was_taken_back_meanwhile_is_noticed_by_readers() {
    let made = Made::new(20_000_000);
    let file = open(&made, H5Mode::Read);
    let before = sha256(&made.path);
    assert!(made.change("f[\"x\"][:] = 1; del f[\"no such\"]").contains("KeyError"));
    assert_eq!(sha256(&made.path), before);
    // what was read in between may have been of it
    assert!(file.must_be_as_read().is_err() && file.changed().unwrap());
}

#[test]
fn a_journal_that_is_damaged_puts_nothing_back_by_halves() {
    let made = Made::new(20_000_000);
    let before = sha256(&made.path);
    cut_off(&made, 60_000_000);
    let journal = made.beside().join("journal");
    let cut = fs::read(&made.path).unwrap();
    let mut byte = [0];
    let disk = fs::File::options().read(true).write(true).open(&journal).unwrap();
    disk.read_exact_at(&mut byte, 2_000_000).unwrap();
    disk.write_all_at(&[byte[0] ^ 1], 2_000_000).unwrap();
    for args in [&["-e", "f[\"x\"][0]"][..], &["-w", "-e", "f[\"x\"][0] = 1"], &["--recover"]] {
        let said = refusal(&[args, &[made.name()]].concat());
        assert!(said.contains("the journal that puts it back is damaged"), "{said}");
        assert!(fs::read(&made.path).unwrap() == cut && journal.exists());
    }
    disk.write_all_at(&byte, 2_000_000).unwrap();
    assert_eq!(refusal(&["--recover", made.name()]), "");
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn a_record_that_is_damaged_undoes_nothing() {
    let made = Made::new(200_000);
    assert_eq!(made.change("f[\"x\"][:] = 1"), "");
    let after = sha256(&made.path);
    let record = made.beside().join("000001.change");
    let whole = fs::read(&record).unwrap();
    for at in [5_000, 700_000, whole.len() - 100] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&record, &bytes).unwrap();
        let said = says("--undo", &made.path);
        assert!(said.contains("damaged") || said.contains("nothing to undo"), "{said}");
        assert_eq!(sha256(&made.path), after, "{at}");
    }
}

#[test]
fn a_lock_file_that_is_a_link_is_not_followed() {
    let made = Made::new(10);
    let victim = made.folder.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    fs::set_permissions(&victim, PermissionsExt::from_mode(0o600)).unwrap();
    fs::create_dir(made.beside()).unwrap();
    let lock = made.beside().join("lock");
    let change = || made.change("f[\"x\"][0] = 1");
    symlink("../victim", &lock).unwrap();
    assert!(change().contains("can't be changed: ") || change().contains("lock"), "{}", change());
    fs::remove_file(&lock).unwrap();
    fs::hard_link(&victim, &lock).unwrap();
    assert!(change().contains("is not the file that it must be"), "{}", change());
    fs::remove_dir_all(made.beside()).unwrap();
    fs::create_dir(made.folder.path().join("elsewhere")).unwrap();
    symlink("elsewhere", made.beside()).unwrap();
    assert!(change().contains("ot a directory"), "{}", change());
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(fs::metadata(&victim).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(made.holds("f['x'][0]"), "0.0");
}

#[test]
fn a_value_is_not_put_in_the_place_of_the_open_file() {
    let made = Made::new(10);
    let before = sha256(&made.path);
    let link = made.folder.path().join("link.h5");
    symlink(&made.path, &link).unwrap();
    for output in [made.name(), link.to_str().unwrap()] {
        for mode in [&[][..], &["-w"]] {
            let args = [mode, &[made.name(), "-e", "f[\"x\"]", "-o", output]].concat();
            assert!(refusal(&args).contains("is open here"));
        }
    }
    assert_eq!(sha256(&made.path), before);
}

#[test]
fn what_mode_w_replaced_is_not_brought_back_if_others_changed_it() {
    let made = Made::new(1000);
    assert_eq!(made.change("f[\"x\"][0] = 1"), "");
    // a name more would keep the old file, and whoever writes to it would change what is kept
    let other = made.folder.path().join("other.h5");
    fs::hard_link(&made.path, &other).unwrap();
    let new = ["--mode", "w", made.name(), "-e", "f[\"y\"] = 1"];
    assert!(refusal(&new).contains("has 1 other name (hard links)"));
    fs::remove_file(&other).unwrap();
    assert_eq!(refusal(&new), "");
    says("--undo", &made.path);
    fs::hard_link(made.beside().join("000002.file"), &other).unwrap();
    run_python(
        "import h5py, sys\nwith h5py.File(sys.argv[1], 'r+') as f: f['added'] = 1",
        &[&other],
    );
    let before = sha256(&made.path);
    let said = says("--undo", &made.path);
    assert!(said.contains("something else has changed the file that it replaced"), "{said}");
    assert_eq!(sha256(&made.path), before);
    assert_eq!(holds(&other, "f['added'][()]"), "1");
}

#[test]
fn a_change_that_changed_no_byte_is_undone_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("same.h5");
    // 128 KiB where h5py puts them: a part of its pages only
    let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'w') as f: f['x'] = np.arange(16384.0)";
    run_python(code, &[&path]);
    let name = path.to_str().unwrap();
    let before = sha256(&path);
    for code in ["f[\"x\"][0] = 5", "f[\"x\"][:] = f[\"x\"][:]", "f[\"x\"][:] = 3"] {
        assert_eq!(refusal(&["-w", name, "-e", code]), "", "{code}");
    }
    let changes = says("--history", &path).lines().count();
    for _ in 0..changes {
        assert!(says("--undo", &path).starts_with("undone: "));
    }
    assert_eq!(sha256(&path), before);
    for _ in 0..changes {
        assert!(says("--redo", &path).starts_with("redone: "));
    }
    assert_eq!(holds(&path, "f['x'][0]"), "3.0");
}

#[test]
fn undoing_takes_no_undo_record_away() {
    let made = Made::new(10);
    let limit = ["--undo-bytes", "10M"];
    let said = |args: &[&str]| text(&ch5tui(&[&["--clean"], &limit[..], args].concat()).stdout);
    let before = sha256(&made.path);
    for i in 0..10 {
        let code = format!("f[\"y{i}\"] = np.arange(200_000.)");
        assert_eq!(refusal(&[&limit[..], &["-w", made.name(), "-e", &code]].concat()), "");
    }
    for i in (0..10).rev() {
        let undone = said(&["--undo", made.name()]);
        assert!(undone.starts_with(&format!("undone: f[\"y{i}\"]")), "{i}: {undone}");
    }
    assert_eq!(sha256(&made.path), before);
    // of those that redo the farthest went
    for i in 0..6 {
        let redone = said(&["--redo", made.name()]);
        assert!(redone.starts_with(&format!("redone: f[\"y{i}\"]")), "{i}: {redone}");
    }
    assert_eq!(made.holds("f['y5'][-1], 'y6' in f"), "199999.0 False");
}

#[test]
fn a_large_dataset_that_was_added_is_undone_without_a_way_forth() {
    let made = Made::new(10);
    let limit = ["--undo-bytes", "1M"];
    let states = [sha256(&made.path), {
        assert_eq!(made.change("f[\"x\"][1] = 1"), "");
        sha256(&made.path)
    }];
    let code = "f[\"y\"] = np.arange(500_000.)";
    assert_eq!(refusal(&[&limit[..], &["-w", made.name(), "-e", code]].concat()), "");
    let step = |action: &str| {
        let out = ch5tui(&[&["--clean"], &limit[..], &[action, made.name()]].concat());
        text(&out.stdout) + &text(&out.stderr)
    };
    let said = step("--undo");
    assert!(said.starts_with("undone: f[\"y\"]") && said.contains("can't be redone"), "{said}");
    assert_eq!(sha256(&made.path), states[1]);
    assert!(step("--redo").contains("nothing to redo"));
    assert!(step("--undo").starts_with("undone: f[\"x\"][1] = 1"));
    assert_eq!(sha256(&made.path), states[0]);
    assert!(step("--redo").starts_with("redone: f[\"x\"][1] = 1"));
    assert_eq!(sha256(&made.path), states[1]);
}

#[test]
fn a_hole_of_a_terabyte_costs_an_undo_nothing() {
    let made = Made::new(10);
    let before = sha256(&made.path);
    let add = "y = f.create_dataset(\"y\", (2**37,), \"f8\"); y[-1] = 5";
    assert_eq!(made.change(add), "");
    let code = "import resource, subprocess, sys
for action in '--undo', '--redo', '--undo':
    subprocess.run([sys.argv[2], '--clean', action, sys.argv[1]], check=True,
                   stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)";
    let memory = run_python(code, &[&made.path, Path::new(PROGRAM)]);
    assert!(memory.trim().parse::<u64>().unwrap() < 100, "{memory} MB");
    assert_eq!(sha256(&made.path), before);
    says("--redo", &made.path);
    assert_eq!(made.holds("f['y'][-1], f['y'][0], f['y'].shape"), "5.0 0.0 (137438953472,)");
}

#[test]
fn what_is_kept_of_a_replaced_file_goes_with_its_record() {
    let made = Made::new(100_000);
    assert_eq!(refusal(&["--mode", "w", made.name(), "-e", "f[\"y\"] = 1"]), "");
    says("--undo", &made.path);
    says("--undo", &made.path);
    assert!(made.beside().join("000001.file").exists());
    // another change takes its number
    assert_eq!(made.change("f[\"x\"][0] = 1"), "");
    let left = fs::read_dir(made.beside()).unwrap();
    let left: Vec<_> = left.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(left, ["000001.change"]);
}

#[test]
fn forgetting_leaves_a_file_as_long_as_hdf5_has_it() {
    for user_block in [0, 512, 4096] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("block.h5");
        let code = format!(
            "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'w', userblock_size={user_block}) as f: f['x'] = np.arange(1000.)"
        );
        run_python(&code, &[&path]);
        let (name, size) = (path.to_str().unwrap(), fs::metadata(&path).unwrap().len());
        for code in ["f[\"y\"] = np.arange(9000.)", "del f[\"y\"]"] {
            assert_eq!(refusal(&["-w", name, "-e", code]), "");
        }
        assert!(fs::metadata(&path).unwrap().len() > size + 70_000);
        says("--forget", &path);
        assert!(fs::metadata(&path).unwrap().len() <= size + 8192, "user block {user_block}");
        assert_eq!(holds(&path, "f['x'][:].sum()"), "499500.0");
        // h5py writes on
        let code = "import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+') as f: f['z'] = np.arange(5000.)
with h5py.File(sys.argv[1]) as f: print(f['z'][:].sum(), f['x'][:].sum())";
        assert_eq!(run_python(code, &[&path]).trim(), "12497500.0 499500.0");
    }
}

#[test]
fn a_scalar_in_another_file_is_not_written_past_the_journal() {
    let made = Made::new(10);
    let code = "import h5py, sys, os, numpy as np
os.chdir(os.path.dirname(sys.argv[1]))
with h5py.File('made.h5', 'r+') as f:
    list = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    list.set_external(b'raw.bin', 0, 8)
    space, kind = h5py.h5s.create(h5py.h5s.SCALAR), h5py.h5t.NATIVE_DOUBLE
    h5py.h5d.create(f.id, b's', kind, space, list).write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(1.5))";
    run_python(code, &[&made.path]);
    let raw = made.folder.path().join("raw.bin");
    let before = (sha256(&made.path), fs::read(&raw).unwrap());
    for code in ["f[\"s\"] = 2.5", "f[\"s\"][()] = 2.5"] {
        let said = made.change(code);
        assert!(said.contains("cannot be written: its layout is external"), "{code}: {said}");
    }
    assert_eq!((sha256(&made.path), fs::read(&raw).unwrap()), before);
}

#[test]
fn a_change_of_anothers_file_that_fails_keeps_its_history() {
    let made = Made::new(3_000_000);
    // only its owner may set when a file was modified
    let owned = preloaded(
        made.folder.path(),
        "#include <errno.h>
#include <sys/stat.h>
int futimens(int d, const struct timespec t[2]) { errno = EPERM; return -1; }",
    );
    let run = |args: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.env("LD_PRELOAD", &owned).args(["--clean", "--no-progress"]).args(args);
        let out = command.arg(made.name()).output().unwrap();
        text(&out.stdout) + &text(&out.stderr)
    };
    let before = sha256(&made.path);
    assert_eq!(run(&["-w", "-e", "f[\"x\"][0] = 1"]), "");
    let after = sha256(&made.path);
    assert!(run(&["-w", "-e", "f[\"x\"][:] = 2; del f[\"no such\"]"]).contains("KeyError"));
    assert_eq!(sha256(&made.path), after);
    assert!(run(&["--undo"]).starts_with("undone: "));
    assert_eq!(sha256(&made.path), before);
    assert!(run(&["--redo"]).starts_with("redone: "));
    assert_eq!(sha256(&made.path), after);
}
