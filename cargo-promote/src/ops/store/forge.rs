//! Candidates as releases of a forge with GitHub's interface: a draft is filled, read back and compared, and published
//! by one request. Whatever fails in between, the draft is found again and only what is missing or different is
//! uploaded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

use serde_json::json;

use crate::candidate::{Artifact, Candidate, MOST_MANIFEST};
use crate::checked::Checked;
use crate::digest::Digest;
use crate::forge::{self, Asset, Release, Stands};
use crate::ops::forge::Forge;
use crate::store::{Store, StoreError};

/// The largest signed statement, in bytes.
const MOST_ENVELOPE: u64 = 16 << 20;

/// The releases of a repository as a store.
#[derive(Debug)]
pub struct ForgeStore {
    forge: Forge,
}

/// What an asset has to be.
struct Wanted<'a> {
    name: &'a str,
    digest: Digest,
    size: u64,
}

impl<'a> Wanted<'a> {
    fn artifact(artifact: &'a Artifact) -> Self {
        Self { name: artifact.name.as_str(), digest: artifact.digest, size: artifact.size }
    }

    fn bytes(name: &'a str, bytes: &[u8]) -> Self {
        Self { name, digest: Digest::of(bytes), size: bytes.len() as u64 }
    }
}

/// What opens a file from its beginning.
type Open<'a> = &'a dyn Fn() -> Result<File, StoreError>;

impl ForgeStore {
    /// The store in those releases.
    pub fn new(forge: Forge) -> Self {
        Self { forge }
    }

    fn refused(&self, doing: &str, why: impl Into<String>) -> StoreError {
        StoreError::Refused { place: self.place(), doing: doing.to_owned(), why: why.into() }
    }

    fn missing(&self, what: String) -> StoreError {
        StoreError::Missing { place: self.place(), what }
    }

    fn failed(&self, doing: &str, error: &std::io::Error) -> StoreError {
        StoreError::Failed { place: self.place(), doing: doing.to_owned(), cause: error.to_string() }
    }

    /// The release of a candidate: the published one, or else the oldest draft.
    fn find(&self, candidate: &Digest) -> Result<Option<Release>, StoreError> {
        let mut ours = self.forge.releases()?;
        ours.retain(|release| release.is_of(candidate));
        ours.sort_by_key(|release| (release.draft, release.id));
        Ok(ours.into_iter().next())
    }

    fn whole(&self, candidate: &Digest) -> Result<Release, StoreError> {
        let found = self.find(candidate)?.filter(|release| release.candidate() == Some(*candidate));
        found.ok_or_else(|| self.missing(format!("the candidate {}", candidate.short())))
    }

    /// The draft of a candidate, made where there is none.
    fn draft(&self, candidate: &Candidate) -> Result<Release, StoreError> {
        if let Some(release) = self.find(&candidate.digest())? {
            return Ok(release);
        }
        let manifest = candidate.manifest();
        self.forge.create(&json!({
            "tag_name": format!("v{}", manifest.version),
            "target_commitish": manifest.commit,
            "name": forge::draft(&candidate.digest()),
            "draft": true,
            "prerelease": !manifest.version.pre.is_empty(),
        }))
    }

    /// Compares the bytes of an asset with what they have to be.
    fn compare(&self, asset: &Asset, wanted: &Wanted<'_>) -> Result<(), StoreError> {
        let mut bytes = Checked::new(self.forge.read(asset.id, wanted.name)?, wanted.digest, wanted.size);
        std::io::copy(&mut bytes, &mut std::io::sink()).map(drop).map_err(|error| {
            let (place, what) = (self.place(), format!("the asset {}", wanted.name));
            match error.kind() {
                std::io::ErrorKind::InvalidData => {
                    StoreError::Damaged { place, what, how: error.to_string() }
                }
                _ => self.failed(&format!("reading {}", wanted.name), &error),
            }
        })
    }

