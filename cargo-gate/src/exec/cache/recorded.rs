//! Recorded verdicts of whole runs, found again by the tree that a commit has: before anything else is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;

use super::super::conversion::conversion;
use super::super::gather::{cargo_configs, steady_tree, toolchain};
use super::super::snapshot::commit_here;
use super::super::store::{prune, touch, write_artifact};
use super::super::{Cancel, Environment, tools};
use super::contents::Contents;
use super::data::{Look, Revisions, Shared};
use super::folder::Folder;
use super::on_disk::{is_checkout, of_submodule};
use super::surroundings::{FORMATTING, Tools};
use super::{Asked, Kept, Support, beyond, data, elsewhere, ground, ignored, stands, surroundings};
use crate::cache::{Around, Looked, Names, Record, digest};
use crate::facts::{Facts, Revision};
use crate::gate::{Options, Stage};
use crate::report::{GateReport, Report, SubjectKind};
use crate::step::{Data, Inputs, Tool};

/// So many records are kept where there came to be twice as many; the oldest go first.
const MOST_RECORDS: usize = 200;

fn place(folder: &Path, tree: &str, stage: Stage) -> PathBuf {
    folder.join("verdicts").join(format!("{tree}-{stage}.json"))
}

/// Records the verdict of a run of all gates of its stage on a tree that git has, where each of them is fine. `request`
/// is what the command line asked; `support` what all answers rest on, as far as it is known.
///
/// # Errors
/// Why such a verdict cannot be recorded.
pub fn keep_verdict(
    asked: &Asked<'_>,
    request: &str,
    kept: &Kept,
    support: Result<&Support, &String>,
    report: &Report,
) -> Result<(), String> {
    let facts = asked.facts;
    let (Some(tree), Some(contents)) = (recordable(facts, &report.gates), &kept.contents) else {
        return Ok(());
    };
    let support = support.map_err(Clone::clone)?;
    let mut contents = Contents::clone(contents);
    let (record, looked) = record(asked, request, (kept, support), &mut contents, tree, report)?;
    let path = place(&facts.state, &record.tree, report.stage);
    if is_recorded(&path, &record, &looked) {
        touch(&path);
        return Ok(());
    }
    is_of_its_tree(asked)?;
    write_artifact(&path, &record.to_bytes(&looked)).map_err(|error| error.to_string())?;
    // to look at all of them after each run takes a while
    prune(&facts.state.join("verdicts"), MOST_RECORDS, 2 * MOST_RECORDS);
    Ok(())
}

/// What is to be recorded.
///
/// # Errors
/// Where something that it rests on cannot be known.
fn record(
    asked: &Asked<'_>,
    request: &str,
    (kept, support): (&Kept, &Support),
    contents: &mut Contents,
    tree: String,
    report: &Report,
) -> Result<(Record, Looked), String> {
    let facts = asked.facts;
    let gates = asked.plan.gates.iter().zip(&asked.config.gates);
    let gates = gates.filter_map(|(planned, gate)| {
        let key = kept.keys.get(planned.id)?;
        let inputs = ground::inputs(asked, planned, gate);
        let is_known = key.is_ok() || data::is_seen(&inputs);
        Some((planned.id, is_known, inputs, gate.settings().unwrap_or_default()))
    });
    let (inputs, again): (Vec<_>, Vec<_>) = gates.partition(|(_, is_known, ..)| *is_known);
    let again = again.into_iter().map(|(gate, ..)| gate.to_owned()).collect();
    let all = inputs.iter().fold(Inputs::default(), |all, (.., inputs, _)| all.and(inputs.clone()));
    let (hourly, daily) = inputs
        .iter()
        .map(|(.., inputs, settings)| ground::ages(inputs, settings))
        .fold((false, false), |(hour, day), (hourly, daily)| (hour || hourly, day || daily));
    let tools: BTreeSet<String> = all.tools.iter().map(|tool| tool.program().to_owned()).collect();
    let called = report.environment.tools.iter().filter(|(name, _)| tools.contains(*name));
    let called = called.map(|(name, path)| (name.clone(), path.clone())).collect();
    let looked = Looked { tools, environment: all.environment, hourly, daily };
    let paths = around(facts, asked.environment, &all);
    let look = Look::from(*asked);
    // a base that this push or this user named is not that of another who names none
    let as_configured = |data: Data| data.with_base(asked.config.general.base.as_deref());
    let of_repository = inputs.iter().filter_map(|(gate, _, inputs, _)| {
        let data = inputs.data.iter().cloned().map(as_configured);
        let data: BTreeSet<Data> = data.filter(Data::is_of_repository).collect();
        (!data.is_empty()).then(|| ((*gate).to_owned(), data))
    });
    let of_repository = of_repository.collect();
    let data: BTreeSet<Data> = all.data.into_iter().map(as_configured).collect();
    let data: Vec<Data> = data.into_iter().collect();
    let around = look.around(request, &looked, &paths, (&data, &support.data), contents)?;
    let record = Record {
        tree,
        stage: report.stage,
        at: facts.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        took_ms: report.duration_ms.saturating_add(report.saved_ms.unwrap_or_default()),
        around,
        elsewhere: support.elsewhere.clone(),
        gates: report.gates.iter().map(|gate| (gate.id.clone(), gate.status)).collect(),
        unjudged: report.gates.iter().filter(|gate| !gate.judged).map(|gate| gate.id.clone()).collect(),
        config_digest: report.environment.config_digest.clone(),
        rustc: report.environment.rustc.clone(),
        tools: called,
        of_repository,
        again,
    };
    Ok((record, looked))
}

