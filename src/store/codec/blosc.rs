//! blosc (number 32001), and the chunks inside blosc2: blocks, filtered and then coded.
//!
//! A chunk begins with 16 bytes: the format's version, that of the codec, flags, the element's
//! size; then, least significant byte first, the decoded size, a block's size, the coded size.
//! Flags: 1 shuffle, 2 stored as it is, 4 shuffle of bits, 8 delta, 16 blocks are one stream each,
//! 32 to 128 the codec. Then each block's place. A block is one stream or as many as an element
//! has bytes, each with its coded size before it; one as long coded as decoded is stored as it is.
//!
//! Blosc 2 sets both shuffle flags to say that 16 more bytes follow: six filters, a codec, six
//! parameters of filters, and more flags, among which whether all elements are alike. There, a
//! stream of size zero is zeros, and one of negative size repeats a byte.

use super::{
    Fault, Size, Tools, bitshuffle, blosclz, deflate, head, le32, lz4, part, room, shuffle, zstd,
};

const STORED: u8 = 2;
const DELTA_FLAG: u8 = 8;
const ONE_STREAM: u8 = 16;
const FILTERS: usize = 6;
/// The largest block that either library reads.
const LARGEST_BLOCK: usize = 536_866_816;

/// What the header says.
pub(super) fn size(_: &[u32], chunk: &[u8]) -> Size {
    le32(chunk, 4).map_or(Size::Unknown, |n| Size::Known(n.into()))
}

/// Decodes a chunk.
pub(super) fn decode(
    tools: &mut Tools,
    _: &[u32],
    chunk: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    decode_chunk(tools, chunk, out)
}

/// Elements that are all alike, of which nothing else is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alike {
    Zero,
    Nan,
    /// The value that follows the header.
    Value,
    /// Whatever: nothing was written.
    Any,
}

/// A chunk's header, found possible.
struct Header {
    /// The format's version: up to 2 it is Blosc 1's.
    version: u8,
    flags: u8,
    element: usize,
    decoded: usize,
    block: usize,
    /// Bytes of the header.
    length: usize,
    filters: [u8; FILTERS],
    settings: [u8; FILTERS],
    alike: Option<Alike>,
}

const BYTES: u8 = 1;
const BITS: u8 = 2;
const DELTA: u8 = 3;
/// Bits were cut off before coding: nothing is to be undone.
const CUT_BITS: u8 = 4;

impl Header {
    fn of(chunk: &[u8]) -> Result<Header, Fault> {
        let first = part(chunk, 0, 16)?;
        let (version, flags, element) = (first[0], first[2], usize::from(first[3]));
        let (decoded, block) = (le32(chunk, 4)? as usize, le32(chunk, 8)? as usize);
        if version == 0 || version > 5 {
            return Err(Fault::Damaged("its blosc format is unknown"));
        }
        let (mut filters, mut settings, mut alike) = ([0; FILTERS], [0; FILTERS], None);
        let extended = version > 2 && flags & 5 == 5;
        let length = if extended { 32 } else { 16 };
        if extended {
            let more = part(chunk, 16, 16)?;
            filters.copy_from_slice(&more[..6]);
            settings.copy_from_slice(&more[8..14]);
            // a dictionary, a chunk whose blocks are elsewhere, and a codec under observation
            if more[15] & 0x89 != 0 {
                return Err(Fault::Damaged("it is of a kind of blosc2 that is not known here"));
            }
            alike = match more[15] >> 4 & 7 {
                0 => None,
                1 => Some(Alike::Zero),
                2 => Some(Alike::Nan),
                3 => Some(Alike::Value),
                4 => Some(Alike::Any),
                _ => return Err(Fault::Damaged("its elements are of an unknown kind (blosc2)")),
            };
        } else {
            let shuffle = match flags & 5 {
                1 => BYTES,
                4 => BITS,
                5 => return Err(Fault::Damaged("it is shuffled in two ways (blosc)")),
                _ => 0,
            };
            filters[FILTERS - 1] = shuffle;
            if flags & DELTA_FLAG != 0 {
                if version <= 2 {
                    return Err(Fault::Damaged("its blosc flags are unknown"));
                }
                filters[FILTERS - 2] = DELTA;
            }
        }
        let block = block.min(decoded.max(1));
        if element == 0 || block == 0 || block > LARGEST_BLOCK {
            return Err(Fault::Damaged("its blosc header is damaged"));
        }
        Ok(Header { version, flags, element, decoded, block, length, filters, settings, alike })
    }

