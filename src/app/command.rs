//! The commands of the bar: one table, from which help and completion come too.
//!
//! The first word of a line is a command where one has that name, and no `=`, `(`, `.` or `[`
//! follows it; every other line is code.

use std::path::PathBuf;

use super::editing::Step;
use crate::store::escape;

/// A command, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Select the object at a path.
    Goto(Vec<u8>),
    /// Open another file.
    Open(String),
    /// Show the help.
    Help,
    /// Leave the program; without asking whether a job may be given up.
    Quit(bool),
    /// Put the grid's cursor on an element.
    Index(Vec<i64>),
    /// Put two axes on rows and columns.
    Axes(usize, usize),
    /// Say that nothing has to be saved.
    Saved,
    /// Write what is shown to a file; over one that exists.
    Write(PathBuf, bool),
    /// List the names that were assigned.
    Names,
    /// Show statistics of what is selected.
    Statistics,
    /// Go through the history of the file's changes.
    Step(Step),
    /// End with a panic, to test what it leaves of the terminal. Only in debug builds.
    #[cfg(debug_assertions)]
    Panic,
}

/// What a command's argument is completed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completes {
    /// Nothing.
    Nothing,
    /// Paths inside the file.
    Path,
    /// Files of the system.
    File,
}

/// What is known of a command before it is typed.
#[derive(Debug)]
pub struct Entry {
    /// Its names, the full one first.
    pub names: &'static [&'static str],
    /// What follows it.
    pub argument: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What its argument is completed with.
    pub completes: Completes,
    parse: fn(&str) -> Result<Command, String>,
}

/// Every command.
pub const COMMANDS: &[Entry] = &[
    Entry {
        names: &["goto"],
        argument: "PATH",
        help: "select the object at PATH, from the root or from the selected group",
        completes: Completes::Path,
        parse: |rest| needs(rest, "a path").map(|p| Command::Goto(p.as_bytes().to_vec())),
    },
    Entry {
        names: &["open", "e"],
        argument: "FILE",
        help: "open another file beside this one",
        completes: Completes::File,
        parse: |rest| needs(rest, "a file").map(|p| Command::Open(p.to_string())),
    },
    Entry {
        names: &["index"],
        argument: "I, J, ...",
        help: "go to an element: an index for each axis, negative from the end",
        completes: Completes::Nothing,
        parse: |rest| numbers(rest).map(Command::Index),
    },
    Entry {
        names: &["axes"],
        argument: "ROWS, COLUMNS",
        help: "put two axes of the dataset on rows and columns",
        completes: Completes::Nothing,
        parse: |rest| match numbers(rest)?.as_slice() {
            [r, c] if *r >= 0 && *c >= 0 => Ok(Command::Axes(*r as usize, *c as usize)),
            _ => Err("takes two axis numbers, as in: axes 0, 2".into()),
        },
    },
    Entry {
        names: &["help"],
        argument: "",
        help: "show the keys and commands",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Help),
    },
    Entry {
        names: &["names"],
        argument: "",
        help: "list the names that were assigned; Enter shows one",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Names),
    },
    Entry {
        names: &["stats"],
        argument: "",
        help: "statistics of what is shown, as s",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Statistics),
    },
    Entry {
        names: &["undo"],
        argument: "",
        help: "take the last change of the file back, as u: its bytes are what they were",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Step(Step::Undo)),
    },
    Entry {
        names: &["redo"],
        argument: "",
        help: "make the change again that was undone last, as ^R",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Step(Step::Redo)),
    },
    Entry {
        names: &["history"],
        argument: "",
        help: "list the changes of the file that can be undone or redone",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Step(Step::History)),
    },
    Entry {
        names: &["forget"],
        argument: "",
        help: "drop what undoes the changes of the file; frees its disk space",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Step(Step::Forget)),
    },
    Entry {
        names: &["repack"],
        argument: "",
        help: "write the file anew without unused space; what undoes its changes goes",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Step(Step::Repack)),
    },
    Entry {
        names: &["write"],
        argument: "FILE",
        help: "write what is shown to FILE, by its ending: .npy .csv .h5 .parquet .png ...",
        completes: Completes::File,
        parse: |rest| needs(rest, "a file").map(|p| Command::Write(expanded(p), false)),
    },
    Entry {
        names: &["write!"],
        argument: "FILE",
        help: "the same, over a file that exists",
        completes: Completes::File,
        parse: |rest| needs(rest, "a file").map(|p| Command::Write(expanded(p), true)),
    },
    Entry {
        names: &["quit", "q"],
        argument: "",
        help: "leave the program; asks while a job runs",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Quit(false)),
    },
    Entry {
        names: &["quit!", "q!"],
        argument: "",
        help: "leave the program at once",
        completes: Completes::Nothing,
        parse: |_| Ok(Command::Quit(true)),
    },
    Entry {
        names: &["w"],
        argument: "",
        help: "nothing to save: changes are saved as they are made; w FILE is write FILE",
        completes: Completes::Nothing,
        parse: |rest| match rest {
            "" => Ok(Command::Saved),
            path => Ok(Command::Write(expanded(path), false)),
        },
    },
];

