//! Python's arithmetic on its own numbers: integers of any size, floats, complex numbers.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Pow, Signed, ToPrimitive, Zero};

use super::ast::Operator;
use crate::array::{Error, Result};
use crate::numpy::Value;

/// The most digits of an integer that is read or written, as Python limits it.
pub const LONGEST_INT: usize = 4300;

/// The most bits of an integer that is computed.
const LARGEST: u64 = 1 << 28;

/// A number.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// An integer, or a bool.
    Int(BigInt),
    /// A float.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
}

impl Number {
    /// A value as a number, where it is one of Python's own.
    pub fn of(value: &Value) -> Option<Number> {
        Some(match value {
            Value::Bool(b) => Number::Int(BigInt::from(u8::from(*b))),
            Value::Int(n) => Number::Int(n.clone()),
            Value::Float(x) => Number::Float(*x),
            Value::Complex(re, im) => Number::Complex(*re, *im),
            _ => return None,
        })
    }

    fn rank(&self) -> u8 {
        match self {
            Number::Int(_) => 0,
            Number::Float(_) => 1,
            Number::Complex(..) => 2,
        }
    }

    fn complex(&self) -> Result<(f64, f64)> {
        Ok(match self {
            Number::Int(n) => (int_to_float(n)?, 0.0),
            Number::Float(x) => (*x, 0.0),
            Number::Complex(re, im) => (*re, *im),
        })
    }
}

/// An integer as a float.
///
/// # Errors
/// OverflowError.
pub fn int_to_float(n: &BigInt) -> Result<f64> {
    n.to_f64()
        .filter(|x| x.is_finite())
        .ok_or_else(|| Error::overflow("int too large to convert to float"))
}

/// An operator between two numbers; none where Python has none for their types.
///
/// # Errors
/// ZeroDivisionError, OverflowError, ValueError.
pub fn binary(op: Operator, a: &Value, b: &Value) -> Option<Result<Value>> {
    if let (Value::Bool(a), Value::Bool(b)) = (a, b) {
        match op {
            Operator::And => return Some(Ok(Value::Bool(a & b))),
            Operator::Or => return Some(Ok(Value::Bool(a | b))),
            Operator::Xor => return Some(Ok(Value::Bool(a ^ b))),
            _ => {}
        }
    }
    let (x, y) = (Number::of(a)?, Number::of(b)?);
    match x.rank().max(y.rank()) {
        0 => match (x, y) {
            (Number::Int(x), Number::Int(y)) => ints(op, &x, &y),
            _ => None,
        },
        1 => Some((|| {
            let (x, y) = (x.complex()?.0, y.complex()?.0);
            floats(op, x, y).unwrap_or_else(|| Err(super::operators::unsupported(op, a, b)))
        })()),
        _ => Some((|| {
            let (x, y) = (x.complex()?, y.complex()?);
            complexes(op, x, y).unwrap_or_else(|| Err(super::operators::unsupported(op, a, b)))
        })()),
    }
}

/// Quotient and remainder, rounded down.
///
/// # Errors
/// ZeroDivisionError.
pub fn int_divmod(a: &BigInt, b: &BigInt) -> Result<(BigInt, BigInt)> {
    if b.is_zero() {
        return Err(Error::zero_division("integer division or modulo by zero"));
    }
    let (mut q, mut r) = (a / b, a % b);
    if !r.is_zero() && (r.is_negative() != b.is_negative()) {
        q -= 1;
        r += b;
    }
    Ok((q, r))
}

fn ints(op: Operator, a: &BigInt, b: &BigInt) -> Option<Result<Value>> {
    use Operator::*;
    Some(Ok(Value::Int(match op {
        Add => a + b,
        Subtract => a - b,
        Multiply => {
            if a.bits() + b.bits() > LARGEST {
                return Some(Err(Error::memory("")));
            }
            a * b
        }
        And => a & b,
        Or => a | b,
        Xor => a ^ b,
        FloorDivide => match int_divmod(a, b) {
            Ok((q, _)) => q,
            Err(e) => return Some(Err(e)),
        },
        Remainder => match int_divmod(a, b) {
            Ok((_, r)) => r,
            Err(_) => return Some(Err(Error::zero_division("integer modulo by zero"))),
        },
        Divide => return Some(int_divide(a, b).map(Value::Float)),
        Power => return Some(int_power(a, b)),
        LeftShift | RightShift => return Some(int_shift(op, a, b).map(Value::Int)),
        MatMul => return None,
    })))
}

