//! scale-offset (number 6): integers less their minimum, in as few bits as they need, or floats
//! that were first scaled by a power of ten.
//!
//! A chunk begins with the number of bits (4 bytes), the size of the minimum (1 byte) and the
//! minimum, least significant byte first; the packed numbers start at byte 21. The value of all
//! ones stands for the fill value, where there is one. HDF5's `H5Zscaleoffset.c` defines it, its
//! roundings included.

use super::nbit::Bits;
use super::{Fault, Tools, le32, part};

const DAMAGED: Fault = Fault::Damaged("its scale-offset parameters are damaged");
/// Where the packed numbers start.
const START: usize = 21;
/// Scaling of floats by a power of ten, the only one that HDF5 has.
const DECIMAL: u32 = 0;

/// Decodes a chunk.
pub(super) fn decode(
    _: &mut Tools,
    values: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    let &[scale, factor, n, class, size, _, order, filled, ref fill @ ..] = values else {
        return Err(DAMAGED);
    };
    let float = class == 1;
    let size = match size {
        1 | 2 if !float => size as usize,
        4 | 8 => size as usize,
        _ => return Err(DAMAGED),
    };
    if float && scale != DECIMAL {
        return Err(Fault::Damaged("its scale-offset method is one that HDF5 never had"));
    }
    let total = (n as usize).checked_mul(size).ok_or(DAMAGED)?;
    if !float && factor as usize == 8 * size {
        // as many bits as there are: HDF5 leaves the chunk alone
        out.get_mut(..coded.len()).ok_or(Fault::Room)?.copy_from_slice(coded);
        return Ok(coded.len());
    }
    let out = out.get_mut(..total).ok_or(Fault::Room)?;
    let bits = le32(coded, 0)?;
    if bits as usize > 8 * size {
        return Err(DAMAGED);
    }
    let swap = order == 1;
    if bits as usize == 8 * size {
        out.copy_from_slice(part(coded, START, total)?);
        if swap {
            out.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        return Ok(total);
    }
    let held = usize::from(part(coded, 4, 1)?[0]).min(8);
    let minimum = le64(part(coded, 5, held)?);
    let fill = (filled != 0).then(|| {
        let mut bytes = [0; 8];
        for (to, word) in bytes.chunks_exact_mut(4).zip(fill) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        u64::from_le_bytes(bytes)
    });
    let rule = Rule { bits, fill, size, swap };
    let mut packed = Bits { bytes: coded.get(START..).unwrap_or_default(), at: 0 };
    match (float, size) {
        (false, _) => {
            // sums wrap, so that the sign doesn't matter
            let integer = |v: u64| rule.filled(v).unwrap_or_else(|| v.wrapping_add(minimum));
            rule.each(&mut packed, out, integer)?;
        }
        (true, 4) => {
            let power = 10f32.powf(factor.cast_signed() as f32);
            let least = f32::from_bits(minimum as u32);
            rule.each(&mut packed, out, |v| match rule.filled(v) {
                Some(fill) => fill,
                None => ((v as u32).cast_signed() as f32 / power + least).to_bits().into(),
            })?;
        }
        (true, _) => {
            let power = 10f64.powf(f64::from(factor.cast_signed()));
            let least = f64::from_bits(minimum);
            rule.each(&mut packed, out, |v| match rule.filled(v) {
                Some(fill) => fill,
                None => (v.cast_signed() as f64 / power + least).to_bits(),
            })?;
        }
    }
    Ok(total)
}

/// How a chunk's numbers are made.
struct Rule {
    bits: u32,
    fill: Option<u64>,
    size: usize,
    swap: bool,
}

impl Rule {
    /// The fill value, where `v` stands for it.
    fn filled(&self, v: u64) -> Option<u64> {
        let ones = (1u64 << self.bits) - 1;
        self.fill.filter(|_| v == ones)
    }

    /// Unpacks each number and writes what `value` makes of it.
    fn each(
        &self,
        packed: &mut Bits,
        out: &mut [u8],
        value: impl Fn(u64) -> u64,
    ) -> Result<(), Fault> {
        for item in out.chunks_exact_mut(self.size) {
            let (mut v, mut left) = (0, self.bits);
            while left > 0 {
                let n = if left.is_multiple_of(8) { 8 } else { left % 8 };
                v = v << n | u64::from(packed.take(n)?);
                left -= n;
            }
            item.copy_from_slice(&value(v).to_le_bytes()[..self.size]);
            if self.swap {
                item.reverse();
            }
        }
        Ok(())
    }
}

fn le64(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b))
}
