//! Reports of analysers of all kinds.

use cargo_gate::parse::{Reported, json_lines, measured, sarif};

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