fn int_shift(op: Operator, a: &BigInt, b: &BigInt) -> Result<BigInt> {
    if b.is_negative() {
        return Err(Error::value("negative shift count"));
    }
    if a.is_zero() {
        return Ok(BigInt::ZERO);
    }
    match (op, b.to_u64()) {
        (Operator::LeftShift, Some(n)) if n + a.bits() <= LARGEST => Ok(a << n),
        (Operator::LeftShift, _) => Err(Error::overflow("too many digits in integer")),
        (_, Some(n)) if n <= a.bits() => Ok(a >> n),
        _ => Ok(BigInt::from(if a.is_negative() { -1 } else { 0 })),
    }
}

fn int_power(a: &BigInt, b: &BigInt) -> Result<Value> {
    if b.is_negative() {
        return floats(Operator::Power, int_to_float(a)?, int_to_float(b)?)
            .unwrap_or(Err(Error::memory("")));
    }
    if a.is_zero() || *a == BigInt::from(1) {
        return Ok(Value::Int(if b.is_zero() { BigInt::from(1) } else { a.clone() }));
    }
    match b.to_u64() {
        Some(n) if a.bits().saturating_mul(n) <= LARGEST => Ok(Value::Int(Pow::pow(a, n))),
        _ if *a == BigInt::from(-1) => Ok(Value::int(if (b % 2u8).is_zero() { 1 } else { -1 })),
        _ => Err(Error::memory("")),
    }
}

/// The quotient as the nearest float.
fn int_divide(a: &BigInt, b: &BigInt) -> Result<f64> {
    if b.is_zero() {
        return Err(Error::zero_division("division by zero"));
    }
    const EXACT: u64 = 53;
    if a.bits() <= EXACT && b.bits() <= EXACT {
        return Ok(a.to_f64().unwrap_or(0.0) / b.to_f64().unwrap_or(1.0));
    }
    // enough bits of the quotient that its rounding sees all that matters; the rest as one bit
    let shift = 66 - (a.bits() as i64 - b.bits() as i64);
    let (top, bottom) = if shift >= 0 {
        (a.abs() << shift as u64, b.abs())
    } else {
        (a.abs(), b.abs() << (-shift) as u64)
    };
    let mut q = &top / &bottom;
    if !(&top % &bottom).is_zero() {
        q |= BigInt::from(1);
    }
    let too_large = || Error::overflow("integer division result too large for a float");
    let down = i32::try_from(-shift).map_err(|_| too_large())?;
    let x = scale(q.to_f64().unwrap_or(f64::INFINITY), down);
    if !x.is_finite() {
        return Err(too_large());
    }
    Ok(if a.is_negative() != b.is_negative() { -x } else { x })
}

/// `x * 2**n`.
fn scale(x: f64, n: i32) -> f64 {
    let half = n / 2;
    x * 2f64.powi(half) * 2f64.powi(n - half)
}

/// Quotient and remainder of floats, rounded down, as Python has them.
///
/// # Errors
/// ZeroDivisionError.
pub fn float_divmod(a: f64, b: f64) -> Result<(f64, f64)> {
    if b == 0.0 {
        return Err(Error::zero_division("float floor division by zero"));
    }
    let mut rest = a % b;
    let mut q = (a - rest) / b;
    if rest != 0.0 {
        if (b < 0.0) != (rest < 0.0) {
            rest += b;
            q -= 1.0;
        }
    } else {
        rest = 0f64.copysign(b);
    }
    let floor = if q != 0.0 {
        let f = q.floor();
        if q - f > 0.5 { f + 1.0 } else { f }
    } else {
        0f64.copysign(a / b)
    };
    Ok((floor, rest))
}

fn floats(op: Operator, a: f64, b: f64) -> Option<Result<Value>> {
    use Operator::*;
    Some(Ok(Value::Float(match op {
        Add => a + b,
        Subtract => a - b,
        Multiply => a * b,
        Divide if b == 0.0 => {
            return Some(Err(Error::zero_division("float division by zero")));
        }
        Divide => a / b,
        FloorDivide => match float_divmod(a, b) {
            Ok((q, _)) => q,
            Err(e) => return Some(Err(e)),
        },
        Remainder => match float_divmod(a, b) {
            Ok((_, r)) => r,
            Err(_) => return Some(Err(Error::zero_division("float modulo"))),
        },
        Power => return Some(float_power(a, b)),
        _ => return None,
    })))
}

fn float_power(a: f64, b: f64) -> Result<Value> {
    if a == 0.0 && b < 0.0 {
        return Err(Error::zero_division("0.0 cannot be raised to a negative power"));
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        return complexes(Operator::Power, (a, 0.0), (b, 0.0)).unwrap_or(Ok(Value::None));
    }
    let x = a.powf(b);
    if x.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(Error::overflow("(34, 'Numerical result out of range')"));
    }
    Ok(Value::Float(x))
}

