use proptest::prelude::*;

use super::*;

const PASSING: &str = include_str!("../recorded/libtest/passing.txt");
const FAILING: &str = include_str!("../recorded/libtest/failing.txt");
const DOCTESTS: &str = include_str!("../recorded/libtest/doctests.txt");

fn read(text: &str) -> Result<TextRun, TestOutputError> {
    parse(text.as_bytes())
}

fn section<'a>(run: &'a TextRun, title: &str) -> &'a Section {
    run.sections.iter().find(|section| section.title.to_string() == title).unwrap()
}

/// One test program with this output.
fn program(output: &str) -> Result<TextRun, TestOutputError> {
    read(&format!("     Running unittests src/lib.rs (target/debug/deps/a-0123456789abcdef)\n{output}"))
}

fn result(verdict: &str, passed: u64, failed: u64) -> String {
    format!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n"
    )
}

#[test]
fn a_passing_run_is_read_section_by_section() {
    let run = read(PASSING).unwrap();
    let titles: Vec<_> = run.sections.iter().map(|section| section.title.to_string()).collect();
    assert_eq!(
        titles,
        [
            "unit tests of src/lib.rs",
            "unit tests of src/main.rs",
            "tests/it.rs",
            "unit tests of src/lib.rs",
            "tests/custom.rs",
            "unit tests of src/lib.rs",
            "documentation tests of alpha",
            "documentation tests of beta",
            "documentation tests of empty",
        ]
    );
    let first = &run.sections[0];
    assert!(first.executable.as_deref().unwrap().starts_with("target/debug/deps/alpha-"));
    assert_eq!(first.blocks.len(), 1);
    let block = &first.blocks[0];
    assert_eq!((block.announced, block.passed, block.ignored), (4, 3, 1));
    assert!(block.failures.is_empty());
    assert!(run.nothing_failed());
    assert_eq!((run.passed(), run.failed(), run.ignored(), run.ran()), (11, 0, 2, 11));
}

#[test]
fn a_harness_of_another_kind_is_a_section_without_blocks() {
    let run = read(PASSING).unwrap();
    let custom = section(&run, "tests/custom.rs");
    assert!(custom.blocks.is_empty() && custom.crashed.is_none());
}

#[test]
fn merged_and_single_doctests_are_two_blocks_of_one_section() {
    let run = read(DOCTESTS).unwrap();
    let alpha = section(&run, "documentation tests of alpha");
    let announced: Vec<_> = alpha.blocks.iter().map(|block| block.announced).collect();
    assert_eq!(announced, [3, 1]);
    assert_eq!(alpha.executable, None);
    assert!(run.nothing_failed());
}

#[test]
fn failed_tests_are_named_with_their_output() {
    let run = read(FAILING).unwrap();
    assert!(!run.nothing_failed());
    let block = &section(&run, "unit tests of src/lib.rs").blocks[0];
    assert_eq!(block.failed, 0, "the first one is of the package that passes");
    let failing = run
        .sections
        .iter()
        .find(|section| !section.blocks.is_empty() && section.blocks[0].failed > 0)
        .unwrap();
    let failures = &failing.blocks[0].failures;
    let names: Vec<_> = failures.iter().map(|failure| failure.name.as_str()).collect();
    assert_eq!(names, ["tests::fails", "tests::panics_otherwise", "tests::returns_an_error"]);
    assert!(failures[0].output.starts_with("to stdout\nto stderr red\n"));
    assert!(failures[0].output.contains("one is not two"));
    assert!(!failures[0].output.contains("expected substring"));
    assert_eq!(failures[2].output, "Error: \"no luck\"");
    assert_eq!(failing.crashed, None, "its tests explain the status");
}

