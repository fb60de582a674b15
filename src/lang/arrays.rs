//! Subscripts, and the attributes and methods of arrays and NumPy scalars.

use std::any::Any;
use std::sync::Arc;

use super::given::Given;
use super::iter::collect;
use super::{attributes, containers, h5, modules, strings};
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::lazy::Array;
use crate::array::reshape::reshape;
use crate::array::view;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::convert::{as_array, as_dtype, sized};
use crate::numpy::manipulation_broadcast::Broadcast;
use crate::numpy::nd::number;
use crate::numpy::registry::{self, call, call_named, find};
use crate::numpy::{Class, Foreign, Nd, Value, index, show};

/// Sizes as a tuple.
pub fn sizes(dims: &[usize]) -> Value {
    Value::tuple(dims.iter().map(|&n| Value::int(n)).collect())
}

/// A position in a sequence of `len`, counted from the front.
fn position(key: &Value, len: usize, what: &str) -> Result<usize> {
    let i = key.index().map_err(|e| match e.kind {
        crate::array::error::Kind::OverflowError => {
            Error::index("cannot fit 'int' into an index-sized integer")
        }
        _ => Error::type_error(format!(
            "{what} indices must be integers or slices, not {}",
            key.type_name()
        )),
    })?;
    let at = if i < 0 { i.saturating_add(len as i64) } else { i };
    match usize::try_from(at) {
        Ok(at) if at < len => Ok(at),
        _ if what == "string" => Err(Error::index("string index out of range")),
        _ => Err(Error::index(format!("{what} index out of range"))),
    }
}

/// `value[key]`.
///
/// # Errors
/// IndexError, KeyError, TypeError in Python's words.
pub fn get_item(value: &Value, key: &Value, cx: &Context) -> Result<Value> {
    let picked = |items: &[Value]| -> Result<Vec<Value>> {
        let Value::Slice(s) = key else { return Ok(Vec::new()) };
        Ok(containers::slice_positions(s, items.len())?.iter().map(|&i| items[i].clone()).collect())
    };
    let is_slice = matches!(key, Value::Slice(_));
    match value {
        Value::Array(nd)
            if nd.is_scalar() && (is_slice || key.index().is_ok()) && nd.dtype()?.is_string() =>
        {
            get_item(&nd.item()?, key, cx)
        }
        Value::Array(nd) => index::get(nd, key, cx),
        Value::List(l) => {
            let items = l.lock();
            match is_slice {
                true => Ok(Value::list(picked(&items)?)),
                false => Ok(items[position(key, items.len(), "list")?].clone()),
            }
        }
        Value::Tuple(t) => match is_slice {
            true => Ok(Value::tuple(picked(t)?)),
            false => Ok(t[position(key, t.len(), "tuple")?].clone()),
        },
        Value::Str(s) => {
            let chars: Vec<char> = s.chars().collect();
            Ok(Value::str(match key {
                Value::Slice(slice) => containers::slice_positions(slice, chars.len())?
                    .iter()
                    .map(|&i| chars[i])
                    .collect::<String>(),
                _ => chars[position(key, chars.len(), "string")?].to_string(),
            }))
        }
        Value::Bytes(b) => Ok(match key {
            Value::Slice(slice) => {
                let bytes: Vec<u8> =
                    containers::slice_positions(slice, b.len())?.iter().map(|&i| b[i]).collect();
                Value::Bytes(bytes.into())
            }
            _ => Value::int(b[position(key, b.len(), "byte")?]),
        }),
        Value::Range(start, _, step) => {
            let n = containers::length(value, cx).unwrap_or(Ok(0))?;
            Ok(match key {
                Value::Slice(slice) => {
                    let (a, b, c) = containers::slice_indices(slice, n)?;
                    Value::Range(start + a * step, start + b * step, step * c)
                }
                _ => Value::int(start + position(key, n, "range")? as i64 * step),
            })
        }
        Value::Dict(d) => match d.lock().get(key)? {
            Some(v) => Ok(v.clone()),
            None => Err(Error::key(show::repr(key, cx)?)),
        },
        Value::DType(d) => {
            let Some(fields) = d.fields() else {
                return Err(Error::key(format!("There are no fields in dtype {d}.")));
            };
            let name = match key {
                Value::Int(_) => {
                    fields.fields[position(key, fields.fields.len(), "field")?].name.clone()
                }
                other => other.as_str().unwrap_or_default(),
            };
            match fields.field(&name) {
                Some(f) => Ok(Value::DType(f.dtype.clone())),
                None => Err(Error::key(format!("'Field named {name} not found.'"))),
            }
        }
        Value::Foreign(f) => {
            if let Some(found) = h5::get_item(f, key, cx) {
                return found;
            }
            if let Some(found) = modules::subscript(f, key, cx) {
                return found;
            }
            if let Some(flat) = f.as_any().downcast_ref::<Flat>() {
                return flat.get(key, cx);
            }
            Err(not_subscriptable(value))
        }
        _ => Err(not_subscriptable(value)),
    }
}

