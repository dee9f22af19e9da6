//! Lays down the programs that tests let others start.
//!
//! A file that is open for writing cannot be started, and what one thread has open is open in each process that another
//! one is starting as well, until that has become its program. So on Unix a process of its own writes them.

use std::path::Path;

/// Writes a script that may be started, with the folders that lead to it.
pub(crate) fn write_program(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    written(path, text.as_bytes());
}

/// Lays a copy of a program: a link where the file system allows it, as some have hundreds of megabytes.
pub(crate) fn lay_program(from: &Path, to: &Path) {
    if std::fs::hard_link(from, to).is_err() {
        copied(from, to);
    }
}

#[cfg(unix)]
fn written(path: &Path, text: &[u8]) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let script = r#"cat > "$0" && chmod 755 "$0""#;
    let mut shell = Command::new("sh").args(["-c", script]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(text).unwrap();
    assert!(shell.wait().unwrap().success(), "{}", path.display());
}

#[cfg(unix)]
fn copied(from: &Path, to: &Path) {
    assert!(
        std::process::Command::new("cp").args([from, to]).status().unwrap().success(),
        "{}",
        to.display()
    );
}

#[cfg(not(unix))]
fn written(path: &Path, text: &[u8]) {
    std::fs::write(path, text).unwrap();
}

#[cfg(not(unix))]
fn copied(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}
