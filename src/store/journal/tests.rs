//! Power cuts and errors at every call of a change.
//!
//! A change is run while each call that it makes is written down. Then, for every point between
//! two calls, folders are made as a power cut there could leave them: what was synced is there,
//! of the rest any sectors and any of the names. Each such file, read through its journal, put
//! back, or read by another program, must be what it was before or what it is after.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::{Arc, Mutex};

use super::disk::{Call, HOOK};
use super::place::Folder;
use super::source::Source;
use super::{MASK, history, recovery};
use crate::store::new_dataset::NewDataset;
use crate::store::{
    Data, Element, Extent, File, GZIP, H5Mode, NewAttribute, ObjectPath, Place, StoreError,
    together,
};

const FORMATS: [&str; 6] =
    ["superblock0", "superblock2", "superblock3", "userblock", "paged", "freespace"];

/// A file of a format, made by h5py.
fn original(format: &str) -> Vec<u8> {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new(root.join(".tools/bin/python"))
            .arg(root.join("tests/oracle/journal_files.py"))
            .arg(folder.path())
            .status();
        assert!(made.expect("h5py writes the files; see tests/README").success());
        folder
    });
    fs::read(folder.path().join(format!("{format}.h5"))).unwrap()
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// A few edits of any kind, as one change.
fn edit(file: &File, seed: u64) -> Result<(), StoreError> {
    let mut random = Random(seed);
    let path = |p: &str| ObjectPath::new(p);
    let if_there = |name: &str, c: &crate::store::Change| match c.exists(&path(name)) {
        true => c.unlink(&path(name)),
        false => Ok(()),
    };
    together("edits", || {
        for i in 0..2 + random.below(4) {
            let n = random.below(12);
            file.change(|c| match n {
                0 => {
                    let start = random.below(2000);
                    let count = 1 + random.below(900);
                    let bytes: Vec<u8> = (0..count * 8).map(|_| random.next() as u8).collect();
                    c.write(
                        &path("x"),
                        Place::Region(&[start], &[1], &[count]),
                        Data::Bytes(&bytes),
                    )
                }
                1 => {
                    let row = random.below(30);
                    let bytes: Vec<u8> = (0..7 * 100 * 8).map(|_| random.next() as u8).collect();
                    let place = Place::Region(&[row, 0], &[1, 1], &[7, 100]);
                    c.write(&path("chunked"), place, Data::Bytes(&bytes))
                }
                2 | 3 => {
                    let bytes = random.next().to_le_bytes().to_vec();
                    let (extent, texts) = (Extent::Scalar, Vec::new());
                    let new = NewAttribute { element: Element::Signed(8), extent, bytes, texts };
                    c.set_attribute(&path("list"), format!("a{i}").as_bytes(), &new)
                }
                4 => if_there("last", c),
                5 => if_there("deep", c),
                6 => c.create_group(&path(&format!("new{seed}_{i}/inner")), i.is_multiple_of(2)),
                7 => {
                    c.rename(&path("texts"), &path(&format!("moved{seed}_{i}"))).or_else(
                        |e| match e {
                            StoreError::NoSuchObject { .. } => Ok(()),
                            e => Err(e),
                        },
                    )
                }
                8 => {
                    let n = 1 + random.below(6000);
                    let (dims, max) = (vec![n], vec![Some(n)]);
                    let new = NewDataset {
                        extent: Extent::Simple { dims, max },
                        ..NewDataset::scalar(Element::Float(8))
                    };
                    let to = path(&format!("made{seed}_{i}"));
                    c.create_dataset(&to, &new)?;
                    c.write(&to, Place::All, Data::Bytes(&vec![i as u8 + 1; n as usize * 8]))
                }
                9 => {
                    let new = NewDataset {
                        extent: Extent::Simple { dims: vec![64], max: vec![None] },
                        chunk: Some(vec![16]),
                        filters: vec![(GZIP, vec![4])],
                        ..NewDataset::scalar(Element::Signed(4))
                    };
                    let to = path(&format!("zipped{seed}_{i}"));
                    c.create_dataset(&to, &new)?;
                    c.write(&to, Place::All, Data::Bytes(&[3; 256]))
                }
                10 => c.resize(&path("chunked"), &[random.below(80) + 1, 100]),
                _ => c.copy(file, &path("x"), &path(&format!("copy{seed}_{i}")), true),
            })
            .or_else(|e| match e {
                // a region that an earlier edit cut away
                StoreError::NotWritten { ref why, .. } if why.contains("outside") => Ok(()),
                e => Err(e),
            })?;
        }
        Ok(())
    })
}

