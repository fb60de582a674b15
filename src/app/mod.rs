//! What the program does, with no terminal in it.
//!
//! [`state`] holds everything and is the one place where it changes: [`act`] by what the user
//! does, [`bar`] by what is typed, [`search`] by `/`. The state asks for what the screen needs as
//! [`jobs`], which read files on a thread of their own and answer with [`tree`] names, [`details`]
//! and [`grid`] pages. [`keys`] and [`command`] are the tables of what can be done, [`help`] is
//! made from them. [`listing`] is the batch mode's tree, [`json`] its values.

pub mod act;
pub mod action;
pub mod bar;
pub mod batch;
pub mod command;
pub mod details;
pub mod export;
pub mod grid;
pub mod help;
pub mod jobs;
pub mod json;
pub mod keys;
pub mod listing;
pub mod names;
pub mod scroll;
pub mod search;
pub mod state;
pub mod tree;
