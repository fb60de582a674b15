//! From values to arrays and dtypes: what `np.asarray` and `np.dtype` do.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::nd::{Class, Nd, number};
use super::value::{Type, Value, to_item};
use crate::array::block::{Block, count};
use crate::array::cast::{cast, write_item};
use crate::array::dtype::Struct;
use crate::array::lazy::Array;
use crate::array::promote::{Weak, promote, text_width};
use crate::array::{Context, DType, Error, Item, Result};

/// A value as an array of the dtype that NumPy finds for it.
///
/// # Errors
/// ValueError for ragged lists; whatever a dataset meets when it is opened.
pub fn as_array(value: &Value, cx: &Context) -> Result<Array> {
    match value {
        Value::Array(nd) => nd.array(),
        Value::Foreign(f) => match f.array(cx) {
            Some(array) => array,
            None => Err(Error::type_error(format!(
                "a {} can't be used as an array here",
                f.type_name()
            ))),
        },
        _ => build(value, None, cx),
    }
}

/// A value as an array of the given dtype (`np.array(value, dtype=…)`).
///
/// # Errors
/// As [`as_array`], and those of casts.
pub fn as_array_of(value: &Value, dtype: Option<&DType>, cx: &Context) -> Result<Array> {
    let Some(dtype) = dtype else { return as_array(value, cx) };
    match value {
        Value::Array(_) | Value::Foreign(_) => {
            let array = as_array(value, cx)?;
            cast(&array, &sized(dtype, &array, cx)?)
        }
        _ => build(value, Some(dtype), cx),
    }
}

/// `str` and `bytes` without a length take that of the longest element.
///
/// # Errors
/// As reading.
pub fn sized(dtype: &DType, array: &Array, cx: &Context) -> Result<DType> {
    let wanted = match dtype {
        DType::Str(0) => true,
        DType::Bytes(0) => false,
        DType::Datetime(u) | DType::Timedelta(u) if u.is_generic() => {
            return Ok(match (dtype, array.dtype()) {
                (DType::Datetime(_), DType::Datetime(v)) => DType::Datetime(*v),
                (DType::Timedelta(_), DType::Timedelta(v)) => DType::Timedelta(*v),
                (DType::Datetime(_), d) if d.is_string() => finest_date(array, cx)?,
                _ => dtype.clone(),
            });
        }
        _ => return Ok(dtype.clone()),
    };
    let n = match array.dtype() {
        DType::Object => {
            let block = crate::array::run::to_block(array, cx)?;
            let width = |i: &Item| match i {
                Item::Bytes(b) => b.len(),
                other => crate::array::text::item_text(other).chars().count(),
            };
            block.items().iter().map(width).max().unwrap_or(0).max(1)
        }
        d => text_width(d).ok_or_else(|| Error::type_error(format!("no text for {d}")))?,
    };
    Ok(if wanted { DType::Str(n) } else { DType::Bytes(n) })
}

fn finest_date(array: &Array, cx: &Context) -> Result<DType> {
    use crate::array::time::TimeUnit;
    let block = crate::array::run::to_block(array, cx)?;
    let mut unit = TimeUnit::GENERIC;
    for i in 0..block.len() {
        let text = crate::array::text::cast_text(block.dtype(), block.element(i));
        if let Some((_, u)) = TimeUnit::parse_date(&text) {
            unit = unit.common(u, true).unwrap_or(unit);
        }
    }
    Ok(DType::Datetime(unit))
}

/// An operand: an array, and whether it is a Python number that takes the others' dtype.
pub struct Given {
    /// Its elements.
    pub array: Array,
    /// Which Python number it is, if one.
    pub weak: Option<Weak>,
}

/// A value as an operand.
///
/// # Errors
/// As [`as_array`].
pub fn as_operand(value: &Value, cx: &Context) -> Result<Given> {
    let weak = match value {
        Value::Int(_) => Some(Weak::Int),
        Value::Float(_) => Some(Weak::Float),
        Value::Complex(..) => Some(Weak::Complex),
        _ => None,
    };
    Ok(Given { array: as_array(value, cx)?, weak })
}

/// The dtype of one Python value, and whether it is a scalar.
fn dtype_of(value: &Value) -> Option<DType> {
    Some(match value {
        Value::Bool(_) => DType::Bool,
        Value::Int(n) if n.to_i64().is_some() => DType::Int64,
        Value::Int(n) if n.to_u64().is_some() => DType::UInt64,
        Value::Int(_) => DType::Object,
        Value::Float(_) => DType::Float64,
        Value::Complex(..) => DType::Complex128,
        Value::Str(s) => DType::Str(s.chars().count()),
        Value::Bytes(b) => DType::Bytes(b.len()),
        Value::List(_) | Value::Tuple(_) | Value::Range(..) | Value::Array(_) => return None,
        _ => DType::Object,
    })
}

