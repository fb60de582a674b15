//! Arrays into datasets: the other way of [`super::stored`].
//!
//! A [`Sink`] knows how a dataset keeps its elements. Values are computed on all threads, turned
//! into the file's own form, and written piece by piece in the order of the pieces, so that two
//! files of the same values are the same.

use super::block::Block;
use super::cast::cast;
use super::context::Context;
use super::dtype::{DType, Struct};
use super::error::{Error, Result};
use super::item::Item;
use super::lazy::{Array, Span, whole};
use super::run::{Order, Units, parallel, unit_elements, unit_size, units};
use super::stored::{Form, describe};
use super::text;
use crate::store::{
    Change, Class, Data, Datatype, Element, Extent, File, Layout, ObjectPath, Place,
};

/// How HDF5 stores elements of fixed size, in h5py's way; none where it can't: text of variable
/// length and objects.
pub fn element(dtype: &DType) -> Option<Element> {
    use DType::*;
    Some(match dtype {
        Bool => Element::Bool,
        Int8 | Int16 | Int32 | Int64 => Element::Signed(dtype.size()),
        UInt8 | UInt16 | UInt32 | UInt64 => Element::Unsigned(dtype.size()),
        Float16 | Float32 | Float64 => Element::Float(dtype.size()),
        Complex64 | Complex128 => Element::Complex(dtype.size() / 2),
        Bytes(n) if *n > 0 => Element::FixedBytes(*n),
        Str(n) if *n > 0 => Element::FixedText(4 * n),
        Void(n) if *n > 0 => Element::Opaque(*n, String::new()),
        Datetime(_) | Timedelta(_) => Element::Opaque(8, format!("NUMPY:{}", dtype.short())),
        Struct(s) => compound(s)?,
        Bytes(_) | Str(_) | Void(_) | Object => return None,
    })
}

fn compound(s: &Struct) -> Option<Element> {
    let mut members = Vec::new();
    for f in &s.fields {
        let inner = element(&f.dtype)?;
        let kind = match f.shape.as_slice() {
            [] => inner,
            shape if shape.contains(&0) => return None,
            shape => Element::Array(Box::new(inner), shape.iter().map(|n| *n as u64).collect()),
        };
        members.push((f.name.clone(), f.offset, kind));
    }
    (s.size > 0 && !members.is_empty()).then_some(Element::Compound(s.size, members))
}

/// Whether a structured dtype has text in it, which is stored as UTF-8 of fixed size.
pub fn holds_text(dtype: &DType) -> bool {
    match dtype {
        DType::Str(_) => true,
        DType::Struct(s) => s.fields.iter().any(|f| holds_text(&f.dtype)),
        _ => false,
    }
}

/// Code points of four bytes become UTF-8, which takes no more.
pub fn to_utf8(dtype: &DType, bytes: &mut [u8]) {
    match dtype {
        DType::Str(_) => {
            let text = text::str_of(bytes);
            text::put_bytes(text.as_bytes(), bytes);
        }
        DType::Struct(s) => {
            for f in s.fields.iter().filter(|f| holds_text(&f.dtype)) {
                let part = &mut bytes[f.offset..f.offset + f.size()];
                let size = f.dtype.size().max(1);
                part.chunks_exact_mut(size).for_each(|e| to_utf8(&f.dtype, e));
            }
        }
        _ => {}
    }
}

/// A dataset that elements are written to.
pub struct Sink {
    path: ObjectPath,
    shape: Vec<usize>,
    datatype: Datatype,
    dtype: DType,
    form: Form,
    inner: Vec<usize>,
    chunk: Option<Vec<usize>>,
    /// The field of a compound, where only that is written.
    field: Option<Vec<u8>>,
}

/// Elements in the file's form.
enum Encoded {
    Bytes(Vec<u8>),
    As(Element, Vec<u8>),
    Texts(Vec<Vec<u8>>),
}

