use super::*;
use crate::ops::testing::candidate;

fn sides() -> (Candidate, Candidate) {
    let folder = tempfile::tempdir().unwrap();
    let one = |version: &str, bytes: &[u8]| candidate(folder.path(), version, &[("tool", bytes)]).0;
    (one("1.0.0", b"one"), one("1.1.0", b"two"))
}

fn sample() -> Difference {
    let commit = |digit: &str, title: &str| (digit.repeat(40), title.to_owned());
    let package = |name: &str, change, from: &[&str], to: &[&str]| {
        let all = |versions: &[&str]| versions.iter().map(|version| (*version).to_owned()).collect();
        Dependency { name: name.to_owned(), change, from: all(from), to: all(to) }
    };
    let file = |name: &str, from, to, same| FileChange { name: name.to_owned(), from, to, same };
    let advisory = |id: &str, title: &str| (id.to_owned(), "severe".to_owned(), title.to_owned());
    Difference {
        commits: Known::Known(Commits {
            new: vec![
                commit("1", &format!("feat: {}", "words ".repeat(20))),
                commit("2", "fix: \u{1b}[31mred"),
            ],
            gone: vec![commit("3", "fix: taken back")],
        }),
        dependencies: Known::Known(vec![
            package("added", Change::Added, &[], &["1.0.0"]),
            package("gone", Change::Removed, &["0.3.1"], &[]),
            package("twice", Change::Changed, &["1.0.0", "2.0.0"], &["2.0.1"]),
        ]),
        files: vec![
            file("SHA256SUMS", Some(400), Some(400), false),
            file("gone.txt", Some(17), None, false),
            file("less", Some(2_000_000), Some(1_000_000), false),
            file("more", Some(1_000_000), Some(2_500_000), false),
            file("new.txt", None, Some(17), false),
            file("same", Some(3), Some(3), true),
        ],
        advisories: Known::Known(Advisories {
            new: vec![advisory("RUSTSEC-2026-0001", "a new one")],
            stay: vec![advisory("RUSTSEC-2025-0002", "one that stays")],
            gone: vec![advisory("RUSTSEC-2024-0003", "one that is gone")],
        }),
    }
}

fn unknown() -> Difference {
    let why = |what: &str| what.to_owned();
    Difference {
        commits: Known::Unknown(why("this repository does not have the commit 1111111111")),
        dependencies: Known::Unknown(why("the first has no bill of materials")),
        files: Vec::new(),
        advisories: Known::Unknown(why("there is no database; `cargo bulletproof db update` fetches it")),
    }
}

#[test]
fn what_differs_for_people() {
    let (from, to) = sides();
    let text = [sample(), unknown()].map(|it| difference(&from, &to, &it, Format::Human)).join("----\n");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn what_differs_for_machines() {
    let (from, to) = sides();
    insta::assert_snapshot!(difference(&from, &to, &sample(), Format::Json));
    insta::assert_snapshot!(difference(&from, &to, &unknown(), Format::Json));
}
