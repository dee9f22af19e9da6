//! Puts signed statements beside a candidate, and into git's notes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_gate::exec::Cancel;
use cargo_gate::exec::process::{self, Command};
use cargo_gate::step::End;

use super::keys::{KeyError, Signer};
use super::notes::{self, NotesError};
use super::{Git, GitError};
use crate::attest::{BadStatement, Build, Envelope, Predicate, Provenance, Statement, Verdict};
use crate::candidate::Candidate;
use crate::config::Mirrors;
use crate::store::{Store, StoreError};

/// What is known once a candidate is in its store.
#[derive(Clone, Copy)]
pub struct Staged<'a> {
    /// The candidate.
    pub candidate: &'a Candidate,
    /// How the gates judged its tree.
    pub verdict: &'a Verdict,
    /// How it was built.
    pub build: &'a Build,
    /// Where it is.
    pub store: &'a dyn Store,
    /// What signs, if anything does.
    pub signer: Option<&'a Signer>,
    /// The workspace root.
    pub root: &'a Path,
    /// Where the notes are shared.
    pub mirrors: &'a Mirrors,
    /// Ends what is running.
    pub cancel: &'a Cancel,
}

/// Why a statement could not be signed or kept.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The statement.
    #[error(transparent)]
    Statement(#[from] BadStatement),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// git's notes.
    #[error(transparent)]
    Notes(#[from] NotesError),
    /// git.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Where statements go.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// Beside the candidate.
    pub store: &'a dyn Store,
    /// The workspace root, in whose repository the notes are.
    pub root: &'a Path,
    /// Where the notes are shared.
    pub mirrors: &'a Mirrors,
    /// Ends what is running.
    pub cancel: &'a Cancel,
}

/// Signs the verdict and the provenance of a candidate that was just staged, and keeps them. Gives lines for the user.
///
/// # Errors
/// Where one cannot be signed or kept. Notes that cannot be shared are told in the lines.
pub fn after_stage(staged: &Staged<'_>) -> Result<Vec<String>, AttestError> {
    let Staged { candidate, verdict, build, store, signer, root, mirrors, cancel } = *staged;
    let statements = [
        Statement::about(candidate, Predicate::Verdict(verdict.clone())),
        Statement::about(candidate, Predicate::Provenance(Provenance::of(candidate, build))),
    ];
    let envelopes = statements.iter().map(|statement| wrap(statement, signer));
    let envelopes = envelopes.collect::<Result<Vec<_>, _>>()?;
    let mut lines = keep(candidate, &envelopes, &Places { store, root, mirrors, cancel })?;
    lines.insert(
        0,
        match envelopes.first().and_then(|envelope| envelope.signatures.first()) {
            Some(signature) => format!("verdict and provenance are signed by {}", signature.keyid),
            None => {
                "verdict and provenance are not signed: no key was named (`--key`, `--key-env`, `--ssh-key`)"
                    .to_owned()
            }
        },
    );
    Ok(lines)
}

/// A statement in its envelope; unsigned where nothing signs.
///
/// # Errors
/// Where it cannot be written or signed.
pub fn wrap(statement: &Statement, signer: Option<&Signer>) -> Result<Envelope, AttestError> {
    let payload = statement.bytes()?;
    match signer {
        Some(signer) => Ok(signer.sign(payload)?),
        None => Ok(Envelope { payload, signatures: Vec::new() }),
    }
}

/// Keeps envelopes beside the candidate and in git's notes at its tree.
///
/// # Errors
/// Where the store or the repository cannot be written. Notes that cannot be shared are told in the lines.
pub fn keep(
    candidate: &Candidate,
    envelopes: &[Envelope],
    places: &Places<'_>,
) -> Result<Vec<String>, AttestError> {
    for envelope in envelopes {
        places.store.attach(&candidate.digest(), &envelope.bytes())?;
    }
    let git = Git::new(places.root, places.cancel)?;
    let tree = &candidate.manifest().tree;
    let name = format!("{tree}^{{tree}}");
    if git.run(["rev-parse", "--quiet", "--verify", &name], None).end != End::Code(0) {
        return Ok(vec![format!("no note was written: this repository does not have the tree {tree}")]);
    }
    let texts = envelopes.iter().map(|envelope| String::from_utf8_lossy(&envelope.bytes()).into_owned());
    notes::append(&git, tree, &texts.collect::<Vec<_>>())?;
    let Some(remote) = &places.mirrors.remote else { return Ok(Vec::new()) };
    Ok(match notes::share(&git, remote) {
        Ok(()) => Vec::new(),
        Err(error) => {
            vec![format!("the notes could not be shared ({error}); `cargo promote attest share` tries again")]
        }
    })
}

/// The versions of tools, as they tell them themselves; those that tell none are left out.
pub fn versions(
    tools: &BTreeMap<String, String>,
    folder: &Path,
    cancel: &Cancel,
) -> BTreeMap<String, String> {
    let version = |path: &str| {
        let command = Command::new(PathBuf::from(path), folder, Duration::from_secs(10)).args(["--version"]);
        let captured = process::run(&command, cancel);
        let text = (captured.end == End::Code(0)).then(|| String::from_utf8(captured.stdout).ok())??;
        let line = text.lines().next()?.trim();
        (!line.is_empty() && line.len() <= 200 && !line.contains(char::is_control)).then(|| line.to_owned())
    };
    tools.iter().filter_map(|(name, path)| Some((name.clone(), version(path)?))).collect()
}
