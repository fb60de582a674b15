//! Handles: files, groups and datasets by path, as h5py and ch5mpy have them.
//!
//! A handle is a path, a mode and a name inside the file; nothing is open for it but the file
//! itself. Serialised, by serde or as a Python pickle, it is just that, and opens its file anew
//! when it is restored: never truncating it.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AttributeManager, Context, Error, H5Array, H5Dict, H5List, Result, Value};
use crate::array::{Array, stored};
use crate::store::{
    self, Change, H5Mode, Limits, Link, ObjectKind, ObjectPath, StoreError, WalkOrder, to_text,
};

/// An open file, with the datasets of it that were looked at.
pub struct OpenFile {
    /// The file.
    pub file: Arc<store::File>,
    arrays: Mutex<Arrays>,
}

/// Datasets as they are since a change of the file, which are counted.
#[derive(Default)]
struct Arrays {
    generation: u64,
    by_path: HashMap<ObjectPath, Array>,
}

impl Arrays {
    /// Those that are of this state of the file.
    fn of(&mut self, generation: u64) -> &mut HashMap<ObjectPath, Array> {
        if self.generation != generation {
            self.by_path.clear();
            self.generation = generation;
        }
        &mut self.by_path
    }
}

impl OpenFile {
    /// A file that is open.
    pub fn new(file: Arc<store::File>) -> Arc<OpenFile> {
        Arc::new(OpenFile { file, arrays: Mutex::default() })
    }

    /// A dataset as a lazy array, the same one each time until the file is changed.
    ///
    /// # Errors
    /// As opening it.
    pub fn array(&self, path: &ObjectPath, cx: &Context) -> Result<Array> {
        let generation = self.file.generation();
        if let Some(a) = self.arrays.lock().of(generation).get(path) {
            return Ok(a.clone());
        }
        let array = stored::open(&self.file, path, cx)?;
        let mut held = self.arrays.lock();
        let arrays = held.of(generation);
        if arrays.len() > 10_000 {
            arrays.clear();
        }
        arrays.insert(path.clone(), array.clone());
        Ok(array)
    }

    /// Changes the file; see [`store::File::change`].
    ///
    /// # Errors
    /// OSError where it is open for reading only or can't be written; those of `f`.
    pub fn change<T>(&self, f: impl FnOnce(&Change) -> Result<T>) -> Result<T> {
        self.let_go();
        let changed = self.file.change(f);
        self.let_go();
        changed
    }

    /// Holds no array any more: what only stands here would be kept for nobody.
    pub fn let_go(&self) {
        self.arrays.lock().by_path.clear();
    }
}

/// Where an object is.
#[derive(Clone)]
pub struct Place {
    /// Its file.
    pub file: Arc<OpenFile>,
    /// Its path there.
    pub path: ObjectPath,
}

impl Place {
    /// The place of a name, or of a path of names, below this one.
    pub fn join(&self, name: &str) -> Place {
        Place { file: self.file.clone(), path: self.path.resolve(name.as_bytes()) }
    }

    /// What stands there.
    ///
    /// # Errors
    /// KeyError where nothing does, or a link that leads nowhere.
    pub fn kind(&self) -> Result<ObjectKind> {
        Ok(self.file.file.node(&self.path)?.object?.kind)
    }

    /// Whether something stands there.
    pub fn exists(&self) -> bool {
        self.file.file.node(&self.path).is_ok_and(|n| n.object.is_ok())
    }

