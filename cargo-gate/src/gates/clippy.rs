//! `clippy`: the workspace's own lints and clippy's, with every warning an error.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::{self, Compiled, is_compile_error};
use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::cargo_messages::{Diagnostic, Level};
use crate::step::{Evidence, SourceFile, Sources, Step, clippy, forced_lints};
use crate::text::counted;

/// The settings of `clippy`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Clippy {}

impl Gate for Clippy {
    const INFO: Info = Info {
        id: "clippy",
        judges: "the workspace's own lint config and clippy's default lints",
        bar: "no warning",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(30),
        rules: &[
            Rule::error("*", "a warning or error of a lint, under the lint's own name"),
            Rule::error("does-not-compile", "code that does not compile, so that its lints are unknown"),
            Rule::warning("silenced", "flags for every rustc that allow lints"),
            Rule::warning("needs-nightly", "a target that only a nightly toolchain compiles"),
        ],
        manual: "\
## What it checks

`cargo clippy` on all targets, with the workspace's own lint config; each warning counts like an
error. Each diagnostic is told once, also where the library and its tests both give it. A target that
does not compile stops no other; one that needs a nightly toolchain is named as not judged.

Where tests run as well, cargo builds the dependencies for both, and clippy's driver looks at the workspace by way of
that build; unless it ends well, `cargo clippy` answers. A `clippy.toml` that has come since the last run counts at once.

A program that cargo calls in the place of rustc (`RUSTC_WRAPPER`, `build.rustc-wrapper`) may add flags that
allow lints. One that is no well-known cache has to show on an empty crate that it tells of a lint; else the
gate is `broken`.

The panic lints (`unwrap_used`, `panic`, …) ride in the same run for the `panics` gate, which tells
of them; this gate tells of those only that the sources ask for themselves.

## Why

A warning that stays hides the next one.

## How to fix

The finding shows clippy's suggestion; `cargo clippy --fix` applies those that are safe. A lint that is
wrong in one place takes `#[expect(clippy::…, reason = \"…\")]` there. A lint's weight can be set under
its name: `[gates.clippy.rules]` with `needless_return = \"warning\"`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        Planned::Steps([Step::Sources, clippy(cx)].into_iter().chain(compile::trial_of_wrapper(cx)).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let compiled = compile::read(cx, evidence.tool(&clippy(cx))?)?;
        compile::wrapper_tells_lints(cx, evidence)?;
        let sources = evidence.sources().ok();
        let mut findings = findings(cx, &compiled, sources);
        findings.extend(compile::silencing(&cx.facts.rustflags, "clippy")?);
        let summary = match findings.len() {
            0 => format!("no warning in {}", counted(compiled.targets, "target")),
            many => format!("{} (bar 0)", counted(many, "warning")),
        };
        let outcome =
            Outcome::new(summary).count("targets", compiled.targets).count("warnings", findings.len());
        Ok(outcome.findings(findings).findings(compiled.nightly_findings("clippy/needs-nightly")))
    }
}

fn findings(cx: &Context<'_>, compiled: &Compiled, sources: Option<&Sources>) -> Vec<Finding> {
    let judged = compiled.diagnostics.iter().filter(|d| !compiled.is_nightly(d));
    let (errors, lints): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        judged.partition(|d| is_compile_error(d) && !is_lint(d));
    let riding_along = riding_along(cx, sources);
    let mut findings: Vec<Finding> = lints
        .into_iter()
        .filter(|lint| matches!(lint.level, Level::Warning | Level::Error | Level::Ice))
        .filter(|lint| !lint.code.as_deref().is_some_and(|code| riding_along.contains(&code)))
        // code that a derive generates switches the forced lints off for itself
        .filter(|lint| !(cx.selected("panics") && compile::is_generated(lint, sources)))
        .map(|lint| compile::finding(&rule(lint), lint, sources))
        .collect();
    if cx.selected("check") && !errors.is_empty() {
        let unseen = compiled.unseen();
        let more = if unseen == 0 { String::new() } else { format!(", and {unseen} targets that need it") };
        let message = format!("the lints of code that does not compile are unknown (see check){more}");
        findings.push(Finding::error("clippy/does-not-compile", message).anchor("check"));
    } else {
        let all = errors.into_iter().map(|error| compile::finding("clippy/does-not-compile", error, sources));
        findings.extend(all);
    }
    findings
}

/// A lint rather than an error of the language: those have codes such as E0308, or none.
fn is_lint(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.as_deref().is_some_and(|code| !is_error_code(code))
}

fn is_error_code(code: &str) -> bool {
    code.strip_prefix('E').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn rule(lint: &Diagnostic) -> String {
    let code = lint.code.as_deref().unwrap_or("warning");
    format!("clippy/{}", code.trim_start_matches("clippy::").trim_start_matches("rustc::"))
}

/// The lints that are only reported because the `panics` gate forces them: no source asks for them.
fn riding_along(cx: &Context<'_>, sources: Option<&Sources>) -> Vec<&'static str> {
    if !cx.selected("panics") {
        return Vec::new();
    }
    let files = || sources.into_iter().flat_map(|sources| &sources.files);
    forced_lints(cx).filter(|lint| !files().any(|file| asks_for(file, lint))).collect()
}

/// Whether a source turns the lint on by an attribute: `#![deny(clippy::unwrap_used)]`.
fn asks_for(file: &SourceFile, lint: &str) -> bool {
    let text = file.text();
    let scan = file.scan();
    let in_text = |at: usize| {
        let mut spans = scan.strings.iter().map(|s| &s.span).chain(scan.comments.iter().map(|c| &c.span));
        spans.any(|span| span.contains(&at))
    };
    text.match_indices(lint).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let attribute = before.rsplit_once('(').map_or("", |(head, _)| head.trim_end());
        let ends_here = text.get(at + lint.len()..).is_some_and(|rest| !rest.starts_with('_'));
        ends_here && ["warn", "deny", "forbid"].iter().any(|level| attribute.ends_with(level)) && !in_text(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_that_turns_a_lint_on_is_told_from_one_that_turns_it_off() {
        let lint = "clippy::unwrap_used";
        let asks_for = |text: &str, lint| {
            asks_for(&SourceFile::new("src/lib.rs".into(), Some(0), Ok(text.into())), lint)
        };
        assert!(asks_for("#![deny(clippy::expect_used, clippy::unwrap_used)]", lint));
        assert!(asks_for("#![cfg_attr(not(test), warn(clippy::unwrap_used))]", lint));
        assert!(!asks_for("#[allow(clippy::unwrap_used)]", lint));
        assert!(!asks_for(
            "// deny(clippy::unwrap_used)\nconst A: &str = \"deny(clippy::unwrap_used)\";",
            lint
        ));
    }

    #[test]
    fn a_lint_is_filed_under_its_own_name() {
        assert!(is_error_code("E0308") && !is_error_code("unused_variables"));
    }
}
