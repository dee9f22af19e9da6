//! Looks at everything that the gates of a plan read, once for all of them, and makes each gate's key of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use super::contents::Contents;
use super::data::{Look, Revisions};
use super::surroundings::{self, Tools};
use super::tree::Tree;
use super::{Asked, beyond, data, ignored};
use crate::cache::{Key, Part, digest};
use crate::facts::{Facts, relative};
use crate::gate::COMPANIONS;
use crate::plan::{Choice, PlannedGate};
use crate::registry::Configured;
use crate::step::{Data, Files, Inputs, Step};

/// The key of a gate's inputs, or why its verdict is never used again.
pub(super) type Keyed = Result<Key, String>;

/// The keys of gates, with what was found to make them.
pub(super) struct Keys {
    pub(super) of_gates: BTreeMap<&'static str, Keyed>,
    pub(super) tree: Arc<Tree>,
    pub(super) data: Revisions,
}

/// The keys of those gates that are to be judged from evidence. What the tree holds is not looked at again where it is
/// known from before and was still.
pub(super) fn keys(
    asked: &Asked<'_>,
    contents: &mut Contents,
    before: Option<&Arc<Tree>>,
    wanted: impl Fn(&str) -> bool,
) -> Keys {
    let gates: Vec<(&PlannedGate, &Configured, Inputs)> = asked
        .plan
        .gates
        .iter()
        .zip(&asked.config.gates)
        .filter(|(planned, _)| planned.choice == Choice::Run && wanted(planned.id))
        .map(|(planned, gate)| (planned, gate, inputs(asked, planned, gate)))
        .collect();
    let kept = gates.iter().filter(|(.., inputs)| inputs.never.is_none());
    let all = kept.fold(Inputs::default(), |all, (.., inputs)| all.and(inputs.clone()));
    let ground = Ground::look(asked, &all, contents, before);
    let of_gates = gates
        .into_iter()
        .map(|(planned, gate, inputs)| (planned.id, ground.key(asked, planned, gate, &inputs)))
        .collect();
    Keys { of_gates, tree: ground.tree, data: ground.data }
}

/// All that the gate's steps read.
pub(super) fn inputs(asked: &Asked<'_>, planned: &PlannedGate, gate: &Configured) -> Inputs {
    let inputs = steps(asked, planned, gate).map(Step::all_inputs);
    let all = inputs.reduce(Inputs::and).unwrap_or_default();
    let clean = asked.facts.revision.as_ref().is_some_and(|revision| !revision.dirty);
    let never = match all.never {
        // a tool may be told by a gate's settings to look elsewhere; one that judges nothing has no step
        _ if planned.steps.is_empty() => Some("it has no step"),
        None if all.data.iter().any(|data| matches!(data, Data::Commits { .. })) && !clean => {
            Some("there are changes that are not committed")
        }
        never => never,
    };
    Inputs { never, ..all }
}

/// The steps that the gate judges by.
fn steps<'a>(
    asked: &Asked<'a>,
    planned: &'a PlannedGate,
    gate: &'a Configured,
) -> impl Iterator<Item = &'a Step> {
    let plan = asked.plan;
    let all = planned.steps.iter().filter_map(move |place| plan.steps.get(*place)).map(|step| &step.step);
    all.filter(|step| gate.rests_on(step))
}

/// What was found of everything that the gates read.
struct Ground {
    tree: Arc<Tree>,
    above: BTreeMap<&'static str, Vec<(String, String)>>,
    formatting: BTreeMap<String, String>,
    ignored: Result<BTreeMap<String, String>, String>,
    /// What the repository holds around the workspace.
    beyond: Result<String, String>,
    variables: BTreeMap<String, String>,
    data: Revisions,
    program: Result<String, String>,
    tools: Tools,
    linkers: Result<String, String>,
    /// A digest of what is known of it but for its files.
    workspace: String,
    of_ignored: OnceLock<Part>,
    of_environment: OnceLock<Part>,
}

