//! What a crash left: a change that was cut off is taken back, one that was done is kept.

use std::fs::{File, FileTimes, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::disk::{self, Disk};
use super::format::{Journal, ends};
use super::place::{Folder, Taken, WriterLock, is_unsupported};
use super::stamp::{is_masked, stamp_of};
use super::words::{folder_words, words_of};
use super::{MASK, PAGE, SIGNATURE, history};
use crate::store::error::{Result, StoreError, shown};
use crate::store::file::{Stamp, regular};

/// What is said when a change was taken back unasked.
fn words(path: &Path) -> String {
    format!(
        "{}: a change that had been cut off was rolled back; the file is as before it",
        shown(path)
    )
}

/// Why a file can't be put back.
pub(super) const DAMAGED: &str = "the journal that puts it back is damaged";

/// A file that is to be changed: it is locked, and whole.
pub(super) struct Whole {
    pub folder: Folder,
    pub writer: Arc<WriterLock>,
    pub disk: Disk,
    /// What the system said of it before anything was put right.
    pub found: Stamp,
}

/// Takes the right to change a file, and puts right what a crash has left of it.
///
/// # Errors
/// Another program changes it or has it open; the folder for the journal can't be written; nobody
/// can know whether the change whose journal is there still runs.
pub(super) fn whole(path: &Path) -> Result<Whole> {
    let (folder, writer) = lock(path)?;
    let io = |e: io::Error| StoreError::io(path, &e);
    let refused = |why: String| StoreError::Unwritable { path: shown(path), why };
    let disk = Disk::open(&folder.file).map_err(io)?;
    lock_data(&disk.file).map_err(refused)?;
    if !writer.locked {
        if folder.journal().exists() {
            return Err(refused(NO_LOCKS.into()));
        }
        say_once_that_there_are_no_locks(path);
    }
    let found = Stamp::from(&disk.file.metadata().map_err(io)?);
    if writer.locked {
        super::replaced::settle(&folder).map_err(io)?;
    }
    if roll_back(&folder, &disk).map_err(io)? == Ended::Back {
        super::notice(words(path));
    }
    Ok(Whole { folder, writer, disk, found })
}

/// The folder of a file and the right to change it.
fn lock(path: &Path) -> Result<(Folder, Arc<WriterLock>)> {
    let folder = Folder::of(path).map_err(|e| StoreError::io(path, &e))?;
    let refused = |why: String| StoreError::Unwritable { path: shown(path), why };
    let writer = folder.lock().map_err(|taken| match taken {
        Taken::By(who) => refused(format!("is being changed by {who}")),
        Taken::Io(e) => refused(format!("can't be changed: {}", folder_words(&folder, &e))),
    })?;
    Ok((folder, writer))
}

/// Takes HDF5's own lock of a file, as its drivers do.
fn lock_data(file: &File) -> std::result::Result<(), String> {
    let never =
        std::env::var("HDF5_USE_FILE_LOCKING").is_ok_and(|v| matches!(v.as_str(), "FALSE" | "0"));
    if never {
        return Ok(());
    }
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err("another program has it open, and keeps it from being changed".into())
        }
        Err(TryLockError::Error(e)) if is_unsupported(&e) => Ok(()),
        Err(TryLockError::Error(e)) => Err(words_of(&e)),
    }
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// There was none, or nothing of it was in the file.
    Nothing,
    /// It was taken back.
    Back,
    /// It was done, and stays.
    Done,
}

/// Puts a file back from its journal, if there is one and the file is not whole. It may be cut
/// off itself, at any point, and done again.
pub(super) fn roll_back(folder: &Folder, disk: &Disk) -> io::Result<Ended> {
    let path = folder.journal();
    let file = match File::open(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Ended::Nothing),
        other => other?,
    };
    let Some(journal) = Journal::read(file)? else {
        // where the head is torn, nothing was written to the file yet
        if is_masked(&disk.file) {
            return Err(io::Error::other(DAMAGED));
        }
        disk::remove(&path)?;
        return Ok(Ended::Nothing);
    };
    let mut word = [0; 8];
    let signature = journal.head.signature;
    disk.read_at(&mut word, signature)?;
    if word != MASK {
        return retire(folder, disk, &journal);
    }
    if journal.is_damaged()? {
        return Err(io::Error::other(DAMAGED));
    }
    let size = journal.head.size;
    let mut pages = Vec::new();
    for record in 0..journal.records.len() {
        let at = journal.pages(record, &mut pages)? * PAGE;
        pages.truncate(size.saturating_sub(at).min(pages.len() as u64) as usize);
        if let Some(from) = signature.checked_sub(at)
            && from < pages.len() as u64
        {
            pages[from as usize..from as usize + 8].copy_from_slice(&MASK);
        }
        put_back(disk, &pages, at)?;
    }
    if disk.len()? != size {
        disk.set_len(size)?;
    }
    disk.sync()?;
    // so that it can be seen how long ago the next step was made: see `time_of_our_own`
    let _ = journal.file.set_modified(SystemTime::now());
    disk.write_at(&SIGNATURE, signature)?;
    set_modified(&disk.file, journal.head.modified);
    disk.sync_all()?;
    let meta = disk.file.metadata()?;
    if (meta.mtime(), meta.mtime_nsec()) != journal.head.modified {
        // it is another's file, whose time can't be set: the records know it by its new one
        history::know_again(folder, &disk.file)?;
    }
    disk::remove(&path)?;
    disk::sync_folder(&folder.path)?;
    Ok(Ended::Back)
}

