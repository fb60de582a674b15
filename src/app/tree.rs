//! The tree of open files as rows, without drawing.
//!
//! Rows are counted, not built: each open group knows how many rows stand below it, so the row
//! under the cursor and the window on the screen are found in a time that depends on how many
//! groups are open, not on how many links they hold. A group first shows the names that the file
//! gives fastest; when all have been collected and sorted elsewhere, [`Tree::fill`] puts them in
//! place and keeps the cursor on its link.

use std::collections::HashMap;

use super::names::NameTable;
use super::scroll;
use crate::store::{ObjectPath, WalkOrder};

/// Which group of the tree: an index that stays the same while the group is open.
pub type GroupId = usize;

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowId {
    /// An open file; its root group.
    File(usize),
    /// A link of a group.
    Link(GroupId, u32),
    /// A line that says that a group is empty, being read, or can't be.
    Note(GroupId),
}

/// How far a group's names are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Nothing yet.
    Asked,
    /// The first names, in the file's order; more are being collected and sorted.
    First,
    /// All, in order.
    All,
    /// They can't be read.
    Failed(String),
}

/// One row of the window on the screen.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it stands for.
    pub id: RowId,
    /// How deep it is indented.
    pub depth: usize,
    /// The file it belongs to.
    pub file: usize,
    /// Its path; for a note its group's.
    pub path: ObjectPath,
    /// Whether its group is open.
    pub open: bool,
}

#[derive(Debug)]
struct Group {
    file: usize,
    path: ObjectPath,
    parent: Option<(GroupId, u32)>,
    names: NameTable,
    progress: Progress,
    order: WalkOrder,
    /// Open groups among the links.
    open: HashMap<u32, GroupId>,
    /// The same by position on the screen, in order.
    by_position: Vec<(usize, GroupId)>,
    /// Rows below this group, without its own.
    rows: usize,
}

/// The open files and their open groups, the cursor and the window.
#[derive(Debug, Default)]
pub struct Tree {
    groups: Vec<Option<Group>>,
    /// Each file's root group, where it is open.
    roots: Vec<Option<GroupId>>,
    cursor: usize,
    top: usize,
    height: usize,
}

impl Tree {
    /// Adds a file with a closed root; its number is the count before.
    pub fn add_file(&mut self) -> usize {
        self.roots.push(None);
        self.roots.len() - 1
    }

    /// Takes back the file that was added last.
    pub fn remove_last_file(&mut self) {
        if let Some(last) = self.roots.len().checked_sub(1) {
            self.close(RowId::File(last));
            self.roots.pop();
            self.move_to(self.cursor);
        }
    }

    /// All rows.
    pub fn rows(&self) -> usize {
        self.roots.len() + self.roots.iter().flatten().map(|&g| self.group(g).rows).sum::<usize>()
    }

    fn group(&self, id: GroupId) -> &Group {
        self.groups[id].as_ref().expect("ids of closed groups are not kept")
    }

    fn group_mut(&mut self, id: GroupId) -> &mut Group {
        self.groups[id].as_mut().expect("ids of closed groups are not kept")
    }

    /// Whether a group is still open: replies come late.
    pub fn is_open(&self, id: GroupId) -> bool {
        self.groups.get(id).is_some_and(Option::is_some)
    }

    /// The group's file, path and order.
    pub fn group_place(&self, id: GroupId) -> (usize, &ObjectPath, WalkOrder) {
        let g = self.group(id);
        (g.file, &g.path, g.order)
    }

    /// How far its names are known, and how many there are.
    pub fn progress(&self, id: GroupId) -> (&Progress, usize) {
        let g = self.group(id);
        (&g.progress, g.names.len())
    }

    /// The open group that a row stands for.
    pub fn group_of(&self, row: &Row) -> Option<GroupId> {
        match row.id {
            RowId::File(file) => self.roots.get(file).copied().flatten(),
            RowId::Link(group, link) => self.group(group).open.get(&link).copied(),
            RowId::Note(_) => None,
        }
    }

