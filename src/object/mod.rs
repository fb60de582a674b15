//! ch5mpy's object model: files as dicts, lists, arrays and objects of any kind.
//!
//! What a Rust program has from this room, and what of ch5mpy it stands for:
//!
//! - [`File`], [`Group`], [`Dataset`] ([`handle`]), [`AttributeManager`] ([`attributes`]): what
//!   h5py's handles are, with links made, moved and copied.
//! - [`H5Dict`] ([`dict`], printed in [`show`]), [`H5List`] ([`list`](mod@list)), [`H5Array`]
//!   ([`array`](mod@array), changed in place in [`resize`], single [`fields`] of compounds):
//!   groups, lists and datasets as Python's containers and NumPy's arrays.
//! - [`write_object`] ([`write`](mod@write), from a [`plan`]), [`read_object`]
//!   ([`read`](mod@read)), [`create`]: any object to a file and back; [`storing`]: types of one's
//!   own ([`H5Write`], [`H5Read`]), [`serial`]: whatever serde can serialise.
//! - [`pickle`]: Python's pickles, decoded without running them; [`python`]: they and
//!   [`Value`]s. [`stored_values`]: attributes and fill values.
//! - [`frames`]: tables that AnnData and pandas keep in groups.
//! - [`options`]: limits that hold for all that is computed here.
//!
//! The layout in the file is ch5mpy's: files travel both ways. Values are [`Value`]s, NumPy's and
//! Python's. Functions that compute or write take a [`Context`]: memory, threads, cancel,
//! progress; [`options::context`] makes one.
//!
//! ```
//! use ch5tui::object::{File, H5Mode, options};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("run.h5");
//! let cx = options::context();
//! let file = File::open(&path, H5Mode::WriteTruncate)?;
//! let run = file.dict();
//! run.set("name", "run 42", &cx)?;
//! run.set("counts", vec![1i64, 2, 3], &cx)?;
//! let x = run.array("counts")?;
//! x.append(&vec![4i64].into(), None, &cx)?;
//! assert_eq!(x.shape()?, [4]);
//! // a file's root lists its members by name
//! assert_eq!(run.keys()?, ["counts", "name"]);
//! assert_eq!(x.to_string(), "H5Array([1, 2, 3, 4], shape=(4,), dtype=int64)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It knows neither Python's syntax nor the screen.

pub mod array;
pub mod attributes;
pub mod compare;
pub mod convert;
pub mod create;
pub mod dict;
pub mod fields;
pub mod frames;
pub mod handle;
pub mod list;
pub mod options;
pub mod pickle;
pub mod plan;
pub mod python;
pub mod read;
pub mod resize;
pub mod serial;
pub mod show;
pub mod stored_values;
pub mod storing;
pub mod write;

pub use crate::array::{Context, DType, Error, Result};
pub use crate::numpy::Value;
pub use crate::store::{H5Mode, ObjectPath};
pub use array::H5Array;
pub use attributes::AttributeManager;
pub use dict::H5Dict;
pub use handle::{Dataset, File, Group, OpenFile, Place};
pub use list::H5List;
pub use plan::{Chunks, Storing};
pub use read::read_object;
pub use storing::{H5Read, H5Write};
pub use write::{write_object, write_objects};

/// A thing of this room as a value.
pub fn foreign(f: impl crate::numpy::Foreign + 'static) -> Value {
    Value::Foreign(std::sync::Arc::new(f))
}
