//! Methods of lists, tuples, dicts and sets, and sorting.

use std::sync::Arc;

use parking_lot::Mutex;

use super::ast::Operator;
use super::calls;
use super::compare::{equal, same};
use super::containers::{
    Frozen, Part, View, entries, hashed, is_frozen, is_subset, set, set_of, set_operation,
};
use super::given::Given;
use super::iter::collect;
use crate::array::{Context, Error, Result};
use crate::numpy::value::Dict;
use crate::numpy::{Value, show};

/// The methods of lists.
pub const LIST: &[&str] = &[
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
    "sort",
];
/// The methods of tuples.
pub const TUPLE: &[&str] = &["count", "index"];
/// The methods of dicts.
pub const DICT: &[&str] = &[
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];
/// The methods of sets.
pub const SET: &[&str] = &[
    "add",
    "clear",
    "copy",
    "difference",
    "difference_update",
    "discard",
    "intersection",
    "intersection_update",
    "isdisjoint",
    "issubset",
    "issuperset",
    "pop",
    "remove",
    "symmetric_difference",
    "symmetric_difference_update",
    "union",
    "update",
];

/// Where `item` is among `items` first, from `start` up to `stop`.
fn position(
    items: &[Value],
    item: &Value,
    (start, stop): (usize, usize),
    cx: &Context,
) -> Result<Option<usize>> {
    for (i, x) in items.iter().enumerate().take(stop).skip(start) {
        if same(x, item) || equal(x, item, cx)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

fn count(items: &[Value], item: &Value, cx: &Context) -> Result<Value> {
    let mut n = 0;
    for x in items {
        n += usize::from(same(x, item) || equal(x, item, cx)?);
    }
    Ok(Value::int(n))
}

/// An index counted from the front and held inside `0..=len`.
pub fn clamped(i: i64, len: usize) -> usize {
    let i = if i < 0 { i.saturating_add(len as i64).max(0) } else { i };
    (i as usize).min(len)
}

fn find(name: &str, items: &[Value], given: &Given, kind: &str, cx: &Context) -> Result<Value> {
    let start = given.int("start")?.map_or(0, |i| clamped(i, items.len()));
    let stop = given.int("stop")?.map_or(items.len(), |i| clamped(i, items.len()));
    let value = given.value(name);
    match position(items, &value, (start, stop), cx)? {
        Some(i) => Ok(Value::int(i)),
        None if kind == "list" => {
            Err(Error::value(format!("{} is not in list", show::repr(&value, cx)?)))
        }
        None => Err(Error::value("tuple.index(x): x not in tuple")),
    }
}

/// A method of a tuple.
///
/// # Errors
/// Those of the method.
pub fn tuple_method(
    items: &[Value],
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    match name {
        "count" => {
            let g = Given::bind("count", "value", places, named)?;
            count(items, &g.value("value"), cx)
        }
        _ => find(
            "value",
            items,
            &Given::bind("index", "value start? stop?", places, named)?,
            "tuple",
            cx,
        ),
    }
}

/// A method of a list.
///
/// # Errors
/// Those of the method.
pub fn list_method(
    list: &Arc<Mutex<Vec<Value>>>,
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let bind = |spec| Given::bind(name, spec, places, named);
    match name {
        "append" => list.lock().push(bind("object |")?.value("object")),
        "clear" => {
            bind("")?;
            list.lock().clear();
        }
        "copy" => {
            bind("")?;
            return Ok(Value::list(list.lock().clone()));
        }
        "count" => {
            let items = list.lock().clone();
            return count(&items, &bind("value |")?.value("value"), cx);
        }
        "extend" => {
            let more = collect(&bind("iterable |")?.value("iterable"), cx)?;
            list.lock().extend(more);
        }
        "index" => {
            let items = list.lock().clone();
            return find("value", &items, &bind("value start? stop? |")?, "list", cx);
        }
        "insert" => {
            let g = bind("index object |")?;
            let mut items = list.lock();
            let at = clamped(g.int("index")?.unwrap_or(0), items.len());
            items.insert(at, g.value("object"));
        }
        "pop" => {
            let g = bind("index? |")?;
            let mut items = list.lock();
            if items.is_empty() {
                return Err(Error::index("pop from empty list"));
            }
            let i = g.int("index")?.unwrap_or(-1);
            let at = if i < 0 { i.saturating_add(items.len() as i64) } else { i };
            if at < 0 || at as usize >= items.len() {
                return Err(Error::index("pop index out of range"));
            }
            return Ok(items.remove(at as usize));
        }
        "remove" => {
            let value = bind("value |")?.value("value");
            let items = list.lock().clone();
            match position(&items, &value, (0, items.len()), cx)? {
                Some(i) => {
                    list.lock().remove(i);
                }
                None => return Err(Error::value("list.remove(x): x not in list")),
            }
        }
        "reverse" => {
            bind("")?;
            list.lock().reverse();
        }
        _ => {
            let g = bind("| key? reverse?")?;
            let items = list.lock().clone();
            let sorted = sorted(items, g.some("key"), g.flag("reverse", cx)?, cx)?;
            *list.lock() = sorted;
        }
    }
    Ok(Value::None)
}

/// Items in order; equal ones stay as they stood.
///
/// # Errors
/// TypeError where two have no order; those of `key`.
pub fn sorted(
    items: Vec<Value>,
    key: Option<&Value>,
    reverse: bool,
    cx: &Context,
) -> Result<Vec<Value>> {
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let k = match key {
            Some(f) => calls::call(f, vec![item.clone()], Vec::new(), cx)?,
            None => item.clone(),
        };
        pairs.push((k, item));
    }
    let mut failed = None;
    let pairs = merge_sort(pairs, reverse, &mut failed, cx);
    match failed {
        Some(e) => Err(e),
        None => Ok(pairs.into_iter().map(|p| p.1).collect()),
    }
}

/// An order that contradicts itself (NaN) only costs the order, where the standard library's
/// sort might panic.
fn merge_sort(
    pairs: Vec<(Value, Value)>,
    reverse: bool,
    failed: &mut Option<Error>,
    cx: &Context,
) -> Vec<(Value, Value)> {
    let mut runs: Vec<Vec<(Value, Value)>> = pairs.into_iter().map(|p| vec![p]).collect();
    while runs.len() > 1 && failed.is_none() {
        let mut next = Vec::with_capacity(runs.len().div_ceil(2));
        let mut runs_iter = runs.into_iter();
        while let Some(a) = runs_iter.next() {
            let Some(b) = runs_iter.next() else {
                next.push(a);
                break;
            };
            let mut out = Vec::with_capacity(a.len() + b.len());
            let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
            while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
                let before = cx.check().and_then(|()| match reverse {
                    // stable also in reverse: the later goes first only if it is greater
                    true => super::compare::less(&x.0, &y.0, cx),
                    false => super::compare::less(&y.0, &x.0, cx),
                });
                match before {
                    Ok(true) => out.extend(b.next()),
                    Ok(false) => out.extend(a.next()),
                    Err(e) => {
                        *failed = Some(e);
                        break;
                    }
                }
            }
            out.extend(a);
            out.extend(b);
            next.push(out);
        }
        runs = next;
    }
    runs.pop().unwrap_or_default()
}

