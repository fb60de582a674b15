//! Attributes and methods, by the class of the value.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::array_parts;
use super::bytes;
use super::calls::{Bound, BuiltinValue, Closure};
use super::collections;
use super::flat;
use super::given::Given;
use super::h5_methods;
use super::numbers::Number;
use super::subscripts;
use super::{arrays, containers, h5, modules, numbers, strings, types};
use crate::array::{Context, DType, Error, Result, text};
use crate::numpy::{Value, registry};

/// `AttributeError: 'int' object has no attribute 'x'`.
pub fn missing(value: &Value, name: &str) -> Error {
    Error::attribute(match value {
        Value::Type(t) => {
            format!("type object '{}' has no attribute '{name}'", types::name(t))
        }
        Value::Foreign(f) if f.as_any().is::<modules::Module>() => {
            let module = f.as_any().downcast_ref::<modules::Module>();
            format!(
                "module '{}' has no attribute '{name}'",
                module.map_or(String::new(), modules::Module::name)
            )
        }
        _ => format!("'{}' object has no attribute '{name}'", value.type_name()),
    })
}

const INT: &[&str] = &[
    "as_integer_ratio",
    "bit_count",
    "bit_length",
    "conjugate",
    "from_bytes",
    "is_integer",
    "to_bytes",
];
const INT_PARTS: &[&str] = &["denominator", "imag", "numerator", "real"];
const FLOAT: &[&str] = &["as_integer_ratio", "conjugate", "fromhex", "hex", "is_integer"];
const COMPLEX: &[&str] = &["conjugate"];
const PARTS: &[&str] = &["imag", "real"];
const DTYPE: &[&str] = &[
    "alignment",
    "base",
    "byteorder",
    "char",
    "descr",
    "fields",
    "hasobject",
    "isbuiltin",
    "isnative",
    "itemsize",
    "kind",
    "metadata",
    "name",
    "names",
    "ndim",
    "num",
    "shape",
    "str",
    "subdtype",
    "type",
];

/// Methods with a name of two underscores, and the function that does the same.
const SPECIAL: &[(&str, &str)] = &[
    ("__len__", "len()"),
    ("__getitem__", "getitem()"),
    ("__contains__", "contains()"),
    ("__iter__", "iter()"),
    ("__next__", "next()"),
    ("__abs__", "abs()"),
    ("__str__", "str()"),
    ("__repr__", "repr()"),
    ("__int__", "int()"),
    ("__float__", "float()"),
    ("__bool__", "bool()"),
    ("__hash__", "hash()"),
];

fn has_special(value: &Value, function: &str, cx: &Context) -> bool {
    match function {
        "len()" => containers::length(value, cx).is_some_and(|n| n.is_ok()),
        "getitem()" | "contains()" | "iter()" => super::iter::Iter::of(value, cx).is_ok(),
        "int()" | "float()" => Number::of(value).is_some() || super::operators::is_array(value),
        "abs()" => Number::of(value).is_some() || super::operators::is_array(value),
        _ => true,
    }
}

/// Calls the function that a method of two underscores stands for.
fn call_special(value: &Value, function: &str, places: Vec<Value>, cx: &Context) -> Result<Value> {
    let one =
        || places.first().cloned().ok_or_else(|| Error::type_error("expected 1 argument, got 0"));
    match function {
        "getitem()" => subscripts::get_item(value, &one()?, cx),
        "contains()" => Ok(Value::Bool(super::compare::contains(value, &one()?, cx)?)),
        _ => match super::builtins::find(function.trim_end_matches("()")) {
            Some(f) => super::calls::call(&f, vec![value.clone()], Vec::new(), cx),
            None => Err(missing(value, function)),
        },
    }
}

/// Whether a name is a method of a value, to be called at once.
pub fn is_method(value: &Value, name: &str) -> bool {
    methods(value).contains(&name)
        || match value {
            Value::Foreign(f) => h5_methods::is_method(f, name),
            _ => false,
        }
}

