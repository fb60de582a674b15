//! Shapes, axes and dimensions changed: views wherever NumPy gives views.

use super::args::{Args, axes, axis, shape};
use super::common::{ALL, Run, as_class, entry, integers, nd_arg, nd_of, order, viewed};
use super::convert::{as_array, as_array_of, as_operand, sized};
use super::manipulation_select::{refused, truth};
use super::nd::{Class, Nd};
use super::registry::Function;
use super::value::{Foreign, Value};
use crate::array::block::count;
use crate::array::cast::cast;
use crate::array::dtype::tuple;
use crate::array::error::Kind as ErrorKind;
use crate::array::promote::{Casting, can_cast};
use crate::array::reshape::reshape;
use crate::array::select;
use crate::array::view::{self, Part, slice, transpose};
use crate::array::{Array, Context, DType, Error, Result};
use parking_lot::Mutex;

/// NumPy's section.
pub const SECTION: &str = "Array manipulation routines";

const fn make(
    names: &'static [&'static str],
    params: &'static str,
    help: &'static str,
    run: Run,
) -> Function {
    entry(SECTION, names, params, ALL, help, run)
}

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    make(
        &["copyto"],
        "dst, src, casting='same_kind', where=True",
        "Copies values into an array, broadcast where necessary.",
        copyto,
    ),
    make(&["ndim"], "a", "How many axes an array has.", ndim),
    make(&["shape"], "a", "The shape of an array.", shape_of),
    make(
        &["size"],
        "a, axis=None",
        "How many elements an array has, or how many along an axis.",
        size,
    ),
    make(
        &["reshape"],
        "a, shape=None, order='C', *, newshape=None, copy=None",
        "The same elements under another shape.",
        reshape_,
    ),
    make(&["ravel"], "a, order='C'", "The elements along one axis.", ravel),
    make(&["moveaxis"], "a, source, destination", "Axes moved to other places.", moveaxis),
    make(
        &["rollaxis"],
        "a, axis, start=0",
        "An axis moved back until it stands before another.",
        rollaxis,
    ),
    make(&["swapaxes"], "a, axis1, axis2", "Two axes swapped.", swapaxes),
    make(
        &["transpose", "permute_dims"],
        "a, axes=None",
        "The axes reversed, or in the given order.",
        transpose_,
    ),
    make(
        &["matrix_transpose", "linalg.matrix_transpose"],
        "x, /",
        "The last two axes swapped.",
        matrix_transpose,
    ),
    make(&["atleast_1d"], "*arys", "Inputs as arrays of at least one axis.", |a, cx| {
        at_least(a, cx, 1)
    }),
    make(&["atleast_2d"], "*arys", "Inputs as arrays of at least two axes.", |a, cx| {
        at_least(a, cx, 2)
    }),
    make(&["atleast_3d"], "*arys", "Inputs as arrays of at least three axes.", |a, cx| {
        at_least(a, cx, 3)
    }),
    make(&["expand_dims"], "a, axis", "New axes of length one.", expand_dims),
    make(&["squeeze"], "a, axis=None", "Without axes of length one.", squeeze),
    make(
        &["broadcast"],
        "*args",
        "What arrays look like when they are broadcast together.",
        broadcast,
    ),
    make(
        &["broadcast_to"],
        "array, shape, subok=False",
        "An array seen with a larger shape; read-only.",
        broadcast_to,
    ),
    make(
        &["broadcast_arrays"],
        "*args, subok=False",
        "Arrays broadcast to one shape.",
        broadcast_arrays,
    ),
    make(&["broadcast_shapes"], "*args", "The shape that shapes broadcast to.", broadcast_shapes),
    make(&["asfarray"], "a, dtype=float", "The input as an array of floats.", asfarray),
    make(
        &["require"],
        "a, dtype=None, requirements=None, *, like=None",
        "The input as an array that has the required properties.",
        require,
    ),
];

/// A view of one axis of all the elements (`x.flat`); writing it writes the array.
///
/// # Errors
/// As viewing.
pub fn flat(nd: &Nd) -> Result<Nd> {
    Ok(nd.viewed(|a| Ok(reshape(a, vec![a.len()])))?.with_class(Class::Array))
}

