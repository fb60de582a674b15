//! Numbers at even distances: `arange` and its kin, and grids of coordinates.

use std::sync::Arc;

use half::f16;
use num_bigint::BigInt;
use num_complex::Complex;
use num_traits::ToPrimitive;

use super::args::{Args, axis};
use super::common::{ALL, Run, call_array, entry, one};
use super::convert::{as_array, as_dtype, as_operand};
use super::creation::{SECTION, device};
use super::manipulation::moved;
use super::manipulation_select::{any, result_dtype};
use super::registry::Function;
use super::value::{Value, range_len, to_item};
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::compose::concat;
use crate::array::elementwise::{Operand, elementwise};
use crate::array::generate::{along, count_up};
use crate::array::lazy::Span;
use crate::array::promote::{class_name, promote};
use crate::array::reshape::reshape;
use crate::array::time::TimeUnit;
use crate::array::view::{broadcast_shapes, broadcast_to, transpose};
use crate::array::{Array, Context, DType, Error, Result};

const fn make(
    names: &'static [&'static str],
    params: &'static str,
    kinds: &'static str,
    help: &'static str,
    run: Run,
) -> Function {
    entry(SECTION, names, params, kinds, help, run)
}

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    make(
        &["arange"],
        "start=None, stop=None, step=None, dtype=None, *, device=None, like=None",
        "biufcmM",
        "Numbers from start to before stop, a step apart.",
        arange,
    ),
    make(
        &["linspace"],
        "start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None",
        "biufc",
        "So many numbers from start to stop, evenly spaced.",
        linspace,
    ),
    make(
        &["logspace"],
        "start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0",
        "biufc",
        "Numbers whose logarithms are evenly spaced.",
        logspace,
    ),
    make(
        &["geomspace"],
        "start, stop, num=50, endpoint=True, dtype=None, axis=0",
        "biufc",
        "Numbers each of which is the one before times a factor.",
        geomspace,
    ),
    make(
        &["meshgrid"],
        "*xi, copy=True, sparse=False, indexing='xy'",
        ALL,
        "Coordinate matrices out of coordinate vectors.",
        meshgrid,
    ),
    make(
        &["indices"],
        "dimensions, dtype=int, sparse=False",
        "biufc",
        "The indices of a grid, an array for each axis.",
        indices,
    ),
    make(&["mgrid"], "key", "", "A dense grid out of slices: np.mgrid[0:3, 0:1:5j].", |a, cx| {
        grid(&a.value("key"), false, cx)
    }),
    make(&["ogrid"], "key", "", "An open grid out of slices: np.ogrid[0:3, 0:1:5j].", |a, cx| {
        grid(&a.value("key"), true, cx)
    }),
    make(
        &["r_"],
        "key",
        "",
        "Slices, arrays and numbers joined along the first axis: np.r_[1:4, 0, 4].",
        |a, cx| super::creation_joins::joined(&a.value("key"), false, cx),
    ),
    make(
        &["c_"],
        "key",
        "",
        "Slices, arrays and numbers joined as columns: np.c_[x, y].",
        |a, cx| super::creation_joins::joined(&a.value("key"), true, cx),
    ),
    make(
        &["s_", "index_exp"],
        "key",
        "",
        "The index that is written in the brackets: np.s_[::2].",
        |a, _| Ok(a.value("key")),
    ),
];

fn unsupported(d: &DType) -> Error {
    Error::type_error(format!(
        "arange() not supported for inputs with DType <class 'numpy.dtypes.{}'>.",
        class_name(d)
    ))
}

/// A number of Python's, exactly.
fn number(value: &Value) -> Result<Value> {
    match value {
        Value::Array(nd) if nd.size()? == 1 => nd.item(),
        Value::Bool(b) => Ok(Value::int(i64::from(*b))),
        other => Ok(other.clone()),
    }
}

