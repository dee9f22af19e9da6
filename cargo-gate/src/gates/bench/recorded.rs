//! The gate on benches that were recorded before.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::targets::vanished;
use super::{Bench, Kind};
use crate::bench::{Opinion, RecordedIn, compare, html, row};
use crate::gate::{Context, Outcome, Unreadable};
use crate::step::{Evidence, Step};

/// What every outcome on records says.
const WEAKER: &str = "weaker evidence: one run each, not interleaved";

/// The name of a baseline of criterion's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Baseline(String);

impl TryFrom<String> for Baseline {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        // criterion's own folders, and what would lead out of a bench's folder
        let taken = ["", ".", "..", "new", "change", "report"].contains(&name.as_str());
        if taken || name.contains(['/', '\\']) {
            Err(format!(
                "`{name}` is not the name of a baseline; save one: cargo bench --bench '*' -- --save-baseline NAME"
            ))
        } else {
            Ok(Self(name))
        }
    }
}

impl From<Baseline> for String {
    fn from(baseline: Baseline) -> Self {
        baseline.0
    }
}

impl JsonSchema for Baseline {
    fn schema_name() -> Cow<'static, str> {
        "Baseline".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "The name of a baseline of criterion's." })
    }
}

impl Bench {
    /// The records that the config names, in the order of its keys.
    pub(super) fn recorded(&self) -> Vec<RecordedIn> {
        let baseline = self.baseline.iter().map(|name| RecordedIn::Baseline(name.0.clone()));
        baseline.chain(self.critcmp.clone().map(RecordedIn::Exports)).collect()
    }

    /// Judges the records; nothing in them fails the gate.
    pub(super) fn judge_recorded(
        &self,
        cx: &Context<'_>,
        evidence: &Evidence,
        named: &[RecordedIn],
    ) -> Result<Outcome, Unreadable> {
        let [from] = named else {
            let reason = "`baseline` and `critcmp` name two comparisons, and one is made";
            return Err(Unreadable::garbage(reason).help("remove one of the two keys"));
        };
        let records = evidence.recorded(&Step::Recorded { from: from.clone() })?;
        let compared = compare(records, from, self.bars())?;
        let opinions = &compared.opinions;
        let judged =
            opinions.iter().filter(|one| !matches!(one.kind, Kind::NotCompared | Kind::Unclear)).count();
        let worst = opinions.iter().filter_map(Opinion::change).reduce(f64::max);
        let mut findings: Vec<_> =
            compared.vanished.iter().map(|name| vanished(&format!("the bench `{name}`"))).collect();
        self.add_benches(&mut findings, opinions, true, records.today);
        let count = |kind: Kind| opinions.iter().filter(|one| one.kind == kind).count();
        let [base, head] = from.sides();
        let outcome = Outcome::new(format!("{}; {WEAKER}", self.summary(judged, 0, 0, worst)))
            .findings(findings)
            .count("benches", judged)
            .count("slower_in_one_run", count(Kind::SlowerOnce))
            .count("unclear", count(Kind::Unclear))
            .text("evidence", "recorded")
            .note(format!("compared {head} with {base}"))
            .note(format!("{WEAKER}; only the benches that left a record are known"));
        let outcome = match compared.appeared.as_slice() {
            [] => outcome,
            new => outcome.note(format!("new, with nothing to compare with: {}", new.join(", "))),
        };
        let columns = ["bench", "base", "head", "change", "interval", "rounds", "verdict"];
        let outcome = outcome.table(&columns, opinions.iter().map(row).collect());
        let what = format!("{head} against {base}; {WEAKER}");
        Ok(if cx.options.html {
            outcome.file("bench.html", html(opinions, self.bars(), &what))
        } else {
            outcome
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_has_a_name_that_criterion_takes_and_does_not_use_itself() {
        let baseline = |name: &str| Baseline::try_from(name.to_owned());
        assert!(baseline("main").is_ok() && baseline("v1.2").is_ok());
        for name in ["", "new", "report", "change", "..", "a/b", "a\\b"] {
            assert!(baseline(name).is_err(), "{name}");
        }
    }
}
