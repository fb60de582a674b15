//! What a change would make of a file: changes that are made to be looked at, and taken back.
//!
//! Each operation of a [`Change`] tells here what it did, while a [`preview`] runs; otherwise
//! nothing is noted and nothing is read for it.

use super::change::{Change, together_seen};
use super::error::{Result, StoreError};
use super::object::Weight;
use super::path::ObjectPath;
use super::value::{Limits, Value};
use super::write::Place;

/// Cells that are shown of what is overwritten.
const SHOWN: usize = 3;
/// Bytes of elements after which a preview ends.
const MOST: u64 = 64 << 20;
/// Differences that are kept.
const KEPT: usize = 1000;

/// Something that a change does.
#[derive(Debug, Clone)]
pub enum Difference {
    /// A new object or link.
    Created {
        /// Where.
        path: ObjectPath,
        /// What it is: `group`, `dataset`, `soft link to /x`.
        what: String,
    },
    /// A link is gone, and what only it led to.
    Deleted {
        /// Where it was.
        path: ObjectPath,
        /// How much was below it.
        weight: Weight,
    },
    /// A link has another name.
    Moved {
        /// The old one.
        from: ObjectPath,
        /// The new one.
        to: ObjectPath,
    },
    /// Elements are others.
    Wrote {
        /// The dataset.
        path: ObjectPath,
        /// How many elements were written.
        cells: u64,
        /// The first of them: where, what was there, what is there.
        first: Vec<(Vec<u64>, Option<Value>, Option<Value>)>,
    },
    /// A dataset has another shape.
    Resized {
        /// The dataset.
        path: ObjectPath,
        /// Its shape before.
        from: Vec<u64>,
        /// Its shape after.
        to: Vec<u64>,
    },
    /// An attribute is new, another, or gone. A value is none where there is no attribute, and
    /// `Some(None)` where the attribute is empty.
    Attribute {
        /// The object.
        path: ObjectPath,
        /// The attribute.
        name: Vec<u8>,
        /// What it was.
        before: Option<Option<Value>>,
        /// What it is.
        after: Option<Option<Value>>,
    },
}

/// What changes would do, all together.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// In the order in which it would be done.
    pub differences: Vec<Difference>,
    /// Bytes that would be written to files, whole pages of 4096.
    pub bytes: u64,
    /// Whether it was not all looked at, because it is too much.
    pub cut: bool,
    /// Bytes of elements that were written.
    elements: u64,
}

/// Runs `f` and takes back whatever it changed; what that was. Of large writes only the
/// beginning is made: `f` then fails with [`StoreError::PreviewEnds`].
///
/// # Errors
/// Beside the preview, those of `f`.
pub fn preview<T, E: From<StoreError>>(
    f: impl FnOnce() -> std::result::Result<T, E>,
) -> (std::result::Result<T, E>, Preview) {
    let (result, mut seen) = together_seen(f);
    seen.simplify();
    (result, seen)
}

impl Preview {
    fn note(&mut self, new: Difference) {
        // what comes after the end only clears up
        if self.elements > MOST {
            return;
        }
        use Difference::Wrote;
        if let Wrote { path, cells, first } = &new
            && let Some(Wrote { cells: all, first: shown, .. }) = self
                .differences
                .iter_mut()
                .rev()
                .find(|d| matches!(d, Wrote { path: p, .. } if p == path))
        {
            *all += cells;
            shown.extend(first.iter().take(SHOWN - shown.len().min(SHOWN)).cloned());
            return;
        }
        match self.differences.len() < KEPT {
            true => self.differences.push(new),
            false => self.cut = true,
        }
    }

    /// What is made under another name first, and then takes its own, is as if it had it at once;
    /// what is made and goes again was never there.
    fn simplify(&mut self) {
        let mut out: Vec<Difference> = Vec::new();
        for d in std::mem::take(&mut self.differences) {
            let made = |path: &ObjectPath| {
                let is =
                    |o: &Difference| matches!(o, Difference::Created { path: p, .. } if p == path);
                out.iter().rposition(is)
            };
            match &d {
                Difference::Moved { from, to } => {
                    let back = out.iter().rposition(|o| {
                        matches!(o, Difference::Moved { from: f, to: t } if t == from && f == to)
                    });
                    match (back, made(from)) {
                        // there and back again
                        (Some(i), _) => drop(out.remove(i)),
                        (None, Some(i)) => out[i..].iter_mut().for_each(|o| o.rebase(from, to)),
                        (None, None) => out.push(d),
                    }
                }
                Difference::Deleted { path, .. } => match made(path) {
                    Some(i) => {
                        let since = out.split_off(i);
                        out.extend(since.into_iter().filter(|o| !o.path().is_below(path)));
                    }
                    None => out.push(d),
                },
                _ => out.push(d),
            }
        }
        self.differences = out;
    }
}

