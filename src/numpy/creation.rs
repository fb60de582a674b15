//! Arrays of nothing but zeros, ones or one value; ones on a diagonal; triangles. All are
//! formulas: an array of any size costs nothing until it is looked at.

use super::args::{Args, shape};
use super::common::{ALL, Section, call_array, concrete, nd_arg, one, order};
use super::convert::as_array_of;
use super::manipulation_select::where_array;
use super::manipulation_take::diagonal_of;
use super::nd::{Class, Nd};
use super::registry::Function;
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::compose::concat;
use crate::array::generate::{constant, mask};
use crate::array::lazy::{Source, Span, extent};
use crate::array::promote::promote;
use crate::array::reshape::reshape;
use crate::array::view::broadcast_to;
use crate::array::{Array, Context, DType, Error, Item, Result};

/// NumPy's section.
pub const SECTION: Section = Section("Array creation routines");

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.entry(
        &["empty"],
        "shape, dtype=float, order='C', *, device=None, like=None",
        ALL,
        "A new array whose elements may be anything (here: zeros).",
        empty,
    ),
    SECTION.entry(
        &["zeros"],
        "shape, dtype=float, order='C', *, device=None, like=None",
        ALL,
        "A new array of zeros.",
        zeros,
    ),
    SECTION.entry(
        &["ones"],
        "shape, dtype=None, order='C', *, device=None, like=None",
        ALL,
        "A new array of ones.",
        ones,
    ),
    SECTION.entry(
        &["full"],
        "shape, fill_value, dtype=None, order='C', *, device=None, like=None",
        ALL,
        "A new array, all elements of which are the given value.",
        full,
    ),
    SECTION.entry(
        &["empty_like"],
        "prototype, /, dtype=None, order='K', subok=True, shape=None, *, device=None",
        ALL,
        "A new array with the shape and dtype of another, elements anything (here: zeros).",
        empty_like,
    ),
    SECTION.entry(
        &["zeros_like"],
        "a, dtype=None, order='K', subok=True, shape=None, *, device=None",
        ALL,
        "Zeros with the shape and dtype of another array.",
        zeros_like,
    ),
    SECTION.entry(
        &["ones_like"],
        "a, dtype=None, order='K', subok=True, shape=None, *, device=None",
        ALL,
        "Ones with the shape and dtype of another array.",
        ones_like,
    ),
    SECTION.entry(
        &["full_like"],
        "a, fill_value, dtype=None, order='K', subok=True, shape=None, *, device=None",
        ALL,
        "One value everywhere, with the shape and dtype of another array.",
        full_like,
    ),
    SECTION.entry(
        &["eye"],
        "N, M=None, k=0, dtype=float, order='C', *, device=None, like=None",
        "biufc",
        "Ones on the k-th diagonal, zeros elsewhere.",
        eye,
    ),
    SECTION.entry(
        &["identity"],
        "n, dtype=None, *, like=None",
        "biufc",
        "The identity matrix: ones on the main diagonal.",
        identity,
    ),
    SECTION.entry(
        &["diag"],
        "v, k=0",
        ALL,
        "The k-th diagonal of a matrix, or the matrix that has the given diagonal.",
        diag,
    ),
    SECTION.entry(
        &["diagflat"],
        "v, k=0",
        ALL,
        "The matrix whose k-th diagonal is the flattened input.",
        diagflat,
    ),
    SECTION.entry(
        &["tri"],
        "N, M=None, k=0, dtype=float, *, like=None",
        "biufc",
        "Ones at and below the k-th diagonal, zeros above.",
        tri,
    ),
    SECTION.entry(
        &["tril"],
        "m, k=0",
        ALL,
        "The lower triangle of an array: elements above the k-th diagonal are zeros.",
        |a, cx| triangle(a, cx, true),
    ),
    SECTION.entry(
        &["triu"],
        "m, k=0",
        ALL,
        "The upper triangle of an array: elements below the k-th diagonal are zeros.",
        |a, cx| triangle(a, cx, false),
    ),
    SECTION.entry(
        &["vander"],
        "x, N=None, increasing=False",
        "biufcO",
        "The Vandermonde matrix: columns are powers of the input.",
        vander,
    ),
];

/// All elements the same: what `value` is as this dtype.
///
/// # Errors
/// Those of the cast.
pub fn all_same(value: &Item, dtype: &DType, shape: Vec<usize>) -> Result<Array> {
    Ok(constant(one(value, dtype)?, shape))
}

