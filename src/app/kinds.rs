//! What objects are to those who wrote them, in a few words for the tree: ch5mpy's lists, dicts,
//! objects and pickled values, scalars' values, NeXus classes, AnnData's and pandas' encodings.

use std::sync::Arc;

use crate::array::{Context, Settings};
use crate::numpy::{Value, show};
use crate::object::read::{GroupKind, group_kind, value};
use crate::object::{OpenFile, Place};
use crate::store::{self, Class, Extent, File, Limits, Node, ObjectKind, ObjectPath, escape};

/// The most bytes of a pickle that is decoded for the tree.
const PICKLE: usize = 64 << 10;
/// The most characters of a value.
const TEXT: usize = 200;

/// What an object is; none where its kind and type say all.
pub fn of(file: &Arc<File>, path: &ObjectPath, node: &Node) -> Option<String> {
    let brief = node.object.as_ref().ok()?;
    if !node.link.is_hard() {
        return None;
    }
    match (brief.kind, &brief.data) {
        (ObjectKind::Group, _) => group(file, path),
        (ObjectKind::Dataset, Some((Extent::Scalar, dtype))) => scalar(file, path, dtype),
        (ObjectKind::Dataset, _) => text(file, path, b"NX_class"),
        _ => None,
    }
}

/// Whether a group of this kind is opened as a table.
pub fn is_table(kind: &str) -> bool {
    matches!(kind, "DataFrame" | "Series" | "dataframe" | "categorical")
        || kind.starts_with("nullable-")
}

/// An attribute that is a text, where there is one.
fn text(file: &File, path: &ObjectPath, name: &[u8]) -> Option<String> {
    if !file.attribute_names(path).ok()?.iter().any(|n| n == name) {
        return None;
    }
    match file.attribute(path, name, Limits::CELL).ok()?.value? {
        store::Value::Text(text) => Some(escape(&text.kept)),
        _ => None,
    }
}

fn group(file: &Arc<File>, path: &ObjectPath) -> Option<String> {
    let place = Place { file: OpenFile::new(file.clone()), path: path.clone() };
    match group_kind(&place).ok()? {
        GroupKind::List => {
            let n = file.list_length(path).ok()?;
            return Some(format!("H5List[{n}]"));
        }
        GroupKind::Object(Some(class)) => return Some(class.to_string()),
        GroupKind::Object(None) => return Some("object".into()),
        GroupKind::Dict => {}
    }
    for name in [&b"NX_class"[..], b"encoding-type", b"pandas_type"] {
        if let Some(kind) = text(file, path, name) {
            return Some(match kind.as_str() {
                "frame" | "frame_table" => "DataFrame".into(),
                "series" | "series_table" => "Series".into(),
                _ => kind,
            });
        }
    }
    // the dicts that ch5mpy writes keep the order of their keys
    file.info(path).ok()?.creation_order.then(|| "H5Dict".into())
}

fn scalar(file: &Arc<File>, path: &ObjectPath, dtype: &store::Datatype) -> Option<String> {
    if matches!(dtype.class, Class::Opaque { .. }) && dtype.size > PICKLE {
        return None;
    }
    let place = Place { file: OpenFile::new(file.clone()), path: path.clone() };
    let cx = Context::new(Settings { threads: 1, memory: 16 << 20, ..Settings::default() });
    let value = value(&place, &cx).ok()?;
    let text = match &value {
        Value::Array(nd) if nd.is_scalar() && !nd.dtype().ok()?.is_string() => {
            show::str_of(&value, &cx)
        }
        other => show::repr(other, &cx),
    };
    let text = escape(text.ok()?.as_bytes());
    let short: String = text.chars().take(TEXT).collect();
    Some(format!("= {short}"))
}
