//! Prints `docs/functions.md` from the registry of functions.

fn main() {
    print!("{}", ch5tui::numpy::help::markdown());
}
