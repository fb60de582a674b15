//! Shapes, axes and dimensions changed: views wherever NumPy gives views.

use super::args::{Args, axis};
use super::common::{Section, integers, nd_arg, order, viewed};
use super::nd::{Class, Nd};
use super::registry::Function;
use super::value::Value;
use crate::array::reshape::reshape;
use crate::array::view::{Part, slice, transpose};
use crate::array::{Array, Context, Error, Result};

/// NumPy's section.
pub const SECTION: Section = Section("Array manipulation routines");

/// The functions of this file.
pub static FUNCTIONS: &[Function] = &[
    SECTION.any(&["ndim"], "a", "How many axes an array has.", ndim),
    SECTION.any(&["shape"], "a", "The shape of an array.", shape_of),
    SECTION.any(
        &["size"],
        "a, axis=None",
        "How many elements an array has, or how many along an axis.",
        size,
    ),
    SECTION.any(
        &["reshape"],
        "a, shape=None, order='C', *, newshape=None, copy=None",
        "The same elements under another shape.",
        reshape_,
    ),
    SECTION.any(&["ravel"], "a, order='C'", "The elements along one axis.", ravel),
];

/// A view of one axis of all the elements (`x.flat`); writing it writes the array.
///
/// # Errors
/// As viewing.
pub fn flat(nd: &Nd) -> Result<Nd> {
    Ok(nd.viewed(|a| Ok(reshape(a, vec![a.len()])))?.with_class(Class::Array))
}

/// A copy along one axis (`x.flatten(order)`).
///
/// # Errors
/// As viewing.
pub fn flattened(nd: &Nd, order: char) -> Result<Nd> {
    let class = nd.class().clone();
    let flat = raveled(nd, order)?.array()?;
    Ok(match class {
        Class::Matrix => Nd::new(reshape(&flat, vec![1, flat.len()])).with_class(class),
        Class::Scalar => Nd::new(flat),
        _ => Nd::new(flat).with_class(class),
    })
}

fn ndim(args: &Args, cx: &Context) -> Result<Value> {
    Ok(Value::int(args.array("a", cx)?.ndim()))
}

/// A shape as a tuple of Python's.
pub fn shape_value(shape: &[usize]) -> Value {
    Value::tuple(shape.iter().map(|n| Value::int(*n)).collect())
}

fn shape_of(args: &Args, cx: &Context) -> Result<Value> {
    Ok(shape_value(args.array("a", cx)?.shape()))
}

fn size(args: &Args, cx: &Context) -> Result<Value> {
    let a = args.array("a", cx)?;
    let Some(at) = args.some("axis") else { return Ok(Value::int(a.len())) };
    if at.sequence().is_some() {
        return Err(Error::type_error(format!(
            "tuple indices must be integers or slices, not {}",
            at.type_name()
        )));
    }
    let outside = |_| Error::index("tuple index out of range");
    Ok(Value::int(a.shape()[axis(at.index()?, a.ndim()).map_err(outside)?]))
}

/// A shape for so many elements, one length of which may be -1.
///
/// # Errors
/// ValueError where it doesn't fit.
pub fn fitted(wanted: &[i64], n: usize) -> Result<Vec<usize>> {
    let unknown = wanted.iter().filter(|w| **w < 0).count();
    if unknown > 1 {
        return Err(Error::value("can only specify one unknown dimension"));
    }
    let wrong = || {
        let each: Vec<String> =
            wanted.iter().map(|w| if *w < 0 { "newaxis".into() } else { w.to_string() }).collect();
        let comma = if each.len() == 1 { "," } else { "" };
        Error::value(format!(
            "cannot reshape array of size {n} into shape ({}{comma})",
            each.join(",")
        ))
    };
    let known = wanted
        .iter()
        .filter(|w| **w >= 0)
        .try_fold(1usize, |a, &w| a.checked_mul(w as usize))
        .ok_or_else(wrong)?;
    if unknown == 1 && (known == 0 || !n.is_multiple_of(known)) || unknown == 0 && known != n {
        return Err(wrong());
    }
    Ok(wanted.iter().map(|&w| if w < 0 { n / known } else { w as usize }).collect())
}

/// The elements in Fortran's order under another shape.
fn reshape_f(array: &Array, shape: &[usize]) -> Array {
    let reversed = |n: usize| (0..n).rev().collect::<Vec<_>>();
    let turned = transpose(array, &reversed(array.ndim()));
    let back: Vec<usize> = shape.iter().rev().copied().collect();
    transpose(&reshape(&turned, back), &reversed(shape.len()))
}

