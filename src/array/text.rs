//! Elements as text and text as elements: `str()` and `repr()` of scalars, parsing as Python's
//! `int()` and `float()` do, and the bytes of `<U` and `|S` elements.

use half::f16;
use num_bigint::BigInt;
use num_complex::Complex;

use super::dtype::{DType, quote, quote_bytes};
use super::error::{Error, Result};
use super::item::Item;
use super::print::{self, Style};
use crate::store::Float;

/// Reads a number that may lie at any address.
fn get<T: bytemuck::AnyBitPattern>(bytes: &[u8]) -> T {
    bytemuck::pod_read_unaligned(bytes)
}

/// The text of a `<U` element: code points up to the last that is not NUL.
pub fn str_of(bytes: &[u8]) -> String {
    let mut n = bytes.len() / 4;
    while n > 0 && bytes[4 * (n - 1)..4 * n] == [0; 4] {
        n -= 1;
    }
    let code = |i: usize| get::<u32>(&bytes[4 * i..4 * i + 4]);
    (0..n).map(|i| char::from_u32(code(i)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The bytes of a `|S` element: up to the last that is not NUL.
pub fn bytes_of(bytes: &[u8]) -> &[u8] {
    let n = bytes.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
    &bytes[..n]
}

/// Writes text as a `<U` element of `n` characters; what is beyond is cut.
pub fn put_str(text: &str, n: usize, out: &mut [u8]) {
    out.fill(0);
    for (c, slot) in text.chars().take(n).zip(out.chunks_exact_mut(4)) {
        slot.copy_from_slice(&(c as u32).to_ne_bytes());
    }
}

/// Writes bytes as a `|S` element; what is beyond is cut.
pub fn put_bytes(bytes: &[u8], out: &mut [u8]) {
    let n = bytes.len().min(out.len());
    out[..n].copy_from_slice(&bytes[..n]);
    out[n..].fill(0);
}

/// A float as Python's `repr` writes it: `1.0`, `1e-05`, `nan`.
pub fn float(x: f64) -> String {
    print::float(Float::F64(x), Style::default())
}

/// A complex number as Python's `repr` writes it: `(1+2j)`, `2j`.
pub fn complex(re: f64, im: f64) -> String {
    print::complex(Float::F64(re), Float::F64(im), Style::default())
}

/// `str()` of the scalar: numbers bare, text without quotes.
pub fn scalar(dtype: &DType, bytes: &[u8]) -> String {
    use DType::*;
    let style = Style::default();
    match dtype {
        Bool => if bytes.first() == Some(&0) { "False" } else { "True" }.into(),
        Int8 => get::<i8>(bytes).to_string(),
        Int16 => get::<i16>(bytes).to_string(),
        Int32 => get::<i32>(bytes).to_string(),
        Int64 => get::<i64>(bytes).to_string(),
        UInt8 => get::<u8>(bytes).to_string(),
        UInt16 => get::<u16>(bytes).to_string(),
        UInt32 => get::<u32>(bytes).to_string(),
        UInt64 => get::<u64>(bytes).to_string(),
        Float16 => print::float(crate::store::Float::F16(get::<f16>(bytes)), style),
        Float32 => print::float(crate::store::Float::F32(get(bytes)), style),
        Float64 => float(get(bytes)),
        Complex64 => {
            let z: num_complex::Complex<f32> = get(bytes);
            print::complex(Float::F32(z.re), Float::F32(z.im), style)
        }
        Complex128 => {
            let z: num_complex::Complex<f64> = get(bytes);
            complex(z.re, z.im)
        }
        Str(_) => str_of(bytes),
        DType::Bytes(_) => quote_bytes(bytes_of(bytes)),
        Datetime(u) => u.date_text(get(bytes)),
        Timedelta(u) => match get::<i64>(bytes) {
            i64::MIN => "NaT".into(),
            n => format!("{} {}", i128::from(n) * i128::from(u.step()), u.words()),
        },
        Void(_) => void(bytes),
        Struct(_) | Object => item_repr(&item(dtype, bytes)),
    }
}

/// Bytes without a meaning as NumPy prints them: `b'\x01\x02'`.
fn void(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|b| format!("\\x{b:02X}")).collect();
    format!("b'{hex}'")
}

/// An element as a Python value (`.item()`).
pub fn item(dtype: &DType, bytes: &[u8]) -> Item {
    use DType::*;
    match dtype {
        Bool => Item::Bool(bytes.first() != Some(&0)),
        Int8 => Item::Int(get::<i8>(bytes).into()),
        Int16 => Item::Int(get::<i16>(bytes).into()),
        Int32 => Item::Int(get::<i32>(bytes).into()),
        Int64 => Item::Int(get::<i64>(bytes).into()),
        UInt8 => Item::Int(get::<u8>(bytes).into()),
        UInt16 => Item::Int(get::<u16>(bytes).into()),
        UInt32 => Item::Int(get::<u32>(bytes).into()),
        UInt64 => Item::Int(get::<u64>(bytes).into()),
        Float16 => Item::Float(get::<f16>(bytes).to_f64()),
        Float32 => Item::Float(get::<f32>(bytes).into()),
        Float64 => Item::Float(get(bytes)),
        Complex64 => {
            let z: num_complex::Complex<f32> = get(bytes);
            Item::Complex(z.re.into(), z.im.into())
        }
        Complex128 => {
            let z: num_complex::Complex<f64> = get(bytes);
            Item::Complex(z.re, z.im)
        }
        Str(_) => Item::Str(str_of(bytes)),
        DType::Bytes(_) => Item::Bytes(bytes_of(bytes).to_vec()),
        Void(_) => Item::Bytes(bytes.to_vec()),
        Datetime(_) | Timedelta(_) => Item::Str(scalar(dtype, bytes)),
        Struct(s) => Item::Tuple(
            s.fields
                .iter()
                .map(|f| field_item(&f.dtype, &f.shape, &bytes[f.offset..f.offset + f.size()]))
                .collect(),
        ),
        Object => Item::None,
    }
}

fn field_item(dtype: &DType, shape: &[usize], bytes: &[u8]) -> Item {
    match shape.split_first() {
        None => item(dtype, bytes),
        Some((&n, inner)) => {
            let each = bytes.len() / n.max(1);
            let part = |i: usize| field_item(dtype, inner, &bytes[i * each..(i + 1) * each]);
            Item::List((0..n).map(part).collect())
        }
    }
}

/// `repr()` of a Python value.
pub fn item_repr(item: &Item) -> String {
    let list = |v: &[Item]| v.iter().map(item_repr).collect::<Vec<_>>().join(", ");
    match item {
        Item::None => "None".into(),
        Item::Bool(b) => if *b { "True" } else { "False" }.into(),
        Item::Int(n) => n.to_string(),
        Item::Float(x) => float(*x),
        Item::Complex(re, im) => complex(*re, *im),
        Item::Str(s) => quote(s),
        Item::Bytes(b) => quote_bytes(b),
        Item::List(v) => format!("[{}]", list(v)),
        Item::Tuple(v) if v.len() == 1 => format!("({},)", list(v)),
        Item::Tuple(v) => format!("({})", list(v)),
        Item::Array(a) => {
            let cells: Vec<String> = match a.dtype() {
                DType::Object => a.items().iter().map(item_repr).collect(),
                d => (0..a.len()).map(|i| item_repr(&super::text::item(d, a.element(i)))).collect(),
            };
            format!("array([{}], dtype={})", cells.join(", "), a.dtype())
        }
    }
}

/// `str()` of a Python value.
pub fn item_text(item: &Item) -> String {
    match item {
        Item::Str(s) => s.clone(),
        other => item_repr(other),
    }
}

/// The text that a cast of a number or time to a string writes.
pub fn cast_text(dtype: &DType, bytes: &[u8]) -> String {
    match dtype {
        DType::Timedelta(_) => match get::<i64>(bytes) {
            i64::MIN => "NaT".into(),
            _ => scalar(dtype, bytes),
        },
        DType::Str(_) => str_of(bytes),
        DType::Bytes(_) => String::from_utf8_lossy(bytes_of(bytes)).into_owned(),
        _ => scalar(dtype, bytes),
    }
}

/// Casts one string element to another dtype.
///
/// # Errors
/// ValueError where the text is no such value; UnicodeEncodeError and UnicodeDecodeError where it
/// is not ASCII.
pub fn recast(from: &DType, bytes: &[u8], to: &DType, out: &mut [u8]) -> Result<()> {
    match (from, to) {
        (DType::Bytes(_), DType::Str(n)) => {
            let b = bytes_of(bytes);
            if let Some(at) = b.iter().position(|b| *b > 127) {
                return Err(Error::new(
                    super::error::Kind::UnicodeDecodeError,
                    format!(
                        "'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not \
                         in range(128)",
                        b[at]
                    ),
                ));
            }
            put_str(&String::from_utf8_lossy(b), *n, out);
            Ok(())
        }
        (DType::Str(_), DType::Bytes(_)) => {
            let s = str_of(bytes);
            if let Some((at, c)) = s.chars().enumerate().find(|(_, c)| !c.is_ascii()) {
                return Err(Error::new(
                    super::error::Kind::UnicodeEncodeError,
                    format!(
                        "'ascii' codec can't encode character {} in position {at}: ordinal not \
                         in range(128)",
                        quote_escaped(c)
                    ),
                ));
            }
            put_bytes(s.as_bytes(), out);
            Ok(())
        }
        (DType::Str(_), _) => parse(&str_of(bytes), to, out),
        _ => parse(&String::from_utf8_lossy(bytes_of(bytes)), to, out),
    }
}

fn quote_escaped(c: char) -> String {
    match c as u32 {
        n if n < 0x100 => format!("'\\x{n:02x}'"),
        n if n < 0x10000 => format!("'\\u{n:04x}'"),
        n => format!("'\\U{n:08x}'"),
    }
}

/// Parses text as an element of a dtype.
///
/// # Errors
/// ValueError in Python's words.
pub fn parse(text: &str, to: &DType, out: &mut [u8]) -> Result<()> {
    use DType::*;
    match to {
        Bool => out[0] = u8::from(!text.is_empty()),
        d if d.is_integer() => {
            let n = parse_int(text, 10).ok_or_else(|| {
                Error::value(format!("invalid literal for int() with base 10: {}", quote(text)))
            })?;
            super::cast::write_item(&Item::Int(n), d, out)?;
        }
        d if d.is_complex() => {
            let (re, im) = parse_complex(text)
                .ok_or_else(|| Error::value("complex() arg is a malformed string"))?;
            match d {
                Complex64 => {
                    out.copy_from_slice(bytemuck::bytes_of(&Complex::new(re as f32, im as f32)))
                }
                _ => out.copy_from_slice(bytemuck::bytes_of(&Complex::new(re, im))),
            }
        }
        d if d.is_inexact() => {
            let x = parse_float(text).ok_or_else(|| {
                Error::value(format!("could not convert string to float: {}", quote(text)))
            })?;
            match d {
                Float16 => out.copy_from_slice(&f16::from_f64(x).to_ne_bytes()),
                Float32 => out.copy_from_slice(&(x as f32).to_ne_bytes()),
                _ => out.copy_from_slice(&x.to_ne_bytes()),
            }
        }
        Datetime(unit) => {
            let (count, from) = super::time::TimeUnit::parse_date(text).ok_or_else(|| {
                Error::value(format!(
                    "Error parsing datetime string {} at position 0",
                    quote(text).replace('\'', "\"")
                ))
            })?;
            let count = from
                .convert(count, *unit, true)
                .ok_or_else(|| Error::overflow("Overflow when converting between units"))?;
            out.copy_from_slice(&count.to_ne_bytes());
        }
        Timedelta(_) => {
            let n: i64 = match text.trim() {
                t if t.eq_ignore_ascii_case("nat") || t.is_empty() => i64::MIN,
                t => t
                    .split(' ')
                    .next()
                    .unwrap_or(t)
                    .parse()
                    .map_err(|_| Error::value("Could not convert object to NumPy timedelta"))?,
            };
            out.copy_from_slice(&n.to_ne_bytes());
        }
        Str(n) => put_str(text, *n, out),
        DType::Bytes(_) | Void(_) => put_bytes(text.as_bytes(), out),
        other => {
            return Err(Error::value(format!("text can't be made a {other}")));
        }
    }
    Ok(())
}

/// An integer as Python's `int(text, base)` reads it; base 0 takes prefixes.
pub fn parse_int(text: &str, base: u32) -> Option<BigInt> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.get(..2).unwrap_or("").to_ascii_lowercase();
    let (base, digits) = match (base, lower.as_str()) {
        (0 | 16, "0x") => (16, &digits[2..]),
        (0 | 8, "0o") => (8, &digits[2..]),
        (0 | 2, "0b") => (2, &digits[2..]),
        (0, _) => (10, digits),
        (b, _) => (b, digits),
    };
    let fine = !digits.is_empty()
        && !digits.starts_with('_')
        && !digits.ends_with('_')
        && !digits.contains("__")
        && digits.chars().all(|c| c == '_' || c.is_digit(base));
    let clean: String = digits.chars().filter(|c| *c != '_').collect();
    let n = fine.then(|| BigInt::parse_bytes(clean.as_bytes(), base)).flatten()?;
    Some(if negative { -n } else { n })
}

/// A float as Python's `float(text)` reads it.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    let known = matches!(bare.to_ascii_lowercase().as_str(), "nan" | "inf" | "infinity");
    let digits = bare.bytes().all(|b| b.is_ascii_digit() || b"._eE+-".contains(&b));
    if bare.is_empty() || (!known && !digits) || bare.starts_with(['+', '-', '_']) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// A complex number as Python's `complex(text)` reads it.
pub fn parse_complex(text: &str) -> Option<(f64, f64)> {
    let mut t = text.trim();
    if let Some(inner) = t.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        t = inner.trim();
    }
    let Some(body) = t.strip_suffix(['j', 'J']) else { return Some((parse_float(t)?, 0.0)) };
    let bytes = body.as_bytes();
    let split = (1..bytes.len())
        .rev()
        .find(|&i| b"+-".contains(&bytes[i]) && !b"eE".contains(&bytes[i - 1]));
    let imaginary = |s: &str| match s {
        "" | "+" => Some(1.0),
        "-" => Some(-1.0),
        s => parse_float(s),
    };
    match split {
        Some(i) => Some((parse_float(&body[..i])?, imaginary(&body[i..])?)),
        None => Some((0.0, imaginary(body)?)),
    }
}
