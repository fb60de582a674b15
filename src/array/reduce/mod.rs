//! Reductions: many elements to one, on a fixed tree.
//!
//! A [`Reducer`] says what one element is worth and how two neighbouring results merge; the order
//! of merging is always that of one binary tree over the logical index of the reduced axes: node
//! `(level, i)` covers indices `i << level .. (i + 1) << level`. Any run of indices, wherever
//! blocks begin and end, falls into a few whole nodes of that tree, so the same bits come out for
//! every memory limit, thread count and chunk grid; for sums this is pairwise summation down to
//! single elements, whose error grows with log n.
//!
//! `tree` has the nodes, `fold` turns a block into nodes, `pass` goes over an array, `result` is
//! the lazy array of results. Who wants to see results grow gives a [`Watch`]; elements that are
//! several values are reduced part by part ([`Parts`]).

mod fold;
mod pass;
mod result;
mod tree;

use std::any::Any;
use std::time::Duration;

use bytemuck::Pod;

use super::block::{Block, count};
use super::context::Context;
use super::error::Result;
use super::lazy::{Array, Span, extent};
use fold::{ByParts, Counted, Masked, Plain};
use pass::{Looking, What, pass};

pub use result::reduced;

/// What a reduction is made of. `merge` must be the same for the same arguments, no more.
pub trait Reducer: Clone + Send + Sync + 'static {
    /// An element.
    type In: Pod + Send + Sync;
    /// What is known of some elements.
    type State: Copy + Send + Sync + 'static;
    /// Whether states merge in any order to the same bits, and that of no element changes none:
    /// then runs are folded in whatever order is fastest.
    const EXACT: bool = false;
    /// Of no element.
    fn empty(&self) -> Self::State;
    /// Of the element at this index of the reduced axes.
    fn one(&self, x: Self::In, index: u64) -> Self::State;
    /// Of `na` elements followed by `nb`.
    fn merge(&self, a: Self::State, na: u64, b: Self::State, nb: u64) -> Self::State;
}

/// A reduction of elements that have several parts (the fields of a compound), each for itself.
pub trait Parts: Sync + 'static {
    /// What is known of some elements' part.
    type State: Copy + Send + Sync + 'static;
    /// How many parts there are.
    fn parts(&self) -> usize;
    /// Of no element.
    fn empty() -> Self::State;
    /// Of a part of element `at` of a block, whose index among all is `index`.
    fn one(&self, block: &Block, at: usize, part: usize, index: u64) -> Self::State;
    /// Of elements followed by others.
    fn merge(a: Self::State, b: Self::State) -> Self::State;
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

/// Goes over an array once while somebody looks on.
fn watched<S: 'static>(
    what: What<'_>,
    fold: &dyn pass::Fold,
    cx: &Context,
    watch: Option<Watch<'_, S>>,
    take: &mut pass::Take<'_>,
) -> Result<()> {
    let Some(Watch { every, look }) = watch else { return pass(what, &[fold], cx, None, take) };
    let mut look = |region: &[Span], states: Box<dyn Any>, n: u64| {
        if let Ok(states) = states.downcast::<Vec<S>>() {
            look(region, *states, n);
        }
    };
    pass(what, &[fold], cx, Some(Looking { every, look: &mut look }), take)
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
    mut take: impl FnMut(&[Span], Vec<(R::State, u64)>) -> Result<()>,
) -> Result<()> {
    if keep.is_none() {
        return reduce_watched(reducer, input, reduced, cx, None, take);
    }
    let what = What { input, keep, reduced, parts: 1 };
    let masked = Masked(reducer.clone());
    pass(what, &[&masked], cx, None, &mut |_, region, states, n| {
        take(region, masked.states(states, count(&extent(region)), n))
    })
}

/// The same where no element is left out; `watch` sees the results grow.
///
/// # Errors
/// As [`reduce`].
pub fn reduce_watched<R: Reducer>(
    reducer: &R,
    input: &Array,
    reduced: &[bool],
    cx: &Context,
    watch: Option<Watch<'_, R::State>>,
    mut take: impl FnMut(&[Span], Vec<(R::State, u64)>) -> Result<()>,
) -> Result<()> {
    let what = What { input, keep: None, reduced, parts: 1 };
    let plain = Plain(reducer.clone());
    watched(what, &plain, cx, watch, &mut |_, region, states, n| {
        take(region, plain.states(states, count(&extent(region)), n))
    })
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
    let mut out = vec![P::empty(); n];
    if input.is_empty() || n == 0 {
        return Ok(out);
    }
    let reduced = vec![true; input.ndim()];
    let what = What { input, keep: None, reduced: &reduced, parts: n };
    watched(what, &ByParts(reducer), cx, watch, &mut |_, _, states, _| {
        if let Some(Ok(states)) = states.map(<Box<dyn Any>>::downcast::<Vec<P::State>>) {
            out = *states;
        }
        Ok(())
    })?;
    Ok(out)
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
