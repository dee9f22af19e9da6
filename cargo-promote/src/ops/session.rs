//! What a command works on: the workspace, its `promote.toml`, its stores, its ledger, and who acts.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use cargo_gate::exec::process::{self, Command};
use cargo_gate::exec::{Cancel, Environment as Surroundings};
use jiff::Timestamp;

use super::folder::{Folder, Hold};
use super::ledger::{GitLedger, LocalLedger};
use super::store::local;
use super::{Git, Source, failed, places, random, read_config};
use crate::config::{Config, Environment, LedgerSettings, StoreSettings};
use crate::digest::Digest;
use crate::ledger::{By, Ledger};
use crate::name::Label;
use crate::store::{Store, StoreError};
use crate::trouble::Trouble;

/// The config's name.
const FILE: &str = "promote.toml";
/// The longest that cargo may take to say where the workspace is.
const MOST_TIME: Duration = Duration::from_mins(1);

/// What a command works on.
#[derive(Debug)]
pub struct Session {
    /// The workspace root.
    pub root: PathBuf,
    /// Its config.
    pub config: Config,
    /// Where that comes from.
    pub source: Source,
    /// git at the workspace root.
    pub git: Git,
    /// Ends what is running.
    pub cancel: Cancel,
    /// Who acts, once git was asked.
    actor: OnceLock<String>,
}

impl Session {
    /// Finds the workspace and reads its config.
    ///
    /// # Errors
    /// Where there is no workspace, no git repository, or the config has mistakes: all of them.
    pub fn open(manifest_path: Option<&Path>) -> Result<Self, Trouble> {
        Self::open_with(manifest_path, None)
    }

