//! What can go wrong with a file, as one typed error whose text is the sentence a user reads.

use super::path::{ObjectPath, escape};

/// An error of this room. Its `Display` is one line, in the user's terms.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system's refusal of a path.
    #[error("{path}: {why}")]
    Io {
        /// The path as given.
        path: String,
        /// The system's words.
        why: String,
    },
    /// The path is a folder, a pipe or a device.
    #[error("{path}: is {what}, not an HDF5 file")]
    NotAFile {
        /// The path as given.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// A file without HDF5's signature.
    #[error("{path}: not an HDF5 file")]
    NotHdf5 {
        /// The path as given.
        path: String,
    },
    /// An HDF5 file that the library can't open.
    #[error("{path}: cannot be opened: {why}")]
    Open {
        /// The path as given.
        path: String,
        /// The library's reason.
        why: String,
    },
    /// A new file that the library can't make or write.
    #[error("{path}: {why}")]
    Unwritable {
        /// The path as given.
        path: String,
        /// The library's reason.
        why: String,
    },
    /// A mode that is none of H5Mode's.
    #[error("invalid mode '{0}' (use r, r+, w, w- or a)")]
    Mode(String),
    /// No link of this name.
    #[error("KeyError: '{path}' in {file}")]
    NoSuchObject {
        /// The path inside the file.
        path: ObjectPath,
        /// The file.
        file: String,
    },
    /// A link that points at nothing.
    #[error("{path}: {why}")]
    Dangling {
        /// The link.
        path: ObjectPath,
        /// Where it points and what is missing.
        why: String,
    },
    /// An object of another kind than asked for.
    #[error("{path} is not a {expected}")]
    WrongKind {
        /// The object.
        path: ObjectPath,
        /// What was asked for.
        expected: &'static str,
    },
    /// Chunks behind a filter that this build lacks.
    #[error("{path}: needs the filter {filter}, which is not in this build")]
    MissingFilter {
        /// The dataset.
        path: ObjectPath,
        /// Its filter's name and number.
        filter: String,
    },
    /// A change of a file that is open for reading.
    #[error("{file}: is open for reading only (-w opens it for writing)")]
    ReadOnly {
        /// The file.
        file: String,
    },
    /// A name that is taken.
    #[error("{path} exists already")]
    Exists {
        /// The name.
        path: ObjectPath,
    },
    /// No attribute of this name.
    #[error("KeyError: '{}' in the attributes of {path}", escape(name))]
    NoSuchAttribute {
        /// The object.
        path: ObjectPath,
        /// The attribute.
        name: Vec<u8>,
    },
    /// Something that could not be written.
    #[error("{path}: cannot be written: {why}")]
    NotWritten {
        /// The object.
        path: ObjectPath,
        /// The library's reason.
        why: String,
    },
    /// A change that was not made, or was taken back: the file is as it was.
    #[error("{path}: is unchanged: {why}")]
    NotChanged {
        /// The file.
        path: String,
        /// What kept it.
        why: String,
    },
    /// A file that another program has changed since it was read here.
    #[error(
        "{path}: another program has changed it since it was read; nothing was written (R reads \
         it anew)"
    )]
    ChangedOutside {
        /// The file.
        path: String,
    },
    /// A file that another program has changed while it was read here.
    #[error(
        "{path}: another program has changed it while it was read: it must be read anew from the \
         beginning"
    )]
    ChangedMeanwhile {
        /// The file.
        path: String,
    },
    /// A change that could be neither made nor taken back.
    #[error("{path}: can't be put back as it was: {why}; --recover tries again from its journal")]
    NotRestored {
        /// The file.
        path: String,
        /// What kept it.
        why: String,
    },
    /// A file that was left in the middle of a change, without the journal that puts it back.
    #[error("{path}: {}", without_journal(journal))]
    NoJournal {
        /// The file.
        path: String,
        /// Where the journal is to be.
        journal: String,
    },
    /// A change that was only looked at, and is too large to be looked at whole.
    #[error("the preview ends here")]
    PreviewEnds,
    /// Anything else of a file that can't be read.
    #[error("{path}: cannot be read: {why}")]
    Unreadable {
        /// The object, or the object and its attribute.
        path: ObjectPath,
        /// The library's reason.
        why: String,
    },
}

impl StoreError {
    /// An error of the operating system on a path outside HDF5.
    pub(super) fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        // "No such file or directory (os error 2)": the number helps nobody
        let text = error.to_string();
        let why = text.split(" (os error").next().unwrap_or(&text).to_string();
        StoreError::Io { path: shown(path), why }
    }

    /// The reason alone, without the path: for a place where the path stands already.
    pub fn reason(&self) -> String {
        match self {
            StoreError::Io { why, .. }
            | StoreError::Open { why, .. }
            | StoreError::Unwritable { why, .. }
            | StoreError::Dangling { why, .. } => why.clone(),
            StoreError::Unreadable { why, .. } => format!("cannot be read: {why}"),
            StoreError::NotAFile { what, .. } => format!("is {what}, not an HDF5 file"),
            StoreError::NotHdf5 { .. } => "not an HDF5 file".into(),
            StoreError::MissingFilter { filter, .. } => {
                format!("needs the filter {filter}, which is not in this build")
            }
            StoreError::NoSuchObject { .. } => "no such object".into(),
            StoreError::WrongKind { expected, .. } => format!("not a {expected}"),
            StoreError::NotWritten { why, .. } => format!("cannot be written: {why}"),
            StoreError::NoSuchAttribute { .. } => "no such attribute".into(),
            StoreError::Exists { .. } => "exists already".into(),
            StoreError::ReadOnly { .. } => "is open for reading only".into(),
            StoreError::NotChanged { why, .. } => format!("is unchanged: {why}"),
            StoreError::NoJournal { journal, .. } => without_journal(journal),
            StoreError::Mode(_)
            | StoreError::PreviewEnds
            | StoreError::ChangedOutside { .. }
            | StoreError::ChangedMeanwhile { .. }
            | StoreError::NotRestored { .. } => self.to_string(),
        }
    }
}

fn without_journal(journal: &str) -> String {
    format!(
        "a change of it was cut off, and the journal that puts it back is not at {journal} (nor \
         was another place named by --journal-dir)"
    )
}

/// A file's path as shown in messages: control characters escaped.
pub(super) fn shown(path: &std::path::Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    escape(path.as_os_str().as_bytes())
}

/// This room's result.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A number of bytes with a suffix of powers of 1024, as the options take it.
pub fn byte_size(n: impl Into<u128>) -> String {
    let n = n.into();
    let mut value = n as f64;
    let mut suffix = "B";
    for next in ["K", "M", "G", "T", "P"] {
        if value < 1024.0 {
            break;
        }
        (value, suffix) = (value / 1024.0, next);
    }
    if suffix == "B" { format!("{n} bytes") } else { format!("{value:.1}{suffix}") }
}
