//! What stands around the panes: the title, the status line, the bar, the help.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use super::text::{cut_left, pad, width, wrap};
use super::theme::Theme;
use crate::app::help;
use crate::app::keys::{Keys, shown};
use crate::app::state::{App, Pane, Reader};
use crate::app::tree::{Progress as Names, RowId};
use crate::app::work::{Progress, clock};
use crate::store::OpenedAs;

/// The path of the selected object, at the top.
pub fn title(frame: &mut Frame, area: Rect, app: &App, theme: &Theme) {
    let Some(row) = app.tree.selected() else {
        return;
    };
    let file = &app.files[row.file].name;
    let path = match &app.opened {
        Some(opened) => opened.title.clone(),
        None => row.path.to_string(),
    };
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
    frame.render_widget(Clear, area);
    if let Some(progress) = app.progress() {
        let line = progress_line(&progress, area.width as usize, theme);
        frame.render_widget(line, area);
        return;
    }
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
        Pane::Grid if app.statistics().is_some() => app
            .grid
            .as_ref()
            .and_then(|g| Some(g.cell(g.cursor.0, g.cursor.1)?.text.clone()))
            .unwrap_or_default(),
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
                let more = if *progress == Names::First { " of more" } else { "" };
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

/// How far a job is: what it does, a bar, the part that is done, the time it took and will take.
fn progress_line<'a>(p: &Progress, room: usize, theme: &Theme) -> Line<'a> {
    let s = &theme.symbols;
    let mut end = String::new();
    if let Some(part) = p.part {
        end += &format!(" {:3.0}%", part * 100.0);
    }
    end += &format!("  {}", clock(p.elapsed));
    if let Some(left) = p.left {
        end += &format!(", {} left", clock(left));
    }
    if p.others > 0 {
        end += &format!("  +{} more", p.others);
    }
    end += if p.cancelled { "  stopping" } else { "  Esc cancels" };
    let bar = if room >= 100 { 24 } else { 12 };
    let mut name = p.what.lines().next().unwrap_or("").to_string();
    if !p.stage.is_empty() {
        name = format!("{}: {name}", p.stage);
    }
    let name = theme.fit(&name, room.saturating_sub(width(&end) + bar + 2));
    let mut spans = vec![Span::styled(format!("{name} "), theme.text)];
    if let Some(part) = p.part {
        let full = ((bar as f64 * part) as usize).min(bar);
        spans.push(Span::styled(s.full.repeat(full), theme.key));
        spans.push(Span::styled(s.empty.repeat(bar - full), theme.dim));
    }
    spans.push(Span::styled(theme.fit(&end, room), theme.dim));
    Line::from(spans)
}

/// The most rows of a message.
const MESSAGE: usize = 3;

/// The rows of the message for the user; none while something is asked or typed.
pub fn message(app: &App, room: usize, theme: &Theme) -> Vec<String> {
    if app.question().is_some() || app.bar.is_some() {
        return Vec::new();
    }
    let Some(message) = &app.message else { return Vec::new() };
    wrap(&theme.show(message), room, MESSAGE)
}

/// Draws rows of text from a place on downward.
pub fn lines(frame: &mut Frame, first: Rect, rows: &[String], theme: &Theme) {
    for (y, row) in (first.y..).zip(rows) {
        let at = Rect { y, ..first };
        frame.render_widget(Clear, at);
        frame.render_widget(Line::styled(theme.fit(row, at.width as usize), theme.text), at);
    }
}

/// The line for typing; else a question, what may follow a key, or hints.
pub fn bar(frame: &mut Frame, area: Rect, app: &App, keys: &Keys, theme: &Theme) {
    let room = area.width as usize;
    if let Some(question) = app.question() {
        frame.render_widget(Line::styled(theme.fit(&question, room), theme.strong), area);
        return;
    }
    if app.bar.is_some() {
        super::bar_line::draw(frame, area, app, theme);
        return;
    }
    let pending = keys.pending();
    let line = if !pending.is_empty() {
        let following: Vec<String> =
            keys.following().map(|(k, help)| format!("{}: {help}", shown(k))).collect();
        let text = format!("{pending}   {}", following.join("   "));
        Line::styled(theme.fit(&text, room), theme.text)
    } else {
        let hints = match app.pane {
            _ if app.opened.is_some() => {
                "? help   : type   i use it   s statistics   yy copy   Tab panes   q back"
            }
            Pane::Tree => {
                "? help   : type   / search   Enter open   s stats   a r m dd u edit   q quit"
            }
            Pane::Details => {
                "? help   / search   Enter follow   yy copy   e a r dd edit   u undo   q tree"
            }
            Pane::Grid => {
                "? help   gi index   [ ] step   t transpose   s statistics   e m edit   q tree"
            }
        };
        Line::styled(theme.fit(hints, room), theme.dim)
    };
    frame.render_widget(line, area);
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
