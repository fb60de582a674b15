//! The state of the program and the one place where it changes.
//!
//! [`App::act`] takes what the user did (in `act.rs`), [`App::edit`] what is typed (`bar.rs`),
//! [`App::reply`] what was read; [`App::requests`] then says what should be read for what is on the screen,
//! and drawing looks at the state without changing it. Nothing here waits, and nothing here
//! touches a file.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::path::PathBuf;

use tui_input::Input;

use super::action::{Action, Effect};
use super::after::{Begun, Draft};
use super::bar::Typing;
use super::compute::Ask;
use super::details::Details;
use super::editing::Hole;
use super::editor::Editor;
use super::grid::Grid;
use super::jobs::{ChangedBy, Reply, Request};
use super::opened::{Content, Opened, Saved};
use super::question::Question;
use super::tree::{Descent, GroupId, Progress, Row, RowId, Tree};
use super::work::{Job, Kind};
use crate::array::Settings;
use crate::store::{H5Mode, Node, ObjectKind, ObjectPath, OpenedAs, WalkOrder, escape};

/// The parts of the screen that keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Pane {
    #[default]
    Tree,
    Details,
    Grid,
}

/// An open file as the screen speaks of it.
#[derive(Debug)]
pub struct FileState {
    /// Its path as given, safe for a terminal.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
    /// Its mode.
    pub mode: H5Mode,
    /// How it is open; none while it is being opened.
    pub opened: Option<Result<OpenedAs, String>>,
}

/// What the bar is for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarKind {
    /// `:`
    Command,
    /// `=`
    Expression,
    /// `/`, from this place in the pane.
    Search {
        /// Where the cursor was: row and column.
        origin: (u64, u64),
    },
}

/// The line that is being typed.
#[derive(Debug)]
pub struct Bar {
    /// What for.
    pub kind: BarKind,
    /// The text and its cursor.
    pub input: Input,
    /// What helps with typing code.
    pub typing: Typing,
    /// Where a value is edited: the line around it.
    pub hole: Option<Hole>,
    /// Where a key began the line: what it put there.
    pub begun: Option<Begun>,
}

/// The place of an error in the code that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame {
    /// The line of the code, safe for a terminal.
    pub line: String,
    /// The bytes of it that the error is about.
    pub place: Range<usize>,
}

impl Blame {
    /// The line of `code` that the place begins in.
    pub(super) fn new(code: &str, place: Range<usize>) -> Option<Blame> {
        let start = place.start.min(code.len());
        let from = code.get(..start)?.rfind('\n').map_or(0, |i| i + 1);
        let to = code.get(start..)?.find('\n').map_or(code.len(), |i| start + i);
        let shown = |range: Range<usize>| code.get(range).map(|s| escape(s.as_bytes()));
        let line = shown(from..to)?;
        let before = shown(from..start)?.len();
        let inside = shown(start..place.end.clamp(start, to))?.len();
        Some(Blame { line, place: before..before + inside })
    }
}

/// A text that lies over the screen, to be read whole.
#[derive(Debug)]
pub struct Reader {
    /// What it is of.
    pub title: String,
    /// The text.
    pub text: String,
    /// The first line shown.
    pub first: usize,
}

/// Lines in pieces of at most `width` columns, cut between characters.
pub fn wrapped<'a>(lines: impl IntoIterator<Item = &'a str>, width: usize) -> Vec<&'a str> {
    use unicode_segmentation::UnicodeSegmentation;
    use unicode_width::UnicodeWidthStr;
    let mut out = Vec::new();
    for line in lines {
        let (mut start, mut used) = (0, 0);
        for (at, g) in line.grapheme_indices(true) {
            if used + g.width() > width.max(2) {
                out.push(&line[start..at]);
                (start, used) = (at, 0);
            }
            used += g.width();
        }
        out.push(&line[start..]);
    }
    out
}

impl Reader {
    /// The text in lines of at most `width` columns, cut between characters.
    pub fn wrapped(&self, width: usize) -> Vec<&str> {
        wrapped(self.text.split('\n'), width)
    }

