//! NumPy's dtypes, arrays and scalars: what is held of them, and how they are found in the
//! objects that NumPy pickles itself as.
//!
//! Writing them is in [`encode`](mod@super::encode), their text in [`show`](super::show). Nothing
//! here computes with elements.

use std::collections::HashMap;
use std::sync::Arc;

use super::Reason;
use super::arena::Budget;
use super::classes::Rule;
use super::value::{ClassName, Object, Py};

/// The most dimensions NumPy's arrays have.
const MOST_DIMENSIONS: usize = 64;
/// The most elements without a size that an array may have: they take no bytes of the input.
const MOST_EMPTY: u64 = 1 << 16;
/// What a field of a dtype is charged, besides its name.
const FIELD: usize = 160;

/// A NumPy dtype.
#[derive(Clone, Debug, PartialEq)]
pub struct DTypeData {
    /// NumPy's `dtype.str`: `<f8`, `|b1`, `<U5`, `|S3`, `<M8[10us]`, `|O8`; `|V12` for a struct.
    /// Of a subarray it is the elements' own.
    pub text: Arc<str>,
    /// The bytes of one element; of a subarray all of it.
    pub itemsize: u64,
    /// The fields of a struct, in their order.
    pub fields: Option<Arc<[Field]>>,
    /// The shape of a subarray, else empty.
    pub shape: Arc<[u64]>,
    /// The alignment of a struct, else 1.
    pub alignment: u64,
    /// Whether a struct is laid out as C would.
    pub aligned: bool,
    /// NumPy's flags: 1 its elements are counted references, 2 it is pickled as a list, 8 its
    /// memory must be cleared, 16 it needs Python's lock, 128 aligned.
    pub flags: u8,
    /// What a person attached to it: a dict.
    pub metadata: Option<Py>,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: Arc<str>,
    /// Its other name.
    pub title: Option<Arc<str>>,
    /// Its type; its [`DTypeData::shape`] isn't empty if every element holds an array.
    pub dtype: Arc<DTypeData>,
    /// The bytes before it.
    pub offset: u64,
}

/// A NumPy array or scalar.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrayData {
    /// `numpy.ndarray`, `numpy.matrix`, …; for scalars too.
    pub class: ClassName,
    /// The type of its elements.
    pub dtype: Arc<DTypeData>,
    /// Its shape; empty for scalars.
    pub shape: Vec<u64>,
    /// Whether the first dimension varies fastest.
    pub fortran: bool,
    /// Its elements.
    pub data: ArrayElements,
    /// Whether it is a scalar, not an array.
    pub scalar: bool,
}

/// The elements of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrayElements {
    /// As they stand in memory.
    Bytes(Arc<[u8]>),
    /// Those of an object array, or of a struct with objects in it, in C order.
    Objects(Arc<Vec<Py>>),
}

