//! Where journals are, and who may write: the folder `.NAME.ch5tui` beside a file, with the
//! journal of a change that is being made, the records of those that were made, and the lock of
//! the one writer.
//!
//! The lock is the system's, on an open file, so that it goes with whoever holds it; the lock
//! file's text only says who that is.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::disk;

/// The folder of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Folder {
    /// The file itself, behind symbolic links.
    pub file: PathBuf,
    pub path: PathBuf,
}

impl Folder {
    /// The folder of a file, whether there is one or not.
    pub fn of(file: &Path) -> io::Result<Folder> {
        Folder::inside(file, super::undo_settings().journal_dir.as_deref())
    }

    fn inside(file: &Path, journals: Option<&Path>) -> io::Result<Folder> {
        let file = fs::canonicalize(file)?;
        let mut name = b".".to_vec();
        name.extend_from_slice(file.file_name().unwrap_or_default().as_bytes());
        let path = match journals {
            // files of one name in several folders must not meet there
            Some(dir) => {
                let place =
                    format!(".{:016x}", super::format::checksum(0, file.as_os_str().as_bytes()));
                name.extend_from_slice(place.as_bytes());
                dir.to_path_buf()
            }
            None => file.parent().unwrap_or(Path::new("/")).to_path_buf(),
        };
        // a name may be as long as the system allows
        if name.len() > 240 {
            let rest = super::format::checksum(0, &name);
            name.truncate(220);
            name.extend_from_slice(format!("{rest:016x}").as_bytes());
        }
        name.extend_from_slice(b".ch5tui");
        Ok(Folder { file, path: path.join(std::ffi::OsString::from_vec(name)) })
    }

    /// The folder beside the file, where it is another than this one, and is there.
    pub fn beside(&self) -> Option<Folder> {
        let beside = Folder::inside(&self.file, None).ok()?;
        (beside.path != self.path && beside.path.is_dir()).then_some(beside)
    }

    /// The journal of the change that is being made.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// The record of a change that was made.
    pub fn record(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:06}.change"))
    }

    /// The file that the record of a change leads to, where it is kept whole.
    pub fn kept_file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:06}.file"))
    }

    /// What is there while a file takes the place of another: see `replaced`.
    pub fn in_exchange(&self, what: &str) -> PathBuf {
        self.path.join(format!("exchange.{what}"))
    }

    /// Takes a record away, and the file that is kept with it.
    pub fn remove_record(&self, number: u64) -> io::Result<()> {
        // a record whose file is gone leads nowhere, and goes another time
        disk::remove(&self.kept_file(number))?;
        disk::remove(&self.record(number))
    }

    /// The numbers of the records that are there, in order.
    pub fn records(&self) -> Vec<u64> {
        let Ok(entries) = fs::read_dir(&self.path) else { return Vec::new() };
        let number =
            |name: std::ffi::OsString| name.to_str()?.strip_suffix(".change")?.parse::<u64>().ok();
        let mut numbers: Vec<u64> = entries.filter_map(|e| number(e.ok()?.file_name())).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Makes the folder, for those who may use the file.
    pub fn make(&self) -> io::Result<()> {
        disk::create_folder(&self.path, &fs::metadata(&self.file)?)
    }

    /// The lock, for this process: an error where another has it.
    pub fn lock(&self) -> Result<Arc<WriterLock>, Taken> {
        let mut held = HELD.lock();
        if let Some(lock) = held.get(&self.path).and_then(Weak::upgrade) {
            return Ok(lock);
        }
        let mut lock = self.try_lock();
        for _ in 0..TRIES {
            // a reader looks at the lock for a moment
            if !matches!(lock, Err(Taken::By(_))) {
                break;
            }
            std::thread::sleep(PAUSE);
            lock = self.try_lock();
        }
        let lock = Arc::new(lock?);
        held.retain(|_, l| l.strong_count() > 0);
        held.insert(self.path.clone(), Arc::downgrade(&lock));
        Ok(lock)
    }

    fn try_lock(&self) -> Result<WriterLock, Taken> {
        let path = self.path.join("lock");
        loop {
            self.make()?;
            // a link, which another may have put there, is not followed
            let open = |new: bool| {
                let mut options = OpenOptions::new();
                options.read(true).write(true).create_new(new).custom_flags(libc::O_NOFOLLOW);
                options.open(&path)
            };
            let mut file = match open(true) {
                Ok(file) => {
                    disk::same_access(&path, &fs::metadata(&self.file)?, false);
                    file
                }
                Err(e) if e.kind() == ErrorKind::AlreadyExists => match open(false) {
                    Ok(file) => file,
                    Err(e) if e.kind() == ErrorKind::NotFound => continue,
                    Err(e) if e.raw_os_error() == Some(libc::ELOOP) => {
                        return Err(no_lock_file(&path).into());
                    }
                    Err(e) => return Err(e.into()),
                },
                // whoever had it took the folder away
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(e.into()),
            };
            let meta = file.metadata()?;
            if !meta.is_file() || meta.nlink() > 1 {
                return Err(no_lock_file(&path).into());
            }
            let locked = match file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => return Err(Taken::By(who(&mut file))),
                Err(TryLockError::Error(e)) if is_unsupported(&e) => false,
                Err(TryLockError::Error(e)) => return Err(e.into()),
            };
            // whoever had it before may have removed the file in the meantime
            if !is_at(&file, &path) {
                continue;
            }
            let _ = file.set_len(0).and_then(|()| file.write_all(myself().as_bytes()));
            return Ok(WriterLock { folder: self.path.clone(), locked, file });
        }
    }

    /// Who is changing the file at this moment, another process that is; none where nobody is,
    /// and where the system's locks don't say.
    pub fn writer(&self) -> Option<String> {
        if HELD.lock().get(&self.path).is_some_and(|l| l.strong_count() > 0) {
            return None;
        }
        let mut file = File::open(self.path.join("lock")).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(who(&mut file)),
            _ => None,
        }
    }
}

