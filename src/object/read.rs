//! Objects read: what stands at a place, as the Python value, dict, list or array that it is.

use super::handle::Place;
use super::options::{ErrorMode, error_mode};
use super::pickle::{ClassName, Py};
use super::{Context, Error, H5Array, H5Dict, H5List, Result, Value, foreign, python, storing};
use super::{stored_values, write};
use crate::store::{Class, DatasetFacts, Extent, Limits, ObjectKind};

/// What kind of object a group is.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupKind {
    /// A dict.
    Dict,
    /// An H5List.
    List,
    /// An object of this class, where the file says which.
    Object(Option<ClassName>),
}

/// What kind of object the group at a place is.
///
/// # Errors
/// As reading its attributes.
pub fn group_kind(place: &Place) -> Result<GroupKind> {
    let file = &place.file.file;
    let names = file.attribute_names(&place.path)?;
    if !names.iter().any(|n| n == b"__h5_type__") {
        return Ok(GroupKind::Dict);
    }
    let attribute = file.attribute(&place.path, b"__h5_type__", Limits::CELL)?;
    // as ch5mpy has it, other kinds of text than its own are none of its marks
    let is_own = matches!(attribute.dtype.class, Class::VarString { .. });
    let text = match attribute.value {
        Some(crate::store::Value::Text(text)) if is_own => text.kept,
        _ => return Ok(GroupKind::Dict),
    };
    Ok(match text.as_slice() {
        b"list" => GroupKind::List,
        b"object" => GroupKind::Object(class_of(place)),
        _ => GroupKind::Dict,
    })
}

/// The class whose pickle stands in the attribute `__h5_class__`.
fn class_of(place: &Place) -> Option<ClassName> {
    let whole = Limits { bytes: 1 << 20, items: 1 << 20 };
    let attribute = place.file.file.attribute(&place.path, b"__h5_class__", whole).ok()?;
    let bytes: Vec<u8> = bytes_of(attribute.value?)?;
    match super::pickle::decode(&bytes, &Default::default()).ok()? {
        Py::Class(class) => Some((*class).clone()),
        _ => None,
    }
}

fn bytes_of(value: crate::store::Value) -> Option<Vec<u8>> {
    use crate::store::Value as Stored;
    match value {
        Stored::Opaque { bytes, .. } | Stored::Raw(bytes) => Some(bytes.kept),
        Stored::Array { items, .. } => {
            let mut out = Vec::new();
            for item in items {
                match item {
                    Stored::Int(n) => out.push(u8::try_from(n).ok()?),
                    Stored::Opaque { bytes, .. } => out.extend(bytes.kept),
                    _ => return None,
                }
            }
            Some(out)
        }
        _ => None,
    }
}

/// Reads what stands at a place: a dict, a list, an array, an object of a registered type, or
/// the Python value of a scalar or pickle.
///
/// ```
/// use ch5tui::object::{File, H5Mode, Storing, options, read_object, write_object};
///
/// # let folder = tempfile::tempdir()?;
/// let cx = options::context();
/// let file = File::open(folder.path().join("a.h5"), H5Mode::WriteTruncate)?;
/// let place = write_object(2.5, &file, "x", &Storing::default(), &cx)?;
/// assert_eq!(read_object(&place, &cx)?.float()?, 2.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// KeyError where nothing is there; a pickle that is broken; an object whose class can't be
/// rebuilt, where [`ErrorMode::Raise`] holds.
pub fn read_object(place: &Place, cx: &Context) -> Result<Value> {
    read_with(place, error_mode(), cx)
}

/// The same, with this error mode.
///
/// # Errors
/// As [`read_object`].
pub fn read_with(place: &Place, mode: ErrorMode, cx: &Context) -> Result<Value> {
    match place.kind()? {
        ObjectKind::Group => group(place, mode, cx),
        ObjectKind::Dataset => value(place, cx),
        ObjectKind::Datatype => {
            Err(Error::value(format!("{}: can't read a named datatype as an object", place.path)))
        }
        ObjectKind::Unknown => Err(Error::value(format!("{}: an unknown kind", place.path))),
    }
}

