//! Numbers at even distances: `arange` and its kin, and grids of coordinates.

use half::f16;
use num_bigint::BigInt;
use num_complex::Complex;
use num_traits::ToPrimitive;

use super::args::Args;
use super::common::one;
use super::convert::as_array;
use super::creation::{SECTION, device};
use super::registry::Function;
use super::value::{Value, range_len, to_item};
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::compose::concat;
use crate::array::generate::along;
use crate::array::promote::{class_name, promote};
use crate::array::time::TimeUnit;
use crate::array::{Array, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[SECTION.entry(
    &["arange"],
    "start=None, stop=None, step=None, dtype=None, *, device=None, like=None",
    "biufcmM",
    "Numbers from start to before stop, a step apart.",
    arange,
)];

pub(super) fn unsupported(d: &DType) -> Error {
    Error::type_error(format!(
        "arange() not supported for inputs with DType <class 'numpy.dtypes.{}'>.",
        class_name(d)
    ))
}

/// A number of Python's, exactly.
pub(super) fn number(value: &Value) -> Result<Value> {
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
pub(super) fn length(start: &Value, stop: &Value, step: &Value) -> Result<usize> {
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
