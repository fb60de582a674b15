//! Objects by path: their kind, identity, header facts and attribute names.

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};

use super::dataset;
use super::error::{Result, StoreError};
use super::ffi::*;
use super::file::File;
use super::hdf::{Id, check, cstring, reason, text_of};
use super::link::Link;
use super::path::ObjectPath;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ObjectKind {
    Group,
    Dataset,
    Datatype,
    Unknown,
}

impl ObjectKind {
    /// HDF5's word for it.
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::Group => "group",
            ObjectKind::Dataset => "dataset",
            ObjectKind::Datatype => "datatype",
            ObjectKind::Unknown => "unknown",
        }
    }
}

/// Which object it is, whatever path led to it: equal for two hard links to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectId {
    file: u64,
    token: [u8; H5O_MAX_TOKEN_SIZE],
}

impl ObjectId {
    /// Whether it is the same object of the same file, which was perhaps opened anew since.
    pub fn is_same_object(&self, other: &ObjectId) -> bool {
        self.token == other.token
    }
}

/// What an object's header says.
#[derive(Debug, Clone)]
pub struct ObjectInfo {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its identity.
    pub id: ObjectId,
    /// Hard links to it.
    pub references: u32,
    /// How many attributes it has.
    pub attributes: u64,
    /// Change time in seconds since 1970, where the file keeps it.
    pub changed: Option<i64>,
    /// Its comment, where it has one.
    pub comment: Option<Vec<u8>>,
    /// Whether a group keeps the order in which its links were made.
    pub creation_order: bool,
}

/// The shape of a dataset or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// No elements at all: a null dataspace.
    Null,
    /// One element, no axes.
    Scalar,
    /// Axes.
    Simple {
        /// The shape.
        dims: Vec<u64>,
        /// The maximum shape; none is unlimited.
        max: Vec<Option<u64>>,
    },
}

impl Extent {
    /// The shape; empty for a scalar and for a null dataspace.
    pub fn dims(&self) -> &[u64] {
        match self {
            Extent::Simple { dims, .. } => dims,
            _ => &[],
        }
    }

    /// How many elements there are.
    pub fn elements(&self) -> u64 {
        match self {
            Extent::Null => 0,
            Extent::Scalar => 1,
            Extent::Simple { dims, .. } => dims.iter().fold(1, |n, &d| n.saturating_mul(d)),
        }
    }
}

/// The extent of an open dataspace.
pub(super) fn extent_of(space: &Id) -> std::result::Result<Extent, String> {
    let s = space.raw();
    // SAFETY: `s` is open, and the buffers have its rank.
    unsafe {
        Ok(match check(H5Sget_simple_extent_type(s))? {
            H5S_SCALAR => Extent::Scalar,
            H5S_NULL => Extent::Null,
            _ => {
                let rank = check(H5Sget_simple_extent_ndims(s))? as usize;
                let (mut dims, mut max) = (vec![0; rank], vec![0; rank]);
                check(H5Sget_simple_extent_dims(s, dims.as_mut_ptr(), max.as_mut_ptr()))?;
                let max = max.into_iter().map(|m| (m != H5S_UNLIMITED).then_some(m)).collect();
                Extent::Simple { dims, max }
            }
        })
    }
}

/// Asks the header of an open object.
pub(super) fn header(object: &Id, fields: u32) -> std::result::Result<H5O_info2_t, String> {
    // SAFETY: plain data, filled by the call.
    unsafe {
        let mut info: H5O_info2_t = std::mem::zeroed();
        check(H5Oget_info3(object.raw(), &mut info, fields))?;
        Ok(info)
    }
}

/// The kind that a header names.
pub(super) fn kind_of(info: &H5O_info2_t) -> ObjectKind {
    match info.kind {
        H5O_TYPE_GROUP => ObjectKind::Group,
        H5O_TYPE_DATASET => ObjectKind::Dataset,
        H5O_TYPE_NAMED_DATATYPE => ObjectKind::Datatype,
        _ => ObjectKind::Unknown,
    }
}

/// The identity that a header gives.
pub(super) fn id_of(info: &H5O_info2_t) -> ObjectId {
    ObjectId { file: info.fileno, token: info.token }
}

