//! The lazy array: anything that has a shape, a dtype and can produce any rectangular region of
//! itself.
//!
//! A stored dataset, a view of it, `sqrt(x) + 1` and `arange(10**12)` are all [`Array`]s; what
//! tells them apart is their [`Source`]. Making one computes nothing. A region is a [`Span`] an
//! axis; negative steps are spans like any other.

use std::any::Any;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::block::{Block, Shared, count};
use super::context::Context;
use super::dtype::DType;
use super::error::Result;

/// Positions along an axis: `start + i * step` for `i < len`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub start: usize,
    /// From one to the next; may be negative or zero.
    pub step: isize,
    /// How many.
    pub len: usize,
}

impl Span {
    /// `start..start + len`.
    pub fn run(start: usize, len: usize) -> Span {
        Span { start, step: 1, len }
    }

    /// The position of index `i`.
    pub fn at(&self, i: usize) -> usize {
        (self.start as isize).wrapping_add(self.step.wrapping_mul(i as isize)) as usize
    }

    /// The positions that `inner` picks out of these.
    pub fn then(&self, inner: Span) -> Span {
        Span {
            start: if inner.len == 0 { self.start } else { self.at(inner.start) },
            step: self.step.wrapping_mul(inner.step),
            len: inner.len,
        }
    }

    /// Whether the positions follow each other.
    pub fn is_run(&self) -> bool {
        self.step == 1 || self.len <= 1
    }

    /// Which of the positions are in `from..to`: the index of the first, and how many.
    pub fn inside(&self, from: usize, to: usize) -> (usize, usize) {
        let (step, start) = (self.step as i128, self.start as i128);
        let (from, to) = (from as i128, to as i128 - 1);
        let clamp = |i: i128| i.clamp(0, self.len as i128) as usize;
        let (first, end) = match step {
            0 if (from..=to).contains(&start) => (0, self.len),
            0 => (0, 0),
            1.. => {
                (clamp(-(start - from).div_euclid(step)), clamp((to - start).div_euclid(step) + 1))
            }
            _ => (
                clamp(-(to - start).div_euclid(-step)),
                clamp((start - from).div_euclid(-step) + 1),
            ),
        };
        (first, end.saturating_sub(first))
    }

    /// The smallest position and the one after the largest.
    pub fn bounds(&self) -> (usize, usize) {
        match self.len {
            0 => (self.start, self.start),
            n => {
                let (a, b) = (self.start, self.at(n - 1));
                (a.min(b), a.max(b) + 1)
            }
        }
    }
}

/// The whole of a shape, as a region.
pub fn whole(shape: &[usize]) -> Vec<Span> {
    shape.iter().map(|&n| Span::run(0, n)).collect()
}

/// The shape of a region.
pub fn extent(region: &[Span]) -> Vec<usize> {
    region.iter().map(|s| s.len).collect()
}

/// Where an array's elements come from.
pub trait Source: Send + Sync + 'static {
    /// The elements of a region, in C order, of the region's shape. It is never empty, lies
    /// inside the array's shape and has a span for each axis. Called from many threads at once.
    ///
    /// # Errors
    /// Whatever reading or computing may meet; KeyboardInterrupt when the user stopped it.
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block>;

    /// The arrays that it is computed from.
    fn inputs(&self) -> Vec<Array> {
        Vec::new()
    }

    /// The shape of pieces that are cheap to read whole, where there is one (chunks).
    fn grid(&self) -> Option<Vec<usize>> {
        None
    }

    /// Computes what any region needs as a whole (a reduction inside an expression), with all
    /// threads, before regions are read in parallel.
    ///
    /// # Errors
    /// As [`Source::read`].
    fn prepare(&self, _cx: &Context) -> Result<()> {
        Ok(())
    }

    /// Whether preparing it prepares its inputs, where it needs them at all.
    fn prepares_inputs(&self) -> bool {
        false
    }

    /// Whether an element is computed from those of its inputs, broadcast, at the same place alone.
    fn is_pointwise(&self) -> bool {
        false
    }

    /// For looking at what it is, as an optimisation.
    fn as_any(&self) -> &dyn Any;
}

