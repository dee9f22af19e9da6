//! rustfmt on its way before the sources are read and scanned: it takes longer to start than all that. Of a commit's few
//! files the answers are there by the time they are asked for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Duration;

use super::{Rustfmt, edition};
use crate::cache::digest;
use crate::exec::Cancel;
use crate::exec::cache::FormattedFiles;
use crate::facts::{Facts, Source};
use crate::step::{Captured, SourceFile, Tool};

/// So many files are given to rustfmt ahead: each has a process of its own.
const MOST: usize = 4;

/// Answers that are on their way, by what their files are remembered by. The default one has none.
#[derive(Default)]
pub(in crate::exec) struct Ahead<'scope>(Mutex<HashMap<String, ScopedJoinHandle<'scope, Captured>>>);

impl<'scope> Ahead<'scope> {
    /// Asks for those of the sources that are not known to be formatted, where they are few.
    pub(in crate::exec) fn begin(
        scope: &'scope Scope<'scope, '_>,
        facts: &'scope Facts,
        sources: &[&Source],
        (known, most_bytes): (&FormattedFiles<'_>, u64),
        timeout: Duration,
        cancel: &Cancel,
    ) -> Self {
        let Some(program) = facts.tools.get(&Tool::Rustfmt) else { return Self::default() };
        let fresh = sources.iter().filter_map(|source| {
            let text = known.text_of(&facts.root.join(&source.path), most_bytes)?;
            let key = known.key(&source.path, text, edition(facts, source.package));
            (!known.has(&key)).then_some((*source, text, key))
        });
        let fresh: Vec<_> = fresh.take(MOST + 1).collect();
        if fresh.len() > MOST {
            return Self::default();
        }
        let read = |(source, known, key): (&Source, &str, String)| {
            let text = std::fs::read_to_string(facts.root.join(&source.path)).ok()?;
            let is_known = digest([&text]) == known;
            is_known.then(|| (key, SourceFile::new(source.path.clone(), source.package, Ok(text))))
        };
        let files: Vec<_> = fresh.into_iter().filter_map(read).collect();
        // line ends other than Unix's are lost on the way through standard input: then trees are asked about
        if files.iter().any(|(_, file)| file.text().contains('\r')) {
            return Self::default();
        }
        let begin = |(key, file): (String, SourceFile)| {
            let cancel = cancel.clone();
            let ask = move || Rustfmt { program, facts, timeout, cancel: &cancel }.file(&file);
            Some((key, Builder::new().spawn_scoped(scope, ask).ok()?))
        };
        Self(Mutex::new(files.into_iter().filter_map(begin).collect()))
    }

    /// The answer for the file that is remembered by that, once; none where nobody asked.
    pub(super) fn take(&self, key: &str) -> Option<Captured> {
        let begun = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key)?;
        begun.join().ok()
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// What the programs that are started ahead for those files print; `cat` stands in for rustfmt.
    fn answers(files: &[(&str, &str)], changed: &[&str]) -> Vec<Option<Vec<u8>>> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("rustfmt");
        std::fs::write(&program, "#!/bin/sh\nexec cat\n").unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, text) in files {
            std::fs::write(path(name), text).unwrap();
        }
        let root = folder.path().to_owned();
        let facts = Facts { root, tools: [(Tool::Rustfmt, program)].into(), ..Facts::default() };
        let sources: Vec<Source> =
            files.iter().map(|(name, _)| Source { path: (*name).to_owned(), package: None }).collect();
        let paths: Vec<PathBuf> = files.iter().map(|(name, _)| path(name)).collect();
        let known =
            FormattedFiles::knowing(&facts, &paths.iter().map(PathBuf::as_path).collect::<Vec<&Path>>());
        for name in changed {
            std::fs::write(path(name), "fn changed() {}\n").unwrap();
        }
        std::thread::scope(|scope| {
            let (sources, timeout) = (sources.iter().collect::<Vec<_>>(), Duration::from_mins(1));
            let ahead = Ahead::begin(scope, &facts, &sources, (&known, 20), timeout, &Cancel::default());
            let key = |(name, text): &(&str, &str)| known.key(name, &digest([text]), "2024");
            let answers = files.iter().map(|file| Some(ahead.take(&key(file))?.stdout)).collect();
            assert!(files.iter().all(|file| ahead.take(&key(file)).is_none()), "each is there once");
            answers
        })
    }

    #[test]
    fn the_answers_for_a_few_files_are_on_their_way() {
        let files = [("a.rs", "fn a() {}\n"), ("b.rs", "fn long_name() {}\n//\n"), ("c.rs", "fn c( ) {}\n")];
        let expected = [Some(b"fn a() {}\n".to_vec()), None, Some(b"fn c( ) {}\n".to_vec())];
        assert_eq!(answers(&files, &[]), expected, "one is too large to be judged");
        assert_eq!(answers(&[files[0], ("b.rs", "fn b() {}\r\n")], &[]), [None, None]);
    }

    #[test]
    fn nothing_begins_for_many_files_and_for_one_that_is_not_what_is_known_of_it() {
        let files = ["a.rs", "b.rs", "c.rs", "d.rs", "e.rs"].map(|name| (name, "fn a() {}\n"));
        assert_eq!(answers(&files, &[]), [const { None }; 5]);
        assert_eq!(answers(&[("a.rs", "fn a() {}\n")], &["a.rs"]), [None]);
    }
}
