//! Completion: what may be typed at the cursor, and the help for the function around it.

use std::ops::Range;
use std::sync::Arc;

use super::scope::Globals;

/// What a completion offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The bytes that a choice takes the place of.
    pub replace: Range<usize>,
    /// The choices.
    pub items: Vec<Item>,
    /// The function under the cursor and its parameters.
    pub signature: Option<String>,
    /// Its line of help.
    pub help: Option<String>,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is put in.
    pub text: String,
    /// What it is.
    pub kind: ItemKind,
    /// More about it, in a few words.
    pub detail: String,
}

/// What a choice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ItemKind {
    Name,
    Function,
    Attribute,
    Keyword,
    Path,
}

/// What may be typed at the cursor.
pub fn complete(globals: &Arc<Globals>, text: &str, cursor: usize) -> Completion {
    let _ = (globals, text);
    Completion { replace: cursor..cursor, ..Completion::default() }
}
