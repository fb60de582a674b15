//! Arrays created on a file: nothing is allocated, the value is HDF5's fill value.

use super::handle::Place;
use super::plan::{Storing, check_name};
use super::write::{new_dataset, text_attribute};
use super::{Context, DType, Error, H5Array, Result, Value};

/// A dataset of this shape and dtype, all elements `value`.
///
/// ```
/// use ch5tui::object::{DType, File, H5Mode, Storing, create, options};
///
/// # let folder = tempfile::tempdir()?;
/// let cx = options::context();
/// let file = File::open(folder.path().join("a.h5"), H5Mode::WriteTruncate)?;
/// let x = create::full(&[1000, 1000, 1000], 7i64, &file, "x", &DType::Int16,
///     &Storing::default(), &cx)?;
/// assert_eq!(x.get(123i64, &cx)?.type_name(), "numpy.ndarray");
/// assert!(file.filename().metadata()?.len() < 10_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// ValueError where the name is taken; TypeError for a dtype that HDF5 has no type for.
pub fn full(
    shape: &[usize],
    value: impl Into<Value>,
    to: &Place,
    name: &str,
    dtype: &DType,
    storing: &Storing,
    cx: &Context,
) -> Result<H5Array> {
    let storing = Storing { fill: Some(value.into()), ..storing.clone() };
    empty(shape, to, name, dtype, &storing, cx)
}

/// The same, with zeros (empty text).
///
/// # Errors
/// As [`full`].
pub fn zeros(
    shape: &[usize],
    to: &Place,
    name: &str,
    dtype: &DType,
    storing: &Storing,
    cx: &Context,
) -> Result<H5Array> {
    let zero = match dtype {
        DType::Str(_) | DType::Bytes(_) => Value::str(""),
        _ => Value::int(0),
    };
    full(shape, zero, to, name, dtype, storing, cx)
}

/// The same, with ones.
///
/// # Errors
/// As [`full`].
pub fn ones(
    shape: &[usize],
    to: &Place,
    name: &str,
    dtype: &DType,
    storing: &Storing,
    cx: &Context,
) -> Result<H5Array> {
    let one = match dtype {
        DType::Str(_) | DType::Bytes(_) => Value::str("1"),
        _ => Value::int(1),
    };
    full(shape, one, to, name, dtype, storing, cx)
}

/// The same, with HDF5's default: zeros.
///
/// # Errors
/// As [`full`].
pub fn empty(
    shape: &[usize],
    to: &Place,
    name: &str,
    dtype: &DType,
    storing: &Storing,
    cx: &Context,
) -> Result<H5Array> {
    check_name(name)?;
    if *dtype == DType::Object {
        return Err(Error::type_error("Object dtype dtype('O') has no native HDF5 equivalent"));
    }
    let place = to.join(name);
    let new = new_dataset(dtype, shape, storing, cx)?;
    let text = dtype.to_string();
    place.file.change(|c| {
        c.create_dataset(&place.path, &new)?;
        if !storing.bare && !matches!(dtype, DType::Struct(_)) {
            c.set_attribute(&place.path, b"dtype", &text_attribute(&text))?;
        }
        Ok(())
    })?;
    Ok(H5Array::at(place))
}
