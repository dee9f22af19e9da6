//! The plan of a run: which gates and why, which steps and in what order. Pure and serialisable.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::Serialize;

use crate::affected::Affected;
use crate::config::{Config, nearest};
use crate::facts::Facts;
use crate::gate::{Context, Options, Planned, Stage};
use crate::registry::Configured;
use crate::step::Step;

/// Which gates the command line asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// These only, whatever the stage; empty for the gates of the stage.
    pub only: Vec<String>,
    /// These not, each with its reason.
    pub skip: Vec<(String, String)>,
}

/// What a run does.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The stage.
    pub stage: Stage,
    /// The packages that a change can matter to, where the run is about a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected: Option<Affected>,
    /// Every gate, in the order of the registry, with why it is in or out.
    pub gates: Vec<PlannedGate>,
    /// The steps in the order in which they begin, each after those it needs.
    pub steps: Vec<PlannedStep>,
    /// How long it will take by the times of earlier runs, in milliseconds; none where a step that compiles is new.
    pub expected_ms: Option<u64>,
}

/// A gate in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedGate {
    /// Its name.
    pub id: &'static str,
    /// What becomes of it.
    pub choice: Choice,
    /// Why.
    pub reason: String,
    /// Its steps, as places in the plan's list.
    pub steps: Vec<usize>,
}

/// What becomes of a gate in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// It is judged.
    Run,
    /// The facts prove that there is nothing to judge.
    NothingToJudge,
    /// An earlier run has judged it, and nothing that its verdict rests on has changed.
    Cached,
    /// Left out by request; the report says so.
    Skip,
    /// Not part of the run.
    NotSelected,
}

/// A step in the plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStep {
    /// The step.
    pub step: Step,
    /// The same in words.
    pub command: String,
    /// The gates that need it.
    pub gates: Vec<&'static str>,
    /// The steps before it, as places in the plan's list.
    pub after: Vec<usize>,
    /// The longest it may take.
    #[serde(serialize_with = "as_seconds")]
    pub timeout: Duration,
    /// How long it took when it last ran, in milliseconds.
    pub expected_ms: Option<u64>,
}

fn as_seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

/// A gate name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no gate `{name}`{hint}; `cargo bulletproof list` shows them")]
pub struct UnknownGate {
    name: String,
    hint: String,
}

/// Makes the plan.
///
/// # Errors
/// When the request names a gate that is none.
pub fn plan(
    config: &Config,
    facts: &Facts,
    options: &Options,
    selection: &Selection,
) -> Result<Plan, UnknownGate> {
    let named = selection.only.iter().chain(selection.skip.iter().map(|(id, _)| id));
    named.into_iter().try_for_each(|name| known(config, name).map(|_| ()))?;
    let chosen: Vec<(&Configured, Choice, String)> = config
        .gates
        .iter()
        .map(|gate| {
            let (choice, reason) = choose(config, gate, options.stage, selection);
            (gate, choice, reason)
        })
        .collect();
    let selected: BTreeSet<&'static str> = chosen
        .iter()
        .filter(|(_, choice, _)| *choice == Choice::Run)
        .map(|(gate, ..)| gate.info.id)
        .collect();
    let cx = Context::new(facts, options, &selected).with_tests(config.tests()).with_tags(config.tags());
    let part = part_of(facts, options);
    let idle = |gate: &Configured, planned: Planned| match (planned, &part) {
        (Planned::Steps(steps), Some(part)) if is_about_packages(gate, &steps, &cx.with(part)) => {
            let affected = options.affected.as_ref().map(Affected::count).unwrap_or_default();
            Planned::NothingToJudge(format!("nothing to judge: {affected}"))
        }
        (planned, _) => planned,
    };
    let mut steps = Steps::default();
    let gates = chosen
        .into_iter()
        .map(|(gate, choice, reason)| match (choice == Choice::Run).then(|| idle(gate, gate.plan(&cx))) {
            Some(Planned::Steps(needed)) => {
                let places = needed.into_iter().map(|step| steps.add(step, gate)).collect();
                PlannedGate { id: gate.info.id, choice, reason, steps: places }
            }
            Some(Planned::NothingToJudge(why)) => PlannedGate {
                id: gate.info.id,
                choice: Choice::NothingToJudge,
                reason: why,
                steps: Vec::new(),
            },
            None => PlannedGate { id: gate.info.id, choice, reason, steps: Vec::new() },
        })
        .collect();
    let affected = options.affected.clone();
    Ok(Plan { stage: options.stage, affected, gates, steps: steps.list, expected_ms: None })
}

