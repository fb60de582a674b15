//! The names of a group's links in one compact table: their bytes, and eight bytes a link.

use std::cmp::Ordering;

use crate::store::natural;

/// Names in the order they were added, and the order they are shown in.
#[derive(Debug, Default, Clone)]
pub struct NameTable {
    bytes: Vec<u8>,
    /// Where each name ends in `bytes`.
    ends: Vec<u32>,
    /// Link numbers in the order of display; empty for "as added".
    order: Vec<u32>,
}

impl NameTable {
    /// Adds a name; false where the table is full (4 GiB of names, 2^32 links).
    pub fn push(&mut self, name: &[u8]) -> bool {
        let Ok(end) = u32::try_from(self.bytes.len() + name.len()) else {
            return false;
        };
        if self.ends.len() == u32::MAX as usize {
            return false;
        }
        self.bytes.extend_from_slice(name);
        self.ends.push(end);
        true
    }

    /// How many names.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name that was added as number `link`.
    pub fn name(&self, link: u32) -> &[u8] {
        let i = link as usize;
        let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        &self.bytes[start..self.ends[i] as usize]
    }

    /// The link shown at `position`.
    pub fn at(&self, position: usize) -> u32 {
        if self.order.is_empty() { position as u32 } else { self.order[position] }
    }

    /// Puts the names in natural order, on two threads where there are many.
    pub fn sort(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
        let n = self.len() as u32;
        let compare = |&a: &u32, &b: &u32| natural::compare(self.name(a), self.name(b));
        // files often give names in order: then no table of positions is needed
        if (1..n).all(|i| compare(&(i - 1), &i) != Ordering::Greater) {
            self.order = Vec::new();
            return;
        }
        let mut order: Vec<u32> = (0..n).collect();
        if n > 50_000 {
            let (low, high) = order.split_at_mut(n as usize / 2);
            std::thread::scope(|s| {
                s.spawn(|| low.sort_by(compare));
                high.sort_by(compare);
            });
        }
        // a stable sort merges the two sorted runs that it finds
        order.sort_by(compare);
        self.order = order;
    }

    /// The same names, added in the order in which they are shown.
    pub fn in_order_of_display(&self) -> NameTable {
        let mut table = NameTable::default();
        for position in 0..self.len() {
            table.push(self.name(self.at(position)));
        }
        table
    }

    /// The position of a name in a sorted table.
    pub fn find_sorted(&self, name: &[u8]) -> Option<usize> {
        let position = self.place_sorted(name);
        (position < self.len() && self.name(self.at(position)) == name).then_some(position)
    }

    /// The position of the first name in a sorted table that does not stand before this one.
    pub fn place_sorted(&self, name: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            match natural::compare(self.name(self.at(middle)), name) {
                Ordering::Less => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// The position of a name in a table in any order.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        (0..self.len()).find(|&i| self.name(self.at(i)) == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_sort_and_are_found() {
        let mut table = NameTable::default();
        let n = 60_000u32;
        for i in 0..n {
            assert!(table.push(format!("x{}", (u64::from(i) * 48_271) % u64::from(n)).as_bytes()));
        }
        table.sort();
        for i in [0, 1, 9, 10, 11, 59_999] {
            assert_eq!(table.name(table.at(i)), format!("x{i}").as_bytes());
            assert_eq!(table.find_sorted(format!("x{i}").as_bytes()), Some(i));
        }
        assert_eq!(table.find_sorted(b"y"), None);
        assert_eq!(table.find_sorted(b"x10a"), None);
        assert_eq!(table.place_sorted(b"x10a"), 11);
        assert_eq!(table.place_sorted(b"y"), table.len());
    }
}
