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

/// The unit of a datetime64 or timedelta64: `[ms]`, `[25s]`, or none (generic).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeUnit {
    /// Its place among [`UNITS`], coarsest first; none is NumPy's generic unit.
    unit: Option<u8>,
    /// How many of them one step is.
    step: u32,
}

impl TimeUnit {
    /// No unit: what `np.datetime64("NaT")` has.
    pub const GENERIC: TimeUnit = TimeUnit { unit: None, step: 1 };

    /// The unit of this name (`"ms"`).
    pub fn named(name: &str) -> Option<TimeUnit> {
        let unit = UNITS.iter().position(|(u, _)| *u == name || (*u == "us" && name == "μs"))?;
        Some(TimeUnit { unit: Some(unit as u8), step: 1 })
    }

    /// `[ms]`, `[25s]`, or nothing for the generic unit.
    pub fn parse_bracket(text: &str) -> Option<TimeUnit> {
        if text.is_empty() {
            return Some(TimeUnit::GENERIC);
        }
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        let step: u32 = if digits == 0 { 1 } else { inner[..digits].parse().ok()? };
        if &inner[digits..] == "generic" {
            return Some(TimeUnit::GENERIC);
        }
        if step == 0 || step > i32::MAX as u32 {
            return None;
        }
        Some(TimeUnit { step, ..TimeUnit::named(&inner[digits..])? })
    }

    /// `[ms]`, as in `datetime64[ms]`.
    pub fn bracket(self) -> String {
        match (self.unit, self.step) {
            (None, _) => String::new(),
            (Some(_), 1) => format!("[{}]", self.name()),
            (Some(_), step) => format!("[{step}{}]", self.name()),
        }
    }

