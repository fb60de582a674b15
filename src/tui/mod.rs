//! The terminal: keys in, frames out, on a thread that never calls HDF5.
//!
//! [`run`] waits for one event, takes all that have come, and draws once. Replies of jobs, keys
//! and signals come through one channel. [`draw`](mod@draw) makes a frame out of the state, pane
//! by pane; [`layout`] divides the screen; [`theme`] has colours and symbols; [`terminal`] takes
//! the terminal and gives it back; [`backend`] puts cells where they belong; [`input`] names keys;
//! [`bar_line`] is the line for typing, [`editor_pane`] the editor of long texts; [`clipboard`]
//! copies.

pub mod backend;
pub mod bar_line;
pub mod chrome;
pub mod clipboard;
pub mod details_pane;
pub mod draw;
pub mod editor_pane;
pub mod grid_pane;
mod hangup;
pub mod input;
pub mod layout;
pub mod terminal;
pub mod text;
pub mod text_pane;
pub mod theme;
pub mod tree_pane;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crossterm::event::{Event as TerminalEvent, KeyEvent, KeyEventKind};
use crossterm::execute;
use crossterm::terminal::{Clear, ClearType};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use crate::app::action::Effect;
use crate::app::editor::Editor;
use crate::app::jobs::{Jobs, Reply};
use crate::app::keys::{Fed, Keys};
use crate::app::state::App;
use clipboard::Clipboard;
use draw::View;
use input::Typed;
use terminal::Guard;
use theme::Theme;

/// How long a frame waits for what was just asked, so that one frame shows both.
const SETTLE: Duration = Duration::from_millis(40);
/// How long opening the files may take before the screen is taken.
const PATIENCE: Duration = Duration::from_millis(300);
/// After how long it is said that something is being read.
const SLOW: Duration = Duration::from_millis(250);
/// How often the progress of jobs is drawn.
const TICK: Duration = Duration::from_millis(100);

enum Event {
    Terminal(TerminalEvent),
    Reply(Box<Reply>),
    Signal(i32),
    /// The terminal gives no more events.
    Gone,
}

/// Runs the program on the terminal until the user leaves it.
///
/// # Errors
/// The terminal can't be taken, or is gone.
pub fn run(mut app: App, theme: &Theme) -> io::Result<()> {
    let (send, events) = channel();
    let replies = send.clone();
    let sink = Arc::new(move |reply| {
        let _ = replies.send(Event::Reply(Box::new(reply)));
    });
    let jobs = Jobs::start(sink, app.history.clone())?;
    // files are opened while the terminal is being taken
    app.requests().into_iter().for_each(|r| jobs.ask(r));
    watch_signals(send.clone())?;
    // a file that is none is told before the screen is taken; a slow disk is not waited for
    let patience = Instant::now() + PATIENCE;
    while !app.all_tried() {
        match events.recv_timeout(patience.saturating_duration_since(Instant::now())) {
            Ok(Event::Reply(reply)) => app.reply(*reply),
            Ok(_) => return Ok(()),
            Err(_) => break,
        }
    }
    if let Some(why) = app.nothing_opened() {
        return Err(io::Error::other(why.to_string()));
    }
    let guard = Guard::new()?;
    let keyboard = Arc::new(Keyboard::default());
    let gone = send.clone();
    hangup::watch(move || _ = gone.send(Event::Gone))?;
    read_keys(send, Arc::clone(&keyboard))?;
    let (area, terminal) = blank()?;
    let mut screen = Screen {
        app,
        jobs,
        area,
        terminal,
        theme,
        keys: Keys::default(),
        clipboard: Clipboard::default(),
        editor: None,
        keyboard,
        asked: None,
    };
    let result = screen.run(&events);
    screen.jobs.settle();
    drop(screen);
    drop(guard);
    result
}

/// Who reads the keys: we, or for a while another program.
#[derive(Default)]
struct Keyboard {
    lent: Mutex<Lent>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Lent {
    #[default]
    No,
    /// Another program is to have it.
    Asked,
    Yes,
}

impl Keyboard {
    fn lock(&self) -> std::sync::MutexGuard<'_, Lent> {
        self.lent.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Has the reading thread stop reading.
    fn lend(&self) -> io::Result<()> {
        let mut lent = self.lock();
        *lent = Lent::Asked;
        // a change of the screen's size is an event, too: it ends the wait for a key
        signal_hook::low_level::raise(SIGWINCH)?;
        let until = Instant::now() + Duration::from_secs(2);
        while *lent == Lent::Asked && Instant::now() < until {
            let waited = self.changed.wait_timeout(lent, Duration::from_millis(100));
            lent = waited.unwrap_or_else(|e| e.into_inner()).0;
        }
        Ok(())
    }

