//! The lines that were typed, kept from run to run in a file of one line each.
//!
//! Several programs may run at once: a line is added to what the file holds at that moment, under
//! a lock beside it, and the new file takes the old one's place whole. Only its owner may read it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// The most lines that are kept.
const LINES: usize = 5000;
/// The most bytes that are kept.
const BYTES: usize = 1 << 20;
/// The longest line that is kept, in bytes.
const LONGEST: usize = 20_000;

/// The file where a person's history belongs; none where the system knows no home.
pub fn place() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.config_dir());
    Some(folder.join("ch5tui").join("history"))
}

/// The lines of the file, the oldest first. A file that can't be read has none.
pub fn load(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().filter(|l| !l.is_empty()).map(plain).collect()
}

/// Adds a line.
///
/// # Errors
/// The folder or the file can't be written.
pub fn add(path: &Path, line: &str) -> io::Result<()> {
    if line.len() > LONGEST || line.trim().is_empty() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let private = |path: &Path| -> io::Result<File> {
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
    };
    let lock = private(&path.with_extension("lock"))?;
    lock.lock()?;
    let mut lines = load(path);
    if lines.last().is_some_and(|l| l == line) {
        return Ok(());
    }
    lines.push(line.into());
    let mut kept = Vec::new();
    let mut bytes = 0;
    for line in lines.iter().rev().take(LINES) {
        let line = escaped(line);
        bytes += line.len() + 1;
        if bytes > BYTES {
            break;
        }
        kept.push(line);
    }
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let written = (|| {
        let mut file = private(&fresh)?;
        file.set_len(0)?;
        for line in kept.iter().rev() {
            writeln!(file, "{line}")?;
        }
        file.sync_all()?;
        fs::rename(&fresh, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    written
}

/// A text of several lines in one.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "")
}

fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(c) => out.push(c),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn lines_of_several_writers_are_all_kept_in_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/ch5tui/history");
        std::thread::scope(|scope| {
            for who in 0..4 {
                let path = path.clone();
                scope.spawn(move || {
                    for i in 0..20 {
                        add(&path, &format!("line {i} of {who}\nand \\more")).unwrap();
                    }
                });
            }
        });
        let lines = load(&path);
        assert_eq!(lines.len(), 80);
        assert!(lines.contains(&"line 7 of 3\nand \\more".to_string()));
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn it_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let many: String = (0..2 * LINES).map(|i| format!("{i}\n")).collect();
        fs::write(&path, many).unwrap();
        add(&path, "the last").unwrap();
        let lines = load(&path);
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.last().map(String::as_str), Some("the last"));
    }
}
