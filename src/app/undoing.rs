//! The way back: what can be undone and redone, as lines, for batch mode and the terminal; and
//! its end, a file that is written anew.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::batch;
use crate::array::Context;
use crate::store::byte_size;
use crate::store::{self, File, H5Mode, Record, Repacked, StoreError, escape};

/// What is said where no record is of any use.
const CHANGED: &str = "something else has changed the file since: none of these can be undone";

/// What is asked for on the history of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Take the last change back.
    Undo,
    /// Make it again.
    Redo,
    /// List the changes.
    History {
        /// One JSON object a line.
        json: bool,
    },
    /// Drop what undoes them.
    Forget,
    /// Put the file back as it was before a change that a crash cut off.
    Recover {
        /// Also where nobody can tell whether the change still runs.
        force: bool,
    },
    /// Write the file anew without unused space.
    Repack {
        /// Where to; the file itself is replaced.
        to: PathBuf,
        /// Whether a bar may be drawn.
        progress: bool,
    },
}

/// Why it was not done.
#[derive(Debug)]
pub enum Wrong {
    /// The file.
    Store(StoreError),
    /// The output.
    Io(io::Error),
    /// A signal asked to stop: its number.
    Stopped(i32),
}

impl From<StoreError> for Wrong {
    fn from(e: StoreError) -> Self {
        Wrong::Store(e)
    }
}

impl From<io::Error> for Wrong {
    fn from(e: io::Error) -> Self {
        Wrong::Io(e)
    }
}

/// Does it, and says what was done.
///
/// # Errors
/// There is nothing to undo; the file was changed by something else; the output can't be written.
pub fn run(path: &Path, action: Action, out: &mut dyn Write) -> Result<(), Wrong> {
    match action {
        Action::Undo => writeln!(out, "{}", undone(&stepped(path, true)?))?,
        Action::Redo => writeln!(out, "{}", redone(&stepped(path, false)?))?,
        Action::Forget => {
            let size = store::bytes_of_records(path);
            match writable(path) {
                Ok(file) => file.forget()?,
                // an undo may have brought back what is no HDF5 file
                Err(StoreError::NotHdf5 { .. }) => store::forget_records(path)?,
                Err(e) => return Err(e.into()),
            }
            writeln!(out, "{}", forgotten(size))?;
        }
        Action::Recover { force } => match store::recover(path, force)? {
            true => writeln!(out, "put back as it was before the change that was cut off")?,
            false => writeln!(out, "nothing to recover")?,
        },
        Action::Repack { to, progress } => {
            let same = |to: &Path| Some(to.canonicalize().ok()? == path.canonicalize().ok()?);
            let in_place = same(&to) == Some(true);
            let (done, signal) = batch::watched(progress, |cx| match in_place {
                true => writable(path)?.repack(teller(cx)),
                false => store::repack_to(path, &to, teller(cx)),
            });
            match (done, signal) {
                (Err(_), Some(signal)) => return Err(Wrong::Stopped(signal)),
                (done, _) => writeln!(out, "{}", repacked(&done?, in_place))?,
            }
        }
        Action::History { json } => {
            let (records, changed) = store::history(path)?;
            for record in &records {
                match json {
                    true => writeln!(out, "{}", as_json(record))?,
                    false => writeln!(out, "{}", line(record))?,
                }
            }
            if changed && !json {
                writeln!(out, "{CHANGED}")?;
            }
        }
    }
    store::take_notices().iter().for_each(|notice| batch::say(notice));
    Ok(())
}

/// Goes a change back or forth. A signal in between leaves the file as it was.
fn stepped(path: &Path, back: bool) -> Result<Record, Wrong> {
    match batch::watched(false, |cx| store::step(path, back, &|| cx.check().is_err())) {
        (Err(_), Some(signal)) => Err(Wrong::Stopped(signal)),
        (done, _) => Ok(done?),
    }
}

fn writable(path: &Path) -> Result<File, StoreError> {
    File::open(path, H5Mode::ReadWrite)
}

/// What is said after an undo.
pub fn undone(record: &Record) -> String {
    format!("undone: {}", words(record))
}

/// What is said after a redo.
pub fn redone(record: &Record) -> String {
    format!("redone: {}", words(record))
}

/// What is said after the records of a file were dropped.
pub fn forgotten(size: u64) -> String {
    format!("forgotten: {} freed", byte_size(size))
}

/// What is said after a file was written anew.
pub fn repacked(done: &Repacked, in_place: bool) -> String {
    let (before, after) = (byte_size(done.before), byte_size(done.after));
    let lost = match done.lost_references {
        0 => String::new(),
        1 => "; a reference that led to nothing is null now".into(),
        n => format!("; {n} references that led to nothing are null now"),
    };
    match in_place && done.is_left() {
        true => format!("compact already: {before}"),
        false => format!("repacked: {after}, was {before}{lost}"),
    }
}

/// Tells a computation how far a repacking is, and stops it with it.
pub fn teller(cx: &Context) -> store::Tell {
    let (cx, last) = (cx.clone(), AtomicU64::new(u64::MAX));
    Arc::new(move |done, total| {
        match last.swap(done, Ordering::Relaxed) {
            u64::MAX => cx.begin("repacking", total),
            before => cx.advance(done.saturating_sub(before)),
        }
        cx.check().is_ok()
    })
}

/// The changes of a file that can be undone or redone, a line each.
///
/// # Errors
/// No such file.
pub fn list(path: &Path) -> Result<String, StoreError> {
    let (records, changed) = store::history(path)?;
    let mut lines: Vec<String> = records.iter().map(line).collect();
    if records.is_empty() {
        lines.push("no changes".into());
    }
    if changed {
        lines.push(CHANGED.into());
    }
    Ok(lines.join("\n"))
}

/// A change in one line: its number, when it was made, what it takes, what it was.
pub fn line(record: &Record) -> String {
    let mark = if record.undone { "  (undone)" } else { "" };
    let (number, size) = (record.number, byte_size(record.bytes));
    format!("{number:>5}  {}  {size:>10}  {}{mark}", when(record), words(record))
}

fn words(record: &Record) -> String {
    escape(record.what.as_bytes())
}

fn when(record: &Record) -> String {
    match jiff::Timestamp::from_second(record.time) {
        Ok(at) => {
            at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        Err(_) => record.time.to_string(),
    }
}

fn as_json(record: &Record) -> serde_json::Value {
    serde_json::json!({
        "number": record.number,
        "time": jiff::Timestamp::from_second(record.time).map_or_else(|_| String::new(), |t| t.to_string()),
        "bytes": record.bytes,
        "what": record.what,
        "undone": record.undone,
    })
}
