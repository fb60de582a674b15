//! Chunks past the library: where they are, and a selection read out of them.
//!
//! The library knows where chunks are, and answers in two ways. It lists them all, in one walk
//! over its index, if the list fits into what it may take; or it reads one coded chunk that is
//! named, which is a search in the index and a read under its lock. (Its third way,
//! `H5Dget_chunk_info_by_coord`, walks over the whole index for one chunk.) So the first few
//! chunks of a large dataset are read by name, and then the list is made. Decoding is done on the
//! calling thread, outside the lock, either way.

use std::ffi::{c_int, c_uint, c_void};
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::codec::{Decoded, Pipeline, Scratch, room, with_scratch};
use super::ffi::*;
use super::hdf::{Id, reason};
use super::journal::source::Source;
use super::lent::Handle;
use super::patch::{AXES, Patch, Side};
use super::region::Region;
use super::spans;

/// Chunks that are read by name before the list is made.
const BY_NAME: usize = 32;
/// A list of so few chunks is made at once.
const SHORT_LIST: u64 = 1024;

/// A stored chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its place in the grid, in row-major order.
    pub index: u64,
    pub at: u64,
    pub size: u32,
    /// The filters that were left out.
    pub mask: u32,
}

/// The dataset's shape, and how it is cut.
pub(super) struct Grid {
    pub shape: Vec<u64>,
    pub chunk: Vec<u64>,
    /// Chunks along each axis.
    sides: Vec<u64>,
    /// Chunks in all.
    total: u64,
    /// Bytes of an element.
    pub size: usize,
    /// Bytes of a chunk.
    pub plain: usize,
    turned: Option<Turned>,
}

/// The order in which an extensible array numbers the chunks of a dataset that grows along an
/// axis other than its first: that axis stands before the others. HDF5's walk over such an index
/// (2.2 and before) forgets this, and says of each chunk but where it would be without.
struct Turned {
    axis: usize,
    /// Chunks along each axis of the largest shape; nothing is said of the one that grows.
    most: Vec<u64>,
}

impl Turned {
    /// The chunk's true place, where HDF5 says `told`.
    fn place(&self, told: &mut [u64]) {
        let most = |i: usize| self.most[i].max(1);
        // what it says counts on along the growing axis and those after it
        let number = (self.axis..told.len()).fold(0u64, |n, i| {
            let side = if i == self.axis { 1 } else { most(i) };
            n.wrapping_mul(side).wrapping_add(told[i])
        });
        let mut rest = number;
        for i in (0..told.len()).rev().filter(|&i| i != self.axis) {
            told[i] = rest % most(i);
            rest /= most(i);
        }
        told[self.axis] = rest;
    }
}

impl Grid {
    /// None where the numbers are larger than a file can hold.
    pub fn new(shape: &[u64], chunk: &[u64], size: usize) -> Option<Grid> {
        if shape.len() != chunk.len() || shape.is_empty() || shape.len() > AXES || size == 0 {
            return None;
        }
        if chunk.contains(&0) {
            return None;
        }
        let sides: Vec<u64> = shape.iter().zip(chunk).map(|(&s, &c)| s.div_ceil(c)).collect();
        let total = sides.iter().try_fold(1u64, |n, &s| n.checked_mul(s))?;
        let plain = chunk.iter().try_fold(size as u64, |n, &c| n.checked_mul(c))?;
        let plain = usize::try_from(plain).ok().filter(|&n| n < isize::MAX as usize / 4)?;
        let (shape, chunk) = (shape.to_vec(), chunk.to_vec());
        Some(Grid { shape, chunk, sides, total, size, plain, turned: None })
    }

    /// Says that the chunks are numbered by an extensible array, for a largest shape of `max`.
    pub fn numbered_by_array(&mut self, max: &[Option<u64>]) {
        let axis = max.iter().position(Option::is_none).filter(|&axis| axis > 0);
        self.turned = axis.map(|axis| {
            let most = |(m, &c): (&Option<u64>, &u64)| m.map_or(1, |m| m.div_ceil(c));
            Turned { axis, most: max.iter().zip(&self.chunk).map(most).collect() }
        });
    }

    /// The first element of the chunk with this place in row-major order.
    pub fn start(&self, index: u64) -> Vec<u64> {
        let mut start = vec![0; self.sides.len()];
        let mut rest = index;
        for i in (0..start.len()).rev() {
            start[i] = rest % self.sides[i] * self.chunk[i];
            rest /= self.sides[i];
        }
        start
    }

