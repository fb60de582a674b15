//! Files, groups, datasets and attributes as values, read-only, as h5py and ch5mpy have them.

use std::any::Any;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;

use super::attributes::foreign;
use super::calls::Builtin;
use super::given::Given;
use super::{arrays, stored_values};
use crate::array::stored;
use crate::array::{Array, Context, DType, Error, Result, cast};
use crate::numpy::value::Type;
use crate::numpy::{Foreign, Nd, Value, index, show};
use crate::store::{
    Class, DatasetFacts, Datatype, Extent, File, H5Mode, Layout, Limits, ObjectKind, ObjectPath,
    StoreError, WalkOrder, to_text,
};

/// An open file, with the datasets of it that were looked at.
pub struct OpenFile {
    /// The file.
    pub file: Arc<File>,
    arrays: Mutex<HashMap<ObjectPath, Array>>,
}

impl OpenFile {
    /// A file for a session.
    pub fn new(file: Arc<File>) -> Arc<OpenFile> {
        Arc::new(OpenFile { file, arrays: Mutex::default() })
    }

    /// A dataset as a lazy array, the same one each time.
    ///
    /// # Errors
    /// As opening it.
    pub fn array(&self, path: &ObjectPath, cx: &Context) -> Result<Array> {
        if let Some(a) = self.arrays.lock().get(path) {
            return Ok(a.clone());
        }
        let array = stored::open(&self.file, path, cx)?;
        let mut arrays = self.arrays.lock();
        if arrays.len() > 10_000 {
            arrays.clear();
        }
        arrays.insert(path.clone(), array.clone());
        Ok(array)
    }
}

/// `OSError` for whatever would change a file.
pub fn read_only() -> Error {
    Error::os("the file is open for reading only: it can't be changed")
}

/// A group, or the file itself.
pub struct Group {
    file: Arc<OpenFile>,
    path: ObjectPath,
    is_file: bool,
}

/// A dataset.
pub struct Dataset {
    file: Arc<OpenFile>,
    path: ObjectPath,
    /// The dtype that its elements are read as, where not their own.
    read_as: Option<DType>,
}

/// A committed datatype.
pub struct Named {
    file: Arc<OpenFile>,
    path: ObjectPath,
}

/// The attributes of an object.
pub struct Attributes {
    file: Arc<OpenFile>,
    path: ObjectPath,
}

/// A view of a mapping: its keys, values or items.
pub struct Listing {
    what: &'static str,
    of: Value,
}

/// A file as a value.
pub fn file_value(file: &Arc<OpenFile>) -> Value {
    foreign(Group { file: file.clone(), path: ObjectPath::root(), is_file: true })
}

/// What a path of a file leads to, as a value.
///
/// # Errors
/// KeyError where it leads nowhere.
pub fn open_path(file: &Arc<OpenFile>, path: &ObjectPath) -> Result<Value> {
    let (file, path) = (file.clone(), path.clone());
    let brief = file.file.node(&path)?.object?;
    Ok(match brief.kind {
        ObjectKind::Group => foreign(Group { file, path, is_file: false }),
        ObjectKind::Dataset => foreign(Dataset { file, path, read_as: None }),
        ObjectKind::Datatype => foreign(Named { file, path }),
        ObjectKind::Unknown => {
            return Err(Error::key(format!("'{path}': an object of an unknown kind")));
        }
    })
}