fn arange(args: &Args, cx: &Context) -> Result<Value> {
    device(args)?;
    let mut given =
        [args.get("start"), args.get("stop"), args.get("step")].map(Option::<&Value>::cloned);
    // a single number is where it stops
    if given[1].as_ref().is_none_or(Value::is_none) {
        if given[0].is_none() {
            return Err(Error::type_error("arange() requires stop to be specified."));
        }
        given.swap(0, 1);
        given[0] = None;
    }
    let [start, stop, step] = given;
    let start_given = start.clone().filter(|v| !v.is_none());
    let start = start_given.clone().unwrap_or(Value::int(0));
    let stop = stop.unwrap_or(Value::None);
    let step = step.filter(|v| !v.is_none()).unwrap_or(Value::int(1));
    let dtype = args.dtype("dtype")?;
    range(&start, start_given.is_some(), &stop, &step, dtype, cx).map(Value::array)
}

/// What `np.arange` gives.
///
/// # Errors
/// TypeError where there are no such ranges; ValueError where the length can't be had.
pub fn range(
    start: &Value,
    has_start: bool,
    stop: &Value,
    step: &Value,
    dtype: Option<DType>,
    cx: &Context,
) -> Result<Array> {
    if stop.is_none() || stop.sequence().is_some() {
        return Err(Error::type_error(format!(
            "unsupported operand type(s) for -: '{}' and 'int'",
            stop.type_name()
        )));
    }
    let found = [start, stop, step].map(|v| as_array(v, cx).map(|a| a.dtype().clone()));
    let [a, b, c] = found;
    let found = [a?, b?, c?];
    let time = dtype.as_ref().is_some_and(DType::is_time) || found.iter().any(DType::is_time);
    if time {
        return times(start, has_start, stop, step, dtype, &found, cx);
    }
    let target = match &dtype {
        Some(d) => d.clone(),
        None => {
            if let Some(d) = found.iter().find(|d| d.is_string()) {
                return Err(unsupported(d));
            }
            promote(&promote(&found[0], &found[1])?, &found[2])?
        }
    };
    if !target.is_number() && target != DType::Object {
        return Err(unsupported(&target));
    }
    if let Some(d) = found.iter().find(|d| d.is_string()) {
        return Err(unsupported(d));
    }
    let (start, stop, step) = (number(start)?, number(stop)?, number(step)?);
    let n = length(&start, &stop, &step)?;
    if n > isize::MAX as usize / target.size().max(1) {
        return Err(Error::value(
            "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum \
             possible size.",
        ));
    }
    let next = sum(&start, &step)?;
    if target == DType::Bool && n > 2 {
        return Err(Error::type_error(
            "arange() is only supported for booleans when the result has at most length 2.",
        ));
    }
    let element = |v: &Value| -> Result<Block> { one(&to_item(v)?, &target) };
    if n <= 2 || target == DType::Object {
        // each value by itself
        let mut parts = Vec::new();
        let mut value = start;
        if n > 1 << 24 {
            return Err(Error::memory("an object array of so many elements"));
        }
        for _ in 0..n {
            parts.push(Array::of(element(&value)?.reshaped(vec![1])));
            value = sum(&value, &step)?;
        }
        if parts.len() > 2 {
            let items = parts.iter().filter_map(Array::in_memory).flat_map(|b| b.items().to_vec());
            return Ok(Array::of(Block::of_items(vec![n], items.collect())));
        }
        return match n {
            0 => Ok(Array::of(Block::zeros(target, vec![0]))),
            _ => concat(&parts, 0, &target),
        };
    }
    let (first, second) = (element(&start)?, element(&next)?);
    macro_rules! filled {
        ($T:ty, $at:expr) => {{
            let (a, b): ($T, $T) = (first.typed::<$T>()[0], second.typed::<$T>()[0]);
            let at = $at;
            along(target.clone(), n, move |i| match i {
                0 => a,
                1 => b,
                i => at(a, b, i),
            })
        }};
    }
    macro_rules! whole {
        ($T:ty) => {
            filled!($T, |a: $T, b: $T, i: usize| a
                .wrapping_add(b.wrapping_sub(a).wrapping_mul(i as $T)))
        };
    }
    Ok(match target {
        DType::Int8 => whole!(i8),
        DType::Int16 => whole!(i16),
        DType::Int32 => whole!(i32),
        DType::Int64 => whole!(i64),
        DType::UInt8 => whole!(u8),
        DType::UInt16 => whole!(u16),
        DType::UInt32 => whole!(u32),
        DType::UInt64 => whole!(u64),
        DType::Float16 => filled!(f16, |a: f16, b: f16, i: usize| {
            let (a, b) = (a.to_f32(), b.to_f32());
            f16::from_f32(a + i as f32 * (b - a))
        }),
        DType::Float32 => filled!(f32, |a: f32, b: f32, i: usize| a + i as f32 * (b - a)),
        DType::Complex64 => {
            filled!(Complex<f32>, |a: Complex<f32>, b: Complex<f32>, i: usize| {
                let i = i as f32;
                Complex::new(a.re + i * (b.re - a.re), a.im + i * (b.im - a.im))
            })
        }
        DType::Complex128 => {
            filled!(Complex<f64>, |a: Complex<f64>, b: Complex<f64>, i: usize| {
                let i = i as f64;
                Complex::new(a.re + i * (b.re - a.re), a.im + i * (b.im - a.im))
            })
        }
        _ => filled!(f64, |a: f64, b: f64, i: usize| a + i as f64 * (b - a)),
    })
}

