//! Histograms of one and of several variables.

use std::sync::Arc;

use num_complex::Complex;

use super::args::Args;
use super::bins::{Edges, ascending, between, edges, elements, equal, flat, outer_edges, spaced};
use super::calls::{at, op, reduced, safely};
use super::convert::as_array;
use super::differences::diff_of;
use super::registry::Function;
use super::value::Value;
use crate::array::block::{Block, count};
use crate::array::cast::cast;
use crate::array::deferred::Deferred;
use crate::array::elementwise::{Kernel, Operand, elementwise};
use crate::array::error::Kind;
use crate::array::promote::promote;
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::tally::{tally, weigh};
use crate::array::{Array, Context, DType, Error, Result};

const SECTION: &str = "Histograms";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["histogram"],
        params: "a, bins=10, range=None, density=None, weights=None",
        help: "How many elements fall into each bin, and the bins' edges.",
        section: SECTION,
        kinds: "biufc",
        run: histogram,
        ufunc: None,
    },
    Function {
        names: &["histogram_bin_edges"],
        params: "a, bins=10, range=None, weights=None",
        help: "The edges of the bins that a histogram would have.",
        section: SECTION,
        kinds: "biufc",
        run: histogram_bin_edges,
        ufunc: None,
    },
    Function {
        names: &["histogram2d"],
        params: "x, y, bins=10, range=None, density=None, weights=None",
        help: "Histogram of pairs of samples.",
        section: SECTION,
        kinds: "biuf",
        run: histogram2d,
        ufunc: None,
    },
    Function {
        names: &["histogramdd"],
        params: "sample, bins=10, range=None, density=None, weights=None",
        help: "Histogram of samples of several variables.",
        section: SECTION,
        kinds: "biuf",
        run: histogramdd,
        ufunc: None,
    },
];

/// Elements whose weights are summed before they are added to the sums of others, as in NumPy.
const LEAF: usize = 65_536;

fn checked(args: &Args, cx: &Context) -> Result<(Array, Option<Array>)> {
    let a = elements(&args.value("a"), cx)?;
    let Some(weights) = args.some("weights") else { return Ok((flat(&a), None)) };
    let w = as_array(weights, cx)?;
    if w.shape() != a.shape() {
        return Err(Error::value("weights should have the same shape as a."));
    }
    Ok((flat(&a), Some(flat(&w))))
}

fn histogram_bin_edges(args: &Args, cx: &Context) -> Result<Value> {
    let (a, w) = checked(args, cx)?;
    let bins = args.get("bins").cloned().unwrap_or(Value::int(10));
    Ok(Value::array(edges(&a, &bins, args.some("range"), w.is_some(), cx)?.edges))
}

fn histogram(args: &Args, cx: &Context) -> Result<Value> {
    let (a, w) = checked(args, cx)?;
    let bins = args.get("bins").cloned().unwrap_or(Value::int(10));
    let found = edges(&a, &bins, args.some("range"), w.is_some(), cx)?;
    let counts = counts(&a, w.as_ref(), &found, cx)?;
    let result = match args.flag("density")? {
        false => counts,
        true => {
            let widths = cast(&diff_of(&found.edges, 1, 0, cx)?, &DType::Float64)?;
            let total = reduced("sum", &counts, None, false, cx)?;
            op("divide", &[&op("divide", &[&counts, &widths], cx)?, &total], cx)?
        }
    };
    Ok(Value::tuple(vec![Value::array(result), Value::array(found.edges)]))
}

