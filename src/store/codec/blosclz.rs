//! BloscLZ, Blosc's own codec: a kin of FastLZ.
//!
//! A control byte below 32 begins that many and one more literals; of the first one only the low
//! five bits count. Else its top three bits are a copy's length plus one, of at least three; 7 is
//! followed by bytes to be added, up to one that is not 255. The low five bits and the next byte
//! are the distance less one; where all of those bits are set, two more bytes are added to the
//! largest such distance.

use super::Fault;
use super::lzf::copy_back;

/// The largest distance of the short form.
const NEAR: usize = 8191;

/// Decodes a stream; how many bytes it made.
pub(super) fn decode(coded: &[u8], out: &mut [u8]) -> Result<usize, Fault> {
    let cut = Fault::Damaged("its blosclz data are cut short");
    let (mut at, mut made) = (0, 0);
    let Some(&first) = coded.first() else {
        return Ok(0);
    };
    let mut control = usize::from(first & 31);
    loop {
        at += 1;
        if control < 32 {
            let n = control + 1;
            let literals = coded.get(at..at + n).ok_or(cut)?;
            out.get_mut(made..made + n).ok_or(Fault::Room)?.copy_from_slice(literals);
            at += n;
            made += n;
        } else {
            let mut next = || {
                let byte = coded.get(at).copied().ok_or(cut).map(usize::from);
                at += 1;
                byte
            };
            let mut n = (control >> 5) - 1;
            if n == 6 {
                loop {
                    let more = next()?;
                    n += more;
                    if more != 255 {
                        break;
                    }
                }
            }
            n += 3;
            let mut back = (control & 31) << 8;
            let low = next()?;
            if low == 255 && back == 31 << 8 {
                back = NEAR + (next()? << 8);
                back += next()?;
            } else {
                back += low;
            }
            copy_back(out, made, back + 1, n)?;
            made += n;
        }
        match coded.get(at) {
            Some(&byte) => control = usize::from(byte),
            None => return Ok(made),
        }
    }
}
