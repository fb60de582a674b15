//! Any value as a table: rows and columns, for the formats that have nothing else.
//!
//! A single value is one cell, a 1-D array one column. A 2-D array is what it looks like; one of
//! more axes is the rows of its last axis, one after the other, as `a.reshape(-1, a.shape[-1])`.
//! A structured array has a column for each field, with the field's name: nested fields are
//! `outer.inner`, elements of a sub-array `name[0]`, `name[1]`, …. A dict of arrays of one length
//! is a structured array whose fields are its keys.

use std::any::Any;
use std::sync::Arc;

use crate::array::block::Block;
use crate::array::dtype::Struct;
use crate::array::lazy::{Array, Source, Span, extent};
use crate::array::{Context, DType, Error, Result};
use crate::numpy::convert::as_array;
use crate::numpy::value::Value;

/// A table.
pub struct Table {
    /// Its elements, row by row.
    pub array: Array,
    /// Rows.
    pub rows: usize,
    /// What a row is made of.
    pub columns: Columns,
}

/// The columns of a table.
pub enum Columns {
    /// So many elements of the array make a row.
    Plain(usize),
    /// An element of the array is a row, and these are its parts.
    Fields(Vec<Leaf>),
}

/// A column that is a part of each element.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its name.
    pub name: String,
    /// Its cells' type.
    pub dtype: DType,
    /// Bytes before it in the element.
    pub offset: usize,
}

impl Table {
    /// A value as a table.
    ///
    /// # Errors
    /// ValueError for a dict of arrays of several lengths, and whatever opening the value meets.
    pub fn of(value: &Value, cx: &Context) -> Result<Table> {
        let array = match value {
            Value::Dict(d) => {
                let entries: Vec<(Value, Value)> =
                    d.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                records(entries, cx)?
            }
            other => as_array(other, cx)?,
        };
        if let DType::Struct(s) = array.dtype() {
            let mut leaves = Vec::new();
            fields(s, "", 0, &mut leaves);
            return Ok(Table { rows: array.len(), columns: Columns::Fields(leaves), array });
        }
        let columns = if array.ndim() < 2 { 1 } else { array.shape().last().copied().unwrap_or(1) };
        let rows = array.len().checked_div(columns).unwrap_or(0);
        Ok(Table { rows, columns: Columns::Plain(columns), array })
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        match &self.columns {
            Columns::Plain(n) => *n,
            Columns::Fields(f) => f.len(),
        }
    }

    /// Bytes of a row.
    pub fn row_size(&self) -> usize {
        match &self.columns {
            Columns::Plain(n) => n * self.array.dtype().size(),
            Columns::Fields(_) => self.array.dtype().size(),
        }
    }

    /// Column `i`: plain ones are named `c0`, `c1`, …, a single one `value`.
    pub fn column(&self, i: usize) -> Leaf {
        match &self.columns {
            Columns::Fields(f) => f[i].clone(),
            Columns::Plain(n) => Leaf {
                name: if *n == 1 && self.array.ndim() < 2 {
                    "value".into()
                } else {
                    format!("c{i}")
                },
                dtype: self.array.dtype().clone(),
                offset: i * self.array.dtype().size(),
            },
        }
    }
}

/// The parts of a structured element that have one value each.
fn fields(s: &Struct, before: &str, base: usize, out: &mut Vec<Leaf>) {
    for f in &s.fields {
        let name = format!("{before}{}", f.name);
        elements(&f.dtype, &f.shape, name, base + f.offset, out);
    }
}

fn elements(dtype: &DType, shape: &[usize], name: String, offset: usize, out: &mut Vec<Leaf>) {
    match (shape.split_first(), dtype) {
        (Some((&n, inner)), _) => {
            let step = inner.iter().product::<usize>() * dtype.size();
            for i in 0..n {
                elements(dtype, inner, format!("{name}[{i}]"), offset + i * step, out);
            }
        }
        (None, DType::Struct(s)) => fields(s, &format!("{name}."), offset, out),
        _ => out.push(Leaf { name, dtype: dtype.clone(), offset }),
    }
}

/// A dict's arrays as one structured array.
fn records(entries: Vec<(Value, Value)>, cx: &Context) -> Result<Array> {
    let mut columns = Vec::new();
    let mut parts = Vec::new();
    for (key, value) in entries {
        let name = match key.as_str() {
            Some(name) => name,
            None => crate::array::text::item_text(&crate::numpy::value::to_item(&key)?),
        };
        let array = as_array(&value, cx)?;
        if *array.dtype() == DType::Object {
            return Err(Error::type_error(format!("'{name}': a column can't hold objects")));
        }
        if array.ndim() > 1 {
            return Err(Error::value(format!(
                "'{name}': Per-column arrays must each be 1-dimensional"
            )));
        }
        parts.push((name, array.dtype().clone(), Vec::new()));
        columns.push(array);
    }
    let Some(first) = columns.first() else {
        return Err(Error::value("an empty dict has no columns"));
    };
    let shape = first.shape().to_vec();
    if columns.iter().any(|c| c.shape() != shape) {
        return Err(Error::value("All arrays must be of the same length"));
    }
    let layout = Arc::new(Struct::packed(parts));
    Ok(Array::new(DType::Struct(layout.clone()), shape, Records { columns, layout }))
}

/// Arrays of one shape as the fields of one.
struct Records {
    columns: Vec<Array>,
    layout: Arc<Struct>,
}

impl Source for Records {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let mut out = Block::zeros(DType::Struct(self.layout.clone()), extent(region));
        let size = self.layout.size;
        for (column, field) in self.columns.iter().zip(&self.layout.fields) {
            let block = column.read(region, cx)?;
            let each = field.size();
            if each == 0 {
                continue;
            }
            for (from, to) in
                block.bytes().chunks_exact(each).zip(out.bytes_mut().chunks_exact_mut(size))
            {
                to[field.offset..field.offset + each].copy_from_slice(from);
            }
        }
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        self.columns.clone()
    }

    /// The longest pieces of any column: those of the others are within them, about.
    fn grid(&self) -> Option<Vec<usize>> {
        self.columns.iter().filter_map(Array::grid).max()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
