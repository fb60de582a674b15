//! Changes of the tree: groups and links made, moved, copied and taken away.

use std::ffi::CStr;

use super::change::Change;
use super::copies::mend::mend;
use super::difference::Difference;
use super::error::{Result, StoreError};
use super::ffi::*;
use super::file::File;
use super::hdf::{Hdf, Id, check, cstring, reason};
use super::journal;
use super::link::Link;
use super::object::ObjectKind;
use super::path::ObjectPath;

/// How links are made: groups on the path too, names as UTF-8 where they are not ASCII.
pub(super) fn link_creation(path: &ObjectPath) -> Hdf<Id> {
    // SAFETY: the list is new.
    unsafe {
        let links = Id::new(H5Pcreate(H5P_CLS_LINK_CREATE_ID_g))?;
        check(H5Pset_create_intermediate_group(links.raw(), 1))?;
        if !path.as_bytes().is_ascii() {
            check(H5Pset_char_encoding(links.raw(), H5T_CSET_UTF8))?;
        }
        Ok(links)
    }
}

impl Change<'_> {
    /// Whether there is a link of this name, wherever it leads.
    pub fn exists(&self, path: &ObjectPath) -> bool {
        self.file.link(path).is_ok()
    }

    fn must_be_free(&self, path: &ObjectPath) -> Result<()> {
        match self.exists(path) {
            true => Err(StoreError::Exists { path: path.clone() }),
            false => Ok(()),
        }
    }

    /// Makes a group, and the groups on its path. `tracked`: it keeps the order in which its
    /// links and attributes are made, as ch5mpy's dicts do.
    ///
    /// # Errors
    /// The name is taken, or lies below something that is no group.
    pub fn create_group(&self, path: &ObjectPath, tracked: bool) -> Result<()> {
        if let Some((file, path)) = self.link_elsewhere(path)? {
            return file.change(|c| c.create_group(&path, tracked));
        }
        self.must_be_free(path)?;
        self.groups_above(path)?;
        self.make_group(path, tracked, tracked)?;
        self.see(|| Difference::Created { path: path.clone(), what: "group".into() });
        Ok(())
    }

    /// Makes a group whose parent is there, which keeps the order of its links or attributes.
    fn make_group(&self, path: &ObjectPath, links: bool, attributes: bool) -> Result<()> {
        let name = cstring(path.as_bytes());
        let order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
        self.call(path, |file| {
            // SAFETY: the ids are open and the name valid for the calls.
            unsafe {
                let list = Id::new(H5Pcreate(H5P_CLS_GROUP_CREATE_ID_g))?;
                if links {
                    check(H5Pset_link_creation_order(list.raw(), order))?;
                }
                if attributes {
                    check(H5Pset_attr_creation_order(list.raw(), order))?;
                }
                check(H5Pset_obj_track_times(list.raw(), false))?;
                let lcpl = link_creation(path)?;
                let (l, g) = (lcpl.raw(), list.raw());
                Id::new(H5Gcreate2(file.raw(), name.as_ptr(), l, g, H5P_DEFAULT)).map(drop)
            }
        })
    }

    /// Makes the groups on a path that are not there; they keep the order of their links, as
    /// h5py's do that ch5mpy asks for.
    pub(super) fn groups_above(&self, path: &ObjectPath) -> Result<()> {
        let Some(parent) = path.parent() else { return Ok(()) };
        if parent.is_root() {
            return Ok(());
        }
        match self.file.node(&parent) {
            Ok(node) => match node.object?.kind {
                ObjectKind::Group => return Ok(()),
                _ => return Err(StoreError::WrongKind { path: parent, expected: "group" }),
            },
            Err(StoreError::NoSuchObject { .. }) => self.groups_above(&parent)?,
            Err(e) => return Err(e),
        }
        self.make_group(&parent, true, false)
    }

    /// Takes a link away, and with it what only it leads to.
    ///
    /// # Errors
    /// No such link; the root.
    pub fn unlink(&self, path: &ObjectPath) -> Result<()> {
        if let Some((file, path)) = self.link_elsewhere(path)? {
            return file.change(|c| c.unlink(&path));
        }
        if path.is_root() {
            return Err(self.failed(path, "the root group can't be deleted".into()));
        }
        let link = self.file.link(path)?;
        if link.is_hard() {
            self.keep_tree(path)?;
        }
        let weight = self.is_seen().then(|| self.file.weigh(path, &|| false).unwrap_or_default());
        self.close_lent();
        let name = cstring(path.as_bytes());
        self.call(path, |file| {
            // SAFETY: the file is open and the name valid for the call.
            check(unsafe { H5Ldelete(file.raw(), name.as_ptr(), self.file.lapl.raw()) }).map(drop)
        })?;
        let weight = weight.unwrap_or_default();
        self.see(|| Difference::Deleted { path: path.clone(), weight });
        Ok(())
    }

    /// Gives a link another name, in this group or another.
    ///
    /// # Errors
    /// No such link; the new name is taken, or lies below the old one.
    pub fn rename(&self, from: &ObjectPath, to: &ObjectPath) -> Result<()> {
        self.file.link(from)?;
        match (self.link_elsewhere(from)?, self.link_elsewhere(to)?) {
            (None, None) => {}
            (Some((file, from)), Some((other, to))) if file.is_same_file(&other) => {
                return file.change(|c| c.rename(&from, &to));
            }
            _ => return Err(self.failed(from, "it can't be moved into another file".into())),
        }
        self.must_be_free(to)?;
        if to.is_below(from) {
            return Err(self.failed(from, format!("it can't be moved into itself ({to})")));
        }
        self.groups_above(to)?;
        let (old, new) = (cstring(from.as_bytes()), cstring(to.as_bytes()));
        self.call(from, |file| {
            let links = link_creation(to)?;
            // SAFETY: the ids are open and the names valid for the call.
            unsafe {
                let (f, l) = (file.raw(), self.file.lapl.raw());
                check(H5Lmove(f, old.as_ptr(), f, new.as_ptr(), links.raw(), l)).map(drop)
            }
        })?;
        self.tell_moved(from, to);
        self.see(|| Difference::Moved { from: from.clone(), to: to.clone() });
        Ok(())
    }

    /// Copies an object of `source`, with all that is below it, to a new name in this file.
    /// Links stay links.
    ///
    /// # Errors
    /// No such object; the new name is taken.
    pub fn copy(
        &self,
        source: &File,
        from: &ObjectPath,
        to: &ObjectPath,
        attributes: bool,
    ) -> Result<()> {
        source.info(from)?;
        if let Some((file, to)) = self.link_elsewhere(to)? {
            return file.change(|c| c.copy(source, from, &to, attributes));
        }
        self.must_be_free(to)?;
        self.groups_above(to)?;
        let (old, new) = (cstring(from.as_bytes()), cstring(to.as_bytes()));
        let origin = source.opened.clone();
        self.call(to, |file| {
            let links = link_creation(to)?;
            // SAFETY: the ids are open and the names valid for the calls.
            unsafe {
                let list = Id::new(H5Pcreate(H5P_CLS_OBJECT_COPY_ID_g))?;
                if !attributes {
                    check(H5Pset_copy_object(list.raw(), H5O_COPY_WITHOUT_ATTR_FLAG))?;
                }
                check(H5Ocopy(
                    origin.id.raw(),
                    old.as_ptr(),
                    file.raw(),
                    new.as_ptr(),
                    list.raw(),
                    links.raw(),
                ))?;
            }
            if source.is_same_file(self.file) {
                return Ok(());
            }
            let transaction = self.file.opened.transaction.lock().clone();
            let Some(transaction) = transaction else { return Ok(()) };
            let (patches, lost) = mend(&origin.id, &old, file, &new, &*transaction)?;
            self.patch_at_end(patches);
            if lost > 0 {
                let which = if lost == 1 { "reference" } else { "references" };
                journal::notice(format!(
                    "{to}: {lost} {which} to what was not copied along: null in the copy"
                ));
            }
            Ok(())
        })?;
        let what = || format!("copy of {from}");
        self.see(|| Difference::Created { path: to.clone(), what: what() });
        Ok(())
    }

    /// Makes a soft link: a name for whatever is at `target`.
    ///
    /// # Errors
    /// The name is taken.
    pub fn link_soft(&self, path: &ObjectPath, target: &[u8]) -> Result<()> {
        let target = cstring(target);
        // SAFETY: the ids are open and the names valid for the call.
        self.make_link(path, |file, name, l| unsafe {
            H5Lcreate_soft(target.as_ptr(), file, name.as_ptr(), l, H5P_DEFAULT)
        })
    }

    /// Makes another name for an object of this file.
    ///
    /// # Errors
    /// No such object; the name is taken.
    pub fn link_hard(&self, path: &ObjectPath, target: &ObjectPath) -> Result<()> {
        self.file.info(target)?;
        let old = cstring(target.as_bytes());
        // SAFETY: the ids are open and the names valid for the call.
        self.make_link(path, |file, name, l| unsafe {
            H5Lcreate_hard(file, old.as_ptr(), file, name.as_ptr(), l, H5P_DEFAULT)
        })
    }

    /// Makes a link to an object of another file.
    ///
    /// # Errors
    /// The name is taken.
    pub fn link_external(&self, path: &ObjectPath, file: &[u8], target: &[u8]) -> Result<()> {
        let (other, target) = (cstring(file), cstring(target));
        // SAFETY: the ids are open and the names valid for the call.
        self.make_link(path, |file, name, l| unsafe {
            let (other, target) = (other.as_ptr(), target.as_ptr());
            H5Lcreate_external(other, target, file, name.as_ptr(), l, H5P_DEFAULT)
        })
    }

    /// Makes a link at a path that is free; `make` takes the file, the name and how links are
    /// made.
    fn make_link(
        &self,
        path: &ObjectPath,
        make: impl FnOnce(hid_t, &CStr, hid_t) -> herr_t,
    ) -> Result<()> {
        if let Some((file, path)) = self.link_elsewhere(path)? {
            return file.change(|c| c.make_link(&path, make));
        }
        self.must_be_free(path)?;
        self.groups_above(path)?;
        let name = cstring(path.as_bytes());
        self.call(path, |file| {
            let links = link_creation(path)?;
            check(make(file.raw(), &name, links.raw())).map(drop)
        })?;
        self.see(|| {
            let link = self.file.link(path).map_or("link".into(), |link| match link {
                Link::Hard => "hard link".into(),
                link => format!("link to {link}"),
            });
            Difference::Created { path: path.clone(), what: link }
        });
        Ok(())
    }

    fn close_lent(&self) {
        let _lock = self.file.lock();
        self.file.opened.siblings().iter().for_each(|o| o.lent.lock().close());
    }
}

impl File {
    /// How many of the names `0`, `1`, … a group has, from the first on without a gap: the
    /// length of a list, found by a few looks-up however long it is.
    ///
    /// # Errors
    /// No such group.
    pub fn list_length(&self, group: &ObjectPath) -> Result<u64> {
        let _lock = self.lock();
        let object = self.open_object(group)?;
        let has = |i: u64| {
            let name = cstring(i.to_string().as_bytes());
            // SAFETY: the group is open and the name valid for the call.
            let found = unsafe { H5Lexists(object.raw(), name.as_ptr(), H5P_DEFAULT) };
            if found < 0 {
                reason();
            }
            found > 0
        };
        if !has(0) {
            return Ok(0);
        }
        let mut top = 1u64;
        while has(top) {
            top = top.saturating_mul(2);
        }
        let mut low = top / 2;
        while low + 1 < top {
            let middle = low + (top - low) / 2;
            if has(middle) { low = middle } else { top = middle }
        }
        Ok(low + 1)
    }
}
