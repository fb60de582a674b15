//! What can go wrong in computing, under the names that Python and NumPy give it.

use std::fmt;

/// Python's and NumPy's classes of exceptions, as far as expressions meet them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    NameError,
    ZeroDivisionError,
    OverflowError,
    AxisError,
    LinAlgError,
    UFuncTypeError,
    DTypePromotionError,
    NotImplementedError,
    AssertionError,
    SyntaxError,
    StopIteration,
    RuntimeError,
    RecursionError,
    UnicodeError,
    UnicodeEncodeError,
    UnicodeDecodeError,
    LookupError,
    ImportError,
    ModuleNotFoundError,
    MemoryError,
    OSError,
    FileNotFoundError,
    BufferError,
    PermissionError,
    /// Not an error of the expression: the user stopped it.
    KeyboardInterrupt,
}

impl Kind {
    /// The name that stands before the colon.
    pub fn name(self) -> &'static str {
        use Kind::*;
        match self {
            ValueError => "ValueError",
            TypeError => "TypeError",
            IndexError => "IndexError",
            KeyError => "KeyError",
            AttributeError => "AttributeError",
            NameError => "NameError",
            ZeroDivisionError => "ZeroDivisionError",
            OverflowError => "OverflowError",
            AxisError => "numpy.exceptions.AxisError",
            LinAlgError => "numpy.linalg.LinAlgError",
            UFuncTypeError => "TypeError",
            DTypePromotionError => "numpy.exceptions.DTypePromotionError",
            NotImplementedError => "NotImplementedError",
            AssertionError => "AssertionError",
            SyntaxError => "SyntaxError",
            StopIteration => "StopIteration",
            RuntimeError => "RuntimeError",
            RecursionError => "RecursionError",
            UnicodeError => "UnicodeError",
            UnicodeEncodeError => "UnicodeEncodeError",
            UnicodeDecodeError => "UnicodeDecodeError",
            LookupError => "LookupError",
            ImportError => "ImportError",
            ModuleNotFoundError => "ModuleNotFoundError",
            MemoryError => "MemoryError",
            OSError => "OSError",
            FileNotFoundError => "FileNotFoundError",
            BufferError => "BufferError",
            PermissionError => "PermissionError",
            KeyboardInterrupt => "KeyboardInterrupt",
        }
    }
}

/// An error of a computation. Its `Display` is one line: `ValueError: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Which exception.
    pub kind: Kind,
    /// Its message, in Python's or NumPy's words.
    pub text: String,
}

/// The result of computing.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! makers {
    ($($(#[$doc:meta])* $name:ident: $kind:ident;)*) => {
        impl Error {
            $($(#[$doc])* pub fn $name(text: impl Into<String>) -> Error {
                Error { kind: Kind::$kind, text: text.into() }
            })*
        }
    };
}

makers! {
    /// A ValueError.
    value: ValueError;
    /// A TypeError.
    type_error: TypeError;
    /// An IndexError.
    index: IndexError;
    /// A KeyError.
    key: KeyError;
    /// An AttributeError.
    attribute: AttributeError;
    /// A NameError.
    name: NameError;
    /// A ZeroDivisionError.
    zero_division: ZeroDivisionError;
    /// An OverflowError.
    overflow: OverflowError;
    /// A MemoryError.
    memory: MemoryError;
    /// An OSError.
    os: OSError;
    /// A NotImplementedError.
    not_implemented: NotImplementedError;
    /// A RuntimeError.
    runtime: RuntimeError;
}

impl Error {
    /// Any kind.
    pub fn new(kind: Kind, text: impl Into<String>) -> Error {
        Error { kind, text: text.into() }
    }

    /// The user stopped the work.
    pub fn cancelled() -> Error {
        Error { kind: Kind::KeyboardInterrupt, text: String::new() }
    }

    /// `axis 3 is out of bounds for array of dimension 2`.
    pub fn axis(axis: i64, ndim: usize) -> Error {
        Error {
            kind: Kind::AxisError,
            text: format!("axis {axis} is out of bounds for array of dimension {ndim}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if !self.text.is_empty() {
            // one line, whatever a name in a file holds
            let text: String =
                self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            write!(f, ": {text}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<crate::store::StoreError> for Error {
    fn from(e: crate::store::StoreError) -> Error {
        use crate::store::StoreError;
        match &e {
            StoreError::NoSuchObject { path, file } => Error::key(format!("'{path}' in {file}")),
            StoreError::NoSuchAttribute { path, name } => {
                Error::key(format!("'{}' in the attributes of {path}", crate::store::escape(name)))
            }
            StoreError::Exists { .. } => Error::value(e.to_string()),
            _ => Error::os(e.to_string()),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Error {
        let text = e.to_string();
        Error::os(text.split(" (os error").next().unwrap_or(&text).to_string())
    }
}
