//! Arguments of one call, bound to the parameters that the function declares.

use super::convert::{as_array, as_dtype};
use super::nd::Nd;
use super::registry::{Function, Way, params};
use super::value::Value;
use crate::array::{Array, Context, DType, Error, Result};

/// Arguments by parameter.
pub struct Args {
    /// The function that is called.
    pub function: &'static Function,
    values: Vec<Option<Value>>,
}

impl Args {
    /// Binds arguments to parameters, as Python does.
    ///
    /// # Errors
    /// TypeError in Python's words.
    pub fn bind(
        function: &'static Function,
        places: Vec<Value>,
        names: Vec<(String, Value)>,
    ) -> Result<Args> {
        let declared = params(function);
        let name = function.names[0].rsplit('.').next().unwrap_or(function.names[0]);
        let mut values: Vec<Option<Value>> = vec![None; declared.len()];
        let given = places.len();
        let mut places = places.into_iter();
        let most = declared.iter().filter(|p| matches!(p.way, Way::Place | Way::Either)).count();
        for (slot, param) in values.iter_mut().zip(declared) {
            match param.way {
                Way::Place | Way::Either => *slot = places.next(),
                Way::Rest => *slot = Some(Value::tuple(places.by_ref().collect())),
                Way::Name | Way::Names => {}
            }
        }
        if places.next().is_some() {
            let least = declared
                .iter()
                .filter(|p| matches!(p.way, Way::Place | Way::Either) && p.default.is_none())
                .count();
            let takes = if least == most {
                format!("{most} positional argument{}", if most == 1 { "" } else { "s" })
            } else {
                format!("from {least} to {most} positional arguments")
            };
            return Err(Error::type_error(format!(
                "{name}() takes {takes} but {given} {} given",
                if given == 1 { "was" } else { "were" }
            )));
        }
        let mut further = Vec::new();
        for (key, value) in names {
            let at = declared
                .iter()
                .position(|p| p.name == key && matches!(p.way, Way::Either | Way::Name));
            match at {
                Some(i) if values[i].is_some() => {
                    return Err(Error::type_error(format!(
                        "{name}() got multiple values for argument '{key}'"
                    )));
                }
                Some(i) => values[i] = Some(value),
                None if declared.iter().any(|p| p.way == Way::Names) => {
                    further.push((Value::str(&key), value));
                }
                None => {
                    return Err(Error::type_error(format!(
                        "{name}() got an unexpected keyword argument '{key}'"
                    )));
                }
            }
        }
        if let Some(i) = declared.iter().position(|p| p.way == Way::Names) {
            values[i] = Some(Value::dict(further)?);
        }
        let missing: Vec<String> = declared
            .iter()
            .zip(&values)
            .filter(|(p, v)| {
                v.is_none()
                    && p.default.is_none()
                    && matches!(p.way, Way::Place | Way::Either | Way::Name)
            })
            .map(|(p, _)| format!("'{}'", p.name))
            .collect();
        if !missing.is_empty() {
            let (n, s) = (missing.len(), if missing.len() == 1 { "" } else { "s" });
            return Err(Error::type_error(format!(
                "{name}() missing {n} required positional argument{s}: {}",
                missing.join(" and ")
            )));
        }
        Ok(Args { function, values })
    }