/// A copy along one axis (`x.flatten(order)`).
///
/// # Errors
/// As viewing.
pub fn flattened(nd: &Nd, order: char) -> Result<Nd> {
    let class = nd.class().clone();
    let flat = raveled(nd, order)?.array()?;
    Ok(match class {
        Class::Matrix => Nd::new(reshape(&flat, vec![1, flat.len()])).with_class(class),
        Class::Scalar => Nd::new(flat),
        _ => Nd::new(flat).with_class(class),
    })
}

fn copyto(args: &Args, cx: &Context) -> Result<Value> {
    let dst = match args.value("dst") {
        Value::Array(nd) if !nd.is_scalar() => nd,
        other => {
            return Err(Error::type_error(format!(
                "copyto() argument 1 must be a numpy.ndarray, not {}",
                other.type_name()
            )));
        }
    };
    let array = dst.array()?;
    let casting = Casting::parse(&args.text("casting")?.unwrap_or_else(|| "same_kind".into()))?;
    let given = args.value("src");
    let src = as_operand(&given, cx)?;
    let allowed = match src.weak {
        // a Python number takes the dtype, if its kind allows it
        Some(w) => {
            let kind = crate::array::promote::with_weak(array.dtype(), w);
            can_cast(&kind, array.dtype(), casting.max(Casting::SameKind))
        }
        None => can_cast(src.array.dtype(), array.dtype(), casting),
    };
    if !allowed {
        let mut e = refused(src.array.dtype(), array.dtype(), rule(casting));
        if src.array.ndim() == 0 {
            e.text = e.text.replacen("array data", "scalar", 1);
        }
        return Err(e);
    }
    let values = match src.weak {
        Some(_) => as_array_of(&given, Some(array.dtype()), cx)?,
        None => src.array,
    };
    let spaceless = |s: &[usize]| tuple(s).replace(", ", ",");
    let spread = |a: &Array, what: &str| {
        view::broadcast_to(a, array.shape()).map_err(|_| {
            Error::value(format!(
                "could not broadcast {what} from shape {} into shape {}",
                spaceless(a.shape()),
                spaceless(array.shape())
            ))
        })
    };
    match args.get("where") {
        None | Some(Value::Bool(true)) => dst.assign(|a| Ok(a.clone()), &values, cx)?,
        Some(mask) => {
            let mask = as_array(mask, cx)?;
            let mask = spread(&truth(&mask)?, "where mask")?;
            let values = spread(&values, "input array")?;
            let values = select::compress(&mask, &values, cx)?;
            dst.assign(|a| select::compress(&mask, a, cx), &values, cx)?;
        }
    }
    Ok(Value::None)
}

fn rule(casting: Casting) -> &'static str {
    match casting {
        Casting::No => "no",
        Casting::Equiv => "equiv",
        Casting::Safe => "safe",
        Casting::SameKind => "same_kind",
        Casting::Unsafe => "unsafe",
    }
}

fn ndim(args: &Args, cx: &Context) -> Result<Value> {
    Ok(Value::int(args.array("a", cx)?.ndim()))
}

/// A shape as a tuple of Python's.
pub fn shape_value(shape: &[usize]) -> Value {
    Value::tuple(shape.iter().map(|n| Value::int(*n)).collect())
}

fn shape_of(args: &Args, cx: &Context) -> Result<Value> {
    Ok(shape_value(args.array("a", cx)?.shape()))
}

fn size(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.array("a", cx)?;
    let Some(at) = args.some("axis") else { return Ok(Value::int(a.len())) };
    if at.sequence().is_some() {
        return Err(Error::type_error(format!(
            "tuple indices must be integers or slices, not {}",
            at.type_name()
        )));
    }
    let outside = |_| Error::index("tuple index out of range");
    Ok(Value::int(a.shape()[axis(at.index()?, a.ndim()).map_err(outside)?]))
}

