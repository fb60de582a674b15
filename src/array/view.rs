//! Views: an array's elements under other axes, without computing anything.
//!
//! Slices, transposes, new axes, broadcasts and fields are one thing here: each axis of the view
//! walks along one axis of its base, or along none (a broadcast). Views of views collapse.

use std::any::Any;

use super::block::{Block, count};
use super::context::Context;
use super::dtype::{DType, tuple};
use super::error::{Error, Result};
use super::lazy::{Array, Source, Span, copy_strided, extent, for_runs, strides};

/// A view of an array.
pub struct View {
    base: Array,
    /// What each axis of the base contributes: a span of it.
    spans: Vec<Span>,
    /// Which axis of the base each axis of the view walks; none repeats.
    axes: Vec<Option<usize>>,
}

impl View {
    /// The array that is viewed, and where each of the view's axes lies in it.
    pub fn parts(&self) -> (&Array, &[Span], &[Option<usize>]) {
        (&self.base, &self.spans, &self.axes)
    }
}

impl Source for View {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let mut wanted = self.spans.clone();
        for (axis, span) in region.iter().enumerate() {
            if let Some(b) = self.axes[axis] {
                wanted[b] = self.spans[b].then(*span);
            }
        }
        let block = self.base.read(&wanted, cx)?;
        Ok(arrange(block, &self.axes, extent(region)))
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.base.clone()]
    }

    fn grid(&self) -> Option<Vec<usize>> {
        let base = self.base.grid()?;
        Some(
            self.axes
                .iter()
                .map(|axis| match axis {
                    Some(b) => base[*b].div_ceil(self.spans[*b].step.unsigned_abs().max(1)).max(1),
                    None => 1,
                })
                .collect(),
        )
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A block of the base's axes as one of the view's: axes permuted, dropped, repeated.
fn arrange(block: Block, axes: &[Option<usize>], shape: Vec<usize>) -> Block {
    let used: Vec<usize> = axes.iter().flatten().copied().collect();
    let in_order = used.windows(2).all(|w| w[0] < w[1]);
    if in_order && count(&shape) == block.len() {
        return block.reshaped(shape);
    }
    let steps = strides(block.shape());
    let steps: Vec<usize> = axes.iter().map(|a| a.map_or(0, |b| steps[b])).collect();
    let mut out = Block::scratch(block.dtype().clone(), shape.clone());
    if transpose_tiles(&block, &mut out, &shape, &steps) {
        return out;
    }
    for_runs(&shape, |to, index, n| {
        let from: usize = index.iter().zip(&steps).map(|(i, s)| i * s).sum();
        match steps.last() {
            Some(0) => out.fill_run(to, n, &block, from),
            Some(1) | None => out.copy_run(to, &block, from, n),
            Some(&step) => copy_strided(&mut out, to, &block, from as isize, step as isize, n),
        }
    });
    out
}

/// Where the last axis strides and another one is contiguous, copies by square tiles that stay in
/// cache; says whether it did.
fn transpose_tiles(block: &Block, out: &mut Block, shape: &[usize], steps: &[usize]) -> bool {
    const TILE: usize = 32;
    let Some(last) = shape.len().checked_sub(1) else { return false };
    let inner = (0..last).rev().find(|&a| steps[a] == 1 && shape[a] > 1);
    let (Some(inner), true) = (inner, steps[last] > 1 && shape[last] > 1) else { return false };
    macro_rules! tiles {
        ($T:ty) => {{
            let source: &[$T] = block.typed();
            let target: &mut [$T] = out.typed_mut();
            let places = strides(shape);
            let mut others = shape.to_vec();
            others[last] = 1;
            others[inner] = 1;
            for_runs(&others, |_, index, _| {
                let from: usize = index.iter().zip(steps).map(|(i, s)| i * s).sum();
                let to: usize = index.iter().zip(&places).map(|(i, s)| i * s).sum();
                for i0 in (0..shape[inner]).step_by(TILE) {
                    for j0 in (0..shape[last]).step_by(TILE) {
                        for i in i0..(i0 + TILE).min(shape[inner]) {
                            let row = to + i * places[inner];
                            for j in j0..(j0 + TILE).min(shape[last]) {
                                target[row + j] = source[from + i + j * steps[last]];
                            }
                        }
                    }
                }
            });
            true
        }};
    }
    match block.dtype() {
        DType::Object => false,
        d => match d.size() {
            1 => tiles!(u8),
            2 => tiles!(u16),
            4 => tiles!(u32),
            8 => tiles!(u64),
            16 => tiles!([u64; 2]),
            _ => false,
        },
    }
}

/// The view of `base` whose axis `i` walks the base's axis `axes[i]` over `spans`; views of views
/// collapse into one.
pub fn view(base: &Array, spans: Vec<Span>, axes: Vec<Option<usize>>, shape: Vec<usize>) -> Array {
    debug_assert_eq!(spans.len(), base.ndim());
    let unchanged = axes.iter().enumerate().all(|(i, a)| *a == Some(i))
        && spans.iter().zip(base.shape()).all(|(s, &n)| s.start == 0 && s.is_run() && s.len == n)
        && base.ndim() == axes.len();
    if unchanged {
        return base.clone();
    }
    if let Some(below) = base.source_as::<View>() {
        let (inner, inner_spans, inner_axes) = below.parts();
        let mut new_spans = inner_spans.to_vec();
        for (axis, span) in spans.iter().enumerate() {
            if let Some(b) = inner_axes[axis] {
                new_spans[b] = inner_spans[b].then(*span);
            }
        }
        let new_axes = axes.iter().map(|a| a.and_then(|b| inner_axes[b])).collect();
        return view(inner, new_spans, new_axes, shape);
    }
    Array::new(base.dtype().clone(), shape, View { base: base.clone(), spans, axes })
}

/// Elements from one neighbour to the next along each axis, as they lie in what is viewed.
pub fn layout(array: &Array) -> Vec<isize> {
    let Some(view) = array.source_as::<View>() else {
        return strides(array.shape()).into_iter().map(|s| s as isize).collect();
    };
    let (base, spans, axes) = view.parts();
    let steps = strides(base.shape());
    axes.iter().map(|a| a.map_or(0, |b| steps[b] as isize * spans[b].step)).collect()
}

/// One part of a basic index, after it was checked.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// One position: the axis goes away.
    At(usize),
    /// A slice of the axis.
    Along(Span),
    /// A new axis of length 1, walking none of the base's.
    New,
}

