//! The tree of merging: whole nodes of one binary tree over the logical index of what is reduced.
//!
//! Node `(level, i)` covers indices `i << level .. (i + 1) << level`. [`Nodes`] are some nodes in
//! order, each with the states of some outputs; joining two lists merges the neighbours that have
//! met. What states are is erased, once for each list, so that the machinery above is compiled
//! once.

use std::any::Any;
use std::sync::Arc;

/// Merging of states of one kind, with or without counts of their own.
pub trait Merger: Clone + Send + Sync + 'static {
    /// What is known of some elements.
    type S: State;
    /// Of no element.
    fn empty(&self) -> Self::S;
    /// Of `na` elements followed by `nb`.
    fn merge(&self, a: Self::S, na: u64, b: Self::S, nb: u64) -> Self::S;
}

/// What is known of some elements.
pub trait State: Copy + Send + Sync + 'static {}

impl<S: Copy + Send + Sync + 'static> State for S {}

/// A merger that only its states' type is known of: lists of nodes are compiled once for each of
/// these, not for each reduction.
trait Merging<S>: Send + Sync {
    fn empty(&self) -> S;
    /// Merges each of `b` into its neighbour before it.
    fn merge_all(&self, a: &mut [S], na: u64, b: &[S], nb: u64);
}

impl<M: Merger> Merging<M::S> for M {
    fn empty(&self) -> M::S {
        Merger::empty(self)
    }

    fn merge_all(&self, a: &mut [M::S], na: u64, b: &[M::S], nb: u64) {
        for (a, b) in a.iter_mut().zip(b) {
            *a = self.merge(*a, na, *b, nb);
        }
    }
}

/// Eight neighbours of level 0 as one of level 3.
#[inline(always)]
pub fn tree8<M: Merger>(m: &M, s: [M::S; 8]) -> M::S {
    let q = [
        m.merge(s[0], 1, s[1], 1),
        m.merge(s[2], 1, s[3], 1),
        m.merge(s[4], 1, s[5], 1),
        m.merge(s[6], 1, s[7], 1),
    ];
    m.merge(m.merge(q[0], 2, q[1], 2), 4, m.merge(q[2], 2, q[3], 2), 4)
}

