//! Grids of coordinates: `meshgrid`, `indices`, and what is subscripted: `np.mgrid`, `np.r_`.

use super::creation_ranges::{length, number, range, unsupported};

use super::args::Args;
use super::common::ALL;
use super::convert::{as_array, as_dtype};
use super::creation::SECTION;
use super::registry::Function;
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::compose::concat;
use crate::array::generate::{along, count_up};
use crate::array::reshape::reshape;
use crate::array::view::{broadcast_shapes, broadcast_to};
use crate::array::{Array, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.entry(
        &["meshgrid"],
        "*xi, copy=True, sparse=False, indexing='xy'",
        ALL,
        "Coordinate matrices out of coordinate vectors.",
        meshgrid,
    ),
    SECTION.entry(
        &["indices"],
        "dimensions, dtype=int, sparse=False",
        "biufc",
        "The indices of a grid, an array for each axis.",
        indices,
    ),
    SECTION.entry(
        &["mgrid"],
        "key",
        "",
        "A dense grid out of slices: np.mgrid[0:3, 0:1:5j].",
        |a, cx| grid(&a.value("key"), false, cx),
    ),
    SECTION.entry(
        &["ogrid"],
        "key",
        "",
        "An open grid out of slices: np.ogrid[0:3, 0:1:5j].",
        |a, cx| grid(&a.value("key"), true, cx),
    ),
    SECTION.entry(
        &["r_"],
        "key",
        "",
        "Slices, arrays and numbers joined along the first axis: np.r_[1:4, 0, 4].",
        |a, cx| super::creation_joins::joined(&a.value("key"), false, cx),
    ),
    SECTION.entry(
        &["c_"],
        "key",
        "",
        "Slices, arrays and numbers joined as columns: np.c_[x, y].",
        |a, cx| super::creation_joins::joined(&a.value("key"), true, cx),
    ),
    SECTION.entry(
        &["s_", "index_exp"],
        "key",
        "",
        "The index that is written in the brackets: np.s_[::2].",
        |a, _| Ok(a.value("key")),
    ),
];

fn meshgrid(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("xi").sequence().unwrap_or_default();
    let indexing = args.text("indexing")?.unwrap_or_else(|| "xy".into());
    if !matches!(indexing.as_str(), "xy" | "ij") {
        return Err(Error::value("Valid values for `indexing` are 'xy' and 'ij'."));
    }
    let n = given.len();
    let mut out = Vec::new();
    for (k, value) in given.iter().enumerate() {
        let array = as_array(value, cx)?;
        let mut shape = vec![1; n];
        // the first two axes change places for x and y
        let at = match k {
            0 | 1 if indexing == "xy" && n > 1 => 1 - k,
            k => k,
        };
        shape[at] = array.len();
        out.push(reshape(&array, shape));
    }
    if !args.flag("sparse")? {
        let shapes: Vec<&[usize]> = out.iter().map(Array::shape).collect();
        let shape = broadcast_shapes(&shapes)?;
        out = out.iter().map(|a| broadcast_to(a, &shape)).collect::<Result<_>>()?;
    }
    Ok(Value::tuple(out.into_iter().map(Value::array).collect()))
}

/// The indices of a grid, an array for each axis.
///
/// # Errors
/// TypeError where the dtype is none of a number's.
pub fn index_grid(shape: &[usize], dtype: &DType, sparse: bool) -> Result<Vec<Array>> {
    let n = shape.len();
    // as arange refuses them
    match dtype {
        DType::Bool if shape.iter().any(|n| *n > 2) => {
            return Err(Error::type_error(
                "arange() is only supported for booleans when the result has at most length 2.",
            ));
        }
        DType::Datetime(_) => {
            return Err(Error::value(
                "arange requires both a start and a stop for NumPy datetime64 ranges.",
            ));
        }
        d if d.is_string() || matches!(d, DType::Struct(_) | DType::Void(_)) => {
            return Err(Error::type_error(format!(
                "arange() not supported for inputs with DType {}.",
                d.name()
            )));
        }
        _ => {}
    }
    shape
        .iter()
        .enumerate()
        .map(|(k, &len)| {
            let mut lifted = vec![1; n];
            lifted[k] = len;
            let index = reshape(&cast(&count_up(len), dtype)?, lifted);
            if sparse { Ok(index) } else { broadcast_to(&index, shape) }
        })
        .collect()
}

