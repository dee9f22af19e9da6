//! Watches a candidate where it runs: steps of traffic by the configured commands, windows judged from Prometheus, and
//! the way back where it is bad.

mod journal;

use std::time::{Duration, Instant};

use cargo_gate::config::CommandLine;
use cargo_gate::exec::process::{self, Command};
use cargo_gate::step::End;
use jiff::Timestamp;

use self::journal::{Journal, Mark};
use super::failed;
use super::history::history;
use super::prometheus::Prometheus;
use super::promotion::{self, Promotion};
use super::session::Session;
use crate::canary::{
    About, Course, Event, Outcome, Plan, Questions, Readings, Report, Rollback, Turn, Window, judge,
};
use crate::config::{Canary, OnBad};
use crate::digest::Digest;
use crate::ledger::State;
use crate::name::Label;
use crate::plan;
use crate::trouble::Trouble;

/// The longest that the command of a step may take.
const MOST_TIME: Duration = Duration::from_mins(30);
/// How often the flag of an interruption is looked at.
const NAP: Duration = Duration::from_millis(20);

/// A canary that was not begun.
pub struct Watch<'a> {
    session: &'a Session,
    environment: Label,
    candidate: About,
    baseline: About,
    questions: (Questions, Questions),
    prometheus: Prometheus,
    journal: Journal,
    /// When the environment began to run the candidate, in seconds since 1970.
    since: f64,
}