    /// How many streams a whole block is in.
    fn streams(&self) -> usize {
        // before the flag was introduced, the sizes told
        let small = self.version <= 2 && (self.element > 16 || self.block / self.element < 128);
        if self.flags & ONE_STREAM != 0 || small { 1 } else { self.element }
    }
}

/// Decodes a chunk of either Blosc.
pub(super) fn decode_chunk(
    tools: &mut Tools,
    chunk: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    let header = Header::of(chunk)?;
    let out = head(out, header.decoded as u64)?;
    if let Some(alike) = header.alike {
        let coded = le32(chunk, 12)? as usize;
        let value = match alike {
            Alike::Value => part(chunk, header.length, coded.saturating_sub(header.length))?,
            _ => &[],
        };
        fill(alike, header.element, value, out)?;
        return Ok(header.decoded);
    }
    if header.flags & STORED != 0 {
        out.copy_from_slice(part(chunk, header.length, header.decoded)?);
        return Ok(header.decoded);
    }
    let blocks = header.decoded.div_ceil(header.block);
    // each block's place takes four bytes
    part(chunk, header.length, blocks.saturating_mul(4))?;
    // taken out, so that the codecs may use the other tools
    let mut buffers = (std::mem::take(&mut tools.block), std::mem::take(&mut tools.second));
    let done = (0..blocks).try_for_each(|i| {
        let at = le32(chunk, header.length + 4 * i)? as usize;
        let start = i * header.block;
        let (before, rest) = out.split_at_mut(start);
        let n = header.block.min(rest.len());
        let (buffer, second) = (&mut buffers.0, &mut buffers.1);
        block(tools, &header, chunk, at, before, &mut rest[..n], buffer, second)
    });
    (tools.block, tools.second) = buffers;
    done.map(|()| header.decoded)
}

/// Decodes a block into `out`, which follows what was decoded `before`.
#[allow(clippy::too_many_arguments)]
fn block(
    tools: &mut Tools,
    header: &Header,
    chunk: &[u8],
    at: usize,
    before: &[u8],
    out: &mut [u8],
    buffer: &mut Vec<u8>,
    second: &mut Vec<u8>,
) -> Result<(), Fault> {
    let undone: fn(u8) -> bool = |f| f != 0 && f != CUT_BITS;
    let shuffles = header.filters.iter().filter(|&&f| undone(f) && f != DELTA).count();
    let streams = if out.len() == header.block { header.streams() } else { 1 };
    let codec = header.flags >> 5;
    let old = header.version <= 2;
    if shuffles == 0 {
        decode_streams(tools, codec, old, chunk, at, streams, out)?;
    } else {
        let coded = room(buffer, out.len())?;
        decode_streams(tools, codec, old, chunk, at, streams, coded)?;
    }
    let mut left = shuffles;
    for (&filter, &setting) in header.filters.iter().zip(&header.settings).rev() {
        match filter {
            BYTES | BITS => {
                let size =
                    if filter == BYTES && setting != 0 { setting.into() } else { header.element };
                let whole = header.version <= 2 && !(out.len() / size).is_multiple_of(8);
                let from = room(buffer, out.len())?;
                match filter {
                    BYTES => shuffle::undo(from, size, out),
                    // Blosc 1 left blocks alone that are not of whole eights
                    _ if whole => out.copy_from_slice(from),
                    _ => {
                        let n = out.len() / (8 * size) * (8 * size);
                        bitshuffle::undo(&from[..n], size, &mut out[..n], second)?;
                        out[n..].copy_from_slice(&from[n..]);
                    }
                }
                left -= 1;
                if left > 0 {
                    from.copy_from_slice(out);
                }
            }
            DELTA if left == 0 => undo_delta(before, header.element, out),
            f if !undone(f) => {}
            _ => return Err(Fault::Damaged("its blosc2 filters are not known here")),
        }
    }
    Ok(())
}

