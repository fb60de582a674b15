//! HDF5's side of it: a file driver, which HDF5 calls for every byte that it reads or writes.
//!
//! It does what HDF5's own driver for plain files (sec2) does, and no more, but that bytes come
//! from a [`Source`] and go to a [`Transaction`]. No panic leaves it, and no write fails: see
//! [`Transaction::write`].
//!
//! The structures are those of HDF5 2.2's `H5FDdevelop.h`; those of `hdf5-sys` 0.12 are of an
//! older version.

use std::cell::RefCell;
use std::ffi::{CStr, OsStr};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use libc::{c_char, c_int, c_uint, c_ulong, c_void, size_t};
use parking_lot::Mutex;

use super::source::{NewFile, Source, announce};
use super::transaction::Transaction;
use super::words::words_of;
use crate::store::ffi::*;
use crate::store::hdf::{Id, check};

const CLASS_VERSION: c_uint = 1;
/// Of the numbers that HDF5 leaves to drivers which are registered nowhere.
const CLASS_VALUE: c_int = 487;
const TYPES: usize = 7;
const MEM_SUPER: c_int = 1;
const MEM_DRAW: c_int = 3;
const MEM_GHEAP: c_int = 4;
/// sec2's: metadata and small data are put together, data are sieved, the handle is a descriptor,
/// the file can be opened with the default driver.
const FEATURES: c_ulong = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x80 | 0x1000 | 0x8000;
/// sec2's largest address.
const MAX_ADDRESS: u64 = i64::MAX as u64;

/// `H5FD_t`: what the library keeps of an open file; ours follows it.
#[repr(C)]
struct Open {
    driver_id: hid_t,
    class: *const c_void,
    file_number: c_ulong,
    access_flags: c_uint,
    feature_flags: c_ulong,
    max_address: u64,
    base_address: u64,
    threshold: u64,
    alignment: u64,
    paged: bool,
    /// Ours from here on.
    source: Arc<Source>,
    descriptor: c_int,
    identity: (u64, u64),
    allocated: u64,
}

type Unused = Option<unsafe extern "C" fn()>;

/// `H5FD_class_t`.
#[repr(C)]
struct Class {
    version: c_uint,
    value: c_int,
    name: *const c_char,
    max_address: u64,
    close_degree: c_int,
    terminate: Unused,
    superblock: [Unused; 3],
    fapl_size: size_t,
    fapl: [Unused; 3],
    dxpl_size: size_t,
    dxpl: [Unused; 2],
    open: unsafe extern "C" fn(*const c_char, c_uint, hid_t, u64) -> *mut Open,
    close: unsafe extern "C" fn(*mut Open) -> herr_t,
    compare: unsafe extern "C" fn(*const Open, *const Open) -> c_int,
    query: unsafe extern "C" fn(*const Open, *mut c_ulong) -> herr_t,
    type_map: Unused,
    allocate: Unused,
    free: Unused,
    get_eoa: unsafe extern "C" fn(*const Open, c_int) -> u64,
    set_eoa: unsafe extern "C" fn(*mut Open, c_int, u64) -> herr_t,
    get_eof: unsafe extern "C" fn(*const Open, c_int) -> u64,
    get_handle: unsafe extern "C" fn(*mut Open, hid_t, *mut *mut c_void) -> herr_t,
    read: unsafe extern "C" fn(*mut Open, c_int, hid_t, u64, size_t, *mut c_void) -> herr_t,
    write: unsafe extern "C" fn(*mut Open, c_int, hid_t, u64, size_t, *const c_void) -> herr_t,
    vectors: [Unused; 4],
    flush: Unused,
    truncate: unsafe extern "C" fn(*mut Open, hid_t, bool) -> herr_t,
    lock: unsafe extern "C" fn(*mut Open, bool) -> herr_t,
    unlock: unsafe extern "C" fn(*mut Open) -> herr_t,
    delete: Unused,
    control: Unused,
    free_lists: [c_int; TYPES],
}

// SAFETY: it is never written, and its pointers are of static data.
unsafe impl Sync for Class {}

