//! What stands at given ranks of the sorted elements, without sorting them all: medians and
//! percentiles.
//!
//! Where the elements of an output fit a thread's share, they are selected in memory. Else keys
//! (see [`super::order`]) are counted by their leading bits, pass by pass, until the few elements
//! that are left can be gathered: exact, in constant memory, on all threads. What has no key
//! (complex numbers, text) is sorted out of core.

use std::sync::Arc;

use super::block::{Block, count};
use super::context::Context;
use super::deferred::Deferred;
use super::dtype::DType;
use super::error::Result;
use super::lazy::{Array, Span, extent, whole};
use super::order::{Ordered, lift_times, lower_times};
use super::passes::Passes;
use super::reshape::reshape;
use super::run::{Order, Units, parallel, put, unit_size};
use super::sort::sort_along;
use super::spill::Keeper;
use super::view::{transpose, view};

/// Which ranks are wanted, given how many elements count.
#[derive(Clone)]
pub struct Wanted {
    /// How many ranks.
    pub len: usize,
    /// The ranks among so many elements, each below that number.
    pub ranks: Arc<dyn Fn(usize) -> Vec<usize> + Send + Sync>,
    /// Whether NaN and NaT don't count; else an output that meets one has NaN at every rank.
    pub skip_nan: bool,
}

/// The elements at the wanted ranks over the axes that `reduced` marks, which are not empty: the
/// ranks are the first axis of the result, before the kept axes.
pub fn select(array: &Array, reduced: &[bool], wanted: Wanted) -> Array {
    let mut order: Vec<usize> = (0..array.ndim()).filter(|a| !reduced[*a]).collect();
    let kept = order.len();
    order.extend((0..array.ndim()).filter(|a| reduced[*a]));
    let rows = transpose(array, &order);
    let mut shape = vec![wanted.len];
    shape.extend(&rows.shape()[..kept]);
    let dtype = rows.dtype().clone();
    let (whole_rows, whole_wanted) = (rows.clone(), wanted.clone());
    Deferred::by_part(
        dtype,
        shape,
        vec![rows.clone()],
        move |cx| Select { rows: &whole_rows, kept, wanted: &whole_wanted }.all(cx),
        move |region, cx| {
            let mut spans = region[1..].to_vec();
            spans.extend(whole(&rows.shape()[kept..]));
            let axes = (0..spans.len()).map(Some).collect();
            let some = view(&rows, spans.clone(), axes, extent(&spans));
            let found = Select { rows: &some, kept, wanted: &wanted }.all(cx)?;
            let mut pick = whole(found.shape());
            pick[0] = region[0];
            found.read(&pick, cx)
        },
    )
}

struct Select<'a> {
    /// Kept axes, then reduced ones.
    rows: &'a Array,
    kept: usize,
    wanted: &'a Wanted,
}

