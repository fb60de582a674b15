//! Code that may take something away, told by its look: before it is run, the user is asked.

use super::ast::{Argument, Expr, Kind, Node, Statement};

/// Methods that take something away.
const TAKING: &[&str] = &["clear", "contract", "delete", "pop", "popitem", "remove", "resize"];

/// What is asked of names and places while code is looked at.
pub struct Known<'a> {
    /// Whether a name is of something stored.
    pub stored: &'a dyn Fn(&str) -> bool,
    /// Whether a place holds a group now, which goes where the place is given another value.
    pub group: &'a dyn Fn(&Expr) -> bool,
}

/// Whether statements delete an item of something that is stored, put something else in the place
/// of a group, or call a method that may take something away.
pub fn deletes(statements: &[Statement], known: &Known) -> bool {
    let stored = known.stored;
    statements.iter().any(|s| match &s.kind {
        Kind::Delete(targets) => {
            let item = |t: &Expr| !matches!(t.node, Node::Name(_));
            targets.iter().any(|t| item(t) && is_stored(t, stored))
        }
        Kind::Assign(targets, e) => {
            let replaced = |t: &Expr| is_item(t) && is_stored(t, stored) && (known.group)(t);
            targets.iter().any(replaced) || takes(e, stored)
        }
        Kind::Expr(e) => takes(e, stored),
        Kind::For(_, _, body) | Kind::With(_, body) => deletes(body, known),
        Kind::If(cases) => cases.iter().any(|(_, body)| deletes(body, known)),
        _ => false,
    })
}

/// Whether an expression is `name["x"]["y"]`: looking it up does nothing else.
fn is_item(e: &Expr) -> bool {
    match &e.node {
        Node::Subscript(of, key) => {
            matches!(key.node, Node::Literal(_))
                && (matches!(of.node, Node::Name(_)) || is_item(of))
        }
        _ => false,
    }
}

/// Whether an expression has a call of such a method.
fn takes(e: &Expr, stored: &dyn Fn(&str) -> bool) -> bool {
    match &e.node {
        Node::Call(of, arguments) => {
            let taking = match &of.node {
                Node::Attribute(this, name) => TAKING.contains(&&**name) && is_stored(this, stored),
                _ => false,
            };
            let inside = |a: &Argument| matches!(a, Argument::Place(e) if takes(e, stored));
            taking || takes(of, stored) || arguments.iter().any(inside)
        }
        Node::Attribute(of, _) | Node::Subscript(of, _) => takes(of, stored),
        Node::Comprehension(c) => takes(&c.item, stored),
        Node::Tuple(items) | Node::List(items) => items.iter().any(|e| takes(e, stored)),
        _ => false,
    }
}

/// Whether the name at the root of `name["x"].attrs[...]` is of something stored.
fn is_stored(e: &Expr, stored: &dyn Fn(&str) -> bool) -> bool {
    match &e.node {
        Node::Name(name) => stored(name),
        Node::Attribute(of, _) | Node::Subscript(of, _) | Node::Call(of, _) => {
            is_stored(of, stored)
        }
        _ => false,
    }
}
