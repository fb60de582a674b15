//! Medians, percentiles and quantiles, with and without NaN; sorting.

use std::sync::Arc;

use super::args::Args;
use super::calls::{
    axes_value, axis_tuple, call_with, choose, give, marked, no_loop, op, reduced, stretch, value,
    with_kept,
};
use super::nd::Class;
use super::quantile::{Method, Quantiles};
use super::registry::Function;
use super::value::Value;
use crate::array::block::{Block, count};
use crate::array::cast::cast;
use crate::array::elementwise::{Kernel, Operand, elementwise};
use crate::array::promote::promote;
use crate::array::rank::{Wanted, select};
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::sort::sort_along;
use crate::array::{Array, Context, DType, Error, Result};

const SECTION: &str = "Order statistics";
const MEDIAN: &str = "a, axis=None, out=None, overwrite_input=False, keepdims=False";
const QUANTILE: &str = "a, q, axis=None, out=None, overwrite_input=False, method='linear', \
                        keepdims=False, *, weights=None, interpolation=None";

/// The functions of this section.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["median"],
        params: MEDIAN,
        help: "The middle of the sorted elements along the given axis.",
        section: SECTION,
        kinds: "biufcm",
        run: |args, cx| median(args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["nanmedian"],
        params: MEDIAN,
        help: "The middle of the sorted elements that are numbers.",
        section: SECTION,
        kinds: "biufcm",
        run: |args, cx| median(args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["percentile"],
        params: QUANTILE,
        help: "The q-th percentile of the elements along the given axis.",
        section: SECTION,
        kinds: "iufmM",
        run: |args, cx| quantile(args, true, false, cx),
        ufunc: None,
    },
    Function {
        names: &["quantile"],
        params: QUANTILE,
        help: "The q-th quantile of the elements along the given axis.",
        section: SECTION,
        kinds: "iufmM",
        run: |args, cx| quantile(args, false, false, cx),
        ufunc: None,
    },
    Function {
        names: &["nanpercentile"],
        params: QUANTILE,
        help: "The q-th percentile of the elements that are numbers.",
        section: SECTION,
        kinds: "iufm",
        run: |args, cx| quantile(args, true, true, cx),
        ufunc: None,
    },
    Function {
        names: &["nanquantile"],
        params: QUANTILE,
        help: "The q-th quantile of the elements that are numbers.",
        section: SECTION,
        kinds: "iufm",
        run: |args, cx| quantile(args, false, true, cx),
        ufunc: None,
    },
    Function {
        names: &["sort"],
        params: "a, axis=-1, kind=None, order=None, *, stable=None",
        help: "The elements sorted along an axis, NaN last.",
        section: "Sorting",
        kinds: "biufcSUmMV",
        run: sort,
        ufunc: None,
    },
];

/// What an order statistic is taken over.
struct Over {
    array: Array,
    marks: Vec<bool>,
    axes: Option<Vec<usize>>,
    keepdims: bool,
}

impl Over {
    fn new(args: &Args, cx: &Context) -> Result<Over> {
        let array = args.array("a", cx)?;
        let axes = args.some("axis").map(|a| axis_tuple(a, array.ndim())).transpose()?;
        let marks = marked(axes.as_deref(), array.ndim());
        Ok(Over { array, marks, axes, keepdims: args.flag("keepdims")? })
    }

    /// How many elements an output is of.
    fn n(&self) -> usize {
        self.array.shape().iter().zip(&self.marks).filter(|(_, m)| **m).map(|(n, _)| n).product()
    }

    /// Gives a result whose first `lead` axes stand before the kept ones.
    fn give(&self, result: &Array, lead: usize, args: &Args, cx: &Context) -> Result<Value> {
        let result = match self.keepdims {
            true => with_kept(result, lead, &self.marks),
            false => result.clone(),
        };
        give(&result, args.out("out")?, cx)
    }

    /// Of an array without elements the nan- versions give what a mean would.
    fn nanmean(&self, args: &Args, cx: &Context) -> Result<Value> {
        let names = [
            ("axis", axes_value(self.axes.as_deref())),
            ("out", args.value("out")),
            ("keepdims", Value::Bool(self.keepdims)),
        ];
        call_with("nanmean", vec![value(&self.array)], &names, cx)
    }

    /// Whether NaN can be among the elements.
    ///
    /// # Errors
    /// TypeError for dtypes that `isnan` doesn't take.
    fn can_be_nan(&self) -> Result<bool> {
        let d = self.array.dtype();
        if !d.is_number() && !d.is_time() && *d != DType::Bool {
            return Err(Error::type_error(
                "ufunc 'isnan' not supported for the input types, and the inputs could not be \
                 safely coerced to any supported types according to the casting rule ''safe''",
            ));
        }
        Ok(d.is_inexact() || d.is_time())
    }
}

