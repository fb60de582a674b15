//! Elements by index: taken, put, chosen among arrays, on a diagonal.

use super::manipulation_select::{SECTION, any, refused, result_dtype, truth};
use std::sync::Arc;

use super::args::{Args, axis};
use super::common::{finish, nd_arg};
use super::convert::{as_array, as_array_of, as_operand};
use super::nd::Nd;
use super::registry::Function;
use super::value::Value;
use crate::array::cast::cast;
use crate::array::compose::mapped;
use crate::array::dtype::quote;
use crate::array::elementwise::{Operand, blockwise, elementwise};
use crate::array::gather::{checked, gather, mismatch};
use crate::array::generate::{along, count_up};
use crate::array::promote::{Casting, can_cast};
use crate::array::reshape::reshape;
use crate::array::select;
use crate::array::view::{broadcast_shapes, transpose};
use crate::array::{Array, Block, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(
        &["take"],
        "a, indices, axis=None, out=None, mode='raise'",
        "Elements at the given indices along an axis.",
        take,
    ),
    SECTION.any(
        &["take_along_axis"],
        "arr, indices, axis=-1",
        "Elements at indices that differ from line to line along an axis.",
        take_along_axis,
    ),
    SECTION.any(
        &["put_along_axis"],
        "arr, indices, values, axis",
        "Writes values at indices that differ from line to line along an axis.",
        put_along_axis,
    ),
    SECTION.any(
        &["put"],
        "a, ind, v, mode='raise'",
        "Writes values at places of the flattened array.",
        put,
    ),
    SECTION.any(
        &["place"],
        "arr, mask, vals",
        "Writes values, one after the other, where a mask holds.",
        place,
    ),
    SECTION.any(
        &["putmask"],
        "a, mask, values",
        "Writes the values at the same places, where a mask holds.",
        putmask,
    ),
    SECTION.any(
        &["choose"],
        "a, choices, out=None, mode='raise'",
        "From several arrays, the element of the one that an index array names.",
        choose,
    ),
    SECTION.any(
        &["diagonal"],
        "a, offset=0, axis1=0, axis2=1",
        "The diagonal of an array over two of its axes.",
        diagonal,
    ),
    SECTION.any(
        &["ix_"],
        "*args",
        "Index arrays whose combination is every row with every column.",
        ix,
    ),
];

/// What is done with an index outside the axis.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Raise,
    Wrap,
    Clip,
}

fn mode(args: &Args) -> Result<Mode> {
    Ok(match args.text("mode")?.as_deref() {
        None | Some("raise") => Mode::Raise,
        Some("wrap") => Mode::Wrap,
        Some("clip") => Mode::Clip,
        Some(other) => {
            return Err(Error::value(format!(
                "clipmode must be one of 'clip', 'raise', or 'wrap' (got {})",
                quote(other)
            )));
        }
    })
}

/// Indices inside an axis of length `n`, as the mode makes them.
fn inside(index: &Array, n: usize, axis: usize, mode: Mode, cx: &Context) -> Result<Array> {
    let index = cast(index, &DType::Int64)?;
    if mode == Mode::Raise {
        return checked(&index, n, axis, cx);
    }
    let m = n.max(1) as i64;
    elementwise(
        DType::Int64,
        vec![index],
        Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            crate::array::elementwise::unary(ins[0], out, |i: i64| match mode {
                Mode::Wrap => i.rem_euclid(m),
                _ => i.clamp(0, m - 1),
            });
            Ok(())
        }),
    )
}

fn take(args: &Args, cx: &Context) -> Result<Value> {
    let mut a = args.array("a", cx)?;
    let index = args.array("indices", cx)?;
    let along = match args.some("axis") {
        Some(v) => axis(v.index()?, a.ndim().max(1))?,
        None => {
            a = reshape(&a, vec![a.len()]);
            0
        }
    };
    if a.ndim() == 0 {
        a = reshape(&a, vec![1]);
    }
    let n = a.shape()[along];
    let mode = mode(args)?;
    if n == 0 && !index.is_empty() {
        return Err(Error::index("cannot do a non-empty take from an empty axes."));
    }
    let index = inside(&index, n, 0, mode, cx).map_err(|e| Error {
        text: e.text.replacen("for axis 0", &format!("for axis {along}"), 1),
        ..e
    })?;
    let mut indices = vec![None; a.ndim()];
    indices[along] = Some(index);
    let result = gather(&a, indices, false)?;
    let out = args.out("out")?;
    if let Some(nd) = &out {
        if nd.shape()? != result.shape() {
            return Err(Error::value("output array does not match result of ndarray.take"));
        }
        if !can_cast(&nd.dtype()?, result.dtype(), Casting::Safe) {
            return Err(refused(&nd.dtype()?, result.dtype(), "safe"));
        }
    }
    finish(result, out, cx)
}

