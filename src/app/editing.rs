//! Keys that change a file: each makes a line of code about what is under the cursor, to be typed
//! on in the bar, or to be agreed to. So what is done by keys is what can be typed, scripted and
//! undone.

use super::compute::Ask;
use super::grid::Columns;
use super::jobs::Request;
use super::question::Question;
use super::state::{App, BarKind, Pane};
use super::tree::RowId;
use super::work::Kind;
use crate::array::dtype;
use crate::lang::Edit;
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
}

/// A line of code with a hole for a new value: what is before it and behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Code that reads what the line writes.
    pub target: String,
    /// Code before it.
    pub before: String,
    /// Code behind it.
    pub after: String,
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

    /// Has what is under the cursor typed anew.
    pub(super) fn edit_here(&mut self) {
        if !self.is_at_object() {
            return;
        }
        let Some((_, path)) = self.selected() else { return };
        let object = code_of(&path);
        let hole = match (self.pane, &self.grid) {
            (Pane::Details, _) => match self.attribute_here() {
                Some(name) => {
                    let name = dtype::quote(&name);
                    let before = format!("{object}.attrs.modify({name}, ");
                    let target = format!("{object}.attrs[{name}]");
                    Hole { target, before, after: ")".into() }
                }
                None => {
                    self.message = Some("no attribute is under the cursor: a adds one".into());
                    return;
                }
            },
            (_, Some(grid)) if self.pane == Pane::Grid || grid.dims.is_empty() => {
                let index: Vec<String> = grid.cell_index().iter().map(u64::to_string).collect();
                let mut place = match index.is_empty() {
                    true => "()".to_string(),
                    false => index.join(", "),
                };
                if let Columns::Fields(_) = grid.columns {
                    let field = grid.heading(grid.cursor.1);
                    if field.contains('.') {
                        self.message = Some(format!(
                            "{field}: fields of fields are changed together, in the bar"
                        ));
                        return;
                    }
                    let field = dtype::quote(&field);
                    place = if index.is_empty() { field } else { format!("{place}, {field}") };
                }
                let target = format!("{object}[{place}]");
                let before = format!("{target} = ");
                Hole { target, before, after: String::new() }
            }
            _ => {
                self.message = Some("e edits a cell of the grid or an attribute; r renames".into());
                return;
            }
        };
        let (ticket, cx) = self.start(Kind::Code, &hole.target);
        let here = self.selected();
        self.out.push(Request::Compute(Ask::Literal { ticket, hole, here, cx }));
    }

    /// Has what is to be edited typed on.
    pub(super) fn open_hole(&mut self, hole: Hole, literal: &str) {
        // what was begun to be typed meanwhile stays
        if self.bar.is_none() {
            let line = format!("{}{literal}{}", hole.before, hole.after);
            self.open_bar_at(BarKind::Expression, line, hole.before.len() + literal.len());
            if let Some(bar) = &mut self.bar {
                bar.hole = Some(hole);
            }
        }
    }

    /// Runs a line that was typed on from one with a hole. Where more than the hole was changed,
    /// it is code like any other.
    pub(super) fn run_edit(&mut self, hole: Hole, line: &str) {
        let inner = line.strip_prefix(&hole.before).and_then(|l| l.strip_suffix(&hole.after));
        let Some(value) = inner else { return self.run_code(line) };
        let (ticket, cx) = self.start(Kind::Code, line.trim());
        let here = self.selected();
        let Hole { target, before, after } = hole;
        let edit = Edit { target, before, value: value.to_string(), after };
        self.out.push(Request::Compute(Ask::Edit { ticket, edit, here, cx }));
    }

    /// Has a new attribute typed, or a new member of the group.
    pub(super) fn add_here(&mut self) {
        if !self.is_at_object() {
            return;
        }
        let (Some((_, path)), Some(row)) = (self.selected(), self.tree.selected()) else { return };
        let before = match self.pane {
            Pane::Details => format!("{}.attrs[\"", code_of(&path)),
            _ => {
                let group = match self.is_group(&row) {
                    true => path,
                    false => path.parent().unwrap_or_else(ObjectPath::root),
                };
                let group = group.to_string().replace('\\', "\\\\").replace('"', "\\\"");
                let slash = if group.ends_with('/') { "" } else { "/" };
                format!("f[\"{group}{slash}")
            }
        };
        let end = before.len();
        self.open_bar_at(BarKind::Expression, format!("{before}\"] = "), end);
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
        self.open_bar_at(BarKind::Expression, format!("{before}{name})"), cursor);
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
                self.put_question(Question::Run { code, what });
            }
            (Pane::Tree, _) if !matches!(row.id, RowId::File(_)) => {
                let (ticket, cx) = self.start(Kind::Code, &format!("counting {path}"));
                self.out.push(Request::Compute(Ask::Weigh { ticket, file, path, cx }));
            }
            _ => self.message = Some("dd deletes a node of the tree or an attribute".into()),
        }
    }

    /// Asks whether to delete an object, now that it is known how much it is.
    pub(super) fn ask_to_delete(&mut self, path: &ObjectPath, weight: Weight) {
        let code = format!("del {}", code_of(path));
        let what = format!("delete {path}: {}", weight_in_words(&weight));
        self.put_question(Question::Run { code, what });
    }

    /// Goes through the history of the selected file.
    pub(super) fn step(&mut self, step: Step) {
        let Some((file, _)) = self.selected() else { return };
        let what = match step {
            Step::Undo => "undo",
            Step::Redo => "redo",
            Step::History => "history",
            Step::Forget => "forget",
        };
        let (ticket, _) = self.start(Kind::Code, what);
        self.out.push(Request::Compute(Ask::Step { ticket, file, step }));
    }
}

/// The code that names an object of the selected file.
pub(super) fn code_of(path: &ObjectPath) -> String {
    let text = path.to_string();
    match text.contains(['"', '\\']) {
        true => format!("f[{}]", dtype::quote(&text)),
        false => format!("f[\"{text}\"]"),
    }
}

fn weight_in_words(weight: &Weight) -> String {
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
        parts.push(super::details::bytes(weight.bytes.into()));
    }
    parts.join(", ")
}
