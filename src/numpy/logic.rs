//! Logic functions that are no ufuncs, bits packed and unpacked, rounding, parts of complex
//! numbers, and other elementwise functions made of these.

use std::sync::Arc;

use bytemuck::Pod;
use num_bigint::BigInt;
use num_complex::Complex;

use super::args::{Args, axis as axis_of};
use super::convert::{as_array, as_operand};
use super::nd::{Class, Nd, number};
use super::registry::{Function, call_named};
use super::ufunc::{scalar_or_array, settle};
use super::value::{Type, Value};
use crate::array::cast::cast;
use crate::array::dtype::Kind;
use crate::array::elementwise::{Kernel, Operand, elementwise};
use crate::array::lazy::{Array, Source, Span, extent};
use crate::array::{Block, Context, DType, Error, Result};

const LOGIC: &str = "Logic functions";
const MATHS: &str = "Mathematical functions";
const BINARY: &str = "Binary operations";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["isneginf"],
        params: "x, out=None",
        help: "Negative infinity.",
        section: LOGIC,
        kinds: "biuf",
        run: |args, cx| infinity(args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["isposinf"],
        params: "x, out=None",
        help: "Positive infinity.",
        section: LOGIC,
        kinds: "biuf",
        run: |args, cx| infinity(args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["iscomplex"],
        params: "x",
        help: "Whether the imaginary part is not zero.",
        section: LOGIC,
        kinds: "biufc",
        run: |args, cx| has_imaginary(args, "not_equal", cx),
        ufunc: None,
    },
    Function {
        names: &["isreal"],
        params: "x",
        help: "Whether the imaginary part is zero.",
        section: LOGIC,
        kinds: "biufc",
        run: |args, cx| has_imaginary(args, "equal", cx),
        ufunc: None,
    },
    Function {
        names: &["iscomplexobj"],
        params: "x",
        help: "Whether the dtype is complex.",
        section: LOGIC,
        kinds: "biufcSUmM",
        run: |args, cx| Ok(Value::Bool(args.array("x", cx)?.dtype().is_complex())),
        ufunc: None,
    },
    Function {
        names: &["isrealobj"],
        params: "x",
        help: "Whether the dtype is not complex.",
        section: LOGIC,
        kinds: "biufcSUmM",
        run: |args, cx| Ok(Value::Bool(!args.array("x", cx)?.dtype().is_complex())),
        ufunc: None,
    },
    Function {
        names: &["isfortran"],
        params: "a",
        help: "Whether elements lie in Fortran's order and not in C's.",
        section: LOGIC,
        kinds: "biufcSUmM",
        run: isfortran,
        ufunc: None,
    },
    Function {
        names: &["isscalar"],
        params: "element",
        help: "Whether it is a Python or NumPy scalar.",
        section: LOGIC,
        kinds: "biufcSUmM",
        run: isscalar,
        ufunc: None,
    },
    Function {
        names: &["isclose"],
        params: "a, b, rtol=1e-05, atol=1e-08, equal_nan=False",
        help: "Whether elements are equal within a tolerance.",
        section: LOGIC,
        kinds: "biufcm",
        run: |args, cx| scalar_or_array(isclose(args, cx)?),
        ufunc: None,
    },
    Function {
        names: &["allclose"],
        params: "a, b, rtol=1e-05, atol=1e-08, equal_nan=False",
        help: "Whether all elements are equal within a tolerance.",
        section: LOGIC,
        kinds: "biufc",
        run: |args, cx| {
            python_bool(call_named("all", vec![Value::array(isclose(args, cx)?)], cx)?, cx)
        },
        ufunc: None,
    },
    Function {
        names: &["array_equal"],
        params: "a1, a2, equal_nan=False",
        help: "Whether two arrays have the same shape and elements.",
        section: LOGIC,
        kinds: "biufcSUmM",
        run: |args, cx| array_equal(args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["array_equiv"],
        params: "a1, a2",
        help: "Whether two arrays broadcast to the same elements.",
        section: LOGIC,
        kinds: "biufcSUmM",
        run: |args, cx| array_equal(args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["packbits"],
        params: "a, /, axis=None, bitorder='big'",
        help: "Bools packed into bits of bytes.",
        section: BINARY,
        kinds: "biu",
        run: packbits,
        ufunc: None,
    },
    Function {
        names: &["unpackbits"],
        params: "a, /, axis=None, count=None, bitorder='big'",
        help: "Bits of bytes as 0s and 1s.",
        section: BINARY,
        kinds: "u",
        run: unpackbits,
        ufunc: None,
    },
    Function {
        names: &["around", "round", "round_"],
        params: "a, decimals=0, out=None",
        help: "Rounded to decimals, ties to even.",
        section: MATHS,
        kinds: "biufc",
        run: around,
        ufunc: None,
    },
    Function {
        names: &["fix"],
        params: "x, out=None",
        help: "Rounded towards zero.",
        section: MATHS,
        kinds: "biuf",
        run: |args, cx| {
            let x = args.array("x", cx)?;
            if x.dtype().is_complex() {
                return Err(Error::type_error(
                    "ufunc 'ceil' not supported for the input types, and the inputs could not be safely coerced to any supported types according to the casting rule ''safe''",
                ));
            }
            into_out(call_named("trunc", vec![args.value("x")], cx)?, args, cx)
        },
        ufunc: None,
    },
    Function {
        names: &["angle"],
        params: "z, deg=False",
        help: "Angle of complex numbers.",
        section: MATHS,
        kinds: "biufc",
        run: angle,
        ufunc: None,
    },
    Function {
        names: &["real"],
        params: "val",
        help: "Real part, a view.",
        section: MATHS,
        kinds: "biufc",
        run: |args, cx| real_part(&args.value("val"), cx),
        ufunc: None,
    },
    Function {
        names: &["imag"],
        params: "val",
        help: "Imaginary part, a view.",
        section: MATHS,
        kinds: "biufc",
        run: |args, cx| imaginary_part(&args.value("val"), cx),
        ufunc: None,
    },
    Function {
        names: &["real_if_close"],
        params: "a, tol=100",
        help: "Real where all imaginary parts are tiny.",
        section: MATHS,
        kinds: "biufc",
        run: real_if_close,
        ufunc: None,
    },
    Function {
        names: &["clip"],
        params: "a, a_min=None, a_max=None, out=None, *, min=<no value>, max=<no value>, \
                 where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None",
        help: "Limited to an interval.",
        section: MATHS,
        kinds: "biufcmM",
        run: clip,
        ufunc: None,
    },
    Function {
        names: &["i0"],
        params: "x",
        help: "Modified Bessel function of the first kind, order 0.",
        section: MATHS,
        kinds: "biuf",
        run: i0,
        ufunc: None,
    },
    Function {
        names: &["sinc"],
        params: "x",
        help: "sin(pi x) / (pi x).",
        section: MATHS,
        kinds: "biufc",
        run: sinc,
        ufunc: None,
    },
];

fn python_bool(value: Value, cx: &Context) -> Result<Value> {
    match value {
        Value::Array(nd) => {
            let block = crate::array::run::to_block(&nd.array()?, cx)?;
            Ok(Value::Bool(block.bytes().first().is_some_and(|b| *b != 0)))
        }
        other => Ok(Value::Bool(other.truth()?)),
    }
}

/// Writes a result to the `out` argument, where there is one.
pub fn into_out(value: Value, args: &Args, cx: &Context) -> Result<Value> {
    match args.out("out")? {
        None => Ok(value),
        Some(out) => {
            out.assign(|a| Ok(a.clone()), as_array(&value, cx)?, cx)?;
            Ok(Value::Array(out))
        }
    }
}

fn infinity(args: &Args, negative: bool, cx: &Context) -> Result<Value> {
    let x = args.value("x");
    let array = as_array(&x, cx)?;
    if !array.dtype().is_number() || array.dtype().is_complex() {
        return Err(Error::type_error(format!(
            "This operation is not supported for {} values because it would be ambiguous.",
            array.dtype()
        )));
    }
    let infinite = call_named("isinf", vec![x.clone()], cx)?;
    let sign = call_named("signbit", vec![x], cx)?;
    let sign = if negative { sign } else { call_named("logical_not", vec![sign], cx)? };
    into_out(call_named("logical_and", vec![infinite, sign], cx)?, args, cx)
}

fn has_imaginary(args: &Args, test: &str, cx: &Context) -> Result<Value> {
    let x = args.value("x");
    match &x {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Complex(..)
            if test == "equal" =>
        {
            return Ok(Value::Bool(!matches!(x, Value::Complex(_, im) if im != 0.0)));
        }
        _ => {}
    }
    let array = as_array(&x, cx)?;
    if matches!(array.dtype(), DType::Struct(_)) && test == "equal" {
        return Err(Error::type_error("ufunc 'equal' not supported for structured dtypes"));
    }
    if !array.dtype().is_complex() {
        // text has no imaginary part that could be compared with 0
        let no_zero = matches!(array.dtype(), DType::Datetime(_)) || array.dtype().is_string();
        let real = !no_zero;
        let answer = number(DType::Bool, u8::from(test == "equal" && real));
        return scalar_or_array(crate::array::view::broadcast_to(&answer, array.shape())?);
    }
    let imag = imaginary_part(&x, cx)?;
    call_named(test, vec![imag, Value::int(0)], cx)
}

fn isfortran(args: &Args, _: &Context) -> Result<Value> {
    // blocks lie in C order; what is transposed is seen in Fortran's
    match args.value("a") {
        Value::Array(nd) => Ok(Value::Bool(is_fortran(&nd)?)),
        Value::Foreign(f) if f.array(&super::nd::small()).is_some() => Ok(Value::Bool(false)),
        other => Err(Error::attribute(format!(
            "'{}' object has no attribute 'flags'",
            other.type_name()
        ))),
    }
}

/// Whether an array is a whole one seen with its axes reversed.
///
/// # Errors
/// As making the view.
pub fn is_fortran(nd: &Nd) -> Result<bool> {
    let array = nd.array()?;
    let Some(view) = array.source_as::<crate::array::view::View>() else { return Ok(false) };
    let (base, _, axes) = view.parts();
    let long = array.shape().iter().filter(|n| **n != 1).count();
    let reversed = axes.iter().rev().enumerate().all(|(i, a)| *a == Some(i));
    Ok(long > 1 && reversed && base.len() == array.len())
}

fn isscalar(args: &Args, _: &Context) -> Result<Value> {
    Ok(Value::Bool(match args.value("element") {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Complex(..) => true,
        Value::Str(_) | Value::Bytes(_) => true,
        Value::Array(nd) => nd.is_scalar(),
        _ => false,
    }))
}

fn isclose(args: &Args, cx: &Context) -> Result<Array> {
    let a = args.value("a");
    let b = args.value("b");
    let (x, mut y) = (as_operand(&a, cx)?, as_operand(&b, cx)?);
    for d in [x.array.dtype(), y.array.dtype()] {
        if matches!(d, DType::Datetime(_)) {
            return Err(Error::new(
                crate::array::error::Kind::DTypePromotionError,
                "The DType <class 'numpy.dtypes.DateTime64DType'> could not be promoted by \
                 <class 'numpy.dtypes._PyFloatDType'>.",
            ));
        }
        if !d.is_number() && !d.is_time() {
            let ufunc = super::ufunc::find("isfinite").ok_or_else(|| Error::runtime("no ufunc"))?;
            return Err(super::ufunc::no_loop(ufunc, std::slice::from_ref(d)));
        }
    }
    // the second is at least a float, so that differences of integers don't wrap
    if y.array.dtype().is_integral() {
        y = super::convert::Given { array: cast(&y.array, &DType::Float64)?, weak: None };
    }
    let call = |name: &str, parts: Vec<Value>| call_named(name, parts, cx);
    let y = Value::array(y.array);
    let x = Value::array(x.array);
    let rtol = args.get("rtol").cloned().unwrap_or(Value::Float(1e-5));
    let atol = args.get("atol").cloned().unwrap_or(Value::Float(1e-8));
    let difference = call("absolute", vec![call("subtract", vec![x.clone(), y.clone()])?])?;
    let reach = call("multiply", vec![rtol, call("absolute", vec![y.clone()])?])?;
    let reach = call("add", vec![atol, reach])?;
    let near = call("less_equal", vec![difference, reach])?;
    let near = call("logical_and", vec![near, call("isfinite", vec![y.clone()])?])?;
    let mut out = call("logical_or", vec![near, call("equal", vec![x.clone(), y.clone()])?])?;
    if args.flag("equal_nan")? {
        let both = call("logical_and", vec![call("isnan", vec![x])?, call("isnan", vec![y])?])?;
        out = call("logical_or", vec![out, both])?;
    }
    cx.take_notes();
    as_array(&out, cx)
}

fn array_equal(args: &Args, broadcast: bool, cx: &Context) -> Result<Value> {
    let no = Ok(Value::Bool(false));
    let (Ok(a), Ok(b)) = (args.array("a1", cx), args.array("a2", cx)) else { return no };
    let fits = match broadcast {
        true => crate::array::view::broadcast_shapes(&[a.shape(), b.shape()]).is_ok(),
        false => a.shape() == b.shape(),
    };
    if !fits {
        return no;
    }
    let (x, y) = (Value::array(a), Value::array(b));
    let (p, q) = (as_array(&x, cx)?, as_array(&y, cx)?);
    let mut same = match super::ufunc::compare::structs(&p, &q, cx)? {
        Some(found) => Value::array(found),
        None => match call_named("equal", vec![x.clone(), y.clone()], cx) {
            Ok(found) => found,
            Err(_) => return no,
        },
    };
    if !broadcast
        && args.flag("equal_nan")?
        && let (Ok(p), Ok(q)) = (call_named("isnan", vec![x], cx), call_named("isnan", vec![y], cx))
    {
        let both = call_named("logical_and", vec![p, q], cx)?;
        same = call_named("logical_or", vec![same, both], cx)?;
    }
    python_bool(call_named("all", vec![same], cx)?, cx)
}

/// Bits packed along an axis, or unpacked: both read lines along it.
struct Bits {
    base: Array,
    axis: usize,
    little: bool,
    packs: bool,
}

impl Source for Bits {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let mut out = Block::zeros(DType::UInt8, extent(region));
        let span = region[self.axis];
        let (low, high) = span.bounds();
        let mut wanted = region.to_vec();
        let n = self.base.shape()[self.axis];
        let (first, last) = match self.packs {
            true => (8 * low, (8 * high).min(n)),
            false => (low / 8, high.div_ceil(8).min(n)),
        };
        if last <= first {
            return Ok(out);
        }
        wanted[self.axis] = Span::run(first, last - first);
        let block = self.base.read(&wanted, cx)?;
        let inner: usize = region[self.axis + 1..].iter().map(|s| s.len).product();
        let outer: usize = region[..self.axis].iter().map(|s| s.len).product();
        let rows = last - first;
        let source = block.bytes();
        let target = out.bytes_mut();
        let bit = |i: usize| if self.little { i } else { 7 - i };
        for o in 0..outer {
            for i in 0..span.len {
                let at = span.at(i);
                for k in 0..inner {
                    let cell = |row: usize| source[(o * rows + row - first) * inner + k];
                    let slot = &mut target[(o * span.len + i) * inner + k];
                    if self.packs {
                        for j in 0..8 {
                            let row = 8 * at + j;
                            if row < last && cell(row) != 0 {
                                *slot |= 1 << bit(j);
                            }
                        }
                    } else if at / 8 < last {
                        *slot = cell(at / 8) >> bit(at % 8) & 1;
                    }
                }
            }
        }
        Ok(out)
    }
    fn inputs(&self) -> Vec<Array> {
        vec![self.base.clone()]
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn bit_order(args: &Args) -> Result<bool> {
    match args.text("bitorder")?.as_deref() {
        None | Some("big") => Ok(false),
        Some("little") => Ok(true),
        Some(_) => Err(Error::value("'order' must be either 'little' or 'big'")),
    }
}

fn lines(args: &Args, cx: &Context) -> Result<(Array, usize)> {
    let array = args.array("a", cx)?;
    Ok(match args.int("axis")? {
        Some(a) => {
            let axis = axis_of(a, array.ndim())?;
            (array, axis)
        }
        None => (crate::array::reshape::reshape(&array, vec![array.len()]), 0),
    })
}

fn packbits(args: &Args, cx: &Context) -> Result<Value> {
    let (array, axis) = lines(args, cx)?;
    if !array.dtype().is_integral() {
        return Err(Error::type_error("Expected an input array of integer or boolean data type"));
    }
    let mut shape = array.shape().to_vec();
    shape[axis] = shape[axis].div_ceil(8);
    let base = cast(&array, &DType::Bool)?;
    let source = Bits { base, axis, little: bit_order(args)?, packs: true };
    let packed = Array::new(DType::UInt8, shape, source);
    Ok(Value::array(settle(packed, &[array], cx)?))
}

fn unpackbits(args: &Args, cx: &Context) -> Result<Value> {
    let (base, axis) = lines(args, cx)?;
    if *base.dtype() != DType::UInt8 {
        return Err(Error::type_error("Expected an input array of unsigned byte data type"));
    }
    let mut shape = base.shape().to_vec();
    let all = shape[axis] * 8;
    shape[axis] = match args.int("count")? {
        None => all,
        Some(n) if n >= 0 => n as usize,
        Some(n) => usize::try_from(all as i64 + n).map_err(|_| {
            Error::value(format!("-ve count {n} exceeds the number of elements {all}",))
        })?,
    };
    let source = Bits { base: base.clone(), axis, little: bit_order(args)?, packs: false };
    let unpacked = Array::new(DType::UInt8, shape, source);
    Ok(Value::array(settle(unpacked, &[base], cx)?))
}

fn around(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.value("a");
    let array = as_array(&a, cx)?;
    let decimals = args.int("decimals")?.unwrap_or(0);
    let dtype = array.dtype().clone();
    let scalar = |a: Array| scalar_or_array(a);
    let rounded = match &dtype {
        DType::Bool => call_named("rint", vec![a.clone()], cx)?,
        d if d.is_integer() => {
            if decimals >= 0 {
                scalar(array.clone())?
            } else {
                // tens of integers, by way of floats as NumPy does
                let ten = Value::Float(10f64.powi((-decimals).min(400) as i32));
                let y = call_named("divide", vec![a.clone(), ten.clone()], cx)?;
                let y = call_named("rint", vec![y], cx)?;
                let y = call_named("multiply", vec![y, ten], cx)?;
                scalar(cast(&as_array(&y, cx)?, d)?)?
            }
        }
        d if d.is_inexact() => {
            if decimals == 0 {
                call_named("rint", vec![a.clone()], cx)?
            } else {
                let ten = Value::Float(10f64.powi(decimals.unsigned_abs().min(400) as i32));
                let (first, last) =
                    if decimals > 0 { ("multiply", "divide") } else { ("divide", "multiply") };
                let y = call_named(first, vec![a.clone(), ten.clone()], cx)?;
                let y = call_named("rint", vec![y], cx)?;
                call_named(last, vec![y, ten], cx)?
            }
        }
        d => {
            let ufunc = super::ufunc::find("rint").ok_or_else(|| Error::runtime("no rint"))?;
            return Err(super::ufunc::no_loop(ufunc, std::slice::from_ref(d)));
        }
    };
    into_out(rounded, args, cx)
}

fn angle(args: &Args, cx: &Context) -> Result<Value> {
    let z = args.value("z");
    let (re, im) = match as_array(&z, cx)?.dtype() {
        d if d.is_complex() => (real_part(&z, cx)?, imaginary_part(&z, cx)?),
        _ => (z.clone(), Value::int(0)),
    };
    let radians = call_named("arctan2", vec![im, re], cx)?;
    match args.flag("deg")? {
        true => {
            call_named("multiply", vec![radians, Value::Float(180.0 / std::f64::consts::PI)], cx)
        }
        false => Ok(radians),
    }
}

/// The real part: a view of complex arrays, the array itself otherwise.
///
/// # Errors
/// As making an array of the value.
pub fn real_part(value: &Value, cx: &Context) -> Result<Value> {
    complex_part(value, false, cx)
}

/// The imaginary part: a view of complex arrays, zeros otherwise.
///
/// # Errors
/// As making an array of the value.
pub fn imaginary_part(value: &Value, cx: &Context) -> Result<Value> {
    complex_part(value, true, cx)
}

fn complex_part(value: &Value, imaginary: bool, cx: &Context) -> Result<Value> {
    match value {
        Value::Complex(re, im) => return Ok(Value::Float(if imaginary { *im } else { *re })),
        Value::Float(_) if imaginary => return Ok(Value::Float(0.0)),
        Value::Int(_) | Value::Bool(_) if imaginary => return Ok(Value::int(0)),
        Value::Float(_) | Value::Int(_) => return Ok(value.clone()),
        Value::Bool(b) => return Ok(Value::int(i64::from(*b))),
        _ => {}
    }
    let nd = match value {
        Value::Array(nd) => nd.clone(),
        other => Nd::new(as_array(other, cx)?),
    };
    let dtype = nd.dtype()?;
    if !dtype.is_complex() {
        if !imaginary {
            return Ok(Value::Array(nd));
        }
        let array = nd.array()?;
        let zero = Array::of(Block::zeros(dtype, vec![]));
        let zeros = crate::array::view::broadcast_to(&zero, array.shape())?;
        return Ok(if nd.is_scalar() {
            Value::Array(Nd::scalar(zeros))
        } else {
            Value::Array(Nd::read_only(zeros))
        });
    }
    let half = dtype.real();
    let offset = if imaginary { half.size() } else { 0 };
    let part = nd.part(offset, half, Vec::new());
    Ok(Value::Array(match nd.is_scalar() {
        true => Nd::scalar(part.array()?),
        false => part.with_class(nd.class().clone()),
    }))
}

fn real_if_close(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.value("a");
    let array = as_array(&a, cx)?;
    if !array.dtype().is_complex() {
        return Ok(Value::array(array));
    }
    let tol = args.float("tol")?.unwrap_or(100.0);
    let epsilon = match array.dtype() {
        DType::Complex64 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let tol = if tol > 1.0 { tol * epsilon } else { tol };
    let size = call_named("absolute", vec![imaginary_part(&a, cx)?], cx)?;
    let tiny = call_named("less", vec![size, Value::Float(tol)], cx)?;
    match call_named("all", vec![tiny], cx)?.truth()? {
        true => real_part(&Value::array(array), cx),
        false => Ok(Value::array(array)),
    }
}

/// Which bound of a range.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Low,
    High,
}

/// The least and the most that an integer dtype holds.
fn integer_range(dtype: &DType) -> Option<(BigInt, BigInt)> {
    let bits = 8 * dtype.size();
    match dtype.kind() {
        Kind::Signed => {
            let half = BigInt::from(1) << (bits - 1);
            Some((-half.clone(), half - 1))
        }
        Kind::Unsigned => Some((BigInt::ZERO, (BigInt::from(1) << bits) - 1)),
        _ => None,
    }
}

fn clip(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.value("a");
    let bound = |old: &str, new: &str| match args.get(new) {
        Some(v) => v.clone(),
        None => args.value(old),
    };
    let (low, high) = (bound("a_min", "min"), bound("a_max", "max"));
    let array = as_array(&a, cx)?;
    if array.dtype().is_string() {
        let ufunc = super::ufunc::find("maximum").ok_or_else(|| Error::runtime("no maximum"))?;
        return Err(super::ufunc::no_loop(ufunc, std::slice::from_ref(array.dtype())));
    }
    let a = if args.dtype("dtype")?.is_some() {
        Value::array(cast(&array, &args.dtype("dtype")?.unwrap_or(DType::Float64))?)
    } else {
        a
    };
    // a Python bound beyond the range of an integer dtype leaves its side open
    let range = integer_range(array.dtype());
    let beyond = |v: &Value, side: Side| match (v, &range) {
        (Value::None, _) => true,
        (Value::Int(n), Some((least, _))) if side == Side::Low => n <= least,
        (Value::Int(n), Some((_, most))) if side == Side::High => n >= most,
        _ => false,
    };
    let mut out = match &a {
        Value::Array(_) | Value::Foreign(_) => a.clone(),
        other => Value::result(as_array(other, cx)?),
    };
    if !beyond(&low, Side::Low) {
        out = call_named("maximum", vec![out, low], cx)?;
    }
    if !beyond(&high, Side::High) {
        out = call_named("minimum", vec![out, high], cx)?;
    }
    let mask = match args.get("where") {
        None | Some(Value::Bool(true)) => None,
        Some(v) => Some(as_array(v, cx)?),
    };
    let out_array = args.out("out")?;
    if out_array.is_none() && mask.is_none() {
        return Ok(match out {
            Value::Array(nd) if nd.ndim()? > 0 => Value::array(nd.array()?),
            other => other,
        });
    }
    super::ufunc::deliver(
        "clip",
        as_array(&out, cx)?,
        out_array,
        mask.as_ref(),
        crate::array::promote::Casting::SameKind,
        None,
        cx,
    )
}

/// Complex numbers of their parts.
///
/// # Errors
/// ValueError where the shapes don't broadcast.
pub fn complex_of(re: &Array, im: &Array, dtype: &DType) -> Result<Array> {
    fn kernel<T: Pod + Send + Sync>() -> Kernel
    where
        Complex<T>: Pod,
    {
        Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
            crate::array::elementwise::binary(ins[0], ins[1], out, |a: T, b: T| Complex::new(a, b));
            Ok(())
        })
    }
    let kernel = match dtype {
        DType::Complex64 => kernel::<f32>(),
        _ => kernel::<f64>(),
    };
    let half = dtype.real();
    elementwise(dtype.clone(), vec![cast(re, &half)?, cast(im, &half)?], kernel)
}

fn i0(args: &Args, cx: &Context) -> Result<Value> {
    let array = args.array("x", cx)?;
    if array.dtype().is_complex() {
        return Err(Error::type_error("i0 not supported for complex values"));
    }
    let dtype = if array.dtype().is_inexact() { array.dtype().clone() } else { DType::Float64 };
    let x = cast(&array, &DType::Float64)?;
    let kernel: Kernel = Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
        crate::array::elementwise::unary(ins[0], out, bessel_i0);
        Ok(())
    });
    let y = elementwise(DType::Float64, vec![x], kernel)?;
    scalar_or_array(settle(cast(&y, &dtype)?, &[array], cx)?)
}

