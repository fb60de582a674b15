//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ch5tui::app::batch::{self, Code};
use ch5tui::app::undoing;
use ch5tui::array::context::{Settings, default_threads, parse_size};
use ch5tui::store::{ObjectPath, UndoSettings};
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, ValueEnum};

/// Browse HDF5 files in the terminal, and compute on them with NumPy's functions.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Args {
    /// HDF5 files; a path inside may follow the file's: run.h5/detector/counts, or
    /// run.h5 +goto /detector/counts
    #[arg(value_name = "FILE")]
    pub files: Vec<OsString>,

    /// Run CODE and print its value; several times: one state, in order
    #[arg(short, long, value_name = "CODE", allow_hyphen_values = true, conflicts_with = "list")]
    pub eval: Vec<String>,

    /// The same, from a file (- for standard input)
    #[arg(short, long, value_name = "PATH", conflicts_with = "list")]
    pub script: Vec<PathBuf>,

    /// Write the last value; by its ending: .npy .npz .csv .tsv .json .h5 .parquet .png .md, or -
    #[arg(short, long, value_name = "PATH", allow_hyphen_values = true)]
    pub output: Option<PathBuf>,

    /// Print the tree, one object a line
    #[arg(short, long)]
    pub list: bool,

    /// With --list: only PATH and what is below it
    #[arg(long, value_name = "PATH", requires = "list")]
    pub at: Option<OsString>,

    /// With --list: go through soft and external links
    #[arg(long, requires = "list")]
    pub follow: bool,

    /// How values are printed; text and json for --list
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Memory that computing may take: 64M, 2G
    #[arg(long, value_name = "SIZE", default_value = "250M")]
    pub max_memory: String,

    /// Threads that compute [default: the cores this process may use, at most 8]
    #[arg(short = 'j', long, value_name = "N")]
    pub threads: Option<usize>,

    /// Where results go that don't fit in memory
    #[arg(long, value_name = "DIR")]
    pub temp_dir: Option<PathBuf>,

    /// Draw no progress bar
    #[arg(long)]
    pub no_progress: bool,

    /// Print the functions, one JSON object a line
    #[arg(long, hide = true)]
    pub functions: bool,

    /// Allow changes; the file is opened for writing only for the moment of a change
    #[arg(short, long, conflicts_with = "mode")]
    pub write: bool,

    /// How the file is opened: r, r+, w (empties one that exists), w-, a; the last three create it
    #[arg(long, value_name = "MODE")]
    pub mode: Option<String>,

    /// All code together is one change: where any of it fails, the file is as it was
    #[arg(long)]
    pub atomic: bool,

    /// Take the last change of FILE back: its bytes are what they were before
    #[arg(long, group = "action")]
    pub undo: bool,

    /// Make the change again that was undone last
    #[arg(long, group = "action")]
    pub redo: bool,

    /// List the changes of FILE that can be undone or redone
    #[arg(long, group = "action")]
    pub history: bool,

    /// Drop what undoes the changes of FILE
    #[arg(long, group = "action")]
    pub forget: bool,

    /// Write FILE anew to OUT without unused space; where OUT is FILE, it is replaced, and its
    /// changes can't be undone any more
    #[arg(long, group = "action", value_name = "OUT")]
    pub repack: Option<PathBuf>,

    /// Put FILE back as it was before a change that a crash cut off
    #[arg(long, group = "action")]
    pub recover: bool,

    /// With --recover: also where the file system can't tell whether the change still runs
    #[arg(long, requires = "recover")]
    pub force: bool,

    /// Keep nothing that undoes changes; they are still made whole or not at all
    #[arg(long)]
    pub no_undo: bool,

    /// How many changes of a file can be undone
    #[arg(long, value_name = "N", default_value_t = UndoSettings::DEFAULT.count)]
    pub undo_count: usize,

    /// The disk space that undoing them may take together
    #[arg(long, value_name = "SIZE", default_value = "5G")]
    pub undo_bytes: String,

    /// With --no-undo: where the journal of a change is, if not beside the file
    #[arg(long, value_name = "DIR")]
    pub journal_dir: Option<PathBuf>,

    /// Read and write no configuration, history or restored session
    #[arg(long)]
    pub clean: bool,

    /// Draw with ASCII only (the default where the locale is not UTF-8)
    #[arg(long)]
    pub ascii: bool,
}

/// The forms of printed results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: as Python's prompt prints values.
    Text,
    /// One JSON value a line.
    Json,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// As tsv; strings alone, without quotes.
    Raw,
}

/// The command line, and the code of -e and -s in the order it was given.
pub fn read() -> (Args, Vec<Code>) {
    let matches = Args::command().get_matches();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    let code = in_order(&args, &matches);
    (args, code)
}

