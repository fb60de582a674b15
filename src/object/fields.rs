//! Single fields of compounds that hold texts or sequences of variable length. Such elements are
//! Python's values here, tuples: a field of one is read and written by its name.

use super::handle::Place;
use super::{Context, Error, Result, Value};
use crate::array::DType;
use crate::array::cast::cast;
use crate::array::run::to_block;
use crate::array::storing::Sink;
use crate::numpy::convert::as_array;
use crate::store::Class;

/// The number of a field of the dataset's elements, where they are tuples.
///
/// # Errors
/// No such dataset; ValueError for a name that none of the fields has.
pub fn number(place: &Place, name: &str) -> Result<Option<usize>> {
    let facts = place.file.file.dataset(&place.path)?;
    match &facts.dtype.class {
        Class::Compound(fields) if facts.dtype.has_pointers() => {
            let found = fields.iter().position(|f| f.name == name.as_bytes());
            found.map(Some).ok_or_else(|| Error::value(format!("no field of name {name}")))
        }
        _ => Ok(None),
    }
}

/// Gives a field of the element at `at` a value; the element's other fields stay.
///
/// # Errors
/// IndexError; a value that the field can't hold; as writing.
pub fn set(place: &Place, at: &[u64], name: &str, value: &Value, cx: &Context) -> Result<()> {
    place.file.let_go();
    place.file.file.change(|change| {
        let sink = Sink::open_field(change.file(), &place.path, name)?;
        let array = as_array(value, cx)?;
        if sink.is_text() && !matches!(array.dtype(), DType::Str(_) | DType::Bytes(_)) {
            return Err(Error::type_error(format!("{name}: it holds text")));
        }
        if array.shape() != sink.inner() {
            return Err(Error::value(format!("{name}: a value of another shape")));
        }
        let block = to_block(&cast(&array, &sink.dtype_for(array.dtype()))?, cx)?;
        sink.write_points(change, at, block)
    })
}
