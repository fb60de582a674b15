//! ch5mpy's options: how much memory computing may take, and what a failing object does.
//!
//! ```
//! use ch5tui::object::options::{self, ErrorMode, Options};
//!
//! options::set_options(Options { max_memory_usage: Some("64M"), ..Options::default() })?;
//! assert_eq!(options::context().settings().memory, 64 << 20);
//! {
//!     let _inside = options::scoped(Options { max_memory: Some("1M"), ..Options::default() })?;
//!     assert_eq!(options::context().settings().memory, 1 << 20);
//! }
//! assert_eq!(options::context().settings().memory, 64 << 20);
//! # options::set_options(Options { max_memory: Some("250M"), ..Options::default() })?;
//! # Ok::<(), ch5tui::object::Error>(())
//! ```

use std::str::FromStr;

use parking_lot::Mutex;

use super::{Context, Error, Result};
use crate::array::Settings;
use crate::array::context::parse_size;

/// What reading an object does whose class can't be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorMode {
    /// It reads as an H5Dict with a note.
    #[default]
    Ignore,
    /// It is an error.
    Raise,
}

impl FromStr for ErrorMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<ErrorMode> {
        match text {
            "ignore" => Ok(ErrorMode::Ignore),
            "raise" => Ok(ErrorMode::Raise),
            _ => Err(Error::value("'error_mode' must be 'raise' or 'ignore'.")),
        }
    }
}

/// Options to be set; what is none stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// What a failing object does.
    pub error_mode: Option<ErrorMode>,
    /// Bytes that computing may hold: digits with B, K, M or G (powers of 1024).
    pub max_memory_usage: Option<&'a str>,
    /// The same: the name that ch5mpy's code takes.
    pub max_memory: Option<&'a str>,
}

#[derive(Clone)]
struct State {
    error_mode: ErrorMode,
    settings: Option<Settings>,
}

static STATE: Mutex<State> = Mutex::new(State { error_mode: ErrorMode::Ignore, settings: None });

/// Sets options.
///
/// # Errors
/// ValueError for sizes that are none.
pub fn set_options(options: Options) -> Result<()> {
    let memory = match options.max_memory_usage.or(options.max_memory) {
        Some(text) => Some(parse_size(text)?),
        None => None,
    };
    let mut state = STATE.lock();
    if let Some(mode) = options.error_mode {
        state.error_mode = mode;
    }
    if let Some(memory) = memory {
        state.settings.get_or_insert_with(Settings::default).memory = memory;
    }
    Ok(())
}

/// The limits of all contexts made from now on.
pub fn set_settings(settings: Settings) {
    STATE.lock().settings = Some(settings);
}

/// Options that hold until the answer is dropped, however that happens.
#[must_use]
pub struct Scoped(State);

impl Drop for Scoped {
    fn drop(&mut self) {
        *STATE.lock() = self.0.clone();
    }
}

/// Sets options for a scope.
///
/// # Errors
/// As [`set_options`]; nothing is changed then.
pub fn scoped(options: Options) -> Result<Scoped> {
    let before = STATE.lock().clone();
    set_options(options)?;
    Ok(Scoped(before))
}

/// What a failing object does now.
pub fn error_mode() -> ErrorMode {
    STATE.lock().error_mode
}

/// The memory that computing may hold now, where it was set.
pub fn max_memory() -> Option<usize> {
    STATE.lock().settings.as_ref().map(|s| s.memory)
}

/// A context within the options of now.
pub fn context() -> Context {
    Context::new(STATE.lock().settings.clone().unwrap_or_default())
}
