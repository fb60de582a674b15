//! Items of object arrays: Python values, each of its own kind.

use num_bigint::BigInt;

use super::block::Block;

/// One Python value inside an object array.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Item {
    None,
    Bool(bool),
    Int(BigInt),
    Float(f64),
    Complex(f64, f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Item>),
    Tuple(Vec<Item>),
    /// An array of its own, such as a variable-length element.
    Array(Box<Block>),
}

impl PartialEq for Item {
    /// Python's `==`; arrays compare by dtype, shape and bytes.
    fn eq(&self, other: &Item) -> bool {
        use Item::*;
        match (self, other) {
            (None, None) => true,
            (Str(a), Str(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (List(a), List(b)) | (Tuple(a), Tuple(b)) => a == b,
            (Array(a), Array(b)) => {
                a.dtype() == b.dtype()
                    && a.shape() == b.shape()
                    && a.bytes() == b.bytes()
                    && a.items() == b.items()
            }
            (Int(a), Int(b)) => a == b,
            _ => match (self.complex(), other.complex()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

impl Item {
    /// Python's name of its class.
    pub fn type_name(&self) -> &'static str {
        match self {
            Item::None => "NoneType",
            Item::Bool(_) => "bool",
            Item::Int(_) => "int",
            Item::Float(_) => "float",
            Item::Complex(..) => "complex",
            Item::Str(_) => "str",
            Item::Bytes(_) => "bytes",
            Item::List(_) => "list",
            Item::Tuple(_) => "tuple",
            Item::Array(_) => "numpy.ndarray",
        }
    }

    /// The value as a complex number, where it is a number.
    pub fn complex(&self) -> Option<(f64, f64)> {
        use num_traits::ToPrimitive;
        match self {
            Item::Bool(b) => Some((f64::from(u8::from(*b)), 0.0)),
            Item::Int(n) => Some((n.to_f64().unwrap_or(f64::NAN), 0.0)),
            Item::Float(x) => Some((*x, 0.0)),
            Item::Complex(re, im) => Some((*re, *im)),
            _ => None,
        }
    }

    /// Python's truth of it.
    pub fn truth(&self) -> bool {
        match self {
            Item::None => false,
            Item::Str(s) => !s.is_empty(),
            Item::Bytes(b) => !b.is_empty(),
            Item::List(v) | Item::Tuple(v) => !v.is_empty(),
            Item::Array(a) => !a.is_empty() && a.bytes().iter().any(|b| *b != 0),
            number => number.complex().is_some_and(|c| c != (0.0, 0.0)),
        }
    }
}
