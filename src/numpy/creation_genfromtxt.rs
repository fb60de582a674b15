//! `np.genfromtxt`: rows of text in which values may be missing or of several kinds.

use super::args::Args;
use super::common::{ALL, call_value, entry, integers};
use super::convert::as_array;
use super::creation_text::{Converters, Words, lines};
use super::registry::Function;
use super::value::{Value, to_item};
use crate::array::block::Block;
use crate::array::cast::write_item;
use crate::array::dtype::{Kind, Struct, quote};
use crate::array::reshape::reshape;
use crate::array::view::transpose;
use crate::array::{Array, Context, DType, Error, Item, Result, text};
use std::sync::Arc;

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[entry(
    "Input and output",
    &["genfromtxt"],
    "fname, dtype=float, comments='#', delimiter=None, skip_header=0, skip_footer=0, converters=None, missing_values=None, filling_values=None, usecols=None, names=None, autostrip=False, unpack=None, usemask=False, loose=True, invalid_raise=True, max_rows=None, encoding=None, *, ndmin=0, like=None",
    ALL,
    "Rows of text as an array; values that are missing are filled.",
    genfromtxt,
)];

/// What a column may hold, from the narrowest on.
const LADDER: [DType; 5] =
    [DType::Bool, DType::Int64, DType::Float64, DType::Complex128, DType::Str(0)];

/// A word as a value of a dtype; none where it is no such value.
fn value_of(word: &str, dtype: &DType) -> Option<Item> {
    let word = word.trim();
    match dtype.kind() {
        Kind::Bool => match word.to_ascii_uppercase().as_str() {
            "TRUE" => Some(Item::Bool(true)),
            "FALSE" => Some(Item::Bool(false)),
            _ => None,
        },
        Kind::Signed | Kind::Unsigned => text::parse_int(word, 10).map(Item::Int),
        Kind::Float => text::parse_float(word).map(Item::Float),
        Kind::Complex => text::parse_complex(word).map(|(re, im)| Item::Complex(re, im)),
        _ => Some(Item::Str(word.to_string())),
    }
}

/// What stands for a missing value.
fn missing(dtype: &DType) -> Item {
    match dtype.kind() {
        Kind::Bool => Item::Bool(false),
        Kind::Signed | Kind::Unsigned => Item::Int((-1).into()),
        Kind::Float => Item::Float(f64::NAN),
        Kind::Complex => Item::Complex(f64::NAN, 0.0),
        _ => Item::Str("N/A".into()),
    }
}

