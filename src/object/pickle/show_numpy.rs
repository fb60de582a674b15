//! NumPy's dtypes, arrays and scalars as text: on one line, every number as Python prints it.
//!
//! The rest of a tree is [`show`](super::show)'s. Elements are only read, never computed with.

use super::numpy::{ArrayData, ArrayElements, DTypeData};
use super::show::{Out, complex, float};
use super::time_text;
use super::value::Py;

/// The deepest nesting of structs that is shown.
const DEEPEST: usize = 32;

/// `dtype('float64')`
pub(super) fn dtype(out: &mut Out, dtype: &DTypeData) {
    out.put("dtype(");
    if dtype.fields.is_none() && dtype.shape.is_empty() {
        out.quoted(&name(dtype).unwrap_or_else(|| short(dtype).to_owned()));
    } else {
        description(out, dtype, 0);
    }
    out.put(if dtype.aligned { ", align=True)" } else { ")" });
}

/// `float64` for a dtype of this machine's byte order that has such a name.
fn name(dtype: &DTypeData) -> Option<String> {
    let bits = dtype.itemsize.saturating_mul(8);
    let native = !dtype.text.starts_with('>');
    Some(match dtype.kind() {
        'b' => "bool".to_owned(),
        'i' if native => format!("int{bits}"),
        'u' if native => format!("uint{bits}"),
        'f' if native => format!("float{bits}"),
        'c' if native => format!("complex{bits}"),
        'O' => "O".to_owned(),
        _ => return None,
    })
}

/// `<U5`; without the `|` of what has no byte order.
fn short(dtype: &DTypeData) -> &str {
    dtype.text.strip_prefix('|').unwrap_or(&dtype.text)
}

/// What `numpy.dtype` makes it from: `'<f8'`, `[('a', '<i4'), ('b', '<f8', (2,))]`.
fn description(out: &mut Out, dtype: &DTypeData, depth: usize) {
    if depth > DEEPEST {
        return out.put("...");
    }
    if !dtype.shape.is_empty() {
        out.put("(");
    }
    match &dtype.fields {
        None if dtype.kind() == 'O' => out.quoted("O"),
        None => out.quoted(short(dtype)),
        Some(fields) => out.series(["[", "]"], fields.iter(), |out, field| {
            out.put("(");
            if let Some(title) = &field.title {
                out.put("(");
                out.quoted(title);
                out.put(", ");
            }
            out.quoted(&field.name);
            out.put(if field.title.is_some() { "), " } else { ", " });
            let (shape, base) = (&field.dtype.shape, field.dtype.base());
            description(out, base.as_ref().unwrap_or(&field.dtype), depth + 1);
            if !shape.is_empty() {
                out.put(", ");
                sizes(out, shape);
            }
            out.put(")");
        }),
    }
    if !dtype.shape.is_empty() {
        out.put(", ");
        sizes(out, &dtype.shape);
        out.put(")");
    }
}

fn sizes(out: &mut Out, sizes: &[u64]) {
    let close = if sizes.len() == 1 { ",)" } else { ")" };
    out.series(["(", close], sizes, |out, size| out.put(&size.to_string()));
}

/// `np.float64(1.0)`, `array([1, 2, 3], dtype='<i8')`
pub(super) fn array(out: &mut Out, array: &ArrayData) {
    if array.scalar {
        return scalar(out, array);
    }
    let class = array.class.qualname.rsplit('.').next().unwrap_or_default();
    out.put(if class == "ndarray" { "array" } else { class });
    out.put("(");
    if array.shape.contains(&0) {
        out.put("[], shape=");
        sizes(out, &array.shape);
    } else {
        match &array.data {
            ArrayElements::Bytes(bytes) => {
                let strides = strides(&array.shape, array.fortran);
                nested(out, &array.shape, &strides, 0, &mut |out, index| {
                    element(out, &array.dtype, at(bytes, index, array.dtype.itemsize), 0);
                });
            }
            ArrayElements::Objects(items) => {
                let strides = strides(&array.shape, false);
                nested(out, &array.shape, &strides, 0, &mut |out, index| {
                    let item = usize::try_from(index).ok().and_then(|index| items.get(index));
                    out.value(item.unwrap_or(&Py::None));
                });
            }
        }
    }
    out.put(", dtype=");
    description(out, &array.dtype, 0);
    out.put(")");
}

