//! What is said of functions: the table in the documentation, and the help of one.

use super::registry::{Function, functions};

/// A function's signature as Python writes it: `np.mean(a, axis=None, …)`.
pub fn signature(function: &Function) -> String {
    format!("np.{}({})", function.names[0], function.params)
}

/// The table of all functions, section by section, as `docs/functions.md` has it.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Functions\n\nThis page is made from the registry in `src/numpy`; a test compares it with \
         that. All take and give lazy arrays: nothing is computed before it is looked at, printed \
         or written.\n",
    );
    let mut sections: Vec<&str> = Vec::new();
    for f in functions() {
        if !sections.contains(&f.section) {
            sections.push(f.section);
        }
    }
    for section in sections {
        out += &format!("\n## {section}\n\n| function | what it does |\n|---|---|\n");
        for f in functions().iter().filter(|f| f.section == section) {
            let others: Vec<String> = f.names[1..].iter().map(|n| format!(", `{n}`")).collect();
            let call = format!("{}({})", f.names[0], f.params).replace('|', "\\|");
            out += &format!("| `{call}`{} | {} |\n", others.concat(), f.help);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_of_functions_is_up_to_date() {
        let written = include_str!("../../docs/functions.md");
        assert!(
            written == super::markdown(),
            "run: cargo run -q --example functions > docs/functions.md"
        );
    }
}
