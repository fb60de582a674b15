//! The lazy array of a reduction's results.
//!
//! It is computed when a part of it is first wanted; other reductions that wait for the same
//! elements over the same axes are computed in the same pass, since reading the elements (and
//! decoding them) is what costs. `(x - x.mean(0)) / x.std(0)` reads `x` twice, not three times.

use std::any::Any;
use std::sync::{Arc, Weak};

use bytemuck::Pod;
use parking_lot::Mutex;

use super::Reducer;
use super::fold::{Counted, Masked, Plain};
use super::pass::{Fold, What, pass};
use crate::array::block::{Block, count};
use crate::array::context::Context;
use crate::array::dtype::DType;
use crate::array::error::Result;
use crate::array::lazy::{Array, Source, Span, extent};
use crate::array::run::put;
use crate::array::spill::Keeper;
use crate::array::view::{Part, slice};

/// At most so many reductions share a pass: each holds states.
const TOGETHER: usize = 8;
/// Results that are asked for in part are computed in part where they are more than this.
const SMALL: usize = 4096;

/// What a reduction does with blocks and with its states.
trait Outcome: Send + Sync {
    fn fold(&self) -> &dyn Fold;
    /// The elements of a box of results.
    fn finish(&self, region: &[Span], states: Option<Box<dyn Any>>, n: u64) -> Block;
}

struct Finished<M, F> {
    merger: M,
    dtype: DType,
    finish: F,
}

impl<M, O, F> Outcome for Finished<M, F>
where
    M: Counted,
    O: Pod,
    F: Fn(M::State, u64) -> O + Send + Sync,
{
    fn fold(&self) -> &dyn Fold {
        &self.merger
    }

    fn finish(&self, region: &[Span], states: Option<Box<dyn Any>>, n: u64) -> Block {
        let states = self.merger.states(states, count(&extent(region)), n);
        let elements: Vec<O> = states.into_iter().map(|(s, n)| (self.finish)(s, n)).collect();
        Block::of(self.dtype.clone(), extent(region), &elements)
    }
}

/// Results over the axes that stay.
struct Reduction(Arc<Inner>);

struct Inner {
    input: Array,
    keep: Option<Array>,
    reduced: Vec<bool>,
    dtype: DType,
    shape: Vec<usize>,
    outcome: Box<dyn Outcome>,
    result: Mutex<Option<Array>>,
}

/// The lazy array of a reduction's results over the axes that `reduced` marks, leaving out
/// elements where `keep` (bool, of the same shape) is false; `finish` makes an element of `dtype`
/// of a state and the number of elements that it is of.
pub fn reduced<R, O>(
    reducer: R,
    input: &Array,
    keep: Option<&Array>,
    reduced: &[bool],
    dtype: DType,
    finish: impl Fn(R::State, u64) -> O + Send + Sync + 'static,
) -> Array
where
    R: Reducer,
    O: Pod,
{
    let outcome: Box<dyn Outcome> = match keep {
        None => Box::new(Finished { merger: Plain(reducer), dtype: dtype.clone(), finish }),
        Some(_) => Box::new(Finished { merger: Masked(reducer), dtype: dtype.clone(), finish }),
    };
    results(input, keep, reduced, dtype, outcome)
}

fn results(
    input: &Array,
    keep: Option<&Array>,
    reduced: &[bool],
    dtype: DType,
    outcome: Box<dyn Outcome>,
) -> Array {
    let kept = input.shape().iter().zip(reduced).filter(|(_, r)| !**r);
    let shape: Vec<usize> = kept.map(|(n, _)| *n).collect();
    let inner = Arc::new(Inner {
        input: input.clone(),
        keep: keep.cloned(),
        reduced: reduced.to_vec(),
        dtype: dtype.clone(),
        shape: shape.clone(),
        outcome,
        result: Mutex::new(None),
    });
    let weak: Weak<Inner> = Arc::downgrade(&inner);
    input.await_by(weak);
    Array::new(dtype, shape, Reduction(inner))
}

