//! The JSON Schema of the config, from the types of the settings.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::load::General;
use super::{Common, Timeout};
use crate::gates::{CUSTOM, GATES};
use crate::registry::Registered;

/// The JSON Schema (2020-12) of `bulletproof.toml`.
pub fn config_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut properties = properties_of::<General>(&mut generator);
    let mut gates = Map::new();
    for gate in GATES {
        let info = gate.info();
        gates.insert(
            info.id.to_owned(),
            json!({
                "type": "object",
                "description": info.judges,
                "properties": gate_properties(*gate, &mut generator),
                "additionalProperties": false
            }),
        );
    }
    properties.insert(
        "gates".to_owned(),
        json!({ "type": "object", "description": "The settings of each gate.", "properties": gates, "additionalProperties": false }),
    );
    properties.insert(
        "gate".to_owned(),
        json!({
            "type": "array",
            "description": "Commands of yours, each a gate of its own name.",
            "items": {
                "type": "object",
                "properties": gate_properties(CUSTOM, &mut generator),
                "required": ["name", "command"],
                "additionalProperties": false
            }
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bulletproof.toml",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": generator.take_definitions(true)
    })
}

/// The keys of a gate's table: its own, with their defaults, and those that every gate has.
pub fn gate_properties(gate: &dyn Registered, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut properties = gate.properties(generator);
    properties.extend(properties_of::<Common>(generator));
    if let Some(Value::Object(timeout)) = properties.get_mut("timeout") {
        let default = String::from(Timeout(gate.info().timeout));
        timeout.insert("default".to_owned(), Value::String(default));
    }
    if let Some(Value::Object(stages)) = properties.get_mut("stages") {
        stages.insert("default".to_owned(), json!(gate.info().stages));
    }
    properties
}

/// The properties of one settings type.
pub fn properties_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let schema = T::json_schema(generator);
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}
