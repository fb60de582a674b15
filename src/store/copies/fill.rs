//! Fill values that point at something: variable lengths and references. The library copies what
//! stands in a dataset's header, which points into the old file, so that the dataset can't even
//! be described. Here the value is put into the new file, by way of a dataset that is never
//! linked, and what points at it there into the header (HDF5's file format specification,
//! IV.A.1 and IV.A.2.e, IV.A.2.f).

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::references::References;
use super::stored::{Block, Stored};
use crate::store::access::user_block_of;
use crate::store::ffi::*;
use crate::store::hdf::{Hdf, Id, check};
use crate::store::journal::transaction::Transaction;

/// Messages of a header: the two forms of a fill value, and where the header goes on.
const OLD_FILL: u16 = 4;
const FILL: u16 = 5;
const CONTINUATION: u16 = 16;
/// A message that stands elsewhere, shared by several headers.
const SHARED: u8 = 2;

/// A file's bytes.
pub(in crate::store) trait Bytes {
    fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<()>;
    fn write(&self, bytes: &[u8], at: u64) -> io::Result<()>;
}

impl Bytes for File {
    fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.read_exact_at(bytes, at)
    }

    fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write_all_at(bytes, at)
    }
}

impl Bytes for Transaction {
    fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        Transaction::read(self, bytes, at)
    }

    fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        Transaction::write(self, bytes, at, true);
        self.failure().map_or(Ok(()), |why| Err(io::Error::other(why)))
    }
}

/// A dataset's fill value, where it was given one.
pub(super) fn value_of<'a>(of: &'a Stored, dataset: &Id) -> Hdf<Option<Block<'a>>> {
    // SAFETY: the dataset is open, and the block has room for an element.
    unsafe {
        let list = Id::new(H5Dget_create_plist(dataset.raw()))?;
        if !is_given(&list)? {
            return Ok(None);
        }
        let mut block = Block::one(of)?;
        check(H5Pget_fill_value(list.raw(), of.kind.raw(), block.at_mut().cast()))?;
        Ok(Some(block))
    }
}

/// Whether a dataset was given a fill value.
pub(super) fn is_given(list: &Id) -> Hdf<bool> {
    let mut status: c_int = 0;
    // SAFETY: the list is open, and `status` takes the answer.
    check(unsafe { H5Pfill_value_defined(list.raw(), &mut status) })?;
    Ok(status == H5D_FILL_VALUE_USER_DEFINED)
}

/// The fill value of `was`, a dataset of the old file, as the new file stores it.
pub(super) fn stored_form(
    was: &Id,
    is: &Id,
    to: &Id,
    bytes: &dyn Bytes,
    references: &References,
) -> Hdf<Option<Vec<u8>>> {
    let of = Stored::without_place(was)?;
    let Some(mut block) = value_of(&of, was)? else { return Ok(None) };
    block.translate(references)?;
    // SAFETY: all ids are open; the block holds an element of the type.
    unsafe {
        let kind = Id::new(H5Dget_type(is.raw()))?;
        let space = Id::new(H5Screate(H5S_SCALAR))?;
        let list = Id::new(H5Pcreate(H5P_CLS_DATASET_CREATE_ID_g))?;
        check(H5Pset_layout(list.raw(), H5D_CONTIGUOUS))?;
        let nowhere =
            Id::new(H5Dcreate_anon(to.raw(), kind.raw(), space.raw(), list.raw(), H5P_DEFAULT))?;
        let at = block.at().cast();
        check(H5Dwrite(nowhere.raw(), of.kind.raw(), H5S_ALL, H5S_ALL, H5P_DEFAULT, at))?;
        check(H5Fflush(to.raw(), H5F_SCOPE_LOCAL))?;
        let (at, size) = (H5Dget_offset(nowhere.raw()), H5Dget_storage_size(nowhere.raw()));
        if at == HADDR_UNDEF {
            return Err("its fill value has no place in the copy".into());
        }
        let mut value = vec![0; size as usize];
        bytes.read(&mut value, at).map_err(|e| e.to_string())?;
        Ok(Some(value))
    }
}

/// The form of a file's addresses.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Form {
    /// Where address 0 is.
    base: u64,
    /// Bytes of an address and of a length.
    address: usize,
    length: usize,
}

impl Form {
    pub fn of(file: &Id) -> Hdf<Form> {
        let base = user_block_of(file)?;
        let (mut address, mut length) = (0, 0);
        // SAFETY: the file is open, and the numbers take the answers.
        unsafe {
            let list = Id::new(H5Fget_create_plist(file.raw()))?;
            check(H5Pget_sizes(list.raw(), &mut address, &mut length))?;
        }
        match address <= 8 && length <= 8 {
            true => Ok(Form { base, address, length }),
            false => Err("its addresses are too long".into()),
        }
    }
}

/// A part of a header: its messages, and what its checksum is of.
struct Part {
    messages: (u64, u64),
    /// From where on; the sum stands behind the messages.
    summed: Option<u64>,
}

