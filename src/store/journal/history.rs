//! The records of changes, the way back along them and forth again.
//!
//! A record is the journal of a finished change, `000012.change`. It leads from one state of the
//! file to another; states have random names. The newest record tells in which state the file
//! is; from there records that undo are followed back, and records that redo forth. A record that
//! is not on the way is of no use and goes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::disk::{self, Disk};
use super::format::{Head, Journal, Kind, Tail, ends};
use super::place::Folder;
use super::stamp::stamp_of;
use super::transaction::{Plan, Transaction};
use super::words::words_of;
use super::{PAGE, UndoSettings, replaced};
use crate::store::error::{Result, StoreError, byte_size, shown};
use crate::store::file::regular;

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Counted from 1.
    pub number: u64,
    /// When it was made, in seconds since 1970.
    pub time: i64,
    /// What was done.
    pub what: String,
    /// Bytes of what undoes or redoes it.
    pub bytes: u64,
    /// Whether it was undone, and can be redone.
    pub undone: bool,
}

impl Record {
    pub(super) fn of(head: &Head, bytes: u64) -> Record {
        let (number, time, what) = (head.number, head.time, head.what.clone());
        Record { number, time, what, bytes, undone: head.kind == Kind::Redo }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub head: Head,
    pub tail: Tail,
    pub bytes: u64,
}

/// What records there are.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The oldest first.
    pub undo: Vec<Entry>,
    /// The next one first.
    pub redo: Vec<Entry>,
    /// Numbers of those that lead nowhere.
    stray: Vec<u64>,
    /// Of the newest.
    pub serial: u64,
    pub state: Option<u64>,
    newest: Option<Tail>,
    signature: u64,
}

/// Reads the heads and ends of all records.
pub(super) fn read(folder: &Folder) -> History {
    let mut entries = Vec::new();
    let mut history = History::default();
    for number in folder.records() {
        match File::open(folder.record(number)).ok().and_then(|f| ends(&f)) {
            Some((head, tail, bytes)) if head.number == number => {
                let kept = || fs::metadata(folder.kept_file(number)).map(|m| m.len()).ok();
                match if head.whole { kept() } else { Some(bytes) } {
                    Some(bytes) => entries.push(Entry { head, tail, bytes }),
                    None => history.stray.push(number),
                }
            }
            _ => history.stray.push(number),
        }
    }
    let Some(newest) = entries.iter().max_by_key(|e| e.head.serial) else { return history };
    history.serial = newest.head.serial;
    history.state = Some(newest.head.from);
    history.signature = newest.head.signature;
    history.newest = Some(newest.tail.clone());
    for (kind, way) in [(Kind::Undo, &mut history.undo), (Kind::Redo, &mut history.redo)] {
        let mut state = newest.head.from;
        let leads = |e: &&Entry, state| e.head.kind == kind && e.head.from == state;
        while let Some(entry) = entries.iter().find(|e| leads(e, state)) {
            state = entry.head.to;
            way.push(entry.clone());
            if way.len() > entries.len() {
                break;
            }
        }
    }
    history.undo.reverse();
    let known = |n: u64| history.undo.iter().chain(&history.redo).any(|e| e.head.number == n);
    let stray: Vec<u64> = entries.iter().map(|e| e.head.number).filter(|&n| !known(n)).collect();
    history.stray.extend(stray);
    history
}

impl History {
    /// The record that knows the file as it is.
    fn newest_entry(&self) -> Option<&Entry> {
        self.undo.iter().chain(&self.redo).find(|e| e.head.serial == self.serial)
    }

    /// The number of the next change.
    pub fn next_number(&self) -> u64 {
        let last = self.undo.last().map(|e| e.head.number + 1);
        last.or(self.redo.first().map(|e| e.head.number)).unwrap_or(1)
    }

    /// Whether the file is still as the last change left it.
    pub fn is_of(&self, file: &File) -> io::Result<bool> {
        let Some(tail) = &self.newest else { return Ok(true) };
        let meta = file.metadata()?;
        Ok(meta.len() == tail.size
            && (meta.mtime(), meta.mtime_nsec()) == tail.modified
            && stamp_of(file, &tail.pages, self.signature)? == tail.checksum)
    }
}

/// Makes the journal of a change that is done its record, and drops what is too old. An undo
/// is not refused because its record is too large: then it can't be redone.
pub(super) fn keep(folder: &Folder, head: &Head, settings: &UndoSettings) -> io::Result<()> {
    // the number may have been that of another change, which was undone
    disk::remove(&folder.kept_file(head.number))?;
    let size = fs::metadata(folder.journal())?.len();
    if head.kind == Kind::Redo && size > settings.bytes {
        return leave_no_way_forth(folder, head, size);
    }
    disk::rename(&folder.journal(), &folder.record(head.number))?;
    disk::sync_folder(&folder.path)?;
    drop_old(folder, settings)
}

