//! Keys that change a file: each makes a line of code about what is under the cursor, to be typed
//! on in the bar, or to be agreed to. So what is done by keys is what can be typed, scripted and
//! undone.

use super::after::{Begun, Origin};
use super::compute::Ask;
use super::jobs::Request;
use super::question::Question;
use super::state::{App, BarKind, Pane};
use super::tree::RowId;
use super::work::Kind;
use crate::array::dtype;
use crate::lang::{Edit, Line};
use crate::store::{ObjectPath, Weight, escape};

/// What can be taken back and made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The last change.
    Undo,
    /// The one that was undone last.
    Redo,
    /// Nothing: a list of what can be.
    History,
    /// Nothing any more.
    Forget,
    /// Nothing any more: the file is written anew, without unused space.
    Repack,
}

/// A line of code with a hole for a new value: what is before it and behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Code that reads what the line writes.
    pub target: String,
    /// Code that reads what the new value is typed over: of several cells one.
    pub shown: String,
    /// Code before it.
    pub before: String,
    /// Code behind it.
    pub after: String,
    /// The value as it was shown, once it was.
    pub was: String,
}

impl Hole {
    /// Whether a line leaves what is stored as it is. Of several cells the value of one is shown.
    pub fn keeps(&self, line: &str) -> bool {
        let same = || format!("{}{}{}", self.before, self.was, self.after);
        self.target == self.shown && line == same()
    }
}

impl App {
    /// The attribute under the cursor of the details.
    fn attribute_here(&self) -> Option<String> {
        let view = self.details.as_ref()?;
        let first = view.lines() - view.details.attributes.len();
        let attribute = view.details.attributes.get(view.cursor.checked_sub(first)?)?;
        Some(attribute.name.clone())
    }

    /// Whether what is shown is the selected object itself, which can be changed.
    fn is_at_object(&mut self) -> bool {
        if self.opened.is_some() {
            self.message = Some("this is a result: what is stored is changed in the tree".into());
            return false;
        }
        true
    }

    /// Has what is under the cursor typed anew: the marked cells, where there are some.
    pub(super) fn edit_here(&mut self) {
        if let Some(hole) = self.hole_here() {
            self.ask_literal(hole, false);
        }
    }

    /// What is under the cursor, to be given a new value; else it is said why not.
    pub(super) fn hole_here(&mut self) -> Option<Hole> {
        if !self.is_at_object() {
            return None;
        }
        let (_, path) = self.selected()?;
        let object = code_of(&path);
        match (self.pane, &self.grid) {
            (Pane::Details, _) => match self.attribute_here() {
                Some(name) => {
                    let name = dtype::quote(&name);
                    let before = format!("{object}.attrs.modify({name}, ");
                    let target = format!("{object}.attrs[{name}]");
                    let (shown, was) = (target.clone(), String::new());
                    Some(Hole { target, shown, before, after: ")".into(), was })
                }
                None => {
                    self.message = Some("no attribute is under the cursor: a adds one".into());
                    None
                }
            },
            (_, Some(grid)) if self.pane == Pane::Grid || grid.dims.is_empty() => {
                let one = grid.code_of_block(grid.cursor, (1, 1));
                match (grid.block_code(), one) {
                    (Some(block), Some(one)) => {
                        let target = format!("{object}{block}");
                        let before = format!("{target} = ");
                        let shown = format!("{object}{one}");
                        let (after, was) = (String::new(), String::new());
                        Some(Hole { target, shown, before, after, was })
                    }
                    (None, Some(_)) => {
                        self.message = Some("cells of one field are filled together".into());
                        None
                    }
                    (_, None) => {
                        let field = grid.heading(grid.cursor.1);
                        self.message =
                            Some(format!("{field}: its name has a dot: it is changed in the bar"));
                        None
                    }
                }
            }
            _ if self.has_no_cells() => {
                self.message = Some("there are no cells".into());
                None
            }
            _ => {
                self.message = Some("e edits a cell of the grid or an attribute; r renames".into());
                None
            }
        }
    }

    /// Whether a dataset without elements is shown.
    fn has_no_cells(&self) -> bool {
        let data = self.details.as_ref().and_then(|v| v.details.data.as_ref());
        data.is_some_and(|(extent, _)| extent.elements() == 0)
    }

