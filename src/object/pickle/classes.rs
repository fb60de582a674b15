//! What objects of well-known classes mean: which of them are plain values after all, what the
//! others hold, and how to make them.
//!
//! The table of the former is here; the latter stand in `known`, NumPy's in
//! [`numpy`], text in [`show`](super::show). Nothing here reads or writes pickles.

use std::sync::Arc;

use super::arena::Budget;
use super::value::{ClassName, Made, Object, Py};
use super::{Reason, literal, numpy};

pub use super::known::{Known, known, make};

/// How the value of a class is made from an object of it: `None` if the object isn't what Python
/// writes for that class.
pub(super) type Rule = fn(&Object, &mut Budget) -> Result<Option<Py>, Reason>;

/// The table of classes and functions whose objects are plain values.
fn rule(class: &ClassName) -> Option<Rule> {
    Some(match (&*class.module, &*class.qualname) {
        ("builtins", "set") => |object, _| Ok(items(object).map(Py::Set)),
        ("builtins", "frozenset") => |object, _| Ok(items(object).map(Py::FrozenSet)),
        ("builtins", "bytearray") => bytearray,
        ("builtins", "bytes") => |object, _| Ok(bare_args(object, &[]).map(|_| Py::bytes(b""))),
        ("_codecs", "encode") => |object, budget| Ok(latin1(object, budget)?.map(Py::Bytes)),
        ("builtins", "complex") => |object, _| Ok(complex(object)),
        ("builtins", "slice") => |object, _| Ok(three(object).map(Py::Slice)),
        ("builtins", "range") => |object, _| Ok(three(object).map(Py::Range)),
        ("copyreg", "_reconstructor") => reconstructor,
        ("copyreg", "__newobj__") => newobj,
        ("copyreg", "__newobj_ex__") => newobj_ex,
        _ => return numpy::rule(class),
    })
}

/// The plain value that an object stands for, or the object.
pub(super) fn plain(object: Object, budget: &mut Budget) -> Result<Py, Reason> {
    if matches!(object.made, Made::Reduce(_))
        && object.setter.is_none()
        && let Some(rule) = rule(&object.class)
        && let Some(value) = rule(&object, budget)?
    {
        return Ok(value);
    }
    Ok(Py::Object(Arc::new(object)))
}

/// The arguments of an object that is nothing but a call with as many as there are defaults.
fn bare_args<'a>(object: &'a Object, shape: &[()]) -> Option<&'a [Py]> {
    (object.is_bare() && object.args().len() == shape.len()).then(|| object.args())
}

fn items(object: &Object) -> Option<Arc<Vec<Py>>> {
    match object.args() {
        _ if !object.is_bare() => None,
        [] => Some(Arc::new(Vec::new())),
        [Py::List(items) | Py::Tuple(items) | Py::Set(items) | Py::FrozenSet(items)] => {
            Some(Arc::clone(items))
        }
        _ => None,
    }
}

fn latin1(object: &Object, budget: &mut Budget) -> Result<Option<Arc<[u8]>>, Reason> {
    let [Py::Str(text), Py::Str(codec)] = object.args() else { return Ok(None) };
    if !object.is_bare() || !matches!(&**codec, "latin1" | "latin-1") {
        return Ok(None);
    }
    budget.charge(text.len().saturating_mul(2))?;
    Ok(literal::latin1(text).map(Arc::from))
}

fn bytearray(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    Ok(match object.args() {
        _ if !object.is_bare() => None,
        [] => Some(Py::ByteArray(Arc::from(&[][..]))),
        [Py::Bytes(bytes)] => Some(Py::ByteArray(Arc::clone(bytes))),
        _ => latin1(object, budget)?.map(Py::ByteArray),
    })
}

fn complex(object: &Object) -> Option<Py> {
    let [real, imag] = bare_args(object, &[(); 2])? else { return None };
    let part = |value: &Py| match value {
        Py::Float(value) => Some(*value),
        _ => None,
    };
    Some(Py::Complex(part(real)?, part(imag)?))
}

fn three(object: &Object) -> Option<Arc<[Py; 3]>> {
    let args: &[Py; 3] = bare_args(object, &[(); 3])?.try_into().ok()?;
    Some(Arc::new(args.clone()))
}

