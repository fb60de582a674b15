//! Reading a pickle's bytes: numbers, lines, and counted bytes, checked against what is left.
//!
//! What they mean is for [`decode`](mod@super::decode).

use super::Reason;

/// Bytes and how many of them have been read.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    /// Bytes to be read from their start.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Input { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// So many bytes.
    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], Reason> {
        let count = usize::try_from(count).map_err(|_| Reason::Truncated)?;
        let end = self.at.checked_add(count).ok_or(Reason::Truncated)?;
        let taken = self.bytes.get(self.at..end).ok_or(Reason::Truncated)?;
        self.at = end;
        Ok(taken)
    }

    /// So many bytes, by value.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Reason> {
        self.take(N as u64)?.try_into().map_err(|_| Reason::Truncated)
    }

    /// A byte.
    pub(super) fn u8(&mut self) -> Result<u8, Reason> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// A number of four bytes.
    pub(super) fn u32(&mut self) -> Result<u32, Reason> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A number of eight bytes.
    pub(super) fn u64(&mut self) -> Result<u64, Reason> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Everything up to the end of the line, which is taken too.
    pub(super) fn line(&mut self) -> Result<&'a [u8], Reason> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|b| *b == b'\n').ok_or(Reason::Truncated)?;
        self.at += length + 1;
        Ok(&rest[..length])
    }

    /// A length that is written with a sign.
    pub(super) fn signed_length(&mut self) -> Result<u64, Reason> {
        let length = i32::from_le_bytes(self.array()?);
        u64::try_from(length).map_err(|_| Reason::Literal("a negative length"))
    }
}
