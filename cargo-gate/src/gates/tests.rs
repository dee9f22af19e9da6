//! What must hold for every gate.

#![expect(clippy::disallowed_methods, reason = "the folder is compared with the registry")]

use std::collections::BTreeSet;

use super::{CUSTOM, GATES};
use crate::config::{config_schema, parse};
use crate::gate::SECTIONS;

fn every() -> impl Iterator<Item = &'static dyn crate::registry::Registered> {
    GATES.iter().chain([&CUSTOM]).copied()
}

#[test]
fn folder_and_registry_agree() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/gates");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "mod" && name != "tests")
        .collect();
    let registered: BTreeSet<String> = every().map(|gate| gate.info().id.replace('-', "_")).collect();
    assert_eq!(files, registered);
}

#[test]
fn every_manual_has_its_sections_in_order() {
    for gate in every() {
        let manual = gate.info().manual;
        let places: Vec<_> = SECTIONS.iter().map(|section| manual.find(section)).collect();
        assert!(places.iter().all(Option::is_some), "{}: {places:?}", gate.info().id);
        assert!(places.is_sorted(), "{}: {places:?}", gate.info().id);
    }
}

#[test]
fn every_gate_has_rules_with_names_of_their_own() {
    for gate in every() {
        let info = gate.info();
        let names: BTreeSet<&str> = info.rules.iter().map(|rule| rule.name).collect();
        assert!(!names.is_empty() && names.len() == info.rules.len(), "{}", info.id);
        assert!(!info.judges.is_empty() && !info.bar.is_empty(), "{}", info.id);
    }
}

#[test]
fn no_setting_of_a_gate_hides_one_that_all_gates_have() {
    for gate in every() {
        let own = gate.properties(&mut schemars::SchemaGenerator::default());
        for common in crate::config::property_names::<crate::config::Common>() {
            assert!(!own.contains_key(&common), "{}: {common}", gate.info().id);
        }
    }
}

#[test]
fn the_schema_describes_every_setting_of_every_gate() {
    let schema = config_schema();
    for gate in GATES {
        let properties = &schema["properties"]["gates"]["properties"][gate.info().id]["properties"];
        let object = properties.as_object().unwrap();
        for (key, property) in object {
            let described = property.get("description").is_some() || property.get("$ref").is_some();
            assert!(described, "{}.{key}: {property}", gate.info().id);
        }
    }
}

#[test]
fn the_defaults_are_a_config_without_problems() {
    assert!(parse(None, "").is_ok());
}