/// A call, with what it wrote.
#[derive(Debug, Clone)]
enum Made {
    Write(PathBuf, u64, Vec<u8>),
    SetLen(PathBuf, u64),
    Sync(PathBuf),
    Create(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    SyncFolder,
}

impl From<&Call<'_>> for Made {
    fn from(call: &Call) -> Made {
        match *call {
            Call::Write(p, at, bytes) => Made::Write(p.into(), at, bytes.into()),
            Call::SetLen(p, n) => Made::SetLen(p.into(), n),
            Call::Sync(p) => Made::Sync(p.into()),
            Call::Create(p) => Made::Create(p.into()),
            Call::Rename(a, b) => Made::Rename(a.into(), b.into()),
            Call::Remove(p) => Made::Remove(p.into()),
            Call::SyncFolder => Made::SyncFolder,
        }
    }
}

/// Writes down what `f` calls.
fn recorded<T>(f: impl FnOnce() -> T) -> (T, Vec<Made>) {
    let made = Arc::new(Mutex::new(Vec::new()));
    let inside = made.clone();
    HOOK.set(Some(Box::new(move |call| {
        inside.lock().unwrap().push(Made::from(call));
        Ok(())
    })));
    let result = f();
    HOOK.set(None);
    let made = std::mem::take(&mut *made.lock().unwrap());
    (result, made)
}

/// A file as a disk has it: what is durable, and what may be.
#[derive(Default, Clone)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Made>,
}

impl Content {
    /// What a power cut leaves, by a function that says what of the pending is there.
    fn after_cut(&self, keeps: &mut dyn FnMut() -> bool) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for made in &self.pending {
            match made {
                Made::Write(_, at, new) => {
                    let mut from = 0;
                    while from < new.len() {
                        let place = *at as usize + from;
                        let n = (512 - place % 512).min(new.len() - from);
                        if keeps() {
                            bytes.resize(bytes.len().max(place + n), 0);
                            bytes[place..place + n].copy_from_slice(&new[from..from + n]);
                        }
                        from += n;
                    }
                }
                Made::SetLen(_, len) if keeps() => bytes.resize(*len as usize, 0),
                _ => {}
            }
        }
        bytes
    }
}

/// A folder as a disk has it.
#[derive(Default, Clone)]
struct Tree {
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    /// Changes of names that may not be durable, the oldest first.
    pending: Vec<Made>,
    /// The names as the program sees them.
    seen: BTreeMap<PathBuf, usize>,
}

impl Tree {
    fn of(folder: &Path) -> Tree {
        let mut tree = Tree::default();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let durable = fs::read(&path).unwrap();
                        tree.names.insert(path, tree.files.len());
                        tree.files.push(Content { durable, pending: Vec::new() });
                    }
                }
            }
        }
        tree.seen = tree.names.clone();
        tree
    }

    fn apply(&mut self, made: &Made) {
        match made {
            Made::Write(path, ..) | Made::SetLen(path, _) => {
                let file = self.seen[path];
                self.files[file].pending.push(made.clone());
            }
            Made::Sync(path) => {
                let file = &mut self.files[self.seen[path]];
                file.durable = file.after_cut(&mut || true);
                file.pending.clear();
            }
            Made::SyncFolder => {
                self.names = self.seen.clone();
                self.pending.clear();
            }
            names => {
                if let Made::Create(path) = names {
                    self.seen.insert(path.clone(), self.files.len());
                    self.files.push(Content::default());
                }
                Tree::rename(&mut self.seen, names);
                self.pending.push(names.clone());
            }
        }
    }

    fn rename(names: &mut BTreeMap<PathBuf, usize>, made: &Made) {
        match made {
            Made::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Made::Remove(path) => drop(names.remove(path)),
            _ => {}
        }
    }

    /// Makes the folder as a power cut leaves it: `all`, nothing, or some of what is pending.
    fn cut(&self, folder: &Path, keeps: &mut dyn FnMut() -> bool) {
        let _ = fs::remove_dir_all(folder);
        let mut names = self.names.clone();
        // a folder's changes reach the disk in their order, up to some point
        let mut made = self.files.len();
        for change in &self.pending {
            if !keeps() {
                break;
            }
            if let Made::Create(path) = change {
                made = self.seen.get(path).copied().unwrap_or(made);
                names.insert(path.clone(), self.seen.get(path).copied().unwrap_or(0));
            }
            Tree::rename(&mut names, change);
        }
        fs::create_dir_all(folder).unwrap();
        for (path, &file) in &names {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, self.files[file].after_cut(keeps)).unwrap();
        }
    }
}

