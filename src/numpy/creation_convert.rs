//! Arrays made of what there is already: values, other arrays, bytes, iterators, functions.

use super::args::Args;
use super::common::{ALL, as_class, call_value, concrete, entry, iterate, nd_arg, order};
use super::convert::{as_array, as_array_of, as_dtype, sized};
use super::creation::{SECTION, device};
use super::creation_grids::index_grid;
use super::manipulation_select::any;
use super::nd::{Class, Nd};
use super::registry::Function;
use super::value::{Value, to_item};
use crate::array::block::Block;
use crate::array::cast::{cast, write_item};
use crate::array::compose::concat;
use crate::array::raw::{numbers_in, swap};
use crate::array::reshape::reshape;
use crate::array::spill::materialise;
use crate::array::{Array, Context, DType, Error, Item, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(
        &["array"],
        "object, dtype=None, *, copy=True, order='K', subok=False, ndmin=0, ndmax=0, like=None",
        "An array of its own, made of a value.",
        array,
    ),
    SECTION.any(
        &["asarray"],
        "a, dtype=None, order=None, *, device=None, copy=None, like=None",
        "A value as an array; an array stays what it is.",
        |a, cx| as_is(a, cx, false),
    ),
    SECTION.any(
        &["asanyarray"],
        "a, dtype=None, order=None, *, device=None, copy=None, like=None",
        "A value as an array; an array of any class stays what it is.",
        |a, cx| as_is(a, cx, true),
    ),
    SECTION.any(
        &["ascontiguousarray"],
        "a, dtype=None, *, like=None",
        "A value as an array of at least one axis, elements in C order.",
        contiguous,
    ),
    entry(
        "Array manipulation routines",
        &["asfortranarray"],
        "a, dtype=None, *, like=None",
        ALL,
        "A value as an array of at least one axis, elements in Fortran's order.",
        contiguous,
    ),
    entry(
        "Array manipulation routines",
        &["asarray_chkfinite"],
        "a, dtype=None, order=None",
        ALL,
        "A value as an array that must hold neither NaN nor infinities.",
        chkfinite,
    ),
    entry(
        "Data type routines",
        &["astype"],
        "x, dtype, /, *, copy=True, device=None",
        ALL,
        "An array's elements as another dtype.",
        |args, cx| {
            device(args)?;
            let to = args.dtype("dtype")?.unwrap_or(DType::Float64);
            match args.value("x") {
                Value::Array(nd) if !nd.is_scalar() => {
                    super::convert::astype(&nd.array()?, &to, None, cx).map(Value::array)
                }
                Value::Foreign(f) if f.array(cx).is_some() => {
                    let array = as_array(&Value::Foreign(f), cx)?;
                    super::convert::astype(&array, &to, None, cx).map(Value::array)
                }
                other => Err(Error::type_error(format!(
                    "Input should be a NumPy array. It is of type {}.",
                    other.type_name()
                ))),
            }
        },
    ),
    SECTION.any(&["copy"], "a, order='K', subok=False", "A copy of an array.", copy),
    SECTION.entry(
        &["from_dlpack"],
        "x, /, *, device=None, copy=None",
        "biufc",
        "Another array's elements, not copied.",
        from_dlpack,
    ),
    SECTION.any(
        &["frombuffer"],
        "buffer, dtype=float, count=-1, offset=0, *, like=None",
        "Bytes as the elements of an array.",
        frombuffer,
    ),
    SECTION.any(
        &["fromiter"],
        "iter, dtype, count=-1, *, like=None",
        "What an iterator gives, as an array of one axis.",
        fromiter,
    ),
    SECTION.entry(
        &["fromfunction"],
        "function, shape, *, dtype=float, like=None, **kwargs",
        "biufcmO",
        "What a function makes of the indices of a shape.",
        fromfunction,
    ),
];

