//! Kernels of arithmetic: add, subtract, multiply, divide, remainders, powers, signs.

use half::f16;
use num_complex::Complex;
use num_traits::{One, PrimInt, WrappingMul, WrappingNeg, WrappingSub, Zero};

use super::warn::{Pole, checked1, checked2};
use super::{Loop, complex, plain1, plain2};
use crate::array::DType;
use crate::array::elementwise::{Kernel, Operand, binary, unary};
use crate::array::{Context, Error};

/// Binds `$T` to the integer type of a dtype.
#[macro_export]
#[doc(hidden)]
macro_rules! with_integer {
    ($dtype:expr, $T:ident => $body:expr, $other:expr) => {
        match $dtype {
            $crate::array::DType::Int8 => {
                type $T = i8;
                $body
            }
            $crate::array::DType::Int16 => {
                type $T = i16;
                $body
            }
            $crate::array::DType::Int32 => {
                type $T = i32;
                $body
            }
            $crate::array::DType::Int64 => {
                type $T = i64;
                $body
            }
            $crate::array::DType::UInt8 => {
                type $T = u8;
                $body
            }
            $crate::array::DType::UInt16 => {
                type $T = u16;
                $body
            }
            $crate::array::DType::UInt32 => {
                type $T = u32;
                $body
            }
            $crate::array::DType::UInt64 => {
                type $T = u64;
                $body
            }
            _ => $other,
        }
    };
}

/// A kernel of two floats for each width; halves go through single precision.
macro_rules! float2 {
    ($dtype:expr, $name:expr, $divides:expr, |$a:ident, $b:ident| $body:expr) => {
        match $dtype {
            DType::Float16 => Some(checked2::<f16, f16>($name, $divides, |x, y| {
                let ($a, $b) = (x.to_f32(), y.to_f32());
                f16::from_f32($body)
            })),
            DType::Float32 => Some(checked2::<f32, f32>($name, $divides, |$a: f32, $b: f32| $body)),
            DType::Float64 => Some(checked2::<f64, f64>($name, $divides, |$a: f64, $b: f64| $body)),
            _ => None,
        }
    };
}
pub(super) use float2;

/// A kernel of two complex numbers.
macro_rules! complex2 {
    ($dtype:expr, $name:expr, $divides:expr, |$a:ident, $b:ident| $body:expr) => {
        match $dtype {
            DType::Complex64 => Some(checked2::<Complex<f32>, Complex<f32>>(
                $name,
                $divides,
                |$a: Complex<f32>, $b: Complex<f32>| $body,
            )),
            DType::Complex128 => Some(checked2::<Complex<f64>, Complex<f64>>(
                $name,
                $divides,
                |$a: Complex<f64>, $b: Complex<f64>| $body,
            )),
            _ => None,
        }
    };
}

/// `add`.
pub fn add(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    if *d == DType::Bool {
        return Some(plain2(|a: u8, b: u8| a | b));
    }
    with_integer!(d, T => Some(plain2(|a: T, b: T| a.wrapping_add(b))), None)
        .or_else(|| float2!(d, "add", false, |a, b| a + b))
        .or_else(|| complex2!(d, "add", false, |a, b| a + b))
        .or_else(|| super::times::add(l))
        .or_else(|| super::compare::join(l))
}

/// `subtract`.
pub fn subtract(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    with_integer!(d, T => Some(plain2(|a: T, b: T| a.wrapping_sub(b))), None)
        .or_else(|| float2!(d, "subtract", false, |a, b| a - b))
        .or_else(|| complex2!(d, "subtract", false, |a, b| a - b))
        .or_else(|| super::times::subtract(l))
}

/// `multiply`.
pub fn multiply(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    if l.ins.iter().any(DType::is_time) {
        return super::times::multiply(l);
    }
    if *d == DType::Bool {
        return Some(plain2(|a: u8, b: u8| a & b));
    }
    with_integer!(d, T => Some(plain2(|a: T, b: T| a.wrapping_mul(b))), None)
        .or_else(|| float2!(d, "multiply", false, |a, b| a * b))
        .or_else(|| complex2!(d, "multiply", false, |a, b| complex::multiply(a, b)))
}

/// `divide`.
pub fn divide(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    if l.ins.iter().any(DType::is_time) {
        return super::times::divide(l);
    }
    float2!(d, "divide", true, |a, b| a / b)
        .or_else(|| complex2!(d, "divide", true, |a, b| complex::divide(a, b)))
}

