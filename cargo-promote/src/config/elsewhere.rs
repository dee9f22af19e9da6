//! `[from]`: the configuration is not in the workspace, but in a file or a repository with access rules of its own.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// The configuration is elsewhere: either `path`, or `git` with `rev`. Nothing else stands beside this table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct From {
    /// A file, relative to the workspace root.
    pub path: Option<String>,
    /// The address of a git repository: `https://…`, `ssh://…`, `git@host:path` or `file://…`, without a password.
    pub git: Option<String>,
    /// The full id of a commit of its default branch.
    pub rev: Option<String>,
    /// The file in that commit; `promote.toml` without it.
    pub file: Option<String>,
}

/// Where the configuration is, once `[from]` makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file, relative to the workspace root.
    Path(String),
    /// In a commit.
    Git(Pinned),
}

/// A file of one commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The repository's address, which holds no password.
    pub address: String,
    /// The commit's full id.
    pub rev: String,
    /// The file's path in it, with `/` between its parts.
    pub file: String,
}

/// `git ADDRESS@COMMIT FILE`, the commit shortened.
impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = self.rev.chars().take(12).collect();
        write!(f, "git {}@{short} {}", self.address, self.file)
    }
}

impl From {
    /// What it means.
    ///
    /// # Errors
    /// Each key that makes no sense, with the reason.
    pub fn origin(&self) -> Result<Origin, Vec<(&'static str, String)>> {
        let Self { path, git, rev, file } = self;
        match (path, git) {
            (Some(path), None) if path.is_empty() => Err(vec![("path", "`from.path` is empty".to_owned())]),
            (Some(path), None) => {
                let beside = [("rev", rev.is_some()), ("file", file.is_some())];
                let wrong: Vec<_> = beside.into_iter().filter(|(_, there)| *there).collect();
                if wrong.is_empty() {
                    return Ok(Origin::Path(path.clone()));
                }
                let tell = |(key, _)| (key, format!("`from.{key}` belongs to `git`, not to `path`"));
                Err(wrong.into_iter().map(tell).collect())
            }
            (None, Some(address)) => pinned(address, rev.as_deref(), file.as_deref()).map(Origin::Git),
            (Some(_), Some(_)) => {
                Err(vec![("git", "[from] has both `path` and `git`; keep one of them".to_owned())])
            }
            (None, None) => Err(vec![("", "[from] needs `path`, or `git` with `rev`".to_owned())]),
        }
    }
}

fn pinned(
    address: &str,
    rev: Option<&str>,
    file: Option<&str>,
) -> Result<Pinned, Vec<(&'static str, String)>> {
    let file = file.unwrap_or("promote.toml");
    let mut wrong = Vec::new();
    if let Some(why) = address_fault(address) {
        wrong.push(("git", format!("`from.git` {why}")));
    }
    match rev {
        None => wrong.push(("", "[from] needs `rev`, the full id of a commit".to_owned())),
        Some(rev) if !is_full_id(rev) => wrong.push((
            "rev",
            "`from.rev` must be the full id of a commit, 40 or 64 digits in lower case: a branch, a tag or a \
             short id can come to mean something else; `git rev-parse REV` tells it"
                .to_owned(),
        )),
        Some(_) => {}
    }
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if !file.split('/').all(plain) || file.contains(['\\', ':']) || file.chars().any(char::is_control) {
        let what =
            "`from.file` must be a plain path within the repository, as `promote.toml` or `ops/tool.toml`";
        wrong.push(("file", what.to_owned()));
    }
    match rev {
        Some(rev) if wrong.is_empty() => {
            let (address, rev, file) = (address.to_owned(), rev.to_owned(), file.to_owned());
            Ok(Pinned { address, rev, file })
        }
        _ => Err(wrong),
    }
}

