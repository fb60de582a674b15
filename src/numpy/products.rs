//! Products of vectors and matrices: dot, matmul and their kin.

use super::args::Args;
use super::calls::{give, moved, no_loop, op};
use super::registry::Function;
use super::value::Value;
use crate::array::block::count;
use crate::array::cast::cast;
use crate::array::dtype::tuple;
use crate::array::product::product;
use crate::array::promote::{class_name, promote};
use crate::array::reshape::reshape;
use crate::array::time::TimeUnit;
use crate::array::view::{broadcast_shapes, broadcast_to};
use crate::array::{Array, Context, DType, Error, Result};

const SECTION: &str = "Linear algebra";
const GUFUNC: &str = "x1, x2, /, out=None, *, casting='same_kind', order='K', dtype=None, \
                      subok=True, signature=None";

macro_rules! entries {
    ($($names:expr, $params:expr, $help:expr, $kinds:expr, $run:expr;)*) => {
        /// The functions of this file.
        pub static FUNCTIONS: &[Function] = &[$(
            Function {
                names: &$names,
                params: $params,
                help: $help,
                section: SECTION,
                kinds: $kinds,
                run: $run,
                ufunc: None,
            },
        )*];
    };
}

entries! {
    ["dot"], "a, b, out=None", "Product of two arrays: sums over the last axis of the first and \
        the one before the last of the second.", "biufcm", dot;
    ["matmul", "linalg.matmul"], GUFUNC, "Product of two matrices, or of stacks of them (`@`).",
        "biufc", |args, cx| gufunc(args, &MATMUL, cx);
    ["vecdot"], GUFUNC, "Products of vectors along the last axis, the first conjugated.", "biufc",
        |args, cx| gufunc(args, &VECDOT, cx);
    ["matvec"], GUFUNC, "Products of matrices and vectors.", "biufc",
        |args, cx| gufunc(args, &MATVEC, cx);
    ["vecmat"], GUFUNC, "Products of vectors, conjugated, and matrices.", "biufc",
        |args, cx| gufunc(args, &VECMAT, cx);
    ["linalg.vecdot"], "x1, x2, /, *, axis=-1",
        "Products of vectors along an axis, the first conjugated.", "biufc", vecdot_along;
    ["vdot"], "a, b, /", "Product of two arrays as vectors, the first conjugated.", "biufcm", vdot;
    ["inner"], "a, b, /", "Sums of products over the last axis of both arrays.", "biufcm", inner;
    ["outer"], "a, b, out=None", "Products of each element of one with each of the other.",
        "biufcm", outer;
    ["linalg.outer"], "x1, x2, /", "Products of each element of one vector with each of the other.",
        "biufcm", linalg_outer;
    ["tensordot", "linalg.tensordot"], "a, b, axes=2", "Sums of products over the given axes.",
        "biufcm", tensordot;
}

/// The common dtype of two factors, as `dot` finds it.
///
/// # Errors
/// ValueError and TypeError for what has no products.
pub fn common(a: &Array, b: &Array) -> Result<DType> {
    let text = |d: &DType| d.is_string() || matches!(d, DType::Void(_));
    if text(a.dtype()) || text(b.dtype()) {
        return Err(Error::value("data type must provide an itemsize"));
    }
    for d in [a.dtype(), b.dtype()] {
        match d {
            DType::Datetime(_) => return Err(Error::value("dot not available for this type")),
            DType::Object => return Err(Error::not_implemented("products of object arrays")),
            DType::Struct(_) => {
                return Err(Error::type_error(
                    "can't multiply sequence by non-int of type 'tuple'",
                ));
            }
            _ => {}
        }
    }
    let dtype = promote(a.dtype(), b.dtype())?;
    Ok(if dtype.is_time() { DType::Timedelta(TimeUnit::GENERIC) } else { dtype })
}

fn joined(a: &Array, b: &Array) -> Result<(Array, Array)> {
    let dtype = common(a, b)?;
    // times are multiplied as the numbers that they are
    let number = |x: &Array| -> Result<Array> {
        if dtype.is_time() { cast(&cast(x, &DType::Int64)?, &dtype) } else { cast(x, &dtype) }
    };
    Ok((number(a)?, number(b)?))
}

