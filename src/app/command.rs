//! The commands of the bar: one table, from which help and completion come too.

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
    /// Leave the program.
    Quit,
    /// Put the grid's cursor on an element.
    Index(Vec<i64>),
    /// Put two axes on rows and columns.
    Axes(usize, usize),
    /// Say that nothing has to be saved.
    Write,
    /// End with a panic, to test what it leaves of the terminal. Only in debug builds.
    #[cfg(debug_assertions)]
    Panic,
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
    parse: fn(&str) -> Result<Command, String>,
}

/// Every command.
pub const COMMANDS: &[Entry] = &[
    Entry {
        names: &["goto"],
        argument: "PATH",
        help: "select the object at PATH, from the root or from the selected group",
        parse: |rest| needs(rest, "a path").map(|p| Command::Goto(p.as_bytes().to_vec())),
    },
    Entry {
        names: &["open", "e"],
        argument: "FILE",
        help: "open another file beside this one",
        parse: |rest| needs(rest, "a file").map(|p| Command::Open(p.to_string())),
    },
    Entry {
        names: &["index"],
        argument: "I, J, ...",
        help: "go to an element: an index for each axis, negative from the end",
        parse: |rest| numbers(rest).map(Command::Index),
    },
    Entry {
        names: &["axes"],
        argument: "ROWS, COLUMNS",
        help: "put two axes of the dataset on rows and columns",
        parse: |rest| match numbers(rest)?.as_slice() {
            [r, c] if *r >= 0 && *c >= 0 => Ok(Command::Axes(*r as usize, *c as usize)),
            _ => Err("takes two axis numbers, as in: axes 0, 2".into()),
        },
    },
    Entry {
        names: &["help"],
        argument: "",
        help: "show the keys and commands",
        parse: |_| Ok(Command::Help),
    },
    Entry {
        names: &["quit", "q", "q!"],
        argument: "",
        help: "leave the program",
        parse: |_| Ok(Command::Quit),
    },
    Entry {
        names: &["w"],
        argument: "",
        help: "nothing to do: changes are saved as they are made",
        parse: |_| Ok(Command::Write),
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

/// Understands a line of the bar.
///
/// # Errors
/// One line that says what is wrong.
pub fn parse(line: &str) -> Result<Option<Command>, String> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(None);
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    #[cfg(debug_assertions)]
    if word == "debug-panic" {
        return Ok(Some(Command::Panic));
    }
    match COMMANDS.iter().find(|c| c.names.contains(&word)) {
        Some(entry) => {
            let command = (entry.parse)(rest.trim());
            command.map(Some).map_err(|e| format!("{}: {e}", entry.names[0]))
        }
        None => Err(format!("no command '{}' (help lists them)", escape(word.as_bytes()))),
    }
}

/// The names that complete what was typed so far of the first word.
pub fn complete(typed: &str) -> Vec<&'static str> {
    let names = COMMANDS.iter().map(|c| c.names[0]);
    names.filter(|n| n.starts_with(typed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_understood_or_refused_in_words() {
        assert_eq!(parse("goto /a b"), Ok(Some(Command::Goto(b"/a b".to_vec()))));
        assert_eq!(parse(" q! "), Ok(Some(Command::Quit)));
        assert_eq!(parse("index [3, -1]"), Ok(Some(Command::Index(vec![3, -1]))));
        assert_eq!(parse("index x"), Err("index: 'x' is not an integer".into()));
        assert_eq!(parse("goto"), Err("goto: needs a path".into()));
        assert_eq!(parse("frob"), Err("no command 'frob' (help lists them)".into()));
        assert_eq!(parse(""), Ok(None));
    }
}
