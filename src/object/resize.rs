//! Datasets that grow and shrink: resize, append, insert, delete on the file.
//!
//! Only what moves is read and written: the elements from the first place that changes on.

use super::{Context, Error, H5Array, Result, Value};
use crate::array::cast::cast;
use crate::array::lazy::Span;
use crate::array::spill::materialise;
use crate::array::storing::Sink;
use crate::array::view::{Part, slice};
use crate::array::{Array, DType};
use crate::numpy::convert::{as_array, as_array_of};
use crate::numpy::registry::{call, find};
use crate::store::Extent;

impl H5Array {
    /// Gives the dataset another shape: what is beyond it is gone, what is new is its fill value.
    ///
    /// # Errors
    /// TypeError where it isn't chunked, ValueError where the shape is beyond its maximum.
    pub fn resize(&self, shape: &[usize]) -> Result<()> {
        self.can_be(shape)?;
        let dims: Vec<u64> = shape.iter().map(|n| *n as u64).collect();
        let place = self.place();
        place.file.change(|c| Ok(c.resize(&place.path, &dims)?))
    }

    fn can_be(&self, shape: &[usize]) -> Result<()> {
        let now = self.shape()?;
        if now.len() != shape.len() {
            let (n, m) = (now.len(), shape.len());
            return Err(Error::value(format!("new shape has {m} axes, the dataset {n}")));
        }
        if now == shape {
            return Ok(());
        }
        if self.chunks()?.is_none() {
            return Err(Error::type_error("Only chunked datasets can be resized"));
        }
        let facts = self.place().file.file.dataset(&self.place().path)?;
        let Extent::Simple { max, .. } = facts.extent else { return Ok(()) };
        match max.iter().zip(shape).position(|(m, n)| m.is_some_and(|m| *n as u64 > m)) {
            Some(axis) => {
                let most = max[axis].unwrap_or_default();
                Err(Error::value(format!(
                    "axis {axis} can't be of length {}: its maximum is {most}",
                    shape[axis]
                )))
            }
            None => Ok(()),
        }
    }

    fn axis(&self, axis: i64) -> Result<usize> {
        let ndim = self.ndim()?;
        let at = if axis < 0 { axis + ndim as i64 } else { axis };
        match usize::try_from(at) {
            Ok(at) if at < ndim => Ok(at),
            _ => Err(Error::axis(axis, ndim)),
        }
    }

    /// Makes an axis longer by `n`.
    ///
    /// # Errors
    /// As [`H5Array::resize`].
    pub fn expand(&self, n: usize, axis: i64) -> Result<()> {
        let axis = self.axis(axis)?;
        let mut shape = self.shape()?;
        shape[axis] += n;
        self.resize(&shape)
    }

    /// Makes an axis shorter by `n`.
    ///
    /// # Errors
    /// As [`H5Array::resize`].
    pub fn contract(&self, n: usize, axis: i64) -> Result<()> {
        let axis = self.axis(axis)?;
        let mut shape = self.shape()?;
        shape[axis] = shape[axis].saturating_sub(n);
        self.resize(&shape)
    }

    /// Puts values at the end of an axis: the first where none is said.
    ///
    /// # Errors
    /// ValueError where the other axes differ; as [`H5Array::resize`].
    pub fn append(&self, values: &Value, axis: Option<i64>, cx: &Context) -> Result<()> {
        let axis = self.axis(axis.unwrap_or(0))?;
        let shape = self.shape()?;
        let place = self.place();
        let sink = Sink::open(&place.file.file, &place.path)?;
        let own = sink.dtype_for(self.array(cx)?.dtype());
        let values = match values {
            Value::Array(_) | Value::Foreign(_) => as_array(values, cx)?,
            other if sink.is_text() => as_array(other, cx)?,
            other => as_array_of(other, Some(&own), cx)?,
        };
        let fits = values.ndim() == shape.len()
            && (0..shape.len()).all(|a| a == axis || values.shape()[a] == shape[a]);
        if !fits {
            return Err(Error::value(format!(
                "all the input array dimensions except for the concatenation axis must match \
                 exactly, but the dataset has shape {} and the values {}",
                crate::array::dtype::tuple(&shape),
                crate::array::dtype::tuple(values.shape())
            )));
        }
        let dtype = sink.dtype_for(values.dtype());
        let dtype = crate::numpy::convert::sized(&dtype, &values, cx)?;
        let values = materialise(&cast(&values, &dtype)?, cx)?;
        self.write_from(shape[axis], axis, shape[axis] + values.shape()[axis], &values, cx)
    }

