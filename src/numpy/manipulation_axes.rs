//! Axes moved, swapped, added and taken away: views all.

use super::args::{Args, axes, axis};
use super::common::{integers, nd_arg, nd_of, viewed};
use super::manipulation::SECTION;
use super::nd::Nd;
use super::registry::Function;
use super::value::Value;
use crate::array::error::Kind as ErrorKind;
use crate::array::reshape::reshape;
use crate::array::view::transpose;
use crate::array::{Context, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(&["moveaxis"], "a, source, destination", "Axes moved to other places.", moveaxis),
    SECTION.any(
        &["rollaxis"],
        "a, axis, start=0",
        "An axis moved back until it stands before another.",
        rollaxis,
    ),
    SECTION.any(&["swapaxes"], "a, axis1, axis2", "Two axes swapped.", swapaxes),
    SECTION.any(
        &["transpose", "permute_dims"],
        "a, axes=None",
        "The axes reversed, or in the given order.",
        transpose_,
    ),
    SECTION.any(
        &["matrix_transpose", "linalg.matrix_transpose"],
        "x, /",
        "The last two axes swapped.",
        matrix_transpose,
    ),
    SECTION.any(&["atleast_1d"], "*arys", "Inputs as arrays of at least one axis.", |a, cx| {
        at_least(a, cx, 1)
    }),
    SECTION.any(&["atleast_2d"], "*arys", "Inputs as arrays of at least two axes.", |a, cx| {
        at_least(a, cx, 2)
    }),
    SECTION.any(&["atleast_3d"], "*arys", "Inputs as arrays of at least three axes.", |a, cx| {
        at_least(a, cx, 3)
    }),
    SECTION.any(&["expand_dims"], "a, axis", "New axes of length one.", expand_dims),
    SECTION.any(&["squeeze"], "a, axis=None", "Without axes of length one.", squeeze),
];

/// Axes given as one or several, each named in errors.
fn named_axes(value: &Value, ndim: usize, what: &str, cx: &Context) -> Result<Vec<usize>> {
    if matches!(value, Value::Float(_) | Value::None) {
        return Err(Error::type_error(format!("'{}' object is not iterable", value.type_name())));
    }
    let mut out = Vec::new();
    for a in integers(value, cx)?.0 {
        let a = axis(a, ndim).map_err(|e| Error { text: format!("{what}: {}", e.text), ..e })?;
        if out.contains(&a) {
            return Err(Error::value(format!("repeated axis in `{what}` argument")));
        }
        out.push(a);
    }
    Ok(out)
}

/// Axes moved from some places to others.
///
/// # Errors
/// AxisError; ValueError where there are more of one than of the other.
pub fn moved(ndim: usize, source: &[usize], destination: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..ndim).filter(|a| !source.contains(a)).collect();
    let mut pairs: Vec<(usize, usize)> =
        destination.iter().copied().zip(source.iter().copied()).collect();
    pairs.sort_unstable();
    for (to, from) in pairs {
        order.insert(to.min(order.len()), from);
    }
    order
}

