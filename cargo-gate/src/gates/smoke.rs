//! `smoke`: every program starts.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::config::{CommandLine, Reason, Timeout};
use crate::facts::Target;
use crate::feature_sets::required_but_off;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::parse::cargo_messages::CargoRun;
use crate::release;
use crate::step::{Captured, End, Evidence, ProgramCall, Step, release_build};
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
    run: CommandLine,
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
`--help`: both end with exit code 0 in time, the first version that the first one prints is that of its package,
the second prints anything at all. Commands of your own are run too. A program that needs features which are off
is not built, and is named as not started; so is a command of a program whose package is not judged. A run in
which no program was started does not pass.

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
        let programs = release::expected(cx.facts, cx.options).next().is_some();
        if calls.is_empty() && !programs {
            return Planned::NothingToJudge("nothing to judge: no package has a program".to_owned());
        }
        let build = programs.then(|| Step::Tool(release_build(cx)));
        Planned::Steps(build.into_iter().chain(calls.into_iter().map(|call| call.step)).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let mut build = None;
        if release::expected(cx.facts, cx.options).next().is_some() {
            let captured = evidence.tool(&Step::Tool(release_build(cx)))?;
            build = Some(release::read(cx.facts, cx.options, captured)?);
        }
        let build = build.as_ref();
        // cargo has left out programs whose features are off, unless another member turns them on
        let calls: Vec<Call<'_>> =
            self.calls(cx).into_iter().filter(|call| call.must_work(cx, build)).collect();
        if calls.is_empty() {
            return Err(Unreadable::nothing_ran("no program was started").help(
                "turn on the features that the programs need (--features), or name a call under `commands`",
            ));
        }
        let mut findings = Vec::new();
        for call in &calls {
            findings.extend(call.judge(evidence.tool(&call.step)?)?);
        }
        let failed = findings.len();
        findings.extend(self.unused(cx));
        let started = counted(calls.len(), "call");
        let programs: BTreeSet<&str> = calls.iter().map(|call| call.program.as_str()).collect();
        let summary = match failed {
            0 => format!("{started} of {} worked", counted(programs.len(), "program")),
            many => format!("{many} of {started} did not work (bar 0)"),
        };
        let outcome = Outcome::new(summary)
            .count("programs", programs.len())
            .count("calls", calls.len())
            .findings(findings);
        Ok(self.notes(cx, build).into_iter().fold(outcome, Outcome::note))
    }
}

/// What a call must give.
enum Wanted {
    /// That version, which is its package's.
    Version(String),
    /// Anything.
    Help,
    /// That exit code and, where there is one, that text.
    Command(i32, Option<String>),
}

/// One call of a program.
struct Call<'a> {
    step: Step,
    program: String,
    /// As people type it.
    what: String,
    /// The program, where it is one of the workspace.
    own: Option<&'a Target>,
    wanted: Wanted,
}

