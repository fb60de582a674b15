//! The names of stored types: NumPy's `str(dtype)` as h5py gives it, a short word for a tree,
//! and HDF5's own terms for people.

use super::time::TimeType;
use crate::store::{
    ByteOrder, Class, Datatype, Extent, FloatLayout, IntLayout, Padding, ReferenceKind, escape,
};

/// `str(dataset.dtype)` of h5py: `float64`, `>i4`, `|S5`, `object`,
/// `[('x', '<f8'), ('y', '<f8')]`. Types that NumPy has no words for get the nearest that says
/// what they are (`int24`, `float128`).
pub fn numpy_name(dtype: &Datatype) -> String {
    match &dtype.class {
        Class::Compound(_) if dtype.complex_part().is_none() => structure(dtype),
        Class::Array { .. } => construction(dtype),
        _ => long_name(dtype),
    }
}

/// A name alone in print: `int32`, but `>i4` for the other byte order.
fn long_name(dtype: &Datatype) -> String {
    let number = |kind: &str, code: char, big: bool, size: usize| {
        if big { format!(">{code}{size}") } else { format!("{kind}{}", 8 * size) }
    };
    if let Some(part) = dtype.complex_part() {
        return number("complex", 'c', is_big(part), dtype.size);
    }
    match &dtype.class {
        Class::Integer(l) if l.signed => number("int", 'i', is_big(dtype), dtype.size),
        Class::Integer(_) | Class::Bitfield(_) => number("uint", 'u', is_big(dtype), dtype.size),
        Class::Float(layout) => number("float", 'f', is_big(dtype), float_size(layout, dtype.size)),
        Class::Time(_) => "time".into(),
        Class::Enum { .. } if dtype.is_bool() => "bool".into(),
        Class::Enum { base, .. } => long_name(base),
        Class::FixedString { .. } => format!("|S{}", dtype.size),
        Class::Opaque { tag } => match TimeType::of_tag(tag) {
            Some(time) => time.name(),
            None => format!("|V{}", dtype.size),
        },
        Class::VarString { .. } | Class::VarLen(_) | Class::Reference(_) => "object".into(),
        _ => construction(dtype),
    }
}

/// A name inside a structure: `<i4`, `S5`, `?`, `O`.
fn construction(dtype: &Datatype) -> String {
    format!(
        "'{}'",
        match &dtype.class {
            Class::Array { dims, base } => {
                return format!("({}, {})", construction(base), tuple(dims));
            }
            Class::Compound(_) if dtype.complex_part().is_none() => return structure(dtype),
            _ => short_code(dtype),
        }
    )
}

fn short_code(dtype: &Datatype) -> String {
    let number = |code: char, big: bool, size: usize| match (size, big) {
        (1, _) => format!("{code}1"),
        (_, true) => format!(">{code}{size}"),
        (_, false) => format!("<{code}{size}"),
    };
    if let Some(part) = dtype.complex_part() {
        return number('c', is_big(part), dtype.size);
    }
    match &dtype.class {
        Class::Integer(l) if l.signed => number('i', is_big(dtype), dtype.size),
        Class::Integer(_) | Class::Bitfield(_) => number('u', is_big(dtype), dtype.size),
        Class::Float(layout) => number('f', is_big(dtype), float_size(layout, dtype.size)),
        Class::Enum { .. } if dtype.is_bool() => "?".into(),
        Class::Enum { base, .. } => short_code(base),
        Class::FixedString { .. } => format!("S{}", dtype.size),
        Class::Opaque { tag } => match TimeType::of_tag(tag) {
            Some(time) => time.short_name(),
            None => format!("V{}", dtype.size),
        },
        Class::VarString { .. } | Class::VarLen(_) | Class::Reference(_) => "O".into(),
        _ => format!("V{}", dtype.size),
    }
}

