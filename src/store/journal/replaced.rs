//! A file that takes the place of another, as mode `w` has it: what it replaces is kept whole,
//! and an undo puts it back.
//!
//! The order: the record of the change, as `exchange.record`; a second name for the file that is
//! there, `exchange.old`; the new file is renamed to the file's name: this is the change; then
//! the old file and the record get the names that they keep. Whoever finds an exchange that was
//! cut off sees by the file's inode whether the change was made, and ends it or takes it back.
//!
//! A copy that is the same but for its size (`repack`) takes the file's place without a record.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::disk::{self, Disk};
use super::format::{Head, Kind, Tail, ends};
use super::history;
use super::place::Folder;
use super::recovery::{Whole, whole};
use super::stamp::{now, random};
use super::words::{folder_words, too_much, words_of};
use crate::store::error::{Result, StoreError, shown};
use crate::store::file::Stamp;
use crate::store::new_file::beside;

/// Replaces a file by a new one, which `make` makes at the path that it is given. What was there
/// becomes an undo record, unless none are kept.
///
/// # Errors
/// Another program changes it or has it open; the record would be too large; those of `make`.
pub(in crate::store) fn replace(
    path: &Path,
    what: &str,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let refused = |why: String| StoreError::Unwritable { path: shown(path), why };
    let io = |e: io::Error| refused(words_of(&e));
    let Whole { folder, writer: _writer, disk, .. } = whole(path)?;
    let meta = disk.file.metadata().map_err(io)?;
    has_one_name(&meta).map_err(refused)?;
    let settings = super::undo_settings();
    let new = place_for_new(&folder);
    let make = |new: &Path| {
        make(new)?;
        same_rights(new, &folder.file, &meta, false).map_err(refused)
    };
    if !settings.record {
        return replace_for_good(&folder, &new, |new| make(new).map(|()| true));
    }
    if meta.len() > settings.bytes {
        return Err(refused(too_much(Some(meta.len()), settings.bytes)));
    }
    let known = history::read(&folder);
    let state = known.state.filter(|_| known.is_of(&disk.file).unwrap_or(false));
    let head = Head {
        salt: random(),
        kind: Kind::Undo,
        number: known.next_number(),
        serial: known.serial + 1,
        from: random(),
        to: state.unwrap_or_else(random),
        signature: 0,
        size: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        device: meta.dev(),
        inode: meta.ino(),
        time: now(),
        what: what.into(),
        whole: true,
    };
    folder.make().map_err(|e| refused(folder_words(&folder, &e)))?;
    let done = make(&new).and_then(|()| {
        exchange(&folder, &head, &new).map_err(|e| refused(folder_words(&folder, &e)))
    });
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done?;
    history::drop_old(&folder, &settings).map_err(io)
}

/// Puts a copy in the place of a file, which nothing undoes: the records of its changes go.
/// `make` makes it at the path that it is given; where it says false, the file stays.
///
/// # Errors
/// The file has other names; another program changes it or has it open; its rights can't be
/// given to the copy; those of `make`.
pub(in crate::store) fn replace_by_copy(
    path: &Path,
    make: impl FnOnce(&Path) -> Result<bool>,
) -> Result<()> {
    let refused = |why: String| StoreError::Unwritable { path: shown(path), why };
    let io = |e: io::Error| refused(words_of(&e));
    let Whole { folder, writer: _writer, disk, .. } = whole(path)?;
    let meta = disk.file.metadata().map_err(io)?;
    has_one_name(&meta).map_err(|why| refused(why + "; a copy can be made of it"))?;
    replace_for_good(&folder, &place_for_new(&folder), |new| {
        if !make(new)? {
            return Ok(false);
        }
        same_rights(new, &folder.file, &meta, true).map_err(refused)?;
        let now = fs::metadata(&folder.file).map_err(io)?;
        match Stamp::from(&now).has_same_content(&(&meta).into()) {
            true => Ok(true),
            false => Err(StoreError::ChangedOutside { path: shown(path) }),
        }
    })
}

/// Refuses a file that other names would keep as it was.
fn has_one_name(meta: &Metadata) -> std::result::Result<(), String> {
    match meta.nlink().saturating_sub(1) {
        0 => Ok(()),
        n => Err(format!(
            "has {n} other name{} (hard links), which would keep the old file",
            if n == 1 { "" } else { "s" }
        )),
    }
}

/// Whether the file that a record leads to is what it was when it was put aside.
pub(super) fn is_as_kept(head: &Head, kept: &Path) -> bool {
    fs::metadata(kept)
        .is_ok_and(|m| (m.len(), (m.mtime(), m.mtime_nsec())) == (head.size, head.modified))
}

