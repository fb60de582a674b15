//! Going through values one by one: `for`, `list()`, unpacking, and the iterators of the language.

use std::any::Any;
use std::sync::Arc;

use parking_lot::Mutex;

use super::containers::{Frozen, View};
use super::h5;
use crate::array::block::Block;
use crate::array::lazy::{Array, Span};
use crate::array::{Context, Error, Result};
use crate::numpy::manipulation_broadcast::Broadcast;
use crate::numpy::nd::element;
use crate::numpy::value::range_len;
use crate::numpy::{Foreign, Nd, Value, index};

/// Elements of a one-dimensional array that are read at a time.
const BATCH: usize = 4096;
/// Items of a list that may be made, however much memory there is to be used: 256 MB.
const FEWEST: usize = 8 << 20;

/// A function that gives the next item.
pub type Next = Box<dyn FnMut(&Context) -> Result<Option<Value>> + Send>;

/// What is gone through.
pub enum Iter {
    /// Items at hand.
    Items(std::vec::IntoIter<Value>),
    /// A list, which may change meanwhile.
    List(Arc<Mutex<Vec<Value>>>, usize),
    /// A range: the next number, the step, how many are left.
    Range(i64, i64, usize),
    /// The elements of a one-dimensional array.
    Elements {
        /// The array.
        array: Array,
        /// Where the batch begins, and the place in it.
        at: (usize, usize),
        /// Elements that were read.
        batch: Option<Block>,
    },
    /// The rows of an array.
    Rows(Nd, usize, usize),
    /// Another iterator.
    Foreign(Arc<dyn Foreign>),
    /// Whatever a function gives.
    Made(Next),
}

impl Iter {
    /// Begins to go through a value.
    ///
    /// # Errors
    /// `TypeError: 'int' object is not iterable`.
    pub fn of(value: &Value, cx: &Context) -> Result<Iter> {
        Ok(match value {
            Value::Tuple(t) => Iter::Items(Vec::from(&t[..]).into_iter()),
            Value::List(l) => Iter::List(l.clone(), 0),
            Value::Range(a, b, c) => Iter::Range(*a, *c, range_len(*a, *b, *c)),
            Value::Str(s) => {
                let chars: Vec<Value> =
                    s.chars().map(|c| Value::str(c.encode_utf8(&mut [0; 4]))).collect();
                Iter::Items(chars.into_iter())
            }
            Value::Bytes(b) => {
                Iter::Items(b.iter().map(|x| Value::int(*x)).collect::<Vec<_>>().into_iter())
            }
            Value::Dict(d) | Value::Set(d) => {
                Iter::Items(d.lock().iter().map(|e| e.0.clone()).collect::<Vec<_>>().into_iter())
            }
            Value::Array(nd) => return Iter::array(nd),
            Value::Foreign(f) => {
                if f.as_any().is::<Made>() || f.as_any().is::<Broadcast>() {
                    return Ok(Iter::Foreign(f.clone()));
                }
                if let Some(view) = f.as_any().downcast_ref::<View>() {
                    return Ok(Iter::Items(view.items().into_iter()));
                }
                if let Some(frozen) = f.as_any().downcast_ref::<Frozen>() {
                    let keys: Vec<Value> = frozen.0.iter().map(|e| e.0.clone()).collect();
                    return Ok(Iter::Items(keys.into_iter()));
                }
                if let Some(items) = h5::iterate(f, cx) {
                    return Ok(Iter::Items(items?.into_iter()));
                }
                match f.array(cx) {
                    Some(array) => return Iter::array(&Nd::read_only(array?)),
                    None => return Err(not_iterable(value)),
                }
            }
            _ => return Err(not_iterable(value)),
        })
    }

    fn array(nd: &Nd) -> Result<Iter> {
        let array = nd.array()?;
        match array.shape() {
            [] => match (nd.is_scalar(), nd.item()) {
                (true, Ok(Value::Str(s))) => Iter::of(&Value::Str(s), &crate::numpy::nd::small()),
                (true, Ok(Value::Bytes(b))) => {
                    Iter::of(&Value::Bytes(b), &crate::numpy::nd::small())
                }
                (true, _) if array.dtype().fields().is_none() => {
                    Err(Error::type_error(format!("'{}' object is not iterable", nd.type_name())))
                }
                (true, Ok(Value::Tuple(t))) => Ok(Iter::Items(Vec::from(&t[..]).into_iter())),
                _ => Err(Error::type_error("iteration over a 0-d array")),
            },
            [_] if *nd.class() == crate::numpy::Class::Array => {
                Ok(Iter::Elements { array, at: (0, 0), batch: None })
            }
            [n, ..] => Ok(Iter::Rows(nd.clone(), 0, *n)),
        }
    }

