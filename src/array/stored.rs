//! Stored datasets as lazy arrays: the file's elements in NumPy's dtypes.
//!
//! Numbers come in this machine's byte order. What NumPy has no dtype for is shown exactly
//! elsewhere and computed in the next type that it has: long double in float64, bfloat16 in
//! float32, integers of odd widths and bitfields in the next integer. Text of variable length is
//! `<Un` of the longest, which one pass over the data finds.
//!
//! A lazy array never changes, but a file does: before elements are overwritten or deleted, the
//! array keeps what they were ([`Reader`]).

use std::any::Any;
use std::sync::{Arc, Weak};

use num_bigint::BigInt;
use parking_lot::Mutex;

use super::block::Block;
use super::cast::write_item;
use super::context::{Context, Settings};
use super::dtype::{DType, Struct};
use super::error::{Error, Result};
use super::item::Item;
use super::lazy::{Array, Source, Span, extent};
use super::promote::{float, signed, unsigned};
use super::run::{Order, Units, parallel};
use super::spill::materialise;
use super::time::{TimeType, TimeUnit};
use super::{text, view};
use crate::store::{
    ByteOrder, Class, Datatype, Elements, File, Float, FloatLayout, IntLayout, Limits, LongKind,
    ObjectId, ObjectPath, Reader, StoreError, Value,
};

/// How an element's bytes in the file become those of its dtype.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// They are the same.
    Same,
    /// Each so many bytes in reverse.
    Swapped(usize),
    /// Text padded with spaces.
    SpacePadded,
    /// By way of single values: the library's description of each.
    Values,
    /// Text of variable length.
    Texts,
    /// Field by field: offset in the file, form, offset and dtype in memory.
    Fields(Vec<(usize, usize, Form, DType)>),
}

impl Form {
    fn is_same(&self) -> bool {
        matches!(self, Form::Same)
    }
}

/// A dataset of a file, as it was when it was opened.
pub struct Stored(Arc<Core>);

struct Core {
    file: Arc<File>,
    object: ObjectId,
    datatype: Datatype,
    dtype: DType,
    form: Form,
    /// Axes that an array datatype adds to those of the dataset.
    inner: Vec<usize>,
    /// The shape, inner axes and all.
    shape: Vec<usize>,
    chunk: Option<Vec<u64>>,
    state: Mutex<State>,
    settings: Settings,
    this: Weak<Core>,
}

/// Where the elements are now.
struct State {
    path: ObjectPath,
    elements: Arc<Elements>,
    /// What was in regions that were overwritten since; where two overlap they agree.
    patches: Arc<Vec<(Vec<Span>, Array)>>,
    /// All elements, where the dataset is gone.
    kept: Option<Array>,
    /// Whether what was overwritten is of no use any more.
    passing: bool,
}

/// More patches than this are made one.
const PATCHES: usize = 256;

/// Values that are computed with are not cut.
const EVERYTHING: Limits = Limits { bytes: usize::MAX, items: usize::MAX };

/// The most bytes that lists of chunks may take, of the memory limit.
const LISTS: usize = 8;

impl Stored {
    /// Whether it is this dataset.
    pub(super) fn is_of(&self, file: &File, dataset: &ObjectId) -> bool {
        self.0.object.is_same_object(dataset) && self.0.file.is_same_file(file)
    }

    /// Says that each element is read before it is overwritten, until what is given back goes.
    pub(super) fn pass(&self) -> Passing {
        self.0.state.lock().passing = true;
        Passing(self.0.clone())
    }
}

/// A dataset whose elements are read before they are overwritten, and never after.
pub(super) struct Passing(Arc<Core>);

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.state.lock().passing = false;
    }
}

