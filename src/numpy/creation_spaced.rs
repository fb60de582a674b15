//! So many numbers between two, evenly spaced or growing by a factor.

use std::sync::Arc;

use half::f16;
use num_complex::Complex;

use super::args::{Args, axis};
use super::common::call_array;
use super::convert::{as_array, as_operand};
use super::creation::{SECTION, device};
use super::manipulation_axes::moved;
use super::manipulation_select::{any, result_dtype};
use super::registry::Function;
use super::value::Value;
use crate::array::cast::cast;
use crate::array::compose::concat;
use crate::array::elementwise::{Operand, elementwise};
use crate::array::generate::count_up;
use crate::array::lazy::Span;
use crate::array::promote::promote;
use crate::array::reshape::reshape;
use crate::array::view::{broadcast_shapes, broadcast_to, transpose};
use crate::array::{Array, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.entry(
        &["linspace"],
        "start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None",
        "biufc",
        "So many numbers from start to stop, evenly spaced.",
        linspace,
    ),
    SECTION.entry(
        &["logspace"],
        "start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0",
        "biufc",
        "Numbers whose logarithms are evenly spaced.",
        logspace,
    ),
    SECTION.entry(
        &["geomspace"],
        "start, stop, num=50, endpoint=True, dtype=None, axis=0",
        "biufc",
        "Numbers each of which is the one before times a factor.",
        geomspace,
    ),
];

/// The arithmetic of `linspace` in the precision of its dtype.
trait Even: bytemuck::Pod + Send + Sync + PartialEq {
    fn of(i: usize) -> Self;
    fn plus(self, o: Self) -> Self;
    fn minus(self, o: Self) -> Self;
    fn times(self, o: Self) -> Self;
    fn over(self, n: usize) -> Self;
    fn floor(self) -> Self;
}

macro_rules! even {
    ($($T:ty, $of:expr, $floor:expr;)*) => {$(
        impl Even for $T {
            fn of(i: usize) -> $T {
                $of(i)
            }
            fn plus(self, o: $T) -> $T {
                self + o
            }
            fn minus(self, o: $T) -> $T {
                self - o
            }
            fn times(self, o: $T) -> $T {
                self * o
            }
            fn over(self, n: usize) -> $T {
                self / $of(n)
            }
            fn floor(self) -> $T {
                $floor(self)
            }
        }
    )*};
}
even! {
    f16, |i: usize| f16::from_f32(i as f32), |x: f16| f16::from_f32(x.to_f32().floor());
    f32, |i: usize| i as f32, |x: f32| x.floor();
    f64, |i: usize| i as f64, |x: f64| x.floor();
}

macro_rules! even_complex {
    ($($T:ty)*) => {$(
        impl Even for Complex<$T> {
            fn of(i: usize) -> Self {
                Complex::new(i as $T, 0.0)
            }
            fn plus(self, o: Self) -> Self {
                self + o
            }
            fn minus(self, o: Self) -> Self {
                self - o
            }
            fn times(self, o: Self) -> Self {
                self * o
            }
            fn over(self, n: usize) -> Self {
                let scale = 1.0 / n as $T;
                Complex::new(self.re * scale, self.im * scale)
            }
            fn floor(self) -> Self {
                Complex::new(self.re.floor(), self.im.floor())
            }
        }
    )*};
}
even_complex!(f32 f64);

/// The numbers of `linspace` where index, start and stop stand side by side.
fn spaced_as<T: Even>(
    dtype: &DType,
    inputs: Vec<Array>,
    num: usize,
    endpoint: bool,
    flat: bool,
    floor: bool,
) -> Result<Array> {
    let div = if endpoint { num.saturating_sub(1) } else { num };
    elementwise(
        dtype.clone(),
        inputs,
        Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            let (index, start, stop) =
                (ins[0].typed::<i64>(), ins[1].typed::<T>(), ins[2].typed::<T>());
            let out: &mut [T] = bytemuck::cast_slice_mut(out);
            for (k, slot) in out.iter_mut().enumerate() {
                let i = index.at(k) as usize;
                let (a, b) = (start.at(k), stop.at(k));
                let delta = b.minus(a);
                let y = match div {
                    0 => T::of(i).times(delta),
                    _ if flat => T::of(i).over(div).times(delta),
                    _ => T::of(i).times(delta.over(div)),
                };
                let y = if endpoint && num > 1 && i == num - 1 { b } else { y.plus(a) };
                *slot = if floor { y.floor() } else { y };
            }
            Ok(())
        }),
    )
}

