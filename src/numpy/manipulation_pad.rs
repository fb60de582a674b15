//! `np.pad`, axis by axis: each mode puts something before and after what there is so far, which
//! is never read for it unless a statistic asks.

use std::sync::Arc;

use super::args::Args;
use super::common::{ALL, call_array, call_value, is_callable};
use super::convert::as_array;
use super::creation::all_zero;
use super::creation_spaced::spaced;
use super::manipulation::{SECTION, at, cut};
use super::manipulation_order::flipped;
use super::nd::Nd;
use super::registry::Function;
use super::value::{Dict, Value};
use crate::array::cast::cast;
use crate::array::compose::{Map, concat, mapped};
use crate::array::dtype::quote;
use crate::array::lazy::Span;
use crate::array::run::to_block;
use crate::array::view::broadcast_to;
use crate::array::{Array, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[SECTION.entry(
    &["pad"],
    "array, pad_width, mode='constant', **kwargs",
    ALL,
    "An array with something before and after it along each axis.",
    pad,
)];

/// A value as a pair for each axis, as NumPy broadcasts it.
fn pairs(value: &Array, ndim: usize) -> Result<Array> {
    if value.shape() == [1, 1] || value.ndim() == 0 {
        return broadcast_to(value, &[ndim, 2]);
    }
    broadcast_to(value, &[ndim, 2])
}

/// Whole numbers as a pair for each axis, none negative.
fn widths(value: &Value, ndim: usize, cx: &Context) -> Result<Vec<[usize; 2]>> {
    let wrong = || Error::type_error("`pad_width` must be of integral type.");
    let array = match value {
        Value::Dict(_) | Value::None | Value::Str(_) => return Err(wrong()),
        v => as_array(v, cx)?,
    };
    if !array.dtype().is_integer() {
        return Err(wrong());
    }
    lengths(&array, ndim, cx)
}

fn lengths(array: &Array, ndim: usize, cx: &Context) -> Result<Vec<[usize; 2]>> {
    let block = to_block(&cast(&pairs(array, ndim)?, &DType::Int64)?, cx)?;
    let each = block.typed::<i64>().chunks_exact(2).map(|p| {
        let n = |i: i64| {
            usize::try_from(i).map_err(|_| Error::value("index can't contain negative values"))
        };
        Ok([n(p[0])?, n(p[1])?])
    });
    each.collect()
}

/// The keyword arguments that each mode takes.
fn allowed(mode: &str) -> Option<&'static [&'static str]> {
    Some(match mode {
        "empty" | "edge" | "wrap" => &[],
        "constant" => &["constant_values"],
        "linear_ramp" => &["end_values"],
        "maximum" | "mean" | "median" | "minimum" => &["stat_length"],
        "reflect" | "symmetric" => &["reflect_type"],
        _ => return None,
    })
}

/// What a statistic is taken with.
type Lengths = Option<Vec<[usize; 2]>>;

fn pad(args: &Args, cx: &Context) -> Result<Value> {
    let array = args.array("array", cx)?;
    let ndim = array.ndim();
    let width = widths(&args.value("pad_width"), ndim, cx)?;
    let given = match args.value("kwargs") {
        Value::Dict(d) => d.lock().clone(),
        _ => Dict::default(),
    };
    let function = args.value("mode");
    if is_callable(&function) {
        return by_function(&array, &width, &function, &given, cx);
    }
    let mode = args.text("mode")?.unwrap_or_else(|| "constant".into());
    let Some(known) = allowed(&mode) else {
        return Err(Error::value(format!("mode {} is not supported", quote(&mode))));
    };
    let names: Vec<String> = given.iter().filter_map(|(k, _)| k.as_str()).collect();
    let strange: Vec<String> =
        names.iter().filter(|n| !known.contains(&n.as_str())).map(|n| quote(n)).collect();
    if !strange.is_empty() {
        return Err(Error::value(format!(
            "unsupported keyword arguments for mode {}: {{{}}}",
            quote(&mode),
            strange.join(", ")
        )));
    }
    let keyword =
        |name: &str| -> Result<Option<Value>> { given.get(&Value::str(name)).map(|v| v.cloned()) };
    if !matches!(mode.as_str(), "constant" | "empty")
        && let Some(axis) =
            (0..ndim).find(|&a| array.shape()[a] == 0 && (width[a][0] > 0 || width[a][1] > 0))
    {
        return Err(Error::value(format!(
            "can't extend empty axis {axis} using modes other than 'constant' or 'empty'"
        )));
    }
    let mut out = array.clone();
    match mode.as_str() {
        "constant" | "linear_ramp" => {
            let name = if mode == "constant" { "constant_values" } else { "end_values" };
            let values = keyword(name)?.unwrap_or(Value::int(0));
            let values = pairs(&as_array(&values, cx)?, ndim)?;
            for (axis, w) in width.iter().enumerate() {
                let [before, after] =
                    [at(&at(&values, 0, axis), 0, 0), at(&at(&values, 0, axis), 0, 1)];
                out = match mode.as_str() {
                    "constant" => {
                        let part = |v: &Array, n: usize| -> Result<Array> {
                            let mut shape = out.shape().to_vec();
                            shape[axis] = n;
                            broadcast_to(&filling(v, out.dtype(), cx)?, &shape)
                        };
                        let parts = [part(&before, w[0])?, out.clone(), part(&after, w[1])?];
                        concat(&parts, axis, out.dtype())?
                    }
                    _ => ramp(&out, axis, *w, &before, &after, cx)?,
                };
            }
        }
        "empty" => {
            for (axis, w) in width.iter().enumerate() {
                let part = |n: usize| {
                    let mut shape = out.shape().to_vec();
                    shape[axis] = n;
                    all_zero(out.dtype(), shape)
                };
                out = concat(&[part(w[0]), out.clone(), part(w[1])], axis, out.dtype())?;
            }
        }
        "edge" | "wrap" => out = walked(&array, &width, &mode),
        "reflect" | "symmetric" => {
            let odd = match keyword("reflect_type")? {
                Some(v) => v.as_str().as_deref() == Some("odd"),
                None => false,
            };
            match odd {
                false => out = walked(&array, &width, &mode),
                true => {
                    for (axis, w) in width.iter().enumerate() {
                        out = reflected_odd(&out, axis, *w, mode == "symmetric", cx)?;
                    }
                }
            }
        }
        _ => {
            let stat_length = match keyword("stat_length")? {
                None | Some(Value::None) => None,
                Some(v) => Some(lengths(&as_array(&v, cx)?, ndim, cx)?),
            };
            for (axis, w) in width.iter().enumerate() {
                out = statistic(&out, axis, *w, &mode, &stat_length, cx)?;
            }
        }
    }
    Ok(Value::array(out))
}

