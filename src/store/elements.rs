//! A dataset's elements by regions.

use std::sync::Arc;

use super::dataset::Layout;
use super::datatype::Datatype;
use super::error::{Result, StoreError};
use super::ffi::*;
use super::file::File;
use super::hdf::{Id, check};
use super::path::ObjectPath;
use super::value::{Limits, Value};

/// A dataset that can be read by regions.
pub struct Elements {
    file: Arc<File>,
    path: ObjectPath,
    shape: Vec<u64>,
    datatype: Datatype,
    chunk: Option<Vec<u64>>,
}

/// Texts one after the other.
pub struct Texts {
    /// Where each ends.
    pub ends: Vec<usize>,
    /// All of them.
    pub bytes: Vec<u8>,
}

impl Elements {
    /// Opens.
    pub fn new(file: &Arc<File>, path: &ObjectPath, _list_bytes: usize) -> Result<Elements> {
        let facts = file.dataset(path)?;
        let chunk = match &facts.layout {
            Layout::Chunked(c) => Some(c.clone()),
            _ => None,
        };
        Ok(Elements {
            file: file.clone(),
            path: path.clone(),
            shape: facts.extent.dims().to_vec(),
            datatype: facts.dtype,
            chunk,
        })
    }
    /// Shape.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }
    /// Type.
    pub fn datatype(&self) -> &Datatype {
        &self.datatype
    }
    /// Chunk.
    pub fn chunk(&self) -> Option<&[u64]> {
        self.chunk.as_deref()
    }
    /// Reads.
    pub fn read(&self, start: &[u64], step: &[u64], count: &[u64], out: &mut [u8]) -> Result<()> {
        let _lock = self.file.lock();
        let object = self.file.open_dataset(&self.path)?;
        (|| -> std::result::Result<(), String> {
            // SAFETY: temporary
            unsafe {
                let kind = Id::new(H5Dget_type(object.raw()))?;
                let space = Id::new(H5Dget_space(object.raw()))?;
                if count.is_empty() {
                    check(H5Dread(
                        object.raw(),
                        kind.raw(),
                        H5S_ALL,
                        H5S_ALL,
                        H5P_DEFAULT,
                        out.as_mut_ptr().cast(),
                    ))?;
                    return Ok(());
                }
                let memory = Id::new(H5Screate_simple(
                    count.len() as i32,
                    count.as_ptr(),
                    std::ptr::null(),
                ))?;
                check(H5Sselect_hyperslab(
                    space.raw(),
                    H5S_SELECT_SET,
                    start.as_ptr(),
                    step.as_ptr(),
                    count.as_ptr(),
                    std::ptr::null(),
                ))?;
                check(H5Dread(
                    object.raw(),
                    kind.raw(),
                    memory.raw(),
                    space.raw(),
                    H5P_DEFAULT,
                    out.as_mut_ptr().cast(),
                ))?;
            }
            Ok(())
        })()
        .map_err(|why| StoreError::Unreadable { path: self.path.clone(), why })
    }
    /// Texts.
    pub fn read_texts(&self, start: &[u64], step: &[u64], count: &[u64]) -> Result<Texts> {
        let mut t = Texts { ends: vec![], bytes: vec![] };
        for v in self.read_values(start, step, count)? {
            if let Value::Text(b) = v {
                t.bytes.extend_from_slice(&b.kept);
            }
            t.ends.push(t.bytes.len());
        }
        Ok(t)
    }
    /// Values.
    pub fn read_values(&self, start: &[u64], step: &[u64], count: &[u64]) -> Result<Vec<Value>> {
        let limits = Limits { bytes: 1 << 30, items: 1 << 30 };
        let mut out = Vec::new();
        let n: u64 = count.iter().product();
        let ones = vec![1; count.len()];
        for flat in 0..n {
            let mut rest = flat;
            let mut at = start.to_vec();
            for a in (0..count.len()).rev() {
                at[a] += rest % count[a] * step[a];
                rest /= count[a];
            }
            out.extend(self.file.read_region(&self.path, &at, &ones, limits)?);
        }
        Ok(out)
    }
}

impl File {
    /// The elements of the dataset at `path`.
    pub fn elements(self: &Arc<File>, path: &ObjectPath, list_bytes: usize) -> Result<Elements> {
        Elements::new(self, path, list_bytes)
    }
}
