//! Indexing: what stands between the brackets of an array, read and assigned.
//!
//! Integers, slices, new axes and `...` make views; masks and integer arrays pick copies, lazily:
//! a mask is counted once, an index array looked through once.

use super::convert::{as_array, as_array_of};
use super::nd::{Class, Nd};
use super::value::Value;
use crate::array::dtype::{Struct, quote};
use crate::array::error::Kind as ErrorKind;
use crate::array::gather::{checked, gather};
use crate::array::lazy::{Array, Span};
use crate::array::select::{compress, positions};
use crate::array::view::{Part, slice};
use crate::array::{Context, DType, Error, Result};
use std::sync::Arc;

/// One item of an index, understood.
#[derive(Clone)]
enum Item {
    At(i64),
    Along(Value, Value, Value),
    New,
    Rest,
    /// Integers that pick along one axis.
    Pick(Array),
    /// Bools over so many axes as they have.
    Mask(Array),
}

fn understand(value: &Value, cx: &Context) -> Result<Item> {
    let wrong = || {
        Error::index(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or \
             boolean arrays are valid indices",
        )
    };
    Ok(match value {
        Value::None => Item::New,
        Value::Ellipsis => Item::Rest,
        Value::Slice(s) => Item::Along(s[0].clone(), s[1].clone(), s[2].clone()),
        Value::Int(_) => Item::At(
            value
                .index()
                .map_err(|_| Error::index("cannot fit 'int' into an index-sized integer"))?,
        ),
        Value::Bool(_) => Item::Mask(as_array(value, cx)?),
        Value::Array(nd) if nd.is_scalar() && nd.dtype()?.is_integer() => Item::At(value.index()?),
        Value::Array(_)
        | Value::List(_)
        | Value::Tuple(_)
        | Value::Range(..)
        | Value::Foreign(_) => {
            let array = match value {
                Value::Foreign(f) => f.array(cx).ok_or_else(wrong)??,
                _ => as_array(value, cx)?,
            };
            match array.dtype() {
                DType::Bool => Item::Mask(array),
                d if d.is_integer() => Item::Pick(array),
                // an empty list picks nothing
                _ if array.is_empty() && !matches!(value, Value::Array(_)) => {
                    Item::Pick(crate::array::cast::cast(&array, &DType::Int64)?)
                }
                _ if matches!(value, Value::Array(nd) if nd.is_scalar()) => return Err(wrong()),
                _ => {
                    return Err(Error::index(
                        "arrays used as indices must be of integer (or boolean) type",
                    ));
                }
            }
        }
        _ => return Err(wrong()),
    })
}

/// The items of an index, `...` written out.
fn items(key: &Value, ndim: usize, cx: &Context) -> Result<Vec<Item>> {
    let parts: Vec<Value> = match key {
        Value::Tuple(t) => t.to_vec(),
        other => vec![other.clone()],
    };
    let mut items = parts.iter().map(|p| understand(p, cx)).collect::<Result<Vec<_>>>()?;
    let taken: usize = items
        .iter()
        .map(|i| match i {
            Item::At(_) | Item::Along(..) | Item::Pick(_) => 1,
            Item::Mask(m) => m.ndim(),
            Item::New | Item::Rest => 0,
        })
        .sum();
    if taken > ndim {
        return Err(Error::index(format!(
            "too many indices for array: array is {ndim}-dimensional, but {taken} were indexed"
        )));
    }
    let rests = items.iter().filter(|i| matches!(i, Item::Rest)).count();
    if rests > 1 {
        return Err(Error::index("an index can only have a single ellipsis ('...')"));
    }
    let all = || Item::Along(Value::None, Value::None, Value::None);
    match items.iter().position(|i| matches!(i, Item::Rest)) {
        // an ellipsis of no axes still stands between two indices
        Some(_) if taken == ndim && items.len() > 2 => {}
        Some(at) => {
            items.splice(at..=at, (taken..ndim).map(|_| all()));
        }
        None => items.extend((taken..ndim).map(|_| all())),
    }
    Ok(items)
}

