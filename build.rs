//! Links GCC's support library into the binary, so that it needs none but libc's own and can be
//! copied to another machine.
//!
//! Rust's standard library asks the linker for `gcc_s`, a shared library. The same code is in
//! `libgcc_eh.a`: put before the system's folders under the name that is asked for, it is taken
//! instead. Where the compiler has no such archive, nothing is changed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|v| v == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let found = Command::new(compiler).arg("-print-file-name=libgcc_eh.a").output();
    let Some(archive) = found.ok().and_then(|o| String::from_utf8(o.stdout).ok()) else {
        return;
    };
    let archive = Path::new(archive.trim());
    let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from) else {
        return;
    };
    if archive.is_absolute() && fs::copy(archive, out.join("libgcc_s.a")).is_ok() {
        println!("cargo::rustc-link-search=native={}", out.display());
    }
}
