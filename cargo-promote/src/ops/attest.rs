//! Puts signed statements beside a candidate, and into git's notes.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use cargo_gate::exec::Cancel;
use cargo_gate::exec::process::{self, Command};
use cargo_gate::step::End;

use super::keys::{KeyError, Signer};
use super::notes::{self, NotesError};
use super::{Git, GitError};
use crate::attest::{
    BadStatement, Build, Envelope, Predicate, Provenance, PublicKey, Statement, Verdict, ssh,
};
use crate::candidate::Candidate;
use crate::config::Mirrors;
use crate::digest::Digest;
use crate::name::Label;
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
    /// A file that cannot be written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        cause: std::io::Error,
    },
}

impl AttestError {
    fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), cause }
    }
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
    let mut statements = vec![Statement::about(candidate, Predicate::Verdict(verdict.clone()))];
    if !is_known(store, candidate, signer)? {
        statements.push(Statement::about(candidate, Predicate::Provenance(Provenance::of(candidate, build))));
    }
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

/// Whether a provenance of the candidate lies there already, with the word of whoever is about to sign: staging a
/// commit again adds nothing to it.
fn is_known(store: &dyn Store, candidate: &Candidate, signer: Option<&Signer>) -> Result<bool, AttestError> {
    let own = match signer {
        None => None,
        Some(signer) => match signer.keyid() {
            Some(id) => Some(id),
            // a key that only OpenSSH knows is known once it has signed
            None => return Ok(false),
        },
    };
    let same = |envelope: &Envelope| match (&own, envelope.signatures.first()) {
        (None, None) => true,
        (Some(own), Some(signature)) => signature.keyid == *own,
        _ => false,
    };
    let there = store.attestations(&candidate.digest())?;
    Ok(there.iter().filter_map(|bytes| Envelope::read(bytes).ok()).filter(same).any(|envelope| {
        Statement::read(&envelope.payload).is_ok_and(|statement| {
            statement.is_about(candidate) && matches!(statement.predicate, Predicate::Provenance(_))
        })
    }))
}

/// The address of the workflow that GitHub or GitLab runs this in; none elsewhere.
pub fn builder() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let github = || Some(format!("{}/{}", variable("GITHUB_SERVER_URL")?, variable("GITHUB_WORKFLOW_REF")?));
    let gitlab = || Some(format!("{}/-/pipelines", variable("CI_PROJECT_URL")?));
    github().or_else(gitlab).filter(|address| address.starts_with("https://") && address.len() < 500)
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
    let version = |path: &String| version(Path::new(path), &["--version"], folder, cancel);
    tools.iter().filter_map(|(name, path)| Some((name.clone(), version(path)?))).collect()
}

/// The first line of what a program says of its version; none where it says nothing of the kind.
pub fn version(program: &Path, args: &[&str], folder: &Path, cancel: &Cancel) -> Option<String> {
    let command = Command::new(program, folder, Duration::from_secs(10)).args(args);
    let captured = process::run(&command, cancel);
    let text = (captured.end == End::Code(0)).then(|| String::from_utf8(captured.stdout).ok())??;
    let line = text.lines().next()?.trim();
    (!line.is_empty() && line.len() <= 200 && !line.contains(char::is_control)).then(|| line.to_owned())
}

/// Writes each envelope into a new folder in the forms that other programs take: the envelope and the statement as they
/// are, what is signed, the signature of OpenSSH with the file of those who may sign, the bundle of sigstore.
///
/// # Errors
/// Where the folder is there already, or cannot be written.
pub fn export(
    folder: &Path,
    envelopes: &[Envelope],
    keys: &BTreeMap<Label, PublicKey>,
) -> Result<(), AttestError> {
    std::fs::create_dir(folder).map_err(|cause| AttestError::file(folder, cause))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|cause| AttestError::file(&path, cause))
    };
    for envelope in envelopes {
        let bytes = envelope.bytes();
        let name = Digest::of(&bytes).short();
        write(&format!("{name}.json"), &bytes)?;
        write(&format!("{name}.payload.json"), &envelope.payload)?;
        write(&format!("{name}.pae"), &envelope.pae())?;
        if let Some(bundle) = envelope.bundle() {
            write(&format!("{name}.sigstore.json"), &bundle)?;
        }
        let armoured = envelope.signatures.iter().find(|one| ssh::read(&one.bytes).is_ok());
        if let Some(signature) = armoured {
            write(&format!("{name}.sig"), &signature.bytes)?;
        }
    }
    let of_ssh = |(name, key): (&Label, &PublicKey)| match key {
        PublicKey::Ssh(key) => {
            Some(format!("{name} namespaces=\"{}\" {}\n", ssh::NAMESPACE, key.to_openssh().ok()?))
        }
        PublicKey::Plain(_) => None,
    };
    let lines: Vec<String> = keys.iter().filter_map(of_ssh).collect();
    write("allowed_signers", lines.concat().as_bytes())
}
