//! Reports in the forms of several runners.

use super::*;

/// The form of nextest's `junit.xml`.
const NEXTEST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="3" failures="1" errors="0" uuid="0b6f" timestamp="2026-11-01T10:00:00.000+00:00" time="0.009">
    <testsuite name="clean" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="tests::adds" classname="clean" timestamp="2026-11-01T10:00:00.000+00:00" time="0.003"/>
        <testcase name="tests::subtracts" classname="clean" time="0.004">
            <failure message="thread 'tests::subtracts' panicked at src/lib.rs:9" type="test failure with exit code 101">thread &apos;x&apos; panicked &lt;here&gt;&#10;left: 1</failure>
            <system-out>running 1 test</system-out>
        </testcase>
        <testcase name="tests::multiplies" classname="clean" time="0.001"/>
    </testsuite>
</testsuites>
"#;

/// The form of pytest's `--junitxml`.
const PYTEST: &str = r#"<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="1" failures="0" skipped="1" tests="3" time="0.03" hostname="h"><testcase classname="test_a" name="test_ok" time="0.001" /><testcase classname="test_a" name="test_later" time="0.0"><skipped type="pytest.skip" message="later">test_a.py:5: later</skipped></testcase><testcase classname="test_a" name="test_set_up" time="0.0"><error message="failed on setup"><![CDATA[E  <fixture>]]></error></testcase></testsuite></testsuites>"#;

#[test]
fn a_failed_test_has_its_name_message_and_text() {
    let report = parse(NEXTEST.as_bytes()).unwrap();
    assert_eq!((report.tests.len(), report.ran()), (3, 3));
    let failed: Vec<&JunitTest> = report.failed().collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].name, "clean tests::subtracts");
    assert!(failed[0].message.contains("src/lib.rs:9"));
    assert_eq!(failed[0].text, "thread 'x' panicked <here>\nleft: 1");
}

#[test]
fn errors_and_skipped_tests_are_told_apart() {
    let report = parse(PYTEST.as_bytes()).unwrap();
    assert_eq!((report.tests.len(), report.ran(), report.failed().count()), (3, 2, 1));
    assert_eq!(report.tests[2].outcome, JunitOutcome::Errored);
    assert_eq!(report.tests[2].text, "E  <fixture>");
    assert_eq!(report.tests[1].message, "later");
}

#[test]
fn a_suite_that_counts_other_tests_than_it_has_is_not_believed() {
    for (from, to) in [
        ("tests=\"3\" disabled", "tests=\"4\" disabled"),
        ("errors=\"0\" failures=\"1\"", "errors=\"0\" failures=\"0\""),
        ("name=\"nextest-run\" tests=\"3\"", "name=\"nextest-run\" tests=\"30\""),
    ] {
        let error = parse(NEXTEST.replace(from, to).as_bytes());
        assert!(matches!(error, Err(ReportError::Contradiction { .. })), "{to}: {error:?}");
    }
    let error = parse(PYTEST.replace("skipped=\"1\"", "skipped=\"0\"").as_bytes());
    assert!(matches!(error, Err(ReportError::Contradiction { .. })), "{error:?}");
}

#[test]
fn a_suite_may_count_its_own_tests_or_those_of_the_suites_inside_too() {
    for tests in [1, 2] {
        let text = format!(
            "<testsuite name='a' tests='{tests}'><testcase name='x'/><testsuite name='b' tests='1'>\
             <testcase name='y'/></testsuite></testsuite>"
        );
        assert_eq!(parse(text.as_bytes()).unwrap().tests.len(), 2, "{tests}");
    }
}

#[test]
fn a_report_without_a_test_says_nothing() {
    for text in ["<testsuites/>", "<testsuites tests='0'><testsuite name='a' tests='0'/></testsuites>"] {
        assert!(matches!(parse(text.as_bytes()), Err(ReportError::Nothing { .. })), "{text}");
    }
}

#[test]
fn what_is_no_report_is_named() {
    let bad = [
        "",
        "junk",
        "<html/>",
        "<testsuite><testcase name='a'></testsuite>",
        "<testsuite><testcase/></testsuite>",
        "<testsuites><testcase name='a'/></testsuites>",
        "<testsuite tests='many'><testcase name='a'/></testsuite>",
        "<testsuite><testcase name='a'/></testsuite>junk",
        "<testsuite><testcase name='a'/></testsuite><testsuite/>",
        "<testsuite><testcase name='a'><failure>&nothing;</failure></testcase></testsuite>",
        "<testsuite><testcase name='a'><system-out><failure/></system-out></testcase></testsuite>",
    ];
    for text in bad {
        assert!(matches!(parse(text.as_bytes()), Err(ReportError::Form { .. })), "{text}");
    }
}

#[test]
fn the_first_failure_of_a_test_counts_and_gtests_disabled_tests_are_skipped() {
    let text = "<testsuite tests='2' failures='1' disabled='1'><testcase name='a'><failure message='1'/>\
                <failure message='2'/></testcase><testcase name='b' status='notrun'/></testsuite>";
    let report = parse(text.as_bytes()).unwrap();
    assert_eq!((report.tests[0].message.as_str(), report.ran()), ("1", 1));
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_a_report_or_an_error(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_report_cut_anywhere_is_an_error(end in 0..NEXTEST.len() - 1) {
        proptest::prop_assert!(parse(&NEXTEST.as_bytes()[..end]).is_err());
    }
}
