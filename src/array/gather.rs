//! Elements gathered by index arrays: NumPy's advanced indexing, lazily.
//!
//! A region of the result needs the indices of that region alone. They are sorted by where they
//! lie in the base, chunk by chunk, and read together in boxes that stay within the memory share.

use std::any::Any;

use super::block::{Block, count};
use super::context::Context;
use super::dtype::DType;
use super::elementwise::{Operand, elementwise, unary};
use super::error::{Error, Result};
use super::lazy::{Array, Source, Span, extent, for_runs, strides, whole};
use super::run::{Order, parallel, to_block, units};
use super::select::is_positions;
use super::view::{broadcast_shapes, broadcast_to};

/// An array picked out of its base by index arrays.
struct Gather {
    base: Array,
    /// For each axis of the base, its indices; none for axes that stay whole. All of one shape.
    indices: Vec<Option<Array>>,
    /// The axis of the result at which the indices' axes begin, and how many they are.
    place: usize,
    rank: usize,
}

/// The elements of `base` at index arrays, which are broadcast together; axes with no index array
/// stay whole. The indices' axes stand where the first indexed axis stood, if the indexed axes
/// are neighbours and not `in_front`; else they come first.
///
/// Indices are integers in `-n..n`; see [`checked`].
///
/// # Errors
/// IndexError where the index arrays don't broadcast.
pub fn gather(base: &Array, indices: Vec<Option<Array>>, in_front: bool) -> Result<Array> {
    debug_assert_eq!(indices.len(), base.ndim());
    let shapes: Vec<&[usize]> = indices.iter().flatten().map(Array::shape).collect();
    let shape = broadcast_shapes(&shapes).map_err(|_| mismatch(&shapes))?;
    let indexed: Vec<usize> = (0..base.ndim()).filter(|&a| indices[a].is_some()).collect();
    let neighbours = indexed.windows(2).all(|w| w[0] + 1 == w[1]);
    let place = match indexed.first() {
        Some(&first) if neighbours && !in_front => first,
        _ => 0,
    };
    let spread = |index: Option<Array>| -> Result<Option<Array>> {
        let Some(index) = index else { return Ok(None) };
        broadcast_to(&super::cast::cast(&index, &DType::Int64)?, &shape).map(Some)
    };
    let indices = indices.into_iter().map(spread).collect::<Result<Vec<_>>>()?;
    let mut out: Vec<usize> =
        (0..base.ndim()).filter(|a| !indexed.contains(a)).map(|a| base.shape()[a]).collect();
    let rank = shape.len();
    out.splice(place..place, shape);
    let source = Gather { base: base.clone(), indices, place, rank };
    Ok(Array::new(base.dtype().clone(), out, source))
}

/// NumPy's words for index arrays that don't fit together.
pub fn mismatch(shapes: &[&[usize]]) -> Error {
    let all: Vec<String> =
        shapes.iter().map(|s| super::dtype::tuple(s).replace(", ", ",")).collect();
    Error::index(format!(
        "shape mismatch: indexing arrays could not be broadcast together with shapes {} ",
        all.join(" ")
    ))
}

/// An index array for an axis of length `n`, looked through: all inside the axis, counted from
/// the front. What is small is held in memory, what is large stays lazy.
///
/// # Errors
/// `IndexError: index 9 is out of bounds for axis 0 with size 4`.
pub fn checked(index: &Array, n: usize, axis: usize, cx: &Context) -> Result<Array> {
    if is_positions(index) {
        return Ok(index.clone());
    }
    let index = super::cast::cast(index, &DType::Int64)?;
    let m = n as i64;
    let outside = |block: &Block| {
        block.typed::<i64>().iter().find(|i| **i < -m || **i >= m).map(|i| {
            Error::index(format!("index {i} is out of bounds for axis {axis} with size {n}"))
        })
    };
    let from_front = move |i: i64| if i < 0 { i + m } else { i };
    if index.len() <= 1 << 16 {
        let mut block = to_block(&index, cx)?;
        if let Some(e) = outside(&block) {
            return Err(e);
        }
        block.typed_mut::<i64>().iter_mut().for_each(|i| *i = from_front(*i));
        return Ok(Array::of(block));
    }
    index.prepare(cx)?;
    let units = units(&index, cx);
    let mut first: Option<(usize, Error)> = None;
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| Ok(outside(&index.read(&units.region(i), cx)?)),
        |i, error| {
            if let Some(e) = error
                && first.as_ref().is_none_or(|(at, _)| i < *at)
            {
                first = Some((i, e));
            }
            Ok(())
        },
    )?;
    if let Some((_, e)) = first {
        return Err(e);
    }
    elementwise(
        DType::Int64,
        vec![index],
        std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            unary(ins[0], out, from_front);
            Ok(())
        }),
    )
}

