//! Statistics on the screen: a line of figures for each part, the whole of the one under the
//! cursor, and its histogram.

use super::compute::{Fault, Subject};
use super::details::Fact;
use super::grid::{Cell, Grid, Page, Window};
use super::opened::Content;
use super::state::{App, Pane};
use super::statistics::{Division, Figures, Histogram, Number, Update};
use super::work::Kind;
use crate::array::dtype::tuple;
use crate::array::print::{self, Style};
use crate::store::{Float, escape};

/// What statistics are computed of.
#[derive(Debug, Clone)]
pub struct Task {
    /// The array.
    pub of: Subject,
    /// The axis on columns.
    pub axis: Option<usize>,
    /// The names of the fields, where elements are read as tuples.
    pub fields: Vec<(String, Vec<usize>)>,
}

/// Statistics that are being computed, or are.
#[derive(Debug)]
pub struct StatisticsPage {
    /// The job that computes them.
    pub ticket: u64,
    /// Of what.
    pub of: String,
    task: Task,
    /// Its shape.
    shape: Vec<usize>,
    /// The part that was under the cursor.
    focus: Option<u64>,
    division: Option<Division>,
    names: Vec<String>,
    figures: Vec<Option<Figures>>,
    all: Option<Figures>,
    histograms: Vec<Option<Histogram>>,
    all_histogram: Option<Histogram>,
    /// Whether the figures are of all elements, and the histograms there; else why not.
    pub end: Option<Result<(), String>>,
    /// What is drawn is older than what is known.
    pub changed: bool,
    drawn: Option<u64>,
}

/// The headings of the table.
const HEADINGS: [&str; 10] = ["", "count", "NaN", "inf", "min", "at", "max", "at", "mean", "std"];
/// The same for texts.
const OF_TEXTS: [&str; 10] =
    ["", "count", "empty", "", "first", "at", "last", "at", "shortest", "longest"];

impl StatisticsPage {
    /// Nothing is known yet.
    pub fn new(ticket: u64, of: String, focus: Option<u64>, task: Task) -> StatisticsPage {
        StatisticsPage {
            ticket,
            of,
            task,
            shape: Vec::new(),
            focus,
            division: None,
            names: Vec::new(),
            figures: Vec::new(),
            all: None,
            histograms: Vec::new(),
            all_histogram: None,
            end: None,
            changed: true,
            drawn: None,
        }
    }

    /// Begins anew, for another job; what it computes. The cursor is to come to the same row.
    pub(super) fn begin_anew(&mut self, ticket: u64, row: u64) -> Task {
        let focus = match self.figures.is_empty() {
            true => self.focus,
            false => self.part(row).map(|part| part as u64),
        };
        let (of, task) = (self.of.clone(), self.task.clone());
        *self = StatisticsPage::new(ticket, of, focus, task.clone());
        task
    }

    fn take(&mut self, update: Update) {
        self.changed = true;
        match update {
            Update::Parts { division, names, count, shape } => {
                self.shape = shape;
                self.division = Some(division);
                self.names = names;
                self.figures = vec![None; count];
            }
            Update::Figures { first, figures } => {
                for (slot, f) in self.figures.iter_mut().skip(first).zip(figures) {
                    *slot = Some(f);
                }
            }
            Update::All(figures) => self.all = Some(*figures),
            Update::Histograms { parts, all } => {
                self.histograms = parts;
                self.all_histogram = all;
            }
        }
    }

    /// Whether the first row is that of all columns together.
    fn has_all(&self) -> bool {
        matches!(self.division, Some(Division::Columns(_)))
    }

    /// The table's rows.
    fn rows(&self) -> u64 {
        self.figures.len() as u64 + u64::from(self.has_all())
    }

    /// The part on a row; none for that of all.
    fn part(&self, row: u64) -> Option<usize> {
        match self.has_all() {
            true => usize::try_from(row).ok()?.checked_sub(1),
            false => usize::try_from(row).ok(),
        }
    }

    fn of_row(&self, row: u64) -> Option<&Figures> {
        match self.part(row) {
            Some(part) => self.figures.get(part)?.as_ref(),
            None => self.all.as_ref(),
        }
    }

    /// The histogram of a row.
    pub fn histogram(&self, row: u64) -> Option<&Histogram> {
        match self.part(row) {
            Some(part) => self.histograms.get(part)?.as_ref(),
            None => self.all_histogram.as_ref(),
        }
    }

