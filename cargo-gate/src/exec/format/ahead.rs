//! rustfmt on its way before the sources are read and scanned: it takes longer to start than all that. Of a commit's few
//! files the answers are there by the time they are asked for.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

use super::staged::StagedFormat;
use super::{MOST_AHEAD, Rustfmt, edition};
use crate::cache::digest;
use crate::exec::Cancel;
use crate::exec::cache::FormattedFiles;
use crate::facts::{Facts, Source};
use crate::step::{Captured, SourceFile, Tool};

/// How often it is looked whether an answer is still waited for.
const PAUSE: Duration = Duration::from_millis(20);

/// Answers that are on their way, by what their files are remembered by. The default one has none.
#[derive(Default)]
pub(in crate::exec) struct Ahead(Mutex<HashMap<String, Receiver<Captured>>>);

impl Ahead {
    /// Asks for those of the sources that are not known to be formatted, where they are few, and nobody has asked for
    /// them when they were staged.
    pub(in crate::exec) fn begin<'scope>(
        scope: &'scope Scope<'scope, '_>,
        facts: &'scope Facts,
        sources: &[&Source],
        (known, staged, most_bytes): (&FormattedFiles<'_>, &StagedFormat, u64),
        timeout: Duration,
        cancel: &Cancel,
    ) -> Self {
        let Some(program) = facts.tools.get(&Tool::Rustfmt) else { return Self::default() };
        staged.remember(facts);
        let fresh = sources.iter().filter_map(|source| {
            let text = known.text_of(&facts.root.join(&source.path), most_bytes)?;
            let key = known.key(&source.path, text, edition(facts, source.package));
            (!known.has(&key)).then_some((*source, text, key))
        });
        let fresh: Vec<_> = fresh.take(MOST_AHEAD + 1).collect();
        if fresh.len() > MOST_AHEAD {
            return Self::default();
        }
        let ask = |file: SourceFile| {
            let (send, receive) = channel();
            let cancel = cancel.clone();
            let ask = move || {
                let answer = Rustfmt { program, facts, timeout, cancel: &cancel }.file(&file);
                let _ = send.send(answer);
            };
            Builder::new().spawn_scoped(scope, ask).ok()?;
            Some(receive)
        };
        let begun = fresh.into_iter().filter_map(|(source, text, key)| {
            let of_staged = staged.take(program, edition(facts, source.package), &source.path, text);
            let answer = of_staged.or_else(|| ask(read(facts, source, text)?))?;
            Some((key, answer))
        });
        Self(Mutex::new(begun.collect()))
    }

    /// The answer for the file that is remembered by that, once; none where nobody asked, or it is not there in time.
    pub(super) fn take(&self, key: &str, timeout: Duration, cancel: &Cancel) -> Option<Captured> {
        let begun = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key)?;
        let start = Instant::now();
        while start.elapsed() < timeout && !cancel.is_set() {
            match begun.recv_timeout(PAUSE) {
                Ok(answer) => return Some(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        None
    }
}

/// A source whose text is to have that digest. None where it has another one by now, and where its line ends are not
/// Unix's, which are lost on the way through standard input: then trees are asked about.
fn read(facts: &Facts, source: &Source, known: &str) -> Option<SourceFile> {
    let text = std::fs::read_to_string(facts.root.join(&source.path)).ok()?;
    let is_known = digest([&text]) == known && !text.contains('\r');
    is_known.then(|| SourceFile::new(source.path.clone(), source.package, Ok(text)))
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
            let asks = (&known, &StagedFormat::default(), 20);
            let ahead = Ahead::begin(scope, &facts, &sources, asks, timeout, &Cancel::default());
            let key = |(name, text): &(&str, &str)| known.key(name, &digest([text]), "2024");
            let take = |file| ahead.take(&key(file), timeout, &Cancel::default());
            let answers = files.iter().map(|file| Some(take(file)?.stdout)).collect();
            assert!(files.iter().all(|file| take(file).is_none()), "each is there once");
            answers
        })
    }

    #[test]
    fn the_answers_for_a_few_files_are_on_their_way() {
        let files = [("a.rs", "fn a() {}\n"), ("b.rs", "fn long_name() {}\n//\n"), ("c.rs", "fn c( ) {}\n")];
        let expected = [Some(b"fn a() {}\n".to_vec()), None, Some(b"fn c( ) {}\n".to_vec())];
        assert_eq!(answers(&files, &[]), expected, "one is too large to be judged");
        let first = [Some(b"fn a() {}\n".to_vec()), None];
        assert_eq!(
            answers(&[files[0], ("b.rs", "fn b() {}\r\n")], &[]),
            first,
            "line ends get lost on the way"
        );
    }

    #[test]
    fn nothing_begins_for_many_files_and_for_one_that_is_not_what_is_known_of_it() {
        let files = ["a.rs", "b.rs", "c.rs", "d.rs", "e.rs"].map(|name| (name, "fn a() {}\n"));
        assert_eq!(answers(&files, &[]), [const { None }; 5]);
        assert_eq!(answers(&[("a.rs", "fn a() {}\n")], &["a.rs"]), [None]);
    }
}
