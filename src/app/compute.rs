//! Computing beside the screen: code, pages of results, statistics, exports, completion.
//!
//! One [`Lane`] each for code, for pages of results, for statistics and for completion, so that a
//! long computation keeps none of the others waiting; exports have threads of their own. Every
//! piece of work has a [`Context`], which the asker keeps: it tells the progress and takes the
//! cancel. Files are those that the reading thread has open.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use parking_lot::Mutex;

pub use super::asks::{Answer, Ask, Face, Fault, Fresh, Held, Here, Made, NameLine, Subject};
use super::cells;
use super::editing::Step;
use super::lanes::{Lane, guarded};
use super::statistics;
use super::{completion, export, history, preview, undoing};
use crate::array::{Array, Context, stored};
use crate::lang::{Line, Session, h5};
use crate::numpy::{Value, show};
use crate::store::{self, File, ObjectPath, Preview, StoreError, Weight};

/// The most elements of a value that is edited in a line, and in an editor.
const LITERAL: usize = 1000;
const LARGE: usize = 100_000;

/// How long the program's end waits for a change to be taken back. After that the journal is left
/// for the next change to do so.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where answers go: called on the threads of this module.
pub type Tell = Arc<dyn Fn(Answer) + Send + Sync>;

/// The open files, by their numbers.
type Files = Arc<Mutex<Vec<Option<Arc<File>>>>>;

/// Who waits for the user's permission.
type Permission = Arc<Mutex<Option<Sender<bool>>>>;

/// The computing threads, from outside.
pub struct Compute {
    tell: Tell,
    session: Arc<Session>,
    files: Files,
    code: Lane,
    pages: Lane,
    statistics: Lane,
    completion: Lane,
    history: Option<std::sync::mpsc::Sender<String>>,
    /// Where a job waits for whether a file may be changed.
    permission: Permission,
}

impl Compute {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(tell: Tell, history: Option<PathBuf>) -> std::io::Result<Compute> {
        let history = history.map(|path| keep_history(path, Arc::clone(&tell))).transpose()?;
        Ok(Compute {
            tell,
            session: Arc::new(Session::default()),
            files: Files::default(),
            code: Lane::start("code")?,
            pages: Lane::start("pages")?,
            statistics: Lane::start("statistics")?,
            completion: Lane::start("completion")?,
            history,
            permission: Permission::default(),
        })
    }

    /// Tells that a file is open, anew, or no longer.
    pub fn set_file(&self, number: usize, file: Option<Arc<File>>) {
        if let Some(file) = &file {
            let (tell, permission) = (Arc::clone(&self.tell), Arc::clone(&self.permission));
            file.ask_before_changes(move || {
                let (send, answer) = channel();
                *permission.lock() = Some(send);
                tell(Answer::MayChange { file: number });
                answer.recv().unwrap_or(false)
            });
        }
        let mut files = self.files.lock();
        if files.len() <= number {
            files.resize(number + 1, None);
        }
        files[number] = file;
        self.session.set_files(files.iter().flatten().cloned().collect());
    }

    /// Has a change that is being made taken back, unless it is done in a moment, and waits for
    /// that: the program is about to end.
    pub fn settle(&self) {
        // whoever waits for an answer gets none
        self.permission.lock().take();
        self.code.settle(PATIENCE);
    }