    fn take_back(&self) {
        *self.lock() = Lent::No;
        self.changed.notify_all();
    }

    /// Waits, on the reading thread, as long as another program has the keyboard.
    fn wait_while_lent(&self) {
        let mut lent = self.lock();
        while *lent != Lent::No {
            *lent = Lent::Yes;
            self.changed.notify_all();
            lent = self.changed.wait(lent).unwrap_or_else(|e| e.into_inner());
        }
    }
}

fn read_keys(send: Sender<Event>, keyboard: Arc<Keyboard>) -> io::Result<()> {
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            keyboard.wait_while_lent();
            if send.send(Event::Terminal(event)).is_err() {
                return;
            }
        }
        let _ = send.send(Event::Gone);
    })?;
    Ok(())
}

fn watch_signals(send: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if send.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

type Backend = backend::Placing<CrosstermBackend<io::BufWriter<io::Stdout>>>;

/// The screen's area, and a terminal that takes it to be blank. Its viewport is fixed: a resize
/// is ours to handle, since ratatui's own asks the terminal where its cursor is, and not every
/// terminal answers.
fn blank() -> io::Result<(Rect, Terminal<Backend>)> {
    let (width, height) = crossterm::terminal::size()?;
    let area = Rect::new(0, 0, width.max(1), height.max(1));
    let out = io::BufWriter::with_capacity(1 << 16, io::stdout());
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let backend = backend::Placing::new(CrosstermBackend::new(out));
    Ok((area, Terminal::with_options(backend, options)?))
}

struct Screen<'a> {
    app: App,
    jobs: Jobs,
    area: Rect,
    terminal: Terminal<Backend>,
    theme: &'a Theme,
    keys: Keys,
    clipboard: Clipboard,
    /// The editor of a long text.
    editor: Option<editor_pane::Pane>,
    keyboard: Arc<Keyboard>,
    /// Since when something has been awaited.
    asked: Option<Instant>,
}

/// The key that scrolls here, for one that does in `less`.
fn as_in_less(name: &str) -> &str {
    match name {
        "Space" => "PgDn",
        "b" => "PgUp",
        name => name,
    }
}

