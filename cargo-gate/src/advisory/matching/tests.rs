use proptest::prelude::*;

use super::*;
use crate::advisory::parse_lock;

/// An advisory in the form of the database's own files.
const SMALLVEC: &str = r#"```toml
[advisory]
id = "RUSTSEC-2021-0003"
package = "smallvec"
date = "2021-01-08"
url = "https://github.com/servo/rust-smallvec/issues/252"
categories = ["memory-corruption"]
cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
aliases = ["CVE-2021-25900", "GHSA-43w2-9j62-hq99"]

[versions]
patched = [">= 0.6.14, < 1.0.0", ">= 1.6.1"]
unaffected = ["< 0.6.3"]
```

# Buffer overflow in SmallVec::insert_many

A bug in the `SmallVec::insert_many` method caused it to allocate a buffer that was too small.
"#;

const LOCK: &str = r#"version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "middle",
]

[[package]]
name = "middle"
version = "2.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "smallvec",
]

[[package]]
name = "smallvec"
version = "1.6.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
"#;

fn file(path: &str, content: &str) -> AdvisoryFile {
    AdvisoryFile { path: path.to_owned(), content: content.as_bytes().to_vec() }
}

fn smallvec(change: impl Fn(&str) -> String) -> AdvisoryFile {
    file("crates/smallvec/RUSTSEC-2021-0003.md", &change(SMALLVEC))
}

fn matched(lock: &str, files: &[AdvisoryFile]) -> Vec<Match> {
    match_advisories(&parse_lock(lock.as_bytes()).unwrap(), files).unwrap()
}

fn error(files: &[AdvisoryFile]) -> AdvisoryError {
    match_advisories(&parse_lock(LOCK.as_bytes()).unwrap(), files).unwrap_err()
}

fn with_version(version: &str) -> String {
    LOCK.replace("1.6.0", version)
}

#[test]
fn a_match_tells_all_that_the_advisory_and_the_lock_file_know() {
    let expected = Match {
        id: "RUSTSEC-2021-0003".to_owned(),
        package: "smallvec".to_owned(),
        version: "1.6.0".to_owned(),
        kind: Kind::Vulnerability,
        severity: Some(Severity::Critical),
        title: "Buffer overflow in SmallVec::insert_many".to_owned(),
        url: Some("https://rustsec.org/advisories/RUSTSEC-2021-0003".to_owned()),
        patched: vec![">=0.6.14, <1.0.0".to_owned(), ">=1.6.1".to_owned()],
        line: 19,
        aliases: vec!["CVE-2021-25900".to_owned(), "GHSA-43w2-9j62-hq99".to_owned()],
        date: "2021-01-08".to_owned(),
        path: ["app 0.1.0", "middle 2.0.0", "smallvec 1.6.0"].map(String::from).to_vec(),
    };
    assert_eq!(matched(LOCK, &[smallvec(str::to_owned)]), [expected]);
}

#[test]
fn patched_and_unaffected_versions_do_not_match() {
    for (version, affected) in [
        ("0.6.2", false),
        ("0.6.3", true),
        ("0.6.13", true),
        ("0.6.14", false),
        ("1.0.0", true),
        ("1.6.1", false),
        ("2.0.0", false),
    ] {
        let found = matched(&with_version(version), &[smallvec(str::to_owned)]);
        assert_eq!(found.len(), usize::from(affected), "{version}");
    }
}

#[test]
fn a_pre_release_of_a_patched_version_line_does_not_match() {
    // A plain version requirement `>=0.8.1` does not accept 0.11.0-rc.6.
    let blake2 = |text: &str| text.replace(r#"[">= 0.6.14, < 1.0.0", ">= 1.6.1"]"#, r#"[">= 0.8.1"]"#);
    assert_eq!(matched(&with_version("0.11.0-rc.6"), &[smallvec(blake2)]), []);
    assert_eq!(matched(&with_version("0.8.1-rc.1"), &[smallvec(blake2)]).len(), 1);
}

#[test]
fn without_a_fix_every_version_matches_and_none_is_named() {
    let none =
        |text: &str| text.replace(r#"[">= 0.6.14, < 1.0.0", ">= 1.6.1"]"#, "[]").replace("unaffected", "#");
    let found = matched(&with_version("99.0.0"), &[smallvec(none)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].patched, Vec::<String>::new());
}

#[test]
fn informational_advisories_have_their_kind() {
    for (word, kind) in [
        ("unsound", Kind::Unsound),
        ("unmaintained", Kind::Unmaintained),
        ("notice", Kind::Notice),
        ("haunted", Kind::Other),
    ] {
        let informational =
            smallvec(|text| text.replace("cvss =", &format!("informational = \"{word}\"\ncvss =")));
        assert_eq!(matched(LOCK, &[informational])[0].kind, kind);
    }
}

#[test]
fn without_a_score_the_severity_is_unknown() {
    let unscored = smallvec(|text| text.replace("cvss =", "#"));
    assert_eq!(matched(LOCK, &[unscored])[0].severity, None);
}

#[test]
fn scores_of_both_versions_of_the_scale_are_read() {
    for (vector, severity) in [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", Severity::None),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", Severity::High),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", Severity::Critical),
    ] {
        let scored = smallvec(|text| text.replace("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", vector));
        assert_eq!(matched(LOCK, &[scored])[0].severity, Some(severity), "{vector}");
    }
    assert!(Severity::None < Severity::Low && Severity::High < Severity::Critical);
    assert_eq!(format!("{}/{}", Severity::Medium, Kind::Unsound), "medium/unsound");
}

#[test]
fn withdrawn_advisories_and_drafts_do_not_match() {
    let withdrawn = smallvec(|text| text.replace("cvss =", "withdrawn = \"2022-01-01\"\ncvss ="));
    assert_eq!(matched(LOCK, &[withdrawn]), []);
    let text = SMALLVEC.replace("RUSTSEC-2021-0003", "RUSTSEC-0000-0000");
    for name in ["RUSTSEC-0000-0000.md", "RUSTSEC-0000-0000.second.md"] {
        assert_eq!(matched(LOCK, &[file(&format!("crates/smallvec/{name}"), &text)]), []);
    }
}

#[test]
fn an_advisory_for_one_platform_matches_on_all() {
    let windows = smallvec(|text| text.replace("[versions]", "[affected]\nos = [\"windows\"]\n\n[versions]"));
    assert_eq!(matched(LOCK, &[windows]).len(), 1);
}

#[test]
fn only_packages_of_the_default_registry_match() {
    let registry = "name = \"smallvec\"\nversion = \"1.6.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let with =
        |source: &str| LOCK.replace(registry, &format!("name = \"smallvec\"\nversion = \"1.6.0\"\n{source}"));
    let sparse = format!("source = \"{}\"", ["sparse+https://index", "crates", "io/"].join("."));
    for (source, count) in [
        (sparse.as_str(), 1),
        ("source = \"registry+https://registry.example/index\"", 0),
        ("source = \"git+https://git.example/smallvec#0123456789012345678901234567890123456789\"", 0),
        ("", 0),
    ] {
        assert_eq!(matched(&with(source), &[smallvec(str::to_owned)]).len(), count, "{source}");
    }
}

#[test]
fn an_advisory_about_another_registry_does_not_match() {
    let source = |url: &str| smallvec(|text| text.replace("cvss =", &format!("source = \"{url}\"\ncvss =")));
    assert_eq!(matched(LOCK, &[source("registry+https://registry.example/index")]), []);
    let default = "registry+https://github.com/rust-lang/crates.io-index";
    assert_eq!(matched(LOCK, &[source(default)]).len(), 1);
}

#[test]
fn two_versions_and_two_advisories_come_in_the_order_of_the_lock_file() {
    let lock = LOCK.replace(" \"smallvec\",", " \"smallvec 1.6.0\",")
        + "\n[[package]]\nname = \"smallvec\"\nversion = \"0.6.5\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let later = SMALLVEC.replace("2021-0003", "2021-0009");
    let files = [file("crates/smallvec/RUSTSEC-2021-0009.md", &later), smallvec(str::to_owned)];
    let found: Vec<_> =
        matched(&lock, &files).into_iter().map(|found| (found.line, found.id, found.path.len())).collect();
    let expected = [(19, "0003", 3), (19, "0009", 3), (24, "0003", 1), (24, "0009", 1)]
        .map(|(line, id, length)| (line, format!("RUSTSEC-2021-{id}"), length));
    assert_eq!(found, expected);
}

#[test]
fn a_file_that_is_no_advisory_is_an_error_that_names_it() {
    let broken = [
        SMALLVEC.replace("patched", "unaffected"),
        SMALLVEC.replace("```\n", ""),
        SMALLVEC.replace("date = \"2021-01-08\"", "date = \"yesterday\""),
        SMALLVEC.replace(">= 1.6.1", ">= one"),
        SMALLVEC.replace(">= 1.6.1", ">= 0.7.0"),
        SMALLVEC.replace("CVSS:3.1/", "CVSS:9/"),
        SMALLVEC.replace("# Buffer", "Buffer"),
        SMALLVEC.replace("cvss =", "collection = \"rust\"\ncvss ="),
        String::new(),
        // rustsec panics on these: two ranges that start at one version, and a start that is no whole character.
        SMALLVEC.replace(r#"[">= 0.6.14, < 1.0.0", ">= 1.6.1"]"#, r#"["> 1.0.0, < 2.0.0", "= 1.0.0"]"#),
        "x\u{20ac}\u{20ac}\u{20ac}\u{20ac}\u{20ac}\u{20ac}\u{20ac}".to_owned(),
    ];
    for content in broken {
        let AdvisoryError::Unreadable { path, reason } = error(&[smallvec(|_| content.clone())]) else {
            panic!("{content}")
        };
        assert_eq!(path, "crates/smallvec/RUSTSEC-2021-0003.md");
        assert!(!reason.is_empty());
    }
}

