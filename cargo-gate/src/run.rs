//! One run from the command line to the exit code.

use std::path::Path;
use std::thread;
use std::time::Instant;

use crate::baseline::{Baseline, BaselineError};
use crate::cache::Explained;
use crate::cli::{Format, RunArgs};
use crate::config::{self, Config, ConfigError};
use crate::event::{Event, Listener};
use crate::exec::{
    self, Asked, Begun, CacheUse, Cancel, CarriedOut, Environment, GatherError, Ground, Held, Kept, NotHeld,
    Presence, Run, WriteError,
};
use crate::facts::Facts;
use crate::gate::{Options, Stage, Unreadable};
use crate::gates::GATES;
use crate::hooks::HookSettings;
use crate::plan::{self, Plan, Selection, UnknownGate};
use crate::registry::Configured;
use crate::render::{self, Console, Detail, Progress};
use crate::report::{self, Report, SCHEMA_VERSION, SubjectKind, milliseconds};
use crate::step::Step;
use crate::verdict::{NO_VERDICT, Verdict};

/// Why a run gave no verdict.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Our own environment cannot be read.
    #[error("the current folder cannot be read: {0}")]
    Environment(#[from] std::io::Error),
    /// There is no workspace, or it cannot be read.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// A file of the config, or the baseline, cannot be read.
    #[error("{0}")]
    File(String),
    /// The config has problems.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The baseline cannot be used.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// The request names a gate that is none.
    #[error(transparent)]
    UnknownGate(#[from] UnknownGate),
    /// The request names a package that is none.
    #[error("there is no package `{0}` in this workspace; its packages are: {1}")]
    UnknownPackage(String, String),
    /// The request leaves nothing to judge.
    #[error("`--exclude` leaves no package to judge; the packages are: {0}")]
    NoPackage(String),
    /// What changed since the named revision cannot be found out.
    #[error("--since: {}{}", .0.reason, .0.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
    Since(Unreadable),
    /// The request would mend by a gate that cannot.
    #[error("the gate `{0}` cannot mend anything by itself; those that can are: {1}")]
    NotFixable(String, String),
    /// The request would change something that is not on disk.
    #[error("only files on disk are changed: leave out --staged and --rev")]
    NotOnDisk,
    /// Nothing could tell a fix from what was there.
    #[error(
        "without a git repository a fix could not be taken back: --allow-dirty changes the files all the same"
    )]
    NoRepository,
    /// What there is to mend cannot be found out.
    #[error("{}{}", .0.reason, .0.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
    Fix(Unreadable),
    /// The request would change a baseline from a part of the workspace.
    #[error("a baseline is about the whole workspace: leave out --package, --exclude, --since and --lcov")]
    PartOfBaseline,
    /// A report could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Runs the gates of the stage, or only those named, shows the report, and gives the exit code.
pub fn run(args: &RunArgs, stage: Stage, only: &[String]) -> u8 {
    run_until(args, stage, only, &Cancel::on_signals())
}

/// The same, until somebody sets that flag: for several runs in one process.
pub fn run_until(args: &RunArgs, stage: Stage, only: &[String], cancel: &Cancel) -> u8 {
    attempt(args, stage, only, cancel).unwrap_or_else(|error| {
        Console.error(&error.to_string());
        NO_VERDICT
    })
}

/// The recorded verdict of the stage's gates on a commit, where everything that it rests on is as it was. Neither cargo
/// nor any gate is asked.
///
/// # Errors
/// Why there is none.
pub fn recorded(args: &RunArgs, stage: Stage, revision: &str, cancel: &Cancel) -> Result<Held, NotHeld> {
    let environment = Environment::read().map_err(|error| NotHeld::None(error.to_string()))?;
    if !args.is_whole(&[]) {
        return Err(NotHeld::None("only a verdict of all gates of the stage is recorded".to_owned()));
    }
    let options = args.options(stage, environment.advisory_db.clone());
    let manifest = args.manifest.manifest_path.as_deref();
    exec::recorded(&environment, manifest, revision, &options, cancel)
}

/// Where the config of this workspace says that the advisory database is cloned from; none outside a
/// workspace, or where it says nothing.
///
/// # Errors
/// When the config has problems.
pub fn advisory_url(cancel: &Cancel) -> Result<Option<String>, RunError> {
    let environment = Environment::read()?;
    let Ok(facts) = exec::gather(&environment, None, true, cancel) else { return Ok(None) };
    let (own, manifest) = exec::read_config(&facts.root).map_err(RunError::File)?;
    let config = config::parse(own.as_deref(), &manifest)?;
    let only = Selection { only: vec!["audit".to_owned()], skip: Vec::new() };
    let plan = plan::plan(&config, &facts, &Options::default(), &only)?;
    Ok(plan.steps.into_iter().find_map(|planned| match planned.step {
        Step::Advisories { url, .. } => url,
        _ => None,
    }))
}