impl Ground {
    fn look(asked: &Asked<'_>, inputs: &Inputs, contents: &mut Contents, before: Option<&Arc<Tree>>) -> Self {
        let facts = asked.facts;
        let look = Look::from(*asked);
        let (data, ignored, beyond, programs, mut ground) = thread::scope(|scope| {
            let each = |one: &Data| (one.clone(), data::revision(&look, one));
            let data: Vec<_> = inputs.data.iter().map(|one| scope.spawn(move || each(one))).collect();
            let ignored = scope.spawn(|| inputs.code.then(|| ignored::files(asked)));
            let beyond = scope.spawn(|| inputs.runs.then(|| beyond::look(facts, asked.cancel)));
            let programs = scope.spawn(|| {
                let linkers = inputs.code.then(|| surroundings::linkers(facts, asked.environment));
                (Tools::look(facts, &inputs.tools), Ok(linkers.unwrap_or_default()))
            });
            let ground = Self::of_files(asked, inputs, contents, before);
            let data = data.into_iter().filter_map(|one| one.join().ok()).collect();
            let (ignored, beyond) = (ignored.join().ok().flatten(), beyond.join().ok().flatten());
            let nobody = |_| (Tools::default(), Err("nobody looked at the linkers".to_owned()));
            (data, ignored, beyond, programs.join().unwrap_or_else(nobody), ground)
        });
        ground.data = data;
        (ground.tools, ground.linkers) = programs;
        let beyond = beyond.unwrap_or_else(|| Err("nobody looked around the workspace".to_owned()));
        ground.beyond = beyond.map(|beyond| beyond.state(contents));
        ground.ignored =
            ignored.unwrap_or_else(|| Err("nobody looked at the ignored files".to_owned())).map(|names| {
                let paths: Vec<PathBuf> = names.iter().map(|name| facts.root.join(name)).collect();
                names.into_iter().zip(contents.of(&paths)).collect()
            });
        ground
    }

    fn of_files(
        asked: &Asked<'_>,
        inputs: &Inputs,
        contents: &mut Contents,
        before: Option<&Arc<Tree>>,
    ) -> Self {
        let facts = asked.facts;
        let tree = match before {
            Some(tree) if tree.holds(asked, contents) => Arc::clone(tree),
            _ => Arc::new(Tree::look(asked, inputs, contents)),
        };
        let above =
            inputs.nearest.iter().map(|name| (*name, surroundings::above(&facts.root, name, contents)));
        Self {
            tree,
            above: above.collect(),
            formatting: if inputs.formatting {
                surroundings::formatting(facts, contents.is_of_still(), |paths| contents.of(paths))
            } else {
                BTreeMap::new()
            },
            ignored: Ok(BTreeMap::new()),
            beyond: Ok(String::new()),
            variables: surroundings::variables(facts),
            data: BTreeMap::new(),
            program: surroundings::program(),
            tools: Tools::default(),
            linkers: Ok(String::new()),
            workspace: digest([workspace(facts)]),
            of_ignored: OnceLock::new(),
            of_environment: OnceLock::new(),
        }
    }

    fn key(&self, asked: &Asked<'_>, planned: &PlannedGate, gate: &Configured, inputs: &Inputs) -> Keyed {
        if let Some(why) = inputs.never {
            return Err(why.to_owned());
        }
        let mut key = Key::default();
        key.text("program", self.program.as_deref().map_err(Clone::clone)?);
        key.text("request", &within(asked.facts, &format!("{:?}", asked.options)));
        let settings = settings(asked, gate).map_err(|error| error.to_string())?;
        key.text("settings", &settings);
        key.text("other gates", &companions(asked));
        let steps: Vec<&Step> = steps(asked, planned, gate).collect();
        let steps = serde_json::to_string(&steps).map_err(|error| error.to_string())?;
        key.text("steps", &within(asked.facts, &steps));
        key.text("workspace", &self.workspace);
        key.text("tools", &self.tools.named(&inputs.tools)?);
        self.add_files(asked, inputs, &mut key)?;
        if inputs.environment {
            let variables = || Part::named(pairs(&self.variables));
            key.part("environment", self.of_environment.get_or_init(variables));
            // what a private copy is judged with beyond the user's
            key.text("place", &within(asked.facts, &format!("{:?}", asked.facts.variables)));
        }
        if inputs.code || inputs.data.contains(&Data::Packages) {
            // what lies elsewhere is named from here, and one target folder may serve two checkouts
            key.text("root", &asked.facts.root.to_string_lossy());
        }
        if inputs.code {
            key.text("linkers", self.linkers.as_deref().map_err(Clone::clone)?);
        }
        if inputs.runs {
            key.text("around the workspace", self.beyond.as_deref().map_err(Clone::clone)?);
        }
        for data in &inputs.data {
            let revision = self.data.get(data).ok_or("its data was not looked at")?;
            key.text(data.name(), revision.as_deref().map_err(Clone::clone)?);
        }
        if let Some(time) = time(asked.facts, inputs, &settings) {
            key.text("time", &time);
        }
        Ok(key)
    }

