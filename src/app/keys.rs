//! The keys: one table, from which behaviour, the help on the screen and `docs/keys.md` come.
//!
//! A key has a name (`j`, `PgDn`, `C-d`, `M-Right`), a binding is a sequence of names. [`Keys`]
//! follows a sequence as it is typed, with a count before it (`12j`), and knows what may follow.

use super::action::Action;
use super::marks::Put;

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    /// The sequences that do it, names separated by spaces, the one to remember first.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// One line of help.
    pub help: &'static str,
}

/// Bindings under a heading of the help.
#[derive(Debug)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// Its bindings.
    pub bindings: &'static [Binding],
}

const fn key(keys: &'static [&'static str], action: Action, help: &'static str) -> Binding {
    Binding { keys, action, help }
}

/// Every key.
pub const SECTIONS: &[Section] = &[
    Section {
        title: "Move",
        bindings: &[
            key(&["j", "Down"], Action::Down, "one row down (12j: twelve rows)"),
            key(&["k", "Up"], Action::Up, "one row up"),
            key(&["l", "Right"], Action::Right, "tree: unfold; grid: one column right"),
            key(
                &["h", "Left"],
                Action::Left,
                "tree: fold, or to the parent; grid: one column left",
            ),
            key(&["PgDn", "C-f"], Action::PageDown, "one screen down"),
            key(&["PgUp", "C-b"], Action::PageUp, "one screen up"),
            key(&["C-d"], Action::HalfDown, "half a screen down"),
            key(&["C-u"], Action::HalfUp, "half a screen up"),
            key(&["g g", "Home"], Action::Top, "the first row (12gg: row 12)"),
            key(&["G", "End"], Action::Bottom, "the last row (12G: row 12)"),
            key(&["0"], Action::FirstColumn, "the first column"),
            key(&["$"], Action::LastColumn, "the last column"),
            key(&["Tab"], Action::NextPane, "the next pane"),
            key(&["S-Tab"], Action::PreviousPane, "the pane before"),
        ],
    },
    Section {
        title: "Open and go",
        bindings: &[
            key(&["Enter"], Action::Enter, "open, or follow a link or a reference"),
            key(&["Backspace", "C-o"], Action::Back, "back to before the last jump"),
            key(&["M-Right"], Action::Forward, "forward again"),
            key(&["g p"], Action::GoPath, "go to a path"),
            key(&["g i"], Action::GoIndex, "go to an element by its index"),
            key(&["R"], Action::Reload, "read the file anew"),
            key(&["o"], Action::ToggleOrder, "order links by name, or by creation"),
        ],
    },
    Section {
        title: "Find and say",
        bindings: &[
            key(&["/"], Action::Search, "search names in the tree, texts in the grid or details"),
            key(&["n"], Action::SearchNext, "the next match"),
            key(&["N"], Action::SearchPrevious, "the match before"),
            key(&[":"], Action::Command, "type a command, or an expression as Python has them"),
            key(&["="], Action::Expression, "type an expression"),
            key(&["i"], Action::Insert, "type an expression that begins with what is selected"),
        ],
    },
    Section {
        title: "Change",
        bindings: &[
            key(&["e"], Action::Edit, "edit the cell, the marked cells or the attribute"),
            key(&["E"], Action::EditOutside, "the same in $VISUAL or $EDITOR"),
            key(&["a"], Action::Add, "add a member to the group; in the details: an attribute"),
            key(&["A"], Action::AddGroup, "add a group"),
            key(&["r"], Action::Rename, "rename or move the node, or rename the attribute"),
            key(&["c"], Action::CopyNode, "copy the node"),
            key(&["d d"], Action::Delete, "delete the node, those marked, or the attribute; asks"),
            key(&["m"], Action::Mark, "mark the node (Esc: no marks); in the grid: mark cells"),
            key(&["p p"], Action::Put(Put::Copy), "put copies of the marked nodes into this group"),
            key(&["p m"], Action::Put(Put::Move), "move the marked nodes into this group"),
            key(
                &["p s"],
                Action::Put(Put::Soft),
                "put soft links to them; external ones to others",
            ),
            key(&["p h"], Action::Put(Put::Hard), "put hard links to them"),
            key(&["u"], Action::Undo, "undo the last change of the file"),
            key(&["C-r"], Action::Redo, "redo the change that was undone last"),
        ],
    },
    Section {
        title: "Look",
        bindings: &[key(
            &["s"],
            Action::Statistics,
            "statistics of the dataset, its columns or its fields, or of the result",
        )],
    },
    Section {
        title: "Grid",
        bindings: &[
            key(&["]"], Action::StepUp, "the next index of the chosen axis"),
            key(&["["], Action::StepDown, "the index before"),
            key(&["}"], Action::NextAxis, "choose the next of the axes that are not shown"),
            key(&["{"], Action::PreviousAxis, "choose the one before"),
            key(&["t"], Action::Transpose, "exchange rows and columns"),
            key(&["x"], Action::CycleColumns, "put the next axis on columns"),
            key(&["X"], Action::CycleRows, "put the next axis on rows"),
            key(&[","], Action::FewerDigits, "fewer digits of floats"),
            key(&["."], Action::MoreDigits, "more digits, up to all"),
        ],
    },
    Section {
        title: "Copy",
        bindings: &[
            key(&["y y"], Action::CopyCell, "copy the cell, the line or the name"),
            key(&["y p"], Action::CopyPath, "copy the path"),
            key(&["y c"], Action::CopyCode, "copy the code that reads what is selected"),
            key(&["y v"], Action::CopyValue, "copy a result whole, as Python prints it"),
        ],
    },
    Section {
        title: "Program",
        bindings: &[
            key(&["?", "F1"], Action::Help, "this help"),
            key(&["Esc"], Action::Escape, "cancel the job that runs; else close what is open"),
            key(&["q"], Action::Quit, "close the result, back to the tree, then quit"),
            key(&["C-z"], Action::Suspend, "suspend; fg in the shell comes back"),
            key(&["C-l"], Action::Redraw, "draw the screen anew"),
            key(&["C-c"], Action::Interrupt, "cancel the job that runs; else clear the line"),
        ],
    },
];