fn group(place: &Place, mode: ErrorMode, cx: &Context) -> Result<Value> {
    let class = match group_kind(place)? {
        GroupKind::Dict => return Ok(foreign(H5Dict::at(place.clone()))),
        GroupKind::List => return Ok(foreign(H5List::at(place.clone()))),
        GroupKind::Object(class) => class,
    };
    let dict = H5Dict::at(place.clone());
    let built = match &class {
        Some(class) => storing::rebuild(class, &dict, cx),
        None => Some(Err(Error::value("its class is not said"))),
    };
    let note = match (built, class) {
        (Some(Ok(value)), _) => return Ok(value),
        (Some(Err(e)), _) if mode == ErrorMode::Raise => return Err(e),
        (Some(Err(e)), Some(class)) => format!("Failed reading {class}: {e}"),
        (Some(Err(e)), None) => format!("Failed reading object: {e}"),
        (None, Some(class)) if mode == ErrorMode::Raise => {
            let why = format!("Don't know how to read '{class}': no type is registered for it");
            return Err(Error::value(why));
        }
        (None, Some(class)) => format!("{class}"),
        (None, None) => "object".into(),
    };
    Ok(foreign(dict.annotated(note)))
}

/// The value of the dataset at a place: an array, or a scalar's value.
///
/// # Errors
/// As reading it.
pub fn value(place: &Place, cx: &Context) -> Result<Value> {
    let facts = place.file.file.dataset(&place.path)?;
    match (&facts.extent, &facts.dtype.class) {
        (Extent::Null, _) => Ok(stored_values::empty(&facts.dtype)),
        (Extent::Simple { .. }, _) => Ok(foreign(H5Array::at(place.clone()))),
        (Extent::Scalar, Class::Opaque { tag }) if !tag.starts_with(b"NUMPY:") => {
            let bytes = opaque_bytes(place, facts.dtype.size, cx)?;
            match python::unpickle(&bytes) {
                Some(value) => value,
                // bytes that are no pickle: what they are
                None => scalar(place, facts, cx),
            }
        }
        (Extent::Scalar, _) => scalar(place, facts, cx),
    }
}

/// Bytes that a pickle in a file may take.
const LARGEST: usize = 1 << 30;

/// The bytes of a scalar of opaque type.
fn opaque_bytes(place: &Place, size: usize, cx: &Context) -> Result<Vec<u8>> {
    let most = cx.settings().memory.min(LARGEST);
    if size > most {
        return Err(Error::memory(format!("{}: a pickle of {size} bytes", place.path)));
    }
    let limits = Limits { bytes: usize::MAX / 4, items: 1 };
    let mut values = place.file.file.read_region(&place.path, &[], &[], limits)?;
    Ok(values.pop().and_then(bytes_of).unwrap_or_default())
}

fn scalar(place: &Place, facts: DatasetFacts, cx: &Context) -> Result<Value> {
    let limits = Limits { bytes: usize::MAX / 4, items: usize::MAX / 4 };
    let text = matches!(facts.dtype.class, Class::VarString { .. });
    let plain = !text
        && !matches!(facts.dtype.class, Class::Reference(_) | Class::VarLen(_) | Class::Unknown(_))
        && !facts.dtype.has_pointers();
    if plain {
        let array = place.file.array(&place.path, cx)?;
        let array = crate::array::spill::materialise(&array, cx)?;
        return Ok(Value::result(array));
    }
    let stored = place.file.file.read_region(&place.path, &[], &[], limits)?.pop();
    let name = Vec::new();
    let (dtype, extent) = (facts.dtype, facts.extent);
    stored_values::attribute(crate::store::Attribute { name, dtype, extent, value: stored })
}

/// Whether a name is one that only stands there while something is made.
pub fn is_temporary(name: &[u8]) -> bool {
    name == write::TEMPORARY.as_bytes()
}