/// Writes those pages that are not in the file as they are: what was journalled ahead may never
/// have been written, and holes that are left alone need no room on a full disk.
fn put_back(disk: &Disk, pages: &[u8], at: u64) -> io::Result<()> {
    let mut now = vec![0; pages.len()];
    disk.read_at(&mut now, at)?;
    let size = PAGE as usize;
    let differs: Vec<bool> =
        pages.chunks(size).zip(now.chunks(size)).map(|(old, now)| old != now).collect();
    let mut done = 0;
    for run in differs.chunk_by(|a, b| a == b) {
        let end = (done + run.len() * size).min(pages.len());
        if run[0] {
            disk.write_at(&pages[done..end], at + done as u64)?;
        }
        done = end;
    }
    Ok(())
}

/// Ends a journal beside a file that is whole: what it is of was done, or taken back, or not
/// begun, and only the last steps are missing.
fn retire(folder: &Folder, disk: &Disk, journal: &Journal) -> io::Result<Ended> {
    let mut ended = Ended::Nothing;
    if let Some((head, tail, _)) = ends(&journal.file)
        && disk.len()? == tail.size
        && stamp_of(&disk.file, &tail.pages, head.signature)? == tail.checksum
    {
        if time_of_our_own(disk, journal)? {
            set_modified(&disk.file, tail.modified);
        }
        ended = Ended::Done;
        let settings = super::undo_settings();
        if settings.record {
            return history::keep(folder, &head, &settings).map(|()| ended);
        }
    } else if is_before(disk, journal)? && time_of_our_own(disk, journal)? {
        set_modified(&disk.file, journal.head.modified);
    }
    disk::remove(&folder.journal()).map(|()| ended)
}

/// Whether the file has the pages that the journal keeps.
fn is_before(disk: &Disk, journal: &Journal) -> io::Result<bool> {
    let size = journal.head.size;
    let (mut old, mut now) = (Vec::new(), Vec::new());
    for record in 0..journal.records.len() {
        let at = journal.pages(record, &mut old)? * PAGE;
        old.truncate(size.saturating_sub(at).min(old.len() as u64) as usize);
        now.resize(old.len(), 0);
        disk.read_at(&mut now, at)?;
        if old != now {
            return Ok(false);
        }
    }
    Ok(disk.len()? == size)
}

/// Whether the file was modified last by the step that follows the journal's last one, after
/// which its time is set: a crash may come in between. Another program that changed the file
/// later did so after the time it takes to make that step.
fn time_of_our_own(disk: &Disk, journal: &Journal) -> io::Result<bool> {
    let [file, journal] = [&disk.file, &journal.file].map(|f| f.metadata()?.modified());
    Ok(file?.duration_since(journal?).is_ok_and(|after| after < Duration::from_secs(1)))
}

/// Sets when a file was modified, as far as that is allowed.
pub(super) fn set_modified(file: &File, (seconds, nanos): (i64, i64)) {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = match seconds < 0 {
        true => UNIX_EPOCH.checked_sub(whole),
        false => UNIX_EPOCH.checked_add(whole),
    };
    let time: Option<SystemTime> =
        time.and_then(|t| t.checked_add(Duration::from_nanos(nanos.unsigned_abs())));
    if let Some(time) = time {
        let _ = file.set_times(FileTimes::new().set_modified(time));
    }
}

/// Puts a file back from the journal that a crash left. Whether there was anything to do.
///
/// # Errors
/// Another program is changing the file; the file system has no locks, so that nobody can know,
/// unless it is forced; the file or its journal can't be read or written.
pub fn recover(path: &Path, force: bool) -> Result<bool> {
    let io = |e: io::Error| StoreError::Unwritable { path: shown(path), why: words_of(&e) };
    regular(path)?;
    let folder = Folder::of(path).map_err(|e| StoreError::io(path, &e))?;
    if !folder.path.exists() {
        return nothing(&folder, path);
    }
    // with the lock goes what a dead writer left of it
    let (folder, writer) = lock(path)?;
    let may = writer.locked || force;
    if may {
        super::replaced::settle(&folder).map_err(io)?;
    }
    if !folder.journal().exists() {
        return nothing(&folder, path);
    }
    if !may {
        return Err(io(io::Error::other(NO_LOCKS)));
    }
    let disk = Disk::open(&folder.file).map_err(|e| StoreError::io(path, &e))?;
    Ok(roll_back(&folder, &disk).map_err(io)? == Ended::Back)
}

/// There is no journal: an error where there must be one.
fn nothing(folder: &Folder, path: &Path) -> Result<bool> {
    let masked = File::open(&folder.file).is_ok_and(|file| is_masked(&file));
    match masked {
        true => Err(StoreError::NoJournal { path: shown(path), journal: shown(&folder.journal()) }),
        false => Ok(false),
    }
}

/// Why nothing is rolled back where nobody can know whether the change still runs.
const NO_LOCKS: &str = "a change of it was not finished, and its file system has no locks that \
                        tell whether it still runs; --recover --force rolls it back";

/// What a user should know who changes a file there.
fn say_once_that_there_are_no_locks(path: &Path) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        super::notice(format!(
            "{}: its file system has no locks: nothing keeps two programs from changing it at \
             once, and a change that is cut off is only rolled back by --recover --force",
            shown(path)
        ));
    }
}
