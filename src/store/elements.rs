//! A dataset's elements as bytes: read from as many threads as there are, past the library's
//! lock where that can be done.
//!
//! [`Elements`] is opened once. Contiguous data are read straight from their place, chunks are
//! read and decoded on the calling thread, and all else the library reads, in pieces. The answer
//! is the same. No handle keeps a file open that was closed: a [`File`] takes back what its
//! elements hold when it goes, and reads of them are then an error.

use std::sync::Arc;

use super::chunks::{Chunks, Grid};
use super::codec::{Pipeline, with_scratch};
use super::dataset::{self, Layout};
use super::datatype::{Class, Datatype};
use super::error::{Result, StoreError};
use super::ffi::*;
use super::file::{File, OpenedAs};
use super::filter;
use super::hdf::{Id, check, reason};
use super::journal::source::Source;
use super::lent::{CLOSED, Handle, Ids, source};
use super::object::{Extent, ObjectId, header, id_of};
use super::patch::fill;
use super::path::ObjectPath;
use super::pieces::Pieces;
use super::region::Region;
use super::spans;

/// How a dataset's elements are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// From one block of the file.
    Contiguous,
    /// Chunk by chunk, decoded by the reading thread.
    Chunks,
    /// By the library, one thread at a time, for this reason.
    Library(String),
}

enum Plan {
    /// From this place on; nothing was written where there is none.
    Contiguous(Arc<Source>, Option<u64>),
    Chunks(Box<Chunks>),
    Library,
}

/// A dataset whose elements are read as bytes. To be shared by threads in an `Arc`.
pub struct Elements {
    path: ObjectPath,
    extent: Extent,
    datatype: Datatype,
    chunk: Option<Vec<u64>>,
    way: Way,
    plan: Plan,
    fill: Option<Box<[u8]>>,
    handle: Arc<Handle>,
    /// Bytes that the library decodes at once.
    grain: u64,
}

impl std::fmt::Debug for Elements {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Elements").field("path", &self.path).field("way", &self.way).finish()
    }
}

/// Variable-length texts: the bytes of all, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// Where each text ends in `bytes`.
    pub ends: Vec<usize>,
    /// The texts.
    pub bytes: Vec<u8>,
}

impl File {
    /// Opens the dataset at `path` for reading its elements. A list of its chunks may take
    /// `list_bytes`; where it is longer, chunks are looked for one by one.
    ///
    /// # Errors
    /// No such dataset, or a damaged one.
    pub fn elements(&self, path: &ObjectPath, list_bytes: usize) -> Result<Elements> {
        self.open_elements(path, list_bytes, false)
    }

    /// The same, read by the library whatever the dataset is: for comparing the two.
    ///
    /// # Errors
    /// Those of [`File::elements`].
    pub fn elements_through_library(&self, path: &ObjectPath) -> Result<Elements> {
        self.open_elements(path, 0, true)
    }

