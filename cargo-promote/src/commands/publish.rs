//! `cargo promote publish`: the packages of a candidate go to a registry.

use std::path::PathBuf;

use cargo_gate::config::Timeout;
use cargo_gate::exec::default_index;
use cargo_gate::render::Console;

use crate::ops::cargo_config;
use crate::ops::cargo_registry::{RegistryClient, Token, Uploader};
use crate::ops::journal::Journal;
use crate::ops::packages::{self, Packages};
use crate::ops::publish::{Publication, known};
use crate::ops::session::Session;
use crate::place::Place;
use crate::publish::{DEFAULT, PublishPlan, Target, check, plan, token_variable};
use crate::render::{self, Format};
use crate::select;
use crate::trouble::Trouble;

/// Upload the packages of a candidate to a registry, byte for byte and in their order
///
/// Without `--execute` the plan is shown and nothing is sent. Before the first upload everything is checked for all of
/// them: that the packages are the candidate's, may go there, are not on the registry with other bytes, and that what
/// they depend on is there or comes along. What is on the registry with the same bytes is done. After any failure the
/// same call goes on: the registry's index says what is there, a journal what may be on its way.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 done or shown; 1 refused; 2 could not.")]
pub(crate) struct Publish {
    /// The candidate: its digest, commit or version, or an environment that runs it; the newest without one
    candidate: Option<String>,
    /// The `.crate` files of this folder instead of a candidate's
    #[arg(long, value_name = "FOLDER", conflicts_with = "candidate")]
    from: Option<PathBuf>,
    /// The registry by its name in cargo's configuration
    #[arg(long, value_name = "NAME", default_value = DEFAULT, conflicts_with = "index")]
    registry: String,
    /// The registry by the address of its sparse index
    #[arg(long, value_name = "ADDRESS", requires = "token_env")]
    index: Option<String>,
    /// The registry stands in for crates-io (`[source.crates-io] replace-with`): packages are those of crates-io
    #[arg(long)]
    stand_in: bool,
    /// The environment variable with the token; the one that cargo reads for the registry without it
    #[arg(long, value_name = "VARIABLE")]
    token_env: Option<String>,
    /// The longest that an upload may take to show on the index
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    wait: Timeout,
    /// Upload
    #[arg(long)]
    execute: bool,
    #[command(flatten)]
    place: Place,
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

fn duration(text: &str) -> Result<Timeout, String> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|error| error.to_string())
}

impl Publish {
    pub(crate) fn run(&self) -> u8 {
        match carry_out(self) {
            Ok(text) => {
                Console.out(&text);
                0
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }
}

fn carry_out(args: &Publish) -> Result<String, Trouble> {
    let session = args.place.open()?;
    let registry = match &args.index {
        Some(index) => cargo_config::at_index(index)?,
        None => cargo_config::registry(&args.registry, &session.root)?,
    };
    let target = cargo_config::target(registry, args.stand_in);
    let Packages { files, commit } = packages(args, &session)?;
    let together = |refusals: Vec<crate::publish::Refusal>| {
        let lines: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        Trouble::Refused(lines.join("\nerror: "))
    };
    let refusals = check(&files, &target, commit.as_deref());
    if !refusals.is_empty() {
        return Err(together(refusals));
    }
    let default = cargo_config::at_index(&default_index())?.index;
    let known = known(&files, &target, &default)?;
    let plan = plan(&files, &target, &known).map_err(together)?;
    if args.execute {
        let warnings = execute(args, &session, &target, &plan, &files)?;
        return Ok(shown(args.format, &plan, Some(&warnings)));
    }
    Ok(shown(args.format, &plan, None))
}

fn shown(format: Format, plan: &PublishPlan, warnings: Option<&[String]>) -> String {
    match format {
        Format::Human => render::publish::human(plan, warnings),
        Format::Json => render::publish::json(plan, warnings),
    }
}

fn packages(args: &Publish, session: &Session) -> Result<Packages, Trouble> {
    if let Some(folder) = &args.from {
        return packages::of_folder(folder);
    }
    let head = session.ledger()?.head()?;
    let state = head.state();
    let digest = match &args.candidate {
        Some(word) => select::candidate(&state, word)?,
        None => select::newest(&state).ok_or_else(|| {
            Trouble::CouldNot(
                "nothing is staged; stage it with `cargo promote stage`, or name a folder by `--from`".into(),
            )
        })?,
    };
    let (_, store) = session.find(&digest)?;
    packages::of_candidate(store.as_ref(), &digest)
}

fn execute(
    args: &Publish,
    session: &Session,
    target: &Target,
    plan: &PublishPlan,
    files: &[crate::publish::CrateFile],
) -> Result<Vec<String>, Trouble> {
    let variable = args.token_env.clone().unwrap_or_else(|| token_variable(&args.registry));
    let journal = Journal::open(&session.shared_folder()?, &target.registry)?;
    let client = RegistryClient::new(&target.registry.index);
    let uploader = Uploader::new(&client.api()?, Token::of_variable(&variable)?)?;
    let (wait, cancel) = (args.wait.0, session.cancel.clone());
    let mut publication = Publication { target, client, uploader, journal, wait, cancel };
    publication.carry_out(plan, files, &|line| Console.status(line))
}
