//! From the text of `promote.toml` to its settings.

use std::collections::{BTreeMap, BTreeSet};

use cargo_gate::config::{ConfigError, Problems, Section, property_names};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml_edit::Document;

use super::canary::Canary;
use super::candidate::CandidateSettings;
use super::elsewhere::{From, Origin};
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
    /// How a candidate is watched where it runs.
    pub canary: Canary,
}

/// What the workspace's own `promote.toml` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The configuration.
    Here(Box<Config>),
    /// The place where it is.
    Elsewhere(Origin),
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
            canary: Canary::default(),
        }
    }
}

/// Checks a config.
///
/// # Errors
/// All problems of the text at once, each with its place.
pub fn parse(text: &str) -> Result<Config, ConfigError> {
    parse_of(FILE, text)
}

/// Checks a config that is not the workspace's own `promote.toml`; `file` is what problems call it.
///
/// # Errors
/// All problems of the text at once, each with its place. A `[from]` is one: it would lead on and on.
pub fn parse_of(file: &str, text: &str) -> Result<Config, ConfigError> {
    let mut problems = Problems::new(file, text);
    let Some(document) = document(text, &mut problems) else { return Err(done(problems)) };
    if let Some((key, _)) = document.as_table().get_key_value("from") {
        problems.add(key.span(), "[from] stands in the workspace's own promote.toml only");
        return Err(done(problems));
    }
    config(&document, problems)
}

/// Checks the workspace's own `promote.toml`.
///
/// # Errors
/// As [`parse_of`].
pub fn parse_workspace(text: &str) -> Result<Written, ConfigError> {
    let mut problems = Problems::new(FILE, text);
    let Some(document) = document(text, &mut problems) else { return Err(done(problems)) };
    let table = document.as_table();
    let Some(from) = table.get("from") else {
        return config(&document, problems).map(|config| Written::Here(Box::new(config)));
    };
    for (other, _) in table.iter().filter(|(key, _)| *key != "from") {
        let span = table.get_key_value(other).and_then(|(key, _)| key.span());
        let message = format!("[from] names where the whole configuration is: `{other}` belongs there");
        problems.add(span, message);
    }
    let Some(keys) = from.as_table_like() else {
        problems.add(from.span(), "`from` is a table with `path`, or with `git` and `rev`");
        return Err(done(problems));
    };
    let section = Section { name: "from", table: keys };
    let before = problems.count();
    let decoded: From = section.decode(&mut problems);
    section.reject_unknown(property_names::<From>, &mut problems);
    let origin = match decoded.origin() {
        // what could not be decoded has been told already
        _ if problems.count() > before => None,
        Ok(origin) => Some(origin),
        Err(wrong) => {
            for (key, message) in wrong {
                let span = keys.get(key).and_then(toml_edit::Item::span);
                problems.add(span.or_else(|| from.span()), message);
            }
            None
        }
    };
    match origin {
        Some(origin) if problems.count() == 0 => Ok(Written::Elsewhere(origin)),
        _ => Err(done(problems)),
    }
}

fn document<'a>(text: &'a str, problems: &mut Problems<'_>) -> Option<Document<&'a str>> {
    let parsed = Document::parse(text).map_err(|error| {
        problems.add(error.span(), error.message().trim_end().replace('\n', "; "));
    });
    parsed.ok()
}

fn config(document: &Document<&str>, mut problems: Problems<'_>) -> Result<Config, ConfigError> {
    let whole = Section { name: "", table: document.as_table() };
    let config: Config = whole.decode(&mut problems);
    whole.reject_unknown(property_names::<Config>, &mut problems);
    let span = |key: &str| document.as_table().get(key).and_then(toml_edit::Item::span);
    for (key, message) in mistakes(&config) {
        problems.add(span(key), message);
    }
    if problems.count() == 0 { Ok(config) } else { Err(done(problems)) }
}

fn done(problems: Problems<'_>) -> ConfigError {
    ConfigError { problems: problems.into_vec() }
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
    found.extend(config.canary.mistakes().into_iter().map(|mistake| ("canary", mistake)));
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
    use proptest::prelude::*;

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

    fn elsewhere(text: &str) -> Vec<String> {
        parse_workspace(text).unwrap_err().problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_configuration_that_is_elsewhere_stands_alone() {
        let text = "[from]\npath = \"../ops/promote.toml\"\n";
        let expected = Written::Elsewhere(Origin::Path("../ops/promote.toml".to_owned()));
        assert_eq!(parse_workspace(text), Ok(expected));
        let found = elsewhere(&format!("name = \"x\"\n{text}[ledger]\nkind = \"git\"\n"));
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].starts_with("promote.toml:1:1: ") && found[0].contains("`name` belongs there"));
        assert!(found[1].starts_with("promote.toml:4:") && found[1].contains("`ledger` belongs there"));
        assert!(parse(text).unwrap_err().problems[0].message.contains("own promote.toml only"));
    }

    #[test]
    fn each_mistake_of_a_place_is_told_at_its_key() {
        let rev = "rev = \"0123456789abcdef0123456789abcdef01234567\"";
        for (text, place) in [
            ("from = 1".to_owned(), "1:8"),
            ("[from]\npath = 1".to_owned(), "2:8"),
            ("[from]\n".to_owned(), "1:1"),
            ("[from]\nfolder = \"x\"\n".to_owned(), "2:1"),
            ("[from]\ngit = \"https://git.example/ops\"\nrev = \"main\"".to_owned(), "3:7"),
            (format!("[from]\n{rev}\ngit = \"ext::evil\""), "3:7"),
            (format!("[from]\ngit = \"git@git.example:ops\"\n{rev}\nfile = \"../a\""), "4:8"),
        ] {
            let found = elsewhere(&text);
            assert!(
                found.iter().any(|line| line.starts_with(&format!("promote.toml:{place}: "))),
                "{found:#?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_config_or_has_problems_with_places(text in "([a-z\\[\\]={}\"0-9 .,\n\\PC]|\\[from\\]|\\[canary\\]|steps|git){0,60}") {
            if let Err(error) = parse_workspace(&text) {
                prop_assert!(!error.problems.is_empty());
                let lines = text.split('\n').count();
                for problem in error.problems {
                    prop_assert!(problem.line >= 1 && problem.line as usize <= lines && !problem.message.is_empty());
                }
            }
        }
    }
}
