//! The szip filter (number 4), decoding only.
//!
//! HDF5 is built here without szip. Its layout in a chunk: the decoded size as 4 little-endian
//! bytes, then the coded bytes, with four parameters in the pipeline: options, pixels a block,
//! bits a pixel, pixels a scanline (HDF5's `H5Zszip.c`). Pixels of 32 and 64 bits are coded as
//! bytes, plane after plane, and scanlines are padded to whole blocks, as libaec's `szlib` does.

use std::ffi::{c_uint, c_void};

use super::aec;
use super::ffi::{H5Z_class2_t, H5Z_register};

const SZIP: i32 = 4;
const REVERSE: c_uint = 0x0100;
const OPTION_MSB: u32 = 16;
const OPTION_NN: u32 = 32;

/// Makes the library decode szip. Needs the lock.
pub(super) fn register() {
    let class = H5Z_class2_t {
        version: 1,
        id: SZIP,
        encoder_present: 0,
        decoder_present: 1,
        name: c"szip".as_ptr(),
        can_apply: None,
        set_local: None,
        filter: Some(filter),
    };
    // SAFETY: HDF5 copies the class, whose function and name live as long as the program.
    unsafe { H5Z_register(&class) };
}

unsafe extern "C" fn filter(
    flags: c_uint,
    n: usize,
    values: *const c_uint,
    nbytes: usize,
    buf_size: *mut usize,
    buf: *mut *mut c_void,
) -> usize {
    if flags & REVERSE == 0 || n < 4 {
        return 0;
    }
    // SAFETY: HDF5 gives `n` values, and a buffer from malloc with `nbytes` bytes in it.
    let (values, coded) = unsafe {
        (
            std::slice::from_raw_parts(values, n),
            std::slice::from_raw_parts((*buf).cast::<u8>(), nbytes),
        )
    };
    let decoded = std::panic::catch_unwind(|| decode(values, coded)).ok().flatten();
    let Some(decoded) = decoded else { return 0 };
    // SAFETY: the old buffer came from malloc, and so does the new one, as HDF5 demands.
    unsafe {
        let fresh = libc::malloc(decoded.len().max(1));
        if fresh.is_null() {
            return 0;
        }
        std::ptr::copy_nonoverlapping(decoded.as_ptr(), fresh.cast(), decoded.len());
        libc::free(*buf);
        *buf = fresh;
        *buf_size = decoded.len();
    }
    decoded.len()
}

fn decode(values: &[u32], chunk: &[u8]) -> Option<Vec<u8>> {
    let size = u32::from_le_bytes(chunk.get(..4)?.try_into().ok()?) as usize;
    let coded = &chunk[4..];
    let (options, block, bits, line) =
        (values[0], values[1], values[2], usize::try_from(values[3]).ok()?);
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
