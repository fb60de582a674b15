//! `.json`: the line that `--format json` prints.

use std::io::Write;

use crate::array::{Context, Error, Result};
use crate::numpy::value::Value;

/// Writes the line.
///
/// # Errors
/// As [`super::stream`].
pub fn write(value: &Value, out: &mut dyn Write, cx: &Context) -> Result<()> {
    crate::app::json::write(value, out, cx)?;
    out.write_all(b"\n").map_err(Error::from)
}