    /// Asks for something.
    pub fn ask(&self, ask: Ask) {
        let tell = Arc::clone(&self.tell);
        let session = Arc::clone(&self.session);
        let files = Arc::clone(&self.files);
        match ask {
            Ask::Run { ticket, line, here, agreed, fresh, cx } => {
                let lane = cx.clone();
                // each line that was typed is run: it may change a file
                self.code.queue(&lane, move || {
                    select(&session, &files, here);
                    if let Some(Fresh { code, name }) = fresh
                        && guarded(|| session.exists(&code, &cx)).unwrap_or(false)
                    {
                        let why = Fault::internal(format!("{name} exists already: e edits it"));
                        return tell(Answer::Ran { ticket, result: Err(why) });
                    }
                    if let (Line::Code(code), false) = (&line, agreed)
                        && session.may_delete(code, &cx)
                    {
                        let result = tried(&session, &line, &cx);
                        let harmless = matches!(&result, Ok(seen) if !preview::deletes(seen));
                        if !harmless {
                            return tell(Answer::Tried { ticket, line, result });
                        }
                    }
                    let result = guarded(|| run(&session, &line, &cx));
                    let result = result.unwrap_or_else(|e| Err(Fault::internal(e)));
                    tell(Answer::Ran { ticket, result });
                });
            }
            Ask::Try { ticket, line, here, cx } => {
                let lane = cx.clone();
                self.code.queue(&lane, move || {
                    select(&session, &files, here);
                    let result = tried(&session, &line, &cx);
                    tell(Answer::Tried { ticket, line, result });
                });
            }
            Ask::Literal { ticket, hole, large, here, cx } => {
                let lane = cx.clone();
                self.code.queue(&lane, move || {
                    select(&session, &files, here);
                    let most = if large { LARGE } else { LITERAL };
                    let result = guarded(|| session.literal(&hole.shown, most, &cx));
                    let result = match result {
                        Ok(result) => result.map_err(|failure| Fault::of(&failure.error)),
                        Err(e) => Err(Fault::internal(e)),
                    };
                    tell(Answer::Literal { ticket, hole, large, result });
                });
            }
            Ask::Weigh { ticket, nodes, cx } => {
                let lane = cx.clone();
                self.code.queue(&lane, move || {
                    let stop = || cx.check().is_err();
                    let weights =
                        nodes.iter().map(|(i, path)| on_file(&files, *i, |f| f.weigh(path, &stop)));
                    let mut result = weights.sum::<Result<Weight, Fault>>();
                    if stop() {
                        result = Err(Fault { cancelled: true, ..Fault::internal(String::new()) });
                    }
                    tell(Answer::Weighed { ticket, nodes, result });
                });
            }
            Ask::Step { ticket, file, step, cx } => {
                let lane = cx.clone();
                self.code.queue(&lane, move || {
                    session.let_go();
                    let mut done = on_file(&files, file, |f| stepped(f, step, &cx));
                    if let (Err(fault), true) = (&mut done, cx.check().is_err()) {
                        fault.cancelled = true;
                    }
                    tell(match step {
                        Step::History => Answer::Changes { ticket, result: done },
                        _ => Answer::Done { ticket, result: done },
                    });
                });
            }
            Ask::Records { ticket, file } => {
                self.code.queue(&Context::new(Default::default()), move || {
                    let records = on_file(&files, file, |f| store::history(f.path()));
                    let result = records.map(|(records, _)| records.len());
                    tell(Answer::Records { ticket, file, result });
                });
            }
            Ask::Array { ticket, of, cx } => {
                let lane = cx.clone();
                self.pages.put(&lane, move || {
                    let result = ended(guarded(|| array_of(&Subject::Value(of), &files, &cx)));
                    tell(Answer::Array { ticket, result });
                });
            }
            Ask::Allow(yes) => {
                if let Some(waiting) = self.permission.lock().take() {
                    // whoever waited may be gone
                    let _ = waiting.send(yes);
                }
            }
            Ask::Page { ticket, of, window, cx } => {
                let lane = cx.clone();
                self.pages.put(&lane, move || {
                    let result = guarded(|| cells::read(&of, &window, &cx.for_page()));
                    let result = match result {
                        Ok(result) => result.map_err(|e| Fault::of(&e)),
                        Err(e) => Err(Fault::internal(e)),
                    };
                    tell(Answer::Page { ticket, result });
                });
            }
            Ask::Statistics { ticket, of, axis, fields, cx } => {
                let lane = cx.clone();
                self.statistics.put(&lane, move || {
                    let result = guarded(|| {
                        let array = array_of(&of, &files, &cx)?;
                        let mut update = |update| tell(Answer::Statistics { ticket, update });
                        statistics::compute(&array, axis, &fields, &cx, &mut update)
                    });
                    let result = ended(result).map(|()| String::new());
                    tell(Answer::Done { ticket, result });
                });
            }
            Ask::Write { ticket, of, path, over, cx } => {
                let name = path.display().to_string();
                let work = move || {
                    let result = guarded(|| {
                        may_write(&path, over, &files)?;
                        let value = match &of {
                            Subject::Value(Held(value)) => value.clone(),
                            of => Value::array(array_of(of, &files, &cx)?),
                        };
                        export::write(&value, &path, &cx)
                    });
                    let size = std::fs::metadata(&path).map_or(0, |m| m.len());
                    let said = format!("wrote {name}, {}", crate::store::byte_size(size));
                    tell(Answer::Done { ticket, result: ended(result).map(|()| said) });
                };
                self.apart(ticket, "export", work);
            }
            Ask::Text { ticket, of, cx } => {
                let work = move || {
                    let result = ended(guarded(|| show::repr(&of.0, &cx)));
                    tell(Answer::Text { ticket, result });
                };
                self.apart(ticket, "text", work);
            }
            Ask::Complete { ticket, line, here } => {
                self.completion.put(&Context::new(Default::default()), move || {
                    select(&session, &files, here);
                    let found = guarded(|| completion::find(&session, &line));
                    let completion = found.unwrap_or_default();
                    tell(Answer::Completed { ticket, completion });
                });
            }
            Ask::Names { ticket } => {
                self.completion.put(&Context::new(Default::default()), move || {
                    let names = guarded(|| names(&session)).unwrap_or_default();
                    tell(Answer::Names { ticket, names });
                });
            }
            Ask::Remember(line) => {
                if let Some(history) = &self.history {
                    // without its thread, lines are not kept
                    let _ = history.send(line);
                }
            }
        }
    }

