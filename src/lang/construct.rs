//! What calling a class makes: `int("5")`, `np.float64(1)`.

use num_traits::ToPrimitive;

use super::given::Given;
use super::iter::collect;
use super::numbers::{self, LONGEST_INT, Number};
use super::types::of;
use super::{bytes, calls, containers, operators};
use crate::array::time::TimeUnit;
use crate::array::{Context, DType, Error, Result, text};
use crate::numpy::Value;
use crate::numpy::convert::{as_array_of, as_dtype};
use crate::numpy::registry::call_named;
use crate::numpy::value::Type;

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
                    Value::str(bytes::decode(b, &encoding, &errors)?)
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
    // adding nothing would take a zero's sign away
    let re = if b.1 == 0.0 { a.0 } else { a.0 - b.1 };
    let im = if a.1 == 0.0 { b.0 } else { a.1 + b.0 };
    Ok(Value::Complex(re, im))
}

fn to_bytes(g: &Given, cx: &Context) -> Result<Value> {
    let Some(source) = g.get("source") else { return Ok(Value::Bytes([].into())) };
    let bytes = match source {
        Value::Str(s) => match g.text("encoding")? {
            Some(encoding) => {
                let errors = g.text("errors")?.unwrap_or_else(|| "strict".into());
                bytes::encode(s, &encoding, &errors)?
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
            Value::Bytes(b) => bytes::decode(b, "ascii", "strict")
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
