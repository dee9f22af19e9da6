//! A commit's message, as git hands it to its hook.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::base::Git;
use super::{Cancel, Environment, tools};
use crate::commit_message::Cleanup;
use crate::facts::Facts;
use crate::gate::Unreadable;

/// The longest that a question to git may take.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The settings by which git cleans a message up. The two names of the comment are one setting.
const SETTINGS: &str = r"^(commit\.cleanup|core\.comment(char|string))$";

/// The message in that file, and how git will clean it up.
///
/// # Errors
/// When the file cannot be read, or git gives no answer.
pub fn read_message(
    environment: &Environment,
    file: &Path,
    cancel: &Cancel,
) -> Result<(String, Cleanup), Unreadable> {
    let bytes = std::fs::read(environment.directory.join(file)).map_err(|error| {
        Unreadable::unavailable(format!("the message {} cannot be read: {error}", file.display()))
    })?;
    let root = environment.directory.clone();
    let facts = Facts { root, tools: tools::find(environment), ..Facts::default() };
    let git = Git { facts: &facts, environment, timeout: TIMEOUT, cancel };
    let settings = git.none_or_stdout(&["config", "--null", "--get-regexp", SETTINGS])?.unwrap_or_default();
    let settings = String::from_utf8_lossy(&settings);
    let last = |name: &str| {
        let pairs = settings.split_terminator('\0').filter_map(|setting| setting.split_once('\n'));
        pairs.rev().find(|(key, _)| key.starts_with(name)).map(|(_, value)| value)
    };
    let cleanup = Cleanup::of(last("commit.cleanup"), last("core.comment"), !environment.no_editor);
    Ok((String::from_utf8_lossy(&bytes).into_owned(), cleanup))
}

/// The folder whose config holds for that folder: the nearest with a `bulletproof.toml` up to the top of the
/// repository, else the folder itself.
pub fn config_folder(environment: &Environment, folder: Option<&Path>) -> PathBuf {
    let start =
        folder.map_or_else(|| environment.directory.clone(), |folder| environment.directory.join(folder));
    let mut below_top = true;
    let mut folders = start.ancestors().take_while(|folder| {
        let within = below_top;
        below_top = !folder.join(".git").exists();
        within
    });
    folders.find(|folder| folder.join("bulletproof.toml").is_file()).map_or(start.clone(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_holds_for_the_folders_below_it_and_for_no_other_repository() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("one/rust/src")).unwrap();
        std::fs::create_dir_all(at("one/.git")).unwrap();
        std::fs::write(at("bulletproof.toml"), "").unwrap();
        let environment = |path: &str| Environment { directory: at(path), ..Environment::default() };
        assert_eq!(config_folder(&environment("one/rust/src"), None), at("one/rust/src"));
        assert_eq!(config_folder(&environment("one"), Some(Path::new("rust"))), at("one/rust"));
        std::fs::write(at("one/rust/bulletproof.toml"), "").unwrap();
        assert_eq!(config_folder(&environment("one/rust/src"), None), at("one/rust"));
        std::fs::write(at("one/bulletproof.toml"), "").unwrap();
        assert_eq!(config_folder(&environment("one"), None), at("one"));
    }
}
