//! Arrays out of files that are no HDF5 files, and out of text. Binary files are read where the
//! array is looked at; text is read once, as a stream.

use std::fs::File;
use std::io::{Read, Seek};

use super::args::Args;
use super::common::{ALL, entry, file_error};
use super::creation::SECTION;
use super::creation_convert::{Growing, dtype_and_swaps, swaps};
use super::registry::Function;
use super::value::Value;
use crate::array::block::count;
use crate::array::cast::write_item;
use crate::array::raw::{raw, swap};
use crate::array::reshape::reshape;
use crate::array::view::transpose;
use crate::array::{Array, Context, DType, Error, Item, Result, text};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.entry(
        &["fromfile"],
        "file, dtype=float, count=-1, sep='', offset=0, *, like=None",
        ALL,
        "The elements of a binary file, or, with sep, of a text file.",
        fromfile,
    ),
    SECTION.entry(
        &["fromstring"],
        "string, dtype=float, count=-1, *, sep='', like=None",
        "biufcmM",
        "The numbers in a text.",
        fromstring,
    ),
    entry(
        "Input and output",
        &["load"],
        "file, mmap_mode=None, allow_pickle=False, fix_imports=True, encoding='ASCII', *, max_header_size=10000",
        "biufcSUMmV",
        "The array in an .npy file; a dict of the arrays in an .npz file.",
        load,
    ),
];

/// Opens a file to read it, and says how long it is.
///
/// # Errors
/// FileNotFoundError and its like.
pub fn open(path: &str) -> Result<(File, u64)> {
    let file = File::open(path).map_err(|e| file_error(&e, path))?;
    let facts = file.metadata().map_err(|e| file_error(&e, path))?;
    if facts.is_dir() {
        let quoted = crate::array::dtype::quote(path);
        return Err(Error::os(format!("[Errno 21] Is a directory: {quoted}")));
    }
    Ok((file, facts.len()))
}

/// Text that is read piece by piece.
struct Stream {
    file: Option<File>,
    buffer: Vec<u8>,
    at: usize,
}

/// No number is longer than this.
const LONGEST: usize = 512;

impl Stream {
    /// What comes next, at least so many bytes where there are.
    fn ahead(&mut self) -> Result<&[u8]> {
        if self.buffer.len() - self.at < LONGEST
            && let Some(file) = &mut self.file
        {
            self.buffer.drain(..self.at);
            self.at = 0;
            let old = self.buffer.len();
            self.buffer.resize(old + (64 << 10), 0);
            let n = file.read(&mut self.buffer[old..])?;
            self.buffer.truncate(old + n);
            if n == 0 {
                self.file = None;
            }
        }
        Ok(&self.buffer[self.at..])
    }

    fn skip_spaces(&mut self) -> Result<()> {
        loop {
            let ahead = self.ahead()?;
            let n = ahead.iter().take_while(|b| b.is_ascii_whitespace()).count();
            let more = n > 0 && n == ahead.len();
            self.at += n;
            if !more {
                return Ok(());
            }
        }
    }

    /// Goes past a separator: true where another element follows.
    fn separator(&mut self, sep: &[u8]) -> Result<bool> {
        let mut k = 0;
        let mut moved = false;
        loop {
            let Some(&c) = self.ahead()?.first() else { return Ok(false) };
            match sep.get(k) {
                None if moved => return Ok(true),
                None => return Err(unmatched()),
                Some(b' ') if !c.is_ascii_whitespace() => k += 1,
                Some(b' ') => {
                    self.at += 1;
                    moved = true;
                }
                Some(s) if *s == c => {
                    self.at += 1;
                    moved = true;
                    k += 1;
                }
                _ => return Err(unmatched()),
            }
        }
    }
}

fn unmatched() -> Error {
    Error::value("string or file could not be read to its end due to unmatched data")
}

