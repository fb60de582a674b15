//! One open file: how it was opened, and whether it changed since.
//!
//! A file is opened read-only, whatever its mode: HDF5 changes superblock bytes at any
//! read-write open. No lock is taken, so no writer is kept out. Three ways are tried in turn
//! ([`OpenedAs`]): plain; as a reader of a SWMR writer's file; and without the check of the
//! flags that a writer leaves in the superblock while it runs, or for ever when it died.

use std::ffi::CStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::access::{
    ROOMY_CACHE, SMALL_CACHE, TREE_CACHE, access, allocated_of, link_access, set_cache, set_format,
    user_block_of,
};
use super::error::{Result, StoreError, shown};
use super::ffi::*;
use super::hdf::{Id, Lock, cstring, lock_for};
use super::journal::driver;
use super::journal::place::{Folder, Taken, WriterLock};
use super::journal::replaced;
use super::journal::stamp::is_masked;
use super::journal::transaction::Transaction;
use super::mode::H5Mode;
use super::new_file;

/// How the library agreed to open a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenedAs {
    /// No writer has marked it.
    Plain,
    /// A single writer with many readers (SWMR) is at work on it.
    Swmr,
    /// A writer's mark was passed over: it writes still, or died.
    Unchecked,
}

/// What the file system says of a file: when any of it differs, something was done to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// When anything was done to it: a change that is rolled back leaves only this.
    touched: (i64, i64),
}

impl From<&std::fs::Metadata> for Stamp {
    fn from(m: &std::fs::Metadata) -> Stamp {
        let modified = (m.mtime(), m.mtime_nsec());
        let touched = (m.ctime(), m.ctime_nsec());
        Stamp { device: m.dev(), inode: m.ino(), size: m.size(), modified, touched }
    }
}

impl Stamp {
    fn of(path: &Path) -> std::io::Result<Stamp> {
        std::fs::metadata(path).map(|m| Stamp::from(&m))
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether the bytes are the same, whatever else was done: other rights, another name.
    pub(super) fn has_same_content(&self, other: &Stamp) -> bool {
        *self == Stamp { touched: self.touched, ..*other }
    }

    fn is_same_file(&self, other: &Stamp) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

/// Asks whether a file that was opened for reading only may be changed; it may wait.
struct Asker(Box<dyn Fn() -> bool + Send + Sync>);

impl std::fmt::Debug for Asker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asker")
    }
}

/// An open HDF5 file. Objects in it are named by path; no handle leaves this room.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    mode: AtomicU8,
    /// The path as text that a crash handler may print; a few bytes a file, never freed.
    label: &'static CStr,
    /// Whether the metadata cache has room for a long walk.
    roomy: AtomicBool,
    /// Whether it has room for the whole tree, for good.
    whole_tree: AtomicBool,
    /// Who says whether it may be changed, where it was opened for reading only.
    asker: Mutex<Option<Asker>>,
    pub(super) lapl: Id,
    // after `lapl`: closed last
    pub(super) opened: Arc<Opened>,
}

/// What the library has open of a file. A change replaces the handle by one for writing, and
/// then by a new one for reading ([`super::change`]); all who use the file go on with it.
#[derive(Debug)]
pub(super) struct Opened {
    pub path: PathBuf,
    state: Mutex<(OpenedAs, Stamp)>,
    /// Counts the changes made here.
    pub generation: AtomicU64,
    /// The change that the handle is of, where it is one for writing.
    pub transaction: Mutex<Option<Arc<Transaction>>>,
    /// The right to change it, where it is held for longer than a change.
    pub writer: Mutex<Option<Arc<WriterLock>>>,
    /// What was handed out that must not outlive the handle.
    pub lent: Mutex<super::lent::Lent>,
    /// Who reads from it later and is asked before what they read is changed.
    pub readers: super::change::Readers,
    pub id: Id,
}

/// Everything that is open in this process.
static OPEN: Mutex<Vec<Weak<Opened>>> = Mutex::new(Vec::new());

impl Opened {
    /// All that are open of the same file, this one included.
    pub fn siblings(&self) -> Vec<Arc<Opened>> {
        let same = self.stamp();
        let open = OPEN.lock();
        let all = open.iter().filter_map(Weak::upgrade);
        all.filter(|o| o.id.raw() >= 0 && o.stamp().is_same_file(&same)).collect()
    }

    /// Closes what was handed out of every open file: a file that another links to may be kept
    /// open by what was read through the link. Needs the lock.
    pub fn close_all_lent() {
        let open: Vec<_> = OPEN.lock().iter().filter_map(Weak::upgrade).collect();
        open.iter().for_each(|o| o.lent.lock().close());
    }

