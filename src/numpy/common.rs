//! What functions of several sections do with their arguments: entries of the registry, values as
//! arrays that can be viewed, results written to `out=`, iteration, calls.

use super::args::Args;
use super::convert::as_array;
use super::nd::{Class, Nd, element};
use super::registry::{self, Function};
use super::value::Value;
use crate::array::block::Block;
use crate::array::error::Kind as ErrorKind;
use crate::array::run::to_block;
use crate::array::view::{Part, slice};
use crate::array::{Array, Context, DType, Error, Result};

/// All kinds of dtype.
pub const ALL: &str = "biufcSUMmVO";

/// What a function does.
pub type Run = fn(&Args, &Context) -> Result<Value>;

/// An entry of the registry.
pub const fn entry(
    section: &'static str,
    names: &'static [&'static str],
    params: &'static str,
    kinds: &'static str,
    help: &'static str,
    run: Run,
) -> Function {
    Function { names, params, help, section, kinds, run, ufunc: None }
}

/// A section of the registry, which makes its entries.
pub struct Section(pub &'static str);

impl Section {
    /// A function of these kinds of dtype.
    pub const fn entry(
        &self,
        names: &'static [&'static str],
        params: &'static str,
        kinds: &'static str,
        help: &'static str,
        run: Run,
    ) -> Function {
        entry(self.0, names, params, kinds, help, run)
    }

    /// A function of all kinds of dtype.
    pub const fn any(
        &self,
        names: &'static [&'static str],
        params: &'static str,
        help: &'static str,
        run: Run,
    ) -> Function {
        self.entry(names, params, ALL, help, run)
    }
}

/// An argument as an array that can be viewed: an array as it is, anything else as a new one.
///
/// # Errors
/// Those of making an array of it.
pub fn nd_of(value: &Value, cx: &Context) -> Result<Nd> {
    match value {
        Value::Array(nd) => Ok(nd.clone()),
        other => Ok(Nd::new(as_array(other, cx)?)),
    }
}

/// A parameter as an array that can be viewed.
///
/// # Errors
/// As [`nd_of`].
pub fn nd_arg(args: &Args, name: &str, cx: &Context) -> Result<Nd> {
    nd_of(&args.value(name), cx)
}

/// A view as a value; of a NumPy scalar it is an array.
pub fn viewed(
    nd: &Nd,
    f: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
) -> Result<Value> {
    nd.viewed(f).map(Value::Array)
}

/// The order that an argument asks for: `C`, `F`, `A` or `K`.
///
/// # Errors
/// ValueError for another letter.
pub fn order(args: &Args, default: char) -> Result<char> {
    let Some(text) = args.text("order")? else { return Ok(default) };
    match text.to_ascii_uppercase().as_str() {
        "C" => Ok('C'),
        "F" => Ok('F'),
        "A" => Ok('A'),
        "K" => Ok('K'),
        _ => Err(Error::value(format!(
            "order must be one of 'C', 'F', 'A', or 'K' (got {})",
            crate::array::dtype::quote(&text)
        ))),
    }
}

/// Writes a result to `out=`, where one was given; else it is the result.
///
/// # Errors
/// Those of the assignment.
pub fn finish(result: Array, out: Option<Nd>, cx: &Context) -> Result<Value> {
    match out {
        None => Ok(Value::result(result)),
        Some(nd) => {
            nd.assign(|a| Ok(a.clone()), result, cx)?;
            Ok(Value::Array(nd))
        }
    }
}

/// The items that Python's iteration over a value gives.
///
/// # Errors
/// `TypeError: 'int' object is not iterable`; whatever an iterator meets.
pub fn iterate(
    value: &Value,
    cx: &Context,
    mut take: impl FnMut(Value) -> Result<bool>,
) -> Result<()> {
    let mut each = |items: Vec<Value>| -> Result<()> {
        for item in items {
            if !take(item)? {
                break;
            }
        }
        Ok(())
    };
    match value {
        Value::Range(start, stop, step) => {
            for i in 0..super::value::range_len(*start, *stop, *step) {
                if !take(Value::int(start + i as i64 * step))? {
                    break;
                }
            }
            Ok(())
        }
        Value::Str(s) => each(s.chars().map(|c| Value::str(c.to_string())).collect()),
        Value::Bytes(b) => each(b.iter().map(|b| Value::int(*b)).collect()),
        Value::Dict(d) | Value::Set(d) => each(d.lock().iter().map(|(k, _)| k.clone()).collect()),
        Value::Array(nd) => {
            let array = nd.array()?;
            if array.ndim() == 0 {
                return Err(Error::type_error("iteration over a 0-d array"));
            }
            let nd = nd.clone();
            for i in 0..array.shape()[0] {
                let item = if array.ndim() == 1 {
                    Value::result(slice(&array, &[Part::At(i)]))
                } else {
                    Value::Array(nd.viewed(move |a| Ok(slice(a, &[Part::At(i)])))?)
                };
                if !take(item)? {
                    break;
                }
            }
            Ok(())
        }
        Value::Foreign(f) => {
            if let Some(array) = f.array(cx) {
                return iterate(&Value::array(array?), cx, take);
            }
            loop {
                cx.check()?;
                match f.next(cx) {
                    None => return Err(not_iterable(value)),
                    Some(item) => {
                        let Some(item) = item? else { return Ok(()) };
                        if !take(item)? {
                            return Ok(());
                        }
                    }
                }
            }
        }
        other => each(other.sequence().ok_or_else(|| not_iterable(other))?),
    }
}

