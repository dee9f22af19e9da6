//! One thing that was looked at, and how it stands.

use serde::Serialize;

use crate::name::Label;

/// One thing that has to be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is looked at.
    pub name: String,
    /// How it stands.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a check ended, each with what a reader needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "why", rename_all = "kebab-case")]
pub enum Outcome {
    /// It is right.
    Passed(String),
    /// It is not.
    Refused(String),
    /// Nobody knows, which is never taken for right.
    CouldNot(String),
    /// It is looked at when the promotion is carried out.
    Later(String),
}

impl Check {
    /// A check with its end.
    pub fn new(name: impl Into<String>, outcome: Outcome) -> Self {
        Self { name: name.into(), outcome }
    }

    /// Whether nothing may be promoted with it.
    pub fn stops(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_) | Outcome::CouldNot(_))
    }

    /// Its line for people.
    pub fn line(&self) -> String {
        let (sign, why) = match &self.outcome {
            Outcome::Passed(why) => ("ok", why),
            Outcome::Refused(why) => ("REFUSED", why),
            Outcome::CouldNot(why) => ("COULD NOT", why),
            Outcome::Later(why) => ("later", why),
        };
        format!("{sign:>9}  {}: {why}", self.name)
    }
}

/// What a ledger entry says of the items of the checklist that a person has confirmed.
pub fn confirmed(done: &[Label]) -> String {
    let names: Vec<&str> = done.iter().map(Label::as_str).collect();
    if names.is_empty() { String::new() } else { format!("done: {}", names.join(", ")) }
}
