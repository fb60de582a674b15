//! The shortest decimal digits that read back to the same float, for any binary format.
//!
//! Exact big-integer arithmetic (Steele and White 1990, Dragon4), with the rounding NumPy uses:
//! bounds count as inside where the mantissa is even, ties go to even. (Rust's own formatting
//! rounds ties up, and knows no half, x87 or 128-bit floats.)

use num_bigint::BigUint;

use crate::store::LongFloat;

/// Significant digits and the place of the point: `0.d1d2d3… * 10^point`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    /// The digits, 0 to 9, without zeros at either end; empty for zero.
    pub digits: Vec<u8>,
    /// How many digits stand before the point; negative for leading zeros after it.
    pub point: i32,
}

impl Decimal {
    fn trim(&mut self) {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 1;
        }
    }

    /// Rounded to at most `n` significant digits, halves away from zero.
    pub fn rounded(mut self, n: usize) -> Decimal {
        if self.digits.len() > n {
            let up = self.digits[n] >= 5;
            self.digits.truncate(n);
            if up {
                match self.digits.iter().rposition(|&d| d < 9) {
                    Some(i) => {
                        self.digits.truncate(i + 1);
                        self.digits[i] += 1;
                    }
                    None => {
                        self.digits = vec![1];
                        self.point += 1;
                    }
                }
            }
            self.trim();
        }
        self
    }
}

/// A number as a fraction `r / s` of whole numbers, and how far its neighbours' middles lie above
/// and below it in the same parts of `s` (Steele and White; Dragon4).
pub fn fraction(x: &LongFloat) -> [BigUint; 4] {
    let m = BigUint::from(x.mantissa);
    // just above a power of two the gap below is half the gap above
    let narrow =
        x.precision > 0 && x.mantissa == 1 << (x.precision - 1) && x.exponent > x.least_exponent;
    let extra = u32::from(narrow);
    let one = || BigUint::from(1u32);
    if x.exponent >= 0 {
        let e = x.exponent as u32;
        let two = BigUint::from(2u32);
        [m << (e + 1 + extra), two << extra, one() << (e + extra), one() << e]
    } else {
        let s = one() << (x.exponent.unsigned_abs() + 1 + extra);
        [m << (1 + extra), s, one() << extra, one()]
    }
}

/// The shortest digits of a finite number's magnitude.
pub fn shortest(x: &LongFloat) -> Decimal {
    if x.mantissa == 0 {
        return Decimal { digits: Vec::new(), point: 1 };
    }
    let even = x.mantissa.is_multiple_of(2);
    let [mut r, mut s, mut above, mut below] = fraction(x);
    // an estimate of the decimal exponent, never too high by more than one
    let log2 = (128 - x.mantissa.leading_zeros()) as f64 - 1.0 + f64::from(x.exponent);
    let mut point = (log2 * std::f64::consts::LOG10_2 - 1e-9).ceil() as i32;
    let power = |n: u32| BigUint::from(10u32).pow(n);
    if point >= 0 {
        s *= power(point as u32);
    } else {
        let p = power(point.unsigned_abs());
        r *= &p;
        above *= &p;
        below *= &p;
    }
    let reaches = |v: &BigUint, s: &BigUint| if even { v >= s } else { v > s };
    while reaches(&(&r + &above), &s) {
        s *= 10u32;
        point += 1;
    }
    while !reaches(&((&r + &above) * 10u32), &s) {
        r *= 10u32;
        above *= 10u32;
        below *= 10u32;
        point -= 1;
    }
    let mut digits = Vec::new();
    loop {
        r *= 10u32;
        above *= 10u32;
        below *= 10u32;
        let digit = &r / &s;
        r -= &digit * &s;
        let digit = digit.iter_u32_digits().next().unwrap_or(0) as u8;
        let low = if even { r <= below } else { r < below };
        let high = reaches(&(&r + &above), &s);
        if !low && !high {
            digits.push(digit);
            continue;
        }
        let twice = &r * 2u32;
        let up = match (low, high) {
            (true, false) => false,
            (false, true) => true,
            _ => twice > s || (twice == s && digit % 2 == 1),
        };
        digits.push(digit + u8::from(up));
        break;
    }
    let mut decimal = Decimal { digits, point };
    // a last digit of ten carries
    while let Some(i) = decimal.digits.iter().rposition(|&d| d == 10) {
        decimal.digits.truncate(i);
        match decimal.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                decimal.digits.push(1);
                decimal.point += 1;
            }
        }
    }
    decimal.trim();
    decimal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Float;

    /// Rust's own formatting is the judge of how many digits, its parser of their value, over
    /// doubles of every size. (The last digit may differ: Rust rounds a tie up, NumPy to even.)
    #[test]
    fn as_short_as_rust_and_the_same_number() {
        let mut seed = 0x9e3779b97f4a7c15u64;
        let mut cases = vec![1.0, 0.1, 5e-324, f64::MAX, 2.0, 0.5, 9.5, 1e23, 9007199254740993.0];
        for _ in 0..3000 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let x = f64::from_bits(seed & !(1 << 63));
            if x.is_finite() && x != 0.0 {
                cases.push(x);
            }
        }
        for x in cases {
            let d = shortest(&Float::F64(x).unpacked());
            let digits: String = d.digits.iter().map(|d| (d + b'0') as char).collect();
            assert_eq!(format!("0.{digits}e{}", d.point).parse(), Ok(x));
            let rust = format!("{x:e}")
                .bytes()
                .take_while(|&b| b != b'e')
                .filter(u8::is_ascii_digit)
                .count();
            let rust = if format!("{x:e}").contains('.') { rust } else { 1 };
            assert_eq!(digits.len(), rust, "{x:e}");
        }
    }

    #[test]
    fn a_tie_goes_to_the_even_digit() {
        let d = shortest(&Float::F64(667_082_108_456_853.0 + 0.25).unpacked());
        assert_eq!(d.digits.last(), Some(&2));
    }
}
