//! Changes: the one point that every write passes through.
//!
//! A file is open for reading; [`File::change`] opens it for writing, runs what is to be done,
//! and opens it for reading again. In between, whoever in this process reads the file does so
//! through the writing handle, whatever [`File`] they hold. Changes inside a change are part of
//! it. What a [`Change`] can do stands in `edit` (groups and links), `new_dataset` and `write`.
//!
//! Values that were read lazily stay what they are: each [`Reader`] of an object is asked, before
//! the object is changed or deleted, to keep what it will still need.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, ReentrantMutex};

use super::error::{Result, StoreError};
use super::ffi::*;
use super::file::{File, Opened};
use super::hdf::{Id, check};
use super::object::ObjectId;
use super::path::ObjectPath;

/// Whoever reads a dataset later than now, and wants what was in it.
pub trait Reader: Send + Sync {
    /// The path that it reads from.
    fn path(&self) -> ObjectPath;
    /// The object that it reads.
    fn object(&self) -> ObjectId;
    /// Called before elements are overwritten: `count` of them from `start` along each axis, or
    /// all for none. It reads those that it may still need.
    ///
    /// # Errors
    /// Where they can't be read or kept; the change is then not made.
    fn keep(&self, region: Option<(&[u64], &[u64])>) -> Result<()>;
    /// Its object is now found at another path.
    fn moved(&self, to: ObjectPath);
}

/// The readers of a file.
#[derive(Default)]
pub(super) struct Readers(Mutex<Vec<Weak<dyn Reader>>>);

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Readers({})", self.0.lock().len())
    }
}

impl Readers {
    fn add(&self, reader: Weak<dyn Reader>) {
        let mut readers = self.0.lock();
        if readers.len() == readers.capacity() {
            readers.retain(|r| r.strong_count() > 0);
        }
        readers.push(reader);
    }

    fn alive(&self) -> Vec<Arc<dyn Reader>> {
        self.0.lock().iter().filter_map(Weak::upgrade).collect()
    }
}

/// One change at a time in this process.
static CHANGING: ReentrantMutex<()> = ReentrantMutex::new(());

/// The right to change a file, inside [`File::change`].
pub struct Change<'a> {
    pub(super) file: &'a File,
}

/// The library's answer, or its words for a failure.
pub(super) type Hdf<T> = std::result::Result<T, String>;

impl File {
    /// Notes a reader, to be asked before what it reads is changed.
    pub fn add_reader(&self, reader: Weak<dyn Reader>) {
        self.opened.readers.add(reader);
    }

    /// Runs `f` with the right to change the file; what it did is in the file when this returns.
    /// A change inside another of the same file is part of it.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] where the mode has no write intent; the library's reason where
    /// the file can't be opened or written; those of `f`.
    pub fn change<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Change) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        if !self.mode().has_write_intent() {
            return Err(StoreError::ReadOnly { file: self.shown_path() }.into());
        }
        let _one = CHANGING.lock();
        let change = Change { file: self };
        if self.opened.writing.load(Ordering::Acquire) {
            return f(&change);
        }
        let siblings = self.begin()?;
        // a panic, too, must leave the file closed properly
        let ending = Ending { file: self, siblings: Some(siblings) };
        let result = f(&change);
        let ended = ending.end();
        let value = result?;
        ended?;
        Ok(value)
    }

    /// Opens the file for writing, for all who have it open.
    fn begin(&self) -> Result<Vec<Arc<Opened>>> {
        let _lock = self.lock();
        let mut siblings = self.opened.siblings();
        if !siblings.iter().any(|o| Arc::ptr_eq(o, &self.opened)) {
            siblings.push(self.opened.clone());
        }
        let close = || {
            for o in &siblings {
                o.lent.lock().close();
                o.id.close();
            }
        };
        close();
        let mut writing = self.opened.open_for_writing();
        if writing.as_ref().is_err_and(|why| why.contains("already open")) {
            // perhaps by way of a link from another file
            Opened::close_all_lent();
            writing = self.opened.open_for_writing();
        }
        let shared = writing.and_then(|id| {
            for o in siblings.iter().filter(|o| !Arc::ptr_eq(o, &self.opened)) {
                o.id.replace(id.another()?);
            }
            self.opened.id.replace(id);
            Ok(())
        });
        if let Err(why) = shared {
            close();
            for o in &siblings {
                o.reopen()?;
            }
            return Err(self.unwritable(why));
        }
        siblings.iter().for_each(|o| o.writing.store(true, Ordering::Release));
        Ok(siblings)
    }

    /// Writes what the library holds back and opens the file for reading again.
    fn end(&self, siblings: &[Arc<Opened>]) -> Result<()> {
        let _lock = self.lock();
        // SAFETY: the file is open.
        let flushed = check(unsafe { H5Fflush(self.opened.id.raw(), H5F_SCOPE_GLOBAL) });
        for o in siblings {
            o.lent.lock().close();
            o.id.close();
        }
        let mut reopened = Ok(());
        for o in siblings {
            reopened = reopened.and(o.reopen());
            o.generation.fetch_add(1, Ordering::AcqRel);
            o.writing.store(false, Ordering::Release);
        }
        flushed.map_err(|why| self.unwritable(why))?;
        reopened
    }

    /// Whether the handle is one for writing.
    pub(super) fn is_changing(&self) -> bool {
        self.opened.writing.load(Ordering::Acquire)
    }

    pub(super) fn unwritable(&self, why: String) -> StoreError {
        let why = match () {
            _ if why.contains("unable to lock file") => {
                "another program has it open, and keeps it from being changed".into()
            }
            _ => why,
        };
        StoreError::Unwritable { path: self.shown_path(), why }
    }
}