    /// The names in the group there, at most so many: in the order in which they were made where
    /// the group keeps it, else by name.
    ///
    /// # Errors
    /// As listing them.
    pub fn names(&self, most: usize) -> Result<Vec<Vec<u8>>> {
        let file = &self.file.file;
        let tracked = file.info(&self.path)?.creation_order;
        let order = if tracked { WalkOrder::Creation } else { WalkOrder::Native };
        let mut names = Vec::new();
        file.walk(&self.path, order, 0, &mut |name| {
            names.push(name.to_vec());
            if names.len() >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if !tracked {
            names.sort_unstable();
        }
        Ok(names)
    }

    /// How many names there are in the group there.
    ///
    /// # Errors
    /// TypeError where there is no group.
    pub fn count(&self) -> Result<usize> {
        Ok(self.file.file.link_count(&self.path)? as usize)
    }

    /// An attribute that is one text, as bytes; none where there is none.
    pub fn text_attribute(&self, name: &[u8]) -> Option<Vec<u8>> {
        let file = &self.file.file;
        if !file.attribute_names(&self.path).ok()?.iter().any(|n| n == name) {
            return None;
        }
        let limits = Limits { bytes: 1 << 20, items: 1 };
        match file.attribute(&self.path, name, limits).ok()?.value? {
            store::Value::Text(text) => Some(text.kept),
            _ => None,
        }
    }

    /// The attributes of the object there.
    pub fn attributes(&self) -> AttributeManager {
        AttributeManager::new(self.clone())
    }
}

impl PartialEq for Place {
    /// Whether two are the same path of the same file.
    fn eq(&self, other: &Place) -> bool {
        self.file.file.path() == other.file.file.path() && self.path == other.path
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.file.shown_path(), self.path)
    }
}

/// An HDF5 file.
#[derive(Debug, Clone, PartialEq)]
pub struct File(pub(super) Place);

/// A group, or the file's root.
#[derive(Debug, Clone, PartialEq)]
pub struct Group(pub(super) Place);

/// A dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset(pub(super) Place);

impl File {
    /// Opens a file. `w` makes a new one in place of an old, `w-` one that must not be there,
    /// `a` one where there is none.
    ///
    /// # Errors
    /// OSError saying what is wrong with the path.
    pub fn open(path: impl AsRef<Path>, mode: H5Mode) -> Result<File> {
        let file = store::File::open(path, mode)?;
        Ok(File::of(&OpenFile::new(Arc::new(file))))
    }

    /// The handle of a file that is open.
    pub fn of(file: &Arc<OpenFile>) -> File {
        File(Place { file: file.clone(), path: ObjectPath::root() })
    }

    /// Its path in the file system.
    pub fn filename(&self) -> &Path {
        self.0.file.file.path()
    }

    /// The mode that it was opened in.
    pub fn mode(&self) -> H5Mode {
        self.0.file.file.mode()
    }

    /// Its root group.
    pub fn root(&self) -> Group {
        Group(self.0.clone())
    }

    /// Its root as a dict.
    pub fn dict(&self) -> H5Dict {
        H5Dict::at(self.0.clone())
    }

    /// Makes all changes in `f` one.
    ///
    /// # Errors
    /// Those of `f`, and of writing.
    pub fn transaction<T>(&self, f: impl FnOnce() -> Result<T>) -> Result<T> {
        self.0.file.change(|_| f())
    }

    /// The handle of a file by its path and mode, as they were stored: a mode that would make the
    /// file anew opens it for changes.
    ///
    /// # Errors
    /// As [`File::open`].
    pub fn restored(path: impl AsRef<Path>, mode: H5Mode) -> Result<File> {
        let mode = match mode {
            H5Mode::WriteTruncate | H5Mode::Write => H5Mode::ReadWrite,
            other => other,
        };
        File::open(path, mode)
    }
}

impl std::ops::Deref for File {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.0
    }
}

impl std::ops::Deref for Group {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.0
    }
}

impl std::ops::Deref for Dataset {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.0
    }
}

impl Group {
    /// The group at a place.
    pub fn at(place: Place) -> Group {
        Group(place)
    }

    /// Its file.
    pub fn file(&self) -> File {
        File::of(&self.0.file)
    }

    /// Its path in the file.
    pub fn name(&self) -> String {
        self.0.path.to_text()
    }

    /// The names of its members.
    ///
    /// # Errors
    /// As listing them.
    pub fn keys(&self) -> Result<Vec<String>> {
        Ok(self.names(usize::MAX)?.iter().map(|n| to_text(n)).collect())
    }

    /// A group in it.
    ///
    /// # Errors
    /// KeyError; TypeError where it is none.
    pub fn group(&self, name: &str) -> Result<Group> {
        self.member(name, ObjectKind::Group).map(Group)
    }

    /// A dataset in it.
    ///
    /// # Errors
    /// KeyError; TypeError where it is none.
    pub fn dataset(&self, name: &str) -> Result<Dataset> {
        self.member(name, ObjectKind::Dataset).map(Dataset)
    }

