//! A value that is edited as a text of several lines, or in the user's own editor.

use super::action::Effect;
use super::compute::Ask;
use super::editing::Hole;
use super::jobs::Request;
use super::question::Question;
use super::state::App;
use super::work::Kind;
use crate::array::dtype;
use crate::lang::Literal;

/// Texts of more characters are edited in lines of their own.
const LONG: usize = 200;

/// A text that is being edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    /// What the text goes into.
    pub hole: Hole,
    /// The text, as it was.
    pub text: String,
    /// What was typed in its place before, and could not be put there.
    pub draft: Option<String>,
    /// Whether it is a value that is text; else it is code.
    pub is_text: bool,
}

impl App {
    /// Has what is under the cursor edited in the user's own editor.
    pub(super) fn edit_outside(&mut self) {
        if let Some(hole) = self.hole_here() {
            self.ask_literal(hole, true);
        }
    }

    pub(super) fn ask_literal(&mut self, hole: Hole, large: bool) {
        let (ticket, cx) = self.start(Kind::Code, &hole.shown);
        let here = self.here();
        self.out.push(Request::Compute(Ask::Literal { ticket, hole, large, here, cx }));
    }

    /// Has a value edited that was asked for: in the bar, in lines of their own where it is a
    /// long text, or in the user's own editor.
    pub(super) fn open_literal(&mut self, hole: Hole, literal: Literal, large: bool) {
        let Literal { code, text } = literal;
        let is_text = text.is_some();
        let draft = self.draft(&hole, is_text);
        let long = |t: &String| t.contains('\n') || t.chars().count() > LONG || draft.is_some();
        if large {
            let text = text.unwrap_or(code);
            self.effects.push(Effect::Edit(Editor { hole, text, draft, is_text }));
        } else if let Some(text) = text.filter(long) {
            self.editor = Some(Editor { hole, text, draft, is_text });
        } else {
            self.open_hole(hole, code, draft);
        }
    }

    /// Takes a text that was edited; none where it is dropped.
    pub fn edited(&mut self, editor: Editor, new: Option<String>) {
        self.editor = None;
        let Editor { hole, text, is_text, .. } = editor;
        match new.filter(|new| *new != text) {
            None => {
                self.drop_draft(&hole);
                self.message = Some("nothing was changed".into());
            }
            Some(new) => {
                let value = if is_text { dtype::quote(&new) } else { new.trim().to_string() };
                let line = format!("{}{value}{}", hole.before, hole.after);
                self.keep_draft(&hole, new, is_text);
                self.run_edit(hole, &line, true);
            }
        }
    }

    /// Asks whether to drop the text that is being edited.
    pub fn ask_to_drop(&mut self) {
        self.put_question(Question::Drop);
    }

    /// Drops the text that is being edited.
    pub(super) fn drop_edited(&mut self) {
        if let Some(editor) = self.editor.clone() {
            self.edited(editor, None);
        }
    }
}