fn at(bytes: &[u8], index: u64, itemsize: u64) -> &[u8] {
    let start = usize::try_from(index.saturating_mul(itemsize)).unwrap_or(usize::MAX);
    let length = usize::try_from(itemsize).unwrap_or(usize::MAX);
    bytes.get(start..start.saturating_add(length)).unwrap_or_default()
}

/// How many elements apart the neighbours along every dimension are.
fn strides(shape: &[u64], fortran: bool) -> Vec<u64> {
    let mut strides = vec![1; shape.len()];
    let mut step = 1u64;
    let mut place = |(stride, size): (&mut u64, &u64)| {
        *stride = step;
        step = step.saturating_mul(*size);
    };
    match fortran {
        true => strides.iter_mut().zip(shape).for_each(&mut place),
        false => strides.iter_mut().zip(shape).rev().for_each(&mut place),
    }
    strides
}

fn nested(
    out: &mut Out,
    shape: &[u64],
    strides: &[u64],
    index: u64,
    each: &mut dyn FnMut(&mut Out, u64),
) {
    let ([size, shape @ ..], [stride, strides @ ..]) = (shape, strides) else {
        return each(out, index);
    };
    out.series(["[", "]"], 0..*size, |out, place| {
        let index = index.saturating_add(place.saturating_mul(*stride));
        nested(out, shape, strides, index, each);
    });
}

fn scalar(out: &mut Out, array: &ArrayData) {
    let ArrayElements::Bytes(bytes) = &array.data else { return out.put("np.void(...)") };
    let dtype = &array.dtype;
    let class = match dtype.kind() {
        'b' => {
            return out.put(if bytes.iter().any(|b| *b != 0) { "np.True_" } else { "np.False_" });
        }
        'U' => "str_".to_owned(),
        'S' => "bytes_".to_owned(),
        'M' => "datetime64".to_owned(),
        'm' => "timedelta64".to_owned(),
        'V' => "void".to_owned(),
        'f' if dtype.itemsize > 8 => "longdouble".to_owned(),
        'c' if dtype.itemsize > 16 => "clongdouble".to_owned(),
        kind => {
            let name = match kind {
                'i' => "int",
                'u' => "uint",
                'f' => "float",
                _ => "complex",
            };
            format!("{name}{}", dtype.itemsize.saturating_mul(8))
        }
    };
    out.put(&format!("np.{class}("));
    match dtype.kind() {
        'c' => {
            let text = complex_text(bytes, dtype.text.starts_with('>'));
            out.put(text.trim_matches(['(', ')']));
        }
        _ => element(out, dtype, bytes, 0),
    }
    match dtype.kind() {
        'm' if dtype.text.contains('[') => {
            out.put(",");
            out.quoted(unit(dtype));
        }
        'V' if dtype.fields.is_some() => {
            out.put(", dtype=");
            description(out, dtype, 0);
        }
        _ => {}
    }
    out.put(")");
}

/// `10us` of `<M8[10us]`
fn unit(dtype: &DTypeData) -> &str {
    dtype.text.split_once('[').map_or("", |(_, unit)| unit.trim_end_matches(']'))
}

