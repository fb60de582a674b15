//! The registry: every function, declared once.
//!
//! An entry has the function's names, its parameters with defaults as Python writes them, a line
//! of help, its section and its implementation. Calls, keyword checks, completion, help, the table
//! in the documentation and the coverage test all read it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::args::Args;
use super::ufunc::Ufunc;
use super::value::Value;
use crate::array::{Context, Result};

/// A function of NumPy's.
pub struct Function {
    /// Its names below `np.`, the present one first: `mean`, `linalg.norm`.
    pub names: &'static [&'static str],
    /// Parameters as Python declares them: `a, axis=None, *, where=True`.
    pub params: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// NumPy's section.
    pub section: &'static str,
    /// The kinds of dtype that it takes, by NumPy's letters: `biufc`.
    pub kinds: &'static str,
    /// What it does.
    pub run: fn(&Args, &Context) -> Result<Value>,
    /// Its loops, where it is a universal function.
    pub ufunc: Option<&'static Ufunc>,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its default as Python writes it; none where it must be given.
    pub default: Option<String>,
    /// How it can be given.
    pub way: Way,
}

/// How a parameter can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Only by place (before `/`).
    Place,
    /// By place or by name.
    Either,
    /// Only by name (after `*`).
    Name,
    /// All further places (`*args`).
    Rest,
    /// All further names (`**kwargs`).
    Names,
}

/// The parameters that a declaration lists.
pub fn parse_params(text: &str) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    let mut way = Way::Either;
    for part in split_top(text) {
        let part = part.trim();
        match part {
            "" => {}
            "/" => params.iter_mut().for_each(|p| p.way = Way::Place),
            "*" => way = Way::Name,
            _ if part.starts_with("**") => {
                params.push(Param { name: part[2..].into(), default: None, way: Way::Names });
            }
            _ if part.starts_with('*') => {
                params.push(Param { name: part[1..].into(), default: None, way: Way::Rest });
                way = Way::Name;
            }
            _ => {
                let (name, default) = match part.split_once('=') {
                    Some((n, d)) => (n.trim(), Some(d.trim().to_string())),
                    None => (part, None),
                };
                params.push(Param { name: name.into(), default, way });
            }
        }
    }
    params
}

/// Splits at commas that are in no bracket or string.
fn split_top(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut quoted, mut start) = (Vec::new(), 0, false, 0);
    for (i, c) in text.char_indices() {
        match c {
            '\'' | '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if depth == 0 && !quoted => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// All functions.
pub struct Registry {
    functions: Vec<&'static Function>,
    by_name: HashMap<&'static str, (&'static Function, Vec<Param>)>,
}

/// The functions of all sections.
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let functions: Vec<&'static Function> =
        super::SECTIONS.iter().flat_map(|s| s.iter()).chain(super::ufunc::functions()).collect();
    let mut by_name = HashMap::new();
    for &f in &functions {
        for &name in f.names {
            by_name.insert(name, (f, parse_params(f.params)));
        }
    }
    Registry { functions, by_name }
});

/// All functions, in the order of their sections.
pub fn functions() -> &'static [&'static Function] {
    &REGISTRY.functions
}

/// The function of this name below `np.`.
pub fn find(name: &str) -> Option<&'static Function> {
    REGISTRY.by_name.get(name).map(|e| e.0)
}

/// The parameters of a function.
pub fn params(function: &Function) -> &'static [Param] {
    REGISTRY.by_name.get(function.names[0]).map_or(&[], |e| e.1.as_slice())
}

/// Whether names begin with `prefix.`: a module such as `linalg`.
pub fn is_module(prefix: &str) -> bool {
    let dotted = format!("{prefix}.");
    REGISTRY.by_name.keys().any(|n| n.starts_with(&dotted))
}

/// Calls a function with arguments by place and by name.
///
/// # Errors
/// TypeError where the arguments don't fit the declaration; whatever the function meets.
pub fn call(
    function: &'static Function,
    places: Vec<Value>,
    names: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let args = Args::bind(function, places, names)?;
    (function.run)(&args, cx)
}

/// Calls a function by name, with arguments by place.
///
/// # Errors
/// As [`call`].
pub fn call_named(name: &str, places: Vec<Value>, cx: &Context) -> Result<Value> {
    match find(name) {
        Some(f) => call(f, places, Vec::new(), cx),
        None => {
            Err(crate::array::Error::attribute(format!("module 'numpy' has no attribute '{name}'")))
        }
    }
}
