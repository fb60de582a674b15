//! A journal's form: a head, records of old pages, and an end.
//!
//! The head takes a page. A record is 32 bytes (what it is, how many pages, the first page, a
//! checksum, up to where the journal was durable when it was written) and then the pages. The end
//! is a record whose content is text. Head and end are JSON. Checksums are XXH3 with the journal's
//! own salt, so that what an older journal left in the same blocks of a disk is not taken for part
//! of this one.
//!
//! A power cut tears the last records, on which nothing rests yet. A record that can't be read
//! although a later one says that it was durable is damaged: then nothing is put back by halves.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::PAGE;

const MAGIC: &[u8; 16] = b"ch5tui journal 2";
const PAGES: u32 = u32::from_le_bytes(*b"PAGE");
const END: u32 = u32::from_le_bytes(*b"DONE");
const RECORD: usize = 32;
/// The most pages of a record.
pub(super) const MOST: u64 = 256;
/// Bytes that are looked through at once. Records begin at multiples of their first bytes.
const WINDOW: usize = 1 << 20;
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

/// The first bytes of a record.
#[derive(Debug, Clone, Copy)]
struct Start {
    tag: u32,
    count: u32,
    first: u64,
    sum: u64,
    /// Bytes of the journal that were durable when the record was made.
    durable: u64,
}

impl Start {
    fn of(bytes: &[u8]) -> Start {
        Start {
            tag: word(bytes, 0) as u32,
            count: (word(bytes, 0) >> 32) as u32,
            first: word(bytes, 8),
            sum: word(bytes, 16),
            durable: word(bytes, 24),
        }
    }

    /// Bytes of its pages; none where it is no record of pages.
    fn pages(&self) -> Option<u64> {
        let is = self.tag == PAGES && self.count > 0 && u64::from(self.count) <= MOST;
        is.then(|| u64::from(self.count) * PAGE)
    }

    fn sum_of(&self, salt: u64, content: &[u8]) -> u64 {
        let mut key = [0u8; 24];
        key[..4].copy_from_slice(&self.tag.to_le_bytes());
        key[4..8].copy_from_slice(&self.count.to_le_bytes());
        key[8..16].copy_from_slice(&self.first.to_le_bytes());
        key[16..].copy_from_slice(&self.durable.to_le_bytes());
        checksum(checksum(salt, &key), content)
    }

    /// Gives a record its first bytes; `of` is room for them, and the content.
    fn seal(self, salt: u64, of: &mut [u8]) {
        let (head, content) = of.split_at_mut(RECORD);
        head[..4].copy_from_slice(&self.tag.to_le_bytes());
        head[4..8].copy_from_slice(&self.count.to_le_bytes());
        head[8..16].copy_from_slice(&self.first.to_le_bytes());
        head[16..24].copy_from_slice(&self.sum_of(salt, content).to_le_bytes());
        head[24..32].copy_from_slice(&self.durable.to_le_bytes());
    }
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

    /// Adds a record of old pages, `first` and those after it, which `read` gives. The journal is
    /// durable up to `durable`.
    pub fn add_pages(
        &self,
        (first, count): (u64, u64),
        durable: u64,
        out: &mut Vec<u8>,
        read: impl FnOnce(&mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let at = out.len();
        out.resize(at + RECORD + (count * PAGE) as usize, 0);
        let done = read(&mut out[at + RECORD..]);
        match done {
            Ok(()) => {
                let start = Start { tag: PAGES, count: count as u32, first, sum: 0, durable };
                start.seal(self.salt, &mut out[at..]);
            }
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
        let start = Start { tag: END, count: text.len() as u32, first: 0, sum: 0, durable: 0 };
        start.seal(self.salt, &mut out[at..]);
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
    let start = Start::of(at);
    if start.tag != END || start.sum_of(head.salt, text) != start.sum {
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
            let mut bytes = [0; RECORD];
            journal.file.read_exact_at(&mut bytes, at)?;
            let start = Start::of(&bytes);
            if !journal.is_record(&start, at, size, &mut content)? {
                break;
            }
            journal.records.push((start.first, u64::from(start.count), at + RECORD as u64));
            at += RECORD as u64 + content.len() as u64;
        }
        Ok(Some(journal))
    }

    /// Whether what begins so at `at` is a record of pages that is whole; its content.
    fn is_record(
        &self,
        start: &Start,
        at: u64,
        size: u64,
        content: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let Some(len) = start.pages().filter(|len| at + RECORD as u64 + len <= size) else {
            return Ok(false);
        };
        content.resize(len as usize, 0);
        self.file.read_exact_at(content, at + RECORD as u64)?;
        Ok(start.sum_of(self.head.salt, content) == start.sum)
    }

    /// Where the records end that can be read.
    fn end(&self) -> u64 {
        self.records.last().map_or(PAGE, |&(_, count, at)| at + count * PAGE)
    }

    /// Whether its records go up to its end; its size is this.
    pub fn is_complete(&self, size: u64) -> bool {
        let last = self.end();
        let mut len = [0; 8];
        let read = self.file.read_exact_at(&mut len, size.saturating_sub(8));
        read.is_ok() && last + u64::from_le_bytes(len) + 8 == size
    }

    /// Whether records are unreadable that must be there, as there is an end, which is written
    /// when all of them are durable, or a later record that says so.
    pub fn is_damaged(&self) -> io::Result<bool> {
        if let Some((_, _, size)) = ends(&self.file) {
            return Ok(!self.is_complete(size));
        }
        let (torn, size) = (self.end(), self.file.metadata()?.size());
        let (mut window, mut content) = (vec![0; WINDOW], Vec::new());
        let mut at = torn;
        while at + RECORD as u64 <= size {
            let len = (size - at).min(WINDOW as u64) as usize / RECORD * RECORD;
            self.file.read_exact_at(&mut window[..len], at)?;
            for (i, bytes) in window[..len].chunks_exact(RECORD).enumerate() {
                let (start, here) = (Start::of(bytes), at + (i * RECORD) as u64);
                if start.durable > torn && self.is_record(&start, here, size, &mut content)? {
                    return Ok(true);
                }
            }
            at += len as u64;
        }
        Ok(false)
    }

    /// The old contents of a record's pages.
    pub fn pages(&self, record: usize, out: &mut Vec<u8>) -> io::Result<u64> {
        let (first, count, at) = self.records[record];
        out.resize((count * PAGE) as usize, 0);
        self.file.read_exact_at(out, at)?;
        Ok(first)
    }
}
