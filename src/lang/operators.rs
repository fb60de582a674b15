//! Operators between values: Python's own on its values, universal functions on arrays.

use super::ast::{Operator, Unary};
use super::containers::{self, set_of};
use super::h5;
use super::numbers::{self};
use super::percent;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::registry::{call, call_named, find};
use crate::numpy::{Class, Value, show};

/// `TypeError: unsupported operand type(s) for +: 'int' and 'str'`.
pub fn unsupported(op: Operator, a: &Value, b: &Value) -> Error {
    Error::type_error(format!(
        "unsupported operand type(s) for {}: '{}' and '{}'",
        op.symbol(),
        a.type_name(),
        b.type_name()
    ))
}

/// Whether universal functions deal with it.
pub fn is_array(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Foreign(f) => h5::is_dataset(f),
        _ => false,
    }
}

/// An operator between two values.
///
/// # Errors
/// TypeError where there is none for them; whatever it meets.
pub fn binary(op: Operator, a: &Value, b: &Value, cx: &Context) -> Result<Value> {
    for (x, is_left) in [(a, true), (b, false)] {
        if let Some(plain) = super::h5::in_python(x, cx) {
            let plain = plain?;
            return if is_left { binary(op, &plain, b, cx) } else { binary(op, a, &plain, cx) };
        }
    }
    if let Some(result) = numbers::binary(op, a, b) {
        return result;
    }
    use Operator::*;
    // NumPy's text is Python's, where no array is about
    if let (Some(x), Some(y)) = (plain_text(a), plain_text(b))
        && (is_array(a) || is_array(b))
        && op == Add
        && x.type_name() == y.type_name()
    {
        return binary(op, &x, &y, cx);
    }
    match (op, a, b) {
        (Remainder, Value::Str(s), _) => return Ok(Value::str(percent::percent(s, b, cx)?)),
        (Remainder, Value::Bytes(s), _) => {
            let text: String = s.iter().map(|&c| c as char).collect();
            let done = percent::percent(&text, b, cx)?;
            return Ok(Value::Bytes(done.chars().map(|c| c as u8).collect::<Vec<_>>().into()));
        }
        (Multiply, Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_), n)
            if is_count(n) =>
        {
            return containers::repeat(a, n);
        }
        (Multiply, n, Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_))
            if is_count(n) =>
        {
            return containers::repeat(b, n);
        }
        _ => {}
    }
    if is_array(a) || is_array(b) {
        return arrays(op, a, b, cx);
    }
    match (op, a, b) {
        (Add, Value::Str(x), Value::Str(y)) => Ok(Value::str(format!("{x}{y}"))),
        (Add, Value::Bytes(x), Value::Bytes(y)) => {
            Ok(Value::Bytes([x.as_ref(), y.as_ref()].concat().into()))
        }
        (Add, Value::List(x), Value::List(y)) => {
            let mut out = x.lock().clone();
            let more = y.lock().clone();
            out.extend(more);
            Ok(Value::list(out))
        }
        (Add, Value::Tuple(x), Value::Tuple(y)) => {
            Ok(Value::tuple(x.iter().chain(y.iter()).cloned().collect()))
        }
        (Add, Value::Str(_), _) => Err(Error::type_error(format!(
            "can only concatenate str (not \"{}\") to str",
            b.type_name()
        ))),
        (Add, Value::List(_), _) => Err(Error::type_error(format!(
            "can only concatenate list (not \"{}\") to list",
            b.type_name()
        ))),
        (Add, Value::Tuple(_), _) => Err(Error::type_error(format!(
            "can only concatenate tuple (not \"{}\") to tuple",
            b.type_name()
        ))),
        (Multiply, Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_), _) => {
            Err(Error::type_error(format!(
                "can't multiply sequence by non-int of type '{}'",
                b.type_name()
            )))
        }
        (Or, Value::Dict(x), Value::Dict(y)) => {
            let mut out = x.lock().clone();
            let more = y.lock().clone();
            for (k, v) in more.iter() {
                out.set(k.clone(), v.clone())?;
            }
            Ok(containers::dict(out))
        }
        (And | Or | Xor | Subtract, _, _) => match (set_of(a), set_of(b)) {
            (Some(x), Some(y)) => containers::set_operation(op, &x, &y, containers::is_frozen(a)),
            _ => Err(unsupported(op, a, b)),
        },
        _ => Err(unsupported(op, a, b)),
    }
}