fn moveaxis(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let ndim = nd.ndim()?;
    let source = named_axes(&args.value("source"), ndim, "source", cx)?;
    let destination = named_axes(&args.value("destination"), ndim, "destination", cx)?;
    if source.len() != destination.len() {
        return Err(Error::value(
            "`source` and `destination` arguments must have the same number of elements",
        ));
    }
    let order = moved(ndim, &source, &destination);
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

fn rollaxis(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let ndim = nd.ndim()?;
    let from = axis(args.value("axis").index()?, ndim)?;
    let start = args.int("start")?.unwrap_or(0);
    let n = ndim as i64;
    let at = if start < 0 { start + n } else { start };
    if !(0..=n).contains(&at) {
        return Err(Error::new(
            ErrorKind::AxisError,
            format!("'start' arg requires {} <= start < {}, but {start} was passed in", -n, n + 1),
        ));
    }
    let at = at as usize;
    let to = if from < at { at - 1 } else { at };
    let order = moved(ndim, &[from], &[to]);
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

fn swapaxes(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let ndim = nd.ndim()?;
    let of = |name: &str| -> Result<usize> {
        axis(args.value(name).index()?, ndim)
            .map_err(|e| Error { text: format!("{name}: {}", e.text), ..e })
    };
    let (one, two) = (of("axis1")?, of("axis2")?);
    let mut order: Vec<usize> = (0..ndim).collect();
    order.swap(one, two);
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

/// The order that `axes` asks for; reversed without.
///
/// # Errors
/// AxisError; ValueError where it is no order of all the axes.
pub fn axis_order(value: Option<&Value>, ndim: usize, cx: &Context) -> Result<Vec<usize>> {
    let Some(value) = value else { return Ok((0..ndim).rev().collect()) };
    let given = integers(value, cx)?.0;
    if given.len() != ndim {
        return Err(Error::value("axes don't match array"));
    }
    let mut order = Vec::new();
    for a in given {
        let a = axis(a, ndim)?;
        if order.contains(&a) {
            return Err(Error::value("repeated axis in transpose"));
        }
        order.push(a);
    }
    Ok(order)
}

fn transpose_(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let order = axis_order(args.some("axes"), nd.ndim()?, cx)?;
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

fn matrix_transpose(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "x", cx)?;
    let n = nd.ndim()?;
    if n < 2 {
        return Err(Error::value(format!(
            "Input array must be at least 2-dimensional, but it is {n}"
        )));
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.swap(n - 1, n - 2);
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

/// An array of at least so many axes, as `atleast_1d` and its kin place them.
///
/// # Errors
/// As viewing.
pub fn with_axes(nd: &Nd, least: usize) -> Result<Nd> {
    nd.viewed(move |a| {
        let shape = match (least, a.shape()) {
            (1, []) => vec![1],
            (2, []) => vec![1, 1],
            (2, [n]) => vec![1, *n],
            (3, []) => vec![1, 1, 1],
            (3, [n]) => vec![1, *n, 1],
            (3, [n, m]) => vec![*n, *m, 1],
            _ => return Ok(a.clone()),
        };
        Ok(reshape(a, shape))
    })
}

fn at_least(args: &Args, cx: &Context, least: usize) -> Result<Value> {
    let mut out = Vec::new();
    for value in args.value("arys").sequence().unwrap_or_default() {
        out.push(Value::Array(with_axes(&nd_of(&value, cx)?, least)?));
    }
    Ok(match out.len() {
        1 => out.swap_remove(0),
        _ => Value::tuple(out),
    })
}

fn expand_dims(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let given = integers(&args.value("axis"), cx)?.0;
    let ndim = nd.ndim()? + given.len();
    let mut new = Vec::new();
    for a in given {
        let a = axis(a, ndim)?;
        if new.contains(&a) {
            return Err(Error::value("repeated axis"));
        }
        new.push(a);
    }
    viewed(&nd, move |a| {
        let mut rest = a.shape().iter();
        let shape = (0..ndim)
            .map(|i| if new.contains(&i) { 1 } else { rest.next().copied().unwrap_or(1) })
            .collect();
        Ok(reshape(a, shape))
    })
}

fn squeeze(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let shape = nd.shape()?;
    let away = match args.some("axis") {
        None => (0..shape.len()).filter(|&a| shape[a] == 1).collect(),
        Some(v) => axes(v, shape.len())?,
    };
    if away.iter().any(|&a| shape[a] != 1) {
        return Err(Error::value(
            "cannot select an axis to squeeze out which has size not equal to one",
        ));
    }
    let kept: Vec<usize> =
        (0..shape.len()).filter(|a| !away.contains(a)).map(|a| shape[a]).collect();
    viewed(&nd, move |a| Ok(reshape(a, kept.clone())))
}
