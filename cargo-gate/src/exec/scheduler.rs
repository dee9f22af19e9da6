//! Carries out a plan: steps as soon as those before them are done, builds one after another in
//! the one target directory, everything else in their shade; each gate is judged as soon as its
//! evidence is complete.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use super::begun::{Begun, Carried};
use super::store::write_artifact;
use super::{Asked, Cancel, Kept, figures};
use crate::event::{Event, Listener};
use crate::facts::{Facts, relative};
use crate::gate::{Context, Outcome, OutputFile, Unreadable};
use crate::plan::Choice;
use crate::registry::Configured;
use crate::report::{GateReport, milliseconds};
use crate::step::{Evidence, Observed, Step};
use crate::verdict::{Status, conclude, without_evidence};

/// A run that begins.
pub struct Run<'a> {
    /// What is left to do, and what with.
    pub asked: Asked<'a>,
    /// What the cache knows of it.
    pub kept: &'a Kept,
    /// What has begun already.
    pub begun: &'a Begun,
    /// Who hears of it.
    pub listen: Listener<'a>,
}

/// What a run gave.
#[derive(Debug)]
pub struct CarriedOut {
    /// The report of each gate, in the plan's order.
    pub gates: Vec<GateReport>,
    /// How long each step took; of a run that was ended early nothing, as it ended them early.
    pub times: Vec<(String, Duration)>,
    /// The reports by gate, before the baseline had its say.
    pub(super) judged: BTreeMap<String, GateReport>,
    /// What the steps gave.
    pub(super) evidence: Evidence,
}

/// Carries out the plan.
pub fn carry_out(run: &Run<'_>) -> CarriedOut {
    let selected = run.asked.plan.selected();
    // `--fail-fast` ends our own steps without pretending that the user interrupted the run
    let stop = Cancel::default();
    thread::scope(|scope| {
        let (send, receive) = channel();
        let mut state = State::new(run, &selected, &stop, send);
        state.settle_without_evidence();
        state.drive(scope, &receive);
        let times = state.times();
        let (evidence, judged) = (std::mem::take(&mut state.evidence), std::mem::take(&mut state.judged));
        let reports = state.reports();
        // nobody asks for it any more
        run.begun.end();
        figures::record(run.asked.facts, run.asked.options, &reports, run.asked.cancel);
        CarriedOut { gates: reports, times, judged, evidence }
    })
}

/// So many steps that do not compile run at once: some wait for the network or for git, and a config may have any
/// number of commands.
fn most_beside_builds() -> usize {
    2 * thread::available_parallelism().map_or(1, NonZero::get)
}

/// What a worker reports back: of a step that came to no end, nothing.
enum Message {
    Step { place: usize, carried: Option<Carried> },
    Gate { place: usize, report: Box<GateReport> },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Running,
    Finished,
}

struct State<'a> {
    run: &'a Run<'a>,
    selected: &'a BTreeSet<&'static str>,
    stop: &'a Cancel,
    send: Sender<Message>,
    steps: Vec<(Progress, Duration)>,
    /// How many steps that do not compile run at once.
    most: usize,
    gates: Vec<(Progress, Option<GateReport>)>,
    evidence: Evidence,
    /// What the gates said before the baseline had its say.
    judged: BTreeMap<String, GateReport>,
    stopped_by: Option<&'static str>,
}

impl<'a> State<'a> {
    fn new(
        run: &'a Run<'a>,
        selected: &'a BTreeSet<&'static str>,
        stop: &'a Cancel,
        send: Sender<Message>,
    ) -> Self {
        Self {
            run,
            selected,
            stop,
            send,
            most: most_beside_builds(),
            steps: vec![(Progress::Waiting, Duration::ZERO); run.asked.plan.steps.len()],
            gates: run.asked.plan.gates.iter().map(|_| (Progress::Waiting, None)).collect(),
            evidence: Evidence::default(),
            judged: BTreeMap::new(),
            stopped_by: None,
        }
    }

    /// Gates that need no step are settled at once.
    fn settle_without_evidence(&mut self) {
        for (place, gate) in self.run.asked.plan.gates.iter().enumerate() {
            let status = match gate.choice {
                Choice::Run => continue,
                Choice::NotSelected => {
                    self.gates.get_mut(place).into_iter().for_each(|gate| gate.0 = Progress::Finished);
                    continue;
                }
                Choice::Cached => {
                    if let Some(report) = self.run.kept.answer(gate.id) {
                        self.finish_gate(place, report);
                    }
                    continue;
                }
                Choice::Skip => Status::Skipped,
                Choice::NothingToJudge => Status::Passed,
            };
            self.finish_gate(place, without_evidence(gate.id, status, &gate.reason));
        }
    }

