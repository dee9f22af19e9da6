//! `smoke`: every program starts.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::config::{Reason, Timeout};
use crate::facts::Package;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::release;
use crate::step::{Captured, End, Evidence, Executable, ProgramCall, Step, release_build};
use crate::text::counted;
use crate::versions::printed;

/// The settings of `smoke`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Smoke {
    /// The longest that one call may take.
    limit: Timeout,
    /// Programs that know no `--version` or no `--help`, on purpose.
    without: Vec<Without>,
    /// Further calls that must work.
    commands: Vec<Command>,
}

/// A program that does without a usual flag.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Without {
    /// Its name.
    program: String,
    /// The flags that it does not know: `--version`, `--help`.
    flags: BTreeSet<String>,
    /// Why.
    reason: Reason,
}

/// A call that must work.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Command {
    /// The program and its arguments: a program of the workspace by its name, else a path relative to the
    /// workspace root or a name on the search path.
    run: Vec<String>,
    /// The exit code that it must end with.
    #[serde(default)]
    exit: i32,
    /// A text that its standard output must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prints: Option<String>,
}

impl Default for Smoke {
    fn default() -> Self {
        Self { limit: Timeout(Duration::from_secs(10)), without: Vec::new(), commands: Vec::new() }
    }
}

impl Gate for Smoke {
    const INFO: Info = Info {
        id: "smoke",
        judges: "that each release program starts, and prints its version and its help",
        bar: "exit code 0, and the package's version",
        stages: &[Stage::Release],
        timeout: Duration::from_hours(1),
        rules: &[
            Rule::error("fails", "a call that ends with another exit code than it must, or is killed"),
            Rule::error("hangs", "a call that does not end in time"),
            Rule::error("version-differs", "a `--version` that does not name the package's version"),
            Rule::error("says-nothing", "a `--help` that prints nothing"),
            Rule::error("other-output", "a command that does not print what it must"),
            Rule::warning("unused-entry", "an entry of the config that concerns no program"),
        ],
        manual: "\
## What it checks

Each program of the release build (`cargo build --release --bins`) is started with `--version` and with
`--help`: both end with exit code 0 in time, the first prints the version of its package, the second prints
anything at all. Commands of your own are run too. A program that needs features which are off is not built,
and is named as not started.

## Why

A program that is linked against what only the build machine has, or that panics while it reads its own
defaults, passes every test of its library.

## How to fix

The finding shows what the program printed. A program that has no such flag on purpose is named, and further
calls are listed:

```toml
[gates.smoke]
without = [{ program = \"daemon\", flags = [\"--version\", \"--help\"], reason = \"it takes no arguments\" }]
commands = [{ run = [\"demo\", \"--check\", \"sample.txt\"], prints = \"ok\" }]
```
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let calls = self.calls(cx);
        if calls.is_empty() && release::expected(cx.facts, cx.options).next().is_none() {
            return Planned::NothingToJudge("nothing to judge: no package has a program".to_owned());
        }
        let build = Step::Tool(release_build(cx));
        Planned::Steps(std::iter::once(build).chain(calls.into_iter().map(|call| call.step)).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let programs = release::expected(cx.facts, cx.options).count();
        if programs > 0 {
            release::read(cx.facts, cx.options, evidence.tool(&Step::Tool(release_build(cx)))?)?;
        }
        let calls = self.calls(cx);
        if calls.is_empty() && self.without.is_empty() {
            return Err(Unreadable::nothing_ran("no program was started")
                .help("turn on the features that the programs need: --features"));
        }
        let mut findings = Vec::new();
        for call in &calls {
            findings.extend(call.judge(evidence.tool(&call.step)?)?);
        }
        let failed = findings.len();
        findings.extend(self.unused(cx));
        let started = counted(calls.len(), "call");
        let summary = match failed {
            0 => format!("{started} of {} worked", counted(programs, "program")),
            many => format!("{many} of {started} did not work (bar 0)"),
        };
        let outcome =
            Outcome::new(summary).count("programs", programs).count("calls", calls.len()).findings(findings);
        Ok(self.notes(cx).into_iter().fold(outcome, Outcome::note))
    }
}

/// What a call must give.
enum Wanted {
    /// The version of its package.
    Version(Option<Version>),
    /// Anything.
    Help,
    /// That exit code and, where there is one, that text.
    Command(i32, Option<String>),
}

/// One call of a program.
struct Call {
    step: Step,
    /// As people type it.
    what: String,
    /// The root file of the program, where it is one of the workspace.
    source: Option<String>,
    wanted: Wanted,
}

impl Smoke {
    fn calls(&self, cx: &Context<'_>) -> Vec<Call> {
        let built = release::expected(cx.facts, cx.options)
            .filter(|(_, target)| target.required_features.is_empty() || cx.options.features.all);
        let flags = built.flat_map(|(package, target)| {
            let wanted = [("--version", Wanted::Version(version(package))), ("--help", Wanted::Help)];
            wanted.map(|(flag, wanted)| (target, flag, wanted))
        });
        let flags = flags.filter(|(target, flag, _)| {
            let has = |one: &&Without| one.program == target.name && one.flags.contains(*flag);
            !self.without.iter().any(|one| has(&one))
        });
        let of_flags = flags
            .map(|(target, flag, wanted)| self.call(cx, &[target.name.clone(), flag.to_owned()], wanted));
        let of_commands = self.commands.iter().filter_map(|command| {
            let wanted = Wanted::Command(command.exit, command.prints.clone());
            self.call(cx, &command.run, wanted)
        });
        of_flags.flatten().chain(of_commands).collect()
    }

