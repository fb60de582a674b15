//! Prints the first page of every object of a file, through the program without its terminal.
//!
//! usage: first_pages FILE
//!
//! One JSON object a line for each object that hard links lead to, each once: its path, its
//! attributes' texts, and for a dataset the texts of the cells that the grid shows first. Every
//! object is selected as a user would select it, read by the reading thread and drawn at two
//! sizes. The tests compare what is printed with what h5py reads.

use std::collections::HashSet;
use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ch5tui::app::grid::Columns;
use ch5tui::app::jobs::{Jobs, Reply};
use ch5tui::app::keys::Keys;
use ch5tui::app::names::NameTable;
use ch5tui::app::state::App;
use ch5tui::store::{File, H5Mode, ObjectKind, ObjectPath, WalkOrder};
use ch5tui::tui::draw::{View, draw};
use ch5tui::tui::layout;
use ch5tui::tui::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use serde_json::{Map, Value, json};

const ROWS: usize = 20;
const COLUMNS: usize = 12;
const CELL: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args_os().nth(1).ok_or("usage: first_pages FILE")?;
    let file = match File::open(&name, H5Mode::Read) {
        Ok(file) => file,
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(1);
        }
    };
    let mut program = Program::start(name.into())?;
    let mut seen = HashSet::new();
    let mut stack = vec![ObjectPath::root()];
    while let Some(path) = stack.pop() {
        if !matches!(file.link(&path), Ok(ch5tui::store::Link::Hard)) {
            continue;
        }
        let Ok(info) = file.info(&path) else { continue };
        if !seen.insert(info.id) {
            continue;
        }
        println!("{}", program.object(&path)?);
        if info.kind == ObjectKind::Group {
            let mut names = NameTable::default();
            let walked = file.walk(&path, WalkOrder::Native, 0, &mut |name| {
                names.push(name);
                ControlFlow::Continue(())
            });
            if walked.is_err() {
                continue;
            }
            names.sort();
            stack.extend((0..names.len()).rev().map(|i| path.join(names.name(names.at(i)))));
        }
    }
    Ok(())
}

/// The program without its terminal.
struct Program {
    app: App,
    jobs: Jobs,
    replies: Receiver<Reply>,
    theme: Theme,
}

impl Program {
    fn start(path: std::path::PathBuf) -> Result<Program, Box<dyn Error>> {
        let (send, replies) = channel();
        let sink = Arc::new(move |reply| {
            let _ = send.send(reply);
        });
        let jobs = Jobs::start(sink, None)?;
        let app = App::new(vec![(path, None, H5Mode::Read)]);
        Ok(Program { app, jobs, replies, theme: Theme::new(true, false) })
    }

    /// Selects an object and waits until all of it is on the screen.
    fn select(&mut self, path: &ObjectPath) -> Result<(), Box<dyn Error>> {
        self.app.go_to(0, path.clone());
        loop {
            let area = Rect::new(0, 0, 120, 48);
            let places = layout::places(area, &self.app);
            let sizes = layout::sizes(&places, &self.app);
            self.app.set_sizes(sizes);
            self.app.requests().into_iter().for_each(|r| self.jobs.ask(r));
            if self.app.is_settled() {
                return Ok(());
            }
            let reply = self.replies.recv_timeout(Duration::from_secs(60))?;
            self.app.reply(reply);
        }
    }

    fn object(&mut self, path: &ObjectPath) -> Result<Value, Box<dyn Error>> {
        self.select(path)?;
        for (w, h) in [(80, 24), (40, 10)] {
            let mut terminal = Terminal::new(TestBackend::new(w, h))?;
            let keys = Keys::default();
            let view = View { theme: &self.theme, keys: &keys, editor: None, slow: false };
            terminal.draw(|frame| draw(frame, &self.app, &view))?;
        }
        let view = self.app.details.as_ref().ok_or("no details were read")?;
        let d = &view.details;
        if d.path != *path {
            return Err(format!("{path} was not found in the tree").into());
        }
        let mut out = Map::new();
        out.insert("path".into(), json!(path.to_text()));
        let attributes = d.attributes.iter().map(|a| (a.name.clone(), json!(cut(&a.value))));
        out.insert("attrs".into(), Value::Object(attributes.collect()));
        if d.kind == Some(ObjectKind::Dataset) {
            if let Some(fault) = &d.fault {
                out.insert("error".into(), json!(fault));
            }
            self.page(&mut out);
        }
        Ok(Value::Object(out))
    }

    fn page(&self, out: &mut Map<String, Value>) {
        let null = self.app.details.as_ref().and_then(|v| v.details.data.as_ref());
        let Some(grid) = &self.app.grid else {
            let is_null = null.is_some_and(|(e, _)| *e == ch5tui::store::Extent::Null);
            let fields = null.filter(|(e, _)| !is_null && e.dims().len() == 1);
            let fields =
                fields.map(|(_, d)| ch5tui::app::grid::fields(d)).filter(|f| !f[0].1.is_empty());
            let names =
                fields.map(|f| f.into_iter().take(COLUMNS).map(|f| f.0).collect::<Vec<_>>());
            out.insert("columns".into(), json!(names));
            out.insert("cells".into(), if is_null { Value::Null } else { json!([]) });
            return;
        };
        if let Some(fault) = &grid.fault {
            out.insert("error".into(), json!(fault));
            return;
        }
        let (rows, cols) = grid.extent();
        let columns = match &grid.columns {
            Columns::Fields(f) => json!(f.iter().take(COLUMNS).map(|f| &f.0).collect::<Vec<_>>()),
            _ => Value::Null,
        };
        out.insert("columns".into(), columns);
        let cells: Vec<Vec<String>> = (0..rows.min(ROWS as u64))
            .map(|r| {
                let texts = (0..cols.min(COLUMNS as u64))
                    .map(|c| grid.cell(r, c).map_or("NOT READ".into(), |cell| cut(&cell.text)));
                texts.collect()
            })
            .collect();
        out.insert("cells".into(), json!(cells));
    }
}

fn cut(text: &str) -> String {
    text.chars().take(CELL).collect()
}
