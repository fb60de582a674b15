//! Templates: `text % values` and `text.format(…)`.

use num_bigint::Sign;
use num_traits::Signed;

use super::attributes;
use super::format::{Spec, WIDEST, assemble, converted, format, format_float, pad};
use super::numbers::{Number, float_to_int, int_to_float};
use super::subscripts;
use crate::array::{Context, Error, Result};
use crate::numpy::Value;

/// `text % values`.
///
/// # Errors
/// TypeError and ValueError in Python's words.
pub fn percent(text: &str, values: &Value, cx: &Context) -> Result<String> {
    let list = match values {
        Value::Tuple(t) => t.to_vec(),
        other => vec![other.clone()],
    };
    let is_mapping = matches!(values, Value::Dict(_));
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at, mut next) = (String::new(), 0, 0);
    let mut by_name = false;
    let end = || Error::value("incomplete format");
    while at < chars.len() {
        if chars[at] != '%' {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        at += 1;
        let mut named = None;
        if chars.get(at) == Some(&'(') {
            let close = chars[at..]
                .iter()
                .position(|c| *c == ')')
                .ok_or_else(|| Error::value("incomplete format key"))?;
            let key: String = chars[at + 1..at + close].iter().collect();
            let Value::Dict(d) = values else {
                return Err(Error::type_error("format requires a mapping"));
            };
            let found = d.lock().get(&Value::str(&key))?.cloned();
            named = Some(found.ok_or_else(|| Error::key(crate::array::dtype::quote(&key)))?);
            by_name = true;
            at += close + 1;
        }
        let mut take = || -> Result<Value> {
            let value = list.get(next).cloned();
            next += 1;
            value.ok_or_else(|| Error::type_error("not enough arguments for format string"))
        };
        let mut spec = Spec::default();
        let (mut left, mut zero) = (false, false);
        while let Some(c @ ('-' | '+' | ' ' | '#' | '0')) = chars.get(at) {
            match c {
                '-' => left = true,
                '+' => spec.sign = Some('+'),
                ' ' => spec.sign = spec.sign.or(Some(' ')),
                '#' => spec.alternate = true,
                _ => zero = true,
            }
            at += 1;
        }
        let mut number = |at: &mut usize| -> Result<Option<i64>> {
            if chars.get(*at) == Some(&'*') {
                *at += 1;
                return take()?.index().map(Some).map_err(|_| Error::type_error("* wants int"));
            }
            let start = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            let digits: String = chars[start..*at].iter().collect();
            match digits.parse::<i64>() {
                Ok(n) if n as usize <= WIDEST => Ok(Some(n)),
                Ok(_) => Err(Error::value("width too big")),
                Err(_) if digits.is_empty() => Ok(None),
                Err(_) => Err(Error::value("width too big")),
            }
        };
        if let Some(n) = number(&mut at)? {
            left |= n < 0;
            spec.width = (n.unsigned_abs() as usize).min(WIDEST);
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            let n = number(&mut at)?.unwrap_or(0);
            spec.precision = Some((n.max(0) as usize).min(WIDEST));
        }
        while matches!(chars.get(at), Some('l' | 'h' | 'L')) {
            at += 1;
        }
        let kind = *chars.get(at).ok_or_else(end)?;
        at += 1;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match named {
            Some(v) => v,
            None => take()?,
        };
        spec.align = Some(if left { '<' } else { '>' });
        if zero && !left && !matches!(kind, 's' | 'r' | 'a' | 'c') {
            spec.align = Some('=');
            spec.fill = Some('0');
        }
        out.push_str(&percent_one(&value, kind, spec, cx)?);
    }
    if next < list.len() && !by_name && !is_mapping {
        return Err(Error::type_error("not all arguments converted during string formatting"));
    }
    Ok(out)
}

