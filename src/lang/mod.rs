//! The command language: Python's expression syntax with NumPy's names, on NumPy's values.
//!
//! - [`parse`] (with [`paste`]) makes a tree ([`ast`]) of a text; [`eval`] and [`assign`] evaluate
//!   it, with names from [`scope`].
//! - Python's own semantics for its values: [`operators`], [`compare`], [`numbers`], [`strings`],
//!   [`bytes`], [`containers`], [`collections`], [`iter`](mod@iter), [`format`](mod@format),
//!   [`percent`]; its classes and functions: [`types`], [`construct`], [`builtins`]; calls and
//!   their arguments: [`calls`], [`given`].
//! - What stands after a dot or in brackets: [`attributes`], [`subscripts`]; of arrays [`arrays`],
//!   [`array_parts`], [`flat`]; `np` and its objects: [`modules`], [`grids`].
//! - Files, groups, datasets and attributes: [`h5`], [`h5_methods`],
//!   [`h5_write`] (with `h5_lists`, `h5_storing`), [`h5_module`].
//! - `literal` and `deleting`: what is asked before values are edited, and before code is run.
//! - [`complete`](mod@complete), on [`typed`]: completion, and help for what is typed.
//!
//! It knows nothing of the screen.

pub mod array_parts;
pub mod arrays;
pub mod assign;
pub mod ast;
pub mod attributes;
pub mod builtins;
pub mod bytes;
pub mod calls;
pub mod collections;
pub mod compare;
pub mod complete;
pub mod construct;
pub mod containers;
mod deleting;
pub mod eval;
pub mod flat;
pub mod format;
pub mod given;
pub mod grids;
pub mod h5;
mod h5_lists;
pub mod h5_methods;
pub mod h5_module;
mod h5_storing;
pub mod h5_write;
pub mod iter;
mod literal;
pub mod modules;
pub mod numbers;
pub mod operators;
pub mod parse;
pub mod paste;
pub mod percent;
pub mod scope;
pub mod strings;
pub mod subscripts;
pub mod typed;
pub mod types;

use std::ops::Range;
use std::sync::Arc;

use crate::array::{Context, Error};
use crate::numpy::Value;
use crate::store::{self, File, ObjectPath, Preview, StoreError, together};

pub use complete::{Completion, Item, ItemKind};
pub use literal::Literal;
pub use parse::Token;
use scope::Globals;

/// Names and files, from one piece of code to the next.
pub struct Session {
    globals: Arc<Globals>,
}

/// Why code failed, and where.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What went wrong.
    pub error: Error,
    /// The bytes of the code that it was about, where that is known.
    pub place: Option<Range<usize>>,
}

impl Default for Session {
    fn default() -> Session {
        Session::new(Vec::new())
    }
}

impl Session {
    /// A session on these files; `f` is the first.
    pub fn new(files: Vec<Arc<File>>) -> Session {
        let session = Session { globals: Arc::new(Globals::default()) };
        session.set_files(files);
        session
    }

    /// Other files. Values made of the old ones stay as they are.
    pub fn set_files(&self, files: Vec<Arc<File>>) {
        let mut held = self.globals.files.lock();
        let old = std::mem::take(&mut *held);
        for file in files {
            let same = old.iter().find(|o| Arc::ptr_eq(&o.file, &file)).cloned();
            held.push(same.unwrap_or_else(|| h5::OpenFile::new(file)));
        }
    }

    /// Holds no dataset that no value needs: before a change of a file that is not made by code,
    /// such as an undo, all that is held is read.
    pub fn let_go(&self) {
        self.globals.files.lock().iter().for_each(|file| file.let_go());
    }

    /// Selects a node: the number of its file, and its path. `f` is then that file.
    pub fn set_here(&self, here: Option<(usize, ObjectPath)>) {
        *self.globals.here.lock() = here;
    }

    /// Marks cells, which the name `sel` stands for, by the code that reads them; and nodes,
    /// which are the list `marked`.
    pub fn set_marked(&self, cells: Option<String>, nodes: Vec<(usize, ObjectPath)>) {
        *self.globals.cells.lock() = cells;
        *self.globals.marked.lock() = nodes;
    }

