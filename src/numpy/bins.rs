//! The bins of histograms: their edges, and into which bin an element falls.

use std::cmp::Ordering;
use std::sync::Arc;

use half::f16;
use num_complex::Complex;
use num_traits::ToPrimitive;

use super::calls::{call_with, op, op_values, value};
use super::convert::{as_array, as_operand};
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::elementwise::{Kernel, Operand, elementwise, unary};
use crate::array::order::{Ordered, comparison};
use crate::array::promote::{promote, with_weak};
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::{Array, Context, DType, Error, Result};

/// Edges in memory, and what equal bins are computed from.
pub struct Edges {
    /// The edges, one more than bins.
    pub edges: Array,
    /// First edge, last edge and number of bins, where all are equally wide.
    pub equal: Option<(Value, Value, usize)>,
}

impl Edges {
    /// How many bins there are.
    pub fn bins(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }
}

/// The elements of a histogram, flat; booleans are counted as numbers.
///
/// # Errors
/// As making an array.
pub fn elements(given: &Value, cx: &Context) -> Result<Array> {
    let a = as_array(given, cx)?;
    if *a.dtype() != DType::Bool {
        return Ok(a);
    }
    cx.note(
        "RuntimeWarning: Converting input from bool to <class 'numpy.uint8'> for compatibility.",
    );
    cast(&a, &DType::UInt8)
}

/// A Python number or NumPy scalar as a double.
fn double(v: &Value) -> f64 {
    match v {
        Value::Int(n) => n.to_f64().unwrap_or(f64::NAN),
        other => other.float().unwrap_or(f64::NAN),
    }
}

