//! Arrays whose elements are computed from neighbours along an axis: differences, convolutions.
//!
//! A region reads what it needs and the few elements beside it, once.

use std::any::Any;
use std::sync::Arc;

use super::arithmetic::Arithmetic;
use super::block::Block;
use super::context::Context;
use super::dtype::DType;
use super::error::{Error, Result};
use super::lazy::{Array, Source, Span, extent, pick, whole};
use super::run::put;

/// Computes `n` outputs along the axis out of `n + reach` elements.
pub type Apply = Arc<dyn Fn(&Array, &Context) -> Result<Array> + Send + Sync>;

/// The array whose element `i` along `axis` is computed from elements `i ..= i + reach` of `base`.
pub fn windowed(dtype: DType, base: &Array, axis: usize, reach: usize, apply: Apply) -> Array {
    let mut shape = base.shape().to_vec();
    shape[axis] = shape[axis].saturating_sub(reach);
    Array::new(dtype, shape, Windowed { base: base.clone(), axis, reach, apply })
}

struct Windowed {
    base: Array,
    axis: usize,
    reach: usize,
    apply: Apply,
}

impl Windowed {
    /// Outputs that follow each other along the axis.
    fn run(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let mut wanted = region.to_vec();
        wanted[self.axis].len += self.reach;
        let block = self.base.read(&wanted, cx)?;
        let found = (self.apply)(&Array::of(block), cx)?;
        found.read(&whole(found.shape()), cx)
    }
}

impl Source for Windowed {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        by_runs(region, self.axis, self.reach, |r| self.run(r, cx))
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.base.clone()]
    }

    fn grid(&self) -> Option<Vec<usize>> {
        self.base.grid()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A region computed by runs along an axis: strides that leave out little are computed whole and
/// picked from, others one by one.
///
/// # Errors
/// Those of `run`.
pub fn by_runs(
    region: &[Span],
    axis: usize,
    reach: usize,
    mut run: impl FnMut(&[Span]) -> Result<Block>,
) -> Result<Block> {
    let span = region[axis];
    if span.is_run() {
        return run(region);
    }
    let mut wanted = region.to_vec();
    if span.step.unsigned_abs() <= 2 * (reach + 2) {
        let (low, high) = span.bounds();
        wanted[axis] = Span::run(low, high - low);
        let block = run(&wanted)?;
        let mut inner = whole(block.shape());
        inner[axis] = Span { start: span.start - low, ..span };
        return Ok(pick(&block, &inner));
    }
    let mut out: Option<Block> = None;
    for i in 0..span.len {
        wanted[axis] = Span::run(span.at(i), 1);
        let block = run(&wanted)?;
        let out = out.get_or_insert_with(|| Block::zeros(block.dtype().clone(), extent(region)));
        let mut place = whole(block.shape());
        place[axis] = Span::run(i, 1);
        put(out, &place, &block);
    }
    out.ok_or_else(|| Error::runtime("an empty region"))
}

/// Sums of products of an array of one axis with taps that slide along it, from the first overlap
/// of one element to the last: output `i` is the sum over `j` of `base[i + j + 1 - taps] * taps[j]`.
pub fn sliding(base: &Array, taps: Arc<Block>) -> Array {
    let shape = vec![base.len() + taps.len() - 1];
    Array::new(base.dtype().clone(), shape, Sliding { base: base.clone(), taps })
}

struct Sliding {
    base: Array,
    taps: Arc<Block>,
}

/// Outputs whose sums stay in cache while the taps go by.
const STRIP: usize = 1024;

impl Sliding {
    fn run<A: Arithmetic>(&self, span: Span, cx: &Context) -> Result<Block> {
        let taps: &[A::Element] = self.taps.typed();
        let lead = taps.len() - 1;
        let (first, end) = (span.start, span.start + span.len);
        let low = first.saturating_sub(lead);
        let high = end.min(self.base.len());
        let block = self.base.read(&[Span::run(low, high.saturating_sub(low))], cx)?;
        let elements: Vec<A::Sum> =
            block.typed::<A::Element>().iter().map(|x| A::widen(*x)).collect();
        let mut out = Block::scratch(self.base.dtype().clone(), vec![span.len]);
        for (s, strip) in out.typed_mut::<A::Element>().chunks_mut(STRIP).enumerate() {
            let mut sums = vec![A::ZERO; strip.len()];
            let at = first + s * STRIP;
            for (j, tap) in taps.iter().enumerate() {
                if j % STRIP == 0 {
                    cx.check()?;
                }
                let tap = A::widen(*tap);
                // outputs for which base[i + j - lead] exists
                let from = (lead - j).max(at);
                let to = (self.base.len() + lead - j).min(at + strip.len());
                if from >= to {
                    continue;
                }
                let start = from + j - lead - low;
                let values = &elements[start..start + (to - from)];
                for (sum, x) in sums[from - at..to - at].iter_mut().zip(values) {
                    *sum = A::add_product(*sum, *x, tap);
                }
            }
            strip.iter_mut().zip(sums).for_each(|(slot, sum)| *slot = A::narrow(sum));
        }
        Ok(out)
    }
}

impl Source for Sliding {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let dtype = self.base.dtype();
        by_runs(region, 0, self.taps.len(), |r| {
            crate::with_arithmetic!(
                dtype,
                A => self.run::<A>(r[0], cx),
                Err(Error::type_error(format!("no product of elements of {dtype}")))
            )
        })
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.base.clone()]
    }

    fn grid(&self) -> Option<Vec<usize>> {
        self.base.grid()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::run::to_block;

    #[test]
    fn taps_slide_over_the_ends() {
        let base = Array::of(Block::of(DType::Int64, vec![4], &[1i64, 2, 3, 4]));
        let taps = Arc::new(Block::of(DType::Int64, vec![3], &[1i64, 10, 100]));
        let cx = Context::new(Default::default());
        let all = sliding(&base, taps);
        // numpy.correlate([1, 2, 3, 4], [1, 10, 100], 'full')
        let wanted = [100i64, 210, 321, 432, 43, 4];
        assert_eq!(to_block(&all, &cx).unwrap().typed::<i64>(), wanted);
        for (start, x) in wanted.into_iter().enumerate() {
            let one = all.read(&[Span::run(start, 1)], &cx).unwrap();
            assert_eq!(one.typed::<i64>(), [x]);
        }
        let back = all.read(&[Span { start: 5, step: -2, len: 3 }], &cx).unwrap();
        assert_eq!(back.typed::<i64>(), [4, 432, 210]);
    }
}