/// A given value as a new array of at least so many axes.
fn array(args: &Args, cx: &Context) -> Result<Value> {
    let object = args.value("object");
    order(args, 'K')?;
    let dtype = args.dtype("dtype")?;
    let ndmin = args.int("ndmin")?.unwrap_or(0).max(0) as usize;
    if ndmin > 64 {
        return Err(Error::value(
            "ndmin bigger than allowable number of dimensions NPY_MAXDIMS (=64)",
        ));
    }
    let made = as_array_of(&object, dtype.as_ref(), cx)?;
    if let Some(Value::Bool(false)) = args.get("copy") {
        let same = match &object {
            Value::Array(nd) => !nd.is_scalar() && nd.dtype()? == *made.dtype(),
            _ => false,
        };
        if !same {
            return Err(Error::value(
                "Unable to avoid copy while creating an array as requested.\nIf using \
                 `np.array(obj, copy=False)` replace it with `np.asarray(obj)` to allow a copy \
                 when needed (no behavior change in NumPy 1.x).\nFor more details, see \
                 https://numpy.org/devdocs/numpy_2_0_migration_guide.html#adapting-to-changes-in-\
                 the-copy-keyword.",
            ));
        }
    }
    let mut shape = vec![1; ndmin.saturating_sub(made.ndim())];
    shape.extend(made.shape());
    let class = match (&object, args.flag("subok")?) {
        (Value::Array(nd), true) if !nd.is_scalar() => nd.class().clone(),
        _ => Class::Array,
    };
    let shares = matches!(args.get("copy"), Some(Value::None) | Some(Value::Bool(false)));
    match &object {
        Value::Array(nd) if shares && !nd.is_scalar() && nd.dtype()? == *made.dtype() => {
            let view = nd.viewed(move |a| Ok(reshape(a, shape.clone())))?;
            Ok(Value::Array(view.with_class(class)))
        }
        _ => Ok(Value::Array(Nd::new(reshape(&made, shape)).with_class(class))),
    }
}

/// An array as it is, or a value as a new one.
fn as_is(args: &Args, cx: &Context, any_class: bool) -> Result<Value> {
    order(args, 'K')?;
    device(args)?;
    let given = args.value("a");
    let dtype = args.dtype("dtype")?;
    unchanged(&given, dtype.as_ref(), any_class, cx).map(Value::Array)
}

/// An array itself, where it has the dtype; else a new one.
///
/// # Errors
/// Those of making an array.
pub fn unchanged(
    given: &Value,
    dtype: Option<&DType>,
    any_class: bool,
    cx: &Context,
) -> Result<Nd> {
    let Value::Array(nd) = given else {
        return Ok(Nd::new(as_array_of(given, dtype, cx)?));
    };
    let array = nd.array()?;
    let wanted = dtype.map(|d| sized(d, &array, cx)).transpose()?;
    let class = match nd.class() {
        Class::Scalar => Class::Array,
        other if any_class => other.clone(),
        _ => Class::Array,
    };
    if nd.is_scalar() || wanted.as_ref().is_some_and(|d| d != array.dtype()) {
        let array = cast(&array, wanted.as_ref().unwrap_or(array.dtype()))?;
        return Ok(Nd::new(array).with_class(class));
    }
    match *nd.class() == class {
        true => Ok(nd.clone()),
        false => as_class(nd, class),
    }
}

fn contiguous(args: &Args, cx: &Context) -> Result<Value> {
    let nd = unchanged(&args.value("a"), args.dtype("dtype")?.as_ref(), false, cx)?;
    match nd.ndim()? {
        0 => super::manipulation_axes::with_axes(&nd, 1).map(Value::Array),
        _ => {
            // what lies in another order is copied
            let array = nd.array()?;
            let steps = nd.layout()?;
            let own = crate::array::lazy::strides(array.shape());
            let same = steps
                .iter()
                .zip(&own)
                .zip(array.shape())
                .all(|((a, b), n)| *n == 1 || *a == *b as isize);
            Ok(Value::Array(if same { nd } else { Nd::new(array) }))
        }
    }
}

fn chkfinite(args: &Args, cx: &Context) -> Result<Value> {
    order(args, 'K')?;
    let nd = unchanged(&args.value("a"), args.dtype("dtype")?.as_ref(), false, cx)?;
    let array = nd.array()?;
    let bad = match array.dtype().real() {
        DType::Float16 => {
            any(&array, cx, |b| b.typed::<half::f16>().iter().any(|x| !x.is_finite()))?
        }
        DType::Float32 => any(&array, cx, |b| b.typed::<f32>().iter().any(|x| !x.is_finite()))?,
        DType::Float64 => any(&array, cx, |b| b.typed::<f64>().iter().any(|x| !x.is_finite()))?,
        _ => false,
    };
    match bad {
        true => Err(Error::value("array must not contain infs or NaNs")),
        false => Ok(Value::Array(nd)),
    }
}

