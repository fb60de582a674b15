//! Methods and attributes of files, groups, datasets and attributes that change nothing.

use std::sync::Arc;

use super::arrays;
use super::attributes::foreign;
use super::given::Given;
use super::h5::{
    Dataset, Group, Listing, Named, contains, entries, file_value, get_item, length, open_path,
    place,
};
use super::h5_write;
use crate::array::stored;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::{Foreign, Value, convert, index};
use crate::object::stored_values;
use crate::object::{AttributeManager, H5Dict, H5List, Place};
use crate::store::{Class, Extent, Layout, ObjectKind, ObjectPath, to_text};

const GROUP: &[&str] = &["close", "flush", "get", "items", "keys", "values", "visit", "visititems"];
const GROUP_WRITES: &[&str] = &[
    "clear",
    "copy",
    "create_dataset",
    "create_group",
    "move",
    "pop",
    "popitem",
    "rename",
    "require_dataset",
    "require_group",
    "setdefault",
    "update",
];
const H5DICT: &[&str] = &["close", "get", "items", "keys", "values"];
const H5_PARTS: &[&str] = &["attributes", "attrs", "file", "name", "parent"];
/// What a list in a file does, in the order of Python's documentation.
const H5LIST: &[&str] = &[
    "append", "clear", "close", "copy", "count", "extend", "index", "insert", "keys", "pop",
    "remove", "reverse", "sort", "to_dict", "values",
];
const GROUP_PARTS: &[&str] = &["attrs", "file", "filename", "mode", "name", "parent"];
const DATASET: &[&str] = &["asstr", "astype", "fields", "iter_chunks", "len", "read_direct"];
const DATASET_WRITES: &[&str] =
    &["append", "contract", "delete", "expand", "insert", "read", "resize", "write_direct"];
const DATASET_PARTS: &[&str] = &[
    "attrs",
    "chunks",
    "compression",
    "compression_opts",
    "dset",
    "external",
    "file",
    "fillvalue",
    "fletcher32",
    "is_chunked",
    "is_virtual",
    "maxshape",
    "name",
    "parent",
    "scaleoffset",
    "shuffle",
];
const ATTRIBUTES: &[&str] = &["as_dict", "get", "items", "keys", "values"];
const ATTRIBUTES_WRITES: &[&str] =
    &["clear", "create", "modify", "pop", "rename", "set", "setdefault", "update"];

/// Whether a name is a method of it.
pub fn is_method(f: &Arc<dyn Foreign>, name: &str) -> bool {
    let any = f.as_any();
    let lists: [&[&str]; 2] = if any.is::<H5Dict>() {
        [H5DICT, GROUP_WRITES]
    } else if any.is::<H5List>() {
        [H5LIST, &[]]
    } else if any.is::<Group>() {
        [GROUP, GROUP_WRITES]
    } else if any.is::<Dataset>() {
        [DATASET, DATASET_WRITES]
    } else if any.is::<AttributeManager>() {
        [ATTRIBUTES, ATTRIBUTES_WRITES]
    } else {
        return false;
    };
    lists.iter().any(|l| l.contains(&name))
}

/// The names that it has beside an array's.
pub fn names(f: &Arc<dyn Foreign>) -> Vec<&'static str> {
    let any = f.as_any();
    if any.is::<Group>() {
        [GROUP, GROUP_WRITES, GROUP_PARTS].concat()
    } else if any.is::<H5Dict>() {
        [H5DICT, GROUP_WRITES, H5_PARTS].concat()
    } else if any.is::<H5List>() {
        [H5LIST, H5_PARTS].concat()
    } else if any.is::<Dataset>() {
        [DATASET, DATASET_WRITES, DATASET_PARTS].concat()
    } else if any.is::<AttributeManager>() {
        [ATTRIBUTES, ATTRIBUTES_WRITES].concat()
    } else if any.is::<Named>() {
        vec!["attrs", "dtype", "file", "name", "parent"]
    } else {
        Vec::new()
    }
}

