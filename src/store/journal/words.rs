//! What is said of failures.

use std::io;

use super::place::Folder;
use crate::store::error::{byte_size, shown};

/// Why a change is not made whose record would be too large.
pub(in crate::store) fn too_much(bytes: Option<u64>, limit: u64) -> String {
    let limit = byte_size(limit);
    let size = bytes.map_or(format!("more than {limit}"), |n| {
        format!("{}, and {limit} is the limit", byte_size(n))
    });
    format!(
        "what undoes it would take {size}; --no-undo makes it without, --undo-bytes sets the limit"
    )
}

/// Why a journal can't be written.
pub(super) fn folder_words(folder: &Folder, e: &io::Error) -> String {
    let words = words_of(e);
    match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => words,
        _ => format!(
            "{}: {words}; a change needs a journal there (or --no-undo with --journal-dir)",
            shown(&folder.path)
        ),
    }
}

/// What the system says, without its number.
pub(super) fn words_of(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_string()
}
