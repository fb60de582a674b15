//! What the program does, with no terminal in it.
//!
//! [`state`] holds everything and is the one place where it changes: [`act`] by what the user
//! does, [`bar`] by what is typed, [`search`] by `/`, [`opened`] by results of code and other views
//! ([`statistics_page`]), [`work`] by jobs that run. The state asks for what the screen needs as
//! [`jobs`], which read files on a thread of their own and answer with [`tree`] names, [`details`]
//! and [`grid`] pages; [`compute`] runs code as it is asked ([`asks`]), makes [`cells`] of results, [`statistics`] and exports
//! on [`lanes`] of threads, [`completion`] says what may be typed, [`history`] keeps what was.
//! [`editing`] makes code of keys that change a file, [`marks`] of marked nodes and cells,
//! `pasting` of blocks of cells, [`editor`] of long texts; [`preview`] tells what it would do,
//! [`question`] asks before it is run, [`after`] says what is done when it has run, with the place
//! that it led to ([`aim`]), [`renewal`] shows what is live anew, [`undoing`] says what was taken
//! back. [`keys`] and [`command`] are the tables of what can be done, [`help`] is made from them. [`listing`] is the batch mode's tree, [`json`] its values.

pub mod act;
pub mod action;
pub mod after;
pub mod aim;
pub mod asks;
pub mod bar;
pub mod batch;
pub mod cells;
pub mod command;
pub mod completion;
pub mod compute;
pub mod details;
pub mod editing;
pub mod editor;
pub mod export;
pub mod grid;
pub mod help;
pub mod history;
pub mod jobs;
pub mod json;
pub mod keys;
mod kinds;
pub mod lanes;
pub mod listing;
pub mod marks;
pub mod names;
pub mod opened;
mod pasting;
pub mod preview;
pub mod question;
pub mod renewal;
pub mod scroll;
pub mod search;
pub mod state;
pub mod statistics;
pub mod statistics_page;
pub mod tree;
pub mod undoing;
pub mod work;
