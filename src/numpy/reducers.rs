//! Reducers: sums, products, extremes, counts, moments and logic, on the fixed tree of
//! [`crate::array::reduce`].
//!
//! Sums of floats are held in double precision whatever the elements' width, sums of integers in
//! 64 bits, wrapped. Moments merge by the formula of Chan, Golub and LeVeque.

use std::marker::PhantomData;

use bytemuck::Pod;
use half::f16;
use num_complex::Complex;

use super::ufunc::compare::Ordered;
use crate::array::cast::Number;
use crate::array::reduce::Reducer;
pub use crate::array::reduce::reduced;

/// What sums are held in.
pub trait Total: Copy + Send + Sync + 'static {
    /// Whether any order gives the same bits.
    const EXACT: bool;
    /// Nothing yet.
    const ZERO: Self;
    /// The empty product.
    const ONE: Self;
    /// The sum.
    fn plus(self, other: Self) -> Self;
    /// The product.
    fn times(self, other: Self) -> Self;
}

impl Total for f64 {
    const EXACT: bool = false;
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    fn plus(self, other: f64) -> f64 {
        self + other
    }
    fn times(self, other: f64) -> f64 {
        self * other
    }
}

impl Total for i64 {
    const EXACT: bool = true;
    const ZERO: i64 = 0;
    const ONE: i64 = 1;
    fn plus(self, other: i64) -> i64 {
        self.wrapping_add(other)
    }
    fn times(self, other: i64) -> i64 {
        self.wrapping_mul(other)
    }
}

impl Total for Complex<f64> {
    const EXACT: bool = false;
    const ZERO: Self = Complex { re: 0.0, im: 0.0 };
    const ONE: Self = Complex { re: 1.0, im: 0.0 };
    fn plus(self, other: Self) -> Self {
        self + other
    }
    fn times(self, other: Self) -> Self {
        super::ufunc::complex::multiply(self, other)
    }
}

/// Elements and the total that they add up to.
pub trait Summed: Pod + Send + Sync {
    /// What they are summed in.
    type Total: Total;
    /// An element as a total.
    fn total(self) -> Self::Total;
}

macro_rules! summed {
    ($($T:ty => $S:ty, |$x:ident| $e:expr;)*) => {$(
        impl Summed for $T {
            type Total = $S;
            fn total(self) -> $S {
                let $x = self;
                $e
            }
        }
    )*};
}
summed! {
    i8 => i64, |x| x.into();
    i16 => i64, |x| x.into();
    i32 => i64, |x| x.into();
    i64 => i64, |x| x;
    u8 => i64, |x| x.into();
    u16 => i64, |x| x.into();
    u32 => i64, |x| x.into();
    u64 => i64, |x| x as i64;
    f16 => f64, |x| x.to_f64();
    f32 => f64, |x| x.into();
    f64 => f64, |x| x;
    Complex<f32> => Complex<f64>, |z| Complex::new(z.re.into(), z.im.into());
    Complex<f64> => Complex<f64>, |z| z;
}

