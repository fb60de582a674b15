//! Objects written: a plan carried out, in a new place or in that of an old object.
//!
//! What is new is made whole under another name and then takes its own, so that a failure leaves
//! what was there. A dataset of the same shape and type is overwritten in place, after the new
//! values were computed.

use super::handle::Place;
use super::plan::{Chunks, Plan, Storing, check_name, plan};
use super::{Context, Error, H5Dict, Result, Value};
use crate::array::cast::cast;
use crate::array::lazy::whole;
use crate::array::origin::main_source;
use crate::array::spill::materialise;
use crate::array::storing::{Sink, element, guess_chunk, write_whole};
use crate::array::{Array, DType};
use crate::store::{
    Change, Class, Data, DatasetFacts, Element, Extent, Layout, NewAttribute, NewDataset,
    ObjectKind, ObjectPath, WRITABLE_FILTERS,
};

/// The name that something new has while it is made.
pub(super) const TEMPORARY: &str = "__h5_TMP__";

/// Attributes that say what an object is: those of the old one do not hold for the new.
const CONTROL: [&[u8]; 3] = [b"dtype", b"__h5_type__", b"__h5_class__"];

/// Stores a value under a name of a group: a new object, or one in place of what is there. Same
/// shape and type: in place; else replaced, with its attributes, its chunks and its filters kept
/// where they still fit. A dict replaces the content of a group. Returns where it stands.
///
/// An empty name writes a dict's members, or an object's, straight onto the group.
///
/// # Errors
/// TypeError for what can't be stored, ValueError for names; OSError where the file can't be
/// written. What was there is there still.
pub fn write_object(
    value: impl Into<Value>,
    to: &Place,
    name: &str,
    storing: &Storing,
    cx: &Context,
) -> Result<Place> {
    let value = value.into();
    if name.is_empty() || name == "/" {
        write_onto(&value, to, cx)?;
        return Ok(to.clone());
    }
    check_name(name)?;
    let place = to.join(name);
    assign(&place, value, storing, cx)?;
    Ok(place)
}

/// Stores several values, in one change.
///
/// # Errors
/// As [`write_object`]; those that were stored before stay.
pub fn write_objects(
    values: Vec<(String, Value)>,
    to: &Place,
    storing: &Storing,
    cx: &Context,
) -> Result<()> {
    to.file.change(|_| {
        for (name, value) in values {
            write_object(value, to, &name, storing, cx)?;
        }
        Ok(())
    })
}

/// A dict's members, or an object's, on the group that is there.
fn write_onto(value: &Value, to: &Place, cx: &Context) -> Result<()> {
    match plan(value, cx)? {
        Plan::Dict(members) => to.file.change(|change| {
            for (name, plan) in members {
                store(change, &to.join(&name), plan, &Storing::default(), cx)?;
            }
            Ok(())
        }),
        Plan::Object(object) => to.file.change(|change| {
            object.write(&H5Dict::at(to.clone()), cx)?;
            mark_object(change, &to.path, &object.class())
        }),
        _ => Err(Error::value("only a dict or an object can be written without a name")),
    }
}

/// Stores a value at a place, whatever is there.
///
/// # Errors
/// As [`write_object`].
pub fn assign(place: &Place, value: Value, storing: &Storing, cx: &Context) -> Result<()> {
    let plan = plan(&value, cx)?;
    // what is stored is held by the plan alone: nobody keeps what it was made of
    drop(value);
    if let Plan::Copy(from) = &plan
        && from == place
    {
        return Ok(());
    }
    let there = place.file.file.link(&place.path).is_ok();
    place.file.change(|change| match there {
        false => store(change, place, plan, storing, cx),
        true => replace(change, place, plan, storing, cx),
    })
}

/// Makes something new at a place that is free.
///
/// # Errors
/// ValueError where it is taken; as writing. Nothing of it is left then.
pub(super) fn create(place: &Place, plan: Plan, storing: &Storing, cx: &Context) -> Result<()> {
    place.file.change(|change| match change.exists(&place.path) {
        true => Err(crate::store::StoreError::Exists { path: place.path.clone() }.into()),
        false => store(change, place, plan, storing, cx),
    })
}

