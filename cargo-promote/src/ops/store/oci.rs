//! Candidates in a repository of an OCI registry.
//!
//! A candidate is an image whose manifest follows from its own, so promotion into another repository is the same bytes
//! under the same digest. Signed statements are images of their own, found by their tags: not every registry has the
//! interface that lists what refers to an image.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use crate::candidate::{Artifact, Candidate, MOST_MANIFEST};
use crate::checked::Checked;
use crate::digest::Digest;
use crate::image::{self, Tag};
use crate::mirrors::Lag;
use crate::name::Label;
use crate::ops::registry::Registry;
use crate::store::{Store, StoreError};

/// The largest signed statement, in bytes.
const MOST_ENVELOPE: u64 = 16 << 20;

/// A repository as a store.
#[derive(Debug)]
pub struct OciStore {
    registry: Registry,
}

impl OciStore {
    /// The store in that repository.
    pub fn new(registry: Registry) -> Self {
        Self { registry }
    }

    fn failed(&self, doing: String, error: &std::io::Error) -> StoreError {
        StoreError::Failed { place: self.place(), doing, cause: error.to_string() }
    }

    fn missing(&self, what: String) -> StoreError {
        StoreError::Missing { place: self.place(), what }
    }

    /// Uploads a file that has to be the artifact.
    fn upload(&self, artifact: &Artifact, path: &Path) -> Result<(), StoreError> {
        let doing = || format!("storing {}", artifact.name);
        let open = || File::open(path).map(|file| Checked::new(file, artifact.digest, artifact.size));
        // a registry that does not compare would take other bytes
        let read = open().and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()));
        read.map_err(|error| {
            let cause = std::io::Error::new(error.kind(), format!("{}: {error}", path.display()));
            self.failed(doing(), &cause)
        })?;
        self.registry.put_blob(&artifact.digest, artifact.size, open)
    }

    /// The image of a candidate whose artifacts are there: its manifest, and the tag that lists it.
    fn finish(&self, candidate: &Candidate) -> Result<(), StoreError> {
        let manifest = candidate.bytes().to_vec();
        let size = manifest.len() as u64;
        self.registry.put_blob(&candidate.digest(), size, || Ok(std::io::Cursor::new(manifest.clone())))?;
        let tag = Tag::Candidate(candidate.digest()).to_string();
        self.registry.put_image(&image::of_candidate(candidate), &tag)?;
        // what was written is what is read
        self.candidate(&candidate.digest()).map(drop)
    }

    fn different(candidate: &Candidate) -> impl Iterator<Item = &Artifact> {
        let mut seen = BTreeSet::new();
        candidate.manifest().artifacts.iter().filter(move |artifact| seen.insert(artifact.digest))
    }

    fn attach_all(&self, candidate: &Digest, envelopes: &[Vec<u8>]) -> Result<(), StoreError> {
        for envelope in envelopes {
            self.attach(candidate, envelope)?;
        }
        Ok(())
    }
}

impl Store for OciStore {
    fn place(&self) -> String {
        self.registry.place()
    }

    fn repository(&self) -> Option<String> {
        Some(self.registry.address())
    }

    fn put(&self, candidate: &Candidate, files: &BTreeMap<Digest, PathBuf>) -> Result<(), StoreError> {
        for artifact in Self::different(candidate) {
            if self.registry.has_blob(&artifact.digest)? {
                continue;
            }
            let Some(path) = files.get(&artifact.digest) else {
                let (place, doing) = (self.place(), format!("storing {}", artifact.name));
                let why = "its file is neither given nor in the store".to_owned();
                return Err(StoreError::Refused { place, doing, why });
            };
            self.upload(artifact, path)?;
        }
        self.finish(candidate)
    }

    fn candidate(&self, digest: &Digest) -> Result<Candidate, StoreError> {
        let what = || format!("the candidate {}", digest.short());
        let bytes = self.registry.blob::<Vec<u8>>(digest, MOST_MANIFEST)?;
        let bytes = bytes.ok_or_else(|| self.missing(what()))?;
        let damaged = |how| StoreError::Damaged { place: self.place(), what: what(), how };
        let candidate = Candidate::read(bytes).map_err(|bad| damaged(bad.to_string()))?;
        // the image is written last, and removed first
        if self.registry.has_image(&image::of_candidate(&candidate))? {
            Ok(candidate)
        } else {
            Err(self.missing(what()))
        }
    }

    fn artifact(&self, candidate: &Candidate, artifact: &Artifact) -> Result<Box<dyn Read>, StoreError> {
        let what = || format!("the artifact {} of {}", artifact.name, candidate.shown());
        // the whole of it is compared before anybody reads the first byte
        let file = self.registry.blob_to(&artifact.digest, artifact.size, tempfile::tempfile)?;
        let mut file = file.ok_or_else(|| self.missing(what()))?;
        file.rewind().map_err(|error| self.failed(format!("reading {}", what()), &error))?;
        Ok(Box::new(Checked::new(file, artifact.digest, artifact.size)))
    }

