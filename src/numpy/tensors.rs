//! Kronecker and cross products, and traces.

use std::any::Any;

use super::args::Args;
use super::calls::{at, call_with, give, moved, op, value};
use super::registry::Function;
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::lazy::{Array, Source, Span, extent, whole};
use crate::array::promote::promote;
use crate::array::reshape::reshape;
use crate::array::run::put;
use crate::array::view::transpose;
use crate::array::{Context, Error, Result};

const SECTION: &str = "Linear algebra";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["kron"],
        params: "a, b",
        help: "Kronecker product: the second array, scaled by each element of the first.",
        section: SECTION,
        kinds: "biufcm",
        run: kron,
        ufunc: None,
    },
    Function {
        names: &["cross"],
        params: "a, b, axisa=-1, axisb=-1, axisc=-1, axis=None",
        help: "Cross products of vectors.",
        section: SECTION,
        kinds: "iufc",
        run: cross,
        ufunc: None,
    },
    Function {
        names: &["linalg.cross"],
        params: "x1, x2, /, *, axis=-1",
        help: "Cross products of vectors of three elements.",
        section: SECTION,
        kinds: "iufc",
        run: linalg_cross,
        ufunc: None,
    },
    Function {
        names: &["trace"],
        params: "a, offset=0, axis1=0, axis2=1, dtype=None, out=None",
        help: "Sum along a diagonal.",
        section: SECTION,
        kinds: "biufcm",
        run: trace,
        ufunc: None,
    },
    Function {
        names: &["linalg.trace"],
        params: "x, /, *, offset=0, dtype=None",
        help: "Sum along a diagonal of the last two axes.",
        section: SECTION,
        kinds: "biufcm",
        run: linalg_trace,
        ufunc: None,
    },
];

fn kron(args: &Args, cx: &Context) -> Result<Value> {
    let (a, b) = (args.array("a", cx)?, args.array("b", cx)?);
    let n = a.ndim().max(b.ndim());
    if b.ndim() == 0 || n == 0 || a.ndim() == 0 && b.ndim() == 0 {
        return Ok(Value::result(op("multiply", &[&a, &b], cx)?));
    }
    let padded = |x: &Array| -> Vec<usize> {
        let mut shape = vec![1; n - x.ndim()];
        shape.extend(x.shape());
        shape
    };
    let (sa, sb) = (padded(&a), padded(&b));
    // each axis of the result is one of the first and one of the second, side by side
    let left = sa.iter().flat_map(|&k| [k, 1]).collect();
    let right = sb.iter().flat_map(|&k| [1, k]).collect();
    let both = op("multiply", &[&reshape(&a, left), &reshape(&b, right)], cx)?;
    let shape = sa.iter().zip(&sb).map(|(x, y)| x * y).collect();
    Ok(Value::array(reshape(&both, shape)))
}

fn prefixed(axis: Option<&Value>, ndim: usize, name: &str) -> Result<usize> {
    let axis = axis.map_or(Ok(-1), Value::index)?;
    super::args::axis(axis, ndim).map_err(|mut e| {
        e.text = format!("{name}: {}", e.text);
        e
    })
}

fn cross(args: &Args, cx: &Context) -> Result<Value> {
    let (a, b) = (args.array("a", cx)?, args.array("b", cx)?);
    if a.ndim() == 0 || b.ndim() == 0 {
        return Err(Error::value("At least one array has zero dimension"));
    }
    let all = args.some("axis");
    let axis_a = prefixed(all.or(args.get("axisa")), a.ndim(), "axisa")?;
    let axis_b = prefixed(all.or(args.get("axisb")), b.ndim(), "axisb")?;
    let a = moved(&a, axis_a, a.ndim() - 1);
    let b = moved(&b, axis_b, b.ndim() - 1);
    let found = cross_of(&a, &b, cx)?;
    let Some(found) = found.0 else { return Ok(Value::array(found.1)) };
    let axis_c = prefixed(all.or(args.get("axisc")), found.ndim(), "axisc")?;
    Ok(Value::array(moved(&found, found.ndim() - 1, axis_c)))
}

/// Cross products along the last axes: vectors, or their only component where both are plane.
fn cross_of(a: &Array, b: &Array, cx: &Context) -> Result<(Option<Array>, Array)> {
    let size = |x: &Array| x.shape()[x.ndim() - 1];
    let (na, nb) = (size(a), size(b));
    if !(2..=3).contains(&na) || !(2..=3).contains(&nb) {
        return Err(Error::value(
            "incompatible dimensions for cross product\n(dimension must be 2 or 3)",
        ));
    }
    if na == 2 || nb == 2 {
        cx.note(
            "DeprecationWarning: Arrays of 2-dimensional vectors are deprecated. Use arrays of \
             3-dimensional vectors instead. (deprecated in NumPy 2.0)",
        );
    }
    let dtype = promote(a.dtype(), b.dtype())?;
    let (a, b) = (cast(a, &dtype)?, cast(b, &dtype)?);
    let part = |x: &Array, i: usize| at(x, x.ndim() - 1, i);
    let times = |i: usize, j: usize| op("multiply", &[&part(&a, i), &part(&b, j)], cx);
    let minus = |x: Array, y: Array| op("subtract", &[&x, &y], cx);
    let last = minus(times(0, 1)?, times(1, 0)?)?;
    let (first, second) = match (na, nb) {
        (2, 2) => return Ok((None, last)),
        (3, 3) => (minus(times(1, 2)?, times(2, 1)?)?, minus(times(2, 0)?, times(0, 2)?)?),
        (2, _) => (times(1, 2)?, op("negative", &[&times(0, 2)?], cx)?),
        _ => (op("negative", &[&times(2, 1)?], cx)?, times(2, 0)?),
    };
    let parts = [first, second, last.clone()].map(|x| {
        let mut shape = x.shape().to_vec();
        shape.push(1);
        value(&reshape(&x, shape))
    });
    let names = [("axis", Value::int(-1))];
    let all = call_with("concatenate", vec![Value::tuple(parts.to_vec())], &names, cx)?;
    Ok((Some(super::convert::as_array(&all, cx)?), last))
}