/// Makes a dataset of an array at a place that is free.
///
/// # Errors
/// ValueError where it is taken; as writing. Nothing of it is left then.
pub fn create_array(place: &Place, array: Array, storing: &Storing, cx: &Context) -> Result<()> {
    let name = array.dtype().to_string();
    create(place, Plan::Array(array, name), storing, cx)
}

/// Makes a new object. Where that fails, nothing of it is left.
fn store(
    change: &Change,
    place: &Place,
    plan: Plan,
    storing: &Storing,
    cx: &Context,
) -> Result<()> {
    let missing = first_missing(change, &place.path);
    let made = make(change, place, plan, storing, cx);
    if made.is_err() && change.exists(&missing) {
        let _ = change.unlink(&missing);
    }
    made
}

/// The first name of a path that is not there.
fn first_missing(change: &Change, path: &ObjectPath) -> ObjectPath {
    let mut at = ObjectPath::root();
    for part in path.parts() {
        at = at.join(part);
        if !change.exists(&at) {
            break;
        }
    }
    at
}

fn make(change: &Change, place: &Place, plan: Plan, storing: &Storing, cx: &Context) -> Result<()> {
    let path = &place.path;
    match plan {
        Plan::Scalar(element, bytes) => {
            change.create_dataset(path, &NewDataset::scalar(element))?;
            change.write(path, crate::store::Place::All, Data::Bytes(&bytes))?;
        }
        Plan::Text(text) => {
            change.create_dataset(path, &NewDataset::scalar(Element::Text))?;
            change.write(path, crate::store::Place::All, Data::Texts(&[text.into_bytes()]))?;
        }
        Plan::Pickle(bytes) => {
            let opaque = Element::Opaque(bytes.len(), String::new());
            change.create_dataset(path, &NewDataset::scalar(opaque))?;
            change.write(path, crate::store::Place::All, Data::Bytes(&bytes))?;
            change.set_attribute(path, b"__h5_type__", &text_attribute("pickle"))?;
        }
        Plan::Array(array, dtype) => {
            let storing = &like_source(&array, storing);
            let new = new_dataset(array.dtype(), array.shape(), storing, cx)?;
            change.create_dataset(path, &new)?;
            // ch5mpy can't read the names of fields, and finds them in the dataset's own type
            if !storing.bare && !matches!(array.dtype(), DType::Struct(_)) {
                change.set_attribute(path, b"dtype", &text_attribute(&dtype))?;
            }
            // last: what lies at the file's end can be given back when it is deleted
            write_whole(change, path, &array, cx)?;
        }
        Plan::Dict(members) => {
            change.create_group(path, true)?;
            for (name, plan) in members {
                let below = place.join(&name);
                match change.exists(&below.path) {
                    // `{"a": {"b": 1}, "a/c": 2}`
                    true => replace(change, &below, plan, storing, cx)?,
                    false => make(change, &below, plan, storing, cx)?,
                }
            }
        }
        Plan::List(items) => {
            change.create_group(path, false)?;
            change.set_attribute(path, b"__h5_type__", &text_attribute("list"))?;
            for (i, plan) in items.into_iter().enumerate() {
                make(change, &place.join(&i.to_string()), plan, storing, cx)?;
            }
        }
        Plan::Copy(from) => change.copy(&from.file.file, &from.path, path, true)?,
        Plan::Object(object) => {
            change.create_group(path, true)?;
            object.write(&H5Dict::at(place.clone()), cx)?;
            mark_object(change, path, &object.class())?;
        }
    }
    Ok(())
}

/// Says of a group that it is an object of a class.
fn mark_object(change: &Change, path: &ObjectPath, class: &super::pickle::ClassName) -> Result<()> {
    use std::sync::Arc;
    let by_name = super::pickle::Py::Class(Arc::new(class.clone()));
    let bytes = super::python::encode(&by_name)?;
    change.set_attribute(path, b"__h5_type__", &text_attribute("object"))?;
    Ok(change.set_attribute(path, b"__h5_class__", &opaque_attribute(bytes))?)
}

/// Text as ch5mpy writes attributes of its own: scalar, of variable length, UTF-8.
pub(super) fn text_attribute(text: &str) -> NewAttribute {
    NewAttribute {
        element: Element::Text,
        extent: Extent::Scalar,
        bytes: Vec::new(),
        texts: vec![text.as_bytes().to_vec()],
    }
}

