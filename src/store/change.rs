//! Changes: the one point that every write passes through.
//!
//! A file is open for reading; [`File::change`] opens it for writing, runs what is to be done,
//! and opens it for reading again. In between, whoever in this process reads the file does so
//! through the writing handle, whatever [`File`] they hold. Changes inside a change are part of
//! it, and so are those inside [`together`]: all of them are in the file in the end, or none
//! (`journal`). What a [`Change`] can do stands in `edit` (groups and links), `new_dataset` and `write`.
//!
//! Values that were read lazily stay what they are: each [`Reader`] of an object is asked, before
//! the object is changed or deleted, to keep what it will still need.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, ReentrantMutex, ReentrantMutexGuard};

use super::copies::mend::Patch;
use super::difference::Preview;
use super::error::{Result, StoreError};
use super::file::{File, Opened};
use super::hdf::{Hdf, Id};
use super::object::ObjectId;
use super::path::ObjectPath;
use super::writing::{Writing, tell_moved};

/// Whoever reads a dataset later than now, and wants what was in it.
pub trait Reader: Send + Sync {
    /// The path that it reads from.
    fn path(&self) -> ObjectPath;
    /// The object that it reads.
    fn object(&self) -> ObjectId;
    /// Called before elements are overwritten: `count` of them from `start` along each axis, or
    /// all for none. It reads those that it may still need.
    ///
    /// # Errors
    /// Where they can't be read or kept; the change is then not made.
    fn keep(&self, region: Option<(&[u64], &[u64])>) -> Result<()>;
    /// Its object is now found at another path.
    fn moved(&self, to: ObjectPath);
}

/// The readers of a file.
#[derive(Default)]
pub(super) struct Readers(Mutex<Vec<Weak<dyn Reader>>>);

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Readers({})", self.0.lock().len())
    }
}

impl Readers {
    fn add(&self, reader: Weak<dyn Reader>) {
        let mut readers = self.0.lock();
        if readers.len() == readers.capacity() {
            readers.retain(|r| r.strong_count() > 0);
        }
        readers.push(reader);
    }

    pub(super) fn alive(&self) -> Vec<Arc<dyn Reader>> {
        self.0.lock().iter().filter_map(Weak::upgrade).collect()
    }
}

/// One change at a time in this process.
pub(super) static CHANGING: ReentrantMutex<()> = ReentrantMutex::new(());

/// The right to change a file, inside [`File::change`].
pub struct Change<'a> {
    pub(super) file: &'a File,
}

/// Changes that belong together: of each file one transaction.
struct Together {
    what: String,
    files: Vec<Writing>,
    /// Files that external links lead to, by their real paths.
    others: Vec<(PathBuf, Arc<File>)>,
    /// Held from the first change on.
    one: Option<ReentrantMutexGuard<'static, ()>>,
    /// What they do, where they are only looked at, and taken back in the end.
    seen: Option<Preview>,
    /// Whether a part of them can't stay as it is.
    spoiled: bool,
}

thread_local! {
    static TOGETHER: RefCell<Option<Together>> = const { RefCell::new(None) };
}

/// Runs `f`, whose changes of a file are one change: where `f` fails, none of them was made.
/// `what` names it in the history. Inside another `together` it is part of that.
///
/// # Errors
/// Those of `f`; what went wrong when its changes were made durable.
pub fn together<T, E: From<StoreError>>(
    what: &str,
    f: impl FnOnce() -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    if !begin(what, None) {
        return f();
    }
    // a panic, too, must leave the files as they were
    let ending = Ending;
    let result = f();
    let (ended, _) = ending.end(result.is_ok());
    match (result, ended) {
        // that the file is not as it was matters more than why
        (Err(_), Err(e @ StoreError::NotRestored { .. })) => Err(e.into()),
        (Err(e), _) => Err(e),
        (Ok(value), ended) => ended.map(|()| value).map_err(E::from),
    }
}

/// Begins changes that belong together; false inside of others.
fn begin(what: &str, seen: Option<Preview>) -> bool {
    TOGETHER.with_borrow_mut(|together| match together {
        Some(_) => false,
        None => {
            *together = Some(Together {
                what: what.to_string(),
                files: Vec::new(),
                others: Vec::new(),
                one: None,
                seen,
                spoiled: false,
            });
            true
        }
    })
}

