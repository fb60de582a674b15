//! A dataset's facts: shape, type, layout, filters, fill value, storage.

use std::ffi::{c_int, c_uint};
use std::time::Instant;

use super::datatype::Datatype;
use super::error::{Result, StoreError};
use super::ffi::*;
use super::file::File;
use super::filter::{self, Filter};
use super::hdf::{Id, check, reason, text_of};
use super::object::{Extent, extent_of};
use super::path::ObjectPath;
use super::value::{Context, Limits, Value, decode_element};

/// Where a dataset's elements are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// One block of the file.
    Contiguous,
    /// In the object's header.
    Compact,
    /// Chunks of this shape.
    Chunked(Vec<u64>),
    /// In parts of other datasets.
    Virtual(Vec<VirtualSource>),
    /// In other files, raw.
    External(Vec<ExternalFile>),
    /// A layout that this library doesn't know.
    Unknown,
}

impl Layout {
    /// HDF5's word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Layout::Contiguous => "contiguous",
            Layout::Compact => "compact",
            Layout::Chunked(_) => "chunked",
            Layout::Virtual(_) => "virtual",
            Layout::External(_) => "external",
            Layout::Unknown => "unknown",
        }
    }
}

/// A dataset that a virtual one takes a part from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualSource {
    /// Its file; `.` is the same.
    pub file: Vec<u8>,
    /// Its path there.
    pub path: Vec<u8>,
}

/// A file of raw bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalFile {
    /// Its name.
    pub file: Vec<u8>,
    /// Where the dataset's bytes begin.
    pub offset: i64,
    /// How many there are; none is to the end of the file.
    pub size: Option<u64>,
}

/// What reading gives where nothing was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Fill {
    /// Nothing is promised.
    Undefined,
    /// Zeros.
    Default,
    /// A value that was set.
    Value(Value),
}

/// What is known of a dataset without reading its data.
#[derive(Debug, Clone)]
pub struct DatasetFacts {
    /// Its shape.
    pub extent: Extent,
    /// Its type.
    pub dtype: Datatype,
    /// The path of its type, where that is committed.
    pub committed: Option<ObjectPath>,
    /// Where its elements are.
    pub layout: Layout,
    /// Its filters, in the order they are applied when writing.
    pub filters: Vec<Filter>,
    /// Its fill value.
    pub fill: Fill,
}

impl File {
    /// The facts of the dataset at `path`.
    ///
    /// # Errors
    /// No such dataset, or a damaged one.
    pub fn dataset(&self, path: &ObjectPath) -> Result<DatasetFacts> {
        let _lock = self.lock();
        let object = self.open_dataset(path)?;
        facts(&object).map_err(|why| StoreError::Unreadable { path: path.clone(), why })
    }

    /// The type of the committed datatype at `path`.
    ///
    /// # Errors
    /// No such datatype, or a damaged one.
    pub fn datatype(&self, path: &ObjectPath) -> Result<Datatype> {
        let _lock = self.lock();
        let object = self.open_object(path)?;
        Datatype::describe(&object)
            .map_err(|why| StoreError::Unreadable { path: path.clone(), why })
    }

    /// The bytes that a dataset's data takes in the file. HDF5 walks the index of its chunks.
    ///
    /// # Errors
    /// No such dataset.
    pub fn storage_size(&self, path: &ObjectPath) -> Result<u64> {
        let _lock = self.lock();
        let object = self.open_dataset(path)?;
        // SAFETY: the dataset is open.
        Ok(unsafe { H5Dget_storage_size(object.raw()) })
    }
}

/// The name of the first external raw file of an open dataset.
pub(super) fn first_external(dataset: &Id) -> std::result::Result<Option<Vec<u8>>, String> {
    // SAFETY: the dataset is open.
    unsafe {
        let dcpl = Id::new(H5Dget_create_plist(dataset.raw()))?;
        if H5Pget_layout(dcpl.raw()) != H5D_CONTIGUOUS || H5Pget_external_count(dcpl.raw()) <= 0 {
            return Ok(None);
        }
        match layout(&dcpl, 0)? {
            Layout::External(files) => Ok(files.into_iter().next().map(|f| f.file)),
            _ => Ok(None),
        }
    }
}

/// What the layout of an open dataset is called, whose elements are in other files. Needs the lock.
pub(super) fn layout_elsewhere(dataset: &Id) -> std::result::Result<Option<&'static str>, String> {
    // SAFETY: the dataset is open, and so is its list.
    unsafe {
        let list = Id::new(H5Dget_create_plist(dataset.raw()))?;
        Ok(match check(H5Pget_layout(list.raw()))? {
            H5D_VIRTUAL => Some(Layout::Virtual(Vec::new()).name()),
            H5D_CONTIGUOUS if H5Pget_external_count(list.raw()) > 0 => {
                Some(Layout::External(Vec::new()).name())
            }
            _ => None,
        })
    }
}

pub(super) fn facts(object: &Id) -> std::result::Result<DatasetFacts, String> {
    // SAFETY: `object` is an open dataset, and so are the ids that it gives.
    unsafe {
        let kind = Id::new(H5Dget_type(object.raw()))?;
        let space = Id::new(H5Dget_space(object.raw()))?;
        let dcpl = Id::new(H5Dget_create_plist(object.raw()))?;
        let dtype = Datatype::describe(&kind)?;
        let extent = extent_of(&space)?;
        let committed = (H5Tcommitted(kind.raw()) > 0)
            .then(|| text_of(|p, n| H5Iget_name(kind.raw(), p, n) as isize))
            .flatten()
            .filter(|name| !name.is_empty())
            .map(ObjectPath::new);
        let rank = extent.dims().len();
        let fill = fill(object, &dcpl, &kind, &dtype);
        let layout = layout(&dcpl, rank)?;
        Ok(DatasetFacts { extent, dtype, committed, layout, filters: filters(&dcpl)?, fill })
    }
}

