//! Looks for secrets in the files of the tree. Each file's text is let go at once: what is found holds
//! no value.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;

use super::brought::Brought;
use super::cache::SearchedFiles;
use super::steps::Bench;
use crate::facts::Copied;
use crate::gate::Unreadable;
use crate::secret::{Found, Tree, scan, text_of};
use crate::step::Scope;

/// What became of one file.
enum Looked {
    Text(u64, Vec<Found>),
    Binary,
    Large(u64),
    Unread(String),
    /// A folder, a link, or a file that is no longer there.
    Nothing,
}

impl Bench<'_> {
    /// Looks for secrets; also in sources that git ignores and cargo compiles.
    pub(super) fn secrets(
        &self,
        scope: &Scope,
        most_bytes: u64,
        timeout: Duration,
    ) -> Result<Tree, Unreadable> {
        let (facts, git) = (self.facts, self.git(timeout));
        let brought = match scope {
            Scope::Tree => None,
            Scope::Change { base, pushed, range } => {
                Some(git.brought(base.as_deref(), *pushed, range.as_deref())?)
            }
        };
        let dirty = facts.revision.as_ref().is_some_and(|revision| revision.dirty);
        // that nothing differs is believed only where git's status says so too
        let changed = brought.as_ref().and_then(|brought| brought.files.as_ref());
        let changed = changed.filter(|files| !(dirty && files.is_empty()));
        let sources = facts.sources.iter().map(|source| &source.path);
        let all: BTreeSet<&String> = facts.files.iter().chain(sources).collect();
        let wanted = all.into_iter().filter(|path| changed.is_none_or(|files| files.contains(*path)));
        let odd =
            facts.odd_names.iter().map(|path| (path.to_string_lossy().into_owned(), facts.root.join(path)));
        let wanted = wanted.map(|path| (path.clone(), facts.root.join(path))).chain(odd);
        let tree = look(&wanted.collect::<Vec<_>>(), most_bytes, &self.kept.searched());
        // a hook has met git's errors already; elsewhere the list of files is what counts
        let below = match (&brought, &facts.copied) {
            (Some(Brought { prefix, .. }), _) | (None, Some(Copied { prefix, .. })) => prefix.clone(),
            _ if git.in_repository().unwrap_or(false) => git.prefix()?,
            _ => String::new(),
        };
        let tree = Tree { whole: changed.is_none(), below, ..tree };
        match brought {
            Some(brought) if !brought.objects.is_empty() => {
                git.look_at_brought(&brought.objects, tree, most_bytes)
            }
            _ => Ok(tree),
        }
    }
}

/// Looks at each of those files, on all cores: names to show, and where they lie.
fn look(files: &[(String, PathBuf)], most_bytes: u64, searched: &SearchedFiles) -> Tree {
    let look_at = |(path, file): &(String, PathBuf)| look_at(file, path, most_bytes, searched);
    let looked: Vec<(Looked, Option<String>)> = files.par_iter().map(look_at).collect();
    let mut tree = Tree::default();
    let mut clean = BTreeSet::new();
    for ((path, _), (looked, key)) in files.iter().zip(looked) {
        clean.extend(key);
        match looked {
            Looked::Text(bytes, found) => {
                tree.files += 1;
                tree.bytes += bytes;
                tree.found.extend(found.into_iter().map(|found| (path.clone(), found)));
            }
            Looked::Binary => tree.binary += 1,
            Looked::Large(bytes) => tree.large.push((path.clone(), bytes)),
            Looked::Unread(cause) => tree.unread.push((path.clone(), cause)),
            Looked::Nothing => {}
        }
    }
    searched.learn(clean);
    tree
}

/// What is in a file, and by what to remember that there is nothing.
fn look_at(file: &Path, path: &str, most_bytes: u64, searched: &SearchedFiles) -> (Looked, Option<String>) {
    let failed = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Looked::Nothing,
        _ => Looked::Unread(error.to_string()),
    };
    if let Some(bytes) = searched.clean(path, file).filter(|bytes| *bytes <= most_bytes) {
        return (Looked::Text(bytes, Vec::new()), None);
    }
    match std::fs::symlink_metadata(file) {
        Err(error) => return (failed(&error), None),
        // a link's target is looked at where it lies
        Ok(metadata) if !metadata.is_file() => return (Looked::Nothing, None),
        Ok(metadata) if metadata.len() > most_bytes => return (Looked::Large(metadata.len()), None),
        Ok(_) => {}
    }
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return (failed(&error), None),
    };
    let Some(text) = text_of(&bytes) else { return (Looked::Binary, None) };
    match scan(path, &text) {
        Ok(found) => {
            let clean = found.is_empty().then(|| searched.key(path, &bytes)).flatten();
            (Looked::Text(bytes.len() as u64, found), clean)
        }
        Err(cause) => (Looked::Unread(cause), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_or_too_large_is_counted_and_what_is_gone_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("a.txt", b"text");
        write("b.bin", b"\0\0");
        write("c.txt", &[b'x'; 101]);
        std::fs::create_dir(folder.path().join("nested")).unwrap();
        let files = ["a.txt", "b.bin", "c.txt", "gone.txt", "nested"]
            .map(|name| (name.to_owned(), folder.path().join(name)));
        let tree = look(&files, 100, &SearchedFiles::default());
        assert_eq!((tree.files, tree.bytes, tree.binary), (1, 4, 1));
        assert_eq!(tree.large, [("c.txt".to_owned(), 101)]);
        assert!(tree.found.is_empty() && tree.unread.is_empty());
    }
}
