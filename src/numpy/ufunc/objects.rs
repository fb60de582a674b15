//! Universal functions of object arrays: Python's operators on each item.

use std::cmp::Ordering;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{Pow, Signed, ToPrimitive, Zero};

use super::{Loop, Ufunc};
use crate::array::cast::cast;
use crate::array::elementwise::blockwise;
use crate::array::{Array, Block, Context, DType, Error, Item, Result};
use crate::numpy::convert::Given;

/// The loop of a function of objects, where it has one.
pub fn resolve(ufunc: &Ufunc) -> Option<Loop> {
    let bools = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"];
    let known = [
        "add",
        "subtract",
        "multiply",
        "divide",
        "floor_divide",
        "remainder",
        "power",
        "negative",
        "positive",
        "absolute",
        "logical_and",
        "logical_or",
        "logical_not",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "square",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "invert",
        "left_shift",
        "right_shift",
        "gcd",
        "lcm",
        "floor",
        "ceil",
        "trunc",
        "conjugate",
        "sign",
        "reciprocal",
    ];
    let name = ufunc.names[0];
    let out = if bools.contains(&name) { DType::Bool } else { DType::Object };
    (bools.contains(&name) || known.contains(&name))
        .then(|| Loop { ins: vec![DType::Object; ufunc.inputs], outs: vec![out] })
}

/// Applies a function to object arrays, item by item.
///
/// # Errors
/// ValueError for shapes; what items meet comes when they are read.
pub fn apply(ufunc: &'_ Ufunc, givens: &[Given], l: &Loop) -> Result<Array> {
    let name = ufunc.names[0];
    let inputs =
        givens.iter().map(|g| cast(&g.array, &DType::Object)).collect::<Result<Vec<_>>>()?;
    let out = l.outs[0].clone();
    let is_bool = out == DType::Bool;
    let kernel = move |blocks: &[Block], _: &Context| {
        let shape = blocks[0].shape().to_vec();
        let n = blocks[0].len();
        let mut items = Vec::with_capacity(n);
        for i in 0..n {
            let a = &blocks[0].items()[i];
            items.push(match blocks.get(1) {
                Some(b) => binary(name, a, &b.items()[i])?,
                None => unary(name, a)?,
            });
        }
        Ok(match is_bool {
            true => {
                let bytes: Vec<u8> = items.iter().map(|i| u8::from(i.truth())).collect();
                Block::of(DType::Bool, shape, &bytes)
            }
            false => Block::of_items(shape, items),
        })
    };
    blockwise(out, inputs, Arc::new(kernel))
}

/// A Python number, as wide as it needs.
enum Number {
    Int(BigInt),
    Float(f64),
    Complex(f64, f64),
}

fn number(item: &Item) -> Option<Number> {
    Some(match item {
        Item::Bool(b) => Number::Int(BigInt::from(*b)),
        Item::Int(n) => Number::Int(n.clone()),
        Item::Float(x) => Number::Float(*x),
        Item::Complex(a, b) => Number::Complex(*a, *b),
        _ => return None,
    })
}

fn symbol(name: &str) -> &str {
    match name {
        "add" => "+",
        "subtract" => "-",
        "multiply" => "*",
        "divide" => "/",
        "floor_divide" => "//",
        "remainder" => "%",
        "power" => "** or pow()",
        "less" => "<",
        "less_equal" => "<=",
        "greater" => ">",
        "greater_equal" => ">=",
        "bitwise_and" => "&",
        "bitwise_or" => "|",
        "bitwise_xor" => "^",
        "left_shift" => "<<",
        "right_shift" => ">>",
        other => other,
    }
}

fn unsupported(name: &str, a: &Item, b: &Item) -> Error {
    let (x, y) = (a.type_name(), b.type_name());
    match name {
        "less" | "less_equal" | "greater" | "greater_equal" | "maximum" | "minimum" => {
            Error::type_error(format!(
                "'{}' not supported between instances of '{x}' and '{y}'",
                match name {
                    "maximum" => ">=",
                    "minimum" => "<=",
                    n => symbol(n),
                }
            ))
        }
        _ => Error::type_error(format!(
            "unsupported operand type(s) for {}: '{x}' and '{y}'",
            symbol(name)
        )),
    }
}

fn order(a: &Item, b: &Item) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Item::Str(x), Item::Str(y)) => Some(x.cmp(y)),
        (Item::Bytes(x), Item::Bytes(y)) => Some(x.cmp(y)),
        _ => match (number(a)?, number(b)?) {
            (Number::Int(x), Number::Int(y)) => Some(x.cmp(&y)),
            (Number::Complex(..), _) | (_, Number::Complex(..)) => return None,
            (x, y) => real(&x).partial_cmp(&real(&y)),
        },
    })
}

