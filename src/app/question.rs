//! Questions that are answered with y or n before anything else is done.

use super::action::Effect;
use super::compute::Ask;
use super::jobs::Request;
use super::state::App;

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
    /// Whether to run code that changes a file.
    Run {
        /// The code.
        code: String,
        /// What it would do, in a line.
        what: String,
    },
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
            Question::Run { what, .. } => format!("(y/n) {what}?"),
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
            Some(Question::Run { code, .. }) if yes => self.run_code(&code),
            Some(Question::Run { .. }) => self.message = Some("nothing was changed".into()),
            Some(Question::Quit) | None => {}
        }
    }
}