/// The names of columns as NumPy makes them valid.
fn valid_names(given: Vec<String>, n: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (i, name) in given.into_iter().take(n).enumerate() {
        let clean: String = name
            .trim()
            .chars()
            .map(|c| if c == ' ' { '_' } else { c })
            .filter(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let clean = if clean.is_empty() { format!("f{i}") } else { clean };
        let twice = out.iter().filter(|o| **o == clean).count();
        out.push(if twice > 0 { format!("{clean}_{twice}") } else { clean });
    }
    for i in out.len()..n {
        out.push(format!("f{i}"));
    }
    out
}

fn listed_names(value: &Value) -> Vec<String> {
    match value.as_str() {
        Some(s) => s.split(',').map(|p| p.trim().to_string()).collect(),
        None => value.sequence().unwrap_or_default().iter().filter_map(Value::as_str).collect(),
    }
}

/// A table of words, and the names of its columns where they are known.
struct Table {
    rows: Vec<Vec<String>>,
    names: Option<Vec<String>>,
}

fn table(args: &Args, cx: &Context) -> Result<Table> {
    let comments = match args.get("comments") {
        None => vec!["#".to_string()],
        Some(v) => v.as_str().into_iter().filter(|s| !s.is_empty()).collect(),
    };
    let delimiter = match args.some("delimiter") {
        None => None,
        Some(v) => match v.as_str() {
            Some(s) if s.trim().is_empty() => s.chars().next().filter(|c| !c.is_whitespace()),
            Some(s) => s.chars().next(),
            None => {
                return Err(Error::not_implemented(
                    "genfromtxt takes columns that a delimiter parts, not those of a fixed width",
                ));
            }
        },
    };
    let bare = Words { comments: Vec::new(), delimiter, quote: None };
    let words = Words { comments: comments.clone(), delimiter, quote: None };
    let skip = args.int("skip_header")?.unwrap_or(0);
    let footer = args.int("skip_footer")?.unwrap_or(0).max(0) as usize;
    let most = args.int("max_rows")?;
    let header = matches!(args.some("names"), Some(Value::Bool(true)));
    let mut names = match args.some("names") {
        Some(Value::Bool(_)) | None => None,
        Some(v) => Some(listed_names(v)),
    };
    let (mut rows, mut numbers): (Vec<Vec<String>>, Vec<usize>) = (Vec::new(), Vec::new());
    let (mut seen, mut held) = (0i64, 0usize);
    lines(&args.value("fname"), cx, |line| {
        if most.is_some_and(|m| rows.len() as i64 >= m) {
            return Ok(false);
        }
        seen += 1;
        if seen <= skip {
            return Ok(true);
        }
        if header && names.is_none() {
            // the names may stand behind a comment's sign
            let line = comments.iter().fold(line.trim(), |l, c| l.trim_start_matches(c.as_str()));
            names = bare.of(line.trim());
            return Ok(true);
        }
        let Some(found) = words.of(line) else { return Ok(true) };
        held += 48 * found.len() + line.len();
        if held > cx.settings().memory {
            return Err(Error::memory(
                "genfromtxt holds all words in memory; loadtxt reads larger files",
            ));
        }
        rows.push(found);
        numbers.push(seen as usize);
        Ok(true)
    })?;
    rows.truncate(rows.len().saturating_sub(footer));
    let width = names.as_ref().filter(|_| header).map(Vec::len).or(rows.first().map(Vec::len));
    let width = match args.some("usecols") {
        // rows only need the columns that are asked for
        Some(_) => None,
        None => width,
    };
    if let Some(n) = width {
        let wrong: Vec<String> = rows
            .iter()
            .zip(&numbers)
            .filter(|(r, _)| r.len() != n)
            .map(|(r, i)| format!("    Line #{i} (got {} columns instead of {n})", r.len()))
            .collect();
        if !wrong.is_empty() {
            let words = format!("Some errors were detected !\n{}", wrong.join("\n"));
            if args.get("invalid_raise").is_none() || args.flag("invalid_raise")? {
                return Err(Error::value(words));
            }
            cx.note(&format!("ConversionWarning: {words}"));
            rows.retain(|r| r.len() == n);
        }
    }
    Ok(Table { rows, names })
}

/// Keeps the columns that are asked for.
fn choose(table: &mut Table, args: &Args, cx: &Context) -> Result<Vec<usize>> {
    let width = table.rows.first().map_or(0, Vec::len);
    let Some(wanted) = args.some("usecols") else { return Ok((0..width).collect()) };
    let by_name = |name: &str| {
        table
            .names
            .as_ref()
            .and_then(|n| n.iter().position(|x| x == name))
            .ok_or_else(|| Error::value(format!("{} is not in list", quote(name))))
    };
    let texts = listed_names(wanted);
    let columns = match texts.is_empty() {
        false => texts.iter().map(|n| by_name(n)).collect::<Result<Vec<_>>>()?,
        true => integers(wanted, cx)?
            .0
            .iter()
            .map(|&k| {
                let at = if k < 0 { k + width as i64 } else { k };
                usize::try_from(at)
                    .ok()
                    .filter(|a| *a < width)
                    .ok_or_else(|| Error::index("list index out of range"))
            })
            .collect::<Result<_>>()?,
    };
    for row in &mut table.rows {
        *row = columns.iter().map(|&c| row.get(c).cloned().unwrap_or_default()).collect();
    }
    if let Some(names) = &mut table.names
        && names.len() > columns.len()
    {
        *names = columns.iter().filter_map(|&c| names.get(c).cloned()).collect();
    }
    Ok(columns)
}

fn genfromtxt(args: &Args, cx: &Context) -> Result<Value> {
    if args.flag("usemask")? {
        return Err(Error::not_implemented("masked arrays"));
    }
    let mut table = table(args, cx)?;
    if table.rows.is_empty() {
        cx.note("UserWarning: genfromtxt: Empty input file");
    }
    let columns = choose(&mut table, args, cx)?;
    let n = columns.len();
    let converters = Converters::of(args.some("converters"))?;
    let absent: Vec<String> = match args.some("missing_values") {
        None => Vec::new(),
        Some(v) => listed_names(v),
    };
    let is_absent = |word: &str| word.trim().is_empty() || absent.iter().any(|a| a == word.trim());
    let filling = |k: usize| -> Result<Option<Item>> {
        Ok(match args.some("filling_values") {
            None => None,
            Some(Value::Dict(d)) => {
                let d = d.lock();
                let by_name = table.names.as_ref().and_then(|names| names.get(k));
                let named = match by_name {
                    Some(name) => d.get(&Value::str(name))?.cloned(),
                    None => None,
                };
                match named.or(d.get(&Value::int(columns[k]))?.cloned()) {
                    Some(v) => Some(to_item(&v)?),
                    None => None,
                }
            }
            Some(v) => match v.sequence() {
                Some(list) => list.get(k).map(to_item).transpose()?,
                None => Some(to_item(v)?),
            },
        })
    };
    let automatic = matches!(args.get("dtype"), Some(Value::None));
    let dtype = args.dtype("dtype")?.unwrap_or(DType::Float64);
    let fields = match &dtype {
        DType::Struct(s) if !automatic => Some(s.clone()),
        _ => None,
    };
    if let Some(s) = &fields
        && s.fields.len() != n
        && n > 0
    {
        return Err(Error::value(format!(
            "the dtype has {} fields, the rows have {n} columns",
            s.fields.len()
        )));
    }
    let mut made: Vec<Array> = Vec::new();
    for (k, &column) in columns.iter().enumerate() {
        let words: Vec<&str> =
            table.rows.iter().map(|r| r.get(k).map_or("", String::as_str)).collect();
        let fill = filling(k)?;
        if let Some(f) = converters.get(column, usize::MAX >> 1) {
            let values = words
                .iter()
                .map(|w| call_value(f, vec![Value::str(w)], Vec::new(), cx))
                .collect::<Result<Vec<_>>>()?;
            made.push(as_array(&Value::list(values), cx)?);
            continue;
        }
        let mut own = match (&fields, automatic) {
            (Some(s), _) => s.fields[k].dtype.clone(),
            (None, false) => dtype.clone(),
            _ => LADDER
                .iter()
                .find(|d| words.iter().all(|w| is_absent(w) || value_of(w, d).is_some()))
                .cloned()
                .unwrap_or(DType::Str(0)),
        };
        let items: Vec<Item> = words
            .iter()
            .map(|w| match value_of(w, &own) {
                Some(v) if !is_absent(w) || matches!(own.kind(), Kind::Str | Kind::Bytes) => v,
                _ => fill.clone().unwrap_or_else(|| missing(&own)),
            })
            .collect();
        if own.size() == 0 {
            let widest = words.iter().map(|w| w.trim().chars().count()).max().unwrap_or(1).max(1);
            own = if own == DType::Bytes(0) { DType::Bytes(widest) } else { DType::Str(widest) };
        }
        if own == DType::Object {
            made.push(Array::of(Block::of_items(vec![items.len()], items)));
            continue;
        }
        let mut block = Block::zeros(own.clone(), vec![items.len()]);
        for (item, slot) in items.iter().zip(block.bytes_mut().chunks_exact_mut(own.size())) {
            write_item(item, &own, slot)?;
        }
        made.push(Array::of(block));
    }
    let names = match (&table.names, &fields) {
        (Some(names), _) => Some(valid_names(names.clone(), n)),
        (None, Some(s)) => Some(s.fields.iter().map(|f| f.name.clone()).collect()),
        _ => None,
    };
    let alike = made.windows(2).all(|w| w[0].dtype() == w[1].dtype());
    let array = match names {
        None if alike || n == 0 => {
            let rows = table.rows.len();
            let columns: Vec<Array> = made.iter().map(|a| reshape(a, vec![rows, 1])).collect();
            match columns.first() {
                None => Array::of(Block::zeros(dtype.clone(), vec![0])),
                Some(first) => crate::array::compose::concat(&columns, 1, first.dtype())?,
            }
        }
        names => {
            let names = names.unwrap_or_else(|| valid_names(Vec::new(), n));
            let parts = names
                .into_iter()
                .zip(&made)
                .map(|(name, a)| (name, a.dtype().clone(), Vec::new()))
                .collect();
            super::creation_records::columns(Arc::new(Struct::packed(parts)), made)
        }
    };
    let least = args.int("ndmin")?.unwrap_or(0).clamp(0, 2) as usize;
    let mut array = array;
    if array.ndim() > least {
        let shape: Vec<usize> = array.shape().iter().copied().filter(|n| *n != 1).collect();
        array = reshape(&array, shape);
    }
    while array.ndim() < least {
        let mut shape = array.shape().to_vec();
        shape.push(1);
        array = reshape(&array, shape);
    }
    if !args.flag("unpack")? {
        return Ok(Value::array(array));
    }
    match array.dtype().clone() {
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