/// How many bytes of a text are a number, as C's `strtod` reads it.
fn float_length(t: &[u8]) -> usize {
    let sign = usize::from(matches!(t.first(), Some(b'+' | b'-')));
    let rest = &t[sign..];
    for word in ["infinity", "inf", "nan"] {
        if rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word.as_bytes()) {
            return sign + word.len();
        }
    }
    let digits = |t: &[u8]| t.iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(rest);
    let mut n = whole;
    if rest.get(n) == Some(&b'.') {
        let part = digits(&rest[n + 1..]);
        if whole + part == 0 {
            return 0;
        }
        n += 1 + part;
    }
    if n == 0 {
        return 0;
    }
    if matches!(rest.get(n), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(rest.get(n + 1), Some(b'+' | b'-')));
        let part = digits(&rest[n + 1 + signed..]);
        if part > 0 {
            n += 1 + signed + part;
        }
    }
    sign + n
}

fn float_of(t: &[u8]) -> f64 {
    std::str::from_utf8(t).ok().and_then(text::parse_float).unwrap_or(f64::NAN)
}

/// The number at the beginning of a text as an element, and how long it is.
fn number(t: &[u8], dtype: &DType) -> Option<(Item, usize)> {
    let n = float_length(t);
    match dtype {
        d if d.is_integer() || d.is_time() => {
            let sign = usize::from(matches!(t.first(), Some(b'+' | b'-')));
            let digits = t[sign..].iter().take_while(|b| b.is_ascii_digit()).count();
            let word = std::str::from_utf8(&t[..sign + digits]).ok()?;
            let value = text::parse_int(word, 10)?;
            Some((Item::Int(value), sign + digits))
        }
        d if d.is_complex() => {
            if n == 0 {
                return None;
            }
            let first = float_of(&t[..n]);
            match t.get(n) {
                Some(b'j') => Some((Item::Complex(0.0, first), n + 1)),
                Some(b'+' | b'-') => {
                    let m = float_length(&t[n..]);
                    match t.get(n + m) {
                        Some(b'j') if m > 0 => {
                            Some((Item::Complex(first, float_of(&t[n..n + m])), n + m + 1))
                        }
                        _ => Some((Item::Complex(first, 0.0), n)),
                    }
                }
                _ => Some((Item::Complex(first, 0.0), n)),
            }
        }
        _ => (n > 0).then(|| (Item::Float(float_of(&t[..n])), n)),
    }
}

/// The numbers of a text, parted by a separator.
fn numbers(
    mut stream: Stream,
    dtype: &DType,
    count: i64,
    sep: &str,
    cx: &Context,
) -> Result<Array> {
    if !dtype.is_number() && !dtype.is_time() {
        return Err(match dtype {
            DType::Object => Error::value("Cannot create an object array from a string"),
            _ => Error::value("don't know how to read character strings with that array type"),
        });
    }
    let mut out = Growing::new(dtype.clone());
    let mut n = 0;
    while count < 0 || n < count {
        stream.skip_spaces()?;
        let ahead = stream.ahead()?;
        if ahead.is_empty() {
            break;
        }
        let Some((item, len)) = number(ahead, dtype) else { return Err(unmatched()) };
        stream.at += len;
        let mut element = vec![0; dtype.size()];
        match &item {
            // integers wrap here
            Item::Int(v) => {
                use num_traits::ToPrimitive;
                let wide = v.to_i64().map(|v| v as u64).or(v.to_u64()).unwrap_or(u64::MAX);
                let size = dtype.size().min(8);
                element[..size].copy_from_slice(&wide.to_ne_bytes()[..size]);
            }
            other => write_item(other, dtype, &mut element)?,
        }
        out.push_bytes(&element, cx)?;
        n += 1;
        if (count >= 0 && n >= count) || !stream.separator(sep.as_bytes())? {
            break;
        }
    }
    // what is missing is left as it is by NumPy
    while n < count {
        out.push_bytes(&vec![0; dtype.size()], cx)?;
        n += 1;
    }
    out.finish(cx)
}

