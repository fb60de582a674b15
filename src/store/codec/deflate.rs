//! gzip in HDF5's words (number 1): a zlib stream.

use libdeflater::{DecompressionError, Decompressor};

use super::{Fault, Tools};

/// A decoder that is used again from chunk to chunk.
pub(super) type Inflate = Decompressor;

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
    let stream = tools.inflate.get_or_insert_with(Decompressor::new);
    stream.zlib_decompress(coded, out).map_err(|e| match e {
        DecompressionError::InsufficientSpace => Fault::Room,
        DecompressionError::BadData => Fault::Damaged("its deflate stream is damaged"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "hello hello hello" by Python's zlib.
    const STREAM: [u8; 16] = [
        0x78, 0x9C, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0xC8, 0x40, 0x90, 0x00, 0x3A, 0x2E, 0x06,
        0x7D,
    ];

    #[test]
    fn streams_that_end_and_that_do_not() {
        let mut out = [0; 40];
        let mut tools = Tools::default();
        assert_eq!(inflate(&mut tools, &STREAM, &mut out), Ok(17));
        assert_eq!(&out[..17], b"hello hello hello");
        let mut longer = STREAM.to_vec();
        longer.extend_from_slice(b"more");
        assert_eq!(inflate(&mut tools, &longer, &mut out[..17]), Ok(17));
        assert_eq!(inflate(&mut tools, &STREAM, &mut out[..16]), Err(Fault::Room));
        assert!(inflate(&mut tools, &STREAM[..15], &mut out).is_err());
        assert!(inflate(&mut tools, &[], &mut out).is_err());
    }
}
