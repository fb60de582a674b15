//! How a function of NumPy's is written in terms of others: calls by name on arrays, axes,
//! kept axes, `out=`.

use std::sync::Arc;

use super::convert::as_array;
use super::nd::Nd;
use super::registry::{call, find};
use super::value::Value;
use crate::array::cast::cast;
use crate::array::elementwise::{Kernel, Operand, elementwise};
use crate::array::lazy::{Span, whole};
use crate::array::promote::{Casting, can_cast, promote};
use crate::array::reshape::reshape;
use crate::array::view::view;
use crate::array::{Array, Context, DType, Error, Result};

/// Calls a function by its name, arguments by name too.
///
/// # Errors
/// Those of the function.
pub fn call_with(
    name: &str,
    places: Vec<Value>,
    names: &[(&str, Value)],
    cx: &Context,
) -> Result<Value> {
    let function = find(name)
        .ok_or_else(|| Error::attribute(format!("module 'numpy' has no attribute '{name}'")))?;
    let names = names.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect();
    call(function, places, names, cx)
}

/// An array as an argument.
pub fn value(array: &Array) -> Value {
    Value::array(array.clone())
}

/// The array that a function makes of arrays.
///
/// # Errors
/// Those of the function.
pub fn op(name: &str, arrays: &[&Array], cx: &Context) -> Result<Array> {
    op_values(name, arrays.iter().map(|a| value(a)).collect(), cx)
}

/// The array that a function makes of any values, Python's numbers among them.
///
/// # Errors
/// Those of the function.
pub fn op_values(name: &str, values: Vec<Value>, cx: &Context) -> Result<Array> {
    as_array(&call_with(name, values, &[], cx)?, cx)
}

/// The array that a reduction makes over one axis or several.
///
/// # Errors
/// Those of the function.
pub fn reduced(
    name: &str,
    array: &Array,
    axes: Option<&[usize]>,
    keepdims: bool,
    cx: &Context,
) -> Result<Array> {
    let names = [("axis", axes_value(axes)), ("keepdims", Value::Bool(keepdims))];
    as_array(&call_with(name, vec![value(array)], &names, cx)?, cx)
}

/// Axes as the argument `axis=`.
pub fn axes_value(axes: Option<&[usize]>) -> Value {
    match axes {
        None => Value::None,
        Some(list) => Value::tuple(list.iter().map(|&a| Value::int(a)).collect()),
    }
}

/// Calls a value that can be called: a function, a lambda, a class that converts.
///
/// # Errors
/// TypeError where it can't be called; whatever it meets.
pub fn call_value(
    callee: &Value,
    places: Vec<Value>,
    names: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    match callee {
        Value::Function(f) => call(f, places, names, cx),
        Value::Foreign(f) => f.call(places, names, cx),
        _ => Err(Error::type_error(format!("'{}' object is not callable", callee.type_name()))),
    }
}

/// One axis or several (`axis=`), as most functions take them.
///
/// # Errors
/// AxisError; ValueError where one comes twice; TypeError for anything but whole numbers.
pub fn axis_tuple(given: &Value, ndim: usize) -> Result<Vec<usize>> {
    let list = match (given.index(), given.sequence()) {
        (Ok(one), _) => vec![Value::int(one)],
        (_, Some(items)) => items,
        _ => {
            let kind = given.type_name();
            return Err(Error::type_error(format!("'{kind}' object is not iterable")));
        }
    };
    let mut axes = Vec::new();
    for item in list {
        let axis = super::args::axis(item.index()?, ndim)?;
        if axes.contains(&axis) {
            return Err(Error::value("repeated axis"));
        }
        axes.push(axis);
    }
    Ok(axes)
}

/// Which axes are marked by a list of them; all where there is none.
pub fn marked(axes: Option<&[usize]>, ndim: usize) -> Vec<bool> {
    (0..ndim).map(|a| axes.is_none_or(|list| list.contains(&a))).collect()
}

/// A result with its reduced axes put back, of length 1; `lead` axes stand in front of all.
pub fn with_kept(array: &Array, lead: usize, marks: &[bool]) -> Array {
    let mut shape = array.shape()[..lead].to_vec();
    let mut kept = array.shape()[lead..].iter();
    for &mark in marks {
        shape.push(if mark { 1 } else { kept.next().copied().unwrap_or(1) });
    }
    reshape(array, shape)
}

