//! The check: a walk over the file and its copy side by side, which finds every object once and
//! compares all that can be seen of it.
//!
//! Objects are known by their places, so that cycles end and shared objects must be shared in the
//! copy, too. Stored chunks and contiguous data are compared as bytes of the two files; only what
//! points somewhere is read through the library. Where each object is in the copy is what
//! `references` needs; objects that hold references are compared when those are in place.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null;
use std::sync::Arc;

use super::fill;
use super::references::{References, has_references, open, place_of};
use super::stored::{Block, Place, Stored};
use crate::store::chunks;
use crate::store::datatype::Datatype;
use crate::store::ffi::*;
use crate::store::hdf::{Hdf, Id, check, text_of};
use crate::store::journal::source::Source;
use crate::store::lent::source;
use crate::store::object::header;
use crate::store::path::escape;

/// Bytes that are compared in one go.
const STEP: usize = 1 << 20;

/// A file and its copy.
pub(super) struct Comparison<'a> {
    pub was: &'a Id,
    pub is: &'a Id,
    /// Told of bytes that were compared; false stops.
    pub tell: &'a dyn Fn(usize) -> bool,
    /// Whether nothing is compared.
    pub is_walk: bool,
    /// Where each object of the file is in the copy.
    pub places: HashMap<u64, u64>,
    /// Objects that were found and not looked at yet.
    rest: Vec<(u64, u64)>,
    /// Objects with references, to be translated and then compared.
    pub referring: Vec<(u64, u64)>,
    /// Datasets whose fill values point at something.
    pub filled: Vec<(u64, u64)>,
}

/// What is compared of an object now.
#[derive(Clone, Copy, PartialEq)]
enum Which {
    /// Everything.
    All,
    /// Where there are references.
    Referring,
    /// Where there are none.
    Plain,
}

/// What differs; all is well where nothing does.
pub(super) type Same = Hdf<()>;

/// Whether elements say more than their bytes.
fn points(dtype: &Datatype) -> bool {
    dtype.has_pointers() || has_references(dtype)
}

impl<'a> Comparison<'a> {
    pub fn new(was: &'a Id, is: &'a Id, tell: &'a dyn Fn(usize) -> bool) -> Comparison<'a> {
        let (places, rest) = (HashMap::new(), Vec::new());
        let (referring, filled) = (Vec::new(), Vec::new());
        Comparison { was, is, tell, is_walk: false, places, rest, referring, filled }
    }

    /// One that compares nothing, and only finds what is to be written.
    pub fn walk(was: &'a Id, is: &'a Id) -> Comparison<'a> {
        Comparison { is_walk: true, ..Self::new(was, is, &|_| true) }
    }

    pub fn must(&self, same: bool, what: &str) -> Same {
        if same || self.is_walk { Ok(()) } else { Err(format!("its {what} differ")) }
    }

    /// Tells of bytes that were compared; an error where it is to stop.
    fn go_on(&self, bytes: usize) -> Same {
        if (self.tell)(bytes) { Ok(()) } else { Err(super::CANCELLED.into()) }
    }

    /// Compares everything that two objects, named by paths, lead to, but what refers.
    ///
    /// # Errors
    /// What differs, and of which object.
    pub fn run(&mut self, was: &CStr, is: &CStr) -> Hdf<()> {
        let place = |file: &Id, path: &CStr| {
            // SAFETY: the file is open, and the path ends with NUL.
            let object = Id::new(unsafe { H5Oopen(file.raw(), path.as_ptr(), H5P_DEFAULT) })?;
            Ok::<u64, String>(place_of(&header(&object, H5O_INFO_BASIC)?.token))
        };
        self.found(place(self.was, was)?, place(self.is, is)?)?;
        while let Some((was, is)) = self.rest.pop() {
            self.go_on(0)?;
            self.object(was, is).map_err(|why| self.about(was, why))?;
        }
        Ok(())
    }

