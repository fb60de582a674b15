//! Convolution, correlation and interpolation.

use std::sync::Arc;

use num_complex::Complex;

use super::args::Args;
use super::calls::{op, op_values, safely, stretch, value};
use super::convert::as_array;
use super::differences::doubles;
use super::products::common;
use super::registry::Function;
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::elementwise::{Kernel, Operand, elementwise, unary};
use crate::array::lazy::Span;
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::view::view;
use crate::array::window::sliding;
use crate::array::{Array, Context, DType, Error, Result};

const SECTION: &str = "Mathematical functions";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["convolve"],
        params: "a, v, mode='full'",
        help: "Convolution of two sequences.",
        section: SECTION,
        kinds: "biufcm",
        run: convolve,
        ufunc: None,
    },
    Function {
        names: &["correlate"],
        params: "a, v, mode='valid'",
        help: "Cross-correlation of two sequences.",
        section: SECTION,
        kinds: "biufcm",
        run: correlate,
        ufunc: None,
    },
    Function {
        names: &["interp"],
        params: "x, xp, fp, left=None, right=None, period=None",
        help: "Linear interpolation between points.",
        section: SECTION,
        kinds: "biuf",
        run: interp,
        ufunc: None,
    },
];

/// Which of the overlaps are given: 0 whole ones, 1 as many as elements, 2 all.
fn mode(args: &Args, default: i64) -> Result<i64> {
    let Some(v) = args.some("mode") else { return Ok(default) };
    match v.as_str() {
        Some(text) => match text.as_str() {
            "valid" | "v" => Ok(0),
            "same" | "s" => Ok(1),
            "full" | "f" => Ok(2),
            _ => Err(Error::value(format!(
                "mode must be one of 'valid', 'same', or 'full' (got '{text}')"
            ))),
        },
        None => match v.index()? {
            n @ 0..=2 => Ok(n),
            _ => Err(Error::value("integer convolve/correlate mode must be 0, 1, or 2")),
        },
    }
}

fn vector(array: Array) -> Result<Array> {
    match array.ndim() {
        0 => Ok(reshape(&array, vec![1])),
        1 => Ok(array),
        _ => Err(Error::value("object too deep for desired array")),
    }
}

fn reversed(array: &Array) -> Array {
    let n = array.len();
    let spans = vec![Span { start: n.saturating_sub(1), step: -1, len: n }];
    view(array, spans, vec![Some(0)], vec![n])
}

/// Sums of products of the longer one with the shorter one along it.
fn slid(long: &Array, taps: &Array, mode: i64, cx: &Context) -> Result<Array> {
    let dtype = common(long, taps)?;
    let number = |x: &Array| -> Result<Array> {
        if dtype.is_time() { cast(&cast(x, &DType::Int64)?, &dtype) } else { cast(x, &dtype) }
    };
    let (n, m) = (long.len(), taps.len());
    // each output takes all taps, so they stay in memory; a longer work than that fits is hopeless
    let taps = Arc::new(to_block(&number(taps)?, cx)?);
    let all = sliding(&number(long)?, taps);
    Ok(match mode {
        0 => stretch(&all, 0, m - 1, n - m + 1),
        1 => stretch(&all, 0, m - 1 - m / 2, n),
        _ => all,
    })
}

fn convolve(args: &Args, cx: &Context) -> Result<Value> {
    let (mut a, mut v) = (args.array("a", cx)?, args.array("v", cx)?);
    let length = |x: &Array| x.shape().first().copied().unwrap_or(1);
    if length(&v) > length(&a) {
        std::mem::swap(&mut a, &mut v);
    }
    if length(&a) == 0 {
        return Err(Error::value("a cannot be empty"));
    }
    if length(&v) == 0 {
        return Err(Error::value("v cannot be empty"));
    }
    let mode = mode(args, 2)?;
    let (a, v) = (vector(a)?, vector(v)?);
    Ok(Value::array(slid(&a, &reversed(&v), mode, cx)?))
}

fn correlate(args: &Args, cx: &Context) -> Result<Value> {
    let mode = mode(args, 0)?;
    let (a, mut v) = (vector(args.array("a", cx)?)?, vector(args.array("v", cx)?)?);
    if a.is_empty() {
        return Err(Error::value("first array argument cannot be empty"));
    }
    if v.is_empty() {
        return Err(Error::value("second array argument cannot be empty"));
    }
    if v.dtype().is_complex() {
        v = op("conjugate", &[&v], cx)?;
    }
    Ok(Value::array(match a.len() < v.len() {
        true => reversed(&slid(&v, &a, mode, cx)?),
        false => slid(&a, &v, mode, cx)?,
    }))
}

