//! What the output of a run of the documentation's examples says.

use std::collections::BTreeSet;

use super::findings;
use crate::compile;
use crate::facts::Target;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Outcome, Unreadable};
use crate::parse::libtest::{self, TextRun, Title};
use crate::reach;
use crate::step::{Captured, Evidence};
use crate::text::counted;

/// Whether there is a library whose examples run.
pub(crate) fn has_doctests(cx: &Context<'_>) -> bool {
    libraries(cx).next().is_some()
}

/// Reads the run.
///
/// # Errors
/// When its output is not that of a complete run of this workspace's examples, or the sources cannot be
/// read.
pub(crate) fn judge_doctests(
    cx: &Context<'_>,
    captured: &Captured,
    evidence: &Evidence,
) -> Result<Outcome, Unreadable> {
    let code = captured.exit_code()?;
    let run = match libtest::parse(&captured.stdout) {
        Ok(run) => run,
        Err(_) if code != 0 => return Err(compile::failed(captured)),
        Err(error) => return Err(Unreadable::garbage(error.to_string())),
    };
    if run.nothing_failed() != (code == 0) {
        return Err(Unreadable::garbage(format!(
            "the exit code {code} of `cargo test --doc` contradicts its report"
        )));
    }
    let answered = run.sections.iter().filter_map(|section| match &section.title {
        Title::Doc { library } => Some(library.as_str()),
        Title::Unit { .. } | Title::Integration { .. } => None,
    });
    let answered: BTreeSet<String> = answered.map(|name| name.replace('-', "_")).collect();
    let expected: BTreeSet<String> = libraries(cx).map(|target| target.name.replace('-', "_")).collect();
    if let Some(foreign) = answered.difference(&expected).next() {
        return Err(Unreadable::garbage(format!(
            "`cargo test --doc` answered for another library: {foreign}"
        )));
    }
    if let Some(missing) = expected.difference(&answered).next().filter(|_| code == 0) {
        return Err(Unreadable::garbage(format!(
            "`cargo test --doc` did not answer for the library {missing}"
        )));
    }
    let written = written_examples(libraries(cx), evidence)?;
    let (ran, ignored) = (run.ran(), run.ignored());
    if ran + ignored == 0 && written > 0 && code == 0 {
        return Err(Unreadable::nothing_ran(format!(
            "none of the {written} examples in the documentation ran"
        )));
    }
    Ok(outcome(&run, ran, ignored, failures(cx, &run)))
}

/// What to tell of examples that nobody runs, since the manifest of their library says `doctest = false`.
///
/// # Errors
/// When the sources cannot be read.
pub(crate) fn left_out_examples(cx: &Context<'_>, evidence: &Evidence) -> Result<Option<String>, Unreadable> {
    let silent = all_libraries(cx).filter(|target| !target.doctest);
    let count = written_examples(silent, evidence)?;
    Ok((count > 0).then(|| format!("not run, by `doctest = false`: {}", counted(count, "example"))))
}

/// The libraries whose examples run.
fn libraries<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Target> {
    all_libraries(cx).filter(|target| target.doctest)
}

fn all_libraries<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Target> {
    let targets = cx.facts.judged(cx.options).flat_map(|package| &package.targets);
    targets.filter(|target| target.is_library())
}

/// How many examples the sources of those libraries hold, where a build surely sees them.
fn written_examples<'a>(
    libraries: impl Iterator<Item = &'a Target>,
    evidence: &Evidence,
) -> Result<usize, Unreadable> {
    let sources = evidence.sources()?;
    let reached = reach::from(libraries, sources);
    let seen = |path: &str| reached.get(path).is_some_and(|reach| reach.always);
    Ok(sources.files.iter().filter(|file| seen(&file.path)).map(|file| file.scan().doc_examples).sum())
}

fn failures(cx: &Context<'_>, run: &TextRun) -> Vec<Finding> {
    let mut findings = findings::text_failures("doctest/failed", run);
    for finding in &mut findings {
        finding.place = example_place(cx, &finding.anchor).or(finding.place.take());
    }
    findings
}

/// The place in a name such as `src/lib.rs - add (line 5)`, which is relative to the package; in a
/// workspace of several packages rustdoc names it relative to the workspace.
fn example_place(cx: &Context<'_>, name: &str) -> Option<Place> {
    let (file, rest) = name.split_once(" - ")?;
    let line = rest.rsplit_once("(line ")?.1.split(')').next()?.parse().ok()?;
    let known = |path: &str| cx.facts.sources.iter().any(|source| source.path == path);
    let below = cx.facts.packages.iter().map(|package| crate::facts::join(&package.folder, file));
    let path = std::iter::once(file.to_owned()).chain(below).find(|path| known(path))?;
    Some(Place::line(path, line))
}

fn outcome(run: &TextRun, ran: u64, ignored: u64, findings: Vec<Finding>) -> Outcome {
    let left_out = if ignored == 0 { String::new() } else { format!(", {ignored} ignored") };
    let summary = match ran {
        0 => format!("nothing to judge: no example in the documentation{left_out}"),
        _ => format!("{} of {ran} examples passed{left_out}", run.passed()),
    };
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Outcome::new(summary)
        .count("ran", count(ran))
        .count("ignored", count(ignored))
        .count("passed", count(run.passed()))
        .findings(findings)
}