/// What a nested list holds: its shape, and its leaves in order.
struct Nested {
    shape: Vec<usize>,
    leaves: Vec<Value>,
    dtype: Option<DType>,
}

fn flatten(value: &Value, depth: usize, structured: bool, cx: &Context) -> Result<Nested> {
    if depth > 64 {
        return Err(Error::value("setting an array element with a sequence: more than 64 deep"));
    }
    if let Value::Foreign(f) = value
        && let Some(array) = f.array(cx)
    {
        return flatten(&Value::array(array?), depth, structured, cx);
    }
    if let Value::Array(nd) = value {
        let block = crate::array::run::to_block(&nd.array()?, cx)?;
        let leaves = (0..block.len())
            .map(|i| {
                let one = Block::zeros(block.dtype().clone(), vec![]);
                let mut one = one;
                one.copy_run(0, &block, i, 1);
                Value::Array(Nd::scalar(Array::of(one)))
            })
            .collect();
        return Ok(Nested {
            shape: block.shape().to_vec(),
            leaves,
            dtype: Some(block.dtype().clone()),
        });
    }
    let items = match value {
        Value::Tuple(_) if structured => None,
        _ => value.sequence(),
    };
    let Some(items) = items else {
        let dtype = dtype_of(value);
        return Ok(Nested { shape: Vec::new(), leaves: vec![value.clone()], dtype });
    };
    let mut out = Nested { shape: vec![items.len()], leaves: Vec::new(), dtype: None };
    for (i, item) in items.iter().enumerate() {
        let inner = flatten(item, depth + 1, structured, cx)?;
        if i == 0 {
            out.shape.extend(&inner.shape);
        } else if out.shape[1..] != inner.shape {
            let same = out.shape[1..].iter().zip(&inner.shape).take_while(|(a, b)| a == b).count();
            return Err(Error::value(format!(
                "setting an array element with a sequence. The requested array has an \
                 inhomogeneous shape after {} dimensions. The detected shape was {} + \
                 inhomogeneous part.",
                1 + same + depth,
                crate::array::dtype::tuple(&out.shape[..1 + same])
            )));
        }
        out.dtype = match (out.dtype.take(), inner.dtype) {
            (Some(a), Some(b)) => Some(promote(&a, &b).unwrap_or(DType::Object)),
            (a, b) => a.or(b),
        };
        out.leaves.extend(inner.leaves);
    }
    Ok(out)
}

/// Sequences of unlike shapes as far as these are alike: what is below is an object each.
fn ragged(value: &Value) -> Nested {
    let mut out = Nested { shape: Vec::new(), leaves: vec![value.clone()], dtype: None };
    loop {
        let below: Option<Vec<Vec<Value>>> = out.leaves.iter().map(Value::sequence).collect();
        let Some(below) = below else { return out };
        let n = below.first().map_or(0, Vec::len);
        if n == 0 || below.iter().any(|b| b.len() != n) {
            return out;
        }
        out.shape.push(n);
        out.leaves = below.into_iter().flatten().collect();
    }
}

/// An array's elements as another dtype, as far as `rule` allows.
///
/// # Errors
/// TypeError where the rule forbids it; ValueError for a rule that there isn't.
pub fn astype(array: &Array, to: &DType, rule: Option<&str>, cx: &Context) -> Result<Array> {
    if let Some(name) = rule {
        let rule = crate::array::promote::Casting::parse(name)?;
        if !crate::array::promote::can_cast(array.dtype(), to, rule) {
            return Err(Error::type_error(format!(
                "Cannot cast array data from {} to {} according to the rule '{name}'",
                crate::array::cast::described(array.dtype()),
                crate::array::cast::described(to),
            )));
        }
    }
    cast(array, &sized(to, array, cx)?)
}