/// What a file holds when it is read here; what it holds for other programs, if they take it for
/// an HDF5 file.
fn seen(path: &Path) -> (Vec<u8>, Option<Vec<u8>>) {
    let source = Source::open(path).unwrap();
    let mut bytes = vec![0; source.len().unwrap() as usize];
    source.read_exact_at(&mut bytes, 0).unwrap();
    let raw = fs::read(path).unwrap();
    let masked = [0, 512, 1024].iter().any(|&at| raw.get(at..at + 8) == Some(&MASK[..]));
    (bytes, (!masked).then_some(raw))
}

fn what(bytes: &[u8], before: &[u8], after: &[u8]) -> Option<&'static str> {
    match () {
        _ if bytes == before => Some("before"),
        _ if bytes == after => Some("after"),
        _ => None,
    }
}

/// Checks a folder that a power cut left, and what putting it back gives, itself cut off.
fn check_cut(path: &Path, before: &[u8], after: &[u8], deep: Option<&mut Random>, label: &str) {
    let (here, others) = seen(path);
    let is = |bytes: &[u8]| what(bytes, before, after);
    assert!(is(&here).is_some(), "{label}: read here, it is neither before nor after");
    if let Some(others) = others {
        assert!(is(&others).is_some(), "{label}: others see what is neither before nor after");
    }
    let folder = path.parent().unwrap().to_path_buf();
    let begun = Tree::of(&folder);
    let (recovered, calls) = recorded(|| recovery::recover(path, false));
    recovered.unwrap();
    let now = fs::read(path).unwrap();
    assert!(is(&now).is_some(), "{label}: put back, it is neither before nor after");
    assert_eq!(is(&now), is(&here), "{label}: put back, it is not what was read");
    assert!(!Folder::of(path).unwrap().journal().exists(), "{label}: the journal is still there");
    if let Some(random) = deep {
        let mut tree = begun;
        for (i, call) in calls.iter().enumerate() {
            tree.apply(call);
            let bits = random.next();
            let mut random = Random(bits);
            tree.cut(&folder, &mut || random.below(2) == 0);
            check_cut(path, before, after, None, &format!("{label}, recovery cut after call {i}"));
        }
    }
}

/// Runs an action on a copy of a file, and cuts the power after each of its calls.
fn cut_everywhere(bytes: &[u8], seed: u64, label: &str, action: &dyn Fn(&Path)) {
    let temporary = tempfile::tempdir().unwrap();
    // real paths, as the calls have them
    let folder = temporary.path().canonicalize().unwrap().join("work");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("file.h5");
    fs::write(&path, bytes).unwrap();
    let tree = Tree::of(&folder);
    let (_, calls) = recorded(|| action(&path));
    check_calls(&path, tree, &calls, seed, label);
}

