//! Functions that call functions: along an axis, over several, element by element.

use std::any::Any;
use std::sync::Arc;

use super::args::Args;
use super::calls::{at, call_value, call_with, value};
use super::convert::{as_array, as_dtype};
use super::nd::element;
use super::registry::Function;
use super::value::{Foreign, Value};
use crate::array::block::{Block, count};
use crate::array::cast::cast;
use crate::array::lazy::{Span, whole};
use crate::array::promote::promote;
use crate::array::reshape::reshape;
use crate::array::run::{put, to_block};
use crate::array::view::{broadcast_shapes, broadcast_to, transpose};
use crate::array::{Array, Context, DType, Error, Result};

const SECTION: &str = "Functional programming";

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    Function {
        names: &["apply_along_axis"],
        params: "func1d, axis, arr, *args, **kwargs",
        help: "Calls a function with each vector along an axis.",
        section: SECTION,
        kinds: "biufcSUmMV",
        run: apply_along_axis,
        ufunc: None,
    },
    Function {
        names: &["apply_over_axes"],
        params: "func, a, axes",
        help: "Calls a function with the array and each axis in turn.",
        section: SECTION,
        kinds: "biufcmM",
        run: apply_over_axes,
        ufunc: None,
    },
    Function {
        names: &["vectorize"],
        params: "pyfunc=<no value>, otypes=None, doc=None, excluded=None, cache=False, \
                 signature=None",
        help: "A function of numbers as one of arrays.",
        section: SECTION,
        kinds: "",
        run: vectorize,
        ufunc: None,
    },
];

fn named(args: &Args, name: &str) -> Vec<(String, Value)> {
    match args.get(name) {
        Some(Value::Dict(d)) => {
            let dict = d.lock();
            dict.iter().filter_map(|(k, v)| Some((k.as_str()?, v.clone()))).collect()
        }
        _ => Vec::new(),
    }
}

fn apply_along_axis(args: &Args, cx: &Context) -> Result<Value> {
    let function = args.value("func1d");
    let a = args.array("arr", cx)?;
    let axis = super::args::axis(args.value("axis").index()?, a.ndim())?;
    let further = args.value("args").sequence().unwrap_or_default();
    let names = named(args, "kwargs");
    let mut order: Vec<usize> = (0..a.ndim()).filter(|x| *x != axis).collect();
    let outer: Vec<usize> = order.iter().map(|&x| a.shape()[x]).collect();
    order.push(axis);
    let lanes = count(&outer);
    if lanes == 0 {
        return Err(Error::value("Cannot apply_along_axis when any iteration dimensions are 0"));
    }
    let n = a.shape()[axis];
    let rows = reshape(&transpose(&a, &order), vec![lanes, n]);
    let mut out: Option<Block> = None;
    let mut inner = Vec::new();
    for lane in 0..lanes {
        cx.check()?;
        let mut places = vec![value(&at(&rows, 0, lane))];
        places.extend(further.iter().cloned());
        let found = as_array(&call_value(&function, places, names.clone(), cx)?, cx)?;
        let target = match &mut out {
            Some(block) => block,
            None => {
                // the first result says what all are
                inner = found.shape().to_vec();
                let mut shape = vec![lanes];
                shape.extend(&inner);
                out.insert(Block::zeros(found.dtype().clone(), shape))
            }
        };
        let found = broadcast_to(&cast(&found, target.dtype())?, &inner).map_err(|_| {
            Error::value(format!(
                "could not broadcast input array from shape {} into shape {}",
                crate::array::dtype::tuple(found.shape()).replace(", ", ","),
                crate::array::dtype::tuple(&inner).replace(", ", ",")
            ))
        })?;
        let mut region = vec![Span::run(lane, 1)];
        region.extend(whole(&inner));
        let mut shape = vec![1];
        shape.extend(&inner);
        put(target, &region, &to_block(&found, cx)?.reshaped(shape));
    }
    let Some(block) = out else { return Err(Error::runtime("no lanes")) };
    let mut shape = outer.clone();
    shape.extend(&inner);
    let all = reshape(&Array::of(block), shape);
    // the results' axes stand where the vectors' axis was
    let mut back: Vec<usize> = (0..axis).collect();
    back.extend(outer.len()..outer.len() + inner.len());
    back.extend(axis..outer.len());
    Ok(Value::result(transpose(&all, &back)))
}

fn apply_over_axes(args: &Args, cx: &Context) -> Result<Value> {
    let function = args.value("func");
    let mut a = args.array("a", cx)?;
    let n = a.ndim();
    let axes = args.value("axes");
    let list = match (axes.index(), axes.sequence(), &axes) {
        (Ok(one), _, _) => vec![one],
        (_, Some(items), _) => items.iter().map(Value::index).collect::<Result<_>>()?,
        (_, _, Value::Array(nd)) => {
            let block = nd.block()?;
            (0..block.len()).map(|i| element(&block, i).index()).collect::<Result<_>>()?
        }
        (Err(e), _, _) => return Err(e),
    };
    for axis in list {
        let axis = if axis < 0 { axis + n as i64 } else { axis };
        let found = call_value(&function, vec![value(&a), Value::int(axis)], Vec::new(), cx)?;
        let found = as_array(&found, cx)?;
        a = if found.ndim() == a.ndim() {
            found
        } else {
            let names = [("axis", Value::int(axis))];
            let wider = as_array(&call_with("expand_dims", vec![value(&found)], &names, cx)?, cx)?;
            if wider.ndim() != a.ndim() {
                return Err(Error::value(
                    "function is not returning an array of the correct shape",
                ));
            }
            wider
        };
    }
    Ok(Value::array(a))
}

