//! n-bit (number 5): of each number only its significant bits, packed from the top bit on.
//!
//! Parameters: how many there are, whether nothing was done, elements of the chunk, then the type
//! as a tree: 1 a number (size, order, precision, offset), 2 an array (size, type of its items),
//! 3 a compound (size, members, and of each its offset and type), 4 bytes left as they are
//! (size). HDF5's `H5Znbit.c` is what defines it.

use super::{Fault, Tools};

const DAMAGED: Fault = Fault::Damaged("its n-bit parameters are damaged");
const CUT: Fault = Fault::Damaged("its n-bit data are cut short");

/// A type as the parameters give it.
enum Packed {
    Number { size: usize, big: bool, precision: u32, offset: u32 },
    Array { size: usize, items: Box<Packed> },
    Compound { size: usize, members: Vec<(usize, Packed)> },
    Bytes { size: usize },
}

/// Decodes a chunk.
pub(super) fn decode(
    _: &mut Tools,
    values: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    let &[_, untouched, n, ref tree @ ..] = values else { return Err(DAMAGED) };
    if untouched != 0 {
        out.get_mut(..coded.len()).ok_or(Fault::Room)?.copy_from_slice(coded);
        return Ok(coded.len());
    }
    let mut tree = tree.iter().copied();
    let dtype = Packed::of(&mut tree, 0)?;
    let total = (n as usize).checked_mul(dtype.size()).ok_or(DAMAGED)?;
    let out = out.get_mut(..total).ok_or(Fault::Room)?;
    out.fill(0);
    let mut bits = Bits { bytes: coded, at: 0 };
    for element in out.chunks_exact_mut(dtype.size()) {
        dtype.unpack(&mut bits, element)?;
    }
    Ok(total)
}

impl Packed {
    fn of(tree: &mut impl Iterator<Item = u32>, depth: u32) -> Result<Packed, Fault> {
        if depth > 32 {
            return Err(DAMAGED);
        }
        let class = tree.next().ok_or(DAMAGED)?;
        let mut value = || tree.next().ok_or(DAMAGED);
        let size = value()? as usize;
        if size == 0 {
            return Err(DAMAGED);
        }
        Ok(match class {
            1 => {
                let (big, precision, offset) = (value()? == 1, value()?, value()?);
                let end = u64::from(precision) + u64::from(offset);
                if end > 8 * size as u64 || size > 64 {
                    return Err(DAMAGED);
                }
                Packed::Number { size, big, precision, offset }
            }
            2 => {
                let items = Box::new(Packed::of(tree, depth + 1)?);
                // an array of plain bytes is as long as it says itself
                let items = match *items {
                    Packed::Bytes { .. } => Box::new(Packed::Bytes { size }),
                    _ => items,
                };
                if items.size() > size {
                    return Err(DAMAGED);
                }
                Packed::Array { size, items }
            }
            3 => {
                let n = value()?;
                let mut members = Vec::new();
                for _ in 0..n {
                    let offset = tree.next().ok_or(DAMAGED)? as usize;
                    let member = Packed::of(tree, depth + 1)?;
                    if offset.saturating_add(member.size()) > size {
                        return Err(DAMAGED);
                    }
                    members.push((offset, member));
                }
                Packed::Compound { size, members }
            }
            4 => Packed::Bytes { size },
            _ => return Err(DAMAGED),
        })
    }

    fn size(&self) -> usize {
        match self {
            Packed::Number { size, .. }
            | Packed::Array { size, .. }
            | Packed::Compound { size, .. }
            | Packed::Bytes { size } => *size,
        }
    }

    /// Takes one element's bits.
    fn unpack(&self, bits: &mut Bits, out: &mut [u8]) -> Result<(), Fault> {
        match self {
            &Packed::Number { size, big, precision, offset } => {
                // from the byte that has the top bit down
                let mut end = precision + offset;
                while end > offset {
                    let byte = (end - 1) / 8;
                    let low = (8 * byte).max(offset);
                    let value = bits.take(end - low)?;
                    let at = if big { size - 1 - byte as usize } else { byte as usize };
                    out[at] = value << (low - 8 * byte);
                    end = low;
                }
            }
            Packed::Array { items, .. } => {
                for item in out.chunks_exact_mut(items.size()) {
                    items.unpack(bits, item)?;
                }
            }
            Packed::Compound { members, .. } => {
                for (offset, member) in members {
                    member.unpack(bits, &mut out[*offset..offset + member.size()])?;
                }
            }
            Packed::Bytes { .. } => {
                for byte in out {
                    *byte = bits.take(8)?;
                }
            }
        }
        Ok(())
    }
}

/// Bits from the most significant on.
pub(super) struct Bits<'a> {
    pub bytes: &'a [u8],
    /// Bits taken.
    pub at: usize,
}

impl Bits<'_> {
    /// The next `n` bits, up to eight.
    #[inline]
    pub fn take(&mut self, n: u32) -> Result<u8, Fault> {
        let (byte, bit) = (self.at / 8, (self.at % 8) as u32);
        let first = *self.bytes.get(byte).ok_or(CUT)?;
        // the second byte may be needed, and may be missing where it is not
        let second = match self.bytes.get(byte + 1) {
            Some(&b) => b,
            None if bit + n > 8 => return Err(CUT),
            None => 0,
        };
        self.at += n as usize;
        let word = u32::from(first) << 8 | u32::from(second);
        Ok((word >> (16 - bit - n)) as u8 & (0xFF >> (8 - n)))
    }
}
