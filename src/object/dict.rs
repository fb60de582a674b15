//! H5Dict: a group as a dict. Keys and values are looked up when they are asked for.

use std::any::Any;

use super::handle::{Group, Place};
use super::plan::{Storing, check_name};
use super::read::read_object;
use super::{
    AttributeManager, Context, Error, H5Array, H5List, Result, Value, convert, foreign, show,
    write, write_object,
};
use crate::array::dtype::quote;
use crate::numpy::Foreign;
use crate::store::{ObjectKind, ObjectPath, to_text};

/// A group as a dict.
///
/// ```
/// use ch5tui::object::{File, H5Mode, Value, options};
///
/// # let folder = tempfile::tempdir()?;
/// let cx = options::context();
/// let d = File::open(folder.path().join("a.h5"), H5Mode::WriteTruncate)?.dict();
/// d.set("a", 1i64, &cx)?;
/// d.set("b/c", "deep", &cx)?;
/// assert_eq!(d.keys()?, ["a", "b"]);
/// assert_eq!(d.item("b/c", &cx)?.as_str().as_deref(), Some("deep"));
/// assert_eq!(d.pop("a", &cx)?.map(|v| v.index()).transpose()?, Some(1));
/// assert!(!d.contains("a"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct H5Dict {
    place: Place,
    note: Option<String>,
}

impl H5Dict {
    /// The group at a place.
    pub fn at(place: Place) -> H5Dict {
        H5Dict { place, note: None }
    }

    /// The same with a note, which stands before what it prints.
    pub fn annotated(self, note: String) -> H5Dict {
        H5Dict { note: Some(note), ..self }
    }

    /// Its note.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Its group.
    pub fn group(&self) -> Group {
        Group::at(self.place.clone())
    }

    /// Its attributes.
    pub fn attributes(&self) -> AttributeManager {
        self.place.attributes()
    }

    fn names(&self) -> Result<Vec<Vec<u8>>> {
        let mut names = self.place.names(usize::MAX)?;
        names.retain(|n| !super::read::is_temporary(n));
        Ok(names)
    }

    /// Its keys, in order.
    ///
    /// # Errors
    /// As listing them.
    pub fn keys(&self) -> Result<Vec<String>> {
        Ok(self.names()?.iter().map(|n| to_text(n)).collect())
    }

    /// How many keys there are.
    ///
    /// # Errors
    /// As counting them.
    pub fn len(&self) -> Result<usize> {
        self.place.count()
    }