    /// The unit's letters, `generic` for none.
    pub fn name(self) -> &'static str {
        self.unit.map_or("generic", |u| UNITS[u as usize].0)
    }

    /// The unit in words: `milliseconds`.
    pub fn words(self) -> &'static str {
        self.unit.map_or("generic time units", |u| UNITS[u as usize].1)
    }

    /// Whether it is no unit.
    pub fn is_generic(self) -> bool {
        self.unit.is_none()
    }

    /// Whether it is years or months, which have no fixed length.
    pub fn is_calendar(self) -> bool {
        matches!(self.unit, Some(0 | 1))
    }

    /// How many units one count is.
    pub fn step(self) -> u32 {
        self.step
    }

    /// Attoseconds of one count, for units of a fixed length; months for years and months.
    fn length(self) -> i128 {
        const SECOND: i128 = 1_000_000_000_000_000_000;
        i128::from(self.step)
            * match self.name() {
                "Y" => 12,
                "W" => 604_800 * SECOND,
                "D" => 86_400 * SECOND,
                "h" => 3600 * SECOND,
                "m" => 60 * SECOND,
                "s" => SECOND,
                "ms" => SECOND / 1_000,
                "us" => SECOND / 1_000_000,
                "ns" => SECOND / 1_000_000_000,
                "ps" => 1_000_000,
                "fs" => 1_000,
                _ => 1,
            }
    }

    /// The coarsest unit that both are whole multiples of, as NumPy finds a common unit; none
    /// where a timedelta of years or months meets one of fixed length (`dates` allows that).
    pub fn common(self, other: TimeUnit, dates: bool) -> Option<TimeUnit> {
        match (self.unit, other.unit) {
            (None, _) => return Some(other),
            (_, None) => return Some(self),
            _ => {}
        }
        if self.is_calendar() != other.is_calendar() {
            let fixed = if self.is_calendar() { other } else { self };
            return dates.then_some(fixed);
        }
        let gcd = {
            let (mut a, mut b) = (self.length(), other.length());
            while b != 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        let finer = if self.unit >= other.unit { self.unit } else { other.unit };
        // the finer of the two names, so many of it as divides both
        let base = TimeUnit { unit: finer, step: 1 };
        Some(TimeUnit { unit: finer, step: u32::try_from(gcd / base.length()).ok()? })
    }

    /// A count of this unit as one of `to`, rounded down; NaT stays, overflow is none. `date` is
    /// whether it counts from 1970.
    pub fn convert(self, count: i64, to: TimeUnit, date: bool) -> Option<i64> {
        if count == i64::MIN || self == to || self.is_generic() || to.is_generic() {
            return Some(count);
        }
        let n = i128::from(count);
        let result = match (self.is_calendar(), to.is_calendar()) {
            (true, false) if date => {
                let months = n.checked_mul(self.length())?;
                (days_of_month(months) * 86_400 * 1_000_000_000_000_000_000i128)
                    .div_euclid(to.length())
            }
            (false, true) if date => {
                let days =
                    n.checked_mul(self.length())?.div_euclid(86_400 * 1_000_000_000_000_000_000);
                let (y, m, _) = civil(days);
                ((y - 1970) * 12 + i128::from(m) - 1).div_euclid(to.length())
            }
            (true, false) | (false, true) => return None,
            _ => n.checked_mul(self.length())?.div_euclid(to.length()),
        };
        i64::try_from(result).ok().filter(|r| *r != i64::MIN)
    }

    /// The text of a date: `2020-02-29T12:00`; `NaT`.
    pub fn date_text(self, count: i64) -> String {
        match count {
            i64::MIN => "NaT".into(),
            _ => date(
                i128::from(count) * i128::from(self.step),
                match self.unit {
                    None => "",
                    Some(u) => UNITS[u as usize].0,
                },
            ),
        }
    }

    /// The count that an ISO 8601 text stands for, with the unit that the text has (`2020-02` is
    /// months); `NaT`, an empty text, `now` and `today` too.
    pub fn parse_date(text: &str) -> Option<(i64, TimeUnit)> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("nat") {
            return Some((i64::MIN, TimeUnit::GENERIC));
        }
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (day, clock) = match digits.find(['T', ' ']) {
            Some(at) => (&digits[..at], Some(&digits[at + 1..])),
            None => (digits, None),
        };
        let mut parts = day.split('-');
        let year_text = parts.next()?;
        // a year alone may be short
        let least = if day.len() == year_text.len() && clock.is_none() { 1 } else { 4 };
        if year_text.len() < least || !year_text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let year: i128 = sign * year_text.parse::<i128>().ok()?;
        let two = |t: &str| -> Option<i128> {
            (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?
        };
        let Some(month) = parts.next() else {
            let count = i64::try_from(year - 1970).ok()?;
            return clock.is_none().then_some((count, TimeUnit::named("Y")?));
        };
        let month = two(month).filter(|m| (1..=12).contains(m))?;
        let months = (year - 1970) * 12 + month - 1;
        let Some(day) = parts.next() else {
            let count = i64::try_from(months).ok()?;
            return clock.is_none().then_some((count, TimeUnit::named("M")?));
        };
        let day = two(day)?;
        let days = days_of_month(months) + day - 1;
        if parts.next().is_some() || day < 1 || days >= days_of_month(months + 1) {
            return None;
        }
        let Some(clock) = clock else {
            return Some((i64::try_from(days).ok()?, TimeUnit::named("D")?));
        };
        let clock = clock.strip_suffix('Z').unwrap_or(clock);
        let (clock, fraction) = match clock.split_once('.') {
            Some((c, f)) => (c, Some(f)),
            None => (clock, None),
        };
        let mut fields = clock.split(':');
        let hour = two(fields.next()?).filter(|h| *h < 24)?;
        let minute = match fields.next() {
            Some(m) => Some(two(m).filter(|m| *m < 60)?),
            None => None,
        };
        let second = match fields.next() {
            Some(s) => Some(two(s).filter(|s| *s < 60)?),
            None => None,
        };
        if fields.next().is_some() {
            return None;
        }
        let hours = days * 24 + hour;
        let (count, unit) = match (minute, second, fraction) {
            (None, _, None) => (hours, "h"),
            (Some(m), None, None) => (hours * 60 + m, "m"),
            (Some(m), Some(s), None) => ((hours * 60 + m) * 60 + s, "s"),
            (Some(m), Some(s), Some(f)) => {
                if f.is_empty() || f.len() > 18 || !f.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                let places = f.len().div_ceil(3);
                let scale = 10i128.pow(3 * places as u32);
                let padded = format!("{f:0<width$}", width = 3 * places);
                let seconds = (hours * 60 + m) * 60 + s;
                let unit = ["ms", "us", "ns", "ps", "fs", "as"][places - 1];
                (seconds * scale + padded.parse::<i128>().ok()?, unit)
            }
            _ => return None,
        };
        Some((i64::try_from(count).ok()?, TimeUnit::named(unit)?))
    }
}

/// Days from 1970-01-01 to the first of a month, counted in months from January 1970 (Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms").
fn days_of_month(months: i128) -> i128 {
    let (year, month) = (1970 + months.div_euclid(12), months.rem_euclid(12) + 1);
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

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

    /// `[us]`, `[25s]`, or nothing.
    pub fn bracket(&self) -> String {
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

fn day(days: i128) -> String {
    let (y, m, d) = civil(days);
    format!("{}-{m:02}-{d:02}", year(y))
}

/// A count of days since 1970-01-01 as year, month and day (Hinnant, as above).
pub fn civil(days: i128) -> (i128, u32, u32) {
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = doy - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    let y = yoe + era * 400 + i128::from(m <= 2);
    (y, m as u32, d as u32)
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