/// Where a file is made that is to take the place of the folder's: whoever changes that next
/// takes away what a crash leaves in the folder.
fn place_for_new(folder: &Folder) -> PathBuf {
    match super::undo_settings().journal_dir {
        None => folder.in_exchange("new"),
        // a rename can't reach another file system
        Some(_) => beside(&folder.file),
    }
}

/// Puts a new file, which `make` makes at `new`, in the place of the folder's, and drops the
/// records of that. Where `make` says false or fails, the file stays.
fn replace_for_good(
    folder: &Folder,
    new: &Path,
    make: impl FnOnce(&Path) -> Result<bool>,
) -> Result<()> {
    let io = |e: io::Error| StoreError::Unwritable { path: shown(&folder.file), why: words_of(&e) };
    let done = make(new).and_then(|replaces| {
        if replaces {
            durable(new).and_then(|()| disk::rename(new, &folder.file)).map_err(io)?;
        }
        Ok(replaces)
    });
    match done {
        Ok(true) => sync_name(folder).and_then(|()| history::drop_all(folder)).map_err(io),
        other => {
            let _ = fs::remove_file(new);
            other.map(drop)
        }
    }
}

/// Gives a new file the rights of another: its permissions, its group, its access lists and other
/// extended attributes; and, where it `replaces` it, its owner.
pub(in crate::store) fn same_rights(
    new: &Path,
    like: &Path,
    meta: &Metadata,
    replaces: bool,
) -> std::result::Result<(), String> {
    let now = fs::metadata(new).map_err(|e| words_of(&e))?;
    if replaces && now.uid() != meta.uid() {
        chown(new, Some(meta.uid()), None)
            .map_err(|_| "belongs to another user, and would be yours; a copy can be made of it")?;
    }
    let mut mode = meta.mode() & 0o7777;
    if now.gid() != meta.gid() && chown(new, None, Some(meta.gid())).is_err() {
        if replaces {
            let why = "belongs to a group that you can't give a file to; a copy can be made of it";
            return Err(why.into());
        }
        // what the file's group may do is not for another group
        mode &= !0o2070;
    }
    let words = |e: io::Error| words_of(&e);
    fs::set_permissions(new, Permissions::from_mode(mode)).map_err(words)?;
    let Ok(names) = xattr::list(like) else { return Ok(()) };
    for name in names {
        let shown = shown(Path::new(&name));
        // what guards the system is not ours to give
        if shown.starts_with("security.") || shown.starts_with("trusted.") {
            continue;
        }
        let value = xattr::get(like, &name).map_err(words)?;
        if let Some(value) = value {
            xattr::set(new, &name, &value)
                .map_err(|e| format!("its attribute {shown} can't be kept: {}", words_of(&e)))?;
        }
    }
    Ok(())
}

/// Makes the name of the folder's file durable.
fn sync_name(folder: &Folder) -> io::Result<()> {
    disk::sync_folder(folder.file.parent().unwrap_or(Path::new("/")))
}

fn durable(path: &Path) -> io::Result<()> {
    Disk::open(path)?.sync_all()
}

/// Puts the file `new` in the place of the folder's file, which is kept as what the record leads
/// to. The writer's lock is held.
pub(super) fn exchange(folder: &Folder, head: &Head, new: &Path) -> io::Result<()> {
    let head = Head { whole: true, ..head.clone() };
    let meta = fs::metadata(&folder.file)?;
    durable(new)?;
    let (record, old) = (folder.in_exchange("record"), folder.in_exchange("old"));
    let done = (|| {
        write_record(&record, &head, &tail_of(&fs::metadata(new)?), &meta)?;
        disk::remove(&old)?;
        fs::hard_link(&folder.file, &old)?;
        disk::sync_folder(&folder.path)?;
        disk::rename(new, &folder.file)
    })();
    if let Err(e) = done {
        let _ = disk::remove(&old).and_then(|()| disk::remove(&record));
        return Err(e);
    }
    // the file is the new one; what fails now, the next change, undo or redo does before all else
    let _ = finish(folder, &head);
    Ok(())
}

/// The file is the new one: the rest follows.
fn finish(folder: &Folder, head: &Head) -> io::Result<()> {
    sync_name(folder)?;
    let old = folder.in_exchange("old");
    if old.exists() {
        disk::rename(&old, &folder.kept_file(head.number))?;
    }
    disk::rename(&folder.in_exchange("record"), &folder.record(head.number))?;
    disk::sync_folder(&folder.path)
}

/// Ends an exchange that was cut off, or takes it back. The writer's lock is held.
pub(super) fn settle(folder: &Folder) -> io::Result<()> {
    let record = folder.in_exchange("record");
    let found = match File::open(&record) {
        Ok(file) => ends(&file),
        // it ended before there was a record, or there was none at all
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(e) => return Err(e),
    };
    let meta = fs::metadata(&folder.file)?;
    match found {
        Some((head, tail, _)) if (tail.device, tail.inode) == (meta.dev(), meta.ino()) => {
            finish(folder, &head)
        }
        _ => {
            disk::remove(&folder.in_exchange("old"))?;
            disk::remove(&folder.in_exchange("new"))?;
            disk::remove(&record)
        }
    }
}