/// What there is at and below a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weight {
    /// Groups.
    pub groups: u64,
    /// Datasets.
    pub datasets: u64,
    /// Committed types, and what HDF5 may add.
    pub others: u64,
    /// Soft and external links.
    pub links: u64,
    /// The bytes that the datasets' data take in the file.
    pub bytes: u64,
}

impl std::iter::Sum for Weight {
    fn sum<I: Iterator<Item = Weight>>(all: I) -> Weight {
        all.fold(Weight::default(), |a, b| Weight {
            groups: a.groups + b.groups,
            datasets: a.datasets + b.datasets,
            others: a.others + b.others,
            links: a.links + b.links,
            bytes: a.bytes + b.bytes,
        })
    }
}

impl File {
    /// Opens what `path` leads to, through links of all kinds. Needs the lock.
    pub(super) fn open_object(&self, path: &ObjectPath) -> Result<Id> {
        let name = cstring(path.as_bytes());
        // SAFETY: the file and the list are open, the name is valid for the call.
        let mut opened =
            Id::new(unsafe { H5Oopen(self.opened.id.raw(), name.as_ptr(), self.lapl.raw()) });
        if let Err(why) = &opened
            && why.contains("external file prefix")
        {
            // a dataset that is open elsewhere, with the prefix that `open_dataset` gives
            opened = self.open_with_prefix(path);
        }
        opened.map_err(|why| self.why_not(path, why))
    }

    /// Opens a dataset; another kind is an error. Needs the lock.
    ///
    /// HDF5 looks for external raw files in the current folder; here those beside the dataset's
    /// file come first, since a file is opened from anywhere.
    pub(super) fn open_dataset(&self, path: &ObjectPath) -> Result<Id> {
        let object = self.open_object(path)?;
        match header(&object, H5O_INFO_BASIC) {
            Ok(info) if info.kind == H5O_TYPE_DATASET => {}
            Ok(_) => {
                return Err(StoreError::WrongKind { path: path.clone(), expected: "dataset" });
            }
            Err(why) => {
                return Err(StoreError::Unreadable { path: path.clone(), why });
            }
        }
        if !self.external_is_beside(&object) {
            return Ok(object);
        }
        // a dataset that is open keeps the prefix it was opened with
        drop(object);
        let unreadable = |why| StoreError::Unreadable { path: path.clone(), why };
        self.open_with_prefix(path).map_err(unreadable)
    }

    fn external_is_beside(&self, dataset: &Id) -> bool {
        use std::os::unix::ffi::OsStrExt;
        let Ok(Some(first)) = dataset::first_external(dataset) else {
            return false;
        };
        let name = std::path::Path::new(std::ffi::OsStr::from_bytes(&first));
        self.path().parent().is_some_and(|folder| folder.join(name).exists())
    }

    fn open_with_prefix(&self, path: &ObjectPath) -> std::result::Result<Id, String> {
        let name = cstring(path.as_bytes());
        // SAFETY: the ids are open, the names valid for the calls; HDF5 copies the prefix.
        unsafe {
            let dapl = Id::new(H5Pcreate(H5P_CLS_DATASET_ACCESS_ID_g))?;
            check(H5Pset_efile_prefix(dapl.raw(), c"${ORIGIN}".as_ptr()))?;
            Id::new(H5Dopen2(self.opened.id.raw(), name.as_ptr(), dapl.raw()))
        }
    }

    /// Why an object could not be opened, in terms of its link.
    fn why_not(&self, path: &ObjectPath, why: String) -> StoreError {
        let dangling = |why| StoreError::Dangling { path: path.clone(), why };
        match self.link(path) {
            Ok(Link::Hard) => StoreError::Unreadable { path: path.clone(), why },
            Ok(Link::Soft { target }) => {
                let target = super::path::escape(&target);
                if why.contains("too many") {
                    dangling(format!("soft link to {target}, in a loop of links"))
                } else {
                    dangling(format!("soft link to {target}, which is not there"))
                }
            }
            Ok(link @ Link::External { .. }) => {
                dangling(format!("external link to {link}, {}", self.external_fault(&link)))
            }
            Ok(Link::User { class }) => dangling(format!(
                "user-defined link of class {class}, which this build can't follow"
            )),
            Err(_) => StoreError::NoSuchObject { path: path.clone(), file: self.shown_path() },
        }
    }