    /// Compares what was written after the copying.
    ///
    /// # Errors
    /// As for `run`.
    pub fn run_written(&mut self) -> Hdf<()> {
        for i in 0..self.referring.len() {
            let (was, is) = self.referring[i];
            let same = (|| {
                let (a, b) = (open(self.was, was)?, open(self.is, is)?);
                self.attributes(&a, &b, Which::Referring)?;
                match header(&a, H5O_INFO_BASIC)?.kind {
                    H5O_TYPE_DATASET => self.elements(&a, &b, Which::Referring),
                    _ => Ok(()),
                }
            })();
            same.map_err(|why| self.about(was, why))?;
        }
        for (was, is) in self.filled.iter().copied() {
            let same = (|| {
                let (a, b) = (open(self.was, was)?, open(self.is, is)?);
                self.properties(&a, &b)?;
                self.elements(&a, &b, Which::All)
            })();
            same.map_err(|why| self.about(was, why))?;
        }
        Ok(())
    }

    pub fn references(&self) -> References<'_> {
        References { was: self.was, is: self.is, places: &self.places, lost: Default::default() }
    }

    /// A reason, with the name of the object that it is about.
    pub fn about(&self, place: u64, why: String) -> String {
        let r = place.to_le_bytes();
        // SAFETY: the file is open; the reference is one to an object of it.
        let name = text_of(|p, n| unsafe {
            H5Rget_name(self.was.raw(), H5R_OBJECT1, r.as_ptr().cast(), p, n) as isize
        });
        match name.filter(|n| !n.is_empty() && why != super::CANCELLED) {
            Some(name) => format!("{}: {why}", escape(&name)),
            None => why,
        }
    }

    /// Notes that an object is found at these places.
    pub fn found(&mut self, was: u64, is: u64) -> Same {
        match self.places.entry(was) {
            Entry::Occupied(known) if *known.get() == is => Ok(()),
            Entry::Occupied(_) => Err("it is several objects in the copy".into()),
            Entry::Vacant(free) => {
                free.insert(is);
                self.rest.push((was, is));
                Ok(())
            }
        }
    }

    fn object(&mut self, was: u64, is: u64) -> Same {
        let (a, b) = (open(self.was, was)?, open(self.is, is)?);
        let fields = H5O_INFO_BASIC | H5O_INFO_TIME | H5O_INFO_NUM_ATTRS;
        let (x, y) = (header(&a, fields)?, header(&b, fields)?);
        self.must(x.kind == y.kind, "kinds")?;
        self.must(x.rc == y.rc, "numbers of hard links")?;
        self.must(x.num_attrs == y.num_attrs, "numbers of attributes")?;
        self.must(x.mtime == y.mtime && x.btime == y.btime, "times")?;
        self.must(self.is_walk || comment(&a) == comment(&b), "comments")?;
        match x.kind {
            H5O_TYPE_GROUP => self.group(&a, &b)?,
            H5O_TYPE_DATASET => self.dataset(&a, &b, (was, is))?,
            _ => drop(self.datatypes(&a, &b)?),
        }
        if self.is_walk && x.num_attrs != y.num_attrs {
            // copied without
            return Ok(());
        }
        if self.attributes(&a, &b, Which::Plain)? && self.referring.last() != Some(&(was, is)) {
            self.referring.push((was, is));
        }
        Ok(())
    }

    /// Compares types, and gives what they are.
    fn datatypes(&mut self, a: &Id, b: &Id) -> Hdf<Datatype> {
        let x = Datatype::describe(a)?;
        if !self.is_walk {
            self.must(x == Datatype::describe(b)?, "datatypes")?;
            // SAFETY: both types are open. What has pointers is never equal in two files.
            let equal = points(&x) || unsafe { H5Tequal(a.raw(), b.raw()) } > 0;
            self.must(equal, "datatypes")?;
        }
        // SAFETY: both types are open.
        match [a, b].map(|t| unsafe { H5Tcommitted(t.raw()) } > 0) {
            [true, true] => {
                let [was, is] = [a, b].map(|t| header(t, H5O_INFO_BASIC));
                self.found(place_of(&was?.token), place_of(&is?.token))?;
            }
            committed => self.must(committed[0] == committed[1], "committed datatypes")?,
        }
        Ok(x)
    }

    fn dataset(&mut self, a: &Id, b: &Id, places: (u64, u64)) -> Same {
        // SAFETY: both datasets are open.
        let (kinds, spaces, list) = unsafe {
            (
                (Id::new(H5Dget_type(a.raw()))?, Id::new(H5Dget_type(b.raw()))?),
                (Id::new(H5Dget_space(a.raw()))?, Id::new(H5Dget_space(b.raw()))?),
                Id::new(H5Dget_create_plist(a.raw()))?,
            )
        };
        // SAFETY: both spaces are open.
        self.must(unsafe { H5Sextent_equal(spaces.0.raw(), spaces.1.raw()) } > 0, "shapes")?;
        let dtype = self.datatypes(&kinds.0, &kinds.1)?;
        let is_filled = points(&dtype) && fill::is_given(&list)?;
        if is_filled {
            // written first: see `run_written`
            self.filled.push(places);
            return Ok(());
        }
        if !self.is_walk {
            self.properties(a, b)?;
        }
        match has_references(&dtype) {
            true => {
                self.referring.push(places);
                Ok(())
            }
            false if self.is_walk => Ok(()),
            false => self.elements(a, b, Which::Plain),
        }
    }

    /// Compares what datasets were created with.
    fn properties(&self, a: &Id, b: &Id) -> Same {
        let (x, y) = (Stored::without_place(a)?, Stored::without_place(b)?);
        // SAFETY: the datasets are open.
        let (p, q) = unsafe {
            (Id::new(H5Dget_create_plist(a.raw()))?, Id::new(H5Dget_create_plist(b.raw()))?)
        };
        if points(&x.dtype) {
            let same = match (fill::value_of(&x, a)?, fill::value_of(&y, b)?) {
                // SAFETY: the library filled both with an element of the same type.
                (Some(v), Some(w)) => unsafe {
                    self.references().is_same(&x.dtype, v.at(), w.at())
                },
                (v, w) => v.is_none() && w.is_none(),
            };
            self.must(same, "fill values")?;
            // the lists hold pointers, which always differ
            for (list, of) in [(&p, &x), (&q, &y)] {
                // SAFETY: both are open; no value is allowed.
                check(unsafe { H5Pset_fill_value(list.raw(), of.kind.raw(), null()) })?;
            }
        }
        // SAFETY: both are open.
        self.must(unsafe { H5Pequal(p.raw(), q.raw()) } > 0, "properties")
    }

    /// Compares all elements that are stored.
    fn elements(&self, a: &Id, b: &Id, which: Which) -> Same {
        let mut data = Stored::without_place(a)?;
        if which == Which::Referring && !has_references(&data.dtype) {
            return Ok(());
        }
        data.find(a)?;
        let other = Stored::of(b)?;
        let is_deep = points(&data.dtype) || matches!(data.place, Place::Compact);
        match (&data.place, &other.place) {
            (Place::Elsewhere, Place::Elsewhere) => return Ok(()),
            (Place::Compact, Place::Compact) => {}
            (Place::Contiguous(None), Place::Contiguous(None)) => return Ok(()),
            (Place::Contiguous(Some((at, n))), Place::Contiguous(Some((to, m)))) => {
                self.must(n == m, "sizes")?;
                if !is_deep {
                    return self.bytes(&source(a)?, *at, &source(b)?, *to, *n);
                }
            }
            (Place::Chunks(_, x), Place::Chunks(_, y)) => {
                let keys =
                    |e: &[chunks::Entry]| -> Vec<u64> { e.iter().map(|e| e.index).collect() };
                self.must(keys(x) == keys(y), "chunks")?;
                if !is_deep {
                    let (from, to) = (source(a)?, source(b)?);
                    for (x, y) in x.iter().zip(y) {
                        self.must((x.size, x.mask) == (y.size, y.mask), "chunks")?;
                        self.bytes(&from, x.at, &to, y.at, x.size.into())?;
                    }
                    return Ok(());
                }
            }
            _ => return self.must(false, "storages"),
        }
        let references = self.references();
        data.each_block(|start, count| {
            let was = Block::read(&data, a, start, count)?;
            let is = Block::read(&other, b, start, count)?;
            self.go_on(was.bytes())?;
            // SAFETY: the library filled both blocks with elements of the same type.
            let same = unsafe {
                references.are_same(&data.dtype, was.elements, was.at().cast(), is.at().cast())
            };
            self.must(same, "values")
        })
    }

    /// Compares bytes of the two files.
    fn bytes(&self, from: &Arc<Source>, at: u64, to: &Arc<Source>, there: u64, n: u64) -> Same {
        let mut buffers = [vec![0; STEP.min(n as usize)], vec![0; STEP.min(n as usize)]];
        let mut done = 0;
        while done < n {
            let step = (n - done).min(STEP as u64) as usize;
            let [x, y] = &mut buffers;
            let io = |e: std::io::Error| e.to_string();
            from.read_exact_at(&mut x[..step], at + done).map_err(io)?;
            to.read_exact_at(&mut y[..step], there + done).map_err(io)?;
            self.must(x[..step] == y[..step], "stored bytes")?;
            self.go_on(step)?;
            done += step as u64;
        }
        Ok(())
    }

    /// Compares attributes. Whether any holds references: then its values were not.
    fn attributes(&mut self, a: &Id, b: &Id, which: Which) -> Hdf<bool> {
        let mut any = false;
        for (name, x) in attribute_names(a)? {
            // SAFETY: the objects are open, and the name ends with NUL.
            let [p, q] =
                [a, b].map(|o| Id::new(unsafe { H5Aopen(o.raw(), name.as_ptr(), H5P_DEFAULT) }));
            let same = (|| {
                let (p, q) = (p?, q?);
                let (data, other) = (Stored::of_attribute(&p)?, Stored::of_attribute(&q)?);
                self.datatypes(&data.kind, &other.kind)?;
                let refers = has_references(&data.dtype);
                any |= refers;
                if self.is_walk {
                    return Ok(());
                }
                let y = info_of(&q)?;
                let orders = (x.corder_valid, y.corder_valid, x.corder == y.corder);
                self.must(matches!(orders, (true, true, true) | (false, false, _)), "orders")?;
                // SAFETY: all are open.
                unsafe {
                    let lists = (
                        Id::new(H5Aget_create_plist(p.raw()))?,
                        Id::new(H5Aget_create_plist(q.raw()))?,
                    );
                    self.must(H5Pequal(lists.0.raw(), lists.1.raw()) > 0, "properties")?;
                    self.must(H5Sextent_equal(data.space.raw(), other.space.raw()) > 0, "shapes")?;
                }
                if refers != (which == Which::Referring) || data.is_empty() {
                    return Ok(());
                }
                let (was, is) =
                    (Block::read_attribute(&data, &p)?, Block::read_attribute(&other, &q)?);
                // SAFETY: the library filled both with elements of the same type.
                let same = unsafe {
                    let (was_at, is_at) = (was.at().cast(), is.at().cast());
                    self.references().are_same(&data.dtype, was.elements, was_at, is_at)
                };
                self.must(same, "values")
            })();
            same.map_err(|why| format!("the attribute {}: {why}", escape(name.to_bytes())))?;
        }
        Ok(any)
    }
}

