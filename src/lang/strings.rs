//! Methods of text and bytes.

use super::bytes::encode;
use super::collections::clamped;
use super::given::Given;
use super::iter::collect;
use super::percent;
use crate::array::{Context, Error, Result};
use crate::numpy::Value;
use crate::numpy::value::Dict;

/// The methods of text.
pub const STR: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
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

/// A method of text.
///
/// # Errors
/// Those of the method.
pub fn method(
    s: &str,
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    if name == "format" {
        return Ok(Value::str(percent::str_format(s, &places, &named, cx)?));
    }
    let bind = |spec| Given::bind(name, spec, places, named);
    let all = |test: &dyn Fn(char) -> bool| -> Value {
        Value::Bool(!s.is_empty() && s.chars().all(test))
    };
    Ok(match name {
        "upper" => Value::str(bind("").map(|_| s.to_uppercase())?),
        "lower" => Value::str(bind("").map(|_| s.to_lowercase())?),
        "casefold" => {
            bind("")?;
            Value::str(s.to_lowercase().replace('ß', "ss").replace('ς', "σ"))
        }
        "capitalize" => {
            bind("")?;
            let mut chars = s.chars();
            let first: String = chars.next().map(titled).unwrap_or_default();
            Value::str(first + &chars.as_str().to_lowercase())
        }
        "title" => {
            bind("")?;
            let (mut out, mut inside) = (String::new(), false);
            for c in s.chars() {
                match inside {
                    true => out.extend(c.to_lowercase()),
                    false => out.push_str(&titled(c)),
                }
                inside = c.is_alphabetic();
            }
            Value::str(out)
        }
        "swapcase" => {
            bind("")?;
            let swap = |c: char| -> String {
                if c.is_uppercase() {
                    c.to_lowercase().collect()
                } else {
                    c.to_uppercase().collect()
                }
            };
            Value::str(s.chars().map(swap).collect::<String>())
        }
        "strip" | "lstrip" | "rstrip" => {
            let g = bind("chars? |")?;
            let chars: Option<Vec<char>> = match g.some("chars") {
                None => None,
                Some(_) => g.text("chars")?.map(|t| t.chars().collect()),
            };
            let gone = |c: char| chars.as_ref().map_or(is_space(c), |set| set.contains(&c));
            Value::str(match name {
                "strip" => s.trim_matches(gone),
                "lstrip" => s.trim_start_matches(gone),
                _ => s.trim_end_matches(gone),
            })
        }
        "split" | "rsplit" => {
            let g = bind("sep? maxsplit?")?;
            let most = g.int("maxsplit")?.filter(|n| *n >= 0).map(|n| n as usize);
            let sep = if g.some("sep").is_some() { g.text("sep")? } else { None };
            let parts = match sep {
                Some(sep) if sep.is_empty() => return Err(Error::value("empty separator")),
                Some(sep) => split_at(s, &sep, most, name == "rsplit"),
                None => split_space(s, most, name == "rsplit"),
            };
            Value::list(parts.iter().map(Value::str).collect())
        }
        "splitlines" => {
            let keep = bind("keepends?")?.flag("keepends", cx)?;
            Value::list(lines(s, keep).into_iter().map(Value::str).collect())
        }
        "join" => {
            let items = collect(&bind("iterable |")?.value("iterable"), cx)?;
            let mut out = String::new();
            for (i, item) in items.iter().enumerate() {
                let Some(text) = item.as_str() else {
                    return Err(Error::type_error(format!(
                        "sequence item {i}: expected str instance, {} found",
                        item.type_name()
                    )));
                };
                if i > 0 {
                    out.push_str(s);
                }
                out.push_str(&text);
            }
            Value::str(out)
        }
        "replace" => {
            let g = bind("old new count?")?;
            let (old, new) =
                (g.text("old")?.unwrap_or_default(), g.text("new")?.unwrap_or_default());
            Value::str(match g.int("count")?.filter(|n| *n >= 0) {
                Some(n) => s.replacen(&old, &new, n as usize),
                None => s.replace(&old, &new),
            })
        }
        "count" | "find" | "rfind" | "index" | "rindex" => {
            let g = bind("sub start? end? |")?;
            search(s, name, &g)?
        }
        "startswith" | "endswith" => {
            let g = bind("prefix start? end? |")?;
            let part = range(s, &g)?.map(|r| r.1).unwrap_or_default();
            let outside = range(s, &g)?.is_none();
            let tests = match g.value("prefix") {
                Value::Tuple(t) => t.to_vec(),
                one => vec![one],
            };
            let mut hit = false;
            for test in tests {
                let Some(t) = test.as_str() else {
                    return Err(Error::type_error(format!(
                        "{name} first arg must be str or a tuple of str, not {}",
                        test.type_name()
                    )));
                };
                let t = t.as_str();
                hit |= !outside
                    && if name == "startswith" { part.starts_with(t) } else { part.ends_with(t) };
            }
            Value::Bool(hit)
        }
        "removeprefix" => {
            let p = bind("prefix |")?.text("prefix")?.unwrap_or_default();
            Value::str(s.strip_prefix(p.as_str()).unwrap_or(s))
        }
        "removesuffix" => {
            let p = bind("suffix |")?.text("suffix")?.unwrap_or_default();
            Value::str(s.strip_suffix(p.as_str()).unwrap_or(s))
        }
        "center" | "ljust" | "rjust" => {
            let g = bind("width fill? |")?;
            let fill = fill_char(&g)?;
            let n = s.chars().count();
            let width = wide(g.int("width")?.unwrap_or(0))?;
            let missing = width.saturating_sub(n);
            let left = match name {
                "ljust" => 0,
                "rjust" => missing,
                // as CPython rounds it
                _ => missing / 2 + (missing & width & 1),
            };
            let fills = |n: usize| std::iter::repeat_n(fill, n);
            Value::str(
                fills(left).chain(s.chars()).chain(fills(missing - left)).collect::<String>(),
            )
        }
        "zfill" => {
            let width = wide(bind("width |")?.int("width")?.unwrap_or(0))?;
            let zeros = "0".repeat(width.saturating_sub(s.chars().count()));
            Value::str(match s.chars().next() {
                Some(sign @ ('+' | '-')) => format!("{sign}{zeros}{}", &s[1..]),
                _ => format!("{zeros}{s}"),
            })
        }
        "expandtabs" => {
            let size = wide(bind("tabsize?")?.int("tabsize")?.unwrap_or(8))?;
            let (mut out, mut column) = (String::new(), 0);
            for c in s.chars() {
                match c {
                    '\t' if size > 0 => {
                        let n = size - column % size;
                        out.push_str(&" ".repeat(n));
                        column += n;
                    }
                    '\t' => {}
                    '\n' | '\r' => {
                        out.push(c);
                        column = 0;
                    }
                    _ => {
                        out.push(c);
                        column += 1;
                    }
                }
            }
            Value::str(out)
        }
        "partition" | "rpartition" => {
            let sep = bind("sep |")?.text("sep")?.unwrap_or_default();
            if sep.is_empty() {
                return Err(Error::value("empty separator"));
            }
            let at = if name == "partition" { s.find(&sep) } else { s.rfind(&sep) };
            let parts = match at {
                Some(i) => [&s[..i], sep.as_str(), &s[i + sep.len()..]],
                None if name == "partition" => [s, "", ""],
                None => ["", "", s],
            };
            Value::tuple(parts.iter().map(Value::str).collect())
        }
        "isalpha" => bind("").map(|_| all(&char::is_alphabetic))?,
        "isdigit" | "isdecimal" | "isnumeric" => {
            bind("")?;
            let superscript =
                |c: char| matches!(c, '²' | '³' | '¹' | '⁰'..='⁹' | '₀'..='₉' | '①'..='⑨');
            all(&|c: char| match name {
                "isdecimal" => is_decimal(c),
                "isdigit" => is_decimal(c) || superscript(c),
                _ => c.is_numeric(),
            })
        }
        "isalnum" => bind("").map(|_| all(&char::is_alphanumeric))?,
        "isspace" => bind("").map(|_| all(&is_space))?,
        "isascii" => bind("").map(|_| Value::Bool(s.is_ascii()))?,
        "isprintable" => {
            bind("")?;
            let quoted = crate::array::dtype::quote(s);
            Value::Bool(
                !quoted.contains('\\')
                    || s.contains('\\') && {
                        s.chars().all(|c| {
                            c == '\\' || !crate::array::dtype::quote(&c.to_string()).contains('\\')
                        })
                    },
            )
        }
        "isidentifier" => {
            bind("")?;
            let mut chars = s.chars();
            let first = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
            Value::Bool(first && chars.all(|c| c == '_' || c.is_alphanumeric()))
        }
        "isupper" => {
            bind("")?;
            Value::Bool(s.chars().any(char::is_uppercase) && !s.chars().any(char::is_lowercase))
        }
        "islower" => {
            bind("")?;
            Value::Bool(s.chars().any(char::is_lowercase) && !s.chars().any(char::is_uppercase))
        }
        "istitle" => {
            bind("")?;
            let (mut cased, mut found, mut right) = (false, false, true);
            for c in s.chars() {
                if c.is_uppercase() {
                    right &= !cased;
                    (cased, found) = (true, true);
                } else if c.is_lowercase() {
                    right &= cased;
                    (cased, found) = (true, true);
                } else {
                    cased = false;
                }
            }
            Value::Bool(found && right)
        }
        "encode" => {
            let g = bind("encoding? errors?")?;
            let encoding = g.text("encoding")?.unwrap_or_else(|| "utf-8".into());
            let errors = g.text("errors")?.unwrap_or_else(|| "strict".into());
            Value::Bytes(encode(s, &encoding, &errors)?.into())
        }
        "translate" => {
            let table = bind("table |")?.value("table");
            let mut out = String::new();
            for c in s.chars() {
                let key = Value::int(c as u32);
                let found = match &table {
                    Value::Dict(d) => d.lock().get(&key)?.cloned(),
                    other => super::subscripts::get_item(other, &key, cx).ok(),
                };
                match found {
                    None => out.push(c),
                    Some(Value::None) => {}
                    Some(Value::Str(t)) => out.push_str(&t),
                    Some(v) => out.extend(u32::try_from(v.index()?).ok().and_then(char::from_u32)),
                }
            }
            Value::str(out)
        }
        "maketrans" => maketrans(&bind("x y? z? |")?)?,
        _ => return Err(super::attributes::missing(&Value::str(s), name)),
    })
}

