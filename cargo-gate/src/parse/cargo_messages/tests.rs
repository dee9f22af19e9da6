use proptest::prelude::*;

use super::*;

const WARNINGS: &[u8] = include_bytes!("../recorded/cargo_messages/clippy_warnings.jsonl");
const ERRORS: &[u8] = include_bytes!("../recorded/cargo_messages/check_errors.jsonl");
const BUILD: &[u8] = include_bytes!("../recorded/cargo_messages/test_build.jsonl");

const FINISHED: &str = r#"{"reason":"build-finished","success":true}"#;

fn with_code<'a>(run: &'a CargoRun, code: &str) -> &'a Diagnostic {
    run.diagnostics.iter().find(|diagnostic| diagnostic.code.as_deref() == Some(code)).unwrap()
}

fn message(target: &str, body: &str) -> String {
    format!(
        r#"{{"reason":"compiler-message","package_id":"p","target":{{"kind":["lib"],"name":"{target}","src_path":"/ws/src/lib.rs"}},"message":{body}}}"#
    )
}

#[test]
fn a_clippy_run_gives_its_findings() {
    let run = parse(WARNINGS).unwrap();
    assert!(run.success);
    let finding = with_code(&run, "clippy::unwrap_used");
    assert_eq!(finding.level, Level::Warning);
    assert_eq!(finding.message, "used `unwrap()` on an `Option` value");
    assert_eq!(finding.package_id, "path+file:///ws/warn#0.1.0");
    assert_eq!(finding.target.name, "warn");
    assert_eq!(finding.target.kinds, ["lib"]);
    let span = &finding.spans[0];
    assert_eq!((span.file.as_str(), span.line, span.column), ("src/lib.rs", 10, 18));
    assert!(span.primary && !span.in_expansion);
    assert!(finding.notes.iter().any(|note| note.contains("requested on the command line")));
    assert!(finding.rendered.as_deref().unwrap().starts_with("warning: used `unwrap()`"));
}

#[test]
fn proposed_edits_keep_their_place_and_certainty() {
    let run = parse(WARNINGS).unwrap();
    let edits = &with_code(&run, "clippy::needless_return").suggestions;
    assert_eq!(edits.len(), 2, "one edit in two parts");
    assert_eq!(edits[0].message, "remove `return`");
    assert_eq!(edits[0].message, edits[1].message);
    assert_eq!(edits[0].applicability.as_deref(), Some("MachineApplicable"));
    assert_eq!(edits[1].replacement, "");
}

#[test]
fn code_of_a_macro_of_the_workspace_keeps_its_place() {
    let run = parse(WARNINGS).unwrap();
    let span = &with_code(&run, "unused_variables").spans[0];
    assert_eq!((span.file.as_str(), span.line), ("src/lib.rs", 4));
    assert!(span.in_expansion);
}

#[test]
fn code_of_a_foreign_macro_is_placed_at_its_call() {
    let run = parse(ERRORS).unwrap();
    let span = &with_code(&run, "E0277").spans[0];
    assert_eq!((span.file.as_str(), span.line, span.column), ("src/lib.rs", 5, 5));
    assert!(span.primary && span.in_expansion);
    assert!(span.label.as_deref().unwrap().contains("no implementation"));
}

