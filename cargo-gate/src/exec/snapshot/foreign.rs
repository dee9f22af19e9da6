//! What lies in a copy and is none of its files, found without git where names are on disk as git knows them.

use std::path::{Path, PathBuf};

use super::index_file::Item;

/// The files and folders that are not among those, empty folders too, whoever made them. None where that is left to git.
#[cfg(target_os = "linux")]
pub(super) fn foreign(top: &Path, items: &[Item<'_>]) -> Option<Vec<PathBuf>> {
    use std::collections::{HashMap, HashSet};

    let files: HashMap<&[u8], &Item<'_>> = items.iter().map(|item| (item.name, item)).collect();
    let mut folders: HashSet<&[u8]> = HashSet::new();
    for item in items {
        let mut name = item.name;
        while let Some(end) = memchr::memrchr(b'/', name) {
            name = name.get(..end)?;
            if !folders.insert(name) {
                break;
            }
        }
    }
    let (mut found, mut open) = (Vec::new(), vec![Vec::new()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(top.join(super::path_of(&folder))).ok()? {
            let entry = entry.ok()?;
            let mut name = folder.clone();
            name.extend(if folder.is_empty() { &b""[..] } else { b"/" });
            name.extend(std::os::unix::ffi::OsStrExt::as_bytes(entry.file_name().as_os_str()));
            let is_folder = entry.file_type().ok()?.is_dir();
            match files.get(name.as_slice()) {
                _ if name == b".git" => {}
                Some(item) if is_folder != item.is_submodule() => return None,
                Some(_) => {}
                None if !folders.contains(name.as_slice()) => found.push(super::path_of(&name)),
                None if is_folder => open.push(name),
                None => return None,
            }
        }
    }
    Some(found)
}

/// Elsewhere a name on disk may be written in another way than in the index.
#[cfg(not(target_os = "linux"))]
pub(super) fn foreign(_: &Path, _: &[Item<'_>]) -> Option<Vec<PathBuf>> {
    None
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::super::index_file;
    use super::*;
    use crate::exec::Cancel;
    use crate::exec::process::{Command, run};

    fn git(folder: &Path, args: &[&str]) -> String {
        let program = crate::exec::tools::git().unwrap();
        let command = Command::new(program, folder, Duration::from_mins(1)).args(args);
        let captured = run(&command, &Cancel::default());
        assert!(captured.exit_code().is_ok_and(|code| code == 0), "{captured:?}");
        String::from_utf8(captured.stdout).unwrap()
    }

    fn found(folder: &Path) -> Option<BTreeSet<String>> {
        let index = std::fs::read(folder.join(".git/index")).unwrap();
        let found = foreign(folder, &index_file::parse(&index, 40).unwrap())?;
        Some(found.into_iter().map(|path| path.to_str().unwrap().to_owned()).collect())
    }

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet"]);
        write(folder.path(), &["a", "b/c/d", "b/e", ".gitignore"]);
        std::fs::write(folder.path().join(".gitignore"), "*.log\n").unwrap();
        std::os::unix::fs::symlink("b", folder.path().join("link")).unwrap();
        git(folder.path(), &["add", "--all"]);
        folder
    }

    fn write(folder: &Path, names: &[&str]) {
        for name in names {
            std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            std::fs::write(folder.join(name), "text\n").unwrap();
        }
    }

    #[test]
    fn what_is_found_is_what_git_lists() {
        let folder = repository();
        let at = folder.path();
        assert_eq!(found(at), Some(BTreeSet::new()));
        write(at, &["f", "b/g", "b/c/h.log", "new/one/two", "b/ö ü"]);
        std::fs::create_dir_all(at.join("empty/deeper")).unwrap();
        std::os::unix::fs::symlink("/nowhere", at.join("b/dead")).unwrap();
        git(at, &["init", "--quiet", "b/nested"]);
        let listed = git(at, &["ls-files", "-z", "--others", "--directory"]);
        let listed = listed.split_terminator('\0').map(|name| name.trim_end_matches('/').to_owned());
        let listed: BTreeSet<String> = listed.collect();
        assert_eq!(listed.len(), 8, "{listed:?}");
        assert_eq!(found(at), Some(listed));
    }

    #[test]
    fn what_is_in_a_submodule_is_its_own() {
        let (folder, inner) = (repository(), repository());
        git(inner.path(), &["commit", "--quiet", "--message=one"]);
        let (at, address) = (folder.path(), inner.path().to_str().unwrap());
        git(at, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", address, "inner"]);
        write(at, &["inner/f"]);
        assert_eq!(found(at), Some(BTreeSet::new()));
    }

    #[test]
    fn what_is_of_another_kind_on_disk_is_left_to_git() {
        let folder = repository();
        std::fs::remove_file(folder.path().join("a")).unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        assert_eq!(found(folder.path()), None);
        std::fs::remove_dir(folder.path().join("a")).unwrap();
        assert_eq!(found(folder.path()), Some(BTreeSet::new()), "what is not there is not foreign");
        std::fs::remove_dir_all(folder.path().join("b")).unwrap();
        std::os::unix::fs::symlink(".", folder.path().join("b")).unwrap();
        assert_eq!(found(folder.path()), None);
    }
}
