//! Norms of vectors and matrices.

use num_complex::Complex;

use super::args::Args;
use super::calls::{axis_tuple, call_with, give, moved, op, op_values, reduced, value, with_kept};
use super::convert::as_array;
use super::registry::Function;
use super::value::Value;
use crate::array::block::{Block, count};
use crate::array::cast::cast;
use crate::array::deferred::Deferred;
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::view::transpose;
use crate::array::{Array, Context, DType, Error, Result};

const SECTION: &str = "Linear algebra";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["linalg.norm"],
        params: "x, ord=None, axis=None, keepdims=False",
        help: "Norm of vectors or matrices.",
        section: SECTION,
        kinds: "biufc",
        run: norm,
        ufunc: None,
    },
    Function {
        names: &["linalg.vector_norm"],
        params: "x, /, *, axis=None, keepdims=False, ord=2",
        help: "Norm of vectors.",
        section: SECTION,
        kinds: "biufc",
        run: vector_norm,
        ufunc: None,
    },
    Function {
        names: &["linalg.matrix_norm"],
        params: "x, /, *, keepdims=False, ord='fro'",
        help: "Norm of matrices in the last two axes.",
        section: SECTION,
        kinds: "biufc",
        run: matrix_norm,
        ufunc: None,
    },
];

/// Which norm.
#[derive(Debug, Clone, PartialEq)]
enum Ord {
    Usual,
    Number(f64),
    Named(String),
}

fn order(v: Option<&Value>) -> Result<Ord> {
    Ok(match v {
        None | Some(Value::None) => Ord::Usual,
        Some(v) => match v.as_str() {
            Some(text) => Ord::Named(text),
            None => Ord::Number(v.float()?),
        },
    })
}

fn inexact(x: Array) -> Result<Array> {
    if x.dtype().is_inexact() || *x.dtype() == DType::Object {
        return Ok(x);
    }
    match x.dtype() {
        // times become the numbers that they are counted in
        d if d.is_time() => cast(&cast(&x, &DType::Int64)?, &DType::Float64),
        _ => cast(&x, &DType::Float64),
    }
}

/// The square root of the sum of all squares of real and imaginary parts.
fn length(x: &Array, axes: Option<&[usize]>, keepdims: bool, cx: &Context) -> Result<Array> {
    let dtype = x.dtype().real();
    let squares = |x: &Array| op("multiply", &[x, x], cx);
    // halves are summed as singles
    let half = dtype == DType::Float16;
    let wide = if half { cast(x, &DType::Float32)? } else { x.clone() };
    let sum = if wide.dtype().is_complex() {
        let size = dtype.size();
        let (re, im) =
            (super::nd::part(&wide, 0, &dtype, &[]), super::nd::part(&wide, size, &dtype, &[]));
        op("add", &[&squares(&re)?, &squares(&im)?], cx)?
    } else {
        squares(&wide)?
    };
    let sum = reduced("sum", &sum, axes, keepdims, cx)?;
    op("sqrt", &[&cast(&sum, &dtype)?], cx)
}

fn norm(args: &Args, cx: &Context) -> Result<Value> {
    let x = inexact(args.array("x", cx)?)?;
    let ord = order(args.get("ord"))?;
    let keepdims = args.flag("keepdims")?;
    let nd = x.ndim();
    let axes = match args.some("axis") {
        None => {
            let whole = match &ord {
                Ord::Usual => true,
                Ord::Named(name) => matches!(name.as_str(), "f" | "fro") && nd == 2,
                Ord::Number(n) => *n == 2.0 && nd == 1,
            };
            if whole {
                return Ok(Value::result(length(&x, None, keepdims, cx)?));
            }
            (0..nd).collect()
        }
        Some(Value::Tuple(t)) => {
            let axes: Vec<usize> =
                t.iter().map(|v| super::args::axis(v.index()?, nd)).collect::<Result<_>>()?;
            if axes.len() == 2 && axes[0] == axes[1] {
                return Err(Error::value("Duplicate axes given."));
            }
            axes
        }
        Some(v) => {
            let one = v.index().map_err(|_| {
                Error::type_error("'axis' must be None, an integer or a tuple of integers")
            })?;
            vec![super::args::axis(one, nd)?]
        }
    };
    Ok(Value::result(match axes.as_slice() {
        [axis] => along(&x, *axis, &ord, keepdims, cx)?,
        [row, column] => matrices(&x, *row, *column, &ord, keepdims, cx)?,
        _ => return Err(Error::value("Improper number of dimensions to norm.")),
    }))
}

