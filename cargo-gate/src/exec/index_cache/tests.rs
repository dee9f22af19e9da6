use std::fs::File;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// The lines of the index as its server wrote them, cut down to one dependency.
const LINES: [(&str, &str); 3] = [
    (
        "0.0.0",
        r#"{"name": "demo", "vers": "0.0.0", "deps": [], "cksum": "ea29e65fdfba990e58851f2c8fae454c016ff28a44465a080fbdb26ea08a1f11", "features": {}, "yanked": false, "pubtime": "2017-02-26T02:31:58Z"}"#,
    ),
    (
        "0.1.0",
        r#"{"name":"demo","vers":"0.1.0","deps":[{"name":"semver","req":"^0","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"}],"cksum":"ea29e65fdfba990e58851f2c8fae454c016ff28a44465a080fbdb26ea08a1f11","features":{},"yanked":true}"#,
    ),
    (
        "1.0.0+build.2",
        r#"{"name":"demo","vers":"1.0.0+build.2","deps":[],"cksum":"","features":{},"yanked":false,"v":2}"#,
    ),
];

fn entry(lines: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    bytes.extend(b"etag: \"5f3c\"\0");
    for (version, json) in lines {
        bytes.extend(format!("{version}\0{json}\0").bytes());
    }
    bytes
}

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(self, index: &str, place: &str, bytes: &[u8], age_in_hours: u64) -> Self {
        let path = self.0.path().join("registry/index").join(index).join(".cache").join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 - 3600 * age_in_hours);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        self
    }

    fn demo(bytes: &[u8]) -> Self {
        Self::new().with("index.crates.io-0123456789abcdef", "de/mo/demo", bytes, 0)
    }

    fn ask(&self, packages: &[(&str, &str)]) -> Yanked {
        let packages: Vec<_> = packages.iter().map(|(name, version)| package(name, version)).collect();
        yanked(self.0.path(), &packages)
    }
}

fn package(name: &str, version: &str) -> (String, Version) {
    (name.to_owned(), version.parse().unwrap())
}

#[test]
fn yanked_versions_are_told_from_good_ones() {
    let home = Home::demo(&entry(&LINES));
    let result = home.ask(&[("demo", "0.0.0"), ("demo", "0.1.0"), ("demo", "1.0.0+build.2")]);
    assert_eq!(result.yanked, BTreeSet::from([package("demo", "0.1.0")]));
    assert_eq!(result.unknown, BTreeSet::new());
    assert_eq!(result.newest_entry, Some("2023-11-14T22:13:20Z".parse().unwrap()));
}

#[test]
fn a_crate_or_a_version_that_the_cache_lacks_is_unknown() {
    let home = Home::demo(&entry(&LINES));
    let asked =
        [("demo", "0.2.0"), ("demo", "1.0.0"), ("other", "1.0.0"), ("../demo", "0.0.0"), ("", "0.0.0")];
    let result = home.ask(&asked);
    assert_eq!(result.unknown, asked.iter().map(|(name, version)| package(name, version)).collect());
    assert_eq!(result.yanked, BTreeSet::new());
}

#[test]
fn without_a_cache_everything_is_unknown() {
    let result = Home::new().ask(&[("demo", "0.0.0")]);
    assert_eq!(result.unknown, BTreeSet::from([package("demo", "0.0.0")]));
    assert_eq!(result.newest_entry, None);
}

#[test]
fn another_version_of_the_format_is_unknown() {
    for (at, byte) in [(0, 2), (0, 4), (1, 1), (1, 3), (4, 1)] {
        let mut bytes = entry(&LINES);
        bytes[at] = byte;
        assert_eq!(Home::demo(&bytes).ask(&[("demo", "0.0.0")]).unknown.len(), 1, "{at} {byte}");
    }
}

#[test]
fn a_line_that_is_no_answer_is_unknown() {
    for json in [
        "",
        "{}",
        "null",
        r#"{"vers":"0.0.0"}"#,
        r#"{"vers":"0.0.1","yanked":false}"#,
        r#"{"vers":"0.0.0","yanked":null}"#,
    ] {
        let bytes = entry(&[("0.0.0", json), LINES[1]]);
        let result = Home::demo(&bytes).ask(&[("demo", "0.0.0"), ("demo", "0.1.0")]);
        assert_eq!(result.unknown, BTreeSet::from([package("demo", "0.0.0")]), "{json}");
        assert_eq!(result.yanked.len(), 1);
    }
}

#[test]
fn the_newer_entry_of_two_folders_counts_even_where_it_is_broken() {
    let good = entry(&[("0.1.0", r#"{"vers":"0.1.0","yanked":false}"#)]);
    let home = |newer: &[u8]| {
        Home::new().with("index.crates.io-6f17d22bba15001f", "de/mo/demo", &good, 5).with(
            "index.crates.io-1949cf8c6b5b557f",
            "de/mo/demo",
            newer,
            1,
        )
    };
    assert_eq!(home(&entry(&LINES)).ask(&[("demo", "0.1.0")]).yanked.len(), 1);
    assert_eq!(home(b"").ask(&[("demo", "0.1.0")]).unknown.len(), 1);
}

#[test]
fn the_cache_of_another_registry_does_not_count() {
    let home = Home::new().with("registry.example-0123456789abcdef", "de/mo/demo", &entry(&LINES), 0).with(
        "github.com-1ecc6299db9ec823",
        "de/mo/demo",
        &entry(&LINES),
        0,
    );
    assert_eq!(home.ask(&[("demo", "0.0.0")]).unknown.len(), 1);
}

#[test]
fn entries_stand_where_cargo_puts_them() {
    for (name, place) in [
        ("a", Some("1/a")),
        ("ab", Some("2/ab")),
        ("abc", Some("3/a/abc")),
        ("abcd", Some("ab/cd/abcd")),
        ("Inflector", Some("in/fl/inflector")),
        ("a-b_c1", Some("a-/b_/a-b_c1")),
        ("", None),
        ("..", None),
        ("a/b", None),
        ("é", None),
    ] {
        assert_eq!(entry_place(name), place.map(PathBuf::from), "{name}");
    }
}

proptest! {
    #[test]
    fn a_truncated_entry_is_never_read(length in 0usize..760) {
        let bytes = entry(&LINES);
        let ends: Vec<usize> = (0..=3).map(|count| entry(&LINES[..count]).len()).collect();
        if length < bytes.len() && !ends.contains(&length) {
            prop_assert!(parse_entry(&bytes[..length]).is_none());
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes: Vec<u8>) {
        let mut with_header = HEADER.to_vec();
        with_header.extend(&bytes);
        let _ = parse_entry(&bytes);
        let _ = parse_entry(&with_header);
    }
}
