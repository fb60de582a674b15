//! The help: lines made from the tables of keys and commands, and the same as Markdown.

use super::{command, keys};

/// One line of the help on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A heading.
    Heading(&'static str),
    /// Keys or a command, and what it does.
    Entry(String, &'static str),
    /// Nothing.
    Blank,
}

/// The help, line by line.
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for section in keys::SECTIONS {
        lines.push(Line::Heading(section.title));
        for b in section.bindings {
            let keys: Vec<String> = b.keys.iter().map(|k| keys::shown(k)).collect();
            lines.push(Line::Entry(keys.join("  "), b.help));
        }
        lines.push(Line::Blank);
    }
    lines.push(Line::Heading("In the bar"));
    for (keys, help) in keys::TYPING {
        lines.push(Line::Entry((*keys).into(), help));
    }
    lines.push(Line::Blank);
    lines.push(Line::Heading("In a long text"));
    for (keys, help) in keys::EDITING {
        lines.push(Line::Entry((*keys).into(), help));
    }
    lines.push(Line::Blank);
    lines.push(Line::Heading("Commands, after :"));
    for c in command::COMMANDS {
        lines.push(Line::Entry(format!("{} {}", c.names.join(", "), c.argument), c.help));
    }
    lines
}

/// The same as a page of Markdown: `docs/keys.md`.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Keys and commands\n\nThis page is made from the tables in `src/app/keys.rs` and \
         `src/app/command.rs`; a test compares it with them.\n",
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for section in keys::SECTIONS {
        out += &format!("\n## {}\n\n| keys | what they do |\n|---|---|\n", section.title);
        for b in section.bindings {
            let keys: Vec<String> =
                b.keys.iter().map(|k| format!("`{}`", keys::shown(k))).collect();
            out += &format!("| {} | {} |\n", cell(&keys.join(" ")), cell(b.help));
        }
    }
    for (title, table) in [("In the bar", keys::TYPING), ("In a long text", keys::EDITING)] {
        out += &format!("\n## {title}\n\n| keys | what they do |\n|---|---|\n");
        for (keys, help) in table {
            let keys: Vec<String> = keys.split("  ").map(|k| format!("`{k}`")).collect();
            out += &format!("| {} | {} |\n", keys.join(" "), cell(help));
        }
    }
    out += "\n## Commands, after `:`\n\n| command | what it does |\n|---|---|\n";
    for c in command::COMMANDS {
        let names: Vec<String> = c.names.iter().map(|n| format!("`{n}`")).collect();
        let argument =
            if c.argument.is_empty() { String::new() } else { format!(" {}", c.argument) };
        out += &format!("| {}{argument} | {} |\n", names.join(" "), cell(c.help));
    }
    out
}