/// Whether elements that lie `steps` apart along the axes of `old` can be seen as `new` without
/// moving them.
pub(super) fn is_viewable(old: &[usize], steps: &[isize], new: &[usize]) -> bool {
    if old.contains(&0) {
        return true;
    }
    let long: Vec<(usize, isize)> =
        old.iter().zip(steps).filter(|(n, _)| **n != 1).map(|(n, s)| (*n, *s)).collect();
    // stretches of old axes and of new ones with as many elements
    let (mut i, mut j) = (0, 0);
    while i < long.len() && j < new.len() {
        let (mut a, mut b) = (long[i].0, new[j]);
        let first = i;
        (i, j) = (i + 1, j + 1);
        while a != b {
            if a < b && i < long.len() {
                a *= long[i].0;
                i += 1;
            } else if j < new.len() {
                b *= new[j];
                j += 1;
            } else {
                return false;
            }
        }
        let stretch = &long[first..i];
        if stretch.windows(2).any(|w| w[0].1 != w[1].1 * w[1].0 as isize) {
            return false;
        }
    }
    true
}

/// Another shape: a view where NumPy gives one, else a copy.
///
/// # Errors
/// As viewing.
pub fn reshaped(nd: &Nd, shape: Vec<usize>, order: char) -> Result<Nd> {
    let array = nd.array()?;
    let steps = nd.layout()?;
    let order = match order {
        'A' if is_fortran(&array, &steps) => 'F',
        'F' => 'F',
        _ => 'C',
    };
    let (old, new): (Vec<usize>, Vec<usize>) = match order {
        'F' => {
            (array.shape().iter().rev().copied().collect(), shape.iter().rev().copied().collect())
        }
        _ => (array.shape().to_vec(), shape.clone()),
    };
    let steps: Vec<isize> = match order {
        'F' => steps.into_iter().rev().collect(),
        _ => steps,
    };
    let arrange = move |a: &Array| match order {
        'F' => Ok(reshape_f(a, &shape)),
        _ => Ok(reshape(a, shape.clone())),
    };
    if is_viewable(&old, &steps, &new) {
        return nd.viewed(arrange);
    }
    let class = match nd.class() {
        Class::Scalar => Class::Array,
        other => other.clone(),
    };
    Ok(Nd::new(arrange(&array)?).with_class(class))
}

/// Whether elements lie in Fortran's order and not in C's.
fn is_fortran(array: &Array, steps: &[isize]) -> bool {
    let ordered = |axes: &mut dyn Iterator<Item = usize>| {
        let mut step = 1;
        for a in axes {
            if array.shape()[a] != 1 && steps[a] != step {
                return false;
            }
            step *= array.shape()[a] as isize;
        }
        true
    };
    ordered(&mut (0..steps.len())) && !ordered(&mut (0..steps.len()).rev())
}

fn reshape_(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let wanted = match (args.some("shape"), args.some("newshape")) {
        (Some(_), Some(_)) => {
            return Err(Error::type_error(
                "You cannot specify 'newshape' and 'shape' arguments at the same time.",
            ));
        }
        (None, None) => {
            return Err(Error::type_error(
                "reshape() missing 1 required positional argument: 'shape'",
            ));
        }
        (a, b) => a.or(b).cloned().unwrap_or(Value::None),
    };
    let order = order(args, 'C')?;
    if order == 'K' {
        return Err(Error::value("order 'K' is not permitted for reshaping"));
    }
    let wanted = integers(&wanted, cx)?.0;
    let shape = fitted(&wanted, nd.size()?)?;
    if matches!(args.some("copy"), Some(c) if c.truth()?) {
        let array = nd.array()?;
        return Ok(Value::Array(reshaped(&Nd::new(array), shape, order)?));
    }
    Ok(Value::Array(reshaped(&nd, shape, order)?))
}

/// The elements along one axis, in an order: a view where NumPy gives one.
///
/// # Errors
/// As viewing.
pub fn raveled(nd: &Nd, order: char) -> Result<Nd> {
    let n = nd.size()?;
    if order != 'K' {
        return reshaped(nd, vec![n], order);
    }
    // the order in which the elements lie: the axis with the longest steps first
    let steps = nd.layout()?;
    let mut axes: Vec<usize> = (0..steps.len()).collect();
    axes.sort_by_key(|&a| std::cmp::Reverse(steps[a].unsigned_abs()));
    if steps.contains(&0) {
        axes.sort_unstable();
    }
    reshaped(&nd.viewed(move |a| Ok(transpose(a, &axes)))?, vec![n], 'C')
}

fn ravel(args: &Args, cx: &Context) -> Result<Value> {
    let nd = nd_arg(args, "a", cx)?;
    let flat = raveled(&nd, order(args, 'C')?)?;
    match nd.class() {
        Class::Matrix => viewed(&flat, |a| Ok(reshape(a, vec![1, a.len()]))),
        _ => Ok(Value::Array(flat)),
    }
}

