//! `cargo promote stage`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::files::Files;
use super::site::{self, Site};
use super::source::{self, Source};
use super::{build, crates, documents, gates};
use crate::attest::Build;
use crate::candidate::{Candidate, Kind, Manifest, Toolchain};
use crate::config::CandidateSettings;
use crate::digest::Digest;
use crate::ledger::{Action, Staged, State};
use crate::ops::keys::SignWith;
use crate::ops::{Session, advance, attest};
use crate::stage::archive::{self, Member as Entry};
use crate::stage::{
    Asked, Member, Plan, Subject, Verdict, archive_folder, file_name, plan, same_build, subject,
};
use crate::store::Store;
use crate::trouble::Trouble;

/// What is to be staged.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Files to take instead of building.
    pub files: Vec<PathBuf>,
    /// What to build.
    pub asked: Asked,
    /// The commit; `HEAD` without one.
    pub revision: Option<String>,
    /// Why, for the ledger.
    pub reason: String,
    /// What signs the verdict and the provenance.
    pub sign: SignWith,
}

/// What was staged.
#[derive(Debug)]
pub struct Done {
    /// The candidate.
    pub candidate: Candidate,
    /// Whether it was staged before.
    pub already: bool,
    /// What it rests on.
    pub verdict: Verdict,
    /// The store that it is in.
    pub place: String,
    /// What is to be known of its attestations.
    pub notes: Vec<String>,
}

/// Builds a commit, or takes files, and stages that.
///
/// # Errors
/// Where the commit is not clean, has no passing verdict, or does not build; where a store or the ledger fails.
pub fn stage(session: &Session, request: &Request, say: &dyn Fn(&str)) -> Result<Done, Trouble> {
    let source = source::source(&session.git, request.revision.as_deref())?;
    // whoever cannot write the ledger is told so before anything is built
    session.actor()?;
    let signer = request.sign.signer().map_err(could_not)?;
    let name = session.staging_store()?;
    let store = session.store(&name)?;
    let ledger = session.ledger()?;
    let verdict = gates::verdict(&session.root, &source, &session.cancel, say)?;
    let folder = tempfile::Builder::new().prefix("promote-stage-").tempdir();
    let folder =
        folder.map_err(|error| Trouble::CouldNot(format!("no folder for temporary files: {error}")))?;
    let started = jiff::Timestamp::now();
    let site = Site::open(session, &source, say)?;
    let (manifest, files) = made(session, request, &source, &site, folder.path(), say)?;
    let candidate = Candidate::new(&manifest)?;
    let state = ledger.head()?.state();
    same_build_as_before(&candidate, &state, store.as_ref())?;
    say(&format!("storing it in {}", store.place()));
    // nobody cleans up between the bytes and the entry that keeps them
    let _held = session.hold(&name, false)?;
    store.put(&candidate, &files)?;
    let known = state.candidates.contains_key(&candidate.digest()) && signer.is_none();
    let notes = if known && !store.attestations(&candidate.digest())?.is_empty() {
        Vec::new()
    } else {
        let versions = gates::versions(&verdict, &session.root, &session.cancel);
        attest::after_stage(&attest::Staged {
            candidate: &candidate,
            verdict: &verdict.statement(&source.commit, versions),
            build: &Build {
                targets: targets(&manifest),
                started,
                finished: jiff::Timestamp::now(),
                builder: attest::builder(),
            },
            store: store.as_ref(),
            signer: signer.as_ref(),
            root: &session.root,
            mirrors: &session.config.mirrors,
            cancel: &session.cancel,
        })
        .map_err(could_not)?
    };
    let staged = Staged {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        commit: manifest.commit.clone(),
        tree: manifest.tree.clone(),
        at: jiff::Timestamp::UNIX_EPOCH,
        reached: BTreeSet::new(),
    };
    let digest = candidate.digest();
    let action = Action::Stage { candidate: digest, staged };
    let added = advance(ledger.as_ref(), &session.cancel, &|| session.by(&request.reason), &|head| {
        Ok((!head.state().candidates.contains_key(&digest)).then(|| action.clone()))
    })?;
    Ok(Done { candidate, already: added.is_none(), verdict, place: store.place(), notes })
}