impl DTypeData {
    /// A dtype of one kind from NumPy's `dtype.str`: not a struct, no subarray.
    pub fn plain(text: &str) -> Option<DTypeData> {
        let (order, code) = match text.as_bytes() {
            [b'<' | b'>' | b'|' | b'=', ..] => text.split_at_checked(1)?,
            _ => ("", text),
        };
        let (code, unit) = match code.split_once('[') {
            Some((code, unit)) => (code, Some(unit.strip_suffix(']')?)),
            None => (code, None),
        };
        let kind = code.chars().next()?;
        let digits = code.get(kind.len_utf8()..)?;
        let size: u64 = match (kind, digits) {
            ('O', "") => 8,
            (_, digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            _ => return None,
        };
        let sized = match kind {
            'b' => size == 1,
            'i' | 'u' => matches!(size, 1 | 2 | 4 | 8),
            'f' => matches!(size, 2 | 4 | 8 | 10 | 12 | 16),
            'c' => matches!(size, 8 | 16 | 20 | 24 | 32),
            'M' | 'm' => size == 8,
            'O' => matches!(size, 4 | 8),
            'S' | 'a' | 'U' | 'V' => true,
            _ => false,
        };
        if !sized || (unit.is_some() && !matches!(kind, 'M' | 'm')) {
            return None;
        }
        let itemsize = if kind == 'U' { size.checked_mul(4)? } else { size };
        let orderless = matches!(kind, 'b' | 'S' | 'a' | 'V' | 'O') || (size == 1 && kind != 'U');
        let order = match order {
            _ if orderless => "|",
            ">" => ">",
            _ => "<",
        };
        let kind = if kind == 'a' { 'S' } else { kind };
        let unit = unit.map(|unit| format!("[{unit}]")).unwrap_or_default();
        Some(DTypeData {
            text: Arc::from(format!("{order}{kind}{size}{unit}")),
            itemsize,
            fields: None,
            shape: Arc::from([]),
            alignment: 1,
            aligned: false,
            flags: match kind {
                'O' => 63,
                'U' => 8,
                _ => 0,
            },
            metadata: None,
        })
    }

    /// A struct.
    pub fn structure(fields: Vec<Field>, itemsize: u64, alignment: u64, aligned: bool) -> Self {
        DTypeData {
            text: Arc::from(format!("|V{itemsize}")),
            itemsize,
            shape: Arc::from([]),
            alignment,
            aligned,
            flags: flags_of(&fields, aligned),
            fields: Some(Arc::from(fields)),
            metadata: None,
        }
    }

    /// The kind of its elements: `f`, `i`, `U`, `O`, `V`, …
    pub fn kind(&self) -> char {
        self.text.chars().nth(1).unwrap_or('V')
    }

    /// Whether its elements hold Python objects.
    pub fn holds_objects(&self) -> bool {
        self.flags & 1 != 0
    }

    /// The alignment of its elements in C.
    pub(super) fn natural_alignment(&self) -> u64 {
        match (&self.fields, self.kind()) {
            (Some(_), _) => self.alignment,
            (None, 'S' | 'V') => 1,
            (None, 'U') => 4,
            (None, 'c') => (self.itemsize / 2).clamp(1, 16),
            (None, _) => self.itemsize.clamp(1, 16),
        }
    }

    /// The elements of a subarray.
    pub(super) fn base(&self) -> Option<DTypeData> {
        let count = elements(&self.shape).filter(|_| !self.shape.is_empty())?;
        let itemsize = self.itemsize.checked_div(count)?;
        Some(DTypeData { shape: Arc::from([]), itemsize, metadata: None, ..self.clone() })
    }
}

/// The flags of a struct of these fields.
fn flags_of(fields: &[Field], aligned: bool) -> u8 {
    let inherited = fields.iter().fold(0, |flags, field| flags | field.dtype.flags) & 27;
    16 | inherited | if aligned { 128 } else { 0 }
}

/// The rules for what NumPy pickles itself as.
pub(super) fn rule(class: &ClassName) -> Option<Rule> {
    let module = match &*class.module {
        "numpy" => "numpy",
        module => module.strip_prefix("numpy.core.").or(module.strip_prefix("numpy._core."))?,
    };
    Some(match (module, &*class.qualname) {
        ("numpy", "dtype") => dtype,
        ("numpy", "ndarray") => from_memory,
        ("multiarray", "_reconstruct") => reconstruct,
        ("multiarray", "scalar") => scalar,
        ("numeric", "_frombuffer") => from_buffer,
        _ => return None,
    })
}

/// `dtype(code, align, copy)` with the state (version, order, subarray, names, fields, itemsize,
/// alignment, flags, metadata).
fn dtype(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    budget.charge(FIELD)?;
    let [Py::Str(code), ..] = object.args() else { return Ok(None) };
    let Some(plain) = DTypeData::plain(code) else { return Ok(None) };
    if !object.is_empty() {
        return Ok(None);
    }
    let state = match &object.state {
        None => return Ok(Some(Py::DType(Arc::new(plain)))),
        Some(state) => state.as_tuple().unwrap_or_default(),
    };
    let (
        version @ (3 | 4),
        [_, order, sub, names, fields, itemsize, alignment, flags, metadata @ ..],
    ) = (state.first().and_then(Py::as_i64).unwrap_or(0), state)
    else {
        return Ok(None);
    };
    if (version == 4) != (metadata.len() == 1) {
        return Ok(None);
    }
    let parts = Parts { code, order, sub, names, fields, itemsize, alignment, flags };
    Ok(parts.joined(plain, metadata.first(), budget)?.map(|dtype| Py::DType(Arc::new(dtype))))
}

/// The parts of a dtype's state.
struct Parts<'a> {
    code: &'a str,
    order: &'a Py,
    sub: &'a Py,
    names: &'a Py,
    fields: &'a Py,
    itemsize: &'a Py,
    alignment: &'a Py,
    flags: &'a Py,
}