/// A request about one package, where the request is about none.
fn part_of(facts: &Facts, options: &Options) -> Option<Options> {
    let one = facts.packages.first().filter(|_| options.is_idle())?;
    Some(Options { packages: vec![one.name.clone()], ..options.clone() })
}

/// Whether a gate judges package by package: it reads the sources, or needs other steps for a part of them.
fn is_about_packages(gate: &Configured, steps: &[Step], part: &Context<'_>) -> bool {
    let of_part = gate.plan(part);
    steps.contains(&Step::Sources) || !matches!(of_part, Planned::Steps(of_part) if of_part == steps)
}

impl Plan {
    /// The gates that run, for the context of planning and judging.
    pub fn selected(&self) -> BTreeSet<&'static str> {
        let runs = |gate: &&PlannedGate| {
            matches!(gate.choice, Choice::Run | Choice::NothingToJudge | Choice::Cached)
        };
        self.gates.iter().filter(runs).map(|gate| gate.id).collect()
    }

    /// The same with its steps in another order: of the places in that list.
    #[must_use]
    pub(crate) fn reordered(mut self, order: &[usize]) -> Self {
        let mut place_of = vec![0; self.steps.len()];
        for (new, old) in order.iter().enumerate() {
            place_of.get_mut(*old).into_iter().for_each(|place| *place = new);
        }
        let gates = self.gates.iter_mut().map(|gate| &mut gate.steps);
        for places in gates.chain(self.steps.iter_mut().map(|step| &mut step.after)) {
            for place in places {
                *place = place_of.get(*place).copied().unwrap_or(*place);
            }
        }
        let mut steps: Vec<(usize, PlannedStep)> = place_of.into_iter().zip(self.steps).collect();
        steps.sort_by_key(|(place, _)| *place);
        Self { steps: steps.into_iter().map(|(_, step)| step).collect(), ..self }
    }

    /// The plan without the gates that are answered from earlier runs, each with when that was, and without the
    /// steps that no other gate needs.
    #[must_use]
    pub fn without(&self, answered: &BTreeMap<&'static str, String>) -> Self {
        let mut gates = self.gates.clone();
        for gate in gates.iter_mut().filter(|gate| answered.contains_key(gate.id)) {
            let at = answered.get(gate.id).map(String::as_str).unwrap_or_default();
            gate.choice = Choice::Cached;
            gate.reason = format!("nothing that it rests on has changed since {at}");
            gate.steps.clear();
        }
        let mut needed: BTreeSet<usize> = gates.iter().flat_map(|gate| gate.steps.iter().copied()).collect();
        // each step comes after those it needs
        for (place, step) in self.steps.iter().enumerate().rev() {
            if needed.contains(&place) {
                needed.extend(&step.after);
            }
        }
        let places: BTreeMap<usize, usize> =
            needed.into_iter().enumerate().map(|(new, old)| (old, new)).collect();
        let moved = |old: &[usize]| -> Vec<usize> {
            old.iter().filter_map(|place| places.get(place).copied()).collect()
        };
        let steps = self.steps.iter().enumerate().filter(|(place, _)| places.contains_key(place));
        let steps = steps.map(|(_, step)| {
            let waits = |gate: &&'static str| !answered.contains_key(*gate);
            let gates = step.gates.iter().copied().filter(waits).collect();
            PlannedStep { after: moved(&step.after), gates, ..step.clone() }
        });
        let steps = steps.collect();
        for gate in &mut gates {
            gate.steps = moved(&gate.steps);
        }
        Self { gates, steps, ..self.clone() }
    }
}

/// The gate of that name.
///
/// # Errors
/// When there is none.
pub(crate) fn known(config: &Config, name: &str) -> Result<&'static str, UnknownGate> {
    let ids = || config.gates.iter().map(|gate| gate.info.id);
    if let Some(id) = ids().find(|id| *id == name) {
        return Ok(id);
    }
    let hint = nearest(name, ids()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(UnknownGate { name: name.to_owned(), hint })
}

