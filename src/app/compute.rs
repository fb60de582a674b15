//! Computing beside the screen: code, pages of results, statistics, exports, completion.
//!
//! One [`Lane`] each for code, for pages of results, for statistics and for completion, so that a
//! long computation keeps none of the others waiting; exports have threads of their own. Every
//! piece of work has a [`Context`], which the asker keeps: it tells the progress and takes the
//! cancel. Files are those that the reading thread has open.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use parking_lot::Mutex;

use super::cells;
use super::editing::{Hole, Step};
use super::grid::{Page, Window};
use super::lanes::{Lane, guarded};
use super::statistics::{self, Update};
use super::{completion, export, history, preview, undoing};
use crate::array::error::Kind;
use crate::array::{Array, Context, stored};
use crate::lang::{Completion, Line, Literal, Session};
use crate::numpy::{Value, show};
use crate::store::{self, File, ObjectPath, Preview, StoreError, Weight};

/// The most elements of a value that is edited in a line, and in an editor.
const LITERAL: usize = 1000;
const LARGE: usize = 100_000;

/// What names of the language stand for at the moment.
#[derive(Debug, Clone, Default)]
pub struct Here {
    /// The selected node: the number of its file, and its path.
    pub node: Option<(usize, ObjectPath)>,
    /// Code that reads the marked cells.
    pub cells: Option<String>,
    /// The marked nodes.
    pub marked: Vec<(usize, ObjectPath)>,
}

/// A value, in messages between threads.
#[derive(Clone)]
pub struct Held(pub Value);

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held({})", self.0.type_name())
    }
}

/// What something is computed of.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A dataset: the number of its file, and its path.
    Stored(usize, ObjectPath),
    /// A value.
    Value(Held),
}

/// What is asked for. Answers carry the ticket of the asking.
#[derive(Debug)]
pub enum Ask {
    /// Run code, or give something that is stored a new value.
    Run {
        /// Which asking this is.
        ticket: u64,
        /// What.
        line: Line,
        /// What is selected.
        here: Here,
        /// Whether the user has agreed to what it takes away.
        agreed: bool,
        /// The computation.
        cx: Context,
    },
    /// Tell what that would change.
    Try {
        /// Which asking this is.
        ticket: u64,
        /// What.
        line: Line,
        /// What is selected.
        here: Here,
        /// The computation.
        cx: Context,
    },
    /// A value as a literal, to be edited.
    Literal {
        /// Which asking this is.
        ticket: u64,
        /// What it is put into.
        hole: Hole,
        /// Whether it is for an editor, and may be long.
        large: bool,
        /// What is selected.
        here: Here,
        /// The computation.
        cx: Context,
    },
    /// How much would be deleted.
    Weigh {
        /// Which asking this is.
        ticket: u64,
        /// What would be deleted, and of which file.
        nodes: Vec<(usize, ObjectPath)>,
        /// The computation.
        cx: Context,
    },
    /// Undo, redo, list what can be.
    Step {
        /// Which asking this is.
        ticket: u64,
        /// The number of the file.
        file: usize,
        /// Which.
        step: Step,
        /// The computation.
        cx: Context,
    },
    /// The answer to [`Answer::MayChange`].
    Allow(bool),
    /// A part of a result, for the screen.
    Page {
        /// Which asking this is.
        ticket: u64,
        /// The result.
        of: Array,
        /// The part.
        window: Window,
        /// The computation.
        cx: Context,
    },
    /// Statistics.
    Statistics {
        /// Which asking this is.
        ticket: u64,
        /// Of what.
        of: Subject,
        /// The axis on columns.
        axis: Option<usize>,
        /// The names of the fields, where elements are read as tuples.
        fields: Vec<(String, Vec<usize>)>,
        /// The computation.
        cx: Context,
    },
    /// A file of another format.
    Write {
        /// Which asking this is.
        ticket: u64,
        /// Of what.
        of: Subject,
        /// The file.
        path: PathBuf,
        /// Whether it may take the place of one that exists.
        over: bool,
        /// The computation.
        cx: Context,
    },
    /// The text of a whole value.
    Text {
        /// Which asking this is.
        ticket: u64,
        /// The value.
        of: Held,
        /// The computation.
        cx: Context,
    },
    /// What may be typed.
    Complete {
        /// Which asking this is.
        ticket: u64,
        /// What is typed so far.
        line: completion::Line,
        /// What is selected.
        here: Here,
    },
    /// The names that were assigned.
    Names {
        /// Which asking this is.
        ticket: u64,
    },
    /// Keep a line for later runs of the program.
    Remember(String),
}

