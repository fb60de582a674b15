//! NumPy's functions on lazy arrays.
//!
//! Each function is declared once, in the file of its section; [`registry`] gathers them.
//!
//! - [`value`]: what functions take and give; [`nd`]: arrays as values, with views and versions;
//!   [`convert`]: values as arrays and dtypes; [`args`]: one call's arguments.
//! - [`ufunc`]: universal functions and their loops.
//!
//! It knows neither files' object model nor the screen, nor how a call was typed.

pub mod args;
pub mod common;
pub mod convert;
pub mod creation;
pub mod creation_convert;
pub mod creation_files;
pub mod creation_joins;
pub mod creation_ranges;
pub mod creation_records;
pub mod creation_text;
pub mod manipulation;
pub mod manipulation_join;
pub mod manipulation_order;
pub mod manipulation_pad;
pub mod manipulation_select;
pub mod nd;
pub mod registry;
pub mod ufunc;
pub mod value;

pub use nd::{Class, Nd};
pub use registry::{Function, call, find, functions};
pub use value::{Foreign, Value};

/// The functions of each section.
static SECTIONS: &[&[Function]] = &[
    creation::FUNCTIONS,
    creation_ranges::FUNCTIONS,
    creation_convert::FUNCTIONS,
    creation_files::FUNCTIONS,
    creation_text::FUNCTIONS,
    creation_records::FUNCTIONS,
    manipulation::FUNCTIONS,
    manipulation_join::FUNCTIONS,
    manipulation_order::FUNCTIONS,
    manipulation_pad::FUNCTIONS,
    manipulation_select::FUNCTIONS,
];