/// I0 by its power series, or its asymptotic series far out (Abramowitz and Stegun 9.6.10,
/// 9.7.1).
fn bessel_i0(x: f64) -> f64 {
    let x = x.abs();
    if !x.is_finite() {
        return f64::NAN;
    }
    if x < 30.0 {
        let q = x * x / 4.0;
        let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
        while term > sum * 1e-17 {
            term *= q / (k * k);
            sum += term;
            k += 1.0;
        }
        return sum;
    }
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    loop {
        let odd = 2.0 * k - 1.0;
        let next = term * odd * odd / (8.0 * k * x);
        if next < sum * 1e-17 || next > term {
            break;
        }
        term = next;
        sum += term;
        k += 1.0;
    }
    x.exp() / (2.0 * std::f64::consts::PI * x).sqrt() * sum
}

fn sinc(args: &Args, cx: &Context) -> Result<Value> {
    let x = args.value("x");
    let array = as_array(&x, cx)?;
    let inexact = array.dtype().is_inexact();
    if array.dtype().is_time() {
        // no such product, or no sine of it
        let y = call_named("multiply", vec![Value::Float(std::f64::consts::PI), x], cx)?;
        return call_named("sin", vec![y], cx);
    }
    let x = if inexact { x } else { Value::result(cast(&array, &DType::Float64)?) };
    let zero = call_named("equal", vec![x.clone(), Value::int(0)], cx)?;
    let tiny = match as_array(&x, cx)?.dtype().real() {
        DType::Float16 => f64::from(half::f16::EPSILON),
        DType::Float32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let x = as_array(&x, cx)?;
    let safe = cast(&number(DType::Float64, tiny), x.dtype())?;
    let x = super::ufunc::select(&as_array(&zero, cx)?, &safe, &x)?;
    let y = call_named("multiply", vec![Value::Float(std::f64::consts::PI), Value::array(x)], cx)?;
    let out = call_named("divide", vec![call_named("sin", vec![y.clone()], cx)?, y], cx)?;
    scalar_or_array(as_array(&out, cx)?)
}

/// Whether a value is of a class of numbers (`np.issubdtype`).
pub fn is_kind(dtype: &DType, class: &Type) -> bool {
    match class {
        Type::Scalar(d) => dtype == d || (d.is_string() && d.kind() == dtype.kind()),
        Type::Named(name) => match *name {
            "generic" => true,
            "number" => {
                dtype.is_number() && *dtype != DType::Bool || dtype.kind() == Kind::Timedelta
            }
            "integer" => dtype.is_integer() || dtype.kind() == Kind::Timedelta,
            "signedinteger" => dtype.kind() == Kind::Signed || dtype.kind() == Kind::Timedelta,
            "unsignedinteger" => dtype.kind() == Kind::Unsigned,
            "inexact" => dtype.is_inexact(),
            "floating" => dtype.kind() == Kind::Float,
            "complexfloating" => dtype.is_complex(),
            "flexible" => dtype.is_string() || dtype.kind() == Kind::Void,
            "character" => dtype.is_string(),
            "int" => *dtype == DType::Int64,
            "float" => *dtype == DType::Float64,
            "complex" => *dtype == DType::Complex128,
            "bool" => *dtype == DType::Bool,
            "str" => dtype.kind() == Kind::Str,
            "bytes" => dtype.kind() == Kind::Bytes,
            "object" => *dtype == DType::Object,
            _ => false,
        },
    }
}

/// Whether an array is of the class that keeps two axes.
pub fn is_matrix(value: &Value) -> bool {
    matches!(value, Value::Array(nd) if *nd.class() == Class::Matrix)
}
