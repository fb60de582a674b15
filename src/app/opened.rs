//! What is shown in the place of the selected object: results of code, statistics, names. And the
//! way back to what was shown before, as it was.

use std::ops::Range;

use super::compute::{Answer, Ask, Face, Fault, Held, Made, NameLine, Subject};
use super::details::{AttributeLine, Details, Fact};
use super::grid::{Columns, Grid};
use super::jobs::Request;
use super::question::Question;
use super::renewal::{Follows, grid_of};
use super::state::{App, Blame, DetailsView, Pane, Reader, wrapped};
use super::statistics_page::{StatisticsPage, Task};
use super::work::{Job, Kind};
use super::{after, grid};
use crate::array::{Array, DType, dtype};
use crate::lang::{Edit, Line};
use crate::store::{ObjectKind, ObjectPath, escape};

/// The most views that one can go back to: each may hold data.
const BACK: usize = 50;
/// The longest text that is shown, in bytes.
const TEXT: usize = 1 << 20;

/// A view that is not the selected object's.
#[derive(Debug)]
pub struct Opened {
    /// What it is of: code, or a path.
    pub title: String,
    /// The code that gives it, where there is some.
    pub code: Option<String>,
    /// The value, where it is of one.
    pub value: Option<Held>,
    /// What it shows.
    pub content: Content,
    /// Of which changes it shows the outcome.
    pub(super) follows: Follows,
    /// Whether there was such a change since it was made.
    pub(super) stale: bool,
    /// The warnings that were told already.
    noted: Vec<String>,
}

/// What a view shows beside its facts.
#[derive(Debug)]
pub enum Content {
    /// The elements of an array, in the grid.
    Array(Array),
    /// A text.
    Text(TextPage),
    /// Statistics.
    Statistics(Box<StatisticsPage>),
    /// The names that were assigned, as the lines of the details.
    Names,
}

/// A text of several lines.
#[derive(Debug)]
pub struct TextPage {
    /// The lines, safe for a terminal.
    pub lines: Vec<String>,
    /// The first that is shown, counted after wrapping.
    pub first: usize,
}

impl TextPage {
    fn new(text: &str) -> TextPage {
        let mut end = text.len().min(TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut lines: Vec<String> =
            text[..end].split('\n').map(|l| escape(l.replace('\t', "    ").as_bytes())).collect();
        if end < text.len() {
            lines.push(format!("… {} bytes more", text.len() - end));
        }
        TextPage { lines, first: 0 }
    }

    /// The lines, wrapped to a width.
    pub fn wrapped(&self, width: usize) -> Vec<&str> {
        wrapped(self.lines.iter().map(String::as_str), width)
    }

    /// Scrolls by rows, kept inside.
    fn scroll(&mut self, to: u64, width: usize, height: usize) {
        let last = self.wrapped(width).len().saturating_sub(height.max(1));
        self.first = usize::try_from(to).unwrap_or(usize::MAX).min(last);
    }
}

/// A view that was left.
#[derive(Debug)]
pub struct Saved {
    object: Option<(usize, ObjectPath)>,
    opened: Option<Opened>,
    details: Option<DetailsView>,
    grid: Option<Grid>,
    pane: Pane,
}

impl Saved {
    pub(super) fn view(&mut self) -> Option<&mut Opened> {
        self.opened.as_mut()
    }

    pub(super) fn statistics(&mut self) -> Option<&mut StatisticsPage> {
        match &mut self.opened.as_mut()?.content {
            Content::Statistics(page) => Some(page),
            _ => None,
        }
    }
}

impl App {
    /// Takes what is shown from the screen, with all that is needed to show it again.
    fn put_aside(&mut self) -> Saved {
        self.page_ticket = None;
        self.page_asked = None;
        self.details_ticket = None;
        self.give_up(Kind::Page);
        if let (Some(_), Some(opened)) = (self.array_ticket.take(), &mut self.opened) {
            opened.stale = true;
        }
        Saved {
            object: self.shown.clone(),
            opened: self.opened.take(),
            details: self.details.take(),
            grid: self.grid.take(),
            pane: self.pane,
        }
    }

