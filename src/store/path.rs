//! Names and paths inside a file, which are bytes: HDF5 promises no encoding.
//!
//! An [`ObjectPath`] is what the library takes, byte for byte; what people see is its escaped
//! form. Escaping happens here and nowhere else, so that no name, attribute or value can put a
//! control character on a terminal.

use std::fmt;

/// An absolute path inside a file: `/`, or `/a/b` without a slash at the end.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectPath(Vec<u8>);

impl ObjectPath {
    /// The root group's path.
    pub fn root() -> Self {
        ObjectPath(b"/".to_vec())
    }

    /// A path from what a user typed or a link holds: made absolute, slashes and `.` folded.
    pub fn new(text: impl AsRef<[u8]>) -> Self {
        let mut bytes = Vec::with_capacity(text.as_ref().len() + 1);
        for part in text.as_ref().split(|&b| b == b'/') {
            if !part.is_empty() && part != b"." {
                bytes.push(b'/');
                bytes.extend_from_slice(part);
            }
        }
        if bytes.is_empty() {
            bytes.push(b'/');
        }
        ObjectPath(bytes)
    }

    /// The path of a link of this group.
    pub fn join(&self, name: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + name.len() + 1);
        if !self.is_root() {
            bytes.extend_from_slice(&self.0);
        }
        bytes.push(b'/');
        bytes.extend_from_slice(name);
        ObjectPath(bytes)
    }

    /// The path that `target`, a soft link's text in the group of `self`, stands for.
    pub fn resolve(&self, target: &[u8]) -> Self {
        if target.starts_with(b"/") {
            return Self::new(target);
        }
        let mut bytes = self.0.clone();
        bytes.push(b'/');
        bytes.extend_from_slice(target);
        Self::new(bytes)
    }

    /// The group that holds the link; none for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let slash = self.0.iter().rposition(|&b| b == b'/').unwrap_or(0);
        Some(ObjectPath(self.0[..slash.max(1)].to_vec()))
    }

    /// Whether this is `other` or lies below it, by name.
    pub fn is_below(&self, other: &ObjectPath) -> bool {
        other.is_root()
            || self.0 == other.0
            || (self.0.starts_with(&other.0) && self.0.get(other.0.len()) == Some(&b'/'))
    }

    /// The path after what was at `from` was moved to `to`; none where it is not below `from`.
    pub fn rebased(&self, from: &ObjectPath, to: &ObjectPath) -> Option<ObjectPath> {
        let rest = self.is_below(from).then(|| &self.0[from.0.len()..])?;
        Some(ObjectPath([&to.0, rest].concat()))
    }

    /// The last name; empty for the root.
    pub fn name(&self) -> &[u8] {
        let slash = self.0.iter().rposition(|&b| b == b'/').unwrap_or(0);
        &self.0[slash + 1..]
    }

    /// The names from the root down.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|&b| b == b'/').filter(|p| !p.is_empty())
    }

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        self.0 == b"/"
    }

    /// The path as text for other programs: only what is no UTF-8 is escaped, as `\xNN`.
    pub fn to_text(&self) -> String {
        to_text(&self.0)
    }

    /// The bytes that HDF5 takes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.0))
    }
}

impl fmt::Debug for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Text that is safe on a terminal: invalid UTF-8 as `\xNN`, control characters as Python
/// writes them, marks that turn or hide text as `\uNNNN`.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_safe(&mut out, c);
        }
        for b in chunk.invalid() {
            out.push_str(&format!("\\x{b:02x}"));
        }
    }
    out
}

/// Bytes as text for other programs: only what is no UTF-8 is escaped, as `\xNN`.
pub fn to_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for b in chunk.invalid() {
            out.push_str(&format!("\\x{b:02x}"));
        }
    }
    out
}

fn push_safe(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
        // what has no width or turns the text: the soft hyphen, the zero-width space,
        // marks of writing direction, line separators, the byte order mark, tags
        '\u{ad}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => out.push_str(&format!("\\u{:04x}", c as u32)),
        '\u{e0000}'..='\u{e0fff}' => out.push_str(&format!("\\U{:08x}", c as u32)),
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_folded_and_split() {
        assert_eq!(ObjectPath::new("a//b/./c/").to_string(), "/a/b/c");
        assert_eq!(ObjectPath::new("").to_string(), "/");
        assert_eq!(ObjectPath::new("/a/b").parent().unwrap().to_string(), "/a");
        assert_eq!(ObjectPath::new("/a").parent().unwrap(), ObjectPath::root());
        assert_eq!(ObjectPath::root().parent(), None);
        assert_eq!(ObjectPath::root().join(b"x").to_string(), "/x");
        assert_eq!(ObjectPath::new("/g").resolve(b"x/y").to_string(), "/g/x/y");
        assert_eq!(ObjectPath::new("/g").resolve(b"/x").to_string(), "/x");
    }

    #[test]
    fn nothing_that_moves_a_cursor_survives() {
        assert_eq!(escape(b"a\x1b[31m\n\tb\xe9"), "a\\x1b[31m\\n\\tb\\xe9");
        assert_eq!(escape("\u{85}\u{202e}é日".as_bytes()), "\\x85\\u202eé日");
    }
}
