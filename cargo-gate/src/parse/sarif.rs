//! SARIF 2.1.0, the format of many static analysers:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
//!
//! Of a log that follows the standard everything is read that tells what is wrong and where. A run
//! without `results` is one whose tool did not scan (3.14.23), and so says nothing.

mod raw;

use std::collections::BTreeMap;

use self::raw::{Artifact, Location, Log, Notification, ResultObject, RuleObject, Run};
use super::reported::{ReportError, Reported, ordinal};
use crate::finding::Severity;

const FORMAT: &str = "SARIF";

/// What the runs of a log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SarifLog {
    /// The tool of each run; at least one.
    pub tools: Vec<String>,
    /// What is wrong, in the order of the log.
    pub results: Vec<Reported>,
    /// Results that the source or the tool's own settings accept.
    pub suppressed: usize,
}

/// Reads a log.
///
/// # Errors
/// When the bytes are not SARIF 2.1.0, when there is no run, when a run has no `results`, and when a
/// run says that its tool failed.
pub fn parse(bytes: &[u8]) -> Result<SarifLog, ReportError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(form("it is empty"));
    }
    let log: Log = serde_json::from_slice(bytes).map_err(|error| form(&error.to_string()))?;
    if log.version != "2.1.0" {
        return Err(form(&format!("its version is `{}`, not `2.1.0`", log.version)));
    }
    if log.runs.is_empty() {
        return Err(ReportError::Nothing { format: FORMAT, what: "there is no run in it".to_owned() });
    }
    let mut read = SarifLog { tools: Vec::new(), results: Vec::new(), suppressed: 0 };
    for run in &log.runs {
        self::run(run, &mut read)?;
    }
    Ok(read)
}

fn run(run: &Run, read: &mut SarifLog) -> Result<(), ReportError> {
    let tool = &run.tool.driver.name;
    for invocation in &run.invocations {
        let notes = [&invocation.tool_execution_notifications, &invocation.tool_configuration_notifications];
        let error = notes.into_iter().flatten().find(|note| note.level.as_deref() == Some("error"));
        if let Some(what) = error.map(Notification::text) {
            return Err(ReportError::ToolFailed { format: FORMAT, what: format!("{tool}: {what}") });
        }
        if !invocation.execution_successful {
            let what = format!("{tool}: `executionSuccessful` is false");
            return Err(ReportError::ToolFailed { format: FORMAT, what });
        }
    }
    let Some(results) = &run.results else {
        let what = format!("the run of {tool} has no `results`");
        return Err(ReportError::Nothing { format: FORMAT, what });
    };
    for result in results {
        if result.is_suppressed() {
            read.suppressed += 1;
        } else if let Some(reported) = self::result(run, result)? {
            read.results.push(reported);
        }
    }
    read.tools.push(tool.clone());
    Ok(())
}

/// One result; none where it tells of nothing wrong.
fn result(run: &Run, result: &ResultObject) -> Result<Option<Reported>, ReportError> {
    let rule = rule(run, result);
    let Some(severity) = severity(result, rule)? else { return Ok(None) };
    let id = result.rule_id.as_deref().or_else(|| result.rule.as_ref()?.id.as_deref());
    let id = id.or_else(|| rule.map(|rule| rule.id.as_str())).unwrap_or_default();
    let message = message(result, rule).ok_or_else(|| form("a result has no message"))?;
    let mut reported = Reported::new(id, severity, message);
    reported.help = rule.and_then(|rule| {
        let help = rule.help.as_ref().and_then(|help| help.text.clone());
        // a help that is a whole page is not read in a list of findings
        help.filter(|text| !text.trim().is_empty() && text.lines().count() == 1).or(rule.help_uri.clone())
    });
    if let Some(location) = result.locations.first() {
        place(run, location, &mut reported)?;
    }
    Ok(Some(reported))
}

/// The rule's description, by its index or its name, in the tool itself or in an extension of it.
fn rule<'a>(run: &'a Run, result: &ResultObject) -> Option<&'a RuleObject> {
    let reference = result.rule.as_ref();
    let component = reference.and_then(|rule| rule.tool_component.as_ref()).and_then(|tool| tool.index);
    let rules = match component {
        Some(index) => &run.tool.extensions.get(usize::try_from(index).ok()?)?.rules,
        None => &run.tool.driver.rules,
    };
    // -1 is the standard's word for "none"
    let index = result.rule_index.or(reference.and_then(|rule| rule.index));
    let index = index.and_then(|index| usize::try_from(index).ok());
    let id = result.rule_id.as_deref().or_else(|| reference?.id.as_deref());
    index
        .and_then(|index| rules.get(index))
        .or_else(|| rules.iter().find(|rule| Some(rule.id.as_str()) == id))
}

