//! Products of matrices, by blocks.
//!
//! The order in which an output's products are summed is fixed: leaves of 64 along the inner axis
//! one by one, leaves in segments of 256, segments in order. So an output has the same bits
//! wherever tiles begin and end, and long inner axes are shared out by segments. Sums of a single
//! column of the right factor run on eight lanes a leaf instead, which also depends on nothing but
//! the shapes.

use std::any::Any;
use std::marker::PhantomData;

use parking_lot::Mutex;

use super::arithmetic::Arithmetic;
use super::block::{Block, count};
use super::context::Context;
use super::deferred::Deferred;
use super::dtype::DType;
use super::error::{Error, Result};
use super::lazy::{Array, Source, Span, extent};
use super::run::{Order, Units, parallel, unit_size};
use super::spill::{Keeper, materialise};

/// Inner indices that are summed without a pause.
const LEAF: usize = 64;
/// Inner indices whose leaves make one sum.
const SEGMENT: usize = 256 * LEAF;
/// Rows of a tile whose sums stay in registers.
const ROWS: usize = 4;
/// Outputs few enough to share out the inner axis instead of them.
const FEW: usize = 1 << 16;
/// Rows and columns of the boxes that outputs are computed in.
const BOX: usize = 128;

/// The product over the last axis of `a` (..., m, k) and the one before the last of `b`
/// (..., k, n); the axes in front and the dtypes are the same.
pub fn product(a: &Array, b: &Array) -> Array {
    let (batch, last) = a.shape().split_at(a.ndim() - 2);
    let (m, k) = (last[0], last[1]);
    let n = b.shape()[b.ndim() - 1];
    let mut shape = batch.to_vec();
    shape.extend([m, n]);
    let dtype = a.dtype().clone();
    let source = Product { a: a.clone(), b: b.clone(), held: Mutex::new(None) };
    let lazy = Array::new(dtype.clone(), shape.clone(), source);
    if k <= SEGMENT || count(&shape) > FEW {
        return lazy;
    }
    let (a, b) = (a.clone(), b.clone());
    let inputs = vec![a.clone(), b.clone()];
    Deferred::by_part(
        dtype,
        shape,
        inputs,
        move |cx| long(&a, &b, cx),
        move |region, cx| lazy.read(region, cx),
    )
}

/// A product with a long inner axis and few outputs: each thread sums other segments.
fn long(a: &Array, b: &Array, cx: &Context) -> Result<Array> {
    let dtype = a.dtype();
    crate::with_arithmetic!(dtype, A => {
        let mut shape = a.shape().to_vec();
        let last = shape.len() - 1;
        let k = shape[last];
        shape[last] = b.shape()[last];
        let mut keeper = Keeper::new(dtype.clone(), shape.clone(), cx)?;
        let most = (cx.share() / 8 / size_of::<<A as Arithmetic>::Sum>()).clamp(1, 64 << 10);
        let order: Vec<usize> = (0..=last).rev().collect();
        let boxes = Units::new(&shape, unit_size(&shape, None, most, &order));
        cx.begin("multiplying", (boxes.len() * k.div_ceil(SEGMENT)) as u64);
        for i in 0..boxes.len() {
            let region = boxes.region(i);
            let work = Work::<A>::new(a, b, &region);
            let mut total = vec![A::ZERO; count(&extent(&region))];
            parallel(
                cx,
                k.div_ceil(SEGMENT),
                Order::Kept,
                |s| work.segment(s, cx),
                |s, part| {
                    cx.advance(1);
                    gather::<A>(&mut total, &part, s == 0);
                    Ok(())
                },
            )?;
            keeper.put(&region, &finished::<A>(dtype, &region, &total))?;
        }
        Ok(keeper.finish(cx))
    }, Err(no_product(dtype)))
}

fn no_product(dtype: &DType) -> Error {
    Error::type_error(format!("no product of elements of {dtype}"))
}

fn gather<A: Arithmetic>(total: &mut [A::Sum], part: &[A::Sum], first: bool) {
    match first {
        true => total.copy_from_slice(part),
        false => total.iter_mut().zip(part).for_each(|(t, p)| *t = A::add(*t, *p)),
    }
}

