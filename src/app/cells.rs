//! A part of a lazy array as the cells of a grid.

use super::grid::{Cell, Columns, Page, Window};
use crate::array::block::Block;
use crate::array::print::{self, Style};
use crate::array::{Array, Context, DType, Result, Span, text};
use crate::store::{Float, escape};

/// The longest text of a cell, in characters.
const LONGEST: usize = 2000;

/// Reads a window of an array, and computes no more of it than that needs.
///
/// # Errors
/// As reading.
pub fn read(array: &Array, window: &Window, cx: &Context) -> Result<Page> {
    let rank = array.ndim();
    let mut region: Vec<Span> = window.index.iter().map(|&i| Span::run(i as usize, 1)).collect();
    region.resize(rank, Span::run(0, 1));
    let run = |(start, n): (u64, u64)| Span::run(start as usize, n as usize);
    if let Some(axis) = window.row_axis {
        region[axis] = run(window.rows);
    }
    if let Columns::Axis(axis) = window.columns {
        region[axis] = run(window.cols);
    }
    array.prepare(cx)?;
    let block = array.read(&region, cx)?;
    let steps = crate::array::lazy::strides(block.shape());
    let row_step = window.row_axis.map_or(0, |a| steps[a]);
    let rows = window.row_axis.map_or(1, |a| block.shape()[a]);
    let cells = match &window.columns {
        Columns::Fields(fields) => {
            let (from, n) = (window.cols.0 as usize, window.cols.1 as usize);
            let fields = &fields[from.min(fields.len())..(from + n).min(fields.len())];
            ndarray::Array2::from_shape_fn((rows, fields.len()), |(r, c)| {
                field(&block, r * row_step, &fields[c].1, window.style)
            })
        }
        columns => {
            let (cols, step) = match columns {
                Columns::Axis(a) => (block.shape()[*a], steps[*a]),
                _ => (1, 0),
            };
            ndarray::Array2::from_shape_fn((rows, cols), |(r, c)| {
                element(&block, r * row_step + c * step, window.style)
            })
        }
    };
    Ok(Page { window: window.clone(), cells })
}

/// The columns' fields of a structured dtype, by leaf, and the way to each.
pub fn fields(dtype: &DType) -> Vec<(String, Vec<usize>)> {
    fn walk(dtype: &DType, name: &str, way: &[usize], out: &mut Vec<(String, Vec<usize>)>) {
        let DType::Struct(s) = dtype else {
            out.push((name.to_string(), way.to_vec()));
            return;
        };
        for (i, f) in s.fields.iter().enumerate() {
            let part = escape(f.name.as_bytes());
            let name = if name.is_empty() { part } else { format!("{name}.{part}") };
            let way: Vec<usize> = way.iter().copied().chain([i]).collect();
            match f.shape.is_empty() {
                true => walk(&f.dtype, &name, &way, out),
                false => out.push((name, way)),
            }
        }
    }
    let mut out = Vec::new();
    walk(dtype, "", &[], &mut out);
    out
}

fn field(block: &Block, at: usize, way: &[usize], style: Style) -> Cell {
    let (mut dtype, mut bytes) = (block.dtype(), block.element(at));
    for (i, &step) in way.iter().enumerate() {
        let DType::Struct(s) = dtype else { return Cell::default() };
        let Some(f) = s.fields.get(step) else { return Cell::default() };
        let Some(part) = bytes.get(f.offset..f.offset + f.size()) else { return Cell::default() };
        if !f.shape.is_empty() {
            // a sub-array is one cell
            debug_assert_eq!(i + 1, way.len());
            let n: usize = f.shape.iter().product();
            let size = f.dtype.size().max(1);
            let items: Vec<String> = part
                .chunks_exact(size)
                .take(n.min(200))
                .map(|b| scalar(&f.dtype, b, style).text)
                .collect();
            let more = if n > 200 { ", …" } else { "" };
            return cell(format!("[{}{more}]", items.join(", ")), false);
        }
        (dtype, bytes) = (&f.dtype, part);
    }
    scalar(dtype, bytes, style)
}

fn element(block: &Block, at: usize, style: Style) -> Cell {
    match block.dtype() {
        DType::Object => match block.items().get(at) {
            Some(item) => cell(text::item_text(item), false),
            None => Cell::default(),
        },
        dtype => scalar(dtype, block.element(at), style),
    }
}

/// One element as a cell.
fn scalar(dtype: &DType, bytes: &[u8], style: Style) -> Cell {
    let float = |dtype: &DType, bytes: &[u8]| match dtype {
        DType::Float16 => Float::F16(bytemuck::pod_read_unaligned(bytes)),
        DType::Float32 => Float::F32(bytemuck::pod_read_unaligned(bytes)),
        _ => Float::F64(bytemuck::pod_read_unaligned(bytes)),
    };
    match dtype {
        DType::Float16 | DType::Float32 | DType::Float64 => {
            cell(print::float(float(dtype, bytes), style), true)
        }
        DType::Complex64 | DType::Complex128 => {
            let (re, im) = bytes.split_at(bytes.len() / 2);
            let part = dtype.real();
            cell(print::complex(float(&part, re), float(&part, im), style), true)
        }
        DType::Bytes(_) => {
            let mut text = escape(text::bytes_of(bytes));
            shorten(&mut text);
            Cell { text, right: false, target: None }
        }
        d => cell(text::scalar(d, bytes), d.is_integer() || d.is_time()),
    }
}

fn cell(text: String, right: bool) -> Cell {
    let mut text = escape(text.as_bytes());
    shorten(&mut text);
    Cell { text, right, target: None }
}

fn shorten(text: &mut String) {
    if let Some((cut, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(cut);
        text.push('…');
    }
}
