//! Elements that say more than their bytes: references, which in a copy must lead to the copy of
//! what they led to, and what lies beside an element (variable lengths).
//!
//! A reference of the original is followed to its object's place; where that object is in the
//! copy is known from the walk over both (`compare`). What leads nowhere is null in the copy.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_void};

use crate::store::datatype::{Class, Datatype, ReferenceKind};
use crate::store::ffi::*;
use crate::store::hdf::{Hdf, Id, check, cstring, reason, text_of};
use crate::store::object::header;

/// Where the number of an object's place is in its token.
pub(super) fn place_of(token: &[u8; H5O_MAX_TOKEN_SIZE]) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| token[i]))
}

/// Whether elements hold references.
pub(super) fn has_references(dtype: &Datatype) -> bool {
    match &dtype.class {
        Class::Reference(_) => true,
        Class::Compound(fields) => fields.iter().any(|f| has_references(&f.dtype)),
        Class::Array { base, .. } | Class::VarLen(base) => has_references(base),
        _ => false,
    }
}

/// What it takes to follow references in both files.
pub(super) struct References<'a> {
    pub was: &'a Id,
    pub is: &'a Id,
    /// Where each object is in the copy.
    pub places: &'a HashMap<u64, u64>,
    /// References that led nowhere.
    pub lost: Cell<u64>,
}

/// Where a reference leads.
enum Led {
    Null,
    Nowhere,
    /// To an object of another file.
    Elsewhere(Vec<u8>),
    To {
        place: u64,
        space: Option<Id>,
        attribute: Option<Vec<u8>>,
    },
}