impl Encoded {
    fn data(&self) -> Data<'_> {
        match self {
            Encoded::Bytes(bytes) => Data::Bytes(bytes),
            Encoded::As(element, bytes) => Data::As(element, bytes),
            Encoded::Texts(texts) => Data::Texts(texts),
        }
    }
}

impl Sink {
    /// The dataset at `path`.
    ///
    /// # Errors
    /// No such dataset; a null dataspace.
    pub fn open(file: &File, path: &ObjectPath) -> Result<Sink> {
        let facts = file.dataset(path)?;
        if facts.extent == Extent::Null {
            return Err(Error::value("Empty datasets cannot be written"));
        }
        if matches!(facts.layout, Layout::Virtual(_) | Layout::External(_)) {
            let what = facts.layout.name();
            return Err(Error::os(format!("{path}: cannot be written: its layout is {what}")));
        }
        let (dtype, form, inner) = describe(&facts.dtype);
        let shape = facts.extent.dims().iter().map(|&n| n as usize).collect();
        let chunk = match &facts.layout {
            Layout::Chunked(chunk) => Some(chunk.iter().map(|&n| n as usize).collect()),
            _ => None,
        };
        let (path, datatype) = (path.clone(), facts.dtype);
        Ok(Sink { path, shape, datatype, dtype, form, inner, chunk, field: None })
    }

    /// One field of the dataset at `path`, of which single elements can be written.
    ///
    /// # Errors
    /// Those of [`Sink::open`]; no such field.
    pub fn open_field(file: &File, path: &ObjectPath, name: &str) -> Result<Sink> {
        let sink = Sink::open(file, path)?;
        let field = match &sink.datatype.class {
            Class::Compound(fields) => fields.iter().find(|f| f.name == name.as_bytes()).cloned(),
            _ => None,
        };
        let field = field.ok_or_else(|| Error::value(format!("no field of name {name}")))?;
        let (dtype, form, inner) = describe(&field.dtype);
        Ok(Sink { datatype: field.dtype, dtype, form, inner, field: Some(field.name), ..sink })
    }

    /// The dataset's shape, without the axes of an array datatype.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Axes that an array datatype adds.
    pub fn inner(&self) -> &[usize] {
        &self.inner
    }

    /// Whether its elements are texts of any length.
    pub fn is_text(&self) -> bool {
        matches!(self.form, Form::Texts)
    }

    /// The dtype of what is written; for texts of any length that of the values.
    pub fn dtype_for(&self, values: &DType) -> DType {
        match (&self.form, values) {
            (Form::Texts, DType::Str(_) | DType::Object) => values.clone(),
            (Form::Texts, _) => DType::Str(0),
            _ => self.dtype.clone(),
        }
    }

    /// Writes values to a region whose spans run forwards; they have its shape, and the dtype
    /// that [`Sink::dtype_for`] gives.
    ///
    /// # Errors
    /// As computing them, and as writing; the change is then taken back, for some may be written.
    pub fn write(
        &self,
        change: &Change,
        region: &[Span],
        values: &Array,
        cx: &Context,
    ) -> Result<()> {
        let written = self.write_pieces(change, region, values, cx);
        if written.is_err() {
            change.spoil();
        }
        written
    }

