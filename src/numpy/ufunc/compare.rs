//! Kernels of comparison, logic and extremes; of numbers, dates and text.

use std::cmp::Ordering;

use half::f16;
use num_bigint::BigInt;
use num_complex::Complex;

use super::{Loop, Ufunc, plain1, plain2};
use crate::array::cast::Number;
use crate::array::elementwise::{Kernel, Operand};
use crate::array::lazy::Array;
use crate::array::promote::Weak;
use crate::array::{Block, Context, DType, Item, Result};
use crate::numpy::convert::Given;

/// Numbers as NumPy orders them.
pub trait Ordered: Copy + PartialEq {
    /// Less, equal, greater; none where a NaN takes part.
    fn order(self, other: Self) -> Option<Ordering>;
    /// NaN.
    fn unordered(self) -> bool {
        false
    }
}

macro_rules! ordered {
    ($($T:ty)*) => {$(
        impl Ordered for $T {
            fn order(self, other: Self) -> Option<Ordering> {
                self.partial_cmp(&other)
            }
        }
    )*};
}
ordered!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! ordered_floats {
    ($($T:ty)*) => {$(
        impl Ordered for $T {
            fn order(self, other: Self) -> Option<Ordering> {
                self.partial_cmp(&other)
            }
            fn unordered(self) -> bool {
                self.is_nan()
            }
        }
    )*};
}
ordered_floats!(f16 f32 f64);

macro_rules! ordered_complex {
    ($($T:ty)*) => {$(
        impl Ordered for Complex<$T> {
            /// By the real parts, then by the imaginary ones.
            fn order(self, other: Self) -> Option<Ordering> {
                match self.re.partial_cmp(&other.re)? {
                    Ordering::Equal => self.im.partial_cmp(&other.im),
                    unequal => Some(unequal),
                }
            }
            fn unordered(self) -> bool {
                self.re.is_nan() || self.im.is_nan()
            }
        }
    )*};
}
ordered_complex!(f32 f64);

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Test {
    fn holds(self, order: Option<Ordering>) -> bool {
        match (self, order) {
            (Test::NotEqual, None) => true,
            (_, None) => false,
            (Test::Equal, Some(o)) => o == Ordering::Equal,
            (Test::NotEqual, Some(o)) => o != Ordering::Equal,
            (Test::Less, Some(o)) => o == Ordering::Less,
            (Test::LessEqual, Some(o)) => o != Ordering::Greater,
            (Test::Greater, Some(o)) => o == Ordering::Greater,
            (Test::GreaterEqual, Some(o)) => o != Ordering::Less,
        }
    }
}

fn compare(l: &Loop, test: Test) -> Option<Kernel> {
    // written out for each test, so that the loops are vectors
    macro_rules! tests {
        ($T:ty) => {
            match test {
                Test::Equal => plain2(|a: $T, b: $T| u8::from(a == b)),
                Test::NotEqual => plain2(|a: $T, b: $T| u8::from(a != b)),
                Test::Less => plain2(|a: $T, b: $T| u8::from(a < b)),
                Test::LessEqual => plain2(|a: $T, b: $T| u8::from(a <= b)),
                Test::Greater => plain2(|a: $T, b: $T| u8::from(a > b)),
                Test::GreaterEqual => plain2(|a: $T, b: $T| u8::from(a >= b)),
            }
        };
    }
    macro_rules! complexes {
        ($T:ty) => {
            plain2(move |a: Complex<$T>, b: Complex<$T>| {
                u8::from(match test {
                    Test::Equal => a == b,
                    Test::NotEqual => a != b,
                    // by the real parts; where these are equal, by the imaginary ones
                    _ if a.re == b.re => test.holds(a.im.partial_cmp(&b.im)),
                    _ if a.im.is_nan() || b.im.is_nan() => false,
                    _ => test.holds(a.re.partial_cmp(&b.re)),
                })
            })
        };
    }
    Some(match (&l.ins[0], &l.ins[1]) {
        (DType::Int64, DType::UInt64) => plain2(move |a: i64, b: u64| {
            u8::from(test.holds(Some(i128::from(a).cmp(&i128::from(b)))))
        }),
        (DType::UInt64, DType::Int64) => plain2(move |a: u64, b: i64| {
            u8::from(test.holds(Some(i128::from(a).cmp(&i128::from(b)))))
        }),
        (DType::Bool | DType::UInt8, _) => tests!(u8),
        (DType::Int8, _) => tests!(i8),
        (DType::Int16, _) => tests!(i16),
        (DType::Int32, _) => tests!(i32),
        (DType::Int64, _) => tests!(i64),
        (DType::UInt16, _) => tests!(u16),
        (DType::UInt32, _) => tests!(u32),
        (DType::UInt64, _) => tests!(u64),
        (DType::Float16, _) => tests!(f16),
        (DType::Float32, _) => tests!(f32),
        (DType::Float64, _) => tests!(f64),
        (DType::Complex64, _) => complexes!(f32),
        (DType::Complex128, _) => complexes!(f64),
        (DType::Datetime(_) | DType::Timedelta(_), _) => plain2(move |a: i64, b: i64| {
            let order = (a != i64::MIN && b != i64::MIN).then(|| a.cmp(&b));
            u8::from(test.holds(order))
        }),
        (DType::Str(n), DType::Str(m)) => {
            let (n, m) = (4 * n, 4 * m);
            std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                for (i, slot) in out.iter_mut().enumerate() {
                    let (a, b) = (ins[0].element(i, n), ins[1].element(i, m));
                    let code = |s: &[u8], k: usize| {
                        s.get(4 * k..4 * k + 4).map_or(0, bytemuck::pod_read_unaligned::<u32>)
                    };
                    let order = (0..n.max(m) / 4)
                        .map(|k| code(a, k).cmp(&code(b, k)))
                        .find(|o| *o != Ordering::Equal)
                        .unwrap_or(Ordering::Equal);
                    *slot = u8::from(test.holds(Some(order)));
                }
                Ok(())
            })
        }
        (DType::Bytes(n), DType::Bytes(m)) => {
            let (n, m) = (*n, *m);
            std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                use crate::array::text::bytes_of;
                for (i, slot) in out.iter_mut().enumerate() {
                    let order = bytes_of(ins[0].element(i, n)).cmp(bytes_of(ins[1].element(i, m)));
                    *slot = u8::from(test.holds(Some(order)));
                }
                Ok(())
            })
        }
        _ => return None,
    })
}