/// A method of a dict.
///
/// # Errors
/// Those of the method.
pub fn dict_method(
    dict: &Arc<Mutex<Dict>>,
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let view = |part| Value::Foreign(Arc::new(View { dict: dict.clone(), part }));
    if name == "update" {
        let mut more = match places.as_slice() {
            [] => Vec::new(),
            [one] => entries(one, cx)?,
            _ => {
                return Err(Error::type_error(format!(
                    "update expected at most 1 argument, got {}",
                    places.len()
                )));
            }
        };
        more.extend(named.into_iter().map(|(k, v)| (Value::str(k), v)));
        let mut dict = dict.lock();
        for (k, v) in more {
            dict.set(k, v)?;
        }
        return Ok(Value::None);
    }
    let bind = |spec| Given::bind(name, spec, places, named);
    Ok(match name {
        "keys" => bind("").map(|_| view(Part::Keys))?,
        "values" => bind("").map(|_| view(Part::Values))?,
        "items" => bind("").map(|_| view(Part::Items))?,
        "clear" => {
            bind("")?;
            *dict.lock() = Dict::default();
            Value::None
        }
        "copy" => {
            bind("")?;
            super::containers::dict(dict.lock().clone())
        }
        "get" => {
            let g = bind("key default? |")?;
            dict.lock().get(&g.value("key"))?.cloned().unwrap_or_else(|| g.value("default"))
        }
        "pop" => {
            let g = bind("key default? |")?;
            let key = g.value("key");
            let gone = dict.lock().remove(&key)?;
            match (gone, g.get("default")) {
                (Some(v), _) => v,
                (None, Some(d)) => d.clone(),
                (None, None) => return Err(Error::key(show::repr(&key, cx)?)),
            }
        }
        "popitem" => {
            bind("")?;
            let last = dict.lock().iter().next_back().map(|(k, v)| (k.clone(), v.clone()));
            match last {
                Some((k, v)) => {
                    dict.lock().remove(&k)?;
                    Value::tuple(vec![k, v])
                }
                None => return Err(Error::key("'popitem(): dictionary is empty'")),
            }
        }
        "setdefault" => {
            let g = bind("key default? |")?;
            let key = g.value("key");
            let mut dict = dict.lock();
            match dict.get(&key)?.cloned() {
                Some(v) => v,
                None => {
                    dict.set(key, g.value("default"))?;
                    g.value("default")
                }
            }
        }
        _ => from_keys(&bind("iterable value? |")?, cx)?,
    })
}

