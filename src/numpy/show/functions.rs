//! NumPy's functions that make text: arrays, floats, numbers in other bases; and the print
//! options.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use half::f16;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::array::{array_repr, array_str, array2string};
use super::float::{Shape, Trim, positional, scientific};
use super::options::{self, FloatMode, Options, Sign};
use crate::array::{Context, DType, Error, Result};
use crate::numpy::args::Args;
use crate::numpy::convert::as_array;
use crate::numpy::nd::{Class, Nd};
use crate::numpy::registry::Function;
use crate::numpy::value::{Foreign, Value};
use crate::store::Float;

const SECTION: &str = "Input and output";
const ANY: &str = "biufcmMSUVO";

macro_rules! function {
    ($name:literal, $params:literal, $help:literal, $kinds:expr, $run:expr) => {
        Function {
            names: &[$name],
            params: $params,
            help: $help,
            section: SECTION,
            kinds: $kinds,
            run: $run,
            ufunc: None,
        }
    };
}

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    function!(
        "array2string",
        "a, max_line_width=None, precision=None, suppress_small=None, separator=' ', prefix='', \
         *, formatter=None, threshold=None, edgeitems=None, sign=None, floatmode=None, suffix='', \
         legacy=None",
        "The elements of an array as text",
        ANY,
        to_string
    ),
    function!(
        "array_repr",
        "arr, max_line_width=None, precision=None, suppress_small=None",
        "The text of an array, with its dtype",
        ANY,
        |args, cx| {
            let nd = given(args, "arr", cx)?;
            array_repr(&nd, &changed(args)?, cx).map(Value::str)
        }
    ),
    function!(
        "array_str",
        "a, max_line_width=None, precision=None, suppress_small=None",
        "The elements of an array as text, as str() gives it",
        ANY,
        |args, cx| {
            let nd = given(args, "a", cx)?;
            array_str(&nd, &changed(args)?, cx).map(Value::str)
        }
    ),
    function!(
        "format_float_positional",
        "x, precision=None, unique=True, fractional=True, trim='k', sign=False, pad_left=None, \
         pad_right=None, min_digits=None",
        "A float as decimal text without an exponent",
        "f",
        |args, cx| format_float(args, cx, false)
    ),
    function!(
        "format_float_scientific",
        "x, precision=None, unique=True, trim='k', sign=False, pad_left=None, exp_digits=None, \
         min_digits=None",
        "A float as decimal text with an exponent",
        "f",
        |args, cx| format_float(args, cx, true)
    ),
    function!(
        "base_repr",
        "number, base=2, padding=0",
        "A whole number in another base, of 2 to 36",
        "iu",
        base_repr
    ),
    function!(
        "binary_repr",
        "num, width=None",
        "A whole number in base 2; negative ones with a width as two's complement",
        "iu",
        binary_repr
    ),
    function!(
        "set_printoptions",
        "precision=None, threshold=None, edgeitems=None, linewidth=None, suppress=None, \
         nanstr=None, infstr=None, formatter=None, sign=None, floatmode=None, *, legacy=None, \
         override_repr=None",
        "Sets how arrays are printed",
        "",
        |args, _| {
            options::replace(changed(args)?);
            Ok(Value::None)
        }
    ),
    function!("get_printoptions", "", "How arrays are printed", "", |_, _| listed()),
    function!(
        "printoptions",
        "precision=None, threshold=None, edgeitems=None, linewidth=None, suppress=None, \
         nanstr=None, infstr=None, formatter=None, sign=None, floatmode=None, *, legacy=None, \
         override_repr=None",
        "Sets how arrays are printed inside a with statement",
        "",
        |args, _| {
            let inside = changed(args)?;
            Ok(Value::Foreign(Arc::new(Scope { inside })))
        }
    ),
];

/// What `np.printoptions(…)` gives: options for the lines inside a with statement.
pub struct Scope {
    inside: Options,
}

impl Scope {
    /// Sets the options; gives those to set again at the end.
    pub fn enter(&self) -> Options {
        options::replace(self.inside.clone())
    }
}

impl Foreign for Scope {
    fn type_name(&self) -> String {
        "contextlib._GeneratorContextManager".into()
    }

