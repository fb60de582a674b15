//! Universal functions: which loop fits the operands, and what calling one gives.
//!
//! A ufunc is a table entry ([`table`]): names, loops by NumPy's letters, what a reduction starts
//! from, and a maker of kernels. Resolution follows NumPy 2: Python numbers take the dtype of the
//! arrays that they meet, and the first loop that all operands can safely be cast to is taken.
//! Results are lazy; small ones over arrays in memory are computed at once, so that errors and
//! warnings come where they belong.
//!
//! - [`table`]: the entries. [`arithmetic`], [`compare`], [`maths`], [`integer`], [`complex`],
//!   [`times`], [`objects`]: kernels. [`warn`]: floating-point warnings.
//! - [`methods`]: `reduce`, `accumulate`, `outer`, `at`, `reduceat`.

pub mod arithmetic;
pub mod compare;
pub mod complex;
pub mod integer;
pub mod maths;
pub mod methods;
pub mod objects;
pub mod table;
pub mod times;
pub mod warn;

use std::sync::LazyLock;

use super::args::Args;
use super::convert::{Given, as_operand};
use super::nd::{Class, Nd, truth};
use super::registry::Function;
use super::value::Value;
use crate::array::cast::{cast, described};
use crate::array::elementwise::{Kernel, Operand, blockwise, elementwise};
use crate::array::error::Kind as ErrorKind;
use crate::array::promote::{
    Casting, Weak, can_cast, class_name, promote, weak_default, with_weak,
};
use crate::array::{Array, Context, DType, Error, Result};

pub use methods::call_method;

/// What a reduction with the ufunc starts from, where there is no element.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub enum Identity {
    None,
    Zero,
    One,
    MinusOne,
    MinusInfinity,
}

/// A universal function.
pub struct Ufunc {
    /// Its names, NumPy's `__name__` first.
    pub names: &'static [&'static str],
    /// How many operands it takes.
    pub inputs: usize,
    /// How many results it gives.
    pub outputs: usize,
    /// Its loops, as in NumPy's `ufunc.types`: `??->? bb->b`.
    pub loops: &'static str,
    /// What a reduction starts from.
    pub identity: Identity,
    /// One line of help.
    pub help: &'static str,
    /// Its section.
    pub section: &'static str,
    /// The kinds of dtype that it takes.
    pub kinds: &'static str,
    /// Whether operands without a loop are NumPy's UFuncTypeError (else its plain TypeError).
    pub strict: bool,
    /// The kernel of one result for operands of these dtypes.
    pub kernel: fn(&Loop, usize) -> Option<Kernel>,
}

/// A loop: dtypes in, dtypes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Loop {
    /// Of the operands.
    pub ins: Vec<DType>,
    /// Of the results.
    pub outs: Vec<DType>,
}

const UNARY: &str = "x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, \
                     subok=True, signature=None";
const BINARY: &str = "x1, x2, /, out=None, *, where=True, casting='same_kind', order='K', \
                      dtype=None, subok=True, signature=None";

static FUNCTIONS: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let make = |u: &'static Ufunc| Function {
        names: u.names,
        params: if u.inputs == 1 { UNARY } else { BINARY },
        help: u.help,
        section: u.section,
        kinds: u.kinds,
        run: call,
        ufunc: Some(u),
    };
    table::UFUNCS.iter().map(make).collect()
});

/// All, as functions of the registry.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter()
}

/// The universal function of this name.
pub fn find(name: &str) -> Option<&'static Ufunc> {
    super::registry::find(name).and_then(|f| f.ufunc)
}

/// The dtype that a letter of a loop stands for; dates stand for any unit, text for any length.
fn letter(c: char) -> DType {
    use crate::array::time::TimeUnit;
    match c {
        'U' => DType::Str(0),
        'S' => DType::Bytes(0),
        'M' => DType::Datetime(TimeUnit::GENERIC),
        'm' => DType::Timedelta(TimeUnit::GENERIC),
        c => DType::parse(&c.to_string()).unwrap_or(DType::Object),
    }
}

fn loops(ufunc: &Ufunc) -> impl Iterator<Item = (Vec<char>, Vec<char>)> {
    ufunc.loops.split_whitespace().filter_map(|l| {
        let (a, b) = l.split_once("->")?;
        Some((a.chars().collect(), b.chars().collect()))
    })
}