fn interp(args: &Args, cx: &Context) -> Result<Value> {
    let fp = args.array("fp", cx)?;
    let complex = fp.dtype().is_complex();
    let target = if complex { DType::Complex128 } else { DType::Float64 };
    let xp = args.array("xp", cx)?;
    let mut x = args.array("x", cx)?;
    let period = match args.some("period") {
        None => None,
        Some(p) => Some(p.float()?.abs()),
    };
    if period == Some(0.0) {
        return Err(Error::value("period must be a non-zero value"));
    }
    if period.is_some() {
        if xp.ndim() != 1 || fp.ndim() != 1 {
            return Err(Error::value("Data points must be 1-D sequences"));
        }
        if xp.len() != fp.len() {
            return Err(Error::value("fp and xp are not of the same length"));
        }
    }
    for points in [&fp, &xp] {
        match points.ndim() {
            1 => {}
            0 => return Err(Error::value("object of too small depth for desired array")),
            _ => return Err(Error::value("object too deep for desired array")),
        }
    }
    let fp = to_block(&safely(&fp, &target)?, cx)?;
    let mut points = doubles(&xp, cx)?;
    let mut values: Vec<Complex<f64>> = match complex {
        true => fp.typed().to_vec(),
        false => fp.typed::<f64>().iter().map(|&y| Complex::new(y, 0.0)).collect(),
    };
    x = safely(&x, &DType::Float64)?;
    if points.is_empty() {
        return Err(Error::value("array of sample points is empty"));
    }
    if points.len() != values.len() {
        return Err(Error::value("fp and xp are not of the same length."));
    }
    let side = |name: &str, default: Complex<f64>| -> Result<Complex<f64>> {
        match args.some(name) {
            None => Ok(default),
            Some(_) if period.is_some() => Ok(default),
            Some(v) if complex => {
                let z = to_block(&cast(&as_array(v, cx)?, &DType::Complex128)?, cx)?;
                Ok(z.typed::<Complex<f64>>().first().copied().unwrap_or(default))
            }
            Some(v) => Ok(Complex::new(v.float()?, 0.0)),
        }
    };
    if let Some(period) = period {
        x = op_values("remainder", vec![value(&x), Value::Float(period)], cx)?;
        for p in &mut points {
            let rest = *p % period;
            *p = if rest < 0.0 { rest + period } else { rest };
        }
        let block = Block::of(DType::Float64, vec![points.len()], &points);
        let order = crate::array::sort::sorting_order(&block)?;
        points = order.iter().map(|&i| points[i]).collect();
        values = order.iter().map(|&i| values[i]).collect();
        // the neighbours over both ends
        let (first, last) = (points[0] + period, points[points.len() - 1] - period);
        let (head, tail) = (values[0], values[values.len() - 1]);
        points.insert(0, last);
        points.push(first);
        values.insert(0, tail);
        values.push(head);
    }
    let left = side("left", values[0])?;
    let right = side("right", values[values.len() - 1])?;
    let line = Line { points, values, left, right };
    let kernel: Kernel = match complex {
        true => Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            unary(ins[0], out, |x: f64| line.complex(x));
            Ok(())
        }),
        false => Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            unary(ins[0], out, |x: f64| line.real(x));
            Ok(())
        }),
    };
    Ok(Value::result(elementwise(target, vec![x], kernel)?))
}

/// A line through points, level outside them.
struct Line {
    points: Vec<f64>,
    values: Vec<Complex<f64>>,
    left: Complex<f64>,
    right: Complex<f64>,
}

impl Line {
    /// The point at or before `x`, or the value where there is nothing to interpolate.
    fn find(&self, x: f64) -> Result<usize, Complex<f64>> {
        let n = self.points.len();
        let after = self.points.partition_point(|p| *p <= x);
        match after {
            0 => Err(self.left),
            _ if x > self.points[n - 1] => Err(self.right),
            _ if after == n || self.points[after - 1] == x => Err(self.values[after - 1]),
            _ => Ok(after - 1),
        }
    }

    fn real(&self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        match self.find(x) {
            Err(z) => z.re,
            Ok(j) => {
                let width = self.points[j + 1] - self.points[j];
                let slope = (self.values[j + 1].re - self.values[j].re) / width;
                self.along(j, x, slope, |z| z.re)
            }
        }
    }

    fn complex(&self, x: f64) -> Complex<f64> {
        if x.is_nan() {
            return Complex::new(x, 0.0);
        }
        match self.find(x) {
            Err(z) => z,
            Ok(j) => {
                let inverse = 1.0 / (self.points[j + 1] - self.points[j]);
                let rise = self.values[j + 1] - self.values[j];
                Complex::new(
                    self.along(j, x, rise.re * inverse, |z| z.re),
                    self.along(j, x, rise.im * inverse, |z| z.im),
                )
            }
        }
    }

    /// From the point before; where that is no number, from the one after.
    fn along(&self, j: usize, x: f64, slope: f64, part: impl Fn(Complex<f64>) -> f64) -> f64 {
        let (before, after) = (part(self.values[j]), part(self.values[j + 1]));
        let y = slope * (x - self.points[j]) + before;
        if !y.is_nan() {
            return y;
        }
        let y = slope * (x - self.points[j + 1]) + after;
        if y.is_nan() && before == after { before } else { y }
    }
}