fn not_subscriptable(value: &Value) -> Error {
    Error::type_error(format!("'{}' object is not subscriptable", value.type_name()))
}

/// `value[key] = new`.
///
/// # Errors
/// IndexError, TypeError; whatever NumPy refuses.
pub fn set_item(value: &Value, key: &Value, new: &Value, cx: &Context) -> Result<()> {
    let refused = || {
        Error::type_error(format!(
            "'{}' object does not support item assignment",
            value.type_name()
        ))
    };
    match value {
        Value::Array(nd) if nd.is_scalar() && nd.dtype()?.fields().is_none() => Err(refused()),
        Value::Array(nd) => index::set(nd, key, new, cx),
        Value::List(l) => match key {
            Value::Slice(slice) => {
                let new = collect(new, cx)?;
                let mut items = l.lock();
                let (a, b, c) = containers::slice_indices(slice, items.len())?;
                if c == 1 {
                    let (a, b) = (a as usize, b.max(a) as usize);
                    items.splice(a..b, new);
                    return Ok(());
                }
                let at = containers::slice_positions(slice, items.len())?;
                if at.len() != new.len() {
                    return Err(Error::value(format!(
                        "attempt to assign sequence of size {} to extended slice of size {}",
                        new.len(),
                        at.len()
                    )));
                }
                for (i, v) in at.into_iter().zip(new) {
                    items[i] = v;
                }
                Ok(())
            }
            _ => {
                let mut items = l.lock();
                let at = position(key, items.len(), "list").map_err(|e| match e.kind {
                    crate::array::error::Kind::IndexError => {
                        Error::index("list assignment index out of range")
                    }
                    _ => e,
                })?;
                items[at] = new.clone();
                Ok(())
            }
        },
        Value::Dict(d) => d.lock().set(key.clone(), new.clone()),
        Value::Foreign(f) if h5::is_object(f) => Err(h5::read_only()),
        Value::Foreign(f) => match f.as_any().downcast_ref::<Flat>() {
            Some(flat) => flat.set(key, new, cx),
            None => Err(refused()),
        },
        _ => Err(refused()),
    }
}

/// `del value[key]`.
///
/// # Errors
/// IndexError, KeyError, TypeError.
pub fn delete_item(value: &Value, key: &Value, cx: &Context) -> Result<()> {
    match value {
        Value::List(l) => {
            let mut items = l.lock();
            match key {
                Value::Slice(slice) => {
                    let mut at = containers::slice_positions(slice, items.len())?;
                    at.sort_unstable();
                    for i in at.into_iter().rev() {
                        items.remove(i);
                    }
                }
                _ => {
                    let at = position(key, items.len(), "list")?;
                    items.remove(at);
                }
            }
            Ok(())
        }
        Value::Dict(d) => match d.lock().remove(key)? {
            Some(_) => Ok(()),
            None => Err(Error::key(show::repr(key, cx)?)),
        },
        Value::Array(_) => Err(Error::value("cannot delete array elements")),
        Value::Foreign(f) if h5::is_object(f) => Err(h5::read_only()),
        other => Err(Error::type_error(format!(
            "'{}' object doesn't support item deletion",
            other.type_name()
        ))),
    }
}

/// Attributes of arrays that are no methods.
pub const PARTS: &[&str] = &[
    "T", "base", "dtype", "flags", "flat", "imag", "itemsize", "mT", "nbytes", "ndim", "real",
    "shape", "size", "strides",
];

