//! Filters by the names people know: h5py's, and those registered with the HDF Group.

use super::path::escape;

/// One filter of a dataset's pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its number.
    pub id: i32,
    /// The name in the file, often empty.
    pub stored_name: Vec<u8>,
    /// Its parameters.
    pub values: Vec<u32>,
    /// Whether chunks may be stored without it where it fails.
    pub optional: bool,
    /// Whether this build has it.
    pub available: bool,
}

/// Number and name: HDF5's own in h5py's words, then the HDF Group's list of registered ones.
const NAMES: &[(i32, &str)] = &[
    (1, "gzip"),
    (2, "shuffle"),
    (3, "fletcher32"),
    (4, "szip"),
    (5, "nbit"),
    (6, "scaleoffset"),
    (305, "lzo"),
    (307, "bzip2"),
    (32000, "lzf"),
    (32001, "blosc"),
    (32002, "mafisc"),
    (32003, "snappy"),
    (32004, "lz4"),
    (32005, "apax"),
    (32006, "cbf"),
    (32007, "jpeg-xr"),
    (32008, "bitshuffle"),
    (32009, "spdp"),
    (32010, "lpc-rice"),
    (32011, "ccsds-123"),
    (32012, "jpeg-ls"),
    (32013, "zfp"),
    (32014, "fpzip"),
    (32015, "zstd"),
    (32016, "b3d"),
    (32017, "sz"),
    (32018, "fcidecomp"),
    (32019, "jpeg"),
    (32020, "vbz"),
    (32021, "fapec"),
    (32022, "bitgroom"),
    (32023, "granular-bitround"),
    (32024, "sz3"),
    (32025, "delta-rice"),
    (32026, "blosc2"),
    (32028, "h5z-j2k"),
    (32029, "hcompress"),
];

impl Filter {
    /// Its name: the known one, else the file's, else its number.
    pub fn name(&self) -> String {
        match NAMES.iter().find(|(id, _)| *id == self.id) {
            Some((_, name)) => (*name).to_string(),
            None if !self.stored_name.is_empty() => escape(&self.stored_name),
            None => self.id.to_string(),
        }
    }

    /// Its settings in words, where it has any: `level 4`, `2 digits`.
    pub fn settings(&self) -> Option<String> {
        let v = |i: usize| self.values.get(i).copied();
        match self.id {
            1 => Some(format!("level {}", v(0)?)),
            2 | 3 | 5 | 32000 => None,
            4 => {
                let coding = if v(0)? & 32 != 0 { "nn" } else { "ec" };
                Some(format!("{coding}, {} pixels a block", v(1)?))
            }
            6 => match v(0)? {
                0 => Some(format!("{} digits", v(1)?)),
                _ if v(1)? == 0 => None,
                _ => Some(format!("{} bits", v(1)?)),
            },
            _ if self.values.is_empty() => None,
            _ => {
                let list: Vec<_> = self.values.iter().take(8).map(u32::to_string).collect();
                Some(list.join(" "))
            }
        }
    }
}

/// Name and number, for a message: `lz4 (32004)`.
pub(super) fn with_number(filter: &Filter) -> String {
    let name = filter.name();
    if name == filter.id.to_string() { name } else { format!("{name} ({})", filter.id) }
}
