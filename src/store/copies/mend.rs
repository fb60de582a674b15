//! What is written into a copy after the library has made it.

use std::collections::BTreeSet;
use std::ffi::CStr;

use super::CANCELLED;
use super::compare::{Comparison, attribute_names};
use super::fill::{self, Bytes};
use super::references::{References, has_references, open};
use super::stored::{Block, Place, Stored};
use crate::store::ffi::*;
use crate::store::hdf::{Hdf, Id};
use crate::store::object::header;

/// What is to be put into the header of a dataset once the library has closed the file.
#[derive(Debug)]
pub(in crate::store) struct Patch {
    form: fill::Form,
    place: u64,
    /// What is there now; where it is something else by then, the dataset is gone.
    old: Vec<u8>,
    new: Vec<u8>,
}

impl Patch {
    /// Writes it.
    pub fn apply(&self, file: &dyn Bytes) -> Hdf<()> {
        fill::scan(file, self.form, self.place, self.new.len(), &mut |value| {
            (value == self.old).then(|| self.new.clone())
        })
        .map(drop)
    }
}

/// Mends what was copied from `old` in one open file to `new` in another, which is open for
/// writing as `bytes`. What is to be written at its closing, and how many references lead to
/// nothing in the new file: they are null there.
pub(in crate::store) fn mend(
    was: &Id,
    old: &CStr,
    is: &Id,
    new: &CStr,
    bytes: &dyn Bytes,
) -> Hdf<(Vec<Patch>, u64)> {
    let mut all = Comparison::walk(was, is);
    all.run(old, new)?;
    let mut patches = Vec::new();
    if !all.filled.is_empty() {
        let form = fill::Form::of(is)?;
        for NewFill { is: place, value, .. } in fills(&all, bytes)? {
            let mut old = None;
            fill::scan(bytes, form, place, value.len(), &mut |found| {
                old = Some(found.to_vec());
                None
            })?;
            let old = old.ok_or("a fill value isn't found")?;
            patches.push(Patch { form, place, old, new: value });
        }
    }
    let lost = references(&all)?;
    Ok((patches, lost))
}

/// A fill value as a copy stores it.
pub(super) struct NewFill {
    /// Where the dataset is in the old file, and in the copy.
    pub was: u64,
    pub is: u64,
    pub value: Vec<u8>,
}

/// The fill values that point at something.
pub(super) fn fills(all: &Comparison, bytes: &dyn Bytes) -> Hdf<Vec<NewFill>> {
    let references = all.references();
    let mut values = Vec::new();
    for &(was, is) in &all.filled {
        let value = open(all.was, was)
            .and_then(|a| fill::stored_form(&a, &open(all.is, is)?, all.is, bytes, &references));
        if let Some(value) = value.map_err(|why| all.about(was, why))? {
            values.push(NewFill { was, is, value });
        }
    }
    Ok(values)
}

/// Writes references as they are to be.
pub(super) fn references(all: &Comparison) -> Hdf<u64> {
    let leading = all.references();
    let object = |place: u64| {
        let (a, b) = (open(all.was, place)?, open(all.is, all.places[&place])?);
        for (name, _) in attribute_names(&a)? {
            // SAFETY: the objects are open, and the name ends with NUL.
            let [p, q] =
                [&a, &b].map(|o| Id::new(unsafe { H5Aopen(o.raw(), name.as_ptr(), H5P_DEFAULT) }));
            let (p, q) = (p?, q?);
            let of = Stored::of_attribute(&p)?;
            if has_references(&of.dtype) && !of.is_empty() {
                let mut block = Block::read_attribute(&of, &p)?;
                block.translate(&leading)?;
                block.write_attribute(&q)?;
            }
        }
        if header(&a, H5O_INFO_BASIC)?.kind != H5O_TYPE_DATASET {
            return Ok(());
        }
        let of = Stored::of(&a)?;
        match has_references(&of.dtype) {
            true => write_blocks(&of, &a, &b, &leading),
            false => Ok(()),
        }
    };
    // each once
    let all_of_them: BTreeSet<u64> = all.referring.iter().chain(&all.filled).map(|o| o.0).collect();
    for place in all_of_them {
        if !(all.tell)(0) {
            return Err(CANCELLED.into());
        }
        object(place).map_err(|why: String| all.about(place, why))?;
    }
    Ok(leading.lost.get())
}

fn write_blocks(of: &Stored, a: &Id, b: &Id, references: &References) -> Hdf<()> {
    if matches!(of.place, Place::Elsewhere | Place::Contiguous(None)) {
        return Ok(());
    }
    of.each_block(|start, count| {
        let mut block = Block::read(of, a, start, count)?;
        block.translate(references)?;
        block.write(b, start, count)
    })
}
