//! Averages with weights, ranges, covariances and correlations.

use super::args::Args;
use super::calls::{axes_value, axis_tuple, call_with, op, op_values, reduced, value};
use super::convert::{as_array, as_array_of};
use super::products::dot_of;
use super::registry::Function;
use super::value::Value;
use super::weighted;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::elementwise::{Kernel, Operand, elementwise, unary};
use crate::array::error::Kind;
use crate::array::promote::promote;
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::view::{broadcast_to, transpose};
use crate::array::{Array, Context, DType, Error, Result};
use std::sync::Arc;

const SECTION: &str = "Statistics";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["average"],
        params: "a, axis=None, weights=None, returned=False, *, keepdims=<no value>",
        help: "Weighted average along the given axis.",
        section: SECTION,
        kinds: "biufc",
        run: average,
        ufunc: None,
    },
    Function {
        names: &["ptp"],
        params: "a, axis=None, out=None, keepdims=<no value>",
        help: "Largest minus smallest element along the given axis.",
        section: SECTION,
        kinds: "iufcmM",
        run: ptp,
        ufunc: None,
    },
    Function {
        names: &["cov"],
        params: "m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, \
                 dtype=None",
        help: "Covariance matrix of variables.",
        section: SECTION,
        kinds: "biufc",
        run: cov,
        ufunc: None,
    },
    Function {
        names: &["corrcoef"],
        params: "x, y=None, rowvar=True, bias=<no value>, ddof=<no value>, *, dtype=None",
        help: "Correlation coefficients of variables.",
        section: SECTION,
        kinds: "biufc",
        run: corrcoef,
        ufunc: None,
    },
];

fn ptp(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.value("a");
    let names = [("axis", args.value("axis")), ("keepdims", Value::Bool(args.flag("keepdims")?))];
    let largest = call_with("max", vec![a.clone()], &names, cx)?;
    let smallest = call_with("min", vec![a], &names, cx)?;
    match args.some("out") {
        None => call_with("subtract", vec![largest, smallest], &[], cx),
        Some(out) => call_with("subtract", vec![largest, smallest], &[("out", out.clone())], cx),
    }
}

fn average(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.array("a", cx)?;
    let axes = args.some("axis").map(|x| axis_tuple(x, a.ndim())).transpose()?;
    let keepdims = args.flag("keepdims")?;
    let weights = args.some("weights");
    let (mean, scale) = average_of(&a, axes.as_deref(), weights, keepdims, cx)?;
    if !args.flag("returned")? {
        return Ok(Value::result(mean));
    }
    let scale = broadcast_to(&scale, mean.shape())?;
    Ok(Value::tuple(vec![Value::result(mean), Value::result(scale)]))
}

/// An average, and the sum of its weights.
fn average_of(
    a: &Array,
    axes: Option<&[usize]>,
    weights: Option<&Value>,
    keepdims: bool,
    cx: &Context,
) -> Result<(Array, Array)> {
    let Some(weights) = weights else {
        let mean = reduced("mean", a, axes, keepdims, cx)?;
        if mean.dtype().is_time() {
            return Err(Error::value("Could not convert object to NumPy timedelta"));
        }
        let n = a.len() as f64 / mean.len() as f64;
        let scale = cast(&super::nd::number(DType::Float64, n), mean.dtype())?;
        return Ok((mean, scale));
    };
    let w = weighted::checked(weights, a, axes, false, cx)?;
    let mut dtype = promote(a.dtype(), w.dtype())?;
    if a.dtype().is_integral() {
        dtype = promote(&dtype, &DType::Float64)?;
    }
    let names = [
        ("axis", axes_value(axes)),
        ("dtype", Value::DType(dtype.clone())),
        ("keepdims", Value::Bool(keepdims)),
    ];
    // NumPy sums the weights as they broadcast: over axes of length 1 where they do
    let scale = as_array(&call_with("sum", vec![value(&w)], &names, cx)?, cx)?;
    let zero = op_values("equal", vec![value(&scale), Value::Float(0.0)], cx)?;
    if Value::result(op("any", &[&zero], cx)?).truth()? {
        return Err(Error::new(
            Kind::ZeroDivisionError,
            "Weights sum to zero, can't be normalized",
        ));
    }
    let times = [("dtype", Value::DType(dtype))];
    let product = call_with("multiply", vec![value(a), value(&w)], &times, cx)?;
    let sum = reduced("sum", &as_array(&product, cx)?, axes, keepdims, cx)?;
    Ok((op("divide", &[&sum, &scale], cx)?, scale))
}

fn at_least_2d(a: &Array) -> Array {
    let mut shape = a.shape().to_vec();
    while shape.len() < 2 {
        shape.insert(0, 1);
    }
    reshape(a, shape)
}

fn turned(a: &Array) -> Array {
    transpose(a, &[1, 0])
}