/// Methods that are functions of the registry with the array before their arguments.
const FORWARDED: &[(&str, &str)] = &[
    ("all", "all"),
    ("any", "any"),
    ("argmax", "argmax"),
    ("argmin", "argmin"),
    ("argpartition", "argpartition"),
    ("argsort", "argsort"),
    ("choose", "choose"),
    ("clip", "clip"),
    ("conj", "conjugate"),
    ("conjugate", "conjugate"),
    ("cumprod", "cumprod"),
    ("cumsum", "cumsum"),
    ("diagonal", "diagonal"),
    ("dot", "dot"),
    ("max", "max"),
    ("mean", "mean"),
    ("min", "min"),
    ("nonzero", "nonzero"),
    ("prod", "prod"),
    ("put", "put"),
    ("ravel", "ravel"),
    ("repeat", "repeat"),
    ("reshape", "reshape"),
    ("round", "round"),
    ("searchsorted", "searchsorted"),
    ("squeeze", "squeeze"),
    ("std", "std"),
    ("sum", "sum"),
    ("swapaxes", "swapaxes"),
    ("take", "take"),
    ("trace", "trace"),
    ("transpose", "transpose"),
    ("var", "var"),
];

/// The function of the registry that does what a method does.
pub fn function_of(method: &str) -> Option<&'static str> {
    match method {
        "sort" | "partition" | "compress" => {
            ["sort", "partition", "compress"].into_iter().find(|n| *n == method)
        }
        _ => FORWARDED.iter().find(|f| f.0 == method).map(|f| f.1),
    }
}

/// The methods of arrays.
pub const METHODS: &[&str] = &[
    "all",
    "any",
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "astype",
    "byteswap",
    "choose",
    "clip",
    "compress",
    "conj",
    "conjugate",
    "copy",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "fill",
    "flatten",
    "item",
    "max",
    "mean",
    "min",
    "nonzero",
    "partition",
    "prod",
    "put",
    "ravel",
    "repeat",
    "reshape",
    "resize",
    "round",
    "searchsorted",
    "sort",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "tobytes",
    "tolist",
    "trace",
    "transpose",
    "var",
    "view",
];

/// Methods of text arrays of the class chararray: those of `np.char`.
const CHAR: &[&str] = &[
    "capitalize",
    "center",
    "count",
    "decode",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "index",
    "isalnum",
    "isalpha",
    "isdecimal",
    "isdigit",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

/// Whether a name is a method of this array.
pub fn methods(nd: &Nd) -> &'static [&'static str] {
    if nd.is_scalar() {
        return match nd.dtype() {
            Ok(DType::Str(_)) => SCALAR_STR.as_slice(),
            Ok(DType::Bytes(_)) => SCALAR_BYTES.as_slice(),
            Ok(d) if d.is_inexact() || d.is_integral() => SCALAR_NUMBER.as_slice(),
            _ => METHODS,
        };
    }
    match nd.class() {
        Class::CharArray => CHAR_ARRAY.as_slice(),
        Class::Matrix => MATRIX.as_slice(),
        _ => METHODS,
    }
}

type Joined = std::sync::LazyLock<Vec<&'static str>>;
static SCALAR_STR: Joined = Joined::new(|| [METHODS, strings::STR].concat());
static SCALAR_BYTES: Joined = Joined::new(|| [METHODS, strings::BYTES].concat());
static SCALAR_NUMBER: Joined = Joined::new(|| {
    [METHODS, &["as_integer_ratio", "bit_count", "bit_length", "hex", "is_integer"]].concat()
});
static CHAR_ARRAY: Joined = Joined::new(|| [METHODS, CHAR].concat());
static MATRIX: Joined =
    Joined::new(|| [METHODS, &["getA", "getA1", "getH", "getI", "getT"]].concat());