/// The names of an object's attributes, and what is known of each.
pub(super) fn attribute_names(object: &Id) -> Hdf<Vec<(std::ffi::CString, H5A_info_t)>> {
    unsafe extern "C" fn on_name(
        _: hid_t,
        name: *const c_char,
        info: *const c_void,
        data: *mut c_void,
    ) -> c_int {
        // SAFETY: `data` is the vector below; the name and the facts are HDF5's.
        unsafe {
            let names = &mut *data.cast::<Vec<(std::ffi::CString, H5A_info_t)>>();
            names.push((CStr::from_ptr(name).to_owned(), *info.cast::<H5A_info_t>()));
        }
        0
    }
    let mut names: Vec<(std::ffi::CString, H5A_info_t)> = Vec::new();
    // SAFETY: the object is open, and `names` outlives the call.
    check(unsafe {
        let data = (&raw mut names).cast();
        H5Aiterate2(object.raw(), H5_INDEX_NAME, H5_ITER_NATIVE, &mut 0, on_name, data)
    })?;
    Ok(names)
}

fn info_of(attribute: &Id) -> Hdf<H5A_info_t> {
    let mut info = H5A_info_t::default();
    // SAFETY: the attribute is open, and `info` takes the answer.
    check(unsafe { H5Aget_info(attribute.raw(), &mut info) })?;
    Ok(info)
}

fn comment(object: &Id) -> Option<Vec<u8>> {
    // SAFETY: the object is open; the length is asked for first.
    text_of(|p, n| unsafe { H5Oget_comment(object.raw(), p, n) } as isize)
}
