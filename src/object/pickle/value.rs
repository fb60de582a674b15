//! The tree that a pickle decodes to: Python's values without their behaviour.
//!
//! Shared parts of a pickle are shared `Arc`s, which is how [`encode`](mod@super::encode) knows
//! that two places hold one object. What objects of a class mean is in
//! [`classes`](super::classes), text in [`show`](super::show).

use std::fmt;
use std::sync::{Arc, LazyLock};

use num_bigint::BigInt;

use super::numpy::{ArrayData, DTypeData};

/// The strings of one Latin-1 character, then the empty one.
static TINY_STR: LazyLock<Vec<Arc<str>>> = LazyLock::new(|| {
    let one = (0..=255).map(|c: u8| Arc::from(char::from(c).to_string()));
    one.chain([Arc::from("")]).collect()
});

/// The bytes of length one, then the empty ones.
static TINY_BYTES: LazyLock<Vec<Arc<[u8]>>> =
    LazyLock::new(|| (0..=255).map(|byte: u8| Arc::from([byte])).chain([Arc::from([])]).collect());

/// A Python value.
#[derive(Clone, Debug, PartialEq)]
pub enum Py {
    /// `None`
    None,
    /// `...`
    Ellipsis,
    /// `NotImplemented`
    NotImplemented,
    /// `True` or `False`
    Bool(bool),
    /// An `int`.
    Int(BigInt),
    /// A `float`.
    Float(f64),
    /// A `complex`: its real and imaginary parts.
    Complex(f64, f64),
    /// A `str`; lone surrogates have become U+FFFD.
    Str(Arc<str>),
    /// `bytes`, also a Python 2 `str` that isn't UTF-8.
    Bytes(Arc<[u8]>),
    /// A `bytearray`.
    ByteArray(Arc<[u8]>),
    /// A `list`.
    List(Arc<Vec<Py>>),
    /// A `tuple`.
    Tuple(Arc<Vec<Py>>),
    /// A `dict` in its order. Keys that a pickle sets twice stand here twice.
    Dict(Arc<Vec<(Py, Py)>>),
    /// A `set` in the order it was written.
    Set(Arc<Vec<Py>>),
    /// A `frozenset` in the order it was written.
    FrozenSet(Arc<Vec<Py>>),
    /// A `slice`: start, stop, step.
    Slice(Arc<[Py; 3]>),
    /// A `range`: start, stop, step.
    Range(Arc<[Py; 3]>),
    /// A class, function or other global by its name.
    Class(Arc<ClassName>),
    /// An object of any other class.
    Object(Arc<Object>),
    /// A NumPy dtype.
    DType(Arc<DTypeData>),
    /// A NumPy array or scalar.
    Array(Arc<ArrayData>),
}

impl Py {
    /// An `int` from a machine integer.
    pub fn int(value: impl Into<BigInt>) -> Py {
        Py::Int(value.into())
    }

    /// A `str`. As in Python, equal ones of at most one Latin-1 character are one object.
    pub fn str(text: &str) -> Py {
        let mut chars = text.chars();
        let index = match (chars.next(), chars.next()) {
            (None, _) => Some(256),
            (Some(c), None) => usize::try_from(u32::from(c)).ok().filter(|c| *c < 256),
            _ => None,
        };
        let tiny = index.and_then(|index| TINY_STR.get(index));
        Py::Str(tiny.cloned().unwrap_or_else(|| Arc::from(text)))
    }

    /// `bytes`. As in Python, equal ones of at most one byte are one object.
    pub fn bytes(bytes: &[u8]) -> Py {
        let tiny = match bytes {
            [] => TINY_BYTES.get(256),
            [byte] => TINY_BYTES.get(usize::from(*byte)),
            _ => None,
        };
        Py::Bytes(tiny.cloned().unwrap_or_else(|| Arc::from(bytes)))
    }

    /// A `list`.
    pub fn list(items: Vec<Py>) -> Py {
        Py::List(Arc::new(items))
    }

    /// A `tuple`.
    pub fn tuple(items: Vec<Py>) -> Py {
        Py::Tuple(Arc::new(items))
    }

    /// A `dict`.
    pub fn dict(entries: Vec<(Py, Py)>) -> Py {
        Py::Dict(Arc::new(entries))
    }

    /// The text of a `str`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Py::Str(text) => Some(text),
            _ => None,
        }
    }

    /// An `int` (or `bool`) that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Py::Int(value) => i64::try_from(value).ok(),
            Py::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// The items of a `tuple`.
    pub fn as_tuple(&self) -> Option<&[Py]> {
        match self {
            Py::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The bytes of `bytes`, or of a Python 2 `str` that was read as text.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Py::Bytes(bytes) => Some(bytes),
            Py::Str(text) => Some(text.as_bytes()),
            _ => None,
        }
    }
}

/// A class or function by the module it is found in and its name there, dots for nested ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClassName {
    /// `datetime`, `numpy.ma.core`
    pub module: Arc<str>,
    /// `date`, `Outer.Inner`
    pub qualname: Arc<str>,
}

impl ClassName {
    /// The name of a class.
    pub fn new(module: &str, qualname: &str) -> Self {
        ClassName { module: Arc::from(module), qualname: Arc::from(qualname) }
    }

    /// Whether it is this one.
    pub fn is(&self, module: &str, qualname: &str) -> bool {
        &*self.module == module && &*self.qualname == qualname
    }

    /// The name as `repr` writes it: without `builtins`.
    pub fn full(&self) -> String {
        if &*self.module == "builtins" { self.qualname.to_string() } else { self.to_string() }
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.qualname)
    }
}

/// An object of a class that is not taken apart: what Python would have done to make it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its class, or the function that makes it; `object` if that is neither.
    pub class: ClassName,
    /// How it comes to be.
    pub made: Made,
    /// What its `__dict__` is filled from, or `__setstate__` is given.
    pub state: Option<Py>,
    /// The function that applies the state, in place of `__setstate__`.
    pub setter: Option<Py>,
    /// What is appended to it: the items of a deque or of a subclass of `list`.
    pub items: Vec<Py>,
    /// What is set in it: the items of an OrderedDict or of a subclass of `dict`.
    pub entries: Vec<(Py, Py)>,
    /// What is added to it, by ADDITEMS.
    pub members: Vec<Py>,
}

/// How an object comes to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// `class(*args)`
    Reduce(Arc<Vec<Py>>),
    /// `class.__new__(class, *args, **kwargs)`
    New {
        /// Positional arguments.
        args: Arc<Vec<Py>>,
        /// Keyword arguments, if it was written with them.
        kwargs: Option<Arc<Vec<(Py, Py)>>>,
    },
    /// `callable(*args)` of something that isn't a global; a method of a class, for instance.
    Call {
        /// What is called.
        callable: Py,
        /// Positional arguments.
        args: Arc<Vec<Py>>,
    },
}

impl Object {
    /// An object without state or items.
    pub fn bare(class: ClassName, made: Made) -> Self {
        Object {
            class,
            made,
            state: None,
            setter: None,
            items: Vec::new(),
            entries: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Its positional arguments.
    pub fn args(&self) -> &[Py] {
        match &self.made {
            Made::Reduce(args) | Made::New { args, .. } | Made::Call { args, .. } => args,
        }
    }

    /// Whether it is nothing but a call: no state, nothing put into it.
    pub fn is_bare(&self) -> bool {
        self.state.is_none() && self.is_empty()
    }

    /// Whether nothing is put into it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.entries.is_empty() && self.members.is_empty()
    }
}