/// Python's floor division and remainder of floats (NumPy's `npy_divmod`).
pub fn divmod<F: num_traits::Float>(a: F, b: F) -> (F, F) {
    let zero = F::zero();
    let mut rest = a % b;
    if b == zero {
        return (a / b, rest);
    }
    let mut div = (a - rest) / b;
    if rest != zero {
        if (b < zero) != (rest < zero) {
            rest = rest + b;
            div = div - F::one();
        }
    } else {
        rest = if b.is_sign_negative() { -zero } else { zero };
    }
    let whole = if div != zero {
        let floor = div.floor();
        if div - floor > F::one() / (F::one() + F::one()) { floor + F::one() } else { floor }
    } else if (a / b).is_sign_negative() {
        -zero
    } else {
        zero
    };
    (whole, rest)
}

/// Python's floor division and remainder of integers; 0 for a zero divisor, wrapped on overflow.
pub fn int_divmod<T: PrimInt + WrappingNeg + WrappingSub>(a: T, b: T) -> (T, T) {
    if b == T::zero() {
        return (T::zero(), T::zero());
    }
    // -1 apart: the smallest number has no opposite
    if T::min_value() < T::zero() && b == T::zero().wrapping_sub(&T::one()) {
        return (a.wrapping_neg(), T::zero());
    }
    let (q, r) = (a / b, a % b);
    if r != T::zero() && ((r < T::zero()) != (b < T::zero())) {
        (q - T::one(), r + b)
    } else {
        (q, r)
    }
}

/// A kernel of integers whose divisor may be zero.
fn int_divides<T: PrimInt + bytemuck::Pod + Send + Sync>(
    name: &'static str,
    f: impl Fn(T, T) -> T + Send + Sync + 'static,
) -> Kernel {
    std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| {
        let zero = std::cell::Cell::new(false);
        binary(ins[0], ins[1], out, |a: T, b: T| {
            if b.is_zero() {
                zero.set(true);
            }
            f(a, b)
        });
        if zero.get() {
            cx.note(&format!("RuntimeWarning: divide by zero encountered in {name}"));
        }
        Ok(())
    })
}

/// `floor_divide`.
pub fn floor_divide(l: &Loop, _: usize) -> Option<Kernel> {
    if l.ins.iter().any(DType::is_time) {
        return super::times::floor_divide(l);
    }
    let d = &l.ins[0];
    with_integer!(d, T => Some(int_divides::<T>("floor_divide", |a, b| int_divmod(a, b).0)), None)
        .or_else(|| float2!(d, "floor_divide", true, |a, b| divmod(a, b).0))
}

/// `remainder`, Python's `%`.
pub fn remainder(l: &Loop, _: usize) -> Option<Kernel> {
    if l.ins.iter().any(DType::is_time) {
        return super::times::remainder(l);
    }
    let d = &l.ins[0];
    with_integer!(d, T => Some(int_divides::<T>("remainder", |a, b| int_divmod(a, b).1)), None)
        .or_else(|| float2!(d, "remainder", false, |a, b| modulo(a, b)))
}

/// The remainder alone, which is right also where the quotient overflows.
fn modulo<F: num_traits::Float>(a: F, b: F) -> F {
    let rest = a % b;
    if b == F::zero() {
        return rest;
    }
    if rest != F::zero() {
        if (b < F::zero()) != (rest < F::zero()) { rest + b } else { rest }
    } else if b.is_sign_negative() {
        -F::zero()
    } else {
        F::zero()
    }
}

/// `divmod`.
pub fn divmod_kernel(l: &Loop, which: usize) -> Option<Kernel> {
    if l.ins.iter().any(DType::is_time) {
        return if which == 0 { super::times::floor_divide(l) } else { super::times::remainder(l) };
    }
    let d = &l.ins[0];
    if which == 0 {
        with_integer!(d, T => Some(int_divides::<T>("divmod", |a, b| int_divmod(a, b).0)), None)
            .or_else(|| float2!(d, "divmod", true, |a, b| divmod(a, b).0))
    } else {
        with_integer!(d, T => Some(int_divides::<T>("divmod", |a, b| int_divmod(a, b).1)), None)
            .or_else(|| float2!(d, "divmod", false, |a, b| modulo(a, b)))
    }
}

/// `fmod`: C's remainder.
pub fn fmod(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    with_integer!(d, T => Some(int_divides::<T>("fmod", |a, b| {
        if b.is_zero() { T::zero() } else { a.checked_rem(b).unwrap_or(T::zero()) }
    })), None)
    .or_else(|| float2!(d, "fmod", false, |a, b| a % b))
}

fn int_power<T: PrimInt + WrappingMul>(mut base: T, mut exponent: T) -> T {
    let two = T::one() + T::one();
    let mut out = T::one();
    while exponent > T::zero() {
        if exponent % two == T::one() {
            out = out.wrapping_mul(&base);
        }
        base = base.wrapping_mul(&base);
        exponent = exponent / two;
    }
    out
}