fn fits(from: &DType, to: char) -> bool {
    match (from, to) {
        (DType::Datetime(_), c) => c == 'M',
        (DType::Timedelta(_), c) => c == 'm',
        (DType::Str(_), c) => c == 'U',
        (DType::Bytes(_), c) => c == 'S',
        (DType::Object, c) => c == 'O',
        (DType::Struct(_) | DType::Void(_), _) => false,
        (_, 'M' | 'm' | 'U' | 'S') => false,
        (d, c) => can_cast(d, &letter(c), Casting::Safe),
    }
}

/// The dtypes that operands count with: Python numbers take that of the arrays beside them.
pub fn operand_dtypes(givens: &[Given]) -> Result<Vec<DType>> {
    let strong: Vec<&DType> =
        givens.iter().filter(|g| g.weak.is_none()).map(|g| g.array.dtype()).collect();
    let numbers = strong.iter().all(|d| d.is_number());
    let common = strong
        .iter()
        .skip(1)
        .try_fold(strong.first().map(|d| (*d).clone()), |a, b| match a {
            Some(a) => promote(&a, b).ok().map(Some),
            None => Some(None),
        })
        .flatten();
    givens
        .iter()
        .map(|g| {
            Ok(match (g.weak, &common) {
                (None, _) => g.array.dtype().clone(),
                (Some(_), _) if *g.array.dtype() == DType::Object && !numbers => DType::Object,
                (Some(w), Some(c)) if numbers => with_weak(c, w),
                (Some(_), None) if *g.array.dtype() == DType::UInt64 => DType::UInt64,
                (Some(_), None) if *g.array.dtype() == DType::Object => DType::Object,
                (Some(_), Some(DType::Object)) => DType::Object,
                (Some(w), _) => weak_default(w),
            })
        })
        .collect()
}

/// The loop for these operands.
///
/// # Errors
/// TypeError or UFuncTypeError where there is none.
pub fn resolve(ufunc: &Ufunc, dtypes: &[DType], wanted: Option<&DType>) -> Result<Loop> {
    if dtypes.iter().any(DType::is_time)
        && let Some(found) = times::resolve(ufunc, dtypes)?
    {
        return Ok(found);
    }
    if let Some(found) = compare::resolve_text(ufunc, dtypes) {
        return Ok(found);
    }
    if dtypes.iter().all(|d| *d == DType::Bool) && wanted.is_none() {
        let refused = match ufunc.names[0] {
            "subtract" => Some(
                "numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, \
                 the `^` operator, or the logical_xor function instead.",
            ),
            "negative" => Some(
                "The numpy boolean negative, the `-` operator, is not supported, use the `~` \
                 operator or the logical_not function instead.",
            ),
            "positive" | "sign" | "gcd" | "lcm" => return Err(no_loop(ufunc, dtypes)),
            _ => None,
        };
        if let Some(text) = refused {
            return Err(Error::type_error(text));
        }
    }
    if ufunc.names[0] == "isnat" {
        return Err(Error::type_error(
            "ufunc 'isnat' is only defined for np.datetime64 and np.timedelta64.",
        ));
    }
    // integers are divided as doubles
    if ufunc.names[0] == "divide" && wanted.is_none() && dtypes.iter().all(DType::is_integral) {
        return Ok(Loop { ins: vec![DType::Float64; 2], outs: vec![DType::Float64] });
    }
    for (ins, outs) in loops(ufunc) {
        let suits = match wanted {
            Some(w) => {
                // comparisons and the like give bool whatever they compare
                let (target, cs) = (w, &outs);
                letter(cs[0]) == *target
                    && dtypes
                        .iter()
                        .zip(&ins)
                        .all(|(d, c)| fits(d, *c) || can_cast(d, &letter(*c), Casting::SameKind))
            }
            None => dtypes.iter().zip(&ins).all(|(d, c)| fits(d, *c)),
        };
        if suits {
            return Ok(Loop {
                ins: ins.iter().map(|c| letter(*c)).collect(),
                outs: outs.iter().map(|c| letter(*c)).collect(),
            });
        }
    }
    if dtypes.contains(&DType::Object) {
        if let Some(found) = objects::resolve(ufunc) {
            return Ok(found);
        }
        return Err(Error::type_error(format!(
            "loop of ufunc does not support argument 0 of type object which has no callable {} \
             method",
            ufunc.names[0]
        )));
    }
    if let Some(w) = wanted {
        let known = loops(ufunc).any(|(_, outs)| letter(outs[0]) == *w);
        if known {
            return Err(Error::new(
                ErrorKind::UFuncTypeError,
                format!(
                    "Cannot cast ufunc '{}' input from {} to {} with casting rule 'same_kind'",
                    ufunc.names[0],
                    described(&dtypes[0]),
                    described(w)
                ),
            ));
        }
        return Err(Error::type_error(format!(
            "No loop matching the specified signature and casting was found for ufunc {}",
            ufunc.names[0]
        )));
    }
    Err(no_loop(ufunc, dtypes))
}

