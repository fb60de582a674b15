//! What the modules `h5py` and `ch5mpy` have: files, links, objects stored and read, arrays
//! created on a file, options.

use std::any::Any;
use std::sync::Arc;

use super::attributes::foreign;
use super::calls::Builtin;
use super::given::Given;
use super::h5::{Group, adopt, file_value, given_up, place};
use super::h5_storing::storing_of;
use super::h5_write::shape_of;
use super::iter::collect;
use crate::array::{Context, Error, Result};
use crate::numpy::value::Type;
use crate::numpy::{Foreign, Value, convert, registry};
use crate::object::options::{self, ErrorMode, Options, Scoped};
use crate::object::plan::check_name;
use crate::object::read::read_with;
use crate::object::{
    Chunks, DType, H5Dict, H5List, OpenFile, Place, Storing, create, frames, write, write_object,
};
use crate::store::{File, H5Mode, StoreError};

/// The names that `h5py` and `ch5mpy` have here.
pub const MODULE: &[&str] = &[
    "AttributeManager",
    "Dataset",
    "ExternalLink",
    "File",
    "Group",
    "H5Array",
    "HardLink",
    "SoftLink",
];

/// Functions of both modules; the last of each: whether it is ch5mpy's alone.
static FUNCTIONS: &[(&Builtin, bool)] = &[
    (&FILE, false),
    (&SOFT_LINK, false),
    (&HARD_LINK, false),
    (&EXTERNAL_LINK, false),
    (&WRITE_OBJECT, true),
    (&WRITE_OBJECTS, true),
    (&WRITE_DATASET, true),
    (&WRITE_DATASETS, true),
    (&READ_OBJECT, true),
    (&READ_TABLE, true),
    (&H5DICT, true),
    (&ZEROS, true),
    (&ONES, true),
    (&EMPTY, true),
    (&FULL, true),
    (&SET_OPTIONS, true),
    (&OPTIONS, true),
];

/// The names of a module.
pub fn names(ch5mpy: bool) -> Vec<String> {
    let functions = FUNCTIONS.iter().filter(|(_, own)| ch5mpy || !own).map(|(b, _)| b.name);
    let classes = MODULE.iter().copied().filter(|n| ch5mpy || *n != "H5Array");
    let mut names: Vec<String> = functions.chain(classes).map(str::to_string).collect();
    if ch5mpy {
        names.push("H5List".into());
    }
    names.sort();
    names.dedup();
    names
}

/// What `h5py` or `ch5mpy` has by this name.
pub fn part(name: &str, ch5mpy: bool) -> Option<Value> {
    let found = FUNCTIONS.iter().find(|(b, own)| b.name == name && (ch5mpy || !own));
    if let Some((function, _)) = found {
        return Some(function.value());
    }
    match name {
        "H5List" if ch5mpy => Some(foreign(ListClass)),
        "H5Array" if !ch5mpy => None,
        _ => MODULE.iter().find(|n| **n == name).map(|n| Value::Type(Type::Named(n))),
    }
}

static FILE: Builtin = Builtin {
    name: "File",
    params: "name, mode='r'",
    help: "Opens an HDF5 file: r, r+, w, w- or a.",
    run: |places, named, _| {
        let known = ["name", "mode", "driver", "libver", "locking", "swmr", "track_order"];
        let kept = named.into_iter().filter(|n| !known[2..].contains(&n.0.as_str())).collect();
        let g = Given::bind("File", "name mode?", places, kept)?;
        let name = g.text("name")?.unwrap_or_default();
        let mode = g.text("mode")?.unwrap_or_else(|| "r".into());
        let mode: H5Mode = mode
            .parse()
            .map_err(|_| Error::value("Invalid mode; must be one of r, r+, w, w-, x, a"))?;
        let file = File::open(&name, mode).map_err(|e| match e {
            StoreError::Io { path, why } => Error::os(format!("{path}: {why}")),
            other => other.into(),
        })?;
        Ok(file_value(&OpenFile::new(Arc::new(file))))
    },
};

/// A link to be made by assigning it.
enum Link {
    Soft(String),
    Hard(String),
    External(String, String),
}