fn not_iterable(value: &Value) -> Error {
    Error::type_error(format!("'{}' object is not iterable", value.type_name()))
}

/// All items that iteration gives.
///
/// # Errors
/// As [`iterate`].
pub fn items(value: &Value, cx: &Context) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    iterate(value, cx, |item| {
        out.push(item);
        Ok(true)
    })?;
    Ok(out)
}

/// Calls a value: a function of the registry or one of the language.
///
/// # Errors
/// TypeError where it can't be called; whatever it meets.
pub fn call_value(
    function: &Value,
    places: Vec<Value>,
    names: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    match function {
        Value::Function(f) => registry::call(f, places, names, cx),
        Value::UfuncMethod(f, method) => super::ufunc::call_method(f, method, places, names, cx),
        Value::Foreign(f) => f.call(places, names, cx),
        other => Err(Error::type_error(format!("'{}' object is not callable", other.type_name()))),
    }
}

/// Whether a value can be called.
pub fn is_callable(value: &Value) -> bool {
    match value {
        Value::Function(_) | Value::UfuncMethod(..) | Value::Type(_) => true,
        Value::Foreign(f) => f.is_callable(),
        _ => false,
    }
}

/// Calls a function by name with arguments by place and by name, for an array.
///
/// # Errors
/// As the function.
pub fn call_array(
    name: &str,
    places: Vec<Value>,
    names: Vec<(&str, Value)>,
    cx: &Context,
) -> Result<Array> {
    let function = registry::find(name)
        .ok_or_else(|| Error::attribute(format!("module 'numpy' has no attribute '{name}'")))?;
    let names = names.into_iter().map(|(n, v)| (n.to_string(), v)).collect();
    as_array(&registry::call(function, places, names, cx)?, cx)
}

/// The whole numbers of an argument that is one or a sequence of them, and whether it is one.
///
/// # Errors
/// TypeError where they are none.
pub fn integers(value: &Value, cx: &Context) -> Result<(Vec<i64>, bool)> {
    match value {
        Value::Array(nd) if nd.ndim()? > 0 => {
            let block = to_block(&nd.array()?, cx)?;
            let each = (0..block.len()).map(|i| element(&block, i).index());
            Ok((each.collect::<Result<_>>()?, false))
        }
        _ => match value.sequence() {
            Some(items) => Ok((items.iter().map(Value::index).collect::<Result<_>>()?, false)),
            None => Ok((vec![value.index()?], true)),
        },
    }
}

/// `FileNotFoundError` and other errors of opening a file, in Python's words.
pub fn file_error(e: &std::io::Error, path: &str) -> Error {
    let quoted = crate::array::dtype::quote(path);
    match e.kind() {
        std::io::ErrorKind::NotFound => Error::new(
            ErrorKind::FileNotFoundError,
            format!("[Errno 2] No such file or directory: {quoted}"),
        ),
        std::io::ErrorKind::PermissionDenied => Error::new(
            ErrorKind::PermissionError,
            format!("[Errno 13] Permission denied: {quoted}"),
        ),
        _ => {
            let text = e.to_string();
            Error::os(format!("{}: {quoted}", text.split(" (os error").next().unwrap_or(&text)))
        }
    }
}

/// An array as another class of array: a view of the same elements.
///
/// # Errors
/// As viewing.
pub fn as_class(nd: &Nd, class: Class) -> Result<Nd> {
    Ok(nd.viewed(|a| Ok(a.clone()))?.with_class(class))
}

/// One element of a dtype out of a Python value; a structure gets it in each of its fields.
///
/// # Errors
/// Those of the cast.
pub fn one(value: &crate::array::Item, dtype: &DType) -> Result<Block> {
    if *dtype == DType::Object {
        return Ok(Block::of_items(Vec::new(), vec![value.clone()]));
    }
    let mut block = Block::zeros(dtype.clone(), Vec::new());
    fill(value, dtype, block.bytes_mut())?;
    Ok(block)
}

fn fill(value: &crate::array::Item, dtype: &DType, out: &mut [u8]) -> Result<()> {
    use crate::array::Item;
    match (dtype, value) {
        (DType::Struct(_), Item::Tuple(_)) => crate::array::cast::write_item(value, dtype, out),
        (DType::Struct(s), _) => {
            for f in &s.fields {
                let size = f.dtype.size().max(1);
                for slot in out[f.offset..f.offset + f.size()].chunks_exact_mut(size) {
                    fill(value, &f.dtype, slot)?;
                }
            }
            Ok(())
        }
        _ => crate::array::cast::write_item(value, dtype, out),
    }
}

/// `str`, `bytes` and `void` without a length are made one long, as `np.zeros` makes them.
pub fn concrete(dtype: DType) -> DType {
    match dtype {
        DType::Str(0) => DType::Str(1),
        DType::Bytes(0) => DType::Bytes(1),
        other => other,
    }
}