    /// Whether the handle is one for writing.
    pub fn is_changing(&self) -> bool {
        self.transaction.lock().is_some()
    }

    pub fn stamp(&self) -> Stamp {
        self.state.lock().1
    }

    /// Opens the file for reading again, after the handle was closed. Needs the lock.
    pub fn reopen(&self) -> Result<()> {
        let (id, opened_as, stamp) = open_for_reading(&self.path)?;
        *self.state.lock() = (opened_as, stamp);
        self.id.replace(id);
        Ok(())
    }

    /// Closes the handle and what was handed out. Needs the lock. Whether the library had no
    /// complaint.
    pub fn close(&self) -> bool {
        self.lent.lock().close();
        self.id.close()
    }

    /// Whether the file is what it was when it was opened for reading.
    pub fn is_as_read(&self, transaction: &Transaction) -> bool {
        let (_, stamp) = *self.state.lock();
        // what a crash left may have been read, or what was there before
        let known = [transaction.found(), transaction.before().into()];
        known.iter().any(|known| stamp.has_same_content(known))
    }

    /// Opens the file for writing. Needs the lock.
    pub fn open_for_writing(
        &self,
        transaction: &Arc<Transaction>,
    ) -> std::result::Result<Id, String> {
        let fapl = access(false)?;
        set_format(&fapl, H5F_LIBVER_EARLIEST)?;
        let name = cstring(self.path.as_os_str().as_bytes());
        driver::with_transaction(transaction, || {
            // SAFETY: the name and list are valid for the call.
            Id::new(unsafe { H5Fopen(name.as_ptr(), H5F_ACC_RDWR, fapl.raw()) })
        })
    }
}

impl File {
    /// Opens `path`. The modes `w`, `w-` and `a` create the file first; then, as for the others,
    /// it is open for reading, and changed only in the moment of a change.
    ///
    /// # Errors
    /// One sentence for a path that is missing, forbidden, no file, or no HDF5.
    pub fn open(path: impl AsRef<Path>, mode: H5Mode) -> Result<File> {
        let path = path.as_ref();
        let exists = path.symlink_metadata().is_ok();
        match mode {
            H5Mode::Write if exists => {
                return Err(StoreError::Io { path: shown(path), why: "exists already".into() });
            }
            // what is there becomes what undoes it
            H5Mode::WriteTruncate if path.exists() => {
                regular(path)?;
                replaced::replace(path, "mode w: a new file", new_file::make_empty)?;
            }
            H5Mode::WriteTruncate | H5Mode::Write => new_file::create(path)?,
            H5Mode::ReadWriteCreate if !exists => new_file::create(path)?,
            _ => {}
        }
        if mode.has_write_intent() {
            regular(path)?;
            // asks for the permission without opening the file in HDF5
            let io = |e| StoreError::io(path, &e);
            std::fs::OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
        }
        let label = Box::leak(cstring(shown(path).as_bytes()).into_boxed_c_str());
        Self::open_reading(path, mode, label)
    }

    fn open_reading(path: &Path, mode: H5Mode, label: &'static CStr) -> Result<File> {
        let _lock = lock_for(label);
        let (id, opened_as, stamp) = open_for_reading(path)?;
        let why = |w| StoreError::Open { path: shown(path), why: w };
        let lapl = access(false).and_then(|fapl| link_access(&fapl)).map_err(why)?;
        let opened = Arc::new(Opened {
            path: path.to_path_buf(),
            state: Mutex::new((opened_as, stamp)),
            generation: AtomicU64::new(0),
            transaction: Mutex::new(None),
            writer: Mutex::new(None),
            lent: Mutex::default(),
            readers: Default::default(),
            id,
        });
        let mut open = OPEN.lock();
        open.retain(|o| o.strong_count() > 0);
        open.push(Arc::downgrade(&opened));
        Ok(File {
            path: path.to_path_buf(),
            mode: AtomicU8::new(mode as u8),
            label,
            roomy: AtomicBool::new(false),
            whole_tree: AtomicBool::new(false),
            asker: Mutex::new(None),
            lapl,
            opened,
        })
    }

