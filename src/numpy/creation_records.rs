//! Record arrays and character arrays: arrays of another class, made of columns, rows, bytes.

use std::sync::Arc;

use super::args::Args;
use super::common::integers;
use super::convert::{as_array, as_array_of, as_dtype};
use super::creation::{SECTION, all_same};
use super::creation_convert::swaps;
use super::creation_files::open;
use super::nd::{Class, Nd};
use super::registry::Function;
use super::value::Value;
use crate::array::block::{Block, count};
use crate::array::cast::cast;
use crate::array::dtype::{Struct, quote};
use crate::array::lazy::{Source, Span};
use crate::array::raw::{raw, swap};
use crate::array::reshape::reshape;
use crate::array::{Array, Context, DType, Error, Item, Result};

/// Kinds that a field may be of.
const STORED: &str = "biufcSUMmV";
/// Kinds that are written as text.
const TEXTUAL: &str = "biufcSUO";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.entry(
        &["rec.array", "core.records.array"],
        "obj, dtype=None, shape=None, offset=0, strides=None, formats=None, names=None, titles=None, aligned=False, byteorder=None, copy=True",
        STORED,
        "A record array out of rows, columns, bytes or an array.",
        rec_array,
    ),
    SECTION.entry(
        &["rec.fromarrays", "core.records.fromarrays"],
        "arrayList, dtype=None, shape=None, formats=None, names=None, titles=None, aligned=False, byteorder=None",
        STORED,
        "A record array out of its columns.",
        fromarrays,
    ),
    SECTION.entry(
        &["rec.fromrecords", "core.records.fromrecords"],
        "recList, dtype=None, shape=None, formats=None, names=None, titles=None, aligned=False, byteorder=None",
        STORED,
        "A record array out of its rows.",
        fromrecords,
    ),
    SECTION.entry(
        &["rec.fromstring", "core.records.fromstring"],
        "datastring, dtype=None, shape=None, offset=0, formats=None, names=None, titles=None, aligned=False, byteorder=None",
        "V",
        "A record array out of bytes.",
        fromstring,
    ),
    SECTION.entry(
        &["rec.fromfile", "core.records.fromfile"],
        "fd, dtype=None, shape=None, offset=0, formats=None, names=None, titles=None, aligned=False, byteorder=None",
        "V",
        "A record array out of a binary file.",
        fromfile,
    ),
    SECTION.entry(
        &["char.array", "core.defchararray.array"],
        "obj, itemsize=None, copy=True, unicode=None, order=None",
        TEXTUAL,
        "A character array.",
        char_array,
    ),
    SECTION.entry(
        &["char.asarray", "core.defchararray.asarray"],
        "obj, itemsize=None, unicode=None, order=None",
        TEXTUAL,
        "A value as a character array.",
        char_array,
    ),
];

/// Numbers of an element in the other byte order: offset and size of each.
type Swaps = Vec<(usize, usize)>;

/// The dtype that `dtype=`, or `formats=` and `names=`, ask for; and the numbers of an element in
/// the other byte order.
fn described(args: &Args) -> Result<Option<(DType, Swaps)>> {
    if let Some(d) = args.some("dtype") {
        return Ok(Some((as_dtype(d)?, swaps(d)?)));
    }
    let Some(formats) = args.some("formats") else { return Ok(None) };
    let texts: Vec<Value> = match formats.sequence() {
        Some(items) => items,
        None => match formats.as_str() {
            Some(s) => {
                let mut depth = 0;
                s.split(|c: char| {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    c == ',' && depth == 0
                })
                .map(|p| Value::str(p.trim()))
                .collect()
            }
            None => vec![formats.clone()],
        },
    };
    let names = field_names(args, texts.len())?;
    let fields = Value::list(
        names.iter().zip(texts).map(|(n, f)| Value::tuple(vec![Value::str(n), f])).collect(),
    );
    Ok(Some((as_dtype(&fields)?, swaps(&fields)?)))
}

/// The names of so many fields: those given, then `f0`, `f1`, …
fn field_names(args: &Args, n: usize) -> Result<Vec<String>> {
    let mut names: Vec<String> = match args.some("names") {
        None => Vec::new(),
        Some(v) => match v.as_str() {
            Some(s) => s.split(',').map(|p| p.trim().to_string()).collect(),
            None => v
                .sequence()
                .unwrap_or_default()
                .iter()
                .map(|i| i.as_str().ok_or_else(|| Error::type_error("names must be strings")))
                .collect::<Result<_>>()?,
        },
    };
    names.truncate(n);
    for i in names.len()..n {
        names.push(format!("f{i}"));
    }
    let mut twice: Vec<String> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) && !twice.contains(name) {
            twice.push(name.clone());
        }
    }
    match twice.is_empty() {
        true => Ok(names),
        false => {
            let list: Vec<String> = twice.iter().map(|n| quote(n)).collect();
            Err(Error::value(format!("Duplicate field names: [{}]", list.join(", "))))
        }
    }
}

