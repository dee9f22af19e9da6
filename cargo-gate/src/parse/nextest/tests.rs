use proptest::prelude::*;

use super::*;

macro_rules! recorded {
    ($name:literal) => {
        (
            include_str!(concat!("../recorded/nextest/", $name, ".stdout")),
            include_str!(concat!("../recorded/nextest/", $name, ".stderr")),
        )
    };
}

type Output = (&'static str, &'static str);

const PASSING: Output = recorded!("passing");
const FAILING: Output = recorded!("failing");
const FAIL_FAST: Output = recorded!("fail_fast");
const COLOURED: Output = recorded!("coloured");
const FLAKY: Output = recorded!("flaky");
const FLAKY_FAILED: Output = recorded!("flaky_failed");
const LEAKING: Output = recorded!("leaking");
const ONLY_IGNORED: Output = recorded!("only_ignored");
const RUN_IGNORED: Output = recorded!("run_ignored");
const NONE_MATCHING: Output = recorded!("none_matching");
const NOTHING: Output = recorded!("nothing");
const BUILD_FAILURE: Output = recorded!("build_failure");
const HARNESS_BROKEN: Output = recorded!("harness_broken");

fn read((stdout, stderr): (&str, &str)) -> Result<TestRun, TestOutputError> {
    parse(stdout.as_bytes(), stderr.as_bytes())
}

fn counts(run: &TestRun) -> (usize, usize, usize) {
    (run.passed().count(), run.failed().count(), run.ignored().count())
}

fn test<'a>(run: &'a TestRun, name: &str) -> &'a TestCase {
    run.tests.iter().find(|test| test.name == name).unwrap()
}

#[test]
fn a_passing_run_of_several_packages_is_read() {
    let run = read(PASSING).unwrap();
    assert_eq!(counts(&run), (9, 0, 1));
    assert_eq!(run.ran(), 9);
    assert!(run.nothing_failed());
    let kinds: Vec<_> = run.suites.iter().map(|suite| (suite.id(), suite.kind.as_str())).collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    assert!(kinds.contains(&("alpha::alpha".into(), "lib")));
    assert!(kinds.contains(&("alpha::alpha".into(), "bin")));
    let test = test(&run, "deep::er::also");
    assert_eq!(test.suite, "alpha::it");
    assert_eq!((test.outcome, test.attempts), (Outcome::Passed, 1));
    assert!(test.duration_ms.is_some() && test.output.is_empty());
}

#[test]
fn names_with_spaces_and_signs_are_kept() {
    let run = read(PASSING).unwrap();
    assert_eq!(test(&run, "a name with spaces").suite, "beta::custom");
    assert_eq!(test(&run, "other::one #2 @3$4").attempts, 1);
}

#[test]
fn failed_tests_keep_their_output() {
    let run = read(FAILING).unwrap();
    assert_eq!(counts(&run), (5, 5, 3));
    assert!(!run.nothing_failed());
    assert!(test(&run, "tests::fails").output.contains("one is not two"));
    assert!(test(&run, "tests::panics_otherwise").output.contains("expected substring"));
    assert_eq!(test(&run, "tests::returns_an_error").output, "Error: \"no luck\"\n");
}

#[test]
fn a_test_killed_by_a_signal_says_so() {
    let run = read(FAILING).unwrap();
    let aborted = test(&run, "b_aborts");
    assert_eq!(aborted.outcome, Outcome::Failed);
    assert_eq!(aborted.output, "nextest reports this test as SIGABRT");
}

#[test]
fn a_test_that_runs_too_long_is_told_from_a_failed_one() {
    let run = read(FAILING).unwrap();
    let hanging = test(&run, "hangs");
    assert_eq!(hanging.outcome, Outcome::TimedOut);
    assert_eq!(hanging.output, "time limit exceeded");
}

#[test]
fn tests_that_were_not_run_after_a_failure_are_counted() {
    let run = read(FAIL_FAST).unwrap();
    assert!(run.not_run > 0 && run.failed().count() > 0);
    assert!(!run.nothing_failed());
}