static CLASS: Class = Class {
    version: CLASS_VERSION,
    value: CLASS_VALUE,
    name: c"ch5tui".as_ptr(),
    max_address: MAX_ADDRESS,
    close_degree: H5F_CLOSE_WEAK,
    terminate: None,
    superblock: [None; 3],
    fapl_size: 0,
    fapl: [None; 3],
    dxpl_size: 0,
    dxpl: [None; 2],
    open,
    close,
    compare,
    query,
    type_map: None,
    allocate: None,
    free: None,
    get_eoa,
    set_eoa,
    get_eof,
    get_handle,
    read,
    write,
    vectors: [None; 4],
    flush: None,
    truncate,
    lock,
    unlock,
    delete: None,
    control: None,
    // data apart from all else, as sec2
    free_lists: [MEM_SUPER, MEM_SUPER, MEM_SUPER, MEM_DRAW, MEM_DRAW, MEM_SUPER, MEM_SUPER],
};

/// The driver's id, registered once.
fn driver() -> Result<hid_t, String> {
    static ID: OnceLock<Result<hid_t, String>> = OnceLock::new();
    // SAFETY: the class is complete and lives for ever.
    ID.get_or_init(|| unsafe { check(H5FDregister((&raw const CLASS).cast())) }).clone()
}

/// Whether this is our driver's id.
pub(in crate::store) fn is_ours(id: hid_t) -> bool {
    driver().is_ok_and(|ours| ours == id)
}

/// Has files that are opened with this list go through the driver. Needs the lock.
pub(in crate::store) fn set(fapl: &Id) -> Result<(), String> {
    // SAFETY: the list is open, and the driver takes no information.
    unsafe { check(H5Pset_driver(fapl.raw(), driver()?, std::ptr::null())).map(drop) }
}

/// What a file that is opened for writing is written through.
static WRITTEN: Mutex<Option<Written>> = Mutex::new(None);

#[derive(Clone)]
enum Written {
    Change(Arc<Transaction>),
    New(Arc<NewFile>),
}

/// Runs `f`, in which the file that is opened for writing is a new one.
pub(in crate::store) fn with_new_file<T>(new: &Arc<NewFile>, f: impl FnOnce() -> T) -> T {
    *WRITTEN.lock() = Some(Written::New(new.clone()));
    let result = f();
    *WRITTEN.lock() = None;
    result
}

/// Asked at each read with its bytes; false lets the read fail.
pub(in crate::store) type Watcher = Rc<dyn Fn(usize) -> bool>;

thread_local! {
    static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
}

/// Runs `f`, in which this thread's reads through HDF5 are told to `watcher`.
pub(in crate::store) fn watched<T>(watcher: Watcher, f: impl FnOnce() -> T) -> T {
    WATCHER.set(Some(watcher));
    let result = f();
    WATCHER.set(None);
    result
}

fn may_read(size: usize) -> bool {
    WATCHER.with_borrow(|w| w.as_ref().is_none_or(|w| w(size)))
}

/// Runs `f`, in which files opened for writing are written through this transaction.
pub(in crate::store) fn with_transaction<T>(
    transaction: &Arc<Transaction>,
    f: impl FnOnce() -> T,
) -> T {
    *WRITTEN.lock() = Some(Written::Change(transaction.clone()));
    let result = f();
    *WRITTEN.lock() = None;
    result
}

/// Says to the library why something failed.
fn tell(why: &str) {
    let words: Vec<u8> = why.bytes().filter(|&b| b != 0).chain([0]).collect();
    // SAFETY: all texts end with a NUL; the ids are the library's own.
    unsafe {
        H5Epush2(
            H5E_DEFAULT,
            c"driver".as_ptr(),
            c"ch5tui".as_ptr(),
            0,
            H5E_ERR_CLS_g,
            H5E_FILE_g,
            H5E_CANTOPENFILE_g,
            c"%s".as_ptr(),
            words.as_ptr(),
        );
    }
}

/// Runs the body of a callback; a panic is a failure.
fn guarded<T>(failure: T, f: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(failure)
}

unsafe extern "C" fn open(name: *const c_char, flags: c_uint, _: hid_t, _: u64) -> *mut Open {
    guarded(std::ptr::null_mut(), || {
        // SAFETY: the library gives a NUL-terminated name.
        let name = unsafe { CStr::from_ptr(name) };
        let path = Path::new(OsStr::from_bytes(name.to_bytes()));
        let source = match flags & H5F_ACC_RDWR != 0 {
            false => Source::open(path),
            true => match WRITTEN.lock().clone() {
                Some(Written::Change(transaction)) => Ok(Source::Changing(transaction)),
                Some(Written::New(new)) => Ok(Source::New(new)),
                None => Err(std::io::Error::other("a file is only written in a change")),
            },
        };
        let opened = source.and_then(|source| Ok((source.identity()?, source)));
        match opened {
            Ok((identity, source)) => {
                let source = Arc::new(source);
                announce(&source);
                if let Source::Changing(transaction) = &*source {
                    transaction.count(true);
                }
                Box::into_raw(Box::new(Open {
                    driver_id: 0,
                    class: std::ptr::null(),
                    file_number: 0,
                    access_flags: 0,
                    feature_flags: 0,
                    max_address: 0,
                    base_address: 0,
                    threshold: 0,
                    alignment: 0,
                    paged: false,
                    descriptor: source.file().as_raw_fd(),
                    source,
                    identity,
                    allocated: 0,
                }))
            }
            Err(e) => {
                tell(&words_of(&e));
                std::ptr::null_mut()
            }
        }
    })
}

