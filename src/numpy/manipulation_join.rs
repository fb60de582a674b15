//! Arrays joined and split. A join reads nothing: its parts are read where it is.

use super::args::{Args, axis};
use super::common::{finish, integers, nd_arg, nd_of};
use super::convert::{as_array, as_operand};
use super::manipulation::{SECTION, at, cut};
use super::manipulation_axes::with_axes;
use super::manipulation_select::{refused, result_dtype};
use super::nd::Nd;
use super::registry::Function;
use super::value::Value;
use crate::array::cast::cast;
use crate::array::compose::concat;
use crate::array::error::Kind as ErrorKind;
use crate::array::lazy::Span;
use crate::array::promote::{Casting, can_cast, promote};
use crate::array::reshape::reshape;
use crate::array::{Array, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(
        &["concatenate", "concat"],
        "arrays, /, axis=0, out=None, *, dtype=None, casting='same_kind'",
        "Arrays joined along an axis that they have.",
        concatenate,
    ),
    SECTION.any(
        &["stack"],
        "arrays, axis=0, out=None, *, dtype=None, casting='same_kind'",
        "Arrays joined along a new axis.",
        stack,
    ),
    SECTION.any(
        &["vstack", "row_stack"],
        "tup, *, dtype=None, casting='same_kind'",
        "Arrays one below the other.",
        vstack,
    ),
    SECTION.any(
        &["hstack"],
        "tup, *, dtype=None, casting='same_kind'",
        "Arrays side by side.",
        hstack,
    ),
    SECTION.any(&["dstack"], "tup", "Arrays joined along the third axis.", dstack),
    SECTION.any(&["column_stack"], "tup", "1-D arrays as the columns of a 2-D one.", column_stack),
    SECTION.any(&["block"], "arrays", "An array out of nested lists of blocks.", block),
    SECTION.any(
        &["split"],
        "ary, indices_or_sections, axis=0",
        "An array cut into parts of one length.",
        split,
    ),
    SECTION.any(
        &["array_split"],
        "ary, indices_or_sections, axis=0",
        "An array cut into parts that may differ by one.",
        array_split,
    ),
    SECTION.any(
        &["vsplit"],
        "ary, indices_or_sections",
        "An array cut along its first axis.",
        |a, cx| split_at(a, cx, 0),
    ),
    SECTION.any(
        &["hsplit"],
        "ary, indices_or_sections",
        "An array cut along its second axis (the first, if it is the only one).",
        |a, cx| split_at(a, cx, 1),
    ),
    SECTION.any(
        &["dsplit"],
        "ary, indices_or_sections",
        "An array cut along its third axis.",
        |a, cx| split_at(a, cx, 2),
    ),
    SECTION.any(
        &["unstack"],
        "x, /, *, axis=0",
        "The arrays that stand along an axis, one by one.",
        unstack,
    ),
];

/// The arrays of an argument that is a sequence of them.
fn several(value: &Value, cx: &Context) -> Result<Vec<Array>> {
    match value {
        Value::Array(nd) if nd.ndim()? > 0 => {
            let array = nd.array()?;
            Ok((0..array.shape()[0]).map(|i| at(&array, 0, i)).collect())
        }
        Value::Foreign(f) if f.array(cx).is_some() => {
            several(&Value::array(as_array(value, cx)?), cx)
        }
        Value::Str(_) => super::common::items(value, cx)?.iter().map(|v| as_array(v, cx)).collect(),
        other => match other.sequence() {
            Some(items) => items.iter().map(|v| as_array(v, cx)).collect(),
            None => Err(Error::type_error(
                "dispatcher for __array_function__ did not return an iterable",
            )),
        },
    }
}

/// The arrays of the functions that stack.
fn stackable(value: &Value, cx: &Context) -> Result<Vec<Array>> {
    several(value, cx).map_err(|e| match e.kind {
        ErrorKind::TypeError if e.text.starts_with("dispatcher") => Error::type_error(
            "arrays to stack must be passed as a \"sequence\" type such as list or tuple.",
        ),
        _ => e,
    })
}