/// What `np.linspace` gives, and the step.
///
/// # Errors
/// TypeError without a common dtype; AxisError.
pub fn spaced(
    start: &Value,
    stop: &Value,
    num: usize,
    endpoint: bool,
    at: usize,
    dtype: Option<&DType>,
    cx: &Context,
) -> Result<(Array, Value)> {
    let givens =
        [as_operand(start, cx)?, as_operand(stop, cx)?, as_operand(&Value::Float(0.0), cx)?];
    for g in &givens {
        if g.array.dtype().is_time() {
            return Err(Error::type_error("linspace doesn't take dates"));
        }
    }
    let dt = match result_dtype(&givens)? {
        d if d.is_inexact() => d,
        d => {
            return Err(Error::type_error(format!("linspace doesn't take elements of dtype {d}")));
        }
    };
    let (a, b) = (cast(&givens[0].array, &dt)?, cast(&givens[1].array, &dt)?);
    let inner = broadcast_shapes(&[a.shape(), b.shape()])?;
    let mut lifted = vec![1; inner.len() + 1];
    lifted[0] = num;
    let index = reshape(&count_up(num), lifted);
    let div = if endpoint { num.saturating_sub(1) } else { num };
    let step = step_of(&dt, &a, &b, div)?;
    let flat = match &step {
        Some(s) => zero_in(s, cx)?,
        None => false,
    };
    let floor = dtype.is_some_and(DType::is_integer);
    let inputs = vec![index, a, b];
    let y = match dt {
        DType::Float16 => spaced_as::<f16>(&dt, inputs, num, endpoint, flat, floor)?,
        DType::Float32 => spaced_as::<f32>(&dt, inputs, num, endpoint, flat, floor)?,
        DType::Complex64 => spaced_as::<Complex<f32>>(&dt, inputs, num, endpoint, flat, floor)?,
        DType::Complex128 => spaced_as::<Complex<f64>>(&dt, inputs, num, endpoint, flat, floor)?,
        _ => spaced_as::<f64>(&dt, inputs, num, endpoint, flat, floor)?,
    };
    let y = match dtype {
        Some(d) => cast(&y, d)?,
        None => y,
    };
    let y = if at == 0 { y } else { transpose(&y, &moved(y.ndim(), &[0], &[at])) };
    let step = step.map_or(Value::Float(f64::NAN), Value::result);
    Ok((y, step))
}

fn step_of(dt: &DType, a: &Array, b: &Array, div: usize) -> Result<Option<Array>> {
    if div == 0 {
        return Ok(None);
    }
    fn typed<T: Even>(dt: &DType, a: &Array, b: &Array, div: usize) -> Result<Array> {
        elementwise(
            dt.clone(),
            vec![a.clone(), b.clone()],
            Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                crate::array::elementwise::binary(ins[0], ins[1], out, |x: T, y: T| {
                    y.minus(x).over(div)
                });
                Ok(())
            }),
        )
    }
    Ok(Some(match dt {
        DType::Float16 => typed::<f16>(dt, a, b, div)?,
        DType::Float32 => typed::<f32>(dt, a, b, div)?,
        DType::Complex64 => typed::<Complex<f32>>(dt, a, b, div)?,
        DType::Complex128 => typed::<Complex<f64>>(dt, a, b, div)?,
        _ => typed::<f64>(dt, a, b, div)?,
    }))
}

/// Whether any step is zero, which changes how all are computed.
fn zero_in(step: &Array, cx: &Context) -> Result<bool> {
    let truth = super::nd::truth(step)?;
    any(&truth, cx, |b| b.bytes().contains(&0))
}

/// A number of samples.
fn samples(args: &Args) -> Result<usize> {
    let num = args.int("num")?.unwrap_or(50);
    usize::try_from(num)
        .map_err(|_| Error::value(format!("Number of samples, {num}, must be non-negative.")))
}

/// The axis of the samples.
fn sample_axis(args: &Args, ndim: usize) -> Result<usize> {
    let at = args.int("axis")?.unwrap_or(0);
    axis(at, ndim).map_err(|e| Error { text: format!("destination: {}", e.text), ..e })
}

fn ends(args: &Args, cx: &Context) -> Result<usize> {
    let (a, b) = (args.array("start", cx)?, args.array("stop", cx)?);
    Ok(broadcast_shapes(&[a.shape(), b.shape()])?.len() + 1)
}

fn endpoint(args: &Args) -> Result<bool> {
    args.get("endpoint").map_or(Ok(true), Value::truth)
}

