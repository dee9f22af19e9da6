//! The private copy of the commit in which everything is built.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_gate::exec::process::{self, Command};
use cargo_gate::exec::{Cancel, Environment, Ground, gather_on};
use cargo_gate::facts::Facts;
use cargo_gate::sbom::{Conditions, conditions};
use cargo_gate::step::{Captured, End, Tool};
use cargo_gate::subject::Wanted;
use cargo_metadata::Metadata;
use semver::Version;

use super::source::Source;
use crate::ops::{Session, failed};
use crate::stage::{Member, Places, effective, encoded};
use crate::trouble::Trouble;

/// The longest that cargo may take to answer a question.
const QUESTION: Duration = Duration::from_mins(10);
/// The longest that it may build.
const BUILD: Duration = Duration::from_hours(6);

/// A private copy of one commit; it is ours as long as this is there.
pub(super) struct Site {
    pub(super) facts: Facts,
    environment: Environment,
    time: u64,
    top: PathBuf,
    cancel: Cancel,
    _ground: Ground,
}

impl Site {
    /// Makes the copy, or brings it up to date.
    pub(super) fn open(session: &Session, source: &Source, say: &dyn Fn(&str)) -> Result<Self, Trouble> {
        let environment = Environment::read()
            .map_err(|error| Trouble::CouldNot(format!("the current folder cannot be read: {error}")))?;
        let manifest = session.root.join("Cargo.toml");
        let wanted = Wanted::Commit(source.commit.clone());
        let could_not = |error: &dyn std::error::Error| Trouble::CouldNot(error.to_string());
        let ground = Ground::settle(&environment, Some(&manifest), &wanted, &session.cancel, say)
            .map_err(|error| could_not(&error))?;
        let facts =
            gather_on(&ground, &environment, false, &session.cancel).map_err(|error| could_not(&error))?;
        if facts.files.binary_search(&"Cargo.lock".to_owned()).is_err() {
            let why = "the commit has no Cargo.lock, so that it does not say what is built: commit the file";
            return Err(Trouble::Refused(why.to_owned()));
        }
        let levels = Path::new(&source.below).components().count();
        let top = facts.root.ancestors().nth(levels).unwrap_or(&facts.root).to_owned();
        let (time, cancel) = (source.time, session.cancel.clone());
        Ok(Self { facts, environment, time, top, cancel, _ground: ground })
    }

    /// The workspace, with everything that it needs or without: to know that, cargo may have to fetch packages.
    pub(super) fn metadata(&self, dependencies: bool) -> Result<Metadata, Trouble> {
        let args = ["metadata", "--format-version", "1", "--locked"];
        let more = if dependencies { "--all-features" } else { "--no-deps" };
        let args: Vec<String> = args.into_iter().chain([more]).map(str::to_owned).collect();
        let captured = self.cargo(&args, QUESTION, &[]);
        let text = text(captured)?;
        serde_json::from_str(&text).map_err(|error| {
            Trouble::CouldNot(format!("`cargo metadata` wrote what cannot be read: {error}"))
        })
    }

    /// cargo in the copy.
    pub(super) fn cargo(&self, args: &[String], most: Duration, more: &[(&str, OsString)]) -> Captured {
        let cargo = self.facts.tools.get(&Tool::Cargo).cloned().unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo, &self.facts.root, most).args(args.iter().map(OsString::from));
        let variables = self.facts.variables.iter();
        command.env = variables.map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
        command.env.push(("SOURCE_DATE_EPOCH".into(), Some(self.time.to_string().into())));
        // what is built in steps differs from what is built at once
        command.env.push(("CARGO_INCREMENTAL".into(), Some("0".into())));
        command.env.extend(more.iter().map(|(name, value)| ((*name).into(), Some(value.clone()))));
        process::run(&command, &self.cancel)
    }

    /// cargo, building.
    pub(super) fn build(&self, args: &[String], more: &[(&str, OsString)]) -> Captured {
        self.cargo(args, BUILD, more)
    }

    /// Where programs are built: apart from what the gates build, which has other flags.
    pub(super) fn target(&self) -> PathBuf {
        self.facts.target.join("stage")
    }

    /// The flags for rustc of a build for that target: those of the user, and those that leave no folder in it.
    pub(super) fn flags(&self, triple: &str) -> Result<OsString, Trouble> {
        let holds = self.conditions(triple, true)?;
        let own = effective(&holds, self.facts.flag_sources.of(triple)).map_err(Trouble::CouldNot)?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let places = Places {
            top: text(&self.top),
            target: text(&self.target()),
            cargo_home: self.environment.cargo_home.as_deref().map(text),
        };
        Ok(encoded(&own, &places).into())
    }

    /// What holds on a target, with the flags that rustc gets for it or without any.
    pub(super) fn conditions(&self, triple: &str, with_flags: bool) -> Result<Conditions, Trouble> {
        let print = |flags: &[String]| {
            let rustc = self.facts.tools.get(&Tool::Rustc).cloned().unwrap_or_else(|| "rustc".into());
            let command = Command::new(rustc, &self.facts.root, QUESTION);
            let command = command.args(["--print", "cfg", "--target", triple]).args(flags);
            let captured = process::run(&command, &self.cancel);
            conditions(triple, text(captured)?.as_bytes())
                .ok_or_else(|| Trouble::CouldNot(format!("`rustc --print cfg` says nothing of {triple}")))
        };
        let plain = print(&[])?;
        if !with_flags {
            return Ok(plain);
        }
        let flags = effective(&plain, self.facts.flag_sources.of(triple)).map_err(Trouble::CouldNot)?;
        if flags.is_empty() { Ok(plain) } else { print(&flags) }
    }

    /// `cargo --version`.
    pub(super) fn cargo_version(&self) -> Result<String, Trouble> {
        Ok(text(self.cargo(&["--version".to_owned()], QUESTION, &[]))?.trim_end().to_owned())
    }
}

/// What a call wrote, where it ended well.
pub(super) fn text(captured: Captured) -> Result<String, Trouble> {
    if captured.end != End::Code(0) {
        return Err(failed(&captured).into());
    }
    String::from_utf8(captured.stdout)
        .map_err(|_| Trouble::CouldNot(format!("`{}` wrote something that is not UTF-8", captured.what)))
}

/// The members of the workspace.
pub(super) fn members(facts: &Facts, metadata: &Metadata) -> Result<Vec<Member>, Trouble> {
    let defaults = &metadata.workspace_default_members;
    let is_default = |id: &str| defaults.iter().any(|default| default.repr == id);
    let each = facts.packages.iter().map(|package| {
        let version: Version = package.version.parse().map_err(|error| {
            Trouble::CouldNot(format!("{}: the version {} is none: {error}", package.name, package.version))
        })?;
        Ok(Member {
            name: package.name.clone(),
            version,
            default: is_default(&package.id),
            program: package.targets.iter().any(|target| target.is("bin")),
            publish: package.publish,
        })
    });
    each.collect()
}
