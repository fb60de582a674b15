//! Arrays put together: parts one after the other along an axis, and axes walked by a map (rolled,
//! tiled, repeated, reflected).

use std::any::Any;
use std::sync::Arc;

use super::block::Block;
use super::cast::cast;
use super::context::Context;
use super::dtype::DType;
use super::error::Result;
use super::lazy::{Array, Source, Span, extent, for_runs, strides, whole};

/// Parts one after the other.
struct Concat {
    axis: usize,
    parts: Vec<Array>,
    /// Where each part begins along the axis, and where the last one ends.
    starts: Vec<usize>,
}

/// The parts one after the other along an axis, cast to one dtype. They agree in the other axes;
/// there is at least one.
///
/// # Errors
/// TypeError where a part can't be cast.
pub fn concat(parts: &[Array], axis: usize, dtype: &DType) -> Result<Array> {
    let parts = parts.iter().map(|p| cast(p, dtype)).collect::<Result<Vec<_>>>()?;
    let mut starts = vec![0];
    let mut kept = Vec::new();
    let mut shape = parts.first().map_or(Vec::new(), |p| p.shape().to_vec());
    let mut end = 0;
    for part in parts {
        let n = part.shape().get(axis).copied().unwrap_or(1);
        if n > 0 {
            end += n;
            starts.push(end);
            kept.push(part);
        }
    }
    if let Some(slot) = shape.get_mut(axis) {
        *slot = end;
    }
    match kept.len() {
        0 => Ok(Array::of(Block::zeros(dtype.clone(), shape))),
        1 => Ok(kept.swap_remove(0)),
        _ => Ok(Array::new(dtype.clone(), shape, Concat { axis, parts: kept, starts })),
    }
}