/// The error for operands that no loop takes.
pub fn no_loop(ufunc: &Ufunc, dtypes: &[DType]) -> Error {
    let name = ufunc.names[0];
    if !ufunc.strict {
        return Error::type_error(format!(
            "ufunc '{name}' not supported for the input types, and the inputs could not be safely \
             coerced to any supported types according to the casting rule ''safe''"
        ));
    }
    let names: Vec<String> =
        dtypes.iter().map(|d| format!("<class 'numpy.dtypes.{}'>", class_name(d))).collect();
    let types = match names.as_slice() {
        [one] => one.clone(),
        many => format!("({})", many.join(", ")),
    };
    Error::new(
        ErrorKind::UFuncTypeError,
        format!(
            "ufunc '{name}' did not contain a loop with signature matching types {types} -> None"
        ),
    )
}

/// A Python integer that an integer dtype can't hold.
fn check_weak(given: &Given, dtype: &DType) -> Result<()> {
    if given.weak != Some(Weak::Int) || !dtype.is_integer() || given.array.dtype() == dtype {
        return Ok(());
    }
    let item = super::nd::element(&super::nd::Nd::new(given.array.clone()).block()?, 0);
    let item = super::value::to_item(&item)?;
    crate::array::cast::write_item(&item, dtype, &mut vec![0; dtype.size()])
}

/// Applies a ufunc to operands: its results, lazy.
///
/// # Errors
/// Those of resolution, and of shapes that don't broadcast.
pub fn apply(
    ufunc: &Ufunc,
    givens: &[Given],
    wanted: Option<&DType>,
    cx: &Context,
) -> Result<Vec<Array>> {
    let dtypes = operand_dtypes(givens)?;
    if let Some(constant) = compare::against_large_integer(ufunc, givens)? {
        return Ok(vec![constant]);
    }
    let found = resolve(ufunc, &dtypes, wanted)?;
    if found.ins.contains(&DType::Object) {
        return Ok(vec![objects::apply(ufunc, givens, &found)?]);
    }
    let mut inputs = Vec::new();
    for (given, dtype) in givens.iter().zip(&found.ins) {
        check_weak(given, dtype)?;
        inputs.push(cast(&given.array, dtype)?);
    }
    let mut results = Vec::new();
    for (i, out) in found.outs.iter().enumerate() {
        let kernel = (ufunc.kernel)(&found, i).ok_or_else(|| no_loop(ufunc, &dtypes))?;
        results.push(settle(elementwise(out.clone(), inputs.clone(), kernel)?, &inputs, cx)?);
    }
    Ok(results)
}

/// Results of at most this many bytes are computed at once where the operands are in memory.
const EAGER: usize = 256 << 10;
/// Expressions deeper than this are computed, so that reading them can't exhaust the stack.
const DEEPEST: usize = 100;

/// Computes what is cheap, or too deep to be left.
///
/// # Errors
/// As computing.
pub fn settle(array: Array, inputs: &[Array], cx: &Context) -> Result<Array> {
    if array.depth() > DEEPEST {
        return crate::array::spill::materialise(&array, cx);
    }
    let here = |a: &Array| a.depth() <= 3 && in_memory(a);
    if array.bytes() <= EAGER && inputs.iter().all(here) {
        let block = array.read(&crate::array::lazy::whole(array.shape()), cx)?;
        return Ok(Array::of(block));
    }
    Ok(array)
}

