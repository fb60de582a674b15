//! Sorting along an axis: in memory where its elements fit a thread's share, else by runs that
//! are sorted, spilled and merged.
//!
//! Sorting is stable, so that the result is one and the same for every memory limit and number of
//! threads, whatever compares equal.

use std::cmp::Ordering;
use std::fs::File;
use std::os::unix::fs::FileExt;

use super::block::{Block, count};
use super::context::Context;
use super::deferred::Deferred;
use super::dtype::DType;
use super::error::Result;
use super::lazy::{Array, Span, extent, whole};
use super::order::{Compare, Ordered, compare_items, comparison, lift_times, lower_times};
use super::run::{Order, Units, parallel, to_block, unit_size};
use super::spill::{Keeper, temporary_file};
use super::view::transpose;

/// The elements sorted along an axis.
///
/// # Errors
/// None yet; reading and comparing may fail once the result is read.
pub fn sort_along(array: &Array, axis: usize, cx: &Context) -> Result<Array> {
    let _ = cx;
    if array.shape().get(axis).is_none_or(|&n| n <= 1) || array.is_empty() {
        return Ok(array.clone());
    }
    // the sorted axis last, each row on its own
    let mut order: Vec<usize> = (0..array.ndim()).filter(|a| *a != axis).collect();
    order.push(axis);
    let rows = transpose(array, &order);
    let (all, some) = (rows.clone(), rows.clone());
    let sorted = Deferred::by_part(
        rows.dtype().clone(),
        rows.shape().to_vec(),
        vec![rows.clone()],
        move |cx| sort_rows(&all, cx),
        move |region, cx| {
            let mut wanted = region.to_vec();
            let n = some.shape()[wanted.len() - 1];
            let last = wanted.len() - 1;
            let picked = std::mem::replace(&mut wanted[last], Span::run(0, n));
            let sorted = to_block(&sort_rows(&part(&some, &wanted), cx)?, cx)?;
            let mut pick = whole(sorted.shape());
            pick[last] = picked;
            Ok(super::lazy::pick(&sorted, &pick))
        },
    );
    let mut back = vec![0; order.len()];
    for (i, &a) in order.iter().enumerate() {
        back[a] = i;
    }
    Ok(transpose(&sorted, &back))
}

/// A region of an array as an array.
fn part(array: &Array, region: &[Span]) -> Array {
    let axes = (0..region.len()).map(Some).collect();
    super::view::view(array, region.to_vec(), axes, extent(region))
}

/// Sorts an array along its last axis, whole.
fn sort_rows(rows: &Array, cx: &Context) -> Result<Array> {
    let shape = rows.shape().to_vec();
    let (last, n) = (shape.len() - 1, shape[shape.len() - 1]);
    rows.prepare(cx)?;
    if *rows.dtype() == DType::Object {
        let mut block = to_block(rows, cx)?;
        for row in block.items_mut().chunks_mut(n) {
            let mut failed = Ok(());
            row.sort_by(|a, b| match (compare_items(a, b), &failed) {
                (Ok(found), Ok(())) => found,
                (Err(e), Ok(())) => {
                    failed = Err(e);
                    Ordering::Equal
                }
                (_, Err(_)) => Ordering::Equal,
            });
            failed?;
        }
        return Ok(Array::of(block));
    }
    let footprint = rows.footprint() + 2.0 * rows.dtype().size() as f64;
    let most = (cx.share() as f64 / footprint) as usize;
    let mut keeper = Keeper::new(rows.dtype().clone(), shape.clone(), cx)?;
    cx.begin("sorting", rows.len() as u64);
    if n <= most || rows.bytes() <= 64 << 10 {
        let units = row_boxes(rows, most);
        parallel(
            cx,
            units.len(),
            Order::Any,
            |i| {
                let mut block = rows.read(&units.region(i), cx)?;
                sort_block(&mut block, n);
                Ok(block)
            },
            |i, block| {
                cx.advance(block.len() as u64);
                keeper.put(&units.region(i), &block)
            },
        )?;
        return Ok(keeper.finish(cx));
    }
    let lanes = count(&shape[..last]);
    let units = Units::new(&shape[..last], vec![1; last]);
    let merger = Merger { compare: comparison(rows.dtype()), dtype: rows.dtype().clone(), n };
    for lane in 0..lanes {
        let mut region = units.region(lane);
        region.push(Span::run(0, n));
        merger.sort(&part(rows, &region), most, cx, |at, block| {
            region[last] = Span::run(at, block.len());
            let mut shape = vec![1; last];
            shape.push(block.len());
            keeper.put(&region, &block.reshaped(shape))
        })?;
    }
    Ok(keeper.finish(cx))
}

