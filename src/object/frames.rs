//! Tables that other libraries keep in groups: AnnData's data frames, categorical and nullable
//! columns, pandas' frames and series, in both of its formats (`table` and `fixed`).
//!
//! Each becomes one array of a structured dtype, a field a column, whose elements are read when
//! they are looked at. Layouts: AnnData's on-disk format 0.2, pandas' `io.pytables`.

use std::sync::Arc;

use super::handle::Place;
use super::pickle::Py;
use super::python::unpickle_py;
use super::{Context, DType, Error, H5Array, Result, Value};
use crate::array::cast::cast;
use crate::array::dtype::Struct;
use crate::array::elementwise::{Kernel, Operand, elementwise};
use crate::array::lazy::Span;
use crate::array::run::to_block;
use crate::array::view::{Part, slice};
use crate::array::{Array, text};
use crate::numpy::convert::as_array;
use crate::numpy::nd::part;
use crate::numpy::registry::call_named;
use crate::store::{Limits, ObjectKind};

/// What a group is to the library that wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AnnFrame,
    Categorical,
    Nullable,
    PandasTable,
    PandasFixed,
    PandasSeries,
}

/// A text attribute; none where there is none.
fn attribute(place: &Place, name: &str) -> Option<String> {
    let text = place.text_attribute(name.as_bytes())?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn kind(place: &Place) -> Option<Kind> {
    if place.kind().ok()? != ObjectKind::Group {
        return None;
    }
    if let Some(encoding) = attribute(place, "encoding-type") {
        return match encoding.as_str() {
            "dataframe" => Some(Kind::AnnFrame),
            "categorical" => Some(Kind::Categorical),
            e if e.starts_with("nullable-") => Some(Kind::Nullable),
            _ => None,
        };
    }
    match attribute(place, "pandas_type")?.as_str() {
        "frame_table" | "series_table" => Some(Kind::PandasTable),
        "frame" => Some(Kind::PandasFixed),
        "series" => Some(Kind::PandasSeries),
        _ => None,
    }
}

/// Whether a group is a table or a column that [`read`] knows.
pub fn is_table(place: &Place) -> bool {
    kind(place).is_some()
}

/// The table of a group: an array of a structured dtype, or a column's values.
///
/// # Errors
/// TypeError where the group is none; KeyError and others where a part of it is missing.
pub fn read(place: &Place, cx: &Context) -> Result<Array> {
    match kind(place) {
        Some(Kind::AnnFrame) => ann_frame(place, cx),
        Some(Kind::Categorical | Kind::Nullable) => column(place, cx),
        Some(Kind::PandasTable) => pandas_table(place, cx),
        Some(Kind::PandasFixed) => pandas_fixed(place, cx),
        Some(Kind::PandasSeries) => {
            let values = values_of(&place.join("values"), cx)?;
            let mut columns = axis(place, "index", cx)?;
            columns.push(("values".into(), values));
            records(columns, cx)
        }
        None => Err(Error::type_error(format!("{} is not a table", place.path))),
    }
}

fn array_at(place: &Place, cx: &Context) -> Result<Array> {
    H5Array::open(place.clone())?.array(cx)
}

/// A column of AnnData's: a dataset, or a group that stands for one.
fn column(place: &Place, cx: &Context) -> Result<Array> {
    match kind(place) {
        Some(Kind::Categorical) => {
            let codes = array_at(&place.join("codes"), cx)?;
            labels(&array_at(&place.join("categories"), cx)?, &codes, cx)
        }
        Some(Kind::Nullable) => {
            let values = array_at(&place.join("values"), cx)?;
            let mask = Value::array(array_at(&place.join("mask"), cx)?);
            let missing = match values.dtype() {
                DType::Str(_) => Value::str(""),
                _ => Value::Float(f64::NAN),
            };
            as_array(&call_named("where", vec![mask, missing, Value::array(values)], cx)?, cx)
        }
        _ => array_at(place, cx),
    }
}

/// The categories that codes name; those below 0 are missing.
fn labels(categories: &Array, codes: &Array, cx: &Context) -> Result<Array> {
    if categories.is_empty() {
        let missing = as_array(&Value::str("nan"), cx)?;
        return crate::array::view::broadcast_to(&missing, codes.shape());
    }
    let codes = Value::array(codes.clone());
    let categories = Value::array(categories.clone());
    let missing = match as_array(&categories, cx)?.dtype() {
        DType::Str(_) => Value::str("nan"),
        DType::Bytes(_) => Value::Bytes(b"nan".as_slice().into()),
        _ => Value::Float(f64::NAN),
    };
    let zero = Value::int(0);
    let is_missing = call_named("less", vec![codes.clone(), zero.clone()], cx)?;
    if !call_named("any", vec![is_missing.clone()], cx)?.truth()? {
        return as_array(&call_named("take", vec![categories, codes], cx)?, cx);
    }
    let known = call_named("maximum", vec![codes.clone(), zero.clone()], cx)?;
    let named = call_named("take", vec![categories, known], cx)?;
    as_array(&call_named("where", vec![is_missing, missing, named], cx)?, cx)
}

fn ann_frame(place: &Place, cx: &Context) -> Result<Array> {
    let attributes = place.attributes();
    let index = attributes.get("_index")?.and_then(|v| v.as_str()).unwrap_or("_index".into());
    let mut names = vec![index];
    if let Some(order) = attributes.get("column-order")? {
        let order = to_block(&as_array(&order, cx)?, cx)?;
        names
            .extend((0..order.len()).filter_map(|i| crate::numpy::nd::element(&order, i).as_str()));
    }
    let columns: Result<Vec<_>> =
        names.into_iter().map(|n| Ok((n.clone(), column(&place.join(&n), cx)?))).collect();
    records(columns?, cx)
}

/// The names in a pickled list of them.
fn pickled_names(place: &Place, name: &str) -> Vec<String> {
    let Some(py) = attribute(place, name).and_then(|t| unpickle_py(t.as_bytes())) else {
        return Vec::new();
    };
    let one = |v: &Py| match v {
        Py::Str(s) => s.to_string(),
        other => super::pickle::show::repr(other, 200),
    };
    match &py {
        Py::List(items) => items.iter().map(one).collect(),
        Py::Tuple(items) => items.iter().map(one).collect(),
        _ => Vec::new(),
    }
}

/// Values as the dtype that an attribute of pandas' names.
fn typed(values: Array, dtype: Option<String>) -> Result<Array> {
    let wanted = match dtype.as_deref() {
        Some("bool") => DType::Bool,
        Some(d) if d.starts_with("datetime64") || d.starts_with("timedelta64") => {
            let unit = d.split_once('[').map_or("ns]", |(_, unit)| unit);
            let short = if d.starts_with("date") { "M8" } else { "m8" };
            // times with a zone stand in UTC
            let unit = unit.split([',', ']']).next().unwrap_or("ns");
            DType::parse(&format!("{short}[{unit}]"))?
        }
        _ => return Ok(values),
    };
    if values.dtype() == &wanted { Ok(values) } else { cast(&values, &wanted) }
}

fn pandas_table(place: &Place, cx: &Context) -> Result<Array> {
    let at = place.join("table");
    let table = array_at(&at, cx)?;
    let Some(fields) = table.dtype().fields().cloned() else {
        return Err(Error::type_error(format!("{} has no columns", at.path)));
    };
    let mut columns = Vec::new();
    for field in &fields.fields {
        let whole = part(&table, field.offset, &field.dtype, &field.shape);
        let name = |what: &str| format!("{}_{what}", field.name);
        let dtype = attribute(&at, &name(if field.name == "index" { "kind" } else { "dtype" }));
        let mut whole = typed(whole, dtype)?;
        if attribute(&at, &name("meta")).as_deref() == Some("category") {
            let meta = place.join(&format!("meta/{}/meta/table", field.name));
            let values = array_at(&meta, cx)?;
            if let Some(f) = values.dtype().fields().and_then(|s| s.field("values").cloned()) {
                whole = labels(&part(&values, f.offset, &f.dtype, &f.shape), &whole, cx)?;
            }
        }
        if field.shape.is_empty() {
            columns.push((field.name.clone(), whole));
            continue;
        }
        let names = pickled_names(&at, &name("kind"));
        for j in 0..field.shape.iter().product() {
            let name = names.get(j).cloned().unwrap_or_else(|| format!("{}_{j}", field.name));
            let parts = [Part::Along(Span::run(0, whole.shape()[0])), Part::At(j)];
            columns.push((name, slice(&whole, &parts)));
        }
    }
    // pandas' order of the columns, where it is kept
    let order = ordered_names(place);
    columns.sort_by_key(|(name, _)| {
        order
            .iter()
            .position(|n| n == name)
            .map_or(usize::from(name != "index") * order.len(), |i| i + 1)
    });
    records(columns, cx)
}

/// The columns' names in the order that pandas gives back: `[(1, ['a', 'b'])]`, pickled.
fn ordered_names(place: &Place) -> Vec<String> {
    let py = attribute(place, "non_index_axes").and_then(|t| unpickle_py(t.as_bytes()));
    let Some(Py::List(axes)) = py else { return Vec::new() };
    let Some(Py::Tuple(first)) = axes.first() else { return Vec::new() };
    match first.get(1) {
        Some(Py::List(names)) => {
            names.iter().filter_map(|n| n.as_str().map(str::to_string)).collect()
        }
        _ => Vec::new(),
    }
}

/// A dataset of pandas' fixed format: values, which may be pickled objects or none at all.
fn values_of(place: &Place, cx: &Context) -> Result<Array> {
    let value_type = attribute(place, "value_type");
    if attribute(place, "shape").is_some() {
        let none = crate::array::Block::zeros(DType::Float64, vec![0]);
        return Ok(Array::of(none));
    }
    if attribute(place, "PSEUDOATOM").as_deref() == Some("object") {
        let limits = Limits { bytes: usize::MAX / 4, items: usize::MAX / 4 };
        let stored = place.file.file.read_region(&place.path, &[0], &[1], limits)?.pop();
        let bytes: Vec<u8> = match stored {
            Some(crate::store::Value::List { items, .. }) => items
                .iter()
                .filter_map(|v| match v {
                    crate::store::Value::Int(n) => u8::try_from(*n).ok(),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let py = unpickle_py(&bytes)
            .ok_or_else(|| Error::value(format!("{}: a pickle that can't be read", place.path)))?;
        return as_array(&super::python::to_value(&py), cx);
    }
    let values = array_at(place, cx)?;
    let kind = attribute(place, "kind").filter(|k| k.contains("time"));
    typed(values, value_type.or(kind))
}

/// The columns of an index: one, or one a level.
fn axis(place: &Place, name: &str, cx: &Context) -> Result<Vec<(String, Array)>> {
    if attribute(place, &format!("{name}_variety")).as_deref() != Some("multi") {
        return Ok(vec![("index".into(), values_of(&place.join(name), cx)?)]);
    }
    let mut columns = Vec::new();
    for i in 0.. {
        let level = place.join(&format!("{name}_level{i}"));
        if !level.exists() {
            break;
        }
        let label = attribute(&level, "name").filter(|n| n != "N.");
        let codes = array_at(&place.join(&format!("{name}_label{i}")), cx)?;
        let values = labels(&values_of(&level, cx)?, &codes, cx)?;
        columns.push((label.unwrap_or_else(|| format!("level_{i}")), values));
    }
    Ok(columns)
}

fn pandas_fixed(place: &Place, cx: &Context) -> Result<Array> {
    let mut columns = axis(place, "axis1", cx)?;
    let names_at = |name: &str| -> Result<Vec<String>> {
        let block = to_block(&values_of(&place.join(name), cx)?, cx)?;
        let dtype = block.dtype().clone();
        Ok((0..block.len())
            .map(|i| match &dtype {
                DType::Bytes(_) => {
                    String::from_utf8_lossy(text::bytes_of(block.element(i))).into_owned()
                }
                DType::Object => text::item_text(&block.items()[i]),
                dtype => text::scalar(dtype, block.element(i)),
            })
            .collect())
    };
    let mut found = Vec::new();
    for k in 0.. {
        let values = place.join(&format!("block{k}_values"));
        if !values.exists() {
            break;
        }
        let values = values_of(&values, cx)?;
        for (j, name) in names_at(&format!("block{k}_items"))?.into_iter().enumerate() {
            let column = match values.ndim() {
                2 => {
                    let rows = Part::Along(Span::run(0, values.shape()[0]));
                    slice(&values, &[rows, Part::At(j)])
                }
                _ => values.clone(),
            };
            found.push((name, column));
        }
    }
    let order = names_at("axis0")?;
    found.sort_by_key(|(name, _)| order.iter().position(|n| n == name));
    columns.extend(found);
    records(columns, cx)
}

/// Bytes as the UTF-8 text that both libraries write.
fn decoded(column: &Array) -> Result<Array> {
    let n = column.dtype().size();
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        for (i, slot) in out.chunks_exact_mut((4 * n).max(1)).enumerate() {
            let bytes = text::bytes_of(ins[0].element(i, n));
            text::put_str(&String::from_utf8_lossy(bytes), n, slot);
        }
        Ok(())
    });
    elementwise(DType::Str(n), vec![column.clone()], kernel)
}

/// Columns of one length as one array of structures.
fn records(columns: Vec<(String, Array)>, cx: &Context) -> Result<Array> {
    let mut fields: Vec<(String, DType, Vec<usize>)> = Vec::new();
    let mut inputs = Vec::new();
    let rows = columns.first().map_or(0, |(_, a)| a.shape().first().copied().unwrap_or(0));
    for (name, column) in columns {
        let column = match column.dtype() {
            DType::Object => {
                let text = crate::numpy::convert::sized(&DType::Str(0), &column, cx)?;
                cast(&column, &text)?
            }
            DType::Bytes(n) if *n > 0 => decoded(&column)?,
            _ => column,
        };
        if column.shape() != [rows] {
            continue;
        }
        let mut unique = name.clone();
        for n in 1.. {
            if !fields.iter().any(|(f, ..)| *f == unique) {
                break;
            }
            unique = format!("{name}_{n}");
        }
        fields.push((unique, column.dtype().clone(), Vec::new()));
        inputs.push(column);
    }
    let packed = Struct::packed(fields);
    let layout = packed.clone();
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        for (i, slot) in out.chunks_exact_mut(layout.size.max(1)).enumerate() {
            for (f, input) in layout.fields.iter().zip(ins) {
                let size = f.dtype.size();
                slot[f.offset..f.offset + size].copy_from_slice(input.element(i, size));
            }
        }
        Ok(())
    });
    elementwise(DType::Struct(Arc::new(packed)), inputs, kernel)
}
