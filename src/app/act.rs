//! What the user does: actions of keys, and commands of the bar.

use std::path::PathBuf;

use super::action::{Action, Effect};
use super::command::Command;
use super::editing::Step;
use super::grid::{Columns, Grid};
use super::jobs::Request;
use super::kinds;
use super::question::Question;
use super::search;
use super::state::{App, BarKind, Pane, Reader};
use super::tree::{GroupId, Progress, Row, RowId};
use crate::store::{H5Mode, Link, Node, ObjectKind, ObjectPath, WalkOrder, escape};

impl App {
    /// Jumps to a path, so that one can come back.
    fn jump(&mut self, file: usize, path: ObjectPath) {
        self.leave();
        self.pane = Pane::Tree;
        self.going = Some((file, path));
    }

    /// Does what a key stands for; `count` is the number typed before it.
    pub fn act(&mut self, action: Action, count: Option<u64>) {
        self.message = None;
        self.blame = None;
        self.seeking = None;
        self.acts += 1;
        if let Some(scroll) = self.help {
            let lines = super::help::lines().len();
            self.help = scrolled(action, scroll, lines, self.sizes.help);
            return;
        }
        if let Some(reader) = &mut self.reader {
            let height = self.sizes.help;
            match scrolled(action, reader.first, reader.lines(self.sizes.width), height) {
                Some(first) => reader.first = first,
                None => self.reader = None,
            }
            return;
        }
        let n = i64::try_from(count.unwrap_or(1)).unwrap_or(i64::MAX);
        if self.must_wait(action) {
            self.ahead.push_back((action, count));
            return;
        }
        self.enter_grid = false;
        match action {
            Action::Up => self.move_rows(-n),
            Action::Down => self.move_rows(n),
            Action::PageUp => self.move_rows(-self.page_height().saturating_mul(n)),
            Action::PageDown => self.move_rows(self.page_height().saturating_mul(n)),
            Action::HalfUp => self.move_rows(-(self.page_height() / 2).max(1).saturating_mul(n)),
            Action::HalfDown => self.move_rows((self.page_height() / 2).max(1).saturating_mul(n)),
            Action::Top => self.move_to_row(count.unwrap_or(0)),
            Action::Bottom => self.move_to_row(count.unwrap_or(u64::MAX)),
            Action::Left if self.pane == Pane::Tree => self.fold(),
            Action::Right if self.pane == Pane::Tree => self.unfold(),
            Action::Left => self.on_grid(|g| g.move_by(0, -n)),
            Action::Right => self.on_grid(|g| g.move_by(0, n)),
            Action::FirstColumn => self.on_grid(|g| g.move_to(g.cursor.0, 0)),
            Action::LastColumn => self.on_grid(|g| g.move_to(g.cursor.0, u64::MAX)),
            Action::NextPane => self.cycle_pane(true),
            Action::PreviousPane => self.cycle_pane(false),
            Action::Enter => self.enter(),
            Action::Back => self.travel(true),
            Action::Forward => self.travel(false),
            Action::Search => {
                let origin = search::cursor(self);
                self.open_bar(BarKind::Search { origin }, "");
            }
            Action::SearchNext => search::again(self, true),
            Action::SearchPrevious => search::again(self, false),
            Action::Command => self.open_bar(BarKind::Command, ""),
            Action::Expression => self.open_bar(BarKind::Expression, ""),
            Action::Insert => match self.code_here() {
                Some(code) => self.open_bar(BarKind::Expression, &code),
                None => self.message = Some("nothing is selected".into()),
            },
            Action::Edit => self.edit_here(),
            Action::Add => self.add_here(),
            Action::Rename => self.rename_here(),
            Action::EditOutside => self.edit_outside(),
            Action::AddGroup => self.add_group(),
            Action::CopyNode => self.copy_node(),
            Action::Mark => self.mark(),
            Action::Put(how) => self.put(how),
            Action::Delete => self.delete_here(),
            Action::Undo => self.step(Step::Undo),
            Action::Redo => self.step(Step::Redo),
            Action::Statistics => self.open_statistics(),
            Action::GoIndex => self.open_bar(BarKind::Command, "index "),
            Action::GoPath => self.open_bar(BarKind::Command, "goto "),
            Action::Help => self.help = Some(0),
            Action::Escape => {
                if !self.cancel_running() && !self.unmark() && self.opened.is_some() {
                    self.travel(true);
                }
            }
            Action::Quit => self.quit(),
            Action::Suspend => self.effects.push(Effect::Suspend),
            Action::Redraw => self.effects.push(Effect::Redraw),
            Action::Interrupt => self.interrupt(),
            Action::Reload if self.opened.is_some() => {
                self.page_asked = None;
                self.on_grid(|g| (g.page, g.fault) = (None, None));
            }
            Action::Reload => {
                if let Some((file, _)) = self.selected() {
                    self.out.push(Request::Reload { file });
                }
            }
            Action::ToggleOrder => self.toggle_order(),
            Action::CopyCell => self.copy_cell(),
            Action::CopyCode => match self.code_here() {
                Some(text) => self.effects.push(Effect::Copy { text, what: "code" }),
                None => self.message = Some("nothing is selected".into()),
            },
            Action::CopyValue => self.copy_value(),
            Action::CopyPath => {
                if let Some((_, path)) = self.selected() {
                    let text = path.to_string();
                    self.effects.push(Effect::Copy { text, what: "path" });
                }
            }
            Action::StepUp => self.on_grid(|g| g.step(n)),
            Action::StepDown => self.on_grid(|g| g.step(-n)),
            Action::NextAxis => self.on_grid(|g| g.next_active(true)),
            Action::PreviousAxis => self.on_grid(|g| g.next_active(false)),
            Action::Transpose => self.on_grid(Grid::transpose),
            Action::CycleColumns => self.on_grid(|g| g.cycle_axis(true)),
            Action::CycleRows => self.on_grid(|g| g.cycle_axis(false)),
            Action::MoreDigits => {
                self.on_grid(|g| (0..n.min(16)).for_each(|_| g.change_digits(true)))
            }
            Action::FewerDigits => {
                self.on_grid(|g| (0..n.min(16)).for_each(|_| g.change_digits(false)))
            }
        }
    }