impl Select<'_> {
    fn all(&self, cx: &Context) -> Result<Array> {
        let (kept, reduced) = self.rows.shape().split_at(self.kept);
        let n = count(reduced);
        let dtype = self.rows.dtype().clone();
        let mut shape = vec![self.wanted.len];
        shape.extend(kept);
        if count(&shape) == 0 || n == 0 {
            return Ok(Array::of(Block::zeros(dtype, shape)));
        }
        self.rows.prepare(cx)?;
        let footprint = self.rows.footprint() + 2.0 * dtype.size() as f64;
        let most = (cx.share() as f64 / footprint) as usize;
        let mut keeper = Keeper::new(dtype.clone(), shape, cx)?;
        if n > most && self.rows.bytes() > 64 << 10 || dtype == DType::Object {
            return crate::with_number!(
                &dtype,
                T => if has_key::<T>() { self.counted::<T>(cx) } else { self.sorted(n, cx) },
                self.sorted(n, cx)
            );
        }
        let units = self.boxes(kept, n, most);
        cx.begin("selecting", self.rows.len() as u64);
        parallel(
            cx,
            units.len(),
            Order::Any,
            |i| {
                let mut region = units.region(i);
                let mut shape = vec![self.wanted.len];
                shape.extend(extent(&region));
                region.extend(whole(reduced));
                let block = self.rows.read(&region, cx)?;
                cx.advance(block.len() as u64);
                Ok(pick_rows(block, n, self.wanted, shape, cx))
            },
            |i, block| {
                let mut region = vec![Span::run(0, self.wanted.len)];
                region.extend(units.region(i));
                keeper.put(&region, &block)
            },
        )?;
        Ok(keeper.finish(cx))
    }

    /// Boxes of outputs whose elements fit a share.
    fn boxes(&self, kept: &[usize], n: usize, most: usize) -> Units {
        let grid = self.rows.grid().map(|g| g[..self.kept].to_vec());
        let order: Vec<usize> = (0..kept.len()).rev().collect();
        let room = (most / n).max(1);
        let usual = room.min(((1 << 20) / n).max(1));
        let mut size = unit_size(kept, grid.as_deref(), usual, &order);
        if count(&size) > room {
            size = unit_size(kept, None, room, &order);
        }
        Units::new(kept, size)
    }

    /// By sorting, for what has no key.
    fn sorted(&self, n: usize, cx: &Context) -> Result<Array> {
        let kept = &self.rows.shape()[..self.kept];
        let mut shape = kept.to_vec();
        shape.push(n);
        let sorted = sort_along(&reshape(self.rows, shape.clone()), self.kept, cx)?;
        sorted.prepare(cx)?;
        let mut out_shape = vec![self.wanted.len];
        out_shape.extend(kept);
        let mut out = Block::zeros(self.rows.dtype().clone(), out_shape);
        let lanes = Units::new(kept, vec![1; self.kept]);
        for lane in 0..lanes.len() {
            cx.check()?;
            let at = |i: usize| -> Result<Block> {
                let mut region = lanes.region(lane);
                region.push(Span::run(i, 1));
                sorted.read(&region, cx)
            };
            let is_nan = |block: &Block| -> bool {
                match block.dtype() {
                    d if d.is_time() => block.typed::<i64>()[0] == i64::MIN,
                    d => crate::with_number!(d, T => Ordered::is_nan(block.typed::<T>()[0]), false),
                }
            };
            // NaNs are the last: the first of them is found by halves
            let (mut low, mut high) = (0, n);
            while low < high {
                let middle = (low + high) / 2;
                if is_nan(&at(middle)?) { high = middle } else { low = middle + 1 }
            }
            let ranks = match low {
                m if m == n => (self.wanted.ranks)(n),
                0 => vec![n - 1; self.wanted.len],
                m if self.wanted.skip_nan => (self.wanted.ranks)(m),
                _ => vec![n - 1; self.wanted.len],
            };
            note_empty(low, self.wanted, cx);
            for (r, rank) in ranks.into_iter().enumerate() {
                let mut region = vec![Span::run(r, 1)];
                region.extend(lanes.region(lane));
                let shape = extent(&region);
                put(&mut out, &region, &at(rank)?.reshaped(shape));
            }
        }
        Ok(Array::of(out))
    }

    /// By counting keys, for outputs of more elements than memory takes.
    fn counted<T: Ordered>(&self, cx: &Context) -> Result<Array> {
        let (kept, reduced) = self.rows.shape().split_at(self.kept);
        let r = self.wanted.len;
        let mut shape = vec![r];
        shape.extend(kept);
        let mut keeper = Keeper::new(self.rows.dtype().clone(), shape, cx)?;
        let together = (cx.share() / 16 / 2048 / r).max(1);
        let order: Vec<usize> = (0..kept.len()).rev().collect();
        let groups = Units::new(kept, unit_size(kept, None, together, &order));
        for g in 0..groups.len() {
            let group = groups.region(g);
            let lanes = count(&extent(&group));
            let footprint = self.rows.footprint() + self.rows.dtype().size() as f64;
            let most = (cx.share() as f64 / 2.0 / footprint).max(1.0) as usize;
            let grid = self.rows.grid().map(|g| g[self.kept..].to_vec());
            let order: Vec<usize> = (0..reduced.len()).rev().collect();
            let room = (most.min(64 << 10) / lanes).max(1);
            let mut size = unit_size(reduced, grid.as_deref(), room, &order);
            if count(&size) * lanes > most {
                size = unit_size(reduced, None, room, &order);
            }
            let pieces = Units::new(reduced, size);
            let passes = Passes { rows: self.rows, group: &group, lanes, pieces: &pieces };
            let found = passes.run::<T>(self.wanted, cx)?;
            let mut region = vec![Span::run(0, r)];
            region.extend(&group);
            let mut block = Block::of(self.rows.dtype().clone(), extent(&region), &found);
            lower_times(&mut block);
            keeper.put(&region, &block)?;
        }
        Ok(keeper.finish(cx))
    }
}

/// Whether numbers of this type have keys.
fn has_key<T: Ordered>() -> bool {
    T::BITS > 0
}

pub(super) fn note_empty(valid: usize, wanted: &Wanted, cx: &Context) {
    if valid == 0 && wanted.skip_nan {
        cx.note("RuntimeWarning: All-NaN slice encountered");
    }
}

