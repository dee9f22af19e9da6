use std::collections::HashSet;

use proptest::prelude::*;

use super::lints::{applied, suggested};
use super::manifest::inherit_lints;

#[test]
fn a_manifest_inherits_the_lints_and_keeps_what_it_has() {
    let text = "# about\n[package]\nname = \"a\" # the name\n\n[dependencies]\nb = \"1\"\n";
    let fixed = inherit_lints(text).unwrap();
    assert_eq!(fixed, format!("{text}\n[lints]\nworkspace = true\n"));
    assert_eq!(inherit_lints(&fixed), None);
    assert_eq!(inherit_lints("[lints.rust]\nunsafe_code = \"forbid\"\n"), None);
    assert_eq!(inherit_lints("not toml"), None);
}

#[test]
fn a_manifest_keeps_its_line_ends() {
    let fixed = inherit_lints("[package]\r\nname = \"a\"\r\n").unwrap();
    assert_eq!(fixed, "[package]\r\nname = \"a\"\r\n\r\n[lints]\r\nworkspace = true\r\n");
}

/// A message of cargo's with one suggestion of that lint.
fn message(lint: &str, range: (u32, u32), replacement: &str, applicability: &str) -> String {
    let span = serde_json::json!({
        "file_name": "src/lib.rs", "byte_start": range.0, "byte_end": range.1, "line_start": 1, "line_end": 1,
        "column_start": 1, "column_end": 1, "is_primary": true, "text": [], "label": null,
        "suggested_replacement": replacement, "suggestion_applicability": applicability, "expansion": null,
    });
    let child = serde_json::json!({
        "message": "remove it", "code": null, "level": "help", "spans": [span], "children": [], "rendered": null,
    });
    let message = serde_json::json!({
        "message": "a lint", "code": { "code": lint, "explanation": null }, "level": "warning",
        "spans": [span], "children": [child], "rendered": null,
    });
    serde_json::json!({ "reason": "compiler-message", "message": message }).to_string()
}

const FINISHED: &str = "{\"reason\":\"build-finished\",\"success\":true}";

fn read(messages: &[String]) -> super::lints::Suggested {
    let wanted = HashSet::from(["clippy::needless_return".to_owned(), "unused_mut".to_owned()]);
    suggested(messages.join("\n").as_bytes(), &wanted)
}

#[test]
fn suggestions_that_are_surely_right_are_applied_once_though_library_and_tests_tell_them() {
    let one = message("clippy::needless_return", (0, 7), "", "MachineApplicable");
    let other = message("unused_mut", (9, 9), "!", "MachineApplicable");
    let read = read(&[one.clone(), one, other, FINISHED.to_owned()]);
    assert!(read.compiled);
    let (text, counts) = applied("return 12;", &read.files["src/lib.rs"]).unwrap();
    assert_eq!(text, "12!;");
    assert_eq!(counts.values().sum::<usize>(), 2);
}

#[test]
fn what_may_be_wrong_or_was_not_asked_for_is_not_applied() {
    let doubtful = message("unused_mut", (0, 1), "", "MaybeIncorrect");
    let other = message("clippy::other", (0, 1), "", "MachineApplicable");
    assert!(read(&[doubtful, other, FINISHED.to_owned()]).files.is_empty());
}

#[test]
fn of_suggestions_in_each_others_way_one_is_applied() {
    let first = message("unused_mut", (0, 4), "a", "MachineApplicable");
    let second = message("unused_mut", (2, 6), "b", "MachineApplicable");
    let (text, counts) = applied("123456", &read(&[first, second]).files["src/lib.rs"]).unwrap();
    assert_eq!((text.as_str(), counts["unused_mut"]), ("12b", 1));
}

#[test]
fn a_run_that_is_cut_short_has_not_compiled() {
    assert!(!read(&[]).compiled);
    assert!(!read(&[FINISHED.replace("true", "false")]).compiled);
}

proptest! {
    #[test]
    fn any_bytes_and_any_places_give_an_answer(bytes: Vec<u8>, text: String, start: u32, end: u32) {
        let lints = HashSet::from(["unused_mut".to_owned()]);
        let _ = suggested(&bytes, &lints);
        let read = read(&[message("unused_mut", (start % 64, end % 64), "x", "MachineApplicable")]);
        for suggestions in read.files.values() {
            let _ = applied(&text, suggestions);
        }
    }
}
