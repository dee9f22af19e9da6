//! `cargo bulletproof baseline`: what is accepted, shown and changed.

use std::collections::BTreeSet;
use std::path::Path;

use crate::baseline::{self, Baseline, Change, How};
use crate::cli::{Format, RunArgs};
use crate::exec::{self, Cancel, Environment};
use crate::gate::Stage;
use crate::render::{self, Console, Detail, Progress};
use crate::report::SubjectKind;
use crate::run::{Prepared, RunError, detail, show_plan, tell};
use crate::verdict::NO_VERDICT;

/// Runs the gates without a baseline, writes the next one, and says what is different. The exit code is 0 where
/// every error is accepted or was there before, 1 where some are not, 2 where a gate could not judge.
pub fn change(args: &RunArgs, stage: Stage, only: &[String], how: How) -> u8 {
    answer(attempt(args, stage, only, how))
}

/// Shows what is accepted.
pub fn show(manifest: Option<&Path>, verbose: bool, format: Format) -> u8 {
    answer(shown(manifest, verbose, format))
}

fn answer(answer: Result<u8, RunError>) -> u8 {
    answer.unwrap_or_else(|error| {
        Console.error(&error.to_string());
        NO_VERDICT
    })
}

fn attempt(args: &RunArgs, stage: Stage, only: &[String], how: How) -> Result<u8, RunError> {
    let cancel = Cancel::on_signals();
    // every gate has to have its say
    let args = &RunArgs { fail_fast: false, ..args.clone() };
    let prepared = Prepared::new(args, stage, only, &cancel)?;
    if prepared.facts.subject.kind != SubjectKind::Worktree {
        return Err(RunError::NotOnDisk);
    }
    if !prepared.options.whole_packages() {
        return Err(RunError::PartOfBaseline);
    }
    if args.plan {
        show_plan(&prepared.plan, args.format);
        return Ok(0);
    }
    let old = prepared.baseline()?;
    let progress = Progress::new(!prepared.environment.no_progress);
    let report = prepared.judge(None, &cancel, &|event| tell(&progress, event, args));
    let facts = &prepared.facts;
    let gates: BTreeSet<&str> = prepared.config.gates.iter().map(|gate| gate.info.id).collect();
    let exists = |file: &str| facts.files.binary_search_by(|other| other.as_str().cmp(file)).is_ok();
    let change = old.clone().unwrap_or_default().change(how, &report.gates, &gates, &exists);
    if !change.is_none() || (old.is_none() && how == How::Update && change.unjudged.is_empty()) {
        let path = facts.home.join(baseline::NAME);
        exec::replace_file(&path, change.baseline.text().as_bytes())?;
    }
    match args.format {
        Format::Human => Console.out(&render::change_text(&change, how, detail(args) == Detail::Verbose)),
        Format::Json => Console.out(&(serde_json::to_string_pretty(&change).unwrap_or_default() + "\n")),
        Format::Jsonl => {}
    }
    Ok(exit_code(&change))
}

fn exit_code(change: &Change) -> u8 {
    match change {
        change if !change.unjudged.is_empty() => NO_VERDICT,
        change if !change.refused.is_empty() => 1,
        _ => 0,
    }
}

fn shown(manifest: Option<&Path>, verbose: bool, format: Format) -> Result<u8, RunError> {
    let environment = Environment::read()?;
    Console.color(environment.color.as_deref());
    let facts = exec::gather(&environment, manifest, true, &Cancel::default())?;
    let text = exec::read_baseline(&facts.root).map_err(RunError::File)?;
    let baseline = text.as_deref().map(Baseline::parse).transpose()?.unwrap_or_default();
    Console.out(&match format {
        Format::Human => render::baseline_table(&baseline, verbose),
        Format::Json | Format::Jsonl => {
            let entries: Vec<_> = baseline.entries().collect();
            serde_json::to_string_pretty(&entries).unwrap_or_default() + "\n"
        }
    });
    Ok(0)
}
