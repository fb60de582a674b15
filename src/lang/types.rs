//! Classes: which a value is of, and what calling one makes.

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

use super::given::Given;
use super::iter::collect;
use super::numbers::{self, LONGEST_INT, Number};
use super::{calls, containers, operators, strings};
use crate::array::dtype::Kind;
use crate::array::time::TimeUnit;
use crate::array::{Context, DType, Error, Result, text};
use crate::numpy::convert::{as_array_of, as_dtype};
use crate::numpy::registry::call_named;
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
        Type::Named("bytes") => strings::BYTES,
        Type::Named("dict") => containers::DICT,
        Type::Named("list") => containers::LIST,
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
            (Type::Named("dict"), "fromkeys") => containers::from_keys(
                &Given::bind("fromkeys", "iterable value? |", places, named)?,
                cx,
            ),
            (Type::Named("bytes"), "fromhex") => {
                let g = Given::bind("fromhex", "string |", places, named)?;
                strings::from_hex(&g.text("string")?.unwrap_or_default())
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
    let g = Given::bind("from_bytes", "bytes byteorder? | signed?", places, named)?;
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

/// What calling a class makes.
///
/// # Errors
/// Those of Python's constructors.
pub fn construct(
    t: &Type,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let name = match t {
        Type::Named(n) => *n,
        Type::Scalar(d) => return numpy_scalar(d, places, named, cx),
    };
    let bind = |spec| Given::bind(name, spec, places.clone(), named.clone());
    Ok(match name {
        "int" => {
            let g = bind("x? / base?")?;
            match (g.get("x"), g.get("base")) {
                (None, None) => Value::int(0),
                (None, Some(_)) => return Err(Error::type_error("int() missing string argument")),
                (Some(x), base) => to_int(x, base, cx)?,
            }
        }
        "float" => match bind("x? |")?.get("x") {
            None => Value::Float(0.0),
            Some(x) => Value::Float(to_float(x, cx)?),
        },
        "complex" => {
            let g = bind("real? imag?")?;
            to_complex(g.get("real"), g.get("imag"), cx)?
        }
        "bool" => match bind("x? |")?.get("x") {
            None => Value::Bool(false),
            Some(x) => Value::Bool(operators::truth(x, cx)?),
        },
        "str" => {
            let g = bind("object? encoding? errors?")?;
            match (g.get("object"), g.text("encoding")?) {
                (None, _) => Value::str(""),
                (Some(Value::Bytes(b)), Some(encoding)) => {
                    let errors = g.text("errors")?.unwrap_or_else(|| "strict".into());
                    Value::str(strings::decode(b, &encoding, &errors)?)
                }
                (Some(_), Some(_)) => {
                    return Err(Error::type_error("decoding to str: need a bytes-like object"));
                }
                (Some(x), None) => Value::str(operators::text(x, cx)?),
            }
        }
        "bytes" => to_bytes(&bind("source? encoding? errors?")?, cx)?,
        "list" => match bind("iterable? |")?.get("iterable") {
            None => Value::list(Vec::new()),
            Some(x) => Value::list(collect(x, cx)?),
        },
        "tuple" => match bind("iterable? |")?.get("iterable") {
            None => Value::tuple(Vec::new()),
            Some(x) => Value::tuple(collect(x, cx)?),
        },
        "set" => match bind("iterable? |")?.get("iterable") {
            None => Value::set(Vec::new())?,
            Some(x) => Value::set(collect(x, cx)?)?,
        },
        "frozenset" => match bind("iterable? |")?.get("iterable") {
            None => containers::frozen(Vec::new())?,
            Some(x) => containers::frozen(collect(x, cx)?)?,
        },
        "dict" => {
            let mut entries = match places.as_slice() {
                [] => Vec::new(),
                [one] => containers::entries(one, cx)?,
                _ => {
                    return Err(Error::type_error(format!(
                        "dict expected at most 1 argument, got {}",
                        places.len()
                    )));
                }
            };
            entries.extend(named.into_iter().map(|(k, v)| (Value::str(k), v)));
            Value::dict(entries)?
        }
        "range" => {
            let parts: Vec<i64> = places.iter().map(Value::index).collect::<Result<_>>()?;
            if !named.is_empty() {
                return Err(Error::type_error("range() takes no keyword arguments"));
            }
            match parts.as_slice() {
                [stop] => Value::Range(0, *stop, 1),
                [start, stop] => Value::Range(*start, *stop, 1),
                [_, _, 0] => return Err(Error::value("range() arg 3 must not be zero")),
                [start, stop, step] => Value::Range(*start, *stop, *step),
                _ => {
                    return Err(Error::type_error(format!(
                        "range expected 1 to 3 arguments, got {}",
                        parts.len()
                    )));
                }
            }
        }
        "slice" => {
            let part = |i: usize| places.get(i).cloned().unwrap_or(Value::None);
            let parts = match places.len() {
                1 => [Value::None, part(0), Value::None],
                2 | 3 => [part(0), part(1), part(2)],
                n => {
                    return Err(Error::type_error(format!(
                        "slice expected 1 to 3 arguments, got {n}"
                    )));
                }
            };
            Value::Slice(std::sync::Arc::new(parts))
        }
        "type" => Value::Type(of(&bind("object |")?.value("object"))),
        "dtype" => {
            let g = bind("dtype align? copy?")?;
            Value::DType(as_dtype(&g.value("dtype"))?)
        }
        "ndarray" => {
            let g = bind("shape dtype? buffer? offset? strides? order?")?;
            let dtype = g.get("dtype").cloned().unwrap_or(Value::DType(DType::Float64));
            call_named("empty", vec![g.value("shape"), dtype], cx)?
        }
        "matrix" => return constructor("asmatrix", places, named, cx),
        "recarray" | "chararray" => {
            return Err(Error::not_implemented(format!("np.{name}(…): use np.rec or np.char")));
        }
        "enumerate" | "filter" | "map" | "reversed" | "zip" => {
            return super::builtins::iterator(name, places, named, cx);
        }
        "object" => return Err(Error::type_error("object() takes no arguments")),
        _ => {
            return Err(Error::type_error(format!("cannot create '{name}' instances")));
        }
    })
}

fn constructor(
    function: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    match crate::numpy::find(function) {
        Some(f) => calls::call(&Value::Function(f), places, named, cx),
        None => Err(Error::attribute(format!("module 'numpy' has no attribute '{function}'"))),
    }
}

/// One element as Python's own value, where an array has one.
fn plain(value: &Value, cx: &Context) -> Result<Value> {
    match value {
        Value::Array(nd) if nd.size()? == 1 => nd.item(),
        Value::Array(_) => {
            Err(Error::type_error("only length-1 arrays can be converted to Python scalars"))
        }
        Value::Foreign(f) => match f.array(cx) {
            Some(array) => plain(&Value::array(array?), cx),
            None => Ok(value.clone()),
        },
        other => Ok(other.clone()),
    }
}

fn to_int(x: &Value, base: Option<&Value>, cx: &Context) -> Result<Value> {
    let value = plain(x, cx)?;
    let parse = |text: &str, base: u32| -> Result<Value> {
        if text.len() > LONGEST_INT && !base.is_power_of_two() {
            return Err(Error::value(
                "Exceeds the limit (4300 digits) for integer string conversion",
            ));
        }
        text::parse_int(text, base).map(Value::Int).ok_or_else(|| {
            Error::value(format!(
                "invalid literal for int() with base {base}: {}",
                crate::array::dtype::quote(text)
            ))
        })
    };
    if let Some(base) = base {
        let n = base.index()?;
        if n != 0 && !(2..=36).contains(&n) {
            return Err(Error::value("int() base must be >= 2 and <= 36, or 0"));
        }
        return match &value {
            Value::Str(s) => parse(s, n as u32),
            Value::Bytes(b) => parse(&String::from_utf8_lossy(b), n as u32),
            _ => Err(Error::type_error("int() can't convert non-string with explicit base")),
        };
    }
    match &value {
        Value::Str(s) => parse(s, 10),
        Value::Bytes(b) => parse(&String::from_utf8_lossy(b), 10),
        other => match Number::of(other) {
            Some(Number::Int(n)) => Ok(Value::Int(n)),
            Some(Number::Float(x)) => Ok(Value::Int(numbers::float_to_int(x.trunc())?)),
            Some(Number::Complex(re, _)) if matches!(x, Value::Array(_)) => {
                Ok(Value::Int(numbers::float_to_int(re.trunc())?))
            }
            _ => Err(Error::type_error(format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                other.type_name()
            ))),
        },
    }
}

