//! Reductions: many elements to one, on a fixed tree.
//!
//! A [`Reducer`] says what one element is worth and how two neighbouring results merge; the order
//! of merging is always that of one binary tree over the logical index of the reduced axes: node
//! `(level, i)` covers indices `i << level .. (i + 1) << level`. Any run of indices, wherever
//! blocks begin and end, falls into a few whole nodes of that tree, so the same bits come out for
//! every memory limit, thread count and chunk grid; for sums this is pairwise summation down to
//! single elements, whose error grows with log n.
//!
//! A task is a range of blocks of one box of outputs; it merges its nodes as they come, and what
//! is left of it is merged with that of other tasks. Who wants to see results grow gives a
//! [`Watch`]; elements that are several values are reduced part by part ([`Parts`]).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytemuck::Pod;

use super::block::{Block, count};
use super::context::Context;
use super::error::Result;
use super::lazy::{Array, Span, for_runs, strides};
use super::run::{Order, Units, parallel, unit_elements, unit_size};

/// What a reduction is made of. `merge` must be the same for the same arguments, no more.
pub trait Reducer: Clone + Send + Sync + 'static {
    /// An element.
    type In: Pod + Send + Sync;
    /// What is known of some elements.
    type State: Copy + Send + Sync + 'static;
    /// Of no element.
    fn empty(&self) -> Self::State;
    /// Of the element at this index of the reduced axes.
    fn one(&self, x: Self::In, index: u64) -> Self::State;
    /// Of `na` elements followed by `nb`.
    fn merge(&self, a: Self::State, na: u64, b: Self::State, nb: u64) -> Self::State;
}

/// A reduction of elements that have several parts (the fields of a compound), each for itself.
pub trait Parts: Sync {
    /// What is known of some elements' part.
    type State: Copy + Send + Sync + 'static;
    /// How many parts there are.
    fn parts(&self) -> usize;
    /// Of no element.
    fn empty(&self) -> Self::State;
    /// Of a part of element `at` of a block, whose index among all is `index`.
    fn one(&self, block: &Block, at: usize, part: usize, index: u64) -> Self::State;
    /// Of elements followed by others.
    fn merge(&self, a: Self::State, b: Self::State) -> Self::State;
}

/// What takes a look.
pub type Look<'a, S> = dyn FnMut(&[Span], Vec<S>, u64) + 'a;

/// Looks at results while they are being made, at most so often: a box of the kept axes, what is
/// known of each output, and of how many elements that is.
pub struct Watch<'a, S> {
    /// The time between two looks.
    pub every: Duration,
    /// Takes a look.
    pub look: &'a mut Look<'a, S>,
}

/// Units that one task of a watched reduction is of: few, so that first results come soon.
const WATCHED: usize = 4;

/// Merging of states of one kind, with or without counts of their own.
trait Merger: Sync {
    type S: Copy + Send + Sync;
    fn empty(&self) -> Self::S;
    fn merge(&self, a: Self::S, na: u64, b: Self::S, nb: u64) -> Self::S;
}

/// Where a block's elements are turned into states.
trait Leaves: Merger {
    /// The state of the element at `offset` of the block.
    fn leaf(&self, offset: usize, index: u64) -> Self::S;

    /// The nodes of level 3 of `out.len()` columns: rows begin at `offset`, `stride` apart.
    fn eight(&self, offset: usize, stride: usize, index: u64, out: &mut [Self::S]) {
        for (c, slot) in out.iter_mut().enumerate() {
            let s: [Self::S; 8] =
                std::array::from_fn(|k| self.leaf(offset + k * stride + c, index + k as u64));
            *slot = tree8(self, s);
        }
    }
}

fn tree8<M: Merger + ?Sized>(m: &M, s: [M::S; 8]) -> M::S {
    let q = [
        m.merge(s[0], 1, s[1], 1),
        m.merge(s[2], 1, s[3], 1),
        m.merge(s[4], 1, s[5], 1),
        m.merge(s[6], 1, s[7], 1),
    ];
    m.merge(m.merge(q[0], 2, q[1], 2), 4, m.merge(q[2], 2, q[3], 2), 4)
}

struct Plain<'a, R: Reducer> {
    reducer: &'a R,
    elements: &'a [R::In],
}

