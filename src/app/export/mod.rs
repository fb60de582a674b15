//! Values as files of other programs, and as text streams.
//!
//! [`write()`] chooses the format by the file's ending; [`stream`] writes to any writer. One file
//! here a format; `target` is the file that replaces another only when it is whole, `pieces`
//! the order in which an array's elements are computed for a writer, `table` an array as rows
//! and columns. All of them stream: an array is never in memory whole because of being written.

mod cells;
mod csv;
mod h5;
mod image;
mod json;
mod markdown;
mod npy;
mod npz;
mod parquet;
mod pieces;
mod plot;
mod table;
mod target;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::array::{Context, Error, Result};
use crate::numpy::value::Value;
use crate::store::File;
use target::Target;
pub(super) use target::shown;

/// The formats that values are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// NumPy's array file.
    Npy,
    /// NumPy's archive of arrays.
    Npz,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// Strings without quotes; other values as in TSV.
    Raw,
    /// The one line of `--format json`.
    Json,
    /// A new HDF5 file.
    Hdf5,
    /// Apache Parquet.
    Parquet,
    /// A Markdown table.
    Markdown,
    /// A picture.
    Png,
}

/// How a format is written to a file.
type Writer = fn(&Value, &Target, &Context) -> Result<()>;

/// Endings of files, what they stand for and what writes it.
const ENDINGS: &[(&str, Format, Writer)] = &[
    ("npy", Format::Npy, npy::write),
    ("npz", Format::Npz, npz::write),
    ("csv", Format::Csv, |v, t, cx| streamed(v, Format::Csv, t, cx)),
    ("tsv", Format::Tsv, |v, t, cx| streamed(v, Format::Tsv, t, cx)),
    ("json", Format::Json, |v, t, cx| streamed(v, Format::Json, t, cx)),
    ("h5", Format::Hdf5, h5::write),
    ("hdf5", Format::Hdf5, h5::write),
    ("parquet", Format::Parquet, parquet::write),
    ("md", Format::Markdown, |v, t, cx| streamed(v, Format::Markdown, t, cx)),
    ("png", Format::Png, image::write),
];

impl Format {
    /// The format that a file's ending stands for.
    ///
    /// # Errors
    /// ValueError that lists the endings.
    pub fn of(path: &Path) -> Result<Format> {
        Ok(by_ending(path)?.0)
    }

    /// The format of `--format` with this name, where it can be streamed.
    pub fn named(name: &str) -> Option<Format> {
        match name {
            "csv" => Some(Format::Csv),
            "tsv" => Some(Format::Tsv),
            "raw" => Some(Format::Raw),
            "json" => Some(Format::Json),
            _ => None,
        }
    }
}

fn by_ending(path: &Path) -> Result<(Format, Writer)> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let found = ENDINGS.iter().find(|e| Some(e.0) == ending.as_deref());
    found.map(|e| (e.1, e.2)).ok_or_else(|| {
        let known: Vec<String> = ENDINGS.iter().map(|e| format!(".{}", e.0)).collect();
        Error::value(format!(
            "{}: no format has this ending (use {})",
            target::shown(path),
            known.join(" ")
        ))
    })
}

/// Refuses to put a value in the place of a file that is open: it would be gone, with no way back.
///
/// # Errors
/// OSError where one of the files is at this path.
pub fn must_not_be_open<'a>(
    path: &Path,
    mut files: impl Iterator<Item = &'a Arc<File>>,
) -> Result<()> {
    let Ok(real) = path.canonicalize() else { return Ok(()) };
    match files.any(|f| f.path().canonicalize().is_ok_and(|f| f == real)) {
        true => Err(Error::os(format!("{} is open here", shown(path)))),
        false => Ok(()),
    }
}

/// Writes a value to a file, in the format that its ending names. An existing file is replaced
/// only when the new one is whole.
///
/// # Errors
/// ValueError for an unknown ending; TypeError or ValueError where the format has no place for
/// the value; OSError with the file's name; whatever computing the value meets.
pub fn write(value: &Value, path: &Path, cx: &Context) -> Result<()> {
    let (_, writer) = by_ending(path)?;
    let target = Target::new(path)?;
    writer(value, &target, cx)?;
    // a cancel in the last moment leaves the old file, too
    cx.check()?;
    target.commit()
}

fn streamed(value: &Value, format: Format, target: &Target, cx: &Context) -> Result<()> {
    let mut out = target.stream();
    stream(value, format, &mut out, cx)?;
    out.flush().map_err(Error::from)
}

/// Writes a value as text to any writer.
///
/// # Errors
/// ValueError for formats that need a file; otherwise as [`write()`].
pub fn stream(value: &Value, format: Format, out: &mut dyn Write, cx: &Context) -> Result<()> {
    match format {
        Format::Csv => csv::write(value, csv::Style::CSV, out, cx),
        Format::Tsv => csv::write(value, csv::Style::TSV, out, cx),
        Format::Raw => csv::write_raw(value, out, cx),
        Format::Json => json::write(value, out, cx),
        Format::Markdown => markdown::write(value, out, cx),
        Format::Npy => npy::stream(value, out, cx),
        Format::Npz | Format::Hdf5 | Format::Parquet | Format::Png => {
            let ending = ENDINGS.iter().find(|e| e.1 == format).map_or("", |e| e.0);
            Err(Error::value(format!("{ending} can be written to a file only (-o out.{ending})")))
        }
    }
}
