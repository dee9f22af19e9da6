//! What the chores print.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "chores talk to people, and only here")]

/// A line of the result.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// A line on what is being done.
pub(crate) fn progress(text: &str) {
    eprintln!("{text}");
}

/// Why a chore did not end well.
pub(crate) fn error(text: &str) {
    eprintln!("error: {text}");
}