/// One wanted element of the indexed axes: the chunk that it lies in, and its number.
type Wanted = (usize, usize);

impl Gather {
    /// The indices of a region, axis by axis, counted from the front.
    fn indices_of(&self, region: &[Span], cx: &Context) -> Result<Vec<(usize, Vec<usize>)>> {
        let inner = &region[self.place..self.place + self.rank];
        let mut out = Vec::new();
        for (axis, index) in self.indices.iter().enumerate() {
            let Some(index) = index else { continue };
            let n = self.base.shape()[axis];
            let block = index.read(inner, cx)?;
            let mut places = Vec::with_capacity(block.len());
            for &i in block.typed::<i64>() {
                let at = if i < 0 { i + n as i64 } else { i };
                if at < 0 || at >= n as i64 {
                    return Err(Error::index(format!(
                        "index {i} is out of bounds for axis {axis} with size {n}"
                    )));
                }
                places.push(at as usize);
            }
            out.push((axis, places));
        }
        Ok(out)
    }

    /// The wanted elements in the order in which they lie in the base, chunk by chunk.
    fn sorted(&self, indices: &[(usize, Vec<usize>)], n: usize) -> Vec<Wanted> {
        let grid = self.base.grid();
        let mut keys = vec![(0usize, 0usize); n];
        for (axis, places) in indices {
            let len = self.base.shape()[*axis];
            let chunk = grid.as_ref().map_or(1, |g| g[*axis].max(1));
            let chunks = len.div_ceil(chunk);
            for (key, &at) in keys.iter_mut().zip(places) {
                key.0 = key.0.wrapping_mul(chunks).wrapping_add(at / chunk);
                key.1 = key.1.wrapping_mul(len).wrapping_add(at);
            }
        }
        let mut order: Vec<usize> = (0..n).collect();
        if !keys.is_sorted() {
            order.sort_unstable_by_key(|&i| keys[i]);
        }
        order.into_iter().map(|i| (keys[i].0, i)).collect()
    }
}

