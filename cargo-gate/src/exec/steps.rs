//! Carries out one step.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::base::Git;
use super::cache::{FormattedFiles, Kept};
use super::compiler_info::Lent;
use super::files::changed_since;
use super::format::Ahead;
use super::git::git;
use super::process::{Command, run};
use super::twin::Twins;
use super::{Cancel, Environment};
use super::{bench, environment, figures, files, format, hooks, license_texts, program, programs, timing};
use crate::advisory::{LockedPackage, parse_lock};
use crate::config::General;
use crate::facts::{Facts, Source, selects};
use crate::gate::{Options, Unreadable};
use crate::sbom::source_time;
use crate::step::{
    AgainstBase, Base, BaseBuilt, Captured, End, Evidence, FileRead, Observed, Sources, Step, Streams,
};
use crate::step::{Tool, ToolCall, read_graph};
use crate::test_run::TestSettings;

/// What steps are carried out with.
pub(super) struct Bench<'a> {
    pub(super) facts: &'a Facts,
    pub(super) options: &'a Options,
    pub(super) general: &'a General,
    pub(super) environment: &'a Environment,
    pub(super) cancel: &'a Cancel,
    pub(super) tests: TestSettings,
    pub(super) kept: &'a Kept,
}

impl Bench<'_> {
    /// Carries out a step, with the evidence of the steps before it.
    pub(super) fn carry_out(&self, step: &Step, before: &Evidence, timeout: Duration) -> Observed {
        match step {
            Step::Tool(call) | Step::ToolAfter { call, .. } => Observed::Tool(self.call(call, timeout)),
            Step::Clippy { call, with_tests } => Observed::Tool(self.clippy(call, *with_tests, timeout)),
            Step::Sources => Observed::Sources(self.sources()),
            Step::Format => self.format(before, timeout),
            Step::Manifests => Observed::Manifests(files::manifests(self.facts)),
            Step::File { path } => Observed::File(files::read(&self.facts.root, path)),
            Step::NearestFile { names } => Observed::NearestFile(files::nearest(&self.facts.root, names)),
            Step::ChangedSince { path } => Observed::ChangedSince(changed_since(self.facts, path)),
            Step::Lock => Observed::Lock(self.lock()),
            Step::Advisories { database, url, offline } => {
                let read = self.advisories(before, database.as_deref(), url.as_deref(), *offline, timeout);
                Observed::Advisories { read, at: Timestamp::now() }
            }
            Step::Yanked => Observed::Yanked(self.yanked(before)),
            Step::LicenseTexts { offline } => {
                let read = license_texts::read(before, *offline);
                Observed::LicenseTexts { read, at: Timestamp::now() }
            }
            Step::Graph { offline } => {
                let captured = self.call(&metadata(*offline), timeout);
                let read = read_graph(self.facts, &captured);
                Observed::Graph(captured, read)
            }
            Step::Base { named } => Observed::Base(self.git(timeout).base(named.as_deref())),
            Step::Changes { base } => Observed::Changes(against(before, base.as_ref(), |base| {
                self.git(timeout).changes(base).map(Some)
            })),
            Step::BaseFile { path, base } => {
                Observed::BaseFile(against(before, base.as_ref(), |base| self.git(timeout).file(base, path)))
            }
            Step::BaseFigures { gate, base } => {
                let read = |base: &Base| figures::read(&self.facts.state, base, gate, self.options);
                Observed::BaseFigures(against(before, base.as_ref(), read))
            }
            Step::SemverChecks(call) => Observed::SemverChecks(self.semver_checks(call, timeout)),
            Step::BaseBenches { base, build } => {
                Observed::BaseBenches(against(before, base.as_ref(), |base| {
                    self.base_benches(base, build, timeout)
                }))
            }
            Step::Benches(call) => Observed::Benches(against(before, call.base.as_ref(), |_| {
                bench::measure(self, call, before, timeout)
            })),
            Step::Recorded { from } => Observed::Recorded(bench::recorded::read(self.facts, from)),
            Step::Program(call) => {
                Observed::Tool(program::call(self.facts, call, before, timeout, self.cancel))
            }
            Step::Hooks => Observed::Hooks(hooks::of_user(&self.git(timeout))),
            Step::SourceTime => Observed::SourceTime(self.source_time(timeout)),
            Step::Secrets { scope, most_bytes } => {
                let read = self.secrets(scope, *most_bytes, timeout);
                Observed::Secrets { read, at: Timestamp::now() }
            }
            Step::Twin { build, .. } => Observed::Twin(self.twins(timeout).make(build, before)),
            Step::Programs { build } => {
                Observed::Programs(programs::read(self.facts, self.options, build, before))
            }
            Step::LlvmTools { doctests } => Observed::LlvmTools(self.llvm_tools(*doctests, timeout)),
            Step::Instrumented(run) => Observed::Instrumented(self.instrumented(run, before, timeout)),
            Step::Counts { .. } => Observed::Counts(self.counts_of(step, before, timeout)),
            Step::BaseCounts { .. } => Observed::BaseCounts(self.base_lines(step, before, timeout)),
            Step::TestHistory { run, key } => Observed::TestHistory(self.test_history(run, key, before)),
            Step::Timing(wanted) => {
                Observed::Tool(timing::carry_out(self.facts, wanted, before, timeout, self.cancel))
            }
            Step::Objects { names } => Observed::Tool(self.objects(names, timeout)),
        }
    }

    fn format(&self, before: &Evidence, timeout: Duration) -> Observed {
        self.formatted(before, (&self.kept.formatted(self.facts), &Ahead::default()), timeout)
    }

    /// What rustfmt makes of the sources; some of it may be on its way already.
    pub(super) fn formatted(
        &self,
        before: &Evidence,
        ahead: (&FormattedFiles<'_>, &Ahead),
        timeout: Duration,
    ) -> Observed {
        Observed::Format(match before.get(&Step::Sources) {
            Some(Observed::Sources(sources)) => format::all(self.facts, sources, ahead, timeout, self.cancel),
            _ => Vec::new(),
        })
    }

    fn source_time(&self, timeout: Duration) -> Result<Option<Timestamp>, Unreadable> {
        let epoch = self.environment.source_date_epoch.as_deref();
        let commit = match self.facts.revision {
            Some(_) if epoch.is_none() => Some(self.git(timeout).commit_time()?),
            _ => None,
        };
        source_time(epoch, commit.as_deref()).map_err(Unreadable::garbage)
    }

    /// The same call of cargo in the base's tree.
    fn base_benches(&self, base: &Base, build: &ToolCall, timeout: Duration) -> AgainstBase<BaseBuilt> {
        let tree = self.git(timeout).tree(base)?;
        let env = tree.env().into_iter().map(|(name, value)| (name.into(), Some(value.into()))).collect();
        let captured = self.call_in(&tree.root, build, env, timeout);
        Ok(Some(BaseBuilt { root: tree.root, captured }))
    }

    fn twins(&self, timeout: Duration) -> Twins<'_> {
        let Self { facts, options, environment, cancel, .. } = *self;
        Twins { facts, options, environment, cancel, timeout }
    }

    pub(super) fn git(&self, timeout: Duration) -> Git<'_> {
        Git { facts: self.facts, environment: self.environment, timeout, cancel: self.cancel }
    }

    fn lock(&self) -> Result<Vec<LockedPackage>, Unreadable> {
        match files::read(&self.facts.root, "Cargo.lock") {
            FileRead::Content(bytes) => {
                parse_lock(&bytes).map_err(|error| Unreadable::garbage(error.to_string()))
            }
            FileRead::Missing => {
                Err(Unreadable::garbage("there is no Cargo.lock").help("make it: cargo generate-lockfile"))
            }
            FileRead::Failed(cause) => Err(Unreadable::garbage(format!("Cargo.lock: {cause}"))),
        }
    }

    fn objects(&self, names: &[String], timeout: Duration) -> Captured {
        let Some(program) = self.facts.tools.get(&Tool::Git) else { return not_found(Tool::Git) };
        let mut command = git(program, &self.facts.root, timeout).args(["cat-file", "--batch-check"]);
        command.stdin = Some(names.iter().flat_map(|name| [name.as_bytes(), b"\n"].concat()).collect());
        run(&command, self.cancel)
    }

    pub(super) fn call(&self, call: &ToolCall, timeout: Duration) -> Captured {
        self.call_with(call, Vec::new(), timeout)
    }

    /// The same with further variables.
    pub(super) fn call_with(
        &self,
        call: &ToolCall,
        env: Vec<(OsString, Option<OsString>)>,
        timeout: Duration,
    ) -> Captured {
        self.call_in(&self.facts.root, call, env, timeout)
    }

    /// The same in another folder.
    fn call_in(
        &self,
        folder: &Path,
        call: &ToolCall,
        env: Vec<(OsString, Option<OsString>)>,
        timeout: Duration,
    ) -> Captured {
        let Some(program) = self.facts.tools.get(&call.tool) else { return not_found(call.tool) };
        let command = match call.tool {
            Tool::Git => git(program, folder, timeout),
            _ => Command::new(program, folder, timeout),
        };
        let mut command = command.args(&call.args);
        command.env.extend(environment::without_settings(call.tool));
        command.env.extend(of_the_copy(self.facts));
        command.env.extend(call.env.iter().map(|(name, value)| (name.into(), Some(value.into()))));
        let wrapper = env.iter().find(|(name, _)| name == "RUSTC_WORKSPACE_WRAPPER");
        let wrapper = wrapper.and_then(|(_, wrapper)| wrapper.clone());
        command.env.extend(env);
        command.streams = call.streams;
        command.what = call.to_string();
        let _lent = wrapper.map(|wrapper| Lent::to(&self.facts.target, &wrapper));
        run(&command, self.cancel)
    }

    fn is_judged(&self, source: &Source) -> bool {
        let package = source.package.and_then(|index| self.facts.packages.get(index));
        let selected = package.map_or(self.options.packages.is_empty(), |p| selects(self.options, &p.name));
        selected && !self.general.exclude.matches(&source.path)
    }

    /// The sources that are judged, as far as they are listed.
    pub(super) fn listed(&self) -> Vec<&Source> {
        self.facts.sources.iter().filter(|source| self.is_judged(source)).collect()
    }

    fn sources(&self) -> Sources {
        let scanned = self.kept.scanned();
        let read = |list: &[&Source]| {
            let files = files::read_sources(&self.facts.root, list, self.general.max_source_bytes, &scanned);
            scanned.fill(&files);
            files
        };
        let mut sources = Sources::new(read(&self.listed()));
        // a file that the list lacks may name others
        loop {
            let unlisted = sources.reached(self.facts).unlisted.iter();
            let compiled: Vec<Source> = unlisted
                .map(|path| Source { package: self.facts.owner(path), path: path.clone() })
                .filter(|source| self.is_judged(source) && self.facts.root.join(&source.path).is_file())
                .collect();
            let more = read(&compiled.iter().collect::<Vec<_>>());
            if more.is_empty() {
                return sources;
            }
            sources = sources.with(more);
        }
    }
}