    /// Whether there are none.
    ///
    /// # Errors
    /// As looking for one.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.place.count()? == 0)
    }

    /// Whether there is a key, or a path of keys.
    pub fn contains(&self, key: &str) -> bool {
        !key.trim_matches('/').is_empty() && self.place.join(key).exists()
    }

    /// Where a key leads.
    ///
    /// # Errors
    /// KeyError.
    pub fn member(&self, key: &str) -> Result<Place> {
        let place = self.place.join(key);
        match check_name(key).is_ok() && place.exists() {
            true => Ok(place),
            false => Err(Error::key(quote(key))),
        }
    }

    /// The value of a key, or of a path of keys.
    ///
    /// # Errors
    /// KeyError; as reading it.
    pub fn item(&self, key: &str, cx: &Context) -> Result<Value> {
        read_object(&self.member(key)?, cx)
    }

    /// The value of a key, where there is one.
    ///
    /// # Errors
    /// As reading it.
    pub fn get(&self, key: &str, cx: &Context) -> Result<Option<Value>> {
        match self.contains(key) {
            true => self.item(key, cx).map(Some),
            false => Ok(None),
        }
    }

    /// The dict of a key, an object's group too.
    ///
    /// # Errors
    /// KeyError; TypeError where it is no group.
    pub fn dict(&self, key: &str) -> Result<H5Dict> {
        let place = self.member(key)?;
        match place.kind()? {
            ObjectKind::Group => Ok(H5Dict::at(place)),
            _ => Err(Error::type_error(format!("{} is not a group", place.path))),
        }
    }

    /// The list of a key.
    ///
    /// # Errors
    /// KeyError; TypeError where it is no H5List.
    pub fn list(&self, key: &str) -> Result<H5List> {
        H5List::open(self.member(key)?)
    }

    /// The array of a key.
    ///
    /// # Errors
    /// KeyError; TypeError where it is no dataset.
    pub fn array(&self, key: &str) -> Result<H5Array> {
        H5Array::open(self.member(key)?)
    }

    /// The value of a key as a Rust value.
    ///
    /// # Errors
    /// KeyError; TypeError where it is another kind.
    pub fn extract<T: convert::FromValue>(&self, key: &str, cx: &Context) -> Result<T> {
        T::from_value(&self.item(key, cx)?, cx)
    }

    /// Keys and values, in order.
    ///
    /// # Errors
    /// As reading them.
    pub fn items(&self, cx: &Context) -> Result<Vec<(String, Value)>> {
        let mut items = Vec::new();
        for name in self.names()? {
            cx.check()?;
            let path = self.place.path.join(&name);
            let place = Place { file: self.place.file.clone(), path };
            items.push((to_text(&name), read_object(&place, cx)?));
        }
        Ok(items)
    }

    /// Sets a key, or a path of keys, to a value, whatever it was.
    ///
    /// # Errors
    /// As [`write_object`].
    pub fn set(&self, key: &str, value: impl Into<Value>, cx: &Context) -> Result<()> {
        self.set_as(key, value, &Storing::default(), cx)
    }

    /// The same, saying how it is stored.
    ///
    /// # Errors
    /// As [`write_object`].
    pub fn set_as(
        &self,
        key: &str,
        value: impl Into<Value>,
        storing: &Storing,
        cx: &Context,
    ) -> Result<()> {
        check_name(key)?;
        write_object(value, &self.place, key, storing, cx).map(drop)
    }

    /// Takes a key away.
    ///
    /// # Errors
    /// KeyError.
    pub fn delete(&self, key: &str) -> Result<()> {
        let path = self.link(key)?;
        self.place.file.change(|c| Ok(c.unlink(&path)?))
    }

    /// The path of a key's link, wherever it leads.
    fn link(&self, key: &str) -> Result<ObjectPath> {
        let path = self.place.join(key).path;
        match check_name(key).is_ok() && self.place.file.file.link(&path).is_ok() {
            true => Ok(path),
            false => Err(Error::key(quote(key))),
        }
    }

    /// Takes a key away and gives its value, read into memory; none where there is no key.
    ///
    /// # Errors
    /// As reading and deleting it.
    pub fn pop(&self, key: &str, cx: &Context) -> Result<Option<Value>> {
        if !self.contains(key) {
            return Ok(None);
        }
        let value = in_memory(&self.item(key, cx)?, cx)?;
        self.delete(key)?;
        Ok(Some(value))
    }

    /// Takes the last key away and gives it with its value.
    ///
    /// # Errors
    /// KeyError where there is none.
    pub fn pop_item(&self, cx: &Context) -> Result<(String, Value)> {
        let keys = self.keys()?;
        let key = keys.last().ok_or_else(|| Error::key("'popitem(): dictionary is empty'"))?;
        let value = self.pop(key, cx)?.unwrap_or(Value::None);
        Ok((key.clone(), value))
    }

    /// The value of a key, which is set to `default` where there is none.
    ///
    /// # Errors
    /// As reading and writing it.
    pub fn set_default(&self, key: &str, default: Value, cx: &Context) -> Result<Value> {
        if !self.contains(key) {
            self.set(key, default, cx)?;
        }
        self.item(key, cx)
    }

    /// Sets several keys, in one change.
    ///
    /// # Errors
    /// As [`write_object`].
    pub fn update(&self, values: Vec<(String, Value)>, cx: &Context) -> Result<()> {
        values.iter().try_for_each(|(key, _)| check_name(key))?;
        write::write_objects(values, &self.place, &Storing::default(), cx)
    }

    /// Takes all keys away.
    ///
    /// # Errors
    /// As deleting them.
    pub fn clear(&self) -> Result<()> {
        let names = self.names()?;
        self.place.file.change(|c| {
            for name in &names {
                c.unlink(&self.place.path.join(name))?;
            }
            Ok(())
        })
    }

    /// Gives a key another name; the value is not copied.
    ///
    /// # Errors
    /// KeyError; ValueError where the new name is taken.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        let old = self.link(from)?;
        check_name(to)?;
        let new = self.place.join(to).path;
        if old == new {
            return Ok(());
        }
        self.place.file.change(|c| {
            if !new.is_below(&old) {
                return Ok(c.rename(&old, &new)?);
            }
            // `m` to `m/sub`: out of its own way first
            let folder = old.parent().unwrap_or_else(ObjectPath::root);
            let aside = folder.join(write::TEMPORARY.as_bytes());
            c.rename(&old, &aside)?;
            match c.rename(&aside, &new) {
                Ok(()) => Ok(()),
                Err(e) => {
                    c.rename(&aside, &old)?;
                    Err(e.into())
                }
            }
        })
    }

    /// A copy in memory: a Python dict, whose arrays are NumPy's.
    ///
    /// # Errors
    /// As reading all of it.
    pub fn copy(&self, cx: &Context) -> Result<Value> {
        let entries: Result<Vec<_>> = self
            .items(cx)?
            .into_iter()
            .map(|(key, value)| Ok((Value::str(key), in_memory(&value, cx)?)))
            .collect();
        Value::dict(entries?)
    }
}

/// A value without a file behind it: dicts, lists and arrays are read.
///
/// # Errors
/// As reading them.
pub fn in_memory(value: &Value, cx: &Context) -> Result<Value> {
    let Value::Foreign(f) = value else { return Ok(value.clone()) };
    let any = f.as_any();
    if let Some(dict) = any.downcast_ref::<H5Dict>() {
        return dict.copy(cx);
    }
    if let Some(list) = any.downcast_ref::<H5List>() {
        return list.copy(cx);
    }
    match any.downcast_ref::<H5Array>() {
        Some(array) => {
            let kept = crate::array::spill::materialise(&array.array(cx)?, cx)?;
            Ok(Value::array(kept))
        }
        None => Ok(value.clone()),
    }
}

impl std::fmt::Display for H5Dict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = show::dict(self, &super::options::context());
        f.write_str(&text.unwrap_or_else(|e| e.to_string()))
    }
}

impl std::fmt::Debug for H5Dict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "H5Dict({:?})", self.place)
    }
}

impl Foreign for H5Dict {
    fn type_name(&self) -> String {
        "H5Dict".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        show::dict(self, cx)
    }

    fn plain(&self, cx: &Context) -> Option<Result<Value>> {
        Some(self.items(cx).and_then(|items| {
            Value::dict(items.into_iter().map(|(k, v)| (Value::str(k), v)).collect())
        }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl From<H5Dict> for Value {
    fn from(dict: H5Dict) -> Value {
        foreign(dict)
    }
}
