//! The order of elements as NumPy sorts them: NaN and NaT last, complex numbers by their real and
//! then their imaginary part, text by code points, structures field by field.
//!
//! Real numbers also have a key, a whole number whose order is theirs; selection counts keys.

use std::cmp::Ordering;
use std::sync::Arc;

use bytemuck::Pod;
use half::f16;
use num_complex::Complex;

use super::block::Block;
use super::dtype::DType;
use super::error::{Error, Result};
use super::item::Item;

/// A number that can be sorted.
pub trait Ordered: Pod + Send + Sync {
    /// Bits of its key; 0 where it has none.
    const BITS: u32;
    /// Which of two comes first; zeros of either sign are equal, NaNs come last.
    fn order(&self, other: &Self) -> Ordering;
    /// Whether it is no number.
    fn is_nan(self) -> bool {
        false
    }
    /// A whole number in the same order (-0.0 before 0.0, all NaNs one).
    fn key(self) -> u64;
    /// The number of a key.
    fn of_key(key: u64) -> Self;
}

macro_rules! unsigned {
    ($($T:ty)*) => {$(
        impl Ordered for $T {
            const BITS: u32 = <$T>::BITS;
            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
            fn key(self) -> u64 {
                u64::from(self)
            }
            fn of_key(key: u64) -> Self {
                key as $T
            }
        }
    )*};
}
unsigned!(u8 u16 u32 u64);

macro_rules! signed {
    ($($T:ty, $U:ty;)*) => {$(
        impl Ordered for $T {
            const BITS: u32 = <$T>::BITS;
            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
            fn key(self) -> u64 {
                u64::from(self as $U ^ (1 << (<$T>::BITS - 1)))
            }
            fn of_key(key: u64) -> Self {
                (key as $U ^ (1 << (<$T>::BITS - 1))) as $T
            }
        }
    )*};
}
signed!(i8, u8; i16, u16; i32, u32; i64, u64;);

macro_rules! floats {
    ($($T:ty, $U:ty, $bits:literal;)*) => {$(
        impl Ordered for $T {
            const BITS: u32 = $bits;
            fn order(&self, other: &Self) -> Ordering {
                self.partial_cmp(other)
                    .unwrap_or_else(|| <$T>::is_nan(*self).cmp(&<$T>::is_nan(*other)))
            }
            fn is_nan(self) -> bool {
                <$T>::is_nan(self)
            }
            fn key(self) -> u64 {
                let bits = if <$T>::is_nan(self) { <$T>::NAN.to_bits() } else { self.to_bits() };
                // negative numbers in the opposite order, below the positive ones
                let top: $U = 1 << ($bits - 1);
                u64::from(if bits & top != 0 { !bits } else { bits | top })
            }
            fn of_key(key: u64) -> Self {
                let (key, top) = (key as $U, 1 << ($bits - 1));
                <$T>::from_bits(if key & top != 0 { key & !top } else { !key })
            }
        }
    )*};
}
floats!(f16, u16, 16; f32, u32, 32; f64, u64, 64;);

macro_rules! complexes {
    ($($T:ty)*) => {$(
        impl Ordered for Complex<$T> {
            const BITS: u32 = 0;
            fn order(&self, other: &Self) -> Ordering {
                let class = |z: &Self| (z.re.is_nan(), z.im.is_nan());
                class(self)
                    .cmp(&class(other))
                    .then_with(|| Ordered::order(&self.re, &other.re))
                    .then_with(|| Ordered::order(&self.im, &other.im))
            }
            fn is_nan(self) -> bool {
                self.re.is_nan() || self.im.is_nan()
            }
            fn key(self) -> u64 {
                0
            }
            fn of_key(_: u64) -> Self {
                Complex::new(0.0, 0.0)
            }
        }
    )*};
}
complexes!(f32 f64);

/// Times as whole numbers in their order: NaT, the smallest, becomes the largest.
pub fn lift_times(block: &mut Block) {
    if block.dtype().is_time() {
        block.typed_mut::<i64>().iter_mut().for_each(|x| *x = x.wrapping_sub(1));
    }
}

/// What [`lift_times`] did, undone.
pub fn lower_times(block: &mut Block) {
    if block.dtype().is_time() {
        block.typed_mut::<i64>().iter_mut().for_each(|x| *x = x.wrapping_add(1));
    }
}

/// A comparison of two elements by their bytes.
pub type Compare = Arc<dyn Fn(&[u8], &[u8]) -> Ordering + Send + Sync>;

