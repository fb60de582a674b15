//! Numbers out of bits: integers and floats of any width, order and layout, exactly.

use super::datatype::{ByteOrder, FloatLayout, IntLayout};

/// A floating-point number as its type holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Float {
    /// IEEE half.
    F16(half::f16),
    /// IEEE single, and narrower formats that single holds exactly (bfloat16 among them).
    F32(f32),
    /// IEEE double, and formats that double holds exactly.
    F64(f64),
    /// Wider ones: the x87 and the 128-bit formats.
    Long(LongFloat),
}

/// A number of up to 128 mantissa bits: `(-1)^negative * mantissa * 2^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongFloat {
    /// The sign bit.
    pub negative: bool,
    /// The mantissa as an integer.
    pub mantissa: u128,
    /// The power of two.
    pub exponent: i32,
    /// Mantissa bits of the format, the implied one with them.
    pub precision: u32,
    /// The least exponent of the format (of subnormal numbers).
    pub least_exponent: i32,
    /// What the bits stand for.
    pub kind: LongKind,
}

/// Whether a [`LongFloat`] is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LongKind {
    Finite,
    Infinite,
    Nan,
}

impl Float {
    /// The number's sign, mantissa and exponent, whatever its type.
    pub fn unpacked(self) -> LongFloat {
        let ieee = |bits: u64, exponent_bits: u32, mantissa_bits: u32| {
            let size = exponent_bits + mantissa_bits;
            unpack(
                bits.into(),
                &FloatLayout {
                    order: ByteOrder::Little,
                    offset: 0,
                    precision: size + 1,
                    sign: size,
                    exponent: mantissa_bits,
                    exponent_bits,
                    mantissa: 0,
                    mantissa_bits,
                    bias: (1 << (exponent_bits - 1)) - 1,
                    implied_bit: true,
                },
            )
        };
        match self {
            Float::F16(v) => ieee(v.to_bits().into(), 5, 10),
            Float::F32(v) => ieee(v.to_bits().into(), 8, 23),
            Float::F64(v) => ieee(v.to_bits(), 11, 52),
            Float::Long(v) => v,
        }
    }
}

/// The bytes of a number as one integer; none over 16 bytes.
fn bits(element: &[u8], order: ByteOrder) -> Option<u128> {
    let n = element.len();
    if n > 16 {
        return None;
    }
    let byte = |i: usize| match order {
        ByteOrder::Little => element[i],
        ByteOrder::Big => element[n - 1 - i],
        // words from the last to the first, the bytes of each in place
        ByteOrder::Vax if n.is_multiple_of(2) => element[(n - 2 - (i & !1)) + (i & 1)],
        ByteOrder::Vax => element[i],
    };
    Some((0..n).rev().fold(0, |acc, i| acc << 8 | u128::from(byte(i))))
}

fn field(bits: u128, start: u32, width: u32) -> u128 {
    if width == 0 || start >= 128 {
        return 0;
    }
    let shifted = bits >> start;
    if width >= 128 { shifted } else { shifted & ((1 << width) - 1) }
}

/// The integer of an element; none over 16 bytes, or beyond `i128`.
pub(super) fn integer(element: &[u8], layout: &IntLayout) -> Option<i128> {
    let raw = field(bits(element, layout.order)?, layout.offset, layout.precision);
    if layout.signed && layout.precision > 0 {
        let shift = 128u32.saturating_sub(layout.precision);
        Some(((raw << shift) as i128) >> shift)
    } else {
        i128::try_from(raw).ok()
    }
}

