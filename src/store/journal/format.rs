//! A journal's form: a head, records of old pages, and an end.
//!
//! The head takes a page. A record is 32 bytes (what it is, how many pages, the first page, a
//! checksum) and then the pages. The end is a record whose content is text. Head and end are
//! JSON. Checksums are XXH3 with the journal's own salt, so that what an older journal left in
//! the same blocks of a disk is not taken for part of this one.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::PAGE;

const MAGIC: &[u8; 16] = b"ch5tui journal 1";
const PAGES: u32 = u32::from_le_bytes(*b"PAGE");
const END: u32 = u32::from_le_bytes(*b"DONE");
const RECORD: usize = 32;
/// The most pages of a record.
pub(super) const MOST: u64 = 256;
/// The most bytes of the words that say what a change is.
const WORDS: usize = 2000;

/// Which way a record leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Back, to before a change.
    Undo,
    /// Forth again, to after it.
    Redo,
}

/// A journal's first page: what the file was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub salt: u64,
    pub kind: Kind,
    /// Which change of the history it is of.
    pub number: u64,
    /// Grows with every transaction.
    pub serial: u64,
    /// The state of the file that it leads from, and the one that it gives.
    pub from: u64,
    pub to: u64,
    /// Where HDF5's signature is.
    pub signature: u64,
    pub size: u64,
    pub modified: (i64, i64),
    pub device: u64,
    pub inode: u64,
    /// When the change was made, in seconds since 1970, and what it was.
    pub time: i64,
    pub what: String,
    /// Whether it leads to another file, which is kept whole, and not to other pages.
    #[serde(default)]
    pub whole: bool,
}

/// A journal's end: what the file is after the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tail {
    pub size: u64,
    pub modified: (i64, i64),
    pub device: u64,
    pub inode: u64,
    /// Some of the pages last written, as runs, and their checksum.
    pub pages: Vec<(u64, u64)>,
    pub checksum: u64,
}

pub(super) fn checksum(seed: u64, bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(seed, bytes)
}

fn seed(salt: u64, tag: u32, count: u32, first: u64) -> u64 {
    let mut key = [0u8; 16];
    key[..4].copy_from_slice(&tag.to_le_bytes());
    key[4..8].copy_from_slice(&count.to_le_bytes());
    key[8..].copy_from_slice(&first.to_le_bytes());
    checksum(salt, &key)
}

/// Gives a record its head; `of` is room for that, and the content.
fn seal(salt: u64, tag: u32, count: u32, first: u64, of: &mut [u8]) {
    let (head, content) = of.split_at_mut(RECORD);
    head.fill(0);
    head[..4].copy_from_slice(&tag.to_le_bytes());
    head[4..8].copy_from_slice(&count.to_le_bytes());
    head[8..16].copy_from_slice(&first.to_le_bytes());
    let sum = checksum(seed(salt, tag, count, first), content);
    head[16..24].copy_from_slice(&sum.to_le_bytes());
}

