//! Ends and outputs of commands, and what they come to.

use std::time::Duration;

use super::*;
use crate::gate::Cause;

const CLEAN_SARIF: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"lint"}},"results":[]}]}"#;

fn sarif_with(level: &str) -> String {
    let result = format!(
        r#"{{"ruleId":"no eval","level":"{level}","message":{{"text":"eval"}},"locations":[{{"physicalLocation":
        {{"artifactLocation":{{"uri":"./src/a.py"}},"region":{{"startLine":3,"startColumn":2}}}}}}]}}"#
    );
    CLEAN_SARIF.replace("[]", &format!("[{result}]"))
}

fn junit_with(failure: &str, tests: usize) -> String {
    format!(
        "<testsuite name='s' tests='{tests}'><testcase name='a' file='t/a.py' line='4'>{failure}</testcase></testsuite>"
    )
}

const DONE: &str = "{\"done\":{\"checked\":2,\"findings\":0}}\n";

fn with(end: End, stdout: &str, output: Output) -> Result<Outcome, Unreadable> {
    let captured = Captured {
        what: "tools/check".into(),
        end,
        stdout: stdout.as_bytes().to_vec(),
        stderr: b"\x1b[31mlast words\x1b[0m\n".to_vec(),
        duration: Duration::ZERO,
    };
    Judgement { gate: "mine", root: Path::new("/ws"), folder: "sub", captured: &captured }.by(output)
}

fn cause(end: End, stdout: &str, output: Output) -> Cause {
    with(end, stdout, output).unwrap_err().cause
}

fn findings(code: i32, stdout: &str, output: Output) -> Vec<(String, Severity)> {
    let outcome = with(End::Code(code), stdout, output).unwrap();
    outcome.findings.into_iter().map(|finding| (finding.rule, finding.severity)).collect()
}

#[test]
fn an_exit_code_passes_or_fails_with_the_end_of_the_output() {
    assert!(findings(0, "fine", Output::ExitCode).is_empty());
    let outcome = with(End::Code(3), "one\ntwo", Output::ExitCode).unwrap();
    assert_eq!(outcome.findings[0].rule, "mine/failed");
    assert_eq!(outcome.findings[0].detail.as_deref(), Some("one\ntwo\nlast words"));
}

#[test]
fn a_command_that_did_not_end_by_itself_says_nothing() {
    for output in [Output::ExitCode, Output::Sarif, Output::Junit, Output::JsonLines] {
        assert_eq!(cause(End::NotFound, "", output), Cause::Unavailable);
        assert_eq!(cause(End::Code(127), "", output), Cause::Unavailable);
        assert_eq!(cause(End::Signal(9), CLEAN_SARIF, output), Cause::Crashed);
        assert_eq!(cause(End::TimedOut(Duration::from_secs(1)), DONE, output), Cause::TimedOut);
        assert_eq!(cause(End::TooMuchOutput, "", output), Cause::Garbage);
    }
}

#[test]
fn a_report_with_nothing_wrong_does_not_explain_an_exit_code() {
    assert_eq!(cause(End::Code(1), CLEAN_SARIF, Output::Sarif), Cause::Garbage);
    assert_eq!(cause(End::Code(1), DONE, Output::JsonLines), Cause::Garbage);
    assert_eq!(cause(End::Code(1), &junit_with("", 1), Output::Junit), Cause::Garbage);
}

#[test]
fn results_have_their_place_below_the_root() {
    let outcome = with(End::Code(0), &sarif_with("error"), Output::Sarif).unwrap();
    let finding = &outcome.findings[0];
    assert_eq!(finding.rule, "mine/no-eval");
    let place = finding.place.as_ref().unwrap();
    assert_eq!((place.file.as_str(), place.line, place.column), ("sub/src/a.py", Some(3), Some(2)));
    let absolute = with(End::Code(0), &sarif_with("error").replace("./src", "/ws/src"), Output::Sarif);
    assert_eq!(absolute.unwrap().findings[0].place.as_ref().unwrap().file, "src/a.py");
}

#[test]
fn warnings_do_not_soften_an_exit_code() {
    let warned = findings(0, &sarif_with("warning"), Output::Sarif);
    assert_eq!(warned, [("mine/no-eval".to_owned(), Severity::Warning)]);
    let failed = findings(1, &sarif_with("warning"), Output::Sarif);
    assert_eq!(failed[1], ("mine/failed".to_owned(), Severity::Error));
}

#[test]
fn failed_tests_are_findings_and_contradict_the_exit_code_0() {
    let failed = junit_with("<failure message='1 is not 2'>trace</failure>", 1);
    let outcome = with(End::Code(1), &failed, Output::Junit).unwrap();
    assert_eq!(outcome.findings[0].message, "s a failed: 1 is not 2");
    assert_eq!(outcome.findings[0].place.as_ref().unwrap().file, "sub/t/a.py");
    assert_eq!(cause(End::Code(0), &failed, Output::Junit), Cause::Garbage);
    assert_eq!(cause(End::Code(0), &junit_with("", 2), Output::Junit), Cause::Garbage);
}

#[test]
fn tests_that_did_not_run_prove_nothing() {
    assert_eq!(cause(End::Code(0), &junit_with("<skipped/>", 1), Output::Junit), Cause::NothingRan);
    assert_eq!(cause(End::Code(0), "<testsuites/>", Output::Junit), Cause::NothingRan);
}

#[test]
fn no_report_is_no_answer_and_a_failed_command_is_quoted() {
    for output in [Output::Sarif, Output::Junit, Output::JsonLines] {
        assert_eq!(cause(End::Code(0), "", output), Cause::Garbage);
        let unreadable = with(End::Code(2), "", output).unwrap_err();
        assert_eq!(unreadable.cause, Cause::Crashed);
        assert!(unreadable.reason.contains("last words"), "{unreadable}");
    }
}

#[test]
fn lines_are_counted_in_the_summary() {
    let outcome = with(End::Code(0), DONE, Output::JsonLines).unwrap();
    assert_eq!(outcome.summary, "nothing wrong in 2 checked");
    let text = format!("{{\"message\":\"a\"}}\n{}", DONE.replace("findings\":0", "findings\":1"));
    let failed = findings(1, &text, Output::JsonLines);
    assert_eq!(failed, [("mine/finding".to_owned(), Severity::Error)]);
}