/// Boxes of whole rows of at most so many elements.
fn row_boxes(rows: &Array, most: usize) -> Units {
    let shape = rows.shape();
    let (last, n) = (shape.len() - 1, shape[shape.len() - 1]);
    let grid = rows.grid().map(|g| g[..last].to_vec());
    let order: Vec<usize> = (0..last).rev().collect();
    let room = (most / n.max(1)).clamp(1, ((512 << 10) / n.max(1)).max(1));
    let mut size = unit_size(&shape[..last], grid.as_deref(), room, &order);
    if count(&size) * n > most.max(1) {
        // the chunks beside each other are too much for one thread
        size = unit_size(&shape[..last], None, room, &order);
    }
    size.push(n);
    Units::new(shape, size)
}

/// Sorts each row of `n` elements of a block, which holds no objects.
pub fn sort_block(block: &mut Block, n: usize) {
    fn rows<T: Ordered>(block: &mut Block, n: usize) {
        for row in block.typed_mut::<T>().chunks_mut(n.max(1)) {
            row.sort_by(Ordered::order);
        }
    }
    lift_times(block);
    let dtype = block.dtype().clone();
    crate::with_number!(&dtype, T => return {
        rows::<T>(block, n);
        lower_times(block);
    }, {});
    let size = dtype.size().max(1);
    let compare = comparison(&dtype);
    for row in block.bytes_mut().chunks_mut((n * size).max(1)) {
        let old = row.to_vec();
        let mut elements: Vec<&[u8]> = old.chunks_exact(size).collect();
        elements.sort_by(|a, b| compare(a, b));
        for (slot, element) in row.chunks_exact_mut(size).zip(elements) {
            slot.copy_from_slice(element);
        }
    }
}

/// In which order a block's elements would be sorted; what is equal keeps its order.
///
/// # Errors
/// TypeError for Python values that have no order.
pub fn sorting_order(block: &Block) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = (0..block.len()).collect();
    if *block.dtype() == DType::Object {
        let mut failed = Ok(());
        order.sort_by(|&a, &b| match compare_items(&block.items()[a], &block.items()[b]) {
            Ok(found) => found,
            Err(e) => {
                failed = Err(e);
                Ordering::Equal
            }
        });
        failed?;
        return Ok(order);
    }
    let compare = comparison(block.dtype());
    order.sort_by(|&a, &b| compare(block.element(a), block.element(b)));
    Ok(order)
}

/// Sorted runs in a file: where each begins and how many elements it has.
struct Runs {
    file: File,
    runs: Vec<(usize, usize)>,
}

/// Sorts one row that doesn't fit into memory.
struct Merger {
    compare: Compare,
    dtype: DType,
    n: usize,
}

/// Elements of a run that a merge reads at once, at least.
const READ: usize = 256;

impl Merger {
    /// Gives the elements of `row` (one axis of any length but 1s) in order, piece by piece.
    fn sort(
        &self,
        row: &Array,
        most: usize,
        cx: &Context,
        mut give: impl FnMut(usize, Block) -> Result<()>,
    ) -> Result<()> {
        let size = self.dtype.size();
        let last = row.ndim() - 1;
        let length = most.max(2);
        let file = temporary_file(cx)?;
        let count = self.n.div_ceil(length);
        let mut runs = Vec::new();
        parallel(
            cx,
            count,
            Order::Kept,
            |i| {
                let (from, len) = (i * length, length.min(self.n - i * length));
                let mut region = whole(row.shape());
                region[last] = Span::run(from, len);
                let mut block = row.read(&region, cx)?;
                sort_block(&mut block, len);
                file.write_all_at(block.bytes(), (from * size) as u64)?;
                Ok((from, len))
            },
            |_, run| {
                cx.advance(run.1 as u64 / 2);
                runs.push(run);
                Ok(())
            },
        )?;
        let mut runs = Runs { file, runs };
        // as many runs at once as leave each a buffer worth reading
        let ways = (cx.share() / (READ * size.max(1))).max(2);
        while runs.runs.len() > ways {
            let next = temporary_file(cx)?;
            let mut merged = Vec::new();
            for group in runs.runs.chunks(ways) {
                let start = group[0].0;
                let mut at = start;
                self.merge(&runs.file, group, cx, |block| {
                    next.write_all_at(block.bytes(), (at * size) as u64)?;
                    at += block.len();
                    Ok(())
                })?;
                merged.push((start, at - start));
            }
            runs = Runs { file: next, runs: merged };
        }
        let mut at = 0;
        self.merge(&runs.file, &runs.runs, cx, |block| {
            let n = block.len();
            cx.advance(n as u64 / 2);
            give(at, block)?;
            at += n;
            Ok(())
        })
    }

