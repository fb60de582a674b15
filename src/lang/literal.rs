//! Values as Python would read them back, for lines in which they are edited.

use super::arrays::to_list;
use crate::array::run::to_block;
use crate::array::{Array, Context, Error, Result};
use crate::numpy::{Value, show};

/// A value as a literal: arrays and NumPy's scalars by their elements, all else by its repr.
pub fn of(value: &Value, most: usize, cx: &Context) -> Result<String> {
    let array = match value {
        Value::Array(nd) => nd.array()?,
        Value::Foreign(f) => match f.array(cx) {
            Some(array) => array?,
            None => return show::repr(value, cx),
        },
        value => return show::repr(value, cx),
    };
    small(&array, most)?;
    show::repr(&to_list(&to_block(&array, cx)?)?, cx)
}

fn small(array: &Array, most: usize) -> Result<()> {
    match array.len() <= most {
        true => Ok(()),
        false => Err(Error::value(format!(
            "{} elements are too many for a line: assign to a part of them",
            array.len()
        ))),
    }
}