/// `array.name` for what is no method.
///
/// # Errors
/// AttributeError; whatever computing it meets.
pub fn get_part(nd: &Nd, name: &str, cx: &Context) -> Result<Value> {
    let array = nd.array()?;
    let dtype = array.dtype();
    let same = |nd: Nd| Value::Array(nd);
    Ok(match name {
        "shape" => sizes(array.shape()),
        "ndim" => Value::int(array.ndim()),
        "size" => Value::int(array.len()),
        "dtype" => Value::DType(dtype.clone()),
        "itemsize" => Value::int(dtype.size()),
        "nbytes" => Value::int(array.bytes()),
        "T" if nd.is_scalar() => Value::Array(nd.clone()),
        "T" => same(nd.viewed(|a| {
            let order: Vec<usize> = (0..a.ndim()).rev().collect();
            Ok(view::transpose(a, &order))
        })?),
        "mT" => {
            if array.ndim() < 2 {
                return Err(Error::value("matrix transpose with ndim < 2 is undefined"));
            }
            same(nd.viewed(|a| {
                let n = a.ndim();
                let mut order: Vec<usize> = (0..n).collect();
                order.swap(n - 1, n - 2);
                Ok(view::transpose(a, &order))
            })?)
        }
        "real" | "imag" => return real_or_imag(nd, name == "imag"),
        "flat" => Value::Foreign(Arc::new(Flat { nd: nd.clone() })),
        "base" => match nd.is_view() {
            true => Value::array(array),
            false => Value::None,
        },
        "strides" => {
            let steps = nd.layout()?;
            let size = dtype.size() as isize;
            Value::tuple(steps.iter().map(|s| Value::int(s * size)).collect())
        }
        "flags" => Value::Foreign(Arc::new(Flags { nd: nd.clone() })),
        "A" if *nd.class() == Class::Matrix => same(nd.clone().with_class(Class::Array)),
        "A1" if *nd.class() == Class::Matrix => {
            let flat = nd.clone().with_class(Class::Array);
            return method(&flat, "ravel", Vec::new(), Vec::new(), cx);
        }
        "I" if *nd.class() == Class::Matrix => {
            return matrix(call_named("linalg.inv", vec![Value::Array(nd.clone())], cx)?);
        }
        "H" if *nd.class() == Class::Matrix => {
            let turned = get_part(nd, "T", cx)?;
            return matrix(call_named("conjugate", vec![turned], cx)?);
        }
        _ => {
            if *nd.class() == Class::RecArray || nd.is_scalar() && dtype.fields().is_some() {
                let is_field = dtype.fields().is_some_and(|s| s.field(name).is_some());
                if is_field {
                    return index::get(nd, &Value::str(name), cx);
                }
            }
            return Err(attributes::missing(&Value::Array(nd.clone()), name));
        }
    })
}

fn matrix(value: Value) -> Result<Value> {
    Ok(match value {
        Value::Array(nd) if !nd.is_scalar() => Value::Array(nd.with_class(Class::Matrix)),
        other => other,
    })
}

fn real_or_imag(nd: &Nd, imag: bool) -> Result<Value> {
    let array = nd.array()?;
    let dtype = array.dtype();
    if dtype.is_complex() {
        let part = dtype.real();
        let offset = if imag { part.size() } else { 0 };
        return Ok(Value::Array(nd.part(offset, part, Vec::new())));
    }
    if !imag {
        return Ok(Value::Array(nd.clone()));
    }
    // a read-only array of zeros
    let zero = Array::of(Block::zeros(dtype.clone(), Vec::new()));
    let zero = if *dtype == DType::Object { number(DType::Int64, 0i64) } else { zero };
    let zeros = view::broadcast_to(&zero, array.shape())?;
    Ok(Value::Array(match nd.is_scalar() {
        true => Nd::scalar(zeros),
        false => Nd::read_only(zeros),
    }))
}