/// Whether reading it touches no file: it is in memory, or a view of what is.
fn in_memory(array: &Array) -> bool {
    array.in_memory().is_some()
        || (array.depth() <= 3 && {
            let inputs = array.source().inputs();
            !inputs.is_empty() && inputs.iter().all(in_memory)
        })
}

/// Calls a ufunc as a function of the registry.
fn call(args: &Args, cx: &Context) -> Result<Value> {
    let Some(ufunc) = args.function.ufunc else {
        return Err(Error::runtime("no universal function"));
    };
    let values: Vec<Value> = match ufunc.inputs {
        1 => vec![args.value("x")],
        _ => vec![args.value("x1"), args.value("x2")],
    };
    let outs = outputs(args, ufunc)?;
    let dtype = wanted_dtype(args)?;
    let casting = Casting::parse(&args.text("casting")?.unwrap_or_else(|| "same_kind".into()))?;
    let mask = match args.get("where") {
        None | Some(Value::Bool(true)) => None,
        Some(v) => Some(super::convert::as_array(v, cx)?),
    };
    call_values(ufunc, &values, &outs, dtype.as_ref(), casting, mask.as_ref(), cx)
}

fn wanted_dtype(args: &Args) -> Result<Option<DType>> {
    if let Some(d) = args.dtype("dtype")? {
        return Ok(Some(d));
    }
    Ok(None)
}

/// The arrays to write results to, where given.
fn outputs(args: &Args, ufunc: &Ufunc) -> Result<Vec<Option<Nd>>> {
    let given = match args.some("out") {
        None => return Ok(vec![None; ufunc.outputs]),
        Some(Value::Tuple(t)) => t.to_vec(),
        Some(v) => vec![v.clone()],
    };
    if given.len() != ufunc.outputs {
        return Err(Error::value("The 'out' tuple must have exactly one entry per ufunc output"));
    }
    given
        .into_iter()
        .map(|v| match v {
            Value::None => Ok(None),
            Value::Array(nd) if !nd.is_scalar() => Ok(Some(nd)),
            _ => Err(Error::type_error("return arrays must be of ArrayType")),
        })
        .collect()
}

/// Calls a ufunc on values.
///
/// # Errors
/// As [`apply`]; those of casting to `outs`.
pub fn call_values(
    ufunc: &'static Ufunc,
    values: &[Value],
    outs: &[Option<Nd>],
    dtype: Option<&DType>,
    casting: Casting,
    mask: Option<&Array>,
    cx: &Context,
) -> Result<Value> {
    let givens = values.iter().map(|v| as_operand(v, cx)).collect::<Result<Vec<_>>>()?;
    let results = apply(ufunc, &givens, dtype, cx)?;
    drop(givens);
    let class = values.iter().find_map(|v| match v {
        Value::Array(nd) if *nd.class() == Class::Matrix => Some(Class::Matrix),
        _ => None,
    });
    let mut given_back = Vec::new();
    for (i, result) in results.into_iter().enumerate() {
        let out = outs.get(i).cloned().flatten();
        given_back.push(deliver(ufunc.names[0], result, out, mask, casting, class.clone(), cx)?);
    }
    Ok(match given_back.len() {
        1 => given_back.remove(0),
        _ => Value::tuple(given_back),
    })
}

/// Gives a result back: into `out` where there is one, only where `mask` says so.
///
/// # Errors
/// UFuncTypeError where the cast to `out` isn't allowed; ValueError for shapes.
pub fn deliver(
    name: &str,
    mut result: Array,
    out: Option<Nd>,
    mask: Option<&Array>,
    casting: Casting,
    class: Option<Class>,
    cx: &Context,
) -> Result<Value> {
    if let Some(m) = mask {
        crate::array::view::broadcast_shapes(&[result.shape(), m.shape()])?;
    }
    let Some(out) = out else {
        let result = match mask {
            None => result,
            Some(m) => {
                let zero = Array::of(crate::array::Block::zeros(result.dtype().clone(), vec![]));
                select(&mask_of(m)?, &result, &zero)?
            }
        };
        return Ok(match class {
            Some(c) if result.ndim() == 2 => Value::Array(Nd::new(result).with_class(c)),
            _ => scalar_or_array(result)?,
        });
    };
    let target = out.dtype()?;
    if !can_cast(result.dtype(), &target, casting) {
        return Err(Error::new(
            ErrorKind::UFuncTypeError,
            format!(
                "Cannot cast ufunc '{name}' output from {} to {} with casting rule 'same_kind'",
                described(result.dtype()),
                described(&target)
            ),
        ));
    }
    let shape = out.shape()?;
    let broadcast = crate::array::view::broadcast_shapes(&[result.shape(), &shape])?;
    if broadcast != shape {
        let spaceless = |s: &[usize]| crate::array::dtype::tuple(s).replace(", ", ",");
        return Err(Error::value(format!(
            "non-broadcastable output operand with shape {} doesn't match the broadcast shape {}",
            spaceless(&shape),
            spaceless(&broadcast)
        )));
    }
    result = cast(&result, &target)?;
    if let Some(m) = mask {
        result = select(&mask_of(m)?, &result, &out.array()?)?;
    }
    out.assign(|a| Ok(a.clone()), result, cx)?;
    Ok(Value::Array(out))
}