fn median(args: &Args, nan: bool, cx: &Context) -> Result<Value> {
    let over = Over::new(args, cx)?;
    if nan && over.array.is_empty() {
        return over.nanmean(args, cx);
    }
    let skip_nan = nan && over.can_be_nan()?;
    let n = over.n();
    if n == 0 {
        let mut shape = vec![0];
        shape.extend(over.array.shape().iter().zip(&over.marks).filter(|m| !m.1).map(|m| m.0));
        let none = Array::of(Block::zeros(over.array.dtype().clone(), shape));
        return over.give(&reduced("mean", &none, Some(&[0]), false, cx)?, 0, args, cx);
    }
    if !skip_nan {
        let ranks = if n % 2 == 0 { vec![n / 2 - 1, n / 2] } else { vec![n / 2] };
        let wanted = Wanted { len: ranks.len(), ranks: Arc::new(move |_| ranks.clone()), skip_nan };
        let middle = select(&over.array, &over.marks, wanted);
        return over.give(&reduced("mean", &middle, Some(&[0]), false, cx)?, 0, args, cx);
    }
    let ranks = |n: usize| vec![n.saturating_sub(1) / 2, n / 2];
    let wanted = Wanted { len: 2, ranks: Arc::new(ranks), skip_nan };
    let middle = select(&over.array, &over.marks, wanted);
    let mean = reduced("mean", &middle, Some(&[0]), false, cx)?;
    // a single middle is itself: twice it may be too large
    let (first, second) = (row(&middle, 0), row(&middle, 1));
    let same = op("equal", &[&first, &second], cx)?;
    over.give(&choose(&same, &cast(&first, mean.dtype())?, &mean)?, 0, args, cx)
}

fn row(array: &Array, i: usize) -> Array {
    super::calls::at(array, 0, i)
}

/// The quantiles that were asked for, as an array's shape and values.
fn asked(args: &Args, a: &DType, percent: bool, cx: &Context) -> Result<(Vec<usize>, Quantiles)> {
    let given = args.value("q");
    let q = super::convert::as_operand(&given, cx)?;
    let float = a.is_inexact();
    let dtype = q.array.dtype();
    if !dtype.is_number() && *dtype != DType::Bool {
        return Err(match percent {
            true => no_loop("divide", &[dtype, &DType::Float64]),
            false => no_loop("minimum", &[dtype, dtype]),
        });
    }
    let scalar = matches!(given, Value::Int(_) | Value::Float(_) | Value::Bool(_))
        || matches!(&given, Value::Array(nd) if nd.class() == &Class::Scalar && *dtype == DType::Float64);
    let target = match (percent, float) {
        (true, true) if q.weak.is_some() => a.clone(),
        (true, true) => promote(dtype, a)?,
        (false, true) if scalar => a.clone(),
        _ => dtype.clone(),
    };
    let target = match percent && target.is_integral() {
        true => DType::Float64,
        false => target,
    };
    let block = to_block(&cast(&cast(&q.array, &target)?, &DType::Float64)?, cx)?;
    let mut values: Vec<f64> = block.typed::<f64>().to_vec();
    if percent {
        for x in &mut values {
            *x = match target {
                DType::Float16 => half::f16::from_f64(*x / 100.0).to_f64(),
                DType::Float32 => f64::from((*x / 100.0) as f32),
                _ => *x / 100.0,
            };
        }
    }
    if values.iter().any(|x| !(0.0..=1.0).contains(x)) {
        return Err(Error::value(match percent {
            true => "Percentiles must be in the range [0, 100]",
            false => "Quantiles must be in the range [0, 1]",
        }));
    }
    let dtype = if target.is_integral() { DType::Int64 } else { target };
    Ok((block.shape().to_vec(), Quantiles { values, dtype }))
}