/// Cuts the power after each of these calls, which changed the file.
fn check_calls(path: &Path, mut tree: Tree, calls: &[Made], seed: u64, label: &str) {
    let folder = path.parent().unwrap().to_path_buf();
    let before = tree.files[tree.seen[path]].durable.clone();
    let after = fs::read(path).unwrap();
    let mut random = Random(seed);
    assert!(calls.is_empty() || before != after, "{label}: changed nothing, with calls");
    for (i, call) in calls.iter().enumerate() {
        tree.apply(call);
        let label = format!("{label}, cut after call {i} of {} ({call:.60?})", calls.len());
        let deep = random.below(4) == 0;
        for kept in 0..4u64 {
            let mut choice = Random(random.next());
            let mut keeps = || match kept {
                0 => false,
                1 => true,
                2 => choice.below(2) == 0,
                _ => choice.below(8) != 0,
            };
            tree.cut(&folder, &mut keeps);
            let mut deeper = Random(random.next());
            let deep = (deep && kept == 2).then_some(&mut deeper);
            check_cut(path, &before, &after, deep, &label);
        }
    }
}

#[test]
fn a_power_cut_after_any_call_of_a_change_leaves_before_or_after() {
    for (f, format) in FORMATS.iter().enumerate() {
        let bytes = original(format);
        for n in 0..5 {
            let seed = (f * 100 + n) as u64;
            cut_everywhere(&bytes, seed, &format!("{format}, edits {seed}"), &|path| {
                let file = File::open(path, H5Mode::ReadWrite).unwrap();
                edit(&file, seed).unwrap();
            });
        }
    }
}

#[test]
fn a_power_cut_after_any_call_of_undo_and_redo_leaves_before_or_after() {
    for (f, format) in FORMATS.iter().enumerate() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().canonicalize().unwrap().join("work");
        fs::create_dir(&folder).unwrap();
        let path = folder.join("file.h5");
        fs::write(&path, original(format)).unwrap();
        let seed = 1000 + f as u64;
        edit(&File::open(&path, H5Mode::ReadWrite).unwrap(), seed).unwrap();
        for back in [true, false] {
            let label = format!("{format}, {}", if back { "undo" } else { "redo" });
            let kept = Kept::of(&folder);
            let tree = Tree::of(&folder);
            let file = File::open(&path, H5Mode::ReadWrite).unwrap();
            let step = || if back { file.undo() } else { file.redo() };
            let (done, calls) = recorded(step);
            done.unwrap();
            drop(file);
            let next = Kept::of(&folder);
            check_calls(&path, tree, &calls, seed, &label);
            drop(kept);
            next.restore(&folder);
        }
    }
}

#[test]
fn a_change_after_a_kill_goes_on_from_what_was_read() {
    for format in ["superblock0", "superblock3"] {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().canonicalize().unwrap().join("work");
        fs::create_dir(&folder).unwrap();
        let path = folder.join("file.h5");
        fs::write(&path, original(format)).unwrap();
        let mut tree = Tree::of(&folder);
        let change = |file: &File, name: &str| {
            file.change(|c| c.create_group(&ObjectPath::new(name), false))
        };
        let file = File::open(&path, H5Mode::ReadWrite).unwrap();
        let (done, calls) = recorded(|| change(&file, "first"));
        done.unwrap();
        drop(file);
        for (i, call) in calls.iter().enumerate() {
            tree.apply(call);
            tree.cut(&folder, &mut || true);
            // whatever is put right before it, this is the file that was read
            let file = File::open(&path, H5Mode::ReadWrite).unwrap();
            let was_there = file.link(&ObjectPath::new("first")).is_ok();
            let (done, _) = recorded(|| change(&file, "next"));
            done.unwrap_or_else(|e| panic!("{format}, after call {i} ({call:.60?}): {e}"));
            assert_eq!(file.link(&ObjectPath::new("first")).is_ok(), was_there, "call {i}");
        }
        crate::store::take_notices();
    }
}

/// A folder's files with their times, to be put back.
struct Kept(Vec<(PathBuf, Vec<u8>, std::time::SystemTime)>);

impl Kept {
    fn of(folder: &Path) -> Kept {
        let tree = Tree::of(folder);
        let read = |path: PathBuf| {
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            (path.clone(), fs::read(&path).unwrap(), time)
        };
        Kept(tree.names.into_keys().map(read).collect())
    }

