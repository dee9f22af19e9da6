//! The hook is ended at random moments: nothing of the user's has changed, and the next run works.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::state::Repo;
use super::wild::{State, wild};
use crate::support::{clean, measures_coverage};

/// How often the hook is ended by each signal.
fn moments() -> u32 {
    if measures_coverage() { 10 } else { 100 }
}

/// The hook, started as git starts it.
fn hook(repo: &Repo) -> Command {
    let mut command = Command::new("sh");
    clean(&mut command, &repo.workspace.home());
    command
        .arg(".git/hooks/pre-commit")
        .current_dir(repo.root())
        .env("CARGO_TARGET_DIR", repo.workspace.target())
        .env("GIT_INDEX_FILE", ".git/index")
        .env("GIT_EDITOR", ":")
        .env("GIT_PREFIX", "")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Numbers from a fixed seed: Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(self.0 % u64::try_from(bound.as_micros()).unwrap().max(1))
    }
}

/// Takes away what an earlier run found out, so that the next one works; the private copy too where that is wanted.
fn forget(repo: &Repo, copy: bool) {
    let state = repo.workspace.target().join("bulletproof");
    let kept = fs::read_dir(&state).into_iter().flatten().map(|entry| entry.unwrap().path());
    for path in kept.filter(|path| copy || !path.ends_with("snapshot")) {
        // a process that outlives its parent may still write there
        let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
    }
}

fn ends_at_random_moments(seed: u64, end: impl Fn(&mut Child)) {
    let repo = wild();
    repo.install(&["--hook", "pre-commit"]);
    let before = State::of(&repo);
    let works = |when: &str| {
        forget(&repo, false);
        let start = Instant::now();
        let output = hook(&repo).stderr(Stdio::piped()).stdout(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{when}: {output:?}");
        before.assert_same(&State::of(&repo), when);
        start.elapsed()
    };
    // the first run makes the private copy, so it takes longer than those after it
    works("at first");
    let mut whole = works("with a private copy");
    let mut random = Random(seed);
    let (moments, mut number, mut ended) = (moments(), 0, 0);
    while ended < moments {
        number += 1;
        assert!(number < 5 * moments, "only {ended} of {number} runs were ended before they were done");
        // each fifth time the private copy is made anew, which is when most is written
        forget(&repo, number % 5 == 0);
        let wait = random.below(whole);
        let mut child = hook(&repo).spawn().unwrap();
        thread::sleep(wait);
        end(&mut child);
        if child.wait().unwrap().success() {
            // it was faster than the one that was measured
            whole = whole * 9 / 10;
        } else {
            ended += 1;
        }
        let when = format!("seed {seed:#x}, moment {number}, after {wait:?} of {whole:?}");
        before.assert_same(&State::of(&repo), &when);
        if number % 10 == 9 {
            whole = works(&when);
        }
    }
    assert_eq!(repo.done(&["worktree", "list"]).lines().count(), 1);
    repo.done(&["fsck", "--no-progress"]);
    repo.done(&["commit", "--quiet", "--message", "chore: at last"]);
}

#[test]
fn killed() {
    ends_at_random_moments(0x9e37_79b9_7f4a_7c15, |child| child.kill().unwrap());
}

#[cfg(unix)]
#[test]
fn asked_to_end() {
    ends_at_random_moments(0xd1b5_4a32_d192_ed03, |child| {
        // one that has ended by itself is no error
        let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).stderr(Stdio::null()).status();
    });
}
