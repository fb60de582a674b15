//! New files, written once from nothing: groups and datasets of plain types.
//!
//! The file has HDF5's earliest format, which every version reads. Datasets are contiguous and
//! laid out when they are made: whoever creates one gets the offset of its elements and writes
//! them there when the file is closed here. Only texts of variable length go through the library.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::null;

use super::access::{set_format, small_metadata_cache};
use super::element::{Element, datatype};
use super::error::{Result, StoreError, shown};
use super::ffi::*;
use super::hdf::{Hdf, Id, check, cstring, lock};

/// A file that is being made.
pub struct Creator {
    path: PathBuf,
    /// The dataset that was made last, and its type.
    last: Option<(Id, Id)>,
    // after what is open in it: closed last
    id: Id,
}

impl Creator {
    /// Begins a file; what `path` held is gone.
    ///
    /// # Errors
    /// One sentence where the file can't be made.
    pub fn new(path: &Path) -> Result<Creator> {
        let _lock = lock();
        let name = cstring(path.as_os_str().as_bytes());
        let made = (|| -> Hdf<Id> {
            // SAFETY: the name and lists are valid for the calls.
            unsafe {
                let fapl = Id::new(H5Pcreate(H5P_CLS_FILE_ACCESS_ID_g))?;
                set_format(&fapl, H5F_LIBVER_EARLIEST)?;
                check(H5Pset_file_locking(fapl.raw(), false, true))?;
                small_metadata_cache(&fapl)?;
                Id::new(H5Fcreate(name.as_ptr(), H5F_ACC_TRUNC, H5P_DEFAULT, fapl.raw()))
            }
        })();
        match made {
            Ok(id) => Ok(Creator { path: path.to_path_buf(), last: None, id }),
            Err(why) => Err(StoreError::Unwritable { path: shown(path), why }),
        }
    }

    fn failed(&self, why: String) -> StoreError {
        StoreError::Unwritable { path: shown(&self.path), why }
    }

    /// Makes a dataset, and the groups on its path. Where its elements have a fixed size and
    /// there are any, the offset in the file at which they are to be written.
    ///
    /// # Errors
    /// One sentence in the library's words.
    pub fn dataset(&mut self, name: &str, shape: &[u64], element: &Element) -> Result<Option<u64>> {
        let _lock = lock();
        self.last = None;
        let made = make(&self.id, name, shape, element);
        let (dataset, kind) = made.map_err(|why| self.failed(why))?;
        let placed = !matches!(element, Element::Text | Element::Binary) && !shape.contains(&0);
        // SAFETY: the dataset is open.
        let offset = unsafe { H5Dget_offset(dataset.raw()) };
        self.last = Some((dataset, kind));
        match (placed, offset) {
            (true, u64::MAX) => Err(self.failed(format!("{name} has no place in the file"))),
            (true, offset) => Ok(Some(offset)),
            (false, _) => Ok(None),
        }
    }

    /// Writes a region of the dataset that was made last, whose elements are [`Element::Text`]
    /// or [`Element::Binary`]. Texts end at their first NUL.
    ///
    /// # Errors
    /// One sentence in the library's words.
    pub fn write_texts(&mut self, start: &[u64], count: &[u64], texts: Vec<Vec<u8>>) -> Result<()> {
        let _lock = lock();
        if texts.len() as u64 != count.iter().product::<u64>() {
            return Err(self.failed("texts and region differ in number".into()));
        }
        let texts: Vec<CString> = texts.iter().map(|t| cstring(t)).collect();
        let pointers: Vec<_> = texts.iter().map(|t| t.as_ptr()).collect();
        let Some((dataset, kind)) = &self.last else {
            return Err(self.failed("no dataset was made".into()));
        };
        let written = (|| -> Hdf<()> {
            // SAFETY: the ids are open, the selections have as many elements as there are
            // pointers, and each points at a NUL-terminated string that outlives the call.
            unsafe {
                let (memory, file);
                let (memory, file) = match count.is_empty() {
                    true => (H5S_ALL, H5S_ALL),
                    false => {
                        let rank = count.len() as i32;
                        memory = Id::new(H5Screate_simple(rank, count.as_ptr(), null()))?;
                        file = Id::new(H5Dget_space(dataset.raw()))?;
                        check(H5Sselect_hyperslab(
                            file.raw(),
                            H5S_SELECT_SET,
                            start.as_ptr(),
                            null(),
                            count.as_ptr(),
                            null(),
                        ))?;
                        (memory.raw(), file.raw())
                    }
                };
                check(H5Dwrite(
                    dataset.raw(),
                    kind.raw(),
                    memory,
                    file,
                    H5P_DEFAULT,
                    pointers.as_ptr().cast(),
                ))?;
            }
            Ok(())
        })();
        written.map_err(|why| self.failed(why))
    }

    /// Writes what the library holds back, and closes the file.
    ///
    /// # Errors
    /// One sentence in the library's words, such as for a full disk.
    pub fn close(mut self) -> Result<()> {
        let _lock = lock();
        self.last = None;
        // SAFETY: the file is open.
        check(unsafe { H5Fflush(self.id.raw(), H5F_SCOPE_LOCAL) })
            .map(drop)
            .map_err(|why| self.failed(why))
    }
}

fn make(file: &Id, name: &str, shape: &[u64], element: &Element) -> Hdf<(Id, Id)> {
    let kind = datatype(element)?;
    let path = cstring(name.as_bytes());
    // SAFETY: all lists, names and types are valid for the calls.
    unsafe {
        let space = match shape.is_empty() {
            true => Id::new(H5Screate(H5S_SCALAR))?,
            false => Id::new(H5Screate_simple(shape.len() as i32, shape.as_ptr(), null()))?,
        };
        let links = Id::new(H5Pcreate(H5P_CLS_LINK_CREATE_ID_g))?;
        check(H5Pset_create_intermediate_group(links.raw(), 1))?;
        if !name.is_ascii() {
            check(H5Pset_char_encoding(links.raw(), H5T_CSET_UTF8))?;
        }
        let list = Id::new(H5Pcreate(H5P_CLS_DATASET_CREATE_ID_g))?;
        check(H5Pset_layout(list.raw(), H5D_CONTIGUOUS))?;
        if !matches!(element, Element::Text | Element::Binary) {
            // all elements are written, by us, at the place that they get now
            check(H5Pset_alloc_time(list.raw(), H5D_ALLOC_TIME_EARLY))?;
            check(H5Pset_fill_time(list.raw(), H5D_FILL_TIME_NEVER))?;
        }
        // modification times would make two files of one value differ
        check(H5Pset_obj_track_times(list.raw(), false))?;
        let dataset = Id::new(H5Dcreate2(
            file.raw(),
            path.as_ptr(),
            kind.raw(),
            space.raw(),
            links.raw(),
            list.raw(),
            H5P_DEFAULT,
        ))?;
        Ok((dataset, kind))
    }
}