#[test]
fn failed_doctests_are_named_with_their_output() {
    let run = read(FAILING).unwrap();
    let block = &section(&run, "documentation tests of gamma").blocks[0];
    assert_eq!((block.passed, block.failed), (1, 2));
    assert_eq!(block.failures[1].name, "gamma/src/lib.rs - one (line 7)");
    assert!(block.failures[1].output.contains("Couldn't compile the test."));
}

#[test]
fn a_program_killed_by_a_signal_says_so() {
    let run = read(FAILING).unwrap();
    let abort = section(&run, "tests/abort.rs");
    assert_eq!(abort.crashed.as_deref(), Some("signal: 6, SIGABRT: process abort signal"));
    assert!(abort.blocks.is_empty());
}

#[test]
fn a_test_that_exits_with_success_ends_its_program_too_early() {
    let run = read(FAILING).unwrap();
    let crashed = section(&run, "tests/exits.rs").crashed.as_deref();
    assert_eq!(crashed, Some("it ended before its `test result` line"));
    assert!(!run.failed_targets.iter().any(|target| target.contains("exits")), "cargo does not notice");
}

#[test]
fn a_failed_harness_of_another_kind_is_a_crash() {
    let run = read(FAILING).unwrap();
    let by_panic = section(&run, "tests/panics.rs").crashed.as_deref();
    assert_eq!(by_panic, Some("it ended with a failure status"));
    let by_status = section(&run, "tests/plain.rs").crashed.as_deref();
    assert_eq!(by_status, Some("exit status: 1"), "behind output without a line break");
}

#[test]
fn output_of_tests_that_looks_like_cargos_is_not_counted() {
    let run = read(FAILING).unwrap();
    let noisy = section(&run, "tests/noisy.rs");
    assert_eq!(noisy.blocks.len(), 1);
    assert_eq!((noisy.blocks[0].announced, noisy.blocks[0].passed), (2, 2));
    assert_eq!(noisy.crashed, None);
}

#[test]
fn the_failed_targets_are_listed_as_cargo_lists_them() {
    let run = read(FAILING).unwrap();
    assert_eq!(run.failed_targets.len(), 6);
    assert_eq!(run.failed_targets[0], "-p gamma --lib");
}

#[test]
fn a_listed_target_fails_the_run_without_any_other_sign() {
    let text = format!("\nrunning 1 test\n{}error: 1 target failed:\n    `--lib`\n", result("ok", 1, 0));
    let run = program(&text).unwrap();
    assert_eq!(run.failed_targets, ["--lib"]);
    assert!(!run.nothing_failed());
}

#[test]
fn a_failure_status_after_passed_tests_is_a_crash() {
    let text = format!(
        "\nrunning 1 test\n{}error: test failed, to rerun pass `--lib`\n\nCaused by:\n  process didn't exit successfully: `/ws/a (b)` (signal: 11, SIGSEGV: invalid memory reference)\n",
        result("ok", 1, 0)
    );
    let run = program(&text).unwrap();
    let crashed = run.sections[0].crashed.as_deref();
    assert_eq!(crashed, Some("signal: 11, SIGSEGV: invalid memory reference"));
    assert_eq!(run.passed(), 1);
    assert!(!run.nothing_failed());
}

#[test]
fn nothing_started_is_an_error() {
    for text in ["", "error: could not compile `a`\n", &result("ok", 1, 0)] {
        assert!(matches!(read(text), Err(TestOutputError::NoSections)), "{text}");
    }
}

#[test]
fn a_result_that_was_not_announced_is_an_error() {
    let error = program(&result("ok", 3, 0)).unwrap_err();
    assert!(matches!(error, TestOutputError::StrayResult { .. }), "{error}");
}

#[test]
fn numbers_that_do_not_add_up_are_an_error() {
    for (passed, failed) in [(1, 0), (3, 0), (2, 1), (u64::MAX, 3)] {
        let error = program(&format!(
            "\nrunning 2 tests\n{}",
            result(if failed == 0 { "ok" } else { "FAILED" }, passed, failed)
        ))
        .unwrap_err();
        assert!(matches!(error, TestOutputError::CountsDisagree { stated: 2, .. }), "{error}");
    }
}