/// A shape for so many elements, one length of which may be -1.
///
/// # Errors
/// ValueError where it doesn't fit.
pub fn fitted(wanted: &[i64], n: usize) -> Result<Vec<usize>> {
    let unknown = wanted.iter().filter(|w| **w < 0).count();
    if unknown > 1 {
        return Err(Error::value("can only specify one unknown dimension"));
    }
    let wrong = || {
        let each: Vec<String> =
            wanted.iter().map(|w| if *w < 0 { "newaxis".into() } else { w.to_string() }).collect();
        let comma = if each.len() == 1 { "," } else { "" };
        Error::value(format!(
            "cannot reshape array of size {n} into shape ({}{comma})",
            each.join(",")
        ))
    };
    let known = wanted
        .iter()
        .filter(|w| **w >= 0)
        .try_fold(1usize, |a, &w| a.checked_mul(w as usize))
        .ok_or_else(wrong)?;
    if unknown == 1 && (known == 0 || n % known != 0) || unknown == 0 && known != n {
        return Err(wrong());
    }
    Ok(wanted.iter().map(|&w| if w < 0 { n / known } else { w as usize }).collect())
}

/// The elements in Fortran's order under another shape.
fn reshape_f(array: &Array, shape: &[usize]) -> Array {
    let reversed = |n: usize| (0..n).rev().collect::<Vec<_>>();
    let turned = transpose(array, &reversed(array.ndim()));
    let back: Vec<usize> = shape.iter().rev().copied().collect();
    transpose(&reshape(&turned, back), &reversed(shape.len()))
}

/// Whether elements that lie `steps` apart along the axes of `old` can be seen as `new` without
/// moving them.
fn is_viewable(old: &[usize], steps: &[isize], new: &[usize]) -> bool {
    if old.contains(&0) {
        return true;
    }
    let long: Vec<(usize, isize)> =
        old.iter().zip(steps).filter(|(n, _)| **n != 1).map(|(n, s)| (*n, *s)).collect();
    // stretches of old axes and of new ones with as many elements
    let (mut i, mut j) = (0, 0);
    while i < long.len() && j < new.len() {
        let (mut a, mut b) = (long[i].0, new[j]);
        let first = i;
        (i, j) = (i + 1, j + 1);
        while a != b {
            if a < b && i < long.len() {
                a *= long[i].0;
                i += 1;
            } else if j < new.len() {
                b *= new[j];
                j += 1;
            } else {
                return false;
            }
        }
        let stretch = &long[first..i];
        if stretch.windows(2).any(|w| w[0].1 != w[1].1 * w[1].0 as isize) {
            return false;
        }
    }
    true
}

/// Another shape: a view where NumPy gives one, else a copy.
///
/// # Errors
/// As viewing.
pub fn reshaped(nd: &Nd, shape: Vec<usize>, order: char) -> Result<Nd> {
    let array = nd.array()?;
    let steps = nd.layout()?;
    let order = match order {
        'A' if is_fortran(&array, &steps) => 'F',
        'F' => 'F',
        _ => 'C',
    };
    let (old, new): (Vec<usize>, Vec<usize>) = match order {
        'F' => {
            (array.shape().iter().rev().copied().collect(), shape.iter().rev().copied().collect())
        }
        _ => (array.shape().to_vec(), shape.clone()),
    };
    let steps: Vec<isize> = match order {
        'F' => steps.into_iter().rev().collect(),
        _ => steps,
    };
    let arrange = move |a: &Array| match order {
        'F' => Ok(reshape_f(a, &shape)),
        _ => Ok(reshape(a, shape.clone())),
    };
    if is_viewable(&old, &steps, &new) {
        return nd.viewed(arrange);
    }
    let class = match nd.class() {
        Class::Scalar => Class::Array,
        other => other.clone(),
    };
    Ok(Nd::new(arrange(&array)?).with_class(class))
}

/// Whether elements lie in Fortran's order and not in C's.
fn is_fortran(array: &Array, steps: &[isize]) -> bool {
    let ordered = |axes: &mut dyn Iterator<Item = usize>| {
        let mut step = 1;
        for a in axes {
            if array.shape()[a] != 1 && steps[a] != step {
                return false;
            }
            step *= array.shape()[a] as isize;
        }
        true
    };
    ordered(&mut (0..steps.len())) && !ordered(&mut (0..steps.len()).rev())
}

