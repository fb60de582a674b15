//! Modules as values: `np` and what is below it, `ch5mpy`, `h5py`; and the names of the session.

use std::any::Any;
use std::sync::Arc;

use super::attributes::foreign;
use super::calls::Builtin;
use super::given::Given;
use super::h5_module;
use super::scope::Globals;
use super::{grids, h5, types};
use crate::array::error::Kind;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::registry::{find, functions, is_module};
use crate::numpy::value::Type;
use crate::numpy::{Foreign, Value};

/// A module.
pub struct Module {
    /// Its name below its root: `linalg` of `numpy.linalg`.
    path: String,
    root: Root,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    Numpy,
    H5py,
    Ch5mpy,
}

/// Modules below `np` that need not have functions.
const BELOW: &[&str] = &[
    "char",
    "core",
    "core.defchararray",
    "core.records",
    "dtypes",
    "exceptions",
    "lib",
    "lib.stride_tricks",
    "linalg",
    "rec",
    "strings",
    "typing",
];

const CONSTANTS: &[(&str, f64)] = &[
    ("e", std::f64::consts::E),
    ("euler_gamma", 0.577_215_664_901_532_9),
    ("inf", f64::INFINITY),
    ("nan", f64::NAN),
    ("pi", std::f64::consts::PI),
];

/// Names of dtypes' classes below `np`.
const SCALARS: &[&str] = &[
    "bool",
    "bool_",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "str_",
    "bytes_",
    "void",
    "datetime64",
    "timedelta64",
    "object_",
    "int_",
    "intp",
    "intc",
    "uint",
    "uintp",
    "uintc",
    "byte",
    "ubyte",
    "short",
    "ushort",
    "long",
    "ulong",
    "longlong",
    "ulonglong",
    "half",
    "single",
    "double",
    "csingle",
    "cdouble",
];

/// Other classes below `np`.
const CLASSES: &[&str] =
    &["ndarray", "matrix", "recarray", "chararray", "dtype", "ufunc", "flatiter"];

impl Module {
    fn value(root: Root, path: &str) -> Value {
        foreign(Module { path: path.into(), root })
    }

    /// Its full name.
    pub fn name(&self) -> String {
        let root = match self.root {
            Root::Numpy => "numpy",
            Root::H5py => "h5py",
            Root::Ch5mpy => "ch5mpy",
        };
        match self.path.is_empty() {
            true => root.into(),
            false => format!("{root}.{}", self.path),
        }
    }

    /// What it has by this name.
    pub fn get(&self, name: &str) -> Option<Value> {
        match self.root {
            Root::Numpy => self.numpy(name),
            Root::H5py | Root::Ch5mpy => h5_module::part(name, self.root == Root::Ch5mpy),
        }
    }

    fn numpy(&self, name: &str) -> Option<Value> {
        let full = match self.path.is_empty() {
            true => name.to_string(),
            false => format!("{}.{name}", self.path),
        };
        if self.path.is_empty()
            && let Some(v) = top(name)
        {
            return Some(v);
        }
        if let Some(f) = find(&full) {
            return Some(Value::Function(f));
        }
        // the same functions under the names that NumPy 1 had
        let older = full
            .strip_prefix("core.records.")
            .map(|n| format!("rec.{n}"))
            .or_else(|| full.strip_prefix("core.defchararray.").map(|n| format!("char.{n}")))
            .or_else(|| full.strip_prefix("strings.").map(|n| format!("char.{n}")))
            .or_else(|| full.strip_prefix("core.").map(str::to_string));
        if let Some(f) = older.and_then(|n| find(&n)) {
            return Some(Value::Function(f));
        }
        match full.as_str() {
            "exceptions.AxisError" | "linalg.LinAlgError" => {
                return types::named("ValueError").map(|n| Value::Type(Type::Named(n)));
            }
            "rec.recarray" | "core.records.recarray" => {
                return Some(Value::Type(Type::Named("recarray")));
            }
            "char.chararray" | "core.defchararray.chararray" => {
                return Some(Value::Type(Type::Named("chararray")));
            }
            _ => {}
        }
        (BELOW.contains(&full.as_str()) || is_module(&full))
            .then(|| Module::value(Root::Numpy, &full))
    }

    /// The names that it has.
    pub fn names(&self) -> Vec<String> {
        if self.root != Root::Numpy {
            return h5_module::names(self.root == Root::Ch5mpy);
        }
        let prefix = match self.path.is_empty() {
            true => String::new(),
            false => format!("{}.", self.path),
        };
        let mut out: Vec<String> = Vec::new();
        for f in functions() {
            for name in f.names {
                if let Some(rest) = name.strip_prefix(prefix.as_str()) {
                    out.push(rest.split('.').next().unwrap_or(rest).to_string());
                }
            }
        }
        if self.path.is_empty() {
            out.extend(CONSTANTS.iter().map(|c| c.0.to_string()));
            let further = ["newaxis", "finfo", "iinfo"];
            let lists = SCALARS.iter().chain(CLASSES).chain(grids::NAMES).chain(&further);
            out.extend(lists.map(|n| n.to_string()));
            out.extend(types::ABSTRACT.iter().map(|a| a.0.to_string()));
            out.extend(BELOW.iter().filter(|b| !b.contains('.')).map(|b| b.to_string()));
        }
        out.sort();
        out.dedup();
        out
    }
}