/// Opaque bytes as an attribute.
pub(super) fn opaque_attribute(bytes: Vec<u8>) -> NewAttribute {
    let element = Element::Opaque(bytes.len(), String::new());
    NewAttribute { element, extent: Extent::Scalar, bytes, texts: Vec::new() }
}

/// What a dataset of this dtype and shape is to be.
///
/// # Errors
/// TypeError for a dtype that HDF5 has no type for; ValueError for chunks that don't fit.
pub(super) fn new_dataset(
    dtype: &DType,
    shape: &[usize],
    storing: &Storing,
    cx: &Context,
) -> Result<NewDataset> {
    let element = match dtype {
        DType::Str(_) | DType::Object => Element::Text,
        other => element(other).ok_or_else(|| {
            Error::type_error(format!("Object dtype {other} has no native HDF5 equivalent"))
        })?,
    };
    // h5py takes a text of variable length for a pointer
    let size = if element.is_text() { 8 } else { dtype.size() };
    let dims: Vec<u64> = shape.iter().map(|n| *n as u64).collect();
    let fill = match &storing.fill {
        Some(value) => fill_bytes(value, dtype, cx)?,
        None => None,
    };
    let contiguous =
        matches!(storing.chunks, Some(Chunks::Contiguous | Chunks::Unsaid)) || shape.is_empty();
    let filters = storing.filters.clone().unwrap_or_default();
    if contiguous {
        if !filters.is_empty() {
            return Err(Error::type_error("Scalar and contiguous datasets don't support filters"));
        }
        let extent = match shape.is_empty() {
            true => Extent::Scalar,
            false => Extent::Simple { max: dims.iter().map(|n| Some(*n)).collect(), dims },
        };
        return Ok(NewDataset { element, extent, chunk: None, filters, fill });
    }
    let max = match &storing.maxshape {
        Some(max) if max.len() != shape.len() => {
            return Err(Error::value("maxshape must have as many axes as the shape"));
        }
        Some(max) => max.clone(),
        None => vec![None; shape.len()],
    };
    if dims.iter().zip(&max).any(|(n, m)| m.is_some_and(|m| m < *n)) {
        return Err(Error::value("maxshape must be at least as large as the shape"));
    }
    let chunk = match &storing.chunks {
        Some(Chunks::Shape(chunk)) => {
            let fits = chunk.len() == dims.len()
                && chunk.iter().zip(&max).all(|(c, m)| *c > 0 && m.is_none_or(|m| *c <= m));
            if !fits {
                return Err(Error::value("Chunk shape must fit into the shape of the dataset"));
            }
            chunk.clone()
        }
        _ => {
            let guessed = guess_chunk(shape, size);
            let within = |(c, m): (u64, &Option<u64>)| m.map_or(c, |m| c.min(m.max(1)));
            guessed.into_iter().zip(&max).map(within).collect()
        }
    };
    let extent = Extent::Simple { dims, max };
    Ok(NewDataset { element, extent, chunk: Some(chunk), filters, fill })
}

fn fill_bytes(value: &Value, dtype: &DType, cx: &Context) -> Result<Option<Vec<u8>>> {
    if matches!(dtype, DType::Str(_) | DType::Object) {
        return Ok(Some(value.as_str().unwrap_or_default().into_bytes()));
    }
    let array = cast(&crate::numpy::convert::as_array(value, cx)?, dtype)?;
    let block = crate::array::run::to_block(&array, cx)?;
    if block.len() != 1 {
        return Err(Error::value("a fill value is one element"));
    }
    Ok(Some(block.bytes().to_vec()))
}

