//! `version`: the tag, the manifests and what they ask of each other agree on the version.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};
use toml_edit::Document;

use crate::config::Reason;
use crate::facts::{Facts, Package};
use crate::finding::{Finding, Place, Severity};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Evidence, SourceFile, Step, Streams, Tool, ToolCall};
use crate::text::counted;
use crate::versions::tags::{self, Head, Pattern};
use crate::versions::{WorkspaceVersion, requirements, workspace_version};

/// The settings of `version`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct VersionGate {
    /// How a release is tagged; `semver` looks for the last release by it.
    tags: Vec<Pattern>,
    /// Whether the judged commit must have the tag of its version: for a pipeline that runs on tags.
    require_tag: bool,
    /// Members whose version is not that of `[workspace.package]`.
    independent: Vec<Independent>,
}

/// Members that go their own way.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Independent {
    /// Their names.
    packages: BTreeSet<String>,
    /// Why.
    reason: Reason,
}

impl Default for VersionGate {
    fn default() -> Self {
        Self { tags: tags::usual(), require_tag: false, independent: Vec::new() }
    }
}

impl Gate for VersionGate {
    const INFO: Info = Info {
        id: "version",
        judges: "that tag, manifests and the members' requirements agree on the version",
        bar: "equal",
        stages: &[Stage::Release],
        timeout: Duration::from_mins(1),
        rules: &[
            Rule::error("member-differs", "a member with another version than [workspace.package]"),
            Rule::error("requirement-differs", "a requirement that a member's version does not meet"),
            Rule::error("tag-differs", "a version tag on this commit that names another version"),
            Rule::error("already-tagged", "a version that another commit is tagged with"),
            Rule::error("not-tagged", "no tag of the version, where `require_tag` asks for one"),
            Rule::warning("unused-entry", "an entry of the config that concerns no member"),
        ],
        manual: "\
## What it checks

- Where `[workspace.package]` states a version, each member has it.
- A version that a member asks of another member (exact `=` pins too) accepts the version which that has.
- A version tag on the judged commit names the version that the manifests state.
- The version is not the tag of another commit: a release needs a new one. By hand and in stages other than
  `release` this is a warning, since after each release it is so until the next version is set.

No tag yet is fine: releases are judged before they are tagged. In a shallow clone without the tag there is no
verdict, since it may not have been fetched. A pipeline that is started by the tag sets `require_tag = true`.
Known are tags like `v1.2.0`, `1.2.0`, `name-v1.2.0`, `name/1.2.0` and `name@1.2.0`; other forms are set with
`tags`, and hold for `semver` too. The version of a workspace is that of `[workspace.package]`, else of the package in its root,
else the highest of its members. Whether programs print their version is judged by `smoke`.

## Why

A tag that differs from the manifest is a release that nobody can find, and crates.io keeps a wrong version
for ever.

## How to fix

`cargo set-version`, or the line that the finding shows. A member with a version of its own is named:

```toml
[gates.version]
independent = [{ packages = [\"tool\"], reason = \"released on its own\" }]
```
",
    };

    fn tag_patterns(&self) -> Option<&[Pattern]> {
        Some(&self.tags)
    }

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let objects = Step::Objects { names: self.names(cx) };
        Planned::Steps(vec![Step::Manifests, head_step(), shallow_step(), objects])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let all: Vec<&Package> = cx.facts.packages.iter().collect();
        let Some(workspace) = workspace_version(evidence.manifest("Cargo.toml")?, &all) else {
            return Err(Unreadable::garbage("no package of the workspace states a version"));
        };
        let mut findings = Vec::new();
        for path in cx.facts.manifests() {
            findings.extend(self.manifest(cx, &workspace, &path, evidence.manifest(&path)?)?);
        }
        let head = head(cx, evidence)?;
        let tagged = self.tagged(cx, evidence)?;
        let (found, how) = match &head {
            Some(head) => self.tags(cx, evidence, &workspace, head, &tagged)?,
            None => {
                (self.not_tagged(&workspace).into_iter().collect(), "no git commit, so no tag".to_owned())
            }
        };
        findings.extend(found);
        findings.extend(self.unused(cx.facts));
        let members = counted(cx.facts.packages.len(), "member");
        let summary = match findings.iter().filter(|finding| finding.severity == Severity::Error).count() {
            0 => format!("{} in {members}; {how}", workspace.version),
            many => format!("{}: {} (bar 0)", workspace.version, counted(many, "difference")),
        };
        Ok(Outcome::new(summary)
            .text("version", workspace.version.to_string())
            .count("members", cx.facts.packages.len())
            .findings(findings))
    }
}

