//! What follows the move of an environment: its deployment, showing the candidate to the public, the references that
//! show what the ledger says. The ledger decides what an environment is to run; all of this only follows it, and is
//! done again until it has.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_gate::config::CommandLine;
use cargo_gate::exec::process::{self, Command};
use cargo_gate::step::Captured;

use super::advance::advance;
use super::folder::{Folder, Hold};
use super::history::history;
use super::promotion::is_forge;
use super::session::Session;
use super::{failed, marks, mirrors};
use crate::candidate::Candidate;
#[cfg(unix)]
use crate::candidate::Kind;
use crate::config::Environment;
use crate::digest::Digest;
use crate::ledger::{Action, Deployed, Head, Ledger};
use crate::plan;
use crate::store::Store;
use crate::trouble::Trouble;

/// How often an environment is followed that others move at the same time.
const MOST_ROUNDS: usize = 8;
/// The longest that a deployment may take.
const MOST_TIME: Duration = Duration::from_hours(2);

/// Does what is left to do for an environment. Gives what could not be done, in words.
///
/// # Errors
/// Where the ledger cannot be read or written.
pub fn finish(
    session: &Session,
    ledger: &dyn Ledger,
    environment: &Environment,
    say: &dyn Fn(&str),
) -> Result<Vec<String>, Trouble> {
    let mut left = Vec::new();
    // before the deployment, which may go by that name
    if let Err(why) = marks::update(session, ledger, environment) {
        left.push(why.to_string());
    }
    if let Err(why) = follow(session, ledger, environment, say)? {
        left.push(why.to_string());
    }
    if let Err(why) = mirrors::update(session, ledger) {
        left.push(why.to_string());
    }
    Ok(left)
}

/// Whether an environment has anything to do after a move that the ledger has to remember.
pub fn follows(session: &Session, environment: &Environment) -> bool {
    let store = session.store_name(environment);
    environment.deploy.is_some() || store.is_ok_and(|name| is_forge(session, &name))
}

/// Deploys what the ledger says until the ledger says it still. Of two who deploy at the same time the last one to end
/// has deployed what the ledger says.
fn follow(
    session: &Session,
    ledger: &dyn Ledger,
    environment: &Environment,
    say: &dyn Fn(&str),
) -> Result<Result<(), Trouble>, Trouble> {
    if !follows(session, environment) {
        return Ok(Ok(()));
    }
    let _held = hold(session, environment)?;
    let mut again = false;
    for _ in 0..MOST_ROUNDS {
        let state = ledger.head()?.state();
        let Some(deployed) = state.environments.get(&environment.name) else { return Ok(Ok(())) };
        if deployed.finished && !again {
            return Ok(Ok(()));
        }
        if let Err(why) = deploy(session, ledger, environment, deployed, say) {
            return Ok(Err(why));
        }
        if is_current(ledger, environment, deployed)? {
            remember(session, ledger, environment, deployed)?;
            return Ok(Ok(()));
        }
        // somebody else moved it meanwhile, and may have deployed before this was done
        again = true;
    }
    let why = format!("{} is moved by others again and again", environment.name);
    Ok(Err(Trouble::CouldNot(why)))
}

/// One at a time on this machine.
fn hold(session: &Session, environment: &Environment) -> Result<Hold, Trouble> {
    let folder = Folder::new(session.shared_folder()?, &session.cancel);
    Ok(folder.lock(&format!("deploy/{}.lock", environment.name), true)?)
}

fn is_current(ledger: &dyn Ledger, environment: &Environment, deployed: &Deployed) -> Result<bool, Trouble> {
    let state = ledger.head()?.state();
    let now = state.environments.get(&environment.name);
    Ok(now.is_some_and(|now| now.is_of_one_move_with(deployed)))
}

