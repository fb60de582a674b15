//! Cumulative functions: running sums and products, and `accumulate` of any ufunc.
//!
//! NumPy adds one element after the other; so does this, with the axis walked in order and the
//! other axes in parallel. A result that doesn't fit into memory is spilled.

use bytemuck::Pod;

use super::args::{Args, axis as axis_of};
use super::convert::as_array;
use super::nd::truth;
use super::reductions::sum_dtype;
use super::registry::Function;
use super::ufunc::{Loop, Ufunc, deliver, resolve, settle};
use super::value::Value;
use crate::array::block::count;
use crate::array::cast::cast;
use crate::array::deferred::Deferred;
use crate::array::elementwise::{Kernel, Operand};
use crate::array::lazy::{Array, Span};
use crate::array::promote::Casting;
use crate::array::reshape::reshape;
use crate::array::run::{Order, Units, parallel, unit_elements, unit_size};
use crate::array::spill::Keeper;
use crate::array::{Block, Context, DType, Error, Result};

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["cumsum"],
        params: "a, axis=None, dtype=None, out=None",
        help: "Cumulative sum along an axis.",
        section: "Mathematical functions",
        kinds: "biufcm",
        run: |args, cx| cumulative("add", args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["cumprod"],
        params: "a, axis=None, dtype=None, out=None",
        help: "Cumulative product along an axis.",
        section: "Mathematical functions",
        kinds: "biufc",
        run: |args, cx| cumulative("multiply", args, false, cx),
        ufunc: None,
    },
    Function {
        names: &["nancumsum"],
        params: "a, axis=None, dtype=None, out=None",
        help: "Cumulative sum along an axis, NaNs as zero.",
        section: "Mathematical functions",
        kinds: "biufc",
        run: |args, cx| cumulative("add", args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["nancumprod"],
        params: "a, axis=None, dtype=None, out=None",
        help: "Cumulative product along an axis, NaNs as one.",
        section: "Mathematical functions",
        kinds: "biufc",
        run: |args, cx| cumulative("multiply", args, true, cx),
        ufunc: None,
    },
    Function {
        names: &["cumulative_sum"],
        params: "x, /, *, axis=None, dtype=None, out=None, include_initial=False",
        help: "Cumulative sum along an axis (the array API's name).",
        section: "Mathematical functions",
        kinds: "biufc",
        run: |args, cx| standard("cumsum", 0, args, cx),
        ufunc: None,
    },
    Function {
        names: &["cumulative_prod"],
        params: "x, /, *, axis=None, dtype=None, out=None, include_initial=False",
        help: "Cumulative product along an axis (the array API's name).",
        section: "Mathematical functions",
        kinds: "biufc",
        run: |args, cx| standard("cumprod", 1, args, cx),
        ufunc: None,
    },
];

fn cumulative(name: &str, args: &Args, skip_nan: bool, cx: &Context) -> Result<Value> {
    let value = args.value("a");
    let mut array = as_array(&value, cx)?;
    if skip_nan && array.dtype().is_inexact() {
        let neutral = if name == "add" { 0.0 } else { 1.0 };
        array = super::nan::replaced(&array, neutral)?;
    }
    let ufunc = super::ufunc::find(name).ok_or_else(|| Error::runtime("no such ufunc"))?;
    let axis = match args.some("axis") {
        Some(v) => {
            if array.ndim() == 0 {
                array = reshape(&array, vec![1]);
            }
            axis_of(v.index()?, array.ndim())?
        }
        None => {
            array = reshape(&array, vec![array.len()]);
            0
        }
    };
    let result = accumulate(ufunc, &array, axis, args.dtype("dtype")?.as_ref())?;
    let result = settle(result, &[array], cx)?;
    match args.out("out")? {
        Some(out) => deliver(name, result, Some(out), None, Casting::SameKind, None, cx),
        None => Ok(Value::array(result)),
    }
}

