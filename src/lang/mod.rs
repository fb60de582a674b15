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
use crate::store::{File, ObjectPath};

pub use complete::{Completion, Item, ItemKind};
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

    /// Selects a node: the number of its file, and its path. `f` is then that file.
    pub fn set_here(&self, here: Option<(usize, ObjectPath)>) {
        *self.globals.here.lock() = here;
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
    /// not None is `_` afterwards.
    ///
    /// # Errors
    /// Whatever the code meets; what ran before it stays done.
    pub fn run(&self, code: &str, cx: &Context) -> Result<Option<Value>, Failure> {
        let tree = parse::parse(code)
            .map_err(|wrong| Failure { error: wrong.error, place: wrong.place })?;
        let mut evaluator = eval::Evaluator::new(&self.globals, None, cx);
        let result = calls::deeper(|| evaluator.run(&tree));
        let value =
            result.map_err(|error| Failure { error, place: evaluator.failed_at.clone() })?;
        if let Some(v) = &value
            && !v.is_none()
        {
            self.globals.names.lock().insert("_".into(), v.clone());
        }
        Ok(value)
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

impl Drop for Session {
    fn drop(&mut self) {
        // lambdas among the names hold names themselves
        self.globals.names.lock().clear();
    }
}