/// Counts, or sums of weights, by bin.
fn counts(a: &Array, w: Option<&Array>, found: &Edges, cx: &Context) -> Result<Array> {
    let n = found.bins();
    let dtype = w.map_or(DType::Int64, |w| w.dtype().clone());
    if found.edges.len() < 2 {
        return Ok(Array::of(Block::zeros(dtype, vec![0])));
    }
    let index = match found.equal {
        Some(_) => equal(a, found, cx)?,
        None => between(a, &found.edges, cx)?,
    };
    let Some(w) = w else {
        return Ok(Deferred::array(dtype, vec![n], vec![index.clone()], move |cx| {
            let counts = tally(&index, n, cx)?;
            Ok(Array::of(Block::of(DType::Int64, vec![n], &counts)))
        }));
    };
    if dtype == DType::Bool && found.equal.is_none() {
        return Err(Error::new(
            Kind::UFuncTypeError,
            "Cannot cast ufunc 'add' output from dtype('int64') to dtype('bool') with casting rule \
             'same_kind'",
        ));
    }
    if !dtype.is_number() && dtype != DType::Bool {
        return Err(super::calls::no_loop("add", &[&dtype, &dtype]));
    }
    let w = w.clone();
    let inputs = vec![index.clone(), w.clone()];
    Ok(Deferred::array(dtype.clone(), vec![n], inputs, move |cx| {
        let real = sums(&index, &part(&w, false)?, n, &dtype, cx)?;
        if !dtype.is_complex() {
            return Ok(real);
        }
        let imaginary = sums(&index, &part(&w, true)?, n, &dtype, cx)?;
        let (re, im) = (to_block(&real, cx)?, to_block(&imaginary, cx)?);
        let both: Vec<Complex<f64>> = re
            .typed::<f64>()
            .iter()
            .zip(im.typed::<f64>())
            .map(|(re, im)| Complex::new(*re, *im))
            .collect();
        cast(&Array::of(Block::of(DType::Complex128, vec![n], &both)), &dtype)
    }))
}

/// Weights as doubles: all of them, or of complex ones a part.
fn part(w: &Array, imaginary: bool) -> Result<Array> {
    let w = match w.dtype().is_complex() {
        false => w.clone(),
        true => {
            let real = w.dtype().real();
            let offset = if imaginary { real.size() } else { 0 };
            super::nd::part(w, offset, &real, &[])
        }
    };
    cast(&w, &DType::Float64)
}

/// Bins and weights beside each other, as complex numbers.
pub fn pairs(index: &Array, weights: &Array) -> Result<Array> {
    let kernel: Kernel = Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
        let (bins, weights) = (ins[0].typed::<i64>(), ins[1].typed::<f64>());
        let slots: &mut [[f64; 2]] = bytemuck::cast_slice_mut(out);
        for (i, slot) in slots.iter_mut().enumerate() {
            *slot = [bins.at(i) as f64, weights.at(i)];
        }
        Ok(())
    });
    elementwise(DType::Complex128, vec![index.clone(), weights.clone()], kernel)
}

/// Sums of weights by bin, leaf by leaf, each rounded to the weights' dtype. Of complex dtypes
/// one part, as doubles.
fn sums(index: &Array, w: &Array, n: usize, dtype: &DType, cx: &Context) -> Result<Array> {
    let round = super::bins::rounding(dtype);
    let mut totals = vec![0f64; n];
    let mut whole = vec![0i64; n];
    let integral = dtype.is_integral();
    weigh(&pairs(index, w)?, n, LEAF, cx, |part| {
        for i in 0..n {
            if integral {
                whole[i] = whole[i].wrapping_add(part[i] as i64);
            } else {
                totals[i] = round(totals[i] + round(part[i]));
            }
        }
    })?;
    if integral {
        return cast(&Array::of(Block::of(DType::Int64, vec![n], &whole)), dtype);
    }
    let found = Array::of(Block::of(DType::Float64, vec![n], &totals));
    if dtype.is_complex() { Ok(found) } else { cast(&found, dtype) }
}

