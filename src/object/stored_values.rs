//! Values out of a file's header, attributes and fill values, as h5py gives them.

use std::any::Any;

use crate::array::block::Block;
use crate::array::cast::write_item;
use crate::array::{Array, Context, DType, Error, Item, Result, stored};
use crate::numpy::value::from_item;
use crate::numpy::{Foreign, Value};
use crate::store::{Attribute, Class, DatasetFacts, Datatype, Fill};

/// h5py's `Empty`: a type without elements.
pub struct Empty(DType);

impl Foreign for Empty {
    fn type_name(&self) -> String {
        "Empty".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        let dtype = crate::numpy::show::repr(&Value::DType(self.0.clone()), cx)?;
        Ok(format!("Empty(dtype={dtype})"))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Empty {
    /// Its type.
    pub fn dtype(&self) -> &DType {
        &self.0
    }
}

/// A null dataspace's value.
pub fn empty(datatype: &Datatype) -> Value {
    super::foreign(Empty(stored::dtype_of(datatype)))
}

/// Text of variable length, anywhere in a type.
fn is_text(datatype: &Datatype) -> bool {
    matches!(datatype.class, Class::VarString { .. })
}

/// The dtype that elements have as values of their own: text of variable length, references and
/// sequences are Python values.
fn dtype_of(datatype: &Datatype) -> DType {
    match &datatype.class {
        Class::VarString { .. } | Class::VarLen(_) | Class::Reference(_) | Class::Unknown(_) => {
            DType::Object
        }
        _ => stored::dtype_of(datatype),
    }
}

fn element(item: &Item, dtype: &DType, shape: Vec<usize>) -> Result<Value> {
    if *dtype == DType::Object {
        return Ok(from_item(item));
    }
    let mut block = Block::zeros(dtype.clone(), shape);
    put(item, dtype, &mut block)?;
    Ok(Value::result(Array::of(block)))
}

/// A stored element as an item: a sequence of variable length is an array of its own.
fn item(value: crate::store::Value, datatype: &Datatype) -> Result<Item> {
    let Class::VarLen(base) = &datatype.class else { return Ok(stored::item(value)) };
    let crate::store::Value::List { items, .. } = value else { return Ok(stored::item(value)) };
    let leaves = items.into_iter().map(|v| item(v, base)).collect::<Result<Vec<_>>>()?;
    let dtype = dtype_of(base);
    let shape = vec![leaves.len()];
    if dtype == DType::Object {
        return Ok(Item::Array(Box::new(Block::of_items(shape, leaves))));
    }
    let mut block = Block::zeros(dtype.clone(), shape);
    put(&Item::List(leaves), &dtype, &mut block)?;
    Ok(Item::Array(Box::new(block)))
}

/// Writes an item, or the items of an array of them, into a block.
fn put(item: &Item, dtype: &DType, block: &mut Block) -> Result<()> {
    let leaves: Vec<&Item> = match item {
        Item::List(items) => items.iter().collect(),
        one => vec![one],
    };
    let size = dtype.size().max(1);
    for (leaf, slot) in leaves.into_iter().zip(block.bytes_mut().chunks_exact_mut(size)) {
        match (leaf, dtype) {
            // times are opaque bytes to HDF5
            (Item::Bytes(b), DType::Datetime(_) | DType::Timedelta(_)) if b.len() == slot.len() => {
                slot.copy_from_slice(b);
            }
            _ => write_item(leaf, dtype, slot)?,
        }
    }
    Ok(())
}

/// An attribute's value: a NumPy scalar or array, text, or what else h5py makes of it.
///
/// # Errors
/// As making the array.
pub fn attribute(attribute: Attribute) -> Result<Value> {
    use crate::store::Value as Stored;
    let datatype = &attribute.dtype;
    let Some(value) = attribute.value else { return Ok(empty(datatype)) };
    // an array datatype adds its axes to those of the space
    let (base, inner) = match &datatype.class {
        Class::Array { dims, base } => {
            (base.as_ref(), dims.iter().map(|&d| d as usize).collect::<Vec<_>>())
        }
        _ => (datatype, Vec::new()),
    };
    let dtype = dtype_of(base);
    let items: Vec<Stored> = match (value, attribute.extent.dims().is_empty()) {
        (Stored::Array { items, .. }, false) => items,
        (one, _) => vec![one],
    };
    let is_scalar = attribute.extent.dims().is_empty();
    if is_scalar && inner.is_empty() {
        let Some(one) = items.into_iter().next() else { return Ok(Value::None) };
        return element(&item(one, base)?, &dtype, Vec::new());
    }
    let mut shape: Vec<usize> = attribute.extent.dims().iter().map(|&d| d as usize).collect();
    shape.extend(&inner);
    let mut leaves = Vec::new();
    for one in items {
        match (one, inner.is_empty()) {
            (Stored::Array { items, .. }, false) => {
                for one in items {
                    leaves.push(item(one, base)?);
                }
            }
            (one, _) => leaves.push(item(one, base)?),
        }
    }
    if leaves.len() != shape.iter().product::<usize>() {
        return Err(Error::not_implemented("an attribute of so many elements"));
    }
    if dtype == DType::Object {
        return Ok(Value::array(Array::of(Block::of_items(shape, leaves))));
    }
    let mut block = Block::zeros(dtype.clone(), shape);
    put(&Item::List(leaves), &dtype, &mut block)?;
    Ok(Value::array(Array::of(block)))
}

/// A dataset's fill value.
///
/// # Errors
/// As making the scalar.
pub fn fill(facts: &DatasetFacts) -> Result<Value> {
    let (base, inner) = match &facts.dtype.class {
        Class::Array { dims, base } => {
            (base.as_ref(), dims.iter().map(|&d| d as usize).collect::<Vec<_>>())
        }
        _ => (&facts.dtype, Vec::new()),
    };
    let dtype = dtype_of(base);
    match &facts.fill {
        Fill::Value(crate::store::Value::Array { items, .. }) if !inner.is_empty() => {
            let items = items.iter().cloned().map(stored::item).collect();
            element(&Item::List(items), &dtype, inner)
        }
        Fill::Value(value) => match (stored::item(value.clone()), is_text(base)) {
            // h5py gives text's fill value as bytes
            (Item::Str(s), true) => Ok(Value::Bytes(s.as_bytes().into())),
            (item, _) => element(&item, &dtype, inner),
        },
        _ if is_text(base) => Ok(Value::Bytes([].into())),
        _ if dtype == DType::Object => Ok(Value::None),
        _ => Ok(Value::result(Array::of(Block::zeros(dtype, inner)))),
    }
}
