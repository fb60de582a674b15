//! What stands around the panes: the title, the status line, the bar, the help.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use super::text::{cut_left, pad, width};
use super::theme::Theme;
use crate::app::help;
use crate::app::keys::{Keys, shown};
use crate::app::state::{App, BarKind, Pane, Reader};
use crate::app::tree::{Progress, RowId};
use crate::store::OpenedAs;

/// The path of the selected object, at the top.
pub fn title(frame: &mut Frame, area: Rect, app: &App, theme: &Theme) {
    let Some(row) = app.tree.selected() else {
        return;
    };
    let file = &app.files[row.file].name;
    let path = row.path.to_string();
    let room = area.width as usize;
    let path_text = cut_left(&theme.show(&path), room, theme.symbols.cut);
    let file_room = room.saturating_sub(width(&path_text) + 2);
    let file_text = cut_left(&theme.show(file), file_room, theme.symbols.cut);
    let mut spans = vec![Span::styled(path_text, theme.strong)];
    if file_room > 8 {
        let gap = file_room - width(&file_text) + 2;
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(file_text, theme.dim));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The line that tells how the file is open, where the cursor is, and the whole of a cell.
pub fn status(frame: &mut Frame, area: Rect, app: &App, theme: &Theme, slow: bool) {
    let mut left = String::new();
    if let Some(row) = app.tree.selected() {
        let state = &app.files[row.file];
        left += state.mode.as_str();
        match &state.opened {
            None => left += "  opening",
            Some(Ok(OpenedAs::Plain)) => {}
            Some(Ok(OpenedAs::Swmr)) => left += "  SWMR: being written",
            Some(Ok(OpenedAs::Unchecked)) => left += "  a writer's mark was passed over",
            Some(Err(_)) => left += "  cannot be read",
        }
    }
    if app.is_sorting() {
        left += "  sorting";
    }
    if slow && app.is_waiting() {
        left += "  reading";
    }
    let right = match app.pane {
        Pane::Grid => app.grid.as_ref().map_or(String::new(), |g| {
            let value = g.cell(g.cursor.0, g.cursor.1).map_or("", |c| c.text.as_str());
            format!("{} {value}", g.place())
        }),
        Pane::Details => app
            .details
            .as_ref()
            .map_or(String::new(), |v| v.details.line(v.cursor).unwrap_or_default()),
        Pane::Tree => match app.tree.selected().map(|r| r.id) {
            Some(RowId::Link(group, _)) => {
                let (progress, n) = app.tree.progress(group);
                let more = if *progress == Progress::First { " of more" } else { "" };
                format!("{n} here{more}")
            }
            _ => String::new(),
        },
    };
    let room = area.width as usize;
    let right = theme.fit(&right, room.saturating_sub(width(&left) + 2));
    let gap = room.saturating_sub(width(&left) + width(&right));
    let line = format!("{left}{}{right}", " ".repeat(gap));
    frame.render_widget(Line::styled(line, theme.dim), area);
}

/// The line for typing; else a message, what may follow a key, or hints.
pub fn bar(frame: &mut Frame, area: Rect, app: &App, keys: &Keys, theme: &Theme) {
    let room = area.width as usize;
    if let Some(bar) = &app.bar {
        let prompt = match bar.kind {
            BarKind::Command => ":",
            BarKind::Search { .. } => "/",
        };
        let scroll = bar.input.visual_scroll(room.saturating_sub(2));
        let shown = skip_columns(bar.input.value(), scroll);
        let mut line = format!("{prompt}{}", theme.fit(&shown, room.saturating_sub(1)));
        if let Some(message) = &app.message {
            let free = room.saturating_sub(width(&line) + 3);
            line = format!("{line}   {}", theme.fit(message, free));
        }
        frame.render_widget(Line::styled(line, theme.text), area);
        let x = (bar.input.visual_cursor().max(scroll) - scroll + 1).min(room.saturating_sub(1));
        frame.set_cursor_position(Position { x: area.x + x as u16, y: area.y });
        return;
    }
    let pending = keys.pending();
    let line = if let Some(message) = &app.message {
        Line::styled(theme.fit(message, room), theme.text)
    } else if !pending.is_empty() {
        let following: Vec<String> =
            keys.following().map(|(k, help)| format!("{}: {help}", shown(k))).collect();
        let text = format!("{pending}   {}", following.join("   "));
        Line::styled(theme.fit(&text, room), theme.text)
    } else {
        let hints = match app.pane {
            Pane::Tree => "? help   : command   / search   Enter open   Tab panes   q quit",
            Pane::Details => "? help   / search   Enter follow   yy copy   Tab panes   q tree",
            Pane::Grid => "? help   gi index   [ ] step   t transpose   , . digits   q tree",
        };
        Line::styled(theme.fit(hints, room), theme.dim)
    };
    frame.render_widget(line, area);
}

fn skip_columns(text: &str, columns: usize) -> String {
    let mut used = 0;
    text.chars()
        .skip_while(|c| {
            let skip = used < columns;
            used += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
            skip
        })
        .collect()
}

/// A text to be read whole, over everything else.
pub fn reader(frame: &mut Frame, all: Rect, reader: &Reader, theme: &Theme) {
    frame.render_widget(Clear, all);
    let room = all.width as usize;
    let title = theme.fit(&reader.title, room);
    frame.render_widget(
        Line::styled(title, theme.strong),
        Rect { height: 1.min(all.height), ..all },
    );
    let lines = reader.wrapped(room);
    let shown = lines.iter().skip(reader.first).take(all.height.saturating_sub(3) as usize);
    for (i, line) in shown.enumerate() {
        let at = Rect { y: all.y + 2 + i as u16, height: 1, ..all };
        frame.render_widget(Line::styled(theme.fit(line, room), theme.text), at);
    }
}

/// The help, over everything else.
pub fn help(frame: &mut Frame, all: Rect, first: usize, theme: &Theme) {
    frame.render_widget(Clear, all);
    let lines = help::lines();
    let keys_width = lines
        .iter()
        .map(|l| if let help::Line::Entry(k, _) = l { width(k) } else { 0 })
        .max()
        .unwrap_or(0)
        .min(all.width as usize / 2);
    let head = Line::styled("Help (j k Space b to scroll, q to close)", theme.strong);
    frame.render_widget(head, Rect { height: 1.min(all.height), ..all });
    let room = (all.width as usize).saturating_sub(keys_width + 4);
    for i in 0..all.height.saturating_sub(3) {
        let line = match lines.get(first + i as usize) {
            None => break,
            Some(help::Line::Blank) => continue,
            Some(help::Line::Heading(title)) => Line::styled(*title, theme.strong),
            Some(help::Line::Entry(keys, text)) => Line::from(vec![
                Span::styled(
                    format!("  {}", pad(&theme.fit(keys, keys_width), keys_width, false)),
                    theme.key,
                ),
                Span::raw("  "),
                Span::styled(theme.fit(text, room), theme.text),
            ]),
        };
        frame.render_widget(line, Rect { y: all.y + 2 + i, height: 1, ..all });
    }
}
