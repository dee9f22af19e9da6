//! Envelopes, statements and what the policy makes of them.

use std::collections::BTreeMap;

use cargo_gate::gate::Stage;
use cargo_gate::verdict::Status;
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use proptest::prelude::*;
use ssh_key::LineEnding;

use super::policy::judge;
use super::*;
use crate::candidate::{Artifact, Candidate, Kind, Manifest, Toolchain};
use crate::checks::{Check, Outcome, approvals};
use crate::config::{Config, parse};
use crate::digest::Digest;

const NOW: &str = "2026-11-21T12:00:00Z";

fn candidate() -> Candidate {
    let toolchain =
        Toolchain { rustc: "rustc 1.95.0".into(), cargo: "cargo 1.95.0".into(), host: "x86_64-linux".into() };
    let artifact = Artifact {
        name: "tool".parse().unwrap(),
        kind: Kind::Binary,
        target: None,
        digest: Digest::of(b"tool"),
        size: 4,
    };
    Candidate::new(&Manifest {
        schema_version: Manifest::schema_version(),
        name: "tool".into(),
        version: semver::Version::new(1, 2, 3),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        toolchain,
        artifacts: vec![artifact],
    })
    .unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn pem(key: &SigningKey) -> String {
    key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap()
}

fn signed(statement: &Statement, key: &SigningKey) -> Envelope {
    let payload = statement.bytes().unwrap();
    let bytes = key.sign(&dsse::pae(&payload)).to_bytes().to_vec();
    let keyid = PublicKey::Plain(key.verifying_key()).id();
    Envelope { payload, signatures: vec![Signature { keyid, bytes }] }
}

fn unsigned(statement: &Statement) -> Envelope {
    Envelope { payload: statement.bytes().unwrap(), signatures: Vec::new() }
}

fn verdict() -> Verdict {
    let gate = |id: &str, status| Gate { id: id.into(), status, judged: true };
    Verdict {
        stage: Stage::Release,
        status: Status::Warned,
        tree: "2".repeat(40),
        commit: "1".repeat(40),
        config_digest: "sha256:0".into(),
        time: time("2026-11-21T11:00:00Z"),
        whole_stage: true,
        gates: vec![gate("audit", Status::Passed), gate("todo", Status::Warned)],
        tools: BTreeMap::from([("rustc".to_owned(), "rustc 1.95.0".to_owned())]),
    }
}

fn of_verdict(change: impl FnOnce(&mut Verdict)) -> Statement {
    let mut verdict = verdict();
    change(&mut verdict);
    Statement::about(&candidate(), Predicate::Verdict(verdict))
}

fn of_build() -> Statement {
    let (started, finished) = (time("2026-11-21T11:10:00Z"), time("2026-11-21T11:20:00Z"));
    let build = Build { targets: vec!["x86_64-linux".into()], started, finished, builder: None };
    Statement::about(&candidate(), Predicate::Provenance(Provenance::of(&candidate(), &build)))
}

fn of_approval(environment: &str, at: &str) -> Statement {
    let approval = Approval {
        environment: environment.parse().unwrap(),
        candidate: candidate().digest(),
        comment: "looked at it\nwith care".into(),
        time: time(at),
    };
    Statement::about(&candidate(), Predicate::Approval(approval))
}

/// The keys 1 of CI, 2 and 3 of developers, and more lines.
fn config(more: &str) -> Config {
    let key = |name: &str, seed, role: &str| {
        let pem = pem(&key(seed));
        format!("[keys.{name}]\nrole = \"{role}\"\npublic = '''\n{pem}'''\n")
    };
    let keys = key("bot", 1, "ci") + &key("ann", 2, "developer") + &key("ben", 3, "developer");
    parse(&(keys + more)).unwrap()
}

fn outcome(checks: &[Check], name: &str) -> Outcome {
    checks.iter().find(|check| check.name.starts_with(name)).unwrap().outcome.clone()
}

fn why(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

fn judged(config: &Config, envelopes: &[Envelope]) -> Vec<Check> {
    let envelopes: Vec<_> = envelopes.iter().map(Envelope::bytes).collect();
    judge(config, &candidate(), &envelopes, time(NOW))
}

fn verdict_of(config: &Config, envelopes: &[Envelope]) -> Outcome {
    outcome(&judged(config, envelopes), "verdict")
}

#[test]
fn what_is_signed_is_encoded_as_the_specification_has_it() {
    assert_eq!(dsse::pae(b"hello"), b"DSSEv1 28 application/vnd.in-toto+json 5 hello");
    assert_eq!(dsse::pae(b""), b"DSSEv1 28 application/vnd.in-toto+json 0 ");
}

#[test]
fn an_envelope_reads_back() {
    for envelope in [signed(&of_build(), &key(1)), unsigned(&of_verdict(|_| {}))] {
        assert_eq!(Envelope::read(&envelope.bytes()).unwrap(), envelope);
    }
}

#[test]
fn an_envelope_has_known_fields_each_once_and_base64_in_one_form_only() {
    let text = String::from_utf8(signed(&of_build(), &key(1)).bytes()).unwrap();
    let why = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        Envelope::read(changed.as_bytes()).unwrap_err().why
    };
    assert!(why("{\"payload\"", "{\"more\":1,\"payload\"").contains("unknown field"));
    assert!(why("{\"payload\"", "{\"payload\":\"\",\"payload\"").contains("duplicate field"));
    assert!(why("vnd.in-toto+json", "vnd.other+json").contains("not a statement"));
    assert!(why("==\"", "=\"").contains("no base64"));
    // the last digit before the padding has four bits that mean nothing: they must be zero
    let digit = ["A==\"", "Q==\"", "g==\"", "w==\""].into_iter().find(|digit| text.contains(digit)).unwrap();
    let next = digit.replace('A', "B").replace('Q', "R").replace('g', "h").replace('w', "x");
    assert!(why(digit, &next).contains("no base64"));
    let (_, one) = text.split_once("[{").unwrap();
    let one = one.trim_end_matches("}]}");
    assert!(why(one, &format!("{one}}},{{{one}")).contains("two signatures of one key"));
    let large = vec![b' '; dsse::MOST_ENVELOPE + 1];
    assert!(Envelope::read(&large).unwrap_err().why.contains("larger than"));
}

#[test]
fn statements_of_each_kind_read_back() {
    for statement in [of_verdict(|_| {}), of_build(), of_approval("production", NOW)] {
        assert_eq!(Statement::read(&statement.bytes().unwrap()).unwrap(), statement);
        assert!(statement.is_about(&candidate()));
    }
}

#[test]
fn a_statement_of_another_type_counts_for_nothing_and_one_of_another_form_is_none() {
    let text = String::from_utf8(of_verdict(|_| {}).bytes().unwrap()).unwrap();
    let other = text.replace("cargo-promote.dev/verdict/v1", "example.org/other/v1");
    let read = Statement::read(other.as_bytes()).unwrap();
    assert_eq!(read.predicate, Predicate::Other("https://example.org/other/v1".into()));
    for (from, to) in [
        ("in-toto.io/Statement/v1", "in-toto.io/Statement/v0.1"),
        ("\"stage\"", "\"more\":1,\"stage\""),
        ("\"id\":\"todo\"", "\"id\":\"audit\""),
        ("\"status\":\"warned\",\"tree\"", "\"status\":\"passed\",\"tree\""),
        ("\"sha256\"", "\"sha512\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(Statement::read(text.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
    }
}

#[test]
fn provenance_has_the_fields_that_slsa_names() {
    let value: serde_json::Value = serde_json::from_slice(&of_build().bytes().unwrap()).unwrap();
    assert_eq!(value["predicateType"], "https://slsa.dev/provenance/v1");
    let predicate = &value["predicate"];
    assert_eq!(predicate["buildDefinition"]["externalParameters"]["commit"], "1".repeat(40));
    let sources = &predicate["buildDefinition"]["resolvedDependencies"];
    assert_eq!(sources[0]["digest"]["gitCommit"], "1".repeat(40));
    assert_eq!(sources[1]["digest"]["gitTree"], "2".repeat(40));
    assert_eq!(predicate["runDetails"]["builder"]["id"], build::LOCAL_BUILDER);
    assert_eq!(predicate["runDetails"]["metadata"]["startedOn"], "2026-11-21T11:10:00Z");
    assert_eq!(value["subject"][0]["name"], "promote/manifest.json");
    assert_eq!(value["subject"][1]["digest"]["sha256"], Digest::of(b"tool").hex());
}

#[test]
fn without_keys_unsigned_statements_count_and_the_check_says_so() {
    let checks = judged(&Config::default(), &[unsigned(&of_verdict(|_| {})), unsigned(&of_build())]);
    assert!(!checks.iter().any(Check::stops), "{checks:#?}");
    assert!(checks[0].line().contains("nothing is signed and no signature is checked"), "{checks:#?}");
    let none = judged(&Config::default(), &[]);
    assert!(why(outcome(&none, "verdict")).contains("has no verdict"));
}

#[test]
fn with_any_key_signatures_by_the_roles_of_the_policy_are_needed() {
    let all = [signed(&of_verdict(|_| {}), &key(1)), signed(&of_build(), &key(1))];
    assert!(!judged(&config(""), &all).iter().any(Check::stops));

    let told = why(verdict_of(&config(""), &[unsigned(&of_verdict(|_| {}))]));
    assert!(told.contains("not signed") && told.contains("a key of ci"), "{told}");
    let told = why(verdict_of(&config(""), &[signed(&of_verdict(|_| {}), &key(2))]));
    assert!(told.contains("signed by `ann` (developer)") && told.contains("a key of ci"), "{told}");
    let told = why(verdict_of(&config(""), &[signed(&of_verdict(|_| {}), &key(9))]));
    assert!(told.contains("does not know"), "{told}");

    let either = config("[policy]\nverdict_by = [\"ci\", \"developer\"]\n");
    assert!(matches!(verdict_of(&either, &[signed(&of_verdict(|_| {}), &key(2))]), Outcome::Passed(_)));
    let checks = judged(&either, &[signed(&of_build(), &key(2))]);
    assert!(why(outcome(&checks, "provenance")).contains("signed by `ann` (developer)"));
}

#[test]
fn a_verdict_has_to_be_of_this_tree_of_the_stage_release_and_new_enough() {
    let told =
        |change: fn(&mut Verdict)| why(verdict_of(&config(""), &[signed(&of_verdict(change), &key(1))]));
    assert!(told(|it| it.tree = "3".repeat(40)).contains("about the tree 333"));
    assert!(told(|it| it.stage = Stage::Ci).contains("of the stage ci"));
    assert!(told(|it| it.whole_stage = false).contains("not of all gates"));
    assert!(told(|it| it.gates.clear()).contains("not of all gates"));
    assert!(told(|it| it.gates[0].status = Status::Skipped).contains("audit ended as skipped"));
    assert!(
        told(|it| it.gates[0].judged = false).contains("audit did not judge"),
        "passed, and did not judge"
    );
    let waived = verdict_of(&config(""), &[signed(&of_verdict(|it| it.gates[1].judged = false), &key(1))]);
    assert!(matches!(waived, Outcome::Passed(why) if why.contains("not judged: todo")));
    assert!(told(|it| it.time = time("2026-11-21T12:06:00Z")).contains("from the future"));
    for status in [Status::Failed, Status::Broken, Status::Skipped] {
        let told = verdict_of(&config(""), &[signed(&of_verdict(|it| it.status = status), &key(1))]);
        // `skipped` is less than what its gates say, and so no verdict at all
        assert!(matches!(told, Outcome::Refused(_)), "{status:?}");
    }
    let aged = |limit: &str| {
        let config = config(&format!("[policy]\nmax_age = \"{limit}\"\n"));
        verdict_of(&config, &[signed(&of_verdict(|_| {}), &key(1))])
    };
    assert!(why(aged("59m")).contains("older than 59m"));
    assert!(matches!(aged("1h"), Outcome::Passed(_)));
}

#[test]
fn gates_that_the_policy_names_must_be_in_the_verdict() {
    let config = config("[policy]\ngates = [\"audit\", \"todo\"]\n");
    let told = |change: fn(&mut Verdict)| verdict_of(&config, &[signed(&of_verdict(change), &key(1))]);
    assert!(matches!(told(|_| {}), Outcome::Passed(_)));
    assert!(matches!(told(|it| it.whole_stage = false), Outcome::Passed(_)));
    assert!(why(told(|it| it.gates[1].judged = false)).contains("todo did not judge"));
    assert!(why(told(|it| drop(it.gates.remove(0)))).contains("the gate audit is not in it"));
    for status in [Status::Failed, Status::Broken, Status::Skipped] {
        let mut bad = verdict();
        bad.gates[1].status = status;
        bad.status = Status::Broken;
        let statement = Statement::about(&candidate(), Predicate::Verdict(bad));
        let told = why(verdict_of(&config, &[signed(&statement, &key(1))]));
        assert!(told.contains(&format!("todo ended as {}", status.name())), "{told}");
    }
}

#[test]
fn the_newest_verdict_counts_and_of_two_at_one_time_the_worse() {
    let fails = |at: &str| {
        let at = time(at);
        of_verdict(|it| {
            it.gates[0].status = Status::Failed;
            it.status = Status::Failed;
            it.time = at;
        })
    };
    let passes = signed(&of_verdict(|_| {}), &key(1));
    for (at, stops) in
        [("2026-11-21T10:00:00Z", false), ("2026-11-21T11:00:00Z", true), ("2026-11-21T11:30:00Z", true)]
    {
        let all = [signed(&fails(at), &key(1)), passes.clone()];
        assert_eq!(matches!(verdict_of(&config(""), &all), Outcome::Refused(_)), stops, "{at}");
        // who may not say that it passes may not say that it fails either
        let all = [signed(&fails(at), &key(2)), passes.clone()];
        assert!(matches!(verdict_of(&config(""), &all), Outcome::Passed(_)), "{at}");
    }
}

#[test]
fn statements_about_something_else_are_told() {
    let mut other = candidate().manifest().clone();
    other.version = semver::Version::new(1, 2, 4);
    let other = Candidate::new(&other).unwrap();
    let statement = Statement::about(&other, Predicate::Verdict(verdict()));
    let checks = judged(&config(""), &[signed(&statement, &key(1))]);
    assert!(why(outcome(&checks, "attestation ")).contains("about other artifacts"));
    let mut fewer = of_verdict(|_| {});
    fewer.subjects.pop();
    let checks = judged(&config(""), &[signed(&fewer, &key(1))]);
    assert!(why(outcome(&checks, "attestation ")).contains("about other artifacts"));
}

#[test]
fn provenance_of_another_commit_is_refused() {
    let Predicate::Provenance(mut provenance) = of_build().predicate else { panic!() };
    provenance.build_definition.external_parameters.commit = "3".repeat(40);
    let statement = Statement::about(&candidate(), Predicate::Provenance(provenance));
    let checks = judged(&config(""), &[signed(&statement, &key(1))]);
    assert!(why(outcome(&checks, "provenance")).contains("another commit"));
}

fn approved(envelopes: &[Envelope]) -> Outcome {
    let config = config(
        "[[environments]]\nname = \"production\"\napprovals = { needed = 2, by = [\"ann\", \"ben\"], max_age = \"1h\" }\n",
    );
    let envelopes: Vec<_> = envelopes.iter().map(Envelope::bytes).collect();
    let keys = policy::keys(&config);
    let (evidence, damaged) = policy::read(&candidate(), &envelopes, &keys);
    assert_eq!(damaged, []);
    approvals(&config.environments[0], &candidate(), &keys, &evidence, time(NOW)).unwrap().outcome
}

#[test]
fn approvals_are_of_different_keys_for_this_environment_and_new_enough() {
    let of = |environment: &str, at: &str, seed| signed(&of_approval(environment, at), &key(seed));
    let ann = of("production", NOW, 2);
    let ben = of("production", NOW, 3);
    assert_eq!(approved(&[ann.clone(), ben]), Outcome::Passed("2 of 2: ann, ben".into()));
    let short = |more: Envelope| why(approved(&[ann.clone(), more]));
    assert!(
        short(of("production", "2026-11-21T11:59:00Z", 2)).starts_with("1 of 2;"),
        "one key twice is one"
    );
    assert!(short(of("production", NOW, 1)).contains("the word of `bot` does not count here"));
    assert!(short(of("staging", NOW, 3)).starts_with("1 of 2;"));
    assert!(short(of("production", "2026-11-21T10:59:00Z", 3)).contains("that of `ben` is of"));
    assert!(short(unsigned(&of_approval("production", NOW))).contains("one is not signed"));
    assert!(short(of("production", NOW, 9)).contains("one is not signed by a key of promote.toml"));
}

#[test]
fn an_ssh_signature_is_checked_for_its_namespace_and_its_only_text() {
    // made by OpenSSH 9.2: `ssh-keygen -Y sign -n NAMESPACE -f KEY` of the five bytes `hello`
    let key = PublicKey::read(include_str!("testdata/key.pub")).unwrap();
    let good = include_str!("testdata/good.sig");
    assert_eq!(key.verify(b"hello", good.as_bytes()), Ok(()));
    assert_eq!(ssh::taken(good.as_bytes(), b"hello").unwrap(), (key.id(), good.as_bytes().to_vec()));
    assert_eq!(key.verify(b"hallo", good.as_bytes()), Err("it is not of these bytes".into()));
    let other = include_str!("testdata/other-namespace.sig");
    assert!(key.verify(b"hello", other.as_bytes()).unwrap_err().contains("it is for `file`"));
    let stranger = include_str!("testdata/other-key.sig");
    assert_eq!(key.verify(b"hello", stranger.as_bytes()), Err("another key made it".into()));
    for changed in [
        good.trim_end().to_owned(),
        good.replace('\n', "\r\n"),
        format!("{good}\n"),
        good.replacen("\nU1NI", "\n\nU1NI", 1),
    ] {
        assert_ne!(changed, good);
        assert!(key.verify(b"hello", changed.as_bytes()).is_err());
    }
    let curve = PublicKey::read(include_str!("testdata/ecdsa.pub")).unwrap();
    assert_eq!(curve.verify(b"hello", include_bytes!("testdata/ecdsa.sig")), Ok(()));
}

proptest! {
    #[test]
    fn any_flipped_bit_of_a_signed_envelope_is_found(place in 0_usize..100_000, bit in 0_u8..8) {
        let mut bytes = signed(&of_verdict(|_| {}), &key(1)).bytes();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let checks = judge(&config(""), &candidate(), &[bytes], time(NOW));
        prop_assert!(matches!(outcome(&checks, "verdict"), Outcome::Refused(_)));
    }

    #[test]
    fn any_flipped_bit_of_an_ssh_signature_is_found(place in 0_usize..100_000, bit in 0_u8..8) {
        let key = PublicKey::read(include_str!("testdata/key.pub")).unwrap();
        let mut bytes = include_bytes!("testdata/good.sig").to_vec();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        prop_assert!(key.verify(b"hello", &bytes).is_err());
    }

    #[test]
    fn a_truncated_envelope_or_statement_is_none(cut in 0_usize..100_000) {
        let bytes = signed(&of_build(), &key(1)).bytes();
        prop_assert!(Envelope::read(&bytes[..cut % bytes.len()]).is_err());
        let payload = of_build().bytes().unwrap();
        prop_assert!(Statement::read(&payload[..cut % payload.len()]).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = (Envelope::read(&bytes), Statement::read(&bytes), ssh::read(&bytes));
        let _ = PublicKey::read(&String::from_utf8_lossy(&bytes));
    }
}
