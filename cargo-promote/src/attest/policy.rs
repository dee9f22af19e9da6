//! What the signed statements beside a candidate are worth, by what `promote.toml` asks for.

use std::collections::BTreeMap;

use cargo_gate::config::Timeout;
use cargo_gate::gate::Stage;
use cargo_gate::verdict::Status;
use jiff::Timestamp;

use super::dsse::{Envelope, Signers};
use super::keys::PublicKey;
use super::statement::{Predicate, Statement};
use super::verdict::{Gate, Verdict};
use crate::candidate::Candidate;
use crate::checks::{Check, Outcome};
use crate::config::{Config, Policy, Role};
use crate::digest::Digest;
use crate::name::Label;

/// How far clocks may differ: what is signed may be from that far in the future, in seconds.
const CLOCKS: i64 = 300;

/// A statement about the candidate, with whoever signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The digest of its envelope, shortened.
    pub digest: String,
    /// What it says.
    pub statement: Statement,
    /// Who signed it.
    pub signers: Signers,
}

/// The keys of the config. Those that cannot be read are problems of the config and not among them.
pub fn keys(config: &Config) -> BTreeMap<Label, PublicKey> {
    let keys = config.keys.iter();
    keys.filter_map(|(name, key)| Some((name.clone(), PublicKey::read(&key.public).ok()?))).collect()
}

/// Reads the envelopes beside a candidate. What is damaged, or has a wrong signature of a known key, is told: somebody
/// has changed it.
pub fn read(
    candidate: &Candidate,
    envelopes: &[Vec<u8>],
    keys: &BTreeMap<Label, PublicKey>,
) -> (Vec<Evidence>, Vec<Check>) {
    let mut evidence = Vec::new();
    let mut damaged = Vec::new();
    for bytes in envelopes {
        let digest = Digest::of(bytes).short();
        match read_one(candidate, bytes, keys) {
            Ok((statement, signers)) => evidence.push(Evidence { digest, statement, signers }),
            Err(why) => damaged.push(Check::new(format!("attestation {digest}"), Outcome::Refused(why))),
        }
    }
    (evidence, damaged)
}

fn read_one(
    candidate: &Candidate,
    bytes: &[u8],
    keys: &BTreeMap<Label, PublicKey>,
) -> Result<(Statement, Signers), String> {
    let envelope = Envelope::read(bytes).map_err(|bad| bad.why)?;
    let signers = envelope.signers(keys);
    if let Some((name, why)) = signers.wrong.first() {
        return Err(format!("the signature of `{name}` is wrong: {why}"));
    }
    let statement = Statement::read(&envelope.payload).map_err(|bad| bad.0)?;
    let of_ours = !matches!(statement.predicate, Predicate::Other(_));
    if of_ours && !statement.is_about(candidate) {
        return Err("it is about other artifacts than the candidate's".to_owned());
    }
    Ok((statement, signers))
}

/// What the policy says of a candidate with these envelopes beside it.
pub fn judge(config: &Config, candidate: &Candidate, envelopes: &[Vec<u8>], now: Timestamp) -> Vec<Check> {
    let keys = keys(config);
    let (evidence, mut checks) = read(candidate, envelopes, &keys);
    if checks.is_empty() {
        let all = Outcome::Passed(counted(&evidence, keys.is_empty()));
        checks.push(Check::new("attestations", all));
    }
    checks.push(Check::new("verdict", verdict(config, candidate, &evidence, now)));
    checks.push(Check::new("provenance", provenance(config, candidate, &evidence)));
    checks
}

fn counted(evidence: &[Evidence], unsigned: bool) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for one in evidence {
        *kinds.entry(one.statement.predicate.name()).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let strangers: usize = evidence.iter().map(|one| one.signers.unknown.len()).sum();
    let all = if kinds.is_empty() { "there are none".to_owned() } else { kinds.join(", ") };
    match (unsigned, strangers) {
        (true, _) => {
            format!("{all}; no key is in promote.toml, so nothing is signed and no signature is checked")
        }
        (false, 0) => all,
        (false, strangers) => {
            format!("{all}; {strangers} signatures are of keys that promote.toml does not know")
        }
    }
}

fn verdict(config: &Config, candidate: &Candidate, evidence: &[Evidence], now: Timestamp) -> Outcome {
    let wanted = &config.policy.verdict_by;
    let of = |one: &Evidence| match &one.statement.predicate {
        Predicate::Verdict(verdict) => Some(verdict.clone()),
        _ => None,
    };
    let (accepted, others) = by_role(config, wanted, evidence, &of);
    // the newest word counts: what passed and fails since has failed; of two at one time the worse
    let Some((verdict, whose)) =
        accepted.into_iter().max_by_key(|(verdict, _)| (verdict.time, verdict.status, verdict.whole_stage))
    else {
        return Outcome::Refused(missing("verdict", &others, wanted, candidate));
    };
    if let Err(why) = age(verdict.time, config.policy.max_age, now) {
        return Outcome::Refused(format!("it {why}; run the stage `release` on the commit again"));
    }
    if let Some(why) = worth(&config.policy, candidate, &verdict) {
        return Outcome::Refused(why);
    }
    let gates = verdict.gates.iter();
    let unjudged: Vec<&str> = gates.filter(|gate| !gate.judged).map(|gate| gate.id.as_str()).collect();
    let unjudged =
        if unjudged.is_empty() { String::new() } else { format!(", not judged: {}", unjudged.join(", ")) };
    let (status, count, time) = (verdict.status.name(), verdict.gates.len(), second(verdict.time));
    Outcome::Passed(format!("{status}, {count} gates{unjudged}, {whose}, {time}"))
}

