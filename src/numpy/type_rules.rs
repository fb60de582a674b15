//! Questions about dtypes: what may be cast, what two have in common, what a class is.

use num_traits::ToPrimitive;

use super::args::Args;
use super::common::{Run, entry, items};
use super::convert::{Given, as_array, as_dtype, as_operand};
use super::creation::all_zero;
use super::manipulation_select::result_dtype;
use super::registry::Function;
use super::value::{Type, Value};
use crate::array::dtype::Kind;
use crate::array::error::Kind as ErrorKind;
use crate::array::promote::{Casting, can_cast, class_name, promote};
use crate::array::{Context, DType, Error, Result};

const fn make(
    names: &'static [&'static str],
    params: &'static str,
    help: &'static str,
    run: Run,
) -> Function {
    entry("Data type routines", names, params, "", help, run)
}

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    make(
        &["can_cast"],
        "from_, to, casting='safe'",
        "Whether a cast is allowed under a rule.",
        can_cast_,
    ),
    make(
        &["promote_types"],
        "type1, type2",
        "The smallest dtype that both can be cast to.",
        promote_types,
    ),
    make(
        &["result_type"],
        "*arrays_and_dtypes",
        "The dtype that operands have together.",
        result_type,
    ),
    make(&["min_scalar_type"], "a, /", "The smallest dtype that holds a value.", min_scalar_type),
    make(&["common_type"], "*arrays", "The inexact type that arrays have in common.", common_type),
    make(
        &["mintypecode"],
        "typechars, typeset='GDFgdf', default='d'",
        "The smallest of some type codes that all can be cast to.",
        mintypecode,
    ),
    make(
        &["issubdtype"],
        "arg1, arg2",
        "Whether a type is below another in NumPy's hierarchy.",
        issubdtype,
    ),
    make(&["iterable"], "y", "Whether a value can be iterated over.", iterable),
];

fn can_cast_(args: &Args, cx: &Context) -> Result<Value> {
    let from = match args.value("from_") {
        Value::Int(_) | Value::Float(_) | Value::Complex(..) => {
            return Err(Error::type_error(
                "can_cast() does not support Python ints, floats, and complex because the result \
                 used to depend on the value.\nThis change was part of adopting NEP 50, we may \
                 explicitly allow them again in the future.",
            ));
        }
        other => dtype_of(&other, cx)?,
    };
    let rule = args.text("casting")?.unwrap_or_else(|| "safe".into());
    let casting = Casting::parse(&rule)?;
    Ok(Value::Bool(can_cast(&from, &as_dtype(&args.value("to"))?, casting)))
}

/// The dtype of an array, or the one that a value stands for.
fn dtype_of(value: &Value, cx: &Context) -> Result<DType> {
    match value {
        Value::Array(nd) => nd.dtype(),
        Value::Foreign(f) => match f.array(cx) {
            Some(array) => Ok(array?.dtype().clone()),
            None => as_dtype(value),
        },
        other => as_dtype(other),
    }
}

fn promote_types(args: &Args, _cx: &Context) -> Result<Value> {
    let (a, b) = (as_dtype(&args.value("type1"))?, as_dtype(&args.value("type2"))?);
    promote(&a, &b).map(Value::DType).map_err(|e| match e.kind {
        ErrorKind::DTypePromotionError => Error::new(
            e.kind,
            format!(
                "The DTypes <class 'numpy.dtypes.{}'> and <class 'numpy.dtypes.{}'> do not have a \
                 common DType. For example they cannot be stored in a single array unless the \
                 dtype is `object`.",
                class_name(&a),
                class_name(&b)
            ),
        ),
        _ => e,
    })
}

fn result_type(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("arrays_and_dtypes").sequence().unwrap_or_default();
    if given.is_empty() {
        return Err(Error::value("at least one array or dtype is required"));
    }
    let mut givens = Vec::new();
    for value in &given {
        givens.push(match value {
            Value::Int(_) | Value::Float(_) | Value::Complex(..) => as_operand(value, cx)?,
            Value::Bool(_) => Given { array: as_array(value, cx)?, weak: None },
            other => Given { array: all_zero(&dtype_of(other, cx)?, vec![0]), weak: None },
        });
    }
    result_dtype(&givens).map(Value::DType)
}

fn min_scalar_type(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("a");
    let array = as_array(&given, cx)?;
    let own = Ok(Value::DType(array.dtype().clone()));
    if array.ndim() > 0 {
        return own;
    }
    let value = match &given {
        Value::Array(nd) if array.dtype().is_number() => nd.item()?,
        Value::Foreign(_) if array.dtype().is_number() => {
            super::nd::element(&crate::array::run::to_block(&array, cx)?, 0)
        }
        other => other.clone(),
    };
    let single = |x: f64| !x.is_finite() || x.abs() < 3.4e38;
    Ok(Value::DType(match value {
        Value::Bool(_) => DType::Bool,
        Value::Int(n) => match (n.to_u64(), n.to_i64()) {
            (Some(n), _) if n <= 0xff => DType::UInt8,
            (Some(n), _) if n <= 0xffff => DType::UInt16,
            (Some(n), _) if n <= 0xffff_ffff => DType::UInt32,
            (Some(_), _) => DType::UInt64,
            (_, Some(n)) if n >= -0x80 => DType::Int8,
            (_, Some(n)) if n >= -0x8000 => DType::Int16,
            (_, Some(n)) if n >= -0x8000_0000 => DType::Int32,
            (_, Some(_)) => DType::Int64,
            _ => DType::Object,
        },
        Value::Float(x) if !x.is_finite() || x.abs() < 65000.0 => DType::Float16,
        Value::Float(x) if single(x) => DType::Float32,
        Value::Float(_) => DType::Float64,
        Value::Complex(re, im) if single(re) && single(im) => DType::Complex64,
        Value::Complex(..) => DType::Complex128,
        _ => return own,
    }))
}

