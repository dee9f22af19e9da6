//! Output of version 0.51, as recorded.

use super::*;

const STDERR: &str = "     Cloning v0.1.0
    Building semver-fixture v0.1.0 (current)
       Built [   1.340s] (current)
    Checking semver-fixture v0.1.0 -> v0.1.0 (no change; assume minor)
     Checked [   0.128s] 202 checks: 200 pass, 1 fail, 1 warn, 58 skip

     Summary semver requires new major version: 1 major and 0 minor checks failed
     Warning produced 0 major and 1 minor level warnings
    Finished [   3.260s] semver-fixture
";
const STDOUT: &str = "
--- failure function_missing: pub fn removed or renamed ---

Description:
A publicly-visible function cannot be imported by its prior path.
        ref: https://doc.rust-lang.org/cargo/reference/semver.html#item-remove
       impl: https://example.invalid/function_missing.ron

Failed in:
  function semver_fixture::add, previously in file /t/semver-checks/git-v0_1_0/fa7c2b6a/src/lib.rs:4
  function semver_fixture::twice, previously in file /t/semver-checks/git-v0_1_0/fa7c2b6a/src/lib.rs:8

--- warning function_must_use_added: function #[must_use] added ---

Description:
A function is now #[must_use].

Failed in:
  function semver_fixture::sum in file /t/src/lib.rs:5
";
const CLEAN: &str = "    Checking semver-fixture v0.1.0 -> v0.1.1 (minor change)
     Checked [   0.078s] 202 checks: 202 pass, 58 skip
     Summary no semver update required
    Finished [   2.132s] semver-fixture
";
const MAJOR: &str = "    Checking semver-fixture v0.1.0 -> v1.0.0 (major change)
     Checked [   0.000s] 0 checks: 0 pass, 260 skip
     Summary no semver update required
    Finished [   2.144s] semver-fixture
";

fn read(stdout: &str, stderr: &str) -> Result<Compared, SemverChecksError> {
    parse(stdout.as_bytes(), stderr.as_bytes())
}

#[test]
fn what_broke_is_read_with_its_places() {
    let compared = read(STDOUT, STDERR).unwrap();
    assert_eq!((compared.package.as_str(), compared.from.as_str()), ("semver-fixture", "0.1.0"));
    assert_eq!((compared.needs.as_deref(), compared.checks), (Some("major"), 202));
    let [gone, warned] = compared.broken.as_slice() else { panic!("{compared:#?}") };
    assert_eq!((gone.lint.as_str(), gone.places.len(), gone.warning), ("function_missing", 2, false));
    assert!(gone.reference.as_deref().unwrap().ends_with("#item-remove"));
    assert!(warned.warning && warned.places[0].starts_with("function semver_fixture::sum"));
}

#[test]
fn a_step_that_is_large_enough_breaks_nothing() {
    let compared = read("", CLEAN).unwrap();
    assert_eq!((compared.needs, compared.change.as_str()), (None, "minor change"));
    assert_eq!(read("", MAJOR).unwrap().checks, 0, "a major step allows everything");
}

#[test]
fn no_line_of_the_proof_may_be_missing_or_doubled() {
    for word in ["Checking", "Checked", "Summary", "Finished"] {
        let lines = || CLEAN.lines().map(|line| (line, line.trim().starts_with(word)));
        let without: Vec<&str> = lines().filter(|(_, is)| !is).map(|(line, _)| line).collect();
        assert!(read("", &without.join("\n")).is_err(), "without {word}");
        let twice: Vec<&str> =
            lines().flat_map(|(line, is)| std::iter::repeat_n(line, if is { 2 } else { 1 })).collect();
        assert!(read("", &twice.join("\n")).is_err(), "{word} twice");
    }
}

#[test]
fn sections_that_are_not_those_that_are_counted_are_not_believed() {
    assert!(read("", STDERR).is_err());
    assert!(read(STDOUT, CLEAN).is_err());
    assert!(read(&STDOUT.replace("--- warning", "--- failure"), STDERR).is_err());
    assert!(read(&STDOUT.replace("  function semver_fixture::sum", "function"), STDERR).is_err());
    for (from, to) in [
        ("200 pass", "201 pass"),
        ("semver requires new major version", "no semver update required: "),
        ("3.260s] semver-fixture", "3.260s] other"),
        ("new major", "new huge"),
    ] {
        assert!(read(STDOUT, &STDERR.replace(from, to)).is_err(), "{to}");
    }
    assert!(read("", &CLEAN.replace("202 checks: 202", "0 checks: 0")).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_a_comparison_or_an_error(stdout: Vec<u8>, stderr: Vec<u8>) {
        let _ = parse(&stdout, &stderr);
    }

    #[test]
    fn a_comparison_cut_anywhere_is_an_error(out in 0..STDOUT.len() - 60, err in 0..CLEAN.len() - 16) {
        proptest::prop_assert!(parse(&STDOUT.as_bytes()[..out], STDERR.as_bytes()).is_err());
        proptest::prop_assert!(parse(b"", &CLEAN.as_bytes()[..err]).is_err());
    }
}
