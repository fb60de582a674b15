//! NumPy's functions on lazy arrays.
//!
//! Each function is declared once, in the file of its section; [`registry`] gathers them.
//!
//! - [`value`]: what functions take and give; [`nd`]: arrays as values, with views and versions;
//!   [`convert`]: values as arrays and dtypes; [`args`]: one call's arguments.
//! - [`show`]: values as text, as `repr()` and `str()` give it.
//! - [`ufunc`]: universal functions and their loops.
//!
//! It knows neither files' object model nor the screen, nor how a call was typed.

pub mod args;
pub mod convert;
pub mod nd;
pub mod registry;
pub mod show;
pub mod ufunc;
pub mod value;

pub use nd::{Class, Nd};
pub use registry::{Function, call, find, functions};
pub use value::{Foreign, Value};

/// The functions of each section.
static SECTIONS: &[&[Function]] = &[show::FUNCTIONS];
