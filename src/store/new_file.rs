//! New files: how they get their names, and what an empty one is.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::access::set_format;
use super::error::{Result, StoreError, shown};
use super::ffi::*;
use super::hdf::{Id, cstring, lock};

/// Makes an empty file at a path that is free.
pub(super) fn create(path: &Path) -> Result<()> {
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
    let temporary = beside(path);
    // of a process of this number that died
    let _ = std::fs::remove_file(&temporary);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::metadata(folder).map_err(|e| StoreError::io(folder, &e))?;
    let named = make(&temporary).and_then(|made| {
        let io = |e| StoreError::io(path, &e);
        let file = std::fs::OpenOptions::new().write(true).open(&temporary).map_err(io)?;
        file.sync_all().map_err(io)?;
        // unlike a rename, a link doesn't replace what another program has made meanwhile
        match std::fs::hard_link(&temporary, path) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Err(e),
            Ok(()) => Ok(()),
            Err(_) => std::fs::rename(&temporary, path),
        }
        .and_then(|()| std::fs::File::open(folder)?.sync_all())
        .map_err(io)?;
        Ok(made)
    });
    let _ = std::fs::remove_file(&temporary);
    named
}

/// Makes an empty file, in HDF5's earliest format, which every version reads and ch5mpy writes.
pub(super) fn make_empty(path: &Path) -> Result<()> {
    let _lock = lock();
    let name = cstring(path.as_os_str().as_bytes());
    // SAFETY: the name and lists are valid for the calls.
    let made = unsafe {
        Id::new(H5Pcreate(H5P_CLS_FILE_ACCESS_ID_g)).and_then(|fapl| {
            set_format(&fapl, H5F_LIBVER_EARLIEST)?;
            Id::new(H5Fcreate(name.as_ptr(), H5F_ACC_EXCL, H5P_DEFAULT, fapl.raw()))
        })
    };
    made.map(drop).map_err(|why| StoreError::Open { path: shown(path), why })
}

/// A name beside a file that is to be, or to be replaced: hidden, and this process's own.
pub(super) fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    // a name may be as long as the system allows
    let whole = file.file_name().unwrap_or_default().as_bytes();
    name.push(OsStr::from_bytes(&whole[..whole.len().min(200)]));
    name.push(format!(".{}.new", std::process::id()));
    file.with_file_name(name)
}
