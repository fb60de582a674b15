//! Lists, tuples, dicts and sets: their methods.

use std::any::Any;
use std::sync::Arc;

use num_traits::ToPrimitive;
use parking_lot::Mutex;

use super::ast::Operator;
use super::flat::Flat;
use super::h5;
use super::iter::{Made, collect};
use super::operators::is_array;
use crate::array::{Context, Error, Result};
use crate::numpy::value::{Dict, range_len};
use crate::numpy::{Foreign, Value, show};

/// A set that doesn't change.
pub struct Frozen(pub Dict);

impl Foreign for Frozen {
    fn type_name(&self) -> String {
        "frozenset".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        if self.0.is_empty() {
            return Ok("frozenset()".into());
        }
        Ok(format!("frozenset({})", show::repr(&set(self.0.clone()), cx)?))
    }

    fn plain(&self, _cx: &Context) -> Option<Result<Value>> {
        Some(Ok(set(self.0.clone())))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What a view of a dict shows.
#[allow(missing_docs)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Keys,
    Values,
    Items,
}

/// A dict's keys, values or items, which follow the dict.
pub struct View {
    pub(super) dict: Arc<Mutex<Dict>>,
    pub(super) part: Part,
}

impl View {
    /// What it shows now.
    pub fn items(&self) -> Vec<Value> {
        let dict = self.dict.lock();
        let one = |(k, v): (&Value, &Value)| match self.part {
            Part::Keys => k.clone(),
            Part::Values => v.clone(),
            Part::Items => Value::tuple(vec![k.clone(), v.clone()]),
        };
        dict.iter().map(one).collect()
    }
}

impl Foreign for View {
    fn type_name(&self) -> String {
        match self.part {
            Part::Keys => "dict_keys",
            Part::Values => "dict_values",
            Part::Items => "dict_items",
        }
        .into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        Ok(format!("{}({})", self.type_name(), show::repr(&Value::list(self.items()), cx)?))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A dict as a value.
pub fn dict(dict: Dict) -> Value {
    Value::Dict(Arc::new(Mutex::new(dict)))
}

/// A set as a value.
pub fn set(items: Dict) -> Value {
    Value::Set(Arc::new(Mutex::new(items)))
}

/// The items of a set, a frozenset or a dict's keys.
pub fn set_of(value: &Value) -> Option<Dict> {
    match value {
        Value::Set(s) => Some(s.lock().clone()),
        Value::Foreign(f) => match f.as_any().downcast_ref::<Frozen>() {
            Some(frozen) => Some(frozen.0.clone()),
            None => {
                let view = f.as_any().downcast_ref::<View>()?;
                match view.part {
                    Part::Values => None,
                    _ => hashed(view.items()).ok(),
                }
            }
        },
        _ => None,
    }
}

/// Whether it is a frozenset.
pub fn is_frozen(value: &Value) -> bool {
    matches!(value, Value::Foreign(f) if f.as_any().is::<Frozen>())
}

/// Values as the keys of a dict.
///
/// # Errors
/// TypeError where one can't be hashed.
pub fn hashed(items: Vec<Value>) -> Result<Dict> {
    let mut out = Dict::default();
    for item in items {
        out.set(item, Value::None)?;
    }
    Ok(out)
}

/// A frozenset of these.
///
/// # Errors
/// TypeError where one can't be hashed.
pub fn frozen(items: Vec<Value>) -> Result<Value> {
    Ok(Value::Foreign(Arc::new(Frozen(hashed(items)?))))
}

/// Whether all of one set are in another.
///
/// # Errors
/// None that its items did not meet before.
pub fn is_subset(a: &Dict, b: &Dict) -> Result<bool> {
    for (k, _) in a.iter() {
        if b.get(k)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `&`, `|`, `^` and `-` of sets.
///
/// # Errors
/// None that their items did not meet before.
pub fn set_operation(op: Operator, a: &Dict, b: &Dict, frozen: bool) -> Result<Value> {
    let mut out = Dict::default();
    let mut add = |from: &Dict, other: &Dict, when: bool| -> Result<()> {
        for (k, _) in from.iter() {
            if other.get(k)?.is_some() == when {
                out.set(k.clone(), Value::None)?;
            }
        }
        Ok(())
    };
    match op {
        Operator::And => add(a, b, true)?,
        Operator::Subtract => add(a, b, false)?,
        Operator::Xor => {
            add(a, b, false)?;
            add(b, a, false)?;
        }
        _ => {
            add(a, a, true)?;
            add(b, b, true)?;
        }
    }
    Ok(if frozen { Value::Foreign(Arc::new(Frozen(out))) } else { set(out) })
}

/// A sequence, so many times.
///
/// # Errors
/// MemoryError.
pub fn repeat(sequence: &Value, times: &Value) -> Result<Value> {
    let n = match times {
        Value::Int(n) if n.sign() == num_bigint::Sign::Minus => 0,
        Value::Int(n) => n.to_usize().ok_or_else(|| Error::memory(""))?,
        other => other.index()?.max(0) as usize,
    };
    let fits = |len: usize, size: usize| match len.saturating_mul(n).saturating_mul(size) {
        bytes if bytes > 1 << 30 => Err(Error::memory("")),
        _ => Ok(()),
    };
    let items = |list: &[Value]| -> Result<Vec<Value>> {
        fits(list.len(), size_of::<Value>())?;
        Ok((0..n).flat_map(|_| list.iter().cloned()).collect())
    };
    Ok(match sequence {
        Value::Str(s) => {
            fits(s.len(), 1)?;
            Value::str(s.repeat(n))
        }
        Value::Bytes(b) => {
            fits(b.len(), 1)?;
            Value::Bytes(b.repeat(n).into())
        }
        Value::Tuple(t) => Value::tuple(items(t)?),
        Value::List(l) => {
            let list = l.lock().clone();
            Value::list(items(&list)?)
        }
        other => other.clone(),
    })
}

/// The entries that `dict(value)` and `update(value)` take: of a mapping, or pairs.
///
/// # Errors
/// TypeError and ValueError where there are none.
pub fn entries(value: &Value, cx: &Context) -> Result<Vec<(Value, Value)>> {
    match value {
        Value::Dict(d) => {
            return Ok(d.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect());
        }
        Value::Foreign(f) => {
            if let Some(entries) = h5::entries(f, cx) {
                return entries;
            }
        }
        _ => {}
    }
    let mut out = Vec::new();
    for (i, pair) in collect(value, cx)?.into_iter().enumerate() {
        let items = collect(&pair, cx).map_err(|_| {
            Error::type_error(format!(
                "cannot convert dictionary update sequence element #{i} to a sequence"
            ))
        })?;
        let [k, v] = items.as_slice() else {
            return Err(Error::value(format!(
                "dictionary update sequence element #{i} has length {}; 2 is required",
                items.len()
            )));
        };
        out.push((k.clone(), v.clone()));
    }
    Ok(out)
}

/// `len(value)`, where it has one.
pub fn length(value: &Value, cx: &Context) -> Option<Result<usize>> {
    Some(Ok(match value {
        Value::Str(s) => s.chars().count(),
        Value::Bytes(b) => b.len(),
        Value::Tuple(t) => t.len(),
        Value::List(l) => l.lock().len(),
        Value::Dict(d) | Value::Set(d) => d.lock().len(),
        Value::Range(a, b, c) => range_len(*a, *b, *c),
        Value::Array(nd) if nd.is_scalar() => match nd.item() {
            Ok(Value::Str(s)) => s.chars().count(),
            Ok(Value::Bytes(b)) => b.len(),
            Ok(Value::Tuple(t)) => t.len(),
            _ => return None,
        },
        Value::Array(nd) => match nd.shape().map(|s| s.first().copied()) {
            Ok(Some(n)) => n,
            Ok(None) => return Some(Err(Error::type_error("len() of unsized object"))),
            Err(e) => return Some(Err(e)),
        },
        Value::DType(d) => d.fields().map_or(0, |s| s.fields.len()),
        Value::Foreign(f) => {
            if let Some(n) = h5::length(f, cx) {
                return Some(n);
            }
            if let Some(view) = f.as_any().downcast_ref::<View>() {
                return Some(Ok(view.dict.lock().len()));
            }
            if let Some(flat) = f.as_any().downcast_ref::<Flat>() {
                return Some(flat.nd.size());
            }
            f.as_any().downcast_ref::<Frozen>()?.0.len()
        }
        _ => return None,
    }))
}

/// `reversed(value)`.
///
/// # Errors
/// TypeError where it has no order.
pub fn reversed(value: &Value, cx: &Context) -> Result<Value> {
    match value {
        Value::Set(_) => Err(Error::type_error("'set' object is not reversible")),
        Value::Foreign(f) if f.next(cx).is_some() && !is_array(value) => {
            Err(Error::type_error(format!("'{}' object is not reversible", value.type_name())))
        }
        _ => {
            let mut items = collect(value, cx)?;
            items.reverse();
            Ok(Made::value("reversed", super::iter::Iter::Items(items.into_iter())))
        }
    }
}

/// The pieces of `start:stop:step` over a length, as `slice.indices` gives them.
///
/// # Errors
/// TypeError; ValueError for a step of zero.
pub fn slice_indices(slice: &[Value; 3], len: usize) -> Result<(i64, i64, i64)> {
    let part = |v: &Value| -> Result<Option<i64>> {
        match v {
            Value::None => Ok(None),
            Value::Int(n) => {
                Ok(Some(n.to_i64().unwrap_or(if n.sign() == num_bigint::Sign::Minus {
                    i64::MIN + 1
                } else {
                    i64::MAX
                })))
            }
            other => other.index().map(Some).map_err(|_| {
                Error::type_error(
                    "slice indices must be integers or None or have an __index__ method",
                )
            }),
        }
    };
    let (start, stop, step) = (part(&slice[0])?, part(&slice[1])?, part(&slice[2])?.unwrap_or(1));
    if step == 0 {
        return Err(Error::value("slice step cannot be zero"));
    }
    let n = len as i64;
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let fix = |v: Option<i64>, default: i64| match v {
        None => default,
        Some(i) if i < 0 => i.saturating_add(n).max(low),
        Some(i) => i.min(high),
    };
    let (first, last) = if step < 0 { (high, low) } else { (low, high) };
    Ok((fix(start, first), fix(stop, last), step))
}

/// The positions that a slice picks out of a length.
///
/// # Errors
/// As [`slice_indices`].
pub fn slice_positions(slice: &[Value; 3], len: usize) -> Result<Vec<usize>> {
    let (a, b, c) = slice_indices(slice, len)?;
    let n = range_len(a, b, c);
    Ok((0..n).map(|i| (a + i as i64 * c) as usize).collect())
}

/// The next of an iterator.
///
/// # Errors
/// `TypeError: 'list' object is not an iterator`.
pub fn next(value: &Value, cx: &Context) -> Result<Option<Value>> {
    match value {
        Value::Foreign(f) => match f.next(cx) {
            Some(item) => item,
            None => {
                Err(Error::type_error(format!("'{}' object is not an iterator", value.type_name())))
            }
        },
        _ => Err(Error::type_error(format!("'{}' object is not an iterator", value.type_name()))),
    }
}
