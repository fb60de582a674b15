//! Statistics of an array: count, missing values, extremes and where they are, mean, standard
//! deviation, a histogram; of all of it, of each column or of each field.
//!
//! All figures come out of one parallel pass, exact and the same for every memory limit and
//! number of threads: the reduction's state holds all of them ([`figures`]), for fields and texts
//! part by part ([`parts`]). While it runs, what is known so far is told. A second pass counts
//! the histograms, whose ranges the first has found ([`histogram`]).

pub mod figures;
pub mod histogram;
pub mod parts;

use std::marker::PhantomData;
use std::time::Duration;

use crate::array::reduce::{Parts, Reducer, Watch, reduce_parts, reduce_watched};
use crate::array::{Array, Context, DType, Result, Span};
use crate::with_number;
pub use figures::{Figures, Lengths, Number};
use figures::{Scalar, State};
pub use histogram::Histogram;
use parts::{Any, ByField, leaves, tuples};

/// The most columns that have figures of their own.
const COLUMNS: usize = 1 << 20;

/// The most columns whose figures together are told while they are being computed.
const TOGETHER: usize = 20_000;

/// How an array is divided into parts that have figures of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum Division {
    /// All of it is one.
    Whole,
    /// Each index of this axis of a two-dimensional array.
    Columns(usize),
    /// Each field of a compound.
    Fields,
}

/// What is told while statistics are being computed.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// The parts' names, where they have names, and how many they are.
    Parts {
        /// How the array is divided.
        division: Division,
        /// The fields' names.
        names: Vec<String>,
        /// The number of parts.
        count: usize,
        /// The array's shape.
        shape: Vec<usize>,
    },
    /// Figures of parts from `first` on, perhaps not yet of all elements.
    Figures {
        /// The first part.
        first: usize,
        /// What is known.
        figures: Vec<Figures>,
    },
    /// Figures of all columns together. Places are flat indices of the whole array.
    All(Box<Figures>),
    /// Histograms of parts, in order, and of all columns together.
    Histograms {
        /// Of each part; none where there are too many parts, or no numbers.
        parts: Vec<Option<Histogram>>,
        /// Of all columns together.
        all: Option<Histogram>,
    },
}

/// Reduces numbers of one type.
#[derive(Clone)]
struct Tally<T> {
    /// The smallest integer is a time that is missing.
    nat: bool,
    of: PhantomData<fn(T)>,
}

impl<T: Scalar> Reducer for Tally<T> {
    type In = T;
    type State = State<T>;

    fn empty(&self) -> State<T> {
        State::empty()
    }

    fn one(&self, x: T, index: u64) -> State<T> {
        State::one(x, x.is_nan() || (self.nat && x.is_nat()), index)
    }

    fn merge(&self, a: State<T>, _: u64, b: State<T>, _: u64) -> State<T> {
        State::merge(a, b)
    }
}

/// How an array is divided where its columns lie along `axis`.
fn division(array: &Array, axis: Option<usize>, fields: &[(String, Vec<usize>)]) -> Division {
    let compound = match array.dtype() {
        DType::Struct(_) => true,
        DType::Object => !fields.is_empty(),
        _ => false,
    };
    let plain = !array.dtype().is_string() && !matches!(array.dtype(), DType::Void(_));
    match axis {
        _ if compound => Division::Fields,
        _ if *array.dtype() == DType::Object => Division::Whole,
        Some(a) if plain && array.ndim() == 2 && array.shape()[a] <= COLUMNS => {
            Division::Columns(a)
        }
        _ => Division::Whole,
    }
}

/// Computes the statistics of an array; `axis` is the one on columns, `fields` the names of the
/// fields where elements are tuples of Python values.
///
/// # Errors
/// As reading; KeyboardInterrupt.
pub fn compute(
    array: &Array,
    axis: Option<usize>,
    fields: &[(String, Vec<usize>)],
    cx: &Context,
    tell: &mut dyn FnMut(Update),
) -> Result<()> {
    let division = division(array, axis, fields);
    let leaves = match (&division, array.dtype()) {
        (Division::Fields, DType::Object) => tuples(fields),
        _ => leaves(array.dtype()),
    };
    let count = match division {
        Division::Whole => 1,
        Division::Columns(a) => array.shape()[a],
        Division::Fields => leaves.len(),
    };
    let names = match division {
        Division::Fields => leaves.iter().map(|l| l.name.clone()).collect(),
        _ => Vec::new(),
    };
    let shape = array.shape().to_vec();
    tell(Update::Parts { division: division.clone(), names, count, shape });
    let by_parts = ByField::new(leaves);
    let (ranges, all) = match division {
        Division::Fields => (part_figures(&by_parts, array, cx, tell)?, None),
        _ => with_number!(
            array.dtype(),
            T => number_figures::<T>(array, &division, cx, tell)?,
            (part_figures(&by_parts, array, cx, tell)?, None)
        ),
    };
    let counted = histogram::compute(array, &division, &by_parts, &ranges, all.as_ref(), cx)?;
    tell(Update::Histograms { parts: counted.0, all: counted.1 });
    Ok(())
}