/// Arrays joined along an axis, as `np.concatenate` checks them.
///
/// # Errors
/// ValueError where shapes differ elsewhere; AxisError.
pub fn joined(arrays: &[Array], along: i64, dtype: Option<DType>) -> Result<Array> {
    let Some(first) = arrays.first() else {
        return Err(Error::value("need at least one array to concatenate"));
    };
    if first.ndim() == 0 {
        return Err(Error::value("zero-dimensional arrays cannot be concatenated"));
    }
    let along = axis(along, first.ndim())?;
    for (k, a) in arrays.iter().enumerate() {
        if a.ndim() != first.ndim() {
            return Err(Error::value(format!(
                "all the input arrays must have same number of dimensions, but the array at \
                 index 0 has {} dimension(s) and the array at index {k} has {} dimension(s)",
                first.ndim(),
                a.ndim()
            )));
        }
        for d in (0..a.ndim()).filter(|d| *d != along) {
            if a.shape()[d] != first.shape()[d] {
                return Err(Error::value(format!(
                    "all the input array dimensions except for the concatenation axis must match \
                     exactly, but along dimension {d}, the array at index 0 has size {} and the \
                     array at index {k} has size {}",
                    first.shape()[d],
                    a.shape()[d]
                )));
            }
        }
    }
    let dtype = match dtype {
        Some(d) => d,
        None => common(arrays)?,
    };
    concat(arrays, along, &dtype)
}

/// The dtype that arrays have in common.
///
/// # Errors
/// TypeError where they have none.
pub fn common(arrays: &[Array]) -> Result<DType> {
    let mut out = arrays.first().map_or(DType::Float64, |a| a.dtype().clone());
    for a in arrays.iter().skip(1) {
        out = promote(&out, a.dtype())?;
    }
    Ok(out)
}

/// A join with the arguments `dtype`, `casting` and `out`.
fn join(arrays: Vec<Array>, along: i64, args: &Args, cx: &Context) -> Result<Value> {
    let casting =
        Casting::parse(&args.text("casting").ok().flatten().unwrap_or_else(|| "same_kind".into()))?;
    let rule = args.text("casting").ok().flatten().unwrap_or_else(|| "same_kind".into());
    let out = args.out("out")?;
    let mut dtype = args.dtype("dtype")?;
    if out.is_some() && dtype.is_some() {
        return Err(Error::type_error(
            "concatenate() only takes `out` or `dtype` as an argument, but both were provided.",
        ));
    }
    if let Some(nd) = &out {
        dtype = Some(nd.dtype()?);
    }
    if let Some(d @ (DType::Str(0) | DType::Bytes(0))) = &dtype {
        // text takes the width that all have in common
        let width = arrays
            .iter()
            .map(|a| crate::array::promote::text_width(a.dtype()).unwrap_or(1))
            .max()
            .unwrap_or(1);
        dtype = Some(if *d == DType::Str(0) { DType::Str(width) } else { DType::Bytes(width) });
    }
    if let Some(d) = &dtype {
        for a in &arrays {
            if !can_cast(a.dtype(), d, casting) {
                return Err(refused(a.dtype(), d, &rule));
            }
        }
    }
    let result = joined(&arrays, along, dtype)?;
    if let Some(nd) = &out
        && nd.shape()? != result.shape()
    {
        return Err(Error::value("Output array is the wrong shape"));
    }
    finish(result, out, cx)
}

fn concatenate(args: &Args, cx: &Context) -> Result<Value> {
    let mut arrays = several(&args.value("arrays"), cx)?;
    let along = match args.get("axis") {
        Some(Value::None) => {
            arrays = arrays.iter().map(|a| reshape(a, vec![a.len()])).collect();
            0
        }
        Some(v) => v.index()?,
        None => 0,
    };
    join(arrays, along, args, cx)
}

fn stack(args: &Args, cx: &Context) -> Result<Value> {
    let arrays = stackable(&args.value("arrays"), cx)?;
    let Some(first) = arrays.first() else {
        return Err(Error::value("need at least one array to stack"));
    };
    if arrays.iter().any(|a| a.shape() != first.shape()) {
        return Err(Error::value("all input arrays must have the same shape"));
    }
    let along = axis(args.int("axis")?.unwrap_or(0), first.ndim() + 1)?;
    let lifted = arrays
        .iter()
        .map(|a| {
            let mut shape = a.shape().to_vec();
            shape.insert(along, 1);
            reshape(a, shape)
        })
        .collect();
    join(lifted, along as i64, args, cx)
}

/// Arrays of at least so many axes.
fn lifted(arrays: Vec<Array>, least: usize) -> Result<Vec<Array>> {
    arrays.into_iter().map(|a| with_axes(&Nd::new(a), least)?.array()).collect()
}

fn vstack(args: &Args, cx: &Context) -> Result<Value> {
    join(lifted(stackable(&args.value("tup"), cx)?, 2)?, 0, args, cx)
}