impl References<'_> {
    /// Has the references of an element of the original lead to the copies.
    ///
    /// # Safety
    /// The library filled the element from the original, and it has this type.
    pub unsafe fn translate(&self, dtype: &Datatype, at: *mut u8) -> Hdf<()> {
        if !has_references(dtype) {
            return Ok(());
        }
        // SAFETY: parts of the element, as its type has them.
        unsafe {
            match &dtype.class {
                Class::Reference(kind) => self.translate_one(*kind, at),
                Class::Compound(fields) => {
                    fields.iter().try_for_each(|f| self.translate(&f.dtype, at.add(f.offset)))
                }
                Class::Array { dims, base } => (0..dims.iter().product::<u64>())
                    .try_for_each(|i| self.translate(base, at.add(i as usize * base.size))),
                Class::VarLen(base) => {
                    let hvl_t { len, p } = at.cast::<hvl_t>().read_unaligned();
                    let first = p.cast::<u8>();
                    (0..len).try_for_each(|i| self.translate(base, first.add(i * base.size)))
                }
                _ => Ok(()),
            }
        }
    }

    /// # Safety
    /// As for `translate`.
    unsafe fn translate_one(&self, kind: ReferenceKind, at: *mut u8) -> Hdf<()> {
        let size = match kind {
            ReferenceKind::Object => 8,
            ReferenceKind::Region => 12,
            ReferenceKind::Standard => 64,
        };
        // SAFETY: the element has this size; new references are made in a buffer with room and
        // alignment for each kind.
        unsafe {
            let led = led(kind, at, self.was);
            let (place, space, attribute) = match led {
                Led::Null | Led::Elsewhere(_) => return Ok(()),
                Led::To { place, space, attribute } => (self.places.get(&place), space, attribute),
                Led::Nowhere => (None, None, None),
            };
            let mut new = [0u64; 8];
            let r: *mut c_void = new.as_mut_ptr().cast();
            match place {
                None => self.lost.set(self.lost.get() + 1),
                Some(&place) if kind == ReferenceKind::Object => new[0] = place.to_le(),
                Some(&place) => {
                    let object = open(self.is, place)?;
                    let (o, here, raw) = (object.raw(), c".".as_ptr(), H5P_DEFAULT);
                    check(match (kind, &space, &attribute) {
                        (ReferenceKind::Region, Some(space), _) => {
                            H5Rcreate(r, o, here, H5R_DATASET_REGION1, space.raw())
                        }
                        (_, Some(space), _) => H5Rcreate_region(o, here, space.raw(), raw, r),
                        (_, _, Some(name)) => {
                            H5Rcreate_attr(o, here, cstring(name).as_ptr(), raw, r)
                        }
                        _ => H5Rcreate_object(o, here, raw, r),
                    })?;
                }
            }
            if kind == ReferenceKind::Standard {
                let mut old = aligned(at, size);
                check(H5Rdestroy(old.as_mut_ptr().cast()))?;
            }
            std::ptr::copy_nonoverlapping(new.as_ptr().cast::<u8>(), at, size);
        }
        Ok(())
    }

    /// Whether an element of the copy says what one of the original says.
    ///
    /// # Safety
    /// The library filled them from their files, and both have this type.
    pub unsafe fn is_same(&self, dtype: &Datatype, was: *const u8, is: *const u8) -> bool {
        // SAFETY: parts of the elements, as their type has them.
        unsafe {
            match &dtype.class {
                Class::Reference(kind) => {
                    self.lead_to_same(led(*kind, was, self.was), led(*kind, is, self.is))
                }
                Class::VarString { .. } => {
                    let [was, is] = [was, is].map(|p| p.cast::<*const c_char>().read_unaligned());
                    match (was.is_null(), is.is_null()) {
                        (false, false) => CStr::from_ptr(was) == CStr::from_ptr(is),
                        (a, b) => a == b,
                    }
                }
                Class::Compound(fields) => fields
                    .iter()
                    .all(|f| self.is_same(&f.dtype, was.add(f.offset), is.add(f.offset))),
                Class::Array { dims, base } => {
                    self.are_same(base, dims.iter().product::<u64>() as usize, was, is)
                }
                Class::VarLen(base) => {
                    let [was, is] = [was, is].map(|p| p.cast::<hvl_t>().read_unaligned());
                    was.len == is.len
                        && (was.len == 0 || self.are_same(base, was.len, was.p.cast(), is.p.cast()))
                }
                _ => bytes_of(was, dtype.size) == bytes_of(is, dtype.size),
            }
        }
    }

    /// # Safety
    /// As for `is_same`, of `n` elements in a row.
    pub unsafe fn are_same(
        &self,
        dtype: &Datatype,
        n: usize,
        was: *const u8,
        is: *const u8,
    ) -> bool {
        // SAFETY: as promised by the caller.
        unsafe {
            match dtype.class {
                // plain bytes, as most are
                Class::Integer(_) | Class::Float(_) | Class::FixedString { .. } => {
                    bytes_of(was, n * dtype.size) == bytes_of(is, n * dtype.size)
                }
                _ => (0..n)
                    .all(|i| self.is_same(dtype, was.add(i * dtype.size), is.add(i * dtype.size))),
            }
        }
    }

    fn lead_to_same(&self, was: Led, is: Led) -> bool {
        match (was, is) {
            (Led::Null | Led::Nowhere, Led::Null) => true,
            (Led::Elsewhere(a), Led::Elsewhere(b)) => a == b,
            (Led::To { place, .. }, Led::Null) => !self.places.contains_key(&place),
            (
                Led::To { place, space, attribute },
                Led::To { place: place_is, space: space_is, attribute: attribute_is },
            ) => {
                let spaces = match (&space, &space_is) {
                    (Some(a), Some(b)) => select_same(a, b),
                    (a, b) => a.is_none() && b.is_none(),
                };
                spaces && attribute == attribute_is && self.places.get(&place) == Some(&place_is)
            }
            _ => false,
        }
    }
}

/// # Safety
/// There are `n` bytes at `at`.
unsafe fn bytes_of<'a>(at: *const u8, n: usize) -> &'a [u8] {
    // SAFETY: as promised by the caller.
    unsafe { std::slice::from_raw_parts(at, n) }
}

/// A copy of a reference with room and alignment for each kind.
///
/// # Safety
/// There are `n` bytes at `at`, 64 at most.
unsafe fn aligned(at: *const u8, n: usize) -> [u64; 8] {
    let mut copy = [0u64; 8];
    // SAFETY: as promised by the caller.
    unsafe { std::ptr::copy_nonoverlapping(at, copy.as_mut_ptr().cast(), n.min(64)) };
    copy
}