#[test]
fn colours_change_nothing() {
    let run = read(COLOURED).unwrap();
    assert_eq!((run.passed().count(), run.failed().count()), (2, 3));
}

#[test]
fn a_flaky_test_passes_with_its_attempts() {
    let run = read(FLAKY).unwrap();
    assert_eq!(counts(&run), (1, 0, 0));
    let flaky = test(&run, "flaky");
    assert!(flaky.is_flaky());
    assert_eq!(flaky.attempts, 2);
}

#[test]
fn a_flaky_test_that_must_not_be_fails() {
    let run = read(FLAKY_FAILED).unwrap();
    let flaky = test(&run, "flaky");
    assert_eq!((flaky.outcome, flaky.attempts), (Outcome::Failed, 2));
    assert!(flaky.is_flaky());
    assert_eq!(flaky.output, "flaky test treated as failure");
}

#[test]
fn a_test_that_leaks_a_process_fails_though_its_suite_is_ok() {
    let run = read(LEAKING).unwrap();
    assert_eq!(counts(&run), (0, 1, 0));
    assert_eq!(test(&run, "leaks").output, "nextest reports this test as LEAK-FAIL");
}

#[test]
fn ignored_tests_are_found_though_their_event_is_lost() {
    let run = read(ONLY_IGNORED).unwrap();
    assert_eq!(counts(&run), (0, 0, 2));
    assert_eq!(run.ran(), 0);
    assert_eq!(test(&run, "one").attempts, 0);
}

#[test]
fn ignored_tests_that_were_run_count_as_run() {
    assert_eq!(counts(&read(RUN_IGNORED).unwrap()), (2, 0, 0));
}

#[test]
fn no_tests_is_a_run_of_zero_if_the_summary_says_so() {
    let run = read(NOTHING).unwrap();
    assert_eq!((run.tests.len(), run.suites.len(), run.ran()), (0, 0, 0));
    assert_eq!(read(NONE_MATCHING).unwrap().ran(), 0);
    assert!(matches!(parse(b"", b""), Err(TestOutputError::NoSummary)));
    let error = read(("", PASSING.1)).unwrap_err();
    assert!(matches!(error, TestOutputError::CountsDisagree { .. }), "{error}");
}

#[test]
fn a_run_that_never_started_is_an_error() {
    for output in [BUILD_FAILURE, HARNESS_BROKEN] {
        assert!(matches!(read(output), Err(TestOutputError::NoSummary)));
    }
}

/// The output of one passing run of two tests in one binary.
const SMALL: [&str; 6] = [
    r#"{"type":"suite","event":"started","test_count":2,"nextest":{"crate":"a","test_binary":"a","kind":"lib"}}"#,
    r#"{"type":"test","event":"started","name":"a::a$x"}"#,
    r#"{"type":"test","event":"started","name":"a::a$y"}"#,
    r#"{"type":"test","event":"ok","name":"a::a$x","exec_time":0.5}"#,
    r#"{"type":"test","event":"ok","name":"a::a$y","exec_time":0.5}"#,
    r#"{"type":"suite","event":"ok","passed":2,"failed":0,"ignored":0,"measured":0,"filtered_out":0,"exec_time":1,"nextest":{"crate":"a","test_binary":"a","kind":"lib"}}"#,
];

fn small(summary: &str, change: impl Fn(&mut Vec<String>)) -> Result<TestRun, TestOutputError> {
    let mut lines = SMALL.map(str::to_owned).to_vec();
    change(&mut lines);
    let summary = format!("     Summary [   0.010s] {summary}\n");
    read((&lines.join("\n"), &summary))
}

const SMALL_SUMMARY: &str = "2 tests run: 2 passed, 0 skipped";

#[test]
fn the_small_run_is_good_as_it_is() {
    assert_eq!(counts(&small(SMALL_SUMMARY, |_| ()).unwrap()), (2, 0, 0));
}

