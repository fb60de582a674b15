//! Dtypes: what an array's elements are, as NumPy has them.
//!
//! A [`DType`] says how an element lies in a [`super::block::Block`], always in this machine's
//! byte order (files' orders are dealt with where data is read), and how it is named: `float64`,
//! `<U5`, `datetime64[ms]`. What may be combined with what is [`super::promote`]'s subject.

use std::fmt;
use std::sync::Arc;

use super::error::{Error, Result};
use super::time::TimeUnit;

/// The type of an array's elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    Complex64,
    Complex128,
    /// Text of up to so many characters, each a 32-bit code point (`<U5`).
    Str(usize),
    /// So many bytes, the last NULs not counted (`|S3`).
    Bytes(usize),
    /// A count of units since 1970, in 64 bits.
    Datetime(TimeUnit),
    /// A count of units, in 64 bits.
    Timedelta(TimeUnit),
    /// So many bytes without a meaning (`|V8`).
    Void(usize),
    /// Named fields (a compound).
    Struct(Arc<Struct>),
    /// Python values, each its own.
    Object,
}

/// The fields of a structured dtype.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Struct {
    /// In the order of the file or the declaration.
    pub fields: Vec<Field>,
    /// Bytes of an element.
    pub size: usize,
}

/// One field of a structured dtype.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its elements' type.
    pub dtype: DType,
    /// The shape of its sub-array; empty for a single element.
    pub shape: Vec<usize>,
    /// Bytes before it.
    pub offset: usize,
}

impl Field {
    /// Bytes of the field, sub-array and all.
    pub fn size(&self) -> usize {
        self.dtype.size() * self.shape.iter().product::<usize>()
    }
}

impl Struct {
    /// Fields one after the other, without gaps.
    pub fn packed(fields: Vec<(String, DType, Vec<usize>)>) -> Struct {
        let mut size = 0;
        let fields = fields
            .into_iter()
            .map(|(name, dtype, shape)| {
                let field = Field { name, dtype, shape, offset: size };
                size += field.size();
                field
            })
            .collect();
        Struct { fields, size }
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// Whether the fields follow each other without gaps.
    pub fn is_packed(&self) -> bool {
        let mut at = 0;
        self.fields.iter().all(|f| {
            let here = f.offset == at;
            at += f.size();
            here
        }) && at == self.size
    }
}

/// The families of dtypes, by NumPy's one-letter `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
    Complex,
    Bytes,
    Str,
    Datetime,
    Timedelta,
    Void,
    Object,
}

impl Kind {
    /// NumPy's letter: `b u i f c S U M m V O`.
    pub fn letter(self) -> char {
        match self {
            Kind::Bool => 'b',
            Kind::Unsigned => 'u',
            Kind::Signed => 'i',
            Kind::Float => 'f',
            Kind::Complex => 'c',
            Kind::Bytes => 'S',
            Kind::Str => 'U',
            Kind::Datetime => 'M',
            Kind::Timedelta => 'm',
            Kind::Void => 'V',
            Kind::Object => 'O',
        }
    }
}

/// The dtypes that a letter or a name stands for: character code, name, dtype.
const NAMES: &[(char, &str, DType)] = &[
    ('?', "bool", DType::Bool),
    ('b', "int8", DType::Int8),
    ('h', "int16", DType::Int16),
    ('i', "int32", DType::Int32),
    ('l', "int64", DType::Int64),
    ('B', "uint8", DType::UInt8),
    ('H', "uint16", DType::UInt16),
    ('I', "uint32", DType::UInt32),
    ('L', "uint64", DType::UInt64),
    ('e', "float16", DType::Float16),
    ('f', "float32", DType::Float32),
    ('d', "float64", DType::Float64),
    ('F', "complex64", DType::Complex64),
    ('D', "complex128", DType::Complex128),
    ('O', "object", DType::Object),
];