    /// Has what is to be edited typed on, from the value that it has or another one.
    pub(super) fn open_hole(&mut self, hole: Hole, literal: String, typed: Option<String>) {
        // what was begun to be typed meanwhile stays
        if self.bar.is_none() {
            let value = typed.as_ref().unwrap_or(&literal);
            let line = format!("{}{value}{}", hole.before, hole.after);
            self.open_bar_at(BarKind::Expression, line, hole.before.len() + value.len());
            if let Some(bar) = &mut self.bar {
                bar.hole = Some(Hole { was: literal, ..hole });
            }
        }
    }

    /// Runs a line that was typed on from one with a hole, or has its value from an editor. Where
    /// more than the hole was changed, it is code like any other.
    pub(super) fn run_edit(&mut self, hole: Hole, line: &str, edited: bool) {
        match edit_of(hole, line) {
            Some(edit) => {
                let origin = Origin { edited, ..Origin::default() };
                self.run_from(Line::Edits(vec![edit]), true, origin);
            }
            None => self.run_code(line),
        }
    }

    /// Opens the bar with a line that is to be typed on at a byte of it; `before` is what makes it
    /// the line of its key.
    fn begin(&mut self, line: String, cursor: usize, before: String, new: bool) {
        self.open_bar_at(BarKind::Expression, line, cursor);
        if let Some(bar) = &mut self.bar {
            bar.begun = Some(Begun { before, new });
        }
    }

    /// Has a new attribute typed, or a new member of the group.
    pub(super) fn add_here(&mut self) {
        if !self.is_at_object() {
            return;
        }
        let Some((_, path)) = self.selected() else { return };
        let before = match self.pane {
            Pane::Details if !self.marked.is_empty() => {
                let before = "for o in marked: o.attrs[\"";
                let line = format!("{before}\"] = ");
                return self.open_bar_at(BarKind::Expression, line, before.len());
            }
            Pane::Details => format!("{}.attrs[\"", code_of(&path)),
            _ => match self.group_here() {
                Some(group) => format!("f[\"{}", inside(&group)),
                None => return,
            },
        };
        self.begin(format!("{before}\"] = "), before.len(), before, true);
    }

    /// Has a new name typed.
    pub(super) fn rename_here(&mut self) {
        if !self.is_at_object() {
            return;
        }
        let (Some((_, path)), Some(row)) = (self.selected(), self.tree.selected()) else { return };
        let (before, name) = match (self.pane, self.attribute_here()) {
            (Pane::Details, Some(name)) => {
                let (object, name) = (code_of(&path), dtype::quote(&name));
                (format!("{object}.attrs.rename({name}, "), name)
            }
            _ if matches!(row.id, RowId::File(_)) => {
                self.message = Some("a file is renamed in the shell".into());
                return;
            }
            _ => {
                let path = dtype::quote(&path.to_string());
                (format!("f.move({path}, "), path)
            }
        };
        // the cursor inside of the quotes
        let cursor = before.len() + name.len() - 1;
        self.begin(format!("{before}{name})"), cursor, before, false);
    }

    /// Asks whether to delete what is under the cursor, saying what and how much that is.
    pub(super) fn delete_here(&mut self) {
        if !self.is_at_object() {
            return;
        }
        let (Some((file, path)), Some(row)) = (self.selected(), self.tree.selected()) else {
            return;
        };
        match (self.pane, self.attribute_here()) {
            (Pane::Details, Some(name)) => {
                let code = format!("del {}.attrs[{}]", code_of(&path), dtype::quote(&name));
                let what = format!("delete the attribute {} of {path}", escape(name.as_bytes()));
                self.put_question(Question::Run { line: Line::Code(code), what });
            }
            (Pane::Tree, _) if !self.marked.is_empty() => {
                let nodes = self.marked.clone();
                let (ticket, cx) = self.start(Kind::Code, "counting what is marked");
                self.out.push(Request::Compute(Ask::Weigh { ticket, nodes, cx }));
            }
            (Pane::Tree, _) if !matches!(row.id, RowId::File(_)) => {
                let (ticket, cx) = self.start(Kind::Code, &format!("counting {path}"));
                let nodes = vec![(file, path)];
                self.out.push(Request::Compute(Ask::Weigh { ticket, nodes, cx }));
            }
            _ => self.message = Some("dd deletes a node of the tree or an attribute".into()),
        }
    }