fn text(v: &Value) -> String {
    match v {
        Value::Int(n) => n.to_string(),
        Value::Float(x) => crate::array::text::float(*x),
        Value::Array(nd) => match nd.block() {
            Ok(b) if !b.is_empty() => crate::array::text::scalar(b.dtype(), b.element(0)),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// The first and the last edge: those of `range=`, else of the elements.
///
/// # Errors
/// ValueError for ranges that are none.
pub fn outer_edges(a: &Array, range: Option<&Value>, cx: &Context) -> Result<(Value, Value)> {
    let is = |name: &str, x: &Value, y: &Value| -> Result<bool> {
        Value::result(op_values(name, vec![x.clone(), y.clone()], cx)?).truth()
    };
    let finite = |x: &Value| -> Result<bool> {
        Value::result(op_values("isfinite", vec![x.clone()], cx)?).truth()
    };
    let (first, last) = match range {
        Some(range) => {
            let items = match (range.sequence(), range) {
                (Some(items), _) => items,
                (None, Value::Array(nd)) if nd.ndim()? == 1 => {
                    let block = nd.block()?;
                    (0..block.len()).map(|i| super::nd::element(&block, i)).collect()
                }
                _ => {
                    return Err(Error::type_error(format!(
                        "cannot unpack non-iterable {} object",
                        range.type_name()
                    )));
                }
            };
            let [first, last] = items.as_slice() else {
                return Err(Error::value(match items.len() {
                    n @ 0..=1 => format!("not enough values to unpack (expected 2, got {n})"),
                    _ => "too many values to unpack (expected 2)".to_string(),
                }));
            };
            if is("greater", first, last)? {
                return Err(Error::value("max must be larger than min in range parameter."));
            }
            if !finite(first)? || !finite(last)? {
                return Err(Error::value(format!(
                    "supplied range of [{}, {}] is not finite",
                    text(first),
                    text(last)
                )));
            }
            (first.clone(), last.clone())
        }
        None if a.is_empty() => (Value::int(0), Value::int(1)),
        None => {
            let first = call_with("min", vec![value(a)], &[], cx)?;
            let last = call_with("max", vec![value(a)], &[], cx)?;
            if !finite(&first)? || !finite(&last)? {
                return Err(Error::value(format!(
                    "autodetected range of [{}, {}] is not finite",
                    text(&first),
                    text(&last)
                )));
            }
            (first, last)
        }
    };
    if !is("equal", &first, &last)? {
        return Ok((first, last));
    }
    let moved = |name: &str, x: &Value, by: f64| -> Result<Value> {
        Ok(match x {
            Value::Int(_) | Value::Float(_) => Value::Float(double(x) + by),
            other => {
                let half = Value::Float(by.abs());
                Value::result(op_values(name, vec![other.clone(), half], cx)?)
            }
        })
    };
    Ok((moved("subtract", &first, -0.5)?, moved("add", &last, 0.5)?))
}

/// The difference of two edges: unsigned where they are whole numbers. As a double, with its dtype.
pub fn unsigned_difference(last: &Value, first: &Value, cx: &Context) -> Result<(f64, DType)> {
    let (a, b) = (as_array(last, cx)?, as_array(first, cx)?);
    let dtype = promote(a.dtype(), b.dtype())?;
    if dtype.is_integer() {
        let whole = |x: &Array| -> Result<i64> {
            Ok(to_block(&cast(x, &DType::Int64)?, cx)?.typed::<i64>()[0])
        };
        let difference = whole(&a)?.wrapping_sub(whole(&b)?) as u64;
        let bits = 8 * dtype.size() as u32;
        let difference = if bits < 64 { difference & ((1 << bits) - 1) } else { difference };
        return Ok((difference as f64, crate::array::promote::unsigned(dtype.size())));
    }
    let found = op("subtract", &[&a, &b], cx)?;
    let found_dtype = found.dtype().clone();
    Ok((to_block(&cast(&found, &DType::Float64)?, cx)?.typed::<f64>()[0], found_dtype))
}

/// A rounding to the precision of a float type.
pub fn rounding(dtype: &DType) -> fn(f64) -> f64 {
    match dtype {
        DType::Float16 => |x| f16::from_f64(x).to_f64(),
        DType::Float32 | DType::Complex64 => |x| f64::from(x as f32),
        _ => |x| x,
    }
}

/// Equally spaced edges, computed in the precision of both ends; as `dtype`, where one is given.
///
/// # Errors
/// Those of casts.
pub fn spaced(
    first: &Value,
    last: &Value,
    bins: usize,
    dtype: Option<&DType>,
    cx: &Context,
) -> Result<Array> {
    let ends = [first, last].map(|v| -> Result<(Complex<f64>, DType)> {
        let x = as_array(v, cx)?;
        let dtype = match x.dtype() {
            d if d.is_inexact() => d.clone(),
            _ => DType::Float64,
        };
        let z = to_block(&cast(&x, &DType::Complex128)?, cx)?;
        Ok((z.typed::<Complex<f64>>()[0], dtype))
    });
    let [start, stop] = ends;
    let ((start, d1), (stop, d2)) = (start?, stop?);
    let inner = promote(&d1, &d2)?;
    let round = rounding(&inner);
    let r = |z: Complex<f64>| Complex::new(round(z.re), round(z.im));
    let delta = r(stop - start);
    let step = r(delta / bins as f64);
    let mut edges: Vec<Complex<f64>> = (0..=bins)
        .map(|i| {
            let i = i as f64;
            let part = match step == Complex::ZERO {
                true => r(r(Complex::new(i / bins as f64, 0.0)) * delta),
                false => r(step * i),
            };
            r(part + start)
        })
        .collect();
    if let Some(end) = edges.last_mut().filter(|_| bins > 0) {
        *end = stop;
    }
    let block = Block::of(DType::Complex128, vec![edges.len()], &edges);
    let target = dtype.unwrap_or(&inner);
    let all = match target.is_complex() {
        true => Array::of(block),
        false => {
            let real: Vec<f64> = edges.iter().map(|z| z.re).collect();
            Array::of(Block::of(DType::Float64, vec![real.len()], &real))
        }
    };
    let all = cast(&all, target)?;
    Ok(Array::of(to_block(&all, cx)?))
}

/// The edges that `bins=` and `range=` mean for these elements.
///
/// # Errors
/// ValueError and TypeError as NumPy gives them.
pub fn edges(
    a: &Array,
    bins: &Value,
    range: Option<&Value>,
    weighted: bool,
    cx: &Context,
) -> Result<Edges> {
    let (first, last, n) = if let Some(name) = bins.as_str() {
        if !super::estimators::known(&name) {
            let quoted = crate::array::dtype::quote(&name);
            return Err(Error::value(format!("{quoted} is not a valid estimator for `bins`")));
        }
        if weighted {
            return Err(Error::type_error(
                "Automated estimation of the number of bins is not supported for weighted data",
            ));
        }
        let (first, last) = outer_edges(a, range, cx)?;
        let n = super::estimators::bins(&name, a, range.is_some(), (&first, &last), cx)?;
        (first, last, n)
    } else {
        let given = as_array(bins, cx)?;
        match given.ndim() {
            0 => {
                let n = bins.index().map_err(|_| {
                    Error::type_error("`bins` must be an integer, a string, or an array")
                })?;
                if n < 1 {
                    return Err(Error::value("`bins` must be positive, when an integer"));
                }
                let (first, last) = outer_edges(a, range, cx)?;
                (first, last, n as usize)
            }
            1 => {
                let edges = Array::of(to_block(&given, cx)?);
                if !ascending(&edges, false) {
                    return Err(Error::value("`bins` must increase monotonically, when an array"));
                }
                return Ok(Edges { edges, equal: None });
            }
            _ => return Err(Error::value("`bins` must be 1d, when an array")),
        }
    };
    let dtype = common_dtype(&[&first, &last], a, cx)?;
    let edges = spaced(&first, &last, n, Some(&dtype), cx)?;
    if !ascending(&edges, true) {
        return Err(Error::value(format!(
            "Too many bins for data range. Cannot create {n} finite-sized bins."
        )));
    }
    Ok(Edges { edges, equal: Some((first, last, n)) })
}

/// The float dtype of edges: that of the ends and the elements together.
fn common_dtype(ends: &[&Value], a: &Array, cx: &Context) -> Result<DType> {
    let mut dtype = a.dtype().clone();
    if dtype.is_time() {
        return Err(no_common(&dtype));
    }
    for end in ends {
        let end = as_operand(end, cx)?;
        dtype = match end.weak {
            Some(weak) => with_weak(&dtype, weak),
            None => promote(&dtype, end.array.dtype())?,
        };
    }
    if dtype.is_integral() { promote(&dtype, &DType::Float64) } else { Ok(dtype) }
}

fn no_common(dtype: &DType) -> Error {
    let class = crate::array::promote::class_name(dtype);
    Error::type_error(format!(
        "The DType <class 'numpy.dtypes.{class}'> could not be promoted by <class \
         'numpy.dtypes.Float64DType'>. This means that no common DType exists for the given inputs."
    ))
}

/// Whether each edge is at least the one before, or larger.
pub fn ascending(edges: &Array, strictly: bool) -> bool {
    let Some(block) = edges.in_memory() else { return false };
    if *block.dtype() == DType::Object {
        return true;
    }
    let compare = comparison(block.dtype());
    (1..block.len()).all(|i| match compare(block.element(i - 1), block.element(i)) {
        Ordering::Less => true,
        Ordering::Equal => !strictly,
        Ordering::Greater => false,
    })
}

/// For each element how many edges are at or below it (`strict`: below it), turned into a bin by
/// `bin`, which is also told whether the element is the last edge. Edges ascend.
///
/// # Errors
/// TypeError where elements and edges can't be compared.
pub fn located(
    x: &Array,
    edges: &Array,
    strict: bool,
    bin: impl Fn(usize, bool) -> i64 + Send + Sync + 'static,
    cx: &Context,
) -> Result<Array> {
    let dtype = promote(x.dtype(), edges.dtype())?;
    if dtype == DType::Object {
        return Err(Error::type_error("objects have no bins"));
    }
    let edges = to_block(&cast(edges, &dtype)?, cx)?;
    let x = cast(x, &dtype)?;
    let kernel: Kernel = if dtype == DType::Float64 {
        Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            let edges: &[f64] = edges.typed();
            let last = edges.last().copied();
            unary(ins[0], out, |x: f64| {
                let n = edges.partition_point(|e| match Ordered::order(e, &x) {
                    Ordering::Less => true,
                    Ordering::Equal => !strict,
                    Ordering::Greater => false,
                });
                bin(n, last == Some(x))
            });
            Ok(())
        })
    } else {
        let compare = comparison(&dtype);
        let size = dtype.size();
        Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            let slots: &mut [i64] = bytemuck::cast_slice_mut(out);
            let count = edges.len();
            for (i, slot) in slots.iter_mut().enumerate() {
                let x = ins[0].element(i, size);
                let (mut low, mut high) = (0, count);
                while low < high {
                    let middle = (low + high) / 2;
                    let before = match compare(edges.element(middle), x) {
                        Ordering::Less => true,
                        Ordering::Equal => !strict,
                        Ordering::Greater => false,
                    };
                    if before { low = middle + 1 } else { high = middle }
                }
                let last = count > 0 && compare(edges.element(count - 1), x) == Ordering::Equal;
                *slot = bin(low, last);
            }
            Ok(())
        })
    };
    elementwise(DType::Int64, vec![x], kernel)
}