    /// Every open group.
    pub fn open_groups(&self) -> impl Iterator<Item = GroupId> + '_ {
        (0..self.groups.len()).filter(|&i| self.groups[i].is_some())
    }

    /// The row under the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The first row of the window.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Puts the cursor on a row, and the window around it.
    pub fn move_to(&mut self, row: usize) {
        self.cursor = row.min(self.rows().saturating_sub(1));
        self.scroll();
    }

    /// Tells how many rows the screen has.
    pub fn set_height(&mut self, height: usize) {
        self.height = height;
        self.scroll();
    }

    fn scroll(&mut self) {
        let (top, cursor) = (self.top as u64, self.cursor as u64);
        let top = scroll::window(top, cursor, self.height as u64, self.rows() as u64);
        self.top = top as usize;
    }

    /// The row under the cursor, described.
    pub fn selected(&self) -> Option<Row> {
        self.row(self.cursor)
    }

    /// The rows on the screen.
    pub fn window(&self) -> Vec<Row> {
        (self.top..(self.top + self.height).min(self.rows())).filter_map(|r| self.row(r)).collect()
    }

    /// Describes row number `row`.
    pub fn row(&self, row: usize) -> Option<Row> {
        let (id, depth) = self.locate(row)?;
        Some(match id {
            RowId::File(file) => {
                let open = self.roots[file].is_some();
                Row { id, depth, file, path: ObjectPath::root(), open }
            }
            RowId::Note(group) => {
                let g = self.group(group);
                Row { id, depth, file: g.file, path: g.path.clone(), open: false }
            }
            RowId::Link(group, link) => {
                let g = self.group(group);
                let (path, open) = (g.path.join(g.names.name(link)), g.open.contains_key(&link));
                Row { id, depth, file: g.file, path, open }
            }
        })
    }

    /// The name of the link in row number `row`.
    pub fn name(&self, row: usize) -> Option<&[u8]> {
        match self.locate(row)?.0 {
            RowId::Link(group, link) => Some(self.group(group).names.name(link)),
            _ => None,
        }
    }

    fn locate(&self, mut row: usize) -> Option<(RowId, usize)> {
        for (file, root) in self.roots.iter().enumerate() {
            if row == 0 {
                return Some((RowId::File(file), 0));
            }
            row -= 1;
            let Some(root) = *root else { continue };
            let below = self.group(root).rows;
            if row < below {
                return Some(self.locate_in(root, row));
            }
            row -= below;
        }
        None
    }

    fn locate_in(&self, root: GroupId, row: usize) -> (RowId, usize) {
        let (mut id, mut row, mut depth) = (root, row, 1);
        'down: loop {
            let g = self.group(id);
            let mut passed = 0;
            for &(at, child) in &g.by_position {
                let below = self.group(child).rows;
                // the child's own row stands at `at` plus the rows opened before it
                if row <= at + passed {
                    break;
                }
                if row <= at + passed + below {
                    (row, id, depth) = (row - at - passed - 1, child, depth + 1);
                    continue 'down;
                }
                passed += below;
            }
            let position = row - passed;
            if position >= g.names.len() {
                return (RowId::Note(id), depth);
            }
            return (RowId::Link(id, g.names.at(position)), depth);
        }
    }

    /// Changes the order in which a group's names are to come.
    pub fn set_order(&mut self, id: GroupId, order: WalkOrder) {
        // until they come, the names stand as they are: sorted ones are found by search
        let g = self.group_mut(id);
        if g.progress == Progress::All && g.order != order {
            g.names = g.names.in_order_of_display();
            g.open = g.by_position.iter().map(|&(at, child)| (at as u32, child)).collect();
            let moved: Vec<(usize, GroupId)> = g.by_position.clone();
            g.order = order;
            g.progress = Progress::First;
            for (at, child) in moved {
                self.group_mut(child).parent = Some((id, at as u32));
            }
        } else {
            g.order = order;
        }
    }

    /// The row number of what a row stands for.
    pub fn row_of(&self, id: RowId) -> Option<usize> {
        let (group, inside) = match id {
            RowId::File(file) => {
                if file >= self.roots.len() {
                    return None;
                }
                let before = self.roots[..file].iter().flatten().map(|&g| self.group(g).rows);
                return Some(file + before.sum::<usize>());
            }
            RowId::Link(group, link) => {
                if !self.is_open(group) {
                    return None;
                }
                let position = self.position(group, link)?;
                (group, position + self.opened_before(group, position))
            }
            RowId::Note(group) => {
                if !self.is_open(group) {
                    return None;
                }
                (group, self.group(group).rows.checked_sub(1)?)
            }
        };
        let parent = match self.group(group).parent {
            Some((parent, link)) => RowId::Link(parent, link),
            None => RowId::File(self.group(group).file),
        };
        Some(self.row_of(parent)? + 1 + inside)
    }

    fn position(&self, group: GroupId, link: u32) -> Option<usize> {
        let g = self.group(group);
        if (link as usize) >= g.names.len() {
            return None;
        }
        let name = g.names.name(link);
        if g.progress == Progress::All && g.order == WalkOrder::Native {
            g.names.find_sorted(name)
        } else {
            // names as added stand at their own number
            Some(link as usize)
        }
    }

    fn opened_before(&self, group: GroupId, position: usize) -> usize {
        let children = self.group(group).by_position.iter();
        children.take_while(|(at, _)| *at < position).map(|&(_, c)| self.group(c).rows).sum()
    }

    /// Opens the group that a row stands for; its id, where it was closed. Its names are then to
    /// be asked for.
    pub fn open(&mut self, row: &Row, order: WalkOrder) -> Option<GroupId> {
        let parent = match row.id {
            RowId::File(_) => None,
            RowId::Link(group, link) => Some((group, link)),
            RowId::Note(_) => return None,
        };
        if row.open {
            return None;
        }
        let id = self.groups.iter().position(Option::is_none).unwrap_or(self.groups.len());
        let group = Group {
            file: row.file,
            path: row.path.clone(),
            parent,
            names: NameTable::default(),
            progress: Progress::Asked,
            order,
            open: HashMap::new(),
            by_position: Vec::new(),
            rows: 0,
        };
        if id == self.groups.len() {
            self.groups.push(Some(group));
        } else {
            self.groups[id] = Some(group);
        }
        match parent {
            None => self.roots[row.file] = Some(id),
            Some((group, link)) => {
                let position = self.position(group, link)?;
                let g = self.group_mut(group);
                g.open.insert(link, id);
                let at = g.by_position.partition_point(|(p, _)| *p < position);
                g.by_position.insert(at, (position, id));
            }
        }
        self.add_rows(id, 1);
        Some(id)
    }

    /// Closes the group that a row stands for, and all below it.
    pub fn close(&mut self, id: RowId) {
        let keep = self.selected().map(|r| r.id);
        let group = match id {
            RowId::File(file) => self.roots.get(file).copied().flatten(),
            RowId::Link(group, link) if self.is_open(group) => {
                self.group(group).open.get(&link).copied()
            }
            _ => None,
        };
        let Some(group) = group else { return };
        self.add_rows(group, -(self.group(group).rows as isize));
        if let RowId::File(file) = id {
            self.roots[file] = None;
        }
        if let Some((parent, link)) = self.group(group).parent {
            let p = self.group_mut(parent);
            p.open.remove(&link);
            p.by_position.retain(|(_, g)| *g != group);
        }
        self.drop_group(group);
        // a cursor that was inside stands on the closed row
        let row = keep.and_then(|id| self.row_of(id)).or_else(|| self.row_of(id));
        self.move_to(row.unwrap_or(0));
    }

    fn drop_group(&mut self, id: GroupId) {
        if let Some(group) = self.groups[id].take() {
            for child in group.open.into_values() {
                self.drop_group(child);
            }
        }
    }

    /// Changes the count of a group's rows, and of all above it.
    fn add_rows(&mut self, id: GroupId, by: isize) {
        let mut at = Some(id);
        while let Some(id) = at {
            let g = self.group_mut(id);
            g.rows = g.rows.saturating_add_signed(by);
            at = g.parent.map(|(p, _)| p);
        }
    }

    /// Puts names in an open group: the first ones, or all of them. The cursor stays on its
    /// link, at its place on the screen, and open groups below stay open.
    pub fn fill(&mut self, id: GroupId, names: NameTable, progress: Progress) {
        if !self.is_open(id) {
            return;
        }
        let offset = self.cursor - self.top.min(self.cursor);
        let selected = self.selected().map(|r| r.id);
        let selected_name = match selected {
            Some(RowId::Link(g, link)) if g == id => Some(self.group(id).names.name(link).to_vec()),
            _ => None,
        };
        let way = selected.and_then(|row| self.link_towards(id, row)).map(|link| {
            let position = self.position(id, link).unwrap_or(0);
            (self.group(id).names.name(link).to_vec(), position)
        });
        let old = self.group_mut(id);
        let old_names = std::mem::take(&mut old.names);
        let children: Vec<(Vec<u8>, GroupId)> =
            old.open.drain().map(|(link, g)| (old_names.name(link).to_vec(), g)).collect();
        old.by_position.clear();
        let sorted = progress == Progress::All && old.order == WalkOrder::Native;
        let note = names.is_empty() || progress == Progress::First;
        let count = names.len() + usize::from(note);
        old.names = names;
        old.progress = progress;
        let before = old.rows;

        let find = |names: &NameTable, name: &[u8]| {
            if sorted { names.find_sorted(name) } else { names.find(name) }
        };
        let mut rows = count;
        for (name, child) in children {
            match find(&self.group(id).names, &name) {
                Some(position) => {
                    rows += self.group(child).rows;
                    let g = self.group_mut(id);
                    let link = g.names.at(position);
                    g.open.insert(link, child);
                    g.by_position.push((position, child));
                    self.group_mut(child).parent = Some((id, link));
                }
                None => self.drop_group(child),
            }
        }
        self.group_mut(id).by_position.sort_unstable();
        self.add_rows(id, rows as isize - before as isize);

        let row = match (selected_name, selected) {
            (Some(name), _) => find(&self.group(id).names, &name).and_then(|position| {
                let link = self.group(id).names.at(position);
                self.row_of(RowId::Link(id, link))
            }),
            // the first name stands where "reading" stood
            (None, Some(RowId::Note(note))) if note == id => {
                self.row_of(RowId::Note(id)).map(|last| last + 1 - rows)
            }
            (None, Some(id)) => self.row_of(id),
            (None, None) => None,
        };
        // what is gone leaves the cursor on its neighbour, the last one on the group that held it
        let row = row.or_else(|| {
            let (name, position) = way?;
            let names = &self.group(id).names;
            let place = if sorted { names.place_sorted(&name) } else { position };
            let link = names.at(place.min(names.len().checked_sub(1)?));
            self.row_of(RowId::Link(id, link))
        });
        let holder = match self.group(id).parent {
            Some((parent, link)) => RowId::Link(parent, link),
            None => RowId::File(self.group(id).file),
        };
        let row = row.or_else(|| self.row_of(holder));
        self.cursor = row.unwrap_or(0).min(self.rows().saturating_sub(1));
        self.top = self.cursor.saturating_sub(offset);
        self.scroll();
    }

    /// The link of a group that leads to a row below it, or is that row.
    fn link_towards(&self, group: GroupId, row: RowId) -> Option<u32> {
        let (mut at, mut link) = match row {
            RowId::Link(at, link) => (at, link),
            RowId::Note(at) if at != group => self.group(at).parent?,
            _ => return None,
        };
        while at != group {
            (at, link) = self.group(at).parent?;
        }
        Some(link)
    }

    /// The row above that holds the row, where there is one.
    pub fn parent_row(&self, row: &Row) -> Option<usize> {
        let group = match row.id {
            RowId::File(_) => return None,
            RowId::Link(group, _) | RowId::Note(group) => group,
        };
        match self.group(group).parent {
            Some((parent, link)) => self.row_of(RowId::Link(parent, link)),
            None => self.row_of(RowId::File(self.group(group).file)),
        }
    }

    /// The position of a name in an open group.
    fn find(&self, group: GroupId, name: &[u8]) -> Option<usize> {
        let g = self.group(group);
        match g.progress == Progress::All && g.order == WalkOrder::Native {
            true => g.names.find_sorted(name),
            false => g.names.find(name),
        }
    }

    /// The deepest open group on the way to a path.
    pub fn nearest(&self, file: usize, path: &ObjectPath) -> Option<GroupId> {
        let mut group = self.roots.get(file).copied().flatten()?;
        for part in path.parts() {
            let link = self.find(group, part).map(|position| self.group(group).names.at(position));
            match link.and_then(|link| self.group(group).open.get(&link)) {
                Some(&child) => group = child,
                None => break,
            }
        }
        Some(group)
    }

    /// The open group that shows the links of `path`, or the deepest above it that is open, with
    /// the names that are still to be found below.
    pub fn descend(&self, file: usize, path: &ObjectPath) -> Descent {
        let Some(root) = self.roots.get(file).copied().flatten() else {
            return Descent::Closed(RowId::File(file));
        };
        let mut group = root;
        let parts: Vec<&[u8]> = path.parts().collect();
        if parts.is_empty() {
            return Descent::Found(RowId::File(file));
        }
        for (i, part) in parts.iter().enumerate() {
            let g = self.group(group);
            let Some(position) = self.find(group, part) else {
                return match &g.progress {
                    Progress::Asked | Progress::First => Descent::Waiting,
                    _ => Descent::Missing,
                };
            };
            let link = g.names.at(position);
            let id = RowId::Link(group, link);
            if i + 1 == parts.len() {
                return Descent::Found(id);
            }
            match g.open.get(&link) {
                Some(&child) => group = child,
                None => return Descent::Closed(id),
            }
        }
        Descent::Missing
    }
}

