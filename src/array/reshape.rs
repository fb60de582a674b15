//! The same elements in the same order under another shape.

use std::any::Any;

use super::block::{Block, count};
use super::context::Context;
use super::error::Result;
use super::lazy::{Array, Source, Span, extent, for_runs, strides, whole};
use super::view::view;

/// An array whose elements, in C order, are those of its base.
struct Reshape {
    base: Array,
    shape: Vec<usize>,
}

/// The array's elements in C order under a shape of as many; where only axes of length 1 differ,
/// a view.
pub fn reshape(base: &Array, shape: Vec<usize>) -> Array {
    debug_assert_eq!(count(&shape), base.len());
    if base.shape() == shape {
        return base.clone();
    }
    let long = |s: &[usize]| s.iter().copied().filter(|n| *n != 1).collect::<Vec<_>>();
    if long(base.shape()) == long(&shape) {
        let mut at = 0;
        let axes = shape
            .iter()
            .map(|&n| {
                if n == 1 {
                    return None;
                }
                while base.shape()[at] == 1 {
                    at += 1;
                }
                at += 1;
                Some(at - 1)
            })
            .collect();
        return view(base, whole(base.shape()), axes, shape);
    }
    if let Some(below) = base.source_as::<Reshape>() {
        return reshape(&below.base.clone(), shape);
    }
    if let Some(block) = base.in_memory().filter(|b| b.bytes().len() < 1 << 16) {
        return Array::of(Block::clone(block).reshaped(shape));
    }
    let source = Reshape { base: base.clone(), shape: shape.clone() };
    Array::new(base.dtype().clone(), shape, source)
}

/// The most elements of the base that are read beside wanted ones to save calls.
const SLACK: usize = 4096;

impl Source for Reshape {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let shape = extent(region);
        let places = strides(&self.shape);
        // runs of the wanted elements in flat positions, as they stand in the result
        let contiguous = region.last().is_none_or(|s| s.is_run());
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        let mut push = |from: usize, to: usize, n: usize| match runs.last_mut() {
            Some((f, t, len)) if *f + *len == from && *t + *len == to => *len += n,
            _ => runs.push((from, to, n)),
        };
        for_runs(&shape, |to, index, n| {
            let from: usize =
                region.iter().enumerate().map(|(a, s)| s.at(index[a]) * places[a]).sum();
            match region.last() {
                Some(last) if !contiguous => {
                    for i in 0..n {
                        let at = (from as isize + last.step * i as isize) as usize;
                        push(at, to + i, 1);
                    }
                }
                _ => push(from, to, n),
            }
        });
        let mut out = Block::scratch(self.base.dtype().clone(), shape);
        runs.sort_unstable();
        let most = (cx.share() / 2 / self.base.footprint().ceil() as usize).max(1);
        let mut i = 0;
        while i < runs.len() {
            // neighbouring runs are read together
            let first = runs[i].0;
            let mut end = first + runs[i].2;
            let mut j = i + 1;
            while j < runs.len()
                && runs[j].0 <= end + SLACK
                && runs[j].0 + runs[j].2 - first <= most
            {
                end = end.max(runs[j].0 + runs[j].2);
                j += 1;
            }
            let block = read_flat(&self.base, first, end - first, cx)?;
            for &(from, to, n) in &runs[i..j] {
                out.copy_run(to, &block, from - first, n);
            }
            i = j;
        }
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.base.clone()]
    }

    /// Rows of the result that hold whole rows of the base's grid.
    fn grid(&self) -> Option<Vec<usize>> {
        let base = self.base.grid()?;
        let rows = base.first()?;
        let elements = rows * count(&self.base.shape()[1..]);
        let mut grid = vec![1; self.shape.len()];
        let mut left = elements.max(1);
        for axis in (0..self.shape.len()).rev() {
            grid[axis] = left.min(self.shape[axis]).max(1);
            left /= self.shape[axis].max(1);
            if left == 0 {
                break;
            }
        }
        Some(grid)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Elements `first..first + n` of an array in C order, as one axis.
///
/// # Errors
/// As reading any region.
pub fn read_flat(array: &Array, first: usize, n: usize, cx: &Context) -> Result<Block> {
    let mut out = Block::scratch(array.dtype().clone(), vec![n]);
    let mut done = 0;
    for region in flat_boxes(array.shape(), first, n) {
        let block = array.read(&region, cx)?;
        let len = block.len();
        if len == n {
            return Ok(block.reshaped(vec![n]));
        }
        out.copy_run(done, &block, 0, len);
        done += len;
    }
    Ok(out)
}

/// The boxes that elements `first..first + n` of a shape make, in order; at most two an axis and
/// one.
pub fn flat_boxes(shape: &[usize], first: usize, n: usize) -> Vec<Vec<Span>> {
    let mut boxes = Vec::new();
    if n > 0 {
        split(shape, first, n, &mut Vec::new(), &mut boxes);
    }
    boxes
}

fn split(shape: &[usize], first: usize, n: usize, outer: &mut Vec<Span>, out: &mut Vec<Vec<Span>>) {
    let Some((_, inner)) = shape.split_first() else {
        out.push(outer.clone());
        return;
    };
    let row = count(inner).max(1);
    let (mut at, end) = (first, first + n);
    while at < end {
        let (index, within) = (at / row, at % row);
        if within == 0 && end - at >= row {
            let rows = (end - at) / row;
            let mut region = outer.clone();
            region.push(Span::run(index, rows));
            region.extend(whole(inner));
            out.push(region);
            at += rows * row;
        } else {
            let len = (row - within).min(end - at);
            outer.push(Span::run(index, 1));
            split(inner, within, len, outer, out);
            outer.pop();
            at += len;
        }
    }
}
