//! Batch mode: code from the command line, values on standard output or in a file.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

use super::export::{self, Format};
use super::json;
use crate::array::error::Kind;
use crate::array::{Context, Error, Settings};
use crate::lang::Session;
use crate::numpy::{Value, functions, show};
use crate::store::{File, ObjectPath, take_notices, together};

/// How values are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As Python's prompt prints them.
    Text,
    /// One JSON value a line.
    Json,
    /// Another of the formats that can be streamed.
    Other(Format),
}

/// A piece of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The code itself.
    Text(String),
    /// A file with it; `-` is standard input.
    File(PathBuf),
    /// The same, that was read.
    Script(PathBuf, String),
}

/// Where the last value goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A file, by the format that its ending names.
    File(PathBuf),
    /// Standard output, alone.
    Standard,
}

/// What to do, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// In this order, with one state.
    pub code: Vec<Code>,
    /// How values are printed.
    pub style: Style,
    /// Where the last value goes, if not every value to standard output.
    pub output: Option<Output>,
    /// Memory, threads, spills.
    pub settings: Settings,
    /// Whether a bar may be drawn on standard error.
    pub progress: bool,
    /// Whether all code together is one change of a file.
    pub atomic: bool,
}

/// How it ended, other than well.
#[derive(Debug)]
pub enum Ended {
    /// An error of the code or of a file: one line.
    Failed(Error),
    /// A signal asked to stop: its number.
    Stopped(i32),
    /// The reader of our output went away.
    Pipe,
}

/// Runs `f` under a bar, if there is to be one, and cancels its computation when a signal asks to
/// stop: gives the signal's number then.
pub fn watched<T>(progress: bool, f: impl FnOnce(&Context) -> T) -> (T, Option<i32>) {
    let cx = Context::new(Settings::default());
    let signal = watch_signals(&cx);
    let bar = progress.then(|| Bar::start(&cx));
    let result = f(&cx);
    if let Some(bar) = bar {
        bar.stop();
    }
    (result, cx.check().is_err().then(|| signal.load(Ordering::Relaxed)))
}

/// Runs code on files and prints values.
///
/// # Errors
/// The first error ends it; what was printed before stays.
pub fn run(
    files: Vec<(Arc<File>, Option<ObjectPath>)>,
    options: &Options,
    watch: Watch,
) -> Result<(), Ended> {
    crate::object::options::set_settings(options.settings.clone());
    let Watch { cx, signal } = watch;
    let bar = options.progress.then(|| Bar::start(&cx));
    let goes_on = files.iter().any(|(file, _)| file.mode().has_write_intent());
    let inner = io::BufWriter::new(io::stdout().lock());
    let mut out = Watched { inner, broken: false, goes_on };
    let result = run_all(files, options, &cx, &mut out);
    if let Some(bar) = bar {
        bar.stop();
    }
    warn(&cx);
    let flushed = out.flush();
    match result {
        _ if out.broken && !goes_on => Err(Ended::Pipe),
        Err(e) if e.kind == Kind::KeyboardInterrupt => {
            Err(Ended::Stopped(signal.load(Ordering::Relaxed)))
        }
        Err(e) => Err(Ended::Failed(e)),
        Ok(()) if out.broken => Err(Ended::Pipe),
        Ok(()) => flushed.map_err(|e| Ended::Failed(e.into())),
    }
}

/// What runs code is waited for by: its progress, its cancel, the signals.
pub struct Watch {
    cx: Context,
    signal: Arc<AtomicI32>,
}

impl Watch {
    /// From now on a signal that asks to stop has the code stopped, and nothing else is left
    /// behind by it: to be called before a file is opened.
    pub fn start(settings: Settings) -> Watch {
        let cx = Context::new(settings);
        let signal = watch_signals(&cx);
        Watch { cx, signal }
    }
}

