//! Lists, tuples, dicts and sets: their methods.

use std::any::Any;
use std::sync::Arc;

use num_traits::ToPrimitive;
use parking_lot::Mutex;

use super::ast::Operator;
use super::given::Given;
use super::iter::{Made, collect};
use super::operators::{equal, is_array, same};
use super::{calls, h5};
use crate::array::{Context, Error, Result};
use crate::numpy::value::{Dict, range_len};
use crate::numpy::{Foreign, Value, show};

/// A set that doesn't change.
pub struct Frozen(pub Dict);

impl Foreign for Frozen {
    fn type_name(&self) -> String {
        "frozenset".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        if self.0.is_empty() {
            return Ok("frozenset()".into());
        }
        Ok(format!("frozenset({})", show::repr(&set(self.0.clone()), cx)?))
    }

    fn plain(&self, _cx: &Context) -> Option<Result<Value>> {
        Some(Ok(set(self.0.clone())))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What a view of a dict shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Keys,
    Values,
    Items,
}

/// A dict's keys, values or items, which follow the dict.
pub struct View {
    dict: Arc<Mutex<Dict>>,
    part: Part,
}

impl View {
    /// What it shows now.
    pub fn items(&self) -> Vec<Value> {
        let dict = self.dict.lock();
        let one = |(k, v): (&Value, &Value)| match self.part {
            Part::Keys => k.clone(),
            Part::Values => v.clone(),
            Part::Items => Value::tuple(vec![k.clone(), v.clone()]),
        };
        dict.iter().map(one).collect()
    }
}

impl Foreign for View {
    fn type_name(&self) -> String {
        match self.part {
            Part::Keys => "dict_keys",
            Part::Values => "dict_values",
            Part::Items => "dict_items",
        }
        .into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        Ok(format!("{}({})", self.type_name(), show::repr(&Value::list(self.items()), cx)?))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A dict as a value.
pub fn dict(dict: Dict) -> Value {
    Value::Dict(Arc::new(Mutex::new(dict)))
}

/// A set as a value.
pub fn set(items: Dict) -> Value {
    Value::Set(Arc::new(Mutex::new(items)))
}

/// The items of a set, a frozenset or a dict's keys.
pub fn set_of(value: &Value) -> Option<Dict> {
    match value {
        Value::Set(s) => Some(s.lock().clone()),
        Value::Foreign(f) => match f.as_any().downcast_ref::<Frozen>() {
            Some(frozen) => Some(frozen.0.clone()),
            None => {
                let view = f.as_any().downcast_ref::<View>()?;
                match view.part {
                    Part::Values => None,
                    _ => hashed(view.items()).ok(),
                }
            }
        },
        _ => None,
    }
}

/// Whether it is a frozenset.
pub fn is_frozen(value: &Value) -> bool {
    matches!(value, Value::Foreign(f) if f.as_any().is::<Frozen>())
}

fn hashed(items: Vec<Value>) -> Result<Dict> {
    let mut out = Dict::default();
    for item in items {
        out.set(item, Value::None)?;
    }
    Ok(out)
}

/// A frozenset of these.
///
/// # Errors
/// TypeError where one can't be hashed.
pub fn frozen(items: Vec<Value>) -> Result<Value> {
    Ok(Value::Foreign(Arc::new(Frozen(hashed(items)?))))
}

/// Whether all of one set are in another.
///
/// # Errors
/// None that its items did not meet before.
pub fn is_subset(a: &Dict, b: &Dict) -> Result<bool> {
    for (k, _) in a.iter() {
        if b.get(k)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `&`, `|`, `^` and `-` of sets.
///
/// # Errors
/// None that their items did not meet before.
pub fn set_operation(op: Operator, a: &Dict, b: &Dict, frozen: bool) -> Result<Value> {
    let mut out = Dict::default();
    let mut add = |from: &Dict, other: &Dict, when: bool| -> Result<()> {
        for (k, _) in from.iter() {
            if other.get(k)?.is_some() == when {
                out.set(k.clone(), Value::None)?;
            }
        }
        Ok(())
    };
    match op {
        Operator::And => add(a, b, true)?,
        Operator::Subtract => add(a, b, false)?,
        Operator::Xor => {
            add(a, b, false)?;
            add(b, a, false)?;
        }
        _ => {
            add(a, a, true)?;
            add(b, b, true)?;
        }
    }
    Ok(if frozen { Value::Foreign(Arc::new(Frozen(out))) } else { set(out) })
}

/// A sequence, so many times.
///
/// # Errors
/// MemoryError.
pub fn repeat(sequence: &Value, times: &Value) -> Result<Value> {
    let n = match times {
        Value::Int(n) if n.sign() == num_bigint::Sign::Minus => 0,
        Value::Int(n) => n.to_usize().ok_or_else(|| Error::memory(""))?,
        other => other.index()?.max(0) as usize,
    };
    let fits = |len: usize, size: usize| match len.saturating_mul(n).saturating_mul(size) {
        bytes if bytes > 1 << 30 => Err(Error::memory("")),
        _ => Ok(()),
    };
    let items = |list: &[Value]| -> Result<Vec<Value>> {
        fits(list.len(), size_of::<Value>())?;
        Ok((0..n).flat_map(|_| list.iter().cloned()).collect())
    };
    Ok(match sequence {
        Value::Str(s) => {
            fits(s.len(), 1)?;
            Value::str(s.repeat(n))
        }
        Value::Bytes(b) => {
            fits(b.len(), 1)?;
            Value::Bytes(b.repeat(n).into())
        }
        Value::Tuple(t) => Value::tuple(items(t)?),
        Value::List(l) => {
            let list = l.lock().clone();
            Value::list(items(&list)?)
        }
        other => other.clone(),
    })
}

/// The entries that `dict(value)` and `update(value)` take: of a mapping, or pairs.
///
/// # Errors
/// TypeError and ValueError where there are none.
pub fn entries(value: &Value, cx: &Context) -> Result<Vec<(Value, Value)>> {
    match value {
        Value::Dict(d) => {
            return Ok(d.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect());
        }
        Value::Foreign(f) => {
            if let Some(entries) = h5::entries(f, cx) {
                return entries;
            }
        }
        _ => {}
    }
    let mut out = Vec::new();
    for (i, pair) in collect(value, cx)?.into_iter().enumerate() {
        let items = collect(&pair, cx).map_err(|_| {
            Error::type_error(format!(
                "cannot convert dictionary update sequence element #{i} to a sequence"
            ))
        })?;
        let [k, v] = items.as_slice() else {
            return Err(Error::value(format!(
                "dictionary update sequence element #{i} has length {}; 2 is required",
                items.len()
            )));
        };
        out.push((k.clone(), v.clone()));
    }
    Ok(out)
}

/// `len(value)`, where it has one.
pub fn length(value: &Value, cx: &Context) -> Option<Result<usize>> {
    Some(Ok(match value {
        Value::Str(s) => s.chars().count(),
        Value::Bytes(b) => b.len(),
        Value::Tuple(t) => t.len(),
        Value::List(l) => l.lock().len(),
        Value::Dict(d) | Value::Set(d) => d.lock().len(),
        Value::Range(a, b, c) => range_len(*a, *b, *c),
        Value::Array(nd) if nd.is_scalar() => match nd.item() {
            Ok(Value::Str(s)) => s.chars().count(),
            Ok(Value::Bytes(b)) => b.len(),
            Ok(Value::Tuple(t)) => t.len(),
            _ => return None,
        },
        Value::Array(nd) => match nd.shape().map(|s| s.first().copied()) {
            Ok(Some(n)) => n,
            Ok(None) => return Some(Err(Error::type_error("len() of unsized object"))),
            Err(e) => return Some(Err(e)),
        },
        Value::Foreign(f) => {
            if let Some(n) = h5::length(f, cx) {
                return Some(n);
            }
            if let Some(view) = f.as_any().downcast_ref::<View>() {
                return Some(Ok(view.dict.lock().len()));
            }
            f.as_any().downcast_ref::<Frozen>()?.0.len()
        }
        _ => return None,
    }))
}

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
    // an order that contradicts itself (NaN) only costs the order, never a panic
    let sort = std::panic::AssertUnwindSafe(|| merge_sort(pairs, reverse, &mut failed, cx));
    let pairs = sort();
    match failed {
        Some(e) => Err(e),
        None => Ok(pairs.into_iter().map(|p| p.1).collect()),
    }
}

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
                    true => super::operators::less(&x.0, &y.0, cx),
                    false => super::operators::less(&y.0, &x.0, cx),
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

/// `reversed(value)`.
///
/// # Errors
/// TypeError where it has no order.
pub fn reversed(value: &Value, cx: &Context) -> Result<Value> {
    match value {
        Value::Set(_) => Err(Error::type_error("'set' object is not reversible")),
        Value::Foreign(f) if f.next(cx).is_some() && !is_array(value) => {
            Err(Error::type_error(format!("'{}' object is not reversible", value.type_name())))
        }
        _ => {
            let mut items = collect(value, cx)?;
            items.reverse();
            Ok(Made::value("reversed", super::iter::Iter::Items(items.into_iter())))
        }
    }
}

/// The pieces of `start:stop:step` over a length, as `slice.indices` gives them.
///
/// # Errors
/// TypeError; ValueError for a step of zero.
pub fn slice_indices(slice: &[Value; 3], len: usize) -> Result<(i64, i64, i64)> {
    let part = |v: &Value| -> Result<Option<i64>> {
        match v {
            Value::None => Ok(None),
            Value::Int(n) => {
                Ok(Some(n.to_i64().unwrap_or(if n.sign() == num_bigint::Sign::Minus {
                    i64::MIN + 1
                } else {
                    i64::MAX
                })))
            }
            other => other.index().map(Some).map_err(|_| {
                Error::type_error(
                    "slice indices must be integers or None or have an __index__ method",
                )
            }),
        }
    };
    let (start, stop, step) = (part(&slice[0])?, part(&slice[1])?, part(&slice[2])?.unwrap_or(1));
    if step == 0 {
        return Err(Error::value("slice step cannot be zero"));
    }
    let n = len as i64;
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let fix = |v: Option<i64>, default: i64| match v {
        None => default,
        Some(i) if i < 0 => i.saturating_add(n).max(low),
        Some(i) => i.min(high),
    };
    let (first, last) = if step < 0 { (high, low) } else { (low, high) };
    Ok((fix(start, first), fix(stop, last), step))
}

/// The positions that a slice picks out of a length.
///
/// # Errors
/// As [`slice_indices`].
pub fn slice_positions(slice: &[Value; 3], len: usize) -> Result<Vec<usize>> {
    let (a, b, c) = slice_indices(slice, len)?;
    let n = range_len(a, b, c);
    Ok((0..n).map(|i| (a + i as i64 * c) as usize).collect())
}

/// The next of an iterator.
///
/// # Errors
/// `TypeError: 'list' object is not an iterator`.
pub fn next(value: &Value, cx: &Context) -> Result<Option<Value>> {
    match value {
        Value::Foreign(f) => match f.next(cx) {
            Some(item) => item,
            None => {
                Err(Error::type_error(format!("'{}' object is not an iterator", value.type_name())))
            }
        },
        _ => Err(Error::type_error(format!("'{}' object is not an iterator", value.type_name()))),
    }
}