    fn repr(&self, _: &Context) -> Result<String> {
        Ok("<contextlib._GeneratorContextManager object>".into())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn given(args: &Args, name: &str, cx: &Context) -> Result<Nd> {
    match args.value(name) {
        Value::Array(nd) => Ok(nd),
        other => Ok(Nd::new(as_array(&other, cx)?)),
    }
}

/// A whole number that is not negative.
fn size(args: &Args, name: &str) -> Result<Option<usize>> {
    let Some(n) = args.int(name)? else { return Ok(None) };
    usize::try_from(n).map(Some).map_err(|_| Error::value(format!("{name} must be >= 0")))
}

fn precision(args: &Args) -> Result<Option<usize>> {
    match args.some("precision") {
        None => Ok(None),
        Some(v) => {
            let n = v.index().map_err(|_| Error::type_error("precision must be an integer"))?;
            usize::try_from(n).map(Some).map_err(|_| Error::value("precision must be >= 0"))
        }
    }
}

/// What a call asks for that isn't done here.
fn refuse(args: &Args) -> Result<()> {
    if args.some("formatter").is_some() {
        return Err(Error::not_implemented("formatter= is not supported"));
    }
    if args.some("override_repr").is_some() {
        return Err(Error::not_implemented("override_repr= is not supported"));
    }
    match args.some("legacy") {
        None | Some(Value::Bool(false)) => Ok(()),
        Some(_) => Err(Error::not_implemented("legacy= is not supported")),
    }
}

/// The options of the moment with those replaced that a call gives, under either of their names.
fn changed(args: &Args) -> Result<Options> {
    refuse(args)?;
    let mut options = options::current();
    if let Some(name) = args.text("floatmode")? {
        options.floatmode = FloatMode::parse(&name)?;
    }
    if let Some(sign) = args.text("sign")? {
        options.sign = Sign::parse(&sign)?;
    }
    if let Some(limit) = args.some("threshold") {
        let wrong = |_| Error::type_error("threshold must be numeric");
        options.threshold = match limit.index() {
            Ok(n) => usize::try_from(n).unwrap_or(0),
            Err(_) => match limit.float().map_err(wrong)? {
                x if x.is_nan() => {
                    return Err(Error::value(
                        "threshold must be non-NAN, try sys.maxsize for untruncated \
                         representation",
                    ));
                }
                x => x as usize,
            },
        };
    }
    if let Some(n) = precision(args)? {
        options.precision = n;
    }
    if let Some(n) = size(args, "edgeitems")? {
        options.edgeitems = n;
    }
    for name in ["linewidth", "max_line_width"] {
        options.linewidth = size(args, name)?.unwrap_or(options.linewidth);
    }
    for name in ["suppress", "suppress_small"] {
        if args.some(name).is_some() {
            options.suppress = args.flag(name)?;
        }
    }
    if let Some(text) = args.text("nanstr")? {
        options.nanstr = Cow::Owned(text);
    }
    if let Some(text) = args.text("infstr")? {
        options.infstr = Cow::Owned(text);
    }
    Ok(options)
}

/// `np.get_printoptions()`.
fn listed() -> Result<Value> {
    let o = options::current();
    let entry = |name: &str, value: Value| (Value::str(name), value);
    let threshold = match o.threshold {
        usize::MAX => Value::Float(f64::INFINITY),
        n => Value::int(n),
    };
    Value::dict(vec![
        entry("edgeitems", Value::int(o.edgeitems)),
        entry("threshold", threshold),
        entry("floatmode", Value::str(o.floatmode.name())),
        entry("precision", Value::int(o.precision)),
        entry("suppress", Value::Bool(o.suppress)),
        entry("linewidth", Value::int(o.linewidth)),
        entry("nanstr", Value::str(o.nanstr)),
        entry("infstr", Value::str(o.infstr)),
        entry("sign", Value::str(o.sign.char().to_string())),
        entry("formatter", Value::None),
        entry("legacy", Value::Bool(false)),
        entry("override_repr", Value::None),
    ])
}

fn to_string(args: &Args, cx: &Context) -> Result<Value> {
    let options = changed(args)?;
    let separator = args.text("separator")?.unwrap_or_else(|| " ".into());
    let length = |name| -> Result<usize> { Ok(args.text(name)?.map_or(0, |t| t.chars().count())) };
    let array = args.array("a", cx)?;
    array2string(&array, &options, &separator, length("prefix")?, length("suffix")?, cx)
        .map(Value::str)
}

/// A number as a float of its own width.
fn float_of(value: &Value, cx: &Context) -> Result<Float> {
    let value = &scalar(value, cx)?;
    if let Value::Array(nd) = value
        && nd.class() == &Class::Scalar
    {
        let x = value.float()?;
        return Ok(match nd.dtype()? {
            DType::Float16 => Float::F16(f16::from_f64(x)),
            DType::Float32 => Float::F32(x as f32),
            _ => Float::F64(x),
        });
    }
    value.float().map(Float::F64)
}

fn format_float(args: &Args, cx: &Context, with_exponent: bool) -> Result<Value> {
    let unique = args.get("unique").map_or(Ok(true), Value::truth)?;
    let fractional = args.get("fractional").map_or(Ok(true), Value::truth)?;
    let precision = size(args, "precision")?;
    let min_digits = size(args, "min_digits")?;
    let trim = match args.text("trim")?.as_deref() {
        None | Some("k") => Trim::Keep,
        Some(".") => Trim::Point,
        Some("0") => Trim::Zero,
        Some("-") => Trim::All,
        Some(_) => {
            return Err(Error::type_error("if supplied, trim must be 'k', '.', '0' or '-'"));
        }
    };
    if !fractional && precision == Some(0) {
        return Err(Error::value("precision must be greater than 0 if fractional=False"));
    }
    if let (Some(least), Some(most)) = (min_digits, precision)
        && least > most
        && most > 0
    {
        return Err(Error::value("min_digits must be less than or equal to precision"));
    }
    if !unique && precision.is_none() {
        return Err(Error::type_error("in non-unique mode `precision` must be supplied"));
    }
    let pad_left = size(args, "pad_left")?;
    let pad_right = if with_exponent { None } else { size(args, "pad_right")? };
    let exp_digits = if with_exponent { size(args, "exp_digits")? } else { None };
    // what one line of a terminal could hold is a thousand times less
    let long = |n: Option<usize>| n.is_some_and(|n| n > 16_000);
    if [precision, min_digits, pad_left, pad_right, exp_digits].into_iter().any(long) {
        return Err(Error::value("more than 16000 digits or spaces"));
    }
    let shape = Shape {
        unique,
        precision,
        min_digits,
        fractional,
        trim,
        sign: args.flag("sign")?,
        pad_left: pad_left.unwrap_or(0),
        pad_right,
        exp_digits: exp_digits.unwrap_or(2),
    };
    let x = float_of(&args.value("x"), cx)?;
    Ok(Value::str(if with_exponent { scientific(x, &shape) } else { positional(x, &shape) }))
}

/// A whole number of any size.
fn whole(value: &Value, cx: &Context) -> Result<BigInt> {
    match &scalar(value, cx)? {
        Value::Int(n) => Ok(n.clone()),
        Value::Array(nd) if nd.dtype()? != crate::array::DType::Bool => match nd.item()? {
            Value::Int(n) => Ok(n),
            other => other.index().map(BigInt::from),
        },
        other => other.index().map(BigInt::from),
    }
}

/// A stored scalar as the one that it holds.
fn scalar(value: &Value, cx: &Context) -> Result<Value> {
    match value {
        Value::Foreign(f) => match f.array(cx) {
            Some(array) => Ok(Value::result(array?)),
            None => Ok(value.clone()),
        },
        other => Ok(other.clone()),
    }
}

fn base_repr(args: &Args, cx: &Context) -> Result<Value> {
    let base = args.int("base")?.unwrap_or(2);
    if base > 36 {
        return Err(Error::value("Bases greater than 36 not handled in base_repr."));
    }
    if base < 2 {
        return Err(Error::value("Bases less than 2 not handled in base_repr."));
    }
    // it is int() that makes the number, so floats are cut
    let number = match args.value("number") {
        Value::Float(x) => num_traits::FromPrimitive::from_f64(x.trunc())
            .ok_or_else(|| Error::value("cannot convert float NaN to integer"))?,
        other => whole(&other, cx)?,
    };
    let padding = args.int("padding")?.unwrap_or(0).clamp(0, 1 << 20) as usize;
    let digits = match number.magnitude() {
        n if n.bits() == 0 => String::new(),
        n => n.to_str_radix(base as u32).to_uppercase(),
    };
    let sign = if number.is_negative() { "-" } else { "" };
    let text = format!("{sign}{}{digits}", "0".repeat(padding));
    Ok(Value::str(if text.is_empty() { "0".into() } else { text }))
}

fn binary_repr(args: &Args, cx: &Context) -> Result<Value> {
    let number = whole(&args.value("num"), cx)?;
    let width = args.int("width")?;
    let too_short = |needed: usize| -> Result<()> {
        match width {
            Some(w) if w < needed as i64 => Err(Error::value(format!(
                "Insufficient bit width={w} provided for binwidth={needed}"
            ))),
            _ => Ok(()),
        }
    };
    let wide = width.unwrap_or(0).clamp(0, 1 << 20) as usize;
    let text = number.magnitude().to_str_radix(2);
    if number.bits() == 0 {
        return Ok(Value::str("0".repeat(wide.max(1))));
    }
    if !number.is_negative() {
        too_short(text.len())?;
        return Ok(Value::str(format!("{text:0>wide$}")));
    }
    if width.is_none() {
        return Ok(Value::str(format!("-{text}")));
    }
    // a power of two needs a digit less for its negative
    let mut bits = number.magnitude().bits();
    if number.magnitude().trailing_zeros() == Some(bits - 1) {
        bits -= 1;
    }
    let complement = (BigInt::from(1) << (bits + 1).to_usize().unwrap_or(0)) + number;
    let text = complement.to_str_radix(2);
    too_short(text.len())?;
    Ok(Value::str(format!("{text:1>wide$}")))
}
