//! The grid: which cells of an N-D dataset are on the screen, and where its cursor is.
//!
//! Two axes lie on rows and columns, each other axis has an index. A one-dimensional compound
//! has its fields as columns, nested ones flattened. The grid asks for a [`Window`] somewhat
//! larger than the screen; a job reads it into a [`Page`] of texts ([`read`]); what is not yet
//! there is drawn as empty cells.

use ndarray::{ArrayD, Axis, IxDyn};

use super::scroll;
use crate::array::print::{Style, text};
use crate::store::{
    Class, Datatype, Extent, File, Limits, ObjectPath, Reference, Result, Value, escape,
};

/// What the columns of a grid are.
#[derive(Debug, Clone, PartialEq)]
pub enum Columns {
    /// One column of values.
    Single,
    /// Elements along an axis.
    Axis(usize),
    /// Fields of a compound: a heading each, and the way to its value.
    Fields(Vec<(String, Vec<usize>)>),
}

/// A part of a dataset to be read for the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The axis on rows; none for a scalar.
    pub row_axis: Option<usize>,
    /// What is on columns.
    pub columns: Columns,
    /// The index of every axis; those on rows and columns are ignored.
    pub index: Vec<u64>,
    /// First row and how many.
    pub rows: (u64, u64),
    /// First column and how many.
    pub cols: (u64, u64),
    /// How numbers are written.
    pub style: Style,
}

/// One cell as it is drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// Its text, safe for a terminal.
    pub text: String,
    /// Numbers stand at the right of their column.
    pub right: bool,
    /// Where it points, if it is a reference.
    pub target: Option<ObjectPath>,
}

/// A window that was read.
#[derive(Debug, Clone)]
pub struct Page {
    /// What was asked for.
    pub window: Window,
    /// The texts: rows by columns.
    pub cells: ndarray::Array2<Cell>,
}

/// The columns' fields of a compound, by leaf: `position.x`.
pub fn fields(dtype: &Datatype) -> Vec<(String, Vec<usize>)> {
    fn walk(dtype: &Datatype, name: &str, way: &[usize], out: &mut Vec<(String, Vec<usize>)>) {
        match &dtype.class {
            Class::Compound(fields) if dtype.complex_part().is_none() => {
                for (i, field) in fields.iter().enumerate() {
                    let part = escape(&field.name);
                    let name = if name.is_empty() { part } else { format!("{name}.{part}") };
                    let mut way = way.to_vec();
                    way.push(i);
                    walk(&field.dtype, &name, &way, out);
                }
            }
            _ => out.push((name.to_string(), way.to_vec())),
        }
    }
    let mut out = Vec::new();
    walk(dtype, "", &[], &mut out);
    out
}

/// Reads a window. A part of it beyond the dataset's edge is left out.
///
/// # Errors
/// Those of [`File::read_region`].
pub fn read(file: &File, path: &ObjectPath, window: &Window) -> Result<Page> {
    let rank = window.index.len();
    let mut start = window.index.clone();
    let mut count = vec![1u64; rank];
    if let Some(axis) = window.row_axis {
        (start[axis], count[axis]) = window.rows;
    }
    if let Columns::Axis(axis) = window.columns {
        (start[axis], count[axis]) = window.cols;
    }
    let values = file.read_region(path, &start, &count, Limits::CELL)?;
    let shape: Vec<usize> = count.iter().map(|&c| c as usize).collect();
    let empty = || ndarray::Array2::default((0, 0));
    let Ok(mut array) = ArrayD::from_shape_vec(IxDyn(&shape), values) else {
        // a null dataspace has no values
        return Ok(Page { window: window.clone(), cells: empty() });
    };
    // rows first, columns second, all other axes are of length one
    let mut axes: Vec<usize> = (0..rank).collect();
    let second = match window.columns {
        Columns::Axis(axis) => Some(axis),
        _ => None,
    };
    axes.sort_by_key(|&a| match a {
        a if Some(a) == window.row_axis => 0,
        a if Some(a) == second => 1,
        _ => 2,
    });
    array = array.permuted_axes(IxDyn(&axes));
    let kept = usize::from(window.row_axis.is_some()) + usize::from(second.is_some());
    for axis in (kept..rank).rev() {
        array = array.index_axis_move(Axis(axis), 0);
    }
    if window.row_axis.is_none() {
        array.insert_axis_inplace(Axis(0));
    }
    let cells = match &window.columns {
        Columns::Fields(fields) => {
            let (from, n) = (window.cols.0 as usize, window.cols.1 as usize);
            let fields = &fields[from.min(fields.len())..(from + n).min(fields.len())];
            let rows = array.len_of(Axis(0));
            ndarray::Array2::from_shape_fn((rows, fields.len()), |(r, c)| {
                cell(inside(&array[[r].as_slice()], &fields[c].1), window.style)
            })
        }
        _ => {
            if second.is_none() {
                let end = Axis(array.ndim());
                array.insert_axis_inplace(end);
            }
            match array.into_dimensionality::<ndarray::Ix2>() {
                Ok(values) => values.map(|v| cell(v, window.style)),
                Err(_) => empty(),
            }
        }
    };
    Ok(Page { window: window.clone(), cells })
}