    /// Merges runs of a file; of equal elements, that of the earlier run comes first.
    fn merge(
        &self,
        file: &File,
        runs: &[(usize, usize)],
        cx: &Context,
        mut give: impl FnMut(Block) -> Result<()>,
    ) -> Result<()> {
        let size = self.dtype.size();
        let buffer = (cx.share() / (runs.len() + 2) / size.max(1)).max(READ / 8);
        let mut sources: Vec<Reader> = runs
            .iter()
            .map(|&(next, len)| Reader { next, end: next + len, bytes: Vec::new(), at: 0 })
            .collect();
        for source in &mut sources {
            source.fill(file, size, buffer)?;
        }
        // a heap of runs by their first elements
        let before = |sources: &[Reader], a: usize, b: usize| {
            let found = (self.compare)(sources[a].head(size), sources[b].head(size));
            found.then(a.cmp(&b)) == Ordering::Less
        };
        let mut heap: Vec<usize> = (0..sources.len()).collect();
        for i in (0..heap.len() / 2).rev() {
            sink(&mut heap, i, |a, b| before(&sources, a, b));
        }
        let mut out: Vec<u8> = Vec::with_capacity(buffer * size);
        while let Some(&top) = heap.first() {
            out.extend_from_slice(sources[top].head(size));
            if out.len() >= buffer * size {
                cx.check()?;
                give(self.block(&out))?;
                out.clear();
            }
            sources[top].at += size;
            if !sources[top].fill(file, size, buffer)? {
                heap.swap_remove(0);
            }
            sink(&mut heap, 0, |a, b| before(&sources, a, b));
        }
        match out.is_empty() {
            true => Ok(()),
            false => give(self.block(&out)),
        }
    }

    fn block(&self, bytes: &[u8]) -> Block {
        let n = bytes.len() / self.dtype.size().max(1);
        let mut block = Block::scratch(self.dtype.clone(), vec![n]);
        block.bytes_mut().copy_from_slice(bytes);
        block
    }
}

/// A run that is being read.
struct Reader {
    next: usize,
    end: usize,
    bytes: Vec<u8>,
    at: usize,
}

impl Reader {
    /// Reads on where nothing is left; says whether there is an element.
    fn fill(&mut self, file: &File, size: usize, buffer: usize) -> Result<bool> {
        if self.at < self.bytes.len() {
            return Ok(true);
        }
        let n = buffer.min(self.end - self.next);
        self.bytes.resize(n * size, 0);
        file.read_exact_at(&mut self.bytes, (self.next * size) as u64)?;
        self.next += n;
        self.at = 0;
        Ok(n > 0)
    }

    fn head(&self, size: usize) -> &[u8] {
        &self.bytes[self.at..self.at + size]
    }
}

/// Lets an entry of a heap sink to its place.
fn sink(heap: &mut [usize], mut i: usize, before: impl Fn(usize, usize) -> bool) {
    loop {
        let mut first = i;
        for child in [2 * i + 1, 2 * i + 2] {
            if child < heap.len() && before(heap[child], heap[first]) {
                first = child;
            }
        }
        if first == i {
            return;
        }
        heap.swap(i, first);
        i = first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Settings;

    fn context(memory: usize, threads: usize) -> Context {
        Context::new(Settings { memory, threads, temp_dir: None })
    }

    #[test]
    fn sorts_alike_in_memory_and_by_merging() {
        let n = 30_000;
        let xs: Vec<f64> = (0..2 * n)
            .map(|i| if i % 97 == 0 { f64::NAN } else { ((i * 7919) % 10_007) as f64 - 5000.0 })
            .collect();
        let array = Array::of(Block::of(DType::Float64, vec![2, n], &xs));
        let mut wanted = xs.clone();
        for row in wanted.chunks_mut(n) {
            row.sort_by(Ordered::order);
        }
        for (memory, threads) in [(1 << 30, 2), (100_000, 2), (3000, 1)] {
            let cx = context(memory, threads);
            let sorted = sort_along(&array, 1, &cx).unwrap();
            let got = to_block(&sorted, &cx).unwrap();
            let same =
                got.typed::<f64>().iter().zip(&wanted).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{memory} {threads}");
        }
        // against the axis
        let cx = context(1 << 20, 2);
        let sorted = to_block(&sort_along(&array, 0, &cx).unwrap(), &cx).unwrap();
        let s: &[f64] = sorted.typed();
        assert!((0..n).all(|i| Ordered::order(&s[i], &s[n + i]) != Ordering::Greater));
    }

    #[test]
    fn text_times_and_structures() {
        let cx = context(1 << 20, 1);
        let words = Block::of(DType::Bytes(3), vec![4], b"pea\0\0\0abcab\0");
        let sorted = to_block(&sort_along(&Array::of(words), 0, &cx).unwrap(), &cx).unwrap();
        assert_eq!(sorted.bytes(), b"\0\0\0ab\0abcpea");
        let unit = crate::array::time::TimeUnit::named("s").unwrap();
        let times = Block::of(DType::Datetime(unit), vec![3], &[5i64, i64::MIN, -7]);
        let sorted = to_block(&sort_along(&Array::of(times), 0, &cx).unwrap(), &cx).unwrap();
        assert_eq!(sorted.typed::<i64>(), [-7, 5, i64::MIN]);
    }
}
