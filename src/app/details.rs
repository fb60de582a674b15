//! What the screen says of one object: facts as key and value, attributes as lines.

use super::kinds;
use crate::array::print::{Style, text};
use crate::array::{naming, time};
use crate::store::{
    self, Datatype, Extent, File, Fill, Layout, Limits, Link, ObjectKind, ObjectPath, Reference,
    StoreError, Value, byte_size, escape,
};

/// The most attributes that are read for the screen.
const ATTRIBUTES: usize = 1000;

/// The most chunks whose storage is counted before anything is shown.
const AT_ONCE: u64 = 10_000;

/// One fact of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about: `shape`.
    pub key: &'static str,
    /// What it says: `(600,)`.
    pub value: String,
}

/// One attribute as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeLine {
    /// Its name, safe for a terminal.
    pub name: String,
    /// Its type and shape in short.
    pub kind: String,
    /// Its value, or why it can't be read.
    pub value: String,
    /// Where it points, if it is a reference.
    pub target: Option<ObjectPath>,
}

/// All that is shown of the selected object beside its data.
#[derive(Debug, Clone)]
pub struct Details {
    /// The object's path.
    pub path: ObjectPath,
    /// Its kind; none where it can't be opened.
    pub kind: Option<ObjectKind>,
    /// The link that leads to it.
    pub link: Link,
    /// The facts, most telling first.
    pub facts: Vec<Fact>,
    /// The attributes.
    pub attributes: Vec<AttributeLine>,
    /// A dataset's shape and type.
    pub data: Option<(Extent, Datatype)>,
    /// The sentence that stands in place of what can't be read.
    pub fault: Option<String>,
    /// Whether the size of the storage is still to be found out.
    pub storage_is_due: bool,
}

fn attribute_line(name: &[u8], a: store::Attribute) -> AttributeLine {
    let stored = || a.value.as_ref().map_or("Empty".into(), |v| text(v, Style::default()));
    let (kind, value) = match kinds::of_pickle(&a) {
        Some(value) => ("pickle".into(), value),
        None => (naming::short_name(&a.dtype), stored()),
    };
    let shape = match &a.extent {
        Extent::Scalar => String::new(),
        extent => format!(" {}", naming::shape(extent)),
    };
    let target = match a.value {
        Some(Value::Reference(Reference::Target { path, .. })) => path,
        _ => None,
    };
    AttributeLine { name: escape(name), kind: format!("{kind}{shape}"), value, target }
}

impl Details {
    /// Asks the file. Never fails: what is wrong is told inside.
    pub fn read(file: &File, path: &ObjectPath) -> Details {
        let mut details = Details::empty(path);
        if let Err(e) = details.fill(file) {
            details.fault = Some(e.reason());
        }
        details
    }

    /// What is shown of an object whose file is not open.
    pub fn unread(path: &ObjectPath, error: &StoreError) -> Details {
        Details { fault: Some(error.to_string()), ..Details::empty(path) }
    }

    /// What is shown of a result: to be filled.
    pub fn of_result() -> Details {
        Details::empty(&ObjectPath::root())
    }

    fn empty(path: &ObjectPath) -> Details {
        Details {
            path: path.clone(),
            kind: None,
            link: Link::Hard,
            facts: Vec::new(),
            attributes: Vec::new(),
            data: None,
            fault: None,
            storage_is_due: false,
        }
    }

    fn fact(&mut self, key: &'static str, value: impl Into<String>) {
        self.facts.push(Fact { key, value: value.into() });
    }

