//! The journal of a change, as it is written: records are put together, and made durable at once.

use std::io;

use super::disk::Disk;
use super::format::{Head, Tail};
use super::place::Folder;
use super::words::{folder_words, too_much, words_of};

/// Records that are put together before they go to the journal; tests see more of what comes
/// after.
const BUFFER: usize = if cfg!(test) { 8 << 10 } else { 1 << 20 };

/// A journal that is being written.
#[derive(Debug)]
pub(super) struct Writer {
    disk: Disk,
    /// Bytes that are in it.
    at: u64,
    /// Records that are not in the journal yet.
    buffer: Vec<u8>,
    /// How many of them are durable.
    durable: u64,
    /// Whether it may only take what a record may.
    limited: bool,
}

/// What was done, or why not, in words for the user.
type Done = std::result::Result<(), String>;

impl Writer {
    pub fn new(disk: Disk, limited: bool) -> Writer {
        Writer { disk, at: 0, buffer: Vec::new(), durable: 0, limited }
    }

    pub fn add_head(&mut self, head: &Head) -> io::Result<()> {
        self.buffer.extend(head.encode()?);
        Ok(())
    }

    pub fn add_tail(&mut self, head: &Head, tail: &Tail) -> io::Result<()> {
        head.add_tail(tail, &mut self.buffer)
    }

    /// Where the next record begins.
    pub fn end(&self) -> u64 {
        self.at + self.buffer.len() as u64
    }

    /// Adds the old content of pages, the first and how many, as `read` gives it.
    pub fn add(
        &mut self,
        head: &Head,
        pages: (u64, u64),
        folder: &Folder,
        read: impl FnOnce(&mut [u8]) -> io::Result<()>,
    ) -> Done {
        head.add_pages(pages, self.durable, &mut self.buffer, read).map_err(|e| words_of(&e))?;
        let settings = super::undo_settings();
        if self.limited && settings.record && self.end() > settings.bytes {
            return Err(too_much(None, settings.bytes));
        }
        match self.buffer.len() >= BUFFER {
            true => self.write(folder),
            false => Ok(()),
        }
    }

    fn write(&mut self, folder: &Folder) -> Done {
        self.disk.write_at(&self.buffer, self.at).map_err(|e| folder_words(folder, &e))?;
        self.at += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Puts another end at `end`. Where that fails, the change can't be undone, but is made.
    pub fn end_anew(&mut self, head: &Head, tail: &Tail, end: u64) {
        let mut bytes = Vec::new();
        let _ = head
            .add_tail(tail, &mut bytes)
            .and_then(|()| self.disk.set_len(end))
            .and_then(|()| self.disk.write_at(&bytes, end))
            .and_then(|()| self.disk.sync());
    }

    /// Makes all that was added durable.
    pub fn sync(&mut self, folder: &Folder) -> Done {
        if !self.buffer.is_empty() {
            self.write(folder)?;
        }
        if self.durable < self.at {
            self.disk.sync().map_err(|e| folder_words(folder, &e))?;
            self.durable = self.at;
        }
        Ok(())
    }
}