impl Group {
    /// The names of its members, at most so many.
    ///
    /// # Errors
    /// As listing them.
    pub fn members(&self, most: usize) -> Result<Vec<Vec<u8>>> {
        let order = match self.file.file.info(&self.path)?.creation_order {
            true => WalkOrder::Creation,
            false => WalkOrder::Native,
        };
        let mut names = Vec::new();
        self.file.file.walk(&self.path, order, 0, &mut |name| {
            names.push(name.to_vec());
            if names.len() >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(names)
    }

    fn names(&self) -> Result<Vec<Value>> {
        let names = self.members(usize::MAX)?;
        Ok(names.iter().map(|n| Value::str(to_text(n))).collect())
    }

    fn child(&self, key: &Value) -> Result<Value> {
        let name = match key {
            Value::Bytes(b) => b.to_vec(),
            other => match other.as_str() {
                Some(s) => s.into_bytes(),
                None => {
                    return Err(Error::type_error(format!(
                        "Accessing a group is done with bytes or str, not {}",
                        Value::Type(super::types::of(key)).type_name()
                    )));
                }
            },
        };
        let path = self.path.resolve(&name);
        open_path(&self.file, &path).map_err(|e| match e.kind {
            crate::array::error::Kind::KeyError => {
                Error::key(format!("'{}' in {}", crate::store::escape(&name), self.path))
            }
            _ => e,
        })
    }

    fn has(&self, key: &Value) -> Result<bool> {
        let Some(name) = key.as_str() else { return Ok(false) };
        let path = self.path.resolve(name.as_bytes());
        match self.file.file.node(&path) {
            Ok(node) => Ok(node.object.is_ok()),
            Err(_) => Ok(false),
        }
    }
}

impl Foreign for Group {
    fn type_name(&self) -> String {
        if self.is_file { "File".into() } else { "Group".into() }
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        if self.is_file {
            let path = self.file.file.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
            let mode = if self.file.file.mode().has_write_intent() { "r+" } else { "r" };
            return Ok(format!(
                "<HDF5 file \"{}\" (mode {mode})>",
                crate::store::escape(name.unwrap_or_default().as_bytes())
            ));
        }
        let n = self.members(usize::MAX)?.len();
        Ok(format!("<HDF5 group \"{}\" ({n} members)>", self.path))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Dataset {
    fn facts(&self) -> Result<DatasetFacts> {
        Ok(self.file.file.dataset(&self.path)?)
    }

    fn whole(&self, cx: &Context) -> Result<Array> {
        let array = self.file.array(&self.path, cx)?;
        match &self.read_as {
            None => Ok(array),
            Some(to) => cast::cast(&array, &crate::numpy::convert::sized(to, &array, cx)?),
        }
    }

    fn nd(&self, cx: &Context) -> Result<Nd> {
        Ok(Nd::read_only(self.whole(cx)?))
    }
}

impl Foreign for Dataset {
    fn type_name(&self) -> String {
        "Dataset".into()
    }

    /// As ch5mpy writes it: three items at each end of an axis.
    fn repr(&self, cx: &Context) -> Result<String> {
        if self.facts()?.extent == Extent::Null {
            return Ok(format!("<HDF5 dataset \"{}\": shape None>", self.path));
        }
        show::dataset_repr(&self.whole(cx)?, cx)
    }

    fn array(&self, cx: &Context) -> Option<Result<Array>> {
        Some(self.whole(cx))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Named {
    fn datatype(&self) -> Result<Datatype> {
        Ok(self.file.file.datatype(&self.path)?)
    }
}

impl Foreign for Named {
    fn type_name(&self) -> String {
        "Datatype".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(format!(
            "<HDF5 named type \"{}\" (dtype {})>",
            self.path,
            stored::dtype_of(&self.datatype()?).short()
        ))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Attributes {
    fn names(&self) -> Result<Vec<Vec<u8>>> {
        Ok(self.file.file.attribute_names(&self.path)?)
    }

    fn get(&self, name: &[u8]) -> Result<Option<Value>> {
        if !self.names()?.iter().any(|n| n == name) {
            return Ok(None);
        }
        let whole = Limits { bytes: usize::MAX / 4, items: usize::MAX / 4 };
        let attribute = self.file.file.attribute(&self.path, name, whole)?;
        stored_values::attribute(attribute).map(Some)
    }
}

impl Foreign for Attributes {
    fn type_name(&self) -> String {
        "AttributeManager".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        let mut parts = Vec::new();
        for name in self.names()? {
            let value = self.get(&name)?.unwrap_or(Value::None);
            let key = show::repr(&Value::str(to_text(&name)), cx)?;
            parts.push(format!("{key}: {}", show::repr(&value, cx)?));
        }
        Ok(format!("AttributeManager{{{}}}", parts.join(", ")))
    }

    fn plain(&self, _cx: &Context) -> Option<Result<Value>> {
        Some((|| {
            let mut entries = Vec::new();
            for name in self.names()? {
                let value = self.get(&name)?.unwrap_or(Value::None);
                entries.push((Value::str(to_text(&name)), value));
            }
            Value::dict(entries)
        })())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Foreign for Listing {
    fn type_name(&self) -> String {
        match self.what {
            "keys" => "KeysViewHDF5",
            "values" => "ValuesViewHDF5",
            _ => "ItemsViewHDF5",
        }
        .into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        match self.what {
            "keys" => {
                Ok(format!("<KeysViewHDF5 {}>", show::repr(&Value::list(self.items(cx)?), cx)?))
            }
            _ => Ok(format!("{}({})", self.type_name(), show::repr(&self.of, cx)?)),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Listing {
    fn items(&self, cx: &Context) -> Result<Vec<Value>> {
        let Value::Foreign(of) = &self.of else { return Ok(Vec::new()) };
        let keys = iterate(of, cx).unwrap_or(Ok(Vec::new()))?;
        if self.what == "keys" {
            return Ok(keys);
        }
        let mut out = Vec::new();
        for key in keys {
            cx.check()?;
            let value = get_item(of, &key, cx).unwrap_or(Ok(Value::None));
            // a link that leads nowhere has no value
            let value = value.unwrap_or(Value::None);
            out.push(match self.what {
                "values" => value,
                _ => Value::tuple(vec![key, value]),
            });
        }
        Ok(out)
    }
}

/// Whether it is a dataset.
pub fn is_dataset(f: &Arc<dyn Foreign>) -> bool {
    f.as_any().is::<Dataset>() || f.as_any().is::<arrays::Flat>()
}

/// Whether it is part of a file.
pub fn is_object(f: &Arc<dyn Foreign>) -> bool {
    let any = f.as_any();
    any.is::<Dataset>() || any.is::<Group>() || any.is::<Attributes>() || any.is::<Named>()
}

fn place(f: &Arc<dyn Foreign>) -> Option<(&Arc<OpenFile>, &ObjectPath)> {
    let any = f.as_any();
    any.downcast_ref::<Dataset>()
        .map(|x| (&x.file, &x.path))
        .or_else(|| any.downcast_ref::<Group>().map(|x| (&x.file, &x.path)))
        .or_else(|| any.downcast_ref::<Named>().map(|x| (&x.file, &x.path)))
}

/// The file and path of an object of a file.
pub fn location(value: &Value) -> Option<(Arc<File>, ObjectPath)> {
    let Value::Foreign(f) = value else { return None };
    place(f).map(|(file, path)| (file.file.clone(), path.clone()))
}

/// Whether two objects of files are the same.
pub fn equal(a: &Arc<dyn Foreign>, b: &Arc<dyn Foreign>) -> Option<bool> {
    let ((f, p), (g, q)) = (place(a)?, place(b)?);
    Some(f.file.path() == g.file.path() && p == q)
}

/// The items of a `for` over it; none where it is nothing of a file, or a dataset.
pub fn iterate(f: &Arc<dyn Foreign>, cx: &Context) -> Option<Result<Vec<Value>>> {
    let any = f.as_any();
    if let Some(g) = any.downcast_ref::<Group>() {
        return Some(g.names());
    }
    if let Some(a) = any.downcast_ref::<Attributes>() {
        let names = a.names();
        return Some(names.map(|n| n.iter().map(|n| Value::str(to_text(n))).collect()));
    }
    any.downcast_ref::<Listing>().map(|l| l.items(cx))
}

/// Its entries, as `dict(…)` takes them; none where it is no mapping.
pub fn entries(f: &Arc<dyn Foreign>, cx: &Context) -> Option<Result<Vec<(Value, Value)>>> {
    let any = f.as_any();
    if !any.is::<Group>() && !any.is::<Attributes>() {
        return None;
    }
    Some((|| {
        let mut out = Vec::new();
        for key in iterate(f, cx).unwrap_or(Ok(Vec::new()))? {
            cx.check()?;
            let value = get_item(f, &key, cx).unwrap_or(Ok(Value::None))?;
            out.push((key, value));
        }
        Ok(out)
    })())
}

/// Its length; none where it is nothing of a file.
pub fn length(f: &Arc<dyn Foreign>, cx: &Context) -> Option<Result<usize>> {
    if let Some(d) = f.as_any().downcast_ref::<Dataset>() {
        return Some(d.facts().and_then(|facts| match facts.extent.dims().first() {
            Some(&n) => Ok(n as usize),
            None => Err(Error::type_error("Attempt to take len() of scalar dataset")),
        }));
    }
    iterate(f, cx).map(|items| items.map(|i| i.len()))
}

/// `item in it`; none where it has no names.
pub fn contains(f: &Arc<dyn Foreign>, item: &Value) -> Option<Result<bool>> {
    let any = f.as_any();
    if let Some(g) = any.downcast_ref::<Group>() {
        return Some(g.has(item));
    }
    if let Some(l) = any.downcast_ref::<Listing>()
        && l.what == "keys"
        && let Value::Foreign(of) = &l.of
    {
        return contains(of, item);
    }
    let a = any.downcast_ref::<Attributes>()?;
    let name = item.as_str().unwrap_or_default();
    Some(a.names().map(|n| n.iter().any(|n| n == name.as_bytes())))
}

/// `it[key]`; none where it is nothing of a file.
pub fn get_item(f: &Arc<dyn Foreign>, key: &Value, cx: &Context) -> Option<Result<Value>> {
    let any = f.as_any();
    if let Some(g) = any.downcast_ref::<Group>() {
        return Some(g.child(key));
    }
    if let Some(d) = any.downcast_ref::<Dataset>() {
        return Some((|| {
            if d.facts()?.extent == Extent::Null {
                return match key {
                    Value::Ellipsis => Ok(stored_values::empty(&d.facts()?.dtype)),
                    Value::Tuple(t) if t.is_empty() => Ok(stored_values::empty(&d.facts()?.dtype)),
                    _ => Err(Error::value("Empty datasets cannot be sliced")),
                };
            }
            index::get(&d.nd(cx)?, key, cx)
        })());
    }
    let a = any.downcast_ref::<Attributes>()?;
    Some((|| {
        let Some(name) = key.as_str() else {
            return Err(Error::type_error("attributes' names are str"));
        };
        a.get(name.as_bytes())?.ok_or_else(|| {
            Error::key(format!(
                "'{}' in the attributes of {}",
                crate::store::escape(name.as_bytes()),
                a.path
            ))
        })
    })())
}

const GROUP: &[&str] = &["close", "flush", "get", "items", "keys", "values", "visit", "visititems"];
const GROUP_WRITES: &[&str] = &[
    "clear",
    "copy",
    "create_dataset",
    "create_group",
    "move",
    "pop",
    "require_dataset",
    "require_group",
    "update",
];
const GROUP_PARTS: &[&str] = &["attrs", "file", "filename", "mode", "name", "parent"];
const DATASET: &[&str] = &["asstr", "astype", "fields", "iter_chunks", "len", "read_direct"];
const DATASET_WRITES: &[&str] = &["make_scale", "resize", "write_direct"];
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
const ATTRIBUTES_WRITES: &[&str] = &["clear", "create", "modify", "pop", "set", "update"];

/// Whether a name is a method of it.
pub fn is_method(f: &Arc<dyn Foreign>, name: &str) -> bool {
    let any = f.as_any();
    let lists: [&[&str]; 2] = if any.is::<Group>() {
        [GROUP, GROUP_WRITES]
    } else if any.is::<Dataset>() {
        [DATASET, DATASET_WRITES]
    } else if any.is::<Attributes>() {
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
        [GROUP, GROUP_PARTS].concat()
    } else if any.is::<Dataset>() {
        [DATASET, DATASET_PARTS].concat()
    } else if any.is::<Attributes>() {
        ATTRIBUTES.to_vec()
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
            return Some(Ok(foreign(Attributes { file: file.clone(), path: path.clone() })));
        }
        "attributes" if any.is::<Dataset>() => return part(f, "attrs", cx),
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
                let to = crate::numpy::convert::as_dtype(&g.value("dtype"))?;
                let array = d.whole(cx)?;
                let sized = crate::numpy::convert::sized(&to, &array, cx)?;
                Ok(Value::array(cast::cast(&array, &sized)?))
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
                iter_chunks(d, cx)
            }
            _ => Err(read_only()),
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
            if !contains(f, &key).unwrap_or(Ok(false))? {
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
            let Some(g) = any.downcast_ref::<Group>() else { return Err(read_only()) };
            let mut seen = Vec::new();
            visit(g, "", name == "visititems", &function, &mut seen, cx)
                .map(|v| v.unwrap_or(Value::None))
        }
        _ => Err(read_only()),
    }
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

fn iter_chunks(d: &Dataset, cx: &Context) -> Result<Value> {
    let facts = d.facts()?;
    let Layout::Chunked(chunk) = &facts.layout else {
        return Err(Error::type_error("Chunked dataset required"));
    };
    let dims = facts.extent.dims().to_vec();
    let chunk = chunk.clone();
    let mut at: Option<Vec<u64>> = (!dims.contains(&0)).then(|| vec![0; dims.len()]);
    let _ = cx;
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

/// The names that `h5py` and `ch5mpy` have here.
pub const MODULE: &[&str] = &["AttributeManager", "Dataset", "File", "Group", "H5Array"];

static FILE: Builtin = Builtin {
    name: "File",
    params: "name, mode='r'",
    help: "Opens an HDF5 file for reading.",
    run: |places, named, _| {
        let most = ["name", "mode", "driver", "libver", "locking", "swmr", "track_order"];
        let kept = named.into_iter().filter(|n| !most[2..].contains(&n.0.as_str())).collect();
        let g = Given::bind("File", "name mode?", places, kept)?;
        let name = g.text("name")?.unwrap_or_default();
        let mode = g.text("mode")?.unwrap_or_else(|| "r".into());
        let mode: H5Mode = mode
            .parse()
            .map_err(|_| Error::value("Invalid mode; must be one of r, r+, w, w-, x, a"))?;
        if mode.has_write_intent() {
            return Err(Error::os(format!(
                "{}: only the mode 'r' can be used here",
                crate::store::escape(name.as_bytes())
            )));
        }
        let file = File::open(&name, mode).map_err(|e| match e {
            StoreError::Io { path, why } => Error::os(format!("{path}: {why}")),
            other => other.into(),
        })?;
        Ok(file_value(&OpenFile::new(Arc::new(file))))
    },
};

static READ_OBJECT: Builtin = Builtin {
    name: "read_object",
    params: "data, error='raise', read_object=True",
    help: "Not yet there: objects as ch5mpy stores them.",
    run: |_, _, _| Err(Error::not_implemented("ch5mpy.read_object is not there yet")),
};

/// What `h5py` or `ch5mpy` has by this name.
pub fn module_part(name: &str, ch5mpy: bool) -> Option<Value> {
    let class = |n: &'static str| Some(Value::Type(Type::Named(n)));
    match name {
        "File" => Some(FILE.value()),
        "Group" => class("Group"),
        "Dataset" => class("Dataset"),
        "AttributeManager" => class("AttributeManager"),
        "H5Array" if ch5mpy => class("H5Array"),
        "read_object" | "H5Dict" | "H5List" | "write_object" | "write_objects" if ch5mpy => {
            Some(READ_OBJECT.value())
        }
        _ => None,
    }
}

/// Whether it is a group or a file.
pub fn is_group(f: &Arc<dyn Foreign>) -> bool {
    f.as_any().is::<Group>()
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
    if let Some(a) = f.as_any().downcast_ref::<Attributes>() {
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
