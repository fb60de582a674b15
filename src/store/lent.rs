//! What is open in a file on behalf of [`Elements`](super::Elements): handles of datasets, which
//! the file takes back when it is closed, and descriptors for reading past the library.

use std::ffi::{CStr, c_int, c_void};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::ffi::*;
use super::hdf::{Id, check, lock_for};
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
    /// The files that data are read from, by device and inode: one descriptor for each.
    files: Vec<(u64, u64, Weak<std::fs::File>)>,
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

    /// The file of an open dataset, for reading past the library.
    pub fn file(&mut self, dataset: &Id) -> std::result::Result<Arc<std::fs::File>, String> {
        let file = descriptor(dataset)?;
        let io = |e: std::io::Error| e.to_string();
        let meta = file.metadata().map_err(io)?;
        self.files.retain(|(_, _, f)| f.strong_count() > 0);
        let same =
            |(device, inode, _): &&(u64, u64, _)| (*device, *inode) == (meta.dev(), meta.ino());
        if let Some(known) = self.files.iter().find(same).and_then(|(_, _, f)| f.upgrade()) {
            return Ok(known);
        }
        let file = Arc::new(file);
        self.files.push((meta.dev(), meta.ino(), Arc::downgrade(&file)));
        Ok(file)
    }
}

/// A descriptor of our own of the file that holds a dataset, which is perhaps behind a link.
fn descriptor(dataset: &Id) -> std::result::Result<std::fs::File, String> {
    // SAFETY: the dataset is open, and so is its file. Its driver is the plain one, whose handle
    // is a pointer to its descriptor, open for as long as the file is; here it is only doubled.
    unsafe {
        let file = Id::new(H5Iget_file_id(dataset.raw()))?;
        let fapl = Id::new(H5Fget_access_plist(file.raw()))?;
        if H5Pget_driver(fapl.raw()) != H5FD_SEC2_id_g {
            return Err("its file is in several parts".into());
        }
        let mut at: *mut c_void = std::ptr::null_mut();
        check(H5Fget_vfd_handle(file.raw(), H5P_DEFAULT, &mut at))?;
        let descriptor = at.cast::<c_int>().as_ref().copied().filter(|&d| d >= 0);
        let descriptor = descriptor.ok_or("its file has no descriptor")?;
        let doubled = BorrowedFd::borrow_raw(descriptor).try_clone_to_owned();
        Ok(doubled.map_err(|e| e.to_string())?.into())
    }
}
