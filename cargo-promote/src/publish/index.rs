//! What a sparse index says: <https://doc.rust-lang.org/cargo/reference/registry-index.html>.

use semver::Version;
use serde::Deserialize;

/// A version that an index has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IndexEntry {
    /// The package.
    pub name: String,
    /// Its version.
    pub vers: Version,
    /// The SHA-256 of its `.crate` file, in hexadecimal digits.
    pub cksum: String,
    /// Whether it was yanked.
    #[serde(default)]
    pub yanked: bool,
}

/// The `config.json` of an index.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct IndexSettings {
    /// Where packages are downloaded.
    pub dl: String,
    /// Where packages are uploaded; none where the registry takes none.
    #[serde(default)]
    pub api: Option<String>,
    /// Whether reading needs a token too.
    #[serde(default)]
    pub auth_required: bool,
}

/// An answer of an index that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the index says something that cannot be read of {what}: {why}")]
pub struct BadIndex {
    /// Of what.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// Where an index has the versions of a package, below its address.
pub fn index_path(name: &str) -> String {
    let name = name.to_lowercase();
    let part = |from: usize, to: usize| name.get(from..to).unwrap_or_default();
    match name.len() {
        1 | 2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", part(0, 1)),
        _ => format!("{}/{}/{name}", part(0, 2), part(2, 4)),
    }
}

/// Reads the versions of a package, a JSON document a line.
///
/// # Errors
/// Where a line is none, or is about another package: then nobody knows what the index has.
pub fn read_entries(name: &str, bytes: &[u8]) -> Result<Vec<IndexEntry>, BadIndex> {
    let bad = |why: String| BadIndex { what: format!("`{name}`"), why };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let entries = lines.map(|line| {
        let entry: IndexEntry = serde_json::from_slice(line).map_err(|error| bad(error.to_string()))?;
        let sound = entry.cksum.len() == 64 && entry.cksum.bytes().all(|byte| byte.is_ascii_hexdigit());
        match entry.name == name {
            true if sound => Ok(entry),
            true => Err(bad(format!("the checksum of {} is none", entry.vers))),
            false => Err(bad(format!("it answers for `{}`", entry.name.escape_debug()))),
        }
    });
    entries.collect()
}

/// Reads `config.json`.
///
/// # Errors
/// Where it is none.
pub fn read_settings(bytes: &[u8]) -> Result<IndexSettings, BadIndex> {
    serde_json::from_slice(bytes)
        .map_err(|error| BadIndex { what: "itself (config.json)".to_owned(), why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_those_of_the_reference() {
        let expected = [("a", "1/a"), ("ab", "2/ab"), ("abc", "3/a/abc"), ("Cargo", "ca/rg/cargo")];
        for (name, path) in expected {
            assert_eq!(index_path(name), path);
        }
    }

    fn line(name: &str, version: &str) -> String {
        let cksum = "a".repeat(64);
        format!(
            r#"{{"name":"{name}","vers":"{version}","deps":[],"cksum":"{cksum}","features":{{}},"yanked":false}}"#
        )
    }

    #[test]
    fn versions_are_read_and_nothing_that_is_none() {
        let text = format!("{}\n{}\n", line("a", "1.0.0"), line("a", "1.1.0-rc.1"));
        assert_eq!(read_entries("a", text.as_bytes()).unwrap().len(), 2);
        for bad in [line("b", "1.0.0"), line("a", "1.0"), line("a", "1.0.0").replace("aaaa", "z"), "{".into()]
        {
            assert!(read_entries("a", format!("{text}{bad}\n").as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(read_entries("a", b""), Ok(Vec::new()));
    }

    #[test]
    fn a_cut_answer_is_none() {
        let text = line("a", "1.0.0");
        for end in 1..text.len() {
            assert!(read_entries("a", &text.as_bytes()[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn settings_are_read() {
        let read = |text: &str| read_settings(text.as_bytes());
        let api =
            read(r#"{"dl":"https://x.invalid/dl","api":"https://x.invalid","auth-required":true}"#).unwrap();
        assert_eq!((api.api.as_deref(), api.auth_required), (Some("https://x.invalid"), true));
        assert_eq!(read(r#"{"dl":"x","api":null}"#).unwrap().api, None);
        assert!(read("[]").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_give_versions_of_that_package_or_an_error(bytes: Vec<u8>, name: String) {
            let _ = (index_path(&name), read_settings(&bytes));
            for entry in read_entries("a", &bytes).into_iter().flatten() {
                prop_assert_eq!(entry.name, "a");
            }
        }
    }
}
