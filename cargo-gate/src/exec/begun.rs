//! Steps that begin before it is known which gates the cache answers. Nearly every change needs them, and others wait
//! for them. What turns out to be needed by nobody is ended.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::format::{Ahead, StagedFormat};
use super::{Asked, Cancel, Kept};
use crate::plan::Plan;
use crate::step::{self, Evidence, Observed, Step};

/// Those of the files. The second needs the first.
const OF_FILES: [Step; 2] = [Step::Sources, Step::Format];

/// What a step gave, and how long it took.
pub(super) type Carried = (Arc<Observed>, Duration);

/// The steps of a run that have begun. The default one has none.
#[derive(Default)]
pub struct Begun {
    steps: Mutex<HashMap<Step, Receiver<Carried>>>,
    groups: Vec<Group>,
}

/// Steps that end together.
struct Group {
    steps: Vec<Step>,
    stop: Cancel,
}

impl Begun {
    /// Begins those of the plan. An answer of the cache is looked up beside them. What the cache knows of the sources
    /// saves them from being read.
    pub fn begin<'scope>(
        scope: &'scope Scope<'scope, '_>,
        asked: Asked<'scope>,
        opened: &'scope Kept,
        staged: &'scope StagedFormat,
    ) -> Self {
        let formats = planned(asked.plan, &[Step::Format]).next().is_some();
        if !asked.is_still() || !formats {
            staged.forget();
        }
        let (mut steps, mut groups) = (HashMap::new(), Vec::new());
        let is_dirty = asked.facts.revision.as_ref().is_some_and(|revision| revision.dirty);
        for early in early(asked.plan, asked.is_still(), is_dirty) {
            let mut open = Vec::new();
            for (step, timeout) in planned(asked.plan, &early) {
                let (send, receive) = channel();
                steps.insert(step.clone(), receive);
                open.push((step, timeout, send));
            }
            if open.is_empty() {
                continue;
            }
            let stop = asked.cancel.part();
            groups.push(Group {
                steps: open.iter().map(|(step, ..)| step.clone()).collect(),
                stop: stop.clone(),
            });
            scope.spawn(move || carry_out(scope, asked, (opened, staged), open, &stop));
        }
        Self { steps: Mutex::new(steps), groups }
    }

    /// Ends what that plan does not need.
    pub fn keep(&self, plan: &Plan) {
        let needs = |step: &Step| plan.steps.iter().any(|planned| planned.step == *step);
        let needless = self.groups.iter().filter(|group| !group.steps.iter().all(needs));
        needless.for_each(|group| group.stop.set());
    }

    /// Ends what has not come to its end.
    pub(super) fn end(&self) {
        self.groups.iter().for_each(|group| group.stop.set());
    }

    /// What the step gave, once it has ended; none where it was not begun, or came to no end.
    pub(super) fn take(&self, step: &Step) -> Option<Carried> {
        let receive = self.steps().remove(step)?;
        receive.recv().ok()
    }

    fn steps(&self) -> MutexGuard<'_, HashMap<Step, Receiver<Carried>>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The steps that begin early, in groups: those of the files where these do not change in the run, that of the
/// repository, which no step changes, and the search of changes where they are not committed, for which no cache
/// answers.
fn early(plan: &Plan, is_still: bool, is_dirty: bool) -> Vec<Vec<Step>> {
    let of_files = is_still.then(|| OF_FILES.to_vec());
    let is_of_change = |step: &&Step| matches!(step, Step::Secrets { scope: step::Scope::Change { .. }, .. });
    let of_change = plan.steps.iter().map(|planned| &planned.step).find(is_of_change);
    let of_change = of_change.filter(|_| is_dirty).map(|step| vec![step.clone()]);
    of_files.into_iter().chain([vec![Step::Hooks]]).chain(of_change).collect()
}

/// Those of the steps that the plan has, each with its time limit.
fn planned(plan: &Plan, steps: &[Step]) -> impl Iterator<Item = (Step, Duration)> {
    let of = |step: &Step| plan.steps.iter().find(|planned| planned.step == *step);
    steps.iter().filter_map(of).map(|planned| (planned.step.clone(), planned.timeout))
}