/// The methods of a value.
fn methods(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Str(_) => strings::STR,
        Value::Bytes(_) => bytes::BYTES,
        Value::List(_) => collections::LIST,
        Value::Tuple(_) => collections::TUPLE,
        Value::Range(..) => collections::TUPLE,
        Value::Dict(_) => collections::DICT,
        Value::Set(_) => collections::SET,
        Value::Int(_) | Value::Bool(_) => INT,
        Value::Float(_) => FLOAT,
        Value::Complex(..) => COMPLEX,
        Value::Slice(_) => &["indices"],
        Value::DType(_) => &["newbyteorder"],
        Value::Array(nd) => arrays::methods(nd),
        Value::Foreign(_) if containers::is_frozen(value) => collections::SET,
        Value::Foreign(f) if h5::is_dataset(f) => arrays::METHODS,
        _ => &[],
    }
}

/// All names that a value has, for completion.
pub fn names(value: &Value) -> Vec<String> {
    let mut out: Vec<String> = methods(value).iter().map(|n| n.to_string()).collect();
    let parts: &[&str] = match value {
        Value::Int(_) | Value::Bool(_) => INT_PARTS,
        Value::Float(_) | Value::Complex(..) => PARTS,
        Value::DType(_) => DTYPE,
        Value::Slice(_) | Value::Range(..) => &["start", "step", "stop"],
        Value::Array(_) => arrays::PARTS,
        Value::Function(f) if f.ufunc.is_some() => {
            &["accumulate", "at", "nargs", "nin", "nout", "outer", "reduce", "reduceat"]
        }
        Value::Foreign(f) if h5::is_dataset(f) => arrays::PARTS,
        Value::Type(t) => return types::names(t),
        _ => &[],
    };
    out.extend(parts.iter().map(|n| n.to_string()));
    if let Value::Foreign(f) = value {
        out.extend(h5_methods::names(f).iter().map(|n| n.to_string()));
        if let Some(m) = f.as_any().downcast_ref::<modules::Module>() {
            out.extend(m.names());
        }
    }
    if let Value::Array(nd) = value
        && let Ok(dtype) = nd.dtype()
        && *nd.class() == crate::numpy::Class::RecArray
        && let Some(s) = dtype.fields()
    {
        out.extend(s.fields.iter().map(|f| f.name.clone()));
    }
    out.sort();
    out.dedup();
    out
}

/// `value.name`.
///
/// # Errors
/// AttributeError; whatever computing it meets.
pub fn get(value: &Value, name: &str, cx: &Context) -> Result<Value> {
    if name == "__class__" {
        return Ok(Value::Type(types::of(value)));
    }
    if is_method(value, name) {
        return Ok(Bound::value(value, name));
    }
    if let Some(name) = SPECIAL.iter().find(|s| s.0 == name).map(|s| s.1)
        && has_special(value, name, cx)
    {
        return Ok(Bound::value(value, name));
    }
    let found = match value {
        Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::Complex(..) => {
            number_part(value, name)
        }
        Value::Slice(parts) => match name {
            "start" => Some(parts[0].clone()),
            "stop" => Some(parts[1].clone()),
            "step" => Some(parts[2].clone()),
            _ => None,
        },
        Value::Range(a, b, c) => match name {
            "start" => Some(Value::int(*a)),
            "stop" => Some(Value::int(*b)),
            "step" => Some(Value::int(*c)),
            _ => None,
        },
        Value::Array(nd) => return array_parts::get_part(nd, name, cx),
        Value::DType(d) => dtype_part(d, name),
        Value::Type(t) => types::part(t, name),
        Value::Function(f) => match name {
            "__name__" => Some(Value::str(f.names[0].rsplit('.').next().unwrap_or(""))),
            "__doc__" => Some(Value::str(f.help)),
            "reduce" | "accumulate" | "outer" | "at" | "reduceat" if f.ufunc.is_some() => {
                let method = ["reduce", "accumulate", "outer", "at", "reduceat"]
                    .into_iter()
                    .find(|m| *m == name)
                    .unwrap_or("reduce");
                Some(Value::UfuncMethod(f, method))
            }
            "nin" if f.ufunc.is_some() => Some(Value::int(inputs(f))),
            "nout" if f.ufunc.is_some() => Some(Value::int(outputs(f))),
            "nargs" if f.ufunc.is_some() => Some(Value::int(inputs(f) + outputs(f))),
            _ => None,
        },
        Value::Foreign(f) => {
            if let Some(found) = h5_methods::part(f, name, cx) {
                return found;
            }
            if let Some(found) = super::h5_module::class_part(f, name) {
                return Ok(found);
            }
            if let Some(m) = f.as_any().downcast_ref::<modules::Module>() {
                return m.get(name).ok_or_else(|| missing(value, name));
            }
            if let Some(found) = modules::limit_part(f, name) {
                return Ok(found);
            }
            if let Some(found) = flat::foreign_part(f, name) {
                return found;
            }
            if h5::is_dataset(f)
                && let Some(nd) = h5::live(f, cx)
            {
                let nd = nd?;
                return array_parts::get_part(&nd, name, cx).map_err(|e| match e.kind {
                    crate::array::error::Kind::AttributeError => missing(value, name),
                    _ => e,
                });
            }
            let own = f.as_any();
            match name {
                "__name__" if own.is::<BuiltinValue>() => {
                    own.downcast_ref::<BuiltinValue>().map(|b| Value::str(b.0.name))
                }
                "__name__" if own.is::<Closure>() => Some(Value::str("<lambda>")),
                _ => None,
            }
        }
        _ => None,
    };
    found.ok_or_else(|| missing(value, name))
}