    /// Whether two are open of one file.
    pub fn is_same_file(&self, other: &File) -> bool {
        self.opened.stamp().is_same_file(&other.opened.stamp())
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path as shown in messages.
    pub fn shown_path(&self) -> String {
        shown(&self.path)
    }

    /// The mode it was opened in.
    pub fn mode(&self) -> H5Mode {
        H5Mode::ALL[self.mode.load(Ordering::Relaxed) as usize]
    }

    /// Allows changes of a file that was opened for reading only, as `r+` does.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn allow_changes(&self) -> Result<()> {
        let io = |e| StoreError::io(&self.path, &e);
        std::fs::OpenOptions::new().read(true).write(true).open(&self.path).map_err(io)?;
        if !self.mode().has_write_intent() {
            self.mode.store(H5Mode::ReadWrite as u8, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Has `asker` say, at the first change of a file that was opened for reading only, whether it
    /// may be changed. It is called on the thread that makes the change, and may wait.
    pub fn ask_before_changes(&self, asker: impl Fn() -> bool + Send + Sync + 'static) {
        *self.asker.lock() = Some(Asker(Box::new(asker)));
    }

    /// Sees to it that the file may be changed.
    pub(super) fn must_be_writable(&self) -> Result<()> {
        if self.mode().has_write_intent() {
            return Ok(());
        }
        match self.asker.lock().as_ref().is_some_and(|asker| asker.0()) {
            true => self.allow_changes(),
            false => Err(StoreError::ReadOnly { file: self.shown_path() }),
        }
    }

    /// How many changes were made through this process since it was opened.
    pub fn generation(&self) -> u64 {
        self.opened.generation.load(Ordering::Acquire)
    }

    /// How the library agreed to open it.
    pub fn opened_as(&self) -> OpenedAs {
        self.opened.state.lock().0
    }

    /// What the file system said of it when it was opened.
    pub fn stamp(&self) -> Stamp {
        self.opened.stamp()
    }

    /// Whether the file differs from the one that was opened; an error where it is gone.
    pub fn changed(&self) -> Result<bool> {
        let now = Stamp::of(&self.path).map_err(|e| StoreError::io(&self.path, &e))?;
        Ok(!self.is_changing() && now != self.stamp())
    }

    /// Sees to it that what was read is of one state of the file: to be called after reading. A
    /// file that has a writer's mark is read all the same, as its readers want to see it grow.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`]: another program has changed it since it was opened.
    pub fn must_be_as_read(&self) -> Result<()> {
        if self.opened_as() != OpenedAs::Plain || self.is_changing() {
            return Ok(());
        }
        match Stamp::of(&self.path) {
            // one that has another's name now is still what it was
            Ok(now) if now != self.stamp() && now.is_same_file(&self.stamp()) => {
                Err(StoreError::ChangedMeanwhile { path: self.shown_path() })
            }
            _ => Ok(()),
        }
    }

    /// Closes the file and opens it as it is now: nothing cached of the old one is left.
    ///
    /// # Errors
    /// Those of [`File::open`]; the file is then closed.
    pub fn reopen(&self) -> Result<File> {
        self.close();
        Self::open_reading(&self.path, self.mode(), self.label)
    }

    /// Closes the file for all who share it: whatever they ask of it from now on is an error.
    /// HDF5 keeps a file open while anything in it is, and would give the old one to whoever
    /// opens it anew.
    pub fn close(&self) {
        let _lock = self.lock();
        self.opened.close();
        self.opened.writer.lock().take();
    }

    /// Opens a file as [`File::open`] does, and keeps other programs from changing it from before
    /// it is read until it is closed: a writer's lock is otherwise held only while a change is
    /// made. Where none can be had because the folder can't be written, there is none: a change
    /// will say so.
    ///
    /// # Errors
    /// Another program has it; those of [`File::open`].
    pub fn open_to_hold(path: impl AsRef<Path>, mode: H5Mode) -> Result<File> {
        let path = path.as_ref();
        let lock = || match Folder::of(path).map_err(Taken::Io).and_then(|f| f.lock()) {
            Ok(lock) => Ok(Some(lock)),
            Err(Taken::By(who)) => {
                let why = format!("is being changed by {who}");
                Err(StoreError::Unwritable { path: shown(path), why })
            }
            // such a folder has no journal, either
            Err(Taken::Io(e)) if is_forbidden(&e) => Ok(None),
            Err(Taken::Io(e)) => Err(StoreError::io(path, &e)),
        };
        let wants = mode.has_write_intent();
        let mut before = None;
        if wants && path.exists() {
            regular(path)?;
            before = lock()?;
        }
        let file = File::open(path, mode)?;
        let held = match before {
            // it is new
            None if wants => lock()?,
            before => before,
        };
        *file.opened.writer.lock() = held;
        Ok(file)
    }

    /// The first byte after all that the library has allocated; the file may be longer.
    pub(super) fn allocated(&self) -> Option<u64> {
        let _lock = self.lock();
        allocated_of(&self.opened.id).ok()
    }

    /// The right to call HDF5 for this file.
    pub(super) fn lock(&self) -> Lock {
        lock_for(self.label)
    }

    /// The path as text that is never freed.
    pub(super) fn label(&self) -> &'static CStr {
        self.label
    }

    /// Bytes before HDF5's own, which other programs may use.
    pub fn user_block(&self) -> u64 {
        let _lock = self.lock();
        user_block_of(&self.opened.id).unwrap_or(0)
    }

    /// Gives the metadata cache room for looking at every object of the file. To be called by
    /// who does that and nothing else; the room is not taken back while the file is open.
    pub fn expect_whole_tree(&self) {
        let _lock = self.lock();
        self.whole_tree.store(true, Ordering::Relaxed);
        self.set_cache(TREE_CACHE);
    }

    fn set_cache(&self, bytes: usize) {
        set_cache(&self.opened.id, bytes);
    }

    /// Gives the metadata cache room for a long walk, or takes it back.
    pub(super) fn set_roomy(&self, roomy: bool) {
        if self.whole_tree.load(Ordering::Relaxed)
            || self.roomy.swap(roomy, Ordering::Relaxed) == roomy
        {
            return;
        }
        self.set_cache(if roomy { ROOMY_CACHE } else { SMALL_CACHE });
        if !roomy {
            // what the walk needed goes back to the system
            super::hdf::trim_memory();
        }
    }
}

/// Whether an error says that one may not write there.
fn is_forbidden(e: &std::io::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(e.kind(), PermissionDenied | ReadOnlyFilesystem)
}

impl Drop for File {
    fn drop(&mut self) {
        self.close();
    }
}

/// Opens a file for reading, in the first way that the library agrees to. Needs the lock.
pub(super) fn open_for_reading(path: &Path) -> Result<(Id, OpenedAs, Stamp)> {
    let mut opened = open_once(path)?;
    // perhaps it was waited for a change of another program, and the stamp is from before
    for _ in 0..2 {
        if Stamp::of(path).is_ok_and(|now| now == opened.2) {
            break;
        }
        opened.0.close();
        opened = open_once(path)?;
    }
    Ok(opened)
}

fn open_once(path: &Path) -> Result<(Id, OpenedAs, Stamp)> {
    regular(path)?;
    let stamp = Stamp::of(path).map_err(|e| StoreError::io(path, &e))?;
    let why = |w| StoreError::Open { path: shown(path), why: w };
    let name = cstring(path.as_os_str().as_bytes());
    let plain = access(false).map_err(why)?;
    // SAFETY: name and property list are valid for the calls.
    let open = |flags, fapl: &Id| Id::new(unsafe { H5Fopen(name.as_ptr(), flags, fapl.raw()) });
    let first = match open(H5F_ACC_RDONLY, &plain) {
        Ok(id) => return Ok((id, OpenedAs::Plain, stamp)),
        Err(first) => first,
    };
    // SAFETY: as above.
    if unsafe { H5Fis_accessible(name.as_ptr(), plain.raw()) } == 0 {
        let masked = std::fs::File::open(path).is_ok_and(|file| is_masked(&file));
        return Err(match Folder::of(path) {
            Ok(folder) if masked && folder.journal().exists() => StoreError::Open {
                path: shown(path),
                why: "a change of it was cut off, and the journal that puts it back can't be read"
                    .into(),
            },
            Ok(folder) if masked => {
                StoreError::NoJournal { path: shown(path), journal: shown(&folder.journal()) }
            }
            _ => StoreError::NotHdf5 { path: shown(path) },
        });
    }
    if !first.contains("already open for") {
        return Err(why(first));
    }
    match open(H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, &plain) {
        Ok(id) => Ok((id, OpenedAs::Swmr, stamp)),
        Err(_) => {
            let unchecked = access(true).map_err(why)?;
            Ok((open(H5F_ACC_RDONLY, &unchecked).map_err(why)?, OpenedAs::Unchecked, stamp))
        }
    }
}

/// Refuses what is no regular file before HDF5 could wait on it.
/// Refuses what is no file, and what may not be read.
pub(super) fn regular(path: &Path) -> Result<()> {
    let meta = std::fs::metadata(path).map_err(|e| StoreError::io(path, &e))?;
    let what = match () {
        _ if meta.is_file() => {
            // HDF5 says "not an HDF5 file" also of what may not be read
            return std::fs::File::open(path).map(drop).map_err(|e| StoreError::io(path, &e));
        }
        _ if meta.is_dir() => "a folder",
        _ => "a device or a pipe",
    };
    Err(StoreError::NotAFile { path: shown(path), what })
}