/// Puts a plan in the place of what is there.
fn replace(
    change: &Change,
    place: &Place,
    plan: Plan,
    storing: &Storing,
    cx: &Context,
) -> Result<()> {
    let path = &place.path;
    if path.is_root() {
        return Err(Error::value("the root group can't be replaced"));
    }
    let is_own = change.file().link(path)?.is_hard();
    let old = place.kind().ok().filter(|_| is_own);
    let default = storing.chunks.is_none()
        && storing.filters.is_none()
        && storing.maxshape.is_none()
        && storing.fill.is_none();
    let plan = match (plan, old) {
        (plan, Some(ObjectKind::Dataset)) if default => match in_place(change, path, plan, cx)? {
            None => return Ok(()),
            Some(plan) => plan,
        },
        (plan, _) => plan,
    };
    let mut storing = storing.clone();
    if let (Plan::Array(array, _), Some(ObjectKind::Dataset)) = (&plan, old) {
        keep_layout(change, path, array, &mut storing)?;
    }
    let folder = path.parent().unwrap_or_else(ObjectPath::root);
    let after = names_after(place, &folder)?;
    let temporary = Place { file: place.file.clone(), path: folder.join(TEMPORARY.as_bytes()) };
    if change.exists(&temporary.path) {
        change.unlink(&temporary.path)?;
    }
    let made = make(change, &temporary, plan, &storing, cx).and_then(|()| match old {
        Some(_) => Ok(change.copy_attributes(path, &temporary.path, &CONTROL)?),
        None => Ok(()),
    });
    let made = made.and_then(|()| Ok(change.unlink(path)?));
    if let Err(e) = made {
        let _ = change.unlink(&temporary.path);
        return Err(e);
    }
    change.rename(&temporary.path, path)?;
    // a key that is set anew keeps its place: those after it follow it again
    for name in after {
        change.rename(&folder.join(&name), &temporary.path)?;
        change.rename(&temporary.path, &folder.join(&name))?;
    }
    Ok(())
}

/// Of so many keys after it, the order is restored when a key's object is replaced.
const ORDERED: usize = 10_000;

/// The names that follow a name in a group that keeps their order.
fn names_after(place: &Place, folder: &ObjectPath) -> Result<Vec<Vec<u8>>> {
    let group = Place { file: place.file.clone(), path: folder.clone() };
    if !place.file.file.info(folder)?.creation_order {
        return Ok(Vec::new());
    }
    let names = group.names(usize::MAX)?;
    let own = names.iter().position(|n| n == place.path.name());
    let after = own.map_or(&[][..], |i| &names[i + 1..]);
    Ok(if after.len() > ORDERED { Vec::new() } else { after.to_vec() })
}

/// Overwrites a dataset with values of its own shape and type; gives the plan back where they
/// are others.
fn in_place(change: &Change, path: &ObjectPath, plan: Plan, cx: &Context) -> Result<Option<Plan>> {
    let facts = change.file().dataset(path)?;
    match plan {
        Plan::Scalar(element, bytes) if facts.extent == Extent::Scalar => {
            let like = match (&facts.dtype.class, &element) {
                (Class::Opaque { .. } | Class::Compound(_), Element::Complex(_)) => false,
                (Class::Opaque { .. }, _) => false,
                _ => {
                    facts.dtype.size == bytes.len()
                        && crate::array::storing::element(&crate::array::stored::dtype_of(
                            &facts.dtype,
                        )) == Some(element.clone())
                        && !crate::array::stored::is_swapped(&facts.dtype)
                }
            };
            if !like {
                return Ok(Some(Plan::Scalar(element, bytes)));
            }
            change.write(path, crate::store::Place::All, Data::Bytes(&bytes))?;
            Ok(None)
        }
        Plan::Array(array, dtype) => {
            let dims: Vec<usize> = facts.extent.dims().iter().map(|n| *n as usize).collect();
            let stored = crate::array::stored::dtype_of(&facts.dtype);
            let is_text = matches!(facts.dtype.class, Class::VarString { .. });
            let same_type = match array.dtype() {
                DType::Str(_) | DType::Object => is_text,
                other => !is_text && *other == stored,
            };
            let fits = matches!(facts.extent, Extent::Simple { .. })
                && dims == array.shape()
                && same_type
                && !matches!(facts.layout, Layout::Virtual(_) | Layout::External(_));
            if !fits {
                return Ok(Some(Plan::Array(array, dtype)));
            }
            let sink = Sink::open(change.file(), path)?;
            let values = materialise(&cast(&array, &sink.dtype_for(array.dtype()))?, cx)?;
            drop(array);
            sink.write(change, &whole(sink.shape()), &values, cx)?;
            // what ch5mpy says of the type is to stay true
            let names = change.file().attribute_names(path)?;
            if is_text && names.iter().any(|n| n == b"dtype") {
                change.set_attribute(path, b"dtype", &text_attribute(&dtype))?;
            }
            Ok(None)
        }
        other => Ok(Some(other)),
    }
}

