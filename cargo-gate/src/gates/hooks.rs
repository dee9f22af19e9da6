//! `hooks`: git starts our gates before commits and pushes.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::commit_message::MessageRules;
use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::hooks::{HookName, HookSettings, Judged, Repository, State, judge};
use crate::step::{Evidence, Step};
use crate::text::counted;

/// The settings of `hooks`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HookGate {
    /// The hooks that a clone is to have, which `cargo bulletproof hooks install` installs: `pre-commit`,
    /// `pre-push`, `commit-msg`.
    hooks: Vec<HookName>,
    /// Whether `pre-commit` formats what is staged for the commit before it judges it: in the index, and in the file
    /// on disk where that has no other changes.
    fix: bool,
    /// The types that a commit's message may have, where the `commit-msg` hook is installed; empty for any.
    commit_types: Vec<String>,
    /// The scopes that it may have; empty for any.
    commit_scopes: Vec<String>,
    /// The longest that its first line may be, in characters; 0 for any length.
    longest_subject: usize,
}

impl Default for HookGate {
    fn default() -> Self {
        let MessageRules { types, scopes, longest_subject } = MessageRules::default();
        let hooks = HookName::USUAL.to_vec();
        Self { hooks, fix: false, commit_types: types, commit_scopes: scopes, longest_subject }
    }
}

