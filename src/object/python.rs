//! Values and what a pickle holds, each as the other.
//!
//! What has a value here becomes it; what hasn't (dates, paths, objects of any class) is carried
//! along as it was read, prints as Python prints it, and is written back as it was.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use super::dict::in_memory;
use super::handle::Place;
use super::pickle::classes::{Known, known};
use super::pickle::numpy::{ArrayData, ArrayElements, DTypeData, Field};
use super::pickle::{self, ClassName, Object, Py, show};
use super::{Context, Dataset, Error, File, Group, Result, Value, foreign};
use crate::array::block::Block;
use crate::array::dtype::{Field as StructField, Struct};
use crate::array::raw::{numbers_in, swap};
use crate::array::run::to_block;
use crate::array::{Array, DType};
use crate::numpy::value::{Type, from_item, to_item};
use crate::numpy::{Class, Foreign, Nd};
use crate::store::H5Mode;

/// What a pickle holds: a value, or why it can't be one; none where the bytes are no pickle.
pub fn unpickle(bytes: &[u8]) -> Option<Result<Value>> {
    match pickle::decode(bytes, &Default::default()) {
        Ok(py) => Some(Ok(to_value(&py))),
        // all that Python writes nowadays begins with its protocol
        Err(e) if bytes.first() == Some(&0x80) => {
            Some(Err(Error::value(format!("a pickle that can't be read: {e}"))))
        }
        Err(_) => None,
    }
}

/// The tree of a pickle; none where it can't be read.
pub fn unpickle_py(bytes: &[u8]) -> Option<Py> {
    pickle::decode(bytes, &Default::default()).ok()
}

/// A Python object that has no value of its own here.
pub struct PyObject(pub Py);

/// The most characters of an object's text.
const TEXT: usize = 1 << 20;

impl Foreign for PyObject {
    fn type_name(&self) -> String {
        match &self.0 {
            Py::FrozenSet(_) => "frozenset".into(),
            Py::ByteArray(_) => "bytearray".into(),
            Py::Class(_) => "type".into(),
            Py::Object(o) => class_name(o).full(),
            _ => "object".into(),
        }
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(show::repr(&self.0, TEXT))
    }