/// # Safety
/// `dcpl` is a dataset's creation list.
unsafe fn layout(dcpl: &Id, rank: usize) -> std::result::Result<Layout, String> {
    let p = dcpl.raw();
    // SAFETY: buffers have the sizes that are passed with them.
    unsafe {
        Ok(match check(H5Pget_layout(p))? {
            H5D_COMPACT => Layout::Compact,
            H5D_CHUNKED => {
                let mut dims = vec![0; rank];
                check(H5Pget_chunk(p, rank as c_int, dims.as_mut_ptr()))?;
                Layout::Chunked(dims)
            }
            H5D_CONTIGUOUS => {
                let n = H5Pget_external_count(p).max(0) as c_uint;
                if n == 0 {
                    return Ok(Layout::Contiguous);
                }
                let mut files = Vec::new();
                for i in 0..n {
                    let (mut name, mut offset, mut size) = (vec![0u8; 4096], 0, 0);
                    let at = name.as_mut_ptr().cast();
                    check(H5Pget_external(p, i, name.len() - 1, at, &mut offset, &mut size))?;
                    name.truncate(name.iter().position(|&b| b == 0).unwrap_or(0));
                    let size = (size != H5S_UNLIMITED).then_some(size);
                    files.push(ExternalFile { file: name, offset, size });
                }
                Layout::External(files)
            }
            H5D_VIRTUAL => {
                let mut n = 0;
                check(H5Pget_virtual_count(p, &mut n))?;
                let source = |i| VirtualSource {
                    file: text_of(|b, n| H5Pget_virtual_filename(p, i, b, n) as isize)
                        .unwrap_or_default(),
                    path: text_of(|b, n| H5Pget_virtual_dsetname(p, i, b, n) as isize)
                        .unwrap_or_default(),
                };
                Layout::Virtual((0..n).map(source).collect())
            }
            _ => Layout::Unknown,
        })
    }
}

/// # Safety
/// `dcpl` is a dataset's creation list.
unsafe fn filters(dcpl: &Id) -> std::result::Result<Vec<Filter>, String> {
    // SAFETY: buffers have the sizes that are passed with them.
    unsafe {
        let n = check(H5Pget_nfilters(dcpl.raw()))? as c_uint;
        (0..n)
            .map(|i| {
                let (mut flags, mut count, mut config) = (0, 64, 0);
                let (mut values, mut name) = (vec![0; 64], vec![0u8; 256]);
                let mut ask = |count: &mut usize, values: &mut Vec<c_uint>| {
                    *count = values.len();
                    check(H5Pget_filter2(
                        dcpl.raw(),
                        i,
                        &mut flags,
                        count,
                        values.as_mut_ptr(),
                        name.len() - 1,
                        name.as_mut_ptr().cast(),
                        &mut config,
                    ))
                };
                let mut id = ask(&mut count, &mut values)?;
                if count > values.len() {
                    // the parameters of n-bit describe a whole type
                    values.resize(count.min(1 << 16), 0);
                    id = ask(&mut count, &mut values)?;
                }
                values.truncate(count);
                name.truncate(name.iter().position(|&b| b == 0).unwrap_or(0));
                let available = H5Zfilter_avail(id) > 0;
                reason();
                Ok(Filter { id, stored_name: name, values, optional: flags & 1 != 0, available })
            })
            .collect()
    }
}

/// # Safety
/// The ids are a dataset's own.
unsafe fn fill(object: &Id, dcpl: &Id, kind: &Id, dtype: &Datatype) -> Fill {
    let mut status = 0;
    // SAFETY: the buffer holds one element of `kind`; what the library allocated is given back.
    unsafe {
        if H5Pfill_value_defined(dcpl.raw(), &mut status) < 0 {
            reason();
            return Fill::Undefined;
        }
        match status {
            H5D_FILL_VALUE_UNDEFINED => Fill::Undefined,
            H5D_FILL_VALUE_USER_DEFINED if dtype.size < 1 << 20 => {
                let mut element = vec![0u8; dtype.size];
                let at = element.as_mut_ptr().cast();
                if H5Pget_fill_value(dcpl.raw(), kind.raw(), at) < 0 {
                    reason();
                    return Fill::Default;
                }
                let cx = Context::new(object.raw(), Limits::CELL, Instant::now());
                let value = decode_element(dtype, &element, &cx);
                if dtype.has_pointers()
                    && let Ok(one) = Id::new(H5Screate_simple(1, &1, std::ptr::null()))
                {
                    H5Treclaim(kind.raw(), one.raw(), H5P_DEFAULT, element.as_mut_ptr().cast());
                }
                Fill::Value(value)
            }
            _ => Fill::Default,
        }
    }
}

/// Why a read failed: a filter that is lacking, said by name, or the library's reason.
pub(super) fn read_error(path: &ObjectPath, object: &Id, why: String) -> StoreError {
    // SAFETY: `object` is an open dataset.
    let filters = unsafe {
        let dcpl = Id::new(H5Dget_create_plist(object.raw()));
        dcpl.and_then(|p| filters(&p)).unwrap_or_default()
    };
    match filters.iter().find(|f| !f.available) {
        Some(lacking) => {
            StoreError::MissingFilter { path: path.clone(), filter: filter::with_number(lacking) }
        }
        _ => StoreError::Unreadable { path: path.clone(), why },
    }
}