fn inputs(f: &registry::Function) -> usize {
    registry::params(f).iter().filter(|p| p.way == registry::Way::Place).count()
}

fn outputs(f: &registry::Function) -> usize {
    match f.names[0] {
        "divmod" | "modf" | "frexp" => 2,
        _ => 1,
    }
}

fn number_part(value: &Value, name: &str) -> Option<Value> {
    let number = Number::of(value)?;
    Some(match (number, name) {
        (Number::Int(n), "real" | "numerator") => Value::Int(n),
        (Number::Int(_), "imag") => Value::int(0),
        (Number::Int(_), "denominator") => Value::int(1),
        (Number::Float(x), "real") => Value::Float(x),
        (Number::Float(_), "imag") => Value::Float(0.0),
        (Number::Complex(re, _), "real") => Value::Float(re),
        (Number::Complex(_, im), "imag") => Value::Float(im),
        _ => return None,
    })
}

fn dtype_part(d: &DType, name: &str) -> Option<Value> {
    let field = |f: &crate::array::dtype::Field| {
        let base = Value::DType(f.dtype.clone());
        match f.shape.is_empty() {
            true => base,
            false => Value::tuple(vec![base, arrays::sizes(&f.shape)]),
        }
    };
    Some(match name {
        "name" => Value::str(d.name()),
        "str" => Value::str(d.short()),
        "kind" => Value::str(d.kind().letter().to_string()),
        "char" => Value::str(d.char().to_string()),
        "itemsize" => Value::int(d.size()),
        "alignment" => Value::int(alignment(d)),
        "ndim" => Value::int(0),
        "shape" => Value::tuple(vec![]),
        "base" => Value::DType(d.clone()),
        "subdtype" | "metadata" => Value::None,
        "type" => Value::Type(types::scalar(d)),
        "isnative" => Value::Bool(true),
        "hasobject" => Value::Bool(*d == DType::Object),
        "isbuiltin" => Value::int(u8::from(d.is_number() || *d == DType::Object)),
        "byteorder" => Value::str(if d.short().starts_with('|') { "|" } else { "=" }),
        "num" => Value::int(match d {
            DType::Bool => 0,
            DType::Int8 => 1,
            DType::UInt8 => 2,
            DType::Int16 => 3,
            DType::UInt16 => 4,
            DType::Int32 => 5,
            DType::UInt32 => 6,
            DType::Int64 => 7,
            DType::UInt64 => 8,
            DType::Float32 => 11,
            DType::Float64 => 12,
            DType::Complex64 => 14,
            DType::Complex128 => 15,
            DType::Object => 17,
            DType::Bytes(_) => 18,
            DType::Str(_) => 19,
            DType::Void(_) | DType::Struct(_) => 20,
            DType::Datetime(_) => 21,
            DType::Timedelta(_) => 22,
            DType::Float16 => 23,
        }),
        "names" => match d.fields() {
            Some(s) => Value::tuple(s.fields.iter().map(|f| Value::str(&f.name)).collect()),
            None => Value::None,
        },
        "fields" => match d.fields() {
            Some(s) => Value::dict(
                s.fields
                    .iter()
                    .map(|f| {
                        let entry = vec![field(f), Value::int(f.offset)];
                        (Value::str(&f.name), Value::tuple(entry))
                    })
                    .collect(),
            )
            .ok()?,
            None => Value::None,
        },
        "descr" => {
            let one =
                |name: &str, d: &DType| Value::tuple(vec![Value::str(name), Value::str(d.short())]);
            Value::list(match d.fields() {
                Some(s) => s.fields.iter().map(|f| one(&f.name, &f.dtype)).collect(),
                None => vec![one("", d)],
            })
        }
        _ => return None,
    })
}