/// An attribute of it that is no method; none where it has none of its own by this name.
pub fn part(f: &Arc<dyn Foreign>, name: &str, cx: &Context) -> Option<Result<Value>> {
    let (file, path) = place(f)?;
    let any = f.as_any();
    match name {
        "attrs" => {
            let place = Place { file: file.clone(), path: path.clone() };
            return Some(Ok(foreign(AttributeManager::new(place))));
        }
        "attributes" => return part(f, "attrs", cx),
        "name" => return Some(Ok(Value::str(path.to_text()))),
        "parent" => {
            let parent = path.parent().unwrap_or_else(ObjectPath::root);
            return Some(open_path(file, &parent));
        }
        "file" => return Some(Ok(file_value(file))),
        _ => {}
    }
    if let Some(g) = any.downcast_ref::<Group>() {
        return match name {
            "filename" if g.is_file => Some(Ok(Value::str(file.file.path().to_string_lossy()))),
            "mode" if g.is_file => {
                Some(Ok(Value::str(if file.file.mode().has_write_intent() { "r+" } else { "r" })))
            }
            _ => None,
        };
    }
    if let Some(n) = any.downcast_ref::<Named>() {
        return match name {
            "dtype" => Some(n.datatype().map(|d| Value::DType(stored::dtype_of(&d)))),
            _ => None,
        };
    }
    let d = any.downcast_ref::<Dataset>()?;
    if !DATASET_PARTS.contains(&name) && !matches!(name, "shape" | "ndim" | "size" | "chunk_size") {
        return None;
    }
    Some(dataset_part(d, name, cx))
}

fn dataset_part(d: &Dataset, name: &str, cx: &Context) -> Result<Value> {
    if name == "dset" {
        return Ok(foreign(Dataset { file: d.file.clone(), path: d.path.clone(), read_as: None }));
    }
    let facts = d.facts()?;
    let filter = |id: i32| facts.filters.iter().find(|f| f.id == id);
    let list = |dims: &[u64]| Value::tuple(dims.iter().map(|&n| Value::int(n)).collect());
    // h5py's numbers of filters
    const DEFLATE: i32 = 1;
    const SHUFFLE: i32 = 2;
    const FLETCHER: i32 = 3;
    const SZIP: i32 = 4;
    const SCALEOFFSET: i32 = 6;
    const LZF: i32 = 32000;
    Ok(match name {
        "shape" if facts.extent == Extent::Null => Value::None,
        "ndim" if facts.extent == Extent::Null => Value::int(0),
        "size" if facts.extent == Extent::Null => Value::None,
        // an array datatype adds its axes: the array knows them
        "shape" => arrays::sizes(d.whole(cx)?.shape()),
        "ndim" => Value::int(d.whole(cx)?.ndim()),
        "size" => Value::int(d.whole(cx)?.len()),
        "chunk_size" => {
            let array = d.whole(cx)?;
            Value::int(cx.settings().memory / array.dtype().size().max(1))
        }
        "chunks" => match &facts.layout {
            Layout::Chunked(dims) => list(dims),
            _ => Value::None,
        },
        "is_chunked" => Value::Bool(matches!(facts.layout, Layout::Chunked(_))),
        "is_virtual" => Value::Bool(matches!(facts.layout, Layout::Virtual(_))),
        "maxshape" => match &facts.extent {
            Extent::Simple { max, .. } => {
                Value::tuple(max.iter().map(|m| m.map_or(Value::None, Value::int)).collect())
            }
            Extent::Scalar => Value::tuple(Vec::new()),
            Extent::Null => Value::None,
        },
        "compression" => match () {
            () if filter(DEFLATE).is_some() => Value::str("gzip"),
            () if filter(LZF).is_some() => Value::str("lzf"),
            () if filter(SZIP).is_some() => Value::str("szip"),
            () => Value::None,
        },
        "compression_opts" => match (filter(DEFLATE), filter(SZIP)) {
            (Some(f), _) => f.values.first().map_or(Value::None, |v| Value::int(*v)),
            (None, Some(f)) if f.values.len() >= 2 => {
                let method = if f.values[0] & 32 != 0 { "nn" } else { "ec" };
                Value::tuple(vec![Value::str(method), Value::int(f.values[1])])
            }
            _ => Value::None,
        },
        "shuffle" => Value::Bool(filter(SHUFFLE).is_some()),
        "fletcher32" => Value::Bool(filter(FLETCHER).is_some()),
        "scaleoffset" => filter(SCALEOFFSET)
            .and_then(|f| f.values.get(1))
            .map_or(Value::None, |v| Value::int(*v)),
        "external" => match &facts.layout {
            Layout::External(files) => Value::list(
                files
                    .iter()
                    .map(|f| {
                        Value::tuple(vec![
                            Value::str(to_text(&f.file)),
                            Value::int(f.offset),
                            f.size.map_or(Value::None, Value::int),
                        ])
                    })
                    .collect(),
            ),
            _ => Value::None,
        },
        _ => stored_values::fill(&facts)?,
    })
}

