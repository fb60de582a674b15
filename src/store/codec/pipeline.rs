//! A dataset's filters, undone for one chunk after the other.

use super::{Fault, Kind, Known, Planes, Scratch, fletcher, known, room, shuffle};

/// The filters of a dataset, all of which this build has, in the order of writing.
pub(in crate::store) struct Pipeline {
    steps: Vec<Step>,
    /// Bytes of a decoded chunk.
    plain: usize,
    /// Bytes of an element.
    element: usize,
}

struct Step {
    filter: &'static Known,
    kind: Kind,
    values: Box<[u32]>,
}

/// A decoded chunk in a thread's scratch.
pub(in crate::store) enum Decoded<'a> {
    /// As it is in the dataset.
    Bytes(&'a [u8]),
    /// Still shuffled: whoever copies elements out undoes that in the same pass.
    Planes(Planes<'a>),
}

impl Pipeline {
    /// The pipeline of these numbers and parameters, for chunks of `plain` bytes; the number of
    /// a filter that this build can't decode, where there is one.
    pub fn new(
        filters: impl Iterator<Item = (i32, Vec<u32>)>,
        plain: usize,
        element: usize,
    ) -> Result<Pipeline, i32> {
        let step = |(id, values): (i32, Vec<u32>)| {
            let filter = known(id).ok_or(id)?;
            let kind = filter.codec.as_ref().ok_or(id)?.kind;
            Ok(Step { filter, kind, values: values.into() })
        };
        Ok(Pipeline { steps: filters.map(step).collect::<Result<_, i32>>()?, plain, element })
    }

    /// Whether chunks are stored as they are.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The most bytes that a coded chunk may have. Filters lengthen what they can't shorten by
    /// little; what is longer is damage, and no reason to ask for memory.
    pub fn longest(&self) -> usize {
        self.plain.saturating_mul(2).saturating_add(1 << 16)
    }

    /// Bytes that decoding takes, beside what it decodes into.
    pub fn scratch(&self) -> usize {
        let stages = self.steps.iter().filter(|s| !matches!(s.kind, Kind::Checksum)).count();
        self.plain.saturating_mul(stages.clamp(1, 3))
    }

    /// Decodes the first `length` bytes of the scratch's first buffer into `out`, which is as
    /// long as a chunk. Bit `i` of `mask` says that step `i` was left out for this chunk.
    pub fn decode_into(
        &self,
        scratch: &mut Scratch,
        length: usize,
        mask: u32,
        out: &mut [u8],
    ) -> Result<(), String> {
        match self.run(scratch, length, mask, Some(out))? {
            None => Ok(()),
            Some(_) => Err("its filters can't be undone".into()),
        }
    }

    /// The same, into the scratch.
    pub fn decode<'s>(
        &self,
        scratch: &'s mut Scratch,
        length: usize,
        mask: u32,
    ) -> Result<Decoded<'s>, String> {
        self.run(scratch, length, mask, None)?.ok_or_else(|| "its filters can't be undone".into())
    }

    fn run<'s>(
        &self,
        scratch: &'s mut Scratch,
        mut length: usize,
        mask: u32,
        mut out: Option<&mut [u8]>,
    ) -> Result<Option<Decoded<'s>>, String> {
        let left_out = |i: usize| i < 32 && mask >> i & 1 == 1;
        let Scratch { buffers: [a, b], tools } = scratch;
        let (mut from, mut to) = (a, b);
        let short = |n: usize| format!("it decodes to {n} bytes of {}", self.plain);
        let coding = |i: usize| !left_out(i) && !matches!(self.steps[i].kind, Kind::Checksum);
        // the step that gives the chunk as it is
        let last = (0..self.steps.len()).find(|&i| coding(i));
        for (i, step) in self.steps.iter().enumerate().rev() {
            if left_out(i) {
                continue;
            }
            let faulty = |fault: Fault| format!("{fault} (filter {})", step.filter.name);
            let input = &from[..length];
            let size = || step.values.first().map_or(1, |&n| n as usize);
            if let Kind::Checksum = step.kind {
                length = fletcher::check(input).map_err(faulty)?;
                continue;
            }
            let ends = last == Some(i) && !(0..i).any(|j| !left_out(j));
            if ends
                && out.is_none()
                && let Kind::Shuffle = step.kind
                && size() == self.element
                && length == self.plain
            {
                return Ok(Some(Decoded::Planes(Planes::new(&from[..length], size()))));
            }
            let n = self.room_for(i, left_out);
            let target = match &mut out {
                Some(out) if ends => &mut out[..],
                _ => room(to, n).map_err(faulty)?,
            };
            let made = match step.kind {
                Kind::Coded { decode, .. } => decode(tools, &step.values, input, target),
                _ => match target.get_mut(..length) {
                    Some(target) => {
                        shuffle::undo(input, size(), target);
                        Ok(length)
                    }
                    None => Err(Fault::Room),
                },
            };
            length = made.map_err(faulty)?;
            if ends && out.is_some() {
                return if length == self.plain { Ok(None) } else { Err(short(length)) };
            }
            std::mem::swap(&mut from, &mut to);
        }
        if length < self.plain {
            return Err(short(length));
        }
        let bytes = &from[..self.plain];
        match out {
            Some(out) => {
                out.copy_from_slice(bytes);
                Ok(None)
            }
            None => Ok(Some(Decoded::Bytes(bytes))),
        }
    }

    /// The most bytes that step `i` was given when the chunk was written.
    fn room_for(&self, i: usize, left_out: impl Fn(usize) -> bool) -> usize {
        let mut n = self.plain;
        for (j, step) in self.steps.iter().enumerate().take(i) {
            match step.kind {
                _ if left_out(j) => {}
                Kind::Shuffle => {}
                Kind::Checksum => n += 4,
                Kind::Coded { .. } => return self.longest(),
            }
        }
        n
    }
}