    /// Leaves what is shown, so that one can come back to it.
    pub(super) fn leave(&mut self) {
        let saved = self.put_aside();
        if saved.opened.is_none() {
            // drawn until there is something else
            self.details = saved.details.clone();
            self.grid = saved.grid.clone();
        }
        self.back.push(saved);
        if self.back.len() > BACK {
            self.back.remove(0);
        }
        self.forward.clear();
    }

    /// Shows again what was left.
    pub(super) fn restore(&mut self, saved: Saved) {
        self.pane = saved.pane;
        self.details = saved.details;
        self.grid = saved.grid;
        self.shown = self.selected();
        if saved.opened.is_none() {
            let here = self.selected();
            if let Some(object) = saved.object {
                self.details_file = Some(object.0);
                match here.as_ref() == Some(&object) {
                    // it may have changed since
                    true => self.shown = None,
                    false => self.going = Some(object),
                }
            }
        }
        self.opened = saved.opened;
        if let Some(grid) = &mut self.grid {
            grid.set_size(self.sizes.grid_rows as u64, self.sizes.grid_width as u64);
        }
        if let Some(Content::Statistics(page)) = self.opened.as_mut().map(|o| &mut o.content) {
            page.changed = true;
        }
    }

    /// Goes back to what was shown before, or forward again.
    pub(super) fn travel(&mut self, back: bool) {
        let saved = if back { self.back.pop() } else { self.forward.pop() };
        let Some(saved) = saved else {
            let way = if back { "back" } else { "forward" };
            self.message = Some(format!("nothing to go {way} to"));
            return;
        };
        if back && matches!(self.opened, Some(Opened { content: Content::Statistics(_), .. })) {
            self.stop_statistics();
        }
        let here = self.put_aside();
        if back {
            self.forward.push(here)
        } else {
            self.back.push(here)
        }
        self.restore(saved);
    }

    /// Shows a view in the place of what is shown.
    fn open(&mut self, opened: Opened, details: Details, grid: Option<Grid>, pane: Pane) {
        self.leave();
        self.opened = Some(opened);
        self.details = Some(DetailsView { details, scroll: 0, cursor: 0 });
        self.grid = grid;
        self.pane = pane;
        self.ahead.clear();
        self.enter_grid = false;
        self.shown = self.selected();
        if let Some(grid) = &mut self.grid {
            grid.set_size(self.sizes.grid_rows as u64, self.sizes.grid_width as u64);
        }
    }

    /// Runs code, and shows what it gives; where it takes something away, asks before.
    pub(super) fn run_code(&mut self, code: &str) {
        self.run_line(Line::Code(code.into()), false);
    }

    /// Has told what a line would change.
    pub(super) fn try_line(&mut self, line: Line) {
        let (ticket, cx) = self.start(Kind::Code, &words_of(&line));
        let here = self.here();
        self.out.push(Request::Compute(Ask::Try { ticket, line, here, cx }));
    }

