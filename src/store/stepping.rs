//! The way back and forth along the changes of a file, for all in this process who have it open.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::change::CHANGING;
use super::error::{Result, StoreError};
use super::file::{File, Opened};
use super::journal::history::{self, Record};
use super::journal::transaction::Transaction;

impl File {
    /// Takes the last change of the file back: its bytes are what they were before. What it was.
    ///
    /// # Errors
    /// There is none, or something else has changed the file since.
    pub fn undo(&self) -> Result<Record> {
        self.step(true, &|| false)
    }

    /// Makes the change again that was undone last. What it was.
    ///
    /// # Errors
    /// Those of [`File::undo`].
    pub fn redo(&self) -> Result<Record> {
        self.step(false, &|| false)
    }

    /// One change back, or forth, unless `stop` says so in between: the file is then as it was.
    ///
    /// # Errors
    /// Those of [`File::undo`].
    pub fn step(&self, back: bool, stop: &dyn Fn() -> bool) -> Result<Record> {
        self.closed_for(true, |path| history::step(path, back, stop))
    }

    /// Drops what undoes the changes of the file, and cuts what was kept of it for that.
    ///
    /// # Errors
    /// Another program is changing it.
    pub fn forget(&self) -> Result<()> {
        let allocated = self.allocated().unwrap_or(u64::MAX);
        self.closed_for(false, |path| {
            let transaction = Transaction::begin(path, "")?;
            // what is allocated is known of the file as it was read
            let done = match self.opened.is_as_read(&transaction) {
                true => history::forget(&transaction, allocated),
                false => Err(StoreError::ChangedOutside { path: self.shown_path() }),
            };
            transaction.roll_back()?;
            done
        })
    }

    /// Runs `f` while HDF5 has the file closed, for all who have it open. Where it `changes`
    /// values or paths, their readers keep what they need.
    pub(super) fn closed_for<T>(
        &self,
        changes: bool,
        f: impl FnOnce(&Path) -> Result<T>,
    ) -> Result<T> {
        self.must_be_writable()?;
        let _one = CHANGING.lock();
        if self.is_changing() {
            let why = "a change of it is under way".into();
            return Err(StoreError::NotChanged { path: self.shown_path(), why });
        }
        let siblings = self.all_of_file();
        if changes {
            for reader in siblings.iter().flat_map(|o| o.readers.alive()) {
                reader.keep(None)?;
            }
        }
        let _lock = self.lock();
        siblings.iter().for_each(|o| _ = o.close());
        Opened::close_all_lent();
        let done = f(&self.opened.path);
        let mut reopened = Ok(());
        for o in &siblings {
            reopened = reopened.and(o.reopen());
            o.generation.fetch_add(1, Ordering::AcqRel);
        }
        let done = done?;
        reopened?;
        Ok(done)
    }
}