    fn add_files(&self, asked: &Asked<'_>, inputs: &Inputs, key: &mut Key) -> Result<(), String> {
        match inputs.files {
            Files::None => {}
            Files::Sources => key.part("sources", self.tree.sources(asked.facts)),
            Files::Tree => key.part("files", self.tree.files()),
        }
        if inputs.manifests {
            key.part("manifests", self.tree.manifests());
        }
        if !inputs.paths.is_empty() {
            key.part("named files", &Part::digests(self.tree.some(inputs.paths.iter())));
        }
        if !inputs.nearest.is_empty() {
            let above = inputs.nearest.iter().filter_map(|name| self.above.get(name)).flatten();
            key.part(
                "files above",
                &Part::named(above.map(|(path, digest)| (path.as_str(), digest.as_str()))),
            );
        }
        if inputs.formatting {
            key.part("rustfmt's settings", &Part::named(pairs(&self.formatting)));
        }
        if inputs.code {
            let ignored = self.ignored.as_ref().map_err(Clone::clone)?;
            key.part("ignored files", self.of_ignored.get_or_init(|| Part::named(pairs(ignored))));
        }
        Ok(())
    }
}

fn pairs(map: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    map.iter().map(|(name, text)| (name.as_str(), text.as_str()))
}

/// A text in which the workspace root has no name: the same content elsewhere has the same key.
fn within(facts: &Facts, text: &str) -> String {
    let root = facts.root.to_string_lossy();
    // as it is, and as JSON and `Debug` write it
    let escaped = root.replace('\\', "\\\\");
    text.replace(&*escaped, "").replace(&*root, "")
}

/// What the config says of the gate, and of what all gates share.
fn settings(asked: &Asked<'_>, gate: &Configured) -> Result<String, serde_json::Error> {
    let config = asked.config;
    let general = (&config.general.exclude, config.general.max_source_bytes, &config.general.base);
    Ok(format!(
        "{}\n{:?}\n{:?}\n{general:?}\n{:?}\n{:?}",
        gate.settings()?,
        gate.levels(),
        gate.timeout(),
        config.tests(),
        config.tags(),
    ))
}

/// The gates of the run that others may look at.
fn companions(asked: &Asked<'_>) -> String {
    let selected = asked.plan.selected();
    COMPANIONS.into_iter().filter(|id| selected.contains(id)).collect::<Vec<_>>().join(" ")
}

/// What is known of the workspace, but for its files.
fn workspace(facts: &Facts) -> String {
    let tools: Vec<_> = facts.tools.keys().collect();
    let lock = facts.files.iter().any(|file| file == "Cargo.lock");
    let text = format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{tools:?}\n{lock}",
        facts.packages,
        facts.cargo_configs,
        facts.rustflags,
        facts.rustdocflags,
        facts.flag_sources,
        facts.rustc_wrapper,
        facts.build_targets,
        facts.own_lints,
        facts.toolchain,
    );
    within(facts, &text)
}

/// For what ages: the hour where the age of a database counts, the day where something has a last day.
fn time(facts: &Facts, inputs: &Inputs, settings: &str) -> Option<String> {
    let (hourly, daily) = ages(inputs, settings);
    time_of(facts, hourly, daily)
}

/// Whether a gate's verdict ages by the hour, and whether by the day.
pub(super) fn ages(inputs: &Inputs, settings: &str) -> (bool, bool) {
    let hourly = inputs.data.iter().any(|data| matches!(data, Data::Advisories { .. }));
    (hourly, inputs.runs || !inputs.nearest.is_empty() || settings.contains("expires"))
}

/// The hour or the day of the run, in UTC.
pub(super) fn time_of(facts: &Facts, hourly: bool, daily: bool) -> Option<String> {
    let time = jiff::tz::Offset::UTC.to_datetime(facts.now);
    match (hourly, daily) {
        (true, _) => Some(time.strftime("%Y-%m-%d %H").to_string()),
        (false, true) => Some(time.strftime("%Y-%m-%d").to_string()),
        (false, false) => None,
    }
}

/// A path that is not below the root as it is named in keys.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    relative(root, path)
}
