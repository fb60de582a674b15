//! Elements chosen: by condition, by index, by diagonal.

use std::sync::Arc;

use super::args::Args;
use super::common::{Section, call_value, finish, is_callable};
use super::convert::{Given, as_array, as_array_of, as_operand};
use super::creation::all_zero;
use super::registry::Function;
use super::value::Value;
use crate::array::cast::{cast, described};
use crate::array::compose::concat;
use crate::array::elementwise::{Kernel, Operand, blockwise, elementwise};
use crate::array::gather::gather;
use crate::array::lazy::Span;
use crate::array::promote::{Weak, class_name, promote, weak_default, with_weak};
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::select;
use crate::array::view::{Part, broadcast_shapes, broadcast_to, slice};
use crate::array::{Array, Block, Context, DType, Error, Result};

pub(super) const SECTION: Section = Section("Indexing routines");

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(
        &["where"],
        "condition, x=None, y=None, /",
        "Elements of x where a condition holds, else of y; of a condition alone, where it holds.",
        where_,
    ),
    SECTION.any(
        &["nonzero"],
        "a",
        "The indices of the elements that are not zero, an array for each axis.",
        nonzero,
    ),
    SECTION.any(
        &["flatnonzero"],
        "a",
        "The indices of non-zero elements of the flattened array.",
        flatnonzero,
    ),
    SECTION.any(
        &["argwhere"],
        "a",
        "The indices of the elements that are not zero, a row for each.",
        argwhere,
    ),
    SECTION.any(
        &["extract"],
        "condition, arr",
        "The elements of an array where a condition holds.",
        extract,
    ),
    SECTION.any(
        &["compress"],
        "condition, a, axis=None, out=None",
        "Slices along an axis where a condition holds.",
        compress,
    ),
    SECTION.any(
        &["select"],
        "condlist, choicelist, default=0",
        "Elements of the first choice whose condition holds.",
        select_,
    ),
    SECTION.entry(
        &["piecewise"],
        "x, condlist, funclist, *args, **kw",
        "biufcSUMmO",
        "A function given piece by piece, each piece under its condition.",
        piecewise,
    ),
];

/// The elements of `x` where a mask is true, else of `y`, broadcast together; cast to one dtype.
///
/// # Errors
/// TypeError without a common dtype; ValueError where shapes don't fit.
pub fn where_array(mask: &Array, x: &Array, y: &Array) -> Result<Array> {
    let dtype = promote(x.dtype(), y.dtype())?;
    let inputs = vec![mask.clone(), cast(x, &dtype)?, cast(y, &dtype)?];
    if dtype == DType::Object {
        let kernel = |blocks: &[Block], _: &Context| {
            let mut out = blocks[2].clone();
            for (i, truth) in blocks[0].bytes().iter().enumerate() {
                if *truth != 0 {
                    out.copy_run(i, &blocks[1], i, 1);
                }
            }
            Ok(out)
        };
        return blockwise(dtype, inputs, Arc::new(kernel));
    }
    let size = dtype.size();
    elementwise(dtype, inputs, choosing(size))
}

fn choosing(size: usize) -> Kernel {
    fn typed<T: bytemuck::Pod>(ins: &[Operand], out: &mut [u8]) {
        let (mask, x, y) = (ins[0].typed::<u8>(), ins[1].typed::<T>(), ins[2].typed::<T>());
        let out: &mut [T] = bytemuck::cast_slice_mut(out);
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = if mask.at(i) != 0 { x.at(i) } else { y.at(i) };
        }
    }
    Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        match size {
            0 => {}
            1 => typed::<u8>(ins, out),
            2 => typed::<u16>(ins, out),
            4 => typed::<u32>(ins, out),
            8 => typed::<u64>(ins, out),
            _ => {
                let mask = ins[0].typed::<u8>();
                for (i, slot) in out.chunks_exact_mut(size).enumerate() {
                    let from = if mask.at(i) != 0 { ins[1] } else { ins[2] };
                    slot.copy_from_slice(from.element(i, size));
                }
            }
        }
        Ok(())
    })
}

