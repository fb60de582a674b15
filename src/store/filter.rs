//! A dataset's filters as they are told to people: their names and settings.

use super::codec;
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

impl Filter {
    /// Its name: the known one, else the file's, else its number.
    pub fn name(&self) -> String {
        match codec::name(self.id) {
            Some(name) => name.to_string(),
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