/// `array.name = new`; the array afterwards where it is another view of its elements.
///
/// # Errors
/// AttributeError; whatever NumPy refuses.
pub fn set_part(nd: &Nd, name: &str, new: &Value, cx: &Context) -> Result<Option<Value>> {
    let this = Value::Array(nd.clone());
    if nd.is_scalar() {
        let is_field = nd.dtype()?.fields().is_some_and(|s| s.field(name).is_some());
        if is_field {
            index::set(nd, &Value::str(name), new, cx)?;
            return Ok(None);
        }
        return Err(match get_part(nd, name, cx) {
            Ok(_) => Error::attribute(format!(
                "attribute '{name}' of '{}' objects is not writable",
                this.type_name()
            )),
            Err(e) => e,
        });
    }
    match name {
        "shape" => {
            let changed = call_named("reshape", vec![this, new.clone()], cx)?;
            Ok(Some(changed))
        }
        "dtype" => {
            let dtype = Value::DType(as_dtype(new)?);
            method(nd, "view", vec![dtype], Vec::new(), cx).map(Some)
        }
        "flat" => {
            Flat { nd: nd.clone() }.set(
                &Value::Slice(Arc::new([Value::None, Value::None, Value::None])),
                new,
                cx,
            )?;
            Ok(None)
        }
        "real" | "imag" => {
            if name == "imag" && !nd.dtype()?.is_complex() {
                return Err(Error::type_error("array does not have imaginary part to set"));
            }
            match real_or_imag(nd, name == "imag")? {
                Value::Array(part) => part.assign(|a| Ok(a.clone()), &as_array(new, cx)?, cx)?,
                _ => return Ok(None),
            }
            Ok(None)
        }
        _ => {
            let dtype = nd.dtype()?;
            if *nd.class() == Class::RecArray
                && dtype.fields().is_some_and(|s| s.field(name).is_some())
            {
                index::set(nd, &Value::str(name), new, cx)?;
                return Ok(None);
            }
            Err(match get_part(nd, name, cx) {
                Ok(_) => Error::attribute(format!(
                    "attribute '{name}' of '{}' objects is not writable",
                    this.type_name()
                )),
                Err(e) => e,
            })
        }
    }
}

/// `array.resize(shape)`: the array that takes the old one's place; none for other values.
///
/// # Errors
/// Those of `np.resize`.
pub fn resized(this: &Value, places: &[Value], cx: &Context) -> Result<Option<Value>> {
    let Value::Array(nd) = this else { return Ok(None) };
    let shape = match places {
        [one] => one.clone(),
        several => Value::tuple(several.to_vec()),
    };
    let shape = crate::numpy::args::shape(&shape, cx)?;
    let old = crate::array::run::to_block(&nd.array()?, cx)?;
    let mut block = Block::zeros(old.dtype().clone(), shape);
    let n = old.len().min(block.len());
    block.copy_run(0, &old, 0, n);
    Ok(Some(Value::array(Array::of(block))))
}

/// Arguments that may also stand one by one: `reshape(2, 3)`.
fn gathered(places: Vec<Value>) -> Vec<Value> {
    match places.len() {
        0 | 1 => places,
        _ => vec![Value::tuple(places)],
    }
}

