//! Reading regions of datasets and whole attributes into [`Value`]s, in bounded pieces.

use std::time::{Duration, Instant};

use super::datatype::Datatype;
use super::error::{Result, StoreError};
use super::ffi::*;
use super::hdf::{Id, check};
use super::lent::Ids;
use super::object::{Extent, extent_of};
use super::path::{ObjectPath, escape};
use super::region::Region;
use super::value::{Context, Limits, Value, decode_element};
use super::{File, dataset};

/// The most bytes that one call of the library reads.
const PIECE: u64 = 8 << 20;
/// The most elements of one call where each may point at any number of bytes.
const POINTING: u64 = 32;
/// The most bytes that a single element, or an attribute, may take.
const WHOLE: u64 = 1 << 30;
/// How long references of one read are named for.
const NAMING: Duration = Duration::from_millis(300);

/// An attribute, read.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name, as bytes.
    pub name: Vec<u8>,
    /// Its type.
    pub dtype: Datatype,
    /// Its shape.
    pub extent: Extent,
    /// Its value: an element, or an array of them; none for a null dataspace.
    pub value: Option<Value>,
}

impl File {
    /// Reads a rectangular region of the dataset at `path`: `count` elements an axis from
    /// `start`, in row-major order. A scalar dataset takes empty slices and gives one value, a
    /// null dataspace none.
    ///
    /// # Errors
    /// No such dataset; a region outside its shape; data that can't be read.
    pub fn read_region(
        &self,
        path: &ObjectPath,
        start: &[u64],
        count: &[u64],
        limits: Limits,
    ) -> Result<Vec<Value>> {
        let _lock = self.lock();
        let object = self.open_dataset(path)?;
        let unreadable = |why| dataset::read_error(path, &object, why);
        (|| -> std::result::Result<Vec<Value>, String> {
            // SAFETY: `object` is an open dataset.
            let (kind, space) = unsafe {
                (Id::new(H5Dget_type(object.raw()))?, Id::new(H5Dget_space(object.raw()))?)
            };
            let dtype = Datatype::describe(&kind)?;
            let extent = extent_of(&space)?;
            if extent == Extent::Null {
                return Ok(Vec::new());
            }
            let dims = extent.dims();
            let inside =
                |((&s, &c), &d): ((&u64, &u64), &u64)| s.checked_add(c).is_some_and(|e| e <= d);
            if start.len() != dims.len()
                || count.len() != dims.len()
                || !start.iter().zip(count).zip(dims).all(inside)
            {
                return Err(format!("region {start:?} + {count:?} is outside its shape {dims:?}"));
            }
            let cx = Context::new(object.raw(), limits, Instant::now() + NAMING);
            let source =
                Source { object: &object, kind: &kind, space: &space, dtype: &dtype, step: None };
            let mut values = Vec::new();
            source.read(start, count, &cx, &mut values)?;
            Ok(values)
        })()
        .map_err(unreadable)
    }

    /// Reads one attribute of the object at `path`.
    ///
    /// # Errors
    /// No such object or attribute, or a value that can't be read.
    pub fn attribute(&self, path: &ObjectPath, name: &[u8], limits: Limits) -> Result<Attribute> {
        let _lock = self.lock();
        let object = self.open_object(path)?;
        self.attribute_of(&object, name, limits).map_err(|why| StoreError::Unreadable {
            path: path.clone(),
            why: format!("its attribute {}: {why}", escape(name)),
        })
    }

    pub(super) fn attribute_of(
        &self,
        object: &Id,
        name: &[u8],
        limits: Limits,
    ) -> std::result::Result<Attribute, String> {
        let cname = super::hdf::cstring(name);
        // SAFETY: all ids are open; the buffer holds the attribute's elements of its own type,
        // and what the library allocated is given back after decoding.
        unsafe {
            let attr = Id::new(H5Aopen(object.raw(), cname.as_ptr(), H5P_DEFAULT))?;
            let kind = Id::new(H5Aget_type(attr.raw()))?;
            let space = Id::new(H5Aget_space(attr.raw()))?;
            let dtype = Datatype::describe(&kind)?;
            let extent = extent_of(&space)?;
            let (name, empty) = (name.to_vec(), extent.elements() == 0);
            if extent == Extent::Null {
                return Ok(Attribute { name, dtype, extent, value: None });
            }
            let mut values = Vec::new();
            if !empty {
                let mut buffer = buffer_of(extent.elements(), dtype.size, WHOLE)?;
                check(H5Aread(attr.raw(), kind.raw(), buffer.as_mut_ptr().cast()))?;
                let deadline = Instant::now() + NAMING;
                let cx = Context::new(object.raw(), limits, deadline);
                let kept = if extent == Extent::Scalar { 1 } else { limits.items };
                let elements = buffer.chunks_exact(dtype.size).take(kept);
                values = elements.map(|e| decode_element(&dtype, e, &cx)).collect();
                if dtype.has_pointers() {
                    H5Treclaim(kind.raw(), space.raw(), H5P_DEFAULT, buffer.as_mut_ptr().cast());
                }
            }
            let value = match extent {
                Extent::Scalar => values.pop(),
                _ => Some(Value::Array { dims: extent.dims().to_vec(), items: values }),
            };
            Ok(Attribute { name, dtype, extent, value })
        }
    }
}

