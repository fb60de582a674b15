//! Differences along an axis, and what is made of them: integrals, unwrapped phases.
//!
//! All are computed region by region: neighbours are read once, and NumPy's dtype rules come from
//! the universal functions that each block goes through.

use std::sync::Arc;

use super::args::Args;
use super::calls::{call_with, choose, op, op_values, reduced, safely, stretch, value};
use super::convert::{as_array, as_operand};
use super::registry::Function;
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::lazy::whole;
use crate::array::promote::{Casting, can_cast, promote, with_weak};
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::view::broadcast_to;
use crate::array::window::windowed;
use crate::array::{Array, Context, DType, Error, Result};

const SECTION: &str = "Mathematical functions";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["diff"],
        params: "a, n=1, axis=-1, prepend=<no value>, append=<no value>",
        help: "Differences of neighbours along an axis, n times over.",
        section: SECTION,
        kinds: "biufcmM",
        run: diff,
        ufunc: None,
    },
    Function {
        names: &["ediff1d"],
        params: "ary, to_end=None, to_begin=None",
        help: "Differences of neighbours of the flat array.",
        section: SECTION,
        kinds: "iufcmM",
        run: ediff1d,
        ufunc: None,
    },
    Function {
        names: &["trapezoid", "trapz"],
        params: "y, x=None, dx=1.0, axis=-1",
        help: "Integral along an axis by the trapezoidal rule.",
        section: SECTION,
        kinds: "biufcm",
        run: trapezoid,
        ufunc: None,
    },
    Function {
        names: &["unwrap"],
        params: "p, discont=None, axis=-1, *, period=6.283185307179586",
        help: "Phases with jumps of more than half a period taken out.",
        section: SECTION,
        kinds: "biuf",
        run: unwrap,
        ufunc: None,
    },
];

/// `f` of each element along an axis and the one before it.
fn pairwise(name: &'static str, a: &Array, axis: usize, n: usize, cx: &Context) -> Result<Array> {
    let step = move |x: &Array, cx: &Context| -> Result<Array> {
        let len = x.shape()[axis].saturating_sub(1);
        op(name, &[&stretch(x, axis, x.shape()[axis] - len, len), &stretch(x, axis, 0, len)], cx)
    };
    // what comes out, and whether there is such a function at all
    let mut shape = a.shape().to_vec();
    shape[axis] = 0;
    let mut none = Array::of(Block::zeros(a.dtype().clone(), shape.clone()));
    for _ in 0..n.min(2) {
        none = op(name, &[&none, &none], cx)?;
    }
    if a.shape()[axis] <= n {
        return Ok(Array::of(Block::zeros(none.dtype().clone(), shape)));
    }
    let apply = move |x: &Array, cx: &Context| {
        let mut x = x.clone();
        for _ in 0..n {
            let next = step(&x, cx)?;
            x = Array::of(next.read(&whole(next.shape()), cx)?);
        }
        Ok(x)
    };
    Ok(windowed(none.dtype().clone(), a, axis, n, Arc::new(apply)))
}

/// `np.diff` of an array.
///
/// # Errors
/// Those of subtracting.
pub fn diff_of(a: &Array, n: usize, axis: usize, cx: &Context) -> Result<Array> {
    let name = if *a.dtype() == DType::Bool { "not_equal" } else { "subtract" };
    if n == 0 { Ok(a.clone()) } else { pairwise(name, a, axis, n, cx) }
}

fn concatenated(parts: &[Array], axis: usize, cx: &Context) -> Result<Array> {
    let parts = Value::tuple(parts.iter().map(value).collect());
    as_array(&call_with("concatenate", vec![parts], &[("axis", Value::int(axis))], cx)?, cx)
}

fn diff(args: &Args, cx: &Context) -> Result<Value> {
    let n = args.get("n").map_or(Ok(1), Value::index)?;
    if n == 0 {
        return Ok(args.value("a"));
    }
    if n < 0 {
        return Err(Error::value(format!("order must be non-negative but got {n}")));
    }
    let mut a = args.array("a", cx)?;
    if a.ndim() == 0 {
        return Err(Error::value("diff requires input that is at least one dimensional"));
    }
    let axis = super::args::axis(args.get("axis").map_or(Ok(-1), Value::index)?, a.ndim())?;
    let beside = |name: &str| -> Result<Option<Array>> {
        let Some(v) = args.get(name) else { return Ok(None) };
        let x = as_array(v, cx)?;
        if x.ndim() > 0 {
            return Ok(Some(x));
        }
        let mut shape = a.shape().to_vec();
        shape[axis] = 1;
        broadcast_to(&x, &shape).map(Some)
    };
    let parts: Vec<Array> =
        [beside("prepend")?, Some(a.clone()), beside("append")?].into_iter().flatten().collect();
    if parts.len() > 1 {
        a = concatenated(&parts, axis, cx)?;
    }
    Ok(Value::array(diff_of(&a, n as usize, axis, cx)?))
}

fn ediff1d(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.array("ary", cx)?;
    let a = reshape(&a, vec![a.len()]);
    let beside = |name: &str| -> Result<Option<Array>> {
        let Some(v) = args.some(name) else { return Ok(None) };
        let x = as_array(v, cx)?;
        if !can_cast(x.dtype(), a.dtype(), Casting::SameKind) {
            return Err(Error::type_error(format!(
                "dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule."
            )));
        }
        cast(&reshape(&x, vec![x.len()]), a.dtype()).map(Some)
    };
    let (first, last) = (beside("to_begin")?, beside("to_end")?);
    let between = pairwise("subtract", &a, 0, 1, cx)?;
    if first.is_none() && last.is_none() {
        return Ok(Value::array(between));
    }
    let parts: Vec<Array> =
        [first, Some(cast(&between, a.dtype())?), last].into_iter().flatten().collect();
    Ok(Value::array(concatenated(&parts, 0, cx)?))
}