    fn index(&self, place: &[u64]) -> u64 {
        place.iter().zip(&self.sides).fold(0, |n, (&p, &s)| n * s + p)
    }
}

/// A chunked dataset that is read past the library.
pub(super) struct Chunks {
    grid: Grid,
    pipeline: Pipeline,
    /// Whether chunks over the edge are stored without filters.
    plain_edges: bool,
    /// What an element is where nothing was written; none is zeros.
    fill: Option<Box<[u8]>>,
    file: Arc<Source>,
    /// The file's length when it was last looked at.
    length: AtomicU64,
    list_bytes: usize,
    /// The list, once it was asked for; none where it is too large.
    list: OnceLock<Option<Box<[Entry]>>>,
    /// Chunks that were read by name.
    named: AtomicUsize,
}

impl Chunks {
    pub fn new(
        grid: Grid,
        pipeline: Pipeline,
        plain_edges: bool,
        fill: Option<Box<[u8]>>,
        file: Arc<Source>,
        list_bytes: usize,
    ) -> Chunks {
        Chunks {
            grid,
            pipeline,
            plain_edges,
            fill,
            file,
            length: AtomicU64::new(0),
            list_bytes,
            list: OnceLock::new(),
            named: AtomicUsize::new(0),
        }
    }

    /// Bytes that the list takes.
    pub fn list_size(&self) -> usize {
        self.list.get().and_then(Option::as_ref).map_or(0, |l| size_of_val::<[Entry]>(l))
    }

    /// Bytes that a read takes on its thread, beside what it is read into.
    pub fn scratch(&self) -> usize {
        match self.pipeline.is_empty() {
            true => spans::WINDOW as usize,
            false => self.pipeline.scratch(),
        }
    }

    /// Reads a selection that is not empty.
    pub fn read(&self, handle: &Handle, region: &Region, out: &mut [u8]) -> Result<(), String> {
        let rank = self.grid.shape.len();
        let mut axes = [Axis::default(); AXES];
        let axes = &mut axes[..rank];
        let mut touched = 1u64;
        for (i, axis) in axes.iter_mut().enumerate() {
            axis.find(self, region, i, 0);
            let last = region.start[i] + (region.count[i] - 1) * region.step[i];
            let chunks = last / self.grid.chunk[i] - axis.place + 1;
            touched = touched.saturating_mul(chunks.min(region.count[i]));
        }
        if self.list.get().is_none()
            && (self.grid.total <= SHORT_LIST
                || touched.saturating_add(self.named.load(Ordering::Relaxed) as u64)
                    > BY_NAME as u64)
        {
            self.make_list(handle)?;
        }
        with_scratch(|scratch| {
            loop {
                self.chunk(handle, region, axes, scratch, out)?;
                let mut i = rank;
                loop {
                    let Some(axis) = i.checked_sub(1) else { return Ok(()) };
                    i = axis;
                    let next = axes[i].first + axes[i].count;
                    if next < region.count[i] {
                        axes[i].find(self, region, i, next);
                        break;
                    }
                    axes[i].find(self, region, i, 0);
                }
            }
        })
    }

    /// Reads what is wanted of the chunk at hand.
    fn chunk(
        &self,
        handle: &Handle,
        region: &Region,
        axes: &[Axis],
        scratch: &mut Scratch,
        out: &mut [u8],
    ) -> Result<(), String> {
        let rank = axes.len();
        let mut place = [0; AXES];
        let mut sides = [Side { count: 1, from_step: 1, to_step: 1 }; AXES];
        let (mut from, mut to, mut stride, mut to_stride) = (0, 0, 1u64, 1usize);
        for i in (0..rank).rev() {
            let axis = axes[i];
            place[i] = axis.place;
            from += axis.inside * stride;
            to += axis.first as usize * to_stride;
            let from_step = region.step[i].wrapping_mul(stride);
            sides[i] = Side { count: axis.count, from_step, to_step: to_stride };
            stride *= self.grid.chunk[i];
            to_stride *= region.count[i] as usize;
        }
        let patch = Patch::new(from, to, sides[..rank].iter().copied());
        let place = &place[..rank];
        self.stored(handle, place, &patch, scratch, out).map_err(|why| {
            let at: Vec<u64> = place.iter().zip(&self.grid.chunk).map(|(p, c)| p * c).collect();
            format!("the chunk at {at:?}: {why}")
        })
    }

