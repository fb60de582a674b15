//! Values: one element of a dataset or attribute, decoded, bounded, and free of the library.
//!
//! This is for looking at a few cells, not for computing: a value is an enum and owns its bytes.
//! Long strings, arrays and sequences are cut to [`Limits`], and say how long they were.

use std::cell::Cell;
use std::time::Instant;

use super::datatype::{Class, Datatype, Padding};
use super::ffi::hvl_t;
use super::number::{self, Float};
use super::reference::{self, Reference};

/// How much of one element is kept.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a string.
    pub bytes: usize,
    /// Items of an array or sequence, at each level.
    pub items: usize,
}

impl Limits {
    /// For a cell of a grid or a line of attributes.
    pub const CELL: Limits = Limits { bytes: 1024, items: 128 };
}

/// A string or opaque bytes, perhaps cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// The bytes kept.
    pub kept: Vec<u8>,
    /// How many there were.
    pub len: usize,
}

impl Bytes {
    fn cut(bytes: &[u8], limits: Limits) -> Bytes {
        Bytes { kept: bytes[..bytes.len().min(limits.bytes)].to_vec(), len: bytes.len() }
    }
}

/// One decoded element.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Int(i128),
    Float(Float),
    Complex(Float, Float),
    Bool(bool),
    /// An enumeration's value, and its name where it has one.
    Enum {
        name: Option<Vec<u8>>,
        value: i128,
    },
    /// Bits, of an element of `size` bytes.
    Bits {
        value: i128,
        size: usize,
    },
    /// HDF5's time class: seconds since 1970.
    Time(i128),
    Text(Bytes),
    Opaque {
        tag: Vec<u8>,
        bytes: Bytes,
    },
    Compound(Vec<Value>),
    /// An array of `dims`; `items` are its first, row by row along the last axis.
    Array {
        dims: Vec<u64>,
        items: Vec<Value>,
    },
    /// A sequence of `len` items, of which the first are kept.
    List {
        items: Vec<Value>,
        len: usize,
    },
    Reference(Reference),
    /// Bytes of a type that can't be interpreted.
    Raw(Bytes),
}

/// What decoding needs beside the bytes.
pub(super) struct Context {
    /// Where references are resolved: an object of the file.
    pub location: super::ffi::hid_t,
    pub limits: Limits,
    /// Names of references are searched in the whole file; not after this.
    pub deadline: Instant,
    /// Items that the element at hand may still keep, over all its levels.
    budget: Cell<usize>,
}

/// Items that one element keeps over all levels of arrays and sequences.
const BUDGET: usize = 4096;

impl Context {
    pub fn new(location: super::ffi::hid_t, limits: Limits, deadline: Instant) -> Context {
        Context { location, limits, deadline, budget: Cell::new(BUDGET) }
    }

    /// How many of `n` items are kept.
    fn take(&self, n: usize) -> usize {
        let kept = n.min(self.limits.items).min(self.budget.get());
        self.budget.set(self.budget.get() - kept);
        kept
    }
}

/// Decodes one element of a dataset or attribute, with a budget of its own.
///
/// # Safety
/// That of [`decode`].
pub(super) unsafe fn decode_element(dtype: &Datatype, element: &[u8], cx: &Context) -> Value {
    // who wants more items than a screen shows wants all of them
    cx.budget.set(if cx.limits.items > BUDGET { usize::MAX } else { BUDGET });
    // SAFETY: as promised by the caller.
    unsafe { decode(dtype, element, cx) }
}

