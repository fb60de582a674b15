//! Results that are kept: in memory where they fit, else in a temporary file.
//!
//! The file has no name: it goes away with the program, however that ends.

use std::any::Any;
use std::fs::File;
use std::os::unix::fs::FileExt;

use super::block::{Block, count};
use super::context::Context;
use super::dtype::DType;
use super::error::{Error, Result};
use super::lazy::{Array, Source, Span, extent, for_runs, strides};
use super::run::{Order, parallel, put, units};

/// An array that is being written, region by region.
pub enum Keeper {
    /// It fits into memory.
    Memory(Block),
    /// It is in a temporary file.
    File(Spill),
}

/// Elements in a temporary file, in C order.
pub struct Spill {
    file: File,
    dtype: DType,
    shape: Vec<usize>,
}

impl Keeper {
    /// Room for an array; all elements must be put.
    ///
    /// # Errors
    /// OSError where a temporary file can't be made.
    pub fn new(dtype: DType, shape: Vec<usize>, cx: &Context) -> Result<Keeper> {
        let bytes = count(&shape).saturating_mul(dtype.size());
        if cx.fits(bytes) || dtype == DType::Object {
            return Ok(Keeper::Memory(Block::zeros(dtype, shape)));
        }
        let file = temporary_file(cx)?;
        file.set_len(bytes as u64).map_err(|e| full(&e))?;
        Ok(Keeper::File(Spill { file, dtype, shape }))
    }

    /// Writes one region; its spans are runs.
    ///
    /// # Errors
    /// OSError where the temporary file can't be written.
    pub fn put(&mut self, region: &[Span], block: &Block) -> Result<()> {
        match self {
            Keeper::Memory(out) => {
                put(out, region, block);
                Ok(())
            }
            Keeper::File(spill) => write_region(&spill.file, 0, &spill.shape, region, block),
        }
    }

    /// The array.
    pub fn finish(self, cx: &Context) -> Array {
        match self {
            Keeper::Memory(block) => {
                if block.bytes().len() > 64 << 10 {
                    cx.hold(block.bytes().len());
                }
                Array::of(block)
            }
            Keeper::File(spill) => Array::new(spill.dtype.clone(), spill.shape.clone(), spill),
        }
    }
}

/// Writes a region of an array whose elements lie in C order from `base` in a file.
///
/// # Errors
/// OSError.
pub fn write_region(
    file: &File,
    base: u64,
    shape: &[usize],
    region: &[Span],
    block: &Block,
) -> Result<()> {
    write_box(file, base, shape, region, block).map_err(|e| full(&e))
}

/// [`write_region`] for a file that has a name: the error is the system's.
///
/// # Errors
/// Those of writing.
pub fn write_box(
    file: &File,
    base: u64,
    shape: &[usize],
    region: &[Span],
    block: &Block,
) -> std::io::Result<()> {
    let size = block.dtype().size();
    let places = strides(shape);
    // whole inner axes are written as one run
    let mut run = 1;
    let mut outer = region.len();
    while outer > 0 {
        outer -= 1;
        run *= region[outer].len;
        if region[outer].len != shape[outer] {
            break;
        }
    }
    let mut rows: Vec<usize> = region[..outer].iter().map(|s| s.len).collect();
    rows.push(run);
    let mut failed = Ok(());
    for_runs(&rows, |from, index, n| {
        if failed.is_err() {
            return;
        }
        let to: usize = region
            .iter()
            .enumerate()
            .map(|(a, s)| (if a < outer { s.at(index[a]) } else { s.start }) * places[a])
            .sum();
        let bytes = &block.bytes()[from * size..(from + n) * size];
        failed = file.write_all_at(bytes, base + (to * size) as u64);
    });
    failed
}

fn full(e: &std::io::Error) -> Error {
    let why = e.to_string();
    let why = why.split(" (os error").next().unwrap_or(&why).to_string();
    Error::os(format!("temporary file: {why}"))
}

/// A file without a name in the folder for temporary files.
///
/// # Errors
/// OSError naming the folder.
pub fn temporary_file(cx: &Context) -> Result<File> {
    let folder = cx.settings().temp_dir.clone().unwrap_or_else(std::env::temp_dir);
    tempfile::tempfile_in(&folder).map_err(|e| {
        let why = e.to_string();
        let why = why.split(" (os error").next().unwrap_or(&why);
        Error::os(format!("no temporary file in {}: {why}", folder.display()))
    })
}

impl Source for Spill {
    fn read(&self, region: &[Span], _cx: &Context) -> Result<Block> {
        let size = self.dtype.size();
        let places = strides(&self.shape);
        let mut out = Block::scratch(self.dtype.clone(), extent(region));
        let mut failed = Ok(());
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for_runs(&extent(region), |to, index, n| {
            let from: usize =
                region.iter().enumerate().map(|(a, s)| s.at(index[a]) * places[a]).sum();
            match region.last() {
                Some(last) if !last.is_run() => {
                    for i in 0..n {
                        runs.push(((from as isize + last.step * i as isize) as usize, to + i, 1));
                    }
                }
                _ => match runs.last_mut() {
                    Some((f, t, len)) if *f + *len == from && *t + *len == to => *len += n,
                    _ => runs.push((from, to, n)),
                },
            }
        });
        for (from, to, n) in runs {
            if failed.is_ok() {
                let bytes = &mut out.bytes_mut()[to * size..(to + n) * size];
                failed = self.file.read_exact_at(bytes, (from * size) as u64);
            }
        }
        failed.map_err(|e| full(&e))?;
        Ok(out)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Computes an array once and for all: into memory where it fits, else into a temporary file.
///
/// # Errors
/// As reading and writing.
pub fn materialise(array: &Array, cx: &Context) -> Result<Array> {
    if array.in_memory().is_some() || array.source_as::<Spill>().is_some() {
        return Ok(array.clone());
    }
    array.prepare(cx)?;
    let mut keeper = Keeper::new(array.dtype().clone(), array.shape().to_vec(), cx)?;
    if array.is_empty() {
        return Ok(keeper.finish(cx));
    }
    let units = units(array, cx);
    cx.begin("computing", array.len() as u64);
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| array.read(&units.region(i), cx),
        |i, block| {
            cx.advance(block.len() as u64);
            keeper.put(&units.region(i), &block)
        },
    )?;
    Ok(keeper.finish(cx))
}
