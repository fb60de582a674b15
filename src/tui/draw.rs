//! A frame: the state, drawn. Nothing here changes the state.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::layout::{Places, places};
use super::theme::Theme;
use super::{bar_line, chrome, details_pane, editor_pane, grid_pane, text_pane, tree_pane};
use crate::app::keys::Keys;
use crate::app::state::App;

/// What is drawn beside the state of the program.
pub struct View<'a> {
    /// Colours and symbols.
    pub theme: &'a Theme,
    /// The keys typed so far.
    pub keys: &'a Keys,
    /// The editor of a long text, while one is open.
    pub editor: Option<&'a editor_pane::Pane>,
    /// Whether something has been awaited for so long that it is said.
    pub slow: bool,
}

/// Draws everything.
pub fn draw(frame: &mut Frame, app: &App, view: &View) {
    let theme = view.theme;
    let p: Places = places(frame.area(), app);
    if let Some(first) = app.help {
        chrome::help(frame, p.all, first, theme);
        return;
    }
    if let Some(editor) = view.editor {
        editor.draw(frame, p.all, theme);
        if app.question().is_some() {
            chrome::bar(frame, p.bar, app, view.keys, theme);
        }
        return;
    }
    if let Some(reader) = &app.reader {
        chrome::reader(frame, p.all, reader, theme);
        if app.question().is_some() {
            chrome::bar(frame, p.bar, app, view.keys, theme);
        }
        return;
    }
    chrome::title(frame, p.title, app, theme);
    tree_pane::draw(frame, p.tree, app, theme);
    for y in 0..p.divider.height {
        let at = Rect { y: p.divider.y + y, height: 1, ..p.divider };
        frame.render_widget(Line::styled(theme.symbols.vertical, theme.line), at);
    }
    details_pane::draw(frame, p.details, app, theme);
    grid_pane::draw(frame, p.axes, p.grid, app, theme);
    text_pane::draw(frame, p.extra, app, theme);
    if !p.bar.is_empty() {
        // a long message takes rows from the panes
        let message = chrome::message(app, p.bar.width as usize, theme);
        let more = (message.len() as u16).saturating_sub(1).min(p.status.y.saturating_sub(1));
        let up = |at: Rect| Rect { y: at.y - more, ..at };
        chrome::status(frame, up(p.status), app, theme, view.slow);
        match message.is_empty() {
            true => chrome::bar(frame, p.bar, app, view.keys, theme),
            false => chrome::lines(frame, up(p.bar), &message[..=more as usize], theme),
        }
        bar_line::above(frame, up(p.bar), app, theme);
    }
}
