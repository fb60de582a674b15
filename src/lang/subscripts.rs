//! What stands in brackets: `x[key]`, `x[key] = y`, `del x[key]`.

use super::containers;
use super::flat::Flat;
use super::iter::collect;
use super::{h5, h5_write, modules};
use crate::array::{Context, Error, Result};
use crate::numpy::{Value, index, show};

/// A position in a sequence of `len`, counted from the front.
fn position(key: &Value, len: usize, what: &str) -> Result<usize> {
    let i = key.index().map_err(|e| match e.kind {
        crate::array::error::Kind::OverflowError => {
            Error::index("cannot fit 'int' into an index-sized integer")
        }
        _ => Error::type_error(format!(
            "{what} indices must be integers or slices, not {}",
            key.type_name()
        )),
    })?;
    let at = if i < 0 { i.saturating_add(len as i64) } else { i };
    match usize::try_from(at) {
        Ok(at) if at < len => Ok(at),
        _ if what == "string" => Err(Error::index("string index out of range")),
        _ => Err(Error::index(format!("{what} index out of range"))),
    }
}

/// `value[key]`.
///
/// # Errors
/// IndexError, KeyError, TypeError in Python's words.
pub fn get_item(value: &Value, key: &Value, cx: &Context) -> Result<Value> {
    let picked = |items: &[Value]| -> Result<Vec<Value>> {
        let Value::Slice(s) = key else { return Ok(Vec::new()) };
        Ok(containers::slice_positions(s, items.len())?.iter().map(|&i| items[i].clone()).collect())
    };
    let is_slice = matches!(key, Value::Slice(_));
    match value {
        Value::Array(nd)
            if nd.is_scalar() && (is_slice || key.index().is_ok()) && nd.dtype()?.is_string() =>
        {
            get_item(&nd.item()?, key, cx)
        }
        Value::Array(nd) => index::get(nd, key, cx),
        Value::List(l) => {
            let items = l.lock();
            match is_slice {
                true => Ok(Value::list(picked(&items)?)),
                false => Ok(items[position(key, items.len(), "list")?].clone()),
            }
        }
        Value::Tuple(t) => match is_slice {
            true => Ok(Value::tuple(picked(t)?)),
            false => Ok(t[position(key, t.len(), "tuple")?].clone()),
        },
        Value::Str(s) => {
            let chars: Vec<char> = s.chars().collect();
            Ok(Value::str(match key {
                Value::Slice(slice) => containers::slice_positions(slice, chars.len())?
                    .iter()
                    .map(|&i| chars[i])
                    .collect::<String>(),
                _ => chars[position(key, chars.len(), "string")?].to_string(),
            }))
        }
        Value::Bytes(b) => Ok(match key {
            Value::Slice(slice) => {
                let bytes: Vec<u8> =
                    containers::slice_positions(slice, b.len())?.iter().map(|&i| b[i]).collect();
                Value::Bytes(bytes.into())
            }
            _ => Value::int(b[position(key, b.len(), "byte")?]),
        }),
        Value::Range(start, _, step) => {
            let n = containers::length(value, cx).unwrap_or(Ok(0))?;
            Ok(match key {
                Value::Slice(slice) => {
                    let (a, b, c) = containers::slice_indices(slice, n)?;
                    Value::Range(start + a * step, start + b * step, step * c)
                }
                _ => Value::int(start + position(key, n, "range")? as i64 * step),
            })
        }
        Value::Dict(d) => match d.lock().get(key)? {
            Some(v) => Ok(v.clone()),
            None => Err(Error::key(show::repr(key, cx)?)),
        },
        Value::DType(d) => {
            let Some(fields) = d.fields() else {
                return Err(Error::key(format!("There are no fields in dtype {d}.")));
            };
            let name = match key {
                Value::Int(_) => {
                    fields.fields[position(key, fields.fields.len(), "field")?].name.clone()
                }
                other => other.as_str().unwrap_or_default(),
            };
            match fields.field(&name) {
                Some(f) => Ok(Value::DType(f.dtype.clone())),
                None => Err(Error::key(format!("'Field named {name} not found.'"))),
            }
        }
        Value::Foreign(f) => {
            if let Some(found) = h5::get_item(f, key, cx) {
                return found;
            }
            if let Some(found) = modules::subscript(f, key, cx) {
                return found;
            }
            if let Some(flat) = f.as_any().downcast_ref::<Flat>() {
                return flat.get(key, cx);
            }
            Err(not_subscriptable(value))
        }
        _ => Err(not_subscriptable(value)),
    }
}