impl<R: Reducer> Merger for Plain<'_, R> {
    type S = R::State;
    fn empty(&self) -> R::State {
        self.reducer.empty()
    }
    fn merge(&self, a: R::State, na: u64, b: R::State, nb: u64) -> R::State {
        self.reducer.merge(a, na, b, nb)
    }
}

impl<R: Reducer> Leaves for Plain<'_, R> {
    fn leaf(&self, offset: usize, index: u64) -> R::State {
        self.reducer.one(self.elements[offset], index)
    }

    fn eight(&self, offset: usize, stride: usize, index: u64, out: &mut [R::State]) {
        let w = out.len();
        // slices of one length let the compiler drop the checks and use vectors
        let rows: [&[R::In]; 8] =
            std::array::from_fn(|k| &self.elements[offset + k * stride..offset + k * stride + w]);
        let [a, b, c, d, e, f, g, h] = rows;
        for i in 0..w {
            let s = [a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]];
            let mut k = index;
            let s = s.map(|x| {
                k += 1;
                self.reducer.one(x, k - 1)
            });
            out[i] = tree8(self, s);
        }
    }
}

/// States that count their elements, since some are left out (`where=`).
struct Masked<'a, R: Reducer> {
    reducer: &'a R,
    elements: &'a [R::In],
    keep: &'a [u8],
}

impl<R: Reducer> Merger for Masked<'_, R> {
    type S = (R::State, u64);
    fn empty(&self) -> Self::S {
        (self.reducer.empty(), 0)
    }
    fn merge(&self, a: Self::S, _: u64, b: Self::S, _: u64) -> Self::S {
        match (a.1, b.1) {
            (_, 0) => a,
            (0, _) => b,
            (na, nb) => (self.reducer.merge(a.0, na, b.0, nb), na + nb),
        }
    }
}

impl<R: Reducer> Leaves for Masked<'_, R> {
    fn leaf(&self, offset: usize, index: u64) -> Self::S {
        match self.keep[offset] {
            0 => self.empty(),
            _ => (self.reducer.one(self.elements[offset], index), 1),
        }
    }
}

/// Elements seen part by part: `offset` counts parts.
struct ByParts<'a, P: Parts> {
    reducer: &'a P,
    block: Option<&'a Block>,
}

impl<P: Parts> Merger for ByParts<'_, P> {
    type S = P::State;
    fn empty(&self) -> P::State {
        self.reducer.empty()
    }
    fn merge(&self, a: P::State, _: u64, b: P::State, _: u64) -> P::State {
        self.reducer.merge(a, b)
    }
}

impl<P: Parts> Leaves for ByParts<'_, P> {
    fn leaf(&self, offset: usize, index: u64) -> P::State {
        let n = self.reducer.parts().max(1);
        match self.block {
            Some(block) => self.reducer.one(block, offset / n, offset % n, index),
            None => self.reducer.empty(),
        }
    }
}

/// The whole nodes of the tree that `first..first + n` falls into: level and index, in order.
fn nodes(first: u64, n: u64) -> impl Iterator<Item = (u32, u64)> {
    let (mut at, end) = (first, first + n);
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let level = at.trailing_zeros().min((end - at).ilog2());
        let node = (level, at >> level);
        at += 1 << level;
        Some(node)
    })
}

/// The state of one node whose elements follow each other in the block.
fn node_run<L: Leaves>(l: &L, level: u32, offset: usize, index: u64) -> L::S {
    match level {
        0 => l.leaf(offset, index),
        1 => l.merge(l.leaf(offset, index), 1, l.leaf(offset + 1, index + 1), 1),
        3 => tree8(l, std::array::from_fn(|k| l.leaf(offset + k, index + k as u64))),
        _ => {
            let half = 1u64 << (level - 1);
            let a = node_run(l, level - 1, offset, index);
            let b = node_run(l, level - 1, offset + half as usize, index + half);
            l.merge(a, half, b, half)
        }
    }
}