impl Parts<'_> {
    fn joined(
        &self,
        plain: DTypeData,
        metadata: Option<&Py>,
        budget: &mut Budget,
    ) -> Result<Option<DTypeData>, Reason> {
        let number = |value: &Py| value.as_i64().and_then(|value| u64::try_from(value).ok());
        let itemsize = number(self.itemsize).unwrap_or(plain.itemsize);
        let alignment = number(self.alignment).unwrap_or(1);
        let aligned = self.flags.as_i64().is_some_and(|flags| flags & 128 != 0);
        let mut unit = String::new();
        let metadata = match metadata {
            Some(Py::Tuple(both)) if matches!(plain.kind(), 'M' | 'm') => match &both[..] {
                [metadata, found] => {
                    let Some(found) = unit_of(found) else { return Ok(None) };
                    unit = found;
                    Some(metadata)
                }
                _ => return Ok(None),
            },
            other => other,
        };
        let metadata = match metadata {
            Some(Py::Dict(entries)) if !entries.is_empty() => Some(Py::Dict(Arc::clone(entries))),
            _ => None,
        };
        if let Py::Tuple(both) = self.sub {
            let [Py::DType(base), shape] = &both[..] else { return Ok(None) };
            let Some(shape) = shape_of(shape) else { return Ok(None) };
            let size = elements(&shape).and_then(|count| count.checked_mul(base.itemsize));
            return Ok((size == Some(itemsize) && base.shape.is_empty()).then(|| DTypeData {
                itemsize,
                shape: Arc::from(shape),
                ..DTypeData::clone(base)
            }));
        }
        let order = self.order.as_str().unwrap_or("|");
        let order = if order == "=" { "<" } else { order };
        if *self.fields == Py::None {
            let fits = plain.itemsize == itemsize;
            let text = format!("{order}{}{unit}", self.code);
            let Some(found) = DTypeData::plain(&text).filter(|_| fits) else { return Ok(None) };
            return Ok(Some(DTypeData { metadata, ..found }));
        }
        let Some(fields) = self.fields_of(itemsize, budget)? else { return Ok(None) };
        let flags = flags_of(&fields, aligned);
        let fields = Some(Arc::from(fields));
        Ok(Some(DTypeData { itemsize, fields, alignment, aligned, flags, metadata, ..plain }))
    }

    fn fields_of(&self, itemsize: u64, budget: &mut Budget) -> Result<Option<Vec<Field>>, Reason> {
        let (Py::Tuple(names), Py::Dict(entries)) = (self.names, self.fields) else {
            return Ok(None);
        };
        budget.charge((names.len() + entries.len()).saturating_mul(FIELD))?;
        let by_name: HashMap<&str, &Py> =
            entries.iter().filter_map(|(name, field)| Some((name.as_str()?, field))).collect();
        Ok(names
            .iter()
            .map(|name| {
                let Py::Str(name) = name else { return None };
                let field = by_name.get(&**name)?.as_tuple()?;
                let [Py::DType(dtype), offset, title @ ..] = field else { return None };
                let offset = u64::try_from(offset.as_i64()?).ok()?;
                let title = match title {
                    [] => None,
                    [Py::Str(title)] => Some(Arc::clone(title)),
                    _ => return None,
                };
                let fits = offset.checked_add(dtype.itemsize)? <= itemsize;
                let (name, dtype) = (Arc::clone(name), Arc::clone(dtype));
                fits.then_some(Field { name, title, dtype, offset })
            })
            .collect())
    }
}

/// The unit of a datetime: `(b'us', 10, 1, 1)` is `[10us]`.
fn unit_of(value: &Py) -> Option<String> {
    let [unit, count, ..] = value.as_tuple()? else { return None };
    let unit = std::str::from_utf8(unit.as_bytes()?).ok()?;
    let is_unit = matches!(
        unit,
        "Y" | "M" | "W" | "D" | "h" | "m" | "s" | "ms" | "us" | "ns" | "ps" | "fs" | "as"
    );
    match (unit, count.as_i64()?) {
        ("generic", _) => Some(String::new()),
        (unit, 1) if is_unit => Some(format!("[{unit}]")),
        (unit, count @ 2..) if is_unit => Some(format!("[{count}{unit}]")),
        _ => None,
    }
}

fn shape_of(value: &Py) -> Option<Vec<u64>> {
    let one = std::slice::from_ref(value);
    let sizes = match value {
        Py::Int(_) => one,
        _ => value.as_tuple()?,
    };
    if sizes.len() > MOST_DIMENSIONS {
        return None;
    }
    sizes.iter().map(|size| u64::try_from(size.as_i64()?).ok()).collect()
}

fn elements(shape: &[u64]) -> Option<u64> {
    shape.iter().try_fold(1u64, |count, size| count.checked_mul(*size))
}

/// What an array's call and state say of it.
struct Found<'a> {
    class: ClassName,
    dtype: &'a Py,
    shape: &'a Py,
    fortran: bool,
    data: &'a Py,
    scalar: bool,
}

