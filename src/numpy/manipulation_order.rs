//! Elements repeated, taken out, put in and turned round. What is repeated or rolled is the same
//! elements walked by a map of each axis.

use std::sync::Arc;

use super::args::{Args, axis};
use super::common::{integers, items, nd_arg};
use super::creation::all_zero;
use super::manipulation::{SECTION, cut};
use super::manipulation_select::truth;
use super::nd::{Class, Nd};
use super::registry::Function;
use super::value::Value;
use crate::array::block::count;
use crate::array::cast::cast;
use crate::array::compose::{Map, mapped};
use crate::array::lazy::Span;
use crate::array::reshape::reshape;
use crate::array::run::{Order, parallel, to_block, units};
use crate::array::view::{Part, slice, transpose};
use crate::array::{Array, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(&["tile"], "A, reps", "An array repeated as a whole along its axes.", tile),
    SECTION.any(&["repeat"], "a, repeats, axis=None", "Each element repeated.", repeat),
    SECTION.any(
        &["resize"],
        "a, new_shape",
        "The elements, over and over, under any shape.",
        resize,
    ),
    SECTION.any(
        &["trim_zeros"],
        "filt, trim='fb', axis=None",
        "Without zeros at the ends.",
        trim_zeros,
    ),
    SECTION.any(&["flip"], "m, axis=None", "The elements in reverse order along axes.", flip),
    SECTION.any(&["fliplr"], "m", "The columns in reverse order.", |a, cx| flip_one(a, cx, 1)),
    SECTION.any(&["flipud"], "m", "The rows in reverse order.", |a, cx| flip_one(a, cx, 0)),
    SECTION.any(
        &["roll"],
        "a, shift, axis=None",
        "The elements moved along axes; what leaves at one end enters at the other.",
        roll,
    ),
    SECTION.any(
        &["rot90"],
        "m, k=1, axes=(0, 1)",
        "An array turned by 90 degrees in the plane of two axes.",
        rot90,
    ),
];

/// The map of an axis that is walked over and over.
fn around(n: usize) -> Option<Map> {
    let n = n.max(1);
    Some(Arc::new(move |i| i % n))
}

fn sized(shape: &[usize]) -> Result<()> {
    let n = shape.iter().filter(|n| **n > 0).try_fold(1usize, |a, n| a.checked_mul(*n));
    match n.is_some_and(|n| n < isize::MAX as usize / 16) {
        true => Ok(()),
        false => Err(Error::value("Maximum allowed dimension exceeded")),
    }
}

fn tile(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.array("A", cx)?;
    let reps = args.value("reps");
    let reps = match &reps {
        // a text is a tuple of its characters
        Value::Str(s) => s
            .chars()
            .map(|c| c.to_digit(10).map(i64::from))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                let c: String = s.chars().take(1).collect();
                Error::value(format!("invalid literal for int() with base 10: '{c}'"))
            })?,
        other => integers(other, cx)?.0,
    };
    let ndim = a.ndim().max(reps.len());
    let mut shape = vec![1; ndim - a.ndim()];
    shape.extend(a.shape());
    let base = reshape(&a, shape.clone());
    let mut maps = Vec::new();
    for (i, n) in shape.iter_mut().enumerate() {
        let times = match i.checked_sub(ndim - reps.len()) {
            Some(k) => usize::try_from(reps[k])
                .map_err(|_| Error::value("negative dimensions are not allowed"))?,
            None => 1,
        };
        maps.push(if times == 1 { None } else { around(*n) });
        *n = n.saturating_mul(times);
    }
    sized(&shape)?;
    match shape.contains(&0) {
        true => Ok(Value::array(all_zero(a.dtype(), shape))),
        false => Ok(Value::array(mapped(&base, maps, shape))),
    }
}