/// The states of one node for columns side by side: rows begin at `offset`, `stride` apart.
fn node_rows<L: Leaves>(
    l: &L,
    level: u32,
    offset: usize,
    stride: usize,
    index: u64,
    out: &mut [L::S],
    scratch: &mut [Vec<L::S>],
) {
    match level {
        0 => out.iter_mut().enumerate().for_each(|(c, s)| *s = l.leaf(offset + c, index)),
        3 => l.eight(offset, stride, index, out),
        _ => {
            let half = 1u64 << (level - 1);
            let Some((mine, deeper)) = scratch.split_first_mut() else { return };
            let second = &mut mine[..out.len()];
            node_rows(l, level - 1, offset, stride, index, out, deeper);
            let below = offset + half as usize * stride;
            node_rows(l, level - 1, below, stride, index + half, second, deeper);
            for (a, b) in out.iter_mut().zip(second.iter()) {
                *a = l.merge(*a, half, *b, half);
            }
        }
    }
}

/// Nodes that wait for their neighbours, for one box of outputs.
struct Tree<S> {
    total: u64,
    waiting: HashMap<(u32, u64), Vec<S>>,
}

impl<S: Copy> Tree<S> {
    fn new(total: u64) -> Tree<S> {
        Tree { total, waiting: HashMap::new() }
    }

    /// Elements under a node.
    fn size(&self, level: u32, index: u64) -> u64 {
        let first = index << level;
        self.total.min(first + (1 << level)) - first
    }

    /// Adds a node's states and merges it with its neighbour as far as that goes.
    fn add<M: Merger<S = S>>(&mut self, m: &M, mut level: u32, mut index: u64, mut states: Vec<S>) {
        while (1u64 << level) < self.total {
            let sibling = index ^ 1;
            if (sibling << level) < self.total {
                let Some(other) = self.waiting.remove(&(level, sibling)) else {
                    self.waiting.insert((level, index), states);
                    return;
                };
                let (ia, ib) = (index & !1, index | 1);
                let (na, nb) = (self.size(level, ia), self.size(level, ib));
                let (mut a, b) = if index == ia { (states, other) } else { (other, states) };
                for (a, b) in a.iter_mut().zip(b) {
                    *a = m.merge(*a, na, b, nb);
                }
                states = a;
            }
            level += 1;
            index >>= 1;
        }
        self.waiting.insert((level, 0), states);
    }

    /// What is known so far, and of how many elements.
    fn so_far<M: Merger<S = S>>(&self, m: &M) -> Option<(Vec<S>, u64)> {
        let mut parts: Vec<_> = self.waiting.iter().collect();
        parts.sort_by_key(|((level, index), _)| index << level);
        let mut parts = parts.into_iter();
        let (&(level, index), first) = parts.next()?;
        let (mut states, mut n) = (first.clone(), self.size(level, index));
        for (&(level, index), more) in parts {
            let nb = self.size(level, index);
            for (a, b) in states.iter_mut().zip(more) {
                *a = m.merge(*a, n, *b, nb);
            }
            n += nb;
        }
        Some((states, n))
    }

    fn is_done(&self) -> bool {
        self.waiting.len() == 1
            && self
                .waiting
                .keys()
                .all(|(level, index)| *index == 0 && (1u64 << level) >= self.total)
    }
}

/// Columns whose states stay in the innermost cache.
const STRIP: usize = 512;
/// Fewer columns than this are turned into runs first.
const NARROW: usize = 8;

/// A block ready to be folded: `outer` x `rows` x `inner`, the rows in the order of the tree.
struct Folded {
    block: Block,
    keep: Option<Block>,
    outer: usize,
    inner: usize,
    /// First index and length of each run of rows.
    runs: Vec<(u64, usize)>,
}

/// Which way the reduced axes lie.
struct Plan<'a> {
    input: &'a Array,
    keep: Option<&'a Array>,
    reduced: &'a [bool],
    /// Flat steps of the reduced axes in the tree's index.
    steps: Vec<u64>,
    total: u64,
    /// Parts of an element, each with a result of its own; then all axes are reduced.
    parts: usize,
}