fn complex(v: &Value) -> Result<(f64, f64)> {
    match v {
        Value::Complex(re, im) => Ok((*re, *im)),
        other => Ok((other.float()?, 0.0)),
    }
}

/// The sum of two numbers of Python's.
fn sum(a: &Value, b: &Value) -> Result<Value> {
    Ok(match (a, b) {
        (Value::Int(x), Value::Int(y)) => Value::Int(x + y),
        (Value::Complex(..), _) | (_, Value::Complex(..)) => {
            let (x, y) = (complex(a)?, complex(b)?);
            Value::Complex(x.0 + y.0, x.1 + y.1)
        }
        _ => Value::Float(a.float()? + b.float()?),
    })
}

/// How many steps there are from start to before stop.
fn length(start: &Value, stop: &Value, step: &Value) -> Result<usize> {
    if let (Value::Int(a), Value::Int(b), Value::Int(c)) = (start, stop, step) {
        if *c == BigInt::ZERO {
            return Err(Error::zero_division("division by zero"));
        }
        let n = (BigInt::from(0) + b - a).to_f64().unwrap_or(f64::NAN) / c.to_f64().unwrap_or(1.0);
        if n < 1e15 {
            // exactly, where a double could round
            let (d, c) = (b - a, c.clone());
            let exact: BigInt =
                if c > BigInt::ZERO { (d + &c - 1) / c } else { (-d - &c - 1) / -c };
            return Ok(exact.to_usize().unwrap_or(0));
        }
        return safe_ceil(n);
    }
    if [start, stop, step].iter().any(|v| matches!(v, Value::Complex(..))) {
        let (a, b, c) = (complex(start)?, complex(stop)?, complex(step)?);
        let d = Complex::new(b.0 - a.0, b.1 - a.1) / Complex::new(c.0, c.1);
        return Ok(safe_ceil(d.re)?.min(safe_ceil(d.im)?));
    }
    let c = step.float()?;
    if c == 0.0 {
        return Err(Error::zero_division("division by zero"));
    }
    safe_ceil((stop.float()? - start.float()?) / c)
}

fn safe_ceil(n: f64) -> Result<usize> {
    if n.is_nan() {
        return Err(Error::value("arange: cannot compute length"));
    }
    let n = n.ceil();
    if n >= isize::MAX as f64 {
        return Err(Error::value("Maximum allowed size exceeded"));
    }
    Ok(n.max(0.0) as usize)
}

