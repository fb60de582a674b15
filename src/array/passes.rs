//! Selection by counting: passes over elements that don't fit into memory.
//!
//! A pass counts how many keys go on with each of the next bits after the leading bits that are
//! known of the wanted ones; when few elements are left they are gathered.

use parking_lot::Mutex;

use super::block::count;
use super::context::Context;
use super::error::Result;
use super::lazy::{Array, Span};
use super::order::{Ordered, lift_times};
use super::rank::{Wanted, nan_test, note_empty};
use super::run::{Order, Units, parallel};

/// Passes over the elements of a few outputs.
pub(super) struct Passes<'a> {
    /// Kept axes, then reduced ones.
    pub rows: &'a Array,
    /// The outputs.
    pub group: &'a [Span],
    /// How many these are.
    pub lanes: usize,
    /// Boxes of the reduced axes.
    pub pieces: &'a Units,
}

/// What is known of a rank: the leading bits of its key, and how many keys begin lower.
#[derive(Clone, Copy)]
struct Rank {
    lane: usize,
    rank: u64,
    prefix: u64,
    below: u64,
}

impl Passes<'_> {
    /// The elements by rank and lane.
    pub fn run<T: Ordered>(&self, wanted: &Wanted, cx: &Context) -> Result<Vec<T>> {
        let is_nan = nan_test::<T>(self.rows.dtype());
        let n = count(&self.rows.shape()[self.group.len()..]) as u64;
        let mut done = 0;
        let mut ranks: Vec<Rank> = Vec::new();
        // the prefixes that are followed in each lane, ascending
        let mut followed: Vec<Vec<u64>> = vec![vec![0]; self.lanes];
        let mut nan_lanes = vec![false; self.lanes];
        while done < T::BITS {
            let tables: usize = followed.iter().map(Vec::len).sum();
            let room = (cx.share() / 16 / tables.max(1)).max(16).ilog2();
            let width = room.min(16).min(T::BITS - done);
            let (counts, nans) = self.count::<T>(&followed, done, width, is_nan, cx)?;
            if done == 0 {
                for (lane, &nans) in nans.iter().enumerate() {
                    let valid = n - nans;
                    nan_lanes[lane] = nans > 0 && (!wanted.skip_nan || valid == 0);
                    let these = match nan_lanes[lane] {
                        true => vec![n as usize - 1; wanted.len],
                        false => (wanted.ranks)(valid as usize),
                    };
                    if nan_lanes[lane] {
                        note_empty(valid as usize, wanted, cx);
                    }
                    ranks.extend(these.into_iter().map(|rank| Rank {
                        lane,
                        rank: rank as u64,
                        prefix: 0,
                        below: 0,
                    }));
                }
            }
            let mut first = Vec::new();
            let mut tables = 0;
            for f in &followed {
                first.push(tables);
                tables += f.len();
            }
            let mut left = 0;
            let mut next: Vec<Vec<u64>> = vec![Vec::new(); self.lanes];
            for rank in &mut ranks {
                let at = followed[rank.lane].binary_search(&rank.prefix).unwrap_or(0);
                let table = (first[rank.lane] + at) << width;
                let mut digit = 0;
                while digit + 1 < 1 << width && rank.below + counts[table + digit] <= rank.rank {
                    rank.below += counts[table + digit];
                    digit += 1;
                }
                rank.prefix = rank.prefix << width | digit as u64;
                if !next[rank.lane].contains(&rank.prefix) {
                    next[rank.lane].push(rank.prefix);
                    left += counts[table + digit];
                }
            }
            next.iter_mut().for_each(|f| f.sort_unstable());
            followed = next;
            done += width;
            if done < T::BITS && left.saturating_mul(32) <= cx.share() as u64 {
                return self.gather::<T>(&ranks, &followed, done, wanted.len, cx);
            }
        }
        let mut out = vec![T::zeroed(); wanted.len * self.lanes];
        for (i, rank) in ranks.iter().enumerate() {
            out[i % wanted.len * self.lanes + rank.lane] = T::of_key(rank.prefix);
        }
        Ok(out)
    }

    /// The region of piece `i`.
    fn region(&self, i: usize) -> Vec<Span> {
        let mut region = self.group.to_vec();
        region.extend(self.pieces.region(i));
        region
    }

    /// For each followed prefix, how many keys go on with each digit; NaNs of each lane.
    fn count<T: Ordered>(
        &self,
        followed: &[Vec<u64>],
        done: u32,
        width: u32,
        is_nan: fn(T) -> bool,
        cx: &Context,
    ) -> Result<(Vec<u64>, Vec<u64>)> {
        let tables: usize = followed.iter().map(Vec::len).sum();
        let fresh = || (vec![0u64; tables << width], vec![0u64; self.lanes]);
        // one table a thread, handed from piece to piece
        let spare: Mutex<Vec<(Vec<u64>, Vec<u64>)>> = Mutex::new(Vec::new());
        let (shift, mask) = (T::BITS - done - width, (1u64 << width) - 1);
        cx.begin("selecting", self.pieces.len() as u64);
        parallel(
            cx,
            self.pieces.len(),
            Order::Any,
            |i| {
                let mut block = self.rows.read(&self.region(i), cx)?;
                lift_times(&mut block);
                let (mut counts, mut nans) = spare.lock().pop().unwrap_or_else(fresh);
                let n = block.len() / self.lanes;
                let mut table = 0;
                for (lane, row) in block.typed::<T>().chunks_exact(n).enumerate() {
                    let prefixes = &followed[lane];
                    if done == 0 {
                        nans[lane] += row.iter().filter(|x| is_nan(**x)).count() as u64;
                        let counts = &mut counts[table << width..(table + 1) << width];
                        for x in row {
                            counts[(x.key() >> shift) as usize] += 1;
                        }
                    } else {
                        for x in row {
                            let key = x.key();
                            if let Ok(p) = prefixes.binary_search(&(key >> (shift + width))) {
                                let digit = (key >> shift & mask) as usize;
                                counts[((table + p) << width) + digit] += 1;
                            }
                        }
                    }
                    table += prefixes.len();
                }
                spare.lock().push((counts, nans));
                cx.advance(1);
                Ok(())
            },
            |_, ()| Ok(()),
        )?;
        let (mut counts, mut nans) = fresh();
        for (c, m) in spare.into_inner() {
            counts.iter_mut().zip(c).for_each(|(a, b)| *a += b);
            nans.iter_mut().zip(m).for_each(|(a, b)| *a += b);
        }
        Ok((counts, nans))
    }

    /// Reads the few keys with followed prefixes, and picks the ranks among them.
    fn gather<T: Ordered>(
        &self,
        ranks: &[Rank],
        followed: &[Vec<u64>],
        done: u32,
        each: usize,
        cx: &Context,
    ) -> Result<Vec<T>> {
        let mut kept: Vec<Vec<Vec<u64>>> =
            followed.iter().map(|f| vec![Vec::new(); f.len()]).collect();
        parallel(
            cx,
            self.pieces.len(),
            Order::Any,
            |i| {
                let mut block = self.rows.read(&self.region(i), cx)?;
                lift_times(&mut block);
                let n = block.len() / self.lanes;
                let mut found: Vec<(usize, usize, u64)> = Vec::new();
                for (lane, row) in block.typed::<T>().chunks_exact(n).enumerate() {
                    for x in row {
                        let key = x.key();
                        if let Ok(p) = followed[lane].binary_search(&(key >> (T::BITS - done))) {
                            found.push((lane, p, key));
                        }
                    }
                }
                Ok(found)
            },
            |_, found| {
                found.into_iter().for_each(|(lane, p, key)| kept[lane][p].push(key));
                Ok(())
            },
        )?;
        kept.iter_mut().flatten().for_each(|keys| keys.sort_unstable());
        let mut out = vec![T::zeroed(); each * self.lanes];
        for (i, rank) in ranks.iter().enumerate() {
            let p = followed[rank.lane].binary_search(&rank.prefix).unwrap_or(0);
            let keys = &kept[rank.lane][p];
            let at = ((rank.rank - rank.below) as usize).min(keys.len().saturating_sub(1));
            out[i % each * self.lanes + rank.lane] = T::of_key(keys[at]);
        }
        Ok(out)
    }
}