    fn write_pieces(
        &self,
        change: &Change,
        region: &[Span],
        values: &Array,
        cx: &Context,
    ) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        change.must_fit(&self.path, values.len() as u64)?;
        values.prepare(cx)?;
        let pieces = self.pieces(region, values, cx);
        let rank = region.len();
        cx.begin("writing", values.len() as u64);
        parallel(
            cx,
            pieces.len(),
            Order::Kept,
            |i| {
                let block = values.read(&pieces.region(i), cx)?;
                Ok((block.len(), self.encode(block)?))
            },
            |i, (n, encoded)| {
                let part = pieces.region(i);
                let spans: Vec<Span> =
                    region.iter().zip(&part[..rank]).map(|(r, p)| r.then(*p)).collect();
                let of = |f: fn(&Span) -> usize| -> Vec<u64> {
                    spans.iter().map(|s| f(s) as u64).collect()
                };
                let start = of(|s| s.start);
                let step = of(|s| if s.len <= 1 { 1 } else { s.step.unsigned_abs().max(1) });
                let count = of(|s| s.len);
                let place = Place::Region(&start, &step, &count);
                change.write(&self.path, place, encoded.data())?;
                cx.advance(n as u64);
                Ok(())
            },
        )
    }

    /// Pieces of the values: whole chunks of the dataset where it has some; they don't cut the
    /// axes of an array datatype.
    fn pieces(&self, region: &[Span], values: &Array, cx: &Context) -> Units {
        let follows = region.iter().all(Span::is_run) || values.grid().is_none();
        let mut grid = match self.chunk.as_ref().filter(|_| follows) {
            Some(chunk) => chunk.clone(),
            None if self.inner.is_empty() => return units(values, cx),
            None => vec![1; self.shape.len()],
        };
        grid.extend(&self.inner);
        let order: Vec<usize> = (0..values.ndim()).rev().collect();
        let most = unit_elements(values, cx);
        Units::new(values.shape(), unit_size(values.shape(), Some(&grid), most, &order))
    }

    /// Writes single elements: `coordinates` one after the other, and as many values.
    ///
    /// # Errors
    /// As writing.
    pub fn write_points(&self, change: &Change, coordinates: &[u64], values: Block) -> Result<()> {
        let encoded = self.encode(values)?;
        let place = match self.shape.is_empty() {
            true => Place::All,
            false => Place::Points(coordinates),
        };
        let data = encoded.data();
        match &self.field {
            Some(name) => change.write(&self.path, place, Data::Field(name, &data))?,
            None => change.write(&self.path, place, data)?,
        }
        Ok(())
    }

    fn encode(&self, block: Block) -> Result<Encoded> {
        match &self.form {
            Form::Texts => texts(&block).map(Encoded::Texts),
            Form::Values => self.as_values(block),
            form => {
                let mut bytes = Vec::with_capacity(block.bytes().len());
                let dtype = block.dtype().clone();
                store_form(block.bytes(), form, &dtype, &self.datatype, &mut bytes);
                Ok(Encoded::Bytes(bytes))
            }
        }
    }

    /// Elements of odd types, which the library makes of the nearest that NumPy has.
    fn as_values(&self, block: Block) -> Result<Encoded> {
        let base = match &self.datatype.class {
            Class::Array { base, .. } => base,
            _ => &self.datatype,
        };
        let plain = matches!(
            base.class,
            Class::Integer(_) | Class::Float(_) | Class::Bitfield(_) | Class::Complex(_)
        ) || base.complex_part().is_some();
        if !plain || self.dtype == DType::Object {
            let why = "elements of this type can't be written here";
            return Err(Error::not_implemented(format!("{}: {why}", self.path)));
        }
        let one = element(&self.dtype)
            .ok_or_else(|| Error::not_implemented(format!("{}: its type", self.path)))?;
        let kind = match self.inner.is_empty() {
            true => one,
            false => Element::Array(Box::new(one), self.inner.iter().map(|n| *n as u64).collect()),
        };
        Ok(Encoded::As(kind, block.bytes().to_vec()))
    }
}

/// Texts of a block of text, or of objects that are text.
///
/// # Errors
/// ValueError where one holds a NUL, which HDF5's texts of variable length can't.
pub fn texts(block: &Block) -> Result<Vec<Vec<u8>>> {
    let texts: Vec<Vec<u8>> = match block.dtype() {
        DType::Object => block
            .items()
            .iter()
            .map(|item| match item {
                Item::Str(s) => Ok(s.clone().into_bytes()),
                Item::Bytes(b) => Ok(b.clone()),
                other => {
                    Err(Error::type_error(format!("Can't store a {} as text", other.type_name())))
                }
            })
            .collect::<Result<_>>()?,
        DType::Bytes(_) => {
            (0..block.len()).map(|i| text::bytes_of(block.element(i)).to_vec()).collect()
        }
        DType::Str(_) => {
            (0..block.len()).map(|i| text::str_of(block.element(i)).into_bytes()).collect()
        }
        other => return Err(Error::type_error(format!("{other} is no text"))),
    };
    match texts.iter().any(|t| t.contains(&0)) {
        true => Err(Error::value("VLEN strings do not support embedded NULLs")),
        false => Ok(texts),
    }
}

