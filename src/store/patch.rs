//! Rectangular copies: which elements of a block go where in an array.
//!
//! A [`Patch`] is one loop nest for both sides. Axes that run on without a gap are merged, so that
//! what can be copied at once is copied at once.

use super::codec::Planes;

/// The most axes that HDF5 has.
pub(super) const AXES: usize = 32;

/// Elements to copy, in the order of the target.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    axes: usize,
    count: [u64; AXES],
    /// Where the first element is, in elements, and how far apart they are along each axis.
    from: u64,
    from_step: [u64; AXES],
    to: usize,
    to_step: [usize; AXES],
}

/// One axis of a patch: its elements on both sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    /// How many.
    pub count: u64,
    /// Distance of neighbours in the source, in elements.
    pub from_step: u64,
    /// Distance of neighbours in the target, in elements.
    pub to_step: usize,
}

/// A row of a patch: `count` elements, evenly spaced on both sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub from: u64,
    pub from_step: u64,
    pub to: usize,
    pub to_step: usize,
    pub count: usize,
}

impl Row {
    /// Whether its elements stand side by side, in the source and in the target.
    pub fn is_dense(&self) -> bool {
        self.count == 1 || (self.from_step == 1 && self.to_step == 1)
    }
}

impl Patch {
    /// The patch whose axes are `sides`, outermost first, from element `from` to element `to`.
    /// No side is empty.
    pub fn new(from: u64, to: usize, sides: impl Iterator<Item = Side>) -> Patch {
        let mut p =
            Patch { axes: 0, count: [1; AXES], from, from_step: [1; AXES], to, to_step: [1; AXES] };
        for side in sides.filter(|s| s.count > 1) {
            // an axis that goes on where the inner one ends is one with it
            if let Some(last) = p.axes.checked_sub(1)
                && p.from_step[last] == side.from_step.wrapping_mul(side.count)
                && p.to_step[last] == side.to_step.wrapping_mul(side.count as usize)
            {
                p.count[last] *= side.count;
                p.from_step[last] = side.from_step;
                p.to_step[last] = side.to_step;
                continue;
            }
            if p.axes < AXES {
                p.count[p.axes] = side.count;
                p.from_step[p.axes] = side.from_step;
                p.to_step[p.axes] = side.to_step;
                p.axes += 1;
            }
        }
        p
    }

    /// The one row that the patch is, where it is one without gaps.
    pub fn whole(&self) -> Option<Row> {
        let row = self.row(self.from, self.to);
        (self.axes <= 1 && row.is_dense()).then_some(row)
    }

    /// How far apart, in the source, rows follow each other, and how many do; none where there
    /// is but one.
    pub fn following(&self) -> Option<(u64, u64)> {
        let i = self.axes.checked_sub(2)?;
        Some((self.from_step[i], self.count[i]))
    }

    fn row(&self, from: u64, to: usize) -> Row {
        match self.axes.checked_sub(1) {
            Some(i) => Row {
                from,
                from_step: self.from_step[i],
                to,
                to_step: self.to_step[i],
                count: self.count[i] as usize,
            },
            None => Row { from, from_step: 1, to, to_step: 1, count: 1 },
        }
    }

    /// Calls `f` with each row, until one fails. `f` is told, too, how many rows of the same
    /// group are left, this one with them.
    pub fn rows<E>(&self, mut f: impl FnMut(Row, u64) -> Result<(), E>) -> Result<(), E> {
        let outer = self.axes.saturating_sub(1);
        let mut at = [0u64; AXES];
        let (mut from, mut to) = (self.from, self.to);
        loop {
            let left = outer.checked_sub(1).map_or(1, |i| self.count[i] - at[i]);
            f(self.row(from, to), left)?;
            let mut axis = outer;
            loop {
                let Some(i) = axis.checked_sub(1) else { return Ok(()) };
                axis = i;
                at[i] += 1;
                from += self.from_step[i];
                to += self.to_step[i];
                if at[i] < self.count[i] {
                    break;
                }
                from -= at[i] * self.from_step[i];
                to -= at[i] as usize * self.to_step[i];
                at[i] = 0;
            }
        }
    }

    /// Copies elements of `size` bytes out of `source`.
    pub fn copy(&self, source: &[u8], size: usize, out: &mut [u8]) {
        let _ = self.rows(|row, _| -> Result<(), std::convert::Infallible> {
            copy_row(source, row.from as usize, row, size, out);
            Ok(())
        });
    }

    /// Copies elements out of planes.
    pub fn copy_planes(&self, planes: &Planes, out: &mut [u8]) {
        let size = planes.size();
        let _ = self.rows(|row, _| -> Result<(), std::convert::Infallible> {
            if row.is_dense() && row.count >= 4 {
                let out = &mut out[row.to * size..(row.to + row.count) * size];
                planes.elements(row.from as usize, out);
            } else {
                for i in 0..row.count {
                    let at = (row.to + i * row.to_step) * size;
                    let from = row.from as usize + i * row.from_step as usize;
                    planes.element(from, &mut out[at..at + size]);
                }
            }
            Ok(())
        });
    }

    /// Writes one element, or zeros, to every place of the target.
    pub fn fill(&self, value: Option<&[u8]>, size: usize, out: &mut [u8]) {
        let _ = self.rows(|row, _| -> Result<(), std::convert::Infallible> {
            if row.count == 1 || row.to_step == 1 {
                let out = &mut out[row.to * size..(row.to + row.count) * size];
                fill(value, size, out);
            } else {
                for i in 0..row.count {
                    let at = (row.to + i * row.to_step) * size;
                    fill(value, size, &mut out[at..at + size]);
                }
            }
            Ok(())
        });
    }
}

/// Fills `out` with an element of `size` bytes, or with zeros.
pub(super) fn fill(value: Option<&[u8]>, size: usize, out: &mut [u8]) {
    match value {
        Some(value) => out.chunks_exact_mut(size.max(1)).for_each(|e| e.copy_from_slice(value)),
        None => out.fill(0),
    }
}

/// Copies a row's elements; `first` is where its first one is in `source`.
pub(super) fn copy_row(source: &[u8], first: usize, row: Row, size: usize, out: &mut [u8]) {
    if row.is_dense() {
        let n = row.count * size;
        out[row.to * size..][..n].copy_from_slice(&source[first * size..][..n]);
        return;
    }
    match size {
        1 => gather::<1>(source, first, row, out),
        2 => gather::<2>(source, first, row, out),
        4 => gather::<4>(source, first, row, out),
        8 => gather::<8>(source, first, row, out),
        16 => gather::<16>(source, first, row, out),
        _ => {
            for i in 0..row.count {
                let (from, to) = places(first, row, i);
                out[to * size..][..size].copy_from_slice(&source[from * size..][..size]);
            }
        }
    }
}

fn gather<const N: usize>(source: &[u8], first: usize, row: Row, out: &mut [u8]) {
    let (source, out) = (source.as_chunks::<N>().0, out.as_chunks_mut::<N>().0);
    for i in 0..row.count {
        let (from, to) = places(first, row, i);
        out[to] = source[from];
    }
}

fn places(first: usize, row: Row, i: usize) -> (usize, usize) {
    (first + i * row.from_step as usize, row.to + i * row.to_step)
}
