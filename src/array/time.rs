//! Times as text: NumPy's datetime64 and timedelta64, which h5py stores as opaque bytes with the
//! dtype in the tag (`NUMPY:<M8[us]`), and HDF5's own seconds since 1970.
//!
//! The calendar is the proleptic Gregorian one for all 64-bit counts, as NumPy's is: no date
//! library covers its years or its units, from attoseconds up.

/// Units and their names, longest first.
const UNITS: &[(&str, &str)] = &[
    ("Y", "years"),
    ("M", "months"),
    ("W", "weeks"),
    ("D", "days"),
    ("h", "hours"),
    ("m", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("ps", "picoseconds"),
    ("fs", "femtoseconds"),
    ("as", "attoseconds"),
];

/// A parsed tag: big-endian, a date or a difference, unit, steps of it.
pub struct TimeType {
    /// Most significant byte first.
    pub big_endian: bool,
    /// datetime64; else timedelta64.
    pub is_date: bool,
    unit: String,
    step: i128,
}

impl TimeType {
    /// The dtype of an opaque type's tag, where h5py wrote it.
    pub fn of_tag(tag: &[u8]) -> Option<TimeType> {
        let text = std::str::from_utf8(tag).ok()?.strip_prefix("NUMPY:")?;
        let (order, rest) = text.split_at_checked(1)?;
        let (kind, unit) = rest.split_at_checked(2)?;
        let is_date = match kind {
            "M8" => true,
            "m8" => false,
            _ => return None,
        };
        let unit = unit.strip_prefix('[').and_then(|u| u.strip_suffix(']')).unwrap_or("");
        let digits = unit.bytes().take_while(u8::is_ascii_digit).count();
        let step: i32 = if digits == 0 { 1 } else { unit[..digits].parse().ok()? };
        let unit = unit[digits..].to_string();
        if !unit.is_empty() && !UNITS.iter().any(|(u, _)| *u == unit) {
            return None;
        }
        Some(TimeType { big_endian: order == ">", is_date, unit, step: step.into() })
    }

    /// The name in NumPy's words: `datetime64[us]`, `>M8[us]`.
    pub fn name(&self) -> String {
        let kind = match (self.is_date, self.big_endian) {
            (true, false) => "datetime64",
            (false, false) => "timedelta64",
            (true, true) => ">M8",
            (false, true) => ">m8",
        };
        format!("{kind}{}", self.bracket())
    }

    /// The short name inside compounds: `<M8[us]`.
    pub fn short_name(&self) -> String {
        let order = if self.big_endian { '>' } else { '<' };
        format!("{order}{}8{}", if self.is_date { 'M' } else { 'm' }, self.bracket())
    }

    fn bracket(&self) -> String {
        match (self.unit.as_str(), self.step) {
            ("", _) => String::new(),
            (unit, 1) => format!("[{unit}]"),
            (unit, step) => format!("[{step}{unit}]"),
        }
    }
}

/// The text of an opaque value whose tag says that it is a time; else none.
pub fn from_tag(tag: &[u8], bytes: &[u8]) -> Option<String> {
    let t = TimeType::of_tag(tag)?;
    let bytes: [u8; 8] = bytes.try_into().ok()?;
    let count = if t.big_endian { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) };
    if count == i64::MIN {
        return Some("NaT".into());
    }
    let count = i128::from(count) * t.step;
    Some(if t.is_date {
        date(count, &t.unit)
    } else {
        match UNITS.iter().find(|(u, _)| *u == t.unit) {
            Some((_, name)) => format!("{count} {name}"),
            None => format!("{count} generic time units"),
        }
    })
}

/// HDF5's time class: a date and time in UTC.
pub fn seconds_since_1970(seconds: i128) -> String {
    date(seconds, "s")
}

fn date(count: i128, unit: &str) -> String {
    match unit {
        "Y" => return year(1970 + count),
        "M" => {
            return format!(
                "{}-{:02}",
                year(1970 + count.div_euclid(12)),
                count.rem_euclid(12) + 1
            );
        }
        "" => return count.to_string(),
        _ => {}
    }
    let (per_day, digits): (i128, usize) = match unit {
        "W" => return day(count * 7),
        "D" => return day(count),
        "h" => (24, 0),
        "m" => (1440, 0),
        "s" => (86_400, 0),
        _ => {
            let place = ["ms", "us", "ns", "ps", "fs", "as"].iter().position(|u| *u == unit);
            let digits = 3 * (place.unwrap_or(0) + 1);
            (86_400 * 10i128.pow(digits as u32), digits)
        }
    };
    let (days, rest) = (count.div_euclid(per_day), count.rem_euclid(per_day));
    let day = day(days);
    match unit {
        "h" => format!("{day}T{rest:02}"),
        "m" => format!("{day}T{:02}:{:02}", rest / 60, rest % 60),
        _ => {
            let scale = 10i128.pow(digits as u32);
            let (s, fraction) = (rest / scale, rest % scale);
            let clock = format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
            match digits {
                0 => format!("{day}T{clock}"),
                _ => format!("{day}T{clock}.{fraction:0digits$}"),
            }
        }
    }
}

fn year(y: i128) -> String {
    format!("{y:04}")
}

/// A count of days since 1970-01-01 as a date (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn day(days: i128) -> String {
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = doy - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    let y = yoe + era * 400 + i128::from(m <= 2);
    format!("{}-{m:02}-{d:02}", year(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected texts were printed by NumPy 2.3.5.
    #[test]
    fn dates_as_numpy_prints_them() {
        let at = |tag: &str, n: i64| from_tag(tag.as_bytes(), &n.to_le_bytes()).unwrap();
        assert_eq!(at("NUMPY:<M8[us]", 1_600_000_000_123_456), "2020-09-13T12:26:40.123456");
        assert_eq!(at("NUMPY:<M8[D]", -1), "1969-12-31");
        assert_eq!(at("NUMPY:<M8[M]", 601), "2020-02");
        assert_eq!(at("NUMPY:<M8[Y]", -2000), "-030");
        assert_eq!(at("NUMPY:<M8[25s]", 4), "1970-01-01T00:01:40");
        assert_eq!(at("NUMPY:<M8[ns]", i64::MIN), "NaT");
        assert_eq!(at("NUMPY:<m8[h]", -5), "-5 hours");
        assert_eq!(at("NUMPY:<M8[h]", 5), "1970-01-01T05");
    }
}