/// Opens the object at a place.
pub(super) fn open(file: &Id, place: u64) -> Hdf<Id> {
    let mut token = [0; H5O_MAX_TOKEN_SIZE];
    token[..8].copy_from_slice(&place.to_le_bytes());
    // SAFETY: the file is open.
    Id::new(unsafe { H5Oopen_by_token(file.raw(), H5O_token_t(token)) })
}

/// Follows a reference of an open file.
///
/// # Safety
/// The library filled the reference from that file.
unsafe fn led(kind: ReferenceKind, at: *const u8, file: &Id) -> Led {
    let place = |object: Hdf<Id>| {
        object.and_then(|o| header(&o, H5O_INFO_BASIC)).map(|info| place_of(&info.token))
    };
    // SAFETY: the copy has room and alignment for each kind; names are asked for their length.
    unsafe {
        match kind {
            ReferenceKind::Object => match aligned(at, 8)[0] {
                0 => Led::Null,
                place => Led::To { place: u64::from_le(place), space: None, attribute: None },
            },
            ReferenceKind::Region => {
                let r = aligned(at, 12);
                if r[..2].iter().all(|&w| w == 0) {
                    return Led::Null;
                }
                let r = r.as_ptr().cast();
                let space = Id::new(H5Rget_region(file.raw(), H5R_DATASET_REGION1, r));
                let object =
                    Id::new(H5Rdereference2(file.raw(), H5P_DEFAULT, H5R_DATASET_REGION1, r));
                match (space, place(object)) {
                    (Ok(space), Ok(place)) => {
                        Led::To { place, space: Some(space), attribute: None }
                    }
                    _ => Led::Nowhere,
                }
            }
            ReferenceKind::Standard => {
                let mut r = aligned(at, 64);
                if r.iter().all(|&w| w == 0) {
                    return Led::Null;
                }
                let elsewhere = (r[4] as i64) < 0;
                let r: *mut c_void = r.as_mut_ptr().cast();
                if elsewhere {
                    let name = text_of(|p, n| H5Rget_file_name(r, p, n) as isize);
                    return name.map_or(Led::Nowhere, Led::Elsewhere);
                }
                let kind = H5Rget_type(r);
                if !(H5R_OBJECT1..=H5R_ATTR).contains(&kind) {
                    reason();
                    return Led::Null;
                }
                let Ok(place) = place(Id::new(H5Ropen_object(r, H5P_DEFAULT, H5P_DEFAULT))) else {
                    return Led::Nowhere;
                };
                let space = matches!(kind, H5R_DATASET_REGION1 | H5R_DATASET_REGION2)
                    .then(|| Id::new(H5Ropen_region(r, H5P_DEFAULT, H5P_DEFAULT)).ok())
                    .flatten();
                let attribute = (kind == H5R_ATTR)
                    .then(|| text_of(|p, n| H5Rget_attr_name(r, p, n) as isize))
                    .flatten();
                Led::To { place, space, attribute }
            }
        }
    }
}

/// Whether the same elements are selected in spaces of the same extent.
fn select_same(a: &Id, b: &Id) -> bool {
    let (a, b) = (a.raw(), b.raw());
    // SAFETY: both are open, and the buffers have their rank.
    unsafe {
        if H5Sextent_equal(a, b) <= 0 || H5Sselect_shape_same(a, b) <= 0 {
            return false;
        }
        let bounds = |space| {
            let rank = H5Sget_simple_extent_ndims(space).max(0) as usize;
            let (mut low, mut high) = (vec![0; rank], vec![0; rank]);
            let some = H5Sget_select_bounds(space, low.as_mut_ptr(), high.as_mut_ptr()) >= 0;
            if !some {
                reason();
            }
            some.then_some((low, high))
        };
        H5Sget_select_npoints(a) == H5Sget_select_npoints(b) && bounds(a) == bounds(b)
    }
}
