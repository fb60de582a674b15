//! Kernels of mathematical functions of floats and complex numbers.

use half::f16;
use num_complex::Complex;

use super::arithmetic::float2;
use super::warn::{Pole, checked1, checked2};
use super::{Loop, complex, plain1};
use crate::array::DType;
use crate::array::elementwise::Kernel;

/// A kernel of one float for each width, with warnings; halves go through single precision.
macro_rules! float1 {
    ($dtype:expr, $name:expr, $pole:expr, |$a:ident| $body:expr) => {
        match $dtype {
            DType::Float16 => Some(checked1::<f16, f16>($name, $pole, |x| {
                let $a = x.to_f32();
                f16::from_f32($body)
            })),
            DType::Float32 => Some(checked1::<f32, f32>($name, $pole, |$a: f32| $body)),
            DType::Float64 => Some(checked1::<f64, f64>($name, $pole, |$a: f64| $body)),
            _ => None,
        }
    };
}

/// A kernel of one complex number for each width, with warnings.
macro_rules! complex1 {
    ($dtype:expr, $name:expr, $pole:expr, |$a:ident| $body:expr) => {
        match $dtype {
            DType::Complex64 => {
                Some(checked1::<Complex<f32>, Complex<f32>>($name, $pole, |$a: Complex<f32>| $body))
            }
            DType::Complex128 => {
                Some(checked1::<Complex<f64>, Complex<f64>>($name, $pole, |$a: Complex<f64>| $body))
            }
            _ => None,
        }
    };
}

/// Functions of floats and complex numbers: name in Rust, NumPy's name, pole, both bodies.
macro_rules! functions {
    ($($fun:ident $name:literal $pole:ident |$a:ident| $real:expr, |$z:ident| $complex:expr;)*) => {$(
        #[doc = concat!("`", $name, "`.")]
        pub fn $fun(l: &Loop, _: usize) -> Option<Kernel> {
            let d = &l.ins[0];
            float1!(d, $name, Pole::$pole, |$a| $real)
                .or_else(|| complex1!(d, $name, Pole::$pole, |$z| $complex))
        }
    )*};
}

/// The inverse hyperbolic sine, also where the number's double would be infinite.
fn asinh<F: num_traits::Float>(a: F) -> F {
    let far = F::one() / F::epsilon();
    if a.abs() > far {
        (a.abs().ln() + like(a, std::f64::consts::LN_2)).copysign(a)
    } else {
        a.asinh()
    }
}

/// The inverse hyperbolic cosine, likewise.
fn acosh<F: num_traits::Float>(a: F) -> F {
    let far = F::one() / F::epsilon();
    if a > far { a.ln() + like(a, std::f64::consts::LN_2) } else { a.acosh() }
}

/// A complex number by a real one.
fn scaled<F: num_traits::Float>(z: Complex<F>, by: f64) -> Complex<F> {
    let by = F::from(by).unwrap_or_else(F::one);
    Complex::new(z.re * by, z.im * by)
}

functions! {
    sin "sin" Overflow |a| a.sin(), |z| complex::sin(z);
    cos "cos" Overflow |a| a.cos(), |z| complex::cos(z);
    tan "tan" Overflow |a| a.tan(), |z| complex::tan(z);
    arcsin "arcsin" Overflow |a| a.asin(), |z| complex::asin(z);
    arccos "arccos" Overflow |a| a.acos(), |z| complex::acos(z);
    arctan "arctan" Overflow |a| a.atan(), |z| complex::atan(z);
    sinh "sinh" Overflow |a| a.sinh(), |z| complex::sinh(z);
    cosh "cosh" Overflow |a| a.cosh(), |z| complex::cosh(z);
    tanh "tanh" Overflow |a| a.tanh(), |z| complex::tanh(z);
    arcsinh "arcsinh" Overflow |a| asinh(a), |z| complex::asinh(z);
    arccosh "arccosh" Overflow |a| acosh(a), |z| complex::acosh(z);
    arctanh "arctanh" Divide |a| a.atanh(), |z| complex::atanh(z);
    exp "exp" Overflow |a| a.exp(), |z| complex::exp(z);
    exp2 "exp2" Overflow |a| a.exp2(), |z| complex::exp(scaled(z, std::f64::consts::LN_2));
    expm1 "expm1" Overflow |a| a.exp_m1(), |z| {
        let half = (z.im * 0.5).sin();
        let size = z.re.exp();
        Complex::new(z.re.exp_m1() * z.im.cos() - 2.0 * half * half, size * z.im.sin())
    };
    log "log" Divide |a| a.ln(), |z| complex::ln(z);
    log2 "log2" Divide |a| a.log2(), |z| scaled(complex::ln(z), std::f64::consts::LOG2_E);
    log10 "log10" Divide |a| a.log10(), |z| scaled(complex::ln(z), std::f64::consts::LOG10_E);
    log1p "log1p" Divide |a| a.ln_1p(), |z| {
        Complex::new((z.re + 1.0).hypot(z.im).ln(), z.im.atan2(z.re + 1.0))
    };
    sqrt "sqrt" Overflow |a| a.sqrt(), |z| complex::sqrt(z);
    rint "rint" Overflow |a| a.round_ties_even(), |z| {
        Complex::new(z.re.round_ties_even(), z.im.round_ties_even())
    };
}