fn not_aligned(a: &Array, i: usize, b: &Array, j: usize) -> Error {
    let spaceless = |s: &[usize]| tuple(s).replace(", ", ",");
    Error::value(format!(
        "shapes {} and {} not aligned: {} (dim {i}) != {} (dim {j})",
        spaceless(a.shape()),
        spaceless(b.shape()),
        a.shape()[i],
        b.shape()[j]
    ))
}

/// The sums of products over axis `i` of `a` and axis `j` of `b`: the other axes of `a`, then
/// those of `b`.
fn contract(a: &Array, i: usize, b: &Array, j: usize) -> Array {
    let k = a.shape()[i];
    let left = moved(a, i, a.ndim() - 1);
    let right = moved(b, j, 0);
    let mut shape = left.shape()[..left.ndim() - 1].to_vec();
    let m = count(&shape);
    let rest = &right.shape()[1..];
    let n = count(rest);
    shape.extend(rest);
    let found = product(&reshape(&left, vec![m, k]), &reshape(&right, vec![k, n]));
    reshape(&found, shape)
}

/// `np.dot` of two arrays.
///
/// # Errors
/// ValueError for shapes that don't fit; as [`common`].
pub fn dot_of(a: &Array, b: &Array, cx: &Context) -> Result<Array> {
    let (a, b) = joined(a, b)?;
    if a.ndim() == 0 || b.ndim() == 0 {
        return op("multiply", &[&a, &b], cx);
    }
    let (i, j) = (a.ndim() - 1, b.ndim().saturating_sub(2));
    if a.shape()[i] != b.shape()[j] {
        return Err(not_aligned(&a, i, &b, j));
    }
    Ok(contract(&a, i, &b, j))
}

fn dot(args: &Args, cx: &Context) -> Result<Value> {
    let found = dot_of(&args.array("a", cx)?, &args.array("b", cx)?, cx)?;
    if let Some(out) = args.out("out")? {
        let target = out.array()?;
        if target.shape() != found.shape() || target.dtype() != found.dtype() {
            return Err(Error::value(
                "output array is not acceptable (must have the right datatype, number of \
                 dimensions, and be a C-Array)",
            ));
        }
        return give(&found, Some(out), cx);
    }
    Ok(Value::result(found))
}

/// A generalised ufunc on vectors and matrices.
struct Gufunc {
    name: &'static str,
    signature: &'static str,
    /// Axes that each operand must have at least.
    least: [usize; 2],
    /// How many of an operand's last axes are a vector's or a matrix's.
    core: [usize; 2],
    conjugate: bool,
}

static MATMUL: Gufunc = Gufunc {
    name: "matmul",
    signature: "(n?,k),(k,m?)->(n?,m?)",
    least: [1, 1],
    core: [2, 2],
    conjugate: false,
};
static VECDOT: Gufunc = Gufunc {
    name: "vecdot",
    signature: "(n),(n)->()",
    least: [1, 1],
    core: [1, 1],
    conjugate: true,
};
static MATVEC: Gufunc = Gufunc {
    name: "matvec",
    signature: "(m,n),(n)->(m)",
    least: [2, 1],
    core: [2, 1],
    conjugate: false,
};
static VECMAT: Gufunc = Gufunc {
    name: "vecmat",
    signature: "(n),(n,m)->(m)",
    least: [1, 2],
    core: [1, 2],
    conjugate: true,
};

fn gufunc(args: &Args, g: &Gufunc, cx: &Context) -> Result<Value> {
    let (a, b) = (args.array("x1", cx)?, args.array("x2", cx)?);
    let found = multiply(g, &a, &b, args.dtype("dtype")?, cx)?;
    give(&found, args.out("out")?, cx)
}

/// `np.matmul` of two arrays.
///
/// # Errors
/// ValueError for shapes that don't fit; UFuncTypeError for elements that are no numbers.
pub fn matmul_of(a: &Array, b: &Array, cx: &Context) -> Result<Array> {
    multiply(&MATMUL, a, b, None, cx)
}

