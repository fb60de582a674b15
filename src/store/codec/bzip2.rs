//! bzip2 (number 307): one bzip2 stream.

use bzip2::{Decompress, Status};

use super::{Fault, Tools};

/// Decodes a chunk.
pub(super) fn decode(
    _: &mut Tools,
    _: &[u32],
    coded: &[u8],
    out: &mut [u8],
) -> Result<usize, Fault> {
    let mut stream = Decompress::new(false);
    let mut spare = [0u8; 1];
    loop {
        let (read, made) = (stream.total_in() as usize, stream.total_out() as usize);
        let full = made >= out.len();
        let rest = coded.get(read..).unwrap_or_default();
        let room = if full { &mut spare[..] } else { &mut out[made..] };
        let broken = |_| Fault::Damaged("its bzip2 stream is damaged");
        let status = stream.decompress(rest, room).map_err(broken)?;
        let now = stream.total_out() as usize;
        if full && now > made {
            return Err(Fault::Room);
        }
        if status == Status::StreamEnd {
            return Ok(now);
        }
        if now == made && stream.total_in() as usize == read {
            return Err(Fault::Damaged("its bzip2 stream is cut short"));
        }
    }
}