fn reshape_(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let wanted = match (args.some("shape"), args.some("newshape")) {
        (Some(_), Some(_)) => {
            return Err(Error::type_error(
                "You cannot specify 'newshape' and 'shape' arguments at the same time.",
            ));
        }
        (None, None) => {
            return Err(Error::type_error(
                "reshape() missing 1 required positional argument: 'shape'",
            ));
        }
        (a, b) => a.or(b).cloned().unwrap_or(Value::None),
    };
    let order = order(args, 'C')?;
    if order == 'K' {
        return Err(Error::value("order 'K' is not permitted for reshaping"));
    }
    let wanted = integers(&wanted, cx)?.0;
    let shape = fitted(&wanted, nd.size()?)?;
    if matches!(args.some("copy"), Some(c) if c.truth()?) {
        let array = nd.array()?;
        return Ok(Value::Array(reshaped(&Nd::new(array), shape, order)?));
    }
    Ok(Value::Array(reshaped(&nd, shape, order)?))
}

/// The elements along one axis, in an order: a view where NumPy gives one.
///
/// # Errors
/// As viewing.
pub fn raveled(nd: &Nd, order: char) -> Result<Nd> {
    let n = nd.size()?;
    if order != 'K' {
        return reshaped(nd, vec![n], order);
    }
    // the order in which the elements lie: the axis with the longest steps first
    let steps = nd.layout()?;
    let mut axes: Vec<usize> = (0..steps.len()).collect();
    axes.sort_by_key(|&a| std::cmp::Reverse(steps[a].unsigned_abs()));
    if steps.contains(&0) {
        axes.sort_unstable();
    }
    reshaped(&nd.viewed(move |a| Ok(transpose(a, &axes)))?, vec![n], 'C')
}

fn ravel(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let flat = raveled(&nd, order(args, 'C')?)?;
    match nd.class() {
        Class::Matrix => viewed(&flat, |a| Ok(reshape(a, vec![1, a.len()]))),
        _ => Ok(Value::Array(flat)),
    }
}

/// Axes given as one or several, each named in errors.
fn named_axes(value: &Value, ndim: usize, what: &str, cx: &Context) -> Result<Vec<usize>> {
    if matches!(value, Value::Float(_) | Value::None) {
        return Err(Error::type_error(format!("'{}' object is not iterable", value.type_name())));
    }
    let mut out = Vec::new();
    for a in integers(value, cx)?.0 {
        let a = axis(a, ndim).map_err(|e| Error { text: format!("{what}: {}", e.text), ..e })?;
        if out.contains(&a) {
            return Err(Error::value(format!("repeated axis in `{what}` argument")));
        }
        out.push(a);
    }
    Ok(out)
}

/// Axes moved from some places to others.
///
/// # Errors
/// AxisError; ValueError where there are more of one than of the other.
pub fn moved(ndim: usize, source: &[usize], destination: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..ndim).filter(|a| !source.contains(a)).collect();
    let mut pairs: Vec<(usize, usize)> =
        destination.iter().copied().zip(source.iter().copied()).collect();
    pairs.sort_unstable();
    for (to, from) in pairs {
        order.insert(to.min(order.len()), from);
    }
    order
}

