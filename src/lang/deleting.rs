//! Code that may take something away, told by its look: before it is run, the user is asked.

use super::ast::{Argument, Expr, Kind, Node, Statement};

/// Methods that take something away.
const TAKING: &[&str] = &["clear", "pop", "popitem", "remove", "contract"];

/// Whether statements delete an item of something that is `stored`, or call a method that may;
/// names are told apart by `stored`.
pub fn deletes(statements: &[Statement], stored: &dyn Fn(&str) -> bool) -> bool {
    statements.iter().any(|s| match &s.kind {
        Kind::Delete(targets) => {
            let item = |t: &Expr| !matches!(t.node, Node::Name(_));
            targets.iter().any(|t| item(t) && is_stored(t, stored))
        }
        Kind::Expr(e) | Kind::Assign(_, e) => takes(e, stored),
        Kind::For(_, _, body) | Kind::With(_, body) => deletes(body, stored),
        Kind::If(cases) => cases.iter().any(|(_, body)| deletes(body, stored)),
        _ => false,
    })
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
