//! Programs of the candidate that must run.

use cargo_gate::step::{Captured, End};

use super::check::{Check, Outcome};
use super::checklist::last_line;
use crate::candidate::{Artifact, Candidate};
use crate::config::Smoke;

/// The artifact that a command runs, where this machine can run it.
///
/// # Errors
/// The check as it stands without a run.
pub fn where_to_run<'a>(smoke: &Smoke, candidate: &'a Candidate) -> Result<&'a Artifact, Check> {
    let ended = |outcome| Check::new(name(smoke), outcome);
    let artifacts = &candidate.manifest().artifacts;
    let Some(artifact) = artifacts.iter().find(|artifact| artifact.name == smoke.artifact) else {
        let all: Vec<&str> = artifacts.iter().map(|artifact| artifact.name.as_str()).collect();
        let why = format!("the candidate has no such artifact; it has {}", all.join(", "));
        return Err(ended(Outcome::Refused(why)));
    };
    match &artifact.target {
        Some(target) if !runs_here(target) => Err(ended(Outcome::CouldNot(format!(
            "it was built for {target}, and this machine has {} and {}; promote from one that can run it",
            std::env::consts::ARCH,
            std::env::consts::OS
        )))),
        _ => Ok(artifact),
    }
}

/// How a program that was run stands.
pub fn smoke(smoke: &Smoke, ran: &Captured) -> Check {
    let wanted = smoke.prints.as_deref().unwrap_or_default();
    let printed = String::from_utf8_lossy(&ran.stdout);
    let outcome = match &ran.end {
        End::Code(0) if printed.contains(wanted) => {
            let what = smoke.prints.as_ref().map(|text| format!(" and prints `{text}`")).unwrap_or_default();
            Outcome::Passed(format!("it runs{what}"))
        }
        End::Code(0) => Outcome::Refused(format!("it runs, and does not print `{wanted}`{}", last_line(ran))),
        End::Code(code) => Outcome::Refused(format!("it ended with {code}{}", last_line(ran))),
        End::Signal(signal) => {
            Outcome::Refused(format!("it was ended by the signal {signal}{}", last_line(ran)))
        }
        End::TimedOut(limit) => Outcome::Refused(format!("it took longer than {}s", limit.as_secs_f64())),
        _ => Outcome::CouldNot(ran.exit_code().err().map(|bad| bad.reason).unwrap_or_default()),
    };
    Check::new(name(smoke), outcome)
}

/// A program that is only run when the promotion is carried out.
pub fn smoke_later(smoke: &Smoke) -> Check {
    let prints = smoke.prints.as_ref().map(|text| format!(", and must print `{text}`")).unwrap_or_default();
    Check::new(name(smoke), Outcome::Later(format!("the staged bytes are run{prints}")))
}

/// A program that was not run.
pub fn smoke_without(smoke: &Smoke, outcome: Outcome) -> Check {
    Check::new(name(smoke), outcome)
}

/// Whether programs of a target can run on this machine: the same processor and system. Which C library they need is
/// seen when they start.
fn runs_here(target: &str) -> bool {
    let mut parts = target.split('-');
    let processor = match parts.next().unwrap_or_default() {
        "i586" | "i686" => "x86",
        "arm64" => "aarch64",
        other => other,
    };
    let system = std::env::consts::OS;
    let named = if system == "macos" { "darwin" } else { system };
    processor == std::env::consts::ARCH && parts.any(|part| part == named)
}

fn name(smoke: &Smoke) -> String {
    let words: Vec<&str> =
        std::iter::once(smoke.artifact.as_str()).chain(smoke.args.iter().map(String::as_str)).collect();
    format!("smoke {}", words.join(" "))
}