impl Foreign for Link {
    fn type_name(&self) -> String {
        match self {
            Link::Soft(_) => "SoftLink".into(),
            Link::Hard(_) => "HardLink".into(),
            Link::External(..) => "ExternalLink".into(),
        }
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(match self {
            Link::Soft(path) => format!("<SoftLink to \"{path}\">"),
            Link::Hard(path) => format!("<HardLink to \"{path}\">"),
            Link::External(file, path) => {
                format!("<ExternalLink to \"{path}\" in file \"{file}\">")
            }
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Makes a link, where that is what is assigned.
pub(super) fn link(to: &Place, name: &str, value: &Value) -> Option<Result<()>> {
    let Value::Foreign(f) = value else { return None };
    let link = f.as_any().downcast_ref::<Link>()?;
    let path = to.join(name).path;
    Some(to.file.change(|c| {
        let made = match link {
            Link::Soft(target) => c.link_soft(&path, target.as_bytes()),
            Link::Hard(target) => c.link_hard(&path, &to.path.resolve(target.as_bytes())),
            Link::External(file, target) => {
                c.link_external(&path, file.as_bytes(), target.as_bytes())
            }
        };
        Ok(made?)
    }))
}

static SOFT_LINK: Builtin = Builtin {
    name: "SoftLink",
    params: "path",
    help: "A soft link, made by f['name'] = h5py.SoftLink('/path').",
    run: |places, named, _| {
        let g = Given::bind("SoftLink", "path", places, named)?;
        Ok(foreign(Link::Soft(g.text("path")?.unwrap_or_default())))
    },
};

static HARD_LINK: Builtin = Builtin {
    name: "HardLink",
    params: "path",
    help: "Another name for an object, made by f['name'] = h5py.HardLink('/path').",
    run: |places, named, _| {
        let g = Given::bind("HardLink", "path", places, named)?;
        Ok(foreign(Link::Hard(g.text("path")?.unwrap_or_default())))
    },
};

static EXTERNAL_LINK: Builtin = Builtin {
    name: "ExternalLink",
    params: "filename, path",
    help: "A link into another file, made by assigning it.",
    run: |places, named, _| {
        let g = Given::bind("ExternalLink", "filename path", places, named)?;
        let text = |n| Ok::<_, Error>(g.text(n)?.unwrap_or_default());
        Ok(foreign(Link::External(text("filename")?, text("path")?)))
    },
};

/// The group that an argument is: a file, a group, an H5Dict.
fn group_of(value: &Value) -> Result<Place> {
    let wrong = || {
        Error::type_error(format!("expected a File, Group or H5Dict, not {}", value.type_name()))
    };
    let Value::Foreign(f) = value else { return Err(wrong()) };
    let is_group = f.as_any().is::<Group>() || f.as_any().is::<H5Dict>();
    match place(f).filter(|_| is_group) {
        Some((file, path)) => Ok(Place { file: file.clone(), path: path.clone() }),
        None => Err(wrong()),
    }
}

const STORING: &str = "/ obj loc name | chunks? maxshape? overwrite? progress?";

/// Stores one object: as it is, or as an array.
fn written(
    function: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    as_stored: fn(Value, &Context) -> Result<Value>,
    cx: &Context,
) -> Result<Value> {
    let g = Given::bind(function, STORING, places, named)?;
    let to = group_of(&g.value("loc"))?;
    let name = g.text("name")?.unwrap_or_default();
    let storing = storing_of(&g, cx)?;
    let at = write_object(as_stored(g.value("obj"), cx)?, &to, &name, &storing, cx)?;
    read_with(&at, options::error_mode(), cx).map(adopt)
}

/// Stores several objects in a group.
fn all_written(
    function: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    as_stored: fn(Value, &Context) -> Result<Value>,
    cx: &Context,
) -> Result<Value> {
    let g = Given::bind(function, "loc", places, Vec::new())?;
    let to = group_of(&g.value("loc"))?;
    let stored = |(name, value)| Ok((name, as_stored(value, cx)?));
    let values: Result<Vec<_>> = named.into_iter().map(stored).collect();
    write::write_objects(values?, &to, &Storing::default(), cx)?;
    Ok(Value::None)
}

fn as_it_is(value: Value, _: &Context) -> Result<Value> {
    Ok(given_up(value))
}

fn as_array(value: Value, cx: &Context) -> Result<Value> {
    Ok(Value::array(convert::as_array(&given_up(value), cx)?))
}

static WRITE_OBJECT: Builtin = Builtin {
    name: "write_object",
    params: "obj, loc, name, *, chunks=True, maxshape=None, overwrite=False",
    help: "Stores any object under a name of a group; returns it as it is read.",
    run: |places, named, cx| written("write_object", places, named, as_it_is, cx),
};

static WRITE_OBJECTS: Builtin = Builtin {
    name: "write_objects",
    params: "loc, **objects",
    help: "Stores several objects in a group.",
    run: |places, named, cx| all_written("write_objects", places, named, as_it_is, cx),
};

static WRITE_DATASET: Builtin = Builtin {
    name: "write_dataset",
    params: "obj, loc, name, *, chunks=True, maxshape=None",
    help: "Stores what is array-like as a dataset.",
    run: |places, named, cx| written("write_dataset", places, named, as_array, cx),
};

static WRITE_DATASETS: Builtin = Builtin {
    name: "write_datasets",
    params: "loc, **objects",
    help: "Stores several arrays in a group.",
    run: |places, named, cx| all_written("write_datasets", places, named, as_array, cx),
};

static READ_OBJECT: Builtin = Builtin {
    name: "read_object",
    params: "data, error='raise', read_object=True",
    help: "What an object of a file is: a value, a dict, a list, an array.",
    run: |places, named, cx| {
        let g = Given::bind("read_object", "data error? read_object?", places, named)?;
        let data = g.value("data");
        let mode = match g.text("error")? {
            Some(text) => text.parse()?,
            None => ErrorMode::Ignore,
        };
        let Value::Foreign(f) = &data else { return Ok(data) };
        let Some((file, path)) = place(f) else { return Ok(data) };
        let at = Place { file: file.clone(), path: path.clone() };
        if g.get("read_object").is_some_and(|v| matches!(v, Value::Bool(false)))
            && (f.as_any().is::<Group>() || f.as_any().is::<H5Dict>())
        {
            return Ok(H5Dict::at(at).into());
        }
        read_with(&at, mode, cx).map(adopt)
    },
};

static READ_TABLE: Builtin = Builtin {
    name: "read_table",
    params: "group",
    help: "A data frame, series or categorical column of AnnData's or pandas', as an array.",
    run: |places, named, cx| {
        let g = Given::bind("read_table", "group", places, named)?;
        let at = group_of(&g.value("group"))?;
        Ok(Value::array(frames::read(&at, cx)?))
    },
};

static H5DICT: Builtin = Builtin {
    name: "H5Dict",
    params: "group",
    help: "A file or group as a dict.",
    run: |places, named, _| {
        let g = Given::bind("H5Dict", "group annotation?", places, named)?;
        let dict = H5Dict::at(group_of(&g.value("group"))?);
        Ok(match g.text("annotation")? {
            Some(note) => dict.annotated(note).into(),
            None => dict.into(),
        })
    },
};

/// The class H5List: `H5List.write(items, group, name)`, `H5List(group)`.
struct ListClass;

impl Foreign for ListClass {
    fn type_name(&self) -> String {
        "type".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok("<class 'ch5mpy.H5List'>".into())
    }

    fn call(&self, places: Vec<Value>, named: Vec<(String, Value)>, _: &Context) -> Result<Value> {
        let g = Given::bind("H5List", "group", places, named)?;
        match g.value("group") {
            Value::Foreign(f) => match place(&f) {
                Some((file, path)) => {
                    let at = Place { file: file.clone(), path: path.clone() };
                    Ok(H5List::open(at)?.into())
                }
                None => Err(Error::type_error("H5List() takes an object of a file")),
            },
            _ => Err(Error::type_error("H5List() takes an object of a file")),
        }
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

static LIST_WRITE: Builtin = Builtin {
    name: "write",
    params: "lst, file, name",
    help: "Stores a list as an H5List, whatever is in it.",
    run: |places, named, cx| {
        let g = Given::bind("write", "lst file name", places, named)?;
        let items = collect(&g.value("lst"), cx)?.into_iter().map(given_up).collect();
        let name = g.text("name")?.unwrap_or_default();
        Ok(H5List::create(&group_of(&g.value("file"))?, &name, items, cx)?.into())
    },
};

static LIST_READ: Builtin = Builtin {
    name: "read",
    params: "file, name",
    help: "The H5List of a name.",
    run: |places, named, _| {
        let g = Given::bind("read", "file name mode?", places, named)?;
        let name = g.text("name")?.unwrap_or_default();
        Ok(H5Dict::at(group_of(&g.value("file"))?).list(&name)?.into())
    },
};

/// What a class here has by this name.
pub(super) fn class_part(f: &Arc<dyn Foreign>, name: &str) -> Option<Value> {
    f.as_any().downcast_ref::<ListClass>()?;
    match name {
        "write" => Some(LIST_WRITE.value()),
        "read" => Some(LIST_READ.value()),
        "__name__" => Some(Value::str("H5List")),
        _ => None,
    }
}

/// An array created on a file where a group is given, else NumPy's.
fn created(
    name: &'static str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let first = usize::from(name == "full") + 1;
    let on_file = places.get(first).is_some_and(|v| group_of(v).is_ok())
        || named.iter().any(|(n, _)| n == "loc");
    if !on_file {
        let Some(function) = registry::find(name) else {
            return Err(Error::attribute(format!("module 'numpy' has no attribute '{name}'")));
        };
        return registry::call(function, places, named, cx);
    }
    let spec = match name {
        "full" => "/ shape fill_value loc name | dtype? chunks? maxshape? compression? shuffle?",
        _ => "/ shape loc name | dtype? chunks? maxshape? compression? shuffle?",
    };
    let g = Given::bind(name, spec, places, named)?;
    let shape = shape_of(&g.value("shape"))?;
    let to = group_of(&g.value("loc"))?;
    let at = g.text("name")?.unwrap_or_default();
    check_name(&at)?;
    let dtype = g.some("dtype").map_or(Ok(DType::Float64), convert::as_dtype)?;
    let mut storing = storing_of(&g, cx)?;
    if storing.chunks.is_none() && g.get("maxshape").is_none() {
        (storing.chunks, storing.maxshape) = (Some(Chunks::Auto), None);
    }
    let made = match name {
        "zeros" => create::zeros(&shape, &to, &at, &dtype, &storing, cx)?,
        "ones" => create::ones(&shape, &to, &at, &dtype, &storing, cx)?,
        "full" => create::full(&shape, g.value("fill_value"), &to, &at, &dtype, &storing, cx)?,
        _ => create::empty(&shape, &to, &at, &dtype, &storing, cx)?,
    };
    Ok(adopt(made.into()))
}

const ON_FILE: &str = "shape, loc, name, *, dtype=float64, chunks=True, maxshape=None";

static ZEROS: Builtin = Builtin {
    name: "zeros",
    params: ON_FILE,
    help: "Zeros on a file: nothing is allocated.",
    run: |places, named, cx| created("zeros", places, named, cx),
};

static ONES: Builtin = Builtin {
    name: "ones",
    params: ON_FILE,
    help: "Ones on a file: nothing is allocated.",
    run: |places, named, cx| created("ones", places, named, cx),
};

static EMPTY: Builtin = Builtin {
    name: "empty",
    params: ON_FILE,
    help: "An array on a file: nothing is allocated.",
    run: |places, named, cx| created("empty", places, named, cx),
};

static FULL: Builtin = Builtin {
    name: "full",
    params: "shape, fill_value, loc, name, *, dtype=float64, chunks=True, maxshape=None",
    help: "An array of one value on a file: nothing is allocated.",
    run: |places, named, cx| created("full", places, named, cx),
};

fn options_of(
    function: &str,
    places: Vec<Value>,
    named: Vec<(String, Value)>,
    set: impl FnOnce(Options) -> Result<Value>,
) -> Result<Value> {
    let spec = "error_mode? max_memory_usage? max_memory?";
    let g = Given::bind(function, spec, places, named)?;
    let size = |name: &str| -> Option<String> {
        g.some(name).map(|v| {
            v.as_str().unwrap_or_else(|| match v {
                Value::Int(n) => n.to_string(),
                other => other.type_name(),
            })
        })
    };
    let mode = match g.some("error_mode") {
        Some(v) => Some(v.as_str().unwrap_or_default().parse()?),
        None => None,
    };
    let (usage, memory) = (size("max_memory_usage"), size("max_memory"));
    set(Options {
        error_mode: mode,
        max_memory_usage: usage.as_deref(),
        max_memory: memory.as_deref(),
    })
}

static SET_OPTIONS: Builtin = Builtin {
    name: "set_options",
    params: "error_mode=None, max_memory_usage=None",
    help: "Sets the memory limit ('64M') and what unreadable objects do.",
    run: |places, named, _| {
        options_of("set_options", places, named, |o| options::set_options(o).map(|()| Value::None))
    },
};

/// Options of a `with`.
pub(super) struct OptionsScope(parking_lot::Mutex<Option<Scoped>>);

impl OptionsScope {
    /// Ends it: the options are what they were.
    pub(super) fn leave(&self) {
        drop(self.0.lock().take());
    }
}

impl Foreign for OptionsScope {
    fn type_name(&self) -> String {
        "options".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok("<ch5mpy.options>".into())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

static OPTIONS: Builtin = Builtin {
    name: "options",
    params: "error_mode=None, max_memory_usage=None",
    help: "Options for the lines of a with.",
    run: |places, named, _| {
        options_of("options", places, named, |o| {
            Ok(foreign(OptionsScope(parking_lot::Mutex::new(Some(options::scoped(o)?)))))
        })
    },
};