/// The bin of each element between given edges; -1 outside.
///
/// # Errors
/// As [`located`].
pub fn between(x: &Array, edges: &Array, cx: &Context) -> Result<Array> {
    let n = edges.len();
    located(
        x,
        edges,
        false,
        move |at, is_last| match at {
            0 => -1,
            _ if at == n && is_last => n as i64 - 2,
            _ if at == n => -1,
            _ => at as i64 - 1,
        },
        cx,
    )
}

/// The bin of each element among equal bins, computed step by step as NumPy does; -1 outside.
///
/// # Errors
/// As computing with the elements.
pub fn equal(x: &Array, edges: &Edges, cx: &Context) -> Result<Array> {
    let Some((first, last, n)) = &edges.equal else { return between(x, &edges.edges, cx) };
    let n = *n;
    let dtype = edges.edges.dtype().clone();
    if dtype.is_complex() {
        return equal_complex(x, &edges.edges, (first, last), n, cx);
    }
    let (denominator, denominator_dtype) = unsigned_difference(last, first, cx)?;
    let quotient = promote(&dtype, &denominator_dtype)?;
    let (round, divided) = (rounding(&dtype), rounding(&quotient));
    let bounds: Vec<f64> = to_block(&cast(&edges.edges, &DType::Float64)?, cx)?.typed().to_vec();
    let (low, high) = (double(first), double(last));
    // Python's numbers are compared in the dtype of the elements
    let compared = if x.dtype().is_inexact() { rounding(x.dtype()) } else { |x| x };
    let weak = |v: &Value| matches!(v, Value::Int(_) | Value::Float(_));
    let low = if weak(first) { compared(low) } else { low };
    let high = if weak(last) { compared(high) } else { high };
    let scale = n as f64;
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        unary(ins[0], out, |x: f64| -> i64 {
            if !(x >= low && x <= high) {
                return -1;
            }
            let x = round(x);
            let place = divided(divided(round(x - low) / denominator) * scale);
            let mut i = (place as i64).clamp(0, n as i64);
            if i == n as i64 {
                i -= 1;
            }
            if x < bounds[i as usize] {
                i -= 1;
            }
            if i >= 0 && i != n as i64 - 1 && x >= bounds[i as usize + 1] {
                i += 1;
            }
            i
        });
        Ok(())
    });
    elementwise(DType::Int64, vec![cast(x, &DType::Float64)?], kernel)
}