/// Norms of vectors along an axis.
fn along(x: &Array, axis: usize, ord: &Ord, keepdims: bool, cx: &Context) -> Result<Array> {
    let axes = [axis];
    let absolute = || op("absolute", &[x], cx);
    let extreme = |name: &str, initial: Option<Value>| -> Result<Array> {
        let mut names = vec![("axis", Value::int(axis)), ("keepdims", Value::Bool(keepdims))];
        names.extend(initial.map(|v| ("initial", v)));
        as_array(&call_with(name, vec![value(&absolute()?)], &names, cx)?, cx)
    };
    match ord {
        Ord::Number(n) if *n == f64::INFINITY => extreme("max", Some(Value::int(0))),
        Ord::Number(n) if *n == f64::NEG_INFINITY => extreme("min", None),
        Ord::Number(0.0) => {
            let some = op_values("not_equal", vec![value(x), Value::int(0)], cx)?;
            reduced("sum", &cast(&some, &x.dtype().real())?, Some(&axes), keepdims, cx)
        }
        Ord::Number(1.0) => reduced("sum", &absolute()?, Some(&axes), keepdims, cx),
        Ord::Usual => squared(x, &axes, keepdims, cx),
        Ord::Number(2.0) => squared(x, &axes, keepdims, cx),
        Ord::Named(name) => Err(Error::value(format!("Invalid norm order '{name}' for vectors"))),
        Ord::Number(n) => {
            let powers = op_values("power", vec![value(&absolute()?), Value::Float(*n)], cx)?;
            let sum = reduced("sum", &powers, Some(&axes), keepdims, cx)?;
            let root = op(
                "reciprocal",
                &[&cast(&super::nd::number(DType::Float64, *n), sum.dtype())?],
                cx,
            )?;
            op("power", &[&sum, &root], cx)
        }
    }
}

/// Roots of sums of squares, each square and sum rounded to the dtype.
fn squared(x: &Array, axes: &[usize], keepdims: bool, cx: &Context) -> Result<Array> {
    let square = match x.dtype().is_complex() {
        false => op("multiply", &[x, x], cx)?,
        true => {
            let product = op("multiply", &[&op("conjugate", &[x], cx)?, x], cx)?;
            super::nd::part(&product, 0, &x.dtype().real(), &[])
        }
    };
    op("sqrt", &[&reduced("sum", &square, Some(axes), keepdims, cx)?], cx)
}

/// Norms of matrices along two axes.
fn matrices(
    x: &Array,
    row: usize,
    column: usize,
    ord: &Ord,
    keepdims: bool,
    cx: &Context,
) -> Result<Array> {
    let sums = |summed: usize, extreme: &str| -> Result<Array> {
        let other = if summed == row { column } else { row };
        let sums = reduced("sum", &op("absolute", &[x], cx)?, Some(&[summed]), false, cx)?;
        let axis = if other > summed { other - 1 } else { other };
        let mut names = vec![("axis", Value::int(axis))];
        if extreme == "max" {
            names.push(("initial", Value::int(0)));
        }
        as_array(&call_with(extreme, vec![value(&sums)], &names, cx)?, cx)
    };
    let singular = |of: &str| -> Result<Array> {
        let mut order: Vec<usize> = (0..x.ndim()).filter(|a| *a != row && *a != column).collect();
        order.extend([row, column]);
        let values = singular_values(&transpose(x, &order))?;
        let axis = values.ndim() - 1;
        let mut names = vec![("axis", Value::int(axis))];
        if of == "max" {
            names.push(("initial", Value::int(0)));
        }
        as_array(&call_with(of, vec![value(&values)], &names, cx)?, cx)
    };
    let found = match ord {
        Ord::Number(2.0) => singular("max")?,
        Ord::Number(-2.0) => singular("min")?,
        Ord::Number(1.0) => sums(row, "max")?,
        Ord::Number(-1.0) => sums(row, "min")?,
        Ord::Number(n) if *n == f64::INFINITY => sums(column, "max")?,
        Ord::Number(n) if *n == f64::NEG_INFINITY => sums(column, "min")?,
        Ord::Usual => squared(x, &[row, column], false, cx)?,
        Ord::Named(name) if name == "fro" || name == "f" => squared(x, &[row, column], false, cx)?,
        Ord::Named(name) if name == "nuc" => singular("sum")?,
        _ => return Err(Error::value("Invalid norm order for matrices.")),
    };
    if !keepdims {
        return Ok(found);
    }
    let marks: Vec<bool> = (0..x.ndim()).map(|a| a == row || a == column).collect();
    Ok(with_kept(&found, 0, &marks))
}

fn matrix_norm(args: &Args, cx: &Context) -> Result<Value> {
    let x = inexact(args.array("x", cx)?)?;
    let (row, column) = (super::args::axis(-2, x.ndim())?, super::args::axis(-1, x.ndim())?);
    let ord = args.get("ord").map_or(Ok(Ord::Named("fro".into())), |v| order(Some(v)))?;
    let found = matrices(&x, row, column, &ord, args.flag("keepdims")?, cx)?;
    give(&found, None, cx)
}