fn histogram2d(args: &Args, cx: &Context) -> Result<Value> {
    let (x, y) = (args.array("x", cx)?, args.array("y", cx)?);
    let length = |a: &Array| {
        a.shape().first().copied().ok_or_else(|| Error::type_error("len() of unsized object"))
    };
    if length(&x)? != length(&y)? {
        return Err(Error::value("x and y must have the same length."));
    }
    let bins = args.get("bins").cloned().unwrap_or(Value::int(10));
    // a single list of edges is for both
    let bins = match length_of(&bins)? {
        None | Some(1 | 2) => bins,
        Some(_) => Value::list(vec![bins.clone(), bins]),
    };
    let sample = vec![x, y];
    let (hist, mut edges) = several(&common_columns(sample)?, &bins, args, cx)?;
    let second = edges.pop().unwrap_or(Value::None);
    let first = edges.pop().unwrap_or(Value::None);
    Ok(Value::tuple(vec![Value::array(hist), first, second]))
}

/// How many items a value has; none for a number.
fn length_of(v: &Value) -> Result<Option<usize>> {
    Ok(match v {
        Value::Array(nd) => nd.shape()?.first().copied(),
        other => other.sequence().map(|s| s.len()),
    })
}

fn items(v: &Value, cx: &Context) -> Result<Vec<Value>> {
    match v {
        Value::Array(_) => {
            let a = as_array(v, cx)?;
            Ok((0..a.shape().first().copied().unwrap_or(0))
                .map(|i| Value::result(at(&a, 0, i)))
                .collect())
        }
        other => Ok(other.sequence().unwrap_or_default()),
    }
}

fn common_columns(columns: Vec<Array>) -> Result<Vec<Array>> {
    let mut dtype = columns.first().map_or(DType::Float64, |c| c.dtype().clone());
    for c in &columns {
        dtype = promote(&dtype, c.dtype())?;
    }
    columns.iter().map(|c| cast(c, &dtype)).collect()
}

fn histogramdd(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("sample");
    let columns: Vec<Array> = match given.sequence() {
        // a sequence of variables
        Some(parts) => {
            let parts = parts.iter().map(|p| as_array(p, cx)).collect::<Result<Vec<_>>>()?;
            match parts.iter().all(|p| p.ndim() == 0) {
                true => vec![as_array(&given, cx)?],
                false => parts,
            }
        }
        None => {
            let a = as_array(&given, cx)?;
            match a.ndim() {
                2 => (0..a.shape()[1]).map(|i| at(&a, 1, i)).collect(),
                0 => vec![reshape(&a, vec![1])],
                1 => vec![a],
                _ => return Err(Error::value("too many values to unpack (expected 2)")),
            }
        }
    };
    let columns = common_columns(columns)?;
    if columns.windows(2).any(|w| w[0].shape() != w[1].shape())
        || columns.iter().any(|c| c.ndim() != 1)
    {
        return Err(Error::value("setting an array element with a sequence."));
    }
    let bins = args.get("bins").cloned().unwrap_or(Value::int(10));
    let (hist, edges) = several(&columns, &bins, args, cx)?;
    Ok(Value::tuple(vec![Value::array(hist), Value::list(edges)]))
}