/// A single value as an element of a dtype; a structure has it in each of its fields.
fn filling(value: &Array, dtype: &DType, cx: &Context) -> Result<Array> {
    match dtype {
        DType::Struct(_) if !matches!(value.dtype(), DType::Struct(_)) => {
            let block = to_block(value, cx)?;
            let item = super::value::to_item(&super::nd::element(&block, 0))?;
            Ok(Array::of(super::common::one(&item, dtype)?))
        }
        _ => cast(value, dtype),
    }
}

/// The modes that only repeat elements: each axis is walked by a map.
fn walked(array: &Array, width: &[[usize; 2]], mode: &str) -> Array {
    let mut shape = array.shape().to_vec();
    let mut maps: Vec<Option<Map>> = Vec::new();
    for (n, [before, after]) in shape.iter_mut().zip(width.iter().copied()) {
        let len = *n as i64;
        *n += before + after;
        if before + after == 0 {
            maps.push(None);
            continue;
        }
        let before = before as i64;
        let map: Map = match mode {
            "edge" => Arc::new(move |i| (i as i64 - before).clamp(0, len - 1) as usize),
            "wrap" => Arc::new(move |i| (i as i64 - before).rem_euclid(len) as usize),
            "symmetric" => Arc::new(move |i| {
                let k = (i as i64 - before).rem_euclid(2 * len);
                k.min(2 * len - 1 - k) as usize
            }),
            _ => Arc::new(move |i| {
                let period = (2 * len - 2).max(1);
                let k = (i as i64 - before).rem_euclid(period);
                k.min((2 * len - 2 - k).max(0)) as usize
            }),
        };
        maps.push(Some(map));
    }
    mapped(array, maps, shape)
}

/// From a value to the edge, evenly.
fn ramp(
    array: &Array,
    axis: usize,
    width: [usize; 2],
    before: &Array,
    after: &Array,
    cx: &Context,
) -> Result<Array> {
    let n = array.shape()[axis];
    let part = |end: &Array, edge: usize, len: usize| -> Result<Array> {
        if len == 0 {
            return Ok(cut(array, axis, Span::run(0, 0)));
        }
        let edge = at(array, axis, edge);
        spaced(
            &Value::array(end.clone()),
            &Value::array(edge),
            len,
            false,
            axis,
            Some(array.dtype()),
            cx,
        )
        .map(|s| s.0)
    };
    let left = part(before, 0, width[0])?;
    let right = part(after, n.saturating_sub(1), width[1])?;
    concat(&[left, array.clone(), flipped(&right, &[axis])], axis, array.dtype())
}