/// The dtype that operands have in common; Python numbers take the others'.
///
/// # Errors
/// TypeError where there is none.
pub fn result_dtype(givens: &[Given]) -> Result<DType> {
    let mut strong: Option<DType> = None;
    for g in givens.iter().filter(|g| g.weak.is_none()) {
        strong = Some(match strong {
            None => g.array.dtype().clone(),
            Some(d) => promote(&d, g.array.dtype())?,
        });
    }
    let weak = givens.iter().filter_map(|g| g.weak).max();
    // an integer that no dtype holds is an object
    if givens.iter().any(|g| g.weak.is_some() && *g.array.dtype() == DType::Object)
        && strong.as_ref().is_none_or(|d| !d.is_inexact())
    {
        return Ok(DType::Object);
    }
    Ok(match (strong, weak) {
        (Some(d), None) => d,
        (Some(d), Some(w)) => match d.kind() {
            _ if d.is_number() => with_weak(&d, w),
            crate::array::dtype::Kind::Object => d,
            crate::array::dtype::Kind::Timedelta if w == Weak::Int => d,
            _ => {
                let python = match w {
                    Weak::Int => "_PyLongDType",
                    Weak::Float => "_PyFloatDType",
                    Weak::Complex => "_PyComplexDType",
                };
                let name = class_name(&d);
                return Err(Error::new(
                    crate::array::error::Kind::DTypePromotionError,
                    format!(
                        "The DType <class 'numpy.dtypes.{name}'> could not be promoted by <class \
                     'numpy.dtypes.{python}'>. This means that no common DType exists for the \
                     given inputs. For example they cannot be stored in a single array unless \
                     the dtype is `object`. The full list of DTypes is: (<class \
                     'numpy.dtypes.{name}'>, <class 'numpy.dtypes.{python}'>)"
                    ),
                ));
            }
        },
        (None, Some(w)) => {
            let unsigned = givens.iter().any(|g| *g.array.dtype() == DType::UInt64);
            if unsigned && w == Weak::Int { DType::UInt64 } else { weak_default(w) }
        }
        (None, None) => DType::Float64,
    })
}

/// The truth of elements; of structures, whether any part is not zero.
///
/// # Errors
/// TypeError where elements have none.
pub fn truth(array: &Array) -> Result<Array> {
    let dtype = array.dtype().clone();
    match &dtype {
        DType::Struct(_) | DType::Void(_) | DType::Str(_) | DType::Bytes(_) => {
            let size = dtype.size();
            let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                for (i, slot) in out.iter_mut().enumerate() {
                    *slot = u8::from(is_set(&dtype, ins[0].element(i, size)));
                }
                Ok(())
            });
            elementwise(DType::Bool, vec![array.clone()], kernel)
        }
        _ => super::nd::truth(array),
    }
}

fn is_set(dtype: &DType, bytes: &[u8]) -> bool {
    match dtype {
        DType::Struct(s) => s.fields.iter().any(|f| {
            let part = &bytes[f.offset..f.offset + f.size()];
            part.chunks_exact(f.dtype.size().max(1)).any(|b| is_set(&f.dtype, b))
        }),
        d if d.is_inexact() => {
            // a negative zero is a zero
            let half = if d.is_complex() { d.size() / 2 } else { d.size() };
            bytes.chunks_exact(half).any(|b| match b.split_last() {
                Some((last, rest)) => rest.iter().any(|b| *b != 0) || last & 0x7f != 0,
                None => false,
            })
        }
        _ => bytes.iter().any(|b| *b != 0),
    }
}

fn where_(args: &Args, cx: &Context) -> Result<Value> {
    match (args.get("x"), args.get("y")) {
        (None, None) => nonzero_of(&args.array("condition", cx)?, cx),
        (Some(x), Some(y)) => {
            let mask = truth(&args.array("condition", cx)?)?;
            let (x, y) = (as_operand(x, cx)?, as_operand(y, cx)?);
            let givens = [x, y];
            let dtype = result_dtype(&givens)?;
            broadcast_shapes(&[mask.shape(), givens[0].array.shape(), givens[1].array.shape()])?;
            let [x, y] = [cast(&givens[0].array, &dtype)?, cast(&givens[1].array, &dtype)?];
            Ok(Value::array(where_array(&mask, &x, &y)?))
        }
        _ => Err(Error::value("either both or neither of x and y should be given")),
    }
}

/// The index arrays of what is not zero, as a tuple.
fn nonzero_of(array: &Array, cx: &Context) -> Result<Value> {
    if array.ndim() == 0 {
        return Err(Error::value(
            "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() \
             instead. If the context of this error is of the form `arr[nonzero(cond)]`, just use \
             `arr[cond]`.",
        ));
    }
    let found = select::positions(&truth(array)?, cx)?;
    Ok(Value::tuple(found.into_iter().map(Value::array).collect()))
}