fn hstack(args: &Args, cx: &Context) -> Result<Value> {
    let arrays = lifted(stackable(&args.value("tup"), cx)?, 1)?;
    let along = arrays.first().map_or(0, |a| i64::from(a.ndim() > 1));
    join(arrays, along, args, cx)
}

fn dstack(args: &Args, cx: &Context) -> Result<Value> {
    join(lifted(stackable(&args.value("tup"), cx)?, 3)?, 2, args, cx)
}

fn column_stack(args: &Args, cx: &Context) -> Result<Value> {
    let columns = stackable(&args.value("tup"), cx)?
        .into_iter()
        .map(|a| match a.ndim() {
            0 | 1 => reshape(&a, vec![a.len(), 1]),
            _ => a,
        })
        .collect();
    join(columns, 1, args, cx)
}

/// How deep lists of blocks are nested, which all must be equally.
fn depth(value: &Value, at: &str) -> Result<(usize, String)> {
    let items = match value {
        Value::Tuple(_) => {
            return Err(Error::type_error(format!(
                "{at} is a tuple. Only lists can be used to arrange blocks, and np.block does not \
                 allow implicit conversion from tuple to ndarray."
            )));
        }
        Value::List(l) => l.lock().clone(),
        _ => return Ok((0, at.to_string())),
    };
    let mut first: Option<usize> = None;
    for (i, item) in items.iter().enumerate() {
        let place = format!("{at}[{i}]");
        let (d, deepest) = depth(item, &place)?;
        match first {
            None => first = Some(d),
            Some(f) if f != d => {
                let base = at.matches('[').count();
                return Err(Error::value(format!(
                    "List depths are mismatched. First element was at depth {}, but there is an \
                     element at depth {} ({deepest})",
                    base + 1 + f,
                    base + 1 + d
                )));
            }
            _ => {}
        }
    }
    match first {
        Some(d) => Ok((d + 1, format!("{at}[0]"))),
        None => Err(Error::value(format!("List at {at} cannot be empty"))),
    }
}

fn leaves(value: &Value, out: &mut Vec<Value>) {
    match value {
        Value::List(l) => l.lock().iter().for_each(|v| leaves(v, out)),
        other => out.push(other.clone()),
    }
}

fn assemble(value: &Value, deep: usize, ndim: usize, dtype: &DType, cx: &Context) -> Result<Array> {
    if let Value::List(l) = value {
        let items = l.lock().clone();
        let parts = items
            .iter()
            .map(|v| assemble(v, deep - 1, ndim, dtype, cx))
            .collect::<Result<Vec<_>>>()?;
        return joined(&parts, -(deep as i64), Some(dtype.clone()));
    }
    let array = cast(&as_array(value, cx)?, dtype)?;
    let mut shape = vec![1; ndim.saturating_sub(array.ndim())];
    shape.extend(array.shape());
    Ok(reshape(&array, shape))
}

fn block(args: &Args, cx: &Context) -> Result<Value> {
    let value = args.value("arrays");
    let (deep, _) = depth(&value, "arrays")?;
    let mut all = Vec::new();
    leaves(&value, &mut all);
    let mut ndim = deep;
    let mut givens = Vec::new();
    for leaf in &all {
        let mut given = as_operand(leaf, cx)?;
        given.weak = None;
        ndim = ndim.max(given.array.ndim());
        givens.push(given);
    }
    let dtype = result_dtype(&givens)?;
    Ok(Value::array(assemble(&value, deep, ndim, &dtype, cx)?))
}

/// Where parts begin and end: as Python slices give them.
fn cuts(value: &Value, n: usize, cx: &Context) -> Result<Vec<(usize, usize)>> {
    let clamp = |i: i64| {
        let i = if i < 0 { i + n as i64 } else { i };
        i.clamp(0, n as i64) as usize
    };
    let (points, _) = integers(value, cx).map_err(|e| match e.kind {
        ErrorKind::TypeError => {
            Error::type_error("slice indices must be integers or None or have an __index__ method")
        }
        _ => e,
    })?;
    let mut out = Vec::new();
    let mut start = 0;
    for p in points {
        let stop = clamp(p);
        out.push((start, stop.max(start)));
        start = stop;
    }
    out.push((start, n.max(start)));
    Ok(out)
}

/// Whether an argument is a number of sections, and which.
fn sections(value: &Value) -> Result<Option<i64>> {
    match value {
        Value::Float(x) => Ok(Some(*x as i64)),
        Value::Array(nd) if nd.ndim()? > 0 => Ok(None),
        v if v.sequence().is_some() => Ok(None),
        v => v.index().map(Some),
    }
}

