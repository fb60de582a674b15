//! `/`: searching names in the tree, texts in the details and in the part of a grid that is read.
//!
//! A text in lower case matches in any case. The tree is searched as far as it is unfolded.

use super::state::{App, Pane};

/// Where the cursor of the pane is: row and column.
pub(super) fn cursor(app: &App) -> (u64, u64) {
    match app.pane {
        Pane::Tree => (app.tree.cursor() as u64, 0),
        Pane::Details => (app.details.as_ref().map_or(0, |v| v.cursor as u64), 0),
        Pane::Grid => app.grid.as_ref().map_or((0, 0), |g| g.cursor),
    }
}

/// Puts the cursor back.
pub(super) fn restore(app: &mut App, (row, col): (u64, u64)) {
    match app.pane {
        Pane::Tree => app.tree.move_to(row as usize),
        Pane::Details => {
            if let Some(view) = &mut app.details {
                view.cursor = row as usize;
            }
        }
        Pane::Grid => {
            if let Some(grid) = &mut app.grid {
                grid.move_to(row, col);
            }
        }
    }
}

/// Moves to the first match from a place on, itself included.
pub(super) fn from(app: &mut App, origin: (u64, u64)) {
    let place = if app.sought.is_empty() { None } else { find(app, origin, true, true) };
    restore(app, place.unwrap_or(origin));
}

/// Moves to the next or previous match, around the end.
pub(super) fn again(app: &mut App, forward: bool) {
    if app.sought.is_empty() {
        app.message = Some("nothing was searched for yet (/)".into());
        return;
    }
    let here = cursor(app);
    match find(app, here, forward, false) {
        Some(place) => {
            let wrapped = if forward { place <= here } else { place >= here };
            if wrapped {
                app.message = Some("search went around the end".into());
            }
            restore(app, place);
        }
        None => app.message = Some(not_found(app)),
    }
}

/// Says what was not found, and where it was looked for.
pub(super) fn not_found(app: &App) -> String {
    let place = match app.pane {
        Pane::Tree => "among the unfolded names",
        Pane::Details => "in the details",
        Pane::Grid => "in the part of the grid that is read",
    };
    format!("not found {place}: {}", crate::store::escape(app.sought.as_bytes()))
}

/// Whether the cursor stands on a match.
pub(super) fn found(app: &App) -> bool {
    !app.sought.is_empty() && find(app, cursor(app), true, true) == Some(cursor(app))
}

fn find(app: &App, from: (u64, u64), forward: bool, here: bool) -> Option<(u64, u64)> {
    let needle = Needle::new(&app.sought);
    match app.pane {
        Pane::Tree => {
            let hit = |row: usize| app.tree.name(row).is_some_and(|n| needle.is_in(n));
            around(app.tree.rows(), from.0 as usize, forward, here, hit).map(|r| (r as u64, 0))
        }
        Pane::Details => {
            let view = app.details.as_ref()?;
            let hit =
                |row: usize| view.details.line(row).is_some_and(|l| needle.is_in(l.as_bytes()));
            around(view.lines(), from.0 as usize, forward, here, hit).map(|r| (r as u64, 0))
        }
        Pane::Grid => {
            let page = app.grid.as_ref()?.page.as_ref()?;
            let (rows, cols) = page.cells.dim();
            let place = |i: usize| {
                (page.window.rows.0 + (i / cols) as u64, page.window.cols.0 + (i % cols) as u64)
            };
            let row = from.0.checked_sub(page.window.rows.0)? as usize;
            let col = from.1.checked_sub(page.window.cols.0)? as usize;
            let hit = |i: usize| {
                page.cells
                    .get((i / cols, i % cols))
                    .is_some_and(|c| needle.is_in(c.text.as_bytes()))
            };
            around(rows * cols, row * cols + col, forward, here, hit).map(place)
        }
    }
}

/// The first of `n` places that hits, from a place on in a direction, around the end.
fn around(
    n: usize,
    from: usize,
    forward: bool,
    here: bool,
    hit: impl Fn(usize) -> bool,
) -> Option<usize> {
    let first = usize::from(!here);
    (first..n + first)
        .map(|d| if forward { (from + d) % n } else { (from + n - d % n) % n })
        .find(|&i| hit(i))
}

struct Needle {
    bytes: Vec<u8>,
    any_case: bool,
}

impl Needle {
    fn new(text: &str) -> Needle {
        Needle { bytes: text.as_bytes().to_vec(), any_case: !text.chars().any(char::is_uppercase) }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        let same = |a: &[u8]| {
            if self.any_case { a.eq_ignore_ascii_case(&self.bytes) } else { a == self.bytes }
        };
        !self.bytes.is_empty() && text.windows(self.bytes.len()).any(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_in_any_case_unless_a_capital_is_typed() {
        assert!(Needle::new("run").is_in(b"my_Run_1"));
        assert!(!Needle::new("Run").is_in(b"my_run_1"));
        assert!(!Needle::new("").is_in(b"x"));
        assert_eq!(around(5, 3, true, false, |i| i == 1), Some(1));
        assert_eq!(around(5, 3, false, false, |i| i == 4), Some(4));
        assert_eq!(around(5, 3, true, false, |i| i == 3), Some(3));
        assert_eq!(around(0, 0, true, true, |_| true), None);
    }
}