fn standard(name: &str, start: i64, args: &Args, cx: &Context) -> Result<Value> {
    let array = args.array("x", cx)?;
    let axis = match args.some("axis") {
        Some(a) => axis_of(a.index()?, array.ndim().max(1))?,
        None if array.ndim() <= 1 => 0,
        None => {
            return Err(Error::value(
                "For arrays which have more than one dimension ``axis`` argument is required.",
            ));
        }
    };
    let place = Value::int(axis as i64);
    let dtype = args.value("dtype");
    let found =
        super::registry::call_named(name, vec![Value::array(array), place.clone(), dtype], cx)?;
    if !args.flag("include_initial")? {
        return Ok(found);
    }
    let found = as_array(&found, cx)?;
    let mut shape = found.shape().to_vec();
    shape[axis] = 1;
    let first = cast(&super::nd::number(DType::Int64, start), found.dtype())?;
    let first = crate::array::view::broadcast_to(&first, &shape)?;
    let parts = Value::tuple(vec![Value::array(first), Value::array(found)]);
    super::registry::call_named("concatenate", vec![parts, place], cx)
}

/// The running results of a ufunc along an axis, lazy.
///
/// # Errors
/// TypeError where the ufunc doesn't take the elements.
pub fn accumulate(
    ufunc: &'static Ufunc,
    array: &Array,
    axis: usize,
    dtype: Option<&DType>,
) -> Result<Array> {
    let name = ufunc.names[0];
    if ufunc.inputs != 2 || ufunc.outputs != 1 {
        return Err(Error::value("accumulate only supported for binary functions"));
    }
    let target = match (dtype, name) {
        (Some(d), _) => d.clone(),
        (None, "add" | "multiply") => sum_dtype(array.dtype()),
        (None, _) => array.dtype().clone(),
    };
    let logic = matches!(name, "logical_and" | "logical_or" | "logical_xor");
    let input = if logic { truth(array)? } else { cast(array, &target)? };
    let found: Loop = resolve(ufunc, &[input.dtype().clone(), input.dtype().clone()], None)?;
    let input = cast(&input, &found.ins[0])?;
    let out = found.outs[0].clone();
    if found.ins[0] == DType::Object {
        return Err(Error::type_error(format!("accumulate of {name} takes no objects here")));
    }
    if out != found.ins[0] {
        return Err(Error::type_error(format!(
            "resolved dtypes are not compatible with {name}.accumulate"
        )));
    }
    let kernel = (ufunc.kernel)(&found, 0)
        .ok_or_else(|| super::ufunc::no_loop(ufunc, &[array.dtype().clone()]))?;
    let run = Scan { name, kernel, dtype: out.clone() };
    let (source, shape) = (input.clone(), input.shape().to_vec());
    let scanned = Deferred::array(out, input.shape().to_vec(), vec![input], move |cx| {
        let mut keeper = Keeper::new(run.dtype.clone(), shape.clone(), cx)?;
        if !source.is_empty() {
            scan(&run, &source, axis, &mut keeper, cx)?;
        }
        Ok(keeper.finish(cx))
    });
    cast(&scanned, &target)
}

/// One running function.
struct Scan {
    name: &'static str,
    kernel: Kernel,
    dtype: DType,
}

/// Walks the axis in blocks, for each box of the other axes.
fn scan(run: &Scan, array: &Array, axis: usize, keeper: &mut Keeper, cx: &Context) -> Result<()> {
    let shape = array.shape();
    let order: Vec<usize> = (0..shape.len()).rev().collect();
    let grid = array.grid();
    let size = unit_size(shape, grid.as_deref(), unit_elements(array, cx), &order);
    let (mut across, mut along) = (size.clone(), vec![1; shape.len()]);
    let mut lines = shape.to_vec();
    lines[axis] = 1;
    across[axis] = 1;
    along[axis] = size[axis];
    let boxes = Units::new(&lines, across);
    let steps = shape[axis].div_ceil(along[axis]);
    let region = |b: usize, s: usize| -> Vec<Span> {
        let mut region = boxes.region(b);
        let start = s * along[axis];
        region[axis] = Span::run(start, along[axis].min(shape[axis] - start));
        region
    };
    cx.begin("accumulating", array.len() as u64);
    if boxes.len() >= cx.settings().threads && steps > 0 {
        // each box is walked by one thread; what it has goes out block by block
        let keeper = parking_lot::Mutex::new(keeper);
        return parallel(
            cx,
            boxes.len(),
            Order::Any,
            |b| {
                let mut last = None;
                for s in 0..steps {
                    cx.check()?;
                    let region = region(b, s);
                    let mut block = array.read(&region, cx)?;
                    last = Some(walk(run, &mut block, axis, last, cx)?);
                    cx.advance(block.len() as u64);
                    keeper.lock().put(&region, &block)?;
                }
                Ok(())
            },
            |_, ()| Ok(()),
        );
    }
    for b in 0..boxes.len() {
        let mut last = None;
        parallel(
            cx,
            steps,
            Order::Kept,
            |s| array.read(&region(b, s), cx),
            |s, mut block| {
                last = Some(walk(run, &mut block, axis, last.take(), cx)?);
                cx.advance(block.len() as u64);
                keeper.put(&region(b, s), &block)
            },
        )?;
    }
    Ok(())
}

