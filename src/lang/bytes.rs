//! Bytes: their methods, and text as bytes and back.

use super::format;
use super::given::Given;
use super::iter::collect;
use super::strings::method;
use crate::array::error::Kind;
use crate::array::{Context, Error, Result};
use crate::numpy::Value;

/// An encoding's name as one of those that are known here.
fn known(encoding: &str) -> Result<&'static str> {
    let plain: String = encoding.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    Ok(match plain.as_str() {
        "utf8" | "u8" | "utf" => "utf-8",
        "ascii" | "usascii" | "646" => "ascii",
        "latin1" | "latin" | "iso88591" | "l1" | "8859" | "cp819" => "latin-1",
        "utf16le" => "utf-16-le",
        "utf32le" => "utf-32-le",
        _ => {
            return Err(Error::new(Kind::LookupError, format!("unknown encoding: {encoding}")));
        }
    })
}

/// Text as bytes.
///
/// # Errors
/// UnicodeError for a character that the encoding lacks.
pub fn encode(s: &str, encoding: &str, errors: &str) -> Result<Vec<u8>> {
    let (encoding, top) = match known(encoding)? {
        "utf-8" => return Ok(s.as_bytes().to_vec()),
        "utf-16-le" => return Ok(s.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "utf-32-le" => return Ok(s.chars().flat_map(|c| (c as u32).to_le_bytes()).collect()),
        "ascii" => ("ascii", 0x80),
        other => (other, 0x100),
    };
    let mut out = Vec::with_capacity(s.len());
    for (i, c) in s.chars().enumerate() {
        match c as u32 {
            n if n < top => out.push(n as u8),
            n => match errors {
                "ignore" => {}
                "replace" => out.push(b'?'),
                "backslashreplace" => out.extend(format::ascii(&c.to_string()).bytes()),
                "xmlcharrefreplace" => out.extend(format!("&#{n};").bytes()),
                _ => {
                    return Err(Error::new(
                        Kind::UnicodeEncodeError,
                        format!(
                            "'{encoding}' codec can't encode character '{}' in position {i}: \
                             ordinal not in range({top})",
                            format::ascii(&c.to_string())
                        ),
                    ));
                }
            },
        }
    }
    Ok(out)
}

/// Bytes as text.
///
/// # Errors
/// UnicodeError for bytes that the encoding doesn't know.
pub fn decode(bytes: &[u8], encoding: &str, errors: &str) -> Result<String> {
    let wrong = |codec: &str, byte: u8, at: usize, why: &str| {
        Error::new(
            Kind::UnicodeDecodeError,
            format!("'{codec}' codec can't decode byte 0x{byte:02x} in position {at}: {why}"),
        )
    };
    match known(encoding)? {
        "latin-1" => Ok(bytes.iter().map(|&b| b as char).collect()),
        "utf-16-le" => {
            let units: Vec<u16> =
                bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
            Ok(String::from_utf16_lossy(&units))
        }
        "utf-32-le" => Ok(bytes
            .chunks_exact(4)
            .map(|c| {
                char::from_u32(u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
                    .unwrap_or(char::REPLACEMENT_CHARACTER)
            })
            .collect()),
        codec => {
            let mut out = String::new();
            let mut at = 0;
            let plain: Vec<u8>;
            let chunks = if codec == "ascii" {
                // beyond ASCII nothing is valid: a byte that no UTF-8 has stands for it
                plain = bytes.iter().map(|b| if b.is_ascii() { *b } else { 0xFF }).collect();
                plain.utf8_chunks()
            } else {
                bytes.utf8_chunks()
            };
            for chunk in chunks {
                out.push_str(chunk.valid());
                at += chunk.valid().len();
                if chunk.invalid().is_empty() {
                    continue;
                }
                match errors {
                    "ignore" => {}
                    "replace" => out.push(char::REPLACEMENT_CHARACTER),
                    "backslashreplace" => {
                        for i in 0..chunk.invalid().len() {
                            out.push_str(&format!("\\x{:02x}", bytes[at + i]));
                        }
                    }
                    _ if codec == "ascii" => {
                        return Err(wrong(codec, bytes[at], at, "ordinal not in range(128)"));
                    }
                    _ => return Err(wrong(codec, bytes[at], at, "invalid start byte")),
                }
                at += chunk.invalid().len();
            }
            Ok(out)
        }
    }
}

/// The methods of bytes.
pub const BYTES: &[&str] = &[
    "capitalize",
    "center",
    "count",
    "decode",
    "endswith",
    "find",
    "fromhex",
    "hex",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdigit",
    "islower",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

/// A method of bytes: that of the text of the same bytes, one character each, but for a few.
///
/// # Errors
/// Those of the method.
pub fn bytes_method(
    bytes: &[u8],
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    match name {
        "decode" => {
            let g = Given::bind(name, "encoding? errors?", places, named)?;
            let encoding = g.text("encoding")?.unwrap_or_else(|| "utf-8".into());
            let errors = g.text("errors")?.unwrap_or_else(|| "strict".into());
            return Ok(Value::str(decode(bytes, &encoding, &errors)?));
        }
        "hex" => {
            Given::bind(name, "", places, named)?;
            return Ok(Value::str(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()));
        }
        "fromhex" => {
            let g = Given::bind(name, "string |", places, named)?;
            return from_hex(&g.text("string")?.unwrap_or_default());
        }
        "translate" => {
            let g = Given::bind(name, "table delete?", places, named)?;
            let delete = match g.get("delete") {
                Some(Value::Bytes(d)) => d.to_vec(),
                _ => Vec::new(),
            };
            let kept = bytes.iter().filter(|b| !delete.contains(b));
            let out: Vec<u8> = match g.value("table") {
                Value::Bytes(t) if t.len() == 256 => kept.map(|b| t[*b as usize]).collect(),
                Value::None => kept.copied().collect(),
                _ => return Err(Error::value("translation table must be 256 characters long")),
            };
            return Ok(Value::Bytes(out.into()));
        }
        _ => {}
    }
    // only bytes go in, and what was bytes comes out
    let wrong = |v: &Value| {
        Error::type_error(format!("a bytes-like object is required, not '{}'", v.type_name()))
    };
    let to_text = |v: &Value| -> Result<Value> {
        Ok(match v {
            Value::Bytes(b) => Value::str(latin(b)),
            Value::Str(_) => return Err(wrong(v)),
            Value::Tuple(t) => {
                let mut out = Vec::new();
                for x in t.iter() {
                    match x {
                        Value::Bytes(b) => out.push(Value::str(latin(b))),
                        other => return Err(wrong(other)),
                    }
                }
                Value::tuple(out)
            }
            other => other.clone(),
        })
    };
    let mut given = Vec::new();
    for place in &places {
        given.push(match name {
            "join" => {
                let items = collect(place, cx)?;
                Value::list(items.iter().map(to_text).collect::<Result<_>>()?)
            }
            _ => to_text(place)?,
        });
    }
    let text = latin(bytes);
    let changed = match name {
        // only ASCII letters change their case
        "upper" | "lower" | "swapcase" | "title" | "capitalize" => {
            let masked: String =
                text.chars().map(|c| if c.is_ascii() { c } else { '\u{E000}' }).collect();
            let Value::Str(out) = method(&masked, name, given, named, cx)? else {
                return Ok(Value::None);
            };
            let out: Vec<u8> = out
                .chars()
                .zip(bytes)
                .map(|(c, b)| if c.is_ascii() { c as u8 } else { *b })
                .collect();
            return Ok(Value::Bytes(out.into()));
        }
        _ => method(&text, name, given, named, cx)?,
    };
    Ok(back(changed))
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| b as char).collect()
}

fn back(value: Value) -> Value {
    match value {
        Value::Str(s) => Value::Bytes(s.chars().map(|c| c as u8).collect::<Vec<_>>().into()),
        Value::List(l) => {
            let items = l.lock().clone();
            Value::list(items.into_iter().map(back).collect())
        }
        Value::Tuple(t) => Value::tuple(t.iter().cloned().map(back).collect()),
        other => other,
    }
}

/// `bytes.fromhex(text)`.
///
/// # Errors
/// ValueError for what is no hexadecimal digit.
pub fn from_hex(text: &str) -> Result<Value> {
    let digits: Vec<(usize, char)> =
        text.char_indices().filter(|c| !c.1.is_ascii_whitespace()).collect();
    let wrong = |at: usize| {
        Error::value(format!("non-hexadecimal number found in fromhex() arg at position {at}"))
    };
    let mut out = Vec::new();
    for pair in digits.chunks(2) {
        let mut byte = 0;
        for (at, c) in pair {
            byte = byte * 16 + c.to_digit(16).ok_or_else(|| wrong(*at))?;
        }
        if pair.len() < 2 {
            return Err(wrong(text.len()));
        }
        out.push(byte as u8);
    }
    Ok(Value::Bytes(out.into()))
}
