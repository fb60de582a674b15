//! Writing an array over the dataset that it is computed from.
//!
//! A dataset's readers keep what is about to be overwritten ([`super::stored`]), so whatever is
//! written gives the right elements; but keeping all of a dataset to replace all of it is twice
//! the work. Here it is seen how values depend on the dataset: not at all, or each on the element
//! that it replaces alone and for nobody else's use; then they are computed and written piece by
//! piece. All others are computed first.

use super::context::Context;
use super::error::Result;
use super::lazy::{Array, Span};
use super::spill::materialise;
use super::stored::{Passing, Stored};
use super::view::View;
use crate::store::{File, ObjectPath};

/// Values that can be written piece by piece over elements of a dataset.
pub struct Overwriting {
    values: Array,
    /// Held while they are written: what reads the dataset for them keeps nothing.
    _passing: Vec<Passing>,
}

impl Overwriting {
    /// Values for a region of the dataset at `path`; where somebody else holds what they are made
    /// of, they are computed first.
    ///
    /// # Errors
    /// No such dataset; as computing them.
    pub fn new(
        values: Array,
        file: &File,
        path: &ObjectPath,
        region: &[Span],
        cx: &Context,
    ) -> Result<Overwriting> {
        let dataset = file.id_of_object(path)?;
        let is_it = |stored: &Stored| stored.is_of(file, &dataset);
        let mut walk = Walk { is_it: &is_it, region, nodes: Vec::new(), rest: MOST };
        let along = |(i, &n): (usize, &usize)| At::Axis(i, Span::run(0, n));
        let at: Vec<At> = values.shape().iter().enumerate().map(along).collect();
        let reach = walk.visit(&values, &at, true);
        let nodes = walk.nodes;
        // each is held by those nodes that it was found by, by the list, and by nobody else
        let alone = || nodes.iter().all(|(node, times)| node.holders() == times + 1);
        if reach == Reach::Not {
            return Ok(Overwriting { values, _passing: Vec::new() });
        }
        if reach == Reach::Same && alone() {
            let passing = nodes.iter().filter_map(|(node, _)| node.source_as::<Stored>());
            let _passing = passing.map(Stored::pass).collect();
            return Ok(Overwriting { values, _passing });
        }
        drop(nodes);
        Ok(Overwriting { values: materialise(&values, cx)?, _passing: Vec::new() })
    }

    /// The values.
    pub fn values(&self) -> &Array {
        &self.values
    }
}

/// Where an axis of a node is for an element of the values.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// It walks with this axis of the values.
    Axis(usize, Span),
    /// It stands.
    Fixed(usize),
}

/// How an array depends on the dataset.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    Not,
    /// Each element on the one that it is to replace.
    Same,
    Other,
}

/// More nodes than these are not looked at.
const MOST: usize = 4096;

struct Walk<'a> {
    is_it: &'a dyn Fn(&Stored) -> bool,
    region: &'a [Span],
    /// What leads to the dataset, and how often it was found.
    nodes: Vec<(Array, usize)>,
    rest: usize,
}

impl Walk<'_> {
    /// `new`: by a node that was not seen before.
    fn visit(&mut self, array: &Array, at: &[At], new: bool) -> Reach {
        let Some(rest) = self.rest.checked_sub(1) else { return Reach::Other };
        self.rest = rest;
        if let Some(stored) = array.source_as::<Stored>() {
            return match (self.is_it)(stored) {
                false => Reach::Not,
                true if self.is_same(at) => {
                    self.note(array, new);
                    Reach::Same
                }
                true => Reach::Other,
            };
        }
        let known = self.nodes.iter().any(|(node, _)| node.same(array));
        let is_pointwise = array.source().is_pointwise();
        let inputs = array.source().inputs();
        let mut all = Reach::Not;
        for input in &inputs {
            let inside: Option<Vec<At>> = match array.source_as::<View>() {
                Some(view) => through(view, at),
                None => is_pointwise.then(|| broadcast(array, input, at)),
            };
            let reach = match inside {
                Some(inside) => self.visit(input, &inside, new && !known),
                // whatever place is read of it
                None => match self.visit(input, &[], false) {
                    Reach::Not => Reach::Not,
                    _ => Reach::Other,
                },
            };
            all = match (all, reach) {
                (Reach::Other, _) | (_, Reach::Other) => return Reach::Other,
                (Reach::Same, _) | (_, Reach::Same) => Reach::Same,
                _ => Reach::Not,
            };
        }
        if all == Reach::Same {
            self.note(array, new);
        }
        all
    }

    /// Whether an element of the dataset is the one that is replaced.
    fn is_same(&self, at: &[At]) -> bool {
        let same = |(axis, (at, span)): (usize, (&At, &Span))| match *at {
            At::Axis(walked, there) => walked == axis && there == *span,
            At::Fixed(place) => span.len == 1 && place == span.start,
        };
        at.len() == self.region.len() && at.iter().zip(self.region).enumerate().all(same)
    }

    fn note(&mut self, array: &Array, new: bool) {
        match self.nodes.iter_mut().find(|(node, _)| node.same(array)) {
            Some((_, times)) => *times += usize::from(new),
            None => self.nodes.push((array.clone(), 1)),
        }
    }
}

/// Where the axes of what is viewed are.
fn through(view: &View, at: &[At]) -> Option<Vec<At>> {
    let (_, spans, axes) = view.parts();
    let place = |(b, span): (usize, &Span)| match axes.iter().position(|a| *a == Some(b)) {
        Some(a) => match at.get(a)? {
            At::Axis(walked, inner) => Some(At::Axis(*walked, span.then(*inner))),
            At::Fixed(i) => Some(At::Fixed(span.at(*i))),
        },
        None if span.len == 1 => Some(At::Fixed(span.start)),
        None => None,
    };
    spans.iter().enumerate().map(place).collect()
}

/// Where the axes of an operand are.
fn broadcast(array: &Array, input: &Array, at: &[At]) -> Vec<At> {
    let extra = array.ndim() - input.ndim();
    let sizes = input.shape().iter().zip(&array.shape()[extra..]);
    let place = |(i, (n, whole))| match n == whole {
        true => at.get(extra + i).copied().unwrap_or(At::Fixed(0)),
        false => At::Fixed(0),
    };
    sizes.enumerate().map(place).collect()
}