fn quantile(args: &Args, percent: bool, nan: bool, cx: &Context) -> Result<Value> {
    let mut method = args.get("method").cloned().unwrap_or_else(|| Value::str("linear"));
    if let Some(old) = args.some("interpolation") {
        let name = args.function.names[0];
        cx.note(&format!(
            "DeprecationWarning: the `interpolation=` argument to {name} was renamed to `method=`, \
             which has additional options."
        ));
        if method.as_str().as_deref() != Some("linear") {
            return Err(Error::type_error(
                "You shall not pass both `method` and `interpolation`!\n(`interpolation` is Deprecated \
                 in favor of `method`)",
            ));
        }
        method = old.clone();
    }
    let array = args.array("a", cx)?;
    if array.dtype().is_complex() {
        return Err(Error::type_error("a must be an array of real numbers"));
    }
    let (q_shape, q) = asked(args, array.dtype(), percent, cx)?;
    let weights = match args.some("weights") {
        None => None,
        Some(w) => {
            if method.as_str().as_deref() != Some("inverted_cdf") {
                return Err(Error::value(format!(
                    "Only method 'inverted_cdf' supports weights. Got: {}.",
                    method.as_str().unwrap_or_default()
                )));
            }
            let axes = args.some("axis").map(|a| axis_tuple(a, array.ndim())).transpose()?;
            Some(super::weighted::checked(w, &array, axes.as_deref(), true, cx)?)
        }
    };
    let over = Over::new(args, cx)?;
    if nan && over.array.is_empty() {
        return over.nanmean(args, cx);
    }
    if q_shape.len() > 2 {
        return Err(Error::value("q must be a scalar or 1d"));
    }
    let method = Method::parse(&method)?;
    let skip_nan = nan && over.can_be_nan()?;
    let n = over.n();
    let kept: Vec<usize> = over
        .array
        .shape()
        .iter()
        .zip(&over.marks)
        .filter(|(_, reduced)| !**reduced)
        .map(|(n, _)| *n)
        .collect();
    let mut shape = q_shape.clone();
    shape.extend(&kept);
    if n == 0 && count(&kept) > 0 && !q.values.is_empty() {
        return Err(match q.takes(method) {
            true => Error::value("kth(=-1) out of bounds (0)"),
            false => Error::index("index -1 is out of bounds for axis 0 with size 0"),
        });
    }
    let weighted = weights.is_some();
    let found = match weights {
        Some(w) => super::weighted::quantiles(&over.array, &w, &over.marks, &q, skip_nan),
        None if q.takes(method) => taken(&over, &q, method, skip_nan),
        None => between(&over, &q, method, skip_nan, cx)?,
    };
    let found = reshape(&found, shape);
    if weighted && found.ndim() == 0 && !over.keepdims && args.some("out").is_none() {
        // NumPy gives an array without axes here
        return Ok(Value::array(found));
    }
    over.give(&found, q_shape.len(), args, cx)
}

/// Quantiles that are elements.
fn taken(over: &Over, q: &Quantiles, method: Method, skip_nan: bool) -> Array {
    let all = q.clone();
    let ranks = move |n: usize| -> Vec<usize> {
        (0..all.values.len()).map(|i| all.place(method, i, n).before).collect()
    };
    let wanted = Wanted { len: q.values.len(), ranks: Arc::new(ranks), skip_nan };
    select(&over.array, &over.marks, wanted)
}

/// Quantiles between elements: an array of quantiles by outputs.
fn between(
    over: &Over,
    q: &Quantiles,
    method: Method,
    skip_nan: bool,
    cx: &Context,
) -> Result<Array> {
    let all = q.clone();
    let len = q.values.len();
    let ranks = move |n: usize| -> Vec<usize> {
        let places: Vec<_> = (0..len).map(|i| all.place(method, i, n)).collect();
        places.iter().map(|p| p.before).chain(places.iter().map(|p| p.after)).collect()
    };
    let wanted = Wanted { len: 2 * len, ranks: Arc::new(ranks), skip_nan };
    let both = select(&over.array, &over.marks, wanted);
    let (before, after) = (stretch(&both, 0, 0, len), stretch(&both, 0, len, len));
    let dtype = q.gamma_dtype(method);
    let mut shape = vec![1; both.ndim()];
    shape[0] = len;
    let (gamma, rest) = if skip_nan {
        let numbers = op("logical_not", &[&op("isnan", &[&over.array], cx)?], cx)?;
        let axes: Vec<usize> = (0..over.marks.len()).filter(|a| over.marks[*a]).collect();
        let counts = cast(&reduced("sum", &numbers, Some(&axes), false, cx)?, &DType::Int64)?;
        let which: Vec<i64> = (0..len as i64).collect();
        let which = Array::of(Block::of(DType::Int64, shape, &which));
        let gammas = |rest: bool| -> Result<Array> {
            let all = q.clone();
            let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                let (which, counts) = (ins[0].typed::<i64>(), ins[1].typed::<i64>());
                let slots: &mut [f64] = bytemuck::cast_slice_mut(out);
                for (i, slot) in slots.iter_mut().enumerate() {
                    let n = counts.at(i).max(1) as usize;
                    let gamma = all.place(method, which.at(i) as usize, n).gamma;
                    *slot = if rest { 1.0 - gamma } else { gamma };
                }
                Ok(())
            });
            let inputs = vec![which.clone(), counts.clone()];
            cast(&elementwise(DType::Float64, inputs, kernel)?, &dtype)
        };
        (gammas(false)?, gammas(true)?)
    } else {
        let n = over.n();
        let gammas: Vec<f64> = match n {
            0 => vec![0.0; len],
            n => (0..len).map(|i| q.place(method, i, n).gamma).collect(),
        };
        let rest: Vec<f64> = gammas.iter().map(|g| 1.0 - g).collect();
        let array =
            |xs: &[f64]| cast(&Array::of(Block::of(DType::Float64, shape.clone(), xs)), &dtype);
        (array(&gammas)?, array(&rest)?)
    };
    // from the nearer of both, so that equal neighbours give themselves
    let distance = op("subtract", &[&after, &before], cx)?;
    let near = op("add", &[&before, &op("multiply", &[&distance, &gamma], cx)?], cx)?;
    let far = op("subtract", &[&after, &op("multiply", &[&distance, &rest], cx)?], cx)?;
    let kernel: Kernel = Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
        crate::array::elementwise::unary(ins[0], out, |g: f64| u8::from(g >= 0.5));
        Ok(())
    });
    let second = elementwise(DType::Bool, vec![cast(&gamma, &DType::Float64)?], kernel)?;
    choose(&second, &cast(&far, near.dtype())?, &near)
}

