//! How gates of different types are held in one list, and what they are once configured.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;

use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use crate::config::{Common, IfUnavailable, Level, Section};
use crate::config::{Problems, nearest, properties_of, property_names};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Stage, Unreadable};
use crate::hooks::HookSettings;
use crate::step::{Evidence, Step};
use crate::test_run::TestSettings;
use crate::versions::tags::Pattern;

/// A gate in the registry.
pub trait Registered: Sync {
    /// What is known without running it.
    fn info(&self) -> &'static Info;
    /// The gate with the settings of its table.
    fn configure(&self, section: &Section<'_>, problems: &mut Problems<'_>) -> Configured;
    /// The JSON Schema of its own keys.
    fn properties(&self, generator: &mut SchemaGenerator) -> Map<String, Value>;
}

/// Puts the gate type `G` into the registry.
pub struct Entry<G>(PhantomData<fn() -> G>);

impl<G> Entry<G> {
    /// The entry of `G`.
    pub const NEW: Self = Self(PhantomData);
}

impl<G: Gate> Registered for Entry<G> {
    fn info(&self) -> &'static Info {
        const { &G::INFO }
    }

    fn configure(&self, section: &Section<'_>, problems: &mut Problems<'_>) -> Configured {
        let common: Common = section.decode(problems);
        let gate: G = section.decode(problems);
        let known = || [property_names::<G>(), property_names::<Common>()].concat();
        section.reject_unknown(known, problems);
        check_rules(&G::INFO, section, problems);
        Configured { info: self.info(), common, gate: Box::new(gate) }
    }

    fn properties(&self, generator: &mut SchemaGenerator) -> Map<String, Value> {
        properties_of::<G>(generator)
    }
}

fn check_rules(info: &Info, section: &Section<'_>, problems: &mut Problems<'_>) {
    let Some(rules) = section.table.get("rules").and_then(toml_edit::Item::as_table_like) else { return };
    let known = || info.rules.iter().map(|rule| rule.name);
    // `*` stands for rules whose names another tool gives
    if known().any(|rule| rule == "*") {
        return;
    }
    for (name, _) in rules.iter().filter(|(name, _)| !known().any(|rule| rule == *name)) {
        let hint = nearest(name, known()).map_or_else(
            || format!("its rules are: {}", known().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let span = rules.get_key_value(name).and_then(|(key, _)| key.span());
        problems.add(span, format!("the gate `{}` has no rule `{name}`; {hint}", info.id));
    }
}

/// A gate with its settings.
pub struct Configured {
    /// What is known of it without running it.
    pub info: &'static Info,
    common: Common,
    gate: Box<dyn Judge>,
}

impl Configured {
    /// The same under what is known of another gate.
    #[must_use]
    pub(crate) fn named(self, info: &'static Info) -> Self {
        Self { info, ..self }
    }

    /// The stages that it is in.
    pub fn stages(&self) -> &[Stage] {
        self.common.stages.as_deref().unwrap_or(self.info.stages)
    }

    /// The longest that each of its steps may take.
    pub fn timeout(&self) -> Duration {
        self.common.timeout.map_or(self.info.timeout, |timeout| timeout.0)
    }

    /// Whether a tool or database that is not there leaves the verdict standing in that stage.
    pub fn waives_unavailable(&self, stage: Stage) -> bool {
        self.common.if_unavailable.get(&stage) == Some(&IfUnavailable::Warn)
    }

    /// The weights that the config gives to rules.
    pub fn levels(&self) -> &BTreeMap<String, Level> {
        &self.common.rules
    }

    /// Has its say on how the tests run.
    pub fn shape_tests(&self, tests: &mut TestSettings) {
        self.gate.shape_tests(tests);
    }

    /// How releases are tagged, where its settings say so.
    pub fn tag_patterns(&self) -> Option<&[Pattern]> {
        self.gate.tag_patterns()
    }

    /// Which hooks there are to be, where its settings say so.
    pub fn hook_settings(&self) -> Option<HookSettings> {
        self.gate.hook_settings()
    }

    /// Its own settings, each that it has not from the config with its default.
    ///
    /// # Errors
    /// When they cannot be written down.
    pub fn settings(&self) -> Result<String, serde_json::Error> {
        self.gate.settings()
    }

    /// Whether its judgement reads what that step gives.
    pub fn rests_on(&self, step: &Step) -> bool {
        self.gate.rests_on(step)
    }

    /// What it needs.
    pub fn plan(&self, cx: &Context<'_>) -> Planned {
        self.gate.plan(cx)
    }

    /// Judges the evidence.
    ///
    /// # Errors
    /// When the evidence does not allow a judgement.
    pub fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        self.gate.judge(cx, evidence)
    }
}

/// The part of [`Gate`] that needs no type.
trait Judge: Send + Sync {
    fn plan(&self, cx: &Context<'_>) -> Planned;
    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable>;
    fn shape_tests(&self, tests: &mut TestSettings);
    fn tag_patterns(&self) -> Option<&[Pattern]>;
    fn hook_settings(&self) -> Option<HookSettings>;
    fn rests_on(&self, step: &Step) -> bool;
    fn settings(&self) -> Result<String, serde_json::Error>;
}

impl<G: Gate> Judge for G {
    fn shape_tests(&self, tests: &mut TestSettings) {
        Gate::shape_tests(self, tests);
    }

    fn tag_patterns(&self) -> Option<&[Pattern]> {
        Gate::tag_patterns(self)
    }

    fn hook_settings(&self) -> Option<HookSettings> {
        Gate::hook_settings(self)
    }

    fn rests_on(&self, step: &Step) -> bool {
        Gate::rests_on(self, step)
    }

    fn settings(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    fn plan(&self, cx: &Context<'_>) -> Planned {
        Gate::plan(self, cx)
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        Gate::judge(self, cx, evidence)
    }
}