/// The change before the one that was undone knows the file now, and nothing is redone.
fn leave_no_way_forth(folder: &Folder, head: &Head, size: u64) -> io::Result<()> {
    let history = read(folder);
    let journal = ends(&File::open(folder.journal())?);
    if let (Some((_, tail, _)), Some(before)) =
        (journal, history.undo.iter().find(|e| e.head.from == head.from))
    {
        end_anew(&folder.record(before.head.number), &before.head, &tail)?;
    }
    for entry in &history.redo {
        folder.remove_record(entry.head.number)?;
    }
    folder.remove_record(head.number)?;
    disk::sync_folder(&folder.path)?;
    // to the last the journal says that the file is as it should be
    disk::remove(&folder.journal())?;
    let (file, size) = (shown(&folder.file), byte_size(size));
    super::notice(format!("{file}: that can't be redone: what redoes it would take {size}"));
    Ok(())
}

/// Drops the records that are too old, and those that lead nowhere: of those that redo the
/// farthest first, then of those that undo the oldest. The newest stays: what it may take was
/// looked at while it was made, and it knows the file.
pub(super) fn drop_old(folder: &Folder, settings: &UndoSettings) -> io::Result<()> {
    let history = read(folder);
    let mut bytes: u64 = history.undo.iter().chain(&history.redo).map(|e| e.bytes).sum();
    let mut gone = history.stray.clone();
    for entry in history.redo.iter().rev().take_while(|e| e.head.serial < history.serial) {
        if bytes > settings.bytes {
            bytes -= entry.bytes;
            gone.push(entry.head.number);
        }
    }
    let count = history.undo.len();
    for (i, entry) in history.undo.iter().enumerate() {
        let too_many = count - i > settings.count.max(1);
        if i + 1 < count && (too_many || bytes > settings.bytes) {
            bytes -= entry.bytes;
            gone.push(entry.head.number);
        }
    }
    for number in gone {
        folder.remove_record(number)?;
    }
    Ok(())
}

/// The newest record knows the file by what it is now, if nothing but its time differs.
pub(super) fn know_again(folder: &Folder, file: &File) -> io::Result<()> {
    let history = read(folder);
    let Some(newest) = history.newest_entry() else { return Ok(()) };
    let meta = file.metadata()?;
    let tail = Tail { modified: (meta.mtime(), meta.mtime_nsec()), ..newest.tail.clone() };
    let same = meta.len() == tail.size
        && stamp_of(file, &tail.pages, newest.head.signature)? == tail.checksum;
    match same {
        true => end_anew(&folder.record(newest.head.number), &newest.head, &tail),
        false => Ok(()),
    }
}

/// Gives a record another end.
fn end_anew(record: &Path, head: &Head, tail: &Tail) -> io::Result<()> {
    let disk = Disk::open(record)?;
    let (mut len, size) = ([0; 8], disk.len()?);
    disk.read_at(&mut len, size.saturating_sub(8))?;
    let end = (size - 8).saturating_sub(u64::from_le_bytes(len));
    let mut bytes = Vec::new();
    head.add_tail(tail, &mut bytes)?;
    disk.set_len(end)?;
    disk.write_at(&bytes, end)?;
    disk.sync()
}

/// Drops the journal and all records.
pub(super) fn drop_all(folder: &Folder) -> io::Result<()> {
    disk::remove(&folder.journal())?;
    for number in folder.records() {
        folder.remove_record(number)?;
    }
    disk::sync_folder(&folder.path)
}

/// The changes of a file that can be undone, the oldest first, and those that can be redone, the
/// next one first; and whether something else has changed the file since.
///
/// # Errors
/// No such file.
pub fn history(path: &Path) -> Result<(Vec<Record>, bool)> {
    let io = |e: io::Error| StoreError::io(path, &e);
    regular(path)?;
    let folder = Folder::of(path).map_err(io)?;
    let file = File::open(&folder.file).map_err(io)?;
    let history = read(&folder);
    let changed = !history.is_of(&file).map_err(io)?;
    let all = history.undo.iter().chain(&history.redo);
    Ok((all.map(|e| Record::of(&e.head, e.bytes)).collect(), changed))
}

/// Bytes of all records of a file.
pub fn bytes_of_records(path: &Path) -> u64 {
    let Ok(folder) = Folder::of(path) else { return 0 };
    let size = |path| fs::metadata(path).map_or(0, |m| m.len());
    let both = |n| size(folder.record(n)) + size(folder.kept_file(n));
    folder.records().into_iter().map(both).sum()
}

