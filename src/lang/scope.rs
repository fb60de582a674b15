//! Names and what they stand for.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::h5::OpenFile;
use crate::numpy::Value;
use crate::store::ObjectPath;

/// Names of one level.
pub type Names = HashMap<Arc<str>, Value>;

/// What all code of a session sees.
#[derive(Default)]
pub struct Globals {
    /// Names that were assigned.
    pub names: Mutex<Names>,
    /// The open files.
    pub files: Mutex<Vec<Arc<OpenFile>>>,
    /// The selected node: the number of its file, and its path.
    pub here: Mutex<Option<(usize, ObjectPath)>>,
    /// Code that reads the marked cells.
    pub cells: Mutex<Option<String>>,
    /// The marked nodes: the number of the file of each, and its path.
    pub marked: Mutex<Vec<(usize, ObjectPath)>>,
}

/// Names of a lambda's call or of a comprehension, inside others.
pub struct Scope {
    names: Mutex<Names>,
    parent: Option<Arc<Scope>>,
    /// Whether `:=` inside binds in the level around it.
    comprehension: bool,
}

impl Scope {
    /// A level for a lambda's call.
    pub fn call(names: Names, parent: Option<Arc<Scope>>) -> Arc<Scope> {
        Arc::new(Scope { names: Mutex::new(names), parent, comprehension: false })
    }

    /// A level for a comprehension.
    pub fn comprehension(parent: Option<Arc<Scope>>) -> Arc<Scope> {
        Arc::new(Scope { names: Mutex::default(), parent, comprehension: true })
    }

    /// What a name stands for, here or around.
    pub fn get(&self, name: &str) -> Option<Value> {
        let mut scope = Some(self);
        while let Some(s) = scope {
            if let Some(v) = s.names.lock().get(name) {
                return Some(v.clone());
            }
            scope = s.parent.as_deref();
        }
        None
    }

    /// Sets a name here.
    pub fn set(&self, name: &Arc<str>, value: Value) {
        self.names.lock().insert(name.clone(), value);
    }

    /// Sets a name as `:=` does; whether there was a level for it.
    pub fn set_around(&self, name: &Arc<str>, value: &Value) -> bool {
        let mut scope = Some(self);
        while let Some(s) = scope {
            if !s.comprehension {
                s.set(name, value.clone());
                return true;
            }
            scope = s.parent.as_deref();
        }
        false
    }
}