    /// Whether the cursor has come where it was sent, and what is there is known.
    fn is_known(&self) -> bool {
        self.going.is_none()
            && self.tree.selected().is_none_or(|row| match row.id {
                RowId::Link(..) => self.node(&row).is_some(),
                _ => true,
            })
    }

    /// Whether an action is to be done only later: after those that wait already, at the end of
    /// a jump, or when it is known what it opens.
    fn must_wait(&self, action: Action) -> bool {
        if matches!(
            action,
            Action::Interrupt
                | Action::Escape
                | Action::Suspend
                | Action::Redraw
                | Action::Quit
                // what is typed next belongs to the bar
                | Action::Search
                | Action::Command
                | Action::Expression
                | Action::GoIndex
                | Action::GoPath
        ) {
            return false;
        }
        let opens = (self.pane == Pane::Tree && matches!(action, Action::Enter | Action::Right))
            || (action == Action::Statistics && self.opened.is_none());
        let entering = self.enter_grid && self.details_ticket.is_some();
        // rows below a group that was just opened are about to come
        let group = self.tree.selected().and_then(|row| self.tree.group_of(&row));
        let reading = group.is_some_and(|g| *self.tree.progress(g).0 == Progress::Asked);
        self.going.is_some()
            || entering
            || (reading && self.pane == Pane::Tree)
            || !self.ahead.is_empty()
            || (opens && (!self.is_known() || self.details_is_awaited()))
    }

