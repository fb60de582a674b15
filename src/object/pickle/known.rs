//! What objects of the standard library's value classes hold, and such objects from what they
//! hold: dates, decimals, fractions, paths, UUIDs, members of Enums.
//!
//! [`classes`](super::classes) offers it to others. Text is [`show`](super::show)'s.

use std::sync::Arc;

use num_bigint::BigInt;

use super::classes::{attribute, call, instance, nested};
use super::value::{ClassName, Made, Object, Py};

/// The flags of which one value of a Flag is made, at most.
const MOST_FLAGS: usize = 64;

/// What an object of a well-known class holds.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Known {
    /// `datetime.datetime`
    Datetime {
        year: u16,
        month: u8,
        day: u8,
        hour: u8,
        minute: u8,
        second: u8,
        microsecond: u32,
        fold: bool,
        tz: Option<Py>,
    },
    /// `datetime.date`
    Date { year: u16, month: u8, day: u8 },
    /// `datetime.time`
    Time { hour: u8, minute: u8, second: u8, microsecond: u32, fold: bool, tz: Option<Py> },
    /// `datetime.timedelta`: the seconds and microseconds are never negative.
    Timedelta { days: i32, seconds: u32, microseconds: u32 },
    /// `datetime.timezone`: its offset, which is a `timedelta`, and its name.
    Timezone { offset: Py, name: Option<Arc<str>> },
    /// `decimal.Decimal`: its digits as text.
    Decimal(Arc<str>),
    /// `fractions.Fraction`
    Fraction { numerator: BigInt, denominator: BigInt },
    /// A path of `pathlib` with its separators.
    Path { class: ClassName, text: String },
    /// `uuid.UUID`
    Uuid(u128),
    /// A member of an Enum. Most Pythons write the member's value: then its name is unknown, and
    /// it looks like an object of any other class that is called with one plain value. Some write
    /// its name: then its value is unknown.
    Enum { class: ClassName, name: Option<String>, value: Option<Py> },
}

/// What an object holds, if its class is a well-known one and it looks as Python writes it.
pub fn known(object: &Object) -> Option<Known> {
    let class = &object.class;
    if class.is("uuid", "UUID") {
        return uuid(object);
    }
    let Made::Reduce(args) = &object.made else { return None };
    if !object.is_bare() {
        return None;
    }
    match (&*class.module, &*class.qualname) {
        ("datetime", name) => temporal(name, args),
        ("decimal", "Decimal") => match &args[..] {
            [Py::Str(text)] => Some(Known::Decimal(Arc::clone(text))),
            _ => None,
        },
        ("fractions", "Fraction") => fraction(args),
        ("pathlib" | "pathlib._local", name) => path(class, name, args),
        ("builtins", "getattr") => member(object),
        ("_operator", "or_") => flags(object),
        ("builtins" | "collections" | "_codecs" | "copyreg" | "numpy", _) => None,
        _ => match &args[..] {
            [value @ (Py::Int(_) | Py::Str(_) | Py::Float(_) | Py::Tuple(_))] => {
                Some(Known::Enum { class: class.clone(), name: None, value: Some(value.clone()) })
            }
            _ => None,
        },
    }
}

fn uuid(object: &Object) -> Option<Known> {
    let (Some(Py::Dict(state)), Made::New { .. }) = (&object.state, &object.made) else {
        return None;
    };
    match &state[..] {
        [(key, Py::Int(value))] if key.as_str() == Some("int") => {
            Some(Known::Uuid(u128::try_from(value).ok()?))
        }
        _ => None,
    }
}

fn temporal(name: &str, args: &[Py]) -> Option<Known> {
    match (name, args) {
        ("timedelta", [days, seconds, microseconds]) => {
            let days = i32::try_from(days.as_i64()?).ok()?;
            let seconds = u32::try_from(seconds.as_i64()?).ok()?;
            let microseconds = u32::try_from(microseconds.as_i64()?).ok()?;
            let fits =
                days.unsigned_abs() < 1_000_000_000 && seconds < 86_400 && microseconds < 1_000_000;
            fits.then_some(Known::Timedelta { days, seconds, microseconds })
        }
        ("timezone", [offset, name @ ..]) => {
            offset_of(offset)?;
            let name = match name {
                [] => None,
                [Py::Str(name)] => Some(Arc::clone(name)),
                _ => return None,
            };
            Some(Known::Timezone { offset: offset.clone(), name })
        }
        (_, [payload]) => payload_of(name, payload.as_bytes()?, None),
        ("datetime" | "time", [payload, tz]) => {
            payload_of(name, payload.as_bytes()?, Some(tz.clone()))
        }
        _ => None,
    }
}