/// Goes one change of a file back, or forth, unless `stop` says so in between; the file is then
/// as it was. It need not be one that HDF5 can read, but HDF5 must not have it open: see
/// [`step`](crate::store::File::step). What was undone or redone.
///
/// # Errors
/// There is nothing to undo; something else has changed the file; the record is damaged.
pub fn step(path: &Path, back: bool, stop: &dyn Fn() -> bool) -> Result<Record> {
    regular(path)?;
    let refused = |why: String| StoreError::NotChanged { path: shown(path), why };
    let mut found = None;
    let folder = Folder::of(path).map_err(|e| StoreError::io(path, &e))?;
    let transaction = Transaction::begin_with(path, |history, file| {
        let way = if back { history.undo.last() } else { history.redo.first() };
        let Some(entry) = way else {
            return Err(refused(format!(
                "there is nothing to {}",
                if back { "undo" } else { "redo" }
            )));
        };
        let gone = "can't be brought back any more";
        if !history.is_of(file).map_err(|e| refused(words_of(&e)))? {
            if history.stray.iter().any(|&n| n > entry.head.number) {
                return Err(refused(format!(
                    "the record of the last change is damaged: what was there before {gone}"
                )));
            }
            return Err(refused(format!(
                "something else has changed the file since: what was there before that change {gone}"
            )));
        }
        let head = &entry.head;
        if head.whole && !replaced::is_as_kept(head, &folder.kept_file(head.number)) {
            return Err(refused(format!(
                "something else has changed the file that it replaced, which {gone}"
            )));
        }
        found = Some(entry.clone());
        Ok(Plan {
            kind: if back { Kind::Redo } else { Kind::Undo },
            number: head.number,
            from: head.to,
            to: head.from,
            time: head.time,
            what: head.what.clone(),
            limited: false,
            whole: head.whole,
        })
    })?;
    let Some(entry) = found else { return Err(refused("there is no record".into())) };
    if entry.head.whole {
        let kept = transaction.folder().kept_file(entry.head.number);
        let done = replaced::exchange(transaction.folder(), transaction.head(), &kept);
        transaction.roll_back()?;
        done.map_err(|e| refused(words_of(&e)))?;
        return Ok(Record::of(&entry.head, entry.bytes));
    }
    // also where what it brings back is what is there, as may be of a change that changed nothing
    let played = transaction
        .begin_now()
        .map_err(io::Error::other)
        .and_then(|()| play(&transaction, &entry, stop));
    if let Err(e) = played {
        transaction.roll_back()?;
        return Err(refused(words_of(&e)));
    }
    transaction.commit()?;
    Ok(Record::of(&entry.head, entry.bytes))
}

fn play(transaction: &Transaction, entry: &Entry, stop: &dyn Fn() -> bool) -> io::Result<()> {
    let head = &entry.head;
    let damaged = || io::Error::other("the record of that change is damaged");
    let file = File::open(transaction.folder().record(head.number))?;
    let journal = Journal::read(file)?.filter(|j| j.head == *head).ok_or_else(damaged)?;
    if !journal.is_complete(entry.bytes) {
        return Err(damaged());
    }
    let mut pages = Vec::new();
    for record in 0..journal.records.len() {
        let at = journal.pages(record, &mut pages)? * PAGE;
        pages.truncate(head.size.saturating_sub(at).min(pages.len() as u64) as usize);
        if !pages.is_empty() {
            transaction.write(&pages, at, false);
        }
        if let Some(why) = transaction.failure() {
            return Err(io::Error::other(why));
        }
        if stop() {
            return Err(io::Error::other("cancelled"));
        }
    }
    transaction.want_exactly(head.size);
    Ok(())
}

/// Drops all records of a file that HDF5 can't read.
///
/// # Errors
/// Another program is changing it; the folder can't be written.
pub fn forget_records(path: &Path) -> Result<()> {
    let refused = |e: io::Error| StoreError::Unwritable { path: shown(path), why: words_of(&e) };
    let whole = super::recovery::whole(path)?;
    drop_all(&whole.folder).map_err(refused)
}

/// Drops all records of a file, and cuts what lies behind the last allocated byte: it was kept
/// for them. HDF5 has the file closed, and the transaction has written nothing.
///
/// # Errors
/// The folder can't be written.
pub(in crate::store) fn forget(transaction: &Transaction, allocated: u64) -> Result<()> {
    let path = &transaction.folder().file;
    let done = drop_all(transaction.folder()).and_then(|()| transaction.cut(allocated));
    done.map_err(|e| StoreError::Unwritable { path: shown(path), why: words_of(&e) })
}
