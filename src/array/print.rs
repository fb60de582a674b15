//! One value as text, as `str()` prints the NumPy scalar.
//!
//! Floats take the fewest digits that read back to the same number in their own type, in
//! positional form from 1e-4 up to 1e16 (1e3 for half, 1e6 for single precision, where whole
//! numbers stop being exact) and in scientific form outside, as NumPy 2.3's scalars do.
//! Text comes out safe for a terminal and without quotes.

use super::digits::{Decimal, shortest};
use super::time;
use crate::store::{Bytes, Float, LongKind, Value, escape};

/// How values are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Significant digits of floats; none is the fewest that read back.
    pub digits: Option<usize>,
}

/// The longest text of one value, in characters.
const LONGEST: usize = 2000;

/// A value's text: one line, no control characters, at most 2000 characters.
pub fn text(value: &Value, style: Style) -> String {
    let mut out = String::new();
    write(&mut out, value, style);
    if let Some((cut, _)) = out.char_indices().nth(LONGEST) {
        out.truncate(cut);
        out.push('…');
    }
    out
}

fn write(out: &mut String, value: &Value, style: Style) {
    match value {
        Value::Int(n) | Value::Enum { name: None, value: n } => out.push_str(&n.to_string()),
        Value::Float(x) => out.push_str(&float(*x, style)),
        Value::Complex(re, im) => out.push_str(&complex(*re, *im, style)),
        Value::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Value::Enum { name: Some(name), .. } => out.push_str(&escape(name)),
        Value::Bits { value, size } => {
            out.push_str(&format!("0x{value:0width$x}", width = 2 * size))
        }
        Value::Time(seconds) => out.push_str(&time::seconds_since_1970(*seconds)),
        Value::Text(bytes) => push_bytes(out, bytes),
        Value::Opaque { tag, bytes } => match time::from_tag(tag, &bytes.kept) {
            Some(text) => out.push_str(&text),
            None => push_hex(out, bytes),
        },
        Value::Raw(bytes) => push_hex(out, bytes),
        Value::Compound(parts) => {
            list(out, ("(", ")"), parts, parts.len(), style);
            if parts.len() == 1 {
                out.insert(out.len() - 1, ',');
            }
        }
        Value::Array { dims, items } => array(out, dims, &mut items.iter(), style),
        Value::List { items, len } => list(out, ("[", "]"), items, *len, style),
        Value::Reference(r) => out.push_str(&r.to_string()),
    }
}

fn push_bytes(out: &mut String, bytes: &Bytes) {
    // a cut may fall inside a character: what is left of it is no fault of the file
    let kept = match std::str::from_utf8(&bytes.kept) {
        Err(e) if e.error_len().is_none() && bytes.len > bytes.kept.len() => {
            &bytes.kept[..e.valid_up_to()]
        }
        _ => &bytes.kept[..],
    };
    out.push_str(&escape(kept));
    if bytes.len > bytes.kept.len() {
        out.push('…');
    }
}

fn push_hex(out: &mut String, bytes: &Bytes) {
    for b in &bytes.kept {
        out.push_str(&format!("{b:02x}"));
    }
    if bytes.len > bytes.kept.len() {
        out.push('…');
    }
}

fn list(out: &mut String, (open, close): (&str, &str), items: &[Value], len: usize, style: Style) {
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        if out.len() > 4 * LONGEST {
            break;
        }
        write(out, item, style);
    }
    if len > items.len() {
        out.push_str(", …");
    }
    out.push_str(close);
}

fn array<'a>(
    out: &mut String,
    dims: &[u64],
    items: &mut impl Iterator<Item = &'a Value>,
    style: Style,
) {
    let Some((&n, inner)) = dims.split_first() else {
        match items.next() {
            Some(item) => write(out, item, style),
            None => out.push('…'),
        }
        return;
    };
    out.push('[');
    for i in 0..n {
        if i > 0 {
            out.push_str(", ");
        }
        if inner.is_empty() {
            match items.next() {
                Some(item) => write(out, item, style),
                None => {
                    out.push('…');
                    break;
                }
            }
        } else if out.ends_with('…') || out.len() > 4 * LONGEST {
            out.push('…');
            break;
        } else {
            array(out, inner, items, style);
            if out.ends_with("…]") {
                break;
            }
        }
    }
    out.push(']');
}

