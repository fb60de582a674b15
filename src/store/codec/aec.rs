//! The entropy code under szip: CCSDS 121.0-B, decoded.
//!
//! A stream is intervals of `rsi` blocks of `block` samples. A block begins with an option: zeros,
//! pairs ("second extension"), a split at `k` bits, or plain samples. With `predict`, the first
//! sample of an interval stands as it is and all others are differences to the one before, folded
//! into unsigned numbers (CCSDS 121.0-B-3, sections 3 and 4).
//!
//! Why our own: the crates that exist want libclang to build (libaec-sys) or refuse what szip
//! writes, such as blocks of four samples and streams without prediction (rust-aec 0.1.1).

/// How a stream was coded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Params {
    /// Bits of a sample, 1 to 32.
    pub bits: u32,
    /// Samples of a block.
    pub block: usize,
    /// Blocks of an interval.
    pub rsi: usize,
    /// Whether differences were coded.
    pub predict: bool,
}

/// Decodes `samples` samples; none where the stream is broken.
pub(super) fn decode(coded: &[u8], p: Params, samples: usize) -> Option<Vec<u32>> {
    if p.block == 0 || p.rsi == 0 || !(1..=32).contains(&p.bits) {
        return None;
    }
    let mut input = Bits { bytes: coded, at: 0, word: 0, left: 0 };
    let mut out: Vec<u32> = Vec::new();
    // every interval costs input, but for zeros, of which a bit stands for at most 64 blocks
    out.try_reserve(samples.min(coded.len().saturating_mul(8 * 64 * p.block))).ok()?;
    while out.len() < samples {
        let start = out.len();
        interval(&mut input, p, samples - start, &mut out)?;
        if p.predict {
            undo_prediction(&mut out[start..], p.bits);
        }
    }
    Some(out)
}

/// The end of zeros that runs to the end of the interval, or to a multiple of 64 blocks.
const REST_OF_SEGMENT: usize = 5;

fn interval(input: &mut Bits, p: Params, most: usize, out: &mut Vec<u32>) -> Option<()> {
    let option_bits = match p.bits {
        ..=8 => 3,
        9..=16 => 4,
        _ => 5,
    };
    let plain = (1 << option_bits) - 1;
    let start = out.len();
    let end = start + most.min(p.block * p.rsi);
    while out.len() < end {
        let reference = usize::from(p.predict && out.len() == start);
        let block_start = out.len();
        let option = input.take(option_bits)?;
        if option == 0 {
            let pairs = input.take(1)? == 1;
            if reference == 1 {
                out.push(input.take(p.bits)?);
            }
            if pairs {
                second_extension(input, reference, p.block, out)?;
            } else {
                let done = (block_start - start) / p.block;
                let blocks = match input.unary()? as usize + 1 {
                    REST_OF_SEGMENT => (p.rsi - done).min(64 - done % 64),
                    n if n > REST_OF_SEGMENT => n - 1,
                    n => n,
                };
                let stop = (block_start + blocks * p.block).min(end);
                out.resize(stop.max(out.len()), 0);
            }
        } else if option == plain {
            for _ in 0..p.block {
                out.push(input.take(p.bits)?);
            }
        } else {
            let k = option - 1;
            if reference == 1 {
                out.push(input.take(p.bits)?);
            }
            let from = out.len();
            for _ in reference..p.block {
                out.push(input.unary()?.checked_shl(k)?);
            }
            if k > 0 {
                for value in &mut out[from..] {
                    *value |= input.take(k)?;
                }
            }
        }
    }
    out.truncate(end);
    Some(())
}

/// Pairs of small numbers as one: `m` counts the pairs by their sum, then by the second.
fn second_extension(
    input: &mut Bits,
    reference: usize,
    block: usize,
    out: &mut Vec<u32>,
) -> Option<()> {
    let mut i = reference;
    while i < block {
        let m = input.unary()?;
        if m > 90 {
            return None;
        }
        let (mut sum, mut first) = (0, 0);
        while first + sum < m {
            sum += 1;
            first += sum;
        }
        let second = m - first;
        if i.is_multiple_of(2) {
            out.push(sum - second);
            i += 1;
        }
        out.push(second);
        i += 1;
    }
    Some(())
}

/// Turns folded differences back into samples, the first of which stands as it is.
fn undo_prediction(samples: &mut [u32], bits: u32) {
    let top = u32::MAX >> (32 - bits);
    let middle = top / 2 + 1;
    let Some((first, rest)) = samples.split_first_mut() else {
        return;
    };
    let mut x = *first;
    for sample in rest {
        let d = *sample;
        let mask = if x & middle == 0 { 0 } else { top };
        if (d >> 1) + (d & 1) <= mask ^ x {
            let sign = !(d & 1).wrapping_sub(1);
            x = x.wrapping_add((d >> 1) ^ sign);
        } else {
            x = mask ^ d;
        }
        *sample = x;
    }
}

/// Bits from the most significant on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    word: u64,
    left: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.left <= 56
            && let Some(&byte) = self.bytes.get(self.at)
        {
            self.word |= u64::from(byte) << (56 - self.left);
            self.left += 8;
            self.at += 1;
        }
    }

    fn take(&mut self, n: u32) -> Option<u32> {
        if n == 0 {
            return Some(0);
        }
        self.fill();
        if self.left < n {
            return None;
        }
        let value = self.word >> (64 - n);
        self.word <<= n;
        self.left -= n;
        Some(value as u32)
    }

    /// Zeros before the next one.
    fn unary(&mut self) -> Option<u32> {
        let mut n = 0;
        loop {
            self.fill();
            let zeros = self.word.leading_zeros();
            if zeros < self.left {
                self.word = self.word << zeros << 1;
                self.left -= zeros + 1;
                return Some(n + zeros);
            }
            if self.at == self.bytes.len() {
                return None;
            }
            n += self.left;
            (self.word, self.left) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Broken input gives an error, or some samples, in bounded time; never a panic.
    #[test]
    fn random_bytes_do_no_harm() {
        let mut seed = 1u64;
        for _ in 0..2000 {
            let coded: Vec<u8> = (0..40)
                .map(|_| {
                    seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
                    (seed >> 56) as u8 & (seed >> 48) as u8
                })
                .collect();
            let bits = 1 + (seed >> 33) as u32 % 32;
            let p = Params { bits, block: 8, rsi: 4, predict: seed.is_multiple_of(2) };
            if let Some(out) = decode(&coded, p, 500) {
                assert_eq!(out.len(), 500);
            }
        }
    }
}
