//! ch5tui: HDF5 files in the terminal and in Rust.
#![warn(missing_docs)]

pub mod app;
pub mod array;
pub mod store;