fn linspace(args: &Args, cx: &Context) -> Result<Value> {
    device(args)?;
    let num = samples(args)?;
    let at = sample_axis(args, ends(args, cx)?)?;
    let dtype = args.dtype("dtype")?;
    let (start, stop) = (args.value("start"), args.value("stop"));
    let (y, step) = spaced(&start, &stop, num, endpoint(args)?, at, dtype.as_ref(), cx)?;
    Ok(match args.flag("retstep")? {
        true => Value::tuple(vec![Value::array(y), step]),
        false => Value::array(y),
    })
}

fn logspace(args: &Args, cx: &Context) -> Result<Value> {
    let num = samples(args)?;
    let mut base = args.get("base").cloned().unwrap_or(Value::Float(10.0));
    let (mut start, mut stop) = (args.value("start"), args.value("stop"));
    let mut ndim = ends(args, cx)?;
    let base_array = as_array(&base, cx)?;
    if base_array.ndim() > 0 {
        // the base has an axis of its own for the samples
        ndim = ndim.max(base_array.ndim() + 1);
        let lift = |v: &Value| -> Result<Array> {
            let a = as_array(v, cx)?;
            let mut shape = vec![1; ndim - 1 - a.ndim()];
            shape.extend(a.shape());
            Ok(reshape(&a, shape))
        };
        start = Value::array(lift(&start)?);
        stop = Value::array(lift(&stop)?);
        let lifted = lift(&base)?;
        let mut shape = lifted.shape().to_vec();
        shape.insert(sample_axis(args, ndim)?, 1);
        base = Value::array(reshape(&lifted, shape));
    }
    let at = sample_axis(args, ndim)?;
    let (y, _) = spaced(&start, &stop, num, endpoint(args)?, at, None, cx)?;
    let out = call_array("power", vec![base, Value::array(y)], vec![], cx)?;
    Ok(Value::array(match args.dtype("dtype")? {
        Some(d) => cast(&out, &d)?,
        None => out,
    }))
}

fn geomspace(args: &Args, cx: &Context) -> Result<Value> {
    let num = samples(args)?;
    let endpoint = endpoint(args)?;
    let at = sample_axis(args, ends(args, cx)?)?;
    let givens = [
        as_operand(&args.value("start"), cx)?,
        as_operand(&args.value("stop"), cx)?,
        as_operand(&Value::Float(0.0), cx)?,
    ];
    for g in &givens[..2] {
        let truth = super::nd::truth(&g.array)?;
        if any(&truth, cx, |b| b.bytes().contains(&0))? {
            return Err(Error::value("Geometric sequence cannot include zero"));
        }
    }
    let mut dt = result_dtype(&givens)?;
    let dtype = args.dtype("dtype")?;
    if let Some(d) = &dtype {
        dt = promote(&dt, d)?;
    }
    let call = |name: &str, places: Vec<Array>| {
        call_array(name, places.into_iter().map(Value::array).collect(), vec![], cx)
    };
    let (start, stop) = (cast(&givens[0].array, &dt)?, cast(&givens[1].array, &dt)?);
    let sign = call("sign", vec![start.clone()])?;
    let (first, last) =
        (call("divide", vec![start, sign.clone()])?, call("divide", vec![stop, sign.clone()])?);
    let logs = (call("log10", vec![first.clone()])?, call("log10", vec![last.clone()])?);
    let (y, _) = spaced(&Value::array(logs.0), &Value::array(logs.1), num, endpoint, 0, None, cx)?;
    let powers = call_array("power", vec![Value::Float(10.0), Value::array(y)], vec![], cx)?;
    let mut out = cast(&powers, &dt)?;
    // the ends are exact
    if num > 0 {
        let mut shape = out.shape().to_vec();
        let inner = shape[1..].to_vec();
        shape[0] = 1;
        let row = |a: &Array| -> Result<Array> {
            Ok(reshape(&broadcast_to(&cast(a, &dt)?, &inner)?, shape.clone()))
        };
        let ends = usize::from(num > 1 && endpoint);
        let middle = super::manipulation::cut(&out, 0, Span::run(1, num - 1 - ends));
        let mut parts = vec![row(&first)?, middle];
        if ends == 1 {
            parts.push(row(&last)?);
        }
        out = concat(&parts, 0, &dt)?;
    }
    out = call("multiply", vec![out, sign])?;
    if at != 0 {
        out = transpose(&out, &moved(out.ndim(), &[0], &[at]));
    }
    Ok(Value::array(match dtype {
        Some(d) => cast(&out, &d)?,
        None => cast(&out, &dt)?,
    }))
}