fn percent_one(value: &Value, kind: char, mut spec: Spec, cx: &Context) -> Result<String> {
    let plain = match value {
        Value::Array(nd) if nd.size()? == 1 && nd.dtype()?.is_number() => nd.item()?,
        other => other.clone(),
    };
    let needs = |what: &str| {
        Error::type_error(format!("%{kind} format: {what}, not {}", value.type_name()))
    };
    match kind {
        's' | 'r' | 'a' => {
            let mut text = converted(value, kind, cx)?;
            if let Some(n) = spec.precision {
                text = text.chars().take(n).collect();
            }
            Ok(pad(&text, &spec, spec.align.unwrap_or('>')))
        }
        'c' => {
            let text = match &plain {
                Value::Str(s) if s.chars().count() == 1 => s.to_string(),
                Value::Int(n) => u32::try_from(n)
                    .ok()
                    .and_then(char::from_u32)
                    .ok_or_else(|| Error::overflow("%c arg not in range(0x110000)"))?
                    .to_string(),
                _ => return Err(Error::type_error("%c requires int or char")),
            };
            Ok(pad(&text, &spec, spec.align.unwrap_or('>')))
        }
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let n = match Number::of(&plain) {
                Some(Number::Int(n)) => n,
                Some(Number::Float(x)) if matches!(kind, 'd' | 'i' | 'u') => float_to_int(x)?,
                _ if matches!(kind, 'd' | 'i' | 'u') => {
                    return Err(needs("a real number is required"));
                }
                _ => return Err(needs("an integer is required")),
            };
            spec.kind = Some(if matches!(kind, 'i' | 'u') { 'd' } else { kind });
            // here a precision is the least number of digits
            let least = spec.precision.take().unwrap_or(0);
            let size = n.abs();
            let (digits, prefix) = match kind {
                'x' => (size.to_str_radix(16), "0x"),
                'X' => (size.to_str_radix(16).to_uppercase(), "0X"),
                'o' => (size.to_str_radix(8), "0o"),
                _ => (size.to_string(), ""),
            };
            let prefix = if spec.alternate { prefix } else { "" };
            let digits = format!("{digits:0>least$}");
            Ok(assemble(n.sign() == Sign::Minus, prefix, &digits, "", &spec))
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let x = match Number::of(&plain) {
                Some(Number::Int(n)) => int_to_float(&n)?,
                Some(Number::Float(x)) => x,
                _ => {
                    return Err(Error::type_error(format!(
                        "must be real number, not {}",
                        value.type_name()
                    )));
                }
            };
            spec.kind = Some(kind);
            format_float(x, &spec)
        }
        other => Err(Error::value(format!(
            "unsupported format character '{other}' (0x{:x})",
            other as u32
        ))),
    }
}

/// `text.format(*places, **names)`.
///
/// # Errors
/// IndexError, KeyError and ValueError in Python's words.
pub fn str_format(
    text: &str,
    places: &[Value],
    names: &[(String, Value)],
    cx: &Context,
) -> Result<String> {
    let mut auto = Some(0);
    replaced(text, places, names, &mut auto, 0, cx)
}

