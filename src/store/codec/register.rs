//! The library is given the decoders that it lacks, so that what it reads itself (virtual and
//! variable-length datasets, for instance) may be filtered by them.

use std::ffi::{CString, c_uint, c_void};

use super::{Fault, Inside, Kind, Known, Size, TABLE, known, with_scratch};
use crate::store::ffi::{H5Z_class2_t, H5Z_func_t, H5Z_register};

const REVERSE: c_uint = 0x0100;
/// The most bytes that a chunk may decode to here: HDF5's own limit for most of its life.
const LARGEST: usize = u32::MAX as usize;

/// Gives the library every decoder that it lacks. Needs the lock.
pub(in crate::store) fn register() {
    let ours = |k: &&Known| k.codec.as_ref().is_some_and(|c| c.inside == Inside::Ours);
    for filter in TABLE.iter().filter(ours) {
        let (Some(function), Ok(name)) = (function_of(filter.id), CString::new(filter.name)) else {
            continue;
        };
        let class = H5Z_class2_t {
            version: 1,
            id: filter.id,
            encoder_present: 0,
            decoder_present: 1,
            // HDF5 keeps the pointer: one name a filter, for as long as the program runs
            name: name.into_raw(),
            can_apply: None,
            set_local: None,
            filter: Some(function),
        };
        // SAFETY: HDF5 copies the class, whose function and name live as long as the program.
        unsafe { H5Z_register(&class) };
    }
}

/// The C function of a filter: HDF5 calls it without saying which filter it is.
fn function_of(id: i32) -> Option<H5Z_func_t> {
    Some(match id {
        4 => filter::<4>,
        307 => filter::<307>,
        32001 => filter::<32001>,
        32004 => filter::<32004>,
        32008 => filter::<32008>,
        32015 => filter::<32015>,
        32026 => filter::<32026>,
        _ => return None,
    })
}

unsafe extern "C" fn filter<const ID: i32>(
    flags: c_uint,
    n: usize,
    values: *const c_uint,
    nbytes: usize,
    buf_size: *mut usize,
    buf: *mut *mut c_void,
) -> usize {
    if flags & REVERSE == 0 {
        return 0;
    }
    // SAFETY: HDF5 gives `n` values, and a buffer from malloc with `nbytes` bytes in it.
    let (values, coded) = unsafe {
        let values = if values.is_null() { &[] } else { std::slice::from_raw_parts(values, n) };
        (values, std::slice::from_raw_parts((*buf).cast::<u8>(), nbytes))
    };
    let decoded = std::panic::catch_unwind(|| decode(ID, values, coded));
    let Ok(Some((fresh, length))) = decoded else { return 0 };
    // SAFETY: the old buffer came from malloc, as the new one did, which is given away here.
    unsafe {
        libc::free(*buf);
        *buf_size = fresh.length;
        *buf = fresh.into_raw();
    }
    length
}

/// Memory that C frees.
struct CBuffer {
    at: *mut c_void,
    length: usize,
}

impl CBuffer {
    fn new(length: usize) -> Option<CBuffer> {
        // SAFETY: calloc has no conditions; at least one byte, so that null means failure.
        let at = unsafe { libc::calloc(length.max(1), 1) };
        (!at.is_null()).then_some(CBuffer { at, length })
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: calloc gave as many bytes, all zero, which nobody else knows of.
        unsafe { std::slice::from_raw_parts_mut(self.at.cast(), self.length) }
    }

    fn into_raw(self) -> *mut c_void {
        std::mem::ManuallyDrop::new(self).at
    }
}

impl Drop for CBuffer {
    fn drop(&mut self) {
        // SAFETY: it came from calloc and was not given away.
        unsafe { libc::free(self.at) };
    }
}

/// Decodes into memory for C; the buffer, and how much of it is data.
fn decode(id: i32, values: &[u32], coded: &[u8]) -> Option<(CBuffer, usize)> {
    let Kind::Coded { decode, size } = known(id)?.codec.as_ref()?.kind else { return None };
    let (known, mut length) = match size(values, coded) {
        Size::Known(n) => (true, usize::try_from(n).ok()?),
        Size::Unknown => (false, coded.len().saturating_mul(4).max(1 << 16)),
    };
    while length <= LARGEST {
        let mut buffer = CBuffer::new(length)?;
        match with_scratch(|s| decode(&mut s.tools, values, coded, buffer.bytes())) {
            Ok(n) => return Some((buffer, n)),
            Err(Fault::Room) if !known => length = length.saturating_mul(2),
            Err(_) => return None,
        }
    }
    None
}
