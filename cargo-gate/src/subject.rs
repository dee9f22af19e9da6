//! What a run judges: the files on disk, the index, or a commit.

use crate::report::SubjectKind;

/// What a run is asked to judge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The files on disk.
    #[default]
    Worktree,
    /// What is staged.
    Index,
    /// The commit that this revision names.
    Commit(String),
}

/// What is judged, once it is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Where its content comes from.
    pub kind: SubjectKind,
    /// The hash of its tree; none for the files on disk.
    pub tree: Option<String>,
    /// What people call it.
    pub name: String,
    /// The branch that is checked out in the user's tree, as `refs/heads/…`, where a private copy is judged.
    pub branch: Option<String>,
}

impl Default for Subject {
    fn default() -> Self {
        Self { kind: SubjectKind::Worktree, tree: None, name: "the files on disk".to_owned(), branch: None }
    }
}

impl Subject {
    /// The index.
    pub fn index(tree: String) -> Self {
        Self { kind: SubjectKind::Index, tree: Some(tree), name: "the index".to_owned(), branch: None }
    }

    /// A commit, with the first line of its message.
    pub fn commit(hash: &str, tree: String, title: &str) -> Self {
        let short = hash.get(..10).unwrap_or(hash);
        let title: String = title.chars().filter(|c| !c.is_control()).take(72).collect();
        let name =
            if title.is_empty() { format!("commit {short}") } else { format!("commit {short} ({title})") };
        Self { kind: SubjectKind::Commit, tree: Some(tree), name, branch: None }
    }
}

/// The workspace root among the folders of a repository in which there is a manifest, as cargo finds it: given are
/// the folder that was asked about and those above it, the nearest first, each with its manifest's text. The
/// folders are relative to the repository's top, with `/` between their parts.
pub fn workspace_root(manifests: &[(String, Option<String>)]) -> Option<(String, bool)> {
    let mut found = manifests.iter().filter_map(|(folder, text)| Some((folder, text.as_deref()?)));
    let (own, text) = found.next()?;
    let document = |text: &str| toml_edit::Document::parse(text.to_owned()).ok();
    let Some(manifest) = document(text) else { return Some((own.clone(), false)) };
    if manifest.get("workspace").is_some() {
        return Some((own.clone(), true));
    }
    if let Some(named) = manifest.get("package").and_then(|p| p.get("workspace")?.as_str()) {
        return Some((below(own, named)?, true));
    }
    for (folder, text) in found {
        let Some(manifest) = document(text) else { continue };
        let Some(workspace) = manifest.get("workspace") else { continue };
        let excluded = workspace.get("exclude").and_then(toml_edit::Item::as_array).into_iter().flatten();
        let mut excluded = excluded.filter_map(|path| below(folder, path.as_str()?));
        let covers = |path: String| {
            own.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !excluded.any(covers) {
            return Some((folder.clone(), true));
        }
    }
    Some((own.clone(), false))
}

/// The folder that a relative path names from another; none where it leaves the repository.
pub fn below(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Paths that a manifest names: of dependencies, members, targets, and of the workspace itself.
pub fn paths(manifest: &str) -> Vec<String> {
    let Ok(document) = toml_edit::Document::parse(manifest) else { return Vec::new() };
    let mut found = Vec::new();
    collect(document.as_item(), "", &mut found);
    found
}

/// Whether a path starts from no folder, on any system.
pub fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':')
}

/// Whether a manifest is one of a workspace; one that cannot be read may be.
pub fn may_be_workspace(manifest: &str) -> bool {
    toml_edit::Document::parse(manifest).map_or(true, |document| document.get("workspace").is_some())
}

