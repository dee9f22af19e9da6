//! Whose word counts for what.

use std::collections::BTreeMap;

use cargo_gate::config::Timeout;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attest::PublicKey;
use crate::name::Label;

/// A key that signatures are checked with, as `[keys.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The public key: a line as in OpenSSH's `.pub` files, or a PEM block `PUBLIC KEY` of an ed25519 key.
    pub public: String,
    /// Whose it is.
    pub role: Role,
}

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A person's.
    Developer,
    /// A build server's.
    Ci,
}

impl Role {
    /// Its name in the config.
    pub fn name(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::Ci => "ci",
        }
    }
}

/// What a candidate needs to be promoted at all, as `[policy]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// The gates that must have judged the candidate's tree, and passed or warned; all of the stage `release` where none is named.
    pub gates: Vec<String>,
    /// Whose signature the verdict needs: one of these roles. Without any key in the config, or where the list is
    /// empty, an unsigned one counts.
    pub verdict_by: Vec<Role>,
    /// Whose signature the provenance needs, in the same way.
    pub provenance_by: Vec<Role>,
    /// How old the verdict may be, by the time that is signed.
    pub max_age: Option<Timeout>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { gates: Vec::new(), verdict_by: vec![Role::Ci], provenance_by: vec![Role::Ci], max_age: None }
    }
}

/// What is well formed and makes no sense: the key of the file, and what is wrong.
pub(super) fn mistakes(keys: &BTreeMap<Label, Key>, policy: &Policy) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut known: BTreeMap<Vec<u8>, &Label> = BTreeMap::new();
    for (name, key) in keys {
        match PublicKey::read(&key.public) {
            Err(why) => found.push(("keys", format!("`keys.{name}.public`: {why}"))),
            Ok(key) => {
                if let Some(other) = known.insert(key.identity(), name) {
                    let message = format!("`{other}` and `{name}` are one key, which would count twice");
                    found.push(("keys", message));
                }
            }
        }
    }
    let asked = [("verdict_by", &policy.verdict_by), ("provenance_by", &policy.provenance_by)];
    for (name, roles) in asked {
        if !keys.is_empty() && !roles.is_empty() && !keys.values().any(|key| roles.contains(&key.role)) {
            let roles: Vec<&str> = roles.iter().map(|role| role.name()).collect();
            let message = format!(
                "`policy.{name}` asks for a key of {}, and there is none: add one, or name another role",
                roles.join(" or ")
            );
            found.push(("keys", message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

    fn problems(text: &str) -> String {
        let problems = parse(text).unwrap_err().problems;
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_key_that_cannot_be_read_is_told() {
        let told = problems("[keys.bot]\npublic = \"x\"\nrole = \"ci\"\n");
        assert!(told.contains("`keys.bot.public`: this is no public key"), "{told}");
    }

    #[test]
    fn one_key_under_two_names_is_told() {
        let key = |name: &str| format!("[keys.{name}]\npublic = \"{KEY}\"\nrole = \"ci\"\n");
        assert!(parse(&key("a")).is_ok());
        let told = problems(&(key("a") + &key("b")));
        assert!(told.contains("`a` and `b` are one key"), "{told}");
    }

    #[test]
    fn a_role_that_nobody_has_is_told() {
        let text = format!("[keys.alice]\npublic = \"{KEY}\"\nrole = \"developer\"\n");
        let told = problems(&text);
        assert!(told.contains("`policy.verdict_by` asks for a key of ci"), "{told}");
        let both = "[policy]\nverdict_by = [\"developer\"]\nprovenance_by = []\n";
        assert!(parse(&(text + both)).is_ok());
    }
}
