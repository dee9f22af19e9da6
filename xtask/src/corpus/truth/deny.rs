//! `cargo deny --format json check`.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::corpus::Error;
use crate::corpus::cargo::Programs;

/// A policy that nearly every package breaks, so that there is something to compare.
pub(in crate::corpus) const POLICY: &str = "[graph]\nall-features = true\n\
    [licenses]\nallow = [\"Apache-2.0\"]\nunused-allowed-license = \"allow\"\ninclude-dev = true\n\
    [bans]\nmultiple-versions = \"deny\"\nwildcards = \"deny\"\ndeny = [\"syn\", \"libc\", \"memchr\"]\n\
    [bans.build]\nexecutables = \"allow\"\nallow-build-scripts = []\n\
    [sources]\nunknown-registry = \"deny\"\nunknown-git = \"deny\"\n";

/// One package, or all versions of one, that a rule refuses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::corpus) struct Refusal {
    /// Our name of the rule.
    pub(in crate::corpus) rule: String,
    /// The package, with its version; without it where several versions are what is wrong.
    pub(in crate::corpus) package: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.package, self.rule)
    }
}

/// cargo-deny's codes and our rules.
const RULES: [(&str, &str); 6] = [
    ("rejected", "license"),
    ("unlicensed", "no-license"),
    ("banned", "banned"),
    ("duplicate", "duplicate"),
    ("wildcard", "wildcard"),
    ("build-script-not-allowed", "build-script"),
];

/// Asks cargo-deny about a workspace in which the policy lies.
pub(in crate::corpus) fn refusals(programs: &Programs, root: &Path) -> Result<BTreeSet<Refusal>, Error> {
    let args = ["deny", "--format", "json", "--workspace", "--offline", "--locked", "check"];
    let checks = ["licenses", "bans", "sources"];
    let ran = programs.run("cargo-deny", root, args.into_iter().chain(checks))?;
    read(&ran.stderr).map_err(|cause| ran.unreadable(cause))
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    fields: Value,
}

fn read(stderr: &str) -> Result<BTreeSet<Refusal>, String> {
    let mut refusals = BTreeSet::new();
    let mut finished = false;
    for line in stderr.lines() {
        let line: Line = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
        finished |= line.kind == "summary";
        if line.kind == "diagnostic" && line.fields.get("severity").is_some_and(|one| one == "error") {
            refusals.extend(refusal(&line.fields));
        }
    }
    if finished { Ok(refusals) } else { Err("there is no summary".to_owned()) }
}

fn refusal(fields: &Value) -> Option<Refusal> {
    let code = fields.get("code")?.as_str()?;
    let rule = RULES.iter().find(|(theirs, _)| *theirs == code).map_or(code, |(_, ours)| *ours);
    let package = fields.pointer("/graphs/0/Krate")?;
    let name = package.get("name")?.as_str()?;
    let version = package.get("version")?.as_str()?;
    let package = if rule == "duplicate" { name.to_owned() } else { format!("{name} {version}") };
    Some(Refusal { rule: rule.to_owned(), package })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_with_our_rules() {
        let line = |code: &str, weight: &str| {
            format!(
                "{{\"type\":\"diagnostic\",\"fields\":{{\"code\":\"{code}\",\"severity\":\"{weight}\",\"graphs\":[{{\"Krate\":\
                 {{\"name\":\"a\",\"version\":\"1.0.0\"}}}}]}}}}\n"
            )
        };
        let all = [line("rejected", "error"), line("duplicate", "error"), line("banned", "help")].concat();
        let end = "{\"type\":\"summary\",\"fields\":{}}\n";
        let found: Vec<String> =
            read(&format!("{all}{end}")).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["a (duplicate)", "a 1.0.0 (license)"]);
        assert!(read(&all).is_err() && read("error: no such command\n").is_err());
    }
}