    /// Uploads an asset unless it is there already, and reads it back.
    fn fill(
        &self,
        release: &Release,
        there: &[Asset],
        wanted: &Wanted<'_>,
        open: Open<'_>,
    ) -> Result<(), StoreError> {
        let doing = format!("storing {}", wanted.name);
        let found = there.iter().find(|asset| asset.name == wanted.name);
        let stands = found.map_or(Stands::Other, |asset| asset.stands(&wanted.digest, wanted.size));
        if let Some(asset) = found {
            if stands != Stands::Other {
                match self.compare(asset, wanted) {
                    Err(StoreError::Damaged { .. }) => {}
                    compared => return compared,
                }
            }
            if !release.draft {
                let why = format!("the release is published, and its asset {} is another file", wanted.name);
                return Err(self.refused(&doing, why));
            }
            self.forge.remove_asset(asset.id, wanted.name)?;
        }
        if !release.draft {
            return Err(self.refused(&doing, "the release is published without it"));
        }
        let mut file = open()?;
        let read =
            Digest::copy(&mut file, &mut std::io::sink()).and_then(|read| file.rewind().map(|()| read));
        if read.map_err(|error| self.failed(&doing, &error))? != (wanted.digest, wanted.size) {
            return Err(self.refused(&doing, "its file is not what the manifest says"));
        }
        let asset = self.forge.upload(release, wanted.name, wanted.size, &file)?;
        if asset.name != wanted.name {
            return Err(self.refused(&doing, format!("the forge calls it {}", asset.name.escape_debug())));
        }
        if asset.stands(&wanted.digest, wanted.size) == Stands::Other {
            let (place, what) = (self.place(), format!("the asset {}", wanted.name));
            let how = "what the forge has is not what was uploaded".to_owned();
            return Err(StoreError::Damaged { place, what, how });
        }
        self.compare(&asset, wanted)
    }

    /// Puts all artifacts in, and then the manifest.
    fn fill_all(
        &self,
        candidate: &Candidate,
        open: &dyn Fn(&Artifact) -> Result<File, StoreError>,
    ) -> Result<(), StoreError> {
        let release = self.draft(candidate)?;
        let there = self.forge.assets(release.id)?;
        for artifact in &candidate.manifest().artifacts {
            self.fill(&release, &there, &Wanted::artifact(artifact), &|| open(artifact))?;
        }
        let name = forge::manifest(&candidate.digest());
        let bytes = candidate.bytes();
        self.fill(&release, &there, &Wanted::bytes(&name, bytes), &|| self.temporary(bytes))
    }

    fn temporary(&self, bytes: &[u8]) -> Result<File, StoreError> {
        let write = || {
            let mut file = tempfile::tempfile()?;
            file.write_all(bytes)?;
            file.rewind()?;
            Ok(file)
        };
        write().map_err(|error| self.failed("writing a temporary file", &error))
    }

    /// The bytes of a small asset whose digest its name tells.
    fn small(&self, asset: &Asset, digest: &Digest, most: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let read = self.forge.read(asset.id, &asset.name)?.take(most + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.failed(&format!("reading {}", asset.name), &error))?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        let (place, what) = (self.place(), format!("the asset {}", asset.name));
        Err(StoreError::Damaged { place, what, how: "its bytes are others than its name says".to_owned() })
    }
}

impl Store for ForgeStore {
    fn place(&self) -> String {
        self.forge.place()
    }

    fn put(&self, candidate: &Candidate, files: &BTreeMap<Digest, PathBuf>) -> Result<(), StoreError> {
        self.fill_all(candidate, &|artifact| {
            let doing = format!("storing {}", artifact.name);
            let Some(path) = files.get(&artifact.digest) else {
                return Err(self.refused(&doing, "its file is neither given nor in the store"));
            };
            File::open(path).map_err(|error| self.failed(&doing, &error))
        })
    }

    fn candidate(&self, digest: &Digest) -> Result<Candidate, StoreError> {
        let release = self.whole(digest)?;
        let name = forge::manifest(digest);
        let asset = release.assets.iter().find(|asset| asset.name == name);
        let asset = asset.ok_or_else(|| self.missing(format!("the candidate {}", digest.short())))?;
        let bytes = self.small(asset, digest, MOST_MANIFEST)?;
        Candidate::read(bytes).map_err(|bad| {
            let (place, what) = (self.place(), format!("the candidate {}", digest.short()));
            StoreError::Damaged { place, what, how: bad.to_string() }
        })
    }

    fn artifact(&self, candidate: &Candidate, artifact: &Artifact) -> Result<Box<dyn Read>, StoreError> {
        let release = self.whole(&candidate.digest())?;
        let assets = self.forge.assets(release.id)?;
        let asset = assets.iter().find(|asset| asset.name == artifact.name.as_str());
        let asset = asset.ok_or_else(|| {
            self.missing(format!("the artifact {} of {}", artifact.name, candidate.shown()))
        })?;
        let bytes = self.forge.read(asset.id, artifact.name.as_str())?;
        Ok(Box::new(Checked::new(bytes, artifact.digest, artifact.size)))
    }