impl Source for Gather {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let shape = extent(region);
        let mut out = Block::scratch(self.base.dtype().clone(), shape.clone());
        let indices = self.indices_of(region, cx)?;
        let n = count(&shape[self.place..self.place + self.rank]);
        // the spans of the axes that stay whole, as the base has them
        let mut others: Vec<Span> = region[..self.place].to_vec();
        others.extend(&region[self.place + self.rank..]);
        let mut rest = others.iter().copied();
        let mut spans: Vec<Span> = Vec::new();
        for index in &self.indices {
            spans.push(match index {
                Some(_) => Span::run(0, 0),
                None => rest.next().unwrap_or(Span::run(0, 1)),
            });
        }
        let steps = strides(&shape);
        let target = Target {
            inner: strides(&shape[self.place..self.place + self.rank]),
            shape: shape[self.place..self.place + self.rank].to_vec(),
            steps: steps[self.place..self.place + self.rank].to_vec(),
            others: steps[..self.place]
                .iter()
                .chain(&steps[self.place + self.rank..])
                .copied()
                .collect(),
        };
        if let Some(block) = self.base.in_memory() {
            let all: Vec<usize> = (0..n).collect();
            copy(&mut out, block, &spans, &indices, &vec![0; spans.len()], &all, &target);
            return Ok(out);
        }
        let wanted = self.sorted(&indices, n);
        let each = count(&extent(&others)).max(1);
        let most = (cx.share() as f64 / 2.0 / self.base.footprint()).max(1.0) as usize;
        let room = (most / each).max(1);
        let mut i = 0;
        while i < n {
            cx.check()?;
            // the box grows while it fits and isn't mostly unwanted
            let mut low: Vec<usize> = indices.iter().map(|(_, p)| p[wanted[i].1]).collect();
            let mut high = low.clone();
            let chunked = self.base.grid().is_some();
            let mut j = i + 1;
            while j < n {
                let (mut a, mut b) = (low.clone(), high.clone());
                for (k, (_, p)) in indices.iter().enumerate() {
                    let at = p[wanted[j].1];
                    a[k] = a[k].min(at);
                    b[k] = b[k].max(at);
                }
                let volume: usize =
                    a.iter().zip(&b).fold(1usize, |v, (a, b)| v.saturating_mul(b - a + 1));
                let dense = volume <= 8 * (j + 1 - i)
                    || volume.saturating_mul(each) <= SLACK
                    || (chunked && wanted[j].0 == wanted[i].0);
                if volume > room || !dense {
                    break;
                }
                (low, high) = (a, b);
                j += 1;
            }
            let mut wanted_box = spans.clone();
            let mut origin = vec![0; spans.len()];
            for (k, (axis, _)) in indices.iter().enumerate() {
                wanted_box[*axis] = Span::run(low[k], high[k] - low[k] + 1);
                origin[*axis] = low[k];
            }
            let block = self.base.read(&wanted_box, cx)?;
            // what was read has its own spans, from the beginning
            let inside = whole(block.shape());
            let numbers: Vec<usize> = wanted[i..j].iter().map(|w| w.1).collect();
            copy(&mut out, &block, &inside, &indices, &origin, &numbers, &target);
            i = j;
        }
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        std::iter::once(self.base.clone()).chain(self.indices.iter().flatten().cloned()).collect()
    }

    fn grid(&self) -> Option<Vec<usize>> {
        let base = self.base.grid()?;
        let mut grid: Vec<usize> =
            (0..base.len()).filter(|&a| self.indices[a].is_none()).map(|a| base[a]).collect();
        grid.splice(self.place..self.place, vec![1; self.rank]);
        Some(grid)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// So many elements may be read in vain to save calls.
const SLACK: usize = 4096;

/// Where gathered elements go.
struct Target {
    /// Elements between neighbours among the indices of the region, and their shape.
    inner: Vec<usize>,
    shape: Vec<usize>,
    /// Elements between neighbours in the result along the indices' axes, and along the others.
    steps: Vec<usize>,
    others: Vec<usize>,
}

/// Copies the wanted elements out of a block of the base's axes: `spans` along the axes that stay
/// whole, indices less `origin` along the others.
fn copy(
    out: &mut Block,
    block: &Block,
    spans: &[Span],
    indices: &[(usize, Vec<usize>)],
    origin: &[usize],
    numbers: &[usize],
    target: &Target,
) {
    let steps = strides(block.shape());
    let pairs: Vec<(usize, usize)> = numbers
        .iter()
        .map(|&i| {
            let from = indices.iter().map(|(a, p)| (p[i] - origin[*a]) * steps[*a]).sum();
            let to = target
                .inner
                .iter()
                .zip(&target.shape)
                .zip(&target.steps)
                .map(|((s, n), step)| i / s % n * step)
                .sum();
            (from, to)
        })
        .collect();
    let whole_axes: Vec<usize> =
        (0..spans.len()).filter(|a| !indices.iter().any(|(b, _)| a == b)).collect();
    let lens: Vec<usize> = whole_axes.iter().map(|&a| spans[a].len).collect();
    let last = whole_axes.last().copied();
    // a run of elements that follow each other in both
    let runs = last.is_some_and(|a| a + 1 == spans.len() && spans[a].is_run())
        && target.others.last() == Some(&1);
    for_runs(&lens, |_, index, n| {
        let mut index = index.to_vec();
        let mut one = |index: &[usize], n: usize| {
            let (mut from, mut to) = (0, 0);
            for (k, &a) in whole_axes.iter().enumerate() {
                from += spans[a].at(index[k]) * steps[a];
                to += index[k] * target.others[k];
            }
            copy_pairs(out, to, block, from, &pairs, n);
        };
        if runs || n == 1 {
            one(&index, n);
            return;
        }
        for i in 0..n {
            if let Some(slot) = index.last_mut() {
                *slot = i;
            }
            one(&index, 1);
        }
    });
}

/// Copies runs of `n` elements from `(from, to)` each, moved by an offset.
fn copy_pairs(
    out: &mut Block,
    to: usize,
    block: &Block,
    from: usize,
    pairs: &[(usize, usize)],
    n: usize,
) {
    macro_rules! copy {
        ($T:ty) => {{
            let source: &[$T] = block.typed();
            let target: &mut [$T] = out.typed_mut();
            for &(a, b) in pairs {
                target[to + b] = source[from + a];
            }
        }};
    }
    if n == 1 && *block.dtype() != DType::Object {
        match block.dtype().size() {
            1 => return copy!(u8),
            2 => return copy!(u16),
            4 => return copy!(u32),
            8 => return copy!(u64),
            _ => {}
        }
    }
    for &(a, b) in pairs {
        out.copy_run(to + b, block, from + a, n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Settings;
    use crate::array::view::transpose;

    fn numbers(shape: &[usize]) -> Array {
        let all: Vec<i64> = (0..count(shape) as i64).collect();
        Array::of(Block::of(DType::Int64, shape.to_vec(), &all))
    }

    fn index(shape: &[usize], at: &[i64]) -> Option<Array> {
        Some(Array::of(Block::of(DType::Int64, shape.to_vec(), at)))
    }

    fn read(a: &Array) -> Vec<i64> {
        let cx = Context::new(Settings { memory: 1, threads: 1, temp_dir: None });
        a.read(&whole(a.shape()), &cx).unwrap().typed().to_vec()
    }

    /// The same array, not in memory as it stands.
    fn lazily(a: &Array) -> Array {
        let order: Vec<usize> = (0..a.ndim()).rev().collect();
        let turned: Array = transpose(a, &order);
        let cx = Context::new(Settings::default());
        transpose(&Array::of(to_block(&turned, &cx).unwrap()), &order)
    }

    #[test]
    fn axes_stand_where_numpy_puts_them() {
        let x = numbers(&[2, 3, 4]);
        for x in [x.clone(), lazily(&x)] {
            // x[:, [2, 0]]
            let a = gather(&x, vec![None, index(&[2], &[2, 0]), None], false).unwrap();
            assert_eq!(a.shape(), [2, 2, 4]);
            assert_eq!(read(&a), [8, 9, 10, 11, 0, 1, 2, 3, 20, 21, 22, 23, 12, 13, 14, 15]);
            // x[[1, 0], :, [3, -1]]
            let a = gather(&x, vec![index(&[2], &[1, 0]), None, index(&[2], &[3, -1])], false);
            let a = a.unwrap();
            assert_eq!(a.shape(), [2, 3]);
            assert_eq!(read(&a), [15, 19, 23, 3, 7, 11]);
            // x[:, [[0], [2]], [1, 1, 0]]
            let i = vec![None, index(&[2, 1], &[0, 2]), index(&[3], &[1, 1, 0])];
            let a = gather(&x, i, false).unwrap();
            assert_eq!(a.shape(), [2, 2, 3]);
            assert_eq!(read(&a), [1, 1, 0, 9, 9, 8, 13, 13, 12, 21, 21, 20]);
            // x[..., [3, 1]]
            let a = gather(&x, vec![None, None, index(&[2], &[3, 1])], false).unwrap();
            assert_eq!(read(&a), [3, 1, 7, 5, 11, 9, 15, 13, 19, 17, 23, 21]);
            let part = [Span::run(1, 1), Span { start: 2, step: -2, len: 2 }, Span::run(1, 1)];
            let cx = Context::new(Settings::default());
            assert_eq!(a.read(&part, &cx).unwrap().typed::<i64>(), [21, 13]);
        }
    }

    #[test]
    fn indices_outside_are_refused() {
        let cx = Context::new(Settings::default());
        let i = Array::of(Block::of(DType::Int64, vec![3], &[0i64, -4, 3]));
        assert_eq!(read(&checked(&i, 4, 0, &cx).unwrap()), [0, 0, 3]);
        let e = checked(&i, 3, 1, &cx).unwrap_err();
        assert_eq!(e.to_string(), "IndexError: index -4 is out of bounds for axis 1 with size 3");
    }
}