/// A position along an axis, counted from the front.
fn position(i: i64, n: usize, axis: usize) -> Result<usize> {
    let at = if i < 0 { i + n as i64 } else { i };
    if at < 0 || at >= n as i64 {
        return Err(Error::index(format!(
            "index {i} is out of bounds for axis {axis} with size {n}"
        )));
    }
    Ok(at as usize)
}

/// The positions that `start:stop:step` names along an axis of length `n`, by Python's rules.
///
/// # Errors
/// ValueError for a step of 0; TypeError for parts that are no integers.
pub fn span(start: &Value, stop: &Value, step: &Value, n: usize) -> Result<Span> {
    let part = |v: &Value| -> Result<Option<i64>> {
        match v {
            Value::None => Ok(None),
            // beyond any array is as good as its end
            Value::Int(big) => {
                Ok(Some(v.index().unwrap_or(if big.sign() == num_bigint::Sign::Minus {
                    i64::MIN / 2
                } else {
                    i64::MAX / 2
                })))
            }
            _ => v.index().map(Some).map_err(|_| {
                Error::type_error(
                    "slice indices must be integers or None or have an __index__ method",
                )
            }),
        }
    };
    let n = n as i64;
    let step = part(step)?.unwrap_or(1);
    if step == 0 {
        return Err(Error::value("slice step cannot be zero"));
    }
    let step = step.clamp(-i64::MAX / 4, i64::MAX / 4);
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let clip = |v: i64| (if v < 0 { v.saturating_add(n) } else { v }).clamp(low, high);
    let start = part(start)?.map_or(if step > 0 { 0 } else { n - 1 }, clip);
    let stop = part(stop)?.map_or(if step > 0 { n } else { -1 }, clip);
    let len = if step > 0 {
        (stop - start + step - 1).max(0) / step
    } else {
        (start - stop - step - 1).max(0) / -step
    };
    if len <= 0 {
        return Ok(Span::run(0, 0));
    }
    Ok(Span { start: start as usize, step: step as isize, len: len as usize })
}

/// An index of an array, ready to be applied to it, or to another of the same shape.
#[derive(Clone)]
struct Plan {
    parts: Vec<Part>,
    /// For each axis after the parts: the integers that pick along it.
    picks: Vec<Option<Array>>,
    in_front: bool,
    /// A mask over the whole array.
    mask: Option<Array>,
    /// Only integers: the result is an element, not a view.
    element: bool,
}

