//! `np.r_` and `np.c_`: what stands in the brackets, joined.

use super::convert::as_operand;
use super::creation_grids::grid;
use super::creation_ranges::range;
use super::manipulation_join::joined as join;
use super::manipulation_select::result_dtype;
use super::value::Value;
use crate::array::cast::cast;
use crate::array::reshape::reshape;
use crate::array::view::transpose;
use crate::array::{Array, Context, Error, Result};

/// How parts are joined: the axis, the least number of axes, where new axes stand.
struct Plan {
    axis: i64,
    ndmin: usize,
    place: i64,
}

/// A directive such as `"0,2,1"`.
fn directive(text: &str, plan: &mut Plan) -> Result<()> {
    let wrong =
        || Error::value(format!("unknown special directive {}", crate::array::dtype::quote(text)));
    let parts: Vec<i64> =
        text.split(',').map(|p| p.trim().parse().map_err(|_| wrong())).collect::<Result<_>>()?;
    let (axis, ndmin, place) = match parts[..] {
        [axis] => (axis, plan.ndmin as i64, plan.place),
        [axis, ndmin] => (axis, ndmin, plan.place),
        [axis, ndmin, place] => (axis, ndmin, place),
        _ => return Err(wrong()),
    };
    *plan = Plan { axis, ndmin: usize::try_from(ndmin).map_err(|_| wrong())?, place };
    Ok(())
}

/// An array with axes added until it has enough.
fn lifted(array: &Array, plan: &Plan) -> Array {
    let missing = plan.ndmin.saturating_sub(array.ndim());
    if missing == 0 {
        return array.clone();
    }
    let mut shape = vec![1; missing];
    shape.extend(array.shape());
    let out = reshape(array, shape);
    let at = match plan.place {
        k if k < 0 => (k + missing as i64 + 1).max(0) as usize,
        k => (k as usize).min(plan.ndmin),
    };
    // the new axes stand behind the first `at` of the old ones
    let mut order: Vec<usize> = (missing..plan.ndmin).collect();
    let at = at.min(order.len());
    let rest = order.split_off(at);
    order.extend(0..missing);
    order.extend(rest);
    transpose(&out, &order)
}

/// What `np.r_[key]`, or as columns `np.c_[key]`, gives.
///
/// # Errors
/// ValueError where parts don't fit.
pub fn joined(key: &Value, columns: bool, cx: &Context) -> Result<Value> {
    let mut plan = match columns {
        true => Plan { axis: -1, ndmin: 2, place: 0 },
        false => Plan { axis: 0, ndmin: 1, place: -1 },
    };
    let items = match key {
        Value::Tuple(t) => t.to_vec(),
        other => vec![other.clone()],
    };
    let (mut givens, mut matrix) = (Vec::new(), false);
    for (k, item) in items.iter().enumerate() {
        let given = match item {
            Value::Str(s) if k == 0 => {
                match s.as_ref() {
                    "r" | "c" => matrix = true,
                    text => directive(text, &mut plan)?,
                }
                continue;
            }
            Value::Str(_) => {
                return Err(Error::value("special directives must be the first entry."));
            }
            Value::Slice(s) if matches!(s[2], Value::Complex(..)) => {
                as_operand(&grid(item, false, cx)?, cx)?
            }
            Value::Slice(s) => {
                let zero = Value::int(0);
                let one = Value::int(1);
                let start = if s[0].is_none() { &zero } else { &s[0] };
                let step = if s[2].is_none() { &one } else { &s[2] };
                as_operand(&Value::array(range(start, true, &s[1], step, None, cx)?), cx)?
            }
            other => as_operand(other, cx)?,
        };
        givens.push(given);
    }
    let dtype = result_dtype(&givens)?;
    let parts = givens
        .iter()
        .map(|g| Ok(lifted(&cast(&g.array, &dtype)?, &plan)))
        .collect::<Result<Vec<_>>>()?;
    let out = join(&parts, plan.axis, Some(dtype))?;
    if !matrix {
        return Ok(Value::array(out));
    }
    let column = matches!(items.first(), Some(Value::Str(s)) if s.as_ref() == "c");
    let shape = match (out.shape(), column) {
        ([n], true) => vec![*n, 1],
        ([n], false) => vec![1, *n],
        (other, _) => other.to_vec(),
    };
    let nd = super::nd::Nd::new(reshape(&out, shape)).with_class(super::nd::Class::Matrix);
    Ok(Value::Array(nd))
}
