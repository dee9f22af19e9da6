//! `unused-deps`: dependencies that nobody uses.

use std::collections::BTreeSet;
use std::time::Duration;

use cargo_metadata::{Metadata, Package};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Reason;
use crate::facts::{Facts, join};
use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Evidence, FileRead, Sources, Step, graph};
use crate::toml_text::{TomlText, document};
use crate::unused::{self, Entry, Verdict};

/// The settings of `unused-deps`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UnusedDeps {
    /// Dependencies that stay although no source names them, each with its reason.
    ignore: Vec<Ignore>,
}

/// A dependency that stays.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ignore {
    /// Its name in the manifest.
    name: String,
    /// The member that declares it; every member where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<String>,
    /// Why it stays.
    reason: Reason,
}

impl Gate for UnusedDeps {
    const INFO: Info = Info {
        id: "unused-deps",
        judges: "dependencies that nobody uses",
        bar: "none",
        stages: &[Stage::Ci],
        timeout: Duration::from_mins(5),
        rules: &[
            Rule::error("unused", "a dependency that no source names"),
            Rule::warning(
                "perhaps-unused",
                "a dependency that no source names, and that may be used all the same",
            ),
            Rule::warning(
                "dev-only",
                "a dependency of the shipped code that only tests, benchmarks or examples use",
            ),
            Rule::error(
                "unused-in-workspace",
                "an entry of [workspace.dependencies] that no member inherits",
            ),
            Rule::warning("ignore-unused", "an ignored dependency that is used, or is none"),
        ],
        manual: "\
## What it checks

Each dependency of each member against the tokens of the sources: its name in code must start a path, or
stand in a `use`, an `extern crate` or a string of an attribute. A dependency of the shipped code must be
named by a library or a program; one of `[dev-dependencies]` by any source or example of the documentation;
one of `[build-dependencies]` by the build script. Every platform and every feature counts, since nothing is
compiled. An entry of `[workspace.dependencies]` must be inherited by a member.

Tokens do not tell what a macro makes. Where that, generated code, or features that a dependency turns on
for others may be the use of it, the finding is the warning `perhaps-unused` and says why.

## Why

Each unused dependency costs build time and is code to be audited, and one more way for somebody else's
mistake into the program.

## How to fix

`cargo remove NAME` (with `--dev` or `--build`), or move it to the table that the finding names. What stays
on purpose is an entry under `ignore`:

```toml
[gates.unused-deps]
ignore = [{ name = \"openssl\", package = \"server\", reason = \"turns on its feature `vendored`\" }]
```
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let readmes = cx.facts.packages.iter().map(|package| readme(&package.folder));
        let files = readmes.map(|path| Step::File { path });
        Planned::Steps([Step::Manifests, graph(cx), Step::Sources].into_iter().chain(files).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let metadata = evidence.graph(&graph(cx))?;
        let sources = evidence.sources()?;
        let mut judged = Judged { ignored: vec![false; self.ignore.len()], ..Judged::default() };
        for (index, member) in cx.facts.packages.iter().enumerate() {
            let found = metadata.packages.iter().find(|package| package.id.repr == member.id);
            if let Some(package) = found.filter(|_| crate::facts::selects(cx.options, &member.name)) {
                let readme = readme_of(evidence, &member.folder)?;
                let members = Members { facts: cx.facts, metadata, sources };
                self.member(&members, index, package, readme, evidence, &mut judged)?;
            }
        }
        if judged.entries > 0 && sources.files.is_empty() {
            return Err(Unreadable::no_source());
        }
        if cx.options.packages.is_empty() && cx.options.exclude.is_empty() {
            judged.findings.extend(self.offered(cx.facts, evidence, &mut judged.ignored)?);
            judged.findings.extend(self.unneeded_ignores(&judged.ignored));
        }
        let unused = judged.findings.iter().filter(|finding| finding.rule == "unused-deps/unused").count();
        let entries = judged.entries;
        let summary = match unused {
            0 if entries == 0 => "there are no dependencies".to_owned(),
            0 => format!("each of {} is used", dependencies(entries)),
            many => format!("{many} of {entries} dependencies unused (bar 0)"),
        };
        Ok(Outcome::new(summary)
            .count("dependencies", entries)
            .count("unused", unused)
            .count(
                "perhaps_unused",
                judged.findings.iter().filter(|one| one.rule.ends_with("/perhaps-unused")).count(),
            )
            .findings(judged.findings))
    }
}

/// What members are judged with.
struct Members<'a> {
    facts: &'a Facts,
    metadata: &'a Metadata,
    sources: &'a Sources,
}

#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    entries: usize,
    /// For each entry of `ignore`: whether it spoke for a finding.
    ignored: Vec<bool>,
}

