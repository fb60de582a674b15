//! What is open in a file on behalf of [`Elements`](super::Elements): handles of datasets, which
//! the file takes back when it is closed, and its bytes for reading past the library.

use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::ffi::*;
use super::hdf::{Id, check, lock_for};
use super::journal::driver;
use super::journal::source::{self, Source};
use super::object::ObjectId;

/// What the library has open for a dataset's elements.
pub(super) struct Ids {
    pub dataset: Id,
    pub kind: Id,
    pub space: Id,
}

/// The library's part of [`Elements`], which the file takes back when it is closed.
pub(super) struct Handle {
    label: &'static CStr,
    /// The dataset that it is of.
    object: ObjectId,
    open: AtomicBool,
    ids: Mutex<Option<Ids>>,
}

pub(super) const CLOSED: &str = "its file was closed";

impl Handle {
    pub fn new(label: &'static CStr, object: ObjectId, ids: Ids) -> Handle {
        Handle { label, object, open: AtomicBool::new(true), ids: Mutex::new(Some(ids)) }
    }

    /// The dataset that it is of.
    pub fn object(&self) -> ObjectId {
        self.object
    }

    /// Whether its file is open.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Calls the library, with its lock held.
    pub fn with<T>(
        &self,
        f: impl FnOnce(&Ids) -> std::result::Result<T, String>,
    ) -> std::result::Result<T, String> {
        let _lock = lock_for(self.label);
        let ids = self.ids.lock();
        f(ids.as_ref().ok_or(CLOSED)?)
    }

    /// Gives the ids back. Needs the lock.
    fn close(&self) {
        self.open.store(false, Ordering::Release);
        drop(self.ids.lock().take());
    }
}

/// What a [`File`] keeps of the elements that were opened in it.
#[derive(Default)]
pub(super) struct Lent {
    handles: Vec<Weak<Handle>>,
}

impl std::fmt::Debug for Lent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lent({})", self.handles.len())
    }
}

impl Lent {
    pub fn keep(&mut self, handle: &Arc<Handle>) {
        if self.handles.len() == self.handles.capacity() {
            self.handles.retain(|h| h.strong_count() > 0);
        }
        self.handles.push(Arc::downgrade(handle));
    }

    /// Closes all that is still open. Needs the lock.
    pub fn close(&mut self) {
        for handle in self.handles.drain(..).filter_map(|h| h.upgrade()) {
            handle.close();
        }
    }

    /// Closes what is open of one object. Needs the lock.
    pub fn close_object(&mut self, object: &ObjectId) {
        for handle in self.handles.iter().filter_map(Weak::upgrade) {
            if handle.object.is_same_object(object) {
                handle.close();
            }
        }
        self.handles.retain(|h| h.upgrade().is_some_and(|h| h.is_open()));
    }
}

/// What holds a dataset's bytes, for reading past the library: perhaps a file behind a link.
pub(super) fn source(dataset: &Id) -> std::result::Result<Arc<Source>, String> {
    // SAFETY: the dataset is open, and so is its file. Our driver's handle is a pointer to a
    // descriptor, which is there as long as the file is open.
    let descriptor = unsafe {
        let file = Id::new(H5Iget_file_id(dataset.raw()))?;
        let fapl = Id::new(H5Fget_access_plist(file.raw()))?;
        if !driver::is_ours(H5Pget_driver(fapl.raw())) {
            return Err("its file is in several parts".into());
        }
        let mut at: *mut c_void = std::ptr::null_mut();
        check(H5Fget_vfd_handle(file.raw(), H5P_DEFAULT, &mut at))?;
        at.cast::<c_int>().as_ref().copied()
    };
    let source = descriptor.and_then(source::behind);
    source.ok_or_else(|| "its file has no descriptor".into())
}