/// `equal`.
pub fn equal(l: &Loop, _: usize) -> Option<Kernel> {
    compare(l, Test::Equal)
}
/// `not_equal`.
pub fn not_equal(l: &Loop, _: usize) -> Option<Kernel> {
    compare(l, Test::NotEqual)
}
/// `less`.
pub fn less(l: &Loop, _: usize) -> Option<Kernel> {
    compare(l, Test::Less)
}
/// `less_equal`.
pub fn less_equal(l: &Loop, _: usize) -> Option<Kernel> {
    compare(l, Test::LessEqual)
}
/// `greater`.
pub fn greater(l: &Loop, _: usize) -> Option<Kernel> {
    compare(l, Test::Greater)
}
/// `greater_equal`.
pub fn greater_equal(l: &Loop, _: usize) -> Option<Kernel> {
    compare(l, Test::GreaterEqual)
}

/// The loop of a function of two texts, whose lengths the letters don't say.
pub fn resolve_text(ufunc: &Ufunc, dtypes: &[DType]) -> Option<Loop> {
    let name = ufunc.names[0];
    let compares =
        matches!(name, "equal" | "not_equal" | "less" | "less_equal" | "greater" | "greater_equal");
    let logic = matches!(name, "logical_and" | "logical_or" | "logical_xor");
    match dtypes {
        [a, b] if logic && (a.is_string() || b.is_string() || a.is_time() || b.is_time()) => {
            let refused = |d: &DType| matches!(d, DType::Struct(_) | DType::Void(_));
            (!refused(a) && !refused(b))
                .then(|| Loop { ins: vec![DType::Bool, DType::Bool], outs: vec![DType::Bool] })
        }
        [DType::Str(n), DType::Str(m)] if name == "add" => {
            Some(Loop { ins: dtypes.to_vec(), outs: vec![DType::Str(n + m)] })
        }
        [DType::Bytes(n), DType::Bytes(m)] if name == "add" => {
            Some(Loop { ins: dtypes.to_vec(), outs: vec![DType::Bytes(n + m)] })
        }
        [DType::Str(_), DType::Str(_)] | [DType::Bytes(_), DType::Bytes(_)] if compares => {
            Some(Loop { ins: dtypes.to_vec(), outs: vec![DType::Bool] })
        }
        _ => None,
    }
}