fn finished<A: Arithmetic>(dtype: &DType, region: &[Span], total: &[A::Sum]) -> Block {
    let mut out = Block::scratch(dtype.clone(), extent(region));
    let slots: &mut [A::Element] = out.typed_mut();
    slots.iter_mut().zip(total).for_each(|(slot, t)| *slot = A::narrow(*t));
    out
}

struct Product {
    a: Array,
    b: Array,
    /// The factors computed once, where boxes of outputs would compute them several times.
    held: Mutex<Option<(Array, Array)>>,
}

impl Source for Product {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let held = self.held.lock().clone();
        let (a, b) = held.as_ref().map_or((&self.a, &self.b), |h| (&h.0, &h.1));
        let dtype = a.dtype();
        crate::with_arithmetic!(dtype, A => {
            let work = Work::<A>::new(a, b, region);
            let mut total = vec![A::ZERO; count(&extent(region))];
            for s in 0..work.k.div_ceil(SEGMENT) {
                gather::<A>(&mut total, &work.segment(s, cx)?, s == 0);
            }
            Ok(finished::<A>(dtype, region, &total))
        }, Err(no_product(dtype)))
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.a.clone(), self.b.clone()]
    }

    fn grid(&self) -> Option<Vec<usize>> {
        let mut grid = vec![1; self.a.ndim()];
        let last = grid.len() - 1;
        grid[last - 1] = BOX;
        grid[last] = BOX;
        Some(grid)
    }

    fn prepare(&self, cx: &Context) -> Result<()> {
        let last = self.a.ndim() - 1;
        let (m, n) = (self.a.shape()[last - 1], self.b.shape()[last]);
        let mut held = self.held.lock();
        if cx.is_preview() || held.is_some() {
            return Ok(());
        }
        // a factor that is decoded or computed is worth keeping when it is read again and again
        let once = |x: &Array, others: usize| -> Result<Array> {
            let costly = x.grid().is_some() || x.footprint() > 1.5 * x.dtype().size() as f64;
            match costly && others > 4 * BOX {
                true => materialise(x, cx),
                false => Ok(x.clone()),
            }
        };
        *held = Some((once(&self.a, n)?, once(&self.b, m)?));
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One box of outputs.
struct Work<'a, A> {
    a: &'a Array,
    b: &'a Array,
    batch: Vec<Span>,
    rows: Span,
    columns: Span,
    k: usize,
    /// The right factor has one column.
    single: bool,
    arithmetic: PhantomData<A>,
}

impl<'a, A: Arithmetic> Work<'a, A> {
    fn new(a: &'a Array, b: &'a Array, region: &[Span]) -> Self {
        let last = region.len() - 1;
        Work {
            a,
            b,
            batch: region[..last - 1].to_vec(),
            rows: region[last - 1],
            columns: region[last],
            k: a.shape()[last],
            single: b.shape()[last] == 1,
            arithmetic: PhantomData,
        }
    }

    /// The sums over one segment of the inner axis.
    fn segment(&self, s: usize, cx: &Context) -> Result<Vec<A::Sum>> {
        let (m, n) = (self.rows.len, self.columns.len);
        let batch = count(&extent(&self.batch));
        let mut sums = vec![A::ZERO; batch * m * n];
        let end = self.k.min((s + 1) * SEGMENT);
        let bytes = batch as f64 * (m as f64 * self.a.footprint() + n as f64 * self.b.footprint());
        let leaves = (cx.share() as f64 / 2.0 / bytes / LEAF as f64).max(1.0) as usize;
        let mut at = s * SEGMENT;
        let mut first = true;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        while at < end {
            cx.check()?;
            let len = leaves.saturating_mul(LEAF).min(end - at);
            let mut region = self.batch.clone();
            region.extend([self.rows, Span::run(at, len)]);
            let a = self.a.read(&region, cx)?;
            region.truncate(self.batch.len());
            region.extend([Span::run(at, len), self.columns]);
            let b = self.b.read(&region, cx)?;
            let (a, b): (&[A::Element], &[A::Element]) = (a.typed(), b.typed());
            for i in 0..batch {
                let a = &a[i * m * len..(i + 1) * m * len];
                let b = &b[i * len * n..(i + 1) * len * n];
                let out = &mut sums[i * m * n..(i + 1) * m * n];
                for from in (0..len).step_by(LEAF) {
                    let leaf = Leaf { a, b, stride: len, from, to: len.min(from + LEAF), m, n };
                    let first = first && from == 0;
                    if self.single {
                        leaf.lanes::<A>(out, first);
                    } else if m < ROWS {
                        leaf.rows::<A>(out, first);
                    } else if size_of::<A::Sum>() <= 4 {
                        leaf.tiles::<A, 8>(out, first, &mut left, &mut right);
                    } else {
                        leaf.tiles::<A, 4>(out, first, &mut left, &mut right);
                    }
                }
            }
            first = false;
            at += len;
        }
        Ok(sums)
    }
}

