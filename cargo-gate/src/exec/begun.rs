//! Steps that begin before it is known which gates the cache answers. Nearly every change needs them, others wait for
//! them, and all that is lost where nobody does is a moment of a processor that has nothing else to do.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::{Asked, Kept};
use crate::plan::Plan;
use crate::step::{Evidence, Observed, Step};

/// Those steps, in their order: each may need the ones before it.
const EARLY: [Step; 2] = [Step::Sources, Step::Format];

/// What a step gave, and how long it took.
pub(super) type Carried = (Arc<Observed>, Duration);

/// The steps of a run that have begun. The default one has none.
#[derive(Default)]
pub struct Begun(Mutex<HashMap<Step, Receiver<Carried>>>);

impl Begun {
    /// Begins those of the plan, where nothing of what they read changes in the run: an answer of the cache is looked
    /// up beside them. What the cache knows of the sources saves them from being read.
    pub fn begin<'scope>(
        scope: &'scope Scope<'scope, '_>,
        asked: Asked<'scope>,
        opened: &'scope Kept,
    ) -> Self {
        if !asked.is_still() {
            return Self::default();
        }
        let (mut begun, mut open) = (HashMap::new(), Vec::new());
        for (step, timeout) in planned(asked.plan) {
            let (send, receive) = channel();
            begun.insert(step.clone(), receive);
            open.push((step, timeout, send));
        }
        scope.spawn(move || carry_out(&asked, opened, open));
        Self(Mutex::new(begun))
    }

    /// What the step gave, once it has ended; none where it was not begun, or came to no end.
    pub(super) fn take(&self, step: &Step) -> Option<Carried> {
        let receive = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(step)?;
        receive.recv().ok()
    }
}

/// The steps of the plan that begin early, each with its time limit.
fn planned(plan: &Plan) -> impl Iterator<Item = (Step, Duration)> {
    let of = |step| plan.steps.iter().find(|planned| planned.step == step);
    EARLY.into_iter().filter_map(of).map(|planned| (planned.step.clone(), planned.timeout))
}

fn carry_out(asked: &Asked<'_>, opened: &Kept, steps: Vec<(Step, Duration, Sender<Carried>)>) {
    let bench = asked.bench(opened, asked.cancel);
    let mut before = Evidence::default();
    for (step, timeout, send) in steps {
        let start = Instant::now();
        let observe = || bench.carry_out(&step, &before, timeout);
        // a defect of ours shows again where the step is carried out for its gates
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
        Self(Mutex::new([(step, receive)].into()))
    }
}
