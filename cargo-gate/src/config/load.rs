//! The whole config: from the text of `bulletproof.toml`, or of `Cargo.toml` with
//! `[workspace.metadata.bulletproof]`, to the configured gates.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml_edit::{Document, Item, TableLike, Value};

use super::custom;
use super::decode::{Problems, Section, nearest, property_names, unknown};
use super::{Globs, Problem};
use crate::finding::digest;
use crate::gate::Stage;
use crate::gates::GATES;
use crate::hooks::HookSettings;
use crate::registry::Configured;
use crate::test_run::TestSettings;
use crate::versions::tags::Pattern;

/// The config, checked.
pub struct Config {
    /// What holds for all gates.
    pub general: General,
    /// The gates with their settings, in the order of the registry.
    pub gates: Vec<Configured>,
    /// Names this config: the digest of its text.
    pub digest: String,
}

impl Config {
    /// How the tests run, by the settings of all gates that share their run.
    pub fn tests(&self) -> TestSettings {
        let mut tests = TestSettings::default();
        self.gates.iter().for_each(|gate| gate.shape_tests(&mut tests));
        tests
    }

    /// How releases are tagged.
    pub fn tags(&self) -> &[Pattern] {
        self.gates.iter().find_map(Configured::tag_patterns).unwrap_or_default()
    }

    /// Which hooks there are to be, and what they ask.
    pub fn hooks(&self) -> HookSettings {
        self.gates.iter().find_map(Configured::hook_settings).unwrap_or_default()
    }
}

/// Settings beside those of the gates.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct General {
    /// Rust sources that no gate reads.
    pub exclude: Globs,
    /// The largest Rust source that is read, in bytes; a larger one breaks the gates that would read it.
    pub max_source_bytes: u64,
    /// The revision that a change is compared with, instead of the one where its branch began. `--base`
    /// comes before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// For a stage: its gates, instead of those that name it.
    pub stages: BTreeMap<Stage, Vec<String>>,
}

impl Default for General {
    fn default() -> Self {
        Self { exclude: Globs::default(), max_source_bytes: 16 << 20, base: None, stages: BTreeMap::new() }
    }
}

/// A config that cannot be used: all its problems.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError {
    /// Each with its place, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Checks a config.
///
/// `own` is the text of `bulletproof.toml`, `manifest` that of the root `Cargo.toml`.
///
/// # Errors
/// All problems of the text at once.
pub fn parse(own: Option<&str>, manifest: &str) -> Result<Config, ConfigError> {
    // a manifest that cannot be parsed is cargo's to tell
    let within = Document::parse(manifest).ok().filter(|document| embedded(document).is_some());
    match (own, within) {
        (None, None) => from_table("bulletproof.toml", "", &toml_edit::Table::new()),
        (None, Some(document)) => match embedded_table(&document) {
            Some(table) => from_table("Cargo.toml", manifest, table),
            None => {
                Err(single("Cargo.toml", manifest, embedded(&document).and_then(Item::span), "not a table"))
            }
        },
        (Some(text), None) => match Document::parse(text) {
            Ok(document) => from_table("bulletproof.toml", text, document.as_table()),
            Err(error) => Err(single("bulletproof.toml", text, error.span(), error.message())),
        },
        (Some(_), Some(document)) => {
            let message = "the config is in bulletproof.toml as well; keep one of the two";
            Err(single("Cargo.toml", manifest, embedded(&document).and_then(Item::span), message))
        }
    }
}

fn embedded<'a>(document: &'a Document<&str>) -> Option<&'a Item> {
    document.as_table().get("workspace")?.get("metadata")?.get("bulletproof")
}

fn embedded_table<'a>(document: &'a Document<&str>) -> Option<&'a dyn TableLike> {
    embedded(document).and_then(Item::as_table_like)
}

fn single(file: &str, text: &str, span: Option<std::ops::Range<usize>>, message: &str) -> ConfigError {
    let mut problems = Problems::new(file, text);
    problems.add(span, message.trim_end().replace('\n', "; "));
    ConfigError { problems: problems.into_vec() }
}

