//! The evaluator: expressions and statements, on values.

use std::sync::Arc;

use super::ast::*;
use super::calls::{self, Closure};
use super::containers;
use super::h5_module::OptionsScope;
use super::iter::{Iter, Made as Iterator, collect};
use super::operators;
use super::scope::{Globals, Scope};
use super::{arrays, attributes, builtins, compare, format, modules, subscripts};
use crate::array::error::Kind as ErrorKind;
use crate::array::{Context, Error, Result};
use crate::numpy::value::Dict;
use crate::numpy::{Value, show::Scope as PrintScope};
use crate::object::options;

/// Whether it is `h5py.File(...) as f`.
fn opens_f(value: &Expr, name: Option<&Expr>) -> bool {
    let Node::Call(function, _) = &value.node else { return false };
    let is_file = matches!(&function.node, Node::Attribute(_, what) if &**what == "File");
    is_file && name.is_some_and(|n| matches!(&n.node, Node::Name(n) if &**n == "f"))
}

/// Evaluates code at one level of names.
pub struct Evaluator<'a> {
    pub(super) globals: &'a Arc<Globals>,
    scope: Option<Arc<Scope>>,
    pub(super) cx: &'a Context,
    /// Where the innermost expression stands that failed.
    pub failed_at: Option<Place>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for code that sees these names.
    pub fn new(
        globals: &'a Arc<Globals>,
        scope: Option<Arc<Scope>>,
        cx: &'a Context,
    ) -> Evaluator<'a> {
        Evaluator { globals, scope, cx, failed_at: None }
    }

    /// Runs statements; the value of the last, where it is an expression.
    ///
    /// # Errors
    /// Whatever a statement meets; what ran before it stays done.
    pub fn run(&mut self, statements: &[Statement]) -> Result<Option<Value>> {
        let mut last = None;
        for s in statements {
            self.cx.check()?;
            // options that a statement before this one has set
            last = match options::max_memory() {
                Some(memory) if memory != self.cx.settings().memory => {
                    let cx = self.cx.within(memory);
                    let mut inside = Evaluator::new(self.globals, self.scope.clone(), &cx);
                    let result = inside.statement(s);
                    self.failed_at = inside.failed_at;
                    result?
                }
                _ => self.statement(s)?,
            };
        }
        Ok(last)
    }

    fn statement(&mut self, s: &Statement) -> Result<Option<Value>> {
        match &s.kind {
            Kind::Expr(e) => return self.expr(e).map(Some),
            Kind::Assign(targets, value) => {
                let value = self.expr(value)?;
                // the last target takes the value itself: an array that a file is given is
                // then held by nobody else
                if let Some((last, others)) = targets.split_last() {
                    for target in others {
                        self.assign(target, value.clone())?;
                    }
                    self.assign(last, value)?;
                }
            }
            Kind::Augment(target, op, value) => self.augment(target, *op, value)?,
            Kind::Delete(targets) => {
                for target in targets {
                    self.delete(target)?;
                }
            }
            Kind::Import(modules) => {
                for (module, name) in modules {
                    let value = modules::import(module)?;
                    // `import a.b` gives the name `a`
                    let (first, value) = match name {
                        Some(name) => (name.clone(), value),
                        None => {
                            let first = module.split('.').next().unwrap_or(module);
                            (first.to_string(), modules::import(first)?)
                        }
                    };
                    self.set_name(&Arc::from(first.as_str()), value);
                }
            }
            Kind::From(module, names) => {
                let from = modules::import(module)?;
                for (name, other) in names {
                    if name == "*" {
                        continue;
                    }
                    let value = attributes::get(&from, name, self.cx).map_err(|_| {
                        Error::new(
                            ErrorKind::ImportError,
                            format!("cannot import name '{name}' from '{module}'"),
                        )
                    })?;
                    self.set_name(&Arc::from(other.as_deref().unwrap_or(name)), value);
                }
            }
            Kind::For(target, iter, body) => {
                let items = self.expr(iter)?;
                let items = Iter::of(&items, self.cx);
                let mut items = self.at(&iter.place, items)?;
                while let Some(item) = items.next(self.cx)? {
                    self.cx.check()?;
                    self.assign(target, item)?;
                    self.run(body)?;
                }
            }
            Kind::With(items, body) => {
                let mut before = None;
                let mut scopes = Vec::new();
                let mut result = Ok(());
                for (value, name) in items {
                    if opens_f(value, name.as_ref()) {
                        // pasted lines: their file is the one that is looked at
                        continue;
                    }
                    let value = self.expr(value)?;
                    if let Value::Foreign(f) = &value
                        && let Some(scope) = f.as_any().downcast_ref::<PrintScope>()
                    {
                        let old = scope.enter();
                        before.get_or_insert(old);
                    }
                    if let Value::Foreign(f) = &value
                        && f.as_any().is::<OptionsScope>()
                    {
                        scopes.push(f.clone());
                    }
                    if let Some(name) = name {
                        result = result.and_then(|()| self.assign(name, value));
                    }
                }
                let result = result.and_then(|()| self.run(body));
                for scope in scopes.iter().rev() {
                    if let Some(scope) = scope.as_any().downcast_ref::<OptionsScope>() {
                        scope.leave();
                    }
                }
                if let Some(options) = before {
                    crate::numpy::show::options::replace(options);
                }
                return result;
            }
            Kind::If(cases) => {
                for (test, body) in cases {
                    let holds = match test {
                        Some(t) => {
                            let v = self.expr(t)?;
                            operators::truth(&v, self.cx)?
                        }
                        None => true,
                    };
                    if holds {
                        return self.run(body);
                    }
                }
            }
            Kind::Assert(test, message) => {
                let v = self.expr(test)?;
                if !operators::truth(&v, self.cx)? {
                    let text = match message {
                        Some(m) => {
                            let m = self.expr(m)?;
                            operators::text(&m, self.cx)?
                        }
                        None => String::new(),
                    };
                    return Err(Error::new(ErrorKind::AssertionError, text));
                }
            }
            Kind::Pass => {}
        }
        Ok(None)
    }

    pub(super) fn set_name(&self, name: &Arc<str>, value: Value) {
        match &self.scope {
            Some(s) => s.set(name, value),
            None => {
                self.globals.names.lock().insert(name.clone(), value);
            }
        }
    }

    fn name(&mut self, name: &Arc<str>) -> Result<Value> {
        if let Some(v) = self.scope.as_ref().and_then(|s| s.get(name)) {
            return Ok(v);
        }
        if let Some(v) = self.globals.names.lock().get(name) {
            return Ok(v.clone());
        }
        if &**name == "sel" {
            return self.selected_cells();
        }
        if let Some(v) = modules::special(self.globals, name)? {
            return Ok(v);
        }
        if let Some(v) = builtins::find(name) {
            return Ok(v);
        }
        Err(Error::name(format!("name '{name}' is not defined")))
    }

    /// The cells that are marked.
    fn selected_cells(&mut self) -> Result<Value> {
        let code = self.globals.cells.lock().clone();
        let code = code.ok_or_else(|| {
            Error::name("name 'sel' is not defined: no cells are marked (m marks them)")
        })?;
        let cells = super::parse::expression(&code)?;
        self.expr(&cells)
    }

    /// The place of the innermost failure is kept for the caret.
    pub(super) fn at<T>(&mut self, place: &Place, result: Result<T>) -> Result<T> {
        if result.is_err() && self.failed_at.is_none() {
            self.failed_at = Some(place.clone());
        }
        result
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// Whatever it meets.
    pub fn expr(&mut self, e: &Expr) -> Result<Value> {
        let value = match &e.node {
            Node::Literal(v) => return Ok(v.clone()),
            Node::Name(name) => self.name(name),
            Node::Attribute(of, name) => {
                let of = self.expr(of)?;
                attributes::get(&of, name, self.cx)
            }
            Node::Call(function, arguments) => self.call(function, arguments),
            Node::Subscript(of, key) => {
                let of = self.expr(of)?;
                let key = self.expr(key)?;
                subscripts::get_item(&of, &key, self.cx)
            }
            Node::Slice(parts) => {
                let mut part = |p: &Option<Expr>| match p {
                    Some(e) => self.expr(e),
                    None => Ok(Value::None),
                };
                let all = [part(&parts[0])?, part(&parts[1])?, part(&parts[2])?];
                return Ok(Value::Slice(Arc::new(all)));
            }
            Node::Binary(first, rest) => return self.binary(first, rest),
            Node::Unary(op, of) => {
                let v = self.expr(of)?;
                operators::unary(*op, &v, self.cx)
            }
            Node::And(parts) => return self.first_that(parts, false),
            Node::Or(parts) => return self.first_that(parts, true),
            Node::Compare(first, rest) => self.compare(first, rest),
            Node::Conditional(parts) => {
                let test = self.expr(&parts[0])?;
                let holds = operators::truth(&test, self.cx);
                let holds = self.at(&parts[0].place, holds)?;
                return self.expr(&parts[if holds { 1 } else { 2 }]);
            }
            Node::Tuple(items) => return Ok(Value::tuple(self.items(items)?)),
            Node::List(items) => return Ok(Value::list(self.items(items)?)),
            Node::Set(items) => {
                let items = self.items(items)?;
                Value::set(items)
            }
            Node::Dict(entries) => self.dict(entries),
            Node::Starred(_) => {
                Err(Error::new(ErrorKind::SyntaxError, "can't use starred expression here"))
            }
            Node::Lambda(lambda) => {
                let mut defaults = Vec::new();
                for p in &lambda.params {
                    defaults.push(match &p.default {
                        Some(e) => Some(self.expr(e)?),
                        None => None,
                    });
                }
                return Ok(Closure::value(lambda, defaults, self.scope.clone(), self.globals));
            }
            Node::Comprehension(c) => self.comprehension(c),
            Node::Format(pieces) => self.pieces(pieces).map(Value::str),
            Node::Named(name, value) => {
                let value = self.expr(value)?;
                let inside = self.scope.as_ref().is_some_and(|s| s.set_around(name, &value));
                if !inside {
                    self.globals.names.lock().insert(name.clone(), value.clone());
                }
                return Ok(value);
            }
        };
        self.at(&e.place, value)
    }

    fn binary(&mut self, first: &Expr, rest: &[(Operator, Expr)]) -> Result<Value> {
        let mut left = self.expr(first)?;
        for (op, e) in rest {
            let right = self.expr(e)?;
            let result = operators::binary(*op, &left, &right, self.cx);
            left = self.at(&(first.place.start..e.place.end), result)?;
        }
        Ok(left)
    }

    fn first_that(&mut self, parts: &[Expr], wanted: bool) -> Result<Value> {
        let mut value = Value::None;
        for (i, e) in parts.iter().enumerate() {
            value = self.expr(e)?;
            if i + 1 < parts.len() {
                let truth = operators::truth(&value, self.cx);
                if self.at(&e.place, truth)? == wanted {
                    break;
                }
            }
        }
        Ok(value)
    }

    fn compare(&mut self, first: &Expr, rest: &[(Comparison, Expr)]) -> Result<Value> {
        let mut left = self.expr(first)?;
        for (i, (op, e)) in rest.iter().enumerate() {
            let right = self.expr(e)?;
            let result = compare::compare(*op, &left, &right, self.cx)?;
            if i + 1 == rest.len() || !operators::truth(&result, self.cx)? {
                return Ok(result);
            }
            left = right;
        }
        Ok(left)
    }

    fn items(&mut self, list: &[Expr]) -> Result<Vec<Value>> {
        let mut out = Vec::with_capacity(list.len());
        for e in list {
            match &e.node {
                Node::Starred(inner) => {
                    let value = self.expr(inner)?;
                    let more = collect(&value, self.cx);
                    out.extend(self.at(&e.place, more)?);
                }
                _ => out.push(self.expr(e)?),
            }
        }
        Ok(out)
    }

    fn dict(&mut self, entries: &[(Option<Expr>, Expr)]) -> Result<Value> {
        let mut out = Dict::default();
        for (key, value) in entries {
            match key {
                Some(key) => {
                    let key = self.expr(key)?;
                    let value = self.expr(value)?;
                    out.set(key, value)?;
                }
                None => {
                    let value = self.expr(value)?;
                    for (k, v) in mapping(&value, self.cx)? {
                        out.set(k, v)?;
                    }
                }
            }
        }
        Ok(containers::dict(out))
    }

    fn call(&mut self, function: &Expr, arguments: &[Argument]) -> Result<Value> {
        // a method is called at once, without making a value of it
        let (this, method) = match &function.node {
            Node::Attribute(of, name) => (Some(self.expr(of)?), Some(name)),
            _ => (None, None),
        };
        let target = match (&this, method) {
            (Some(this), Some(name)) if !attributes::is_method(this, name) => {
                let value = attributes::get(this, name, self.cx);
                Some(self.at(&function.place, value)?)
            }
            (Some(_), _) => None,
            _ => Some(self.expr(function)?),
        };
        let (mut places, mut named) = (Vec::new(), Vec::new());
        for argument in arguments {
            match argument {
                Argument::Place(e) => places.push(self.expr(e)?),
                Argument::Name(name, e) => {
                    let value = self.expr(e)?;
                    push_name(&mut named, name, value)?;
                }
                Argument::Places(e) => {
                    let value = self.expr(e)?;
                    let more = collect(&value, self.cx);
                    places.extend(self.at(&e.place, more)?);
                }
                Argument::Names(e) => {
                    let value = self.expr(e)?;
                    for (k, v) in mapping(&value, self.cx)? {
                        let Some(name) = k.as_str() else {
                            return Err(Error::type_error("keywords must be strings"));
                        };
                        push_name(&mut named, &name, v)?;
                    }
                }
            }
        }
        if let Some(Value::Function(f)) = &target
            && f.names[0] == "bmat"
            && named.iter().all(|(n, _)| n != "gdict")
        {
            // blocks are named in a text: by the names that there are here
            let names = self.globals.names.lock();
            let pairs = names.iter().map(|(n, v)| (Value::str(n), v.clone()));
            named.push(("gdict".into(), Value::dict(pairs.collect())?));
        }
        match (target, this, method) {
            (Some(f), _, _) => calls::call(&f, places, named, self.cx),
            (None, Some(this), Some(name)) => {
                if name.as_ref() == "resize"
                    && let Node::Attribute(of, _) = &function.node
                    && let Some(resized) = arrays::resized(&this, &places, self.cx)?
                {
                    // the array itself gets another shape
                    self.assign(of, resized)?;
                    return Ok(Value::None);
                }
                attributes::call_method(&this, name, places, named, self.cx)
            }
            _ => Ok(Value::None),
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Result<String> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(t) => out.push_str(t),
                Piece::Value { value, conversion, spec } => {
                    let mut v = self.expr(value)?;
                    if let Some(c) = conversion {
                        v = Value::str(format::converted(&v, *c, self.cx)?);
                    }
                    let spec = match spec {
                        Some(pieces) => self.pieces(pieces)?,
                        None => String::new(),
                    };
                    let text = format::format(&v, &spec, self.cx);
                    out.push_str(&self.at(&value.place, text)?);
                }
            }
        }
        Ok(out)
    }

    fn comprehension(&mut self, c: &Arc<Comprehension>) -> Result<Value> {
        // the outer iterable belongs to the level around
        let Some(outer) = c.loops.first() else { return Ok(Value::None) };
        let first = self.expr(&outer.iter)?;
        let first = Iter::of(&first, self.cx);
        let first = self.at(&outer.iter.place, first)?;
        let scope = Scope::comprehension(self.scope.clone());
        let mut turns = Turns { comprehension: c.clone(), scope, iters: vec![first] };
        if c.kind == Made::Generator {
            let globals = Arc::downgrade(self.globals);
            return Ok(Iterator::by("generator", move |cx| {
                let Some(globals) = globals.upgrade() else { return Ok(None) };
                calls::deeper(|| {
                    let mut inner = Evaluator::new(&globals, Some(turns.scope.clone()), cx);
                    match turns.next(&mut inner)? {
                        true => inner.expr(&turns.comprehension.item).map(Some),
                        false => Ok(None),
                    }
                })
            }));
        }
        let mut inner = Evaluator::new(self.globals, Some(turns.scope.clone()), self.cx);
        let result = inner.gather(c, &mut turns);
        if result.is_err() && self.failed_at.is_none() {
            self.failed_at = inner.failed_at;
        }
        result
    }

    fn gather(&mut self, c: &Comprehension, turns: &mut Turns) -> Result<Value> {
        let most = (8 << 20).max(self.cx.settings().memory / size_of::<Value>());
        let mut list = Vec::new();
        let mut dict = Dict::default();
        while turns.next(self)? {
            let item = self.expr(&c.item)?;
            match (c.kind, &c.value) {
                (Made::List, _) => list.push(item),
                (_, Some(value)) => {
                    let value = self.expr(value)?;
                    dict.set(item, value)?;
                }
                _ => dict.set(item, Value::None)?,
            }
            if list.len() > most || dict.len() > most {
                return Err(Error::memory("so many items don't fit in memory"));
            }
        }
        Ok(match c.kind {
            Made::List => Value::list(list),
            Made::Set => containers::set(dict),
            _ => containers::dict(dict),
        })
    }
}

