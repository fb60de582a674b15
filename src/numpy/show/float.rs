//! Floats as decimal text: NumPy's `format_float_positional` and `format_float_scientific`, with
//! exact digits (the Dragon4 algorithm with cut-offs, as NumPy applies it).

use num_bigint::BigUint;

use crate::array::digits::fraction;
use crate::store::{Float, LongFloat, LongKind};

/// What becomes of zeros at the end of the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trim {
    /// They stay, and are added up to the wanted digits (`k`).
    Keep,
    /// They go; the point stays (`.`).
    Point,
    /// They go; one zero stays after the point (`0`).
    Zero,
    /// They go, and a bare point with them (`-`).
    All,
}

/// How a float is written.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// As few digits as tell the number from its neighbours; else all, up to `precision`.
    pub unique: bool,
    /// The most digits (after the point).
    pub precision: Option<usize>,
    /// The least digits (after the point).
    pub min_digits: Option<usize>,
    /// Whether these two count digits after the point; else all digits. Positional only.
    pub fractional: bool,
    /// What becomes of zeros at the end.
    pub trim: Trim,
    /// Whether `+` is written.
    pub sign: bool,
    /// Characters before the point, filled with spaces.
    pub pad_left: usize,
    /// Characters after the point, filled with spaces. Positional only.
    pub pad_right: Option<usize>,
    /// The least digits of the exponent. Scientific only.
    pub exp_digits: usize,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            unique: true,
            precision: None,
            min_digits: None,
            fractional: true,
            trim: Trim::Keep,
            sign: false,
            pad_left: 0,
            pad_right: None,
            exp_digits: 2,
        }
    }
}

/// Where digits end.
#[derive(Clone, Copy)]
struct Cut {
    /// Counted from the first digit; else from the point.
    total: bool,
    most: Option<i64>,
    least: Option<i64>,
    unique: bool,
}

/// Digits from 0 to 9 and the power of ten of the first.
type Digits = (Vec<u8>, i64);

/// `1234.5`.
pub fn positional(x: Float, shape: &Shape) -> String {
    let long = x.unpacked();
    let sign = sign_of(&long, shape.sign);
    if let Some(word) = word(&long) {
        return format!("{}{word}", if long.kind == LongKind::Nan { "" } else { sign });
    }
    let as_count = |n: Option<usize>| n.map(|n| n as i64);
    let cut = Cut {
        total: !shape.fractional,
        most: as_count(shape.precision),
        least: as_count(shape.min_digits),
        unique: shape.unique,
    };
    let (digits, first) = digits(x, &long, cut);
    let text = |d: &[u8]| d.iter().map(|d| (d + b'0') as char).collect::<String>();
    let whole_len = usize::try_from(first + 1).unwrap_or(0);
    let (whole, fraction) = if first >= 0 {
        let n = digits.len().min(whole_len);
        let mut whole = text(&digits[..n]);
        whole.push_str(&"0".repeat(whole_len - n));
        (whole, text(&digits[n..]))
    } else {
        let zeros = usize::try_from(-(first + 1)).unwrap_or(0);
        ("0".to_string(), "0".repeat(zeros) + &text(&digits))
    };
    let wanted = if shape.unique { shape.min_digits } else { shape.precision };
    let wanted = match shape.fractional {
        true => wanted.unwrap_or(0),
        false => wanted.map_or(0, |n| n.saturating_sub(whole.len())),
    };
    let mut out = " ".repeat(shape.pad_left.saturating_sub(whole.len() + sign.len()));
    out.push_str(sign);
    out.push_str(&whole);
    let after = fractional_part(&mut out, fraction, wanted, shape.trim);
    if let Some(room) = shape.pad_right.and_then(|pad| pad.checked_sub(after)) {
        if shape.trim == Trim::All && after == 0 {
            out.push(' ');
        }
        out.push_str(&" ".repeat(room));
    }
    out
}

/// `1.2345e+03`.
pub fn scientific(x: Float, shape: &Shape) -> String {
    let long = x.unpacked();
    let sign = sign_of(&long, shape.sign);
    if let Some(word) = word(&long) {
        return format!("{}{word}", if long.kind == LongKind::Nan { "" } else { sign });
    }
    let as_count = |n: Option<usize>| n.map(|n| n as i64 + 1);
    let cut = Cut {
        total: true,
        most: as_count(shape.precision),
        least: as_count(shape.min_digits),
        unique: shape.unique,
    };
    let (digits, first) = digits(x, &long, cut);
    let mut out = " ".repeat(shape.pad_left.saturating_sub(1 + sign.len()));
    out.push_str(sign);
    let text: String = digits.iter().map(|d| (d + b'0') as char).collect();
    out.push_str(&text[..1]);
    let wanted = if shape.unique { shape.min_digits } else { shape.precision };
    // NumPy leaves the point where there were zeros to take away
    let trim = match shape.trim {
        Trim::All if text.len() > 1 => Trim::Point,
        trim => trim,
    };
    fractional_part(&mut out, text[1..].to_string(), wanted.unwrap_or(0), trim);
    let width = shape.exp_digits.max(1);
    out.push_str(&format!("e{}{:0width$}", if first < 0 { '-' } else { '+' }, first.abs()));
    out
}

fn sign_of(x: &LongFloat, plus: bool) -> &'static str {
    match (x.negative, plus) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    }
}

