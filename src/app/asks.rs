//! What is asked of the computing threads, and what they answer: see [`compute`](super::compute).

use std::ops::Range;
use std::path::PathBuf;

use super::completion;
use super::editing::{Hole, Step};
use super::grid::{Page, Window};
use super::statistics::Update;
use crate::array::error::Kind;
use crate::array::{Array, Context};
use crate::lang::{Completion, Line, Literal};
use crate::numpy::Value;
use crate::store::{ObjectPath, Preview, Weight};

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

/// What a line is to make, and not to put something else in the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// Code that reads it.
    pub code: String,
    /// Its name for people.
    pub name: String,
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
        /// What must not be there already.
        fresh: Option<Fresh>,
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
    /// How many changes of a file can be undone or redone.
    Records {
        /// Which asking this is.
        ticket: u64,
        /// The number of the file.
        file: usize,
    },
    /// The answer to [`Answer::MayChange`].
    Allow(bool),
    /// The array that a result is now, after a change of a file.
    Array {
        /// Which asking this is.
        ticket: u64,
        /// The result.
        of: Held,
        /// The computation.
        cx: Context,
    },
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
    /// Whether it is a dataset itself, and shows what is written there later.
    pub live: bool,
    /// How it is shown.
    pub face: Face,
    /// What the code printed.
    pub printed: String,
}

impl Made {
    /// The same where nobody asked for a value.
    pub fn without_value(self) -> Made {
        Made { value: None, live: false, face: Face::Nothing, ..self }
    }
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
    pub(super) fn of(error: &crate::array::Error) -> Fault {
        let cancelled = error.kind == Kind::KeyboardInterrupt;
        Fault { text: error.to_string(), place: None, cancelled }
    }

    pub(super) fn internal(text: String) -> Fault {
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
    /// How many changes of a file can be undone or redone.
    Records {
        /// Of which asking.
        ticket: u64,
        /// The number of the file.
        file: usize,
        /// How many.
        result: Result<usize, Fault>,
    },
    /// The array that a result is now.
    Array {
        /// Of which asking.
        ticket: u64,
        /// The array.
        result: Result<Array, Fault>,
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
