//! blosc2 (number 32026): a contiguous frame of Blosc 2, or a bare chunk of it.
//!
//! A frame (README_CFRAME_FORMAT of c-blosc2) is a header in msgpack's coding, chunks, and a
//! chunk that holds their places. A header may say "b2nd": the data are an array of the shape
//! given there, in chunks, in blocks. Chunks are padded to whole blocks; blocks stand one after
//! the other, and the elements of each in row-major order (README_B2ND_METALAYER).

use super::blosc::{Alike, decode_chunk, fill};
use super::{Fault, Size, Tools, be32, be64, blosc, head, part, room};

const SHORT: Fault = Fault::Damaged("its blosc2 frame is damaged");
/// The most axes of an array.
const AXES: usize = 16;
/// The most chunks of a frame that are looked for: HDF5's chunk is as a rule one.
const MOST_CHUNKS: usize = 1 << 20;

/// What the header says.
pub(super) fn size(values: &[u32], coded: &[u8]) -> Size {
    if !is_frame(coded) {
        return blosc::size(values, coded);
    }
    let size = Frame::of(coded).and_then(|frame| frame.decoded());
    size.map_or(Size::Unknown, Size::Known)
}

/// Decodes a chunk of HDF5.
pub(super) fn decode(
    tools: &mut Tools,
    _: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    if !is_frame(coded) {
        return decode_chunk(tools, coded, out);
    }
    let frame = Frame::of(coded)?;
    let out = head(out, frame.decoded()?)?;
    let Some(array) = &frame.array else {
        let place = frame.places(tools, 1)?.first().copied().ok_or(SHORT)?;
        return frame.chunk(tools, place, out);
    };
    array.decode(tools, &frame, out)?;
    Ok(out.len())
}

fn is_frame(coded: &[u8]) -> bool {
    coded.get(2..10) == Some(b"b2frame\0")
}

/// A frame's header.
struct Frame<'a> {
    bytes: &'a [u8],
    header: usize,
    /// Bytes of the chunks, coded.
    coded: usize,
    /// Bytes of the chunks, decoded.
    whole: u64,
    element: usize,
    /// Bytes of one chunk, decoded.
    chunk: usize,
    array: Option<Array>,
}

impl Frame<'_> {
    fn of(bytes: &[u8]) -> Result<Frame<'_>, Fault> {
        let header = be32(bytes, 11)? as usize;
        let coded = usize::try_from(be64(bytes, 39)?).map_err(|_| SHORT)?;
        let meta = part(bytes, 0, header)?;
        Ok(Frame {
            bytes,
            header,
            coded,
            whole: be64(bytes, 30)?,
            element: be32(bytes, 48)? as usize,
            chunk: be32(bytes, 58)? as usize,
            array: layer(meta, &[b"b2nd", b"caterva"])?.map(Array::of).transpose()?,
        })
    }

    /// Bytes that HDF5's chunk has.
    fn decoded(&self) -> Result<u64, Fault> {
        match &self.array {
            Some(array) => array.elements()?.checked_mul(self.element as u64).ok_or(SHORT),
            // the filter looks at the first chunk alone
            None => Ok(self.whole.min(self.chunk as u64)),
        }
    }

    /// Where the chunks are, counted from the first.
    fn places(&self, tools: &mut Tools, most: usize) -> Result<Vec<i64>, Fault> {
        let at = self.header.checked_add(self.coded).ok_or(SHORT)?;
        let index = self.bytes.get(at..).ok_or(SHORT)?;
        let Size::Known(length) = blosc::size(&[], index) else { return Err(SHORT) };
        let length = usize::try_from(length).map_err(|_| SHORT)?;
        if length / 8 > MOST_CHUNKS || length / 8 < most {
            return Err(SHORT);
        }
        let mut places = vec![0; length];
        decode_chunk(tools, index, &mut places)?;
        Ok(places.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b)).collect())
    }

    /// Decodes the chunk at `place`.
    fn chunk(&self, tools: &mut Tools, place: i64, out: &mut [u8]) -> Result<usize, Fault> {
        let Ok(place) = usize::try_from(place) else {
            // no place at all: the top byte says what all of its elements are
            let alike = match place.to_le_bytes()[7] & 0x7F {
                1 => Alike::Zero,
                2 => Alike::Nan,
                4 => Alike::Any,
                _ => return Err(SHORT),
            };
            fill(alike, self.element, &[], out)?;
            return Ok(out.len());
        };
        let at = self.header.checked_add(place).ok_or(SHORT)?;
        decode_chunk(tools, self.bytes.get(at..).ok_or(SHORT)?, out)
    }
}

/// The content of the first of these metalayers that the header has.
fn layer<'a>(header: &'a [u8], names: &[&[u8]]) -> Result<Option<&'a [u8]>, Fault> {
    // an array of three: a size, a map of names to places, and the contents
    if header.get(87) != Some(&0x93) || header.get(91) != Some(&0xDE) {
        return Ok(None);
    }
    let number = part(header, 92, 2)?;
    let mut at = 94;
    for _ in 0..u16::from_be_bytes([number[0], number[1]]) {
        let length = usize::from(part(header, at, 1)?[0] & 0x1F);
        let name = part(header, at + 1, length)?;
        let place = be32(header, at + 1 + length + 1)? as usize;
        if names.contains(&name) {
            let length = be32(header, place.saturating_add(1))? as usize;
            return part(header, place.saturating_add(5), length).map(Some);
        }
        at += 1 + length + 5;
    }
    Ok(None)
}