impl Inner {
    /// Whether one pass serves both.
    fn beside(&self, other: &Inner, cx: &Context) -> bool {
        let same_mask = match (&self.keep, &other.keep) {
            (None, None) => true,
            (Some(a), Some(b)) => a.same(b),
            _ => false,
        };
        same_mask
            && self.reduced == other.reduced
            && cx.fits(count(&other.shape).saturating_mul(8 * other.dtype.size()))
    }

    fn whole(self: &Arc<Inner>, cx: &Context) -> Result<Array> {
        let mut result = self.result.lock();
        if let Some(done) = &*result {
            return Ok(done.clone());
        }
        let others: Vec<Arc<Inner>> = self
            .input
            .awaited_by::<Inner>()
            .into_iter()
            .filter(|o| !Arc::ptr_eq(o, self) && self.beside(o, cx))
            .collect();
        // whoever is computed elsewhere at this moment is left alone
        let mut waiting: Vec<_> = others
            .iter()
            .filter_map(|o| Some((o, o.result.try_lock().filter(|r| r.is_none())?)))
            .take(TOGETHER - 1)
            .collect();
        let together: Vec<&Inner> =
            std::iter::once(&**self).chain(waiting.iter().map(|w| &**w.0)).collect();
        let mut keepers = together
            .iter()
            .map(|i| Keeper::new(i.dtype.clone(), i.shape.clone(), cx))
            .collect::<Result<Vec<_>>>()?;
        let folds: Vec<&dyn Fold> = together.iter().map(|i| i.outcome.fold()).collect();
        let what = self.what(&self.input, self.keep.as_ref());
        pass(what, &folds, cx, None, &mut |i, region, states, n| {
            keepers[i].put(region, &together[i].outcome.finish(region, states, n))
        })?;
        let mut keepers = keepers.into_iter();
        let done = match keepers.next() {
            Some(keeper) => keeper.finish(cx),
            None => return Err(crate::array::Error::runtime("a reduction without a result")),
        };
        for ((_, slot), keeper) in waiting.iter_mut().zip(keepers) {
            **slot = Some(keeper.finish(cx));
        }
        *result = Some(done.clone());
        Ok(done)
    }

    fn what<'a>(&'a self, input: &'a Array, keep: Option<&'a Array>) -> What<'a> {
        What { input, keep, reduced: &self.reduced, parts: 1 }
    }

    /// A region of the results alone.
    fn part(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let mut kept = region.iter();
        let parts: Vec<Part> = self
            .reduced
            .iter()
            .zip(self.input.shape())
            .map(|(reduced, &n)| {
                let span = if *reduced { None } else { kept.next() };
                Part::Along(span.copied().unwrap_or(Span::run(0, n)))
            })
            .collect();
        let some = slice(&self.input, &parts);
        let mask = self.keep.as_ref().map(|k| slice(k, &parts));
        let mut out = Block::zeros(self.dtype.clone(), extent(region));
        let folds = [self.outcome.fold()];
        pass(self.what(&some, mask.as_ref()), &folds, cx, None, &mut |_, region, states, n| {
            put(&mut out, region, &self.outcome.finish(region, states, n));
            Ok(())
        })?;
        Ok(out)
    }
}

impl Source for Reduction {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let all = count(&self.0.shape);
        let wanted = count(&extent(region));
        if cx.is_preview() && all > SMALL && wanted < all / 8 && self.0.result.lock().is_none() {
            return self.0.part(region, cx);
        }
        self.0.whole(cx)?.read(region, cx)
    }

    fn inputs(&self) -> Vec<Array> {
        std::iter::once(&self.0.input).chain(&self.0.keep).cloned().collect()
    }

    fn prepare(&self, cx: &Context) -> Result<()> {
        // a page must not wait for what it doesn't show
        if cx.is_preview() { Ok(()) } else { self.0.whole(cx).map(drop) }
    }

    fn prepares_inputs(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