/// A compound as NumPy prints a structured dtype: a list where the fields follow each other
/// without holes, else names, formats, offsets and itemsize.
fn structure(dtype: &Datatype) -> String {
    let Class::Compound(fields) = &dtype.class else {
        return short_code(dtype);
    };
    let mut end = 0;
    let mut packed = true;
    for f in fields {
        packed &= f.offset == end;
        end += numpy_size(&f.dtype);
    }
    packed &= end == dtype.size;
    let name = |f: &crate::store::Field| python_string(&f.name);
    if packed {
        let items = fields.iter().map(|f| match &f.dtype.class {
            Class::Array { dims, base } => {
                format!("({}, {}, {})", name(f), construction(base), tuple(dims))
            }
            _ => format!("({}, {})", name(f), construction(&f.dtype)),
        });
        return format!("[{}]", items.collect::<Vec<_>>().join(", "));
    }
    let join = |items: Vec<String>| items.join(", ");
    format!(
        "{{'names': [{}], 'formats': [{}], 'offsets': [{}], 'itemsize': {}}}",
        join(fields.iter().map(name).collect()),
        join(fields.iter().map(|f| construction(&f.dtype)).collect()),
        join(fields.iter().map(|f| f.offset.to_string()).collect()),
        dtype.size,
    )
}

/// The bytes that NumPy takes for an element: a pointer for what is of no fixed size.
fn numpy_size(dtype: &Datatype) -> usize {
    match &dtype.class {
        Class::VarString { .. } | Class::VarLen(_) | Class::Reference(_) => 8,
        Class::Float(layout) => float_size(layout, dtype.size),
        Class::Array { dims, base } => {
            dims.iter().fold(numpy_size(base), |n, &d| n.saturating_mul(d as usize))
        }
        _ => dtype.size,
    }
}

/// The bytes of NumPy's float for a layout: that of its size, but single for the formats
/// whose numbers no half holds.
fn float_size(layout: &FloatLayout, size: usize) -> usize {
    let (e, m) = (layout.exponent_bits, layout.mantissa_bits);
    match size {
        _ if e <= 5 && m <= 10 => 2,
        _ if e <= 8 && m <= 23 => 4,
        _ if e <= 11 && m <= 52 => 8,
        _ => 16,
    }
}

fn is_big(dtype: &Datatype) -> bool {
    let order = match &dtype.class {
        Class::Integer(l) | Class::Bitfield(l) | Class::Time(l) => l.order,
        Class::Float(l) => l.order,
        _ => return false,
    };
    order == ByteOrder::Big && dtype.size > 1
}

