//! rustfmt on what is staged, while git still brings the private copy up to date: the answers for a commit's few files
//! are there before the workspace is known. They are asked for as at the last commit, and taken only where it turns out
//! that all they hang on is the same.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::OneText;
use crate::cache::digest;
use crate::exec::Cancel;
use crate::exec::cache::{Stamps, formatting_stamps};
use crate::exec::memo;
use crate::exec::store::write_artifact;
use crate::facts::{Facts, is_rust, join};
use crate::parse::git_objects::of_raw_diff;
use crate::step::{Captured, End, Tool};

/// The longest that an answer may take; one that takes longer is asked for again.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What rustfmt is asked with, beside the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Way {
    program: PathBuf,
    /// The edition of each package, by its folder.
    editions: BTreeMap<String, String>,
}

impl Way {
    /// None where the program may be one that chooses another by the folder it is called in.
    fn of(facts: &Facts) -> Option<Self> {
        let program = facts.tools.get(&Tool::Rustfmt)?.clone();
        let is_itself = facts.sysroot.as_ref().is_some_and(|sysroot| program.starts_with(sysroot));
        if !is_itself {
            return None;
        }
        let editions = facts.packages.iter().map(|package| (package.folder.clone(), package.edition.clone()));
        Some(Self { program, editions: editions.collect() })
    }

    /// The edition of a file: that of the package in whose folder it lies.
    fn edition(&self, path: &str) -> Option<&str> {
        let mut folder = path;
        while !folder.is_empty() {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            if let Some(edition) = self.editions.get(folder) {
                return Some(edition);
            }
        }
        None
    }
}

/// Such answers, by what they were asked with. The default one has none, and remembers nothing.
#[derive(Debug, Default)]
pub struct StagedFormat {
    /// Where the way of the last commit is kept.
    record: Option<PathBuf>,
    /// That way.
    way: Option<Way>,
    answers: Mutex<HashMap<String, Answer>>,
    threads: Vec<JoinHandle<()>>,
    stop: Cancel,
}

#[derive(Debug)]
struct Answer {
    /// The folder of the file, and how rustfmt's settings for it looked before it was asked.
    folder: PathBuf,
    settings: Stamps,
    /// Comes to nothing where rustfmt has found fault with the text.
    formatted: Receiver<Captured>,
}

impl StagedFormat {
    /// Knows how rustfmt was asked last in the workspace whose state is kept there. That is remembered in the user's own
    /// folder: it names a program, which nobody else is to choose.
    pub(in crate::exec) fn open(state: &Path, cancel: &Cancel) -> Self {
        Self::at(memo::place(&["rustfmt".into(), state.into()]), cancel)
    }

    fn at(record: Option<PathBuf>, cancel: &Cancel) -> Self {
        let read = |record: &PathBuf| serde_json::from_slice(&std::fs::read(record).ok()?).ok();
        let way = record.as_ref().and_then(read);
        Self { record, way, answers: Mutex::default(), threads: Vec::new(), stop: cancel.part() }
    }

    /// Asks for the sources among what is staged, as far as its contents are known: in a workspace that lies in that
    /// folder, and below that one of the repository. `staged` is what `git diff --raw -z` says.
    pub(in crate::exec) fn begin(
        &mut self,
        root: &Path,
        below: &str,
        (staged, contents): (&[u8], &BTreeMap<String, Vec<u8>>),
    ) {
        let Some(way) = &self.way else { return };
        let prefix = join(below, "");
        let staged = of_raw_diff(staged).unwrap_or_default();
        let begun = staged.into_iter().filter_map(|(hash, path)| {
            let path = path.strip_prefix(&prefix).filter(|path| is_rust(path))?.to_owned();
            // line ends other than Unix's are lost on the way through standard input
            let text =
                String::from_utf8(contents.get(&hash)?.clone()).ok().filter(|text| !text.contains('\r'))?;
            let edition = way.edition(&path)?.to_owned();
            let folder = root.join(&path).parent()?.to_owned();
            let settings = formatting_stamps(&folder);
            let key = key(&way.program, &edition, &path, &digest([&text]));
            let (send, formatted) = channel();
            let (program, within, stop) = (way.program.clone(), folder.clone(), self.stop.clone());
            let ask = move || {
                let one = OneText { program: &program, folder: &within, edition: &edition, text: &text };
                let answer = one.ask(TIMEOUT, &stop);
                if answer.end == End::Code(0) {
                    let _ = send.send(answer);
                }
            };
            let thread = Builder::new().spawn(ask).ok()?;
            Some((thread, (key, Answer { folder, settings, formatted })))
        });
        let (threads, answers): (Vec<_>, HashMap<_, _>) = begun.unzip();
        (self.threads, self.answers) = (threads, Mutex::new(answers));
    }