/// A NumPy scalar for no axes (a Python value for objects), else an array.
///
/// # Errors
/// As computing an object.
pub fn scalar_or_array(result: Array) -> Result<Value> {
    match (result.ndim(), result.dtype()) {
        (0, DType::Object) => Nd::new(result).item(),
        _ => Ok(Value::result(result)),
    }
}

/// A mask as bool, which NumPy wants it to be already.
fn mask_of(mask: &Array) -> Result<Array> {
    if *mask.dtype() != DType::Bool {
        return Err(Error::type_error(format!(
            "Cannot cast array data from {} to dtype('bool') according to the rule 'safe'",
            described(mask.dtype())
        )));
    }
    truth(mask)
}

/// Elements of `a` where `mask` is true, else of `b`; all broadcast, `a` and `b` of one dtype.
///
/// # Errors
/// ValueError for shapes that don't broadcast.
pub fn select(mask: &Array, a: &Array, b: &Array) -> Result<Array> {
    let dtype = a.dtype().clone();
    let inputs = vec![mask.clone(), a.clone(), b.clone()];
    if dtype == DType::Object {
        let kernel = |blocks: &[crate::array::Block], _: &Context| {
            let items = blocks[0]
                .bytes()
                .iter()
                .enumerate()
                .map(|(i, m)| blocks[if *m != 0 { 1 } else { 2 }].items()[i].clone());
            Ok(crate::array::Block::of_items(blocks[0].shape().to_vec(), items.collect()))
        };
        return blockwise(dtype, inputs, std::sync::Arc::new(kernel));
    }
    let size = dtype.size();
    macro_rules! by {
        ($T:ty) => {
            select_kernel::<$T>()
        };
    }
    let kernel: Kernel = match size {
        1 => by!(u8),
        2 => by!(u16),
        4 => by!(u32),
        8 => by!(u64),
        _ => std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            for (i, slot) in out.chunks_exact_mut(size.max(1)).enumerate() {
                let from = if ins[0].element(i, 1)[0] != 0 { ins[1] } else { ins[2] };
                slot.copy_from_slice(from.element(i, size));
            }
            Ok(())
        }),
    };
    elementwise(dtype, inputs, kernel)
}

fn select_kernel<T: bytemuck::Pod>() -> Kernel {
    std::sync::Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
        let out: &mut [T] = bytemuck::cast_slice_mut(out);
        let (m, a, b) = (ins[0].typed::<u8>(), ins[1].typed::<T>(), ins[2].typed::<T>());
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = if m.at(i) != 0 { a.at(i) } else { b.at(i) };
        }
        Ok(())
    })
}

/// A kernel of one operand, without warnings.
pub fn plain1<A: bytemuck::Pod, R: bytemuck::Pod>(
    f: impl Fn(A) -> R + Send + Sync + 'static,
) -> Kernel {
    std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        crate::array::elementwise::unary(ins[0], out, &f);
        Ok(())
    })
}

/// A kernel of two operands, without warnings.
pub fn plain2<A: bytemuck::Pod, B: bytemuck::Pod, R: bytemuck::Pod>(
    f: impl Fn(A, B) -> R + Send + Sync + 'static,
) -> Kernel {
    std::sync::Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        crate::array::elementwise::binary(ins[0], ins[1], out, &f);
        Ok(())
    })
}
