//! Elements that lie in the file as they are, read by `pread` straight from where they are.
//!
//! What is wanted may be rows with gaps. Small gaps are read over, in windows of a bounded size;
//! large ones are jumped.

use std::io;

use super::codec::{Scratch, room};
use super::journal::source::Source;
use super::patch::{Patch, Row, copy_row};

/// The most bytes of a window.
pub(super) const WINDOW: u64 = 256 << 10;
/// Gaps up to this size are read rather than jumped.
const GAP: u64 = 16 << 10;
/// A row of this many bytes is read straight to where it belongs.
const LONG: u64 = 32 << 10;

/// Reads a patch of the block of elements that begins `start` bytes into the file.
pub(super) fn read(
    file: &Source,
    start: u64,
    patch: &Patch,
    size: usize,
    scratch: &mut Scratch,
    out: &mut [u8],
) -> io::Result<()> {
    let mut window = Window { file, start, size, held: (0, 0), scratch };
    // rows with small gaps between them are worth one read; how far the next ones go is known
    let near = patch.following().filter(|&(step, _)| step.saturating_mul(size as u64) <= GAP);
    patch.rows(|row, left| {
        let ahead = near.map_or(0, |(step, _)| (left - 1) * step);
        window.row(row, ahead, out)
    })
}

struct Window<'a> {
    file: &'a Source,
    start: u64,
    size: usize,
    /// The first element that is held, and the one after the last.
    held: (u64, u64),
    scratch: &'a mut Scratch,
}

impl Window<'_> {
    /// Reads a row. Elements up to `ahead` after its end will be wanted, too.
    fn row(&mut self, row: Row, ahead: u64, out: &mut [u8]) -> io::Result<()> {
        let size = self.size as u64;
        if row.is_dense() {
            let end = row.from + row.count as u64;
            if !(self.held.0 <= row.from && end <= self.held.1) {
                if ahead == 0 || row.count as u64 * size >= LONG {
                    let out = &mut out[row.to * self.size..][..row.count * self.size];
                    return self.file.read_exact_at(out, self.start + row.from * size);
                }
                self.fill(row.from, end, end + ahead)?;
            }
            copy_row(self.bytes(), (row.from - self.held.0) as usize, row, self.size, out);
            return Ok(());
        }
        // elements with gaps: as many at a time as a window holds
        let step = row.from_step.max(1);
        let mut done = 0;
        while done < row.count {
            let from = row.from + done as u64 * step;
            let left = (row.count - done) as u64;
            let end = from + (left - 1) * step + 1;
            if !(self.held.0 <= from && from < self.held.1) {
                let most = if step.saturating_mul(size) <= GAP { end + ahead } else { from + 1 };
                self.fill(from, from + 1, most)?;
            }
            let n = ((self.held.1 - 1 - from) / step + 1).min(left) as usize;
            let part = Row {
                from,
                from_step: step,
                to: row.to + done * row.to_step,
                to_step: row.to_step,
                count: n,
            };
            copy_row(self.bytes(), (from - self.held.0) as usize, part, self.size, out);
            done += n;
        }
        Ok(())
    }

    /// Holds the elements from `from` to `end`, and more, up to `most`, if the window has room.
    fn fill(&mut self, from: u64, end: u64, most: u64) -> io::Result<()> {
        let size = self.size as u64;
        let end = most.min(from + WINDOW / size.max(1)).max(end);
        let bytes = usize::try_from((end - from) * size).map_err(io::Error::other)?;
        self.held = (0, 0);
        let buffer = room(&mut self.scratch.buffers[1], bytes)
            .map_err(|e| io::Error::other(e.to_string()))?;
        self.file.read_exact_at(buffer, self.start + from * size)?;
        self.held = (from, end);
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        &self.scratch.buffers[1]
    }
}