fn from_table(file: &str, text: &str, root: &dyn TableLike) -> Result<Config, ConfigError> {
    let mut problems = Problems::new(file, text);
    let whole = Section { name: "", table: root };
    let general: General = whole.decode(&mut problems);
    let known = || [property_names::<General>(), vec!["gates".to_owned(), custom::KEY.to_owned()]].concat();
    whole.reject_unknown(known, &mut problems);
    let ids: Vec<&str> = GATES.iter().map(|gate| gate.info().id).collect();
    let custom = custom::gates(root, &ids, &mut problems);
    let every: Vec<&str> = ids.iter().copied().chain(custom.iter().map(|gate| gate.info.id)).collect();
    check_stages(root, &every, &mut problems);
    check_numbers(root, &mut problems);
    let empty = toml_edit::Table::new();
    let tables = match root.get("gates") {
        None => &empty as &dyn TableLike,
        Some(item) => item.as_table_like().unwrap_or_else(|| {
            problems.add(item.span(), "`gates` must be a table: [gates.NAME]");
            &empty
        }),
    };
    for (name, item) in tables.iter() {
        let span = tables.get_key_value(name).and_then(|(key, _)| key.span()).or_else(|| item.span());
        if !ids.contains(&name) {
            problems.add(span, unknown("gates", name, ids.iter().copied()));
        } else if item.as_table_like().is_none() {
            problems.add(span, format!("`gates.{name}` must be a table"));
        }
    }
    let gates = GATES
        .iter()
        .map(|gate| {
            let id = gate.info().id;
            let table = tables.get(id).and_then(Item::as_table_like).unwrap_or(&empty);
            gate.configure(&Section { name: &format!("gates.{id}"), table }, &mut problems)
        })
        .chain(custom)
        .collect();
    let problems = problems.into_vec();
    if problems.is_empty() {
        Ok(Config { general, gates, digest: digest(&[text]) })
    } else {
        Err(ConfigError { problems })
    }
}