/// A method of an array or a NumPy scalar.
///
/// # Errors
/// TypeError where the arguments don't fit; whatever it meets.
pub fn method(
    nd: &Nd,
    name: &str,
    mut places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let this = Value::Array(nd.clone());
    let dtype = nd.dtype()?;
    if nd.is_scalar() {
        match &dtype {
            DType::Str(_) | DType::Bytes(_) if !METHODS.contains(&name) => {
                return attributes::call_method(&nd.item()?, name, places, named, cx);
            }
            DType::Str(_) | DType::Bytes(_) if matches!(name, "capitalize" | "copy" | "count") => {}
            _ if matches!(
                name,
                "as_integer_ratio" | "bit_count" | "bit_length" | "hex" | "is_integer"
            ) =>
            {
                return attributes::call_method(&nd.item()?, name, places, named, cx);
            }
            _ => {}
        }
    }
    if *nd.class() == Class::CharArray && CHAR.contains(&name) {
        places.insert(0, this);
        let Some(f) = find(&format!("char.{name}")) else {
            return Err(Error::attribute(format!("module 'numpy.char' has no attribute '{name}'")));
        };
        return Ok(match call(f, places, named, cx)? {
            Value::Array(out) if !out.is_scalar() && out.dtype()?.is_string() => {
                Value::Array(out.with_class(Class::CharArray))
            }
            other => other,
        });
    }
    let bind = |spec| Given::bind(name, spec, places.clone(), named.clone());
    match name {
        "getA" | "getA1" | "getI" | "getH" | "getT" => {
            bind("")?;
            return get_part(nd, &name[3..], cx);
        }
        "astype" => {
            let g = bind("dtype order? casting? subok? copy?")?;
            let to = as_dtype(&g.value("dtype"))?;
            if let Some(rule) = g.text("casting")? {
                let rule = crate::array::promote::Casting::parse(&rule)?;
                if !crate::array::promote::can_cast(&dtype, &to, rule) {
                    return Err(Error::type_error(format!(
                        "Cannot cast array data from {} to {} according to the rule '{}'",
                        show::repr(&Value::DType(dtype), cx)?,
                        show::repr(&Value::DType(to), cx)?,
                        g.text("casting")?.unwrap_or_default()
                    )));
                }
            }
            let array = nd.array()?;
            let out = cast(&array, &sized(&to, &array, cx)?)?;
            return Ok(Value::Array(match nd.class() {
                Class::Scalar => Nd::scalar(out),
                class => Nd::new(out).with_class(class.clone()),
            }));
        }
        "conj" | "conjugate" if dtype.is_number() && !dtype.is_complex() => {
            return Ok(this);
        }
        "copy" => {
            bind("order?")?;
            let out = nd.array()?;
            return Ok(Value::Array(match nd.class() {
                Class::Scalar => Nd::scalar(out),
                class => Nd::new(out).with_class(class.clone()),
            }));
        }
        "flatten" => {
            let order = bind("order?")?.text("order")?.unwrap_or_else(|| "C".into());
            let mut array = nd.array()?;
            if order.starts_with(['F', 'f']) {
                let turned: Vec<usize> = (0..array.ndim()).rev().collect();
                array = view::transpose(&array, &turned);
            }
            let n = array.len();
            if *nd.class() == Class::Matrix {
                let row = Nd::new(reshape(&array, vec![1, n])).with_class(Class::Matrix);
                return Ok(Value::Array(row));
            }
            return Ok(Value::array(reshape(&array, vec![n])));
        }
        "fill" => {
            let value = bind("value |")?.value("value");
            let array = as_array(&value, cx)?;
            if array.ndim() > 0 && array.len() != 1 {
                return Err(Error::value("setting an array element with a sequence."));
            }
            nd.assign(|a| Ok(a.clone()), &reshape(&array, Vec::new()), cx)?;
            return Ok(Value::None);
        }
        "item" => return item(nd, places, named, cx),
        "tolist" => {
            bind("")?;
            return to_list(&crate::array::run::to_block(&nd.array()?, cx)?);
        }
        "tobytes" => {
            bind("order?")?;
            let block = crate::array::run::to_block(&nd.array()?, cx)?;
            return Ok(Value::Bytes(block.bytes().into()));
        }
        "byteswap" => {
            let inplace = bind("inplace?")?.flag("inplace", cx)?;
            let mut block = crate::array::run::to_block(&nd.array()?, cx)?;
            let unit = match &dtype {
                d if d.is_complex() => d.size() / 2,
                DType::Str(_) => 4,
                d if d.is_number() || d.is_time() => d.size(),
                _ => 1,
            };
            block.bytes_mut().chunks_exact_mut(unit.max(1)).for_each(<[u8]>::reverse);
            let out = Array::of(block);
            if inplace {
                nd.assign(|a| Ok(a.clone()), &out, cx)?;
                return Ok(this);
            }
            return Ok(Value::Array(if nd.is_scalar() { Nd::scalar(out) } else { Nd::new(out) }));
        }
        "view" => return viewed(nd, &bind("dtype? type?")?, cx),
        "sort" | "partition" => {
            let f = find(name).ok_or_else(|| attributes::missing(&this, name))?;
            places.insert(0, this);
            let sorted = as_array(&call(f, places, named, cx)?, cx)?;
            nd.assign(|a| Ok(a.clone()), &sorted, cx)?;
            return Ok(Value::None);
        }
        "resize" => {
            return Err(Error::value(
                "cannot resize an array that has no name here; use np.resize",
            ));
        }
        "compress" => {
            // the condition comes first there
            let f = find("compress").ok_or_else(|| attributes::missing(&this, name))?;
            let at = places.len().min(1);
            places.insert(at, this);
            return call(f, places, named, cx);
        }
        "reshape" | "transpose" => places = gathered(places),
        _ => {}
    }
    let Some((_, function)) = FORWARDED.iter().find(|f| f.0 == name) else {
        return Err(attributes::missing(&this, name));
    };
    let Some(f) = find(function) else {
        return Err(Error::attribute(format!("module 'numpy' has no attribute '{function}'")));
    };
    places.insert(0, this);
    let out = registry::call(f, places, named, cx)?;
    Ok(match (out, nd.class()) {
        // reductions of a matrix stay matrices of two axes, as its own methods give them
        (Value::Array(out), Class::Matrix) if !out.is_scalar() => {
            let shape = out.shape()?;
            match shape.as_slice() {
                [n] => {
                    let n = *n;
                    let row = out.viewed(move |a| Ok(reshape(a, vec![1, n])))?;
                    Value::Array(row.with_class(Class::Matrix))
                }
                [_, _] => Value::Array(out.with_class(Class::Matrix)),
                _ => Value::Array(out),
            }
        }
        (out, _) => out,
    })
}