impl UnusedDeps {
    fn member(
        &self,
        members: &Members<'_>,
        index: usize,
        package: &Package,
        readme: Option<&str>,
        evidence: &Evidence,
        judged: &mut Judged,
    ) -> Result<(), Unreadable> {
        let entries = unused::entries(members.metadata, package);
        judged.entries += entries.len();
        let wanted: BTreeSet<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        let usage = unused::usage(members.facts, index, members.sources, readme, &wanted);
        let path = members.facts.packages.get(index).map(crate::facts::Package::manifest).unwrap_or_default();
        let manifest = TomlText::new(&path, evidence.manifest(&path)?);
        let document = document(&path, manifest.text)?;
        for entry in &entries {
            let verdict = unused::judge(members.metadata, package, &entries, entry, &usage);
            let Some(finding) = finding(package, entry, &verdict) else { continue };
            if self.accepts(entry.key, Some(package.name.as_str()), &mut judged.ignored) {
                continue;
            }
            let target = entry.declared.target.as_ref().map(ToString::to_string);
            let span = unused::place(document.as_table(), entry.table(), target.as_deref(), entry.key);
            judged.findings.push(manifest.point(finding, span));
        }
        Ok(())
    }

    /// Whether an entry of `ignore` speaks for that dependency.
    fn accepts(&self, name: &str, package: Option<&str>, ignored: &mut [bool]) -> bool {
        let speaks = |ignore: &Ignore| {
            ignore.name == name && ignore.package.as_deref().is_none_or(|one| Some(one) == package)
        };
        let Some(place) = self.ignore.iter().position(speaks) else { return false };
        ignored.get_mut(place).into_iter().for_each(|used| *used = true);
        true
    }

    /// The dependencies that the workspace offers and no member inherits.
    fn offered(
        &self,
        facts: &Facts,
        evidence: &Evidence,
        ignored: &mut [bool],
    ) -> Result<Vec<Finding>, Unreadable> {
        let mut inherited = BTreeSet::new();
        for path in facts.manifests() {
            inherited.extend(unused::inherited(document(&path, evidence.manifest(&path)?)?.as_table()));
        }
        let root = TomlText::new("Cargo.toml", evidence.manifest("Cargo.toml")?);
        let offered = unused::workspace_dependencies(document("Cargo.toml", root.text)?.as_table());
        let unused = offered.into_iter().filter(|declared| !inherited.contains(&declared.key));
        let findings =
            unused.filter(|declared| !self.accepts(&declared.key, None, ignored)).map(|declared| {
                let key = &declared.key;
                let message = format!("no member inherits `{key}` of [workspace.dependencies]");
                let finding = Finding::error("unused-deps/unused-in-workspace", message).anchor(key);
                root.point(finding.help("remove the line"), declared.span)
            });
        Ok(findings.collect())
    }

    fn unneeded_ignores(&self, ignored: &[bool]) -> Vec<Finding> {
        let unneeded = self.ignore.iter().zip(ignored).filter(|(_, used)| !**used);
        let finding = |ignore: &Ignore| {
            let message = format!("`{}` is ignored and needs no excuse", ignore.name);
            Finding::warning("unused-deps/ignore-unused", message).help("remove it from `ignore`")
        };
        unneeded.map(|(ignore, _)| finding(ignore)).collect()
    }
}

/// What is wrong with an entry, if anything.
fn finding(package: &Package, entry: &Entry<'_>, verdict: &Verdict) -> Option<Finding> {
    let (member, key, table) = (&package.name, entry.key, entry.table());
    let option = match table {
        "dev-dependencies" => " --dev",
        "build-dependencies" => " --build",
        _ => "",
    };
    let target =
        entry.declared.target.as_ref().map(|target| format!(" --target '{target}'")).unwrap_or_default();
    let remove = format!("cargo remove --package {member}{option}{target} {key}");
    let finding = match verdict {
        Verdict::Used => return None,
        Verdict::DevOnly => {
            let message = format!("only tests, benchmarks or examples of `{member}` use `{key}`");
            Finding::warning("unused-deps/dev-only", message).help("move it to [dev-dependencies]")
        }
        Verdict::Unused(None) => {
            let message = format!("no source of `{member}` uses `{key}` of [{table}]");
            Finding::error("unused-deps/unused", message).help(remove)
        }
        Verdict::Unused(Some(doubt)) => {
            let message = format!("no source of `{member}` names `{key}` of [{table}]; {doubt}");
            let help =
                format!("{remove}; or, where it is needed, say why in `ignore` of [gates.unused-deps]");
            Finding::warning("unused-deps/perhaps-unused", message).help(help)
        }
    };
    Some(finding.anchor(format!("{member} {table} {key}")))
}

fn dependencies(count: usize) -> String {
    if count == 1 { "1 dependency".to_owned() } else { format!("{count} dependencies") }
}

fn readme(folder: &str) -> String {
    join(folder, "README.md")
}

fn readme_of<'a>(evidence: &'a Evidence, folder: &str) -> Result<Option<&'a str>, Unreadable> {
    match evidence.file(&Step::File { path: readme(folder) })? {
        FileRead::Content(bytes) => Ok(std::str::from_utf8(bytes).ok()),
        FileRead::Missing | FileRead::Failed(_) => Ok(None),
    }
}