/// What the config of the workspace in that folder says about hooks.
///
/// # Errors
/// When the config has problems.
pub fn hook_settings(folder: &Path) -> Result<HookSettings, RunError> {
    let (own, manifest) = exec::read_config(folder).map_err(RunError::File)?;
    Ok(config::parse(own.as_deref(), &manifest)?.hooks())
}

/// The gates that the config of this workspace defines; none outside a workspace.
///
/// # Errors
/// When the config has problems.
pub fn own_gates() -> Result<Vec<Configured>, RunError> {
    let environment = Environment::read()?;
    let Ok(facts) = exec::gather(&environment, None, true, &Cancel::default()) else { return Ok(Vec::new()) };
    let (own, manifest) = exec::read_config(&facts.root).map_err(RunError::File)?;
    let config = config::parse(own.as_deref(), &manifest)?;
    let is_own = |gate: &Configured| !GATES.iter().any(|one| one.info().id == gate.info.id);
    Ok(config.gates.into_iter().filter(is_own).collect())
}

fn attempt(args: &RunArgs, stage: Stage, only: &[String], cancel: &Cancel) -> Result<u8, RunError> {
    let prepared = Prepared::new(args, stage, only, cancel)?;
    let baseline = prepared.baseline()?;
    if let Some(gate) = &args.explain_cache {
        let gate = plan::known(&prepared.config, gate)?;
        Console.out(&render::explained(gate, &prepared.explain(gate, baseline.as_ref(), cancel)));
        return Ok(0);
    }
    if args.plan {
        show_plan(&prepared.rest(&prepared.kept(baseline.as_ref(), cancel)), args.format);
        return Ok(0);
    }
    let progress = Progress::new(!prepared.environment.no_progress);
    let listen = |event: &Event| tell(&progress, event, args);
    let report = prepared.judge(baseline.as_ref(), cancel, &listen);
    show(&report, args)?;
    Ok(report.verdict.exit_code)
}

/// Everything that is known before the gates run.
pub(crate) struct Prepared {
    start: Instant,
    started_at: jiff::Timestamp,
    pub(crate) environment: Environment,
    pub(crate) facts: Facts,
    pub(crate) config: Config,
    pub(crate) options: Options,
    pub(crate) plan: Plan,
    cache: CacheUse,
    /// What the command line asks, where it asks for a whole stage.
    whole: Option<String>,
    /// The copy that is judged is this run's as long as this is there.
    ground: Ground,
}

impl Prepared {
    /// Gathers the facts, reads the config and makes the plan.
    pub(crate) fn new(
        args: &RunArgs,
        stage: Stage,
        only: &[String],
        cancel: &Cancel,
    ) -> Result<Self, RunError> {
        let start = Instant::now();
        let started_at = jiff::Timestamp::now();
        let cache = args.cache_use(stage);
        let environment = Environment { asks_anew: cache != CacheUse::Full, ..Environment::read()? };
        Console.color(environment.color.as_deref());
        let manifest_path = args.manifest.manifest_path.as_deref();
        let say = |message: &str| Console.status(message);
        let ground = Ground::settle(&environment, manifest_path, &args.wanted(), cancel, &say)
            .map_err(GatherError::from)?;
        let facts = exec::gather_on(&ground, &environment, args.offline, cancel)?;
        if facts.subject.kind != SubjectKind::Worktree && !args.quiet {
            say(&format!("judging {}", facts.subject.name));
        }
        let (own, manifest) = exec::read_config(&facts.root).map_err(RunError::File)?;
        let config = config::parse(own.as_deref(), &manifest)?;
        let mut options = args.options(stage, environment.advisory_db.clone());
        let whole = args.is_whole(only).then(|| exec::request(&options));
        options.base = options.base.or_else(|| config.general.base.clone());
        options.left_out = config.general.exclude.clone();
        options.lcov = options.lcov.map(|path| environment.directory.join(path));
        known_packages(&facts, &options)?;
        if let Some(since) = &args.since {
            options.narrow(exec::affected(&facts, &environment, since, cancel).map_err(RunError::Since)?);
        }
        let plan = plan::plan(&config, &facts, &options, &args.selection(only))?;
        let plan = exec::remembered(&facts).arrange(plan);
        Ok(Self { start, started_at, environment, facts, config, options, plan, cache, whole, ground })
    }

    /// What the workspace accepts, where it has a baseline.
    pub(crate) fn baseline(&self) -> Result<Option<Baseline>, RunError> {
        let text = exec::read_baseline(&self.facts.root).map_err(RunError::File)?;
        Ok(text.as_deref().map(Baseline::parse).transpose()?)
    }