/// Ranges of dates and of differences of dates.
fn times(
    start: &Value,
    has_start: bool,
    stop: &Value,
    step: &Value,
    dtype: Option<DType>,
    found: &[DType; 3],
    cx: &Context,
) -> Result<Array> {
    let dates = matches!(&dtype, Some(DType::Datetime(_)))
        || (dtype.is_none() && found[..2].iter().any(|d| matches!(d, DType::Datetime(_))));
    if let Some(d) = dtype.as_ref().filter(|d| !d.is_time()) {
        return Err(Error::type_error(format!("a range of dates can't have the dtype {d}")));
    }
    if dates && !has_start {
        return Err(Error::value(
            "arange requires both a start and a stop for NumPy datetime64 ranges",
        ));
    }
    let mut unit = match &dtype {
        Some(DType::Datetime(u) | DType::Timedelta(u)) => *u,
        _ => TimeUnit::GENERIC,
    };
    if unit.is_generic() {
        for (value, d) in [start, stop, step].into_iter().zip(found) {
            let own = match d {
                DType::Datetime(u) | DType::Timedelta(u) => *u,
                DType::Str(_) if dates => {
                    let date = value.as_str().and_then(|t| TimeUnit::parse_date(&t));
                    date.map_or(TimeUnit::GENERIC, |d| d.1)
                }
                _ => continue,
            };
            unit = unit.common(own, dates).ok_or_else(|| {
                Error::type_error(format!(
                    "Cannot get a common metadata divisor for Numpy datetime metadata {} and {}",
                    unit.bracket(),
                    own.bracket()
                ))
            })?;
        }
    }
    let count = |value: &Value, d: &DType, date: bool| -> Result<i64> {
        match (d, value) {
            (DType::Datetime(_), _) if !date => {
                Err(Error::type_error("Cannot cast NumPy datetime64 to a timedelta"))
            }
            (DType::Datetime(_) | DType::Timedelta(_) | DType::Str(_), _) => {
                let wanted = match d {
                    DType::Timedelta(_) => DType::Timedelta(unit),
                    _ if date => DType::Datetime(unit),
                    _ => DType::Timedelta(unit),
                };
                let one = cast(&as_array(value, cx)?, &wanted)?;
                Ok(crate::array::run::to_block(&one, cx)?.typed::<i64>()[0])
            }
            _ => value.index(),
        }
    };
    let first = count(start, &found[0], dates)?;
    let mut last = count(stop, &found[1], dates)?;
    let by = count(step, &found[2], false)?;
    // a number or a difference after a date is how far it goes
    if dates && !matches!(found[1], DType::Datetime(_) | DType::Str(_)) {
        last = first.saturating_add(last);
    }
    if by == 0 {
        return Err(Error::zero_division("division by zero"));
    }
    if [first, last, by].contains(&i64::MIN) {
        return Err(Error::value("arange: cannot use NaT (not-a-time) datetime values"));
    }
    let n = range_len(first, last, by);
    let target = if dates { DType::Datetime(unit) } else { DType::Timedelta(unit) };
    Ok(along(target, n, move |i| first.wrapping_add(by.wrapping_mul(i as i64))))
}

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

fn meshgrid(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("xi").sequence().unwrap_or_default();
    let indexing = args.text("indexing")?.unwrap_or_else(|| "xy".into());
    if !matches!(indexing.as_str(), "xy" | "ij") {
        return Err(Error::value("Valid values for `indexing` are 'xy' and 'ij'."));
    }
    let n = given.len();
    let mut out = Vec::new();
    for (k, value) in given.iter().enumerate() {
        let array = as_array(value, cx)?;
        let mut shape = vec![1; n];
        // the first two axes change places for x and y
        let at = match k {
            0 | 1 if indexing == "xy" && n > 1 => 1 - k,
            k => k,
        };
        shape[at] = array.len();
        out.push(reshape(&array, shape));
    }
    if !args.flag("sparse")? {
        let shapes: Vec<&[usize]> = out.iter().map(Array::shape).collect();
        let shape = broadcast_shapes(&shapes)?;
        out = out.iter().map(|a| broadcast_to(a, &shape)).collect::<Result<_>>()?;
    }
    Ok(Value::tuple(out.into_iter().map(Value::array).collect()))
}

/// The indices of a grid, an array for each axis.
///
/// # Errors
/// TypeError where the dtype is none of a number's.
pub fn index_grid(shape: &[usize], dtype: &DType, sparse: bool) -> Result<Vec<Array>> {
    let n = shape.len();
    shape
        .iter()
        .enumerate()
        .map(|(k, &len)| {
            let mut lifted = vec![1; n];
            lifted[k] = len;
            let index = reshape(&cast(&count_up(len), dtype)?, lifted);
            if sparse { Ok(index) } else { broadcast_to(&index, shape) }
        })
        .collect()
}

/// Arrays of one shape as one array, along a new first axis.
pub(super) fn stacked(arrays: &[Array], shape: &[usize], dtype: &DType) -> Result<Array> {
    let mut lifted = vec![1];
    lifted.extend(shape);
    let parts: Vec<Array> = arrays.iter().map(|a| reshape(a, lifted.clone())).collect();
    match parts.is_empty() {
        true => Ok(Array::of(Block::zeros(dtype.clone(), vec![0]))),
        false => concat(&parts, 0, dtype),
    }
}

