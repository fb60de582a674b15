//! Attributes of arrays and NumPy scalars that are no methods, read and set.

use std::sync::Arc;

use super::arrays::{method, sizes};
use super::attributes;
use super::flat::{Flags, Flat};
use crate::array::block::Block;
use crate::array::lazy::Array;
use crate::array::view;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::convert::{as_array, as_dtype};
use crate::numpy::nd::number;
use crate::numpy::registry::call_named;
use crate::numpy::{Class, Nd, Value, index};

/// `array.name` for what is no method.
///
/// # Errors
/// AttributeError; whatever computing it meets.
pub fn get_part(nd: &Nd, name: &str, cx: &Context) -> Result<Value> {
    let array = nd.array()?;
    let dtype = array.dtype();
    let same = |nd: Nd| Value::Array(nd);
    Ok(match name {
        "shape" => sizes(array.shape()),
        "ndim" => Value::int(array.ndim()),
        "size" => Value::int(array.len()),
        "dtype" => Value::DType(dtype.clone()),
        "itemsize" => Value::int(dtype.size()),
        "nbytes" => Value::int(array.bytes()),
        "T" if nd.is_scalar() => Value::Array(nd.clone()),
        "T" => same(nd.viewed(|a| {
            let order: Vec<usize> = (0..a.ndim()).rev().collect();
            Ok(view::transpose(a, &order))
        })?),
        "mT" => {
            if array.ndim() < 2 {
                return Err(Error::value("matrix transpose with ndim < 2 is undefined"));
            }
            same(nd.viewed(|a| {
                let n = a.ndim();
                let mut order: Vec<usize> = (0..n).collect();
                order.swap(n - 1, n - 2);
                Ok(view::transpose(a, &order))
            })?)
        }
        "real" | "imag" => return real_or_imag(nd, name == "imag"),
        "flat" => Value::Foreign(Arc::new(Flat { nd: nd.clone() })),
        "base" => match nd.is_view() {
            true => Value::array(array),
            false => Value::None,
        },
        "strides" => {
            let steps = nd.layout()?;
            let size = dtype.size() as isize;
            Value::tuple(steps.iter().map(|s| Value::int(s * size)).collect())
        }
        "flags" => Value::Foreign(Arc::new(Flags { nd: nd.clone() })),
        "A" if *nd.class() == Class::Matrix => same(nd.clone().with_class(Class::Array)),
        "A1" if *nd.class() == Class::Matrix => {
            let flat = nd.clone().with_class(Class::Array);
            return method(&flat, "ravel", Vec::new(), Vec::new(), cx);
        }
        "I" if *nd.class() == Class::Matrix => {
            return matrix(call_named("linalg.inv", vec![Value::Array(nd.clone())], cx)?);
        }
        "H" if *nd.class() == Class::Matrix => {
            let turned = get_part(nd, "T", cx)?;
            return matrix(call_named("conjugate", vec![turned], cx)?);
        }
        _ => {
            if *nd.class() == Class::RecArray || nd.is_scalar() && dtype.fields().is_some() {
                let is_field = dtype.fields().is_some_and(|s| s.field(name).is_some());
                if is_field {
                    return index::get(nd, &Value::str(name), cx);
                }
            }
            return Err(attributes::missing(&Value::Array(nd.clone()), name));
        }
    })
}

fn matrix(value: Value) -> Result<Value> {
    Ok(match value {
        Value::Array(nd) if !nd.is_scalar() => Value::Array(nd.with_class(Class::Matrix)),
        other => other,
    })
}

fn real_or_imag(nd: &Nd, imag: bool) -> Result<Value> {
    let array = nd.array()?;
    let dtype = array.dtype();
    if dtype.is_complex() {
        let part = dtype.real();
        let offset = if imag { part.size() } else { 0 };
        return Ok(Value::Array(nd.part(offset, part, Vec::new())));
    }
    if !imag {
        return Ok(Value::Array(nd.clone()));
    }
    // a read-only array of zeros
    let zero = Array::of(Block::zeros(dtype.clone(), Vec::new()));
    let zero = if *dtype == DType::Object { number(DType::Int64, 0i64) } else { zero };
    let zeros = view::broadcast_to(&zero, array.shape())?;
    Ok(Value::Array(match nd.is_scalar() {
        true => Nd::scalar(zeros),
        false => Nd::read_only(zeros),
    }))
}

/// `array.name = new`; the array afterwards where it is another view of its elements.
///
/// # Errors
/// AttributeError; whatever NumPy refuses.
pub fn set_part(nd: &Nd, name: &str, new: &Value, cx: &Context) -> Result<Option<Value>> {
    let this = Value::Array(nd.clone());
    if nd.is_scalar() {
        let is_field = nd.dtype()?.fields().is_some_and(|s| s.field(name).is_some());
        if is_field {
            index::set(nd, &Value::str(name), new.clone(), cx)?;
            return Ok(None);
        }
        return Err(match get_part(nd, name, cx) {
            Ok(_) => Error::attribute(format!(
                "attribute '{name}' of '{}' objects is not writable",
                this.type_name()
            )),
            Err(e) => e,
        });
    }
    match name {
        "shape" => {
            let changed = call_named("reshape", vec![this, new.clone()], cx)?;
            Ok(Some(changed))
        }
        "dtype" => {
            let dtype = Value::DType(as_dtype(new)?);
            method(nd, "view", vec![dtype], Vec::new(), cx).map(Some)
        }
        "flat" => {
            Flat { nd: nd.clone() }.set(
                &Value::Slice(Arc::new([Value::None, Value::None, Value::None])),
                new,
                cx,
            )?;
            Ok(None)
        }
        "real" | "imag" => {
            if name == "imag" && !nd.dtype()?.is_complex() {
                return Err(Error::type_error("array does not have imaginary part to set"));
            }
            match real_or_imag(nd, name == "imag")? {
                Value::Array(part) => part.assign(|a| Ok(a.clone()), as_array(new, cx)?, cx)?,
                _ => return Ok(None),
            }
            Ok(None)
        }
        _ => {
            let dtype = nd.dtype()?;
            if *nd.class() == Class::RecArray
                && dtype.fields().is_some_and(|s| s.field(name).is_some())
            {
                index::set(nd, &Value::str(name), new.clone(), cx)?;
                return Ok(None);
            }
            Err(match get_part(nd, name, cx) {
                Ok(_) => Error::attribute(format!(
                    "attribute '{name}' of '{}' objects is not writable",
                    this.type_name()
                )),
                Err(e) => e,
            })
        }
    }
}