/// The array, the index arrays of all its axes, for `take_along_axis` and its inverse.
fn along_axis(
    arr: &Array,
    indices: &Array,
    at: &Value,
    cx: &Context,
) -> Result<(Array, Vec<Option<Array>>)> {
    let (arr, along) = match at {
        Value::None => {
            if indices.ndim() != 1 {
                return Err(Error::value(
                    "when axis=None, `indices` must have a single dimension.",
                ));
            }
            (reshape(arr, vec![arr.len()]), 0)
        }
        v => (arr.clone(), axis(v.index()?, arr.ndim())?),
    };
    if !indices.dtype().is_integer() {
        return Err(Error::index("`indices` must be an integer array"));
    }
    if indices.ndim() != arr.ndim() {
        return Err(Error::value("`indices` and `arr` must have the same number of dimensions"));
    }
    let mut all = Vec::new();
    for (a, &n) in arr.shape().iter().enumerate() {
        if a == along {
            all.push(indices.clone());
            continue;
        }
        let mut shape = vec![1; arr.ndim()];
        shape[a] = n;
        all.push(reshape(&count_up(n), shape));
    }
    let shapes: Vec<&[usize]> = all.iter().map(Array::shape).collect();
    broadcast_shapes(&shapes).map_err(|_| mismatch(&shapes))?;
    all[along] = checked(indices, arr.shape()[along], along, cx)?;
    Ok((arr, all.into_iter().map(Some).collect()))
}

fn take_along_axis(args: &Args, cx: &Context) -> Result<Value> {
    let at = args.get("axis").cloned().unwrap_or(Value::int(-1));
    let (arr, all) = along_axis(&args.array("arr", cx)?, &args.array("indices", cx)?, &at, cx)?;
    Ok(Value::result(gather(&arr, all, false)?))
}

/// The array that an argument is, to be written.
fn target(args: &Args, name: &str, wrong: impl FnOnce(String) -> String) -> Result<Nd> {
    match args.value(name) {
        Value::Array(nd) if !nd.is_scalar() => Ok(nd),
        other => Err(Error::type_error(wrong(other.type_name()))),
    }
}

fn put_along_axis(args: &Args, cx: &Context) -> Result<Value> {
    let nd = target(args, "arr", |t| format!("'{t}' object does not support item assignment"))?;
    let at = args.value("axis");
    let (_, all) = along_axis(&nd.array()?, &args.array("indices", cx)?, &at, cx)?;
    let flat = at.is_none();
    let values = as_array(&args.value("values"), cx)?;
    nd.assign(
        |a| {
            let a = if flat { reshape(a, vec![a.len()]) } else { a.clone() };
            gather(&a, all, false)
        },
        values,
        cx,
    )?;
    Ok(Value::None)
}

/// Values over and over, `n` of them.
fn cycled(values: &Array, n: usize) -> Array {
    let flat = reshape(values, vec![values.len()]);
    let len = values.len().max(1);
    mapped(&flat, vec![Some(Arc::new(move |i| i % len))], vec![n])
}

fn put(args: &Args, cx: &Context) -> Result<Value> {
    let nd = target(args, "a", |t| format!("argument 1 must be numpy.ndarray, not <class '{t}'>"))?;
    let array = nd.array()?;
    let index = args.array("ind", cx)?;
    let index = reshape(&index, vec![index.len()]);
    let values = as_array_of(&args.value("v"), Some(array.dtype()), cx)?;
    if index.is_empty() || values.is_empty() {
        return Ok(Value::None);
    }
    if array.is_empty() {
        return Err(Error::index("cannot replace elements of an empty array"));
    }
    let index = inside(&index, array.len(), 0, mode(args)?, cx)?;
    let values = cycled(&values, index.len());
    nd.assign(|a| gather(&reshape(a, vec![a.len()]), vec![Some(index)], false), values, cx)?;
    Ok(Value::None)
}

fn place(args: &Args, cx: &Context) -> Result<Value> {
    let nd = target(args, "arr", |t| format!("place() argument 1 must be numpy.ndarray, not {t}"))?;
    let array = nd.array()?;
    let mask = truth(&args.array("mask", cx)?)?;
    if mask.len() != array.len() {
        return Err(Error::value("place: mask and data must be the same size"));
    }
    let values = as_array_of(&args.value("vals"), Some(array.dtype()), cx)?;
    let at = select::flat_positions(&mask, cx)?;
    if at.is_empty() {
        return Ok(Value::None);
    }
    if values.is_empty() {
        return Err(Error::value("Cannot insert from an empty array!"));
    }
    let values = cycled(&values, at.len());
    nd.assign(|a| gather(&reshape(a, vec![a.len()]), vec![Some(at)], false), values, cx)?;
    Ok(Value::None)
}