fn sort(args: &Args, cx: &Context) -> Result<Value> {
    let array = args.array("a", cx)?;
    if let Some(kind) = args.some("kind") {
        if args.some("stable").is_some() {
            return Err(Error::value(
                "`kind` and `stable` parameters can't be provided at the same time. Use only one \
                 of them.",
            ));
        }
        let name = kind.as_str().unwrap_or_default();
        let known =
            matches!(name.chars().next(), Some('q' | 'h' | 's' | 'm' | 'Q' | 'H' | 'S' | 'M'));
        if !known {
            return Err(Error::value(format!(
                "sort kind must be one of 'quick', 'heap', or 'stable' (got '{name}')"
            )));
        }
    }
    let order = match args.some("order") {
        None => None,
        Some(order) => Some(by_fields(order, array.dtype())?),
    };
    let (array, axis) = match args.get("axis") {
        Some(Value::None) => {
            let n = array.len();
            (reshape(&array, vec![n]), 0)
        }
        Some(axis) => {
            let at = super::args::axis(axis.index()?, array.ndim())?;
            (array, at)
        }
        None => {
            let at = super::args::axis(-1, array.ndim())?;
            (array, at)
        }
    };
    let Some(order) = order else { return Ok(Value::array(sort_along(&array, axis, cx)?)) };
    // structures compare field by field: those of `order=` go first and then back
    let there = rearranged(&array, &order)?;
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(i, &f)| back[f] = i);
    let sorted = rearranged(&sort_along(&there, axis, cx)?, &back)?;
    Ok(Value::array(cast(&sorted, array.dtype())?))
}

/// Fields in the order that `order=` asks for, the others after them.
fn by_fields(order: &Value, dtype: &DType) -> Result<Vec<usize>> {
    let Some(fields) = dtype.fields() else {
        return Err(Error::value("Cannot specify order when the array has no fields."));
    };
    let names = order.sequence().unwrap_or_else(|| vec![order.clone()]);
    let mut first = Vec::new();
    for name in names {
        let name = name.as_str().unwrap_or_default();
        let at = fields.fields.iter().position(|f| f.name == name);
        first.push(at.ok_or_else(|| Error::value(format!("unknown field name: {name}")))?);
    }
    first.extend((0..fields.fields.len()).filter(|f| !first.contains(f)).collect::<Vec<_>>());
    Ok(first)
}

/// A structured array whose fields stand in another order.
fn rearranged(array: &Array, order: &[usize]) -> Result<Array> {
    let Some(old) = array.dtype().fields().cloned() else { return Ok(array.clone()) };
    let parts: Vec<(String, DType, Vec<usize>)> = order
        .iter()
        .map(|&i| {
            let f = &old.fields[i];
            (f.name.clone(), f.dtype.clone(), f.shape.clone())
        })
        .collect();
    let new = Arc::new(crate::array::dtype::Struct::packed(parts));
    let (target, order) = (new.clone(), order.to_vec());
    let size = old.size;
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        for (i, slot) in out.chunks_exact_mut(target.size.max(1)).enumerate() {
            let source = ins[0].element(i, size);
            for (to, &from) in target.fields.iter().zip(&order) {
                let from = &old.fields[from];
                slot[to.offset..to.offset + to.size()]
                    .copy_from_slice(&source[from.offset..from.offset + from.size()]);
            }
        }
        Ok(())
    });
    elementwise(DType::Struct(new), vec![array.clone()], kernel)
}
