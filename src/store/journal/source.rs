//! What a file's bytes are read through: the file as it is, the file as it was before a change
//! that was cut off, or the file as the change that is under way makes it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::disk::read_with_zeros;
use super::format::{Head, Journal};
use super::pages::parts;
use super::place::Folder;
use super::transaction::Transaction;
use super::words::words_of;
use super::{MASK, PAGE};

/// How long a reader waits for a change of another program to end.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// A file's bytes. Shared by HDF5's driver and by those who read past the library.
#[derive(Debug)]
pub(in crate::store) enum Source {
    /// As they are.
    Plain(File),
    /// As they were.
    Before(Box<Before>),
    /// As they will be.
    Changing(Arc<Transaction>),
    /// A file that is being made.
    New(Arc<NewFile>),
}

/// A file that HDF5 writes from nothing, to be thrown away where anything fails.
#[derive(Debug)]
pub(in crate::store) struct NewFile {
    pub file: File,
    /// What went wrong, for whoever asks in the end: HDF5 closes what it has open only where it
    /// is told that all went well.
    failed: Mutex<Option<String>>,
}

impl NewFile {
    pub fn new(file: File) -> NewFile {
        NewFile { file, failed: Mutex::new(None) }
    }

    /// What went wrong in writing, if anything did.
    pub fn failure(&self) -> Option<String> {
        self.failed.lock().clone()
    }

    pub(super) fn write(&self, bytes: &[u8], at: u64) {
        self.unless_failed(|file| file.write_all_at(bytes, at));
    }

    pub(super) fn set_len(&self, len: u64) {
        self.unless_failed(|file| file.set_len(len));
    }

    fn unless_failed(&self, f: impl FnOnce(&File) -> io::Result<()>) {
        let mut failed = self.failed.lock();
        if failed.is_none()
            && let Err(e) = f(&self.file)
        {
            *failed = Some(words_of(&e));
        }
    }
}

/// A file and the dead journal that it is read through.
#[derive(Debug)]
pub(in crate::store) struct Before {
    file: File,
    journal: Journal,
    /// Which page is where in the journal: the first page of a run, its length, its place.
    runs: BTreeMap<u64, (u64, u64)>,
}

impl Source {
    /// Opens a file for reading.
    pub fn open(path: &Path) -> io::Result<Source> {
        let begun = Instant::now();
        loop {
            match Source::open_now(path)? {
                Ok(source) => {
                    if let Source::Before(before) = &source {
                        say_once_that_it_is_before(path, before.journal.head.salt);
                    }
                    return Ok(source);
                }
                Err(who) if begun.elapsed() > PATIENCE => {
                    return Err(io::Error::other(format!("is being changed by {who}")));
                }
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }

    /// The source, or who is changing the file at this moment.
    fn open_now(path: &Path) -> io::Result<Result<Source, String>> {
        let file = File::open(path)?;
        // the folder is looked at first: most files have none
        let Some(folder) = Folder::of(path).ok().filter(|f| f.path.is_dir()) else {
            return Ok(Ok(Source::Plain(file)));
        };
        let Some(journal) = File::open(folder.journal()).ok() else {
            return Ok(Ok(Source::Plain(file)));
        };
        let Some(head) = Head::read(&journal) else { return Ok(Ok(Source::Plain(file))) };
        let mut word = [0; 8];
        read_with_zeros(&file, &mut word, head.signature)?;
        if word != MASK {
            return Ok(Ok(Source::Plain(file)));
        }
        if let Some(who) = folder.writer() {
            return Ok(Err(who));
        }
        let Some(journal) = Journal::read(journal)? else { return Ok(Ok(Source::Plain(file))) };
        if journal.is_damaged()? {
            return Err(io::Error::other(super::recovery::DAMAGED));
        }
        let mut runs = BTreeMap::new();
        for &(first, count, at) in &journal.records {
            runs.insert(first, (count, at));
        }
        Ok(Ok(Source::Before(Box::new(Before { file, journal, runs }))))
    }

    /// Reads bytes; beyond the end are zeros.
    pub fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Source::Plain(file) => read_with_zeros(file, bytes, at),
            Source::Before(before) => before.read(bytes, at),
            Source::Changing(transaction) => transaction.read(bytes, at),
            Source::New(new) => read_with_zeros(&new.file, bytes, at),
        }
    }

    /// Reads bytes, all of which must be there.
    pub fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Source::Plain(file) => file.read_exact_at(bytes, at),
            other if at + bytes.len() as u64 > other.len()? => {
                Err(io::Error::from(io::ErrorKind::UnexpectedEof))
            }
            other => other.read_at(bytes, at),
        }
    }

    /// The file's length.
    pub fn len(&self) -> io::Result<u64> {
        match self {
            Source::Plain(file) => Ok(file.metadata()?.len()),
            Source::Before(before) => Ok(before.journal.head.size),
            Source::Changing(transaction) => Ok(transaction.len()),
            Source::New(new) => Ok(new.file.metadata()?.len()),
        }
    }

    /// The open file itself.
    pub fn file(&self) -> &File {
        match self {
            Source::Plain(file) => file,
            Source::Before(before) => &before.file,
            Source::Changing(transaction) => transaction.file(),
            Source::New(new) => &new.file,
        }
    }

    /// Device and inode.
    pub fn identity(&self) -> io::Result<(u64, u64)> {
        self.file().metadata().map(|m| (m.dev(), m.ino()))
    }
}

/// Tells that a file is read through a journal, once of each journal.
fn say_once_that_it_is_before(path: &Path, salt: u64) {
    static SAID: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    let mut said = SAID.lock();
    if !said.contains(&salt) {
        said.push(salt);
        super::notice(format!(
            "{}: a change of it was cut off; it is read as it was before, and the next change or \
             --recover puts it back",
            crate::store::error::shown(path)
        ));
    }
}

impl Before {
    fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let end = self.journal.head.size.saturating_sub(at).min(bytes.len() as u64) as usize;
        bytes[end..].fill(0);
        let bytes = &mut bytes[..end];
        read_with_zeros(&self.file, bytes, at)?;
        let (first, last) = (at / PAGE, (at + end as u64).div_ceil(PAGE));
        let begin = self.runs.range(..=first).next_back().map_or(first, |(&page, _)| page);
        if self.runs.range(begin..last).next().is_none() {
            return Ok(());
        }
        for (page, inside, outside) in parts(at, bytes.len()) {
            let run = self.runs.range(..=page).next_back();
            if let Some((&first, &(count, place))) = run
                && page < first + count
            {
                let from = place + (page - first) * PAGE + inside.start as u64;
                self.journal.file.read_exact_at(&mut bytes[outside], from)?;
            }
        }
        Ok(())
    }
}

/// What the driver has open, by descriptor: how those who have a handle of HDF5's find it.
static OPEN: Mutex<BTreeMap<RawFd, Weak<Source>>> = Mutex::new(BTreeMap::new());

pub(super) fn announce(source: &Arc<Source>) {
    let mut open = OPEN.lock();
    open.retain(|_, s| s.strong_count() > 0);
    open.insert(source.file().as_raw_fd(), Arc::downgrade(source));
}

/// The source behind a descriptor that the driver gave out.
pub(in crate::store) fn behind(descriptor: RawFd) -> Option<Arc<Source>> {
    OPEN.lock().get(&descriptor).and_then(Weak::upgrade)
}
