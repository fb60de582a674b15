//! One change of one file, between HDF5 and the disk. See the head of this folder for the order
//! of what is made durable.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::{Mutex, RwLock};

use super::disk::{self, Disk};
use super::format::{Head, Kind, MOST, Tail};
use super::history::{self, History};
use super::pages::{Overlay, PageSet, empty_page, parts, runs};
use super::place::{Folder, WriterLock};
use super::recovery::{self, Ended, Whole, whole};
use super::stamp::{find_signature, now, random, stamp_of};
use super::words::{folder_words, words_of};
use super::writer::Writer;
use super::{MASK, PAGE, SIGNATURE};
use crate::store::error::{Result, StoreError, shown};
use crate::store::file::Stamp;

/// Pages that are held before they go to the file; tests see more of what comes after.
const HELD: usize = if cfg!(test) { 4 } else { (8 << 20) / PAGE as usize };
/// A write of this many bytes goes to the file without being held.
const LARGE: usize = if cfg!(test) { 16 << 10 } else { 128 << 10 };
/// Pages that are put in the journal at once where large writes follow each other: it is made
/// durable less often.
const AHEAD: u64 = if cfg!(test) { 10 } else { (16 << 20) / PAGE };
/// Pages of which a record keeps the checksum.
const STAMPED: usize = 256;
/// Pages that a change which is being abandoned may still hold.
const LAST: usize = 4 * HELD;

/// A change of a file: everything that is written goes through [`Transaction::write`], and
/// [`Transaction::commit`] or [`Transaction::roll_back`] ends it.
#[derive(Debug)]
pub(in crate::store) struct Transaction {
    disk: Disk,
    folder: Folder,
    head: Head,
    limited: bool,
    state: RwLock<State>,
    /// What went wrong, for whoever asks next.
    failed: Mutex<Option<String>>,
    writer: Mutex<Option<Arc<WriterLock>>>,
    /// What the system said of the file before the change.
    before: Metadata,
    /// What it said before what a crash had left was put right.
    found: Stamp,
    /// How often HDF5 has it open.
    open: AtomicUsize,
}

#[derive(Debug)]
struct State {
    overlay: Overlay,
    /// Pages whose old content is in the journal.
    kept: PageSet,
    /// Pages that were written to the file.
    written: PageSet,
    journal: Option<Writer>,
    /// The length, as HDF5 sees it.
    size: u64,
    /// The length that HDF5 or an undo wants.
    wanted: Option<u64>,
    /// The page after the last large write.
    next: u64,
    /// Whether nothing is written any more.
    dead: bool,
    /// What is prepared to be committed.
    ready: Option<Ready>,
}

/// What a transaction is to be.
pub(super) struct Plan {
    pub kind: Kind,
    pub number: u64,
    pub from: u64,
    pub to: u64,
    pub time: i64,
    pub what: String,
    /// Whether its record may only be so large: then a larger change is not made.
    pub limited: bool,
    /// Whether it leads to another file, and this one need not be HDF5's.
    pub whole: bool,
}

/// What a commit will make.
#[derive(Debug)]
enum Ready {
    /// Not a byte of the file was to be changed.
    Unchanged,
    /// A file that is to be known by this; where the journal's end begins.
    Changed { tail: Tail, end: u64 },
}

impl Transaction {
    /// Begins a change of a file. What a crash left there is put right first.
    ///
    /// # Errors
    /// Another program changes it or has it open; the folder for the journal can't be written.
    pub fn begin(path: &Path, what: &str) -> Result<Arc<Transaction>> {
        Self::begin_with(path, |history, file| {
            // where something else has changed the file, earlier changes can't be undone any more
            let known = history.state.filter(|_| history.is_of(file).unwrap_or(false));
            Ok(Plan {
                kind: Kind::Undo,
                number: history.next_number(),
                from: random(),
                to: known.unwrap_or_else(random),
                time: now(),
                what: what.to_string(),
                limited: true,
                whole: false,
            })
        })
    }

