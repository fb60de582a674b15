//! How many bins a histogram should have: the estimators that `bins=` names.

use super::bins::{Edges, equal, rounding, spaced, unsigned_difference};
use super::calls::{call_with, op, op_values, value};
use super::convert::as_array;
use super::value::Value;
use crate::array::cast::cast;
use crate::array::run::to_block;
use crate::array::tally::tally;
use crate::array::{Array, Context, DType, Error, Result};

const NAMES: [&str; 8] = ["stone", "auto", "doane", "fd", "rice", "scott", "sqrt", "sturges"];

/// Whether there is an estimator of this name.
pub fn known(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The number of bins; `cut`: only elements within the ends count.
///
/// # Errors
/// As computing with the elements.
pub fn bins(
    name: &str,
    a: &Array,
    cut: bool,
    ends: (&Value, &Value),
    cx: &Context,
) -> Result<usize> {
    let mut a = super::bins::flat(a);
    if cut && !a.is_empty() {
        let above = op_values("greater_equal", vec![value(&a), ends.0.clone()], cx)?;
        let below = op_values("less_equal", vec![value(&a), ends.1.clone()], cx)?;
        let inside = op("logical_and", &[&above, &below], cx)?;
        let kept = super::index::get(&super::nd::Nd::new(a), &value(&inside), cx)?;
        a = as_array(&kept, cx)?;
    }
    if a.is_empty() {
        return Ok(1);
    }
    if a.dtype().is_time() || a.dtype().is_complex() {
        return Err(Error::type_error(format!("no number of bins is estimated for {}", a.dtype())));
    }
    let estimate = Estimate { n: a.len() as f64, dtype: a.dtype().clone(), a, ends };
    let width = estimate.width(name, cx)?;
    if width == 0.0 {
        return Ok(1);
    }
    let width = if estimate.dtype.is_integer() && width < 1.0 { 1.0 } else { width };
    let (delta, _) = unsigned_difference(ends.1, ends.0, cx)?;
    let n = (delta / width).ceil();
    if !n.is_finite() {
        return Err(Error::value("cannot convert float NaN to integer"));
    }
    Ok(n.max(0.0) as usize)
}

struct Estimate<'a> {
    a: Array,
    n: f64,
    dtype: DType,
    ends: (&'a Value, &'a Value),
}

impl Estimate<'_> {
    fn width(&self, name: &str, cx: &Context) -> Result<f64> {
        let n = self.n;
        let range = || -> Result<f64> {
            let last = call_with("max", vec![value(&self.a)], &[], cx)?;
            let first = call_with("min", vec![value(&self.a)], &[], cx)?;
            Ok(unsigned_difference(&last, &first, cx)?.0)
        };
        // Python's floats take the precision of the elements
        let round = rounding(&self.dtype);
        Ok(match name {
            "sqrt" => range()? / n.sqrt(),
            "sturges" => range()? / (n.log2() + 1.0),
            "rice" => round(range()? / round(2.0 * n.powf(1.0 / 3.0))),
            "scott" => {
                let factor = (24.0 * std::f64::consts::PI.sqrt() / n).powf(1.0 / 3.0);
                round(round(factor) * self.number("std", &self.a, cx)?)
            }
            "fd" => {
                let quarters = Value::list(vec![Value::int(75), Value::int(25)]);
                let found = call_with("percentile", vec![value(&self.a), quarters], &[], cx)?;
                let found = to_block(&cast(&as_array(&found, cx)?, &DType::Float64)?, cx)?;
                let q: &[f64] = found.typed();
                2.0 * (q[0] - q[1]) * n.powf(-1.0 / 3.0)
            }
            "auto" => {
                let least = self.width("sqrt", cx)? / 2.0;
                self.width("fd", cx)?.max(least).min(self.width("sturges", cx)?)
            }
            "doane" => self.doane(range()?, cx)?,
            _ => self.stone(range()?, cx)?,
        })
    }

    fn number(&self, name: &str, a: &Array, cx: &Context) -> Result<f64> {
        call_with(name, vec![value(a)], &[], cx)?.float()
    }

    fn doane(&self, range: f64, cx: &Context) -> Result<f64> {
        let n = self.n;
        if n <= 2.0 {
            return Ok(0.0);
        }
        let spread = (6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0))).sqrt();
        let sigma = call_with("std", vec![value(&self.a)], &[], cx)?;
        if sigma.float()? <= 0.0 {
            return Ok(0.0);
        }
        let mean = call_with("mean", vec![value(&self.a)], &[], cx)?;
        let centred = op_values("subtract", vec![value(&self.a), mean], cx)?;
        let scaled = op_values("divide", vec![value(&centred), sigma], cx)?;
        let cubes = op_values("power", vec![value(&scaled), Value::int(3)], cx)?;
        let skew = self.number("mean", &cubes, cx)?;
        Ok(range / (1.0 + n.log2() + (1.0 + skew.abs() / spread).log2()))
    }

    /// The width with the least estimated loss, among up to sqrt(n) bins.
    fn stone(&self, range: f64, cx: &Context) -> Result<f64> {
        let n = self.n;
        if n <= 1.0 || range == 0.0 {
            return Ok(0.0);
        }
        let most = (n.sqrt() as usize).max(100);
        let (mut best, mut least) = (1, f64::INFINITY);
        for bins in 1..=most {
            cx.check()?;
            let (first, last) = self.ends;
            let dtype = if self.dtype.is_inexact() { self.dtype.clone() } else { DType::Float64 };
            let edges = Edges {
                edges: spaced(first, last, bins, Some(&dtype), cx)?,
                equal: Some((first.clone(), last.clone(), bins)),
            };
            let counts = tally(&equal(&self.a, &edges, cx)?, bins, cx)?;
            let squares: f64 = counts.iter().map(|&c| (c as f64 / n).powi(2)).sum();
            let loss = (2.0 - (n + 1.0) * squares) / (range / bins as f64);
            if loss < least {
                (best, least) = (bins, loss);
            }
        }
        if best == most {
            cx.note("RuntimeWarning: The number of bins estimated may be suboptimal.");
        }
        Ok(range / best as f64)
    }
}
