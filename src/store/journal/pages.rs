//! Pages of a file: which of them, and new contents of some.

use std::collections::BTreeMap;

use super::PAGE;

/// A set of pages: a bit each, in pieces that are there where a page is.
#[derive(Debug, Default, Clone)]
pub(super) struct PageSet(BTreeMap<u64, Box<[u64; WORDS]>>);

const WORDS: usize = 64;
const PIECE: u64 = WORDS as u64 * 64;

impl PageSet {
    /// Adds a page; whether it was not in the set.
    pub fn insert(&mut self, page: u64) -> bool {
        let bits = self.0.entry(page / PIECE).or_insert_with(|| Box::new([0; WORDS]));
        let word = &mut bits[(page % PIECE / 64) as usize];
        let bit = 1 << (page % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    pub fn contains(&self, page: u64) -> bool {
        let bits = self.0.get(&(page / PIECE));
        bits.is_some_and(|b| b[(page % PIECE / 64) as usize] & (1 << (page % 64)) != 0)
    }

    /// How many pages there are.
    pub fn len(&self) -> u64 {
        self.0.values().flat_map(|bits| bits.iter()).map(|word| u64::from(word.count_ones())).sum()
    }

    /// The pages, in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|(piece, bits)| {
            let bit = move |i: &u64| bits[(i / 64) as usize] & (1 << (i % 64)) != 0;
            (0..PIECE).filter(bit).map(move |i| piece * PIECE + i)
        })
    }
}

/// A page's content.
pub(super) type Page = Box<[u8; PAGE as usize]>;

/// New contents of pages that are not in the file yet.
pub(super) type Overlay = BTreeMap<u64, Page>;

pub(super) fn empty_page() -> Page {
    Box::new([0; PAGE as usize])
}

/// The pages that a range of bytes touches, and of each the part of the page and of the range.
pub(super) fn parts(
    at: u64,
    len: usize,
) -> impl Iterator<Item = (u64, std::ops::Range<usize>, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len {
            return None;
        }
        let from = at + done as u64;
        let inside = (from % PAGE) as usize;
        let n = (PAGE as usize - inside).min(len - done);
        let part = (from / PAGE, inside..inside + n, done..done + n);
        done += n;
        Some(part)
    })
}

/// Runs of neighbours among pages in order, of at most `most` each.
pub(super) fn runs(pages: impl IntoIterator<Item = u64>, most: u64) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for page in pages {
        match runs.last_mut() {
            Some((first, count)) if *first + *count == page && *count < most => *count += 1,
            _ => runs.push((page, 1)),
        }
    }
    runs
}
