//! The JSON Schema of `promote.toml`, from the types of its settings.

use cargo_gate::config::properties_of;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::elsewhere::From;
use super::load::Config;

/// The JSON Schema (2020-12) of `promote.toml`.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut properties = properties_of::<Config>(&mut generator);
    let mut from = generator.subschema_for::<From>();
    from.insert(
        "description".to_owned(),
        json!("The configuration is elsewhere; nothing stands beside this."),
    );
    properties.insert("from".to_owned(), from.to_value());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "promote.toml",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": generator.take_definitions(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key below a schema that has no description, by its path. A tag is described by what it chooses.
    fn undescribed(schema: &Value, path: &str, found: &mut Vec<String>) {
        let properties = schema["properties"].as_object();
        for (key, property) in properties.into_iter().flatten() {
            if property["description"].is_null() && property["const"].is_null() {
                found.push(format!("{path}.{key}"));
            }
        }
        match schema {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| undescribed(value, &format!("{path}/{key}"), found));
            }
            Value::Array(list) => list.iter().for_each(|value| undescribed(value, path, found)),
            _ => {}
        }
    }

    #[test]
    fn every_key_is_documented() {
        let mut found = Vec::new();
        undescribed(&schema(), "", &mut found);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn the_schema_knows_what_the_parser_knows() {
        let schema = schema();
        let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        for key in ["canary", "environments", "from", "keys", "ledger", "mirrors", "policy", "stores"] {
            assert!(keys.iter().any(|known| *known == key), "{key}: {keys:?}");
        }
    }
}
