//! Subscripts, and the attributes and methods of arrays and NumPy scalars.

use super::array_parts::get_part;
use super::bytes;
use super::given::Given;
use super::{attributes, strings};
use crate::array::block::Block;
use crate::array::lazy::Array;
use crate::array::reshape::reshape;
use crate::array::view;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::convert::{as_array, as_dtype, astype};
use crate::numpy::registry::{self, call, find};
use crate::numpy::{Class, Nd, Value, index};

/// Sizes as a tuple.
pub fn sizes(dims: &[usize]) -> Value {
    Value::tuple(dims.iter().map(|&n| Value::int(n)).collect())
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
static SCALAR_BYTES: Joined = Joined::new(|| [METHODS, bytes::BYTES].concat());
static SCALAR_NUMBER: Joined = Joined::new(|| {
    [METHODS, &["as_integer_ratio", "bit_count", "bit_length", "hex", "is_integer"]].concat()
});
static CHAR_ARRAY: Joined = Joined::new(|| [METHODS, CHAR].concat());
static MATRIX: Joined =
    Joined::new(|| [METHODS, &["getA", "getA1", "getH", "getI", "getT"]].concat());

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
            let out = astype(&nd.array()?, &to, g.text("casting")?.as_deref(), cx)?;
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
            nd.assign(|a| Ok(a.clone()), reshape(&array, Vec::new()), cx)?;
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
                nd.assign(|a| Ok(a.clone()), out, cx)?;
                return Ok(this);
            }
            return Ok(Value::Array(if nd.is_scalar() { Nd::scalar(out) } else { Nd::new(out) }));
        }
        "view" => return viewed(nd, &bind("dtype? type?")?, cx),
        "sort" | "partition" => {
            let f = find(name).ok_or_else(|| attributes::missing(&this, name))?;
            places.insert(0, this);
            let sorted = as_array(&call(f, places, named, cx)?, cx)?;
            nd.assign(|a| Ok(a.clone()), sorted, cx)?;
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
pub(super) fn to_list(block: &Block) -> Result<Value> {
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
