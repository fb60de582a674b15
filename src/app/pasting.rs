//! A block of cells from the clipboard, as spreadsheets put it there: lines of values with tabs
//! between them. It is written from the cell under the cursor on, or into all marked cells.

use super::editing::code_of;
use super::grid::Columns;
use super::question::Question;
use super::state::{App, Pane};
use crate::array::dtype;
use crate::lang::{Edit, Line};
use crate::store::{Class, Datatype};

/// The most cells of a block.
const CELLS: usize = 100_000;

impl App {
    /// Takes a pasted text as cells, where the grid of a dataset has the keys; whether it was.
    pub(super) fn paste_cells(&mut self, text: &str) -> bool {
        if self.pane != Pane::Grid || self.opened.is_some() || self.grid.is_none() {
            return false;
        }
        match self.edits_of(text) {
            Ok((edits, what)) => {
                self.put_question(Question::Run { line: Line::Edits(edits), what })
            }
            Err(why) => self.message = Some(why),
        }
        true
    }

    fn edits_of(&self, text: &str) -> Result<(Vec<Edit>, String), String> {
        let rows = parse(text)?;
        let (Some(grid), Some((_, path)), Some(view)) =
            (&self.grid, self.selected(), &self.details)
        else {
            return Err("nothing is selected".into());
        };
        let Some((_, dtype)) = &view.details.data else { return Err("there are no cells".into()) };
        let (first, last) = grid.block();
        let height = rows.len() as u64;
        let width = rows.first().map_or(0, Vec::len) as u64;
        let (all_rows, all_cols) = grid.extent();
        let object = code_of(&path);
        let edit = |place: Option<String>, value: String| {
            let target = format!("{object}{}", place.ok_or("fields of fields can't be pasted")?);
            let before = format!("{target} = ");
            Ok(Edit { target, before, value, after: String::new() })
        };
        // one value goes into all marked cells
        if (height, width) == (1, 1) && grid.anchor.is_some() {
            let n = (last.0 - first.0 + 1) * (last.1 - first.1 + 1);
            let value = literal(&rows[0][0], field(dtype, grid.columns.clone(), first.1));
            let what = format!("put {} into {n} cells of {path}", rows[0][0]);
            return Ok((vec![edit(grid.block_code(), value)?], what));
        }
        if first.0 + height > all_rows || first.1 + width > all_cols {
            return Err(format!(
                "{height} x {width} pasted cells reach beyond the {all_rows} x {all_cols} that are \
                 there, from {} on",
                grid.place_at(first)
            ));
        }
        let from = match grid.dims.is_empty() {
            true => String::new(),
            false => format!(" from {} on", grid.place_at(first)),
        };
        let what = format!("paste {height} x {width} cells over {path}{from}");
        let edits = match &grid.columns {
            // a field after the other
            Columns::Fields(_) => (0..width)
                .map(|c| {
                    let at = (first.0, first.1 + c);
                    let of = field(dtype, grid.columns.clone(), at.1);
                    let column: Vec<String> =
                        rows.iter().map(|row| literal(&row[c as usize], of)).collect();
                    edit(grid.code_of_block(at, (height, 1)), in_shape(&column, height, 1))
                })
                .collect::<Result<Vec<_>, String>>()?,
            columns => {
                let of = field(dtype, columns.clone(), first.1);
                let cells: Vec<String> = rows.iter().flatten().map(|t| literal(t, of)).collect();
                let transposed = matches!((grid.row_axis, columns),
                    (Some(r), Columns::Axis(c)) if r > *c);
                let value = in_shape(&cells, height, width);
                // a list of lists has rows first; the file's axes may be the other way round
                let value = match transposed && height > 1 && width > 1 {
                    true => format!("np.transpose({value})"),
                    false => value,
                };
                vec![edit(grid.code_of_block(first, (height, width)), value)?]
            }
        };
        Ok((edits, what))
    }
}

/// The cells of a text: lines of equal length.
fn parse(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut cells = 0;
    for record in reader.records() {
        let record = record.map_err(|e| format!("what was pasted is no block of cells: {e}"))?;
        cells += record.len();
        if cells > CELLS {
            return Err(format!("more than {CELLS} cells are pasted"));
        }
        rows.push(record.iter().map(|cell| cell.trim().to_string()).collect());
    }
    let width = rows.first().map_or(0, Vec::len);
    match rows.iter().position(|row| row.len() != width) {
        Some(i) => Err(format!(
            "the pasted lines differ in length: line {} has {} cells, line 1 has {width}",
            i + 1,
            rows[i].len()
        )),
        None if width == 0 => Err("nothing was pasted".into()),
        None => Ok(rows),
    }
}

/// The type of the cells in a column.
fn field(dtype: &Datatype, columns: Columns, column: u64) -> &Datatype {
    let Columns::Fields(fields) = columns else { return dtype };
    let Some((_, way)) = fields.get(column as usize) else { return dtype };
    way.iter().fold(dtype, |dtype, &i| match &dtype.class {
        Class::Compound(fields) => fields.get(i).map_or(dtype, |f| &f.dtype),
        _ => dtype,
    })
}

/// A cell's text as code: numbers as they are, where the dataset holds numbers.
fn literal(text: &str, dtype: &Datatype) -> String {
    let is_text = matches!(dtype.class, Class::FixedString { .. } | Class::VarString { .. });
    if is_text {
        return dtype::quote(text);
    }
    match text.to_ascii_lowercase().as_str() {
        "nan" => return "np.nan".into(),
        "inf" | "infinity" | "+inf" => return "np.inf".into(),
        "-inf" | "-infinity" => return "-np.inf".into(),
        "true" => return "True".into(),
        "false" => return "False".into(),
        _ => {}
    }
    let complex = text.strip_suffix('j').unwrap_or(text);
    let number = complex.parse::<f64>().is_ok() && complex.contains(|c: char| c.is_ascii_digit());
    let two_parts = text.ends_with('j') && text.chars().all(|c| "0123456789+-.eEj".contains(c));
    match number || two_parts {
        // a leading zero is no number in Python
        true => match text.parse::<i128>() {
            Ok(n) => n.to_string(),
            Err(_) => text.to_string(),
        },
        false => dtype::quote(text),
    }
}

/// Cells as code of the shape that they are assigned in: axes of one element have none.
fn in_shape(cells: &[String], height: u64, width: u64) -> String {
    let list = |cells: &[String]| format!("[{}]", cells.join(", "));
    match (height, width) {
        (1, 1) => cells[0].clone(),
        (1, _) | (_, 1) => list(cells),
        (_, width) => {
            let rows: Vec<String> = cells.chunks(width as usize).map(list).collect();
            format!("[{}]", rows.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_cells() {
        assert_eq!(parse("1\t2\n3\t4\n").unwrap(), [["1", "2"], ["3", "4"]]);
        assert_eq!(parse("\"a\tb\"\t2\r\n").unwrap(), [["a\tb", "2"]]);
        assert!(parse("1\t2\n3\n").unwrap_err().contains("line 2 has 1 cells, line 1 has 2"));
        assert!(parse("").is_err());
    }
}
