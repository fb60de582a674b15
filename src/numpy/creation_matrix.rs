//! Matrices: arrays of two axes, whatever is done with them.

use super::args::Args;

use super::convert::as_array;
use super::creation::SECTION;
use super::creation_convert::unchanged;
use super::manipulation_join::{common, joined};
use super::nd::{Class, Nd};
use super::registry::Function;
use super::value::Value;
use crate::array::reshape::reshape;
use crate::array::{Array, Context, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(
        &["asmatrix", "mat"],
        "data, dtype=None",
        "A value as a matrix, which always has two axes.",
        asmatrix,
    ),
    SECTION.any(&["bmat"], "obj, ldict=None, gdict=None", "A matrix out of blocks.", bmat),
];

/// The rows of a matrix that text gives: `1 2; 3 4`.
fn matrix_text(text: &str) -> Result<Value> {
    let clean: String = text.chars().filter(|c| !matches!(c, '[' | ']')).collect();
    let mut rows = Vec::new();
    let mut width = None;
    for row in clean.split(';') {
        let mut items = Vec::new();
        for word in row.split([',', ' ', '\t', '\n']).filter(|w| !w.is_empty()) {
            let int = crate::array::text::parse_int(word, 10).map(Value::Int);
            let float = || crate::array::text::parse_float(word).map(Value::Float);
            let complex =
                || crate::array::text::parse_complex(word).map(|(re, im)| Value::Complex(re, im));
            let wrong = || Error::value(format!("malformed node or string: {word}"));
            items.push(int.or_else(float).or_else(complex).ok_or_else(wrong)?);
        }
        if *width.get_or_insert(items.len()) != items.len() {
            return Err(Error::value("Rows not the same size."));
        }
        rows.push(Value::list(items));
    }
    Ok(Value::list(rows))
}

/// An array as a matrix.
///
/// # Errors
/// ValueError where it has more than two axes.
pub fn matrix_of(nd: &Nd) -> Result<Nd> {
    let shape = match nd.shape()?.as_slice() {
        [] => vec![1, 1],
        [n] => vec![1, *n],
        [n, m] => vec![*n, *m],
        more => {
            let long: Vec<usize> = more.iter().copied().filter(|n| *n > 1).collect();
            match long.as_slice() {
                [n, m] => vec![*n, *m],
                [n] => vec![1, *n],
                _ => return Err(Error::value("shape too large to be a matrix.")),
            }
        }
    };
    Ok(nd.viewed(move |a| Ok(reshape(a, shape.clone())))?.with_class(Class::Matrix))
}

fn asmatrix(args: &Args, cx: &Context) -> Result<Value> {
    let mut data = args.value("data");
    if let Some(text) = data.as_str() {
        data = matrix_text(&text)?;
    }
    let nd = unchanged(&data, args.dtype("dtype")?.as_ref(), false, cx)?;
    matrix_of(&nd).map(Value::Array)
}

fn bmat(args: &Args, cx: &Context) -> Result<Value> {
    let obj = args.value("obj");
    let as_matrix = |a: Array| matrix_of(&Nd::new(a)).map(Value::Array);
    if let Some(text) = obj.as_str() {
        // names of the caller's, which the language gives
        let mut rows = Vec::new();
        for row in text.split(';') {
            let mut parts = Vec::new();
            for name in row.split([',', ' ']).map(str::trim).filter(|n| !n.is_empty()) {
                let mut found = None;
                for dict in [args.get("ldict"), args.get("gdict")].into_iter().flatten() {
                    if let Value::Dict(d) = dict
                        && found.is_none()
                    {
                        found = d.lock().get(&Value::str(name))?.cloned();
                    }
                }
                let value = found.ok_or_else(|| {
                    Error::new(
                        crate::array::error::Kind::NameError,
                        format!("name '{name}' is not defined"),
                    )
                })?;
                parts.push(as_array(&value, cx)?);
            }
            rows.push(joined(&parts, -1, None)?);
        }
        return as_matrix(joined(&rows, 0, None)?);
    }
    if let Some(items) = obj.sequence() {
        let mut rows = Vec::new();
        for row in &items {
            match row.sequence() {
                Some(parts) => {
                    let parts =
                        parts.iter().map(|p| as_array(p, cx)).collect::<Result<Vec<_>>>()?;
                    rows.push(joined(&parts, -1, None)?);
                }
                None => {
                    let parts =
                        items.iter().map(|p| as_array(p, cx)).collect::<Result<Vec<_>>>()?;
                    return as_matrix(joined(&parts, -1, None)?);
                }
            }
        }
        let dtype = common(&rows)?;
        return as_matrix(joined(&rows, 0, Some(dtype))?);
    }
    match &obj {
        Value::Array(nd) if !nd.is_scalar() => as_matrix(nd.array()?),
        Value::Foreign(f) if f.array(cx).is_some() => as_matrix(as_array(&obj, cx)?),
        _ => Ok(Value::None),
    }
}