/// The keys of the bar, for the help: the bar itself is no table.
pub const TYPING: &[(&str, &str)] = &[
    ("Enter", "run what is typed; what deletes something is shown before"),
    ("Alt-p", "show what it would change, and ask whether to do it"),
    ("Tab  S-Tab", "complete; again: the next choice, the one before"),
    ("Up  Down", "earlier and later lines that begin as this one; choices, while they are shown"),
    ("^R", "the last line that has what is typed; again: the one before it"),
    ("^A  ^E", "to the beginning, to the end"),
    ("^B  ^F  Alt-B  Alt-F", "a character, a word"),
    ("^W  Alt-D  ^K", "delete the word before, after; the rest of the line"),
    ("^U", "delete the line; where e began it, the value"),
    ("^Y", "put back what was deleted"),
    ("Alt-Enter", "a new line, for several statements"),
    ("Esc  ^C", "close the choices, then the bar"),
];

/// The keys of the editor for long texts.
pub const EDITING: &[(&str, &str)] = &[
    ("^S  Alt-Enter", "put the text where it came from"),
    ("^U  ^R", "undo and redo what was typed"),
    ("^W  Alt-D  ^K", "delete the word before, after; the rest of the line"),
    ("Esc  ^C", "leave it as it was; asks where something was typed"),
];

/// All bindings.
pub fn bindings() -> impl Iterator<Item = &'static Binding> {
    SECTIONS.iter().flat_map(|s| s.bindings)
}

/// What a key led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// A binding is complete: its action, and the count before it.
    Do(Action, Option<u64>),
    /// More keys may follow.
    Pending,
    /// No binding begins so.
    Nothing,
}

/// The keys typed so far of a sequence.
#[derive(Debug, Default)]
pub struct Keys {
    typed: String,
    count: Option<u64>,
}

impl Keys {
    /// Takes a key by its name.
    pub fn feed(&mut self, name: &str) -> Fed {
        if let (true, Ok(digit)) = (self.typed.is_empty(), name.parse::<u64>())
            && name.len() == 1
            && (digit != 0 || self.count.is_some())
        {
            let count = self.count.unwrap_or(0).saturating_mul(10).saturating_add(digit);
            self.count = Some(count);
            return Fed::Pending;
        }
        if name == "Esc" && (self.count.is_some() || !self.typed.is_empty()) {
            *self = Keys::default();
            return Fed::Nothing;
        }
        if !self.typed.is_empty() {
            self.typed.push(' ');
        }
        self.typed.push_str(name);
        let exact = bindings().find(|b| b.keys.contains(&self.typed.as_str()));
        if let Some(binding) = exact {
            let count = self.count;
            *self = Keys::default();
            return Fed::Do(binding.action, count);
        }
        if self.following().next().is_some() {
            return Fed::Pending;
        }
        *self = Keys::default();
        Fed::Nothing
    }

    /// What was typed of an unfinished sequence: `12g`.
    pub fn pending(&self) -> String {
        let count = self.count.map_or(String::new(), |n| n.to_string());
        format!("{count}{}", self.typed.replace(' ', ""))
    }

    /// The keys that may follow, with what they do.
    pub fn following(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        let prefix = format!("{} ", self.typed);
        let nothing = self.typed.is_empty();
        bindings().filter(move |_| !nothing).filter_map(move |b| {
            let rest = b.keys.iter().find_map(|k| k.strip_prefix(prefix.as_str()))?;
            Some((rest, b.help))
        })
    }
}

/// How a sequence is written for people: `gg`, `^F`, `Alt-Right`.
pub fn shown(sequence: &str) -> String {
    let name = |k: &str| match k.split_once('-') {
        Some(("C", rest)) if !rest.is_empty() => format!("^{}", rest.to_uppercase()),
        Some(("M", rest)) if !rest.is_empty() => format!("Alt-{rest}"),
        _ => k.to_string(),
    };
    sequence.split(' ').map(name).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn sequences_and_counts() {
        let mut keys = Keys::default();
        assert_eq!(keys.feed("1"), Fed::Pending);
        assert_eq!(keys.feed("0"), Fed::Pending);
        assert_eq!(keys.feed("j"), Fed::Do(Action::Down, Some(10)));
        assert_eq!(keys.feed("0"), Fed::Do(Action::FirstColumn, None));
        assert_eq!(keys.feed("g"), Fed::Pending);
        assert_eq!(keys.following().map(|f| f.0).collect::<Vec<_>>(), ["g", "p", "i"]);
        assert_eq!(keys.feed("z"), Fed::Nothing);
        assert_eq!(keys.feed("y"), Fed::Pending);
        assert_eq!(keys.feed("Esc"), Fed::Nothing);
        assert_eq!(keys.feed("j"), Fed::Do(Action::Down, None));
    }

    #[test]
    fn no_key_does_two_things() {
        let mut seen = HashSet::new();
        for sequence in bindings().flat_map(|b| b.keys) {
            assert!(seen.insert(*sequence), "{sequence} is bound twice");
            let first = sequence.split(' ').next().unwrap();
            assert!(first == *sequence || !bindings().any(|b| b.keys.contains(&first)));
        }
    }
}