fn replaced(
    text: &str,
    places: &[Value],
    names: &[(String, Value)],
    auto: &mut Option<usize>,
    depth: usize,
    cx: &Context,
) -> Result<String> {
    if depth > 2 {
        return Err(Error::value("Max string recursion exceeded"));
    }
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while at < chars.len() {
        match chars[at] {
            c @ ('{' | '}') if chars.get(at + 1) == Some(&c) && depth == 0 => {
                out.push(c);
                at += 2;
            }
            '}' => return Err(Error::value("Single '}' encountered in format string")),
            '{' => {
                let (mut level, start) = (1, at + 1);
                let mut end = start;
                while level > 0 {
                    match chars.get(end) {
                        Some('{') => level += 1,
                        Some('}') => level -= 1,
                        None if start == chars.len() => {
                            return Err(Error::value("Single '{' encountered in format string"));
                        }
                        None => return Err(Error::value("expected '}' before end of string")),
                        _ => {}
                    }
                    end += 1;
                }
                let inside: String = chars[start..end - 1].iter().collect();
                at = end;
                let (field, spec) = match inside.find(':') {
                    Some(i) => (inside[..i].to_string(), inside[i + 1..].to_string()),
                    None => (inside, String::new()),
                };
                let (field, conversion) = match field.split_once('!') {
                    Some((f, c)) => (f.to_string(), c.chars().next()),
                    None => (field, None),
                };
                let mut value = lookup(&field, places, names, auto, cx)?;
                match conversion {
                    None => {}
                    Some(c @ ('s' | 'r' | 'a')) => value = Value::str(converted(&value, c, cx)?),
                    Some(c) => {
                        return Err(Error::value(format!("Unknown conversion specifier '{c}'")));
                    }
                }
                let spec = replaced(&spec, places, names, auto, depth + 1, cx)?;
                out.push_str(&format(&value, &spec, cx)?);
            }
            c => {
                out.push(c);
                at += 1;
            }
        }
    }
    Ok(out)
}

/// What `0.real[key]` stands for.
fn lookup(
    field: &str,
    places: &[Value],
    names: &[(String, Value)],
    auto: &mut Option<usize>,
    cx: &Context,
) -> Result<Value> {
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (first, mut rest) = field.split_at(end);
    let missing = |i: usize| {
        Error::index(format!("Replacement index {i} out of range for positional args tuple"))
    };
    let mut value = if first.is_empty() {
        let Some(i) = auto.as_mut() else {
            return Err(Error::value(
                "cannot switch from manual field specification to automatic field numbering",
            ));
        };
        let value = places.get(*i).cloned().ok_or_else(|| missing(*i))?;
        *i += 1;
        value
    } else if let Ok(i) = first.parse::<usize>() {
        if auto.is_some_and(|n| n > 0) {
            return Err(Error::value(
                "cannot switch from automatic field numbering to manual field specification",
            ));
        }
        *auto = None;
        places.get(i).cloned().ok_or_else(|| missing(i))?
    } else {
        let found = names.iter().find(|n| n.0 == first).map(|n| n.1.clone());
        found.ok_or_else(|| Error::key(crate::array::dtype::quote(first)))?
    };
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            value = attributes::get(&value, &after[..end], cx)?;
            rest = &after[end..];
        } else {
            let after = rest.strip_prefix('[').unwrap_or(rest);
            let (key, after) = after
                .split_once(']')
                .ok_or_else(|| Error::value("Missing ']' in format string"))?;
            let key = match key.parse::<i64>() {
                Ok(n) => Value::int(n),
                Err(_) => Value::str(key),
            };
            value = subscripts::get_item(&value, &key, cx)?;
            rest = after;
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected texts were printed by CPython 3.11.
    #[test]
    fn percent_and_format() {
        let cx = crate::numpy::nd::small();
        let values = Value::tuple(vec![Value::int(42), Value::str("ab"), Value::Float(2.5)]);
        assert_eq!(percent("%05d|%-4s|%+.2e", &values, &cx).unwrap(), "00042|ab  |+2.50e+00");
        assert_eq!(percent("%#x %%", &Value::int(255), &cx).unwrap(), "0xff %");
        assert_eq!(percent("%.5d", &Value::int(-42), &cx).unwrap(), "-00042");
        assert!(percent("%d", &Value::str("a"), &cx).is_err());
        assert!(percent("%d", &Value::tuple(vec![]), &cx).is_err());
        let list = Value::list(vec![Value::int(7), Value::int(8)]);
        let out = str_format(
            "{0[1]:>{1}}|{n!r}",
            &[list, Value::int(4)],
            &[("n".into(), Value::str("x"))],
            &cx,
        );
        assert_eq!(out.unwrap(), "   8|'x'");
    }
}