    fn fill(&mut self, file: &File) -> Result<(), StoreError> {
        let path = self.path.clone();
        self.link = file.link(&path)?;
        let target = self.link.to_string();
        match self.link {
            Link::Hard => {}
            Link::Soft { .. } => self.fact("soft link", format!("-> {target}")),
            Link::External { .. } => self.fact("external link", format!("-> {target}")),
            Link::User { .. } => self.fact("user-defined link", target),
        }
        let info = file.info(&path)?;
        self.kind = Some(info.kind);
        match info.kind {
            ObjectKind::Dataset => self.dataset(file)?,
            ObjectKind::Datatype => {
                let dtype = file.datatype(&path)?;
                self.fact("dtype", naming::numpy_name(&dtype));
                self.fact("type", naming::hdf5_words(&dtype));
                self.members(&dtype);
            }
            _ => {}
        }
        if path.is_root() {
            self.fact("file", format!("{}, {} bytes", file.shown_path(), file.stamp().size()));
            if file.user_block() > 0 {
                self.fact("user block", format!("{} bytes", file.user_block()));
            }
        }
        if info.creation_order {
            self.fact("order", "creation order is kept");
        }
        if info.references > 1 {
            self.fact("links", format!("{} hard links lead here", info.references));
        }
        if let Some(seconds) = info.changed {
            let when = jiff::Timestamp::from_second(seconds);
            let text = when.map_or_else(
                |_| time::seconds_since_1970(seconds.into()),
                |t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            );
            self.fact("changed", text);
        }
        if let Some(comment) = info.comment {
            self.fact("comment", escape(&comment));
        }
        if info.attributes > 0 {
            self.attributes(file);
        }
        Ok(())
    }

    fn attributes(&mut self, file: &File) {
        let names = match file.attribute_names(&self.path) {
            Ok(names) => names,
            Err(e) => {
                self.fault = Some(e.reason());
                return;
            }
        };
        for name in names.iter().take(ATTRIBUTES) {
            let line = match file.attribute(&self.path, name, Limits::CELL) {
                Ok(a) => attribute_line(name, a),
                Err(e) => AttributeLine {
                    name: escape(name),
                    kind: String::new(),
                    value: e.reason(),
                    target: None,
                },
            };
            self.attributes.push(line);
        }
        if names.len() > ATTRIBUTES {
            let value = format!("{} more are not shown", names.len() - ATTRIBUTES);
            self.attributes.push(AttributeLine {
                name: "…".into(),
                kind: String::new(),
                value,
                target: None,
            });
        }
    }

    fn dataset(&mut self, file: &File) -> Result<(), StoreError> {
        let facts = file.dataset(&self.path)?;
        self.fact(
            "shape",
            match &facts.extent {
                Extent::Null => "none: a null dataspace".into(),
                extent => naming::shape(extent),
            },
        );
        if let Extent::Simple { dims, max } = &facts.extent
            && !dims.iter().zip(max).all(|(d, m)| Some(*d) == *m)
        {
            self.fact("max shape", naming::max_shape(&facts.extent).unwrap_or_default());
        }
        self.fact("dtype", naming::numpy_name(&facts.dtype));
        self.fact("type", naming::hdf5_words(&facts.dtype));
        if let Some(path) = &facts.committed {
            self.fact("committed as", path.to_string());
        }
        match &facts.layout {
            Layout::Chunked(chunks) => self.fact("chunks", naming::tuple(chunks)),
            layout => self.fact("layout", layout.name()),
        }
        if !facts.filters.is_empty() {
            let words = facts.filters.iter().map(|f| {
                let settings = f.settings().map_or(String::new(), |s| format!(" ({s})"));
                let lacking = if f.available { "" } else { " [not in this build]" };
                format!("{}{settings}{lacking}", f.name())
            });
            self.fact("filters", words.collect::<Vec<_>>().join(", "));
        }
        // HDF5 walks the index of the chunks for it: at once only where that is short
        let many = matches!(&facts.layout, Layout::Chunked(chunks)
            if chunk_count(facts.extent.dims(), chunks) > AT_ONCE);
        self.storage_is_due = many;
        let stored = if many { None } else { file.storage_size(&self.path).ok() };
        let counted =
            stored.map_or("being counted".into(), |n| storage(&facts.extent, &facts.dtype, n));
        self.fact("storage", counted);
        match &facts.fill {
            Fill::Value(value) => self.fact("fill value", text(value, Style::default())),
            Fill::Undefined => self.fact("fill value", "undefined"),
            Fill::Default => {}
        }
        match &facts.layout {
            Layout::External(files) => {
                for f in files.iter().take(8) {
                    let size = f.size.map_or("to its end".into(), |n| format!("{n} bytes"));
                    self.fact("in file", format!("{}, from {}, {size}", escape(&f.file), f.offset));
                }
            }
            Layout::Virtual(sources) => {
                for s in sources.iter().take(8) {
                    self.fact("source", format!("{}:{}", escape(&s.file), escape(&s.path)));
                }
                if sources.len() > 8 {
                    self.fact("source", format!("and {} more", sources.len() - 8));
                }
            }
            _ => {}
        }
        self.members(&facts.dtype);
        self.data = Some((facts.extent, facts.dtype));
        Ok(())
    }