struct Ending<'a> {
    file: &'a File,
    siblings: Option<Vec<Arc<Opened>>>,
}

impl Ending<'_> {
    fn end(mut self) -> Result<()> {
        match self.siblings.take() {
            Some(siblings) => self.file.end(&siblings),
            None => Ok(()),
        }
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if let Some(siblings) = self.siblings.take() {
            let _ = self.file.end(&siblings);
        }
    }
}

impl Change<'_> {
    /// The file that is changed.
    pub fn file(&self) -> &File {
        self.file
    }

    pub(super) fn failed(&self, path: &ObjectPath, why: String) -> StoreError {
        StoreError::NotWritten { path: path.clone(), why }
    }

    /// Calls the library with its lock; a failure is about `path`.
    pub(super) fn call<T>(&self, path: &ObjectPath, f: impl FnOnce(&Id) -> Hdf<T>) -> Result<T> {
        let _lock = self.file.lock();
        f(&self.file.opened.id).map_err(|why| self.failed(path, why))
    }

    fn readers(&self) -> Vec<Arc<dyn Reader>> {
        let siblings = self.file.opened.siblings();
        siblings.iter().flat_map(|o| o.readers.alive()).collect()
    }

    /// Has the readers of the object at `path` keep elements of it, and closes what was handed
    /// out for reading it. To be called before each change of elements.
    pub(super) fn keep_elements(
        &self,
        path: &ObjectPath,
        region: Option<(&[u64], &[u64])>,
    ) -> Result<()> {
        let object = self.file.id_of_object(path)?;
        for reader in self.readers() {
            if reader.object().is_same_object(&object) {
                reader.keep(region)?;
            }
        }
        let _lock = self.file.lock();
        self.file.opened.siblings().iter().for_each(|o| o.lent.lock().close_object(&object));
        Ok(())
    }

    /// Has the readers of all objects at and below `path` keep all that they need.
    pub(super) fn keep_tree(&self, path: &ObjectPath) -> Result<()> {
        let readers = self.readers();
        let mut others = Vec::new();
        for reader in readers {
            match reader.path().is_below(path) {
                true => reader.keep(None)?,
                false => others.push(reader),
            }
        }
        // another path may lead to an object below this one
        if !others.is_empty() {
            let below = self.file.objects_below(path)?;
            for reader in others {
                if below.iter().any(|id| id.is_same_object(&reader.object())) {
                    reader.keep(None)?;
                }
            }
        }
        Ok(())
    }

    /// Tells the readers below `from` that their objects are now below `to`.
    pub(super) fn tell_moved(&self, from: &ObjectPath, to: &ObjectPath) {
        for reader in self.readers() {
            if let Some(path) = reader.path().rebased(from, to) {
                reader.moved(path);
            }
        }
    }
}