    /// A name's value.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.globals.names.lock().get(name).cloned()
    }

    /// Gives a name a value.
    pub fn set(&self, name: &str, value: Value) {
        self.globals.names.lock().insert(name.into(), value);
    }

    /// Forgets a name.
    pub fn remove(&self, name: &str) {
        self.globals.names.lock().remove(name);
    }

    /// The names that were assigned and their values, in order.
    pub fn names(&self) -> Vec<(String, Value)> {
        let names = self.globals.names.lock();
        let mut out: Vec<_> = names.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }

    /// Runs code; the value of its last statement, where that is an expression. A value that is
    /// not None is `_` afterwards. What it changes in a file is one change: where the code fails,
    /// the file is as it was.
    ///
    /// # Errors
    /// Whatever the code meets; names that were assigned before it stay.
    pub fn run(&self, code: &str, cx: &Context) -> Result<Option<Value>, Failure> {
        let tree = parsed(code)?;
        self.run_together(code.trim(), &tree, cx)
    }

    /// The same, but what each statement changes is a change of its own: what ran before one
    /// that fails stays done.
    ///
    /// # Errors
    /// Those of [`Session::run`].
    pub fn run_script(&self, code: &str, cx: &Context) -> Result<Option<Value>, Failure> {
        let tree = parsed(code)?;
        let mut last = None;
        for statement in &tree {
            let what = code.get(statement.place.clone()).unwrap_or_default();
            last = self.run_together(what.trim(), std::slice::from_ref(statement), cx)?;
        }
        Ok(last)
    }

    fn run_together(
        &self,
        what: &str,
        statements: &[ast::Statement],
        cx: &Context,
    ) -> Result<Option<Value>, Failure> {
        let mut evaluator = eval::Evaluator::new(&self.globals, None, cx);
        let files: Vec<Arc<File>> =
            self.globals.files.lock().iter().map(|f| f.file.clone()).collect();
        let as_read: Vec<&Arc<File>> =
            files.iter().filter(|f| f.must_be_as_read().is_ok()).collect();
        let result = together(what, || {
            let value = calls::deeper(|| evaluator.run(statements))?;
            // nothing is said, or stored, of what was read in two states of a file
            as_read.iter().try_for_each(|f| f.must_be_as_read())?;
            Ok(value)
        });
        let value =
            result.map_err(|error| Failure { error, place: evaluator.failed_at.clone() })?;
        if let Some(v) = &value
            && !v.is_none()
        {
            self.globals.names.lock().insert("_".into(), v.clone());
        }
        Ok(value)
    }

    /// The value of an expression as Python writes it, for editing it: `'K'`, `[1, 2]`, `1.5`. It
    /// leaves no trace among the names.
    ///
    /// # Errors
    /// Whatever the expression meets; one with more than `most` elements.
    pub fn literal(&self, code: &str, most: usize, cx: &Context) -> Result<Literal, Failure> {
        let tree = parsed(code)?;
        let mut evaluator = eval::Evaluator::new(&self.globals, None, cx);
        let value = calls::deeper(|| evaluator.run(&tree));
        let text = value.and_then(|value| literal::of(&value.unwrap_or(Value::None), most, cx));
        text.map_err(|error| Failure { error, place: evaluator.failed_at.clone() })
    }

    /// Gives what is stored new values, all in one change, and refuses a value that its target
    /// doesn't keep: a fraction in the place of an integer, a text that is too long. Floats are
    /// rounded to their dtype. A single value may be given to many cells.
    ///
    /// # Errors
    /// Whatever the code meets, with its place in the value that was typed; ValueError for what
    /// isn't kept. Nothing is changed then.
    pub fn edit(&self, edits: &[Edit], cx: &Context) -> Result<(), Failure> {
        let what = edits.iter().map(Edit::line).collect::<Vec<_>>().join("; ");
        let done = together(&what, || edits.iter().try_for_each(|edit| self.edit_one(edit, cx)));
        self.remove(TYPED);
        done
    }

    fn edit_one(&self, edit: &Edit, cx: &Context) -> Result<(), Failure> {
        let Edit { target, before, value, after } = edit;
        let run = |code: &str| {
            let tree = parsed(code)?;
            let mut evaluator = eval::Evaluator::new(&self.globals, None, cx);
            let value = calls::deeper(|| evaluator.run(&tree));
            value.map_err(|error| Failure { error, place: evaluator.failed_at.clone() })
        };
        // of what follows the user sees no code
        let done = |code: &str| run(code).map_err(|failure| Failure { place: None, ..failure });
        let typed = run(value)?.unwrap_or(Value::None);
        self.set(TYPED, typed);
        done(&format!("{before}{TYPED}{after}"))?;
        // floats are rounded, but not to infinity; texts of bytes are UTF-8
        let kept = format!(
            "(lambda t, v: t.dtype.kind in 'VOmM' or (lambda v: \
             np.all(np.isfinite(t) | ~np.isfinite(v.astype('c16'))) if t.dtype.kind in 'fc' else \
             np.array_equal(t, v) or t.dtype.kind + v.dtype.kind == 'SU' and \
             np.array_equal(t, np.array([s.encode() for s in v.ravel().tolist()], 'S')\
             .reshape(v.shape)))(\
             v if v.ndim > t.ndim else np.broadcast_to(v, t.shape)))(\
             np.asarray({target}), np.asarray({TYPED}))"
        );
        let kept = done(&kept)?.map_or(Ok(true), |kept| operators::truth(&kept, cx));
        match kept.map_err(|error| Failure { error, place: None })? {
            false => {
                let kept =
                    self.literal(target, 20, cx).map_or_else(|_| "another".into(), |l| l.code);
                let why = format!("{} would become {kept}", value.trim());
                Err(Failure { error: Error::value(why), place: None })
            }
            _ => Ok(()),
        }
    }

    /// What code or edits would change: they are run, and what they did is taken back. Names
    /// stay what they are.
    ///
    /// # Errors
    /// Whatever the code meets.
    pub fn preview(&self, what: &Line, cx: &Context) -> Result<Preview, Failure> {
        let names = self.globals.names.lock().clone();
        let copies = names.iter().map(|(name, value)| (name.clone(), own(value))).collect();
        *self.globals.names.lock() = copies;
        let (done, preview) = store::preview(|| match what {
            Line::Code(code) => self.run(code, cx).map(drop),
            Line::Edits(edits) => self.edit(edits, cx),
        });
        *self.globals.names.lock() = names;
        match done {
            Err(failure) if !preview.cut => Err(failure),
            _ => Ok(preview),
        }
    }

    /// Whether code takes something away that is stored, or might: `del f["x"]`, `.clear()`,
    /// `f["group"] = 1`.
    pub fn may_delete(&self, code: &str, cx: &Context) -> bool {
        // what isn't known yet may be of a file
        let stored = |name: &str| matches!(self.get(name), None | Some(Value::Foreign(_)));
        let group = |place: &ast::Expr| {
            let value = eval::Evaluator::new(&self.globals, None, cx).expr(place);
            matches!(value, Ok(Value::Foreign(f)) if h5::is_object(&f) && !h5::is_dataset(&f))
        };
        let known = deleting::Known { stored: &stored, group: &group };
        parsed(code).is_ok_and(|tree| deleting::deletes(&tree, &known))
    }

    /// Whether code reads something that is there: `f["x"]`, `f["x"].attrs["unit"]`.
    pub fn exists(&self, code: &str, cx: &Context) -> bool {
        parsed(code).is_ok_and(|tree| {
            let mut evaluator = eval::Evaluator::new(&self.globals, None, cx);
            calls::deeper(|| evaluator.run(&tree)).is_ok()
        })
    }

    /// What the code wrote with `print` since the last call, on this thread.
    pub fn take_printed(&self) -> String {
        builtins::take_printed()
    }

    /// The tokens of a text, finished or not, for its colours.
    pub fn highlight(&self, text: &str) -> Vec<(Range<usize>, Token)> {
        parse::tokens(text)
    }

    /// What may be typed at the cursor, and the help for the function around it.
    pub fn complete(&self, text: &str, cursor: usize) -> Completion {
        complete::complete(&self.globals, text, cursor)
    }
}

