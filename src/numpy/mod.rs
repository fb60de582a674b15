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

pub mod apply;
pub mod args;
pub mod averages;
pub mod bins;
pub mod calls;
pub mod common;
pub mod convert;
pub mod counting;
pub mod creation;
pub mod creation_convert;
pub mod creation_files;
pub mod creation_genfromtxt;
pub mod creation_grids;
pub mod creation_joins;
pub mod creation_matrix;
pub mod creation_ranges;
pub mod creation_records;
pub mod creation_spaced;
pub mod creation_text;
pub mod cumulative;
pub mod differences;
pub mod estimators;
pub mod gradient;
pub mod help;
pub mod histogram;
pub mod index;
pub mod logic;
pub mod manipulation;
pub mod manipulation_axes;
pub mod manipulation_broadcast;
pub mod manipulation_insert;
pub mod manipulation_join;
pub mod manipulation_order;
pub mod manipulation_pad;
pub mod manipulation_select;
pub mod manipulation_take;
pub mod nan;
pub mod nd;
pub mod norms;
pub mod order_stats;
pub mod products;
pub mod quantile;
pub mod reducers;
pub mod reductions;
pub mod registry;
pub mod show;
pub mod signal;
#[cfg(test)]
mod statistics_tests;
pub mod tensors;
pub mod type_rules;
pub mod ufunc;
pub mod value;
pub mod weighted;

pub use nd::{Class, Nd};
pub use registry::{Function, call, find, functions};
pub use value::{Foreign, Value};

/// The functions of each section.
static SECTIONS: &[&[Function]] = &[
    logic::FUNCTIONS,
    ufunc::methods::METHODS,
    reductions::FUNCTIONS,
    nan::FUNCTIONS,
    cumulative::FUNCTIONS,
    show::FUNCTIONS,
    order_stats::FUNCTIONS,
    creation::FUNCTIONS,
    creation_ranges::FUNCTIONS,
    creation_spaced::FUNCTIONS,
    creation_grids::FUNCTIONS,
    creation_convert::FUNCTIONS,
    creation_matrix::FUNCTIONS,
    creation_files::FUNCTIONS,
    creation_text::FUNCTIONS,
    creation_genfromtxt::FUNCTIONS,
    creation_records::FUNCTIONS,
    manipulation::FUNCTIONS,
    manipulation_axes::FUNCTIONS,
    manipulation_broadcast::FUNCTIONS,
    manipulation_join::FUNCTIONS,
    manipulation_order::FUNCTIONS,
    manipulation_insert::FUNCTIONS,
    manipulation_pad::FUNCTIONS,
    manipulation_select::FUNCTIONS,
    manipulation_take::FUNCTIONS,
    type_rules::FUNCTIONS,
    products::FUNCTIONS,
    tensors::FUNCTIONS,
    differences::FUNCTIONS,
    gradient::FUNCTIONS,
    signal::FUNCTIONS,
    averages::FUNCTIONS,
    norms::FUNCTIONS,
    histogram::FUNCTIONS,
    counting::FUNCTIONS,
    apply::FUNCTIONS,
];