fn alignment(d: &DType) -> usize {
    match d {
        DType::Str(_) => 4,
        DType::Bytes(_) | DType::Void(_) | DType::Struct(_) => 1,
        DType::Complex64 => 4,
        DType::Complex128 => 8,
        other => other.size(),
    }
}

/// `value.name(…)`.
///
/// # Errors
/// AttributeError; whatever the method meets.
pub fn call_method(
    value: &Value,
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    if name.ends_with("()") {
        return call_special(value, name, places, cx);
    }
    if !is_method(value, name) {
        let function = get(value, name, cx)?;
        return super::calls::call(&function, places, named, cx);
    }
    match value {
        Value::Str(s) => strings::method(s, name, places, named, cx),
        Value::Bytes(b) => bytes::bytes_method(b, name, places, named, cx),
        Value::List(l) => collections::list_method(l, name, places, named, cx),
        Value::Tuple(t) => collections::tuple_method(t, name, places, named, cx),
        Value::Range(..) => {
            let items = super::iter::collect(value, cx)?;
            collections::tuple_method(&items, name, places, named, cx)
        }
        Value::Dict(d) => collections::dict_method(d, name, places, named, cx),
        Value::Set(_) => collections::set_method(value, name, places, named, cx),
        Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::Complex(..) => {
            number_method(value, name, places, named, cx)
        }
        Value::Slice(parts) => {
            let g = Given::bind(name, "len |", places, named)?;
            let n = g.int("len")?.unwrap_or(0);
            let n =
                usize::try_from(n).map_err(|_| Error::value("length should not be negative"))?;
            let (a, b, c) = containers::slice_indices(parts, n)?;
            Ok(Value::tuple(vec![Value::int(a), Value::int(b), Value::int(c)]))
        }
        Value::DType(_) => Ok(value.clone()),
        Value::Array(nd) => arrays::method(nd, name, places, named, cx),
        Value::Foreign(f) => {
            if containers::is_frozen(value) {
                return collections::set_method(value, name, places, named, cx);
            }
            if h5_methods::is_method(f, name) {
                return h5_methods::method(f, name, places, named, cx);
            }
            match h5::live(f, cx) {
                Some(nd) => arrays::method(&nd?, name, places, named, cx),
                None => Err(missing(value, name)),
            }
        }
        _ => Err(missing(value, name)),
    }
}

fn number_method(
    value: &Value,
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let number = Number::of(value).ok_or_else(|| missing(value, name))?;
    match (number, name) {
        (_, "from_bytes") => types::int_from_bytes(places, named, cx),
        (_, "fromhex") => types::float_from_hex(places, named),
        (Number::Int(n), "to_bytes") => int_to_bytes(&n, places, named, cx),
        (number, _) => {
            Given::bind(name, "", places, named)?;
            Ok(match (number, name) {
                (Number::Int(n), "bit_length") => Value::int(n.bits()),
                (Number::Int(n), "bit_count") => {
                    Value::int(n.iter_u64_digits().map(u64::count_ones).sum::<u32>())
                }
                (Number::Int(_), "is_integer") => Value::Bool(true),
                (Number::Int(n), "as_integer_ratio") => {
                    Value::tuple(vec![Value::Int(n), Value::int(1)])
                }
                (Number::Int(n), _) => Value::Int(n),
                (Number::Float(x), "is_integer") => Value::Bool(x.is_finite() && x.fract() == 0.0),
                (Number::Float(x), "hex") => Value::str(float_hex(x)),
                (Number::Float(x), "as_integer_ratio") => float_ratio(x)?,
                (Number::Float(x), _) => Value::Float(x),
                (Number::Complex(re, im), _) => Value::Complex(re, -im),
            })
        }
    }
}

