//! `.h5`: a new HDF5 file in the format that every version of HDF5 reads.
//!
//! An array is the dataset `/data`; a dict gives a dataset for each key (a `/` in a key, and a
//! dict in a dict, make groups). Types are those that h5py writes: bool as an enum, complex
//! numbers as a compound of `r` and `i`, times as opaque bytes with NumPy's name, `|S` as fixed
//! and `<U` as variable-length UTF-8 strings; `<U` inside structured types, which h5py refuses,
//! is a fixed string of UTF-8. Datasets are contiguous; their elements are written past the
//! library, by all threads, once it has laid out the file.

use super::pieces::{PIECE, Pace, ordered, place};
use super::target::{Target, shown};
use crate::array::block::Block;
use crate::array::error::Kind;
use crate::array::item::Item;
use crate::array::lazy::Array;
use crate::array::storing::{element, holds_text, to_utf8};
use crate::array::text;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::convert::as_array;
use crate::numpy::value::Value;
use crate::store::{Creator, Element, StoreError};

/// Writes the file.
///
/// # Errors
/// As [`super::write`].
pub fn write(value: &Value, target: &Target, cx: &Context) -> Result<()> {
    let mut entries = Vec::new();
    match value {
        Value::Dict(_) => collect(value, "", target, &mut entries)?,
        other => entries.push(("data".to_string(), other.clone())),
    }
    let failed = |e: StoreError| Error::os(format!("{}: {}", shown(target.path()), e.reason()));
    let mut creator = Creator::new(target.temporary()).map_err(failed)?;
    let mut placed = Vec::new();
    for (name, value) in &entries {
        let array = as_array(value, cx)?;
        let element = match array.dtype() {
            DType::Str(_) => Element::Text,
            DType::Object => of_objects(&array, cx)
                .and_then(|e| e.ok_or_else(|| Error::type_error("")))
                .map_err(|e| match e.kind {
                    Kind::TypeError => refused(target, name),
                    _ => e,
                })?,
            dtype => element(dtype).ok_or_else(|| refused(target, name))?,
        };
        let shape: Vec<u64> = array.shape().iter().map(|n| *n as u64).collect();
        let offset = creator.dataset(name, &shape, &element).map_err(failed)?;
        match element {
            Element::Text | Element::Binary => texts(&mut creator, &array, name, target, cx)?,
            _ => placed.extend(offset.map(|o| (name, array, o))),
        }
    }
    creator.close().map_err(failed)?;
    for (name, array, offset) in placed {
        let what = format!("writing {} ({name})", shown(target.path()));
        let texts_inside = holds_text(array.dtype());
        let change = |block: &mut Block| {
            if texts_inside {
                let dtype = block.dtype().clone();
                let size = dtype.size().max(1);
                block.bytes_mut().chunks_exact_mut(size).for_each(|e| to_utf8(&dtype, e));
            }
            Ok(())
        };
        place(&array, target.file(), offset, cx, &what, change, |e| target.failed(e))?;
    }
    Ok(())
}

fn refused(target: &Target, name: &str) -> Error {
    target.refuse(Kind::TypeError, &format!("'{name}': its dtype has no native HDF5 equivalent"))
}

/// A dict's values and their paths; dicts in it are groups.
fn collect(
    value: &Value,
    before: &str,
    target: &Target,
    out: &mut Vec<(String, Value)>,
) -> Result<()> {
    let Value::Dict(dict) = value else { return Ok(()) };
    let entries: Vec<(Value, Value)> =
        dict.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for (key, value) in entries {
        let name = match key.as_str() {
            Some(name) if !name.trim_matches('/').is_empty() && !name.contains('\0') => name,
            _ => {
                let what = key.as_str().map_or_else(|| key.type_name(), |s| format!("'{s}'"));
                let why = format!("{what} can't be the name of a dataset");
                return Err(target.refuse(Kind::ValueError, &why));
            }
        };
        let path = format!("{before}{name}");
        // deeper than this is a dict that holds itself
        if path.split('/').count() > 500 {
            return Err(target.refuse(Kind::ValueError, "dicts are nested too deep"));
        }
        match &value {
            Value::Dict(_) => collect(&value, &format!("{path}/"), target, out)?,
            _ => out.push((path, value)),
        }
    }
    Ok(())
}

/// Objects that are all text, or all bytes.
fn of_objects(array: &Array, cx: &Context) -> Result<Option<Element>> {
    let mut texts = true;
    let mut bytes = true;
    let pace = Pace { what: "reading".into(), result: 64.0, rows: false, piece: PIECE };
    ordered(
        array,
        &pace,
        cx,
        |_, block| {
            let all = |f: fn(&Item) -> bool| block.items().iter().all(f);
            Ok((all(|i| matches!(i, Item::Str(_))), all(|i| matches!(i, Item::Bytes(_)))))
        },
        |(t, b)| {
            texts &= t;
            bytes &= b;
            Ok(())
        },
    )?;
    Ok(match (texts, bytes) {
        (true, _) => Some(Element::Text),
        (_, true) => Some(Element::Binary),
        _ => None,
    })
}

/// Writes texts through the library, which keeps them in heaps of its own.
fn texts(
    creator: &mut Creator,
    array: &Array,
    name: &str,
    target: &Target,
    cx: &Context,
) -> Result<()> {
    let each = match array.dtype() {
        DType::Str(n) => n + 48,
        _ => 128,
    };
    let what = format!("writing {} ({name})", shown(target.path()));
    let pace = Pace { what, result: each as f64, rows: false, piece: PIECE };
    let shape = array.shape().to_vec();
    ordered(
        array,
        &pace,
        cx,
        |first, block| {
            let texts: Vec<Vec<u8>> = match block.dtype() {
                DType::Object => block
                    .items()
                    .iter()
                    .map(|i| match i {
                        Item::Str(s) => s.clone().into_bytes(),
                        Item::Bytes(b) => b.clone(),
                        _ => Vec::new(),
                    })
                    .collect(),
                _ => {
                    (0..block.len()).map(|i| text::str_of(block.element(i)).into_bytes()).collect()
                }
            };
            if texts.iter().any(|t| t.contains(&0)) {
                let why = format!("'{name}': VLEN strings do not support embedded NULLs");
                return Err(target.refuse(Kind::ValueError, &why));
            }
            let mut start = vec![0; shape.len()];
            let mut rest = first;
            for axis in (0..shape.len()).rev() {
                start[axis] = (rest % shape[axis]) as u64;
                rest /= shape[axis];
            }
            let count: Vec<u64> = block.shape().iter().map(|n| *n as u64).collect();
            Ok((start, count, texts))
        },
        |(start, count, texts)| {
            creator
                .write_texts(&start, &count, texts)
                .map_err(|e| Error::os(format!("{}: {}", shown(target.path()), e.reason())))
        },
    )
}