impl VersionGate {
    /// Differences in one manifest.
    fn manifest(
        &self,
        cx: &Context<'_>,
        workspace: &WorkspaceVersion,
        path: &str,
        text: &str,
    ) -> Result<Vec<Finding>, Unreadable> {
        let document = Document::parse(text)
            .map_err(|error| Unreadable::garbage(format!("{path}: {}", error.message())))?;
        let file = SourceFile::new(path.to_owned(), None, Ok(text.to_owned()));
        let mut findings = Vec::new();
        let package = cx.facts.packages.iter().find(|package| package.manifest() == path);
        if let Some(package) = package.filter(|package| workspace.shared && self.differs(package, workspace))
        {
            let Package { name, version, .. } = package;
            let stated = document.get("package").and_then(|package| package.get("version"));
            let message = format!("`{name}` has version {version}, and the workspace {}", workspace.version);
            let finding = Finding::error("version/member-differs", message)
                .help("write `version.workspace = true`, or name it under `independent` with the reason");
            let span = stated.and_then(toml_edit::Item::span).unwrap_or(0..0);
            findings.push(file.point(finding, span));
        }
        for requirement in requirements::of_paths(document.as_table()) {
            let member = cx.facts.packages.iter().find(|package| package.name == requirement.package);
            let version = member.and_then(|package| package.version.parse::<Version>().ok());
            let Some(version) = version.filter(|version| !requirement.accepts(version)) else { continue };
            let (name, asked) = (&requirement.package, &requirement.text);
            let message = format!("`{asked}` does not accept the version of `{name}`, which is {version}");
            let exact = if asked.trim_start().starts_with('=') { "=" } else { "" };
            let finding = Finding::error("version/requirement-differs", message)
                .help(format!("write `version = \"{exact}{version}\"`"));
            findings.push(file.point(finding, requirement.span.clone().unwrap_or(0..0)));
        }
        Ok(findings)
    }

    fn differs(&self, package: &Package, workspace: &WorkspaceVersion) -> bool {
        let own_way = self.independent.iter().any(|one| one.packages.contains(&package.name));
        !own_way && package.version != workspace.version.to_string()
    }

    /// The names that git is asked for: the tag of each version under each pattern.
    fn names(&self, cx: &Context<'_>) -> Vec<String> {
        self.expected(cx).into_iter().map(|(_, tag)| tags::commit_of(&tag)).collect()
    }

