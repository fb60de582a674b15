//! Counts: how many elements fall into each bin, and sums of weights by bin.
//!
//! Counts are exact in any order. Weights are added in the order of the elements, leaf by leaf,
//! so that the sums have the same bits for every memory limit and number of threads.

use parking_lot::Mutex;

use super::context::Context;
use super::error::Result;
use super::lazy::Array;
use super::run::{Order, in_order, parallel, units};

/// How many elements of `bins` (int64) are each of `0..len`; others count nowhere.
///
/// # Errors
/// As reading.
pub fn tally(bins: &Array, len: usize, cx: &Context) -> Result<Vec<i64>> {
    bins.prepare(cx)?;
    let mut counts = vec![0i64; len];
    if bins.is_empty() {
        return Ok(counts);
    }
    let add = |counts: &mut [i64], found: &[i64]| {
        for &bin in found {
            if let Some(slot) = usize::try_from(bin).ok().and_then(|b| counts.get_mut(b)) {
                *slot += 1;
            }
        }
    };
    let units = units(bins, cx);
    cx.begin("counting", bins.len() as u64);
    if len.saturating_mul(8) > cx.share() / 2 {
        // too many bins for a table a thread
        parallel(
            cx,
            units.len(),
            Order::Any,
            |i| bins.read(&units.region(i), cx),
            |_, block| {
                cx.advance(block.len() as u64);
                add(&mut counts, block.typed());
                Ok(())
            },
        )?;
        return Ok(counts);
    }
    let spare: Mutex<Vec<Vec<i64>>> = Mutex::new(Vec::new());
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| {
            let block = bins.read(&units.region(i), cx)?;
            let mut counts = spare.lock().pop().unwrap_or_else(|| vec![0; len]);
            add(&mut counts, block.typed());
            spare.lock().push(counts);
            cx.advance(block.len() as u64);
            Ok(())
        },
        |_, ()| Ok(()),
    )?;
    for part in spare.into_inner() {
        counts.iter_mut().zip(part).for_each(|(a, b)| *a += b);
    }
    Ok(counts)
}

/// Sums weights by bin. `pairs` are complex128: the bin as real part, the weight as imaginary
/// part. After each `leaf` elements, in C order, `flush` gets the sums of these elements.
///
/// # Errors
/// As reading.
pub fn weigh(
    pairs: &Array,
    len: usize,
    leaf: usize,
    cx: &Context,
    mut flush: impl FnMut(&[f64]),
) -> Result<()> {
    let mut sums = vec![0f64; len];
    let mut done = 0;
    in_order(pairs, cx, |block| {
        for &[bin, weight] in block.typed::<[f64; 2]>() {
            if bin >= 0.0
                && let Some(slot) = sums.get_mut(bin as usize)
            {
                *slot += weight;
            }
            done += 1;
            if done == leaf {
                flush(&sums);
                sums.fill(0.0);
                done = 0;
            }
        }
        Ok(())
    })?;
    if done > 0 {
        flush(&sums);
    }
    Ok(())
}