/// `str.maketrans(…)`.
///
/// # Errors
/// TypeError and ValueError in Python's words.
pub fn maketrans(given: &Given) -> Result<Value> {
    let code = |c: char| Value::int(c as u32);
    let mut out = Dict::default();
    match given.get("y") {
        None => {
            let Value::Dict(table) = given.value("x") else {
                return Err(Error::type_error(
                    "if you give only one argument to maketrans it must be a dict",
                ));
            };
            for (k, v) in table.lock().iter() {
                let key = match k {
                    Value::Str(s) => match (s.chars().next(), s.chars().count()) {
                        (Some(c), 1) => code(c),
                        _ => {
                            return Err(Error::value(
                                "string keys in translate table must be of length 1",
                            ));
                        }
                    },
                    other => other.clone(),
                };
                out.set(key, v.clone())?;
            }
        }
        Some(_) => {
            let (x, y) =
                (given.text("x")?.unwrap_or_default(), given.text("y")?.unwrap_or_default());
            if x.chars().count() != y.chars().count() {
                return Err(Error::value(
                    "the first two maketrans arguments must have equal length",
                ));
            }
            for (a, b) in x.chars().zip(y.chars()) {
                out.set(code(a), code(b))?;
            }
            for c in given.text("z")?.unwrap_or_default().chars() {
                out.set(code(c), Value::None)?;
            }
        }
    }
    Ok(super::containers::dict(out))
}

