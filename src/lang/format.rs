//! Values written into text: format specs, `%`, `str.format`.

use num_bigint::{BigInt, Sign};
use num_traits::Signed;

use super::numbers::{Number, int_to_float};
use super::operators;
use crate::array::text;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::{Value, show};

/// The widest that a field may be made.
pub const WIDEST: usize = 1 << 24;

/// A format spec: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    pub(super) fill: Option<char>,
    pub(super) align: Option<char>,
    pub(super) sign: Option<char>,
    pub(super) no_negative_zero: bool,
    pub(super) alternate: bool,
    pub(super) width: usize,
    pub(super) grouping: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) kind: Option<char>,
}

fn parse(spec: &str) -> Result<Spec> {
    let wrong = || Error::value("Invalid format specifier");
    let chars: Vec<char> = spec.chars().collect();
    let mut out = Spec::default();
    let mut at = 0;
    let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '^' | '='));
    if is_align(chars.get(1)) {
        out.fill = Some(chars[0]);
        out.align = Some(chars[1]);
        at = 2;
    } else if is_align(chars.first()) {
        out.align = Some(chars[0]);
        at = 1;
    }
    if let Some(c @ ('+' | '-' | ' ')) = chars.get(at) {
        out.sign = Some(*c);
        at += 1;
    }
    if chars.get(at) == Some(&'z') {
        out.no_negative_zero = true;
        at += 1;
    }
    if chars.get(at) == Some(&'#') {
        out.alternate = true;
        at += 1;
    }
    if chars.get(at) == Some(&'0') {
        out.fill = out.fill.or(Some('0'));
        out.align = out.align.or(Some('='));
        at += 1;
    }
    let number = |at: &mut usize| -> Result<Option<usize>> {
        let start = *at;
        while chars.get(*at).is_some_and(char::is_ascii_digit) {
            *at += 1;
        }
        if start == *at {
            return Ok(None);
        }
        let digits: String = chars[start..*at].iter().collect();
        match digits.parse() {
            Ok(n) if n <= WIDEST => Ok(Some(n)),
            _ => Err(Error::value("Too many decimal digits in format string")),
        }
    };
    out.width = number(&mut at)?.unwrap_or(0);
    if let Some(c @ (',' | '_')) = chars.get(at) {
        out.grouping = Some(*c);
        at += 1;
    }
    if chars.get(at) == Some(&'.') {
        at += 1;
        out.precision = Some(
            number(&mut at)?.ok_or_else(|| Error::value("Format specifier missing precision"))?,
        );
    }
    out.kind = chars.get(at).copied();
    if chars.len() > at + 1 {
        return Err(wrong());
    }
    Ok(out)
}

fn unknown(kind: char, value: &Value) -> Error {
    Error::value(format!("Unknown format code '{kind}' for object of type '{}'", value.type_name()))
}

/// `format(value, spec)`.
///
/// # Errors
/// ValueError and TypeError for a spec that doesn't suit the value.
pub fn format(value: &Value, spec: &str, cx: &Context) -> Result<String> {
    if spec.is_empty() {
        return match value {
            // a narrow float is written as Python's own
            Value::Array(nd)
                if nd.is_scalar() && matches!(nd.dtype()?, DType::Float16 | DType::Float32) =>
            {
                operators::text(&nd.item()?, cx)
            }
            other => operators::text(other, cx),
        };
    }
    let plain = match value {
        Value::Array(nd)
            if nd.is_scalar() && (nd.dtype()?.is_number() || nd.dtype()?.is_string()) =>
        {
            nd.item()?
        }
        other => other.clone(),
    };
    if let Value::Str(s) = &plain {
        return format_text(s, &parse(spec)?, value);
    }
    let Some(number) = Number::of(&plain) else {
        return Err(Error::type_error(format!(
            "unsupported format string passed to {}.__format__",
            value.type_name()
        )));
    };
    let spec = parse(spec)?;
    match number {
        Number::Int(n) => match spec.kind {
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => format_float(int_to_float(&n)?, &spec),
            None if matches!(plain, Value::Bool(_)) && spec.precision.is_none() => {
                format_int(&n, &spec, value)
            }
            _ => format_int(&n, &spec, value),
        },
        Number::Float(x) => match spec.kind {
            None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%') => format_float(x, &spec),
            Some(kind) => Err(unknown(kind, value)),
        },
        Number::Complex(re, im) => format_complex(re, im, &spec, value),
    }
}

