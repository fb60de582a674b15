//! Figures of some values, with the types that the values have; and what is known of them while
//! they are being counted.

use bytemuck::Pod;
use half::f16;
use num_complex::Complex;

use crate::array::print::{self, Style};
use crate::array::time::TimeUnit;
use crate::array::{DType, text};
use crate::store::{Float, escape};

/// A value as it is shown: exact, in its own type.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Number {
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(Float),
    Complex(Float, Float),
    Date(i64, TimeUnit),
    Delta(i64, TimeUnit),
    Text(String),
}

impl Number {
    /// As the grid writes it.
    pub fn text(&self, style: Style) -> String {
        match self {
            Number::Bool(b) => if *b { "True" } else { "False" }.into(),
            Number::Int(n) => n.to_string(),
            Number::Unsigned(n) => n.to_string(),
            Number::Float(x) => print::float(*x, style),
            Number::Complex(re, im) => print::complex(*re, *im, style),
            Number::Date(n, unit) => unit.date_text(*n),
            Number::Delta(n, unit) => text::scalar(&DType::Timedelta(*unit), &n.to_ne_bytes()),
            Number::Text(s) => escape(s.as_bytes()),
        }
    }

    fn of(wide: Wide, dtype: &DType) -> Number {
        match (wide, dtype) {
            (Wide::Int(n), DType::Bool) => Number::Bool(n != 0),
            (Wide::Int(n), DType::Datetime(unit)) => Number::Date(n, *unit),
            (Wide::Int(n), DType::Timedelta(unit)) => Number::Delta(n, *unit),
            (Wide::Int(n), _) => Number::Int(n),
            (Wide::Unsigned(n), _) => Number::Unsigned(n),
            (Wide::Real(x), d) => Number::Float(float(x, d)),
            (Wide::Complex(z), d) => {
                let part = d.real();
                Number::Complex(float(z.re, &part), float(z.im, &part))
            }
        }
    }
}

fn float(x: f64, dtype: &DType) -> Float {
    match dtype {
        DType::Float16 => Float::F16(f16::from_f64(x)),
        DType::Float32 => Float::F32(x as f32),
        _ => Float::F64(x),
    }
}

/// A number of any type, in the widest of its kind.
#[derive(Debug, Clone, Copy)]
pub enum Wide {
    /// Bools, integers, dates.
    Int(i64),
    /// Of 64 bits without a sign.
    Unsigned(u64),
    /// Real numbers.
    Real(f64),
    /// Complex numbers.
    Complex(Complex<f64>),
}

/// Lengths of texts, and where the shortest and longest are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// Texts without a character.
    pub empty: u64,
    /// The length of the shortest, and where it is.
    pub shortest: (u64, u64),
    /// The length of the longest, and where it is.
    pub longest: (u64, u64),
}

/// What is said of some values. Places are flat indices of the reduced axes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Elements, those that are missing included.
    pub total: u64,
    /// NaN and NaT among them.
    pub missing: u64,
    /// Infinities among them.
    pub infinite: u64,
    /// The smallest, and where it stands first.
    pub min: Option<(Number, u64)>,
    /// The largest.
    pub max: Option<(Number, u64)>,
    /// The mean of those that are not missing.
    pub mean: Option<Number>,
    /// Their standard deviation, as NumPy's `std` without `ddof`.
    pub std: Option<f64>,
    /// Of texts.
    pub lengths: Option<Lengths>,
    /// From the smallest to the largest as real numbers, where a histogram can be made.
    pub range: Option<(f64, f64)>,
}

/// A sum of numbers.
pub trait Sum: Copy + Send + Sync + 'static {
    /// Of none.
    const ZERO: Self;
    /// Of both.
    fn plus(self, other: Self) -> Self;
    /// The difference.
    fn minus(self, other: Self) -> Self;
    /// A share of it.
    fn over(self, n: f64) -> Self;
    /// The square of its absolute value.
    fn square(self) -> f64;
    /// As a number.
    fn wide(self) -> Wide;
}