/// `power`.
pub fn power(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    with_integer!(d, T => Some(int_power_kernel::<T>()), None)
        .or_else(|| match d {
            DType::Float64 => Some(float_power_kernel()),
            _ => None,
        })
        .or_else(|| float2!(d, "power", true, |a, b| a.powf(b)))
        .or_else(|| complex2!(d, "power", true, |a, b| complex::power(a, b)))
}

fn int_power_kernel<T: PrimInt + WrappingMul + bytemuck::Pod + Send + Sync>() -> Kernel {
    std::sync::Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
        let negative = std::cell::Cell::new(false);
        binary(ins[0], ins[1], out, |a: T, b: T| {
            if b < T::zero() {
                negative.set(true);
            }
            int_power(a, b)
        });
        match negative.get() {
            true => Err(Error::value("Integers to negative integer powers are not allowed.")),
            false => Ok(()),
        }
    })
}

/// Powers of doubles; the exponents that people write are exact and fast.
fn float_power_kernel() -> Kernel {
    let general = checked2::<f64, f64>("power", true, |a, b| a.powf(b));
    let square = checked1::<f64, f64>("square", Pole::Overflow, |a| a * a);
    std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| match ins[1] {
        Operand::One(b) if bytemuck::pod_read_unaligned::<f64>(b) == 2.0 => {
            square(&ins[..1], out, cx)
        }
        _ => general(ins, out, cx),
    })
}

/// `float_power`.
pub fn float_power(l: &Loop, i: usize) -> Option<Kernel> {
    match l.ins[0] {
        DType::Float64 => Some(checked2::<f64, f64>("float_power", true, |a, b| a.powf(b))),
        _ => power(l, i),
    }
}

/// `negative`.
pub fn negative(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    with_integer!(d, T => Some(plain1(|a: T| a.wrapping_neg())), None).or_else(|| match d {
        DType::Float16 => Some(plain1(|a: f16| -a)),
        DType::Float32 => Some(plain1(|a: f32| -a)),
        DType::Float64 => Some(plain1(|a: f64| -a)),
        DType::Complex64 => Some(plain1(|a: Complex<f32>| -a)),
        DType::Complex128 => Some(plain1(|a: Complex<f64>| -a)),
        DType::Timedelta(_) => Some(plain1(|a: i64| a.wrapping_neg())),
        _ => None,
    })
}

/// `positive`.
pub fn positive(l: &Loop, _: usize) -> Option<Kernel> {
    crate::with_number!(&l.ins[0], T => Some(plain1(|a: T| a)), None)
}

/// `absolute`.
pub fn absolute(l: &Loop, _: usize) -> Option<Kernel> {
    match &l.ins[0] {
        DType::Bool | DType::UInt8 => Some(plain1(|a: u8| a)),
        DType::UInt16 => Some(plain1(|a: u16| a)),
        DType::UInt32 => Some(plain1(|a: u32| a)),
        DType::UInt64 => Some(plain1(|a: u64| a)),
        DType::Int8 => Some(plain1(|a: i8| a.wrapping_abs())),
        DType::Int16 => Some(plain1(|a: i16| a.wrapping_abs())),
        DType::Int32 => Some(plain1(|a: i32| a.wrapping_abs())),
        DType::Int64 => Some(plain1(|a: i64| a.wrapping_abs())),
        DType::Timedelta(_) => {
            Some(plain1(|a: i64| if a == i64::MIN { a } else { a.wrapping_abs() }))
        }
        DType::Float16 => Some(plain1(|a: f16| f16::from_bits(a.to_bits() & 0x7FFF))),
        DType::Float32 => Some(plain1(|a: f32| a.abs())),
        DType::Float64 => Some(plain1(|a: f64| a.abs())),
        DType::Complex64 => Some(plain1(|z: Complex<f32>| z.re.hypot(z.im))),
        DType::Complex128 => Some(plain1(|z: Complex<f64>| z.re.hypot(z.im))),
        _ => None,
    }
}