    /// What a row is of: `column 3`, `position.x`.
    fn name(&self, row: u64) -> String {
        match (&self.division, self.part(row)) {
            (Some(Division::Columns(_)), None) => "all".into(),
            (Some(Division::Columns(axis)), Some(i)) => {
                let what = if *axis + 1 == self.shape.len() { "column" } else { "row" };
                format!("{what} {i}")
            }
            (Some(Division::Fields), Some(i)) => {
                escape(self.names.get(i).map_or(&b""[..], |n| n.as_bytes()))
            }
            _ => String::new(),
        }
    }

    /// Where in the array a flat index of a row's reduced axes is; `whole` with the row's own
    /// index.
    fn place(&self, row: u64, at: u64, whole: bool) -> String {
        let mut rest = at as usize;
        let mut index = vec![0; self.shape.len()];
        let fixed = match (&self.division, self.part(row)) {
            (Some(Division::Columns(axis)), Some(part)) => Some((*axis, part)),
            _ => None,
        };
        for axis in (0..index.len()).rev() {
            match fixed {
                Some((a, part)) if a == axis => index[axis] = part,
                _ => {
                    index[axis] = rest % self.shape[axis].max(1);
                    rest /= self.shape[axis].max(1);
                }
            }
        }
        if let (Some((axis, _)), false) = (fixed, whole) {
            index.remove(axis);
        }
        match index.len() {
            0 => String::new(),
            1 => index[0].to_string(),
            _ => {
                let text = tuple(&index);
                text.trim_matches(['(', ')']).to_string()
            }
        }
    }

    /// The facts of a row's figures.
    fn facts(&self, row: u64, style: Style) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut fact = |key, value: String| facts.push(Fact { key, value });
        let name = self.name(row);
        if !name.is_empty() {
            fact("of", name);
        }
        match &self.end {
            Some(Err(why)) => fact("!", why.clone()),
            Some(Ok(())) => {}
            None => {}
        }
        let Some(f) = self.of_row(row) else {
            fact("count", "being counted".into());
            return facts;
        };
        let mut count = f.total.to_string();
        if f.missing > 0 {
            let word = match f.min {
                Some((Number::Date(..) | Number::Delta(..), _)) => "NaT",
                _ => "NaN",
            };
            count += &format!(", of them {} {word}", f.missing);
        }
        if f.infinite > 0 {
            count += &format!(", {} infinite", f.infinite);
        }
        fact("count", count);
        let (least, most) = match f.lengths {
            Some(_) => ("first", "last"),
            None => ("min", "max"),
        };
        let valued = |(x, at): &(Number, u64)| {
            format!("{}  at [{}]", x.text(style), self.place(row, *at, true))
        };
        if let Some(min) = &f.min {
            fact(least, valued(min));
        }
        if let Some(max) = &f.max {
            fact(most, valued(max));
        }
        if let Some(mean) = &f.mean {
            fact("mean", mean.text(style));
        }
        if let Some(std) = f.std {
            fact("std", print::float(Float::F64(std), style));
        }
        if let Some(l) = &f.lengths {
            let of =
                |(n, at): (u64, u64)| format!("{n} characters  at [{}]", self.place(row, at, true));
            fact("shortest", of(l.shortest));
            fact("longest", of(l.longest));
            if l.empty > 0 {
                fact("empty", l.empty.to_string());
            }
        }
        facts
    }

    fn cell(&self, row: u64, column: usize, style: Style) -> Cell {
        if column == 0 {
            return Cell { text: self.name(row), right: false, target: None };
        }
        let Some(f) = self.of_row(row) else { return Cell::default() };
        let value =
            |x: &Option<(Number, u64)>| x.as_ref().map_or(String::new(), |(x, _)| x.text(style));
        let at = |x: &Option<(Number, u64)>| {
            x.as_ref().map_or(String::new(), |(_, at)| self.place(row, *at, false))
        };
        let number = |n: u64| if n == 0 { String::new() } else { n.to_string() };
        let text = match (column, &f.lengths) {
            (1, _) => f.total.to_string(),
            (2, Some(l)) => number(l.empty),
            (2, None) => number(f.missing),
            (3, _) => number(f.infinite),
            (4, _) => value(&f.min),
            (5, _) => at(&f.min),
            (6, _) => value(&f.max),
            (7, _) => at(&f.max),
            (8, Some(l)) => l.shortest.0.to_string(),
            (9, Some(l)) => l.longest.0.to_string(),
            (8, None) => f.mean.as_ref().map_or(String::new(), |m| m.text(style)),
            _ => f.std.map_or(String::new(), |s| print::float(Float::F64(s), style)),
        };
        let right = f.lengths.is_none() || !matches!(column, 4 | 6);
        Cell { text, right, target: None }
    }

    /// The table's window, which costs nothing to make.
    fn page(&self, window: &Window) -> Page {
        let (first, rows) = window.rows;
        let (from, cols) = window.cols;
        let cells = ndarray::Array2::from_shape_fn((rows as usize, cols as usize), |(r, c)| {
            self.cell(first + r as u64, from as usize + c, window.style)
        });
        Page { window: window.clone(), cells }
    }

    /// An empty table.
    fn table(&self) -> Grid {
        let texts = self.figures.iter().flatten().all(|f| f.lengths.is_some());
        let texts = texts && self.figures.iter().any(Option::is_some);
        let headings = if texts { OF_TEXTS } else { HEADINGS };
        let columns = headings.iter().map(|h| (h.to_string(), Vec::new())).collect();
        let mut grid = Grid::over(vec![self.rows()], Some(columns));
        grid.numbered = false;
        grid.style.digits = Some(6);
        grid
    }
}

