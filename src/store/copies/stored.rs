//! What is stored of a dataset or an attribute, and blocks of it as the library reads them.

use std::ffi::c_int;
use std::ptr::null;

use super::references::References;
use crate::store::chunks::{self, Grid};
use crate::store::datatype::Datatype;
use crate::store::ffi::*;
use crate::store::hdf::{Hdf, Id, check, reason};
use crate::store::object::{Extent, extent_of};

/// Elements that are read in one go where they are no chunk.
const ELEMENTS: u64 = 1 << 14;

/// Where the elements of a dataset are.
pub(super) enum Place {
    /// In the object's header.
    Compact,
    /// From where on, and how many bytes; none where nothing was written.
    Contiguous(Option<(u64, u64)>),
    Chunks(Grid, Box<[chunks::Entry]>),
    /// In other files.
    Elsewhere,
}

/// A dataset or an attribute with what it takes to read it.
pub(super) struct Stored {
    pub kind: Id,
    pub dtype: Datatype,
    pub space: Id,
    pub dims: Vec<u64>,
    null: bool,
    pub place: Place,
}

impl Stored {
    pub fn of(dataset: &Id) -> Hdf<Stored> {
        let mut stored = Self::without_place(dataset)?;
        stored.find(dataset)?;
        Ok(stored)
    }

    /// The dataset without where its elements are, which for many chunks takes long to find.
    pub fn without_place(dataset: &Id) -> Hdf<Stored> {
        let d = dataset.raw();
        // SAFETY: the dataset is open.
        let (kind, space) = unsafe { (Id::new(H5Dget_type(d))?, Id::new(H5Dget_space(d))?) };
        Self::new(kind, space)
    }

    /// Finds where its elements are.
    pub fn find(&mut self, dataset: &Id) -> Hdf<()> {
        // SAFETY: the dataset is open.
        unsafe {
            let d = dataset.raw();
            let list = Id::new(H5Dget_create_plist(d))?;
            self.place = match H5Pget_layout(list.raw()) {
                H5D_COMPACT => Place::Compact,
                H5D_CONTIGUOUS if H5Pget_external_count(list.raw()) > 0 => Place::Elsewhere,
                H5D_CONTIGUOUS => {
                    let (at, n) = (H5Dget_offset(d), H5Dget_storage_size(d));
                    if at == HADDR_UNDEF {
                        reason();
                    }
                    Place::Contiguous((at != HADDR_UNDEF && n > 0).then_some((at, n)))
                }
                H5D_CHUNKED => self.chunks(dataset)?,
                _ => Place::Elsewhere,
            };
        }
        Ok(())
    }

    pub fn of_attribute(attribute: &Id) -> Hdf<Stored> {
        let a = attribute.raw();
        // SAFETY: the attribute is open.
        let (kind, space) = unsafe { (Id::new(H5Aget_type(a))?, Id::new(H5Aget_space(a))?) };
        Self::new(kind, space)
    }

    fn new(kind: Id, space: Id) -> Hdf<Stored> {
        let dtype = Datatype::describe(&kind)?;
        let (dims, null) = match extent_of(&space)? {
            Extent::Simple { dims, .. } => (dims, false),
            Extent::Scalar => (Vec::new(), false),
            Extent::Null => (Vec::new(), true),
        };
        Ok(Stored { kind, dtype, space, dims, null, place: Place::Compact })
    }

    fn chunks(&self, dataset: &Id) -> Hdf<Place> {
        let Extent::Simple { dims, max } = extent_of(&self.space)? else {
            return Ok(Place::Elsewhere);
        };
        let (mut n, mut index) = (0, 0);
        // SAFETY: the dataset is open, and the numbers take the answers.
        unsafe {
            let list = Id::new(H5Dget_create_plist(dataset.raw()))?;
            let mut chunk = vec![0; dims.len()];
            check(H5Pget_chunk(list.raw(), dims.len() as c_int, chunk.as_mut_ptr()))?;
            let mut grid = Grid::new(&dims, &chunk, self.dtype.size)
                .ok_or("its shape is larger than any file")?;
            check(H5Dget_chunk_index_type(dataset.raw(), &mut index))?;
            if index == H5D_CHUNK_IDX_EARRAY {
                grid.numbered_by_array(&max);
            }
            if dims.contains(&0) {
                return Ok(Place::Chunks(grid, Box::default()));
            }
            check(H5Dget_num_chunks(dataset.raw(), H5S_ALL, &mut n))?;
            let most = usize::try_from(n).unwrap_or(usize::MAX).max(1);
            let entries = chunks::entries_of(dataset, &grid, most);
            Ok(Place::Chunks(grid, entries.ok_or("its chunks can't be listed")?))
        }
    }

    pub fn is_empty(&self) -> bool {
        self.null || self.dims.contains(&0)
    }

