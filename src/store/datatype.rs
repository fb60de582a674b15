//! Datatypes: what the bytes of an element mean.
//!
//! A [`Datatype`] is a plain description, taken from the library once. Elements are read in the
//! file's own form, so the description must say everything that decoding needs: byte orders, odd
//! precisions, paddings, offsets. Naming types in NumPy's words is not done here.

use std::ffi::c_int;

use super::ffi::*;
use super::hdf::{Id, check, take_string};

/// The order of bytes in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant first.
    Little,
    /// Most significant first.
    Big,
    /// VAX: 16-bit words swapped.
    Vax,
}

/// How the end of a fixed string is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// By the first NUL.
    NullTerminated,
    /// By NULs to the end.
    Null,
    /// By spaces to the end.
    Space,
}

/// Where the bits of a float are (HDF5 format specification, IV.A.2.d).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloatLayout {
    /// Order of the bytes.
    pub order: ByteOrder,
    /// First significant bit, and how many.
    pub offset: u32,
    /// Significant bits.
    pub precision: u32,
    /// Place of the sign.
    pub sign: u32,
    /// Place of the exponent.
    pub exponent: u32,
    /// Bits of the exponent.
    pub exponent_bits: u32,
    /// Place of the mantissa.
    pub mantissa: u32,
    /// Bits of the mantissa.
    pub mantissa_bits: u32,
    /// Bias of the exponent.
    pub bias: u64,
    /// Whether the mantissa's first bit is left out (as in IEEE types).
    pub implied_bit: bool,
}

/// Where the bits of an integer, bitfield or time are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntLayout {
    /// Order of the bytes.
    pub order: ByteOrder,
    /// Whether the top bit is a sign.
    pub signed: bool,
    /// First significant bit.
    pub offset: u32,
    /// Significant bits.
    pub precision: u32,
}

/// What a reference points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// An object of the same file (8 bytes).
    Object,
    /// A selection of a dataset of the same file (12 bytes).
    Region,
    /// HDF5 1.12's: an object, a selection or an attribute.
    Standard,
}

/// One field of a compound.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name, as bytes.
    pub name: Vec<u8>,
    /// Bytes before it.
    pub offset: usize,
    /// Its type.
    pub dtype: Datatype,
}

/// One name of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name, as bytes.
    pub name: Vec<u8>,
    /// The number it stands for.
    pub value: i128,
}

/// The kinds of datatype, with what each needs.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Class {
    Integer(IntLayout),
    Float(FloatLayout),
    Time(IntLayout),
    Bitfield(IntLayout),
    FixedString { padding: Padding, utf8: bool },
    VarString { utf8: bool },
    Opaque { tag: Vec<u8> },
    Compound(Vec<Field>),
    Reference(ReferenceKind),
    Enum { base: Box<Datatype>, members: Vec<Member> },
    VarLen(Box<Datatype>),
    Array { dims: Vec<u64>, base: Box<Datatype> },
    Complex(Box<Datatype>),
    Unknown(i32),
}

/// The type of an element.
#[derive(Debug, Clone, PartialEq)]
pub struct Datatype {
    /// Bytes of an element, as it is read into memory.
    pub size: usize,
    /// Its kind.
    pub class: Class,
}

impl Datatype {
    /// Whether elements point at memory beside them (variable lengths, 1.12's references).
    pub fn has_pointers(&self) -> bool {
        match &self.class {
            Class::VarString { .. } | Class::VarLen(_) => true,
            Class::Reference(kind) => *kind == ReferenceKind::Standard,
            Class::Compound(fields) => fields.iter().any(|f| f.dtype.has_pointers()),
            Class::Array { base, .. } => base.has_pointers(),
            _ => false,
        }
    }

