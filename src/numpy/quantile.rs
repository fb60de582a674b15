//! Where a quantile lies among sorted elements: the methods of Hyndman and Fan, and NumPy's own.

use half::f16;

use super::value::Value;
use crate::array::{DType, Error, Result};

/// Between which ranks a quantile lies, and how far from the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The rank at or before it.
    pub before: usize,
    /// The rank after it.
    pub after: usize,
    /// Its distance from the first to the second.
    pub gamma: f64,
}

/// How quantiles are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The first element whose share is reached.
    InvertedCdf,
    /// The mean of two where the share is met exactly.
    AveragedInvertedCdf,
    /// The nearest element, even ones at ties.
    ClosestObservation,
    /// Between elements, in steps of their shares.
    InterpolatedInvertedCdf,
    /// Between the middles of steps.
    Hazen,
    /// Expected places among `n + 1`.
    Weibull,
    /// Between the first and the last element.
    Linear,
    /// Unbiased for the median.
    MedianUnbiased,
    /// Unbiased for the normal distribution.
    NormalUnbiased,
    /// The element before.
    Lower,
    /// The element after.
    Higher,
    /// Half way between both.
    Midpoint,
    /// The nearer one.
    Nearest,
}

const METHODS: [(&str, Method); 13] = [
    ("inverted_cdf", Method::InvertedCdf),
    ("averaged_inverted_cdf", Method::AveragedInvertedCdf),
    ("closest_observation", Method::ClosestObservation),
    ("interpolated_inverted_cdf", Method::InterpolatedInvertedCdf),
    ("hazen", Method::Hazen),
    ("weibull", Method::Weibull),
    ("linear", Method::Linear),
    ("median_unbiased", Method::MedianUnbiased),
    ("normal_unbiased", Method::NormalUnbiased),
    ("lower", Method::Lower),
    ("higher", Method::Higher),
    ("midpoint", Method::Midpoint),
    ("nearest", Method::Nearest),
];

impl Method {
    /// The method of this name.
    ///
    /// # Errors
    /// ValueError where there is none.
    pub fn parse(name: &Value) -> Result<Method> {
        let text = name.as_str().unwrap_or_default();
        METHODS.iter().find(|m| m.0 == text).map(|m| m.1).ok_or_else(|| {
            let names: Vec<String> = METHODS.iter().map(|m| format!("'{}'", m.0)).collect();
            Error::value(format!(
                "{} is not a valid method. Use one of: dict_keys([{}])",
                crate::array::dtype::quote(&text),
                names.join(", ")
            ))
        })
    }
}

/// A rounding to the precision of a float type: each step of a computation takes it.
fn rounding(dtype: &DType) -> fn(f64) -> f64 {
    match dtype {
        DType::Float16 => |x| f16::from_f64(x).to_f64(),
        DType::Float32 => |x| f64::from(x as f32),
        _ => |x| x,
    }
}

/// Quantiles as they were given: their values and in which precision they are computed with.
#[derive(Debug, Clone)]
pub struct Quantiles {
    /// The values, from 0 to 1.
    pub values: Vec<f64>,
    /// A float type, or int64 where whole numbers were given.
    pub dtype: DType,
}

impl Quantiles {
    /// Whether elements are taken as they are: there is nothing between them.
    pub fn takes(&self, method: Method) -> bool {
        match method {
            Method::InvertedCdf
            | Method::ClosestObservation
            | Method::Lower
            | Method::Higher
            | Method::Nearest => true,
            Method::Linear => self.dtype.is_integral(),
            _ => false,
        }
    }

    /// What the distance between ranks is counted in.
    pub fn gamma_dtype(&self, method: Method) -> DType {
        let whole = self.dtype.is_integral();
        let fraction = matches!(
            method,
            Method::Hazen | Method::MedianUnbiased | Method::NormalUnbiased | Method::Midpoint
        );
        match whole {
            true if fraction => DType::Float64,
            true => DType::Int64,
            false => self.dtype.clone(),
        }
    }