/// The dataset at `path` as a lazy array. Nothing is read but its description; where it holds
/// text of variable length, all of it once, for its width.
///
/// # Errors
/// OSError where it can't be read, KeyError where it doesn't exist.
pub fn open(file: &Arc<File>, path: &ObjectPath, cx: &Context) -> Result<Array> {
    let elements = Arc::new(file.elements(path, cx.settings().memory / LISTS)?);
    let (dtype, form, inner) = describe(elements.datatype());
    let mut shape = sizes(elements.shape())?;
    let dtype = match form {
        Form::Texts => DType::Str(widest(file, &elements, &shape, cx)?.max(1)),
        _ => dtype,
    };
    shape.extend(&inner);
    if shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d))
        .is_none_or(|n| n > isize::MAX as usize)
    {
        return Err(Error::memory(format!("{path}: more elements than this machine can count")));
    }
    let core = Arc::new_cyclic(|this| Core {
        file: file.clone(),
        object: elements.object(),
        datatype: elements.datatype().clone(),
        dtype,
        form,
        inner,
        shape,
        chunk: elements.chunk().map(<[u64]>::to_vec),
        state: Mutex::new(State {
            path: path.clone(),
            elements,
            patches: Arc::default(),
            kept: None,
            passing: false,
        }),
        settings: cx.settings().clone(),
        this: this.clone(),
    });
    let reader: Weak<Core> = Arc::downgrade(&core);
    file.add_reader(reader);
    Ok(Array::new(core.dtype.clone(), core.shape.clone(), Stored(core)))
}

fn sizes(dims: &[u64]) -> Result<Vec<usize>> {
    let convert = |d: &u64| usize::try_from(*d).map_err(|_| Error::memory("an axis is too long"));
    dims.iter().map(convert).collect()
}

/// The dtype that a stored datatype has in NumPy, whether or not it is the same bytes; the width
/// of text of variable length is not known from it.
pub fn dtype_of(datatype: &Datatype) -> DType {
    describe(datatype).0
}

/// The file's byte order of a number's dtype is the other one than this machine's.
pub fn is_swapped(datatype: &Datatype) -> bool {
    matches!(describe(datatype).1, Form::Swapped(_))
}

/// Whether an array is a dataset whose numbers lie in the other byte order than this machine's.
pub fn is_foreign_order(array: &Array) -> bool {
    array.source_as::<Stored>().is_some_and(|s| matches!(s.0.form, Form::Swapped(_)))
}

/// Whether an array is a dataset.
pub(super) fn is_stored(array: &Array) -> bool {
    array.source_as::<Stored>().is_some()
}

/// Where an array that is a dataset is stored; none once the dataset is gone.
pub(super) fn place_of(array: &Array) -> Option<(Arc<File>, ObjectPath)> {
    let core = &array.source_as::<Stored>()?.0;
    let state = core.state.lock();
    state.kept.is_none().then(|| (core.file.clone(), state.path.clone()))
}

