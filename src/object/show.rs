//! Dicts and lists as ch5mpy prints them: members on lines of their own, numbers bare, a dict in
//! a dict as `{...}`; of more than 100 members the first and last ten, of more than six elements
//! the first and last three.

use super::dict::H5Dict;
use super::handle::Place;
use super::list::H5List;
use super::read::{GroupKind, group_kind, read_with};
use super::{Context, Result, Value};
use crate::numpy::show;
use crate::store::{ObjectKind, escape};

/// An H5Dict as text.
///
/// # Errors
/// As listing it; what can't be read in it says so in its place.
pub fn dict(dict: &H5Dict, cx: &Context) -> Result<String> {
    let note = dict.note().map(|n| format!("[{n}]")).unwrap_or_default();
    let names = dict.place().names(usize::MAX)?;
    if names.is_empty() {
        return Ok(format!("H5Dict{note}{{}}"));
    }
    let line = |name: &Vec<u8>| -> Result<String> {
        cx.check()?;
        let path = dict.place().path.join(name);
        let place = Place { file: dict.place().file.clone(), path };
        Ok(format!("\t{}: {}", escape(name), member(&place, cx).replace('\n', "\n\t")))
    };
    let mut lines = Vec::new();
    if names.len() > 100 {
        for name in &names[..10] {
            lines.push(line(name)?);
        }
        lines.push("\t...".into());
        for name in &names[names.len() - 10..] {
            lines.push(line(name)?);
        }
    } else {
        for name in &names {
            lines.push(line(name)?);
        }
    }
    Ok(format!("H5Dict{note}{{\n{}\n}}", lines.join(",\n")))
}

fn member(place: &Place, cx: &Context) -> String {
    let text = (|| {
        if place.kind()? == ObjectKind::Group && group_kind(place)? != GroupKind::List {
            let is_object = matches!(group_kind(place)?, GroupKind::Object(_));
            let value = read_with(place, Default::default(), cx)?;
            let unread = matches!(&value, Value::Foreign(f) if f.as_any().is::<H5Dict>());
            if !is_object || unread {
                let empty = place.count()? == 0;
                return Ok(if empty { "{}".to_string() } else { "{...}".into() });
            }
            return bare(&value, cx);
        }
        bare(&read_with(place, Default::default(), cx)?, cx)
    })();
    text.unwrap_or_else(|e: super::Error| format!("<{e}>"))
}

/// A value as it stands in a dict or list: NumPy's numbers without their type.
///
/// # Errors
/// As reading it.
pub fn bare(value: &Value, cx: &Context) -> Result<String> {
    match value {
        Value::Array(nd) if nd.is_scalar() && !nd.dtype()?.is_string() => show::str_of(value, cx),
        other => show::repr(other, cx),
    }
}

/// An H5List as text.
///
/// # Errors
/// As reading its elements.
pub fn list(list: &H5List, cx: &Context) -> Result<String> {
    let n = list.len()?;
    let item = |i: usize| -> Result<String> {
        cx.check()?;
        bare(&list.item(i as i64, cx)?, cx)
    };
    let items: Result<Vec<String>> = match n > 6 {
        false => (0..n).map(item).collect(),
        true => {
            let mut items: Vec<String> = (0..3).map(item).collect::<Result<_>>()?;
            items.push("...".into());
            items.extend((n - 3..n).map(item).collect::<Result<Vec<_>>>()?);
            Ok(items)
        }
    };
    Ok(format!("H5List[{}]", items?.join(", ")))
}