/// A tuple of sizes as Python prints it: `(3,)`, `(2, 3)`.
pub fn tuple(dims: &[u64]) -> String {
    match dims {
        [n] => format!("({n},)"),
        _ => format!("({})", dims.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// A string as Python's `repr` quotes it. Bytes that are no UTF-8 are escaped.
fn python_string(bytes: &[u8]) -> String {
    let text = crate::store::to_text(bytes);
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c => out.push_str(&escape(c.encode_utf8(&mut [0; 4]).as_bytes())),
        }
    }
    out.push(quote);
    out
}

/// A shape as NumPy prints it; `null` for a null dataspace.
pub fn shape(extent: &Extent) -> String {
    match extent {
        Extent::Null => "null".into(),
        _ => tuple(extent.dims()),
    }
}

/// The maximum shape as h5py prints it.
pub fn max_shape(extent: &Extent) -> Option<String> {
    let Extent::Simple { max, .. } = extent else {
        return None;
    };
    let axis = |m: &Option<u64>| m.map_or("None".to_string(), |n| n.to_string());
    Some(match max.as_slice() {
        [m] => format!("({},)", axis(m)),
        _ => format!("({})", max.iter().map(axis).collect::<Vec<_>>().join(", ")),
    })
}

/// A word or two for a row of a tree: `float64`, `str`, `compound of 5`, `vlen int32`.
pub fn short_name(dtype: &Datatype) -> String {
    if dtype.complex_part().is_some() {
        return long_name(dtype);
    }
    match &dtype.class {
        Class::VarString { .. } => "str".into(),
        Class::VarLen(base) => format!("vlen {}", short_name(base)),
        Class::Reference(ReferenceKind::Region) => "region ref".into(),
        Class::Reference(_) => "ref".into(),
        Class::Compound(fields) => format!("compound of {}", fields.len()),
        Class::Enum { base, .. } if !dtype.is_bool() => format!("enum {}", long_name(base)),
        Class::Array { dims, base } => format!("{}{}", tuple(dims), short_name(base)),
        Class::Bitfield(_) => format!("bits {}", 8 * dtype.size),
        Class::FixedString { .. } => format!("S{}", dtype.size),
        Class::Opaque { .. } | Class::Integer(_) | Class::Float(_) => {
            long_name(dtype).trim_start_matches('|').to_string()
        }
        Class::Unknown(class) => format!("class {class}"),
        _ => long_name(dtype),
    }
}

/// The type in HDF5's terms: `64-bit signed integer, little-endian`.
pub fn hdf5_words(dtype: &Datatype) -> String {
    let order = |o: ByteOrder| match o {
        ByteOrder::Little => "little-endian",
        ByteOrder::Big => "big-endian",
        ByteOrder::Vax => "VAX order",
    };
    let bits = |l: &IntLayout| match (l.offset, l.precision as usize) {
        (0, p) if p == 8 * dtype.size => format!("{p}-bit"),
        (0, p) => format!("{p}-bit (in {} bytes)", dtype.size),
        (o, p) => format!("{p}-bit (from bit {o} of {} bytes)", dtype.size),
    };
    let charset = |utf8: bool| if utf8 { "UTF-8" } else { "ASCII" };
    match &dtype.class {
        Class::Integer(l) => {
            let sign = if l.signed { "signed" } else { "unsigned" };
            format!("{} {sign} integer, {}", bits(l), order(l.order))
        }
        Class::Bitfield(l) => format!("{} bitfield, {}", bits(l), order(l.order)),
        Class::Time(l) => format!("{} time, {}", bits(l), order(l.order)),
        Class::Float(l) => format!("{}, {}", float_words(l, dtype.size), order(l.order)),
        Class::FixedString { padding, utf8 } => {
            let padding = match padding {
                Padding::NullTerminated => "null-terminated",
                Padding::Null => "null-padded",
                Padding::Space => "space-padded",
            };
            format!("string of {} bytes, {}, {padding}", dtype.size, charset(*utf8))
        }
        Class::VarString { utf8 } => format!("string of variable length, {}", charset(*utf8)),
        Class::Opaque { tag } if tag.is_empty() => format!("opaque, {} bytes", dtype.size),
        Class::Opaque { tag } => format!("opaque, {} bytes, tag '{}'", dtype.size, escape(tag)),
        Class::Compound(_) if dtype.complex_part().is_some() => {
            "complex as a compound {r, i}".into()
        }
        Class::Compound(fields) => {
            format!("compound of {} fields, {} bytes", fields.len(), dtype.size)
        }
        Class::Reference(ReferenceKind::Object) => "object reference".into(),
        Class::Reference(ReferenceKind::Region) => "region reference".into(),
        Class::Reference(ReferenceKind::Standard) => "reference (HDF5 1.12)".into(),
        Class::Enum { .. } if dtype.is_bool() => "boolean as an enumeration".into(),
        Class::Enum { base, members } => {
            format!("enumeration of {} names on {}", members.len(), hdf5_words(base))
        }
        Class::VarLen(base) => format!("variable-length sequence of {}", hdf5_words(base)),
        Class::Array { dims, base } => format!("array {} of {}", tuple(dims), hdf5_words(base)),
        Class::Complex(base) => format!("complex of {}", hdf5_words(base)),
        Class::Unknown(class) => format!("class {class}, unknown to this library"),
    }
}

fn float_words(l: &FloatLayout, size: usize) -> String {
    match (size, l.exponent_bits, l.mantissa_bits) {
        (2, 5, 10) | (4, 8, 23) | (8, 11, 52) | (16, 15, 112) => {
            format!("IEEE {}-bit float", 8 * size)
        }
        (2, 8, 7) => "bfloat16".into(),
        (_, 15, 64) => format!("x87 80-bit float (in {size} bytes)"),
        (_, e, m) => format!("float of {e} exponent and {m} mantissa bits (in {size} bytes)"),
    }
}
