//! Files, groups, datasets and attributes as values, read-only, as h5py and ch5mpy have them.

use std::any::Any;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;

use super::attributes::foreign;
use super::flat;
use super::stored_values;
use crate::array::stored;
use crate::array::{Array, Context, DType, Error, Result, cast};
use crate::numpy::{Foreign, Nd, Value, index, show};
use crate::store::{
    DatasetFacts, Datatype, Extent, File, Limits, ObjectKind, ObjectPath, WalkOrder, to_text,
};

/// An open file, with the datasets of it that were looked at.
pub struct OpenFile {
    /// The file.
    pub file: Arc<File>,
    arrays: Mutex<HashMap<ObjectPath, Array>>,
}

impl OpenFile {
    /// A file for a session.
    pub fn new(file: Arc<File>) -> Arc<OpenFile> {
        Arc::new(OpenFile { file, arrays: Mutex::default() })
    }

    /// A dataset as a lazy array, the same one each time.
    ///
    /// # Errors
    /// As opening it.
    pub fn array(&self, path: &ObjectPath, cx: &Context) -> Result<Array> {
        if let Some(a) = self.arrays.lock().get(path) {
            return Ok(a.clone());
        }
        let array = stored::open(&self.file, path, cx)?;
        let mut arrays = self.arrays.lock();
        if arrays.len() > 10_000 {
            arrays.clear();
        }
        arrays.insert(path.clone(), array.clone());
        Ok(array)
    }
}

/// `OSError` for whatever would change a file.
pub fn read_only() -> Error {
    Error::os("the file is open for reading only: it can't be changed")
}

/// A group, or the file itself.
pub struct Group {
    pub(super) file: Arc<OpenFile>,
    pub(super) path: ObjectPath,
    pub(super) is_file: bool,
}

/// A dataset.
pub struct Dataset {
    pub(super) file: Arc<OpenFile>,
    pub(super) path: ObjectPath,
    /// The dtype that its elements are read as, where not their own.
    pub(super) read_as: Option<DType>,
}

/// A committed datatype.
pub struct Named {
    pub(super) file: Arc<OpenFile>,
    pub(super) path: ObjectPath,
}

/// The attributes of an object.
pub struct Attributes {
    pub(super) file: Arc<OpenFile>,
    pub(super) path: ObjectPath,
}

/// A view of a mapping: its keys, values or items.
pub struct Listing {
    pub(super) what: &'static str,
    pub(super) of: Value,
}

/// A file as a value.
pub fn file_value(file: &Arc<OpenFile>) -> Value {
    foreign(Group { file: file.clone(), path: ObjectPath::root(), is_file: true })
}

/// What a path of a file leads to, as a value.
///
/// # Errors
/// KeyError where it leads nowhere.
pub fn open_path(file: &Arc<OpenFile>, path: &ObjectPath) -> Result<Value> {
    let (file, path) = (file.clone(), path.clone());
    let brief = file.file.node(&path)?.object?;
    Ok(match brief.kind {
        ObjectKind::Group => foreign(Group { file, path, is_file: false }),
        ObjectKind::Dataset => foreign(Dataset { file, path, read_as: None }),
        ObjectKind::Datatype => foreign(Named { file, path }),
        ObjectKind::Unknown => {
            return Err(Error::key(format!("'{path}': an object of an unknown kind")));
        }
    })
}