    fn open_elements(
        &self,
        path: &ObjectPath,
        list_bytes: usize,
        by_library: bool,
    ) -> Result<Elements> {
        let _lock = self.lock();
        let object = self.open_dataset(path)?;
        if self.is_changing() {
            // what was written in this change is to be found in the file
            // SAFETY: the dataset is open.
            check(unsafe { H5Dflush(object.raw()) })
                .map_err(|why| StoreError::Unreadable { path: path.clone(), why })?;
        }
        let facts = dataset::facts(&object)
            .map_err(|why| StoreError::Unreadable { path: path.clone(), why })?;
        let unreadable = |why| StoreError::Unreadable { path: path.clone(), why };
        let fill = fill_bytes(&object, &facts.dtype).map_err(unreadable)?;
        let id = header(&object, H5O_INFO_BASIC).map(|i| id_of(&i)).map_err(unreadable)?;
        let filtered = !facts.filters.is_empty();
        let chunk = match &facts.layout {
            Layout::Chunked(chunk) => Some(chunk.clone()),
            _ => None,
        };
        let planned = match by_library {
            true => Err("it was asked for".to_string()),
            false => self.plan(&object, &facts, &fill, list_bytes),
        };
        let (plan, way) = match planned {
            Ok(plan @ Plan::Contiguous(..)) => (plan, Way::Contiguous),
            Ok(plan) => (plan, Way::Chunks),
            Err(why) => (Plan::Library, Way::Library(why)),
        };
        let grain = match &chunk {
            Some(chunk) if filtered => {
                let bytes = facts.dtype.size as u64;
                chunk.iter().fold(bytes, |n, &c| n.saturating_mul(c))
            }
            _ => 0,
        };
        // SAFETY: the dataset is open.
        let ids = (|| unsafe {
            let kind = Id::new(H5Dget_type(object.raw()))?;
            let space = Id::new(H5Dget_space(object.raw()))?;
            Ok(Ids { dataset: object, kind, space })
        })();
        let ids = ids.map_err(unreadable)?;
        let handle = Arc::new(Handle::new(self.label(), id, ids));
        self.opened.lent.lock().keep(&handle);
        Ok(Elements {
            path: path.clone(),
            extent: facts.extent,
            datatype: facts.dtype,
            chunk,
            way,
            plan,
            fill,
            handle,
            grain,
        })
    }

    /// How to read past the library, or why not.
    fn plan(
        &self,
        object: &Id,
        facts: &dataset::DatasetFacts,
        fill: &Option<Box<[u8]>>,
        list_bytes: usize,
    ) -> std::result::Result<Plan, String> {
        if self.opened_as() == OpenedAs::Swmr {
            return Err("its file is being written".into());
        }
        if let Some(why) = points(&facts.dtype) {
            return Err(why.into());
        }
        let Extent::Simple { dims, max } = &facts.extent else {
            return match (&facts.extent, &facts.layout) {
                (Extent::Scalar, Layout::Contiguous) => self.contiguous(object, &[], facts),
                (_, layout) => Err(format!("it is {}", layout.name())),
            };
        };
        match &facts.layout {
            Layout::Contiguous => self.contiguous(object, dims, facts),
            Layout::Chunked(chunk) => {
                let too_large = || "its shape is larger than any file".to_string();
                let mut grid = Grid::new(dims, chunk, facts.dtype.size).ok_or_else(too_large)?;
                let mut index = 0;
                // SAFETY: the dataset is open, and `index` takes the answer.
                check(unsafe { H5Dget_chunk_index_type(object.raw(), &mut index) })?;
                if index == H5D_CHUNK_IDX_EARRAY {
                    grid.numbered_by_array(max);
                }
                let filters = facts.filters.iter().map(|f| (f.id, f.values.clone()));
                let lacking = |id| match facts.filters.iter().find(|f| f.id == id) {
                    Some(f) => format!("its filter {} is unknown here", filter::with_number(f)),
                    None => "one of its filters is unknown here".into(),
                };
                let pipeline = Pipeline::new(filters, grid.plain, grid.size).map_err(lacking)?;
                let edges = plain_edges(object)?;
                let file = source(object)?;
                let chunks = Chunks::new(grid, pipeline, edges, fill.clone(), file, list_bytes);
                Ok(Plan::Chunks(Box::new(chunks)))
            }
            layout => Err(format!("it is {}", layout.name())),
        }
    }

    fn contiguous(
        &self,
        object: &Id,
        dims: &[u64],
        facts: &dataset::DatasetFacts,
    ) -> std::result::Result<Plan, String> {
        let bytes = dims.iter().try_fold(facts.dtype.size as u64, |n, &d| n.checked_mul(d));
        if bytes.is_none_or(|n| n > i64::MAX as u64) {
            return Err("its shape is larger than any file".into());
        }
        let file = source(object)?;
        // SAFETY: the dataset is open.
        let (at, stored) =
            unsafe { (H5Dget_offset(object.raw()), H5Dget_storage_size(object.raw())) };
        reason();
        // behind a user block, the place of what was never written is no clear answer
        let at = (at != HADDR_UNDEF && stored > 0).then_some(at);
        Ok(Plan::Contiguous(file, at))
    }
}