impl Sum for f64 {
    const ZERO: f64 = 0.0;
    fn plus(self, other: f64) -> f64 {
        self + other
    }
    fn minus(self, other: f64) -> f64 {
        self - other
    }
    fn over(self, n: f64) -> f64 {
        self / n
    }
    fn square(self) -> f64 {
        self * self
    }
    fn wide(self) -> Wide {
        Wide::Real(self)
    }
}

impl Sum for Complex<f64> {
    const ZERO: Complex<f64> = Complex { re: 0.0, im: 0.0 };
    fn plus(self, other: Self) -> Self {
        self + other
    }
    fn minus(self, other: Self) -> Self {
        self - other
    }
    fn over(self, n: f64) -> Self {
        self / n
    }
    fn square(self) -> f64 {
        self.norm_sqr()
    }
    fn wide(self) -> Wide {
        Wide::Complex(self)
    }
}

/// A type that numbers are stored in.
pub trait Scalar: Pod + Send + Sync + 'static {
    /// What its sums are held in.
    type Sum: Sum;
    /// Not a number.
    fn is_nan(self) -> bool;
    /// An infinity.
    fn is_infinite(self) -> bool;
    /// NumPy's order.
    fn below(self, other: Self) -> bool;
    /// As a sum of one.
    fn sum(self) -> Self::Sum;
    /// In the widest type of its kind.
    fn wide(self) -> Wide;
    /// As a real number, where it is one and finite.
    fn real(self) -> Option<f64>;
    /// A missing time: only 64-bit integers can be one.
    fn is_nat(self) -> bool {
        false
    }
}