/// Other names that `np.dtype` takes.
const ALIASES: &[(&str, DType)] = &[
    ("bool_", DType::Bool),
    ("int", DType::Int64),
    ("int_", DType::Int64),
    ("intp", DType::Int64),
    ("q", DType::Int64),
    ("p", DType::Int64),
    ("n", DType::Int64),
    ("long", DType::Int64),
    ("longlong", DType::Int64),
    ("byte", DType::Int8),
    ("short", DType::Int16),
    ("intc", DType::Int32),
    ("uint", DType::UInt64),
    ("uintp", DType::UInt64),
    ("Q", DType::UInt64),
    ("P", DType::UInt64),
    ("N", DType::UInt64),
    ("ulong", DType::UInt64),
    ("ulonglong", DType::UInt64),
    ("ubyte", DType::UInt8),
    ("ushort", DType::UInt16),
    ("uintc", DType::UInt32),
    ("half", DType::Float16),
    ("single", DType::Float32),
    ("float", DType::Float64),
    ("float_", DType::Float64),
    ("double", DType::Float64),
    ("csingle", DType::Complex64),
    ("complex", DType::Complex128),
    ("complex_", DType::Complex128),
    ("cdouble", DType::Complex128),
    ("object_", DType::Object),
    ("str", DType::Str(0)),
    ("str_", DType::Str(0)),
    ("unicode", DType::Str(0)),
    ("U", DType::Str(0)),
    ("bytes", DType::Bytes(0)),
    ("bytes_", DType::Bytes(0)),
    ("S", DType::Bytes(0)),
    ("void", DType::Void(0)),
    ("V", DType::Void(0)),
    ("c", DType::Bytes(1)),
];

impl DType {
    /// Bytes of an element.
    pub fn size(&self) -> usize {
        match self {
            DType::Bool | DType::Int8 | DType::UInt8 => 1,
            DType::Int16 | DType::UInt16 | DType::Float16 => 2,
            DType::Int32 | DType::UInt32 | DType::Float32 => 4,
            DType::Int64 | DType::UInt64 | DType::Float64 | DType::Complex64 => 8,
            DType::Complex128 => 16,
            DType::Datetime(_) | DType::Timedelta(_) | DType::Object => 8,
            DType::Str(n) => 4 * n,
            DType::Bytes(n) | DType::Void(n) => *n,
            DType::Struct(s) => s.size,
        }
    }

    /// The family.
    pub fn kind(&self) -> Kind {
        use DType::*;
        match self {
            Bool => Kind::Bool,
            Int8 | Int16 | Int32 | Int64 => Kind::Signed,
            UInt8 | UInt16 | UInt32 | UInt64 => Kind::Unsigned,
            Float16 | Float32 | Float64 => Kind::Float,
            Complex64 | Complex128 => Kind::Complex,
            Str(_) => Kind::Str,
            Bytes(_) => Kind::Bytes,
            Datetime(_) => Kind::Datetime,
            Timedelta(_) => Kind::Timedelta,
            Void(_) | Struct(_) => Kind::Void,
            Object => Kind::Object,
        }
    }

    /// Bool, integers, floats and complex numbers.
    pub fn is_number(&self) -> bool {
        self.kind() <= Kind::Complex
    }

    /// Signed and unsigned integers.
    pub fn is_integer(&self) -> bool {
        matches!(self.kind(), Kind::Signed | Kind::Unsigned)
    }

    /// Integers and bool.
    pub fn is_integral(&self) -> bool {
        self.kind() <= Kind::Signed
    }

    /// Real floats and complex numbers.
    pub fn is_inexact(&self) -> bool {
        matches!(self.kind(), Kind::Float | Kind::Complex)
    }

    /// Complex numbers.
    pub fn is_complex(&self) -> bool {
        self.kind() == Kind::Complex
    }

    /// Text or bytes.
    pub fn is_string(&self) -> bool {
        matches!(self.kind(), Kind::Str | Kind::Bytes)
    }

    /// Dates and differences of dates.
    pub fn is_time(&self) -> bool {
        matches!(self.kind(), Kind::Datetime | Kind::Timedelta)
    }

    /// The real type of a complex one; itself otherwise.
    pub fn real(&self) -> DType {
        match self {
            DType::Complex64 => DType::Float32,
            DType::Complex128 => DType::Float64,
            other => other.clone(),
        }
    }

    /// The fields of a structured dtype.
    pub fn fields(&self) -> Option<&Arc<Struct>> {
        match self {
            DType::Struct(s) => Some(s),
            _ => None,
        }
    }

    /// NumPy's character code (`np.dtype.char`).
    pub fn char(&self) -> char {
        match self {
            DType::Str(_) => 'U',
            DType::Bytes(_) => 'S',
            DType::Void(_) | DType::Struct(_) => 'V',
            DType::Datetime(_) => 'M',
            DType::Timedelta(_) => 'm',
            other => NAMES.iter().find(|n| n.2 == *other).map_or('O', |n| n.0),
        }
    }

