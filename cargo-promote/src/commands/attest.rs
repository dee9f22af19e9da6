//! `cargo promote attest`: the signed statements beside a candidate.

use std::path::{Path, PathBuf};

use cargo_gate::render::Console;
use clap::{Subcommand, ValueEnum};

use crate::attest::policy::{self, Evidence};
use crate::attest::{Envelope, Predicate};
use crate::candidate::Candidate;
use crate::ops::attest::{AttestError, Places, export, keep};
use crate::ops::keys::SignWith;
use crate::ops::notes;
use crate::ops::session::Session;
use crate::place::Place;
use crate::render::Format;
use crate::render::attest::{Shown, human, json};
use crate::select;
use crate::store::Store;
use crate::trouble::Trouble;

/// Sign, show and share what is stated about a candidate
#[derive(Debug, clap::Args)]
pub(crate) struct Attest {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sign the newest verdict and the newest provenance of a candidate, with another key or for the first time
    ///
    /// Whoever signs says that the statement is true. A key of CI belongs on the build server, and signs there what
    /// that server has judged and built.
    Sign {
        /// The candidate: the first digits of its digest or commit, or its version
        candidate: String,
        /// Sign one of the two only
        #[arg(long, value_name = "KIND")]
        only: Option<Kind>,
        #[command(flatten)]
        with: SignWith,
    },
    /// Show what is stated about a candidate, and whose signatures are right
    Show {
        /// The candidate: the first digits of its digest or commit, or its version
        candidate: String,
        /// Write each statement in the forms that other programs verify into this folder, which must not exist
        #[arg(long, value_name = "FOLDER")]
        export: Option<PathBuf>,
        /// The form of what is told
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Join the notes of git that hold the statements with those of the remote of the mirrors, and push them
    Share,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Verdict,
    Provenance,
}

impl Attest {
    /// Runs it, and gives the exit code.
    pub(crate) fn run(&self) -> u8 {
        match self.act() {
            Ok((said, code)) => {
                Console.out(&said);
                code
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }

    fn act(&self) -> Result<(String, u8), Trouble> {
        let session = self.place.open()?;
        match &self.what {
            What::Sign { candidate, only, with } => sign(&session, candidate, *only, with),
            What::Show { candidate, export, format } => show(&session, candidate, export.as_deref(), *format),
            What::Share => share(&session),
        }
    }
}

fn found(session: &Session, word: &str) -> Result<(Candidate, Box<dyn Store>), Trouble> {
    let digest = select::candidate(&session.ledger()?.head()?.state(), word)?;
    let (_, store) = session.find(&digest)?;
    Ok((store.candidate(&digest)?, store))
}

fn sign(session: &Session, word: &str, only: Option<Kind>, with: &SignWith) -> Result<(String, u8), Trouble> {
    let (candidate, store) = found(session, word)?;
    let Some(own_key) = with.signer().map_err(AttestError::from)? else {
        return Err(Trouble::CouldNot(
            "name a key: `--key FILE`, `--key-env NAME` or `--ssh-key FILE`".to_owned(),
        ));
    };
    let envelopes = store.attestations(&candidate.digest())?;
    let (evidence, damaged) = policy::read(&candidate, &envelopes, &policy::keys(&session.config));
    if let Some(damaged) = damaged.first() {
        return Err(Trouble::Refused(damaged.line().trim().to_owned()));
    }
    let mut signed = Vec::new();
    for kind in [Kind::Verdict, Kind::Provenance] {
        if only.is_some_and(|only| only != kind) {
            continue;
        }
        let newest =
            evidence.iter().filter_map(|one| Some((time(kind, one)?, &one.statement))).max_by_key(|it| it.0);
        let Some((_, statement)) = newest else {
            let short = candidate.digest().short();
            let kind = kind.to_possible_value().map(|kind| kind.get_name().to_owned()).unwrap_or_default();
            return Err(Trouble::Refused(format!(
                "the candidate {short} has no {kind} that could be signed"
            )));
        };
        signed.push(crate::ops::attest::wrap(statement, Some(&own_key))?);
    }
    let (root, mirrors, cancel) = (&session.root, &session.config.mirrors, &session.cancel);
    let lines = keep(&candidate, &signed, &Places { store: store.as_ref(), root, mirrors, cancel })?;
    let keyid = signed
        .iter()
        .flat_map(|one| &one.signatures)
        .map(|one| one.keyid.as_str())
        .next()
        .unwrap_or_default();
    let mut said = format!("{} statements about {} are signed by {keyid}\n", signed.len(), candidate.shown());
    said.extend(lines.iter().map(|line| format!("note: {line}\n")));
    Ok((said, 0))
}

fn time(kind: Kind, one: &Evidence) -> Option<jiff::Timestamp> {
    match (kind, &one.statement.predicate) {
        (Kind::Verdict, Predicate::Verdict(verdict)) => Some(verdict.time),
        (Kind::Provenance, Predicate::Provenance(provenance)) => {
            Some(provenance.run_details.metadata.finished_on)
        }
        _ => None,
    }
}

/// Exit code 1 where something is damaged.
fn show(
    session: &Session,
    word: &str,
    folder: Option<&Path>,
    format: Format,
) -> Result<(String, u8), Trouble> {
    let (candidate, store) = found(session, word)?;
    let envelopes = store.attestations(&candidate.digest())?;
    let keys = policy::keys(&session.config);
    let (evidence, damaged) = policy::read(&candidate, &envelopes, &keys);
    if let Some(folder) = folder {
        let sound: Vec<Envelope> = envelopes.iter().filter_map(|bytes| Envelope::read(bytes).ok()).collect();
        export(folder, &sound, &keys)?;
    }
    let shown =
        Shown { candidate: &candidate, config: &session.config, evidence: &evidence, damaged: &damaged };
    let said = match format {
        Format::Human => human(&shown),
        Format::Json => json(&shown),
    };
    Ok((said, u8::from(!damaged.is_empty())))
}

fn share(session: &Session) -> Result<(String, u8), Trouble> {
    let Some(remote) = &session.config.mirrors.remote else {
        return Err(Trouble::CouldNot(
            "promote.toml names no remote: `[mirrors] remote = \"origin\"`".to_owned(),
        ));
    };
    notes::share(&session.git, remote).map_err(AttestError::from)?;
    Ok((format!("{} is the same here and at {remote}\n", notes::NOTES), 0))
}