pub(super) fn describe(datatype: &Datatype) -> (DType, Form, Vec<usize>) {
    if datatype.is_bool() {
        return (DType::Bool, Form::Same, Vec::new());
    }
    if let Some(part) = datatype.complex_part() {
        let (d, form, _) = describe(part);
        return match d {
            DType::Float32 => (DType::Complex64, form, Vec::new()),
            DType::Float64 if part.size == 8 => (DType::Complex128, form, Vec::new()),
            _ => (DType::Complex128, Form::Values, Vec::new()),
        };
    }
    let size = datatype.size;
    match &datatype.class {
        Class::Integer(l) => number(size, l.order, plain_int(l, size), int_dtype(l, size)),
        Class::Bitfield(l) => number(size, l.order, plain_int(l, size), int_dtype(l, size)),
        Class::Time(l) => (
            DType::Int64,
            if plain_int(l, size) && size == 8 { order_form(l.order, 8) } else { Form::Values },
            Vec::new(),
        ),
        Class::Float(l) => {
            let (dtype, plain) = float_dtype(l, size);
            number(size, l.order, plain, dtype)
        }
        Class::Enum { base, .. } => {
            let (d, form, inner) = describe(base);
            (d, form, inner)
        }
        Class::FixedString { padding, .. } => {
            let form = match padding {
                crate::store::Padding::Space => Form::SpacePadded,
                _ => Form::Same,
            };
            (DType::Bytes(size), form, Vec::new())
        }
        Class::VarString { .. } => (DType::Str(0), Form::Texts, Vec::new()),
        Class::Opaque { tag } => match TimeType::of_tag(tag) {
            Some(t) if size == 8 => {
                let unit = TimeUnit::parse_bracket(&t.bracket()).unwrap_or(TimeUnit::GENERIC);
                let dtype = if t.is_date { DType::Datetime(unit) } else { DType::Timedelta(unit) };
                (dtype, if t.big_endian { Form::Swapped(8) } else { Form::Same }, Vec::new())
            }
            _ => (DType::Void(size), Form::Same, Vec::new()),
        },
        Class::Array { dims, base } => {
            let (dtype, form, inner) = describe(base);
            let mut all: Vec<usize> = dims.iter().map(|d| *d as usize).collect();
            all.extend(inner);
            (dtype, form, all)
        }
        Class::Compound(fields) if !datatype.has_pointers() => {
            let mut forms = Vec::new();
            let mut members = Vec::new();
            let mut at = 0;
            let mut direct = true;
            for f in fields {
                let (dtype, form, shape) = describe(&f.dtype);
                let name = String::from_utf8_lossy(&f.name).into_owned();
                let bytes = dtype.size() * shape.iter().product::<usize>();
                direct &= form.is_same() && bytes == f.dtype.size;
                members.push((name, dtype, shape, f.offset, f.dtype.size, form));
                at += bytes;
            }
            let mut offset = 0;
            let fields = members
                .into_iter()
                .map(|(name, dtype, shape, from, stored, form)| {
                    let here = if direct { from } else { offset };
                    offset += dtype.size() * shape.iter().product::<usize>();
                    forms.push((from, stored, form, dtype.clone()));
                    super::dtype::Field { name, dtype, shape, offset: here }
                })
                .collect();
            let size = if direct { size } else { at };
            let dtype = DType::Struct(Arc::new(Struct { fields, size }));
            let simple = forms.iter().all(|f| !matches!(f.2, Form::Values | Form::Texts));
            let form = match (direct, simple) {
                (true, _) => Form::Same,
                (_, true) => Form::Fields(forms),
                _ => Form::Values,
            };
            (dtype, form, Vec::new())
        }
        _ => (DType::Object, Form::Values, Vec::new()),
    }
}

fn number(size: usize, order: ByteOrder, plain: bool, dtype: DType) -> (DType, Form, Vec<usize>) {
    (dtype, if plain { order_form(order, size) } else { Form::Values }, Vec::new())
}

fn order_form(order: ByteOrder, size: usize) -> Form {
    match order {
        _ if size == 1 => Form::Same,
        ByteOrder::Little if cfg!(target_endian = "little") => Form::Same,
        ByteOrder::Big if cfg!(target_endian = "big") => Form::Same,
        ByteOrder::Vax => Form::Values,
        _ => Form::Swapped(size),
    }
}

fn plain_int(l: &IntLayout, size: usize) -> bool {
    l.offset == 0 && l.precision as usize == 8 * size && matches!(size, 1 | 2 | 4 | 8)
}

fn int_dtype(l: &IntLayout, size: usize) -> DType {
    let next = size.next_power_of_two().min(8);
    if l.signed { signed(next) } else { unsigned(next) }
}

