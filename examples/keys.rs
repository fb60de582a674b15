//! Prints `docs/keys.md` from the tables of keys and commands.

fn main() {
    print!("{}", ch5tui::app::help::markdown());
}