fn real(n: &Number) -> f64 {
    match n {
        Number::Int(n) => n.to_f64().unwrap_or(f64::NAN),
        Number::Float(x) => *x,
        Number::Complex(x, _) => *x,
    }
}

fn binary(name: &str, a: &Item, b: &Item) -> Result<Item> {
    match name {
        "equal" => return Ok(Item::Bool(a == b)),
        "not_equal" => return Ok(Item::Bool(a != b)),
        "logical_and" => return Ok(if a.truth() { b.clone() } else { a.clone() }),
        "logical_or" => return Ok(if a.truth() { a.clone() } else { b.clone() }),
        "less" | "less_equal" | "greater" | "greater_equal" => {
            let o = order(a, b).ok_or_else(|| unsupported(name, a, b))?;
            return Ok(Item::Bool(match name {
                "less" => o == Some(Ordering::Less),
                "less_equal" => matches!(o, Some(Ordering::Less | Ordering::Equal)),
                "greater" => o == Some(Ordering::Greater),
                _ => matches!(o, Some(Ordering::Greater | Ordering::Equal)),
            }));
        }
        "maximum" | "fmax" | "minimum" | "fmin" => {
            let o = order(a, b).ok_or_else(|| unsupported(name, a, b))?;
            let first = match name {
                "maximum" | "fmax" => o != Some(Ordering::Less),
                _ => o != Some(Ordering::Greater),
            };
            return Ok(if first { a.clone() } else { b.clone() });
        }
        _ => {}
    }
    match (name, a, b) {
        ("add", Item::Str(x), Item::Str(y)) => return Ok(Item::Str(format!("{x}{y}"))),
        ("add", Item::Bytes(x), Item::Bytes(y)) => {
            return Ok(Item::Bytes([x.as_slice(), y].concat()));
        }
        ("add", Item::List(x), Item::List(y)) => return Ok(Item::List([x.as_slice(), y].concat())),
        ("add", Item::Tuple(x), Item::Tuple(y)) => {
            return Ok(Item::Tuple([x.as_slice(), y].concat()));
        }
        ("multiply", Item::Str(x), Item::Int(n)) | ("multiply", Item::Int(n), Item::Str(x)) => {
            let n = n.to_usize().unwrap_or(0).min((1 << 24) / x.len().max(1));
            return Ok(Item::Str(x.repeat(n)));
        }
        _ => {}
    }
    let (Some(x), Some(y)) = (number(a), number(b)) else { return Err(unsupported(name, a, b)) };
    match (x, y) {
        (Number::Int(x), Number::Int(y)) => whole(name, x, y, a, b),
        (Number::Complex(re, im), other) => complex(name, (re, im), pair(&other), a, b),
        (other, Number::Complex(re, im)) => complex(name, pair(&other), (re, im), a, b),
        (x, y) => floats(name, real(&x), real(&y), a, b),
    }
}

fn pair(n: &Number) -> (f64, f64) {
    match n {
        Number::Complex(a, b) => (*a, *b),
        other => (real(other), 0.0),
    }
}

fn zero(text: &str) -> Error {
    Error::zero_division(text)
}

fn whole(name: &str, x: BigInt, y: BigInt, a: &Item, b: &Item) -> Result<Item> {
    use num_bigint::Sign;
    let floor = |x: &BigInt, y: &BigInt| -> (BigInt, BigInt) {
        let (q, r) = (x / y, x % y);
        if !r.is_zero() && (r.sign() == Sign::Minus) != (y.sign() == Sign::Minus) {
            (q - 1, r + y)
        } else {
            (q, r)
        }
    };
    Ok(Item::Int(match name {
        "add" => x + y,
        "subtract" => x - y,
        "multiply" => x * y,
        "divide" if y.is_zero() => return Err(zero("division by zero")),
        "divide" => {
            return Ok(Item::Float(
                x.to_f64().unwrap_or(f64::NAN) / y.to_f64().unwrap_or(f64::NAN),
            ));
        }
        "floor_divide" | "remainder" if y.is_zero() => {
            return Err(zero("integer division or modulo by zero"));
        }
        "floor_divide" => floor(&x, &y).0,
        "remainder" => floor(&x, &y).1,
        "power" if y.is_negative() => {
            return floats(name, x.to_f64().unwrap_or(f64::NAN), y.to_f64().unwrap_or(0.0), a, b);
        }
        "power" => {
            let n = y.to_u32().filter(|n| u64::from(*n) * x.bits() < 1 << 24);
            x.pow(n.ok_or_else(|| Error::memory("the power is too large"))?)
        }
        "bitwise_and" => x & y,
        "bitwise_or" => x | y,
        "bitwise_xor" => x ^ y,
        "left_shift" => {
            let n = y.to_u32().filter(|n| *n < 1 << 24);
            x << n.ok_or_else(|| Error::value("negative shift count"))?
        }
        "right_shift" => x >> y.to_u32().ok_or_else(|| Error::value("negative shift count"))?,
        "gcd" | "lcm" => {
            let (mut p, mut q) = (x.abs(), y.abs());
            while !q.is_zero() {
                (p, q) = (q.clone(), p % q);
            }
            match name {
                "gcd" => p,
                _ if p.is_zero() => p,
                _ => (x * y).abs() / p,
            }
        }
        _ => return Err(unsupported(name, a, b)),
    }))
}