/// The dtype of a float, and whether its bytes are that dtype's.
fn float_dtype(l: &FloatLayout, size: usize) -> (DType, bool) {
    let ieee = |s: usize, e: u32, m: u32| {
        size == s
            && l.offset == 0
            && l.implied_bit
            && (l.exponent_bits, l.mantissa_bits) == (e, m)
            && (l.mantissa, l.exponent, l.sign) == (0, m, e + m)
            && l.bias == (1 << (e - 1)) - 1
    };
    match () {
        _ if ieee(2, 5, 10) => (DType::Float16, true),
        _ if ieee(4, 8, 23) => (DType::Float32, true),
        _ if ieee(8, 11, 52) => (DType::Float64, true),
        _ if l.exponent_bits <= 8 && l.mantissa_bits <= 23 => (float(4), false),
        _ => (DType::Float64, false),
    }
}

/// The characters of the longest text.
fn widest(file: &File, elements: &Elements, shape: &[usize], cx: &Context) -> Result<usize> {
    let total: usize = shape.iter().product();
    if total == 0 {
        return Ok(0);
    }
    let mut size = vec![1; shape.len()];
    let mut room: usize = 8192;
    for axis in (0..shape.len()).rev() {
        size[axis] = room.min(shape[axis]).max(1);
        room /= size[axis];
    }
    let units = Units::new(shape, size);
    let mut width = 0;
    cx.begin("measuring text", total as u64);
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| {
            let (start, step, count, n) = bounds(&units.region(i));
            let texts = elements.read_texts(&start, &step, &count)?;
            file.must_be_as_read()?;
            cx.advance(n as u64);
            let mut from = 0;
            let mut longest = 0;
            for end in texts.ends {
                longest =
                    longest.max(String::from_utf8_lossy(&texts.bytes[from..end]).chars().count());
                from = end;
            }
            Ok(longest)
        },
        |_, longest| {
            width = width.max(longest);
            Ok(())
        },
    )?;
    Ok(width)
}

/// A region for the store, whose steps are positive; and how many elements it has.
fn bounds(region: &[Span]) -> (Vec<u64>, Vec<u64>, Vec<u64>, usize) {
    let mut n = 1;
    let mut parts = (Vec::new(), Vec::new(), Vec::new());
    for s in region {
        let (first, _) = s.bounds();
        parts.0.push(first as u64);
        parts.1.push(if s.len <= 1 { 1 } else { s.step.unsigned_abs().max(1) as u64 });
        parts.2.push(s.len as u64);
        n *= s.len;
    }
    (parts.0, parts.1, parts.2, n)
}

impl Core {
    /// The dataset's elements, opened anew where a change of the file closed them.
    fn elements(&self) -> Result<Arc<Elements>> {
        let mut state = self.state.lock();
        if !state.elements.is_open() {
            let list = self.settings.memory / LISTS;
            let elements = self.file.elements(&state.path, list)?;
            if !elements.object().is_same_object(&self.object)
                || *elements.datatype() != self.datatype
                || sizes(elements.shape())? != self.shape[..self.shape.len() - self.inner.len()]
            {
                return Err(Error::os(format!("{}: was changed by another program", state.path)));
            }
            state.elements = Arc::new(elements);
        }
        Ok(state.elements.clone())
    }

    fn array(&self) -> Option<Array> {
        let core = self.this.upgrade()?;
        Some(Array::new(self.dtype.clone(), self.shape.clone(), Stored(core)))
    }

    /// Elements of the dataset, once more where a change closed it meanwhile.
    fn fetch(&self, start: &[u64], step: &[u64], count: &[u64], n: usize) -> Result<Block> {
        for _ in 0..8 {
            let elements = self.elements()?;
            let read = self
                .fetch_from(&elements, start, step, count, n)
                .and_then(|block| Ok(self.file.must_be_as_read().map(|()| block)?));
            if read.is_ok() || elements.is_open() {
                return read;
            }
        }
        self.fetch_from(&*self.elements()?, start, step, count, n)
    }

