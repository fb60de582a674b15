//! ch5tui: HDF5 files in the terminal and in Rust.
//!
//! The rooms, from the ground up; each uses only those before it:
//!
//! - [`store`]: one HDF5 file: links, objects, datatypes, regions of datasets, as plain values.
//! - [`mod@array`]: what elements are, in NumPy's words.
//! - [`numpy`]: NumPy's functions, each declared once.
//! - [`object`]: ch5mpy's object model: dicts, lists, arrays and objects in files.
//! - [`lang`]: the command language: Python's syntax on NumPy's values.
//! - [`app`]: what the program does, with no terminal in it.
//! - [`tui`]: panes, keys, themes, drawing.
//!
//! ```no_run
//! use ch5tui::store::{File, H5Mode, Limits, ObjectPath};
//!
//! let file = File::open("run42.h5", H5Mode::Read)?;
//! let path = ObjectPath::new("/detector/counts");
//! let first = file.read_region(&path, &[0, 0], &[1, 10], Limits::CELL)?;
//! # Ok::<(), ch5tui::store::StoreError>(())
//! ```
#![warn(missing_docs)]

pub mod app;
pub mod array;
pub mod lang;
pub mod numpy;
pub mod object;
pub mod store;
pub mod tui;