/// `_reconstruct(class, (0,), b'b')` with the state (version, shape, dtype, fortran, data).
fn reconstruct(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    let ([Py::Class(class), _, _], Some(Py::Tuple(state)), true) =
        (object.args(), &object.state, object.is_empty())
    else {
        return Ok(None);
    };
    let ([Py::Int(_), shape, dtype, fortran, data] | [shape, dtype, fortran, data]) = &state[..]
    else {
        return Ok(None);
    };
    let fortran = fortran.as_i64().is_some_and(|fortran| fortran != 0);
    let class = ClassName::clone(class);
    Found { class, dtype, shape, fortran, data, scalar: false }.array(budget)
}

/// `_frombuffer(data, dtype, shape, order)`
fn from_buffer(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    let ([data, dtype, shape, Py::Str(order)], true) = (object.args(), object.is_bare()) else {
        return Ok(None);
    };
    let fortran = match &**order {
        "C" => false,
        "F" => true,
        _ => return Ok(None),
    };
    let class = ClassName::new("numpy", "ndarray");
    Found { class, dtype, shape, fortran, data, scalar: false }.array(budget)
}

/// `ndarray(shape, dtype, data, 0, None, order)`: what is written here for swapped byte orders.
fn from_memory(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    let ([shape, dtype, data @ Py::ByteArray(_), offset, Py::None, Py::Str(order)], true) =
        (object.args(), object.is_bare())
    else {
        return Ok(None);
    };
    let fortran = match &**order {
        "C" => false,
        "F" => true,
        _ => return Ok(None),
    };
    if offset.as_i64() != Some(0) {
        return Ok(None);
    }
    let class = object.class.clone();
    Found { class, dtype, shape, fortran, data, scalar: false }.array(budget)
}

/// `scalar(dtype, data)`
fn scalar(object: &Object, budget: &mut Budget) -> Result<Option<Py>, Reason> {
    let ([dtype, data], true) = (object.args(), object.is_bare()) else { return Ok(None) };
    if !matches!(data, Py::Bytes(_) | Py::Str(_)) {
        return Ok(None);
    }
    let class = ClassName::new("numpy", "ndarray");
    let shape = &Py::Tuple(Arc::new(Vec::new()));
    Found { class, dtype, shape, fortran: false, data, scalar: true }.array(budget)
}

impl Found<'_> {
    /// An array, if its data has the length that its shape and type ask for.
    fn array(self, budget: &mut Budget) -> Result<Option<Py>, Reason> {
        budget.charge(size_of::<ArrayData>())?;
        let (Py::DType(dtype), Some(shape)) = (self.dtype, shape_of(self.shape)) else {
            return Ok(None);
        };
        let Some(count) = elements(&shape).filter(|_| dtype.shape.is_empty()) else {
            return Ok(None);
        };
        let fits = |bytes: &[u8]| {
            let fits = count.checked_mul(dtype.itemsize) == Some(bytes.len() as u64);
            fits && !dtype.holds_objects() && (dtype.itemsize > 0 || count <= MOST_EMPTY)
        };
        let data = match self.data {
            Py::Bytes(bytes) | Py::ByteArray(bytes) if fits(bytes) => {
                ArrayElements::Bytes(Arc::clone(bytes))
            }
            Py::Str(text) if fits(text.as_bytes()) => {
                budget.charge(text.len())?;
                ArrayElements::Bytes(Arc::from(text.as_bytes()))
            }
            Py::List(items) if items.len() as u64 == count && dtype.holds_objects() => {
                ArrayElements::Objects(Arc::clone(items))
            }
            _ => return Ok(None),
        };
        let Found { class, fortran, scalar, .. } = self;
        let dtype = Arc::clone(dtype);
        Ok(Some(Py::Array(Arc::new(ArrayData { class, dtype, shape, fortran, data, scalar }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain() {
        let text = |text| DTypeData::plain(text).map(|dtype| dtype.text.to_string());
        assert_eq!(text("f8").as_deref(), Some("<f8"));
        assert_eq!(text("=i1").as_deref(), Some("|i1"));
        assert_eq!(text("O").as_deref(), Some("|O8"));
        assert_eq!(text(">M8[10us]").as_deref(), Some(">M8[10us]"));
        assert_eq!(text("f3"), None);
        assert_eq!(text("é8"), None);
        assert_eq!(text("U99999999999999999999"), None);
        assert_eq!(DTypeData::plain("U5").map(|dtype| dtype.itemsize), Some(20));
    }
}