    fn fetch_from(
        &self,
        elements: &Elements,
        start: &[u64],
        step: &[u64],
        count: &[u64],
        n: usize,
    ) -> Result<Block> {
        let mut shape: Vec<usize> = count.iter().map(|c| *c as usize).collect();
        shape.extend(&self.inner);
        match &self.form {
            Form::Texts => {
                let DType::Str(width) = self.dtype else {
                    return Err(Error::runtime("text without a width"));
                };
                let texts = elements.read_texts(start, step, count)?;
                let mut out = Block::zeros(self.dtype.clone(), shape);
                let mut from = 0;
                for (end, slot) in
                    texts.ends.iter().zip(out.bytes_mut().chunks_exact_mut(4 * width))
                {
                    let text = String::from_utf8_lossy(&texts.bytes[from..*end]);
                    text::put_str(&text, width, slot);
                    from = *end;
                }
                Ok(out)
            }
            Form::Values => {
                let values = elements.read_values(start, step, count, EVERYTHING)?;
                self.block_of(values, shape)
            }
            Form::Fields(_) => {
                let stored = elements.datatype().size;
                let mut raw = Block::scratch(DType::UInt8, vec![n * stored]);
                elements.read(start, step, count, raw.bytes_mut())?;
                let mut out = Block::scratch(self.dtype.clone(), shape);
                load_form(raw.bytes(), &self.form, &self.dtype, out.bytes_mut());
                Ok(out)
            }
            form => {
                let mut out = Block::scratch(self.dtype.clone(), shape);
                elements.read(start, step, count, out.bytes_mut())?;
                normalise(out.bytes_mut(), form, &self.dtype);
                Ok(out)
            }
        }
    }

    fn block_of(&self, values: Vec<Value>, shape: Vec<usize>) -> Result<Block> {
        let mut items = Vec::new();
        for v in values {
            match (v, self.inner.is_empty()) {
                (Value::Array { items: parts, .. }, false) => {
                    items.extend(parts.into_iter().map(item));
                }
                (v, _) => items.push(item(v)),
            }
        }
        if self.dtype == DType::Object {
            return Ok(Block::of_items(shape, items));
        }
        let mut out = Block::zeros(self.dtype.clone(), shape);
        let size = self.dtype.size();
        for (item, slot) in items.iter().zip(out.bytes_mut().chunks_exact_mut(size.max(1))) {
            write_item(item, &self.dtype, slot)?;
        }
        Ok(out)
    }
}

/// Turns stored bytes into this machine's, in place.
fn normalise(bytes: &mut [u8], form: &Form, dtype: &DType) {
    match form {
        Form::Swapped(2) => swap::<2>(bytes),
        Form::Swapped(4) => swap::<4>(bytes),
        Form::Swapped(8) => swap::<8>(bytes),
        Form::Swapped(n) => bytes.chunks_exact_mut(*n).for_each(<[u8]>::reverse),
        Form::SpacePadded => {
            for element in bytes.chunks_exact_mut(dtype.size().max(1)) {
                for b in element.iter_mut().rev() {
                    match *b {
                        b' ' => *b = 0,
                        0 => {}
                        _ => break,
                    }
                }
            }
        }
        Form::Same if *dtype == DType::Bool => {
            bytes.iter_mut().for_each(|b| *b = u8::from(*b != 0))
        }
        _ => {}
    }
}

/// Elements as they are stored in this machine's form, field by field, fields of fields too.
fn load_form(from: &[u8], form: &Form, dtype: &DType, to: &mut [u8]) {
    let (Form::Fields(fields), DType::Struct(s)) = (form, dtype) else {
        to.copy_from_slice(from);
        return normalise(to, form, dtype);
    };
    let size = dtype.size().max(1);
    let stored = from.len() / (to.len() / size).max(1);
    for (from, to) in from.chunks_exact(stored.max(1)).zip(to.chunks_exact_mut(size)) {
        for ((at, bytes, form, dtype), field) in fields.iter().zip(&s.fields) {
            let target = &mut to[field.offset..field.offset + field.size()];
            load_form(&from[*at..*at + *bytes], form, dtype, target);
        }
    }
}

