//! Classes: which a value is of, and what calling one makes.

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

use super::bytes;
use super::collections;
use super::given::Given;
use super::numbers::{self};
use super::strings;
use crate::array::dtype::Kind;
use crate::array::time::TimeUnit;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::value::Type;
use crate::numpy::{Class, Value};

/// The class of NumPy's scalars of a dtype: without width or unit.
pub fn scalar(d: &DType) -> Type {
    Type::Scalar(match d {
        DType::Str(_) => DType::Str(0),
        DType::Bytes(_) => DType::Bytes(0),
        DType::Void(_) | DType::Struct(_) => DType::Void(0),
        DType::Datetime(_) => DType::Datetime(TimeUnit::GENERIC),
        DType::Timedelta(_) => DType::Timedelta(TimeUnit::GENERIC),
        other => other.clone(),
    })
}

/// Python's own classes, and NumPy's that are no dtypes.
pub const NAMED: &[&str] = &[
    "bool",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "type",
    "enumerate",
    "filter",
    "map",
    "reversed",
    "zip",
];

/// Exceptions, which have no use but as names.
pub const EXCEPTIONS: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "Exception",
    "IndexError",
    "KeyError",
    "LookupError",
    "MemoryError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "RecursionError",
    "RuntimeError",
    "StopIteration",
    "SyntaxError",
    "TypeError",
    "UnicodeError",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
    "BaseException",
    "DeprecationWarning",
    "RuntimeWarning",
    "UserWarning",
];

/// NumPy's abstract classes: name, and the kinds of dtype below it.
pub const ABSTRACT: &[(&str, &[Kind])] = &[
    (
        "generic",
        &[
            Kind::Bool,
            Kind::Signed,
            Kind::Unsigned,
            Kind::Float,
            Kind::Complex,
            Kind::Str,
            Kind::Bytes,
            Kind::Datetime,
            Kind::Timedelta,
            Kind::Void,
            Kind::Object,
        ],
    ),
    ("number", &[Kind::Signed, Kind::Unsigned, Kind::Float, Kind::Complex, Kind::Timedelta]),
    ("integer", &[Kind::Signed, Kind::Unsigned, Kind::Timedelta]),
    ("signedinteger", &[Kind::Signed, Kind::Timedelta]),
    ("unsignedinteger", &[Kind::Unsigned]),
    ("inexact", &[Kind::Float, Kind::Complex]),
    ("floating", &[Kind::Float]),
    ("complexfloating", &[Kind::Complex]),
    ("flexible", &[Kind::Str, Kind::Bytes, Kind::Void]),
    ("character", &[Kind::Str, Kind::Bytes]),
];

/// The name of a class.
pub fn name(t: &Type) -> String {
    match t {
        Type::Named("ndarray") => "numpy.ndarray".into(),
        Type::Named(n) => (*n).into(),
        Type::Scalar(d) => format!("numpy.{}", d.scalar_name()),
    }
}

/// A name as one that lives for ever, where it is a class's.
pub fn named(name: &str) -> Option<&'static str> {
    let further = [
        "NoneType",
        "ellipsis",
        "function",
        "builtin_function_or_method",
        "generator",
        "module",
        "ndarray",
        "matrix",
        "recarray",
        "chararray",
        "dtype",
        "ufunc",
        "flatiter",
        "H5Array",
        "File",
        "Group",
        "Dataset",
        "AttributeManager",
        "dict_keys",
        "dict_values",
        "dict_items",
    ];
    NAMED.iter().chain(EXCEPTIONS).find(|n| **n == name).copied().or_else(|| {
        let abstracts = ABSTRACT.iter().map(|a| a.0);
        abstracts.chain(further).find(|n| *n == name)
    })
}

/// The class of a value.
pub fn of(value: &Value) -> Type {
    match value {
        Value::Array(nd) => match nd.class() {
            Class::Scalar => nd.dtype().map_or(Type::Named("object"), |d| scalar(&d)),
            Class::Matrix => Type::Named("matrix"),
            Class::RecArray => Type::Named("recarray"),
            Class::CharArray => Type::Named("chararray"),
            Class::Array => Type::Named("ndarray"),
        },
        Value::DType(_) => Type::Named("dtype"),
        Value::Function(f) if f.ufunc.is_some() => Type::Named("ufunc"),
        other => Type::Named(named(&other.type_name()).unwrap_or("object")),
    }
}