/// Whether structures are equal, element by element: all their fields are. None for others than
/// two arrays of the same fields.
///
/// # Errors
/// ValueError where the shapes don't broadcast.
pub fn structs(a: &Array, b: &Array, cx: &Context) -> Result<Option<Array>> {
    use crate::numpy::registry::call_named;
    use crate::numpy::value::Value;
    let (DType::Struct(x), DType::Struct(y)) = (a.dtype(), b.dtype()) else { return Ok(None) };
    let alike = x.fields.len() == y.fields.len()
        && x.fields.iter().zip(&y.fields).all(|(f, g)| f.name == g.name && f.shape == g.shape);
    if !alike {
        return Ok(None);
    }
    let mut all: Option<Value> = None;
    for (f, g) in x.fields.iter().zip(&y.fields) {
        let p = crate::numpy::nd::part(a, f.offset, &f.dtype, &f.shape);
        let q = crate::numpy::nd::part(b, g.offset, &g.dtype, &g.shape);
        let mut same = match structs(&p, &q, cx)? {
            Some(inner) => Value::array(inner),
            None => call_named("equal", vec![Value::array(p), Value::array(q)], cx)?,
        };
        for _ in &f.shape {
            same = call_named("all", vec![same, Value::int(-1)], cx)?;
        }
        all = Some(match all {
            Some(before) => call_named("logical_and", vec![before, same], cx)?,
            None => same,
        });
    }
    all.map(|v| crate::numpy::convert::as_array(&v, cx)).transpose()
}

/// `add` of texts: one after the other.
pub fn join(l: &Loop) -> Option<Kernel> {
    let (a, b) = (l.ins[0].size(), l.ins[1].size());
    let unit = match l.ins[0] {
        DType::Str(_) => 4,
        DType::Bytes(_) => 1,
        _ => return None,
    };
    let size = l.outs[0].size();
    Some(std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        for (i, slot) in out.chunks_exact_mut(size.max(1)).enumerate() {
            let (x, y) = (ins[0].element(i, a), ins[1].element(i, b));
            let n = x.chunks_exact(unit).rposition(|c| c.iter().any(|b| *b != 0));
            let n = n.map_or(0, |n| (n + 1) * unit);
            slot[..n].copy_from_slice(&x[..n]);
            let m = y.len().min(size - n);
            slot[n..n + m].copy_from_slice(&y[..m]);
            slot[n + m..].fill(0);
        }
        Ok(())
    }))
}

/// Comparing integers with a Python integer that their dtype can't hold gives the same answer for
/// all elements.
///
/// # Errors
/// None of its own.
pub fn against_large_integer(ufunc: &Ufunc, givens: &[Given]) -> Result<Option<Array>> {
    let [a, b] = givens else { return Ok(None) };
    let test = match ufunc.names[0] {
        "equal" => Test::Equal,
        "not_equal" => Test::NotEqual,
        "less" => Test::Less,
        "less_equal" => Test::LessEqual,
        "greater" => Test::Greater,
        "greater_equal" => Test::GreaterEqual,
        _ => return Ok(None),
    };
    let (array, number, left) = match (a.weak, b.weak) {
        (None, Some(Weak::Int)) => (&a.array, &b.array, true),
        (Some(Weak::Int), None) => (&b.array, &a.array, false),
        _ => return Ok(None),
    };
    let dtype = array.dtype();
    if !dtype.is_integer() {
        return Ok(None);
    }
    let value = crate::numpy::nd::element(&crate::numpy::Nd::new(number.clone()).block()?, 0);
    let crate::numpy::Value::Int(n) = value else { return Ok(None) };
    let fits =
        crate::array::cast::write_item(&Item::Int(n.clone()), dtype, &mut vec![0; dtype.size()]);
    if fits.is_ok() {
        return Ok(None);
    }
    // all elements lie on one side of it
    let side = if n > BigInt::ZERO { Ordering::Less } else { Ordering::Greater };
    let side = if left { side } else { side.reverse() };
    let answer = Array::of(Block::of(DType::Bool, vec![], &[u8::from(test.holds(Some(side)))]));
    Ok(Some(crate::array::view::broadcast_to(&answer, array.shape())?))
}

fn logical(l: &Loop, f: fn(bool, bool) -> bool) -> Option<Kernel> {
    crate::with_number!(&l.ins[0], T => {
        Some(plain2(move |a: T, b: T| u8::from(f(Number::truth(a), Number::truth(b)))))
    }, None)
}

/// `logical_and`.
pub fn logical_and(l: &Loop, _: usize) -> Option<Kernel> {
    logical(l, |a, b| a & b)
}
/// `logical_or`.
pub fn logical_or(l: &Loop, _: usize) -> Option<Kernel> {
    logical(l, |a, b| a | b)
}
/// `logical_xor`.
pub fn logical_xor(l: &Loop, _: usize) -> Option<Kernel> {
    logical(l, |a, b| a ^ b)
}
/// `logical_not`.
pub fn logical_not(l: &Loop, _: usize) -> Option<Kernel> {
    crate::with_number!(&l.ins[0], T => Some(plain1(|a: T| u8::from(!Number::truth(a)))), None)
}

/// Which of two is kept.
#[derive(Debug, Clone, Copy)]
struct Pick {
    greater: bool,
    /// A NaN wins (maximum), or loses (fmax).
    nan_wins: bool,
}

