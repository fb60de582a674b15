//! Calls: functions of the language as values, lambdas, bound methods.

use std::any::Any;
use std::cell::Cell;
use std::sync::{Arc, Weak};

use super::ast::{Lambda, LambdaParam};
use super::attributes;
use super::construct;
use super::eval::Evaluator;
use super::scope::{Globals, Names, Scope};
use crate::array::error::Kind;
use crate::array::{Context, Error, Result};
use crate::numpy::common::call_value;
use crate::numpy::registry::Way;
use crate::numpy::value::Dict;
use crate::numpy::{Foreign, Value};

/// How deep lambdas may call each other, as Python bounds it.
const DEEPEST: usize = 1000;
/// Stack that must be left for another level; else a new piece is taken.
const LEFT: usize = 256 << 10;
/// The size of a piece of stack.
const PIECE: usize = 2 << 20;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Runs what may call itself, with enough stack and a bound on the depth.
///
/// # Errors
/// RecursionError; those of `f`.
pub fn deeper<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    let depth = DEPTH.get();
    if depth >= DEEPEST {
        return Err(Error::new(Kind::RecursionError, "maximum recursion depth exceeded"));
    }
    DEPTH.set(depth + 1);
    let out = stacker::maybe_grow(LEFT, PIECE, f);
    DEPTH.set(depth);
    out
}

/// Calls a value.
///
/// # Errors
/// `TypeError: 'int' object is not callable`; whatever it meets.
pub fn call(
    function: &Value,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    match function {
        Value::Type(t) => construct::construct(t, places, named, cx),
        other => call_value(other, places, named, cx),
    }
}

/// What a function of the language does.
pub type Run = fn(Vec<Value>, Vec<(String, Value)>, &Context) -> Result<Value>;

/// A function of Python's own, or of a module.
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, as help shows them.
    pub params: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What it does.
    pub run: Run,
}

impl Builtin {
    /// The function as a value.
    pub fn value(&'static self) -> Value {
        Value::Foreign(Arc::new(BuiltinValue(self)))
    }
}

/// A function of the language as a value.
pub struct BuiltinValue(pub &'static Builtin);

impl Foreign for BuiltinValue {
    fn type_name(&self) -> String {
        "builtin_function_or_method".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(format!("<built-in function {}>", self.0.name))
    }

    fn call(&self, places: Vec<Value>, named: Vec<(String, Value)>, cx: &Context) -> Result<Value> {
        (self.0.run)(places, named, cx)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A method and the value it belongs to.
pub struct Bound {
    /// The value.
    pub this: Value,
    /// The method's name.
    pub name: String,
}

impl Bound {
    /// A method as a value.
    pub fn value(this: &Value, name: &str) -> Value {
        Value::Foreign(Arc::new(Bound { this: this.clone(), name: name.into() }))
    }
}

impl Foreign for Bound {
    fn type_name(&self) -> String {
        "builtin_function_or_method".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(format!("<built-in method {} of {} object>", self.name, self.this.type_name()))
    }

    fn call(&self, places: Vec<Value>, named: Vec<(String, Value)>, cx: &Context) -> Result<Value> {
        attributes::call_method(&self.this, &self.name, places, named, cx)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A lambda as a value.
pub struct Closure {
    lambda: Arc<Lambda>,
    defaults: Vec<Option<Value>>,
    scope: Option<Arc<Scope>>,
    /// Not held: a lambda is usually one of the names itself.
    globals: Weak<Globals>,
}

impl Closure {
    /// A lambda with the values of its defaults, where it stands.
    pub fn value(
        lambda: &Arc<Lambda>,
        defaults: Vec<Option<Value>>,
        scope: Option<Arc<Scope>>,
        globals: &Arc<Globals>,
    ) -> Value {
        let globals = Arc::downgrade(globals);
        Value::Foreign(Arc::new(Closure { lambda: lambda.clone(), defaults, scope, globals }))
    }

    /// Its parameters.
    pub fn params(&self) -> &[LambdaParam] {
        &self.lambda.params
    }

    fn bind(&self, places: Vec<Value>, named: Vec<(String, Value)>) -> Result<Names> {
        let params = &self.lambda.params;
        let given = places.len();
        let mut places = places.into_iter();
        let mut names = Names::new();
        for p in params.iter() {
            match p.way {
                Way::Place | Way::Either => {
                    if let Some(v) = places.next() {
                        names.insert(p.name.clone(), v);
                    }
                }
                Way::Rest => {
                    names.insert(p.name.clone(), Value::tuple(places.by_ref().collect()));
                }
                Way::Name | Way::Names => {}
            }
        }
        if places.next().is_some() {
            let takes = params.iter().filter(|p| matches!(p.way, Way::Place | Way::Either)).count();
            return Err(Error::type_error(format!(
                "<lambda>() takes {takes} positional argument{} but {given} {} given",
                if takes == 1 { "" } else { "s" },
                if given == 1 { "was" } else { "were" }
            )));
        }
        let mut further = Dict::default();
        let rest = params.iter().find(|p| p.way == Way::Names);
        for (name, value) in named {
            let param =
                params.iter().find(|p| *p.name == name && matches!(p.way, Way::Either | Way::Name));
            match param {
                Some(p) if names.contains_key(&p.name) => {
                    return Err(Error::type_error(format!(
                        "<lambda>() got multiple values for argument '{name}'"
                    )));
                }
                Some(p) => {
                    names.insert(p.name.clone(), value);
                }
                None if rest.is_some() => further.set(Value::str(name), value)?,
                None => {
                    return Err(Error::type_error(format!(
                        "<lambda>() got an unexpected keyword argument '{name}'"
                    )));
                }
            }
        }
        if let Some(p) = rest {
            names.insert(p.name.clone(), super::containers::dict(further));
        }
        let mut missing = Vec::new();
        for (p, default) in params.iter().zip(&self.defaults) {
            if matches!(p.way, Way::Rest | Way::Names) || names.contains_key(&p.name) {
                continue;
            }
            match default {
                Some(v) => {
                    names.insert(p.name.clone(), v.clone());
                }
                None => missing.push(format!("'{}'", p.name)),
            }
        }
        if !missing.is_empty() {
            return Err(Error::type_error(format!(
                "<lambda>() missing {} required positional argument{}: {}",
                missing.len(),
                if missing.len() == 1 { "" } else { "s" },
                missing.join(" and ")
            )));
        }
        Ok(names)
    }
}

impl Foreign for Closure {
    fn type_name(&self) -> String {
        "function".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok("<function <lambda>>".into())
    }

    fn call(&self, places: Vec<Value>, named: Vec<(String, Value)>, cx: &Context) -> Result<Value> {
        let names = self.bind(places, named)?;
        let globals = self
            .globals
            .upgrade()
            .ok_or_else(|| Error::runtime("the session of this lambda has ended"))?;
        let scope = Scope::call(names, self.scope.clone());
        deeper(|| Evaluator::new(&globals, Some(scope), cx).expr(&self.lambda.body))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