fn carry_out<'scope>(
    scope: &'scope Scope<'scope, '_>,
    asked: Asked<'scope>,
    (opened, staged): (&Kept, &StagedFormat),
    steps: Vec<(Step, Duration, Sender<Carried>)>,
    cancel: &Cancel,
) {
    let bench = asked.bench(opened, cancel);
    let formats = steps.iter().find(|(step, ..)| *step == Step::Format);
    // a defect of ours shows again where the step is carried out for its gates
    let formatting = formats.and_then(|(_, timeout, _)| {
        let begin = || {
            let known = opened.formatted(asked.facts);
            let asks = (&known, staged, asked.config.general.max_source_bytes);
            let ahead = Ahead::begin(scope, asked.facts, &bench.listed(), asks, *timeout, cancel);
            (known, ahead)
        };
        catch_unwind(AssertUnwindSafe(begin)).ok()
    });
    let mut before = Evidence::default();
    for (step, timeout, send) in steps {
        let start = Instant::now();
        let observe = || match (&step, &formatting) {
            (Step::Format, Some((known, ahead))) => bench.formatted(&before, (known, ahead), timeout),
            _ => bench.carry_out(&step, &before, timeout),
        };
        let Ok(observed) = catch_unwind(AssertUnwindSafe(observe)).map(Arc::new) else { return };
        before.insert(step, Arc::clone(&observed));
        // a step that nobody asks for has no receiver any more
        let _ = send.send((observed, start.elapsed()));
    }
}

#[cfg(test)]
impl Begun {
    /// A step that has given that, or has come to no end.
    pub(super) fn of(step: Step, observed: Option<Observed>) -> Self {
        let (send, receive) = channel();
        if let Some(observed) = observed {
            send.send((Arc::new(observed), Duration::ZERO)).unwrap();
        }
        let groups = vec![Group { steps: vec![step.clone()], stop: Cancel::default() }];
        Self { steps: Mutex::new([(step, receive)].into()), groups }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Stage;
    use crate::plan::PlannedStep;

    fn plan(steps: &[Step]) -> Plan {
        let planned = |step: &Step| PlannedStep {
            command: step.to_string(),
            step: step.clone(),
            gates: Vec::new(),
            after: Vec::new(),
            timeout: Duration::from_secs(1),
            expected_ms: None,
        };
        let steps = steps.iter().map(planned).collect();
        Plan { stage: Stage::PreCommit, affected: None, gates: Vec::new(), steps, expected_ms: None }
    }

    #[test]
    fn what_the_rest_of_the_plan_does_not_need_is_ended() {
        let group = |steps: &[Step]| Group { steps: steps.to_vec(), stop: Cancel::default() };
        let groups = vec![group(&[Step::Sources, Step::Format]), group(&[Step::Hooks])];
        let begun = Begun { groups, ..Begun::default() };
        let ended = || begun.groups.iter().map(|group| group.stop.is_set()).collect::<Vec<_>>();
        begun.keep(&plan(&[Step::Sources, Step::Format, Step::Hooks]));
        assert_eq!(ended(), [false, false]);
        begun.keep(&plan(&[Step::Sources, Step::Hooks]));
        assert_eq!(ended(), [true, false]);
        begun.keep(&plan(&[Step::Lock]));
        assert_eq!(ended(), [true, true]);
    }

    #[test]
    fn changes_that_are_not_committed_are_searched_from_the_beginning() {
        let scope = step::Scope::Change { base: None, pushed: false, range: None };
        let of_change = Step::Secrets { scope, most_bytes: 1 };
        let of_tree = Step::Secrets { scope: step::Scope::Tree, most_bytes: 1 };
        let change = plan(&[Step::Lock, of_change.clone()]);
        assert_eq!(early(&change, false, true), [vec![Step::Hooks], vec![of_change]]);
        assert_eq!(early(&change, false, false), [[Step::Hooks]]);
        assert_eq!(early(&plan(&[of_tree]), true, true), [OF_FILES.to_vec(), vec![Step::Hooks]]);
    }

    #[test]
    fn what_never_began_is_not_waited_for() {
        let begun = Begun::of(Step::Sources, None);
        assert!(begun.take(&Step::Format).is_none() && begun.take(&Step::Sources).is_none());
    }
}
