//! Finds out what has to be right before an environment's pointer moves.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use cargo_gate::exec::Cancel;
use cargo_gate::exec::process::{self, Command};
use cargo_gate::step::{Captured, End};
use jiff::Timestamp;

use crate::attest::policy;
use crate::candidate::{Artifact, Candidate};
use crate::checks::{self, Check, Outcome};
use crate::config::{ChecklistItem, Config, Environment, Smoke, StoreSettings};
use crate::digest::Digest;
use crate::name::Label;
use crate::store::Store;

/// What is known of a promotion when its checks are asked.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The config.
    pub config: &'a Config,
    /// The workspace root, where the commands of the checklist run.
    pub root: &'a Path,
    /// The environment that is to run the candidate.
    pub environment: &'a Environment,
    /// The candidate.
    pub candidate: &'a Candidate,
    /// Where its bytes are.
    pub store: &'a dyn Store,
    /// The signed statements beside it.
    pub statements: &'a [Vec<u8>],
    /// The items of the checklist that a person says are done.
    pub done: &'a [Label],
    /// Whether the promotion is carried out: a plan starts no programs.
    pub act: bool,
    /// The time.
    pub now: Timestamp,
    /// Ends what is running.
    pub cancel: &'a Cancel,
}

/// All checks: policy, approvals, checklist, programs. Nothing is started where something stops the promotion already.
pub fn before(asked: &Asked<'_>) -> Vec<Check> {
    let Asked { environment, done, .. } = *asked;
    let mut checks = stated(asked);
    checks.extend(checks::strangers(&environment.checklist, done));
    let (automatic, manual): (Vec<_>, Vec<_>) =
        environment.checklist.iter().partition(|item| item.command.is_some());
    checks.extend(manual.iter().map(|item| checks::checklist(item, None, done)));
    let act = asked.act && !checks.iter().any(Check::stops);
    for smoke in &environment.smoke {
        checks.push(run_smoke(asked, smoke, act));
    }
    for item in automatic {
        let ran = act.then(|| run_item(asked, item)).flatten();
        checks.push(checks::checklist(item, ran.as_ref(), done));
    }
    checks
}

/// What the signed statements are worth: policy and approvals.
pub fn stated(asked: &Asked<'_>) -> Vec<Check> {
    let Asked { config, environment, candidate, statements, now, .. } = *asked;
    let mut checks = policy::judge(config, candidate, statements, now);
    let keys = policy::keys(config);
    let (evidence, _) = policy::read(candidate, statements, &keys);
    checks.extend(checks::approvals(environment, candidate, &keys, &evidence, now));
    checks
}

fn run_smoke(asked: &Asked<'_>, smoke: &Smoke, act: bool) -> Check {
    let artifact = match checks::where_to_run(smoke, asked.candidate) {
        Ok(artifact) => artifact,
        Err(check) => return check,
    };
    if !act {
        return checks::smoke_later(smoke);
    }
    match in_private(asked, smoke, artifact) {
        Ok(ran) => checks::smoke(smoke, &ran),
        Err(outcome) => checks::smoke_without(smoke, outcome),
    }
}

/// Runs the staged bytes in an empty folder and an empty environment.
fn in_private(asked: &Asked<'_>, smoke: &Smoke, artifact: &Artifact) -> Result<Captured, Outcome> {
    let could_not = |error: std::io::Error| Outcome::CouldNot(format!("a private folder: {error}"));
    let folder = tempfile::Builder::new().prefix("promote-").tempdir().map_err(could_not)?;
    let (bin, empty) = (folder.path().join("bin"), folder.path().join("empty"));
    std::fs::create_dir(&bin).and_then(|()| std::fs::create_dir(&empty)).map_err(could_not)?;
    let program = bin.join(artifact.name.as_str());
    fetch(asked, artifact, &program)?;
    let mut command = Command::new(&program, &empty, smoke.timeout.0).args(&smoke.args);
    command.env = nothing_but(&empty);
    Ok(process::run(&command, asked.cancel))
}

fn fetch(asked: &Asked<'_>, artifact: &Artifact, to: &Path) -> Result<(), Outcome> {
    let could_not = |error: std::io::Error| Outcome::CouldNot(format!("its bytes: {error}"));
    let mut from = asked
        .store
        .artifact(asked.candidate, artifact)
        .map_err(|error| Outcome::CouldNot(error.to_string()))?;
    let mut file = File::create(to).map_err(could_not)?;
    let copied = Digest::copy(&mut from, &mut file).map_err(could_not)?;
    if copied != (artifact.digest, artifact.size) {
        return Err(Outcome::Refused("the store's bytes are not those that the manifest names".to_owned()));
    }
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).map_err(could_not)?;
    Ok(())
}

/// The changes to our environment after which nothing is left of it but what programs need to start at all.
fn nothing_but(home: &Path) -> Vec<(OsString, Option<OsString>)> {
    let needed = ["PATH", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT"];
    let kept = |name: &OsString| {
        name.to_str().is_some_and(|name| needed.contains(&name.to_ascii_uppercase().as_str()))
    };
    let removed =
        std::env::vars_os().map(|(name, _)| name).filter(|name| !kept(name)).map(|name| (name, None));
    let own = ["HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"];
    removed.chain(own.map(|name| (name.into(), Some(home.as_os_str().to_owned())))).collect()
}

/// Runs the command of a checklist's item where the workspace is; the variables that hold the config's secrets are
/// not given to it.
fn run_item(asked: &Asked<'_>, item: &ChecklistItem) -> Option<Captured> {
    let line = item.command.as_ref()?;
    let inside = asked.root.join(&line.program);
    let of_workspace = line.program.contains(['/', '\\']) && inside.is_file();
    let program = if of_workspace { Some(inside) } else { which::which(&line.program).ok() };
    let mut command =
        Command::new(program.unwrap_or_else(|| PathBuf::from(&line.program)), asked.root, item.timeout.0)
            .args(&line.args);
    let secret = secrets(asked.config).into_iter().map(|name| (name.into(), None));
    let told = [
        ("PROMOTE_ENVIRONMENT", asked.environment.name.to_string()),
        ("PROMOTE_CANDIDATE", asked.candidate.digest().to_string()),
    ];
    let told = told.map(|(name, value)| (name.into(), Some(value.into())));
    command.env = secret.chain(told).collect();
    let captured = process::run(&command, asked.cancel);
    // a program that is not there is told by its own name
    Some(match captured.end {
        End::NotFound => Captured { what: line.program.clone(), ..captured },
        _ => captured,
    })
}

/// The variables of the environment that the config says hold secrets.
fn secrets(config: &Config) -> Vec<String> {
    let of = |store: &StoreSettings| match store {
        StoreSettings::Local { .. } => Vec::new(),
        StoreSettings::Oci { username_env, password_env, .. } => {
            vec![username_env.clone(), password_env.clone()]
        }
        StoreSettings::S3 { access_key_env, secret_key_env, .. } => {
            vec![access_key_env.clone(), secret_key_env.clone()]
        }
        StoreSettings::Forge { token_env, .. } => vec![Some(token_env.clone())],
    };
    let of_stores = config.stores.values().flat_map(of).flatten();
    of_stores.chain(config.canary.token_env.clone()).collect()
}

#[cfg(test)]
mod tests;