/// The most bytes of a chunk that is taken over from a dataset of a smaller dtype.
const LARGEST_CHUNK: u64 = 1 << 30;

/// How an array is stored that is mostly made of a dataset in chunks: in such chunks and through
/// its filters, as far as nothing else was said and they fit.
fn like_source(array: &Array, storing: &Storing) -> Storing {
    let mut storing = storing.clone();
    let told = matches!(storing.chunks, Some(Chunks::Contiguous | Chunks::Shape(_)));
    if array.shape().is_empty() || (told && storing.filters.is_some()) {
        return storing;
    }
    let source = main_source(array);
    let facts = source.and_then(|(file, path)| file.dataset(&path).ok());
    let Some(facts) = facts else {
        return storing;
    };
    let Layout::Chunked(chunk) = &facts.layout else { return storing };
    let h5pys = storing.chunks == Some(Chunks::Unsaid);
    if storing.chunks == Some(Chunks::Contiguous) {
        return storing;
    }
    if storing.filters.is_none() {
        storing.filters = Some(fitting_filters(&facts, array.dtype()));
    }
    if !told {
        let dims = array.shape().iter().map(|n| (*n as u64).max(1));
        let like: Vec<u64> = chunk.iter().zip(dims).map(|(c, n)| *c.min(&n)).collect();
        let bytes = like.iter().try_fold(array.dtype().size() as u64, |n, c| n.checked_mul(*c));
        let fits = chunk.len() == array.ndim() && bytes.is_some_and(|n| n <= LARGEST_CHUNK);
        storing.chunks = Some(if fits { Chunks::Shape(like) } else { Chunks::Auto });
        if h5pys && storing.maxshape.is_none() {
            storing.maxshape = Some(array.shape().iter().map(|n| Some(*n as u64)).collect());
        }
    }
    storing
}

/// The filters of a dataset that values of a dtype can be written through.
fn fitting_filters(facts: &DatasetFacts, dtype: &DType) -> Vec<(i32, Vec<u32>)> {
    let numeric = !matches!(dtype, DType::Str(_) | DType::Object);
    // scale-offset rounds: it is for the type that it was set up for
    let same = crate::array::stored::dtype_of(&facts.dtype) == *dtype;
    let fits =
        |id| WRITABLE_FILTERS.contains(&id) && numeric && (id != crate::store::SCALEOFFSET || same);
    facts.filters.iter().filter(|f| fits(f.id)).map(|f| (f.id, f.values.clone())).collect()
}

/// The chunks and filters of what is replaced, where they fit the new array.
fn keep_layout(
    change: &Change,
    path: &ObjectPath,
    array: &Array,
    storing: &mut Storing,
) -> Result<()> {
    let facts = change.file().dataset(path)?;
    let dims = facts.extent.dims();
    match &facts.layout {
        Layout::Chunked(chunk) if chunk.len() == array.ndim() => {
            if storing.chunks.is_none() {
                storing.chunks = Some(Chunks::Shape(chunk.clone()));
            }
            if storing.maxshape.is_none()
                && let Extent::Simple { max, .. } = &facts.extent
            {
                let room = max.iter().zip(array.shape());
                let fits = room.clone().all(|(m, n)| m.is_none_or(|m| m >= *n as u64));
                let chunks = max.iter().zip(chunk).all(|(m, c)| m.is_none_or(|m| m >= *c));
                storing.maxshape = (fits && chunks).then(|| max.clone());
            }
            if storing.filters.is_none() {
                storing.filters = Some(fitting_filters(&facts, array.dtype()));
            }
        }
        Layout::Contiguous
            if dims.len() == array.ndim()
                && storing.chunks.is_none()
                && storing.filters.is_none()
                && storing.maxshape.is_none() =>
        {
            storing.chunks = Some(Chunks::Contiguous);
        }
        _ => {}
    }
    Ok(())
}
