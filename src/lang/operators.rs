//! Operators between values: Python's own on its values, universal functions on arrays.

use std::cmp::Ordering;
use std::sync::Arc;

use num_traits::ToPrimitive;

use super::ast::{Comparison, Operator, Unary};
use super::containers::{self, set_of};
use super::iter::Iter;
use super::numbers::{self, Number};
use super::{format, h5};
use crate::array::error::Kind;
use crate::array::{Context, Error, Result};
use crate::numpy::convert::as_dtype;
use crate::numpy::registry::{call, call_named, find};
use crate::numpy::value::range_len;
use crate::numpy::{Class, Value, show};

/// How deep lists may be nested for a comparison.
const DEEPEST: usize = 200;

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
        (Remainder, Value::Str(s), _) => return Ok(Value::str(format::percent(s, b, cx)?)),
        (Remainder, Value::Bytes(s), _) => {
            let text: String = s.iter().map(|&c| c as char).collect();
            let done = format::percent(&text, b, cx)?;
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

fn class_of(value: &Value) -> Option<&Class> {
    match value {
        Value::Array(nd) => Some(nd.class()),
        _ => None,
    }
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
    for (x, y) in [(a, b), (b, a)] {
        let strange = match x {
            Value::None | Value::Array(_) => false,
            Value::Foreign(f) => !h5::is_dataset(f),
            Value::Dict(_) | Value::Set(_) | Value::Slice(_) | Value::Function(_) => true,
            Value::Type(_) | Value::DType(_) | Value::UfuncMethod(..) => true,
            _ => false,
        };
        let _ = y;
        if strange {
            return Err(unsupported(op, a, b));
        }
    }
    call_named(op.ufunc(), pair(), cx)
}

/// `a op= b`: what the target is afterwards. Arrays, lists, dicts and sets are changed in place.
///
/// # Errors
/// As [`binary`].
pub fn augmented(op: Operator, a: &Value, b: &Value, cx: &Context) -> Result<Value> {
    match (op, a) {
        (_, Value::Array(nd)) if !nd.is_scalar() && *nd.class() != Class::CharArray => {
            let name = match (op, nd.class()) {
                (Operator::Multiply, Class::Matrix) if is_array(b) => {
                    let product = binary(op, a, b, cx)?;
                    super::arrays::set_item(a, &Value::Ellipsis, &product, cx)?;
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

/// A comparison.
///
/// # Errors
/// TypeError where values have no order; whatever arrays meet.
pub fn compare(op: Comparison, a: &Value, b: &Value, cx: &Context) -> Result<Value> {
    use Comparison::*;
    Ok(match op {
        Is => Value::Bool(same(a, b)),
        IsNot => Value::Bool(!same(a, b)),
        In => Value::Bool(contains(b, a, cx)?),
        NotIn => Value::Bool(!contains(b, a, cx)?),
        _ if is_array(a) || is_array(b) => compare_arrays(op, a, b, cx)?,
        Equal => Value::Bool(equal(a, b, cx)?),
        NotEqual => Value::Bool(!equal(a, b, cx)?),
        _ => Value::Bool(ordered(op, a, b, cx, 0)?),
    })
}

fn compare_arrays(op: Comparison, a: &Value, b: &Value, cx: &Context) -> Result<Value> {
    let name = match op {
        Comparison::Equal => "equal",
        Comparison::NotEqual => "not_equal",
        Comparison::Less => "less",
        Comparison::LessEqual => "less_equal",
        Comparison::Greater => "greater",
        _ => "greater_equal",
    };
    let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
    if equality {
        for x in [a, b] {
            let other = matches!(
                x,
                Value::Dict(_)
                    | Value::Set(_)
                    | Value::Type(_)
                    | Value::DType(_)
                    | Value::Function(_)
            );
            if other {
                return Ok(Value::Bool(op == Comparison::NotEqual));
            }
        }
    }
    if equality
        && let (Ok(x), Ok(y)) =
            (crate::numpy::convert::as_array(a, cx), crate::numpy::convert::as_array(b, cx))
        && let Some(same) = crate::numpy::ufunc::compare::structs(&x, &y, cx)?
    {
        let same = Value::result(same);
        return match op {
            Comparison::NotEqual => call_named("logical_not", vec![same], cx),
            _ => Ok(same),
        };
    }
    match call_named(name, vec![a.clone(), b.clone()], cx) {
        // what can't be compared is not equal, everywhere
        Err(e) if equality && e.kind == Kind::UFuncTypeError => {
            let (x, y) =
                (crate::numpy::convert::as_array(a, cx)?, crate::numpy::convert::as_array(b, cx)?);
            let shape = crate::array::view::broadcast_shapes(&[x.shape(), y.shape()])?;
            let one = crate::numpy::nd::number(
                crate::array::DType::Bool,
                u8::from(op == Comparison::NotEqual),
            );
            Ok(Value::result(crate::array::view::broadcast_to(&one, &shape)?))
        }
        Ok(Value::Array(nd))
            if class_of(a) == Some(&Class::Matrix) || class_of(b) == Some(&Class::Matrix) =>
        {
            Ok(Value::Array(if nd.is_scalar() { nd } else { nd.with_class(Class::Matrix) }))
        }
        other => other,
    }
}

/// Whether two values are the same object, as far as values have an identity here.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::None, Value::None)
        | (Value::Ellipsis, Value::Ellipsis)
        | (Value::NotImplemented, Value::NotImplemented) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Complex(a, b), Value::Complex(c, d)) => (a, b) == (c, d),
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Tuple(a), Value::Tuple(b)) => Arc::ptr_eq(a, b) || a.is_empty() && b.is_empty(),
        (Value::List(a), Value::List(b)) => Arc::ptr_eq(a, b),
        (Value::Dict(a), Value::Dict(b)) | (Value::Set(a), Value::Set(b)) => Arc::ptr_eq(a, b),
        (Value::Slice(a), Value::Slice(b)) => Arc::ptr_eq(a, b),
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::DType(a), Value::DType(b)) => a == b,
        (Value::Function(a), Value::Function(b)) => std::ptr::eq(*a, *b),
        (Value::UfuncMethod(a, m), Value::UfuncMethod(b, n)) => std::ptr::eq(*a, *b) && m == n,
        (Value::Foreign(a), Value::Foreign(b)) => Arc::ptr_eq(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.shares(b) && a.is_view() == b.is_view() && a.shape().ok() == b.shape().ok()
        }
        _ => false,
    }
}

/// Python's `==` as a truth.
///
/// # Errors
/// ValueError where arrays inside have no single truth.
pub fn equal(a: &Value, b: &Value, cx: &Context) -> Result<bool> {
    equal_at(a, b, cx, 0)
}

fn equal_at(a: &Value, b: &Value, cx: &Context, depth: usize) -> Result<bool> {
    if depth > DEEPEST {
        return Err(Error::new(
            Kind::RecursionError,
            "maximum recursion depth exceeded in comparison",
        ));
    }
    if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
        return Ok(numbers::equal(&x, &y));
    }
    if is_array(a) || is_array(b) {
        return truth(&compare_arrays(Comparison::Equal, a, b, cx)?, cx);
    }
    let all = |x: &[Value], y: &[Value]| -> Result<bool> {
        if x.len() != y.len() {
            return Ok(false);
        }
        for (p, q) in x.iter().zip(y) {
            if !same(p, q) && !equal_at(p, q, cx, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    Ok(match (a, b) {
        (Value::Tuple(x), Value::Tuple(y)) => all(x, y)?,
        (Value::List(x), Value::List(y)) => {
            let (x, y) = (x.lock().clone(), y.lock().clone());
            all(&x, &y)?
        }
        (Value::Slice(x), Value::Slice(y)) => all(&x[..], &y[..])?,
        (Value::Dict(x), Value::Dict(y)) => {
            let (x, y) = (x.lock().clone(), y.lock().clone());
            if x.len() != y.len() {
                return Ok(false);
            }
            for (k, v) in x.iter() {
                match y.get(k)? {
                    Some(w) if same(v, w) || equal_at(v, w, cx, depth + 1)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Value::Range(a, b, c), Value::Range(d, e, f)) => {
            let (n, m) = (range_len(*a, *b, *c), range_len(*d, *e, *f));
            n == m && (n == 0 || a == d && (n == 1 || c == f))
        }
        (Value::DType(d), other) | (other, Value::DType(d)) => {
            matches!(other, Value::DType(_) | Value::Type(_) | Value::Str(_))
                && as_dtype(other).is_ok_and(|o| o == *d)
        }
        (Value::Foreign(x), Value::Foreign(y)) if h5::equal(x, y).is_some() => {
            h5::equal(x, y).unwrap_or(false)
        }
        _ => match (set_of(a), set_of(b)) {
            (Some(x), Some(y)) => x.len() == y.len() && containers::is_subset(&x, &y)?,
            _ => same(a, b),
        },
    })
}

/// Whether `a op b` for one of the four orders.
///
/// # Errors
/// `TypeError: '<' not supported between instances of 'int' and 'str'`.
fn ordered(op: Comparison, a: &Value, b: &Value, cx: &Context, depth: usize) -> Result<bool> {
    let by = |o: Option<Ordering>| match (op, o) {
        (_, None) => false,
        (Comparison::Less, Some(o)) => o.is_lt(),
        (Comparison::LessEqual, Some(o)) => o.is_le(),
        (Comparison::Greater, Some(o)) => o.is_gt(),
        (_, Some(o)) => o.is_ge(),
    };
    let no = || {
        Error::type_error(format!(
            "'{}' not supported between instances of '{}' and '{}'",
            op.symbol(),
            a.type_name(),
            b.type_name()
        ))
    };
    if depth > DEEPEST {
        return Err(Error::new(
            Kind::RecursionError,
            "maximum recursion depth exceeded in comparison",
        ));
    }
    match (Number::of(a), Number::of(b)) {
        (Some(Number::Complex(..)), Some(_)) | (Some(_), Some(Number::Complex(..))) => {
            return Err(no());
        }
        (Some(x), Some(y)) => return Ok(by(numbers::order(&x, &y))),
        _ => {}
    }
    if is_array(a) || is_array(b) {
        return truth(&compare_arrays(op, a, b, cx)?, cx);
    }
    let lists = |x: &[Value], y: &[Value]| -> Result<bool> {
        for (p, q) in x.iter().zip(y) {
            if !same(p, q) && !equal_at(p, q, cx, depth + 1)? {
                return ordered(op, p, q, cx, depth + 1);
            }
        }
        Ok(by(Some(x.len().cmp(&y.len()))))
    };
    match (a, b) {
        (Value::Str(x), Value::Str(y)) => Ok(by(Some(x.cmp(y)))),
        (Value::Bytes(x), Value::Bytes(y)) => Ok(by(Some(x.cmp(y)))),
        (Value::Tuple(x), Value::Tuple(y)) => lists(x, y),
        (Value::List(x), Value::List(y)) => {
            let (x, y) = (x.lock().clone(), y.lock().clone());
            lists(&x, &y)
        }
        _ => match (set_of(a), set_of(b)) {
            (Some(x), Some(y)) => Ok(match op {
                Comparison::Less => x.len() < y.len() && containers::is_subset(&x, &y)?,
                Comparison::LessEqual => containers::is_subset(&x, &y)?,
                Comparison::Greater => y.len() < x.len() && containers::is_subset(&y, &x)?,
                _ => containers::is_subset(&y, &x)?,
            }),
            _ => Err(no()),
        },
    }
}

/// `a < b`, as sorting asks it.
///
/// # Errors
/// TypeError where they have no order.
pub fn less(a: &Value, b: &Value, cx: &Context) -> Result<bool> {
    ordered(Comparison::Less, a, b, cx, 0)
}

/// `item in container`.
///
/// # Errors
/// TypeError where nothing can be in it.
pub fn contains(container: &Value, item: &Value, cx: &Context) -> Result<bool> {
    match container {
        Value::Str(s) => match item.as_str() {
            Some(part) => Ok(s.contains(part.as_str())),
            None => Err(Error::type_error(format!(
                "'in <string>' requires string as left operand, not {}",
                item.type_name()
            ))),
        },
        Value::Bytes(b) => match item {
            Value::Bytes(part) => {
                Ok(part.is_empty() || b.windows(part.len()).any(|w| w == part.as_ref()))
            }
            other => {
                let n = other.index()?;
                u8::try_from(n)
                    .map(|n| b.contains(&n))
                    .map_err(|_| Error::value("byte must be in range(0, 256)"))
            }
        },
        Value::Dict(d) | Value::Set(d) => Ok(d.lock().get(item)?.is_some()),
        Value::Range(a, b, c) => match item {
            Value::Int(n) => Ok(n.to_i64().is_some_and(|n| {
                let offset = i128::from(n) - i128::from(*a);
                let c = i128::from(*c);
                offset % c == 0
                    && offset / c >= 0
                    && offset / c < range_len(*a, *b, c as i64) as i128
            })),
            Value::Bool(x) => contains(container, &Value::int(u8::from(*x)), cx),
            Value::Float(x) if x.fract() == 0.0 => match numbers::float_to_int(*x) {
                Ok(n) => contains(container, &Value::Int(n), cx),
                Err(_) => Ok(false),
            },
            _ => Ok(false),
        },
        Value::Foreign(f) if h5::contains(f, item).is_some() => {
            h5::contains(f, item).unwrap_or(Ok(false))
        }
        _ if is_array(container) => {
            let hits = compare_arrays(Comparison::Equal, container, item, cx)?;
            truth(&call_named("any", vec![hits], cx)?, cx)
        }
        _ => {
            let mut iter = match Iter::of(container, cx) {
                Ok(iter) => iter,
                Err(_) => {
                    return Err(Error::type_error(format!(
                        "argument of type '{}' is not iterable",
                        container.type_name()
                    )));
                }
            };
            while let Some(x) = iter.next(cx)? {
                if same(&x, item) || equal(&x, item, cx)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}
