//! `.md`: a table for people, at most [`ROWS`] rows of [`COLUMNS`] columns of a value's table
//! (see [`super::table`]). Where there is more, the last line says how much.

use std::io::Write;

use super::cells;
use super::pieces::small;
use super::table::{Columns, Table};
use crate::array::block::Block;
use crate::array::lazy::Span;
use crate::array::reshape::reshape;
use crate::array::view::view;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::value::Value;

/// Rows that a table has at most.
const ROWS: usize = 1000;
/// Columns that a table has at most.
const COLUMNS: usize = 100;

/// Writes the table.
///
/// # Errors
/// As [`super::stream`].
pub fn write(value: &Value, out: &mut dyn Write, cx: &Context) -> Result<()> {
    let table = Table::of(value, cx)?;
    let (rows, columns) = (table.rows.min(ROWS), table.width().min(COLUMNS));
    let leaves: Vec<_> = (0..columns).map(|i| table.column(i)).collect();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(leaves.iter().map(|l| escaped(l.name.as_bytes())).collect());
    let ruler = |d: &DType| if d.is_number() { "---:" } else { "---" }.to_string();
    text.push_str(&line(leaves.iter().map(|l| ruler(&l.dtype)).collect()));
    out.write_all(text.as_bytes())?;
    if rows > 0 && columns > 0 {
        let plain = matches!(table.columns, Columns::Plain(_));
        let shape = if plain { vec![table.rows, table.width()] } else { vec![table.rows] };
        let flat = reshape(&table.array, shape);
        let mut part = vec![rows];
        if plain {
            part.push(columns);
        }
        let spans: Vec<Span> = part.iter().map(|&n| Span::run(0, n)).collect();
        let axes = (0..part.len()).map(Some).collect();
        let block = small(&view(&flat, spans, axes, part), cx)?;
        for row in 0..rows {
            let cells = leaves.iter().enumerate().map(|(i, leaf)| {
                let mut cell = Vec::new();
                match plain {
                    true => put(&mut cell, &block, row * columns + i),
                    false => {
                        let bytes = &block.element(row)[leaf.offset..];
                        cells::put(&mut cell, &leaf.dtype, &bytes[..leaf.dtype.size()]);
                    }
                }
                escaped(&cell)
            });
            out.write_all(line(cells.collect()).as_bytes())?;
        }
    }
    if rows < table.rows || columns < table.width() {
        let note = format!(
            "\nThe first {rows} of {} rows and {columns} of {} columns.\n",
            table.rows,
            table.width()
        );
        out.write_all(note.as_bytes())?;
    }
    out.flush().map_err(Error::from)
}

fn put(cell: &mut Vec<u8>, block: &Block, i: usize) {
    match block.dtype() {
        DType::Object => cells::put_item(cell, &block.items()[i]),
        dtype => cells::put(cell, dtype, block.element(i)),
    }
}

/// A cell's text, so that nothing in it ends the cell or the row.
fn escaped(cell: &[u8]) -> String {
    let mut out = String::new();
    for c in String::from_utf8_lossy(cell).chars() {
        match c {
            '|' => out.push_str("\\|"),
            '\\' => out.push_str("\\\\"),
            '\n' | '\r' => out.push_str("<br>"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
