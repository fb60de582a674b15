//! Slices of an array taken out, put in and put at its end.

use std::sync::Arc;

use super::args::{Args, axis};

use super::convert::{as_array, as_array_of};
use super::manipulation::{SECTION, cut};
use super::manipulation_axes::moved;
use super::manipulation_join::joined;
use super::manipulation_select::truth;
use super::registry::Function;
use super::value::Value;
use crate::array::cast::cast;
use crate::array::compose::{Map, concat, mapped};
use crate::array::error::Kind as ErrorKind;
use crate::array::gather::{checked, gather};
use crate::array::lazy::Span;
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::view::{broadcast_to, transpose};
use crate::array::{Array, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(
        &["delete"],
        "arr, obj, axis=None",
        "An array without some of its slices along an axis.",
        delete,
    ),
    SECTION.any(
        &["insert"],
        "arr, obj, values, axis=None",
        "An array with values put in before some places of an axis.",
        insert,
    ),
    SECTION.any(&["append"], "arr, values, axis=None", "An array with values at its end.", append),
];

/// The array and the axis of functions that flatten where no axis is given.
fn flat_or_axis(args: &Args, cx: &Context) -> Result<(Array, usize)> {
    let a = args.array("arr", cx)?;
    match args.some("axis") {
        Some(v) => {
            let along = axis(v.index()?, a.ndim())?;
            Ok((a, along))
        }
        None => Ok((reshape(&a, vec![a.len()]), 0)),
    }
}

/// The positions that a slice object picks.
fn slice_span(parts: &[Value; 3], n: usize) -> Result<Span> {
    let bad = |e: Error| match e.kind {
        ErrorKind::TypeError => {
            Error::type_error("slice indices must be integers or None or have an __index__ method")
        }
        _ => e,
    };
    let get = |v: &Value| -> Result<Option<i64>> {
        if v.is_none() { Ok(None) } else { v.index().map(Some).map_err(bad) }
    };
    let (start, stop, step) = (get(&parts[0])?, get(&parts[1])?, get(&parts[2])?.unwrap_or(1));
    if step == 0 {
        return Err(Error::value("slice step cannot be zero"));
    }
    let n = n as i64;
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let clamp = |i: i64| (if i < 0 { i.saturating_add(n) } else { i }).clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
    let len = super::value::range_len(start, stop, step);
    Ok(Span { start: start.max(0) as usize, step: step as isize, len })
}

/// An array without single positions of an axis, which are sorted and differ.
fn without(a: &Array, along: usize, gone: &[usize]) -> Result<Array> {
    let n = a.shape()[along];
    let mut parts = Vec::new();
    let mut start = 0;
    for &g in gone.iter().chain([&n]) {
        if g > start {
            parts.push(cut(a, along, Span::run(start, g - start)));
        }
        start = g + 1;
    }
    match parts.is_empty() {
        true => Ok(cut(a, along, Span::run(0, 0))),
        false => concat(&parts, along, a.dtype()),
    }
}

fn delete(args: &Args, cx: &Context) -> Result<Value> {
    let (a, along) = flat_or_axis(args, cx)?;
    let n = a.shape()[along];
    let obj = args.value("obj");
    if let Value::Slice(parts) = &obj {
        let span = slice_span(parts, n)?;
        let mut gone: Vec<usize> = (0..span.len).map(|i| span.at(i)).collect();
        gone.sort_unstable();
        if span.step.unsigned_abs() == 1 && span.len > 0 {
            // one stretch goes
            let (low, high) = span.bounds();
            let parts =
                [cut(&a, along, Span::run(0, low)), cut(&a, along, Span::run(high, n - high))];
            return Ok(Value::array(concat(&parts, along, a.dtype())?));
        }
        return Ok(Value::array(kept(&a, along, &gone)?));
    }
    let wrong = || Error::index("arrays used as indices must be of integer (or boolean) type");
    let index = match &obj {
        Value::None | Value::Str(_) => return Err(wrong()),
        v => as_array(v, cx)?,
    };
    if *index.dtype() == DType::Bool {
        if index.shape() != [n] {
            return Err(Error::value(format!(
                "boolean array argument obj to delete must be one dimensional and match the axis \
                 length of {n}"
            )));
        }
        let stays = crate::array::elementwise::elementwise(
            DType::Bool,
            vec![index],
            Arc::new(|ins: &[_], out: &mut [u8], _: &Context| {
                crate::array::elementwise::unary(ins[0], out, |t: u8| 1 - t);
                Ok(())
            }),
        )?;
        if a.ndim() == 1 {
            return Ok(Value::array(crate::array::select::compress(&stays, &a, cx)?));
        }
        let mut indices = vec![None; a.ndim()];
        indices[along] = Some(crate::array::select::flat_positions(&stays, cx)?);
        return Ok(Value::array(gather(&a, indices, false)?));
    }
    if index.is_empty() && !matches!(obj, Value::Array(_)) {
        return Ok(Value::array(a));
    }
    if !index.dtype().is_integer() {
        return Err(wrong());
    }
    let index = checked(&reshape(&index, vec![index.len()]), n, along, cx)?;
    let mut gone: Vec<usize> =
        to_block(&index, cx)?.typed::<i64>().iter().map(|i| *i as usize).collect();
    gone.sort_unstable();
    gone.dedup();
    Ok(Value::array(kept(&a, along, &gone)?))
}