    /// Does work on a thread of its own.
    fn apart(&self, ticket: u64, name: &str, work: impl FnOnce() + Send + 'static) {
        if let Err(e) = std::thread::Builder::new().name(name.into()).spawn(work) {
            let result = Err(Fault::internal(format!("no thread could be started: {e}")));
            (self.tell)(Answer::Done { ticket, result });
        }
    }
}

fn keep_history(path: PathBuf, tell: Tell) -> std::io::Result<std::sync::mpsc::Sender<String>> {
    let (send, lines) = std::sync::mpsc::channel::<String>();
    std::thread::Builder::new().name("history".into()).spawn(move || {
        tell(Answer::History(history::load(&path)));
        for line in lines {
            // a full or read-only disk loses the history and nothing else
            let _ = history::add(&path, &line);
        }
    })?;
    Ok(send)
}

/// Refuses to write over what exists, unless it was asked for, and over an open file.
fn may_write(path: &std::path::Path, over: bool, files: &Files) -> crate::array::Result<()> {
    use crate::array::Error;
    if !path.exists() {
        return Ok(());
    }
    export::must_not_be_open(path, files.lock().iter().flatten())?;
    match over {
        true => Ok(()),
        false => Err(Error::os(format!("{} exists (write! takes its place)", export::shown(path)))),
    }
}

fn ended<T>(result: Result<crate::array::Result<T>, String>) -> Result<T, Fault> {
    match result {
        Ok(result) => result.map_err(|e| Fault::of(&e)),
        Err(e) => Err(Fault::internal(e)),
    }
}

/// Tells the session what is selected: its files are those that are open.
fn select(session: &Session, files: &Files, here: Here) {
    let files = files.lock();
    let open = |(file, path): (usize, ObjectPath)| {
        files.get(file)?.as_ref()?;
        Some((files.iter().take(file).flatten().count(), path))
    };
    session.set_here(here.node.and_then(open));
    session.set_marked(here.cells, here.marked.into_iter().filter_map(open).collect());
}

/// What a line would change.
fn tried(session: &Session, line: &Line, cx: &Context) -> Result<Preview, Fault> {
    let result = guarded(|| session.preview(line, cx)).map_err(Fault::internal)?;
    session.take_printed();
    result.map_err(|failure| Fault { place: failure.place.clone(), ..Fault::of(&failure.error) })
}

/// Runs `f` on an open file.
fn on_file<T>(
    files: &Files,
    file: usize,
    f: impl FnOnce(&File) -> Result<T, StoreError>,
) -> Result<T, Fault> {
    let file = files.lock().get(file).cloned().flatten();
    let Some(file) = file else { return Err(Fault::internal("the file is not open".into())) };
    let done = guarded(|| f(&file)).map_err(Fault::internal)?;
    done.map_err(|e| Fault::internal(e.reason()))
}

