//! Elements and attributes written.
//!
//! Elements of a fixed size are given as they are stored, in the file's own form; texts of
//! variable length as their bytes.

use std::ffi::CString;
use std::ptr::null;

use super::change::Change;
use super::dataset::layout_elsewhere;
use super::difference::Difference;
use super::element::{Element, datatype};
use super::error::{Result, StoreError};
use super::ffi::*;
use super::hdf::{Hdf, Id, check, cstring};
use super::journal::undo_settings;
use super::journal::words::too_much;
use super::new_dataset::space_of;
use super::object::Extent;
use super::path::{ObjectPath, escape};
use super::region::Region;

/// Elements to be written.
#[derive(Debug, Clone, Copy)]
pub enum Data<'a> {
    /// Elements of fixed size in the file's own form, one after the other.
    Bytes(&'a [u8]),
    /// Elements of this kind, which the library turns into the file's.
    As(&'a Element, &'a [u8]),
    /// Texts, or byte strings, of any length; they hold no NUL.
    Texts(&'a [Vec<u8>]),
    /// One field of compounds, by its name; the other fields stay.
    Field(&'a [u8], &'a Data<'a>),
}

/// Which elements of a dataset.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// The one of a scalar, or all of them.
    All,
    /// `count` of them along each axis, `step` apart, from `start` on.
    Region(&'a [u64], &'a [u64], &'a [u64]),
    /// Single ones, by their coordinates one after the other.
    Points(&'a [u64]),
}

/// An attribute to be written.
#[derive(Debug, Clone)]
pub struct NewAttribute {
    /// What its elements are.
    pub element: Element,
    /// Its shape.
    pub extent: Extent,
    /// Its elements' bytes, where they have a fixed size.
    pub bytes: Vec<u8>,
    /// Its elements, where they are texts.
    pub texts: Vec<Vec<u8>>,
}

/// Pointers to texts, as the library takes them; texts end at their first NUL.
pub(super) struct Pointers(pub Vec<*const libc::c_char>, #[allow(dead_code)] Vec<CString>);

impl Pointers {
    pub fn new(texts: &[Vec<u8>]) -> Pointers {
        let texts: Vec<CString> = texts.iter().map(|t| cstring(t)).collect();
        Pointers(texts.iter().map(|t| t.as_ptr()).collect(), texts)
    }
}

impl Change<'_> {
    /// Writes elements of a dataset. Who reads them later keeps what was there.
    ///
    /// # Errors
    /// No such dataset; elements outside its shape; data of another length; what the library
    /// says.
    pub fn write(&self, path: &ObjectPath, place: Place, data: Data) -> Result<()> {
        match place {
            Place::Region(start, step, count) => {
                let span = |i: usize| match count[i] {
                    0 => 0,
                    n => (n - 1).saturating_mul(step[i]).saturating_add(1),
                };
                let spans: Vec<u64> = (0..count.len()).map(span).collect();
                self.keep_elements(path, Some((start, &spans)))?;
            }
            _ => self.keep_elements(path, None)?,
        }
        // readers by the link were asked; those of the other file are asked there
        if let Some((file, path)) = self.elsewhere(path)? {
            return file.change(|c| c.write(&path, place, data));
        }
        self.seeing_elements(path, place, || {
            let _lock = self.file.lock();
            let dataset = self.file.open_dataset(path)?;
            // other files have no journal here
            if let Some(layout) = self.done(path, layout_elsewhere(&dataset))? {
                return Err(self.failed(path, format!("its layout is {layout}")));
            }
            self.done(path, write_elements(&dataset, place, data))
        })
    }

    /// Says before so many elements of a dataset are written whether what undoes that would be
    /// larger than a record may be.
    ///
    /// # Errors
    /// It would be.
    pub fn must_fit(&self, path: &ObjectPath, elements: u64) -> Result<()> {
        let settings = undo_settings();
        let facts = self.file.dataset(path)?;
        let size = facts.dtype.size as u64;
        if !settings.record || elements.saturating_mul(size) <= settings.bytes {
            return Ok(());
        }
        // what was never written need not be kept
        let stored = self.file.storage_size(path)?;
        let part = elements as f64 / facts.extent.elements().max(1) as f64;
        let bytes = (stored as f64 * part.min(1.0)) as u64;
        match bytes > settings.bytes {
            true => {
                let why = too_much(Some(bytes), settings.bytes);
                Err(StoreError::NotChanged { path: self.file.shown_path(), why })
            }
            false => Ok(()),
        }
    }

    /// Gives a chunked dataset another shape; what is beyond it is gone, what is new is fill.
    ///
    /// # Errors
    /// A dataset that isn't chunked, a shape beyond its maximum.
    pub fn resize(&self, path: &ObjectPath, dims: &[u64]) -> Result<()> {
        self.keep_elements(path, None)?;
        if let Some((file, path)) = self.elsewhere(path)? {
            return file.change(|c| c.resize(&path, dims));
        }
        let before = self.is_seen().then(|| self.file.dataset(path)).transpose()?;
        let _lock = self.file.lock();
        let dataset = self.file.open_dataset(path)?;
        // SAFETY: the dataset is open; the slice has its rank, which is checked.
        let resized = (|| unsafe {
            let space = Id::new(H5Dget_space(dataset.raw()))?;
            if H5Sget_simple_extent_ndims(space.raw()) != dims.len() as i32 {
                return Err("the new shape has another number of axes".to_string());
            }
            check(H5Dset_extent(dataset.raw(), dims.as_ptr())).map(drop)
        })();
        self.done(path, resized)?;
        if let Some(facts) = before {
            let (from, to) = (facts.extent.dims().to_vec(), dims.to_vec());
            self.see(|| Difference::Resized { path: path.clone(), from, to });
        }
        Ok(())
    }

    /// Sets an attribute, in place of one of this name: written under another name first, so
    /// that the old one stays where the new one can't be written.
    ///
    /// # Errors
    /// No such object; a value that its header can't hold.
    pub fn set_attribute(&self, path: &ObjectPath, name: &[u8], new: &NewAttribute) -> Result<()> {
        if let Some((file, path)) = self.elsewhere(path)? {
            return file.change(|c| c.set_attribute(&path, name, new));
        }
        self.seeing_attribute(path, name, || self.put_attribute(path, name, new))
    }

    fn put_attribute(&self, path: &ObjectPath, name: &[u8], new: &NewAttribute) -> Result<()> {
        const TEMPORARY: &std::ffi::CStr = c"__h5_TMP__";
        let _lock = self.file.lock();
        let object = self.file.open_object(path)?;
        let wanted = cstring(name);
        let written = (|| -> Hdf<()> {
            let kind = datatype(&new.element)?;
            let space = space_of(&new.extent)?;
            // SAFETY: the ids are open, names valid; the buffer holds the elements of the space,
            // whose number is checked.
            unsafe {
                let there = check(H5Aexists(object.raw(), wanted.as_ptr()))? > 0;
                if H5Aexists(object.raw(), TEMPORARY.as_ptr()) > 0 {
                    H5Adelete(object.raw(), TEMPORARY.as_ptr());
                }
                let first = if there { TEMPORARY } else { wanted.as_c_str() };
                let attribute = Id::new(H5Acreate2(
                    object.raw(),
                    first.as_ptr(),
                    kind.raw(),
                    space.raw(),
                    H5P_DEFAULT,
                    H5P_DEFAULT,
                ))
                .map_err(too_large)?;
                let filled = (|| -> Hdf<()> {
                    let n = new.extent.elements() as usize;
                    let pointers;
                    let at = match new.element.is_text() {
                        true if new.texts.len() == n => {
                            pointers = Pointers::new(&new.texts);
                            pointers.0.as_ptr().cast()
                        }
                        false if new.bytes.len() == n * H5Tget_size(kind.raw()) => {
                            new.bytes.as_ptr().cast()
                        }
                        _ => return Err("its elements are not as many as its shape says".into()),
                    };
                    if n > 0 {
                        check(H5Awrite(attribute.raw(), kind.raw(), at)).map_err(too_large)?;
                    }
                    Ok(())
                })();
                drop(attribute);
                if let Err(why) = filled {
                    H5Adelete(object.raw(), first.as_ptr());
                    return Err(why);
                }
                if there {
                    check(H5Adelete(object.raw(), wanted.as_ptr()))?;
                    check(H5Arename(object.raw(), first.as_ptr(), wanted.as_ptr()))?;
                }
            }
            Ok(())
        })();
        written.map_err(|why| self.of_attribute(path, name, why))
    }

    /// Copies the attributes of an object to another, but for those named; those that it has
    /// already stay.
    ///
    /// # Errors
    /// No such object; as reading and writing them.
    pub fn copy_attributes(
        &self,
        from: &ObjectPath,
        to: &ObjectPath,
        except: &[&[u8]],
    ) -> Result<()> {
        let names = self.file.attribute_names(from)?;
        let _lock = self.file.lock();
        let (source, target) = (self.file.open_object(from)?, self.file.open_object(to)?);
        for name in names.iter().filter(|n| !except.contains(&n.as_slice())) {
            copy_attribute(&source, &target, &cstring(name))
                .map_err(|why| self.of_attribute(to, name, why))?;
        }
        Ok(())
    }

    /// Takes an attribute away.
    ///
    /// # Errors
    /// No such object or attribute.
    pub fn delete_attribute(&self, path: &ObjectPath, name: &[u8]) -> Result<()> {
        if let Some((file, path)) = self.elsewhere(path)? {
            return file.change(|c| c.delete_attribute(&path, name));
        }
        let _lock = self.file.lock();
        let object = self.file.open_object(path)?;
        self.must_have(&object, path, name)?;
        let cname = cstring(name);
        self.seeing_attribute(path, name, || {
            // SAFETY: the object is open and the name valid for the call.
            check(unsafe { H5Adelete(object.raw(), cname.as_ptr()) })
                .map(drop)
                .map_err(|why| self.of_attribute(path, name, why))
        })
    }

    /// Gives an attribute another name.
    ///
    /// # Errors
    /// No such object or attribute; the new name is taken.
    pub fn rename_attribute(&self, path: &ObjectPath, from: &[u8], to: &[u8]) -> Result<()> {
        if let Some((file, path)) = self.elsewhere(path)? {
            return file.change(|c| c.rename_attribute(&path, from, to));
        }
        let _lock = self.file.lock();
        let object = self.file.open_object(path)?;
        self.must_have(&object, path, from)?;
        let (old, new) = (cstring(from), cstring(to));
        // SAFETY: the object is open and the names valid for the calls.
        unsafe {
            if H5Aexists(object.raw(), new.as_ptr()) > 0 {
                let why = format!("{} is there already", escape(to));
                return Err(self.of_attribute(path, from, why));
            }
            let rename = || {
                check(H5Arename(object.raw(), old.as_ptr(), new.as_ptr()))
                    .map(drop)
                    .map_err(|why| self.of_attribute(path, from, why))
            };
            self.seeing_attribute(path, from, || self.seeing_attribute(path, to, rename))
        }
    }

    pub(super) fn must_have(&self, object: &Id, path: &ObjectPath, name: &[u8]) -> Result<()> {
        let cname = cstring(name);
        // SAFETY: the object is open and the name valid for the call.
        match unsafe { H5Aexists(object.raw(), cname.as_ptr()) } > 0 {
            true => Ok(()),
            false => Err(StoreError::NoSuchAttribute { path: path.clone(), name: name.to_vec() }),
        }
    }

    pub(super) fn of_attribute(&self, path: &ObjectPath, name: &[u8], why: String) -> StoreError {
        self.failed(path, format!("its attribute {}: {why}", escape(name)))
    }
}

/// The most bytes of an attribute that is copied by way of memory.
const LARGEST: u64 = 1 << 30;

fn copy_attribute(source: &Id, target: &Id, name: &std::ffi::CStr) -> Hdf<()> {
    // SAFETY: the ids are open, the name valid; the buffer holds the attribute's elements, and
    // what the library allocated for them is given back.
    unsafe {
        if check(H5Aexists(target.raw(), name.as_ptr()))? > 0 {
            return Ok(());
        }
        let old = Id::new(H5Aopen(source.raw(), name.as_ptr(), H5P_DEFAULT))?;
        let kind = Id::new(H5Aget_type(old.raw()))?;
        let space = Id::new(H5Aget_space(old.raw()))?;
        let extent = super::object::extent_of(&space)?;
        let (k, s, d) = (kind.raw(), space.raw(), H5P_DEFAULT);
        let new =
            Id::new(H5Acreate2(target.raw(), name.as_ptr(), k, s, d, d)).map_err(too_large)?;
        let bytes = extent.elements().saturating_mul(H5Tget_size(k) as u64);
        if bytes == 0 {
            return Ok(());
        }
        if bytes > LARGEST {
            return Err("an attribute of it is too large to be copied".into());
        }
        // words, so that pointers in it are aligned
        let mut buffer = vec![0u64; bytes.div_ceil(8) as usize];
        let at = buffer.as_mut_ptr().cast();
        check(H5Aread(old.raw(), k, at))?;
        let written = check(H5Awrite(new.raw(), k, at));
        H5Treclaim(k, s, H5P_DEFAULT, at);
        written.map(drop)
    }
}

/// The library's reason, or what is behind it: headers of the old format take 64 KiB.
fn too_large(why: String) -> String {
    match why.contains("header message is too large") || why.contains("too large") {
        true => "it takes more than 64 KiB, which only groups that keep the order of their \
                 attributes can hold (dicts that ch5mpy or this program wrote)"
            .into(),
        false => why,
    }
}

fn write_elements(dataset: &Id, place: Place, data: Data) -> Hdf<()> {
    // SAFETY: the ids are open; selections are checked to lie inside the shape and to have as
    // many elements as there are data, which are of the dataset's own type.
    unsafe {
        let mut kind = Id::new(H5Dget_type(dataset.raw()))?;
        let space = Id::new(H5Dget_space(dataset.raw()))?;
        let (field, data) = match data {
            Data::Field(name, data) => (Some(cstring(name)), *data),
            data => (None, data),
        };
        if let Some(name) = &field {
            let member = check(H5Tget_member_index(kind.raw(), name.as_ptr()))?;
            kind = Id::new(H5Tget_member_type(kind.raw(), member as u32))?;
        }
        if let Data::As(element, _) = data {
            kind = datatype(element)?;
        }
        let size = H5Tget_size(kind.raw()).max(1);
        let is_text = H5Tis_variable_str(kind.raw()) > 0;
        let pointers;
        let (n, at) = match (data, is_text) {
            (Data::Bytes(bytes) | Data::As(_, bytes), false) => {
                (bytes.len() / size, bytes.as_ptr().cast())
            }
            (Data::Texts(texts), true) => {
                pointers = Pointers::new(texts);
                (texts.len(), pointers.0.as_ptr().cast())
            }
            _ => return Err("its elements are of another kind".into()),
        };
        let extent = super::object::extent_of(&space)?;
        let wanted = match place {
            Place::All => extent.elements(),
            Place::Region(start, step, count) => {
                Region::new(extent.dims(), start, step, count)?.elements as u64
            }
            Place::Points(points) => {
                let rank = extent.dims().len().max(1);
                let inside = |p: &[u64]| p.iter().zip(extent.dims()).all(|(i, n)| i < n);
                if points.len() % rank != 0 || !points.chunks_exact(rank).all(inside) {
                    return Err("elements outside its shape".into());
                }
                (points.len() / rank) as u64
            }
        };
        if wanted != n as u64 {
            return Err(format!("{n} elements are not the {wanted} that are to be written"));
        }
        if n == 0 {
            return Ok(());
        }
        let memory;
        let (mem, file) = match place {
            Place::All => (H5S_ALL, H5S_ALL),
            Place::Region([], ..) => (H5S_ALL, H5S_ALL),
            Place::Region(start, step, count) => {
                memory = Id::new(H5Screate_simple(count.len() as i32, count.as_ptr(), null()))?;
                let (set, none) = (H5S_SELECT_SET, null());
                let (start, step, count) = (start.as_ptr(), step.as_ptr(), count.as_ptr());
                check(H5Sselect_hyperslab(space.raw(), set, start, step, count, none))?;
                (memory.raw(), space.raw())
            }
            Place::Points(points) => {
                memory = Id::new(H5Screate_simple(1, &(n as u64), null()))?;
                check(H5Sselect_elements(space.raw(), H5S_SELECT_SET, n, points.as_ptr()))?;
                (memory.raw(), space.raw())
            }
        };
        if let Some(name) = field {
            // the library reads the elements, and puts this field of them in
            let one = Id::new(H5Tcreate(H5T_COMPOUND, size))?;
            check(H5Tinsert(one.raw(), name.as_ptr(), 0, kind.raw()))?;
            kind = one;
        }
        check(H5Dwrite(dataset.raw(), kind.raw(), mem, file, H5P_DEFAULT, at)).map(drop)
    }
}
