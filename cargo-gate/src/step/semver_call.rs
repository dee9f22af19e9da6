//! A comparison of a package's public API with its last release.

use serde::Serialize;

use super::{Captured, Streams, Tool, ToolCall};
use crate::gate::Unreadable;
use crate::last_release::Tag;
use crate::versions::tags::Pattern;

/// A call of cargo-semver-checks on one package.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct SemverCall {
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// How releases are tagged.
    pub tags: Vec<Pattern>,
    /// The revision to compare with; none for the last release.
    pub baseline: Option<String>,
    /// The registries that it may be published to; empty for any.
    pub registries: Vec<String>,
    /// Without any network.
    pub offline: bool,
}

/// What a package is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// A revision that the config names.
    Named(String),
    /// The last release, by its tag.
    Tag(Tag),
    /// The last release on crates.io.
    CratesIo,
    /// Nothing: the workspace's last release, of that tag, does not have the package, and crates.io is not
    /// where it goes.
    NewSince(String),
}

impl std::fmt::Display for Against {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) | Self::Tag(Tag { name, .. }) => f.write_str(name),
            Self::CratesIo => f.write_str("crates.io"),
            Self::NewSince(tag) => write!(f, "nothing: it is new since {tag}"),
        }
    }
}

/// A comparison.
#[derive(Debug, Clone)]
pub struct SemverRun {
    /// With what.
    pub against: Against,
    /// The tool's answer; none where there is nothing to compare with.
    pub captured: Option<Captured>,
}

/// The last release of a package, as git knows it.
#[derive(Debug, Clone)]
pub enum LastTag {
    /// That one.
    Release(Tag),
    /// That one, in whose tree no manifest names the package.
    Without(Tag),
    /// There is none, and git has the whole history.
    Never,
    /// There is none, and git has part of the history only.
    Unknown,
}

impl SemverCall {
    /// What it is compared with, given its last tag.
    ///
    /// # Errors
    /// When nobody can say what its last release is.
    pub fn against(&self, last: LastTag) -> Result<Against, Unreadable> {
        let unavailable = |why: String| {
            let reason = format!("there is no release to compare {} with: {why}", self.package);
            Err(Unreadable::unavailable(reason))
        };
        let elsewhere = !self.registries.is_empty() && !self.registries.iter().any(|one| one == "crates-io");
        match last {
            LastTag::Release(tag) => Ok(Against::Tag(tag)),
            LastTag::Unknown => {
                let why = "no tag is one, and this clone is too shallow to have them all".to_owned();
                unavailable(why).map_err(|error| error.help("git fetch --unshallow --tags"))
            }
            LastTag::Without(tag) if elsewhere => Ok(Against::NewSince(tag.name)),
            LastTag::Never if elsewhere => {
                let why = format!("no tag is one, and {} is not asked", self.registries.join(", "));
                unavailable(why)
                    .map_err(|error| error.help("tag releases, or name `baseline` in [gates.semver]"))
            }
            LastTag::Without(_) | LastTag::Never if self.offline => {
                let why = "no tag is one, and the registry is not asked offline".to_owned();
                unavailable(why)
                    .map_err(|error| error.help("fetch the tags, or name `baseline` in [gates.semver]"))
            }
            LastTag::Without(_) | LastTag::Never => Ok(Against::CratesIo),
        }
    }

    /// The call of the tool; none where there is nothing to compare with.
    pub fn call(&self, against: &Against) -> Option<ToolCall> {
        let mut args = ["semver-checks", "--package", &self.package].map(str::to_owned).to_vec();
        let revision = match against {
            Against::Named(name) => Some(name),
            // the name alone might be a branch's too
            Against::Tag(tag) => Some(&tag.commit),
            Against::CratesIo => None,
            Against::NewSince(_) => return None,
        };
        args.extend(revision.into_iter().flat_map(|name| ["--baseline-rev".to_owned(), name.clone()]));
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
    use crate::gate::Cause;

    fn call(offline: bool, registries: &[&str]) -> SemverCall {
        SemverCall {
            package: "a".into(),
            version: "1.1.0".into(),
            tags: Vec::new(),
            baseline: None,
            registries: registries.iter().map(|name| (*name).to_owned()).collect(),
            offline,
        }
    }

    fn with(call: &SemverCall, last: impl Fn(Tag) -> LastTag) -> Result<String, Cause> {
        let tag = Tag { name: "v1.0.0".into(), commit: "abc".into() };
        let against = call.against(last(tag));
        let against = against.map_err(|unreadable| unreadable.cause)?;
        Ok(call.call(&against).map_or_else(|| against.to_string(), |call| call.to_string()))
    }

    const ASKS: &str = "cargo semver-checks --package a";

    #[test]
    fn the_commit_of_the_last_tag_is_the_baseline_and_crates_io_where_there_is_none() {
        let tagged = with(&call(true, &["mine"]), LastTag::Release);
        assert_eq!(tagged.as_deref(), Ok("cargo semver-checks --package a --baseline-rev abc"));
        assert_eq!(with(&call(false, &[]), |_| LastTag::Never).as_deref(), Ok(ASKS));
        assert_eq!(with(&call(false, &["mine", "crates-io"]), |_| LastTag::Never).as_deref(), Ok(ASKS));
        assert_eq!(with(&call(true, &[]), |_| LastTag::Never), Err(Cause::Unavailable));
    }

    #[test]
    fn a_package_of_another_registry_is_not_looked_for_on_crates_io() {
        assert_eq!(with(&call(false, &["mine"]), |_| LastTag::Never), Err(Cause::Unavailable));
    }

    #[test]
    fn a_shallow_clone_without_the_tag_does_not_mean_that_there_is_none() {
        assert_eq!(with(&call(false, &[]), |_| LastTag::Unknown), Err(Cause::Unavailable));
        assert_eq!(with(&call(false, &["mine"]), |_| LastTag::Unknown), Err(Cause::Unavailable));
    }

    #[test]
    fn a_package_that_the_last_release_did_not_have_is_new_unless_crates_io_knows_it() {
        assert_eq!(
            with(&call(false, &["mine"]), LastTag::Without).as_deref(),
            Ok("nothing: it is new since v1.0.0")
        );
        assert_eq!(with(&call(false, &[]), LastTag::Without).as_deref(), Ok(ASKS));
        assert_eq!(with(&call(true, &[]), LastTag::Without), Err(Cause::Unavailable));
    }
}