fn repeat(args: &Args, cx: &Context) -> Result<Value> {
    let mut a = args.array("a", cx)?;
    let along = match args.some("axis") {
        Some(v) => axis(v.index()?, a.ndim())?,
        None => {
            a = reshape(&a, vec![a.len()]);
            0
        }
    };
    let repeats = args.array("repeats", cx)?;
    if repeats.ndim() > 1 {
        return Err(Error::value("object too deep for desired array"));
    }
    let repeats = to_block(&cast(&repeats, &DType::Int64)?, cx)?;
    let counts: &[i64] = repeats.typed();
    let n = a.shape()[along];
    let mut shape = a.shape().to_vec();
    let map: Map = match counts {
        [one] => {
            let k = usize::try_from(*one)
                .map_err(|_| Error::value("negative dimensions are not allowed"))?;
            shape[along] = n.saturating_mul(k);
            let k = k.max(1);
            Arc::new(move |i| i / k)
        }
        many if many.len() == n => {
            let mut ends = Vec::with_capacity(n);
            let mut end = 0usize;
            for &k in many {
                let k = usize::try_from(k)
                    .map_err(|_| Error::value("repeats may not contain negative values."))?;
                end = end.saturating_add(k);
                ends.push(end);
            }
            shape[along] = end;
            Arc::new(move |i| ends.partition_point(|e| *e <= i))
        }
        many => {
            return Err(Error::value(format!(
                "operands could not be broadcast together with shape ({n},) ({},)",
                many.len()
            )));
        }
    };
    sized(&shape)?;
    if shape.contains(&0) {
        return Ok(Value::array(all_zero(a.dtype(), shape)));
    }
    let mut maps: Vec<Option<Map>> = vec![None; a.ndim()];
    maps[along] = Some(map);
    Ok(Value::array(mapped(&a, maps, shape)))
}

fn resize(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.array("a", cx)?;
    let wanted = args.value("new_shape");
    if matches!(wanted, Value::Float(_) | Value::None) {
        return Err(Error::type_error(format!("'{}' object is not iterable", wanted.type_name())));
    }
    let mut shape = Vec::new();
    for n in integers(&wanted, cx)?.0 {
        shape.push(
            usize::try_from(n)
                .map_err(|_| Error::value("all elements of `new_shape` must be non-negative"))?,
        );
    }
    sized(&shape)?;
    if a.is_empty() || shape.contains(&0) {
        return Ok(Value::array(all_zero(a.dtype(), shape)));
    }
    let n = count(&shape);
    let flat = reshape(&a, vec![a.len()]);
    let base = match n <= a.len() {
        true => cut(&flat, 0, Span::run(0, n)),
        false => mapped(&flat, vec![around(a.len())], vec![n]),
    };
    Ok(Value::array(reshape(&base, shape)))
}

/// The first and one past the last position along each axis at which anything is true.
fn bounds(mask: &Array, cx: &Context) -> Result<Option<Vec<(usize, usize)>>> {
    mask.prepare(cx)?;
    if mask.is_empty() {
        return Ok(None);
    }
    let units = units(mask, cx);
    let mut out: Option<Vec<(usize, usize)>> = None;
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| {
            let region = units.region(i);
            let block = mask.read(&region, cx)?;
            let mut found: Option<Vec<(usize, usize)>> = None;
            crate::array::lazy::for_runs(block.shape(), |at, index, n| {
                let row = &block.bytes()[at..at + n];
                let Some(first) = row.iter().position(|b| *b != 0) else { return };
                let last = row.iter().rposition(|b| *b != 0).unwrap_or(first);
                let slots = found.get_or_insert_with(|| vec![(usize::MAX, 0); region.len()]);
                let inner = index.len().saturating_sub(1);
                for (a, slot) in slots.iter_mut().enumerate() {
                    let (low, high) = if a == inner { (first, last) } else { (index[a], index[a]) };
                    slot.0 = slot.0.min(region[a].start + low);
                    slot.1 = slot.1.max(region[a].start + high + 1);
                }
            });
            Ok(found)
        },
        |_, found| {
            if let Some(found) = found {
                match &mut out {
                    None => out = Some(found),
                    Some(all) => {
                        for (a, b) in all.iter_mut().zip(found) {
                            *a = (a.0.min(b.0), a.1.max(b.1));
                        }
                    }
                }
            }
            Ok(())
        },
    )?;
    Ok(out)
}