    fn drive<'scope>(&mut self, scope: &'scope Scope<'scope, '_>, receive: &Receiver<Message>)
    where
        'a: 'scope,
    {
        loop {
            // a step that begins now runs beside what is judged meanwhile; what measures time has the machine to itself,
            // once nothing else is left to start and to judge
            self.start_ready(scope, false);
            self.judge_ready(scope);
            self.start_ready(scope, true);
            if !self.in_flight() {
                return;
            }
            match receive.recv_timeout(Duration::from_millis(50)) {
                Ok(Message::Step { place, carried }) => self.finish_step(place, carried),
                Ok(Message::Gate { place, report }) => self.finish_gate(place, *report),
                Err(_) => {}
            }
            if self.run.asked.cancel.is_set() {
                self.stop.set();
            }
        }
    }

    fn ended(&self) -> bool {
        self.run.asked.cancel.is_set() || self.stopped_by.is_some()
    }

    fn in_flight(&self) -> bool {
        let running = |progress: Progress| progress == Progress::Running;
        self.steps.iter().any(|step| running(step.0)) || self.gates.iter().any(|gate| running(gate.0))
    }

    /// Starts the steps that can begin: those that need the machine to themselves, or the others.
    fn start_ready<'scope>(&mut self, scope: &'scope Scope<'scope, '_>, exclusive: bool)
    where
        'a: 'scope,
    {
        let run = self.run;
        let steps = run.asked.plan.steps.iter().enumerate();
        for (place, planned) in steps.filter(|(_, planned)| planned.step.exclusive() == exclusive) {
            let ready = !self.ended()
                && self.is(place, Progress::Waiting)
                && planned.after.iter().all(|before| self.is(*before, Progress::Finished))
                && !(planned.step.builds() && self.building())
                && (planned.step.builds() || self.beside_builds() < self.most)
                && !(exclusive && self.in_flight());
            if !ready {
                continue;
            }
            self.steps.get_mut(place).into_iter().for_each(|step| step.0 = Progress::Running);
            let gates = planned.gates.clone();
            (run.listen)(&Event::StepStarted { step: place, command: planned.command.clone(), gates });
            let (send, before, stop) = (self.send.clone(), self.evidence.clone(), self.stop);
            scope.spawn(move || {
                let start = Instant::now();
                let observe = || {
                    let anew = || {
                        Arc::new(run.asked.bench(run.kept, stop).carry_out(
                            &planned.step,
                            &before,
                            planned.timeout,
                        ))
                    };
                    run.begun.take(&planned.step).unwrap_or_else(|| (anew(), start.elapsed()))
                };
                let carried = catch_unwind(AssertUnwindSafe(observe)).ok();
                // the receiver outlives all workers
                let _ = send.send(Message::Step { place, carried });
            });
        }
    }

    fn is(&self, step: usize, progress: Progress) -> bool {
        self.steps.get(step).is_some_and(|step| step.0 == progress)
    }

    /// How many steps run that do not compile.
    fn beside_builds(&self) -> usize {
        let planned = self.run.asked.plan.steps.iter().enumerate();
        planned
            .filter(|(place, planned)| !planned.step.builds() && self.is(*place, Progress::Running))
            .count()
    }

    fn building(&self) -> bool {
        let planned = self.run.asked.plan.steps.iter().enumerate();
        planned
            .filter(|(_, planned)| planned.step.builds())
            .any(|(place, _)| self.is(place, Progress::Running))
    }

    fn finish_step(&mut self, place: usize, carried: Option<Carried>) {
        let (observed, duration) = carried.unzip();
        let duration = duration.unwrap_or_default();
        self.steps.get_mut(place).into_iter().for_each(|step| *step = (Progress::Finished, duration));
        if let (Some(observed), Some(planned)) = (observed, self.run.asked.plan.steps.get(place)) {
            self.evidence.insert(planned.step.clone(), observed);
        }
        (self.run.listen)(&Event::StepFinished { step: place, duration_ms: milliseconds(duration) });
    }

    fn judge_ready<'scope>(&mut self, scope: &'scope Scope<'scope, '_>)
    where
        'a: 'scope,
    {
        let run = self.run;
        for (place, planned) in run.asked.plan.gates.iter().enumerate() {
            let waits = self.gates.get(place).is_some_and(|gate| gate.0 == Progress::Waiting);
            let ready = planned.steps.iter().all(|step| self.is(*step, Progress::Finished));
            let Some(gate) = run.asked.config.gates.get(place).filter(|_| waits && ready && !self.ended())
            else {
                continue;
            };
            self.gates.get_mut(place).into_iter().for_each(|gate| gate.0 = Progress::Running);
            let observing: Duration =
                planned.steps.iter().filter_map(|step| self.steps.get(*step)).map(|step| step.1).sum();
            let (send, evidence, selected) = (self.send.clone(), self.evidence.clone(), self.selected);
            scope.spawn(move || {
                let start = Instant::now();
                let cx = Context::new(run.asked.facts, run.asked.options, selected)
                    .with_tests(run.asked.config.tests())
                    .with_tags(run.asked.config.tags());
                let judged = judge(gate, &cx, &evidence);
                let mut judged = sources_held(run, &planned.steps, &evidence).and(judged);
                let files = write_files(run.asked.facts, gate.info.id, &mut judged);
                let mut report = conclude(gate, run.asked.options.stage, judged, observing + start.elapsed());
                report.files = files;
                if run.asked.facts.home != run.asked.facts.root {
                    let [home, copy] =
                        [&run.asked.facts.home, &run.asked.facts.root].map(|root| root.to_string_lossy());
                    report.speak_of(&home, &copy);
                }
                let report = Box::new(run.kept.with_key(report));
                let _ = send.send(Message::Gate { place, report });
            });
        }
    }

    fn finish_gate(&mut self, place: usize, mut report: GateReport) {
        self.judged.insert(report.id.clone(), report.clone());
        self.run.asked.baseline.apply(&mut report);
        let bad = matches!(report.status, Status::Failed | Status::Broken);
        if bad && self.run.asked.options.fail_fast && self.stopped_by.is_none() {
            self.stopped_by = self.run.asked.plan.gates.get(place).map(|gate| gate.id);
            self.stop.set();
            self.run.begun.end();
        }
        let finished = Event::GateFinished { gate: Box::new(report) };
        (self.run.listen)(&finished);
        let Event::GateFinished { gate: report } = finished else { return };
        self.gates
            .get_mut(place)
            .into_iter()
            .for_each(|gate| *gate = (Progress::Finished, Some((*report).clone())));
    }

    fn times(&self) -> Vec<(String, Duration)> {
        let done = self.run.asked.plan.steps.iter().zip(&self.steps).filter(|_| !self.ended());
        done.map(|(planned, (_, duration))| (planned.command.clone(), *duration)).collect()
    }

    /// The reports; gates that the end of the run came before are `broken`, or `skipped` where
    /// `--fail-fast` asked for it.
    fn reports(mut self) -> Vec<GateReport> {
        for (place, planned) in self.run.asked.plan.gates.iter().enumerate() {
            let unsettled = self.gates.get(place).is_some_and(|gate| gate.0 != Progress::Finished);
            let Some(gate) = self.run.asked.config.gates.get(place).filter(|_| unsettled) else { continue };
            let report = match self.stopped_by {
                Some(first) if !self.run.asked.cancel.is_set() => {
                    let reason = format!("not run: --fail-fast stopped after {first}");
                    without_evidence(planned.id, Status::Skipped, &reason)
                }
                _ => conclude(
                    gate,
                    self.run.asked.options.stage,
                    Err(Unreadable::interrupted()),
                    Duration::ZERO,
                ),
            };
            self.finish_gate(place, report);
        }
        self.gates.into_iter().filter_map(|(_, report)| report).collect()
    }
}

