//! Where the panes are, for any size of the terminal.
//!
//! Wide enough: the tree at the left, the object at the right. Narrow: the pane that has the keys
//! alone. The details take what they need, but leave the grid more than half of the height.

use ratatui::layout::Rect;

use crate::app::state::{App, Pane, Sizes};

/// The narrowest screen that shows the tree and the object side by side.
const SIDE_BY_SIDE: u16 = 60;

/// Rows of a histogram, with the line of its range.
const HISTOGRAM: u16 = 7;

/// The places of the panes; those that are not shown are empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Places {
    /// The line at the top.
    pub title: Rect,
    /// The tree.
    pub tree: Rect,
    /// The line between.
    pub divider: Rect,
    /// Facts and attributes.
    pub details: Rect,
    /// The line over the grid: axes.
    pub axes: Rect,
    /// The grid with its headings.
    pub grid: Rect,
    /// A text, or a histogram.
    pub extra: Rect,
    /// The line that tells where one is.
    pub status: Rect,
    /// The line for typing and messages.
    pub bar: Rect,
    /// The whole.
    pub all: Rect,
}

/// Divides the screen.
pub fn places(all: Rect, app: &App) -> Places {
    let row = |y: u16| Rect { y: all.y + y, height: 1.min(all.height.saturating_sub(y)), ..all };
    let mut p = Places { all, ..Places::default() };
    if all.height < 4 || all.width < 8 {
        p.tree = all;
        return p;
    }
    p.title = row(0);
    p.status = row(all.height - 2);
    p.bar = row(all.height - 1);
    let body = Rect { y: all.y + 1, height: all.height - 3, ..all };
    let right = if all.width >= SIDE_BY_SIDE {
        let left = (u32::from(all.width) * 2 / 5).clamp(24, 48) as u16;
        p.tree = Rect { width: left, ..body };
        p.divider = Rect { x: body.x + left, width: 1, ..body };
        Rect { x: body.x + left + 2, width: body.width - left - 2, ..body }
    } else if app.pane == Pane::Tree {
        p.tree = body;
        return p;
    } else {
        body
    };
    let lines = app.details.as_ref().map_or(0, |v| v.lines()).min(usize::from(u16::MAX)) as u16;
    if app.text_page().is_some() {
        let facts = lines.min(right.height / 3);
        p.details = Rect { height: facts, ..right };
        // a line is left between
        let from = (facts + u16::from(facts > 0)).min(right.height);
        p.extra = Rect { y: right.y + from, height: right.height - from, ..right };
        return p;
    }
    let mut right = right;
    if app.statistics().is_some() {
        let facts = lines.min(right.height);
        let most = if app.grid.is_some() { right.height / 4 } else { right.height - facts };
        let high = most.min(HISTOGRAM);
        p.details = Rect { height: facts, ..right };
        p.extra = Rect { y: right.y + facts, height: high, ..right };
        let used = facts + high;
        right = Rect { y: right.y + used, height: right.height - used, ..right };
        if app.grid.is_some() && right.height >= 3 {
            p.axes = Rect { height: 1, ..right };
            p.grid = Rect { y: right.y + 1, height: right.height - 1, ..right };
        }
        return p;
    }
    if app.grid.is_none() {
        p.details = right;
        return p;
    }
    let small = right.height < 12;
    // rows that the grid has no use for go to the details
    let rows = app.grid.as_ref().map_or(0, |g| g.extent().0).min(u64::from(right.height)) as u16;
    let spare = right.height.saturating_sub(rows.saturating_add(2));
    let details = match (small, app.pane) {
        (true, Pane::Details) => right.height,
        (true, _) => lines.min(right.height / 4),
        (false, _) => lines.min((u32::from(right.height) * 9 / 20) as u16).max(lines.min(spare)),
    };
    p.details = Rect { height: details, ..right };
    let rest = right.height - details;
    if rest >= 3 {
        p.axes = Rect { y: right.y + details, height: 1, ..right };
        p.grid = Rect { y: right.y + details + 1, height: rest - 1, ..right };
    }
    p
}

/// The sizes of the panes' insides, as the state needs them.
pub fn sizes(p: &Places, app: &App) -> Sizes {
    let gutter = super::grid_pane::gutter(app, p.grid.height);
    Sizes {
        tree: p.tree.height as usize,
        details: p.details.height as usize,
        grid_rows: p.grid.height.saturating_sub(1) as usize,
        grid_width: p.grid.width.saturating_sub(gutter) as usize,
        help: p.all.height.saturating_sub(3) as usize,
        width: p.all.width as usize,
        extra: p.extra.height as usize,
        extra_width: p.extra.width as usize,
    }
}