/// An array that is not computed until it is read. Clones are the same array.
#[derive(Clone)]
pub struct Array(Arc<Inner>);

struct Inner {
    dtype: DType,
    shape: Vec<usize>,
    source: Box<dyn Source>,
    /// Bytes held for each element while it is read, inputs and all.
    footprint: f64,
    /// Nodes of the expression, counted as a tree up to a bound.
    depth: usize,
    /// Results that wait for its elements and may share a pass over them.
    awaited: Mutex<Vec<Weak<dyn Any + Send + Sync>>>,
}

impl std::fmt::Debug for Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Array({}, {:?})", self.dtype(), self.shape())
    }
}

impl Array {
    /// An array of this dtype and shape, made by `source`.
    pub fn new(dtype: DType, shape: Vec<usize>, source: impl Source) -> Array {
        let n = count(&shape).max(1) as f64;
        let inputs = source.inputs();
        let below: f64 =
            inputs.iter().map(|a| a.0.footprint * (a.len().max(1) as f64 / n).min(1.0)).sum();
        let depth = 1 + inputs.iter().map(|a| a.0.depth).max().unwrap_or(0);
        let footprint = dtype.size() as f64 + below;
        let (source, awaited) = (Box::new(source), Mutex::default());
        Array(Arc::new(Inner { dtype, shape, source, footprint, depth, awaited }))
    }

    /// An array whose elements are in memory.
    pub fn of(block: Block) -> Array {
        Array::of_shared(Arc::new(block))
    }

    /// An array whose elements are in memory that others hold too.
    pub fn of_shared(block: Shared) -> Array {
        Array::new(block.dtype().clone(), block.shape().to_vec(), Literal(block))
    }

    /// What its elements are.
    pub fn dtype(&self) -> &DType {
        &self.0.dtype
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    /// How many axes it has.
    pub fn ndim(&self) -> usize {
        self.0.shape.len()
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        count(&self.0.shape)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.shape.contains(&0)
    }

    /// Bytes of all its elements.
    pub fn bytes(&self) -> usize {
        self.len().saturating_mul(self.dtype().size())
    }

    /// Bytes held for each element while it is read, about.
    pub fn footprint(&self) -> f64 {
        self.0.footprint.max(1.0)
    }

    /// How deep the expression is that it stands for.
    pub fn depth(&self) -> usize {
        self.0.depth
    }

    /// What makes it.
    pub fn source(&self) -> &dyn Source {
        self.0.source.as_ref()
    }

    /// The source, where it is of this type.
    pub fn source_as<S: Source>(&self) -> Option<&S> {
        self.0.source.as_any().downcast_ref()
    }

    /// Whether two are the same array, not only equal.
    pub fn same(&self, other: &Array) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many clones of it there are.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// Notes a result that waits for these elements.
    pub fn await_by(&self, result: Weak<dyn Any + Send + Sync>) {
        let mut awaited = self.0.awaited.lock();
        awaited.retain(|w| w.strong_count() > 0);
        awaited.push(result);
    }

    /// The results of this type that were noted and are still there.
    pub fn awaited_by<T: Send + Sync + 'static>(&self) -> Vec<Arc<T>> {
        let awaited = self.0.awaited.lock();
        awaited.iter().filter_map(Weak::upgrade).filter_map(|a| a.downcast().ok()).collect()
    }

    /// The shape of pieces that are cheap to read whole.
    pub fn grid(&self) -> Option<Vec<usize>> {
        self.0.source.grid()
    }

    /// The elements in memory, where they are there already.
    pub fn in_memory(&self) -> Option<&Shared> {
        self.source_as::<Literal>().map(|l| &l.0)
    }