/// The targets that files of the candidate are for.
fn targets(manifest: &Manifest) -> Vec<String> {
    let targets = manifest.artifacts.iter().filter_map(|artifact| artifact.target.clone());
    targets.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Refuses another candidate of one commit whose files have the same names and other bytes, by the same toolchain.
fn same_build_as_before(candidate: &Candidate, state: &State, store: &dyn Store) -> Result<(), Trouble> {
    let manifest = candidate.manifest();
    let others = state.candidates.iter().filter(|(digest, staged)| {
        **digest != candidate.digest() && staged.commit == manifest.commit && staged.name == manifest.name
    });
    for (digest, _) in others {
        // one that cannot be read is for `verify` to tell of
        let Ok(other) = store.candidate(digest) else { continue };
        same_build(&other, candidate)?;
    }
    Ok(())
}

type Made = (Manifest, BTreeMap<Digest, PathBuf>);

/// The manifest and its files.
fn made(
    session: &Session,
    request: &Request,
    source: &Source,
    site: &Site,
    folder: &Path,
    say: &dyn Fn(&str),
) -> Result<Made, Trouble> {
    let metadata = site.metadata(request.files.is_empty())?;
    let members = site::members(&site.facts, &metadata)?;
    let settings = &session.config.candidate;
    let toolchain = &site.facts.toolchain;
    let mut files = Files::default();
    let wanted = plan(&members, settings, &request.asked, &site.facts.build_targets, &toolchain.host);
    let of = |plan: &Plan| if plan.programs.is_empty() { plan.crates.clone() } else { plan.programs.clone() };
    let named = session.config.name.as_deref();
    let called = if request.files.is_empty() {
        let plan = wanted?;
        let called = subject(named, &members, &of(&plan))?;
        let work = Work { site, plan: &plan, called: &called, settings, time: source.time, folder };
        work.programs(&mut files, say)?;
        work.crates(&mut files, say)?;
        let packages = of(&plan);
        work.bills(&mut files, &metadata, &packages)?;
        called
    } else {
        for path in &request.files {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let name = name.parse().map_err(|error| Trouble::CouldNot(format!("--file: {error}")))?;
            files.take(path, name, Kind::File, None)?;
        }
        subject(named, &members, &wanted.map_or_else(|_| members.clone(), |plan| of(&plan)))?
    };
    let (artifacts, paths) = files.finish(folder)?;
    let manifest = Manifest {
        schema_version: Manifest::schema_version(),
        name: called.name,
        version: called.version,
        commit: source.commit.clone(),
        tree: source.tree.clone(),
        toolchain: Toolchain {
            rustc: toolchain.rustc.clone(),
            cargo: site.cargo_version()?,
            host: toolchain.host.clone(),
        },
        artifacts,
    };
    Ok((manifest, paths))
}

/// What is built, and where to.
struct Work<'a> {
    site: &'a Site,
    plan: &'a Plan,
    called: &'a Subject,
    settings: &'a CandidateSettings,
    time: u64,
    folder: &'a Path,
}

impl Work<'_> {
    /// The target in a file's name: only where there are several.
    fn shown<'t>(&self, target: &'t str) -> Option<&'t str> {
        (self.plan.targets.len() > 1).then_some(target)
    }

    fn programs(&self, files: &mut Files, say: &dyn Fn(&str)) -> Result<(), Trouble> {
        if self.plan.programs.is_empty() {
            return Ok(());
        }
        for target in &self.plan.targets {
            say(&format!("building for {}", target.0));
            let programs = build::programs(self.site, self.plan, target)?;
            for (name, path) in &programs {
                let (stem, ending) =
                    name.strip_suffix(".exe").map_or((name.as_str(), ""), |stem| (stem, ".exe"));
                let name = file_name(stem, self.shown(&target.0), ending).map_err(could_not)?;
                files.take(path, name, Kind::Binary, Some(&target.0))?;
            }
            if self.settings.archives {
                self.archive(files, &target.0, &programs)?;
            }
        }
        Ok(())
    }

    fn archive(
        &self,
        files: &mut Files,
        target: &str,
        programs: &BTreeMap<String, PathBuf>,
    ) -> Result<(), Trouble> {
        let top = archive_folder(self.called, target);
        let root = &self.site.facts.root;
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| Trouble::CouldNot(format!("{}: {error}", path.display())))
        };
        let mut entries = Vec::new();
        for (name, path) in programs {
            entries.push(Entry { path: format!("{top}/{name}"), program: true, bytes: read(path)? });
        }
        let globs = &self.settings.files;
        let unmatched = globs.unmatched(self.site.facts.files.iter().map(String::as_str));
        if let Some(glob) = unmatched.first().filter(|_| *globs != CandidateSettings::default().files) {
            let why = format!("promote.toml: `candidate.files`: `{glob}` matches no file of the commit");
            return Err(Trouble::CouldNot(why));
        }
        for file in self.site.facts.files.iter().filter(|file| globs.matches(file)) {
            let path = root.join(file);
            // what a link leads to may lie anywhere
            if path.symlink_metadata().is_ok_and(|there| there.is_file()) {
                entries.push(Entry { path: format!("{top}/{file}"), program: false, bytes: read(&path)? });
            }
        }
        let mut bytes = Vec::new();
        archive::write(&mut bytes, entries, self.time).map_err(could_not)?;
        let name = file_name(&top, None, ".tar.gz").map_err(could_not)?;
        files.write(self.folder, &bytes, name, Kind::Archive, Some(target))
    }

    fn crates(&self, files: &mut Files, say: &dyn Fn(&str)) -> Result<(), Trouble> {
        if !self.plan.crates.is_empty() {
            say("packing crates");
        }
        for path in crates::pack(self.site, &self.plan.crates, &self.folder.join("crates"))? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            files.take(&path, name.parse().map_err(could_not)?, Kind::Crate, None)?;
        }
        Ok(())
    }

    fn bills(
        &self,
        files: &mut Files,
        metadata: &cargo_metadata::Metadata,
        packages: &[Member],
    ) -> Result<(), Trouble> {
        for target in &self.plan.targets {
            for (package, bytes) in documents::bills(self.site, metadata, packages, target, self.time)? {
                let name = file_name(&package, self.shown(&target.0), ".cdx.json").map_err(could_not)?;
                files.write(self.folder, &bytes, name, Kind::Sbom, Some(&target.0))?;
            }
        }
        Ok(())
    }
}

fn could_not(error: impl std::fmt::Display) -> Trouble {
    Trouble::CouldNot(error.to_string())
}