fn tail_of(meta: &Metadata) -> Tail {
    Tail {
        size: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        device: meta.dev(),
        inode: meta.ino(),
        pages: Vec::new(),
        checksum: 0,
    }
}

fn write_record(path: &Path, head: &Head, tail: &Tail, like: &Metadata) -> io::Result<()> {
    disk::remove(path)?;
    let mut bytes = head.encode()?;
    head.add_tail(tail, &mut bytes)?;
    let record = Disk::create(path, like)?;
    record.write_at(&bytes, 0)?;
    record.sync()
}

#[cfg(test)]
mod tests {
    use super::super::disk::{Call, HOOK};
    use super::*;
    use crate::store::{File as H5File, H5Mode, ObjectPath};

    /// A folder with a file that is to be replaced.
    fn made() -> (tempfile::TempDir, std::path::PathBuf, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.h5");
        let file = H5File::open(&path, H5Mode::Write).unwrap();
        file.change(|c| c.create_group(&ObjectPath::new("a/b"), true)).unwrap();
        drop(file);
        let bytes = fs::read(&path).unwrap();
        (folder, path, bytes)
    }

    /// Runs `f` with the call number `n` doing something else; whether it came to it.
    fn at_call<T>(
        n: usize,
        mut instead: impl FnMut() -> io::Result<()> + Send + 'static,
        f: impl FnOnce() -> T,
    ) -> (T, bool) {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let calls = std::sync::Arc::new(AtomicUsize::new(0));
        let seen = calls.clone();
        HOOK.set(Some(Box::new(move |_: &Call| match seen.fetch_add(1, Ordering::Relaxed) == n {
            true => instead(),
            false => Ok(()),
        })));
        let result = f();
        HOOK.set(None);
        (result, calls.load(Ordering::Relaxed) > n)
    }

    fn names(folder: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(folder.join(".made.h5.ch5tui")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_new_file_replaces_is_undone_and_redone() {
        let (folder, path, old) = made();
        let open = |mode| H5File::open(&path, mode).unwrap();
        drop(open(H5Mode::WriteTruncate));
        let new = fs::read(&path).unwrap();
        assert_ne!(new, old);
        assert!(open(H5Mode::Read).link(&ObjectPath::new("a")).is_err());
        // the change before it, too
        for _ in 0..2 {
            open(H5Mode::ReadWrite).undo().unwrap();
            assert_eq!(fs::read(&path).unwrap(), old);
            open(H5Mode::ReadWrite).redo().unwrap();
            assert_eq!(fs::read(&path).unwrap(), new);
        }
        open(H5Mode::ReadWrite).undo().unwrap();
        open(H5Mode::ReadWrite).undo().unwrap();
        assert!(open(H5Mode::Read).link(&ObjectPath::new("a")).is_err());
        for _ in 0..2 {
            open(H5Mode::ReadWrite).redo().unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), new);
        open(H5Mode::ReadWrite).forget().unwrap();
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn an_error_or_an_end_at_any_call_of_replacing_leaves_before_or_after() {
        for killed in [false, true] {
            for n in 0.. {
                let (folder, path, old) = made();
                let instead = move || match killed {
                    true => std::panic::resume_unwind(Box::new("killed")),
                    false => Err(io::Error::from(ErrorKind::StorageFull)),
                };
                let replace = || {
                    let open = || H5File::open(&path, H5Mode::WriteTruncate).map(drop);
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(open))
                };
                let (done, reached) = at_call(n, instead, replace);
                if !reached {
                    assert!(n > 5 && done.unwrap().is_ok());
                    break;
                }
                let label = format!("killed {killed}, call {n}: {:?}", names(folder.path()));
                if let Ok(Err(_)) = &done {
                    assert!(
                        !names(folder.path()).iter().any(|n| n.contains("exchange")),
                        "{label}"
                    );
                }
                // whatever it is, the next change goes on from there
                let file = H5File::open(&path, H5Mode::ReadWrite).expect(&label);
                let is_new = file.link(&ObjectPath::new("a")).is_err();
                assert!(is_new || fs::read(&path).unwrap() == old, "{label}");
                file.change(|c| c.create_group(&ObjectPath::new("next"), true)).expect(&label);
                assert!(!names(folder.path()).iter().any(|n| n.contains("exchange")), "{label}");
                file.undo().expect(&label);
                if is_new {
                    file.undo().expect(&label);
                }
                drop(file);
                assert_eq!(fs::read(&path).unwrap(), old, "{label}");
            }
        }
    }
}
