//! `bulletproof.toml`.

use cargo_gate::config;

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
