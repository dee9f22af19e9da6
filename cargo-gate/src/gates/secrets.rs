//! `secrets`: no key, token or password in what is committed or pushed.

use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Expiry, Globs, Reason};
use crate::finding::{Excerpt, Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::secret::{Found, Rule as Secret, Tree};
use crate::step::{Evidence, Scope, Step};
use crate::text::counted;

/// The settings of `secrets`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Secrets {
    /// Secrets that are accepted: a list of tables with `files` (globs), `reason`, and where it is not for ever
    /// or for every rule `expires` and `rule`.
    allow: Vec<Allow>,
    /// The largest file that is looked at, in bytes; a larger one is named.
    max_bytes: u64,
}

/// Secrets that are accepted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Allow {
    /// Where.
    files: Globs,
    /// The rule that would find them; every rule where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// Why they do no harm.
    reason: Reason,
    /// The last day on which this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Expiry>,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { allow: Vec::new(), max_bytes: 64 << 20 }
    }
}

impl Gate for Secrets {
    const INFO: Info = Info {
        id: "secrets",
        judges: "keys, tokens and passwords in the tree, or in the change that a hook looks at",
        bar: "none",
        stages: &[Stage::PreCommit, Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(5),
        rules: &[
            Rule::error(
                "token",
                "a token in its issuer's published form, with its checksum where it has one",
            ),
            Rule::error("private-key", "a private key"),
            Rule::warning("test-key", "a private key among tests, examples or comments"),
            Rule::error("assignment", "a value that looks random, under a name that speaks of a secret"),
            Rule::error("address-password", "a password in an address"),
            Rule::warning("jwt", "a signed JSON Web Token, which may have expired"),
            Rule::warning("too-large", "a file that is too large to be looked at"),
            Rule::error("allow-expired", "accepted secrets whose time is over"),
            Rule::warning("allow-unused", "accepted secrets that are not there"),
        ],
        manual: MANUAL,
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        Planned::Steps(vec![self.step(cx)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let (tree, at) = evidence.secrets(&self.step(cx))?;
        if let Some((path, cause)) = tree.unread.first() {
            return Err(Unreadable::crashed(format!("{path}: {cause}")));
        }
        if tree.files + tree.binary + tree.large.len() == 0 && tree.whole {
            return Err(Unreadable::nothing_ran("no file of the tree could be looked at"));
        }
        let findings = self.weigh(tree, jiff::tz::Offset::UTC.to_datetime(at).date());
        let secrets = findings
            .iter()
            .filter(|finding| finding.place.as_ref().is_some_and(|p| p.line.is_some()))
            .count();
        let accepted = tree.found.len() - secrets;
        let files = counted(tree.files, if tree.whole { "file" } else { "changed file" });
        let files = match tree.contents {
            0 => files,
            many => format!("{files} and {many} staged or committed"),
        };
        let summary = match secrets {
            0 => format!("no secret in {files}"),
            many => format!("{} in {files} (bar 0)", counted(many, "secret")),
        };
        let outcome = Outcome::new(summary)
            .count("files", tree.files)
            .count("bytes", usize::try_from(tree.bytes).unwrap_or(usize::MAX))
            .count("staged_or_committed", tree.contents)
            .count("binary_files", tree.binary)
            .count("accepted", accepted)
            .count("secrets", secrets)
            .findings(findings);
        let binary = (tree.binary > 0)
            .then(|| format!("not looked at: {}, which are no text", counted(tree.binary, "file")));
        let beside = (!tree.below.is_empty()).then(|| {
            format!("only what lies below {} was looked at, not the rest of the repository", tree.below)
        });
        Ok(binary.into_iter().chain(beside).fold(outcome, Outcome::note))
    }
}

impl Secrets {
    fn step(&self, cx: &Context<'_>) -> Step {
        let base = cx.options.base.clone();
        let range = cx.options.range.clone();
        let scope = match cx.options.stage {
            Stage::PreCommit => Scope::Change { base, pushed: false, range },
            Stage::PrePush => Scope::Change { base, pushed: true, range },
            _ => Scope::Tree,
        };
        Step::Secrets { scope, most_bytes: self.max_bytes }
    }

    /// The findings, with what is accepted taken out.
    fn weigh(&self, tree: &Tree, today: Date) -> Vec<Finding> {
        let holds = |allow: &Allow| allow.expires.is_none_or(|expires| expires.0 >= today);
        let about = |allow: &Allow, path: &str, found: &Found| {
            let rule = allow.rule.as_deref().is_none_or(|rule| rule == found.rule.name());
            rule && allow.files.matches(path)
        };
        let accepted = |path: &str, found: &Found| {
            self.allow.iter().any(|allow| holds(allow) && about(allow, path, found))
        };
        let left = tree.found.iter().filter(|(path, found)| !accepted(path, found));
        let mut findings: Vec<Finding> = left.map(|(path, found)| finding(path, found)).collect();
        findings.extend(tree.large.iter().map(|(path, bytes)| {
            let message = format!(
                "{bytes} bytes are more than `max_bytes` = {} and were not looked at",
                self.max_bytes
            );
            Finding::warning("secrets/too-large", message)
                .at(Place::file(path))
                .help("raise `max_bytes`")
                .anchor("")
        }));
        for allow in &self.allow {
            let used = tree.found.iter().any(|(path, found)| about(allow, path, found));
            let files = Vec::from(allow.files.clone()).join(", ");
            if let (true, Some(expires)) = (used && !holds(allow), allow.expires) {
                let message =
                    format!("secrets in {files} were accepted until {} ({})", expires.0, allow.reason);
                let help = "take them out now, or accept them again with a new date";
                findings.push(Finding::error("secrets/allow-expired", message).help(help).anchor(files));
            } else if !used && tree.whole {
                let message = format!("secrets in {files} are accepted, and there are none");
                let help = "remove the entry from `allow`";
                findings.push(Finding::warning("secrets/allow-unused", message).help(help).anchor(files));
            }
        }
        findings
    }
}

fn finding(path: &str, found: &Found) -> Finding {
    let rule = format!("secrets/{}", found.rule.name());
    let finding = match found.rule {
        Secret::Token => Finding::error(rule, found.name.clone()),
        Secret::PrivateKey | Secret::TestKey => Finding::error(rule, "a private key"),
        Secret::Assignment => Finding::error(rule, format!("a {} that looks real", found.name)),
        Secret::Address => Finding::error(rule, "a password in an address"),
        Secret::Jwt => Finding::error(rule, "a signed JSON Web Token"),
    };
    let warns = matches!(found.rule, Secret::TestKey | Secret::Jwt);
    let severity = if warns { crate::finding::Severity::Warning } else { finding.severity };
    let help = match found.rule {
        _ if found.past => {
            "take it out of the index, or rewrite the commits before they are pushed (git rebase -i)"
        }
        Secret::TestKey => "make it when the test runs, or accept it under `allow` with a reason",
        _ => {
            "revoke it where it was issued if it was ever pushed; then read it from the environment or a vault"
        }
    };
    let excerpt = found.masked.clone();
    let masked = excerpt.as_ref().map(|(text, _)| text.clone()).unwrap_or_default();
    let excerpt = excerpt.map(|(text, mark)| Excerpt { text, first_line: found.line, mark });
    let place = Place { column: Some(found.column), ..Place::line(path, found.line) };
    let mut finding = Finding { severity, ..finding };
    if found.past {
        finding.message.push_str(", staged or in a commit of the change, and not in the file on disk");
    }
    finding.at(place).help(help).excerpt(excerpt).anchor(format!("{masked} {}", found.digest))
}

const MANUAL: &str = "\
## What it checks

Every text file that git tracks or would, hidden ones included; in the stages `pre-commit` and `pre-push` what no
remote has yet, as far as the remote-tracking branches tell: the files that changed, what is staged, and what the
commits of `HEAD` bring that no such branch holds, also where a later commit takes it out again. Where there is
no such branch, that is every file, and before a push the whole history. A base that is named (`--base`, the CI
server) stands in for the remote branches. What of the repository lies beside the workspace's folder is not
looked at, and the report says so. It finds

- tokens of known issuers by their published forms (GitHub, GitLab, npm, PyPI, the Rust registry, AWS, Google,
  Slack, Stripe, OpenAI, Anthropic, Vault, and more); where the form has a checksum, it must hold;
- private keys: PEM blocks that hold one (a warning among tests, examples and comments), age keys;
- passwords and keys under names that say so (`password = …`, `api_key: …`, `client_secret(…)`), where the value
  looks random: no place holders, identifiers, UUIDs, addresses;
- passwords in addresses (`postgres://user:…@host`), bearer tokens, webhook addresses, signed JSON Web Tokens.

Passwords, keys under such names, passwords in addresses and bearer tokens are not looked for in tests and their
data, `#[cfg(test)]` code and lock files.

No value is ever shown: the excerpt ends in stars, the fingerprint cannot be turned back. What is no text is
not looked at, and is counted. Everything runs in process; nothing is asked of any issuer.

## Why

What was pushed once is public: it stays in the history, in forks and in caches, whatever a later commit removes.

## How to fix

Revoke the secret where it was issued, then read it from the environment or a vault. Removing it from the file
alone mends nothing once it was pushed. What does no harm is accepted with a reason:

```toml
[[gates.secrets.allow]]
files = [\"demo/keys/*.pem\"]
rule = \"private-key\"
reason = \"made for the demo, trusted by nobody\"
```
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Observed;

    fn found(rule: Secret) -> Found {
        Found {
            rule,
            name: "key".into(),
            line: 3,
            column: 5,
            past: false,
            masked: None,
            digest: "abcd".into(),
        }
    }

    fn tree(found: &[(&str, Found)]) -> Tree {
        let found = found.iter().map(|(path, found)| ((*path).to_owned(), found.clone())).collect();
        Tree { found, files: 2, whole: true, ..Tree::default() }
    }

    fn allowing(files: &str, rule: Option<&str>, expires: Option<&str>) -> Secrets {
        let allow = Allow {
            files: Globs::try_from(vec![files.to_owned()]).unwrap(),
            rule: rule.map(str::to_owned),
            reason: Reason::try_from("made up".to_owned()).unwrap(),
            expires: expires.map(|day| Expiry::try_from(day.to_owned()).unwrap()),
        };
        Secrets { allow: vec![allow], ..Secrets::default() }
    }

    fn rules(secrets: &Secrets, tree: &Tree) -> Vec<String> {
        let findings = secrets.weigh(tree, jiff::civil::date(2026, 6, 1));
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn an_entry_accepts_its_rule_in_its_files_until_its_day() {
        let tree = tree(&[("demo/a.env", found(Secret::Token))]);
        assert_eq!(rules(&Secrets::default(), &tree), ["secrets/token"]);
        assert!(rules(&allowing("demo/**", None, None), &tree).is_empty());
        assert!(rules(&allowing("demo/**", Some("token"), Some("2026-06-01")), &tree).is_empty());
        let expired = ["secrets/token", "secrets/allow-expired"];
        assert_eq!(rules(&allowing("demo/**", None, Some("2026-05-31")), &tree), expired);
        let unused = ["secrets/token", "secrets/allow-unused"];
        assert_eq!(rules(&allowing("demo/**", Some("jwt"), None), &tree), unused);
        assert_eq!(rules(&allowing("x/**", None, None), &tree), unused);
    }

    #[test]
    fn an_entry_for_a_file_that_did_not_change_is_not_unused() {
        let change = Tree { whole: false, ..tree(&[]) };
        assert!(rules(&allowing("demo/**", None, None), &change).is_empty());
    }

    #[test]
    fn a_report_on_a_part_of_the_repository_says_so() {
        let (facts, options, selected) = Default::default();
        let cx = Context::new(&facts, &options, &selected);
        let secrets = Secrets::default();
        let judged = |below: &str| {
            let read = Ok(Tree { below: below.to_owned(), ..tree(&[]) });
            let seen = Observed::Secrets { read, at: jiff::Timestamp::UNIX_EPOCH };
            let mut evidence = Evidence::default();
            evidence.insert(secrets.step(&cx), std::sync::Arc::new(seen));
            secrets.judge(&cx, &evidence).unwrap().notes
        };
        assert_eq!(judged(""), Vec::<String>::new());
        assert!(judged("backend/")[0].contains("only what lies below backend/"));
    }

    #[test]
    fn keys_of_tests_and_web_tokens_warn() {
        let tree = tree(&[("tests/a.pem", found(Secret::TestKey)), ("a.txt", found(Secret::Jwt))]);
        let findings = Secrets::default().weigh(&tree, jiff::civil::date(2026, 6, 1));
        assert!(findings.iter().all(|finding| finding.severity == crate::finding::Severity::Warning));
    }
}