fn trim_zeros(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("filt");
    let nd = nd_arg(args, "filt", cx)?;
    let array = nd.array()?;
    let trim = args.text("trim")?.unwrap_or_else(|| "fb".into());
    let lower = trim.to_lowercase();
    let (front, back) = match lower.as_str() {
        "f" => (true, false),
        "b" => (false, true),
        "fb" | "bf" => (true, true),
        _ => {
            return Err(Error::value(format!(
                "unexpected character(s) in `trim`: {}",
                crate::array::dtype::quote(&trim)
            )));
        }
    };
    if array.ndim() == 0 {
        return Err(Error::type_error(format!(
            "'{}' object is not subscriptable",
            given.type_name()
        )));
    }
    let mask = match array.dtype() {
        // what isn't equal to zero, be it None
        DType::Object => crate::array::elementwise::blockwise(
            DType::Bool,
            vec![array.clone()],
            Arc::new(|blocks: &[crate::array::Block], _: &Context| {
                let mut out = crate::array::Block::zeros(DType::Bool, blocks[0].shape().to_vec());
                for (slot, item) in out.bytes_mut().iter_mut().zip(blocks[0].items()) {
                    *slot = u8::from(item.complex() != Some((0.0, 0.0)));
                }
                Ok(out)
            }),
        )?,
        _ => truth(&array)?,
    };
    let found = bounds(&mask, cx)?;
    let axes: Vec<usize> = match args.some("axis") {
        None => (0..array.ndim()).collect(),
        _ if array.ndim() == 1 => vec![0],
        Some(v) => vec![axis(v.index()?, array.ndim())?],
    };
    let spans: Vec<Span> = array
        .shape()
        .iter()
        .enumerate()
        .map(|(a, &n)| {
            let (low, high) = match &found {
                // nothing is left
                None => (n, n),
                Some(f) => f[a],
            };
            match axes.contains(&a) {
                false => Span::run(0, n),
                true if found.is_none() => Span::run(0, 0),
                true => {
                    let low = if front { low } else { 0 };
                    Span::run(low, (if back { high } else { n }) - low)
                }
            }
        })
        .collect();
    // a list stays a list
    if array.ndim() == 1
        && let Some(items) = given.sequence()
        && !matches!(given, Value::Range(..))
    {
        let kept = items[spans[0].start..spans[0].start + spans[0].len].to_vec();
        return Ok(match given {
            Value::Tuple(_) => Value::tuple(kept),
            _ => Value::list(kept),
        });
    }
    let parts: Vec<Part> = spans.into_iter().map(Part::Along).collect();
    Ok(Value::Array(nd.viewed(move |a| Ok(slice(a, &parts)))?))
}

/// The elements in reverse order along axes.
pub fn flipped(array: &Array, axes: &[usize]) -> Array {
    let parts: Vec<Part> = array
        .shape()
        .iter()
        .enumerate()
        .map(|(a, &n)| {
            Part::Along(match axes.contains(&a) {
                true => Span { start: n.saturating_sub(1), step: -1, len: n },
                false => Span::run(0, n),
            })
        })
        .collect();
    slice(array, &parts)
}

fn flip(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "m", cx)?;
    let ndim = nd.ndim()?;
    let axes = match args.some("axis") {
        None => (0..ndim).collect(),
        Some(Value::Float(_)) => {
            return Err(Error::type_error("'float' object is not iterable"));
        }
        Some(v) => {
            let mut out = Vec::new();
            for a in integers(v, cx)?.0 {
                let a = axis(a, ndim)?;
                if out.contains(&a) {
                    return Err(Error::value("repeated axis"));
                }
                out.push(a);
            }
            out
        }
    };
    if ndim == 0 {
        return Ok(Value::result(nd.array()?));
    }
    Ok(Value::Array(nd.viewed(move |a| Ok(flipped(a, &axes)))?))
}

fn flip_one(args: &Args, cx: &Context, along: usize) -> Result<Value> {
    let nd = nd_arg(args, "m", cx)?;
    if nd.ndim()? <= along {
        return Err(Error::value(format!("Input must be >= {}-d.", along + 1)));
    }
    Ok(Value::Array(nd.viewed(move |a| Ok(flipped(a, &[along])))?))
}

/// A whole number of any size, less whole turns around an axis.
fn turns(value: &Value, n: usize) -> Result<usize> {
    let n = n.max(1) as i64;
    Ok(match value {
        Value::Int(k) => {
            use num_traits::ToPrimitive;
            let m = num_bigint::BigInt::from(n);
            (((k % &m) + &m) % &m).to_usize().unwrap_or(0)
        }
        Value::Float(x) => (x.trunc() as i64).rem_euclid(n) as usize,
        Value::Array(nd) if nd.dtype()?.is_inexact() => {
            (nd.item()?.float()?.trunc() as i64).rem_euclid(n) as usize
        }
        Value::Str(s) => {
            return Err(Error::value(format!(
                "invalid literal for int() with base 10: np.str_({})",
                crate::array::dtype::quote(s)
            )));
        }
        v => v.index()?.rem_euclid(n) as usize,
    })
}