fn inside<'a>(value: &'a Value, way: &[usize]) -> &'a Value {
    way.iter().fold(value, |v, &i| match v {
        Value::Compound(parts) => parts.get(i).unwrap_or(v),
        _ => v,
    })
}

fn cell(value: &Value, style: Style) -> Cell {
    let right =
        matches!(value, Value::Int(_) | Value::Float(_) | Value::Complex(..) | Value::Bits { .. });
    let target = match value {
        Value::Reference(Reference::Target { path, .. }) => path.clone(),
        _ => None,
    };
    Cell { text: text(value, style), right, target }
}

/// A dataset's grid: axes, indices, cursor, and the page that was read last.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The dataset's shape; empty for a scalar.
    pub dims: Vec<u64>,
    /// The axis on rows.
    pub row_axis: Option<usize>,
    /// What is on columns.
    pub columns: Columns,
    /// The index of every axis.
    pub index: Vec<u64>,
    /// Which of the other axes the keys step.
    pub active: Option<usize>,
    /// The cursor: row and column.
    pub cursor: (u64, u64),
    /// Where the marking of cells began; they go up to the cursor.
    pub anchor: Option<(u64, u64)>,
    /// The first row and column on the screen.
    pub top: (u64, u64),
    /// How numbers are written.
    pub style: Style,
    /// What was read last.
    pub page: Option<Page>,
    /// Why it could not be read.
    pub fault: Option<String>,
    /// Whether rows have numbers.
    pub numbered: bool,
    /// The screen: rows, and columns of characters.
    size: (u64, u64),
    /// The columns that fit on the screen, as far as their content is known.
    pub fitting: u64,
}

impl Grid {
    /// A grid over a dataset: the last two axes on rows and columns. None where there is no
    /// element to show.
    pub fn new(extent: &Extent, dtype: &Datatype) -> Option<Grid> {
        if extent.elements() == 0 {
            return None;
        }
        let is_compound =
            matches!(dtype.class, Class::Compound(_)) && dtype.complex_part().is_none();
        Some(Grid::over(extent.dims().to_vec(), is_compound.then(|| fields(dtype))))
    }

    /// A grid over elements of this shape, which is not empty, with fields or without.
    pub fn over(dims: Vec<u64>, fields: Option<Vec<(String, Vec<usize>)>>) -> Grid {
        let rank = dims.len();
        let (row_axis, columns) = match (rank, fields) {
            (0 | 1, Some(fields)) => ((rank == 1).then_some(0), Columns::Fields(fields)),
            (0, None) => (None, Columns::Single),
            (1, None) => (Some(0), Columns::Single),
            _ => (Some(rank - 2), Columns::Axis(rank - 1)),
        };
        let mut grid = Grid {
            index: vec![0; rank],
            dims,
            row_axis,
            columns,
            active: None,
            cursor: (0, 0),
            anchor: None,
            top: (0, 0),
            style: Style::default(),
            page: None,
            fault: None,
            numbered: true,
            size: (1, 20),
            fitting: 1,
        };
        let first = grid.others().next();
        grid.active = first;
        grid
    }

    /// The part that is shown and the column of the cursor, as an index in code: `[2, :, 3]`.
    pub fn slice(&self) -> String {
        if let Columns::Fields(_) = &self.columns {
            let name = self.heading(self.cursor.1);
            return name.split('.').map(|part| format!("[\"{part}\"]")).collect();
        }
        let axis = |a: usize| match (Some(a) == self.row_axis, &self.columns) {
            (true, _) => ":".to_string(),
            (_, Columns::Axis(c)) if *c == a => self.cursor.1.to_string(),
            _ => self.index[a].to_string(),
        };
        match self.dims.len() {
            0 | 1 => String::new(),
            n => format!("[{}]", (0..n).map(axis).collect::<Vec<_>>().join(", ")),
        }
    }

    /// Rows and columns in all.
    pub fn extent(&self) -> (u64, u64) {
        let rows = self.row_axis.map_or(1, |a| self.dims[a]);
        let cols = match &self.columns {
            Columns::Single => 1,
            Columns::Axis(a) => self.dims[*a],
            Columns::Fields(f) => f.len() as u64,
        };
        (rows, cols)
    }

