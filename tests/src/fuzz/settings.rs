//! `bulletproof.toml`, `bulletproof.baseline.json` and `promote.toml`.

use cargo_gate::baseline::Baseline;
use cargo_gate::config::{self, ConfigError};
use cargo_promote::config as promote;

use super::Input;

/// The first part is `bulletproof.toml`, the second `Cargo.toml`.
pub(super) fn config(input: Input<'_>) {
    let (own, manifest) = input.pair();
    let (Some(own), Some(manifest)) = (own.text(), manifest.text()) else { return };
    for own in [Some(own), None] {
        let Err(error) = config::parse(own, manifest) else { continue };
        assert!(!error.problems.is_empty(), "a config that cannot be used has a reason");
        for problem in &error.problems {
            let text = if problem.file == "Cargo.toml" { manifest } else { own.unwrap_or_default() };
            let lines = text.split('\n').count();
            assert!(problem.line >= 1 && problem.line as usize <= lines, "its line exists: {problem}");
            assert!(problem.column >= 1 && !problem.message.is_empty(), "{problem:?}");
        }
    }
}

/// A baseline that can be read is written as one that reads the same.
pub(super) fn baseline(input: Input<'_>) {
    let Some(text) = input.text() else { return };
    let read = match Baseline::parse(text) {
        Ok(read) => read,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let again = Baseline::parse(&read.text()).map_err(|error| error.to_string());
    // the last digit of a figure may get lost on the way
    let named = |baseline: &Baseline| -> Vec<_> {
        let entries = baseline.entries();
        entries
            .map(|entry| (entry.gate, entry.file, entry.accepted.rule, entry.accepted.fingerprint))
            .collect()
    };
    assert_eq!(again.as_ref().map(named), Ok(named(&read)), "what is written reads the same");
}

/// The workspace's own `promote.toml`, and one that it leads to.
pub(super) fn promote_config(input: Input<'_>) {
    let Some(text) = input.text() else { return };
    let own = promote::parse_workspace(text);
    let other = promote::parse_of("other.toml", text);
    if own.is_ok() && other.is_err() {
        assert!(
            matches!(own, Ok(promote::Written::Elsewhere(_))),
            "only `[from]` is for the workspace's own"
        );
    }
    let lines = text.split('\n').count();
    let sound = |error: &ConfigError| {
        let told = |line: u32, message: &str| line >= 1 && line as usize <= lines && !message.is_empty();
        !error.problems.is_empty()
            && error.problems.iter().all(|problem| told(problem.line, &problem.message))
    };
    assert!(own.as_ref().err().is_none_or(sound), "{own:?}");
    assert!(other.as_ref().err().is_none_or(sound), "{other:?}");
}
