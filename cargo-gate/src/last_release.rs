//! Which tag is a package's last release. Pure: over the tags that git names.

use semver::Version;

use crate::gate::Unreadable;
use crate::step::{Captured, Step, Streams, Tool, ToolCall};

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// The commit that it stands on.
    pub commit: String,
}

/// Asks git for the tags of the history of `HEAD`, each with its commit.
pub fn tags_step() -> Step {
    let args = [
        "for-each-ref",
        "--merged=HEAD",
        "--format=%(refname:short) %(*objectname) %(objectname)",
        "refs/tags",
    ];
    Step::Tool(ToolCall {
        tool: Tool::Git,
        args: args.map(str::to_owned).to_vec(),
        env: Vec::new(),
        streams: Streams::Separate,
        builds: false,
    })
}

/// Reads git's answer.
///
/// # Errors
/// When git failed, or the answer is of another form.
pub fn read_tags(captured: &Captured) -> Result<Vec<Tag>, Unreadable> {
    let what = &captured.what;
    if captured.exit_code()? != 0 {
        let stderr = String::from_utf8_lossy(&captured.stderr);
        let first = stderr.lines().next().unwrap_or("without a message");
        return Err(Unreadable::crashed(format!("`{what}` failed: {first}")));
    }
    let garbled = || Unreadable::garbage(format!("`{what}` gave an answer that cannot be read"));
    let text = std::str::from_utf8(&captured.stdout).map_err(|_| garbled())?;
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

/// The tag of the package's last release before its version: the highest version that is not above it and
/// does not stand on `head`, the release in the making. A tag that names the package comes before one that
/// is a mere version; pre-releases count where the version is one itself.
pub fn last_release<'a>(
    tags: &'a [Tag],
    package: &str,
    version: &Version,
    head: &str,
) -> Option<(&'a Tag, Version)> {
    let before = |own: bool| {
        let released = tags.iter().filter(|tag| tag.commit != head).filter_map(|tag| {
            let text = if own { of_package(&tag.name, package)? } else { tag.name.as_str() };
            let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
            Some((tag, Version::parse(text).ok()?))
        });
        let fits = |one: &Version| one <= version && (one.pre.is_empty() || !version.pre.is_empty());
        released.filter(|(_, one)| fits(one)).max_by(|(_, one), (_, other)| one.cmp(other))
    };
    before(true).or_else(|| before(false))
}

/// What follows the package's name in a tag: `name-v1.0.0`, `name/1.0.0`, `name@1.0.0`.
fn of_package<'a>(tag: &'a str, package: &str) -> Option<&'a str> {
    tag.strip_prefix(package)?.strip_prefix(['-', '/', '@', '_'])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::step::End;

    fn found(tags: &[&str], package: &str, version: &str) -> Option<String> {
        let tag = |name: &&str| Tag { name: (*name).to_owned(), commit: format!("commit of {name}") };
        let tags: Vec<Tag> = tags.iter().map(tag).collect();
        let version = Version::parse(version).unwrap();
        last_release(&tags, package, &version, "commit of v2.0.0").map(|(tag, _)| tag.name.clone())
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

    fn read(stdout: &str, code: i32) -> Result<Vec<Tag>, Unreadable> {
        read_tags(&Captured {
            what: "git for-each-ref".into(),
            end: End::Code(code),
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
            duration: Duration::ZERO,
        })
    }

    #[test]
    fn tags_are_read_with_the_commit_that_they_stand_on() {
        let (commit, object) = ("a".repeat(40), "b".repeat(40));
        let tags = read(&format!("v1.0.0 {commit} {object}\nv0.9.0  {object}\n"), 0).unwrap();
        assert_eq!((tags[0].commit.as_str(), tags[1].commit.as_str()), (commit.as_str(), object.as_str()));
        assert!(read("", 0).unwrap().is_empty());
        for bad in ["v1.0.0\n".to_owned(), format!("v1.0.0  {object}"), "x y\n".to_owned()] {
            assert!(read(&bad, 0).is_err(), "{bad}");
        }
        assert!(read("", 128).is_err());
    }
}