fn needs<'a>(rest: &'a str, what: &str) -> Result<&'a str, String> {
    if rest.is_empty() { Err(format!("needs {what}")) } else { Ok(rest) }
}

fn numbers(rest: &str) -> Result<Vec<i64>, String> {
    let inner = rest.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
    let parts = inner.split(',').map(str::trim).filter(|p| !p.is_empty());
    let numbers: Result<Vec<i64>, String> = parts
        .map(|p| p.parse().map_err(|_| format!("'{}' is not an integer", escape(p.as_bytes()))))
        .collect();
    numbers.and_then(|n| if n.is_empty() { Err("needs an index".into()) } else { Ok(n) })
}

/// A path with the home folder in the place of a leading `~`.
pub fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// What a line of the bar is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Nothing is typed.
    Empty,
    /// A command, or what is wrong with it in one line.
    Command(Result<Command, String>),
    /// Code.
    Code,
}

/// The command that a line begins with, and where its argument begins.
pub fn entry_of(line: &str) -> Option<(&'static Entry, usize)> {
    let before = line.len() - line.trim_start().len();
    let rest = &line[before..];
    let word = rest.split(char::is_whitespace).next().unwrap_or("");
    let entry = COMMANDS.iter().find(|c| c.names.contains(&word))?;
    let after = &rest[word.len()..];
    // a name that is assigned is code, whatever it is called
    if after.trim_start().starts_with('=') || !after.starts_with(char::is_whitespace) {
        return None;
    }
    Some((entry, line.len() - after.trim_start().len()))
}

/// Understands a line of the bar.
pub fn parse(line: &str) -> Line {
    let line = line.trim();
    if line.is_empty() {
        return Line::Empty;
    }
    #[cfg(debug_assertions)]
    if line == "debug-panic" {
        return Line::Command(Ok(Command::Panic));
    }
    // a space behind it: the line is complete
    let whole = format!("{line} ");
    match entry_of(&whole) {
        Some((entry, start)) => {
            let command = (entry.parse)(whole[start..].trim());
            Line::Command(command.map_err(|e| format!("{}: {e}", entry.names[0])))
        }
        None => Line::Code,
    }
}

/// The commands whose names complete what was typed so far of the first word.
pub fn complete(typed: &str) -> Vec<&'static Entry> {
    COMMANDS.iter().filter(|c| c.names[0].starts_with(typed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_understood_or_refused_in_words() {
        let refused = |text: &str| Line::Command(Err(text.into()));
        assert_eq!(parse("goto /a b"), Line::Command(Ok(Command::Goto(b"/a b".to_vec()))));
        assert_eq!(parse(" q! "), Line::Command(Ok(Command::Quit(true))));
        assert_eq!(parse("index [3, -1]"), Line::Command(Ok(Command::Index(vec![3, -1]))));
        assert_eq!(parse("index x"), refused("index: 'x' is not an integer"));
        assert_eq!(parse("goto"), refused("goto: needs a path"));
        assert_eq!(parse(""), Line::Empty);
    }

    #[test]
    fn what_is_no_command_is_code() {
        for code in
            ["frob", "w = 3", "w=3", "index[0]", "names.x", "open('x')", "1 + 1", "names == 2"]
        {
            assert_eq!(parse(code), Line::Code, "{code}");
        }
        assert_eq!(parse("names"), Line::Command(Ok(Command::Names)));
        assert_eq!(parse("w x.npy"), Line::Command(Ok(Command::Write("x.npy".into(), false))));
    }
}
