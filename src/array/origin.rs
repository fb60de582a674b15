//! The dataset that an array is mostly computed of: where the array is stored, it is stored in
//! that one's manner.

use std::sync::Arc;

use super::lazy::Array;
use super::stored;
use crate::store::{File, ObjectPath};

/// The most arrays of an expression that are looked at.
const MOST: usize = 10_000;

/// The dataset with the most elements among those that an array is computed of, if there is one;
/// of equal ones the first that is named.
pub fn main_source(array: &Array) -> Option<(Arc<File>, ObjectPath)> {
    let mut waiting = vec![array.clone()];
    let mut found: Option<(usize, Array)> = None;
    let mut seen = 0;
    while let Some(array) = waiting.pop() {
        seen += 1;
        if seen > MOST {
            break;
        }
        let inputs = array.source().inputs();
        if inputs.is_empty()
            && stored::is_stored(&array)
            && found.as_ref().is_none_or(|(n, _)| *n < array.len())
        {
            found = Some((array.len(), array.clone()));
        }
        waiting.extend(inputs.into_iter().rev());
    }
    stored::place_of(&found?.1)
}