/// Elements of this machine's form as they are stored.
fn store_form(bytes: &[u8], form: &Form, dtype: &DType, stored: &Datatype, out: &mut Vec<u8>) {
    let from = out.len();
    match form {
        Form::Fields(fields) => {
            let DType::Struct(s) = dtype else { return };
            let size = match &stored.class {
                Class::Array { base, .. } => base.size,
                _ => stored.size,
            };
            for element in bytes.chunks_exact(dtype.size().max(1)) {
                let base = out.len();
                out.resize(base + size, 0);
                for ((at, n, form, dtype), field) in fields.iter().zip(&s.fields) {
                    let mut part = Vec::with_capacity(*n);
                    let source = &element[field.offset..field.offset + field.size()];
                    // of a field that is an array of structures, the size of one
                    let count = (source.len() / dtype.size().max(1)).max(1);
                    let kind = Datatype { size: *n / count, class: Class::Unknown(0) };
                    store_form(source, form, dtype, &kind, &mut part);
                    let n = part.len().min(*n);
                    out[base + at..base + at + n].copy_from_slice(&part[..n]);
                }
            }
        }
        form => {
            out.extend_from_slice(bytes);
            let new = &mut out[from..];
            match form {
                Form::Swapped(n) => new.chunks_exact_mut(*n).for_each(<[u8]>::reverse),
                Form::SpacePadded => {
                    for element in new.chunks_exact_mut(dtype.size().max(1)) {
                        for b in element.iter_mut().rev().take_while(|b| **b == 0) {
                            *b = b' ';
                        }
                    }
                }
                _ if holds_text(dtype) => {
                    let size = dtype.size().max(1);
                    new.chunks_exact_mut(size).for_each(|e| to_utf8(dtype, e));
                }
                _ => {}
            }
        }
    }
}

/// Writes a whole array to a dataset of its shape.
///
/// # Errors
/// As computing it, and as writing.
pub fn write_whole(change: &Change, path: &ObjectPath, array: &Array, cx: &Context) -> Result<()> {
    let sink = Sink::open(change.file(), path)?;
    let values = cast(array, &sink.dtype_for(array.dtype()))?;
    sink.write(change, &whole(sink.shape()), &values, cx)
}

/// The chunks that h5py gives a dataset whose chunks are not said: of 8 KiB to 1 MiB, halved axis
/// by axis from the whole shape (`h5py._hl.filters.guess_chunk`).
pub fn guess_chunk(shape: &[usize], element_size: usize) -> Vec<u64> {
    const BASE: f64 = 16.0 * 1024.0;
    const LEAST: f64 = 8.0 * 1024.0;
    const MOST: f64 = 1024.0 * 1024.0;
    let mut chunk: Vec<f64> =
        shape.iter().map(|&n| if n == 0 { 1024.0 } else { n as f64 }).collect();
    let size = element_size as f64;
    let all = chunk.iter().product::<f64>() * size;
    let target = (BASE * 2f64.powf((all / MOST).log10())).clamp(LEAST, MOST);
    let mut axis = 0;
    loop {
        let elements = chunk.iter().product::<f64>();
        let bytes = elements * size;
        let near = bytes < target || (bytes - target).abs() / target < 0.5;
        if (near && bytes < MOST) || elements <= 1.0 {
            break;
        }
        let n = chunk.len();
        chunk[axis % n] = (chunk[axis % n] / 2.0).ceil();
        axis += 1;
    }
    chunk.into_iter().map(|n| n as u64).collect()
}
