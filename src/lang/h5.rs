//! Files, groups, datasets and attributes as values, as h5py and ch5mpy have them: looked at.
//!
//! What changes them is in [`super::h5_write`], the other methods in [`super::h5_methods`], the
//! modules' functions in [`super::h5_module`].

use std::any::Any;
use std::sync::Arc;

use super::attributes::foreign;
use super::flat;
use crate::array::stored;
use crate::array::{Array, Context, DType, Error, Result, cast};
use crate::numpy::{Foreign, Nd, Value, index, show};
pub use crate::object::OpenFile;
use crate::object::read::{GroupKind, group_kind};
use crate::object::{AttributeManager, H5Array, H5Dict, H5List, Place, fields, stored_values};
use crate::store::{Class, DatasetFacts, Datatype, Extent, File, ObjectKind, ObjectPath, to_text};

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
        ObjectKind::Group => {
            let place = Place { file, path };
            match group_kind(&place) {
                Ok(GroupKind::List) => foreign(H5List::at(place)),
                _ => foreign(Group { file: place.file, path: place.path, is_file: false }),
            }
        }
        ObjectKind::Dataset => foreign(Dataset { file, path, read_as: None }),
        ObjectKind::Datatype => foreign(Named { file, path }),
        ObjectKind::Unknown => {
            return Err(Error::key(format!("'{path}': an object of an unknown kind")));
        }
    })
}

/// An object of a file as this language has it: an H5Array is a dataset.
pub fn adopt(value: Value) -> Value {
    let Value::Foreign(f) = &value else { return value };
    let Some(array) = f.as_any().downcast_ref::<H5Array>() else { return value };
    let Place { file, path } = array.place().clone();
    foreign(Dataset { file, path, read_as: None })
}

/// A dataset as an array, whose elements are the file's; another value's as they are.
///
/// # Errors
/// As opening it.
pub fn live(f: &Arc<dyn Foreign>, cx: &Context) -> Option<Result<Nd>> {
    match f.as_any().downcast_ref::<Dataset>() {
        Some(d) => Some(d.nd(cx)),
        None => f.array(cx).map(|array| Ok(Nd::read_only(array?))),
    }
}

/// A list or dict of a file as Python's own, where the value is one: for operators.
///
/// # Errors
/// As reading it.
pub fn in_python(value: &Value, cx: &Context) -> Option<Result<Value>> {
    let Value::Foreign(f) = value else { return None };
    let any = f.as_any();
    if let Some(list) = any.downcast_ref::<H5List>() {
        return Some(list.items(cx).map(|l| Value::list(l.into_iter().map(adopt).collect())));
    }
    any.downcast_ref::<H5Dict>().map(|dict| dict.copy(cx))
}

/// An object of this language as the object room has it, to be stored: a dataset is an H5Array, a
/// group an H5Dict; in lists and dicts too.
pub fn given_up(value: Value) -> Value {
    let holds = |v: &Value| {
        matches!(v, Value::Foreign(_) | Value::List(_) | Value::Tuple(_) | Value::Dict(_))
    };
    match &value {
        Value::Foreign(f) => {
            let any = f.as_any();
            if let Some(d) = any.downcast_ref::<Dataset>()
                && d.read_as.is_none()
            {
                return H5Array::at(d.place()).into();
            }
            match any.downcast_ref::<Group>() {
                Some(g) => H5Dict::at(g.place()).into(),
                None => value,
            }
        }
        Value::List(items) if items.lock().iter().any(holds) => {
            let items = items.lock().clone();
            Value::list(items.into_iter().map(given_up).collect())
        }
        Value::Tuple(items) if items.iter().any(holds) => {
            Value::tuple(items.iter().cloned().map(given_up).collect())
        }
        Value::Dict(dict) if dict.lock().iter().any(|(_, v)| holds(v)) => {
            let dict = dict.lock().clone();
            let entries = dict.iter().map(|(k, v)| (k.clone(), given_up(v.clone()))).collect();
            Value::dict(entries).unwrap_or(value)
        }
        _ => value,
    }
}

impl Group {
    /// Where it is.
    pub fn place(&self) -> Place {
        Place { file: self.file.clone(), path: self.path.clone() }
    }

    /// The names of its members, at most so many: in the order they were made where the group
    /// keeps it, else by name, as h5py lists them.
    ///
    /// # Errors
    /// As listing them.
    pub fn members(&self, most: usize) -> Result<Vec<Vec<u8>>> {
        self.place().names(most)
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
        let n = self.place().count()?;
        Ok(format!("<HDF5 group \"{}\" ({n} members)>", self.path))
    }