fn linalg_cross(args: &Args, cx: &Context) -> Result<Value> {
    let (a, b) = (args.array("x1", cx)?, args.array("x2", cx)?);
    let axis = args.get("axis").map_or(Ok(-1), Value::index)?;
    let (i, j) = (super::args::axis(axis, a.ndim())?, super::args::axis(axis, b.ndim())?);
    if a.shape()[i] != 3 || b.shape()[j] != 3 {
        return Err(Error::value(format!(
            "Both input arrays must be (arrays of) 3-dimensional vectors, but they are {} and {} \
             dimensional instead.",
            a.shape()[i],
            b.shape()[j]
        )));
    }
    let found = cross_of(&moved(&a, i, a.ndim() - 1), &moved(&b, j, b.ndim() - 1), cx)?;
    let found = found.0.unwrap_or(found.1);
    let to = super::args::axis(axis, found.ndim())?;
    Ok(Value::array(moved(&found, found.ndim() - 1, to)))
}

fn trace(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.array("a", cx)?;
    let axis = |name: &str, default: i64| args.get(name).map_or(Ok(default), Value::index);
    let offset = axis("offset", 0)?;
    let axes = (axis("axis1", 0)?, axis("axis2", 1)?);
    let found = trace_of(&a, offset, axes, args.value("dtype"), cx)?;
    give(&found, args.out("out")?, cx)
}

fn linalg_trace(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.array("x", cx)?;
    let offset = args.get("offset").map_or(Ok(0), Value::index)?;
    Ok(Value::result(trace_of(&a, offset, (-2, -1), args.value("dtype"), cx)?))
}

fn trace_of(a: &Array, offset: i64, axes: (i64, i64), dtype: Value, cx: &Context) -> Result<Array> {
    if a.ndim() < 2 {
        return Err(Error::value("diag requires an array of at least two dimensions"));
    }
    let (i, j) = (super::args::axis(axes.0, a.ndim())?, super::args::axis(axes.1, a.ndim())?);
    if i == j {
        return Err(Error::value("axis1 and axis2 cannot be the same"));
    }
    let names = [("axis", Value::int(-1)), ("dtype", dtype)];
    let sums = call_with("sum", vec![value(&diagonal(a, offset, i, j))], &names, cx)?;
    super::convert::as_array(&sums, cx)
}

/// The elements of a diagonal of two axes, as the last axis.
pub fn diagonal(a: &Array, offset: i64, i: usize, j: usize) -> Array {
    let mut order: Vec<usize> = (0..a.ndim()).filter(|x| *x != i && *x != j).collect();
    order.extend([i, j]);
    let base = transpose(a, &order);
    let outer = base.ndim() - 2;
    let (rows, columns) = (base.shape()[outer], base.shape()[outer + 1]);
    let skip = offset.unsigned_abs() as usize;
    let (row, column) = if offset < 0 { (skip, 0) } else { (0, skip) };
    let n = rows.saturating_sub(row).min(columns.saturating_sub(column));
    let mut shape = base.shape()[..outer].to_vec();
    shape.push(n);
    Array::new(a.dtype().clone(), shape, Diagonal { base, row, column })
}

struct Diagonal {
    base: Array,
    row: usize,
    column: usize,
}

/// Squares along a diagonal that are read at once.
const SQUARE: usize = 64;

impl Source for Diagonal {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let outer = region.len() - 1;
        let span = region[outer];
        let mut out = Block::scratch(self.base.dtype().clone(), extent(region));
        let mut done = 0;
        while done < span.len {
            cx.check()?;
            let n = SQUARE.min(span.len - done);
            let some = Span { start: span.at(done), step: span.step, len: n };
            let mut wanted = region[..outer].to_vec();
            wanted.push(Span { start: self.row + some.start, ..some });
            wanted.push(Span { start: self.column + some.start, ..some });
            let block = self.base.read(&wanted, cx)?;
            let lanes = block.len() / (n * n);
            let mut part = Block::scratch(block.dtype().clone(), vec![lanes, n]);
            for lane in 0..lanes {
                for k in 0..n {
                    part.copy_run(lane * n + k, &block, lane * n * n + k * (n + 1), 1);
                }
            }
            let mut place = whole(&extent(region));
            place[outer] = Span::run(done, n);
            let shape = extent(&place);
            put(&mut out, &place, &part.reshaped(shape));
            done += n;
        }
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.base.clone()]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
