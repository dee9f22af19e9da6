//! The objects of a SARIF log, as far as they are read. The standard lets any object carry properties of
//! its own, so unknown keys are no error.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Log {
    pub(super) version: String,
    pub(super) runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub(super) tool: Tool,
    pub(super) results: Option<Vec<ResultObject>>,
    #[serde(default)]
    pub(super) invocations: Vec<Invocation>,
    #[serde(default)]
    pub(super) artifacts: Vec<ListedArtifact>,
    #[serde(default)]
    pub(super) original_uri_base_ids: BTreeMap<String, Artifact>,
}

#[derive(Deserialize)]
pub(super) struct Tool {
    pub(super) driver: Component,
    #[serde(default)]
    pub(super) extensions: Vec<Component>,
}

#[derive(Deserialize)]
pub(super) struct Component {
    pub(super) name: String,
    #[serde(default)]
    pub(super) rules: Vec<RuleObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleObject {
    pub(super) id: String,
    pub(super) default_configuration: Option<Configuration>,
    pub(super) help: Option<Message>,
    pub(super) help_uri: Option<String>,
    #[serde(default)]
    pub(super) message_strings: BTreeMap<String, Message>,
}

#[derive(Deserialize)]
pub(super) struct Configuration {
    pub(super) level: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: bool,
    #[serde(default)]
    pub(super) tool_execution_notifications: Vec<Notification>,
    #[serde(default)]
    pub(super) tool_configuration_notifications: Vec<Notification>,
}

#[derive(Deserialize)]
pub(super) struct Notification {
    pub(super) level: Option<String>,
    message: Message,
}

impl Notification {
    pub(super) fn text(&self) -> &str {
        self.message.text.as_deref().unwrap_or("an error without words")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultObject {
    pub(super) rule_id: Option<String>,
    pub(super) rule_index: Option<i64>,
    pub(super) rule: Option<RuleReference>,
    pub(super) kind: Option<String>,
    pub(super) level: Option<String>,
    pub(super) baseline_state: Option<String>,
    pub(super) message: Message,
    #[serde(default)]
    pub(super) locations: Vec<Location>,
    #[serde(default)]
    suppressions: Vec<Suppression>,
}

impl ResultObject {
    /// Whether every suppression of it holds (3.27.23, 3.35.3).
    pub(super) fn is_suppressed(&self) -> bool {
        let holds = |one: &Suppression| one.status.as_deref().is_none_or(|status| status == "accepted");
        !self.suppressions.is_empty() && self.suppressions.iter().all(holds)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleReference {
    pub(super) id: Option<String>,
    pub(super) index: Option<i64>,
    pub(super) tool_component: Option<ToolComponentReference>,
}

#[derive(Deserialize)]
pub(super) struct ToolComponentReference {
    pub(super) index: Option<i64>,
}

#[derive(Deserialize)]
struct Suppression {
    #[serde(alias = "state")]
    status: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) text: Option<String>,
    pub(super) markdown: Option<String>,
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) arguments: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub(super) physical_location: Option<PhysicalLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: Option<Artifact>,
    pub(super) region: Option<Region>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifact {
    pub(super) uri: Option<String>,
    pub(super) uri_base_id: Option<String>,
    pub(super) index: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct ListedArtifact {
    pub(super) location: Option<Artifact>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: Option<u64>,
    pub(super) start_column: Option<u64>,
    pub(super) end_line: Option<u64>,
    pub(super) end_column: Option<u64>,
}
