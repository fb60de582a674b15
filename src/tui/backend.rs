//! A backend that spares bytes, and never trusts a terminal's idea of how wide a character is.
//!
//! ratatui gives the cells that changed. Over SSH each jump of the cursor costs some eight bytes,
//! so a short gap between two changed cells of a row is written again instead, from what is known
//! to be on the screen.
//!
//! ratatui writes neighbouring cells in one go and counts on the terminal's cursor to move as far
//! as it computes itself. Terminals disagree about emoji, joined characters and symbols with
//! variants: after one of these the rest of the row would be shifted. Here the cell after such a
//! character is placed anew.

use std::io;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// The longest gap that is written again rather than jumped over.
const GAP: u16 = 6;

/// Another backend, with gaps closed, and cells placed anew where widths are doubtful.
pub struct Placing<B> {
    inner: B,
    known: Known,
}

/// What is on the screen, as far as it was drawn: by row, then column.
#[derive(Default)]
struct Known(Vec<Vec<Option<Cell>>>);

impl<B> Placing<B> {
    /// A backend over a screen that is blank.
    pub fn new(inner: B) -> Placing<B> {
        Placing { inner, known: Known::default() }
    }
}

impl Known {
    /// What stands in a cell: a screen is blank where nothing was drawn.
    fn at(&self, x: u16, y: u16) -> &Cell {
        static BLANK: Cell = Cell::EMPTY;
        let row = self.0.get(y as usize);
        row.and_then(|r| r.get(x as usize)).and_then(Option::as_ref).unwrap_or(&BLANK)
    }

    fn learn(&mut self, x: u16, y: u16, cell: &Cell) {
        let (x, y) = (x as usize, y as usize);
        if self.0.len() <= y {
            self.0.resize_with(y + 1, Vec::new);
        }
        let row = &mut self.0[y];
        if row.len() <= x {
            row.resize(x + 1, None);
        }
        row[x] = Some(cell.clone());
    }

    /// The cells between two changed ones, where writing them is cheaper than a jump: all of
    /// plain ASCII, and in the style of the second.
    fn gap(&self, from: u16, to: u16, y: u16, next: &Cell) -> Option<Vec<(u16, u16, &Cell)>> {
        if from >= to || to - from > GAP {
            return None;
        }
        let look = |c: &Cell| (c.fg, c.bg, c.modifier);
        let gap: Vec<_> = (from..to).map(|x| (x, y, self.at(x, y))).collect();
        let plain = |c: &Cell| c.symbol().is_ascii() && look(c) == look(next);
        gap.iter().all(|(_, _, c)| plain(c)).then_some(gap)
    }
}

/// Whether terminals may disagree about the width of a cell's symbol.
fn is_doubtful(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    match (chars.next(), chars.next()) {
        (_, Some(_)) => true,
        (Some(c), None) => matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..),
        (None, None) => false,
    }
}

impl<B: Backend<Error = io::Error>> Backend for Placing<B> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let changed: Vec<(u16, u16, &Cell)> = content.collect();
        let mut cells: Vec<(u16, u16, &Cell)> = Vec::with_capacity(changed.len());
        for &(x, y, cell) in &changed {
            if let Some(&(last, row, before)) = cells.last()
                && row == y
                && before.symbol().is_ascii()
                && let Some(gap) = self.known.gap(last + 1, x, y, cell)
            {
                cells.extend(gap);
            }
            cells.push((x, y, cell));
        }
        // a call of the inner backend always places its first cell
        for piece in cells.split_inclusive(|(_, _, cell)| is_doubtful(cell.symbol())) {
            self.inner.draw(piece.iter().copied())?;
        }
        for (x, y, cell) in changed {
            self.known.learn(x, y, cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        // a terminal that is gone shows none: the library would say so where nobody listens, and
        // end in a panic
        let _ = self.inner.show_cursor();
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.known.0.clear();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.known.0.clear();
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::CrosstermBackend;
    use ratatui::layout::Rect;
    use ratatui::{TerminalOptions, Viewport};

    #[test]
    fn what_follows_an_emoji_is_placed_anew() {
        let mut bytes = Vec::new();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 20, 1));
        let backend = Placing::new(CrosstermBackend::new(&mut bytes));
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        terminal.draw(|f| f.render_widget("a👩🔬b日c", f.area())).unwrap();
        drop(terminal);
        let text = String::from_utf8(bytes).unwrap();
        // columns count from one: b stands in the sixth
        assert!(text.contains("\x1b[1;6Hb"), "{text:?}");
        assert!(text.contains("\x1b[1;4H🔬"), "{text:?}");
    }

    #[test]
    fn a_short_gap_is_written_again() {
        let mut bytes = Vec::new();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 30, 1));
        let backend = Placing::new(CrosstermBackend::new(&mut bytes));
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        terminal.draw(|f| f.render_widget("10  20  30          x", f.area())).unwrap();
        terminal.draw(|f| f.render_widget("11  21  31          y", f.area())).unwrap();
        drop(terminal);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("\x1b[1;2H1  21  31"), "{text:?}");
        assert!(text.contains("\x1b[1;21Hy"), "{text:?}");
    }
}