/// Days, seconds and microseconds of a `timedelta`.
pub(super) fn offset_of(value: &Py) -> Option<(i32, u32, u32)> {
    let Py::Object(object) = value else { return None };
    match known(object)? {
        Known::Timedelta { days, seconds, microseconds } => Some((days, seconds, microseconds)),
        _ => None,
    }
}

/// The bytes in which Python writes a date, a time, or both.
fn payload_of(name: &str, bytes: &[u8], tz: Option<Py>) -> Option<Known> {
    let (date, time) = match name {
        "date" => (bytes, None),
        "time" => (&[7, 208, 1, 1][..], Some(bytes)),
        "datetime" => bytes.split_at_checked(4).map(|(date, time)| (date, Some(time)))?,
        _ => return None,
    };
    let [high, low, month, day] = *date else { return None };
    let year = u16::from_be_bytes([high, low]);
    // Python sets the top bit of the first byte after the year for fold=1
    let (month, fold) =
        if name == "datetime" { (month & 0x7f, month > 0x7f) } else { (month, false) };
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let Some(time) = time else { return Some(Known::Date { year, month, day }) };
    let [hour, minute, second, a, b, c] = *time else { return None };
    let (hour, fold) = if name == "time" { (hour & 0x7f, hour > 0x7f) } else { (hour, fold) };
    let microsecond = u32::from_be_bytes([0, a, b, c]);
    if hour > 23 || minute > 59 || second > 59 || microsecond > 999_999 {
        return None;
    }
    Some(match name {
        "time" => Known::Time { hour, minute, second, microsecond, fold, tz },
        _ => Known::Datetime { year, month, day, hour, minute, second, microsecond, fold, tz },
    })
}

fn fraction(args: &[Py]) -> Option<Known> {
    let one = || BigInt::from(1);
    let (numerator, denominator) = match args {
        [Py::Int(numerator), Py::Int(denominator)] => (numerator.clone(), denominator.clone()),
        [Py::Str(text)] if text.len() < 4300 => match text.split_once('/') {
            Some((above, below)) => (above.parse().ok()?, below.parse().ok()?),
            None => (text.parse().ok()?, one()),
        },
        _ => return None,
    };
    Some(Known::Fraction { numerator, denominator })
}

/// Python writes a path's parts, or the strings it was made from; it joins them the same way.
fn path(class: &ClassName, name: &str, args: &[Py]) -> Option<Known> {
    if !name.ends_with("Path") {
        return None;
    }
    let separator = if name.contains("Windows") { '\\' } else { '/' };
    let mut text = String::new();
    for part in args {
        let part = part.as_str()?;
        let rooted = part.starts_with(separator) || (separator == '\\' && part.contains(':'));
        if rooted {
            text.clear();
        } else if !text.is_empty() && !text.ends_with(separator) && !part.is_empty() {
            text.push(separator);
        }
        text.push_str(part);
    }
    if text.is_empty() {
        text.push('.');
    }
    Some(Known::Path { class: class.clone(), text })
}

fn member(object: &Object) -> Option<Known> {
    let (outer, names) = attribute(object)?;
    let (name, path) = names.split_last()?;
    let class = nested(outer, path);
    Some(Known::Enum { class, name: Some((*name).to_owned()), value: None })
}

/// Flags that are or-ed: Python writes the highest first.
fn flags(object: &Object) -> Option<Known> {
    let mut names = Vec::new();
    let mut class = None;
    let mut rest = vec![object];
    while let Some(object) = rest.pop() {
        if rest.len() + names.len() > MOST_FLAGS {
            return None;
        }
        if object.class.is("_operator", "or_") && object.is_bare() {
            let [Py::Object(left), Py::Object(right)] = object.args() else { return None };
            rest.extend([&**left, &**right]);
            continue;
        }
        let Known::Enum { class: found, name: Some(name), .. } = member(object)? else {
            return None;
        };
        if class.get_or_insert_with(|| found.clone()) != &found {
            return None;
        }
        names.push(name);
    }
    Some(Known::Enum { class: class?, name: Some(names.join("|")), value: None })
}

