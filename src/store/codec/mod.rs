//! The filters of chunks, decoded on the thread that asks: one table, one file a family.
//!
//! [`TABLE`] says of every filter its number, its name and, where this build has it, its decoder.
//! Names for people, reads past the library ([`pipeline`]) and what the library is given
//! ([`register`]) all come from it.
//!
//! A decoder gets the filter's parameters, the coded bytes and a slice to decode into, and says
//! how many bytes it made. Chunks come from anywhere: no input may panic, read or write outside
//! its slices, or take more memory than the slice it was given is long, by a small factor.

use std::cell::Cell;

mod aec;
mod bitshuffle;
mod blosc;
mod blosc2;
mod blosclz;
mod bzip2;
mod deflate;
mod fletcher;
mod lz4;
mod lzf;
mod nbit;
mod pipeline;
mod register;
mod scaleoffset;
mod shuffle;
mod szip;
mod zstd;

pub(super) use pipeline::{Decoded, Pipeline};
pub(super) use register::register;
pub(super) use shuffle::Planes;

/// Why bytes could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// They are not what the filter writes.
    Damaged(&'static str),
    /// They decode to more than there is room for.
    Room,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fault::Damaged(why) => why,
            Fault::Room => "it decodes to more than a chunk holds",
        })
    }
}

/// What decoders keep from chunk to chunk, one set a thread.
#[derive(Default)]
pub(super) struct Tools {
    inflate: Option<deflate::Inflate>,
    zstd: Option<zstd::Context>,
    /// One block, decoded but still shuffled.
    block: Vec<u8>,
    /// The same, between two filters.
    second: Vec<u8>,
}

/// How many bytes a chunk decodes to, as far as its parameters and first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Known(u64),
    Unknown,
}

type Decode = fn(&mut Tools, &[u32], &[u8], &mut [u8]) -> Result<usize, Fault>;
type SizeOf = fn(&[u32], &[u8]) -> Size;

/// What a decoder does to its input.
#[derive(Clone, Copy)]
enum Kind {
    /// Rearranges bytes: as many come out as go in. The parameters hold the element's size.
    Shuffle,
    /// Cuts a checksum off the end, once it is found right.
    Checksum,
    /// Anything else.
    Coded { decode: Decode, size: SizeOf },
}

/// Who decodes a filter when the library reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// It has the filter itself.
    Library,
    /// It is given the decoder of this table.
    Ours,
}

/// A decoder of this build.
struct Codec {
    kind: Kind,
    inside: Inside,
}

/// One filter that is known by number.
pub(super) struct Known {
    id: i32,
    name: &'static str,
    codec: Option<Codec>,
}

const fn ours(id: i32, name: &'static str, decode: Decode, size: SizeOf) -> Known {
    let kind = Kind::Coded { decode, size };
    Known { id, name, codec: Some(Codec { kind, inside: Inside::Ours }) }
}

const fn both(id: i32, name: &'static str, kind: Kind) -> Known {
    Known { id, name, codec: Some(Codec { kind, inside: Inside::Library }) }
}

const fn named(id: i32, name: &'static str) -> Known {
    Known { id, name, codec: None }
}

const fn coded(decode: Decode) -> Kind {
    Kind::Coded { decode, size: |_, _| Size::Unknown }
}

/// Every filter that is known: HDF5's own in h5py's words, then the HDF Group's list of
/// registered ones. An encoder, where one is wanted, belongs beside the decoder in `Codec`.
static TABLE: &[Known] = &[
    both(1, "gzip", coded(deflate::decode)),
    both(2, "shuffle", Kind::Shuffle),
    both(3, "fletcher32", Kind::Checksum),
    ours(4, "szip", szip::decode, szip::size),
    both(5, "nbit", coded(nbit::decode)),
    both(6, "scaleoffset", coded(scaleoffset::decode)),
    named(305, "lzo"),
    ours(307, "bzip2", bzip2::decode, |_, _| Size::Unknown),
    both(32000, "lzf", coded(lzf::decode)),
    ours(32001, "blosc", blosc::decode, blosc::size),
    named(32002, "mafisc"),
    named(32003, "snappy"),
    ours(32004, "lz4", lz4::decode, lz4::size),
    named(32005, "apax"),
    named(32006, "cbf"),
    named(32007, "jpeg-xr"),
    ours(32008, "bitshuffle", bitshuffle::decode, bitshuffle::size),
    named(32009, "spdp"),
    named(32010, "lpc-rice"),
    named(32011, "ccsds-123"),
    named(32012, "jpeg-ls"),
    named(32013, "zfp"),
    named(32014, "fpzip"),
    ours(32015, "zstd", zstd::decode, zstd::size),
    named(32016, "b3d"),
    named(32017, "sz"),
    named(32018, "fcidecomp"),
    named(32019, "jpeg"),
    named(32020, "vbz"),
    named(32021, "fapec"),
    named(32022, "bitgroom"),
    named(32023, "granular-bitround"),
    named(32024, "sz3"),
    named(32025, "delta-rice"),
    ours(32026, "blosc2", blosc2::decode, blosc2::size),
    named(32028, "h5z-j2k"),
    named(32029, "hcompress"),
];

