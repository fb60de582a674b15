//! The library itself: started once, one caller at a time, its ids and its reasons.
//!
//! Every public function of this room takes [`lock`] at its top and holds it to its end, so that
//! the error stack it reads is its own. An [`Id`] gives its handle back when it is dropped.

use std::ffi::{CStr, CString, c_char, c_uint, c_void};
use std::ptr::null_mut;
use std::sync::LazyLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI64, AtomicPtr};

use super::ffi::*;

static STARTED: LazyLock<()> = LazyLock::new(|| {
    // hdf5-metno opens the library, keeps it from closing itself at exit, registers lzf
    hdf5::library_version();
    let _lock = hdf5_sys::LOCK.lock();
    // SAFETY: the library is open and the lock is held; a null handler means "print nothing".
    unsafe { H5Eset_auto2(H5E_DEFAULT, std::ptr::null(), null_mut()) };
    super::codec::register();
});

/// The right to call HDF5, until it is dropped. Reentrant in one thread.
pub(super) struct Lock {
    _guard: parking_lot::ReentrantMutexGuard<'static, ()>,
    before: *mut c_char,
}

impl Drop for Lock {
    fn drop(&mut self) {
        AT_WORK.store(self.before, Relaxed);
    }
}

/// The file that the library is at work on, as NUL-terminated text; null for none.
static AT_WORK: AtomicPtr<c_char> = AtomicPtr::new(null_mut());

/// The file that HDF5 is reading at this moment, for a handler of crashes: a pointer to
/// NUL-terminated text that is never freed, or null. Safe to ask in a signal handler.
pub fn file_at_work() -> *const c_char {
    AT_WORK.load(Relaxed)
}

/// The right to call HDF5, for no file in particular.
pub(super) fn lock() -> Lock {
    LazyLock::force(&STARTED);
    let guard = hdf5_sys::LOCK.lock();
    Lock { _guard: guard, before: AT_WORK.load(Relaxed) }
}

/// The right to call HDF5, for the file of this label.
pub(super) fn lock_for(label: &'static CStr) -> Lock {
    let lock = lock();
    AT_WORK.store(label.as_ptr().cast_mut(), Relaxed);
    lock
}

/// An open handle of any kind.
#[derive(Debug)]
pub(super) struct Id(AtomicI64);

impl Id {
    /// Takes what a C function returned; negative is its failure.
    pub fn new(raw: hid_t) -> Result<Id, String> {
        if raw < 0 { Err(reason()) } else { Ok(Id(AtomicI64::new(raw))) }
    }

    /// The handle; one that was closed is none of the library's.
    pub fn raw(&self) -> hid_t {
        self.0.load(Relaxed)
    }

    /// Takes over another handle, after this one was closed.
    pub fn replace(&self, other: Id) {
        self.close();
        self.0.store(other.0.swap(-1, Relaxed), Relaxed);
    }

    /// A handle of its own of the same thing. Needs the lock.
    pub fn another(&self) -> Result<Id, String> {
        // SAFETY: the handle is open; each of the two gives back one count.
        unsafe { check(H5Iinc_ref(self.raw()))? };
        Ok(Id(AtomicI64::new(self.raw())))
    }

    /// Gives the handle back now. Needs the lock, as whoever uses it. Whether the library had no
    /// complaint.
    pub fn close(&self) -> bool {
        let raw = self.0.swap(-1, Relaxed);
        // SAFETY: the handle was open and is given back once.
        raw < 0 || unsafe { H5Idec_ref(raw) } >= 0
    }
}

impl Drop for Id {
    fn drop(&mut self) {
        let _lock = lock();
        self.close();
    }
}

/// The library's answer, or its words for a failure.
pub(super) type Hdf<T> = Result<T, String>;

/// Takes a status; negative is a failure with the library's reason.
pub(super) fn check<T: Into<i64> + Copy>(status: T) -> Result<T, String> {
    if status.into() < 0 { Err(reason()) } else { Ok(status) }
}

/// The library's words for the last failure: the deepest record that says something.
pub(super) fn reason() -> String {
    unsafe extern "C" fn collect(_: c_uint, e: *const H5E_error2_t, data: *mut c_void) -> herr_t {
        // SAFETY: `data` is the vector below, and HDF5 gives a valid record.
        unsafe {
            let found = &mut *data.cast::<Vec<String>>();
            if !(*e).desc.is_null() {
                found.push(super::path::escape(CStr::from_ptr((*e).desc).to_bytes()));
            }
        }
        0
    }
    let mut found: Vec<String> = Vec::new();
    // SAFETY: the callback writes to `found` only during the call.
    unsafe {
        H5Ewalk2(H5E_DEFAULT, 0, collect, (&raw mut found).cast());
        H5Eclear2(H5E_DEFAULT);
    }
    found
        .into_iter()
        .find(|d| !d.trim().is_empty())
        .map(|d| system_words(&d).map_or(d.clone(), str::to_string))
        .unwrap_or_else(|| "HDF5 gives no reason".into())
}

/// The operating system's words in a reason that has them among file descriptors and addresses.
fn system_words(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once("error message = '")?;
    rest.split_once('\'').map(|(words, _)| words)
}

/// A C string; bytes after a NUL, which no HDF5 name can hold, are cut.
pub(super) fn cstring(bytes: &[u8]) -> CString {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    CString::new(&bytes[..end]).unwrap_or_default()
}

/// The text of one of those functions that are asked twice: for the length, then the bytes.
pub(super) fn text_of(mut f: impl FnMut(*mut c_char, usize) -> isize) -> Option<Vec<u8>> {
    let len = usize::try_from(f(null_mut(), 0)).ok()?;
    let mut buf = vec![0u8; len + 1];
    let got = usize::try_from(f(buf.as_mut_ptr().cast(), len + 1)).ok()?;
    buf.truncate(got.min(len));
    Some(buf)
}

/// A string that HDF5 allocated, copied and given back.
pub(super) fn take_string(p: *mut c_char) -> Vec<u8> {
    if p.is_null() {
        return Vec::new();
    }
    // SAFETY: HDF5 returned a NUL-terminated string that is ours to free.
    unsafe {
        let bytes = CStr::from_ptr(p).to_bytes().to_vec();
        H5free_memory(p.cast());
        bytes
    }
}

/// Gives freed memory back to the system, where the C library can.
pub(super) fn trim_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: no condition.
    unsafe {
        libc::malloc_trim(0);
    }
}
