//! Values as text: what `repr()` and `str()` give, as Python 3.11 and NumPy 2.3 print them.
//!
//! - [`options`]: the print options; `float`: single floats; `form`: elements in columns;
//!   `array`: lines and brackets, and datasets as ch5mpy prints them;
//!   `functions`: NumPy's functions for all that.

mod array;
mod float;
mod form;
mod functions;
pub mod options;
mod python;

use super::nd::Nd;
use super::value::Value;
use crate::array::block::Block;
use crate::array::dtype::{quote, quote_bytes};
use crate::array::run::to_block;
use crate::array::{Context, DType, Result, text};

pub use array::dataset_repr;
pub use functions::{FUNCTIONS, Scope};

/// `repr(value)`.
///
/// # Errors
/// Whatever computing what is shown may meet; RecursionError for values nested too deeply.
pub fn repr(value: &Value, cx: &Context) -> Result<String> {
    python::Writer::new(cx).repr(value)
}

/// `str(value)`.
///
/// # Errors
/// As [`repr`].
pub fn str_of(value: &Value, cx: &Context) -> Result<String> {
    match value {
        Value::Str(s) => Ok(s.to_string()),
        Value::DType(d) => Ok(d.to_string()),
        Value::Array(nd) if nd.is_scalar() => {
            let block = to_block(&nd.array()?, cx)?;
            match block.dtype() {
                DType::Object => str_of(&super::nd::element(&block, 0), cx),
                _ => Ok(scalar_str(&block)),
            }
        }
        Value::Array(nd) => array::array_str(nd, &options::current(), cx),
        other => repr(other, cx),
    }
}

/// An array or a NumPy scalar.
fn nd_repr(nd: &Nd, cx: &Context) -> Result<String> {
    if !nd.is_scalar() {
        return array::array_repr(nd, &options::current(), cx);
    }
    let block = to_block(&nd.array()?, cx)?;
    match block.dtype() {
        DType::Object => repr(&super::nd::element(&block, 0), cx),
        _ => scalar_repr(&block),
    }
}

/// `str()` of the NumPy scalar that a block's only element is.
fn scalar_str(block: &Block) -> String {
    match block.dtype() {
        DType::Struct(_) => fields_text(block),
        dtype => text::scalar(dtype, block.element(0)),
    }
}

/// A structured scalar in parentheses.
fn fields_text(block: &Block) -> String {
    form::Form::of(block, &options::current(), true).bytes_text(block.dtype(), block.element(0))
}

/// `repr()` of the NumPy scalar that a block's only element is.
fn scalar_repr(block: &Block) -> Result<String> {
    let dtype = block.dtype();
    let bytes = block.element(0);
    let plain = text::scalar(dtype, bytes);
    let name = dtype.scalar_name();
    let count = || bytemuck::pod_read_unaligned::<i64>(bytes);
    let inner = match dtype {
        DType::Bool => return Ok(format!("np.{plain}_")),
        DType::Complex64 | DType::Complex128 => plain.trim_matches(['(', ')']).to_string(),
        DType::Str(_) => quote(&plain),
        DType::Bytes(_) => quote_bytes(text::bytes_of(bytes)),
        // where the text alone tells another unit, the unit stands beside it
        DType::Datetime(unit) => match unit.name() {
            "generic" => quote(&plain),
            name if unit.step() == 1 && name != "h" => quote(&plain),
            _ => format!("{},{}", quote(&plain), quote(unit.bracket().trim_matches(['[', ']']))),
        },
        DType::Timedelta(unit) => {
            let n = match count() {
                i64::MIN => "'NaT'".into(),
                n => n.to_string(),
            };
            match unit.is_generic() {
                true => n,
                false => format!("{n},{}", quote(unit.bracket().trim_matches(['[', ']']))),
            }
        }
        DType::Struct(_) => format!("{}, dtype={dtype}", fields_text(block)),
        _ => plain,
    };
    Ok(format!("np.{name}({inner})"))
}