fn format_text(s: &str, spec: &Spec, value: &Value) -> Result<String> {
    if let Some(kind) = spec.kind.filter(|k| *k != 's') {
        return Err(unknown(kind, value));
    }
    if spec.sign.is_some() {
        return Err(Error::value("Sign not allowed in string format specifier"));
    }
    if spec.align == Some('=') && spec.fill != Some('0') {
        return Err(Error::value("'=' alignment not allowed in string format specifier"));
    }
    if let Some(c) = spec.grouping {
        return Err(Error::value(format!("Cannot specify '{c}' with 's'.")));
    }
    let cut: String = match spec.precision {
        Some(n) => s.chars().take(n).collect(),
        None => s.into(),
    };
    let align = match spec.align {
        Some('=') | None => '<',
        Some(a) => a,
    };
    Ok(pad(&cut, spec, align))
}

/// Text made as wide as a spec asks.
pub fn pad(text: &str, spec: &Spec, align: char) -> String {
    let n = text.chars().count();
    let missing = spec.width.saturating_sub(n);
    let fill = spec.fill.unwrap_or(' ');
    let left = match align {
        '<' => 0,
        '^' => missing / 2,
        _ => missing,
    };
    let fills = |n: usize| std::iter::repeat_n(fill, n);
    fills(left).chain(text.chars()).chain(fills(missing - left)).collect()
}

/// A sign, a prefix and digits, aligned; zeros for `=` go between, grouped as the digits are.
pub fn assemble(negative: bool, prefix: &str, digits: &str, tail: &str, spec: &Spec) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    let size = match (spec.grouping, spec.kind) {
        (Some('_'), Some('b' | 'o' | 'x' | 'X')) => 4,
        _ => 3,
    };
    let body = match spec.grouping {
        Some(c) => {
            let mut digits = digits.to_string();
            if spec.align == Some('=') && spec.fill == Some('0') {
                // as many zeros as fill the width with their separators
                let room = spec.width.saturating_sub(sign.len() + prefix.len() + tail.len());
                while grouped(&digits, c, size).len() < room {
                    digits.insert(0, '0');
                }
            }
            grouped(&digits, c, size)
        }
        None => digits.to_string(),
    };
    let align = spec.align.unwrap_or('>');
    if align == '=' {
        let fill = spec.fill.unwrap_or(' ');
        let n = sign.len() + prefix.len() + body.len() + tail.len();
        let zeros: String = std::iter::repeat_n(fill, spec.width.saturating_sub(n)).collect();
        return format!("{sign}{prefix}{zeros}{body}{tail}");
    }
    pad(&format!("{sign}{prefix}{body}{tail}"), spec, align)
}

fn grouped(digits: &str, separator: char, size: usize) -> String {
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(size) {
            out.push(separator);
        }
        out.push(c);
    }
    out
}

