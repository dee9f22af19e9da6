//! What is in a `.crate` file. Nothing in it is believed: it may have been made by anybody.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use semver::Version;
use serde::Deserialize;
use toml_edit::DocumentMut;

use super::metadata::{self, Metadata};
use crate::digest::Digest;
use crate::stage::archive;

/// The most that a package may hold when it is unpacked, in bytes.
const MOST_UNPACKED: u64 = 512 << 20;
/// The most files of a package.
const MOST_FILES: usize = 100_000;
/// The largest text that is read of a package: its manifest, its readme, in bytes.
const MOST_TEXT: u64 = 8 << 20;

/// A package as a registry takes it.
#[derive(Debug, Clone)]
pub struct CrateFile {
    /// The file's name.
    pub file: String,
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The digest of its bytes: what an index calls `cksum`.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The commit that it was packaged from.
    pub commit: Option<String>,
    /// What the registry is told of it.
    pub metadata: Metadata,
    /// The registries that it may go to; none for any.
    pub publish: Option<Vec<String>>,
}

/// A `.crate` file that is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", .file.escape_debug())]
pub struct BadCrate {
    /// The file's name.
    pub file: String,
    /// What is wrong.
    pub why: String,
}

/// What cargo notes of the repository that a package was made from.
#[derive(Deserialize)]
struct Vcs {
    git: Git,
}

#[derive(Deserialize)]
struct Git {
    sha1: String,
    #[serde(default)]
    dirty: bool,
}

/// The texts of a package that are read.
#[derive(Default)]
struct Texts {
    manifest: Option<String>,
    vcs: Option<String>,
    all: Vec<(String, String)>,
}

impl CrateFile {
    /// Reads one.
    ///
    /// # Errors
    /// Where anything in it is not as cargo packages it.
    pub fn read(file: &str, bytes: Vec<u8>) -> Result<Self, BadCrate> {
        read(file, bytes).map_err(|why| BadCrate { file: file.to_owned(), why })
    }

    /// `name version`.
    pub fn shown(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

fn read(file: &str, bytes: Vec<u8>) -> Result<CrateFile, String> {
    let digest = Digest::of(&bytes);
    let stem = file.strip_suffix(".crate").ok_or("its name does not end with `.crate`")?;
    // no more than a reader of any archive takes: it is small enough, whole, and nothing hides in it
    let sound = archive::inspect(bytes.as_slice(), bytes.len() as u64, archive::Form::TarGz, Some(stem));
    sound.map_err(|why| why.to_string())?;
    let texts = unpack(&bytes, stem)?;
    let manifest = texts.manifest.ok_or("there is no Cargo.toml in it")?;
    let manifest: DocumentMut =
        manifest.parse().map_err(|error: toml_edit::TomlError| format!("Cargo.toml: {}", error.message()))?;
    let metadata = metadata::metadata(&manifest, &|path| {
        let found = texts.all.iter().find(|(name, _)| name == path);
        found.map(|(_, text)| text.clone())
    })?;
    let (name, version) = (metadata.name.clone(), metadata.vers.clone());
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(format!("`{}` is no name of a package", name.escape_debug()));
    }
    if format!("{name}-{version}") != stem {
        return Err(format!("Cargo.toml in it says {name} {version}"));
    }
    let commit = texts.vcs.map(|text| commit(&text)).transpose()?;
    let publish = metadata::publish(&manifest);
    Ok(CrateFile { file: file.to_owned(), name, version, digest, bytes, commit, metadata, publish })
}

/// The commit that cargo noted.
fn commit(text: &str) -> Result<String, String> {
    let vcs: Vcs = serde_json::from_str(text).map_err(|error| format!(".cargo_vcs_info.json: {error}"))?;
    if vcs.git.dirty {
        return Err("it was packaged from a tree with changes that are not committed".to_owned());
    }
    Ok(vcs.git.sha1)
}

/// Every entry is a plain file below `name-version/`; the texts among them are read.
fn unpack(bytes: &[u8], stem: &str) -> Result<Texts, String> {
    let damaged = |error: std::io::Error| format!("it is damaged: {error}");
    let mut stream = GzDecoder::new(bytes).take(MOST_UNPACKED);
    let mut archive = tar::Archive::new(&mut stream);
    let mut seen = BTreeSet::new();
    let mut texts = Texts::default();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = entry.path().map_err(damaged)?.into_owned();
        let shown = path.display().to_string();
        if !entry.header().entry_type().is_file() {
            return Err(format!("`{}` in it is no plain file", shown.escape_debug()));
        }
        let below = inside(&path, stem)
            .ok_or_else(|| format!("`{}` in it does not lie in `{stem}/`", shown.escape_debug()))?;
        if !seen.insert(below.to_lowercase()) {
            return Err(format!("`{}` is in it twice", shown.escape_debug()));
        }
        if seen.len() > MOST_FILES {
            return Err(format!("it has more than {MOST_FILES} files"));
        }
        if entry.size() <= MOST_TEXT {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(damaged)?;
            let Ok(text) = String::from_utf8(content) else { continue };
            match below.as_str() {
                "Cargo.toml" => texts.manifest = Some(text),
                ".cargo_vcs_info.json" => texts.vcs = Some(text),
                // a readme is named by the manifest: any text beside it may be one
                _ if is_prose(&below) => texts.all.push((below, text)),
                _ => {}
            }
        }
    }
    // an archive that is cut short may end at an entry; the stream tells by its checksum
    std::io::copy(&mut stream, &mut std::io::sink()).map_err(damaged)?;
    if stream.limit() == 0 {
        return Err(format!("it holds more than {MOST_UNPACKED} bytes"));
    }
    Ok(texts)
}

