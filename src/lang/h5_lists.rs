//! Python's lists and dicts of attributes on a file: their methods, and assignment to a list.

use super::containers::{slice_indices, slice_positions};
use super::given::Given;
use super::h5::{adopt, given_up, list_index};
use super::h5_write::{Bind, shape_of, update_entries};
use super::iter::collect;
use crate::array::{Context, Error, Result};
use crate::numpy::{Value, convert, show};
use crate::object::{AttributeManager, H5List};

/// `list[key] = new`.
///
/// # Errors
/// IndexError; as storing it.
pub(super) fn set(list: &H5List, key: &Value, new: Value, cx: &Context) -> Result<()> {
    let Value::Slice(slice) = key else {
        return list.set(list_index(key)?, given_up(new), cx);
    };
    let n = list.len()?;
    let values: Vec<Value> = collect(&new, cx)?.into_iter().map(given_up).collect();
    let (start, stop, step) = slice_indices(slice, n)?;
    if step == 1 {
        return list.splice(start as usize, stop.max(start) as usize, values, cx);
    }
    let at = slice_positions(slice, n)?;
    if at.len() != values.len() {
        return Err(Error::value(format!(
            "attempt to assign sequence of size {} to extended slice of size {}",
            values.len(),
            at.len()
        )));
    }
    list.set_positions(&at, values, cx)
}

/// A method of a list.
///
/// # Errors
/// Those of the method.
pub(super) fn method(
    list: &H5List,
    name: &str,
    bind: impl Fn(&'static str) -> Result<Given>,
    cx: &Context,
) -> Result<Value> {
    let none = |()| Value::None;
    match name {
        "append" => list.append(given_up(bind("object")?.value("object")), cx).map(none),
        "extend" => {
            let items = collect(&bind("iterable")?.value("iterable"), cx)?;
            list.extend(items.into_iter().map(given_up).collect(), cx).map(none)
        }
        "insert" => {
            let g = bind("index object")?;
            list.insert(g.int("index")?.unwrap_or(0), given_up(g.value("object")), cx).map(none)
        }
        "pop" => list.pop(bind("index?")?.int("index")?.unwrap_or(-1), cx),
        "remove" => list.remove(&given_up(bind("value")?.value("value")), cx).map(none),
        "index" => {
            let g = bind("value start? stop?")?;
            let n = list.len()? as i64;
            let bound = |name: &str, default: i64| -> Result<usize> {
                let i = g.int(name)?.unwrap_or(default);
                Ok(if i < 0 { (i + n).max(0) } else { i } as usize)
            };
            let value = g.value("value");
            let found =
                list.find(&given_up(value.clone()), bound("start", 0)?, bound("stop", n)?, cx)?;
            match found {
                Some(i) => Ok(Value::int(i)),
                None => Err(Error::value(format!("{} is not in list", show::repr(&value, cx)?))),
            }
        }
        "count" => {
            let value = given_up(bind("value")?.value("value"));
            Ok(Value::int(list.count(&value, cx)?))
        }
        "reverse" => bind("").and_then(|_| list.reverse(cx).map(none)),
        "sort" => {
            let g = bind("| key? reverse?")?;
            let key = g.some("key").cloned();
            let by = |item: &Value| match &key {
                Some(key) => super::calls::call(key, vec![adopt(item.clone())], Vec::new(), cx),
                None => Ok(item.clone()),
            };
            list.sort(by, g.flag("reverse", cx)?, cx).map(none)
        }
        "clear" => bind("").and_then(|_| list.clear(cx).map(none)),
        "copy" => bind("").and_then(|_| list.copy(cx)),
        "keys" => {
            bind("")?;
            Ok(Value::list((0..list.len()?).map(|i| Value::str(i.to_string())).collect()))
        }
        "values" => {
            bind("")?;
            Ok(Value::list(list.items(cx)?.into_iter().map(adopt).collect()))
        }
        "to_dict" => {
            bind("")?;
            let items = list.items(cx)?;
            let entry = |(i, v): (usize, Value)| (Value::str(i.to_string()), adopt(v));
            Value::dict(items.into_iter().enumerate().map(entry).collect())
        }
        _ => bind("").map(|_| Value::None),
    }
}

/// A method that changes attributes; none where it is another.
pub(super) fn attribute_method(
    attributes: &AttributeManager,
    name: &str,
    bind: impl Fn(&'static str) -> Result<Given>,
    named: &[(String, Value)],
    cx: &Context,
) -> Option<Result<Value>> {
    let bind: Bind = &bind;
    let none = |()| Value::None;
    let text = |g: &Given, name: &str| -> Result<String> {
        g.value(name).as_str().ok_or_else(|| Error::type_error("attributes' names are str"))
    };
    Some(match name {
        "modify" => bind("name value").and_then(|g| {
            attributes.modify(&text(&g, "name")?, given_up(g.value("value")), cx).map(none)
        }),
        "create" => bind("name data? shape? dtype?").and_then(|g| {
            let mut data = given_up(g.value("data"));
            if let Some(dtype) = g.some("dtype") {
                let dtype = convert::as_dtype(dtype)?;
                data = Value::result(convert::as_array_of(&data, Some(&dtype), cx)?);
            }
            if let Some(shape) = g.some("shape") {
                let array = convert::as_array(&data, cx)?;
                let shape = shape_of(shape)?;
                if shape.iter().product::<usize>() != array.len() {
                    return Err(Error::value(
                        "Shape of new attribute conflicts with shape of data",
                    ));
                }
                data = Value::array(crate::array::reshape::reshape(&array, shape));
            }
            attributes.set(&text(&g, "name")?, data, cx).map(none)
        }),
        "set" | "update" => update_entries(bind, named, cx)
            .and_then(|entries| attributes.update(entries, cx).map(none)),
        "pop" => bind("name default?").and_then(|g| {
            let name = text(&g, "name")?;
            match (attributes.get(&name)?, g.get("default")) {
                (Some(value), _) => {
                    attributes.delete(&name)?;
                    Ok(value)
                }
                (None, Some(default)) => Ok(default.clone()),
                (None, None) => attributes.item(&name),
            }
        }),
        "setdefault" => bind("name default?").and_then(|g| {
            let name = text(&g, "name")?;
            if attributes.get(&name)?.is_none() {
                attributes.set(&name, given_up(g.value("default")), cx)?;
            }
            attributes.item(&name)
        }),
        "rename" => bind("old new")
            .and_then(|g| attributes.rename(&text(&g, "old")?, &text(&g, "new")?).map(none)),
        "clear" => bind("").and_then(|_| attributes.clear().map(none)),
        _ => return None,
    })
}