    /// How many lines that makes.
    pub fn lines(&self, width: usize) -> usize {
        self.wrapped(width).len()
    }
}

/// The sizes of the panes' insides, told by drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// Rows of the tree.
    pub tree: usize,
    /// Lines of details.
    pub details: usize,
    /// Rows of the grid's cells.
    pub grid_rows: usize,
    /// Characters across the grid's cells.
    pub grid_width: usize,
    /// Rows of the help.
    pub help: usize,
    /// Columns of the whole screen.
    pub width: usize,
    /// Rows of a text in the place of the grid.
    pub extra: usize,
    /// Its columns.
    pub extra_width: usize,
}

/// Details on the screen and how far they are scrolled.
#[derive(Debug, Clone)]
pub struct DetailsView {
    /// What was read.
    pub details: Details,
    /// The first line shown.
    pub scroll: usize,
    /// The attribute under the cursor, when the pane has it.
    pub cursor: usize,
}

impl DetailsView {
    /// Lines in all: facts, a fault, attributes.
    pub fn lines(&self) -> usize {
        let d = &self.details;
        d.facts.len() + usize::from(d.fault.is_some()) + d.attributes.len()
    }
}

/// Everything that is drawn, and what leads from one state to the next.
#[derive(Debug, Default)]
pub struct App {
    /// The open files, in the order of their numbers.
    pub files: Vec<FileState>,
    /// The tree of rows.
    pub tree: Tree,
    /// What is known of links.
    pub nodes: HashMap<(usize, ObjectPath), Result<Node, String>>,
    /// What the same links are to those who wrote them, where there is more to say.
    pub kinds: HashMap<(usize, ObjectPath), String>,
    /// Where keys go.
    pub pane: Pane,
    /// The selected object's facts.
    pub details: Option<DetailsView>,
    /// The selected dataset's cells.
    pub grid: Option<Grid>,
    /// The line being typed.
    pub bar: Option<Bar>,
    /// The first line of the help, while it is open.
    pub help: Option<usize>,
    /// A text over the screen.
    pub reader: Option<Reader>,
    /// One line for the user.
    pub message: Option<String>,
    /// The text last searched for.
    pub sought: String,
    /// The order in which groups are opened.
    pub by_creation: bool,
    /// What is shown in the place of the selected object.
    pub opened: Option<Opened>,
    /// The marked nodes: the number of the file of each, and its path.
    pub marked: Vec<(usize, ObjectPath)>,
    /// The text that is being edited.
    pub editor: Option<Editor>,
    /// The place of the last error in its code.
    pub blame: Option<Blame>,
    /// What the user is being asked, the first one first.
    pub(super) questions: VecDeque<Question>,
    /// The limits of computations.
    pub settings: Settings,
    /// Where typed lines are kept, if anywhere.
    pub history: Option<PathBuf>,
    /// The jobs that run, the oldest first.
    pub(super) jobs: Vec<Job>,
    pub(super) completion_ticket: Option<u64>,
    pub(super) names_ticket: Option<u64>,
    pub(super) sizes: Sizes,
    /// What the details and the grid are of.
    pub(super) shown: Option<(usize, ObjectPath)>,
    tickets: u64,
    /// The file that the details are of.
    pub(super) details_file: Option<usize>,
    pub(super) details_ticket: Option<u64>,
    pub(super) page_ticket: Option<u64>,
    storage_ticket: Option<u64>,
    pub(super) page_asked: Option<super::grid::Window>,
    pub(super) names_tickets: HashMap<GroupId, u64>,
    nodes_asked: Vec<(usize, ObjectPath)>,
    /// Where the tree is to go once names are known.
    pub(super) going: Option<(usize, ObjectPath)>,
    /// The same of what was just made: names on the way are being read anew.
    pub(super) coming: Option<(usize, ObjectPath)>,
    /// The attribute that the details' cursor is to go to once it is there: file, node, name.
    pub(super) seeking: Option<(usize, ObjectPath, String)>,
    /// How many things the user did.
    pub(super) acts: u64,
    /// Texts that could not be put in their places: by file, and code of the place.
    pub(super) drafts: HashMap<(usize, String), Draft>,
    /// Which asking is that for a result's array as it is after a change.
    pub(super) array_ticket: Option<u64>,
    /// Actions that wait until it is known what is under the cursor.
    pub(super) ahead: VecDeque<(Action, Option<u64>)>,
    /// Whether the grid takes the keys once the selected dataset is there.
    pub(super) enter_grid: bool,
    pub(super) back: Vec<Saved>,
    pub(super) forward: Vec<Saved>,
    pub(super) lines: Vec<String>,
    pub(super) out: Vec<Request>,
    pub(super) effects: Vec<Effect>,
}