    fn external_fault(&self, link: &Link) -> &'static str {
        use std::os::unix::ffi::OsStrExt;
        let Link::External { file, .. } = link else {
            return "which cannot be opened";
        };
        let target = std::path::Path::new(std::ffi::OsStr::from_bytes(file));
        let beside = self.path().parent().map(|p| p.join(target));
        if target.exists() || beside.is_some_and(|p| p.exists()) {
            "which cannot be opened there"
        } else {
            "whose file is missing"
        }
    }

    /// Which object a path leads to.
    ///
    /// # Errors
    /// No such object.
    pub fn id_of_object(&self, path: &ObjectPath) -> Result<ObjectId> {
        let _lock = self.lock();
        let object = self.open_object(path)?;
        let info = header(&object, H5O_INFO_BASIC);
        let unreadable = |why| StoreError::Unreadable { path: path.clone(), why };
        info.map(|info| id_of(&info)).map_err(unreadable)
    }

    /// The objects at and below a path, by hard links, each once.
    pub(super) fn objects_below(&self, path: &ObjectPath) -> Result<Vec<ObjectId>> {
        let mut seen = std::collections::HashSet::new();
        let mut found = Vec::new();
        let mut rest = vec![path.clone()];
        while let Some(path) = rest.pop() {
            let Ok(node) = self.node(&path) else { continue };
            let (Link::Hard, Ok(brief)) = (&node.link, &node.object) else { continue };
            if !seen.insert(brief.id) {
                continue;
            }
            found.push(brief.id);
            if brief.kind == ObjectKind::Group {
                self.walk(&path, super::link::WalkOrder::Native, 0, &mut |name| {
                    rest.push(path.join(name));
                    std::ops::ControlFlow::Continue(())
                })?;
            }
        }
        Ok(found)
    }

    /// What would go if the link at `path` were deleted: the objects at and below it, each counted
    /// once, and the bytes of their data in the file. Of what has another name elsewhere only the
    /// link goes. Ends early where `stop` says so.
    ///
    /// # Errors
    /// A group that can't be listed.
    pub fn weigh(&self, path: &ObjectPath, stop: &dyn Fn() -> bool) -> Result<Weight> {
        // of each object its kind, its bytes, and how many links to it were not met
        let mut seen: HashMap<ObjectId, (ObjectKind, u64, u64)> = HashMap::new();
        let mut weight = Weight::default();
        let mut rest = vec![path.clone()];
        while let Some(path) = rest.pop() {
            if stop() {
                break;
            }
            let Ok(node) = self.node(&path) else { continue };
            let (Link::Hard, Ok(brief)) = (&node.link, &node.object) else {
                weight.links += 1;
                continue;
            };
            if let Some((_, _, links)) = seen.get_mut(&brief.id) {
                *links = links.saturating_sub(1);
                continue;
            }
            let mut bytes = 0;
            match brief.kind {
                ObjectKind::Group => {
                    self.walk(&path, super::link::WalkOrder::Native, 0, &mut |name| {
                        rest.push(path.join(name));
                        std::ops::ControlFlow::Continue(())
                    })?;
                }
                ObjectKind::Dataset => bytes = self.storage_size(&path).unwrap_or(0),
                _ => {}
            }
            seen.insert(brief.id, (brief.kind, bytes, brief.links.saturating_sub(1)));
        }
        for (kind, bytes, links) in seen.into_values() {
            match kind {
                // a type is also what datasets use
                ObjectKind::Datatype => weight.others += 1,
                // it has another name, which stays
                _ if links > 0 => weight.links += 1,
                ObjectKind::Group => weight.groups += 1,
                ObjectKind::Dataset => {
                    weight.datasets += 1;
                    weight.bytes += bytes;
                }
                _ => weight.others += 1,
            }
        }
        Ok(weight)
    }

    /// What the header of the object at `path` says.
    ///
    /// # Errors
    /// No such object, a dangling link, a damaged header.
    pub fn info(&self, path: &ObjectPath) -> Result<ObjectInfo> {
        let _lock = self.lock();
        let object = self.open_object(path)?;
        let fields = H5O_INFO_BASIC | H5O_INFO_TIME | H5O_INFO_NUM_ATTRS;
        // a damaged header may still tell what it is
        let info = header(&object, fields)
            .or_else(|_| header(&object, H5O_INFO_BASIC))
            .map_err(|why| StoreError::Unreadable { path: path.clone(), why })?;
        let kind = kind_of(&info);
        // SAFETY: the object is open; the text is asked for its length first.
        let comment = text_of(|p, n| unsafe { H5Oget_comment(object.raw(), p, n) } as isize)
            .filter(|c| !c.is_empty());
        Ok(ObjectInfo {
            kind,
            id: id_of(&info),
            references: info.rc,
            attributes: info.num_attrs,
            changed: (info.ctime != 0).then_some(info.ctime),
            comment,
            creation_order: kind == ObjectKind::Group && tracks_order(&object),
        })
    }

    /// The names of an object's attributes: in creation order where the file keeps it, else by
    /// the file's name order.
    ///
    /// # Errors
    /// No such object, or attributes that can't be listed.
    pub fn attribute_names(&self, path: &ObjectPath) -> Result<Vec<Vec<u8>>> {
        unsafe extern "C" fn push(
            _: hid_t,
            name: *const c_char,
            _: *const c_void,
            data: *mut c_void,
        ) -> c_int {
            // SAFETY: `data` is the vector below, the name is HDF5's and ends with NUL.
            unsafe {
                (*data.cast::<Vec<Vec<u8>>>()).push(CStr::from_ptr(name).to_bytes().to_vec())
            };
            0
        }
        let _lock = self.lock();
        let object = self.open_object(path)?;
        let iterate = |index, names: &mut Vec<Vec<u8>>| {
            let data: *mut Vec<Vec<u8>> = names;
            // SAFETY: the object is open; `names` outlives the call.
            let status = unsafe {
                let next = std::ptr::null_mut();
                H5Aiterate2(object.raw(), index, H5_ITER_INC, next, push, data.cast())
            };
            status >= 0
        };
        let mut names = Vec::new();
        // without an index of creation the library's order by it is no order at all
        if keeps_attribute_order(&object) && iterate(H5_INDEX_CRT_ORDER, &mut names) {
            return Ok(names);
        }
        reason();
        names.clear();
        if iterate(H5_INDEX_NAME, &mut names) {
            return Ok(names);
        }
        let why = format!("its attributes: {}", reason());
        Err(StoreError::Unreadable { path: path.clone(), why })
    }
}

