//! `.npy`: NumPy's array file: a header in Python's words, then the elements in C order.
//!
//! Elements are written at their places by all threads, in boxes that suit the source. Fields
//! are named in the order of their offsets. Object arrays, which NumPy would pickle, are refused.

use std::io::Write;

use super::pieces::{PIECE, Pace, ordered, place};
use super::target::{Target, shown};
use crate::array::block::Block;
use crate::array::dtype::{Struct, quote, tuple};
use crate::array::error::Kind;
use crate::array::{Array, Context, DType, Error, Result};
use crate::numpy::convert::as_array;
use crate::numpy::value::Value;

/// Writes a value as an array.
///
/// # Errors
/// As [`super::write`].
pub fn write(value: &Value, target: &Target, cx: &Context) -> Result<()> {
    let array = as_array(value, cx)?;
    let header = header(&array).map_err(|e| target.refuse(e.kind, &e.text))?;
    let failed = |e: &std::io::Error| target.failed(e);
    let size = header.len() as u64 + array.bytes() as u64;
    target.file().set_len(size).map_err(|e| failed(&e))?;
    let mut file = target.file();
    file.write_all(&header).map_err(|e| failed(&e))?;
    let what = format!("writing {}", shown(target.path()));
    place(&array, file, header.len() as u64, cx, &what, |_| Ok(()), failed)
}

/// Writes a value as an array to a stream.
///
/// # Errors
/// As [`super::stream`].
pub fn stream(value: &Value, out: &mut dyn Write, cx: &Context) -> Result<()> {
    elements(&as_array(value, cx)?, out, "writing", cx)
}

/// Writes header and elements, in order.
///
/// # Errors
/// TypeError for object arrays; those of reading and writing.
pub fn elements(array: &Array, out: &mut dyn Write, what: &str, cx: &Context) -> Result<()> {
    out.write_all(&header(array)?)?;
    let each = array.dtype().size() as f64;
    let pace = Pace { what: what.to_string(), result: each, rows: false, piece: PIECE };
    ordered(
        array,
        &pace,
        cx,
        |_, block| Ok(block),
        |block: Block| out.write_all(block.bytes()).map_err(Error::from),
    )
}

/// The bytes before the elements.
///
/// # Errors
/// TypeError for object arrays.
fn header(array: &Array) -> Result<Vec<u8>> {
    let mut text = format!(
        "{{'descr': {}, 'fortran_order': False, 'shape': {}, }}",
        described(array.dtype())?,
        tuple(array.shape())
    );
    // version 1 counts the header in 16 bits; version 3 is in UTF-8
    let wide = if text.is_ascii() { 2 } else { 3 };
    let before = |n: usize, text: &str| (n + text.len() + 1).next_multiple_of(64) - n;
    let short = text.is_ascii() && before(10, &text) <= usize::from(u16::MAX);
    let start = if short { 10 } else { 12 };
    let length = before(start, &text);
    while text.len() + 1 < length {
        text.push(' ');
    }
    text.push('\n');
    let mut out = b"\x93NUMPY".to_vec();
    if short {
        out.extend([1, 0]);
        out.extend((length as u16).to_le_bytes());
    } else {
        out.extend([wide, 0]);
        let length =
            u32::try_from(length).map_err(|_| Error::value("a dtype too long for .npy"))?;
        out.extend(length.to_le_bytes());
    }
    out.extend(text.as_bytes());
    Ok(out)
}

/// A dtype as the header has it.
fn described(dtype: &DType) -> Result<String> {
    match dtype {
        DType::Object => {
            let why = "object arrays can't be saved as .npy (they would be pickles)";
            Err(Error::new(Kind::TypeError, why))
        }
        DType::Struct(s) => fields(s),
        other => Ok(quote(&other.short())),
    }
}

/// The fields of a structured dtype; bytes between them are fields without a name.
fn fields(s: &Struct) -> Result<String> {
    let mut parts = Vec::new();
    let mut at = 0;
    let mut sorted: Vec<_> = s.fields.iter().collect();
    sorted.sort_by_key(|f| f.offset);
    for f in sorted {
        if f.offset < at {
            return Err(Error::type_error("fields that overlap can't be saved as .npy"));
        }
        if f.offset > at {
            parts.push(format!("('', '|V{}')", f.offset - at));
        }
        let kind = described(&f.dtype)?;
        parts.push(match f.shape.as_slice() {
            [] => format!("({}, {kind})", quote(&f.name)),
            shape => format!("({}, {kind}, {})", quote(&f.name), tuple(shape)),
        });
        at = f.offset + f.size();
    }
    if s.size > at {
        parts.push(format!("('', '|V{}')", s.size - at));
    }
    Ok(format!("[{}]", parts.join(", ")))
}
