//! In which pieces an array is computed for a writer.
//!
//! A writer that can put elements anywhere takes boxes that suit the source ([`place`]). One that
//! must write from the first element to the last takes slabs ([`ordered`]); where slabs would
//! read the source's chunks again and again, the array is computed into a temporary file first.

use std::fs::File;
use std::io;

use crate::array::block::{Block, count};
use crate::array::lazy::{Array, strides, whole};
use crate::array::run::{Order, Units, fast_axis, parallel, unit_elements, unit_size, units};
use crate::array::spill::{materialise, write_box};
use crate::array::{Context, Error, Result};

/// Bytes of a run in a file that are worth a system call.
const RUN: usize = 64 << 10;
/// The largest box that is read at once for the sake of long runs.
const LARGE: usize = 32 << 20;

/// Writes an array in C order from `base` in a file, each box at its place, on all threads.
/// `change` may alter a box's bytes before they are written.
///
/// # Errors
/// As reading; those of the file are made by `failed`.
pub fn place(
    array: &Array,
    file: &File,
    base: u64,
    cx: &Context,
    what: &str,
    change: impl Fn(&mut Block) -> Result<()> + Sync,
    failed: impl Fn(&io::Error) -> Error + Sync,
) -> Result<()> {
    array.prepare(cx)?;
    if array.is_empty() {
        return Ok(());
    }
    cx.begin(what, array.bytes() as u64);
    let boxes = boxes(array, cx);
    let shape = array.shape();
    parallel(
        cx,
        boxes.len(),
        Order::Any,
        |i| {
            let region = boxes.region(i);
            let mut block = array.read(&region, cx)?;
            change(&mut block)?;
            write_box(file, base, shape, &region, &block).map_err(|e| failed(&e))?;
            Ok(block.bytes().len())
        },
        |_, n| {
            cx.advance(n as u64);
            Ok(())
        },
    )
}

/// Boxes that suit the source, and are long enough along the last axis to be written in runs.
fn boxes(array: &Array, cx: &Context) -> Units {
    let shape = array.shape();
    let Some(last) = shape.len().checked_sub(1) else { return units(array, cx) };
    let grid = array.grid();
    let size = array.dtype().size().max(1);
    let order: Vec<usize> = (0..=last).rev().collect();
    let small = unit_elements(array, cx);
    if fast_axis(array) == last {
        let first = unit_size(shape, grid.as_deref(), small, &order);
        if first[last] == shape[last] || first[last] * size >= RUN {
            return Units::new(shape, first);
        }
    } else if grid.is_none() {
        return units(array, cx);
    }
    let most = (cx.share() as f64 / array.footprint()).min((LARGE / size) as f64);
    Units::new(shape, unit_size(shape, grid.as_deref(), most.max(1.0) as usize, &order))
}

/// What a writer that works in order does with each element.
pub struct Pace {
    /// What the progress is of.
    pub what: String,
    /// Bytes that the worker's result takes for an element.
    pub result: f64,
    /// Whether a piece must be of whole rows (of the last axis).
    pub rows: bool,
    /// Bytes of a piece that are worth its while, where there is the memory.
    pub piece: usize,
}

/// Bytes of a piece that stay in a cache.
pub const PIECE: usize = 512 << 10;

/// Gives an array's elements in C order: `work` makes a result of each piece on all threads, with
/// the position of its first element; `take` gets the results in order.
///
/// # Errors
/// As reading, and those of `work` and `take`.
pub fn ordered<T: Send>(
    array: &Array,
    pace: &Pace,
    cx: &Context,
    work: impl Fn(usize, Block) -> Result<T> + Sync,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    array.prepare(cx)?;
    if array.is_empty() {
        return Ok(());
    }
    if array.ndim() == 0 {
        return take(work(0, array.read(&[], cx)?)?);
    }
    // beside the pieces that are worked on, two results a thread may wait to be taken
    let each = |a: &Array| a.footprint() + 3.0 * pace.result;
    let room = |a: &Array| (cx.share() as f64 / each(a)).max(1.0) as usize;
    let (array, slabs) = match slabs(array, room(array), pace, cx) {
        Some(slabs) => (array.clone(), slabs),
        None => {
            let spilled = materialise(array, cx)?;
            let n = room(&spilled);
            let size = slab_size(&spilled, None, n, pace);
            let slabs = Units::new(spilled.shape(), size.unwrap_or_default());
            (spilled, slabs)
        }
    };
    let places = strides(array.shape());
    cx.begin(&pace.what, array.bytes() as u64);
    let size = array.dtype().size() as u64;
    parallel(
        cx,
        slabs.len(),
        Order::Kept,
        |i| {
            let region = slabs.region(i);
            let first = region.iter().zip(&places).map(|(s, p)| s.start * p).sum();
            let block = array.read(&region, cx)?;
            let n = block.len() as u64 * size;
            Ok((n, work(first, block)?))
        },
        |_, (n, result)| {
            cx.advance(n);
            take(result)
        },
    )
}

/// Slabs that read each chunk once; none where they don't fit into the memory, or would run
/// against the order of what is stored.
fn slabs(array: &Array, room: usize, pace: &Pace, cx: &Context) -> Option<Units> {
    let grid = array.grid();
    let against = grid.is_none()
        && fast_axis(array) + 1 != array.ndim()
        && array.len() > unit_elements(array, cx)
        && array.in_memory().is_none();
    if against {
        return None;
    }
    slab_size(array, grid.as_deref(), room, pace).map(|size| Units::new(array.shape(), size))
}

fn slab_size(
    array: &Array,
    grid: Option<&[usize]>,
    room: usize,
    pace: &Pace,
) -> Option<Vec<usize>> {
    let shape = array.shape();
    let last = shape.len().checked_sub(1)?;
    let mut size = vec![1; shape.len()];
    // the first axis along which a chunk is longer than one: all behind it is in the slab whole
    let piece = |axis: usize| grid.map_or(1, |g| g[axis].min(shape[axis]).max(1));
    let cut = (0..=last).find(|&a| piece(a) > 1).unwrap_or(last);
    size[cut] = piece(cut);
    size[cut + 1..].copy_from_slice(&shape[cut + 1..]);
    if pace.rows {
        size[last] = shape[last];
    }
    let least = count(&size);
    if grid.is_some() && least > room && cut < last {
        return None;
    }
    let most = (pace.piece / array.dtype().size().max(1)).min(room).max(least);
    let order: Vec<usize> = (0..=cut).rev().collect();
    Some(unit_size(shape, Some(&size), most, &order))
}

/// Reads a whole array that is known to be small.
///
/// # Errors
/// As reading.
pub fn small(array: &Array, cx: &Context) -> Result<Block> {
    array.prepare(cx)?;
    array.read(&whole(array.shape()), cx)
}