fn fromstring(args: &Args, cx: &Context) -> Result<Value> {
    let text = match args.value("string") {
        Value::Bytes(b) => b.to_vec(),
        other => match other.as_str() {
            Some(s) => s.into_bytes(),
            None => {
                return Err(Error::type_error(format!(
                    "fromstring() argument 1 must be read-only bytes-like object, not {}",
                    other.type_name()
                )));
            }
        },
    };
    let sep = args.text("sep")?.unwrap_or_default();
    if sep.is_empty() {
        return Err(Error::value(
            "The binary mode of fromstring is removed, use frombuffer instead",
        ));
    }
    let dtype = args.dtype("dtype")?.unwrap_or(DType::Float64);
    let count = args.int("count")?.unwrap_or(-1);
    let stream = Stream { file: None, buffer: text, at: 0 };
    Ok(Value::array(numbers(stream, &dtype, count, &sep, cx)?))
}

fn fromfile(args: &Args, cx: &Context) -> Result<Value> {
    let path = path(&args.value("file"), "file")?;
    let (file, len) = open(&path)?;
    let (dtype, swaps) = dtype_and_swaps(args, "dtype")?;
    let count = args.int("count")?.unwrap_or(-1);
    let sep = args.text("sep")?.unwrap_or_default();
    if !sep.is_empty() {
        let stream = Stream { file: Some(file), buffer: Vec::new(), at: 0 };
        return Ok(Value::array(numbers(stream, &dtype, count, &sep, cx)?));
    }
    if dtype == DType::Object {
        return Err(Error::value("Cannot read into object array"));
    }
    if dtype.size() == 0 {
        return Err(Error::value("The elements are 0-sized."));
    }
    let offset = args.int("offset")?.unwrap_or(0);
    let offset = u64::try_from(offset).map_err(|_| Error::os("[Errno 22] Invalid argument"))?;
    let rest = len
        .checked_sub(offset)
        .ok_or_else(|| Error::value("negative dimensions are not allowed"))?;
    let most = (rest / dtype.size() as u64) as usize;
    let n = if count < 0 { most } else { most.min(count as usize) };
    Ok(Value::array(raw(file, offset, dtype, n, swaps)))
}

/// A path that an argument gives.
///
/// # Errors
/// TypeError where it is no text.
pub(super) fn path(value: &Value, what: &str) -> Result<String> {
    value.as_str().ok_or_else(|| {
        Error::type_error(format!(
            "expected str, bytes or os.PathLike object for {what}, not {}",
            value.type_name()
        ))
    })
}

/// What an .npy file's header says.
struct Header {
    dtype: DType,
    swaps: Vec<(usize, usize)>,
    shape: Vec<usize>,
    fortran: bool,
}

fn header(reader: impl Read) -> Result<Header> {
    let bad = |e: std::io::Error| Error::value(format!("Failed to interpret the file: {e}"));
    let header = npyz::NpyHeader::from_reader(reader).map_err(bad)?;
    if header.uses_pickled_array() {
        return Err(Error::value("Object arrays cannot be loaded when allow_pickle=False"));
    }
    let described = described(&header.dtype())?;
    let dtype = super::convert::as_dtype(&described)?;
    let shape = header
        .shape()
        .iter()
        .map(|n| usize::try_from(*n).map_err(|_| Error::value("array is too big")))
        .collect::<Result<Vec<_>>>()?;
    let fortran = matches!(header.order(), npyz::Order::Fortran);
    Ok(Header { dtype, swaps: swaps(&described)?, shape, fortran })
}

/// A dtype of a header as `np.dtype` takes it.
fn described(dtype: &npyz::DType) -> Result<Value> {
    Ok(match dtype {
        npyz::DType::Plain(t) => Value::str(t.to_string()),
        npyz::DType::Record(fields) => Value::list(
            fields
                .iter()
                .map(|f| {
                    let (mut dtype, mut shape) = (&f.dtype, Vec::new());
                    while let npyz::DType::Array(n, inner) = dtype {
                        shape.push(Value::int(*n));
                        dtype = inner;
                    }
                    let mut parts = vec![Value::str(&f.name), described(dtype)?];
                    if !shape.is_empty() {
                        parts.push(Value::tuple(shape));
                    }
                    Ok(Value::tuple(parts))
                })
                .collect::<Result<_>>()?,
        ),
        npyz::DType::Array(..) => {
            return Err(Error::value("an .npy file of sub-arrays can't be read"));
        }
    })
}

