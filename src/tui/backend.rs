//! A backend that never trusts a terminal's idea of how wide a character is.
//!
//! ratatui writes neighbouring cells in one go and counts on the terminal's cursor to move as far
//! as it computes itself. Terminals disagree about emoji, joined characters and symbols with
//! variants: after one of these the rest of the row would be shifted. Here the cell after such a
//! character is placed anew.

use std::io;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// Another backend, with cells placed anew where widths are doubtful.
pub struct Placing<B>(pub B);

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
        // a call of the inner backend always places its first cell
        let mut content = content.peekable();
        while content.peek().is_some() {
            let mut doubtful = false;
            let piece = std::iter::from_fn(|| {
                if doubtful {
                    return None;
                }
                let item = content.next()?;
                doubtful = is_doubtful(item.2.symbol());
                Some(item)
            });
            self.0.draw(piece)?;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.0.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
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
        let backend = Placing(CrosstermBackend::new(&mut bytes));
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        terminal.draw(|f| f.render_widget("a👩🔬b日c", f.area())).unwrap();
        drop(terminal);
        let text = String::from_utf8(bytes).unwrap();
        // columns count from one: b stands in the sixth
        assert!(text.contains("\x1b[1;6Hb"), "{text:?}");
        assert!(text.contains("\x1b[1;4H🔬"), "{text:?}");
    }
}