    /// Reads a patch of the chunk at `place`, wherever it is.
    fn stored(
        &self,
        handle: &Handle,
        place: &[u64],
        patch: &Patch,
        scratch: &mut Scratch,
        out: &mut [u8],
    ) -> Result<(), String> {
        let size = self.grid.size;
        let unfiltered = self.pipeline.is_empty() || (self.plain_edges && self.over_edge(place));
        let (length, mask) = match self.list.get() {
            Some(Some(list)) => {
                let index = self.grid.index(place);
                let Ok(found) = list.binary_search_by_key(&index, |e| e.index) else {
                    patch.fill(self.fill.as_deref(), size, out);
                    return Ok(());
                };
                let entry = list[found];
                self.inside(&entry)?;
                if unfiltered {
                    self.whole(entry.size as usize)?;
                    return spans::read(&self.file, entry.at, patch, size, scratch, out)
                        .map_err(|e| self.io(&e));
                }
                let length = self.possible(entry.size as usize)?;
                let raw = room(&mut scratch.buffers[0], length).map_err(|e| e.to_string())?;
                self.file.read_exact_at(raw, entry.at).map_err(|e| self.io(&e))?;
                (length, entry.mask)
            }
            _ => match self.by_name(handle, place, scratch)? {
                Some(found) => found,
                None => {
                    patch.fill(self.fill.as_deref(), size, out);
                    return Ok(());
                }
            },
        };
        if unfiltered {
            self.whole(length)?;
            patch.copy(&scratch.buffers[0], size, out);
            return Ok(());
        }
        if let Some(row) = patch.whole()
            && row.count * size == self.grid.plain
        {
            let out = &mut out[row.to * size..][..self.grid.plain];
            return self.pipeline.decode_into(scratch, length, mask, out);
        }
        match self.pipeline.decode(scratch, length, mask)? {
            Decoded::Bytes(bytes) => patch.copy(bytes, size, out),
            Decoded::Planes(planes) => patch.copy_planes(&planes, out),
        }
        Ok(())
    }

    fn over_edge(&self, place: &[u64]) -> bool {
        let grid = &self.grid;
        (0..place.len()).any(|i| (place[i] + 1).saturating_mul(grid.chunk[i]) > grid.shape[i])
    }

    /// An unfiltered chunk is all there.
    fn whole(&self, length: usize) -> Result<(), String> {
        if length >= self.grid.plain {
            return Ok(());
        }
        Err(format!("it has {length} bytes of {}", self.grid.plain))
    }

    /// A filtered chunk is of a size that filters make.
    fn possible(&self, length: usize) -> Result<usize, String> {
        if length <= self.pipeline.longest() {
            return Ok(length);
        }
        Err(format!("{length} bytes for {} are too many", self.grid.plain))
    }

    /// The chunk lies in the file.
    fn inside(&self, entry: &Entry) -> Result<(), String> {
        let end = entry.at.checked_add(entry.size.into());
        if end.is_some_and(|end| end <= self.length.load(Ordering::Relaxed)) {
            return Ok(());
        }
        let length = self.file.len().map_err(|e| self.io(&e))?;
        self.length.store(length, Ordering::Relaxed);
        if end.is_some_and(|end| end <= length) {
            return Ok(());
        }
        let Entry { at, size, .. } = entry;
        Err(format!("its {size} bytes at {at} are outside the file"))
    }

    fn io(&self, error: &io::Error) -> String {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => "it is outside the file".into(),
            _ => error.to_string(),
        }
    }

    /// Reads a coded chunk through the library into the scratch's first buffer: its length and
    /// filter mask; none where nothing was written.
    fn by_name(
        &self,
        handle: &Handle,
        place: &[u64],
        scratch: &mut Scratch,
    ) -> Result<Option<(usize, u32)>, String> {
        self.named.fetch_add(1, Ordering::Relaxed);
        let mut first = [0; AXES];
        for (to, (p, c)) in first.iter_mut().zip(place.iter().zip(&self.grid.chunk)) {
            *to = p * c;
        }
        let buffer = &mut scratch.buffers[0];
        let mut least = self.grid.plain.clamp(1, 1 << 20);
        loop {
            let given = room(buffer, least).map_err(|e| e.to_string())?.len();
            let (mut n, mut mask) = (given, 0);
            let found = handle.with(|ids| {
                // SAFETY: the dataset is open, `first` has more than its rank, and the buffer has
                // room for the `n` bytes that the call is told of.
                let status = unsafe {
                    let at = buffer.as_mut_ptr().cast();
                    H5Dread_chunk2(
                        ids.dataset.raw(),
                        H5P_DEFAULT,
                        first.as_ptr(),
                        &mut mask,
                        at,
                        &mut n,
                    )
                };
                if status >= 0 {
                    return Ok(true);
                }
                match reason() {
                    why if NOT_WRITTEN.contains(&why.as_str()) => Ok(false),
                    why => Err(why),
                }
            })?;
            if !found {
                return Ok(None);
            }
            if n <= given {
                return Ok(Some((n, mask)));
            }
            least = match self.pipeline.is_empty() {
                true => n.min(self.grid.plain),
                false => self.possible(n)?,
            };
            if least < n {
                return Err(format!("it has {n} bytes of {}", self.grid.plain));
            }
        }
    }

    /// Lists the chunks, if the list has room; needs no lock.
    fn make_list(&self, handle: &Handle) -> Result<(), String> {
        handle.with(|ids| {
            // whoever waited for the lock may find the list made
            if self.list.get().is_some() {
                return Ok(());
            }
            let most = (self.list_bytes / size_of::<Entry>()) as u64;
            let most = usize::try_from(most.min(self.grid.total)).unwrap_or(0);
            let _ = self.list.set(entries_of(&ids.dataset, &self.grid, most));
            Ok(())
        })
    }
}