/// Text or bytes as Python's own, where it is a single one.
pub fn plain_text(value: &Value) -> Option<Value> {
    match value {
        Value::Str(_) | Value::Bytes(_) => Some(value.clone()),
        Value::Array(nd) if nd.is_scalar() && nd.dtype().is_ok_and(|d| d.is_string()) => {
            nd.item().ok()
        }
        _ => None,
    }
}

/// A whole number that a sequence can be multiplied by.
fn is_count(value: &Value) -> bool {
    match value {
        Value::Int(_) | Value::Bool(_) => true,
        Value::Array(nd) => nd.is_scalar() && nd.dtype().is_ok_and(|d| d.is_integer()),
        _ => false,
    }
}

pub(super) fn class_of(value: &Value) -> Option<&Class> {
    match value {
        Value::Array(nd) => Some(nd.class()),
        _ => None,
    }
}

/// Whether it is an array of truth values.
fn bool_array(value: &Value, cx: &Context) -> Result<bool> {
    Ok(match value {
        Value::Array(nd) => !nd.is_scalar() && nd.dtype()? == DType::Bool,
        Value::Foreign(f) => match f.array(cx) {
            Some(array) => array.is_ok_and(|a| a.ndim() > 0 && *a.dtype() == DType::Bool),
            None => false,
        },
        _ => false,
    })
}

fn arrays(op: Operator, a: &Value, b: &Value, cx: &Context) -> Result<Value> {
    let either = |class: Class| class_of(a) == Some(&class) || class_of(b) == Some(&class);
    let pair = || vec![a.clone(), b.clone()];
    if either(Class::Matrix) {
        let many = |v: &Value| match v {
            Value::Array(nd) => nd.ndim().is_ok_and(|n| n > 0),
            Value::List(_) | Value::Tuple(_) => true,
            _ => false,
        };
        let name = match op {
            Operator::Multiply if many(a) && many(b) => "matmul",
            Operator::Power if !many(b) => "linalg.matrix_power",
            op => op.ufunc(),
        };
        return Ok(match call_named(name, pair(), cx)? {
            Value::Array(nd) if !nd.is_scalar() && nd.ndim()? == 2 => {
                Value::Array(nd.with_class(Class::Matrix))
            }
            other => other,
        });
    }
    if either(Class::CharArray) {
        let name = match op {
            Operator::Add => "char.add",
            Operator::Multiply => "char.multiply",
            Operator::Remainder => "char.mod",
            op => op.ufunc(),
        };
        return Ok(match call_named(name, pair(), cx)? {
            Value::Array(nd) if !nd.is_scalar() => Value::Array(nd.with_class(Class::CharArray)),
            other => other,
        });
    }
    for x in [a, b] {
        let strange = match x {
            Value::None | Value::Array(_) => false,
            Value::Foreign(f) => !h5::is_dataset(f),
            Value::Dict(_) | Value::Set(_) | Value::Slice(_) | Value::Function(_) => true,
            Value::Type(_) | Value::DType(_) | Value::UfuncMethod(..) => true,
            _ => false,
        };
        if strange {
            return Err(unsupported(op, a, b));
        }
    }
    if let (Operator::Power, Value::Int(n)) = (op, b)
        && *n == 2.into()
        && bool_array(a, cx)?
    {
        // NumPy takes the square, whose result is narrower than that of the power
        return call_named("square", vec![a.clone()], cx);
    }
    call_named(op.ufunc(), pair(), cx)
}