fn item(nd: &Nd, places: Vec<Value>, named: Vec<(String, Value)>, cx: &Context) -> Result<Value> {
    if !named.is_empty() {
        return Err(Error::type_error("item() takes no keyword arguments"));
    }
    let array = nd.array()?;
    let key = match places.as_slice() {
        [] => return nd.item(),
        [Value::Tuple(t)] => t.to_vec(),
        [one] => {
            let n = array.len();
            let i = one.index()?;
            let at = if i < 0 { i + n as i64 } else { i };
            let at = usize::try_from(at)
                .ok()
                .filter(|a| *a < n)
                .ok_or_else(|| Error::index(format!("index {i} is out of bounds for size {n}")))?;
            let block = crate::array::reshape::read_flat(&array, at, 1, cx)?;
            return Ok(crate::numpy::nd::element(&block, 0));
        }
        several => several.to_vec(),
    };
    if key.len() != array.ndim() {
        return Err(Error::value("incorrect number of indices for array"));
    }
    match index::get(nd, &Value::tuple(key), cx)? {
        Value::Array(one) => one.item(),
        other => Ok(other),
    }
}

/// Nested lists of Python's own values.
fn to_list(block: &Block) -> Result<Value> {
    fn level(block: &Block, shape: &[usize], at: &mut usize) -> Value {
        match shape.split_first() {
            None => {
                *at += 1;
                crate::numpy::nd::element(block, *at - 1)
            }
            Some((&n, inner)) => Value::list((0..n).map(|_| level(block, inner, at)).collect()),
        }
    }
    if block.bytes().len() > 1 << 30 {
        return Err(Error::memory("a list of so many items doesn't fit in memory"));
    }
    Ok(level(block, block.shape(), &mut 0))
}

/// `array.view(dtype)`: the same bytes as another dtype.
fn viewed(nd: &Nd, given: &Given, cx: &Context) -> Result<Value> {
    let _ = cx;
    let class = |v: &Value| match v {
        Value::Type(crate::numpy::value::Type::Named(n)) => match *n {
            "ndarray" => Some(Class::Array),
            "matrix" => Some(Class::Matrix),
            "recarray" => Some(Class::RecArray),
            "chararray" => Some(Class::CharArray),
            _ => None,
        },
        _ => None,
    };
    let mut out = nd.clone();
    if let Some(c) = given.some("type").and_then(class) {
        out = out.viewed(|a| Ok(a.clone()))?.with_class(c);
    }
    let Some(wanted) = given.some("dtype") else {
        return Ok(Value::Array(out.viewed(|a| Ok(a.clone()))?));
    };
    if let Some(c) = class(wanted) {
        return Ok(Value::Array(out.viewed(|a| Ok(a.clone()))?.with_class(c)));
    }
    let to = as_dtype(wanted)?;
    let array = nd.array()?;
    let from = array.dtype().clone();
    if from == DType::Object || to == DType::Object {
        if from == to {
            return Ok(Value::Array(out));
        }
        return Err(Error::type_error("Cannot change data-type for array of references."));
    }
    if from.size() == to.size() && to.size() > 0 {
        // a view that writes go through
        let out = out.part(0, to, Vec::new());
        return Ok(Value::Array(out));
    }
    let shape = array.shape().to_vec();
    let Some((&last, outer)) = shape.split_last() else {
        return Err(Error::value(
            "Changing the dtype of a 0d array is only supported if the itemsize is unchanged",
        ));
    };
    let bytes = last * from.size();
    if to.size() == 0 || bytes % to.size() != 0 {
        return Err(Error::value(
            "When changing to a larger dtype, its size must be a divisor of the total size in \
             bytes of the last axis of the array.",
        ));
    }
    if to.size() < from.size() {
        let k = from.size() / to.size();
        if from.size() % to.size() != 0 {
            return Err(Error::value(
                "When changing to a smaller dtype, its size must be a divisor of the size of \
                 original dtype",
            ));
        }
        let mut flat = outer.to_vec();
        flat.push(last * k);
        let split = out.part(0, to, vec![k]);
        return Ok(Value::Array(split.viewed(move |a| Ok(reshape(a, flat.clone())))?));
    }
    let block = crate::array::run::to_block(&array, cx)?;
    let mut flat = outer.to_vec();
    flat.push(bytes / to.size());
    let mut joined = Block::zeros(to, flat);
    joined.bytes_mut().copy_from_slice(block.bytes());
    Ok(Value::array(Array::of(joined)))
}

