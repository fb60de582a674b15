//! What the program does, with no terminal in it.
pub mod listing;
pub mod names;
pub mod natural;
