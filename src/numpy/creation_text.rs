//! `np.loadtxt`: rows of text as an array.

use std::io::BufRead;

use super::args::Args;
use super::common::{ALL, call_value, integers, iterate};
use super::convert::as_array_of;
use super::creation::SECTION;
use super::creation_convert::Growing;
use super::creation_files::open;
use super::registry::Function;
use super::value::{Value, to_item};
use crate::array::cast::write_item;
use crate::array::dtype::{Field, Kind, quote};
use crate::array::error::Kind as ErrorKind;
use crate::array::reshape::reshape;
use crate::array::view::transpose;
use crate::array::{Array, Context, DType, Error, Item, Result, text};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[SECTION.entry(
        &["loadtxt"],
    "fname, dtype=float, comments='#', delimiter=None, converters=None, skiprows=0, usecols=None, unpack=False, ndmin=0, encoding=None, max_rows=None, *, quotechar=None, like=None",
    ALL,
    "Rows of text, parted into columns, as an array.",
    loadtxt,
)];

/// Gives each line of a file or a list of lines, without its end.
pub(super) fn lines(
    source: &Value,
    cx: &Context,
    mut take: impl FnMut(&str) -> Result<bool>,
) -> Result<()> {
    if let Some(path) = source.as_str() {
        let (file, _) = open(&path).map_err(|e| match e.kind {
            ErrorKind::FileNotFoundError => Error { text: format!("{path} not found."), ..e },
            _ => e,
        })?;
        let mut reader = std::io::BufReader::new(file);
        let mut line = Vec::new();
        loop {
            cx.check()?;
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&line);
            if !take(text.trim_end_matches(['\n', '\r']))? {
                return Ok(());
            }
        }
    }
    let listed = source.sequence().is_some() || matches!(source, Value::Foreign(_));
    if !listed {
        return Err(Error::value(format!(
            "fname must be a string, filehandle, list of strings,\nor generator. Got <class '{}'> \
             instead.",
            source.type_name()
        )));
    }
    iterate(source, cx, |item| match (&item, item.as_str()) {
        (_, Some(s)) => take(s.trim_end_matches(['\n', '\r'])),
        (Value::Bytes(b), _) => {
            let text: String = b.iter().map(|b| *b as char).collect();
            take(text.trim_end_matches(['\n', '\r']))
        }
        (other, _) => Err(Error::type_error(format!(
            "non-string returned while reading data: {}",
            other.type_name()
        ))),
    })
}

/// How lines are parted into words.
pub(super) struct Words {
    pub(super) comments: Vec<String>,
    pub(super) delimiter: Option<char>,
    pub(super) quote: Option<char>,
}

impl Words {
    /// The words of a line; none where there is nothing in it.
    pub(super) fn of(&self, line: &str) -> Option<Vec<String>> {
        let mut words = Vec::new();
        let mut word = String::new();
        let (mut quoted, mut any, mut in_word) = (false, false, false);
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            if !quoted && self.comments.iter().any(|k| rest.starts_with(k.as_str())) {
                break;
            }
            rest = &rest[c.len_utf8()..];
            if Some(c) == self.quote {
                if quoted && rest.starts_with(c) {
                    word.push(c);
                    rest = &rest[c.len_utf8()..];
                } else {
                    quoted = !quoted;
                    in_word = true;
                }
                any = true;
                continue;
            }
            match self.delimiter {
                Some(d) if c == d && !quoted => {
                    words.push(std::mem::take(&mut word));
                    any = true;
                }
                None if c.is_whitespace() && !quoted => {
                    if in_word {
                        words.push(std::mem::take(&mut word));
                    }
                    in_word = false;
                }
                _ => {
                    word.push(c);
                    in_word = true;
                    any = true;
                }
            }
        }
        if !any {
            return None;
        }
        if self.delimiter.is_some() || in_word {
            words.push(word);
        }
        (!words.is_empty()).then_some(words)
    }
}

/// The dtypes of the columns of a row: one for each part of a structure, or one for all.
fn parts(dtype: &DType, offset: usize, out: &mut Vec<(usize, DType)>) {
    match dtype {
        DType::Struct(s) => {
            for Field { dtype, shape, offset: at, .. } in &s.fields {
                for k in 0..shape.iter().product::<usize>() {
                    parts(dtype, offset + at + k * dtype.size(), out);
                }
            }
        }
        d => out.push((offset, d.clone())),
    }
}

