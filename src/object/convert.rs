//! Rust's values and Python's: what goes into a file and what comes out of it.

use bytemuck::Pod;
use num_bigint::BigInt;

use super::{Context, DType, Error, Result, Value};
use crate::array::Array;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::run::to_block;
use crate::numpy::convert::as_array;

/// Numbers that elements of arrays are.
pub trait Number: Pod + Send + Sync {
    /// Their dtype.
    const DTYPE: DType;
}

macro_rules! numbers {
    ($($t:ty: $d:ident)*) => {$(
        impl Number for $t {
            const DTYPE: DType = DType::$d;
        }

        impl From<Vec<$t>> for Value {
            fn from(items: Vec<$t>) -> Value {
                Value::array(Array::of(Block::of(DType::$d, vec![items.len()], &items)))
            }
        }

        impl<D: ndarray::Dimension> From<ndarray::Array<$t, D>> for Value {
            fn from(array: ndarray::Array<$t, D>) -> Value {
                let shape = array.shape().to_vec();
                let items: Vec<$t> = array.iter().copied().collect();
                Value::array(Array::of(Block::of(DType::$d, shape, &items)))
            }
        }
    )*};
}

numbers! {
    i8: Int8 i16: Int16 i32: Int32 i64: Int64 u8: UInt8 u16: UInt16 u32: UInt32 u64: UInt64
    f32: Float32 f64: Float64
}

macro_rules! whole_numbers {
    ($($t:ty)*) => {$(
        impl From<$t> for Value {
            fn from(n: $t) -> Value {
                Value::Int(BigInt::from(n))
            }
        }
    )*};
}

whole_numbers!(i32 i64 u32 u64 usize);

impl From<f64> for Value {
    fn from(x: f64) -> Value {
        Value::Float(x)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Bool(b)
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Value {
        Value::str(s)
    }
}

impl From<String> for Value {
    fn from(s: String) -> Value {
        Value::str(s)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Value {
        Value::list(items)
    }
}

impl From<Vec<&str>> for Value {
    fn from(items: Vec<&str>) -> Value {
        Value::list(items.into_iter().map(Value::str).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::None, Into::into)
    }
}

/// Whether elements of a dtype are `T`.
///
/// # Errors
/// TypeError naming both.
pub fn check_number<T: Number>(dtype: &DType) -> Result<()> {
    match *dtype == T::DTYPE {
        true => Ok(()),
        false => Err(Error::type_error(format!("elements are {dtype}, not {}", T::DTYPE))),
    }
}

/// An array's elements as an array of numbers, cast where nothing is lost.
///
/// # Errors
/// TypeError where they can't be; as reading them.
pub fn to_ndarray<T: Number>(array: &Array, cx: &Context) -> Result<ndarray::ArrayD<T>> {
    if !crate::array::promote::can_cast(
        array.dtype(),
        &T::DTYPE,
        crate::array::promote::Casting::Safe,
    ) {
        check_number::<T>(array.dtype())?;
    }
    let block = to_block(&cast(array, &T::DTYPE)?, cx)?;
    let items: Vec<T> = block.typed().to_vec();
    let shape = ndarray::IxDyn(array.shape());
    ndarray::ArrayD::from_shape_vec(shape, items).map_err(|e| Error::value(e.to_string()))
}

/// Rust's values that Python's can be.
pub trait FromValue: Sized {
    /// The value.
    ///
    /// # Errors
    /// TypeError where it is another kind.
    fn from_value(value: &Value, cx: &Context) -> Result<Self>;
}

fn wrong<T>(value: &Value, wanted: &str) -> Result<T> {
    Err(Error::type_error(format!("expected {wanted}, found {}", value.type_name())))
}

impl FromValue for i64 {
    fn from_value(value: &Value, _cx: &Context) -> Result<i64> {
        value.index()
    }
}

impl FromValue for f64 {
    fn from_value(value: &Value, _cx: &Context) -> Result<f64> {
        value.float()
    }
}

impl FromValue for bool {
    fn from_value(value: &Value, _cx: &Context) -> Result<bool> {
        match value {
            Value::Bool(b) => Ok(*b),
            Value::Array(nd) if nd.is_scalar() && nd.dtype()? == DType::Bool => value.truth(),
            other => wrong(other, "a bool"),
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value, _cx: &Context) -> Result<String> {
        value.as_str().map_or_else(|| wrong(value, "a str"), Ok)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value, cx: &Context) -> Result<Option<T>> {
        if value.is_none() { Ok(None) } else { T::from_value(value, cx).map(Some) }
    }
}

impl<T: Number> FromValue for ndarray::ArrayD<T> {
    fn from_value(value: &Value, cx: &Context) -> Result<ndarray::ArrayD<T>> {
        to_ndarray(&as_array(value, cx)?, cx)
    }
}

impl FromValue for Vec<String> {
    fn from_value(value: &Value, cx: &Context) -> Result<Vec<String>> {
        let array = as_array(value, cx)?;
        let block = to_block(&array, cx)?;
        (0..block.len())
            .map(|i| String::from_value(&crate::numpy::nd::element(&block, i), cx))
            .collect()
    }
}
