//! Weights of elements: how they are checked and broadcast, and weighted quantiles.

use std::sync::Arc;

use super::quantile::Quantiles;
use super::value::Value;
use crate::array::block::{Block, count};
use crate::array::cast::cast;
use crate::array::deferred::Deferred;
use crate::array::dtype::Struct;
use crate::array::elementwise::{Kernel, Operand, elementwise};
use crate::array::lazy::{Array, Span, extent};
use crate::array::reshape::reshape;
use crate::array::run::{Units, put};
use crate::array::sort::sort_along;
use crate::array::view::{broadcast_to, transpose};
use crate::array::{Context, DType, Error, Result};

/// Weights as an array that broadcasts with `a`.
///
/// # Errors
/// TypeError and ValueError where their shape doesn't fit; ValueError for negative ones where
/// those are not wanted.
pub fn checked(
    weights: &Value,
    a: &Array,
    axes: Option<&[usize]>,
    positive: bool,
    cx: &Context,
) -> Result<Array> {
    let mut w = super::convert::as_array(weights, cx)?;
    if w.shape() != a.shape() {
        let Some(axes) = axes else {
            return Err(Error::type_error(
                "Axis must be specified when shapes of a and weights differ.",
            ));
        };
        let wanted: Vec<usize> = axes.iter().map(|&x| a.shape()[x]).collect();
        if w.shape() != wanted {
            return Err(Error::value(
                "Shape of weights must be consistent with shape of a along specified axis.",
            ));
        }
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&i| axes[i]);
        let w_sorted = transpose(&w, &order);
        let shape = a.shape().iter().enumerate();
        let shape = shape.map(|(x, &n)| if axes.contains(&x) { n } else { 1 }).collect();
        w = reshape(&w_sorted, shape);
    }
    if positive {
        let negative =
            super::calls::op_values("less", vec![Value::array(w.clone()), Value::int(0)], cx)?;
        let any = super::calls::op("any", &[&negative], cx)?;
        if Value::result(any).truth()? {
            return Err(Error::value("Weights must be non-negative."));
        }
    }
    Ok(w)
}

/// Weighted quantiles (`inverted_cdf`): for each output the first element at which the share of
/// the weights reaches the quantile. Elements are sorted with their weights beside them.
pub fn quantiles(
    a: &Array,
    weights: &Array,
    marks: &[bool],
    q: &Quantiles,
    skip_nan: bool,
) -> Array {
    let mut order: Vec<usize> = (0..a.ndim()).filter(|x| !marks[*x]).collect();
    let kept = order.len();
    order.extend((0..a.ndim()).filter(|x| marks[*x]));
    let rows = transpose(a, &order);
    let kept_shape = rows.shape()[..kept].to_vec();
    let n = count(&rows.shape()[kept..]);
    let mut lanes = kept_shape.clone();
    lanes.push(n);
    let mut shape = vec![q.values.len()];
    shape.extend(&kept_shape);
    let dtype = a.dtype().clone();
    let (a, weights, q) = (a.clone(), weights.clone(), q.clone());
    let inputs = vec![a.clone(), weights.clone()];
    let out_shape = shape.clone();
    Deferred::array(dtype.clone(), shape, inputs, move |cx| {
        let weights = cast(&broadcast_to(&weights, a.shape())?, &DType::Float64)?;
        let rows = reshape(&transpose(&a, &order), lanes.clone());
        let weights = reshape(&transpose(&weights, &order), lanes.clone());
        let pairs = paired(&rows, &weights)?;
        let sorted = sort_along(&pairs, kept, cx)?;
        sorted.prepare(cx)?;
        let mut out = Block::zeros(dtype.clone(), out_shape.clone());
        let units = Units::new(&kept_shape, vec![1; kept]);
        for i in 0..units.len() {
            let lane = Lane { sorted: &sorted, place: units.region(i), n, dtype: &dtype };
            for (k, element) in lane.find(&q, skip_nan, cx)?.into_iter().enumerate() {
                let mut region = vec![Span::run(k, 1)];
                region.extend(units.region(i));
                let shape = extent(&region);
                put(&mut out, &region, &element.reshaped(shape));
            }
        }
        Ok(Array::of(out))
    })
}

