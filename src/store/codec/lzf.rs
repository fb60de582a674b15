//! lzf (number 32000): LibLZF's format, of literals and of copies from up to 8 KiB back.
//!
//! A byte below 32 begins that many and one more literals. Else its top three bits are a copy's
//! length less two (7: another byte is added), its low five bits and the next byte the distance
//! less one.

use super::{Fault, Tools};

/// Decodes a chunk.
pub(super) fn decode(
    _: &mut Tools,
    _: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    let cut = Fault::Damaged("its lzf data are cut short");
    let (mut at, mut made) = (0, 0);
    while let Some(&control) = coded.get(at) {
        at += 1;
        let control = usize::from(control);
        if control < 32 {
            let n = control + 1;
            let literals = coded.get(at..at + n).ok_or(cut)?;
            out.get_mut(made..made + n).ok_or(Fault::Room)?.copy_from_slice(literals);
            at += n;
            made += n;
            continue;
        }
        let mut n = control >> 5;
        if n == 7 {
            n += usize::from(*coded.get(at).ok_or(cut)?);
            at += 1;
        }
        n += 2;
        let back = ((control & 31) << 8 | usize::from(*coded.get(at).ok_or(cut)?)) + 1;
        at += 1;
        copy_back(out, made, back, n)?;
        made += n;
    }
    Ok(made)
}

/// Writes `n` bytes at `made` that repeat those `back` before it.
pub(super) fn copy_back(out: &mut [u8], made: usize, back: usize, n: usize) -> Result<(), Fault> {
    if made.checked_add(n).is_none_or(|end| end > out.len()) {
        return Err(Fault::Room);
    }
    let outside = Fault::Damaged("it refers to bytes before its beginning");
    let from = made.checked_sub(back).ok_or(outside)?;
    match back {
        0 => return Err(outside),
        1 => {
            let byte = out[from];
            out[made..made + n].fill(byte);
        }
        _ if back >= n => out.copy_within(from..from + n, made),
        _ => {
            // the repeated part doubles with each copy
            let mut done = 0;
            while done < n {
                let piece = (back + done).min(n - done);
                out.copy_within(from..from + piece, made + done);
                done += piece;
            }
        }
    }
    Ok(())
}
