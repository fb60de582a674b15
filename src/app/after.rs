//! What is done when a line has run: the cursor goes to what it made, and a text that could not be
//! put in its place is kept to be typed on.

use std::ops::Range;

use super::aim::{Aim, short};
use super::compute::{Ask, Fresh};
use super::editing::Hole;
use super::jobs::Request;
use super::opened::words_of;
use super::state::{App, wrapped};
use super::work::Kind;
use crate::lang::Line;
use crate::store::{ObjectPath, escape};

/// How a line came about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// What it makes or moves, where a key began it.
    pub aim: Option<Aim>,
    /// What must not be there already.
    pub fresh: Option<Fresh>,
    /// Its value is from an editor.
    pub edited: bool,
}

/// What a key put into the bar, to be typed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The beginning of the line.
    pub before: String,
    /// Whether what it makes must be new.
    pub new: bool,
}

impl Begun {
    /// How a line came about that was typed on; nothing is known where its beginning was changed.
    pub fn origin(&self, line: &str) -> Origin {
        if !line.starts_with(&self.before) {
            return Origin::default();
        }
        let fresh = match self.new {
            true => Aim::of_assignment(line).map(|(aim, code)| Fresh { code, name: aim.name() }),
            false => None,
        };
        Origin { aim: Aim::of(line), fresh, edited: false }
    }
}

/// A text from an editor that is not yet in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What was typed.
    pub text: String,
    /// Whether it is a value that is text; else it is code.
    pub is_text: bool,
}

/// What is done when a job has run.
#[derive(Debug, Default)]
pub struct After {
    /// The file that was selected.
    file: usize,
    /// What the user had done until then.
    acts: u64,
    origin: Origin,
    /// Code of what is given new values.
    targets: Vec<String>,
    /// Where the value begins in the line, where it is of one.
    value_at: Option<usize>,
    /// What is said then.
    said: Option<String>,
}

impl After {
    /// The place of an error in the whole line.
    pub fn in_line(&self, place: Range<usize>) -> Option<Range<usize>> {
        self.value_at.map(|from| from + place.start..from + place.end)
    }
}

/// Where the value begins in a line, which places of errors are counted from.
pub fn value_at(line: &Line) -> Option<usize> {
    match line {
        Line::Code(_) => Some(0),
        Line::Edits(edits) => match edits.as_slice() {
            [edit] => Some(edit.before.len()),
            _ => None,
        },
    }
}

impl App {
    /// Runs a line; `agreed` where the user has said that it may take something away.
    pub(super) fn run_line(&mut self, line: Line, agreed: bool) {
        self.run_from(line, agreed, Origin::default());
    }

    /// Runs a line of which it is known how it came about.
    pub(super) fn run_from(&mut self, line: Line, agreed: bool, origin: Origin) {
        let (ticket, cx) = self.start(Kind::Code, &words_of(&line));
        let fresh = origin.fresh.clone();
        let (targets, said) = match &line {
            Line::Code(_) => (Vec::new(), None),
            Line::Edits(edits) => {
                let said = match edits.as_slice() {
                    [edit] => Some(self.in_a_line(&format!(
                        "done: {} = {}",
                        short(&edit.target),
                        edit.value.trim()
                    ))),
                    _ => None,
                };
                (edits.iter().map(|e| e.target.clone()).collect(), said)
            }
        };
        let after = After {
            file: self.selected_file(),
            acts: self.acts,
            origin,
            targets,
            value_at: value_at(&line),
            said,
        };
        if let Some(job) = self.jobs.last_mut() {
            job.after = after;
        }
        let here = self.here();
        self.out.push(Request::Compute(Ask::Run { ticket, line, here, agreed, fresh, cx }));
    }

    /// A text in one line of the screen.
    fn in_a_line(&self, text: &str) -> String {
        let text = escape(text.lines().next().unwrap_or("").as_bytes());
        let most = self.sizes.width.max(20);
        match wrapped([text.as_str()], most).len() {
            1 => text,
            _ => format!("{}…", wrapped([text.as_str()], most - 1)[0]),
        }
    }

    fn selected_file(&self) -> usize {
        self.selected().map_or(0, |(file, _)| file)
    }

    /// Takes note that a line has run: whether its value is of no interest, and what is said.
    pub(super) fn ran(&mut self, after: After) -> (bool, Option<String>) {
        let After { file, acts, origin, targets, said, .. } = after;
        for target in targets {
            self.drafts.remove(&(file, target));
        }
        let placed = origin.aim.is_some();
        // who has gone on meanwhile stays where they are
        if self.acts == acts && self.opened.is_none() {
            match origin.aim {
                Some(Aim::Node(path)) => self.come_to(file, path),
                Some(Aim::Attribute(path, name)) => {
                    self.seeking = Some((file, path, name));
                    self.seek_attribute();
                }
                None => {}
            }
        }
        (placed, said)
    }

    /// Says that a text was kept that could not be put in its place.
    pub(super) fn say_kept(&mut self, after: &After) {
        if after.origin.edited
            && let Some(message) = &mut self.message
        {
            message.push_str("; e goes on with what was typed");
        }
    }

    /// Selects a node that was just made: names on the way are read anew.
    fn come_to(&mut self, file: usize, path: ObjectPath) {
        if let Some(group) = self.tree.nearest(file, &path) {
            self.ask_names(group);
        }
        self.coming = Some((file, path.clone()));
        self.going = Some((file, path));
    }

    /// Puts the cursor of the details on an attribute that was just made, as soon as it is there.
    pub(super) fn seek_attribute(&mut self) {
        let Some((file, path, name)) = &self.seeking else { return };
        let Some(view) = self.details.as_mut().filter(|v| v.details.path == *path) else { return };
        if self.details_file != Some(*file) {
            return;
        }
        let first = view.lines() - view.details.attributes.len();
        if let Some(i) = view.details.attributes.iter().position(|a| a.name == *name) {
            view.cursor = first + i;
            self.seeking = None;
            self.clamp_details();
        }
    }

    /// Keeps a text that is about to be put in its place.
    pub(super) fn keep_draft(&mut self, hole: &Hole, text: String, is_text: bool) {
        let place = (self.selected_file(), hole.target.clone());
        self.drafts.insert(place, Draft { text, is_text });
    }

    /// The text that could not be put in its place.
    pub(super) fn draft(&self, hole: &Hole, is_text: bool) -> Option<String> {
        let draft = self.drafts.get(&(self.selected_file(), hole.target.clone()))?;
        (draft.is_text == is_text).then(|| draft.text.clone())
    }

    /// Drops it.
    pub(super) fn drop_draft(&mut self, hole: &Hole) {
        self.drafts.remove(&(self.selected_file(), hole.target.clone()));
    }
}
