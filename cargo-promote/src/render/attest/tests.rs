use std::collections::BTreeMap;

use cargo_gate::gate::Stage;
use cargo_gate::verdict::Status;
use jiff::Timestamp;

use super::*;
use crate::attest::{Approval, Build, Gate, Provenance, Signers, Statement, Verdict};
use crate::checks::Outcome;
use crate::ops::testing::candidate;

const CONFIG: &str = "[keys.build-server]\nrole = \"ci\"\npublic = '''\n-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n'''\n";

fn statements(candidate: &Candidate) -> [(Statement, Signers); 3] {
    let time = Timestamp::UNIX_EPOCH;
    let verdict = Verdict {
        stage: Stage::Release,
        status: Status::Passed,
        tree: "2".repeat(40),
        commit: "1".repeat(40),
        config_digest: String::new(),
        time,
        whole_stage: true,
        gates: vec![Gate { id: "test".to_owned(), status: Status::Passed, judged: true }],
        tools: BTreeMap::new(),
    };
    let build = Build { targets: vec!["here".to_owned()], started: time, finished: time, builder: None };
    let approval = Approval {
        environment: "production".parse().unwrap(),
        candidate: candidate.digest(),
        comment: "looked at the canary for an hour, all of its figures are as those of the one before"
            .to_owned(),
        time,
    };
    let signed = Signers { by: ["build-server".parse().unwrap()].into(), ..Signers::default() };
    let unknown = Signers { unknown: vec![format!("SHA256:{}", "a".repeat(43))], ..Signers::default() };
    [
        (Predicate::Verdict(verdict), signed),
        (Predicate::Provenance(Provenance::of(candidate, &build)), Signers::default()),
        (Predicate::Approval(approval), unknown),
    ]
    .map(|(predicate, signers)| (Statement::about(candidate, predicate), signers))
}

fn told(render: fn(&Shown<'_>) -> String, all: bool) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (candidate, _) = candidate(folder.path(), "1.0.0", &[("tool", b"one")]);
    let config = crate::config::parse(CONFIG).unwrap();
    let evidence: Vec<Evidence> = statements(&candidate)
        .into_iter()
        .zip(["0123456789ab", "123456789abc", "23456789abcd"])
        .map(|((statement, signers), digest)| Evidence { digest: digest.to_owned(), statement, signers })
        .filter(|_| all)
        .collect();
    let why = "the signature of `build-server` is wrong: it is not one over this statement by that key";
    let damaged = [Check::new("attestation 3456789abcde", Outcome::Refused(why.to_owned()))];
    let damaged = if all { damaged.as_slice() } else { &[] };
    render(&Shown { candidate: &candidate, config: &config, evidence: &evidence, damaged })
}

#[test]
fn what_is_stated_for_people() {
    let text = [true, false].map(|all| told(human, all)).join("----\n");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn what_is_stated_for_machines() {
    // which program built is in it, with its own version
    let text = told(json, true).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(text);
}
