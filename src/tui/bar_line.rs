//! The line for typing: its colours and cursor; above it the choices, the help for the function
//! under the cursor, or the place of an error.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use unicode_segmentation::UnicodeSegmentation;

use super::text::{pad, width};
use super::theme::Theme;
use crate::app::state::{App, Bar, BarKind};
use crate::lang::Token;

/// The most choices that are seen at once.
const CHOICES: usize = 10;

fn prompt(bar: &Bar) -> &'static str {
    match bar.kind {
        BarKind::Command => ":",
        BarKind::Expression => "=",
        BarKind::Search { .. } => "/",
    }
}

/// The characters of the line as they are drawn, each with its byte and its style.
fn drawn<'a>(bar: &'a Bar, theme: &'a Theme) -> Vec<(usize, String, Style)> {
    let style_at = |at: usize| {
        let token = bar.typing.tokens.iter().find(|(range, _)| range.contains(&at));
        token.map_or(theme.text, |(_, token)| theme.token(*token))
    };
    let cell = |(at, g): (usize, &str)| match g {
        "\n" => (at, theme.symbols.newline.to_string(), theme.dim),
        g => (at, theme.show(g).into_owned(), style_at(at)),
    };
    bar.input.value().grapheme_indices(true).map(cell).collect()
}

/// The byte of the line that the cursor is before.
fn cursor(bar: &Bar) -> usize {
    let value = bar.input.value();
    value.char_indices().nth(bar.input.cursor()).map_or(value.len(), |(i, _)| i)
}

/// The column of a byte, and of the first that is drawn.
fn columns(cells: &[(usize, String, Style)], at: usize, room: usize) -> (usize, usize) {
    let before: usize = cells.iter().filter(|c| c.0 < at).map(|c| width(&c.1)).sum();
    (before, (before + 1).saturating_sub(room))
}

/// Draws the line, and places the terminal's cursor.
pub fn draw(frame: &mut Frame, area: Rect, app: &App, theme: &Theme) {
    let Some(bar) = &app.bar else { return };
    let room = (area.width as usize).saturating_sub(1);
    let cells = drawn(bar, theme);
    let (at, skipped) = columns(&cells, cursor(bar), room);
    let mut spans = vec![Span::styled(prompt(bar), theme.text)];
    let (mut column, mut used) = (0, 0);
    for (_, text, style) in cells {
        let w = width(&text);
        column += w;
        if column <= skipped {
            continue;
        }
        if used + w > room {
            break;
        }
        used += w;
        spans.push(Span::styled(text, style));
    }
    if let Some(message) = &app.message {
        let free = room.saturating_sub(used + 4);
        spans.push(Span::styled(format!("   {}", theme.fit(message, free)), theme.dim));
    }
    frame.render_widget(Line::from(spans), area);
    let x = (at - skipped + 1).min(room);
    frame.set_cursor_position(Position { x: area.x + x as u16, y: area.y });
}

/// Draws what stands above the line.
pub fn above(frame: &mut Frame, line: Rect, app: &App, theme: &Theme) {
    if line.y < 2 {
        return;
    }
    let over = |up: u16| Rect { y: line.y - up, height: 1, ..line };
    let room = line.width as usize;
    let Some(bar) = &app.bar else {
        if let Some(blame) = &app.blame {
            let from = width(&blame.line[..blame.place.start.min(blame.line.len())]);
            let marks = width(blame.line.get(blame.place.clone()).unwrap_or("")).max(1);
            let skipped = (from + marks.min(room / 2) + 2).saturating_sub(room);
            let text: String = skip(&blame.line, skipped);
            frame.render_widget(Clear, over(2));
            frame.render_widget(Clear, over(1));
            let text = theme.fit(&format!(" {text}"), room);
            frame.render_widget(Line::styled(text, theme.text), over(2));
            let marks = marks.min(room.saturating_sub(from - skipped + 1));
            let caret = format!("{}{}", " ".repeat(from - skipped + 1), "^".repeat(marks.max(1)));
            frame.render_widget(Line::styled(theme.fit(&caret, room), theme.fault), over(1));
        }
        return;
    };
    if let Some((signature, help)) = &bar.typing.help {
        let signature = theme.fit(signature, room);
        let free = room.saturating_sub(width(&signature) + 3);
        let help = if free > 12 { theme.fit(help, free) } else { String::new() };
        let used = width(&signature) + 3 + width(&help);
        frame.render_widget(Clear, over(1));
        let line = Line::from(vec![
            Span::styled(signature, theme.key),
            Span::styled(format!("   {help}"), theme.dim),
            Span::raw(" ".repeat(room.saturating_sub(used))),
        ]);
        frame.render_widget(line, over(1));
    }
    choices(frame, line, bar, theme);
}

/// The box of choices over the part that they complete.
fn choices(frame: &mut Frame, line: Rect, bar: &Bar, theme: &Theme) {
    let Some(choices) = &bar.typing.choices else { return };
    let shown = choices.items.len().min(CHOICES).min((line.y - 1) as usize);
    if shown == 0 {
        return;
    }
    let top = choices.at.map_or(0, |at| (at + 1).saturating_sub(shown));
    let items = &choices.items[top..top + shown];
    let room = line.width as usize;
    let names = items.iter().map(|i| width(&theme.show(&i.text))).max().unwrap_or(0);
    let details = items.iter().map(|i| width(&theme.show(&i.detail))).max().unwrap_or(0);
    let names = names.min(room.saturating_sub(2));
    let details = details.min(room.saturating_sub(names + 4));
    let wide = names + 2 + if details > 0 { details + 2 } else { 0 };
    let cells = drawn(bar, theme);
    let (_, skipped) = columns(&cells, cursor(bar), room.saturating_sub(1));
    let (start, _) = columns(&cells, choices.start, room);
    let x = start.saturating_sub(skipped).min(room.saturating_sub(wide));
    let below = u16::from(bar.typing.help.is_some());
    for (i, item) in items.iter().enumerate() {
        let y = line.y - below - shown as u16 + i as u16;
        let at = Rect { x: line.x + x as u16, y, width: wide as u16, height: 1 };
        frame.render_widget(Clear, at);
        let name = pad(&theme.fit(&item.text, names), names, false);
        let detail = pad(&theme.fit(&item.detail, details), details, false);
        let mut spans = vec![Span::styled(format!(" {name} "), theme.choice)];
        if details > 0 {
            spans.push(Span::styled(format!("{detail}  "), theme.choice.patch(theme.dim)));
        }
        let mut line = Line::from(spans);
        if Some(top + i) == choices.at {
            line = line.patch_style(theme.cursor);
        }
        frame.render_widget(line, at);
    }
    let hidden = choices.items.len() - shown;
    if hidden > 0 && shown + 1 < line.y as usize {
        let y = line.y - below - shown as u16 - 1;
        let text = format!(" {hidden} more ");
        let at = Rect { x: line.x + x as u16, y, width: width(&text) as u16, height: 1 };
        frame.render_widget(Clear, at);
        frame.render_widget(Line::styled(text, theme.choice.patch(theme.dim)), at);
    }
}

fn skip(text: &str, columns: usize) -> String {
    let mut used = 0;
    text.graphemes(true)
        .skip_while(|g| {
            let skip = used < columns;
            used += width(g);
            skip
        })
        .collect()
}

impl Theme {
    /// The style of a part of code.
    fn token(&self, token: Token) -> Style {
        match token {
            Token::Keyword => self.strong,
            Token::Number => self.link,
            Token::String => self.key,
            Token::Comment => self.dim,
            _ => self.text,
        }
    }
}