/// One leaf of the inner axis: `a` is m x stride, `b` stride x n.
struct Leaf<'a, T> {
    a: &'a [T],
    b: &'a [T],
    stride: usize,
    from: usize,
    to: usize,
    m: usize,
    n: usize,
}

impl<T: Copy> Leaf<'_, T> {
    /// A column of outputs, each summed on eight lanes.
    fn lanes<A: Arithmetic<Element = T>>(&self, out: &mut [A::Sum], first: bool) {
        let b = &self.b[self.from..self.to];
        for (i, slot) in out.iter_mut().enumerate() {
            let a = &self.a[i * self.stride + self.from..i * self.stride + self.to];
            let mut lanes = [A::ZERO; 8];
            let (mut xs, mut ys) = (a.chunks_exact(8), b.chunks_exact(8));
            for (x, y) in xs.by_ref().zip(ys.by_ref()) {
                for l in 0..8 {
                    lanes[l] = A::add_product(lanes[l], A::widen(x[l]), A::widen(y[l]));
                }
            }
            for (l, (x, y)) in xs.remainder().iter().zip(ys.remainder()).enumerate() {
                lanes[l] = A::add_product(lanes[l], A::widen(*x), A::widen(*y));
            }
            let q: [A::Sum; 4] = std::array::from_fn(|l| A::add(lanes[l], lanes[l + 4]));
            let sum = A::add(A::add(q[0], q[2]), A::add(q[1], q[3]));
            *slot = if first { sum } else { A::add(*slot, sum) };
        }
    }

    /// Few rows of outputs: rows of `b` are added up. The same sums as those of tiles.
    fn rows<A: Arithmetic<Element = T>>(&self, out: &mut [A::Sum], first: bool) {
        let n = self.n;
        let mut sums = vec![A::ZERO; n];
        for (i, out) in out.chunks_exact_mut(n.max(1)).enumerate() {
            sums.fill(A::ZERO);
            for k in self.from..self.to {
                let x = A::widen(self.a[i * self.stride + k]);
                for (sum, y) in sums.iter_mut().zip(&self.b[k * n..(k + 1) * n]) {
                    *sum = A::add_product(*sum, x, A::widen(*y));
                }
            }
            gather::<A>(out, &sums, first);
        }
    }

    /// All outputs by tiles of registers; both factors are packed in the order of their use.
    fn tiles<A: Arithmetic<Element = T>, const COLUMNS: usize>(
        &self,
        out: &mut [A::Sum],
        first: bool,
        left: &mut Vec<A::Sum>,
        right: &mut Vec<A::Sum>,
    ) {
        let (m, n, len) = (self.m, self.n, self.to - self.from);
        left.clear();
        for i in (0..m).step_by(ROWS) {
            for k in self.from..self.to {
                for r in i..i + ROWS {
                    left.push(if r < m { A::widen(self.a[r * self.stride + k]) } else { A::ZERO });
                }
            }
        }
        right.clear();
        for j in (0..n).step_by(COLUMNS) {
            for k in self.from..self.to {
                let row = &self.b[k * n..(k + 1) * n];
                for c in j..j + COLUMNS {
                    right.push(row.get(c).map_or(A::ZERO, |x| A::widen(*x)));
                }
            }
        }
        for (jt, b) in right.chunks_exact(len * COLUMNS).enumerate() {
            for (it, a) in left.chunks_exact(len * ROWS).enumerate() {
                let tile = tile::<A, COLUMNS>(a, b);
                let (i, j) = (it * ROWS, jt * COLUMNS);
                let width = COLUMNS.min(n - j);
                for (r, sums) in tile.iter().enumerate().take(m - i.min(m)) {
                    let start = (i + r) * n + j;
                    gather::<A>(&mut out[start..start + width], &sums[..width], first);
                }
            }
        }
    }
}

