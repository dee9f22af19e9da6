//! A run that is interrupted ends at once, says so, and leaves no process behind.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::support::{Act, Fakes, Ran, Run, Workspace, clean, has_nextest};

/// A test that waits for ever, as does a child of it in a session of its own. Both are told by a
/// marker among the child's arguments and the test's environment.
const STUBBORN_TEST: &str = r#"//! A test that does not end.

use std::process::Command;

#[test]
fn waits_for_ever() {
    let marker = std::env::var("END_TO_END_MARKER").unwrap();
    let script = "trap '' TERM INT HUP; while :; do sleep 1; done";
    let mut child = Command::new("setsid").args(["sh", "-c", script, &marker]).spawn().unwrap();
    std::fs::write(std::env::var("END_TO_END_READY").unwrap(), "").unwrap();
    child.wait().unwrap();
}
"#;

/// Signals that a process ignores stay ignored in the program that takes its place.
const STUBBORN_RUNNER: &str = r#"[target.'cfg(all())']
runner = ["sh", "-c", "trap '' TERM INT HUP; exec \"$0\" \"$@\""]
"#;

/// Does that until it gives something, for at most that long.
fn wait_for<T>(longest: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + longest;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process has that among its arguments.
fn is_running(marker: &str) -> bool {
    let output = Command::new("ps").args(["-A", "-o", "args="]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().any(|line| line.contains(marker))
}

fn send(signal: &str, process: u32) {
    let status = Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status().unwrap();
    assert!(status.success(), "kill -{signal} {process}: {status}");
}

/// A workspace with the stubborn test.
struct Stubborn {
    workspace: Workspace,
    marker: String,
}

impl Stubborn {
    fn new(config: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let workspace = Workspace::of("clean")
            .with("tests/stubborn.rs", STUBBORN_TEST)
            .with(".cargo/config.toml", STUBBORN_RUNNER)
            .with("bulletproof.toml", config);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { workspace, marker: format!("marker-{}-{number}", std::process::id()) }
    }

    fn ready(&self) -> PathBuf {
        self.workspace.root().parent().unwrap().join("ready")
    }

    fn run(&self) -> Run<'_> {
        self.workspace
            .bulletproof(&["--gate", "test", "--format", "json"])
            .env("END_TO_END_MARKER", &self.marker)
            .env("END_TO_END_READY", self.ready())
    }

    /// Calls cargo in it.
    fn cargo(&self, args: &[&str]) -> ExitStatus {
        let mut command = Command::new("cargo");
        clean(&mut command, &self.workspace.home());
        command.env("CARGO_TARGET_DIR", self.workspace.target()).current_dir(self.workspace.root());
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
    }

    /// Asserts that nothing of it is left.
    fn is_gone(&self) {
        let gone = || (!is_running(&self.marker)).then_some(());
        wait_for(Duration::from_secs(2), "the end of the test's child", gone);
    }
}

/// Starts the run, does that until it gives something, and ends the run by that signal. Gives what
/// the run said.
fn interrupt(run: &Run<'_>, signal: &str, mut ready: impl FnMut() -> Option<()>) -> Ran {
    let mut child = run.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(Duration::from_mins(2), "the run to be at work", || {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it was at work");
        ready()
    });
    send(signal, child.id());
    // the longest that a noisy machine may take: on a quiet one it is about half a second
    wait_for(Duration::from_secs(5), "the end of the run", || child.try_wait().unwrap());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the stubborn test by that runner, and ends the run by that signal.
fn interrupted(runner: &str, signal: &str) {
    if runner == "nextest" && !has_nextest() {
        return;
    }
    let stubborn = Stubborn::new(&format!("[gates.test]\nrunner = \"{runner}\"\n"));
    let ready = stubborn.ready();
    let at_work = || (fs::exists(&ready).unwrap() && is_running(&stubborn.marker)).then_some(());
    let ran = interrupt(&stubborn.run(), signal, at_work);
    stubborn.is_gone();
    let report = ran.report();
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    let gate = &report["gates"][0];
    assert_eq!((&gate["status"], &gate["cause"]), (&"broken".into(), &"interrupted".into()), "{gate:#}");
}

#[test]
fn ctrl_c_ends_nextest_and_all_that_its_tests_started() {
    interrupted("nextest", "INT");
}

#[test]
fn ctrl_c_ends_cargo_test_and_all_that_its_tests_started() {
    interrupted("cargo", "INT");
}

#[test]
fn a_wish_of_the_system_to_end_the_run_is_heeded_as_well() {
    interrupted("cargo", "TERM");
}

#[test]
fn a_terminal_that_goes_away_ends_the_run() {
    interrupted("nextest", "HUP");
}

#[test]
fn ctrl_c_is_heeded_while_the_workspace_is_read() {
    let workspace = Workspace::of("todo");
    let fakes = Fakes::new().on("cargo", &["metadata"], &Act::Hang);
    let run = workspace.bulletproof(&["--gate", "todo"]).fakes(&fakes);
    let folder = fakes.folder().display().to_string();
    let ran = interrupt(&run, "INT", || is_running(&format!("{folder}/cargo metadata")).then_some(()));
    ran.refused(&["interrupted"]);
    assert!(!is_running(&folder));
}

#[test]
fn a_test_that_takes_too_long_is_ended_with_all_that_it_started() {
    if !has_nextest() {
        return;
    }
    let stubborn = Stubborn::new("[gates.test]\ntimeout = \"5s\"\n");
    let built = stubborn.cargo(&["nextest", "run", "--no-run", "--locked", "--workspace"]);
    assert!(built.success(), "{built}");
    let ran = stubborn.run().end();
    assert!(fs::exists(stubborn.ready()).unwrap(), "the test was not at work within 5 s: {ran:#?}");
    stubborn.is_gone();
    assert_eq!(ran.report()["gates"][0]["cause"], "timed-out", "{ran:#?}");
}