impl Gate for HookGate {
    const INFO: Info = Info {
        id: "hooks",
        judges: "that git starts these gates before commits and pushes",
        bar: "current",
        stages: &[Stage::PreCommit, Stage::PrePush],
        timeout: Duration::from_mins(1),
        rules: &[
            Rule::warning("missing", "a hook that is not there"),
            Rule::warning("foreign", "a hook of somebody else's, which does not start these gates"),
            Rule::error("outdated", "a hook of ours that is of another version, changed, or cannot start us"),
            Rule::warning("twice", "a hook that starts the gates twice: from its file and from git's configuration"),
        ],
        manual: "\
## What it checks

That each hook of `hooks` (`pre-commit` and `pre-push` where the config says nothing) is there and starts these
gates: the file in the folder where this repository has its hooks (`core.hooksPath` is honoured; work trees and
submodules share their repository's), its text of the version that this program writes, and a program that it can
start. A hook of your own counts where it calls `cargo bulletproof hook NAME` (with `\"$@\"` and `--manifest-path`
and nothing else) in a line of its own whose failure is its failure, in a shell script that does nothing before which
could skip it: no `exit`, `if`, function, here-document. Before a call of `pre-push` each command needs `</dev/null`,
since git says on the standard input what is pushed. A hook of git's configuration
(`hook.<name>.command`, git 2.54 and later) counts in the same way. A hook that starts the gates of another workspace of the repository does not count.

In a server's clone there are no hooks: the gate is not in the stage `ci`. Without a git repository there is
nothing to judge.

## Why

A hook that is missing checks nothing and says nothing. Managers of hooks write over each other's files, a clone
starts without any, and a setting of `core.hooksPath` turns off those that were there.

## How to fix

`cargo bulletproof hooks install`. A hook that is there is kept as `NAME.before-bulletproof` and runs first;
`cargo bulletproof hooks uninstall` puts it back. A hook of ours that somebody changed is kept as `NAME.changed`.
A folder of hooks outside of the repository is not written into. `cargo bulletproof hooks status` shows how each stands.

A missing or foreign hook is a warning, since nobody is forced to have hooks. A team that wants them:

```toml
[gates.hooks]
hooks = [\"pre-commit\", \"pre-push\", \"commit-msg\"]
[gates.hooks.rules]
missing = \"error\"
foreign = \"error\"
```

`stages = []` turns the gate off. The `commit-msg` hook holds messages against the specification of conventional
commits; `commit_types`, `commit_scopes` and `longest_subject` say what a team asks beyond it.
",
    };

    fn hook_settings(&self) -> Option<HookSettings> {
        let message = MessageRules {
            types: self.commit_types.clone(),
            scopes: self.commit_scopes.clone(),
            longest_subject: self.longest_subject,
        };
        Some(HookSettings { hooks: self.hooks.clone(), message, fix: self.fix })
    }

    fn plan(&self, _: &Context<'_>) -> Planned {
        if self.hooks.is_empty() {
            return Planned::NothingToJudge("the config wants no hooks".to_owned());
        }
        Planned::Steps(vec![Step::Hooks])
    }

    fn judge(&self, _: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let Some(repository) = evidence.hooks()? else {
            return Ok(Outcome::new("no git repository, so no hooks").count("hooks", 0));
        };
        let judged = judge(repository);
        let wanted: Vec<&Judged> = judged.iter().filter(|one| self.hooks.contains(&one.hook)).collect();
        let findings: Vec<Finding> = wanted.iter().flat_map(|one| findings(repository, one)).collect();
        let in_order = wanted.iter().filter(|one| one.is_in_order()).count();
        let summary = format!("{in_order} of {} in order", counted(wanted.len(), "hook"));
        Ok(Outcome::new(summary).count("hooks", wanted.len()).count("in_order", in_order).findings(findings))
    }
}

fn findings(repository: &Repository, judged: &Judged) -> Vec<Finding> {
    let hook = judged.hook;
    let file = repository.file(hook);
    let place = repository.shown(&file);
    let install = format!("cargo bulletproof hooks install --hook {hook}");
    let finding = match &judged.state {
        State::Installed | State::Called(_) => None,
        State::Missing => {
            Some(Finding::warning("hooks/missing", format!("there is no {hook} hook: {place}")).help(install))
        }
        State::Off => {
            let message = format!("git runs no {hook} hook: core.hooksPath leads nowhere");
            let help = "see where it is set: git config --show-origin --get core.hooksPath";
            Some(Finding::warning("hooks/missing", message).help(help))
        }
        State::Foreign(manager) => {
            let whose = manager.map_or_else(String::new, |manager| format!(" ({manager}'s)"));
            let message = format!("the {hook} hook{whose} does not start these gates: {place}");
            let help = format!("{install} (keeps it and runs it first)");
            Some(Finding::warning("hooks/foreign", message).help(help))
        }
        State::Unclear => {
            let message = format!("whether the {hook} hook starts these gates cannot be told: {place}");
            let help = format!(
                "in a shell script, before any `exit`, `if` or here-document, a line that begins with: cargo \
                 bulletproof hook {hook} \"$@\" || exit"
            );
            Some(Finding::warning("hooks/foreign", message).help(help))
        }
        State::Elsewhere(manifest) => {
            let message =
                format!("the {hook} hook starts the gates of another workspace, {manifest}: {place}");
            let help = "in a hook of your own, a line for each workspace, with its --manifest-path";
            Some(Finding::warning("hooks/foreign", message).help(help))
        }
        State::Outdated(why) => {
            let message = format!("the {hook} hook has to be written again: {why}: {place}");
            Some(Finding::error("hooks/outdated", message).help(install))
        }
    };
    let twice = judged.twice.as_ref().map(|name| {
        let message = format!(
            "the {hook} hook starts the gates twice: {place}, and hook.{name} of git's configuration"
        );
        Finding::warning("hooks/twice", message).help(format!(
            "cargo bulletproof hooks uninstall --hook {hook}, or git config --remove-section hook.{name}"
        ))
    });
    let findings = finding.into_iter().chain(twice);
    findings.map(|finding| finding.anchor(hook.name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::{Found, HookFile};

    fn rules(file: Option<&str>) -> Vec<String> {
        let file = file.map(|text| HookFile { content: text.into(), executable: true });
        let found = Found { hook: HookName::PrePush, file, kept: None, moved: None, program: None };
        let repository = Repository {
            top: "/r".into(),
            folder: "/r/.git/hooks".into(),
            hooks: vec![found],
            ..Repository::default()
        };
        let found = findings(&repository, &judge(&repository)[0]);
        assert!(found.iter().all(|finding| finding.message.contains(".git/hooks/pre-push")), "{found:?}");
        found.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_hook_that_does_not_start_the_gates_is_found() {
        assert_eq!(rules(None), ["hooks/missing"]);
        assert_eq!(rules(Some("#!/bin/sh\nlefthook run pre-push\n")), ["hooks/foreign"]);
        assert_eq!(rules(Some("#!/bin/sh\n# cargo-bulletproof hook 0\n")), ["hooks/outdated"]);
        assert_eq!(rules(Some("exit 0\ncargo bulletproof hook pre-push\n")), ["hooks/foreign"]);
        assert!(rules(Some("#!/bin/sh\ncargo bulletproof hook pre-push\n")).is_empty());
    }

    #[test]
    fn a_config_that_wants_no_hook_leaves_nothing_to_judge() {
        let (facts, options) = (crate::facts::Facts::default(), crate::gate::Options::default());
        let selected = std::collections::BTreeSet::new();
        let gate = HookGate { hooks: Vec::new(), ..HookGate::default() };
        assert!(matches!(gate.plan(&Context::new(&facts, &options, &selected)), Planned::NothingToJudge(_)));
    }
}