fn vector_norm(args: &Args, cx: &Context) -> Result<Value> {
    let x = inexact(args.array("x", cx)?)?;
    let ord = args.get("ord").map_or(Ok(Ord::Number(2.0)), |v| order(Some(v)))?;
    let axes = match args.some("axis") {
        Some(v) => axis_tuple(v, x.ndim())?,
        None => (0..x.ndim()).collect(),
    };
    // the axes of the vectors as one, in front
    let rest: Vec<usize> = (0..x.ndim()).filter(|a| !axes.contains(a)).collect();
    let mut shape: Vec<usize> = vec![axes.iter().map(|&a| x.shape()[a]).product()];
    shape.extend(rest.iter().map(|&a| x.shape()[a]));
    let vectors = match axes.as_slice() {
        [one] => moved(&x, *one, 0),
        _ => {
            let order: Vec<usize> = axes.iter().chain(&rest).copied().collect();
            reshape(&transpose(&x, &order), shape)
        }
    };
    let found = along(&vectors, 0, &ord, false, cx)?;
    let marks: Vec<bool> = (0..x.ndim()).map(|a| axes.contains(&a)).collect();
    Ok(Value::result(match args.flag("keepdims")? {
        true => with_kept(&found, 0, &marks),
        false => found,
    }))
}

/// The singular values of matrices in the last two axes, in memory, one matrix at a time.
///
/// # Errors
/// LinAlgError for dtypes that have none.
fn singular_values(x: &Array) -> Result<Array> {
    let n = x.ndim();
    let (rows, columns) = (x.shape()[n - 2], x.shape()[n - 1]);
    let least = rows.min(columns);
    let mut shape = x.shape()[..n - 2].to_vec();
    if *x.dtype() == DType::Float16 {
        return Err(Error::type_error("array type float16 is unsupported in linalg"));
    }
    let dtype = x.dtype().real();
    let outer = count(&shape);
    shape.push(least);
    let x = x.clone();
    let (d, s) = (dtype.clone(), shape.clone());
    Ok(Deferred::array(dtype, shape, vec![x.clone()], move |cx| {
        let mut found: Vec<f64> = Vec::new();
        let flat = reshape(&x, vec![outer, rows, columns]);
        let flat = cast(&flat, &DType::Complex128)?;
        for i in 0..outer {
            cx.check()?;
            let one = to_block(&super::calls::stretch(&flat, 0, i, 1), cx)?;
            found.extend(jacobi(one.typed(), rows, columns));
        }
        cast(&Array::of(Block::of(DType::Float64, s.clone(), &found)), &d)
    }))
}

/// Singular values, largest first, by turning pairs of columns until all stand at right angles.
fn jacobi(matrix: &[Complex<f64>], rows: usize, columns: usize) -> Vec<f64> {
    // as many columns as the shorter side has
    let tall = rows >= columns;
    let (m, n) = if tall { (rows, columns) } else { (columns, rows) };
    let mut a: Vec<Vec<Complex<f64>>> = (0..n)
        .map(|j| {
            (0..m)
                .map(|i| if tall { matrix[i * columns + j] } else { matrix[j * columns + i] })
                .collect()
        })
        .collect();
    for _ in 0..60 {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let (head, tail) = a.split_at_mut(q);
                let (x, y) = (&mut head[p], &mut tail[0]);
                let alpha: f64 = x.iter().map(|z| z.norm_sqr()).sum();
                let beta: f64 = y.iter().map(|z| z.norm_sqr()).sum();
                let gamma: Complex<f64> = x.iter().zip(y.iter()).map(|(a, b)| a.conj() * b).sum();
                let size = gamma.norm();
                // NaN turns nothing
                if size.is_nan() || size <= 1e-17 * (alpha * beta).sqrt() {
                    continue;
                }
                turned |= size > 1e-15 * (alpha * beta).sqrt();
                let phase = gamma / size;
                let zeta = (beta - alpha) / (2.0 * size);
                let t = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let c = 1.0 / (1.0 + t * t).sqrt();
                let s = c * t;
                for (u, v) in x.iter_mut().zip(y.iter_mut()) {
                    let w = *v * phase.conj();
                    (*u, *v) = (*u * c - w * s, *u * s + w * c);
                }
            }
        }
        if !turned {
            break;
        }
    }
    let mut values: Vec<f64> =
        a.iter().map(|x| x.iter().map(|z| z.norm_sqr()).sum::<f64>().sqrt()).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_values_of_small_matrices() {
        let m: Vec<Complex<f64>> = (1..=6).map(|x| Complex::new(f64::from(x), 0.0)).collect();
        // numpy.linalg.svd(numpy.arange(1., 7.).reshape(2, 3), compute_uv=False)
        let s = jacobi(&m, 2, 3);
        assert!((s[0] - 9.508032000695726).abs() < 1e-14);
        assert!((s[1] - 0.7728696356734838).abs() < 1e-14);
    }
}