/// Reads all code of the options, and sees whether it can be run: before a file is made that is
/// to take another's place.
///
/// # Errors
/// A file of code that can't be read; the first SyntaxError.
pub fn read_code(options: &mut Options) -> Result<(), Error> {
    for code in &mut options.code {
        let text = text_of(code)?;
        crate::lang::check(&text).map_err(|failure| failure.error)?;
        if let Code::File(path) = code {
            *code = Code::Script(std::mem::take(path), text);
        }
    }
    Ok(())
}

fn run_all(
    files: Vec<(Arc<File>, Option<ObjectPath>)>,
    options: &Options,
    cx: &Context,
    out: &mut Watched<impl Write>,
) -> Result<(), Error> {
    if let Some(Output::File(path)) = &options.output {
        export::must_not_be_open(path, files.iter().map(|f| &f.0))?;
    }
    let here = files.iter().enumerate().find_map(|(i, (_, path))| Some((i, path.clone()?)));
    let session = Session::new(files.into_iter().map(|f| f.0).collect());
    session.set_here(here);
    let mut last = None;
    let mut all = || -> Result<(), Error> {
        for code in &options.code {
            let text = text_of(code)?;
            let result = match code {
                Code::Text(_) => session.run(&text, cx),
                Code::File(_) | Code::Script(..) => session.run_script(&text, cx),
            };
            out.write_all(session.take_printed().as_bytes())?;
            let value = result.map_err(|failure| failure.error)?;
            warn(cx);
            match (&options.output, value) {
                (None, Some(value)) => {
                    print(&value, options.style, cx, out)?;
                    out.flush()?;
                }
                (Some(_), Some(value)) => last = Some(value),
                (_, None) => {}
            }
        }
        Ok(())
    };
    match options.atomic {
        true => together(&what(&options.code), &mut all),
        false => all(),
    }?;
    let nothing = || Error::value("there is no value to write: no statement is an expression");
    match &options.output {
        None => Ok(()),
        Some(Output::File(path)) => export::write(&last.ok_or_else(nothing)?, path, cx),
        Some(Output::Standard) => print(&last.ok_or_else(nothing)?, options.style, cx, out),
    }
}

/// What all code together is called in the history.
fn what(code: &[Code]) -> String {
    let name = |c: &Code| match c {
        Code::Text(text) => text.clone(),
        Code::File(path) | Code::Script(path, _) => path.display().to_string(),
    };
    code.iter().map(name).collect::<Vec<_>>().join("; ")
}

fn text_of(code: &Code) -> Result<String, Error> {
    let (bytes, name) = match code {
        Code::Text(text) | Code::Script(_, text) => return Ok(text.clone()),
        Code::File(path) if path.as_os_str() == "-" => {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut io::stdin().lock(), &mut bytes)?;
            (bytes, "standard input".to_string())
        }
        Code::File(path) => {
            use std::os::unix::ffi::OsStrExt;
            let name = crate::store::escape(path.as_os_str().as_bytes());
            let bytes = std::fs::read(path).map_err(|e| {
                let why = Error::from(e).text;
                Error::os(format!("{name}: {why}"))
            })?;
            (bytes, name)
        }
    };
    String::from_utf8(bytes)
        .map_err(|_| Error::new(Kind::SyntaxError, format!("{name}: the code is not UTF-8")))
}

/// Prints a value; None only where the format has a word for it.
fn print(value: &Value, style: Style, cx: &Context, out: &mut impl Write) -> Result<(), Error> {
    match style {
        Style::Text if value.is_none() => return Ok(()),
        Style::Text => {
            let text = show::repr(value, cx)?;
            out.write_all(text.as_bytes())?;
            out.write_all(b"\n")?;
        }
        Style::Json => {
            json::write(value, out, cx)?;
            out.write_all(b"\n")?;
        }
        Style::Other(_) if value.is_none() => return Ok(()),
        Style::Other(format) => export::stream(value, format, out, cx)?,
    }
    warn(cx);
    Ok(())
}

fn warn(cx: &Context) {
    for note in cx.take_notes().into_iter().chain(take_notices()) {
        say(&note);
    }
}

/// Writes a line to standard error; what can't be written is lost.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", line.replace(['\n', '\r'], " "));
}

