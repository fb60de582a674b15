//! Reductions that leave NaNs out, and what replaces them.

use super::args::Args;
use super::convert::as_array;
use super::nd::number;
use super::reductions::{Work, ddof, mean_dtype, mean_of, places, reduce_ufunc, variances};
use super::registry::{Function, call_named};
use super::ufunc::select;
use super::value::Value;
use crate::array::cast::cast;
use crate::array::lazy::Array;
use crate::array::{Context, DType, Error, Result};

const KINDS: &str = "biufc";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["nansum"],
        params: "a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True",
        help: "Sum over axes, NaNs as zero.",
        section: "Mathematical functions",
        kinds: KINDS,
        run: |args, cx| filled("add", 0.0, args, cx),
        ufunc: None,
    },
    Function {
        names: &["nanprod"],
        params: "a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True",
        help: "Product over axes, NaNs as one.",
        section: "Mathematical functions",
        kinds: KINDS,
        run: |args, cx| filled("multiply", 1.0, args, cx),
        ufunc: None,
    },
    Function {
        names: &["nanmax"],
        params: "a, axis=None, out=None, keepdims=False, initial=<no value>, where=True",
        help: "Largest element over axes, NaNs left out.",
        section: "Mathematical functions",
        kinds: "biufcmM",
        run: |args, cx| extreme("fmax", args, cx),
        ufunc: None,
    },
    Function {
        names: &["nanmin"],
        params: "a, axis=None, out=None, keepdims=False, initial=<no value>, where=True",
        help: "Smallest element over axes, NaNs left out.",
        section: "Mathematical functions",
        kinds: "biufcmM",
        run: |args, cx| extreme("fmin", args, cx),
        ufunc: None,
    },
    Function {
        names: &["nanmean"],
        params: "a, axis=None, dtype=None, out=None, keepdims=False, *, where=True",
        help: "Mean over axes, NaNs left out.",
        section: "Statistics",
        kinds: KINDS,
        run: nanmean,
        ufunc: None,
    },
    Function {
        names: &["nanvar"],
        params: "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, \
                 mean=<no value>, correction=<no value>",
        help: "Variance over axes, NaNs left out.",
        section: "Statistics",
        kinds: KINDS,
        run: |args, cx| nanspread(args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["nanstd"],
        params: "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, \
                 mean=<no value>, correction=<no value>",
        help: "Standard deviation over axes, NaNs left out.",
        section: "Statistics",
        kinds: KINDS,
        run: |args, cx| nanspread(args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["nanargmax"],
        params: "a, axis=None, out=None, *, keepdims=False",
        help: "Index of the largest element, NaNs left out.",
        section: "Sorting, searching, and counting",
        kinds: KINDS,
        run: |args, cx| nanplace(args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["nanargmin"],
        params: "a, axis=None, out=None, *, keepdims=False",
        help: "Index of the smallest element, NaNs left out.",
        section: "Sorting, searching, and counting",
        kinds: KINDS,
        run: |args, cx| nanplace(args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["nan_to_num"],
        params: "x, copy=True, nan=0.0, posinf=None, neginf=None",
        help: "NaNs and infinities replaced by numbers.",
        section: "Mathematical functions",
        kinds: KINDS,
        run: nan_to_num,
        ufunc: None,
    },
];

/// Where an array has NaNs, lazily; none for dtypes that have none.
pub fn isnan(array: &Array) -> Result<Option<Array>> {
    if !array.dtype().is_inexact() {
        return Ok(None);
    }
    let cx = super::nd::small();
    as_array(&call_named("isnan", vec![Value::array(array.clone())], &cx)?, &cx).map(Some)
}

/// An array with its NaNs replaced.
pub fn replaced(array: &Array, by: f64) -> Result<Array> {
    let Some(mask) = isnan(array)? else { return Ok(array.clone()) };
    select(&mask, &cast(&number(DType::Float64, by), array.dtype())?, array)
}

/// The elements that count: not NaN, and where the mask says so.
fn counted(work: &Work, cx: &Context) -> Result<Option<Array>> {
    let Some(nan) = isnan(&work.array)? else { return Ok(work.keep.clone()) };
    let real = call_named("logical_not", vec![Value::array(nan)], cx)?;
    let real = match &work.keep {
        None => real,
        Some(keep) => call_named("logical_and", vec![real, Value::array(keep.clone())], cx)?,
    };
    as_array(&real, cx).map(Some)
}

fn filled(name: &'static str, by: f64, args: &Args, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    work.array = replaced(&work.array, by)?;
    let ufunc = super::ufunc::find(name).ok_or_else(|| Error::runtime("no such ufunc"))?;
    let result = reduce_ufunc(ufunc, &work, args.dtype("dtype")?, args.get("initial"), cx)?;
    work.give(name, result, args, cx)
}

fn extreme(name: &'static str, args: &Args, cx: &Context) -> Result<Value> {
    let work = Work::of(args, cx)?;
    let ufunc = super::ufunc::find(name).ok_or_else(|| Error::runtime("no such ufunc"))?;
    let result = reduce_ufunc(ufunc, &work, None, args.get("initial"), cx)?;
    let given = work.give(name, result, args, cx)?;
    if work.array.dtype().is_inexact()
        && let Value::Array(nd) = &given
        && nd.size()? <= 4096
        && nd.array()?.in_memory().is_some()
        && let Some(nan) = isnan(&nd.array()?)?
        && crate::array::run::to_block(&nan, cx)?.bytes().contains(&1)
    {
        cx.note("RuntimeWarning: All-NaN slice encountered");
    }
    Ok(given)
}

fn nanmean(args: &Args, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    let dtype = args.dtype("dtype")?;
    if let Some(d) = &dtype {
        work.array = cast(&work.array, d)?;
    }
    work.keep = counted(&work, cx)?;
    let found = mean_of(&work, dtype)?;
    work.give("nanmean", found, args, cx)
}

fn nanspread(args: &Args, root: bool, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    let dtype = args.dtype("dtype")?;
    let ddof = ddof(args)?;
    if let Some(d) = &dtype {
        work.array = cast(&work.array, d)?;
    }
    work.keep = counted(&work, cx)?;
    let target = dtype.unwrap_or_else(|| mean_dtype(work.array.dtype())).real();
    let found = variances(&work, ddof, root)?;
    // too few elements have no spread, not an infinite one
    let infinite = call_named("isinf", vec![Value::array(found.clone())], cx)?;
    let found = select(&as_array(&infinite, cx)?, &number(DType::Float64, f64::NAN), &found)?;
    work.give(if root { "nanstd" } else { "nanvar" }, cast(&found, &target)?, args, cx)
}

fn nanplace(args: &Args, greatest: bool, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    if let Some(nan) = isnan(&work.array)? {
        let all = work.with(nan.clone(), None);
        let ufunc = super::ufunc::find("logical_and").ok_or_else(|| Error::runtime("no ufunc"))?;
        let all = reduce_ufunc(ufunc, &all, None, None, cx)?;
        let any = super::reducers::flags(all.ndim(), &None);
        let mut empty = false;
        let counter = super::reducers::Any::<u8>(std::marker::PhantomData);
        crate::array::reduce::reduce(&counter, &all, None, &any, cx, |_, states| {
            empty |= states.iter().any(|s| s.0);
            Ok(())
        })?;
        if empty && work.count() > 0 {
            return Err(Error::value("All-NaN slice encountered"));
        }
        let by = if greatest { f64::NEG_INFINITY } else { f64::INFINITY };
        let by = cast(&number(DType::Float64, by), work.array.dtype())?;
        work.array = select(&nan, &by, &work.array)?;
    }
    let found = places(&work, greatest)?;
    work.give(if greatest { "nanargmax" } else { "nanargmin" }, found, args, cx)
}

/// The largest finite number of a float type.
fn largest(dtype: &DType) -> f64 {
    match dtype.real() {
        DType::Float16 => 65504.0,
        DType::Float32 => f32::MAX.into(),
        _ => f64::MAX,
    }
}

fn nan_to_num(args: &Args, cx: &Context) -> Result<Value> {
    let value = args.value("x");
    let array = as_array(&value, cx)?;
    let dtype = array.dtype().clone();
    let given_back = |array: Array| -> Result<Value> {
        let settled = super::ufunc::settle(array, &[as_array(&value, cx)?], cx)?;
        if let (Some(Value::Bool(false)), Value::Array(nd)) = (args.get("copy"), &value) {
            nd.assign(|a| Ok(a.clone()), settled, cx)?;
            return Ok(value.clone());
        }
        super::ufunc::scalar_or_array(settled)
    };
    if !dtype.is_inexact() {
        return given_back(array);
    }
    let replace = |part: &Array| -> Result<Array> {
        let real = dtype.real();
        let top = largest(&dtype);
        let rules = [
            ("isnan", args.value("nan"), 0.0),
            ("isposinf", args.value("posinf"), top),
            ("isneginf", args.value("neginf"), -top),
        ];
        let mut out = part.clone();
        for (test, by, default) in rules {
            let by = match by {
                Value::None => number(DType::Float64, default),
                given => as_array(&given, cx)?,
            };
            let mask = call_named(test, vec![Value::array(part.clone())], cx)?;
            out = select(&as_array(&mask, cx)?, &cast(&by, &real)?, &out)?;
        }
        Ok(out)
    };
    if !dtype.is_complex() {
        return given_back(replace(&array)?);
    }
    let half = dtype.real();
    let re = replace(&super::nd::part(&array, 0, &half, &[]))?;
    let im = replace(&super::nd::part(&array, half.size(), &half, &[]))?;
    given_back(super::logic::complex_of(&re, &im, &dtype)?)
}
