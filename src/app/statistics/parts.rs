//! Figures of elements that are no plain numbers: the fields of a compound, texts, and Python
//! values; counted part by part in one pass.

use num_complex::Complex;
use num_traits::ToPrimitive;
use parking_lot::RwLock;

use super::figures::{Figures, Lengths, Number, State};
use crate::array::block::Block;
use crate::array::reduce::Parts;
use crate::array::{DType, Item, text};
use crate::with_number;

/// One part of an element.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its name: `position.x`; empty where the element has no fields.
    pub name: String,
    /// Its dtype; object for values of their own kinds.
    pub dtype: DType,
    /// Bytes before it in the element.
    offset: usize,
    /// How many values it is.
    count: usize,
    /// The way to it through tuples, where the element is a Python value.
    way: Vec<usize>,
}

/// The parts of a dtype: the fields of a structured one, nested ones flattened; else one.
pub fn leaves(dtype: &DType) -> Vec<Leaf> {
    fn walk(dtype: &DType, name: &str, offset: usize, count: usize, out: &mut Vec<Leaf>) {
        match dtype {
            DType::Struct(s) if count == 1 => {
                for f in &s.fields {
                    let name = match name {
                        "" => f.name.clone(),
                        outer => format!("{outer}.{}", f.name),
                    };
                    walk(&f.dtype, &name, offset + f.offset, f.shape.iter().product(), out);
                }
            }
            _ => out.push(Leaf {
                name: name.into(),
                dtype: dtype.clone(),
                offset,
                count,
                way: Vec::new(),
            }),
        }
    }
    let mut out = Vec::new();
    walk(dtype, "", 0, 1, &mut out);
    out
}

/// The parts of elements that are tuples of Python values, by the names of their fields.
pub fn tuples(fields: &[(String, Vec<usize>)]) -> Vec<Leaf> {
    let leaf = |(name, way): &(String, Vec<usize>)| Leaf {
        name: name.clone(),
        dtype: DType::Object,
        offset: 0,
        count: 1,
        way: way.clone(),
    };
    fields.iter().map(leaf).collect()
}

/// What is known of some values of a part.
#[derive(Debug, Clone, Copy)]
pub enum Any {
    /// Nothing yet.
    Empty,
    /// Bools, integers and times.
    Int(State<i64>),
    /// 64-bit integers without a sign.
    Unsigned(State<u64>),
    /// Real numbers.
    Real(State<f64>),
    /// Complex numbers.
    Complex(State<Complex<f64>>),
    /// Texts: how many, and their lengths.
    Text(u64, Lengths),
    /// What has no figures: how many.
    Other(u64),
}

impl Any {
    fn merge(self, other: Any) -> Any {
        match (self, other) {
            (Any::Empty, b) => b,
            (a, Any::Empty) => a,
            (Any::Int(a), Any::Int(b)) => Any::Int(State::merge(a, b)),
            (Any::Unsigned(a), Any::Unsigned(b)) => Any::Unsigned(State::merge(a, b)),
            (Any::Real(a), Any::Real(b)) => Any::Real(State::merge(a, b)),
            (Any::Complex(a), Any::Complex(b)) => Any::Complex(State::merge(a, b)),
            (Any::Text(na, a), Any::Text(nb, b)) => {
                let shorter = b.shortest.0 < a.shortest.0;
                let longer = b.longest.0 > a.longest.0;
                let lengths = Lengths {
                    empty: a.empty + b.empty,
                    shortest: if shorter { b.shortest } else { a.shortest },
                    longest: if longer { b.longest } else { a.longest },
                };
                Any::Text(na + nb, lengths)
            }
            // values of several kinds have nothing in common but their number
            (a, b) => Any::Other(a.total() + b.total()),
        }
    }

    fn total(&self) -> u64 {
        match self {
            Any::Empty => 0,
            Any::Int(s) => s.total(),
            Any::Unsigned(s) => s.total(),
            Any::Real(s) => s.total(),
            Any::Complex(s) => s.total(),
            Any::Text(n, _) | Any::Other(n) => *n,
        }
    }
}

/// The smallest and largest text of a part, and where each stands first. A state on the tree is
/// small; these are kept beside it, and do not depend on the order in which they are found.
#[derive(Debug, Default)]
struct Extremes {
    min: Option<(String, u64)>,
    max: Option<(String, u64)>,
}