/// Runs `f`, takes its changes back, and gives what they were. Not to be called inside of
/// [`together`].
pub(super) fn together_seen<T, E: From<StoreError>>(
    f: impl FnOnce() -> std::result::Result<T, E>,
) -> (std::result::Result<T, E>, Preview) {
    let begun = begin("a preview", Some(Preview::default()));
    debug_assert!(begun, "a preview inside of a change");
    let ending = Ending;
    let result = f();
    let (ended, seen) = ending.end(false);
    (ended.map_err(E::from).and(result), seen.unwrap_or_default())
}

struct Ending;

impl Ending {
    fn end(self, good: bool) -> (Result<()>, Option<Preview>) {
        std::mem::forget(self);
        Self::end_all(good)
    }

    fn end_all(good: bool) -> (Result<()>, Option<Preview>) {
        let together = TOGETHER.with_borrow_mut(Option::take);
        let Some(Together { mut files, others, one, mut seen, spoiled, .. }) = together else {
            return (Ok(()), None);
        };
        let mut ended = match files.first() {
            Some(writing) if good && spoiled => {
                Err(writing.not_changed("something in it was written only in part".into()))
            }
            _ => Ok(()),
        };
        if let Some(seen) = &mut seen {
            seen.bytes += files.iter().map(Writing::weigh).sum::<u64>();
        }
        // where several files change together, all are on the disk before the first one counts
        let _lock = files.first().map(Writing::lock);
        for writing in files.iter_mut().filter(|_| good) {
            ended = ended.and_then(|()| writing.prepare());
        }
        let good = good && ended.is_ok();
        for writing in files {
            ended = ended.and(writing.end(good));
        }
        drop((others, one));
        (ended, seen)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = Self::end_all(false);
    }
}

impl File {
    /// Notes a reader, to be asked before what it reads is changed.
    pub fn add_reader(&self, reader: Weak<dyn Reader>) {
        self.opened.readers.add(reader);
    }

    /// Runs `f` with the right to change the file. What it did is in the file when this returns,
    /// or, inside [`together`], when that does; where it fails, the file is as it was. A change
    /// inside another of the same file is part of it.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] where the mode has no write intent; the library's reason where
    /// the file can't be opened or written; those of `f`.
    pub fn change<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Change) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.must_be_writable()?;
        together("a change", || {
            let _one = CHANGING.lock();
            if !self.is_changing() {
                let what = TOGETHER.with_borrow(|t| t.as_ref().map(|t| t.what.clone()));
                let writing = self.open_for_writing(&what.unwrap_or_default())?;
                TOGETHER.with_borrow_mut(|together| {
                    if let Some(together) = together {
                        together.files.push(writing);
                        together.one.get_or_insert_with(|| CHANGING.lock());
                    }
                });
            }
            f(&Change { file: self })
        })
    }

    /// All that are open of this file.
    pub(super) fn all_of_file(&self) -> Vec<Arc<Opened>> {
        let mut siblings = self.opened.siblings();
        if !siblings.iter().any(|o| Arc::ptr_eq(o, &self.opened)) {
            siblings.push(self.opened.clone());
        }
        siblings
    }

    /// Whether the handle is one for writing.
    pub(super) fn is_changing(&self) -> bool {
        self.opened.is_changing()
    }

    pub(super) fn unwritable(&self, why: String) -> StoreError {
        StoreError::Unwritable { path: self.shown_path(), why }
    }
}