/// A basic index: integers, slices and new axes; axes that no part names stay whole.
pub fn slice(base: &Array, parts: &[Part]) -> Array {
    let (mut spans, mut axes, mut shape) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::At(i) => spans.push(Span::run(*i, 1)),
            Part::Along(s) => {
                axes.push(Some(spans.len()));
                shape.push(s.len);
                spans.push(*s);
            }
            Part::New => {
                axes.push(None);
                shape.push(1);
            }
        }
    }
    for &n in &base.shape()[spans.len()..] {
        axes.push(Some(spans.len()));
        shape.push(n);
        spans.push(Span::run(0, n));
    }
    view(base, spans, axes, shape)
}

/// The axes in another order.
pub fn transpose(base: &Array, order: &[usize]) -> Array {
    let spans = super::lazy::whole(base.shape());
    let shape = order.iter().map(|&a| base.shape()[a]).collect();
    view(base, spans, order.iter().map(|&a| Some(a)).collect(), shape)
}

/// The array seen with a larger shape, by NumPy's broadcasting rules.
///
/// # Errors
/// ValueError where an axis is neither 1 nor the wanted length.
pub fn broadcast_to(base: &Array, shape: &[usize]) -> Result<Array> {
    if base.shape() == shape {
        return Ok(base.clone());
    }
    let wrong = || {
        Error::value(format!(
            "operands could not be broadcast together with remapped shapes \
             [original->remapped]: {}  and requested shape {}",
            tuple(base.shape()),
            tuple(shape)
        ))
    };
    let extra = shape.len().checked_sub(base.ndim()).ok_or_else(wrong)?;
    let mut axes = vec![None; extra];
    for (i, &n) in base.shape().iter().enumerate() {
        axes.push(match (n, shape[extra + i]) {
            (a, b) if a == b => Some(i),
            (1, _) => None,
            _ => return Err(wrong()),
        });
    }
    Ok(view(base, super::lazy::whole(base.shape()), axes, shape.to_vec()))
}

/// The shape that several broadcast to.
///
/// # Errors
/// `ValueError: operands could not be broadcast together with shapes …`.
pub fn broadcast_shapes(shapes: &[&[usize]]) -> Result<Vec<usize>> {
    let ndim = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out = vec![1; ndim];
    for shape in shapes {
        for (i, &n) in shape.iter().enumerate() {
            let slot = &mut out[ndim - shape.len() + i];
            match (*slot, n) {
                (a, b) if a == b => {}
                (1, b) => *slot = b,
                (_, 1) => {}
                _ => {
                    let all: Vec<String> =
                        shapes.iter().map(|s| tuple(s).replace(", ", ",")).collect();
                    return Err(Error::value(format!(
                        "operands could not be broadcast together with shapes {} ",
                        all.join(" ")
                    )));
                }
            }
        }
    }
    Ok(out)
}
