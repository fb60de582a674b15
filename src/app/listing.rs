//! `--list`: the tree, one object a line, for people or as JSON.
//!
//! Written as it is found: only the names of the groups on the way down are held. Groups are
//! walked with a stack of our own, so depth costs no call stack, and a group that holds itself,
//! over any detour, is listed but not entered again.

use std::io::{self, Write};
use std::ops::ControlFlow;

use serde_json::{Map, Value as Json, json};

use super::names::NameTable;
use crate::array::naming;
use crate::store::{
    DatasetFacts, Extent, File, Held, Layout, Link, ObjectId, ObjectKind, ObjectPath, Result,
    StoreError, WalkOrder, escape, to_text,
};

/// How the tree is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// One JSON object a line.
    pub json: bool,
    /// Soft and external links are followed.
    pub follow: bool,
}

/// One object of the tree, as it is listed.
struct Entry {
    path: ObjectPath,
    kind: &'static str,
    dataset: Option<DatasetFacts>,
    attributes: Vec<Vec<u8>>,
    target: Option<Link>,
    /// Why it can't be read.
    fault: Option<String>,
    /// What to enter, where it is a group.
    group: Option<ObjectId>,
}

/// A group being listed.
struct Level {
    path: ObjectPath,
    id: ObjectId,
    names: NameTable,
    next: usize,
    /// Keeps the file of an external link open, so that its groups are known again.
    _held: Option<Held>,
}

/// Why a listing ended before its end.
#[derive(Debug)]
pub enum ListError {
    /// The place to start from isn't there.
    Store(StoreError),
    /// The output was closed or is full.
    Io(io::Error),
}

impl From<io::Error> for ListError {
    fn from(e: io::Error) -> Self {
        ListError::Io(e)
    }
}

/// Writes the tree of `file` from `at` down.
///
/// # Errors
/// `at` is not there, or `out` takes no more. What is damaged inside the tree is listed as such.
pub fn list(
    file: &File,
    at: &ObjectPath,
    options: Options,
    out: &mut dyn Write,
) -> std::result::Result<(), ListError> {
    file.link(at).map_err(ListError::Store)?;
    file.expect_whole_tree();
    let mut stack: Vec<Level> = Vec::new();
    let mut path = at.clone();
    loop {
        // held before its identity is asked for: a file opened anew is another to the library
        let held = if options.follow { file.hold(&path).ok() } else { None };
        let mut entry = entry(file, path, options);
        let inside = entry.group.filter(|id| !stack.iter().any(|level| level.id == *id));
        // names come before the line, which says so where they can't be read
        let names = match inside.map(|_| names(file, &entry.path)).transpose() {
            Ok(names) => names.unwrap_or_default(),
            Err(e) => {
                entry.fault = Some(e.reason());
                NameTable::default()
            }
        };
        write(&entry, options, out)?;
        if let Some(id) = inside {
            stack.push(Level { path: entry.path, id, names, next: 0, _held: held });
        }
        let next = loop {
            let Some(level) = stack.last_mut() else {
                return file.must_be_as_read().map_err(ListError::Store);
            };
            if level.next < level.names.len() {
                let link = level.names.at(level.next);
                level.next += 1;
                break level.path.join(level.names.name(link));
            }
            stack.pop();
        };
        path = next;
    }
}