fn choose(config: &Config, gate: &Configured, stage: Stage, selection: &Selection) -> (Choice, String) {
    let id = gate.info.id;
    let (wanted, reason) = if selection.only.is_empty() {
        in_stage(config, gate, stage)
    } else {
        (selection.only.iter().any(|name| name == id), "named on the command line".to_owned())
    };
    match selection.skip.iter().find(|(name, _)| name == id) {
        Some((_, why)) if wanted => (Choice::Skip, why.clone()),
        _ if wanted => (Choice::Run, reason),
        _ if selection.only.is_empty() => (Choice::NotSelected, reason),
        _ => (Choice::NotSelected, "not named on the command line".to_owned()),
    }
}

fn in_stage(config: &Config, gate: &Configured, stage: Stage) -> (bool, String) {
    if let Some(names) = config.general.stages.get(&stage) {
        let named = names.iter().any(|name| name == gate.info.id);
        let reason = if named { "listed" } else { "not listed" };
        return (named, format!("{reason} for the stage {stage} in the config"));
    }
    if gate.stages().contains(&stage) {
        return (true, format!("part of the stage {stage}"));
    }
    let others: Vec<&str> = gate.stages().iter().map(|stage| stage.name()).collect();
    let where_else = if others.is_empty() { "no stage".to_owned() } else { others.join(", ") };
    (false, format!("not part of the stage {stage} (it is in: {where_else})"))
}

/// The steps so far; an equal step is added once.
#[derive(Default)]
struct Steps {
    list: Vec<PlannedStep>,
    places: HashMap<Step, usize>,
}