/// Elements of one axis under the shape and order of a header.
fn arranged(flat: &Array, header: &Header) -> Array {
    if !header.fortran {
        return reshape(flat, header.shape.clone());
    }
    let reversed: Vec<usize> = header.shape.iter().rev().copied().collect();
    let order: Vec<usize> = (0..reversed.len()).rev().collect();
    transpose(&reshape(flat, reversed), &order)
}

fn load(args: &Args, cx: &Context) -> Result<Value> {
    let path = path(&args.value("file"), "file")?;
    let (mut file, len) = open(&path)?;
    let mut magic = [0; 6];
    let n = file.read(&mut magic)?;
    file.rewind()?;
    if n == 0 {
        return Err(Error::new(crate::array::error::Kind::OSError, "No data left in file"));
    }
    if magic[..n].starts_with(b"PK\x03\x04") || magic[..n].starts_with(b"PK\x05\x06") {
        return archive(file, cx);
    }
    if &magic != b"\x93NUMPY" {
        return Err(Error::value(
            "This file contains pickled (object) data. If you trust the file you can load it \
             unsafely using the `allow_pickle=` keyword argument or `pickle.load()`.",
        ));
    }
    let head = header(&mut file)?;
    let base = file.stream_position()?;
    let n = count(&head.shape);
    let bytes = (n as u64).checked_mul(head.dtype.size() as u64);
    if bytes.and_then(|b| b.checked_add(base)).is_none_or(|end| end > len) {
        return Err(Error::value(format!(
            "Failed to read all data for array. Expected {} = {n} elements, the file is shorter",
            crate::array::dtype::tuple(&head.shape)
        )));
    }
    let flat = raw(file, base, head.dtype.clone(), n, head.swaps.clone());
    Ok(Value::array(arranged(&flat, &head)))
}

/// The arrays of an .npz file, each read as a stream.
fn archive(file: File, cx: &Context) -> Result<Value> {
    let bad = |e: std::io::Error| Error::value(format!("Failed to interpret the file: {e}"));
    let mut archive = npyz::npz::NpzArchive::new(std::io::BufReader::new(file)).map_err(bad)?;
    let names: Vec<String> = archive.array_names().map(str::to_string).collect();
    let mut entries = Vec::new();
    for name in names {
        let Some(npy) = archive.by_name(&name).map_err(bad)? else { continue };
        let header_text = npy.header().clone();
        if header_text.uses_pickled_array() {
            return Err(Error::value("Object arrays cannot be loaded when allow_pickle=False"));
        }
        let described = described(&header_text.dtype())?;
        let dtype = super::convert::as_dtype(&described)?;
        let shape: Vec<usize> = header_text.shape().iter().map(|n| *n as usize).collect();
        let fortran = matches!(header_text.order(), npyz::Order::Fortran);
        let head = Header { dtype, swaps: swaps(&described)?, shape, fortran };
        let size = head.dtype.size().max(1);
        let mut reader = npy.into_inner();
        let mut growing = Growing::new(head.dtype.clone());
        let mut left = count(&head.shape);
        let mut buffer = vec![0; (64 << 10) / size.min(64 << 10) * size];
        while left > 0 {
            let n = left.min(buffer.len() / size);
            let part = &mut buffer[..n * size];
            reader.read_exact(part).map_err(bad)?;
            swap(part, size, &head.swaps);
            growing.push_bytes(part, cx)?;
            left -= n;
        }
        let flat = growing.finish(cx)?;
        entries.push((Value::str(&name), Value::array(arranged(&flat, &head))));
    }
    Value::dict(entries)
}