/// Forgets what is recorded for the tree that was just judged.
pub(super) fn forget(facts: &Facts) {
    let of_files = facts.revision.as_ref().filter(|revision| !revision.dirty).map(|revision| &revision.tree);
    let Some(tree) = facts.subject.tree.as_ref().or(of_files) else { return };
    let records = std::fs::read_dir(facts.state.join("verdicts")).into_iter().flatten().flatten();
    for record in records.filter(|record| record.file_name().to_string_lossy().starts_with(tree.as_str())) {
        let _ = std::fs::remove_file(record.path());
    }
}

/// Whether that is recorded already, whenever it was given.
fn is_recorded(path: &Path, record: &Record, looked: &Looked) -> bool {
    let known = std::fs::read(path).ok().and_then(|bytes| Record::read(&bytes, &record.tree, record.stage));
    known.is_some_and(|(known, how)| {
        let at_that_time = Record { at: known.at.clone(), took_ms: known.took_ms, ..record.clone() };
        known == at_that_time && how == *looked
    })
}

/// The tree that a run with these verdicts may be recorded for: where it is one that git has, and each gate is fine.
pub(super) fn recordable(facts: &Facts, gates: &[GateReport]) -> Option<String> {
    claimed_tree(facts).filter(|_| !gates.is_empty() && gates.iter().all(stands))
}

/// The tree that the run is about: of a private copy its own; of the user's files that of the commit that they are
/// said to be.
fn claimed_tree(facts: &Facts) -> Option<String> {
    match facts.subject.kind {
        SubjectKind::Worktree => {
            let clean = facts.revision.as_ref().filter(|revision| !revision.dirty);
            clean.map(|revision| revision.tree.clone())
        }
        _ => facts.subject.tree.clone(),
    }
}