/// Decodes one element.
///
/// # Safety
/// Where `dtype.has_pointers()`, `element` was filled by `H5Dread` or `H5Aread` with that type,
/// and not yet reclaimed.
pub(super) unsafe fn decode(dtype: &Datatype, element: &[u8], cx: &Context) -> Value {
    let raw = || Value::Raw(Bytes::cut(element, cx.limits));
    let int = |layout| number::integer(element, layout);
    match &dtype.class {
        Class::Integer(layout) => int(layout).map_or_else(raw, Value::Int),
        Class::Time(layout) => int(layout).map_or_else(raw, Value::Time),
        Class::Bitfield(layout) => {
            int(layout).map_or_else(raw, |value| Value::Bits { value, size: dtype.size })
        }
        Class::Float(layout) => number::float(element, layout).map_or_else(raw, Value::Float),
        Class::FixedString { padding, .. } => {
            Value::Text(Bytes::cut(trimmed(element, *padding), cx.limits))
        }
        Class::Opaque { tag } => {
            Value::Opaque { tag: tag.clone(), bytes: Bytes::cut(element, cx.limits) }
        }
        Class::Enum { base, members } => {
            let value = match &base.class {
                Class::Integer(layout) => int(layout),
                _ => None,
            };
            let Some(value) = value else { return raw() };
            if dtype.is_bool() && (value == 0 || value == 1) {
                return Value::Bool(value == 1);
            }
            let name = members.iter().find(|m| m.value == value).map(|m| m.name.clone());
            Value::Enum { name, value }
        }
        Class::Compound(fields) => {
            // SAFETY: fields lie inside the element, by HDF5's own check of the type.
            let part = |offset: usize, d: &Datatype| match element.get(offset..offset + d.size) {
                Some(bytes) => unsafe { decode(d, bytes, cx) },
                None => raw(),
            };
            if dtype.complex_part().is_some()
                && let (Value::Float(re), Value::Float(im)) = (
                    part(fields[0].offset, &fields[0].dtype),
                    part(fields[1].offset, &fields[1].dtype),
                )
            {
                return Value::Complex(re, im);
            }
            Value::Compound(fields.iter().map(|f| part(f.offset, &f.dtype)).collect())
        }
        Class::Complex(base) => {
            let part = |bytes| match &base.class {
                Class::Float(layout) => number::float(bytes, layout),
                _ => None,
            };
            match (part(&element[..base.size]), part(&element[base.size..])) {
                (Some(re), Some(im)) => Value::Complex(re, im),
                _ => raw(),
            }
        }
        Class::Array { dims, base } => {
            let kept = cx.take(elements_of(dims));
            let items = element.chunks_exact(base.size.max(1)).take(kept);
            // SAFETY: items are parts of the element.
            let items = items.map(|bytes| unsafe { decode(base, bytes, cx) }).collect();
            Value::Array { dims: dims.clone(), items }
        }
        // SAFETY: pointers are the library's, by this function's own condition.
        Class::VarString { .. } => unsafe {
            let p = pointer(element) as *const libc::c_char;
            let bytes = if p.is_null() { &[] } else { std::ffi::CStr::from_ptr(p).to_bytes() };
            Value::Text(Bytes::cut(bytes, cx.limits))
        },
        // SAFETY: as above: `len` elements of the base type stand at `p`.
        Class::VarLen(base) => unsafe {
            let v = element.as_ptr().cast::<hvl_t>().read_unaligned();
            let len = if v.p.is_null() { 0 } else { v.len };
            let items = (0..cx.take(len)).map(|i| {
                let at = v.p.cast::<u8>().add(i * base.size);
                decode(base, std::slice::from_raw_parts(at, base.size), cx)
            });
            Value::List { items: items.collect(), len }
        },
        // SAFETY: as above, for 1.12's references; the old ones are plain bytes.
        Class::Reference(kind) => {
            Value::Reference(unsafe { reference::resolve(*kind, element, cx) })
        }
        Class::Unknown(_) => raw(),
    }
}

/// How many items an array of `dims` has.
fn elements_of(dims: &[u64]) -> usize {
    let total = dims.iter().fold(1u64, |n, &d| n.saturating_mul(d));
    usize::try_from(total).unwrap_or(usize::MAX)
}

fn pointer(element: &[u8]) -> usize {
    let mut word = [0u8; size_of::<usize>()];
    let n = word.len().min(element.len());
    word[..n].copy_from_slice(&element[..n]);
    usize::from_ne_bytes(word)
}

/// A fixed string without its padding, as h5py returns it: NULs at the end never count.
fn trimmed(bytes: &[u8], padding: Padding) -> &[u8] {
    let end_of = |pad: u8| bytes.iter().rposition(|&b| b != pad).map_or(0, |i| i + 1);
    match padding {
        Padding::NullTerminated => {
            &bytes[..bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len())]
        }
        Padding::Null => &bytes[..end_of(0)],
        Padding::Space => {
            let text = &bytes[..end_of(b' ')];
            &text[..text.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paddings() {
        assert_eq!(trimmed(b"ab\0c\0", Padding::NullTerminated), b"ab");
        assert_eq!(trimmed(b"ab\0c\0", Padding::Null), b"ab\0c");
        assert_eq!(trimmed(b"ab  ", Padding::Space), b"ab");
        assert_eq!(trimmed(b"\0\0", Padding::Null), b"");
    }
}