    /// The name of the scalar's class: `float64`, `str_`, `datetime64`.
    pub fn scalar_name(&self) -> &'static str {
        match self {
            DType::Str(_) => "str_",
            DType::Bytes(_) => "bytes_",
            DType::Void(_) | DType::Struct(_) => "void",
            DType::Datetime(_) => "datetime64",
            DType::Timedelta(_) => "timedelta64",
            other => NAMES.iter().find(|n| n.2 == *other).map_or("object_", |n| n.1),
        }
    }

    /// `dtype.name`: `float64`, `str160`, `datetime64[ms]`.
    pub fn name(&self) -> String {
        match self {
            DType::Str(0) => "str".into(),
            DType::Bytes(0) => "bytes".into(),
            DType::Void(0) => "void".into(),
            DType::Str(_) => format!("str{}", 8 * self.size()),
            DType::Bytes(n) => format!("bytes{}", 8 * n),
            DType::Void(_) | DType::Struct(_) => format!("void{}", 8 * self.size()),
            DType::Datetime(u) => format!("datetime64{}", u.bracket()),
            DType::Timedelta(u) => format!("timedelta64{}", u.bracket()),
            other => other.scalar_name().trim_end_matches('_').into(),
        }
    }

    /// `dtype.str`: byte order, kind, size: `<f8`, `|S3`, `<M8[ms]`.
    pub fn short(&self) -> String {
        let order = match self.size() {
            _ if matches!(self, DType::Str(_)) => '<',
            _ if matches!(self, DType::Bytes(_) | DType::Void(_) | DType::Struct(_)) => '|',
            1 => '|',
            _ => '<',
        };
        match self {
            DType::Object => "|O".into(),
            DType::Str(n) => format!("<U{n}"),
            DType::Datetime(u) => format!("<M8{}", u.bracket()),
            DType::Timedelta(u) => format!("<m8{}", u.bracket()),
            _ => format!("{order}{}{}", self.kind().letter(), self.size()),
        }
    }

    /// [`DType::short`] as it stands inside descriptions: `<f8`, `S3`, `?`.
    fn terse(&self) -> String {
        match self {
            DType::Bool => "?".into(),
            other => other.short().trim_start_matches('|').into(),
        }
    }

    /// What `repr(dtype)` has between the parentheses, and `str()` of structured ones:
    /// `'float64'`, `'<U5'`, `[('a', '<i4'), ('b', '<f8', (2,))]`.
    pub fn described(&self) -> String {
        match self {
            DType::Struct(s) if s.is_packed() => {
                let parts: Vec<String> = s.fields.iter().map(describe_field).collect();
                format!("[{}]", parts.join(", "))
            }
            DType::Struct(s) => {
                let list = |f: &dyn Fn(&Field) -> String| {
                    s.fields.iter().map(f).collect::<Vec<_>>().join(", ")
                };
                format!(
                    "{{'names': [{}], 'formats': [{}], 'offsets': [{}], 'itemsize': {}}}",
                    list(&|f| quote(&f.name)),
                    list(&|f| field_format(f)),
                    list(&|f| f.offset.to_string()),
                    s.size
                )
            }
            DType::Object
            | DType::Str(_)
            | DType::Bytes(_)
            | DType::Void(_)
            | DType::Datetime(_)
            | DType::Timedelta(_) => quote(&self.terse()),
            _ => quote(self.scalar_name()),
        }
    }

    /// The dtype that a string stands for, as `np.dtype` reads it.
    ///
    /// # Errors
    /// `TypeError: data type '…' not understood`.
    pub fn parse(text: &str) -> Result<DType> {
        let wrong = || Error::type_error(format!("data type {} not understood", quote(text)));
        if text.contains(',') {
            return parse_list(text).ok_or_else(wrong);
        }
        parse_one(text.trim()).ok_or_else(wrong)
    }
}

