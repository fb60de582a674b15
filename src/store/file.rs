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

use hdf5_sys::h5ac::{H5AC__CURR_CACHE_CONFIG_VERSION, H5AC_cache_config_t};

use super::error::{Result, StoreError, shown};
use super::ffi::*;
use super::hdf::{Id, Lock, check, cstring, lock, lock_for};
use super::journal::driver;
use super::journal::place::{Folder, Taken, WriterLock};
use super::journal::replaced;
use super::journal::transaction::Transaction;
use super::mode::H5Mode;

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

/// What the file system says of a file: when any of it differs, the file was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl From<&std::fs::Metadata> for Stamp {
    fn from(m: &std::fs::Metadata) -> Stamp {
        let modified = (m.mtime(), m.mtime_nsec());
        Stamp { device: m.dev(), inode: m.ino(), size: m.size(), modified }
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
        transaction.was_put_back() || stamp == Stamp::from(transaction.before())
    }

    /// Opens the file for writing. Needs the lock.
    pub fn open_for_writing(
        &self,
        transaction: &Arc<Transaction>,
    ) -> std::result::Result<Id, String> {
        let fapl = access(false)?;
        let name = cstring(self.path.as_os_str().as_bytes());
        // SAFETY: the name and lists are valid for the calls.
        unsafe {
            let (mut low, mut high) = (0, 0);
            check(H5Pget_libver_bounds(fapl.raw(), &mut low, &mut high))?;
            check(H5Pset_libver_bounds(fapl.raw(), H5F_LIBVER_EARLIEST, high))?;
            driver::with_transaction(transaction, || {
                Id::new(H5Fopen(name.as_ptr(), H5F_ACC_RDWR, fapl.raw()))
            })
        }
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
                replaced::replace(path, "mode w: a new file", make_empty)?;
            }
            H5Mode::WriteTruncate | H5Mode::Write => create(path)?,
            H5Mode::ReadWriteCreate if !exists => create(path)?,
            _ => {}
        }
        if mode.has_write_intent() {
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
    pub(super) fn is_same_file(&self, other: &File) -> bool {
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

    /// Keeps other programs from changing the file, until this is closed: a writer's lock is
    /// otherwise held only while a change is made. Where none can be had because the folder can't
    /// be written, there is none: a change will say so.
    ///
    /// # Errors
    /// Another program has it.
    pub fn hold_for_writing(&self) -> Result<()> {
        match Folder::of(&self.path).map_err(Taken::Io).and_then(|f| f.lock()) {
            Ok(lock) => *self.opened.writer.lock() = Some(lock),
            Err(Taken::By(who)) => {
                return Err(self.unwritable(format!("is being changed by {who}")));
            }
            Err(Taken::Io(_)) => {}
        }
        Ok(())
    }

    /// The first byte after all that the library has allocated; the file may be longer.
    pub(super) fn allocated(&self) -> Option<u64> {
        let _lock = self.lock();
        let mut end = 0;
        // SAFETY: the file is open, and `end` takes the answer.
        check(unsafe { H5Fget_eoa(self.opened.id.raw(), &mut end) }).ok()?;
        // addresses count from the end of the user block
        Some(end + self.user_block())
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
        // SAFETY: the file is open.
        let plist = Id::new(unsafe { H5Fget_create_plist(self.opened.id.raw()) });
        let mut size = 0;
        if let Ok(plist) = plist {
            // SAFETY: the list is open and `size` takes the answer.
            unsafe { H5Pget_userblock(plist.raw(), &mut size) };
        }
        size
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.close();
    }
}

/// Opens a file for reading, in the first way that the library agrees to. Needs the lock.
pub(super) fn open_for_reading(path: &Path) -> Result<(Id, OpenedAs, Stamp)> {
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
        return Err(StoreError::NotHdf5 { path: shown(path) });
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
fn regular(path: &Path) -> Result<()> {
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

/// How files are opened here: no lock, no chunk cache. The close degree is the one that HDF5
/// opens external links' files with: another would keep a file from linking to itself.
fn access(skip_status_check: bool) -> std::result::Result<Id, String> {
    // SAFETY: the list is new; HDF5 copies what it is given.
    unsafe {
        let fapl = Id::new(H5Pcreate(H5P_CLS_FILE_ACCESS_ID_g))?;
        driver::set(&fapl)?;
        check(H5Pset_file_locking(fapl.raw(), false, true))?;
        check(H5Pset_fclose_degree(fapl.raw(), H5F_CLOSE_WEAK))?;
        check(H5Pset_cache(fapl.raw(), 0, 0, 0, 0.0))?;
        small_metadata_cache(&fapl)?;
        if skip_status_check {
            // the property that h5clear uses; on a read-only open it only spares the check
            let yes = true;
            let name = c"clear_status_flags";
            check(H5Pset(fapl.raw(), name.as_ptr(), (&raw const yes).cast()))?;
        }
        Ok(fapl)
    }
}

/// Bytes of the metadata cache: HDF5's own would grow to 32 MB on a walk through many objects.
const SMALL_CACHE: usize = 4 << 20;
/// The same while a large group of the new format is walked. Its names lie in the order of their
/// hashes: with a small cache each block is read thousands of times (a million links: 19 s with
/// 4 MB, 1.5 s with 24 MB).
pub(super) const ROOMY_CACHE: usize = 24 << 20;

/// The same while every object of a file is looked at by name. The names of an old-format group
/// are one block, which must fit: else it is read anew for each name.
const TREE_CACHE: usize = 96 << 20;

impl File {
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

/// Bounds the metadata cache of an open file. Needs the lock.
pub(super) fn set_cache(file: &Id, bytes: usize) {
    use hdf5_sys::h5f::{H5Fget_mdc_config, H5Fset_mdc_config};
    let mut config = cache_config();
    // SAFETY: the file is open, and the structure is the one that HDF5 2.2 fills. A refusal
    // only costs time.
    unsafe {
        if H5Fget_mdc_config(file.raw(), &mut config) >= 0 {
            bound(&mut config, bytes);
            H5Fset_mdc_config(file.raw(), &config);
        }
    }
}

fn cache_config() -> H5AC_cache_config_t {
    H5AC_cache_config_t { version: H5AC__CURR_CACHE_CONFIG_VERSION as _, ..Default::default() }
}

fn bound(config: &mut H5AC_cache_config_t, bytes: usize) {
    config.set_initial_size = true as _;
    config.initial_size = bytes;
    config.min_size = 1 << 20;
    config.max_size = bytes;
}

pub(super) fn small_metadata_cache(fapl: &Id) -> std::result::Result<(), String> {
    use hdf5_sys::h5p::{H5Pget_mdc_config, H5Pset_mdc_config};
    let mut config = cache_config();
    // SAFETY: the list is open, and the structure is the one that HDF5 2.2 fills.
    unsafe {
        check(H5Pget_mdc_config(fapl.raw(), &mut config))?;
        bound(&mut config, SMALL_CACHE);
        check(H5Pset_mdc_config(fapl.raw(), &config))?;
    }
    Ok(())
}

/// How links are followed: external targets read-only and without a lock.
fn link_access(fapl: &Id) -> std::result::Result<Id, String> {
    // SAFETY: the list is new; HDF5 copies what it is given.
    unsafe {
        let lapl = Id::new(H5Pcreate(H5P_CLS_LINK_ACCESS_ID_g))?;
        check(H5Pset_elink_fapl(lapl.raw(), fapl.raw()))?;
        check(H5Pset_elink_acc_flags(lapl.raw(), H5F_ACC_RDONLY))?;
        Ok(lapl)
    }
}

/// Makes an empty file at a path that is free.
fn create(path: &Path) -> Result<()> {
    place_new(path, |temporary| {
        make_empty(temporary).map_err(|e| match e {
            // the name that was asked for
            StoreError::Open { why, .. } => StoreError::Open { path: shown(path), why },
            other => other,
        })
    })
}

/// Makes a file at a path that is free, whole or not at all: `make` makes it under another name,
/// then it is renamed.
pub(super) fn place_new<T>(path: &Path, make: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    let mut temporary = path.as_os_str().to_os_string();
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::metadata(folder).map_err(|e| StoreError::io(folder, &e))?;
    let named = make(&temporary).and_then(|made| {
        let io = |e| StoreError::io(path, &e);
        let file = std::fs::OpenOptions::new().write(true).open(&temporary).map_err(io)?;
        file.sync_all().map_err(io)?;
        // unlike a rename, a link doesn't replace what another program has made meanwhile
        match std::fs::hard_link(&temporary, path) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Err(io(e)),
            Ok(()) => Ok(made),
            Err(_) => std::fs::rename(&temporary, path).map(|()| made).map_err(io),
        }
    });
    let _ = std::fs::remove_file(&temporary);
    named
}

/// Makes an empty file, in HDF5's earliest format, which every version reads and ch5mpy writes.
fn make_empty(path: &Path) -> Result<()> {
    let _lock = lock();
    let name = cstring(path.as_os_str().as_bytes());
    // SAFETY: the name and lists are valid for the calls.
    let made = unsafe {
        Id::new(H5Pcreate(H5P_CLS_FILE_ACCESS_ID_g)).and_then(|fapl| {
            let (mut low, mut high) = (0, 0);
            check(H5Pget_libver_bounds(fapl.raw(), &mut low, &mut high))?;
            check(H5Pset_libver_bounds(fapl.raw(), H5F_LIBVER_EARLIEST, high))?;
            Id::new(H5Fcreate(name.as_ptr(), H5F_ACC_TRUNC, H5P_DEFAULT, fapl.raw()))
        })
    };
    made.map(drop).map_err(|why| StoreError::Open { path: shown(path), why })
}