/// The arguments of a covariance.
struct Covariance<'a> {
    m: &'a Value,
    y: Option<&'a Value>,
    rows: bool,
    dtype: Option<DType>,
    ddof: i64,
    fweights: Option<&'a Value>,
    aweights: Option<&'a Value>,
}

fn cov(args: &Args, cx: &Context) -> Result<Value> {
    let ddof = match args.some("ddof") {
        None => i64::from(!args.flag("bias")?),
        Some(v) => {
            let x = v.float()?;
            if x != x.trunc() {
                return Err(Error::value("ddof must be integer"));
            }
            x as i64
        }
    };
    let m = args.value("m");
    let c = Covariance {
        m: &m,
        y: args.some("y"),
        rows: args.get("rowvar").map_or(Ok(true), Value::truth)?,
        dtype: args.dtype("dtype")?,
        ddof,
        fweights: args.some("fweights"),
        aweights: args.some("aweights"),
    };
    Ok(Value::array(c.compute(cx)?))
}

impl Covariance<'_> {
    fn compute(&self, cx: &Context) -> Result<Array> {
        let m = as_array(self.m, cx)?;
        if m.ndim() > 2 {
            return Err(Error::value("m has more than 2 dimensions"));
        }
        let y = self.y.map(|y| as_array(y, cx)).transpose()?;
        if y.as_ref().is_some_and(|y| y.ndim() > 2) {
            return Err(Error::value("y has more than 2 dimensions"));
        }
        let dtype = match (&self.dtype, &y) {
            (Some(d), _) => d.clone(),
            (None, None) => promote(m.dtype(), &DType::Float64)?,
            (None, Some(y)) => promote(&promote(m.dtype(), y.dtype())?, &DType::Float64)?,
        };
        if dtype.is_string() {
            return Err(no_sum(&dtype));
        }
        let mut x = at_least_2d(&cast(&m, &dtype)?);
        if !self.rows && m.ndim() != 1 {
            x = turned(&x);
        }
        if x.shape()[0] == 0 {
            return Ok(Array::of(Block::zeros(DType::Float64, vec![0, 0])));
        }
        if let Some(y) = y {
            let mut y = at_least_2d(&cast(&y, &dtype)?);
            if !self.rows && y.shape()[0] != 1 {
                y = turned(&y);
            }
            let parts = Value::tuple(vec![value(&x), value(&y)]);
            let names = [("axis", Value::int(0))];
            x = as_array(&call_with("concatenate", vec![parts], &names, cx)?, cx)?;
        }
        let n = x.shape()[1];
        let f = self.fweights.map(|w| weights(w, "fweights", n, cx)).transpose()?;
        if f.as_ref().is_some_and(|(_, values)| values.iter().any(|w| *w < 0.0)) {
            return Err(Error::value("fweights cannot be negative"));
        }
        let a = self.aweights.map(|w| weights(w, "aweights", n, cx)).transpose()?;
        if a.as_ref().is_some_and(|(_, values)| values.iter().any(|w| *w < 0.0)) {
            return Err(Error::value("aweights cannot be negative"));
        }
        let w: Option<Vec<f64>> = match (&f, &a) {
            (None, None) => None,
            (Some((_, f)), None) => Some(f.clone()),
            (None, Some((_, a))) => Some(a.clone()),
            (Some((_, f)), Some((_, a))) => Some(f.iter().zip(a).map(|(f, a)| f * a).collect()),
        };
        let w_array = w.as_ref().map(|w| Array::of(Block::of(DType::Float64, vec![n], w)));
        let (mean, _) = average_of(&x, Some(&[1]), w_array.as_ref().map(value).as_ref(), true, cx)?;
        let ddof = self.ddof as f64;
        let fact = match &w {
            None => n as f64 - ddof,
            Some(w) => {
                let sum: f64 = w.iter().sum();
                match &a {
                    _ if self.ddof == 0 => sum,
                    None => sum - ddof,
                    Some((_, a)) => {
                        let squares: f64 = w.iter().zip(a).map(|(w, a)| w * a).sum();
                        sum - ddof * squares / sum
                    }
                }
            }
        };
        let fact = match fact {
            fact if fact <= 0.0 => {
                cx.note("RuntimeWarning: Degrees of freedom <= 0 for slice");
                0.0
            }
            fact => fact,
        };
        // in place, as NumPy does it: the dtype stays
        let centred = op("subtract", &[&x, &mean], cx)?;
        if !crate::array::promote::can_cast(
            centred.dtype(),
            x.dtype(),
            crate::array::promote::Casting::SameKind,
        ) {
            return Err(Error::new(
                Kind::UFuncTypeError,
                format!(
                    "Cannot cast ufunc 'subtract' output from {} to {} with casting rule \
                     'same_kind'",
                    crate::array::cast::described(centred.dtype()),
                    crate::array::cast::described(x.dtype())
                ),
            ));
        }
        let x = cast(&centred, x.dtype())?;
        let mut right = match &w_array {
            None => x.clone(),
            Some(w) => op("multiply", &[&x, w], cx)?,
        };
        if right.dtype().is_complex() {
            right = op("conjugate", &[&right], cx)?;
        }
        let c = dot_of(&x, &turned(&right), cx)?;
        if fact == 0.0 {
            cx.note("RuntimeWarning: divide by zero encountered in divide");
        }
        let factor = Value::Float(1.0 / fact);
        let c = cast(&op_values("multiply", vec![value(&c), factor], cx)?, c.dtype())?;
        let shape = c.shape().iter().copied().filter(|n| *n != 1).collect();
        Ok(reshape(&c, shape))
    }
}

