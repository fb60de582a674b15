//! Keys of the terminal as the names of the table, and as edits of the bar.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

/// The table's name of a key; none for keys that mean nothing here.
pub fn name(key: KeyEvent) -> Option<String> {
    let mut name = match key.code {
        KeyCode::Char(' ') => "Space".to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "Enter".into(),
        KeyCode::Tab => "Tab".into(),
        KeyCode::BackTab => return Some("S-Tab".into()),
        KeyCode::Backspace => "Backspace".into(),
        KeyCode::Esc => "Esc".into(),
        KeyCode::Left => "Left".into(),
        KeyCode::Right => "Right".into(),
        KeyCode::Up => "Up".into(),
        KeyCode::Down => "Down".into(),
        KeyCode::Home => "Home".into(),
        KeyCode::End => "End".into(),
        KeyCode::PageUp => "PgUp".into(),
        KeyCode::PageDown => "PgDn".into(),
        KeyCode::Delete => "Delete".into(),
        KeyCode::F(n) => format!("F{n}"),
        _ => return None,
    };
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        name = format!("C-{}", name.to_lowercase());
    } else if key.modifiers.contains(KeyModifiers::ALT) {
        name = format!("M-{name}");
    }
    Some(name)
}

/// What a key does to the line being typed.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// Changes the text or its cursor.
    Edit(InputRequest),
    /// Runs it.
    Run,
    /// Drops it.
    Drop,
    /// Takes an earlier line.
    Earlier,
    /// Takes a later line.
    Later,
    /// Completes it, or takes the next choice.
    Complete,
    /// Takes the choice before.
    CompleteBack,
    /// Takes an earlier line that has what is typed.
    Having,
    /// Begins a new line.
    Line,
    /// Shows what it would change.
    Try,
    /// Nothing.
    Nothing,
}

/// What a key does while a line is typed: as shells have it.
pub fn typed(key: KeyEvent) -> Typed {
    use InputRequest::*;
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Typed::Edit(match (key.code, control, alt) {
        (KeyCode::Enter, _, true) | (KeyCode::Char('j'), true, _) => return Typed::Line,
        (KeyCode::Enter, ..) => return Typed::Run,
        (KeyCode::Esc, ..) | (KeyCode::Char('c'), true, _) => return Typed::Drop,
        (KeyCode::Up, ..) | (KeyCode::Char('p'), true, _) => return Typed::Earlier,
        (KeyCode::Down, ..) | (KeyCode::Char('n'), true, _) => return Typed::Later,
        (KeyCode::Tab, ..) => return Typed::Complete,
        (KeyCode::BackTab, ..) => return Typed::CompleteBack,
        (KeyCode::Char('r'), true, _) => return Typed::Having,
        (KeyCode::Char('p'), _, true) => return Typed::Try,
        (KeyCode::Char('d'), _, true) | (KeyCode::Delete, true, _) => DeleteNextWord,
        (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, _) => DeletePrevChar,
        (KeyCode::Backspace, ..) | (KeyCode::Char('w'), true, _) => DeletePrevWord,
        (KeyCode::Delete, ..) | (KeyCode::Char('d'), true, _) => DeleteNextChar,
        (KeyCode::Left, true, _) | (KeyCode::Char('b'), _, true) => GoToPrevWord,
        (KeyCode::Right, true, _) | (KeyCode::Char('f'), _, true) => GoToNextWord,
        (KeyCode::Left, ..) | (KeyCode::Char('b'), true, _) => GoToPrevChar,
        (KeyCode::Right, ..) | (KeyCode::Char('f'), true, _) => GoToNextChar,
        (KeyCode::Home, ..) | (KeyCode::Char('a'), true, _) => GoToStart,
        (KeyCode::End, ..) | (KeyCode::Char('e'), true, _) => GoToEnd,
        (KeyCode::Char('u'), true, _) => DeleteLine,
        (KeyCode::Char('k'), true, _) => DeleteTillEnd,
        (KeyCode::Char('y'), true, _) => Yank,
        (KeyCode::Char(c), false, false) => InsertChar(c),
        _ => return Typed::Nothing,
    })
}