/// Columns side by side, as the fields of structures.
struct Columns {
    dtype: Arc<Struct>,
    columns: Vec<Array>,
}

impl Source for Columns {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let shape = crate::array::lazy::extent(region);
        let mut out = Block::zeros(DType::Struct(self.dtype.clone()), shape);
        let size = self.dtype.size.max(1);
        for (field, column) in self.dtype.fields.iter().zip(&self.columns) {
            let mut wanted = region.to_vec();
            wanted.extend(field.shape.iter().map(|&n| Span::run(0, n)));
            let block = column.read(&wanted, cx)?;
            let n = field.size();
            if n == 0 {
                continue;
            }
            for (slot, part) in
                out.bytes_mut().chunks_exact_mut(size).zip(block.bytes().chunks_exact(n))
            {
                slot[field.offset..field.offset + n].copy_from_slice(part);
            }
        }
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        self.columns.clone()
    }

    fn grid(&self) -> Option<Vec<usize>> {
        let (field, column) = (self.dtype.fields.first()?, self.columns.first()?);
        let mut grid = column.grid()?;
        grid.truncate(grid.len() - field.shape.len());
        Some(grid)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// Columns side by side, as the fields of structures; as many as there are fields, of their dtypes.
pub(super) fn columns(dtype: Arc<Struct>, columns: Vec<Array>) -> Array {
    let shape = columns.first().map_or(vec![0], |c| c.shape().to_vec());
    Array::new(DType::Struct(dtype.clone()), shape, Columns { dtype, columns })
}

fn record(array: Array) -> Value {
    Value::Array(Nd::new(array).with_class(Class::RecArray))
}

/// A record array out of columns.
fn from_columns(arrays: Vec<Array>, args: &Args, cx: &Context) -> Result<Value> {
    let Some(first) = arrays.first() else {
        return Err(Error::index("list index out of range"));
    };
    let dtype = match described(args)? {
        Some((d, _)) => d,
        None => {
            let names = field_names(args, arrays.len())?;
            if arrays.iter().any(|a| *a.dtype() == DType::Object) {
                return Err(super::convert::no_objects());
            }
            let fields = names
                .into_iter()
                .zip(&arrays)
                .map(|(n, a)| (n, a.dtype().clone(), Vec::new()))
                .collect();
            DType::Struct(Arc::new(Struct::packed(fields)))
        }
    };
    let DType::Struct(s) = &dtype else {
        return Err(Error::value("mismatch between the number of fields and the number of arrays"));
    };
    if s.fields.len() != arrays.len() {
        return Err(Error::value("mismatch between the number of fields and the number of arrays"));
    }
    let inner = s.fields.first().map_or(0, |f| f.shape.len());
    let mut shape = match args.some("shape") {
        Some(v) => integers(v, cx)?.0.iter().map(|n| (*n).max(0) as usize).collect(),
        None => first.shape().to_vec(),
    };
    if args.some("shape").is_none() {
        shape.truncate(shape.len().saturating_sub(inner));
    }
    let mut columns = Vec::new();
    for (k, (array, field)) in arrays.iter().zip(&s.fields).enumerate() {
        let outer = array.ndim().saturating_sub(field.shape.len());
        if array.shape()[..outer] != shape[..] || array.shape()[outer..] != field.shape[..] {
            return Err(Error::value(format!(
                "array-shape mismatch in array {k} (\"{}\")",
                field.name
            )));
        }
        columns.push(cast(array, &field.dtype)?);
    }
    let source = Columns { dtype: s.clone(), columns };
    Ok(record(Array::new(dtype.clone(), shape, source)))
}

fn fromarrays(args: &Args, cx: &Context) -> Result<Value> {
    columns_of(&args.value("arrayList"), args, cx)
}

fn columns_of(list: &Value, args: &Args, cx: &Context) -> Result<Value> {
    let arrays = super::common::items(list, cx)?
        .iter()
        .map(|v| as_array(v, cx))
        .collect::<Result<Vec<_>>>()?;
    from_columns(arrays, args, cx)
}

fn fromrecords(args: &Args, cx: &Context) -> Result<Value> {
    rows_of(&args.value("recList"), args, cx)
}

fn rows_of(list: &Value, args: &Args, cx: &Context) -> Result<Value> {
    if let Some((dtype, _)) = described(args)? {
        let array = match list {
            Value::Array(_) | Value::Foreign(_) => as_array_of(list, Some(&dtype), cx)?,
            // rows may be lists
            other => {
                let rows = other.sequence().unwrap_or_default();
                let tuples = rows
                    .iter()
                    .map(|r| match r {
                        Value::List(l) => Value::tuple(l.lock().clone()),
                        v => v.clone(),
                    })
                    .collect();
                let list = match other {
                    Value::Tuple(t) if !t.iter().all(|v| v.sequence().is_some()) => other.clone(),
                    _ => Value::list(tuples),
                };
                as_array_of(&list, Some(&dtype), cx)?
            }
        };
        let array = match args.some("shape") {
            Some(v) => {
                let wanted = integers(v, cx)?.0;
                reshape(&array, super::manipulation::fitted(&wanted, array.len())?)
            }
            None => array,
        };
        return Ok(record(array));
    }
    let rows = match list {
        Value::Array(_) | Value::Foreign(_) => super::common::items(list, cx)?,
        other => other.sequence().ok_or_else(|| Error::index("tuple index out of range"))?,
    };
    let Some(first) = rows.first() else { return Err(Error::index("list index out of range")) };
    let width = first.sequence().map_or(0, |r| r.len());
    let mut columns: Vec<Vec<Value>> = vec![Vec::new(); width];
    for row in &rows {
        let parts = row.sequence().unwrap_or_default();
        for (column, part) in columns.iter_mut().zip(parts.iter()) {
            column.push(part.clone());
        }
        if parts.len() != width {
            return Err(Error::value("array-shape mismatch in array 1 (\"f1\")"));
        }
    }
    let arrays =
        columns.into_iter().map(|c| as_array(&Value::list(c), cx)).collect::<Result<Vec<_>>>()?;
    from_columns(arrays, args, cx)
}

/// The wanted shape, one length of which may be unknown, for so many elements at most.
fn wanted_shape(args: &Args, most: usize, cx: &Context) -> Result<Vec<usize>> {
    let wanted = match args.some("shape") {
        None => vec![-1],
        Some(v) => integers(v, cx)?.0,
    };
    let known: i64 = wanted.iter().filter(|n| **n >= 0).product();
    let unknown = most / usize::try_from(known).unwrap_or(1).max(1);
    Ok(wanted.iter().map(|&n| if n < 0 { unknown } else { n as usize }).collect())
}

fn needs(name: &str) -> Error {
    Error::type_error(format!("{name}() needs a 'dtype' or 'formats' argument"))
}

fn fromstring(args: &Args, cx: &Context) -> Result<Value> {
    string_of(&args.value("datastring"), args, cx)
}

fn string_of(data: &Value, args: &Args, cx: &Context) -> Result<Value> {
    let (dtype, swaps) = described(args)?.ok_or_else(|| needs("fromstring"))?;
    let Value::Bytes(bytes) = data else {
        return Err(Error::type_error(format!(
            "a bytes-like object is required, not '{}'",
            data.type_name()
        )));
    };
    let offset = args.int("offset")?.unwrap_or(0).max(0) as usize;
    let size = dtype.size().max(1);
    let rest = bytes.get(offset..).unwrap_or_default();
    let shape = wanted_shape(args, rest.len() / size, cx)?;
    let n = count(&shape);
    let Some(part) = n.checked_mul(size).and_then(|m| rest.get(..m)) else {
        return Err(Error::type_error("buffer is too small for requested array"));
    };
    let mut block = Block::zeros(dtype, shape);
    block.bytes_mut().copy_from_slice(part);
    swap(block.bytes_mut(), size, &swaps);
    Ok(record(Array::of(block)))
}

fn fromfile(args: &Args, cx: &Context) -> Result<Value> {
    let (dtype, swaps) = described(args)?.ok_or_else(|| needs("fromfile"))?;
    let path = args.text("fd")?.unwrap_or_default();
    let (file, len) = open(&path)?;
    let offset = args.int("offset")?.unwrap_or(0).max(0) as u64;
    let size = dtype.size().max(1) as u64;
    let most = (len.saturating_sub(offset) / size) as usize;
    let shape = wanted_shape(args, most, cx)?;
    let n = count(&shape);
    if n > most {
        return Err(Error::value("Not enough bytes left in file for specified shape and type."));
    }
    Ok(record(reshape(&raw(file, offset, dtype, n, swaps), shape)))
}

fn rec_array(args: &Args, cx: &Context) -> Result<Value> {
    let obj = args.value("obj");
    let plain = described(args)?.is_none();
    match &obj {
        Value::None | Value::Str(_) if plain && obj.is_none() => Err(Error::value(
            "Must define formats (or dtype) if object is None, string, or an open file",
        )),
        Value::Bytes(_) => string_of(&obj, args, cx),
        Value::Tuple(_) | Value::List(_) => {
            let items = obj.sequence().unwrap_or_default();
            match items.first() {
                None => Err(Error::index("list index out of range")),
                Some(first) if first.sequence().is_some() => rows_of(&obj, args, cx),
                Some(_) => columns_of(&obj, args, cx),
            }
        }
        Value::None => {
            let (dtype, _) = described(args)?.ok_or_else(|| needs("array"))?;
            let shape = wanted_shape(args, 0, cx)?;
            Ok(record(super::creation::all_zero(&dtype, shape)))
        }
        Value::Array(_) | Value::Foreign(_) => {
            let array = as_array(&obj, cx)?;
            let wanted = described(args)?.map(|d| d.0);
            match wanted {
                Some(d) if d != *array.dtype() => {
                    if d.size() != array.dtype().size() {
                        return Err(Error::value(
                            "When changing to a larger dtype, its size must be a divisor of the \
                             total size in bytes of the last axis of the array.",
                        ));
                    }
                    Ok(record(super::nd::part(&array, 0, &d, &[])))
                }
                _ => Ok(record(array)),
            }
        }
        _ => Err(Error::value("Unknown input type")),
    }
}

fn char_array(args: &Args, cx: &Context) -> Result<Value> {
    let obj = args.value("obj");
    let itemsize = args.int("itemsize")?.map(|n| n.max(0) as usize);
    let unicode = args.some("unicode").map(Value::truth).transpose()?;
    let class = |a: Array| Value::Array(Nd::new(a).with_class(Class::CharArray));
    let text = |unicode: bool, n: usize| if unicode { DType::Str(n) } else { DType::Bytes(n) };
    match &obj {
        Value::Str(_) | Value::Bytes(_) => {
            let (len, is_text) = match &obj {
                Value::Str(s) => (s.chars().count(), true),
                Value::Bytes(b) => (b.len(), false),
                _ => (0, true),
            };
            let n = itemsize.unwrap_or(len).max(1);
            // NumPy fills all of it with the beginning
            let shape = if itemsize.is_none() { vec![] } else { vec![len / n] };
            let item = match &obj {
                Value::Str(s) => Item::Str(s.to_string()),
                Value::Bytes(b) => Item::Bytes(b.to_vec()),
                _ => Item::None,
            };
            Ok(class(all_same(&item, &text(unicode.unwrap_or(is_text), n), shape)?))
        }
        _ => {
            let array = as_array(&obj, cx)?;
            let array = match array.dtype() {
                DType::Str(n) => {
                    let wanted = text(unicode.unwrap_or(true), itemsize.unwrap_or(*n));
                    cast(&array, &wanted)?
                }
                DType::Bytes(n) => {
                    let wanted = text(unicode.unwrap_or(false), itemsize.unwrap_or(*n));
                    cast(&array, &wanted)?
                }
                _ => {
                    // as wide as the longest text
                    let unicode = unicode.unwrap_or(false);
                    let n = match itemsize {
                        Some(n) => n,
                        None => widest(&array, cx)?,
                    };
                    let wide = cast(&array, &text(unicode, n.max(1)))?;
                    return Ok(class(wide));
                }
            };
            Ok(class(array))
        }
    }
}

/// The longest text of an array's elements.
fn widest(array: &Array, cx: &Context) -> Result<usize> {
    use crate::array::run::{Order, parallel, units};
    array.prepare(cx)?;
    if array.is_empty() {
        return Ok(1);
    }
    let units = units(array, cx);
    let mut most = 1;
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| {
            let block = array.read(&units.region(i), cx)?;
            let width = |i: usize| match block.dtype() {
                DType::Object => crate::array::text::item_text(&block.items()[i]).chars().count(),
                d => crate::array::text::cast_text(d, block.element(i)).chars().count(),
            };
            Ok((0..block.len()).map(width).max().unwrap_or(1))
        },
        |_, n| {
            most = most.max(n);
            Ok(())
        },
    )?;
    Ok(most)
}
