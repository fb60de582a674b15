//! AttributeManager: the attributes of an object, as a map of any value.
//!
//! Numbers, text and arrays of them are HDF5's own; what HDF5 has no type for is a pickle, as
//! ch5mpy stores it, and None the pickle of None. Text arrays, which ch5mpy pickles, are written
//! as HDF5's texts, which other programs read too; ch5mpy reads both.

use std::any::Any;

use super::handle::Place;
use super::plan::{Plan, plan};
use super::write::{opaque_attribute, text_attribute};
use super::{Context, Error, Result, Value, python, stored_values};
use crate::array::run::to_block;
use crate::array::storing::{element, texts};
use crate::array::{Array, DType};
use crate::numpy::convert::{as_array, as_array_of};
use crate::numpy::{Foreign, Nd, show};
use crate::store::{Attribute, Class, Element, Extent, Limits, NewAttribute, to_text};

/// What old versions of ch5mpy wrote for None.
const NONE: &str = "__h5_NONE__";

/// The attributes of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeManager(Place);

impl AttributeManager {
    /// The attributes of what stands at a place.
    pub fn new(place: Place) -> AttributeManager {
        AttributeManager(place)
    }

    /// The object that they are of.
    pub fn place(&self) -> &Place {
        &self.0
    }

    /// Their names, in order.
    ///
    /// # Errors
    /// As listing them.
    pub fn names(&self) -> Result<Vec<Vec<u8>>> {
        Ok(self.0.file.file.attribute_names(&self.0.path)?)
    }

    /// Their names as text.
    ///
    /// # Errors
    /// As listing them.
    pub fn keys(&self) -> Result<Vec<String>> {
        Ok(self.names()?.iter().map(|n| to_text(n)).collect())
    }

    /// How many there are.
    ///
    /// # Errors
    /// As listing them.
    pub fn len(&self) -> Result<usize> {
        Ok(self.names()?.len())
    }

    /// Whether there are none.
    ///
    /// # Errors
    /// As listing them.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Whether there is one of this name.
    ///
    /// # Errors
    /// As listing them.
    pub fn contains(&self, name: &str) -> Result<bool> {
        Ok(self.names()?.iter().any(|n| n == name.as_bytes()))
    }

    /// The value of a name, where there is one.
    ///
    /// # Errors
    /// As reading it.
    pub fn get(&self, name: &str) -> Result<Option<Value>> {
        self.read(name.as_bytes())
    }

    /// The same for a name that is perhaps no UTF-8.
    ///
    /// # Errors
    /// As reading it.
    pub fn read(&self, name: &[u8]) -> Result<Option<Value>> {
        match self.names()?.iter().any(|n| n == name) {
            true => self.value(name).map(Some),
            false => Ok(None),
        }
    }

    /// The value of a name that is there.
    fn value(&self, name: &[u8]) -> Result<Value> {
        let whole = Limits { bytes: usize::MAX / 4, items: usize::MAX / 4 };
        let attribute = self.0.file.file.attribute(&self.0.path, name, whole)?;
        if let Some(decoded) = unpickled(&attribute) {
            return decoded;
        }
        let value = stored_values::attribute(attribute)?;
        match value.as_str() {
            Some(text) if text == NONE => Ok(Value::None),
            _ => Ok(value),
        }
    }

    /// The value of a name.
    ///
    /// # Errors
    /// KeyError.
    pub fn item(&self, name: &str) -> Result<Value> {
        self.get(name)?.ok_or_else(|| {
            let name = crate::store::escape(name.as_bytes());
            Error::key(format!("'{name}' in the attributes of {}", self.0.path))
        })
    }

    /// Names and values, in order.
    ///
    /// # Errors
    /// As reading them.
    pub fn items(&self) -> Result<Vec<(String, Value)>> {
        let mut items = Vec::new();
        for name in self.names()? {
            items.push((to_text(&name), self.value(&name)?));
        }
        Ok(items)
    }