    /// The elements of a region, in C order.
    ///
    /// # Errors
    /// Whatever reading or computing may meet.
    pub fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        debug_assert_eq!(region.len(), self.ndim());
        let shape = extent(region);
        if shape.contains(&0) {
            return Ok(Block::zeros(self.dtype().clone(), shape));
        }
        let block = self.0.source.read(region, cx)?;
        debug_assert_eq!(block.shape(), shape);
        debug_assert_eq!(block.dtype(), self.dtype());
        Ok(block)
    }

    /// Computes all that regions need as a whole, inputs first.
    ///
    /// # Errors
    /// Whatever computing may meet.
    pub fn prepare(&self, cx: &Context) -> Result<()> {
        let mut seen = Vec::new();
        prepare(self, cx, &mut seen)
    }
}

fn prepare(array: &Array, cx: &Context, seen: &mut Vec<*const Inner>) -> Result<()> {
    let this = Arc::as_ptr(&array.0);
    if seen.contains(&this) {
        return Ok(());
    }
    seen.push(this);
    if !array.source().prepares_inputs() {
        for input in array.0.source.inputs() {
            prepare(&input, cx, seen)?;
        }
    }
    array.0.source.prepare(cx)
}

/// Elements in memory.
pub struct Literal(pub Shared);

impl Source for Literal {
    fn read(&self, region: &[Span], _cx: &Context) -> Result<Block> {
        Ok(pick(&self.0, region))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The elements of a region of a block.
pub fn pick(block: &Block, region: &[Span]) -> Block {
    if region.iter().zip(block.shape()).all(|(s, &n)| s.start == 0 && s.is_run() && s.len == n) {
        return block.clone();
    }
    let mut out = Block::scratch(block.dtype().clone(), extent(region));
    let strides = strides(block.shape());
    for_runs(&extent(region), |to, index, n| {
        let mut from = 0isize;
        for (axis, s) in region.iter().enumerate() {
            from += s.at(index[axis]) as isize * strides[axis] as isize;
        }
        match region.last() {
            Some(last) if n > 1 && last.step == 0 => {
                out.fill_run(to, n, block, from as usize);
            }
            Some(last) if n > 1 && last.step != 1 => {
                copy_strided(&mut out, to, block, from, last.step, n);
            }
            _ => out.copy_run(to, block, from as usize, n),
        }
    });
    out
}

/// Copies `n` elements, `step` apart, to a run.
pub fn copy_strided(out: &mut Block, to: usize, block: &Block, from: isize, step: isize, n: usize) {
    macro_rules! copy {
        ($T:ty) => {{
            let source: &[$T] = block.typed();
            let target: &mut [$T] = &mut out.typed_mut()[to..to + n];
            let mut at = from;
            for slot in target {
                *slot = source[at as usize];
                at = at.wrapping_add(step);
            }
        }};
    }
    crate::by_width!(block.dtype(), copy);
    for i in 0..n {
        out.copy_run(to + i, block, (from + step * i as isize) as usize, 1);
    }
}

/// Elements between neighbours along each axis, in C order.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i].max(1);
    }
    strides
}

/// Calls `f` for each row along the last axis of a shape: with its first flat position, its index
/// and its length. A shape without axes has one row of one element.
pub fn for_runs(shape: &[usize], mut f: impl FnMut(usize, &[usize], usize)) {
    if shape.contains(&0) {
        return;
    }
    let (outer, row) = match shape.split_last() {
        Some((&row, outer)) => (outer, row),
        None => return f(0, &[], 1),
    };
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    loop {
        f(at, &index, row);
        at += row;
        let mut axis = outer.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            index[axis] += 1;
            if index[axis] < outer[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_inside_a_range_are_those_that_a_walk_finds() {
        for start in 0..9 {
            for step in -3..4isize {
                for len in 0..6 {
                    let span = Span { start: start + 12, step, len };
                    for (from, to) in (0..30).flat_map(|a| (a + 1..30).map(move |b| (a, b))) {
                        let hits: Vec<usize> =
                            (0..len).filter(|&i| (from..to).contains(&span.at(i))).collect();
                        let (first, n) = span.inside(from, to);
                        assert_eq!(n, hits.len(), "{span:?} in {from}..{to}");
                        assert!(n == 0 || first == hits[0], "{span:?} in {from}..{to}");
                    }
                }
            }
        }
    }
}