    fn restore(&self, folder: &Path) {
        let _ = fs::remove_dir_all(folder);
        for (path, bytes, time) in &self.0 {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
            fs::File::options().write(true).open(path).unwrap().set_modified(*time).unwrap();
        }
    }
}

/// Makes the `n`th call fail, and all after it where `for_good`. Whether there were so many.
fn failing<T>(n: usize, kind: io::ErrorKind, for_good: bool, f: impl FnOnce() -> T) -> (T, bool) {
    let count = Arc::new(Mutex::new(0));
    let inside = count.clone();
    HOOK.set(Some(Box::new(move |_| {
        let mut count = inside.lock().unwrap();
        *count += 1;
        match *count == n + 1 || (for_good && *count > n) {
            true => Err(io::Error::from(kind)),
            false => Ok(()),
        }
    })));
    let result = f();
    HOOK.set(None);
    let reached = *count.lock().unwrap() > n;
    (result, reached)
}

#[test]
fn an_error_at_any_call_of_a_change_leaves_before_or_after() {
    let full = io::ErrorKind::StorageFull;
    let broken = io::ErrorKind::Other;
    for (f, format) in FORMATS.iter().enumerate() {
        let bytes = original(format);
        for (kind, for_good) in [(full, false), (broken, false), (full, true), (broken, true)] {
            let seed = 2000 + f as u64;
            for n in 0.. {
                let label = format!("{format}, {kind:?} at call {n}, for good: {for_good}");
                let temporary = tempfile::tempdir().unwrap();
                let path = temporary.path().canonicalize().unwrap().join("file.h5");
                fs::write(&path, &bytes).unwrap();
                let file = File::open(&path, H5Mode::ReadWrite).unwrap();
                let (result, reached) = failing(n, kind, for_good, || edit(&file, seed));
                drop(file);
                let folder = Folder::of(&path).unwrap();
                let stuck = matches!(result, Err(StoreError::NotRestored { .. }));
                if for_good {
                    // a disk on which nothing works leaves what can be put right once it does
                    let here = seen(&path).0;
                    recovery::recover(&path, false).unwrap();
                    assert_eq!(fs::read(&path).unwrap(), here, "{label}: recovered, not as read");
                }
                let now = fs::read(&path).unwrap();
                match &result {
                    // the last of the calls: nobody knows whether the commit reached the disk
                    Err(_) if stuck && now != bytes => {
                        assert!(for_good, "{label}: one error is no reason not to put it back");
                        assert!(!history::history(&path).unwrap().0.is_empty(), "{label}");
                        continue;
                    }
                    Ok(()) => assert_ne!(now, bytes, "{label}: done, and yet unchanged"),
                    Err(e) => assert_eq!(now, bytes, "{label}: {e}, and yet changed"),
                }
                assert!(!folder.journal().exists(), "{label}: a journal is left");
                if result.is_err() {
                    assert!(!folder.path.exists(), "{label}: a folder is left");
                }
                crate::store::take_notices();
                if !reached {
                    assert!(result.is_ok(), "{label}: nothing failed, and yet {result:?}");
                    break;
                }
            }
        }
    }
}

#[test]
fn an_error_at_any_call_of_an_undo_leaves_before_or_after() {
    for format in ["superblock0", "superblock3", "paged"] {
        for for_good in [false, true] {
            for n in 0.. {
                let label = format!("{format}, undo, call {n}, for good: {for_good}");
                let temporary = tempfile::tempdir().unwrap();
                let path = temporary.path().canonicalize().unwrap().join("file.h5");
                let before = original(format);
                fs::write(&path, &before).unwrap();
                let file = File::open(&path, H5Mode::ReadWrite).unwrap();
                edit(&file, 3000).unwrap();
                let after = fs::read(&path).unwrap();
                let kind = io::ErrorKind::Other;
                let (result, reached) = failing(n, kind, for_good, || file.undo());
                drop(file);
                let stuck = matches!(result, Err(StoreError::NotRestored { .. }));
                assert!(for_good || !stuck, "{label}: one error is no reason not to put it back");
                if for_good {
                    recovery::recover(&path, false).unwrap();
                }
                let now = fs::read(&path).unwrap();
                match result.is_ok() {
                    false if stuck && now == before => {}
                    true => assert_eq!(now, before, "{label}: undone, and yet not"),
                    false => assert_eq!(now, after, "{label}: {result:?}"),
                }
                crate::store::take_notices();
                if !reached {
                    assert!(result.is_ok(), "{label}: {result:?}");
                    break;
                }
            }
        }
    }
}

