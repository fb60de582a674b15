//! gzip in HDF5's words (number 1): a zlib stream.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Fault, Tools};

/// A decoder that is used again from chunk to chunk.
pub(super) type Inflate = Decompress;

/// Decodes a chunk.
pub(super) fn decode(
    t: &mut Tools,
    _: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    inflate(t, coded, out)
}

/// Decodes one zlib stream, which must end; bytes after it are passed over.
pub(super) fn inflate(tools: &mut Tools, coded: &[u8], out: &mut [u8]) -> Result<usize, Fault> {
    let stream = tools.inflate.get_or_insert_with(|| Decompress::new(true));
    stream.reset(true);
    let broken = |_| Fault::Damaged("its deflate stream is damaged");
    let flush = FlushDecompress::Finish;
    let mut spare = [0u8; 1];
    loop {
        let (read, made) = (stream.total_in() as usize, stream.total_out() as usize);
        let full = made >= out.len();
        let rest = coded.get(read..).unwrap_or_default();
        // with the output full, one byte of room lets the stream's end be read, or shows more
        let room = if full { &mut spare[..] } else { &mut out[made..] };
        let status = stream.decompress(rest, room, flush).map_err(broken)?;
        let now = stream.total_out() as usize;
        if full && now > made {
            return Err(Fault::Room);
        }
        if status == Status::StreamEnd {
            return Ok(now);
        }
        if now == made && stream.total_in() as usize == read {
            return Err(Fault::Damaged("its deflate stream is cut short"));
        }
    }
}
