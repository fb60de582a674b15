//! Python's equality and order of values that stand in files, as lists need them.

use std::cmp::Ordering;

use num_traits::ToPrimitive;

use super::dict::in_memory;
use super::{Context, Error, Result, Value};
use crate::numpy::registry::call_named;

/// Whether two values are equal: Python's `==`; arrays are where shapes and all elements are.
///
/// # Errors
/// As reading them.
pub fn equal(a: &Value, b: &Value, cx: &Context) -> Result<bool> {
    let (a, b) = (in_memory(a, cx)?, in_memory(b, cx)?);
    within(&a, &b, cx, 0)
}

fn within(a: &Value, b: &Value, cx: &Context, depth: usize) -> Result<bool> {
    if depth > 200 {
        return Err(Error::value("values are nested too deep to be compared"));
    }
    let all = |a: &[Value], b: &[Value]| -> Result<bool> {
        if a.len() != b.len() {
            return Ok(false);
        }
        for (a, b) in a.iter().zip(b) {
            if !within(a, b, cx, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    Ok(match (a, b) {
        (Value::None, Value::None) | (Value::Ellipsis, Value::Ellipsis) => true,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => all(&a.lock().clone(), &b.lock().clone())?,
        (Value::Tuple(a), Value::Tuple(b)) => all(a, b)?,
        (Value::Dict(a), Value::Dict(b)) => {
            let (a, b) = (a.lock().clone(), b.lock().clone());
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, value) in a.iter() {
                match b.get(key)? {
                    Some(other) if within(value, other, cx, depth + 1)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Value::Set(a), Value::Set(b)) => {
            let (a, b) = (a.lock().clone(), b.lock().clone());
            a.len() == b.len() && a.iter().all(|(k, _)| b.get(k).is_ok_and(|v| v.is_some()))
        }
        (Value::Array(x), _) if !x.is_scalar() => same_elements(a, b, cx)?,
        (_, Value::Array(x)) if !x.is_scalar() => same_elements(a, b, cx)?,
        (Value::Foreign(x), Value::Foreign(y)) => {
            std::sync::Arc::ptr_eq(x, y)
                || (x.type_name() == y.type_name() && x.repr(cx)? == y.repr(cx)?)
        }
        _ => match (complex(a), complex(b)) {
            (Some(x), Some(y)) => match (whole(a), whole(b)) {
                (Some(x), Some(y)) => x == y,
                _ => x == y,
            },
            _ => match (a.as_str(), b.as_str()) {
                (Some(x), Some(y)) => x == y,
                _ => matches!((a.hashed(), b.hashed()), (Ok(x), Ok(y)) if x == y),
            },
        },
    })
}

/// An array and a list, or another array.
fn same_elements(a: &Value, b: &Value, cx: &Context) -> Result<bool> {
    let sequence = |v: &Value| matches!(v, Value::Array(_) | Value::List(_) | Value::Tuple(_));
    if !sequence(a) || !sequence(b) {
        return Ok(false);
    }
    match call_named("array_equal", vec![a.clone(), b.clone()], cx) {
        Ok(same) => same.truth(),
        // ragged lists, texts beside numbers
        Err(_) => Ok(false),
    }
}

fn whole(value: &Value) -> Option<num_bigint::BigInt> {
    match value {
        Value::Bool(b) => Some(u8::from(*b).into()),
        Value::Int(n) => Some(n.clone()),
        Value::Array(nd) if nd.is_scalar() => whole(&plain(value)?),
        _ => None,
    }
}

/// A NumPy scalar as the Python value that it is.
fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::Array(nd) if nd.is_scalar() => {
            nd.item().ok().filter(|v| !matches!(v, Value::Array(_)))
        }
        other => Some(other.clone()),
    }
}

fn complex(value: &Value) -> Option<(f64, f64)> {
    match plain(value)? {
        Value::Bool(b) => Some((f64::from(u8::from(b)), 0.0)),
        Value::Int(n) => Some((n.to_f64()?, 0.0)),
        Value::Float(x) => Some((x, 0.0)),
        Value::Complex(re, im) => Some((re, im)),
        _ => None,
    }
}

/// The order of two values: Python's `<`.
///
/// # Errors
/// `TypeError: '<' not supported between instances of 'int' and 'str'`.
pub fn order(a: &Value, b: &Value) -> Result<Ordering> {
    let refused = || {
        Error::type_error(format!(
            "'<' not supported between instances of '{}' and '{}'",
            b.type_name(),
            a.type_name()
        ))
    };
    let lists = |a: &[Value], b: &[Value]| -> Result<Ordering> {
        for (a, b) in a.iter().zip(b) {
            match order(a, b)? {
                Ordering::Equal => {}
                other => return Ok(other),
            }
        }
        Ok(a.len().cmp(&b.len()))
    };
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return Ok(a.cmp(&b));
    }
    match (plain(a), plain(b)) {
        (Some(Value::Str(a)), Some(Value::Str(b))) => Ok(a.cmp(&b)),
        (Some(Value::Bytes(a)), Some(Value::Bytes(b))) => Ok(a.cmp(&b)),
        (Some(Value::List(a)), Some(Value::List(b))) => lists(&a.lock().clone(), &b.lock().clone()),
        (Some(Value::Tuple(a)), Some(Value::Tuple(b))) => lists(&a, &b),
        // arrays of one axis, which lists of numbers have become
        (Some(x @ Value::Array(_)), Some(y @ Value::Array(_))) => match (x.float(), y.float()) {
            (Ok(x), Ok(y)) => x.partial_cmp(&y).ok_or_else(refused),
            _ => Err(Error::value(
                "The truth value of an array with more than one element is ambiguous. Use \
                     a.any() or a.all()",
            )),
        },
        (Some(a), Some(b)) => match (complex(&a), complex(&b)) {
            (Some((x, xi)), Some((y, yi))) if xi == 0.0 && yi == 0.0 => {
                Ok(x.partial_cmp(&y).unwrap_or(Ordering::Equal))
            }
            _ => Err(refused()),
        },
        _ => Err(refused()),
    }
}
