//! Logs in the forms of several tools.

use super::*;

/// The form of a converter of clippy's messages, with a rule's default level, and of semgrep, with a base.
const LOG: &str = r#"{
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": { "driver": { "name": "semgrep", "semanticVersion": "1.60.0", "rules": [
        { "id": "no-eval", "defaultConfiguration": { "level": "error" }, "helpUri": "https://example.invalid/no-eval",
          "help": { "text": "Do not call eval." }, "properties": { "tags": ["x"] } },
        { "id": "style", "messageStrings": { "default": { "text": "'{0}' should be '{1}'" } } } ] } },
      "invocations": [ { "executionSuccessful": true, "toolExecutionNotifications": [
        { "level": "warning", "message": { "text": "one file was skipped" } } ] } ],
      "originalUriBaseIds": { "ROOT": { "uri": "file:///ws/" }, "SRC": { "uri": "src/", "uriBaseId": "ROOT" } },
      "artifacts": [ { "location": { "uri": "b%20c.rs", "uriBaseId": "%SRCROOT%" } } ],
      "results": [
        { "ruleId": "no-eval", "message": { "text": "eval is called" },
          "locations": [ { "physicalLocation": { "artifactLocation": { "uri": "a.rs", "uriBaseId": "SRC" },
            "region": { "startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9 } } } ] },
        { "ruleIndex": 1, "level": "note", "message": { "id": "default", "arguments": ["A", "a"] },
          "locations": [ { "physicalLocation": { "artifactLocation": { "index": 0 } } } ] },
        { "ruleId": "no-eval", "message": { "text": "accepted" }, "suppressions": [ { "kind": "inSource" } ] },
        { "ruleId": "no-eval", "message": { "text": "not accepted" },
          "suppressions": [ { "kind": "external", "status": "rejected" } ] },
        { "ruleId": "no-eval", "kind": "pass", "message": { "text": "fine" } }
      ]
    }
  ]
}
"#;

fn read(from: &str, to: &str) -> Result<SarifLog, ReportError> {
    assert!(from.is_empty() || LOG.contains(from), "{from}");
    parse(LOG.replace(from, to).as_bytes())
}

#[test]
fn results_have_rule_weight_message_and_place() {
    let log = parse(LOG.as_bytes()).unwrap();
    assert_eq!((log.tools.as_slice(), log.suppressed), (["semgrep".to_owned()].as_slice(), 1));
    let [first, second, third] = log.results.as_slice() else { panic!("{log:#?}") };
    assert_eq!((first.rule.as_str(), first.severity), ("no-eval", Severity::Error));
    assert_eq!(first.file.as_deref(), Some("/ws/src/a.rs"));
    assert_eq!((first.start, first.end), ((Some(3), Some(5)), (Some(3), Some(9))));
    assert_eq!(first.help.as_deref(), Some("Do not call eval."));
    assert_eq!((second.rule.as_str(), second.severity), ("style", Severity::Warning));
    assert_eq!(second.message, "'A' should be 'a'");
    assert_eq!(second.file.as_deref(), Some("b c.rs"));
    assert_eq!(third.message, "not accepted");
}

#[test]
fn a_tool_that_failed_found_nothing_that_counts() {
    for (from, to) in [
        ("\"executionSuccessful\": true", "\"executionSuccessful\": false"),
        ("\"level\": \"warning\", \"message\"", "\"level\": \"error\", \"message\""),
    ] {
        assert!(matches!(read(from, to), Err(ReportError::ToolFailed { .. })), "{to}");
    }
}

#[test]
fn a_log_without_runs_or_results_says_nothing() {
    let empty = parse(br#"{"version":"2.1.0","runs":[]}"#);
    assert!(matches!(empty, Err(ReportError::Nothing { .. })));
    for results in ["", ",\"results\":null"] {
        let text =
            format!(r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"x"}}}}{results}}}]}}"#);
        assert!(matches!(parse(text.as_bytes()), Err(ReportError::Nothing { .. })), "{text}");
    }
    let clean = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[]}]}"#;
    assert!(parse(clean.as_bytes()).unwrap().results.is_empty());
}

#[test]
fn another_version_and_unknown_words_are_named() {
    for (from, to) in [
        ("\"version\": \"2.1.0\"", "\"version\": \"2.0.0\""),
        ("\"level\": \"note\"", "\"level\": \"fatal\""),
        ("\"kind\": \"pass\"", "\"kind\": \"passed\""),
        ("\"startLine\": 3", "\"startLine\": 0"),
        ("\"text\": \"eval is called\"", "\"text\": \" \""),
        ("\"ruleIndex\": 1", "\"ruleIndex\": 7"),
    ] {
        assert!(matches!(read(from, to), Err(ReportError::Form { .. })), "{to}");
    }
}

#[test]
fn a_result_that_an_earlier_run_had_and_this_one_has_not_is_none() {
    let log = read(
        "\"message\": { \"text\": \"eval is called\" }",
        "\"baselineState\": \"absent\", \"message\": { \"text\": \"gone\" }",
    );
    assert_eq!(log.unwrap().results.len(), 2);
}

#[test]
fn addresses_become_paths() {
    assert_eq!(path_of("file:///home/a%C3%A9.rs"), "/home/aé.rs");
    assert_eq!(path_of("file:///C:/a/b.rs"), "C:/a/b.rs");
    assert_eq!(path_of("100%.rs"), "100%.rs");
}

#[test]
fn bases_that_stand_on_each_other_end() {
    let text = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},
        "originalUriBaseIds":{"A":{"uri":"a/","uriBaseId":"B"},"B":{"uri":"b/","uriBaseId":"A"}},
        "results":[{"message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":
        {"uri":"x.rs","uriBaseId":"A"}}}]}]}]}"#;
    assert!(parse(text.as_bytes()).unwrap().results[0].file.as_deref().unwrap().ends_with("a/x.rs"));
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_a_log_or_an_error(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_log_cut_anywhere_is_an_error(end in 0..LOG.len() - 2) {
        let mut end = end;
        while !LOG.is_char_boundary(end) { end -= 1; }
        proptest::prop_assert!(parse(&LOG.as_bytes()[..end]).is_err());
    }
}
