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
use std::sync::atomic::{AtomicBool, Ordering};

use hdf5_sys::h5ac::{H5AC__CURR_CACHE_CONFIG_VERSION, H5AC_cache_config_t};

use super::error::{Result, StoreError, shown};
use super::ffi::*;
use super::hdf::{Id, Lock, check, cstring, lock, lock_for};
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

impl Stamp {
    fn of(path: &Path) -> std::io::Result<Stamp> {
        let m = std::fs::metadata(path)?;
        Ok(Stamp {
            device: m.dev(),
            inode: m.ino(),
            size: m.size(),
            modified: (m.mtime(), m.mtime_nsec()),
        })
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// An open HDF5 file. Objects in it are named by path; no handle leaves this room.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    mode: H5Mode,
    opened_as: OpenedAs,
    stamp: Stamp,
    /// The path as text that a crash handler may print; a few bytes a file, never freed.
    label: &'static CStr,
    /// Whether the metadata cache has room for a long walk.
    roomy: AtomicBool,
    /// Whether it has room for the whole tree, for good.
    whole_tree: AtomicBool,
    /// What was handed out that must not outlive the file.
    pub(super) lent: parking_lot::Mutex<super::lent::Lent>,
    pub(super) lapl: Id,
    // after `lapl`: closed last
    pub(super) id: Id,
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
        regular(path)?;
        let stamp = Stamp::of(path).map_err(|e| StoreError::io(path, &e))?;
        let why = |w| StoreError::Open { path: shown(path), why: w };
        let name = cstring(path.as_os_str().as_bytes());
        let plain = access(false).map_err(why)?;
        // SAFETY: name and property list are valid for the calls.
        let open = |flags, fapl: &Id| Id::new(unsafe { H5Fopen(name.as_ptr(), flags, fapl.raw()) });
        let (id, opened_as) = match open(H5F_ACC_RDONLY, &plain) {
            Ok(id) => (id, OpenedAs::Plain),
            Err(first) => {
                // SAFETY: as above.
                if unsafe { H5Fis_accessible(name.as_ptr(), plain.raw()) } == 0 {
                    return Err(StoreError::NotHdf5 { path: shown(path) });
                }
                if !first.contains("already open for") {
                    return Err(why(first));
                }
                match open(H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, &plain) {
                    Ok(id) => (id, OpenedAs::Swmr),
                    Err(_) => {
                        let unchecked = access(true).map_err(why)?;
                        (open(H5F_ACC_RDONLY, &unchecked).map_err(why)?, OpenedAs::Unchecked)
                    }
                }
            }
        };
        let lapl = link_access(&plain).map_err(why)?;
        Ok(File {
            path: path.to_path_buf(),
            mode,
            opened_as,
            stamp,
            label,
            roomy: AtomicBool::new(false),
            whole_tree: AtomicBool::new(false),
            lent: parking_lot::Mutex::default(),
            lapl,
            id,
        })
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
        self.mode
    }

    /// How the library agreed to open it.
    pub fn opened_as(&self) -> OpenedAs {
        self.opened_as
    }

    /// What the file system said of it when it was opened.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Whether the file differs from the one that was opened; an error where it is gone.
    pub fn changed(&self) -> Result<bool> {
        let now = Stamp::of(&self.path).map_err(|e| StoreError::io(&self.path, &e))?;
        Ok(now != self.stamp)
    }

    /// Closes the file and opens it as it is now: nothing cached of the old one is left.
    ///
    /// # Errors
    /// Those of [`File::open`]; the file is then closed.
    pub fn reopen(&self) -> Result<File> {
        self.close();
        Self::open_reading(&self.path, self.mode, self.label)
    }

    /// Closes the file for all who share it: whatever they ask of it from now on is an error.
    /// HDF5 keeps a file open while anything in it is, and would give the old one to whoever
    /// opens it anew.
    pub fn close(&self) {
        let _lock = self.lock();
        self.lent.lock().close();
        self.id.close();
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
        let plist = Id::new(unsafe { H5Fget_create_plist(self.id.raw()) });
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
const ROOMY_CACHE: usize = 24 << 20;

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
        use hdf5_sys::h5f::{H5Fget_mdc_config, H5Fset_mdc_config};
        let mut config = cache_config();
        // SAFETY: the file is open, and the structure is the one that HDF5 2.2 fills. A refusal
        // only costs time.
        unsafe {
            if H5Fget_mdc_config(self.id.raw(), &mut config) >= 0 {
                bound(&mut config, bytes);
                H5Fset_mdc_config(self.id.raw(), &config);
            }
        }
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

/// Makes an empty file, whole or not at all: under another name, then renamed.
fn create(path: &Path) -> Result<()> {
    let _lock = lock();
    let mut temporary = path.as_os_str().to_os_string();
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = PathBuf::from(temporary);
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty())
        && let Err(e) = std::fs::metadata(folder)
    {
        return Err(StoreError::io(folder, &e));
    }
    let name = cstring(temporary.as_os_str().as_bytes());
    let made = (|| {
        // HDF5's earliest format, which every version reads and ch5mpy writes
        // SAFETY: the name and lists are valid for the calls.
        unsafe {
            let fapl = Id::new(H5Pcreate(H5P_CLS_FILE_ACCESS_ID_g))?;
            let (mut low, mut high) = (0, 0);
            check(H5Pget_libver_bounds(fapl.raw(), &mut low, &mut high))?;
            check(H5Pset_libver_bounds(fapl.raw(), H5F_LIBVER_EARLIEST, high))?;
            Id::new(H5Fcreate(name.as_ptr(), H5F_ACC_TRUNC, H5P_DEFAULT, fapl.raw()))
        }
    })();
    if let Err(why) = made {
        let _ = std::fs::remove_file(&temporary);
        return Err(StoreError::Open { path: shown(path), why });
    }
    drop(made);
    std::fs::rename(&temporary, path).map_err(|e| {
        let _ = std::fs::remove_file(&temporary);
        StoreError::io(path, &e)
    })
}