    fn member(&self, name: &str, kind: ObjectKind) -> Result<Place> {
        let place = self.0.join(name);
        match place.kind()? {
            found if found == kind => Ok(place),
            found => {
                let (found, wanted) = (found.name(), kind.name());
                Err(Error::type_error(format!("{} is a {found}, not a {wanted}", place.path)))
            }
        }
    }

    /// Makes a group. `track_order`: it keeps the order of its members and attributes.
    ///
    /// # Errors
    /// ValueError where the name is taken.
    pub fn create_group(&self, name: &str, track_order: bool) -> Result<Group> {
        let place = self.0.join(name);
        self.0.file.change(|c| Ok(c.create_group(&place.path, track_order)?))?;
        Ok(Group(place))
    }

    /// The group of this name, made where there is none.
    ///
    /// # Errors
    /// TypeError where something else has the name.
    pub fn require_group(&self, name: &str) -> Result<Group> {
        match self.0.join(name).exists() {
            true => self.group(name),
            false => self.create_group(name, false),
        }
    }

    /// Gives a member another name.
    ///
    /// # Errors
    /// KeyError; ValueError where the new name is taken.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (self.0.join(from).path, self.0.join(to).path);
        self.0.file.change(|c| Ok(c.rename(&from, &to)?))
    }

    /// Takes a member away.
    ///
    /// # Errors
    /// KeyError.
    pub fn delete(&self, name: &str) -> Result<()> {
        let path = self.0.join(name).path;
        self.0.file.change(|c| Ok(c.unlink(&path)?))
    }

    /// Copies an object, of this or another file, to a name in this group.
    ///
    /// # Errors
    /// KeyError; ValueError where the name is taken.
    pub fn copy(&self, from: &Place, to: &str) -> Result<()> {
        let to = self.0.join(to).path;
        self.0.file.change(|c| Ok(c.copy(&from.file.file, &from.path, &to, true)?))
    }

    /// The group as a dict.
    pub fn dict(&self) -> H5Dict {
        H5Dict::at(self.0.clone())
    }

    /// The group as a list.
    pub fn list(&self) -> H5List {
        H5List::at(self.0.clone())
    }

    /// Where its link leads.
    ///
    /// # Errors
    /// KeyError.
    pub fn link(&self, name: &str) -> Result<Link> {
        Ok(self.0.file.file.link(&self.0.join(name).path)?)
    }
}

impl Dataset {
    /// The dataset at a place.
    pub fn at(place: Place) -> Dataset {
        Dataset(place)
    }

    /// Its file.
    pub fn file(&self) -> File {
        File::of(&self.0.file)
    }

    /// Its path in the file.
    pub fn name(&self) -> String {
        self.0.path.to_text()
    }

    /// The dataset as an array.
    pub fn array(&self) -> H5Array {
        H5Array::at(self.0.clone())
    }

    /// Its value, read.
    ///
    /// # Errors
    /// As reading it.
    pub fn read(&self, cx: &Context) -> Result<Value> {
        super::read::value(&self.0, cx)
    }
}

/// What a handle is, serialised.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Handle")]
struct Written {
    path: std::path::PathBuf,
    mode: String,
    name: String,
}

fn written(place: &Place) -> Written {
    let file = &place.file.file;
    Written {
        path: std::path::absolute(file.path()).unwrap_or_else(|_| file.path().to_path_buf()),
        mode: file.mode().as_str().into(),
        name: place.path.to_text(),
    }
}

fn restored<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Place, D::Error> {
    use serde::de::Error as _;
    let w = Written::deserialize(deserializer)?;
    let mode: H5Mode = w.mode.parse().map_err(|e: StoreError| D::Error::custom(e))?;
    let file = File::restored(&w.path, mode).map_err(D::Error::custom)?;
    let place = file.0.join(&w.name);
    place.kind().map_err(D::Error::custom)?;
    Ok(place)
}

macro_rules! serialised {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
                written(&self.0).serialize(s)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
                restored(d).map($name)
            }
        }
    )*};
}

serialised!(File Group Dataset);