impl Extremes {
    fn fits(&self, text: &str, at: u64) -> bool {
        let lower = |m: &(String, u64)| (text, at) < (m.0.as_str(), m.1);
        let higher = |m: &(String, u64)| text > m.0.as_str() || (text == m.0 && at < m.1);
        self.min.as_ref().is_none_or(lower) || self.max.as_ref().is_none_or(higher)
    }

    fn take(&mut self, text: &str, at: u64) {
        if self.min.as_ref().is_none_or(|m| (text, at) < (m.0.as_str(), m.1)) {
            self.min = Some((text.into(), at));
        }
        let higher = |m: &(String, u64)| text > m.0.as_str() || (text == m.0 && at < m.1);
        if self.max.as_ref().is_none_or(higher) {
            self.max = Some((text.into(), at));
        }
    }
}

/// The reduction of elements part by part.
pub struct ByField {
    leaves: Vec<Leaf>,
    extremes: Vec<RwLock<Extremes>>,
}

impl ByField {
    /// For these parts.
    pub fn new(leaves: Vec<Leaf>) -> ByField {
        let extremes = leaves.iter().map(|_| RwLock::default()).collect();
        ByField { leaves, extremes }
    }

    /// The parts.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    fn text(&self, part: usize, text: &str, at: u64) -> Any {
        if self.extremes[part].read().fits(text, at) {
            self.extremes[part].write().take(text, at);
        }
        let n = text.chars().count() as u64;
        Any::Text(1, Lengths { empty: u64::from(n == 0), shortest: (n, at), longest: (n, at) })
    }

    fn value(&self, part: usize, dtype: &DType, bytes: &[u8], at: u64) -> Any {
        match dtype {
            DType::Str(_) => return self.text(part, &text::str_of(bytes), at),
            DType::Bytes(_) => {
                return self.text(part, &String::from_utf8_lossy(text::bytes_of(bytes)), at);
            }
            DType::Complex64 => {
                let z: Complex<f32> = bytemuck::pod_read_unaligned(bytes);
                let z = Complex::new(f64::from(z.re), f64::from(z.im));
                return Any::Complex(State::one(z, z.is_nan(), at));
            }
            DType::Complex128 => {
                let z: Complex<f64> = bytemuck::pod_read_unaligned(bytes);
                return Any::Complex(State::one(z, z.is_nan(), at));
            }
            DType::Float16 | DType::Float32 | DType::Float64 => {
                let x = real(dtype, bytes).unwrap_or(f64::NAN);
                return Any::Real(State::one(x, x.is_nan(), at));
            }
            DType::UInt64 => {
                return Any::Unsigned(State::one(bytemuck::pod_read_unaligned(bytes), false, at));
            }
            _ => {}
        }
        match integer(dtype, bytes) {
            Some(n) => Any::Int(State::one(n, dtype.is_time() && n == i64::MIN, at)),
            None => Any::Other(1),
        }
    }

    fn item(&self, part: usize, item: &Item, at: u64) -> Any {
        match item {
            Item::Bool(b) => Any::Int(State::one(i64::from(*b), false, at)),
            Item::Int(n) => match n.to_i64() {
                Some(n) => Any::Int(State::one(n, false, at)),
                None => Any::Other(1),
            },
            Item::Float(x) => Any::Real(State::one(*x, x.is_nan(), at)),
            Item::Complex(re, im) => {
                let z = Complex::new(*re, *im);
                Any::Complex(State::one(z, z.is_nan(), at))
            }
            Item::Str(s) => self.text(part, s, at),
            Item::Bytes(b) => self.text(part, &String::from_utf8_lossy(b), at),
            _ => Any::Other(1),
        }
    }

    /// The figures of a part.
    pub fn figures(&self, part: usize, state: &Any) -> Figures {
        let dtype = &self.leaves[part].dtype;
        match state {
            Any::Empty => Figures::default(),
            Any::Int(s) => s.figures(if *dtype == DType::Object { &DType::Int64 } else { dtype }),
            Any::Unsigned(s) => s.figures(&DType::UInt64),
            Any::Real(s) => {
                s.figures(if *dtype == DType::Object { &DType::Float64 } else { dtype })
            }
            Any::Complex(s) => {
                s.figures(if *dtype == DType::Object { &DType::Complex128 } else { dtype })
            }
            Any::Text(total, lengths) => {
                let e = self.extremes[part].read();
                let number = |m: &Option<(String, u64)>| {
                    m.as_ref().map(|(s, at)| (Number::Text(s.clone()), *at))
                };
                Figures {
                    total: *total,
                    min: number(&e.min),
                    max: number(&e.max),
                    lengths: Some(*lengths),
                    ..Figures::default()
                }
            }
            Any::Other(total) => Figures { total: *total, ..Figures::default() },
        }
    }
}