fn swap<const N: usize>(bytes: &mut [u8]) {
    for element in bytes.chunks_exact_mut(N) {
        element.reverse();
    }
}

/// A stored value as a Python value.
pub fn item(value: Value) -> Item {
    match value {
        Value::Int(n) | Value::Enum { value: n, .. } | Value::Bits { value: n, .. } => {
            Item::Int(BigInt::from(n))
        }
        Value::Time(n) => Item::Int(BigInt::from(n)),
        Value::Float(x) => Item::Float(float_of(x)),
        Value::Complex(re, im) => Item::Complex(float_of(re), float_of(im)),
        Value::Bool(b) => Item::Bool(b),
        Value::Text(b) => Item::Str(String::from_utf8_lossy(&b.kept).into_owned()),
        Value::Opaque { bytes, .. } | Value::Raw(bytes) => Item::Bytes(bytes.kept),
        Value::Compound(parts) => Item::Tuple(parts.into_iter().map(item).collect()),
        Value::Array { items, .. } | Value::List { items, .. } => {
            Item::List(items.into_iter().map(item).collect())
        }
        Value::Reference(r) => Item::Str(r.to_string()),
    }
}

fn float_of(x: Float) -> f64 {
    match x {
        Float::F16(v) => v.into(),
        Float::F32(v) => v.into(),
        Float::F64(v) => v,
        Float::Long(v) => {
            let sign = if v.negative { -1.0 } else { 1.0 };
            match v.kind {
                LongKind::Nan => f64::NAN,
                LongKind::Infinite => sign * f64::INFINITY,
                LongKind::Finite => sign * scaled(v.mantissa, v.exponent),
            }
        }
    }
}

/// `mantissa * 2^exponent`, rounded once to the nearest double.
fn scaled(mantissa: u128, exponent: i32) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 128 - mantissa.leading_zeros() as i32;
    // the last place that a double keeps here, subnormal numbers included
    let keep = (53).min(bits + exponent + 1074);
    if keep < 0 {
        return 0.0;
    }
    let cut = bits - keep;
    let (kept, up) = if cut <= 0 {
        (mantissa, false)
    } else {
        let rest = mantissa & ((1u128 << cut) - 1);
        let half = 1u128 << (cut - 1);
        let kept = if cut >= 128 { 0 } else { mantissa >> cut };
        (kept, rest > half || (rest == half && kept & 1 == 1))
    };
    let e = exponent + cut.max(0);
    let m = (kept + u128::from(up)) as f64;
    // in two steps: 2^e alone may be no double
    m * 2f64.powi(e / 2) * 2f64.powi(e - e / 2)
}

impl Core {
    /// Elements that lie in the file.
    fn read_stored(&self, region: &[Span]) -> Result<Block> {
        let rank = region.len() - self.inner.len();
        let (outer, inner) = region.split_at(rank);
        // the library and the file only walk forwards, and never in place
        let straight = |s: &Span| s.step > 0 || s.len <= 1;
        let whole_inner =
            inner.iter().zip(&self.inner).all(|(s, &n)| s.start == 0 && s.is_run() && s.len == n);
        if outer.iter().all(straight) && whole_inner {
            let (start, step, count, n) = bounds(outer);
            return self.fetch(&start, &step, &count, n);
        }
        let forward: Vec<Span> = outer
            .iter()
            .map(|s| {
                let (first, _) = s.bounds();
                let len = if s.step == 0 { s.len.min(1) } else { s.len };
                Span { start: first, step: s.step.abs().max(1), len }
            })
            .collect();
        let (start, step, count, n) = bounds(&forward);
        let block = self.fetch(&start, &step, &count, n)?;
        let mut turn: Vec<Span> = outer
            .iter()
            .map(|s| match s.step {
                0 => Span { start: 0, step: 0, len: s.len },
                step if step < 0 && s.len > 1 => Span { start: s.len - 1, step: -1, len: s.len },
                _ => Span::run(0, s.len),
            })
            .collect();
        turn.extend(inner);
        let out = super::lazy::pick(&block, &turn);
        debug_assert_eq!(out.shape(), extent(region));
        Ok(out)
    }
}

