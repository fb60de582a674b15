//! New datasets: their type, shape, layout, filters and fill value.

use std::ffi::{CString, c_uint};

use super::change::Change;
use super::difference::Difference;
use super::edit::link_creation;
use super::element::{Element, datatype};
use super::error::{Result, StoreError};
use super::ffi::*;
use super::hdf::{Hdf, Id, check, cstring};
use super::object::Extent;
use super::path::ObjectPath;

/// What a new dataset is to be. Nothing of its data is allocated before it is written.
#[derive(Debug, Clone)]
pub struct NewDataset {
    /// What its elements are.
    pub element: Element,
    /// Its shape and maximum shape.
    pub extent: Extent,
    /// The shape of its chunks; none is one contiguous block.
    pub chunk: Option<Vec<u64>>,
    /// Filters with their parameters, in the order in which they are applied.
    pub filters: Vec<(i32, Vec<u32>)>,
    /// What is read where nothing was written: one element, or one text's bytes.
    pub fill: Option<Vec<u8>>,
}

impl NewDataset {
    /// A scalar.
    pub fn scalar(element: Element) -> NewDataset {
        let (chunk, filters, fill) = (None, Vec::new(), None);
        NewDataset { element, extent: Extent::Scalar, chunk, filters, fill }
    }
}

/// The number of the gzip filter.
pub const GZIP: i32 = 1;
/// The number of the shuffle filter.
pub const SHUFFLE: i32 = 2;
/// The number of the checksum filter.
pub const FLETCHER32: i32 = 3;
/// The number of the scale-offset filter.
pub const SCALEOFFSET: i32 = 6;
/// The number of h5py's lzf filter.
pub const LZF: i32 = 32000;
/// The filters that data can be written through here.
pub const WRITABLE_FILTERS: [i32; 5] = [GZIP, SHUFFLE, FLETCHER32, SCALEOFFSET, LZF];

/// The dataspace of an extent.
pub(super) fn space_of(extent: &Extent) -> Hdf<Id> {
    // SAFETY: the slices are as long as the rank that is passed with them.
    unsafe {
        match extent {
            Extent::Null => Id::new(H5Screate(H5S_NULL)),
            Extent::Scalar => Id::new(H5Screate(H5S_SCALAR)),
            Extent::Simple { dims, max } => {
                let max: Vec<u64> = max.iter().map(|m| m.unwrap_or(H5S_UNLIMITED)).collect();
                let rank = dims.len() as i32;
                Id::new(H5Screate_simple(rank, dims.as_ptr(), max.as_ptr()))
            }
        }
    }
}

impl Change<'_> {
    /// Makes a dataset, and the groups on its path.
    ///
    /// # Errors
    /// The name is taken; chunks or filters that the library refuses.
    pub fn create_dataset(&self, path: &ObjectPath, new: &NewDataset) -> Result<()> {
        if let Some((file, path)) = self.link_elsewhere(path)? {
            return file.change(|c| c.create_dataset(&path, new));
        }
        if self.exists(path) {
            return Err(StoreError::Exists { path: path.clone() });
        }
        self.groups_above(path)?;
        let name = cstring(path.as_bytes());
        self.call(path, |file| {
            let kind = datatype(&new.element)?;
            let space = space_of(&new.extent)?;
            let list = creation_list(new, &kind)?;
            let links = link_creation(path)?;
            // SAFETY: all ids are open and the name valid for the call.
            unsafe {
                Id::new(H5Dcreate2(
                    file.raw(),
                    name.as_ptr(),
                    kind.raw(),
                    space.raw(),
                    links.raw(),
                    list.raw(),
                    H5P_DEFAULT,
                ))
                .map(drop)
            }
        })?;
        self.see(|| Difference::Created { path: path.clone(), what: "dataset".into() });
        Ok(())
    }
}

fn creation_list(new: &NewDataset, kind: &Id) -> Hdf<Id> {
    // SAFETY: the list is new; slices are as long as the counts that are passed with them, and
    // the fill value is one element of the type.
    unsafe {
        let list = Id::new(H5Pcreate(H5P_CLS_DATASET_CREATE_ID_g))?;
        let p = list.raw();
        check(H5Pset_obj_track_times(p, false))?;
        if let Some(chunk) = &new.chunk {
            check(H5Pset_chunk(p, chunk.len() as i32, chunk.as_ptr()))?;
        }
        if let Some(fill) = &new.fill {
            match new.element.is_text() {
                true => {
                    let text: CString = cstring(fill);
                    let pointer = text.as_ptr();
                    check(H5Pset_fill_value(p, kind.raw(), (&raw const pointer).cast()))?;
                }
                false if fill.len() == H5Tget_size(kind.raw()) => {
                    check(H5Pset_fill_value(p, kind.raw(), fill.as_ptr().cast()))?;
                }
                false => return Err("its fill value has another size than its elements".into()),
            }
        }
        if new.element.is_text() {
            check(H5Pset_fill_time(p, H5D_FILL_TIME_ALLOC))?;
        }
        for (id, values) in &new.filters {
            match *id {
                SCALEOFFSET => {
                    let at = |i: usize| values.get(i).copied().unwrap_or(0) as i32;
                    check(H5Pset_scaleoffset(p, at(0), at(1)))?;
                }
                id => {
                    // a filter that makes a chunk larger may be left out, as h5py has it, but
                    // for the checksum
                    let optional = c_uint::from(id != FLETCHER32);
                    let at = values.as_ptr();
                    check(H5Pset_filter(p, id, optional, values.len(), at))?;
                }
            }
        }
        Ok(list)
    }
}