fn putmask(args: &Args, cx: &Context) -> Result<Value> {
    let nd = target(args, "a", |_| "putmask: first argument must be an array".into())?;
    let array = nd.array()?;
    let mask = truth(&args.array("mask", cx)?)?;
    if mask.len() != array.len() {
        return Err(Error::value("putmask: mask and data must be the same size"));
    }
    let values = as_operand(&args.value("values"), cx)?;
    if values.weak.is_none() && !can_cast(values.array.dtype(), array.dtype(), Casting::Unsafe) {
        return Err(refused(values.array.dtype(), array.dtype(), "unsafe"));
    }
    if values.array.is_empty() {
        return Ok(Value::None);
    }
    let flat = reshape(&mask, vec![mask.len()]);
    let values = select::compress(&flat, &cycled(&values.array, mask.len()), cx)?;
    nd.assign(|a| select::compress(&flat, &reshape(a, vec![a.len()]), cx), values, cx)?;
    Ok(Value::None)
}

fn choose(args: &Args, cx: &Context) -> Result<Value> {
    let index = args.array("a", cx)?;
    if !can_cast(index.dtype(), &DType::Int64, Casting::Safe) {
        return Err(refused(index.dtype(), &DType::Int64, "safe"));
    }
    let choices = super::common::items(&args.value("choices"), cx)?;
    if choices.is_empty() {
        return Err(Error::value("0-length sequence."));
    }
    let givens = choices.iter().map(|c| as_operand(c, cx)).collect::<Result<Vec<_>>>()?;
    let dtype = result_dtype(&givens)?;
    let n = givens.len();
    let mode = mode(args)?;
    let index = match mode {
        Mode::Raise => {
            // NumPy takes no negative index here
            let index = checked(&index, n, 0, cx)
                .and_then(|_| cast(&index, &DType::Int64))
                .map_err(|_| Error::value("invalid entry in choice array"))?;
            if any(&index, cx, |b| b.typed::<i64>().iter().any(|i| *i < 0))? {
                return Err(Error::value("invalid entry in choice array"));
            }
            index
        }
        _ => inside(&index, n, 0, mode, cx)?,
    };
    let mut inputs = vec![index];
    for g in &givens {
        inputs.push(cast(&g.array, &dtype)?);
    }
    let size = dtype.size();
    let result = if dtype == DType::Object {
        blockwise(
            dtype,
            inputs,
            Arc::new(|blocks: &[Block], _: &Context| {
                let mut out = blocks[1].clone();
                for (i, &k) in blocks[0].typed::<i64>().iter().enumerate() {
                    out.copy_run(i, &blocks[1 + k as usize], i, 1);
                }
                Ok(out)
            }),
        )?
    } else {
        elementwise(
            dtype,
            inputs,
            Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                let index = ins[0].typed::<i64>();
                for (i, slot) in out.chunks_exact_mut(size.max(1)).enumerate() {
                    slot.copy_from_slice(ins[1 + index.at(i) as usize].element(i, size));
                }
                Ok(())
            }),
        )?
    };
    finish(result, args.out("out")?, cx)
}

/// The diagonal over two axes, which comes last.
///
/// # Errors
/// ValueError where the axes are one.
pub fn diagonal_of(array: &Array, k: i64, axis1: usize, axis2: usize) -> Result<Array> {
    let (rows, columns) = (array.shape()[axis1] as i64, array.shape()[axis2] as i64);
    let (down, right) = ((-k).max(0), k.max(0));
    let n = (rows - down).min(columns - right).max(0) as usize;
    let mut indices = vec![None; array.ndim()];
    indices[axis1] = Some(along(DType::Int64, n, move |i| i as i64 + down));
    indices[axis2] = Some(along(DType::Int64, n, move |i| i as i64 + right));
    let first = gather(array, indices, true)?;
    let order: Vec<usize> = (1..first.ndim()).chain([0]).collect();
    Ok(transpose(&first, &order))
}

fn diagonal(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let ndim = nd.ndim()?;
    if ndim < 2 {
        return Err(Error::value("diag requires an array of at least two dimensions"));
    }
    let k = args.int("offset")?.unwrap_or(0);
    let of = |name: &str, default: i64| -> Result<usize> {
        let at = args.int(name)?.unwrap_or(default);
        axis(at, ndim).map_err(|e| Error { text: format!("{name}: {}", e.text), ..e })
    };
    let (one, two) = (of("axis1", 0)?, of("axis2", 1)?);
    if one == two {
        return Err(Error::value("axis1 and axis2 cannot be the same"));
    }
    Ok(Value::Array(nd.viewed(move |a| diagonal_of(a, k, one, two))?.locked()))
}

fn ix(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("args").sequence().unwrap_or_default();
    let n = given.len();
    let mut out = Vec::new();
    for (k, value) in given.iter().enumerate() {
        let mut array = as_array(value, cx)?;
        if array.ndim() != 1 {
            return Err(Error::value("Cross index must be 1 dimensional"));
        }
        if array.is_empty() && !matches!(value, Value::Array(_)) {
            array = cast(&array, &DType::Int64)?;
        }
        if *array.dtype() == DType::Bool {
            array = select::flat_positions(&array, cx)?;
        }
        let mut shape = vec![1; n];
        shape[k] = array.len();
        out.push(Value::array(reshape(&array, shape)));
    }
    Ok(Value::tuple(out))
}