    /// Where quantile `i` lies among `n` elements, of which there are some.
    pub fn place(&self, method: Method, i: usize, n: usize) -> Place {
        let r = rounding(&self.dtype);
        let q = self.values[i];
        let (count, last) = (r(n as f64), r(n as f64 - 1.0));
        let at = |rank: f64| {
            let rank = if rank.is_finite() { rank.max(0.0) as usize } else { n - 1 };
            let rank = rank.min(n - 1);
            Place { before: rank, after: rank, gamma: 0.0 }
        };
        // the next index unless a condition holds
        let stepped = |index: f64, holds: &dyn Fn(f64, f64) -> bool| {
            let floor = index.floor();
            at(if holds(r(index - floor), floor) { floor } else { r(floor + 1.0) })
        };
        let span = r(last * q);
        let spread = |alpha: f64, beta: f64| {
            let inner = r(r(alpha) + r(q * r(1.0 - alpha - beta)));
            r(r(r(count * q) + inner) - 1.0)
        };
        let third = 1.0 / 3.0;
        let index = match method {
            Method::InvertedCdf => {
                return stepped(r(r(count * q) - 1.0), &|gamma, _| gamma == 0.0);
            }
            Method::ClosestObservation => {
                let index = r(r(r(count * q) - 1.0) - 0.5);
                return stepped(index, &|gamma, floor| {
                    gamma == 0.0 && floor.rem_euclid(2.0) == 1.0
                });
            }
            Method::Lower => return at(span.floor()),
            Method::Higher => return at(span.ceil()),
            Method::Nearest => return at(span.round_ties_even()),
            Method::Linear if self.dtype.is_integral() => return at(span),
            Method::AveragedInvertedCdf => r(r(count * q) - 1.0),
            Method::InterpolatedInvertedCdf => spread(0.0, 1.0),
            Method::Hazen => spread(0.5, 0.5),
            Method::Weibull => spread(0.0, 0.0),
            Method::Linear => span,
            Method::MedianUnbiased => spread(third, third),
            Method::NormalUnbiased => spread(0.375, 0.375),
            Method::Midpoint => r(0.5 * r(span.floor() + span.ceil())),
        };
        // outside the elements both are the first or the last, which NumPy calls -1
        let (before, after, counted) = if index >= n as f64 - 1.0 || index.is_nan() {
            (n - 1, n - 1, -1.0)
        } else if index < 0.0 {
            (0, 0, 0.0)
        } else {
            let floor = index.floor();
            (floor as usize, (floor as usize + 1).min(n - 1), floor)
        };
        let gamma = index - counted;
        let gamma = match method {
            Method::AveragedInvertedCdf if gamma == 0.0 => 0.5,
            Method::AveragedInvertedCdf => 1.0,
            Method::Midpoint if index % 1.0 == 0.0 => 0.0,
            Method::Midpoint => 0.5,
            _ => gamma,
        };
        let gamma = if self.gamma_dtype(method) == DType::Int64 { gamma.trunc() } else { r(gamma) };
        Place { before, after, gamma }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_each_method() {
        let q = Quantiles { values: vec![0.3, 0.5, 0.9], dtype: DType::Float64 };
        // numpy.quantile(numpy.arange(7.), [0.3, 0.5, 0.9], method=...)
        for (name, wanted) in [
            ("inverted_cdf", [2.0, 3.0, 6.0]),
            ("averaged_inverted_cdf", [2.0, 3.0, 6.0]),
            ("closest_observation", [1.0, 3.0, 5.0]),
            ("interpolated_inverted_cdf", [1.1, 2.5, 5.3]),
            ("hazen", [1.6, 3.0, 5.8]),
            ("weibull", [1.4, 3.0, 6.0]),
            ("linear", [1.8, 3.0, 5.4]),
            ("median_unbiased", [1.5333333333333332, 3.0, 5.933333333333334]),
            ("normal_unbiased", [1.55, 3.0, 5.9]),
            ("lower", [1.0, 3.0, 5.0]),
            ("higher", [2.0, 3.0, 6.0]),
            ("midpoint", [1.5, 3.0, 5.5]),
            ("nearest", [2.0, 3.0, 5.0]),
        ] {
            let method = Method::parse(&Value::str(name)).unwrap();
            for (i, wanted) in wanted.into_iter().enumerate() {
                let p = q.place(method, i, 7);
                let got = p.before as f64 + (p.after - p.before) as f64 * p.gamma;
                assert!((got - wanted).abs() < 1e-12, "{name} {i}: {got} {wanted}");
            }
        }
    }
}
