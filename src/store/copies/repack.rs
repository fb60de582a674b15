//! Repacking: a file written anew, without the space that nothing in it uses any more.
//!
//! 1. `whole` makes a file that holds all that the old one holds;
//! 2. `compare` walks over both and compares all that is in them;
//! 3. `mend` writes what still points into the old file;
//! 4. what was written is compared, too; only then does the copy take the old file's place.
//!
//! Where anything differs, or can't be copied, the old file stays and the copy goes.

use std::cell::Cell;
use std::fs::OpenOptions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::compare::Comparison;
use super::{CANCELLED, fill, mend, whole};

use crate::store::access::{ROOMY_CACHE, set_cache, user_block_of};
use crate::store::error::{Result, StoreError, shown};
use crate::store::ffi::*;
use crate::store::file::{self, File, Stamp};
use crate::store::hdf::{Hdf, Id, check, cstring, lock_for};
use crate::store::journal::source::NewFile;
use crate::store::journal::{driver, replaced};
use crate::store::new_file::place_new;

/// What came of a repacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repacked {
    /// Bytes of the file.
    pub before: u64,
    /// Bytes of the copy.
    pub after: u64,
    /// References that led to nothing: they are null in the copy.
    pub lost_references: u64,
}

impl Repacked {
    /// Whether there was nothing to gain, so that the file was left as it is.
    pub fn is_left(&self) -> bool {
        self.after >= self.before
    }
}

/// Told how many bytes of how many are done, at most; false stops.
pub type Tell = Arc<dyn Fn(u64, u64) -> bool + Send + Sync>;

/// Writes a file anew to `to`, which must be free; the file itself is only read. Attributes,
/// links, orders, references, committed types, filters, access rights are those of the file.
///
/// # Errors
/// `to` exists; what can't be copied; what differs in the copy: then there is none.
pub fn repack_to(path: &Path, to: &Path, tell: Tell) -> Result<Repacked> {
    if to.symlink_metadata().is_ok() {
        return Err(StoreError::Io { path: shown(to), why: "exists already".into() });
    }
    let io = |e: std::io::Error| StoreError::io(path, &e);
    let before = std::fs::metadata(path).map_err(io)?;
    place_new(to, |temporary| {
        let done = make(path, temporary, tell).map_err(|e| renamed(e, temporary, to))?;
        replaced::same_rights(temporary, path, &before, false)
            .map_err(|why| StoreError::Unwritable { path: shown(to), why })?;
        match std::fs::metadata(path).map_err(io)? {
            now if Stamp::from(&now).has_same_content(&(&before).into()) => Ok(done),
            _ => Err(StoreError::ChangedOutside { path: shown(path) }),
        }
    })
}

/// An error about a temporary name, as one about the name that was asked for.
fn renamed(error: StoreError, temporary: &Path, to: &Path) -> StoreError {
    match error {
        StoreError::Unwritable { path, why } if path == shown(temporary) => {
            StoreError::Unwritable { path: shown(to), why }
        }
        other => other,
    }
}

impl File {
    /// Writes the file anew in its own place, for all who have it open; where nothing is gained
    /// it stays as it is. What undoes its changes goes.
    ///
    /// # Errors
    /// It has other names; another program is changing it; what can't be copied; what differs in
    /// the copy. The file is then as it was.
    pub fn repack(&self, tell: Tell) -> Result<Repacked> {
        self.closed_for(false, |path| {
            let mut done = None;
            replaced::replace_by_copy(path, |new| {
                let repacked = make(path, new, tell)?;
                done = Some(repacked);
                Ok(!repacked.is_left())
            })?;
            done.ok_or_else(|| self.unwritable("was not repacked".into()))
        })
    }
}

