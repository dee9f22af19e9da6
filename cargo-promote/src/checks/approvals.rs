//! Whether enough people agree.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::check::{Check, Outcome};
use crate::attest::policy::{Evidence, age};
use crate::attest::{Predicate, PublicKey};
use crate::candidate::Candidate;
use crate::config::Environment;
use crate::name::Label;

/// Whether enough different keys have signed that this candidate may go to this environment; none where the
/// environment asks for nobody.
pub fn approvals(
    environment: &Environment,
    candidate: &Candidate,
    keys: &BTreeMap<Label, PublicKey>,
    evidence: &[Evidence],
    now: Timestamp,
) -> Option<Check> {
    let wanted = environment.approvals.as_ref()?;
    // by what the keys are, so that one key under two names counts once
    let mut agree: BTreeMap<Vec<u8>, &Label> = BTreeMap::new();
    let mut others = BTreeSet::new();
    for one in evidence {
        let Predicate::Approval(approval) = &one.statement.predicate else { continue };
        if approval.environment != environment.name || approval.candidate != candidate.digest() {
            continue;
        }
        if one.signers.by.is_empty() {
            others.insert("one is not signed by a key of promote.toml".to_owned());
        }
        for name in &one.signers.by {
            let Some(key) = keys.get(name) else { continue };
            if !wanted.by.contains(name) {
                others.insert(format!("the word of `{name}` does not count here"));
            } else if let Err(why) = age(approval.time, wanted.max_age, now) {
                others.insert(format!("that of `{name}` {why}"));
            } else {
                agree.insert(key.identity(), name);
            }
        }
    }
    let names: Vec<&str> = agree.values().map(|name| name.as_str()).collect();
    let have = names.len();
    let needed = wanted.needed as usize;
    let others: Vec<String> = others.into_iter().map(|other| format!("; {other}")).collect();
    let others = others.concat();
    let outcome = if have >= needed {
        Outcome::Passed(format!("{} of {needed}: {}", have, names.join(", ")))
    } else {
        let whose: Vec<&str> = wanted.by.iter().map(Label::as_str).collect();
        Outcome::Refused(format!(
            "{have} of {needed}{others}; `cargo promote approve {} {}` by {}",
            environment.name,
            candidate.digest().short(),
            whose.join(", ")
        ))
    };
    Some(Check::new("approvals", outcome))
}