/// The shapes of an array, its chunks and their blocks.
struct Array {
    axes: usize,
    shape: [usize; AXES],
    chunk: [usize; AXES],
    block: [usize; AXES],
}

impl Array {
    fn of(layer: &[u8]) -> Result<Array, Fault> {
        let axes = usize::from(*layer.get(2).ok_or(SHORT)?);
        if axes == 0 || axes > AXES {
            return Err(SHORT);
        }
        let mut array = Array { axes, shape: [1; AXES], chunk: [1; AXES], block: [1; AXES] };
        let mut at = 4;
        for i in 0..axes {
            let n = be64(layer, at + 1)?;
            array.shape[i] = usize::try_from(n).map_err(|_| SHORT)?;
            at += 9;
        }
        for list in [&mut array.chunk, &mut array.block] {
            at += 1;
            for n in &mut list[..axes] {
                *n = be32(layer, at + 1)? as usize;
                at += 5;
            }
        }
        let possible = |i: usize| {
            let (shape, chunk, block) = (array.shape[i], array.chunk[i], array.block[i]);
            shape < 1 << 32 && (1..1 << 31).contains(&chunk) && (1..=chunk).contains(&block)
        };
        if (0..axes).all(possible) { Ok(array) } else { Err(SHORT) }
    }

    fn elements(&self) -> Result<u64, Fault> {
        let sides = self.shape[..self.axes].iter();
        sides.clone().try_fold(1u64, |n, &s| n.checked_mul(s as u64)).ok_or(SHORT)
    }

    /// Decodes the array into `out`, in row-major order.
    fn decode(&self, tools: &mut Tools, frame: &Frame, out: &mut [u8]) -> Result<(), Fault> {
        let (axes, element) = (self.axes, frame.element);
        if out.is_empty() {
            return Ok(());
        }
        let (mut grid, mut blocks) = ([1; AXES], [1; AXES]);
        let mut padded = element;
        for i in 0..axes {
            grid[i] = self.shape[i].div_ceil(self.chunk[i]);
            blocks[i] = self.chunk[i].div_ceil(self.block[i]);
            padded = blocks[i]
                .checked_mul(self.block[i])
                .and_then(|n| n.checked_mul(padded))
                .ok_or(SHORT)?;
        }
        // padding is for the last block of an axis
        if padded > out.len().saturating_mul(64).saturating_add(1 << 20) {
            return Err(SHORT);
        }
        let chunks = grid.iter().try_fold(1usize, |n, &g| n.checked_mul(g)).ok_or(SHORT)?;
        let places = frame.places(tools, chunks)?;
        let mut chunk = Vec::new();
        let decoded = room(&mut chunk, padded)?;
        let block_bytes = self.block[..axes].iter().product::<usize>() * element;
        let mut at = [0; AXES];
        for &place in &places[..chunks] {
            if frame.chunk(tools, place, decoded)? != padded {
                return Err(SHORT);
            }
            let mut inside = [0; AXES];
            for block in decoded.chunks_exact(block_bytes) {
                let mut start = [0; AXES];
                for i in 0..axes {
                    start[i] = inside[i] * self.block[i];
                }
                self.place_block(block, element, &at, &start, out);
                next(&mut inside[..axes], &blocks);
            }
            next(&mut at[..axes], &grid);
        }
        Ok(())
    }

    /// Copies what a block holds of the array: the block at `start` of the chunk at `chunk`.
    fn place_block(
        &self,
        block: &[u8],
        element: usize,
        chunk: &[usize; AXES],
        start: &[usize; AXES],
        out: &mut [u8],
    ) {
        let axes = self.axes;
        let (mut first, mut count) = ([0; AXES], [1; AXES]);
        for i in 0..axes {
            first[i] = chunk[i] * self.chunk[i] + start[i];
            let end = (first[i] + self.block[i])
                .min(chunk[i] * self.chunk[i] + self.chunk[i])
                .min(self.shape[i]);
            if end <= first[i] {
                return;
            }
            count[i] = end - first[i];
        }
        let row = count[axes - 1] * element;
        let mut at = [0; AXES];
        let rows: usize = count[..axes - 1].iter().product();
        for _ in 0..rows {
            let (mut from, mut to) = (0, 0);
            for i in 0..axes {
                from = from * self.block[i] + at[i];
                to = to * self.shape[i] + first[i] + at[i];
            }
            let (from, to) = (from * element, to * element);
            out[to..to + row].copy_from_slice(&block[from..from + row]);
            next(&mut at[..axes - 1], &count);
        }
    }
}

/// The next place in row-major order.
fn next(at: &mut [usize], sides: &[usize; AXES]) {
    for i in (0..at.len()).rev() {
        at[i] += 1;
        if at[i] < sides[i] {
            return;
        }
        at[i] = 0;
    }
}