    /// Calls `f` with the blocks that hold all stored elements: their first ones, and how many
    /// along each axis.
    pub fn each_block(&self, mut f: impl FnMut(&[u64], &[u64]) -> Hdf<()>) -> Hdf<()> {
        if self.is_empty() {
            return Ok(());
        }
        if let Place::Chunks(grid, entries) = &self.place {
            return entries.iter().try_for_each(|e| {
                let start = grid.start(e.index);
                let sides = grid.chunk.iter().zip(&self.dims).zip(&start);
                let count: Vec<u64> = sides.map(|((&c, &d), &s)| c.min(d - s)).collect();
                f(&start, &count)
            });
        }
        // whole rows of as many axes as fit, then one by one along the others
        let mut count = vec![1; self.dims.len()];
        let mut room = ELEMENTS;
        for (c, &d) in count.iter_mut().zip(&self.dims).rev() {
            *c = d.min(room.max(1));
            room /= *c;
        }
        let mut start = vec![0; self.dims.len()];
        loop {
            let sides = count.iter().zip(&self.dims).zip(&start);
            let part: Vec<u64> = sides.map(|((&c, &d), &s)| c.min(d - s)).collect();
            f(&start, &part)?;
            let mut axis = self.dims.len();
            loop {
                let Some(i) = axis.checked_sub(1) else { return Ok(()) };
                axis = i;
                start[i] += count[i];
                if start[i] < self.dims[i] {
                    break;
                }
                start[i] = 0;
            }
        }
    }
}

/// Elements that the library read; what they point at is given back with them.
pub(super) struct Block<'a> {
    of: &'a Stored,
    memory: Id,
    pub elements: usize,
    buffer: Vec<u64>,
}

impl<'a> Block<'a> {
    /// Reads a block of a dataset.
    pub fn read(of: &'a Stored, dataset: &Id, start: &[u64], count: &[u64]) -> Hdf<Block<'a>> {
        // SAFETY: all are open, and the buffer has room for the block's elements.
        unsafe {
            let (memory, file) = of.selected(start, count)?;
            let mut block = Block::new(of, memory, count.iter().product::<u64>() as usize);
            let (m, s, at) = (block.memory.raw(), file.raw(), block.buffer.as_mut_ptr().cast());
            check(H5Dread(dataset.raw(), of.kind.raw(), m, s, H5P_DEFAULT, at))?;
            Ok(block)
        }
    }

    /// Room for one element.
    pub fn one(of: &'a Stored) -> Hdf<Block<'a>> {
        // SAFETY: a new space.
        let memory = Id::new(unsafe { H5Screate(H5S_SCALAR) })?;
        Ok(Block::new(of, memory, 1))
    }

    /// Reads an attribute.
    pub fn read_attribute(of: &'a Stored, attribute: &Id) -> Hdf<Block<'a>> {
        let memory = of.space.another()?;
        let mut block = Block::new(of, memory, of.dims.iter().product::<u64>() as usize);
        // SAFETY: the attribute is open, and the buffer has room for its elements.
        check(unsafe {
            H5Aread(attribute.raw(), of.kind.raw(), block.buffer.as_mut_ptr().cast())
        })?;
        Ok(block)
    }

    fn new(of: &'a Stored, memory: Id, elements: usize) -> Block<'a> {
        let buffer = vec![0; (elements * of.dtype.size).div_ceil(8)];
        Block { of, memory, elements, buffer }
    }

    pub fn bytes(&self) -> usize {
        self.buffer.len() * 8
    }

    pub fn at(&self) -> *const u8 {
        self.buffer.as_ptr().cast()
    }

    pub fn at_mut(&mut self) -> *mut u8 {
        self.buffer.as_mut_ptr().cast()
    }

    /// Has the references in it lead to the copy.
    pub fn translate(&mut self, references: &References) -> Hdf<()> {
        let size = self.of.dtype.size;
        let at = self.at_mut();
        // SAFETY: the library filled the block with so many elements of the type.
        (0..self.elements)
            .try_for_each(|i| unsafe { references.translate(&self.of.dtype, at.add(i * size)) })
    }

    /// Writes the block to the same place of a copy.
    pub fn write(&self, dataset: &Id, start: &[u64], count: &[u64]) -> Hdf<()> {
        // SAFETY: all are open, and the buffer holds the block's elements.
        unsafe {
            let (memory, file) = self.of.selected(start, count)?;
            let (m, s, at) = (memory.raw(), file.raw(), self.at().cast());
            check(H5Dwrite(dataset.raw(), self.of.kind.raw(), m, s, H5P_DEFAULT, at)).map(drop)
        }
    }

    /// Writes an attribute's elements to its copy.
    pub fn write_attribute(&self, attribute: &Id) -> Hdf<()> {
        // SAFETY: the attribute is open, and the buffer holds its elements.
        check(unsafe { H5Awrite(attribute.raw(), self.of.kind.raw(), self.at().cast()) }).map(drop)
    }
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        // SAFETY: the library filled the buffer, or it is zeros.
        unsafe {
            let (kind, space) = (self.of.kind.raw(), self.memory.raw());
            if H5Treclaim(kind, space, H5P_DEFAULT, self.buffer.as_mut_ptr().cast()) < 0 {
                reason();
            }
        }
    }
}

impl Stored {
    /// Spaces of a block in memory and in the dataset.
    fn selected(&self, start: &[u64], count: &[u64]) -> Hdf<(Id, Id)> {
        // SAFETY: the space is open, and the counts have its rank.
        unsafe {
            if count.is_empty() {
                return Ok((self.space.another()?, self.space.another()?));
            }
            let memory = Id::new(H5Screate_simple(count.len() as c_int, count.as_ptr(), null()))?;
            let file = Id::new(H5Scopy(self.space.raw()))?;
            let (start, count) = (start.as_ptr(), count.as_ptr());
            check(H5Sselect_hyperslab(file.raw(), H5S_SELECT_SET, start, null(), count, null()))?;
            Ok((memory, file))
        }
    }
}