fn is_prose(path: &str) -> bool {
    let code = [".rs", ".lock", ".orig", ".json"];
    !code.iter().any(|ending| path.ends_with(ending))
}

/// The path below the folder of the package, with `/`; none where it does not lie there.
fn inside(path: &Path, stem: &str) -> Option<String> {
    let mut parts = path.components();
    (parts.next()? == Component::Normal(stem.as_ref())).then_some(())?;
    let parts: Vec<&str> = parts
        .map(|part| match part {
            Component::Normal(part) => part.to_str().filter(|part| !part.contains(['\\', ':', '\0'])),
            _ => None,
        })
        .collect::<Option<_>>()?;
    // `a/./b` and `a//b` are not how cargo writes paths: they would not read back as they are
    let plain = parts.join("/");
    (!parts.is_empty() && path.to_str()? == format!("{stem}/{plain}")).then_some(plain)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use tar::{EntryType, Header};

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    /// An archive of these entries, whatever their paths are.
    fn packed(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut archive = Vec::new();
        for (path, kind, content) in entries {
            let mut header = Header::new_gnu();
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            header.set_size(content.len() as u64);
            header.set_cksum();
            archive.extend(header.as_bytes());
            archive.extend(content.as_bytes());
            archive.resize(archive.len().next_multiple_of(512), 0);
        }
        archive.resize(archive.len() + 1024, 0);
        let mut stream = GzEncoder::new(Vec::new(), Compression::fast());
        stream.write_all(&archive).unwrap();
        stream.finish().unwrap()
    }

    /// A package with that manifest below `[package]`, and further entries.
    fn file(name: &str, rest: &str, more: &[(&str, EntryType, &str)]) -> Result<CrateFile, String> {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n{rest}");
        let vcs = format!("{{\"git\":{{\"sha1\":\"{COMMIT}\"}},\"path_in_vcs\":\"\"}}");
        let (toml, info) = (format!("{name}-1.0.0/Cargo.toml"), format!("{name}-1.0.0/.cargo_vcs_info.json"));
        let mut entries =
            vec![(toml.as_str(), EntryType::Regular, manifest.as_str()), (&info, EntryType::Regular, &vcs)];
        entries.extend(more);
        CrateFile::read(&format!("{name}-1.0.0.crate"), packed(&entries)).map_err(|error| error.why)
    }

    /// A sound package.
    pub(crate) fn sound(name: &str, rest: &str) -> CrateFile {
        file(name, rest, &[]).unwrap()
    }

    #[test]
    fn a_sound_package_is_read() {
        let readme = ("a-1.0.0/docs/R.md", EntryType::Regular, "# A\n");
        let package = file("a", "readme = \"docs/R.md\"\npublish = [\"own\"]\n", &[readme]).unwrap();
        assert_eq!((package.shown().as_str(), package.commit.as_deref()), ("a 1.0.0", Some(COMMIT)));
        assert_eq!(package.metadata.readme.as_deref(), Some("# A\n"));
        assert_eq!(package.publish, Some(vec!["own".to_owned()]));
        assert_eq!(package.digest, Digest::of(&package.bytes));
    }

    #[test]
    fn what_leads_out_of_the_package_or_is_no_plain_file_is_refused() {
        for path in [
            "a-1.0.0/../b",
            "../a-1.0.0/b",
            "/etc/passwd",
            "/a-1.0.0/b",
            "b-1.0.0/b",
            "a-1.0.0",
            "a-1.0.0/./b",
            "a-1.0.0//b",
            "a-1.0.0/b\\c",
            "a-1.0.0/c:b",
            "a-1.0.0/Cargo.toml",
            "a-1.0.0/cargo.TOML",
        ] {
            assert!(file("a", "", &[(path, EntryType::Regular, "x")]).is_err(), "{path}");
        }
        for (kind, word) in [
            (EntryType::Symlink, "is a link"),
            (EntryType::Link, "is a link"),
            (EntryType::Directory, "no plain file"),
            (EntryType::Char, "is a device"),
            (EntryType::Block, "is a device"),
            (EntryType::Fifo, "is a pipe"),
            (EntryType::GNUSparse, "sparse"),
        ] {
            let error = file("a", "", &[("a-1.0.0/b", kind, "")]).unwrap_err();
            assert!(error.contains(word), "{kind:?}: {error}");
        }
    }

    #[test]
    fn a_package_that_unpacks_to_more_than_its_size_allows_is_refused_before_it_is_read() {
        let zeros = "\0".repeat(20 << 20);
        let error = file("a", "", &[("a-1.0.0/b", EntryType::Regular, &zeros)]).unwrap_err();
        assert!(error.contains("more than"), "{error}");
        // a name that long would be read into memory as a whole
        let name = "n".repeat(1 << 20);
        let error = file("a", "", &[("a-1.0.0/b", EntryType::GNULongName, &name)]).unwrap_err();
        assert!(error.contains("64 KiB"), "{error}");
    }

    #[test]
    fn what_is_not_as_cargo_packages_it_is_refused() {
        let why = |rest: &str| file("a", rest, &[]).unwrap_err();
        assert!(why("readme = \"R.md\"\n").contains("readme"));
        assert!(
            why("[dependencies.b]\npath = \"../b\"\nversion = \"1\"\n").contains("no package of a registry")
        );
        assert!(why("[dependencies.b]\ngit = \"https://x.invalid\"\n").contains("no package of a registry"));
        assert!(why("[dependencies.b]\noptional = true\n").contains("has no version"));
        assert!(why("[dependencies]\nb = \"?\"\n").contains("asks for `?`"));
        assert!(file("../a", "", &[]).is_err());
        let other = |name: &str| CrateFile::read(name, sound("a", "").bytes).unwrap_err().why;
        assert!(other("a-1.0.1.crate").contains("is not in `a-1.0.1/`"));
        assert!(other("a-1.0.0.tar").contains(".crate"));
        let dirty = "{\"git\":{\"sha1\":\"x\",\"dirty\":true}}";
        let entries = [
            ("a-1.0.0/Cargo.toml", EntryType::Regular, "[package]\nname = \"a\"\nversion = \"1.0.0\"\n"),
            ("a-1.0.0/.cargo_vcs_info.json", EntryType::Regular, dirty),
        ];
        let error = CrateFile::read("a-1.0.0.crate", packed(&entries)).unwrap_err().to_string();
        assert!(error.contains("not committed"), "{error}");
    }

    #[test]
    fn a_package_that_was_cut_short_is_none() {
        let bytes = sound("a", "").bytes;
        for end in 0..bytes.len() {
            assert!(CrateFile::read("a-1.0.0.crate", bytes[..end].to_vec()).is_err(), "{end}");
        }
    }

    proptest! {
        #[test]
        fn a_flipped_bit_gives_another_digest_or_no_package(place in 0_usize..10_000, bit in 0_u8..8) {
            let package = sound("a", "");
            let mut bytes = package.bytes.clone();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            if let Ok(other) = CrateFile::read("a-1.0.0.crate", bytes) {
                prop_assert_ne!(other.digest, package.digest);
            }
        }

        #[test]
        fn any_bytes_are_a_package_or_none(bytes: Vec<u8>) {
            let _ = CrateFile::read("a-1.0.0.crate", bytes);
        }
    }
}
