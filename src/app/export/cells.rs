//! Single elements as bare text, fast: what stands in a cell of a CSV file.
//!
//! Floats are the shortest text that reads back to the same bits, written as Python writes them;
//! NaN is `nan`. Dates are ISO 8601, differences of dates the count of their units. Bytes stand
//! as they are.

use std::io::Write;

use bytemuck::AnyBitPattern;
use num_complex::Complex;

use crate::array::dtype::DType;
use crate::array::item::Item;
use crate::array::text;

fn get<T: AnyBitPattern>(bytes: &[u8]) -> T {
    bytemuck::pod_read_unaligned(bytes)
}

/// Whether a cell of this dtype may hold a separator or a quote.
pub fn may_need_quotes(dtype: &DType) -> bool {
    !(dtype.is_number() || dtype.is_time())
}

/// Appends an element.
pub fn put(out: &mut Vec<u8>, dtype: &DType, bytes: &[u8]) {
    use DType::*;
    // writing into a vector can't fail
    let _ = match dtype {
        Bool => out.write_all(if bytes.first() == Some(&0) { b"False" } else { b"True" }),
        Int8 => write!(out, "{}", get::<i8>(bytes)),
        Int16 => write!(out, "{}", get::<i16>(bytes)),
        Int32 => write!(out, "{}", get::<i32>(bytes)),
        Int64 => write!(out, "{}", get::<i64>(bytes)),
        UInt8 => write!(out, "{}", get::<u8>(bytes)),
        UInt16 => write!(out, "{}", get::<u16>(bytes)),
        UInt32 => write!(out, "{}", get::<u32>(bytes)),
        UInt64 => write!(out, "{}", get::<u64>(bytes)),
        Float32 => {
            let x: f32 = get(bytes);
            match x.abs() {
                1e-4..1e16 => out.extend(zmij::Buffer::new().format_finite(x).as_bytes()),
                _ => python(out, x, x.is_nan()),
            }
            Ok(())
        }
        Float64 => {
            let x: f64 = get(bytes);
            match x.abs() {
                1e-4..1e16 => out.extend(zmij::Buffer::new().format_finite(x).as_bytes()),
                _ => python(out, x, x.is_nan()),
            }
            Ok(())
        }
        Complex64 => {
            let z: Complex<f32> = get(bytes);
            // the parts' own digits: 0.1f32 is 0.1
            out.write_all(text::scalar(&Complex64, bytemuck::bytes_of(&z)).as_bytes())
        }
        Datetime(unit) => out.write_all(unit.date_text(get(bytes)).as_bytes()),
        Timedelta(_) => match get::<i64>(bytes) {
            i64::MIN => out.write_all(b"NaT"),
            n => write!(out, "{n}"),
        },
        Bytes(_) => out.write_all(text::bytes_of(bytes)),
        other => out.write_all(text::scalar(other, bytes).as_bytes()),
    };
}

/// Appends a float as Python writes it: Rust's text, but `NaN` is `nan`, and an exponent has a
/// sign and two digits.
fn python(out: &mut Vec<u8>, x: impl std::fmt::Debug, nan: bool) {
    if nan {
        out.extend(b"nan");
        return;
    }
    let from = out.len();
    let _ = write!(out, "{x:?}");
    let Some(e) = out[from..].iter().position(|b| *b == b'e') else { return };
    let digits = out.split_off(from + e + 1);
    let (sign, digits) = match digits.strip_prefix(b"-") {
        Some(rest) => (b'-', rest),
        None => (b'+', digits.as_slice()),
    };
    out.push(sign);
    if digits.len() < 2 {
        out.push(b'0');
    }
    out.extend(digits);
}

/// Appends a Python value of an object array; None is empty.
pub fn put_item(out: &mut Vec<u8>, item: &Item) {
    match item {
        Item::None => {}
        Item::Bytes(b) => out.extend(b),
        Item::Float(x) => put(out, &DType::Float64, bytemuck::bytes_of(x)),
        other => out.extend(text::item_text(other).as_bytes()),
    }
}
