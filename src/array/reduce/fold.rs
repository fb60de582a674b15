//! Folding a block: its elements become states, and these the nodes of the tree.
//!
//! This is the inner loop of every reduction and the only part of them that is compiled for each
//! kind of state. A block is seen as `outer` x `rows` x `inner`; rows are walked in the order of
//! the tree, columns side by side in strips that stay in cache.

use std::any::Any;

use super::pass::{Fold, Folded};
use super::tree::{Exact, Merger, Nodes, NodesOf, nodes, tree8};
use super::{Parts, Reducer};
use crate::array::block::Block;

/// Columns whose states stay in the innermost cache.
const STRIP: usize = 512;

/// Where a block's elements are turned into states.
trait Leaves {
    type M: Merger;
    fn merger(&self) -> &Self::M;

    /// The state of the element at `offset` of the block.
    fn leaf(&self, offset: usize, index: u64) -> <Self::M as Merger>::S;

    /// The state of eight elements that follow each other.
    fn next8(&self, offset: usize, index: u64) -> <Self::M as Merger>::S {
        tree8(self.merger(), std::array::from_fn(|k| self.leaf(offset + k, index + k as u64)))
    }

    /// The nodes of level 3 of `out.len()` columns: rows begin at `offset`, `stride` apart.
    fn eight(&self, offset: usize, stride: usize, index: u64, out: &mut [<Self::M as Merger>::S]) {
        for (c, slot) in out.iter_mut().enumerate() {
            let s: [<Self::M as Merger>::S; 8] =
                std::array::from_fn(|k| self.leaf(offset + k * stride + c, index + k as u64));
            *slot = tree8(self.merger(), s);
        }
    }
}

/// All elements count.
#[derive(Clone)]
pub struct Plain<R>(pub R);

impl<R: Reducer> Merger for Plain<R> {
    type S = R::State;
    fn empty(&self) -> R::State {
        self.0.empty()
    }
    #[inline(always)]
    fn merge(&self, a: R::State, na: u64, b: R::State, nb: u64) -> R::State {
        self.0.merge(a, na, b, nb)
    }
}

struct PlainLeaves<'a, R: Reducer> {
    merger: &'a Plain<R>,
    elements: &'a [R::In],
}

impl<R: Reducer> Leaves for PlainLeaves<'_, R> {
    type M = Plain<R>;
    fn merger(&self) -> &Plain<R> {
        self.merger
    }

    #[inline(always)]
    fn leaf(&self, offset: usize, index: u64) -> R::State {
        self.merger.0.one(self.elements[offset], index)
    }

    #[inline(always)]
    fn next8(&self, offset: usize, index: u64) -> R::State {
        let mut states = [self.merger.0.empty(); 8];
        // one check for all eight
        for (k, (x, s)) in self.elements[offset..offset + 8].iter().zip(&mut states).enumerate() {
            *s = self.merger.0.one(*x, index + k as u64);
        }
        tree8(self.merger, states)
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
                self.merger.0.one(x, k - 1)
            });
            out[i] = tree8(self.merger, s);
        }
    }
}

impl<R: Reducer> PlainLeaves<'_, R> {
    /// The state of elements that follow each other, where their order doesn't matter.
    fn any_order(&self, offset: usize, n: usize, index: u64) -> R::State {
        let r = &self.merger.0;
        // side by side, which the compiler turns into vectors
        let mut lanes = [r.empty(); 16];
        let elements = &self.elements[offset..offset + n];
        let (groups, rest) = elements.as_chunks::<16>();
        for (g, group) in groups.iter().enumerate() {
            for (k, (lane, x)) in lanes.iter_mut().zip(group).enumerate() {
                *lane = r.merge(*lane, 1, r.one(*x, index + (16 * g + k) as u64), 1);
            }
        }
        let mut all = r.empty();
        for (k, x) in rest.iter().enumerate() {
            all = r.merge(all, 1, r.one(*x, index + (16 * groups.len() + k) as u64), 1);
        }
        lanes.into_iter().fold(all, |a, b| r.merge(a, 1, b, 1))
    }
}