/// Has the ledger say that it is done.
fn remember(
    session: &Session,
    ledger: &dyn Ledger,
    environment: &Environment,
    deployed: &Deployed,
) -> Result<(), Trouble> {
    let action = |head: &Head| {
        let state = head.state();
        let now = state.environments.get(&environment.name);
        let open = now.is_some_and(|now| now.is_of_one_move_with(deployed) && !now.finished);
        let (environment, candidate) = (environment.name.clone(), deployed.candidate);
        Ok(open.then_some(Action::Finish { environment, candidate }))
    };
    advance(ledger, &session.cancel, &|| session.by(""), &action).map(|_| ())
}

fn deploy(
    session: &Session,
    ledger: &dyn Ledger,
    environment: &Environment,
    deployed: &Deployed,
    say: &dyn Fn(&str),
) -> Result<(), Trouble> {
    let store = session.store(&session.store_name(environment)?)?;
    let candidate = store.candidate(&deployed.candidate)?;
    store.reveal(&candidate)?;
    let Some(line) = &environment.deploy else { return Ok(()) };
    say(&format!("deploying {} to {}: {line}", candidate.shown(), environment.name));
    let folder = tempfile::Builder::new().prefix("promote-").tempdir();
    let folder = folder.map_err(|error| Trouble::CouldNot(format!("a folder for the artifacts: {error}")))?;
    write_out(store.as_ref(), &candidate, folder.path())?;
    let from = plan::before(&history(ledger, &ledger.head()?)?, &environment.name, deployed);
    let captured = call(session, environment, line, &candidate, from, folder.path())?;
    if captured.exit_code() == Ok(0) {
        String::from_utf8_lossy(&captured.stdout).lines().for_each(|text| say(&format!("  {text}")));
        return Ok(());
    }
    let (why, name) = (failed(&captured), &environment.name);
    Err(Trouble::CouldNot(format!("the deployment of {} to {name}: {why}", candidate.shown())))
}

fn call(
    session: &Session,
    environment: &Environment,
    line: &CommandLine,
    candidate: &Candidate,
    from: Option<Digest>,
    folder: &Path,
) -> Result<Captured, Trouble> {
    let program = program(&session.root, &line.program)?;
    let mut command = Command::new(program, &session.root, MOST_TIME).args(&line.args);
    let told = [
        ("PROMOTE_ENVIRONMENT", environment.name.to_string()),
        ("PROMOTE_CANDIDATE", candidate.digest().to_string()),
        ("PROMOTE_FROM", from.map(|from| from.to_string()).unwrap_or_default()),
    ];
    command.env.extend(told.map(|(name, value)| (name.into(), Some(value.into()))));
    command.env.push(("PROMOTE_DIRECTORY".into(), Some(folder.into())));
    Ok(process::run(&command, &session.cancel))
}

/// A program with folders in its name is one of the workspace; any other is on PATH.
fn program(root: &Path, name: &str) -> Result<PathBuf, Trouble> {
    if name.contains(['/', std::path::MAIN_SEPARATOR]) {
        return Ok(root.join(name));
    }
    which::which(name).map_err(|_| Trouble::CouldNot(format!("`{}` is not on PATH", name.escape_debug())))
}

/// Writes the artifacts into a folder; what is not what the manifest says is an error.
fn write_out(store: &dyn Store, candidate: &Candidate, folder: &Path) -> Result<(), Trouble> {
    for artifact in &candidate.manifest().artifacts {
        let mut from = store.artifact(candidate, artifact)?;
        let written = (|| {
            let mut file = File::create_new(folder.join(artifact.name.as_str()))?;
            let copied = Digest::copy(&mut from, &mut file)?;
            #[cfg(unix)]
            if artifact.kind == Kind::Binary {
                file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
            }
            Ok::<_, std::io::Error>(copied)
        })();
        let why = match written {
            Ok(copied) if copied == (artifact.digest, artifact.size) => continue,
            Ok(_) => "its bytes are not those that the manifest names".to_owned(),
            Err(error) => error.to_string(),
        };
        return Err(Trouble::CouldNot(format!("{}: {}: {why}", store.place(), artifact.name)));
    }
    Ok(())
}
