//! A file while it is changed: opened for writing, for all in this process who have it open; then
//! committed or taken back, and opened for reading again.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::access::allocated_of;
use super::copies::mend::Patch;
use super::error::{Result, StoreError, byte_size, shown};
use super::ffi::*;
use super::file::{File, Opened};
use super::hdf::{Hdf, Lock, check, lock_for};
use super::journal::notice;
use super::journal::transaction::Transaction;
use super::path::ObjectPath;

/// A file that is open for writing, for all who have it open in this process.
pub(super) struct Writing {
    label: &'static CStr,
    pub(super) siblings: Vec<Arc<Opened>>,
    transaction: Arc<Transaction>,
    /// What readers were told that it is elsewhere now: from, to.
    pub(super) moves: Vec<(ObjectPath, ObjectPath)>,
    /// What is written when the library has closed the file.
    pub(super) patches: Vec<Patch>,
    /// Bytes behind the last allocated one, before the change.
    tail: u64,
    /// What of it was open when it was prepared to be committed.
    open: Option<Vec<Arc<Opened>>>,
    /// Bytes of it that nothing uses since this change.
    freed: u64,
    /// Whether something of this file was changed, and of another in its stead.
    pub(super) here: bool,
    pub(super) elsewhere: bool,
}

impl File {
    /// Opens the file for writing, for all who have it open.
    pub(super) fn open_for_writing(&self, what: &str) -> Result<Writing> {
        let _lock = self.lock();
        let siblings = self.all_of_file();
        let transaction = Transaction::begin(&self.opened.path, what)?;
        if !self.opened.is_as_read(&transaction) {
            transaction.roll_back()?;
            return Err(StoreError::ChangedOutside { path: self.shown_path() });
        }
        let close = || siblings.iter().for_each(|o| _ = o.close());
        close();
        let mut writing = self.opened.open_for_writing(&transaction);
        if writing.as_ref().is_err_and(|why| why.contains("already open")) {
            // perhaps by way of a link from another file
            Opened::close_all_lent();
            writing = self.opened.open_for_writing(&transaction);
        }
        let shared = writing.and_then(|id| {
            for o in siblings.iter().filter(|o| !Arc::ptr_eq(o, &self.opened)) {
                o.id.replace(id.another()?);
            }
            self.opened.id.replace(id);
            Ok(())
        });
        if let Err(why) = shared {
            transaction.abandon();
            close();
            transaction.roll_back()?;
            for o in &siblings {
                o.reopen()?;
            }
            return Err(self.unwritable(why));
        }
        for o in &siblings {
            *o.transaction.lock() = Some(transaction.clone());
        }
        let tail = tail_of(&self.opened, &transaction);
        Ok(Writing {
            label: self.label(),
            siblings,
            transaction,
            moves: Vec::new(),
            patches: Vec::new(),
            tail,
            open: None,
            freed: 0,
            here: false,
            elsewhere: false,
        })
    }
}

impl Writing {
    /// Keeps the library for this file's end and those of others.
    pub(super) fn lock(&self) -> Lock {
        lock_for(self.label)
    }

    /// Bytes that go to the file.
    pub(super) fn weigh(&self) -> u64 {
        let _lock = lock_for(self.label);
        if let Some(o) = self.siblings.iter().find(|o| o.id.raw() >= 0) {
            // SAFETY: the file is open. Where it fails, less is known.
            let _ = check(unsafe { H5Fflush(o.id.raw(), H5F_SCOPE_GLOBAL) });
        }
        self.transaction.weight()
    }

    /// Bytes of the file that nothing uses since this change.
    fn freed_in(&self, o: &Opened) -> u64 {
        // SAFETY: the file is open.
        let free = check(unsafe { H5Fget_freespace(o.id.raw()) }).map_or(0, |n| n.max(0) as u64);
        free + tail_of(o, &self.transaction).saturating_sub(self.tail)
    }

    /// Whether something of it was changed: HDF5 may write to a file just because it is open for
    /// writing.
    fn is_meant(&self) -> bool {
        self.here || !self.elsewhere
    }