    fn call(&self, cx: &Context<'_>, run: &[String], wanted: Wanted) -> Option<Call> {
        let (program, args) = run.split_first()?;
        let own = release::expected(cx.facts, cx.options).find(|(_, target)| target.name == *program);
        let call = ProgramCall {
            program: executable(cx, program),
            args: args.to_vec(),
            env: Vec::new(),
            folder: String::new(),
            exclusive: false,
            limit: Some(self.limit.0),
        };
        let source = own.map(|(_, target)| target.root.clone());
        Some(Call { step: Step::Program(call), what: run.join(" "), source, wanted })
    }

    fn unused(&self, cx: &Context<'_>) -> Vec<Finding> {
        let known =
            |name: &str| release::expected(cx.facts, cx.options).any(|(_, target)| target.name == name);
        let programs = self.without.iter().map(|one| &one.program).filter(|name| !known(name));
        programs
            .map(|name| {
                let message = format!("`without` names `{name}`, which is no program of the workspace");
                Finding::warning("smoke/unused-entry", message).help("remove it from `without`")
            })
            .collect()
    }

    fn notes(&self, cx: &Context<'_>) -> Vec<String> {
        let off = release::expected(cx.facts, cx.options)
            .filter(|(_, target)| !target.required_features.is_empty() && !cx.options.features.all);
        let off = off.map(|(_, target)| {
            format!(
                "not started: {}, which needs the features {}",
                target.name,
                target.required_features.join(", ")
            )
        });
        let without = self.without.iter().map(|one| {
            let flags = one.flags.iter().cloned().collect::<Vec<_>>().join(", ");
            format!("{} is not asked for {flags} ({})", one.program, one.reason)
        });
        off.chain(without).collect()
    }
}

/// A program of the release build where the workspace has one of that name.
pub(super) fn executable(cx: &Context<'_>, name: &str) -> Executable {
    let own = release::expected(cx.facts, cx.options).any(|(_, target)| target.name == name);
    let name = name.to_owned();
    if own { Executable::Built { name, build: release_build(cx) } } else { Executable::Named(name) }
}

fn version(package: &Package) -> Option<Version> {
    package.version.parse().ok()
}

impl Call {
    fn judge(&self, captured: &Captured) -> Result<Option<Finding>, Unreadable> {
        let limit = match &self.step {
            Step::Program(call) => call.limit,
            _ => None,
        };
        let expected = if let Wanted::Command(code, _) = self.wanted { code } else { 0 };
        let code = match &captured.end {
            End::Code(code) => *code,
            End::Signal(signal) => {
                return Ok(Some(self.finding("fails", &format!("was killed by signal {signal}"), captured)));
            }
            End::TimedOut(after) if Some(*after) == limit => {
                let after = humantime::format_duration(*after);
                return Ok(Some(self.finding("hangs", &format!("did not end within {after}"), captured)));
            }
            _ => captured.exit_code()?,
        };
        if code != expected {
            let said = format!("ended with exit code {code}, not {expected}");
            return Ok(Some(self.finding("fails", &said, captured)));
        }
        let said = [captured.stdout.as_slice(), b"\n", captured.stderr.as_slice()].concat();
        let wrong = match &self.wanted {
            Wanted::Version(Some(version)) => {
                let printed = printed::versions_in(&said);
                let other = printed.first().map_or("no version".to_owned(), ToString::to_string);
                (!printed::names(&printed, version))
                    .then(|| ("version-differs", format!("prints {other}, and its package has {version}")))
            }
            Wanted::Help | Wanted::Version(None) => {
                said.trim_ascii().is_empty().then(|| ("says-nothing", "prints nothing".to_owned()))
            }
            Wanted::Command(_, Some(text)) => {
                let held = String::from_utf8_lossy(&captured.stdout).contains(text.as_str());
                (!held).then(|| ("other-output", format!("does not print `{text}`")))
            }
            Wanted::Command(_, None) => None,
        };
        Ok(wrong.map(|(rule, said)| self.finding(rule, &said, captured)))
    }