    fn attach(&self, candidate: &Digest, envelope: &[u8]) -> Result<(), StoreError> {
        let size = envelope.len() as u64;
        if size > MOST_ENVELOPE {
            let (place, doing) = (self.place(), "keeping a signed statement".to_owned());
            let why = format!("it is larger than {MOST_ENVELOPE} bytes");
            return Err(StoreError::Refused { place, doing, why });
        }
        let tag = Tag::statement(candidate, envelope);
        let bytes = envelope.to_vec();
        let open = || Ok(std::io::Cursor::new(bytes.clone()));
        self.registry.put_blob(&Digest::of(envelope), size, open)?;
        self.registry.put_image(&image::of_bytes(&tag, envelope), &tag.to_string())
    }

    fn attestations(&self, candidate: &Digest) -> Result<Vec<Vec<u8>>, StoreError> {
        let tags = self.registry.tags()?;
        let digests: BTreeSet<Digest> = tags
            .iter()
            .filter(|tag| tag.is_about(candidate))
            .filter_map(|tag| match tag {
                Tag::Statement { digest, .. } => Some(*digest),
                _ => None,
            })
            .collect();
        let read = digests.iter().map(|digest| {
            let envelope = self.registry.blob(digest, MOST_ENVELOPE)?;
            envelope.ok_or_else(|| self.missing(format!("the statement {}", digest.short())))
        });
        read.collect()
    }

    fn candidates(&self) -> Result<Vec<Digest>, StoreError> {
        let digest = |tag| match tag {
            Tag::Candidate(digest) => Some(digest),
            _ => None,
        };
        Ok(self.registry.tags()?.into_iter().filter_map(digest).collect())
    }

    /// The images are removed; the registry frees the bytes when it cleans up for itself. It must not be the
    /// repository of an environment whose candidates are not among the kept ones: by its own protocol a registry
    /// removes an image whoever else names it.
    fn sweep(&self, keep: &[Candidate], dry: bool) -> Result<u64, StoreError> {
        let kept: BTreeSet<Digest> = keep.iter().map(Candidate::digest).collect();
        let mut used: BTreeSet<Digest> =
            keep.iter().flat_map(Self::different).map(|artifact| artifact.digest).collect();
        let tags = self.registry.tags()?;
        let mut free = 0;
        for tag in &tags {
            let Tag::Candidate(digest) = tag else { continue };
            if kept.contains(digest) {
                continue;
            }
            let candidate = match self.candidate(digest) {
                Ok(candidate) => candidate,
                // a tag whose image is gone lists nothing
                Err(StoreError::Missing { .. }) => continue,
                Err(other) => return Err(other),
            };
            let loose = Self::different(&candidate).filter(|artifact| used.insert(artifact.digest));
            free += loose.map(|artifact| artifact.size).sum::<u64>();
            free += candidate.bytes().len() as u64;
            if !dry {
                self.registry.remove_image(&Digest::of(&image::of_candidate(&candidate)))?;
            }
        }
        for tag in &tags {
            let Tag::Statement { digest, .. } = tag else { continue };
            if kept.iter().any(|candidate| tag.is_about(candidate)) {
                continue;
            }
            let Some(envelope) = self.registry.blob::<Vec<u8>>(digest, MOST_ENVELOPE)? else { continue };
            free += envelope.len() as u64;
            if !dry {
                self.registry.remove_image(&Digest::of(&image::of_bytes(tag, &envelope)))?;
            }
        }
        Ok(free)
    }

    fn take(&self, from: &dyn Store, candidate: &Candidate) -> Result<(), StoreError> {
        let other = from.repository();
        let sibling = other.as_deref().and_then(|address| self.registry.sibling(address));
        for artifact in Self::different(candidate) {
            let mounted = sibling.is_some_and(|from| self.registry.mount(from, &artifact.digest));
            if mounted || self.registry.has_blob(&artifact.digest)? {
                continue;
            }
            let doing = || format!("taking over {}", artifact.name);
            let mut copy = tempfile::NamedTempFile::new().map_err(|error| self.failed(doing(), &error))?;
            let mut read = from.artifact(candidate, artifact)?;
            std::io::copy(&mut read, &mut copy).map_err(|error| self.failed(doing(), &error))?;
            self.upload(artifact, copy.path())?;
        }
        self.attach_all(&candidate.digest(), &from.attestations(&candidate.digest())?)?;
        self.finish(candidate)
    }

    fn mark(&self, environment: &Label, candidate: &Candidate) -> Result<(), StoreError> {
        self.registry.put_image(&image::of_candidate(candidate), &image::tag_of(environment))
    }

    fn lag(&self, environment: &Label, candidate: &Candidate) -> Result<Option<Lag>, StoreError> {
        let tag = image::tag_of(environment);
        let wanted = Digest::of(&image::of_candidate(candidate)).hex();
        let is = self.registry.tagged(&tag)?;
        let reference = format!("{}:{tag}", self.registry.address());
        Ok((is.as_ref() != Some(&wanted)).then_some(Lag { reference, is, wanted }))
    }
}