/// What is known of a filter.
fn known(id: i32) -> Option<&'static Known> {
    TABLE.iter().find(|k| k.id == id)
}

/// The name people know a filter by.
pub(super) fn name(id: i32) -> Option<&'static str> {
    known(id).map(|k| k.name)
}

/// A thread's buffers and decoders: taken for a read, given back after it.
#[derive(Default)]
pub(super) struct Scratch {
    /// Coded and half decoded bytes, in turn.
    pub buffers: [Vec<u8>; 2],
    pub tools: Tools,
}

/// The most that each buffer of a thread keeps between reads.
const KEPT: usize = 16 << 20;

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends the thread's scratch. Buffers that grew large are given back to the system.
pub(super) fn with_scratch<T>(f: impl FnOnce(&mut Scratch) -> T) -> T {
    let mut scratch = SCRATCH.take().unwrap_or_default();
    let answer = f(&mut scratch);
    let Scratch { buffers: [a, b], tools } = &mut *scratch;
    for buffer in [a, b, &mut tools.block, &mut tools.second] {
        if buffer.capacity() > KEPT {
            *buffer = Vec::new();
        }
    }
    SCRATCH.set(Some(scratch));
    answer
}

/// The first `n` bytes of a buffer that grows to hold them; what they are is not said.
pub(super) fn room(buffer: &mut Vec<u8>, n: usize) -> Result<&mut [u8], Fault> {
    if buffer.len() < n {
        *buffer = zeroed(n).ok_or(Fault::Damaged("it needs more memory than there is"))?;
    }
    Ok(&mut buffer[..n])
}

/// `n` zeros, in pages that the system gives when they are first written.
fn zeroed(n: usize) -> Option<Vec<u8>> {
    let layout = std::alloc::Layout::array::<u8>(n).ok()?;
    if n == 0 {
        return Some(Vec::new());
    }
    // SAFETY: the layout is of more than no bytes; the vector takes exactly what was allocated,
    // with the global allocator and u8's alignment, and all of it is initialised.
    unsafe {
        let at = std::alloc::alloc_zeroed(layout);
        if at.is_null() { None } else { Some(Vec::from_raw_parts(at, n, n)) }
    }
}

/// `n` bytes of the input at `at`.
fn part(input: &[u8], at: usize, n: usize) -> Result<&[u8], Fault> {
    at.checked_add(n).and_then(|end| input.get(at..end)).ok_or(Fault::Damaged("it is cut short"))
}

/// A number of four bytes at `at`, least significant first.
fn le32(input: &[u8], at: usize) -> Result<u32, Fault> {
    let bytes = part(input, at, 4)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// A number of four bytes at `at`, most significant first.
fn be32(input: &[u8], at: usize) -> Result<u32, Fault> {
    Ok(le32(input, at)?.swap_bytes())
}

/// A number of eight bytes at `at`, most significant first.
fn be64(input: &[u8], at: usize) -> Result<u64, Fault> {
    Ok(u64::from(be32(input, at)?) << 32 | u64::from(be32(input, at.saturating_add(4))?))
}

/// The first `n` bytes of the output, where it has as many.
fn head(out: &mut [u8], n: u64) -> Result<&mut [u8], Fault> {
    usize::try_from(n).ok().and_then(|n| out.get_mut(..n)).ok_or(Fault::Room)
}