/// `dict.fromkeys(iterable, value)`.
///
/// # Errors
/// TypeError where a key can't be hashed.
pub fn from_keys(given: &Given, cx: &Context) -> Result<Value> {
    let keys = collect(&given.value("iterable"), cx)?;
    Value::dict(keys.into_iter().map(|k| (k, given.value("value"))).collect())
}

/// A method of a set or frozenset.
///
/// # Errors
/// Those of the method.
pub fn set_method(
    this: &Value,
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let items = set_of(this).unwrap_or_default();
    let is_frozen = is_frozen(this);
    let others = |places: &[Value]| -> Result<Vec<Dict>> {
        places.iter().map(|p| hashed(collect(p, cx)?)).collect()
    };
    let fold = |op: Operator| -> Result<Value> {
        let mut out = items.clone();
        for other in others(&places)? {
            out = set_of(&set_operation(op, &out, &other, false)?).unwrap_or_default();
        }
        Ok(if is_frozen { Value::Foreign(Arc::new(Frozen(out))) } else { set(out) })
    };
    match name {
        "union" => return fold(Operator::Or),
        "intersection" => return fold(Operator::And),
        "difference" => return fold(Operator::Subtract),
        "symmetric_difference" if places.len() == 1 => return fold(Operator::Xor),
        _ => {}
    }
    if let ("copy", true) = (name, is_frozen) {
        return Ok(this.clone());
    }
    if let "issubset" | "issuperset" | "isdisjoint" = name {
        let g = Given::bind(name, "other |", places.clone(), named)?;
        let other = hashed(collect(&g.value("other"), cx)?)?;
        return Ok(Value::Bool(match name {
            "issubset" => is_subset(&items, &other)?,
            "issuperset" => is_subset(&other, &items)?,
            _ => {
                let common = set_operation(Operator::And, &items, &other, false)?;
                set_of(&common).is_none_or(|s| s.is_empty())
            }
        }));
    }
    let Value::Set(held) = this else {
        return Err(super::attributes::missing(this, name));
    };
    let op = match name {
        "update" => Some(Operator::Or),
        "intersection_update" => Some(Operator::And),
        "difference_update" => Some(Operator::Subtract),
        "symmetric_difference_update" => Some(Operator::Xor),
        _ => None,
    };
    if let Some(op) = op {
        let out = set_of(&fold(op)?).unwrap_or_default();
        *held.lock() = out;
        return Ok(Value::None);
    }
    let bind = |spec| Given::bind(name, spec, places.clone(), named);
    match name {
        "add" => held.lock().set(bind("elem |")?.value("elem"), Value::None)?,
        "clear" => {
            bind("")?;
            *held.lock() = Dict::default();
        }
        "copy" => {
            bind("")?;
            return Ok(set(items));
        }
        "discard" => {
            held.lock().remove(&bind("elem |")?.value("elem"))?;
        }
        "remove" => {
            let key = bind("elem |")?.value("elem");
            if held.lock().remove(&key)?.is_none() {
                return Err(Error::key(show::repr(&key, cx)?));
            }
        }
        _ => {
            bind("")?;
            let first = held.lock().iter().next().map(|e| e.0.clone());
            match first {
                Some(k) => {
                    held.lock().remove(&k)?;
                    return Ok(k);
                }
                None => return Err(Error::key("'pop from an empty set'")),
            }
        }
    }
    Ok(Value::None)
}