    /// Begins a change that the history decides on.
    pub(super) fn begin_with(
        path: &Path,
        plan: impl FnOnce(&History, &File) -> Result<Plan>,
    ) -> Result<Arc<Transaction>> {
        let io = |e: io::Error| StoreError::io(path, &e);
        let Whole { folder, writer, disk, found } = whole(path)?;
        let history = history::read(&folder);
        let plan = plan(&history, &disk.file)?;
        let meta = disk.file.metadata().map_err(io)?;
        let signature = find_signature(&disk.file, meta.len()).map_err(io)?;
        let signature = signature.or(plan.whole.then_some(0));
        let signature = signature.ok_or(StoreError::NotHdf5 { path: shown(path) })?;
        let head = Head {
            salt: random(),
            kind: plan.kind,
            number: plan.number,
            serial: history.serial + 1,
            from: plan.from,
            to: plan.to,
            signature,
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            device: meta.dev(),
            inode: meta.ino(),
            time: plan.time,
            what: plan.what,
            whole: false,
        };
        let state = State {
            overlay: Overlay::new(),
            kept: PageSet::default(),
            written: PageSet::default(),
            journal: None,
            size: meta.len(),
            wanted: None,
            next: 0,
            dead: false,
            ready: None,
        };
        Ok(Arc::new(Transaction {
            disk,
            folder,
            head,
            limited: plan.limited,
            state: RwLock::new(state),
            failed: Mutex::new(None),
            writer: Mutex::new(Some(writer)),
            before: meta,
            found,
            open: AtomicUsize::new(0),
        }))
    }

    /// What the system said of the file before the change.
    pub fn before(&self) -> &Metadata {
        &self.before
    }

    /// What the system said of the file before what a crash had left of it was put right.
    pub fn found(&self) -> Stamp {
        self.found
    }

    /// HDF5 has opened it, or closed it.
    pub(super) fn count(&self, opened: bool) {
        match opened {
            true => self.open.fetch_add(1, Ordering::AcqRel),
            false => self.open.fetch_sub(1, Ordering::AcqRel),
        };
    }

    /// Whether HDF5 has closed it.
    pub fn is_closed(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    /// Cuts the file, which is whole, behind its last allocated byte.
    pub(super) fn cut(&self, allocated: u64) -> io::Result<()> {
        if allocated < self.head.size {
            self.disk.set_len(allocated)?;
            recovery::set_modified(&self.disk.file, self.head.modified);
            self.disk.sync_all()?;
        }
        Ok(())
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.disk.file
    }

    /// The file's length, with what was written in this change.
    pub fn len(&self) -> u64 {
        self.state.read().size
    }

    /// What went wrong in writing, if anything did: then nothing more is written, and the change
    /// can only be rolled back.
    pub fn failure(&self) -> Option<String> {
        self.failed.lock().clone()
    }

    /// Writes nothing more from now on: the change is to be rolled back.
    pub fn abandon(&self) {
        self.state.write().dead = true;
    }

    /// Reads bytes as this change has made them; beyond the end are zeros.
    pub fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.read_in(&self.state.read(), bytes, at)
    }

    fn read_in(&self, state: &State, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.disk.read_at(bytes, at)?;
        let end = at + bytes.len() as u64;
        if state.journal.is_some() {
            self.patch_signature(&SIGNATURE, bytes, at);
        }
        if state.overlay.range(at / PAGE..end.div_ceil(PAGE)).next().is_some() {
            for (page, inside, outside) in parts(at, bytes.len()) {
                if let Some(new) = state.overlay.get(&page) {
                    bytes[outside].copy_from_slice(&new[inside]);
                }
            }
        }
        Ok(())
    }