/// The wanted elements of each row of `n` elements of a block.
fn pick_rows(
    mut block: Block,
    n: usize,
    wanted: &Wanted,
    shape: Vec<usize>,
    cx: &Context,
) -> Block {
    let dtype = block.dtype().clone();
    let mut out = Block::zeros(dtype.clone(), shape);
    let lanes = block.len() / n.max(1);
    lift_times(&mut block);
    let number = crate::with_number!(&dtype, T => {
        let is_nan = nan_test::<T>(&dtype);
        let target: &mut [T] = out.typed_mut();
        for (lane, row) in block.typed_mut::<T>().chunks_exact_mut(n).enumerate() {
            for (r, x) in pick_row(row, wanted, is_nan, cx).into_iter().enumerate() {
                target[r * lanes + lane] = x;
            }
        }
        true
    }, false);
    if number {
        lower_times(&mut out);
        return out;
    }
    let ranks = (wanted.ranks)(n);
    super::sort::sort_block(&mut block, n);
    for lane in 0..lanes {
        for (r, rank) in ranks.iter().enumerate() {
            out.copy_run(r * lanes + lane, &block, lane * n + rank, 1);
        }
    }
    out
}

/// Whether an element is NaN, or NaT among lifted times.
pub(super) fn nan_test<T: Ordered>(dtype: &DType) -> fn(T) -> bool {
    if dtype.is_time() { |x| x.key() == u64::MAX } else { T::is_nan }
}

fn pick_row<T: Ordered>(
    row: &mut [T],
    wanted: &Wanted,
    is_nan: fn(T) -> bool,
    cx: &Context,
) -> Vec<T> {
    let nans = row.iter().filter(|x| is_nan(**x)).count();
    let valid = row.len() - nans;
    if nans > 0 && (!wanted.skip_nan || valid == 0) {
        note_empty(valid, wanted, cx);
        let last = row.iter().copied().max_by(Ordered::order).unwrap_or_else(T::zeroed);
        let last = if T::BITS > 0 { T::of_key(last.key()) } else { last };
        return vec![last; wanted.len];
    }
    let row = if nans > 0 {
        let mut to = 0;
        for from in 0..row.len() {
            if !is_nan(row[from]) {
                row[to] = row[from];
                to += 1;
            }
        }
        &mut row[..to]
    } else {
        row
    };
    let ranks = (wanted.ranks)(valid);
    if T::BITS == 0 {
        row.sort_by(Ordered::order);
        return ranks.iter().map(|&k| row[k]).collect();
    }
    let mut once = ranks.clone();
    once.sort_unstable();
    once.dedup();
    let mut done = 0;
    for &k in &once {
        // by keys, so that zeros of both signs stand as they do when keys are counted
        row[done..].select_nth_unstable_by(k - done, |a, b| a.key().cmp(&b.key()));
        done = k + 1;
        if done >= row.len() {
            break;
        }
    }
    ranks.iter().map(|&k| row[k]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Settings;
    use crate::array::run::to_block;

    #[test]
    fn the_same_elements_in_memory_and_by_counting() {
        let n = 40_000usize;
        let xs: Vec<f64> = (0..3 * n)
            .map(|i| match i {
                _ if i / n == 1 && i % 1000 == 3 => f64::NAN,
                _ if i % 7 == 0 => 0.0,
                _ if i % 11 == 0 => -0.0,
                _ => ((i * 7919) % 10_007) as f64 * 0.01 - 50.0,
            })
            .collect();
        let array = Array::of(Block::of(DType::Float64, vec![3, n], &xs));
        for skip_nan in [false, true] {
            let ranks = Arc::new(|n: usize| vec![n - 1, 0, n / 2, n / 2 - 1]);
            let wanted = Wanted { len: 4, ranks, skip_nan };
            let mut first: Option<Vec<u64>> = None;
            for (memory, threads) in [(1 << 30, 1), (1 << 20, 2), (200_000, 3)] {
                let cx = Context::new(Settings { memory, threads, temp_dir: None });
                let found = select(&array, &[false, true], wanted.clone());
                let bits = to_block(&found, &cx).unwrap().typed::<u64>().to_vec();
                let one = first.get_or_insert_with(|| bits.clone());
                assert_eq!(*one, bits, "{memory} {threads} {skip_nan}");
            }
            let mut row = xs[n..2 * n].to_vec();
            row.retain(|x| !x.is_nan());
            row.sort_by_key(|x| x.key());
            let middle = f64::from_bits(first.unwrap_or_default()[2 * 3 + 1]);
            match skip_nan {
                true => assert_eq!(middle.to_bits(), row[row.len() / 2].to_bits()),
                false => assert!(middle.is_nan()),
            }
        }
    }

    #[test]
    fn times_and_complex_numbers() {
        let unit = crate::array::time::TimeUnit::named("s").unwrap();
        let times = Block::of(DType::Timedelta(unit), vec![4], &[5i64, i64::MIN, -7, 9]);
        let cx = Context::new(Settings { memory: 1 << 20, threads: 1, temp_dir: None });
        let wanted = Wanted { len: 2, ranks: Arc::new(|n| vec![0, n - 1]), skip_nan: true };
        let found = select(&Array::of(times), &[true], wanted);
        assert_eq!(to_block(&found, &cx).unwrap().typed::<i64>(), [-7, 9]);
    }
}