/// A method of it.
///
/// # Errors
/// Those of the method; OSError for those that would change the file.
pub fn method(
    f: &Arc<dyn Foreign>,
    name: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let any = f.as_any();
    let this = Value::Foreign(f.clone());
    if let Some(d) = any.downcast_ref::<Dataset>()
        && DATASET_WRITES.contains(&name)
    {
        return h5_write::dataset_method(d, name, places, named, cx);
    }
    if let Some(changed) = h5_write::method(f, name, &places, &named, cx) {
        return changed;
    }
    let bind = |spec| Given::bind(name, spec, places, named);
    let listing = |what| foreign(Listing { what, of: this.clone() });
    if let Some(d) = any.downcast_ref::<Dataset>() {
        return match name {
            "asstr" => {
                bind("encoding? errors?")?;
                if !stored::dtype_of(&d.facts()?.dtype).is_string()
                    && !matches!(d.facts()?.dtype.class, Class::VarString { .. })
                {
                    return Err(Error::type_error(
                        "dset.asstr() can only be used on datasets with an HDF5 string datatype",
                    ));
                }
                let (file, path) = (d.file.clone(), d.path.clone());
                Ok(foreign(Dataset { file, path, read_as: Some(DType::Str(0)) }))
            }
            "astype" => {
                let g = bind("dtype order? casting? subok? copy?")?;
                let to = convert::as_dtype(&g.value("dtype"))?;
                let rule = g.text("casting")?;
                convert::astype(&d.whole(cx)?, &to, rule.as_deref(), cx).map(Value::array)
            }
            "fields" => {
                let g = bind("names")?;
                index::get(&d.nd(cx)?, &g.value("names"), cx)
            }
            "len" => match length(f, cx) {
                Some(n) => Ok(Value::int(n?)),
                None => Ok(Value::int(0)),
            },
            "iter_chunks" => {
                bind("sel?")?;
                iter_chunks(d)
            }
            _ => Err(no_method(&this, name)),
        };
    }
    match name {
        "keys" => bind("").map(|_| listing("keys")),
        "values" => bind("").map(|_| listing("values")),
        "items" => bind("").map(|_| listing("items")),
        "as_dict" => {
            bind("")?;
            Value::dict(entries(f, cx).unwrap_or(Ok(Vec::new()))?)
        }
        "get" => {
            let g = bind("name default? getclass? getlink?")?;
            let key = g.value("name");
            if !contains(f, &key, cx).unwrap_or(Ok(false))? {
                return Ok(g.value("default"));
            }
            let found = get_item(f, &key, cx).unwrap_or(Ok(Value::None))?;
            match g.flag("getclass", cx)? {
                true => Ok(Value::Type(super::types::of(&found))),
                false => Ok(found),
            }
        }
        "close" | "flush" => bind("").map(|_| Value::None),
        "visit" | "visititems" => {
            let function = bind("func")?.value("func");
            let Some(g) = any.downcast_ref::<Group>() else { return Err(no_method(&this, name)) };
            let mut seen = Vec::new();
            visit(g, "", name == "visititems", &function, &mut seen, cx)
                .map(|v| v.unwrap_or(Value::None))
        }
        _ => Err(no_method(&this, name)),
    }
}

fn no_method(value: &Value, name: &str) -> Error {
    super::attributes::missing(value, name)
}