    /// Whether the selected row's details are still to come.
    fn details_is_awaited(&self) -> bool {
        self.details_ticket.is_some() || self.shown != self.selected()
    }

    /// Does what was asked for before it was known what it is asked of.
    pub(super) fn catch_up(&mut self) {
        let mut waiting = std::mem::take(&mut self.ahead);
        while let Some((action, count)) = waiting.pop_front() {
            if self.must_wait(action) {
                waiting.push_front((action, count));
                break;
            }
            self.act(action, count);
        }
        self.ahead = waiting;
    }

    fn on_grid(&mut self, f: impl FnOnce(&mut Grid)) {
        if let Some(grid) = &mut self.grid {
            f(grid);
            grid.settle(self.sizes.grid_width as u64);
        }
    }

    fn page_height(&self) -> i64 {
        let rows = match self.pane {
            Pane::Tree => self.sizes.tree,
            Pane::Details => self.sizes.details,
            Pane::Grid if self.text_page().is_some() => self.sizes.extra,
            Pane::Grid => self.sizes.grid_rows,
        };
        rows.max(1) as i64
    }

    fn move_rows(&mut self, by: i64) {
        match self.pane {
            Pane::Tree => {
                let row = (self.tree.cursor() as u64).saturating_add_signed(by);
                self.tree.move_to(usize::try_from(row).unwrap_or(usize::MAX));
            }
            Pane::Details => {
                if let Some(view) = &mut self.details {
                    let row = (view.cursor as u64).saturating_add_signed(by);
                    view.cursor = usize::try_from(row).unwrap_or(usize::MAX);
                }
                self.clamp_details();
            }
            Pane::Grid => {
                if !self.scroll_text(|at| at.saturating_add_signed(by)) {
                    self.on_grid(|g| g.move_by(by, 0));
                }
            }
        }
    }

    fn move_to_row(&mut self, row: u64) {
        match self.pane {
            Pane::Tree => self.tree.move_to(usize::try_from(row).unwrap_or(usize::MAX)),
            Pane::Details => {
                if let Some(view) = &mut self.details {
                    view.cursor = usize::try_from(row).unwrap_or(usize::MAX);
                }
                self.clamp_details();
            }
            Pane::Grid => {
                if !self.scroll_text(|_| row) {
                    self.on_grid(|g| g.move_to(row, g.cursor.1));
                }
            }
        }
    }

    fn fold(&mut self) {
        let Some(row) = self.tree.selected() else {
            return;
        };
        if row.open {
            self.tree.close(row.id);
        } else if let Some(parent) = self.tree.parent_row(&row) {
            self.tree.move_to(parent);
        }
    }

    fn unfold(&mut self) {
        let Some(row) = self.tree.selected() else {
            return;
        };
        if row.open {
            self.tree.move_to(self.tree.cursor() + 1);
        } else if self.is_group(&row) {
            self.open_group(&row);
        } else {
            self.enter();
        }
    }

    /// Whether a row can be unfolded, as far as it is known.
    pub fn is_group(&self, row: &Row) -> bool {
        match row.id {
            RowId::File(_) => true,
            RowId::Note(_) => false,
            RowId::Link(..) => match self.node(row) {
                Some(Ok(Node { object: Ok(brief), .. })) => brief.kind == ObjectKind::Group,
                _ => false,
            },
        }
    }

    fn cycle_pane(&mut self, forward: bool) {
        let mut panes = vec![Pane::Tree, Pane::Details];
        if self.grid.is_some() || self.text_page().is_some() {
            panes.push(Pane::Grid);
        }
        let at = panes.iter().position(|&p| p == self.pane).unwrap_or(0);
        let n = panes.len();
        self.pane = panes[if forward { (at + 1) % n } else { (at + n - 1) % n }];
    }

