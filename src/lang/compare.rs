//! Comparisons: equality, order, identity, membership.

use std::cmp::Ordering;
use std::sync::Arc;

use num_traits::ToPrimitive;

use super::ast::Comparison;
use super::containers::{self, set_of};
use super::h5;
use super::iter::Iter;
use super::numbers::{self, Number};
use super::operators::class_of;
use super::operators::{is_array, truth};
use crate::array::error::Kind;
use crate::array::{Context, Error, Result};
use crate::numpy::convert::{as_array, as_dtype};
use crate::numpy::registry::call_named;
use crate::numpy::value::range_len;
use crate::numpy::{Class, Value};

/// How deep lists may be nested for a comparison.
const DEEPEST: usize = 200;

/// A comparison.
///
/// # Errors
/// TypeError where values have no order; whatever arrays meet.
pub fn compare(op: Comparison, a: &Value, b: &Value, cx: &Context) -> Result<Value> {
    use Comparison::*;
    // identity and membership are of the object in the file, all else of what is in it
    if !matches!(op, Is | IsNot | In | NotIn) {
        if let Some(plain) = h5::in_python(a, cx) {
            return compare(op, &plain?, b, cx);
        }
        if let Some(plain) = h5::in_python(b, cx) {
            return compare(op, a, &plain?, cx);
        }
    }
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
        && let (Ok(x), Ok(y)) = (as_array(a, cx), as_array(b, cx))
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
        // what stands in a file inside a list or dict
        (Value::Foreign(_), Value::List(_) | Value::Dict(_) | Value::Foreign(_))
        | (Value::List(_) | Value::Dict(_), Value::Foreign(_)) => {
            crate::object::compare::equal(&h5::given_up(a.clone()), &h5::given_up(b.clone()), cx)?
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
        Value::Foreign(f) if h5::contains(f, item, cx).is_some() => {
            h5::contains(f, item, cx).unwrap_or(Ok(false))
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