/// The time between two looks at so many results.
fn pause(results: usize) -> Duration {
    Duration::from_millis(80 + results as u64 / 200)
}

/// What a histogram needs to know of a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The smallest and largest value; none where there is no number.
    pub ends: Option<(f64, f64)>,
    /// Some values are infinite: the ends of the others are not known.
    pub infinite: bool,
    /// All values are whole.
    pub whole: bool,
}

fn range(f: &Figures) -> Range {
    let whole = matches!(f.min, Some((Number::Int(_) | Number::Unsigned(_) | Number::Bool(_), _)));
    Range { ends: f.range, infinite: f.infinite > 0, whole }
}

fn part_figures(
    reducer: &ByField,
    array: &Array,
    cx: &Context,
    tell: &mut dyn FnMut(Update),
) -> Result<Vec<Range>> {
    let figures = |states: &[Any]| -> Vec<Figures> {
        states.iter().enumerate().map(|(i, s)| reducer.figures(i, s)).collect()
    };
    let mut look = |_: &[Span], states: Vec<Any>, _: u64| {
        tell(Update::Figures { first: 0, figures: figures(&states) });
    };
    let watch = Watch { every: pause(reducer.parts()), look: &mut look };
    let states = reduce_parts(reducer, array, cx, Some(watch))?;
    let figures = figures(&states);
    let ranges = figures.iter().map(range).collect();
    tell(Update::Figures { first: 0, figures });
    Ok(ranges)
}

fn number_figures<T: Scalar>(
    array: &Array,
    division: &Division,
    cx: &Context,
    tell: &mut dyn FnMut(Update),
) -> Result<(Vec<Range>, Option<Range>)> {
    let dtype = array.dtype();
    let axis = match division {
        Division::Columns(a) => Some(*a),
        _ => None,
    };
    let reduced: Vec<bool> = (0..array.ndim()).map(|a| Some(a) != axis).collect();
    let count = axis.map_or(1, |a| array.shape()[a]);
    let reducer = Tally::<T> { nat: dtype.is_time(), of: PhantomData };
    let tell = std::cell::RefCell::new(tell);
    let send = |region: &[Span], states: &[State<T>]| {
        let first = region.first().map_or(0, |s| s.start);
        let figures = states.iter().map(|s| s.figures(dtype)).collect();
        (tell.borrow_mut())(Update::Figures { first, figures });
    };
    let known = std::cell::RefCell::new(vec![State::<T>::empty(); count]);
    let learn = |region: &[Span], states: Vec<State<T>>| {
        let first = region.first().map_or(0, |s| s.start);
        for (slot, state) in known.borrow_mut().iter_mut().skip(first).zip(states) {
            *slot = state;
        }
    };
    let mut look = |region: &[Span], states: Vec<State<T>>, _: u64| {
        send(region, &states);
        learn(region, states);
        // all columns together grow too, where they are not too many
        if let Some(axis) = axis.filter(|_| count <= TOGETHER) {
            let all = together(&known.borrow(), axis, array.shape()).figures(dtype);
            (tell.borrow_mut())(Update::All(Box::new(all)));
        }
    };
    let watch = Watch { every: pause(count), look: &mut look };
    reduce_watched(&reducer, array, &reduced, cx, Some(watch), |region, states| {
        let states: Vec<State<T>> = states.into_iter().map(|s| s.0).collect();
        send(region, &states);
        learn(region, states);
        Ok(())
    })?;
    let known = known.into_inner();
    let ranges = known.iter().map(|s| range(&s.figures(dtype))).collect();
    let Some(axis) = axis else { return Ok((ranges, None)) };
    let all = together(&known, axis, array.shape()).figures(dtype);
    let of_all = range(&all);
    (tell.borrow_mut())(Update::All(Box::new(all)));
    Ok((ranges, Some(of_all)))
}

/// The columns together, in a fixed order; places become those of the whole array.
fn together<T: Scalar>(known: &[State<T>], axis: usize, shape: &[usize]) -> State<T> {
    let columns = known.len() as u64;
    let rows = shape[1 - axis] as u64;
    let moved = known.iter().enumerate().map(|(c, s)| {
        s.moved(|at| if axis == 1 { at * columns + c as u64 } else { c as u64 * rows + at })
    });
    pairwise(&moved.collect::<Vec<_>>())
}

/// All columns' figures as one.
fn pairwise<T: Scalar>(states: &[State<T>]) -> State<T> {
    match states {
        [] => State::empty(),
        [one] => *one,
        many => {
            let (a, b) = many.split_at(many.len().next_power_of_two() / 2);
            State::beside(pairwise(a), pairwise(b))
        }
    }
}