impl App {
    /// A program with these files, each perhaps at a path inside.
    pub fn new(files: Vec<(PathBuf, Option<ObjectPath>, H5Mode)>) -> App {
        let mut app = App::default();
        for (path, inner, mode) in files {
            let file = app.add_file(path, mode);
            if let Some(inner) = inner {
                app.going = Some((file, inner));
            }
        }
        app
    }

    pub(super) fn add_file(&mut self, path: PathBuf, mode: H5Mode) -> usize {
        use std::os::unix::ffi::OsStrExt;
        let file = self.tree.add_file();
        let name = escape(path.as_os_str().as_bytes());
        self.files.push(FileState { name, path: path.clone(), mode, opened: None });
        self.out.push(Request::Open { file, path, mode });
        if let Some(row) = self.tree.row_of(RowId::File(file)).and_then(|r| self.tree.row(r)) {
            self.open_group(&row);
        }
        file
    }

    pub(super) fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    pub(super) fn order(&self) -> WalkOrder {
        if self.by_creation { WalkOrder::Creation } else { WalkOrder::Native }
    }

    pub(super) fn open_group(&mut self, row: &Row) {
        if let Some(group) = self.tree.open(row, self.order()) {
            self.ask_names(group);
        }
    }

    pub(super) fn ask_names(&mut self, group: GroupId) {
        let ticket = self.ticket();
        self.names_tickets.insert(group, ticket);
        let (file, path, order) = self.tree.group_place(group);
        let path = path.clone();
        self.out.push(Request::Names { file, group, ticket, path, order });
    }

    /// The file and path under the tree's cursor.
    pub fn selected(&self) -> Option<(usize, ObjectPath)> {
        let row = self.tree.selected()?;
        (!matches!(row.id, RowId::Note(_))).then_some((row.file, row.path))
    }

    /// What is known of a row's link.
    pub fn node(&self, row: &Row) -> Option<&Result<Node, String>> {
        self.nodes.get(&(row.file, row.path.clone()))
    }

    /// What a row's object is to those who wrote it, where there is more to say.
    pub fn kind(&self, row: &Row) -> Option<&str> {
        self.kinds.get(&(row.file, row.path.clone())).map(String::as_str)
    }

    /// Whether something that was asked for the screen has not come yet.
    pub fn is_waiting(&self) -> bool {
        self.details_ticket.is_some() || self.page_ticket.is_some() || self.array_ticket.is_some()
    }

    /// What keeps every file from being shown, once all have been tried.
    pub fn nothing_opened(&self) -> Option<&str> {
        let fault = |f: &FileState| matches!(f.opened, Some(Err(_)));
        let first = self.files.first()?;
        match (&first.opened, self.files.iter().all(fault)) {
            (Some(Err(e)), true) => Some(e),
            _ => None,
        }
    }

    /// Whether every file has been tried.
    pub fn all_tried(&self) -> bool {
        self.files.iter().all(|f| f.opened.is_some())
    }

    /// Whether all that the screen shows is there, and no jump is under way.
    pub fn is_settled(&self) -> bool {
        !self.is_waiting() && self.going.is_none() && self.shown == self.selected()
    }

    /// Selects the object at a path, as soon as the names on the way are known.
    pub fn go_to(&mut self, file: usize, path: ObjectPath) {
        self.going = Some((file, path));
    }