/// Why elements of this type are not what stands in the file, where they are not.
fn points(dtype: &Datatype) -> Option<&'static str> {
    match &dtype.class {
        Class::VarString { .. } | Class::VarLen(_) => Some("its elements have no fixed length"),
        Class::Reference(_) => Some("its elements are references"),
        Class::Unknown(_) => Some("its type is unknown"),
        Class::Compound(fields) => fields.iter().find_map(|f| points(&f.dtype)),
        Class::Array { base, .. } => points(base),
        _ => None,
    }
}

/// Whether chunks over the edge of a dataset are stored without filters.
fn plain_edges(object: &Id) -> std::result::Result<bool, String> {
    let mut options = 0;
    // SAFETY: the dataset is open, and `options` takes the answer.
    unsafe {
        let dcpl = Id::new(H5Dget_create_plist(object.raw()))?;
        check(H5Pget_chunk_opts(dcpl.raw(), &mut options))?;
    }
    Ok(options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS != 0)
}

/// The element that stands where nothing was written, where that is not zeros. A fill value that
/// the file says is never written is none.
fn fill_bytes(object: &Id, dtype: &Datatype) -> std::result::Result<Option<Box<[u8]>>, String> {
    if dtype.has_pointers() || dtype.size > 1 << 20 {
        return Ok(None);
    }
    let (mut status, mut time) = (0, 0);
    let mut element = vec![0u8; dtype.size];
    // SAFETY: the dataset is open, and the buffer holds one element of its type.
    unsafe {
        let dcpl = Id::new(H5Dget_create_plist(object.raw()))?;
        let kind = Id::new(H5Dget_type(object.raw()))?;
        let answered = H5Pfill_value_defined(dcpl.raw(), &mut status) >= 0
            && H5Pget_fill_time(dcpl.raw(), &mut time) >= 0
            && status == H5D_FILL_VALUE_USER_DEFINED
            && time != H5D_FILL_TIME_NEVER
            && H5Pget_fill_value(dcpl.raw(), kind.raw(), element.as_mut_ptr().cast()) >= 0;
        if !answered {
            reason();
            return Ok(None);
        }
    }
    Ok(element.iter().any(|&b| b != 0).then(|| element.into()))
}

impl Elements {
    /// Which dataset it is.
    pub fn object(&self) -> ObjectId {
        self.handle.object()
    }

    /// Whether it can be read: a change of the file, or closing it, ends that.
    pub fn is_open(&self) -> bool {
        self.handle.is_open()
    }

    /// The dataset's path.
    pub fn path(&self) -> &ObjectPath {
        &self.path
    }

    /// The shape; empty for a scalar and for a null dataspace.
    pub fn shape(&self) -> &[u64] {
        self.extent.dims()
    }

    /// The type of an element.
    pub fn datatype(&self) -> &Datatype {
        &self.datatype
    }

    /// The shape of a chunk, where there are chunks.
    pub fn chunk(&self) -> Option<&[u64]> {
        self.chunk.as_deref()
    }

    /// How elements are read.
    pub fn way(&self) -> Way {
        self.way.clone()
    }

    /// Bytes that the list of chunks takes now.
    pub fn list_size(&self) -> usize {
        match &self.plan {
            Plan::Chunks(chunks) => chunks.list_size(),
            _ => 0,
        }
    }

    /// Bytes that a read takes on its thread, beside what it reads into.
    pub fn scratch_size(&self) -> usize {
        match &self.plan {
            Plan::Chunks(chunks) => chunks.scratch(),
            Plan::Contiguous(..) => spans::WINDOW as usize,
            Plan::Library => usize::try_from(self.grain.saturating_mul(2)).unwrap_or(usize::MAX),
        }
    }