    /// Puts a signature, or the mask of it, into bytes that are at `at` in the file.
    fn patch_signature(&self, signature: &[u8; 8], bytes: &mut [u8], at: u64) {
        let from = self.head.signature;
        let (begin, end) = (from.max(at), (from + 8).min(at + bytes.len() as u64));
        if begin < end {
            bytes[(begin - at) as usize..(end - at) as usize]
                .copy_from_slice(&signature[(begin - from) as usize..(end - from) as usize]);
        }
    }

    /// Writes bytes. A failure is kept for [`Transaction::failure`]: HDF5 closes what it has
    /// open only where it is told that all went well.
    pub fn write(&self, bytes: &[u8], at: u64, metadata: bool) {
        let mut state = self.state.write();
        if state.dead && (!metadata || state.overlay.len() > LAST) {
            return;
        }
        if let Err(why) = self.write_in(&mut state, bytes, at) {
            self.fail(&mut state, why);
        }
    }

    fn fail(&self, state: &mut State, why: String) {
        state.dead = true;
        self.failed.lock().get_or_insert(why);
    }

    fn write_in(
        &self,
        state: &mut State,
        bytes: &[u8],
        at: u64,
    ) -> std::result::Result<(), String> {
        let words = |e: io::Error| words_of(&e);
        let end = at + bytes.len() as u64;
        state.size = state.size.max(end);
        if bytes.len() >= LARGE && !state.dead {
            // whole pages go straight to the file
            let (from, to) = (at.next_multiple_of(PAGE), end / PAGE * PAGE);
            let (head, rest) = bytes.split_at((from - at) as usize);
            let (middle, tail) = rest.split_at((to - from) as usize);
            self.hold(state, head, at).map_err(words)?;
            self.hold(state, tail, to).map_err(words)?;
            let pages = from / PAGE..to / PAGE;
            let held: Vec<u64> = state.overlay.range(pages.clone()).map(|(&p, _)| p).collect();
            held.iter().for_each(|p| drop(state.overlay.remove(p)));
            self.keep_old_ahead(state, pages.clone())?;
            let masked = pages.contains(&(self.head.signature / PAGE));
            let failed = match masked {
                true => {
                    let mut copy = middle.to_vec();
                    self.patch_signature(&MASK, &mut copy, from);
                    self.disk.write_at(&copy, from)
                }
                false => self.disk.write_at(middle, from),
            };
            failed.map_err(words)?;
            pages.for_each(|p| _ = state.written.insert(p));
        } else {
            self.hold(state, bytes, at).map_err(words)?;
        }
        match state.overlay.len() > HELD && !state.dead {
            true => self.spill(state),
            false => Ok(()),
        }
    }

    /// Holds new bytes of some pages.
    fn hold(&self, state: &mut State, bytes: &[u8], at: u64) -> io::Result<()> {
        for (page, inside, outside) in parts(at, bytes.len()) {
            if !state.overlay.contains_key(&page) {
                let mut old = empty_page();
                if inside.len() < PAGE as usize {
                    self.read_in(state, &mut old[..], page * PAGE)?;
                }
                state.overlay.insert(page, old);
            }
            if let Some(new) = state.overlay.get_mut(&page) {
                new[inside].copy_from_slice(&bytes[outside]);
            }
        }
        Ok(())
    }

    /// Puts the old content of pages in the journal, where it is not there yet, and makes it
    /// durable.
    fn keep_old(
        &self,
        state: &mut State,
        pages: impl IntoIterator<Item = u64>,
    ) -> std::result::Result<(), String> {
        self.begin_journal(state)?;
        let last = self.head.size.div_ceil(PAGE);
        let kept = &state.kept;
        let new: Vec<u64> = pages.into_iter().filter(|&p| p < last && !kept.contains(p)).collect();
        let Some(journal) = state.journal.as_mut() else { return Ok(()) };
        for (first, count) in runs(new, MOST) {
            let read = |old: &mut [u8]| self.disk.read_at(old, first * PAGE);
            journal.add(&self.head, (first, count), &self.folder, read)?;
            (first..first + count).for_each(|p| _ = state.kept.insert(p));
        }
        journal.sync(&self.folder)
    }

