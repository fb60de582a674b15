//! Text that fits: cut to a width in columns of the terminal, with a mark where it was cut.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::app::state::wrapped;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, cut to `most` columns; `mark` stands at the end of one that was cut.
pub fn cut(text: &str, most: usize, mark: &str) -> String {
    if text.len() <= most || width(text) <= most {
        return text.to_string();
    }
    let room = most.saturating_sub(width(mark));
    let mut out = String::new();
    let mut used = 0;
    for g in text.graphemes(true) {
        let w = width(g);
        if used + w > room {
            break;
        }
        used += w;
        out.push_str(g);
    }
    if most >= width(mark) {
        out.push_str(mark);
    }
    out
}

/// The end of a text, cut at its beginning: for paths, whose end tells most.
pub fn cut_left(text: &str, most: usize, mark: &str) -> String {
    if width(text) <= most {
        return text.to_string();
    }
    let room = most.saturating_sub(width(mark));
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 0;
    for g in text.graphemes(true).rev() {
        used += width(g);
        if used > room {
            break;
        }
        kept.push(g);
    }
    let rest: String = kept.into_iter().rev().collect();
    if most >= width(mark) { format!("{mark}{rest}") } else { rest }
}

/// The text in rows of `most` columns, broken at spaces where there are some; after so many rows
/// the last one has all the rest.
pub fn wrap(text: &str, most: usize, rows: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text;
    while out.len() + 1 < rows && width(rest) > most {
        let piece = wrapped([rest], most)[0];
        let end = match rest[piece.len()..].starts_with(' ') {
            true => piece.len(),
            false => piece.rfind(' ').filter(|&at| at > 0).unwrap_or(piece.len()),
        };
        if end == 0 {
            break;
        }
        out.push(rest[..end].to_string());
        rest = rest[end..].trim_start();
    }
    out.push(rest.to_string());
    out
}

/// The text padded to a width, at the right or left of it.
pub fn pad(text: &str, to: usize, right: bool) -> String {
    let space = " ".repeat(to.saturating_sub(width(text)));
    if right { format!("{space}{text}") } else { format!("{text}{space}") }
}

/// The text in ASCII: other characters as `\uNNNN`.
pub fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            '…' => out.push_str("..."),
            c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push_str(&format!("\\u{:04x}", c as u32)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_end_at_spaces() {
        assert_eq!(wrap("one two three", 7, 3), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 8, 2), ["one two", "three four"]);
        assert_eq!(wrap("abcdefghij", 4, 9), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("日本語", 4, 3), ["日本", "語"]);
        assert_eq!(wrap("", 4, 3), [""]);
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(cut("日本語", 6, "…"), "日本語");
        assert_eq!(cut("日本語", 5, "…"), "日本…");
        assert_eq!(cut("日本語", 4, "…"), "日…");
        assert_eq!(cut("abc", 0, "…"), "");
        assert_eq!(cut_left("/a/long/path", 6, "…"), "…/path");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2, "…"), "e\u{301}…");
    }
}
