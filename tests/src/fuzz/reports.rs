//! Reports of analysers of all kinds.

use cargo_gate::parse::{ImageScan, Reported, grype, json_lines, measured, sarif, semver_checks, trivy};

use super::Input;

fn sound(found: &[Reported]) {
    for reported in found {
        let places = [reported.start.0, reported.start.1, reported.end.0, reported.end.1];
        assert!(!places.contains(&Some(0)), "lines and columns count from 1: {reported:?}");
        assert!(!reported.message.trim().is_empty(), "there is something to read: {reported:?}");
    }
}

pub(super) fn sarif(input: Input<'_>) {
    let whole = match sarif::parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!whole.tools.is_empty(), "a log without a run tells nothing");
    sound(&whole.results);
    if let Ok(part) = sarif::parse(input.part()) {
        assert_eq!(part, whole, "only blanks may be missing");
    }
}

pub(super) fn json_lines(input: Input<'_>) {
    let whole = match json_lines::parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(whole.checked > 0, "a command that checked nothing tells nothing");
    sound(&whole.findings);
    if let Ok(part) = json_lines::parse(input.part()) {
        assert_eq!(part, whole, "only blanks may be missing");
    }
}

pub(super) fn measured(input: Input<'_>) {
    match measured::parse(input.bytes) {
        Ok(_) => {
            let whole = input.part().len() == input.bytes.len();
            assert!(whole || measured::parse(input.part()).is_err(), "a part is never taken for the whole");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(super) fn trivy(input: Input<'_>) {
    let _ = trivy::database(input.bytes);
    scan(input, |bytes| trivy::parse(bytes).map_err(|error| error.to_string()));
}

pub(super) fn grype(input: Input<'_>) {
    scan(input, |bytes| grype::parse(bytes).map_err(|error| error.to_string()));
}

fn scan(input: Input<'_>, parse: impl Fn(&[u8]) -> Result<ImageScan, String>) {
    let whole = match parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => return assert!(!error.is_empty()),
    };
    if let Ok(part) = parse(input.part()) {
        assert_eq!(part, whole, "only blanks may be missing");
    }
}

/// The first part is what cargo-semver-checks says of what it found, the second what it says of its work.
pub(super) fn semver_checks(input: Input<'_>) {
    let (stdout, stderr) = input.pair();
    match semver_checks::parse(stdout.bytes, stderr.bytes) {
        Ok(compared) => {
            let all_is_allowed = compared.change.starts_with("major");
            assert!(compared.checks > 0 || all_is_allowed, "a comparison without a check tells nothing");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
