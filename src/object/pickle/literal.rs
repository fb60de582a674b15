//! The literals of opcodes: decimal numbers, quoted strings, escapes, and UTF-8 with surrogates.
//!
//! It knows no opcodes and no tree but its leaves.

use std::sync::Arc;

use num_bigint::BigInt;

use super::Reason;
use super::value::Py;

/// The longest decimal number that is read, as in Python.
const MOST_DIGITS: usize = 4300;

/// The text of a line that must be UTF-8.
pub(super) fn utf8_line(line: &[u8]) -> Result<&str, Reason> {
    std::str::from_utf8(line).map_err(|_| Reason::Literal("a name that isn't UTF-8"))
}

/// The number of a PUT or GET line.
pub(super) fn index(line: &[u8]) -> Result<u64, Reason> {
    let bad = Reason::Literal("a memo number that is none");
    let text = utf8_line(line)?.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad);
    }
    text.parse().map_err(|_| bad)
}

/// The number of an INT or LONG line.
pub(super) fn integer(line: &[u8]) -> Result<BigInt, Reason> {
    let bad = Reason::Literal("a decimal number that is none");
    let text = utf8_line(line)?.trim();
    let text = text.strip_suffix('L').unwrap_or(text);
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad);
    }
    if digits.len() > MOST_DIGITS {
        return Err(Reason::Literal("a decimal number of more than 4300 digits"));
    }
    text.parse().map_err(|_| bad)
}

/// The number of a FLOAT line.
pub(super) fn float(line: &[u8]) -> Result<f64, Reason> {
    let text = utf8_line(line)?.trim();
    text.parse().map_err(|_| Reason::Literal("a float that is none"))
}

/// Text in UTF-8, in which Python keeps lone surrogates; they become U+FFFD.
pub(super) fn text(mut bytes: &[u8]) -> Result<Arc<str>, Reason> {
    let mut joined = String::new();
    loop {
        let error = match std::str::from_utf8(bytes) {
            Ok(text) if joined.is_empty() => return Ok(Arc::from(text)),
            Ok(text) => {
                joined.push_str(text);
                return Ok(Arc::from(joined));
            }
            Err(error) => error,
        };
        let (good, rest) = bytes.split_at(error.valid_up_to());
        let ([0xed, 0xa0..=0xbf, 0x80..=0xbf, rest @ ..], Ok(good)) =
            (rest, std::str::from_utf8(good))
        else {
            return Err(Reason::Literal("a str that isn't UTF-8"));
        };
        joined.push_str(good);
        joined.push(char::REPLACEMENT_CHARACTER);
        bytes = rest;
    }
}

/// Python 2's `str`: text if it is UTF-8, else bytes.
pub(super) fn old_string(bytes: &[u8]) -> Py {
    match std::str::from_utf8(bytes) {
        Ok(text) => Py::str(text),
        Err(_) => Py::bytes(bytes),
    }
}

/// The line of a STRING: quoted, with escapes.
pub(super) fn quoted(line: &[u8]) -> Result<Vec<u8>, Reason> {
    let line = line.trim_ascii();
    match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => unescaped(inner),
        _ => Err(Reason::Literal("a string without quotes")),
    }
}

fn unescaped(mut rest: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut out = Vec::with_capacity(rest.len());
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let [escape, tail @ ..] = rest else {
            return Err(Reason::Literal("a backslash at the end of a string"));
        };
        rest = tail;
        match escape {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(*escape),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b't' => out.push(b'\t'),
            b'n' => out.push(b'\n'),
            b'v' => out.push(11),
            b'f' => out.push(12),
            b'r' => out.push(b'\r'),
            b'0'..=b'7' => {
                let mut value = u32::from(escape - b'0');
                for _ in 0..2 {
                    let [digit @ b'0'..=b'7', tail @ ..] = rest else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    rest = tail;
                }
                out.push((value & 0xff) as u8);
            }
            b'x' => {
                let value = hex(rest, 2).ok_or(Reason::Literal("\\x without two digits"))?;
                out.push((value & 0xff) as u8);
                rest = &rest[2..];
            }
            other => out.extend([b'\\', *other]),
        }
    }
    Ok(out)
}

/// The line of a UNICODE: Latin-1 with `\u` and `\U`.
pub(super) fn raw_unicode(mut rest: &[u8]) -> Result<Arc<str>, Reason> {
    let mut out = String::with_capacity(rest.len());
    while let [first, tail @ ..] = rest {
        let digits = match (first, tail) {
            (b'\\', [b'u', ..]) => 4,
            (b'\\', [b'U', ..]) => 8,
            (b'\\', [other, after @ ..]) => {
                out.extend(['\\', char::from(*other)]);
                rest = after;
                continue;
            }
            _ => {
                out.push(char::from(*first));
                rest = tail;
                continue;
            }
        };
        let value = hex(&tail[1..], digits).ok_or(Reason::Literal("\\u without its hex digits"))?;
        rest = &tail[1 + digits..];
        if value > 0x10ffff {
            return Err(Reason::Literal("\\U beyond Unicode"));
        }
        out.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Ok(Arc::from(out))
}

fn hex(bytes: &[u8], digits: usize) -> Option<u32> {
    let digits = bytes.get(..digits)?;
    digits.iter().try_fold(0u32, |value, digit| {
        Some(value.wrapping_shl(4) | char::from(*digit).to_digit(16)?)
    })
}

/// The bytes whose Latin-1 text this is.
pub(super) fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        assert_eq!(quoted(b"'a\\x41\\n\\'\\101\\q'"), Ok(b"aA\n'A\\q".to_vec()));
        assert!(quoted(b"'").is_err());
        assert!(quoted(b"'\\'").is_err());
        assert!(quoted(b"'\\x4'").is_err());
        assert_eq!(raw_unicode(b"\\u20ac\xe9\\n").as_deref(), Ok("€é\\n"));
        assert!(raw_unicode(b"\\u20a").is_err());
        assert_eq!(raw_unicode(b"\\ud800").as_deref(), Ok("\u{fffd}"));
        assert_eq!(text(b"a\xed\xa0\x80b\xed\xb0\x80").as_deref(), Ok("a\u{fffd}b\u{fffd}"));
        assert!(text(b"a\xff").is_err());
    }

    #[test]
    fn numbers() {
        assert_eq!(integer(b"-12L"), Ok(BigInt::from(-12)));
        assert!(integer(b"1_0").is_err());
        assert!(integer(b"").is_err());
        assert!(integer(&[b'1'; 4301]).is_err());
        assert!(index(b"-1").is_err());
        assert_eq!(float(b"-inf"), Ok(f64::NEG_INFINITY));
    }
}
