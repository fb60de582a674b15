//! How a file is opened: ch5mpy's H5Mode, h5py's modes.

use std::str::FromStr;

use super::error::StoreError;

/// The mode of a file. None but `WriteTruncate`, `Write` and `ReadWriteCreate` touches the file
/// when it is opened; `ReadWrite` is a permission to change it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum H5Mode {
    /// `r`: read an existing file.
    #[default]
    Read,
    /// `r+`: read and change an existing file.
    ReadWrite,
    /// `w`: create a file, in place of one that exists.
    WriteTruncate,
    /// `w-`: create a file that must not exist.
    Write,
    /// `a`: read and change a file, created where there is none.
    ReadWriteCreate,
}

impl H5Mode {
    /// All modes, in the order of their declaration.
    pub const ALL: [H5Mode; 5] = [
        H5Mode::Read,
        H5Mode::ReadWrite,
        H5Mode::WriteTruncate,
        H5Mode::Write,
        H5Mode::ReadWriteCreate,
    ];

    /// Whether changes are allowed.
    pub fn has_write_intent(self) -> bool {
        self != H5Mode::Read
    }

    /// The mode as written on a command line.
    pub fn as_str(self) -> &'static str {
        match self {
            H5Mode::Read => "r",
            H5Mode::ReadWrite => "r+",
            H5Mode::WriteTruncate => "w",
            H5Mode::Write => "w-",
            H5Mode::ReadWriteCreate => "a",
        }
    }
}

impl FromStr for H5Mode {
    type Err = StoreError;

    fn from_str(s: &str) -> Result<Self, StoreError> {
        Ok(match s {
            "r" => H5Mode::Read,
            "r+" => H5Mode::ReadWrite,
            "w" => H5Mode::WriteTruncate,
            "w-" | "x" => H5Mode::Write,
            "a" => H5Mode::ReadWriteCreate,
            other => return Err(StoreError::Mode(super::path::escape(other.as_bytes()))),
        })
    }
}