impl Head {
    /// The head's page.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        let mut head = self.clone();
        if head.what.len() > WORDS {
            let end = (0..=WORDS).rev().find(|&i| head.what.is_char_boundary(i)).unwrap_or(0);
            head.what.truncate(end);
            head.what.push('…');
        }
        let mut text = serde_json::to_vec(&head)?;
        if text.len() > PAGE as usize - 32 {
            // much of it was escaped
            head.what = head.what.chars().filter(|c| !c.is_control()).take(300).collect();
            text = serde_json::to_vec(&head)?;
        }
        let mut page = vec![0u8; PAGE as usize];
        page[..16].copy_from_slice(MAGIC);
        page[16..24].copy_from_slice(&(text.len() as u64).to_le_bytes());
        page[24..32].copy_from_slice(&checksum(0, &text).to_le_bytes());
        page[32..32 + text.len()].copy_from_slice(&text);
        Ok(page)
    }

    /// The head of a journal; none where it is torn, or no journal.
    pub fn read(file: &File) -> Option<Head> {
        let mut page = vec![0u8; PAGE as usize];
        file.read_exact_at(&mut page, 0).ok()?;
        let len = usize::try_from(word(&page, 16)).ok()?;
        let text = page.get(32..32usize.checked_add(len)?)?;
        if &page[..16] != MAGIC || checksum(0, text) != word(&page, 24) {
            return None;
        }
        serde_json::from_slice(text).ok()
    }

    /// Adds a record of old pages, `first` and those after it, which `read` gives.
    pub fn add_pages(
        &self,
        first: u64,
        count: u64,
        out: &mut Vec<u8>,
        read: impl FnOnce(&mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let at = out.len();
        out.resize(at + RECORD + (count * PAGE) as usize, 0);
        let done = read(&mut out[at + RECORD..]);
        match done {
            Ok(()) => seal(self.salt, PAGES, count as u32, first, &mut out[at..]),
            Err(_) => out.truncate(at),
        }
        done
    }

    /// Adds the end, and behind it how long it is, by which it is found.
    pub fn add_tail(&self, tail: &Tail, out: &mut Vec<u8>) -> io::Result<()> {
        let text = serde_json::to_vec(tail)?;
        let at = out.len();
        out.resize(at + RECORD, 0);
        out.extend_from_slice(&text);
        seal(self.salt, END, text.len() as u32, 0, &mut out[at..]);
        out.extend_from_slice(&((RECORD + text.len()) as u64).to_le_bytes());
        Ok(())
    }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

/// A journal that is read.
#[derive(Debug)]
pub(super) struct Journal {
    pub file: File,
    pub head: Head,
    /// Records of pages: the first page, how many, where in the journal.
    pub records: Vec<(u64, u64, u64)>,
}

/// The head and the end of a finished journal, and its size.
pub(super) fn ends(file: &File) -> Option<(Head, Tail, u64)> {
    let head = Head::read(file)?;
    let size = file.metadata().ok()?.size();
    let mut len = [0; 8];
    file.read_exact_at(&mut len, size.checked_sub(8)?).ok()?;
    let len = u64::from_le_bytes(len);
    if len > PAGE * MOST || len < RECORD as u64 {
        return None;
    }
    let mut end = vec![0; len as usize];
    file.read_exact_at(&mut end, (size - 8).checked_sub(len)?).ok()?;
    let (at, text) = end.split_at(RECORD);
    let sum = checksum(seed(head.salt, END, text.len() as u32, 0), text);
    if word(at, 0) as u32 != END || sum != word(at, 16) {
        return None;
    }
    Some((head, serde_json::from_slice(text).ok()?, size))
}

impl Journal {
    /// Reads a journal, up to where it is torn. None where its head is.
    pub fn read(file: File) -> io::Result<Option<Journal>> {
        let Some(head) = Head::read(&file) else { return Ok(None) };
        let size = file.metadata()?.size();
        let mut journal = Journal { file, head, records: Vec::new() };
        let mut at = PAGE;
        let mut content = Vec::new();
        while at + RECORD as u64 <= size {
            let mut head = [0; RECORD];
            journal.file.read_exact_at(&mut head, at)?;
            let tag = word(&head, 0) as u32;
            let count = (word(&head, 0) >> 32) as u32;
            let (first, sum) = (word(&head, 8), word(&head, 16));
            let len = match tag {
                PAGES if u64::from(count) <= MOST => u64::from(count) * PAGE,
                _ => break,
            };
            if at + RECORD as u64 + len > size {
                break;
            }
            content.resize(len as usize, 0);
            journal.file.read_exact_at(&mut content, at + RECORD as u64)?;
            if checksum(seed(journal.head.salt, tag, count, first), &content) != sum {
                break;
            }
            journal.records.push((first, u64::from(count), at + RECORD as u64));
            at += RECORD as u64 + len;
        }
        Ok(Some(journal))
    }

    /// Whether its records go up to its end; its size is this.
    pub fn is_complete(&self, size: u64) -> bool {
        let last = self.records.last().map_or(PAGE, |&(_, count, at)| at + count * PAGE);
        let mut len = [0; 8];
        let read = self.file.read_exact_at(&mut len, size.saturating_sub(8));
        read.is_ok() && last + u64::from_le_bytes(len) + 8 == size
    }

    /// The old contents of a record's pages.
    pub fn pages(&self, record: usize, out: &mut Vec<u8>) -> io::Result<u64> {
        let (first, count, at) = self.records[record];
        out.resize((count * PAGE) as usize, 0);
        self.file.read_exact_at(out, at)?;
        Ok(first)
    }
}