fn plan(shape: &[usize], key: &Value, cx: &Context) -> Result<Plan> {
    let items = items(key, shape.len(), cx)?;
    if let [Item::Mask(mask)] = items.as_slice()
        && mask.ndim() == shape.len()
        && mask.ndim() > 0
    {
        fits_mask(mask, shape, 0)?;
        return Ok(Plan {
            parts: Vec::new(),
            picks: Vec::new(),
            in_front: false,
            mask: Some(mask.clone()),
            element: false,
        });
    }
    let advanced = items.iter().any(|i| matches!(i, Item::Pick(_) | Item::Mask(_)));
    let (mut parts, mut picks) = (Vec::new(), Vec::new());
    let mut axis = 0;
    // where advanced items stand among all, to see whether they are neighbours
    let (mut places, mut place) = (Vec::new(), 0);
    // an index out of bounds is none where nothing is picked
    let mut outside = None;
    for item in &items {
        match item {
            Item::New => {
                parts.push(Part::New);
                picks.push(None);
            }
            Item::At(i) => {
                let at = position(*i, shape[axis], axis)?;
                if advanced {
                    parts.push(Part::Along(Span::run(0, shape[axis])));
                    picks.push(Some(super::nd::number(DType::Int64, at as i64)));
                    places.push(place);
                } else {
                    parts.push(Part::At(at));
                }
                axis += 1;
            }
            Item::Along(a, b, c) => {
                parts.push(Part::Along(span(a, b, c, shape[axis])?));
                picks.push(None);
                axis += 1;
            }
            Item::Pick(array) => {
                parts.push(Part::Along(Span::run(0, shape[axis])));
                picks.push(Some(checked(array, shape[axis], axis, cx).or_else(|e| {
                    outside.get_or_insert(e.clone());
                    match e.kind {
                        ErrorKind::IndexError => {
                            let zeros =
                                crate::array::Block::zeros(DType::Int64, array.shape().to_vec());
                            Ok(Array::of(zeros))
                        }
                        _ => Err(e),
                    }
                })?));
                places.push(place);
                axis += 1;
            }
            Item::Mask(mask) if mask.ndim() == 0 => {
                // True adds an axis of length 1, False one of length 0
                let n = usize::from(crate::array::run::to_block(mask, cx)?.bytes()[0] != 0);
                parts.push(Part::New);
                let zeros = crate::array::Block::zeros(DType::Int64, vec![n]);
                picks.push(Some(Array::of(zeros)));
                places.push(place);
            }
            Item::Mask(mask) => {
                fits_mask(mask, &shape[axis..], axis)?;
                for found in positions(mask, cx)? {
                    parts.push(Part::Along(Span::run(0, shape[axis])));
                    picks.push(Some(found));
                    axis += 1;
                }
                places.push(place);
            }
            Item::Rest => {}
        }
        place += 1;
    }
    if let Some(e) = outside {
        let none = parts.iter().zip(&picks).any(|(part, pick)| match (part, pick) {
            (_, Some(pick)) => pick.is_empty(),
            (Part::Along(span), None) => span.len == 0,
            _ => false,
        });
        if !none && !shape[axis..].contains(&0) {
            return Err(e);
        }
    }
    let in_front = places.windows(2).any(|w| w[1] != w[0] + 1);
    let element = !advanced
        && parts.iter().all(|p| matches!(p, Part::At(_)))
        && parts.len() == shape.len()
        && !has_rest(key);
    let picks = if advanced { picks } else { Vec::new() };
    Ok(Plan { parts, picks, in_front, mask: None, element })
}

/// Whether index arrays, lists or masks are in a key.
fn picks(key: &Value) -> bool {
    match key {
        Value::Tuple(t) => t.iter().any(picks),
        Value::List(_) => true,
        Value::Array(nd) => !nd.is_scalar(),
        _ => false,
    }
}

fn has_rest(key: &Value) -> bool {
    match key {
        Value::Tuple(t) => t.iter().any(|v| matches!(v, Value::Ellipsis)),
        other => matches!(other, Value::Ellipsis),
    }
}

fn fits_mask(mask: &Array, shape: &[usize], first: usize) -> Result<()> {
    for (i, (&m, &n)) in mask.shape().iter().zip(shape).enumerate() {
        if m != n {
            return Err(Error::index(format!(
                "boolean index did not match indexed array along axis {}; size of axis is {n} but \
                 size of corresponding boolean axis is {m}",
                first + i
            )));
        }
    }
    Ok(())
}

impl Plan {
    fn is_view(&self) -> bool {
        self.picks.is_empty() && self.mask.is_none()
    }

    fn apply(&self, array: &Array, cx: &Context) -> Result<Array> {
        if let Some(mask) = &self.mask {
            return compress(mask, array, cx);
        }
        let view = slice(array, &self.parts);
        if self.picks.is_empty() {
            return Ok(view);
        }
        gather(&view, self.picks.clone(), self.in_front)
    }
}

/// `array[key]` of a lazy array, for numbers, slices, masks and index arrays.
///
/// # Errors
/// IndexError.
pub fn of_array(array: &Array, key: &Value, cx: &Context) -> Result<Array> {
    plan(array.shape(), key, cx)?.apply(array, cx)
}

