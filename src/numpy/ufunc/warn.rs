//! Floating-point warnings: `divide by zero`, `overflow`, `invalid value`, as NumPy words them.
//!
//! What the processor's flags would say is found from operands and results: a NaN out of none is
//! invalid, an infinity out of finite operands is an overflow, or a division by zero.

use bytemuck::Pod;
use half::f16;

use crate::array::Context;
use crate::array::elementwise::{Kernel, Operand, Typed, binary, unary};

/// What floats are asked.
pub trait Checked: Pod + Send + Sync {
    /// Neither NaN nor infinite.
    fn finite(self) -> bool;
    /// NaN.
    fn nan(self) -> bool;
    /// Zero of either sign.
    fn zero(self) -> bool;
}

macro_rules! checked {
    ($($T:ty, $zero:expr;)*) => {$(
        impl Checked for $T {
            fn finite(self) -> bool {
                self.is_finite()
            }
            fn nan(self) -> bool {
                self.is_nan()
            }
            fn zero(self) -> bool {
                self == $zero
            }
        }
    )*};
}
checked!(f32, 0.0; f64, 0.0; f16, f16::ZERO;);

impl<T: num_traits::Float + Pod + Send + Sync> Checked for num_complex::Complex<T>
where
    num_complex::Complex<T>: Pod,
{
    fn finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }
    fn nan(self) -> bool {
        self.re.is_nan() || self.im.is_nan()
    }
    fn zero(self) -> bool {
        self.re.is_zero() && self.im.is_zero()
    }
}

/// What an infinity out of a finite operand means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pole {
    /// The result was too large.
    Overflow,
    /// The function has a pole there.
    Divide,
}

fn all_finite<T: Checked>(out: &[T]) -> bool {
    !out.iter().fold(false, |bad, x| bad | !x.finite())
}

fn say(cx: &Context, what: &str, name: &str) {
    cx.note(&format!("RuntimeWarning: {what} encountered in {name}"));
}

/// A kernel of one float operand that warns.
pub fn checked1<A: Checked, R: Checked>(
    name: &'static str,
    pole: Pole,
    f: impl Fn(A) -> R + Send + Sync + 'static,
) -> Kernel {
    std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| {
        unary(ins[0], out, &f);
        let out: &[R] = bytemuck::cast_slice(out);
        if !all_finite(out) {
            let a: Typed<A> = ins[0].typed();
            for (i, r) in out.iter().enumerate().filter(|(_, r)| !r.finite()) {
                let x = a.at(i);
                if r.nan() && !x.nan() {
                    say(cx, "invalid value", name);
                } else if !r.nan() && x.finite() {
                    let pole = pole == Pole::Divide;
                    say(cx, if pole { "divide by zero" } else { "overflow" }, name);
                }
            }
        }
        Ok(())
    })
}

/// A kernel of two float operands that warns.
pub fn checked2<A: Checked, R: Checked>(
    name: &'static str,
    divides: bool,
    f: impl Fn(A, A) -> R + Send + Sync + 'static,
) -> Kernel {
    std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| {
        binary(ins[0], ins[1], out, &f);
        let out: &[R] = bytemuck::cast_slice(out);
        if !all_finite(out) {
            let (a, b): (Typed<A>, Typed<A>) = (ins[0].typed(), ins[1].typed());
            for (i, r) in out.iter().enumerate().filter(|(_, r)| !r.finite()) {
                let (x, y) = (a.at(i), b.at(i));
                if r.nan() && !x.nan() && !y.nan() {
                    say(cx, "invalid value", name);
                } else if !r.nan() && x.finite() && y.finite() {
                    let zero = divides && y.zero();
                    say(cx, if zero { "divide by zero" } else { "overflow" }, name);
                }
            }
        }
        Ok(())
    })
}
