//! Kernels of bits and of whole numbers: and, or, xor, shifts, gcd, lcm.

use num_traits::{PrimInt, WrappingMul, WrappingNeg};

use super::{Loop, plain1, plain2};
use crate::array::DType;
use crate::array::elementwise::Kernel;
use crate::with_integer;

macro_rules! bits {
    ($(#[$doc:meta])* $name:ident, $op:tt) => {
        $(#[$doc])*
        pub fn $name(l: &Loop, _: usize) -> Option<Kernel> {
            match &l.ins[0] {
                DType::Bool => Some(plain2(|a: u8, b: u8| a $op b)),
                d => with_integer!(d, T => Some(plain2(|a: T, b: T| a $op b)), None),
            }
        }
    };
}
bits!(
    /// `bitwise_and`.
    bitwise_and, &
);
bits!(
    /// `bitwise_or`.
    bitwise_or, |
);
bits!(
    /// `bitwise_xor`.
    bitwise_xor, ^
);

/// `invert`.
pub fn invert(l: &Loop, _: usize) -> Option<Kernel> {
    match &l.ins[0] {
        DType::Bool => Some(plain1(|a: u8| a ^ 1)),
        d => with_integer!(d, T => Some(plain1(|a: T| !a)), None),
    }
}

/// How far a shift goes; none beyond the width, as for negative counts.
fn count<T: PrimInt>(b: T) -> Option<usize> {
    b.to_usize().filter(|n| *n < 8 * std::mem::size_of::<T>())
}

/// `left_shift`.
pub fn left_shift(l: &Loop, _: usize) -> Option<Kernel> {
    with_integer!(&l.ins[0], T => {
        Some(plain2(|a: T, b: T| count(b).map_or(0, |n| a << n)))
    }, None)
}

/// `right_shift`.
pub fn right_shift(l: &Loop, _: usize) -> Option<Kernel> {
    with_integer!(&l.ins[0], T => {
        Some(plain2(|a: T, b: T| match count(b) {
            Some(n) => a >> n,
            // the sign fills all places
            None => a >> (8 * std::mem::size_of::<T>() - 1) >> usize::from(T::MIN == 0),
        }))
    }, None)
}

/// `bitwise_count`: of the magnitude.
pub fn bitwise_count(l: &Loop, _: usize) -> Option<Kernel> {
    fn ones<T: PrimInt + WrappingNeg>(a: T) -> u8 {
        (if a < T::zero() { a.wrapping_neg() } else { a }).count_ones() as u8
    }
    with_integer!(&l.ins[0], T => Some(plain1(|a: T| ones(a))), None)
}

fn magnitude<T: PrimInt + WrappingNeg>(a: T) -> T {
    if a < T::zero() { a.wrapping_neg() } else { a }
}

fn common_divisor<T: PrimInt + WrappingNeg>(a: T, b: T) -> T {
    let wide = |x: T| x.to_i128().unwrap_or(0).unsigned_abs();
    let (mut x, mut y) = (wide(a), wide(b));
    while y != 0 {
        (x, y) = (y, x % y);
    }
    // the magnitude of the smallest number is no number of its type: it wraps
    num_traits::NumCast::from(x).unwrap_or_else(T::min_value)
}

/// `gcd`.
pub fn gcd(l: &Loop, _: usize) -> Option<Kernel> {
    with_integer!(&l.ins[0], T => Some(plain2(|a: T, b: T| common_divisor(a, b))), None)
}

/// `lcm`.
pub fn lcm(l: &Loop, _: usize) -> Option<Kernel> {
    fn of<T: PrimInt + WrappingNeg + WrappingMul>(a: T, b: T) -> T {
        let d = common_divisor(a, b);
        if d.is_zero() { d } else { (magnitude(a) / d).wrapping_mul(&magnitude(b)) }
    }
    with_integer!(&l.ins[0], T => Some(plain2(|a: T, b: T| of(a, b))), None)
}