/// `a op= b`: what the target is afterwards. Arrays, lists, dicts and sets are changed in place.
///
/// # Errors
/// As [`binary`].
pub fn augmented(op: Operator, a: &Value, b: &Value, cx: &Context) -> Result<Value> {
    if let Value::Foreign(f) = a
        && let Some(done) = super::h5_write::augmented(op, f, b, cx)
    {
        return done.map(|()| a.clone());
    }
    match (op, a) {
        (_, Value::Array(nd)) if !nd.is_scalar() && *nd.class() != Class::CharArray => {
            let name = match (op, nd.class()) {
                (Operator::Multiply, Class::Matrix) if is_array(b) => {
                    let product = binary(op, a, b, cx)?;
                    super::subscripts::set_item(a, &Value::Ellipsis, product, cx)?;
                    return Ok(a.clone());
                }
                _ => op.ufunc(),
            };
            let Some(function) = find(name) else { return Err(unsupported(op, a, b)) };
            call(function, vec![a.clone(), b.clone()], vec![("out".into(), a.clone())], cx)?;
            Ok(a.clone())
        }
        (Operator::Add, Value::List(list)) => {
            let more = super::iter::collect(b, cx)?;
            list.lock().extend(more);
            Ok(a.clone())
        }
        (Operator::Multiply, Value::List(list)) if is_count(b) => {
            if let Value::List(out) = containers::repeat(a, b)? {
                let items = out.lock().clone();
                *list.lock() = items;
            }
            Ok(a.clone())
        }
        (Operator::Or, Value::Dict(dict)) => {
            let more = containers::entries(b, cx)?;
            let mut dict = dict.lock();
            for (k, v) in more {
                dict.set(k, v)?;
            }
            drop(dict);
            Ok(a.clone())
        }
        (Operator::And | Operator::Or | Operator::Xor | Operator::Subtract, Value::Set(set))
            if set_of(b).is_some() =>
        {
            if let Value::Set(out) = binary(op, a, b, cx)? {
                let items = out.lock().clone();
                *set.lock() = items;
            }
            Ok(a.clone())
        }
        _ => binary(op, a, b, cx),
    }
}

/// An operator before a value.
///
/// # Errors
/// `TypeError: bad operand type for unary -: 'str'`.
pub fn unary(op: Unary, value: &Value, cx: &Context) -> Result<Value> {
    if op == Unary::Not {
        return Ok(Value::Bool(!truth(value, cx)?));
    }
    if let Some(v) = numbers::unary(op, value) {
        return Ok(v);
    }
    let (name, symbol) = match op {
        Unary::Negative => ("negative", "-"),
        Unary::Positive => ("positive", "+"),
        _ => ("invert", "~"),
    };
    if is_array(value) {
        let class = class_of(value).cloned();
        return Ok(match (call_named(name, vec![value.clone()], cx)?, class) {
            (Value::Array(nd), Some(Class::Matrix)) => Value::Array(nd.with_class(Class::Matrix)),
            (v, _) => v,
        });
    }
    Err(Error::type_error(format!("bad operand type for unary {symbol}: '{}'", value.type_name())))
}

/// `str(value)`: of a dataset what its array is shown as.
///
/// # Errors
/// As showing it.
pub fn text(value: &Value, cx: &Context) -> Result<String> {
    match value {
        Value::Foreign(f) if h5::is_dataset(f) => match f.array(cx) {
            Some(array) => show::str_of(&Value::array(array?), cx),
            None => show::str_of(value, cx),
        },
        other => show::str_of(other, cx),
    }
}

/// Python's truth of a value.
///
/// # Errors
/// ValueError for arrays of several elements.
pub fn truth(value: &Value, cx: &Context) -> Result<bool> {
    match value {
        Value::Foreign(f) if is_array(value) => match f.array(cx) {
            Some(array) => Value::array(array?).truth(),
            None => Ok(true),
        },
        Value::Foreign(_) => match containers::length(value, cx) {
            Some(n) => Ok(n? > 0),
            None => Ok(true),
        },
        _ => value.truth(),
    }
}
