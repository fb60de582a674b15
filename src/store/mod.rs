//! One HDF5 file: its links, objects, datatypes, attributes and regions of its datasets.
//!
//! This is the only room that touches HDF5 and, but for the crash handler of `main`, the only one
//! with `unsafe`. Its public face is a [`File`], paths, and plain descriptions; no handle of the
//! library leaves it. Everything above asks by path and gets values.
//!
//! From the ground up: `ffi` declares the C functions, `hdf` starts and locks the library, `file`
//! opens files, `link` and `object` find things in them, `datatype`, `dataset` and `filter`
//! describe them, `read` reads them into `value`s, with `number` and `reference` for the kinds
//! that take thought. `elements` reads bulk data as bytes, on any thread: `spans` what lies in the
//! file as it is, `chunks` what must be decoded, `pieces` what only the library can read; `region`
//! and `patch` say which elements go where. `codec` has the filters. `create` makes new files.
//! `change` is the one point that writes pass through, `writing` a file meanwhile, and `journal`
//! what makes each change happen whole or not at all, and undoes it (`stepping`); what changes can
//! do is in `edit` (groups and links), `new_dataset` and `write`, with `element` for new types;
//! `difference` tells what a change would do, `copies` mends what is copied to another file, and
//! writes a file anew without the space that nothing uses.
//!
//! It knows nothing of arrays, of NumPy, or of the screen.

mod access;
mod change;
mod chunks;
mod codec;
mod copies;
mod create;
mod dataset;
mod datatype;
mod difference;
mod edit;
mod element;
mod elements;
mod elsewhere;
mod error;
mod ffi;
mod file;
mod filter;
mod hdf;
mod journal;
mod lent;
mod link;
mod mode;
mod modify;
pub mod natural;
mod new_dataset;
mod new_file;
mod number;
mod object;
mod patch;
mod path;
mod pieces;
mod read;
mod reference;
mod region;
mod spans;
mod stepping;
mod value;
mod write;
mod writing;

pub use change::{Change, Reader, together};
pub use copies::repack::{Repacked, Tell, repack_to};
pub use create::Creator;
pub use dataset::{DatasetFacts, ExternalFile, Fill, Layout, VirtualSource};
pub use datatype::{
    ByteOrder, Class, Datatype, Field, FloatLayout, IntLayout, Member, Padding, ReferenceKind,
};
pub use difference::{Difference, Preview, preview};
pub use element::Element;
pub use elements::{Elements, Texts, Way};
pub use error::{Result, StoreError, byte_size};
pub use file::{File, OpenedAs, Stamp};
pub use filter::Filter;
pub use hdf::file_at_work;
pub use journal::history::{Record, bytes_of_records, forget_records, history, step};
pub use journal::recovery::recover;
pub use journal::{UndoSettings, set_undo_settings, take_notices, undo_settings};
pub use link::{Brief, Link, Node, WalkOrder};
pub use mode::H5Mode;
pub use new_dataset::{FLETCHER32, GZIP, LZF, NewDataset, SCALEOFFSET, SHUFFLE, WRITABLE_FILTERS};
pub use number::{Float, LongFloat, LongKind};
pub use object::{Extent, Held, ObjectId, ObjectInfo, ObjectKind, Weight};
pub use path::{ObjectPath, escape, to_text};
pub use read::Attribute;
pub use reference::{Reference, Selection};
pub use value::{Bytes, Limits, Value};
pub use write::{Data, NewAttribute, Place};