    fn attach(&self, candidate: &Digest, envelope: &[u8]) -> Result<(), StoreError> {
        let name = forge::statement(&Digest::of(envelope));
        if envelope.len() as u64 > MOST_ENVELOPE {
            return Err(self
                .refused("keeping a signed statement", format!("it is larger than {MOST_ENVELOPE} bytes")));
        }
        let release = self.whole(candidate)?;
        let there = self.forge.assets(release.id)?;
        self.fill(&release, &there, &Wanted::bytes(&name, envelope), &|| self.temporary(envelope))
    }

    fn attestations(&self, candidate: &Digest) -> Result<Vec<Vec<u8>>, StoreError> {
        let Some(release) = self.find(candidate)? else { return Ok(Vec::new()) };
        let assets = self.forge.assets(release.id)?;
        let ours: BTreeMap<Digest, &Asset> =
            assets.iter().filter_map(|asset| Some((forge::statement_of(&asset.name)?, asset))).collect();
        let whole = ours.iter().filter(|(_, asset)| asset.state == "uploaded");
        whole.map(|(digest, asset)| self.small(asset, digest, MOST_ENVELOPE)).collect()
    }

    fn candidates(&self) -> Result<Vec<Digest>, StoreError> {
        let releases = self.forge.releases()?;
        let found: BTreeSet<Digest> = releases.iter().filter_map(Release::candidate).collect();
        Ok(found.into_iter().collect())
    }

    /// Drafts only: what the public has seen stays.
    fn sweep(&self, keep: &[Candidate], dry: bool) -> Result<u64, StoreError> {
        let kept: BTreeSet<Digest> = keep.iter().map(Candidate::digest).collect();
        let mut free = 0;
        for release in self.forge.releases()? {
            let Some(digest) = release.draft_of().filter(|digest| !kept.contains(digest)) else { continue };
            free += self.forge.assets(release.id)?.iter().map(|asset| asset.size).sum::<u64>();
            if !dry {
                self.forge.remove_release(release.id, &format!("the draft of {}", digest.short()))?;
            }
        }
        Ok(free)
    }

    fn take(&self, from: &dyn Store, candidate: &Candidate) -> Result<(), StoreError> {
        self.fill_all(candidate, &|artifact| {
            let doing = format!("taking over {}", artifact.name);
            let mut file = tempfile::tempfile().map_err(|error| self.failed(&doing, &error))?;
            let mut bytes = from.artifact(candidate, artifact)?;
            let copied = std::io::copy(&mut bytes, &mut file).and_then(|_| file.rewind());
            copied.map_err(|error| self.failed(&doing, &error))?;
            Ok(file)
        })?;
        for envelope in from.attestations(&candidate.digest())? {
            self.attach(&candidate.digest(), &envelope)?;
        }
        Ok(())
    }

    fn reveal(&self, candidate: &Candidate) -> Result<(), StoreError> {
        let doing = "publishing the release";
        let release = self.whole(&candidate.digest())?;
        let assets = self.forge.assets(release.id)?;
        for artifact in &candidate.manifest().artifacts {
            let name = artifact.name.as_str();
            let asset = assets.iter().find(|asset| asset.name == name);
            let asset = asset.ok_or_else(|| self.missing(format!("the asset {name}")))?;
            self.compare(asset, &Wanted::artifact(artifact))?;
        }
        if !release.draft {
            return Ok(());
        }
        let manifest = candidate.manifest();
        let tag = format!("v{}", manifest.version);
        if let Some(commit) = self.forge.commit_of_tag(&tag)?
            && commit != manifest.commit
        {
            let why = format!(
                "the tag {tag} is the commit {commit}, and this candidate was built from {}",
                manifest.commit
            );
            return Err(self.refused(doing, why));
        }
        let shown = json!({
            "tag_name": tag,
            "target_commitish": manifest.commit,
            "name": format!("{} {}", manifest.name, manifest.version),
            "draft": false,
        });
        match self.forge.publish(release.id, &shown) {
            Err(lost @ StoreError::Unknown { .. }) => match self.find(&candidate.digest())? {
                Some(release) if !release.draft => Ok(()),
                _ => Err(lost),
            },
            told => told,
        }
    }
}
