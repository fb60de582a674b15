//! What of a tree is one object in Python, so that it is written once.
//!
//! Which values are looked up, and when, is for [`encode`](mod@super::encode).

use std::sync::Arc;

use super::value::ClassName;

/// What is one object in Python.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// What is at an address. Values of different kinds may share what they hold.
    At(Kind, usize),
    /// A class or another global.
    Class(ClassName),
    /// The name of a module or of an attribute.
    Name(Arc<str>),
    /// A dtype of one kind.
    DType(Arc<str>),
}

/// The kinds of values that have an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Str,
    Bytes,
    ByteArray,
    List,
    Tuple,
    Dict,
    Set,
    FrozenSet,
    Slice,
    Range,
    Object,
    DType,
    Array,
}

/// What an `Arc` points to; the tree or the memo keeps it alive.
pub(super) fn at<T: ?Sized>(kind: Kind, value: &Arc<T>) -> Key {
    Key::At(kind, Arc::as_ptr(value).cast::<u8>().addr())
}