/// Makes the copy at a path that is free, and compares it.
fn make(path: &Path, to: &Path, tell: Tell) -> Result<Repacked> {
    let label = Box::leak(cstring(shown(path).as_bytes()).into_boxed_c_str());
    let _lock = lock_for(label);
    let io = |e: std::io::Error| StoreError::io(to, &e);
    let made = OpenOptions::new().read(true).write(true).create_new(true).open(to).map_err(io)?;
    let new = Arc::new(NewFile::new(made));
    let (from, ..) = file::open_for_reading(path)?;
    set_cache(&from, ROOMY_CACHE);
    let size = std::fs::metadata(path).map_err(|e| StoreError::io(path, &e))?.len();

    // what was copied, then what was compared
    let total = size.saturating_mul(2);
    let done = Rc::new(Cell::new(0u64));
    let watcher: driver::Watcher = {
        let (done, new) = (done.clone(), new.clone());
        Rc::new(move |bytes| {
            done.set((done.get() + bytes as u64).min(total));
            tell(done.get(), total) && new.failure().is_none()
        })
    };
    let copied = driver::watched(watcher.clone(), || whole::copy(&from, to, &new));
    done.set(done.get().max(size));
    let lost = copied.and_then(|()| {
        user_block(path, &from, &new)?;
        finish(&from, to, &new, &*watcher)
    });
    let failed = |why: String| match new.failure() {
        Some(why) => StoreError::Unwritable { path: shown(to), why },
        None if !watcher(0) => StoreError::NotChanged { path: shown(path), why: CANCELLED.into() },
        None => {
            let why = format!("can't be repacked: {why}");
            StoreError::NotChanged { path: shown(path), why }
        }
    };
    let lost_references = lost.map_err(failed)?;
    new.file.sync_all().map_err(io)?;
    let after = new.file.metadata().map_err(io)?.len();
    Ok(Repacked { before: size, after, lost_references })
}

/// Copies what stands before HDF5's part of the file.
fn user_block(path: &Path, from: &Id, new: &NewFile) -> Hdf<()> {
    let size = user_block_of(from)?;
    let words = |e: std::io::Error| e.to_string();
    let old = std::fs::File::open(path).map_err(words)?;
    let mut bytes = vec![0; 1 << 20];
    let mut at = 0;
    while at < size {
        let n = (size - at).min(bytes.len() as u64) as usize;
        old.read_exact_at(&mut bytes[..n], at).map_err(words)?;
        new.file.write_all_at(&bytes[..n], at).map_err(words)?;
        at += n as u64;
    }
    Ok(())
}

/// Compares the copy, and writes what `copy` could not. How many references led to nothing.
fn finish(from: &Id, path: &Path, new: &Arc<NewFile>, tell: &dyn Fn(usize) -> bool) -> Hdf<u64> {
    let reading = || {
        let (id, ..) = file::open_for_reading(path).map_err(|e| e.to_string())?;
        set_cache(&id, ROOMY_CACHE);
        Ok::<Id, String>(id)
    };
    let is = reading()?;
    let mut all = Comparison::new(from, &is, tell);
    all.run(c"/", c"/")?;
    let mut lost = 0;
    let name = cstring(path.as_os_str().as_bytes());
    // closes the copy, and does something to it that is to be written
    let writing = |f: &mut dyn FnMut() -> Hdf<()>| {
        is.close();
        let access = whole::access(H5F_LIBVER_EARLIEST)?;
        is.replace(driver::with_new_file(new, || {
            // SAFETY: the name and the list are valid for the call.
            Id::new(unsafe { H5Fopen(name.as_ptr(), H5F_ACC_RDWR, access.raw()) })
        })?);
        f()?;
        // SAFETY: the file is open.
        check(unsafe { H5Fflush(is.raw(), H5F_SCOPE_LOCAL) })?;
        match (is.close(), new.failure()) {
            (_, Some(why)) => Err(why),
            (true, None) => Ok(()),
            (false, None) => Err("the library could not close the copy".into()),
        }
    };
    if !all.filled.is_empty() {
        let (mut values, mut form) = (Vec::new(), None);
        writing(&mut || {
            form = Some(fill::Form::of(&is)?);
            values = mend::fills(&all, &new.file)?;
            Ok(())
        })?;
        let Some(form) = form else { return Err("the copy has no form".into()) };
        for mend::NewFill { was, is, value } in values {
            match fill::replace(&new.file, form, is, &value) {
                Ok(true) => {}
                Ok(false) => return Err(all.about(was, "its fill value isn't found".into())),
                Err(why) => return Err(all.about(was, why)),
            }
        }
    }
    if !all.referring.is_empty() || !all.filled.is_empty() {
        writing(&mut || {
            lost = mend::references(&all)?;
            Ok(())
        })?;
        is.replace(reading()?);
        all.run_written()?;
    }
    match is.close() {
        true => Ok(lost),
        false => Err("the library could not close the copy".into()),
    }
}
