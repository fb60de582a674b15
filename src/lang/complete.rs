//! Completion: what may be typed at the cursor, and the help for the function around it.
//!
//! Nothing is computed for it: of what stands before the cursor only names, attributes and the
//! members of groups and dicts are looked up. Listings are bounded.

use std::ops::Range;
use std::sync::Arc;

use super::ast::{Expr, Node};
use super::calls::{BuiltinValue, Closure};
use super::h5_methods;
use super::scope::Globals;
use super::subscripts;
use super::typed::{Inside, Typed};
use super::{arrays, attributes, builtins, h5, modules, parse, types};
use crate::array::Context;
use crate::numpy::registry::{Function, Way, functions, params};
use crate::numpy::value::Type;
use crate::numpy::{Value, find};
use crate::store::natural;

/// The most choices that are offered.
const MOST: usize = 500;
/// The most names of a group that are looked at.
const LISTED: usize = 5000;

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

impl Item {
    fn new(text: impl Into<String>, kind: ItemKind, detail: impl Into<String>) -> Item {
        Item { text: text.into(), kind, detail: detail.into() }
    }
}

/// What is known of an expression without computing it.
enum Known {
    Value(Value),
    /// Some array, whose elements are not looked at.
    Array,
}

/// A function that help can be given for.
enum Callee {
    Numpy(&'static Function, bool),
    Builtin(BuiltinValue),
    Lambda(Vec<String>),
    Class(Type),
}

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "del", "else", "for", "if", "import", "in", "is", "lambda",
    "not", "or", "with",
];

/// What may be typed at the cursor.
pub fn complete(globals: &Arc<Globals>, text: &str, cursor: usize) -> Completion {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let look = Look { globals, cx: crate::numpy::nd::small() };
    let typed = Typed::of(&text[..cursor]);
    let (replace, items) = match &typed.inside {
        Inside::String { start, .. } => look.in_string(&typed, *start),
        Inside::Comment => (cursor..cursor, Vec::new()),
        Inside::Code => look.in_code(&typed),
    };
    let callee = look.under(text, &typed).or_else(|| look.around(&typed).map(|c| c.0));
    let (signature, help) = match callee {
        Some(c) => described(&c),
        None => (None, None),
    };
    Completion { replace, items, signature, help }
}

struct Look<'a> {
    globals: &'a Arc<Globals>,
    cx: Context,
}

