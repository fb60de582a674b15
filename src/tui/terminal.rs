//! Taking the terminal and giving it back, whatever happens.
//!
//! [`Guard`] gives it back when it is dropped, and the panic hook does before the message. A
//! crash of HDF5 and signals go other ways, and use [`LEAVE`] and [`is_taken`].

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, style};

static TAKEN: AtomicBool = AtomicBool::new(false);

/// The bytes that leave the alternate screen and show the cursor, for a handler of crashes.
pub const LEAVE: &[u8] = b"\x1b[0m\x1b[?2004l\x1b[?1049l\x1b[?25h";

/// Whether the terminal is taken. Safe to ask in a signal handler.
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::Relaxed)
}

/// Takes the terminal.
///
/// # Errors
/// It can't be put into raw mode, or takes no bytes.
pub fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::Relaxed);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Gives the terminal back, if it is taken. Tries everything, whatever fails.
pub fn leave() {
    if TAKEN.swap(false, Ordering::Relaxed) {
        let mut out = io::stdout();
        let _ = execute!(
            out,
            style::ResetColor,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = out.flush();
        let _ = disable_raw_mode();
    }
}

/// Holds the terminal until it is dropped.
pub struct Guard;

impl Guard {
    /// Takes the terminal, and sees to it that a panic gives it back first.
    ///
    /// # Errors
    /// Those of [`enter`].
    pub fn new() -> io::Result<Guard> {
        let before = std::panic::take_hook();
        let drawing = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            // a job's panic is caught and told on the screen, which stays
            if std::thread::current().id() == drawing || !is_taken() {
                leave();
                before(info);
            }
        }));
        let guard = Guard;
        enter()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}
