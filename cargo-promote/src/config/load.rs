//! From the text of `promote.toml` to its settings.

use std::collections::{BTreeMap, BTreeSet};

use cargo_gate::config::{ConfigError, Problems, Section, property_names};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml_edit::Document;

use super::candidate::CandidateSettings;
use super::environments::Environment;
use super::places::{LedgerSettings, Mirrors, StoreSettings};
use super::policy::{Key, Policy};
use crate::name::Label;

/// The file's name, as messages show it.
const FILE: &str = "promote.toml";

/// Everything that `promote.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What candidates are called; the package with the programs where it is not said.
    pub name: Option<String>,
    /// What is built.
    pub candidate: CandidateSettings,
    /// The stores by name.
    pub stores: BTreeMap<Label, StoreSettings>,
    /// The ledger.
    pub ledger: LedgerSettings,
    /// Where candidates go, in this order.
    pub environments: Vec<Environment>,
    /// References that show what the ledger says.
    pub mirrors: Mirrors,
    /// The keys by name.
    pub keys: BTreeMap<Label, Key>,
    /// What a candidate needs to be promoted at all.
    pub policy: Policy,
}

/// One local store, and the environments `staging` and `production`.
impl Default for Config {
    fn default() -> Self {
        let label = |name: &str| name.parse::<Label>().ok();
        let environment = |name| {
            let (store, after, accept) = (None, None, Vec::new());
            let (smoke, approvals, checklist, deploy) = (Vec::new(), None, Vec::new(), None);
            label(name).map(|name| Environment {
                name,
                store,
                after,
                accept,
                smoke,
                approvals,
                checklist,
                deploy,
            })
        };
        Self {
            name: None,
            candidate: CandidateSettings::default(),
            stores: label("local")
                .map(|name| (name, StoreSettings::Local { path: None }))
                .into_iter()
                .collect(),
            ledger: LedgerSettings::default(),
            environments: ["staging", "production"].into_iter().filter_map(environment).collect(),
            mirrors: Mirrors::default(),
            keys: BTreeMap::new(),
            policy: Policy::default(),
        }
    }
}

/// Checks a config.
///
/// # Errors
/// All problems of the text at once, each with its place.
pub fn parse(text: &str) -> Result<Config, ConfigError> {
    let mut problems = Problems::new(FILE, text);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            problems.add(error.span(), error.message().trim_end().replace('\n', "; "));
            return Err(ConfigError { problems: problems.into_vec() });
        }
    };
    let whole = Section { name: "", table: document.as_table() };
    let config: Config = whole.decode(&mut problems);
    whole.reject_unknown(&property_names::<Config>(), &mut problems);
    let span = |key: &str| document.as_table().get(key).and_then(toml_edit::Item::span);
    for (key, message) in mistakes(&config) {
        problems.add(span(key), message);
    }
    let problems = problems.into_vec();
    if problems.is_empty() { Ok(config) } else { Err(ConfigError { problems }) }
}

/// What is well formed and makes no sense: the key, and what is wrong.
fn mistakes(config: &Config) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if config.stores.is_empty() {
        found.push(("stores", "there is no store; name one as [stores.NAME]".to_owned()));
    }
    if let LedgerSettings::Store { name: Some(name) } = &config.ledger
        && !config.stores.contains_key(name)
    {
        found.push(("ledger", format!("`ledger.name`: there is no store `{name}`")));
    }
    found.extend(super::policy::mistakes(&config.keys, &config.policy));
    let mut above = BTreeSet::new();
    for Environment { name, store, after, accept, approvals, .. } in &config.environments {
        let mut wrong = |what: String| found.push(("environments", format!("environment `{name}`: {what}")));
        if let Some(store) = store.as_ref().filter(|store| !config.stores.contains_key(store)) {
            wrong(format!("there is no store `{store}`"));
        }
        for other in after.iter().flatten().filter(|other| !above.contains(*other)) {
            wrong(format!("`after` names `{other}`, which is not above it"));
        }
        for guarantee in accept.iter().filter(|name| !matches!(name.as_str(), "append-only" | "last-writer"))
        {
            wrong(format!("`accept` knows `append-only` and `last-writer`, not `{guarantee}`"));
        }
        if let Some(approvals) = approvals {
            for key in approvals.by.iter().filter(|key| !config.keys.contains_key(key)) {
                wrong(format!("`approvals.by` names `{key}`, and there is no [keys.{key}]"));
            }
            let different: BTreeSet<_> = approvals.by.iter().collect();
            if approvals.needed == 0 || different.len() < approvals.needed as usize {
                wrong(format!("{} approvals cannot come from {} keys", approvals.needed, different.len()));
            }
        }
        if !above.insert(name.clone()) {
            found.push(("environments", format!("there are two environments `{name}`")));
        }
    }
    found
}

impl Config {
    /// An environment by its name.
    pub fn environment(&self, name: &Label) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == *name)
    }

    /// The environments that a candidate must have reached before this one.
    pub fn before(&self, environment: &Environment) -> Vec<Label> {
        environment.after.clone().unwrap_or_else(|| {
            let place = self.environments.iter().position(|other| other.name == environment.name);
            let above = place.and_then(|place| self.environments.get(place.checked_sub(1)?));
            above.map(|above| above.name.clone()).into_iter().collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        parse(text).unwrap_err().problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_empty_file_is_one_local_store_with_staging_and_production() {
        let config = parse("").unwrap();
        let names: Vec<_> = config.environments.iter().map(|environment| environment.name.as_str()).collect();
        assert_eq!((names, config.stores.len()), (vec!["staging", "production"], 1));
        assert_eq!(config.before(&config.environments[1]), ["staging".parse().unwrap()]);
        assert_eq!(config.before(&config.environments[0]), []);
    }

    #[test]
    fn all_problems_are_told_at_once_each_with_its_place() {
        let text = "nam = 1\n[stores.one]\nkind = \"local\"\nfolder = \"x\"\n[ledger]\nkind = \"gitt\"\n\
                    [[environments]]\nname = \"Prod\"\n";
        let found = problems(text);
        assert!(found.len() >= 4, "{found:#?}");
        assert!(found.iter().all(|line| line.starts_with("promote.toml:")), "{found:#?}");
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        let text = "[[environments]]\nname = \"a\"\nstore = \"none\"\nafter = [\"b\"]\naccept = [\"all\"]\n\
                    approvals = { needed = 2, by = [\"eve\"] }\n[[environments]]\nname = \"a\"\n";
        let found = problems(text).join("\n");
        for part in [
            "no store `none`",
            "not above it",
            "not `all`",
            "no [keys.eve]",
            "2 approvals",
            "two environments",
        ] {
            assert!(found.contains(part), "{part}: {found}");
        }
    }
}