fn roll(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let a = nd.array()?;
    let many = |v: &Value| -> Result<(Vec<Value>, bool)> {
        match v {
            Value::Array(nd) if nd.ndim()? > 0 => Ok((items(v, cx)?, false)),
            _ => Ok(v.sequence().map_or((vec![v.clone()], true), |s| (s, false))),
        }
    };
    let (shifts, one_shift) = many(&args.value("shift"))?;
    let (base, shape, pairs) = match args.some("axis") {
        None => {
            let flat = reshape(&a, vec![a.len()]);
            let pairs = shifts.into_iter().map(|s| (s, 0)).collect::<Vec<_>>();
            (flat, a.shape().to_vec(), pairs)
        }
        Some(v) => {
            let (axes, one_axis) = many(v)?;
            let axes =
                axes.iter().map(|v| axis(v.index()?, a.ndim())).collect::<Result<Vec<_>>>()?;
            let pairs = match (shifts.len(), axes.len()) {
                (n, m) if n == m => shifts.into_iter().zip(axes).collect(),
                (1, _) => axes.into_iter().map(|x| (shifts[0].clone(), x)).collect(),
                (_, 1) => shifts.into_iter().map(|s| (s, axes[0])).collect(),
                (n, m) => {
                    let shape =
                        |n: usize, one: bool| if one { "()".into() } else { format!("({n},)") };
                    return Err(Error::value(format!(
                        "shape mismatch: objects cannot be broadcast to a single shape.  Mismatch \
                         is between arg 0 with shape {} and arg 1 with shape {}.",
                        shape(n, one_shift),
                        shape(m, one_axis)
                    )));
                }
            };
            (a.clone(), a.shape().to_vec(), pairs)
        }
    };
    let mut shift = vec![0; base.ndim()];
    for (s, x) in pairs {
        let n = base.shape()[x];
        shift[x] = (shift[x] + turns(&s, n)?) % n.max(1);
    }
    let maps = shift
        .iter()
        .zip(base.shape())
        .map(|(&s, &n)| -> Option<Map> {
            (s > 0).then(|| -> Map { Arc::new(move |i| if i >= s { i - s } else { i + n - s }) })
        })
        .collect();
    let rolled = mapped(&base, maps, base.shape().to_vec());
    let class = match nd.class() {
        Class::Scalar => Class::Array,
        other => other.clone(),
    };
    Ok(Value::Array(Nd::new(reshape(&rolled, shape)).with_class(class)))
}

fn rot90(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "m", cx)?;
    let ndim = nd.ndim()?;
    let axes = match args.some("axes") {
        Some(v) => integers(v, cx)?.0,
        None => vec![0, 1],
    };
    let [first, second] = axes[..] else { return Err(Error::value("len(axes) must be 2.")) };
    if first == second || (first - second).unsigned_abs() as usize == ndim {
        return Err(Error::value("Axes must be different."));
    }
    let n = ndim as i64;
    if !(-n..n).contains(&first) || !(-n..n).contains(&second) {
        return Err(Error::value(format!(
            "Axes=({first}, {second}) out of range for array of ndim={ndim}."
        )));
    }
    let (one, two) = (first.rem_euclid(n) as usize, second.rem_euclid(n) as usize);
    let k = match args.some("k") {
        Some(Value::Float(x)) => x.rem_euclid(4.0),
        Some(v) => v.index()?.rem_euclid(4) as f64,
        None => 1.0,
    };
    let mut order: Vec<usize> = (0..ndim).collect();
    order.swap(one, two);
    Ok(Value::Array(nd.viewed(move |a| {
        Ok(match k {
            0.0 => a.clone(),
            2.0 => flipped(a, &[one, two]),
            1.0 => transpose(&flipped(a, &[two]), &order),
            _ => flipped(&transpose(a, &order), &[two]),
        })
    })?))
}
