//! Methods of universal functions: `reduce`, `accumulate`, `outer`, `at`, `reduceat`.

use super::{Ufunc, call_values, settle};
use crate::array::cast::cast;
use crate::array::elementwise::Operand;
use crate::array::lazy::Array;
use crate::array::promote::Casting;
use crate::array::reshape::reshape;
use crate::array::run::to_block;
use crate::array::view::{Part, broadcast_to, slice};
use crate::array::{Block, Context, DType, Error, Result, Span};
use crate::numpy::args::{Args, axis as axis_of};
use crate::numpy::convert::{Given, as_array, as_operand};
use crate::numpy::reductions::{Work, reduce_ufunc};
use crate::numpy::registry::Function;
use crate::numpy::value::Value;

/// The methods, declared as functions are.
pub static METHODS: &[Function] = &[
    Function {
        names: &["ufunc.reduce"],
        params: "a, axis=0, dtype=None, out=None, keepdims=False, initial=<no value>, where=True",
        help: "Reduces over axes with the function.",
        section: "Universal functions",
        kinds: "",
        run: |_, _| Err(Error::type_error("reduce is a method of a ufunc")),
        ufunc: None,
    },
    Function {
        names: &["ufunc.accumulate"],
        params: "a, axis=0, dtype=None, out=None",
        help: "Running results of the function along an axis.",
        section: "Universal functions",
        kinds: "",
        run: |_, _| Err(Error::type_error("accumulate is a method of a ufunc")),
        ufunc: None,
    },
    Function {
        names: &["ufunc.outer"],
        params: "A, B, /, out=None, *, where=True, dtype=None",
        help: "The function of all pairs.",
        section: "Universal functions",
        kinds: "",
        run: |_, _| Err(Error::type_error("outer is a method of a ufunc")),
        ufunc: None,
    },
    Function {
        names: &["ufunc.at"],
        params: "a, indices, b=None, /",
        help: "Applies the function in place at indices, one after the other.",
        section: "Universal functions",
        kinds: "",
        run: |_, _| Err(Error::type_error("at is a method of a ufunc")),
        ufunc: None,
    },
    Function {
        names: &["ufunc.reduceat"],
        params: "array, indices, axis=0, dtype=None, out=None",
        help: "Reduces slices between indices.",
        section: "Universal functions",
        kinds: "",
        run: |_, _| Err(Error::type_error("reduceat is a method of a ufunc")),
        ufunc: None,
    },
];

/// Calls a method of a ufunc.
///
/// # Errors
/// AttributeError for another method; those of the method.
pub fn call_method(
    function: &'static Function,
    method: &str,
    places: Vec<Value>,
    names: Vec<(String, Value)>,
    cx: &Context,
) -> Result<Value> {
    let full = format!("ufunc.{method}");
    let declared = crate::numpy::registry::find(&full);
    let (Some(ufunc), Some(declared)) = (function.ufunc, declared) else {
        return Err(Error::attribute(format!("'numpy.ufunc' object has no attribute '{method}'")));
    };
    if ufunc.inputs != 2 && method != "at" {
        return Err(Error::value(format!("{method} only supported for binary functions")));
    }
    let args = Args::bind(declared, places, names)?;
    match method {
        "reduce" => reduce(ufunc, &args, cx),
        "accumulate" => accumulate(ufunc, &args, cx),
        "outer" => outer(ufunc, &args, cx),
        "at" => at(ufunc, &args, cx),
        _ => reduceat(ufunc, &args, cx),
    }
}

fn reduce(ufunc: &'static Ufunc, args: &Args, cx: &Context) -> Result<Value> {
    let mut work = Work::of(args, cx)?;
    if args.get("axis").is_none() {
        // unlike the functions, the method reduces the first axis
        work.flags = (0..work.array.ndim()).map(|a| a == 0).collect();
    }
    let result = reduce_ufunc(ufunc, &work, args.dtype("dtype")?, args.get("initial"), cx)?;
    work.give(ufunc.names[0], result, args, cx)
}

fn accumulate(ufunc: &'static Ufunc, args: &Args, cx: &Context) -> Result<Value> {
    let array = args.array("a", cx)?;
    if array.ndim() == 0 {
        return Err(Error::type_error("cannot accumulate on a scalar"));
    }
    let axis = axis_of(args.int("axis")?.unwrap_or(0), array.ndim())?;
    let dtype = args.dtype("dtype")?;
    let found = crate::numpy::cumulative::accumulate(ufunc, &array, axis, dtype.as_ref())?;
    let found = settle(found, &[array], cx)?;
    match args.out("out")? {
        Some(out) => {
            super::deliver(ufunc.names[0], found, Some(out), None, Casting::SameKind, None, cx)
        }
        None => Ok(Value::array(found)),
    }
}