/// The chunks that a dataset has, in order; none where there are more than `most`, or the index
/// is damaged. Needs the lock.
pub(super) fn entries_of(dataset: &Id, grid: &Grid, most: usize) -> Option<Box<[Entry]>> {
    let mut listing = Listing { grid, entries: Vec::new(), most, whole: true };
    if most == 0 || listing.entries.try_reserve_exact(most).is_err() {
        return None;
    }
    // SAFETY: the dataset is open, and `listing` outlives the call.
    let status = unsafe {
        let data = (&raw mut listing).cast();
        H5Dchunk_iter(dataset.raw(), H5P_DEFAULT, push, data)
    };
    if status < 0 {
        // single chunks may still be found
        reason();
        return None;
    }
    let mut entries = listing.entries;
    entries.sort_unstable_by_key(|e| e.index);
    entries.dedup_by_key(|e| e.index);
    listing.whole.then(|| entries.into_boxed_slice())
}

/// The library's words where a chunk was never written.
const NOT_WRITTEN: [&str; 2] = ["chunk address isn't defined", "storage is not initialized"];

struct Listing<'a> {
    grid: &'a Grid,
    entries: Vec<Entry>,
    most: usize,
    /// Whether every chunk went in.
    whole: bool,
}

unsafe extern "C" fn push(
    offset: *const hsize_t,
    mask: c_uint,
    at: u64,
    size: hsize_t,
    data: *mut c_void,
) -> c_int {
    // SAFETY: `data` is the listing, and HDF5 gives as many offsets as the dataset has axes.
    let (listing, offset) = unsafe {
        let listing = &mut *data.cast::<Listing>();
        let rank = listing.grid.shape.len();
        (listing, std::slice::from_raw_parts(offset, rank))
    };
    let grid = listing.grid;
    let mut place = [0; AXES];
    let place = &mut place[..offset.len()];
    for (p, (o, c)) in place.iter_mut().zip(offset.iter().zip(&grid.chunk)) {
        *p = o / c;
    }
    if let Some(turned) = &grid.turned {
        turned.place(place);
    }
    if place.iter().zip(&grid.sides).any(|(p, side)| p >= side) {
        // of an index that is larger than the dataset
        return 0;
    }
    let index = grid.index(place);
    let Ok(size) = u32::try_from(size) else {
        listing.whole = false;
        return 1;
    };
    if listing.entries.len() >= listing.most {
        listing.whole = false;
        return 1;
    }
    listing.entries.push(Entry { index, at, size, mask });
    0
}

/// What is wanted of the chunk at hand along one axis.
#[derive(Debug, Clone, Copy, Default)]
struct Axis {
    /// The chunk's place in the grid.
    place: u64,
    /// The first of the selection's elements in it, and how many there are.
    first: u64,
    count: u64,
    /// Where that element is in the chunk.
    inside: u64,
}

impl Axis {
    /// Finds the chunk of the selection's element `first`.
    fn find(&mut self, chunks: &Chunks, region: &Region, i: usize, first: u64) {
        let side = chunks.grid.chunk[i];
        let at = region.start[i] + first * region.step[i];
        self.place = at / side;
        self.inside = at % side;
        self.first = first;
        self.count = ((side - 1 - self.inside) / region.step[i] + 1).min(region.count[i] - first);
    }
}
