//! Elements through the library, in pieces: its lock is free again between any two.

use std::ffi::{CStr, c_char, c_void};

use super::elements::Texts;
use super::ffi::*;
use super::hdf::{Id, check};
use super::lent::{Handle, Ids};
use super::patch::AXES;
use super::region::Region;

/// The most bytes of a piece.
const PIECE: u64 = 8 << 20;
/// A filtered chunk up to this size is read in one piece: in two it would be decoded twice.
const GRAIN: u64 = 64 << 20;
/// The most elements of a piece that may each have any length.
const TEXTS: u64 = 1 << 16;
/// The most bytes of the texts of a piece, and of one text.
const TEXT_BYTES: usize = 16 << 20;
const LONGEST_TEXT: usize = 1 << 30;

/// A dataset that the library reads.
pub(super) struct Pieces<'a> {
    pub handle: &'a Handle,
    pub chunk: Option<&'a [u64]>,
    /// Bytes of a filtered chunk; none where nothing is decoded.
    pub grain: u64,
}

/// A part of a region: from element `first` along each axis, `count` of them.
#[derive(Clone, Copy)]
struct Part {
    first: [u64; AXES],
    count: [u64; AXES],
}

impl Pieces<'_> {
    /// Reads a region that is not empty into `out`.
    pub fn read(&self, region: &Region, size: usize, out: &mut [u8]) -> Result<(), String> {
        // what the library leaves alone is zero
        out.fill(0);
        let most = PIECE.max(self.grain.min(GRAIN)) / (size as u64).max(1);
        let mut parts = vec![Part::of(region)];
        while let Some(part) = parts.pop() {
            if part.elements(region) > most.max(1)
                && let Some((a, b)) = self.halves(region, &part, true)
            {
                parts.extend([b, a]);
                continue;
            }
            self.handle.with(|ids| {
                let memory = match region.shape.is_empty() {
                    true => None,
                    false => {
                        select(&ids.space, region, &part)?;
                        Some(memory_of(region, &part)?)
                    }
                };
                let (mem, file) = match &memory {
                    Some(memory) => (memory.raw(), ids.space.raw()),
                    None => (H5S_ALL, H5S_ALL),
                };
                let at = out.as_mut_ptr().cast();
                // SAFETY: ids are open; the memory space has the extent of the whole region, for
                // which `out` has room, and the type is the dataset's own, without pointers.
                let status = unsafe {
                    H5Dread(ids.dataset.raw(), ids.kind.raw(), mem, file, H5P_DEFAULT, at)
                };
                check(status).map(drop)
            })?;
        }
        Ok(())
    }

    /// Reads texts, or sequences of single bytes, in row-major order.
    pub fn texts(&self, region: &Region, text: bool, out: &mut Texts) -> Result<(), String> {
        out.ends.reserve(region.elements.min(1 << 20));
        let mut parts = vec![Part::of(region)];
        let mut arena = Arena::new();
        while let Some(part) = parts.pop() {
            let n = part.elements(region);
            let halves = self.halves(region, &part, false);
            if n > TEXTS
                && let Some((a, b)) = halves
            {
                parts.extend([b, a]);
                continue;
            }
            arena.reset(if halves.is_some() { TEXT_BYTES } else { LONGEST_TEXT });
            let read = self.handle.with(|ids| texts_of(ids, region, &part, text, &mut arena, out));
            match (read, halves) {
                (Ok(()), _) => {}
                (Err(_), Some((a, b))) if arena.full => parts.extend([b, a]),
                (Err(_), None) if arena.full => {
                    return Err("one of its texts takes more than 1 GiB".into());
                }
                (Err(why), _) => return Err(why),
            }
        }
        Ok(())
    }

    /// Cuts a part in two: between chunks where it has several, and along the first axis that can
    /// be cut. In `any` order the axis with chunks to cut between comes first; else only the
    /// first axis of more than one element will do, so that the halves follow each other.
    fn halves(&self, region: &Region, part: &Part, any: bool) -> Option<(Part, Part)> {
        let rank = region.shape.len();
        let place = |i: usize, n: u64, side: u64| {
            (region.start[i] + (part.first[i] + n) * region.step[i]) / side
        };
        let several = |i: usize| {
            let side = self.chunk.and_then(|c| c.get(i).copied()).filter(|&s| s > 0)?;
            (place(i, 0, side) < place(i, part.count[i] - 1, side)).then_some(side)
        };
        let first = (0..rank).find(|&i| part.count[i] > 1)?;
        let axis = match any {
            true => (0..rank).find(|&i| several(i).is_some()).unwrap_or(first),
            false => first,
        };
        let mut half = part.count[axis] / 2;
        if let Some(side) = several(axis) {
            // the first element of the chunk that the middle is in, or else of the next one
            let from = place(axis, half, side) * side;
            let before = |edge: u64| {
                let start = region.start[axis] + part.first[axis] * region.step[axis];
                edge.saturating_sub(start).div_ceil(region.step[axis])
            };
            let cut = before(from);
            half = if cut == 0 { before(from + side) } else { cut };
        }
        if half == 0 || half >= part.count[axis] {
            half = (part.count[axis] / 2).max(1);
        }
        let (mut a, mut b) = (*part, *part);
        a.count[axis] = half;
        b.count[axis] -= half;
        b.first[axis] += half;
        Some((a, b))
    }
}

impl Part {
    fn of(region: &Region) -> Part {
        let mut part = Part { first: [0; AXES], count: [1; AXES] };
        part.count[..region.count.len()].copy_from_slice(region.count);
        part
    }

