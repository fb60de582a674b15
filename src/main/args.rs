//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ch5tui::store::ObjectPath;
use clap::{Parser, ValueEnum};

/// Browse HDF5 files in the terminal.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Args {
    /// HDF5 files; a path inside may follow the file's: run.h5/detector/counts, or
    /// run.h5 +goto /detector/counts
    #[arg(value_name = "FILE")]
    pub files: Vec<OsString>,

    /// Print the tree, one object a line
    #[arg(short, long)]
    pub list: bool,

    /// With --list: only PATH and what is below it
    #[arg(long, value_name = "PATH", requires = "list")]
    pub at: Option<OsString>,

    /// With --list: go through soft and external links
    #[arg(long, requires = "list")]
    pub follow: bool,

    /// How --list prints
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Allow changes; the file is opened for writing only for the moment of a change
    #[arg(short, long, conflicts_with = "mode")]
    pub write: bool,

    /// How the file is opened: r, r+, w (empties one that exists), w-, a; the last three create it
    #[arg(long, value_name = "MODE")]
    pub mode: Option<String>,

    /// Read and write no configuration, history or restored session
    #[arg(long)]
    pub clean: bool,

    /// Draw with ASCII only (the default where the locale is not UTF-8)
    #[arg(long)]
    pub ascii: bool,
}

/// The forms of printed results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON value a line.
    Json,
}

/// Splits `run.h5/detector/counts`: the longest beginning that is no folder is the file.
pub fn split_inner(argument: &OsString) -> (PathBuf, Option<ObjectPath>) {
    use std::os::unix::ffi::OsStrExt;
    let whole = Path::new(argument);
    if whole.symlink_metadata().is_ok() {
        return (whole.to_path_buf(), None);
    }
    for file in whole.ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()) {
        if file.is_file() {
            let inner = whole.strip_prefix(file).unwrap_or(Path::new(""));
            return (file.to_path_buf(), Some(ObjectPath::new(inner.as_os_str().as_bytes())));
        }
    }
    (whole.to_path_buf(), None)
}

/// The files of a command line, each perhaps with a path inside: `run.h5/detector`, or
/// `run.h5 +goto /detector`.
///
/// # Errors
/// `+goto` without a file before it or a path after it.
pub fn files(arguments: &[OsString]) -> Result<Vec<(PathBuf, Option<ObjectPath>)>, String> {
    use std::os::unix::ffi::OsStrExt;
    let mut files: Vec<(PathBuf, Option<ObjectPath>)> = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let path = match argument.as_bytes().strip_prefix(b"+goto") {
            Some(b"") => arguments.next().map(|a| a.as_bytes().to_vec()),
            Some(rest) if rest.starts_with(b" ") => Some(rest[1..].to_vec()),
            _ => {
                files.push(split_inner(argument));
                continue;
            }
        };
        match (path, files.last_mut()) {
            (Some(path), Some(file)) => file.1 = Some(ObjectPath::new(path)),
            (None, _) => return Err("+goto needs a path".into()),
            (_, None) => return Err("+goto needs a file before it".into()),
        }
    }
    Ok(files)
}