fn parts(nd: &Nd, value: &Value, along: usize, cx: &Context) -> Result<Value> {
    let n = nd.shape()?[along];
    let spans = match sections(value)? {
        Some(k) if k <= 0 => return Err(Error::value("number sections must be larger than 0.")),
        Some(k) => {
            let k = k as usize;
            let (each, extra) = (n / k, n % k);
            let start = |i: usize| i * each + i.min(extra);
            (0..k).map(|i| (start(i), start(i + 1))).collect()
        }
        None => cuts(value, n, cx)?,
    };
    let mut out = Vec::new();
    for (start, stop) in spans {
        let span = Span::run(start, stop - start);
        out.push(Value::Array(nd.viewed(move |a| Ok(cut(a, along, span)))?));
    }
    Ok(Value::list(out))
}

fn even(nd: &Nd, value: &Value, along: usize, cx: &Context) -> Result<Value> {
    if let Some(k) = sections(value)? {
        if k == 0 {
            return Err(Error::zero_division("integer modulo by zero"));
        }
        if nd.shape()?[along] as i64 % k != 0 {
            return Err(Error::value("array split does not result in an equal division"));
        }
    }
    parts(nd, value, along, cx)
}

/// A single element; text is as long as it is.
fn trimmed(one: &Array, cx: &Context) -> Result<Array> {
    use crate::array::text::{bytes_of, str_of};
    if !one.dtype().is_string() {
        return Ok(one.clone());
    }
    let block = crate::array::run::to_block(one, cx)?;
    let dtype = match block.dtype() {
        DType::Str(_) => DType::Str(str_of(block.bytes()).chars().count().max(1)),
        _ => DType::Bytes(bytes_of(block.bytes()).len().max(1)),
    };
    cast(one, &dtype)
}

/// An array that is asked for an attribute, which lists don't have.
fn needing(value: &Value, attribute: &str, cx: &Context) -> Result<Nd> {
    match value {
        Value::Array(_) | Value::Foreign(_) => nd_of(value, cx),
        other => Err(Error::attribute(format!(
            "'{}' object has no attribute '{attribute}'",
            other.type_name()
        ))),
    }
}

fn split(args: &Args, cx: &Context) -> Result<Value> {
    let value = args.value("indices_or_sections");
    let nd = match &value {
        Value::Float(_) | Value::Int(_) => needing(&args.value("ary"), "shape", cx)?,
        _ => nd_arg(args, "ary", cx)?,
    };
    let along = args.int("axis")?.unwrap_or(0);
    let ndim = nd.ndim()?;
    // NumPy asks for the length first, and only then for the axis
    let outside = |_| Error::index("tuple index out of range");
    match sections(&value)? {
        Some(_) => even(&nd, &value, axis(along, ndim).map_err(outside)?, cx),
        None => parts(&nd, &value, axis(along, ndim).map_err(outside)?, cx),
    }
}

fn array_split(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "ary", cx)?;
    let along = args.int("axis")?.unwrap_or(0);
    let value = args.value("indices_or_sections");
    if sections(&value)?.is_some_and(|k| k <= 0) {
        return Err(Error::value("number sections must be larger than 0."));
    }
    let along =
        axis(along, nd.ndim()?).map_err(|e| Error { text: format!("axis1: {}", e.text), ..e })?;
    parts(&nd, &value, along, cx)
}

fn split_at(args: &Args, cx: &Context, along: usize) -> Result<Value> {
    let nd = nd_arg(args, "ary", cx)?;
    let ndim = nd.ndim()?;
    let (name, least) = [("vsplit", 2), ("hsplit", 1), ("dsplit", 3)][along];
    if ndim < least {
        return Err(Error::value(format!(
            "{name} only works on arrays of {least} or more dimensions"
        )));
    }
    even(&nd, &args.value("indices_or_sections"), along.min(ndim - 1), cx)
}

fn unstack(args: &Args, cx: &Context) -> Result<Value> {
    let nd = needing(&args.value("x"), "ndim", cx)?;
    let ndim = nd.ndim()?;
    if ndim == 0 {
        return Err(Error::value("Input array must be at least 1-d."));
    }
    let along = axis(args.int("axis")?.unwrap_or(0), ndim)?;
    let mut out = Vec::new();
    for i in 0..nd.shape()?[along] {
        // single elements are scalars
        out.push(match ndim {
            1 => Value::Array(Nd::scalar(trimmed(&at(&nd.array()?, 0, i), cx)?)),
            _ => Value::Array(nd.viewed(move |a| Ok(at(a, along, i)))?),
        });
    }
    Ok(Value::tuple(out))
}