    /// `np.insert` on the file.
    ///
    /// # Errors
    /// As `np.insert`; ValueError where no axis is said and there are several.
    pub fn insert(
        &self,
        at: &Value,
        values: &Value,
        axis: Option<i64>,
        cx: &Context,
    ) -> Result<()> {
        self.rebuilt("insert", vec![at.clone(), values.clone()], axis, cx)
    }

    /// `np.delete` on the file.
    ///
    /// # Errors
    /// As `np.delete`; ValueError where no axis is said and there are several.
    pub fn delete(&self, at: &Value, axis: Option<i64>, cx: &Context) -> Result<()> {
        self.rebuilt("delete", vec![at.clone()], axis, cx)
    }

    fn rebuilt(
        &self,
        function: &str,
        arguments: Vec<Value>,
        axis: Option<i64>,
        cx: &Context,
    ) -> Result<()> {
        let shape = self.shape()?;
        let axis = match axis {
            Some(axis) => self.axis(axis)?,
            None if shape.len() == 1 => 0,
            None => {
                return Err(Error::value(format!(
                    "a dataset of {} axes stays one: say along which axis to {function}",
                    shape.len()
                )));
            }
        };
        let first = first_place(&arguments[0], shape[axis]);
        let Some(f) = find(function) else {
            return Err(Error::attribute(format!("module 'numpy' has no attribute '{function}'")));
        };
        let mut array = self.array(cx)?;
        // text in a file is as long as it is
        if let (DType::Str(n), Some(values)) = (array.dtype(), arguments.get(1)) {
            let wide = match as_array(values, cx)?.dtype() {
                DType::Str(m) => DType::Str((*n).max(*m)),
                _ => DType::Str((*n).max(64)),
            };
            array = cast(&array, &wide)?;
        }
        let mut places = vec![Value::array(array)];
        places.extend(arguments);
        let named = vec![("axis".to_string(), Value::int(axis))];
        let new = as_array(&call(f, places, named, cx)?, cx)?;
        let length = new.shape()[axis];
        let tail = materialise(&slice(&new, &part(&new, axis, first.min(length))), cx)?;
        drop(new);
        self.write_from(first.min(length), axis, length, &tail, cx)
    }

    /// Makes an axis `length` long, with these values from `first` on.
    fn write_from(
        &self,
        first: usize,
        axis: usize,
        length: usize,
        values: &Array,
        cx: &Context,
    ) -> Result<()> {
        let mut shape = self.shape()?;
        let old = shape[axis];
        shape[axis] = length;
        self.can_be(&shape)?;
        let place = self.place();
        let dims: Vec<u64> = shape.iter().map(|n| *n as u64).collect();
        place.file.change(|c| {
            if length > old {
                c.resize(&place.path, &dims)?;
            }
            let sink = Sink::open(c.file(), &place.path)?;
            let mut region: Vec<Span> = shape.iter().map(|&n| Span::run(0, n)).collect();
            region[axis] = Span::run(first, length - first);
            sink.write(c, &region, values, cx)?;
            if length < old {
                c.resize(&place.path, &dims)?;
            }
            Ok(())
        })
    }
}

/// All of an array from `first` on along an axis.
fn part(array: &Array, axis: usize, first: usize) -> Vec<Part> {
    let along = |(a, &n): (usize, &usize)| {
        Part::Along(if a == axis { Span::run(first, n - first) } else { Span::run(0, n) })
    };
    array.shape().iter().enumerate().map(along).collect()
}

/// The first position that an index of `np.insert` or `np.delete` names.
fn first_place(key: &Value, n: usize) -> usize {
    let one = |v: &Value| match v.index() {
        Ok(i) if i < 0 => Some((i + n as i64).max(0) as usize),
        Ok(i) => Some((i as usize).min(n)),
        Err(_) => None,
    };
    match key.sequence() {
        Some(items) => items.iter().map(|v| one(v).unwrap_or(0)).min().unwrap_or(0),
        None => one(key).filter(|_| !matches!(key, Value::Bool(_))).unwrap_or(0),
    }
}