    /// Asks whether to delete objects, now that it is known how much they are.
    pub(super) fn ask_to_delete(&mut self, nodes: &[(usize, ObjectPath)], weight: Weight) {
        let codes: Vec<String> = nodes.iter().map(|(i, path)| self.code_in(*i, path)).collect();
        let code = format!("del {}", codes.join(", "));
        let weight = weight_in_words(&weight);
        let what = match nodes {
            [(_, path)] => format!("delete {path}: {weight}"),
            nodes => {
                let what = format!("delete {} marked: {weight}", nodes.len());
                let paths: Vec<String> = nodes.iter().map(|(_, path)| path.to_string()).collect();
                // what a question has around it
                let room = self.sizes.width.saturating_sub("(y/n) ?".len());
                named(&what, &paths, room)
            }
        };
        self.put_question(Question::Run { line: Line::Code(code), what });
    }

    /// Has the name of a new group typed.
    pub(super) fn add_group(&mut self) {
        if !self.is_at_object() {
            return;
        }
        if let Some(group) = self.group_here() {
            let before = format!("f.create_group(\"{}", inside(&group));
            self.begin(format!("{before}\")"), before.len(), before, false);
        }
    }

    /// Has typed where a copy of the node goes.
    pub(super) fn copy_node(&mut self) {
        if !self.is_at_object() {
            return;
        }
        let (Some((_, path)), Some(row)) = (self.selected(), self.tree.selected()) else { return };
        if matches!(row.id, RowId::File(_)) {
            self.message = Some("a file is copied in the shell".into());
            return;
        }
        let path = dtype::quote(&path.to_string());
        let before = format!("f.copy({path}, ");
        let cursor = before.len() + path.len() - 1;
        self.begin(format!("{before}{path})"), cursor, before, false);
    }

    /// The selected group, or the one that the selected object is in.
    fn group_here(&self) -> Option<ObjectPath> {
        let ((_, path), row) = (self.selected()?, self.tree.selected()?);
        Some(match self.is_group(&row) {
            true => path,
            false => path.parent().unwrap_or_else(ObjectPath::root),
        })
    }

    /// Goes through the history of the selected file, or ends it.
    pub(super) fn step(&mut self, step: Step) {
        let Some((file, _)) = self.selected() else { return };
        match step {
            Step::Repack => self.put_question(Question::Repack { file }),
            Step::Forget => {
                let (ticket, _) = self.start(Kind::Code, "forget");
                self.out.push(Request::Compute(Ask::Records { ticket, file }));
            }
            step => self.step_in(file, step),
        }
    }

    pub(super) fn step_in(&mut self, file: usize, step: Step) {
        let what = match step {
            Step::Undo => "undo",
            Step::Redo => "redo",
            Step::History => "history",
            Step::Forget => "forget",
            Step::Repack => "repack",
        };
        let (ticket, cx) = self.start(Kind::Code, what);
        self.out.push(Request::Compute(Ask::Step { ticket, file, step, cx }));
    }
}

/// The new value that was typed into a hole; none where more of the line was changed.
pub(super) fn edit_of(hole: Hole, line: &str) -> Option<Edit> {
    let Hole { target, before, after, .. } = hole;
    let value = line.strip_prefix(&before)?.strip_suffix(&after)?.to_string();
    Some(Edit { target, before, value, after })
}

/// The path of a group as the beginning of a member's, inside of quotes.
fn inside(group: &ObjectPath) -> String {
    let group = group.to_string().replace('\\', "\\\\").replace('"', "\\\"");
    let slash = if group.ends_with('/') { "" } else { "/" };
    format!("{group}{slash}")
}

/// The code that names an object of the selected file.
pub(super) fn code_of(path: &ObjectPath) -> String {
    let text = path.to_string();
    match text.contains(['"', '\\']) {
        true => format!("f[{}]", dtype::quote(&text)),
        false => format!("f[\"{text}\"]"),
    }
}

/// Words with as many names behind them as fit into `room` columns.
fn named(what: &str, names: &[String], room: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let line = |n: usize| {
        let some = names[..n].join(", ");
        match names.len() - n {
            0 => format!("{what}: {some}"),
            more => format!("{what}: {some} and {more} more"),
        }
    };
    let fits = |n: &usize| line(*n).width() <= room;
    (1..=names.len()).rev().find(fits).map_or(what.to_string(), line)
}

pub(super) fn weight_in_words(weight: &Weight) -> String {
    let counted = [
        (weight.groups, "group"),
        (weight.datasets, "dataset"),
        (weight.others, "type"),
        (weight.links, "link"),
    ];
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    let mut parts: Vec<String> = counted
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{n} {name}{}", plural(*n)))
        .collect();
    if weight.datasets > 0 {
        parts.push(crate::store::byte_size(weight.bytes));
    }
    parts.join(", ")
}
