//! Questions that are answered with y or n before anything else is done.

use super::action::Effect;
use super::compute::Ask;
use super::editing::Step;
use super::jobs::Request;
use super::preview;
use super::state::{App, BarKind, Reader};
use crate::lang::Line;
use crate::store::{Preview, escape};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whether to leave the program while a job runs.
    Quit,
    /// Whether a file that was opened for reading may be changed. A job waits for the answer.
    MayChange {
        /// The file's number.
        file: usize,
    },
    /// Whether to write a file anew, which ends its history.
    Repack {
        /// The file's number.
        file: usize,
    },
    /// Whether to drop what undoes the changes of a file.
    Forget {
        /// The file's number.
        file: usize,
        /// How many changes.
        changes: usize,
    },
    /// Whether to leave an editor, and what was typed.
    Drop,
    /// Whether to run what changes a file.
    Run {
        /// What would be run.
        line: Line,
        /// What it would do, in a line.
        what: String,
    },
    /// The same, of a line that was typed, under the text that says what it would do.
    Previewed(Line),
}

impl App {
    /// Asks, after what is being asked already.
    pub(super) fn put_question(&mut self, question: Question) {
        self.questions.push_back(question);
    }

    /// The line that asks.
    pub fn question(&self) -> Option<String> {
        self.questions.front().map(|question| match question {
            Question::Quit => "a job is running: quit all the same? (y/n)".into(),
            Question::MayChange { file } => {
                let name = self.files.get(*file).map_or("the file", |f| &f.name);
                format!("(y/n) may {name} be changed? it was opened for reading")
            }
            Question::Repack { file } => {
                let path = self.files.get(*file).and_then(|f| f.path.file_name());
                let name = path.map_or("the file".into(), |n| escape(n.as_encoded_bytes()));
                format!("(y/n) write {name} anew without unused space? ends its history")
            }
            Question::Forget { changes, .. } => {
                let plural = if *changes == 1 { "" } else { "s" };
                format!(
                    "(y/n) forget what undoes {changes} change{plural}? nothing can be undone then"
                )
            }
            Question::Drop => "(y/n) drop what was typed?".into(),
            Question::Run { what, .. } => format!("(y/n) {what}?"),
            Question::Previewed(_) => "(y/n) make this change?".into(),
        })
    }

    /// Takes the answer.
    pub fn answer(&mut self, yes: bool) {
        self.message = None;
        match self.questions.pop_front() {
            Some(Question::Quit) if yes => self.effects.push(Effect::Quit),
            Some(Question::MayChange { file }) => {
                if let (true, Some(state)) = (yes, self.files.get_mut(file)) {
                    state.mode = crate::store::H5Mode::ReadWrite;
                }
                self.out.push(Request::Compute(Ask::Allow(yes)));
            }
            Some(Question::Repack { file }) if yes => self.step_in(file, Step::Repack),
            Some(Question::Forget { file, .. }) if yes => self.step_in(file, Step::Forget),
            Some(Question::Drop) if yes => self.drop_edited(),
            Some(Question::Run { line, .. }) if yes => self.run_line(line, true),
            Some(Question::Previewed(line)) => {
                self.reader = None;
                match (yes, line) {
                    (true, line) => self.run_line(line, true),
                    // to be typed on
                    (false, Line::Code(code)) => self.open_bar(BarKind::Expression, &code),
                    (false, Line::Edits(_)) => self.message = Some("nothing was changed".into()),
                }
            }
            Some(Question::Run { .. } | Question::Repack { .. } | Question::Forget { .. }) => {
                self.message = Some("nothing was changed".into())
            }
            Some(Question::Quit | Question::Drop) | None => {}
        }
    }

    /// Shows what a line would change, and asks whether to run it.
    pub(super) fn show_preview(&mut self, line: Line, preview: &Preview) {
        let code = super::opened::words_of(&line).replace('\n', "; ");
        let text = preview::lines(preview);
        let title = crate::store::escape(code.as_bytes());
        self.reader = Some(Reader { title, text, first: 0 });
        if !preview.differences.is_empty() || preview.cut {
            self.put_question(Question::Previewed(line));
        }
    }
}
