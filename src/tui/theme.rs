//! Colours and symbols: a few named styles, from the terminal's own sixteen colours.
//!
//! Nothing depends on colour alone: the cursor is reversed, faults are marked with `!`, links
//! with an arrow. With `NO_COLOR` only bold, dim, underline and reverse are left; without UTF-8
//! only ASCII.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};

use super::text;

/// Selectors of a symbol's variant: as text, or as an emoji.
const VARIANTS: [char; 2] = ['\u{fe0e}', '\u{fe0f}'];

/// The styles of the screen's parts.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// Headings and names of groups.
    pub strong: Style,
    /// What explains: kinds, hints, row numbers.
    pub dim: Style,
    /// Names of facts and attributes.
    pub key: Style,
    /// Links.
    pub link: Style,
    /// What can't be read.
    pub fault: Style,
    /// The cursor in the pane that has the keys.
    pub cursor: Style,
    /// The cursor in another pane.
    pub faint_cursor: Style,
    /// Choices that lie over the rest.
    pub choice: Style,
    /// Lines that separate.
    pub line: Style,
    /// The symbols.
    pub symbols: Symbols,
    ascii: bool,
}

/// What is drawn with characters beyond ASCII, where the terminal can.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Symbols {
    pub closed: &'static str,
    pub open: &'static str,
    pub leaf: &'static str,
    pub arrow: &'static str,
    pub cut: &'static str,
    pub vertical: &'static str,
    pub horizontal: &'static str,
    pub full: &'static str,
    pub empty: &'static str,
    pub newline: &'static str,
    /// A marked node.
    pub mark: &'static str,
    /// Parts of a bar that stands, from an eighth to the whole.
    pub bars: &'static [&'static str],
}

const UNICODE: Symbols = Symbols {
    closed: "▸ ",
    open: "▾ ",
    leaf: "  ",
    arrow: "→ ",
    cut: "…",
    vertical: "│",
    horizontal: "─",
    full: "█",
    empty: "░",
    newline: "↵",
    mark: "◆",
    bars: &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

const ASCII: Symbols = Symbols {
    closed: "+ ",
    open: "- ",
    leaf: "  ",
    arrow: "-> ",
    cut: "~",
    vertical: "|",
    horizontal: "-",
    full: "#",
    empty: ".",
    newline: "|",
    mark: "*",
    bars: &[".", "#"],
};

impl Theme {
    /// The theme for a terminal: with or without colour, with or without UTF-8.
    pub fn new(colour: bool, ascii: bool) -> Theme {
        let plain = Style::new();
        let fg = |c: Color| if colour { plain.fg(c) } else { plain };
        Theme {
            text: plain,
            strong: fg(Color::Blue).add_modifier(Modifier::BOLD),
            dim: if colour { plain.fg(Color::DarkGray) } else { plain.add_modifier(Modifier::DIM) },
            key: fg(Color::Green),
            link: fg(Color::Cyan),
            fault: fg(Color::Red),
            cursor: plain.add_modifier(Modifier::REVERSED),
            faint_cursor: plain.add_modifier(Modifier::UNDERLINED),
            choice: if colour { plain.bg(Color::Black).fg(Color::White) } else { plain },
            line: if colour { plain.fg(Color::DarkGray) } else { plain },
            symbols: if ascii { ASCII } else { UNICODE },
            ascii,
        }
    }

    /// The theme that the environment asks for: `NO_COLOR`, and the locale's character set.
    pub fn from_environment(force_ascii: bool) -> Theme {
        let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        let utf8 = locale.is_some_and(|l| {
            let l = l.to_ascii_lowercase();
            l.contains("utf-8") || l.contains("utf8")
        });
        Theme::new(set("NO_COLOR").is_none(), force_ascii || !utf8)
    }

    /// A text as this terminal can show it.
    pub fn show<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.is_ascii() {
            Cow::Borrowed(text)
        } else if self.ascii {
            Cow::Owned(text::ascii(text))
        } else if text.contains(VARIANTS) {
            // terminals disagree about what they do to a width
            Cow::Owned(text.replace(VARIANTS, ""))
        } else {
            Cow::Borrowed(text)
        }
    }

    /// A text as this terminal can show it, in at most `most` columns.
    pub fn fit(&self, text: &str, most: usize) -> String {
        text::cut(&self.show(text), most, self.symbols.cut)
    }

    /// The style of a cursor, for a pane that has the keys or not.
    pub fn cursor_of(&self, focused: bool) -> Style {
        if focused { self.cursor } else { self.faint_cursor }
    }
}