fn multiply(g: &Gufunc, a: &Array, b: &Array, dtype: Option<DType>, cx: &Context) -> Result<Array> {
    for (i, x) in [a, b].into_iter().enumerate() {
        if x.ndim() < g.least[i] {
            return Err(Error::value(format!(
                "{}: Input operand {i} does not have enough dimensions (has {}, gufunc core with \
                 signature {} requires {})",
                g.name,
                x.ndim(),
                g.signature,
                g.least[i]
            )));
        }
    }
    let number = |d: &DType| d.is_number() || *d == DType::Bool;
    if !number(a.dtype()) || !number(b.dtype()) {
        if a.dtype().is_time() || b.dtype().is_time() {
            let class = |x: &Array| format!("<class 'numpy.dtypes.{}'>", class_name(x.dtype()));
            return Err(Error::new(
                crate::array::error::Kind::UFuncTypeError,
                format!(
                    "ufunc '{}' did not contain a loop with signature matching types ({}, {}) -> \
                     None",
                    g.name,
                    class(a),
                    class(b)
                ),
            ));
        }
        return Err(no_loop(g.name, &[a.dtype(), b.dtype()]));
    }
    let dtype = match dtype {
        Some(d) => d,
        None => promote(a.dtype(), b.dtype())?,
    };
    let (mut a, b) = (cast(a, &dtype)?, cast(b, &dtype)?);
    if g.conjugate && dtype.is_complex() {
        a = op("conjugate", &[&a], cx)?;
    }
    // vectors as matrices of one row or column, whose axis goes away again
    let vector_a = g.core[0] == 1 || a.ndim() == 1;
    let vector_b = g.core[1] == 1 || b.ndim() == 1;
    let (na, nb) = (a.ndim(), b.ndim());
    let k = a.shape()[na - 1];
    let at_b = if vector_b { nb - 1 } else { nb - 2 };
    if b.shape()[at_b] != k {
        return Err(Error::value(format!(
            "{}: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature {} \
             (size {} is different from {k})",
            g.name,
            g.signature,
            b.shape()[at_b]
        )));
    }
    let mut left = a.shape().to_vec();
    if vector_a {
        left.insert(na - 1, 1);
    }
    let mut right = b.shape().to_vec();
    if vector_b {
        right.push(1);
    }
    let (a, b) = (reshape(&a, left), reshape(&b, right));
    let (batch_a, core_a) = a.shape().split_at(a.ndim() - 2);
    let (batch_b, core_b) = b.shape().split_at(b.ndim() - 2);
    let (m, n) = (core_a[0], core_b[1]);
    let batch = broadcast_shapes(&[batch_a, batch_b]).map_err(|_| {
        let remapped = |shape: &[usize], batch: &[usize]| {
            let mut parts: Vec<String> = batch.iter().map(ToString::to_string).collect();
            parts.extend(["newaxis".to_string(), "newaxis".to_string()]);
            format!("{}->({})", tuple(shape).replace(", ", ","), parts.join(","))
        };
        Error::value(format!(
            "operands could not be broadcast together with remapped shapes [original->remapped]: \
             {} {}  and requested shape ({m},{n})",
            remapped(a.shape(), batch_a),
            remapped(b.shape(), batch_b)
        ))
    })?;
    let spread = |x: &Array, core: &[usize]| {
        let mut shape = batch.clone();
        shape.extend(core);
        broadcast_to(x, &shape)
    };
    let found = product(&spread(&a, core_a)?, &spread(&b, core_b)?);
    let mut shape = batch.clone();
    if !vector_a {
        shape.push(m);
    }
    if !vector_b {
        shape.push(n);
    }
    Ok(reshape(&found, shape))
}

fn vecdot_along(args: &Args, cx: &Context) -> Result<Value> {
    let last = |name: &str| -> Result<Array> {
        let x = args.array(name, cx)?;
        let axis = args.axis("axis", x.ndim())?.unwrap_or(x.ndim().saturating_sub(1));
        Ok(if x.ndim() == 0 { x } else { moved(&x, axis, x.ndim() - 1) })
    };
    Ok(Value::result(multiply(&VECDOT, &last("x1")?, &last("x2")?, None, cx)?))
}

fn vdot(args: &Args, cx: &Context) -> Result<Value> {
    let (a, b) = (args.array("a", cx)?, args.array("b", cx)?);
    let (mut a, b) = joined(&a, &b)?;
    if a.len() != b.len() {
        return Err(Error::value(format!(
            "cannot reshape array of size {} into shape {}",
            b.len(),
            tuple(a.shape()).replace(", ", ",")
        )));
    }
    if a.dtype().is_complex() {
        a = op("conjugate", &[&a], cx)?;
    }
    let n = a.len();
    Ok(Value::result(contract(&reshape(&a, vec![n]), 0, &reshape(&b, vec![n]), 0)))
}