    fn asked<'a>(&'a self, baseline: &'a Baseline, cancel: &'a Cancel) -> Asked<'a> {
        let Self { environment, facts, config, options, plan, .. } = self;
        Asked { plan, config, facts, options, baseline, environment, cancel }
    }

    /// What the cache knows of the run.
    fn kept(&self, baseline: Option<&Baseline>, cancel: &Cancel) -> Kept {
        let none = Baseline::default();
        let asked = self.asked(baseline.unwrap_or(&none), cancel);
        Kept::open(&asked, self.cache, self.ground.records()).look_up(&asked)
    }

    /// What is left to do, where the cache answers for some gates.
    fn rest(&self, kept: &Kept) -> Plan {
        exec::remembered(&self.facts).arrange(self.plan.without(&kept.answered()))
    }

    fn explain(&self, gate: &str, baseline: Option<&Baseline>, cancel: &Cancel) -> Explained {
        let none = Baseline::default();
        let asked = self.asked(baseline.unwrap_or(&none), cancel);
        Kept::open(&asked, self.cache, self.ground.records()).look_up(&asked).explain(&asked, gate)
    }

    /// Runs the gates, holds what they found against the baseline, and gives the report.
    pub(crate) fn judge(&self, baseline: Option<&Baseline>, cancel: &Cancel, listen: Listener<'_>) -> Report {
        let Self { environment, facts, config, options, .. } = self;
        let stage = options.stage;
        let _present = Presence::announce(facts);
        let none = Baseline::default();
        let asked = self.asked(baseline.unwrap_or(&none), cancel);
        let opened = Kept::open(&asked, self.cache, self.ground.records());
        let (kept, done) = thread::scope(|scope| {
            let begun = Begun::begin(scope, asked, &opened, self.ground.staged_format());
            let kept = opened.look_up(&asked);
            let plan = self.rest(&kept);
            begun.keep(&plan);
            listen(&Event::RunStarted {
                schema_version: SCHEMA_VERSION,
                stage,
                gates: plan.selected().into_iter().collect(),
                steps: plan.steps.len(),
            });
            let rest = Asked { plan: &plan, ..asked };
            let done = exec::carry_out(&Run { asked: rest, kept: &kept, begun: &begun, listen });
            (kept, done)
        });
        let support = kept.record(&asked, &done, self.whole.is_some());
        let CarriedOut { gates, times, .. } = done;
        let mut memory = exec::remembered(facts);
        memory.learn(times, &gates);
        exec::remember(facts, &memory);
        let mut report = Report {
            schema_version: SCHEMA_VERSION.to_owned(),
            verdict: Verdict::over(&gates.iter().map(|gate| gate.status).collect::<Vec<_>>()),
            subject: report::subject(facts, &environment.directory),
            environment: report::environment(facts, &config.digest),
            stage,
            started_at: self.started_at.to_string(),
            duration_ms: milliseconds(self.start.elapsed()),
            saved_ms: kept.saved_ms(),
            affected: options.affected.clone(),
            baseline: baseline.map(|baseline| baseline.standing(&gates, options.whole())),
            unrecorded: None,
            gates,
        };
        if let Some(request) = &self.whole {
            report.unrecorded = exec::keep_verdict(&asked, request, &kept, support.as_ref(), &report).err();
        }
        // what is known of thousands of files takes a while to be freed, for which nobody has to wait
        rayon::spawn(move || drop((opened, kept)));
        let Report { duration_ms, saved_ms, .. } = report;
        listen(&Event::RunFinished { verdict: report.verdict.clone(), duration_ms, saved_ms });
        report
    }
}

fn known_packages(facts: &Facts, options: &Options) -> Result<(), RunError> {
    let names = || facts.packages.iter().map(|package| package.name.as_str());
    let mut asked = options.packages.iter().chain(&options.exclude);
    match asked.find(|asked| !names().any(|name| name == asked.as_str())) {
        Some(unknown) => {
            Err(RunError::UnknownPackage(unknown.clone(), names().collect::<Vec<_>>().join(", ")))
        }
        None if facts.judged(options).next().is_none() => {
            Err(RunError::NoPackage(names().collect::<Vec<_>>().join(", ")))
        }
        None => Ok(()),
    }
}

pub(crate) fn show_plan(plan: &Plan, format: Format) {
    Console.out(&match format {
        Format::Human => render::plan_text(plan),
        Format::Json | Format::Jsonl => serde_json::to_string_pretty(plan).unwrap_or_default() + "\n",
    });
}

pub(crate) fn tell(progress: &Progress, event: &Event, args: &RunArgs) {
    match args.format {
        Format::Human if !args.quiet => progress.show(event),
        Format::Jsonl => Console.out(&render::event_line(event)),
        Format::Human | Format::Json => {}
    }
}

pub(crate) fn detail(args: &RunArgs) -> Detail {
    match (args.quiet, args.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        _ => Detail::Normal,
    }
}

fn show(report: &Report, args: &RunArgs) -> Result<(), RunError> {
    match args.format {
        Format::Human => Console.out(&detail(args).after_progress(report)),
        Format::Json => Console.out(&render::json(report)),
        Format::Jsonl => {}
    }
    for (format, path) in &args.output {
        let text = match format {
            Format::Human => {
                anstream::adapter::strip_str(&render::human(report, Detail::Verbose)).to_string()
            }
            Format::Json => render::json(report),
            Format::Jsonl => render::jsonl(report),
        };
        exec::write_output(path, &text)?;
    }
    Ok(())
}
