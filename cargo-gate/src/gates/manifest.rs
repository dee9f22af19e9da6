//! `manifest`: the Cargo.toml files and Cargo.lock.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml_edit::{Item, TableLike};

use crate::facts::{Package, join};
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::cargo_error::{self, CargoErrorKind};
use crate::step::{Evidence, Step, graph};
use crate::text::counted;
use crate::toml_text::{TomlText, document};

/// The settings of `manifest`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Manifest {}

impl Gate for Manifest {
    const INFO: Info = Info {
        id: "manifest",
        judges: "the Cargo.toml files and Cargo.lock",
        bar: "none",
        stages: &[Stage::PreCommit, Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(5),
        rules: &[
            Rule::error("lock-missing", "a workspace without Cargo.lock"),
            Rule::error("lock-out-of-step", "a Cargo.lock that the manifests have outgrown"),
            Rule::error("absolute-path", "a `path` that holds on one machine only"),
            Rule::error("path-outside", "a `path` that leaves the workspace"),
            Rule::error("wildcard-version", "a dependency with the version `*`"),
            Rule::error("git-unpinned", "a git dependency without `rev` or `tag`"),
            Rule::error("no-rust-version", "a package that does not state the oldest Rust it supports"),
            Rule::error("no-license", "a package that may be published and names no licence"),
            Rule::error("lints-not-inherited", "a member that does not inherit [workspace.lints]"),
        ],
        manual: "\
## What it checks

- Cargo.lock is there and in step with the manifests (`cargo metadata --locked`).
- No dependency has an absolute `path`, or one that leaves the workspace.
- No dependency has the version `*`; a git dependency names a `rev` or a `tag`.
- Each package states its `rust-version`; each that may be published names a licence.
- Where there are `[workspace.lints]`, each member inherits them.

## Why

Each of these makes a build depend on the machine, on the day, or on luck: and a lint that a member
does not inherit is a lint that does not hold there.

## How to fix

The finding names the line and what to write there. A lock file out of step: `cargo update --workspace`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        Planned::Steps(vec![Step::Manifests, graph(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let root = evidence.manifest("Cargo.toml")?;
        let workspace_lints =
            document("Cargo.toml", root)?.get("workspace").and_then(|w| w.get("lints")).is_some();
        let mut findings = lock(cx, evidence)?;
        let mut files = 0;
        for path in cx.facts.manifests() {
            let text = evidence.manifest(&path)?;
            let manifest = TomlText::new(&path, text);
            let document = document(&path, text)?;
            findings.extend(dependencies(&manifest, document.as_table()));
            if let Some(package) = cx.facts.judged(cx.options).find(|package| package.manifest() == path) {
                findings.extend(fields(&manifest, document.as_table(), package, workspace_lints));
            }
            files += 1;
        }
        let summary = match findings.len() {
            0 => format!("{} and Cargo.lock in order", counted(files, "manifest")),
            many => format!("{} (bar 0)", counted(many, "defect")),
        };
        Ok(Outcome::new(summary).count("manifests", files).findings(findings))
    }
}

/// What `cargo metadata --locked` says of the lock file.
fn lock(cx: &Context<'_>, evidence: &Evidence) -> Result<Vec<Finding>, Unreadable> {
    let captured = evidence.tool(&graph(cx))?;
    if captured.exit_code()? == 0 {
        return evidence.graph(&graph(cx)).map(|_| Vec::new());
    }
    let error = cargo_error::summary(&captured.stderr);
    let finding = match error.kind {
        CargoErrorKind::LockMissing => Finding::error("manifest/lock-missing", "there is no Cargo.lock")
            .help("make it with `cargo generate-lockfile`, and commit it"),
        CargoErrorKind::LockOutOfStep => {
            Finding::error("manifest/lock-out-of-step", "Cargo.lock is out of step with the manifests")
                .help("bring it in step with `cargo update --workspace`, and commit it")
        }
        CargoErrorKind::Offline => return Err(Unreadable::unavailable(error.to_string())),
        _ => return Err(Unreadable::crashed(format!("`cargo metadata` failed: {error}"))),
    };
    Ok(vec![finding.at(Place::line("Cargo.lock", 1)).anchor("Cargo.lock")])
}

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Judges every dependency of a manifest, wherever it stands.
fn dependencies(manifest: &TomlText<'_>, root: &dyn TableLike) -> Vec<Finding> {
    let nested = |table: &'_ str| root.get(table).and_then(Item::as_table_like);
    let own = KINDS.iter().filter_map(|kind| nested(kind));
    let targets = nested("target").into_iter().flat_map(TableLike::iter);
    let of_targets =
        targets.flat_map(|(_, item)| KINDS.iter().filter_map(|kind| item.get(kind)?.as_table_like()));
    let of_workspace = nested("workspace").and_then(|table| table.get("dependencies")?.as_table_like());
    let patches =
        nested("patch").into_iter().flat_map(TableLike::iter).filter_map(|(_, item)| item.as_table_like());
    let tables = own.chain(of_targets).chain(of_workspace).chain(patches);
    tables
        .flat_map(|table| table.iter())
        .flat_map(|(name, item)| dependency(manifest, name, item))
        .map(|(finding, span)| manifest.point(finding, span))
        .collect()
}

type Found = (Finding, Option<Range<usize>>);

fn dependency(manifest: &TomlText<'_>, name: &str, item: &Item) -> Vec<Found> {
    let key = |key: &str| item.as_table_like().and_then(|table| table.get(key));
    let version = if item.is_str() { Some(item) } else { key("version") };
    let mut found = Vec::new();
    if let Some(version) = version.filter(|version| version.as_str().map(str::trim) == Some("*")) {
        let finding = Finding::error("manifest/wildcard-version", format!("`{name}` may be of any version"));
        found.push((finding.help("name the version that you build with"), version.span()));
    }
    if let Some(git) = key("git").filter(|_| key("rev").is_none() && key("tag").is_none()) {
        let finding = Finding::error(
            "manifest/git-unpinned",
            format!("`{name}` comes from git without `rev` or `tag`"),
        );
        found.push((finding.help("add `rev = \"…\"` with the commit that you build with"), git.span()));
    }
    if let Some((path, item)) = key("path").and_then(|item| Some((item.as_str()?, item))) {
        found.extend(path_defect(manifest.folder(), name, path).map(|finding| (finding, item.span())));
    }
    found
}

fn path_defect(folder: &str, name: &str, path: &str) -> Option<Finding> {
    let drive = path.get(1..3).is_some_and(|text| text == ":\\" || text == ":/");
    if Path::new(path).has_root() || drive {
        let finding = Finding::error("manifest/absolute-path", format!("`{name}` has an absolute path"));
        return Some(finding.help("write the path relative to this file"));
    }
    let finding = Finding::error("manifest/path-outside", format!("`{name}` lies outside the workspace"));
    leaves(&join(folder, path))
        .then(|| finding.help("move it into the workspace, or name a version or a git revision"))
}

/// Whether a path relative to the workspace root leads out of it.
fn leaves(path: &str) -> bool {
    let steps = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
    let depths = steps.scan(0_i64, |depth, part| {
        *depth += if part == ".." { -1 } else { 1 };
        Some(*depth)
    });
    depths.into_iter().any(|depth| depth < 0)
}

/// Judges what a package states of itself.
fn fields(
    manifest: &TomlText<'_>,
    root: &dyn TableLike,
    package: &Package,
    workspace_lints: bool,
) -> Vec<Finding> {
    let name = &package.name;
    let span = root.get("package").and_then(Item::span);
    let inherits =
        root.get("lints").and_then(|lints| lints.get("workspace")).and_then(Item::as_bool) == Some(true);
    let mut findings = Vec::new();
    if !package.rust_version {
        let finding = Finding::error("manifest/no-rust-version", format!("`{name}` states no rust-version"));
        findings.push(finding.help("add `rust-version = \"…\"` with the oldest Rust that it is built with"));
    }
    if package.publish && !package.licensed {
        let finding =
            Finding::error("manifest/no-license", format!("`{name}` may be published and names no licence"));
        findings.push(finding.help("add `license = \"…\"`, or `publish = false`"));
    }
    if workspace_lints && !inherits {
        let finding =
            Finding::error("manifest/lints-not-inherited", format!("`{name}` does not inherit the lints"));
        findings.push(finding.help("add `[lints]` with `workspace = true`"));
    }
    findings.into_iter().map(|finding| manifest.point(finding, span.clone())).collect()
}

#[cfg(test)]
mod tests {
    use toml_edit::Document;

    use super::*;

    fn rules(path: &str, text: &str) -> Vec<(String, u32)> {
        let document = Document::parse(text).unwrap();
        let reading = TomlText::new(path, text);
        let findings = dependencies(&reading, document.as_table());
        findings.into_iter().map(|finding| (finding.rule, finding.place.unwrap().line.unwrap())).collect()
    }

    #[test]
    fn every_kind_of_dependency_table_is_read() {
        let text = "[dependencies]\na = \"*\"\n[target.'cfg(unix)'.dev-dependencies]\nb = { version = \"*\" }\n\
                    [workspace.dependencies]\nc = \"*\"\n[build-dependencies.d]\nversion = \"*\"\n";
        let found = rules("Cargo.toml", text);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found.contains(&("manifest/wildcard-version".into(), 2)));
        assert!(found.contains(&("manifest/wildcard-version".into(), 8)));
    }

    #[test]
    fn a_bounded_wildcard_is_a_version() {
        assert!(rules("Cargo.toml", "[dependencies]\na = \"1.*\"\n").is_empty());
    }

    #[test]
    fn a_git_dependency_needs_a_revision_or_a_tag() {
        let text = "[dependencies]\na = { git = \"https://x\", branch = \"main\" }\nb = { git = \"https://x\", rev = \"0a\" }\n\
                    c = { git = \"https://x\", tag = \"v1\" }\n";
        assert_eq!(rules("Cargo.toml", text), [("manifest/git-unpinned".into(), 2)]);
    }

    #[test]
    fn a_path_may_not_be_absolute_nor_leave_the_workspace() {
        let text = "[dependencies]\na = { path = \"/opt/a\" }\nb = { path = \"../../b\" }\nc = { path = \"../c\" }\n\
                    d = { path = 'C:\\d' }\n";
        let found = rules("crates/x/Cargo.toml", text);
        assert_eq!(found, [("manifest/absolute-path".into(), 2), ("manifest/absolute-path".into(), 5)]);
        let outside = rules("x/Cargo.toml", "[dependencies]\nb = { path = \"../../b\" }\n");
        assert_eq!(outside, [("manifest/path-outside".into(), 2)]);
    }

    #[test]
    fn a_member_states_its_rust_version_its_licence_and_inherits_the_lints() {
        let package = Package {
            name: "a".into(),
            version: "0.1.0".into(),
            id: "a".into(),
            folder: "a".into(),
            edition: "2024".into(),
            publish: true,
            registries: Vec::new(),
            passed_by: false,
            licensed: false,
            rust_version: false,
            targets: Vec::new(),
            features: std::collections::BTreeMap::new(),
            needs: Vec::new(),
        };
        let judge = |text: &str, package: &Package| {
            let document = Document::parse(text).unwrap();
            let reading = TomlText::new("a/Cargo.toml", text);
            fields(&reading, document.as_table(), package, true)
                .into_iter()
                .map(|f| f.rule)
                .collect::<Vec<_>>()
        };
        let all = ["manifest/no-rust-version", "manifest/no-license", "manifest/lints-not-inherited"];
        assert_eq!(judge("[package]\nname = \"a\"\n", &package), all);
        let sound = Package { licensed: true, rust_version: true, ..package };
        assert!(judge("[package]\nname = \"a\"\n[lints]\nworkspace = true\n", &sound).is_empty());
    }
}
