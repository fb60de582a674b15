//! Arrays spread over larger shapes, values copied into arrays, and arrays as they are required.

use super::args::{Args, shape};
use super::common::{as_class, nd_arg, nd_of};
use super::convert::{as_array, as_array_of, as_operand, sized};
use super::manipulation::{SECTION, is_viewable, shape_value};
use super::manipulation_select::{refused, truth};
use super::nd::{Class, Nd};
use super::registry::Function;
use super::value::{Foreign, Value};
use crate::array::block::count;
use crate::array::cast::cast;
use crate::array::dtype::tuple;
use crate::array::error::Kind as ErrorKind;
use crate::array::promote::{Casting, can_cast};
use crate::array::select;
use crate::array::view::{self};
use crate::array::{Array, Context, DType, Error, Result};
use parking_lot::Mutex;

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(
        &["copyto"],
        "dst, src, casting='same_kind', where=True",
        "Copies values into an array, broadcast where necessary.",
        copyto,
    ),
    SECTION.any(
        &["broadcast"],
        "*args",
        "What arrays look like when they are broadcast together.",
        broadcast,
    ),
    SECTION.any(
        &["broadcast_to"],
        "array, shape, subok=False",
        "An array seen with a larger shape; read-only.",
        broadcast_to,
    ),
    SECTION.any(
        &["broadcast_arrays"],
        "*args, subok=False",
        "Arrays broadcast to one shape.",
        broadcast_arrays,
    ),
    SECTION.entry(
        &["broadcast_shapes"],
        "*args",
        "i",
        "The shape that shapes broadcast to.",
        broadcast_shapes,
    ),
    SECTION.any(&["asfarray"], "a, dtype=float", "The input as an array of floats.", asfarray),
    SECTION.any(
        &["require"],
        "a, dtype=None, requirements=None, *, like=None",
        "The input as an array that has the required properties.",
        require,
    ),
];

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
        None | Some(Value::Bool(true)) => dst.assign(|a| Ok(a.clone()), values, cx)?,
        Some(mask) => {
            let mask = as_array(mask, cx)?;
            let mask = spread(&truth(&mask)?, "where mask")?;
            let values = spread(&values, "input array")?;
            let values = select::compress(&mask, &values, cx)?;
            dst.assign(|a| select::compress(&mask, a, cx), values, cx)?;
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