fn is_full_id(rev: &str) -> bool {
    matches!(rev.len(), 40 | 64) && rev.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Why something is no address that git may be given. It never repeats the address, which may hold a secret.
fn address_fault(address: &str) -> Option<&'static str> {
    if address.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Some("is not an address");
    }
    if !address.contains("://") {
        return (!is_scp_like(address)).then_some(
            "is not an address of the form `https://…`, `ssh://…`, `git@host:path` or `file://…`; \
             a file on this machine is named by `path`",
        );
    }
    let Ok(url) = Url::parse(address) else { return Some("is not an address") };
    let secret = "holds a user or a password; leave it to git's own credential helpers";
    match url.scheme() {
        _ if url.password().is_some() => Some(secret),
        _ if url.query().is_some() || url.fragment().is_some() => Some("has a part after `?` or `#`"),
        "https" | "file" if !url.username().is_empty() => Some(secret),
        "https" | "ssh" if url.host_str().is_none_or(|host| host.is_empty() || host.starts_with('-')) => {
            Some("names no host")
        }
        "https" | "ssh" | "file" => None,
        _ => Some("has a scheme that is not `https`, `ssh` or `file`"),
    }
}

/// `user@host:path`, as ssh writes it.
fn is_scp_like(address: &str) -> bool {
    let name = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !text.is_empty() && !text.starts_with('-') && text.bytes().all(plain)
    };
    let Some((user, rest)) = address.split_once('@') else { return false };
    rest.split_once(':').is_some_and(|(host, path)| name(user) && name(host) && !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REV: &str = "0123456789abcdef0123456789abcdef01234567";

    fn from(git: &str, rev: &str) -> From {
        From { git: Some(git.to_owned()), rev: Some(rev.to_owned()), ..From::default() }
    }

    #[test]
    fn the_usual_addresses_are_taken() {
        for address in [
            "https://git.example/acme/ops.git",
            "https://git.example:8443/acme/ops",
            "ssh://git@git.example/acme/ops.git",
            "git@git.example:acme/ops.git",
            "file:///srv/git/ops.git",
        ] {
            let origin = from(address, REV).origin().unwrap();
            let Origin::Git(pinned) = origin else { panic!("{origin:?}") };
            assert_eq!((pinned.address.as_str(), pinned.file.as_str()), (address, "promote.toml"));
        }
    }

    #[test]
    fn an_address_that_runs_a_program_or_holds_a_secret_is_refused_and_not_repeated() {
        for address in [
            "ext::sh -c evil",
            "ext::evil",
            "--upload-pack=evil",
            "-evil@host:x",
            "git@-evil:x",
            "http://git.example/ops",
            "git://git.example/ops",
            "https://user:hunter2@git.example/ops",
            "https://hunter2@git.example/ops",
            "ssh://git:hunter2@git.example/ops",
            "https://git.example/ops?token=hunter2",
            "https://git.example/ops#x",
            "/srv/git/ops.git",
            "../ops",
            "",
            "https://",
            "a\nb@c:d",
        ] {
            let wrong = from(address, REV).origin().unwrap_err();
            assert_eq!(wrong.len(), 1, "{address}: {wrong:?}");
            let (key, message) = &wrong[0];
            assert!(*key == "git" && !message.contains("hunter2") && !message.contains("evil"), "{message}");
        }
    }

    #[test]
    fn only_a_full_commit_id_pins() {
        for rev in ["main", "v1.0", "0123456", "HEAD", "", &REV.to_uppercase(), &format!("{REV}0")] {
            let wrong = from("https://git.example/ops", rev).origin().unwrap_err();
            assert_eq!(wrong[0].0, "rev", "{rev}");
        }
        assert!(from("https://git.example/ops", &"a".repeat(64)).origin().is_ok());
    }

    #[test]
    fn a_file_stays_in_its_repository() {
        for file in ["../a", "/a", "a//b", "a/./b", "", "a\\b", "a:b", "a\nb"] {
            let from = From { file: Some(file.to_owned()), ..from("https://git.example/ops", REV) };
            assert_eq!(from.origin().unwrap_err()[0].0, "file", "{file}");
        }
    }

    #[test]
    fn path_and_git_are_one_or_the_other() {
        let path = From { path: Some("../ops/promote.toml".to_owned()), ..From::default() };
        assert_eq!(path.origin(), Ok(Origin::Path("../ops/promote.toml".to_owned())));
        let both = From { path: path.path.clone(), ..from("https://git.example/ops", REV) };
        assert!(both.origin().is_err());
        let beside = From { rev: Some(REV.to_owned()), file: Some("a".to_owned()), ..path };
        assert_eq!(beside.origin().unwrap_err().len(), 2);
        assert!(From::default().origin().is_err());
        assert!(
            From { git: Some("https://git.example/ops".to_owned()), ..From::default() }.origin().is_err()
        );
    }
}