impl Plan<'_> {
    fn fetch(&self, region: &[Span], cx: &Context) -> Result<Folded> {
        let block = self.input.read(region, cx)?;
        let keep = self.keep.map(|k| k.read(region, cx)).transpose()?;
        let shape = block.shape().to_vec();
        let is_reduced = |a: &usize| self.reduced[*a];
        let reduced: Vec<usize> = (0..shape.len()).filter(is_reduced).collect();
        let rows: Vec<usize> = reduced.iter().map(|&a| shape[a]).collect();
        // whole inner axes make longer runs
        let mut run = 1;
        let mut outer_axes = reduced.len();
        while outer_axes > 0 {
            let axis = reduced[outer_axes - 1];
            outer_axes -= 1;
            run *= shape[axis];
            if shape[axis] != self.input.shape()[axis] {
                break;
            }
        }
        let origin: u64 = reduced.iter().map(|&a| region[a].start as u64 * self.steps[a]).sum();
        let mut runs = Vec::new();
        let mut boxes = rows[..outer_axes].to_vec();
        boxes.push(1);
        for_runs(&boxes, |_, index, _| {
            let at: u64 = reduced[..outer_axes]
                .iter()
                .zip(index)
                .map(|(&a, &i)| i as u64 * self.steps[a])
                .sum();
            runs.push((origin + at, run));
        });
        if self.parts != 1 {
            return Ok(Folded { block, keep, outer: 1, inner: self.parts, runs });
        }
        let adjacent = reduced.windows(2).all(|w| w[1] == w[0] + 1);
        let first = reduced.first().copied().unwrap_or(shape.len());
        let last = reduced.last().map_or(shape.len(), |a| a + 1);
        let inner = if adjacent { count(&shape[last..]) } else { 1 };
        if adjacent && (inner == 1 || inner >= NARROW) {
            let outer = count(&shape[..first]);
            return Ok(Folded { block, keep, outer, inner, runs });
        }
        // kept axes first, each output's elements in one run
        let mut order: Vec<usize> = (0..shape.len()).filter(|a| !self.reduced[*a]).collect();
        let outer = order.iter().map(|&a| shape[a]).product();
        order.extend(&reduced);
        let arrange = |b: Block| -> Result<Block> {
            let view = super::view::transpose(&Array::of(b), &order);
            view.read(&super::lazy::whole(view.shape()), cx)
        };
        let keep = keep.map(arrange).transpose()?;
        Ok(Folded { block: arrange(block)?, keep, outer, inner: 1, runs })
    }
}

/// Folds a block into a tree of states.
fn fold<L: Leaves>(l: &L, f: &Folded, tree: &mut Tree<L::S>) {
    let rows: usize = f.runs.iter().map(|r| r.1).sum();
    let mut scratch: Vec<Vec<L::S>> = Vec::new();
    if f.inner > 1 {
        let deepest = f.runs.iter().map(|r| r.1.max(1).ilog2() as usize).max().unwrap_or(0);
        scratch = vec![vec![l.empty(); STRIP.min(f.inner)]; deepest + 1];
    }
    let mut row = 0;
    for &(first, n) in &f.runs {
        for (level, index) in nodes(first, n as u64) {
            let start = index << level;
            let at = row + (start - first) as usize;
            let mut states = vec![l.empty(); f.outer * f.inner];
            for o in 0..f.outer {
                if f.inner == 1 {
                    states[o] = node_run(l, level, o * rows + at, start);
                    continue;
                }
                let offset = (o * rows + at) * f.inner;
                let out = &mut states[o * f.inner..(o + 1) * f.inner];
                for (s, strip) in out.chunks_mut(STRIP).enumerate() {
                    let offset = offset + s * STRIP;
                    node_rows(l, level, offset, f.inner, start, strip, &mut scratch);
                }
            }
            tree.add(l, level, index, states);
        }
        row += n;
    }
}

/// Reduces an array over the axes that `reduced` marks, leaving out elements where `keep` (bool,
/// of the same shape) is false. `take` gets boxes of the kept axes: their region, and for each
/// output its state and how many elements it is of.
///
/// # Errors
/// As reading, and those of `take`.
pub fn reduce<R: Reducer>(
    reducer: &R,
    input: &Array,
    keep: Option<&Array>,
    reduced: &[bool],
    cx: &Context,
    take: impl FnMut(&[Span], Vec<(R::State, u64)>) -> Result<()>,
) -> Result<()> {
    reduce_watched(reducer, input, keep, reduced, cx, None, take)
}

