//! fletcher32 (number 3): four bytes of checksum, least significant first, after the data.
//!
//! The sums are over 16-bit words, most significant byte first, modulo 65535; an odd last byte is
//! a word's high half. Zero stands for 65535 only where nothing but zeros was added. HDF5 before
//! 1.6.3 wrote the bytes of each half of the sum in the other order, which is right too.

use super::Fault;

/// How many bytes of `data` are data, once their checksum is found right.
pub(super) fn check(data: &[u8]) -> Result<usize, Fault> {
    let Some((data, stored)) = data.split_last_chunk::<4>() else {
        return Err(Fault::Damaged("it is too short for its checksum"));
    };
    let sum = checksum(data);
    let [a, b, c, d] = *stored;
    if u32::from_le_bytes(*stored) == sum || u32::from_le_bytes([b, a, d, c]) == sum {
        Ok(data.len())
    } else {
        Err(Fault::Damaged("its checksum is wrong (fletcher32)"))
    }
}

/// Sums that are made side by side, of every sixteenth word each.
const LANES: usize = 16;
/// Words of a block: few enough for 32 bits to hold each of those sums.
const BLOCK: usize = 256 * LANES;

fn checksum(data: &[u8]) -> u32 {
    let (mut first, mut second) = (0u64, 0u64);
    for block in data.chunks(2 * BLOCK) {
        let (rows, rest) = block.as_chunks::<{ 2 * LANES }>();
        for (n, (sum, weighted)) in
            [(rows.len() * LANES, sums(rows)), (rest.len().div_ceil(2), short_sums(rest))]
        {
            second = (second + n as u64 * first + weighted) % 65535;
            first = (first + sum) % 65535;
        }
    }
    let any = || data.iter().any(|&b| b != 0);
    let folded = |n: u64| if n == 0 && any() { 65535 } else { n as u32 };
    folded(second) << 16 | folded(first)
}

/// The sum of the words, and their sum weighted by how many sums each is part of.
fn sums(rows: &[[u8; 2 * LANES]]) -> (u64, u64) {
    let (mut plain, mut running) = ([0u32; LANES], [0u32; LANES]);
    for row in rows {
        let words = row.as_chunks::<2>().0;
        for lane in 0..LANES {
            plain[lane] += u32::from(u16::from_be_bytes(words[lane]));
            running[lane] += plain[lane];
        }
    }
    // a word `r` rows and `l` lanes from the start is part of `LANES * (rows - r) - l` sums
    let mut sums = (0, 0);
    for lane in 0..LANES {
        let plain = u64::from(plain[lane]);
        sums.0 += plain;
        sums.1 += LANES as u64 * u64::from(running[lane]) - lane as u64 * plain;
    }
    sums
}

fn short_sums(piece: &[u8]) -> (u64, u64) {
    let n = piece.len().div_ceil(2);
    let mut sums = (0, 0);
    for (i, pair) in piece.chunks(2).enumerate() {
        let word = u64::from(pair[0]) << 8 | pair.get(1).map_or(0, |&b| u64::from(b));
        sums.0 += word;
        sums.1 += word * (n - i) as u64;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums one word at a time.
    fn plain(data: &[u8]) -> u32 {
        let (mut a, mut b, mut any) = (0u64, 0u64, false);
        for pair in data.chunks(2) {
            let word = u64::from(pair[0]) << 8 | pair.get(1).map_or(0, |&b| u64::from(b));
            any |= word > 0;
            a = (a + word) % 65535;
            b = (b + a) % 65535;
        }
        let folded = |n: u64| if n == 0 && any { 65535 } else { n as u32 };
        folded(b) << 16 | folded(a)
    }

    #[test]
    fn sums_of_every_length() {
        let data: Vec<u8> =
            (0..40_000u32).map(|i| (i.wrapping_mul(2654435761) >> 11) as u8).collect();
        for n in (0..700).chain([8191, 8192, 8193, 20_001, 40_000]) {
            assert_eq!(checksum(&data[..n]), plain(&data[..n]), "{n} bytes");
        }
        let full = vec![255u8; 30_001];
        assert_eq!(checksum(&full), plain(&full));
        assert_eq!(checksum(&[0; 500]), 0);
    }
}