#[test]
fn any_lost_event_is_an_error() {
    for index in 0..SMALL.len() {
        let result = small(SMALL_SUMMARY, |lines| {
            lines.remove(index);
        });
        assert!(result.is_err(), "without event {index}");
    }
}

#[test]
fn any_event_twice_is_an_error() {
    for index in 0..SMALL.len() {
        let result = small(SMALL_SUMMARY, |lines| {
            lines.insert(index, lines[index].clone());
        });
        assert!(result.is_err(), "event {index} twice");
    }
}

#[test]
fn a_suite_without_an_end_is_cut_short() {
    let error = small(SMALL_SUMMARY, |lines| {
        lines.pop();
    })
    .unwrap_err();
    assert!(matches!(error, TestOutputError::SuiteCutShort { .. }), "{error}");
}

#[test]
fn a_test_without_an_outcome_is_cut_short() {
    let error = small("1 test run: 1 passed, 1 skipped", |lines| {
        lines.remove(4);
        lines[4] = lines[4].replace(r#""passed":2"#, r#""passed":1"#);
    })
    .unwrap_err();
    assert!(matches!(error, TestOutputError::TestCutShort { .. }), "{error}");
}

#[test]
fn totals_other_than_the_events_are_an_error() {
    for (from, to) in [
        (r#""passed":2"#, r#""passed":3"#),
        (r#""passed":2,"failed":0"#, r#""passed":1,"failed":1"#),
        (r#""passed":2"#, r#""passed":18446744073709551615"#),
    ] {
        let error = small(SMALL_SUMMARY, |lines| lines[5] = lines[5].replace(from, to)).unwrap_err();
        assert!(matches!(error, TestOutputError::CountsDisagree { .. }), "{error}");
    }
}

#[test]
fn a_summary_other_than_the_events_is_an_error() {
    for summary in [
        "3 tests run: 3 passed, 0 skipped",
        "2 tests run: 1 passed, 1 failed, 0 skipped",
        "3 tests run: 2 passed, 0 skipped",
        "2 tests run: 2 passed, 1 exec failed, 0 skipped",
    ] {
        let error = small(summary, |_| ()).unwrap_err();
        assert!(matches!(error, TestOutputError::CountsDisagree { .. }), "{summary}: {error}");
    }
    let failed = |lines: &mut Vec<String>| lines[4] = lines[4].replace("\"ok\"", "\"failed\"");
    assert!(small(SMALL_SUMMARY, failed).is_err());
}

#[test]
fn more_ignored_tests_than_skipped_ones_are_an_error() {
    let result = small("1 test run: 1 passed, 0 skipped", |lines| {
        lines[4] = r#"{"type":"test","event":"ignored","name":"a::a$y"}"#.into();
        lines[5] = lines[5].replace(r#""passed":2"#, r#""passed":1"#);
    });
    assert!(matches!(result, Err(TestOutputError::CountsDisagree { .. })));
}

#[test]
fn a_summary_in_another_form_is_an_error() {
    for summary in [
        "",
        "2 tests run:",
        "two tests run: 2 passed, 0 skipped",
        "2 tests run: 2 passed, 0 skip",
        "2 tests run: 2 passed",
        "2 tests run: 2 passed, 1 vanished, 0 skipped",
        "2 stress run iterations: 2 passed",
    ] {
        let error = small(summary, |_| ()).unwrap_err();
        assert!(matches!(error, TestOutputError::UnreadableSummary { .. }), "{summary}: {error}");
    }
}

#[test]
fn details_in_the_summary_are_skipped() {
    let run = small("2/5 tests run: 2 passed (1 slow, 1 flaky, 1 leaky), 3 skipped", |_| ()).unwrap();
    assert_eq!(run.not_run, 3);
    assert!(!run.nothing_failed());
}

#[test]
fn a_malformed_event_is_an_error_that_names_its_line() {
    for event in [
        r#"{"type":"test","event":"started""#,
        r#"{"type":"test","event":"vanished","name":"a::a$x"}"#,
        r#"{"type":"news","event":"started"}"#,
        r#"{"type":"suite","event":"started","test_count":2}"#,
    ] {
        let error = small(SMALL_SUMMARY, |lines| lines.insert(2, event.into())).unwrap_err();
        assert!(matches!(error, TestOutputError::Malformed { line: 3, .. }), "{error}");
    }
}

#[test]
fn events_of_unknown_binaries_and_tests_are_errors() {
    for event in [
        r#"{"type":"test","event":"started","name":"b::b$x"}"#,
        r#"{"type":"test","event":"started","name":"no sign"}"#,
        r#"{"type":"test","event":"ok","name":"a::a$never started"}"#,
    ] {
        let error = small(SMALL_SUMMARY, |lines| lines.insert(3, event.into())).unwrap_err();
        assert!(matches!(error, TestOutputError::Unannounced { .. }), "{error}");
    }
}

#[test]
fn lines_of_setup_scripts_between_events_are_skipped() {
    let run = small(SMALL_SUMMARY, |lines| {
        lines.insert(2, "database is up".into());
    })
    .unwrap();
    assert_eq!(run.ran(), 2);
}

#[test]
fn a_summary_printed_by_a_test_does_not_count() {
    let summary = format!("{SMALL_SUMMARY}\n         Summary [ 1s] 9 tests run: 9 passed, 0 skipped");
    assert_eq!(small(&summary, |_| ()).unwrap().ran(), 2);
}

#[test]
fn events_cut_at_any_byte_are_an_error() {
    for (stdout, stderr) in [PASSING, FLAKY, LEAKING, RUN_IGNORED] {
        let whole = stdout.trim_end();
        for length in 0..whole.len() {
            let result = parse(&whole.as_bytes()[..length], stderr.as_bytes());
            assert!(result.is_err(), "cut at {length}");
        }
        assert!(read((whole, stderr)).is_ok());
    }
}

#[test]
fn where_no_test_ran_cut_events_never_show_one() {
    let (stdout, stderr) = ONLY_IGNORED;
    for length in 0..stdout.len() {
        if let Ok(run) = parse(&stdout.as_bytes()[..length], stderr.as_bytes()) {
            assert_eq!(run.ran(), 0, "cut at {length}");
        }
    }
}

#[test]
fn a_summary_cut_at_any_byte_is_an_error() {
    for (stdout, stderr) in [PASSING, FLAKY, ONLY_IGNORED, NOTHING] {
        let end = stderr.rfind(" skipped").unwrap() + " skipped".len();
        for length in 0..end {
            let result = parse(stdout.as_bytes(), &stderr.as_bytes()[..length]);
            assert!(result.is_err(), "cut at {length}");
        }
        assert!(read((stdout, stderr.get(..end).unwrap())).is_ok());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(
        stdout in proptest::collection::vec(any::<u8>(), 0..300),
        stderr in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = parse(&stdout, &stderr);
    }

    #[test]
    fn a_changed_byte_never_makes_a_failing_run_pass(place in 0..FAILING.0.len(), byte: u8) {
        let mut changed = FAILING.0.as_bytes().to_vec();
        changed[place] = byte;
        if let Ok(run) = parse(&changed, FAILING.1.as_bytes()) {
            prop_assert!(!run.nothing_failed());
        }
    }

    #[test]
    fn any_summary_is_read_without_a_panic(text in "[0-9/,() a-z]{0,60}") {
        let _ = small(&text, |_| ());
    }
}

#[test]
fn binaries_are_counted_with_those_that_a_filter_leaves_out() {
    let count = |line: &str| summary::binaries(&[line.to_owned()]);
    assert_eq!(count("    Starting 4 tests across 1 binary (1 test skipped)"), Some(1));
    assert_eq!(count("    Starting 4 tests across 3 binaries (2 tests and 1 binary skipped)"), Some(4));
    assert_eq!(count("    Starting 4 tests across 3 binaries (2 tests and 2 binaries skipped)"), Some(5));
    assert_eq!(count("    Finished"), None);
}