/// The same; where no element is left out, `watch` sees the results grow.
///
/// # Errors
/// As [`reduce`].
pub fn reduce_watched<R: Reducer>(
    reducer: &R,
    input: &Array,
    keep: Option<&Array>,
    reduced: &[bool],
    cx: &Context,
    watch: Option<Watch<'_, R::State>>,
    mut take: impl FnMut(&[Span], Vec<(R::State, u64)>) -> Result<()>,
) -> Result<()> {
    let what = What { input, keep, reduced, parts: 1 };
    match keep {
        None => {
            let empty: &[R::In] = &[];
            let merger = Plain { reducer, elements: empty };
            reduce_by(
                &merger,
                what,
                cx,
                watch,
                |f, tree| {
                    fold(&Plain { reducer, elements: f.block.typed() }, f, tree);
                },
                |region, states, n| take(region, states.into_iter().map(|s| (s, n)).collect()),
            )
        }
        Some(_) => {
            let merger = Masked { reducer, elements: &[], keep: &[] };
            reduce_by(
                &merger,
                what,
                cx,
                None,
                |f, tree| {
                    let mask = f.keep.as_ref().map_or(&[][..], |k| k.bytes());
                    fold(&Masked { reducer, elements: f.block.typed(), keep: mask }, f, tree);
                },
                |region, states, _| take(region, states),
            )
        }
    }
}

/// Reduces all elements of an array, part by part: the parts' states.
///
/// # Errors
/// As reading.
pub fn reduce_parts<P: Parts>(
    reducer: &P,
    input: &Array,
    cx: &Context,
    watch: Option<Watch<'_, P::State>>,
) -> Result<Vec<P::State>> {
    let n = reducer.parts();
    let mut out = vec![reducer.empty(); n];
    if input.is_empty() || n == 0 {
        return Ok(out);
    }
    let reduced = vec![true; input.ndim()];
    let what = What { input, keep: None, reduced: &reduced, parts: n };
    reduce_by(
        &ByParts { reducer, block: None },
        what,
        cx,
        watch,
        |f, tree| fold(&ByParts { reducer, block: Some(&f.block) }, f, tree),
        |_, states, _| {
            out = states;
            Ok(())
        },
    )?;
    Ok(out)
}

/// What is reduced.
struct What<'a> {
    input: &'a Array,
    keep: Option<&'a Array>,
    reduced: &'a [bool],
    parts: usize,
}

fn reduce_by<M: Merger>(
    merger: &M,
    what: What<'_>,
    cx: &Context,
    mut watch: Option<Watch<'_, M::S>>,
    fold: impl Fn(&Folded, &mut Tree<M::S>) + Sync,
    mut take: impl FnMut(&[Span], Vec<M::S>, u64) -> Result<()>,
) -> Result<()> {
    let What { input, keep, reduced, parts } = what;
    input.prepare(cx)?;
    if let Some(keep) = keep {
        keep.prepare(cx)?;
    }
    let shape = input.shape();
    let mut steps = vec![0u64; shape.len()];
    let mut total = 1u64;
    for axis in (0..shape.len()).rev().filter(|a| reduced[*a]) {
        steps[axis] = total;
        total *= shape[axis] as u64;
    }
    let kept_shape: Vec<usize> =
        shape.iter().zip(reduced).map(|(&n, r)| if *r { 1 } else { n }).collect();
    if input.is_empty() {
        // no element: each output is of none
        let outputs: Vec<Span> = kept_shape
            .iter()
            .zip(reduced)
            .filter(|(_, r)| !**r)
            .map(|(&n, _)| Span::run(0, n))
            .collect();
        let n = outputs.iter().map(|s| s.len).product();
        return take(&outputs, vec![merger.empty(); n], 0);
    }
    let most = unit_elements(input, cx);
    let order: Vec<usize> = (0..shape.len()).rev().collect();
    let grid = input.grid();
    let mut size = unit_size(shape, grid.as_deref(), most, &order);
    if grid.is_none() {
        // powers of two fall into fewer nodes
        for (axis, size) in size.iter_mut().enumerate() {
            if reduced[axis] && *size < shape[axis] {
                *size = 1 << size.ilog2();
            }
        }
    }
    let masked = |keep: bool| -> (Vec<usize>, Vec<usize>) {
        (0..shape.len())
            .map(|a| if reduced[a] == keep { (1, 1) } else { (shape[a], size[a]) })
            .unzip()
    };
    let ((kept_full, kept_size), (red_full, red_size)) = (masked(true), masked(false));
    let kept_units = Units::new(&kept_full, kept_size);
    let red_units = Units::new(&red_full, red_size);
    let all = kept_units.len() * red_units.len();
    let longest = if watch.is_some() { WATCHED } else { 64 };
    let per_task = (all / (cx.settings().threads * 16)).clamp(1, longest).min(red_units.len());
    let tasks_each = red_units.len().div_ceil(per_task);
    let plan = Plan { input, keep, reduced, steps, total, parts };
    cx.begin("reducing", input.len() as u64);
    let mut trees: HashMap<usize, Tree<M::S>> = HashMap::new();
    let outputs = |k: usize| -> Vec<Span> {
        let kept = kept_units.region(k);
        (0..shape.len()).filter(|a| !reduced[*a]).map(|a| kept[a]).collect()
    };
    let mut looked: Option<Instant> = None;
    parallel(
        cx,
        kept_units.len() * tasks_each,
        Order::Any,
        |task| {
            let (k, t) = (task / tasks_each, task % tasks_each);
            let kept = kept_units.region(k);
            let mut tree = Tree::new(plan.total);
            for r in t * per_task..((t + 1) * per_task).min(red_units.len()) {
                cx.check()?;
                let mut region = red_units.region(r);
                for axis in (0..shape.len()).filter(|a| !reduced[*a]) {
                    region[axis] = kept[axis];
                }
                let folded = plan.fetch(&region, cx)?;
                fold(&folded, &mut tree);
                cx.advance(folded.block.len() as u64);
            }
            Ok(tree)
        },
        |task, part| {
            let k = task / tasks_each;
            let tree = trees.entry(k).or_insert_with(|| Tree::new(total));
            for ((level, index), states) in part.waiting {
                tree.add(merger, level, index, states);
            }
            if tree.is_done()
                && let Some(mut done) = trees.remove(&k)
                && let Some((_, states)) = done.waiting.drain().next()
            {
                take(&outputs(k), states, total)?;
            } else if let Some(watch) = &mut watch
                && looked.is_none_or(|at| at.elapsed() >= watch.every)
                && let Some((states, n)) = trees.get(&k).and_then(|t| t.so_far(merger))
            {
                (watch.look)(&outputs(k), states, n);
                looked = Some(Instant::now());
            }
            Ok(())
        },
    )
}

