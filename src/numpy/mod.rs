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
pub mod calls;
pub mod convert;
pub mod differences;
pub mod index;
pub mod nd;
pub mod order_stats;
pub mod products;
pub mod quantile;
pub mod reducers;
pub mod reductions;
pub mod registry;
pub mod signal;
pub mod tensors;
pub mod ufunc;
pub mod value;
pub mod weighted;

pub use nd::{Class, Nd};
pub use registry::{Function, call, find, functions};
pub use value::{Foreign, Value};

/// The functions of each section.
static SECTIONS: &[&[Function]] = &[
    reductions::FUNCTIONS,
    order_stats::FUNCTIONS,
    products::FUNCTIONS,
    tensors::FUNCTIONS,
    differences::FUNCTIONS,
    signal::FUNCTIONS,
];
