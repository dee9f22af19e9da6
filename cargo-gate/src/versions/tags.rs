//! Version tags: how they are named, which ones a commit has, and where others point.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use semver::Version;
use serde::{Deserialize, Serialize};

/// How a release is tagged: a text with `{version}`, and `{package}` where each package has tags of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

impl Pattern {
    /// Whether each package has tags of its own.
    pub fn is_per_package(&self) -> bool {
        self.0.contains("{package}")
    }

    /// The tag of a version.
    pub fn name(&self, package: &str, version: &Version) -> String {
        self.0.replace("{package}", package).replace("{version}", &version.to_string())
    }

    /// The version that a tag names, if it is one of that package.
    pub fn version(&self, package: &str, tag: &str) -> Option<Version> {
        let pattern = self.0.replace("{package}", package);
        let (before, after) = pattern.split_once("{version}")?;
        Version::parse(tag.strip_prefix(before)?.strip_suffix(after)?).ok()
    }
}

/// The usual ways: `v1.2.3`, `1.2.3`, and with the name of the package before it `name-v1.2.3`, `name/1.2.3`,
/// `name@1.2.3` and the like.
pub fn usual() -> Vec<Pattern> {
    let plain = ["v{version}", "{version}", "V{version}"].map(str::to_owned);
    let named = ["-v", "-", "/v", "/", "@", "@v", "_v", "_"]
        .map(|between| format!("{{package}}{between}{{version}}"));
    plain.into_iter().chain(named).map(Pattern).collect()
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.matches("{version}").count() == 1 {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` does not hold `{{version}}` once; write for example \"v{{version}}\""))
        }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TagPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A tag's name with {version}, and perhaps {package}." })
    }
}

/// The commit that is checked out, with its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its hash.
    pub commit: String,
    /// The names of its tags.
    pub tags: Vec<String>,
}

/// What git is asked for [`Head`]: hash and decorations, each ended by a NUL, so that a cut shows.
pub const HEAD_FORMAT: &str = "--format=tformat:%H%x00%D%x00";

/// Reads the answer to [`HEAD_FORMAT`] with `--decorate=full --decorate-refs=refs/tags/`.
///
/// # Errors
/// In words, when the answer is not such a line.
pub fn read_head(stdout: &[u8]) -> Result<Head, String> {
    let text = std::str::from_utf8(stdout).map_err(|_| "it is not UTF-8".to_owned())?;
    let parts: Vec<&str> = text.split('\0').collect();
    let [commit, decorations, "\n"] = parts.as_slice() else {
        return Err("it is cut short".to_owned());
    };
    if !is_hash(commit) {
        return Err("it names no commit".to_owned());
    }
    let tags = decorations.split(", ").filter_map(|one| one.strip_prefix("tag: refs/tags/"));
    Ok(Head { commit: (*commit).to_owned(), tags: tags.map(str::to_owned).collect() })
}

/// What git is asked for the commit that a tag points to.
pub fn commit_of(tag: &str) -> String {
    format!("refs/tags/{tag}^{{commit}}")
}

/// Reads what `git cat-file --batch-check` says of the names it was given: each one's object, none where
/// there is no such name.
///
/// # Errors
/// In words, when it does not have an answer for each name in their order.
pub fn read_objects(stdout: &[u8], names: &[String]) -> Result<Vec<Option<String>>, String> {
    let text = std::str::from_utf8(stdout).map_err(|_| "it is not UTF-8".to_owned())?;
    let body = if names.is_empty() { Some(text) } else { text.strip_suffix('\n') };
    let lines: Vec<&str> = body.ok_or("it is cut short")?.lines().collect();
    if lines.len() != names.len() {
        return Err(format!("it has {} answers to {} questions", lines.len(), names.len()));
    }
    let answer = |(line, name): (&&str, &String)| {
        if line.strip_suffix(" missing") == Some(name) {
            return Ok(None);
        }
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            [hash, "commit", size] if is_hash(hash) && size.parse::<u64>().is_ok() => {
                Ok(Some((*hash).to_owned()))
            }
            _ => Err(format!("`{line}` is no answer")),
        }
    };
    lines.iter().zip(names).map(answer).collect()
}

fn is_hash(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789012345678901234567890123456789";

    fn pattern(text: &str) -> Pattern {
        Pattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_pattern_makes_tags_and_reads_them_again() {
        let version = Version::new(1, 2, 3);
        for text in ["v{version}", "{version}", "{package}-v{version}", "{package}/{version}"] {
            let tag = pattern(text).name("demo", &version);
            assert_eq!(pattern(text).version("demo", &tag), Some(version.clone()), "{text}");
        }
        assert_eq!(pattern("v{version}").version("demo", "1.2.3"), None);
        assert_eq!(pattern("{package}-{version}").version("demo", "other-1.2.3"), None);
        assert_eq!(pattern("{version}").version("demo", "nightly"), None);
    }

    #[test]
    fn a_pattern_without_the_version_is_refused() {
        assert!(Pattern::try_from("release".to_owned()).is_err());
        assert!(Pattern::try_from("{version}{version}".to_owned()).is_err());
    }

    #[test]
    fn the_tags_of_a_commit_are_read() {
        let line = format!("{HASH}\0tag: refs/tags/v1.0.0, tag: refs/tags/demo-1.0.0\0\n");
        let head = read_head(line.as_bytes()).unwrap();
        assert_eq!((head.commit.as_str(), head.tags), (HASH, vec!["v1.0.0".into(), "demo-1.0.0".into()]));
        assert!(read_head(format!("{HASH}\0\0\n").as_bytes()).unwrap().tags.is_empty());
    }

    #[test]
    fn an_answer_cut_short_is_an_error() {
        let line = format!("{HASH}\0tag: refs/tags/v1.0.0\0\n");
        for end in 0..line.len() {
            assert!(read_head(&line.as_bytes()[..end]).is_err(), "{end}");
        }
        let (names, answers) = names();
        for end in 0..answers.len() {
            assert!(read_objects(&answers.as_bytes()[..end], &names).is_err(), "{end}");
        }
    }

    fn names() -> (Vec<String>, String) {
        let names = vec![commit_of("v1.0.0"), commit_of("1.0.0")];
        let answers = format!("{HASH} commit 234\nrefs/tags/1.0.0^{{commit}} missing\n");
        (names, answers)
    }

    #[test]
    fn a_tag_is_found_or_known_to_be_missing() {
        let (names, answers) = names();
        assert_eq!(read_objects(answers.as_bytes(), &names).unwrap(), [Some(HASH.to_owned()), None]);
        assert!(read_objects(b"?\n?\n", &names).is_err());
        assert_eq!(read_objects(b"", &[]).unwrap(), []);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_answer_or_an_error(bytes: Vec<u8>, tag: String) {
            let _ = (read_head(&bytes), read_objects(&bytes, &names().0));
            let _ = pattern("{package}-v{version}").version("a", &tag);
        }
    }
}
