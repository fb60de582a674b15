//! Histograms: how many values fall into each of a few equal parts of their range.

use super::parts::{ByField, Leaf};
use super::{Division, Range};
use crate::array::block::Block;
use crate::array::run::{Order, parallel, units};
use crate::array::{Array, Context, Result, Span};

/// The most bins.
pub const BINS: usize = 40;

/// The most columns that have histograms of their own.
const COLUMNS: usize = 4096;

/// Counts of equal bins over a range.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Where the first bin begins.
    pub low: f64,
    /// Where the last ends.
    pub high: f64,
    /// Values in each; the last has its end too.
    pub bins: Vec<u64>,
}

impl Histogram {
    fn new(range: Range) -> Option<Histogram> {
        let (low, high) = range.ends?;
        let width = high - low;
        if !width.is_finite() {
            return None;
        }
        // few whole numbers have a bin each
        let bins = match range.whole && width < BINS as f64 {
            true => width as usize + 1,
            false => BINS,
        };
        let (low, high) = match range.whole && width < BINS as f64 {
            true => (low - 0.5, high + 0.5),
            false if width == 0.0 => (low - 0.5, high + 0.5),
            false => (low, high),
        };
        Some(Histogram { low, high, bins: vec![0; bins] })
    }

    fn add(&mut self, x: f64) {
        let n = self.bins.len();
        if x < self.low || x > self.high || n == 0 {
            return;
        }
        let at = ((x - self.low) / (self.high - self.low) * n as f64) as usize;
        self.bins[at.min(n - 1)] += 1;
    }

    fn join(&mut self, other: &Histogram) {
        self.bins.iter_mut().zip(&other.bins).for_each(|(a, b)| *a += b);
    }
}

/// Which parts of a block an element's values belong to.
struct Places<'a> {
    division: &'a Division,
    leaves: &'a [Leaf],
}

impl Places<'_> {
    /// Calls `f` with each finite value and its part.
    fn each(&self, block: &Block, region: &[Span], mut f: impl FnMut(usize, f64)) {
        let last = block.shape().last().copied().unwrap_or(1).max(1);
        for at in 0..block.len() {
            let part = match self.division {
                Division::Columns(0) => region[0].start + at / last,
                Division::Columns(_) => region[1].start + at % last,
                _ => 0,
            };
            for (i, leaf) in self.leaves.iter().enumerate() {
                leaf.reals(block, at, |x| f(part + i, x));
            }
        }
    }
}

/// The histograms of the parts, and of all columns together.
///
/// # Errors
/// As reading; KeyboardInterrupt.
pub fn compute(
    array: &Array,
    division: &Division,
    by_field: &ByField,
    ranges: &[Range],
    all: Option<&Range>,
    cx: &Context,
) -> Result<(Vec<Option<Histogram>>, Option<Histogram>)> {
    let each = ranges.len() <= COLUMNS;
    let mut wanted: Vec<Range> = if each { ranges.to_vec() } else { Vec::new() };
    wanted.extend(all);
    let places = Places { division, leaves: by_field.leaves() };
    let parts = if each { ranges.len() } else { 0 };
    if wanted.iter().any(|r| r.infinite) {
        finite_ends(array, &places, &mut wanted, parts, cx)?;
    }
    let empty: Vec<Option<Histogram>> = wanted.iter().map(|r| Histogram::new(*r)).collect();
    let mut found = empty.clone();
    if array.is_empty() || found.iter().all(Option::is_none) {
        return Ok(split(found, parts, ranges.len()));
    }
    let units = units(array, cx);
    cx.begin("histogram", array.len() as u64);
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| {
            let region = units.region(i);
            let block = array.read(&region, cx)?;
            let mut counts = empty.clone();
            let (own, together) = counts.split_at_mut(parts);
            places.each(&block, &region, |part, x| {
                if let Some(Some(h)) = own.get_mut(part) {
                    h.add(x);
                }
                if let Some(Some(h)) = together.first_mut() {
                    h.add(x);
                }
            });
            cx.advance(block.len() as u64);
            Ok(counts)
        },
        |_, counts| {
            for (a, b) in found.iter_mut().zip(&counts) {
                if let (Some(a), Some(b)) = (a, b) {
                    a.join(b);
                }
            }
            Ok(())
        },
    )?;
    Ok(split(found, parts, ranges.len()))
}

fn split(
    mut found: Vec<Option<Histogram>>,
    parts: usize,
    all: usize,
) -> (Vec<Option<Histogram>>, Option<Histogram>) {
    let together = found.split_off(parts).into_iter().next().flatten();
    found.resize(all, None);
    (found, together)
}

/// Finds the ends of the values that are finite, where others are not.
fn finite_ends(
    array: &Array,
    places: &Places,
    wanted: &mut [Range],
    parts: usize,
    cx: &Context,
) -> Result<()> {
    let units = units(array, cx);
    cx.begin("finite range", array.len() as u64);
    let none = vec![(f64::INFINITY, f64::NEG_INFINITY); wanted.len()];
    let mut ends = none.clone();
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| {
            let region = units.region(i);
            let block = array.read(&region, cx)?;
            let mut ends = none.clone();
            places.each(&block, &region, |part, x| {
                let of_all = ends.get(parts..).is_some_and(|e| !e.is_empty());
                for at in [(part < parts).then_some(part), of_all.then_some(parts)] {
                    if let Some(e) = at.and_then(|at| ends.get_mut(at)) {
                        *e = (e.0.min(x), e.1.max(x));
                    }
                }
            });
            cx.advance(block.len() as u64);
            Ok(ends)
        },
        |_, found| {
            for (e, f) in ends.iter_mut().zip(found) {
                *e = (e.0.min(f.0), e.1.max(f.1));
            }
            Ok(())
        },
    )?;
    for (range, (low, high)) in wanted.iter_mut().zip(ends).filter(|(r, _)| r.infinite) {
        range.ends = (low <= high).then_some((low, high));
    }
    Ok(())
}