/// A value that can be changed without changing the one it was made of.
fn own(value: &Value) -> Value {
    use parking_lot::Mutex;
    match value {
        Value::List(items) => Value::list(items.lock().iter().map(own).collect()),
        Value::Dict(dict) => Value::Dict(Arc::new(Mutex::new(dict.lock().clone()))),
        Value::Set(items) => Value::Set(Arc::new(Mutex::new(items.lock().clone()))),
        Value::Array(nd) if nd.target().is_none() && !nd.is_scalar() => match nd.array() {
            Ok(array) => Value::Array(crate::numpy::Nd::new(array).with_class(nd.class().clone())),
            Err(_) => value.clone(),
        },
        other => other.clone(),
    }
}

/// Whether code can be read at all.
///
/// # Errors
/// Its first SyntaxError.
pub fn check(code: &str) -> Result<(), Failure> {
    parsed(code).map(drop)
}

fn parsed(code: &str) -> Result<Vec<ast::Statement>, Failure> {
    parse::parse(code).map_err(|wrong| Failure { error: wrong.error, place: wrong.place })
}

/// A line that gives something that is stored a new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Code that reads it.
    pub target: String,
    /// The line before the value.
    pub before: String,
    /// The code of the value.
    pub value: String,
    /// The line behind it.
    pub after: String,
}

impl Edit {
    /// The whole line.
    pub fn line(&self) -> String {
        format!("{}{}{}", self.before, self.value, self.after).trim().to_string()
    }
}

/// Something to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Code.
    Code(String),
    /// New values of what is stored, in one change.
    Edits(Vec<Edit>),
}

/// The name of a value that was typed, while it is stored.
const TYPED: &str = "__typed__";

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Self {
        Failure { error: e.into(), place: None }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // lambdas among the names hold names themselves
        self.globals.names.lock().clear();
    }
}
