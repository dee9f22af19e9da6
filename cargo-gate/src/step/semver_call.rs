//! A comparison of a package's public API with its last release.

use semver::Version;
use serde::Serialize;

use super::{Step, Streams, Tool, ToolCall};
use crate::last_release::{Tag, last_release, tags_step};

/// A call of cargo-semver-checks on one package.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct SemverCall {
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The commit of `HEAD`; none where there is none.
    pub head: Option<String>,
    /// The revision to compare with; none for the last release.
    pub baseline: Option<String>,
    /// Without any network.
    pub offline: bool,
}

impl SemverCall {
    /// The steps before it: the tags are known by then.
    pub fn after(&self) -> Vec<Step> {
        self.head.iter().map(|_| tags_step()).collect()
    }

    /// The call, given the tags. None where there is nothing to compare with: no tag is a release, and the
    /// registry may not be asked.
    pub fn call(&self, tags: &[Tag]) -> Option<ToolCall> {
        let released = || {
            let version = Version::parse(&self.version).ok()?;
            let head = self.head.as_deref().unwrap_or_default();
            last_release(tags, &self.package, &version, head).map(|(tag, _)| tag.name.clone())
        };
        let baseline = self.baseline.clone().or_else(released);
        if baseline.is_none() && self.offline {
            return None;
        }
        let mut args = ["semver-checks", "--package", &self.package].map(str::to_owned).to_vec();
        args.extend(baseline.into_iter().flat_map(|name| ["--baseline-rev".to_owned(), name]));
        let mut env = vec![("CARGO_TERM_COLOR".to_owned(), "never".to_owned())];
        if self.offline {
            env.push(("CARGO_NET_OFFLINE".to_owned(), "true".to_owned()));
        }
        Some(ToolCall { tool: Tool::SemverChecks, args, env, streams: Streams::Separate, builds: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(baseline: Option<&str>, offline: bool, tags: &[&str]) -> Option<String> {
        let call = SemverCall {
            package: "a".into(),
            version: "1.1.0".into(),
            head: Some("head".into()),
            baseline: baseline.map(str::to_owned),
            offline,
        };
        let tags: Vec<Tag> =
            tags.iter().map(|name| Tag { name: (*name).into(), commit: String::new() }).collect();
        call.call(&tags).map(|call| call.to_string())
    }

    #[test]
    fn the_last_release_is_the_baseline_and_the_registry_where_no_tag_is_one() {
        let tagged = line(None, true, &["v1.0.0"]);
        assert_eq!(tagged.as_deref(), Some("cargo semver-checks --package a --baseline-rev v1.0.0"));
        assert_eq!(line(None, false, &[]).as_deref(), Some("cargo semver-checks --package a"));
        assert_eq!(line(None, true, &[]), None);
        let named = line(Some("main"), true, &["v1.0.0"]);
        assert_eq!(named.as_deref(), Some("cargo semver-checks --package a --baseline-rev main"));
    }
}
