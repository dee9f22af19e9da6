//! Which tag is a package's last release. Pure: over the tags that git names.

use semver::Version;

use crate::versions::tags::Pattern;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// The commit that it stands on.
    pub commit: String,
}

/// What git is asked for the tags of the history of `HEAD`, each with its commit. `lstrip`, since the short
/// name of a tag says `tags/` before it where a branch has the same name.
pub const TAGS: [&str; 4] = [
    "for-each-ref",
    "--merged=HEAD",
    "--format=%(refname:lstrip=2) %(*objectname) %(objectname)",
    "refs/tags",
];

/// Reads git's answer to [`TAGS`].
///
/// # Errors
/// In words, when the answer is of another form.
pub fn read_tags(stdout: &[u8]) -> Result<Vec<Tag>, String> {
    let garbled = || "git names its tags in a form that cannot be read".to_owned();
    let text = std::str::from_utf8(stdout).map_err(|_| garbled())?;
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(garbled());
    }
    // a plain tag has no commit behind it: two spaces stand between its name and its commit
    let tag = |line: &str| {
        let (name, commits) = line.split_once(' ')?;
        let commit = commits.split(' ').find(|commit| !commit.is_empty())?;
        let sound = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        sound.then(|| Tag { name: name.to_owned(), commit: commit.to_owned() })
    };
    text.lines().map(|line| tag(line).ok_or_else(garbled)).collect()
}

/// A tag that is a release of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release<'a> {
    /// The tag.
    pub tag: &'a Tag,
    /// Whether it names the package.
    pub names_package: bool,
}

/// The tag of the package's last release before its version: the highest version that is not above it and
/// does not stand on `head`, the release in the making. A tag that names the package comes before one that
/// is a mere version; pre-releases count where the version is one itself.
pub fn last_release<'a>(
    tags: &'a [Tag],
    patterns: &[Pattern],
    package: &str,
    version: &Version,
    head: &str,
) -> Option<Release<'a>> {
    let before = |names_package: bool| {
        let released = tags.iter().filter(|tag| tag.commit != head).filter_map(|tag| {
            let mut fitting = patterns.iter().filter(|one| one.is_per_package() == names_package);
            Some((tag, fitting.find_map(|pattern| pattern.version(package, &tag.name))?))
        });
        let fits = |one: &Version| one <= version && (one.pre.is_empty() || !version.pre.is_empty());
        let last = released.filter(|(_, one)| fits(one)).max_by(|(_, one), (_, other)| one.cmp(other));
        last.map(|(tag, _)| Release { tag, names_package })
    };
    before(true).or_else(|| before(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::versions::tags::usual;

    fn found(tags: &[&str], package: &str, version: &str) -> Option<String> {
        let tag = |name: &&str| Tag { name: (*name).to_owned(), commit: format!("commit of {name}") };
        let tags: Vec<Tag> = tags.iter().map(tag).collect();
        let version = Version::parse(version).unwrap();
        let found = last_release(&tags, &usual(), package, &version, "commit of v2.0.0");
        found.map(|release| release.tag.name.clone())
    }

    #[test]
    fn the_highest_release_that_is_not_above_the_version_counts() {
        let tags = ["v1.0.0", "v1.10.0", "v1.9.0", "v3.0.0", "nightly", "v2.0.0"];
        assert_eq!(found(&tags, "a", "1.10.0").as_deref(), Some("v1.10.0"));
        assert_eq!(found(&tags, "a", "2.0.0").as_deref(), Some("v1.10.0"), "the tag on HEAD is this release");
        assert_eq!(found(&tags, "a", "0.9.0"), None);
    }

    #[test]
    fn a_tag_that_names_the_package_comes_first() {
        let tags = ["v1.0.0", "a-v0.3.0", "ab-v0.9.0", "b/0.2.0", "c@0.1.0"];
        assert_eq!(found(&tags, "a", "1.0.0").as_deref(), Some("a-v0.3.0"));
        assert_eq!(found(&tags, "b", "1.0.0").as_deref(), Some("b/0.2.0"));
        assert_eq!(found(&tags, "c", "1.0.0").as_deref(), Some("c@0.1.0"));
        assert_eq!(found(&tags, "d", "1.0.0").as_deref(), Some("v1.0.0"));
    }

    #[test]
    fn a_pre_release_is_no_baseline_of_a_release() {
        assert_eq!(found(&["1.0.0", "1.1.0-rc.1"], "a", "1.1.0").as_deref(), Some("1.0.0"));
        assert_eq!(found(&["1.0.0", "1.1.0-rc.1"], "a", "1.1.0-rc.2").as_deref(), Some("1.1.0-rc.1"));
    }

    #[test]
    fn releases_are_found_by_the_patterns_of_the_config() {
        let tags = [Tag { name: "release-1.0.0".into(), commit: "a".into() }];
        let own = [Pattern::try_from("release-{version}".to_owned()).unwrap()];
        let found = |patterns: &[Pattern]| {
            last_release(&tags, patterns, "a", &Version::new(1, 1, 0), "b").map(|one| one.names_package)
        };
        assert_eq!(found(&own), Some(false));
        assert_eq!(found(&usual()), None);
    }

    #[test]
    fn tags_are_read_with_the_commit_that_they_stand_on() {
        let (commit, object) = ("a".repeat(40), "b".repeat(40));
        let tags = read_tags(format!("v1.0.0 {commit} {object}\nv0.9.0  {object}\n").as_bytes()).unwrap();
        assert_eq!((tags[0].commit.as_str(), tags[1].commit.as_str()), (commit.as_str(), object.as_str()));
        assert!(read_tags(b"").unwrap().is_empty());
        for bad in ["v1.0.0\n".to_owned(), format!("v1.0.0  {object}"), "x y\n".to_owned()] {
            assert!(read_tags(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_tags_or_an_error(bytes: Vec<u8>) {
            let _ = read_tags(&bytes);
        }
    }
}