/// `sign`.
pub fn sign(l: &Loop, _: usize) -> Option<Kernel> {
    fn of<T: PartialOrd + Zero + One + std::ops::Neg<Output = T>>(a: T) -> T {
        if a > T::zero() {
            T::one()
        } else if a < T::zero() {
            -T::one()
        } else {
            a
        }
    }
    match &l.ins[0] {
        DType::Int8 => Some(plain1(|a: i8| a.signum())),
        DType::Int16 => Some(plain1(|a: i16| a.signum())),
        DType::Int32 => Some(plain1(|a: i32| a.signum())),
        DType::Int64 => Some(plain1(|a: i64| a.signum())),
        DType::Timedelta(_) => Some(plain1(|a: i64| a.signum())),
        DType::UInt8 => Some(plain1(|a: u8| a.min(1))),
        DType::UInt16 => Some(plain1(|a: u16| a.min(1))),
        DType::UInt32 => Some(plain1(|a: u32| a.min(1))),
        DType::UInt64 => Some(plain1(|a: u64| a.min(1))),
        DType::Float16 => {
            Some(plain1(
                |a: f16| if a.to_f32() == 0.0 { f16::ZERO } else { f16::from_f32(of(a.to_f32())) },
            ))
        }
        DType::Float32 => Some(plain1(|a: f32| if a == 0.0 { 0.0 } else { of(a) })),
        DType::Float64 => Some(plain1(|a: f64| if a == 0.0 { 0.0 } else { of(a) })),
        DType::Complex64 => Some(plain1(|z: Complex<f32>| complex::sign(z))),
        DType::Complex128 => Some(plain1(|z: Complex<f64>| complex::sign(z))),
        _ => None,
    }
}

/// `square`.
pub fn square(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    with_integer!(d, T => Some(plain1(|a: T| a.wrapping_mul(a))), None).or_else(|| match d {
        DType::Float16 => Some(checked1::<f16, f16>("square", Pole::Overflow, |a| {
            f16::from_f32(a.to_f32() * a.to_f32())
        })),
        DType::Float32 => Some(checked1::<f32, f32>("square", Pole::Overflow, |a| a * a)),
        DType::Float64 => Some(checked1::<f64, f64>("square", Pole::Overflow, |a| a * a)),
        DType::Complex64 => {
            Some(checked1::<Complex<f32>, Complex<f32>>("square", Pole::Overflow, |z| {
                complex::multiply(z, z)
            }))
        }
        DType::Complex128 => {
            Some(checked1::<Complex<f64>, Complex<f64>>("square", Pole::Overflow, |z| {
                complex::multiply(z, z)
            }))
        }
        _ => None,
    })
}

/// `reciprocal`.
pub fn reciprocal(l: &Loop, _: usize) -> Option<Kernel> {
    let d = &l.ins[0];
    with_integer!(d, T => Some(int_reciprocal::<T>()), None).or_else(|| match d {
        DType::Float16 => Some(checked1::<f16, f16>("reciprocal", Pole::Divide, |a| {
            f16::from_f32(1.0 / a.to_f32())
        })),
        DType::Float32 => Some(checked1::<f32, f32>("reciprocal", Pole::Divide, |a| 1.0 / a)),
        DType::Float64 => Some(checked1::<f64, f64>("reciprocal", Pole::Divide, |a| 1.0 / a)),
        DType::Complex64 => {
            Some(checked1::<Complex<f32>, Complex<f32>>("reciprocal", Pole::Divide, |z| {
                complex::divide(Complex::new(1.0, 0.0), z)
            }))
        }
        DType::Complex128 => {
            Some(checked1::<Complex<f64>, Complex<f64>>("reciprocal", Pole::Divide, |z| {
                complex::divide(Complex::new(1.0, 0.0), z)
            }))
        }
        _ => None,
    })
}

/// 1/x of integers: what the division of doubles gives, cast back as x86-64 does.
fn int_reciprocal<T>() -> Kernel
where
    T: PrimInt + bytemuck::Pod + Send + Sync,
{
    std::sync::Arc::new(|ins: &[Operand], out: &mut [u8], cx: &Context| {
        let zero = std::cell::Cell::new(false);
        unary(ins[0], out, |a: T| {
            if a.is_zero() {
                zero.set(true);
                // infinity as an integer: the smallest of a signed type, 0 of small ones
                let large = std::mem::size_of::<T>() >= 4 && T::min_value() < T::zero();
                return match std::mem::size_of::<T>() {
                    8 if T::min_value() == T::zero() => T::zero(),
                    _ if large => T::min_value(),
                    _ => T::zero(),
                };
            }
            let minus_one = T::zero().checked_sub(&T::one());
            if a == T::one() || Some(a) == minus_one { a } else { T::zero() }
        });
        if zero.get() {
            cx.note("RuntimeWarning: divide by zero encountered in reciprocal");
        }
        Ok(())
    })
}

/// `conjugate`.
pub fn conjugate(l: &Loop, _: usize) -> Option<Kernel> {
    match &l.ins[0] {
        DType::Complex64 => Some(plain1(|z: Complex<f32>| z.conj())),
        DType::Complex128 => Some(plain1(|z: Complex<f64>| z.conj())),
        d => crate::with_number!(d, T => Some(plain1(|a: T| a)), None),
    }
}