/// Writes a fill value into the header at `place`. Whether it has one of this size.
pub(super) fn replace(file: &dyn Bytes, form: Form, place: u64, value: &[u8]) -> Hdf<bool> {
    scan(file, form, place, value.len(), &mut |_| Some(value.to_vec()))
}

/// Shows `f` the fill values of some size in the header at `place`, and writes what it makes of
/// each. Whether it made anything.
pub(super) fn scan(
    file: &dyn Bytes,
    form: Form,
    place: u64,
    size: usize,
    f: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Hdf<bool> {
    let mut written = false;
    let mut rest =
        vec![first_part(file, form.base + place).ok_or("its header is of no known form")?];
    let new = rest[0].summed.is_some();
    let tracked = new && byte(file, form.base + place + 5).is_some_and(|flags| flags & 4 != 0);
    let head = match new {
        true => 4 + if tracked { 2 } else { 0 },
        false => 8,
    };
    let short = || "its header is damaged".to_string();
    while let Some(part) = rest.pop() {
        let (mut at, end) = part.messages;
        let mut changed = false;
        while at + head <= end {
            let mut h = [0; 8];
            file.read(&mut h, at).map_err(|_| short())?;
            let (kind, length, flags) = match new {
                true => (u16::from(h[0]), u16::from_le_bytes([h[1], h[2]]), h[3]),
                false => (u16::from_le_bytes([h[0], h[1]]), u16::from_le_bytes([h[2], h[3]]), h[4]),
            };
            let (body, next) = (at + head, at + head + u64::from(length));
            if next > end {
                return Err(short());
            }
            let mut bytes = vec![0; length.into()];
            file.read(&mut bytes, body).map_err(|_| short())?;
            match kind {
                CONTINUATION => {
                    rest.push(next_part(form, new, &bytes).ok_or_else(short)?);
                }
                OLD_FILL | FILL if flags & SHARED != 0 => {
                    return Err("its fill value is shared with other datasets".into());
                }
                OLD_FILL | FILL => {
                    if let Some(offset) = value_at(kind, &bytes, size)
                        && let Some(new) = f(&bytes[offset..offset + size])
                    {
                        file.write(&new, body + offset as u64).map_err(|e| e.to_string())?;
                        changed = true;
                    }
                }
                _ => {}
            }
            at = next;
        }
        if let (Some(from), true) = (part.summed, changed) {
            let mut bytes = vec![0; (end - from) as usize];
            file.read(&mut bytes, from).map_err(|_| short())?;
            // SAFETY: so many bytes were read.
            let sum = unsafe { H5_checksum_metadata(bytes.as_ptr().cast(), bytes.len(), 0) };
            file.write(&sum.to_le_bytes(), end).map_err(|e| e.to_string())?;
        }
        written |= changed;
    }
    Ok(written)
}

fn byte(file: &dyn Bytes, at: u64) -> Option<u8> {
    let mut one = [0];
    file.read(&mut one, at).ok()?;
    Some(one[0])
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b))
}

/// The part at the beginning of a header, of version 1 or 2.
fn first_part(file: &dyn Bytes, at: u64) -> Option<Part> {
    let mut head = [0; 16];
    file.read(&mut head, at).ok()?;
    if head[0] == 1 {
        let first = at + 16;
        return Some(Part { messages: (first, first + number(&head[8..12])), summed: None });
    }
    if head[..5] != *b"OHDR\x02" {
        return None;
    }
    let flags = head[5];
    let times = if flags & 0x20 != 0 { 16 } else { 0 };
    let phases = if flags & 0x10 != 0 { 4 } else { 0 };
    let (from, width) = (at + 6 + times + phases, 1 << (flags & 3));
    let mut size = [0; 8];
    file.read(&mut size[..width], from).ok()?;
    let first = from + width as u64;
    Some(Part { messages: (first, first + u64::from_le_bytes(size)), summed: Some(at) })
}

/// The part that a message says that the header goes on at.
fn next_part(form: Form, new: bool, message: &[u8]) -> Option<Part> {
    let at = form.base + number(message.get(..form.address)?);
    let length = number(message.get(form.address..form.address + form.length)?);
    Some(match new {
        // a signature before the messages, and a checksum behind them
        true => Part { messages: (at + 4, (at + length).checked_sub(4)?), summed: Some(at) },
        false => Part { messages: (at, at + length), summed: None },
    })
}

/// Where the value is in a message, if it has one of this size.
fn value_at(kind: u16, message: &[u8], size: usize) -> Option<usize> {
    let at = match (kind, message.first()?) {
        (OLD_FILL, _) => 4,
        (_, 1) => 8,
        (_, 2) if *message.get(3)? != 0 => 8,
        (_, 3) if message.get(1)? & 0x20 != 0 => 6,
        _ => return None,
    };
    (number(message.get(at - 4..at)?) == size as u64 && at + size <= message.len()).then_some(at)
}