fn not_subscriptable(value: &Value) -> Error {
    Error::type_error(format!("'{}' object is not subscriptable", value.type_name()))
}

/// `value[key] = new`.
///
/// # Errors
/// IndexError, TypeError; whatever NumPy refuses.
pub fn set_item(value: &Value, key: &Value, new: Value, cx: &Context) -> Result<()> {
    let refused = || {
        Error::type_error(format!(
            "'{}' object does not support item assignment",
            value.type_name()
        ))
    };
    match value {
        Value::Array(nd) if nd.is_scalar() && nd.dtype()?.fields().is_none() => Err(refused()),
        Value::Array(nd) if nd.target().is_some() => index::set(nd, key, h5::given_up(new), cx),
        Value::Array(nd) => index::set(nd, key, new, cx),
        Value::List(l) => match key {
            Value::Slice(slice) => {
                let new = collect(&new, cx)?;
                let mut items = l.lock();
                let (a, b, c) = containers::slice_indices(slice, items.len())?;
                if c == 1 {
                    let (a, b) = (a as usize, b.max(a) as usize);
                    items.splice(a..b, new);
                    return Ok(());
                }
                let at = containers::slice_positions(slice, items.len())?;
                if at.len() != new.len() {
                    return Err(Error::value(format!(
                        "attempt to assign sequence of size {} to extended slice of size {}",
                        new.len(),
                        at.len()
                    )));
                }
                for (i, v) in at.into_iter().zip(new) {
                    items[i] = v;
                }
                Ok(())
            }
            _ => {
                let mut items = l.lock();
                let at = position(key, items.len(), "list").map_err(|e| match e.kind {
                    crate::array::error::Kind::IndexError => {
                        Error::index("list assignment index out of range")
                    }
                    _ => e,
                })?;
                items[at] = new;
                Ok(())
            }
        },
        Value::Dict(d) => d.lock().set(key.clone(), new),
        Value::Foreign(f) if h5::is_object(f) => {
            h5_write::set_item(f, key, new, cx).unwrap_or_else(|| Err(refused()))
        }
        Value::Foreign(f) => match f.as_any().downcast_ref::<Flat>() {
            Some(flat) => flat.set(key, &new, cx),
            None => Err(refused()),
        },
        _ => Err(refused()),
    }
}

/// `del value[key]`.
///
/// # Errors
/// IndexError, KeyError, TypeError.
pub fn delete_item(value: &Value, key: &Value, cx: &Context) -> Result<()> {
    match value {
        Value::List(l) => {
            let mut items = l.lock();
            match key {
                Value::Slice(slice) => {
                    let mut at = containers::slice_positions(slice, items.len())?;
                    at.sort_unstable();
                    for i in at.into_iter().rev() {
                        items.remove(i);
                    }
                }
                _ => {
                    let at = position(key, items.len(), "list")?;
                    items.remove(at);
                }
            }
            Ok(())
        }
        Value::Dict(d) => match d.lock().remove(key)? {
            Some(_) => Ok(()),
            None => Err(Error::key(show::repr(key, cx)?)),
        },
        Value::Array(_) => Err(Error::value("cannot delete array elements")),
        Value::Foreign(f) if h5::is_object(f) => h5_write::delete_item(f, key, cx)
            .unwrap_or_else(|| Err(Error::type_error("it can't be deleted"))),
        other => Err(Error::type_error(format!(
            "'{}' object doesn't support item deletion",
            other.type_name()
        ))),
    }
}
