//! What objects are to those who wrote them, in a few words for the tree: ch5mpy's lists, dicts,
//! objects and pickled values, scalars' values, NeXus classes, AnnData's and pandas' encodings.

use std::sync::Arc;

use crate::array::{Context, Settings};
use crate::object::attributes::unpickled;
use crate::object::read::{GroupKind, group_kind, value};
use crate::object::show::bare;
use crate::object::{OpenFile, Place};
use crate::store::{self, Class, Extent, File, Node, ObjectKind, ObjectPath, escape};

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
    let place = Place { file: OpenFile::new(file.clone()), path: path.clone() };
    match (brief.kind, &brief.data) {
        (ObjectKind::Group, _) => group(&place),
        (ObjectKind::Dataset, Some((Extent::Scalar, dtype))) => scalar(&place, dtype),
        (ObjectKind::Dataset, _) => place.text_attribute(b"NX_class").map(|t| short(&t)),
        _ => None,
    }
}

/// Whether a group of this kind is opened as a table.
pub fn is_table(kind: &str) -> bool {
    matches!(kind, "DataFrame" | "Series" | "dataframe" | "categorical")
        || kind.starts_with("nullable-")
}

fn group(place: &Place) -> Option<String> {
    let file = &place.file.file;
    match group_kind(place).ok()? {
        GroupKind::List => {
            let n = file.list_length(&place.path).ok()?;
            return Some(format!("H5List[{n}]"));
        }
        GroupKind::Object(Some(class)) => return Some(class.to_string()),
        GroupKind::Object(None) => return Some("object".into()),
        GroupKind::Dict => {}
    }
    for name in [&b"NX_class"[..], b"encoding-type", b"pandas_type"] {
        if let Some(kind) = place.text_attribute(name).map(|t| short(&t)) {
            return Some(match kind.as_str() {
                "frame" | "frame_table" => "DataFrame".into(),
                "series" | "series_table" => "Series".into(),
                _ => kind,
            });
        }
    }
    // the dicts that ch5mpy writes keep the order of their keys
    file.info(&place.path).ok()?.creation_order.then(|| "H5Dict".into())
}

fn scalar(place: &Place, dtype: &store::Datatype) -> Option<String> {
    if matches!(dtype.class, Class::Opaque { .. }) && dtype.size > PICKLE {
        return None;
    }
    let cx = Context::new(Settings { threads: 1, memory: 16 << 20, ..Settings::default() });
    let text = bare(&value(place, &cx).ok()?, &cx);
    Some(format!("= {}", short(text.ok()?.as_bytes())))
}

/// The value that an attribute is the pickle of; none where it is no pickle, or a long one.
pub fn of_pickle(attribute: &store::Attribute) -> Option<String> {
    if attribute.dtype.size > PICKLE {
        return None;
    }
    let value = unpickled(attribute)?.ok()?;
    let cx = Context::new(Settings { threads: 1, memory: 16 << 20, ..Settings::default() });
    Some(short(bare(&value, &cx).ok()?.as_bytes()))
}

/// As much of a text as a row may want, safe on a terminal.
fn short(text: &[u8]) -> String {
    escape(text).chars().take(TEXT).collect()
}
