//! The editor of long texts, over everything else; and the user's own editor, which has the
//! terminal to itself while it runs.

use std::io::{self, Read, Write};
use std::process::Command;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Clear;
use ratatui_textarea::{TextArea, WrapMode};

use super::theme::Theme;
use crate::app::editor::Editor;

/// A text being edited, and what it is of.
pub struct Pane {
    editor: Editor,
    area: TextArea<'static>,
}

/// What a key led to.
pub enum Fed {
    /// The text or its cursor is another.
    Typed,
    /// The editor is left: what was edited, and the new text if it is to be kept.
    Left(Editor, Option<String>),
    /// It would be left, and what was typed would be lost.
    Leaving,
}

impl Pane {
    /// An editor of a text.
    pub fn new(editor: Editor) -> Pane {
        let text = editor.draft.as_ref().unwrap_or(&editor.text);
        let mut area = TextArea::new(text.split('\n').map(str::to_string).collect());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_cursor_line_style(ratatui::style::Style::default());
        Pane { editor, area }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Fed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let text = match key.code {
            KeyCode::Char('s') if control => Some(self.area.lines().join("\n")),
            KeyCode::Enter if alt => Some(self.area.lines().join("\n")),
            KeyCode::Esc => None,
            KeyCode::Char('c') if control => None,
            _ => {
                self.area.input(key);
                return Fed::Typed;
            }
        };
        match text {
            None if self.area.lines().join("\n") != self.editor.text => Fed::Leaving,
            text => Fed::Left(self.editor.clone(), text),
        }
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) {
        self.area.insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
    }

    /// Draws it over the whole screen.
    pub fn draw(&self, frame: &mut Frame, all: Rect, theme: &Theme) {
        frame.render_widget(Clear, all);
        let room = all.width as usize;
        let line = |y: u16| Rect { y: all.y + y, height: 1.min(all.height), ..all };
        let title = theme.fit(&self.editor.hole.target, room);
        frame.render_widget(Line::styled(title, theme.strong), line(0));
        let inside = Rect { y: all.y + 2, height: all.height.saturating_sub(4), ..all };
        if all.height > 4 {
            frame.render_widget(&self.area, inside);
            let hints = "^S keep it   Esc leave it as it was   ^U undo   ^R redo";
            let hints = theme.fit(hints, room);
            frame.render_widget(Line::styled(hints, theme.dim), line(all.height - 1));
        }
    }
}

/// Has a text edited by `$VISUAL`, `$EDITOR` or vi, which gets the terminal; the new text.
///
/// # Errors
/// The temporary file can't be written or read, the editor can't be run, or says that it failed.
pub fn outside(editor: &Editor) -> io::Result<String> {
    let ending = if editor.is_text { ".txt" } else { ".py" };
    let mut file = tempfile::Builder::new().prefix("ch5tui-").suffix(ending).tempfile()?;
    let text = editor.draft.as_ref().unwrap_or(&editor.text);
    file.write_all(text.as_bytes())?;
    // editors end the last line, and take a text whose last line doesn't for a mistake
    let ended = text.ends_with('\n');
    if !ended {
        file.write_all(b"\n")?;
    }
    file.flush()?;
    let named = |name| std::env::var(name).ok().filter(|v: &String| !v.trim().is_empty());
    let program = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".into());
    let path = file.into_temp_path();
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{program} \"$1\""))
        .arg("sh")
        .arg(&path)
        .status()?;
    if !status.success() {
        return Err(io::Error::other(format!("{program} ended with {status}")));
    }
    // an editor may have put another file there
    let mut text = String::new();
    std::fs::File::open(&path)?.read_to_string(&mut text)?;
    if !ended && text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}