impl Source for Concat {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let span = region[self.axis];
        let mut out: Option<Block> = None;
        let mut i = 0;
        while i < span.len {
            let at = span.at(i);
            let k = self.starts.partition_point(|s| *s <= at) - 1;
            let (start, end) = (self.starts[k], self.starts[k + 1]);
            // how many of the next positions lie in this part
            let n = match span.step {
                0 => span.len - i,
                s if s > 0 => (end - at).div_ceil(s as usize).min(span.len - i),
                s => ((at - start) / s.unsigned_abs() + 1).min(span.len - i),
            };
            let mut wanted = region.to_vec();
            wanted[self.axis] = Span { start: at - start, step: span.step, len: n };
            let block = self.parts[k].read(&wanted, cx)?;
            if n == span.len {
                return Ok(block);
            }
            let out = out.get_or_insert_with(|| {
                Block::scratch(self.parts[0].dtype().clone(), extent(region))
            });
            let mut target = whole(&extent(region));
            target[self.axis] = Span::run(i, n);
            super::run::put(out, &target, &block);
            i += n;
        }
        Ok(out.unwrap_or_else(|| Block::zeros(self.parts[0].dtype().clone(), extent(region))))
    }

    fn inputs(&self) -> Vec<Array> {
        self.parts.clone()
    }

    /// That of the first part that has one: parts often are alike.
    fn grid(&self) -> Option<Vec<usize>> {
        self.parts.iter().find_map(Array::grid)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Which position of the base stands at a position of the result.
pub type Map = Arc<dyn Fn(usize) -> usize + Send + Sync>;

/// An array whose axes walk its base by maps.
struct Mapped {
    base: Array,
    maps: Vec<Option<Map>>,
}

/// The array of this shape at whose index `(i, j, …)` stands the base's element
/// `(maps[0](i), maps[1](j), …)`; no map is the identity.
pub fn mapped(base: &Array, maps: Vec<Option<Map>>, shape: Vec<usize>) -> Array {
    debug_assert_eq!(maps.len(), base.ndim());
    if maps.iter().all(Option::is_none) {
        return base.clone();
    }
    Array::new(base.dtype().clone(), shape, Mapped { base: base.clone(), maps })
}

/// A stretch of an axis that is read at once: its place in the result, what is read of the base,
/// and which of what was read stands where.
struct Piece {
    to: usize,
    span: Span,
    picks: Option<Vec<usize>>,
    len: usize,
}

/// Cuts positions into stretches that are worth reading at once: those a fixed step apart, and
/// those that lie densely.
fn pieces(at: &[usize]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < at.len() {
        let rest = &at[i..];
        let step = rest.get(1).map_or(1, |b| *b as isize - rest[0] as isize);
        let even =
            1 + rest.windows(2).take_while(|w| w[1] as isize - w[0] as isize == step).count();
        let (mut low, mut high, mut dense) = (rest[0], rest[0], 1);
        if even < rest.len() {
            for (k, &p) in rest.iter().enumerate().skip(1) {
                let (a, b) = (low.min(p), high.max(p));
                if b - a > 2 * k + 16 {
                    break;
                }
                (low, high, dense) = (a, b, k + 1);
            }
        }
        if even >= dense {
            let span = Span { start: rest[0], step, len: even };
            out.push(Piece { to: i, span, picks: None, len: even });
            i += even;
        } else {
            let picks = rest[..dense].iter().map(|p| p - low).collect();
            let span = Span::run(low, high - low + 1);
            out.push(Piece { to: i, span, picks: Some(picks), len: dense });
            i += dense;
        }
    }
    out
}

impl Source for Mapped {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let axes: Vec<Vec<Piece>> = region
            .iter()
            .zip(&self.maps)
            .map(|(s, map)| match map {
                None => vec![Piece { to: 0, span: *s, picks: None, len: s.len }],
                Some(map) => pieces(&(0..s.len).map(|i| map(s.at(i))).collect::<Vec<_>>()),
            })
            .collect();
        let counts: Vec<usize> = axes.iter().map(Vec::len).collect();
        let mut out = Block::scratch(self.base.dtype().clone(), extent(region));
        let mut failed = Ok(());
        for_runs(&counts, |_, index, n| {
            let mut index = index.to_vec();
            for last in 0..n {
                if let Some(slot) = index.last_mut() {
                    *slot = last;
                }
                if failed.is_ok() {
                    let chosen: Vec<&Piece> =
                        axes.iter().zip(&index).map(|(pieces, i)| &pieces[*i]).collect();
                    failed = self.piece(&chosen, &mut out, cx);
                }
            }
        });
        failed.map(|()| out)
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

impl Mapped {
    /// Reads one box and puts its elements where they stand.
    fn piece(&self, chosen: &[&Piece], out: &mut Block, cx: &Context) -> Result<()> {
        cx.check()?;
        let spans: Vec<Span> = chosen.iter().map(|p| p.span).collect();
        let block = self.base.read(&spans, cx)?;
        let (from_steps, to_steps) = (strides(block.shape()), strides(out.shape()));
        let shape: Vec<usize> = chosen.iter().map(|p| p.len).collect();
        for_runs(&shape, |_, index, n| {
            let (mut from, mut to) = (0, 0);
            for (axis, piece) in chosen.iter().enumerate() {
                let i = index[axis];
                let last = axis + 1 == chosen.len();
                let picked = match &piece.picks {
                    Some(_) if last => 0,
                    Some(picks) => picks[i],
                    None => i,
                };
                from += picked * from_steps[axis];
                to += (piece.to + i) * to_steps[axis];
            }
            match chosen.last().and_then(|p| p.picks.as_ref()) {
                None => out.copy_run(to, &block, from, n),
                Some(picks) => copy_picks(out, to, &block, from, picks),
            }
        });
        Ok(())
    }
}

/// Copies elements `from + picks[i]` to `to + i`.
fn copy_picks(out: &mut Block, to: usize, block: &Block, from: usize, picks: &[usize]) {
    macro_rules! copy {
        ($T:ty) => {{
            let source: &[$T] = &block.typed()[from..];
            let target: &mut [$T] = &mut out.typed_mut()[to..to + picks.len()];
            for (slot, &p) in target.iter_mut().zip(picks) {
                *slot = source[p];
            }
        }};
    }
    crate::by_width!(block.dtype(), copy);
    for (i, &p) in picks.iter().enumerate() {
        out.copy_run(to + i, block, from + p, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Settings;

    fn numbers(shape: &[usize]) -> Array {
        let n: usize = shape.iter().product();
        Array::of(Block::of(DType::Int64, shape.to_vec(), &(0..n as i64).collect::<Vec<_>>()))
    }

    fn read(a: &Array, region: &[Span]) -> Vec<i64> {
        let cx = Context::new(Settings::default());
        a.read(region, &cx).unwrap().typed().to_vec()
    }

    #[test]
    fn parts_are_read_from_either_side() {
        let parts = [numbers(&[2, 2]), numbers(&[0, 2]), numbers(&[3, 2])];
        let a = concat(&parts, 0, &DType::Int64).unwrap();
        assert_eq!(a.shape(), [5, 2]);
        assert_eq!(read(&a, &whole(&[5, 2])), [0, 1, 2, 3, 0, 1, 2, 3, 4, 5]);
        let back = Span { start: 4, step: -2, len: 3 };
        assert_eq!(read(&a, &[back, Span::run(1, 1)]), [5, 1, 1]);
        let same = Span { start: 1, step: 0, len: 2 };
        assert_eq!(read(&a, &[same, Span::run(0, 2)]), [2, 3, 2, 3]);
    }

    #[test]
    fn maps_are_walked_in_stretches() {
        let x = numbers(&[7]);
        let roll = mapped(&x, vec![Some(Arc::new(|i| (i + 5) % 7))], vec![7]);
        assert_eq!(read(&roll, &whole(&[7])), [5, 6, 0, 1, 2, 3, 4]);
        assert_eq!(read(&roll, &[Span { start: 6, step: -3, len: 3 }]), [4, 1, 5]);
        let big = numbers(&[100_000]);
        let far = mapped(&big, vec![Some(Arc::new(|i| (i + 99_998) % 100_000))], vec![100_000]);
        assert_eq!(read(&far, &[Span::run(0, 5)]), [99_998, 99_999, 0, 1, 2]);
        let y = numbers(&[2, 3]);
        let tile = |n: usize| -> Option<Map> { Some(Arc::new(move |i| i % n)) };
        let t = mapped(&y, vec![tile(2), tile(3)], vec![4, 6]);
        let row = [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5];
        assert_eq!(read(&t, &whole(&[4, 6])), [row, row].concat());
    }
}