impl Steps {
    fn add(&mut self, step: Step, gate: &Configured) -> usize {
        let after: Vec<usize> = step.after().into_iter().map(|before| self.add(before, gate)).collect();
        let place = *self.places.entry(step.clone()).or_insert(self.list.len());
        match self.list.get_mut(place) {
            Some(planned) => {
                planned.timeout = planned.timeout.max(gate.timeout());
                if !planned.gates.contains(&gate.info.id) {
                    planned.gates.push(gate.info.id);
                }
            }
            None => self.list.push(PlannedStep {
                command: step.to_string(),
                step,
                gates: vec![gate.info.id],
                after,
                timeout: gate.timeout(),
                expected_ms: None,
            }),
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn facts() -> Facts {
        let mut package = crate::facts::tests::package("a", "");
        package.targets = vec![crate::facts::tests::target("a", "lib", "src/lib.rs")];
        Facts { packages: vec![package], ..Facts::default() }
    }

    fn make(config: &str, stage: Stage, selection: &Selection) -> Plan {
        let options = Options { stage, ..Options::default() };
        plan(&parse(Some(config), "").unwrap(), &facts(), &options, selection).unwrap()
    }

    fn choice(plan: &Plan, id: &str) -> Choice {
        plan.gates.iter().find(|gate| gate.id == id).unwrap().choice
    }

    fn only(names: &[&str]) -> Selection {
        Selection { only: names.iter().map(|name| (*name).to_owned()).collect(), skip: Vec::new() }
    }

    #[test]
    fn a_commit_is_judged_without_a_compile() {
        let plan = make("", Stage::PreCommit, &Selection::default());
        assert!(plan.steps.iter().all(|step| !step.step.builds()), "{:#?}", plan.steps);
        assert_eq!(choice(&plan, "clippy"), Choice::NotSelected);
        assert_eq!(choice(&plan, "panics"), Choice::Run);
    }

    #[test]
    fn gates_that_need_the_same_step_share_it() {
        let plan = make("", Stage::PrePush, &only(&["check", "clippy", "panics"]));
        let builds: Vec<_> = plan.steps.iter().filter(|step| step.step.builds()).collect();
        assert_eq!(builds.len(), 1, "{builds:#?}");
        assert_eq!(builds[0].gates, ["panics", "check", "clippy"]);
    }

    #[test]
    fn a_gate_that_is_answered_takes_only_its_own_steps_out() {
        let plan = make("", Stage::PrePush, &Selection::default());
        let one = |id: &'static str| [(id, "then".to_owned())].into();
        let rest = plan.without(&one("panics"));
        assert_eq!(choice(&rest, "panics"), Choice::Cached);
        assert_eq!(rest.selected(), plan.selected());
        assert_eq!(rest.steps.len(), plan.steps.len(), "clippy needs them all");
        assert!(rest.steps.iter().all(|step| !step.gates.contains(&"panics")));
        let rest = plan.without(&one("fmt"));
        assert!(!rest.steps.iter().any(|step| step.step == Step::Format));
        for (gate, before) in rest.gates.iter().zip(&plan.gates).filter(|(gate, _)| gate.id != "fmt") {
            let of = |plan: &Plan, places: &[usize]| -> Vec<Step> {
                places.iter().map(|place| plan.steps[*place].step.clone()).collect()
            };
            assert_eq!(of(&rest, &gate.steps), of(&plan, &before.steps), "{}", gate.id);
        }
        for (place, step) in rest.steps.iter().enumerate() {
            assert!(step.after.iter().all(|before| *before < place), "{step:#?}");
            assert_eq!(step.after.len(), step.step.after().len());
        }
    }

    #[test]
    fn a_plan_whose_gates_are_all_answered_has_no_step() {
        let plan = make("", Stage::PrePush, &Selection::default());
        let all = plan.gates.iter().map(|gate| (gate.id, "then".to_owned())).collect();
        assert!(plan.without(&all).steps.is_empty());
    }

    #[test]
    fn a_step_comes_after_those_it_needs() {
        let plan = make("", Stage::PrePush, &Selection::default());
        for (place, step) in plan.steps.iter().enumerate() {
            assert!(step.after.iter().all(|before| *before < place), "{step:#?}");
        }
    }

    #[test]
    fn a_skipped_gate_keeps_its_reason_and_has_no_step() {
        let selection = Selection { only: Vec::new(), skip: vec![("clippy".into(), "known bug".into())] };
        let plan = make("", Stage::PrePush, &selection);
        let gate = plan.gates.iter().find(|gate| gate.id == "clippy").unwrap();
        assert_eq!((gate.choice, gate.reason.as_str()), (Choice::Skip, "known bug"));
        assert!(gate.steps.is_empty());
    }

    #[test]
    fn a_stage_of_the_config_replaces_the_usual_one() {
        let plan =
            make("[stages]\npre-commit = [\"fmt\", \"clippy\"]\n", Stage::PreCommit, &Selection::default());
        assert_eq!(choice(&plan, "clippy"), Choice::Run);
        assert_eq!(choice(&plan, "todo"), Choice::NotSelected);
    }

    #[test]
    fn a_gate_without_stages_is_off() {
        let plan = make("[gates.todo]\nstages = []\n", Stage::PrePush, &Selection::default());
        assert_eq!(choice(&plan, "todo"), Choice::NotSelected);
    }

    #[test]
    fn a_change_that_matters_to_no_package_leaves_the_gates_about_packages_nothing_to_judge() {
        let affected =
            Affected { since: "main".into(), changed: 0, packages: Vec::new(), of: 1, everything: None };
        let options = Options { affected: Some(affected), ..Options::default() };
        let config = parse(None, "").unwrap();
        let plan = plan(&config, &facts(), &options, &Selection::default()).unwrap();
        for gate in ["fmt", "panics", "todo", "check", "clippy", "test", "doctest"] {
            assert_eq!(choice(&plan, gate), Choice::NothingToJudge, "{gate}");
        }
        for gate in ["manifest", "audit", "deny", "secrets"] {
            assert_eq!(choice(&plan, gate), Choice::Run, "{gate}");
        }
        let clippy = plan.gates.iter().find(|gate| gate.id == "clippy").unwrap();
        assert!(clippy.reason.contains("0 of 1 packages are affected since main"), "{}", clippy.reason);
        assert!(plan.steps.iter().all(|step| !step.step.builds()), "{:#?}", plan.steps);
    }

    #[test]
    fn an_unknown_gate_is_named_with_the_nearest() {
        let config = parse(None, "").unwrap();
        let error = plan(&config, &facts(), &Options::default(), &only(&["clipy"])).unwrap_err();
        assert!(error.to_string().contains("did you mean `clippy`?"), "{error}");
    }
}
