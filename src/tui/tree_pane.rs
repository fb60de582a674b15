//! The tree pane: the window of rows, each with what is known of it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tui_tree_widget::{Tree, TreeItem, TreeState};

use super::text::width;
use super::theme::Theme;
use crate::app::state::{App, Pane};
use crate::app::tree::{Progress, Row, RowId};
use crate::array::naming;
use crate::store::{Class, Link, Node, ObjectKind, escape};

/// Draws the pane.
pub fn draw(frame: &mut Frame, area: Rect, app: &App, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    let rows = app.tree.window();
    let items: Vec<TreeItem<usize>> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| TreeItem::new_leaf(i, line(row, app, theme, area.width as usize)))
        .collect();
    let Ok(tree) = Tree::new(&items) else { return };
    let tree =
        tree.highlight_style(theme.cursor_of(app.pane == Pane::Tree)).node_no_children_symbol("");
    let mut state = TreeState::default();
    state.select(vec![app.tree.cursor() - app.tree.top()]);
    frame.render_stateful_widget(tree, area, &mut state);
}

fn line<'a>(row: &Row, app: &App, theme: &Theme, most: usize) -> Line<'a> {
    let s = &theme.symbols;
    // deep rows keep room for their names
    let indent = " ".repeat((2 * row.depth).min(most / 2));
    let mut spans: Vec<Span> = Vec::new();
    let mut room = most;
    let mut push = |text: String, style, room: &mut usize| {
        let text = theme.fit(&text, *room);
        *room -= width(&text).min(*room);
        spans.push(Span::styled(text, style));
    };
    match row.id {
        RowId::Note(group) => {
            let (progress, n) = app.tree.progress(group);
            let (text, style) = match progress {
                Progress::Asked => ("reading".to_string() + s.cut, theme.dim),
                Progress::First => (format!("{n} of more, being sorted{}", s.cut), theme.dim),
                Progress::All => ("(empty)".into(), theme.dim),
                Progress::Failed(why) => (format!("! {why}"), theme.fault),
            };
            push(format!("{indent}{}{text}", s.leaf), style, &mut room);
        }
        RowId::File(file) => {
            let symbol = if row.open { s.open } else { s.closed };
            let state = &app.files[file];
            let name = state.name.rsplit('/').next().unwrap_or(&state.name);
            push(format!("{symbol}{name}"), theme.strong, &mut room);
            if let Some(Err(_)) = state.opened {
                push("  ! cannot be read".into(), theme.fault, &mut room);
            }
        }
        RowId::Link(..) => {
            let name = escape(row.path.name());
            let node = app.node(row);
            let group = app.is_group(row) || row.open;
            let symbol = match (group, row.open) {
                (_, true) => s.open,
                (true, false) => s.closed,
                _ => s.leaf,
            };
            let style = match node {
                Some(Ok(Node { object: Err(_), .. }) | Err(_)) => theme.fault,
                Some(Ok(Node { link, .. })) if *link != Link::Hard => theme.link,
                _ if group => theme.strong,
                _ => theme.text,
            };
            let marked = app.is_marked(row.file, &row.path);
            let symbol = match (marked, symbol.trim_end()) {
                (false, _) => symbol.to_string(),
                // in place of the space that ends the symbol
                (true, "") => format!("{} ", theme.symbols.mark),
                (true, symbol) => format!("{symbol}{}", theme.symbols.mark),
            };
            push(
                format!("{indent}{symbol}"),
                if marked { theme.key } else { theme.dim },
                &mut room,
            );
            let about = node.map(|n| about(n, app.kind(row), theme)).unwrap_or_default();
            // a long name leaves some room for the kind
            let kept = if about.is_empty() { 0 } else { (width(&about) + 2).min(room / 3) };
            let mut name_room = room - kept;
            let before = name_room;
            push(name, style, &mut name_room);
            room -= before - name_room;
            if !about.is_empty() {
                push(format!("  {about}"), theme.dim, &mut room);
            }
        }
    }
    Line::from(spans)
}

/// A few words after a name: shape and type, or where a link leads.
fn about(node: &Result<Node, String>, kind: Option<&str>, theme: &Theme) -> String {
    let node = match node {
        Ok(node) => node,
        Err(why) => return format!("! {why}"),
    };
    let target = match &node.link {
        Link::Hard => String::new(),
        Link::User { class } => format!("link of class {class}"),
        link => format!("{}{link}", theme.symbols.arrow),
    };
    match &node.object {
        Err(_) if !target.is_empty() => format!("! {target}"),
        Err(e) => format!("! {}", e.reason()),
        Ok(_) if !target.is_empty() => target,
        Ok(brief) => match (&brief.kind, &brief.data) {
            (ObjectKind::Dataset, Some((extent, d))) => {
                let plain = format!("{} {}", naming::shape(extent), naming::short_name(d));
                match (kind, &d.class) {
                    (None, _) => plain,
                    // a pickle: the bytes that it takes tell nothing
                    (Some(kind), Class::Opaque { .. }) => kind.to_string(),
                    (Some(kind), _) => format!("{kind}  {plain}"),
                }
            }
            (ObjectKind::Datatype, Some((_, d))) => format!("type {}", naming::short_name(d)),
            (ObjectKind::Group, _) => kind.unwrap_or_default().to_string(),
            (kind, _) => kind.name().to_string(),
        },
    }
}