    fn enter(&mut self) {
        match self.pane {
            Pane::Tree => {
                let Some(row) = self.tree.selected() else {
                    return;
                };
                match self.node(&row).cloned() {
                    Some(Ok(Node { link: Link::Soft { target }, object: Ok(_) })) => {
                        let group = row.path.parent().unwrap_or_else(ObjectPath::root);
                        self.jump(row.file, group.resolve(&target));
                    }
                    Some(Ok(Node { link: Link::External { file, path }, object: Ok(_) })) => {
                        self.follow_external(row.file, &file, &path);
                    }
                    Some(Ok(Node { object: Err(e), .. })) => self.message = Some(e.to_string()),
                    Some(Err(e)) => self.message = Some(e),
                    _ if self.kind(&row).is_some_and(kinds::is_table) => {
                        self.run_code("ch5mpy.read_table(here)");
                    }
                    _ if self.is_group(&row) && row.open => self.tree.close(row.id),
                    _ if self.is_group(&row) => self.open_group(&row),
                    _ if self.grid.is_some() && self.details_ticket.is_none() => {
                        self.pane = Pane::Grid;
                    }
                    _ => self.enter_grid = true,
                }
            }
            Pane::Details => {
                if let Some(name) = self.name_here() {
                    self.run_code(&name);
                    return;
                }
                let Some(view) = &self.details else { return };
                let first = view.lines() - view.details.attributes.len();
                let attribute = view.cursor.checked_sub(first);
                let target = attribute
                    .and_then(|i| view.details.attributes.get(i))
                    .and_then(|a| a.target.clone());
                match (target, view.details.line(view.cursor)) {
                    (Some(target), _) => self.follow(target),
                    (None, Some(text)) => {
                        let title = view.details.path.to_string();
                        self.reader = Some(Reader { title, text, first: 0 });
                    }
                    (None, None) => {}
                }
            }
            Pane::Grid => {
                let Some(grid) = &self.grid else { return };
                let Some(cell) = grid.cell(grid.cursor.0, grid.cursor.1) else { return };
                match cell.target.clone() {
                    Some(target) => self.follow(target),
                    None => {
                        let (title, text) = (grid.place(), cell.text.clone());
                        self.reader = Some(Reader { title, text, first: 0 });
                    }
                }
            }
        }
    }

    fn follow(&mut self, target: ObjectPath) {
        if let Some((file, _)) = self.shown {
            self.jump(file, target);
        }
    }

    fn follow_external(&mut self, from: usize, file: &[u8], path: &[u8]) {
        use std::os::unix::ffi::OsStrExt;
        let name = PathBuf::from(std::ffi::OsStr::from_bytes(file));
        let beside = self.files[from].path.parent().map(|p| p.join(&name));
        let place = match beside {
            Some(p) if p.exists() => p,
            _ => name,
        };
        let known = self.files.iter().position(|f| f.path == place);
        let number = known.unwrap_or_else(|| self.add_file(place, H5Mode::Read));
        self.jump(number, ObjectPath::new(path));
    }

    fn quit(&mut self) {
        // a view first: keys go back to the tree
        if self.opened.is_some() {
            self.travel(true);
        } else if self.pane == Pane::Tree {
            self.quit_program();
        } else {
            self.pane = Pane::Tree
        }
    }

    /// Leaves the program; while a job runs, the user is asked.
    fn quit_program(&mut self) {
        if self.is_working() {
            self.put_question(Question::Quit);
        } else {
            self.effects.push(Effect::Quit);
        }
    }

    /// Gives up what is being read; else says how to quit.
    fn interrupt(&mut self) {
        (self.going, self.coming) = (None, None);
        self.ahead.clear();
        if self.cancel_running() {
            return;
        }
        if !self.is_waiting() {
            self.message = Some("type :q and Enter, or q, to quit".into());
            return;
        }
        // the library ends its call all the same, and its answer is dropped
        self.details_ticket = None;
        self.page_ticket = None;
        if let Some(grid) = &mut self.grid {
            grid.fault = Some("reading was cancelled (R reads anew)".into());
        }
        self.message = Some("cancelled".into());
    }

