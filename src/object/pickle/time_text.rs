//! Dates and times as ISO text, and time spans as Python's `str` writes them.
//!
//! `repr` is in [`show`](super::show); what the values are in [`known`](super::known).

use std::fmt::Write;

use super::known::{Known, known, offset_of};
use super::value::Py;

/// `T03:04:05.000006` without the `T`: microseconds only if there are any.
pub(super) fn clock(hour: u8, minute: u8, second: u8, microsecond: u32) -> String {
    match microsecond {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}.{microsecond:06}"),
    }
}

/// What `isoformat` appends for a time zone: `+01:00`; the name of a zone whose offset depends on
/// the date stands in brackets.
pub(super) fn zone(tz: &Py) -> String {
    let Py::Object(object) = tz else { return String::new() };
    match known(object) {
        Some(Known::Timezone { offset, .. }) => offset_of(&offset).map(offset_text),
        _ => {
            let named = object.class.is("zoneinfo", "ZoneInfo._unpickle");
            let key = object.args().first().and_then(Py::as_str).filter(|_| named);
            key.map(|key| format!("[{key}]"))
        }
    }
    .unwrap_or_default()
}

/// `+01:00`, with seconds and microseconds if there are any.
pub(super) fn offset_text((days, seconds, microseconds): (i32, u32, u32)) -> String {
    let total = (i128::from(days) * 86_400 + i128::from(seconds)) * 1_000_000;
    let total = total + i128::from(microseconds);
    let (sign, total) = (if total < 0 { '-' } else { '+' }, total.unsigned_abs());
    let (seconds, micro) = (total / 1_000_000, total % 1_000_000);
    let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 || micro != 0 {
        let _ = write!(text, ":{:02}", seconds % 60);
    }
    if micro != 0 {
        let _ = write!(text, ".{micro:06}");
    }
    text
}

/// `str` of a `timedelta`: `1 day, 2:03:04.000005`.
pub(super) fn span(days: i32, seconds: u32, microseconds: u32) -> String {
    let mut text = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let _ = write!(text, "{hour}:{minute:02}:{second:02}");
    if microseconds != 0 {
        let _ = write!(text, ".{microseconds:06}");
    }
    text
}

/// The year, month and day so many days after 1970-01-01, in the proleptic Gregorian calendar.
fn civil(days: i128) -> (i128, i128, i128) {
    // eras of 400 years, counted from a 1 March
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i128::from(month <= 2), month, day)
}

/// A `datetime64` of that many units as NumPy writes it; `None` for a unit that has no dates.
pub(super) fn datetime64(value: i128, unit: &str) -> Option<String> {
    // units per second and digits after its point, or seconds per unit
    let (per_second, seconds, digits) = match unit {
        "Y" => return Some(format!("{:04}", 1970 + value)),
        "M" => {
            let (year, month) = (1970 + value.div_euclid(12), value.rem_euclid(12) + 1);
            return Some(format!("{year:04}-{month:02}"));
        }
        "W" => (1, 604_800, 0),
        "D" => (1, 86_400, 0),
        "h" => (1, 3600, 0),
        "m" => (1, 60, 0),
        "s" => (1, 1, 0),
        "ms" => (1_000, 1, 3),
        "us" => (1_000_000, 1, 6),
        "ns" => (1_000_000_000, 1, 9),
        "ps" => (1_000_000_000_000, 1, 12),
        "fs" => (1_000_000_000_000_000, 1, 15),
        "as" => (1_000_000_000_000_000_000, 1, 18),
        _ => return None,
    };
    let (whole, part) = (value.div_euclid(per_second), value.rem_euclid(per_second));
    let whole: i128 = whole.checked_mul(seconds)?;
    let (days, rest) = (whole.div_euclid(86_400), whole.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    let _ = match unit {
        "W" | "D" => Ok(()),
        "h" => write!(text, "T{hour:02}"),
        "m" => write!(text, "T{hour:02}:{minute:02}"),
        "s" => write!(text, "T{hour:02}:{minute:02}:{second:02}"),
        _ => write!(text, "T{hour:02}:{minute:02}:{second:02}.{part:0digits$}"),
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(span(-1, 86_399, 1), "-1 day, 23:59:59.000001");
        assert_eq!(span(2, 0, 0), "2 days, 0:00:00");
        assert_eq!(offset_text((-1, 82_800, 0)), "-01:00");
        assert_eq!(offset_text((0, 3661, 5)), "+01:01:01.000005");
        assert_eq!(datetime64(18_262, "D").as_deref(), Some("2020-01-01"));
        assert_eq!(datetime64(-1, "ms").as_deref(), Some("1969-12-31T23:59:59.999"));
        assert_eq!(datetime64(13, "M").as_deref(), Some("1971-02"));
        assert_eq!(datetime64(-719_529, "D").as_deref(), Some("-001-12-31"));
        assert_eq!(datetime64(11_016, "D").as_deref(), Some("2000-02-29"));
    }
}