fn nonzero(args: &Args, cx: &Context) -> Result<Value> {
    nonzero_of(&args.array("a", cx)?, cx)
}

fn flatnonzero(args: &Args, cx: &Context) -> Result<Value> {
    let found = select::flat_positions(&truth(&args.array("a", cx)?)?, cx)?;
    Ok(Value::array(found))
}

fn argwhere(args: &Args, cx: &Context) -> Result<Value> {
    let a = truth(&args.array("a", cx)?)?;
    if a.ndim() == 0 {
        let n = usize::from(to_block(&a, cx)?.bytes().first() == Some(&1));
        return Ok(Value::array(all_zero(&DType::Int64, vec![n, 0])));
    }
    let columns: Vec<Array> =
        select::positions(&a, cx)?.into_iter().map(|c| reshape(&c, vec![c.len(), 1])).collect();
    Ok(Value::array(concat(&columns, 1, &DType::Int64)?))
}

/// An index array of what a condition of one axis chooses out of `n`.
fn chosen(condition: &Array, n: usize, cx: &Context) -> Result<Array> {
    if condition.len() > n {
        let beyond = [Part::Along(Span::run(n, condition.len() - n))];
        let found = select::flat_positions(&slice(condition, &beyond), cx)?;
        if !found.is_empty() {
            let first = to_block(&slice(&found, &[Part::At(0)]), cx)?;
            let at = first.typed::<i64>()[0] + n as i64;
            return Err(Error::index(format!(
                "index {at} is out of bounds for axis 0 with size {n}"
            )));
        }
    }
    select::flat_positions(condition, cx)
}

fn extract(args: &Args, cx: &Context) -> Result<Value> {
    let flat = |a: Array| reshape(&a, vec![a.len()]);
    let condition = flat(truth(&args.array("condition", cx)?)?);
    let values = flat(args.array("arr", cx)?);
    if condition.len() == values.len() {
        return Ok(Value::array(select::compress(&condition, &values, cx)?));
    }
    let at = chosen(&condition, values.len(), cx)?;
    Ok(Value::array(gather(&values, vec![Some(at)], false)?))
}

fn compress(args: &Args, cx: &Context) -> Result<Value> {
    let condition = truth(&args.array("condition", cx)?)?;
    if condition.ndim() != 1 {
        return Err(Error::value("condition must be a 1-d array"));
    }
    let mut a = args.array("a", cx)?;
    let along = match args.axis("axis", a.ndim())? {
        Some(axis) => axis,
        None => {
            a = reshape(&a, vec![a.len()]);
            0
        }
    };
    if a.ndim() == 1 && condition.len() == a.len() {
        return finish(select::compress(&condition, &a, cx)?, args.out("out")?, cx);
    }
    let at = chosen(&condition, a.shape()[along], cx)?;
    let mut indices = vec![None; a.ndim()];
    indices[along] = Some(at);
    finish(gather(&a, indices, false)?, args.out("out")?, cx)
}

/// NumPy's words for a cast that a rule forbids.
pub fn refused(from: &DType, to: &DType, rule: &str) -> Error {
    Error::type_error(format!(
        "Cannot cast array data from {} to {} according to the rule '{rule}'",
        described(from),
        described(to)
    ))
}

/// Whether a test holds for any block of an array.
///
/// # Errors
/// As reading.
pub fn any(array: &Array, cx: &Context, test: impl Fn(&Block) -> bool + Sync) -> Result<bool> {
    use crate::array::run::{Order, parallel, units};
    array.prepare(cx)?;
    if array.is_empty() {
        return Ok(false);
    }
    let units = units(array, cx);
    let mut found = false;
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| array.read(&units.region(i), cx).map(|b| test(&b)),
        |_, hit| {
            found |= hit;
            Ok(())
        },
    )?;
    Ok(found)
}

