//! `deny`: licences, banned packages and sources of the dependencies.

use std::time::Duration;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::accept::{self, Accept};
use crate::compile;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::graph::Graph;
use crate::parse::cargo_deny::{self, Diagnostic, Weight};
use crate::policy::{self, Found, Ground, Judgement, Policy};
use crate::step::{Captured, Evidence, Step, Streams, Tool, ToolCall, graph};
use crate::text::counted;

/// The settings of `deny`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Deny {
    /// What judges: this program, or an installed cargo-deny.
    engine: Engine,
    /// Findings that are accepted for a time.
    accept: Vec<Accept>,
}

/// What judges.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Engine {
    /// This program, from one `cargo metadata`.
    #[default]
    BuiltIn,
    /// An installed cargo-deny.
    CargoDeny,
}

impl Gate for Deny {
    const INFO: Info = Info {
        id: "deny",
        judges: "licences, banned packages and sources of the dependencies",
        bar: "deny.toml where there is one; else no GPL-3.0 or AGPL-3.0, and no registry but the default one",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(5),
        rules: &[
            Rule::error("license", "a package under a licence that is not allowed"),
            Rule::warning("license-unknown", "a licence of the package's own, where there is no deny.toml"),
            Rule::error("no-license", "a package that states no licence, or one that cannot be read"),
            Rule::error("source", "a package from a registry or git repository that is not listed"),
            Rule::error("git-spec", "a git dependency that is pinned less closely than deny.toml asks for"),
            Rule::error("banned", "a package that deny.toml bans"),
            Rule::error("not-allowed", "a package that is not among the only allowed ones"),
            Rule::warning("duplicate", "a package in several versions"),
            Rule::error("wildcard", "a dependency on any version of a package"),
            Rule::error("feature", "a feature that deny.toml bans, or asks for in vain"),
            Rule::error("build-script", "a build script of a package that is not listed for one"),
            Rule::warning("unused-entry", "an entry of deny.toml that concerns nothing"),
            Rule::error("unknown-key", "a key of deny.toml that nobody knows"),
            Rule::error("unjudged-key", "a key of deny.toml that only cargo-deny itself can judge"),
            Rule::warning("former-key", "a key of deny.toml that has no effect any more"),
            Rule::error("cargo-deny", "anything else that an installed cargo-deny finds"),
            Rule::error("accept-expired", "an accepted finding whose time is over"),
            Rule::warning("accept-unused", "an accepted finding that is none"),
        ],
        manual: MANUAL,
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let own = [graph(cx), Step::Lock, texts(cx)];
        let engine = (self.engine == Engine::CargoDeny).then(|| Step::Tool(cargo_deny_call(cx)));
        Planned::Steps(policy::FILES.into_iter().chain(own).chain(engine).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let metadata = evidence.graph(&graph(cx))?;
        let lock = evidence.lock()?;
        let policy = policy::load(evidence)?;
        let (texts, at) = evidence.license_texts(&texts(cx))?;
        let garbage = |error: &dyn std::fmt::Display| Unreadable::garbage(error.to_string());
        let graph = match policy.features() {
            Some(features) => Graph::with_features(metadata, &features),
            None => Graph::new(metadata),
        };
        let graph = graph.map_err(|error| garbage(&error))?;
        let ground = Ground::new(&graph, &policy, lock, &cx.facts.root);
        let mut judgement = match self.engine {
            Engine::BuiltIn => policy::judge(&ground, texts).map_err(|error| {
                let file = policy.name().unwrap_or("Cargo.lock");
                garbage(&format!("{file}: {error}"))
            })?,
            Engine::CargoDeny => {
                let call = Step::Tool(cargo_deny_call(cx));
                of_cargo_deny(evidence.tool(&call)?, &policy, &ground)?
            }
        };
        let found = std::mem::take(&mut judgement.findings);
        let today = jiff::tz::Offset::UTC.to_datetime(at).date();
        let findings = accept::weigh(Self::INFO.id, &self.accept, found, today);
        Ok(self.outcome(&judgement, findings, &policy))
    }
}

fn texts(cx: &Context<'_>) -> Step {
    Step::LicenseTexts { offline: cx.options.offline }
}

impl Deny {
    fn outcome(&self, judgement: &Judgement, findings: Vec<Finding>, policy: &Policy) -> Outcome {
        let errors =
            findings.iter().filter(|finding| finding.severity == crate::finding::Severity::Error).count();
        let packages = counted(judgement.packages, "package");
        let bar = match (self.engine, policy.name()) {
            (Engine::CargoDeny, _) => "cargo-deny's",
            (Engine::BuiltIn, Some(name)) => name,
            (Engine::BuiltIn, None) => "no GPL-3.0, no AGPL-3.0, no unknown registry",
        };
        let summary = match errors {
            0 => format!("{packages} in order (bar: {bar})"),
            many => format!("{} in {packages} (bar: {bar})", counted(many, "defect")),
        };
        let mut outcome = Outcome::new(summary)
            .count("packages", judgement.packages)
            .count("licences", judgement.licences)
            .count("duplicates", judgement.duplicates.len())
            .count("defects", errors)
            .findings(findings);
        if policy.name().is_none() && !judgement.duplicates.is_empty() {
            outcome = outcome.note(several(&judgement.duplicates));
        }
        judgement.notes.iter().fold(outcome, Outcome::note)
    }
}

/// The packages in several versions, in a line.
fn several(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("in several versions: {shown}{more} (cargo tree --duplicates)")
}

/// The call of an installed cargo-deny on the whole workspace.
fn cargo_deny_call(cx: &Context<'_>) -> ToolCall {
    let offline = cx.options.offline.then_some("--offline");
    let args = ["deny", "--format", "json", "--workspace", "--locked"].into_iter().chain(offline);
    let args = args.chain(["check", "licenses", "bans", "sources"]);
    ToolCall {
        tool: Tool::Deny,
        args: args.map(str::to_owned).collect(),
        env: Vec::new(),
        streams: Streams::Separate,
        builds: false,
    }
}

/// What an installed cargo-deny found.
fn of_cargo_deny(captured: &Captured, policy: &Policy, ground: &Ground<'_>) -> Result<Judgement, Unreadable> {
    let code = captured.exit_code().map_err(|unreadable| unreadable.help(Tool::Deny.install()))?;
    let Some(file) = policy.name() else {
        let reason = "cargo-deny refuses every licence where there is no deny.toml";
        return Err(Unreadable::nothing_ran(reason).help("write one with `cargo deny init`"));
    };
    let checked = match cargo_deny::parse(&captured.stderr) {
        Ok(checked) => checked,
        // what rustup and cargo themselves say
        Err(cargo_deny::CargoDenyError::Malformed { .. }) if code != 0 => {
            return Err(compile::failed(captured));
        }
        Err(error) => return Err(Unreadable::garbage(error.to_string())),
    };
    if let Some(error) = checked.log_errors.first() {
        return Err(Unreadable::crashed(format!("cargo-deny: {error}")));
    }
    for check in ["licenses", "bans", "sources"] {
        if !checked.errors.contains_key(check) {
            return Err(Unreadable::garbage(format!(
                "cargo-deny does not say how its check `{check}` ended"
            )));
        }
    }
    let errors: u64 = checked.errors.values().sum();
    if (errors == 0) != (code == 0) {
        return Err(Unreadable::garbage(format!("cargo-deny's exit code {code} contradicts its summary")));
    }
    for (name, version) in checked.diagnostics.iter().flat_map(|one| &one.packages) {
        let same = |package: &cargo_metadata::Package| {
            package.name.as_str() == name && package.version.to_string() == *version
        };
        if !ground.graph.packages().iter().any(|package| same(package)) {
            let reason = format!("cargo-deny speaks of {name} {version}, which is not in this workspace");
            return Err(Unreadable::garbage(reason));
        }
    }
    let weighty =
        checked.diagnostics.iter().filter(|one| matches!(one.weight, Weight::Error | Weight::Warning));
    Ok(Judgement {
        findings: weighty.map(|diagnostic| from_diagnostic(diagnostic, file)).collect(),
        packages: ground.packages().count(),
        ..Judgement::default()
    })
}

/// Our rule for each of cargo-deny's codes.
const CODES: &[(&str, &[&str])] = &[
    ("license", &["rejected"]),
    (
        "no-license",
        &["unlicensed", "no-license-field", "empty-license-field", "parse-error", "gather-failure"],
    ),
    ("source", &["source-not-allowed"]),
    ("git-spec", &["git-source-underspecified"]),
    ("banned", &["banned"]),
    ("not-allowed", &["not-allowed"]),
    ("duplicate", &["duplicate"]),
    ("wildcard", &["wildcard"]),
    (
        "feature",
        &[
            "exact-features-mismatch",
            "feature-not-explicitly-allowed",
            "feature-banned",
            "default-feature-enabled",
        ],
    ),
    ("build-script", &["build-script-not-allowed"]),
    (
        "unused-entry",
        &[
            "license-not-encountered",
            "license-exception-not-encountered",
            "unmatched-skip",
            "unnecessary-skip",
            "unmatched-skip-root",
            "unused-wrapper",
            "unmatched-source",
            "unmatched-organization",
            "unknown-feature",
            "unmatched-bypass",
            "unmatched-path-bypass",
            "unmatched-glob",
        ],
    ),
];

fn from_diagnostic(diagnostic: &Diagnostic, file: &str) -> Found {
    let code = diagnostic.code.as_str();
    let rule = CODES.iter().find(|(_, codes)| codes.contains(&code)).map_or("cargo-deny", |(rule, _)| *rule);
    let package = diagnostic
        .packages
        .first()
        .and_then(|(name, version)| Some((name.clone(), Version::parse(version).ok()?)));
    let about = package.as_ref().map(|(name, version)| format!("{name} {version}: ")).unwrap_or_default();
    let message = format!("{about}{} [{code}]", diagnostic.message);
    let rule = format!("deny/{rule}");
    let finding = match diagnostic.weight {
        Weight::Error => Finding::error(rule, message),
        _ => Finding::warning(rule, message),
    };
    let remarks =
        diagnostic.labels.iter().filter(|label| !label.span.is_empty() || !label.message.is_empty());
    let remark = |label: &cargo_deny::Label| {
        let parts = [label.span.as_str(), label.message.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    };
    let detail = remarks.map(remark).collect::<Vec<_>>().join("\n");
    let place = if package.is_some() { "Cargo.lock" } else { file };
    let finding = finding.at(Place::file(place)).anchor(format!("{code} {about}"));
    Found { finding: if detail.is_empty() { finding } else { finding.detail(detail) }, package }
}

const MANUAL: &str = "\
## What it checks

Every package that a member needs, on any target, with the meaning that cargo-deny gives to deny.toml (or
.deny.toml, .cargo/deny.toml) in the workspace root, else in the nearest folder above it that has one:
`[licenses]`, `[bans]`, `[sources]` and `[graph]`, and further exceptions in deny.exceptions.toml, which is
looked for likewise. It is judged in this program, from one `cargo metadata`. A table that the file does not
have counts as without a file:

- licences: GPL-3.0 and AGPL-3.0 in every form are refused, unless the expression leaves the choice of another;
  so is a package that states no licence. A licence of the package's own (`LicenseRef-…`) is a warning. The
  workspace's own packages may have any.
- sources: a registry other than the default one is refused, a git repository is named.
- bans: none.

A key that nobody knows fails the gate, and so does one that cannot be judged here: the search for programs
inside packages (`bans.build.executables`, `interpreted`), `bans.workspace-dependencies` and
`bans.std-replacements`. For those, `engine = \"cargo-deny\"` runs an installed cargo-deny and reads its
answer. `[advisories]` is for the gate `audit`.

Licence texts are not read for their meaning: a package without the field `license` needs a clarification,
which names at least one text and holds as long as the hashes of all do.

## Why

A licence binds everybody who ships the program, and a package from elsewhere is not what its name says.

## How to fix

Replace the package, or list it in deny.toml. What cannot be mended yet is accepted for a time:

```toml
[gates.deny]
accept = [{ rule = \"license\", package = \"name@1.2.3\", reason = \"not shipped\", expires = \"2027-01-31\" }]
```
";

#[cfg(test)]
mod tests;
