//! A tree as text: as Python's `repr` prints it, and what well-known objects hold as ISO text.
//!
//! Arrays are in `show_numpy`, dates in `time_text`. Output is bounded; nothing is aligned,
//! wrapped or coloured here.

use std::fmt::{self, Write};

use num_bigint::BigInt;

use super::known::{Known, known, offset_of};
use super::value::{Made, Object, Py};
use super::{MAX_DEPTH, show_numpy, time_text};

/// The bits of the longest integers that are written out: 4300 digits, Python's own limit.
const MOST_BITS: u64 = 14_284;
/// The characters that `Display` writes.
const DISPLAYED: usize = 100_000;

/// What Python's `repr` prints, cut off with `...` after `most` characters.
///
/// Objects of other classes are shown by what they are made from: `module.Class(1, name='x')`.
pub fn repr(value: &Py, most: usize) -> String {
    let mut out = Out { text: String::new(), left: most, full: false, depth: 0 };
    out.value(value);
    out.text
}

/// What a well-known object holds, as `isoformat` or `str` give it: `2021-08-02T03:04:05`.
pub fn iso(known: &Known) -> String {
    match known {
        Known::Datetime { year, month, day, hour, minute, second, microsecond, tz, .. } => {
            let clock = time_text::clock(*hour, *minute, *second, *microsecond);
            let zone = tz.as_ref().map(time_text::zone).unwrap_or_default();
            format!("{year:04}-{month:02}-{day:02}T{clock}{zone}")
        }
        Known::Date { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
        Known::Time { hour, minute, second, microsecond, tz, .. } => {
            let zone = tz.as_ref().map(time_text::zone).unwrap_or_default();
            time_text::clock(*hour, *minute, *second, *microsecond) + &zone
        }
        Known::Timedelta { days, seconds, microseconds } => {
            time_text::span(*days, *seconds, *microseconds)
        }
        Known::Timezone { offset, name } => match (name, offset_of(offset)) {
            (Some(name), _) => name.to_string(),
            (None, None | Some((0, 0, 0))) => "UTC".to_owned(),
            (None, Some(offset)) => format!("UTC{}", time_text::offset_text(offset)),
        },
        Known::Decimal(text) => text.to_string(),
        Known::Fraction { numerator, denominator } => match *denominator == BigInt::from(1) {
            true => integer(numerator),
            false => format!("{}/{}", integer(numerator), integer(denominator)),
        },
        Known::Path { text, .. } => text.clone(),
        Known::Uuid(value) => {
            let hex = format!("{value:032x}");
            let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
            format!("{a}-{b}-{c}-{d}-{e}")
        }
        Known::Enum { class, name: Some(name), .. } => format!("{}.{name}", class.qualname),
        Known::Enum { class, name: None, value } => {
            let value = value.as_ref().map(|value| repr(value, DISPLAYED)).unwrap_or_default();
            format!("{}({value})", class.qualname)
        }
    }
}

impl fmt::Display for Py {
    /// [`repr`]; a precision says how many characters at most.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&repr(self, f.precision().unwrap_or(DISPLAYED)))
    }
}

/// An integer's digits, or how long it is if Python wouldn't print it.
fn integer(value: &BigInt) -> String {
    match value.bits() {
        0..=MOST_BITS => value.to_string(),
        bits => format!("<int of {bits} bits>"),
    }
}

/// A float as Python prints it, from what Rust's `{:e}` prints: the same shortest digits.
///
/// `point` is what follows a whole number: `.0`, or nothing inside a complex number.
pub(super) fn float(scientific: &str, point: &str) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific.to_lowercase();
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if !(-4..16).contains(&exponent) {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let minus = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{dot}{rest}e{minus}{:02}", exponent.unsigned_abs());
    }
    if exponent < 0 {
        let zeros = "0".repeat((-exponent - 1) as usize);
        return format!("{sign}0.{zeros}{digits}");
    }
    if count <= exponent + 1 {
        let zeros = "0".repeat((exponent + 1 - count) as usize);
        return format!("{sign}{digits}{zeros}{point}");
    }
    let (whole, part) = digits.split_at((exponent + 1) as usize);
    format!("{sign}{whole}.{part}")
}