/// The same for complex numbers, which are ordered by their real part first.
fn equal_complex(
    x: &Array,
    edges: &Array,
    ends: (&Value, &Value),
    n: usize,
    cx: &Context,
) -> Result<Array> {
    let number = |v: &Value| -> Result<Complex<f64>> {
        Ok(to_block(&cast(&as_array(v, cx)?, &DType::Complex128)?, cx)?.typed()[0])
    };
    let (low, high) = (number(ends.0)?, number(ends.1)?);
    let bounds: Vec<Complex<f64>> =
        to_block(&cast(edges, &DType::Complex128)?, cx)?.typed().to_vec();
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        unary(ins[0], out, |z: Complex<f64>| -> i64 {
            let order = |a: &Complex<f64>, b: &Complex<f64>| Ordered::order(a, b);
            let nan = z.re.is_nan() || z.im.is_nan();
            if nan || order(&z, &low) == Ordering::Less || order(&z, &high) == Ordering::Greater {
                return -1;
            }
            let place = (z - low) / (high - low) * n as f64;
            let mut i = (place.re as i64).clamp(0, n as i64);
            if i == n as i64 {
                i -= 1;
            }
            if order(&z, &bounds[i as usize]) == Ordering::Less {
                i -= 1;
            }
            if i >= 0 && i != n as i64 - 1 && order(&z, &bounds[i as usize + 1]) != Ordering::Less {
                i += 1;
            }
            i
        });
        Ok(())
    });
    cx.note("ComplexWarning: Casting complex values to real discards the imaginary part");
    elementwise(DType::Int64, vec![cast(x, &DType::Complex128)?], kernel)
}

/// An array as one axis.
pub fn flat(x: &Array) -> Array {
    reshape(x, vec![x.len()])
}
