//! Targets: assignment, unpacking, augmented assignment, `del`.

use super::ast::*;
use super::eval::Evaluator;
use super::iter::Iter;
use super::{attributes, operators, subscripts};
use crate::array::error::Kind as ErrorKind;
use crate::array::{Error, Result};
use crate::numpy::Value;

impl Evaluator<'_> {
    /// Gives a target its value.
    pub(super) fn assign(&mut self, target: &Expr, value: Value) -> Result<()> {
        let result = match &target.node {
            Node::Name(name) => {
                self.set_name(name, value);
                return Ok(());
            }
            Node::Subscript(of, key) => {
                let this = self.expr(of)?;
                let key = self.expr(key)?;
                subscripts::set_item(&this, &key, value, self.cx)
            }
            Node::Attribute(of, name) => {
                let this = self.expr(of)?;
                match attributes::set(&this, name, &value, self.cx) {
                    Ok(Some(changed)) => return self.assign(of, changed),
                    other => other.map(|_| ()),
                }
            }
            Node::Tuple(targets) | Node::List(targets) => {
                let values = self.unpack(targets, &value);
                let values = self.at(&target.place, values)?;
                for (t, v) in targets.iter().zip(values) {
                    match &t.node {
                        Node::Starred(inner) => self.assign(inner, v)?,
                        _ => self.assign(t, v)?,
                    }
                }
                return Ok(());
            }
            _ => Err(Error::new(ErrorKind::SyntaxError, "cannot assign to expression here")),
        };
        self.at(&target.place, result)
    }

    fn unpack(&mut self, targets: &[Expr], value: &Value) -> Result<Vec<Value>> {
        let star = targets.iter().position(|t| matches!(t.node, Node::Starred(_)));
        let mut iter = Iter::of(value, self.cx).map_err(|_| {
            Error::type_error(format!("cannot unpack non-iterable {} object", value.type_name()))
        })?;
        let wanted = targets.len();
        let mut items = Vec::new();
        if star.is_some() {
            while let Some(v) = iter.next(self.cx)? {
                items.push(v);
            }
        } else {
            while items.len() <= wanted
                && let Some(v) = iter.next(self.cx)?
            {
                items.push(v);
            }
        }
        match star {
            None if items.len() > wanted => {
                Err(Error::value(format!("too many values to unpack (expected {wanted})")))
            }
            None if items.len() < wanted => Err(Error::value(format!(
                "not enough values to unpack (expected {wanted}, got {})",
                items.len()
            ))),
            None => Ok(items),
            Some(_) if items.len() + 1 < wanted => Err(Error::value(format!(
                "not enough values to unpack (expected at least {}, got {})",
                wanted - 1,
                items.len()
            ))),
            Some(at) => {
                let after = wanted - at - 1;
                let tail = items.split_off(items.len() - after);
                let middle = items.split_off(at);
                items.push(Value::list(middle));
                items.extend(tail);
                Ok(items)
            }
        }
    }

    pub(super) fn augment(&mut self, target: &Expr, op: Operator, value: &Expr) -> Result<()> {
        match &target.node {
            Node::Name(_) => {
                let old = self.expr(target)?;
                let by = self.expr(value)?;
                let new = operators::augmented(op, &old, &by, self.cx);
                let new = self.at(&(target.place.start..value.place.end), new)?;
                self.assign(target, new)
            }
            Node::Subscript(of, key) => {
                let this = self.expr(of)?;
                let key = self.expr(key)?;
                let old = subscripts::get_item(&this, &key, self.cx);
                let old = self.at(&target.place, old)?;
                let by = self.expr(value)?;
                let new = operators::augmented(op, &old, &by, self.cx);
                let new = self.at(&(target.place.start..value.place.end), new)?;
                // what is kept in a file is changed there already
                if let (Value::Array(seen), Value::Array(result)) = (&old, &new)
                    && seen.target().is_some()
                    && seen.shares(result)
                {
                    return Ok(());
                }
                drop((old, by));
                let done = subscripts::set_item(&this, &key, new, self.cx);
                self.at(&target.place, done)
            }
            Node::Attribute(of, name) => {
                let this = self.expr(of)?;
                let old = attributes::get(&this, name, self.cx);
                let old = self.at(&target.place, old)?;
                let by = self.expr(value)?;
                let new = operators::augmented(op, &old, &by, self.cx);
                let new = self.at(&(target.place.start..value.place.end), new)?;
                match attributes::set(&this, name, &new, self.cx) {
                    Ok(Some(changed)) => self.assign(of, changed),
                    other => self.at(&target.place, other.map(|_| ())),
                }
            }
            _ => Err(Error::new(
                ErrorKind::SyntaxError,
                "illegal expression for augmented assignment",
            )),
        }
    }

    pub(super) fn delete(&mut self, target: &Expr) -> Result<()> {
        let result = match &target.node {
            Node::Name(name) => {
                let gone = self.globals.names.lock().remove(name);
                gone.map(drop).ok_or_else(|| Error::name(format!("name '{name}' is not defined")))
            }
            Node::Subscript(of, key) => {
                let this = self.expr(of)?;
                let key = self.expr(key)?;
                subscripts::delete_item(&this, &key, self.cx)
            }
            Node::Attribute(of, name) => {
                let this = self.expr(of)?;
                attributes::delete(&this, name)
            }
            Node::Tuple(targets) | Node::List(targets) => {
                for t in targets {
                    self.delete(t)?;
                }
                return Ok(());
            }
            _ => Err(Error::new(ErrorKind::SyntaxError, "cannot delete expression")),
        };
        self.at(&target.place, result)
    }
}