/// Gives a result, written to `out=` where there is one.
///
/// # Errors
/// ValueError for another shape; TypeError where NumPy would not cast so.
pub fn give(result: &Array, out: Option<Nd>, cx: &Context) -> Result<Value> {
    let Some(out) = out else { return Ok(Value::result(result.clone())) };
    let target = out.array()?;
    if target.shape() != result.shape() {
        return Err(Error::value(format!(
            "output parameter has the wrong shape {}, expected {}",
            crate::array::dtype::tuple(target.shape()),
            crate::array::dtype::tuple(result.shape())
        )));
    }
    if !can_cast(result.dtype(), target.dtype(), Casting::SameKind) {
        return Err(Error::new(
            crate::array::error::Kind::UFuncTypeError,
            format!(
                "Cannot cast output from {} to {} with casting rule 'same_kind'",
                crate::array::cast::described(result.dtype()),
                crate::array::cast::described(target.dtype())
            ),
        ));
    }
    out.assign(|a| Ok(a.clone()), result.clone(), cx)?;
    Ok(Value::Array(out))
}

/// `len` elements from `start` along an axis.
pub fn stretch(array: &Array, axis: usize, start: usize, len: usize) -> Array {
    let mut spans = whole(array.shape());
    let mut shape = array.shape().to_vec();
    spans[axis] = Span::run(start, len);
    shape[axis] = len;
    view(array, spans, (0..shape.len()).map(Some).collect(), shape)
}

/// One position of an axis, which goes away.
pub fn at(array: &Array, axis: usize, index: usize) -> Array {
    let mut shape = array.shape().to_vec();
    shape.remove(axis);
    let spans: Vec<Span> = whole(array.shape())
        .into_iter()
        .enumerate()
        .map(|(a, s)| if a == axis { Span::run(index, 1) } else { s })
        .collect();
    let axes = (0..array.ndim()).filter(|a| *a != axis).map(Some).collect();
    view(array, spans, axes, shape)
}

/// An axis moved to another place.
pub fn moved(array: &Array, from: usize, to: usize) -> Array {
    let mut order: Vec<usize> = (0..array.ndim()).filter(|a| *a != from).collect();
    order.insert(to.min(order.len()), from);
    crate::array::view::transpose(array, &order)
}

/// The first array's elements where `mask` is true, else the second's; of their common dtype.
///
/// # Errors
/// ValueError where shapes don't broadcast; TypeError where there is no common dtype.
pub fn choose(mask: &Array, yes: &Array, no: &Array) -> Result<Array> {
    let dtype = promote(yes.dtype(), no.dtype())?;
    let inputs = vec![mask.clone(), cast(yes, &dtype)?, cast(no, &dtype)?];
    let size = dtype.size();
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        for (i, slot) in out.chunks_exact_mut(size.max(1)).enumerate() {
            let from = if ins[0].element(i, 1)[0] != 0 { ins[1] } else { ins[2] };
            slot.copy_from_slice(from.element(i, size));
        }
        Ok(())
    });
    elementwise(dtype, inputs, kernel)
}

/// `TypeError: Cannot cast array data from … according to the rule 'safe'`, where there is no such
/// cast.
///
/// # Errors
/// That.
pub fn safely(array: &Array, dtype: &DType) -> Result<Array> {
    if !can_cast(array.dtype(), dtype, Casting::Safe) {
        return Err(Error::type_error(format!(
            "Cannot cast array data from {} to {} according to the rule 'safe'",
            crate::array::cast::described(array.dtype()),
            crate::array::cast::described(dtype)
        )));
    }
    cast(array, dtype)
}

/// A ufunc has no loop for such elements.
pub fn no_loop(name: &str, dtypes: &[&DType]) -> Error {
    let list: Vec<String> = dtypes.iter().map(|d| crate::array::cast::described(d)).collect();
    Error::new(
        crate::array::error::Kind::UFuncTypeError,
        format!(
            "ufunc '{name}' did not contain a loop with signature matching types ({}) -> None",
            list.join(", ")
        ),
    )
}