    /// Reads the elements `start + i * step` for `i` below `count`, along each axis, as they are
    /// stored, in row-major order. `out` is as long as they are.
    ///
    /// # Errors
    /// A selection outside the shape; a buffer of another length; elements without a fixed
    /// length; data that can't be read.
    pub fn read(&self, start: &[u64], step: &[u64], count: &[u64], out: &mut [u8]) -> Result<()> {
        let region = self.region(start, step, count)?;
        if self.datatype.has_pointers() {
            return Err(self.unreadable("its elements have no fixed length".into()));
        }
        let size = self.datatype.size;
        if Some(out.len()) != region.elements.checked_mul(size) {
            let n = region.elements;
            let why = format!("{} bytes are no room for {n} elements of {size}", out.len());
            return Err(self.unreadable(why));
        }
        if out.is_empty() {
            return Ok(());
        }
        if !self.handle.is_open() {
            return Err(self.unreadable(CLOSED.into()));
        }
        match &self.plan {
            Plan::Contiguous(_, None) => {
                fill(self.fill.as_deref(), size, out);
                Ok(())
            }
            Plan::Contiguous(file, Some(at)) => {
                with_scratch(|scratch| spans::read(file, *at, &region.patch(), size, scratch, out))
                    .map_err(|e| {
                        self.unreadable(match e.kind() {
                            std::io::ErrorKind::UnexpectedEof => {
                                "its data are outside the file".into()
                            }
                            _ => e.to_string(),
                        })
                    })
            }
            Plan::Chunks(chunks) => {
                chunks.read(&self.handle, &region, out).map_err(|why| self.unreadable(why))
            }
            Plan::Library => {
                self.pieces().read(&region, size, out).map_err(|why| self.library_error(why))
            }
        }
    }

    /// Reads elements that are texts or bytes of variable length.
    ///
    /// # Errors
    /// Those of [`Elements::read`]; elements of another kind.
    pub fn read_texts(&self, start: &[u64], step: &[u64], count: &[u64]) -> Result<Texts> {
        let region = self.region(start, step, count)?;
        let text = match &self.datatype.class {
            Class::VarString { .. } => true,
            Class::VarLen(base) if base.size == 1 && !base.has_pointers() => false,
            _ => return Err(self.unreadable("its elements are no texts of variable length".into())),
        };
        let mut texts = Texts::default();
        if region.elements > 0 {
            let read = self.pieces().texts(&region, text, &mut texts);
            read.map_err(|why| self.library_error(why))?;
        }
        Ok(texts)
    }

    /// Reads elements of any type as values.
    ///
    /// # Errors
    /// Those of [`Elements::read`].
    pub fn read_values(
        &self,
        start: &[u64],
        step: &[u64],
        count: &[u64],
        limits: super::Limits,
    ) -> Result<Vec<super::Value>> {
        let region = self.region(start, step, count)?;
        let mut values = Vec::new();
        if region.elements > 0 {
            let read = self
                .handle
                .with(|ids| super::read::values(ids, &self.datatype, &region, limits, &mut values));
            read.map_err(|why| self.library_error(why))?;
        }
        Ok(values)
    }

    fn pieces(&self) -> Pieces<'_> {
        Pieces { handle: &self.handle, chunk: self.chunk.as_deref(), grain: self.grain }
    }

    fn region<'a>(
        &'a self,
        start: &'a [u64],
        step: &'a [u64],
        count: &'a [u64],
    ) -> Result<Region<'a>> {
        if self.extent == Extent::Null {
            return Err(self.unreadable("it has no elements (a null dataspace)".into()));
        }
        Region::new(self.shape(), start, step, count).map_err(|why| self.unreadable(why))
    }

    fn unreadable(&self, why: String) -> StoreError {
        StoreError::Unreadable { path: self.path.clone(), why }
    }

    /// The library's reason; a filter that is lacking is named.
    fn library_error(&self, why: String) -> StoreError {
        let named =
            self.handle.with(|ids| Ok(dataset::read_error(&self.path, &ids.dataset, why.clone())));
        named.unwrap_or_else(|_| self.unreadable(why))
    }
}