/// Calls a function with each object below a group, once, until it gives something.
fn visit(
    group: &Group,
    prefix: &str,
    with_items: bool,
    function: &Value,
    seen: &mut Vec<crate::store::ObjectId>,
    cx: &Context,
) -> Result<Option<Value>> {
    let mut names = group.members(usize::MAX)?;
    names.sort();
    for name in names {
        cx.check()?;
        let path = group.path.join(&name);
        // only hard links are visited, as HDF5 does it
        let Ok(node) = group.file.file.node(&path) else { continue };
        let (crate::store::Link::Hard, Ok(brief)) = (&node.link, &node.object) else { continue };
        if seen.contains(&brief.id) {
            continue;
        }
        seen.push(brief.id);
        let full = match prefix {
            "" => to_text(&name),
            p => format!("{p}/{}", to_text(&name)),
        };
        let mut arguments = vec![Value::str(&full)];
        if with_items {
            arguments.push(open_path(&group.file, &path)?);
        }
        let answer = super::calls::call(function, arguments, Vec::new(), cx)?;
        if !answer.is_none() {
            return Ok(Some(answer));
        }
        if brief.kind == ObjectKind::Group {
            let inner = Group { file: group.file.clone(), path, is_file: false };
            let found =
                super::calls::deeper(|| visit(&inner, &full, with_items, function, seen, cx))?;
            if found.is_some() {
                return Ok(found);
            }
        }
    }
    Ok(None)
}

fn iter_chunks(d: &Dataset) -> Result<Value> {
    let facts = d.facts()?;
    let Layout::Chunked(chunk) = &facts.layout else {
        return Err(Error::type_error("Chunked dataset required"));
    };
    let dims = facts.extent.dims().to_vec();
    let chunk = chunk.clone();
    let mut at: Option<Vec<u64>> = (!dims.contains(&0)).then(|| vec![0; dims.len()]);
    Ok(super::iter::Made::by("ChunkIterator", move |_| {
        let Some(start) = at.clone() else { return Ok(None) };
        let slices = start
            .iter()
            .zip(&chunk)
            .zip(&dims)
            .map(|((&s, &c), &d)| {
                let end = (s + c).min(d);
                Value::Slice(Arc::new([Value::int(s), Value::int(end), Value::int(1)]))
            })
            .collect();
        let mut next = start;
        let mut axis = next.len();
        at = loop {
            if axis == 0 {
                break None;
            }
            axis -= 1;
            next[axis] += chunk[axis];
            if next[axis] < dims[axis] {
                break Some(next);
            }
            next[axis] = 0;
        };
        Ok(Some(Value::tuple(slices)))
    }))
}

/// The names of a dataset's fields, where it has some.
pub fn field_names(f: &Arc<dyn Foreign>) -> Option<Vec<String>> {
    let facts = f.as_any().downcast_ref::<Dataset>()?.facts().ok()?;
    let dtype = stored::dtype_of(&facts.dtype);
    Some(dtype.fields()?.fields.iter().map(|f| f.name.clone()).collect())
}

/// The names that begin with `word` among the members of a group, or of what is `below` it, and
/// among attributes: for completion. At most so many are looked at; with each, whether it is an
/// attribute.
pub fn listed(
    f: &Arc<dyn Foreign>,
    below: &[u8],
    word: &[u8],
    most: usize,
) -> Vec<(Vec<u8>, bool)> {
    let begins = |names: Vec<Vec<u8>>| names.into_iter().filter(|n| n.starts_with(word));
    if let Some(a) = f.as_any().downcast_ref::<AttributeManager>() {
        return begins(a.names().unwrap_or_default()).map(|n| (n, true)).collect();
    }
    let Some(g) = f.as_any().downcast_ref::<Group>() else { return Vec::new() };
    let at = Group { file: g.file.clone(), path: g.path.resolve(below), is_file: false };
    begins(at.members(most).unwrap_or_default()).map(|n| (n, false)).collect()
}

/// What a member of a group is, in a few words, and whether it is a group.
pub fn member(f: &Arc<dyn Foreign>, below: &[u8], name: &[u8]) -> (String, bool) {
    let Some(g) = f.as_any().downcast_ref::<Group>() else { return (String::new(), false) };
    let path = g.path.resolve(below).join(name);
    match g.file.file.node(&path).and_then(|n| n.object) {
        Ok(brief) => match brief.data {
            Some((extent, datatype)) => {
                let dims: Vec<usize> = extent.dims().iter().map(|&d| d as usize).collect();
                let shape = crate::array::dtype::tuple(&dims);
                (format!("{shape} {}", stored::dtype_of(&datatype)), false)
            }
            None => (brief.kind.name().into(), brief.kind == ObjectKind::Group),
        },
        Err(_) => ("leads nowhere".into(), false),
    }
}