    fn toggle_order(&mut self) {
        self.by_creation = !self.by_creation;
        let order = self.order();
        let groups: Vec<GroupId> = self.tree.open_groups().collect();
        for group in groups {
            self.tree.set_order(group, order);
            self.ask_names(group);
        }
        self.message = Some(match order {
            WalkOrder::Creation => "in order of creation, where a group keeps it".into(),
            WalkOrder::Native => "in order of names".into(),
        });
    }

    fn copy_cell(&mut self) {
        let text = match self.pane {
            Pane::Grid if self.text_page().is_some() => {
                self.text_page().map(|page| page.lines.join("\n"))
            }
            Pane::Grid => self
                .grid
                .as_ref()
                .and_then(|g| g.cell(g.cursor.0, g.cursor.1).map(|c| c.text.clone())),
            Pane::Details => self.details.as_ref().and_then(|v| v.details.line(v.cursor)),
            Pane::Tree => self.selected().map(|(_, path)| escape(path.name())),
        };
        match text {
            Some(text) => self.effects.push(Effect::Copy { text, what: "value" }),
            None => self.message = Some("nothing to copy here".into()),
        }
    }

    /// Runs a command of the bar.
    pub(super) fn run(&mut self, command: Command) {
        match command {
            Command::Goto(path) => {
                let Some(row) = self.tree.selected() else { return };
                let group = match self.is_group(&row) {
                    true => row.path,
                    false => row.path.parent().unwrap_or_else(ObjectPath::root),
                };
                self.jump(row.file, group.resolve(&path));
            }
            Command::Open(name) => {
                let file = self.add_file(PathBuf::from(name), H5Mode::Read);
                self.jump(file, ObjectPath::root());
            }
            Command::Help => self.help = Some(0),
            Command::Quit(true) => self.effects.push(Effect::Quit),
            Command::Quit(false) => self.quit_program(),
            Command::Names => self.list_names(),
            Command::Statistics => self.act(Action::Statistics, None),
            Command::Step(step) => self.step(step),
            Command::Write(path, over) => self.write(path, over),
            Command::Saved => {
                self.message = Some("nothing to save: changes are saved as they are made".into());
            }
            Command::Index(at) => match &mut self.grid {
                Some(grid) => {
                    if let Err(e) = grid.go(&at) {
                        self.message = Some(e);
                    }
                    self.pane = Pane::Grid;
                    self.on_grid(|_| {});
                }
                None => self.message = Some("index: the selected object has no elements".into()),
            },
            Command::Axes(row, col) => match &mut self.grid {
                Some(g) if matches!(g.columns, Columns::Axis(_)) => {
                    if row == col || row.max(col) >= g.dims.len() {
                        let rank = g.dims.len();
                        self.message = Some(format!("axes: takes two different axes below {rank}"));
                    } else {
                        let at = g.cell_index();
                        g.set_axes(row, col, at);
                    }
                }
                _ => {
                    self.message = Some("axes: the selected object has fewer than two axes".into())
                }
            },
            #[cfg(debug_assertions)]
            Command::Panic => panic!("asked for with :debug-panic"),
        }
    }
}

/// What a key does while a text lies over the screen: its new first line, or none to close it.
fn scrolled(action: Action, first: usize, lines: usize, height: usize) -> Option<usize> {
    let last = lines.saturating_sub(height);
    let page = height.max(1);
    Some(match action {
        Action::Up => first.saturating_sub(1),
        Action::Down => (first + 1).min(last),
        Action::PageUp | Action::HalfUp => first.saturating_sub(page),
        Action::PageDown | Action::HalfDown => (first + page).min(last),
        Action::Top => 0,
        Action::Bottom => last,
        Action::Quit | Action::Escape | Action::Help | Action::Enter => return None,
        _ => first,
    })
}