impl<R: Reducer> Fold for Plain<R> {
    fn fold(&self, f: &Folded, total: u64) -> Box<dyn Nodes> {
        let leaves = PlainLeaves { merger: self, elements: f.block.typed() };
        if R::EXACT { fold_exact(&leaves, f) } else { fold(&leaves, f, total) }
    }

    fn exact(&self) -> bool {
        R::EXACT
    }
}

/// States that count their elements, since some are left out (`where=`).
#[derive(Clone)]
pub struct Masked<R>(pub R);

impl<R: Reducer> Merger for Masked<R> {
    type S = (R::State, u64);
    fn empty(&self) -> Self::S {
        (self.0.empty(), 0)
    }
    fn merge(&self, a: Self::S, _: u64, b: Self::S, _: u64) -> Self::S {
        match (a.1, b.1) {
            (_, 0) => a,
            (0, _) => b,
            (na, nb) => (self.0.merge(a.0, na, b.0, nb), na + nb),
        }
    }
}

struct MaskedLeaves<'a, R: Reducer> {
    merger: &'a Masked<R>,
    elements: &'a [R::In],
    keep: &'a [u8],
}

impl<R: Reducer> Leaves for MaskedLeaves<'_, R> {
    type M = Masked<R>;
    fn merger(&self) -> &Masked<R> {
        self.merger
    }
    fn leaf(&self, offset: usize, index: u64) -> (R::State, u64) {
        match self.keep[offset] {
            0 => self.merger.empty(),
            _ => (self.merger.0.one(self.elements[offset], index), 1),
        }
    }
}

impl<R: Reducer> Fold for Masked<R> {
    fn fold(&self, f: &Folded, total: u64) -> Box<dyn Nodes> {
        let keep = f.keep.as_ref().map_or(&[][..], |k| k.bytes());
        fold(&MaskedLeaves { merger: self, elements: f.block.typed(), keep }, f, total)
    }
}

/// Elements seen part by part: offsets count parts.
pub struct ByParts<'a, P>(pub &'a P);

/// Merging of parts.
struct MergeParts<P>(std::marker::PhantomData<fn() -> P>);

impl<P> Clone for MergeParts<P> {
    fn clone(&self) -> Self {
        MergeParts(std::marker::PhantomData)
    }
}

impl<P: Parts> Merger for MergeParts<P> {
    type S = P::State;
    fn empty(&self) -> P::State {
        P::empty()
    }
    fn merge(&self, a: P::State, _: u64, b: P::State, _: u64) -> P::State {
        P::merge(a, b)
    }
}

struct PartLeaves<'a, P> {
    merger: MergeParts<P>,
    reducer: &'a P,
    parts: usize,
    block: &'a Block,
}

impl<P: Parts> Leaves for PartLeaves<'_, P> {
    type M = MergeParts<P>;
    fn merger(&self) -> &MergeParts<P> {
        &self.merger
    }
    fn leaf(&self, offset: usize, index: u64) -> P::State {
        self.reducer.one(self.block, offset / self.parts, offset % self.parts, index)
    }
}

impl<P: Parts> Fold for ByParts<'_, P> {
    fn fold(&self, f: &Folded, total: u64) -> Box<dyn Nodes> {
        let merger = MergeParts(std::marker::PhantomData);
        let parts = self.0.parts().max(1);
        fold(&PartLeaves { merger, reducer: self.0, parts, block: &f.block }, f, total)
    }
}

/// The state of one node whose elements follow each other in the block.
fn node_run<L: Leaves>(l: &L, level: u32, offset: usize, index: u64) -> <L::M as Merger>::S {
    match level {
        0 => l.leaf(offset, index),
        1 => l.merger().merge(l.leaf(offset, index), 1, l.leaf(offset + 1, index + 1), 1),
        3 => l.next8(offset, index),
        _ => {
            let half = 1u64 << (level - 1);
            let a = node_run(l, level - 1, offset, index);
            let b = node_run(l, level - 1, offset + half as usize, index + half);
            l.merger().merge(a, half, b, half)
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
    out: &mut [<L::M as Merger>::S],
    scratch: &mut [Vec<<L::M as Merger>::S>],
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
                *a = l.merger().merge(*a, half, *b, half);
            }
        }
    }
}