/// How far a path leads in the open part of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Descent {
    /// Its row.
    Found(RowId),
    /// This group on the way is closed.
    Closed(RowId),
    /// Names on the way are still being read.
    Waiting,
    /// There is no such name.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[&str]) -> NameTable {
        let mut table = NameTable::default();
        names.iter().for_each(|n| assert!(table.push(n.as_bytes())));
        table
    }

    fn sorted(names: &[&str]) -> NameTable {
        let mut table = table(names);
        table.sort();
        table
    }

    fn paths(tree: &Tree) -> Vec<String> {
        (0..tree.rows())
            .map(|r| {
                let row = tree.row(r).unwrap();
                assert_eq!(tree.row_of(row.id), Some(r), "row and row_of are inverse");
                format!("{}{}", " ".repeat(row.depth), row.path)
            })
            .collect()
    }

    fn open(tree: &mut Tree, row: usize, names: &[&str]) -> GroupId {
        let row = tree.row(row).unwrap();
        let id = tree.open(&row, WalkOrder::Native).unwrap();
        tree.fill(id, sorted(names), Progress::All);
        id
    }

    #[test]
    fn groups_open_and_close() {
        let mut tree = Tree::default();
        tree.set_height(20);
        tree.add_file();
        tree.add_file();
        open(&mut tree, 0, &["b", "a", "c"]);
        open(&mut tree, 1, &["k"]);
        assert_eq!(paths(&tree), ["/", " /a", "  /a/k", " /b", " /c", "/"]);
        open(&mut tree, 3, &["y", "x"]);
        open(&mut tree, 5, &[]);
        assert_eq!(paths(&tree)[3..8], [" /b", "  /b/x", "  /b/y", "   /b/y", " /c"]);
        let b = tree.row(3).unwrap().id;
        tree.move_to(5);
        tree.close(b);
        assert_eq!(paths(&tree), ["/", " /a", "  /a/k", " /b", " /c", "/"]);
        assert_eq!(tree.cursor(), 3, "the cursor stands on the closed group");
    }

    #[test]
    fn the_cursor_goes_to_the_neighbour_of_what_is_gone() {
        let mut tree = Tree::default();
        tree.set_height(20);
        tree.add_file();
        let root = open(&mut tree, 0, &["a", "b", "c", "d"]);
        open(&mut tree, 2, &["in"]);
        let at = |tree: &Tree| tree.selected().unwrap().path.to_string();
        tree.move_to(3);
        assert_eq!(at(&tree), "/b/in");
        // with the group that held it
        tree.fill(root, sorted(&["a", "c", "d"]), Progress::All);
        assert_eq!(at(&tree), "/c");
        tree.move_to(3);
        tree.fill(root, sorted(&["a", "c"]), Progress::All);
        assert_eq!(at(&tree), "/c", "the one before the last");
        tree.fill(root, sorted(&["a", "b"]), Progress::All);
        assert_eq!(at(&tree), "/b");
        tree.fill(root, sorted(&[]), Progress::All);
        assert_eq!(at(&tree), "/");
        assert_eq!(tree.nearest(0, &ObjectPath::new("/b/in")), Some(root));
    }

    #[test]
    fn the_cursor_keeps_its_link_when_names_are_sorted() {
        let mut tree = Tree::default();
        tree.set_height(3);
        tree.add_file();
        let row = tree.row(0).unwrap();
        let id = tree.open(&row, WalkOrder::Native).unwrap();
        tree.fill(id, table(&["x9", "x1", "x5"]), Progress::First);
        tree.move_to(1);
        let child = tree.open(&tree.selected().unwrap(), WalkOrder::Native).unwrap();
        tree.fill(child, sorted(&["in"]), Progress::All);
        let all = ["x9", "x1", "x5", "x10", "x2"];
        tree.fill(id, sorted(&all), Progress::All);
        assert_eq!(tree.selected().unwrap().path.to_string(), "/x9");
        assert_eq!(paths(&tree), ["/", " /x1", " /x2", " /x5", " /x9", "  /x9/in", " /x10"]);
        assert_eq!(
            tree.descend(0, &ObjectPath::new("/x9/in")),
            Descent::Found(RowId::Link(child, 0))
        );
        assert_eq!(tree.descend(0, &ObjectPath::new("/nope")), Descent::Missing);
    }
}
