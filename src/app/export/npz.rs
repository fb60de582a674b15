//! `.npz`: NumPy's archive: a zip of `.npy` files, not compressed, as `np.savez` writes it.
//!
//! A dict gives each value under its key; a tuple or list with arrays in it gives `arr_0`,
//! `arr_1`, …; any other value is one array, `arr_0`.

use std::io::{BufWriter, Write};

use npyz::zip::write::FileOptions;
use npyz::zip::{CompressionMethod, ZipWriter};

use super::npy;
use super::target::{Target, shown};
use crate::array::{Context, Error, Result};
use crate::numpy::convert::as_array;
use crate::numpy::value::Value;

/// Writes the archive.
///
/// # Errors
/// As [`super::write`].
pub fn write(value: &Value, target: &Target, cx: &Context) -> Result<()> {
    let mut zip = ZipWriter::new(target.stream());
    // entries of more than 4 GiB, and a date that is no date: the same value, the same file
    let options = FileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(npyz::zip::DateTime::default())
        .large_file(true);
    for (name, value) in entries(value)? {
        let array = as_array(&value, cx)?;
        zip.start_file(format!("{name}.npy"), options).map_err(|e| zip_error(target, e))?;
        let what = format!("writing {} ({name})", shown(target.path()));
        let mut out = BufWriter::with_capacity(256 << 10, &mut zip);
        npy::elements(&array, &mut out, &what, cx).map_err(|e| match e.kind {
            crate::array::error::Kind::TypeError => target.refuse(e.kind, &e.text),
            _ => e,
        })?;
        out.flush()?;
    }
    let mut out = zip.finish().map_err(|e| zip_error(target, e))?;
    out.flush().map_err(Error::from)
}

fn zip_error(target: &Target, e: npyz::zip::result::ZipError) -> Error {
    match e {
        npyz::zip::result::ZipError::Io(e) => Error::from(e),
        other => Error::os(format!("{}: {other}", shown(target.path()))),
    }
}

/// The arrays of the archive and their names.
fn entries(value: &Value) -> Result<Vec<(String, Value)>> {
    if let Value::Dict(dict) = value {
        return dict
            .lock()
            .iter()
            .map(|(k, v)| {
                let name = k.as_str().ok_or_else(|| {
                    Error::type_error(format!("keywords must be strings, not {}", k.type_name()))
                })?;
                Ok((name, v.clone()))
            })
            .collect();
    }
    let parts = match value {
        Value::Tuple(_) | Value::List(_) => value.sequence().unwrap_or_default(),
        _ => Vec::new(),
    };
    let array = |v: &Value| match v {
        Value::Array(nd) => !nd.is_scalar(),
        Value::Foreign(_) => true,
        _ => false,
    };
    if parts.iter().any(array) {
        return Ok(parts.into_iter().enumerate().map(|(i, v)| (format!("arr_{i}"), v)).collect());
    }
    Ok(vec![("arr_0".into(), value.clone())])
}
