//! Values as Python would read them back, for lines in which they are edited.

use super::arrays::to_list;
use crate::array::run::to_block;
use crate::array::{Array, Context, Error, Result};
use crate::numpy::{Value, show};

/// A value that is to be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// As code.
    pub code: String,
    /// As a text, where it is one.
    pub text: Option<String>,
}

/// A value as a literal: arrays and NumPy's scalars by their elements, all else by its repr.
pub fn of(value: &Value, most: usize, cx: &Context) -> Result<Literal> {
    let value = match value {
        Value::Array(nd) => elements(&nd.array()?, most, cx)?,
        Value::Foreign(f) => match f.array(cx) {
            Some(array) => elements(&array?, most, cx)?,
            // an empty attribute has no value
            None if f.type_name() == "Empty" => Value::None,
            None => value.clone(),
        },
        value => value.clone(),
    };
    let text = match &value {
        Value::Str(text) => Some(text.to_string()),
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(str::to_string),
        _ => None,
    };
    Ok(Literal { code: code_of(&value, cx)?, text })
}

/// A value's repr, but that floats without digits are NumPy's names.
fn code_of(value: &Value, cx: &Context) -> Result<String> {
    let all = |items: &[Value]| -> Result<Vec<String>> {
        items.iter().map(|item| code_of(item, cx)).collect()
    };
    let name = |x: f64| match x {
        _ if x.is_nan() => "np.nan".to_string(),
        _ if x > 0.0 => "np.inf".to_string(),
        _ => "-np.inf".to_string(),
    };
    Ok(match value {
        Value::Float(x) if !x.is_finite() => name(*x),
        Value::Complex(re, im) if !(re.is_finite() && im.is_finite()) => {
            let part = |x: f64| match x.is_finite() {
                true => show::repr(&Value::Float(x), cx),
                false => Ok(name(x)),
            };
            format!("complex({}, {})", part(*re)?, part(*im)?)
        }
        Value::List(items) => format!("[{}]", all(&items.lock().clone())?.join(", ")),
        Value::Tuple(items) if items.len() == 1 => format!("({},)", code_of(&items[0], cx)?),
        Value::Tuple(items) => format!("({})", all(items)?.join(", ")),
        other => show::repr(other, cx)?,
    })
}

fn elements(array: &Array, most: usize, cx: &Context) -> Result<Value> {
    match array.len() <= most {
        true => to_list(&to_block(array, cx)?),
        false => Err(Error::value(format!(
            "{} elements are too many for a line: assign to a part of them",
            array.len()
        ))),
    }
}