/// That the run judged that tree and no more: the user's files were those of their commit all along, and no file that
/// git ignores could have been read.
///
/// # Errors
/// Why it may have judged another.
fn is_of_its_tree(asked: &Asked<'_>) -> Result<(), String> {
    let facts = asked.facts;
    if let Some(submodule) = facts.copied.as_ref().and_then(|copied| copied.submodule.as_ref()) {
        return Err(of_submodule(submodule));
    }
    if asked.is_still() {
        // a copy is made without ignored files, but for a lock file
        let is_listed = facts.files.iter().any(|file| file == "Cargo.lock");
        let is_sound = is_listed || !facts.root.join("Cargo.lock").exists();
        return if is_sound { Ok(()) } else { Err("git ignores Cargo.lock".to_owned()) };
    }
    let ignored = ignored::files(asked)?;
    if let Some(first) = ignored.first() {
        let others = ignored.len().saturating_sub(1);
        let others = if others > 0 { format!(" and {others} more") } else { String::new() };
        return Err(format!("code may read what is no part of the commit: {first}{others}"));
    }
    if let Some(other) = beyond::look(facts, asked.cancel)?.other() {
        return Err(format!("code may read what is no part of the commit: {}", other.display()));
    }
    if facts.subject.kind != SubjectKind::Worktree {
        return Ok(());
    }
    let tree = steady_tree(facts, asked.cancel);
    let tree = tree.ok_or("the files have changed meanwhile, or git is told to pass over some")?;
    is_checkout(facts, tree, asked.cancel)
}

/// Files around the workspace that tools look for, there or not.
fn around(facts: &Facts, environment: &Environment, inputs: &Inputs) -> Vec<PathBuf> {
    let names = [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];
    let formatting = ["rustfmt.toml", ".rustfmt.toml", "clippy.toml", ".clippy.toml"];
    let names: Vec<&str> =
        names.into_iter().chain(formatting).chain(inputs.nearest.iter().copied()).collect();
    let above = facts.root.ancestors().skip(1);
    let above = above.flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    let configs = cargo_configs(&facts.root, environment).into_iter().map(|(path, _)| path);
    let home = environment.cargo_home.iter();
    let of_home = home.flat_map(|home| ["config.toml", "config"].map(|name| home.join(name)));
    let settings =
        surroundings::users_formatting().flat_map(|folder| FORMATTING.map(|name| folder.join(name)));
    let all: BTreeSet<PathBuf> = above.chain(configs).chain(of_home).chain(settings).collect();
    // what lies in the workspace is in the tree
    all.into_iter().filter(|path| !path.starts_with(&facts.root)).collect()
}

impl Look<'_> {
    fn around(
        &self,
        request: &str,
        looked: &Looked,
        paths: &[PathBuf],
        (data, known): (&[Data], &Revisions),
        contents: &mut Contents,
    ) -> Result<Around, String> {
        let Self { facts, environment, cancel, .. } = *self;
        let (done, conversion) = thread::scope(|scope| {
            let git = facts.tools.get(&Tool::Git);
            let copied = facts.copied.as_ref().map(|copied| copied.conversion.clone());
            let ask = move || conversion(git.ok_or("there is no git")?, &facts.home, cancel);
            let conversion = scope.spawn(move || copied.map_or_else(ask, Ok));
            let look = |one: &Data| {
                data::recorded(self, one, known).map(|revision| (one.clone(), digest([revision])))
            };
            let asked: Vec<_> = data.iter().map(|one| scope.spawn(move || look(one))).collect();
            let lost = || "data could not be looked at".to_owned();
            let done = asked.into_iter().map(thread::ScopedJoinHandle::join);
            let done = done.map(|done| done.unwrap_or_else(|_| Err(lost())));
            (done.collect::<Result<Vec<_>, String>>(), conversion.join().unwrap_or_else(|_| Err(lost())))
        });
        let (repository, data) = done?.into_iter().partition(|(data, _)| data.is_of_repository());
        let called: BTreeSet<Tool> =
            Tool::ALL.into_iter().filter(|tool| looked.tools.contains(tool.program())).collect();
        let there: Vec<&Tool> = facts.tools.keys().collect();
        let tools = Tools::look(facts, &called).named(&called)?;
        let short = |value: &String| digest([value]).get(..8).unwrap_or_default().to_owned();
        let variables = if looked.environment { surroundings::variables(facts) } else { BTreeMap::new() };
        let linkers =
            if looked.environment { surroundings::linkers(facts, environment) } else { String::new() };
        let variables: Names = variables.iter().map(|(name, value)| (name.clone(), short(value))).collect();
        let names = paths.iter().map(|path| path.to_string_lossy().into_owned());
        Ok(Around {
            program: surroundings::program()?,
            request: request.to_owned(),
            // one target folder may serve two checkouts, with other files around them
            tools: format!("{:?}\n{there:?}\n{tools}\n{linkers}\n{}", facts.toolchain, facts.home.display()),
            variables,
            conversion: conversion?,
            files: names.zip(contents.of(paths)).collect(),
            data,
            repository,
            time: ground::time_of(facts, looked.hourly, looked.daily),
        })
    }
}

