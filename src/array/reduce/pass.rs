//! One pass over an array: its blocks are read once, each is folded by every reduction that is
//! under way, and what comes of it is merged along the tree.
//!
//! A task is a range of blocks of one box of outputs; it joins its nodes as they come, and what is
//! left of it is joined with that of other tasks.

use std::any::Any;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::tree::{Joined, Nodes};
use crate::array::block::{Block, count};
use crate::array::context::Context;
use crate::array::error::Result;
use crate::array::lazy::{Array, Span, for_runs, whole};
use crate::array::run::{Order, Units, parallel, unit_elements, unit_size};

/// Fewer columns than this are turned into runs first.
const NARROW: usize = 8;
/// Bytes of a block that is made larger than others so that rows aren't cut.
const WHOLE_ROWS: usize = 16 << 20;
/// Units that one task of a watched reduction is of: few, so that first results come soon.
const WATCHED: usize = 4;

/// What is reduced, over which axes.
#[derive(Clone, Copy)]
pub struct What<'a> {
    /// The elements.
    pub input: &'a Array,
    /// Which of them count.
    pub keep: Option<&'a Array>,
    /// Which axes go away.
    pub reduced: &'a [bool],
    /// Parts of an element, each with a result of its own; then all axes are reduced.
    pub parts: usize,
}

/// A block ready to be folded: `outer` x `rows` x `inner`, the rows in the order of the tree.
pub struct Folded {
    pub block: Block,
    pub keep: Option<Block>,
    pub outer: usize,
    pub inner: usize,
    /// First index and length of each run of rows.
    pub runs: Vec<(u64, usize)>,
}

/// A reduction that takes part in a pass.
pub trait Fold: Sync {
    /// A block as nodes of the tree of `total` elements.
    fn fold(&self, f: &Folded, total: u64) -> Box<dyn Nodes>;

    /// Whether blocks may be folded and merged in any order.
    fn exact(&self) -> bool {
        false
    }
}

/// Takes a box of results of one of the reductions: its number, the box of the kept axes, the
/// states (none where there is no element) and how many elements each is of.
pub type Take<'a> = dyn FnMut(usize, &[Span], Option<Box<dyn Any>>, u64) -> Result<()> + 'a;

/// What takes a look at states, whatever they are.
pub type Glance<'a> = dyn FnMut(&[Span], Box<dyn Any>, u64) + 'a;

/// Looks at the first reduction's results while they are being made.
pub struct Looking<'a> {
    /// The time between two looks.
    pub every: Duration,
    /// Takes the box of the kept axes, the states and how many elements these are of.
    pub look: &'a mut Glance<'a>,
}

/// Which way the reduced axes lie.
struct Plan<'a> {
    what: What<'a>,
    /// Flat steps of the reduced axes in the tree's index.
    steps: Vec<u64>,
    total: u64,
}

