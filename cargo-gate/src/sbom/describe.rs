//! What both kinds of documents say of a package.

use std::collections::HashMap;
use std::fmt::Write as _;

use cargo_metadata::Package;

use super::bill::Bill;
use crate::advisory::LockedPackage;

/// What a document is made of.
#[derive(Debug)]
pub struct Content<'a> {
    /// The packages.
    pub bill: &'a Bill<'a>,
    /// The packages of the lock file, for their checksums.
    pub lock: &'a [LockedPackage],
    /// The time of the sources.
    pub time: jiff::Timestamp,
    /// The target's triple.
    pub target: &'a str,
    /// Who supplies the packages of the workspace, where the config says.
    pub supplier: Option<&'a str>,
}

impl Content<'_> {
    /// The package in the lock file. Its source there says more than `cargo metadata` (a branch, a tag).
    fn locked(&self, package: &Package) -> Option<&LockedPackage> {
        let bare = |source: &str| source.split(['?', '#']).next().unwrap_or_default().to_owned();
        let source = package.source.as_ref().map(|source| bare(&source.repr));
        let of_it = |locked: &&LockedPackage| {
            locked.name == package.name.as_str()
                && locked.version == package.version
                && locked.source.as_deref().map(bare) == source
        };
        self.lock.iter().find(of_it)
    }

    /// Whether the lock file has the package.
    pub fn is_locked(&self, package: &Package) -> bool {
        self.locked(package).is_some()
    }

    /// The SHA-256 of a package's archive, where the lock file has one.
    pub(super) fn checksum(&self, package: &Package) -> Option<&str> {
        self.locked(package)?.checksum.as_deref()
    }

    /// A reference for each part, in their order: its package URL, made unique.
    pub(super) fn references(&self) -> Vec<String> {
        let mut seen: HashMap<String, u32> = HashMap::new();
        let references = self.bill.parts.iter().map(|part| {
            let url = purl(part.package);
            let count = seen.entry(url.clone()).or_default();
            *count += 1;
            if *count == 1 { url } else { format!("{url}#{count}") }
        });
        references.collect()
    }

    /// Who supplies a package: the registry, or for the workspace's own whom the config names.
    pub(super) fn supplier(&self, package: &Package) -> Option<String> {
        match &package.source {
            Some(source) if source.is_crates_io() => Some("the Rust package registry".to_owned()),
            Some(_) => None,
            None => self.supplier.map(str::to_owned),
        }
    }
}

/// The package URL (<https://github.com/package-url/purl-spec>, type `cargo`).
pub(super) fn purl(package: &Package) -> String {
    let url = format!("pkg:cargo/{}@{}", package.name, escaped(&package.version.to_string()));
    let Some(source) = package.source.as_ref().filter(|source| !source.is_crates_io()) else { return url };
    let source = source.repr.as_str();
    match source.split_once('+') {
        Some(("git", address)) => {
            // the lock file has `address?branch=x#commit`; a package URL wants `address@commit`
            let (address, commit) = address.split_once('#').unwrap_or((address, ""));
            let address = address.split('?').next().unwrap_or(address);
            let at = if commit.is_empty() { String::new() } else { format!("@{commit}") };
            format!("{url}?vcs_url={}", escaped(&format!("git+{address}{at}")))
        }
        Some(("registry" | "sparse", address)) => format!("{url}?repository_url={}", escaped(address)),
        _ => url,
    }
}

/// Percent-encoded, as a package URL wants its parts; `:` and `/` may stay.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// An address that documents may carry: absolute, of the web, and nothing in it that no address has.
pub(super) fn address(text: Option<&String>) -> Option<&str> {
    let text = text?.trim();
    let sound = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c);
    let web = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let host = web.split(['/', '?', '#']).next()?;
    (!host.is_empty() && text.chars().all(sound)).then_some(text)
}

/// An author's name and address, as manifests write them: `Ann <ann@example.org>`.
pub(super) fn author(text: &str) -> (String, Option<&str>) {
    let (name, rest) = text.split_once('<').unwrap_or((text, ""));
    let mail = rest.split('>').next().unwrap_or_default().trim();
    let part = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c))
    };
    let sound = mail.split_once('@').is_some_and(|(user, host)| {
        part(user)
            && part(host)
            && host.contains('.')
            && !host.contains("..")
            && !host.ends_with('.')
            && !host.starts_with('.')
    });
    (name.trim().to_owned(), sound.then_some(mail))
}

/// A UUID made of a text's digest: version 8 of RFC 9562, which leaves the digits to the maker.
pub(super) fn uuid(text: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(text);
    let mut bytes: [u8; 16] = std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default());
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = bytes.iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_has_a_name_and_a_sound_address_or_none() {
        assert_eq!(author("Ann B <ann@example.org>"), ("Ann B".to_owned(), Some("ann@example.org")));
        assert_eq!(author("The X Developers"), ("The X Developers".to_owned(), None));
        assert_eq!(author("A <a@b>"), ("A".to_owned(), None));
    }

    #[test]
    fn only_sound_addresses_are_carried() {
        assert_eq!(address(Some(&" https://example.org/a ".to_owned())), Some("https://example.org/a"));
        for text in ["example.org", "https://", "https://a b", "javascript:x"] {
            assert_eq!(address(Some(&text.to_owned())), None, "{text}");
        }
    }

    #[test]
    fn a_uuid_has_its_form_and_depends_on_the_text() {
        let one = uuid(b"a");
        assert_eq!(one.len(), 36);
        assert_eq!((one.as_bytes()[14], one.matches('-').count()), (b'8', 4));
        assert_ne!(one, uuid(b"b"));
    }

    #[test]
    fn what_a_package_url_does_not_allow_is_escaped() {
        assert_eq!(escaped("1.0.0+b"), "1.0.0%2Bb");
    }
}
