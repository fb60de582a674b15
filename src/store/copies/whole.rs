//! The copy: all that the file holds, in one call, into a new file that holds nothing else.
//!
//! `H5Ocopy` of the root group takes along what hard links share, cycles, committed types,
//! orders, properties, and chunks as they are stored. It makes a group *in* the new file, which
//! has a root of its own; so the superblock is then told that the copied group is the root
//! (HDF5's file format specification, II.A). References are not its business: `references`.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::references::place_of;
use crate::store::access::{set_format, small_metadata_cache};
use crate::store::ffi::*;
use crate::store::hdf::{Hdf, Id, check, cstring};
use crate::store::journal::disk::read_with_zeros;
use crate::store::journal::driver;
use crate::store::journal::source::NewFile;
use crate::store::journal::stamp::find_signature;
use crate::store::object::header;

/// What the copied root is called until it is the root.
const NAME: &std::ffi::CStr = c"the root of the file that this is a copy of";
/// The library copies a group inside a group by calling itself.
const STACK: usize = 512 << 20;

/// Copies everything in the open file `from` into `new`, which is at `path` and empty.
pub(super) fn copy(from: &Id, path: &Path, new: &Arc<NewFile>) -> Hdf<()> {
    // SAFETY: the file is open, the lists are new, names are valid for the calls.
    let root = unsafe {
        let creation = Id::new(H5Fget_create_plist(from.raw()))?;
        let mut info = H5F_info2_t::default();
        check(H5Fget_info2(from.raw(), &mut info))?;
        // the format that the file has
        let low = match info.super_version {
            0 | 1 => H5F_LIBVER_EARLIEST,
            2 => H5F_LIBVER_V18,
            _ => H5F_LIBVER_V110,
        };
        let name = cstring(path.as_os_str().as_bytes());
        let access = access(low)?;
        let to = driver::with_new_file(new, || {
            Id::new(H5Fcreate(name.as_ptr(), H5F_ACC_TRUNC, creation.raw(), access.raw()))
        })?;
        stacker::grow(STACK, || {
            check(H5Ocopy(
                from.raw(),
                c"/".as_ptr(),
                to.raw(),
                NAME.as_ptr(),
                H5P_DEFAULT,
                H5P_DEFAULT,
            ))
        })?;
        let root = Id::new(H5Oopen(to.raw(), NAME.as_ptr(), H5P_DEFAULT))?;
        let place = place_of(&header(&root, H5O_INFO_BASIC)?.token);
        drop(root);
        check(H5Fflush(to.raw(), H5F_SCOPE_LOCAL))?;
        if !to.close() {
            return Err("the library could not close the copy".into());
        }
        place
    };
    if let Some(why) = new.failure() {
        return Err(why);
    }
    set_root(new, root).map_err(|e| e.to_string())
}

/// How the copy is opened for writing.
pub(super) fn access(low: i32) -> Hdf<Id> {
    // SAFETY: the list is new.
    unsafe {
        let access = Id::new(H5Pcreate(H5P_CLS_FILE_ACCESS_ID_g))?;
        driver::set(&access)?;
        set_format(&access, low)?;
        check(H5Pset_cache(access.raw(), 0, 0, 0, 0.0))?;
        small_metadata_cache(&access)?;
        Ok(access)
    }
}

/// Writes the place of the root group into the superblock.
fn set_root(new: &NewFile, root: u64) -> std::io::Result<()> {
    let unknown = || std::io::Error::other("its superblock is of an unknown form");
    let at = find_signature(&new.file, new.file.metadata()?.len())?.ok_or_else(unknown)?;
    let mut block = [0; 128];
    read_with_zeros(&new.file, &mut block, at)?;
    let (patched, bytes) = match block[8] {
        version @ (0 | 1) => {
            let (address, length) = (usize::from(block[13]), usize::from(block[14]));
            let entry = if version == 0 { 24 } else { 28 } + 4 * address;
            let header = entry + length;
            // nothing is cached of it
            block[header + address..header + address + 4].fill(0);
            (header..header + address, header + address + 4)
        }
        2 | 3 => {
            let address = usize::from(block[9]);
            let root = 12 + 3 * address;
            (root..root + address, root + address + 4)
        }
        _ => return Err(unknown()),
    };
    let (root, size) = (root.to_le_bytes(), patched.len());
    if size > 8 || root[size..].iter().any(|&b| b != 0) {
        return Err(unknown());
    }
    let end = patched.end;
    block[patched].copy_from_slice(&root[..size]);
    if block[8] >= 2 {
        // SAFETY: the bytes before the checksum are read.
        let sum = unsafe { H5_checksum_metadata(block.as_ptr().cast(), end, 0) };
        block[end..end + 4].copy_from_slice(&sum.to_le_bytes());
    }
    new.file.write_all_at(&block[..bytes], at)
}