/// `_reconstructor(class, base, value)`: what protocols 0 and 1 have for `__newobj__`.
fn reconstructor(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    let [class, Py::Class(base), value] = object.args() else { return Ok(None) };
    let Some(class) = class_of(class, budget)? else { return Ok(None) };
    let mut args = Vec::new();
    let (mut items, mut entries) = (object.items.clone(), object.entries.clone());
    budget.charge((items.len() + 2 * entries.len()).saturating_mul(size_of::<Py>()))?;
    match (&*base.qualname, value) {
        _ if &*base.module != "builtins" => return Ok(None),
        ("object", Py::None) => {}
        ("list", Py::List(list)) if items.is_empty() => {
            budget.charge(list.len().saturating_mul(size_of::<Py>()))?;
            items = Vec::clone(list);
        }
        ("dict", Py::Dict(dict)) if entries.is_empty() => {
            budget.charge(dict.len().saturating_mul(2 * size_of::<Py>()))?;
            entries = Vec::clone(dict);
        }
        ("object" | "list" | "dict", _) => return Ok(None),
        _ => args.push(value.clone()),
    }
    let made = Made::New { args: Arc::new(args), kwargs: None };
    Ok(Some(Py::Object(Arc::new(Object { class, made, items, entries, ..object.clone() }))))
}

/// `__newobj__(class, *args)`
fn newobj(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    let [class, args @ ..] = object.args() else { return Ok(None) };
    budget.charge(args.len().saturating_mul(size_of::<Py>()))?;
    let made = Made::New { args: Arc::new(args.to_vec()), kwargs: None };
    Ok(class_of(class, budget)?
        .map(|class| Py::Object(Arc::new(Object { class, made, ..object.clone() }))))
}

/// `__newobj_ex__(class, args, kwargs)`
fn newobj_ex(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    let [class, Py::Tuple(args), Py::Dict(kwargs)] = object.args() else { return Ok(None) };
    let made = Made::New { args: Arc::clone(args), kwargs: Some(Arc::clone(kwargs)) };
    Ok(class_of(class, budget)?
        .map(|class| Py::Object(Arc::new(Object { class, made, ..object.clone() }))))
}

/// The class that chained `getattr(class, name)` start at, and the names in it: they find a nested
/// class, or a member of an Enum.
pub(super) fn attribute(mut object: &Object) -> Option<(&ClassName, Vec<&str>)> {
    let mut names = Vec::new();
    loop {
        let is_getattr = object.class.is("builtins", "getattr") && object.is_bare();
        let (Made::Reduce(args), true) = (&object.made, is_getattr) else { return None };
        let [from, Py::Str(name)] = &args[..] else { return None };
        names.push(&**name);
        match from {
            Py::Class(class) => {
                names.reverse();
                return Some((class, names));
            }
            Py::Object(from) => object = from,
            _ => return None,
        }
    }
}

/// The class that a value stands for: a global, or what `getattr` finds in one.
pub(super) fn class_of(value: &Py, budget: &mut Budget) -> Result<Option<ClassName>, Reason> {
    let found = match value {
        Py::Class(class) => return Ok(Some(ClassName::clone(class))),
        Py::Object(object) => attribute(object),
        _ => None,
    };
    let Some((outer, names)) = found else { return Ok(None) };
    let length = names.iter().map(|name| name.len() + 1).sum::<usize>();
    budget.charge(outer.qualname.len() + length)?;
    Ok(Some(nested(outer, &names)))
}

/// The class of that name inside another.
pub(super) fn nested(outer: &ClassName, names: &[&str]) -> ClassName {
    let mut qualname = outer.qualname.to_string();
    for name in names {
        qualname.push('.');
        qualname.push_str(name);
    }
    ClassName { module: Arc::clone(&outer.module), qualname: Arc::from(qualname) }
}

/// An object of any class that keeps what it holds in its `__dict__`.
pub fn instance(class: ClassName, attributes: Vec<(&str, Py)>) -> Py {
    let made = Made::New { args: Arc::new(Vec::new()), kwargs: None };
    let state = attributes.into_iter().map(|(name, value)| (Py::str(name), value)).collect();
    let object = Object { state: Some(Py::dict(state)), ..Object::bare(class, made) };
    Py::Object(Arc::new(object))
}

/// What calling a class with these arguments makes: a member of an Enum, an exception.
pub fn call(class: ClassName, args: Vec<Py>) -> Py {
    Py::Object(Arc::new(Object::bare(class, Made::Reduce(Arc::new(args)))))
}