/// TOML knows `nan` and `inf`. Nothing is above such a bar, and nothing below it.
fn check_numbers(table: &dyn TableLike, problems: &mut Problems<'_>) {
    let mut values: Vec<&Value> = Vec::new();
    for (_, item) in table.iter() {
        match item {
            Item::Table(inner) => check_numbers(inner, problems),
            Item::ArrayOfTables(inner) => inner.iter().for_each(|one| check_numbers(one, problems)),
            Item::Value(value) => values.push(value),
            Item::None => {}
        }
    }
    while let Some(value) = values.pop() {
        match value {
            Value::Float(number) if !number.value().is_finite() => {
                problems.add(value.span(), format!("`{}` is no number to judge by", number.value()));
            }
            Value::Array(inner) => values.extend(inner),
            Value::InlineTable(inner) => values.extend(inner.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}

fn check_stages(root: &dyn TableLike, ids: &[&str], problems: &mut Problems<'_>) {
    let Some(stages) = root.get("stages").and_then(Item::as_table_like) else { return };
    for (stage, names) in stages.iter() {
        for value in names.as_array().into_iter().flatten() {
            let Some(name) = value.as_str().filter(|name| !ids.contains(name)) else { continue };
            let hint = nearest(name, ids.iter().copied()).map_or_else(
                || "`cargo bulletproof list` shows them".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            problems.add(value.span(), format!("`stages.{stage}`: there is no gate `{name}`; {hint}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        parse(Some(text), "")
            .err()
            .map(|error| error.problems.iter().map(ToString::to_string).collect())
            .unwrap_or_default()
    }

    #[test]
    fn without_a_config_every_gate_has_its_defaults() {
        let config = parse(None, "[workspace]\n").unwrap();
        assert_eq!(config.gates.len(), GATES.len());
    }

    #[test]
    fn five_mistakes_are_told_at_once_each_with_its_place() {
        let text = "exclud = [\"x\"]\nmax_source_bytes = \"big\"\n\n[stages]\npre-push = [\"fmt\", \"clipy\"]\n\n\
                    [gates.fmt]\ntimout = \"1m\"\ntimeout = \"soon\"\n";
        let found = problems(text);
        assert_eq!(found.len(), 5, "{found:#?}");
        assert!(
            found[0].starts_with("bulletproof.toml:1:1: unknown key `exclud`; did you mean `exclude`?"),
            "{found:#?}"
        );
        assert!(found[1].starts_with("bulletproof.toml:2:20: "), "{found:#?}");
        assert!(found[2].contains("5:20") && found[2].contains("did you mean `clippy`?"), "{found:#?}");
        assert!(found[3].contains("8:1") && found[3].contains("did you mean `timeout`?"), "{found:#?}");
        assert!(found[4].contains("9:11") && found[4].contains("`soon`"), "{found:#?}");
    }

    #[test]
    fn an_unknown_gate_or_rule_is_named_with_the_nearest() {
        assert!(problems("[gates.panic]\n")[0].contains("did you mean `panics`?"));
        assert!(problems("[gates.panics.rules]\nunwarp = \"off\"\n")[0].contains("did you mean `unwrap`?"));
    }

    #[test]
    fn each_wrong_element_of_an_array_is_told() {
        let text = "[gates.audit]\nignore = [\n  { id = \"RUSTSEC-2020-0001\", reason = \"\", expires = \"2027-01-01\" },\n  \
                    { id = \"RUSTSEC-2020-0002\", reason = \"fine\", expires = \"never\" },\n]\n";
        let found = problems(text);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].contains(":3:") && found[1].contains(":4:"), "{found:#?}");
    }

    #[test]
    fn a_bar_that_nothing_can_miss_is_told_with_its_place() {
        for number in ["nan", "-nan", "inf", "+inf", "-inf"] {
            let found = problems(&format!("[gates.size]\nmax_growth_percent = {number}\n"));
            assert_eq!(found.len(), 1, "{found:#?}");
            assert!(found[0].starts_with("bulletproof.toml:2:22: "), "{found:#?}");
        }
        let found = problems("[gates.size]\nprograms = { a = 1.5, b = inf }\n");
        assert!(found[0].starts_with("bulletproof.toml:2:27: "), "{found:#?}");
    }

    #[test]
    fn text_that_is_no_toml_is_told_with_its_place() {
        let found = problems("[gates.fmt\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("bulletproof.toml:1:"), "{found:#?}");
    }

    #[test]
    fn the_config_may_stand_in_the_manifest_but_not_in_both() {
        let manifest = "[workspace]\n[workspace.metadata.bulletproof.gates.fmt]\ntimeout = \"soon\"\n";
        let error = parse(None, manifest).err().unwrap();
        assert_eq!((error.problems[0].file.as_str(), error.problems[0].line), ("Cargo.toml", 3));
        let both = parse(Some(""), manifest).err().unwrap();
        assert!(both.to_string().contains("keep one of the two"), "{both}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_config_or_its_problems(text: String, manifest: String) {
            let _ = parse(Some(&text), &manifest);
        }

        #[test]
        fn any_value_under_a_known_key_gives_a_config_or_problems_with_places(
            gate in "fmt|audit|panics|todo|test",
            key in "stages|timeout|if_unavailable|rules|exclude|ignore|words|severity",
            value in "-?[0-9]{1,4}|\"[a-z ]{0,8}\"|\\[\"[a-z]{0,4}\"\\]|\\{ (ci|id|x) = \"[a-z]{0,5}\" \\}|true",
        ) {
            let text = format!("[gates.{gate}]\n{key} = {value}\n");
            if let Err(error) = parse(Some(&text), "") {
                proptest::prop_assert!(error.problems.iter().all(|problem| problem.line == 2), "{text}{error}");
            }
        }
    }
}