#[test]
fn a_file_that_is_not_text_is_an_error() {
    let mut broken = smallvec(str::to_owned);
    broken.content.push(0xff);
    assert!(matches!(error(&[broken]), AdvisoryError::Unreadable { .. }));
}

#[test]
fn a_misplaced_advisory_is_an_error_that_names_its_place() {
    for path in [
        "crates/smallvec/RUSTSEC-2021-0004.md",
        "crates/smallvec/RUSTSEC-2021-0003.toml",
        "crates/middle/RUSTSEC-2021-0003.md",
        "rust/smallvec/RUSTSEC-2021-0003.md",
        "crates/smallvec/old/RUSTSEC-2021-0003.md",
        "crates/smallvec/RUSTSEC-0000-0000.md",
    ] {
        let expected = "crates/smallvec/RUSTSEC-2021-0003.md".to_owned();
        let misplaced = AdvisoryError::Misplaced { path: path.to_owned(), expected };
        assert_eq!(error(&[file(path, SMALLVEC)]), misplaced);
    }
}

#[test]
fn one_identifier_in_two_files_is_an_error_that_names_both() {
    let other = SMALLVEC.replace("\"smallvec\"", "\"middle\"");
    let files = [smallvec(str::to_owned), file("crates/middle/RUSTSEC-2021-0003.md", &other)];
    assert_eq!(
        error(&files).to_string(),
        "the advisory database has `RUSTSEC-2021-0003` twice: in `crates/smallvec/RUSTSEC-2021-0003.md` and in \
         `crates/middle/RUSTSEC-2021-0003.md`"
    );
}

#[test]
fn a_broken_advisory_of_a_package_that_is_not_locked_is_still_an_error() {
    let files = [file("crates/elsewhere/RUSTSEC-2020-0001.md", "")];
    assert!(matches!(error(&files), AdvisoryError::Unreadable { .. }));
}

proptest! {
    #[test]
    fn a_truncated_advisory_is_an_error_or_still_matches(length in 0..SMALLVEC.len()) {
        let lock = parse_lock(LOCK.as_bytes()).unwrap();
        let cut = smallvec(|text| text.chars().take(length).collect());
        if let Ok(found) = match_advisories(&lock, &[cut]) {
            prop_assert_eq!(found.len(), 1);
        }
    }

    #[test]
    fn changed_bytes_never_panic(at in 0..SMALLVEC.len(), byte: u8) {
        let lock = parse_lock(LOCK.as_bytes()).unwrap();
        let mut changed = smallvec(str::to_owned);
        changed.content[at] = byte;
        let _ = match_advisories(&lock, &[changed]);
    }
}