/// The variables of what is judged, for a program that runs on it.
pub(super) fn of_the_copy(facts: &Facts) -> impl Iterator<Item = (OsString, Option<OsString>)> {
    facts.variables.iter().map(|(name, value)| (name.clone(), Some(value.clone())))
}

/// The end of a call of a tool that is not there.
fn not_found(tool: Tool) -> Captured {
    let (stdout, stderr) = (Vec::new(), Vec::new());
    Captured { what: tool.to_string(), end: End::NotFound, stdout, stderr, duration: Duration::ZERO }
}

/// The call that resolves the dependency graph.
fn metadata(offline: bool) -> ToolCall {
    let mut args =
        ["metadata", "--format-version", "1", "--locked", "--all-features"].map(str::to_owned).to_vec();
    args.extend(offline.then(|| "--offline".to_owned()));
    ToolCall { tool: Tool::Cargo, args, env: Vec::new(), streams: Streams::Separate, builds: false }
}

/// What is asked of the base, where there is one.
pub(super) fn against<T>(
    before: &Evidence,
    named: Option<&String>,
    ask: impl FnOnce(&Base) -> AgainstBase<T>,
) -> AgainstBase<T> {
    let step = Step::Base { named: named.cloned() };
    match before.get(&step) {
        Some(Observed::Base(Ok(Some(base)))) => ask(base),
        Some(Observed::Base(Ok(None))) => Ok(None),
        Some(Observed::Base(Err(unreadable))) => Err(unreadable.clone()),
        _ => Err(Unreadable::not_done(&step)),
    }
}