    /// Each package with each tag that its version would have.
    fn expected<'a>(&self, cx: &Context<'a>) -> Vec<(&'a Package, String)> {
        let parsed = |package: &'a Package| Some((package, package.version.parse::<Version>().ok()?));
        let packages = cx.facts.packages.iter().filter_map(parsed);
        packages
            .flat_map(|(package, version)| {
                self.tags.iter().map(move |pattern| (package, pattern.name(&package.name, &version)))
            })
            .collect()
    }

    /// The tags among the expected ones that there are, with their commits.
    fn tagged(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<BTreeMap<String, String>, Unreadable> {
        let expected = self.expected(cx);
        let names: Vec<String> = expected.iter().map(|(_, tag)| tags::commit_of(tag)).collect();
        let captured = evidence.tool(&Step::Objects { names: names.clone() })?;
        match captured.exit_code()? {
            0 => {}
            _ if is_no_repository(&captured.stderr) => return Ok(BTreeMap::new()),
            code => {
                return Err(Unreadable::crashed(format!("`git cat-file` failed with exit code {code}")));
            }
        }
        let objects = tags::read_objects(&captured.stdout, &names)
            .map_err(|cause| Unreadable::garbage(format!("the answer of `git cat-file`: {cause}")))?;
        let found = expected.into_iter().zip(objects).filter_map(|((_, tag), commit)| Some((tag, commit?)));
        Ok(found.collect())
    }

    /// What is wrong with the tags, and what there is to say of them.
    fn tags(
        &self,
        cx: &Context<'_>,
        evidence: &Evidence,
        workspace: &WorkspaceVersion,
        head: &Head,
        tagged: &BTreeMap<String, String>,
    ) -> Result<(Vec<Finding>, String), Unreadable> {
        let mut findings = self.differing(cx, workspace, head);
        let names = self.patterns(false).map(|pattern| pattern.name(&workspace.package, &workspace.version));
        let mut released = found(names, tagged);
        let of_packages: Vec<(&Package, Vec<_>)> =
            cx.facts.packages.iter().map(|package| (package, self.of_package(package, tagged))).collect();
        let mut all = released.iter().chain(of_packages.iter().flat_map(|(_, tags)| tags));
        if let Some((tag, _)) = all.find(|(_, commit)| **commit == head.commit) {
            return Ok((findings, format!("tagged {tag}")));
        }
        // a package that may be published and has no tag of its version is something new to release
        let published = || of_packages.iter().filter(|(package, _)| package.publish);
        if published().all(|(_, tags)| !tags.is_empty()) {
            released.extend(published().flat_map(|(_, tags)| tags.clone()));
        }
        if let Some((tag, commit)) = released.first() {
            findings.push(already_tagged(cx, workspace, tag, commit));
            return Ok((findings, format!("{tag} is another commit")));
        }
        if !findings.iter().any(|finding| finding.rule == "version/tag-differs") {
            all_tags_are_here(evidence)?;
            findings.extend(self.not_tagged(workspace));
        }
        Ok((findings, "not tagged yet".to_owned()))
    }

    /// A finding where the tag is missing and asked for.
    fn not_tagged(&self, workspace: &WorkspaceVersion) -> Option<Finding> {
        let version = &workspace.version;
        let tag = self.tags.first().map(|pattern| pattern.name(&workspace.package, version));
        let finding = Finding::error("version/not-tagged", format!("this commit has no tag of {version}"))
            .at(Place::file("Cargo.toml"))
            .help(format!("git tag {}", tag.unwrap_or_else(|| version.to_string())));
        self.require_tag.then_some(finding)
    }

    fn patterns(&self, per_package: bool) -> impl Iterator<Item = &Pattern> {
        self.tags.iter().filter(move |pattern| pattern.is_per_package() == per_package)
    }

    /// The tags of a package's version that name it.
    fn of_package<'a>(
        &self,
        package: &Package,
        tagged: &'a BTreeMap<String, String>,
    ) -> Vec<(String, &'a String)> {
        let Ok(version) = package.version.parse::<Version>() else { return Vec::new() };
        found(self.patterns(true).map(|pattern| pattern.name(&package.name, &version)), tagged)
    }

    /// Version tags of this commit that name another version than the manifests do.
    fn differing(&self, cx: &Context<'_>, workspace: &WorkspaceVersion, head: &Head) -> Vec<Finding> {
        let of_workspace =
            (workspace.package.as_str(), workspace.version.clone(), self.patterns(false).collect::<Vec<_>>());
        let own: Vec<&Pattern> = self.patterns(true).collect();
        let of_packages = cx.facts.packages.iter().filter_map(|package| {
            Some((package.name.as_str(), package.version.parse::<Version>().ok()?, own.clone()))
        });
        let all = std::iter::once(of_workspace).chain(of_packages);
        all.filter_map(|(package, version, patterns)| {
            let named = head.tags.iter().filter_map(|tag| {
                Some((tag, patterns.iter().find_map(|pattern| pattern.version(package, tag))?))
            });
            let named: Vec<(&String, Version)> = named.collect();
            let (tag, other) = named.first().filter(|_| named.iter().all(|(_, one)| *one != version))?;
            let message = format!("this commit is tagged {tag}, and `{package}` has version {version}");
            Some(
                Finding::error("version/tag-differs", message)
                    .at(Place::file("Cargo.toml"))
                    .help(format!("set the version {other}, or move the tag"))
                    .anchor(*tag),
            )
        })
        .collect()
    }

    fn unused(&self, facts: &Facts) -> Vec<Finding> {
        let known = |name: &&String| facts.packages.iter().any(|package| package.name == **name);
        let names = self.independent.iter().flat_map(|one| &one.packages).filter(|name| !known(name));
        names
            .map(|name| {
                let message = format!("`independent` names `{name}`, which is no member");
                Finding::warning("version/unused-entry", message).help("remove it from `independent`")
            })
            .collect()
    }
}