    /// The real and imaginary fields' type, where this is a complex number: HDF5's own, or the
    /// compound of two equal floats `r` and `i` that h5py writes.
    pub fn complex_part(&self) -> Option<&Datatype> {
        match &self.class {
            Class::Complex(base) => Some(base),
            Class::Compound(fields) => match fields.as_slice() {
                [r, i]
                    if r.name == b"r"
                        && i.name == b"i"
                        && r.dtype == i.dtype
                        && matches!(r.dtype.class, Class::Float(_))
                        && r.offset == 0
                        && i.offset == r.dtype.size
                        && self.size == 2 * r.dtype.size =>
                {
                    Some(&r.dtype)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this is h5py's bool: an 8-bit enumeration of FALSE = 0 and TRUE = 1.
    pub fn is_bool(&self) -> bool {
        matches!(&self.class, Class::Enum { members, .. }
            if self.size == 1
                && members.len() == 2
                && members.iter().any(|m| m.name == b"FALSE" && m.value == 0)
                && members.iter().any(|m| m.name == b"TRUE" && m.value == 1))
    }

    /// Describes an open type. `depth` bounds the nesting of hostile files.
    pub(super) fn describe(id: &Id) -> Result<Datatype, String> {
        describe(id, 0)
    }
}

fn describe(id: &Id, depth: u32) -> Result<Datatype, String> {
    if depth > 32 {
        return Err("its datatype is nested more than 32 deep".into());
    }
    let t = id.raw();
    // SAFETY: in the whole function `t` is an open datatype, `i` an index below its count, and
    // buffers have the sizes that the library asks for.
    unsafe {
        let size = H5Tget_size(t);
        if size == 0 {
            return Err(super::hdf::reason());
        }
        let parent = || -> Result<Box<Datatype>, String> {
            Ok(Box::new(describe(&Id::new(H5Tget_super(t))?, depth + 1)?))
        };
        let class = match H5Tget_class(t) {
            H5T_INTEGER => Class::Integer(int_layout(t)),
            H5T_TIME => Class::Time(int_layout(t)),
            H5T_BITFIELD => Class::Bitfield(IntLayout { signed: false, ..int_layout(t) }),
            H5T_FLOAT => Class::Float(float_layout(t)?),
            H5T_STRING => {
                let utf8 = H5Tget_cset(t) == 1;
                if check(H5Tis_variable_str(t))? > 0 {
                    Class::VarString { utf8 }
                } else {
                    let padding = match H5Tget_strpad(t) {
                        0 => Padding::NullTerminated,
                        2 => Padding::Space,
                        _ => Padding::Null,
                    };
                    Class::FixedString { padding, utf8 }
                }
            }
            H5T_OPAQUE => Class::Opaque { tag: take_string(H5Tget_tag(t)) },
            H5T_COMPOUND => Class::Compound(fields(t, depth)?),
            H5T_REFERENCE => Class::Reference(reference_kind(t)?),
            H5T_ENUM => {
                let base = parent()?;
                let members = members(t, size, &base)?;
                Class::Enum { base, members }
            }
            H5T_VLEN => Class::VarLen(parent()?),
            H5T_ARRAY => {
                let rank = check(H5Tget_array_ndims(t))? as usize;
                let mut dims = vec![0; rank];
                check(H5Tget_array_dims2(t, dims.as_mut_ptr()))?;
                Class::Array { dims, base: parent()? }
            }
            H5T_COMPLEX => Class::Complex(parent()?),
            other => Class::Unknown(other),
        };
        Ok(Datatype { size, class })
    }
}

fn order(raw: c_int) -> ByteOrder {
    match raw {
        1 => ByteOrder::Big,
        2 => ByteOrder::Vax,
        _ => ByteOrder::Little,
    }
}

/// # Safety
/// `t` is an open datatype.
unsafe fn int_layout(t: hid_t) -> IntLayout {
    // SAFETY: as promised by the caller.
    unsafe {
        IntLayout {
            order: order(H5Tget_order(t)),
            signed: H5Tget_sign(t) == 1,
            offset: H5Tget_offset(t).max(0) as u32,
            precision: H5Tget_precision(t) as u32,
        }
    }
}

/// # Safety
/// `t` is an open floating-point datatype.
unsafe fn float_layout(t: hid_t) -> Result<FloatLayout, String> {
    let (mut sign, mut exp, mut exp_size, mut mant, mut mant_size) = (0, 0, 0, 0, 0);
    // SAFETY: as promised by the caller.
    unsafe {
        check(H5Tget_fields(t, &mut sign, &mut exp, &mut exp_size, &mut mant, &mut mant_size))?;
        Ok(FloatLayout {
            order: order(H5Tget_order(t)),
            offset: H5Tget_offset(t).max(0) as u32,
            precision: H5Tget_precision(t) as u32,
            sign: sign as u32,
            exponent: exp as u32,
            exponent_bits: exp_size as u32,
            mantissa: mant as u32,
            mantissa_bits: mant_size as u32,
            bias: H5Tget_ebias(t) as u64,
            implied_bit: H5Tget_norm(t) == 0,
        })
    }
}

/// # Safety
/// `t` is an open compound datatype.
unsafe fn fields(t: hid_t, depth: u32) -> Result<Vec<Field>, String> {
    // SAFETY: as promised by the caller; `i` stays below the count.
    unsafe {
        let n = check(H5Tget_nmembers(t))? as u32;
        (0..n)
            .map(|i| {
                Ok(Field {
                    name: take_string(H5Tget_member_name(t, i)),
                    offset: H5Tget_member_offset(t, i),
                    dtype: describe(&Id::new(H5Tget_member_type(t, i))?, depth + 1)?,
                })
            })
            .collect()
    }
}

/// # Safety
/// `t` is an open enumeration of elements of `size` bytes.
unsafe fn members(t: hid_t, size: usize, base: &Datatype) -> Result<Vec<Member>, String> {
    // SAFETY: as promised by the caller; the buffer holds one element.
    unsafe {
        let n = check(H5Tget_nmembers(t))? as u32;
        let mut element = vec![0u8; size];
        (0..n)
            .map(|i| {
                check(H5Tget_member_value(t, i, element.as_mut_ptr().cast()))?;
                let value = match &base.class {
                    Class::Integer(layout) => super::number::integer(&element, layout),
                    _ => None,
                };
                Ok(Member {
                    name: take_string(H5Tget_member_name(t, i)),
                    value: value.unwrap_or_default(),
                })
            })
            .collect()
    }
}

/// # Safety
/// `t` is an open reference datatype.
unsafe fn reference_kind(t: hid_t) -> Result<ReferenceKind, String> {
    // SAFETY: as promised by the caller; the two ids are the library's own.
    unsafe {
        Ok(if check(H5Tequal(t, H5T_STD_REF_OBJ_g))? > 0 {
            ReferenceKind::Object
        } else if check(H5Tequal(t, H5T_STD_REF_DSETREG_g))? > 0 {
            ReferenceKind::Region
        } else {
            ReferenceKind::Standard
        })
    }
}