    fn finding(&self, rule: &str, said: &str, captured: &Captured) -> Finding {
        let output = [captured.stdout.as_slice(), captured.stderr.as_slice()].concat();
        let output = String::from_utf8_lossy(&output);
        let first: Vec<&str> = output.lines().take(20).collect();
        let help = match rule {
            "version-differs" => "print `env!(\"CARGO_PKG_VERSION\")`, as clap's `version` does".to_owned(),
            "hangs" => {
                "see where it waits; a program without such a flag is named under `without`".to_owned()
            }
            _ => format!("cargo run --release --bin {}", self.what.replacen(' ', " -- ", 1)),
        };
        let finding = Finding::error(format!("smoke/{rule}"), format!("`{}` {said}", self.what))
            .help(help)
            .anchor(format!("{rule} {}", self.what))
            .detail(first.join("\n"));
        match &self.source {
            Some(source) => finding.at(Place::file(source)),
            None => finding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(wanted: Wanted, end: End, stdout: &str) -> Result<String, Unreadable> {
        let call = ProgramCall {
            program: Executable::Named("demo".into()),
            args: Vec::new(),
            env: Vec::new(),
            folder: String::new(),
            exclusive: false,
            limit: Some(Duration::from_secs(10)),
        };
        let call = Call { step: Step::Program(call), what: "demo x".into(), source: None, wanted };
        let captured = Captured {
            what: "demo".into(),
            end,
            stdout: stdout.into(),
            stderr: Vec::new(),
            duration: Duration::ZERO,
        };
        call.judge(&captured).map(|finding| finding.map(|finding| finding.rule).unwrap_or_default())
    }

    fn wanted_version() -> Wanted {
        Wanted::Version(Some(Version::new(1, 2, 0)))
    }

    #[test]
    fn a_version_must_be_that_of_the_package() {
        assert_eq!(judged(wanted_version(), End::Code(0), "demo 1.2.0\n").unwrap(), "");
        for output in ["demo 1.2.1\n", "demo\n", ""] {
            assert_eq!(judged(wanted_version(), End::Code(0), output).unwrap(), "smoke/version-differs");
        }
    }

    #[test]
    fn help_must_say_something() {
        assert_eq!(judged(Wanted::Help, End::Code(0), "Usage\n").unwrap(), "");
        assert_eq!(judged(Wanted::Help, End::Code(0), " \n").unwrap(), "smoke/says-nothing");
    }

    #[test]
    fn a_command_must_end_as_it_should_and_print_what_it_must() {
        let wanted = || Wanted::Command(3, Some("ok".into()));
        assert_eq!(judged(wanted(), End::Code(3), "all ok\n").unwrap(), "");
        assert_eq!(judged(wanted(), End::Code(3), "all\n").unwrap(), "smoke/other-output");
        assert_eq!(judged(wanted(), End::Code(0), "all ok\n").unwrap(), "smoke/fails");
    }

    #[test]
    fn a_program_that_dies_or_hangs_fails_and_one_that_never_ran_is_not_judged() {
        assert_eq!(judged(Wanted::Help, End::Signal(11), "").unwrap(), "smoke/fails");
        let own = End::TimedOut(Duration::from_secs(10));
        assert_eq!(judged(Wanted::Help, own, "").unwrap(), "smoke/hangs");
        assert!(judged(Wanted::Help, End::TimedOut(Duration::from_secs(1)), "").is_err());
        assert!(judged(Wanted::Help, End::NotStarted("no".into()), "").is_err());
        assert!(judged(Wanted::Help, End::Cancelled, "").is_err());
    }
}