    /// Sets a value, of any kind.
    ///
    /// # Errors
    /// OSError where the object's header can't hold it; TypeError for what can't be stored.
    pub fn set(&self, name: &str, value: impl Into<Value>, cx: &Context) -> Result<()> {
        let new = encode(&value.into(), cx)?;
        self.0.file.change(|c| Ok(c.set_attribute(&self.0.path, name.as_bytes(), &new)?))
    }

    /// Gives an attribute a new value of the type and shape that it has; one that isn't there is
    /// set, and so is one that is None, or is to be. An empty one gets an element of its type;
    /// None leaves it empty.
    ///
    /// # Errors
    /// OSError where its type or its room doesn't hold the value.
    pub fn modify(&self, name: &str, value: impl Into<Value>, cx: &Context) -> Result<()> {
        let value = value.into();
        let old = self.get(name)?.unwrap_or(Value::None);
        if let Value::Foreign(f) = &old
            && let Some(empty) = f.as_any().downcast_ref::<stored_values::Empty>()
        {
            return match (value, empty.dtype()) {
                (Value::None, _) => Ok(()),
                (value, DType::Str(_) | DType::Object) => self.set(name, value, cx),
                (value, dtype) => {
                    let array = as_array_of(&value, Some(dtype), cx)?;
                    let is_scalar = array.ndim() == 0;
                    let nd = if is_scalar { Nd::scalar(array) } else { Nd::new(array) };
                    self.set(name, Value::Array(nd), cx)
                }
            };
        }
        if old.is_none() || value.is_none() {
            return self.set(name, value, cx);
        }
        let new = match &value {
            // fields, in their types
            Value::Tuple(_) | Value::List(_)
                if let Value::Array(nd) = &old
                    && let dtype @ DType::Struct(_) = nd.dtype()? =>
            {
                of_array(&as_array_of(&value, Some(&dtype), cx)?, cx)?
            }
            // a text, where the attribute holds text
            Value::Bytes(bytes) => {
                let (extent, texts) = (Extent::Scalar, vec![bytes.to_vec()]);
                NewAttribute { element: Element::Text, extent, bytes: Vec::new(), texts }
            }
            value => encode(value, cx)?,
        };
        let path = &self.0.path;
        self.0.file.change(|c| Ok(c.modify_attribute(path, name.as_bytes(), &new)?))
    }

    /// Sets several values in one change.
    ///
    /// # Errors
    /// As [`AttributeManager::set`]; nothing is changed where one can't be stored.
    pub fn update(&self, values: Vec<(String, Value)>, cx: &Context) -> Result<()> {
        let new: Result<Vec<_>> =
            values.iter().map(|(name, value)| Ok((name, encode(value, cx)?))).collect();
        let new = new?;
        self.0.file.change(|c| {
            for (name, new) in &new {
                c.set_attribute(&self.0.path, name.as_bytes(), new)?;
            }
            Ok(())
        })
    }

    /// Takes a value away.
    ///
    /// # Errors
    /// KeyError.
    pub fn delete(&self, name: &str) -> Result<()> {
        self.0.file.change(|c| Ok(c.delete_attribute(&self.0.path, name.as_bytes())?))
    }

    /// Gives a value another name.
    ///
    /// # Errors
    /// KeyError; OSError where the new name is taken.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.0
            .file
            .change(|c| Ok(c.rename_attribute(&self.0.path, from.as_bytes(), to.as_bytes())?))
    }

    /// Takes all away.
    ///
    /// # Errors
    /// As deleting them.
    pub fn clear(&self) -> Result<()> {
        let names = self.names()?;
        self.0.file.change(|c| {
            for name in &names {
                c.delete_attribute(&self.0.path, name)?;
            }
            Ok(())
        })
    }
}

