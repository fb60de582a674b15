//! bitshuffle (number 32008): in blocks of elements, the first bits of all elements, then all
//! second bits, and so on; alone, or each block in LZ4 or zstd.
//!
//! Parameters: two of version, the element's size, a block's elements (0: about 8 KiB), and what
//! the blocks are coded in (2: LZ4, 3: zstd). Coded chunks begin with the decoded size (8 bytes)
//! and a block's size in bytes (4 bytes), and each block with its coded size (4 bytes), all most
//! significant byte first. The last block is of whole eights; what is left over stands as it is.

use super::{Fault, Size, Tools, be32, be64, head, lz4, part, room, shuffle, zstd};

const LZ4: u32 = 2;
const ZSTD: u32 = 3;

/// What the header says, where there is one.
pub(super) fn size(values: &[u32], coded: &[u8]) -> Size {
    match values.get(4) {
        Some(&(LZ4 | ZSTD)) => be64(coded, 0).map_or(Size::Unknown, Size::Known),
        _ => Size::Known(coded.len() as u64),
    }
}

/// Decodes a chunk.
pub(super) fn decode(
    tools: &mut Tools,
    values: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    let element = match values.get(2) {
        Some(&n) if n > 0 => n as usize,
        _ => return Err(Fault::Damaged("its elements are of no size (bitshuffle)")),
    };
    let inner = values.get(4).copied().filter(|&c| c == LZ4 || c == ZSTD);
    let (total, block, mut at) = match inner {
        Some(_) => (be64(coded, 0)?, be32(coded, 8)? as usize, 12),
        None => {
            let n = values.get(3).copied().unwrap_or(0) as usize;
            let usual = (8192 / element / 8 * 8).max(128);
            let n = if n == 0 { usual } else { n };
            let bytes = n.checked_mul(element).ok_or(Fault::Damaged("its blocks are too large"))?;
            (coded.len() as u64, bytes, 0)
        }
    };
    let out = head(out, total)?;
    let total = out.len();
    if !total.is_multiple_of(element) || block == 0 || !block.is_multiple_of(8 * element) {
        return Err(Fault::Damaged("its blocks are not of whole elements (bitshuffle)"));
    }
    let shuffled = total - total % (8 * element);
    let (whole, rest) = out.split_at_mut(shuffled);
    // taken out, so that the decoder may use the other tools
    let mut buffer = std::mem::take(&mut tools.block);
    let done = (|| {
        for out in whole.chunks_mut(block) {
            let Some(inner) = inner else {
                undo(part(coded, at, out.len())?, element, out, &mut tools.second)?;
                at += out.len();
                continue;
            };
            let length = be32(coded, at)? as usize;
            let input = part(coded, at + 4, length)?;
            at += 4 + length;
            let bits = room(&mut buffer, out.len())?;
            if inner == LZ4 {
                lz4::exactly(input, bits)?;
            } else if zstd::inflate(tools, input, bits)? != bits.len() {
                return Err(Fault::Damaged("its zstd block is too short"));
            }
            undo(bits, element, out, &mut tools.second)?;
        }
        Ok(())
    })();
    tools.block = buffer;
    done?;
    rest.copy_from_slice(part(coded, at, rest.len())?);
    Ok(total)
}

/// Undoes the shuffle of bits of elements of `size` bytes, whose number is a multiple of eight.
/// Both slices are equally long.
pub(super) fn undo(
    bits: &[u8],
    size: usize,
    out: &mut [u8],
    buffer: &mut Vec<u8>,
) -> Result<(), Fault> {
    let n = bits.len() / size.max(1);
    if n == 0 {
        return Ok(());
    }
    // eight rows of bits are a shuffle of eight bytes, which, turned, are eight elements' bytes
    if size == 1 {
        shuffle::undo(bits, 8, out);
        turn(out);
        return Ok(());
    }
    let planes = room(buffer, bits.len())?;
    for (rows, plane) in bits.chunks_exact(n).zip(planes.chunks_exact_mut(n)) {
        shuffle::undo(rows, 8, plane);
        turn(plane);
    }
    shuffle::undo(planes, size, out);
    Ok(())
}

/// Turns each square of eight by eight bits about its diagonal.
fn turn(bytes: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been asked.
        return unsafe { turn_avx2(bytes) };
    }
    turn_squares(bytes);
}

/// The same, in wider registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn turn_avx2(bytes: &mut [u8]) {
    turn_squares(bytes);
}

#[inline(always)]
fn turn_squares(bytes: &mut [u8]) {
    for square in bytes.as_chunks_mut::<8>().0 {
        let mut x = u64::from_le_bytes(*square);
        // squares of one, two and four bits are exchanged across the diagonal
        for (shift, mask) in
            [(7, 0x00AA_00AA_00AA_00AA), (14, 0x0000_CCCC_0000_CCCC), (28, 0x0000_0000_F0F0_F0F0)]
        {
            let t = (x ^ (x >> shift)) & mask;
            x ^= t ^ (t << shift);
        }
        *square = x.to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_every_size() {
        let data: Vec<u8> = (0..4000u32).map(|i| (i * 31 + i / 100) as u8).collect();
        for size in [1, 2, 3, 4, 8, 12, 16] {
            for n in [8, 16, 24, 128, 136] {
                let whole = &data[..n * size];
                let mut bits = vec![0u8; whole.len()];
                for i in 0..n {
                    for bit in 0..8 * size {
                        let set = whole[i * size + bit / 8] >> (bit % 8) & 1;
                        let at = bit * n + i;
                        bits[at / 8] |= set << (at % 8);
                    }
                }
                let mut out = vec![0; whole.len()];
                undo(&bits, size, &mut out, &mut Vec::new()).expect("there is memory");
                assert_eq!(out, whole, "{n} elements of {size}");
            }
        }
    }
}
