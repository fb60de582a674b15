//! The thread that reads files, so that keys and drawing never wait for HDF5.
//!
//! Requests of one kind replace each other: only the newest selection, page or window of rows
//! matters. Collecting a large group's names is background work: it stops as soon as anything
//! else is asked and goes on afterwards; the sorting of the names is done on a thread of its own.
//! About once a second, and around every read, the files are compared with what they were when
//! they were opened; one that changed is opened anew, and what was being read is read again.
//! What computes goes on to [`compute`](super::compute), on other threads.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::compute::{Answer, Ask, Compute};
use super::details::Details;
use super::grid::{self, Page, Window};
use super::names::NameTable;
use super::tree::GroupId;
use crate::store::{File, H5Mode, Node, ObjectPath, OpenedAs, StoreError, WalkOrder};

/// Links that are shown before all names of a group are known.
const FIRST_NAMES: usize = 256;
/// How often the files are looked at for changes.
const WATCH: Duration = Duration::from_secs(1);

/// What the screen asks for. `file` is the number of an open file.
#[derive(Debug)]
pub enum Request {
    /// Open a file under the next number.
    Open {
        /// Its number.
        file: usize,
        /// Its path.
        path: PathBuf,
        /// Its mode.
        mode: H5Mode,
    },
    /// The names of a group's links.
    Names {
        /// The file.
        file: usize,
        /// The group in the tree.
        group: GroupId,
        /// Which asking this is: the answer to an older one is dropped.
        ticket: u64,
        /// Its path.
        path: ObjectPath,
        /// The order that is wanted.
        order: WalkOrder,
    },
    /// What the links on the screen are. The newest request counts.
    Nodes {
        /// File and path of each.
        rows: Vec<(usize, ObjectPath)>,
    },
    /// The facts of the selected object. The newest request counts.
    Details {
        /// The file.
        file: usize,
        /// The object.
        path: ObjectPath,
        /// Which asking this is.
        ticket: u64,
    },
    /// A part of a dataset. The newest request counts.
    Page {
        /// The file.
        file: usize,
        /// The dataset.
        path: ObjectPath,
        /// The part.
        window: Window,
        /// Which asking this is.
        ticket: u64,
    },
    /// Open a file anew, as when it changed.
    Reload {
        /// The file.
        file: usize,
    },
    /// Look whether the files were changed, here or by others.
    Look,
    /// Compute something.
    Compute(Ask),
}

/// Why a file is read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedBy {
    /// Somebody asked for it.
    Asked,
    /// What was typed here changed it.
    Us,
    /// Another program changed it.
    Others,
}

/// What comes back.
#[derive(Debug)]
pub enum Reply {
    /// A file is open, or why not.
    Opened {
        /// Its number.
        file: usize,
        /// How it was opened.
        result: Result<OpenedAs, StoreError>,
        /// What was found out about it, that a user should know.
        notices: Vec<String>,
    },
    /// Names of a group.
    Names {
        /// The group in the tree.
        group: GroupId,
        /// Of which asking.
        ticket: u64,
        /// The names so far; `true` where these are all, in order.
        result: Result<(NameTable, bool), StoreError>,
    },
    /// What a link is.
    Node {
        /// The file.
        file: usize,
        /// The link.
        path: ObjectPath,
        /// What it is.
        node: Result<Node, StoreError>,
        /// What it is to those who wrote it, where there is more to say.
        kind: Option<String>,
    },
    /// Facts of an object.
    Details {
        /// Of which asking.
        ticket: u64,
        /// The facts.
        details: Box<Details>,
    },
    /// The bytes that the object of these details takes in the file.
    Storage {
        /// Of which asking.
        ticket: u64,
        /// Bytes.
        bytes: u64,
    },
    /// A part of a dataset.
    Page {
        /// Of which asking.
        ticket: u64,
        /// The part, or why it can't be read.
        result: Result<Page, StoreError>,
    },
    /// The file changed on disk; it was opened anew, or could not be.
    Changed {
        /// The file.
        file: usize,
        /// How it is open now.
        result: Result<OpenedAs, StoreError>,
        /// Who wanted it.
        by: ChangedBy,
    },
    /// Something computed.
    Computed(Answer),
    /// A job failed in a way that no file should be able to cause.
    Internal(String),
}

/// Where replies go: called on the threads of this module.
pub type Sink = Arc<dyn Fn(Reply) + Send + Sync>;

