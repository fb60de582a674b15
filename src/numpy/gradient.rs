//! Gradients: slopes along axes, computed region by region.

use std::any::Any;

use super::args::Args;
use super::calls::{axis_tuple, op, op_values, stretch, value};
use super::convert::as_array;
use super::differences::diff_of;
use super::registry::Function;
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::lazy::{Source, Span, extent, whole};
use crate::array::reshape::reshape;
use crate::array::run::put;
use crate::array::window::by_runs;
use crate::array::{Array, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[Function {
    names: &["gradient"],
    params: "f, *varargs, axis=None, edge_order=1",
    help: "Slopes by central differences, one-sided at the edges.",
    section: "Mathematical functions",
    kinds: "iufcmM",
    run: gradient,
    ufunc: None,
}];

/// How far apart the points along an axis are.
#[derive(Clone)]
enum Spacing {
    /// All the same.
    Even(Value),
    /// From each to the next.
    Steps(Array),
}

fn gradient(args: &Args, cx: &Context) -> Result<Value> {
    let mut f = args.array("f", cx)?;
    let axes = match args.some("axis") {
        Some(axis) => axis_tuple(axis, f.ndim())?,
        None => (0..f.ndim()).collect(),
    };
    let given = args.value("varargs").sequence().unwrap_or_default();
    let dims = |v: &Value| -> Result<usize> { Ok(as_array(v, cx)?.ndim()) };
    let spacings: Vec<Spacing> = if given.is_empty() {
        vec![Spacing::Even(Value::Float(1.0)); axes.len()]
    } else if given.len() == 1 && dims(&given[0])? == 0 {
        vec![Spacing::Even(given[0].clone()); axes.len()]
    } else if given.len() == axes.len() {
        let pairs = given.iter().zip(&axes);
        pairs.map(|(v, &axis)| spacing(v, f.shape()[axis], cx)).collect::<Result<_>>()?
    } else {
        return Err(Error::type_error("invalid number of arguments"));
    };
    let order = args.get("edge_order").map_or(Ok(1), Value::index)?;
    if order > 2 {
        return Err(Error::value("'edge_order' greater than 2 not supported"));
    }
    let second = order != 1;
    let dtype = match f.dtype().clone() {
        DType::Datetime(unit) => {
            let dtype = DType::Timedelta(unit);
            f = super::nd::part(&f, 0, &dtype, &[]);
            dtype
        }
        d if d.is_inexact() || d.is_time() => d,
        d => {
            if d.is_integer() {
                f = cast(&f, &DType::Float64)?;
            }
            DType::Float64
        }
    };
    let mut found = Vec::new();
    for (&axis, spacing) in axes.iter().zip(&spacings) {
        if (f.shape()[axis] as i64) < order + 1 {
            return Err(Error::value(
                "Shape of array too small to calculate a numerical gradient, at least \
                 (edge_order + 1) elements are required.",
            ));
        }
        let slope = Slope {
            f: f.clone(),
            axis,
            second,
            rule: rule(spacing, &f, axis, cx)?,
            dtype: dtype.clone(),
        };
        // errors come at once: of no element
        let none = stretch(&f, axis, 0, 0);
        op("subtract", &[&none, &none], cx)?;
        found.push(Value::array(Array::new(dtype.clone(), f.shape().to_vec(), slope)));
    }
    Ok(match <[Value; 1]>::try_from(found) {
        Ok([one]) => one,
        Err(several) => Value::tuple(several),
    })
}

fn spacing(given: &Value, n: usize, cx: &Context) -> Result<Spacing> {
    let mut x = as_array(given, cx)?;
    if x.ndim() == 0 {
        return Ok(Spacing::Even(given.clone()));
    }
    if x.ndim() != 1 {
        return Err(Error::value("distances must be either scalars or 1d"));
    }
    if x.len() != n {
        return Err(Error::value(
            "when 1d, distances must match the length of the corresponding dimension",
        ));
    }
    if x.dtype().is_integer() {
        x = cast(&x, &DType::Float64)?;
    }
    let steps = diff_of(&x, 1, 0, cx)?;
    if steps.is_empty() {
        return Err(Error::index("index 0 is out of bounds for axis 0 with size 0"));
    }
    let first = super::calls::at(&steps, 0, 0);
    let same = op("all", &[&op("equal", &[&steps, &first], cx)?], cx)?;
    Ok(match Value::result(same).truth()? {
        true => Spacing::Even(Value::result(first)),
        false => Spacing::Steps(steps),
    })
}

/// The factors of the elements before, at and after each point.
#[derive(Clone)]
enum Rule {
    /// The distance between points, and twice that.
    Even(Value, Value),
    /// Factors of the inner points, shaped to broadcast; distances.
    Steps([Array; 3], Array),
}

fn rule(spacing: &Spacing, f: &Array, axis: usize, cx: &Context) -> Result<Rule> {
    let steps = match spacing {
        Spacing::Even(dx) => {
            let double = match dx {
                Value::Float(x) => Value::Float(2.0 * x),
                Value::Int(n) => {
                    Value::Float(2.0 * num_traits::ToPrimitive::to_f64(n).unwrap_or(f64::NAN))
                }
                other => Value::result(op_values(
                    "multiply",
                    vec![Value::Float(2.0), other.clone()],
                    cx,
                )?),
            };
            return Ok(Rule::Even(dx.clone(), double));
        }
        Spacing::Steps(steps) => steps,
    };
    let n = steps.len() - 1;
    let (d1, d2) = (stretch(steps, 0, 0, n), stretch(steps, 0, 1, n));
    let two = |name: &str, x: &Array, y: &Array| op(name, &[x, y], cx);
    let sum = two("add", &d1, &d2)?;
    let before = two("divide", &op("negative", &[&d2], cx)?, &two("multiply", &d1, &sum)?)?;
    let here = two("divide", &two("subtract", &d2, &d1)?, &two("multiply", &d1, &d2)?)?;
    let after = two("divide", &d1, &two("multiply", &d2, &sum)?)?;
    let mut shape = vec![1; f.ndim()];
    shape[axis] = n;
    let factors = [before, here, after].map(|x| reshape(&x, shape.clone()));
    Ok(Rule::Steps(factors, steps.clone()))
}

/// Slopes along one axis.
struct Slope {
    f: Array,
    axis: usize,
    /// Whether the edges are of second order too.
    second: bool,
    rule: Rule,
    dtype: DType,
}

impl Slope {
    fn run(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let n = self.f.shape()[self.axis];
        let span = region[self.axis];
        let (first, end) = (span.start, span.start + span.len);
        let edge = if self.second { 3 } else { 2 };
        let low =
            if end == n { first.saturating_sub(1).min(n - edge) } else { first.saturating_sub(1) };
        let high = if first == 0 { (end + 1).max(edge) } else { end + 1 }.min(n);
        let mut wanted = region.to_vec();
        wanted[self.axis] = Span::run(low, high - low);
        let f = Array::of(self.f.read(&wanted, cx)?);
        let at = |i: usize, len: usize| stretch(&f, self.axis, i - low, len);
        let mut out = Block::scratch(self.dtype.clone(), extent(region));
        let mut set = |from: usize, found: Array| -> Result<()> {
            let found = cast(&found, &self.dtype)?;
            let mut place = whole(&extent(region));
            place[self.axis] = Span::run(from - first, found.shape()[self.axis]);
            put(&mut out, &place, &found.read(&whole(found.shape()), cx)?);
            Ok(())
        };
        let (a, b) = (first.max(1), end.min(n - 1));
        if a < b {
            let len = b - a;
            let inner = match &self.rule {
                Rule::Even(_, double) => {
                    let distance = op("subtract", &[&at(a + 1, len), &at(a - 1, len)], cx)?;
                    op_values("divide", vec![value(&distance), double.clone()], cx)?
                }
                Rule::Steps(factors, _) => {
                    let part = |k: usize| value(&stretch(&factors[k], self.axis, a - 1, len));
                    let points = [at(a - 1, len), at(a, len), at(a + 1, len)];
                    weighted([part(0), part(1), part(2)], &points, cx)?
                }
            };
            set(a, inner)?;
        }
        if first == 0 {
            set(0, self.edge(&at, 0, n, cx)?)?;
        }
        if end == n && n > 1 {
            set(n - 1, self.edge(&at, n - 1, n, cx)?)?;
        }
        Ok(out)
    }

    /// The slope at the first or the last point.
    fn edge(
        &self,
        at: &impl Fn(usize, usize) -> Array,
        i: usize,
        n: usize,
        cx: &Context,
    ) -> Result<Array> {
        let start = i == 0;
        let step = |k: usize, steps: &Array| Value::result(super::calls::at(steps, 0, k));
        if !self.second {
            let (from, to) = if start { (0, 1) } else { (n - 2, n - 1) };
            let distance = op("subtract", &[&at(to, 1), &at(from, 1)], cx)?;
            let dx = match &self.rule {
                Rule::Even(dx, _) => dx.clone(),
                Rule::Steps(_, steps) => step(if start { 0 } else { n - 2 }, steps),
            };
            return op_values("divide", vec![value(&distance), dx], cx);
        }
        let points = match start {
            true => [at(0, 1), at(1, 1), at(2, 1)],
            false => [at(n - 3, 1), at(n - 2, 1), at(n - 1, 1)],
        };
        let factors = match &self.rule {
            Rule::Even(dx, _) => {
                let by = |x: f64| -> Result<Value> {
                    match dx {
                        Value::Float(d) if *d != 0.0 => Ok(Value::Float(x / d)),
                        Value::Int(d) => Ok(Value::Float(
                            x / num_traits::ToPrimitive::to_f64(d).unwrap_or(f64::NAN),
                        )),
                        other => Ok(Value::result(op_values(
                            "divide",
                            vec![Value::Float(x), other.clone()],
                            cx,
                        )?)),
                    }
                };
                match start {
                    true => [by(-1.5)?, by(2.0)?, by(-0.5)?],
                    false => [by(0.5)?, by(-2.0)?, by(1.5)?],
                }
            }
            Rule::Steps(_, steps) => {
                let k = if start { 0 } else { steps.len() - 2 };
                let (d1, d2) = (super::calls::at(steps, 0, k), super::calls::at(steps, 0, k + 1));
                let two = |name: &str, x: &Array, y: &Array| op(name, &[x, y], cx);
                let twice =
                    |x: &Array| op_values("multiply", vec![Value::Float(2.0), value(x)], cx);
                let minus = |x: &Array| op("negative", &[x], cx);
                let sum = two("add", &d1, &d2)?;
                let outer = |x: &Array| two("multiply", x, &sum);
                let product = two("multiply", &d1, &d2)?;
                let found = match start {
                    true => [
                        two("divide", &minus(&two("add", &twice(&d1)?, &d2)?)?, &outer(&d1)?)?,
                        two("divide", &sum, &product)?,
                        two("divide", &minus(&d1)?, &outer(&d2)?)?,
                    ],
                    false => [
                        two("divide", &d2, &outer(&d1)?)?,
                        two("divide", &minus(&sum)?, &product)?,
                        two("divide", &two("add", &twice(&d2)?, &d1)?, &outer(&d2)?)?,
                    ],
                };
                found.map(Value::result)
            }
        };
        weighted(factors, &points, cx)
    }
}

/// The sum of three points times their factors.
fn weighted(factors: [Value; 3], points: &[Array; 3], cx: &Context) -> Result<Array> {
    let mut sum: Option<Array> = None;
    for (factor, point) in factors.into_iter().zip(points) {
        let part = op_values("multiply", vec![factor, value(point)], cx)?;
        sum = Some(match sum {
            None => part,
            Some(before) => op("add", &[&before, &part], cx)?,
        });
    }
    sum.ok_or_else(|| Error::runtime("no points"))
}

impl Source for Slope {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        by_runs(region, self.axis, 2, |r| self.run(r, cx))
    }

    fn inputs(&self) -> Vec<Array> {
        let mut inputs = vec![self.f.clone()];
        if let Rule::Steps(factors, steps) = &self.rule {
            inputs.extend(factors.iter().cloned());
            inputs.push(steps.clone());
        }
        inputs
    }

    fn grid(&self) -> Option<Vec<usize>> {
        self.f.grid()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