macro_rules! integers {
    ($($T:ty)*) => {$(
        impl Scalar for $T {
            type Sum = f64;
            fn is_nan(self) -> bool {
                false
            }
            fn is_infinite(self) -> bool {
                false
            }
            fn below(self, other: $T) -> bool {
                self < other
            }
            fn sum(self) -> f64 {
                self as f64
            }
            fn wide(self) -> Wide {
                match i64::try_from(self) {
                    Ok(n) => Wide::Int(n),
                    Err(_) => Wide::Unsigned(self as u64),
                }
            }
            fn real(self) -> Option<f64> {
                Some(self as f64)
            }
            fn is_nat(self) -> bool {
                i64::try_from(self) == Ok(i64::MIN)
            }
        }
    )*};
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! floats {
    ($($T:ty, $wide:expr;)*) => {$(
        impl Scalar for $T {
            type Sum = f64;
            fn is_nan(self) -> bool {
                <$T>::is_nan(self)
            }
            fn is_infinite(self) -> bool {
                <$T>::is_infinite(self)
            }
            fn below(self, other: $T) -> bool {
                self < other
            }
            fn sum(self) -> f64 {
                $wide(self)
            }
            fn wide(self) -> Wide {
                Wide::Real($wide(self))
            }
            fn real(self) -> Option<f64> {
                Some($wide(self)).filter(|x| x.is_finite())
            }
        }
    )*};
}
floats! {
    f16, f16::to_f64;
    f32, f64::from;
    f64, f64::from;
}

macro_rules! complexes {
    ($($T:ty)*) => {$(
        impl Scalar for Complex<$T> {
            type Sum = Complex<f64>;
            fn is_nan(self) -> bool {
                self.re.is_nan() || self.im.is_nan()
            }
            fn is_infinite(self) -> bool {
                self.re.is_infinite() || self.im.is_infinite()
            }
            fn below(self, other: Self) -> bool {
                self.re < other.re || (self.re == other.re && self.im < other.im)
            }
            fn sum(self) -> Complex<f64> {
                Complex::new(self.re.into(), self.im.into())
            }
            fn wide(self) -> Wide {
                Wide::Complex(self.sum())
            }
            fn real(self) -> Option<f64> {
                None
            }
        }
    )*};
}
complexes!(f32 f64);

/// What is known of some numbers. Their moments are those of sums, pairwise on the fixed tree.
#[derive(Debug, Clone, Copy)]
pub struct State<T: Scalar> {
    total: u64,
    /// Those that are not missing.
    n: u64,
    infinite: u64,
    sum: T::Sum,
    /// The sum of squared distances from the mean.
    spread: f64,
    min: T,
    min_at: u64,
    max: T,
    max_at: u64,
}

impl<T: Scalar> State<T> {
    /// Of none.
    pub fn empty() -> State<T> {
        let zero = T::zeroed();
        State {
            total: 0,
            n: 0,
            infinite: 0,
            sum: T::Sum::ZERO,
            spread: 0.0,
            min: zero,
            min_at: 0,
            max: zero,
            max_at: 0,
        }
    }

    /// Of one.
    #[inline]
    pub fn one(x: T, missing: bool, at: u64) -> State<T> {
        if missing {
            return State { total: 1, ..State::empty() };
        }
        State {
            total: 1,
            n: 1,
            infinite: u64::from(x.is_infinite()),
            sum: x.sum(),
            spread: 0.0,
            min: x,
            min_at: at,
            max: x,
            max_at: at,
        }
    }

    /// Of some, followed by others.
    #[inline]
    pub fn merge(a: State<T>, b: State<T>) -> State<T> {
        let total = a.total + b.total;
        if b.n == 0 {
            return State { total, ..a };
        }
        if a.n == 0 {
            return State { total, ..b };
        }
        let (na, nb) = (a.n as f64, b.n as f64);
        // one division where both are of as many: the common case
        let (apart, weight) = if a.n == b.n {
            (a.sum.minus(b.sum).over(na), na * 0.5)
        } else {
            (a.sum.over(na).minus(b.sum.over(nb)), na * nb / (na + nb))
        };
        let (min, min_at) = if b.min.below(a.min) { (b.min, b.min_at) } else { (a.min, a.min_at) };
        let (max, max_at) = if a.max.below(b.max) { (b.max, b.max_at) } else { (a.max, a.max_at) };
        State {
            total,
            n: a.n + b.n,
            infinite: a.infinite + b.infinite,
            sum: a.sum.plus(b.sum),
            spread: a.spread + b.spread + apart.square() * weight,
            min,
            min_at,
            max,
            max_at,
        }
    }

    /// Of some, and others that do not follow them: of equal extremes the first place counts.
    pub fn beside(a: State<T>, b: State<T>) -> State<T> {
        let mut out = State::merge(a, b);
        if a.n > 0 && b.n > 0 {
            if !a.min.below(b.min) && !b.min.below(a.min) {
                out.min_at = a.min_at.min(b.min_at);
            }
            if !a.max.below(b.max) && !b.max.below(a.max) {
                out.max_at = a.max_at.min(b.max_at);
            }
        }
        out
    }

    /// How many, missing ones included.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The same, with each place put elsewhere.
    pub fn moved(self, to: impl Fn(u64) -> u64) -> State<T> {
        State { min_at: to(self.min_at), max_at: to(self.max_at), ..self }
    }

    /// In words of their dtype.
    pub fn figures(&self, dtype: &DType) -> Figures {
        let known = self.n > 0;
        let n = self.n as f64;
        let number = |x: T| Number::of(x.wide(), dtype);
        let mean = match dtype {
            DType::Datetime(_) => None,
            DType::Timedelta(unit) => match self.sum.over(n).wide() {
                Wide::Real(x) => Some(Number::Delta(x.trunc() as i64, *unit)),
                _ => None,
            },
            _ => Some(Number::of(self.sum.over(n).wide(), &DType::Float64)),
        };
        // between infinities there is no distance
        let spread = if self.infinite > 0 { f64::NAN } else { self.spread };
        let std = (!dtype.is_time()).then(|| (spread / n).sqrt());
        let range = self.min.real().zip(self.max.real());
        Figures {
            total: self.total,
            missing: self.total - self.n,
            infinite: self.infinite,
            min: known.then(|| (number(self.min), self.min_at)),
            max: known.then(|| (number(self.max), self.max_at)),
            mean: mean.filter(|_| known),
            std: std.filter(|_| known),
            lengths: None,
            range: range.filter(|_| known),
        }
    }
}