impl Look<'_> {
    /// The value of an expression as far as it can be told without computing.
    fn known(&self, e: &Expr, depth: usize) -> Option<Known> {
        if depth > 20 {
            return None;
        }
        Some(match &e.node {
            Node::Literal(v) => Known::Value(v.clone()),
            Node::List(_) => Known::Value(Value::list(Vec::new())),
            Node::Dict(_) => Known::Value(Value::dict(Vec::new()).ok()?),
            Node::Name(name) => Known::Value(self.name(name)?),
            Node::Attribute(of, name) => match self.known(of, depth + 1)? {
                Known::Array => match name.as_ref() {
                    "T" | "real" | "imag" | "mT" => Known::Array,
                    _ => return None,
                },
                Known::Value(v) if super::operators::is_array(&v) => match name.as_ref() {
                    "T" | "real" | "imag" | "mT" => Known::Array,
                    _ => Known::Value(attributes::get(&v, name, &self.cx).ok()?),
                },
                Known::Value(v) => Known::Value(attributes::get(&v, name, &self.cx).ok()?),
            },
            Node::Subscript(of, key) => match self.known(of, depth + 1)? {
                Known::Array => Known::Array,
                Known::Value(v) if super::operators::is_array(&v) => Known::Array,
                Known::Value(v) => match &key.node {
                    Node::Literal(k) => Known::Value(subscripts::get_item(&v, k, &self.cx).ok()?),
                    _ => return None,
                },
            },
            Node::Call(f, _) => match self.callee(f, depth + 1)? {
                // most of NumPy's functions give arrays
                Callee::Numpy(..) => Known::Array,
                _ => return None,
            },
            Node::Binary(first, rest) => {
                let all = std::iter::once(&**first).chain(rest.iter().map(|r| &r.1));
                let mut arrays = all.filter(|e| match self.known(e, depth + 1) {
                    Some(Known::Array) => true,
                    Some(Known::Value(v)) => super::operators::is_array(&v),
                    None => false,
                });
                arrays.next().map(|_| Known::Array)?
            }
            _ => return None,
        })
    }

    fn name(&self, name: &str) -> Option<Value> {
        if let Some(v) = self.globals.names.lock().get(name) {
            return Some(v.clone());
        }
        modules::special(self.globals, name).ok().flatten().or_else(|| builtins::find(name))
    }

    fn parsed(&self, text: &str) -> Option<Known> {
        self.known(&parse::expression(text).ok()?, 0)
    }

    /// The function that an expression names.
    fn callee(&self, e: &Expr, depth: usize) -> Option<Callee> {
        if let Node::Attribute(of, name) = &e.node {
            let is_array = match self.known(of, depth)? {
                Known::Array => true,
                Known::Value(v) => super::operators::is_array(&v),
            };
            if is_array {
                return find(arrays::function_of(name)?).map(|f| Callee::Numpy(f, true));
            }
        }
        match self.known(e, depth)? {
            Known::Value(Value::Function(f)) => Some(Callee::Numpy(f, false)),
            Known::Value(Value::UfuncMethod(_, m)) => {
                find(&format!("ufunc.{m}")).map(|f| Callee::Numpy(f, false))
            }
            Known::Value(Value::Type(t)) => Some(Callee::Class(t)),
            Known::Value(Value::Foreign(f)) => {
                if let Some(b) = f.as_any().downcast_ref::<BuiltinValue>() {
                    return Some(Callee::Builtin(BuiltinValue(b.0)));
                }
                let lambda = f.as_any().downcast_ref::<Closure>()?;
                Some(Callee::Lambda(lambda.params().iter().map(|p| p.name.to_string()).collect()))
            }
            _ => None,
        }
    }

    /// The function whose call is open around the cursor, and where its arguments begin.
    fn around(&self, typed: &Typed) -> Option<(Callee, usize)> {
        typed.open.iter().rev().filter(|o| o.1 == '(').find_map(|&(at, _)| {
            let from = typed.primary(at)?;
            let e = parse::expression(&typed.text[from..at]).ok()?;
            Some((self.callee(&e, 0)?, at + 1))
        })
    }

    /// The function whose name the cursor is in.
    fn under(&self, text: &str, typed: &Typed) -> Option<Callee> {
        if typed.inside != Inside::Code {
            return None;
        }
        let cursor = typed.text.len();
        let rest = &text[cursor..];
        let end = cursor + rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        let whole = Typed::of(&text[..end]);
        if whole.word().is_empty() {
            return None;
        }
        let from = whole.primary(end)?;
        self.callee(&parse::expression(&text[from..end]).ok()?, 0)
    }

    fn in_code(&self, typed: &Typed) -> (Range<usize>, Vec<Item>) {
        let end = typed.text.len();
        let word = typed.word();
        let start = end - word.len();
        let before = typed.text[..start].trim_end();
        if before.ends_with('.') && !word.starts_with(|c: char| c.is_ascii_digit()) {
            let dot = before.len() - 1;
            let items = typed.primary(dot).and_then(|from| self.parsed(&typed.text[from..dot]));
            let items = items.map_or_else(Vec::new, |known| self.attributes(&known, word));
            return (start..end, items);
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return (end..end, Vec::new());
        }
        let mut items = Vec::new();
        if let Some((callee, from)) = self.around(typed)
            && typed.open.last().is_some_and(|o| o.0 + 1 == from)
            && before.ends_with(['(', ','])
        {
            items = keywords(&callee, word, &typed.text[from..start]);
        }
        if !word.is_empty() || items.is_empty() {
            items.extend(self.names(word));
        }
        items.truncate(MOST);
        (start..end, items)
    }

    fn names(&self, word: &str) -> Vec<Item> {
        let mut items = Vec::new();
        for (name, value) in self.globals.names.lock().iter() {
            if name.starts_with(word) && name.as_ref() != "_" {
                items.push(Item::new(name.as_ref(), ItemKind::Name, value.type_name()));
            }
        }
        items.sort_by(|a, b| a.text.cmp(&b.text));
        let mut own = Vec::new();
        for name in modules::SPECIAL {
            own.push(Item::new(*name, ItemKind::Name, ""));
        }
        for b in builtins::ALL {
            own.push(Item::new(b.name, ItemKind::Function, b.help));
        }
        for t in types::NAMED {
            own.push(Item::new(*t, ItemKind::Function, "class"));
        }
        for k in KEYWORDS {
            own.push(Item::new(*k, ItemKind::Keyword, ""));
        }
        own.retain(|i| i.text.starts_with(word) && !items.iter().any(|j| j.text == i.text));
        own.sort_by(|a, b| a.text.cmp(&b.text));
        items.extend(own);
        // a function of NumPy's typed without its module
        if word.len() >= 2 {
            for f in functions() {
                for name in f.names.iter().filter(|n| n.starts_with(word) && !n.contains("ufunc."))
                {
                    items.push(Item::new(format!("np.{name}"), ItemKind::Function, f.help));
                }
            }
        }
        items
    }

    fn attributes(&self, known: &Known, word: &str) -> Vec<Item> {
        let mut items = Vec::new();
        let mut push = |name: &str, kind, detail: String| {
            if name.starts_with(word) && items.len() < MOST {
                items.push(Item::new(name, kind, detail));
            }
        };
        let help = |name: &str| {
            let function = arrays::function_of(name).and_then(find);
            function.map_or(String::new(), |f| f.help.to_string())
        };
        match known {
            Known::Array => {
                let mut names = [arrays::METHODS, arrays::PARTS].concat();
                names.sort_unstable();
                for name in names {
                    let kind = match arrays::METHODS.contains(&name) {
                        true => ItemKind::Function,
                        false => ItemKind::Attribute,
                    };
                    push(name, kind, help(name));
                }
            }
            Known::Value(value) => {
                let module = match value {
                    Value::Foreign(f) => f.as_any().downcast_ref::<modules::Module>(),
                    _ => None,
                };
                let is_array = super::operators::is_array(value);
                for name in attributes::names(value) {
                    if !name.starts_with(word) {
                        continue;
                    }
                    let (kind, detail) = match module.and_then(|m| m.get(&name)) {
                        Some(Value::Function(f)) => (ItemKind::Function, f.help.to_string()),
                        Some(Value::Type(_)) => (ItemKind::Function, "class".into()),
                        Some(v) => (ItemKind::Attribute, v.type_name()),
                        None if attributes::is_method(value, &name) => {
                            (ItemKind::Function, if is_array { help(&name) } else { String::new() })
                        }
                        None => (ItemKind::Attribute, String::new()),
                    };
                    push(&name, kind, detail);
                }
            }
        }
        items
    }

    /// Names inside `f["…"]`, of fields, attributes and dicts too.
    fn in_string(&self, typed: &Typed, start: usize) -> (Range<usize>, Vec<Item>) {
        let end = typed.text.len();
        let none = (end..end, Vec::new());
        let opening = typed.text[..start].trim_end_matches(['"', '\'']);
        let opening = opening.trim_end_matches(['b', 'r', 'B', 'R']).trim_end();
        let target = match opening.as_bytes().last() {
            Some(b'[') => Some(opening.len() - 1),
            Some(b'(') => opening.strip_suffix(".get(").map(str::len),
            _ => None,
        };
        let Some(target) = target else { return none };
        let Some(from) = typed.primary(target) else { return none };
        let Some(Known::Value(value)) = self.parsed(&typed.text[from..target]) else {
            return none;
        };
        let content = &typed.text[start..];
        if let Value::Dict(d) = &value {
            let keys: Vec<String> = d.lock().iter().filter_map(|e| e.0.as_str()).collect();
            return (start..end, chosen(keys, content, "key"));
        }
        let Value::Foreign(f) = &value else {
            return match fields(&value) {
                Some(names) => (start..end, chosen(names, content, "field")),
                None => none,
            };
        };
        if h5::is_dataset(f) {
            let names = h5_methods::field_names(f).unwrap_or_default();
            return (start..end, chosen(names, content, "field"));
        }
        let cut = match h5::is_group(f) {
            true => content.rfind('/').map_or(0, |i| i + 1),
            false => 0,
        };
        let (below, word) = content.split_at(cut);
        let mut found = h5_methods::listed(f, below.as_bytes(), word.as_bytes(), LISTED);
        found.sort_by(|a, b| natural::compare(&a.0, &b.0));
        found.truncate(MOST);
        let described = found.len() <= 200;
        let items = found.into_iter().map(|(name, is_attribute)| {
            let text = crate::store::to_text(&name);
            if is_attribute {
                return Item::new(text, ItemKind::Path, "attribute");
            }
            let (detail, is_group) = match described {
                true => h5_methods::member(f, below.as_bytes(), &name),
                false => (String::new(), false),
            };
            Item::new(if is_group { text + "/" } else { text }, ItemKind::Path, detail)
        });
        (start + cut..end, items.collect())
    }
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn chosen(names: Vec<String>, word: &str, detail: &str) -> Vec<Item> {
    let hits = names.into_iter().filter(|n| n.starts_with(word)).take(MOST);
    hits.map(|n| Item::new(n, ItemKind::Path, detail)).collect()
}

