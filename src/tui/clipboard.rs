//! The clipboard: the desktop's, and over SSH the terminal's own by OSC 52.

use std::io::{self, Write};

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

/// The longest text that terminals take by OSC 52, in bytes before encoding.
const LONGEST: usize = 74_000;

/// A clipboard. Kept while the program runs: under X11 its content goes with it.
#[derive(Default)]
pub struct Clipboard {
    desktop: Option<arboard::Clipboard>,
}

impl Clipboard {
    /// Puts a text on the clipboard; says which way it went.
    ///
    /// # Errors
    /// The text is too long for the terminal, or the terminal takes no bytes.
    pub fn copy(&mut self, text: &str) -> Result<&'static str, String> {
        let remote = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"];
        if !remote.iter().any(|v| std::env::var_os(v).is_some()) {
            if self.desktop.is_none() {
                self.desktop = arboard::Clipboard::new().ok();
            }
            if let Some(desktop) = &mut self.desktop
                && desktop.set_text(text.to_string()).is_ok()
            {
                return Ok("to the clipboard");
            }
        }
        if text.len() > LONGEST {
            return Err(format!("{} bytes are too many for the terminal's clipboard", text.len()));
        }
        let mut out = io::stdout();
        execute!(out, CopyToClipboard::to_clipboard_from(text))
            .and_then(|()| out.flush())
            .map_err(|e| e.to_string())?;
        Ok("through the terminal (OSC 52)")
    }
}