/// Structures of an element and its weight.
fn paired(rows: &Array, weights: &Array) -> Result<Array> {
    let fields = vec![
        ("x".to_string(), rows.dtype().clone(), Vec::new()),
        ("w".to_string(), DType::Float64, Vec::new()),
    ];
    let dtype = DType::Struct(Arc::new(Struct::packed(fields)));
    let size = rows.dtype().size();
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        for (i, slot) in out.chunks_exact_mut(size + 8).enumerate() {
            slot[..size].copy_from_slice(ins[0].element(i, size));
            slot[size..].copy_from_slice(ins[1].element(i, 8));
        }
        Ok(())
    });
    elementwise(dtype, vec![rows.clone(), weights.clone()], kernel)
}

/// The sorted elements of one output, with their weights.
struct Lane<'a> {
    sorted: &'a Array,
    place: Vec<Span>,
    n: usize,
    dtype: &'a DType,
}

impl Lane<'_> {
    /// Goes through the elements and their weights; stops where `f` says so.
    fn walk(&self, cx: &Context, mut f: impl FnMut(usize, &[u8], f64) -> bool) -> Result<()> {
        let size = self.dtype.size();
        let step = (cx.share() / 4 / (size + 8)).max(1);
        for start in (0..self.n).step_by(step) {
            cx.check()?;
            let mut region = self.place.clone();
            region.push(Span::run(start, step.min(self.n - start)));
            let block = self.sorted.read(&region, cx)?;
            for (i, pair) in block.bytes().chunks_exact(size + 8).enumerate() {
                if !f(start + i, &pair[..size], bytemuck::pod_read_unaligned(&pair[size..])) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The element at each quantile.
    fn find(&self, q: &Quantiles, skip_nan: bool, cx: &Context) -> Result<Vec<Block>> {
        let is_nan = |x: &[u8]| match self.dtype {
            d if d.is_time() => bytemuck::pod_read_unaligned::<i64>(x) == i64::MIN,
            d => crate::with_number!(
                d,
                T => crate::array::order::Ordered::is_nan(bytemuck::pod_read_unaligned::<T>(x)),
                false
            ),
        };
        let (mut total, mut valid, mut nans) = (0.0f64, 0, 0);
        let mut last_nan: Vec<u8> = Vec::new();
        self.walk(cx, |_, x, w| {
            match is_nan(x) {
                true => {
                    nans += 1;
                    last_nan = x.to_vec();
                    if !skip_nan {
                        total += w;
                    }
                }
                false => {
                    total += w;
                    valid += 1;
                }
            }
            true
        })?;
        let one = |x: &[u8]| {
            let mut block = Block::zeros(self.dtype.clone(), vec![1]);
            block.bytes_mut().copy_from_slice(x);
            block
        };
        if nans > 0 && (!skip_nan || valid == 0) {
            if skip_nan {
                cx.note("RuntimeWarning: All-NaN slice encountered");
            }
            return Ok(vec![one(&last_nan); q.values.len()]);
        }
        let round = |x: f64| match q.dtype {
            DType::Float16 => half::f16::from_f64(x).to_f64(),
            DType::Float32 => f64::from(x as f32),
            _ => x,
        };
        let mut found: Vec<Option<Block>> = vec![None; q.values.len()];
        let mut sum = 0.0f64;
        let mut end: Option<Block> = None;
        self.walk(cx, |i, x, w| {
            if i >= valid {
                return false;
            }
            sum += w;
            let share = round(sum / total);
            for (slot, &wanted) in found.iter_mut().zip(&q.values) {
                // shares of nothing at the beginning count for no quantile
                let reached = share.is_nan() || share != 0.0 && share >= wanted;
                if slot.is_none() && reached {
                    *slot = Some(one(x));
                }
            }
            if i + 1 == valid {
                end = Some(one(x));
            }
            true
        })?;
        let nothing = || Block::zeros(self.dtype.clone(), vec![1]);
        let end = end.unwrap_or_else(nothing);
        Ok(found.into_iter().map(|f| f.unwrap_or_else(|| end.clone())).collect())
    }
}
