use std::collections::{BTreeMap, BTreeSet};

use cargo_gate::verdict::Status;
use jiff::Timestamp;

use super::*;
use crate::candidate::{Manifest, Toolchain};
use crate::digest::Digest;
use crate::stage::Verdict;

fn candidate() -> Candidate {
    let target = "x86_64-unknown-linux-gnu";
    let artifact = |name: &str, kind, target: Option<&str>, size| Artifact {
        name: name.parse().unwrap(),
        kind,
        target: target.map(str::to_owned),
        digest: Digest::of(name.as_bytes()),
        size,
    };
    let archive = format!("cargo-bulletproof-0.1.0-{target}.tar.gz");
    Candidate::new(&Manifest {
        schema_version: Manifest::schema_version(),
        name: "cargo-bulletproof".to_owned(),
        version: "0.1.0".parse().unwrap(),
        commit: "1".repeat(40),
        tree: "2".repeat(40),
        toolchain: Toolchain {
            rustc: "rustc 1.95.0".to_owned(),
            cargo: "cargo 1.95.0".to_owned(),
            host: target.to_owned(),
        },
        artifacts: vec![
            artifact("SHA256SUMS", Kind::Checksums, None, 402),
            artifact("cargo-bulletproof", Kind::Binary, Some(target), 12_345_678),
            artifact(&archive, Kind::Archive, Some(target), 6_789_012),
            artifact("cargo-bulletproof-0.1.0.crate", Kind::Crate, None, 98_765),
            artifact("cargo-bulletproof.cdx.json", Kind::Sbom, Some(target), 40_000),
            artifact("notes.pdf", Kind::File, None, 16 << 30),
        ],
    })
    .unwrap()
}

fn done() -> Done {
    let gates = [("changelog", Status::Passed), ("repro", Status::Warned)];
    Done {
        candidate: candidate(),
        already: false,
        verdict: Verdict {
            tree: "2".repeat(40),
            at: Timestamp::UNIX_EPOCH,
            gates: gates.map(|(id, status)| (id.to_owned(), status)).into(),
            unjudged: BTreeSet::from(["repro".to_owned()]),
            config_digest: String::new(),
            rustc: String::new(),
            tools: BTreeMap::new(),
            bytes: Vec::new(),
        },
        place: "the folder /a/folder/with/quite/a/long/name/in/which/the/workspace/is/.git/promote".to_owned(),
        notes: vec![
            "the statements are kept as git notes of the tree; `git push origin refs/notes/promote` shares them".to_owned(),
        ],
    }
}

#[test]
fn what_was_staged_fits_eighty_columns() {
    let text = staged(&done(), Format::Human);
    let long = |line: &&str| line.chars().count() > 80 && !line.contains("/a/folder/");
    assert_eq!(text.lines().filter(long).collect::<Vec<_>>(), [""; 0], "{text}");
    insta::assert_snapshot!(text);
    assert!(staged(&Done { already: true, ..done() }, Format::Human).starts_with("staged before: "));
}

#[test]
fn what_was_staged_for_machines() {
    insta::assert_snapshot!(staged(&done(), Format::Json));
}

#[test]
fn each_kind_of_file_has_a_word() {
    let words = [Kind::Binary, Kind::Crate, Kind::Archive, Kind::Sbom, Kind::Checksums, Kind::File].map(kind);
    let all: BTreeSet<_> = words.iter().collect();
    assert!(all.len() == words.len() && words.iter().all(|word| word.len() <= 9), "{words:?}");
}