    fn plain(&self, cx: &Context) -> Option<Result<Value>> {
        (!self.is_file).then(|| H5Dict::at(self.place()).plain(cx))?
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Dataset {
    /// Where it is.
    pub fn place(&self) -> Place {
        Place { file: self.file.clone(), path: self.path.clone() }
    }

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

    /// Its elements: those of the file, where they are not read as something else.
    pub(super) fn nd(&self, cx: &Context) -> Result<Nd> {
        match &self.read_as {
            None => Ok(H5Array::at(self.place()).nd(cx)),
            Some(_) => Ok(Nd::read_only(self.whole(cx)?)),
        }
    }

    /// Whether it is one value that no array holds: a pickle, a text, opaque bytes.
    fn is_value(&self) -> Result<bool> {
        let facts = self.facts()?;
        let of_value = matches!(
            facts.dtype.class,
            Class::Opaque { .. } | Class::VarString { .. } | Class::VarLen(_) | Class::Reference(_)
        );
        Ok(facts.extent == Extent::Scalar && of_value)
    }

    /// What it holds: a scalar's value, an array otherwise.
    ///
    /// # Errors
    /// As reading it.
    pub fn value(&self, cx: &Context) -> Result<Value> {
        match self.is_value()? && self.read_as.is_none() {
            true => crate::object::read::value(&self.place(), cx),
            false => index::get(&self.nd(cx)?, &Value::tuple(Vec::new()), cx),
        }
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
        if self.facts()?.extent == Extent::Scalar {
            return show::repr(&self.value(cx)?, cx);
        }
        show::dataset_repr(&self.whole(cx)?, cx)
    }

    fn array(&self, cx: &Context) -> Option<Result<Array>> {
        Some(self.whole(cx))
    }

    fn plain(&self, cx: &Context) -> Option<Result<Value>> {
        // a pickle is the value that it holds; all else is an array of no axes
        match self.facts() {
            Ok(facts) if facts.extent == Extent::Scalar && self.read_as.is_none() => {
                let is_pickle = matches!(&facts.dtype.class, Class::Opaque { tag }
                    if !tag.starts_with(b"NUMPY:"));
                is_pickle.then(|| self.value(cx))
            }
            _ => None,
        }
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
    any.is::<Dataset>()
        || any.is::<Group>()
        || any.is::<AttributeManager>()
        || any.is::<Named>()
        || any.is::<H5Dict>()
        || any.is::<H5List>()
}

pub(super) fn place(f: &Arc<dyn Foreign>) -> Option<(&Arc<OpenFile>, &ObjectPath)> {
    let any = f.as_any();
    any.downcast_ref::<Dataset>()
        .map(|x| (&x.file, &x.path))
        .or_else(|| any.downcast_ref::<Group>().map(|x| (&x.file, &x.path)))
        .or_else(|| any.downcast_ref::<Named>().map(|x| (&x.file, &x.path)))
        .or_else(|| any.downcast_ref::<H5Dict>().map(|x| (&x.place().file, &x.place().path)))
        .or_else(|| any.downcast_ref::<H5List>().map(|x| (&x.place().file, &x.place().path)))
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
    if let Some(d) = any.downcast_ref::<H5Dict>() {
        return Some(d.keys().map(|keys| keys.iter().map(Value::str).collect()));
    }
    if let Some(l) = any.downcast_ref::<H5List>() {
        return Some(l.items(cx).map(|items| items.into_iter().map(adopt).collect()));
    }
    if let Some(a) = any.downcast_ref::<AttributeManager>() {
        let names = a.names();
        return Some(names.map(|n| n.iter().map(|n| Value::str(to_text(n))).collect()));
    }
    any.downcast_ref::<Listing>().map(|l| l.items(cx))
}

/// Its entries, as `dict(…)` takes them; none where it is no mapping.
pub fn entries(f: &Arc<dyn Foreign>, cx: &Context) -> Option<Result<Vec<(Value, Value)>>> {
    let any = f.as_any();
    if !any.is::<Group>() && !any.is::<AttributeManager>() && !any.is::<H5Dict>() {
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
    if let Some(l) = f.as_any().downcast_ref::<H5List>() {
        return Some(l.len());
    }
    if let Some(d) = f.as_any().downcast_ref::<H5Dict>() {
        return Some(d.len());
    }
    iterate(f, cx).map(|items| items.map(|i| i.len()))
}

/// `item in it`; none where it has no names.
pub fn contains(f: &Arc<dyn Foreign>, item: &Value, cx: &Context) -> Option<Result<bool>> {
    let any = f.as_any();
    if let Some(d) = any.downcast_ref::<H5Dict>() {
        return Some(Ok(item.as_str().is_some_and(|key| d.contains(&key))));
    }
    if let Some(l) = any.downcast_ref::<H5List>() {
        return Some(l.contains(&given_up(item.clone()), cx));
    }
    if let Some(g) = any.downcast_ref::<Group>() {
        return Some(g.has(item));
    }
    if let Some(l) = any.downcast_ref::<Listing>()
        && l.what == "keys"
        && let Value::Foreign(of) = &l.of
    {
        return contains(of, item, cx);
    }
    let a = any.downcast_ref::<AttributeManager>()?;
    Some(a.contains(&item.as_str().unwrap_or_default()))
}

/// `it[key]`; none where it is nothing of a file.
pub fn get_item(f: &Arc<dyn Foreign>, key: &Value, cx: &Context) -> Option<Result<Value>> {
    let any = f.as_any();
    if let Some(g) = any.downcast_ref::<Group>() {
        return Some(g.child(key));
    }
    if let Some(d) = any.downcast_ref::<H5Dict>() {
        return Some(match key.as_str() {
            Some(key) => d.item(&key, cx).map(adopt),
            None => Err(Error::key(show::repr(key, cx).unwrap_or_default())),
        });
    }
    if let Some(l) = any.downcast_ref::<H5List>() {
        return Some((|| match key {
            Value::Slice(slice) => {
                let at = super::containers::slice_positions(slice, l.len()?)?;
                let items = l.at_positions(&at, cx)?;
                Ok(Value::list(items.into_iter().map(adopt).collect()))
            }
            // h5py's names of the elements
            key if key.as_str().is_some() => {
                let place = l.place().join(&key.as_str().unwrap_or_default());
                open_path(&place.file, &place.path)
            }
            _ => l.item(list_index(key)?, cx).map(adopt),
        })());
    }
    if let Some(d) = any.downcast_ref::<Dataset>() {
        return Some((|| {
            let all =
                matches!(key, Value::Ellipsis) || matches!(key, Value::Tuple(t) if t.is_empty());
            if all && d.read_as.is_none() && d.is_value()? {
                return d.value(cx);
            }
            if d.facts()?.extent == Extent::Null {
                return match key {
                    Value::Ellipsis => Ok(stored_values::empty(&d.facts()?.dtype)),
                    Value::Tuple(t) if t.is_empty() => Ok(stored_values::empty(&d.facts()?.dtype)),
                    _ => Err(Error::value("Empty datasets cannot be sliced")),
                };
            }
            let parts = without_names(key);
            if let Some((Value::Str(name), rest)) = &parts
                && let Some(i) = fields::number(&d.place(), name)?
            {
                return match index::get(&d.nd(cx)?, rest, cx)? {
                    Value::Tuple(items) if i < items.len() => Ok(items[i].clone()),
                    _ => Err(one_at_a_time()),
                };
            }
            match parts {
                Some((names, rest)) => match index::get(&d.nd(cx)?, &names, cx)? {
                    Value::Array(fields) => index::get(&fields, &rest, cx),
                    other => Ok(other),
                },
                None => index::get(&d.nd(cx)?, key, cx),
            }
        })());
    }
    let a = any.downcast_ref::<AttributeManager>()?;
    Some(match key.as_str() {
        Some(name) => a.item(&name),
        None => Err(Error::type_error("attributes' names are str")),
    })
}

/// Why several elements with texts of variable length give no array of one field.
pub(super) fn one_at_a_time() -> Error {
    Error::not_implemented(
        "of elements with parts of variable length, fields are read and written one at a time: \
         [3, 'name']",
    )
}

/// A key of a dataset that names fields among its places, as h5py has it (`d[3, "x"]`): the
/// fields, and the places.
pub(super) fn without_names(key: &Value) -> Option<(Value, Value)> {
    let Value::Tuple(items) = key else { return None };
    let (names, rest): (Vec<Value>, Vec<Value>) =
        items.iter().cloned().partition(|item| matches!(item, Value::Str(_)));
    let names = match names.as_slice() {
        [] => return None,
        [one] => one.clone(),
        _ => Value::list(names),
    };
    let rest = match rest.as_slice() {
        [one] => one.clone(),
        _ => Value::Tuple(rest.into()),
    };
    Some((names, rest))
}

/// A list's index.
pub(super) fn list_index(key: &Value) -> Result<i64> {
    key.index().map_err(|_| {
        let kind = key.type_name();
        Error::type_error(format!("list indices must be integers or slices, not {kind}"))
    })
}