/// The float of an element; none for formats over 128 bits.
pub(super) fn float(element: &[u8], layout: &FloatLayout) -> Option<Float> {
    let raw = bits(element, layout.order)?;
    // no known format has wider exponents; a file could claim any bias
    if layout.mantissa_bits > 120 || layout.exponent_bits > 15 || layout.bias > 1 << 15 {
        return None;
    }
    let is = |size: usize, exp: u32, mant: u32, bias: u64| {
        element.len() == size
            && layout.implied_bit
            && layout.offset == 0
            && (layout.exponent_bits, layout.mantissa_bits, layout.bias) == (exp, mant, bias)
            && (layout.mantissa, layout.exponent, layout.sign) == (0, mant, exp + mant)
    };
    if is(2, 5, 10, 15) {
        return Some(Float::F16(half::f16::from_bits(raw as u16)));
    }
    if is(4, 8, 23, 127) {
        return Some(Float::F32(f32::from_bits(raw as u32)));
    }
    if is(8, 11, 52, 1023) {
        return Some(Float::F64(f64::from_bits(raw as u64)));
    }
    let long = unpack(raw, layout);
    let least = long.least_exponent;
    // every number of the format is below two to this power
    let top = least + (1 << layout.exponent_bits) - 3 + long.precision as i32;
    // the narrowest of NumPy's types that holds every number of this format, as h5py picks it
    if long.precision <= 11 && least >= -24 && top <= 16 {
        Some(Float::F16(half::f16::from_f64(to_f64(&long))))
    } else if long.precision <= 24 && least >= -149 && top <= 128 {
        Some(Float::F32(to_f64(&long) as f32))
    } else if long.precision <= 53 && least >= -1074 && top <= 1024 {
        Some(Float::F64(to_f64(&long)))
    } else {
        Some(Float::Long(long))
    }
}

fn unpack(raw: u128, layout: &FloatLayout) -> LongFloat {
    let mantissa = field(raw, layout.mantissa, layout.mantissa_bits);
    let exponent = field(raw, layout.exponent, layout.exponent_bits) as i64;
    let negative = field(raw, layout.sign, 1) == 1;
    let top = (1i64 << layout.exponent_bits) - 1;
    // without an implied bit the mantissa's own first bit is the unit
    let fraction = layout.mantissa_bits as i64 - i64::from(!layout.implied_bit);
    let least = 1 - layout.bias as i64 - fraction;
    let unit = if layout.implied_bit { 1u128 << layout.mantissa_bits } else { 0 };
    let payload = if layout.implied_bit {
        mantissa
    } else {
        mantissa & ((1u128 << (layout.mantissa_bits.max(1) - 1)) - 1)
    };
    let (mantissa, exponent, kind) = if exponent == top {
        (mantissa, 0, if payload == 0 { LongKind::Infinite } else { LongKind::Nan })
    } else if exponent == 0 {
        (mantissa, least, LongKind::Finite)
    } else {
        (mantissa | unit, least + exponent - 1, LongKind::Finite)
    };
    LongFloat {
        negative,
        mantissa,
        exponent: exponent as i32,
        precision: layout.mantissa_bits + u32::from(layout.implied_bit),
        least_exponent: least as i32,
        kind,
    }
}

/// The nearest double of a number whose format fits in double.
fn to_f64(x: &LongFloat) -> f64 {
    let magnitude = match x.kind {
        LongKind::Nan => f64::NAN,
        LongKind::Infinite => f64::INFINITY,
        // two steps: a power of two below 2^-1022 alone would be rounded to zero
        LongKind::Finite => {
            let half = x.exponent / 2;
            x.mantissa as f64 * 2f64.powi(half) * 2f64.powi(x.exponent - half)
        }
    };
    if x.negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_integers() {
        let twelve = IntLayout { order: ByteOrder::Little, signed: true, offset: 2, precision: 12 };
        assert_eq!(integer(&((-5i16 as u16) << 2 & 0x3fff).to_le_bytes(), &twelve), Some(-5));
        let big = IntLayout { order: ByteOrder::Big, signed: false, offset: 0, precision: 24 };
        assert_eq!(integer(&[1, 2, 3], &big), Some(0x010203));
        let u64s = IntLayout { order: ByteOrder::Little, signed: false, offset: 0, precision: 64 };
        assert_eq!(integer(&u64::MAX.to_le_bytes(), &u64s), Some(u64::MAX.into()));
    }

    #[test]
    fn bfloat16_is_a_single_exactly() {
        let layout = FloatLayout {
            order: ByteOrder::Little,
            offset: 0,
            precision: 16,
            sign: 15,
            exponent: 7,
            exponent_bits: 8,
            mantissa: 0,
            mantissa_bits: 7,
            bias: 127,
            implied_bit: true,
        };
        let of = |x: f32| float(&((x.to_bits() >> 16) as u16).to_le_bytes(), &layout);
        assert_eq!(of(3.140625), Some(Float::F32(3.140625)));
        assert_eq!(of(f32::NEG_INFINITY), Some(Float::F32(f32::NEG_INFINITY)));
        // the least subnormal, 2^-133
        assert_eq!(float(&[1, 0], &layout), Some(Float::F32(f32::from_bits(1 << 16))));
    }
}
