//! What was typed up to the cursor: open brackets and strings, and where expressions begin. For
//! text that is not finished, which no parser takes.

/// Where the cursor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// In code.
    Code,
    /// In a comment.
    Comment,
    /// In a string, whose text begins at `start`.
    String {
        /// Its first byte after the quotes.
        start: usize,
    },
}

/// A text up to the cursor.
pub struct Typed<'a> {
    /// The text.
    pub text: &'a str,
    /// Where its end is.
    pub inside: Inside,
    /// Brackets that are open there, the outer first: place and kind.
    pub open: Vec<(usize, char)>,
    /// Brackets and strings that were closed: the byte after each, and its first.
    closed: Vec<(usize, usize)>,
}

impl<'a> Typed<'a> {
    /// Looks through a text.
    pub fn of(text: &'a str) -> Typed<'a> {
        let mut out = Typed { text, inside: Inside::Code, open: Vec::new(), closed: Vec::new() };
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'#' => match text[at..].find('\n') {
                    Some(n) => at += n,
                    None => {
                        out.inside = Inside::Comment;
                        return out;
                    }
                },
                quote @ (b'"' | b'\'') => {
                    let triple = bytes[at..].starts_with(&[quote; 3]);
                    let n = if triple { 3 } else { 1 };
                    let start = at + n;
                    let Some(end) = string_end(bytes, start, quote, n) else {
                        out.inside = Inside::String { start };
                        return out;
                    };
                    let letters = text[..at]
                        .chars()
                        .rev()
                        .take_while(|c| "rRbBfFuU".contains(*c))
                        .count()
                        .min(2);
                    let whole_word = text[..at - letters]
                        .chars()
                        .next_back()
                        .is_some_and(|c| c == '_' || c.is_alphanumeric());
                    let first = if whole_word { at } else { at - letters };
                    out.closed.push((end, first));
                    at = end;
                    continue;
                }
                c @ (b'(' | b'[' | b'{') => out.open.push((at, c as char)),
                b')' | b']' | b'}' => {
                    if let Some((from, _)) = out.open.pop() {
                        out.closed.push((at + 1, from));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        out
    }

    /// The name that is being typed; empty where none is.
    pub fn word(&self) -> &'a str {
        let start = self
            .text
            .char_indices()
            .rev()
            .take_while(|(_, c)| *c == '_' || c.is_alphanumeric())
            .last()
            .map_or(self.text.len(), |c| c.0);
        &self.text[start..]
    }

    /// Where the expression begins that ends before `end`: names, dots, calls, subscripts.
    pub fn primary(&self, end: usize) -> Option<usize> {
        let mut at = end;
        // whether a value was walked over, so that a dot or nothing may stand before it
        let mut complete = false;
        loop {
            let before = self.text[..at].chars().next_back();
            match before {
                Some(')' | ']' | '}' | '"' | '\'') if !complete => {
                    let from = self.closed.iter().find(|c| c.0 == at)?.1;
                    let is_bracket = matches!(before, Some(')' | ']'));
                    at = from;
                    // what is called or subscripted stands before it, if anything
                    let called = self.text[..at]
                        .chars()
                        .next_back()
                        .is_some_and(|c| c == '_' || c.is_alphanumeric() || ")]}\"'".contains(c));
                    complete = !(is_bracket && called);
                }
                Some(c) if (c == '_' || c.is_alphanumeric()) && !complete => {
                    let word = Typed { text: &self.text[..at], ..Typed::of("") }.word().len();
                    at -= word;
                    complete = true;
                }
                Some('.') if complete => {
                    at -= 1;
                    complete = false;
                }
                _ => break,
            }
        }
        (complete && at < end).then_some(at)
    }
}

/// The byte after a string's closing quotes.
fn string_end(bytes: &[u8], start: usize, quote: u8, n: usize) -> Option<usize> {
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' if n == 1 => return Some(at),
            b if b == quote
                && bytes[at..].len() >= n
                && bytes[at..at + n].iter().all(|b| *b == quote) =>
            {
                return Some(at + n);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_before_the_cursor() {
        let cases = [
            ("1 + np.mean", "np.mean"),
            ("np.mean(f[\"a b\"][::2], f(1).x", "f(1).x"),
            ("x = (a + b).T", "(a + b).T"),
            ("a, \"t\".join", "\"t\".join"),
            ("f['(']['x'].attrs", "f['(']['x'].attrs"),
            ("lambda q: q", "q"),
        ];
        for (text, expected) in cases {
            let typed = Typed::of(text);
            let from = typed.primary(text.len()).expect(text);
            assert_eq!(&text[from..], expected);
        }
        assert_eq!(Typed::of("1 +").primary(3), None);
    }

    #[test]
    fn strings_and_brackets_that_are_open() {
        let typed = Typed::of("np.sum(f[\"run/");
        assert_eq!(typed.inside, Inside::String { start: 10 });
        assert_eq!(typed.open, [(6, '('), (8, '[')]);
        assert_eq!(Typed::of("x # f[\"").inside, Inside::Comment);
        assert_eq!(Typed::of("f['a\\'").inside, Inside::String { start: 3 });
        assert_eq!(Typed::of("'''a'").inside, Inside::String { start: 3 });
    }
}
