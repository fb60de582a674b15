//! Reductions: sums, products, extremes, means, spreads, counts and logic over axes.

use std::marker::PhantomData;

use super::args::{Args, axes as axes_of};
use super::convert::as_array;
use super::nd::{Class, Nd, truth};
use super::reducers::*;
use super::registry::Function;
use super::ufunc::{Identity, Ufunc, deliver, settle};
use super::value::Value;
use crate::array::cast::cast;
use crate::array::lazy::Array;
use crate::array::promote::Casting;
use crate::array::reshape::reshape;
use crate::array::{Block, Context, DType, Error, Result};
use crate::with_number;

const WHERE: &str = "a, axis=None, out=None, keepdims=False, initial=<no value>, where=True";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["sum"],
        params: "a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True",
        help: "Sum of elements over axes.",
        section: "Mathematical functions",
        kinds: "biufcmO",
        run: |args, cx| ufunc_reduction("add", args, cx),
        ufunc: None,
    },
    Function {
        names: &["prod"],
        params: "a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True",
        help: "Product of elements over axes.",
        section: "Mathematical functions",
        kinds: "biufcO",
        run: |args, cx| ufunc_reduction("multiply", args, cx),
        ufunc: None,
    },
    Function {
        names: &["max", "amax"],
        params: WHERE,
        help: "Largest element over axes; a NaN wins.",
        section: "Mathematical functions",
        kinds: "biufcmMO",
        run: |args, cx| ufunc_reduction("maximum", args, cx),
        ufunc: None,
    },
    Function {
        names: &["min", "amin"],
        params: WHERE,
        help: "Smallest element over axes; a NaN wins.",
        section: "Mathematical functions",
        kinds: "biufcmMO",
        run: |args, cx| ufunc_reduction("minimum", args, cx),
        ufunc: None,
    },
    Function {
        names: &["all"],
        params: "a, axis=None, out=None, keepdims=False, *, where=True",
        help: "Whether all elements over axes are true.",
        section: "Logic functions",
        kinds: "biufcO",
        run: |args, cx| ufunc_reduction("logical_and", args, cx),
        ufunc: None,
    },
    Function {
        names: &["any"],
        params: "a, axis=None, out=None, keepdims=False, *, where=True",
        help: "Whether any element over axes is true.",
        section: "Logic functions",
        kinds: "biufcO",
        run: |args, cx| ufunc_reduction("logical_or", args, cx),
        ufunc: None,
    },
    Function {
        names: &["mean"],
        params: "a, axis=None, dtype=None, out=None, keepdims=False, *, where=True",
        help: "Arithmetic mean over axes.",
        section: "Statistics",
        kinds: "biufcm",
        run: mean,
        ufunc: None,
    },
    Function {
        names: &["var"],
        params: "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, \
                 mean=<no value>, correction=<no value>",
        help: "Variance over axes.",
        section: "Statistics",
        kinds: "biufc",
        run: |args, cx| spread(args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["std"],
        params: "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, \
                 mean=<no value>, correction=<no value>",
        help: "Standard deviation over axes.",
        section: "Statistics",
        kinds: "biufc",
        run: |args, cx| spread(args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["argmax"],
        params: "a, axis=None, out=None, *, keepdims=False",
        help: "Index of the largest element along an axis.",
        section: "Sorting, searching, and counting",
        kinds: "biufcmM",
        run: |args, cx| place(args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["argmin"],
        params: "a, axis=None, out=None, *, keepdims=False",
        help: "Index of the smallest element along an axis.",
        section: "Sorting, searching, and counting",
        kinds: "biufcmM",
        run: |args, cx| place(args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["count_nonzero"],
        params: "a, axis=None, *, keepdims=False",
        help: "How many elements are not zero.",
        section: "Sorting, searching, and counting",
        kinds: "biufcSU",
        run: count_nonzero,
        ufunc: None,
    },
];

/// What a reduction works on.
pub struct Work {
    /// The elements.
    pub array: Array,
    /// Which axes go away.
    pub flags: Vec<bool>,
    /// Which elements count.
    pub keep: Option<Array>,
    /// Whether the axes stay, with length 1.
    pub keepdims: bool,
    /// The Python class that the result takes over.
    pub class: Class,
}

impl Work {
    /// Reads the arguments `a`, `axis`, `keepdims` and `where`.
    ///
    /// # Errors
    /// AxisError; TypeError for a mask that isn't bool.
    pub fn of(args: &Args, cx: &Context) -> Result<Work> {
        let value = args.value("a");
        let array = as_array(&value, cx)?;
        let class = match &value {
            Value::Array(nd) if *nd.class() == Class::Matrix => Class::Matrix,
            _ => Class::Array,
        };
        let ndim = array.ndim();
        let axes = match args.some("axis") {
            // a number may be reduced along its only axis
            Some(v) if ndim == 0 && matches!(v.index(), Ok(0 | -1)) => Some(Vec::new()),
            Some(v @ Value::List(_)) => {
                return Err(v
                    .index()
                    .err()
                    .unwrap_or_else(|| Error::type_error("an axis is no list")));
            }
            Some(v) => Some(axes_of(v, ndim)?),
            None => None,
        };
        let keep = match args.get("where") {
            None | Some(Value::Bool(true)) => None,
            Some(v) => Some(where_mask(v, &array, cx)?),
        };
        let keepdims = args.flag("keepdims")? || class == Class::Matrix && axes.is_some();
        Ok(Work { flags: flags(ndim, &axes), array, keep, keepdims, class })
    }

    /// The shape of the results, axes of length 1 and all where these stay.
    pub fn shape(&self) -> Vec<usize> {
        self.array
            .shape()
            .iter()
            .zip(&self.flags)
            .filter(|(_, r)| self.keepdims || !**r)
            .map(|(&n, r)| if *r { 1 } else { n })
            .collect()
    }

    /// How many elements each result is of.
    pub fn count(&self) -> usize {
        self.array.shape().iter().zip(&self.flags).filter(|(_, r)| **r).map(|(n, _)| n).product()
    }

    /// The same reduction of other elements of the same shape.
    pub fn with(&self, array: Array, keep: Option<Array>) -> Work {
        Work {
            array,
            flags: self.flags.clone(),
            keep,
            keepdims: self.keepdims,
            class: self.class.clone(),
        }
    }

    /// Gives a result of the kept axes back, as the arguments want it.
    ///
    /// # Errors
    /// Those of writing to `out`.
    pub fn give(&self, name: &str, result: Array, args: &Args, cx: &Context) -> Result<Value> {
        let result = reshape(&result, self.shape());
        let result = settle(result, std::slice::from_ref(&self.array), cx)?;
        match args.out("out")? {
            Some(out) => deliver(name, result, Some(out), None, Casting::SameKind, None, cx),
            None if self.class == Class::Matrix && result.ndim() == 2 => {
                Ok(Value::Array(Nd::new(result).with_class(Class::Matrix)))
            }
            None => super::ufunc::scalar_or_array(result),
        }
    }
}

/// A `where=` mask, broadcast to the elements.
///
/// # Errors
/// TypeError where it isn't bool.
pub fn where_mask(value: &Value, array: &Array, cx: &Context) -> Result<Array> {
    let mask = as_array(value, cx)?;
    if *mask.dtype() != DType::Bool {
        return Err(Error::type_error(format!(
            "Cannot cast array data from {} to dtype('bool') according to the rule 'safe'",
            crate::array::cast::described(mask.dtype())
        )));
    }
    crate::array::view::broadcast_to(&mask, array.shape())
}

/// The dtype of sums and products: integers are at least 64 bits wide.
pub fn sum_dtype(dtype: &DType) -> DType {
    match dtype {
        DType::Bool | DType::Int8 | DType::Int16 | DType::Int32 => DType::Int64,
        DType::UInt8 | DType::UInt16 | DType::UInt32 => DType::UInt64,
        other => other.clone(),
    }
}

/// `sum`, `max` and the like: a ufunc's reduction with the function's arguments.
fn ufunc_reduction(name: &'static str, args: &Args, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    if name.starts_with("logical") && *work.array.dtype() == DType::Object {
        // all() and any() say whether, not which
        work.array = truth(&work.array)?;
    }
    let dtype = args.dtype("dtype")?;
    let initial = args.get("initial").filter(|v| !matches!(v, Value::Ellipsis));
    let ufunc = super::ufunc::find(name).ok_or_else(|| Error::runtime("no such ufunc"))?;
    let result = reduce_ufunc(ufunc, &work, dtype, initial, cx)?;
    work.give(name, result, args, cx)
}

/// Reduces with a ufunc: the lazy results over the kept axes.
///
/// # Errors
/// TypeError where the ufunc doesn't take the elements; ValueError for no element and no identity.
pub fn reduce_ufunc(
    ufunc: &'static Ufunc,
    work: &Work,
    dtype: Option<DType>,
    initial: Option<&Value>,
    cx: &Context,
) -> Result<Array> {
    let name = ufunc.names[0];
    if ufunc.inputs != 2 || ufunc.outputs != 1 {
        return Err(Error::value("reduce only supported for binary functions"));
    }
    let array = match &dtype {
        Some(d) if !matches!(name, "logical_and" | "logical_or" | "logical_xor") => {
            cast(&work.array, d)?
        }
        _ => work.array.clone(),
    };
    if array.dtype().is_string() && !matches!(name, "logical_and" | "logical_or" | "logical_xor") {
        return Err(Error::type_error(format!(
            "the resolved dtypes are not compatible with {name}.reduce"
        )));
    }
    let ordered = ["subtract", "divide", "floor_divide", "remainder", "power", "fmod"];
    if ordered.contains(&name) && work.flags.iter().filter(|f| **f).count() > 1 {
        return Err(Error::value(format!(
            "reduction operation '{name}' is not reorderable, so at most one axis may be specified"
        )));
    }
    let empty = work.count() == 0 || work.keep.is_some();
    if initial.is_none_or(Value::is_none)
        && empty
        && ufunc.identity == Identity::None
        && *array.dtype() != DType::Object
    {
        if work.keep.is_some() {
            return Err(Error::value(format!(
                "reduction operation '{name}' does not have an identity, so to use a where mask \
                 one has to specify 'initial'"
            )));
        }
        if work.shape().iter().product::<usize>() > 0 {
            return Err(Error::value(format!(
                "zero-size array to reduction operation {name} which has no identity"
            )));
        }
    }
    let target = match (&dtype, name) {
        (Some(d), _) => d.clone(),
        (None, "add" | "multiply") => sum_dtype(array.dtype()),
        _ => array.dtype().clone(),
    };
    let work = work.with(array, work.keep.clone());
    let found = match known(name, &work, &target)? {
        Some(found) => found,
        None => by_slices(ufunc, &work, initial.is_some(), cx)?,
    };
    let Some(initial) = initial.filter(|v| !v.is_none()) else { return Ok(found) };
    if matches!((name, initial), ("add", Value::Int(n)) if *n == num_bigint::BigInt::ZERO) {
        return Ok(found);
    }
    let start = super::convert::as_operand(initial, cx)?;
    let start_array = cast(&start.array, found.dtype())?;
    if empty && ufunc.identity == Identity::None && found.dtype().is_number() {
        // where nothing counted, the start is the result
        let counted = reduced(
            Count::<u8>(PhantomData),
            &work.keep.clone().map_or_else(|| ones(&work.array), Ok)?,
            None,
            &work.flags,
            DType::Bool,
            |n, _| u8::from(n > 0),
        );
        let both = apply2(ufunc, &start_array, &found, cx)?;
        let start = crate::array::view::broadcast_to(&start_array, both.shape())?;
        return super::ufunc::select(&counted, &both, &start);
    }
    apply2(ufunc, &start_array, &found, cx)
}

fn ones(like: &Array) -> Result<Array> {
    let one = super::nd::number(DType::Bool, 1u8);
    crate::array::view::broadcast_to(&one, like.shape())
}

fn apply2(ufunc: &Ufunc, a: &Array, b: &Array, cx: &Context) -> Result<Array> {
    use super::convert::Given;
    let givens = [Given { array: a.clone(), weak: None }, Given { array: b.clone(), weak: None }];
    super::ufunc::apply(ufunc, &givens, None, cx)?
        .pop()
        .ok_or_else(|| Error::runtime("a function without a result"))
}

/// The reductions that have a reducer of their own.
fn known(name: &str, work: &Work, target: &DType) -> Result<Option<Array>> {
    let (array, keep, flags) = (&work.array, work.keep.as_ref(), &work.flags);
    let dtype = array.dtype();
    if *dtype == DType::Object || matches!(dtype, DType::Struct(_) | DType::Void(_)) {
        return Ok(None);
    }
    let logic = matches!(name, "logical_and" | "logical_or" | "logical_xor");
    if dtype.is_time() {
        let d = dtype.clone();
        let plain = |x: i64, _: u64| x;
        return Ok(match name {
            "maximum" => Some(reduced(TimeExtreme::<true, true>, array, keep, flags, d, plain)),
            "minimum" => Some(reduced(TimeExtreme::<false, true>, array, keep, flags, d, plain)),
            "fmax" => Some(reduced(TimeExtreme::<true, false>, array, keep, flags, d, plain)),
            "fmin" => Some(reduced(TimeExtreme::<false, false>, array, keep, flags, d, plain)),
            "add" if matches!(dtype, DType::Timedelta(_)) => {
                Some(reduced(TimeSum, array, keep, flags, d, plain))
            }
            _ if logic => known(name, &work.with(truth(array)?, work.keep.clone()), target)?,
            _ => None,
        });
    }
    if logic && dtype.is_string() {
        return known(name, &work.with(truth(array)?, work.keep.clone()), target);
    }
    let total = match dtype {
        d if d.is_complex() => DType::Complex128,
        d if d.is_inexact() => DType::Float64,
        _ => DType::Int64,
    };
    let bool_of = |b: bool, _: u64| u8::from(b);
    let found: Option<Array> = match name {
        "add" if *dtype == DType::Bool && *target == DType::Bool => {
            Some(reduced(Any::<u8>(PhantomData), array, keep, flags, DType::Bool, bool_of))
        }
        "multiply" if *dtype == DType::Bool && *target == DType::Bool => {
            Some(reduced(All::<u8>(PhantomData), array, keep, flags, DType::Bool, bool_of))
        }
        "add" => with_number!(dtype, T => {
            Some(reduced(Sum::<T>(PhantomData), array, keep, flags, total, |s, _| s))
        }, None),
        "multiply" => with_number!(dtype, T => {
            Some(reduced(Product::<T>(PhantomData), array, keep, flags, total, |s, _| s))
        }, None),
        "maximum" => with_number!(dtype, T => Some(
            reduced(Extreme::<T, true, true>(PhantomData), array, keep, flags, dtype.clone(), |x, _| x)
        ), None),
        "minimum" => with_number!(dtype, T => Some(
            reduced(Extreme::<T, false, true>(PhantomData), array, keep, flags, dtype.clone(), |x, _| x)
        ), None),
        "fmax" => with_number!(dtype, T => Some(
            reduced(Extreme::<T, true, false>(PhantomData), array, keep, flags, dtype.clone(), |x, _| x)
        ), None),
        "fmin" => with_number!(dtype, T => Some(
            reduced(Extreme::<T, false, false>(PhantomData), array, keep, flags, dtype.clone(), |x, _| x)
        ), None),
        "logical_and" => with_number!(dtype, T => Some(
            reduced(All::<T>(PhantomData), array, keep, flags, DType::Bool, bool_of)
        ), None),
        "logical_or" => with_number!(dtype, T => Some(
            reduced(Any::<T>(PhantomData), array, keep, flags, DType::Bool, bool_of)
        ), None),
        "logical_xor" => with_number!(dtype, T => Some(
            reduced(Odd::<T>(PhantomData), array, keep, flags, DType::Bool, bool_of)
        ), None),
        "bitwise_and" | "bitwise_or" | "bitwise_xor" if dtype.is_integral() => {
            bits(name, array, keep, flags)
        }
        _ => return Ok(None),
    };
    let Some(found) = found else { return Ok(None) };
    Ok(Some(match name {
        "add" | "multiply" => cast(&found, target)?,
        _ => found,
    }))
}

fn bits(name: &str, array: &Array, keep: Option<&Array>, flags: &[bool]) -> Option<Array> {
    let d = array.dtype().clone();
    if d == DType::Bool {
        let b = |b: bool, _: u64| u8::from(b);
        return Some(match name {
            "bitwise_and" => reduced(All::<u8>(PhantomData), array, keep, flags, d, b),
            "bitwise_or" => reduced(Any::<u8>(PhantomData), array, keep, flags, d, b),
            _ => reduced(Odd::<u8>(PhantomData), array, keep, flags, d, b),
        });
    }
    crate::with_integer!(&d.clone(), T => {
        let (empty, combine): (T, fn(T, T) -> T) = match name {
            "bitwise_and" => (!0, |a, b| a & b),
            "bitwise_or" => (0, |a, b| a | b),
            _ => (0, |a, b| a ^ b),
        };
        Some(reduced(Bits { empty, combine }, array, keep, flags, d, |x, _| x))
    }, None)
}

/// Any ufunc's reduction, one slice after the other along each axis; for what has no reducer.
fn by_slices(ufunc: &'static Ufunc, work: &Work, started: bool, cx: &Context) -> Result<Array> {
    if work.keep.is_some() && *work.array.dtype() != DType::Object {
        return Err(Error::not_implemented(format!(
            "where= in the reduction of {}",
            ufunc.names[0]
        )));
    }
    let mut array = work.array.clone();
    for axis in (0..work.flags.len()).rev().filter(|a| work.flags[*a]) {
        let n = array.shape()[axis];
        let mut rest = array.shape().to_vec();
        rest.remove(axis);
        let at = |i: usize| {
            let mut parts: Vec<crate::array::view::Part> = array
                .shape()
                .iter()
                .map(|&n| crate::array::view::Part::Along(crate::array::Span::run(0, n)))
                .collect();
            parts[axis] = crate::array::view::Part::At(i);
            crate::array::view::slice(&array, &parts)
        };
        // a wrong dtype is told, elements or not
        let probe = Array::of(Block::zeros(array.dtype().clone(), vec![0]));
        let dtype = apply2(ufunc, &probe, &probe, cx)?.dtype().clone();
        array = match n {
            0 => identity(ufunc, dtype, rest, started)?,
            _ => {
                let mut out = at(0);
                if out.dtype() != &dtype && dtype != DType::Bool {
                    out = cast(&out, &dtype)?;
                }
                for i in 1..n {
                    cx.check()?;
                    out = crate::array::spill::materialise(&apply2(ufunc, &out, &at(i), cx)?, cx)?;
                }
                out
            }
        };
    }
    Ok(array)
}

/// What a reduction of no element gives.
fn identity(ufunc: &Ufunc, dtype: DType, shape: Vec<usize>, started: bool) -> Result<Array> {
    let one = match ufunc.identity {
        Identity::Zero => 0.0,
        Identity::One => 1.0,
        Identity::MinusOne => -1.0,
        Identity::MinusInfinity => f64::NEG_INFINITY,
        Identity::None if started || shape.contains(&0) => 0.0,
        Identity::None => {
            return Err(Error::value(format!(
                "zero-size array to reduction operation {} which has no identity",
                ufunc.names[0]
            )));
        }
    };
    let whole = dtype == DType::Object && one.is_finite();
    let of = if whole { DType::Int64 } else { DType::Float64 };
    let one = cast(&cast(&super::nd::number(DType::Float64, one), &of)?, &dtype)?;
    crate::array::view::broadcast_to(&one, &shape)
}

/// The float that means and spreads of a dtype are given in.
pub fn mean_dtype(dtype: &DType) -> DType {
    match dtype {
        d if d.is_inexact() => d.clone(),
        _ => DType::Float64,
    }
}

/// The lazy means over the kept axes, in double precision or complex.
///
/// # Errors
/// TypeError for what has no mean.
pub fn means(work: &Work) -> Result<Array> {
    let (array, keep, flags) = (&work.array, work.keep.as_ref(), &work.flags);
    let dtype = array.dtype();
    let wrong = || {
        let ufunc = super::ufunc::find("add");
        match ufunc {
            Some(u) if dtype.is_time() || dtype.is_string() => {
                super::ufunc::no_loop(u, &[dtype.clone(), dtype.clone()])
            }
            _ => Error::type_error(format!("no mean of {dtype}")),
        }
    };
    if let DType::Timedelta(_) = dtype {
        let mean = |s: i64, n: u64| if s == i64::MIN || n == 0 { i64::MIN } else { s / n as i64 };
        return Ok(reduced(TimeSum, array, keep, flags, dtype.clone(), mean));
    }
    if !dtype.is_number() {
        return Err(wrong());
    }
    if dtype.is_complex() {
        return with_number!(dtype, T => Ok(
            reduced(FloatSum::<T>(PhantomData), array, keep, flags, DType::Complex128, |s, n| {
                <T as Measured>::over(s, n as f64)
            })
        ), Err(wrong()));
    }
    with_number!(dtype, T => Ok(
        reduced(FloatSum::<T>(PhantomData), array, keep, flags, DType::Float64, |s, n| {
            <T as Measured>::over(s, n as f64).re
        })
    ), Err(wrong()))
}

fn mean(args: &Args, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    let dtype = args.dtype("dtype")?;
    if *work.array.dtype() == DType::Object {
        let ufunc = super::ufunc::find("add").ok_or_else(|| Error::runtime("no add"))?;
        let total = reduce_ufunc(ufunc, &work, None, None, cx)?;
        let n = Value::int(work.count() as i64);
        return super::registry::call_named("divide", vec![Value::result(total), n], cx);
    }
    if let Some(d) = &dtype {
        work.array = cast(&work.array, d)?;
    }
    if work.count() == 0 {
        cx.note("RuntimeWarning: Mean of empty slice.");
        cx.note("RuntimeWarning: invalid value encountered in scalar divide");
    }
    let found = mean_of(&work, dtype)?;
    work.give("mean", found, args, cx)
}

/// The lazy variances over the kept axes, in double precision; their roots where wanted.
///
/// # Errors
/// TypeError for what has no variance.
pub fn variances(work: &Work, ddof: f64, root: bool) -> Result<Array> {
    let (array, keep, flags) = (&work.array, work.keep.as_ref(), &work.flags);
    let dtype = array.dtype();
    if !dtype.is_number() {
        let ufunc = super::ufunc::find("add").ok_or_else(|| Error::runtime("no add"))?;
        return Err(match dtype {
            d if d.is_time() => Error::type_error(format!("ufunc 'square' not supported for {d}")),
            d => super::ufunc::no_loop(ufunc, &[d.clone(), d.clone()]),
        });
    }
    let none = || Err(Error::type_error("no variance"));
    with_number!(dtype, T => Ok(
        reduced(Moments::<T>(PhantomData), array, keep, flags, DType::Float64, move |s, n| {
            let var = s.1 / (n as f64 - ddof).max(0.0);
            if root { var.sqrt() } else { var }
        })
    ), none())
}

/// The means of elements that may count, in `dtype` or what means of their dtype are given in.
///
/// # Errors
/// As [`means`].
pub fn mean_of(work: &Work, dtype: Option<DType>) -> Result<Array> {
    let target = dtype.unwrap_or_else(|| match work.array.dtype() {
        d @ DType::Timedelta(_) => d.clone(),
        d => mean_dtype(d),
    });
    cast(&means(work)?, &target)
}

/// What is taken off the count of elements: `ddof=` or `correction=`.
///
/// # Errors
/// ValueError for both.
pub fn ddof(args: &Args) -> Result<f64> {
    match (args.float("correction")?, args.float("ddof")?) {
        (Some(_), Some(d)) if d != 0.0 => {
            Err(Error::value("ddof and correction can't be provided simultaneously."))
        }
        (Some(c), _) => Ok(c),
        (None, d) => Ok(d.unwrap_or(0.0)),
    }
}

fn spread(args: &Args, root: bool, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    let dtype = args.dtype("dtype")?;
    let ddof = ddof(args)?;
    if let Some(d) = &dtype {
        work.array = cast(&work.array, d)?;
    }
    if work.count() as f64 - ddof <= 0.0 {
        cx.note("RuntimeWarning: Degrees of freedom <= 0 for slice");
    }
    let target = dtype.unwrap_or_else(|| mean_dtype(work.array.dtype())).real();
    let name = if root { "std" } else { "var" };
    let found = match args.get("mean").filter(|v| !matches!(v, Value::Ellipsis)) {
        // deviations from a mean that is given
        Some(mean) => {
            let x = Value::array(work.array.clone());
            let d = super::registry::call_named("subtract", vec![x, mean.clone()], cx)?;
            let d = super::registry::call_named("absolute", vec![d], cx)?;
            let d = super::registry::call_named("square", vec![d], cx)?;
            let squares = work.with(as_array(&d, cx)?, work.keep.clone());
            let n = work.count() as f64;
            let var = means(&squares)?;
            let factor = Value::Float(n / (n - ddof).max(0.0));
            let var = super::registry::call_named("multiply", vec![Value::array(var), factor], cx)?;
            let var = match root {
                true => super::registry::call_named("sqrt", vec![var], cx)?,
                false => var,
            };
            as_array(&var, cx)?
        }
        None => variances(&work, ddof, root)?,
    };
    work.give(name, cast(&found, &target)?, args, cx)
}

/// The lazy places of the extremes along the axes that go away, in their C order.
///
/// # Errors
/// TypeError for elements without an order; ValueError for none.
pub fn places(work: &Work, greatest: bool) -> Result<Array> {
    let (array, flags) = (&work.array, &work.flags);
    if work.count() == 0 {
        let name = if greatest { "argmax" } else { "argmin" };
        return Err(Error::value(format!("attempt to get {name} of an empty sequence")));
    }
    let dtype = array.dtype();
    if dtype.is_time() {
        let at = |s: (i64, u64), _: u64| s.1 as i64;
        return Ok(match greatest {
            true => reduced(TimePlace::<true>, array, None, flags, DType::Int64, at),
            false => reduced(TimePlace::<false>, array, None, flags, DType::Int64, at),
        });
    }
    if dtype.is_string() {
        return text_places(work, greatest);
    }
    let wrong = || Err(Error::type_error(format!("Cannot find the extremes of {dtype}")));
    with_number!(dtype, T => Ok(match greatest {
        true => reduced(Place::<T, true>(PhantomData), array, None, flags, DType::Int64, |s, _| s.1 as i64),
        false => reduced(Place::<T, false>(PhantomData), array, None, flags, DType::Int64, |s, _| s.1 as i64),
    }), wrong())
}

/// The places of the first or last text, in dictionary order.
fn text_places(work: &Work, greatest: bool) -> Result<Array> {
    let cx = super::nd::small();
    if !cx.fits(work.array.bytes()) {
        return Err(Error::memory("the extremes of so much text"));
    }
    let mut order: Vec<usize> = (0..work.flags.len()).filter(|a| !work.flags[*a]).collect();
    let kept: Vec<usize> = order.iter().map(|&a| work.array.shape()[a]).collect();
    order.extend((0..work.flags.len()).filter(|a| work.flags[*a]));
    let block =
        crate::array::run::to_block(&crate::array::view::transpose(&work.array, &order), &cx)?;
    let n = work.count();
    let key = |i: usize| super::nd::element(&block, i).as_str().unwrap_or_default();
    let bytes = |i: usize| crate::array::text::bytes_of(block.element(i)).to_vec();
    let less = |a: usize, b: usize| match block.dtype() {
        DType::Str(_) => key(a) < key(b),
        _ => bytes(a) < bytes(b),
    };
    let places: Vec<i64> = (0..block.len() / n)
        .map(|o| {
            let mut best = 0;
            for i in 1..n {
                let (a, b) = (o * n + best, o * n + i);
                if if greatest { less(a, b) } else { less(b, a) } {
                    best = i;
                }
            }
            best as i64
        })
        .collect();
    Ok(Array::of(Block::of(DType::Int64, kept, &places)))
}

fn place(args: &Args, greatest: bool, cx: &Context) -> Result<Value> {
    let work = Work::of(args, cx)?;
    let name = if greatest { "argmax" } else { "argmin" };
    if let Some(v) = args.some("axis") {
        // one axis only
        v.index()?;
    }
    let found = places(&work, greatest)?;
    work.give(name, found, args, cx)
}

fn count_nonzero(args: &Args, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    if !work.array.dtype().is_number() {
        work.array = truth(&work.array)?;
    }
    let found = with_number!(work.array.dtype(), T => {
        reduced(Count::<T>(PhantomData), &work.array, None, &work.flags, DType::Int64, |n, _| n as i64)
    }, return Err(Error::type_error("nothing to count")));
    work.give("count_nonzero", found, args, cx)
}