/// One element: a number as Python prints it, the fields of a struct as a tuple.
fn element(out: &mut Out, dtype: &DTypeData, bytes: &[u8], depth: usize) {
    if depth > DEEPEST {
        return out.put("...");
    }
    if let Some(base) = dtype.base() {
        let strides = strides(&dtype.shape, false);
        return nested(out, &dtype.shape, &strides, 0, &mut |out, index| {
            element(out, &base, at(bytes, index, base.itemsize), depth + 1);
        });
    }
    if let Some(fields) = &dtype.fields {
        let close = if fields.len() == 1 { ",)" } else { ")" };
        return out.series(["(", close], fields.iter(), |out, field| {
            let from = usize::try_from(field.offset).unwrap_or(usize::MAX);
            let bytes = bytes.get(from..).unwrap_or_default();
            element(out, &field.dtype, at(bytes, 0, field.dtype.itemsize), depth + 1);
        });
    }
    let big = dtype.text.starts_with('>');
    match dtype.kind() {
        'b' => out.put(if bytes.iter().any(|b| *b != 0) { "True" } else { "False" }),
        'i' => out.put(&signed(bytes, big).to_string()),
        'u' => out.put(&unsigned(bytes, big).to_string()),
        'f' => out.put(&float(&real(bytes, big), ".0")),
        'c' => out.put(&complex_text(bytes, big)),
        'S' => out.bytes(unfilled(bytes)),
        'U' => {
            let (chars, _) = bytes.as_chunks::<4>();
            let text: String = chars
                .iter()
                .map(|c| if big { u32::from_be_bytes(*c) } else { u32::from_le_bytes(*c) })
                .map(|c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
            out.quoted(text.trim_end_matches('\0'));
        }
        'M' | 'm' => time(out, dtype, signed(bytes, big)),
        _ => out.bytes(bytes),
    }
}

fn complex_text(bytes: &[u8], big: bool) -> String {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let first = real(first, big);
    complex((first != "0e0").then_some(&*first), &real(second, big))
}

fn time(out: &mut Out, dtype: &DTypeData, value: i128) {
    if value == i128::from(i64::MIN) {
        return out.put("'NaT'");
    }
    let unit = unit(dtype);
    let letters = unit.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = unit.strip_suffix(letters).and_then(|count| count.parse().ok()).unwrap_or(1i64);
    let date = value.checked_mul(i128::from(count));
    match date.and_then(|value| time_text::datetime64(value, letters)) {
        Some(date) if dtype.kind() == 'M' => out.quoted(&date),
        _ => out.put(&value.to_string()),
    }
}

/// Without the zeros that fill a short string up.
fn unfilled(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    &bytes[..length]
}

/// The value of up to 16 bytes.
fn unsigned(bytes: &[u8], big: bool) -> u128 {
    let push = |value: u128, byte: &u8| value << 8 | u128::from(*byte);
    match big {
        true => bytes.iter().fold(0, push),
        false => bytes.iter().rev().fold(0, push),
    }
}

fn signed(bytes: &[u8], big: bool) -> i128 {
    let unused = 128u32.saturating_sub(u32::try_from(bytes.len() * 8).unwrap_or(128)).min(127);
    (unsigned(bytes, big).wrapping_shl(unused) as i128) >> unused
}

/// A float in Rust's `{:e}`: the shortest digits of its own precision.
fn real(bytes: &[u8], big: bool) -> String {
    let bits = unsigned(bytes, big);
    match bytes.len() {
        2 => format!("{:e}", half((bits & 0xffff) as u16)),
        4 => format!("{:e}", f32::from_bits((bits & 0xffff_ffff) as u32)),
        8 => format!("{:e}", f64::from_bits((bits & u128::from(u64::MAX)) as u64)),
        _ => format!("{:e}", extended(bits)),
    }
}

fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// x87's 80 bits, to the nearest `f64`.
fn extended(bits: u128) -> f64 {
    let fraction = (bits & u128::from(u64::MAX)) as u64;
    let exponent = i32::from((bits >> 64 & 0x7fff) as u16);
    let size = match exponent {
        0x7fff if fraction << 1 == 0 => f64::INFINITY,
        0x7fff => f64::NAN,
        _ => fraction as f64 * 2f64.powi(exponent - 16_383 - 63),
    };
    if bits >> 79 & 1 == 1 { -size } else { size }
}
