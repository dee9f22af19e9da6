//! `cargo promote approve`: agrees to a promotion, signed.

use cargo_gate::render::Console;
use jiff::Timestamp;

use crate::attest::statement::MOST_COMMENT;
use crate::attest::{Approval, Predicate, Statement, policy};
use crate::name::Label;
use crate::ops::attest::{Places, keep, wrap};
use crate::ops::keys::SignWith;
use crate::ops::session::Session;
use crate::place::Place;
use crate::select;
use crate::trouble::Trouble;

/// Agree, by your signature, that a candidate goes to an environment
///
/// The approval is for this candidate and this environment only, and counts as long as promote.toml says. Without an
/// option that names a key it is signed with the SSH key that git signs with (`gpg.format = ssh`, `user.signingkey`).
#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    /// The environment
    environment: String,
    /// The candidate: the first digits of its digest or commit, or its version
    candidate: String,
    /// Why, or under what condition
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,
    #[command(flatten)]
    with: SignWith,
    #[command(flatten)]
    place: Place,
}

impl Approve {
    /// Runs it, and gives the exit code.
    pub(crate) fn run(&self) -> u8 {
        match self.approve() {
            Ok(said) => {
                Console.out(&said);
                0
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }

    fn approve(&self) -> Result<String, Trouble> {
        let session = self.place.open()?;
        let environment = session.environment(&self.environment)?;
        if self.comment.len() > MOST_COMMENT {
            return Err(Trouble::CouldNot(format!("a comment has at most {MOST_COMMENT} bytes")));
        }
        let digest = select::candidate(&session.ledger()?.head()?.state(), &self.candidate)?;
        let (_, store) = session.find(&digest)?;
        let candidate = store.candidate(&digest)?;
        let Some(signer) = self.with.or_of_git(&session.git)? else {
            return Err(Trouble::CouldNot(
                "an approval has to be signed: name your key with `--ssh-key FILE`, `--key FILE` or `--key-env NAME`, or \
                 have git sign with an SSH key (`git config gpg.format ssh; git config user.signingkey FILE`)"
                    .to_owned(),
            ));
        };
        let approval = Approval {
            environment: environment.name.clone(),
            candidate: digest,
            comment: self.comment.clone(),
            time: Timestamp::now(),
        };
        let envelope = wrap(&Statement::about(&candidate, Predicate::Approval(approval)), Some(&signer))?;
        let signers = envelope.signers(&policy::keys(&session.config)).by;
        let name = counts(&session, environment.approvals.as_ref(), signers.first())?;
        let (root, mirrors, cancel) = (&session.root, &session.config.mirrors, &session.cancel);
        let lines = keep(&candidate, &[envelope], &Places { store: store.as_ref(), root, mirrors, cancel })?;
        let mut said = format!("{name} agrees that {} goes to {}\n", candidate.shown(), environment.name);
        said.extend(lines.iter().map(|line| format!("note: {line}\n")));
        Ok(said)
    }
}

/// By what name the key counts there. One that does not is refused: the word would be lost without a trace.
fn counts(
    session: &Session,
    wanted: Option<&crate::config::Approvals>,
    signer: Option<&Label>,
) -> Result<Label, Trouble> {
    let known: Vec<&str> = session.config.keys.keys().map(Label::as_str).collect();
    let Some(name) = signer else {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(Trouble::Refused(format!(
            "promote.toml does not know this key (it knows {known}); `cargo promote keys show` writes the lines for it"
        )));
    };
    let Some(wanted) = wanted else {
        return Err(Trouble::Refused("this environment asks for no approvals".to_owned()));
    };
    if wanted.by.contains(name) {
        return Ok(name.clone());
    }
    let by: Vec<&str> = wanted.by.iter().map(Label::as_str).collect();
    Err(Trouble::Refused(format!("the word of `{name}` does not count here: it is for {}", by.join(", "))))
}
