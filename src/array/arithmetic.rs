//! How elements are multiplied and summed in products: whole numbers wrap around, halves are summed
//! as singles, truth is an or of ands.

use std::marker::PhantomData;

use bytemuck::Pod;
use half::f16;
use num_complex::Complex;

/// How elements are multiplied and summed.
pub trait Arithmetic: Send + Sync + 'static {
    /// An element.
    type Element: Pod + Send + Sync;
    /// What is summed.
    type Sum: Copy + Send + Sync + PartialEq;
    /// Of nothing.
    const ZERO: Self::Sum;
    /// An element as a factor.
    fn widen(x: Self::Element) -> Self::Sum;
    /// A sum as an element.
    fn narrow(x: Self::Sum) -> Self::Element;
    /// Two factors' product added to a sum.
    fn add_product(sum: Self::Sum, a: Self::Sum, b: Self::Sum) -> Self::Sum;
    /// Two sums' sum.
    fn add(a: Self::Sum, b: Self::Sum) -> Self::Sum;
}

/// Whole numbers, which wrap around.
pub struct Whole<T>(PhantomData<T>);
/// Floats and complex numbers, each in its own precision.
pub struct Inexact<T>(PhantomData<T>);
/// Half floats, summed as singles.
pub struct Half;
/// Truth: or of ands.
pub struct Logic;

macro_rules! arithmetic {
    ($($A:ty, $E:ty, $S:ty, $zero:expr, $widen:expr, $narrow:expr, $fma:expr, $add:expr;)*) => {$(
        impl Arithmetic for $A {
            type Element = $E;
            type Sum = $S;
            const ZERO: $S = $zero;
            #[inline(always)]
            fn widen(x: $E) -> $S {
                let f: fn($E) -> $S = $widen;
                f(x)
            }
            #[inline(always)]
            fn narrow(x: $S) -> $E {
                let f: fn($S) -> $E = $narrow;
                f(x)
            }
            #[inline(always)]
            fn add_product(sum: $S, a: $S, b: $S) -> $S {
                let f: fn($S, $S, $S) -> $S = $fma;
                f(sum, a, b)
            }
            #[inline(always)]
            fn add(a: $S, b: $S) -> $S {
                let f: fn($S, $S) -> $S = $add;
                f(a, b)
            }
        }
    )*};
}
macro_rules! whole_numbers {
    ($($T:ty)*) => {
        arithmetic! {$(
            Whole<$T>, $T, $T, 0, |x| x, |x| x,
            |s, a, b| s.wrapping_add(a.wrapping_mul(b)), |a, b| a.wrapping_add(b);
        )*}
    };
}
whole_numbers!(i8 i16 i32 i64 u8 u16 u32 u64);
arithmetic! {
    Inexact<f32>, f32, f32, 0.0, |x| x, |x| x, |s, a, b| s + a * b, |a, b| a + b;
    Inexact<f64>, f64, f64, 0.0, |x| x, |x| x, |s, a, b| s + a * b, |a, b| a + b;
    Inexact<Complex<f32>>, Complex<f32>, Complex<f32>, Complex { re: 0.0, im: 0.0 },
        |x| x, |x| x, |s, a, b| s + a * b, |a, b| a + b;
    Inexact<Complex<f64>>, Complex<f64>, Complex<f64>, Complex { re: 0.0, im: 0.0 },
        |x| x, |x| x, |s, a, b| s + a * b, |a, b| a + b;
    Half, f16, f32, 0.0, |x| x.to_f32(), f16::from_f32, |s, a, b| s + a * b, |a, b| a + b;
    Logic, u8, u8, 0, |x| u8::from(x != 0), |x| x, |s, a, b| s | (a & b), |a, b| a | b;
}

/// Binds `$A` to the arithmetic of a dtype.
#[macro_export]
#[doc(hidden)]
macro_rules! with_arithmetic {
    ($dtype:expr, $A:ident => $body:expr, $other:expr) => {
        $crate::with_arithmetic!(@ $dtype, $A, $body, $other,
            Bool => $crate::array::arithmetic::Logic,
            Int8 => $crate::array::arithmetic::Whole<i8>,
            Int16 => $crate::array::arithmetic::Whole<i16>,
            Int32 => $crate::array::arithmetic::Whole<i32>,
            Int64 => $crate::array::arithmetic::Whole<i64>,
            UInt8 => $crate::array::arithmetic::Whole<u8>,
            UInt16 => $crate::array::arithmetic::Whole<u16>,
            UInt32 => $crate::array::arithmetic::Whole<u32>,
            UInt64 => $crate::array::arithmetic::Whole<u64>,
            Float16 => $crate::array::arithmetic::Half,
            Float32 => $crate::array::arithmetic::Inexact<f32>,
            Float64 => $crate::array::arithmetic::Inexact<f64>,
            Complex64 => $crate::array::arithmetic::Inexact<num_complex::Complex<f32>>,
            Complex128 => $crate::array::arithmetic::Inexact<num_complex::Complex<f64>>
        )
    };
    (@ $dtype:expr, $A:ident, $body:expr, $other:expr, $($name:ident => $T:ty),*) => {
        match $dtype {
            $($crate::array::DType::$name => {
                type $A = $T;
                $body
            })*
            $crate::array::DType::Timedelta(_) => {
                type $A = $crate::array::arithmetic::Whole<i64>;
                $body
            }
            _ => $other,
        }
    };
}