/// Writes a word as an element.
fn convert(word: &str, dtype: &DType, out: &mut [u8]) -> Option<()> {
    let trimmed = word.trim();
    let plain = !trimmed.contains(['_', 'x', 'X']);
    match dtype.kind() {
        Kind::Bool => {
            let n = text::parse_int(trimmed, 10)?;
            out[0] = u8::from(n != 0.into());
        }
        Kind::Signed | Kind::Unsigned => {
            let n = text::parse_int(trimmed, 10).filter(|_| plain)?;
            write_item(&Item::Int(n), dtype, out).ok()?;
        }
        Kind::Float => {
            let x = text::parse_float(trimmed).filter(|_| plain)?;
            write_item(&Item::Float(x), dtype, out).ok()?;
        }
        Kind::Complex => {
            let (re, im) = text::parse_complex(trimmed).filter(|_| plain)?;
            write_item(&Item::Complex(re, im), dtype, out).ok()?;
        }
        Kind::Str => text::put_str(word, out.len() / 4, out),
        Kind::Bytes => {
            let bytes: Vec<u8> = word.chars().map(|c| c as u32 as u8).collect();
            text::put_bytes(&bytes, out);
        }
        _ => text::parse(trimmed, dtype, out).ok()?,
    }
    Some(())
}

fn one_char(args: &Args, name: &str) -> Result<Option<char>> {
    let Some(text) = args.text(name)? else { return Ok(None) };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Some(c)),
        (None, _) => Ok(None),
        _ => Err(Error::type_error(format!(
            "Text reading control character must be a single unicode character or None; but got: \
             {}",
            quote(&text)
        ))),
    }
}

/// Functions that read words, by column; or one for all.
pub(super) enum Converters {
    None,
    All(Value),
    Some(Vec<(i64, Value)>),
}

impl Converters {
    pub(super) fn of(value: Option<&Value>) -> Result<Converters> {
        Ok(match value {
            None => Converters::None,
            Some(Value::Dict(d)) => Converters::Some(
                d.lock().iter().map(|(k, v)| Ok((k.index()?, v.clone()))).collect::<Result<_>>()?,
            ),
            Some(f) => Converters::All(f.clone()),
        })
    }

    pub(super) fn get(&self, column: usize, columns: usize) -> Option<&Value> {
        match self {
            Converters::None => None,
            Converters::All(f) => Some(f),
            Converters::Some(list) => list
                .iter()
                .find(|(k, _)| {
                    let at = if *k < 0 { k + columns as i64 } else { *k };
                    at == column as i64
                })
                .map(|e| &e.1),
        }
    }
}

