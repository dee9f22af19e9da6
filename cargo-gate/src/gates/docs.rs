//! `docs`: the documentation builds without a warning.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::{self, is_compile_error};
use crate::facts::{Package, Target};
use crate::feature_sets::has_required;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::cargo_messages::{Diagnostic, Level};
use crate::step::{Evidence, Step, cargo};
use crate::text::counted;

/// The settings of `docs`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Docs {
    /// Whether private items are documented, and so judged, too.
    private_items: bool,
}

impl Gate for Docs {
    const INFO: Info = Info {
        id: "docs",
        judges: "that rustdoc builds the documentation without a warning",
        bar: "no warning",
        stages: &[Stage::Ci],
        timeout: Duration::from_mins(30),
        rules: &[
            Rule::error("*", "a warning of rustdoc, under the lint's own name"),
            Rule::error("missing_docs", "a public item without documentation, where that lint is on"),
            Rule::error("does-not-compile", "code of which no documentation can be made"),
            Rule::warning("silenced", "flags for every rustdoc that allow lints"),
            Rule::warning("needs-nightly", "a target that only a nightly toolchain documents"),
        ],
        manual: "\
## What it checks

`cargo doc --no-deps` on every library and program: links that lead nowhere, HTML that is not closed, code
blocks that are no code, and whatever else rustdoc warns of; each warning counts like an error. A run in which
a library or program was not documented does not pass. Warnings of the compiler are `clippy`'s to tell.

Public items without documentation are named where the lint `missing_docs` is on.

## Why

rustdoc ends well on a page full of broken links. cargo repeats its warnings where nothing changed, and so
does this gate.

## How to fix

The finding shows the place and rustdoc's advice. `missing_docs` is turned on for all members with
`missing_docs = \"warn\"` in `[workspace.lints.rust]`. A lint that is wrong in one place takes
`#[expect(rustdoc::…, reason = \"…\")]` there; its weight can be set under its name:
`[gates.docs.rules]` with `bare_urls = \"warning\"`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let mut targets = cx
            .facts
            .judged(cx.options)
            .flat_map(|package| package.targets.iter().filter(|target| is_documented(package, target)));
        if targets.next().is_none() {
            return Planned::NothingToJudge("nothing to judge: no target is documented".to_owned());
        }
        Planned::Steps(vec![Step::Sources, self.step(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let captured = evidence.tool(&self.step(cx))?;
        let compiled = compile::read_targets(cx, captured, |package, target| {
            is_documented(package, target) && has_required(package, target, &cx.options.features)
        })?;
        let sources = evidence.sources()?;
        let judged = compiled.diagnostics.iter().filter(|one| !compiled.is_nightly(one));
        let findings: Vec<_> =
            judged.filter_map(|one| Some(compile::finding(&rule(one)?, one, Some(sources)))).collect();
        let summary = match findings.len() {
            0 => format!("no warning in the documentation of {}", counted(compiled.targets, "target")),
            many => format!("{} of rustdoc (bar 0)", counted(many, "warning")),
        };
        let outcome =
            Outcome::new(summary).count("targets", compiled.targets).count("warnings", findings.len());
        let silenced = compile::silencing(&cx.facts.rustdocflags, "docs")?;
        Ok(outcome
            .findings(findings)
            .findings(silenced)
            .findings(compiled.nightly_findings("docs/needs-nightly")))
    }
}

impl Docs {
    fn step(&self, cx: &Context<'_>) -> Step {
        let mut command = vec!["doc", "--no-deps", "--keep-going", "--message-format=json"];
        command.extend(self.private_items.then_some("--document-private-items"));
        Step::Tool(cargo(cx, &command))
    }
}

/// Whether `cargo doc` documents the target: libraries and programs, but not a program whose pages would
/// take the place of a library's.
fn is_documented(package: &Package, target: &Target) -> bool {
    let is_library_of_that_name = |other: &Target| {
        other.is_library() && other.doc && other.name.replace('-', "_") == target.name.replace('-', "_")
    };
    let shadowed = target.is("bin") && package.targets.iter().any(is_library_of_that_name);
    target.is_production() && target.doc && !shadowed
}

/// What a diagnostic is filed under; none for what the compiler says of code that can be documented.
fn rule(diagnostic: &Diagnostic) -> Option<String> {
    let code = diagnostic.code.as_deref();
    match code {
        _ if is_compile_error(diagnostic) && !code.is_some_and(is_of_rustdoc) => {
            Some("docs/does-not-compile".to_owned())
        }
        Some(code) if is_of_rustdoc(code) => Some(format!("docs/{}", code.trim_start_matches("rustdoc::"))),
        None if diagnostic.level == Level::Warning => Some("docs/warning".to_owned()),
        _ => None,
    }
}

fn is_of_rustdoc(code: &str) -> bool {
    code.starts_with("rustdoc::") || code == "missing_docs"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::cargo_messages::TargetId;

    fn said(level: Level, code: Option<&str>) -> Diagnostic {
        Diagnostic {
            package_id: "a".into(),
            target: TargetId { name: "a".into(), kinds: vec!["lib".into()], src_path: "src/lib.rs".into() },
            also_in: Vec::new(),
            level,
            code: code.map(str::to_owned),
            message: "m".into(),
            spans: Vec::new(),
            notes: Vec::new(),
            suggestions: Vec::new(),
            rendered: None,
        }
    }

    #[test]
    fn a_warning_of_rustdoc_is_filed_under_its_own_name_and_one_of_the_compiler_not_at_all() {
        let rule = |level, code| rule(&said(level, code)).unwrap_or_default();
        assert_eq!(rule(Level::Warning, Some("rustdoc::bare_urls")), "docs/bare_urls");
        assert_eq!(rule(Level::Error, Some("rustdoc::bare_urls")), "docs/bare_urls");
        assert_eq!(rule(Level::Warning, Some("missing_docs")), "docs/missing_docs");
        assert_eq!(rule(Level::Warning, Some("unused_variables")), "");
        assert_eq!(rule(Level::Warning, None), "docs/warning");
        assert_eq!(rule(Level::Error, Some("E0425")), "docs/does-not-compile");
        assert_eq!(rule(Level::Error, None), "docs/does-not-compile");
    }
}
