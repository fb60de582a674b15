//! The program: arguments, then batch mode or the terminal.
#![warn(missing_docs)]

#[path = "main/args.rs"]
mod args;
#[path = "main/crash.rs"]
mod crash;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use ch5tui::app::batch::{self, Code, Ended, Watch};
use ch5tui::app::listing::{self, ListError};
use ch5tui::app::state::App;
use ch5tui::app::undoing;
use ch5tui::array::Error;
use ch5tui::store::{File, H5Mode, ObjectPath, StoreError};
use ch5tui::tui::theme::Theme;

use args::{Args, Format};

fn main() -> ExitCode {
    crash::install();
    let (args, code) = args::read();
    match run(&args, code) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Pipe) => ExitCode::SUCCESS,
        Err(Failure::Code(error)) => {
            batch::say(&error.to_string());
            ExitCode::FAILURE
        }
        Err(Failure::Stopped(signal)) => ExitCode::from(128 + signal),
        Err(Failure::Usage(message)) => {
            batch::say(&format!("ch5tui: {message}"));
            ExitCode::from(2)
        }
        Err(Failure::Message(message)) => {
            batch::say(&format!("ch5tui: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// What ends the program early.
enum Failure {
    /// The reader of our output went away: no fault of ours.
    Pipe,
    /// Options that don't go together.
    Usage(String),
    /// One line for the user.
    Message(String),
    /// An error of code that was run, under its Python name.
    Code(Error),
    /// A signal asked to stop.
    Stopped(u8),
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Pipe => Failure::Pipe,
            Ended::Failed(e) => Failure::Code(e),
            Ended::Stopped(signal) => Failure::Stopped(u8::try_from(signal).unwrap_or(2)),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Self {
        Failure::Message(e.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        match e.kind() {
            io::ErrorKind::BrokenPipe => Failure::Pipe,
            _ => Failure::Message(format!("output: {}", Error::from(e).text)),
        }
    }
}

fn run(args: &Args, code: Vec<Code>) -> Result<(), Failure> {
    if args.functions {
        return Ok(batch::list_functions(&mut BufWriter::new(io::stdout().lock()))?);
    }
    let mode: H5Mode = match (&args.mode, args.write) {
        (Some(mode), _) => mode.parse().map_err(|e: StoreError| Failure::Usage(e.to_string()))?,
        (None, true) => H5Mode::ReadWrite,
        (None, false) => H5Mode::Read,
    };
    ch5tui::store::set_undo_settings(args.undo_settings().map_err(Failure::Usage)?);
    if let Some(action) = args.action() {
        let [file] = args.files.as_slice() else {
            return Err(Failure::Usage("takes one file".into()));
        };
        if !code.is_empty() || args.list {
            return Err(Failure::Usage("does one thing at a time".into()));
        }
        let mut out = BufWriter::new(io::stdout().lock());
        undoing::run(Path::new(file), action, &mut out).map_err(|e| match e {
            undoing::Wrong::Store(e) => Failure::from(e),
            undoing::Wrong::Io(e) => Failure::from(e),
            undoing::Wrong::Stopped(signal) => Failure::from(Ended::Stopped(signal)),
        })?;
        return Ok(out.flush()?);
    }
    if args.list {
        return list(args, mode);
    }
    if !code.is_empty() {
        return evaluate(args, code, mode);
    }
    if args.output.is_some() {
        return Err(Failure::Usage("--output needs code: -e CODE or -s PATH".into()));
    }
    if args.files.is_empty() {
        return Err(Failure::Usage("which file? (see --help)".into()));
    }
    if !io::stdout().is_terminal() {
        return Err(Failure::Message(
            "standard output is not a terminal; use --list to print a file's tree, -e to compute"
                .into(),
        ));
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Message("standard input is not a terminal".into()));
    }
    let files = args::files(&args.files).map_err(Failure::Usage)?;
    let files = files.into_iter().map(|(path, inner)| (path, inner, mode)).collect();
    let theme = Theme::from_environment(args.ascii);
    let mut app = App::new(files);
    app.settings = args.settings().map_err(Failure::Usage)?;
    app.history = if args.clean { None } else { ch5tui::app::history::place() };
    ch5tui::tui::run(app, &theme).map_err(|e| Failure::Message(e.to_string()))
}

/// A file's size, and when its content was changed: a change that was taken back leaves both.
fn state_of(path: &Path) -> Option<(u64, SystemTime)> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.len(), meta.modified().ok()?))
}

/// Runs the code of -e and -s.
fn evaluate(args: &Args, code: Vec<Code>, mode: H5Mode) -> Result<(), Failure> {
    let mut options = args.batch(code).map_err(Failure::Usage)?;
    let watch = Watch::start(options.settings.clone());
    let makes = matches!(mode, H5Mode::WriteTruncate | H5Mode::Write | H5Mode::ReadWriteCreate);
    if makes {
        batch::read_code(&mut options).map_err(Failure::Code)?;
    }
    let mut files = Vec::new();
    // what is to be taken back with the rest
    let mut made = Vec::new();
    for (path, inner) in args::files(&args.files).map_err(Failure::Usage)? {
        let was_there = path.exists();
        let file = File::open_to_hold(&path, mode).map_err(|e| Failure::Code(e.into()))?;
        if options.atomic && (mode == H5Mode::WriteTruncate || makes && !was_there) {
            let state = state_of(&path);
            made.push((path, was_there, state));
        }
        files.push((Arc::new(file), inner));
    }
    let done = batch::run(files, &options, watch);
    if done.is_err() {
        // what fails after the change, such as printing, takes nothing back
        for (path, was_there, _) in made.into_iter().filter(|(p, _, state)| state_of(p) == *state) {
            match was_there {
                // unless it was replaced without a record
                true => drop(ch5tui::store::step(&path, true, &|| false)),
                false => drop(std::fs::remove_file(&path)),
            }
        }
    }
    Ok(done?)
}

fn list(args: &Args, mode: H5Mode) -> Result<(), Failure> {
    use std::os::unix::ffi::OsStrExt;
    let [argument] = args.files.as_slice() else {
        return Err(Failure::Usage("--list takes one file".into()));
    };
    let (path, inner) = args::split_inner(argument);
    let file = File::open(path, mode)?;
    let at = match (&args.at, inner) {
        (Some(at), None) => ObjectPath::new(at.as_bytes()),
        (Some(at), Some(inner)) => inner.resolve(at.as_bytes()),
        (None, inner) => inner.unwrap_or_else(ObjectPath::root),
    };
    let options = listing::Options { json: args.format == Format::Json, follow: args.follow };
    let mut out = BufWriter::new(io::stdout().lock());
    match listing::list(&file, &at, options, &mut out) {
        Ok(()) => Ok(out.flush()?),
        Err(ListError::Store(e)) => Err(e.into()),
        Err(ListError::Io(e)) => Err(e.into()),
    }
}
