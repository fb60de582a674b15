//! The szip filter (number 4), decoding only.
//!
//! HDF5 is built here without szip. Its layout in a chunk: the decoded size as 4 little-endian
//! bytes, then the coded bytes, with four parameters in the pipeline: options, pixels a block,
//! bits a pixel, pixels a scanline (HDF5's `H5Zszip.c`). Pixels of 32 and 64 bits are coded as
//! bytes, plane after plane, and scanlines are padded to whole blocks, as libaec's `szlib` does.

use super::{Fault, Size, Tools, aec, head};

const OPTION_MSB: u32 = 16;
const OPTION_NN: u32 = 32;

/// What the first bytes say.
pub(super) fn size(_: &[u32], chunk: &[u8]) -> Size {
    super::le32(chunk, 0).map_or(Size::Unknown, |n| Size::Known(n.into()))
}

/// Decodes a chunk.
pub(super) fn decode(
    _: &mut Tools,
    values: &[u32],
    chunk: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    let out = head(out, super::le32(chunk, 0)?.into())?;
    let decoded = whole(values, chunk).ok_or(Fault::Damaged("its szip data are damaged"))?;
    out.copy_from_slice(decoded.get(..out.len()).ok_or(Fault::Room)?);
    Ok(out.len())
}

fn whole(values: &[u32], chunk: &[u8]) -> Option<Vec<u8>> {
    let size = u32::from_le_bytes(chunk.get(..4)?.try_into().ok()?) as usize;
    let coded = &chunk[4..];
    let (options, block, bits, line) = (
        *values.first()?,
        *values.get(1)?,
        *values.get(2)?,
        usize::try_from(*values.get(3)?).ok()?,
    );
    if block == 0 || line == 0 || bits == 0 || bits > 64 {
        return None;
    }
    let planes = if bits == 32 || bits == 64 { bits as usize / 8 } else { 1 };
    let sample_bits = if planes > 1 { 8 } else { bits };
    let sample = if sample_bits > 16 { 4 } else { sample_bits.div_ceil(8) as usize };

    let blocks = line.div_ceil(block as usize);
    let params = aec::Params {
        bits: sample_bits,
        block: block as usize,
        rsi: blocks,
        predict: options & OPTION_NN != 0,
    };

    let padded = blocks * block as usize;
    let samples =
        if padded == line { size / sample } else { (size / sample).div_ceil(line) * padded };
    let big = options & OPTION_MSB != 0;
    let decoded = aec::decode(coded, params, samples)?;
    let mut out = Vec::with_capacity(samples * sample);
    for value in decoded {
        match big {
            true => out.extend_from_slice(&value.to_be_bytes()[4 - sample..]),
            false => out.extend_from_slice(&value.to_le_bytes()[..sample]),
        }
    }
    if padded != line {
        let lines = out.chunks(padded * sample).map(|l| &l[..l.len().min(line * sample)]);
        out = lines.flatten().copied().collect();
    }
    out.truncate(size);
    if out.len() < size {
        return None;
    }
    if planes > 1 {
        let n = size / planes;
        let mut whole = vec![0u8; size];
        for (i, item) in whole.chunks_exact_mut(planes).enumerate() {
            for (j, byte) in item.iter_mut().enumerate() {
                *byte = out[j * n + i];
            }
        }
        out = whole;
    }
    Some(out)
}
