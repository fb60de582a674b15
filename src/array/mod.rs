//! What the elements of an array are, and arrays that are computed when they are read.
//!
//! - [`dtype`]: NumPy's dtypes; [`promote`]: what two have in common; [`cast`]: from one to
//!   another; [`time`]: calendars and units.
//! - [`block`]: elements in memory; [`item`]: Python values in object arrays.
//! - [`lazy`]: the lazy array and its regions; [`view`], [`reshape`], [`elementwise`],
//!   [`deferred`], [`stored`], [`gather`], [`select`], [`compose`], [`generate`], [`raw`]: the
//!   ways to make one.
//! - [`order`], [`sort`], [`rank`]: sorted data and what stands at a rank; [`product`] and
//!   [`arithmetic`]: products of matrices; [`window`]: elements computed from their neighbours; [`tally`]: counts.
//! - [`storing`]: arrays written to datasets; [`overwrite`]: over what they are computed from;
//!   [`origin`]: the dataset an array is mostly made of.
//! - [`run`]: the executor; [`reduce`]: reductions on a fixed tree; [`spill`]: results that are
//!   kept; [`context`]: memory, threads, cancel, progress.
//! - [`naming`], [`print`](mod@print), [`digits`]: stored types and single stored values as text.
//!
//! It knows no function's name, no Python syntax and no screen.

pub mod arithmetic;
pub mod block;
pub mod cast;
pub mod compose;
pub mod context;
pub mod deferred;
pub mod digits;
pub mod dtype;
pub mod elementwise;
pub mod error;
pub mod gather;
pub mod generate;
pub mod item;
pub mod lazy;
pub mod naming;
pub mod order;
pub mod origin;
pub mod overwrite;
mod passes;
pub mod print;
pub mod product;
pub mod promote;
pub mod rank;
pub mod raw;
pub mod reduce;
pub mod reshape;
pub mod run;
pub mod select;
pub mod sort;
pub mod spill;
pub mod stored;
pub mod storing;
pub mod tally;
pub mod text;
pub mod time;
pub mod view;
pub mod window;

pub use block::Block;
pub use context::{Context, Settings};
pub use dtype::DType;
pub use error::{Error, Result};
pub use item::Item;
pub use lazy::{Array, Source, Span};