/// `float.as_integer_ratio()`.
///
/// # Errors
/// OverflowError and ValueError for what is not finite.
pub fn float_ratio(x: f64) -> Result<Value> {
    if x.is_nan() {
        return Err(Error::value("cannot convert NaN to integer ratio"));
    }
    if x.is_infinite() {
        return Err(Error::overflow("cannot convert Infinity to integer ratio"));
    }
    let (mut m, mut e) = (x, 0u32);
    while m.fract() != 0.0 {
        m *= 2.0;
        e += 1;
    }
    let n = numbers::float_to_int(m)?;
    Ok(Value::tuple(vec![Value::Int(n), Value::Int(BigInt::from(1) << e)]))
}

/// `float.hex()`.
pub fn float_hex(x: f64) -> String {
    if !x.is_finite() {
        return text::float(x);
    }
    let bits = x.to_bits();
    let sign = if x.is_sign_negative() { "-" } else { "" };
    let mantissa = bits & ((1 << 52) - 1);
    match (bits >> 52) & 0x7FF {
        0 if mantissa == 0 => format!("{sign}0x0.0p+0"),
        0 => format!("{sign}0x0.{mantissa:013x}p-1022"),
        e => format!("{sign}0x1.{mantissa:013x}p{:+}", e as i64 - 1023),
    }
}

fn int_to_bytes(
    n: &BigInt,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let g = Given::bind("to_bytes", "/ length? byteorder? | signed?", places, named)?;
    let length = g.int("length")?.unwrap_or(1);
    let length = usize::try_from(length)
        .ok()
        .filter(|n| *n <= 1 << 24)
        .ok_or_else(|| Error::value("length argument must be non-negative"))?;
    let signed = g.flag("signed", cx)?;
    if n.is_negative() && !signed {
        return Err(Error::overflow("can't convert negative int to unsigned"));
    }
    let mut bytes = if signed { n.to_signed_bytes_le() } else { n.to_bytes_le().1 };
    while bytes.len() > length && bytes.last() == Some(&0) && !signed {
        bytes.pop();
    }
    if n.to_u8() == Some(0) {
        bytes.clear();
    }
    if bytes.len() > length {
        return Err(Error::overflow("int too big to convert"));
    }
    bytes.resize(length, if n.is_negative() { 0xFF } else { 0 });
    match g.text("byteorder")?.as_deref().unwrap_or("big") {
        "big" => bytes.reverse(),
        "little" => {}
        _ => return Err(Error::value("byteorder must be either 'little' or 'big'")),
    }
    Ok(Value::Bytes(bytes.into()))
}

/// `value.name = new`. What the value is then, where it must be put in the old one's place.
///
/// # Errors
/// AttributeError where it can't be set; whatever NumPy refuses.
pub fn set(value: &Value, name: &str, new: &Value, cx: &Context) -> Result<Option<Value>> {
    match value {
        Value::Array(nd) => array_parts::set_part(nd, name, new, cx),
        other if get(other, name, cx).is_ok() => Err(Error::attribute(format!(
            "'{}' object attribute '{name}' is read-only",
            other.type_name()
        ))),
        other => Err(missing(other, name)),
    }
}

/// `del value.name`.
///
/// # Errors
/// AttributeError.
pub fn delete(value: &Value, name: &str) -> Result<()> {
    Err(missing(value, name))
}

/// A shared thing as a value.
pub fn foreign(f: impl crate::numpy::Foreign + 'static) -> Value {
    Value::Foreign(Arc::new(f))
}