fn outer(ufunc: &'static Ufunc, args: &Args, cx: &Context) -> Result<Value> {
    let (a, b) = (args.value("A"), args.value("B"));
    let inner = as_array(&b, cx)?.ndim();
    let a = match inner {
        0 => a,
        _ => {
            let array = as_array(&a, cx)?;
            let mut shape = array.shape().to_vec();
            shape.extend(std::iter::repeat_n(1, inner));
            Value::array(reshape(&array, shape))
        }
    };
    let mask = match args.get("where") {
        None | Some(Value::Bool(true)) => None,
        Some(v) => Some(as_array(v, cx)?),
    };
    let dtype = args.dtype("dtype")?;
    let outs = [args.out("out")?];
    call_values(ufunc, &[a, b], &outs, dtype.as_ref(), Casting::SameKind, mask.as_ref(), cx)
}

fn at(ufunc: &'static Ufunc, args: &Args, cx: &Context) -> Result<Value> {
    let Value::Array(nd) = args.value("a") else {
        return Err(Error::type_error("first operand must be array"));
    };
    let array = nd.array()?;
    let flat = crate::numpy::nd::places(array.shape());
    let picked = to_block(&crate::numpy::index::of_array(&flat, &args.value("indices"), cx)?, cx)?;
    let places: Vec<i64> = picked.typed().to_vec();
    let mut givens = vec![Given { array: array.clone(), weak: None }];
    if ufunc.inputs == 2 {
        let Some(b) = args.get("b") else {
            return Err(Error::value("second operand needed for ufunc"));
        };
        givens.push(as_operand(b, cx)?);
    }
    let dtypes = super::operand_dtypes(&givens)?;
    let found = super::resolve(ufunc, &dtypes, None)?;
    if found.ins.contains(&DType::Object) {
        return Err(Error::type_error("ufunc.at of objects is not supported"));
    }
    let kernel = (ufunc.kernel)(&found, 0).ok_or_else(|| super::no_loop(ufunc, &dtypes))?;
    let mut block = to_block(&cast(&array, &found.ins[0])?, cx)?;
    let second = match givens.get(1) {
        Some(g) => {
            let b = broadcast_to(&cast(&g.array, &found.ins[1])?, picked.shape())?;
            Some(to_block(&b, cx)?)
        }
        None => None,
    };
    if found.outs[0] != found.ins[0] {
        return Err(Error::type_error(format!(
            "the result of {} can't be put back in place",
            ufunc.names[0]
        )));
    }
    let mut one = Block::zeros(found.outs[0].clone(), vec![1]);
    for (i, &p) in places.iter().enumerate() {
        let p = p as usize;
        {
            let mut operands = vec![Operand::One(block.element(p))];
            if let Some(s) = &second {
                operands.push(Operand::One(s.element(i)));
            }
            kernel(&operands, one.bytes_mut(), cx)?;
        }
        block.copy_run(p, &one, 0, 1);
    }
    nd.assign(|a| Ok(a.clone()), Array::of(block), cx)?;
    Ok(Value::None)
}

fn reduceat(ufunc: &'static Ufunc, args: &Args, cx: &Context) -> Result<Value> {
    let array = args.array("array", cx)?;
    if array.ndim() == 0 {
        return Err(Error::type_error("cannot reduceat on a scalar"));
    }
    let axis = axis_of(args.int("axis")?.unwrap_or(0), array.ndim())?;
    let n = array.shape()[axis];
    let indices = to_block(&cast(&args.array("indices", cx)?, &DType::Int64)?, cx)?;
    let indices: &[i64] = indices.typed();
    for &i in indices {
        if i < 0 || i >= n as i64 {
            return Err(Error::index(format!(
                "index {i} out-of-bounds in {}.reduceat [0, {n})",
                ufunc.names[0]
            )));
        }
    }
    let dtype = args.dtype("dtype")?;
    let mut parts = Vec::new();
    for (k, &start) in indices.iter().enumerate() {
        let stop = indices.get(k + 1).map_or(n as i64, |s| *s);
        let len = if stop > start { stop - start } else { 1 } as usize;
        let mut span: Vec<Part> =
            array.shape().iter().map(|&n| Part::Along(Span::run(0, n))).collect();
        span[axis] = Part::Along(Span::run(start as usize, len));
        let work = Work {
            array: slice(&array, &span),
            flags: (0..array.ndim()).map(|a| a == axis).collect(),
            keep: None,
            keepdims: true,
            class: crate::numpy::nd::Class::Array,
        };
        let found = reduce_ufunc(ufunc, &work, dtype.clone(), None, cx)?;
        parts.push(Value::array(reshape(&found, work.shape())));
    }
    let all = crate::numpy::registry::call_named(
        "concatenate",
        vec![Value::tuple(parts), Value::int(axis as i64)],
        cx,
    )?;
    match args.out("out")? {
        Some(out) => {
            out.assign(|a| Ok(a.clone()), as_array(&all, cx)?, cx)?;
            Ok(Value::Array(out))
        }
        None => Ok(all),
    }
}
