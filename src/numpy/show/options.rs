//! How arrays are printed: NumPy's print options, held in one place for the whole program.

use std::borrow::Cow;

use parking_lot::Mutex;

use crate::array::{Error, Result};

/// How signs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Only `-`.
    Minus,
    /// `+` too.
    Plus,
    /// A space where `+` would be.
    Space,
}

impl Sign {
    /// The sign's character, as `set_printoptions` names it.
    pub fn char(self) -> char {
        match self {
            Sign::Minus => '-',
            Sign::Plus => '+',
            Sign::Space => ' ',
        }
    }

    /// The sign that this text names.
    ///
    /// # Errors
    /// ValueError for another text.
    pub fn parse(text: &str) -> Result<Sign> {
        match text {
            "-" => Ok(Sign::Minus),
            "+" => Ok(Sign::Plus),
            " " => Ok(Sign::Space),
            _ => Err(Error::value("sign option must be one of ' ', '+', or '-'")),
        }
    }
}

/// How many digits floats take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatMode {
    /// As many as `precision` says, always.
    Fixed,
    /// The fewest that tell a number from its neighbours.
    Unique,
    /// At most `precision`, each as many as it needs.
    MaxPrec,
    /// At most `precision`, all as many as the one that needs most.
    MaxPrecEqual,
}

impl FloatMode {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            FloatMode::Fixed => "fixed",
            FloatMode::Unique => "unique",
            FloatMode::MaxPrec => "maxprec",
            FloatMode::MaxPrecEqual => "maxprec_equal",
        }
    }

    /// The mode of this name.
    ///
    /// # Errors
    /// ValueError for another name.
    pub fn parse(name: &str) -> Result<FloatMode> {
        use FloatMode::*;
        [Fixed, Unique, MaxPrec, MaxPrecEqual].into_iter().find(|m| m.name() == name).ok_or_else(
            || {
                Error::value(
                    "floatmode option must be one of \"fixed\", \"unique\", \"maxprec\", \
                     \"maxprec_equal\"",
                )
            },
        )
    }
}

/// The print options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Digits after the point.
    pub precision: usize,
    /// Arrays of more elements are summarised.
    pub threshold: usize,
    /// How many elements of a summarised axis are shown at either end.
    pub edgeitems: usize,
    /// Characters in a line.
    pub linewidth: usize,
    /// Whether small numbers are written as zero rather than all with exponents.
    pub suppress: bool,
    /// What stands for NaN.
    pub nanstr: Cow<'static, str>,
    /// What stands for infinity.
    pub infstr: Cow<'static, str>,
    /// How signs are written.
    pub sign: Sign,
    /// How many digits floats take.
    pub floatmode: FloatMode,
}

impl Default for Options {
    fn default() -> Options {
        Options::FIRST
    }
}

impl Options {
    const FIRST: Options = Options {
        precision: 8,
        threshold: 1000,
        edgeitems: 3,
        linewidth: 75,
        suppress: false,
        nanstr: Cow::Borrowed("nan"),
        infstr: Cow::Borrowed("inf"),
        sign: Sign::Minus,
        floatmode: FloatMode::MaxPrec,
    };
}

static CURRENT: Mutex<Options> = Mutex::new(Options::FIRST);

/// The options of this moment.
pub fn current() -> Options {
    CURRENT.lock().clone()
}

/// Makes these the options from now on; gives those of before.
pub fn replace(options: Options) -> Options {
    std::mem::replace(&mut *CURRENT.lock(), options)
}