fn extreme(l: &Loop, pick: Pick) -> Option<Kernel> {
    fn of<T: Ordered>(a: T, b: T, pick: Pick) -> T {
        match (a.unordered(), b.unordered()) {
            (true, _) if pick.nan_wins => a,
            (_, true) if pick.nan_wins => b,
            (true, true) => a,
            (true, false) => b,
            (false, true) => a,
            _ => {
                let first = match a.order(b) {
                    Some(Ordering::Greater) => pick.greater,
                    Some(Ordering::Less) => !pick.greater,
                    _ => true,
                };
                if first { a } else { b }
            }
        }
    }
    if l.ins[0].is_time() {
        return Some(plain2(move |a: i64, b: i64| match (a == i64::MIN, b == i64::MIN) {
            (true, _) if pick.nan_wins => a,
            (_, true) if pick.nan_wins => b,
            (true, _) => b,
            (_, true) => a,
            _ if pick.greater => a.max(b),
            _ => a.min(b),
        }));
    }
    crate::with_number!(&l.ins[0], T => Some(plain2(move |a: T, b: T| of(a, b, pick))), None)
}

/// `maximum`.
pub fn maximum(l: &Loop, _: usize) -> Option<Kernel> {
    extreme(l, Pick { greater: true, nan_wins: true })
}
/// `minimum`.
pub fn minimum(l: &Loop, _: usize) -> Option<Kernel> {
    extreme(l, Pick { greater: false, nan_wins: true })
}
/// `fmax`.
pub fn fmax(l: &Loop, _: usize) -> Option<Kernel> {
    extreme(l, Pick { greater: true, nan_wins: false })
}
/// `fmin`.
pub fn fmin(l: &Loop, _: usize) -> Option<Kernel> {
    extreme(l, Pick { greater: false, nan_wins: false })
}

/// What a float may be asked, for each kind of dtype.
macro_rules! asked {
    ($l:expr, time $t:expr, other $o:expr, $a:ident => $float:expr) => {
        match &$l.ins[0] {
            DType::Float16 => Some(plain1(|$a: f16| u8::from($float))),
            DType::Float32 => Some(plain1(|$a: f32| u8::from($float))),
            DType::Float64 => Some(plain1(|$a: f64| u8::from($float))),
            DType::Datetime(_) | DType::Timedelta(_) => Some(plain1(|x: i64| {
                let never: bool = x == i64::MIN;
                let f: fn(bool) -> bool = $t;
                u8::from(f(never))
            })),
            DType::Complex64 | DType::Complex128 => None,
            d => crate::with_number!(d, T => Some(plain1(|_: T| u8::from($o))), None),
        }
    };
}

/// `isnan`.
pub fn isnan(l: &Loop, _: usize) -> Option<Kernel> {
    asked!(l, time |never| never, other false, a => a.is_nan()).or_else(|| match &l.ins[0] {
        DType::Complex64 => {
            Some(plain1(|z: Complex<f32>| u8::from(z.re.is_nan() || z.im.is_nan())))
        }
        DType::Complex128 => {
            Some(plain1(|z: Complex<f64>| u8::from(z.re.is_nan() || z.im.is_nan())))
        }
        _ => None,
    })
}
/// `isinf`.
pub fn isinf(l: &Loop, _: usize) -> Option<Kernel> {
    asked!(l, time |_| false, other false, a => a.is_infinite()).or_else(|| match &l.ins[0] {
        DType::Complex64 => {
            Some(plain1(|z: Complex<f32>| u8::from(z.re.is_infinite() || z.im.is_infinite())))
        }
        DType::Complex128 => {
            Some(plain1(|z: Complex<f64>| u8::from(z.re.is_infinite() || z.im.is_infinite())))
        }
        _ => None,
    })
}
/// `isfinite`.
pub fn isfinite(l: &Loop, _: usize) -> Option<Kernel> {
    asked!(l, time |never| !never, other true, a => a.is_finite()).or_else(|| match &l.ins[0] {
        DType::Complex64 => {
            Some(plain1(|z: Complex<f32>| u8::from(z.re.is_finite() && z.im.is_finite())))
        }
        DType::Complex128 => {
            Some(plain1(|z: Complex<f64>| u8::from(z.re.is_finite() && z.im.is_finite())))
        }
        _ => None,
    })
}
/// `isnat`.
pub fn isnat(l: &Loop, _: usize) -> Option<Kernel> {
    l.ins[0].is_time().then(|| plain1(|a: i64| u8::from(a == i64::MIN)))
}
/// `signbit`.
pub fn signbit(l: &Loop, _: usize) -> Option<Kernel> {
    asked!(l, time |_| false, other false, a => a.is_sign_negative())
}