/// The weight of a result (3.27.9, 3.27.10); none where it tells of nothing wrong.
fn severity(result: &ResultObject, rule: Option<&RuleObject>) -> Result<Option<Severity>, ReportError> {
    match result.kind.as_deref().unwrap_or("fail") {
        "pass" | "notApplicable" | "informational" => return Ok(None),
        "open" | "review" => return Ok(Some(Severity::Warning)),
        "fail" => {}
        other => return Err(form(&format!("there is no kind of result `{other}`"))),
    }
    // what was there in an earlier run and is gone
    if result.baseline_state.as_deref() == Some("absent") {
        return Ok(None);
    }
    let default = rule.and_then(|rule| rule.default_configuration.as_ref()?.level.as_deref());
    match result.level.as_deref().or(default).unwrap_or("warning") {
        "error" => Ok(Some(Severity::Error)),
        "warning" | "note" | "none" => Ok(Some(Severity::Warning)),
        other => Err(form(&format!("there is no level `{other}`"))),
    }
}

/// The message, from its text or from the rule's strings, with its arguments filled in (3.11.5).
fn message(result: &ResultObject, rule: Option<&RuleObject>) -> Option<String> {
    let message = &result.message;
    let from_rule = || {
        let id = message.id.as_deref()?;
        rule?.message_strings.get(id)?.text.clone()
    };
    let text = message.text.clone().or_else(from_rule).or_else(|| message.markdown.clone())?;
    let mut text = text.trim().to_owned();
    for (number, argument) in message.arguments.iter().enumerate() {
        text = text.replace(&format!("{{{number}}}"), argument);
    }
    (!text.is_empty()).then_some(text)
}

fn place(run: &Run, location: &Location, reported: &mut Reported) -> Result<(), ReportError> {
    let Some(physical) = &location.physical_location else { return Ok(()) };
    let Some(artifact) = &physical.artifact_location else { return Ok(()) };
    reported.file = file(run, artifact);
    if reported.file.is_none() {
        return Ok(());
    }
    if let Some(region) = &physical.region {
        let number =
            |what, number: Option<u64>| number.map(|number| ordinal(FORMAT, what, number)).transpose();
        reported.start = (number("line", region.start_line)?, number("column", region.start_column)?);
        reported.end = (number("line", region.end_line)?, number("column", region.end_column)?);
    }
    Ok(())
}

/// The path of an artifact, its base put in front of it where the run gives one.
fn file(run: &Run, artifact: &Artifact) -> Option<String> {
    let listed = || {
        let index = usize::try_from(artifact.index?).ok()?;
        run.artifacts.get(index)?.location.as_ref()
    };
    let artifact = if artifact.uri.is_some() { artifact } else { listed()? };
    let uri = artifact.uri.as_deref()?;
    let base = artifact.uri_base_id.as_deref().and_then(|id| base(&run.original_uri_base_ids, id, 0));
    let whole = if uri.contains("://") { uri.to_owned() } else { base.unwrap_or_default() + uri };
    Some(path_of(&whole))
}

/// The address that a base stands for; bases may stand on others.
fn base(bases: &BTreeMap<String, Artifact>, id: &str, depth: u8) -> Option<String> {
    let found = bases.get(id).filter(|_| depth < 8)?;
    let uri = found.uri.clone().unwrap_or_default();
    let below = found.uri_base_id.as_deref().and_then(|id| base(bases, id, depth + 1));
    Some(below.unwrap_or_default() + &uri)
}

/// The path in a `file:` address or in a relative one, with its percent signs decoded.
fn path_of(uri: &str) -> String {
    let path = uri.strip_prefix("file://").map_or(uri, |rest| {
        let path = rest.strip_prefix("localhost").unwrap_or(rest);
        // file:///C:/a is C:/a
        let drive = path.strip_prefix('/').filter(|rest| rest.as_bytes().get(1) == Some(&b':'));
        drive.unwrap_or(path)
    });
    decode(path).unwrap_or_else(|| path.to_owned())
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let hex = (*first == b'%').then(|| more.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()));
        if let Some(byte) = hex.flatten().and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = more.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).ok()
}

fn form(what: &str) -> ReportError {
    ReportError::Form { format: FORMAT, what: what.to_owned() }
}

#[cfg(test)]
mod tests;