fn copy(args: &Args, cx: &Context) -> Result<Value> {
    order(args, 'K')?;
    let nd = nd_arg(args, "a", cx)?;
    let class = match nd.class() {
        Class::Scalar => Class::Array,
        other if args.flag("subok")? => other.clone(),
        _ => Class::Array,
    };
    Ok(Value::Array(Nd::new(nd.array()?).with_class(class)))
}

fn from_dlpack(args: &Args, cx: &Context) -> Result<Value> {
    let given = args.value("x");
    let nd = match &given {
        Value::Array(nd) => nd.clone(),
        Value::Foreign(f) if f.array(cx).is_some() => Nd::new(as_array(&given, cx)?),
        other => {
            return Err(Error::attribute(format!(
                "'{}' object has no attribute '__dlpack__'",
                other.type_name()
            )));
        }
    };
    if !nd.dtype()?.is_number() {
        return Err(Error::new(
            crate::array::error::Kind::BufferError,
            "DLPack only supports signed/unsigned integers, float and complex dtypes.",
        ));
    }
    as_class(&nd, Class::Array).map(Value::Array)
}

/// Which numbers of an element stand in the other byte order, as a dtype is written: `>i4`, a list
/// of fields.
///
/// # Errors
/// TypeError where it is no dtype.
pub fn swaps(value: &Value) -> Result<Vec<(usize, usize)>> {
    let mut out = Vec::new();
    match value {
        Value::Str(s) if s.contains(',') => {
            let dtype = as_dtype(value)?;
            let fields = dtype.fields().map(|s| s.fields.clone()).unwrap_or_default();
            // commas inside a shape part no fields
            let mut depth = 0;
            let parts = s.split(|c: char| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                c == ',' && depth == 0
            });
            for (part, f) in parts.zip(fields) {
                if part.contains('>') {
                    for k in 0..f.shape.iter().product::<usize>() {
                        numbers_in(&f.dtype, f.offset + k * f.dtype.size(), &mut out);
                    }
                }
            }
        }
        Value::Str(s) if s.starts_with('>') => numbers_in(&as_dtype(value)?, 0, &mut out),
        Value::List(l) => {
            let dtype = as_dtype(value)?;
            let fields = dtype.fields().map(|s| s.fields.clone()).unwrap_or_default();
            for (part, f) in l.lock().iter().zip(fields) {
                let Value::Tuple(t) = part else { continue };
                let Some(inner) = t.get(1) else { continue };
                let each = swaps(inner)?;
                for k in 0..f.shape.iter().product::<usize>() {
                    let base = f.offset + k * f.dtype.size();
                    out.extend(each.iter().map(|(o, n)| (base + o, *n)));
                }
            }
        }
        _ => {}
    }
    Ok(out)
}

/// A dtype argument with the numbers that stand in the other byte order.
pub(super) fn dtype_and_swaps(args: &Args, name: &str) -> Result<(DType, Vec<(usize, usize)>)> {
    match args.some(name) {
        None => Ok((DType::Float64, Vec::new())),
        Some(v) => Ok((as_dtype(v)?, swaps(v)?)),
    }
}

fn frombuffer(args: &Args, cx: &Context) -> Result<Value> {
    let (dtype, swaps) = dtype_and_swaps(args, "dtype")?;
    let bytes: Vec<u8> = match args.value("buffer") {
        Value::Bytes(b) => b.to_vec(),
        Value::Array(nd) => crate::array::run::to_block(&nd.array()?, cx)?.bytes().to_vec(),
        other => {
            return Err(Error::type_error(format!(
                "a bytes-like object is required, not '{}'",
                other.type_name()
            )));
        }
    };
    if dtype == DType::Object {
        return Err(Error::value("cannot create an OBJECT array from memory buffer"));
    }
    let size = dtype.size();
    if size == 0 {
        return Err(Error::value("itemsize cannot be zero in type"));
    }
    let offset = args.int("offset")?.unwrap_or(0);
    let rest = usize::try_from(offset).ok().and_then(|o| bytes.get(o..)).ok_or_else(|| {
        Error::value(format!(
            "offset must be non-negative and no greater than buffer length ({})",
            bytes.len()
        ))
    })?;
    let n = match args.int("count")?.unwrap_or(-1) {
        n if n < 0 => {
            if rest.len() % size != 0 {
                return Err(Error::value("buffer size must be a multiple of element size"));
            }
            rest.len() / size
        }
        n => n as usize,
    };
    let Some(part) = n.checked_mul(size).and_then(|m| rest.get(..m)) else {
        return Err(Error::value("buffer is smaller than requested size"));
    };
    let mut block = Block::zeros(dtype, vec![n]);
    block.bytes_mut().copy_from_slice(part);
    swap(block.bytes_mut(), size, &swaps);
    Ok(Value::Array(Nd::read_only(Array::of(block))))
}