fn in_order(args: &Args, matches: &ArgMatches) -> Vec<Code> {
    let places = |id: &str| matches.indices_of(id).into_iter().flatten();
    let mut code: Vec<(usize, Code)> = Vec::new();
    code.extend(places("eval").zip(args.eval.iter().cloned().map(Code::Text)));
    code.extend(places("script").zip(args.script.iter().cloned().map(Code::File)));
    code.sort_by_key(|c| c.0);
    code.into_iter().map(|c| c.1).collect()
}

impl Args {
    /// The limits of computations.
    ///
    /// # Errors
    /// A size or number that is none.
    pub fn settings(&self) -> Result<Settings, String> {
        let threads = match self.threads {
            Some(0) => return Err("--threads must be at least 1".into()),
            Some(n) => n,
            None => default_threads(),
        };
        let memory = parse_size(&self.max_memory).map_err(|e| e.text)?;
        Ok(Settings { memory, threads, temp_dir: self.temp_dir.clone() })
    }

    /// What batch mode is to do.
    ///
    /// # Errors
    /// A size or number that is none.
    pub fn batch(&self, code: Vec<Code>) -> Result<batch::Options, String> {
        use ch5tui::app::export;
        let style = match self.format {
            Format::Text => batch::Style::Text,
            Format::Json => batch::Style::Json,
            Format::Csv => batch::Style::Other(export::Format::Csv),
            Format::Tsv => batch::Style::Other(export::Format::Tsv),
            Format::Raw => batch::Style::Other(export::Format::Raw),
        };
        let output = self.output.clone().map(|path| match path.as_os_str() == "-" {
            true => batch::Output::Standard,
            false => batch::Output::File(path),
        });
        Ok(batch::Options {
            code,
            style,
            output,
            settings: self.settings()?,
            progress: !self.no_progress && batch::may_draw(),
            atomic: self.atomic,
        })
    }

    /// How changes can be undone.
    ///
    /// # Errors
    /// A size that is none; options that don't go together.
    pub fn undo_settings(&self) -> Result<UndoSettings, String> {
        let bytes = parse_size(&self.undo_bytes).map_err(|e| e.text)? as u64;
        if self.undo_count == 0 {
            return Err("--undo-count must be at least 1 (--no-undo keeps nothing)".into());
        }
        if self.journal_dir.is_some() && !(self.no_undo || self.recover) {
            return Err(
                "--journal-dir needs --no-undo: what undoes changes is beside the file".into()
            );
        }
        Ok(UndoSettings {
            record: !self.no_undo,
            count: self.undo_count,
            bytes,
            journal_dir: self.journal_dir.clone(),
        })
    }

    /// What is asked for on the file's history, if anything.
    pub fn action(&self) -> Option<undoing::Action> {
        use undoing::Action;
        if let Some(to) = self.repack.clone() {
            let progress = !self.no_progress && batch::may_draw();
            return Some(Action::Repack { to, progress });
        }
        match () {
            _ if self.undo => Some(Action::Undo),
            _ if self.redo => Some(Action::Redo),
            _ if self.history => Some(Action::History { json: self.format == Format::Json }),
            _ if self.forget => Some(Action::Forget),
            _ if self.recover => Some(Action::Recover { force: self.force }),
            _ => None,
        }
    }
}

/// Splits `run.h5/detector/counts`: the longest beginning that is no folder is the file.
pub fn split_inner(argument: &OsString) -> (PathBuf, Option<ObjectPath>) {
    use std::os::unix::ffi::OsStrExt;
    let whole = Path::new(argument);
    if whole.symlink_metadata().is_ok() {
        return (whole.to_path_buf(), None);
    }
    for file in whole.ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()) {
        if file.is_file() {
            let inner = whole.strip_prefix(file).unwrap_or(Path::new(""));
            return (file.to_path_buf(), Some(ObjectPath::new(inner.as_os_str().as_bytes())));
        }
    }
    (whole.to_path_buf(), None)
}

/// The files of a command line, each perhaps with a path inside: `run.h5/detector`, or
/// `run.h5 +goto /detector`.
///
/// # Errors
/// `+goto` without a file before it or a path after it.
pub fn files(arguments: &[OsString]) -> Result<Vec<(PathBuf, Option<ObjectPath>)>, String> {
    use std::os::unix::ffi::OsStrExt;
    let mut files: Vec<(PathBuf, Option<ObjectPath>)> = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let path = match argument.as_bytes().strip_prefix(b"+goto") {
            Some(b"") => arguments.next().map(|a| a.as_bytes().to_vec()),
            Some(rest) if rest.starts_with(b" ") => Some(rest[1..].to_vec()),
            _ => {
                files.push(split_inner(argument));
                continue;
            }
        };
        match (path, files.last_mut()) {
            (Some(path), Some(file)) => file.1 = Some(ObjectPath::new(path)),
            (None, _) => return Err("+goto needs a path".into()),
            (_, None) => return Err("+goto needs a file before it".into()),
        }
    }
    Ok(files)
}