    /// Whether a group's names are being sorted.
    pub fn is_sorting(&self) -> bool {
        self.tree.open_groups().any(|g| *self.tree.progress(g).0 == Progress::First)
    }

    /// Tells the sizes of the panes. Called before drawing.
    pub fn set_sizes(&mut self, sizes: Sizes) {
        self.sizes = sizes;
        self.tree.set_height(sizes.tree);
        if let Some(grid) = &mut self.grid {
            grid.set_size(sizes.grid_rows as u64, sizes.grid_width as u64);
            grid.settle(sizes.grid_width as u64);
        }
        self.scroll_text(|at| at);
        self.clamp_details();
    }

    pub(super) fn clamp_details(&mut self) {
        let height = self.sizes.details.max(1);
        if let Some(view) = &mut self.details {
            view.cursor = view.cursor.min(view.lines().saturating_sub(1));
            view.scroll =
                view.scroll.min(view.cursor).max((view.cursor + 1).saturating_sub(height));
        }
    }

    /// What is to be read now, for the state and the screen as they are.
    pub fn requests(&mut self) -> Vec<Request> {
        self.go_on();
        self.catch_up();
        self.ask_details();
        self.renew();
        self.refresh_statistics();
        self.ask_page();
        self.ask_nodes();
        std::mem::take(&mut self.out)
    }

    /// What the terminal's side is to do.
    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub(super) fn ask_details(&mut self) {
        let Some((file, path)) = self.selected() else {
            return;
        };
        if self.shown.as_ref() == Some(&(file, path.clone())) {
            return;
        }
        if self.opened.is_some() {
            // the cursor of the tree went on: one can come back to what was opened
            self.leave();
        }
        let ticket = self.ticket();
        self.details_ticket = Some(ticket);
        self.page_ticket = None;
        self.page_asked = None;
        self.shown = Some((file, path.clone()));
        self.out.push(Request::Details { file, path, ticket });
    }

    fn ask_page(&mut self) {
        if self.details_ticket.is_some() || self.array_ticket.is_some() {
            return;
        }
        let array = match self.opened.as_ref().map(|o| &o.content) {
            None => None,
            Some(Content::Array(array)) => Some(array.clone()),
            Some(_) => return,
        };
        let (Some(grid), Some((file, path))) = (&mut self.grid, &self.shown) else { return };
        if self.sizes.grid_rows == 0 {
            return;
        }
        let Some(window) = grid.wanted(self.sizes.grid_width as u64) else {
            // what could not be read is no longer on the screen
            grid.fault = None;
            return;
        };
        let same = self.page_asked.as_ref() == Some(&window);
        if same && (self.page_ticket.is_some() || grid.fault.is_some()) {
            return;
        }
        let (file, path) = (*file, path.clone());
        self.page_asked = Some(window.clone());
        if let Some(of) = array {
            let title = self.opened.as_ref().map_or(String::new(), |o| o.title.clone());
            let (ticket, cx) = self.start(Kind::Page, &title);
            self.page_ticket = Some(ticket);
            self.out.push(Request::Compute(Ask::Page { ticket, of, window, cx }));
            return;
        }
        let ticket = self.ticket();
        self.page_ticket = Some(ticket);
        self.out.push(Request::Page { file, path, window, ticket });
    }

    fn ask_nodes(&mut self) {
        let unknown: Vec<_> = self
            .tree
            .window()
            .into_iter()
            .filter(|row| matches!(row.id, RowId::Link(..)))
            .map(|row| (row.file, row.path))
            .filter(|key| !self.nodes.contains_key(key))
            .collect();
        if !unknown.is_empty() && unknown != self.nodes_asked {
            self.nodes_asked = unknown.clone();
            self.out.push(Request::Nodes { rows: unknown });
        }
    }

