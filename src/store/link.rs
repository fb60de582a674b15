//! Links: what each is and where it points, and walking a group's.
//!
//! Walks give names only and never open a child. They can be stopped and resumed, so that a
//! group of a million links never keeps the library from other questions for long.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fmt;
use std::ops::ControlFlow;

use super::datatype::Datatype;
use super::error::{Result, StoreError};
use super::ffi::*;
use super::file::File;
use super::hdf::{Id, cstring, reason};
use super::object::{Extent, ObjectId, ObjectKind, extent_of, header, id_of, kind_of};
use super::path::{ObjectPath, escape, to_text};

/// What a name in a group is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// The object itself.
    Hard,
    /// A path in the same file, looked up when it is followed.
    Soft {
        /// The path's bytes.
        target: Vec<u8>,
    },
    /// An object of another file.
    External {
        /// The other file's name.
        file: Vec<u8>,
        /// The path in it.
        path: Vec<u8>,
    },
    /// A link of a class that a program defined.
    User {
        /// Its class number.
        class: i32,
    },
}

impl Link {
    /// Where it points as text for other programs: only what is no UTF-8 is escaped. Empty for a
    /// hard link, the class number for a user-defined one.
    pub fn to_text(&self) -> String {
        match self {
            Link::Hard => String::new(),
            Link::Soft { target } => to_text(target),
            Link::External { file, path } => format!("{}:{}", to_text(file), to_text(path)),
            Link::User { class } => class.to_string(),
        }
    }
}

impl Link {
    /// Whether it is the object's own name.
    pub fn is_hard(&self) -> bool {
        matches!(self, Link::Hard)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Link::Hard => Ok(()),
            Link::Soft { target } => f.write_str(&escape(target)),
            Link::External { file, path } => write!(f, "{}:{}", escape(file), escape(path)),
            Link::User { class } => write!(f, "class {class}"),
        }
    }
}

/// In which order a group's links are walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkOrder {
    /// As the file gives them fastest.
    Native,
    /// As they were made; the group must track it.
    Creation,
}

/// What a row of a tree says of a link, asked only when the row is shown.
#[derive(Debug, Clone)]
pub struct Node {
    /// The link.
    pub link: Link,
    /// What it leads to, or why it leads nowhere.
    pub object: Result<Brief>,
}

/// The least that is worth showing of an object.
#[derive(Debug, Clone)]
pub struct Brief {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its identity.
    pub id: ObjectId,
    /// A dataset's shape and type; a committed datatype's type, as of a scalar.
    pub data: Option<(Extent, Datatype)>,
    /// How many hard links lead to it.
    pub links: u64,
}

/// How an open group keeps its links.
fn storage_of(group: &Id) -> H5G_info_t {
    let mut info = H5G_info_t::default();
    // SAFETY: the group is open, and `info` takes the answer.
    if unsafe { H5Gget_info(group.raw(), &mut info) } < 0 {
        reason();
    }
    info
}

/// Whether an open group keeps its links in a symbol table.
fn is_old_format(group: &Id) -> bool {
    let mut info = H5O_native_info_t::default();
    // SAFETY: the object is open, and `info` takes the answer.
    let status = unsafe { H5Oget_native_info(group.raw(), &mut info, H5O_NATIVE_INFO_HDR) };
    status >= 0 && info.present & (1 << H5O_SYMBOL_TABLE_MESSAGE) != 0
}

struct Walk<'a> {
    visit: &'a mut dyn FnMut(&[u8]) -> ControlFlow<()>,
}

unsafe extern "C" fn on_link(
    _: hid_t,
    name: *const c_char,
    _: *const H5L_info2_t,
    data: *mut c_void,
) -> c_int {
    // SAFETY: `data` is the walk of the call, the name is HDF5's and ends with NUL.
    let (walk, name) = unsafe { (&mut *data.cast::<Walk>(), CStr::from_ptr(name)) };
    c_int::from((walk.visit)(name.to_bytes()).is_break())
}