const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// Whether a file system has no locks at all.
pub(super) fn is_unsupported(e: &io::Error) -> bool {
    e.kind() == ErrorKind::Unsupported
        || matches!(e.raw_os_error(), Some(libc::ENOLCK | libc::ENOSYS | libc::EOPNOTSUPP))
}

/// Why there is no lock.
#[derive(Debug)]
pub(in crate::store) enum Taken {
    /// Another process has it.
    By(String),
    Io(io::Error),
}

impl From<io::Error> for Taken {
    fn from(e: io::Error) -> Self {
        Taken::Io(e)
    }
}

fn who(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(300).read_to_string(&mut text) {
        Ok(n) if n > 0 => crate::store::path::escape(text.as_bytes()),
        _ => "another program".into(),
    }
}

fn myself() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let mut text = format!("ch5tui (process {}", std::process::id());
    if !user.is_empty() {
        text += &format!(" of {user}");
    }
    if !host.trim().is_empty() {
        text += &format!(" on {}", host.trim());
    }
    text + ")"
}

/// The locks that this process holds, by folder.
static HELD: Mutex<BTreeMap<PathBuf, Weak<WriterLock>>> = Mutex::new(BTreeMap::new());

/// The right of this process to change a file.
#[derive(Debug)]
pub(in crate::store) struct WriterLock {
    folder: PathBuf,
    /// Whether the system really locks there.
    pub locked: bool,
    file: File,
}

fn no_lock_file(path: &Path) -> io::Error {
    let path = crate::store::error::shown(path);
    io::Error::other(format!("{path}: is not the file that it must be"))
}

/// Whether an open file is the one that a path names.
fn is_at(file: &File, path: &Path) -> bool {
    let of = |m: fs::Metadata| (m.dev(), m.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(file), Ok(there)) => of(file) == of(there),
        _ => false,
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        let path = self.folder.join("lock");
        // the folder may have been moved, with the file, and another be in its place
        if is_at(&self.file, &path) {
            // removed while it is held: whoever opened it before looks again
            let _ = fs::remove_file(path);
            let _ = fs::remove_dir(&self.folder);
        }
    }
}
