//! The line being typed at the bottom: a command, or a text to search for.

use tui_input::{Input, InputRequest};

use super::command;
use super::search;
use super::state::{App, Bar, BarKind};

impl App {
    pub(super) fn open_bar(&mut self, kind: BarKind, text: &str) {
        self.bar = Some(Bar { kind, input: Input::new(text.into()), past: None });
    }

    /// Takes an edit of the line being typed.
    pub fn edit(&mut self, request: InputRequest) {
        let Some(bar) = &mut self.bar else { return };
        bar.input.handle(request);
        if let BarKind::Search { origin } = bar.kind {
            self.sought = bar.input.value().to_string();
            search::from(self, origin);
        }
    }

    /// Inserts a pasted text, its first line.
    pub fn paste(&mut self, text: &str) {
        for c in text.lines().next().unwrap_or("").chars().filter(|c| !c.is_control()) {
            self.edit(InputRequest::InsertChar(c));
        }
    }

    /// Ends the line being typed: run it, or drop it and what it did.
    pub fn close_bar(&mut self, run: bool) {
        let Some(bar) = self.bar.take() else { return };
        self.message = None;
        let line = bar.input.value().to_string();
        match bar.kind {
            BarKind::Search { origin } => {
                if !run {
                    search::restore(self, origin);
                } else if !search::found(self) {
                    self.message = Some(search::not_found(self));
                }
            }
            BarKind::Command if run => {
                if !line.trim().is_empty() && self.lines.last() != Some(&line) {
                    self.lines.push(line.clone());
                }
                match command::parse(&line) {
                    Ok(Some(command)) => self.run(command),
                    Ok(None) => {}
                    Err(e) => self.message = Some(e),
                }
            }
            BarKind::Command => {}
        }
    }

    /// Takes an earlier or later line of the bar.
    pub fn recall(&mut self, earlier: bool) {
        let Some(bar) = &mut self.bar else { return };
        if bar.kind != BarKind::Command {
            return;
        }
        let past = match (bar.past, earlier) {
            (None, true) => Some(0),
            (Some(n), true) => Some(n + 1),
            (Some(n), false) => n.checked_sub(1),
            (None, false) => None,
        };
        let line = past.map(|n| self.lines.iter().rev().nth(n));
        match line {
            Some(Some(line)) => (bar.past, bar.input) = (past, Input::new(line.clone())),
            Some(None) => {}
            None => (bar.past, bar.input) = (None, Input::default()),
        }
    }

    /// Completes the command being typed.
    pub fn complete(&mut self) {
        let Some(bar) = &mut self.bar else { return };
        let typed = bar.input.value().to_string();
        if bar.kind != BarKind::Command || typed.contains(' ') {
            return;
        }
        match command::complete(&typed).as_slice() {
            [] => self.message = Some("no command begins so".into()),
            [one] => bar.input = Input::new(format!("{one} ")),
            many => self.message = Some(many.join("  ")),
        }
    }
}
