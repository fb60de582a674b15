//! NumPy's objects that are subscripted: `np.s_`, `np.r_`, `np.c_`, `np.mgrid`, `np.ogrid`.

use std::any::Any;
use std::sync::Arc;

use super::attributes::foreign;
use crate::array::promote::promote;
use crate::array::reshape::reshape;
use crate::array::view::{broadcast_to, transpose};
use crate::array::{Array, Context, Error, Result, cast};
use crate::numpy::convert::as_array;
use crate::numpy::registry::call_named;
use crate::numpy::{Class, Foreign, Value};

/// The names of these objects.
pub const NAMES: &[&str] = &["c_", "index_exp", "mgrid", "ogrid", "r_", "s_"];

/// An object that makes something of its subscript.
struct Maker(&'static str);

impl Foreign for Maker {
    fn type_name(&self) -> String {
        match self.0 {
            "mgrid" => "MGridClass",
            "ogrid" => "OGridClass",
            "r_" => "RClass",
            "c_" => "CClass",
            _ => "IndexExpression",
        }
        .into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(format!("<numpy.{}>", self.0))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The object of this name.
pub fn named(name: &str) -> Option<Value> {
    NAMES.iter().find(|n| **n == name).map(|n| foreign(Maker(n)))
}

/// What such an object makes of a subscript; none for other things.
pub fn subscript(f: &Arc<dyn Foreign>, key: &Value, cx: &Context) -> Option<Result<Value>> {
    let maker = f.as_any().downcast_ref::<Maker>()?;
    let items = match key {
        Value::Tuple(t) => t.to_vec(),
        one => vec![one.clone()],
    };
    Some(match maker.0 {
        "s_" => Ok(key.clone()),
        "index_exp" => Ok(Value::tuple(items)),
        "mgrid" => grid(&items, matches!(key, Value::Tuple(_)), false, cx),
        "ogrid" => grid(&items, matches!(key, Value::Tuple(_)), true, cx),
        "c_" => joined(&items, -1, 2, 0, cx),
        _ => row(&items, cx),
    })
}

/// The numbers that a slice stands for: a step `5j` is a count, its end included.
fn numbers(slice: &[Value; 3], cx: &Context) -> Result<Array> {
    let start = match &slice[0] {
        Value::None => Value::int(0),
        v => v.clone(),
    };
    let made = match &slice[2] {
        Value::Complex(re, im) => {
            let count = Value::int(re.hypot(*im) as i64);
            call_named("linspace", vec![start, slice[1].clone(), count], cx)?
        }
        Value::None => call_named("arange", vec![start, slice[1].clone()], cx)?,
        step => call_named("arange", vec![start, slice[1].clone(), step.clone()], cx)?,
    };
    as_array(&made, cx)
}

fn grid(items: &[Value], several: bool, open: bool, cx: &Context) -> Result<Value> {
    let mut axes = Vec::new();
    for item in items {
        let Value::Slice(s) = item else {
            return Err(Error::type_error(format!(
                "'{}' object has no attribute 'step'",
                item.type_name()
            )));
        };
        axes.push(numbers(s, cx)?);
    }
    let Some(first) = axes.first().cloned() else { return Ok(Value::tuple(Vec::new())) };
    if !several {
        return Ok(Value::array(first));
    }
    let mut dtype = first.dtype().clone();
    for a in &axes {
        dtype = promote(&dtype, a.dtype())?;
    }
    let full: Vec<usize> = axes.iter().map(Array::len).collect();
    let mut out = Vec::new();
    for (i, a) in axes.iter().enumerate() {
        let mut shape = vec![1; axes.len()];
        shape[i] = a.len();
        let a = reshape(&cast::cast(a, &dtype)?, shape);
        out.push(match open {
            true => Value::array(a),
            false => Value::array(broadcast_to(&a, &full)?),
        });
    }
    match open {
        true => Ok(Value::tuple(out)),
        false => call_named("stack", vec![Value::list(out)], cx),
    }
}

/// `np.r_[…]`, with its directive in front where there is one.
fn row(items: &[Value], cx: &Context) -> Result<Value> {
    let Some(Value::Str(directive)) = items.first() else { return joined(items, 0, 1, -1, cx) };
    let rest = &items[1..];
    if let "r" | "c" = directive.as_ref() {
        let made = as_array(&joined(rest, 0, 1, -1, cx)?, cx)?;
        let n = made.len();
        let shape = match (made.ndim(), directive.as_ref()) {
            (1, "r") => vec![1, n],
            (1, _) => vec![n, 1],
            _ => made.shape().to_vec(),
        };
        return Ok(match Value::array(reshape(&made, shape)) {
            Value::Array(nd) => Value::Array(nd.with_class(Class::Matrix)),
            other => other,
        });
    }
    let parts: Option<Vec<i64>> =
        directive.split(',').map(|p| p.trim().parse::<i64>().ok()).collect();
    match parts.as_deref() {
        Some([axis]) => joined(rest, *axis, 1, -1, cx),
        Some([axis, ndmin]) => joined(rest, *axis, (*ndmin).max(1) as usize, -1, cx),
        Some([axis, ndmin, first]) => joined(rest, *axis, (*ndmin).max(1) as usize, *first, cx),
        _ => Err(Error::value(format!("unknown special directive {directive:?}"))),
    }
}

/// Items one after the other along an axis, each with at least `ndmin` axes; where its own go
/// among them is `first`'s to say.
fn joined(items: &[Value], axis: i64, ndmin: usize, first: i64, cx: &Context) -> Result<Value> {
    let mut arrays = Vec::new();
    for item in items {
        let a = match item {
            Value::Slice(s) => numbers(s, cx)?,
            Value::Str(_) => {
                return Err(Error::value("special directives must be the first entry."));
            }
            other => as_array(other, cx)?,
        };
        let own = a.ndim().max(1);
        let mut shape = a.shape().to_vec();
        if shape.is_empty() {
            shape.push(1);
        }
        let missing = ndmin.saturating_sub(own);
        let mut padded = vec![1; missing];
        padded.extend(&shape);
        let mut a = reshape(&a, padded);
        // the own axes come last, or begin at `first`
        let at = if first < 0 { first + 1 + missing as i64 } else { first };
        if missing > 0 && (0..missing as i64).contains(&at) {
            let at = at as usize;
            let mut order: Vec<usize> = (0..missing).collect();
            let own: Vec<usize> = (missing..missing + own).collect();
            order.splice(at..at, own);
            a = transpose(&a, &order);
        }
        arrays.push(Value::array(a));
    }
    call_named("concatenate", vec![Value::tuple(arrays), Value::int(axis)], cx)
}
