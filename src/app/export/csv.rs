//! `.csv`, `.tsv` and raw text: one line a row of the value's table (see [`super::table`]).
//!
//! Plain arrays have no header, as `np.savetxt` writes them and `np.loadtxt` and
//! `pd.read_csv(…, header=None)` read them; structured arrays and dicts begin with the names of
//! their columns. Cells are as [`super::cells`] writes them, quoted where they hold a separator,
//! a quote or a line break. Pieces are made into text by all threads and written in order.

use std::io::Write;

use super::cells;
use super::pieces::{PIECE, Pace, ordered};
use super::table::{Columns, Leaf, Table};
use crate::array::block::Block;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::value::Value;

/// What stands between cells, and whether cells are quoted.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    separator: u8,
    quotes: bool,
}

impl Style {
    /// Commas.
    pub const CSV: Style = Style { separator: b',', quotes: true };
    /// Tabs.
    pub const TSV: Style = Style { separator: b'\t', quotes: true };
    /// Tabs, and text as it is.
    pub const RAW: Style = Style { separator: b'\t', quotes: false };

    fn writer(self) -> csv::Writer<Vec<u8>> {
        let quotes = if self.quotes { csv::QuoteStyle::Necessary } else { csv::QuoteStyle::Never };
        csv::WriterBuilder::new()
            .delimiter(self.separator)
            .quote_style(quotes)
            .flexible(true)
            .from_writer(Vec::new())
    }
}

/// Writes a value's table.
///
/// # Errors
/// As [`super::stream`].
pub fn write(value: &Value, style: Style, out: &mut dyn Write, cx: &Context) -> Result<()> {
    let table = Table::of(value, cx)?;
    if table.array.ndim() > 2 && matches!(table.columns, Columns::Plain(_)) {
        cx.note(&format!(
            "an array of {} axes is written as the rows of its last axis",
            table.array.ndim()
        ));
    }
    if let Columns::Fields(leaves) = &table.columns {
        let mut header = style.writer();
        header.write_record(leaves.iter().map(|l| &l.name)).map_err(failed)?;
        out.write_all(&taken(header)?)?;
    }
    let pace =
        Pace { what: "writing".into(), result: text_size(&table), rows: false, piece: PIECE };
    ordered(
        &table.array,
        &pace,
        cx,
        |first, block| text(&table, style, first, &block),
        |bytes: Vec<u8>| out.write_all(&bytes).map_err(Error::from),
    )
}

/// Writes a single text or bytes as it is, other values as tab-separated lines.
///
/// # Errors
/// As [`super::stream`].
pub fn write_raw(value: &Value, out: &mut dyn Write, cx: &Context) -> Result<()> {
    match value {
        Value::Bytes(b) => out.write_all(b)?,
        Value::None => out.write_all(b"None")?,
        other => match other.as_str() {
            Some(text) => out.write_all(text.as_bytes())?,
            None => return write(value, Style::RAW, out, cx),
        },
    }
    out.write_all(b"\n").map_err(Error::from)
}

fn failed(e: impl std::fmt::Display) -> Error {
    Error::os(e.to_string())
}

fn taken(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>> {
    writer.into_inner().map_err(failed)
}

/// Bytes of text for an element, at most, about.
fn text_size(table: &Table) -> f64 {
    let one = |d: &DType| match d {
        DType::Str(n) | DType::Bytes(n) => n + 3,
        DType::Void(n) => 4 * n + 4,
        DType::Complex64 | DType::Complex128 => 48,
        DType::Object => 64,
        d if d.is_time() => 30,
        d if d.is_integral() => 2 + 3 * d.size(),
        _ => 25,
    };
    match &table.columns {
        Columns::Plain(_) => one(table.array.dtype()) as f64,
        Columns::Fields(f) => f.iter().map(|l| one(&l.dtype)).sum::<usize>() as f64,
    }
}

/// The text of the elements of a piece, whose first is element `first` of the array.
fn text(table: &Table, style: Style, first: usize, block: &Block) -> Result<Vec<u8>> {
    let (leaves, width) = match &table.columns {
        Columns::Plain(width) => (None, *width),
        Columns::Fields(leaves) => (Some(leaves), leaves.len()),
    };
    let plain = leaves.is_none() && !cells::may_need_quotes(block.dtype());
    if style.quotes && !plain {
        return quoted(block, style, leaves, first, width);
    }
    let mut out = Vec::with_capacity(block.len() * 16);
    let mut column = if leaves.is_none() { first % width } else { 0 };
    for i in 0..block.len() {
        for leaf in 0..leaves.map_or(1, Vec::len) {
            put(&mut out, block, i, leaves.map(|l| &l[leaf]));
            column += 1;
            if column == width {
                column = 0;
                out.push(b'\n');
            } else {
                out.push(style.separator);
            }
        }
    }
    Ok(out)
}

/// Element `i` of a block, or a part of it.
fn put(out: &mut Vec<u8>, block: &Block, i: usize, leaf: Option<&Leaf>) {
    match (block.dtype(), leaf) {
        (_, Some(leaf)) => {
            let bytes = &block.element(i)[leaf.offset..leaf.offset + leaf.dtype.size()];
            cells::put(out, &leaf.dtype, bytes);
        }
        (DType::Object, None) => cells::put_item(out, &block.items()[i]),
        (dtype, None) => cells::put(out, dtype, block.element(i)),
    }
}

/// Cells that may need quotes.
fn quoted(
    block: &Block,
    style: Style,
    leaves: Option<&Vec<Leaf>>,
    first: usize,
    width: usize,
) -> Result<Vec<u8>> {
    let mut writer = style.writer();
    let mut cell = Vec::new();
    let mut column = if leaves.is_none() { first % width } else { 0 };
    for i in 0..block.len() {
        for leaf in 0..leaves.map_or(1, Vec::len) {
            cell.clear();
            put(&mut cell, block, i, leaves.map(|l| &l[leaf]));
            writer.write_field(&cell).map_err(failed)?;
            column += 1;
            if column == width {
                column = 0;
                writer.write_record(None::<&[u8]>).map_err(failed)?;
            }
        }
    }
    let mut out = taken(writer)?;
    if column != 0 {
        // the row goes on in the next piece
        out.push(style.separator);
    }
    Ok(out)
}
