//! Marked nodes of the tree and marked cells of the grid, and what is done with them: nodes are
//! put into other groups, given an attribute or deleted together; cells are filled.

use super::compute::Here;
use super::editing::code_of;
use super::grid::{Columns, Grid};
use super::state::{App, Pane};
use super::tree::RowId;
use crate::array::dtype;
use crate::lang::Line;
use crate::store::ObjectPath;

/// What becomes of marked nodes in the group that is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Copies of them.
    Copy,
    /// They themselves.
    Move,
    /// Soft links to them; external ones, where they are in another file.
    Soft,
    /// Other names for them.
    Hard,
}

/// The cells between two corners: rows and columns, both ends in.
pub type Block = ((u64, u64), (u64, u64));

impl App {
    /// Marks the node under the cursor, or takes the mark away; in the grid, begins to mark cells,
    /// or ends it.
    pub(super) fn mark(&mut self) {
        if self.pane == Pane::Grid {
            if let Some(grid) = &mut self.grid {
                grid.anchor = match grid.anchor {
                    None => Some(grid.cursor),
                    Some(_) => None,
                };
            }
            return;
        }
        let (Some(node), Some(row)) = (self.selected(), self.tree.selected()) else { return };
        if self.pane != Pane::Tree || matches!(row.id, RowId::File(_)) {
            self.message = Some("m marks nodes of the tree and cells of the grid".into());
            return;
        }
        match self.marked.iter().position(|m| *m == node) {
            Some(i) => drop(self.marked.remove(i)),
            None => self.marked.push(node),
        }
        self.tree.move_to(self.tree.cursor() + 1);
        self.message = Some(match self.marked.len() {
            0 => "nothing is marked".into(),
            n => {
                format!("{n} marked: pp copies, pm moves here; dd deletes; Tab a adds an attribute")
            }
        });
    }

    /// Takes all marks away; whether there were some.
    pub(super) fn unmark(&mut self) -> bool {
        let cells = self.grid.as_mut().and_then(|g| g.anchor.take()).is_some();
        let nodes = !std::mem::take(&mut self.marked).is_empty();
        cells || nodes
    }

    /// Whether a node is marked.
    pub fn is_marked(&self, file: usize, path: &ObjectPath) -> bool {
        self.marked.iter().any(|(f, p)| *f == file && p == path)
    }

    /// What the language's names stand for.
    pub(super) fn here(&self) -> Here {
        let cells = match (&self.grid, &self.opened) {
            (Some(grid), None) if grid.anchor.is_some() => self
                .selected()
                .and_then(|(_, path)| Some(format!("{}{}", code_of(&path), grid.block_code()?))),
            _ => None,
        };
        Here { node: self.selected(), cells, marked: self.marked.clone() }
    }

    /// The code that names an object of any open file.
    pub(super) fn code_in(&self, file: usize, path: &ObjectPath) -> String {
        let code = code_of(path);
        match self.selected() {
            Some((here, _)) if here == file => code,
            _ => format!("{}{}", self.code_of_file(file), &code[1..]),
        }
    }

    fn code_of_file(&self, file: usize) -> String {
        let open = |f: &&super::state::FileState| matches!(f.opened, Some(Ok(_)));
        format!("files[{}]", self.files.iter().take(file).filter(open).count())
    }

