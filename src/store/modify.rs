//! Attributes' values, written in the types that the attributes have: an attribute that is
//! modified is the same attribute afterwards. (`write` makes new ones in the place of old ones.)

use super::change::Change;
use super::element::datatype;
use super::error::Result;
use super::ffi::*;
use super::hdf::{Hdf, Id, check, cstring};
use super::object::extent_of;
use super::path::ObjectPath;
use super::write::{NewAttribute, Pointers};

impl Change<'_> {
    /// Writes an attribute's elements, which keep their type: HDF5 converts them, as h5py's
    /// `modify` has it.
    ///
    /// # Errors
    /// No such object or attribute; another shape; elements that can't be of its type; a text
    /// that is too long for it.
    pub fn modify_attribute(
        &self,
        path: &ObjectPath,
        name: &[u8],
        new: &NewAttribute,
    ) -> Result<()> {
        if let Some((file, path)) = self.elsewhere(path)? {
            return file.change(|c| c.modify_attribute(&path, name, new));
        }
        self.seeing_attribute(path, name, || self.put_modified(path, name, new))
    }

    fn put_modified(&self, path: &ObjectPath, name: &[u8], new: &NewAttribute) -> Result<()> {
        let _lock = self.file().lock();
        let object = self.file().open_object(path)?;
        self.must_have(&object, path, name)?;
        let name_c = cstring(name);
        let written = (|| -> Hdf<()> {
            // SAFETY: the ids are open, the name valid for the call.
            let (attribute, kind, space) = unsafe {
                let attribute = Id::new(H5Aopen(object.raw(), name_c.as_ptr(), H5P_DEFAULT))?;
                let kind = Id::new(H5Aget_type(attribute.raw()))?;
                let space = Id::new(H5Aget_space(attribute.raw()))?;
                (attribute, kind, space)
            };
            let extent = extent_of(&space)?;
            let one = |e: &super::Extent| e.elements() == 1 && e.dims().len() < 2;
            if extent.dims() != new.extent.dims() && !(one(&extent) && one(&new.extent))
                || extent.elements() != new.extent.elements()
            {
                return Err(format!(
                    "it has the shape {:?}, the new value {:?}",
                    extent.dims(),
                    new.extent.dims()
                ));
            }
            // SAFETY: the type is open.
            let is_text = unsafe { H5Tget_class(kind.raw()) } == H5T_STRING;
            match (is_text, texts_of(new)?) {
                (true, Some(texts)) => write_texts(&attribute, &kind, &texts),
                (true, None) => Err("it holds text".into()),
                (false, Some(_)) => Err("it holds no text".into()),
                (false, None) => write_bytes(&attribute, &kind, new),
            }
        })();
        written.map_err(|why| self.of_attribute(path, name, why))
    }
}

/// The elements, where they are texts of any kind.
fn texts_of(new: &NewAttribute) -> Hdf<Option<Vec<Vec<u8>>>> {
    if new.element.is_text() {
        return Ok(Some(new.texts.clone()));
    }
    let kind = datatype(&new.element)?;
    // SAFETY: the type is open.
    let (class, size) = unsafe { (H5Tget_class(kind.raw()), H5Tget_size(kind.raw())) };
    if class != H5T_STRING {
        return Ok(None);
    }
    let text = |bytes: &[u8]| {
        let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
        bytes[..end].to_vec()
    };
    Ok(Some(new.bytes.chunks_exact(size.max(1)).map(text).collect()))
}

fn write_texts(attribute: &Id, kind: &Id, texts: &[Vec<u8>]) -> Hdf<()> {
    // SAFETY: the ids are open; the buffers hold as many elements as the attribute has.
    unsafe {
        let ascii = H5Tget_cset(kind.raw()) == H5T_CSET_ASCII;
        if ascii && texts.iter().any(|t| !t.is_ascii()) {
            return Err("it holds ASCII only".into());
        }
        if H5Tis_variable_str(kind.raw()) > 0 {
            let pointers = Pointers::new(texts);
            let at = pointers.0.as_ptr().cast();
            return check(H5Awrite(attribute.raw(), kind.raw(), at)).map(drop);
        }
        let size = H5Tget_size(kind.raw());
        let pad = H5Tget_strpad(kind.raw());
        let room = size - usize::from(pad == H5T_STR_NULLTERM && size > 0);
        // NULLTERM, NULLPAD and SPACEPAD are 0, 1 and 2
        let filler = if pad > H5T_STR_NULLPAD { b' ' } else { 0 };
        let mut bytes = Vec::with_capacity(size * texts.len());
        for text in texts {
            if text.len() > room {
                return Err(format!("{} bytes, and room for {room}", text.len()));
            }
            bytes.extend_from_slice(text);
            bytes.resize(bytes.len() + size - text.len(), filler);
        }
        check(H5Awrite(attribute.raw(), kind.raw(), bytes.as_ptr().cast())).map(drop)
    }
}

fn write_bytes(attribute: &Id, kind: &Id, new: &NewAttribute) -> Hdf<()> {
    let memory = datatype(&new.element)?;
    // SAFETY: the ids are open; the buffer holds as many elements as the attribute has, and is
    // large enough for either type while it is converted.
    unsafe {
        let n = new.extent.elements() as usize;
        let size = H5Tget_size(memory.raw());
        if new.bytes.len() != n * size {
            return Err("its elements are not as many as its shape says".into());
        }
        let number = |t: hid_t| matches!(H5Tget_class(t), H5T_INTEGER | H5T_FLOAT);
        if H5Tget_class(kind.raw()) != H5T_ENUM || !number(memory.raw()) {
            return check(H5Awrite(attribute.raw(), memory.raw(), new.bytes.as_ptr().cast()))
                .map(drop);
        }
        // HDF5 makes no members of numbers; of the numbers that members are, it does
        let base = Id::new(H5Tget_super(kind.raw()))?;
        let mut bytes = new.bytes.clone();
        bytes.resize(n * size.max(H5Tget_size(base.raw())), 0);
        let nothing = std::ptr::null_mut();
        check(H5Tconvert(memory.raw(), base.raw(), n, bytes.as_mut_ptr().cast(), nothing, 0))?;
        check(H5Awrite(attribute.raw(), kind.raw(), bytes.as_ptr().cast())).map(drop)
    }
}
