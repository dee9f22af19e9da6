//! What of this clone alone decides which bytes git writes to disk for a file: settings, and attributes beside those of
//! the tree (<https://git-scm.com/docs/gitattributes>). With others the same tree gives other files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Cancel;
use super::gather::path_of;
use super::git;
use super::git_settings::{ASKED, of_files};
use super::process::run;
use crate::cache::digest;
use crate::step::{Captured, End};

const TIMEOUT: Duration = Duration::from_mins(1);

/// What names all of it, for the repository of that folder.
///
/// # Errors
/// Where git does not tell.
pub(super) fn conversion(program: &Path, folder: &Path, cancel: &Cancel) -> Result<String, String> {
    let ask = |args: &[&str]| Some(run(&git(program, folder, TIMEOUT).args(args), cancel));
    let (settings, attributes) = std::thread::scope(|scope| {
        let settings = scope.spawn(|| ask(&ASKED));
        let attributes = line(ask(&["rev-parse", "--git-path", "info/attributes"]));
        (settings.join().ok().flatten(), attributes)
    });
    let attributes = attributes.ok_or("git does not tell where its attributes are")?;
    named(settings, &folder.join(attributes), &ask)
}

/// The same where the folder of all of the repository is known, and git has told its settings.
pub(super) fn conversion_of(
    common: &Path,
    settings: Option<Captured>,
    ask: &dyn Fn(&[&str]) -> Option<Captured>,
) -> Result<String, String> {
    named(settings, &common.join("info/attributes"), ask)
}

fn named(
    settings: Option<Captured>,
    attributes: &Path,
    ask: &dyn Fn(&[&str]) -> Option<Captured>,
) -> Result<String, String> {
    // with 1 it says that there is none
    let settings = settings.filter(|told| matches!(told.end, End::Code(0 | 1)));
    let settings =
        settings.and_then(|told| of_files(&told.stdout)).ok_or("git does not tell its settings")?;
    let is_set = settings.split(|byte| *byte == 0).any(|one| one.starts_with(b"core.attributesfile\n"));
    let users = if is_set {
        line(ask(&["config", "--type=path", "--get", "core.attributesFile"]))
    } else {
        users_folder().map(|folder| folder.join("git/attributes"))
    };
    let text = |path: &Path| std::fs::read(path).unwrap_or_default();
    let users = users.map(|path| text(&path)).unwrap_or_default();
    Ok(digest([settings, text(attributes), users]))
}

/// The path that an answer is.
fn line(told: Option<Captured>) -> Option<PathBuf> {
    let told = told.filter(|told| told.end == End::Code(0))?.stdout;
    Some(path_of(told.strip_suffix(b"\n").unwrap_or(&told)))
}

/// Where git looks for attributes of the user's that no setting names.
fn users_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CONFIG_HOME").or_else(|| Some(etcetera::home_dir().ok()?.join(".config")))
}

#[cfg(test)]
mod tests {
    use super::super::process::Command;
    use super::*;

    #[test]
    fn settings_and_attributes_of_a_clone_count_and_others_do_not() {
        let Some(program) = super::super::tools::git() else { return };
        let folder = tempfile::tempdir().unwrap();
        let git = |args: &[&str]| {
            let captured =
                run(&Command::new(&program, folder.path(), TIMEOUT).args(args), &Cancel::default());
            assert_eq!(captured.end, End::Code(0), "{captured:?}");
        };
        git(&["init", "--quiet"]);
        let state = || conversion(&program, folder.path(), &Cancel::default()).unwrap();
        let first = state();
        git(&["config", "user.name", "a"]);
        assert_eq!(state(), first);
        let mut seen = vec![first];
        let mut is_another = || {
            let now = state();
            assert!(!seen.contains(&now), "{seen:?}");
            let ask = |args: &[&str]| {
                Some(run(&Command::new(&program, folder.path(), TIMEOUT).args(args), &Cancel::default()))
            };
            assert_eq!(conversion_of(&folder.path().join(".git"), ask(&ASKED), &ask).unwrap(), now);
            seen.push(now);
        };
        git(&["config", "core.autocrlf", "input"]);
        is_another();
        git(&["config", "filter.same.smudge", "cat"]);
        is_another();
        std::fs::create_dir_all(folder.path().join(".git/info")).unwrap();
        std::fs::write(folder.path().join(".git/info/attributes"), "* text\n").unwrap();
        is_another();
        let users = folder.path().join("attributes");
        git(&["config", "core.attributesFile", &users.to_string_lossy()]);
        is_another();
        std::fs::write(&users, "* eol=crlf\n").unwrap();
        is_another();
    }

    #[test]
    fn without_a_repository_nothing_is_told() {
        let Some(program) = super::super::tools::git() else { return };
        let folder = tempfile::tempdir().unwrap();
        assert!(conversion(&program, folder.path(), &Cancel::default()).is_err());
    }
}
