//! How the library opens files: its property lists, and the sizes of its caches.

use hdf5_sys::h5ac::{H5AC__CURR_CACHE_CONFIG_VERSION, H5AC_cache_config_t};

use super::ffi::*;
use super::hdf::{Hdf, Id, check};
use super::journal::driver;

/// How files are opened here: no lock, no chunk cache. The close degree is the one that HDF5
/// opens external links' files with: another would keep a file from linking to itself.
pub(super) fn access(skip_status_check: bool) -> Hdf<Id> {
    // SAFETY: the list is new; HDF5 copies what it is given.
    unsafe {
        let fapl = Id::new(H5Pcreate(H5P_CLS_FILE_ACCESS_ID_g))?;
        driver::set(&fapl)?;
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

/// How links are followed: external targets read-only and without a lock.
pub(super) fn link_access(fapl: &Id) -> Hdf<Id> {
    // SAFETY: the list is new; HDF5 copies what it is given.
    unsafe {
        let lapl = Id::new(H5Pcreate(H5P_CLS_LINK_ACCESS_ID_g))?;
        check(H5Pset_elink_fapl(lapl.raw(), fapl.raw()))?;
        check(H5Pset_elink_acc_flags(lapl.raw(), H5F_ACC_RDONLY))?;
        Ok(lapl)
    }
}

/// Bytes of the metadata cache: HDF5's own would grow to 32 MB on a walk through many objects.
pub(super) const SMALL_CACHE: usize = 4 << 20;
/// The same while a large group of the new format is walked. Its names lie in the order of their
/// hashes: with a small cache each block is read thousands of times (a million links: 19 s with
/// 4 MB, 1.5 s with 24 MB).
pub(super) const ROOMY_CACHE: usize = 24 << 20;

/// The same while every object of a file is looked at by name. The names of an old-format group
/// are one block, which must fit: else it is read anew for each name.
pub(super) const TREE_CACHE: usize = 96 << 20;

/// Bounds the metadata cache of an open file. Needs the lock.
pub(super) fn set_cache(file: &Id, bytes: usize) {
    use hdf5_sys::h5f::{H5Fget_mdc_config, H5Fset_mdc_config};
    let mut config = cache_config();
    // SAFETY: the file is open, and the structure is the one that HDF5 2.2 fills. A refusal
    // only costs time.
    unsafe {
        if H5Fget_mdc_config(file.raw(), &mut config) >= 0 {
            bound(&mut config, bytes);
            H5Fset_mdc_config(file.raw(), &config);
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

pub(super) fn small_metadata_cache(fapl: &Id) -> Hdf<()> {
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

/// Has what is made by way of an access list be of the format `low`, or of the first one after
/// it that can hold it.
pub(super) fn set_format(fapl: &Id, low: i32) -> Hdf<()> {
    let (mut lowest, mut high) = (0, 0);
    // SAFETY: the list is open, and the numbers take the answers.
    unsafe {
        check(H5Pget_libver_bounds(fapl.raw(), &mut lowest, &mut high))?;
        check(H5Pset_libver_bounds(fapl.raw(), low, high)).map(drop)
    }
}

/// Bytes before HDF5's own part of an open file. Needs the lock.
pub(super) fn user_block_of(file: &Id) -> Hdf<u64> {
    let mut size = 0;
    // SAFETY: the file is open, and `size` takes the answer.
    unsafe {
        let list = Id::new(H5Fget_create_plist(file.raw()))?;
        check(H5Pget_userblock(list.raw(), &mut size))?;
    }
    Ok(size)
}

/// The first byte of an open file after all that the library has allocated; the file may be
/// longer. Needs the lock.
pub(super) fn allocated_of(file: &Id) -> Hdf<u64> {
    let mut end = 0;
    // SAFETY: the file is open, and `end` takes the answer.
    check(unsafe { H5Fget_eoa(file.raw(), &mut end) })?;
    // unlike addresses in the file, it counts the user block, too
    Ok(end)
}