/// How elements of a dtype, which is not object, are compared.
pub fn comparison(dtype: &DType) -> Compare {
    match dtype {
        DType::Str(_) => Arc::new(|a: &[u8], b: &[u8]| {
            let letters = |s: &[u8]| -> u32 {
                s.first_chunk::<4>().map_or(0, |bytes| u32::from_ne_bytes(*bytes))
            };
            a.chunks_exact(4).map(letters).cmp(b.chunks_exact(4).map(letters))
        }),
        DType::Struct(s) => {
            let fields: Vec<(usize, usize, usize, Compare)> = s
                .fields
                .iter()
                .map(|f| {
                    let each = f.dtype.size().max(1);
                    (f.offset, f.offset + f.size(), each, comparison(&f.dtype))
                })
                .collect();
            Arc::new(move |a: &[u8], b: &[u8]| {
                for (from, to, each, compare) in &fields {
                    let parts = a[*from..*to].chunks(*each).zip(b[*from..*to].chunks(*each));
                    for (x, y) in parts {
                        let found = compare(x, y);
                        if found != Ordering::Equal {
                            return found;
                        }
                    }
                }
                Ordering::Equal
            })
        }
        d if d.is_time() => Arc::new(|a: &[u8], b: &[u8]| {
            let lifted = |x: &[u8]| bytemuck::pod_read_unaligned::<i64>(x).wrapping_sub(1);
            lifted(a).cmp(&lifted(b))
        }),
        d => crate::with_number!(
            d,
            T => Arc::new(|a: &[u8], b: &[u8]| {
                let x: T = bytemuck::pod_read_unaligned(a);
                let y: T = bytemuck::pod_read_unaligned(b);
                Ordered::order(&x, &y)
            }),
            Arc::new(|a: &[u8], b: &[u8]| a.cmp(b))
        ),
    }
}

/// Which of two Python values comes first.
///
/// # Errors
/// TypeError for values that Python does not order.
pub fn compare_items(a: &Item, b: &Item) -> Result<Ordering> {
    let no = || {
        Error::type_error(format!(
            "'<' not supported between instances of '{}' and '{}'",
            a.type_name(),
            b.type_name()
        ))
    };
    match (a, b) {
        (Item::Int(a), Item::Int(b)) => Ok(a.cmp(b)),
        (Item::Str(a), Item::Str(b)) => Ok(a.cmp(b)),
        (Item::Bytes(a), Item::Bytes(b)) => Ok(a.cmp(b)),
        (Item::List(a), Item::List(b)) | (Item::Tuple(a), Item::Tuple(b)) => {
            for (x, y) in a.iter().zip(b) {
                let found = compare_items(x, y)?;
                if found != Ordering::Equal {
                    return Ok(found);
                }
            }
            Ok(a.len().cmp(&b.len()))
        }
        (Item::Complex(..), _) | (_, Item::Complex(..)) => Err(no()),
        _ => match (a.complex(), b.complex()) {
            (Some((x, _)), Some((y, _))) => Ok(Ordered::order(&x, &y)),
            _ => Err(no()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_and_come_back() {
        let xs = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 5e-324, 2.0, f64::INFINITY, f64::NAN];
        for pair in xs.windows(2) {
            assert!(Ordered::key(pair[0]) < Ordered::key(pair[1]), "{pair:?}");
        }
        for x in xs {
            assert_eq!(f64::of_key(Ordered::key(x)).to_bits(), x.to_bits());
        }
        for pair in [i16::MIN, -1, 0, 1, i16::MAX].windows(2) {
            assert!(pair[0].key() < pair[1].key());
        }
        assert_eq!(i8::of_key(Ordered::key(-5i8)), -5);
    }

    #[test]
    fn complex_numbers_without_a_number_in_them_come_last() {
        let n = f64::NAN;
        let mut z = [(n, n), (n, 1.0), (1.0, n), (9.0, 9.0), (1.0, 2.0), (1.0, -2.0), (0.0, n)]
            .map(|(re, im)| Complex::new(re, im));
        z.sort_by(Ordered::order);
        let text: Vec<String> = z.iter().map(|z| format!("{},{}", z.re, z.im)).collect();
        // numpy.sort of the same
        let wanted = ["1,-2", "1,2", "9,9", "0,NaN", "1,NaN", "NaN,1", "NaN,NaN"];
        assert_eq!(text, wanted);
    }
}