/// Who hears what happens.
type Say<'a> = &'a dyn Fn(&Event<'_>);

/// How far it has come.
struct Progress {
    began: Instant,
    step_began: Instant,
    percent: Option<u8>,
    /// As of when the baseline is asked about; now where it still has traffic of its own.
    reference: f64,
    windows: u32,
    last: Option<Window>,
}

impl<'a> Watch<'a> {
    /// Finds out what is compared, and changes nothing. The environment is the last one where none is named.
    ///
    /// # Errors
    /// Where the environment runs nothing, or ran nothing before it; where nothing says where Prometheus is.
    pub fn prepare(
        session: &'a Session,
        environment: Option<&str>,
        prometheus: Option<&str>,
    ) -> Result<Self, Trouble> {
        let settings = &session.config.canary;
        let environment = match environment {
            Some(name) => Some(session.environment(name)?),
            None => session.config.environments.last(),
        };
        let environment = environment
            .map(|environment| environment.name.clone())
            .ok_or_else(|| Trouble::CouldNot("promote.toml has no environment".to_owned()))?;
        let address = prometheus.or(settings.prometheus.as_deref()).ok_or_else(|| {
            Trouble::CouldNot("nothing says where Prometheus is: give --prometheus URL".to_owned())
        })?;
        let could_not = |why: &dyn ToString| Trouble::CouldNot(why.to_string());
        let prometheus =
            Prometheus::new(address, settings.token_env.as_deref()).map_err(|why| could_not(&why))?;
        let ledger = session.ledger()?;
        let head = ledger.head()?;
        let state = head.state();
        let deployed = state.environments.get(&environment).ok_or_else(|| {
            Trouble::CouldNot(format!("{environment} runs nothing yet: `cargo promote to {environment}`"))
        })?;
        let before = plan::back(&history(ledger.as_ref(), &head)?, &environment)
            .map_err(|why| Trouble::CouldNot(format!("there is nothing to compare with: {why}")))?;
        let candidate = about(&state, deployed.candidate)?;
        let baseline = about(&state, before)?;
        let questions = Questions::of_both(settings, &environment, &candidate, &baseline)
            .map_err(|why| could_not(&why))?;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
        let since = deployed.since.as_millisecond() as f64 / 1000.0;
        let journal = Journal::of(session, &environment)?;
        Ok(Self { session, environment, candidate, baseline, questions, prometheus, journal, since })
    }

    /// What would be done.
    pub fn plan(&self) -> Plan {
        let queries = self.questions.0.queries.all();
        Plan {
            environment: self.environment.clone(),
            candidate: self.candidate.clone(),
            baseline: self.baseline.clone(),
            prometheus: self.prometheus.shown().to_owned(),
            settings: self.settings().clone(),
            queries: queries.into_iter().map(|(name, query)| (name, query.to_owned())).collect(),
            interrupted: self.mark().map(|mark| mark.percent),
        }
    }

    /// Judges the window that ends now, and does nothing about it.
    pub fn look(&self) -> Window {
        self.window(self.settings().steps.is_empty().then_some(self.since)).0
    }

    /// Goes through the steps until the candidate is good, bad or cannot be judged in time.
    ///
    /// # Errors
    /// Where the ledger or the journal cannot be read or written, or another canary is running.
    pub fn carry_out(&self, say: Say<'_>) -> Result<Report, Trouble> {
        let _held = self.journal.hold()?;
        let mark = self.mark();
        let now = Instant::now();
        let reference = mark.as_ref().map_or(self.since, |mark| mark.reference);
        let mut progress =
            Progress { began: now, step_began: now, percent: None, reference, windows: 0, last: None };
        let steps = &self.settings().steps;
        let place = mark.and_then(|mark| steps.iter().position(|step| step.percent == mark.percent));
        let mut place = place.unwrap_or_default();
        let mut course = Course::at(self.settings(), place);
        loop {
            if let Some(ended) = self.begin(place, &mut progress, say)? {
                return Ok(ended);
            }
            match self.watch(&mut course, &mut progress, say)? {
                Ok(next) => place = next,
                Err((outcome, why)) => return self.end(outcome, why, &progress, say),
            }
        }
    }

    /// Brings a step about. Gives a report where that is the end.
    fn begin(&self, place: usize, progress: &mut Progress, say: Say<'_>) -> Result<Option<Report>, Trouble> {
        let Some(step) = self.settings().steps.get(place) else { return Ok(None) };
        if !self.still_there()? {
            return self.end(Outcome::Inconclusive, self.moved(), progress, say).map(Some);
        }
        let Some(command) = self.settings().command_of(step) else { return Ok(None) };
        say(&Event::Step { percent: step.percent, command: command.to_string() });
        let (candidate, baseline) = (self.candidate.candidate, self.baseline.candidate);
        let (percent, time, reference) = (step.percent, Timestamp::now(), progress.reference);
        self.journal.write(&Mark { candidate, baseline, percent, time, reference })?;
        progress.percent = Some(percent);
        let ended = match self.run(command, percent) {
            Ok(()) => None,
            Err(why) if self.session.cancel.is_set() => Some((Outcome::Inconclusive, why)),
            Err(why) => Some((Outcome::Bad, format!("the step to {percent} %: {why}"))),
        };
        progress.step_began = Instant::now();
        ended.map(|(outcome, why)| self.end(outcome, why, progress, say)).transpose()
    }

    /// Judges windows until there is a next step, or the end.
    fn watch(
        &self,
        course: &mut Course<'_>,
        progress: &mut Progress,
        say: Say<'_>,
    ) -> Result<Result<usize, (Outcome, String)>, Trouble> {
        let settings = self.settings();
        // a window must not look back to before the step
        let mut wait = settings.window.0.max(settings.interval());
        // with all traffic on the candidate there is no baseline beside it any more
        let alone = progress.percent.is_none_or(|percent| percent == 100);
        loop {
            let asked = Instant::now();
            self.rest(wait.min(settings.timeout.0.saturating_sub(progress.began.elapsed())));
            if self.session.cancel.is_set() {
                return Ok(Err((Outcome::Inconclusive, "interrupted".to_owned())));
            }
            // a ledger that cannot be read for once is no reason to stop watching
            if self.still_there().is_ok_and(|there| !there) {
                return Ok(Err((Outcome::Inconclusive, self.moved())));
            }
            let (window, time) = self.window(alone.then_some(progress.reference));
            if let (false, Some(time)) = (alone, time) {
                progress.reference = time;
            }
            progress.windows += 1;
            let turn = course.window(window.outcome, progress.step_began.elapsed(), progress.began.elapsed());
            let (number, needed) = (progress.windows, settings.windows);
            say(&Event::Window { number, streak: course.streak(), needed, window: &window });
            let why = window.why();
            progress.last = Some(window);
            match turn {
                Turn::Watch => {}
                Turn::Step(next) => return Ok(Ok(next)),
                Turn::End(Outcome::Inconclusive) => {
                    let timeout = String::from(settings.timeout);
                    let why = format!("not decided within {timeout}; the last window: {why}");
                    return Ok(Err((Outcome::Inconclusive, why)));
                }
                Turn::End(outcome) => return Ok(Err((outcome, why))),
            }
            wait = settings.interval().saturating_sub(asked.elapsed().saturating_sub(wait));
        }
    }

    fn end(
        &self,
        outcome: Outcome,
        why: String,
        progress: &Progress,
        say: Say<'_>,
    ) -> Result<Report, Trouble> {
        let (percent, windows, last) = (progress.percent, progress.windows, progress.last.clone());
        let mut report = Report { outcome, why, percent, windows, last, rollback: None, left: Vec::new() };
        if outcome == Outcome::Bad && self.settings().on_bad == OnBad::Rollback {
            self.take_back(&mut report, say);
        }
        // what was interrupted or undecided goes on from where it is
        if outcome != Outcome::Inconclusive && report.left.is_empty() {
            self.journal.forget()?;
        }
        Ok(report)
    }

    /// The traffic first, then the ledger with what follows its move.
    fn take_back(&self, report: &mut Report, say: Say<'_>) {
        if let Some(undo) = &self.settings().undo {
            say(&Event::Step { percent: 0, command: undo.to_string() });
            match self.run(undo, 0) {
                Ok(()) => report.percent = Some(0),
                Err(why) => report.left.push(format!("taking the traffic away: {why}")),
            }
        }
        if let Err(why) = self.roll_back(report, say) {
            report.left.push(format!("the rollback: {why}"));
        }
    }

    fn roll_back(&self, report: &mut Report, say: Say<'_>) -> Result<(), Trouble> {
        let to = self.baseline.candidate.hex();
        let reason = format!("canary: {}", report.why);
        let request = promotion::Request {
            environment: self.environment.as_str(),
            candidate: Some(&to),
            rollback: true,
            reason: &reason,
            ..promotion::Request::default()
        };
        let mut promotion = Promotion::prepare(self.session, request)?;
        if promotion.plan.from != Some(self.candidate.candidate) {
            return Err(Trouble::CouldNot(self.moved()));
        }
        let done = promotion.carry_out(&|text| say(&Event::Note(text)))?;
        report.rollback = done.entry.map(|(digest, entry)| Rollback { digest, sequence: entry.sequence });
        report.left.extend(done.left);
        Ok(())
    }

    /// The window that ends now, and the time by the clock of Prometheus.
    fn window(&self, baseline_at: Option<f64>) -> (Window, Option<f64>) {
        let (candidate, time) = self.read(&self.questions.0, None);
        let (baseline, _) = self.read(&self.questions.1, baseline_at);
        (judge(self.settings(), &candidate, &baseline), time)
    }

    fn read(&self, questions: &Questions, at: Option<f64>) -> (Readings, Option<f64>) {
        let ask = |query: &str| self.prometheus.ask(query, at);
        let queries = &questions.queries;
        let requests = ask(&queries.requests);
        let time = requests.as_ref().ok().map(|sample| sample.time);
        let value = |query: &str| ask(query).map(|sample| sample.value);
        let readings = Readings {
            requests: requests.map(|sample| sample.value),
            errors: value(&queries.errors),
            latency: value(&queries.latency),
            crashes: value(&queries.crashes),
            age: value(&queries.age),
        };
        (readings, time)
    }

    /// Runs a command of the config; its failure in words.
    fn run(&self, line: &CommandLine, percent: u8) -> Result<(), String> {
        let root = &self.session.root;
        let program = if line.program.contains(['/', std::path::MAIN_SEPARATOR]) {
            root.join(&line.program)
        } else {
            match which::which(&line.program) {
                Ok(program) => program,
                Err(_) => return Err(format!("`{}` is not on PATH", line.program.escape_debug())),
            }
        };
        let mut command = Command::new(program, root, MOST_TIME).args(&line.args);
        let told = [
            ("PROMOTE_PERCENT", percent.to_string()),
            ("PROMOTE_CANDIDATE", self.candidate.candidate.to_string()),
            ("PROMOTE_BASELINE", self.baseline.candidate.to_string()),
            ("PROMOTE_VERSION", self.candidate.version.to_string()),
            ("PROMOTE_ENVIRONMENT", self.environment.to_string()),
        ];
        command.env.extend(told.map(|(name, value)| (name.into(), Some(value.into()))));
        // Prometheus' token is nobody else's
        command.env.extend(self.settings().token_env.iter().map(|name| (name.into(), None)));
        let captured = process::run(&command, &self.session.cancel);
        match captured.end {
            End::Code(0) => Ok(()),
            End::Cancelled => Err("interrupted".to_owned()),
            _ => Err(failed(&captured).to_string()),
        }
    }

    fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.session.cancel.is_set() {
            std::thread::sleep(NAP.min(until.saturating_duration_since(Instant::now())));
        }
    }

    fn still_there(&self) -> Result<bool, Trouble> {
        let state = self.session.ledger()?.head()?.state();
        Ok(state.current(&self.environment) == Some(self.candidate.candidate))
    }

    fn moved(&self) -> String {
        let (environment, candidate) = (&self.environment, self.candidate.shown());
        format!("{environment} does not run {candidate} any more: somebody else moved it")
    }

    /// The mark of an earlier canary, where it was about the same.
    fn mark(&self) -> Option<Mark> {
        let same = |mark: &Mark| {
            (mark.candidate, mark.baseline) == (self.candidate.candidate, self.baseline.candidate)
        };
        self.journal.read().filter(same)
    }

    fn settings(&self) -> &Canary {
        &self.session.config.canary
    }
}

fn about(state: &State, candidate: Digest) -> Result<About, Trouble> {
    let staged = state.candidates.get(&candidate).ok_or_else(|| {
        Trouble::CouldNot(format!("the candidate {} is not staged any more", candidate.short()))
    })?;
    About::new(candidate, staged).map_err(|why| Trouble::CouldNot(why.to_string()))
}