fn to_float(x: &Value, cx: &Context) -> Result<f64> {
    let value = plain(x, cx)?;
    let parse = |text: &str| {
        text::parse_float(text).ok_or_else(|| {
            Error::value(format!(
                "could not convert string to float: {}",
                crate::array::dtype::quote(text)
            ))
        })
    };
    match &value {
        Value::Str(s) => parse(s),
        Value::Bytes(b) => parse(&String::from_utf8_lossy(b)),
        other => {
            match Number::of(other) {
                Some(Number::Int(n)) => numbers::int_to_float(&n),
                Some(Number::Float(x)) => Ok(x),
                Some(Number::Complex(re, _)) if matches!(x, Value::Array(_)) => {
                    cx.note("ComplexWarning: Casting complex values to real discards the imaginary part");
                    Ok(re)
                }
                _ => Err(Error::type_error(format!(
                    "float() argument must be a string or a real number, not '{}'",
                    other.type_name()
                ))),
            }
        }
    }
}

fn to_complex(real: Option<&Value>, imag: Option<&Value>, cx: &Context) -> Result<Value> {
    let part = |v: Option<&Value>| -> Result<(f64, f64)> {
        let Some(v) = v else { return Ok((0.0, 0.0)) };
        match Number::of(&plain(v, cx)?) {
            Some(Number::Int(n)) => Ok((numbers::int_to_float(&n)?, 0.0)),
            Some(Number::Float(x)) => Ok((x, 0.0)),
            Some(Number::Complex(re, im)) => Ok((re, im)),
            None => Err(Error::type_error(format!(
                "complex() first argument must be a string or a number, not '{}'",
                v.type_name()
            ))),
        }
    };
    if let (Some(Value::Str(s)), None) = (real, imag) {
        return text::parse_complex(s)
            .map(|(re, im)| Value::Complex(re, im))
            .ok_or_else(|| Error::value("complex() arg is a malformed string"));
    }
    let (a, b) = (part(real)?, part(imag)?);
    Ok(Value::Complex(a.0 - b.1, a.1 + b.0))
}