    /// Puts the marked nodes into the group under the cursor.
    pub(super) fn put(&mut self, how: Put) {
        let (Some((file, path)), Some(row)) = (self.selected(), self.tree.selected()) else {
            return;
        };
        if self.marked.is_empty() {
            self.message = Some("nothing is marked: m marks a node".into());
            return;
        }
        let group = match self.is_group(&row) {
            true => path,
            false => path.parent().unwrap_or_else(ObjectPath::root),
        };
        let mut lines = Vec::new();
        for (from_file, from) in &self.marked {
            let to = group.join(from.name());
            let quoted = |path: &ObjectPath| dtype::quote(&path.to_string());
            let (old, new) = (quoted(from), quoted(&to));
            let same = *from_file == file;
            lines.push(match how {
                Put::Copy if same => format!("f.copy({old}, {new})"),
                Put::Copy => {
                    format!("f.copy({}, {new})", self.code_in(*from_file, from))
                }
                Put::Move if same => format!("f.move({old}, {new})"),
                Put::Soft if same => format!("{} = h5py.SoftLink({old})", code_of(&to)),
                Put::Hard if same => format!("{} = h5py.HardLink({old})", code_of(&to)),
                Put::Soft => {
                    let name = self.file_from(*from_file, file);
                    let name = dtype::quote(&name);
                    format!("{} = h5py.ExternalLink({name}, {old})", code_of(&to))
                }
                Put::Move | Put::Hard => {
                    let what = if how == Put::Move { "moved into" } else { "hard-linked from" };
                    self.message = Some(format!(
                        "{from} is in another file: it can't be {what} this one (pp copies it)"
                    ));
                    return;
                }
            });
        }
        self.marked.clear();
        self.run_line(Line::Code(lines.join("\n")), true);
    }

    /// How one open file names another: beside it by its name, else by its path.
    fn file_from(&self, other: usize, here: usize) -> String {
        let real = |i: usize| {
            let path = &self.files[i].path;
            path.canonicalize().unwrap_or_else(|_| path.clone())
        };
        let (other, here) = (real(other), real(here));
        let beside = here.parent().and_then(|folder| other.strip_prefix(folder).ok());
        beside.unwrap_or(&other).to_string_lossy().into_owned()
    }
}

impl Grid {
    /// The marked cells; the cell under the cursor where none are.
    pub fn block(&self) -> Block {
        let (row, col) = self.cursor;
        let (r, c) = self.anchor.unwrap_or(self.cursor);
        ((row.min(r), col.min(c)), (row.max(r), col.max(c)))
    }

    /// Whether a cell is marked.
    pub fn is_marked(&self, row: u64, col: u64) -> bool {
        let (first, last) = self.block();
        self.anchor.is_some()
            && (first.0..=last.0).contains(&row)
            && (first.1..=last.1).contains(&col)
    }

    /// The subscript of the marked cells, `[2:5, 3]`; none where they are of several fields.
    pub fn block_code(&self) -> Option<String> {
        let (first, last) = self.block();
        self.code_of_block(first, (last.0 - first.0 + 1, last.1 - first.1 + 1))
    }

    /// The subscript of rows and columns from a cell on; none where it is of several fields. A
    /// field of a field is taken name by name: `["position"]["x"][3]`.
    pub fn code_of_block(&self, first: (u64, u64), size: (u64, u64)) -> Option<String> {
        let span = |at: u64, n: u64| match n {
            1 => at.to_string(),
            n => format!("{at}:{}", at + n),
        };
        let mut parts: Vec<String> = self.index.iter().map(u64::to_string).collect();
        let mut within = String::new();
        if let Some(axis) = self.row_axis {
            parts[axis] = span(first.0, size.0);
        }
        match &self.columns {
            Columns::Axis(axis) => parts[*axis] = span(first.1, size.1),
            Columns::Fields(fields) => {
                let (field, depth) = fields.get(first.1 as usize).map(|f| (&f.0, f.1.len()))?;
                let names: Vec<&str> = field.split('.').collect();
                match depth {
                    _ if size.1 > 1 => return None,
                    0 | 1 => parts.push(dtype::quote(field)),
                    // a name with a dot in it can't be told from two
                    depth if depth != names.len() => return None,
                    _ => within = names.iter().map(|n| format!("[{}]", dtype::quote(n))).collect(),
                }
            }
            _ => {}
        }
        Some(match parts.is_empty() {
            true => format!("{within}[()]"),
            false => format!("{within}[{}]", parts.join(", ")),
        })
    }
}