fn vectorize(args: &Args, _: &Context) -> Result<Value> {
    let Some(function) = args.get("pyfunc") else {
        return Err(Error::type_error(
            "vectorize() missing 1 required positional argument: 'pyfunc'",
        ));
    };
    if args.some("signature").is_some() || args.some("excluded").is_some() {
        return Err(Error::not_implemented(
            "vectorize takes no signature= and no excluded= here: use apply_along_axis",
        ));
    }
    let otypes = match args.some("otypes") {
        None => None,
        Some(v) => Some(match (v.as_str(), v.sequence()) {
            (Some(letters), _) => {
                letters.chars().map(|c| DType::parse(&c.to_string())).collect::<Result<Vec<_>>>()?
            }
            (_, Some(items)) => items.iter().map(as_dtype).collect::<Result<Vec<_>>>()?,
            _ => return Err(Error::value("Invalid otype specification")),
        }),
    };
    Ok(Value::Foreign(Arc::new(Vectorized { function: function.clone(), otypes })))
}

/// A function that is called for each element.
struct Vectorized {
    function: Value,
    otypes: Option<Vec<DType>>,
}

impl Foreign for Vectorized {
    fn type_name(&self) -> String {
        "numpy.vectorize".into()
    }

    fn repr(&self, _: &Context) -> Result<String> {
        Ok("<numpy.vectorize object>".into())
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, args: Vec<Value>, named: Vec<(String, Value)>, cx: &Context) -> Result<Value> {
        let names: Vec<String> = named.iter().map(|n| n.0.clone()).collect();
        let places = args.len();
        let arrays = args
            .iter()
            .chain(named.iter().map(|n| &n.1))
            .map(|v| as_array(v, cx))
            .collect::<Result<Vec<_>>>()?;
        let shapes: Vec<&[usize]> = arrays.iter().map(Array::shape).collect();
        let shape = broadcast_shapes(&shapes)?;
        let blocks = arrays
            .iter()
            .map(|a| to_block(&broadcast_to(a, &shape)?, cx))
            .collect::<Result<Vec<_>>>()?;
        let n = count(&shape);
        if n == 0 && self.otypes.is_none() {
            return Err(Error::value(
                "cannot call `vectorize` on size 0 inputs unless `otypes` is set",
            ));
        }
        // one list of results for each value that a call gives
        let mut results: Vec<Vec<Value>> =
            vec![Vec::with_capacity(n); self.otypes.as_ref().map_or(1, Vec::len)];
        let mut several = results.len() > 1;
        for i in 0..n {
            cx.check()?;
            let scalar = |b: &Block| {
                let mut one = Block::zeros(b.dtype().clone(), Vec::new());
                one.copy_run(0, b, i, 1);
                Value::result(Array::of(one))
            };
            let mut all: Vec<Value> = blocks.iter().map(scalar).collect();
            let rest = all.split_off(places);
            let by_name = names.iter().cloned().zip(rest).collect();
            let found = call_value(&self.function, all, by_name, cx)?;
            match &found {
                Value::Tuple(t) => {
                    if i == 0 && self.otypes.is_none() {
                        results = vec![Vec::with_capacity(n); t.len()];
                        several = true;
                    }
                    if t.len() != results.len() {
                        return Err(Error::value("the calls gave different numbers of results"));
                    }
                    results.iter_mut().zip(t.iter()).for_each(|(r, v)| r.push(v.clone()));
                }
                one => results[0].push(one.clone()),
            }
        }
        let mut found = Vec::new();
        for (k, items) in results.into_iter().enumerate() {
            let dtype = match self.otypes.as_ref().and_then(|o| o.get(k)) {
                Some(d) => d.clone(),
                // as NumPy does it, the first result says what all are; text as long as needed
                None => {
                    let first = items.first().map(|v| as_array(v, cx)).transpose()?;
                    let mut dtype = first.map_or(DType::Float64, |a| a.dtype().clone());
                    if dtype.is_string() {
                        for v in &items {
                            dtype = promote(&dtype, as_array(v, cx)?.dtype())?;
                        }
                    }
                    dtype
                }
            };
            let all = match items.is_empty() {
                true => Array::of(Block::zeros(dtype, vec![0])),
                false => {
                    let parts = items.iter().map(|v| cast(&as_array(v, cx)?, &dtype));
                    let mut block = Block::zeros(dtype.clone(), vec![n]);
                    for (i, part) in parts.enumerate() {
                        let part = to_block(&part?, cx)?;
                        if part.len() != 1 {
                            return Err(Error::value("setting an array element with a sequence."));
                        }
                        block.copy_run(i, &part, 0, 1);
                    }
                    Array::of(block)
                }
            };
            found.push(Value::array(reshape(&all, shape.clone())));
        }
        Ok(match several {
            true => Value::tuple(found),
            false => found.pop().unwrap_or(Value::None),
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
