//! The grid pane: axes, headings, row numbers and cells.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::text::{pad, width};
use super::theme::Theme;
use crate::app::grid::{Columns, Grid};
use crate::app::state::{App, Pane};

/// Columns before the cells, for row numbers: as wide as the last row on the screen needs.
pub fn gutter(app: &App, height: u16) -> u16 {
    let Some(grid) = &app.grid else { return 0 };
    if grid.row_axis.is_none() || !grid.numbered {
        return 0;
    }
    let last = grid.top.0.saturating_add(u64::from(height)).min(grid.extent().0);
    last.saturating_sub(1).to_string().len() as u16 + 2
}

/// Draws the line of axes and the grid.
pub fn draw(frame: &mut Frame, axes: Rect, area: Rect, app: &App, theme: &Theme) {
    let Some(grid) = &app.grid else { return };
    if area.is_empty() {
        return;
    }
    frame.render_widget(axes_line(grid, axes.width as usize, theme), axes);
    if let Some(fault) = &grid.fault {
        let text = theme.fit(&format!("! {fault}"), area.width as usize);
        frame.render_widget(Line::styled(text, theme.fault), Rect { height: 1, ..area });
        return;
    }
    let gutter = gutter(app, area.height) as usize;
    let room = (area.width as usize).saturating_sub(gutter);
    let columns = grid.layout(room as u64);
    frame.render_widget(headings(grid, &columns, gutter, room, theme), Rect { height: 1, ..area });
    let rows = grid.extent().0;
    for i in 1..area.height {
        let row = grid.top.0 + u64::from(i) - 1;
        if row >= rows {
            break;
        }
        let line = row_line(grid, row, &columns, gutter, room, theme, app.pane == Pane::Grid);
        frame.render_widget(line, Rect { y: area.y + i, height: 1, ..area });
    }
}

/// `[3, 0, rows, columns]`, the axis that the keys step underlined.
fn axes_line<'a>(grid: &Grid, most: usize, theme: &Theme) -> Line<'a> {
    if !grid.numbered {
        let line = theme.symbols.horizontal.repeat(most);
        return Line::styled(line, theme.line);
    }
    let mut spans = vec![Span::styled("[", theme.dim)];
    for axis in 0..grid.dims.len() {
        if axis > 0 {
            spans.push(Span::styled(", ", theme.dim));
        }
        if Some(axis) == grid.row_axis {
            spans.push(Span::styled("rows", theme.dim));
        } else if grid.columns == Columns::Axis(axis) {
            spans.push(Span::styled("columns", theme.dim));
        } else {
            let style = match grid.active == Some(axis) {
                true => theme.text.add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
                false => theme.text,
            };
            spans.push(Span::styled(grid.index[axis].to_string(), style));
        }
    }
    spans.push(Span::styled("]", theme.dim));
    if let Some(n) = grid.style.digits {
        spans.push(Span::styled(format!("  {n} digits"), theme.dim));
    }
    let used: usize = spans.iter().map(|s| width(&s.content)).sum();
    if used + 3 < most {
        spans.push(Span::styled(
            format!(" {}", theme.symbols.horizontal.repeat(most - used - 1)),
            theme.line,
        ));
    }
    Line::from(spans)
}

fn headings<'a>(
    grid: &Grid,
    columns: &[(u64, usize)],
    gutter: usize,
    room: usize,
    theme: &Theme,
) -> Line<'a> {
    let mut text = " ".repeat(gutter);
    let mut left = room;
    for &(col, w) in columns {
        let w = w.min(left);
        let right = grid.cell(grid.top.0, col).is_none_or(|c| c.right);
        text += &pad(&theme.fit(&grid.heading(col), w), w, right);
        left = left.saturating_sub(w + 2);
        if left == 0 {
            break;
        }
        text += "  ";
    }
    Line::styled(text, theme.dim)
}

fn row_line<'a>(
    grid: &Grid,
    row: u64,
    columns: &[(u64, usize)],
    gutter: usize,
    room: usize,
    theme: &Theme,
    focused: bool,
) -> Line<'a> {
    let mut spans = Vec::new();
    if gutter > 0 {
        let number = pad(&row.to_string(), gutter - 2, true);
        spans.push(Span::styled(number + "  ", theme.dim));
    }
    let mut left = room;
    for &(col, w) in columns {
        let w = w.min(left);
        let cell = grid.cell(row, col);
        let (text, right) = cell.map_or(("", false), |c| (c.text.as_str(), c.right));
        let text = pad(&theme.fit(text, w), w, right);
        let mut style = match cell {
            Some(c) if c.target.is_some() => theme.link,
            _ => theme.text,
        };
        if grid.is_marked(row, col) {
            style = style.add_modifier(Modifier::REVERSED);
        }
        if (row, col) == grid.cursor {
            style = style.patch(theme.cursor_of(focused));
        }
        spans.push(Span::styled(text, style));
        left = left.saturating_sub(w + 2);
        if left == 0 {
            break;
        }
        spans.push(Span::raw("  "));
    }
    Line::from(spans)
}