/// The object that holds this, as Python would make it.
pub fn make(known: &Known) -> Py {
    let datetime = |name, args| call(ClassName::new("datetime", name), args);
    let zoned = |name, bytes: &[u8], tz: &Option<Py>| {
        datetime(name, [Py::bytes(bytes)].into_iter().chain(tz.clone()).collect())
    };
    match known {
        Known::Datetime { year, month, day, hour, minute, second, microsecond, fold, tz } => {
            let ([high, low], [_, a, b, c]) = (year.to_be_bytes(), microsecond.to_be_bytes());
            let month = month | u8::from(*fold) << 7;
            zoned("datetime", &[high, low, month, *day, *hour, *minute, *second, a, b, c], tz)
        }
        Known::Date { year, month, day } => {
            let [high, low] = year.to_be_bytes();
            zoned("date", &[high, low, *month, *day], &None)
        }
        Known::Time { hour, minute, second, microsecond, fold, tz } => {
            let [_, a, b, c] = microsecond.to_be_bytes();
            zoned("time", &[hour | u8::from(*fold) << 7, *minute, *second, a, b, c], tz)
        }
        Known::Timedelta { days, seconds, microseconds } => {
            let args = vec![Py::int(*days), Py::int(*seconds), Py::int(*microseconds)];
            datetime("timedelta", args)
        }
        Known::Timezone { offset, name } => {
            let mut args = vec![offset.clone()];
            args.extend(name.clone().map(Py::Str));
            datetime("timezone", args)
        }
        Known::Decimal(text) => {
            call(ClassName::new("decimal", "Decimal"), vec![Py::Str(Arc::clone(text))])
        }
        Known::Fraction { numerator, denominator } => call(
            ClassName::new("fractions", "Fraction"),
            vec![Py::Int(numerator.clone()), Py::Int(denominator.clone())],
        ),
        Known::Path { class, text } => call(class.clone(), parts(class, text)),
        Known::Uuid(value) => {
            instance(ClassName::new("uuid", "UUID"), vec![("int", Py::int(*value))])
        }
        Known::Enum { class, value: Some(value), .. } => call(class.clone(), vec![value.clone()]),
        Known::Enum { class, name, value: None } => or_of(class, name.as_deref().unwrap_or("")),
    }
}

/// Members of an Enum by name, or-ed if there are several.
fn or_of(class: &ClassName, names: &str) -> Py {
    let class = Py::Class(Arc::new(class.clone()));
    let getattr = ClassName::new("builtins", "getattr");
    let mut members =
        names.rsplit('|').map(|name| call(getattr.clone(), vec![class.clone(), Py::str(name)]));
    let first = members.next().unwrap_or(Py::None);
    members.fold(first, |left, right| call(ClassName::new("_operator", "or_"), vec![left, right]))
}

/// The parts of a path; equal ones are one string, as in Python.
fn parts(class: &ClassName, text: &str) -> Vec<Py> {
    let windows = class.qualname.contains("Windows");
    let is_separator = |c: char| c == '/' || (windows && c == '\\');
    let mut names: Vec<String> = Vec::new();
    let mut rest = text;
    if windows && let Some((drive, after)) = text.split_once(':') {
        let root = if after.starts_with(is_separator) { "\\" } else { "" };
        names.push(format!("{drive}:{root}"));
        rest = after;
    } else if text.starts_with(is_separator) {
        let double = !windows && text.starts_with("//") && !text.starts_with("///");
        names.push(
            if windows {
                "\\"
            } else if double {
                "//"
            } else {
                "/"
            }
            .to_owned(),
        );
    }
    let plain = rest.split(is_separator).filter(|part| !part.is_empty() && *part != ".");
    names.extend(plain.map(str::to_owned));
    let mut made: Vec<Arc<str>> = Vec::new();
    for name in &names {
        let same = made.iter().find(|part| ***part == **name).cloned();
        made.push(same.unwrap_or_else(|| Arc::from(&**name)));
    }
    made.into_iter().map(Py::Str).collect()
}