#[test]
fn a_place_without_any_file_of_the_workspace_is_that_of_the_outermost_call() {
    let span = |file: &str, expansion: &str| {
        format!(
            r#"{{"file_name":"{file}","line_start":1,"column_start":1,"line_end":1,"column_end":2,"byte_start":0,"byte_end":1,"is_primary":true,"label":null,"suggested_replacement":null,"suggestion_applicability":null,"expansion":{expansion}}}"#
        )
    };
    let outer = span("/home/dev/.cargo/x.rs", "null");
    let inner = span("<derive>", &format!(r#"{{"span":{outer}}}"#));
    let body = format!(
        r#"{{"level":"warning","code":null,"message":"m","spans":[{inner}],"children":[],"rendered":null}}"#
    );
    let run = parse(format!("{}\n{FINISHED}", message("a", &body)).as_bytes()).unwrap();
    assert_eq!(run.diagnostics[0].spans[0].file, "/home/dev/.cargo/x.rs");
}

#[test]
fn a_failed_build_is_read_and_not_a_success() {
    let run = parse(ERRORS).unwrap();
    assert!(!run.success);
    let codes: Vec<_> = run.diagnostics.iter().map(|found| found.code.as_deref()).collect();
    assert_eq!(codes, [Some("E0308"), Some("E0277"), Some("E0425")], "the closing remarks are dropped");
    let mismatch = &run.diagnostics[0];
    assert!(mismatch.spans[0].primary && !mismatch.spans[1].primary);
    assert_eq!(mismatch.suggestions[0].replacement, ".to_string()");
    assert!(mismatch.notes.is_empty());
}

#[test]
fn an_error_without_code_and_place_is_kept() {
    let body = r#"{"level":"error","code":null,"message":"linking with `cc` failed","spans":[],"children":[],"rendered":null}"#;
    let text = format!("{}\n{FINISHED}\n", message("a", body));
    assert_eq!(parse(text.as_bytes()).unwrap().diagnostics.len(), 1);
}

#[test]
fn a_failure_of_the_compiler_itself_has_its_own_level() {
    let body = r#"{"level":"error: internal compiler error","code":null,"message":"oops","spans":[],"children":[],"rendered":null}"#;
    let text = format!("{}\n{FINISHED}\n", message("a", body));
    assert_eq!(parse(text.as_bytes()).unwrap().diagnostics[0].level, Level::Ice);
}

#[test]
fn artifacts_tell_tests_and_their_programs() {
    let run = parse(BUILD).unwrap();
    let tests: Vec<_> = run.artifacts.iter().filter(|artifact| artifact.test).collect();
    assert_eq!(tests.len(), 2);
    assert!(tests.iter().all(|artifact| artifact.executable.is_some()));
    let library = run.artifacts.iter().find(|artifact| !artifact.test).unwrap();
    assert_eq!(library.executable, None);
    assert!(library.filenames[0].contains("libbeta-"));
    assert!(!library.fresh);
}

#[test]
fn the_same_finding_of_two_units_is_merged() {
    let run = parse(WARNINGS).unwrap();
    let all = run.diagnostics.len();
    let merged = distinct(run.diagnostics);
    assert!(merged.len() < all, "{} of {all}", merged.len());
    let unwraps = merged.iter().filter(|found| found.code.as_deref() == Some("clippy::unwrap_used"));
    assert_eq!(unwraps.count(), 1);
    assert!(merged.iter().all(|found| found.also_in.is_empty()), "it is one target, twice");
}

#[test]
fn a_merged_finding_names_the_other_targets_once() {
    let body = r#"{"level":"warning","code":null,"message":"m","spans":[],"children":[],"rendered":null}"#;
    let text: Vec<_> = ["a", "b", "a", "b"].iter().map(|name| message(name, body)).collect();
    let run = parse(format!("{}\n{FINISHED}\n", text.join("\n")).as_bytes()).unwrap();
    let merged = distinct(run.diagnostics);
    assert_eq!(merged.len(), 1);
    let others: Vec<_> = merged[0].also_in.iter().map(|target| &target.name).collect();
    assert_eq!(others, ["b"]);
}

#[test]
fn unknown_reasons_are_ignored() {
    let text = format!("{{\"reason\":\"news-of-2030\",\"x\":[1]}}\n{FINISHED}\n");
    let run = parse(text.as_bytes()).unwrap();
    assert!(run.success && run.diagnostics.is_empty() && run.artifacts.is_empty());
}

#[test]
fn nothing_at_all_is_an_error() {
    assert!(matches!(parse(b""), Err(MessageError::Empty)));
}

#[test]
fn an_unknown_level_is_an_error() {
    let body = r#"{"level":"fatal","code":null,"message":"m","spans":[],"children":[],"rendered":null}"#;
    let text = format!("{}\n{FINISHED}\n", message("a", body));
    assert!(matches!(parse(text.as_bytes()), Err(MessageError::Malformed { line: 1, .. })));
}

#[test]
fn garbage_is_an_error_that_names_its_line() {
    for text in [
        format!("hello\n{FINISHED}\n"),
        format!("\n{FINISHED}\n"),
        format!("{{}}\n{FINISHED}\n"),
        format!("[1]\n{FINISHED}\n"),
    ] {
        let error = parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error, MessageError::Malformed { line: 1, .. }), "{error}");
    }
    let after = parse(format!("{FINISHED}\nrunning 1 test\n").as_bytes()).unwrap_err();
    assert!(after.to_string().contains("line 2"), "{after}");
    assert!(after.to_string().contains("running 1 test"), "{after}");
}

#[test]
fn invalid_utf_8_is_an_error_that_names_its_line() {
    let text = [FINISHED.as_bytes(), b"\n{\"reason\":\"x\",\"y\":\"\xff\"}\n"].concat();
    assert!(matches!(parse(&text), Err(MessageError::NotUtf8 { line: 2 })));
}

#[test]
fn two_ends_succeed_only_together() {
    let failed = FINISHED.replace("true", "false");
    for text in [format!("{FINISHED}\n{failed}\n"), format!("{failed}\n{FINISHED}\n")] {
        assert!(!parse(text.as_bytes()).unwrap().success);
    }
}

#[test]
fn output_cut_at_any_byte_is_an_error() {
    let whole = BUILD.strip_suffix(b"\n").unwrap();
    for length in 0..whole.len() {
        assert!(parse(&whole[..length]).is_err(), "cut at {length}");
    }
    assert_eq!(parse(whole).unwrap(), parse(BUILD).unwrap());
}

#[test]
fn output_cut_at_the_end_of_any_line_but_the_last_is_an_error() {
    for output in [WARNINGS, ERRORS] {
        let ends: Vec<_> = (0..output.len()).filter(|place| output[*place] == b'\n').collect();
        for end in &ends[..ends.len() - 1] {
            assert!(matches!(parse(&output[..=*end]), Err(MessageError::CutShort { .. })));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_changed_byte_never_panics(place in 0..WARNINGS.len(), byte: u8) {
        let mut changed = WARNINGS.to_vec();
        changed[place] = byte;
        let _ = parse(&changed).map(|run| distinct(run.diagnostics));
    }
}