/// Accumulates a block in place, going on from `last`; gives its last elements along the axis.
fn walk(
    run: &Scan,
    block: &mut Block,
    axis: usize,
    last: Option<Block>,
    cx: &Context,
) -> Result<Block> {
    let shape = block.shape().to_vec();
    let (outer, n, inner) = (count(&shape[..axis]), shape[axis], count(&shape[axis + 1..]));
    let size = run.dtype.size();
    let row = inner * size;
    let mut ends = Block::scratch(run.dtype.clone(), vec![outer * inner]);
    if inner == 1 && fast(run, block, outer, n, last.as_ref()) {
        for o in 0..outer {
            ends.copy_run(o, block, (o + 1) * n - 1, 1);
        }
        return Ok(ends);
    }
    let mut target = Block::scratch(run.dtype.clone(), vec![inner]);
    for o in 0..outer {
        for i in 0..n {
            let at = (o * n + i) * row;
            let bytes = block.bytes();
            let before = match (i, &last) {
                (0, None) => continue,
                (0, Some(l)) => &l.bytes()[o * row..(o + 1) * row],
                _ => &bytes[at - row..at],
            };
            let operands = [Operand::Many(before), Operand::Many(&bytes[at..at + row])];
            (run.kernel)(&operands, target.bytes_mut(), cx)?;
            block.bytes_mut()[at..at + row].copy_from_slice(target.bytes());
        }
        ends.copy_run(o * inner, block, (o * n + n - 1) * inner, inner);
    }
    Ok(ends)
}

/// Sums, products and extremes along contiguous elements; says whether it did.
fn fast(run: &Scan, block: &mut Block, outer: usize, n: usize, last: Option<&Block>) -> bool {
    fn go<T: Pod>(
        block: &mut Block,
        outer: usize,
        n: usize,
        last: Option<&Block>,
        f: impl Fn(T, T) -> T,
    ) {
        let items: &mut [T] = block.typed_mut();
        for o in 0..outer {
            let line = &mut items[o * n..(o + 1) * n];
            let mut held = match last {
                Some(l) => f(l.typed::<T>()[o], line[0]),
                None => line[0],
            };
            line[0] = held;
            for x in &mut line[1..] {
                held = f(held, *x);
                *x = held;
            }
        }
    }
    macro_rules! by {
        ($($D:pat => $T:ty, $add:expr, $mul:expr;)*) => {
            match (&run.dtype, run.name) {
                $(($D, "add") => go::<$T>(block, outer, n, last, $add),
                  ($D, "multiply") => go::<$T>(block, outer, n, last, $mul),)*
                _ => return false,
            }
        };
    }
    by! {
        DType::Float64 => f64, |a, b| a + b, |a, b| a * b;
        DType::Float32 => f32, |a, b| a + b, |a, b| a * b;
        DType::Int64 => i64, |a, b| a.wrapping_add(b), |a, b| a.wrapping_mul(b);
        DType::UInt64 => u64, |a, b| a.wrapping_add(b), |a, b| a.wrapping_mul(b);
        DType::Int32 => i32, |a, b| a.wrapping_add(b), |a, b| a.wrapping_mul(b);
    }
    true
}