/// Reads a region of an open dataset, with the lock held.
pub(super) fn values(
    ids: &Ids,
    dtype: &Datatype,
    region: &Region,
    limits: Limits,
    out: &mut Vec<Value>,
) -> std::result::Result<(), String> {
    let cx = Context::new(ids.dataset.raw(), limits, Instant::now() + NAMING);
    let step = Some(region.step);
    let source = Source { object: &ids.dataset, kind: &ids.kind, space: &ids.space, dtype, step };
    source.read(region.start, region.count, &cx, out)
}

/// A dataset and what reading it takes.
struct Source<'a> {
    object: &'a Id,
    kind: &'a Id,
    space: &'a Id,
    dtype: &'a Datatype,
    /// Distances of the elements along each axis; none is 1.
    step: Option<&'a [u64]>,
}

impl Source<'_> {
    /// Reads a region by halves until a piece is small; row-major order is kept, since the first
    /// axis of more than one element is the one that is halved.
    fn read(
        &self,
        start: &[u64],
        count: &[u64],
        cx: &Context,
        out: &mut Vec<Value>,
    ) -> std::result::Result<(), String> {
        let n = count.iter().try_fold(1u64, |n, &c| n.checked_mul(c)).ok_or("it is too large")?;
        let size = self.dtype.size as u64;
        if n == 0 {
            return Ok(());
        }
        let large = n.saturating_mul(size) > PIECE || (n > POINTING && self.dtype.has_pointers());
        if large && let Some(axis) = count.iter().position(|&c| c > 1) {
            let half = count[axis] / 2;
            let (mut first, mut rest, mut at) = (count.to_vec(), count.to_vec(), start.to_vec());
            first[axis] = half;
            rest[axis] -= half;
            at[axis] += half * self.step.map_or(1, |s| s[axis]);
            self.read(start, &first, cx, out)?;
            return self.read(&at, &rest, cx, out);
        }
        self.read_piece(n, start, count, cx, out)
    }

    fn read_piece(
        &self,
        n: u64,
        start: &[u64],
        count: &[u64],
        cx: &Context,
        out: &mut Vec<Value>,
    ) -> std::result::Result<(), String> {
        let mut buffer = buffer_of(n, self.dtype.size, WHOLE)?;
        // SAFETY: ids are open, slices have the dataspace's rank, the buffer holds `n` elements
        // of `kind`, and what the library allocated is given back after decoding.
        unsafe {
            let memory = Id::new(H5Screate_simple(
                count.len().max(1) as i32,
                if count.is_empty() { &1 } else { count.as_ptr() },
                std::ptr::null(),
            ))?;
            if !count.is_empty() {
                check(H5Sselect_hyperslab(
                    self.space.raw(),
                    H5S_SELECT_SET,
                    start.as_ptr(),
                    self.step.map_or(std::ptr::null(), <[u64]>::as_ptr),
                    count.as_ptr(),
                    std::ptr::null(),
                ))?;
            }
            let (file_space, mem_space) = if count.is_empty() {
                (H5S_ALL, H5S_ALL)
            } else {
                (self.space.raw(), memory.raw())
            };
            check(H5Dread(
                self.object.raw(),
                self.kind.raw(),
                mem_space,
                file_space,
                H5P_DEFAULT,
                buffer.as_mut_ptr().cast(),
            ))?;
            out.extend(
                buffer.chunks_exact(self.dtype.size).map(|e| decode_element(self.dtype, e, cx)),
            );
            if self.dtype.has_pointers() {
                let data = buffer.as_mut_ptr().cast();
                H5Treclaim(self.kind.raw(), memory.raw(), H5P_DEFAULT, data);
            }
        }
        Ok(())
    }
}

/// Room for `n` elements, zeroed, aligned for pointers; an error where it is too much.
fn buffer_of(n: u64, size: usize, limit: u64) -> std::result::Result<Vec<u8>, String> {
    let bytes = n.saturating_mul(size as u64);
    let too_large = || format!("it takes {bytes} bytes in one piece");
    if bytes > limit {
        return Err(too_large());
    }
    let bytes = bytes as usize;
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(bytes).map_err(|_| too_large())?;
    buffer.resize(bytes, 0);
    Ok(buffer)
}