/// What `np` itself has beside functions.
fn top(name: &str) -> Option<Value> {
    if let Some(c) = CONSTANTS.iter().find(|c| c.0 == name) {
        return Some(Value::Float(c.1));
    }
    if SCALARS.contains(&name) {
        let dtype = DType::parse(name).ok()?;
        return Some(Value::Type(types::scalar(&dtype)));
    }
    if let Some(c) = CLASSES.iter().find(|c| **c == name) {
        return Some(Value::Type(Type::Named(c)));
    }
    if let Some(a) = types::ABSTRACT.iter().find(|a| a.0 == name) {
        return Some(Value::Type(Type::Named(a.0)));
    }
    match name {
        "newaxis" => Some(Value::None),
        "True_" => Some(Value::result(crate::numpy::nd::number(DType::Bool, 1u8))),
        "False_" => Some(Value::result(crate::numpy::nd::number(DType::Bool, 0u8))),
        "__version__" => Some(Value::str("2.3.5")),
        "finfo" => Some(FINFO.value()),
        "iinfo" => Some(IINFO.value()),
        "errstate" => Some(ERRSTATE.value()),
        _ => grids::named(name),
    }
}

impl Foreign for Module {
    fn type_name(&self) -> String {
        "module".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(format!("<module '{}'>", self.name()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The module that an import names.
///
/// # Errors
/// ModuleNotFoundError.
pub fn import(name: &str) -> Result<Value> {
    let none = || Error::new(Kind::ModuleNotFoundError, format!("No module named '{name}'"));
    let (root, rest) = name.split_once('.').unwrap_or((name, ""));
    let root = match root {
        "numpy" => Root::Numpy,
        "h5py" => Root::H5py,
        "ch5mpy" => Root::Ch5mpy,
        _ => return Err(none()),
    };
    let mut value = Module::value(root, "");
    for part in rest.split('.').filter(|p| !p.is_empty()) {
        value = match &value {
            Value::Foreign(f) => {
                f.as_any().downcast_ref::<Module>().and_then(|m| m.get(part)).ok_or_else(none)?
            }
            _ => return Err(none()),
        };
    }
    Ok(value)
}

/// The names that a session has by itself.
pub const SPECIAL: &[&str] = &["f", "here", "files", "marked", "sel", "np", "ch5mpy", "h5py"];

/// The value of a name that the session has by itself.
///
/// # Errors
/// NameError for `f` and `here` where no file is open.
pub fn special(globals: &Globals, name: &str) -> Result<Option<Value>> {
    Ok(Some(match name {
        "np" => Module::value(Root::Numpy, ""),
        "h5py" => Module::value(Root::H5py, ""),
        "ch5mpy" => Module::value(Root::Ch5mpy, ""),
        "f" => {
            let files = globals.files.lock();
            let at = globals.here.lock().as_ref().map_or(0, |h| h.0);
            match files.get(at) {
                Some(file) => h5::file_value(file),
                None => return Err(Error::name("name 'f' is not defined: no file is open")),
            }
        }
        "here" => {
            let here = globals.here.lock().clone();
            let files = globals.files.lock();
            match here.and_then(|(i, path)| files.get(i).map(|f| (f.clone(), path))) {
                Some((file, path)) => {
                    drop(files);
                    h5::open_path(&file, &path)?
                }
                None => match files.first() {
                    Some(file) => h5::file_value(file),
                    None => return Err(Error::name("name 'here' is not defined: no file is open")),
                },
            }
        }
        "marked" => {
            let files = globals.files.lock().clone();
            let marked = globals.marked.lock().clone();
            let object = |(i, path): &(usize, crate::store::ObjectPath)| {
                let file = files.get(*i).ok_or_else(|| Error::name("its file is not open"))?;
                h5::open_path(file, path)
            };
            Value::list(marked.iter().map(object).collect::<Result<_>>()?)
        }
        "files" => Value::list(globals.files.lock().iter().map(h5::file_value).collect()),
        _ => return Ok(None),
    }))
}

/// What a thing of this room gives for a subscript; none for what takes none.
pub fn subscript(f: &Arc<dyn Foreign>, key: &Value, cx: &Context) -> Option<Result<Value>> {
    grids::subscript(f, key, cx)
}

static FINFO: Builtin = Builtin {
    name: "finfo",
    params: "dtype, /",
    help: "The limits of a floating-point dtype.",
    run: |places, named, _| {
        let g = Given::bind("finfo", "dtype |", places, named)?;
        let d = limits_of(&g.value("dtype"))?.real();
        match d {
            DType::Float16 | DType::Float32 | DType::Float64 => Ok(foreign(Limits(d))),
            d => Err(Error::value(format!("data type {} not inexact", d.described()))),
        }
    },
};

static IINFO: Builtin = Builtin {
    name: "iinfo",
    params: "int_type, /",
    help: "The limits of an integer dtype.",
    run: |places, named, _| {
        let g = Given::bind("iinfo", "int_type |", places, named)?;
        let d = limits_of(&g.value("int_type"))?;
        match d.is_integer() {
            true => Ok(foreign(Limits(d))),
            false => {
                Err(Error::value(format!("Invalid integer data type '{}'.", d.kind().letter())))
            }
        }
    },
};

static ERRSTATE: Builtin = Builtin {
    name: "errstate",
    params: "**kwargs",
    help: "Accepted around pasted lines; warnings are told as ever.",
    run: |_, _, _| Ok(Value::None),
};

/// The dtype of a type, a name, or a value.
fn limits_of(value: &Value) -> Result<DType> {
    match value {
        Value::Array(nd) => nd.dtype(),
        Value::Int(_) => Ok(DType::Int64),
        Value::Float(_) => Ok(DType::Float64),
        Value::Complex(..) => Ok(DType::Complex128),
        other => crate::numpy::convert::as_dtype(other),
    }
}

/// `np.finfo(…)` and `np.iinfo(…)`.
struct Limits(DType);

impl Foreign for Limits {
    fn type_name(&self) -> String {
        if self.0.is_integer() { "iinfo".into() } else { "finfo".into() }
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        let show = |name: &str| -> Result<String> {
            let v = limit(&self.0, name)
                .ok_or_else(|| Error::attribute(format!("no attribute '{name}'")))?;
            crate::numpy::show::str_of(&v, cx)
        };
        Ok(match self.0.is_integer() {
            true => format!("iinfo(min={}, max={}, dtype={})", show("min")?, show("max")?, self.0),
            false => format!(
                "finfo(resolution={}, min={}, max={}, dtype={})",
                show("resolution")?,
                show("min")?,
                show("max")?,
                self.0
            ),
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What `finfo` and `iinfo` objects have; none for other things.
pub fn limit_part(f: &Arc<dyn Foreign>, name: &str) -> Option<Value> {
    limit(&f.as_any().downcast_ref::<Limits>()?.0, name)
}

fn limit(d: &DType, name: &str) -> Option<Value> {
    let bits = 8 * d.size() as i64;
    if d.is_integer() {
        let signed = d.kind() == crate::array::dtype::Kind::Signed;
        let one = num_bigint::BigInt::from(1);
        return Some(match name {
            "min" if signed => Value::Int(-(one << (bits - 1) as u64)),
            "min" => Value::int(0),
            "max" => Value::Int((one << (bits - i64::from(signed)) as u64) - 1),
            "bits" => Value::int(bits),
            "kind" => Value::str(if signed { "i" } else { "u" }),
            "dtype" => Value::DType(d.clone()),
            _ => return None,
        });
    }
    // bits of the mantissa and of the exponent
    let (nmant, iexp) = match d {
        DType::Float16 => (10i64, 5i64),
        DType::Float32 => (23, 8),
        _ => (52, 11),
    };
    let maxexp = 1i64 << (iexp - 1);
    let float = |x: f64| {
        let number = crate::numpy::nd::number(DType::Float64, x);
        crate::array::cast::cast(&number, d).ok().map(Value::result)
    };
    let power = |n: i64| 2f64.powi(n as i32);
    match name {
        "bits" => Some(Value::int(bits)),
        "nmant" => Some(Value::int(nmant)),
        "nexp" | "iexp" => Some(Value::int(iexp)),
        "maxexp" => Some(Value::int(maxexp)),
        "minexp" => Some(Value::int(2 - maxexp)),
        "machep" => Some(Value::int(-nmant)),
        "negep" => Some(Value::int(-nmant - 1)),
        "precision" => Some(Value::int((nmant as f64 * 2f64.log10()).floor() as i64)),
        "dtype" => Some(Value::DType(d.clone())),
        "eps" => float(power(-nmant)),
        "epsneg" => float(power(-nmant - 1)),
        "resolution" => float(10f64.powi(-((nmant as f64 * 2f64.log10()).floor() as i32))),
        "max" => float((2.0 - power(-nmant)) * power(maxexp - 1)),
        "min" => float(-(2.0 - power(-nmant)) * power(maxexp - 1)),
        "tiny" | "smallest_normal" => float(power(2 - maxexp)),
        "smallest_subnormal" => float(match d {
            DType::Float64 => f64::from_bits(1),
            _ => power(2 - maxexp - nmant),
        }),
        _ => None,
    }
}
