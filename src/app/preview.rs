//! What a change would make of a file, as a text that is read before it is made.

use super::editing::weight_in_words;
use crate::array::print::{Style, text};
use crate::store::byte_size;
use crate::store::{Difference, ObjectPath, Preview, Value, escape};

/// Differences that are listed.
const LISTED: usize = 200;

/// Whether something is taken away that was there.
pub fn deletes(preview: &Preview) -> bool {
    preview.differences.iter().any(|d| match d {
        Difference::Deleted { .. } => true,
        Difference::Attribute { after, .. } => after.is_none(),
        Difference::Resized { from, to, .. } => from.iter().zip(to).any(|(f, t)| t < f),
        _ => false,
    })
}

/// The preview as lines.
pub fn lines(preview: &Preview) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut made: Vec<&ObjectPath> = Vec::new();
    for difference in preview.differences.iter().take(LISTED) {
        if let Difference::Created { path, .. } = difference {
            made.push(path);
        }
        describe(difference, made.contains(&difference.path()), &mut out);
    }
    let more = preview.differences.len().saturating_sub(LISTED);
    if more > 0 {
        out.push(format!("and {more} more"));
    }
    match out.is_empty() {
        true => out.push("nothing is changed".into()),
        false => {
            out.push(String::new());
            out.push(format!("{} are written to the file", byte_size(preview.bytes)));
        }
    }
    if preview.cut {
        out.push("This is the beginning: the rest was not tried, because it is much.".into());
    }
    out.join("\n")
}

/// One difference; `new` where it is of an object that is new.
fn describe(difference: &Difference, new: bool, out: &mut Vec<String>) {
    match difference {
        Difference::Created { path, what } => out.push(format!("new      {path}   {what}")),
        Difference::Deleted { path, weight } => {
            out.push(format!("deleted  {path}   {}", weight_in_words(weight)));
        }
        Difference::Moved { from, to } => out.push(format!("moved    {from} -> {to}")),
        Difference::Resized { path, from, to } => {
            out.push(format!("resized  {path}   {} -> {}", shape(from), shape(to)));
        }
        Difference::Attribute { path, name, before, after } => {
            let (old, after) = (attribute(before.as_ref()), attribute(after.as_ref()));
            out.push(match before {
                None => format!("new      {path} @{}   {after}", escape(name)),
                Some(_) => format!("changed  {path} @{}   {old} -> {after}", escape(name)),
            });
        }
        Difference::Wrote { path, cells, first } => {
            let plural = if *cells == 1 { "" } else { "s" };
            let what = if new { "new    " } else { "changed" };
            out.push(format!("{what}  {path}   {cells} element{plural}"));
            for (at, before, after) in first {
                let at: Vec<String> = at.iter().map(u64::to_string).collect();
                let value = |v: &Option<Value>| v.as_ref().map_or("?".into(), shown);
                let (at, after) = (at.join(", "), value(after));
                out.push(match new {
                    true => format!("           [{at}]   {after}"),
                    false => format!("           [{at}]   {} -> {after}", value(before)),
                });
            }
            if (first.len() as u64) < *cells {
                out.push("           ...".into());
            }
        }
    }
}

fn shape(dims: &[u64]) -> String {
    crate::array::naming::tuple(dims)
}

fn shown(value: &Value) -> String {
    let text = text(value, Style::default());
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A value of an attribute; none where there is no attribute.
fn attribute(value: Option<&Option<Value>>) -> String {
    match value {
        None => "(none)".into(),
        Some(None) => "Empty".into(),
        Some(Some(value)) => shown(value),
    }
}