/// A value as an attribute.
fn encode(value: &Value, cx: &Context) -> Result<NewAttribute> {
    // sequences of one kind of number or text are arrays; [1, 2.5] too, as h5py has it
    if let Value::List(_) | Value::Tuple(_) | Value::Range(..) = value {
        if let Ok(array) = as_array(value, cx)
            && (array.dtype().is_number() || *array.dtype() == DType::Bool)
        {
            return of_array(&array, cx);
        }
        if is_text(value)
            && let Ok(array) = as_array(value, cx)
        {
            return of_array(&array, cx);
        }
    }
    Ok(match value {
        Value::Str(s) if s.contains('\0') => pickled(value, cx)?,
        Value::Array(nd) if nd.is_scalar() => match (nd.dtype()?, element(&nd.dtype()?)) {
            (DType::Str(_), _) => text_attribute(&value.as_str().unwrap_or_default()),
            (DType::Datetime(_) | DType::Timedelta(_) | DType::Object, _) => pickled(value, cx)?,
            (_, Some(_)) => of_array(&nd.array()?, cx)?,
            _ => pickled(value, cx)?,
        },
        Value::Array(nd) => of_array(&nd.array()?, cx).or_else(|_| pickled(value, cx))?,
        Value::List(_) | Value::Tuple(_) | Value::Dict(_) => pickled(value, cx)?,
        Value::Foreign(f) if super::plan::place_of(value).is_some() => match f.array(cx) {
            Some(array) => of_array(&array?, cx)?,
            None => return Err(Error::type_error("a group can't be an attribute")),
        },
        other => match plan(other, cx)? {
            Plan::Scalar(element, bytes) => {
                NewAttribute { element, extent: Extent::Scalar, bytes, texts: Vec::new() }
            }
            Plan::Text(text) => text_attribute(&text),
            Plan::Pickle(bytes) => opaque_attribute(bytes),
            _ => pickled(other, cx)?,
        },
    })
}

/// Whether a list holds nothing but text, at whatever depth.
fn is_text(value: &Value) -> bool {
    let Some(items) = value.sequence() else { return false };
    let text = |v: &Value| matches!(v, Value::Str(s) if !s.contains('\0')) || is_text(v);
    !items.is_empty() && items.iter().all(text)
}

/// The value that an attribute is the pickle of, as ch5mpy stores what HDF5 has no type for; none
/// where it is no pickle.
pub fn unpickled(attribute: &Attribute) -> Option<Result<Value>> {
    match (&attribute.dtype.class, &attribute.extent, &attribute.value) {
        (
            Class::Opaque { tag },
            Extent::Scalar,
            Some(crate::store::Value::Opaque { bytes, .. }),
        ) if !tag.starts_with(b"NUMPY:") => python::unpickle(&bytes.kept),
        _ => None,
    }
}

fn pickled(value: &Value, cx: &Context) -> Result<NewAttribute> {
    python::pickled(value, cx).map(opaque_attribute)
}

fn of_array(array: &Array, cx: &Context) -> Result<NewAttribute> {
    let block = to_block(array, cx)?;
    let dims: Vec<u64> = array.shape().iter().map(|n| *n as u64).collect();
    let max = dims.iter().map(|n| Some(*n)).collect();
    let extent = if dims.is_empty() { Extent::Scalar } else { Extent::Simple { dims, max } };
    if matches!(array.dtype(), DType::Str(_) | DType::Object) {
        let (element, bytes) = (Element::Text, Vec::new());
        return Ok(NewAttribute { element, extent, bytes, texts: texts(&block)? });
    }
    let dtype = array.dtype();
    let element = element(dtype).ok_or_else(|| {
        Error::type_error(format!("Object dtype {dtype} has no native HDF5 equivalent"))
    })?;
    let mut bytes = block.bytes().to_vec();
    if crate::array::storing::holds_text(dtype) {
        let size = dtype.size().max(1);
        bytes.chunks_exact_mut(size).for_each(|e| crate::array::storing::to_utf8(dtype, e));
    }
    Ok(NewAttribute { element, extent, bytes, texts: Vec::new() })
}

impl Foreign for AttributeManager {
    fn type_name(&self) -> String {
        "AttributeManager".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        let mut parts = Vec::new();
        for (name, value) in self.items()? {
            let key = show::repr(&Value::str(name), cx)?;
            parts.push(format!("{key}: {}", show::repr(&value, cx)?));
        }
        Ok(format!("AttributeManager{{{}}}", parts.join(", ")))
    }

    fn plain(&self, _cx: &Context) -> Option<Result<Value>> {
        Some(self.items().and_then(|items| {
            Value::dict(items.into_iter().map(|(k, v)| (Value::str(k), v)).collect())
        }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
