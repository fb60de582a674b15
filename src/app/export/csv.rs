//! `.csv`, `.tsv` and raw text: one line a row of the value's table (see [`super::table`]).
//!
//! Plain arrays have no header, as `np.savetxt` writes them and `np.loadtxt` and
//! `pd.read_csv(…, header=None)` read them; structured arrays and dicts begin with the names of
//! their columns. Cells are as [`super::cells`] writes them, quoted where they hold a separator,
//! a quote or a line break. Pieces are made into text by all threads and written in order.

use std::io::Write;

use super::cells;
use super::pieces::{Pace, ordered};
use super::table::{Columns, Table};
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
    let pace = Pace { what: "writing".into(), result: text_size(&table), rows: false };
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
    match &table.columns {
        Columns::Plain(width) if cells::may_need_quotes(block.dtype()) => {
            quoted(block, style, first, *width)
        }
        Columns::Plain(width) => {
            let mut out = Vec::with_capacity(block.len() * 16);
            let dtype = block.dtype();
            let mut column = first % width;
            for element in block.bytes().chunks_exact(dtype.size()) {
                cells::put(&mut out, dtype, element);
                column += 1;
                if column == *width {
                    column = 0;
                    out.push(b'\n');
                } else {
                    out.push(style.separator);
                }
            }
            Ok(out)
        }
        Columns::Fields(leaves) => {
            let mut writer = style.writer();
            let mut cell = Vec::new();
            for i in 0..block.len() {
                let element = block.element(i);
                for leaf in leaves {
                    cell.clear();
                    let bytes = &element[leaf.offset..leaf.offset + leaf.dtype.size()];
                    cells::put(&mut cell, &leaf.dtype, bytes);
                    writer.write_field(&cell).map_err(failed)?;
                }
                writer.write_record(None::<&[u8]>).map_err(failed)?;
            }
            taken(writer)
        }
    }
}

/// Text and objects: cells that may need quotes.
fn quoted(block: &Block, style: Style, first: usize, width: usize) -> Result<Vec<u8>> {
    let mut writer = style.writer();
    let mut cell = Vec::new();
    let mut column = first % width;
    for i in 0..block.len() {
        cell.clear();
        match block.dtype() {
            DType::Object => cells::put_item(&mut cell, &block.items()[i]),
            dtype => cells::put(&mut cell, dtype, block.element(i)),
        }
        writer.write_field(&cell).map_err(failed)?;
        column += 1;
        if column == width {
            column = 0;
            writer.write_record(None::<&[u8]>).map_err(failed)?;
        }
    }
    let mut out = taken(writer)?;
    if column != 0 {
        // the row goes on in the next piece
        out.push(style.separator);
    }
    Ok(out)
}
