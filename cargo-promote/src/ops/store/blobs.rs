//! A store in anything that has named bytes: a folder, a bucket.
//!
//! `blobs/sha256/HEX` are artifacts, `candidates/HEX` manifests, `attestations/CANDIDATE/HEX` signed statements; HEX
//! is the digest of the bytes in each of them, and no part of a name comes from elsewhere.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use crate::candidate::{Artifact, Candidate, MOST_MANIFEST};
use crate::checked::Checked;
use crate::digest::Digest;
use crate::ops::folder::Listed;
use crate::store::{Store, StoreError};

/// The largest signed statement, in bytes.
const MOST_ENVELOPE: u64 = 16 << 20;

/// How a place keeps those who clean up from those who store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// By [`Blobs::hold`]: what is there stays there while it is held.
    ByLock,
    /// By age: what is younger is never removed, and what is stored again is written again.
    ByAge(Duration),
}

/// Named bytes, each written at once: a reader sees all of them or none.
pub trait Blobs {
    /// What it is called in messages, without secrets.
    fn place(&self) -> String;

    /// How those who clean up are kept from those who store.
    fn held(&self) -> Held;

    /// Keeps others from cleaning up, or, alone, from storing, until what is given is dropped.
    ///
    /// # Errors
    /// Where that is not possible.
    fn hold(&self, _alone: bool) -> Result<Box<dyn Any>, StoreError> {
        Ok(Box::new(()))
    }

    /// The bytes of that name; nothing where there are none.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn read(&self, name: &str) -> Result<Option<Box<dyn Read>>, StoreError>;

    /// Writes bytes that have this digest and size; those of that name are replaced.
    ///
    /// # Errors
    /// Where they cannot be written, or are others: then nothing has changed.
    fn write(&self, name: &str, from: &mut dyn Read, digest: &Digest, size: u64) -> Result<(), StoreError>;

    /// All names below a folder, which has no `/` at its end, sorted.
    ///
    /// # Errors
    /// Where they cannot be listed.
    fn list(&self, below: &str) -> Result<Vec<Listed>, StoreError>;

    /// Removes bytes; those that are not there are removed.
    ///
    /// # Errors
    /// Where they cannot be removed.
    fn remove(&self, name: &str) -> Result<(), StoreError>;

