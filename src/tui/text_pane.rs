//! What stands in the place of a grid or between: a text, or the histogram of statistics.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::{pad, width};
use super::theme::Theme;
use crate::app::state::{App, Pane};
use crate::app::statistics::Histogram;
use crate::array::print::{Style, float};
use crate::store::Float;

/// Draws the text or the histogram that is shown, if one is.
pub fn draw(frame: &mut Frame, area: Rect, app: &App, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    if let Some(page) = app.text_page() {
        let lines = page.wrapped(area.width as usize);
        let shown = lines.iter().skip(page.first).take(area.height as usize);
        for (i, line) in shown.enumerate() {
            let at = Rect { y: area.y + i as u16, height: 1, ..area };
            frame.render_widget(Line::styled(theme.show(line).into_owned(), theme.text), at);
        }
        let hidden = lines.len().saturating_sub(page.first + area.height as usize);
        if hidden > 0 {
            let last = Rect { y: area.bottom() - 1, height: 1, ..area };
            let how = if app.pane == Pane::Grid { "j" } else { "Tab, j" };
            let text = format!("{} lines more ({how})", hidden + 1);
            let text = pad(&theme.fit(&text, area.width as usize), area.width as usize, false);
            frame.render_widget(Line::styled(text, theme.dim), last);
        }
    } else if let Some(statistics) = app.statistics()
        && let Some(h) = statistics.histogram(app.statistics_row())
    {
        histogram(frame, area, h, theme);
    }
}

/// Bars that stand on the line of their range.
fn histogram(frame: &mut Frame, area: Rect, h: &Histogram, theme: &Theme) {
    let rows = (area.height as usize).saturating_sub(2).min(5);
    let most = h.bins.iter().copied().max().unwrap_or(0);
    let n = h.bins.len();
    if rows == 0 || n == 0 || most == 0 || (area.width as usize) < n {
        return;
    }
    // bars of a few whole numbers may be wider
    let wide = (area.width as usize / n).clamp(1, 4).min((40 / n).max(1));
    let bars = theme.symbols.bars;
    let steps = rows * bars.len();
    for row in 0..rows {
        let below = (rows - 1 - row) * bars.len();
        let cell = |&count: &u64| {
            // what is there is seen, however little
            let high = (count as f64 / most as f64 * steps as f64).round() as usize;
            let high = if count > 0 { high.max(1) } else { 0 };
            match high.saturating_sub(below).min(bars.len()) {
                0 => " ".repeat(wide),
                k => bars[k - 1].repeat(wide),
            }
        };
        let text: String = h.bins.iter().map(cell).collect();
        let mut spans = vec![Span::styled(text, theme.key)];
        if row == 0 {
            spans.push(Span::styled(format!("  {most}"), theme.dim));
        }
        let at = Rect { y: area.y + 1 + row as u16, height: 1, ..area };
        frame.render_widget(Line::from(spans), at);
    }
    let style = Style { digits: Some(6) };
    let (low, high) = (float(Float::F64(h.low), style), float(Float::F64(h.high), style));
    let gap = (n * wide).saturating_sub(width(&low) + width(&high)).max(2);
    let text = theme.fit(&format!("{low}{}{high}", " ".repeat(gap)), area.width as usize);
    let at = Rect { y: area.y + 1 + rows as u16, height: 1, ..area };
    frame.render_widget(Line::styled(text, theme.dim), at);
}