unsafe extern "C" fn close(file: *mut Open) -> herr_t {
    // SAFETY: the library gives back what `open` made, once.
    guarded(-1, || {
        let file = unsafe { Box::from_raw(file) };
        if let Source::Changing(transaction) = &*file.source {
            transaction.count(false);
        }
        0
    })
}

unsafe extern "C" fn compare(a: *const Open, b: *const Open) -> c_int {
    // SAFETY: both are open files of this driver.
    unsafe { (*a).identity.cmp(&(*b).identity) as c_int }
}

unsafe extern "C" fn query(_: *const Open, flags: *mut c_ulong) -> herr_t {
    // SAFETY: the library gives room for the answer, or null.
    if let Some(flags) = unsafe { flags.as_mut() } {
        *flags = FEATURES;
    }
    0
}

unsafe extern "C" fn get_eoa(file: *const Open, _: c_int) -> u64 {
    // SAFETY: an open file of this driver, here and below.
    unsafe { (*file).allocated }
}

unsafe extern "C" fn set_eoa(file: *mut Open, _: c_int, address: u64) -> herr_t {
    // SAFETY: see above.
    unsafe { (*file).allocated = address };
    0
}

unsafe extern "C" fn get_eof(file: *const Open, _: c_int) -> u64 {
    // SAFETY: see above.
    let file = unsafe { &*file };
    guarded(HADDR_UNDEF, || file.source.len().unwrap_or(HADDR_UNDEF))
}

unsafe extern "C" fn get_handle(file: *mut Open, _: hid_t, handle: *mut *mut c_void) -> herr_t {
    // SAFETY: see above; the library gives room for the answer.
    unsafe {
        match handle.as_mut() {
            Some(handle) => *handle = (&raw mut (*file).descriptor).cast(),
            None => return -1,
        }
    }
    0
}

unsafe extern "C" fn read(
    file: *mut Open,
    _: c_int,
    _: hid_t,
    address: u64,
    size: size_t,
    to: *mut c_void,
) -> herr_t {
    // SAFETY: see above; the buffer has this size.
    let (file, to) = unsafe { (&*file, std::slice::from_raw_parts_mut(to.cast::<u8>(), size)) };
    guarded(-1, || match file.source.read_at(to, address) {
        Ok(()) if may_read(size) => 0,
        Ok(()) => {
            tell("cancelled");
            -1
        }
        Err(e) => {
            tell(&words_of(&e));
            -1
        }
    })
}

unsafe extern "C" fn write(
    file: *mut Open,
    kind: c_int,
    _: hid_t,
    address: u64,
    size: size_t,
    from: *const c_void,
) -> herr_t {
    // SAFETY: see above; the buffer has this size.
    let (file, from) = unsafe { (&*file, std::slice::from_raw_parts(from.cast::<u8>(), size)) };
    guarded(-1, || match &*file.source {
        Source::Changing(transaction) => {
            transaction.write(from, address, !matches!(kind, MEM_DRAW | MEM_GHEAP));
            0
        }
        Source::New(new) => {
            new.write(from, address);
            0
        }
        _ => -1,
    })
}

unsafe extern "C" fn truncate(file: *mut Open, _: hid_t, _: bool) -> herr_t {
    // SAFETY: see above.
    let file = unsafe { &*file };
    guarded(-1, || {
        match &*file.source {
            Source::Changing(transaction) => transaction.want(file.allocated),
            Source::New(new) => new.set_len(file.allocated),
            _ => {}
        }
        0
    })
}

/// The transaction holds HDF5's lock from its begin to its end; readers take none.
unsafe extern "C" fn lock(_: *mut Open, _: bool) -> herr_t {
    0
}

unsafe extern "C" fn unlock(_: *mut Open) -> herr_t {
    0
}