fn inner(args: &Args, cx: &Context) -> Result<Value> {
    let (a, b) = joined(&args.array("a", cx)?, &args.array("b", cx)?)?;
    if a.ndim() == 0 || b.ndim() == 0 {
        return Ok(Value::array(op("multiply", &[&a, &b], cx)?));
    }
    let (i, j) = (a.ndim() - 1, b.ndim() - 1);
    if a.shape()[i] != b.shape()[j] {
        return Err(not_aligned(&a, i, &b, j));
    }
    Ok(Value::result(contract(&a, i, &b, j)))
}

fn outer_of(a: &Array, b: &Array, cx: &Context) -> Result<Array> {
    let (m, n) = (a.len(), b.len());
    op("multiply", &[&reshape(a, vec![m, 1]), &reshape(b, vec![1, n])], cx)
}

fn outer(args: &Args, cx: &Context) -> Result<Value> {
    let found = outer_of(&args.array("a", cx)?, &args.array("b", cx)?, cx)?;
    give(&found, args.out("out")?, cx)
}

fn linalg_outer(args: &Args, cx: &Context) -> Result<Value> {
    let (a, b) = (args.array("x1", cx)?, args.array("x2", cx)?);
    if a.ndim() != 1 || b.ndim() != 1 {
        return Err(Error::value(format!(
            "Input arrays must be one-dimensional, but they are x1.ndim={} and x2.ndim={}.",
            a.ndim(),
            b.ndim()
        )));
    }
    Ok(Value::array(outer_of(&a, &b, cx)?))
}

fn tensordot(args: &Args, cx: &Context) -> Result<Value> {
    let (a, b) = (args.array("a", cx)?, args.array("b", cx)?);
    let axes = args.get("axes").cloned().unwrap_or(Value::int(2));
    let whole = |v: &Value| -> Result<Vec<i64>> {
        match v.sequence() {
            Some(items) => items.iter().map(Value::index).collect(),
            None => Ok(vec![v.index()?]),
        }
    };
    let (left, right) = match axes.sequence() {
        Some(pair) if pair.len() == 2 => (whole(&pair[0])?, whole(&pair[1])?),
        Some(pair) => {
            return Err(Error::value(match pair.len() {
                0 | 1 => format!("not enough values to unpack (expected 2, got {})", pair.len()),
                _ => "too many values to unpack (expected 2)".to_string(),
            }));
        }
        None => {
            let n = axes.index()?;
            ((-n..0).collect(), (0..n).collect())
        }
    };
    let mismatch = || Error::value("shape-mismatch for sum");
    let counted = |list: &[i64], x: &Array| -> Result<Vec<usize>> {
        list.iter()
            .map(|&i| {
                super::args::axis(i, x.ndim()).map_err(|_| Error::index("tuple index out of range"))
            })
            .collect()
    };
    if left.len() != right.len() {
        return Err(mismatch());
    }
    let (left, right) = (counted(&left, &a)?, counted(&right, &b)?);
    if left.iter().zip(&right).any(|(&i, &j)| a.shape()[i] != b.shape()[j]) {
        return Err(mismatch());
    }
    let (a, b) = joined(&a, &b)?;
    let rest = |x: &Array, list: &[usize]| -> Vec<usize> {
        (0..x.ndim()).filter(|i| !list.contains(i)).collect()
    };
    let (rest_a, rest_b) = (rest(&a, &left), rest(&b, &right));
    let sizes =
        |x: &Array, list: &[usize]| -> Vec<usize> { list.iter().map(|&i| x.shape()[i]).collect() };
    let mut shape = sizes(&a, &rest_a);
    let (m, k) = (count(&shape), count(&sizes(&a, &left)));
    let others = sizes(&b, &rest_b);
    let n = count(&others);
    shape.extend(others);
    let order_a: Vec<usize> = rest_a.iter().chain(&left).copied().collect();
    let order_b: Vec<usize> = right.iter().chain(&rest_b).copied().collect();
    if order_a.len() != a.ndim() || order_b.len() != b.ndim() {
        return Err(Error::value("repeated axis in transpose"));
    }
    let a = reshape(&crate::array::view::transpose(&a, &order_a), vec![m, k]);
    let b = reshape(&crate::array::view::transpose(&b, &order_b), vec![k, n]);
    Ok(Value::array(reshape(&product(&a, &b), shape)))
}