fn moveaxis(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let ndim = nd.ndim()?;
    let source = named_axes(&args.value("source"), ndim, "source", cx)?;
    let destination = named_axes(&args.value("destination"), ndim, "destination", cx)?;
    if source.len() != destination.len() {
        return Err(Error::value(
            "`source` and `destination` arguments must have the same number of elements",
        ));
    }
    let order = moved(ndim, &source, &destination);
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

fn rollaxis(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let ndim = nd.ndim()?;
    let from = axis(args.value("axis").index()?, ndim)?;
    let start = args.int("start")?.unwrap_or(0);
    let n = ndim as i64;
    let at = if start < 0 { start + n } else { start };
    if !(0..=n).contains(&at) {
        return Err(Error::new(
            ErrorKind::AxisError,
            format!("'start' arg requires {} <= start < {}, but {start} was passed in", -n, n + 1),
        ));
    }
    let at = at as usize;
    let to = if from < at { at - 1 } else { at };
    let order = moved(ndim, &[from], &[to]);
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

fn swapaxes(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let ndim = nd.ndim()?;
    let of = |name: &str| -> Result<usize> {
        axis(args.value(name).index()?, ndim)
            .map_err(|e| Error { text: format!("{name}: {}", e.text), ..e })
    };
    let (one, two) = (of("axis1")?, of("axis2")?);
    let mut order: Vec<usize> = (0..ndim).collect();
    order.swap(one, two);
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

/// The order that `axes` asks for; reversed without.
///
/// # Errors
/// AxisError; ValueError where it is no order of all the axes.
pub fn axis_order(value: Option<&Value>, ndim: usize, cx: &Context) -> Result<Vec<usize>> {
    let Some(value) = value else { return Ok((0..ndim).rev().collect()) };
    let given = integers(value, cx)?.0;
    if given.len() != ndim {
        return Err(Error::value("axes don't match array"));
    }
    let mut order = Vec::new();
    for a in given {
        let a = axis(a, ndim)?;
        if order.contains(&a) {
            return Err(Error::value("repeated axis in transpose"));
        }
        order.push(a);
    }
    Ok(order)
}

fn transpose_(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let order = axis_order(args.some("axes"), nd.ndim()?, cx)?;
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

fn matrix_transpose(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "x", cx)?;
    let n = nd.ndim()?;
    if n < 2 {
        return Err(Error::value(format!(
            "Input array must be at least 2-dimensional, but it is {n}"
        )));
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.swap(n - 1, n - 2);
    viewed(&nd, move |a| Ok(transpose(a, &order)))
}

/// An array of at least so many axes, as `atleast_1d` and its kin place them.
///
/// # Errors
/// As viewing.
pub fn with_axes(nd: &Nd, least: usize) -> Result<Nd> {
    nd.viewed(move |a| {
        let shape = match (least, a.shape()) {
            (1, []) => vec![1],
            (2, []) => vec![1, 1],
            (2, [n]) => vec![1, *n],
            (3, []) => vec![1, 1, 1],
            (3, [n]) => vec![1, *n, 1],
            (3, [n, m]) => vec![*n, *m, 1],
            _ => return Ok(a.clone()),
        };
        Ok(reshape(a, shape))
    })
}

fn at_least(args: &Args, cx: &Context, least: usize) -> Result<Value> {
    let mut out = Vec::new();
    for value in args.value("arys").sequence().unwrap_or_default() {
        out.push(Value::Array(with_axes(&nd_of(&value, cx)?, least)?));
    }
    Ok(match out.len() {
        1 => out.swap_remove(0),
        _ => Value::tuple(out),
    })
}

fn expand_dims(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let given = integers(&args.value("axis"), cx)?.0;
    let ndim = nd.ndim()? + given.len();
    let mut new = Vec::new();
    for a in given {
        let a = axis(a, ndim)?;
        if new.contains(&a) {
            return Err(Error::value("repeated axis"));
        }
        new.push(a);
    }
    viewed(&nd, move |a| {
        let mut rest = a.shape().iter();
        let shape = (0..ndim)
            .map(|i| if new.contains(&i) { 1 } else { rest.next().copied().unwrap_or(1) })
            .collect();
        Ok(reshape(a, shape))
    })
}

fn squeeze(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let shape = nd.shape()?;
    let away = match args.some("axis") {
        None => (0..shape.len()).filter(|&a| shape[a] == 1).collect(),
        Some(v) => axes(v, shape.len())?,
    };
    if away.iter().any(|&a| shape[a] != 1) {
        return Err(Error::value(
            "cannot select an axis to squeeze out which has size not equal to one",
        ));
    }
    let kept: Vec<usize> =
        (0..shape.len()).filter(|a| !away.contains(a)).map(|a| shape[a]).collect();
    viewed(&nd, move |a| Ok(reshape(a, kept.clone())))
}

/// The shape that shapes broadcast to, with the words of `np.broadcast`.
///
/// # Errors
/// ValueError naming the two that don't fit.
pub fn common_shape(shapes: &[&[usize]]) -> Result<Vec<usize>> {
    let ndim = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out = vec![1; ndim];
    let mut owner = vec![0; ndim];
    for (k, shape) in shapes.iter().enumerate() {
        for (i, &n) in shape.iter().enumerate() {
            let at = ndim - shape.len() + i;
            if n == 1 || n == out[at] {
                continue;
            }
            if out[at] != 1 {
                let other = owner[at];
                return Err(Error::value(format!(
                    "shape mismatch: objects cannot be broadcast to a single shape.  Mismatch is \
                     between arg {other} with shape {} and arg {k} with shape {}.",
                    tuple(shapes[other]),
                    tuple(shape)
                )));
            }
            out[at] = n;
            owner[at] = k;
        }
    }
    Ok(out)
}

/// `np.broadcast`: several arrays, seen as one shape.
pub struct Broadcast {
    arrays: Vec<Array>,
    shape: Vec<usize>,
    next: Mutex<usize>,
}

impl Broadcast {
    /// An attribute: `shape`, `size`, `ndim`, `nd`, `numiter`, `index`, `iters`.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "shape" => shape_value(&self.shape),
            "size" => Value::int(count(&self.shape)),
            "ndim" | "nd" => Value::int(self.shape.len()),
            "numiter" => Value::int(self.arrays.len()),
            "index" => Value::int(*self.next.lock()),
            "iters" => Value::tuple(self.arrays.iter().cloned().map(Value::array).collect()),
            _ => return None,
        })
    }

    /// Begins the iteration anew.
    pub fn reset(&self) {
        *self.next.lock() = 0;
    }
}

impl Foreign for Broadcast {
    fn type_name(&self) -> String {
        "numpy.broadcast".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok("<numpy.broadcast object>".into())
    }

    fn next(&self, cx: &Context) -> Option<Result<Option<Value>>> {
        let at = {
            let mut next = self.next.lock();
            *next += 1;
            *next - 1
        };
        if at >= count(&self.shape) {
            return Some(Ok(None));
        }
        let one = |a: &Array| -> Result<Value> {
            let block = crate::array::reshape::read_flat(a, at, 1, cx)?;
            Ok(Value::result(Array::of(block.reshaped(Vec::new()))))
        };
        Some(self.arrays.iter().map(one).collect::<Result<_>>().map(|v| Some(Value::tuple(v))))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn broadcast(args: &Args, cx: &Context) -> Result<Value> {
    let arrays = args
        .value("args")
        .sequence()
        .unwrap_or_default()
        .iter()
        .map(|v| as_array(v, cx))
        .collect::<Result<Vec<_>>>()?;
    let shapes: Vec<&[usize]> = arrays.iter().map(Array::shape).collect();
    let shape = common_shape(&shapes)?;
    let arrays =
        arrays.iter().map(|a| view::broadcast_to(a, &shape)).collect::<Result<Vec<_>>>()?;
    Ok(Value::Foreign(std::sync::Arc::new(Broadcast { arrays, shape, next: Mutex::new(0) })))
}

fn broadcast_to(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "array", cx)?;
    let wanted = args.value("shape");
    let shape = shape(&wanted, cx).map_err(|e| match e.kind {
        ErrorKind::ValueError => {
            Error::value("all elements of broadcast shape must be non-negative")
        }
        _ => e,
    })?;
    let ndim = nd.ndim()?;
    if shape.is_empty() && ndim > 0 {
        return Err(Error::value("cannot broadcast a non-scalar to a scalar array"));
    }
    if ndim > shape.len() {
        return Err(Error::value(
            "input operand has more dimensions than allowed by the axis remapping",
        ));
    }
    let out = nd.viewed(move |a| view::broadcast_to(a, &shape))?.locked();
    let keep = args.flag("subok")?;
    Ok(Value::Array(if keep { out } else { out.with_class(Class::Array) }))
}

fn broadcast_arrays(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("args").sequence().unwrap_or_default();
    let nds = given.iter().map(|v| nd_of(v, cx)).collect::<Result<Vec<_>>>()?;
    let shapes = nds.iter().map(Nd::shape).collect::<Result<Vec<_>>>()?;
    let slices: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    let shape = common_shape(&slices)?;
    let mut out = Vec::new();
    for nd in nds {
        let same = nd.shape()? == shape;
        let to = shape.clone();
        let view = nd.viewed(move |a| view::broadcast_to(a, &to))?.with_class(Class::Array);
        out.push(Value::Array(if same { view } else { view.locked() }));
    }
    Ok(Value::tuple(out))
}

fn broadcast_shapes(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("args").sequence().unwrap_or_default();
    let shapes = given.iter().map(|v| shape(v, cx)).collect::<Result<Vec<_>>>()?;
    let slices: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    Ok(shape_value(&common_shape(&slices)?))
}

fn asfarray(args: &Args, cx: &Context) -> Result<Value> {
    let dtype = match args.dtype("dtype")? {
        Some(d) if d.is_inexact() => d,
        _ => DType::Float64,
    };
    Ok(Value::array(as_array_of(&args.value("a"), Some(&dtype), cx)?))
}

fn require(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let mut wanted = Vec::new();
    if let Some(v) = args.some("requirements") {
        let names = match v.as_str() {
            Some(s) => s.chars().map(|c| c.to_string()).collect(),
            None => super::common::items(v, cx)?
                .iter()
                .map(|i| i.as_str().ok_or_else(|| Error::type_error("requirements are text")))
                .collect::<Result<Vec<_>>>()?,
        };
        // one text is one requirement for each letter only where it has one
        let names = match v.as_str() {
            Some(s) if s.len() > 1 => vec![s],
            _ => names,
        };
        for name in names {
            wanted.push(match name.to_ascii_uppercase().as_str() {
                "C" | "C_CONTIGUOUS" | "CONTIGUOUS" => 'C',
                "F" | "F_CONTIGUOUS" | "FORTRAN" => 'F',
                "A" | "ALIGNED" => 'A',
                "W" | "WRITEABLE" => 'W',
                "O" | "OWNDATA" => 'O',
                "E" | "ENSUREARRAY" => 'E',
                other => return Err(Error::key(crate::array::dtype::quote(other))),
            });
        }
    }
    if wanted.contains(&'C') && wanted.contains(&'F') {
        return Err(Error::value("Cannot specify both \"C\" and \"F\" order"));
    }
    let array = nd.array()?;
    let dtype = match args.dtype("dtype")? {
        Some(d) => sized(&d, &array, cx)?,
        None => array.dtype().clone(),
    };
    let own = *array.dtype() != dtype
        || (wanted.contains(&'O') && nd.is_view())
        || (wanted.contains(&'W') && !nd.is_writable())
        || (wanted.contains(&'C') && !is_viewable(array.shape(), &nd.layout()?, &[array.len()]));
    let out = match own || nd.is_scalar() {
        true => Nd::new(cast(&array, &dtype)?),
        false => nd.clone(),
    };
    let class = match nd.class() {
        Class::Scalar => Class::Array,
        _ if wanted.contains(&'E') => Class::Array,
        other => other.clone(),
    };
    match out.class() == &class {
        true => Ok(Value::Array(out)),
        false => as_class(&out, class).map(Value::Array),
    }
}

/// One element along an axis, which goes away.
pub fn at(array: &Array, axis: usize, i: usize) -> Array {
    let mut parts: Vec<Part> =
        array.shape()[..axis].iter().map(|&n| Part::Along(crate::array::Span::run(0, n))).collect();
    parts.push(Part::At(i));
    slice(array, &parts)
}

/// A slice along an axis.
pub fn cut(array: &Array, axis: usize, span: crate::array::Span) -> Array {
    let mut parts: Vec<Part> =
        array.shape()[..axis].iter().map(|&n| Part::Along(crate::array::Span::run(0, n))).collect();
    parts.push(Part::Along(span));
    slice(array, &parts)
}