/// All elements zero: what `np.zeros` has for the dtype.
pub fn all_zero(dtype: &DType, shape: Vec<usize>) -> Array {
    let block = match dtype {
        DType::Object => Block::of_items(Vec::new(), vec![Item::Int(0.into())]),
        d => Block::zeros(d.clone(), Vec::new()),
    };
    constant(block, shape)
}

fn new(args: &Args, cx: &Context, value: Option<i64>) -> Result<Value> {
    let shape = shape(&args.value("shape"), cx)?;
    order(args, 'C')?;
    device(args)?;
    let dtype = concrete(args.dtype("dtype")?.unwrap_or(DType::Float64));
    too_big(&shape, &dtype)?;
    Ok(Value::array(filled(value, &dtype, shape)?))
}

/// The device of an array is the processor.
///
/// # Errors
/// ValueError for another one.
pub fn device(args: &Args) -> Result<()> {
    match args.text("device")? {
        Some(d) if d != "cpu" => Err(Error::value(format!(
            "Device not understood. Only \"cpu\" is allowed, but received: {d}"
        ))),
        _ => Ok(()),
    }
}

fn too_big(shape: &[usize], dtype: &DType) -> Result<()> {
    let bytes = shape.iter().try_fold(dtype.size().max(1), |a, &n| a.checked_mul(n.max(1)));
    match bytes {
        Some(n) if n <= isize::MAX as usize => Ok(()),
        _ => Err(Error::value(
            "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum \
             possible size.",
        )),
    }
}

fn filled(value: Option<i64>, dtype: &DType, shape: Vec<usize>) -> Result<Array> {
    match value {
        Some(0) => Ok(all_zero(dtype, shape)),
        Some(n) => all_same(&Item::Int(n.into()), dtype, shape),
        None => Ok(constant(Block::zeros(dtype.clone(), Vec::new()), shape)),
    }
}

fn empty(args: &Args, cx: &Context) -> Result<Value> {
    new(args, cx, None)
}

fn zeros(args: &Args, cx: &Context) -> Result<Value> {
    new(args, cx, Some(0))
}

fn ones(args: &Args, cx: &Context) -> Result<Value> {
    new(args, cx, Some(1))
}

/// A value spread over a shape, as `np.full` writes it.
fn spread(value: &Array, shape: &[usize]) -> Result<Array> {
    broadcast_to(value, shape).map_err(|_| {
        let spaceless = |s: &[usize]| crate::array::dtype::tuple(s).replace(", ", ",");
        Error::value(format!(
            "could not broadcast input array from shape {} into shape {}",
            spaceless(value.shape()),
            spaceless(shape)
        ))
    })
}

/// A fill value as elements of a dtype; single values fill structures field by field.
fn fill_value(value: &Value, dtype: Option<&DType>, cx: &Context) -> Result<Array> {
    match (value, dtype) {
        (Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_), Some(d))
            if matches!(d, DType::Struct(_)) =>
        {
            Ok(Array::of(one(&super::value::to_item(value)?, d)?))
        }
        _ => as_array_of(value, dtype, cx),
    }
}

fn full(args: &Args, cx: &Context) -> Result<Value> {
    let shape = shape(&args.value("shape"), cx)?;
    order(args, 'C')?;
    let dtype = args.dtype("dtype")?.map(concrete);
    let value = fill_value(&args.value("fill_value"), dtype.as_ref(), cx)?;
    too_big(&shape, value.dtype())?;
    Ok(Value::array(spread(&value, &shape)?))
}

/// The dtype and shape that an array like another has, and its class.
fn like(args: &Args, name: &str, cx: &Context) -> Result<(DType, Vec<usize>, Class)> {
    let given = nd_arg(args, name, cx)?;
    order(args, 'K')?;
    let dtype = match args.dtype("dtype")? {
        Some(d) => concrete(d),
        None => given.dtype()?,
    };
    let out = match args.some("shape") {
        Some(s) => shape(s, cx)?,
        None => given.shape()?,
    };
    too_big(&out, &dtype)?;
    let class = match given.class() {
        Class::Scalar => Class::Array,
        other if args.get("subok").is_none() || args.flag("subok")? => other.clone(),
        _ => Class::Array,
    };
    Ok((dtype, out, class))
}

fn same_as(args: &Args, name: &str, value: Option<i64>, cx: &Context) -> Result<Value> {
    let (dtype, shape, class) = like(args, name, cx)?;
    Ok(Value::Array(Nd::new(filled(value, &dtype, shape)?).with_class(class)))
}

fn empty_like(args: &Args, cx: &Context) -> Result<Value> {
    same_as(args, "prototype", None, cx)
}