    fn elements(&self, region: &Region) -> u64 {
        self.count[..region.shape.len()].iter().product()
    }
}

/// Selects a part in the dataset's space. Needs the lock.
fn select(space: &Id, region: &Region, part: &Part) -> Result<(), String> {
    let mut start = [0; AXES];
    for (i, start) in start.iter_mut().enumerate().take(region.shape.len()) {
        *start = region.start[i] + part.first[i] * region.step[i];
    }
    // SAFETY: the space is open, and the arrays have at least its rank.
    unsafe {
        check(H5Sselect_hyperslab(
            space.raw(),
            H5S_SELECT_SET,
            start.as_ptr(),
            region.step.as_ptr(),
            part.count.as_ptr(),
            std::ptr::null(),
        ))?;
    }
    Ok(())
}

/// The part's place in memory that holds the whole region. Needs the lock.
fn memory_of(region: &Region, part: &Part) -> Result<Id, String> {
    // SAFETY: the arrays have the rank that is passed.
    unsafe {
        let rank = region.shape.len() as i32;
        let memory = Id::new(H5Screate_simple(rank, region.count.as_ptr(), std::ptr::null()))?;
        check(H5Sselect_hyperslab(
            memory.raw(),
            H5S_SELECT_SET,
            part.first.as_ptr(),
            std::ptr::null(),
            part.count.as_ptr(),
            std::ptr::null(),
        ))?;
        Ok(memory)
    }
}

/// Reads a part's texts, with the lock held.
fn texts_of(
    ids: &Ids,
    region: &Region,
    part: &Part,
    text: bool,
    arena: &mut Arena,
    out: &mut Texts,
) -> Result<(), String> {
    let n = part.elements(region) as usize;
    let rank = region.shape.len();
    // SAFETY: ids are open. The buffer holds `n` elements as the library gives them: pointers to
    // texts that end with NUL, or lengths and pointers. What they point at is the arena's, which
    // outlives the buffer, and so is not given back to the library.
    unsafe {
        let dxpl = Id::new(H5Pcreate(H5P_CLS_DATASET_XFER_ID_g))?;
        let info: *mut c_void = (&raw mut *arena).cast();
        check(H5Pset_vlen_mem_manager(dxpl.raw(), take, info, give_back, info))?;
        let memory = Id::new(H5Screate_simple(1, &(n as u64), std::ptr::null()))?;
        let (mem, file) = match rank {
            0 => (H5S_ALL, H5S_ALL),
            _ => {
                select(&ids.space, region, part)?;
                (memory.raw(), ids.space.raw())
            }
        };
        let before = (out.ends.len(), out.bytes.len());
        if text {
            let mut buffer = vec![std::ptr::null::<c_char>(); n];
            let at = buffer.as_mut_ptr().cast();
            check(H5Dread(ids.dataset.raw(), ids.kind.raw(), mem, file, dxpl.raw(), at))?;
            for p in buffer {
                if !p.is_null() {
                    out.bytes.extend_from_slice(CStr::from_ptr(p).to_bytes());
                }
                out.ends.push(out.bytes.len());
            }
        } else {
            let mut buffer = vec![hvl_t { len: 0, p: std::ptr::null_mut() }; n];
            let at = buffer.as_mut_ptr().cast();
            check(H5Dread(ids.dataset.raw(), ids.kind.raw(), mem, file, dxpl.raw(), at))?;
            for v in buffer {
                if !v.p.is_null() {
                    out.bytes.extend_from_slice(std::slice::from_raw_parts(v.p.cast(), v.len));
                }
                out.ends.push(out.bytes.len());
            }
        }
        debug_assert!(out.ends.len() == before.0 + n && out.bytes.len() >= before.1);
    }
    Ok(())
}

/// Memory for the texts of a piece: the library takes of it, and all is given back at once.
struct Arena {
    /// Blocks of words, so that all that is taken is aligned.
    blocks: Vec<Vec<u64>>,
    /// Words of the last block that are taken.
    used: usize,
    left: usize,
    /// Whether the library asked for more than there may be.
    full: bool,
}

/// Words of a usual block.
const BLOCK: usize = (1 << 20) / 8;

impl Arena {
    fn new() -> Arena {
        Arena { blocks: Vec::new(), used: 0, left: 0, full: false }
    }

    fn reset(&mut self, bytes: usize) {
        self.blocks.truncate(1);
        self.blocks.retain(|b| b.len() == BLOCK);
        (self.used, self.left, self.full) = (0, bytes, false);
    }

    fn take(&mut self, bytes: usize) -> Option<*mut c_void> {
        let words = bytes.div_ceil(8).max(1);
        self.left = self.left.checked_sub(bytes)?;
        let fits = self.blocks.last().is_some_and(|b| b.len() - self.used >= words);
        if !fits {
            let mut block = Vec::new();
            let size = words.max(BLOCK);
            block.try_reserve_exact(size).ok()?;
            block.resize(size, 0);
            self.blocks.push(block);
            self.used = 0;
        }
        let block = self.blocks.last_mut()?;
        let at = block.get_mut(self.used..self.used + words)?.as_mut_ptr();
        self.used += words;
        Some(at.cast())
    }
}

unsafe extern "C" fn take(bytes: usize, info: *mut c_void) -> *mut c_void {
    // SAFETY: `info` is the arena that the caller of the library holds meanwhile.
    let arena = unsafe { &mut *info.cast::<Arena>() };
    arena.take(bytes).unwrap_or_else(|| {
        arena.full = true;
        std::ptr::null_mut()
    })
}

unsafe extern "C" fn give_back(_: *mut c_void, _: *mut c_void) {}