/// A histogram of several variables, and the edges of each.
fn several(
    columns: &[Array],
    bins: &Value,
    args: &Args,
    cx: &Context,
) -> Result<(Array, Vec<Value>)> {
    let d = columns.len();
    let bins = match length_of(bins)? {
        None => vec![bins.clone(); d],
        Some(n) if n == d => items(bins, cx)?,
        Some(_) => {
            return Err(Error::value(
                "The dimension of bins must be equal to the dimension of the sample x.",
            ));
        }
    };
    let ranges = match args.some("range") {
        None => vec![Value::None; d],
        Some(r) => {
            let list = items(r, cx)?;
            if list.len() != d {
                return Err(Error::value("range argument must have one entry per dimension"));
            }
            list
        }
    };
    let mut all = Vec::new();
    for (i, ((x, bin), range)) in columns.iter().zip(&bins).zip(&ranges).enumerate() {
        let given = as_array(bin, cx)?;
        let found = match given.ndim() {
            0 => {
                if bin.float()? < 1.0 {
                    return Err(Error::value(format!(
                        "`bins[{i}]` must be positive, when an integer"
                    )));
                }
                let (first, last) = outer_edges(x, Some(range).filter(|r| !r.is_none()), cx)?;
                let n = bin.index().map_err(|_| {
                    Error::type_error(format!("`bins[{i}]` must be an integer, when a scalar"))
                })?;
                spaced(&first, &last, n as usize, None, cx)?
            }
            1 => {
                let found = Array::of(to_block(&given, cx)?);
                if !ascending(&found, false) {
                    return Err(Error::value(format!(
                        "`bins[{i}]` must be monotonically increasing, when an array"
                    )));
                }
                found
            }
            _ => return Err(Error::value(format!("`bins[{i}]` must be a scalar or 1d array"))),
        };
        all.push(found);
    }
    let shape: Vec<usize> = all.iter().map(|e| e.len().saturating_sub(1)).collect();
    let total = shape.iter().try_fold(1usize, |a, &n| a.checked_mul(n));
    let total = total
        .filter(|n| n.checked_mul(8).is_some_and(|b| b < isize::MAX as usize / 2))
        .ok_or_else(|| Error::value("invalid dims: array size defined by dims is larger than the maximum possible size."))?;
    let index = together(columns, &all, &shape, cx)?;
    let n = columns.first().map_or(0, Array::len);
    let weights = match args.some("weights") {
        None => None,
        Some(w) => {
            let w = as_array(w, cx)?;
            if w.ndim() > 1 {
                return Err(Error::value("object too deep for desired array"));
            }
            let w = safely(&w, &DType::Float64)?;
            if w.len() != n {
                return Err(Error::value("The weights and list don't have the same length."));
            }
            Some(w)
        }
    };
    let mut inputs = vec![index.clone()];
    inputs.extend(weights.clone());
    let out_shape = shape.clone();
    let mut hist = Deferred::array(DType::Float64, shape.clone(), inputs, move |cx| {
        let found: Vec<f64> = match &weights {
            None => tally(&index, total, cx)?.into_iter().map(|c| c as f64).collect(),
            Some(w) => {
                let mut found = vec![0.0; total];
                weigh(&pairs(&index, w)?, total, usize::MAX, cx, |sums| {
                    found.copy_from_slice(sums);
                })?;
                found
            }
        };
        Ok(Array::of(Block::of(DType::Float64, out_shape.clone(), &found)))
    });
    if args.flag("density")? {
        let sum = reduced("sum", &hist, None, false, cx)?;
        for (i, e) in all.iter().enumerate() {
            let mut wide = vec![1; d];
            wide[i] = shape[i];
            let widths = reshape(&diff_of(e, 1, 0, cx)?, wide);
            hist = op("divide", &[&hist, &widths], cx)?;
        }
        hist = op("divide", &[&hist, &sum], cx)?;
    }
    debug_assert_eq!(count(&shape), total);
    Ok((hist, all.into_iter().map(Value::array).collect()))
}

/// The flat bin of each sample; -1 where one of its variables lies outside.
fn together(columns: &[Array], edges: &[Array], shape: &[usize], cx: &Context) -> Result<Array> {
    let each: Vec<Array> = columns
        .iter()
        .zip(edges)
        .map(|(x, e)| match e.len() {
            0 | 1 => Ok(Array::of(Block::zeros(DType::Int64, vec![x.len()]))),
            _ => between(x, e, cx),
        })
        .collect::<Result<_>>()?;
    let shape = shape.to_vec();
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        let slots: &mut [i64] = bytemuck::cast_slice_mut(out);
        for (i, slot) in slots.iter_mut().enumerate() {
            *slot = ins.iter().zip(&shape).fold(0, |at, (bins, &n)| {
                match (at, bins.typed::<i64>().at(i)) {
                    (at, bin) if at < 0 || bin < 0 => -1,
                    (at, bin) => at * n as i64 + bin,
                }
            });
        }
        Ok(())
    });
    elementwise(DType::Int64, each, kernel)
}