fn stepped(file: &File, step: Step, cx: &Context) -> Result<String, StoreError> {
    let stop = || cx.check().is_err();
    let done = match step {
        Step::Undo => undoing::undone(&file.step(true, &stop)?),
        Step::Redo => undoing::redone(&file.step(false, &stop)?),
        Step::History => return undoing::list(file.path()),
        Step::Forget => {
            let bytes = store::bytes_of_records(file.path());
            file.forget()?;
            undoing::forgotten(bytes)
        }
        Step::Repack => undoing::repacked(&file.repack(undoing::teller(cx))?, true),
    };
    let notices = store::take_notices();
    Ok([done].into_iter().chain(notices).collect::<Vec<_>>().join("; "))
}

fn array_of(of: &Subject, files: &Files, cx: &Context) -> crate::array::Result<Array> {
    use crate::array::Error;
    match of {
        Subject::Stored(file, path) => {
            let file = files.lock().get(*file).cloned().flatten();
            stored::open(&file.ok_or_else(|| Error::os("the file is not open"))?, path, cx)
        }
        Subject::Value(Held(value)) => match array_in(value, cx) {
            Some(array) => array,
            None => Err(Error::type_error(format!("{} has no elements", value.type_name()))),
        },
    }
}

/// The array that a value is, where it is one.
fn array_in(value: &Value, cx: &Context) -> Option<crate::array::Result<Array>> {
    match value {
        Value::Array(nd) => Some(nd.array()),
        Value::Foreign(f) => f.array(cx),
        _ => None,
    }
}

/// Runs a line and finds out how its value is shown.
fn run(session: &Session, line: &Line, cx: &Context) -> Result<Made, Fault> {
    let value = match line {
        Line::Code(code) => session.run(code, cx),
        Line::Edits(edits) => session.edit(edits, cx).map(|()| None),
    };
    let value = value
        .map_err(|failure| Fault { place: failure.place.clone(), ..Fault::of(&failure.error) })?;
    store::take_notices().iter().for_each(|notice| cx.note(notice));
    let printed = session.take_printed();
    let value = value.filter(|v| !v.is_none());
    let face = match &value {
        None => Face::Nothing,
        Some(value) => face(value, cx).map_err(|e| Fault::of(&e))?,
    };
    let live = value.as_ref().is_some_and(is_live);
    Ok(Made { value: value.map(Held), live, face, printed })
}

/// Whether a value is a dataset itself.
fn is_live(value: &Value) -> bool {
    match value {
        Value::Array(nd) => nd.target().is_some(),
        Value::Foreign(f) => h5::is_dataset(f),
        _ => false,
    }
}

fn face(value: &Value, cx: &Context) -> crate::array::Result<Face> {
    if let Some(array) = array_in(value, cx) {
        let array = array?;
        if array.ndim() > 0 && !array.is_empty() {
            return Ok(Face::Array(array));
        }
    }
    Ok(Face::Text(match value {
        Value::Str(s) => s.to_string(),
        value => show::repr(value, cx)?,
    }))
}

fn names(session: &Session) -> Vec<NameLine> {
    let line = |(name, value): (String, Value)| {
        let (kind, text) = described(&value);
        NameLine { name, kind, value: text }
    };
    session.names().into_iter().map(line).collect()
}

/// A value's kind, and the value itself where it is small and there.
fn described(value: &Value) -> (String, String) {
    use crate::array::dtype::tuple;
    let array = match value {
        Value::Array(nd) => nd.array().ok(),
        _ => None,
    };
    let Some(array) = array else {
        let small = match value {
            Value::Array(_) | Value::Foreign(_) => false,
            Value::List(items) => items.lock().len() < 100,
            Value::Dict(d) | Value::Set(d) => d.lock().len() < 100,
            Value::Tuple(items) => items.len() < 100,
            _ => true,
        };
        let cx = Context::preview(Default::default());
        let text = if small { show::repr(value, &cx).unwrap_or_default() } else { String::new() };
        return (value.type_name(), text);
    };
    let kind = format!("{} {}", tuple(array.shape()), array.dtype());
    let text = match array.in_memory() {
        Some(block) if block.len() <= 100 => {
            let cx = Context::preview(Default::default());
            show::repr(value, &cx).unwrap_or_default().replace('\n', " ")
        }
        _ => String::new(),
    };
    (kind, text)
}
