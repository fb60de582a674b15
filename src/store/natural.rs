//! Natural order: `x2` before `x10`. Runs of digits compare as numbers, all else byte by byte,
//! and names that are then equal (`x01`, `x1`) as plain bytes.

use std::cmp::Ordering;

/// Compares two names in natural order.
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i].is_ascii_digit() && b[j].is_ascii_digit() {
            let (x, y) = (digits(a, i), digits(b, j));
            let (n, m) = (significant(&a[i..x]), significant(&b[j..y]));
            // numbers of any length: first by how many digits they have
            let order = n.len().cmp(&m.len()).then_with(|| n.cmp(m));
            if order != Ordering::Equal {
                return order;
            }
            (i, j) = (x, y);
        } else {
            match a[i].cmp(&b[j]) {
                Ordering::Equal => (i, j) = (i + 1, j + 1),
                order => return order,
            }
        }
    }
    (a.len() - i).cmp(&(b.len() - j)).then_with(|| a.cmp(b))
}

fn digits(s: &[u8], from: usize) -> usize {
    from + s[from..].iter().take_while(|b| b.is_ascii_digit()).count()
}

fn significant(s: &[u8]) -> &[u8] {
    let zeros = s.iter().take_while(|&&b| b == b'0').count();
    &s[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_inside_names() {
        let mut names =
            ["x10", "x2", "x", "x02", "x2a", "b", "x100000000000000000000000", "é", "X"];
        names.sort_by(|a, b| compare(a.as_bytes(), b.as_bytes()));
        assert_eq!(
            names,
            ["X", "b", "x", "x02", "x2", "x2a", "x10", "x100000000000000000000000", "é"]
        );
    }
}