/// The whole nodes of the tree that `first..first + n` falls into: level and index, in order.
pub fn nodes(first: u64, n: u64) -> impl Iterator<Item = (u32, u64)> {
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

/// Nodes with their states, whatever these are.
pub trait Nodes: Send {
    /// How many elements they are of.
    fn covered(&self) -> u64;
    /// How many nodes they are.
    fn len(&self) -> usize;
    /// These and others of the same tree, neighbours merged.
    fn join(self: Box<Self>, other: Box<dyn Nodes>) -> Box<dyn Nodes>;
    /// The same once more.
    fn copy(&self) -> Box<dyn Nodes>;
    /// All merged in their order: a vector with the states of the outputs.
    fn states(self: Box<Self>) -> Box<dyn Any>;
    /// As what it is.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// Nodes whose states are of one kind: `width` of them each.
#[derive(Clone)]
pub struct NodesOf<S> {
    merger: Arc<dyn Merging<S>>,
    total: u64,
    width: usize,
    keys: Vec<(u32, u64)>,
    states: Vec<S>,
}

impl<S: State> NodesOf<S> {
    /// None yet, of a tree of `total` elements and for `width` outputs.
    pub fn new<M: Merger<S = S>>(merger: &M, total: u64, width: usize) -> NodesOf<S> {
        let merger = Arc::new(merger.clone());
        NodesOf { merger, total, width, keys: Vec::new(), states: Vec::new() }
    }

    /// Adds a node after the last, whose states `fill` writes.
    pub fn push(&mut self, node: (u32, u64), fill: impl FnOnce(&mut [S])) {
        let at = self.states.len();
        self.states.resize(at + self.width, self.merger.empty());
        fill(&mut self.states[at..]);
        self.keys.push(node);
        self.settle();
    }

    /// Elements under a node.
    fn size(&self, (level, index): (u32, u64)) -> u64 {
        let first = index << level;
        self.total.min(first + (1 << level)) - first
    }

    /// Merges the last node with the one before it as far as that goes.
    fn settle(&mut self) {
        while let Some(&(level, index)) = self.keys.last() {
            let n = self.keys.len();
            let sibling = index ^ 1;
            if (1u64 << level) >= self.total {
                return;
            }
            if (sibling << level) >= self.total {
                // the edge of the tree: nothing stands beside it
                self.keys[n - 1] = (level + 1, index >> 1);
                continue;
            }
            if index & 1 == 0 || n < 2 || self.keys[n - 2] != (level, sibling) {
                return;
            }
            self.merge_last();
            self.keys[n - 2] = (level + 1, index >> 1);
        }
    }

    /// Merges the last node's states into those of the one before it.
    fn merge_last(&mut self) {
        let n = self.keys.len();
        let (na, nb) = (self.size(self.keys[n - 2]), self.size(self.keys[n - 1]));
        let at = self.states.len() - self.width;
        let (before, last) = self.states.split_at_mut(at);
        self.merger.merge_all(&mut before[at - self.width..], na, last, nb);
        self.states.truncate(at);
        self.keys.pop();
    }

    /// The first index of node `i`.
    fn first(&self, i: usize) -> u64 {
        self.keys.get(i).map_or(u64::MAX, |(level, index)| index << level)
    }

    fn push_from(&mut self, other: &NodesOf<S>, i: usize) {
        let w = self.width;
        self.push(other.keys[i], |slot| slot.copy_from_slice(&other.states[i * w..(i + 1) * w]));
    }
}

impl<S: State> Nodes for NodesOf<S> {
    fn covered(&self) -> u64 {
        self.keys.iter().map(|k| self.size(*k)).sum()
    }

    fn len(&self) -> usize {
        self.keys.len()
    }

    fn join(self: Box<Self>, other: Box<dyn Nodes>) -> Box<dyn Nodes> {
        // all nodes of one reduction are of one kind
        let Ok(other) = other.into_any().downcast::<Self>() else { return self };
        let (mut a, b) =
            if self.first(0) <= other.first(0) { (self, other) } else { (other, self) };
        if a.keys.is_empty() || b.keys.is_empty() {
            return if a.keys.is_empty() { b } else { a };
        }
        if a.first(a.len() - 1) < b.first(0) {
            for i in 0..b.len() {
                a.push_from(&b, i);
            }
            return a;
        }
        let mut both = NodesOf {
            merger: a.merger.clone(),
            total: a.total,
            width: a.width,
            keys: Vec::with_capacity(a.len() + b.len()),
            states: Vec::with_capacity(a.states.len() + b.states.len()),
        };
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            if a.first(i) < b.first(j) {
                both.push_from(&a, i);
                i += 1;
            } else {
                both.push_from(&b, j);
                j += 1;
            }
        }
        Box::new(both)
    }

    fn copy(&self) -> Box<dyn Nodes> {
        Box::new(self.clone())
    }

    fn states(mut self: Box<Self>) -> Box<dyn Any> {
        let mut n = self.keys.first().map_or(0, |k| self.size(*k));
        let w = self.width;
        if self.keys.is_empty() {
            return Box::new(vec![self.merger.empty(); w]);
        }
        let (first, others) = self.states.split_at_mut(w);
        for (i, more) in others.chunks_exact(w.max(1)).enumerate() {
            let (level, index) = self.keys[i + 1];
            let start = index << level;
            let nb = self.total.min(start + (1 << level)) - start;
            self.merger.merge_all(first, n, more, nb);
            n += nb;
        }
        self.states.truncate(w);
        Box::new(self.states)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// States that any order of merging gives to the same bits: there is no need to know of what
/// nodes they are.
#[derive(Clone)]
pub struct Exact<S> {
    merger: Arc<dyn Merging<S>>,
    covered: u64,
    states: Vec<S>,
}

impl<S: State> Exact<S> {
    /// Of no element, for `width` outputs.
    pub fn new<M: Merger<S = S>>(merger: &M, width: usize) -> Exact<S> {
        let states = vec![Merger::empty(merger); width];
        Exact { merger: Arc::new(merger.clone()), covered: 0, states }
    }

    /// Takes in the states of `n` more elements for each of some outputs.
    pub fn add(&mut self, first: usize, states: &[S], n: u64) {
        let end = first + states.len();
        self.merger.merge_all(&mut self.states[first..end], self.covered, states, n);
    }

    /// Counts `n` elements that were added.
    pub fn cover(&mut self, n: u64) {
        self.covered += n;
    }
}

impl<S: State> Nodes for Exact<S> {
    fn covered(&self) -> u64 {
        self.covered
    }

    fn len(&self) -> usize {
        1
    }

    fn join(mut self: Box<Self>, other: Box<dyn Nodes>) -> Box<dyn Nodes> {
        if let Ok(other) = other.into_any().downcast::<Self>() {
            self.add(0, &other.states, other.covered);
            self.cover(other.covered);
        }
        self
    }

    fn copy(&self) -> Box<dyn Nodes> {
        Box::new(self.clone())
    }

    fn states(self: Box<Self>) -> Box<dyn Any> {
        Box::new(self.states)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// Lists of nodes that are joined as they come, in few steps: only lists of similar lengths are.
#[derive(Default)]
pub struct Joined {
    lists: Vec<Box<dyn Nodes>>,
    covered: u64,
}

impl Joined {
    /// Takes nodes in.
    pub fn add(&mut self, nodes: Box<dyn Nodes>) {
        self.covered += nodes.covered();
        let mut nodes = nodes;
        while let Some(last) = self.lists.pop() {
            if last.len() > 2 * nodes.len().max(16) {
                self.lists.push(last);
                break;
            }
            nodes = last.join(nodes);
        }
        self.lists.push(nodes);
    }

    /// Elements that were seen.
    pub fn covered(&self) -> u64 {
        self.covered
    }

    /// What is known so far, for each output.
    pub fn so_far(&self) -> Option<Box<dyn Any>> {
        let lists = self.lists.iter().map(|l| l.copy());
        lists.reduce(|a, b| a.join(b)).map(Nodes::states)
    }

    /// All of it as one list.
    pub fn one(self) -> Option<Box<dyn Nodes>> {
        // the shortest first
        self.lists.into_iter().rev().reduce(|a, b| a.join(b))
    }
}