/// A field of a structured array.
fn field(nd: &Nd, name: &str) -> Result<Nd> {
    let dtype = nd.dtype()?;
    let found = dtype.fields().and_then(|s| s.field(name).cloned());
    match found {
        Some(f) => Ok(nd.part(f.offset, f.dtype, f.shape)),
        None if dtype.fields().is_some() => Err(Error::value(format!("no field of name {name}"))),
        None => Err(Error::index(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or \
             boolean arrays are valid indices",
        )),
    }
}

/// Several fields of a structured array, as a view of the same size.
fn some_fields(nd: &Nd, names: &[String]) -> Result<Nd> {
    let dtype = nd.dtype()?;
    let Some(s) = dtype.fields() else {
        return Err(Error::index(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or \
             boolean arrays are valid indices",
        ));
    };
    let fields = names
        .iter()
        .map(|n| s.field(n).cloned().ok_or_else(|| Error::key(quote(n))))
        .collect::<Result<Vec<_>>>()?;
    let kept = DType::Struct(Arc::new(Struct { fields, size: s.size }));
    Ok(nd.part(0, kept, Vec::new()))
}

/// The names in a list of texts.
fn names(key: &Value) -> Option<Vec<String>> {
    match key {
        Value::List(l) => {
            let l = l.lock();
            (!l.is_empty()).then(|| l.iter().map(Value::as_str).collect::<Option<Vec<_>>>())?
        }
        _ => None,
    }
}

/// What an element is given as: a NumPy scalar, an object as itself.
fn as_element(nd: Nd) -> Result<Value> {
    let array = nd.array()?;
    match array.dtype() {
        DType::Object => nd.item(),
        // a structured element goes on seeing the array
        DType::Struct(_) => Ok(Value::Array(nd.with_class(Class::Scalar))),
        // a text is as wide as it is long
        d if d.is_string() => {
            let item = nd.item()?;
            let wide = match (&item, d) {
                (Value::Str(s), _) => DType::Str(s.chars().count()),
                (Value::Bytes(b), _) => DType::Bytes(b.len()),
                _ => d.clone(),
            };
            Ok(Value::Array(Nd::scalar(as_array_of(&item, Some(&wide), &super::nd::small())?)))
        }
        _ => Ok(Value::Array(Nd::scalar(array))),
    }
}

/// `nd[key]`.
///
/// # Errors
/// IndexError, KeyError and ValueError as NumPy gives them.
pub fn get(nd: &Nd, key: &Value, cx: &Context) -> Result<Value> {
    if let Some(name) = key.as_str() {
        let part = field(nd, &name)?;
        return match (nd.is_scalar(), part.ndim()?) {
            (true, 0) => as_element(part),
            (true, _) => Ok(Value::Array(part.with_class(Class::Array))),
            _ if *nd.class() == Class::RecArray && part.dtype()?.fields().is_none() => {
                Ok(Value::Array(part.with_class(Class::Array)))
            }
            _ => Ok(Value::Array(part)),
        };
    }
    if let Some(names) = names(key) {
        return Ok(Value::Array(some_fields(nd, &names)?));
    }
    if nd.is_scalar() {
        if let (Some(s), Ok(i)) = (nd.dtype()?.fields().cloned(), key.index()) {
            let at = position(i, s.fields.len(), 0)
                .map_err(|_| Error::index(format!("invalid index ({i})")))?;
            return get(nd, &Value::str(&s.fields[at].name), cx);
        }
        let bare = match key {
            Value::Tuple(t) => t.iter().all(|v| matches!(v, Value::None | Value::Ellipsis)),
            other => matches!(other, Value::None | Value::Ellipsis | Value::Bool(_)),
        };
        if !bare {
            return Err(Error::index("invalid index to scalar variable."));
        }
        if matches!(key, Value::Tuple(t) if t.is_empty()) {
            return Ok(Value::Array(nd.clone()));
        }
    }
    let plan = plan(&nd.shape()?, key, cx)?;
    if plan.element {
        let cx = cx.clone();
        return as_element(nd.viewed(move |a| plan.apply(a, &cx))?);
    }
    if plan.is_view() {
        let parts = plan.parts.clone();
        let view = nd.viewed(move |a| Ok(slice(a, &parts)))?;
        return Ok(Value::Array(match nd.class() {
            Class::Matrix => as_matrix(&view, key)?,
            _ => view,
        }));
    }
    let picked = plan.apply(&nd.array()?, cx)?;
    if picked.ndim() == 0 {
        return as_element(Nd::new(picked));
    }
    let picked = super::ufunc::settle(picked, &[], cx)?;
    let picked = Nd::new(picked);
    Ok(Value::Array(match nd.class() {
        Class::Matrix => as_matrix(&picked.with_class(Class::Matrix), key)?,
        Class::Scalar => picked,
        class => picked.with_class(class.clone()),
    }))
}

