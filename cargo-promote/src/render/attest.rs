//! Keys and signed statements as text.

use serde_json::{Value, json};

use super::status::minute;
use super::{check_line, hanging};
use crate::attest::policy::Evidence;
use crate::attest::{Predicate, PublicKey};
use crate::candidate::Candidate;
use crate::checks::Check;
use crate::config::Config;

/// The signed statements beside a candidate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// The candidate.
    pub(crate) candidate: &'a Candidate,
    /// The config, for the keys' roles.
    pub(crate) config: &'a Config,
    /// What is sound.
    pub(crate) evidence: &'a [Evidence],
    /// What is not.
    pub(crate) damaged: &'a [Check],
}

/// The table of promote.toml for a key, with what signatures call it.
pub(crate) fn key(key: &PublicKey, written: &str, role: &str) -> String {
    let public = match key {
        PublicKey::Plain(_) => format!("'''\n{}\n'''", written.trim_end()),
        PublicKey::Ssh(_) => format!("\"{}\"", written.trim_end()),
    };
    format!(
        "# {}; signatures call it {}\n[keys.NAME]\nrole = \"{role}\"\npublic = {public}\n",
        key.kind(),
        key.id()
    )
}

/// For people: what is stated, and below it by whom.
pub(crate) fn human(shown: &Shown<'_>) -> String {
    let line = |one: &Evidence| {
        let kind = one.statement.predicate.name().escape_debug().to_string();
        let begin = format!("  {}  {kind:<10}  ", one.digest);
        let text = format!("{}\n{}", says(&one.statement.predicate), whose(shown.config, one));
        hanging(&begin, &text) + "\n"
    };
    let head = std::iter::once(format!("{}\n", shown.candidate.shown()));
    let sound = shown.evidence.iter().map(line);
    let damaged = shown.damaged.iter().map(|check| check_line(check) + "\n");
    let nothing = shown.evidence.is_empty() && shown.damaged.is_empty();
    let nothing = nothing.then(|| "  nothing is stated about it\n".to_owned());
    head.chain(sound).chain(damaged).chain(nothing).collect()
}

fn says(predicate: &Predicate) -> String {
    match predicate {
        Predicate::Verdict(verdict) => {
            let (stage, status) = (verdict.stage, verdict.status.name());
            format!("{}, {stage}: {status}, {} gates", minute(verdict.time), verdict.gates.len())
        }
        Predicate::Provenance(provenance) => {
            let run = &provenance.run_details;
            format!("{}, by {}", minute(run.metadata.finished_on), run.builder.id.escape_debug())
        }
        Predicate::Approval(approval) => {
            let comment = approval.comment.escape_debug();
            let comment = if approval.comment.is_empty() { String::new() } else { format!(": {comment}") };
            format!("{}, for {}{comment}", minute(approval.time), approval.environment)
        }
        Predicate::Other(_) => "nothing here rests on it".to_owned(),
    }
}

fn whose(config: &Config, one: &Evidence) -> String {
    let role = |name| config.keys.get(name).map_or("", |key| key.role.name());
    let known = one.signers.by.iter().map(|name| format!("{name} ({})", role(name)));
    let unknown = one.signers.unknown.iter().map(|id| format!("unknown key {}", id.escape_debug()));
    let all: Vec<String> = known.chain(unknown).collect();
    if all.is_empty() { "not signed".to_owned() } else { format!("signed by {}", all.join(", ")) }
}

/// For programs.
pub(crate) fn json(shown: &Shown<'_>) -> String {
    let statement = |one: &Evidence| {
        let by: Vec<Value> = one
            .signers
            .by
            .iter()
            .map(|name| json!({ "key": name, "role": shown.config.keys.get(name).map(|key| key.role) }))
            .collect();
        json!({
            "digest": one.digest,
            "kind": one.statement.predicate.name(),
            "subjects": one.statement.subjects.len(),
            "predicate": predicate(&one.statement.predicate),
            "signed_by": by,
            "unknown_keys": one.signers.unknown,
        })
    };
    let value = json!({
        "candidate": shown.candidate.digest(),
        "attestations": shown.evidence.iter().map(statement).collect::<Vec<_>>(),
        "damaged": shown.damaged,
    });
    super::document(value)
}

fn predicate(predicate: &Predicate) -> Value {
    let value = match predicate {
        Predicate::Verdict(verdict) => serde_json::to_value(verdict),
        Predicate::Provenance(provenance) => serde_json::to_value(provenance),
        Predicate::Approval(approval) => serde_json::to_value(approval),
        Predicate::Other(_) => Ok(Value::Null),
    };
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests;