    /// Takes what was computed.
    pub(super) fn computed(&mut self, answer: Answer) {
        match answer {
            Answer::Ran { ticket, result } => {
                let Some(Job { what, cx, after, .. }) = self.finish(ticket) else { return };
                let notes = cx.take_notes();
                // what was typed may have changed a file
                self.out.push(Request::Look);
                match result {
                    Ok(made) => {
                        let (placed, said) = self.ran(after);
                        let made = if placed { made.without_value() } else { made };
                        self.made(what, made, notes, said);
                    }
                    Err(mut fault) => {
                        fault.place = fault.place.and_then(|place| after.in_line(place));
                        self.failed(&what, fault);
                        self.say_kept(&after);
                    }
                }
            }
            Answer::Page { ticket, result } => {
                let Some(job) = self.finish(ticket) else { return };
                if self.page_ticket != Some(ticket) {
                    return;
                }
                self.page_ticket = None;
                self.note(job.cx.take_notes());
                if let Some(grid) = &mut self.grid {
                    grid.fault = None;
                    match result {
                        Ok(page) => grid.page = Some(page),
                        Err(fault) if fault.cancelled => {
                            grid.fault =
                                Some("computing was cancelled (R computes it anew)".into());
                        }
                        Err(fault) => grid.fault = Some(fault.text),
                    }
                    grid.settle(self.sizes.grid_width as u64);
                }
            }
            Answer::Statistics { ticket, update } => {
                if self.jobs.iter().any(|j| j.ticket == ticket) {
                    self.statistics_update(ticket, update);
                }
            }
            Answer::Done { ticket, result } => {
                let Some(job) = self.finish(ticket) else { return };
                self.note(job.cx.take_notes());
                if job.kind == Kind::Code {
                    // the file is what it was before, or after
                    self.out.push(Request::Look);
                }
                if job.kind == Kind::Statistics {
                    self.statistics_done(ticket, result);
                    return;
                }
                match result {
                    Ok(said) => self.message = Some(said),
                    Err(fault) => self.failed(&job.what, fault),
                }
            }
            Answer::Text { ticket, result } => {
                let Some(job) = self.finish(ticket) else { return };
                match result {
                    Ok(text) => {
                        self.effects.push(super::action::Effect::Copy { text, what: "value" })
                    }
                    Err(fault) => self.failed(&job.what, fault),
                }
            }
            Answer::Literal { ticket, hole, large, result } => {
                let Some(job) = self.finish(ticket) else { return };
                match result {
                    Ok(literal) => self.open_literal(hole, literal, large),
                    Err(fault) => self.failed(&job.what, fault),
                }
            }
            Answer::Tried { ticket, line, result } => {
                let Some(job) = self.finish(ticket) else { return };
                // the file is read anew, though it is what it was
                self.out.push(Request::Look);
                match result {
                    Ok(preview) => self.show_preview(line, &preview),
                    Err(mut fault) => {
                        let from = after::value_at(&line);
                        let shifted = |p: Range<usize>| Some(from? + p.start..from? + p.end);
                        fault.place = fault.place.and_then(shifted);
                        self.failed(&job.what, fault);
                    }
                }
            }
            Answer::Weighed { ticket, nodes, result } => {
                let Some(job) = self.finish(ticket) else { return };
                match result {
                    Ok(weight) => self.ask_to_delete(&nodes, weight),
                    Err(fault) => self.failed(&job.what, fault),
                }
            }
            Answer::Records { ticket, file, result } => {
                let Some(job) = self.finish(ticket) else { return };
                match result {
                    Ok(0) => self.message = Some("there are no changes to forget".into()),
                    Ok(changes) => self.put_question(Question::Forget { file, changes }),
                    Err(fault) => self.failed(&job.what, fault),
                }
            }
            Answer::Array { ticket, result } => self.renewed(ticket, result),
            Answer::Changes { ticket, result } => {
                let Some(job) = self.finish(ticket) else { return };
                match result {
                    Ok(text) => {
                        let title = "changes, the oldest first".into();
                        self.reader = Some(Reader { title, text, first: 0 });
                    }
                    Err(fault) => self.failed(&job.what, fault),
                }
            }
            Answer::MayChange { file } => self.put_question(Question::MayChange { file }),
            Answer::Completed { ticket, completion } => self.completed(ticket, completion),
            Answer::Names { ticket, names } => {
                if self.names_ticket == Some(ticket) {
                    self.names_ticket = None;
                    self.open_names(names);
                }
            }
            Answer::History(mut lines) => {
                lines.append(&mut self.lines);
                self.lines = lines;
            }
        }
    }

    fn failed(&mut self, what: &str, fault: Fault) {
        if fault.cancelled {
            let first = what.lines().next().unwrap_or("");
            self.message = Some(format!("cancelled: {}", escape(first.as_bytes())));
            return;
        }
        self.blame = fault.place.and_then(|place| Blame::new(what, place));
        self.message = Some(fault.text);
    }

    /// Tells warnings that were not told of this view.
    fn note(&mut self, notes: Vec<String>) {
        let known = self.opened.as_mut().map(|o| &mut o.noted);
        let fresh: Vec<String> = match known {
            Some(known) => {
                let fresh: Vec<String> = notes.into_iter().filter(|n| !known.contains(n)).collect();
                known.extend(fresh.iter().cloned());
                fresh
            }
            None => notes,
        };
        if !fresh.is_empty() {
            self.message = Some(fresh.join("; "));
        }
    }