    /// The same with another config than the workspace's own.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_with(manifest_path: Option<&Path>, config: Option<&Path>) -> Result<Self, Trouble> {
        let cancel = Cancel::on_signals();
        let surroundings = Surroundings::read()
            .map_err(|error| Trouble::CouldNot(format!("the current folder cannot be read: {error}")))?;
        let config = config.map(|path| surroundings.directory.join(path));
        let root = workspace_root(surroundings, manifest_path, &cancel)?;
        Self::with(root, config.as_deref(), &cancel)
    }

    /// The same in a folder that is known to be a workspace root.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn at(root: PathBuf, cancel: &Cancel) -> Result<Self, Trouble> {
        Self::with(root, None, cancel)
    }

    fn with(root: PathBuf, config: Option<&Path>, cancel: &Cancel) -> Result<Self, Trouble> {
        let git = Git::new(&root, cancel)?;
        let (config, source) = read_config(&root, config, cancel)?;
        Ok(Self { root, config, source, git, cancel: cancel.clone(), actor: OnceLock::new() })
    }

    /// The store of that name.
    ///
    /// # Errors
    /// Where there is none, or it cannot be opened.
    pub fn store(&self, name: &Label) -> Result<Box<dyn Store>, Trouble> {
        match self.config.stores.get(name) {
            Some(StoreSettings::Local { path }) => Ok(Box::new(local(self.folder(path.as_deref())?))),
            Some(settings) => places::store(name, settings),
            None => Err(Trouble::CouldNot(format!("{FILE}: there is no store `{name}`"))),
        }
    }

    /// The name of the store that an environment's candidates are in.
    ///
    /// # Errors
    /// Where the config has no store at all.
    pub fn store_name(&self, environment: &Environment) -> Result<Label, Trouble> {
        let first = || self.config.stores.keys().next();
        let name = environment.store.as_ref().or_else(first);
        name.cloned().ok_or_else(|| Trouble::CouldNot(format!("{FILE}: there is no store")))
    }

    /// The name of the store that candidates are staged in: that of the first environment.
    ///
    /// # Errors
    /// Where the config has no environment or no store.
    pub fn staging_store(&self) -> Result<Label, Trouble> {
        match self.config.environments.first() {
            Some(environment) => self.store_name(environment),
            None => Err(Trouble::CouldNot(format!("{FILE}: there is no environment"))),
        }
    }

    /// The first store that has a candidate: that of staging, then those of the environments in their order.
    ///
    /// # Errors
    /// Where none has it, or one cannot be read.
    pub fn find(&self, candidate: &Digest) -> Result<(Label, Box<dyn Store>), Trouble> {
        let mut names = vec![self.staging_store()?];
        for environment in &self.config.environments {
            let name = self.store_name(environment)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for name in names {
            let store = self.store(&name)?;
            match store.candidate(candidate) {
                Ok(_) => return Ok((name, store)),
                Err(StoreError::Missing { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        let candidate = candidate.short();
        Err(Trouble::CouldNot(format!("no store has the candidate {candidate}: its bytes are gone")))
    }

    /// The environment of that name.
    ///
    /// # Errors
    /// Where there is none; names those that there are.
    pub fn environment(&self, name: &str) -> Result<&Environment, Trouble> {
        let found = self.config.environments.iter().find(|environment| environment.name.as_str() == name);
        found.ok_or_else(|| {
            let names: Vec<_> = self.config.environments.iter().map(|it| it.name.as_str()).collect();
            let (name, names) = (name.escape_debug(), names.join(", "));
            Trouble::CouldNot(format!("there is no environment `{name}`; {FILE} has {names}"))
        })
    }

    /// The ledger.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn ledger(&self) -> Result<Box<dyn Ledger>, Trouble> {
        let name = match &self.config.ledger {
            LedgerSettings::Store { name } => name.as_ref().or_else(|| self.config.stores.keys().next()),
            LedgerSettings::Git { remote, branch } => {
                return Ok(Box::new(GitLedger::new(&self.git, remote, branch)?));
            }
        };
        match name.and_then(|name| self.config.stores.get_key_value(name)) {
            Some((_, StoreSettings::Local { path })) => {
                Ok(Box::new(LocalLedger::new(self.folder(path.as_deref())?)))
            }
            Some((name, settings)) => places::ledger(name, settings),
            None => Err(Trouble::CouldNot(format!("{FILE}: there is no store for the ledger"))),
        }
    }

    /// Who acts now, and why.
    ///
    /// # Errors
    /// Where git does not know who it is.
    pub fn by(&self, reason: &str) -> Result<By, Trouble> {
        let id = random::id().map_err(|error| Trouble::CouldNot(format!("no random numbers: {error}")))?;
        Ok(By { id, time: Timestamp::now(), actor: self.actor()?, reason: reason.to_owned() })
    }

    /// The name and the address of whoever acts, as git has them.
    ///
    /// # Errors
    /// Where it has none.
    pub fn actor(&self) -> Result<String, Trouble> {
        if let Some(actor) = self.actor.get() {
            return Ok(actor.clone());
        }
        let ident = self.git.text(["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"]);
        // name, address, seconds, time zone
        let actor = ident.ok().and_then(|ident| Some(ident.rsplitn(3, ' ').nth(2)?.to_owned()));
        let actor = actor.ok_or_else(|| {
            let how = "git config --global user.name NAME; git config --global user.email ADDRESS";
            Trouble::CouldNot(format!(
                "git does not know who you are, and the ledger says who did what: {how}"
            ))
        })?;
        Ok(self.actor.get_or_init(|| actor).clone())
    }

    /// The folder that all worktrees of the repository share.
    ///
    /// # Errors
    /// Where there is no repository.
    pub fn shared_folder(&self) -> Result<PathBuf, Trouble> {
        let common = self.git.text(["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
        Ok(PathBuf::from(common).join("promote"))
    }

    /// Keeps others on this machine from cleaning up a store, from its bytes to the ledger's entry that keeps them; or,
    /// alone, keeps them from staging. Stores elsewhere leave alone what is young.
    ///
    /// # Errors
    /// Where the lock cannot be taken.
    pub fn hold(&self, store: &Label, alone: bool) -> Result<Option<Hold>, Trouble> {
        match self.config.stores.get(store) {
            Some(StoreSettings::Local { path }) => {
                Ok(Some(self.folder(path.as_deref())?.lock("staging.lock", alone)?))
            }
            _ => Ok(None),
        }
    }

    fn folder(&self, path: Option<&str>) -> Result<Folder, Trouble> {
        let root = match path {
            Some(path) => self.root.join(path),
            None => self.shared_folder()?,
        };
        Ok(Folder::new(root, &self.cancel))
    }
}

fn workspace_root(
    surroundings: Surroundings,
    manifest_path: Option<&Path>,
    cancel: &Cancel,
) -> Result<PathBuf, Trouble> {
    let cargo = surroundings.cargo.unwrap_or_else(|| "cargo".into());
    let command = Command::new(cargo, surroundings.directory, MOST_TIME);
    let mut command = command.args(["locate-project", "--workspace", "--message-format", "plain"]);
    if let Some(path) = manifest_path {
        command = command.args(["--manifest-path".as_ref(), path.as_os_str()]);
    }
    let captured = process::run(&command, cancel);
    let told = String::from_utf8(captured.stdout.clone()).ok().filter(|_| captured.exit_code() == Ok(0));
    let root = told.as_deref().and_then(|path| Path::new(path.trim_end()).parent());
    root.map(Path::to_owned).ok_or_else(|| Trouble::CouldNot(failed(&captured).to_string()))
}

#[cfg(test)]
mod tests;