fn word(x: &LongFloat) -> Option<&'static str> {
    match x.kind {
        LongKind::Nan => Some("nan"),
        LongKind::Infinite => Some("inf"),
        LongKind::Finite => None,
    }
}

/// Writes the point and what follows it; gives the number of digits written.
fn fractional_part(out: &mut String, mut fraction: String, wanted: usize, trim: Trim) -> usize {
    if trim == Trim::Keep {
        while fraction.len() < wanted {
            fraction.push('0');
        }
    } else {
        fraction.truncate(fraction.trim_end_matches('0').len());
        if trim == Trim::Zero && fraction.is_empty() {
            fraction.push('0');
        }
    }
    if !(trim == Trim::All && fraction.is_empty()) {
        out.push('.');
    }
    out.push_str(&fraction);
    fraction.len()
}

fn digits(x: Float, long: &LongFloat, cut: Cut) -> Digits {
    let fast = match x {
        Float::F64(v) => fast(format!("{:e}", v.abs()), long, cut, |n| format!("{:.n$e}", v.abs())),
        Float::F32(v) => fast(format!("{:e}", v.abs()), long, cut, |n| format!("{:.n$e}", v.abs())),
        _ => None,
    };
    fast.unwrap_or_else(|| exact(long, cut))
}

/// Digits and power of ten of `1.25e-7`.
fn parse_scientific(text: &str) -> Option<Digits> {
    let (mantissa, exponent) = text.split_once('e')?;
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    Some((digits, exponent.parse().ok()?))
}

/// Digits by the standard library, where they are sure to be those of [`exact`]. It rounds to the
/// nearest as well, but breaks ties its own way; so numbers that may lie halfway between two
/// candidates are left to the exact way.
fn fast(
    shortest: String,
    long: &LongFloat,
    cut: Cut,
    rounded: impl Fn(usize) -> String,
) -> Option<Digits> {
    if !cut.unique || long.mantissa == 0 {
        return None;
    }
    let (digits, first) = parse_scientific(&shortest)?;
    let n = digits.len() as i64;
    let count = |limit: i64| if cut.total { limit } else { first + 1 + limit };
    if cut.least.is_some_and(|least| n < count(least)) {
        return None;
    }
    // the number has exactly so many binary, and so as many decimal, places after the point
    let places = -(i64::from(long.exponent) + i64::from(long.mantissa.trailing_zeros()));
    let most = cut.most.map_or(i64::MAX, count);
    if n <= most {
        let no_tie = match places {
            1.. => places != n - 1 - first + 1,
            _ => long.exponent <= 0,
        };
        return no_tie.then_some((digits, first));
    }
    // cut: a tie has one digit more than the cut, and then the shortest has no more either
    if most < 1 || n <= most + 1 {
        return None;
    }
    let cut = parse_scientific(&rounded(most as usize - 1))?;
    (cut.0.last() != Some(&0)).then_some(cut)
}

/// Digits by exact arithmetic.
fn exact(x: &LongFloat, cut: Cut) -> Digits {
    if x.mantissa == 0 {
        return (vec![0], 0);
    }
    let even = x.mantissa.is_multiple_of(2);
    let [mut r, mut s, mut above, mut below] = fraction(x);
    // the place of the first digit: an estimate that is never too high, then made exact
    let log2 = (127 - x.mantissa.leading_zeros()) as f64 + f64::from(x.exponent);
    let mut place = (log2 * std::f64::consts::LOG10_2 - 1e-9).floor() as i64;
    let power = |n: i64| BigUint::from(10u32).pow(u32::try_from(n).unwrap_or(0));
    if place >= 0 {
        s *= power(place);
    } else {
        let p = power(-place);
        r *= &p;
        above *= &p;
        below *= &p;
    }
    while r >= &s * 10u32 {
        s *= 10u32;
        place += 1;
    }
    // digits after a cut that lies before the first one: a zero stands there, or what rounds up
    if let (false, Some(most)) = (cut.total, cut.most)
        && place < -most
    {
        s *= power(-most - place);
        place = -most;
    }
    let last = |limit: i64| if cut.total { place + 1 - limit } else { -limit };
    let stop = cut.most.map(last);
    let until = cut.least.map_or(place + 1, |n| last(n).min(place + 1));
    let first = place;
    let mut at = place;
    let mut digits = Vec::new();
    let (mut low, mut high) = (false, false);
    let digit = loop {
        let digit = &r / &s;
        r -= &digit * &s;
        let digit = digit.iter_u32_digits().next().unwrap_or(0) as u8;
        if cut.unique {
            low = if even { r <= below } else { r < below };
            let reach = &r + &above;
            high = if even { reach >= s } else { reach > s };
            if ((low || high) && at <= until) || stop.is_some_and(|stop| at <= stop) {
                break digit;
            }
        } else if r == BigUint::ZERO || stop.is_some_and(|stop| at <= stop) {
            break digit;
        }
        digits.push(digit);
        r *= 10u32;
        above *= 10u32;
        below *= 10u32;
        at -= 1;
    };
    let up = if low == high {
        let twice = r * 2u32;
        twice > s || (twice == s && digit % 2 == 1)
    } else {
        high
    };
    digits.push(digit + u8::from(up));
    carry(digits, first)
}

/// A last digit of ten goes over to those before it; zeros that come of it are not written.
fn carry(mut digits: Vec<u8>, mut first: i64) -> Digits {
    while digits.last() == Some(&10) {
        digits.pop();
        match digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                digits.push(1);
                first += 1;
            }
        }
    }
    (digits, first)
}