/// Whether a class is another or below it.
pub fn is_subclass(t: &Type, of: &Type) -> bool {
    if t == of || *of == Type::Named("object") {
        return true;
    }
    match (t, of) {
        (Type::Named("bool"), Type::Named("int")) => true,
        (Type::Named("matrix" | "recarray" | "chararray"), Type::Named("ndarray")) => true,
        (Type::Scalar(d), Type::Named(name)) => match (d, *name) {
            (DType::Float64, "float") | (DType::Complex128, "complex") => true,
            (DType::Str(_), "str") | (DType::Bytes(_), "bytes") => true,
            _ => ABSTRACT.iter().any(|a| a.0 == *name && a.1.contains(&d.kind())),
        },
        (Type::Named(a), Type::Named(b)) => {
            let parents: &[&str] = match *a {
                "IndexError" | "KeyError" => &["LookupError"],
                "OverflowError" | "ZeroDivisionError" => &["ArithmeticError"],
                "NotImplementedError" | "RecursionError" => &["RuntimeError"],
                "UnicodeError" => &["ValueError"],
                "DeprecationWarning" | "RuntimeWarning" | "UserWarning" => &["Warning"],
                _ => &[],
            };
            parents.contains(b)
                || EXCEPTIONS.contains(a) && matches!(*b, "Exception" | "BaseException")
                || ABSTRACT.iter().any(|x| x.0 == *a)
                    && ABSTRACT.iter().any(|y| {
                        y.0 == *b
                            && ABSTRACT
                                .iter()
                                .find(|x| x.0 == *a)
                                .is_some_and(|x| x.1.iter().all(|k| y.1.contains(k)))
                    })
        }
        _ => false,
    }
}

/// `isinstance(value, classes)`.
///
/// # Errors
/// TypeError where there is no class to be of.
pub fn is_instance(value: &Value, classes: &Value) -> Result<bool> {
    match classes {
        Value::Type(t) => Ok(is_subclass(&of(value), t)),
        Value::Tuple(list) => {
            let mut hit = false;
            for c in list.iter() {
                hit |= is_instance(value, c)?;
            }
            Ok(hit)
        }
        _ => Err(Error::type_error(
            "isinstance() arg 2 must be a type, a tuple of types, or a union",
        )),
    }
}

/// The names of what a class has.
pub fn names(t: &Type) -> Vec<String> {
    let list: &[&str] = match t {
        Type::Named("str") => strings::STR,
        Type::Named("bytes") => bytes::BYTES,
        Type::Named("dict") => collections::DICT,
        Type::Named("list") => collections::LIST,
        Type::Named("float") => &["fromhex", "hex", "is_integer"],
        Type::Named("int") => &["bit_length", "from_bytes", "to_bytes"],
        _ => &[],
    };
    list.iter().map(|n| n.to_string()).collect()
}

/// What a class has by this name: its own functions, and methods to be called with the value.
pub fn part(t: &Type, name: &str) -> Option<Value> {
    match (t, name) {
        (_, "__name__" | "__qualname__") => {
            let full = self::name(t);
            return Some(Value::str(full.rsplit('.').next().unwrap_or(&full)));
        }
        (Type::Scalar(d), "dtype") => return Some(Value::DType(d.clone())),
        _ => {}
    }
    let has = names(t).iter().any(|n| n == name);
    has.then(|| super::attributes::foreign(Unbound { class: t.clone(), name: name.into() }))
}

/// A method of a class without a value: `str.upper`, `dict.fromkeys`.
pub struct Unbound {
    class: Type,
    name: String,
}

impl crate::numpy::Foreign for Unbound {
    fn type_name(&self) -> String {
        "method_descriptor".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(format!("<method '{}' of '{}' objects>", self.name, name(&self.class)))
    }

