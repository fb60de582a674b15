//! Values: what functions take and give. Python's scalars and containers, arrays, dtypes, and
//! whatever rooms above add as [`Foreign`].
//!
//! Lists, dicts and sets are shared and mutable, as in Python; clones are the same object.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;
use parking_lot::Mutex;

use super::nd::{Class, Nd};
use super::registry::Function;
use crate::array::block::Block;
use crate::array::{Array, Context, DType, Error, Item, Result};

/// A Python value.
#[derive(Clone)]
#[allow(missing_docs)]
pub enum Value {
    None,
    Ellipsis,
    NotImplemented,
    Bool(bool),
    Int(BigInt),
    Float(f64),
    Complex(f64, f64),
    Str(Arc<str>),
    Bytes(Arc<[u8]>),
    Tuple(Arc<[Value]>),
    List(Arc<Mutex<Vec<Value>>>),
    Dict(Arc<Mutex<Dict>>),
    Set(Arc<Mutex<Dict>>),
    /// `start:stop:step`.
    Slice(Arc<[Value; 3]>),
    /// `range(start, stop, step)`.
    Range(i64, i64, i64),
    /// An array or a NumPy scalar.
    Array(Nd),
    DType(DType),
    /// A class: `int`, `str`, `np.float64`, `np.ndarray`.
    Type(Type),
    /// A function of the registry.
    Function(&'static Function),
    /// A method of a universal function, as in `np.add.reduce`.
    UfuncMethod(&'static Function, &'static str),
    /// Anything that a room above has: lambdas, files, iterators.
    Foreign(Arc<dyn Foreign>),
}

/// A class of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Python's own, and NumPy's that are no dtypes: `int`, `str`, `ndarray`, `floating`.
    Named(&'static str),
    /// A NumPy scalar's: `np.float64`.
    Scalar(DType),
}

/// A value of a room above.
pub trait Foreign: Send + Sync {
    /// Python's name of its class.
    fn type_name(&self) -> String;
    /// As Python prints it.
    ///
    /// # Errors
    /// Whatever reading it may meet.
    fn repr(&self, cx: &Context) -> Result<String>;
    /// As an array, where it is one (a dataset).
    fn array(&self, _cx: &Context) -> Option<Result<Array>> {
        None
    }
    /// As a dtype, where it is one.
    fn call(
        &self,
        _args: Vec<Value>,
        _named: Vec<(String, Value)>,
        _cx: &Context,
    ) -> Result<Value> {
        Err(Error::type_error(format!("'{}' object is not callable", self.type_name())))
    }
    /// Whether it can be called.
    fn is_callable(&self) -> bool {
        false
    }
    /// The next item, where it is an iterator; `Ok(None)` at the end.
    fn next(&self, _cx: &Context) -> Option<Result<Option<Value>>> {
        None
    }
    /// The Python value that is written in its place where only those are known (JSON).
    fn plain(&self, _cx: &Context) -> Option<Result<Value>> {
        None
    }
    /// For the room that knows it.
    fn as_any(&self) -> &dyn Any;
}

/// A dict: entries in the order of insertion, found by Python's equality.
#[derive(Clone, Default)]
pub struct Dict {
    entries: Vec<Option<(Value, Value)>>,
    index: HashMap<Key, usize>,
    live: usize,
}

/// A hashable value; numbers that are equal are the same key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// None, Ellipsis, types: by name.
    Name(String),
    /// Integers, bools, and floats that are whole.
    Int(BigInt),
    /// Other floats, by their bits.
    Float(u64),
    /// Complex numbers that are not real.
    Complex(u64, u64),
    /// Text.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Tuples.
    Tuple(Vec<Key>),
}

impl Dict {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The value of a key.
    ///
    /// # Errors
    /// TypeError where the key can't be hashed.
    pub fn get(&self, key: &Value) -> Result<Option<&Value>> {
        let at = self.index.get(&key.hashed()?);
        Ok(at.and_then(|&i| self.entries[i].as_ref()).map(|e| &e.1))
    }