    /// The same for what is cut off behind `size`. Where there are holes the file has zeros again
    /// when it is made longer.
    fn keep_tail(&self, state: &mut State, size: u64) -> std::result::Result<(), String> {
        let mut at = size;
        while let Some(data) =
            disk::data_after(&self.disk.file, at, self.head.size).map_err(|e| words_of(&e))?
        {
            let last = data.end.div_ceil(PAGE);
            for first in (data.start / PAGE..last).step_by(MOST as usize) {
                self.keep_old(state, first..last.min(first + MOST))?;
            }
            at = data.end;
        }
        Ok(())
    }

    /// The same for the pages of a large write, and, where it follows another, for those of the
    /// next ones.
    fn keep_old_ahead(
        &self,
        state: &mut State,
        pages: std::ops::Range<u64>,
    ) -> std::result::Result<(), String> {
        let follows = pages.start.abs_diff(state.next) <= 1;
        state.next = pages.end;
        if pages.clone().all(|p| state.kept.contains(p)) {
            return Ok(());
        }
        let settings = super::undo_settings();
        let taken = state.journal.as_ref().map_or(0, Writer::end);
        let fits = !settings.record || taken + 2 * AHEAD * PAGE <= settings.bytes;
        let end = match follows && fits {
            true => pages.end.max(pages.start + AHEAD),
            false => pages.end,
        };
        self.keep_old(state, pages.start..end)
    }

    /// Begins the journal, whatever is written.
    pub(super) fn begin_now(&self) -> std::result::Result<(), String> {
        let mut state = self.state.write();
        self.begin_journal(&mut state).inspect_err(|why| self.fail(&mut state, why.clone()))
    }

    /// Begins the journal and masks the signature, unless that was done.
    fn begin_journal(&self, state: &mut State) -> std::result::Result<(), String> {
        if state.journal.is_some() {
            return Ok(());
        }
        let path = self.folder.journal();
        let of_folder = |e: io::Error| folder_words(&self.folder, &e);
        self.folder.make().map_err(of_folder)?;
        let like = self.disk.file.metadata().map_err(of_folder)?;
        // where nothing locks, another may have come before
        if (like.len(), (like.mtime(), like.mtime_nsec())) != (self.head.size, self.head.modified) {
            return Err("another program has changed it in the meantime".into());
        }
        let disk = Disk::create(&path, &like).map_err(of_folder)?;
        let mut journal = Writer::new(disk, self.limited);
        let begun = (|| {
            journal.add_head(&self.head).map_err(of_folder)?;
            let page = self.head.signature / PAGE;
            let read = |old: &mut [u8]| self.disk.read_at(old, page * PAGE);
            journal.add(&self.head, (page, 1), &self.folder, read)?;
            journal.sync(&self.folder)?;
            disk::sync_folder(&self.folder.path).map_err(of_folder)?;
            Ok(page)
        })();
        let page = match begun {
            Ok(page) => page,
            Err(why) => {
                let _ = disk::remove(&path);
                return Err(why);
            }
        };
        state.kept.insert(page);
        state.written.insert(page);
        // from here on there is something to be put back
        state.journal = Some(journal);
        self.disk
            .write_at(&MASK, self.head.signature)
            .and_then(|()| self.disk.sync())
            .map_err(|e| words_of(&e))
    }