impl<'a> Plan<'a> {
    fn new(what: What<'a>) -> Plan<'a> {
        let shape = what.input.shape();
        let mut steps = vec![0u64; shape.len()];
        let mut total = 1u64;
        for axis in (0..shape.len()).rev().filter(|a| what.reduced[*a]) {
            steps[axis] = total;
            total *= shape[axis] as u64;
        }
        Plan { what, steps, total }
    }

    /// The kept axes of a region.
    fn outputs(&self, region: &[Span]) -> Vec<Span> {
        let kept = region.iter().zip(self.what.reduced).filter(|(_, r)| !**r);
        kept.map(|(s, _)| *s).collect()
    }

    /// The size of blocks: whole chunks, and whole rows where that costs little and the order
    /// matters, since a row in pieces is many nodes.
    fn block_size(&self, exact: bool, cx: &Context) -> Vec<usize> {
        let What { input, reduced, .. } = self.what;
        let shape = input.shape();
        let most = unit_elements(input, cx);
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        let Some(grid) = input.grid() else {
            let mut size = unit_size(shape, None, most, &order);
            // powers of two fall into fewer nodes
            for (axis, size) in size.iter_mut().enumerate() {
                if reduced[axis] && *size < shape[axis] {
                    *size = 1 << size.ilog2();
                }
            }
            return size;
        };
        let first = reduced.iter().position(|r| *r).unwrap_or(0);
        let mut rows: Vec<usize> = grid.iter().zip(shape).map(|(g, n)| (*g).min(*n)).collect();
        for axis in (first + 1..shape.len()).filter(|a| reduced[*a]) {
            rows[axis] = shape[axis];
        }
        let by_memory = (cx.share() as f64 / input.footprint()) as usize;
        let elements = count(&rows);
        if !exact
            && elements <= by_memory
            && elements.saturating_mul(input.dtype().size()) <= WHOLE_ROWS
        {
            return unit_size(shape, Some(&rows), most.max(elements), &order);
        }
        unit_size(shape, Some(&grid), most, &order)
    }

    fn fetch(&self, region: &[Span], cx: &Context) -> Result<Folded> {
        let What { input, keep, reduced: marks, parts } = self.what;
        let block = input.read(region, cx)?;
        let keep = keep.map(|k| k.read(region, cx)).transpose()?;
        let shape = block.shape().to_vec();
        let reduced: Vec<usize> = (0..shape.len()).filter(|a| marks[*a]).collect();
        let runs = self.runs(region, &reduced);
        if parts != 1 {
            return Ok(Folded { block, keep, outer: 1, inner: parts, runs });
        }
        let adjacent = reduced.windows(2).all(|w| w[1] == w[0] + 1);
        let first = reduced.first().copied().unwrap_or(shape.len());
        let last = reduced.last().map_or(shape.len(), |a| a + 1);
        let inner = if adjacent { count(&shape[last..]) } else { 1 };
        if adjacent && (inner == 1 || inner >= NARROW) {
            let outer = count(&shape[..first]);
            return Ok(Folded { block, keep, outer, inner, runs });
        }
        // kept axes first, each output's elements in one run
        let mut order: Vec<usize> = (0..shape.len()).filter(|a| !marks[*a]).collect();
        let outer = order.iter().map(|&a| shape[a]).product();
        order.extend(&reduced);
        let arrange = |b: Block| -> Result<Block> {
            let view = crate::array::view::transpose(&Array::of(b), &order);
            view.read(&whole(view.shape()), cx)
        };
        let keep = keep.map(arrange).transpose()?;
        Ok(Folded { block: arrange(block)?, keep, outer, inner: 1, runs })
    }

    /// The runs of the tree's index that a region covers.
    fn runs(&self, region: &[Span], reduced: &[usize]) -> Vec<(u64, usize)> {
        let rows: Vec<usize> = reduced.iter().map(|&a| region[a].len).collect();
        // whole inner axes make longer runs
        let mut run = 1;
        let mut outer_axes = reduced.len();
        while outer_axes > 0 {
            let axis = reduced[outer_axes - 1];
            outer_axes -= 1;
            run *= region[axis].len;
            if region[axis].len != self.what.input.shape()[axis] {
                break;
            }
        }
        let at = |(&axis, i): (&usize, usize)| i as u64 * self.steps[axis];
        let origin: u64 = reduced.iter().map(|a| at((a, region[*a].start))).sum();
        let mut runs = Vec::new();
        let mut boxes = rows[..outer_axes].to_vec();
        boxes.push(1);
        for_runs(&boxes, |_, index, _| {
            let start: u64 = reduced.iter().zip(index).map(|(a, i)| at((a, *i))).sum();
            runs.push((origin + start, run));
        });
        runs
    }
}

/// Goes over the elements once, for all the reductions.
///
/// # Errors
/// As reading, and those of `take`.
pub fn pass(
    what: What<'_>,
    folds: &[&dyn Fold],
    cx: &Context,
    mut looking: Option<Looking<'_>>,
    take: &mut Take<'_>,
) -> Result<()> {
    let What { input, keep, reduced, .. } = what;
    input.prepare(cx)?;
    if let Some(keep) = keep {
        keep.prepare(cx)?;
    }
    let shape = input.shape();
    let plan = Plan::new(what);
    if input.is_empty() {
        // no element: each output is of none
        let outputs = plan.outputs(&whole(shape));
        return (0..folds.len()).try_for_each(|i| take(i, &outputs, None, 0));
    }
    let size = plan.block_size(folds.iter().all(|f| f.exact()), cx);
    let masked = |keep: bool| -> (Vec<usize>, Vec<usize>) {
        (0..shape.len())
            .map(|a| if reduced[a] == keep { (1, 1) } else { (shape[a], size[a]) })
            .unzip()
    };
    let ((kept_full, kept_size), (red_full, red_size)) = (masked(true), masked(false));
    let kept_units = Units::new(&kept_full, kept_size);
    let red_units = Units::new(&red_full, red_size);
    let all = kept_units.len() * red_units.len();
    let longest = if looking.is_some() { WATCHED } else { 64 };
    let per_task = (all / (cx.settings().threads * 16)).clamp(1, longest).min(red_units.len());
    let tasks_each = red_units.len().div_ceil(per_task);
    cx.begin("reducing", input.len() as u64);
    let mut found: HashMap<usize, Vec<Joined>> = HashMap::new();
    let outputs = |k: usize| plan.outputs(&kept_units.region(k));
    let mut looked: Option<Instant> = None;
    parallel(
        cx,
        kept_units.len() * tasks_each,
        Order::Any,
        |task| {
            let (k, t) = (task / tasks_each, task % tasks_each);
            let kept = kept_units.region(k);
            let mut found: Vec<Joined> = folds.iter().map(|_| Joined::default()).collect();
            for r in t * per_task..((t + 1) * per_task).min(red_units.len()) {
                cx.check()?;
                let mut region = red_units.region(r);
                for axis in (0..shape.len()).filter(|a| !reduced[*a]) {
                    region[axis] = kept[axis];
                }
                let folded = plan.fetch(&region, cx)?;
                for (fold, found) in folds.iter().zip(&mut found) {
                    found.add(fold.fold(&folded, plan.total));
                }
                cx.advance(folded.block.len() as u64);
            }
            Ok(found.into_iter().map(Joined::one).collect::<Vec<_>>())
        },
        |task, nodes| {
            let k = task / tasks_each;
            let none = || folds.iter().map(|_| Joined::default()).collect();
            let found_here = found.entry(k).or_insert_with(none);
            for (joined, nodes) in found_here.iter_mut().zip(nodes) {
                nodes.into_iter().for_each(|n| joined.add(n));
            }
            let covered = found_here.first().map_or(0, Joined::covered);
            if covered == plan.total {
                let done = found.remove(&k).unwrap_or_default();
                for (i, joined) in done.into_iter().enumerate() {
                    take(i, &outputs(k), joined.one().map(Nodes::states), plan.total)?;
                }
            } else if let Some(looking) = &mut looking
                && looked.is_none_or(|at| at.elapsed() >= looking.every)
                && let Some(states) = found_here.first().and_then(Joined::so_far)
            {
                (looking.look)(&outputs(k), states, covered);
                looked = Some(Instant::now());
            }
            Ok(())
        },
    )
}