    fn made(&mut self, code: String, made: Made, notes: Vec<String>, said: Option<String>) {
        let Made { value, live, face, printed } = made;
        let text = match &face {
            Face::Nothing if printed.is_empty() => {
                self.message = Some(match notes.is_empty() {
                    true => said.unwrap_or_else(|| "done".into()),
                    false => notes.join("; "),
                });
                return;
            }
            Face::Nothing => printed.trim_end_matches('\n').to_string(),
            Face::Text(text) => format!("{printed}{text}"),
            Face::Array(_) => String::new(),
        };
        let title = code.lines().collect::<Vec<_>>().join("; ");
        let mut details = Details::of_result();
        if let Some(Held(value)) = &value {
            details.facts.push(Fact { key: "type", value: value.type_name() });
        }
        let (content, grid, pane) = match face {
            Face::Array(array) => {
                describe(&mut details, &array);
                let grid = grid_of(&array);
                (Content::Array(array), Some(grid), Pane::Grid)
            }
            _ => (Content::Text(TextPage::new(&text)), None, Pane::Grid),
        };
        let shown = escape(title.as_bytes());
        let opened = Opened {
            title: shown,
            code: Some(code),
            value,
            content,
            follows: if live { Follows::Value } else { Follows::Nothing },
            stale: false,
            noted: Vec::new(),
        };
        self.open(opened, details, grid, pane);
        self.note(notes);
    }

    fn open_names(&mut self, names: Vec<NameLine>) {
        let mut details = Details::of_result();
        details.facts.push(Fact { key: "names", value: names.len().to_string() });
        details.attributes = names
            .into_iter()
            .map(|n| AttributeLine {
                name: escape(n.name.as_bytes()),
                kind: String::new(),
                value: escape(format!("{}  {}", n.kind, n.value).trim_end().as_bytes()),
                target: None,
            })
            .collect();
        let opened = Opened {
            title: "names".into(),
            code: None,
            value: None,
            content: Content::Names,
            follows: Follows::Nothing,
            stale: false,
            noted: Vec::new(),
        };
        self.open(opened, details, None, Pane::Details);
        if let Some(view) = &mut self.details {
            view.cursor = usize::from(view.lines() > 1);
        }
    }

    /// The name under the cursor of the list of names.
    pub(super) fn name_here(&self) -> Option<String> {
        let opened = self.opened.as_ref()?;
        let view = self.details.as_ref().filter(|_| matches!(opened.content, Content::Names))?;
        let at = view.cursor.checked_sub(view.details.facts.len())?;
        view.details.attributes.get(at).map(|a| a.name.clone())
    }

    /// The text that is shown, if one is.
    pub fn text_page(&self) -> Option<&TextPage> {
        match &self.opened.as_ref()?.content {
            Content::Text(page) => Some(page),
            _ => None,
        }
    }

    /// Scrolls the text that is shown; whether there is one.
    pub(super) fn scroll_text(&mut self, to: impl FnOnce(u64) -> u64) -> bool {
        let (width, height) = (self.sizes.extra_width, self.sizes.extra);
        match self.opened.as_mut().map(|o| &mut o.content) {
            Some(Content::Text(page)) => {
                page.scroll(to(page.first as u64), width, height);
                true
            }
            _ => false,
        }
    }

    /// What `s`, `:write` and copying are about: the result, or the selected dataset.
    fn subject(&self) -> Result<(Subject, String), String> {
        if let Some(opened) = &self.opened {
            return match &opened.value {
                Some(value) => Ok((Subject::Value(value.clone()), opened.title.clone())),
                None => Err("there is no value here".into()),
            };
        }
        match (&self.details, &self.shown) {
            (Some(view), Some((file, path))) if view.details.kind == Some(ObjectKind::Dataset) => {
                Ok((Subject::Stored(*file, path.clone()), path.to_string()))
            }
            _ => Err("the selected object has no elements".into()),
        }
    }

    /// Writes what is shown to a file.
    pub(super) fn write(&mut self, path: std::path::PathBuf, over: bool) {
        let of = match self.subject() {
            Ok((of, _)) => of,
            Err(e) => {
                self.message = Some(format!("write: {e}"));
                return;
            }
        };
        let (ticket, cx) = self.start(Kind::Write, &format!("write {}", path.display()));
        self.out.push(Request::Compute(Ask::Write { ticket, of, path, over, cx }));
    }