impl Smoke {
    fn calls<'a>(&self, cx: &Context<'a>) -> Vec<Call<'a>> {
        let flags = release::expected(cx.facts, cx.options).flat_map(|(package, target)| {
            let version = Wanted::Version(package.version.clone());
            [("--version", version), ("--help", Wanted::Help)].map(|(flag, wanted)| (target, flag, wanted))
        });
        let flags = flags.filter(|(target, flag, _)| {
            let has = |one: &&Without| one.program == target.name && one.flags.contains(*flag);
            !self.without.iter().any(|one| has(&one))
        });
        let of_flags = flags.filter_map(|(target, flag, wanted)| {
            let run = CommandLine { program: target.name.clone(), args: vec![flag.to_owned()] };
            self.call(cx, &run, wanted)
        });
        let of_commands = self.commands.iter().filter_map(|command| {
            let wanted = Wanted::Command(command.exit, command.prints.clone());
            self.call(cx, &command.run, wanted)
        });
        of_flags.chain(of_commands).collect()
    }

    fn call<'a>(&self, cx: &Context<'a>, run: &CommandLine, wanted: Wanted) -> Option<Call<'a>> {
        let CommandLine { program, args } = run;
        let own = release::expected(cx.facts, cx.options).find(|(_, target)| target.name == *program);
        let call = ProgramCall {
            program: release::executable(cx, program)?,
            args: args.clone(),
            folder: String::new(),
            limit: Some(self.limit.0),
        };
        let own = own.map(|(_, target)| target);
        Some(Call { step: Step::Program(call), program: program.clone(), what: run.to_string(), own, wanted })
    }

    fn unused(&self, cx: &Context<'_>) -> Vec<Finding> {
        let targets = cx.facts.packages.iter().flat_map(|package| &package.targets);
        let known: BTreeSet<&str> =
            targets.filter(|target| target.is("bin")).map(|target| target.name.as_str()).collect();
        let programs =
            self.without.iter().map(|one| &one.program).filter(|name| !known.contains(name.as_str()));
        programs
            .map(|name| {
                let message = format!("`without` names `{name}`, which is no program of the workspace");
                Finding::warning("smoke/unused-entry", message).help("remove it from `without`")
            })
            .collect()
    }

    fn notes(&self, cx: &Context<'_>, build: Option<&CargoRun>) -> Vec<String> {
        let root = &cx.facts.root;
        let off = release::expected(cx.facts, cx.options)
            .filter(|(_, target)| !build.is_some_and(|build| release::made(build, root, target)));
        let off = off.map(|(package, target)| {
            let needed = required_but_off(package, target, &cx.options.features).join(", ");
            format!("not started: {}, which needs the features {needed}", target.name)
        });
        let elsewhere = self.commands.iter().map(|command| &command.run);
        let elsewhere = elsewhere.filter(|run| release::executable(cx, &run.program).is_none());
        let elsewhere =
            elsewhere.map(|run| format!("not started: `{run}`, a program of a package that is not judged"));
        let without = self.without.iter().map(|one| {
            let flags = one.flags.iter().cloned().collect::<Vec<_>>().join(", ");
            format!("{} is not asked for {flags} ({})", one.program, one.reason)
        });
        off.chain(elsewhere).chain(without).collect()
    }
}

impl Call<'_> {
    /// Whether there is a program to call. A command of the config asks for it; of the others, cargo has made
    /// all but those whose features are off.
    fn must_work(&self, cx: &Context<'_>, build: Option<&CargoRun>) -> bool {
        let made = |target| build.is_some_and(|build| release::made(build, &cx.facts.root, target));
        matches!(self.wanted, Wanted::Command(..)) || self.own.is_none_or(made)
    }

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
            Wanted::Version(version) => {
                let wanted = Version::parse(version)
                    .map_err(|error| Unreadable::garbage(format!("{}: {error}", self.program)))?;
                let printed = printed::first_version(&said);
                let same = printed.as_ref().is_some_and(|printed| printed::same(printed, &wanted));
                let other = printed.map_or("no version".to_owned(), |printed| printed.to_string());
                (!same).then(|| ("version-differs", format!("prints {other}, and its package has {version}")))
            }
            Wanted::Help => {
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
        match self.own {
            Some(target) => finding.at(Place::file(&target.root)),
            None => finding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Executable;

    fn judged(wanted: Wanted, end: End, stdout: &str) -> Result<String, Unreadable> {
        let call = ProgramCall {
            program: Executable::Named("demo".into()),
            args: Vec::new(),
            folder: String::new(),
            limit: Some(Duration::from_secs(10)),
        };
        let (program, what) = ("demo".into(), "demo x".into());
        let call = Call { step: Step::Program(call), program, what, own: None, wanted };
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
        Wanted::Version("1.2.0".into())
    }

    #[test]
    fn a_version_must_be_that_of_the_package() {
        assert_eq!(judged(wanted_version(), End::Code(0), "demo 1.2.0\n").unwrap(), "");
        for output in ["demo 1.2.1\n", "demo\n", "", "demo 1.1.0 (openssl 1.2.0)\n"] {
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