    /// Writes the pages that are held to the file.
    fn spill(&self, state: &mut State) -> std::result::Result<(), String> {
        let held: Vec<u64> = state.overlay.keys().copied().collect();
        self.keep_old(state, held.iter().copied())?;
        let mut bytes = Vec::new();
        for (first, count) in runs(held.iter().copied(), MOST) {
            bytes.clear();
            for page in first..first + count {
                if let Some(new) = state.overlay.get(&page) {
                    bytes.extend_from_slice(&new[..]);
                }
                state.written.insert(page);
            }
            // the last page may be longer than the file
            let end = (first + count) * PAGE;
            let over = end.saturating_sub(state.size);
            bytes.truncate((bytes.len() as u64).saturating_sub(over) as usize);
            self.patch_signature(&MASK, &mut bytes, first * PAGE);
            if !bytes.is_empty() {
                self.disk.write_at(&bytes, first * PAGE).map_err(|e| words_of(&e))?;
            }
        }
        state.overlay.clear();
        Ok(())
    }

    /// HDF5 wants the file to be this long. It is never made shorter than it was: its end may
    /// hold what an undo needs.
    pub fn want(&self, size: u64) {
        let mut state = self.state.write();
        state.wanted = Some(size.max(self.head.size));
        state.size = size.max(self.head.size);
    }

    /// The file is to be this long, be it shorter.
    pub fn want_exactly(&self, size: u64) {
        self.state.write().wanted = Some(size);
    }

    /// Bytes of the pages that are written, now or later.
    pub fn weight(&self) -> u64 {
        let state = self.state.read();
        let held = state.overlay.keys().filter(|p| !state.written.contains(**p)).count() as u64;
        (state.written.len() + held) * PAGE
    }

    /// Makes all that was written durable, with what undoes it, but for the signature: after this
    /// the commit is all that is missing. HDF5 has closed the file.
    ///
    /// # Errors
    /// What went wrong in writing, now or before; the change can then only be rolled back.
    pub fn prepare(&self) -> std::result::Result<(), String> {
        let mut state = self.state.write();
        if let Some(why) = self.failed.lock().take() {
            return Err(why);
        }
        state.ready = Some(self.make_ready(&mut state)?);
        Ok(())
    }

    fn make_ready(&self, state: &mut State) -> std::result::Result<Ready, String> {
        let words = |e: io::Error| words_of(&e);
        let size = state.wanted.unwrap_or(state.size);
        if state.journal.is_none() {
            self.drop_unchanged(&mut state.overlay, size).map_err(words)?;
            if state.overlay.is_empty() && size == self.head.size {
                return Ok(Ready::Unchanged);
            }
        }
        state.size = state.size.max(size);
        self.spill(state)?;
        if size < self.head.size {
            self.keep_tail(state, size)?;
        }
        if self.disk.len().map_err(words)? != size {
            self.disk.set_len(size).map_err(words)?;
        }
        self.disk.sync().map_err(words)?;
        let tail = self.tail(state, size).map_err(words)?;
        let Some(journal) = state.journal.as_mut() else { return Err("no journal".into()) };
        let end = journal.end();
        journal.add_tail(&self.head, &tail).map_err(words)?;
        journal.sync(&self.folder)?;
        Ok(Ready::Changed { tail, end })
    }

    /// Gives the file its signature back: it is changed. Prepares that, unless it was done.
    ///
    /// # Errors
    /// Those of [`Transaction::prepare`]; the change is then rolled back.
    pub fn commit(&self) -> Result<()> {
        let ready = self.state.write().ready.take();
        let ready = match ready {
            Some(ready) => Ok(ready),
            None => self
                .prepare()
                .map(|()| self.state.write().ready.take())
                .and_then(|ready| ready.ok_or_else(|| "it was not prepared".to_string())),
        };
        match ready.and_then(|ready| self.finish(ready)) {
            Ok(()) => {
                self.release();
                Ok(())
            }
            Err(why) => {
                self.roll_back()?;
                Err(StoreError::NotChanged { path: shown(&self.folder.file), why })
            }
        }
    }

