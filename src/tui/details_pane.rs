//! The details pane: facts, a fault if there is one, attributes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::{pad, width};
use super::theme::Theme;
use crate::app::state::{App, DetailsView, Pane};

/// Draws the pane: the lines from its first one on.
pub fn draw(frame: &mut Frame, area: Rect, app: &App, theme: &Theme) {
    let Some(view) = &app.details else { return };
    if area.is_empty() {
        return;
    }
    let d = &view.details;
    let widest = |names: &mut dyn Iterator<Item = &str>| names.map(width).max().unwrap_or(0);
    let fact_width = widest(&mut d.facts.iter().map(|f| f.key)).min(16);
    let name_width =
        widest(&mut d.attributes.iter().map(|a| a.name.as_str())).min(area.width as usize * 2 / 5);
    let hidden = view.lines().saturating_sub(view.scroll + area.height as usize);
    for i in 0..area.height {
        let n = view.scroll + i as usize;
        if hidden > 0 && i + 1 == area.height && app.pane != Pane::Details {
            let text = theme.fit(&format!("{} more (Tab)", hidden + 1), area.width as usize);
            let at = Rect { y: area.y + i, height: 1, ..area };
            frame.render_widget(Line::styled(text, theme.dim), at);
            break;
        }
        let Some(mut line) = line(view, n, fact_width, name_width, area.width as usize, theme)
        else {
            break;
        };
        if n == view.cursor && app.pane == Pane::Details {
            line = line.patch_style(theme.cursor);
        }
        frame.render_widget(line, Rect { y: area.y + i, height: 1, ..area });
    }
}

fn line<'a>(
    view: &DetailsView,
    n: usize,
    fact_width: usize,
    name_width: usize,
    most: usize,
    theme: &Theme,
) -> Option<Line<'a>> {
    let d = &view.details;
    let pair = |name: &str, to: usize, style, value: &str, value_style| {
        let name = pad(&theme.fit(name, to), to, false);
        let room = most.saturating_sub(to + 2);
        Line::from(vec![
            Span::styled(name, style),
            Span::raw("  "),
            Span::styled(theme.fit(value, room), value_style),
        ])
    };
    if let Some(f) = d.facts.get(n) {
        return Some(pair(f.key, fact_width, theme.dim, &f.value, theme.text));
    }
    let n = n - d.facts.len();
    if let (Some(fault), 0) = (&d.fault, n) {
        return Some(Line::styled(theme.fit(&format!("! {fault}"), most), theme.fault));
    }
    let a = d.attributes.get(n - usize::from(d.fault.is_some()))?;
    let mut line = pair(&a.name, name_width, theme.key, &a.value, theme.text);
    let used = line.width();
    if !a.kind.is_empty() && used + width(&a.kind) + 2 < most {
        line.push_span(Span::styled(format!("  {}", a.kind), theme.dim));
    }
    Some(line)
}
