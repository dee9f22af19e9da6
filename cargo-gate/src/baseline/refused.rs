//! What a baseline never accepts, and why.

/// A pattern of rules, with the reason.
struct Refused {
    gate: &'static str,
    /// A name; `*` stands for any text at its end or its beginning.
    rule: &'static str,
    why: &'static str,
}

const UNJUDGED: &str = "it stands for something that was not judged";
const OWN_LIST: &str = "it concerns security: accept it in the gate's own list, with a reason and a last day";
const EXPIRED: &str = "the last day of its acceptance was chosen; choose another one there";
const FAILS: &str = "it may stand for any failure, also for one of tomorrow";
const CHANGE: &str = "it is about one change, and would hold for the next one as well";
const NOISE: &str =
    "its figures differ from run to run; its bar, or what it accepts, is set in bulletproof.toml";

/// By gate and rule; whatever is not here may be accepted.
const REFUSED: &[Refused] = &[
    refused("*", "does-not-compile", UNJUDGED),
    refused("*", "needs-nightly", UNJUDGED),
    refused("*", "silenced", UNJUDGED),
    refused("*", "tests-failed", UNJUDGED),
    refused("fmt", "unparsable", UNJUDGED),
    refused("manifest", "lock-*", UNJUDGED),
    refused("deny", "unjudged-key", UNJUDGED),
    refused("paths", "unreadable-config", UNJUDGED),
    refused("sbom", "unreadable", UNJUDGED),
    refused("coverage", "*-unmeasured", UNJUDGED),
    refused("repro", "does-not-rebuild", UNJUDGED),
    refused("repro", "differs", FAILS),
    refused("*", "failed", FAILS),
    refused("smoke", "*", FAILS),
    refused("*", "*-expired", EXPIRED),
    refused("audit", "*", OWN_LIST),
    refused("container", "*", OWN_LIST),
    refused("secrets", "*", OWN_LIST),
    refused("changelog", "not-changed", CHANGE),
    refused("deps", "*", CHANGE),
    refused("coverage", "dropped", CHANGE),
    refused("coverage", "changed-*", CHANGE),
    refused("size", "grow*", CHANGE),
    refused("semver", "breaking", CHANGE),
    refused("bench", "*", NOISE),
    refused("budget", "*", NOISE),
    refused("flaky", "*", NOISE),
];

const fn refused(gate: &'static str, rule: &'static str, why: &'static str) -> Refused {
    Refused { gate, rule, why }
}

impl Refused {
    fn is_about(&self, gate: &str, rule: &str) -> bool {
        matches(self.gate, gate) && matches(self.rule, rule)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

/// Why the rule `gate/rule` of that gate is never accepted; none where it may be.
pub fn refusal(gate: &str, rule: &str) -> Option<&'static str> {
    let name = rule.strip_prefix(gate).and_then(|rest| rest.strip_prefix('/')).unwrap_or(rule);
    REFUSED.iter().find(|refused| refused.is_about(gate, name)).map(|refused| refused.why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::{CUSTOM, GATES};

    #[test]
    fn each_pattern_is_about_a_rule_that_there_is() {
        for refused in REFUSED {
            let all = GATES.iter().chain([&CUSTOM]).map(|gate| gate.info());
            let hit = all.flat_map(|info| info.rules.iter().map(|rule| (info.id, rule.name)));
            assert!(
                hit.into_iter().any(|(gate, rule)| refused.is_about(gate, rule)),
                "{}/{}",
                refused.gate,
                refused.rule
            );
        }
    }

    #[test]
    fn what_was_not_judged_or_concerns_security_is_never_accepted() {
        for (gate, rule) in [
            ("clippy", "clippy/does-not-compile"),
            ("audit", "audit/vulnerability"),
            ("secrets", "secrets/private-key"),
            ("coverage", "coverage/tests-failed"),
            ("test", "test/failed"),
            ("deny", "deny/accept-expired"),
            ("my-own", "my-own/failed"),
            ("semver", "semver/breaking"),
        ] {
            assert!(refusal(gate, rule).is_some(), "{rule}");
        }
    }

    #[test]
    fn what_stands_for_itself_may_be_accepted() {
        for (gate, rule) in [
            ("clippy", "clippy/needless_return"),
            ("panics", "panics/unwrap"),
            ("coverage", "coverage/below-minimum"),
            ("size", "size/too-large"),
            ("my-own", "my-own/naming"),
        ] {
            assert_eq!(refusal(gate, rule), None, "{rule}");
        }
    }
}