/// What stays when single positions go: a few parts, or an index of what stays.
fn kept(a: &Array, along: usize, gone: &[usize]) -> Result<Array> {
    if gone.len() <= 1000 {
        return without(a, along, gone);
    }
    let mut before = Vec::with_capacity(gone.len());
    // the position of what stays, less those that went before it
    before.extend(gone.iter().enumerate().map(|(k, g)| g - k));
    let mut shape = a.shape().to_vec();
    shape[along] -= gone.len();
    let map: Map = Arc::new(move |i| i + before.partition_point(|b| *b <= i));
    let mut maps: Vec<Option<Map>> = vec![None; a.ndim()];
    maps[along] = Some(map);
    Ok(mapped(a, maps, shape))
}

/// Values broadcast to the shape of what is put in.
fn fitted(values: &Array, shape: &[usize], words: &str) -> Result<Array> {
    let mut v = values.clone();
    while v.ndim() > shape.len() && v.shape().first() == Some(&1) {
        v = reshape(&v, v.shape()[1..].to_vec());
    }
    broadcast_to(&v, shape).map_err(|_| {
        let spaceless = |s: &[usize]| crate::array::dtype::tuple(s).replace(", ", ",");
        let (from, to) = (spaceless(v.shape()), spaceless(shape));
        Error::value(words.replacen("{}", &from, 1).replacen("{}", &to, 1))
    })
}

const MANY: &str = "shape mismatch: value array of shape {} could not be broadcast to indexing \
                    result of shape {}";
const ONE: &str = "could not broadcast input array from shape {} into shape {}";

fn insert(args: &Args, cx: &Context) -> Result<Value> {
    let (a, along) = flat_or_axis(args, cx)?;
    let n = a.shape()[along];
    let obj = args.value("obj");
    let slices =
        || Error::type_error("slice indices must be integers or None or have an __index__ method");
    let (places, single): (Vec<i64>, bool) = match &obj {
        Value::Slice(parts) => {
            let span = slice_span(parts, n)?;
            ((0..span.len).map(|i| span.at(i) as i64).collect(), false)
        }
        v => {
            let index = as_array(v, cx)?;
            if *index.dtype() == DType::Bool {
                let found = crate::array::select::flat_positions(&truth(&index)?, cx)?;
                (to_block(&found, cx)?.typed::<i64>().to_vec(), false)
            } else if index.ndim() > 1 {
                return Err(Error::value(
                    "index array argument obj to insert must be one dimensional or scalar",
                ));
            } else if !index.dtype().is_integer() && !index.is_empty() {
                return Err(slices());
            } else {
                let block = to_block(&cast(&index, &DType::Int64)?, cx)?;
                (block.typed::<i64>().to_vec(), index.ndim() == 0)
            }
        }
    };
    let outside = |i: i64, n: usize| {
        Error::index(format!("index {i} is out of bounds for axis {along} with size {n}"))
    };
    let m = n as i64;
    let values = as_array_of(&args.value("values"), Some(a.dtype()), cx)?;
    let result = if places.len() == 1 {
        let i = places[0];
        if i < -m || i > m {
            return Err(outside(i, n));
        }
        let i = (if i < 0 { i + m } else { i }) as usize;
        // a single index takes slices of the values, a list of one takes them as they are
        let mut v = values;
        let missing = a.ndim().saturating_sub(v.ndim());
        if missing > 0 {
            let mut shape = vec![1; missing];
            shape.extend(v.shape());
            v = reshape(&v, shape);
        }
        if single {
            let order = moved(v.ndim(), &[0], &[along.min(v.ndim() - 1)]);
            v = transpose(&v, &order);
        }
        let mut shape = a.shape().to_vec();
        shape[along] = v.shape().get(along).copied().unwrap_or(1);
        let v = fitted(&v, &shape, ONE)?;
        let parts = [cut(&a, along, Span::run(0, i)), v, cut(&a, along, Span::run(i, n - i))];
        concat(&parts, along, a.dtype())?
    } else if places.is_empty() {
        a
    } else {
        let total = n + places.len();
        let from_front: Vec<i64> = places.iter().map(|i| if *i < 0 { i + m } else { *i }).collect();
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|&k| from_front[k]);
        // where each value stands in the result
        let mut position = vec![0i64; places.len()];
        for (k, &o) in order.iter().enumerate() {
            position[o] = from_front[o] + k as i64;
        }
        let mut slots: Vec<(usize, usize)> = Vec::new();
        for (k, &p) in position.iter().enumerate() {
            let q = if p < 0 { p + total as i64 } else { p };
            if q < 0 || q >= total as i64 {
                return Err(outside(p, total));
            }
            slots.push((q as usize, k));
        }
        slots.sort_unstable();
        let mut shape = a.shape().to_vec();
        shape[along] = places.len();
        let v = fitted(&values, &shape, MANY)?;
        let mut parts = Vec::new();
        let (mut taken, mut at_result) = (0, 0);
        for (q, k) in slots {
            if q > at_result {
                parts.push(cut(&a, along, Span::run(taken, q - at_result)));
                taken += q - at_result;
            }
            parts.push(cut(&v, along, Span::run(k, 1)));
            at_result = q + 1;
        }
        parts.push(cut(&a, along, Span::run(taken, n - taken)));
        concat(&parts, along, a.dtype())?
    };
    Ok(Value::array(result))
}

fn append(args: &Args, cx: &Context) -> Result<Value> {
    let (a, v) = (args.array("arr", cx)?, args.array("values", cx)?);
    let out = match args.some("axis") {
        Some(along) => joined(&[a, v], along.index()?, None)?,
        None => {
            let flat = |a: &Array| reshape(a, vec![a.len()]);
            joined(&[flat(&a), flat(&v)], 0, None)?
        }
    };
    Ok(Value::array(out))
}
