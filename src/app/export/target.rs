//! The file that is written: under another name until it is whole.
//!
//! An error, a cancel or a full disk leaves nothing behind, and the file that was there before as
//! it was: the temporary file is removed when the [`Target`] is dropped without a commit.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::array::{Error, Result};

/// A file that will replace another, or be new, when it is whole.
pub struct Target {
    /// The path as the user gave it.
    path: PathBuf,
    /// Where it leads: a link to a file is kept, and the file behind it replaced.
    place: PathBuf,
    temporary: NamedTempFile,
}

/// A path as it stands in messages.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// An error of the system as one line that names the path.
pub fn failed(path: &Path, error: &io::Error) -> Error {
    // what follows the number names the temporary file
    let text = error.to_string();
    let why = text.split(" (os error").next().unwrap_or(&text);
    Error::os(format!("{}: {why}", shown(path)))
}

impl Target {
    /// Begins a file beside `path`.
    ///
    /// # Errors
    /// OSError where the folder is missing or may not be written, or `path` is no plain file.
    pub fn new(given: &Path) -> Result<Target> {
        let wrong = |e: &io::Error| failed(given, e);
        let mut place = given.to_path_buf();
        let mut builder = tempfile::Builder::new();
        builder.prefix(".ch5tui-").suffix(".part");
        // the mode of a new file, of which the system takes the user's mask
        builder.permissions(std::fs::Permissions::from_mode(0o666));
        let mut mode = None;
        match std::fs::metadata(given) {
            Ok(m) if m.is_file() => {
                place = std::fs::canonicalize(given).map_err(|e| wrong(&e))?;
                // who may not write the file may not replace it
                std::fs::OpenOptions::new().append(true).open(&place).map_err(|e| wrong(&e))?;
                mode = Some(m.permissions());
            }
            Ok(m) if m.is_dir() => return Err(wrong(&io::ErrorKind::IsADirectory.into())),
            Ok(_) => return Err(Error::os(format!("{}: is not a plain file", shown(given)))),
            Err(_) => {}
        }
        let folder = match place.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let temporary = builder.tempfile_in(folder).map_err(|e| wrong(&e))?;
        if let Some(mode) = mode {
            temporary.as_file().set_permissions(mode).map_err(|e| wrong(&e))?;
        }
        Ok(Target { path: given.to_path_buf(), place, temporary })
    }

    /// The file under its temporary name.
    pub fn file(&self) -> &File {
        self.temporary.as_file()
    }

    /// The temporary name.
    pub fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// The path that the user gave.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error of the system on this file.
    pub fn failed(&self, error: &io::Error) -> Error {
        failed(&self.path, error)
    }

    /// A refusal of a value: one line that names the file.
    pub fn refuse(&self, kind: crate::array::error::Kind, why: &str) -> Error {
        Error::new(kind, format!("{}: {why}", shown(&self.path)))
    }

    /// The file as a stream whose errors name it.
    pub fn stream(&self) -> BufWriter<Named<'_>> {
        BufWriter::with_capacity(256 << 10, Named { file: self.file(), path: &self.path })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// OSError.
    pub fn commit(self) -> Result<()> {
        let path = self.path;
        self.temporary.persist(&self.place).map(drop).map_err(|e| failed(&path, &e.error))
    }
}

/// A file whose errors say its name.
pub struct Named<'a> {
    file: &'a File,
    path: &'a Path,
}

impl Named<'_> {
    fn named<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|e| match e.kind() {
            io::ErrorKind::Interrupted => e,
            kind => io::Error::new(kind, failed(self.path, &e).text),
        })
    }
}

impl Write for Named<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let result = (&mut &*self.file).write(buf);
        self.named(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Named<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let result = (&mut &*self.file).seek(to);
        self.named(result)
    }
}