fn push_name(named: &mut Vec<(String, Value)>, name: &str, value: Value) -> Result<()> {
    if named.iter().any(|n| n.0 == name) {
        return Err(Error::type_error(format!(
            "got multiple values for keyword argument '{name}'"
        )));
    }
    named.push((name.into(), value));
    Ok(())
}

/// The entries of what stands after `**`.
fn mapping(value: &Value, cx: &Context) -> Result<Vec<(Value, Value)>> {
    match value {
        Value::Dict(_) | Value::Foreign(_) => containers::entries(value, cx),
        other => Err(Error::type_error(format!("'{}' object is not a mapping", other.type_name()))),
    }
}

/// The turns of a comprehension's loops.
struct Turns {
    comprehension: Arc<Comprehension>,
    scope: Arc<Scope>,
    /// The iterators of the loops that are begun, the outer first.
    iters: Vec<Iter>,
}

impl Turns {
    /// Goes to the next turn that passes all tests; whether there is one.
    fn next(&mut self, evaluator: &mut Evaluator) -> Result<bool> {
        let c = self.comprehension.clone();
        'turns: loop {
            let depth = self.iters.len();
            let Some(iter) = self.iters.last_mut() else { return Ok(false) };
            let Some(item) = iter.next(evaluator.cx)? else {
                self.iters.pop();
                continue;
            };
            let l = &c.loops[depth - 1];
            evaluator.assign(&l.target, item)?;
            for test in &l.tests {
                let v = evaluator.expr(test)?;
                if !operators::truth(&v, evaluator.cx)? {
                    continue 'turns;
                }
            }
            match c.loops.get(depth) {
                Some(next) => {
                    let value = evaluator.expr(&next.iter)?;
                    self.iters.push(Iter::of(&value, evaluator.cx)?);
                }
                None => return Ok(true),
            }
        }
    }
}