/// A complex number from its parts in Rust's `{:e}`; `None` if the real part is 0.
pub(super) fn complex(real: Option<&str>, imag: &str) -> String {
    let imag = float(imag, "");
    let Some(real) = real else { return format!("{imag}j") };
    let plus = if imag.starts_with('-') { "" } else { "+" };
    format!("({}{plus}{imag}j)", float(real, ""))
}

/// Text that stops growing at a length.
pub(super) struct Out {
    text: String,
    left: usize,
    full: bool,
    depth: usize,
}

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text);
        if self.full { Err(fmt::Error) } else { Ok(()) }
    }
}

impl Out {
    pub(super) fn put(&mut self, text: &str) {
        for c in text.chars() {
            if !self.put_char(c) {
                return;
            }
        }
    }

    fn put_char(&mut self, c: char) -> bool {
        if self.full {
            return false;
        }
        if self.left == 0 {
            self.text.push_str("...");
            self.full = true;
            return false;
        }
        self.left -= 1;
        self.text.push(c);
        true
    }

    /// Things with commas between them, in brackets.
    pub(super) fn series<T>(
        &mut self,
        [open, close]: [&str; 2],
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.put(open);
        for (index, item) in items.into_iter().enumerate() {
            if self.full {
                return;
            }
            if index > 0 {
                self.put(", ");
            }
            each(self, item);
        }
        self.put(close);
    }

    pub(super) fn value(&mut self, value: &Py) {
        if self.depth >= MAX_DEPTH {
            return self.put("...");
        }
        self.depth += 1;
        match value {
            Py::None => self.put("None"),
            Py::Ellipsis => self.put("Ellipsis"),
            Py::NotImplemented => self.put("NotImplemented"),
            Py::Bool(true) => self.put("True"),
            Py::Bool(false) => self.put("False"),
            Py::Int(value) => self.put(&integer(value)),
            Py::Float(value) => self.put(&float(&format!("{value:e}"), ".0")),
            Py::Complex(real, imag) => {
                let (shown, imag) = (format!("{real:e}"), format!("{imag:e}"));
                let is_zero = *real == 0.0 && real.is_sign_positive();
                self.put(&complex((!is_zero).then_some(&*shown), &imag));
            }
            Py::Str(text) => self.quoted(text),
            Py::Bytes(bytes) => self.bytes(bytes),
            Py::ByteArray(bytes) => {
                self.put("bytearray(");
                self.bytes(bytes);
                self.put(")");
            }
            Py::List(items) => self.values(["[", "]"], items),
            Py::Tuple(items) if items.len() == 1 => self.values(["(", ",)"], items),
            Py::Tuple(items) => self.values(["(", ")"], items),
            Py::Dict(entries) => self.entries(entries),
            Py::Set(members) if members.is_empty() => self.put("set()"),
            Py::Set(members) => self.values(["{", "}"], members),
            Py::FrozenSet(members) if members.is_empty() => self.put("frozenset()"),
            Py::FrozenSet(members) => self.values(["frozenset({", "})"], members),
            Py::Slice(parts) => self.values(["slice(", ")"], parts.as_slice()),
            Py::Range(parts) => {
                let count = if parts[2].as_i64() == Some(1) { 2 } else { 3 };
                self.values(["range(", ")"], &parts[..count]);
            }
            Py::Class(class) => self.put(&format!("<class '{}'>", class.full())),
            Py::Object(object) => self.object(object),
            Py::DType(dtype) => show_numpy::dtype(self, dtype),
            Py::Array(array) => show_numpy::array(self, array),
        }
        self.depth -= 1;
    }

    pub(super) fn values(&mut self, brackets: [&str; 2], values: &[Py]) {
        self.series(brackets, values, Self::value);
    }

    fn entries(&mut self, entries: &[(Py, Py)]) {
        self.series(["{", "}"], entries, |out, (key, value)| {
            out.value(key);
            out.put(": ");
            out.value(value);
        });
    }

