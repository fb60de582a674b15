//! Copies from one file to another.
//!
//! The library's `H5Ocopy` takes along nearly all that an object is, with all that is below it.
//! What it leaves pointing into the old file is mended here (`mend`): references, which it sets
//! to null or copies as they are, are to lead to the copies of what they led to (`references`),
//! and fill values that point at something are stored in the new file (`fill`). `compare` walks
//! over the old and the new side by side (`links` over their groups), to find these and, if it is
//! wanted, to see whether the copy is true. `stored` is what they read and write elements by, a block at a time.
//!
//! `repack` copies a file whole, by `whole`, and has the copy take its place.

mod compare;
pub(super) mod fill;
mod links;
pub(super) mod mend;
mod references;
pub(super) mod repack;
mod stored;
mod whole;

/// The reason of what was stopped.
const CANCELLED: &str = "cancelled";