/// A part of a matrix has two axes: a row, or a column where the second index is an integer.
fn as_matrix(nd: &Nd, key: &Value) -> Result<Nd> {
    let shape = nd.shape()?;
    let [n] = shape.as_slice() else { return Ok(nd.clone()) };
    let column = matches!(key, Value::Tuple(t) if t.len() > 1 && t[1].index().is_ok());
    let shape = if column { vec![*n, 1] } else { vec![1, *n] };
    nd.viewed(move |a| Ok(crate::array::reshape::reshape(a, shape.clone())))
}

/// `nd[key] = value`.
///
/// # Errors
/// IndexError for the key; ValueError and TypeError where the value doesn't fit.
pub fn set(nd: &Nd, key: &Value, value: Value, cx: &Context) -> Result<()> {
    let all = Value::Ellipsis;
    if let Some(name) = key.as_str() {
        return set(&field(nd, &name)?.with_class(Class::Array), &all, value, cx);
    }
    if let Some(names) = names(key) {
        let view = some_fields(nd, &names)?;
        let kept = match view.dtype()? {
            DType::Struct(s) => s
                .fields
                .iter()
                .map(|f| (f.name.clone(), f.dtype.clone(), f.shape.clone()))
                .collect(),
            _ => Vec::new(),
        };
        let packed = Struct::packed(kept);
        let values = as_array_of(&value, Some(&DType::Struct(Arc::new(packed.clone()))), cx)?;
        for f in &packed.fields {
            let part = super::nd::part(&values, f.offset, &f.dtype, &f.shape);
            set(nd, &Value::str(&f.name), Value::array(part), cx)?;
        }
        return Ok(());
    }
    if nd.is_scalar() {
        if let (Some(s), Ok(i)) = (nd.dtype()?.fields().cloned(), key.index())
            && let Some(f) = s.fields.get(position(i, s.fields.len(), 0)?)
        {
            return set(nd, &Value::str(&f.name), value, cx);
        }
        if !matches!(key, Value::Ellipsis) {
            return Err(Error::type_error(format!(
                "'{}' object does not support item assignment",
                nd.type_name()
            )));
        }
    }
    let dtype = match nd.dtype()? {
        // text in a file is as long as it is
        DType::Str(_) if nd.target().is_some() => DType::Str(0),
        other => other,
    };
    let planned = plan(&nd.shape()?, key, cx);
    if planned.is_err() && !picks(key) {
        return planned.map(|_| ());
    }
    let values = match &value {
        Value::Array(_) | Value::Foreign(_) => as_array(&value, cx)?,
        _ => as_array_of(&value, Some(&dtype), cx)?,
    };
    drop(value);
    // as NumPy has it: what can't be cast is said before an index array that is out of bounds
    let plan = planned?;
    nd.assign(|places| plan.apply(places, cx), values, cx)
}
