//! scratch
use ch5tui::app::batch::{self, Code, Options, Style};
use ch5tui::array::Settings;
use ch5tui::array::context::parse_size;
use std::sync::Arc;
fn main() {
    let mut args = std::env::args().skip(1);
    let mut files = Vec::new();
    let mut code = Vec::new();
    let mut settings = Settings::default();
    let mut style = Style::Text;
    while let Some(a) = args.next() {
        match a.as_str() {
            "-e" | "--eval" => code.push(Code::Text(args.next().unwrap())),
            "--format" => {
                style = if args.next().unwrap() == "json" { Style::Json } else { Style::Text }
            }
            "--max-memory" => settings.memory = parse_size(&args.next().unwrap()).unwrap(),
            "-j" => settings.threads = args.next().unwrap().parse().unwrap(),
            "--clean" | "--no-progress" => {}
            p => files.push(p.to_string()),
        }
    }
    let files = files
        .iter()
        .map(|p| (Arc::new(ch5tui::store::File::open(std::path::Path::new(p)).unwrap()), None))
        .collect();
    let options = Options { code, style, output: None, settings, progress: false };
    match batch::run(files, &options) {
        Ok(()) => {}
        Err(e) => {
            eprintln!("{}", text(&e));
            std::process::exit(1)
        }
    }
}
fn text(e: &batch::Ended) -> String {
    format!("{e:?}")
}