/// Whether an open group tracks the creation order of its links.
fn tracks_order(group: &Id) -> bool {
    let mut flags = 0;
    // SAFETY: the group is open, and `flags` takes the answer.
    unsafe {
        let plist = Id::new(H5Gget_create_plist(group.raw()));
        plist.is_ok_and(|p| H5Pget_link_creation_order(p.raw(), &mut flags) >= 0)
            && flags & H5P_CRT_ORDER_TRACKED != 0
    }
}

/// Whether an open object tracks the creation order of its attributes.
fn keeps_attribute_order(object: &Id) -> bool {
    let mut flags = 0;
    // SAFETY: the object is open and of the kind that each call takes; `flags` takes the answer.
    unsafe {
        let plist = match header(object, H5O_INFO_BASIC).map(|info| info.kind) {
            Ok(H5O_TYPE_GROUP) => Id::new(H5Gget_create_plist(object.raw())),
            Ok(H5O_TYPE_DATASET) => Id::new(H5Dget_create_plist(object.raw())),
            _ => return false,
        };
        plist.is_ok_and(|p| H5Pget_attr_creation_order(p.raw(), &mut flags) >= 0)
            && flags & H5P_CRT_ORDER_TRACKED != 0
    }
}

/// An object kept open, and with it the file it is in. It can do nothing else.
#[derive(Debug)]
pub struct Held(#[allow(dead_code)] Id);

impl File {
    /// Keeps the object at `path` open as long as the answer lives. The file of an external link
    /// is then the same one each time it is met, and its objects keep their [`ObjectId`]s.
    ///
    /// # Errors
    /// No such object.
    pub fn hold(&self, path: &ObjectPath) -> Result<Held> {
        let _lock = self.lock();
        self.open_object(path).map(Held)
    }
}
