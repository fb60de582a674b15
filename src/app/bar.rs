//! The line being typed at the bottom: a command, code, or a text to search for; with completion,
//! help for the function under the cursor, colours, and earlier lines.

use std::ops::Range;

use tui_input::{Input, InputRequest};

use super::command;
use super::completion;
use super::compute::Ask;
use super::editing::edit_of;
use super::jobs::Request;
use super::search;
use super::state::{App, Bar, BarKind};
use crate::lang::{Completion, Item, Line, Token};

/// The most lines that are held.
const LINES: usize = 10_000;

/// What helps with typing code.
#[derive(Debug, Default)]
pub struct Typing {
    /// The choices that are offered.
    pub choices: Option<Choices>,
    /// The function under the cursor, its parameters; and its line of help.
    pub help: Option<(String, String)>,
    /// The parts of the text and what they are, for its colours.
    pub tokens: Vec<(Range<usize>, Token)>,
    /// What was found for this line.
    found: Option<(completion::Line, Completion)>,
    /// The line that was asked about last.
    asked: Option<completion::Line>,
    /// Choices are wanted as soon as they are there.
    wanted: bool,
    /// The place in the history of lines, counted from the last; and what was typed before.
    past: Option<(usize, String)>,
    /// What is looked for in the history.
    sought: Option<String>,
}

/// Choices for a part of the line.
#[derive(Debug)]
pub struct Choices {
    /// The choices.
    pub items: Vec<Item>,
    /// The one that is taken.
    pub at: Option<usize>,
    /// Where the part begins, in bytes.
    pub start: usize,
    /// The line before and after it, and the part as it was typed.
    line: [String; 3],
}

impl Bar {
    /// The line and its cursor.
    fn line(&self) -> completion::Line {
        let text = self.input.value().to_string();
        let cursor = text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(i, _)| i);
        completion::Line { text, cursor, expression: self.kind == BarKind::Expression }
    }

    fn is_code(&self) -> bool {
        !matches!(self.kind, BarKind::Search { .. })
    }

    /// Deletes the value, where one is edited; whether that is so. It can be put back.
    fn empty_hole(&mut self) -> bool {
        let Some(hole) = &self.hole else { return false };
        let value = self.input.value().strip_prefix(&hole.before);
        let Some(value) = value.and_then(|v| v.strip_suffix(&hole.after)) else { return false };
        let start = hole.before.chars().count();
        let line = format!("{}{value}", hole.before);
        let mut input = Input::new(line).with_cursor(start);
        input.handle(InputRequest::DeleteTillEnd);
        for c in hole.after.chars() {
            input.handle(InputRequest::InsertChar(c));
        }
        self.input = input.with_cursor(start);
        true
    }

    fn set(&mut self, text: String, cursor: usize) {
        let at = text.get(..cursor).map_or(usize::MAX, |before| before.chars().count());
        self.input = Input::new(text).with_cursor(at);
    }
}

impl App {
    pub(super) fn open_bar(&mut self, kind: BarKind, text: &str) {
        self.blame = None;
        self.bar = Some(Bar {
            kind,
            input: Input::new(text.into()),
            typing: Typing::default(),
            hole: None,
            begun: None,
        });
        self.typed();
    }

    /// Opens the bar with a line that is to be typed on, at a byte of it.
    pub(super) fn open_bar_at(&mut self, kind: BarKind, text: String, cursor: usize) {
        self.open_bar(kind, "");
        if let Some(bar) = &mut self.bar {
            bar.set(text, cursor);
        }
        self.typed();
    }

    /// Takes an edit of the line being typed.
    pub fn edit(&mut self, request: InputRequest) {
        let Some(bar) = &mut self.bar else { return };
        self.message = None;
        if request != InputRequest::DeleteLine || !bar.empty_hole() {
            bar.input.handle(request);
        }
        bar.typing.choices = None;
        bar.typing.sought = None;
        if let BarKind::Search { origin } = bar.kind {
            self.sought = bar.input.value().to_string();
            search::from(self, origin);
        }
        self.typed();
    }

    /// The line or its cursor changed: its colours, and what may be typed now.
    fn typed(&mut self) {
        let here = self.here();
        let Some(bar) = self.bar.as_mut().filter(|b| b.is_code()) else { return };
        let line = bar.line();
        bar.typing.tokens = match !line.expression && command::entry_of(&line.text).is_some() {
            true => Vec::new(),
            false => crate::lang::parse::tokens(&line.text),
        };
        bar.typing.wanted = false;
        if bar.typing.asked.as_ref() == Some(&line) {
            return;
        }
        bar.typing.asked = Some(line.clone());
        if line.text.is_empty() {
            bar.typing.help = None;
        }
        let ticket = self.ticket();
        self.completion_ticket = Some(ticket);
        self.out.push(Request::Compute(Ask::Complete { ticket, line, here }));
    }