#[test]
fn an_error_at_any_call_of_a_recovery_leaves_what_can_be_recovered() {
    let bytes = original("superblock3");
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().canonicalize().unwrap().join("work");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("file.h5");
    fs::write(&path, &bytes).unwrap();
    let mut tree = Tree::of(&folder);
    let file = File::open(&path, H5Mode::ReadWrite).unwrap();
    let (done, calls) = recorded(|| edit(&file, 4000));
    done.unwrap();
    drop(file);
    let signed = |c: &Made| matches!(c, Made::Write(_, 0, b) if b[..] == super::SIGNATURE[..]);
    let commit = calls.iter().rposition(signed).unwrap();
    calls[..commit].iter().for_each(|c| tree.apply(c));
    for n in 0.. {
        tree.cut(&folder, &mut || true);
        let (_, reached) =
            failing(n, io::ErrorKind::Other, true, || recovery::recover(&path, false));
        assert_eq!(seen(&path).0, bytes, "call {n}");
        recovery::recover(&path, false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes, "call {n}, recovered");
        if !reached {
            break;
        }
    }
}

#[test]
fn any_sequence_of_changes_is_undone_to_the_byte_and_redone() {
    for (f, format) in FORMATS.iter().enumerate() {
        for n in 0..3 {
            let temporary = tempfile::tempdir().unwrap();
            let path = temporary.path().canonicalize().unwrap().join("file.h5");
            fs::write(&path, original(format)).unwrap();
            let file = File::open(&path, H5Mode::ReadWrite).unwrap();
            // every state that a change led to, the first one first
            let mut states = vec![fs::read(&path).unwrap()];
            for i in 0..12 {
                edit(&file, 5000 + (f * 1000 + n * 100 + i) as u64).unwrap();
                let now = fs::read(&path).unwrap();
                if states.last() != Some(&now) {
                    states.push(now);
                }
            }
            let is_at = |at: usize, what: &str| {
                let label = format!("{format} {n}: {what} to state {at} of {}", states.len());
                assert!(fs::read(&path).unwrap() == states[at], "{label}: other bytes");
                let (records, changed) = history::history(&path).unwrap();
                assert!(!changed, "{label}: taken for another's");
                let undone = records.iter().filter(|r| r.undone).count();
                assert_eq!((records.len(), undone), (states.len() - 1, states.len() - 1 - at));
            };
            let last = states.len() - 1;
            for at in (0..last).rev() {
                file.undo().unwrap();
                is_at(at, "undone");
            }
            assert!(file.undo().is_err(), "there is nothing before the first change");
            for at in 1..=last {
                file.redo().unwrap();
                is_at(at, "redone");
            }
            assert!(file.redo().is_err(), "there is nothing after the last change");
            // back and forth, as the numbers fall
            let (mut random, mut at) = (Random(n as u64), last);
            for _ in 0..30 {
                match random.below(2) == 0 {
                    true if at > 0 => {
                        file.undo().unwrap();
                        at -= 1;
                    }
                    false if at < last => {
                        file.redo().unwrap();
                        at += 1;
                    }
                    _ => continue,
                }
                is_at(at, "gone");
            }
            // a new change takes the place of those that were undone
            while at > last / 2 {
                file.undo().unwrap();
                at -= 1;
            }
            edit(&file, 99_000).unwrap();
            assert!(file.redo().is_err(), "what was undone lies on another way");
            file.undo().unwrap();
            assert!(fs::read(&path).unwrap() == states[at], "{format} {n}: undone after that");
            file.forget().unwrap();
            drop(file);
            assert!(!Folder::of(&path).unwrap().path.exists(), "forgotten, and yet there");
        }
    }
}
