//! Where the line counts come from: the instrumented runs, or a file that the user names. And whether they
//! are to be trusted: of a run without a failed test, of these very sources.

use std::path::Path;

use super::{LeftOut, Measured};
use crate::facts::relative;
use crate::finding::Finding;
use crate::gate::{Context, Metric, Outcome, Unreadable};
use crate::parse::lcov::{self, Lcov};
use crate::step::{Evidence, FileRead, Sources, Step};
use crate::test_run;
use crate::text::counted;

/// The steps that give the counts.
pub(crate) fn counting_steps(cx: &Context<'_>) -> Vec<Step> {
    match &cx.options.lcov {
        Some(path) => vec![file(path), changed_since(path)],
        None => runs(cx).into_iter().chain([tools(cx), counts(cx)]).collect(),
    }
}

/// The file that is judged instead of a run.
fn file(path: &Path) -> Step {
    Step::File { path: path.to_string_lossy().into_owned() }
}

/// Whether the file that is judged instead of a run was written before the sources.
fn changed_since(path: &Path) -> Step {
    Step::ChangedSince { path: path.to_string_lossy().into_owned() }
}

/// The instrumented runs.
fn runs(cx: &Context<'_>) -> Vec<Step> {
    let unit_tests = test_run::has_unit_tests(cx).then(|| test_run::measured_unit_tests(cx));
    let doctests = test_run::counts_doctests(cx).then(|| test_run::measured_doctests(cx));
    unit_tests.into_iter().chain(doctests).collect()
}

/// The step that gives the counts; none where a file has them.
pub(crate) fn counts_step(cx: &Context<'_>) -> Option<Step> {
    cx.options.lcov.is_none().then(|| counts(cx))
}

fn counts(cx: &Context<'_>) -> Step {
    Step::Counts { runs: runs(cx), doctests: test_run::counts_doctests(cx) }
}

/// The counted lines, and how they came about.
pub(crate) struct Counted {
    pub(crate) lcov: Lcov,
    /// In which way they were counted: figures of one way can be compared.
    pub(crate) way: &'static str,
    pub(crate) notes: Vec<String>,
}

/// Reads the counted lines.
pub(crate) fn counted_lines(cx: &Context<'_>, evidence: &Evidence) -> Result<Counted, Unreadable> {
    if let Some(path) = &cx.options.lcov {
        let name = relative(&cx.facts.root, path);
        let lcov = match evidence.file(&file(path))? {
            FileRead::Content(bytes) => lcov::parse(bytes)
                .map_err(|error| Unreadable::garbage(format!("{name} is no lcov file: {error}")))?,
            FileRead::Missing => {
                return Err(Unreadable::garbage(format!("{name}: there is no such file")));
            }
            FileRead::Failed(cause) => return Err(Unreadable::garbage(format!("{name}: {cause}"))),
        };
        if let Some(changed) = evidence.changed_since(&changed_since(path))? {
            return Err(stale(&format!("{changed} was changed after {name} was written")));
        }
        let notes = vec![format!("lines counted by the DA records of {name}; no test was run")];
        return Ok(Counted { lcov, way: "tracefile", notes });
    }
    let examples = ran(cx, evidence)?.examples;
    let counts = evidence.counts(&counts(cx))?;
    let lcov = lcov::parse(&counts.lcov)
        .map_err(|error| Unreadable::garbage(format!("llvm-cov wrote no lcov file: {error}")))?;
    let (way, doctests) = match (counts.doctests, &evidence.llvm_tools(&tools(cx))?.doctests) {
        _ if !test_run::counts_doctests(cx) => ("run", "; doctests are not among them".to_owned()),
        (_, Err(why)) => {
            ("run without doctests", format!("; doctests do not count with this toolchain: {why}"))
        }
        (0, Ok(())) if examples == 0 => ("run", "; there are no doctests".to_owned()),
        (0, Ok(())) => (
            "run without doctests",
            "; doctests are not among them: they left no program that could be asked".to_owned(),
        ),
        (programs, Ok(())) => ("run", format!("; doctests count ({})", counted(programs, "program"))),
    };
    let mut notes = vec![format!("lines counted by their DA records{doctests}")];
    if counts.unread_profiles > 0 {
        let lost = counted(counts.unread_profiles, "profile");
        notes.push(format!("{lost} could not be read: programs that were killed wrote half of it"));
    }
    Ok(Counted { lcov, way, notes })
}