    /// Has the library close the file, and makes what was changed durable: then only the commit
    /// is missing.
    pub(super) fn prepare(&mut self) -> Result<()> {
        if !self.is_meant() {
            return Ok(());
        }
        let _lock = lock_for(self.label);
        let open = self.still_open();
        self.freed = open.first().map_or(0, |o| self.freed_in(o));
        let flushed = match open.first() {
            // SAFETY: the file is open.
            Some(o) => check(unsafe { H5Fflush(o.id.raw(), H5F_SCOPE_GLOBAL) }).map(drop),
            None => Ok(()),
        };
        if flushed.is_err() {
            self.transaction.abandon();
        }
        let closed = self.close(&open);
        self.open = Some(open);
        let patched = flushed
            .and(closed)
            .and_then(|()| self.patches.iter().try_for_each(|p| p.apply(&*self.transaction)));
        patched.and_then(|()| self.transaction.prepare()).map_err(|why| self.not_changed(why))
    }

    fn still_open(&self) -> Vec<Arc<Opened>> {
        self.siblings.iter().filter(|o| o.id.raw() >= 0).cloned().collect()
    }

    /// Commits what was prepared, or takes it back, and opens the file for reading again.
    pub(super) fn end(mut self, good: bool) -> Result<()> {
        let _lock = lock_for(self.label);
        let ended = match good && self.is_meant() {
            true => self.transaction.commit(),
            false => {
                self.transaction.abandon();
                let closed = match &self.open {
                    Some(_) => Ok(()),
                    None => {
                        let open = self.still_open();
                        let closed = self.close(&open);
                        self.open = Some(open);
                        closed
                    }
                };
                self.transaction.roll_back().and(closed.or_else(|why| match good {
                    true => Err(self.not_changed(why)),
                    false => Ok(()),
                }))
            }
        };
        if good && ended.is_ok() {
            self.say_what_is_free();
        }
        let open = self.open.take().unwrap_or_default();
        let mut reopened = Ok(());
        for o in &self.siblings {
            *o.transaction.lock() = None;
            if open.iter().any(|other| Arc::ptr_eq(other, o)) {
                reopened = reopened.and(o.reopen());
            }
            o.generation.fetch_add(1, Ordering::AcqRel);
        }
        if !good || ended.is_err() {
            for (from, to) in self.moves.iter().rev() {
                tell_moved(&self.siblings, to, from);
            }
        }
        ended.and(reopened)
    }

    fn say_what_is_free(&self) {
        if self.freed >= WORTH_SAYING {
            let path = shown(&self.siblings[0].path);
            let freed = byte_size(self.freed);
            notice(format!(
                "{path}: {freed} of it are used by nothing now; repack gives them back"
            ));
        }
    }

    /// Has the library close the file.
    fn close(&self, open: &[Arc<Opened>]) -> Hdf<()> {
        // each of them, whatever becomes of the others
        let mut closed = open.iter().filter(|o| !o.close()).count() == 0;
        if !self.transaction.is_closed() {
            Opened::close_all_lent();
            closed &= self.transaction.is_closed();
        }
        if closed { Ok(()) } else { Err("the library could not close it".into()) }
    }

    pub(super) fn not_changed(&self, why: String) -> StoreError {
        StoreError::NotChanged { path: shown(&self.siblings[0].path), why }
    }
}

/// Bytes that are worth a word when nothing uses them.
const WORTH_SAYING: u64 = 64 << 10;

/// Bytes of an open file behind the last one that is allocated. Needs the lock.
fn tail_of(o: &Opened, transaction: &Transaction) -> u64 {
    allocated_of(&o.id).map_or(0, |end| transaction.len().saturating_sub(end))
}

/// Tells readers below `from` that their objects are now below `to`.
pub(super) fn tell_moved(siblings: &[Arc<Opened>], from: &ObjectPath, to: &ObjectPath) {
    for reader in siblings.iter().flat_map(|o| o.readers.alive()) {
        if let Some(path) = reader.path().rebased(from, to) {
            reader.moved(path);
        }
    }
}