impl Reader for Core {
    fn path(&self) -> ObjectPath {
        self.state.lock().path.clone()
    }

    fn object(&self) -> ObjectId {
        self.object
    }

    fn keep(&self, region: Option<(&[u64], &[u64])>) -> std::result::Result<(), StoreError> {
        let kept = (|| {
            let Some(whole) = self.array() else { return Ok(()) };
            {
                let state = self.state.lock();
                if state.kept.is_some() || state.passing {
                    return Ok(());
                }
            }
            let cx = Context::new(self.settings.clone());
            let many = self.state.lock().patches.len() >= PATCHES;
            let Some((start, count)) = region.filter(|_| !many) else {
                let kept = materialise(&whole, &cx)?;
                let mut state = self.state.lock();
                state.patches = Arc::default();
                state.kept = Some(kept);
                return Ok(());
            };
            // elements that are new to the dataset since are none of this array's
            let inside = |i: usize| {
                let n = self.shape[i] as u64;
                let first = start[i].min(n);
                Span::run(first as usize, (count[i].min(n - first)) as usize)
            };
            let mut spans: Vec<Span> = (0..start.len()).map(inside).collect();
            spans.extend(super::lazy::whole(&self.inner));
            if spans.iter().any(|s| s.len == 0) {
                return Ok(());
            }
            let parts: Vec<view::Part> = spans.iter().map(|s| view::Part::Along(*s)).collect();
            let old = materialise(&view::slice(&whole, &parts), &cx)?;
            let mut state = self.state.lock();
            Arc::make_mut(&mut state.patches).push((spans, old));
            Ok(())
        })();
        kept.map_err(|e: Error| StoreError::NotWritten {
            path: self.path(),
            why: format!("what is computed from it can't be kept: {e}"),
        })
    }

    fn moved(&self, to: ObjectPath) {
        self.state.lock().path = to;
    }
}

impl Source for Stored {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let core = &self.0;
        let kept = |state: &State| (state.kept.clone(), state.patches.clone());
        let (whole, _) = kept(&core.state.lock());
        if let Some(whole) = whole {
            return whole.read(region, cx);
        }
        let read = core.read_stored(region);
        // what was kept while this was read counts
        let (whole, patches) = kept(&core.state.lock());
        if let Some(whole) = whole {
            return whole.read(region, cx);
        }
        let mut block = read?;
        for (spans, old) in patches.iter() {
            patch(&mut block, region, spans, old, cx)?;
        }
        Ok(block)
    }

    fn grid(&self) -> Option<Vec<usize>> {
        let chunk = self.0.chunk.as_deref()?;
        let mut grid: Vec<usize> = chunk.iter().map(|c| (*c as usize).max(1)).collect();
        grid.extend(&self.0.inner);
        Some(grid)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Puts the elements of `old`, which stand at `spans`, into the block of a region.
fn patch(
    block: &mut Block,
    region: &[Span],
    spans: &[Span],
    old: &Array,
    cx: &Context,
) -> Result<()> {
    let (mut to, mut from) = (Vec::new(), Vec::new());
    for (wanted, there) in region.iter().zip(spans) {
        let (first, n) = wanted.inside(there.start, there.start + there.len);
        if n == 0 {
            return Ok(());
        }
        to.push(Span::run(first, n));
        let start = wanted.at(first) - there.start;
        from.push(Span { start, step: wanted.step, len: n });
    }
    let part = old.read(&from, cx)?;
    super::run::put(block, &to, &part);
    Ok(())
}