    /// The next item; none at the end.
    ///
    /// # Errors
    /// Whatever computing it meets; KeyboardInterrupt.
    pub fn next(&mut self, cx: &Context) -> Result<Option<Value>> {
        cx.check()?;
        Ok(match self {
            Iter::Items(items) => items.next(),
            Iter::List(list, at) => {
                let item = list.lock().get(*at).cloned();
                *at += 1;
                item
            }
            Iter::Range(next, step, left) => {
                if *left == 0 {
                    return Ok(None);
                }
                let item = Value::int(*next);
                *left -= 1;
                *next = next.wrapping_add(*step);
                Some(item)
            }
            Iter::Elements { array, at, batch } => {
                let total = array.len();
                let held = batch.as_ref().map_or(0, Block::len);
                if at.1 >= held {
                    *at = (at.0 + held, 0);
                    if at.0 >= total {
                        return Ok(None);
                    }
                    let n = BATCH.min(total - at.0);
                    array.prepare(cx)?;
                    *batch = Some(array.read(&[Span::run(at.0, n)], cx)?);
                }
                let i = at.1;
                at.1 += 1;
                batch.as_ref().map(|b| scalar(b, i))
            }
            Iter::Rows(nd, at, n) => {
                if at >= n {
                    return Ok(None);
                }
                *at += 1;
                Some(index::get(nd, &Value::int(*at as i64 - 1), cx)?)
            }
            Iter::Foreign(f) => match f.next(cx) {
                Some(item) => item?,
                None => None,
            },
            Iter::Made(f) => f(cx)?,
        })
    }
}

/// Element `i` of a block as indexing gives it: a NumPy scalar, or a Python value of an object.
pub fn scalar(block: &Block, i: usize) -> Value {
    match block.dtype() {
        crate::array::DType::Object => element(block, i),
        d => {
            let mut one = Block::zeros(d.clone(), Vec::new());
            one.copy_run(0, block, i, 1);
            Value::Array(Nd::scalar(Array::of(one)))
        }
    }
}

fn not_iterable(value: &Value) -> Error {
    Error::type_error(format!("'{}' object is not iterable", value.type_name()))
}

/// All items of a value.
///
/// # Errors
/// TypeError where it can't be gone through; MemoryError where there is no end of items.
pub fn collect(value: &Value, cx: &Context) -> Result<Vec<Value>> {
    if let Value::Tuple(t) = value {
        return Ok(t.to_vec());
    }
    let mut iter = Iter::of(value, cx)?;
    let most = FEWEST.max(cx.settings().memory / size_of::<Value>());
    let mut out = Vec::new();
    while let Some(item) = iter.next(cx)? {
        out.push(item);
        if out.len() > most {
            return Err(Error::memory("a list of so many items doesn't fit in memory"));
        }
    }
    Ok(out)
}

/// An iterator as a value: a generator, `zip(…)`, `iter(…)`.
pub struct Made {
    name: &'static str,
    iter: Mutex<Iter>,
}

impl Made {
    /// An iterator of this class.
    pub fn value(name: &'static str, iter: Iter) -> Value {
        Value::Foreign(Arc::new(Made { name, iter: Mutex::new(iter) }))
    }

    /// An iterator that a function makes.
    pub fn by(
        name: &'static str,
        next: impl FnMut(&Context) -> Result<Option<Value>> + Send + 'static,
    ) -> Value {
        Made::value(name, Iter::Made(Box::new(next)))
    }
}

impl Foreign for Made {
    fn type_name(&self) -> String {
        self.name.into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(format!("<{} object>", self.name))
    }

    fn next(&self, cx: &Context) -> Option<Result<Option<Value>>> {
        match self.iter.try_lock() {
            Some(mut iter) => Some(iter.next(cx)),
            None => Some(Err(Error::value("generator already executing"))),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `iter(value)`.
///
/// # Errors
/// As [`Iter::of`].
pub fn iterator(value: &Value, cx: &Context) -> Result<Value> {
    if let Value::Foreign(f) = value
        && f.as_any().is::<Made>()
    {
        return Ok(value.clone());
    }
    let name = match value {
        Value::List(_) => "list_iterator",
        Value::Tuple(_) => "tuple_iterator",
        Value::Str(_) => "str_iterator",
        Value::Range(..) => "range_iterator",
        Value::Dict(_) => "dict_keyiterator",
        Value::Set(_) => "set_iterator",
        _ => "iterator",
    };
    Ok(Made::value(name, Iter::of(value, cx)?))
}