/// A recorded verdict whose tree, and what is around it, is as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// It.
    pub record: Record,
    /// The gates among its own that judged other commits or hooks, or compared the tree with another base: of them
    /// nothing is known.
    pub not_judged: BTreeSet<String>,
    /// Whether the commit is what `HEAD` names; of another it is not looked at which commits it brings, nor what it is
    /// compared with.
    pub is_head: bool,
}

impl Held {
    /// Whether it holds for each of its gates: a push judges nothing.
    pub fn is_whole(&self) -> bool {
        self.again().is_empty()
    }

    /// The gates that a push judges anew.
    pub fn again(&self) -> BTreeSet<&String> {
        self.record.again.union(&self.not_judged).collect()
    }
}

/// Why a verdict is not answered from the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotHeld {
    /// None is recorded for that tree, or it cannot be looked up.
    None(String),
    /// One is, and these differ now.
    Differs(Vec<String>),
}

/// The recorded verdict of that stage on the tree of a revision, where everything that it rests on is as it was.
///
/// # Errors
/// Why there is none that holds.
pub fn recorded(
    environment: &Environment,
    manifest: Option<&Path>,
    revision: &str,
    options: &Options,
    cancel: &Cancel,
) -> Result<Held, NotHeld> {
    let none = |why: &dyn std::fmt::Display| NotHeld::None(why.to_string());
    let here = commit_here(environment, manifest, revision, cancel).map_err(|error| none(&error))?;
    let bytes = std::fs::read(place(&here.state, &here.tree, options.stage));
    let bytes = bytes.map_err(|_| none(&"no verdict is recorded for this tree"))?;
    let (record, looked) = Record::read(&bytes, &here.tree, options.stage)
        .ok_or_else(|| none(&"the recorded verdict is damaged"))?;
    let mut found = tools::find(environment);
    let (version, sysroot) = toolchain(environment, &found, &here.home, cancel);
    tools::past_the_proxy(&mut found, sysroot.as_deref());
    let facts = Facts {
        root: here.home.clone(),
        home: here.home,
        state: here.state,
        toolchain: version.unwrap_or_default(),
        sysroot,
        tools: found,
        // what is not committed is no part of the commit
        revision: Some(Revision { commit: here.commit, tree: here.tree, dirty: false }),
        now: jiff::Timestamp::now(),
        ..Facts::default()
    };
    let mut contents = Contents::open(Folder::of(&facts.state).contents());
    let paths: Vec<PathBuf> = record.around.files.keys().map(PathBuf::from).collect();
    let Around { data, repository, .. } = &record.around;
    let data = data.iter().chain(repository).map(|(data, _)| data.clone());
    let data: Vec<Data> = data.filter(|data| here.is_head || !data.is_of_commit()).collect();
    let (timeout, shared) = (data::TIMEOUT, Shared::default());
    let look = Look { facts: &facts, environment, options, timeout, cancel, shared };
    let request = super::request(options);
    let now = look.around(&request, &looked, &paths, (&data, &Revisions::new()), &mut contents);
    let now = now.map_err(|error| none(&error))?;
    let mut differences = record.around.differences(&now);
    let elsewhere = elsewhere::changed(&record.elsewhere, &facts.root, &mut contents);
    differences.extend(elsewhere.map(|name| format!("{name} has changed")));
    if !differences.is_empty() {
        return Err(NotHeld::Differs(differences));
    }
    let is_same = |data: &Data| record.around.is_same(&now, data);
    let others = record.of_repository.iter().filter(|(_, data)| !data.iter().all(is_same));
    let not_judged = others.map(|(gate, _)| gate.clone()).collect();
    Ok(Held { record, not_judged, is_head: here.is_head })
}
