//! zstd (number 32015): one zstd frame.

use zstd::zstd_safe::{DCtx, get_frame_content_size};

use super::{Fault, Size, Tools};

/// A decoder that is used again from chunk to chunk.
pub(super) type Context = DCtx<'static>;

/// What the frame's header says.
pub(super) fn size(_: &[u32], coded: &[u8]) -> Size {
    match get_frame_content_size(coded) {
        Ok(Some(n)) => Size::Known(n),
        _ => Size::Unknown,
    }
}

/// Decodes a chunk.
pub(super) fn decode(
    t: &mut Tools,
    _: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    inflate(t, coded, out)
}

/// Decodes the frames of `coded`.
pub(super) fn inflate(tools: &mut Tools, coded: &[u8], out: &mut [u8]) -> Result<usize, Fault> {
    if tools.zstd.is_none() {
        tools.zstd = DCtx::try_create();
    }
    let context = tools.zstd.as_mut().ok_or(Fault::Damaged("zstd gives no decoder"))?;
    context.decompress(out, coded).map_err(|code| {
        // ZSTD_error_dstSize_tooSmall, 70 in zstd_errors.h, as the negative of a size
        if code.wrapping_neg() == 70 {
            Fault::Room
        } else {
            Fault::Damaged("its zstd frame is damaged")
        }
    })
}
