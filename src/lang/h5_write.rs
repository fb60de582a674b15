//! What changes files: assignments to their objects, and the methods that do.
//!
//! `f["x"] = value` stores any value; `f["x"][...] = value` writes into a dataset; attributes,
//! lists and dicts take assignments as Python's do. A file that is open for reading says so.

use std::sync::Arc;

use super::ast::Operator;
use super::containers::{entries as dict_entries, slice_positions};
use super::given::Given;
use super::h5::{Dataset, Group, adopt, given_up, list_index};
use super::h5_lists;
use super::h5_module::link;
use super::h5_storing::storing_of;
use super::iter::collect;
use crate::array::error::Kind;
use crate::array::{Context, Error, Result};
use crate::numpy::{Foreign, Value, convert, index, show};
use crate::object::dict::in_memory;
use crate::object::plan::check_name;
use crate::object::{
    AttributeManager, DType, H5Array, H5Dict, H5List, Place, create, fields, write,
};
use crate::store::ObjectKind;

/// A name of a group's member.
///
/// # Errors
/// TypeError for what is no text, ValueError for names that can't be.
fn name_of(key: &Value) -> Result<String> {
    let name = key.as_str().ok_or_else(|| {
        Error::type_error(format!("names of objects are str, not {}", key.type_name()))
    })?;
    check_name(&name)?;
    Ok(name)
}

/// `it[key] = new`; none where it is nothing of a file.
pub fn set_item(f: &Arc<dyn Foreign>, key: &Value, new: Value, cx: &Context) -> Option<Result<()>> {
    let any = f.as_any();
    if let Some(dict) = as_dict(f) {
        return Some(name_of(key).and_then(|name| set_member(&dict, &name, new, cx)));
    }
    if let Some(list) = any.downcast_ref::<H5List>() {
        return Some(h5_lists::set(list, key, new, cx));
    }
    if let Some(d) = any.downcast_ref::<Dataset>() {
        return Some((|| {
            if d.read_as.is_some() {
                return Err(Error::type_error("a dataset read as another type can't be assigned"));
            }
            let new = given_up(new);
            match super::h5::without_names(key) {
                Some((Value::Str(name), rest)) if fields::number(&d.place(), &name)?.is_some() => {
                    let at = element(&rest, d.facts()?.extent.dims())?;
                    fields::set(&d.place(), &at, &name, &new, cx)
                }
                Some((names, rest)) => match index::get(&d.nd(cx)?, &names, cx)? {
                    Value::Array(fields) => index::set(&fields, &rest, new, cx),
                    _ => Err(Error::type_error("the fields can't be assigned")),
                },
                None => index::set(&d.nd(cx)?, key, new, cx),
            }
        })());
    }
    let attributes = any.downcast_ref::<AttributeManager>()?;
    Some(match key.as_str() {
        Some(name) => attributes.set(&name, given_up(new), cx),
        None => Err(Error::type_error("attributes' names are str")),
    })
}

/// The place of one element of a dataset.
///
/// # Errors
/// IndexError; NotImplementedError for a key that means several.
fn element(key: &Value, dims: &[u64]) -> Result<Vec<u64>> {
    let indices: Vec<i64> = match key {
        Value::Tuple(items) => items.iter().map(Value::index).collect::<Result<_>>(),
        one => one.index().map(|i| vec![i]),
    }
    .map_err(|_| super::h5::one_at_a_time())?;
    if indices.len() != dims.len() {
        return Err(super::h5::one_at_a_time());
    }
    let place = |(&i, &n): (&i64, &u64)| {
        let at = if i < 0 { i.checked_add_unsigned(n)? } else { i };
        u64::try_from(at).ok().filter(|at| *at < n)
    };
    let at: Option<Vec<u64>> = indices.iter().zip(dims).map(place).collect();
    at.ok_or_else(|| Error::index("an index is out of bounds"))
}

/// An array that is computed now, so that what it was made of is no longer held by it.
///
/// # Errors
/// As computing it.
pub fn settled(value: Value, cx: &Context) -> Result<Value> {
    match value {
        Value::Array(nd) if !nd.is_scalar() && nd.target().is_none() => {
            let array = nd.array()?;
            let class = nd.class().clone();
            drop(nd);
            let kept = crate::array::spill::materialise(&array, cx)?;
            Ok(Value::Array(crate::numpy::Nd::new(kept).with_class(class)))
        }
        other => Ok(other),
    }
}