/// The sums of one tile, over packed factors.
#[inline]
fn tile<A: Arithmetic, const COLUMNS: usize>(
    a: &[A::Sum],
    b: &[A::Sum],
) -> [[A::Sum; COLUMNS]; ROWS] {
    let mut sums = [[A::ZERO; COLUMNS]; ROWS];
    for (a, b) in a.chunks_exact(ROWS).zip(b.chunks_exact(COLUMNS)) {
        let (Some(a), Some(b)) = (a.first_chunk::<ROWS>(), b.first_chunk::<COLUMNS>()) else {
            continue;
        };
        for r in 0..ROWS {
            for c in 0..COLUMNS {
                sums[r][c] = A::add_product(sums[r][c], a[r], b[c]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Settings;
    use crate::array::lazy::whole;
    use crate::array::run::to_block;

    fn numbers(shape: &[usize], seed: usize) -> Array {
        let n = count(shape);
        let xs: Vec<f64> =
            (0..n).map(|i| ((i * 7919 + seed) % 10_007) as f64 * 0.01 - 50.0).collect();
        Array::of(Block::of(DType::Float64, shape.to_vec(), &xs))
    }

    fn context(memory: usize, threads: usize) -> Context {
        Context::new(Settings { memory, threads, temp_dir: None })
    }

    #[test]
    fn equals_the_plain_sum_for_every_shape() {
        for (m, k, n) in [(1, 5, 1), (3, 300, 7), (9, 1000, 13), (5, 17, 1), (1, 700, 6), (4, 0, 3)]
        {
            let (a, b) = (numbers(&[m, k], 1), numbers(&[k, n], 2));
            let cx = context(1 << 24, 1);
            let c = to_block(&product(&a, &b), &cx).unwrap();
            let (a, b) = (to_block(&a, &cx).unwrap(), to_block(&b, &cx).unwrap());
            let (a, b): (&[f64], &[f64]) = (a.typed(), b.typed());
            for i in 0..m {
                for j in 0..n {
                    let wanted: f64 = (0..k).map(|l| a[i * k + l] * b[l * n + j]).sum();
                    let got = c.typed::<f64>()[i * n + j];
                    assert!((wanted - got).abs() <= 1e-9 * (1.0 + wanted.abs()), "{m} {k} {n}");
                }
            }
        }
    }

    #[test]
    fn the_same_bits_for_regions_threads_and_memory() {
        let (a, b) = (numbers(&[37, 40_000], 3), numbers(&[40_000, 9], 4));
        let cx = context(1 << 28, 1);
        let first = to_block(&product(&a, &b), &cx).unwrap();
        for (memory, threads) in [(1 << 20, 3), (60_000, 1)] {
            let cx = context(memory, threads);
            assert_eq!(to_block(&product(&a, &b), &cx).unwrap().bytes(), first.bytes());
        }
        let plain = Product { a: a.clone(), b: b.clone(), held: Mutex::new(None) };
        let lazy = Array::new(DType::Float64, vec![37, 9], plain);
        assert_eq!(lazy.read(&whole(&[37, 9]), &cx).unwrap().bytes(), first.bytes());
        let one = lazy.read(&[Span::run(5, 2), Span { start: 7, step: -3, len: 2 }], &cx).unwrap();
        let f: &[f64] = first.typed();
        let wanted = [f[5 * 9 + 7], f[5 * 9 + 4], f[6 * 9 + 7], f[6 * 9 + 4]];
        assert_eq!(one.typed::<f64>(), wanted);
    }

    #[test]
    fn whole_numbers_wrap_and_truth_is_or() {
        let cx = context(1 << 20, 1);
        let a = Array::of(Block::of(DType::Int8, vec![1, 2], &[100i8, 100]));
        let b = Array::of(Block::of(DType::Int8, vec![2, 1], &[2i8, 1]));
        assert_eq!(to_block(&product(&a, &b), &cx).unwrap().typed::<i8>(), [44]);
        let a = Array::of(Block::of(DType::Bool, vec![2, 2], &[1u8, 1, 0, 1]));
        assert_eq!(to_block(&product(&a, &a), &cx).unwrap().typed::<u8>(), [1, 1, 0, 1]);
    }
}