/// Names that are being collected.
struct Collecting {
    file: usize,
    group: GroupId,
    ticket: u64,
    path: ObjectPath,
    order: WalkOrder,
    names: NameTable,
    next: u64,
}

/// Facts that take long and come after all else of an object.
struct Slow {
    file: usize,
    path: ObjectPath,
    ticket: u64,
}

#[derive(Default)]
struct Queue {
    now: VecDeque<Request>,
    details: Option<Request>,
    page: Option<Request>,
    nodes: Option<VecDeque<(usize, ObjectPath)>>,
    storage: Option<Slow>,
    collecting: VecDeque<Collecting>,
    stop: bool,
}

impl Queue {
    fn urgent(&self) -> bool {
        self.stop
            || !self.now.is_empty()
            || self.details.is_some()
            || self.page.is_some()
            || self.nodes.is_some()
    }
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Whether background work should make way.
    urgent: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // a panic inside a job is caught outside of this lock
        self.queue.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// The reading thread, from outside.
pub struct Jobs {
    shared: Arc<Shared>,
    compute: Arc<Compute>,
}

impl Jobs {
    /// Starts the threads. The lines of the bar are kept in the file `history`, if any.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(sink: Sink, history: Option<PathBuf>) -> std::io::Result<Jobs> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            urgent: AtomicBool::new(false),
        });
        let inside = Arc::clone(&shared);
        let answers = Arc::clone(&sink);
        let tell = Arc::new(move |answer| answers(Reply::Computed(answer)));
        let compute = Arc::new(Compute::start(tell, history)?);
        let beside = Arc::clone(&compute);
        let worker = Worker { shared: inside, sink, files: Vec::new(), compute: beside };
        std::thread::Builder::new().name("reader".into()).spawn(move || worker.run())?;
        Ok(Jobs { shared, compute })
    }

    /// Asks for something.
    pub fn ask(&self, request: Request) {
        let request = match request {
            Request::Compute(ask) => return self.compute.ask(ask),
            request => request,
        };
        let mut queue = self.shared.lock();
        match request {
            Request::Details { .. } => {
                queue.details = Some(request);
                // a page of what was selected before is no longer wanted
                queue.page = None;
                queue.storage = None;
            }
            Request::Page { .. } => queue.page = Some(request),
            Request::Nodes { rows } => queue.nodes = Some(rows.into()),
            Request::Names { group, .. } => {
                queue.collecting.retain(|c| c.group != group);
                queue.now.push_back(request);
            }
            _ => queue.now.push_back(request),
        }
        self.shared.urgent.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
    }
}

impl Jobs {
    /// Waits until no file is being changed any more.
    pub fn settle(&self) {
        self.compute.settle();
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.urgent.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
    }
}

enum Work {
    Request(Request),
    Node(usize, ObjectPath),
    Storage(Slow),
    Collect(Collecting),
    Watch,
    Stop,
}

struct Opened {
    path: PathBuf,
    mode: H5Mode,
    /// None while it can't be opened.
    file: Option<Arc<File>>,
    looked: Instant,
    /// The changes made here that the screen knows of.
    generation: u64,
    /// When it was opened last. A file that is written all the time is opened anew once a second
    /// and read in between, so that reading gets on.
    opened_at: Instant,
}

struct Worker {
    shared: Arc<Shared>,
    sink: Sink,
    files: Vec<Option<Opened>>,
    /// Computes on the same files.
    compute: Arc<Compute>,
}

