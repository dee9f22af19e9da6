//! Measures a program: wall time and peak memory of each of its runs.
//!
//! The memory of a process counts for a child that it starts until that has become another program (Linux'
//! `getrusage` says so of forks). So the runs are started by a small process that does nothing else: this
//! program, called again.

use std::path::PathBuf;
use std::process::{Command as StdCommand, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wait4::Wait4;

use super::process::{Command, run};
use super::program;
use super::steps::of_the_copy;
use super::{Cancel, environment};
use crate::facts::Facts;
use crate::parse::measured::{Ending, Finished, Sample, line};
use crate::render::Console;
use crate::step::{Captured, End, Evidence, Timing};

/// Set where this program is called to measure; its value says what.
const WANTED: &str = "BULLETPROOF_MEASURE";

/// The exit code where the measured program could not be started.
const NOT_STARTED: u8 = 126;

/// What is measured, as one process tells the other.
#[derive(Serialize, Deserialize)]
struct Wanted {
    program: PathBuf,
    args: Vec<String>,
    rounds: u32,
    exit: i32,
}

/// Carries out a measurement: what comes of it are the lines of [`crate::parse::measured`].
pub(super) fn carry_out(
    facts: &Facts,
    wanted: &Timing,
    before: &Evidence,
    timeout: Duration,
    cancel: &Cancel,
) -> Captured {
    let call = &wanted.call;
    let ended = |end| {
        let (stdout, stderr) = (Vec::new(), Vec::new());
        Captured { what: call.to_string(), end, stdout, stderr, duration: Duration::ZERO }
    };
    let program = match program::find(facts, call, before) {
        Ok(program) => program,
        Err(end) => return ended(end),
    };
    let own = match environment::own_program() {
        Ok(own) => own,
        Err(error) => return ended(End::NotStarted(error.to_string())),
    };
    let rounds = wanted.warmup.saturating_add(wanted.runs);
    let asked = Wanted { program, args: call.args.clone(), rounds, exit: wanted.exit };
    let mut command = Command::new(own, facts.root.join(&call.folder), timeout);
    command.env.extend(of_the_copy(facts));
    command.env.push((WANTED.into(), Some(line(&asked).into())));
    command.what = call.to_string();
    run(&command, cancel)
}

/// Measures where this program was called for it, and gives the exit code; none where a user called it.
pub(super) fn stand_in() -> Option<u8> {
    let wanted = std::env::var(WANTED).ok()?;
    let wanted: Wanted = serde_json::from_str(&wanted).ok()?;
    let mut runs = 0;
    while runs < wanted.rounds {
        match once(&wanted) {
            Ok(sample) => {
                runs += 1;
                Console.out(&line(&sample));
                if sample.end != Ending::Code(wanted.exit) {
                    break;
                }
            }
            Err(error) => {
                Console.error(&format!("{}: {error}", wanted.program.display()));
                return Some(NOT_STARTED);
            }
        }
    }
    Console.out(&line(&Finished { runs, floor_bytes: own_peak() }));
    Some(0)
}

fn once(wanted: &Wanted) -> std::io::Result<Sample> {
    let mut command = StdCommand::new(&wanted.program);
    command.args(&wanted.args).env_remove(WANTED);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let used = command.spawn()?.wait4()?;
    let wall = start.elapsed();
    let wall_ns = u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX);
    Ok(Sample { wall_ns, peak_bytes: used.rusage.maxrss, end: ending(used.status) })
}

fn ending(status: ExitStatus) -> Ending {
    status.code().map_or_else(|| Ending::Signal(signal(status)), Ending::Code)
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or_default()
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> i32 {
    0
}

/// The most memory that this process held, in bytes.
#[cfg(target_os = "linux")]
fn own_peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or_default().saturating_mul(1024)
}

/// Elsewhere a new process does not start with its parent's figures.
#[cfg(not(target_os = "linux"))]
fn own_peak() -> u64 {
    0
}
