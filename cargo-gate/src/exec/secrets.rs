//! Looks for secrets in the files of the tree. Each file's text is let go at once: what is found holds
//! no value.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;

use super::steps::Bench;
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
        let tree = look(&wanted.collect::<Vec<_>>(), most_bytes);
        // a hook has met git's errors already; elsewhere the list of files is what counts
        let below = match &brought {
            Some(brought) => brought.prefix.clone(),
            None if git.in_repository().unwrap_or(false) => git.prefix()?,
            None => String::new(),
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
fn look(files: &[(String, PathBuf)], most_bytes: u64) -> Tree {
    let looked: Vec<(&String, Looked)> =
        files.par_iter().map(|(path, file)| (path, look_at(file, path, most_bytes))).collect();
    let mut tree = Tree::default();
    for (path, looked) in looked {
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
    tree
}

fn look_at(file: &Path, path: &str, most_bytes: u64) -> Looked {
    let failed = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Looked::Nothing,
        _ => Looked::Unread(error.to_string()),
    };
    match std::fs::symlink_metadata(file) {
        Err(error) => return failed(&error),
        // a link's target is looked at where it lies
        Ok(metadata) if !metadata.is_file() => return Looked::Nothing,
        Ok(metadata) if metadata.len() > most_bytes => return Looked::Large(metadata.len()),
        Ok(_) => {}
    }
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return failed(&error),
    };
    let Some(text) = text_of(&bytes) else { return Looked::Binary };
    match scan(path, &text) {
        Ok(found) => Looked::Text(bytes.len() as u64, found),
        Err(cause) => Looked::Unread(cause),
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
        let tree = look(&files, 100);
        assert_eq!((tree.files, tree.bytes, tree.binary), (1, 4, 1));
        assert_eq!(tree.large, [("c.txt".to_owned(), 101)]);
        assert!(tree.found.is_empty() && tree.unread.is_empty());
    }
}
