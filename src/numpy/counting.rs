//! Counts of whole numbers, and bins of given edges.

use super::args::Args;
use super::bins::{ascending, located};
use super::calls::{call_with, safely, value};
use super::convert::as_array;
use super::histogram::pairs;
use super::registry::Function;
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::{cast, described};
use crate::array::deferred::Deferred;
use crate::array::elementwise::{Kernel, Operand, elementwise, unary};
use crate::array::lazy::Span;
use crate::array::run::to_block;
use crate::array::spill::Keeper;
use crate::array::tally::{tally, weigh};
use crate::array::view::view;
use crate::array::{Array, Context, DType, Error, Result};
use std::sync::Arc;

const SECTION: &str = "Histograms";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["bincount"],
        params: "x, /, weights=None, minlength=0",
        help: "How often each whole number occurs.",
        section: SECTION,
        kinds: "biu",
        run: bincount,
        ufunc: None,
    },
    Function {
        names: &["digitize"],
        params: "x, bins, right=False",
        help: "The bins that elements fall into.",
        section: SECTION,
        kinds: "biuf",
        run: digitize,
        ufunc: None,
    },
];

fn one_axis(a: &Array) -> Result<()> {
    match a.ndim() {
        1 => Ok(()),
        0 => Err(Error::value("object of too small depth for desired array")),
        _ => Err(Error::value("object too deep for desired array")),
    }
}

fn bincount(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("x");
    let x = as_array(&given, cx)?;
    one_axis(&x)?;
    let listed = given.sequence().is_some();
    let whole = x.dtype().is_integral() || listed && *x.dtype() == DType::Float64;
    if !whole {
        return Err(Error::type_error(format!(
            "Cannot cast array data from {} to dtype('int64') according to the rule 'safe'",
            described(x.dtype())
        )));
    }
    let x = cast(&x, &DType::Int64)?;
    let least = match args.get("minlength") {
        Some(Value::None) => {
            return Err(Error::type_error("use 0 instead of None for minlength"));
        }
        Some(v) => v.index()?,
        None => 0,
    };
    let least =
        usize::try_from(least).map_err(|_| Error::value("'minlength' must not be negative"))?;
    if x.is_empty() {
        return Ok(Value::array(Array::of(Block::zeros(DType::Int64, vec![least]))));
    }
    if call_with("min", vec![value(&x)], &[], cx)?.index()? < 0 {
        return Err(Error::value("'list' argument must have no negative elements"));
    }
    let most = call_with("max", vec![value(&x)], &[], cx)?.index()?;
    let n = least.max(usize::try_from(most).unwrap_or(0).saturating_add(1));
    if n > isize::MAX as usize / 16 {
        return Err(Error::memory(format!("counts of {n} numbers")));
    }
    let weights = match args.some("weights") {
        None => None,
        Some(w) => {
            let w = as_array(w, cx)?;
            if w.ndim() > 1 {
                one_axis(&w)?;
            }
            let w = safely(&w, &DType::Float64)?;
            one_axis(&w)?;
            if w.len() != x.len() {
                return Err(Error::value("The weights and list don't have the same length."));
            }
            Some(w)
        }
    };
    let dtype = if weights.is_some() { DType::Float64 } else { DType::Int64 };
    let mut inputs = vec![x.clone()];
    inputs.extend(weights.clone());
    let found = dtype.clone();
    Ok(Value::array(Deferred::array(dtype, vec![n], inputs, move |cx| {
        counted(&x, weights.as_ref(), n, &found, cx)
    })))
}

/// Counts or sums, as many bins at once as memory takes.
fn counted(
    x: &Array,
    weights: Option<&Array>,
    n: usize,
    dtype: &DType,
    cx: &Context,
) -> Result<Array> {
    let step = (cx.settings().memory / 64).max(4096);
    let mut keeper = Keeper::new(dtype.clone(), vec![n], cx)?;
    for start in (0..n).step_by(step) {
        let len = step.min(n - start);
        let index = match start {
            0 => x.clone(),
            _ => {
                let kernel: Kernel =
                    Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                        unary(ins[0], out, |x: i64| x - start as i64);
                        Ok(())
                    });
                elementwise(DType::Int64, vec![x.clone()], kernel)?
            }
        };
        let block = match weights {
            None => Block::of(DType::Int64, vec![len], &tally(&index, len, cx)?),
            Some(w) => {
                let mut sums = Block::zeros(DType::Float64, vec![len]);
                weigh(&pairs(&index, w)?, len, usize::MAX, cx, |found| {
                    sums.typed_mut::<f64>().copy_from_slice(found);
                })?;
                sums
            }
        };
        keeper.put(&[Span::run(start, len)], &block)?;
    }
    Ok(keeper.finish(cx))
}

fn digitize(args: &Args, cx: &Context) -> Result<Value> {
    let x = args.array("x", cx)?;
    let bins = args.array("bins", cx)?;
    if x.dtype().is_complex() {
        return Err(Error::type_error("x may not be complex"));
    }
    safely(&bins, &DType::Float64)?;
    one_axis(&bins)?;
    let bins = Array::of(to_block(&bins, cx)?);
    let n = bins.len();
    let strict = args.flag("right")?;
    if ascending(&bins, false) {
        return Ok(Value::result(located(&x, &bins, strict, |at, _| at as i64, cx)?));
    }
    let spans = vec![Span { start: n - 1, step: -1, len: n }];
    let back = view(&bins, spans, vec![Some(0)], vec![n]);
    let back = Array::of(to_block(&back, cx)?);
    if !ascending(&back, false) {
        return Err(Error::value("bins must be monotonically increasing or decreasing"));
    }
    Ok(Value::result(located(&x, &back, strict, move |at, _| (n - at) as i64, cx)?))
}