/// Those of the tags that there are, each with its commit.
fn found(names: impl Iterator<Item = String>, tagged: &BTreeMap<String, String>) -> Vec<(String, &String)> {
    names.filter_map(|tag| tagged.get(&tag).map(|commit| (tag.clone(), commit))).collect()
}

fn already_tagged(cx: &Context<'_>, workspace: &WorkspaceVersion, tag: &str, commit: &str) -> Finding {
    let short = commit.get(..10).unwrap_or(commit);
    let message = format!("{} is released already: {tag} is another commit, {short}", workspace.version);
    let finding = Finding::error("version/already-tagged", message)
        .at(Place::file("Cargo.toml"))
        .help("set the version of the next release")
        .anchor(tag);
    let release = cx.options.stage == Stage::Release;
    Finding { severity: if release { Severity::Error } else { Severity::Warning }, ..finding }
}

fn head_step() -> Step {
    let args = ["log", "-1", "--no-show-signature", "--decorate=full", "--decorate-refs=refs/tags/"];
    git([&args[..], &[tags::HEAD_FORMAT, "HEAD"]].concat())
}

fn shallow_step() -> Step {
    git(vec!["rev-parse", "--is-shallow-repository"])
}

fn git(args: Vec<&str>) -> Step {
    let args = args.into_iter().map(str::to_owned).collect();
    // its words tell an empty repository from a failure
    let env = vec![("LC_ALL".to_owned(), "C".to_owned())];
    Step::Tool(ToolCall { tool: Tool::Git, args, env, streams: Streams::Separate, builds: false })
}

/// A tag that is not here is one that does not exist, unless the clone has part of the history only.
fn all_tags_are_here(evidence: &Evidence) -> Result<(), Unreadable> {
    let captured = evidence.tool(&shallow_step())?;
    match (captured.exit_code()?, captured.stdout.trim_ascii()) {
        (0, b"false") => Ok(()),
        (0, b"true") => {
            let reason = "this clone is too shallow to know whether the version is tagged";
            Err(Unreadable::unavailable(reason).help("git fetch --unshallow --tags"))
        }
        _ => Err(Unreadable::crashed("git does not say whether this clone is shallow")),
    }
}

/// The commit that is checked out; none where there provably is none.
fn head(cx: &Context<'_>, evidence: &Evidence) -> Result<Option<Head>, Unreadable> {
    let captured = evidence.tool(&head_step())?;
    let code = captured.exit_code().map_err(|unreadable| unreadable.help(Tool::Git.install()))?;
    if code != 0 {
        let stderr = String::from_utf8_lossy(&captured.stderr);
        let unborn = stderr.contains("unknown revision") || stderr.contains("does not have any commits yet");
        if code == 128 && cx.facts.revision.is_none() && (unborn || is_no_repository(&captured.stderr)) {
            return Ok(None);
        }
        let said = stderr.lines().next().unwrap_or_default();
        return Err(Unreadable::crashed(format!("`git log` failed with exit code {code}: {said}")));
    }
    let head = tags::read_head(&captured.stdout)
        .map_err(|cause| Unreadable::garbage(format!("the answer of `git log`: {cause}")))?;
    match &cx.facts.revision {
        Some(revision) if revision.commit != head.commit => {
            Err(Unreadable::garbage("`git log` tells of another commit than `git rev-parse`"))
        }
        _ => Ok(Some(head)),
    }
}

fn is_no_repository(stderr: &[u8]) -> bool {
    String::from_utf8_lossy(stderr).contains("not a git repository")
}