fn select_(args: &Args, cx: &Context) -> Result<Value> {
    let conditions = super::common::items(&args.value("condlist"), cx)?;
    let choices = super::common::items(&args.value("choicelist"), cx)?;
    if conditions.len() != choices.len() {
        return Err(Error::value("list of cases must be same length as list of conditions"));
    }
    if conditions.is_empty() {
        return Err(Error::value("select with an empty condition list is not possible"));
    }
    let mut givens = choices.iter().map(|c| as_operand(c, cx)).collect::<Result<Vec<_>>>()?;
    let default = args.get("default").cloned().unwrap_or(Value::int(0));
    givens.push(as_operand(&default, cx)?);
    let dtype = result_dtype(&givens).map_err(|e| Error {
        kind: crate::array::error::Kind::TypeError,
        text: format!("Choicelist and default value do not have a common dtype: {}", e.text),
    })?;
    let masks = conditions.iter().map(|c| as_array(c, cx)).collect::<Result<Vec<_>>>()?;
    if let Some(i) = masks.iter().position(|m| *m.dtype() != DType::Bool) {
        return Err(Error::type_error(format!(
            "invalid entry {i} in condlist: should be boolean ndarray"
        )));
    }
    let shapes: Vec<&[usize]> =
        masks.iter().chain(givens.iter().map(|g| &g.array)).map(Array::shape).collect();
    let shape = broadcast_shapes(&shapes)?;
    let last = givens.len() - 1;
    let mut result = broadcast_to(&cast(&givens[last].array, &dtype)?, &shape)?;
    for (mask, given) in masks.iter().zip(&givens).rev() {
        result = where_array(mask, &cast(&given.array, &dtype)?, &result)?;
    }
    Ok(Value::array(result))
}

fn piecewise(args: &Args, cx: &Context) -> Result<Value> {
    let x = args.array("x", cx)?;
    let functions = super::common::items(&args.value("funclist"), cx)?;
    let list = args.value("condlist");
    let nested = match list.sequence() {
        Some(items) => items.first().is_some_and(|c| {
            matches!(c, Value::List(_)) || matches!(c, Value::Array(nd) if !nd.is_scalar())
        }),
        None => matches!(&list, Value::Array(nd) if nd.ndim()? > 1),
    };
    let mut masks = match (nested || x.ndim() == 0, list.sequence()) {
        (true, Some(items)) => {
            items.iter().map(|c| truth(&as_array(c, cx)?)).collect::<Result<Vec<_>>>()?
        }
        (true, None) => {
            let all = truth(&as_array(&list, cx)?)?;
            (0..all.shape()[0]).map(|i| slice(&all, &[Part::At(i)])).collect()
        }
        _ => vec![truth(&as_array(&list, cx)?)?],
    };
    let n = masks.len();
    if functions.len() == n + 1 {
        // what no condition holds for
        let mut none = broadcast_to(&all_zero(&DType::Bool, vec![]), x.shape())?;
        for mask in &masks {
            none = elementwise(
                DType::Bool,
                vec![none, mask.clone()],
                Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
                    crate::array::elementwise::binary(ins[0], ins[1], out, |a: u8, b: u8| a | b);
                    Ok(())
                }),
            )?;
        }
        masks.push(elementwise(
            DType::Bool,
            vec![none],
            Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
                crate::array::elementwise::unary(ins[0], out, |a: u8| 1 - a);
                Ok(())
            }),
        )?);
    } else if functions.len() != n {
        return Err(Error::value(format!(
            "with {n} condition(s), either {n} or {} functions are expected",
            n + 1
        )));
    }
    let mut result = broadcast_to(&all_zero(x.dtype(), vec![]), x.shape())?;
    let further = args.value("args").sequence().unwrap_or_default();
    let named: Vec<(String, Value)> = match args.value("kw") {
        Value::Dict(d) => {
            d.lock().iter().filter_map(|(k, v)| Some((k.as_str()?, v.clone()))).collect()
        }
        _ => Vec::new(),
    };
    for (mask, function) in masks.iter().zip(&functions) {
        let mask = broadcast_to(mask, x.shape())?;
        if !is_callable(function) {
            let value = as_array_of(function, Some(x.dtype()), cx)?;
            result = where_array(&mask, &value, &result)?;
            continue;
        }
        let chosen = select::compress(&mask, &x, cx)?;
        if chosen.is_empty() {
            continue;
        }
        let mut places = vec![Value::array(chosen.clone())];
        places.extend(further.iter().cloned());
        let value = call_value(function, places, named.clone(), cx)?;
        let value = cast(&as_array(&value, cx)?, x.dtype())?;
        let value = broadcast_to(&value, chosen.shape())?;
        let flat = select::scatter(&mask, &value, &result, cx)?;
        result = reshape(&flat, x.shape().to_vec());
    }
    Ok(Value::array(result))
}