fn complexes(op: Operator, a: (f64, f64), b: (f64, f64)) -> Option<Result<Value>> {
    use Operator::*;
    let (re, im) = match op {
        Add => (a.0 + b.0, a.1 + b.1),
        Subtract => (a.0 - b.0, a.1 - b.1),
        Multiply => multiply(a, b),
        Divide => match divide(a, b) {
            Some(q) => q,
            None => return Some(Err(Error::zero_division("complex division by zero"))),
        },
        Power => match power(a, b) {
            Ok(p) => p,
            Err(e) => return Some(Err(e)),
        },
        _ => return None,
    };
    Some(Ok(Value::Complex(re, im)))
}

fn multiply(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn divide(a: (f64, f64), b: (f64, f64)) -> Option<(f64, f64)> {
    if b == (0.0, 0.0) {
        return None;
    }
    Some(if b.0.abs() >= b.1.abs() {
        let ratio = b.1 / b.0;
        let d = b.0 + b.1 * ratio;
        ((a.0 + a.1 * ratio) / d, (a.1 - a.0 * ratio) / d)
    } else if b.1.abs() >= b.0.abs() {
        let ratio = b.0 / b.1;
        let d = b.0 * ratio + b.1;
        ((a.0 * ratio + a.1) / d, (a.1 * ratio - a.0) / d)
    } else {
        (f64::NAN, f64::NAN)
    })
}

fn power(a: (f64, f64), b: (f64, f64)) -> Result<(f64, f64)> {
    if b.1 == 0.0 && b.0.fract() == 0.0 && b.0.abs() <= 100.0 {
        let mut n = b.0.abs() as u32;
        let (mut out, mut p) = ((1.0, 0.0), a);
        while n > 0 {
            if n & 1 == 1 {
                out = multiply(out, p);
            }
            p = multiply(p, p);
            n >>= 1;
        }
        if b.0 >= 0.0 {
            return Ok(out);
        }
        return divide((1.0, 0.0), out)
            .ok_or_else(|| Error::zero_division("0.0 to a negative or complex power"));
    }
    if a == (0.0, 0.0) {
        return match b.1 != 0.0 || b.0 < 0.0 {
            true => Err(Error::zero_division("0.0 to a negative or complex power")),
            false => Ok((0.0, 0.0)),
        };
    }
    let size = a.0.hypot(a.1);
    let angle = a.1.atan2(a.0);
    let mut length = size.powf(b.0);
    let mut phase = angle * b.0;
    if b.1 != 0.0 {
        length /= (angle * b.1).exp();
        phase += b.1 * size.ln();
    }
    Ok((length * phase.cos(), length * phase.sin()))
}

/// Whether two numbers are equal.
pub fn equal(a: &Number, b: &Number) -> bool {
    match (a, b) {
        (Number::Complex(..), _) | (_, Number::Complex(..)) => {
            let part = |n: &Number| match n {
                Number::Complex(re, im) => (Number::Float(*re), *im),
                other => (other.clone(), 0.0),
            };
            let ((re, im), (re2, im2)) = (part(a), part(b));
            im == im2 && order(&re, &re2) == Some(Ordering::Equal)
        }
        _ => order(a, b) == Some(Ordering::Equal),
    }
}

/// The order of two real numbers, exactly; none for NaN and complex numbers.
pub fn order(a: &Number, b: &Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
        (Number::Int(a), Number::Float(b)) => int_float(a, *b),
        (Number::Float(a), Number::Int(b)) => int_float(b, *a).map(Ordering::reverse),
        _ => None,
    }
}

fn int_float(n: &BigInt, x: f64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    let Some(whole) = BigInt::from_f64(x.trunc()) else {
        return Some(if x > 0.0 { Ordering::Less } else { Ordering::Greater });
    };
    Some(n.cmp(&whole).then(0.0f64.partial_cmp(&x.fract()).unwrap_or(Ordering::Equal)))
}

/// An operator before a number.
pub fn unary(op: super::ast::Unary, value: &Value) -> Option<Value> {
    use super::ast::Unary;
    let number = Number::of(value)?;
    Some(match (op, number) {
        (Unary::Negative, Number::Int(n)) => Value::Int(-n),
        (Unary::Negative, Number::Float(x)) => Value::Float(-x),
        (Unary::Negative, Number::Complex(re, im)) => Value::Complex(-re, -im),
        (Unary::Positive, Number::Int(n)) => Value::Int(n),
        (Unary::Positive, _) => value.clone(),
        (Unary::Invert, Number::Int(n)) => Value::Int(!n),
        _ => return None,
    })
}