/// An array of one axis that grows: what is large is spilled on the way.
pub(super) struct Growing {
    dtype: DType,
    done: Vec<Array>,
    /// Bytes of the part that is being filled, or its values.
    bytes: Vec<u8>,
    items: Vec<Item>,
    held: usize,
}

impl Growing {
    /// An empty one.
    pub(super) fn new(dtype: DType) -> Growing {
        Growing { dtype, done: Vec::new(), bytes: Vec::new(), items: Vec::new(), held: 0 }
    }

    /// Appends a value.
    pub(super) fn push(&mut self, item: Item, cx: &Context) -> Result<()> {
        if self.dtype == DType::Object {
            self.items.push(item);
            return Ok(());
        }
        let at = self.bytes.len();
        self.bytes.resize(at + self.dtype.size(), 0);
        write_item(&item, &self.dtype, &mut self.bytes[at..])?;
        self.flush(1 << 20, cx)
    }

    /// Appends an element.
    pub(super) fn push_bytes(&mut self, element: &[u8], cx: &Context) -> Result<()> {
        self.bytes.extend_from_slice(element);
        self.flush(1 << 20, cx)
    }

    fn flush(&mut self, least: usize, cx: &Context) -> Result<()> {
        if self.bytes.len() < least || self.bytes.is_empty() {
            return Ok(());
        }
        cx.check()?;
        let n = self.bytes.len() / self.dtype.size().max(1);
        let block = Block::of(self.dtype.clone(), vec![n], &std::mem::take(&mut self.bytes));
        self.held += block.bytes().len();
        self.done.push(Array::of(block));
        if self.held > cx.settings().memory / 4 {
            let all = concat(&self.done, 0, &self.dtype)?;
            self.done = vec![materialise(&all, cx)?];
            self.held = 0;
        }
        Ok(())
    }

    /// The array.
    pub(super) fn finish(mut self, cx: &Context) -> Result<Array> {
        if self.dtype == DType::Object {
            return Ok(Array::of(Block::of_items(vec![self.items.len()], self.items)));
        }
        self.flush(1, cx)?;
        match self.done.len() {
            0 => Ok(Array::of(Block::zeros(self.dtype, vec![0]))),
            _ => concat(&self.done, 0, &self.dtype),
        }
    }
}

fn fromiter(args: &Args, cx: &Context) -> Result<Value> {
    let dtype = args.dtype("dtype")?.unwrap_or(DType::Float64);
    if dtype.size() == 0 {
        return Err(Error::value("Must specify length when using variable-size data-type."));
    }
    let count = args.int("count")?.unwrap_or(-1);
    let mut out = Growing::new(dtype.clone());
    let mut n = 0i64;
    if count != 0 {
        iterate(&args.value("iter"), cx, |item| {
            match &item {
                // elements of arrays are cast, not read as Python's numbers
                Value::Array(nd) if dtype != DType::Object && nd.is_scalar() => {
                    let one = cast(&nd.array()?, &dtype)?;
                    out.push_bytes(crate::array::run::to_block(&one, cx)?.bytes(), cx)?;
                }
                other => out.push(to_item(other)?, cx)?,
            }
            n += 1;
            Ok(count < 0 || n < count)
        })?;
    }
    if n < count {
        return Err(Error::value(format!(
            "iterator too short: Expected {count} but iterator had only {n} items."
        )));
    }
    Ok(Value::array(out.finish(cx)?))
}

fn fromfunction(args: &Args, cx: &Context) -> Result<Value> {
    let mut shape = Vec::new();
    for v in super::common::items(&args.value("shape"), cx)? {
        shape.push(
            usize::try_from(v.index()?)
                .map_err(|_| Error::value("negative dimensions are not allowed"))?,
        );
    }
    let dtype = concrete(args.dtype("dtype")?.unwrap_or(DType::Float64));
    let places = index_grid(&shape, &dtype, false)?.into_iter().map(Value::array).collect();
    let names = match args.value("kwargs") {
        Value::Dict(d) => {
            d.lock().iter().filter_map(|(k, v)| Some((k.as_str()?, v.clone()))).collect()
        }
        _ => Vec::new(),
    };
    call_value(&args.value("function"), places, names, cx)
}