#[test]
fn a_result_line_in_the_output_of_a_failed_test_is_not_the_result() {
    let captured = result("ok", 7, 0);
    let text = format!(
        "\nrunning 2 tests\n\nfailures:\n\n---- t stdout ----\n{captured}\n\nfailures:\n    t\n{}",
        result("FAILED", 1, 1)
    );
    let run = program(&text).unwrap();
    assert_eq!((run.passed(), run.failed()), (1, 1));
    assert!(run.sections[0].blocks[0].failures[0].output.contains("7 passed"));
}

#[test]
fn a_program_that_ends_early_does_not_spoil_the_next() {
    let text = format!(
        "\nrunning 2 tests\n     Running tests/it.rs (/ws/deps/it-0123456789abcdef)\n\nrunning 1 test\n{}",
        result("ok", 1, 0)
    );
    let run = program(&text).unwrap();
    assert!(run.sections[0].crashed.is_some() && run.sections[1].crashed.is_none());
    assert!(!run.nothing_failed());
}

#[test]
fn merged_doctests_that_end_early_are_a_crash_though_the_others_pass() {
    let text = format!("   Doc-tests a\n\nrunning 3 tests\n\nrunning 1 test\n{}", result("ok", 1, 0));
    let run = read(&text).unwrap();
    assert!(run.sections[0].crashed.is_some());
}

#[test]
fn colours_change_nothing() {
    let text = "\x1b[1m\x1b[92m     Running\x1b[0m unittests src/lib.rs (target/debug/deps/a-0123456789abcdef)\n\nrunning 1 test\ntest t ... \x1b[32mok\x1b[0m\n\ntest result: \x1b[32mok\x1b[0m. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\r\n";
    let run = read(text).unwrap();
    assert_eq!(run.passed(), 1);
    assert!(run.nothing_failed());
}

#[test]
fn a_cut_at_any_byte_never_looks_like_the_whole_run() {
    for text in [PASSING, DOCTESTS] {
        let whole = read(text).unwrap();
        for length in 0..text.len() {
            let Ok(run) = parse(&text.as_bytes()[..length]) else {
                continue;
            };
            let blocks =
                |run: &TextRun| -> usize { run.sections.iter().map(|section| section.blocks.len()).sum() };
            assert!(
                run == whole
                    || !run.nothing_failed()
                    || run.sections.len() < whole.sections.len()
                    || blocks(&run) < blocks(&whole),
                "cut at {length}"
            );
        }
    }
}

#[test]
fn a_cut_inside_the_tests_of_a_program_is_a_crash() {
    let whole = format!("\nrunning 1 test\ntest t ... ok\n{}", result("ok", 1, 0));
    let start = "\nrunning 1 test".len();
    let end = whole.find(" filtered out").unwrap() + " filtered out".len();
    for length in start..end {
        let run = program(whole.get(..length).unwrap()).unwrap();
        assert!(run.sections[0].crashed.is_some(), "cut at {length}");
    }
    assert!(program(whole.get(..end).unwrap()).unwrap().nothing_failed());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn any_order_of_lines_is_read_without_a_panic(places in proptest::collection::vec(0..FAILING.lines().count(), 0..60)) {
        let lines: Vec<_> = FAILING.lines().collect();
        let text: Vec<_> = places.iter().map(|place| lines[*place]).collect();
        let _ = read(&text.join("\n"));
    }

    #[test]
    fn a_lost_line_never_makes_a_failing_run_pass(place in 0..FAILING.lines().count()) {
        let kept = FAILING.lines().enumerate().filter(|(index, _)| *index != place);
        let text: Vec<_> = kept.map(|(_, line)| line).collect();
        if let Ok(run) = read(&text.join("\n")) {
            prop_assert!(!run.nothing_failed());
        }
    }
}