fn names(file: &File, group: &ObjectPath) -> Result<NameTable> {
    let mut table = NameTable::default();
    file.walk(group, WalkOrder::Native, 0, &mut |name| {
        if table.push(name) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    table.sort();
    Ok(table)
}

/// An entry of which no more is known than its kind and where it points.
fn bare(path: ObjectPath, kind: &'static str, target: Option<Link>) -> Entry {
    let (dataset, fault, group) = (None, None, None);
    Entry { path, kind, dataset, attributes: Vec::new(), target, fault, group }
}

fn unreadable(path: ObjectPath, error: &StoreError) -> Entry {
    Entry { fault: Some(error.reason()), ..bare(path, "unreadable", None) }
}

fn entry(file: &File, path: ObjectPath, options: Options) -> Entry {
    let link = match file.link(&path) {
        Ok(link) => link,
        Err(e) => return unreadable(path, &e),
    };
    let target = (link != Link::Hard).then(|| link.clone());
    match (&link, options.follow) {
        (Link::Hard, _) => {}
        (Link::Soft { .. }, false) => {
            let kind = match leads(file, &path, &mut { SOFT_LINKS + 1 }) {
                Leads::Nowhere => "dangling",
                Leads::To(_) | Leads::Outside => "softlink",
            };
            return bare(path, kind, target);
        }
        (Link::External { .. }, false) => return bare(path, "externallink", target),
        (Link::User { .. }, false) => return bare(path, "userlink", target),
        (_, true) => {}
    }
    let info = match file.info(&path) {
        Ok(info) => info,
        Err(_) if matches!(link, Link::User { .. }) => return bare(path, "userlink", target),
        Err(_) if link != Link::Hard => return bare(path, "dangling", target),
        Err(e) => return unreadable(path, &e),
    };
    let mut fault = None;
    let dataset = match info.kind {
        ObjectKind::Dataset => match file.dataset(&path) {
            Ok(facts) => Some(facts),
            Err(e) => {
                fault = Some(e.reason());
                None
            }
        },
        _ => None,
    };
    let attributes = if info.attributes == 0 {
        Vec::new()
    } else {
        match file.attribute_names(&path) {
            Ok(mut names) => {
                names.sort();
                names
            }
            Err(e) => {
                fault = Some(e.reason());
                Vec::new()
            }
        }
    };
    let group = (info.kind == ObjectKind::Group).then_some(info.id);
    let kind = match (info.kind, &dataset) {
        (ObjectKind::Dataset, None) => "unreadable",
        (kind, _) => kind.name(),
    };
    Entry { path, kind, dataset, attributes, target, fault, group }
}

/// Soft links that are followed after the first before a path counts as a loop: HDF5's limit.
const SOFT_LINKS: u32 = 16;

/// Where a path leads when no other file is opened.
enum Leads {
    To(ObjectPath),
    /// Through an external or user-defined link: nothing here says that it leads nowhere.
    Outside,
    Nowhere,
}

/// Follows the soft links of a path, name by name.
fn leads(file: &File, path: &ObjectPath, budget: &mut u32) -> Leads {
    let mut here = ObjectPath::root();
    for name in path.parts() {
        let next = here.join(name);
        match file.link(&next) {
            Ok(Link::Hard) => here = next,
            Ok(Link::Soft { target }) => {
                if *budget == 0 {
                    return Leads::Nowhere;
                }
                *budget -= 1;
                match leads(file, &here.resolve(&target), budget) {
                    Leads::To(place) => here = place,
                    other => return other,
                }
            }
            Ok(Link::External { .. } | Link::User { .. }) => return Leads::Outside,
            Err(_) => return Leads::Nowhere,
        }
    }
    Leads::To(here)
}

fn write(entry: &Entry, options: Options, out: &mut dyn Write) -> io::Result<()> {
    if options.json {
        writeln!(out, "{}", safe_json(&as_json(entry)))
    } else {
        writeln!(out, "{}", as_line(entry))
    }
}

/// JSON on one line, with the characters that could disturb a terminal as JSON's own escapes.
fn safe_json(value: &Json) -> String {
    let text = value.to_string();
    let plain = |c: char| escape(c.encode_utf8(&mut [0; 4]).as_bytes()).len() == c.len_utf8();
    if text.chars().all(plain) {
        return text;
    }
    let escaped = |c: char| match plain(c) {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|u| format!("\\u{u:04x}")).collect(),
    };
    text.chars().map(escaped).collect()
}

fn as_json(entry: &Entry) -> Json {
    let mut map = Map::new();
    map.insert("path".into(), json!(entry.path.to_text()));
    map.insert("kind".into(), json!(entry.kind));
    if let Some(d) = &entry.dataset {
        let shape = if d.extent == Extent::Null { Json::Null } else { json!(d.extent.dims()) };
        map.insert("shape".into(), shape);
        map.insert("dtype".into(), json!(naming::numpy_name(&d.dtype)));
        let chunks = match &d.layout {
            Layout::Chunked(chunks) => json!(chunks),
            _ => Json::Null,
        };
        map.insert("chunks".into(), chunks);
        let filters: Vec<_> = d.filters.iter().map(|f| f.name()).collect();
        map.insert("filters".into(), json!(filters));
        map.insert("layout".into(), json!(d.layout.name()));
    }
    if matches!(entry.kind, "group" | "dataset" | "datatype") {
        map.insert(
            "attrs".into(),
            json!(entry.attributes.iter().map(|n| to_text(n)).collect::<Vec<_>>()),
        );
    }
    if let Some(target) = &entry.target {
        map.insert("target".into(), json!(target.to_text()));
    }
    if let Some(fault) = &entry.fault {
        map.insert("error".into(), json!(fault));
    }
    Json::Object(map)
}

fn as_line(entry: &Entry) -> String {
    let mut line = format!("{}  {}", entry.path, entry.kind);
    if let Some(d) = &entry.dataset {
        line += &format!("  {}  {}", naming::shape(&d.extent), naming::short_name(&d.dtype));
        match &d.layout {
            Layout::Chunked(chunks) => {
                line += &format!("  chunks {}", naming::tuple(chunks));
            }
            Layout::Contiguous => {}
            other => line += &format!("  {}", other.name()),
        }
        if !d.filters.is_empty() {
            let filters: Vec<_> = d.filters.iter().map(|f| f.name()).collect();
            line += &format!("  {}", filters.join(" "));
        }
    }
    match entry.attributes.len() {
        0 => {}
        1 => line += "  1 attribute",
        n => line += &format!("  {n} attributes"),
    }
    if let Some(target) = &entry.target {
        line += &format!("  -> {target}");
    }
    if let Some(fault) = &entry.fault {
        line += &format!("  ({fault})");
    }
    line
}