/// Builds an array in memory out of Python values.
fn build(value: &Value, dtype: Option<&DType>, cx: &Context) -> Result<Array> {
    // the commonest case at once
    match (value, dtype) {
        (Value::Float(x), None) => return Ok(number(DType::Float64, *x)),
        (Value::Bool(b), None) => return Ok(number(DType::Bool, u8::from(*b))),
        (Value::Int(n), None) if n.to_i64().is_some() => {
            return Ok(number(DType::Int64, n.to_i64().unwrap_or(0)));
        }
        // NumPy doesn't know what an empty one would hold
        (Value::Range(a, b, c), None) if super::value::range_len(*a, *b, *c) > 0 => {
            let n = super::value::range_len(*a, *b, *c);
            let values: Vec<i64> = (0..n).map(|i| a + i as i64 * c).collect();
            return Ok(Array::of(Block::of(DType::Int64, vec![n], &values)));
        }
        _ => {}
    }
    if let Value::Set(_) | Value::Dict(_) = value
        && dtype.is_none()
    {
        return Err(Error::type_error(format!(
            "an array of a {} is an object array, which can't hold it here",
            value.type_name()
        )));
    }
    let structured = matches!(dtype, Some(DType::Struct(_)));
    let nested = match flatten(value, 0, structured, cx) {
        Err(_) if dtype == Some(&DType::Object) => ragged(value),
        other => other?,
    };
    let found = nested.dtype.clone().unwrap_or(DType::Float64);
    let target = match dtype {
        None => match found {
            DType::Str(0) => DType::Str(1),
            DType::Bytes(0) => DType::Bytes(1),
            d => d,
        },
        Some(DType::Str(0)) => DType::Str(longest(&nested.leaves)?.max(1)),
        Some(DType::Bytes(0)) => DType::Bytes(longest(&nested.leaves)?.max(1)),
        Some(d @ (DType::Datetime(u) | DType::Timedelta(u))) if u.is_generic() => {
            match (d, &found) {
                (DType::Datetime(_), f) if f.is_string() => {
                    let text = build(value, None, cx)?;
                    finest_date(&text, cx)?
                }
                (DType::Datetime(_), DType::Datetime(_))
                | (DType::Timedelta(_), DType::Timedelta(_)) => found.clone(),
                _ => d.clone(),
            }
        }
        Some(d) => d.clone(),
    };
    debug_assert_eq!(count(&nested.shape), nested.leaves.len());
    if target == DType::Object {
        let items = nested.leaves.iter().map(to_item).collect::<Result<Vec<_>>>()?;
        return Ok(Array::of(Block::of_items(nested.shape, items)));
    }
    let size = target.size();
    let mut out = Block::zeros(target.clone(), nested.shape);
    for (leaf, slot) in nested.leaves.iter().zip(out.bytes_mut().chunks_exact_mut(size.max(1))) {
        write_leaf(leaf, &target, slot)?;
    }
    Ok(Array::of(out))
}

/// Writes one Python value or NumPy scalar as an element.
fn write_leaf(leaf: &Value, target: &DType, slot: &mut [u8]) -> Result<()> {
    if let Value::Array(nd) = leaf {
        let one = crate::array::run::to_block(&cast(&nd.array()?, target)?, &super::nd::small())?;
        slot.copy_from_slice(one.bytes());
        return Ok(());
    }
    write_item(&to_item(leaf)?, target, slot)
}

fn longest(leaves: &[Value]) -> Result<usize> {
    let mut n = 0;
    for leaf in leaves {
        n = n.max(match to_item(leaf)? {
            Item::Bytes(b) => b.len(),
            other => crate::array::text::item_text(&other).chars().count(),
        });
    }
    Ok(n)
}

/// A value as a dtype: a dtype, a class, a name, a list of fields, a dict of them.
///
/// # Errors
/// TypeError where it is none.
pub fn as_dtype(value: &Value) -> Result<DType> {
    let dtype = named_dtype(value)?;
    match dtype.fields() {
        Some(s) if s.fields.iter().any(|f| f.dtype == DType::Object) => Err(no_objects()),
        _ => Ok(dtype),
    }
}

/// For structures that would hold objects.
pub fn no_objects() -> Error {
    Error::not_implemented("structured dtypes with a field of objects (dtype 'O')")
}