    /// The axes that are neither on rows nor on columns.
    pub fn others(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.dims.len())
            .filter(|&a| Some(a) != self.row_axis && self.columns != Columns::Axis(a))
    }

    /// The heading of a column.
    pub fn heading(&self, column: u64) -> String {
        match &self.columns {
            Columns::Single => String::new(),
            Columns::Axis(_) => column.to_string(),
            Columns::Fields(f) => f.get(column as usize).map_or(String::new(), |f| f.0.clone()),
        }
    }

    /// The index of the cell under the cursor, an axis each.
    pub fn cell_index(&self) -> Vec<u64> {
        self.index_at(self.cursor)
    }

    fn index_at(&self, (row, col): (u64, u64)) -> Vec<u64> {
        let mut index = self.index.clone();
        if let Some(a) = self.row_axis {
            index[a] = row;
        }
        if let Columns::Axis(a) = self.columns {
            index[a] = col;
        }
        index
    }

    /// The index of the cell under the cursor as text, with its field's name.
    pub fn place(&self) -> String {
        self.place_at(self.cursor)
    }

    /// The index of a cell as text, with its field's name.
    pub fn place_at(&self, (row, col): (u64, u64)) -> String {
        let list: Vec<String> = self.index_at((row, col)).iter().map(u64::to_string).collect();
        let field = match &self.columns {
            Columns::Fields(_) => format!(" {}", self.heading(col)),
            _ => String::new(),
        };
        format!("[{}]{field}", list.join(", "))
    }

    /// Takes the place over of the same dataset as it was before: axes, indices, cursor, marks.
    pub fn take_place(&mut self, old: Grid) {
        if self.dims.len() != old.dims.len() {
            return;
        }
        self.row_axis = old.row_axis;
        if matches!(self.columns, Columns::Axis(_)) {
            self.columns = old.columns;
        }
        self.active = old.active;
        self.style = old.style;
        (self.top, self.fitting) = (old.top, old.fitting);
        for (axis, i) in old.index.iter().enumerate() {
            self.index[axis] = (*i).min(self.dims[axis] - 1);
        }
        self.page = old.page.filter(|_| self.dims == old.dims);
        if let Some(page) = &mut self.page {
            // drawn until the new values are there, but not believed
            page.window.rows.1 = 0;
        }
        self.cursor = old.cursor;
        self.anchor = old.anchor.filter(|_| self.dims == old.dims);
    }

    /// The cell at a row and column, if it was read.
    pub fn cell(&self, row: u64, col: u64) -> Option<&Cell> {
        let page = self.page.as_ref()?;
        let w = &page.window;
        if w.row_axis != self.row_axis
            || w.columns != self.columns
            || self.others().any(|a| w.index[a] != self.index[a])
        {
            return None;
        }
        let (r, c) = (row.checked_sub(w.rows.0)?, col.checked_sub(w.cols.0)?);
        page.cells.get((r as usize, c as usize))
    }

    /// Tells the size of the screen: rows, characters.
    pub fn set_size(&mut self, rows: u64, width: u64) {
        self.size = (rows.max(1), width);
        self.scroll();
    }

    /// Moves the cursor, kept inside.
    pub fn move_to(&mut self, row: u64, col: u64) {
        let (rows, cols) = self.extent();
        self.cursor = (row.min(rows.saturating_sub(1)), col.min(cols.saturating_sub(1)));
        self.scroll();
    }

    /// Moves the cursor by rows and columns.
    pub fn move_by(&mut self, rows: i64, cols: i64) {
        let to = |at: u64, by: i64| at.saturating_add_signed(by);
        self.move_to(to(self.cursor.0, rows), to(self.cursor.1, cols));
    }

    /// Keeps the cursor on the screen. A column's width is known only from its content, so the
    /// last column that is shown may have to be scrolled once more when it is drawn.
    fn scroll(&mut self) {
        let (all_rows, all_cols) = self.extent();
        let (row, col) = self.cursor;
        self.top.0 = scroll::window(self.top.0, row, self.size.0, all_rows);
        self.top.1 = scroll::window(self.top.1, col, self.fitting, all_cols);
    }

    /// The widths of the columns on the screen, from the first, with their numbers: as narrow as
    /// what was read of them, until the screen's width is full.
    pub fn layout(&self, width: u64) -> Vec<(u64, usize)> {
        let mut out = Vec::new();
        let mut used = 0;
        for col in self.top.1..self.extent().1 {
            let w = self.column_width(col, width as usize);
            if !out.is_empty() && used + w as u64 > width {
                break;
            }
            out.push((col, w));
            used += w as u64 + 2;
            if used > width {
                break;
            }
        }
        out
    }

    fn column_width(&self, col: u64, most: usize) -> usize {
        use unicode_width::UnicodeWidthStr;
        let heading = self.heading(col).width();
        let cap = if self.extent().1 == 1 { most } else { most.min(40) };
        // all rows that were read count, so that a row scrolled does not move the columns
        let content = self.page.as_ref().and_then(|p| {
            let c = col.checked_sub(p.window.cols.0)? as usize;
            (c < p.cells.ncols()).then(|| p.cells.column(c))
        });
        let widest = content.map_or(0, |cells| {
            cells.iter().map(|cell| cell.text.as_str().width()).max().unwrap_or(0)
        });
        heading.max(widest).clamp(1, cap.max(1))
    }

    /// Takes note of how many columns were drawn whole, and scrolls to the cursor's.
    pub fn settle(&mut self, width: u64) {
        loop {
            let whole = self.whole_columns(width);
            self.fitting = whole;
            if self.cursor.1 < self.top.1 + whole || self.top.1 >= self.cursor.1 {
                break;
            }
            self.top.1 += 1;
        }
    }

    fn whole_columns(&self, width: u64) -> u64 {
        let mut used = 0;
        let fits = |(_, w): &(u64, usize)| {
            used += *w as u64;
            let fits = used <= width;
            used += 2;
            fits
        };
        self.layout(width).iter().copied().take_while(fits).count().max(1) as u64
    }

    /// What should be read now, if the page does not cover the screen.
    pub fn wanted(&self, width: u64) -> Option<Window> {
        let (rows, cols) = self.extent();
        let need_rows = (self.top.0, self.size.0.min(rows - self.top.0.min(rows)));
        // the narrowest column takes one character and a space of two
        let most = (width / 3).max(1);
        let shown = match &self.page {
            Some(_) => self.layout(width).len() as u64 + 1,
            None => most,
        };
        let need_cols = (self.top.1, shown.min(cols - self.top.1.min(cols)));
        if let Some(page) = &self.page {
            let w = &page.window;
            let covers = |have: (u64, u64), need: (u64, u64)| {
                have.0 <= need.0 && need.0 + need.1 <= have.0 + have.1
            };
            let same = w.row_axis == self.row_axis
                && w.columns == self.columns
                && w.style == self.style
                && self.others().all(|a| w.index[a] == self.index[a]);
            if same && covers(w.rows, need_rows) && covers(w.cols, need_cols) {
                return None;
            }
        }
        let around = |at: u64, n: u64, all: u64| {
            let start = at.saturating_sub(n);
            (start, at.saturating_add(2 * n).min(all) - start)
        };
        let around_cols = {
            let start = self.top.1.saturating_sub(most / 2);
            (start, self.top.1.saturating_add((most + most / 2).max(need_cols.1)).min(cols) - start)
        };
        Some(Window {
            row_axis: self.row_axis,
            columns: self.columns.clone(),
            index: self.index.clone(),
            rows: around(self.top.0, self.size.0, rows),
            cols: around_cols,
            style: self.style,
        })
    }

    /// Puts other axes on rows and columns: the next choice for columns, or for rows.
    pub fn cycle_axis(&mut self, columns: bool) {
        let Columns::Axis(col) = self.columns else {
            return;
        };
        let Some(row) = self.row_axis else { return };
        let rank = self.dims.len();
        let kept = self.cell_index();
        let next = |at: usize, avoid: usize| {
            (1..rank).map(|d| (at + d) % rank).find(|&a| a != avoid).unwrap_or(at)
        };
        let (row, col) = if columns { (row, next(col, row)) } else { (next(row, col), col) };
        self.set_axes(row, col, kept);
    }

    /// Exchanges rows and columns.
    pub fn transpose(&mut self) {
        if let (Some(row), Columns::Axis(col)) = (self.row_axis, self.columns.clone()) {
            let kept = self.cell_index();
            self.set_axes(col, row, kept);
        }
    }

    /// Puts these axes on rows and columns, the cursor on the cell `at`.
    pub fn set_axes(&mut self, row: usize, col: usize, at: Vec<u64>) {
        if row == col || row.max(col) >= self.dims.len() {
            return;
        }
        self.row_axis = Some(row);
        self.columns = Columns::Axis(col);
        self.index = at;
        self.top = (0, 0);
        let active = self.active.filter(|&a| a != row && a != col);
        let first = self.others().next();
        self.active = active.or(first);
        self.move_to(self.index[row], self.index[col]);
    }

    /// Chooses the next of the other axes for stepping.
    pub fn next_active(&mut self, forward: bool) {
        let others: Vec<usize> = self.others().collect();
        let Some(at) = others.iter().position(|&a| Some(a) == self.active) else {
            return;
        };
        let n = others.len();
        self.active = Some(others[if forward { (at + 1) % n } else { (at + n - 1) % n }]);
    }

    /// Steps the index of the chosen axis.
    pub fn step(&mut self, by: i64) {
        if let Some(a) = self.active {
            self.index[a] = self.index[a].saturating_add_signed(by).min(self.dims[a] - 1);
        }
    }

    /// Puts the cursor on an element: an index an axis, negative ones from the end.
    ///
    /// # Errors
    /// Words for a wrong number of indices, or one outside.
    pub fn go(&mut self, indices: &[i64]) -> std::result::Result<(), String> {
        let rank = self.dims.len();
        if indices.len() != rank {
            return Err(format!("IndexError: {rank} axes, {} indices given", indices.len()));
        }
        let mut at = Vec::with_capacity(rank);
        for (axis, (&i, &n)) in indices.iter().zip(&self.dims).enumerate() {
            let index = if i < 0 { n.checked_add_signed(i) } else { Some(i as u64) };
            match index.filter(|&x| x < n) {
                Some(x) => at.push(x),
                None => {
                    return Err(format!(
                        "IndexError: index {i} is out of bounds for axis {axis} with size {n}"
                    ));
                }
            }
        }
        for a in self.others().collect::<Vec<_>>() {
            self.index[a] = at[a];
        }
        let row = self.row_axis.map_or(0, |a| at[a]);
        let col = match self.columns {
            Columns::Axis(a) => at[a],
            _ => self.cursor.1,
        };
        self.move_to(row, col);
        Ok(())
    }

    /// Fewer or more digits of floats: all that are needed, or 1 to 15.
    pub fn change_digits(&mut self, more: bool) {
        self.style.digits = match (self.style.digits, more) {
            (None, true) => None,
            (None, false) => Some(6),
            (Some(n), true) if n >= 15 => None,
            (Some(n), true) => Some(n + 1),
            (Some(n), false) => Some((n - 1).max(1)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ByteOrder, IntLayout};

    fn grid(dims: &[u64]) -> Grid {
        let layout = IntLayout { order: ByteOrder::Little, signed: true, offset: 0, precision: 8 };
        let dtype = Datatype { size: 1, class: Class::Integer(layout) };
        let max = dims.iter().map(|&d| Some(d)).collect();
        Grid::new(&Extent::Simple { dims: dims.to_vec(), max }, &dtype).unwrap()
    }

    /// At small widths the part that was asked for was never wide enough, and asked for again.
    #[test]
    fn what_was_read_covers_the_screen_at_every_width() {
        for width in 1..60 {
            for text in ["1", "-12", "123456789"] {
                let mut g = grid(&[50, 1000]);
                g.set_size(10, width);
                for (row, col) in [(0, 0), (49, 999), (20, 500)] {
                    g.move_to(row, col);
                    let mut asked = 0;
                    while let Some(window) = g.wanted(width) {
                        asked += 1;
                        assert!(asked < 20, "width {width}, cell {text}: asked again and again");
                        let (r, c) = (window.rows.1 as usize, window.cols.1 as usize);
                        let cell = Cell { text: text.into(), right: true, target: None };
                        let cells = ndarray::Array2::from_elem((r, c), cell);
                        g.page = Some(Page { window, cells });
                        g.settle(width);
                    }
                    assert!(g.cell(row, col).is_some(), "the cursor's cell is there");
                }
            }
        }
    }

    #[test]
    fn shapes_near_the_end_of_numbers_do_no_harm() {
        let mut g = grid(&[u64::MAX - 1, 3]);
        g.set_size(20, 40);
        g.move_to(u64::MAX, u64::MAX);
        assert_eq!(g.cursor, (u64::MAX - 2, 2));
        assert!(g.wanted(40).is_some());
        g.move_by(i64::MAX, i64::MIN);
        assert_eq!(g.cursor, (u64::MAX - 2, 0));
    }

    #[test]
    fn indices_as_numpy_takes_them() {
        let mut g = grid(&[4, 5, 6]);
        assert_eq!(g.go(&[-1, 2, -6]), Ok(()));
        assert_eq!(g.cell_index(), [3, 2, 0]);
        let outside = g.go(&[4, 0, 0]).unwrap_err();
        assert_eq!(outside, "IndexError: index 4 is out of bounds for axis 0 with size 4");
    }
}