    fn call(
        &self,
        mut places: Vec<Value>,
        named: Vec<(String, Value)>,
        cx: &Context,
    ) -> Result<Value> {
        match (&self.class, self.name.as_str()) {
            (Type::Named("str"), "maketrans") => {
                strings::maketrans(&Given::bind("maketrans", "x y? z? |", places, named)?)
            }
            (Type::Named("dict"), "fromkeys") => collections::from_keys(
                &Given::bind("fromkeys", "iterable value? |", places, named)?,
                cx,
            ),
            (Type::Named("bytes"), "fromhex") => {
                let g = Given::bind("fromhex", "string |", places, named)?;
                bytes::from_hex(&g.text("string")?.unwrap_or_default())
            }
            (Type::Named("int"), "from_bytes") => int_from_bytes(places, named, cx),
            (Type::Named("float"), "fromhex") => float_from_hex(places, named),
            _ => {
                if places.is_empty() {
                    return Err(Error::type_error(format!(
                        "unbound method {}.{}() needs an argument",
                        name(&self.class),
                        self.name
                    )));
                }
                let this = places.remove(0);
                if !is_subclass(&of(&this), &self.class) {
                    return Err(Error::type_error(format!(
                        "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
                        self.name,
                        name(&self.class),
                        this.type_name()
                    )));
                }
                super::attributes::call_method(&this, &self.name, places, named, cx)
            }
        }
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// `int.from_bytes(…)`.
///
/// # Errors
/// TypeError; ValueError for an order that is none.
pub fn int_from_bytes(
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let g = Given::bind("from_bytes", "/ bytes byteorder? | signed?", places, named)?;
    let Value::Bytes(bytes) = g.value("bytes") else {
        return Err(Error::type_error("cannot convert object to bytes"));
    };
    let mut bytes = bytes.to_vec();
    match g.text("byteorder")?.as_deref().unwrap_or("big") {
        "big" => bytes.reverse(),
        "little" => {}
        _ => return Err(Error::value("byteorder must be either 'little' or 'big'")),
    }
    Ok(Value::Int(match g.flag("signed", cx)? {
        true => BigInt::from_signed_bytes_le(&bytes),
        false => BigInt::from_bytes_le(Sign::Plus, &bytes),
    }))
}

/// `float.fromhex(text)`.
///
/// # Errors
/// ValueError.
pub fn float_from_hex(places: Vec<Value>, named: Vec<(String, Value)>) -> Result<Value> {
    let g = Given::bind("fromhex", "string |", places, named)?;
    let given = g.text("string")?.unwrap_or_default();
    let wrong = || Error::value("invalid hexadecimal floating-point string");
    let lower = given.trim().to_lowercase();
    let (negative, bare) = match lower.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    if let "inf" | "infinity" | "nan" = bare {
        let x = if bare == "nan" { f64::NAN } else { f64::INFINITY };
        return Ok(Value::Float(if negative { -x } else { x }));
    }
    let bare = bare.strip_prefix("0x").unwrap_or(bare);
    let (mantissa, power) = match bare.split_once('p') {
        Some((m, p)) => (m, p.parse::<i64>().map_err(|_| wrong())?),
        None => (bare, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let n = BigInt::parse_bytes(digits.as_bytes(), 16).filter(|_| !digits.starts_with(['-', '+']));
    let n = n.ok_or_else(wrong)?;
    let power = power.saturating_sub(4 * part.len() as i64);
    // an integer times or through a power of two, rounded once
    let huge = || Error::overflow("hexadecimal value too large to represent as a float");
    if power > 2000 && n.sign() != Sign::NoSign {
        return Err(huge());
    }
    let x = match power {
        _ if n.sign() == Sign::NoSign => 0.0,
        p if p >= 0 => (n << p as u64).to_f64().unwrap_or(f64::INFINITY),
        p if p < -20000 => 0.0,
        p => {
            let divisor = Value::Int(BigInt::from(1) << (-p) as u64);
            match numbers::binary(super::ast::Operator::Divide, &Value::Int(n), &divisor) {
                Some(Ok(Value::Float(x))) => x,
                Some(Err(e)) => return Err(e),
                _ => return Err(wrong()),
            }
        }
    };
    if x.is_infinite() {
        return Err(huge());
    }
    Ok(Value::Float(if negative { -x } else { x }))
}
