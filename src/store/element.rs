//! What the elements of something new are to be, and the library's type for that.

use super::ffi::*;
use super::hdf::{Id, check, cstring};

/// What the elements of a new dataset are; sizes are in bytes, numbers in this machine's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// Numbers in the other byte order than this machine's.
    Swapped(Box<Element>),
    /// Integers with a sign.
    Signed(usize),
    /// Integers without one.
    Unsigned(usize),
    /// IEEE floats.
    Float(usize),
    /// An enum of FALSE and TRUE, as h5py has it.
    Bool,
    /// A compound of `r` and `i`, floats of so many bytes each.
    Complex(usize),
    /// ASCII strings of one size, ended by NULs.
    FixedBytes(usize),
    /// UTF-8 strings of one size, ended by NULs.
    FixedText(usize),
    /// UTF-8 strings of any length.
    Text,
    /// Byte strings of any length.
    Binary,
    /// Bytes with a tag.
    Opaque(usize, String),
    /// Sub-arrays.
    Array(Box<Element>, Vec<u64>),
    /// Named members at their offsets, of so many bytes in all.
    Compound(usize, Vec<(String, usize, Element)>),
}

impl Element {
    /// Whether elements are pointers to bytes of any length.
    pub fn is_text(&self) -> bool {
        matches!(self, Element::Text | Element::Binary)
    }
}

/// The library's type for an element.
pub(super) fn datatype(element: &Element) -> Result<Id, String> {
    let wrong = |n: usize| format!("there is no number of {n} bytes");
    // SAFETY: the predefined types are set since the library was started; new types are ours, and
    // names and values are valid for the calls.
    unsafe {
        let copy = |id: hid_t| Id::new(H5Tcopy(id));
        match element {
            Element::Swapped(inner) => {
                let kind = datatype(inner)?;
                check(H5Tset_order(kind.raw(), if cfg!(target_endian = "big") { 0 } else { 1 }))?;
                Ok(kind)
            }
            Element::Signed(n) => copy(match n {
                1 => H5T_NATIVE_INT8_g,
                2 => H5T_NATIVE_INT16_g,
                4 => H5T_NATIVE_INT32_g,
                8 => H5T_NATIVE_INT64_g,
                n => return Err(wrong(*n)),
            }),
            Element::Unsigned(n) => copy(match n {
                1 => H5T_NATIVE_UINT8_g,
                2 => H5T_NATIVE_UINT16_g,
                4 => H5T_NATIVE_UINT32_g,
                8 => H5T_NATIVE_UINT64_g,
                n => return Err(wrong(*n)),
            }),
            Element::Float(n) => copy(match (n, cfg!(target_endian = "big")) {
                (2, false) => H5T_IEEE_F16LE_g,
                (2, true) => H5T_IEEE_F16BE_g,
                (4, _) => H5T_NATIVE_FLOAT_g,
                (8, _) => H5T_NATIVE_DOUBLE_g,
                (n, _) => return Err(wrong(*n)),
            }),
            Element::Bool => {
                let kind = Id::new(H5Tenum_create(H5T_NATIVE_INT8_g))?;
                for (name, value) in [(c"FALSE", 0i8), (c"TRUE", 1)] {
                    let value = (&raw const value).cast();
                    check(H5Tenum_insert(kind.raw(), name.as_ptr(), value))?;
                }
                Ok(kind)
            }
            Element::Complex(n) => datatype(&Element::Compound(
                2 * n,
                vec![("r".into(), 0, Element::Float(*n)), ("i".into(), *n, Element::Float(*n))],
            )),
            Element::FixedBytes(n) => string(*n, H5T_STR_NULLPAD, H5T_CSET_ASCII),
            Element::FixedText(n) => string(*n, H5T_STR_NULLPAD, H5T_CSET_UTF8),
            Element::Text => string(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8),
            Element::Binary => string(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_ASCII),
            Element::Opaque(n, tag) => {
                let kind = Id::new(H5Tcreate(H5T_OPAQUE, *n))?;
                check(H5Tset_tag(kind.raw(), cstring(tag.as_bytes()).as_ptr()))?;
                Ok(kind)
            }
            Element::Array(inner, dims) => {
                let inner = datatype(inner)?;
                let rank = dims.len() as u32;
                Id::new(H5Tarray_create2(inner.raw(), rank, dims.as_ptr()))
            }
            Element::Compound(size, members) => {
                let kind = Id::new(H5Tcreate(H5T_COMPOUND, *size))?;
                for (name, offset, member) in members {
                    let member = datatype(member)?;
                    let name = cstring(name.as_bytes());
                    check(H5Tinsert(kind.raw(), name.as_ptr(), *offset, member.raw()))?;
                }
                Ok(kind)
            }
        }
    }
}

fn string(size: usize, padding: libc::c_int, characters: libc::c_int) -> Result<Id, String> {
    // SAFETY: the predefined type is set since the library was started; the copy is ours.
    unsafe {
        let kind = Id::new(H5Tcopy(H5T_C_S1_g))?;
        check(H5Tset_size(kind.raw(), size))?;
        check(H5Tset_strpad(kind.raw(), padding))?;
        check(H5Tset_cset(kind.raw(), characters))?;
        Ok(kind)
    }
}