/// A writer that remembers whether its reader went away.
struct Watched<W: Write> {
    inner: W,
    broken: bool,
    /// Whether the code is to go on without a reader: it changes files.
    goes_on: bool,
}

impl<W: Write> Watched<W> {
    fn seen<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &result {
            self.broken |= e.kind() == io::ErrorKind::BrokenPipe;
        }
        result
    }

    fn is_for_nobody(&self) -> bool {
        self.broken && self.goes_on
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_for_nobody() {
            return Ok(bytes.len());
        }
        let result = self.inner.write(bytes);
        match self.seen(result) {
            Err(_) if self.is_for_nobody() => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_for_nobody() {
            return Ok(());
        }
        let result = self.inner.flush();
        match self.seen(result) {
            Err(_) if self.is_for_nobody() => Ok(()),
            other => other,
        }
    }
}

/// Cancels the computation when a signal asks to stop; gives the signal's number then. A second
/// one ends the program at once.
fn watch_signals(cx: &Context) -> Arc<AtomicI32> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let seen = Arc::new(AtomicI32::new(SIGINT));
    let asking = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(asking) {
        let (cx, seen) = (cx.clone(), seen.clone());
        std::thread::spawn(move || {
            let mut asked = false;
            for signal in signals.forever() {
                if asked {
                    std::process::exit(128 + signal);
                }
                asked = true;
                seen.store(signal, Ordering::Relaxed);
                cx.cancel();
            }
        });
    }
    seen
}

/// A bar on standard error while something takes long.
struct Bar {
    done: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

/// What is quicker than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);
/// From one drawing of the bar to the next.
const STEP: Duration = Duration::from_millis(100);

impl Bar {
    /// Starts to look at the computation's progress.
    fn start(cx: &Context) -> Bar {
        let done = Arc::new(AtomicBool::new(false));
        let (stop, cx) = (done.clone(), cx.clone());
        let thread = std::thread::spawn(move || {
            let begun = Instant::now();
            let mut drawn = false;
            while !stop.load(Ordering::Relaxed) {
                std::thread::park_timeout(STEP);
                if begun.elapsed() >= PATIENCE && !stop.load(Ordering::Relaxed) {
                    let (at, total, what) = cx.progress();
                    if total > 0 {
                        eprint!("\r\x1b[K{}", line(at, total, &what, begun.elapsed()));
                        drawn = true;
                    }
                }
            }
            if drawn {
                eprint!("\r\x1b[K");
            }
        });
        Bar { done, thread }
    }

    fn stop(self) {
        self.done.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        let _ = self.thread.join();
    }
}

/// `computing [#####     ]  48%  00:12 (00:13 left)`
fn line(at: u64, total: u64, what: &str, elapsed: Duration) -> String {
    const WIDTH: usize = 30;
    let part = (at as f64 / total as f64).clamp(0.0, 1.0);
    let full = (part * WIDTH as f64) as usize;
    let time = |d: Duration| format!("{:02}:{:02}", d.as_secs() / 60, d.as_secs() % 60);
    let left = match part > 0.01 {
        true => {
            let rest = elapsed.as_secs_f64() * (1.0 - part) / part;
            format!(" ({} left)", time(Duration::from_secs_f64(rest.min(360_000.0))))
        }
        false => String::new(),
    };
    format!(
        "{what} [{}{}] {:3.0}%  {}{left}",
        "#".repeat(full),
        " ".repeat(WIDTH - full),
        part * 100.0,
        time(elapsed)
    )
}

/// Whether standard error is a terminal, where a bar may be drawn.
pub fn may_draw() -> bool {
    io::stderr().is_terminal()
}

/// Prints the registry: one JSON object a line for each function.
///
/// # Errors
/// As writing.
pub fn list_functions(out: &mut dyn Write) -> io::Result<()> {
    for f in functions() {
        let names: Vec<String> = f.names.iter().map(|n| format!("np.{n}")).collect();
        let line = serde_json::json!({
            "names": names,
            "section": f.section,
            "params": f.params,
            "kinds": f.kinds,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()
}