    /// Copies a result whole.
    pub(super) fn copy_value(&mut self) {
        match self.opened.as_ref().and_then(|o| o.value.clone()) {
            Some(of) => {
                let (ticket, cx) = self.start(Kind::Text, "copy");
                self.out.push(Request::Compute(Ask::Text { ticket, of, cx }));
            }
            None => self.message = Some("yv copies a result; yy copies the cell".into()),
        }
    }

    /// Asks for the names.
    pub(super) fn list_names(&mut self) {
        let ticket = self.ticket();
        self.names_ticket = Some(ticket);
        self.out.push(Request::Compute(Ask::Names { ticket }));
    }

    /// Opens statistics of what is shown.
    pub(super) fn open_statistics(&mut self) {
        if matches!(self.opened, Some(Opened { content: Content::Statistics(_), .. })) {
            self.message = Some("these are statistics".into());
            return;
        }
        let (of, name) = match self.subject() {
            Ok(subject) => subject,
            Err(e) => {
                self.message = Some(format!("statistics: {e}"));
                return;
            }
        };
        let axis = match &self.grid {
            Some(Grid { columns: Columns::Axis(a), .. }) => Some(*a),
            _ => None,
        };
        let fields = match (&self.opened, &self.details) {
            (None, Some(view)) => view.details.data.as_ref().map_or(Vec::new(), |(_, d)| {
                let compound = matches!(d.class, crate::store::Class::Compound(_));
                if compound && d.complex_part().is_none() { grid::fields(d) } else { Vec::new() }
            }),
            _ => Vec::new(),
        };
        let focus = match (self.pane, &self.grid) {
            (Pane::Grid, Some(grid)) => Some(grid.cursor.1),
            _ => None,
        };
        let value = match &of {
            Subject::Value(value) => Some(value.clone()),
            Subject::Stored(..) => None,
        };
        let follows = match (&of, &self.opened) {
            (Subject::Stored(file, _), _) => Follows::File(*file),
            (_, Some(opened)) => opened.follows,
            _ => Follows::Nothing,
        };
        let title = format!("statistics of {name}");
        let (ticket, cx) = self.start(Kind::Statistics, &title);
        let task = Task { of: of.clone(), axis, fields: fields.clone() };
        let page = StatisticsPage::new(ticket, name, focus, task);
        let opened = Opened {
            title,
            code: None,
            value,
            content: Content::Statistics(Box::new(page)),
            follows,
            stale: false,
            noted: Vec::new(),
        };
        self.open(opened, Details::of_result(), None, Pane::Details);
        self.out.push(Request::Compute(Ask::Statistics { ticket, of, axis, fields, cx }));
    }

    /// The code that gives what is selected: `f["/run/t"][2, :, 3]`.
    pub fn code_here(&self) -> Option<String> {
        let base = match &self.opened {
            Some(Opened { code: Some(code), .. }) if !code.contains('\n') => {
                let plain = code.chars().all(|c| c.is_alphanumeric() || "_.[]\"'/:, ".contains(c))
                    && !code.contains(", ");
                if plain { code.clone() } else { format!("({code})") }
            }
            Some(_) => "_".into(),
            None => {
                let (_, path) = self.selected()?;
                super::editing::code_of(&path)
            }
        };
        let slice = match (&self.grid, self.pane) {
            (Some(grid), Pane::Grid) => grid.slice(),
            _ => String::new(),
        };
        Some(base + &slice)
    }
}

/// A line, for people.
pub(super) fn words_of(line: &Line) -> String {
    match line {
        Line::Code(code) => code.trim().to_string(),
        Line::Edits(edits) => edits.iter().map(Edit::line).collect::<Vec<_>>().join("; "),
    }
}

/// What is said of an array beside its elements.
pub(super) fn describe(details: &mut Details, array: &Array) {
    let mut fact = |key, value| details.facts.push(Fact { key, value });
    fact("shape", dtype::tuple(array.shape()));
    fact("dtype", array.dtype().to_string());
    let bytes = array.len() as u128 * array.dtype().size() as u128;
    if *array.dtype() != DType::Object {
        fact("size", crate::store::byte_size(bytes));
    }
}
