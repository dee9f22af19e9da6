//! What cargo says: its messages, and why it failed.

use cargo_gate::parse::{cargo_error, cargo_messages};

use super::Input;

pub(super) fn cargo_messages(input: Input<'_>) {
    let whole = match cargo_messages::parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    if input.cuts_a_line() {
        assert!(cargo_messages::parse(input.part()).is_err(), "half a line is no message");
    }
    if let Ok(part) = cargo_messages::parse(input.whole_lines()) {
        assert!(part.success || !whole.success, "more messages make no failed build a success");
        assert!(whole.diagnostics.starts_with(&part.diagnostics), "a finding is read from its own line");
        assert!(whole.artifacts.starts_with(&part.artifacts), "an artifact is read from its own line");
    }
    let distinct = cargo_messages::distinct(whole.diagnostics.clone());
    for diagnostic in &whole.diagnostics {
        let told = |kept: &cargo_messages::Diagnostic| {
            (kept.level, &kept.code, &kept.message)
                == (diagnostic.level, &diagnostic.code, &diagnostic.message)
                && (kept.target == diagnostic.target || kept.also_in.contains(&diagnostic.target))
        };
        assert!(distinct.iter().any(told), "no finding is lost: {diagnostic:?}");
    }
}

pub(super) fn cargo_error(input: Input<'_>) {
    let error = cargo_error::summary(input.bytes);
    assert!(!error.message.trim().is_empty(), "there is always something to read");
    assert!(!error.message.contains('\n'), "it is one line");
    assert!(error.place.is_none_or(|place| place.line > 0), "lines count from 1");
}