fn trapezoid(args: &Args, cx: &Context) -> Result<Value> {
    let y = args.array("y", cx)?;
    let given = args.get("axis").map_or(Ok(-1), Value::index)?;
    let axis = super::args::axis(given, y.ndim())
        .map_err(|_| Error::index("list assignment index out of range"))?;
    let d = match args.some("x") {
        None => args.get("dx").cloned().unwrap_or(Value::Float(1.0)),
        Some(x) => {
            let x = as_array(x, cx)?;
            if x.ndim() == 0 {
                return Err(Error::value("diff requires input that is at least one dimensional"));
            }
            if x.ndim() == 1 {
                let d = diff_of(&x, 1, 0, cx)?;
                let mut shape = vec![1; y.ndim()];
                shape[axis] = d.len();
                value(&reshape(&d, shape))
            } else {
                value(&diff_of(&x, 1, super::args::axis(given, x.ndim())?, cx)?)
            }
        }
    };
    let sums = pairwise("add", &y, axis, 1, cx)?;
    let areas = op_values("multiply", vec![d, value(&sums)], cx)?;
    let halves = op_values("divide", vec![value(&areas), Value::Float(2.0)], cx)?;
    let axis = super::args::axis(given, halves.ndim())?;
    Ok(Value::result(reduced("sum", &halves, Some(&[axis]), false, cx)?))
}

fn unwrap(args: &Args, cx: &Context) -> Result<Value> {
    let p = args.array("p", cx)?;
    if p.ndim() == 0 {
        return Err(Error::value("diff requires input that is at least one dimensional"));
    }
    let axis = super::args::axis(args.get("axis").map_or(Ok(-1), Value::index)?, p.ndim())?;
    let dd = diff_of(&p, 1, axis, cx)?;
    let period = args.get("period").cloned().unwrap_or(Value::Float(2.0 * std::f64::consts::PI));
    let given = as_operand(&period, cx)?;
    let dtype = match given.weak {
        Some(weak) => with_weak(dd.dtype(), weak),
        None => promote(dd.dtype(), given.array.dtype())?,
    };
    let two = |name: &str, x: &Value, y: Value| op_values(name, vec![x.clone(), y], cx);
    // Python's numbers stay Python's: they take the dtype of the phases
    let half = match &period {
        Value::Int(n) => Value::Float(num_traits::ToPrimitive::to_f64(n).unwrap_or(0.0) / 2.0),
        Value::Float(x) => Value::Float(x / 2.0),
        other => Value::result(two("divide", other, Value::Float(2.0))?),
    };
    let (high, ambiguous) = match (&period, dtype.is_integer()) {
        (Value::Int(n), true) => {
            let n = num_traits::ToPrimitive::to_i64(n)
                .ok_or_else(|| Error::overflow("Python int too large to convert to C long"))?;
            (Value::int(n.div_euclid(2)), n.rem_euclid(2) == 0)
        }
        (other, true) => {
            let rest = Value::result(two("remainder", other, Value::int(2))?);
            (Value::result(two("floor_divide", other, Value::int(2))?), !rest.truth()?)
        }
        _ => (half.clone(), true),
    };
    let low = match &high {
        Value::Int(n) => Value::Int(-n),
        Value::Float(x) => Value::Float(-x),
        other => Value::result(op_values("negative", vec![other.clone()], cx)?),
    };
    let shifted = op_values("subtract", vec![value(&dd), low.clone()], cx)?;
    let within = op_values("remainder", vec![value(&shifted), period.clone()], cx)?;
    let mut folded = op_values("add", vec![value(&within), low.clone()], cx)?;
    let settled = |x: &Value, like: &Array| cast(&as_array(x, cx)?, like.dtype());
    if ambiguous {
        let at_edge = op_values("equal", vec![value(&folded), low], cx)?;
        let rising = op_values("greater", vec![value(&dd), Value::int(0)], cx)?;
        let edge = op("logical_and", &[&at_edge, &rising], cx)?;
        folded = choose(&edge, &settled(&high, &folded)?, &folded)?;
    }
    let correction = op("subtract", &[&folded, &dd], cx)?;
    let discont = args.some("discont").cloned().unwrap_or(half);
    let small = op_values("less", vec![value(&op("absolute", &[&dd], cx)?), discont], cx)?;
    let correction = choose(&small, &settled(&Value::int(0), &correction)?, &correction)?;
    let names = [("axis", Value::int(axis))];
    let sums = as_array(&call_with("cumsum", vec![value(&correction)], &names, cx)?, cx)?;
    let n = p.shape()[axis];
    let rest = op("add", &[&stretch(&p, axis, n.min(1), n.saturating_sub(1)), &sums], cx)?;
    let parts = [cast(&stretch(&p, axis, 0, n.min(1)), &dtype)?, cast(&rest, &dtype)?];
    Ok(Value::array(concatenated(&parts, axis, cx)?))
}

/// Elements of a small array as doubles.
///
/// # Errors
/// TypeError where they can't safely be doubles.
pub fn doubles(array: &Array, cx: &Context) -> Result<Vec<f64>> {
    Ok(to_block(&safely(array, &DType::Float64)?, cx)?.typed().to_vec())
}
