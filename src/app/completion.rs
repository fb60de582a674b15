//! What may be typed in the bar: commands and their arguments, and the language's own.

use std::path::Path;

use super::command;
use crate::lang::{Completion, Item, ItemKind, Session};
use crate::store::escape;

/// The most files of a folder that are offered.
const FILES: usize = 500;

/// A line that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text.
    pub text: String,
    /// Bytes before the cursor.
    pub cursor: usize,
    /// It is an expression, whatever it begins with.
    pub expression: bool,
}

/// The choices for a line, and the help for what stands under the cursor.
pub fn find(session: &Session, line: &Line) -> Completion {
    let before = line.text.get(..line.cursor).unwrap_or(&line.text);
    let entry = if line.expression { None } else { command::entry_of(&line.text) };
    if let Some((entry, start)) = entry.filter(|(_, start)| *start <= line.cursor) {
        let typed = &before[start..];
        let (from, items) = match entry.completes {
            command::Completes::Nothing => (line.cursor, Vec::new()),
            command::Completes::Path => paths(session, typed, start),
            command::Completes::File => files(typed, start),
        };
        return Completion {
            replace: from..line.cursor,
            items,
            signature: Some(format!("{} {}", entry.names[0], entry.argument)),
            help: Some(entry.help.into()),
        };
    }
    let mut found = session.complete(&line.text, line.cursor);
    let first = before.trim_start();
    let is_first = !first.is_empty() && !first.contains(|c: char| !c.is_alphanumeric() && c != '_');
    if !line.expression && is_first {
        let start = before.len() - first.len();
        let commands = command::complete(first).into_iter().map(|entry| Item {
            text: entry.names[0].into(),
            kind: ItemKind::Keyword,
            detail: entry.help.into(),
        });
        found.items.splice(0..0, commands);
        found.replace = start..line.cursor;
    }
    found
}

/// Paths inside the file, as the language completes them inside of brackets.
fn paths(session: &Session, typed: &str, start: usize) -> (usize, Vec<Item>) {
    let code = format!("f[\"{typed}");
    let found = session.complete(&code, code.len());
    let from = found.replace.start.saturating_sub(3).min(typed.len());
    let bare = |item: Item| Item { text: item.text.trim_end_matches(['"', ']']).into(), ..item };
    (start + from, found.items.into_iter().map(bare).collect())
}

/// Names of files and folders.
fn files(typed: &str, start: usize) -> (usize, Vec<Item>) {
    let cut = typed.rfind('/').map_or(0, |i| i + 1);
    let (folder, name) = typed.split_at(cut);
    let place = super::command::expanded(folder);
    let place = if folder.is_empty() { Path::new(".") } else { place.as_path() };
    let mut items: Vec<Item> = std::fs::read_dir(place)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let shown = entry.file_name().into_string().ok()?;
            let hidden = shown.starts_with('.') && !name.starts_with('.');
            if !shown.starts_with(name) || hidden || escape(shown.as_bytes()) != shown {
                return None;
            }
            let is_folder = entry.path().is_dir();
            let text = if is_folder { format!("{shown}/") } else { shown };
            Some(Item { text, kind: ItemKind::Path, detail: String::new() })
        })
        .take(FILES)
        .collect();
    items.sort_by(|a, b| a.text.cmp(&b.text));
    (start + cut, items)
}
