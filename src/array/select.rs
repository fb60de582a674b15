//! What a mask selects: arrays whose length is known only after the mask was counted.
//!
//! One parallel pass counts the true elements of each block of the mask. With the counts summed
//! up, any part of the result is found by looking only at the blocks that it comes from. The
//! mask's bits are kept where they fit, so that it isn't computed again.

use std::any::Any;
use std::sync::Arc;

use super::block::Block;
use super::cast::cast;
use super::context::Context;
use super::dtype::DType;
use super::error::{Error, Result};
use super::lazy::{Array, Source, Span, strides};
use super::reshape::{read_flat, reshape};
use super::run::{Order, parallel, slab_units, unit_elements};

/// The true elements of a mask, counted by block.
pub struct Selection {
    mask: Array,
    /// Where each block begins in the mask's C order, and where the last one ends.
    starts: Vec<usize>,
    /// How many are true before each block, and in all.
    counts: Vec<usize>,
    /// A bit an element, block by block, where they are kept.
    bits: Option<Vec<Vec<u64>>>,
}

impl Selection {
    /// Counts a mask. Blocks are such as suit `like`, an array of the same shape that will be read
    /// together with it.
    ///
    /// # Errors
    /// As reading.
    pub fn new(mask: &Array, like: &Array, cx: &Context) -> Result<Selection> {
        let mask = cast(mask, &DType::Bool)?;
        mask.prepare(cx)?;
        let starts = blocks(if like.footprint() > mask.footprint() { like } else { &mask }, cx);
        let n = starts.len() - 1;
        let keep = mask.in_memory().is_none() && cx.fits(mask.len() / 8);
        let mut counts = vec![0; n + 1];
        let mut bits = vec![Vec::new(); if keep { n } else { 0 }];
        cx.begin("counting", mask.len() as u64);
        parallel(
            cx,
            n,
            Order::Any,
            |i| {
                let block = read_flat(&mask, starts[i], starts[i + 1] - starts[i], cx)?;
                let count = block.bytes().iter().filter(|b| **b != 0).count();
                Ok((count, if keep { packed(block.bytes()) } else { Vec::new() }))
            },
            |i, (count, words)| {
                cx.advance((starts[i + 1] - starts[i]) as u64);
                counts[i + 1] = count;
                if keep {
                    bits[i] = words;
                }
                Ok(())
            },
        )?;
        for i in 0..n {
            counts[i + 1] += counts[i];
        }
        if keep && mask.len() / 8 > 64 << 10 {
            cx.hold(mask.len() / 8);
        }
        Ok(Selection { mask, starts, counts, bits: keep.then_some(bits) })
    }

    /// How many elements are selected.
    pub fn len(&self) -> usize {
        self.counts.last().copied().unwrap_or(0)
    }

    /// Whether none are.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape of the mask.
    pub fn shape(&self) -> &[usize] {
        self.mask.shape()
    }

    /// Gives, for each wanted rank in a span, its place in the result and in the mask's C order;
    /// a block's at a time, in the order of the mask.
    fn places(
        &self,
        span: Span,
        cx: &Context,
        mut take: impl FnMut(&[(usize, usize)]) -> Result<()>,
    ) -> Result<()> {
        let reversed = span.step < 0;
        let at = |i: usize| if reversed { span.len - 1 - i } else { i };
        let mut i = 0;
        while i < span.len {
            cx.check()?;
            let rank = span.at(at(i));
            let block = self.counts.partition_point(|c| *c <= rank) - 1;
            let end = self.counts[block + 1];
            let mut found = Vec::new();
            let mut next = self.counts[block];
            let first = self.starts[block];
            let mut wanted = rank;
            self.each_true(block, cx, |local| {
                while next == wanted && i < span.len {
                    found.push((at(i), first + local));
                    i += 1;
                    wanted = if i < span.len { span.at(at(i)) } else { usize::MAX };
                }
                next += 1;
                wanted < end
            })?;
            if found.is_empty() {
                // what is read twice may have changed in between
                return Err(Error::runtime("the data of a mask changed while it was used"));
            }
            take(&found)?;
        }
        Ok(())
    }