    /// Takes what was read.
    pub fn reply(&mut self, reply: Reply) {
        match reply {
            Reply::Opened { file, result, notices } => {
                let result = result.map_err(|e| e.to_string());
                if !notices.is_empty() {
                    self.message = Some(notices.join("; "));
                }
                if let Err(e) = &result {
                    self.message = Some(e.clone());
                    self.tree.close(RowId::File(file));
                    // one that was asked for beside others leaves no trace
                    if file > 0 && file + 1 == self.files.len() {
                        self.files.pop();
                        self.tree.remove_last_file();
                        if let Some(saved) = self.back.pop() {
                            self.restore(saved);
                        }
                    }
                }
                if let Some(state) = self.files.get_mut(file) {
                    state.opened = Some(result);
                }
            }
            Reply::Names { group, ticket, result } => self.names(group, ticket, result),
            Reply::Node { file, path, node, kind } => {
                // what is far off the screen is forgotten
                if self.nodes.len() > 4096 {
                    self.nodes.clear();
                    self.kinds.clear();
                    self.nodes_asked.clear();
                }
                let key = (file, path.clone());
                match kind {
                    Some(kind) => self.kinds.insert(key, kind),
                    None => self.kinds.remove(&key),
                };
                self.nodes.insert((file, path), node.map_err(|e| e.reason()));
            }
            Reply::Details { ticket, details } => {
                if self.details_ticket == Some(ticket) {
                    self.details_ticket = None;
                    self.show(*details);
                    self.storage_ticket = Some(ticket);
                }
            }
            Reply::Storage { ticket, bytes } => {
                if self.storage_ticket == Some(ticket)
                    && let Some(view) = &mut self.details
                {
                    view.details.set_storage(bytes);
                }
            }
            Reply::Page { ticket, result } => {
                if self.page_ticket == Some(ticket) {
                    self.page_ticket = None;
                    if let Some(grid) = &mut self.grid {
                        grid.fault = None;
                        match result {
                            Ok(page) => grid.page = Some(page),
                            Err(e) => grid.fault = Some(e.reason()),
                        }
                        grid.settle(self.sizes.grid_width as u64);
                    }
                }
            }
            Reply::Changed { file, result, by } => self.changed(file, result, by),
            Reply::Computed(answer) => self.computed(answer),
            Reply::Internal(text) => {
                self.message = Some(format!("an internal error, please report it: {text}"));
                if let (Some(_), Some(grid)) = (self.page_ticket.take(), &mut self.grid) {
                    grid.fault = Some("an internal error".into());
                }
                self.details_ticket = None;
                // names that are waited for may never come
                if self.coming.take().is_some() {
                    self.going = None;
                }
            }
        }
    }

    fn names(
        &mut self,
        group: GroupId,
        ticket: u64,
        result: Result<(super::names::NameTable, bool), crate::store::StoreError>,
    ) {
        if self.names_tickets.get(&group) != Some(&ticket) || !self.tree.is_open(group) {
            return;
        }
        match result {
            // first names of a group that shows all already: all will come soon
            Ok((_, false)) if self.tree.progress(group).1 > 0 => {}
            Ok((names, all)) => {
                if all {
                    self.names_tickets.remove(&group);
                }
                let before = self.selected();
                let progress = if all { Progress::All } else { Progress::First };
                self.tree.fill(group, names, progress);
                if before != self.selected() && self.going.is_none() {
                    // what was selected is gone, and so is its grid
                    self.pane = Pane::Tree;
                }
            }
            Err(e) => {
                self.names_tickets.remove(&group);
                let (_, _, order) = self.tree.group_place(group);
                if order == WalkOrder::Creation {
                    // the group keeps no creation order: by name, then
                    self.tree.set_order(group, WalkOrder::Native);
                    self.ask_names(group);
                } else {
                    self.tree.fill(group, Default::default(), Progress::Failed(e.reason()));
                }
            }
        }
    }