/// Folds a block: the nodes that its elements are.
fn fold<L: Leaves>(l: &L, f: &Folded, total: u64) -> Box<dyn Nodes> {
    let mut found = NodesOf::new(l.merger(), total, f.outer * f.inner);
    let rows: usize = f.runs.iter().map(|r| r.1).sum();
    let mut scratch = Vec::new();
    if f.inner > 1 {
        let deepest = f.runs.iter().map(|r| r.1.max(1).ilog2() as usize).max().unwrap_or(0);
        scratch = vec![vec![l.merger().empty(); STRIP.min(f.inner)]; deepest + 1];
    }
    let mut row = 0;
    for &(first, n) in &f.runs {
        for (level, index) in nodes(first, n as u64) {
            let start = index << level;
            let at = row + (start - first) as usize;
            found.push((level, index), |states| {
                for (o, out) in states.chunks_mut(f.inner).enumerate() {
                    if let [state] = out {
                        let offset = o * rows + at;
                        *state = node_run(l, level, offset, start);
                        continue;
                    }
                    let offset = (o * rows + at) * f.inner;
                    for (s, strip) in out.chunks_mut(STRIP).enumerate() {
                        let offset = offset + s * STRIP;
                        node_rows(l, level, offset, f.inner, start, strip, &mut scratch);
                    }
                }
            });
        }
        row += n;
    }
    Box::new(found)
}

/// Folds a block where the order doesn't matter.
fn fold_exact<R: Reducer>(l: &PlainLeaves<'_, R>, f: &Folded) -> Box<dyn Nodes> {
    let mut found = Exact::new(l.merger, f.outer * f.inner);
    let rows: usize = f.runs.iter().map(|r| r.1).sum();
    let empty = Merger::empty(l.merger);
    let mut eight = vec![empty; STRIP.min(f.inner)];
    let mut row = 0;
    for &(first, n) in &f.runs {
        for o in 0..f.outer {
            let at = (o * rows + row) * f.inner;
            if f.inner == 1 {
                found.add(o, &[l.any_order(at, n, first)], n as u64);
                continue;
            }
            for strip in (0..f.inner).step_by(STRIP) {
                let states = &mut eight[..STRIP.min(f.inner - strip)];
                for r in (0..n).step_by(8) {
                    let offset = at + r * f.inner + strip;
                    if n - r >= 8 {
                        l.eight(offset, f.inner, first + r as u64, states);
                        found.add(o * f.inner + strip, states, 8);
                        continue;
                    }
                    for k in 0..n - r {
                        let index = first + (r + k) as u64;
                        for (c, s) in states.iter_mut().enumerate() {
                            *s = l.leaf(offset + k * f.inner + c, index);
                        }
                        found.add(o * f.inner + strip, states, 1);
                    }
                }
            }
        }
        found.cover(n as u64);
        row += n;
    }
    Box::new(found)
}

/// A fold whose states are known: what a pass gives as what it is.
pub trait Counted: Fold + Send {
    /// What is known of some elements.
    type State: Copy;

    /// The states of some outputs, with how many elements each is of; none is that of no element.
    fn states(
        &self,
        states: Option<Box<dyn Any>>,
        outputs: usize,
        n: u64,
    ) -> Vec<(Self::State, u64)>;
}

impl<R: Reducer> Counted for Plain<R> {
    type State = R::State;

    fn states(&self, states: Option<Box<dyn Any>>, outputs: usize, n: u64) -> Vec<(R::State, u64)> {
        match states.map(<Box<dyn Any>>::downcast::<Vec<R::State>>) {
            Some(Ok(states)) => states.into_iter().map(|s| (s, n)).collect(),
            _ => vec![(self.0.empty(), 0); outputs],
        }
    }
}

impl<R: Reducer> Counted for Masked<R> {
    type State = R::State;

    fn states(&self, states: Option<Box<dyn Any>>, outputs: usize, _: u64) -> Vec<(R::State, u64)> {
        match states.map(<Box<dyn Any>>::downcast::<Vec<(R::State, u64)>>) {
            Some(Ok(states)) => *states,
            _ => vec![(self.0.empty(), 0); outputs],
        }
    }
}
