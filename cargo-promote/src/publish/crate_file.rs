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
