//! Python's own functions.

use std::cell::RefCell;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::ast::{Comparison, Operator};
use super::calls::{self, Builtin};
use super::collections;
use super::compare;
use super::containers::{self, next};
use super::given::Given;
use super::iter::{Iter, Made, collect, iterator as iter_of};
use super::numbers::{self, Number};
use super::operators::{self, is_array};
use super::{attributes, format, types};
use crate::array::error::Kind;
use crate::array::{Context, Error, Result};
use crate::numpy::registry::call_named;
use crate::numpy::value::{Key, Type};
use crate::numpy::{Value, show};

type Named = Vec<(String, Value)>;

thread_local! {
    static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What `print` wrote on this thread since the last call.
pub fn take_printed() -> String {
    PRINTED.take()
}

/// Python's own name, where it is one.
pub fn find(name: &str) -> Option<Value> {
    if let Some(b) = ALL.iter().find(|b| b.name == name) {
        return Some(b.value());
    }
    if types::NAMED.contains(&name) || types::EXCEPTIONS.contains(&name) {
        return types::named(name).map(|n| Value::Type(Type::Named(n)));
    }
    match name {
        "NotImplemented" => Some(Value::NotImplemented),
        "Ellipsis" => Some(Value::Ellipsis),
        _ => None,
    }
}

macro_rules! table {
    ($($name:ident($params:literal) $help:literal;)*) => {
        /// All functions.
        pub const ALL: &[Builtin] = &[$(Builtin {
            name: stringify!($name),
            params: $params,
            help: $help,
            run: run::$name,
        },)*];
    };
}

table! {
    abs("x, /") "The absolute value.";
    all("iterable, /") "Whether all items are true.";
    any("iterable, /") "Whether any item is true.";
    ascii("obj, /") "The repr with everything but ASCII escaped.";
    bin("number, /") "An integer in binary digits.";
    callable("obj, /") "Whether it can be called.";
    chr("i, /") "The character of a code point.";
    divmod("x, y, /") "Quotient and remainder.";
    format("value, format_spec='', /") "A value written as a format spec says.";
    getattr("object, name, default=None, /") "An attribute by name.";
    hasattr("obj, name, /") "Whether there is an attribute of this name.";
    hash("obj, /") "A number that is equal for equal values.";
    hex("number, /") "An integer in hexadecimal digits.";
    id("obj, /") "A number that tells objects apart.";
    isinstance("obj, class_or_tuple, /") "Whether it is of a class.";
    issubclass("cls, class_or_tuple, /") "Whether a class is below another.";
    iter("iterable, /") "An iterator over the items.";
    len("obj, /") "The number of items.";
    max("*args, default=None, key=None") "The largest item.";
    min("*args, default=None, key=None") "The smallest item.";
    next("iterator, default=None, /") "The next item of an iterator.";
    oct("number, /") "An integer in octal digits.";
    ord("c, /") "The code point of a character.";
    pow("base, exp, mod=None") "A power, perhaps modulo a number.";
    print("*args, sep=' ', end='\\n', file=None, flush=False") "Writes values.";
    repr("obj, /") "A value as Python writes it.";
    round("number, ndigits=None") "The nearest number of so many digits, halves to even.";
    sorted("iterable, /, *, key=None, reverse=False") "A list of the items in order.";
    sum("iterable, /, start=0") "The sum of the items.";
    vars("object=None, /") "The names and their values.";
}

/// `zip`, `map`, `filter`, `enumerate` and `reversed`, which are classes in Python.
///
/// # Errors
/// TypeError where something can't be gone through.
pub fn iterator(name: &str, places: Vec<Value>, named: Named, cx: &Context) -> Result<Value> {
    let iters = |values: &[Value]| -> Result<Vec<Iter>> {
        values.iter().map(|v| Iter::of(v, cx)).collect()
    };
    match name {
        "zip" => {
            let strict = match named.as_slice() {
                [] => false,
                [(k, v)] if k == "strict" => operators::truth(v, cx)?,
                _ => return Err(Error::type_error("zip() got an unexpected keyword argument")),
            };
            let mut iters = iters(&places)?;
            Ok(Made::by("zip", move |cx| {
                let mut row = Vec::with_capacity(iters.len());
                for (i, iter) in iters.iter_mut().enumerate() {
                    match iter.next(cx)? {
                        Some(v) => row.push(v),
                        None if strict && i > 0 => {
                            return Err(Error::value(format!(
                                "zip() argument {} is shorter than argument 1",
                                i + 1
                            )));
                        }
                        None => {
                            if strict {
                                for (j, other) in iters.iter_mut().enumerate().skip(1) {
                                    if other.next(cx)?.is_some() {
                                        return Err(Error::value(format!(
                                            "zip() argument {} is longer than argument 1",
                                            j + 1
                                        )));
                                    }
                                }
                            }
                            return Ok(None);
                        }
                    }
                }
                Ok((!row.is_empty()).then(|| Value::tuple(row)))
            }))
        }
        "map" => {
            if places.len() < 2 {
                return Err(Error::type_error("map() must have at least two arguments."));
            }
            let function = places[0].clone();
            let mut iters = iters(&places[1..])?;
            Ok(Made::by("map", move |cx| {
                let mut row = Vec::with_capacity(iters.len());
                for iter in &mut iters {
                    match iter.next(cx)? {
                        Some(v) => row.push(v),
                        None => return Ok(None),
                    }
                }
                calls::call(&function, row, Vec::new(), cx).map(Some)
            }))
        }
        "filter" => {
            let g = Given::bind("filter", "function iterable |", places, named)?;
            let function = g.value("function");
            let mut iter = Iter::of(&g.value("iterable"), cx)?;
            Ok(Made::by("filter", move |cx| {
                while let Some(v) = iter.next(cx)? {
                    let keep = match &function {
                        Value::None => operators::truth(&v, cx)?,
                        f => {
                            let answer = calls::call(f, vec![v.clone()], Vec::new(), cx)?;
                            operators::truth(&answer, cx)?
                        }
                    };
                    if keep {
                        return Ok(Some(v));
                    }
                }
                Ok(None)
            }))
        }
        "enumerate" => {
            let g = Given::bind("enumerate", "iterable start?", places, named)?;
            let mut iter = Iter::of(&g.value("iterable"), cx)?;
            let mut n = BigInt::from(g.int("start")?.unwrap_or(0));
            Ok(Made::by("enumerate", move |cx| {
                let Some(v) = iter.next(cx)? else { return Ok(None) };
                let pair = Value::tuple(vec![Value::Int(n.clone()), v]);
                n += 1;
                Ok(Some(pair))
            }))
        }
        _ => {
            let g = Given::bind("reversed", "sequence |", places, named)?;
            containers::reversed(&g.value("sequence"), cx)
        }
    }
}

fn one(function: &str, places: Vec<Value>, named: Named) -> Result<Value> {
    Ok(Given::bind(function, "x |", places, named)?.value("x"))
}

fn extreme(name: &str, places: Vec<Value>, named: Named, cx: &Context) -> Result<Value> {
    let g = Given::bind(name, "| default? key?", Vec::new(), named)?;
    let items = match places.as_slice() {
        [] => return Err(Error::type_error(format!("{name} expected at least 1 argument, got 0"))),
        [single] => collect(single, cx)?,
        _ => places.clone(),
    };
    let mut best: Option<(Value, Value)> = None;
    for item in items {
        cx.check()?;
        let key = match g.some("key") {
            Some(f) => calls::call(f, vec![item.clone()], Vec::new(), cx)?,
            None => item.clone(),
        };
        let better = match &best {
            None => true,
            Some((b, _)) => {
                let op = if name == "max" { Comparison::Greater } else { Comparison::Less };
                operators::truth(&compare::compare(op, &key, b, cx)?, cx)?
            }
        };
        if better {
            best = Some((key, item));
        }
    }
    match (best, g.get("default")) {
        (Some((_, v)), _) => Ok(v),
        (None, Some(d)) => Ok(d.clone()),
        (None, None) => Err(Error::value(format!("{name}() iterable argument is empty"))),
    }
}

fn digits(name: &str, places: Vec<Value>, named: Named, base: u32, prefix: &str) -> Result<Value> {
    let x = one(name, places, named)?;
    let n = match &x {
        Value::Int(n) => n.clone(),
        other => BigInt::from(other.index()?),
    };
    let sign = if n.is_negative() { "-" } else { "" };
    Ok(Value::str(format!("{sign}{prefix}{}", n.abs().to_str_radix(base))))
}

fn hash_of(key: &Key) -> i64 {
    use std::hash::{Hash, Hasher};
    match key {
        Key::Int(n) => {
            // as CPython: modulo the prime 2**61 - 1
            let prime = (1i64 << 61) - 1;
            let rest = (n.abs() % prime).to_i64().unwrap_or(0);
            match if n.is_negative() { -rest } else { rest } {
                -1 => -2,
                h => h,
            }
        }
        other => {
            let mut hasher = std::hash::DefaultHasher::new();
            other.hash(&mut hasher);
            hasher.finish() as i64
        }
    }
}

/// What each function does; named as Python names them.
mod run {
    use super::*;

    type Places = Vec<Value>;

    pub fn abs(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let x = one("abs", places, named)?;
        match Number::of(&x) {
            Some(Number::Int(n)) => Ok(Value::Int(n.abs())),
            Some(Number::Float(v)) => Ok(Value::Float(v.abs())),
            Some(Number::Complex(re, im)) => Ok(Value::Float(re.hypot(im))),
            None if is_array(&x) => call_named("absolute", vec![x], cx),
            None => {
                Err(Error::type_error(format!("bad operand type for abs(): '{}'", x.type_name())))
            }
        }
    }

    pub fn all(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let mut iter = Iter::of(&one("all", places, named)?, cx)?;
        while let Some(v) = iter.next(cx)? {
            if !operators::truth(&v, cx)? {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    }

    pub fn any(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let mut iter = Iter::of(&one("any", places, named)?, cx)?;
        while let Some(v) = iter.next(cx)? {
            if operators::truth(&v, cx)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }

    pub fn ascii(places: Places, named: Named, cx: &Context) -> Result<Value> {
        Ok(Value::str(super::format::converted(&one("ascii", places, named)?, 'a', cx)?))
    }

    pub fn bin(places: Places, named: Named, _: &Context) -> Result<Value> {
        digits("bin", places, named, 2, "0b")
    }

    pub fn oct(places: Places, named: Named, _: &Context) -> Result<Value> {
        digits("oct", places, named, 8, "0o")
    }

    pub fn hex(places: Places, named: Named, _: &Context) -> Result<Value> {
        digits("hex", places, named, 16, "0x")
    }

    pub fn callable(places: Places, named: Named, _: &Context) -> Result<Value> {
        Ok(Value::Bool(crate::numpy::common::is_callable(&one("callable", places, named)?)))
    }

    pub fn chr(places: Places, named: Named, _: &Context) -> Result<Value> {
        let n = one("chr", places, named)?.index()?;
        u32::try_from(n)
            .ok()
            .and_then(char::from_u32)
            .map(|c| Value::str(c.to_string()))
            .ok_or_else(|| Error::value("chr() arg not in range(0x110000)"))
    }

    pub fn ord(places: Places, named: Named, _: &Context) -> Result<Value> {
        let x = one("ord", places, named)?;
        let length = |n: usize| {
            Error::type_error(format!("ord() expected a character, but string of length {n} found"))
        };
        match (&x, x.as_str()) {
            (Value::Bytes(b), _) if b.len() == 1 => Ok(Value::int(b[0])),
            (Value::Bytes(b), _) => Err(length(b.len())),
            (_, Some(s)) => {
                let mut chars = s.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => Ok(Value::int(c as u32)),
                    _ => Err(length(s.chars().count())),
                }
            }
            _ => Err(Error::type_error(format!(
                "ord() expected string of length 1, but {} found",
                x.type_name()
            ))),
        }
    }

    pub fn divmod(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("divmod", "x y |", places, named)?;
        let (x, y) = (g.value("x"), g.value("y"));
        let pair = |q, r| Ok(Value::tuple(vec![q, r]));
        match (Number::of(&x), Number::of(&y)) {
            (Some(Number::Int(a)), Some(Number::Int(b))) => {
                let (q, r) = numbers::int_divmod(&a, &b)?;
                pair(Value::Int(q), Value::Int(r))
            }
            (Some(Number::Complex(..)), _) | (_, Some(Number::Complex(..))) => {
                Err(Error::type_error("can't take floor or mod of complex number."))
            }
            (Some(_), Some(_)) => {
                let (q, r) = numbers::float_divmod(x.float()?, y.float()?)
                    .map_err(|_| Error::zero_division("float divmod()"))?;
                pair(Value::Float(q), Value::Float(r))
            }
            _ if is_array(&x) || is_array(&y) => call_named("divmod", vec![x, y], cx),
            _ => Err(Error::type_error(format!(
                "unsupported operand type(s) for divmod(): '{}' and '{}'",
                x.type_name(),
                y.type_name()
            ))),
        }
    }

    pub fn format(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("format", "value spec? |", places, named)?;
        let spec = g.text("spec")?.unwrap_or_default();
        Ok(Value::str(super::format::format(&g.value("value"), &spec, cx)?))
    }

    pub fn getattr(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("getattr", "object name default? |", places, named)?;
        let name = g.text("name")?.unwrap_or_default();
        match (attributes::get(&g.value("object"), &name, cx), g.get("default")) {
            (Err(e), Some(d)) if e.kind == Kind::AttributeError => Ok(d.clone()),
            (found, _) => found,
        }
    }

    pub fn hasattr(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("hasattr", "object name |", places, named)?;
        let name = g.text("name")?.unwrap_or_default();
        match attributes::get(&g.value("object"), &name, cx) {
            Ok(_) => Ok(Value::Bool(true)),
            Err(e) if e.kind == Kind::AttributeError => Ok(Value::Bool(false)),
            Err(e) => Err(e),
        }
    }

    pub fn hash(places: Places, named: Named, _: &Context) -> Result<Value> {
        Ok(Value::int(hash_of(&one("hash", places, named)?.hashed()?)))
    }

    pub fn id(places: Places, named: Named, _: &Context) -> Result<Value> {
        let x = one("id", places, named)?;
        let address = match &x {
            Value::List(l) => std::sync::Arc::as_ptr(l) as usize,
            Value::Dict(d) | Value::Set(d) => std::sync::Arc::as_ptr(d) as usize,
            Value::Foreign(f) => std::sync::Arc::as_ptr(f).cast::<u8>() as usize,
            other => return Ok(Value::int(hash_of(&other.hashed()?))),
        };
        Ok(Value::int(address))
    }

    pub fn isinstance(places: Places, named: Named, _: &Context) -> Result<Value> {
        let g = Given::bind("isinstance", "obj class |", places, named)?;
        Ok(Value::Bool(types::is_instance(&g.value("obj"), &g.value("class"))?))
    }

    pub fn issubclass(places: Places, named: Named, _: &Context) -> Result<Value> {
        let g = Given::bind("issubclass", "cls class |", places, named)?;
        let Value::Type(t) = g.value("cls") else {
            return Err(Error::type_error("issubclass() arg 1 must be a class"));
        };
        let list = match g.value("class") {
            Value::Tuple(list) => list.to_vec(),
            single => vec![single],
        };
        let mut hit = false;
        for c in list {
            let Value::Type(c) = c else {
                return Err(Error::type_error(
                    "issubclass() arg 2 must be a class, a tuple of classes, or a union",
                ));
            };
            hit |= types::is_subclass(&t, &c);
        }
        Ok(Value::Bool(hit))
    }

    pub fn iter(places: Places, named: Named, cx: &Context) -> Result<Value> {
        iter_of(&one("iter", places, named)?, cx)
    }

    pub fn len(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let x = one("len", places, named)?;
        match containers::length(&x, cx) {
            Some(n) => Ok(Value::int(n?)),
            None => {
                Err(Error::type_error(format!("object of type '{}' has no len()", x.type_name())))
            }
        }
    }

    pub fn max(places: Places, named: Named, cx: &Context) -> Result<Value> {
        extreme("max", places, named, cx)
    }

    pub fn min(places: Places, named: Named, cx: &Context) -> Result<Value> {
        extreme("min", places, named, cx)
    }

    pub fn next(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("next", "iterator default? |", places, named)?;
        match (super::next(&g.value("iterator"), cx)?, g.get("default")) {
            (Some(v), _) => Ok(v),
            (None, Some(d)) => Ok(d.clone()),
            (None, None) => Err(Error::new(Kind::StopIteration, "")),
        }
    }

    pub fn pow(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("pow", "base exp mod?", places, named)?;
        let (base, exp) = (g.value("base"), g.value("exp"));
        let Some(modulus) = g.some("mod") else {
            return operators::binary(Operator::Power, &base, &exp, cx);
        };
        match (Number::of(&base), Number::of(&exp), Number::of(modulus)) {
            (Some(Number::Int(b)), Some(Number::Int(e)), Some(Number::Int(m))) => {
                if m.is_zero() {
                    return Err(Error::value("pow() 3rd argument cannot be 0"));
                }
                let raised = match e.is_negative() {
                    true => b
                        .modinv(&m)
                        .ok_or_else(|| {
                            Error::value("base is not invertible for the given modulus")
                        })?
                        .modpow(&-e, &m),
                    false => b.modpow(&e, &m),
                };
                Ok(Value::Int(raised))
            }
            _ => Err(Error::type_error(
                "pow() 3rd argument not allowed unless all arguments are integers",
            )),
        }
    }

    pub fn print(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("print", "| sep? end? file? flush?", Vec::new(), named)?;
        let sep = if g.some("sep").is_some() { g.text("sep")? } else { None };
        let end = if g.some("end").is_some() { g.text("end")? } else { None };
        let mut text = String::new();
        for (i, value) in places.iter().enumerate() {
            if i > 0 {
                text.push_str(sep.as_deref().unwrap_or(" "));
            }
            text.push_str(&operators::text(value, cx)?);
        }
        text.push_str(end.as_deref().unwrap_or("\n"));
        PRINTED.with_borrow_mut(|p| p.push_str(&text));
        Ok(Value::None)
    }

    pub fn repr(places: Places, named: Named, cx: &Context) -> Result<Value> {
        Ok(Value::str(show::repr(&one("repr", places, named)?, cx)?))
    }

    pub fn round(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("round", "number ndigits?", places, named)?;
        let x = g.value("number");
        let digits = g.some("ndigits").map(Value::index).transpose()?;
        match (Number::of(&x), digits) {
            (Some(Number::Int(n)), None) => Ok(Value::Int(n)),
            (Some(Number::Int(n)), Some(d)) => Ok(Value::Int(numbers::round_int(&n, d))),
            (Some(Number::Float(v)), None) => {
                Ok(Value::Int(numbers::float_to_int(v.round_ties_even())?))
            }
            (Some(Number::Float(v)), Some(d)) => Ok(Value::Float(numbers::round_float(v, d)?)),
            (None, _) if is_array(&x) => {
                let whole = digits.is_none()
                    && matches!(&x, Value::Array(nd) if nd.is_scalar()
                        && nd.dtype()?.kind() == crate::array::dtype::Kind::Float);
                let rounded = call_named("round", vec![x, Value::int(digits.unwrap_or(0))], cx)?;
                match (whole, &rounded) {
                    // a scalar rounded to no digits is a Python integer
                    (true, Value::Array(nd)) => {
                        Ok(Value::Int(numbers::float_to_int(nd.item()?.float()?)?))
                    }
                    _ => Ok(rounded),
                }
            }
            _ => Err(Error::type_error(format!(
                "type {} doesn't define __round__ method",
                x.type_name()
            ))),
        }
    }

    pub fn sorted(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("sorted", "iterable | key? reverse?", places, named)?;
        let items = collect(&g.value("iterable"), cx)?;
        Ok(Value::list(collections::sorted(items, g.some("key"), g.flag("reverse", cx)?, cx)?))
    }

    pub fn sum(places: Places, named: Named, cx: &Context) -> Result<Value> {
        let g = Given::bind("sum", "iterable / start?", places, named)?;
        let mut total = g.get("start").cloned().unwrap_or_else(|| Value::int(0));
        if let Value::Str(_) = total {
            return Err(Error::type_error("sum() can't sum strings [use ''.join(seq) instead]"));
        }
        let mut iter = Iter::of(&g.value("iterable"), cx)?;
        while let Some(v) = iter.next(cx)? {
            total = operators::binary(Operator::Add, &total, &v, cx)?;
        }
        Ok(total)
    }

    pub fn vars(places: Places, named: Named, _: &Context) -> Result<Value> {
        let g = Given::bind("vars", "object? |", places, named)?;
        Err(Error::type_error(match g.get("object") {
            Some(_) => "vars() argument must have __dict__ attribute",
            None => "vars() without an argument can't be used here",
        }))
    }
}