    /// The answer for a text by its digest, where it was asked for in this way and the settings are what they were.
    pub(super) fn take(
        &self,
        program: &Path,
        edition: &str,
        path: &str,
        text: &str,
    ) -> Option<Receiver<Captured>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.remove(&key(program, edition, path, text))?;
        (formatting_stamps(&answer.folder) == answer.settings).then_some(answer.formatted)
    }

    /// Keeps how rustfmt is asked now.
    pub(super) fn remember(&self, facts: &Facts) {
        let way = Way::of(facts).filter(|way| self.way.as_ref() != Some(way));
        let text = way.and_then(|way| serde_json::to_vec(&way).ok());
        if let (Some(record), Some(text)) = (&self.record, text) {
            let _ = write_artifact(record, &text);
        }
    }

    /// Ends what nobody needs, and begins nothing at the next commit.
    pub(in crate::exec) fn forget(&self) {
        self.stop.set();
        if let (Some(record), Some(_)) = (&self.record, &self.way) {
            let _ = std::fs::remove_file(record);
        }
    }
}

impl Drop for StagedFormat {
    /// No rustfmt outlives the run.
    fn drop(&mut self) {
        self.stop.set();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn key(program: &Path, edition: &str, path: &str, text: &str) -> String {
    digest([program.as_os_str().as_encoded_bytes(), edition.as_bytes(), path.as_bytes(), text.as_bytes()])
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tests::package;

    const HASH: &str = "1111111111111111111111111111111111111111";

    /// A workspace whose rustfmt is a shell script.
    struct World {
        folder: tempfile::TempDir,
        facts: Facts,
    }

    impl World {
        fn new(script: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("rustfmt");
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            std::fs::create_dir_all(folder.path().join("ws/a/src")).unwrap();
            let packages = [("root", "", "2018"), ("a", "a", "2021")].map(|(name, folder, edition)| {
                crate::facts::Package { edition: edition.to_owned(), ..package(name, folder) }
            });
            let (root, tools) = (folder.path().join("ws"), [(Tool::Rustfmt, program)].into());
            let sysroot = Some(folder.path().to_owned());
            let facts = Facts { root, tools, sysroot, packages: packages.into(), ..Facts::default() };
            Self { folder, facts }
        }

        fn record(&self) -> PathBuf {
            self.folder.path().join("record")
        }

        fn open(&self) -> StagedFormat {
            StagedFormat::at(Some(self.record()), &Cancel::default())
        }

        /// What was asked when those paths of the repository were staged with that text.
        fn staged(&self, paths: &[&str], text: &str) -> StagedFormat {
            self.open().remember(&self.facts);
            let raw = |(number, path): (usize, &&str)| {
                let hash = (number + 2).to_string().repeat(40);
                format!(":100644 100644 {HASH} {hash} M\0{path}\0")
            };
            let raw: String = paths.iter().enumerate().map(raw).collect();
            let mut staged = self.open();
            let contents = of_raw_diff(raw.as_bytes()).unwrap().into_iter();
            let contents = contents.map(|(hash, _)| (hash, text.as_bytes().to_owned())).collect();
            staged.begin(&self.facts.root, "ws", (raw.as_bytes(), &contents));
            staged
        }

        fn take(&self, staged: &StagedFormat, edition: &str, path: &str, text: &str) -> Option<Vec<u8>> {
            let program = &self.facts.tools[&Tool::Rustfmt];
            let answer = staged.take(program, edition, path, &digest([text]))?;
            answer.recv().ok().map(|answer| answer.stdout)
        }
    }

    #[test]
    fn an_answer_is_taken_once_where_all_that_it_hangs_on_is_the_same() {
        let world = World::new("echo \"$2\"; exec cat");
        let asked = |edition: &str, path: &str, text: &str| {
            let staged =
                world.staged(&["ws/a/src/lib.rs", "ws/b.rs", "else/c.rs", "ws/a.txt"], "fn a() {}\n");
            let answer = world.take(&staged, edition, path, text);
            assert!(world.take(&staged, edition, path, text).is_none());
            answer.map(|answer| String::from_utf8(answer).unwrap())
        };
        let text = "fn a() {}\n";
        assert_eq!(asked("2021", "a/src/lib.rs", text).as_deref(), Some("2021\nfn a() {}\n"));
        assert_eq!(asked("2018", "b.rs", text).as_deref(), Some("2018\nfn a() {}\n"), "of the root package");
        assert_eq!(asked("2024", "a/src/lib.rs", text), None, "another edition");
        assert_eq!(asked("2021", "a/src/lib.rs", "fn b() {}\n"), None, "another text");
        let staged = world.staged(&["ws/b.rs"], "fn a() {}\r\n");
        assert_eq!(world.take(&staged, "2018", "b.rs", "fn a() {}\r\n"), None);
        for path in ["else/c.rs", "c.rs", "a.txt"] {
            assert_eq!(asked("2018", path, text), None, "{path}");
        }
    }

    #[test]
    fn an_answer_by_other_settings_is_none() {
        let world = World::new("exec cat");
        for settings in ["ws/a/rustfmt.toml", "ws/.rustfmt.toml"] {
            let staged = world.staged(&["ws/a/src/lib.rs"], "fn a() {}\n");
            std::fs::write(world.folder.path().join(settings), "").unwrap();
            assert_eq!(world.take(&staged, "2021", "a/src/lib.rs", "fn a() {}\n"), None, "{settings}");
        }
        let staged = world.staged(&["ws/a/src/lib.rs"], "fn a() {}\n");
        assert!(world.take(&staged, "2021", "a/src/lib.rs", "fn a() {}\n").is_some());
    }

    #[test]
    fn a_text_with_which_rustfmt_finds_fault_is_asked_for_again() {
        let world = World::new("exit 1");
        let staged = world.staged(&["ws/b.rs"], "fn a( {}\n");
        assert_eq!(world.take(&staged, "2018", "b.rs", "fn a( {}\n"), None);
    }

    #[test]
    fn nothing_begins_where_no_commit_asked_before_or_none_is_to_ask_again() {
        let world = World::new("exec cat");
        let mut none = world.open();
        let raw = format!(":000000 100644 {} {HASH} A\0ws/a.rs\0", "0".repeat(40));
        let contents = [(HASH.to_owned(), Vec::new())].into();
        none.begin(&world.facts.root, "ws", (raw.as_bytes(), &contents));
        assert!(none.threads.is_empty());
        none.remember(&world.facts);
        let mut known = world.open();
        known.begin(&world.facts.root, "ws", (raw.as_bytes(), &BTreeMap::new()));
        assert!(known.threads.is_empty(), "nobody knows its text");
        known.begin(&world.facts.root, "ws", (raw.as_bytes(), &contents));
        assert_eq!(known.threads.len(), 1);
        known.forget();
        assert_eq!(world.open().way, None);
    }

    #[test]
    fn a_damaged_record_tells_nothing() {
        let world = World::new("exec cat");
        world.open().remember(&world.facts);
        assert_eq!(world.open().way, Way::of(&world.facts));
        std::fs::write(world.record(), "{\"program\":1").unwrap();
        assert_eq!(world.open().way, None);
        StagedFormat::default().remember(&world.facts);
        let elsewhere = Facts { sysroot: Some("/elsewhere".into()), ..world.facts.clone() };
        world.open().remember(&elsewhere);
        assert_eq!(
            world.open().way,
            None,
            "what stands before the toolchain may choose another one next time"
        );
    }
}
