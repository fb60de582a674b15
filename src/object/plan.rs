//! What a value becomes in a file: decided whole, before anything is written.
//!
//! The rules, after ch5mpy's: a type of one's own by its [`H5Write`](super::H5Write); what is an
//! array without losing anything as a dataset; numbers and text as scalars; dicts as groups;
//! other lists as H5Lists; all else as a pickle. Where ch5mpy loses something (`[1, 'a']` becomes
//! text there, `[None]` the text "None") an H5List or a pickle keeps it.

use std::sync::Arc;

use num_traits::ToPrimitive;

use super::handle::Place;
use super::serial::Pickled;
use super::storing::AnyWrite;
use super::{Context, Error, Result, Value, python};
use crate::array::storing::element;
use crate::array::{Array, DType, Item, text};
use crate::numpy::convert::as_array;
use crate::store::Element;

/// What a value becomes.
pub enum Plan {
    /// A scalar of fixed size.
    Scalar(Element, Vec<u8>),
    /// A text.
    Text(String),
    /// A dataset, and what ch5mpy's attribute `dtype` says of it.
    Array(Array, String),
    /// A group with members in this order.
    Dict(Vec<(String, Plan)>),
    /// An H5List.
    List(Vec<Plan>),
    /// A pickle.
    Pickle(Vec<u8>),
    /// A copy of an object of a file.
    Copy(Place),
    /// A type of one's own, which writes itself.
    Object(Arc<dyn AnyWrite>),
}

/// How datasets are laid out.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Chunks {
    /// Chunks of a size that h5py would choose.
    #[default]
    Auto,
    /// One contiguous block, which can't grow.
    Contiguous,
    /// The same, unless the array is mostly made of a dataset in chunks: then in such ones.
    Unsaid,
    /// These.
    Shape(Vec<u64>),
}

/// How a value is stored; what is not said is ch5mpy's way, or that of what it replaces.
#[derive(Debug, Clone, Default)]
pub struct Storing {
    /// The chunks.
    pub chunks: Option<Chunks>,
    /// The maximum shape; none in it is unlimited, which all axes are by default.
    pub maxshape: Option<Vec<Option<u64>>>,
    /// Filters with their parameters.
    pub filters: Option<Vec<(i32, Vec<u32>)>>,
    /// No attribute `dtype`, which h5py's `create_dataset` doesn't write.
    pub bare: bool,
    /// What is read where nothing was written.
    pub fill: Option<Value>,
}

/// How deep dicts and lists may be nested.
const DEEPEST: usize = 200;

/// What a value becomes.
///
/// # Errors
/// TypeError for what can't be stored: functions, names that are no names.
pub fn plan(value: &Value, cx: &Context) -> Result<Plan> {
    nested(value, cx, 0)
}

fn nested(value: &Value, cx: &Context, depth: usize) -> Result<Plan> {
    if depth > DEEPEST {
        return Err(Error::value("it is nested too deep, or contains itself"));
    }
    Ok(match value {
        Value::Bool(b) => Plan::Scalar(Element::Bool, vec![u8::from(*b)]),
        Value::Int(n) => match (n.to_i64(), n.to_u64()) {
            (Some(n), _) => Plan::Scalar(Element::Signed(8), n.to_ne_bytes().to_vec()),
            (None, Some(n)) => Plan::Scalar(Element::Unsigned(8), n.to_ne_bytes().to_vec()),
            _ => pickle(value, cx)?,
        },
        Value::Float(x) => Plan::Scalar(Element::Float(8), x.to_ne_bytes().to_vec()),
        Value::Complex(re, im) => {
            let bytes = [re.to_ne_bytes(), im.to_ne_bytes()].concat();
            Plan::Scalar(Element::Complex(8), bytes)
        }
        Value::Str(s) if !s.contains('\0') => Plan::Text(s.to_string()),
        Value::Array(nd) if nd.is_scalar() => numpy_scalar(value, &nd.array()?, cx)?,
        Value::Array(nd) => array(nd.array()?, value, cx)?,
        Value::Range(..) => dataset(as_array(value, cx)?),
        Value::List(_) | Value::Tuple(_) => sequence(value, cx, depth)?,
        Value::Dict(d) => {
            let entries: Vec<(Value, Value)> =
                d.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            // keys that are no names: a group can't have them, a pickle can
            if !entries.iter().all(|(k, _)| matches!(k, Value::Str(_))) {
                return pickle(value, cx);
            }
            let mut members = Vec::new();
            for (key, value) in entries {
                let key = key.as_str().unwrap_or_default();
                check_name(&key)?;
                members.push((key, nested(&value, cx, depth + 1)?));
            }
            Plan::Dict(members)
        }
        Value::Foreign(f) => {
            if let Some(object) = super::storing::writer(f) {
                return Ok(Plan::Object(object));
            }
            if let Some(Pickled(inner)) = f.as_any().downcast_ref() {
                return pickle(inner, cx);
            }
            if let Some(place) = place_of(value) {
                return Ok(Plan::Copy(place));
            }
            match f.array(cx) {
                Some(array) => self::array(array?, value, cx)?,
                None => pickle(value, cx)?,
            }
        }
        Value::Function(_) | Value::UfuncMethod(..) => {
            return Err(Error::type_error(format!("cannot store a {}", value.type_name())));
        }
        other => pickle(other, cx)?,
    })
}

/// Where an object of a file stands, where the value is one: a dict, a list, a dataset.
pub fn place_of(value: &Value) -> Option<Place> {
    let Value::Foreign(f) = value else { return None };
    let any = f.as_any();
    any.downcast_ref::<super::H5Dict>()
        .map(|d| d.place().clone())
        .or_else(|| any.downcast_ref::<super::H5List>().map(|l| l.place().clone()))
        .or_else(|| any.downcast_ref::<super::H5Array>().map(|a| a.place().clone()))
}