fn to_bytes(g: &Given, cx: &Context) -> Result<Value> {
    let Some(source) = g.get("source") else { return Ok(Value::Bytes([].into())) };
    let bytes = match source {
        Value::Str(s) => match g.text("encoding")? {
            Some(encoding) => {
                let errors = g.text("errors")?.unwrap_or_else(|| "strict".into());
                strings::encode(s, &encoding, &errors)?
            }
            None => return Err(Error::type_error("string argument without an encoding")),
        },
        Value::Bytes(b) => b.to_vec(),
        Value::Int(_) | Value::Bool(_) => {
            let n = source.index()?;
            match usize::try_from(n) {
                Ok(n) if n <= 1 << 30 => vec![0; n],
                Ok(_) => return Err(Error::memory("")),
                Err(_) => return Err(Error::value("negative count")),
            }
        }
        Value::Array(nd) => nd.block()?.bytes().to_vec(),
        other => {
            let mut out = Vec::new();
            for item in collect(other, cx)? {
                let n = item.index()?;
                out.push(
                    u8::try_from(n).map_err(|_| Error::value("bytes must be in range(0, 256)"))?,
                );
            }
            out
        }
    };
    Ok(Value::Bytes(bytes.into()))
}

/// `np.float64(x)` and the like: a scalar of one value, an array of several.
fn numpy_scalar(
    d: &DType,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let g = Given::bind(d.scalar_name(), "value? unit? |", places, named)?;
    let value = match (g.get("value"), d) {
        (Some(v), _) => v.clone(),
        (None, DType::Str(_)) => Value::str(""),
        (None, DType::Bytes(_)) => Value::Bytes([].into()),
        (None, DType::Datetime(_)) => Value::str("NaT"),
        (None, DType::Object) => Value::None,
        (None, DType::Void(_)) => {
            return Err(Error::type_error("void() missing required argument"));
        }
        (None, _) => Value::int(0),
    };
    let dtype = match (d, g.get("unit")) {
        (DType::Datetime(_) | DType::Timedelta(_), Some(unit)) => {
            let text = match unit {
                Value::Tuple(t) if t.len() >= 2 => {
                    let name = t[0].as_str().unwrap_or_default();
                    format!("{}{name}", t[1].index()?)
                }
                other => other
                    .as_str()
                    .ok_or_else(|| Error::type_error("Invalid datetime unit in metadata string"))?,
            };
            let unit = TimeUnit::parse_bracket(&format!("[{text}]")).ok_or_else(|| {
                Error::type_error(format!("Invalid datetime unit \"{text}\" in metadata"))
            })?;
            match d {
                DType::Datetime(_) => DType::Datetime(unit),
                _ => DType::Timedelta(unit),
            }
        }
        (DType::Datetime(_), None) => match &value {
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
                return Err(Error::value(
                    "Converting an integer to a NumPy datetime requires a specified unit",
                ));
            }
            _ => d.clone(),
        },
        (DType::Void(0), unit) => match (&value, unit) {
            (_, Some(dtype)) => as_dtype(dtype)?,
            (Value::Bytes(b), None) => DType::Void(b.len()),
            (Value::Int(n), None) => {
                let n = n.to_usize().filter(|n| *n <= 1 << 30).ok_or_else(|| Error::memory(""))?;
                let zeros = crate::array::Block::zeros(DType::Void(n), Vec::new());
                return Ok(Value::result(crate::array::Array::of(zeros)));
            }
            _ => d.clone(),
        },
        (_, Some(_)) if !d.is_string() => {
            return Err(Error::type_error(format!(
                "{}() takes at most 1 argument (2 given)",
                d.scalar_name()
            )));
        }
        _ => d.clone(),
    };
    if let DType::Str(0) = dtype
        && !matches!(value, Value::List(_) | Value::Tuple(_))
    {
        // str_ takes the text of anything
        let text = Value::str(match &value {
            Value::Bytes(b) => strings::decode(b, "ascii", "strict")
                .unwrap_or_else(|_| crate::array::dtype::quote_bytes(b)),
            other => operators::text(other, cx)?,
        });
        return Ok(Value::result(as_array_of(&text, Some(&DType::Str(0)), cx)?));
    }
    if dtype == DType::Object {
        return Ok(value);
    }
    Ok(Value::result(as_array_of(&value, Some(&dtype), cx)?))
}