impl File {
    /// Walks the names of a group's links, from link number `from` on, until `visit` breaks.
    /// Returns the number to go on from.
    ///
    /// # Errors
    /// No such group, a damaged one, or no creation order kept.
    pub fn walk(
        &self,
        group: &ObjectPath,
        order: WalkOrder,
        from: u64,
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<u64> {
        let _lock = self.lock();
        let object = self.open_object(group)?;
        let (index, order) = match order {
            WalkOrder::Native => (H5_INDEX_NAME, H5_ITER_NATIVE),
            // an index of many links is in that order; asked to put them in it, the library
            // reads them all first
            WalkOrder::Creation => match storage_of(&object).storage {
                H5G_STORAGE_TYPE_DENSE => (H5_INDEX_CRT_ORDER, H5_ITER_NATIVE),
                _ => (H5_INDEX_CRT_ORDER, H5_ITER_INC),
            },
        };
        // walks that go on are long ones
        if from > 0 && !is_old_format(&object) {
            self.set_roomy(true);
        }
        let mut walk = Walk { visit };
        let mut next = from;
        // SAFETY: the group is open; the walk outlives the call.
        let status = unsafe {
            H5Literate2(object.raw(), index, order, &mut next, on_link, (&raw mut walk).cast())
        };
        if status <= 0 {
            self.set_roomy(false);
        }
        if status < 0 {
            let why = reason();
            // resuming exactly at the end is an error to the library
            if from > 0 && why.contains("index out of bound") {
                return Ok(from);
            }
            return Err(StoreError::Unreadable { path: group.clone(), why });
        }
        Ok(next)
    }

    /// How many links a group has.
    ///
    /// # Errors
    /// No such group.
    pub fn link_count(&self, group: &ObjectPath) -> Result<u64> {
        let _lock = self.lock();
        let object = self.open_object(group)?;
        match header(&object, H5O_INFO_BASIC).map(|info| kind_of(&info)) {
            Ok(ObjectKind::Group) => Ok(storage_of(&object).links),
            _ => Err(StoreError::WrongKind { path: group.clone(), expected: "group" }),
        }
    }

    /// What the name at `path` is. The root is a hard link.
    ///
    /// # Errors
    /// No such link.
    pub fn link(&self, path: &ObjectPath) -> Result<Link> {
        let _lock = self.lock();
        if path.is_root() {
            return Ok(Link::Hard);
        }
        let none = || {
            reason();
            StoreError::NoSuchObject { path: path.clone(), file: self.shown_path() }
        };
        let name = cstring(path.as_bytes());
        // SAFETY: the file and list are open, names valid, and the value's buffer has its size.
        unsafe {
            let mut info: H5L_info2_t = std::mem::zeroed();
            if H5Lget_info2(self.opened.id.raw(), name.as_ptr(), &mut info, self.lapl.raw()) < 0 {
                return Err(none());
            }
            if info.kind == H5L_TYPE_HARD {
                return Ok(Link::Hard);
            }
            let mut value = vec![0u8; info.u[0] as usize + 1];
            let (size, at) = (info.u[0] as usize, value.as_mut_ptr().cast());
            if (info.kind == H5L_TYPE_SOFT || info.kind == H5L_TYPE_EXTERNAL)
                && H5Lget_val(self.opened.id.raw(), name.as_ptr(), at, size, self.lapl.raw()) < 0
            {
                return Err(none());
            }
            Ok(match info.kind {
                H5L_TYPE_SOFT => {
                    let end = value.iter().position(|&b| b == 0).unwrap_or(size);
                    value.truncate(end);
                    Link::Soft { target: value }
                }
                H5L_TYPE_EXTERNAL => {
                    let mut flags: c_uint = 0;
                    let (mut file, mut target) = (std::ptr::null(), std::ptr::null());
                    let at = value.as_ptr().cast();
                    if H5Lunpack_elink_val(at, size, &mut flags, &mut file, &mut target) < 0 {
                        return Err(none());
                    }
                    Link::External {
                        file: CStr::from_ptr(file).to_bytes().to_vec(),
                        path: CStr::from_ptr(target).to_bytes().to_vec(),
                    }
                }
                class => Link::User { class },
            })
        }
    }

    /// The link at `path` and what it leads to.
    ///
    /// # Errors
    /// No such link; that it leads nowhere is told inside.
    pub fn node(&self, path: &ObjectPath) -> Result<Node> {
        let _lock = self.lock();
        Ok(Node { link: self.link(path)?, object: self.brief(path) })
    }

    fn brief(&self, path: &ObjectPath) -> Result<Brief> {
        let object = self.open_object(path)?;
        (|| {
            let info = header(&object, H5O_INFO_BASIC)?;
            let kind = kind_of(&info);
            // SAFETY: the object is open and of the kind that each call takes.
            let data = unsafe {
                match kind {
                    ObjectKind::Dataset => {
                        let space = Id::new(H5Dget_space(object.raw()))?;
                        let dtype = Id::new(H5Dget_type(object.raw()))?;
                        Some((extent_of(&space)?, Datatype::describe(&dtype)?))
                    }
                    ObjectKind::Datatype => Some((Extent::Scalar, Datatype::describe(&object)?)),
                    _ => None,
                }
            };
            Ok(Brief { kind, id: id_of(&info), data, links: u64::from(info.rc) })
        })()
        .map_err(|why| StoreError::Unreadable { path: path.clone(), why })
    }
}