    fn finish(&self, ready: Ready) -> std::result::Result<(), String> {
        let words = |e: io::Error| words_of(&e);
        let Ready::Changed { mut tail, end } = ready else { return Ok(()) };
        let mut state = self.state.write();
        let Some(journal) = state.journal.as_mut() else { return Err("no journal".into()) };
        // the commit: from here on the file is whole, and new
        self.disk.write_at(&SIGNATURE, self.head.signature).map_err(words)?;
        recovery::set_modified(&self.disk.file, tail.modified);
        if let Err(e) = self.disk.sync_all() {
            // perhaps it is on the disk, perhaps not: the mask again, then back
            let _ = self.disk.write_at(&MASK, self.head.signature);
            return Err(words_of(&e));
        }
        let settings = super::undo_settings();
        // only its owner may set when a file was modified
        let modified =
            self.disk.file.metadata().map_or(tail.modified, |m| (m.mtime(), m.mtime_nsec()));
        if settings.record && modified != tail.modified {
            tail.modified = modified;
            journal.end_anew(&self.head, &tail, end);
        }
        // the file is as it should be, whatever becomes of its records
        let retired = match settings.record {
            true => history::keep(&self.folder, &self.head, &settings),
            false => {
                // those beside the file are of no use any more, either
                if let Some(beside) = self.folder.beside() {
                    let _ = history::drop_all(&beside).map(|()| fs::remove_dir(&beside.path));
                }
                history::drop_all(&self.folder)
            }
        };
        if let Err(e) = retired {
            let _ = disk::remove(&self.folder.journal());
            super::notice(format!(
                "{}: was changed, but the change can't be undone: {}",
                shown(&self.folder.file),
                words_of(&e)
            ));
        }
        Ok(())
    }

    /// Pages that were written as they were are no change.
    fn drop_unchanged(&self, overlay: &mut Overlay, size: u64) -> io::Result<()> {
        let mut same = Vec::new();
        let mut old = empty_page();
        for (&page, new) in overlay.iter() {
            self.disk.read_at(&mut old[..], page * PAGE)?;
            let end = size.saturating_sub(page * PAGE).min(PAGE) as usize;
            if old[..end] == new[..end] {
                same.push(page);
            }
        }
        same.iter().for_each(|p| drop(overlay.remove(p)));
        Ok(())
    }

    /// What the file will be, by which it is known again.
    fn tail(&self, state: &State, size: u64) -> io::Result<Tail> {
        let pages: Vec<u64> =
            state.written.iter().filter(|p| p * PAGE < size).take(STAMPED).collect();
        let pages = runs(pages, MOST);
        let meta = self.disk.file.metadata()?;
        let modified = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(now) => (now.as_secs() as i64, i64::from(now.subsec_nanos())),
            Err(_) => (meta.mtime(), meta.mtime_nsec()),
        };
        let checksum = stamp_of(&self.disk.file, &pages, self.head.signature)?;
        let (device, inode) = (meta.dev(), meta.ino());
        Ok(Tail { size, modified, device, inode, pages, checksum })
    }

    /// Puts the file back as it was.
    ///
    /// # Errors
    /// Where that fails, the journal stays, and the file is read through it.
    pub fn roll_back(&self) -> Result<()> {
        let mut state = self.state.write();
        state.dead = true;
        state.overlay.clear();
        let begun = state.journal.take().is_some();
        drop(state);
        let done = match begun {
            true => recovery::roll_back(&self.folder, &self.disk).and_then(|ended| match ended {
                // neither the commit nor the way back from it could be made durable
                Ended::Done => Err(io::Error::other("it is whole, and changed")),
                Ended::Back | Ended::Nothing => Ok(()),
            }),
            false => Ok(()),
        };
        self.release();
        done.map_err(|e| StoreError::NotRestored {
            path: shown(&self.folder.file),
            why: words_of(&e),
        })
    }

    fn release(&self) {
        let _ = self.disk.file.unlock();
        self.writer.lock().take();
    }

    /// What its journal begins with.
    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// Where its journal is.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }
}