impl Worker {
    fn run(mut self) {
        loop {
            let work = self.next();
            if matches!(work, Work::Stop) {
                return;
            }
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.work(work)));
            if let Err(panic) = done {
                let text = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied())
                    .unwrap_or("unknown");
                (self.sink)(Reply::Internal(crate::store::escape(text.as_bytes())));
            }
        }
    }

    /// Waits for the most urgent work.
    fn next(&mut self) -> Work {
        let mut queue = self.shared.lock();
        loop {
            if queue.stop {
                return Work::Stop;
            }
            let request = queue.now.pop_front();
            let request = request.or_else(|| queue.details.take());
            if let Some(request) = request.or_else(|| queue.page.take()) {
                return Work::Request(request);
            }
            if let Some(nodes) = &mut queue.nodes {
                match nodes.pop_front() {
                    Some((file, path)) => return Work::Node(file, path),
                    None => queue.nodes = None,
                }
            }
            self.shared.urgent.store(queue.urgent(), Ordering::Relaxed);
            let due = self.files.iter().flatten().map(|o| o.looked + WATCH).min();
            if due.is_some_and(|due| due <= Instant::now()) {
                return Work::Watch;
            }
            if let Some(collecting) = queue.collecting.pop_front() {
                return Work::Collect(collecting);
            }
            if let Some(slow) = queue.storage.take() {
                return Work::Storage(slow);
            }
            queue = match due {
                None => self.shared.wake.wait(queue).unwrap_or_else(|e| e.into_inner()),
                Some(due) => {
                    let time = due.saturating_duration_since(Instant::now());
                    let woken = self.shared.wake.wait_timeout(queue, time);
                    woken.unwrap_or_else(|e| e.into_inner()).0
                }
            };
        }
    }

    fn work(&mut self, work: Work) {
        match work {
            Work::Request(request) => self.request(request),
            Work::Node(file, path) => {
                let node = self.read(file, |f| f.node(&path));
                let opened = self.files.get(file).and_then(Option::as_ref);
                let kind = match (&node, opened.and_then(|o| o.file.as_ref())) {
                    (Ok(node), Some(open)) => super::kinds::of(open, &path, node),
                    _ => None,
                };
                (self.sink)(Reply::Node { file, path, node, kind });
            }
            Work::Storage(slow) => {
                let bytes = self.read(slow.file, |f| f.storage_size(&slow.path));
                if let Ok(bytes) = bytes {
                    (self.sink)(Reply::Storage { ticket: slow.ticket, bytes });
                }
            }
            Work::Collect(collecting) => self.collect(collecting),
            Work::Watch => {
                for file in 0..self.files.len() {
                    self.look(file);
                }
            }
            Work::Stop => {}
        }
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Open { file, path, mode } => {
                let opened = File::open(&path, mode);
                let result = opened.as_ref().map(File::opened_as).map_err(Clone::clone);
                if self.files.len() <= file {
                    self.files.resize_with(file + 1, || None);
                }
                // created by now: opening it again must not create it once more
                let mode = if mode.has_write_intent() { H5Mode::ReadWrite } else { mode };
                let looked = Instant::now();
                let opened = opened.ok().map(Arc::new);
                self.compute.set_file(file, opened.clone());
                self.files[file] = Some(Opened {
                    path,
                    mode,
                    file: opened,
                    looked,
                    generation: 0,
                    opened_at: looked,
                });
                let notices = crate::store::take_notices();
                (self.sink)(Reply::Opened { file, result, notices });
            }
            Request::Names { file, group, ticket, path, order } => {
                let names = NameTable::default();
                let task = Collecting { file, group, ticket, path, order, names, next: 0 };
                self.first_names(task);
            }
            Request::Details { file, path, ticket } => {
                let details = self.read(file, |f| Ok(Details::read(f, &path)));
                let details = details.unwrap_or_else(|e| Details::unread(&path, &e));
                let due = details.storage_is_due;
                (self.sink)(Reply::Details { ticket, details: Box::new(details) });
                if due {
                    self.shared.lock().storage = Some(Slow { file, path, ticket });
                }
            }
            Request::Page { file, path, window, ticket } => {
                let result = self.read(file, |f| grid::read(f, &path, &window));
                (self.sink)(Reply::Page { ticket, result });
            }
            Request::Reload { file } => self.reopen(file, true),
            Request::Look => {
                for file in 0..self.files.len() {
                    self.look(file);
                }
            }
            Request::Nodes { .. } | Request::Compute(_) => {}
        }
    }

    /// Reads from a file as it is now: one that changed before or meanwhile is opened anew, and
    /// read again. A file that is not open gives an error.
    fn read<T>(
        &mut self,
        file: usize,
        f: impl Fn(&File) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.look(file);
        let result = f(self.open_file(file)?);
        // what could not be read may be half written: as it is now, then
        if result.is_err() && self.open_file(file)?.changed().unwrap_or(true) {
            self.reopen(file, false);
            return f(self.open_file(file)?);
        }
        if self.look(file) {
            return f(self.open_file(file)?);
        }
        result
    }

    fn open_file(&self, file: usize) -> Result<&File, StoreError> {
        let opened = self.files.get(file).and_then(Option::as_ref);
        let name = opened.map_or(String::new(), |o| o.path.display().to_string());
        let not_open = || StoreError::Io { path: name, why: "is not open".into() };
        opened.and_then(|o| o.file.as_deref()).ok_or_else(not_open)
    }

    /// Opens a file anew if it changed; whether it did.
    fn look(&mut self, file: usize) -> bool {
        let Some(Some(opened)) = self.files.get_mut(file) else {
            return false;
        };
        opened.looked = Instant::now();
        if let Some(f) = &opened.file
            && f.generation() != opened.generation
        {
            opened.generation = f.generation();
            let result = Ok(f.opened_as());
            (self.sink)(Reply::Changed { file, result, by: ChangedBy::Us });
        }
        let changed = match &opened.file {
            Some(f) => f.changed().unwrap_or(true),
            None => std::fs::metadata(&opened.path).is_ok(),
        };
        let rested = opened.file.is_none() || opened.opened_at.elapsed() >= WATCH;
        if changed && rested {
            self.reopen(file, false);
        }
        changed && rested
    }

    fn reopen(&mut self, file: usize, asked: bool) {
        let Some(Some(opened)) = self.files.get_mut(file) else {
            return;
        };
        let was_open = opened.file.is_some();
        if let Some(f) = &opened.file {
            // the user may have allowed changes since
            opened.mode = f.mode();
        }
        let fresh = match opened.file.take() {
            Some(f) => f.reopen(),
            None => File::open(&opened.path, opened.mode),
        };
        let result = fresh.as_ref().map(File::opened_as).map_err(Clone::clone);
        opened.file = fresh.ok().map(Arc::new);
        self.compute.set_file(file, opened.file.clone());
        opened.opened_at = Instant::now();
        opened.generation = 0;
        // while it can't be opened, that is said once
        if was_open || opened.file.is_some() || asked {
            let by = if asked { ChangedBy::Asked } else { ChangedBy::Others };
            (self.sink)(Reply::Changed { file, result, by });
        }
    }

    fn first_names(&mut self, mut task: Collecting) {
        let (path, order) = (task.path.clone(), task.order);
        let result = self.read(task.file, |f| {
            let mut names = NameTable::default();
            let next = f.walk(&path, order, 0, &mut |name| {
                if names.push(name) && names.len() < FIRST_NAMES {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
            Ok((names, next))
        });
        let reply = |result| Reply::Names { group: task.group, ticket: task.ticket, result };
        match result {
            Err(e) => (self.sink)(reply(Err(e))),
            Ok((mut names, _)) if names.len() < FIRST_NAMES => {
                if order == WalkOrder::Native {
                    names.sort();
                }
                (self.sink)(reply(Ok((names, true))));
            }
            Ok((names, next)) => {
                (self.sink)(reply(Ok((names.clone(), false))));
                (task.names, task.next) = (names, next);
                self.shared.lock().collecting.push_back(task);
            }
        }
    }

    /// Goes on collecting until done or something urgent is asked.
    fn collect(&mut self, mut task: Collecting) {
        let Some(Some(Opened { file: Some(file), .. })) = self.files.get(task.file) else {
            return;
        };
        let shared = &self.shared;
        let (mut stopped, mut n) = (false, 0u32);
        let names = &mut task.names;
        let walked = file.walk(&task.path, task.order, task.next, &mut |name| {
            if !names.push(name) {
                return ControlFlow::Break(());
            }
            n += 1;
            stopped = n.is_multiple_of(256) && shared.urgent.load(Ordering::Relaxed);
            if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match walked {
            Ok(next) if stopped => {
                task.next = next;
                let mut queue = self.shared.lock();
                // asked for anew meanwhile: the older asking ends here
                if !queue
                    .now
                    .iter()
                    .any(|r| matches!(r, Request::Names { group, .. } if *group == task.group))
                {
                    queue.collecting.push_front(task);
                }
            }
            Ok(_) => {
                let sink = Arc::clone(&self.sink);
                let sort = move || {
                    if task.order == WalkOrder::Native {
                        task.names.sort();
                    }
                    let result = Ok((task.names, true));
                    sink(Reply::Names { group: task.group, ticket: task.ticket, result });
                };
                // without a thread the names stay unsorted, and that is said
                if let Err(e) = std::thread::Builder::new().name("sorter".into()).spawn(sort) {
                    (self.sink)(Reply::Internal(e.to_string()));
                }
            }
            Err(e) => {
                let (group, ticket) = (task.group, task.ticket);
                (self.sink)(Reply::Names { group, ticket, result: Err(e) });
            }
        }
    }
}
