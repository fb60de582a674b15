//! Views that show what a file holds now are made anew after a change: statistics of a dataset,
//! and results that are datasets themselves. Other results keep the values that they were made of.

use super::cells;
use super::compute::{Ask, Fault};
use super::grid::Grid;
use super::jobs::Request;
use super::opened::{Content, Opened, describe};
use super::state::{App, Pane};
use super::work::Kind;
use crate::array::{Array, DType};

/// What a view follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follows {
    /// Nothing: it stays what it is.
    #[default]
    Nothing,
    /// A file, by its number.
    File(usize),
    /// A value that is a dataset of any file.
    Value,
}

/// The grid of an array, which is not empty.
pub(super) fn grid_of(array: &Array) -> Grid {
    let names = match array.dtype() {
        DType::Struct(_) => Some(cells::fields(array.dtype())),
        _ => None,
    };
    Grid::over(array.shape().iter().map(|&n| n as u64).collect(), names)
}

impl App {
    /// Takes note of a change of a file that was made here.
    pub(super) fn outdate(&mut self, file: usize) {
        let left = self.back.iter_mut().chain(&mut self.forward);
        let views = self.opened.iter_mut().chain(left.filter_map(|saved| saved.view()));
        for view in views {
            view.stale |= match view.follows {
                Follows::Nothing => false,
                Follows::File(f) => f == file,
                Follows::Value => true,
            };
        }
    }

    /// Has the view that is shown made anew, if it is older than the file.
    pub(super) fn renew(&mut self) {
        let Some(opened) = self.opened.as_mut().filter(|o| o.stale) else { return };
        opened.stale = false;
        let title = opened.title.clone();
        match &opened.content {
            Content::Statistics(_) => self.renew_statistics(&title),
            Content::Array(_) => {
                let Some(of) = opened.value.clone() else { return };
                let (ticket, cx) = self.start(Kind::Page, &title);
                (self.page_ticket, self.array_ticket) = (None, Some(ticket));
                self.out.push(Request::Compute(Ask::Array { ticket, of, cx }));
            }
            Content::Text(_) | Content::Names => {}
        }
    }

    fn renew_statistics(&mut self, title: &str) {
        let row = self.statistics_row();
        let (ticket, cx) = self.start(Kind::Statistics, title);
        let Some(Opened { content: Content::Statistics(page), .. }) = &mut self.opened else {
            return;
        };
        let task = page.begin_anew(ticket, row);
        let (of, axis, fields) = (task.of, task.axis, task.fields);
        self.grid = None;
        self.pane = Pane::Details;
        self.out.push(Request::Compute(Ask::Statistics { ticket, of, axis, fields, cx }));
    }

    /// Takes the array that a result is now.
    pub(super) fn renewed(&mut self, ticket: u64, result: Result<Array, Fault>) {
        if self.finish(ticket).is_none() || self.array_ticket != Some(ticket) {
            return;
        }
        self.array_ticket = None;
        let old = self.grid.take();
        let fault = match result {
            Ok(array) if array.ndim() > 0 && !array.is_empty() => {
                let mut grid = grid_of(&array);
                if let Some(old) = old {
                    grid.take_place(old);
                }
                grid.set_size(self.sizes.grid_rows as u64, self.sizes.grid_width as u64);
                grid.move_to(grid.cursor.0, grid.cursor.1);
                self.grid = Some(grid);
                self.page_asked = None;
                if let Some(view) = &mut self.details {
                    view.details.facts.retain(|f| f.key == "type");
                    describe(&mut view.details, &array);
                }
                if let Some(opened) = &mut self.opened {
                    opened.content = Content::Array(array);
                }
                return;
            }
            Ok(_) => "there are no elements any more".into(),
            Err(fault) if fault.cancelled => "computing was cancelled".into(),
            Err(fault) => fault.text,
        };
        if let Some(mut grid) = old {
            (grid.page, grid.fault) = (None, Some(fault));
            // nothing is asked for in its place
            self.page_asked = grid.wanted(self.sizes.grid_width as u64);
            self.grid = Some(grid);
        }
    }
}