impl Difference {
    /// The object or link that it is about; of a move the old name.
    pub fn path(&self) -> &ObjectPath {
        match self {
            Difference::Created { path, .. }
            | Difference::Deleted { path, .. }
            | Difference::Wrote { path, .. }
            | Difference::Resized { path, .. }
            | Difference::Attribute { path, .. } => path,
            Difference::Moved { from, .. } => from,
        }
    }

    fn rebase(&mut self, from: &ObjectPath, to: &ObjectPath) {
        // what was deleted stood there before
        if matches!(self, Difference::Deleted { .. } | Difference::Moved { .. }) {
            return;
        }
        if let (
            Some(new),
            Difference::Created { path, .. }
            | Difference::Wrote { path, .. }
            | Difference::Resized { path, .. }
            | Difference::Attribute { path, .. },
        ) = (self.path().rebased(from, to), self)
        {
            *path = new;
        }
    }
}

impl Change<'_> {
    /// Tells what was done, while a preview runs.
    pub(super) fn see(&self, what: impl FnOnce() -> Difference) {
        if self.is_seen() {
            let what = what();
            self.with_preview(|seen| seen.note(what));
        }
    }

    /// Runs `f`, which changes an attribute.
    pub(super) fn seeing_attribute(
        &self,
        path: &ObjectPath,
        name: &[u8],
        f: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let value = || self.file().attribute(path, name, Limits::CELL).ok().map(|a| a.value);
        let before = self.is_seen().then(value).flatten();
        f()?;
        self.see(|| Difference::Attribute {
            path: path.clone(),
            name: name.to_vec(),
            before,
            after: value(),
        });
        Ok(())
    }

    /// Runs `f`, which writes elements of a dataset of this file.
    pub(super) fn seeing_elements(
        &self,
        path: &ObjectPath,
        place: Place,
        f: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        if !self.is_seen() {
            return f();
        }
        let facts = self.file().dataset(path)?;
        let dims = facts.extent.dims();
        let cells = match place {
            Place::All => facts.extent.elements(),
            Place::Region(_, _, count) => count.iter().product(),
            Place::Points(points) => (points.len() / dims.len().max(1)) as u64,
        };
        let at = first_cells(place, dims);
        let one = vec![1; dims.len()];
        let value = |at: &Vec<u64>| {
            self.file().read_region(path, at, &one, Limits::CELL).ok().and_then(|mut v| v.pop())
        };
        let before: Vec<Option<Value>> = at.iter().map(value).collect();
        f()?;
        let first = at.into_iter().zip(before).map(|(at, b)| (at.clone(), b, value(&at)));
        let new = Difference::Wrote { path: path.clone(), cells, first: first.collect() };
        let full = self.with_preview(|seen| {
            seen.note(new);
            seen.elements += cells.saturating_mul(facts.dtype.size as u64);
            seen.cut |= seen.elements > MOST;
            seen.elements > MOST
        });
        match full {
            true => Err(StoreError::PreviewEnds),
            false => Ok(()),
        }
    }
}

/// The first cells of a place, in row-major order.
fn first_cells(place: Place, dims: &[u64]) -> Vec<Vec<u64>> {
    let inside = |counts: &[u64], n: u64| -> Option<Vec<u64>> {
        let mut rest = n;
        let mut at = vec![0; counts.len()];
        for (axis, count) in counts.iter().enumerate().rev() {
            at[axis] = rest.checked_rem(*count)?;
            rest /= count;
        }
        (rest == 0).then_some(at)
    };
    match place {
        Place::All => (0..SHOWN as u64).map_while(|n| inside(dims, n)).collect(),
        Place::Region(start, step, count) => (0..SHOWN as u64)
            .map_while(|n| inside(count, n))
            .map(|at| at.iter().zip(start).zip(step).map(|((i, s), d)| s + i * d).collect())
            .collect(),
        Place::Points(points) => {
            points.chunks_exact(dims.len().max(1)).take(SHOWN).map(<[u64]>::to_vec).collect()
        }
    }
}