fn zeros_like(args: &Args, cx: &Context) -> Result<Value> {
    same_as(args, "a", Some(0), cx)
}

fn ones_like(args: &Args, cx: &Context) -> Result<Value> {
    same_as(args, "a", Some(1), cx)
}

fn full_like(args: &Args, cx: &Context) -> Result<Value> {
    let (dtype, shape, class) = like(args, "a", cx)?;
    let value = fill_value(&args.value("fill_value"), Some(&dtype), cx)?;
    Ok(Value::Array(Nd::new(spread(&value, &shape)?).with_class(class)))
}

/// A length as `operator.index` takes it.
fn length(value: &Value) -> Result<usize> {
    usize::try_from(value.index()?).map_err(|_| Error::value("negative dimensions are not allowed"))
}

/// Ones where a mask is true, zeros elsewhere.
fn indicator(mask: Array, dtype: &DType) -> Result<Array> {
    if dtype.is_number() {
        return cast(&mask, dtype);
    }
    where_array(&mask, &all_same(&Item::Int(1.into()), dtype, vec![])?, &all_zero(dtype, vec![]))
}

fn eye(args: &Args, cx: &Context) -> Result<Value> {
    let _ = cx;
    let n = length(&args.value("N"))?;
    let m = args.some("M").map_or(Ok(n), length)?;
    let k = args.int("k")?.unwrap_or(0);
    order(args, 'C')?;
    device(args)?;
    let dtype = concrete(args.dtype("dtype")?.unwrap_or(DType::Float64));
    too_big(&[n, m], &dtype)?;
    Ok(Value::array(indicator(mask(n, m, move |i, j| j - i == k), &dtype)?))
}

fn identity(args: &Args, _cx: &Context) -> Result<Value> {
    let n = length(&args.value("n"))?;
    let dtype = concrete(args.dtype("dtype")?.unwrap_or(DType::Float64));
    too_big(&[n, n], &dtype)?;
    Ok(Value::array(indicator(mask(n, n, |i, j| i == j), &dtype)?))
}

/// The matrix that has a diagonal.
fn with_diagonal(v: &Array, k: i64) -> Result<Array> {
    let away = usize::try_from(k.unsigned_abs()).unwrap_or(usize::MAX);
    let n = v
        .len()
        .checked_add(away)
        .filter(|n| *n < 1 << 31)
        .ok_or_else(|| Error::value("Maximum allowed dimension exceeded"))?;
    let zeros = all_zero(v.dtype(), vec![away]);
    // along the rows above the main diagonal, along the columns below
    let line = concat(&[v.clone(), zeros], 0, v.dtype())?;
    let line = reshape(&line, if k >= 0 { vec![n, 1] } else { vec![1, n] });
    where_array(&mask(n, n, move |i, j| j - i == k), &line, &all_zero(v.dtype(), vec![]))
}

fn diag(args: &Args, cx: &Context) -> Result<Value> {
    let v = nd_arg(args, "v", cx)?;
    let k = args.int("k")?.unwrap_or(0);
    match v.ndim()? {
        1 => Ok(Value::array(with_diagonal(&v.array()?, k)?)),
        2 => Ok(Value::Array(v.viewed(move |a| diagonal_of(a, k, 0, 1))?.locked())),
        _ => Err(Error::value("Input must be 1- or 2-d.")),
    }
}

fn diagflat(args: &Args, cx: &Context) -> Result<Value> {
    let v = nd_arg(args, "v", cx)?;
    let k = args.int("k")?.unwrap_or(0);
    let array = v.array()?;
    let class = match v.class() {
        Class::Matrix => Class::Matrix,
        _ => Class::Array,
    };
    let flat = reshape(&array, vec![array.len()]);
    Ok(Value::Array(Nd::new(with_diagonal(&flat, k)?).with_class(class)))
}

/// A number of rows as `np.arange` counts it.
fn rows(value: &Value) -> Result<usize> {
    match value {
        Value::Str(_) => {
            Err(Error::type_error("'<=' not supported between instances of 'str' and 'int'"))
        }
        v => Ok(v.float()?.ceil().max(0.0) as usize),
    }
}

/// True at and below a diagonal.
fn lower(n: usize, m: usize, k: f64) -> Array {
    // NumPy counts in whole numbers from -k, in steps that a fraction makes zero
    let first = (-k).trunc();
    let step = (1.0 - k).trunc() - first;
    mask(n, m, move |i, j| i as f64 >= first + j as f64 * step)
}

