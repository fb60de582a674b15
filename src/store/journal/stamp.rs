//! What files and changes are known by: HDF5's signature, a checksum of pages, a number at random,
//! the time.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::disk;
use super::format::checksum;
use super::pages::{Page, empty_page};
use super::{MASK, PAGE, SIGNATURE};

/// Where HDF5's signature is: at the start, or after a user block of 512 bytes, or twice as
/// many, and so on (HDF5's file format specification, II.A).
pub(in crate::store) fn find_signature(file: &File, size: u64) -> io::Result<Option<u64>> {
    find(file, size, &SIGNATURE)
}

/// Whether a file was left in the middle of a change.
pub(in crate::store) fn is_masked(file: &File) -> bool {
    file.metadata().and_then(|m| find(file, m.len(), &MASK)).is_ok_and(|at| at.is_some())
}

fn find(file: &File, size: u64, signature: &[u8; 8]) -> io::Result<Option<u64>> {
    let mut at = 0;
    while at + 8 <= size {
        let mut word = [0; 8];
        file.read_exact_at(&mut word, at)?;
        if word == *signature {
            return Ok(Some(at));
        }
        at = if at == 0 { 512 } else { at * 2 };
    }
    Ok(None)
}

/// A checksum of pages, as they are with the true signature.
pub(super) fn stamp_of(file: &File, pages: &[(u64, u64)], signature: u64) -> io::Result<u64> {
    let mut sum = 0;
    let mut page: Page = empty_page();
    for number in pages.iter().flat_map(|&(first, count)| first..first + count) {
        disk::read_with_zeros(file, &mut page[..], number * PAGE)?;
        if number == signature / PAGE {
            let at = (signature % PAGE) as usize;
            page[at..at + 8].copy_from_slice(&SIGNATURE);
        }
        sum = checksum(sum ^ number, &page[..]);
    }
    Ok(sum)
}

/// A number that no other state or journal has.
pub(super) fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u128(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos()));
    hasher.write_u32(std::process::id());
    hasher.finish()
}

pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}