/// Functions of real floats alone.
macro_rules! real_functions {
    ($($fun:ident $name:literal $pole:ident |$a:ident| $real:expr;)*) => {$(
        #[doc = concat!("`", $name, "`.")]
        pub fn $fun(l: &Loop, _: usize) -> Option<Kernel> {
            float1!(&l.ins[0], $name, Pole::$pole, |$a| $real)
        }
    )*};
}

real_functions! {
    cbrt "cbrt" Overflow |a| a.cbrt();
    fabs "fabs" Overflow |a| a.abs();
    degrees "degrees" Overflow |a| a * (like(a, 180.0) / like(a, std::f64::consts::PI));
    radians "radians" Overflow |a| a * (like(a, std::f64::consts::PI) / like(a, 180.0));
}

/// A constant in the precision of a number.
fn like<F: num_traits::Float>(_: F, x: f64) -> F {
    F::from(x).unwrap_or_else(F::nan)
}

/// Rounding to whole numbers; those of integers are themselves.
macro_rules! rounding {
    ($($fun:ident $name:literal |$a:ident| $real:expr;)*) => {$(
        #[doc = concat!("`", $name, "`.")]
        pub fn $fun(l: &Loop, _: usize) -> Option<Kernel> {
            let d = &l.ins[0];
            float1!(d, $name, Pole::Overflow, |$a| $real)
                .or_else(|| crate::with_number!(d, T => Some(plain1(|a: T| a)), None))
        }
    )*};
}

rounding! {
    floor "floor" |a| a.floor();
    ceil "ceil" |a| a.ceil();
    trunc "trunc" |a| a.trunc();
}

/// Functions of two real floats.
macro_rules! pair_functions {
    ($($fun:ident $name:literal |$a:ident, $b:ident| $real:expr;)*) => {$(
        #[doc = concat!("`", $name, "`.")]
        pub fn $fun(l: &Loop, _: usize) -> Option<Kernel> {
            float2!(&l.ins[0], $name, false, |$a, $b| $real)
        }
    )*};
}

pair_functions! {
    arctan2 "arctan2" |a, b| a.atan2(b);
    hypot "hypot" |a, b| a.hypot(b);
    copysign "copysign" |a, b| a.copysign(b);
    heaviside "heaviside" |a, b| if a.is_nan() {
        a
    } else if a == 0.0 {
        b
    } else if a < 0.0 {
        0.0
    } else {
        1.0
    };
    logaddexp "logaddexp" |a, b| if a == b {
        a + like(a, std::f64::consts::LN_2)
    } else {
        let d = a - b;
        if d > 0.0 {
            a + (-d).exp().ln_1p()
        } else if d <= 0.0 {
            b + d.exp().ln_1p()
        } else {
            d
        }
    };
    logaddexp2 "logaddexp2" |a, b| if a == b {
        a + 1.0
    } else {
        let d = a - b;
        if d > 0.0 {
            a + (-d).exp2().ln_1p() * like(d, std::f64::consts::LOG2_E)
        } else if d <= 0.0 {
            b + d.exp2().ln_1p() * like(d, std::f64::consts::LOG2_E)
        } else {
            d
        }
    };
}

fn next16(a: f16, b: f16) -> f16 {
    if a.is_nan() || b.is_nan() {
        return f16::NAN;
    }
    if a == b {
        return b;
    }
    if a.to_f32() == 0.0 {
        return f16::from_bits((b.to_bits() & 0x8000) | 1);
    }
    let up = (b > a) == (a.to_bits() & 0x8000 == 0);
    f16::from_bits(if up { a.to_bits() + 1 } else { a.to_bits() - 1 })
}

macro_rules! next {
    ($T:ty, $a:expr, $b:expr) => {{
        let (a, b): ($T, $T) = ($a, $b);
        if a.is_nan() || b.is_nan() {
            a + b
        } else if a == b {
            b
        } else if b > a {
            a.next_up()
        } else {
            a.next_down()
        }
    }};
}

/// `nextafter`.
pub fn nextafter(l: &Loop, _: usize) -> Option<Kernel> {
    match &l.ins[0] {
        DType::Float16 => Some(super::plain2(next16)),
        DType::Float32 => Some(super::plain2(|a: f32, b: f32| next!(f32, a, b))),
        DType::Float64 => Some(super::plain2(|a: f64, b: f64| next!(f64, a, b))),
        _ => None,
    }
}