    /// A string in the quotes that Python chooses.
    pub(super) fn quoted(&mut self, text: &str) {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        self.put_char(quote);
        for c in text.chars() {
            if self.full {
                return;
            }
            match c {
                '\\' => self.put("\\\\"),
                '\t' => self.put("\\t"),
                '\n' => self.put("\\n"),
                '\r' => self.put("\\r"),
                c if c == quote => {
                    self.put_char('\\');
                    self.put_char(c);
                }
                ' '..='~' => drop(self.put_char(c)),
                c if is_printable(c) => drop(self.put_char(c)),
                c => self.put(&match u32::from(c) {
                    code @ 0..=0xff => format!("\\x{code:02x}"),
                    code @ 0x100..=0xffff => format!("\\u{code:04x}"),
                    code => format!("\\U{code:08x}"),
                }),
            }
        }
        self.put_char(quote);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
        self.put_char('b');
        self.put_char(quote);
        for byte in bytes {
            if self.full {
                return;
            }
            match char::from(*byte) {
                '\\' => self.put("\\\\"),
                '\t' => self.put("\\t"),
                '\n' => self.put("\\n"),
                '\r' => self.put("\\r"),
                c if c == quote => {
                    self.put_char('\\');
                    self.put_char(c);
                }
                c @ ' '..='~' => drop(self.put_char(c)),
                _ => self.put(&format!("\\x{byte:02x}")),
            }
        }
        self.put_char(quote);
    }

    fn object(&mut self, object: &Object) {
        if let Some(known) = known(object)
            && self.known(&known)
        {
            return;
        }
        let name = &*object.class.qualname;
        match (&*object.class.module, name, object.args()) {
            ("collections", "OrderedDict", []) if object.state.is_none() => {
                self.put("OrderedDict(");
                if !object.entries.is_empty() {
                    self.series(["[", "]"], &object.entries, |out, (key, value)| {
                        out.series(["(", ")"], [key, value], Self::value);
                    });
                }
                self.put(")");
            }
            ("collections", "defaultdict", args) => {
                self.put("defaultdict(");
                self.value(args.first().unwrap_or(&Py::None));
                self.put(", ");
                self.entries(&object.entries);
                self.put(")");
            }
            ("collections", "deque", args) => {
                self.values(["deque([", "]"], &object.items);
                if let Some(most) = args.get(1) {
                    self.put(", maxlen=");
                    self.value(most);
                }
                self.put(")");
            }
            ("collections", "Counter", [Py::Dict(counts)]) => {
                let mut counts: Vec<_> = counts.iter().collect();
                counts.sort_by_key(|(_, count)| std::cmp::Reverse(count.as_i64()));
                self.put("Counter(");
                if !counts.is_empty() {
                    self.series(["{", "}"], counts, |out, (key, count)| {
                        out.value(key);
                        out.put(": ");
                        out.value(count);
                    });
                }
                self.put(")");
            }
            ("zoneinfo", "ZoneInfo._unpickle", [key, ..]) => {
                self.put("zoneinfo.ZoneInfo(key=");
                self.value(key);
                self.put(")");
            }
            _ => self.call(object),
        }
    }

    /// `module.Class(arguments, what is put into it, attribute=value)`.
    fn call(&mut self, object: &Object) {
        match &object.made {
            Made::Call { callable, .. } => self.value(callable),
            _ => self.put(&object.class.full()),
        }
        let mut parts: Vec<Part> = object.args().iter().map(Part::Value).collect();
        if let Made::New { kwargs: Some(kwargs), .. } = &object.made {
            parts.extend(kwargs.iter().map(Part::Named));
        }
        if !object.items.is_empty() {
            parts.push(Part::Items(["[", "]"], &object.items));
        }
        if !object.members.is_empty() {
            parts.push(Part::Items(["{", "}"], &object.members));
        }
        if !object.entries.is_empty() {
            parts.push(Part::Entries(&object.entries));
        }
        match &object.state {
            None => {}
            Some(Py::Dict(entries)) => parts.extend(entries.iter().map(Part::Named)),
            Some(Py::Tuple(both)) => match &both[..] {
                [Py::None, Py::Dict(slots)] => parts.extend(slots.iter().map(Part::Named)),
                [Py::Dict(entries), Py::Dict(slots)] => {
                    parts.extend(entries.iter().chain(slots.iter()).map(Part::Named));
                }
                _ => parts.extend(object.state.as_ref().map(Part::State)),
            },
            Some(state) => parts.push(Part::State(state)),
        }
        self.series(["(", ")"], parts, |out, part| match part {
            Part::Value(value) => out.value(value),
            Part::Named((Py::Str(name), value)) => {
                out.put(name);
                out.put("=");
                out.value(value);
            }
            Part::Named(entry) => out.entries(std::slice::from_ref(entry)),
            Part::Items(brackets, items) => out.values(brackets, items),
            Part::Entries(entries) => out.entries(entries),
            Part::State(state) => {
                out.put("state=");
                out.value(state);
            }
        });
    }

