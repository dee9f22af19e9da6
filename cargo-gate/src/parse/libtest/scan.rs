//! Recognises the lines that count.

use super::Title;

/// A line with a meaning.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A new section.
    Header { title: Title, executable: Option<String> },
    /// `running 3 tests`.
    Running(u64),
    /// `test result: …`.
    Result(Counts),
    /// `error: test failed, to rerun pass …`.
    TargetFailed,
    /// How the program ended, from `process didn't exit successfully: … (signal: 6, …)`.
    Ending(String),
    /// `error: 2 targets failed:`, the head of cargo's closing list.
    TargetsFailed,
    /// One line of that list.
    FailedTarget(String),
}

/// The numbers of a `test result` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) ignored: u64,
    pub(super) measured: u64,
    pub(super) filtered: u64,
}

impl Counts {
    /// All tests but those filtered out.
    pub(super) fn total(self) -> u64 {
        [self.passed, self.failed, self.ignored, self.measured].into_iter().fold(0, u64::saturating_add)
    }
}

pub(super) fn mark(line: &str) -> Option<Mark> {
    running(line)
        .map(Mark::Running)
        .or_else(|| result(line).map(Mark::Result))
        .or_else(|| unit_header(line))
        .or_else(|| doc_header(line))
        .or_else(|| failure(line))
}

fn running(line: &str) -> Option<u64> {
    let count = line.strip_prefix("running ")?;
    match count.strip_suffix(" tests") {
        Some(count) => count.parse().ok(),
        None => (count == "1 test").then_some(1),
    }
}

fn result(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("test result: ")?;
    // Another process can print between libtest's verdict and its numbers.
    let (verdict, numbers) = ["ok. ", "FAILED. "].into_iter().find_map(|verdict| {
        let (_, numbers) = rest.rsplit_once(verdict)?;
        Some((verdict, numbers))
    })?;
    let mut parts = numbers.split("; ");
    let mut next = |what: &str| -> Option<u64> {
        let count = parts.next()?.strip_suffix(what)?.strip_suffix(' ')?;
        count.parse().ok()
    };
    let counts = Counts {
        passed: next("passed")?,
        failed: next("failed")?,
        ignored: next("ignored")?,
        measured: next("measured")?,
        filtered: next("filtered out")?,
    };
    // The verdict and the numbers have to say the same.
    ((verdict == "ok. ") == (counts.failed == 0)).then_some(counts)
}

/// `     Running unittests src/lib.rs (target/debug/deps/demo-0123456789abcdef)`, also behind
/// output without a line break at its end.
fn unit_header(line: &str) -> Option<Mark> {
    let (_, rest) = line.rsplit_once("     Running ")?;
    let (what, executable) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let (_, hash) = executable.strip_suffix(".exe").unwrap_or(executable).rsplit_once('-')?;
    if hash.len() != 16 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let title = match what.strip_prefix("unittests ") {
        Some(path) => Title::Unit { path: path.to_owned() },
        None => Title::Integration { path: what.to_owned() },
    };
    Some(Mark::Header { title, executable: Some(executable.to_owned()) })
}

fn doc_header(line: &str) -> Option<Mark> {
    let (_, library) = line.rsplit_once("   Doc-tests ")?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (!library.is_empty() && library.bytes().all(is_name))
        .then(|| Mark::Header { title: Title::Doc { library: library.to_owned() }, executable: None })
}

fn failure(line: &str) -> Option<Mark> {
    let rerun = ["error: test failed, to rerun pass `", "error: doctest failed, to rerun pass `"];
    if rerun.iter().any(|text| line.contains(text)) {
        return Some(Mark::TargetFailed);
    }
    if let Some(program) = line.strip_prefix("  process didn't exit successfully: `") {
        let (_, ending) = program.strip_suffix(')')?.rsplit_once("` (")?;
        return Some(Mark::Ending(ending.to_owned()));
    }
    if line.starts_with("error: ") && line.ends_with(" failed:") {
        return Some(Mark::TargetsFailed);
    }
    let target = line.strip_prefix("    `")?.strip_suffix('`')?;
    Some(Mark::FailedTarget(target.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_behind_output_without_a_line_break() {
        let line = "ok     Running unittests src/a (b).rs (/t d/deps/demo-0123456789abcdef.exe)";
        assert_eq!(
            mark(line),
            Some(Mark::Header {
                title: Title::Unit { path: "src/a (b).rs".into() },
                executable: Some("/t d/deps/demo-0123456789abcdef.exe".into()),
            })
        );
    }

    #[test]
    fn look_alikes_of_headers_are_not_headers() {
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/demo)",
            "     Running unittests src/lib.rs (target/debug/deps/demo-0123456789abcdef",
            "     Running `target/debug/demo`",
            "   Doc-tests ",
            "   Doc-tests are nice",
        ] {
            assert_eq!(mark(line), None, "{line}");
        }
    }

    #[test]
    fn running_lines_are_taken_whole_only() {
        assert_eq!(mark("running 1 test"), Some(Mark::Running(1)));
        assert_eq!(mark("running 0 tests"), Some(Mark::Running(0)));
        for line in ["running 12 test", "I am running 3 tests", "running 3 tests now"] {
            assert_eq!(mark(line), None, "{line}");
        }
    }

    #[test]
    fn a_result_is_read_with_noise_before_its_numbers() {
        let line = "test result: noiseok. 3 passed; 0 failed; 1 ignored; 2 measured; 4 filtered out; finished in 0.00s";
        assert_eq!(
            mark(line),
            Some(Mark::Result(Counts { passed: 3, failed: 0, ignored: 1, measured: 2, filtered: 4 }))
        );
    }

    #[test]
    fn a_verdict_against_its_own_numbers_is_none() {
        let numbers = "ignored; 0 measured; 0 filtered out; finished in 0.00s";
        for line in ["FAILED. 3 passed; 0 failed; 0", "ok. 3 passed; 1 failed; 0"] {
            assert_eq!(mark(&format!("test result: {line} {numbers}")), None, "{line}");
        }
    }

    #[test]
    fn an_incomplete_result_is_none() {
        let whole = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out";
        assert!(mark(whole).is_some());
        for length in 0..whole.len() {
            assert_eq!(mark(whole.get(..length).unwrap()), None);
        }
        assert_eq!(mark(&whole.replace('3', "99999999999999999999")), None);
    }
}