    /// The argument of a parameter, where it was given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = params(self.function).iter().position(|p| p.name == name)?;
        self.values[at].as_ref()
    }

    /// The argument of a parameter, where it was given and is not None.
    pub fn some(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|v| !v.is_none())
    }

    /// The argument of a parameter that must be given; None where it has a default.
    pub fn value(&self, name: &str) -> Value {
        self.get(name).cloned().unwrap_or(Value::None)
    }

    /// An argument as an array.
    ///
    /// # Errors
    /// Those of making an array of it.
    pub fn array(&self, name: &str, cx: &Context) -> Result<Array> {
        as_array(&self.value(name), cx)
    }

    /// An argument as a dtype, where it was given.
    ///
    /// # Errors
    /// TypeError where it is none.
    pub fn dtype(&self, name: &str) -> Result<Option<DType>> {
        self.some(name).map(as_dtype).transpose()
    }

    /// An argument as a whole number, where it was given.
    ///
    /// # Errors
    /// TypeError where it is none.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        self.some(name).map(Value::index).transpose()
    }

    /// An argument as a number, where it was given.
    ///
    /// # Errors
    /// TypeError where it is none.
    pub fn float(&self, name: &str) -> Result<Option<f64>> {
        self.some(name).map(Value::float).transpose()
    }

    /// An argument's truth, where it was given.
    ///
    /// # Errors
    /// ValueError where it has none.
    pub fn flag(&self, name: &str) -> Result<bool> {
        self.get(name).map_or(Ok(false), Value::truth)
    }

    /// An argument as text, where it was given.
    ///
    /// # Errors
    /// TypeError where it is none.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        let Some(value) = self.some(name) else { return Ok(None) };
        let wrong = || Error::type_error(format!("{name} must be str, not {}", value.type_name()));
        value.as_str().map(Some).ok_or_else(wrong)
    }

    /// The array to write the result to, where one was given (`out=`, also in a tuple).
    ///
    /// # Errors
    /// TypeError where it is no array.
    pub fn out(&self, name: &str) -> Result<Option<Nd>> {
        let value = match self.some(name) {
            None => return Ok(None),
            Some(Value::Tuple(t)) if t.len() == 1 => t[0].clone(),
            Some(v) => v.clone(),
        };
        match value {
            Value::None => Ok(None),
            Value::Array(nd) if !nd.is_scalar() => Ok(Some(nd)),
            _ => Err(Error::type_error("return arrays must be of ArrayType")),
        }
    }

    /// An axis, where it was given: counted from the front.
    ///
    /// # Errors
    /// AxisError where there is no such axis.
    pub fn axis(&self, name: &str, ndim: usize) -> Result<Option<usize>> {
        self.some(name).map(|v| axis(v.index()?, ndim)).transpose()
    }

    /// One or several axes, where given: counted from the front, in the order given.
    ///
    /// # Errors
    /// AxisError, and ValueError where one comes twice.
    pub fn axes(&self, name: &str, ndim: usize) -> Result<Option<Vec<usize>>> {
        let Some(value) = self.some(name) else { return Ok(None) };
        axes(value, ndim).map(Some)
    }
}

/// An axis counted from the front.
///
/// # Errors
/// `AxisError: axis 3 is out of bounds for array of dimension 2`.
pub fn axis(axis: i64, ndim: usize) -> Result<usize> {
    let n = ndim as i64;
    if axis < -n || axis >= n {
        return Err(Error::axis(axis, ndim));
    }
    Ok(if axis < 0 { axis + n } else { axis } as usize)
}

/// One axis or a sequence of them, counted from the front.
///
/// # Errors
/// AxisError; ValueError for an axis that comes twice.
pub fn axes(value: &Value, ndim: usize) -> Result<Vec<usize>> {
    let list = match value.sequence() {
        Some(items) => items,
        None => vec![value.clone()],
    };
    let mut out = Vec::new();
    for item in list {
        let a = axis(item.index()?, ndim)?;
        if out.contains(&a) {
            return Err(Error::value("duplicate value in 'axis'"));
        }
        out.push(a);
    }
    Ok(out)
}

/// A shape: a whole number or a sequence of them.
///
/// # Errors
/// TypeError; ValueError for negative lengths and sizes that are too large.
pub fn shape(value: &Value, cx: &Context) -> Result<Vec<usize>> {
    let items = match value {
        Value::Array(nd) if nd.ndim()? > 0 => {
            let block = nd.block()?;
            (0..block.len()).map(|i| super::nd::element(&block, i)).collect()
        }
        _ => value.sequence().unwrap_or_else(|| vec![value.clone()]),
    };
    let _ = cx;
    let mut shape = Vec::new();
    for item in items {
        let n = item.index().map_err(|e| match e.kind {
            crate::array::error::Kind::OverflowError => {
                Error::value("Maximum allowed dimension exceeded")
            }
            _ => e,
        })?;
        shape.push(
            usize::try_from(n).map_err(|_| Error::value("negative dimensions are not allowed"))?,
        );
    }
    let total = shape.iter().filter(|n| **n != 0).try_fold(1usize, |a, &n| a.checked_mul(n));
    if total.is_none_or(|n| n > isize::MAX as usize / 16) {
        return Err(Error::value(
            "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum \
             possible size.",
        ));
    }
    Ok(shape)
}
