//! How a dataset is stored, said by the keywords of h5py and ch5mpy: chunks, maximum shape, filters.

use super::given::Given;
use super::h5_write::shape_of;
use crate::array::{Context, Error, Result};
use crate::numpy::{Value, convert};
use crate::object::{Chunks, Storing};
use crate::store::{FLETCHER32, GZIP, LZF, SCALEOFFSET, SHUFFLE};

/// How a dataset is stored, from the arguments that h5py and ch5mpy take.
///
/// # Errors
/// ValueError for what HDF5 hasn't.
pub(super) fn storing_of(g: &Given, cx: &Context) -> Result<Storing> {
    let numbers = |v: &Value| -> Result<Vec<u64>> {
        Ok(shape_of(v)?.into_iter().map(|n| n as u64).collect())
    };
    let chunks = match g.some("chunks") {
        None => None,
        Some(Value::Bool(true)) => Some(Chunks::Auto),
        Some(Value::Bool(false)) => Some(Chunks::Contiguous),
        Some(shape) => Some(Chunks::Shape(numbers(shape)?)),
    };
    let maxshape = match g.some("maxshape") {
        None => None,
        Some(value) => {
            let items = value.sequence().unwrap_or_else(|| vec![value.clone()]);
            let one = |v: &Value| match v {
                Value::None => Ok(None),
                v => Ok(Some(
                    u64::try_from(v.index()?)
                        .map_err(|_| Error::value("maxshape must not be negative"))?,
                )),
            };
            Some(items.iter().map(one).collect::<Result<Vec<_>>>()?)
        }
    };
    let mut filters = Vec::new();
    if let Some(digits) = g.some("scaleoffset") {
        // 2: integers, as many bits as it takes for True or 0; 0: floats, so many digits
        let digits = match digits {
            Value::Bool(true) => 0,
            v => u32::try_from(v.index()?).map_err(|_| Error::value("scaleoffset"))?,
        };
        let floats = match (g.some("dtype"), g.some("data")) {
            (Some(dtype), _) => !convert::as_dtype(dtype)?.is_integer(),
            (None, Some(data)) => !convert::as_array(data, cx)?.dtype().is_integer(),
            _ => true,
        };
        filters.push((SCALEOFFSET, vec![if floats { 0 } else { 2 }, digits]));
    }
    if g.flag("shuffle", cx)? {
        filters.push((SHUFFLE, Vec::new()));
    }
    let level = g.some("compression_opts").map(Value::index).transpose()?;
    match g.some("compression") {
        None | Some(Value::Bool(false)) => {}
        Some(value) => {
            let (name, given) = match value {
                Value::Bool(true) => ("gzip".to_string(), None),
                Value::Int(_) => ("gzip".to_string(), Some(value.index()?)),
                other => (other.as_str().unwrap_or_default(), None),
            };
            match name.as_str() {
                "gzip" => {
                    let level = given.or(level).unwrap_or(4);
                    if !(0..=9).contains(&level) {
                        return Err(Error::value(
                            "GZIP setting must be an integer from 0-9, not ".to_string()
                                + &level.to_string(),
                        ));
                    }
                    filters.push((GZIP, vec![level as u32]));
                }
                "lzf" => filters.push((LZF, Vec::new())),
                other => {
                    return Err(Error::value(format!(
                        "Compression filter \"{other}\" is unavailable (gzip and lzf are there)"
                    )));
                }
            }
        }
    }
    if g.flag("fletcher32", cx)? {
        filters.push((FLETCHER32, Vec::new()));
    }
    let said = ["scaleoffset", "shuffle", "compression", "fletcher32"];
    // a None that was given says that there is none
    let filters = said.iter().any(|n| g.get(n).is_some()).then_some(filters);
    // h5py: what is neither chunked, resizable nor filtered is contiguous
    let contiguous = g.get("data").is_some() || g.get("shape").is_some();
    let plain = filters.as_ref().is_none_or(Vec::is_empty);
    let (chunks, maxshape) = match (chunks, maxshape) {
        (None, None) if contiguous && plain => (Some(Chunks::Unsaid), None),
        (chunks, None) if contiguous => {
            // the maximum is the shape
            let shape = match (g.some("shape"), g.some("data")) {
                (Some(shape), _) => shape_of(shape)?,
                (None, Some(data)) => convert::as_array(data, cx)?.shape().to_vec(),
                _ => Vec::new(),
            };
            (chunks, Some(shape.into_iter().map(|n| Some(n as u64)).collect()))
        }
        other => other,
    };
    Ok(Storing { chunks, maxshape, filters, bare: false, fill: None })
}