/// Reflection that turns differences round: twice the edge less the element opposite.
fn reflected_odd(
    array: &Array,
    axis: usize,
    width: [usize; 2],
    symmetric: bool,
    cx: &Context,
) -> Result<Array> {
    let period = array.shape()[axis];
    let [mut left, mut right] = width;
    let mut out = array.clone();
    if period == 1 && !symmetric {
        // nothing stands opposite a single element: it is repeated
        return Ok(walked_axis(array, axis, width));
    }
    while left > 0 || right > 0 {
        cx.check()?;
        let n = out.shape()[axis];
        // whole periods only, so that what is reflected has the right order
        let whole = match symmetric {
            true => n / period * period,
            false => (n - 1) / (period - 1) * (period - 1) + 1,
        };
        let most = if symmetric { whole } else { whole - 1 };
        let skip = usize::from(!symmetric);
        // so many twice the edge less what stands opposite
        let opposite = |out: &Array, edge: usize, from: usize, len: usize| -> Result<Array> {
            let chunk = flipped(&cut(out, axis, Span::run(from, len)), &[axis]);
            let edge = Value::array(cut(out, axis, Span::run(edge, 1)));
            let twice = call_array("multiply", vec![Value::int(2), edge], vec![], cx)?;
            call_array("subtract", vec![Value::array(twice), Value::array(chunk)], vec![], cx)
        };
        let (a, b) = (left.min(most), right.min(most));
        let mut parts = Vec::new();
        if a > 0 {
            parts.push(opposite(&out, 0, skip, a)?);
        }
        parts.push(out.clone());
        if b > 0 {
            parts.push(opposite(&out, n - 1, n - skip - b, b)?);
        }
        out = concat(&parts, axis, array.dtype())?;
        left -= a;
        right -= b;
    }
    Ok(out)
}

/// One axis extended by its edges.
fn walked_axis(array: &Array, axis: usize, width: [usize; 2]) -> Array {
    let mut all = vec![[0, 0]; array.ndim()];
    all[axis] = width;
    walked(array, &all, "edge")
}

/// A statistic of the elements next to each edge.
fn statistic(
    array: &Array,
    axis: usize,
    width: [usize; 2],
    mode: &str,
    lengths: &Lengths,
    cx: &Context,
) -> Result<Array> {
    let n = array.shape()[axis];
    let wanted = lengths.as_ref().map_or([n, n], |l| [l[axis][0].min(n), l[axis][1].min(n)]);
    if wanted.contains(&0) && matches!(mode, "maximum" | "minimum") {
        return Err(Error::value("stat_length of 0 yields no value for padding"));
    }
    let name = match mode {
        "maximum" => "max",
        "minimum" => "min",
        other => other,
    };
    let of = |span: Span, len: usize| -> Result<Array> {
        let mut shape = array.shape().to_vec();
        shape[axis] = len;
        if len == 0 {
            return Ok(cut(array, axis, Span::run(0, 0)));
        }
        let part = Value::array(cut(array, axis, span));
        let named = vec![("axis", Value::int(axis)), ("keepdims", Value::Bool(true))];
        let mut stat = call_array(name, vec![part], named, cx)?;
        if array.dtype().is_integer() && stat.dtype().is_inexact() {
            stat = call_array("rint", vec![Value::array(stat)], vec![], cx)?;
        }
        broadcast_to(&cast(&stat, array.dtype())?, &shape)
    };
    let left = of(Span::run(0, wanted[0]), width[0])?;
    let right = of(Span::run(n - wanted[1], wanted[1]), width[1])?;
    concat(&[left, array.clone(), right], axis, array.dtype())
}

/// A function that fills each line's padding itself; small arrays only, since it is called for
/// every line.
fn by_function(
    array: &Array,
    width: &[[usize; 2]],
    function: &Value,
    given: &Dict,
    cx: &Context,
) -> Result<Value> {
    let mut padded = array.clone();
    for (axis, w) in width.iter().enumerate() {
        let part = |n: usize| {
            let mut shape = padded.shape().to_vec();
            shape[axis] = n;
            all_zero(padded.dtype(), shape)
        };
        padded = concat(&[part(w[0]), padded.clone(), part(w[1])], axis, padded.dtype())?;
    }
    let nd = Nd::new(Array::of(to_block(&padded, cx)?));
    let entries = given.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let keywords = Value::dict(entries)?;
    for (axis, w) in width.iter().enumerate() {
        let mut outer = padded.shape().to_vec();
        outer.remove(axis);
        let lines: usize = outer.iter().product();
        for line in 0..lines {
            cx.check()?;
            let mut index = Vec::new();
            let mut rest = line;
            for &n in outer.iter().rev() {
                index.push(rest % n);
                rest /= n;
            }
            index.reverse();
            let view = nd.viewed(move |a| {
                let mut out = a.clone();
                // from the last axis, so that the earlier ones keep their numbers
                for k in (0..index.len()).rev() {
                    out = at(&out, if k >= axis { k + 1 } else { k }, index[k]);
                }
                Ok(out)
            })?;
            let pair = Value::tuple(vec![Value::int(w[0]), Value::int(w[1])]);
            let places = vec![Value::Array(view), pair, Value::int(axis), keywords.clone()];
            call_value(function, places, Vec::new(), cx)?;
        }
    }
    Ok(Value::Array(nd))
}
