//! What Prometheus is asked about one side.

use std::time::Duration;

use crate::config::{Canary, Queries};
use crate::digest::Digest;
use crate::ledger::Staged;
use crate::name::Label;

/// One of the two that are compared.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct About {
    /// The candidate.
    pub candidate: Digest,
    /// Its version.
    pub version: semver::Version,
    /// Its commit.
    pub commit: String,
}

/// The queries about one side, with its names in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Questions {
    /// All of them.
    pub queries: Queries,
}

/// Why there is nothing to ask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistaken {
    /// Both sides have the same name for Prometheus.
    #[error(
        "the query `{0}` is the same for the candidate and for what ran before: they have one version; \
         ask by `{{commit}}` or `{{candidate}}` where the metrics have such a label"
    )]
    Same(&'static str),
    /// A commit that is none of git's.
    #[error("the ledger has `{0}` as a commit, which cannot stand in a query")]
    Commit(String),
}

impl About {
    /// What the ledger knows of a candidate.
    ///
    /// # Errors
    /// Where its commit could not stand in a query.
    pub fn new(candidate: Digest, staged: &Staged) -> Result<Self, Mistaken> {
        let Staged { version, commit, .. } = staged;
        if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Mistaken::Commit(commit.escape_debug().to_string()));
        }
        Ok(Self { candidate, version: version.clone(), commit: commit.clone() })
    }

    /// Name for people.
    pub fn shown(&self) -> String {
        format!("{} ({})", self.version, self.candidate.short())
    }
}

impl Questions {
    /// The queries about candidate and baseline.
    ///
    /// # Errors
    /// Where a query is the same for both: it would compare something with itself.
    pub fn of_both(
        settings: &Canary,
        environment: &Label,
        candidate: &About,
        baseline: &About,
    ) -> Result<(Self, Self), Mistaken> {
        let of = |about| Self::of(settings, environment, about);
        let (first, second) = (of(candidate), of(baseline));
        let (ours, theirs) = (first.queries.all(), second.queries.all());
        let same = ours.iter().zip(theirs).find(|(one, other)| *one == other).map(|(one, _)| one.0);
        same.map_or(Ok((first, second)), |name| Err(Mistaken::Same(name)))
    }

    fn of(settings: &Canary, environment: &Label, about: &About) -> Self {
        let fill = |query: &String| {
            query
                .replace("{version}", &about.version.to_string())
                .replace("{commit}", &about.commit)
                .replace("{candidate}", &about.candidate.hex())
                .replace("{environment}", environment.as_str())
                .replace("{window}", &milliseconds(settings.window.0))
        };
        let Queries { requests, errors, latency, crashes, age } = &settings.queries;
        let queries = Queries {
            requests: fill(requests),
            errors: fill(errors),
            latency: fill(latency),
            crashes: fill(crashes),
            age: fill(age),
        };
        Self { queries }
    }
}

/// A duration as the language of the queries has it.
fn milliseconds(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis % 1000 == 0 => format!("{}s", millis / 1000),
        millis => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(version: &str, seed: &str) -> About {
        let commit = Digest::of(seed.as_bytes()).hex().chars().take(40).collect();
        About { candidate: Digest::of(seed.as_bytes()), version: version.parse().unwrap(), commit }
    }

    fn both(settings: &Canary, one: &About, other: &About) -> Result<(Questions, Questions), Mistaken> {
        Questions::of_both(settings, &"production".parse().unwrap(), one, other)
    }

    #[test]
    fn each_side_is_asked_by_its_own_names() {
        let mut settings = Canary::default();
        settings.queries.age =
            "time() - x{v=\"{version}\",c=\"{commit}\",d=\"{candidate}\",e=\"{environment}\"}[{window}]"
                .into();
        let (one, _) = both(&settings, &about("1.1.0-rc.1+b2", "b"), &about("1.0.0", "a")).unwrap();
        let digest = Digest::of(b"b").hex();
        let expected = format!(
            "time() - x{{v=\"1.1.0-rc.1+b2\",c=\"{}\",d=\"{digest}\",e=\"production\"}}[60s]",
            digest.get(..40).unwrap()
        );
        assert_eq!(one.queries.age, expected);
        assert!(one.queries.requests.contains(r#"{version="1.1.0-rc.1+b2"}[60s]"#));
        assert!(one.queries.all().iter().all(|(_, query)| !query.contains("{version}")), "{one:?}");
    }

    #[test]
    fn two_candidates_of_one_version_are_told_apart_or_not_compared() {
        let mut settings = Canary::default();
        let (one, other) = (about("1.0.0", "a"), about("1.0.0", "b"));
        assert_eq!(both(&settings, &one, &other), Err(Mistaken::Same("requests")));
        let Queries { requests, errors, latency, crashes, age } = &mut settings.queries;
        for query in [requests, errors, latency, crashes, age] {
            *query = query.replace("version=\"{version}\"", "commit=\"{commit}\"");
        }
        assert!(both(&settings, &one, &other).is_ok());
    }

    #[test]
    fn what_is_no_commit_never_stands_in_a_query() {
        let staged = |commit: &str| Staged {
            name: "tool".to_owned(),
            version: "1.0.0".parse().unwrap(),
            commit: commit.to_owned(),
            tree: "1".repeat(40),
            at: jiff::Timestamp::UNIX_EPOCH,
            reached: std::collections::BTreeSet::new(),
        };
        for commit in ["", "\"} or vector(0) #", "main"] {
            assert!(About::new(Digest::of(b""), &staged(commit)).is_err(), "{commit}");
        }
        assert!(About::new(Digest::of(b""), &staged(&"a1".repeat(20))).is_ok());
    }

    #[test]
    fn durations_are_written_for_prometheus() {
        let written = [1, 1500, 60_000, 90_000].map(|millis| milliseconds(Duration::from_millis(millis)));
        assert_eq!(written, ["1ms", "1500ms", "60s", "90s"]);
    }
}