/// Arrays of one shape as one array, along a new first axis.
pub(super) fn stacked(arrays: &[Array], shape: &[usize], dtype: &DType) -> Result<Array> {
    let mut lifted = vec![1];
    lifted.extend(shape);
    let parts: Vec<Array> = arrays.iter().map(|a| reshape(a, lifted.clone())).collect();
    match parts.is_empty() {
        true => Ok(Array::of(Block::zeros(dtype.clone(), vec![0]))),
        false => concat(&parts, 0, dtype),
    }
}

fn indices(args: &Args, cx: &Context) -> Result<Value> {
    let wanted = args.value("dimensions");
    let mut shape = Vec::new();
    for v in super::common::items(&wanted, cx)? {
        shape.push(
            usize::try_from(v.index()?)
                .map_err(|_| Error::value("negative dimensions are not allowed"))?,
        );
    }
    let dtype = args.get("dtype").map_or(Ok(DType::Int64), as_dtype)?;
    let sparse = args.flag("sparse")?;
    let all = index_grid(&shape, &dtype, sparse)?;
    Ok(match sparse {
        true => Value::tuple(all.into_iter().map(Value::array).collect()),
        false => Value::array(stacked(&all, &shape, &dtype)?),
    })
}

/// The numbers along one axis of a grid: how many, where they begin, how far apart.
struct Along {
    n: usize,
    start: f64,
    step: f64,
    whole: bool,
}

fn grid_axis(slice: &[Value; 3]) -> Result<Along> {
    let [start, stop, step] = slice;
    let start = if start.is_none() { Value::int(0) } else { number(start)? };
    for v in [&start, stop] {
        if let Value::Str(s) = v {
            return Err(unsupported(&DType::Str(s.chars().count())));
        }
    }
    let stop = if stop.is_none() { Value::int(0) } else { number(stop)? };
    match step {
        Value::Complex(re, im) => {
            let n = re.hypot(*im) as usize;
            let (a, b) = (start.float()?, stop.float()?);
            let step = if n == 1 { 1.0 } else { (b - a) / (n as f64 - 1.0) };
            Ok(Along { n, start: a, step, whole: false })
        }
        _ => {
            let step = if step.is_none() { Value::int(1) } else { number(step)? };
            let whole = [&start, &stop, &step].iter().all(|v| matches!(v, Value::Int(_)));
            let n = length(&start, &stop, &step)?;
            Ok(Along { n, start: start.float()?, step: step.float()?, whole })
        }
    }
}

/// `np.mgrid[key]` and, sparse, `np.ogrid[key]`.
///
/// # Errors
/// AttributeError for what is no slice.
pub fn grid(key: &Value, sparse: bool, cx: &Context) -> Result<Value> {
    let no =
        |v: &Value| Error::attribute(format!("'{}' object has no attribute 'step'", v.type_name()));
    let axes = match key {
        Value::Slice(s) => {
            if !matches!(s[2], Value::Complex(..)) {
                let zero = Value::int(0);
                let start = if s[0].is_none() { &zero } else { &s[0] };
                let one = Value::int(1);
                let step = if s[2].is_none() { &one } else { &s[2] };
                return match s[1].is_none() {
                    // NumPy's arange then takes the start as the stop
                    true => range(&zero, true, start, step, None, cx),
                    false => range(start, true, &s[1], step, None, cx),
                }
                .map(Value::array);
            }
            let a = grid_axis(s)?;
            let (start, step) = (a.start, a.step);
            return Ok(Value::array(along(DType::Float64, a.n, move |i| i as f64 * step + start)));
        }
        Value::Tuple(t) => t
            .iter()
            .map(|v| match v {
                Value::Slice(s) => grid_axis(s),
                other => Err(no(other)),
            })
            .collect::<Result<Vec<_>>>()?,
        other => return Err(no(other)),
    };
    let whole = axes.iter().all(|a| a.whole);
    let dtype = if whole { DType::Int64 } else { DType::Float64 };
    let shape: Vec<usize> = axes.iter().map(|a| a.n).collect();
    let mut all = Vec::new();
    for (k, a) in axes.iter().enumerate() {
        let (start, step) = (a.start, a.step);
        let line = match whole {
            true => along(DType::Int64, a.n, move |i| i as i64 * step as i64 + start as i64),
            false => along(DType::Float64, a.n, move |i| i as f64 * step + start),
        };
        let mut lifted = vec![1; shape.len()];
        lifted[k] = a.n;
        let line = reshape(&line, lifted);
        all.push(if sparse { line } else { broadcast_to(&line, &shape)? });
    }
    Ok(match sparse {
        true => Value::tuple(all.into_iter().map(Value::array).collect()),
        false => Value::array(stacked(&all, &shape, &dtype)?),
    })
}