/// An integer, a bool or a time, of up to 64 bits.
fn integer(dtype: &DType, bytes: &[u8]) -> Option<i64> {
    Some(match dtype {
        DType::Bool | DType::UInt8 => i64::from(*bytes.first()?),
        DType::Int8 => i64::from(*bytes.first()? as i8),
        DType::Int16 => bytemuck::pod_read_unaligned::<i16>(bytes).into(),
        DType::Int32 => bytemuck::pod_read_unaligned::<i32>(bytes).into(),
        DType::UInt16 => bytemuck::pod_read_unaligned::<u16>(bytes).into(),
        DType::UInt32 => bytemuck::pod_read_unaligned::<u32>(bytes).into(),
        DType::Int64 | DType::Datetime(_) | DType::Timedelta(_) => {
            bytemuck::pod_read_unaligned(bytes)
        }
        _ => return None,
    })
}

/// A real number, finite or not.
fn real(dtype: &DType, bytes: &[u8]) -> Option<f64> {
    use super::figures::Scalar;
    with_number!(dtype, T => {
        let x: T = bytemuck::pod_read_unaligned(bytes);
        match x.wide() {
            super::figures::Wide::Int(n) if dtype.is_time() && n == i64::MIN => None,
            super::figures::Wide::Int(n) => Some(n as f64),
            super::figures::Wide::Unsigned(n) => Some(n as f64),
            super::figures::Wide::Real(x) => Some(x),
            super::figures::Wide::Complex(_) => None,
        }
    }, None)
}

impl Leaf {
    /// Calls `f` with the values of this part in an element, as far as they are finite numbers.
    pub fn reals(&self, block: &Block, at: usize, mut f: impl FnMut(f64)) {
        if *block.dtype() == DType::Object {
            let x = match walk(block, at, &self.way) {
                Some(Item::Bool(b)) => f64::from(u8::from(*b)),
                Some(Item::Int(n)) => n.to_f64().unwrap_or(f64::NAN),
                Some(Item::Float(x)) => *x,
                _ => return,
            };
            if x.is_finite() {
                f(x);
            }
            return;
        }
        let bytes = block.element(at);
        let size = self.dtype.size();
        for k in 0..self.count {
            let from = self.offset + k * size;
            let x = bytes.get(from..from + size).and_then(|b| real(&self.dtype, b));
            if let Some(x) = x.filter(|x| x.is_finite()) {
                f(x);
            }
        }
    }
}

fn walk<'a>(block: &'a Block, at: usize, way: &[usize]) -> Option<&'a Item> {
    way.iter().try_fold(block.items().get(at)?, |item, &i| match item {
        Item::Tuple(parts) | Item::List(parts) => parts.get(i),
        _ => None,
    })
}

impl Parts for ByField {
    type State = Any;

    fn parts(&self) -> usize {
        self.leaves.len()
    }

    fn empty() -> Any {
        Any::Empty
    }

    fn one(&self, block: &Block, at: usize, part: usize, index: u64) -> Any {
        let leaf = &self.leaves[part];
        if *block.dtype() == DType::Object {
            return match walk(block, at, &leaf.way) {
                Some(item) => self.item(part, item, index),
                None => Any::Other(1),
            };
        }
        let bytes = block.element(at);
        let size = leaf.dtype.size();
        let values = (0..leaf.count).map(|k| {
            let from = leaf.offset + k * size;
            match bytes.get(from..from + size) {
                Some(b) => self.value(part, &leaf.dtype, b, index),
                None => Any::Other(1),
            }
        });
        values.fold(Any::Empty, Any::merge)
    }

    fn merge(a: Any, b: Any) -> Any {
        a.merge(b)
    }
}
