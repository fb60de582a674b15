//! Regular selections: elements evenly spaced along each axis, checked once against a shape.

use super::patch::{AXES, Patch, Side};

/// A selection that lies inside its shape.
pub(super) struct Region<'a> {
    pub shape: &'a [u64],
    pub start: &'a [u64],
    pub step: &'a [u64],
    pub count: &'a [u64],
    /// Elements in all.
    pub elements: usize,
}

impl<'a> Region<'a> {
    /// Checks a selection.
    pub fn new(
        shape: &'a [u64],
        start: &'a [u64],
        step: &'a [u64],
        count: &'a [u64],
    ) -> Result<Region<'a>, String> {
        let rank = shape.len();
        let outside =
            || format!("elements {start:?} + {count:?} * {step:?} are outside its shape {shape:?}");
        if start.len() != rank || step.len() != rank || count.len() != rank || rank > AXES {
            return Err(outside());
        }
        let mut elements = 1u64;
        for i in 0..rank {
            let last = count[i]
                .checked_sub(1)
                .map(|n| n.checked_mul(step[i]).and_then(|d| d.checked_add(start[i])));
            let inside = match last {
                // nothing may begin at the end
                None => start[i] <= shape[i],
                Some(last) => last.is_some_and(|last| last < shape[i]),
            };
            if !inside || step[i] == 0 {
                return Err(outside());
            }
            elements = elements.checked_mul(count[i]).ok_or_else(outside)?;
        }
        let elements = usize::try_from(elements).map_err(|_| outside())?;
        Ok(Region { shape, start, step, count, elements })
    }

    /// What to copy where the source is the whole shape in row-major order. Not for an empty one.
    pub fn patch(&self) -> Patch {
        let rank = self.shape.len();
        let (mut from, mut stride, mut to_stride) = (0, 1u64, 1usize);
        let mut sides = [Side { count: 1, from_step: 1, to_step: 1 }; AXES];
        for i in (0..rank).rev() {
            from += self.start[i] * stride;
            sides[i] = Side {
                count: self.count[i],
                from_step: self.step[i].wrapping_mul(stride),
                to_step: to_stride,
            };
            stride = stride.wrapping_mul(self.shape[i]);
            to_stride = to_stride.wrapping_mul(self.count[i] as usize);
        }
        Patch::new(from, 0, sides[..rank].iter().copied())
    }
}