/// `round(x, digits)` of a float, to even: the decimal that is nearest to the exact value.
///
/// # Errors
/// OverflowError.
pub fn round_float(x: f64, digits: i64) -> Result<f64> {
    if !x.is_finite() || digits > 323 {
        return Ok(x);
    }
    if digits < -308 {
        return Ok(0f64.copysign(x));
    }
    if digits >= 0 {
        // the formatter of the standard library rounds the exact value, halves to even
        let text = format!("{x:.*}", digits as usize);
        return Ok(text.parse().unwrap_or(x));
    }
    let unit = Pow::pow(BigInt::from(10), digits.unsigned_abs());
    let q = int_round(&BigInt::from_f64(x.trunc()).unwrap_or_default(), &unit, x.fract());
    let out = (q * unit).to_f64().unwrap_or(f64::INFINITY);
    match out.is_finite() {
        true => Ok(if out == 0.0 { 0f64.copysign(x) } else { out }),
        false => Err(Error::overflow("rounded value too large to represent")),
    }
}

/// The multiple of `unit` that is nearest to `n` plus a fraction, halves to even.
fn int_round(n: &BigInt, unit: &BigInt, fraction: f64) -> BigInt {
    let mut q = n / unit;
    let mut r = n - &q * unit;
    if r.is_negative() || (r.is_zero() && fraction < 0.0) {
        q -= 1;
        r += unit;
    }
    let twice: BigInt = &r * 2;
    let up = match twice.cmp(unit) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal if fraction != 0.0 => fraction > 0.0,
        Ordering::Equal => !(&q % 2u8).is_zero(),
    };
    if up { q + 1 } else { q }
}

/// `round(n, digits)` of an integer.
pub fn round_int(n: &BigInt, digits: i64) -> BigInt {
    if digits >= 0 {
        return n.clone();
    }
    if digits.unsigned_abs() > n.bits() {
        return BigInt::ZERO;
    }
    let unit = Pow::pow(BigInt::from(10), digits.unsigned_abs());
    int_round(n, &unit, 0.0) * unit
}

/// `round(x)` of a float: the nearest integer, halves to even.
///
/// # Errors
/// ValueError for NaN, OverflowError for infinity.
pub fn float_to_int(x: f64) -> Result<BigInt> {
    match BigInt::from_f64(x) {
        Some(n) => Ok(n),
        None if x.is_nan() => Err(Error::value("cannot convert float NaN to integer")),
        None => Err(Error::overflow("cannot convert float infinity to integer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(n: i64) -> Value {
        Value::int(n)
    }

    fn float(op: Operator, a: Value, b: Value) -> f64 {
        match binary(op, &a, &b) {
            Some(Ok(Value::Float(x))) => x,
            _ => panic!("no float"),
        }
    }

    /// Expected values were computed by CPython 3.11.
    #[test]
    fn division_rounds_down_and_to_nearest() {
        let big = Value::Int(BigInt::from(2u8).pow(70u32));
        assert_eq!(float(Operator::Divide, big.clone(), int(3)), 3.935305402391371e20);
        assert_eq!(float(Operator::Divide, int(1), big), 8.470329472543003e-22);
        assert_eq!(float(Operator::FloorDivide, Value::Float(-7.5), int(2)), -4.0);
        assert_eq!(float(Operator::Remainder, Value::Float(1e20), int(3)), 1.0);
        assert_eq!(float(Operator::Remainder, Value::Float(-1e-20), int(3)), 3.0);
        let (q, r) = int_divmod(&BigInt::from(-7), &BigInt::from(2)).unwrap();
        assert_eq!((q, r), (BigInt::from(-4), BigInt::from(1)));
    }

    /// Expected values were computed by CPython 3.11.
    #[test]
    fn rounding_is_to_even_of_the_exact_value() {
        assert_eq!(round_float(2.675, 2).unwrap(), 2.67);
        assert_eq!(round_float(0.5, 0).unwrap(), 0.0);
        assert_eq!(round_float(1250.0, -2).unwrap(), 1200.0);
        assert_eq!(round_float(1350.0, -2).unwrap(), 1400.0);
        assert_eq!(round_float(-1250.5, -2).unwrap(), -1300.0);
        assert_eq!(round_int(&BigInt::from(1250), -2), BigInt::from(1200));
        assert_eq!(round_int(&BigInt::from(-1350), -2), BigInt::from(-1400));
    }

    #[test]
    fn integers_and_floats_compare_exactly() {
        let big = Number::Int(BigInt::from(2u8).pow(53u32) + 1);
        assert_eq!(order(&big, &Number::Float(9007199254740992.0)), Some(Ordering::Greater));
        let three = Number::Int(BigInt::from(-3));
        assert_eq!(order(&three, &Number::Float(-3.5)), Some(Ordering::Greater));
        assert_eq!(order(&three, &Number::Float(f64::NAN)), None);
        assert!(equal(&three, &Number::Complex(-3.0, 0.0)));
    }
}