fn floats(name: &str, x: f64, y: f64, a: &Item, b: &Item) -> Result<Item> {
    Ok(Item::Float(match name {
        "add" => x + y,
        "subtract" => x - y,
        "multiply" => x * y,
        "divide" if y == 0.0 => return Err(zero("float division by zero")),
        "divide" => x / y,
        "floor_divide" | "remainder" if y == 0.0 => {
            return Err(zero("float floor division by zero"));
        }
        "floor_divide" => super::arithmetic::divmod(x, y).0,
        "remainder" => super::arithmetic::divmod(x, y).1,
        "power" if x == 0.0 && y < 0.0 => {
            return Err(zero("0.0 cannot be raised to a negative power"));
        }
        "power" => x.powf(y),
        _ => return Err(unsupported(name, a, b)),
    }))
}

fn complex(name: &str, x: (f64, f64), y: (f64, f64), a: &Item, b: &Item) -> Result<Item> {
    use num_complex::Complex;
    let (x, y) = (Complex::new(x.0, x.1), Complex::new(y.0, y.1));
    let z = match name {
        "add" => x + y,
        "subtract" => x - y,
        "multiply" => super::complex::multiply(x, y),
        "divide" if y.re == 0.0 && y.im == 0.0 => return Err(zero("complex division by zero")),
        "divide" => super::complex::divide(x, y),
        "power" => super::complex::power(x, y),
        _ => return Err(unsupported(name, a, b)),
    };
    Ok(Item::Complex(z.re, z.im))
}

fn unary(name: &str, a: &Item) -> Result<Item> {
    let bad =
        || Error::type_error(format!("bad operand type for unary {name}: '{}'", a.type_name()));
    if name == "logical_not" {
        return Ok(Item::Bool(!a.truth()));
    }
    let n = number(a).ok_or_else(bad)?;
    Ok(match (name, n) {
        ("positive" | "conjugate" | "floor" | "ceil" | "trunc", Number::Int(n)) => Item::Int(n),
        ("negative", Number::Int(n)) => Item::Int(-n),
        ("absolute", Number::Int(n)) => Item::Int(n.abs()),
        ("invert", Number::Int(n)) => Item::Int(-n - 1),
        ("sign", Number::Int(n)) => Item::Int(n.signum()),
        ("square", Number::Int(n)) => Item::Int(&n * &n),
        ("reciprocal", Number::Int(n)) if n.is_zero() => return Err(zero("division by zero")),
        ("reciprocal", Number::Int(n)) => Item::Float(1.0 / n.to_f64().unwrap_or(f64::NAN)),
        ("positive" | "conjugate", Number::Float(x)) => Item::Float(x),
        ("negative", Number::Float(x)) => Item::Float(-x),
        ("absolute", Number::Float(x)) => Item::Float(x.abs()),
        ("square", Number::Float(x)) => Item::Float(x * x),
        ("reciprocal", Number::Float(x)) => Item::Float(1.0 / x),
        ("sign", Number::Float(x)) => Item::Int(BigInt::from((x > 0.0) as i8 - (x < 0.0) as i8)),
        ("floor" | "ceil" | "trunc", Number::Float(x)) => {
            use num_traits::FromPrimitive;
            let y = match name {
                "floor" => x.floor(),
                "ceil" => x.ceil(),
                _ => x.trunc(),
            };
            Item::Int(BigInt::from_f64(y).ok_or_else(bad)?)
        }
        ("positive", Number::Complex(re, im)) => Item::Complex(re, im),
        ("negative", Number::Complex(re, im)) => Item::Complex(-re, -im),
        ("conjugate", Number::Complex(re, im)) => Item::Complex(re, -im),
        ("absolute", Number::Complex(re, im)) => Item::Float(re.hypot(im)),
        _ => return Err(bad()),
    })
}