fn loadtxt(args: &Args, cx: &Context) -> Result<Value> {
    let dtype = args.dtype("dtype")?.unwrap_or(DType::Float64);
    let comments = match args.get("comments") {
        None => vec!["#".to_string()],
        Some(Value::None) => Vec::new(),
        Some(v) => match v.as_str() {
            Some(s) => vec![s],
            None => v.sequence().unwrap_or_default().iter().filter_map(Value::as_str).collect(),
        },
    };
    let words = Words {
        comments: comments.into_iter().filter(|c| !c.is_empty()).collect(),
        delimiter: one_char(args, "delimiter")?,
        quote: one_char(args, "quotechar")?,
    };
    let converters = Converters::of(args.some("converters"))?;
    let usecols = match args.some("usecols") {
        None => None,
        Some(v) => Some(
            integers(v, cx)
                .map_err(|_| {
                    Error::type_error(format!(
                        "usecols must be an int or a sequence of ints but it contains at least \
                         one element of type '{}'",
                        v.type_name()
                    ))
                })?
                .0,
        ),
    };
    let skip = args.int("skiprows")?.unwrap_or(0);
    let most = args.int("max_rows")?;
    let ndmin = args.int("ndmin")?.unwrap_or(0);
    if !(0..=2).contains(&ndmin) {
        return Err(Error::value(format!("Illegal value of ndmin keyword: {ndmin}")));
    }
    let open_text = matches!(dtype, DType::Str(0) | DType::Bytes(0));
    let mut columns_of = Vec::new();
    parts(&dtype, 0, &mut columns_of);
    let structured = matches!(dtype, DType::Struct(_));
    // text without a width is kept as it is until the longest is known
    let mut texts: Vec<Value> = Vec::new();
    let mut objects: Vec<Item> = Vec::new();
    let mut out = Growing::new(if dtype.size() == 0 { DType::Bool } else { dtype.clone() });
    let (mut seen, mut rows, mut width) = (0i64, 0usize, None);
    let mut element = vec![0; dtype.size()];
    lines(&args.value("fname"), cx, |line| {
        if most.is_some_and(|m| rows as i64 >= m) {
            return Ok(false);
        }
        seen += 1;
        if seen <= skip {
            return Ok(true);
        }
        let Some(found) = words.of(line) else { return Ok(true) };
        let columns = found.len();
        let chosen: Vec<usize> = match &usecols {
            None => (0..columns).collect(),
            Some(list) => list
                .iter()
                .map(|&k| {
                    let at = if k < 0 { k + columns as i64 } else { k };
                    usize::try_from(at).ok().filter(|a| *a < columns).ok_or_else(|| {
                        Error::value(format!(
                            "invalid column index {k} at row {} with {columns} columns",
                            rows + 1
                        ))
                    })
                })
                .collect::<Result<_>>()?,
        };
        let n = *width.get_or_insert(chosen.len());
        if n != chosen.len() {
            return Err(Error::value(format!(
                "the number of columns changed from {n} to {} at row {}; use `usecols` to select a \
                 subset and avoid this error",
                chosen.len(),
                rows + 1
            )));
        }
        if structured && n != columns_of.len() {
            return Err(Error::value(format!(
                "the dtype passed requires {} columns but {n} were found at row {}; use `usecols` \
                 to select a subset and avoid this error",
                columns_of.len(),
                rows + 1
            )));
        }
        for (k, &c) in chosen.iter().enumerate() {
            let (offset, d) = if structured { &columns_of[k] } else { &columns_of[0] };
            let word = &found[c];
            let failed = |_| {
                Error::value(format!(
                    "could not convert string {} to {} at row {rows}, column {}.",
                    quote(word),
                    d.name(),
                    c + 1
                ))
            };
            let made = match converters.get(c, columns) {
                Some(f) => Some(call_value(f, vec![Value::str(word)], Vec::new(), cx)?),
                None => None,
            };
            if open_text {
                texts.push(made.unwrap_or_else(|| Value::str(word)));
                continue;
            }
            if *d == DType::Object {
                objects.push(match made {
                    Some(v) => to_item(&v)?,
                    None => Item::Str(word.clone()),
                });
                continue;
            }
            let slot = &mut element[*offset..*offset + d.size()];
            match made {
                Some(v) => write_item(&to_item(&v)?, d, slot)?,
                None => convert(word, d, slot).ok_or(()).map_err(failed)?,
            }
            if !structured {
                out.push_bytes(&element, cx)?;
            }
        }
        if structured {
            out.push_bytes(&element, cx)?;
        }
        rows += 1;
        Ok(true)
    })?;
    if rows == 0 {
        cx.note("UserWarning: loadtxt: input contained no data");
    }
    let flat = match &dtype {
        d if open_text => as_array_of(&Value::list(texts), Some(d), cx)?,
        DType::Object => Array::of(crate::array::Block::of_items(vec![objects.len()], objects)),
        _ => out.finish(cx)?,
    };
    let columns = width.unwrap_or(0);
    let mut array = match (structured, rows) {
        (true, _) => flat,
        (false, 0) => reshape(&flat, vec![0]),
        _ => reshape(&flat, vec![rows, columns]),
    };
    let least = ndmin as usize;
    if array.ndim() > least {
        // axes of length one go, as many as may
        let shape: Vec<usize> = array.shape().iter().copied().filter(|n| *n != 1).collect();
        array = reshape(&array, shape);
    }
    if array.ndim() < least {
        array = match (array.ndim(), least) {
            (0, 1) => reshape(&array, vec![1]),
            (0, _) => reshape(&array, vec![1, 1]),
            _ => reshape(&array, vec![array.len(), 1]),
        };
    }
    if !args.flag("unpack")? {
        return Ok(Value::array(array));
    }
    match &dtype {
        DType::Struct(s) => Ok(Value::list(
            s.fields
                .iter()
                .map(|f| Value::array(super::nd::part(&array, f.offset, &f.dtype, &f.shape)))
                .collect(),
        )),
        _ => {
            let order: Vec<usize> = (0..array.ndim()).rev().collect();
            Ok(Value::array(transpose(&array, &order)))
        }
    }
}
