//! shuffle (number 2): the first bytes of all elements, then all second bytes, and so on; what is
//! left over at the end stays where it is.
//!
//! Undoing it is a transposition of planes. It is done in groups of 8, 4 and 2 planes, of which
//! 16 elements at a time are interleaved in registers; any element size is a sum of such groups.

/// Shuffled bytes, of which elements can be taken without undoing the whole.
#[derive(Clone, Copy)]
pub(in crate::store) struct Planes<'a> {
    bytes: &'a [u8],
    size: usize,
    /// Elements of a plane.
    n: usize,
}

impl<'a> Planes<'a> {
    /// The planes of elements of `size` bytes.
    pub fn new(bytes: &'a [u8], size: usize) -> Planes<'a> {
        let size = size.max(1);
        Planes { bytes, size, n: bytes.len() / size }
    }

    /// Bytes of an element.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Writes the elements from the one at `first` on into `out`, as many as fit.
    pub fn elements(&self, first: usize, out: &mut [u8]) {
        let count = (out.len() / self.size).min(self.n.saturating_sub(first));
        let out = &mut out[..count * self.size];
        let mut plane = 0;
        while plane < self.size {
            let at = |k: usize| {
                let start = (plane + k) * self.n + first;
                &self.bytes[start..start + count]
            };
            plane += match self.size - plane {
                8.. => {
                    weave(
                        [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)],
                        out,
                        plane,
                        self.size,
                    );
                    8
                }
                4.. => {
                    weave([at(0), at(1), at(2), at(3)], out, plane, self.size);
                    4
                }
                2.. => {
                    weave([at(0), at(1)], out, plane, self.size);
                    2
                }
                _ => {
                    if self.size == 1 {
                        out.copy_from_slice(at(0));
                    } else {
                        for (item, &byte) in out.chunks_exact_mut(self.size).zip(at(0)) {
                            item[plane] = byte;
                        }
                    }
                    1
                }
            };
        }
    }

    /// Writes the element at `index` into `out`.
    pub fn element(&self, index: usize, out: &mut [u8]) {
        for (k, byte) in out.iter_mut().enumerate().take(self.size) {
            *byte = self.bytes[k * self.n + index];
        }
    }
}

/// Undoes the shuffle of elements of `size` bytes. Both slices are equally long.
pub(super) fn undo(shuffled: &[u8], size: usize, out: &mut [u8]) {
    let planes = Planes::new(shuffled, size);
    let whole = planes.n * planes.size;
    planes.elements(0, &mut out[..whole]);
    out[whole..].copy_from_slice(&shuffled[whole..]);
}

/// Writes `W` planes side by side into the elements of `out`, `offset` bytes from the start of
/// each.
fn weave<const W: usize>(planes: [&[u8]; W], out: &mut [u8], offset: usize, size: usize) {
    const LANES: usize = 16;
    let n = planes[0].len();
    let whole = n - n % LANES;
    for i in (0..whole).step_by(LANES) {
        let mut rows = [[0u8; LANES]; W];
        for (row, plane) in rows.iter_mut().zip(planes) {
            row.copy_from_slice(&plane[i..i + LANES]);
        }
        let woven = interleave(rows);
        let out = &mut out[i * size..(i + LANES) * size];
        if size == W {
            for (to, from) in out.chunks_exact_mut(LANES).zip(&woven) {
                to.copy_from_slice(from);
            }
        } else {
            let items = woven.as_flattened().chunks_exact(W);
            for (to, from) in out.chunks_exact_mut(size).zip(items) {
                to[offset..offset + W].copy_from_slice(from);
            }
        }
    }
    for i in whole..n {
        for (k, plane) in planes.iter().enumerate() {
            out[i * size + offset + k] = plane[i];
        }
    }
}

/// Sixteen elements out of `W` rows of bytes: the rows of each half of the planes are
/// interleaved in turn, which doubles what stands together.
#[inline(always)]
fn interleave<const W: usize>(mut rows: [[u8; 16]; W]) -> [[u8; 16]; W] {
    let mut done = 1;
    while done < W {
        let mut next = [[0u8; 16]; W];
        for i in 0..W / 2 {
            // after each step, row i holds the elements that follow those of row i - 1
            let (low, high) = zip(rows[i], rows[i + W / 2]);
            next[2 * i] = low;
            next[2 * i + 1] = high;
        }
        rows = next;
        done *= 2;
    }
    rows
}

/// The bytes of `a` and `b` in turn: those of their first halves, then of their second halves.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn zip(a: [u8; 16], b: [u8; 16]) -> ([u8; 16], [u8; 16]) {
    use std::arch::x86_64::{__m128i, _mm_unpackhi_epi8, _mm_unpacklo_epi8};
    // SAFETY: both types are 16 plain bytes, and every x86-64 has these instructions.
    unsafe {
        let a: __m128i = std::mem::transmute(a);
        let b: __m128i = std::mem::transmute(b);
        (
            std::mem::transmute::<__m128i, [u8; 16]>(_mm_unpacklo_epi8(a, b)),
            std::mem::transmute::<__m128i, [u8; 16]>(_mm_unpackhi_epi8(a, b)),
        )
    }
}

/// The bytes of `a` and `b` in turn: those of their first halves, then of their second halves.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn zip(a: [u8; 16], b: [u8; 16]) -> ([u8; 16], [u8; 16]) {
    let (mut low, mut high) = ([0; 16], [0; 16]);
    for i in 0..8 {
        (low[2 * i], low[2 * i + 1]) = (a[i], b[i]);
        (high[2 * i], high[2 * i + 1]) = (a[i + 8], b[i + 8]);
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_and_length() {
        let data: Vec<u8> = (0..3000u32).map(|i| (i * 7 + i / 256) as u8).collect();
        for size in (1..20).chain([24, 31, 33]) {
            for n in [0, 1, 5, 15, 16, 17, 40, 64] {
                let whole = &data[..n * size];
                let mut shuffled = vec![0; whole.len()];
                for (i, item) in whole.chunks(size).enumerate() {
                    for (k, &byte) in item.iter().enumerate() {
                        shuffled[k * n + i] = byte;
                    }
                }
                shuffled.extend_from_slice(&[7, 8, 9][..(size - 1).min(3)]);
                let mut out = vec![0; shuffled.len()];
                undo(&shuffled, size, &mut out);
                assert_eq!(&out[..whole.len()], whole, "{n} elements of {size}");
                assert_eq!(out[whole.len()..], shuffled[whole.len()..]);
                if n > 4 {
                    let planes = Planes::new(&shuffled[..whole.len()], size);
                    let mut some = vec![0; (n - 4) * size];
                    planes.elements(3, &mut some);
                    assert_eq!(some, whole[3 * size..(n - 1) * size]);
                    planes.element(2, &mut some[..size]);
                    assert_eq!(some[..size], whole[2 * size..3 * size]);
                }
            }
        }
    }
}
