//! What a line makes, moves or names anew, as far as its text tells: there the cursor goes once it
//! was run.

use crate::lang::ast::{Argument, Expr, Kind, Node};
use crate::lang::parse::parse;
use crate::numpy::Value;
use crate::store::{ObjectPath, escape};

/// Longer lines are not looked into.
const LONGEST: usize = 10_000;

/// A place in the selected file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// A node.
    Node(ObjectPath),
    /// A node's attribute, by its name as it is drawn.
    Attribute(ObjectPath, String),
}

impl Aim {
    /// Where a line leads that was typed on from what a key had put into the bar: `f["/x"] = 1`,
    /// `f.move("/a", "/b")`, `f["/x"].attrs.rename("a", "b")`.
    pub fn of(line: &str) -> Option<Aim> {
        of_line(line).map(|(aim, _)| aim)
    }

    /// The same of an assignment, with the code of what is assigned to.
    pub fn of_assignment(line: &str) -> Option<(Aim, String)> {
        let (aim, target) = of_line(line)?;
        Some((aim, target?))
    }

    /// What is there, for people.
    pub fn name(&self) -> String {
        match self {
            Aim::Node(path) => path.to_string(),
            Aim::Attribute(_, name) => name.clone(),
        }
    }
}

fn of_line(line: &str) -> Option<(Aim, Option<String>)> {
    if line.len() > LONGEST {
        return None;
    }
    let statements = parse(line).ok()?;
    let [statement] = statements.as_slice() else { return None };
    match &statement.kind {
        Kind::Assign(targets, _) => match targets.as_slice() {
            [target] => Some((place(target)?, Some(line.get(target.place.clone())?.to_string()))),
            _ => None,
        },
        Kind::Expr(expr) => call(expr).map(|aim| (aim, None)),
        _ => None,
    }
}

/// Where a call of a method puts something.
fn call(expr: &Expr) -> Option<Aim> {
    let Node::Call(method, arguments) = &expr.node else { return None };
    let Node::Attribute(of, name) = &method.node else { return None };
    let given = |i: usize| match arguments.get(i) {
        Some(Argument::Place(e)) => text(e),
        _ => None,
    };
    match (&**name, &of.node) {
        ("rename", Node::Attribute(object, attrs)) if &**attrs == "attrs" => {
            Some(attribute(path(object)?, given(1)?))
        }
        ("create_group", _) => Some(Aim::Node(path(of)?.resolve(given(0)?.as_bytes()))),
        ("move" | "copy", _) => Some(Aim::Node(path(of)?.resolve(given(1)?.as_bytes()))),
        _ => None,
    }
}

fn place(target: &Expr) -> Option<Aim> {
    let Node::Subscript(of, key) = &target.node else { return None };
    match &of.node {
        Node::Attribute(object, attrs) if &**attrs == "attrs" => {
            Some(attribute(path(object)?, text(key)?))
        }
        _ => path(target).map(Aim::Node),
    }
}

fn attribute(path: ObjectPath, name: &str) -> Aim {
    Aim::Attribute(path, escape(name.as_bytes()))
}

/// The path that `f["a"]["b"]` stands for.
fn path(expr: &Expr) -> Option<ObjectPath> {
    match &expr.node {
        Node::Name(name) if &**name == "f" => Some(ObjectPath::root()),
        Node::Subscript(of, key) => Some(path(of)?.resolve(text(key)?.as_bytes())),
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match &expr.node {
        Node::Literal(Value::Str(text)) => Some(text),
        _ => None,
    }
}

/// What is edited, in few words: `/x[2]` for `f["/x"][2]`.
pub fn short(target: &str) -> String {
    let whole = || target.to_string();
    let Some((path, rest)) = target.strip_prefix("f[\"").and_then(|t| t.split_once("\"]")) else {
        return whole();
    };
    match rest.strip_prefix(".attrs[").and_then(|name| name.strip_suffix(']')) {
        Some(name) => format!("{path} @{}", name.trim_matches(['\'', '"'])),
        None => format!("{path}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lead_to_what_they_make() {
        let node = |path: &str| Some(Aim::Node(ObjectPath::new(path)));
        let attribute =
            |path: &str, name: &str| Some(Aim::Attribute(ObjectPath::new(path), name.into()));
        assert_eq!(Aim::of("f[\"/g/new\"] = np.arange(3)"), node("/g/new"));
        assert_eq!(Aim::of("f['g']['new'] = 1"), node("/g/new"));
        assert_eq!(Aim::of("f.move('/g/b', 'c')"), node("/c"));
        assert_eq!(Aim::of("f.copy('/x', '/x2')"), node("/x2"));
        assert_eq!(Aim::of("f.create_group(\"/g/into\")"), node("/g/into"));
        assert_eq!(Aim::of("f[\"/x\"].attrs[\"k\"] = 5"), attribute("/x", "k"));
        assert_eq!(Aim::of("f[\"/x\"].attrs.rename('a', 'b')"), attribute("/x", "b"));
        for other in ["f[\"x\"][2] = 5", "x = 5", "f.move(a, b)", "1 +", "f['a'] = 1; f['b'] = 2"] {
            assert_eq!(Aim::of(other), None, "{other}");
        }
        let (_, target) = Aim::of_assignment("f[\"/g/x\"] = f[\"y\"]").unwrap();
        assert_eq!(target, "f[\"/g/x\"]");
        assert_eq!(Aim::of_assignment("f.move('a', 'b')"), None);
    }

    #[test]
    fn targets_in_few_words() {
        assert_eq!(short("f[\"/x\"][2]"), "/x[2]");
        assert_eq!(short("f[\"/x\"].attrs['unit']"), "/x @unit");
        assert_eq!(short("f['/a\"b'][2]"), "f['/a\"b'][2]");
    }
}