    /// Sets the value of a key; the first key of equal ones stays.
    ///
    /// # Errors
    /// TypeError where the key can't be hashed.
    pub fn set(&mut self, key: Value, value: Value) -> Result<()> {
        let hashed = key.hashed()?;
        if let Some(entry) = self.index.get(&hashed).and_then(|&i| self.entries[i].as_mut()) {
            entry.1 = value;
            return Ok(());
        }
        self.index.insert(hashed, self.entries.len());
        self.entries.push(Some((key, value)));
        self.live += 1;
        Ok(())
    }

    /// Removes a key and gives its value.
    ///
    /// # Errors
    /// TypeError where the key can't be hashed.
    pub fn remove(&mut self, key: &Value) -> Result<Option<Value>> {
        let Some(at) = self.index.remove(&key.hashed()?) else { return Ok(None) };
        self.live -= 1;
        Ok(self.entries[at].take().map(|e| e.1))
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Value, &Value)> {
        self.entries.iter().flatten().map(|(k, v)| (k, v))
    }
}

impl Value {
    /// Text.
    pub fn str(text: impl AsRef<str>) -> Value {
        Value::Str(text.as_ref().into())
    }

    /// A list.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(Mutex::new(items)))
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(items.into())
    }

    /// An integer.
    pub fn int(n: impl Into<BigInt>) -> Value {
        Value::Int(n.into())
    }

    /// An array of its own.
    pub fn array(array: Array) -> Value {
        Value::Array(Nd::new(array))
    }

    /// What a function gives: a NumPy scalar where there are no axes, else an array.
    pub fn result(array: Array) -> Value {
        Value::Array(match array.ndim() {
            0 => Nd::scalar(array),
            _ => Nd::new(array),
        })
    }

    /// A dict of these entries.
    ///
    /// # Errors
    /// TypeError where a key can't be hashed.
    pub fn dict(entries: Vec<(Value, Value)>) -> Result<Value> {
        let mut dict = Dict::default();
        for (k, v) in entries {
            dict.set(k, v)?;
        }
        Ok(Value::Dict(Arc::new(Mutex::new(dict))))
    }

    /// A set of these values.
    ///
    /// # Errors
    /// TypeError where a value can't be hashed.
    pub fn set(items: Vec<Value>) -> Result<Value> {
        let mut dict = Dict::default();
        for v in items {
            dict.set(v, Value::None)?;
        }
        Ok(Value::Set(Arc::new(Mutex::new(dict))))
    }

    /// Whether it is None.
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// Python's name of its class.
    pub fn type_name(&self) -> String {
        match self {
            Value::None => "NoneType".into(),
            Value::Ellipsis => "ellipsis".into(),
            Value::NotImplemented => "NotImplementedType".into(),
            Value::Bool(_) => "bool".into(),
            Value::Int(_) => "int".into(),
            Value::Float(_) => "float".into(),
            Value::Complex(..) => "complex".into(),
            Value::Str(_) => "str".into(),
            Value::Bytes(_) => "bytes".into(),
            Value::Tuple(_) => "tuple".into(),
            Value::List(_) => "list".into(),
            Value::Dict(_) => "dict".into(),
            Value::Set(_) => "set".into(),
            Value::Slice(_) => "slice".into(),
            Value::Range(..) => "range".into(),
            Value::Array(nd) => nd.type_name(),
            Value::DType(d) => format!("numpy.dtypes.{}", crate::array::promote::class_name(d)),
            Value::Type(_) => "type".into(),
            Value::Function(f) if f.ufunc.is_some() => "numpy.ufunc".into(),
            Value::Function(_) => "function".into(),
            Value::UfuncMethod(..) => "builtin_function_or_method".into(),
            Value::Foreign(f) => f.type_name(),
        }
    }

    /// As a key of a dict.
    ///
    /// # Errors
    /// `TypeError: unhashable type: 'list'`.
    pub fn hashed(&self) -> Result<Key> {
        Ok(match self {
            Value::Bool(b) => Key::Int(BigInt::from(*b)),
            Value::Int(n) => Key::Int(n.clone()),
            Value::Float(x) => float_key(*x),
            Value::Complex(re, 0.0) => float_key(*re),
            Value::Complex(re, im) => Key::Complex(re.to_bits(), im.to_bits()),
            Value::Str(s) => Key::Str(s.to_string()),
            Value::Bytes(b) => Key::Bytes(b.to_vec()),
            Value::Tuple(t) => Key::Tuple(t.iter().map(Value::hashed).collect::<Result<_>>()?),
            Value::None => Key::Name("None".into()),
            Value::Ellipsis => Key::Name("Ellipsis".into()),
            Value::Type(t) => Key::Name(format!("{t:?}")),
            Value::DType(d) => Key::Name(format!("dtype {d}")),
            Value::Range(a, b, c) => Key::Name(format!("range {a} {b} {c}")),
            Value::Function(f) => Key::Name(f.names[0].into()),
            Value::Array(nd) if nd.class() == &Class::Scalar => nd.item()?.hashed()?,
            other => {
                return Err(Error::type_error(format!("unhashable type: '{}'", other.type_name())));
            }
        })
    }

    /// A whole number, as `operator.index` takes it: integers, bools, NumPy's integers.
    ///
    /// # Errors
    /// `TypeError: 'float' object cannot be interpreted as an integer`; OverflowError.
    pub fn index(&self) -> Result<i64> {
        let no = || {
            Error::type_error(format!(
                "'{}' object cannot be interpreted as an integer",
                self.type_name()
            ))
        };
        match self {
            Value::Bool(b) => Ok(i64::from(*b)),
            Value::Int(n) => n
                .to_i64()
                .ok_or_else(|| Error::overflow("Python int too large to convert to C long")),
            Value::Array(nd) if nd.dtype()?.is_integer() && nd.ndim()? == 0 => nd.item()?.index(),
            _ => Err(no()),
        }
    }

    /// A real number as a double.
    ///
    /// # Errors
    /// TypeError.
    pub fn float(&self) -> Result<f64> {
        match self {
            Value::Float(x) => Ok(*x),
            Value::Int(n) => n
                .to_f64()
                .filter(|x| x.is_finite())
                .ok_or_else(|| Error::overflow("int too large to convert to float")),
            Value::Bool(b) => Ok(f64::from(u8::from(*b))),
            Value::Array(nd) if nd.size()? == 1 => match nd.item()? {
                Value::Complex(re, _) => Ok(re),
                v => v.float(),
            },
            Value::Foreign(f) => match f.array(&Context::new(Default::default())) {
                Some(array) => Value::array(array?).float(),
                None => {
                    Err(Error::type_error(format!("must be real number, not {}", self.type_name())))
                }
            },
            _ => Err(Error::type_error(format!("must be real number, not {}", self.type_name()))),
        }
    }

    /// Text, where it is some.
    pub fn as_str(&self) -> Option<String> {
        match self {
            Value::Str(s) => Some(s.to_string()),
            Value::Array(nd) if nd.class() == &Class::Scalar => match nd.item() {
                Ok(Value::Str(s)) => Some(s.to_string()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The items of a tuple, list or range; none for other values.
    pub fn sequence(&self) -> Option<Vec<Value>> {
        match self {
            Value::Tuple(t) => Some(t.to_vec()),
            Value::List(l) => Some(l.lock().clone()),
            Value::Range(a, b, c) => {
                let n = range_len(*a, *b, *c);
                Some((0..n).map(|i| Value::int(a + i as i64 * c)).collect())
            }
            _ => None,
        }
    }

    /// Python's truth of it.
    ///
    /// # Errors
    /// ValueError for arrays of several elements.
    pub fn truth(&self) -> Result<bool> {
        Ok(match self {
            Value::None => false,
            Value::Bool(b) => *b,
            Value::Int(n) => *n != BigInt::ZERO,
            Value::Float(x) => *x != 0.0,
            Value::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Value::Str(s) => !s.is_empty(),
            Value::Bytes(b) => !b.is_empty(),
            Value::Tuple(t) => !t.is_empty(),
            Value::List(l) => !l.lock().is_empty(),
            Value::Dict(d) | Value::Set(d) => !d.lock().is_empty(),
            Value::Range(a, b, c) => range_len(*a, *b, *c) > 0,
            Value::Array(nd) => match nd.size()? {
                1 => match nd.block()?.dtype() {
                    DType::Object => nd.block()?.items()[0].truth(),
                    _ => nd.item()?.truth()?,
                },
                0 => {
                    return Err(Error::value(
                        "The truth value of an empty array is ambiguous. Use `array.size > 0` to \
                         check that an array is not empty.",
                    ));
                }
                _ => {
                    return Err(Error::value(
                        "The truth value of an array with more than one element is ambiguous. \
                         Use a.any() or a.all()",
                    ));
                }
            },
            _ => true,
        })
    }
}

fn float_key(x: f64) -> Key {
    use num_traits::FromPrimitive;
    match BigInt::from_f64(x) {
        Some(n) if x.fract() == 0.0 => Key::Int(n),
        _ => Key::Float(x.to_bits()),
    }
}

impl std::fmt::Debug for Value {
    /// Its class alone: what it holds may have to be computed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({})", self.type_name())
    }
}

/// How many numbers a range has.
pub fn range_len(start: i64, stop: i64, step: i64) -> usize {
    let (a, b, c) = (i128::from(start), i128::from(stop), i128::from(step));
    let n = match c {
        0 => 0,
        c if c > 0 => (b - a + c - 1).div_euclid(c),
        c => (a - b - c - 1).div_euclid(-c),
    };
    n.max(0) as usize
}

/// An element of an object array as a value.
pub fn from_item(item: &Item) -> Value {
    match item {
        Item::None => Value::None,
        Item::Bool(b) => Value::Bool(*b),
        Item::Int(n) => Value::Int(n.clone()),
        Item::Float(x) => Value::Float(*x),
        Item::Complex(re, im) => Value::Complex(*re, *im),
        Item::Str(s) => Value::str(s),
        Item::Bytes(b) => Value::Bytes(b.as_slice().into()),
        Item::List(v) => Value::list(v.iter().map(from_item).collect()),
        Item::Tuple(v) => Value::tuple(v.iter().map(from_item).collect()),
        Item::Array(b) => Value::array(Array::of(Block::clone(b))),
    }
}

/// A value as an element of an object array.
///
/// # Errors
/// TypeError for what an object array can't hold here (dicts, functions).
pub fn to_item(value: &Value) -> Result<Item> {
    Ok(match value {
        Value::None => Item::None,
        Value::Bool(b) => Item::Bool(*b),
        Value::Int(n) => Item::Int(n.clone()),
        Value::Float(x) => Item::Float(*x),
        Value::Complex(re, im) => Item::Complex(*re, *im),
        Value::Str(s) => Item::Str(s.to_string()),
        Value::Bytes(b) => Item::Bytes(b.to_vec()),
        Value::Tuple(t) => Item::Tuple(t.iter().map(to_item).collect::<Result<_>>()?),
        Value::List(l) => Item::List(l.lock().iter().map(to_item).collect::<Result<_>>()?),
        Value::Array(nd) if nd.class() == &Class::Scalar => to_item(&nd.item()?)?,
        Value::Array(nd) => Item::Array(Box::new(nd.block()?)),
        other => {
            return Err(Error::type_error(format!(
                "an object array can't hold a {} here",
                other.type_name()
            )));
        }
    })
}