    fn plain(&self, _cx: &Context) -> Option<Result<Value>> {
        match &self.0 {
            Py::Object(o) => match known(o) {
                Some(k @ (Known::Datetime { .. } | Known::Date { .. })) => {
                    Some(Ok(Value::str(show::iso(&k))))
                }
                _ => None,
            },
            Py::ByteArray(bytes) => Some(Ok(Value::Bytes(bytes.clone()))),
            Py::Class(class) => Some(Ok(Value::str(&class.qualname))),
            Py::FrozenSet(items) => Some(Value::set(items.iter().map(to_value).collect())),
            _ => None,
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The class of an object: what `copyreg` and the like make is of their argument's class.
fn class_name(object: &Object) -> ClassName {
    match object.args().first() {
        Some(Py::Class(class)) if object.class.is("copyreg", "__newobj__") => (**class).clone(),
        _ => object.class.clone(),
    }
}

/// A value of a pickle's tree.
pub fn to_value(py: &Py) -> Value {
    Reader::default().value(py)
}

/// Turns a tree into values: what is one object in it is one value.
#[derive(Default)]
struct Reader {
    seen: HashMap<*const (), Value>,
}

impl Reader {
    fn shared<T: ?Sized>(&mut self, of: &Arc<T>, make: impl FnOnce(&mut Self) -> Value) -> Value {
        let at = Arc::as_ptr(of).cast::<()>();
        if let Some(known) = self.seen.get(&at) {
            return known.clone();
        }
        let value = make(self);
        self.seen.insert(at, value.clone());
        value
    }

    fn value(&mut self, py: &Py) -> Value {
        match py {
            Py::None => Value::None,
            Py::Ellipsis => Value::Ellipsis,
            Py::NotImplemented => Value::NotImplemented,
            Py::Bool(b) => Value::Bool(*b),
            Py::Int(n) => Value::Int(n.clone()),
            Py::Float(x) => Value::Float(*x),
            Py::Complex(re, im) => Value::Complex(*re, *im),
            Py::Str(s) => Value::Str(s.clone()),
            Py::Bytes(b) => Value::Bytes(b.clone()),
            Py::List(items) => {
                self.shared(items, |r| Value::list(items.iter().map(|v| r.value(v)).collect()))
            }
            Py::Tuple(items) => {
                self.shared(items, |r| Value::tuple(items.iter().map(|v| r.value(v)).collect()))
            }
            Py::Dict(entries) => self.shared(entries, |r| {
                let entries = entries.iter().map(|(k, v)| (r.value(k), r.value(v))).collect();
                // keys that have no hash here: dates, objects
                Value::dict(entries).unwrap_or_else(|_| foreign(PyObject(py.clone())))
            }),
            Py::Set(items) => self.shared(items, |r| {
                let items = items.iter().map(|v| r.value(v)).collect();
                Value::set(items).unwrap_or_else(|_| foreign(PyObject(py.clone())))
            }),
            Py::Slice(parts) => {
                let [a, b, c] = &**parts;
                Value::Slice(Arc::new([self.value(a), self.value(b), self.value(c)]))
            }
            Py::Range(parts) => match parts.each_ref().map(Py::as_i64) {
                [Some(a), Some(b), Some(c)] => Value::Range(a, b, c),
                _ => foreign(PyObject(py.clone())),
            },
            Py::DType(dtype) => match dtype_of(dtype) {
                Some((dtype, _)) => Value::DType(dtype),
                None => foreign(PyObject(py.clone())),
            },
            Py::Array(data) => self.array(data).unwrap_or_else(|| foreign(PyObject(py.clone()))),
            Py::FrozenSet(_) | Py::ByteArray(_) | Py::Class(_) | Py::Object(_) => {
                foreign(PyObject(py.clone()))
            }
        }
    }

    fn array(&mut self, data: &ArrayData) -> Option<Value> {
        let (dtype, swaps) = dtype_of(&data.dtype)?;
        let mut shape: Vec<usize> =
            data.shape.iter().map(|n| usize::try_from(*n).ok()).collect::<Option<_>>()?;
        if data.fortran {
            shape.reverse();
        }
        let n = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))?;
        let block = match &data.data {
            ArrayElements::Bytes(bytes) => {
                if bytes.len() != n.checked_mul(dtype.size())? {
                    return None;
                }
                let mut block = Block::zeros(dtype.clone(), shape.clone());
                block.bytes_mut().copy_from_slice(bytes);
                swap(block.bytes_mut(), dtype.size(), &swaps);
                block
            }
            ArrayElements::Objects(items) => {
                if dtype != DType::Object || items.len() != n {
                    return None;
                }
                if data.fortran {
                    shape.reverse();
                }
                let items: Option<Vec<_>> =
                    items.iter().map(|v| to_item(&self.value(v)).ok()).collect();
                return Some(finish(Array::of(Block::of_items(shape, items?)), data));
            }
        };
        let mut array = Array::of(block);
        if data.fortran {
            let order: Vec<usize> = (0..array.ndim()).rev().collect();
            array = crate::array::view::transpose(&array, &order);
        }
        Some(finish(array, data))
    }
}

fn finish(array: Array, data: &ArrayData) -> Value {
    match data.scalar {
        true => Value::Array(Nd::scalar(array)),
        false => {
            let class = match &*data.class.qualname {
                "matrix" => Class::Matrix,
                "recarray" => Class::RecArray,
                "chararray" => Class::CharArray,
                _ => Class::Array,
            };
            Value::Array(Nd::new(array).with_class(class))
        }
    }
}

/// A NumPy dtype, and which of an element's numbers stand in the other byte order; none for those
/// that there aren't here.
fn dtype_of(data: &DTypeData) -> Option<(DType, Vec<(usize, usize)>)> {
    if !data.shape.is_empty() {
        return None;
    }
    let Some(fields) = &data.fields else {
        let dtype = DType::parse(&data.text).ok()?;
        if dtype != DType::Object && dtype.size() as u64 != data.itemsize {
            return None;
        }
        let mut swaps = Vec::new();
        let foreign_order = if cfg!(target_endian = "big") { '<' } else { '>' };
        if data.text.starts_with(foreign_order) {
            numbers_in(&dtype, 0, &mut swaps);
        }
        return Some((dtype, swaps));
    };
    let (mut members, mut swaps) = (Vec::new(), Vec::new());
    for field in fields.iter() {
        let inner = DTypeData { shape: Arc::from([]), ..(*field.dtype).clone() };
        let shape: Vec<usize> =
            field.dtype.shape.iter().map(|n| usize::try_from(*n).ok()).collect::<Option<_>>()?;
        let n: usize = shape.iter().product::<usize>().max(1);
        let inner = DTypeData { itemsize: inner.itemsize / n as u64, ..inner };
        let (dtype, inside) = dtype_of(&inner)?;
        if dtype == DType::Object {
            return None;
        }
        let offset = usize::try_from(field.offset).ok()?;
        for k in 0..n {
            swaps.extend(inside.iter().map(|(at, size)| (offset + k * dtype.size() + at, *size)));
        }
        members.push(StructField { name: field.name.to_string(), dtype, shape, offset });
    }
    let size = usize::try_from(data.itemsize).ok()?;
    let inside = members.iter().all(|f| f.offset + f.size() <= size);
    inside.then(|| (DType::Struct(Arc::new(Struct { fields: members, size })), swaps))
}

/// A value as a pickle's tree.
///
/// # Errors
/// TypeError for what can't be pickled: functions, lambdas; as reading what stands in files.
pub fn to_py(value: &Value, cx: &Context) -> Result<Py> {
    nested(&in_memory(value, cx)?, cx, 0)
}

fn nested(value: &Value, cx: &Context, depth: usize) -> Result<Py> {
    if depth > 400 {
        return Err(Error::new(
            crate::array::error::Kind::RecursionError,
            "it is nested too deep to be pickled, or contains itself",
        ));
    }
    let refused = || Error::type_error(format!("cannot pickle '{}' object", value.type_name()));
    let all = |items: &[Value]| -> Result<Vec<Py>> {
        items.iter().map(|v| nested(&in_memory(v, cx)?, cx, depth + 1)).collect()
    };
    Ok(match value {
        Value::None => Py::None,
        Value::Ellipsis => Py::Ellipsis,
        Value::NotImplemented => Py::NotImplemented,
        Value::Bool(b) => Py::Bool(*b),
        Value::Int(n) => Py::Int(n.clone()),
        Value::Float(x) => Py::Float(*x),
        Value::Complex(re, im) => Py::Complex(*re, *im),
        Value::Str(s) => Py::Str(s.clone()),
        Value::Bytes(b) => Py::Bytes(b.clone()),
        Value::List(items) => Py::list(all(&items.lock().clone())?),
        Value::Tuple(items) => Py::tuple(all(items)?),
        Value::Dict(dict) => {
            let entries: Vec<(Value, Value)> =
                dict.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            let mut out = Vec::new();
            for (k, v) in entries {
                let v = in_memory(&v, cx)?;
                out.push((nested(&k, cx, depth + 1)?, nested(&v, cx, depth + 1)?));
            }
            Py::dict(out)
        }
        Value::Set(set) => {
            let items: Vec<Value> = set.lock().iter().map(|(k, _)| k.clone()).collect();
            Py::Set(Arc::new(all(&items)?))
        }
        Value::Slice(parts) => {
            let [a, b, c] = &**parts;
            let of = |v| nested(v, cx, depth + 1);
            Py::Slice(Arc::new([of(a)?, of(b)?, of(c)?]))
        }
        Value::Range(a, b, c) => Py::Range(Arc::new([Py::int(*a), Py::int(*b), Py::int(*c)])),
        Value::Array(nd) => array(nd, cx, depth)?,
        Value::DType(dtype) => Py::DType(Arc::new(dtype_data(dtype).ok_or_else(refused)?)),
        Value::Type(Type::Named(name)) => {
            let module = match *name {
                "ndarray" | "generic" | "floating" | "integer" | "number" => "numpy",
                _ => "builtins",
            };
            Py::Class(Arc::new(ClassName::new(module, name)))
        }
        Value::Type(Type::Scalar(dtype)) => {
            Py::Class(Arc::new(ClassName::new("numpy", dtype.scalar_name())))
        }
        Value::Function(_) | Value::UfuncMethod(..) => return Err(refused()),
        Value::Foreign(f) => match f.as_any().downcast_ref::<PyObject>() {
            Some(object) => object.0.clone(),
            None => match (f.type_name().as_str(), f.plain(cx)) {
                ("frozenset", Some(items)) => match items? {
                    Value::Set(set) => {
                        let items: Vec<Value> = set.lock().iter().map(|(k, _)| k.clone()).collect();
                        Py::FrozenSet(Arc::new(all(&items)?))
                    }
                    other => Py::FrozenSet(Arc::new(all(&other.sequence().unwrap_or_default())?)),
                },
                _ => return Err(refused()),
            },
        },
    })
}

fn array(nd: &Nd, cx: &Context, depth: usize) -> Result<Py> {
    let array = nd.array()?;
    let block = to_block(&array, cx)?;
    let refused = || Error::type_error(format!("cannot pickle elements of {}", array.dtype()));
    let data = match block.dtype() {
        DType::Object => {
            let items: Result<Vec<Py>> =
                block.items().iter().map(|i| nested(&from_item(i), cx, depth + 1)).collect();
            ArrayElements::Objects(Arc::new(items?))
        }
        _ => ArrayElements::Bytes(block.bytes().into()),
    };
    let class = match nd.class() {
        Class::Matrix => ClassName::new("numpy", "matrix"),
        _ => ClassName::new("numpy", "ndarray"),
    };
    Ok(Py::Array(Arc::new(ArrayData {
        class,
        dtype: Arc::new(dtype_data(block.dtype()).ok_or_else(refused)?),
        shape: array.shape().iter().map(|n| *n as u64).collect(),
        fortran: false,
        data,
        scalar: nd.is_scalar(),
    })))
}

fn dtype_data(dtype: &DType) -> Option<DTypeData> {
    let DType::Struct(s) = dtype else { return DTypeData::plain(&dtype.short()) };
    let mut fields = Vec::new();
    for f in &s.fields {
        let mut inner = dtype_data(&f.dtype)?;
        if !f.shape.is_empty() {
            inner.shape = f.shape.iter().map(|n| *n as u64).collect();
            inner.itemsize = f.size() as u64;
        }
        fields.push(Field {
            name: Arc::from(f.name.as_str()),
            title: None,
            dtype: Arc::new(inner),
            offset: f.offset as u64,
        });
    }
    Some(DTypeData::structure(fields, s.size as u64, 1, false))
}

/// A value's pickle.
///
/// # Errors
/// As [`to_py`].
pub fn pickled(value: &Value, cx: &Context) -> Result<Vec<u8>> {
    encode(&to_py(value, cx)?)
}

/// Handles as the pickles that ch5mpy makes of them: a file's path and mode, a name inside.
impl File {
    /// The pickle that Python's ch5mpy opens the file by.
    ///
    /// # Errors
    /// ValueError for a path that is no text.
    pub fn to_pickle(&self) -> Result<Vec<u8>> {
        encode(&file_py(self)?)
    }