fn fields(value: &Value) -> Option<Vec<String>> {
    let dtype = match value {
        Value::Array(nd) => nd.dtype().ok()?,
        Value::DType(d) => d.clone(),
        _ => return None,
    };
    Some(dtype.fields()?.fields.iter().map(|f| f.name.clone()).collect())
}

/// The keyword arguments that a call may still be given.
fn keywords(callee: &Callee, word: &str, given: &str) -> Vec<Item> {
    let used = |name: &str| {
        let with = format!("{name}=");
        given.split([',', '(']).any(|part| part.trim_start().replace(' ', "").starts_with(&with))
    };
    let names: Vec<(String, String)> = match callee {
        Callee::Numpy(f, bound) => params(f)
            .iter()
            .skip(usize::from(*bound))
            .filter(|p| matches!(p.way, Way::Either | Way::Name))
            .map(|p| (p.name.clone(), p.default.clone().unwrap_or_default()))
            .collect(),
        Callee::Builtin(b) => crate::numpy::registry::parse_params(b.0.params)
            .into_iter()
            .filter(|p| matches!(p.way, Way::Either | Way::Name))
            .map(|p| (p.name, p.default.unwrap_or_default()))
            .collect(),
        Callee::Lambda(names) => names.iter().map(|n| (n.clone(), String::new())).collect(),
        Callee::Class(_) => Vec::new(),
    };
    names
        .into_iter()
        .filter(|(n, _)| n.starts_with(word) && !used(n))
        .map(|(n, default)| Item::new(format!("{n}="), ItemKind::Keyword, default))
        .collect()
}

/// A function's parameters and its line of help.
fn described(callee: &Callee) -> (Option<String>, Option<String>) {
    match callee {
        Callee::Numpy(f, false) => {
            (Some(format!("np.{}({})", f.names[0], f.params)), Some(f.help.into()))
        }
        Callee::Numpy(f, true) => {
            let rest = f.params.split_once(',').map_or("", |p| p.1).trim_start();
            let rest = rest.strip_prefix("/,").map_or(rest, str::trim_start);
            let name = f.names[0].rsplit('.').next().unwrap_or(f.names[0]);
            (Some(format!(".{name}({rest})")), Some(f.help.into()))
        }
        Callee::Builtin(b) => {
            (Some(format!("{}({})", b.0.name, b.0.params)), Some(b.0.help.into()))
        }
        Callee::Lambda(names) => (Some(format!("lambda {}", names.join(", "))), None),
        Callee::Class(t) => (Some(format!("{}(…)", types::name(t))), None),
    }
}