/// The sign and magnitude of a float, or its word.
enum Parts {
    Finite { negative: bool, decimal: Decimal, positional: bool },
    Word(&'static str),
}

fn parts(x: Float, style: Style) -> Parts {
    let long = x.unpacked();
    let negative = long.negative;
    match long.kind {
        LongKind::Nan => return Parts::Word("nan"),
        LongKind::Infinite => return Parts::Word(if negative { "-inf" } else { "inf" }),
        LongKind::Finite => {}
    }
    let decimal = shortest(&long);
    // NumPy compares the number, not its digits: float32's 1e-4 lies just below 1e-4
    let within = |x: f64, top: f64| x == 0.0 || (1e-4..top).contains(&x.abs());
    let positional = match x {
        Float::F16(v) => within(v.into(), 1e3),
        Float::F32(v) => within(v.into(), 1e6),
        Float::F64(v) => within(v, 1e16),
        Float::Long(_) => decimal.digits.is_empty() || (-3..=16).contains(&decimal.point),
    };
    let decimal = match style.digits {
        Some(n) => decimal.rounded(n),
        None => decimal,
    };
    Parts::Finite { negative, decimal, positional }
}

/// A float as NumPy prints the scalar: `1.0`, `1e-05`, `nan`.
pub fn float(x: Float, style: Style) -> String {
    match parts(x, style) {
        Parts::Word(word) => word.to_string(),
        Parts::Finite { negative, decimal, positional } => {
            let mut out = String::from(if negative { "-" } else { "" });
            push_decimal(&mut out, &decimal, positional, true);
            out
        }
    }
}

/// A complex number as NumPy prints the scalar: `(1+2j)`, `2j`, `(nan-infj)`.
pub fn complex(re: Float, im: Float, style: Style) -> String {
    let part = |x: Float, plus: bool| match parts(x, style) {
        Parts::Word(word) if plus && !word.starts_with('-') => format!("+{word}"),
        Parts::Word(word) => word.to_string(),
        Parts::Finite { negative, decimal, positional } => {
            let sign = if negative {
                "-"
            } else if plus {
                "+"
            } else {
                ""
            };
            let mut out = String::from(sign);
            push_decimal(&mut out, &decimal, positional, false);
            out
        }
    };
    let zero = matches!(parts(re, style),
        Parts::Finite { negative: false, decimal, .. } if decimal.digits.is_empty());
    if zero {
        format!("{}j", part(im, false))
    } else {
        format!("({}{}j)", part(re, false), part(im, true))
    }
}

fn push_decimal(out: &mut String, d: &Decimal, positional: bool, keep_point: bool) {
    let digit = |i: usize| (d.digits.get(i).copied().unwrap_or(0) + b'0') as char;
    if d.digits.is_empty() {
        out.push_str(if keep_point { "0.0" } else { "0" });
    } else if positional {
        if d.point <= 0 {
            out.push_str("0.");
            (0..-d.point).for_each(|_| out.push('0'));
            (0..d.digits.len()).for_each(|i| out.push(digit(i)));
        } else {
            let whole = d.point as usize;
            (0..whole).for_each(|i| out.push(digit(i)));
            if d.digits.len() > whole {
                out.push('.');
                (whole..d.digits.len()).for_each(|i| out.push(digit(i)));
            } else if keep_point {
                out.push_str(".0");
            }
        }
    } else {
        out.push(digit(0));
        if d.digits.len() > 1 {
            out.push('.');
            (1..d.digits.len()).for_each(|i| out.push(digit(i)));
        }
        let e = d.point - 1;
        out.push_str(&format!("e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected texts were printed by NumPy 2.3.5.
    #[test]
    fn floats_as_numpy_prints_them() {
        let f64s = [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (123456.789, "123456.789"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (x, expected) in f64s {
            assert_eq!(float(Float::F64(x), Style::default()), expected);
        }
        assert_eq!(float(Float::F32(0.1), Style::default()), "0.1");
        assert_eq!(float(Float::F32(16777216.0), Style::default()), "1.6777216e+07");
        assert_eq!(float(Float::F32(1e-4), Style::default()), "1e-04");
        let half = |x| float(Float::F16(half::f16::from_f64(x)), Style::default());
        assert_eq!(
            (half(0.1), half(65504.0), half(6e-8)),
            ("0.1".into(), "6.55e+04".into(), "6e-08".into())
        );
        let third = Float::F64(1.0 / 3.0);
        assert_eq!(float(third, Style { digits: Some(3) }), "0.333");
        assert_eq!(float(Float::F64(999.96), Style { digits: Some(4) }), "1000.0");
    }

    /// Expected texts were printed by NumPy 2.3.5.
    #[test]
    fn complex_as_numpy_prints_them() {
        let c = |re, im| complex(Float::F64(re), Float::F64(im), Style::default());
        assert_eq!(c(1.0, 2.0), "(1+2j)");
        assert_eq!(c(0.0, -2.5), "-2.5j");
        assert_eq!(c(-0.0, 1.0), "(-0+1j)");
        assert_eq!(c(f64::NAN, f64::INFINITY), "(nan+infj)");
    }
}