/// Writes the files that the gate gives, and names them. One that cannot be written leaves no verdict.
fn write_files(facts: &Facts, gate: &str, judged: &mut Result<Outcome, Unreadable>) -> Vec<String> {
    let files = judged.as_mut().map(|outcome| std::mem::take(&mut outcome.files)).unwrap_or_default();
    let folder = facts.state.join(gate);
    let write = |file: &OutputFile| {
        let path = folder.join(&file.name);
        write_artifact(&path, &file.bytes).map(|()| relative(&facts.home, &path))
    };
    match files.iter().map(write).collect() {
        Ok(names) => names,
        Err(error) => {
            *judged = Err(Unreadable::crashed(error.to_string()));
            Vec::new()
        }
    }
}

/// Judges; a panic of ours is a gate that could not judge.
fn judge(gate: &Configured, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
    catch_unwind(AssertUnwindSafe(|| gate.judge(cx, evidence))).unwrap_or_else(|panic| {
        let message = text_of(panic.as_ref());
        Err(Unreadable::defect(format!("the gate `{}` panicked: {message}", gate.info.id)))
    })
}

/// Whether the sources that a gate with those steps has just read are those that were scanned.
fn sources_held(run: &Run<'_>, steps: &[usize], evidence: &Evidence) -> Result<(), Unreadable> {
    let mut steps =
        steps.iter().filter_map(|place| run.asked.plan.steps.get(*place)).map(|planned| &planned.step);
    match steps.find(|step| **step == Step::Sources).and_then(|step| evidence.get(step)) {
        Some(Observed::Sources(sources)) => sources.unchanged(),
        _ => Ok(()),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

#[cfg(test)]
mod tests;