fn format_int(n: &BigInt, spec: &Spec, value: &Value) -> Result<String> {
    let kind = spec.kind.unwrap_or('d');
    if spec.no_negative_zero {
        return Err(Error::value(
            "Negative zero coercion (z) not allowed in integer format specifier",
        ));
    }
    if spec.precision.is_some() && "bcdoxXn".contains(kind) {
        return Err(Error::value("Precision not allowed in integer format specifier"));
    }
    let size = n.abs();
    let (digits, prefix) = match kind {
        'd' | 'n' => (size.to_string(), ""),
        'b' => (size.to_str_radix(2), "0b"),
        'o' => (size.to_str_radix(8), "0o"),
        'x' => (size.to_str_radix(16), "0x"),
        'X' => (size.to_str_radix(16).to_uppercase(), "0X"),
        'c' => {
            let c = u32::try_from(n)
                .ok()
                .and_then(char::from_u32)
                .ok_or_else(|| Error::overflow("%c arg not in range(0x110000)"))?;
            return Ok(pad(&c.to_string(), spec, spec.align.unwrap_or('<')));
        }
        other => return Err(unknown(other, value)),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(assemble(n.sign() == Sign::Minus, prefix, &digits, "", spec))
}

/// A float's digits without its sign, by one of `e f g %` and their capitals, or none.
fn float_digits(x: f64, kind: Option<char>, precision: Option<usize>, alternate: bool) -> String {
    let x = x.abs();
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return "inf".into();
    }
    match kind.map(|k| k.to_ascii_lowercase()) {
        Some('f') => {
            let text = format!("{x:.*}", precision.unwrap_or(6));
            if alternate && !text.contains('.') { text + "." } else { text }
        }
        Some('e') => exponent(x, precision.unwrap_or(6), alternate),
        Some('g' | 'n') => general(x, precision.unwrap_or(6), alternate, false),
        _ => match precision {
            None => text::float(x),
            Some(p) => general(x, p, alternate, true),
        },
    }
}