    /// The names of an enumeration and the fields of a compound.
    fn members(&mut self, dtype: &Datatype) {
        use crate::store::Class;
        match &dtype.class {
            Class::Enum { members, .. } if !dtype.is_bool() => {
                let names =
                    members.iter().take(64).map(|m| format!("{}={}", escape(&m.name), m.value));
                let more = if members.len() > 64 { ", …" } else { "" };
                self.fact("names", format!("{}{more}", names.collect::<Vec<_>>().join(", ")));
            }
            Class::Compound(fields) if dtype.complex_part().is_none() => {
                let names = fields
                    .iter()
                    .take(64)
                    .map(|f| format!("{}: {}", escape(&f.name), naming::short_name(&f.dtype)));
                let more = if fields.len() > 64 { ", …" } else { "" };
                self.fact("fields", format!("{}{more}", names.collect::<Vec<_>>().join(", ")));
            }
            _ => {}
        }
    }

    /// Line number `i` as text: a fact, the fault, or an attribute's value.
    pub fn line(&self, i: usize) -> Option<String> {
        if let Some(fact) = self.facts.get(i) {
            return Some(format!("{} {}", fact.key, fact.value));
        }
        let i = i - self.facts.len();
        match (&self.fault, i) {
            (Some(fault), 0) => Some(fault.clone()),
            (fault, i) => {
                let attribute = self.attributes.get(i - usize::from(fault.is_some()))?;
                Some(format!("{} {}", attribute.name, attribute.value))
            }
        }
    }

    /// Fills in what a dataset takes in the file, which may take long to find out.
    pub fn set_storage(&mut self, stored: u64) {
        let Some((extent, dtype)) = &self.data else {
            return;
        };
        let text = storage(extent, dtype, stored);
        if let Some(fact) = self.facts.iter_mut().find(|f| f.key == "storage") {
            fact.value = text;
        }
        self.storage_is_due = false;
    }
}

/// What the elements take in the file, and what they would take plain.
fn storage(extent: &Extent, dtype: &Datatype, stored: u64) -> String {
    let full = u128::from(extent.elements()) * dtype.size as u128;
    let taken = byte_size(stored);
    // what variable lengths point at is stored elsewhere, and not counted
    if stored == 0 || full == u128::from(stored) || dtype.has_pointers() {
        return taken;
    }
    format!("{taken} for {} ({})", byte_size(full), ratio(full as f64 / stored as f64))
}

/// How many chunks a dataset has when all are written.
fn chunk_count(dims: &[u64], chunks: &[u64]) -> u64 {
    let counts = dims.iter().zip(chunks).map(|(d, c)| d.div_ceil((*c).max(1)));
    counts.fold(1, u64::saturating_mul)
}

fn ratio(r: f64) -> String {
    match r {
        r if r >= 100.0 => format!("{r:.0}x"),
        r => format!("{r:.1}x"),
    }
}