impl App {
    /// The statistics that are shown.
    pub fn statistics(&self) -> Option<&StatisticsPage> {
        match &self.opened.as_ref()?.content {
            Content::Statistics(page) => Some(page),
            _ => None,
        }
    }

    fn statistics_of(&mut self, ticket: u64) -> Option<&mut StatisticsPage> {
        let shown = match self.opened.as_mut().map(|o| &mut o.content) {
            Some(Content::Statistics(page)) => Some(&mut **page),
            _ => None,
        };
        let left = self.back.iter_mut().chain(&mut self.forward).filter_map(|s| s.statistics());
        shown.into_iter().chain(left).find(|p| p.ticket == ticket)
    }

    pub(super) fn statistics_update(&mut self, ticket: u64, update: Update) {
        if let Some(page) = self.statistics_of(ticket) {
            page.take(update);
        }
    }

    pub(super) fn statistics_done(&mut self, ticket: u64, result: Result<String, Fault>) {
        let cancelled = matches!(&result, Err(f) if f.cancelled);
        if let Some(page) = self.statistics_of(ticket) {
            page.changed = true;
            page.end = Some(match result {
                Ok(_) => Ok(()),
                Err(f) if f.cancelled => Err("cancelled: what was seen until then".into()),
                Err(f) => Err(f.text),
            });
        }
        if cancelled {
            self.message = Some("cancelled: statistics".into());
        }
    }

    /// Gives up the statistics that are shown.
    pub(super) fn stop_statistics(&mut self) {
        let Some(page) = self.statistics().filter(|p| p.end.is_none()) else { return };
        let ticket = page.ticket;
        if self.jobs.iter().any(|j| j.ticket == ticket) {
            self.give_up(Kind::Statistics);
        }
        if let Some(page) = self.statistics_of(ticket) {
            page.end = Some(Err("cancelled: what was seen until then".into()));
        }
    }

    /// The row of statistics under the cursor.
    pub fn statistics_row(&self) -> u64 {
        self.grid.as_ref().map_or(0, |g| g.cursor.0)
    }

    /// Brings what is drawn of statistics up to what is known.
    pub(super) fn refresh_statistics(&mut self) {
        let row = self.statistics_row();
        let Some(Content::Statistics(page)) = self.opened.as_mut().map(|o| &mut o.content) else {
            return;
        };
        if self.grid.is_none() && page.rows() > 1 {
            let mut grid = page.table();
            let focus = page.focus.map_or(0, |c| c + u64::from(page.has_all()));
            grid.set_size(self.sizes.grid_rows as u64, self.sizes.grid_width as u64);
            grid.move_to(focus, 0);
            self.grid = Some(grid);
            self.pane = Pane::Grid;
            page.changed = true;
        }
        let row = self.grid.as_ref().map_or(row, |g| g.cursor.0);
        let style = Style::default();
        if page.changed || page.drawn != Some(row) {
            let facts = page.facts(row, style);
            if let Some(view) = &mut self.details {
                view.details.facts = facts;
            }
        }
        if let Some(grid) = &mut self.grid {
            let width = self.sizes.grid_width as u64;
            if page.changed {
                if let Some(old) = grid.page.take() {
                    grid.page = Some(page.page(&old.window));
                }
                grid.settle(width);
            }
            // a few rounds: columns may be narrower than thought
            for _ in 0..4 {
                let Some(window) = grid.wanted(width) else { break };
                grid.page = Some(page.page(&window));
                grid.settle(width);
            }
        }
        page.changed = false;
        page.drawn = Some(row);
    }
}