fn common_type(args: &Args, cx: &Context) -> Result<Value> {
    let mut out = DType::Float16;
    for value in args.value("arrays").sequence().unwrap_or_default() {
        let dtype = match &value {
            Value::Array(_) | Value::Foreign(_) => dtype_of(&value, cx)?,
            other => {
                return Err(Error::attribute(format!(
                    "'{}' object has no attribute 'dtype'",
                    other.type_name()
                )));
            }
        };
        let wanted = match &dtype {
            // a difference of times is a signed integer there
            d if d.is_integer() || matches!(d, DType::Timedelta(_)) => DType::Float64,
            d if d.is_inexact() => d.clone(),
            _ => return Err(Error::type_error("can't get common type for non-numeric array")),
        };
        out = promote(&out, &wanted)?;
    }
    Ok(Value::Type(Type::Scalar(out)))
}

fn mintypecode(args: &Args, cx: &Context) -> Result<Value> {
    let set = args.text("typeset")?.unwrap_or_else(|| "GDFgdf".into());
    let mut codes = String::new();
    for item in items(&args.value("typechars"), cx)? {
        match item.as_str() {
            Some(s) => codes.push_str(&s),
            None => codes.push(as_array(&item, cx)?.dtype().char()),
        }
    }
    let found: Vec<char> = codes.chars().filter(|c| set.contains(*c)).collect();
    if found.is_empty() {
        return Ok(args.get("default").cloned().unwrap_or(Value::str("d")));
    }
    if found.contains(&'F') && found.contains(&'d') {
        return Ok(Value::str("D"));
    }
    let place = |c: &char| "GDFgdf".find(*c).unwrap_or(usize::MAX);
    let least = found.iter().min_by_key(|c| place(c)).copied().unwrap_or('d');
    Ok(Value::str(least.to_string()))
}

/// A class of NumPy's hierarchy: of scalars, or above several of them.
enum ScalarClass {
    Abstract(&'static str),
    Concrete(DType),
}

/// The classes above others, each with the one above it.
const ABSTRACT: &[(&str, &str)] = &[
    ("generic", ""),
    ("number", "generic"),
    ("integer", "number"),
    ("signedinteger", "integer"),
    ("unsignedinteger", "integer"),
    ("inexact", "number"),
    ("floating", "inexact"),
    ("complexfloating", "inexact"),
    ("flexible", "generic"),
    ("character", "flexible"),
];

fn scalar_class(value: &Value) -> Result<ScalarClass> {
    if let Value::Type(Type::Named(name)) = value
        && let Some(found) = ABSTRACT.iter().find(|a| a.0 == *name)
    {
        return Ok(ScalarClass::Abstract(found.0));
    }
    match value {
        Value::Int(_) | Value::Float(_) | Value::Complex(..) | Value::Bool(_) => {
            let text = match value {
                Value::Int(n) => n.to_string(),
                Value::Bool(b) => if *b { "True" } else { "False" }.into(),
                Value::Float(x) => crate::array::text::float(*x),
                _ => value.type_name(),
            };
            Err(Error::type_error(format!("Cannot interpret '{text}' as a data type")))
        }
        other => Ok(ScalarClass::Concrete(as_dtype(other)?)),
    }
}

/// The class directly above a scalar's.
fn above(dtype: &DType) -> &'static str {
    match dtype.kind() {
        Kind::Signed | Kind::Timedelta => "signedinteger",
        Kind::Unsigned => "unsignedinteger",
        Kind::Float => "floating",
        Kind::Complex => "complexfloating",
        Kind::Str | Kind::Bytes => "character",
        Kind::Void => "flexible",
        _ => "generic",
    }
}

fn issubdtype(args: &Args, _cx: &Context) -> Result<Value> {
    let (a, b) = (scalar_class(&args.value("arg1"))?, scalar_class(&args.value("arg2"))?);
    let mut name = match (&a, &b) {
        (ScalarClass::Concrete(x), ScalarClass::Concrete(y)) => {
            return Ok(Value::Bool(x.scalar_name() == y.scalar_name()));
        }
        (ScalarClass::Abstract(_), ScalarClass::Concrete(_)) => return Ok(Value::Bool(false)),
        (ScalarClass::Concrete(x), _) => above(x),
        (ScalarClass::Abstract(n), _) => n,
    };
    let ScalarClass::Abstract(wanted) = b else { return Ok(Value::Bool(false)) };
    while name != wanted {
        match ABSTRACT.iter().find(|c| c.0 == name) {
            Some((_, up)) if !up.is_empty() => name = up,
            _ => return Ok(Value::Bool(false)),
        }
    }
    Ok(Value::Bool(true))
}

fn iterable(args: &Args, cx: &Context) -> Result<Value> {
    let value = args.value("y");
    Ok(Value::Bool(match &value {
        Value::Str(_) | Value::Bytes(_) | Value::Dict(_) | Value::Set(_) => true,
        Value::Array(nd) => nd.ndim()? > 0,
        Value::Foreign(f) => match f.array(cx) {
            Some(array) => array?.ndim() > 0,
            None => !f.is_callable(),
        },
        other => other.sequence().is_some(),
    }))
}
