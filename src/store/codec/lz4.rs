//! lz4 (number 32004): the decoded size (8 bytes) and a block's size (4 bytes), both most
//! significant byte first, then each block with its coded size before it (4 bytes). A block that
//! is as long coded as decoded was stored as it is.

use super::{Fault, Size, Tools, be32, be64, head, part};

/// What the header says.
pub(super) fn size(_: &[u32], coded: &[u8]) -> Size {
    be64(coded, 0).map_or(Size::Unknown, Size::Known)
}

/// Decodes a chunk.
pub(super) fn decode(
    _: &mut Tools,
    _: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    let out = head(out, be64(coded, 0)?)?;
    let n = out.len();
    let block = be32(coded, 8)? as usize;
    if block == 0 && n > 0 {
        return Err(Fault::Damaged("its blocks are of no size"));
    }
    let mut at = 12;
    for out in out.chunks_mut(block.max(1)) {
        let length = be32(coded, at)? as usize;
        let input = part(coded, at + 4, length)?;
        if length == out.len() {
            out.copy_from_slice(input);
        } else {
            exactly(input, out)?;
        }
        at += 4 + length;
    }
    Ok(n)
}

/// Decodes an LZ4 block that must fill `out`.
pub(super) fn exactly(coded: &[u8], out: &mut [u8]) -> Result<(), Fault> {
    match lz4_flex::block::decompress_into(coded, out) {
        Ok(n) if n == out.len() => Ok(()),
        _ => Err(Fault::Damaged("its lz4 block is damaged")),
    }
}