    /// Whether it could be shown as what it is.
    fn known(&mut self, known: &Known) -> bool {
        match known {
            Known::Datetime { year, month, day, hour, minute, second, microsecond, fold, tz } => {
                let _ = write!(self, "datetime.datetime({year}, {month}, {day}, {hour}, {minute}");
                self.rest_of_time(*second, *microsecond, *fold, tz.as_ref());
            }
            Known::Time { hour, minute, second, microsecond, fold, tz } => {
                let _ = write!(self, "datetime.time({hour}, {minute}");
                self.rest_of_time(*second, *microsecond, *fold, tz.as_ref());
            }
            Known::Date { year, month, day } => {
                let _ = write!(self, "datetime.date({year}, {month}, {day})");
            }
            Known::Timedelta { days, seconds, microseconds } => {
                let parts = [
                    ("days", i64::from(*days)),
                    ("seconds", i64::from(*seconds)),
                    ("microseconds", i64::from(*microseconds)),
                ];
                let parts: Vec<String> = parts
                    .iter()
                    .filter(|(_, value)| *value != 0)
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                let parts = if parts.is_empty() { "0".to_owned() } else { parts.join(", ") };
                let _ = write!(self, "datetime.timedelta({parts})");
            }
            Known::Timezone { offset, name } => match (offset_of(offset), name) {
                (Some((0, 0, 0)), None) => self.put("datetime.timezone.utc"),
                (_, name) => {
                    self.put("datetime.timezone(");
                    self.value(offset);
                    if let Some(name) = name {
                        self.put(", ");
                        self.quoted(name);
                    }
                    self.put(")");
                }
            },
            Known::Decimal(_) => drop(write!(self, "Decimal('{}')", iso(known))),
            Known::Uuid(_) => drop(write!(self, "UUID('{}')", iso(known))),
            Known::Fraction { numerator, denominator } => {
                let (above, below) = (integer(numerator), integer(denominator));
                let _ = write!(self, "Fraction({above}, {below})");
            }
            Known::Path { class, text } => {
                let windows = class.qualname.contains("Windows");
                let text = if windows { text.replace('\\', "/") } else { text.clone() };
                self.put(&class.qualname);
                self.put("(");
                self.quoted(&text);
                self.put(")");
            }
            Known::Enum { class, name: Some(name), value } => {
                let class = class.qualname.rsplit('.').next().unwrap_or_default();
                let _ = write!(self, "<{class}.{name}");
                if let Some(value) = value {
                    self.put(": ");
                    self.value(value);
                }
                self.put(">");
            }
            Known::Enum { name: None, .. } => return false,
        }
        true
    }

    fn rest_of_time(&mut self, second: u8, microsecond: u32, fold: bool, tz: Option<&Py>) {
        if second != 0 || microsecond != 0 {
            let _ = write!(self, ", {second}");
        }
        if microsecond != 0 {
            let _ = write!(self, ", {microsecond}");
        }
        if fold {
            self.put(", fold=1");
        }
        if let Some(tz) = tz {
            self.put(", tzinfo=");
            self.value(tz);
        }
        self.put(")");
    }
}

/// What stands between the parentheses of an object.
enum Part<'a> {
    Value(&'a Py),
    Named(&'a (Py, Py)),
    Items([&'static str; 2], &'a [Py]),
    Entries(&'a [(Py, Py)]),
    State(&'a Py),
}

/// Whether Python prints a character as it is. Rust's debug format escapes the same categories,
/// and marks that extend a grapheme only where nothing stands before them.
fn is_printable(c: char) -> bool {
    let mut pair = ['a', c].into_iter().collect::<String>();
    pair = pair.escape_debug().skip(1).collect();
    pair.chars().eq([c])
}