impl Change<'_> {
    /// The file that is changed.
    pub fn file(&self) -> &File {
        self.file
    }

    /// Has the change be taken back, whatever is made of the error that led to this: something was
    /// written only in part.
    pub fn spoil(&self) {
        TOGETHER.with_borrow_mut(|t| {
            if let Some(t) = t {
                t.spoiled = true;
            }
        });
    }

    /// Whether the change is only looked at.
    pub(super) fn is_seen(&self) -> bool {
        TOGETHER.with_borrow(|t| t.as_ref().is_some_and(|t| t.seen.is_some()))
    }

    /// Tells the preview that runs.
    pub(super) fn with_preview<T: Default>(&self, f: impl FnOnce(&mut Preview) -> T) -> T {
        TOGETHER.with_borrow_mut(|t| {
            t.as_mut().and_then(|t| t.seen.as_mut()).map(f).unwrap_or_default()
        })
    }

    /// Notes whether what is changed is in this file, or in another that a link leads to.
    pub(super) fn note_place(&self, elsewhere: bool) {
        self.with_writing(|writing| match elsewhere {
            true => writing.elsewhere = true,
            false => writing.here = true,
        });
    }

    /// Calls `f` with what is known of the file as one that is being changed.
    fn with_writing(&self, f: impl FnOnce(&mut Writing)) {
        TOGETHER.with_borrow_mut(|together| {
            let mut files = together.iter_mut().flat_map(|t| &mut t.files);
            let is_here = |o: &Arc<Opened>| Arc::ptr_eq(o, &self.file.opened);
            if let Some(writing) = files.find(|w| w.siblings.iter().any(is_here)) {
                f(writing);
            }
        });
    }

    /// A file that an external link leads to, the same one until the change ends.
    pub(super) fn held_file(
        &self,
        real: &Path,
        open: impl FnOnce() -> Result<File>,
    ) -> Result<Arc<File>> {
        let known = |t: &Together| t.others.iter().find(|o| o.0 == real).map(|o| o.1.clone());
        if let Some(file) = TOGETHER.with_borrow(|t| t.as_ref().and_then(known)) {
            return Ok(file);
        }
        let file = Arc::new(open()?);
        if !file.is_same_file(self.file) && file.opened.siblings().iter().any(|o| o.is_changing()) {
            let why = "it is being changed by another name: one change takes one name of it".into();
            return Err(file.unwritable(why));
        }
        TOGETHER.with_borrow_mut(|t| {
            if let Some(t) = t {
                t.others.push((real.to_path_buf(), file.clone()));
            }
        });
        Ok(file)
    }

    pub(super) fn failed(&self, path: &ObjectPath, why: String) -> StoreError {
        StoreError::NotWritten { path: path.clone(), why }
    }

    /// Calls the library with its lock; a failure is about `path`.
    pub(super) fn call<T>(&self, path: &ObjectPath, f: impl FnOnce(&Id) -> Hdf<T>) -> Result<T> {
        let _lock = self.file.lock();
        self.done(path, f(&self.file.opened.id))
    }

    /// What the library answered, unless what it wrote did not reach the file.
    pub(super) fn done<T>(&self, path: &ObjectPath, answer: Hdf<T>) -> Result<T> {
        let failure = self.file.opened.transaction.lock().as_ref().and_then(|t| t.failure());
        match failure {
            Some(why) => Err(self.failed(path, why)),
            None => answer.map_err(|why| self.failed(path, why)),
        }
    }

    fn readers(&self) -> Vec<Arc<dyn Reader>> {
        let siblings = self.file.opened.siblings();
        siblings.iter().flat_map(|o| o.readers.alive()).collect()
    }

    /// Has the readers of the object at `path` keep elements of it, and closes what was handed
    /// out for reading it. To be called before each change of elements.
    pub(super) fn keep_elements(
        &self,
        path: &ObjectPath,
        region: Option<(&[u64], &[u64])>,
    ) -> Result<()> {
        let object = self.file.id_of_object(path)?;
        for reader in self.readers() {
            if reader.object().is_same_object(&object) {
                reader.keep(region)?;
            }
        }
        let _lock = self.file.lock();
        self.file.opened.siblings().iter().for_each(|o| o.lent.lock().close_object(&object));
        Ok(())
    }

    /// Has the readers of all objects at and below `path` keep all that they need.
    pub(super) fn keep_tree(&self, path: &ObjectPath) -> Result<()> {
        let readers = self.readers();
        let mut others = Vec::new();
        for reader in readers {
            match reader.path().is_below(path) {
                true => reader.keep(None)?,
                false => others.push(reader),
            }
        }
        // another path may lead to an object below this one
        if !others.is_empty() {
            let below = self.file.objects_below(path)?;
            for reader in others {
                if below.iter().any(|id| id.is_same_object(&reader.object())) {
                    reader.keep(None)?;
                }
            }
        }
        Ok(())
    }

    /// Has bytes written when the library has closed the file.
    pub(super) fn patch_at_end(&self, patches: Vec<Patch>) {
        self.with_writing(|writing| writing.patches.extend(patches));
    }

    /// Tells the readers below `from` that their objects are now below `to`.
    pub(super) fn tell_moved(&self, from: &ObjectPath, to: &ObjectPath) {
        if self.readers().is_empty() {
            return;
        }
        self.with_writing(|writing| writing.moves.push((from.clone(), to.clone())));
        tell_moved(&self.file.opened.siblings(), from, to);
    }
}
