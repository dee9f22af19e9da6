//! How far a version goes.
//!
//! Before 1.0.0 cargo takes the leftmost number that is not zero for what breaks: 0.2 is not compatible with 0.1, and
//! 0.1.5 is with 0.1.4 (<https://doc.rust-lang.org/cargo/reference/semver.html>). So a breaking change of 0.1.4 gives
//! 0.2.0, and a feature 0.1.5. Of 0.0.4 everything gives 0.0.5. 1.0.0 is never reached by itself: somebody asks for it.

use semver::{Prerelease, Version};

use super::history::Commit;

/// What changed since the last release, from what users do not notice on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Corrections.
    Patch,
    /// Something new.
    Minor,
    /// What used to work no longer does.
    Major,
}

impl Level {
    /// In a word, as on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// What the user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// What the commits ask for.
    Auto,
    /// The next version whose number at that place is higher, literally: `major` of 0.1.4 is 1.0.0.
    Level(Level),
    /// That version.
    Exact(Version),
}

/// What is no version to ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither `auto`, `major`, `minor`, `patch` nor a version such as 1.2.3")]
pub struct BadVersion {
    /// What was asked for.
    pub text: String,
}

impl std::str::FromStr for Asked {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        match text {
            "auto" => Ok(Self::Auto),
            "major" => Ok(Self::Level(Level::Major)),
            "minor" => Ok(Self::Level(Level::Minor)),
            "patch" => Ok(Self::Level(Level::Patch)),
            _ => text.parse().map(Self::Exact).map_err(|_| BadVersion { text: text.to_owned() }),
        }
    }
}

/// Types of commits that users of a release do not notice.
const UNNOTICED: [&str; 7] = ["build", "chore", "ci", "docs", "refactor", "style", "test"];

/// What the commits ask for; none where users would not notice any of them. What breaks does so under every type.
pub fn needed(commits: &[Commit]) -> Option<Level> {
    let changes = commits.iter().filter_map(|commit| commit.change.as_ref());
    let level = |change: &super::history::Change| match change.kind.as_str() {
        _ if change.breaking.is_some() => Some(Level::Major),
        "feat" => Some(Level::Minor),
        kind if UNNOTICED.contains(&kind) => None,
        _ => Some(Level::Patch),
    };
    changes.filter_map(level).max()
}

/// The version after that one by the commits' level, by cargo's reading of versions before 1.0.0.
pub fn after(version: &Version, level: Level) -> Version {
    let lowered = match (version.major, version.minor, level) {
        (0, 0, _) | (0, _, Level::Minor) => Level::Patch,
        (0, _, Level::Major) => Level::Minor,
        (_, _, level) => level,
    };
    next(version, lowered)
}

/// The next version whose number at that place is higher. A pre-release that already stands before such a version
/// gives that one: `minor` of 1.2.0-rc.1 is 1.2.0.
pub fn next(version: &Version, level: Level) -> Version {
    let Version { major, minor, patch, .. } = *version;
    let pre = version.pre != Prerelease::EMPTY;
    match level {
        Level::Major if pre && minor == 0 && patch == 0 => Version::new(major, 0, 0),
        Level::Major => Version::new(major.saturating_add(1), 0, 0),
        Level::Minor if pre && patch == 0 => Version::new(major, minor, 0),
        Level::Minor => Version::new(major, minor.saturating_add(1), 0),
        Level::Patch if pre => Version::new(major, minor, patch),
        Level::Patch => Version::new(major, minor, patch.saturating_add(1)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::history::tests::commit;
    use super::*;

    fn next_of(version: &str, level: Level) -> String {
        next(&version.parse().unwrap(), level).to_string()
    }

    fn after_of(version: &str, level: Level) -> String {
        after(&version.parse().unwrap(), level).to_string()
    }

    fn level(messages: &[&str]) -> Option<Level> {
        needed(&messages.iter().map(|message| commit(message)).collect::<Vec<_>>())
    }

    #[test]
    fn the_commits_say_how_far_it_goes() {
        assert_eq!(level(&["fix: a", "feat: b", "docs: c"]), Some(Level::Minor));
        assert_eq!(level(&["fix: a", "perf: b"]), Some(Level::Patch));
        assert_eq!(level(&["chore!: a"]), Some(Level::Major));
        assert_eq!(level(&["fix: a\n\nb\n\nBREAKING CHANGE: c"]), Some(Level::Major));
        assert_eq!(level(&["fix: a\n\nb\n\nBREAKING-CHANGE: c"]), Some(Level::Major));
        assert_eq!(level(&["docs: a", "ci: b", "chore(deps): c"]), None);
        assert_eq!(level(&["Merge branch 'x'", "Revert \"feat: a\"", "add a thing"]), None);
        assert_eq!(level(&["security: a"]), Some(Level::Patch));
        assert_eq!(level(&[]), None);
    }

    #[test]
    fn before_one_the_leftmost_number_that_is_not_zero_is_what_breaks() {
        let all = [Level::Major, Level::Minor, Level::Patch];
        let of = |version| all.map(|level| after_of(version, level));
        assert_eq!(of("1.2.3"), ["2.0.0", "1.3.0", "1.2.4"]);
        assert_eq!(of("0.1.4"), ["0.2.0", "0.1.5", "0.1.5"]);
        assert_eq!(of("0.0.4"), ["0.0.5", "0.0.5", "0.0.5"]);
    }

    #[test]
    fn a_level_that_is_asked_for_is_taken_by_its_word() {
        let all = [Level::Major, Level::Minor, Level::Patch];
        let of = |version| all.map(|level| next_of(version, level));
        assert_eq!(of("0.1.4"), ["1.0.0", "0.2.0", "0.1.5"]);
        assert_eq!(of("1.2.0-rc.1"), ["2.0.0", "1.2.0", "1.2.0"]);
        assert_eq!(of("2.0.0-rc.1"), ["2.0.0", "2.0.0", "2.0.0"]);
        assert_eq!(of("1.2.3+build"), ["2.0.0", "1.3.0", "1.2.4"]);
    }

    #[test]
    fn what_is_asked_for_is_read() {
        assert_eq!("auto".parse(), Ok(Asked::Auto));
        assert_eq!("minor".parse(), Ok(Asked::Level(Level::Minor)));
        assert_eq!("1.2.3-rc.1".parse(), Ok(Asked::Exact("1.2.3-rc.1".parse().unwrap())));
        for bad in ["", "v1.2.3", "1.2", "Major", "next"] {
            assert!(bad.parse::<Asked>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_next_version_is_higher_and_not_compatible_only_where_something_breaks(
            major in 0_u64..3, minor in 0_u64..3, patch in 0_u64..3,
        ) {
            let version = Version::new(major, minor, patch);
            let compatible = semver::VersionReq::parse(&format!("^{version}")).unwrap();
            for level in [Level::Patch, Level::Minor, Level::Major] {
                let after = after(&version, level);
                prop_assert!(after > version);
                let zero = major == 0 && minor == 0;
                prop_assert_eq!(compatible.matches(&after), level != Level::Major && !zero);
            }
        }
    }
}