impl Group {
    /// The names of its members, at most so many: in the order they were made where the group
    /// keeps it, else by name, as h5py lists them.
    ///
    /// # Errors
    /// As listing them.
    pub fn members(&self, most: usize) -> Result<Vec<Vec<u8>>> {
        let tracked = self.file.file.info(&self.path)?.creation_order;
        let order = if tracked { WalkOrder::Creation } else { WalkOrder::Native };
        let mut names = Vec::new();
        self.file.file.walk(&self.path, order, 0, &mut |name| {
            names.push(name.to_vec());
            if names.len() >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if !tracked {
            names.sort_unstable();
        }
        Ok(names)
    }

    pub(super) fn names(&self) -> Result<Vec<Value>> {
        let names = self.members(usize::MAX)?;
        Ok(names.iter().map(|n| Value::str(to_text(n))).collect())
    }

    pub(super) fn child(&self, key: &Value) -> Result<Value> {
        let name = match key {
            Value::Bytes(b) => b.to_vec(),
            other => match other.as_str() {
                Some(s) => s.into_bytes(),
                None => {
                    return Err(Error::type_error(format!(
                        "Accessing a group is done with bytes or str, not {}",
                        Value::Type(super::types::of(key)).type_name()
                    )));
                }
            },
        };
        let path = self.path.resolve(&name);
        open_path(&self.file, &path).map_err(|e| match e.kind {
            crate::array::error::Kind::KeyError => {
                Error::key(format!("'{}' in {}", crate::store::escape(&name), self.path))
            }
            _ => e,
        })
    }

    pub(super) fn has(&self, key: &Value) -> Result<bool> {
        let Some(name) = key.as_str() else { return Ok(false) };
        let path = self.path.resolve(name.as_bytes());
        match self.file.file.node(&path) {
            Ok(node) => Ok(node.object.is_ok()),
            Err(_) => Ok(false),
        }
    }
}

impl Foreign for Group {
    fn type_name(&self) -> String {
        if self.is_file { "File".into() } else { "Group".into() }
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        if self.is_file {
            let path = self.file.file.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
            let mode = if self.file.file.mode().has_write_intent() { "r+" } else { "r" };
            return Ok(format!(
                "<HDF5 file \"{}\" (mode {mode})>",
                crate::store::escape(name.unwrap_or_default().as_bytes())
            ));
        }
        let n = self.members(usize::MAX)?.len();
        Ok(format!("<HDF5 group \"{}\" ({n} members)>", self.path))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Dataset {
    pub(super) fn facts(&self) -> Result<DatasetFacts> {
        Ok(self.file.file.dataset(&self.path)?)
    }

    pub(super) fn whole(&self, cx: &Context) -> Result<Array> {
        let array = self.file.array(&self.path, cx)?;
        match &self.read_as {
            None => Ok(array),
            Some(to) => cast::cast(&array, &crate::numpy::convert::sized(to, &array, cx)?),
        }
    }

    pub(super) fn nd(&self, cx: &Context) -> Result<Nd> {
        Ok(Nd::read_only(self.whole(cx)?))
    }
}

impl Foreign for Dataset {
    fn type_name(&self) -> String {
        "Dataset".into()
    }

    /// As ch5mpy writes it: three items at each end of an axis.
    fn repr(&self, cx: &Context) -> Result<String> {
        if self.facts()?.extent == Extent::Null {
            return Ok(format!("<HDF5 dataset \"{}\": shape None>", self.path));
        }
        show::dataset_repr(&self.whole(cx)?, cx)
    }

    fn array(&self, cx: &Context) -> Option<Result<Array>> {
        Some(self.whole(cx))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Named {
    pub(super) fn datatype(&self) -> Result<Datatype> {
        Ok(self.file.file.datatype(&self.path)?)
    }
}

impl Foreign for Named {
    fn type_name(&self) -> String {
        "Datatype".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(format!(
            "<HDF5 named type \"{}\" (dtype {})>",
            self.path,
            stored::dtype_of(&self.datatype()?).short()
        ))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Attributes {
    pub(super) fn names(&self) -> Result<Vec<Vec<u8>>> {
        Ok(self.file.file.attribute_names(&self.path)?)
    }

    pub(super) fn get(&self, name: &[u8]) -> Result<Option<Value>> {
        if !self.names()?.iter().any(|n| n == name) {
            return Ok(None);
        }
        let whole = Limits { bytes: usize::MAX / 4, items: usize::MAX / 4 };
        let attribute = self.file.file.attribute(&self.path, name, whole)?;
        stored_values::attribute(attribute).map(Some)
    }
}

impl Foreign for Attributes {
    fn type_name(&self) -> String {
        "AttributeManager".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        let mut parts = Vec::new();
        for name in self.names()? {
            let value = self.get(&name)?.unwrap_or(Value::None);
            let key = show::repr(&Value::str(to_text(&name)), cx)?;
            parts.push(format!("{key}: {}", show::repr(&value, cx)?));
        }
        Ok(format!("AttributeManager{{{}}}", parts.join(", ")))
    }

    fn plain(&self, _cx: &Context) -> Option<Result<Value>> {
        Some((|| {
            let mut entries = Vec::new();
            for name in self.names()? {
                let value = self.get(&name)?.unwrap_or(Value::None);
                entries.push((Value::str(to_text(&name)), value));
            }
            Value::dict(entries)
        })())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Foreign for Listing {
    fn type_name(&self) -> String {
        match self.what {
            "keys" => "KeysViewHDF5",
            "values" => "ValuesViewHDF5",
            _ => "ItemsViewHDF5",
        }
        .into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        match self.what {
            "keys" => {
                Ok(format!("<KeysViewHDF5 {}>", show::repr(&Value::list(self.items(cx)?), cx)?))
            }
            _ => Ok(format!("{}({})", self.type_name(), show::repr(&self.of, cx)?)),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Listing {
    pub(super) fn items(&self, cx: &Context) -> Result<Vec<Value>> {
        let Value::Foreign(of) = &self.of else { return Ok(Vec::new()) };
        let keys = iterate(of, cx).unwrap_or(Ok(Vec::new()))?;
        if self.what == "keys" {
            return Ok(keys);
        }
        let mut out = Vec::new();
        for key in keys {
            cx.check()?;
            let value = get_item(of, &key, cx).unwrap_or(Ok(Value::None));
            // a link that leads nowhere has no value
            let value = value.unwrap_or(Value::None);
            out.push(match self.what {
                "values" => value,
                _ => Value::tuple(vec![key, value]),
            });
        }
        Ok(out)
    }
}

/// Whether it is a dataset.
pub fn is_dataset(f: &Arc<dyn Foreign>) -> bool {
    f.as_any().is::<Dataset>() || f.as_any().is::<flat::Flat>()
}

/// Whether it is a group or a file.
pub fn is_group(f: &Arc<dyn Foreign>) -> bool {
    f.as_any().is::<Group>()
}

/// Whether it is part of a file.
pub fn is_object(f: &Arc<dyn Foreign>) -> bool {
    let any = f.as_any();
    any.is::<Dataset>() || any.is::<Group>() || any.is::<Attributes>() || any.is::<Named>()
}

pub(super) fn place(f: &Arc<dyn Foreign>) -> Option<(&Arc<OpenFile>, &ObjectPath)> {
    let any = f.as_any();
    any.downcast_ref::<Dataset>()
        .map(|x| (&x.file, &x.path))
        .or_else(|| any.downcast_ref::<Group>().map(|x| (&x.file, &x.path)))
        .or_else(|| any.downcast_ref::<Named>().map(|x| (&x.file, &x.path)))
}

/// The file and path of an object of a file.
pub fn location(value: &Value) -> Option<(Arc<File>, ObjectPath)> {
    let Value::Foreign(f) = value else { return None };
    place(f).map(|(file, path)| (file.file.clone(), path.clone()))
}

/// Whether two objects of files are the same.
pub fn equal(a: &Arc<dyn Foreign>, b: &Arc<dyn Foreign>) -> Option<bool> {
    let ((f, p), (g, q)) = (place(a)?, place(b)?);
    Some(f.file.path() == g.file.path() && p == q)
}

/// The items of a `for` over it; none where it is nothing of a file, or a dataset.
pub fn iterate(f: &Arc<dyn Foreign>, cx: &Context) -> Option<Result<Vec<Value>>> {
    let any = f.as_any();
    if let Some(g) = any.downcast_ref::<Group>() {
        return Some(g.names());
    }
    if let Some(a) = any.downcast_ref::<Attributes>() {
        let names = a.names();
        return Some(names.map(|n| n.iter().map(|n| Value::str(to_text(n))).collect()));
    }
    any.downcast_ref::<Listing>().map(|l| l.items(cx))
}

/// Its entries, as `dict(…)` takes them; none where it is no mapping.
pub fn entries(f: &Arc<dyn Foreign>, cx: &Context) -> Option<Result<Vec<(Value, Value)>>> {
    let any = f.as_any();
    if !any.is::<Group>() && !any.is::<Attributes>() {
        return None;
    }
    Some((|| {
        let mut out = Vec::new();
        for key in iterate(f, cx).unwrap_or(Ok(Vec::new()))? {
            cx.check()?;
            let value = get_item(f, &key, cx).unwrap_or(Ok(Value::None))?;
            out.push((key, value));
        }
        Ok(out)
    })())
}

/// Its length; none where it is nothing of a file.
pub fn length(f: &Arc<dyn Foreign>, cx: &Context) -> Option<Result<usize>> {
    if let Some(d) = f.as_any().downcast_ref::<Dataset>() {
        return Some(d.facts().and_then(|facts| match facts.extent.dims().first() {
            Some(&n) => Ok(n as usize),
            None => Err(Error::type_error("Attempt to take len() of scalar dataset")),
        }));
    }
    iterate(f, cx).map(|items| items.map(|i| i.len()))
}

/// `item in it`; none where it has no names.
pub fn contains(f: &Arc<dyn Foreign>, item: &Value) -> Option<Result<bool>> {
    let any = f.as_any();
    if let Some(g) = any.downcast_ref::<Group>() {
        return Some(g.has(item));
    }
    if let Some(l) = any.downcast_ref::<Listing>()
        && l.what == "keys"
        && let Value::Foreign(of) = &l.of
    {
        return contains(of, item);
    }
    let a = any.downcast_ref::<Attributes>()?;
    let name = item.as_str().unwrap_or_default();
    Some(a.names().map(|n| n.iter().any(|n| n == name.as_bytes())))
}

/// `it[key]`; none where it is nothing of a file.
pub fn get_item(f: &Arc<dyn Foreign>, key: &Value, cx: &Context) -> Option<Result<Value>> {
    let any = f.as_any();
    if let Some(g) = any.downcast_ref::<Group>() {
        return Some(g.child(key));
    }
    if let Some(d) = any.downcast_ref::<Dataset>() {
        return Some((|| {
            if d.facts()?.extent == Extent::Null {
                return match key {
                    Value::Ellipsis => Ok(stored_values::empty(&d.facts()?.dtype)),
                    Value::Tuple(t) if t.is_empty() => Ok(stored_values::empty(&d.facts()?.dtype)),
                    _ => Err(Error::value("Empty datasets cannot be sliced")),
                };
            }
            index::get(&d.nd(cx)?, key, cx)
        })());
    }
    let a = any.downcast_ref::<Attributes>()?;
    Some((|| {
        let Some(name) = key.as_str() else {
            return Err(Error::type_error("attributes' names are str"));
        };
        a.get(name.as_bytes())?.ok_or_else(|| {
            Error::key(format!(
                "'{}' in the attributes of {}",
                crate::store::escape(name.as_bytes()),
                a.path
            ))
        })
    })())
}