fn parse_one(text: &str) -> Option<DType> {
    if let Some(n) = NAMES.iter().find(|n| n.1 == text) {
        return Some(n.2.clone());
    }
    if let Some(a) = ALIASES.iter().find(|a| a.0 == text) {
        return Some(a.1.clone());
    }
    let bare = text.strip_prefix(['<', '>', '=', '|']).unwrap_or(text);
    let mut chars = bare.chars();
    let first = chars.next()?;
    let rest = chars.as_str();
    for (name, make) in [
        ("datetime64", DType::Datetime as fn(TimeUnit) -> DType),
        ("timedelta64", DType::Timedelta),
        ("M8", DType::Datetime),
        ("m8", DType::Timedelta),
        ("M", DType::Datetime),
        ("m", DType::Timedelta),
    ] {
        if let Some(unit) = bare.strip_prefix(name)
            && (unit.is_empty() || unit.starts_with('['))
        {
            return TimeUnit::parse_bracket(unit).map(make);
        }
    }
    if rest.is_empty() {
        return NAMES
            .iter()
            .find(|n| n.0 == first)
            .map(|n| n.2.clone())
            .or_else(|| ALIASES.iter().find(|a| a.0 == bare).map(|a| a.1.clone()));
    }
    if !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: usize = rest.parse().ok()?;
    Some(match (first, n) {
        ('b' | '?', 1) => DType::Bool,
        ('i', 1) => DType::Int8,
        ('i', 2) => DType::Int16,
        ('i', 4) => DType::Int32,
        ('i', 8) => DType::Int64,
        ('u', 1) => DType::UInt8,
        ('u', 2) => DType::UInt16,
        ('u', 4) => DType::UInt32,
        ('u', 8) => DType::UInt64,
        ('f', 2) => DType::Float16,
        ('f', 4) => DType::Float32,
        ('f', 8) => DType::Float64,
        ('c', 8) => DType::Complex64,
        ('c', 16) => DType::Complex128,
        ('O', 8) => DType::Object,
        ('U', n) => DType::Str(n),
        ('S' | 'a', n) => DType::Bytes(n),
        ('V', n) => DType::Void(n),
        _ => return None,
    })
}

/// `i4,f8` and `(2,3)f4,U5`: fields named f0, f1, …
fn parse_list(text: &str) -> Option<DType> {
    let mut fields = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut shape = Vec::new();
        if let Some(inner) = rest.strip_prefix('(') {
            let (dims, after) = inner.split_once(')')?;
            for d in dims.split(',').map(str::trim).filter(|d| !d.is_empty()) {
                shape.push(d.parse().ok()?);
            }
            rest = after.trim_start();
        }
        let (one, after) = rest.split_once(',').unwrap_or((rest, ""));
        fields.push((format!("f{}", fields.len()), parse_one(one.trim())?, shape));
        rest = after.trim_start();
    }
    Some(DType::Struct(Arc::new(Struct::packed(fields))))
}

fn field_format(f: &Field) -> String {
    let base = match &f.dtype {
        DType::Struct(_) => f.dtype.described(),
        d => quote(&d.terse()),
    };
    match f.shape.as_slice() {
        [] => base,
        shape => format!("({base}, {})", tuple(shape)),
    }
}

fn describe_field(f: &Field) -> String {
    let base = match &f.dtype {
        DType::Struct(_) => f.dtype.described(),
        d => quote(&d.terse()),
    };
    match f.shape.as_slice() {
        [] => format!("({}, {base})", quote(&f.name)),
        shape => format!("({}, {base}, {})", quote(&f.name), tuple(shape)),
    }
}

/// Sizes as Python writes a tuple: `()`, `(3,)`, `(2, 3)`.
pub fn tuple(dims: &[usize]) -> String {
    match dims {
        [one] => format!("({one},)"),
        _ => format!("({})", dims.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Text as Python's `repr` writes a `str` (quotes chosen, control characters escaped).
pub fn quote(text: &str) -> String {
    let q = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(q);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == q => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out.push(q);
    out
}

/// Whether Python's `str.isprintable` says so, near enough: no controls, separators other than
/// the space, formats, surrogates or private characters.
fn is_printable(c: char) -> bool {
    !(c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c as u32,
            0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x180E | 0x200B..=0x200F
            | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xFFFE..=0xFFFF
            | 0xE000..=0xF8FF | 0xE0000..=0xE007F | 0xF0000..=0x10FFFF))
}

/// Bytes as Python's `repr` writes them: `b'ab\x00'`.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let q = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{q}");
    for &b in bytes {
        match b {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            b if b == q as u8 => {
                out.push('\\');
                out.push(q);
            }
            0x20..=0x7E => out.push(b as char),
            _ => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out.push(q);
    out
}

/// As `str(dtype)`: `float64`, `<U5`, `datetime64[ms]`.
impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DType::Str(_) | DType::Bytes(_) | DType::Void(_) => f.write_str(&self.short()),
            DType::Struct(_) => f.write_str(&self.described()),
            _ => f.write_str(&self.name()),
        }
    }
}