fn titled(c: char) -> String {
    match c {
        'ß' => "Ss".into(),
        _ => c.to_uppercase().collect(),
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn is_decimal(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(c as u32, 0x660..=0x669 | 0x6F0..=0x6F9 | 0x966..=0x96F | 0xFF10..=0xFF19)
}

fn wide(n: i64) -> Result<usize> {
    match n.max(0) as usize {
        n if n > 1 << 28 => Err(Error::memory("")),
        n => Ok(n),
    }
}

fn fill_char(g: &Given) -> Result<char> {
    let text = g.text("fill")?.unwrap_or_else(|| " ".into());
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(Error::type_error("The fill character must be exactly one character long")),
    }
}

fn split_at(s: &str, sep: &str, most: Option<usize>, right: bool) -> Vec<String> {
    let n = most.map_or(usize::MAX, |n| n.saturating_add(1));
    let parts: Vec<&str> = match right {
        false => s.splitn(n, sep).collect(),
        true => {
            let mut parts: Vec<&str> = s.rsplitn(n, sep).collect();
            parts.reverse();
            parts
        }
    };
    parts.into_iter().map(String::from).collect()
}

fn split_space(s: &str, most: Option<usize>, right: bool) -> Vec<String> {
    let Some(most) = most else {
        return s.split(is_space).filter(|p| !p.is_empty()).map(String::from).collect();
    };
    let mut out = Vec::new();
    let mut rest =
        if right { s.trim_end_matches(is_space) } else { s.trim_start_matches(is_space) };
    while !rest.is_empty() && out.len() < most {
        let at = if right { rest.rfind(is_space) } else { rest.find(is_space) };
        let Some(i) = at else { break };
        if right {
            let width = rest[i..].chars().next().map_or(1, char::len_utf8);
            out.push(rest[i + width..].to_string());
            rest = rest[..i].trim_end_matches(is_space);
        } else {
            out.push(rest[..i].to_string());
            rest = rest[i..].trim_start_matches(is_space);
        }
    }
    if !rest.is_empty() {
        let rest = if right { rest.trim_start_matches(is_space) } else { rest };
        match right {
            true if out.len() < most => out.push(rest.to_string()),
            true => out.push(rest.trim_start_matches(is_space).to_string()),
            false => out.push(rest.to_string()),
        }
    }
    if right {
        out.reverse();
    }
    out
}

fn lines(s: &str, keep: bool) -> Vec<String> {
    let (mut out, mut start) = (Vec::new(), 0);
    let mut chars = s.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let is_end = matches!(
            c,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        );
        if !is_end {
            continue;
        }
        let mut end = i + c.len_utf8();
        if c == '\r' && chars.peek().is_some_and(|n| n.1 == '\n') {
            chars.next();
            end += 1;
        }
        out.push(s[start..if keep { end } else { i }].to_string());
        start = end;
    }
    if start < s.len() {
        out.push(s[start..].to_string());
    }
    out
}