    /// Removes what was begun and never finished, held alone. Gives the bytes that are free then.
    ///
    /// # Errors
    /// Where something cannot be removed.
    fn remove_unfinished(&self, _dry: bool) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// A store in such a place.
#[derive(Debug, Clone)]
pub struct BlobStore<B> {
    blobs: B,
}

/// An artifact's bytes.
type Opened = Result<Box<dyn Read>, StoreError>;

fn blob(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn manifest(digest: &Digest) -> String {
    format!("candidates/{}", digest.hex())
}

fn statements(candidate: &Digest) -> String {
    format!("attestations/{}", candidate.hex())
}

/// The digest that the last part of a name is; what is called otherwise is not ours.
fn digest_of(name: &str) -> Option<Digest> {
    format!("sha256:{}", name.rsplit('/').next()?).parse().ok()
}

impl<B: Blobs> BlobStore<B> {
    /// The store in that place.
    pub fn new(blobs: B) -> Self {
        Self { blobs }
    }

    /// Its place.
    pub fn blobs(&self) -> &B {
        &self.blobs
    }

    fn missing(&self, what: String) -> StoreError {
        StoreError::Missing { place: self.blobs.place(), what }
    }

    fn damaged(&self, what: String, how: String) -> StoreError {
        StoreError::Damaged { place: self.blobs.place(), what, how }
    }

    /// The bytes of that name, which its last part is the digest of.
    fn small(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(from) = self.blobs.read(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        from.take(most + 1).read_to_end(&mut bytes).map_err(|error| StoreError::Failed {
            place: self.blobs.place(),
            doing: format!("reading {name}"),
            cause: error.to_string(),
        })?;
        if bytes.len() as u64 > most {
            return Err(self.damaged(name.to_owned(), format!("it is larger than {most} bytes")));
        }
        match digest_of(name) {
            Some(digest) if digest != Digest::of(&bytes) => {
                Err(self.damaged(name.to_owned(), format!("its digest is {}", Digest::of(&bytes))))
            }
            _ => Ok(Some(bytes)),
        }
    }

    /// Whether these bytes are there, undamaged. What is held by age has to be written again in any case.
    fn has(&self, name: &str, digest: &Digest, size: u64) -> Result<bool, StoreError> {
        if self.blobs.held() != Held::ByLock {
            return Ok(false);
        }
        let Some(from) = self.blobs.read(name)? else { return Ok(false) };
        Ok(Digest::copy(&mut Checked::new(from, *digest, size), &mut std::io::sink()).is_ok())
    }

    fn write_small(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
        if self.has(name, &digest, size)? {
            return Ok(());
        }
        self.blobs.write(name, &mut &*bytes, &digest, size)
    }

    /// Puts artifacts in, and then the manifest.
    fn fill(&self, candidate: &Candidate, open: &dyn Fn(&Artifact) -> Opened) -> Result<(), StoreError> {
        for artifact in &candidate.manifest().artifacts {
            let name = blob(&artifact.digest);
            if !self.has(&name, &artifact.digest, artifact.size)? {
                self.blobs.write(&name, &mut open(artifact)?, &artifact.digest, artifact.size)?;
            }
        }
        self.write_small(&manifest(&candidate.digest()), candidate.bytes())
    }

    fn open_file(&self, artifact: &Artifact, files: &BTreeMap<Digest, PathBuf>) -> Opened {
        let doing = format!("storing {}", artifact.name);
        let Some(path) = files.get(&artifact.digest) else {
            let why = "its file is neither given nor in the store".to_owned();
            return Err(StoreError::Refused { place: self.blobs.place(), doing, why });
        };
        match File::open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => {
                let cause = format!("{}: {error}", path.display());
                Err(StoreError::Failed { place: self.blobs.place(), doing, cause })
            }
        }
    }

    /// Everything that belongs to none of the kept candidates, manifests first.
    fn loose(&self, keep: &[Candidate]) -> Result<Vec<Listed>, StoreError> {
        let kept: BTreeSet<Digest> = keep.iter().map(Candidate::digest).collect();
        let artifacts = keep.iter().flat_map(|candidate| &candidate.manifest().artifacts);
        let artifacts: BTreeSet<Digest> = artifacts.map(|artifact| artifact.digest).collect();
        let young = |file: &Listed| matches!(self.blobs.held(), Held::ByAge(age) if file.age < age);
        let is_of = |file: &Listed, digests: &BTreeSet<Digest>| {
            digest_of(&file.name).is_none_or(|digest| digests.contains(&digest))
        };
        let of_kept = |file: &Listed| {
            file.name
                .rsplit_once('/')
                .and_then(|(folder, _)| digest_of(folder))
                .is_none_or(|it| kept.contains(&it))
        };
        let mut loose = self.blobs.list("candidates")?;
        loose.retain(|file| !is_of(file, &kept));
        let mut signed = self.blobs.list("attestations")?;
        signed.retain(|file| !of_kept(file));
        let mut blobs = self.blobs.list("blobs/sha256")?;
        blobs.retain(|file| !is_of(file, &artifacts));
        loose.extend(signed);
        loose.extend(blobs);
        loose.retain(|file| !young(file));
        Ok(loose)
    }
}

impl<B: Blobs> Store for BlobStore<B> {
    fn place(&self) -> String {
        self.blobs.place()
    }

    fn put(&self, candidate: &Candidate, files: &BTreeMap<Digest, PathBuf>) -> Result<(), StoreError> {
        let _held = self.blobs.hold(false)?;
        self.fill(candidate, &|artifact| self.open_file(artifact, files))
    }

    fn candidate(&self, digest: &Digest) -> Result<Candidate, StoreError> {
        let what = || format!("the candidate {}", digest.short());
        let bytes = self.small(&manifest(digest), MOST_MANIFEST)?.ok_or_else(|| self.missing(what()))?;
        Candidate::read(bytes).map_err(|bad| self.damaged(what(), bad.to_string()))
    }

    fn artifact(&self, candidate: &Candidate, artifact: &Artifact) -> Result<Box<dyn Read>, StoreError> {
        let what = || format!("the artifact {} of {}", artifact.name, candidate.shown());
        let from = self.blobs.read(&blob(&artifact.digest))?.ok_or_else(|| self.missing(what()))?;
        Ok(Box::new(Checked::new(from, artifact.digest, artifact.size)))
    }

    fn attach(&self, candidate: &Digest, envelope: &[u8]) -> Result<(), StoreError> {
        let _held = self.blobs.hold(false)?;
        if envelope.len() as u64 > MOST_ENVELOPE {
            let doing = "keeping a signed statement".to_owned();
            let why = format!("it is larger than {MOST_ENVELOPE} bytes");
            return Err(StoreError::Refused { place: self.blobs.place(), doing, why });
        }
        self.write_small(&format!("{}/{}", statements(candidate), Digest::of(envelope).hex()), envelope)
    }

    fn attestations(&self, candidate: &Digest) -> Result<Vec<Vec<u8>>, StoreError> {
        let listed = self.blobs.list(&statements(candidate))?;
        let ours = listed.iter().filter(|file| digest_of(&file.name).is_some());
        let read = ours.map(|file| self.small(&file.name, MOST_ENVELOPE));
        read.filter_map(Result::transpose).collect()
    }

    fn candidates(&self) -> Result<Vec<Digest>, StoreError> {
        Ok(self.blobs.list("candidates")?.iter().filter_map(|file| digest_of(&file.name)).collect())
    }

    fn sweep(&self, keep: &[Candidate], dry: bool) -> Result<u64, StoreError> {
        let _held = self.blobs.hold(true)?;
        let mut free = 0;
        for file in self.loose(keep)? {
            free += file.size;
            if !dry {
                self.blobs.remove(&file.name)?;
            }
        }
        Ok(free + self.blobs.remove_unfinished(dry)?)
    }

    fn take(&self, from: &dyn Store, candidate: &Candidate) -> Result<(), StoreError> {
        let _held = self.blobs.hold(false)?;
        for envelope in from.attestations(&candidate.digest())? {
            let name = format!("{}/{}", statements(&candidate.digest()), Digest::of(&envelope).hex());
            self.write_small(&name, &envelope)?;
        }
        self.fill(candidate, &|artifact| from.artifact(candidate, artifact))
    }
}