fn indices(args: &Args, cx: &Context) -> Result<Value> {
    let wanted = args.value("dimensions");
    let mut shape = Vec::new();
    for v in super::common::items(&wanted, cx)? {
        shape.push(
            usize::try_from(v.index()?)
                .map_err(|_| Error::value("negative dimensions are not allowed"))?,
        );
    }
    let dtype = args.get("dtype").map_or(Ok(DType::Int64), as_dtype)?;
    let sparse = args.flag("sparse")?;
    let all = index_grid(&shape, &dtype, sparse)?;
    Ok(match sparse {
        true => Value::tuple(all.into_iter().map(Value::array).collect()),
        false => Value::array(stacked(&all, &shape, &dtype)?),
    })
}

/// The numbers along one axis of a grid: how many, where they begin, how far apart.
struct Along {
    n: usize,
    start: f64,
    step: f64,
    whole: bool,
}

fn grid_axis(slice: &[Value; 3]) -> Result<Along> {
    let [start, stop, step] = slice;
    let start = if start.is_none() { Value::int(0) } else { number(start)? };
    for v in [&start, stop] {
        if let Value::Str(s) = v {
            return Err(unsupported(&DType::Str(s.chars().count())));
        }
    }
    let stop = if stop.is_none() { Value::int(0) } else { number(stop)? };
    match step {
        Value::Complex(re, im) => {
            let n = re.hypot(*im) as usize;
            let (a, b) = (start.float()?, stop.float()?);
            let step = if n == 1 { 1.0 } else { (b - a) / (n as f64 - 1.0) };
            Ok(Along { n, start: a, step, whole: false })
        }
        _ => {
            let step = if step.is_none() { Value::int(1) } else { number(step)? };
            let whole = [&start, &stop, &step].iter().all(|v| matches!(v, Value::Int(_)));
            let n = length(&start, &stop, &step)?;
            Ok(Along { n, start: start.float()?, step: step.float()?, whole })
        }
    }
}

/// `np.mgrid[key]` and, sparse, `np.ogrid[key]`.
///
/// # Errors
/// AttributeError for what is no slice.
pub fn grid(key: &Value, sparse: bool, cx: &Context) -> Result<Value> {
    let no =
        |v: &Value| Error::attribute(format!("'{}' object has no attribute 'step'", v.type_name()));
    let axes = match key {
        Value::Slice(s) => {
            if !matches!(s[2], Value::Complex(..)) {
                let zero = Value::int(0);
                let start = if s[0].is_none() { &zero } else { &s[0] };
                let one = Value::int(1);
                let step = if s[2].is_none() { &one } else { &s[2] };
                return match s[1].is_none() {
                    // NumPy's arange then takes the start as the stop
                    true => range(&zero, true, start, step, None, cx),
                    false => range(start, true, &s[1], step, None, cx),
                }
                .map(Value::array);
            }
            let a = grid_axis(s)?;
            let (start, step) = (a.start, a.step);
            return Ok(Value::array(along(DType::Float64, a.n, move |i| i as f64 * step + start)));
        }
        Value::Tuple(t) => t
            .iter()
            .map(|v| match v {
                Value::Slice(s) => grid_axis(s),
                other => Err(no(other)),
            })
            .collect::<Result<Vec<_>>>()?,
        other => return Err(no(other)),
    };
    let whole = axes.iter().all(|a| a.whole);
    let dtype = if whole { DType::Int64 } else { DType::Float64 };
    let shape: Vec<usize> = axes.iter().map(|a| a.n).collect();
    let mut all = Vec::new();
    for (k, a) in axes.iter().enumerate() {
        let (start, step) = (a.start, a.step);
        let line = match whole {
            true => along(DType::Int64, a.n, move |i| i as i64 * step as i64 + start as i64),
            false => along(DType::Float64, a.n, move |i| i as f64 * step + start),
        };
        let mut lifted = vec![1; shape.len()];
        lifted[k] = a.n;
        let line = reshape(&line, lifted);
        all.push(if sparse { line } else { broadcast_to(&line, &shape)? });
    }
    Ok(match sparse {
        true => Value::tuple(all.into_iter().map(Value::array).collect()),
        false => Value::array(stacked(&all, &shape, &dtype)?),
    })
}
