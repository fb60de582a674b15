//! Changes of a file that either happen or don't, and that can be taken back.
//!
//! A [`transaction::Transaction`] stands between HDF5 and the file while it is changed. What
//! HDF5 writes is held as pages in memory; before pages go to the file, what they replace is put
//! in a journal beside it and made durable. The order, each step durable before the next:
//!
//! 1. the journal's head, with the page that holds HDF5's signature, and the journal's name;
//! 2. the signature is masked: from here on no other program takes the file for whole;
//! 3. in turn, old pages to the journal and new ones to the file;
//! 4. the journal's end, which says what the file is to be;
//! 5. the true signature is put back: this is the commit;
//! 6. the journal is renamed: it is now the record that undoes the change.
//!
//! So a file whose signature is true is whole: what a journal beside it says is done or was
//! never begun. A file with the mask is put back from its journal, by whoever changes it next or
//! by `--recover`; until then it is read through the journal.
//!
//! `format` is the journal's form and `writer` what writes it, `disk` the calls to the system,
//! `place` the folder beside the file and the writer's lock, `pages` sets of pages, `stamp` what
//! files are known by, `transaction` the above, `source` what a file is read through, `driver`
//! HDF5's side of it, `recovery` what a dead journal is played back by, `history` the records,
//! undo and redo, `replaced` a file that takes another's place, `words` what is said of failures.

pub(super) mod disk;
pub(super) mod driver;
mod format;
pub(super) mod history;
mod pages;
pub(super) mod place;
pub(super) mod recovery;
pub(super) mod replaced;
pub(super) mod source;
pub(super) mod stamp;
pub(super) mod transaction;
pub(super) mod words;
mod writer;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use parking_lot::{Mutex, RwLock};

/// Bytes of a page: what is journalled at least.
pub(super) const PAGE: u64 = 4096;
/// HDF5's signature, at the start of its superblock.
pub(super) const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";
/// What stands in its place while a change is not committed.
pub(super) const MASK: [u8; 8] = *b"\x89ch5tui\n";

/// Whether and how changes can be undone, and where their journals are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoSettings {
    /// Whether a change leaves a record that undoes it. Without one, the records of earlier
    /// changes are of no use any more, and go.
    pub record: bool,
    /// The most records that are kept of a file.
    pub count: usize,
    /// The most bytes that they take together.
    pub bytes: u64,
    /// Where journals are, if not beside their files. Only without records.
    pub journal_dir: Option<PathBuf>,
}

impl UndoSettings {
    /// 100 changes, 5 GB together.
    pub const DEFAULT: UndoSettings =
        UndoSettings { record: true, count: 100, bytes: 5 << 30, journal_dir: None };
}

impl Default for UndoSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

static SETTINGS: RwLock<UndoSettings> = RwLock::new(UndoSettings::DEFAULT);

/// Sets how changes are recorded, from the next change on.
pub fn set_undo_settings(settings: UndoSettings) {
    *SETTINGS.write() = settings;
}

/// How changes are recorded.
pub fn undo_settings() -> UndoSettings {
    SETTINGS.read().clone()
}

/// What was done unasked and a user should know.
static NOTICES: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(super) fn notice(text: String) {
    NOTICES.lock().push(text);
}

/// What was done unasked since this was last called, a sentence each: such as that a change that
/// a crash had cut off was rolled back.
pub fn take_notices() -> Vec<String> {
    std::mem::take(&mut NOTICES.lock())
}