fn tools(cx: &Context<'_>) -> Step {
    Step::LlvmTools { doctests: test_run::counts_doctests(cx) }
}

/// What comes of a run with failed tests: what those did not run, nobody knows. None where all passed, or a file
/// is judged instead of a run.
pub(crate) fn tests_failed(cx: &Context<'_>, evidence: &Evidence) -> Result<Option<Outcome>, Unreadable> {
    let failed = if cx.options.lcov.is_some() { 0 } else { ran(cx, evidence)?.failed };
    if failed == 0 {
        return Ok(None);
    }
    let why = format!("the lines of a run with {} are not judged", counted(failed, "failed test"));
    let help = "mend the tests first: cargo gate test, cargo gate doctest";
    let finding = Finding::error("coverage/tests-failed", &why).anchor("").help(help);
    Ok(Some(Outcome::new(why).findings(vec![finding])))
}

/// What the instrumented run came to.
struct Ran {
    failed: usize,
    examples: usize,
}

fn ran(cx: &Context<'_>, evidence: &Evidence) -> Result<Ran, Unreadable> {
    // where the tools do not fit, that is what there is to tell
    evidence.llvm_tools(&tools(cx))?;
    let mut failed = 0;
    let mut ran = 0;
    let mut examples_ran = 0;
    if test_run::has_unit_tests(cx) {
        let step = test_run::measured_unit_tests(cx);
        let tests = test_run::judge_unit_tests(cx, evidence.tool(&step)?)?;
        failed += tests.outcome.findings.len();
        ran += tests.ran;
    }
    if test_run::counts_doctests(cx) {
        let step = test_run::measured_doctests(cx);
        let outcome = test_run::judge_doctests(cx, evidence.tool(&step)?, evidence)?;
        failed += outcome.findings.len();
        if let Some(Metric::Count(examples)) = outcome.metrics.get("ran") {
            examples_ran = usize::try_from(*examples).unwrap_or(usize::MAX);
        }
    }
    if failed == 0 && ran + examples_ran == 0 {
        return Err(Unreadable::nothing_ran("no test ran").help("write one"));
    }
    Ok(Ran { failed, examples: examples_ran })
}

/// Whether the counts are of these sources, and of this state of them.
pub(crate) fn of_these_sources(measured: &Measured, sources: &Sources) -> Result<(), Unreadable> {
    for (path, counts) in &measured.files {
        let last = counts.iter().last().map_or(0, |count| count.line) as usize;
        match sources.get(path) {
            Some(file) if file.text().lines().count() < last => {
                let lines = counted(file.text().lines().count(), "line");
                return Err(stale(&format!("they name line {last} of {path}, which has {lines}")));
            }
            // what is no `.rs` file is included as text, and nobody lists it
            None if Path::new(path).extension().is_some_and(|ending| ending == "rs") => {
                return Err(stale(&format!("{path} is not there")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn stale(what: &str) -> Unreadable {
    Unreadable::garbage(format!("the line counts are of another state of the sources: {what}"))
        .help("measure again")
}

/// Why there is nothing to judge.
pub(crate) fn nothing_measured(left_out: &LeftOut) -> Unreadable {
    let unreadable = Unreadable::nothing_ran("no line of the workspace's own sources was measured");
    match left_out.elsewhere.first() {
        Some(path) => unreadable.help(format!(
            "the lines measured are of other places, such as {path}; where cargo took over what was built in \
             another folder, `cargo clean` makes it build here"
        )),
        None => unreadable.help("look at `exclude` in [gates.coverage]"),
    }
}