fn named_dtype(value: &Value) -> Result<DType> {
    let wrong =
        || Error::type_error(format!("Cannot interpret '{}' as a data type", value.type_name()));
    match value {
        Value::None => Ok(DType::Float64),
        Value::DType(d) => Ok(d.clone()),
        Value::Type(Type::Scalar(d)) => Ok(d.clone()),
        Value::Type(Type::Named(name)) => match *name {
            "bool" | "int" | "float" | "complex" | "str" | "bytes" | "object" => DType::parse(name),
            "ndarray" | "list" | "dict" | "tuple" => Ok(DType::Object),
            "floating" | "inexact" => Ok(DType::Float64),
            "integer" | "signedinteger" => Ok(DType::Int64),
            "unsignedinteger" => Ok(DType::UInt64),
            "complexfloating" => Ok(DType::Complex128),
            _ => Err(wrong()),
        },
        Value::Str(s) => DType::parse(s),
        Value::List(l) => {
            let fields = l.lock().clone();
            fields_dtype(&fields)
        }
        Value::Tuple(t) if t.len() == 2 => {
            // (base, shape) is a sub-array, which only stands inside a field; (base, n) for text
            match (as_dtype(&t[0])?, t[1].index()) {
                (DType::Str(0), Ok(n)) => Ok(DType::Str(n.max(0) as usize)),
                (DType::Bytes(0), Ok(n)) => Ok(DType::Bytes(n.max(0) as usize)),
                (DType::Void(0), Ok(n)) => Ok(DType::Void(n.max(0) as usize)),
                _ => Err(wrong()),
            }
        }
        Value::Dict(d) => {
            let dict = d.lock().clone();
            let list = |key: &str| -> Result<Vec<Value>> {
                dict.get(&Value::str(key))?.and_then(Value::sequence).ok_or_else(wrong)
            };
            let mut fields = Vec::new();
            for (name, format) in list("names")?.iter().zip(list("formats")?) {
                fields.push(field(&[name.clone(), format])?);
            }
            let mut packed = Struct::packed(fields);
            if let Ok(offsets) = list("offsets") {
                for (f, o) in packed.fields.iter_mut().zip(offsets) {
                    f.offset = usize::try_from(o.index()?).map_err(|_| wrong())?;
                }
                packed.size = packed.fields.iter().map(|f| f.offset + f.size()).max().unwrap_or(0);
            }
            if let Some(size) = dict.get(&Value::str("itemsize"))? {
                packed.size = packed.size.max(size.index()?.max(0) as usize);
            }
            Ok(DType::Struct(Arc::new(packed)))
        }
        Value::Array(nd) if nd.class() == &Class::Scalar => match nd.item()? {
            Value::Str(s) => DType::parse(&s),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

fn fields_dtype(fields: &[Value]) -> Result<DType> {
    let parts = fields
        .iter()
        .map(|f| match f {
            Value::Tuple(t) => field(t),
            _ => Err(Error::type_error("Field elements must be 2- or 3-tuples")),
        })
        .collect::<Result<Vec<_>>>()?;
    let mut names: Vec<&String> = parts.iter().map(|p| &p.0).collect();
    names.sort();
    if let Some(pair) = names.windows(2).find(|w| w[0] == w[1]) {
        return Err(Error::value(format!("field '{}' occurs more than once", pair[0])));
    }
    Ok(DType::Struct(Arc::new(Struct::packed(parts))))
}

fn field(parts: &[Value]) -> Result<(String, DType, Vec<usize>)> {
    let wrong = || Error::type_error("Field elements must be 2- or 3-tuples");
    let name = parts.first().and_then(Value::as_str).ok_or_else(wrong)?;
    let mut shape = match parts.get(2) {
        Some(s) => super::args::shape(s, &super::nd::small())?,
        None => Vec::new(),
    };
    let dtype = match parts.get(1).ok_or_else(wrong)? {
        Value::Tuple(t)
            if t.len() == 2 && t[1].index().is_err()
                || matches!(parts.get(1), Some(Value::Tuple(t)) if t.len() == 2 && !matches!(as_dtype(&t[0])?, DType::Str(0) | DType::Bytes(0) | DType::Void(0))) =>
        {
            let Some(Value::Tuple(t)) = parts.get(1) else { return Err(wrong()) };
            shape = super::args::shape(&t[1], &super::nd::small())?;
            as_dtype(&t[0])?
        }
        Value::Str(s) if s.starts_with('(') => {
            let (dims, base) = s[1..].split_once(')').ok_or_else(wrong)?;
            for d in dims.split(',').map(str::trim).filter(|d| !d.is_empty()) {
                shape.push(d.parse().map_err(|_| wrong())?);
            }
            DType::parse(base)?
        }
        other => as_dtype(other)?,
    };
    let name = if name.is_empty() { "f0".into() } else { name };
    Ok((name, dtype, shape))
}

/// A whole number as an array of the dtype that it needs.
pub fn integer(n: &BigInt) -> Array {
    match n.to_i64() {
        Some(n) => number(DType::Int64, n),
        None => match n.to_u64() {
            Some(n) => number(DType::UInt64, n),
            None => Array::of(Block::of_items(Vec::new(), vec![Item::Int(n.clone())])),
        },
    }
}