/// The part of a text between `start` and `end`: its first character's number, and itself. None
/// where it begins after the end.
fn range<'a>(s: &'a str, g: &Given) -> Result<Option<(usize, &'a str)>> {
    let n = s.chars().count();
    let bound = |name: &str, default: usize| -> Result<usize> {
        match g.some(name) {
            Some(v) => Ok(match v.index()? {
                i if i > n as i64 && name == "start" => n + 1,
                i => clamped(i, n),
            }),
            None => Ok(default),
        }
    };
    let (from, to) = (bound("start", 0)?, bound("end", n)?);
    if from > to {
        return Ok(None);
    }
    let byte = |i: usize| s.char_indices().nth(i).map_or(s.len(), |c| c.0);
    Ok(Some((from, &s[byte(from)..byte(to)])))
}

fn search(s: &str, name: &str, g: &Given) -> Result<Value> {
    let sub = match g.value("sub").as_str() {
        Some(t) => t,
        None => {
            return Err(Error::type_error(format!(
                "must be str, not {}",
                g.value("sub").type_name()
            )));
        }
    };
    let part = range(s, g)?;
    if name == "count" {
        let n = part.map_or(0, |(_, p)| match sub.is_empty() {
            true => p.chars().count() + 1,
            false => p.matches(sub.as_str()).count(),
        });
        return Ok(Value::int(n));
    }
    let found = part.and_then(|(from, p)| {
        let at = if name.starts_with('r') { p.rfind(&sub) } else { p.find(&sub) };
        at.map(|i| from + p[..i].chars().count())
    });
    match found {
        Some(i) => Ok(Value::int(i)),
        None if name.ends_with("index") => Err(Error::value("substring not found")),
        None => Ok(Value::int(-1)),
    }
}