/// `it += other` and the like, in the file; none where it is nothing that changes so.
pub(super) fn augmented(
    op: Operator,
    f: &Arc<dyn Foreign>,
    other: &Value,
    cx: &Context,
) -> Option<Result<()>> {
    let any = f.as_any();
    if let Some(d) = any.downcast_ref::<Dataset>() {
        return Some((|| {
            let this = Value::Array(d.nd(cx)?);
            super::operators::augmented(op, &this, &given_up(other.clone()), cx).map(drop)
        })());
    }
    if let Some(list) = any.downcast_ref::<H5List>() {
        return match op {
            Operator::Add => Some(
                collect(other, cx)
                    .and_then(|items| list.extend(items.into_iter().map(given_up).collect(), cx)),
            ),
            Operator::Multiply => {
                let times = other.index().ok()?;
                Some(list.repeat(usize::try_from(times).unwrap_or(0), cx))
            }
            _ => None,
        };
    }
    match (op, as_dict(f)) {
        (Operator::Or, Some(dict)) => Some(dict_entries(other, cx).and_then(|entries| {
            let named: Result<Vec<_>> =
                entries.into_iter().map(|(k, v)| Ok((name_of(&k)?, given_up(v)))).collect();
            dict.update(named?, cx)
        })),
        _ => None,
    }
}

/// A group or dict as an H5Dict.
fn as_dict(f: &Arc<dyn Foreign>) -> Option<H5Dict> {
    let any = f.as_any();
    any.downcast_ref::<Group>()
        .map(|g| H5Dict::at(g.place()))
        .or_else(|| any.downcast_ref::<H5Dict>().cloned())
}

fn set_member(dict: &H5Dict, name: &str, new: Value, cx: &Context) -> Result<()> {
    if let Some(done) = link(dict.place(), name, &new) {
        return done;
    }
    dict.set(name, given_up(new), cx)
}

/// `del it[key]`; none where it is nothing of a file.
pub fn delete_item(f: &Arc<dyn Foreign>, key: &Value, cx: &Context) -> Option<Result<()>> {
    let any = f.as_any();
    if let Some(dict) = as_dict(f) {
        return Some(match key.as_str() {
            Some(name) => dict.delete(&name),
            None => Err(Error::key(show::repr(key, cx).unwrap_or_default())),
        });
    }
    if let Some(list) = any.downcast_ref::<H5List>() {
        return Some((|| match key {
            Value::Slice(slice) => {
                let at = slice_positions(slice, list.len()?)?;
                list.delete(&at, cx)
            }
            _ => list.delete_item(list_index(key)?, cx),
        })());
    }
    if any.is::<Dataset>() {
        return Some(Err(Error::value("cannot delete array elements (delete() does it)")));
    }
    let attributes = any.downcast_ref::<AttributeManager>()?;
    Some(match key.as_str() {
        Some(name) => attributes.delete(&name),
        None => Err(Error::type_error("attributes' names are str")),
    })
}

/// A method that changes a group, dict, list or attributes; none where it is another.
pub fn method(
    f: &Arc<dyn Foreign>,
    name: &str,
    places: &[Value],
    named: &[(String, Value)],
    cx: &Context,
) -> Option<Result<Value>> {
    let any = f.as_any();
    let bind = |spec| Given::bind(name, spec, places.to_vec(), named.to_vec());
    if let Some(attributes) = any.downcast_ref::<AttributeManager>() {
        return h5_lists::attribute_method(attributes, name, bind, named, cx);
    }
    if let Some(list) = any.downcast_ref::<H5List>() {
        return Some(h5_lists::method(list, name, bind, cx));
    }
    let dict = as_dict(f)?;
    // h5py's copy names a target, ch5mpy's none
    if name == "copy" && (!places.is_empty() || !named.is_empty()) {
        return Some(copy_to(&dict, bind, cx));
    }
    group_method(&dict, name, bind, named, cx)
}