fn exponent(x: f64, precision: usize, alternate: bool) -> String {
    let text = format!("{x:.precision$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let point = if alternate && precision == 0 { "." } else { "" };
    format!("{digits}{point}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

/// `%g`; `keep` leaves at least one digit after the point, as a float without a type has it.
fn general(x: f64, precision: usize, alternate: bool, keep: bool) -> String {
    let p = precision.max(1);
    let text = format!("{x:.*e}", p - 1);
    let power: i32 = text.split_once('e').and_then(|t| t.1.parse().ok()).unwrap_or(0);
    let trim = |s: String| match alternate || !s.contains('.') {
        true => s,
        false => s.trim_end_matches('0').trim_end_matches('.').to_string(),
    };
    // a float without a type goes over to an exponent one digit earlier
    let top = if keep { p as i32 - 1 } else { p as i32 };
    if x == 0.0
        || (-4..top.max(if keep { 1 } else { 0 })).contains(&power)
        || (keep && power >= -4 && power < top)
    {
        let text = trim(format!("{x:.*}", (p as i32 - 1 - power).max(0) as usize));
        if keep && !text.contains('.') { text + ".0" } else { text }
    } else {
        let text = exponent(x, p - 1, alternate);
        let (digits, power) = text.split_once('e').unwrap_or((&text, "+00"));
        format!("{}e{power}", trim(digits.to_string()))
    }
}

/// A float as a spec asks.
///
/// # Errors
/// ValueError for a spec that no float has.
pub fn format_float(x: f64, spec: &Spec) -> Result<String> {
    let percent = spec.kind == Some('%');
    let y = if percent { x * 100.0 } else { x };
    let kind = if percent { Some('f') } else { spec.kind };
    let mut text = float_digits(y, kind, spec.precision, spec.alternate);
    if spec.kind.is_some_and(|k| k.is_ascii_uppercase()) {
        text = text.to_uppercase();
    }
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, tail) = text.split_at(split);
    let mut tail = tail.to_string();
    if percent {
        tail.push('%');
    }
    let zero = text.chars().all(|c| matches!(c, '0' | '.' | 'e' | '+' | '-'));
    let negative = x.is_sign_negative() && !x.is_nan() && !(spec.no_negative_zero && zero);
    Ok(assemble(negative, "", whole, &tail, spec))
}

fn format_complex(re: f64, im: f64, spec: &Spec, value: &Value) -> Result<String> {
    match spec.kind {
        None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n') => {}
        Some(kind) => return Err(unknown(kind, value)),
    }
    if spec.align == Some('=') || spec.fill == Some('0') {
        return Err(Error::value("'=' alignment flag is not allowed in complex format specifier"));
    }
    let part = Spec { width: 0, align: None, fill: None, ..spec.clone() };
    let short = |x: f64, sign: Option<char>| -> Result<String> {
        let text = format_float(x, &Spec { sign, ..part.clone() })?;
        Ok(match spec.kind {
            None => text.strip_suffix(".0").map(str::to_string).unwrap_or(text),
            _ => text,
        })
    };
    let imaginary = short(im, Some('+'))?;
    let text = match spec.kind {
        None if re == 0.0 && re.is_sign_positive() => {
            format!("{}j", imaginary.trim_start_matches('+'))
        }
        None => format!("({}{imaginary}j)", short(re, spec.sign)?),
        _ => format!("{}{imaginary}j", short(re, spec.sign)?),
    };
    Ok(pad(&text, spec, spec.align.unwrap_or('>')))
}

/// `str(value)`, `repr(value)` or `ascii(value)`, as `!s`, `!r` and `!a` ask it.
///
/// # Errors
/// As showing the value.
pub fn converted(value: &Value, conversion: char, cx: &Context) -> Result<String> {
    match conversion {
        's' => operators::text(value, cx),
        'r' => show::repr(value, cx),
        _ => Ok(ascii(&show::repr(value, cx)?)),
    }
}

/// Text with everything but ASCII escaped.
pub fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c as u32 {
            0..=0x7F => out.push(c),
            n @ 0x80..=0xFF => out.push_str(&format!("\\x{n:02x}")),
            n @ 0x100..=0xFFFF => out.push_str(&format!("\\u{n:04x}")),
            n => out.push_str(&format!("\\U{n:08x}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(x: f64, spec: &str) -> String {
        format(&Value::Float(x), spec, &crate::numpy::nd::small()).unwrap()
    }

    /// Expected texts were printed by CPython 3.11.
    #[test]
    fn floats_by_format_spec() {
        let cases = [
            (2.375, ".2f", "2.38"),
            (0.25, ".1%", "25.0%"),
            (1e10, "g", "1e+10"),
            (1234.5, "e", "1.234500e+03"),
            (123456789.0, "g", "1.23457e+08"),
            (100000.0, "g", "100000"),
            (1234567.891, ",.2f", "1,234,567.89"),
            (-3.5, "010.2f", "-000003.50"),
            (1234.5, "012,.1f", "00,001,234.5"),
            (12345.678, ".3", "1.23e+04"),
            (100.0, ".3", "1e+02"),
            (99.0, ".3", "99.0"),
            (0.00001, "", "1e-05"),
            (1.0, "+", "+1.0"),
            (f64::INFINITY, "F", "INF"),
            (f64::NAN, "6.1f", "   nan"),
            (-0.04, "z.1f", "0.0"),
            (2.5, "x^9.1e", "x2.5e+00x"),
            (0.0, "g", "0"),
            (0.0, ".2", "0.0"),
            (1.0, "#.0f", "1."),
        ];
        for (x, spec, expected) in cases {
            assert_eq!(shown(x, spec), expected, "{x} {spec}");
        }
    }

    /// Expected texts were printed by CPython 3.11.
    #[test]
    fn integers_and_text_by_format_spec() {
        let cx = crate::numpy::nd::small();
        let int = |n: i64, spec: &str| format(&Value::int(n), spec, &cx).unwrap();
        assert_eq!(int(255, "#b"), "0b11111111");
        assert_eq!(int(-42, "05d"), "-0042");
        assert_eq!(int(1000000, "_x"), "f_4240");
        assert_eq!(int(1234567, "015,"), "000,001,234,567");
        assert_eq!(int(65, "c"), "A");
        assert_eq!(int(3, ".2f"), "3.00");
        let text = |s: &str, spec: &str| format(&Value::str(s), spec, &cx).unwrap();
        assert_eq!(text("abc", "*^7.2"), "**ab***");
        assert_eq!(text("abc", "05"), "abc00");
        assert!(format(&Value::int(1), ".2d", &cx).is_err());
        assert!(format(&Value::str("a"), "d", &cx).is_err());
        assert!(format(&Value::None, ">5", &cx).is_err());
    }
}