    /// The file that a pickle of a handle names, opened: never anew.
    ///
    /// # Errors
    /// ValueError where the pickle holds no file; as opening it.
    pub fn from_pickle(bytes: &[u8]) -> Result<File> {
        file_of(&decode(bytes)?)
    }
}

macro_rules! inside {
    ($($name:ident in $module:literal)*) => {$(
        impl $name {
            /// The pickle that Python's ch5mpy opens it by.
            ///
            /// # Errors
            /// ValueError for a path that is no text.
            pub fn to_pickle(&self) -> Result<Vec<u8>> {
                let file = file_py(&File::of(&self.file))?;
                let name = Py::str(&self.path.to_text());
                let state = vec![("name", name), ("file", file)];
                let class = ClassName::new($module, stringify!($name));
                encode(&pickle::classes::instance(class, state))
            }

            /// What a pickle of a handle names, its file opened: never anew.
            ///
            /// # Errors
            /// ValueError where the pickle holds no such handle; as opening its file.
            pub fn from_pickle(bytes: &[u8]) -> Result<$name> {
                place_of(&decode(bytes)?, stringify!($name)).map($name::at)
            }
        }
    )*};
}

inside!(Group in "ch5mpy.objects.group" Dataset in "ch5mpy.objects.dataset");

/// A tree's pickle.
pub(super) fn encode(py: &Py) -> Result<Vec<u8>> {
    pickle::encode(py).map_err(|e| Error::type_error(e.to_string()))
}

fn decode(bytes: &[u8]) -> Result<Py> {
    pickle::decode(bytes, &Default::default()).map_err(|e| Error::value(e.to_string()))
}

fn file_py(file: &File) -> Result<Py> {
    let path = std::path::absolute(file.filename())?;
    let path = path.to_str().ok_or_else(|| Error::value("the file's path is no text"))?;
    let mode = match file.mode() {
        H5Mode::WriteTruncate | H5Mode::Write => H5Mode::ReadWrite,
        other => other,
    };
    let class = ClassName::new("ch5mpy.objects.group", "File");
    let args = Arc::new(vec![Py::str(path), Py::str(mode.as_str())]);
    Ok(Py::Object(Arc::new(Object::bare(class, pickle::Made::New { args, kwargs: None }))))
}

fn file_of(py: &Py) -> Result<File> {
    let wrong = || Error::value("the pickle holds no handle of a file");
    let Py::Object(object) = py else { return Err(wrong()) };
    if &*object.class.qualname != "File" {
        return Err(wrong());
    }
    let keyword = |name: &str| match &object.made {
        pickle::Made::New { kwargs: Some(kwargs), .. } => {
            kwargs.iter().find(|(k, _)| k.as_str() == Some(name)).map(|(_, v)| v.clone())
        }
        _ => None,
    };
    let at = |i: usize, name: &str| object.args().get(i).cloned().or_else(|| keyword(name));
    let path = at(0, "name").ok_or_else(wrong)?;
    let mode = at(1, "mode").and_then(|m| m.as_str()?.parse().ok()).unwrap_or(H5Mode::Read);
    File::restored(path.as_str().ok_or_else(wrong)?, mode)
}

fn place_of(py: &Py, class: &str) -> Result<Place> {
    let wrong = || Error::value(format!("the pickle holds no handle of a {class}"));
    let Py::Object(object) = py else { return Err(wrong()) };
    let Some(Py::Dict(state)) = &object.state else { return Err(wrong()) };
    if &*object.class.qualname != class {
        return Err(wrong());
    }
    let part = |name: &str| state.iter().find(|(k, _)| k.as_str() == Some(name)).map(|(_, v)| v);
    let file = file_of(part("file").ok_or_else(wrong)?)?;
    let place = file.join(part("name").and_then(Py::as_str).ok_or_else(wrong)?);
    place.kind()?;
    Ok(place)
}