pub(super) type Bind<'a> = &'a dyn Fn(&'static str) -> Result<Given>;

fn group_method(
    dict: &H5Dict,
    name: &str,
    bind: impl Fn(&'static str) -> Result<Given>,
    named: &[(String, Value)],
    cx: &Context,
) -> Option<Result<Value>> {
    let bind: Bind = &bind;
    Some(match name {
        "create_group" => bind("name track_order?").and_then(|g| {
            let place = dict.place().join(&name_of(&g.value("name"))?);
            let tracked = g.flag("track_order", cx)?;
            place.file.change(|c| Ok(c.create_group(&place.path, tracked)?))?;
            super::h5::open_path(&place.file, &place.path)
        }),
        "require_group" => bind("name").and_then(|g| {
            let place = dict.place().join(&name_of(&g.value("name"))?);
            if !place.exists() {
                place.file.change(|c| Ok(c.create_group(&place.path, false)?))?;
            } else if place.kind()? != ObjectKind::Group {
                return Err(Error::type_error("Incompatible object (Dataset) already exists"));
            }
            super::h5::open_path(&place.file, &place.path)
        }),
        "create_dataset" => create_dataset(dict, bind, cx),
        "require_dataset" => bind("name shape dtype exact? data?").and_then(|g| {
            let place = dict.place().join(&name_of(&g.value("name"))?);
            if !place.exists() {
                return create_dataset(dict, bind, cx);
            }
            let array = H5Array::open(place)?;
            let shape = shape_of(&g.value("shape"))?;
            let dtype = convert::as_dtype(&g.value("dtype"))?;
            let fits = crate::array::promote::can_cast(
                &dtype,
                &array.dtype(cx)?,
                crate::array::promote::Casting::Safe,
            );
            match array.shape()? == shape && fits {
                true => Ok(adopt(array.into())),
                false => Err(Error::type_error("an existing dataset has another shape or dtype")),
            }
        }),
        "move" => bind("source dest").and_then(|g| {
            dict.rename(&name_of(&g.value("source"))?, &name_of(&g.value("dest"))?)?;
            Ok(Value::None)
        }),
        "rename" => bind("old new").and_then(|g| {
            dict.rename(&name_of(&g.value("old"))?, &name_of(&g.value("new"))?)?;
            Ok(Value::None)
        }),
        "copy" => bind("").and_then(|_| dict.copy(cx)),
        "pop" => bind("key default?").and_then(|g| {
            let key = g.value("key");
            let text = key.as_str().unwrap_or_default();
            match (dict.pop(&text, cx)?, g.get("default")) {
                (Some(value), _) => Ok(value),
                (None, Some(default)) => Ok(default.clone()),
                (None, None) => Err(Error::key(show::repr(&key, cx)?)),
            }
        }),
        "popitem" => bind("").and_then(|_| {
            let (key, value) = dict.pop_item(cx)?;
            Ok(Value::tuple(vec![Value::str(key), value]))
        }),
        "setdefault" => bind("key default?").and_then(|g| {
            let key = name_of(&g.value("key"))?;
            dict.set_default(&key, given_up(g.value("default")), cx).map(adopt)
        }),
        "update" => update_entries(bind, named, cx).and_then(|entries| {
            dict.update(entries, cx)?;
            Ok(Value::None)
        }),
        "clear" => bind("").and_then(|_| dict.clear().map(|()| Value::None)),
        _ => return None,
    })
}

/// The arguments of `update`: a mapping or pairs, and keywords.
pub(super) fn update_entries(
    bind: Bind,
    named: &[(String, Value)],
    cx: &Context,
) -> Result<Vec<(String, Value)>> {
    let given = match named.is_empty() {
        true => Some(bind("other?")?),
        false => None,
    };
    let mut out = Vec::new();
    if let Some(other) = given.as_ref().and_then(|g| g.get("other")) {
        for (key, value) in dict_entries(other, cx)? {
            out.push((name_of(&key)?, given_up(value)));
        }
    }
    out.extend(named.iter().map(|(k, v)| (k.clone(), given_up(v.clone()))));
    Ok(out)
}

fn copy_to(
    dict: &H5Dict,
    bind: impl Fn(&'static str) -> Result<Given>,
    cx: &Context,
) -> Result<Value> {
    let g = bind(
        "/ source dest name? | shallow? expand_soft? expand_external? expand_refs? without_attrs?",
    )?;
    let from = match g.value("source") {
        Value::Foreign(f) => match super::h5::place(&f) {
            Some((file, path)) => Place { file: file.clone(), path: path.clone() },
            None => return Err(Error::type_error("source must be an object of a file")),
        },
        key => dict.member(&name_of(&key)?)?,
    };
    let own_name = || crate::store::to_text(from.path.name());
    let to = match (g.value("dest"), g.some("name")) {
        (Value::Foreign(f), name) => {
            let (file, path) = super::h5::place(&f)
                .ok_or_else(|| Error::type_error("dest must be a group or a name"))?;
            let name = name.map_or_else(|| Ok(own_name()), name_of)?;
            Place { file: file.clone(), path: path.clone() }.join(&name)
        }
        (key, _) => dict.place().join(&name_of(&key)?),
    };
    let attributes = !g.flag("without_attrs", cx)?;
    to.file.change(|c| Ok(c.copy(&from.file.file, &from.path, &to.path, attributes)?))?;
    Ok(Value::None)
}

/// A shape: a whole number or a sequence of them.
///
/// # Errors
/// TypeError, ValueError.
pub fn shape_of(value: &Value) -> Result<Vec<usize>> {
    let one = |v: &Value| {
        usize::try_from(v.index()?).map_err(|_| Error::value("negative dimensions are not allowed"))
    };
    match value.sequence() {
        Some(items) => items.iter().map(one).collect(),
        None => Ok(vec![one(value)?]),
    }
}

fn create_dataset(dict: &H5Dict, bind: Bind, cx: &Context) -> Result<Value> {
    let g = bind(
        "/ name shape? dtype? data? | chunks? maxshape? compression? compression_opts? shuffle? \
         fletcher32? scaleoffset? fillvalue? track_order? track_times? exact?",
    )?;
    let name = name_of(&g.value("name"))?;
    let mut storing = storing_of(&g, cx)?;
    storing.bare = true;
    let dtype = g.some("dtype").map(convert::as_dtype).transpose()?;
    let shape = g.some("shape").map(shape_of).transpose()?;
    let place = dict.place().join(&name);
    let made = match g.some("data") {
        None => {
            let shape = shape.ok_or_else(|| {
                Error::type_error("One of data, shape or dtype must be specified")
            })?;
            let dtype = dtype.unwrap_or(DType::Float32);
            storing.fill = g.some("fillvalue").cloned();
            create::empty(&shape, dict.place(), &name, &dtype, &storing, cx)?
        }
        Some(data) => {
            let array = convert::as_array_of(&given_up(data.clone()), dtype.as_ref(), cx)?;
            let array = match shape {
                Some(shape) if shape != array.shape() => {
                    if shape.iter().product::<usize>() != array.len() {
                        return Err(Error::value("Shape tuple is incompatible with data"));
                    }
                    crate::array::reshape::reshape(&array, shape)
                }
                _ => array,
            };
            storing.fill = g.some("fillvalue").cloned();
            write::create_array(&place, array, &storing, cx)?;
            H5Array::at(place)
        }
    };
    Ok(adopt(made.into()))
}

/// A method of a dataset that changes it, or reads it whole.
///
/// # Errors
/// Those of the method.
pub(super) fn dataset_method(
    d: &Dataset,
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let bind = |spec| Given::bind(name, spec, places.clone(), named.clone());
    let array = H5Array::at(d.place());
    let none = |()| Value::None;
    match name {
        "read" => {
            bind("")?;
            in_memory(&d.value(cx)?, cx).and_then(|v| settled(v, cx))
        }
        "resize" => {
            let g = bind("size axis?")?;
            match g.some("axis") {
                Some(axis) => {
                    let mut shape = array.shape()?;
                    let ndim = shape.len();
                    let axis = axis.index()?;
                    let at = if axis < 0 { axis + ndim as i64 } else { axis };
                    let slot = usize::try_from(at).ok().and_then(|at| shape.get_mut(at));
                    *slot.ok_or_else(|| Error::axis(axis, ndim))? =
                        usize::try_from(g.value("size").index()?)
                            .map_err(|_| Error::value("negative dimensions are not allowed"))?;
                    array.resize(&shape).map(none)
                }
                None => array.resize(&shape_of(&g.value("size"))?).map(none),
            }
        }
        "expand" | "contract" => {
            let g = bind("length axis?")?;
            let n = usize::try_from(g.value("length").index()?)
                .map_err(|_| Error::value("the length must not be negative"))?;
            let axis = g.int("axis")?.unwrap_or(0);
            match name {
                "expand" => array.expand(n, axis).map(none),
                _ => array.contract(n, axis).map(none),
            }
        }
        "append" => {
            let g = bind("values axis?")?;
            let axis = g.some("axis").map(Value::index).transpose()?;
            array.append(&given_up(g.value("values")), axis, cx).map(none)
        }
        "insert" => {
            let g = bind("obj values axis?")?;
            let axis = g.some("axis").map(Value::index).transpose()?;
            array.insert(&g.value("obj"), &given_up(g.value("values")), axis, cx).map(none)
        }
        "delete" => {
            let g = bind("obj axis?")?;
            let axis = g.some("axis").map(Value::index).transpose()?;
            array.delete(&g.value("obj"), axis, cx).map(none)
        }
        "write_direct" => {
            let g = bind("source source_sel? dest_sel?")?;
            let mut source = given_up(g.value("source"));
            if let Some(key) = g.some("source_sel") {
                source = super::subscripts::get_item(&source, key, cx)?;
            }
            let key = g.some("dest_sel").cloned().unwrap_or(Value::Ellipsis);
            index::set(&d.nd(cx)?, &key, source, cx).map(none)
        }
        _ => Err(Error::new(
            Kind::AttributeError,
            format!("'Dataset' object has no attribute '{name}'"),
        )),
    }
}