fn no_sum(dtype: &DType) -> Error {
    let twice = match dtype {
        DType::Str(n) => DType::Str(2 * n),
        DType::Bytes(n) => DType::Bytes(2 * n),
        other => other.clone(),
    };
    Error::type_error(format!(
        "the resolved dtypes are not compatible with add.reduce. Resolved ({d}, {d}, {})",
        crate::array::cast::described(&twice),
        d = crate::array::cast::described(dtype)
    ))
}

/// Weights of observations, in memory beside the results they lead to.
fn weights(given: &Value, name: &str, n: usize, cx: &Context) -> Result<(Array, Vec<f64>)> {
    let w = as_array_of(given, Some(&DType::Float64), cx)?;
    let values: Vec<f64> = to_block(&w, cx)?.typed().to_vec();
    if name == "fweights" && values.iter().any(|x| *x != x.round_ties_even()) {
        return Err(Error::type_error("fweights must be integer"));
    }
    if w.ndim() > 1 {
        return Err(Error::runtime(format!("cannot handle multidimensional {name}")));
    }
    if w.ndim() == 0 {
        return Err(Error::index("tuple index out of range"));
    }
    if values.len() != n {
        return Err(Error::runtime(format!("incompatible numbers of samples and {name}")));
    }
    Ok((w, values))
}

fn corrcoef(args: &Args, cx: &Context) -> Result<Value> {
    if args.get("bias").is_some() || args.get("ddof").is_some() {
        cx.note("DeprecationWarning: bias and ddof have no effect and are deprecated");
    }
    let x = args.value("x");
    let c = Covariance {
        m: &x,
        y: args.some("y"),
        rows: args.get("rowvar").map_or(Ok(true), Value::truth)?,
        dtype: args.dtype("dtype")?,
        ddof: 1,
        fweights: None,
        aweights: None,
    };
    let c = c.compute(cx)?;
    if c.ndim() == 0 {
        return Ok(Value::result(op("divide", &[&c, &c], cx)?));
    }
    let variances = super::tensors::diagonal(&c, 0, 0, 1);
    let variances = if c.dtype().is_complex() {
        super::nd::part(&variances, 0, &c.dtype().real(), &[])
    } else {
        variances
    };
    let deviation = op("sqrt", &[&variances], cx)?;
    let n = deviation.len();
    let scaled = op("divide", &[&c, &reshape(&deviation, vec![n, 1])], cx)?;
    let scaled = op("divide", &[&scaled, &reshape(&deviation, vec![1, n])], cx)?;
    Ok(Value::array(within_one(&cast(&scaled, c.dtype())?)?))
}

/// Coefficients clipped to -1 and 1, real and imaginary parts each.
fn within_one(c: &Array) -> Result<Array> {
    fn clip<T: num_traits::Float>(x: T) -> T {
        let one = T::one();
        if x.is_nan() { x } else { x.max(-one).min(one) }
    }
    let kernel: Kernel = match c.dtype() {
        DType::Float64 | DType::Complex128 => {
            Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
                unary(ins[0], out, clip::<f64>);
                Ok(())
            })
        }
        DType::Float32 | DType::Complex64 => {
            Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
                unary(ins[0], out, clip::<f32>);
                Ok(())
            })
        }
        DType::Float16 => Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
            unary(ins[0], out, |x: half::f16| half::f16::from_f32(clip(x.to_f32())));
            Ok(())
        }),
        _ => return Ok(c.clone()),
    };
    // a complex number is clipped as the two floats that it is
    let kernel: Kernel = if c.dtype().is_complex() {
        let inner = kernel;
        Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| match ins[0] {
            Operand::Many(_) => inner(ins, out, cx),
            Operand::One(one) => {
                let many: Vec<u8> = one.iter().copied().cycle().take(out.len()).collect();
                let mut aligned = Block::zeros(DType::Float64, vec![many.len().div_ceil(8)]);
                aligned.bytes_mut()[..many.len()].copy_from_slice(&many);
                inner(&[Operand::Many(&aligned.bytes()[..many.len()])], out, cx)
            }
        })
    } else {
        kernel
    };
    elementwise(c.dtype().clone(), vec![c.clone()], kernel)
}