    /// Takes what may be typed.
    pub(super) fn completed(&mut self, ticket: u64, completion: Completion) {
        if self.completion_ticket != Some(ticket) {
            return;
        }
        self.completion_ticket = None;
        let Some(bar) = &mut self.bar else { return };
        let Some(line) = bar.typing.asked.clone() else { return };
        bar.typing.help =
            completion.signature.clone().map(|s| (s, completion.help.clone().unwrap_or_default()));
        bar.typing.found = Some((line, completion));
        if bar.typing.wanted {
            self.offer();
        }
    }

    /// Inserts a pasted text: all of its lines, where code is typed; as cells, where a grid has
    /// the keys.
    pub fn paste(&mut self, text: &str) {
        let covered = self.help.is_some() || self.reader.is_some() || self.question().is_some();
        if self.bar.is_none() && !covered && self.paste_cells(text) {
            return;
        }
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "    ");
        let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        if self.bar.is_none() {
            if text.trim().is_empty() || covered {
                return;
            }
            self.open_bar(BarKind::Expression, "");
        }
        let Some(bar) = &mut self.bar else { return };
        if !bar.is_code() {
            let first = text.lines().next().unwrap_or("").to_string();
            first.chars().for_each(|c| self.edit(InputRequest::InsertChar(c)));
            return;
        }
        let completion::Line { text: old, cursor, .. } = bar.line();
        let (before, after) = old.split_at(cursor);
        let pasted = text.trim_end_matches('\n');
        bar.set(format!("{before}{pasted}{after}"), cursor + pasted.len());
        self.edit(InputRequest::SetCursor(bar_cursor(self)));
    }

    /// Ends the line being typed: run it, or drop it and what it did.
    pub fn close_bar(&mut self, run: bool) {
        if !run && let Some(bar) = &mut self.bar {
            // the choices first
            if let Some(choices) = bar.typing.choices.take() {
                let [before, typed, after] = choices.line;
                let cursor = before.len() + typed.len();
                bar.set(before + &typed + &after, cursor);
                self.typed();
                return;
            }
        }
        let Some(bar) = self.bar.take() else { return };
        self.message = None;
        self.completion_ticket = None;
        let line = bar.input.value().to_string();
        match bar.kind {
            BarKind::Search { origin } => {
                if !run {
                    search::restore(self, origin);
                } else if !search::found(self) {
                    self.message = Some(search::not_found(self));
                }
            }
            _ if !run || line.trim().is_empty() => {}
            _ if bar.hole.as_ref().is_some_and(|hole| hole.keeps(&line)) => {
                self.message = Some("nothing was changed".into());
            }
            kind => {
                self.remember(&line);
                let parsed = match kind {
                    BarKind::Expression => command::Line::Code,
                    _ => command::parse(&line),
                };
                match parsed {
                    command::Line::Empty => {}
                    command::Line::Command(Ok(command)) => self.run(command),
                    command::Line::Command(Err(e)) => self.message = Some(e),
                    command::Line::Code => match (bar.hole, bar.begun) {
                        (Some(hole), _) => self.run_edit(hole, &line, false),
                        (None, Some(begun)) => {
                            let origin = begun.origin(&line);
                            self.run_from(Line::Code(line), false, origin);
                        }
                        (None, None) => self.run_code(&line),
                    },
                }
            }
        }
    }

    /// Has told what the line being typed would change.
    pub fn try_bar(&mut self) {
        let Some(bar) = self.bar.take_if(|b| b.is_code() && !b.input.value().trim().is_empty())
        else {
            return;
        };
        self.message = None;
        let line = bar.input.value().to_string();
        self.remember(&line);
        match bar.hole.and_then(|hole| edit_of(hole, &line)) {
            Some(edit) => self.try_line(Line::Edits(vec![edit])),
            None => self.try_line(Line::Code(line)),
        }
    }

    fn remember(&mut self, line: &str) {
        if self.lines.last().is_some_and(|l| l == line) {
            return;
        }
        self.lines.push(line.into());
        if self.lines.len() > LINES {
            self.lines.remove(0);
        }
        self.out.push(Request::Compute(Ask::Remember(line.into())));
    }

    /// Takes an earlier or later line that begins with what was typed; or moves through the
    /// choices, while they are shown.
    pub fn recall(&mut self, earlier: bool) {
        let lines = &self.lines;
        let Some(bar) = self.bar.as_mut().filter(|b| b.is_code()) else { return };
        if bar.typing.choices.is_some() {
            self.choose(!earlier);
            return;
        }
        let typed = bar.input.value();
        let (at, stem) = match bar.typing.past.take() {
            // a line that was changed since is typed anew
            Some((at, stem)) if lines.iter().rev().nth(at).is_some_and(|l| l == typed) => {
                (Some(at), stem)
            }
            _ => (None, typed.to_string()),
        };
        let fits = |n: &usize| {
            lines.iter().rev().nth(*n).is_some_and(|l| l.starts_with(&stem) && l != typed)
        };
        let found = match (earlier, at) {
            (true, at) => (at.map_or(0, |n| n + 1)..lines.len()).find(fits),
            (false, Some(at)) => (0..at).rev().find(fits),
            (false, None) => return,
        };
        let text = match found {
            Some(n) => lines.iter().rev().nth(n).cloned().unwrap_or_default(),
            None if earlier => {
                bar.typing.past = at.map(|n| (n, stem));
                return;
            }
            None => stem.clone(),
        };
        bar.typing.past = found.map(|n| (n, stem));
        let end = text.len();
        bar.set(text, end);
        self.typed();
    }

    /// Takes the last line that has what was typed; asked again, the one before it.
    pub fn recall_having(&mut self) {
        let lines = &self.lines;
        let Some(bar) = self.bar.as_mut().filter(|b| b.is_code()) else { return };
        let typed = bar.input.value().to_string();
        let sought = bar.typing.sought.clone().unwrap_or_else(|| typed.clone());
        let now = lines.iter().rposition(|l| *l == typed).unwrap_or(lines.len());
        let found = lines[..now].iter().rev().find(|l| l.contains(&sought) && **l != typed);
        match found {
            Some(line) => {
                let (text, end) = (line.clone(), line.len());
                bar.set(text, end);
                self.typed();
                self.message = None;
            }
            None => self.message = Some(format!("no earlier line has '{sought}'")),
        }
        if let Some(bar) = &mut self.bar {
            bar.typing.sought = Some(sought);
        }
    }

    /// Offers what may be typed at the cursor; asked again, takes the next choice.
    pub fn complete(&mut self, forward: bool) {
        let Some(bar) = self.bar.as_mut().filter(|b| b.is_code()) else { return };
        if bar.typing.choices.is_some() {
            self.choose(forward);
            return;
        }
        let line = bar.line();
        match bar.typing.found.as_ref().is_some_and(|(l, _)| *l == line) {
            true => self.offer(),
            false => {
                bar.typing.asked = None;
                self.typed();
                if let Some(bar) = &mut self.bar {
                    bar.typing.wanted = true;
                }
            }
        }
    }

    /// Shows the choices; what they have in common is taken at once.
    fn offer(&mut self) {
        let Some(bar) = &mut self.bar else { return };
        let Some((line, found)) = bar.typing.found.clone() else { return };
        bar.typing.wanted = false;
        let Completion { replace, items, .. } = found;
        let parts = (line.text.get(..replace.start), line.text.get(replace.clone()));
        let (Some(before), Some(typed)) = parts else { return };
        let after = line.text.get(replace.end..).unwrap_or("");
        if items.is_empty() {
            self.message = Some("nothing completes this".into());
            return;
        }
        let common = common_start(&items);
        if common.len() > typed.len() || (items.len() == 1 && common != typed) {
            let cursor = before.len() + common.len();
            bar.set(format!("{before}{common}{after}"), cursor);
        }
        if items.len() > 1 {
            let start = replace.start;
            let part = if common.len() > typed.len() { common } else { typed.to_string() };
            let line = [before.to_string(), part, after.to_string()];
            bar.typing.choices = Some(Choices { items, at: None, start, line });
            return;
        }
        self.typed();
    }

    /// Takes the next choice or the one before.
    fn choose(&mut self, forward: bool) {
        let Some(bar) = &mut self.bar else { return };
        let Some(choices) = &mut bar.typing.choices else { return };
        let n = choices.items.len();
        let at = match (choices.at, forward) {
            (None, true) => 0,
            (None, false) => n - 1,
            (Some(i), true) => (i + 1) % n,
            (Some(i), false) => (i + n - 1) % n,
        };
        choices.at = Some(at);
        let [before, _, after] = &choices.line;
        let text = &choices.items[at].text;
        let (line, cursor) = (format!("{before}{text}{after}"), before.len() + text.len());
        bar.set(line, cursor);
        self.typed();
    }
}

fn bar_cursor(app: &App) -> usize {
    app.bar.as_ref().map_or(0, |b| b.input.cursor())
}

/// What all choices begin with.
fn common_start(items: &[Item]) -> String {
    let Some(first) = items.first() else { return String::new() };
    let mut common = first.text.as_str();
    for item in items {
        let same = common.char_indices().zip(item.text.chars()).take_while(|((_, a), b)| a == b);
        let end = same.last().map_or(0, |((i, a), _)| i + a.len_utf8());
        common = &common[..end];
    }
    common.to_string()
}