    /// Gives the true elements of a block, in order, until `f` says that it is enough.
    fn each_true(
        &self,
        block: usize,
        cx: &Context,
        mut f: impl FnMut(usize) -> bool,
    ) -> Result<()> {
        match &self.bits {
            Some(bits) => {
                for (w, &word) in bits[block].iter().enumerate() {
                    let mut rest = word;
                    while rest != 0 {
                        if !f(64 * w + rest.trailing_zeros() as usize) {
                            return Ok(());
                        }
                        rest &= rest - 1;
                    }
                }
            }
            None => {
                let (first, end) = (self.starts[block], self.starts[block + 1]);
                let mask = read_flat(&self.mask, first, end - first, cx)?;
                for (i, _) in mask.bytes().iter().enumerate().filter(|(_, b)| **b != 0) {
                    if !f(i) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

/// Where blocks begin that follow each other in C order, and where the last ends.
fn blocks(like: &Array, cx: &Context) -> Vec<usize> {
    if like.is_empty() {
        return vec![0];
    }
    if like.ndim() == 0 {
        return vec![0, 1];
    }
    let slabs = slab_units(like, unit_elements(like, cx), cx);
    let steps = strides(like.shape());
    let start = |i: usize| -> usize {
        slabs.region(i).iter().zip(&steps).map(|(s, step)| s.start * step).sum()
    };
    (0..slabs.len()).map(start).chain([like.len()]).collect()
}

/// Truth values, a bit each.
fn packed(truth: &[u8]) -> Vec<u64> {
    let word = |c: &[u8]| c.iter().enumerate().fold(0u64, |w, (i, b)| w | u64::from(*b != 0) << i);
    truth.chunks(64).map(word).collect()
}

/// Where a mask is true: an index array for each of its axes, in C order.
///
/// # Errors
/// As reading the mask.
pub fn positions(mask: &Array, cx: &Context) -> Result<Vec<Array>> {
    let selection = Arc::new(Selection::new(mask, mask, cx)?);
    let steps = strides(mask.shape());
    Ok(mask
        .shape()
        .iter()
        .zip(steps)
        .map(|(&n, step)| {
            let source = Positions { selection: selection.clone(), step, n };
            Array::new(DType::Int64, vec![selection.len()], source)
        })
        .collect())
}

/// Where a mask is true, as places in its C order.
///
/// # Errors
/// As reading the mask.
pub fn flat_positions(mask: &Array, cx: &Context) -> Result<Array> {
    let flat = reshape(mask, vec![mask.len()]);
    let mut found = positions(&flat, cx)?;
    found.pop().ok_or_else(|| Error::runtime("a mask without an axis"))
}

struct Positions {
    selection: Arc<Selection>,
    /// An axis: elements between neighbours, and its length.
    step: usize,
    n: usize,
}

impl Source for Positions {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let mut out = Block::zeros(DType::Int64, vec![region[0].len]);
        let slots: &mut [i64] = out.typed_mut();
        self.selection.places(region[0], cx, |found| {
            for &(to, flat) in found {
                slots[to] = (flat / self.step % self.n) as i64;
            }
            Ok(())
        })?;
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.selection.mask.clone()]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Whether an array's elements are positions that were found by a mask: never negative, sorted
/// along the first axis, inside the mask's shape.
pub fn is_positions(array: &Array) -> bool {
    array.source_as::<Positions>().is_some()
}

/// The elements of `values` where a mask of the same shape is true, in C order.
///
/// # Errors
/// As reading the mask; ValueError where the shapes differ.
pub fn compress(mask: &Array, values: &Array, cx: &Context) -> Result<Array> {
    if mask.shape() != values.shape() {
        return Err(Error::value("a mask selects from an array of its own shape"));
    }
    let selection = Selection::new(mask, values, cx)?;
    let shape = vec![selection.len()];
    let source = Compressed { selection, values: values.clone() };
    Ok(Array::new(values.dtype().clone(), shape, source))
}

struct Compressed {
    selection: Selection,
    values: Array,
}

impl Source for Compressed {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let mut out = Block::scratch(self.values.dtype().clone(), vec![region[0].len]);
        self.selection.places(region[0], cx, |found| {
            let (Some(first), Some(last)) = (found.first(), found.last()) else { return Ok(()) };
            let block = read_flat(&self.values, first.1, last.1 - first.1 + 1, cx)?;
            pick_places(&mut out, &block, found, first.1);
            Ok(())
        })?;
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.values.clone(), self.selection.mask.clone()]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Copies single elements: `(to, from + first)` each.
fn pick_places(out: &mut Block, block: &Block, places: &[(usize, usize)], first: usize) {
    macro_rules! copy {
        ($T:ty) => {{
            let source: &[$T] = block.typed();
            let target: &mut [$T] = out.typed_mut();
            for &(to, from) in places {
                target[to] = source[from - first];
            }
        }};
    }
    crate::by_width!(block.dtype(), copy);
    for &(to, from) in places {
        out.copy_run(to, block, from - first, 1);
    }
}

/// An array along one axis: `values`, one after the other, where a mask is true, and `base`
/// elsewhere. `values` has as many elements as are true, and both have one dtype.
///
/// # Errors
/// As reading the mask.
pub fn scatter(mask: &Array, values: &Array, base: &Array, cx: &Context) -> Result<Array> {
    let flat = |a: &Array| reshape(a, vec![a.len()]);
    let (mask, base) = (flat(mask), flat(base));
    let selection = Selection::new(&mask, &base, cx)?;
    if values.len() != selection.len() || base.len() != mask.len() {
        return Err(Error::value(format!(
            "NumPy boolean array indexing assignment cannot assign {} input values to the {} \
             output values where the mask is true",
            values.len(),
            selection.len()
        )));
    }
    let shape = base.shape().to_vec();
    let source = Scattered { selection, values: flat(values), base: base.clone() };
    Ok(Array::new(base.dtype().clone(), shape, source))
}

struct Scattered {
    selection: Selection,
    values: Array,
    base: Array,
}

impl Source for Scattered {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let span = region[0];
        let (low, high) = span.bounds();
        let mut out = self.base.read(region, cx)?;
        // how many are true before the first position
        let block = self.selection.starts.partition_point(|s| *s <= low).max(1) - 1;
        let mut rank = self.selection.counts[block];
        let first = self.selection.starts[block];
        self.selection.each_true(block, cx, |local| {
            let before = first + local < low;
            rank += usize::from(before);
            before
        })?;
        let mask = read_flat(&self.selection.mask, low, high - low, cx)?;
        let mut ranks = vec![usize::MAX; high - low];
        let start = rank;
        for (slot, truth) in ranks.iter_mut().zip(mask.bytes()) {
            if *truth != 0 {
                *slot = rank;
                rank += 1;
            }
        }
        if rank == start {
            return Ok(out);
        }
        let values = read_flat(&self.values, start, rank - start, cx)?;
        for i in 0..span.len {
            let rank = ranks[span.at(i) - low];
            if rank != usize::MAX {
                out.copy_run(i, &values, rank - start, 1);
            }
        }
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.base.clone(), self.values.clone(), self.selection.mask.clone()]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::lazy::whole;
    use crate::array::run::to_block;
    use crate::array::{Settings, view};

    fn mask(shape: Vec<usize>, every: usize) -> Array {
        let n: usize = shape.iter().product();
        let truth: Vec<u8> = (0..n).map(|i| u8::from(i % every == 0)).collect();
        Array::of(Block::of(DType::Bool, shape, &truth))
    }

    fn small() -> Context {
        Context::new(Settings { memory: 100_000, threads: 3, temp_dir: None })
    }

    #[test]
    fn positions_are_numpys_nonzero() {
        let cx = small();
        let found = positions(&mask(vec![3, 4], 5), &cx).unwrap();
        let read = |a: &Array| to_block(a, &cx).unwrap().typed::<i64>().to_vec();
        assert_eq!(read(&found[0]), [0, 1, 2]);
        assert_eq!(read(&found[1]), [0, 1, 2]);
    }

    #[test]
    fn a_large_selection_is_read_from_any_side() {
        let cx = small();
        for keep in [true, false] {
            // a mask in memory is not kept a second time
            let m = mask(vec![300, 1000], 7);
            let m = if keep { view::transpose(&view::transpose(&m, &[1, 0]), &[1, 0]) } else { m };
            let n = m.len();
            let values: Vec<i32> = (0..n as i32).collect();
            let values = Array::of(Block::of(DType::Int32, vec![300, 1000], &values));
            let got = compress(&m, &values, &cx).unwrap();
            assert_eq!(got.shape(), [n.div_ceil(7)]);
            let all = to_block(&got, &cx).unwrap();
            assert!(all.typed::<i32>().iter().enumerate().all(|(i, x)| *x == 7 * i as i32));
            let back = Span { start: got.len() - 1, step: -1000, len: 40 };
            let some = got.read(&[back], &cx).unwrap();
            for (i, x) in some.typed::<i32>().iter().enumerate() {
                assert_eq!(*x, 7 * back.at(i) as i32);
            }
            let again = got.read(&[Span { start: 9, step: 0, len: 3 }], &cx).unwrap();
            assert_eq!(again.typed::<i32>(), [63, 63, 63]);
        }
        let m = mask(vec![4, 300], 3);
        let values = compress(&m, &mask(vec![4, 300], 3), &cx).unwrap();
        let zeros = Array::of(Block::zeros(DType::Bool, vec![4, 300]));
        let back = scatter(&m, &values, &zeros, &cx).unwrap();
        assert_eq!(to_block(&back, &cx).unwrap().bytes(), to_block(&m, &cx).unwrap().bytes());
        let none = compress(&mask(vec![0, 3], 1), &mask(vec![0, 3], 1), &cx).unwrap();
        assert_eq!(none.shape(), [0]);
        assert!(none.read(&whole(&[0]), &cx).unwrap().is_empty());
    }
}