/// Decodes the streams at `at`, which together fill `out`.
fn decode_streams(
    tools: &mut Tools,
    codec: u8,
    old: bool,
    chunk: &[u8],
    mut at: usize,
    streams: usize,
    out: &mut [u8],
) -> Result<(), Fault> {
    let n = out.len() / streams.max(1);
    if n == 0 || n * streams != out.len() {
        return Err(Fault::Damaged("its blosc blocks are not of whole elements"));
    }
    for out in out.chunks_exact_mut(n) {
        let length = le32(chunk, at)?.cast_signed();
        at += 4;
        if length < 0 && !old {
            if part(chunk, at, 1)?[0] & 1 == 0 || length < -255 {
                return Err(Fault::Damaged("its blosc2 stream is of an unknown kind"));
            }
            out.fill(length.unsigned_abs() as u8);
            at += 1;
            continue;
        }
        if length == 0 && !old {
            out.fill(0);
            continue;
        }
        let length = usize::try_from(length).map_err(|_| Fault::Damaged("a stream has no size"))?;
        let coded = part(chunk, at, length)?;
        at += length;
        if length == n {
            out.copy_from_slice(coded);
            continue;
        }
        let made = match codec {
            0 => blosclz::decode(coded, out)?,
            1 => lz4::exactly(coded, out).map(|()| n)?,
            2 if old => snap::raw::Decoder::new()
                .decompress(coded, out)
                .map_err(|_| Fault::Damaged("its snappy data are damaged"))?,
            3 => deflate::inflate(tools, coded, out)?,
            4 => zstd::inflate(tools, coded, out)?,
            _ => return Err(Fault::Damaged("its blosc codec is not known here")),
        };
        if made != n {
            return Err(Fault::Damaged("a blosc stream is too short"));
        }
    }
    Ok(())
}

/// Undoes the differences: in the first block to the element before, in others to the first
/// block's bytes.
fn undo_delta(before: &[u8], element: usize, out: &mut [u8]) {
    let width = match element {
        1 | 2 | 4 | 8 => element,
        n if n.is_multiple_of(8) => 8,
        _ => 1,
    };
    let whole = out.len() / width * width;
    if before.is_empty() {
        for i in width..whole {
            out[i] ^= out[i - width];
        }
    } else {
        for (byte, first) in out[..whole].iter_mut().zip(before) {
            *byte ^= first;
        }
    }
}

/// Fills `out` with elements that are all alike.
pub(super) fn fill(
    alike: Alike,
    element: usize,
    value: &[u8],
    out: &mut [u8],
) -> Result<(), Fault> {
    let repeat = |value: &[u8], out: &mut [u8]| {
        for item in out.chunks_exact_mut(value.len()) {
            item.copy_from_slice(value);
        }
    };
    match alike {
        Alike::Zero | Alike::Any => out.fill(0),
        Alike::Nan if element == 4 => repeat(&f32::NAN.to_le_bytes(), out),
        Alike::Nan if element == 8 => repeat(&f64::NAN.to_le_bytes(), out),
        Alike::Value if !value.is_empty() && out.len().is_multiple_of(value.len()) => {
            repeat(value, out);
        }
        _ => return Err(Fault::Damaged("its elements are of an unknown kind (blosc2)")),
    }
    Ok(())
}