/// `array.flat`: the elements in a row.
pub struct Flat {
    nd: Nd,
}

impl Flat {
    fn row(&self) -> Result<Nd> {
        Ok(self.nd.viewed(|a| Ok(reshape(a, vec![a.len()])))?.with_class(Class::Array))
    }

    fn get(&self, key: &Value, cx: &Context) -> Result<Value> {
        match index::get(&self.row()?, key, cx)? {
            // unlike a view of the array it is a copy
            Value::Array(nd) if !nd.is_scalar() => Ok(Value::array(nd.array()?)),
            other => Ok(other),
        }
    }

    fn set(&self, key: &Value, new: &Value, cx: &Context) -> Result<()> {
        // values are repeated as often as needed
        let row = self.row()?;
        let values = as_array(new, cx)?;
        let n = values.len();
        let wanted = match index::get(&row, key, cx)? {
            Value::Array(hit) => hit.size()?,
            _ => 1,
        };
        if n == wanted || n == 1 || n == 0 {
            return index::set(&row, key, &Value::array(reshape(&values, vec![n])), cx);
        }
        let flat = crate::array::run::to_block(&reshape(&values, vec![n]), cx)?;
        let mut out = Block::zeros(flat.dtype().clone(), vec![wanted]);
        for i in 0..wanted {
            out.copy_run(i, &flat, i % n, 1);
        }
        index::set(&row, key, &Value::array(Array::of(out)), cx)
    }
}

impl Foreign for Flat {
    fn type_name(&self) -> String {
        "numpy.flatiter".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok("<numpy.flatiter object>".into())
    }

    fn array(&self, _cx: &Context) -> Option<Result<Array>> {
        Some(self.row().and_then(|r| r.array()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `array.flags`.
struct Flags {
    nd: Nd,
}

impl Flags {
    fn list(&self) -> Result<[(&'static str, bool); 6]> {
        let array = self.nd.array()?;
        let long = array.shape().iter().filter(|n| **n != 1).count();
        Ok([
            ("C_CONTIGUOUS", true),
            ("F_CONTIGUOUS", long <= 1),
            ("OWNDATA", !self.nd.is_view()),
            ("WRITEABLE", self.nd.is_writable()),
            ("ALIGNED", true),
            ("WRITEBACKIFCOPY", false),
        ])
    }
}

impl Foreign for Flags {
    fn type_name(&self) -> String {
        "numpy._core.multiarray.flagsobj".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        let line = |(name, on): (&str, bool)| {
            format!("  {name} : {}\n", if on { "True" } else { "False" })
        };
        Ok(self.list()?.into_iter().map(line).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What the things of this module have as attributes; none for what is not of it.
pub fn foreign_part(f: &Arc<dyn Foreign>, name: &str) -> Option<Result<Value>> {
    if let Some(flags) = f.as_any().downcast_ref::<Flags>() {
        let list = match flags.list() {
            Ok(list) => list,
            Err(e) => return Some(Err(e)),
        };
        let hit = list.iter().find(|l| l.0.eq_ignore_ascii_case(name));
        return hit.map(|l| Ok(Value::Bool(l.1)));
    }
    if let Some(broadcast) = f.as_any().downcast_ref::<Broadcast>() {
        return broadcast.attribute(name).map(Ok);
    }
    let flat = f.as_any().downcast_ref::<Flat>()?;
    match name {
        "base" => Some(Ok(Value::Array(flat.nd.clone()))),
        _ => None,
    }
}