/// A reducer whose kind is in a type.
macro_rules! reducer {
    ($(#[$doc:meta])* $name:ident<$T:ident: $bound:path>, $exact:expr, $S:ty, $empty:expr, |$x:ident, $i:ident| $one:expr,
     |$a:ident, $b:ident| $merge:expr) => {
        $(#[$doc])*
        pub struct $name<$T>(pub PhantomData<$T>);
        impl<$T> Clone for $name<$T> {
            fn clone(&self) -> Self {
                $name(PhantomData)
            }
        }
        impl<$T: $bound + Pod + Send + Sync> Reducer for $name<$T> {
            type In = $T;
            type State = $S;
            const EXACT: bool = $exact;
            fn empty(&self) -> $S {
                $empty
            }
            #[inline(always)]
            fn one(&self, $x: $T, $i: u64) -> $S {
                $one
            }
            #[inline(always)]
            fn merge(&self, $a: $S, _: u64, $b: $S, _: u64) -> $S {
                $merge
            }
        }
    };
}

reducer!(
    /// The sum.
    Sum<T: Summed>, T::Total::EXACT, T::Total, T::Total::ZERO, |x, _i| x.total(), |a, b| a.plus(b)
);
reducer!(
    /// The product.
    Product<T: Summed>, T::Total::EXACT, T::Total, T::Total::ONE, |x, _i| x.total(), |a, b| a.times(b)
);
reducer!(
    /// How many are not zero.
    Count<T: Number>, true, u64, 0, |x, _i| u64::from(Number::truth(x)), |a, b| a + b
);
reducer!(
    /// Whether all are true.
    All<T: Number>, true, bool, true, |x, _i| Number::truth(x), |a, b| a & b
);
reducer!(
    /// Whether any is true.
    Any<T: Number>, true, bool, false, |x, _i| Number::truth(x), |a, b| a | b
);
reducer!(
    /// Whether an odd number is true.
    Odd<T: Number>, true, bool, false, |x, _i| Number::truth(x), |a, b| a ^ b
);

/// Elements' bits combined.
#[derive(Clone)]
pub struct Bits<T> {
    /// What to begin with.
    pub empty: T,
    /// How two are combined.
    pub combine: fn(T, T) -> T,
}

impl<T: Pod + Send + Sync> Reducer for Bits<T> {
    type In = T;
    type State = T;
    fn empty(&self) -> T {
        self.empty
    }
    fn one(&self, x: T, _: u64) -> T {
        x
    }
    fn merge(&self, a: T, _: u64, b: T, _: u64) -> T {
        (self.combine)(a, b)
    }
}

/// Which elements are kept: the greater or the smaller; NaNs win or lose. In types, so that the
/// loops have no questions left.
pub struct Extreme<T, const GREATER: bool, const NAN_WINS: bool>(pub PhantomData<T>);

impl<T, const G: bool, const N: bool> Clone for Extreme<T, G, N> {
    fn clone(&self) -> Self {
        Extreme(PhantomData)
    }
}

fn first_wins<T: Ordered, const G: bool, const N: bool>(a: T, b: T) -> bool {
    use std::cmp::Ordering;
    match (a.unordered(), b.unordered()) {
        (true, _) => N || b.unordered(),
        (_, true) => !N,
        _ => match a.order(b) {
            Some(Ordering::Less) => !G,
            Some(Ordering::Greater) => G,
            _ => true,
        },
    }
}

impl<T: Ordered + Pod + Send + Sync, const G: bool, const N: bool> Reducer for Extreme<T, G, N> {
    type In = T;
    type State = T;
    fn empty(&self) -> T {
        T::zeroed()
    }
    #[inline(always)]
    fn one(&self, x: T, _: u64) -> T {
        x
    }
    #[inline(always)]
    fn merge(&self, a: T, _: u64, b: T, _: u64) -> T {
        if first_wins::<T, G, N>(a, b) { a } else { b }
    }
}

/// Where the greatest or smallest is: the first of equal ones, the first NaN.
pub struct Place<T, const GREATER: bool>(pub PhantomData<T>);

impl<T, const G: bool> Clone for Place<T, G> {
    fn clone(&self) -> Self {
        Place(PhantomData)
    }
}

impl<T: Ordered + Pod + Send + Sync, const G: bool> Reducer for Place<T, G> {
    type In = T;
    type State = (T, u64);
    fn empty(&self) -> (T, u64) {
        (T::zeroed(), 0)
    }
    fn one(&self, x: T, index: u64) -> (T, u64) {
        (x, index)
    }
    fn merge(&self, a: (T, u64), _: u64, b: (T, u64), _: u64) -> (T, u64) {
        if first_wins::<T, G, true>(a.0, b.0) { a } else { b }
    }
}

/// The extremes of dates and differences, whose NaT is unordered.
#[derive(Clone)]
pub struct TimeExtreme<const GREATER: bool, const NAN_WINS: bool>;

fn earlier_wins<const G: bool, const N: bool>(a: i64, b: i64) -> bool {
    match (a == i64::MIN, b == i64::MIN) {
        (true, other) => N || other,
        (_, true) => !N,
        _ if G => a >= b,
        _ => a <= b,
    }
}

impl<const G: bool, const N: bool> Reducer for TimeExtreme<G, N> {
    type In = i64;
    type State = i64;
    fn empty(&self) -> i64 {
        i64::MIN
    }
    fn one(&self, x: i64, _: u64) -> i64 {
        x
    }
    fn merge(&self, a: i64, _: u64, b: i64, _: u64) -> i64 {
        if earlier_wins::<G, N>(a, b) { a } else { b }
    }
}

/// Where the extreme date or difference is.
#[derive(Clone)]
pub struct TimePlace<const GREATER: bool>;

impl<const G: bool> Reducer for TimePlace<G> {
    type In = i64;
    type State = (i64, u64);
    fn empty(&self) -> (i64, u64) {
        (i64::MIN, 0)
    }
    fn one(&self, x: i64, index: u64) -> (i64, u64) {
        (x, index)
    }
    fn merge(&self, a: (i64, u64), _: u64, b: (i64, u64), _: u64) -> (i64, u64) {
        if earlier_wins::<G, true>(a.0, b.0) { a } else { b }
    }
}

/// The sum of differences; a NaT makes it NaT.
#[derive(Clone)]
pub struct TimeSum;

impl Reducer for TimeSum {
    type In = i64;
    type State = i64;
    fn empty(&self) -> i64 {
        0
    }
    fn one(&self, x: i64, _: u64) -> i64 {
        x
    }
    fn merge(&self, a: i64, _: u64, b: i64, _: u64) -> i64 {
        if a == i64::MIN || b == i64::MIN { i64::MIN } else { a.wrapping_add(b) }
    }
}

/// The sum in double precision, of integers too.
pub struct FloatSum<T>(pub PhantomData<T>);

impl<T> Clone for FloatSum<T> {
    fn clone(&self) -> Self {
        FloatSum(PhantomData)
    }
}

impl<T: Measured> Reducer for FloatSum<T> {
    type In = T;
    type State = T::Sum;
    fn empty(&self) -> T::Sum {
        T::Sum::ZERO
    }
    #[inline(always)]
    fn one(&self, x: T, _: u64) -> T::Sum {
        x.measured()
    }
    #[inline(always)]
    fn merge(&self, a: T::Sum, _: u64, b: T::Sum, _: u64) -> T::Sum {
        a.plus(b)
    }
}

/// Elements that have moments: as a real and an imaginary double.
pub trait Measured: Pod + Send + Sync {
    /// Its sum's type.
    type Sum: Total + std::ops::Sub<Output = Self::Sum>;
    /// The element.
    fn measured(self) -> Self::Sum;
    /// A sum by a number.
    fn scaled(s: Self::Sum, by: f64) -> Self::Sum;
    /// The square of its size.
    fn square(s: Self::Sum) -> f64;
    /// A sum over a number, as a complex one.
    fn over(s: Self::Sum, n: f64) -> Complex<f64>;
}

macro_rules! measured {
    ($($T:ty)*) => {$(
        impl Measured for $T {
            type Sum = f64;
            #[inline(always)]
            fn measured(self) -> f64 {
                Number::to_f64(self)
            }
            #[inline(always)]
            fn scaled(s: f64, by: f64) -> f64 {
                s * by
            }
            #[inline(always)]
            fn square(s: f64) -> f64 {
                s * s
            }
            fn over(s: f64, n: f64) -> Complex<f64> {
                Complex::new(s / n, 0.0)
            }
        }
    )*};
}
measured!(i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64);

macro_rules! measured_complex {
    ($($T:ty)*) => {$(
        impl Measured for Complex<$T> {
            type Sum = Complex<f64>;
            fn measured(self) -> Complex<f64> {
                Complex::new(self.re.into(), self.im.into())
            }
            fn scaled(s: Complex<f64>, by: f64) -> Complex<f64> {
                s * by
            }
            fn square(s: Complex<f64>) -> f64 {
                s.norm_sqr()
            }
            fn over(s: Complex<f64>, n: f64) -> Complex<f64> {
                Complex::new(s.re / n, s.im / n)
            }
        }
    )*};
}
measured_complex!(f32 f64);

/// Sum and sum of squared deviations from the mean.
pub struct Moments<T>(pub PhantomData<T>);

impl<T> Clone for Moments<T> {
    fn clone(&self) -> Self {
        Moments(PhantomData)
    }
}

impl<T: Measured> Reducer for Moments<T> {
    type In = T;
    type State = (T::Sum, f64);
    fn empty(&self) -> Self::State {
        (T::Sum::ZERO, 0.0)
    }
    #[inline(always)]
    fn one(&self, x: T, _: u64) -> Self::State {
        let x = x.measured();
        // infinities have no deviation: NaN, as the definition gives
        (x, T::square(T::scaled(x, 0.0)))
    }
    #[inline(always)]
    fn merge(&self, a: Self::State, na: u64, b: Self::State, nb: u64) -> Self::State {
        let m2 = if na == nb {
            let d = a.0 - b.0;
            a.1 + b.1 + T::square(d) * (0.5 / na as f64)
        } else {
            let (x, y) = (na as f64, nb as f64);
            let d = T::scaled(a.0, 1.0 / x) - T::scaled(b.0, 1.0 / y);
            a.1 + b.1 + T::square(d) * (x * y / (x + y))
        };
        (a.0.plus(b.0), m2)
    }
}

/// How many axes go away, and which: a flag for each axis.
pub fn flags(ndim: usize, axes: &Option<Vec<usize>>) -> Vec<bool> {
    (0..ndim).map(|a| axes.as_ref().is_none_or(|axes| axes.contains(&a))).collect()
}