/// A name that a member of a group can have.
///
/// # Errors
/// ValueError for an empty one, `.`, and one with a NUL.
pub fn check_name(name: &str) -> Result<()> {
    let part_is_bad = |p: &str| p == "." || p == "..";
    match name.trim_matches('/').is_empty()
        || name.contains('\0')
        || name.split('/').any(part_is_bad)
    {
        true => Err(Error::value(format!(
            "{} can't be the name of an object",
            crate::array::dtype::quote(name)
        ))),
        false => Ok(()),
    }
}

fn pickle(value: &Value, cx: &Context) -> Result<Plan> {
    python::pickled(value, cx).map(Plan::Pickle)
}

fn dataset(array: Array) -> Plan {
    let name = array.dtype().to_string();
    Plan::Array(array, name)
}

/// A NumPy scalar: those that HDF5 has as they are, others as ch5mpy pickles them.
fn numpy_scalar(value: &Value, array: &Array, cx: &Context) -> Result<Plan> {
    use DType::*;
    let block = crate::array::run::to_block(array, cx)?;
    Ok(match array.dtype() {
        Str(_) => match text::str_of(block.element(0)) {
            s if s.contains('\0') => pickle(value, cx)?,
            s => Plan::Text(s),
        },
        Bool | Bytes(_) | Void(_) | Datetime(_) | Timedelta(_) | Object => pickle(value, cx)?,
        dtype => match element(dtype) {
            Some(element) => Plan::Scalar(element, block.bytes().to_vec()),
            None => pickle(value, cx)?,
        },
    })
}

fn array(array: Array, value: &Value, cx: &Context) -> Result<Plan> {
    if array.ndim() == 0 {
        // an array without axes is stored as its element is
        let block = crate::array::run::to_block(&array, cx)?;
        return match (array.dtype(), element(array.dtype())) {
            (DType::Str(_), _) => Ok(Plan::Text(text::str_of(block.element(0)))),
            (DType::Object, _) => pickle(value, cx),
            (_, Some(element)) => Ok(Plan::Scalar(element, block.bytes().to_vec())),
            _ => pickle(value, cx),
        };
    }
    match array.dtype() {
        DType::Object => {
            let block = crate::array::run::to_block(&array, cx)?;
            let texts = |i: &Item| matches!(i, Item::Str(s) if !s.contains('\0'));
            if !block.items().iter().all(texts) {
                return pickle(value, cx);
            }
            let longest = block.items().iter().map(|i| match i {
                Item::Str(s) => s.chars().count(),
                _ => 0,
            });
            let name = format!("<U{}", longest.max().unwrap_or(0).max(1));
            Ok(Plan::Array(array, name))
        }
        DType::Str(_) => Ok(dataset(array)),
        dtype if element(dtype).is_none() => {
            Err(Error::type_error(format!("Object dtype {dtype} has no native HDF5 equivalent")))
        }
        _ => Ok(dataset(array)),
    }
}

/// The kinds of items that an array keeps as they are.
#[derive(Clone, PartialEq)]
enum Kind {
    Bool,
    Int,
    Float,
    Complex,
    Text,
    Bytes,
    Numpy(DType),
}

fn kind_of(value: &Value) -> Option<Kind> {
    Some(match value {
        Value::Bool(_) => Kind::Bool,
        Value::Int(n) if n.to_i64().is_some() || n.to_u64().is_some() => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::Complex(..) => Kind::Complex,
        Value::Str(s) if !s.contains('\0') => Kind::Text,
        // the ends of shorter ones are NULs: those that end with one would lose it
        Value::Bytes(b) if !b.is_empty() && b.last() != Some(&0) => Kind::Bytes,
        Value::Array(nd) if nd.is_scalar() => match nd.dtype().ok()? {
            DType::Object | DType::Struct(_) | DType::Bytes(_) | DType::Void(_) => return None,
            DType::Str(_) => Kind::Text,
            other => Kind::Numpy(other),
        },
        _ => return None,
    })
}

/// Whether items are all of one kind, and lists in it all of one shape.
fn is_regular(items: &[Value], kind: &mut Option<Kind>, shape: &mut Vec<usize>, at: usize) -> bool {
    if at > 32 {
        return false;
    }
    match shape.get(at) {
        Some(&n) if n != items.len() => return false,
        Some(_) => {}
        None => shape.push(items.len()),
    }
    for item in items {
        let fits = match item {
            Value::List(_) | Value::Tuple(_) => {
                let inner = item.sequence().unwrap_or_default();
                (kind.is_none() || at + 1 < shape.len()) && is_regular(&inner, kind, shape, at + 1)
            }
            item => {
                let Some(found) = kind_of(item) else { return false };
                shape.len() == at + 1 && *kind.get_or_insert_with(|| found.clone()) == found
            }
        };
        if !fits {
            return false;
        }
    }
    true
}

fn sequence(value: &Value, cx: &Context, depth: usize) -> Result<Plan> {
    let items = value.sequence().unwrap_or_default();
    let (mut kind, mut shape) = (None, Vec::new());
    if is_regular(&items, &mut kind, &mut shape, 0) {
        let array = as_array(value, cx)?;
        let kept = match kind {
            // signed and unsigned ones of 64 bits together would be floats
            Some(Kind::Int) => array.dtype().is_integer(),
            _ => true,
        };
        if kept && array.shape() == shape && element(array.dtype()).is_some() {
            return Ok(dataset(array));
        }
    }
    let plans: Result<Vec<Plan>> = items.iter().map(|v| nested(v, cx, depth + 1)).collect();
    Ok(Plan::List(plans?))
}