/// One element along an axis, which goes away.
pub fn at(array: &Array, axis: usize, i: usize) -> Array {
    let mut parts: Vec<Part> =
        array.shape()[..axis].iter().map(|&n| Part::Along(crate::array::Span::run(0, n))).collect();
    parts.push(Part::At(i));
    slice(array, &parts)
}

/// A slice along an axis.
pub fn cut(array: &Array, axis: usize, span: crate::array::Span) -> Array {
    let mut parts: Vec<Part> =
        array.shape()[..axis].iter().map(|&n| Part::Along(crate::array::Span::run(0, n))).collect();
    parts.push(Part::Along(span));
    slice(array, &parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::DType;
    use crate::array::block::{Block, count};
    use crate::numpy::nd::small;
    use crate::numpy::registry::call_named;

    fn numbers(shape: &[usize]) -> Nd {
        let all: Vec<i64> = (0..count(shape) as i64).collect();
        Nd::new(Array::of(Block::of(DType::Int64, shape.to_vec(), &all)))
    }

    fn read(nd: &Nd) -> Vec<i64> {
        nd.block().unwrap().typed().to_vec()
    }

    fn call(name: &str, places: Vec<Value>) -> Result<Nd> {
        match call_named(name, places, &small())? {
            Value::Array(nd) => Ok(nd),
            other => panic!("{name} gave a {}", other.type_name()),
        }
    }

    fn set(nd: &Nd, value: i64) -> Result<()> {
        let value = Array::of(Block::of(DType::Int64, vec![], &[value]));
        nd.assign(|a| Ok(a.clone()), value, &small())
    }

    #[test]
    fn views_see_what_is_written_and_copies_dont() {
        let x = numbers(&[2, 3]);
        let flat = call("ravel", vec![Value::Array(x.clone())]).unwrap();
        let turned = call("transpose", vec![Value::Array(x.clone())]).unwrap();
        // of a transposed array, NumPy gives a copy
        let copy = call("ravel", vec![Value::Array(turned.clone())]).unwrap();
        assert_eq!(read(&copy), [0, 3, 1, 4, 2, 5]);
        let lifted = reshaped(&turned, vec![3, 1, 2, 1], 'C').unwrap();
        set(&at_of(&turned, 1), 9).unwrap();
        assert_eq!(read(&x), [0, 9, 2, 3, 9, 5]);
        assert_eq!(read(&flat), read(&x));
        assert_eq!(read(&copy), [0, 3, 1, 4, 2, 5]);
        assert_eq!(read(&lifted), [0, 3, 9, 9, 2, 5]);
        assert_eq!(read(&raveled(&turned, 'K').unwrap()), read(&x));
    }

    fn at_of(nd: &Nd, i: usize) -> Nd {
        nd.viewed(move |a| Ok(at(a, 0, i))).unwrap()
    }

    #[test]
    fn some_views_cannot_be_written() {
        let x = Value::Array(numbers(&[3, 3]));
        let shape = Value::tuple(vec![Value::int(2), Value::int(3), Value::int(3)]);
        for view in [
            call("broadcast_to", vec![x.clone(), shape]).unwrap(),
            call("diagonal", vec![x.clone()]).unwrap(),
        ] {
            let e = set(&view, 1).unwrap_err();
            assert_eq!(e.to_string(), "ValueError: assignment destination is read-only");
        }
    }

    #[test]
    fn nothing_is_read_of_what_is_huge() {
        let n = Value::int(1_000_000_000_000i64);
        let x = call("arange", vec![n.clone()]).unwrap();
        let rolled = call("roll", vec![Value::Array(x.clone()), Value::int(3)]).unwrap();
        let padded = call("pad", vec![Value::Array(rolled), Value::int(2)]).unwrap();
        let first = padded.viewed(|a| Ok(cut(a, 0, crate::array::Span::run(0, 7)))).unwrap();
        let n = 1_000_000_000_000i64;
        assert_eq!(read(&first), [0, 0, n - 3, n - 2, n - 1, 0, 1]);
        let eye = call("eye", vec![Value::int(1_000_000)]).unwrap();
        let corner = eye.viewed(|a| Ok(at(&at(a, 0, 999_999), 0, 999_999))).unwrap();
        assert_eq!(corner.block().unwrap().typed::<f64>(), [1.0]);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused_in_numpys_words() {
        assert_eq!(fitted(&[2, -1], 6).unwrap(), [2, 3]);
        let e = fitted(&[7, -1], 24).unwrap_err();
        let words = "ValueError: cannot reshape array of size 24 into shape (7,newaxis)";
        assert_eq!(e.to_string(), words);
        assert!(fitted(&[0, -1], 0).is_err());
        assert!(is_viewable(&[4, 6], &[6, 1], &[2, 2, 3, 2]));
        assert!(!is_viewable(&[4, 6], &[1, 4], &[24]));
        assert!(is_viewable(&[4, 6], &[1, 4], &[2, 2, 6]));
    }
}
