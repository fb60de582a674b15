//! What the elements of an array are, in NumPy's words: the names of dtypes, and how one value
//! is printed.
//!
//! [`dtype`] names stored types as `str(numpy.dtype)` does through h5py; [`print`](mod@print) writes a
//! value as `str()` of the NumPy scalar, with [`digits`] for the shortest digits of floats that
//! Rust has no type for, and [`time`] for datetime64.
//!
//! It knows no function's name, no Python syntax and no screen.

pub mod digits;
pub mod dtype;
pub mod print;
pub mod time;