impl Screen<'_> {
    fn run(&mut self, events: &Receiver<Event>) -> io::Result<()> {
        self.ask();
        let mut dirty = true;
        loop {
            let waiting = self.asked.map(|at| at.elapsed());
            // a frame waits a moment for what was asked by the last key, unless keys go on
            let settling = waiting.is_some_and(|w| w < SETTLE);
            if dirty && !settling {
                self.draw()?;
                dirty = false;
            }
            let timeout = match waiting {
                Some(w) if settling => Some(SETTLE - w),
                Some(w) if w < SLOW => Some((SLOW - w).min(TICK)),
                _ if self.app.is_busy() => Some(TICK),
                _ => None,
            };
            let event = match timeout {
                None => events.recv().ok(),
                Some(t) => match events.recv_timeout(t) {
                    Ok(event) => Some(event),
                    Err(RecvTimeoutError::Timeout) => {
                        dirty = true;
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => None,
                },
            };
            let Some(event) = event else { return Ok(()) };
            let mut next = Some(event);
            while let Some(event) = next {
                if matches!(event, Event::Terminal(TerminalEvent::Key(_))) && self.asked.is_some() {
                    // keys show at once, whatever is still being read
                    self.asked = Some(Instant::now() - SETTLE);
                }
                if !self.take(event)? {
                    return Ok(());
                }
                dirty = true;
                next = events.try_recv().ok();
            }
            self.ask();
        }
    }

    /// Sends off what the state wants to have read, in the light of the screen's size.
    fn ask(&mut self) {
        let places = layout::places(self.area, &self.app);
        let sizes = layout::sizes(&places, &self.app);
        self.app.set_sizes(sizes);
        self.app.requests().into_iter().for_each(|r| self.jobs.ask(r));
        self.asked = match (self.app.is_waiting(), self.asked) {
            (true, Some(at)) => Some(at),
            (true, None) => Some(Instant::now()),
            (false, _) => None,
        };
    }

    fn draw(&mut self) -> io::Result<()> {
        self.app.look_at_jobs();
        if let (Some(editor), None) = (&self.app.editor, &self.editor) {
            self.editor = Some(editor_pane::Pane::new(editor.clone()));
        }
        let slow = self.asked.is_some_and(|at| at.elapsed() >= SLOW);
        let editor = self.editor.as_ref();
        let view = View { theme: self.theme, keys: &self.keys, editor, slow };
        let app = &self.app;
        self.terminal.draw(|frame| draw::draw(frame, app, &view))?;
        Ok(())
    }

    /// Takes one event; false ends the program.
    fn take(&mut self, event: Event) -> io::Result<bool> {
        match event {
            Event::Reply(reply) => self.app.reply(*reply),
            Event::Terminal(TerminalEvent::Key(key)) if key.kind != KeyEventKind::Release => {
                self.key(key);
            }
            Event::Terminal(TerminalEvent::Paste(text)) => match &mut self.editor {
                Some(editor) => editor.paste(&text),
                None => self.app.paste(&text),
            },
            Event::Terminal(TerminalEvent::Resize(..)) => self.clear()?,
            Event::Terminal(_) => {}
            Event::Signal(SIGTSTP) => self.suspend()?,
            Event::Signal(SIGCONT) => {
                // after a stop that was not our own
                if !terminal::is_taken() {
                    terminal::enter()?;
                }
                self.clear()?;
            }
            Event::Signal(_) | Event::Gone => return Ok(false),
        }
        for effect in self.app.effects() {
            match effect {
                Effect::Quit => return Ok(false),
                Effect::Suspend => self.suspend()?,
                Effect::Redraw => self.clear()?,
                Effect::Edit(editor) => self.edit_outside(editor)?,
                Effect::Copy { text, what } => {
                    self.app.message = Some(match self.clipboard.copy(&text) {
                        Ok(way) => format!("copied the {what} {way}"),
                        Err(why) => format!("not copied: {why}"),
                    });
                }
            }
        }
        Ok(true)
    }

    fn key(&mut self, key: KeyEvent) {
        if self.app.question().is_some() {
            let name = input::name(key);
            match name.as_deref() {
                // what is asked about may be longer than the screen
                Some(n) if self.app.reader.is_some() && self.scroll(n) => {}
                name => self.app.answer(matches!(name, Some("y" | "Y"))),
            }
            if self.app.editor.is_none() {
                // what was typed was dropped
                self.editor = None;
            }
            return;
        }
        if let Some(editor) = &mut self.editor {
            match editor.key(key) {
                editor_pane::Fed::Left(editor, text) => {
                    self.editor = None;
                    self.app.edited(editor, text);
                }
                editor_pane::Fed::Leaving => self.app.ask_to_drop(),
                editor_pane::Fed::Typed => {}
            }
            return;
        }
        if self.app.bar.is_some() {
            match input::typed(key) {
                Typed::Edit(request) => self.app.edit(request),
                Typed::Run => self.app.close_bar(true),
                Typed::Drop => self.app.close_bar(false),
                Typed::Earlier => self.app.recall(true),
                Typed::Later => self.app.recall(false),
                Typed::Complete => self.app.complete(true),
                Typed::CompleteBack => self.app.complete(false),
                Typed::Having => self.app.recall_having(),
                Typed::Line => self.app.paste("\n"),
                Typed::Try => self.app.try_bar(),
                Typed::Nothing => {}
            }
            return;
        }
        let Some(mut name) = input::name(key) else { return };
        if self.app.help.is_some() || self.app.reader.is_some() {
            name = as_in_less(&name).into();
        }
        match self.keys.feed(&name) {
            Fed::Do(action, count) => self.app.act(action, count),
            Fed::Pending => self.app.message = None,
            Fed::Nothing => {}
        }
    }

    /// Scrolls the text over the screen; whether the key does that.
    fn scroll(&mut self, name: &str) -> bool {
        use crate::app::action::Action::{Bottom, Down, PageDown, PageUp, Top, Up};
        let fed = Keys::default().feed(as_in_less(name));
        match fed {
            Fed::Do(action @ (Up | Down | PageUp | PageDown | Top | Bottom), _) => {
                self.app.act(action, None);
                true
            }
            _ => false,
        }
    }

    /// Lends the terminal to the user's own editor.
    fn edit_outside(&mut self, editor: Editor) -> io::Result<()> {
        self.keyboard.lend()?;
        terminal::leave();
        let edited = editor_pane::outside(&editor);
        terminal::enter()?;
        self.keyboard.take_back();
        self.clear()?;
        match edited {
            Ok(text) => self.app.edited(editor, Some(text)),
            Err(e) => self.app.message = Some(format!("nothing was changed: {e}")),
        }
        Ok(())
    }

    /// Blanks the screen, whatever its size is now; the next frame draws all of it.
    fn clear(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Clear(ClearType::All))?;
        (self.area, self.terminal) = blank()?;
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        terminal::leave();
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        // here again when the shell says so
        terminal::enter()?;
        self.clear()
    }
}