fn tri(args: &Args, _cx: &Context) -> Result<Value> {
    let n = rows(&args.value("N"))?;
    let m = args.some("M").map_or(Ok(n), rows)?;
    let k = args.float("k")?.unwrap_or(0.0);
    let dtype = concrete(args.dtype("dtype")?.unwrap_or(DType::Float64));
    too_big(&[n, m], &dtype)?;
    Ok(Value::array(cast(&lower(n, m, k), &dtype)?))
}

fn triangle(args: &Args, cx: &Context, below: bool) -> Result<Value> {
    let nd = nd_arg(args, "m", cx)?;
    let m = nd.array()?;
    let (rows, columns) = match m.shape() {
        [] => {
            return Err(Error::type_error("tri() missing 1 required positional argument: 'N'"));
        }
        [n] => (*n, *n),
        [.., a, b] => (*a, *b),
    };
    let k = args.float("k")?.unwrap_or(0.0);
    let zero = all_zero(m.dtype(), vec![1]);
    let out = match below {
        true => where_array(&lower(rows, columns, k), &m, &zero)?,
        false => where_array(&lower(rows, columns, k - 1.0), &zero, &m)?,
    };
    let class = match nd.class() {
        Class::Scalar => Class::Array,
        other => other.clone(),
    };
    Ok(Value::Array(Nd::new(out).with_class(class)))
}

/// Powers of a column.
struct Powers {
    x: Array,
    n: usize,
    increasing: bool,
}

impl Source for Powers {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let x = self.x.read(&region[..1], cx)?;
        let mut out = Block::scratch(self.x.dtype().clone(), extent(region));
        // by power, which columns have it
        let mut wanted: Vec<(usize, usize)> = (0..region[1].len)
            .map(|j| {
                let column = region[1].at(j);
                (if self.increasing { column } else { self.n - 1 - column }, j)
            })
            .collect();
        wanted.sort_unstable();
        let width = region[1].len;
        macro_rules! powers {
            ($T:ty, $one:expr, $times:expr) => {{
                let target: &mut [$T] = out.typed_mut();
                for (i, &x) in x.typed::<$T>().iter().enumerate() {
                    let (mut power, mut value) = (0, $one);
                    for &(p, j) in &wanted {
                        while power < p {
                            value = if power == 0 { x } else { $times(value, x) };
                            power += 1;
                        }
                        target[i * width + j] = value;
                    }
                }
            }};
        }
        type C = num_complex::Complex<f64>;
        match self.x.dtype() {
            DType::Int64 => powers!(i64, 1i64, i64::wrapping_mul),
            DType::Complex128 => powers!(C, C::new(1.0, 0.0), |a: C, b: C| a * b),
            _ => powers!(f64, 1.0f64, |a: f64, b: f64| a * b),
        }
        Ok(out)
    }

    fn inputs(&self) -> Vec<Array> {
        vec![self.x.clone()]
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn vander(args: &Args, cx: &Context) -> Result<Value> {
    let x = args.array("x", cx)?;
    if x.ndim() != 1 {
        return Err(Error::value("x must be a one-dimensional array or sequence."));
    }
    let n = args.some("N").map_or(Ok(x.len()), length)?;
    let increasing = args.flag("increasing")?;
    let dtype = promote(x.dtype(), &DType::Int64)?;
    let x = cast(&x, &dtype)?;
    let shape = vec![x.len(), n];
    if matches!(dtype, DType::Int64 | DType::Float64 | DType::Complex128) {
        return Ok(Value::array(Array::new(dtype, shape, Powers { x, n, increasing })));
    }
    if n > 2 && dtype != DType::Object {
        let d = crate::array::cast::described(&dtype);
        return Err(Error::type_error(format!(
            "ufunc 'multiply' did not contain a loop with signature matching types ({d}, {d}) -> \
             None"
        )));
    }
    let column = reshape(&x, vec![x.len(), 1]);
    let first = broadcast_to(&all_same(&Item::Int(1.into()), &dtype, vec![])?, column.shape())?;
    let mut columns = vec![first, column.clone()];
    while columns.len() < n {
        cx.check()?;
        let last = Value::array(columns[columns.len() - 1].clone());
        columns.push(call_array("multiply", vec![last, Value::array(column.clone())], vec![], cx)?);
    }
    columns.truncate(n);
    if !increasing {
        columns.reverse();
    }
    match columns.is_empty() {
        true => Ok(Value::array(all_zero(&dtype, shape))),
        false => Ok(Value::array(concat(&columns, 1, &dtype)?)),
    }
}