/// The values under the keys that hold paths, wherever they stand.
fn collect(item: &toml_edit::Item, key: &str, found: &mut Vec<String>) {
    if let Some(table) = item.as_table_like() {
        // what other tools keep in the manifest is theirs
        table.iter().filter(|(key, _)| *key != "metadata").for_each(|(key, item)| collect(item, key, found));
    } else if let Some(tables) = item.as_array_of_tables() {
        let items = tables.iter().flat_map(|table| table.iter());
        items.for_each(|(key, item)| collect(item, key, found));
    } else if let Some(text) = item.as_str().filter(|_| ["path", "workspace"].contains(&key)) {
        found.push(text.to_owned());
    } else if let Some(array) = item.as_array().filter(|_| key == "members") {
        found.extend(array.iter().filter_map(|value| value.as_str().map(str::to_owned)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(manifests: &[(&str, Option<&str>)]) -> Option<(String, bool)> {
        let list: Vec<_> =
            manifests.iter().map(|(folder, text)| ((*folder).to_owned(), text.map(str::to_owned))).collect();
        workspace_root(&list)
    }

    #[test]
    fn the_workspace_root_is_found_as_cargo_finds_it() {
        let (package, workspace) =
            ("[package]\nname = \"a\"\n", "[workspace]\nexclude = [\"fuzz\", \"x/y\"]\n");
        assert_eq!(
            root(&[("a/src", None), ("a", Some(package)), ("", Some(workspace))]),
            Some((String::new(), true))
        );
        assert_eq!(root(&[("a", Some(package)), ("", None)]), Some(("a".into(), false)));
        assert_eq!(root(&[("fuzz/a", Some(package)), ("", Some(workspace))]), Some(("fuzz/a".into(), false)));
        assert_eq!(root(&[("fuzzy", Some(package)), ("", Some(workspace))]), Some((String::new(), true)));
        assert_eq!(root(&[("b", Some(workspace)), ("", Some(workspace))]), Some(("b".into(), true)));
        let elsewhere = "[package]\nworkspace = \"../w\"\n";
        assert_eq!(root(&[("a", Some(elsewhere)), ("", None)]), Some(("w".into(), true)));
        assert_eq!(root(&[("a", Some("no toml [")), ("", Some(workspace))]), Some(("a".into(), false)));
        assert_eq!(root(&[("a", None), ("", None)]), None);
    }

    #[test]
    fn paths_are_found_wherever_a_manifest_may_have_them() {
        let text = "[workspace]\nmembers = [\"a\", \"../b\"]\n[dependencies]\nc = { path = \"../../c\" }\n\
                    d = { path = \"../d\" }\n[target.'cfg(unix)'.dev-dependencies.e]\npath = \"x/../../../e\"\n\
                    [[bin]]\nname = \"f\"\npath = \"../../f.rs\"\n[package.metadata.tool]\npath = \"../../g\"\n\
                    [patch.crates-io]\nh = { path = \"/opt/h\" }\n";
        let mut found = paths(text);
        found.sort();
        assert_eq!(found, ["../../c", "../../f.rs", "../b", "../d", "/opt/h", "a", "x/../../../e"]);
        let leaves = |path: &String| below("one", path).is_none();
        found.retain(leaves);
        assert_eq!(found, ["../../c", "../../f.rs", "x/../../../e"]);
        assert!(paths("no toml [").is_empty());
    }

    #[test]
    fn a_workspace_is_known_however_it_is_written() {
        for text in ["[workspace]", "[ workspace ]", "workspace.members = []", "workspace = {}", "no toml ["]
        {
            assert!(may_be_workspace(text), "{text}");
        }
        assert!(!may_be_workspace("[package]\nname = \"a\" # [workspace]\n"));
    }

    #[test]
    fn a_commit_is_called_by_its_hash_and_its_message() {
        let subject = Subject::commit("0123456789abcdef", "t".into(), "Mend\u{1b}[31m it");
        assert_eq!(subject.name, "commit 0123456789 (Mend[31m it)");
        assert_eq!(Subject::commit("0123456789abcdef", "t".into(), "").name, "commit 0123456789");
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_an_answer(text: String, folder in "[a-z/.]{0,8}") {
            let _ = (paths(&text), below(&folder, &text), root(&[(&folder, Some(&text)), ("", Some(&text))]));
        }
    }
}