/// `spacing`: the distance to the next number away from zero.
pub fn spacing(l: &Loop, _: usize) -> Option<Kernel> {
    match &l.ins[0] {
        DType::Float16 => Some(plain1(|a: f16| {
            if !a.is_finite() {
                return f16::NAN;
            }
            // the next number upwards, whatever the sign
            let negative = a.to_f32() < 0.0;
            let bits = a.to_bits();
            let next = f16::from_bits(if negative { bits - 1 } else { (bits & 0x7FFF) + 1 });
            f16::from_f32((next.to_f32() - a.to_f32()).abs())
        })),
        DType::Float32 => Some(plain1(|a: f32| match a.is_finite() {
            true if a.is_sign_negative() && a != 0.0 => a.next_down() - a,
            true => a.abs().next_up() - a.abs(),
            false => f32::NAN,
        })),
        DType::Float64 => Some(plain1(|a: f64| match a.is_finite() {
            true if a.is_sign_negative() && a != 0.0 => a.next_down() - a,
            true => a.abs().next_up() - a.abs(),
            false => f64::NAN,
        })),
        _ => None,
    }
}

/// Mantissa in [0.5, 1) and power of two.
fn split(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let bits = x.to_bits();
    let e = ((bits >> 52) & 0x7FF) as i32;
    if e == 0 {
        let (m, e) = split(x * 2f64.powi(64));
        return (m, e - 64);
    }
    (f64::from_bits((bits & !(0x7FF << 52)) | (1022 << 52)), e - 1022)
}

/// `frexp`.
pub fn frexp(l: &Loop, which: usize) -> Option<Kernel> {
    Some(match (&l.ins[0], which) {
        (DType::Float16, 0) => plain1(|a: f16| f16::from_f64(split(a.to_f64()).0)),
        (DType::Float32, 0) => plain1(|a: f32| split(a.into()).0 as f32),
        (DType::Float64, 0) => plain1(|a: f64| split(a).0),
        (DType::Float16, _) => plain1(|a: f16| split(a.to_f64()).1),
        (DType::Float32, _) => plain1(|a: f32| split(a.into()).1),
        (DType::Float64, _) => plain1(|a: f64| split(a).1),
        _ => return None,
    })
}

/// `x * 2^n`, rounded once.
fn scale(x: f64, n: i64) -> f64 {
    let n = n.clamp(-4000, 4000) as i32;
    // in steps that are exact until the last
    let (m, e) = split(x);
    let e = e.saturating_add(n);
    if e > 1024 {
        return m * f64::INFINITY;
    }
    if e >= -1021 {
        return m * 2.0 * 2f64.powi(e - 1);
    }
    m * 2f64.powi(-1021) * 2f64.powi((e + 1021).max(-1074))
}

/// `ldexp`.
pub fn ldexp(l: &Loop, _: usize) -> Option<Kernel> {
    use super::plain2;
    Some(match (&l.ins[0], &l.ins[1]) {
        (DType::Float16, DType::Int32) => {
            plain2(|a: f16, b: i32| f16::from_f64(scale(a.to_f64(), b.into())))
        }
        (DType::Float16, _) => plain2(|a: f16, b: i64| f16::from_f64(scale(a.to_f64(), b))),
        (DType::Float32, DType::Int32) => plain2(|a: f32, b: i32| scale(a.into(), b.into()) as f32),
        (DType::Float32, _) => plain2(|a: f32, b: i64| scale(a.into(), b) as f32),
        (DType::Float64, DType::Int32) => plain2(|a: f64, b: i32| scale(a, b.into())),
        (DType::Float64, _) => plain2(|a: f64, b: i64| scale(a, b)),
        _ => return None,
    })
}

/// `modf`: fraction and whole part, both of the number's sign.
pub fn modf(l: &Loop, which: usize) -> Option<Kernel> {
    fn fraction(x: f64) -> f64 {
        if x.is_infinite() { 0f64.copysign(x) } else { (x - x.trunc()).copysign(x) }
    }
    Some(match (&l.ins[0], which) {
        (DType::Float16, 0) => plain1(|a: f16| f16::from_f64(fraction(a.to_f64()))),
        (DType::Float32, 0) => plain1(|a: f32| fraction(a.into()) as f32),
        (DType::Float64, 0) => plain1(fraction),
        (DType::Float16, _) => plain1(|a: f16| f16::from_f64(a.to_f64().trunc())),
        (DType::Float32, _) => plain1(|a: f32| a.trunc()),
        (DType::Float64, _) => plain1(|a: f64| a.trunc()),
        _ => return None,
    })
}