    fn show(&mut self, details: Details) {
        let file = self.shown.as_ref().map(|s| s.0);
        let same = self.details.as_ref().is_some_and(|v| v.details.path == details.path)
            && self.details_file == file;
        self.details_file = file;
        let old = self.grid.take();
        self.grid = details.data.as_ref().and_then(|(extent, dtype)| {
            (details.kind == Some(ObjectKind::Dataset)).then(|| Grid::new(extent, dtype))?
        });
        // the same dataset read anew keeps its place
        if let (true, Some(new), Some(old)) = (same, &mut self.grid, old) {
            new.take_place(old);
        }
        let (scroll, cursor) = match &self.details {
            Some(view) if same => (view.scroll, view.cursor),
            _ => (0, 0),
        };
        self.details = Some(DetailsView { details, scroll, cursor });
        self.seek_attribute();
        if let Some(grid) = &mut self.grid {
            grid.set_size(self.sizes.grid_rows as u64, self.sizes.grid_width as u64);
            let (row, col) = grid.cursor;
            grid.move_to(row, col);
        }
        if self.enter_grid && self.grid.is_some() {
            self.pane = Pane::Grid;
        }
        self.enter_grid = false;
        if self.pane == Pane::Grid && self.grid.is_none() {
            self.pane = Pane::Tree;
        }
    }

    fn changed(
        &mut self,
        file: usize,
        result: Result<OpenedAs, crate::store::StoreError>,
        by: ChangedBy,
    ) {
        let Some(state) = self.files.get_mut(file) else {
            return;
        };
        let name = state.name.clone();
        match &result {
            // what was marked for it is done
            Ok(_) if by == ChangedBy::Us => {
                if let Some(grid) = &mut self.grid {
                    grid.anchor = None;
                }
            }
            Ok(_) if by == ChangedBy::Asked => self.message = Some(format!("{name}: read anew")),
            Ok(_) => self.message = Some(format!("{name} changed on disk: read anew")),
            Err(e) => self.message = Some(format!("changed on disk: {e}")),
        }
        state.opened = Some(result.map_err(|e| e.to_string()));
        if by == ChangedBy::Us {
            self.outdate(file);
        }
        self.nodes.retain(|(f, _), _| *f != file);
        self.kinds.retain(|(f, _), _| *f != file);
        self.nodes_asked.clear();
        // names that are still being collected go on, or they would never be complete
        let groups: Vec<GroupId> = self
            .tree
            .open_groups()
            .filter(|&g| self.tree.group_place(g).0 == file)
            .filter(|&g| *self.tree.progress(g).0 != Progress::First)
            .collect();
        groups.into_iter().for_each(|g| self.ask_names(g));
        // what is opened stays; the object is read anew when one comes back to it
        if self.opened.is_none() && self.shown.as_ref().is_some_and(|(f, _)| *f == file) {
            self.shown = None;
        }
    }

    /// Whether a path that isn't there is of what was just made, and may yet be read.
    fn is_coming(&self, file: usize, path: &ObjectPath) -> bool {
        let of_file = |g: &GroupId| self.tree.is_open(*g) && self.tree.group_place(*g).0 == file;
        self.coming.as_ref().is_some_and(|(f, p)| *f == file && p == path)
            && self.names_tickets.keys().any(of_file)
    }

    /// Goes on towards a path as far as names are known.
    fn go_on(&mut self) {
        while let Some((file, path)) = self.going.clone() {
            match self.tree.descend(file, &path) {
                Descent::Found(id) => {
                    (self.going, self.coming) = (None, None);
                    if let Some(row) = self.tree.row_of(id) {
                        self.tree.move_to(row);
                    }
                }
                Descent::Closed(id) => {
                    match self.files.get(file).map(|f| &f.opened) {
                        Some(Some(Ok(_))) | Some(None) => {}
                        _ => {
                            self.going = None;
                            return;
                        }
                    }
                    let row = self.tree.row_of(id).and_then(|r| self.tree.row(r));
                    match row {
                        Some(row) => self.open_group(&row),
                        None => self.going = None,
                    }
                }
                Descent::Waiting => return,
                Descent::Missing if self.is_coming(file, &path) => return,
                Descent::Missing => {
                    self.going = None;
                    self.enter_grid = false;
                    if self.coming.take() == Some((file, path.clone())) {
                        return;
                    }
                    let name = self.files.get(file).map_or("", |f| &f.name);
                    self.message = Some(format!("KeyError: '{path}' in {name}"));
                }
            }
        }
    }
}