/// What is wrong with a verdict, if anything is.
fn worth(policy: &Policy, candidate: &Candidate, verdict: &Verdict) -> Option<String> {
    let tree = &candidate.manifest().tree;
    if verdict.tree != *tree {
        return Some(format!("it is about the tree {}, the candidate is of {tree}", verdict.tree));
    }
    if verdict.stage != Stage::Release {
        return Some(format!("it is of the stage {}, not of release", verdict.stage));
    }
    let stands = |gate: &Gate| match gate.status {
        Status::Passed | Status::Warned if gate.judged => None,
        Status::Passed | Status::Warned => Some(format!("the gate {} did not judge", gate.id)),
        status => Some(format!("the gate {} ended as {}", gate.id, status.name())),
    };
    if policy.gates.is_empty() {
        if !verdict.whole_stage || verdict.gates.is_empty() {
            return Some("it is not of all gates of the stage release".to_owned());
        }
        if !matches!(verdict.status, Status::Passed | Status::Warned) {
            return Some(format!("it is {}", verdict.status.name()));
        }
        // what the workspace's own config accepts that nobody judged is told and counts
        return verdict
            .gates
            .iter()
            .filter(|gate| gate.judged || gate.status != Status::Warned)
            .find_map(stands);
    }
    policy.gates.iter().find_map(|wanted| match verdict.gates.iter().find(|gate| gate.id == *wanted) {
        Some(gate) => stands(gate),
        None => Some(format!("the gate {wanted} is not in it, and the policy asks for it")),
    })
}

fn provenance(config: &Config, candidate: &Candidate, evidence: &[Evidence]) -> Outcome {
    let wanted = &config.policy.provenance_by;
    let of = |one: &Evidence| match &one.statement.predicate {
        Predicate::Provenance(provenance) => Some(provenance.clone()),
        _ => None,
    };
    let (accepted, others) = by_role(config, wanted, evidence, &of);
    let mut wrong = None;
    for (provenance, whose) in accepted {
        match provenance.differs(candidate) {
            None => {
                let builder = provenance.run_details.builder.id;
                return Outcome::Passed(format!("built by {builder}, {whose}"));
            }
            Some(why) => wrong = Some(why),
        }
    }
    Outcome::Refused(wrong.unwrap_or_else(|| missing("provenance", &others, wanted, candidate)))
}

/// The statements of a kind that have the word of the roles that are asked for, each with whose word it is; and why
/// others have not.
fn by_role<T>(
    config: &Config,
    roles: &[Role],
    evidence: &[Evidence],
    of: &dyn Fn(&Evidence) -> Option<T>,
) -> (Vec<(T, String)>, Vec<String>) {
    let mut accepted = Vec::new();
    let mut others = Vec::new();
    for one in evidence {
        let Some(what) = of(one) else { continue };
        let role = |name: &Label| config.keys.get(name).map(|key| key.role);
        let by = one.signers.by.iter();
        let named: Vec<String> =
            by.filter_map(|name| Some(format!("`{name}` ({})", role(name)?.name()))).collect();
        let whose = if named.is_empty() {
            "not signed".to_owned()
        } else {
            format!("signed by {}", named.join(", "))
        };
        let enough = config.keys.is_empty() || roles.is_empty();
        if enough || one.signers.by.iter().filter_map(role).any(|role| roles.contains(&role)) {
            accepted.push((what, whose));
        } else if let (true, Some(stranger)) = (named.is_empty(), one.signers.unknown.first()) {
            others.push(format!("signed by `{stranger}`, a key that promote.toml does not know"));
        } else {
            others.push(whose);
        }
    }
    (accepted, others)
}

fn missing(what: &str, others: &[String], wanted: &[Role], candidate: &Candidate) -> String {
    let short = candidate.digest().short();
    if others.is_empty() {
        return format!("the candidate has no {what}; `cargo promote stage` of its commit makes one");
    }
    let roles: Vec<&str> = wanted.iter().map(|role| role.name()).collect();
    format!(
        "it is {}, and promote.toml asks for a key of {}; sign it with `cargo promote attest sign {short}` and such a key",
        others.join("; "),
        roles.join(" or ")
    )
}

/// Whether something of that time counts.
///
/// # Errors
/// Why it does not.
pub fn age(time: Timestamp, most: Option<Timeout>, now: Timestamp) -> Result<(), String> {
    let seconds = now.duration_since(time).as_secs();
    if seconds < -CLOCKS {
        return Err(format!("is from the future ({}); look at the clocks", second(time)));
    }
    match most {
        Some(most) if seconds > i64::try_from(most.0.as_secs()).unwrap_or(i64::MAX) => {
            Err(format!("is of {}, older than {}", second(time), String::from(most)))
        }
        _ => Ok(()),
    }
}

/// The time without what is less than a second, which nobody reads.
fn second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