/// Flat steps of a shape, for outputs that know their place.
pub fn flat_steps(shape: &[usize]) -> Vec<usize> {
    strides(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::context::Settings;
    use crate::array::dtype::DType;

    #[derive(Clone)]
    struct Sum;
    impl Reducer for Sum {
        type In = f64;
        type State = f64;
        fn empty(&self) -> f64 {
            0.0
        }
        fn one(&self, x: f64, _: u64) -> f64 {
            x
        }
        fn merge(&self, a: f64, _: u64, b: f64, _: u64) -> f64 {
            a + b
        }
    }

    fn sums(shape: &[usize], reduced: &[bool], memory: usize, threads: usize) -> Vec<f64> {
        let n = count(shape);
        let xs: Vec<f64> = (0..n).map(|i| ((i * 7919) % 10_007) as f64 * 0.1 + 1e-7).collect();
        let a = Array::of(Block::of(DType::Float64, shape.to_vec(), &xs));
        let cx = Context::new(Settings { memory, threads, temp_dir: None });
        let kept: Vec<usize> =
            shape.iter().zip(reduced).filter(|(_, r)| !**r).map(|(n, _)| *n).collect();
        let mut out = Block::zeros(DType::Float64, kept);
        reduce(&Sum, &a, None, reduced, &cx, |region, states| {
            let values: Vec<f64> = states.iter().map(|s| s.0).collect();
            let shape = super::super::lazy::extent(region);
            super::super::run::put(&mut out, region, &Block::of(DType::Float64, shape, &values));
            Ok(())
        })
        .unwrap();
        out.typed().to_vec()
    }

    #[test]
    fn the_same_bits_for_every_memory_limit_and_thread_count() {
        for (shape, reduced) in [
            (vec![1000, 37], vec![true, false]),
            (vec![1000, 37], vec![false, true]),
            (vec![1000, 37], vec![true, true]),
            (vec![40, 50, 30], vec![true, false, true]),
            (vec![40, 50, 3], vec![true, true, false]),
            (vec![100_003], vec![true]),
        ] {
            let first = sums(&shape, &reduced, 1 << 30, 1);
            for memory in [1, 20_000, 300_000] {
                for threads in [1, 5] {
                    let again = sums(&shape, &reduced, memory, threads);
                    assert_eq!(first, again, "{shape:?} {reduced:?} {memory} {threads}");
                }
            }
        }
    }
}