/// What a piece of code gave.
#[derive(Debug)]
pub struct Made {
    /// The value of the last statement, if it has one.
    pub value: Option<Held>,
    /// How it is shown.
    pub face: Face,
    /// What the code printed.
    pub printed: String,
}

/// How a value is shown.
#[derive(Debug, Clone)]
pub enum Face {
    /// There is nothing to show.
    Nothing,
    /// As a text.
    Text(String),
    /// As a grid.
    Array(Array),
}

/// Why code failed.
#[derive(Debug, Clone)]
pub struct Fault {
    /// In one line.
    pub text: String,
    /// The bytes of the code that it is about.
    pub place: Option<Range<usize>>,
    /// The user stopped it.
    pub cancelled: bool,
}

impl Fault {
    fn of(error: &crate::array::Error) -> Fault {
        let cancelled = error.kind == Kind::KeyboardInterrupt;
        Fault { text: error.to_string(), place: None, cancelled }
    }

    fn internal(text: String) -> Fault {
        Fault { text, place: None, cancelled: false }
    }
}

/// A name that was assigned.
#[derive(Debug, Clone, PartialEq)]
pub struct NameLine {
    /// The name.
    pub name: String,
    /// What it stands for, in short: type, shape.
    pub kind: String,
    /// Its value in a line, where that costs nothing.
    pub value: String,
}

/// What comes back.
#[derive(Debug)]
pub enum Answer {
    /// Code ran.
    Ran {
        /// Of which asking.
        ticket: u64,
        /// What it gave.
        result: Result<Made, Fault>,
    },
    /// A part of a result.
    Page {
        /// Of which asking.
        ticket: u64,
        /// The part.
        result: Result<Page, Fault>,
    },
    /// Statistics, so far.
    Statistics {
        /// Of which asking.
        ticket: u64,
        /// What is new.
        update: Update,
    },
    /// Statistics are complete, or an export is, with a line that says so.
    Done {
        /// Of which asking.
        ticket: u64,
        /// How it ended.
        result: Result<String, Fault>,
    },
    /// The text of a whole value.
    Text {
        /// Of which asking.
        ticket: u64,
        /// The text.
        result: Result<String, Fault>,
    },
    /// A value as a literal, and what it is put into.
    Literal {
        /// Of which asking.
        ticket: u64,
        /// What it is put into.
        hole: Hole,
        /// Whether it is for an editor.
        large: bool,
        /// The literal.
        result: Result<Literal, Fault>,
    },
    /// What a line would change.
    Tried {
        /// Of which asking.
        ticket: u64,
        /// The line.
        line: Line,
        /// What it would.
        result: Result<Preview, Fault>,
    },
    /// How much would be deleted.
    Weighed {
        /// Of which asking.
        ticket: u64,
        /// What would be.
        nodes: Vec<(usize, ObjectPath)>,
        /// How much that is.
        result: Result<Weight, Fault>,
    },
    /// The history of a file's changes, a line each.
    Changes {
        /// Of which asking.
        ticket: u64,
        /// The lines.
        result: Result<String, Fault>,
    },
    /// A job asks whether a file may be changed, and waits.
    MayChange {
        /// The number of the file.
        file: usize,
    },
    /// What may be typed.
    Completed {
        /// Of which asking.
        ticket: u64,
        /// The choices and the help.
        completion: Completion,
    },
    /// The names.
    Names {
        /// Of which asking.
        ticket: u64,
        /// In order.
        names: Vec<NameLine>,
    },
    /// The lines of earlier runs, the oldest first.
    History(Vec<String>),
}

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

    /// Asks for something.
    pub fn ask(&self, ask: Ask) {
        let tell = Arc::clone(&self.tell);
        let session = Arc::clone(&self.session);
        let files = Arc::clone(&self.files);
        match ask {
            Ask::Run { ticket, line, here, agreed, cx } => {
                let lane = cx.clone();
                // each line that was typed is run: it may change a file
                self.code.queue(&lane, move || {
                    select(&session, &files, here);
                    if let (Line::Code(code), false) = (&line, agreed)
                        && session.may_delete(code)
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
    let Ok(real) = path.canonicalize() else { return Ok(()) };
    let name = path.display();
    let files = files.lock();
    let mut open = files.iter().flatten().filter_map(|f| f.path().canonicalize().ok());
    if open.any(|f| f == real) {
        return Err(Error::os(format!("{name} is open here")));
    }
    match over {
        true => Ok(()),
        false => Err(Error::os(format!("{name} exists (write! takes its place)"))),
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
    let done = match step {
        Step::Undo => undoing::undone(&file.undo()?),
        Step::Redo => undoing::redone(&file.redo()?),
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
    Ok(Made { value: value.map(Held), face, printed })
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
