//! `custom`: any command of the user's, as a gate of its own name.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Globs;
use crate::custom::{Judgement, Output};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Evidence, Executable, ProgramCall, Step, Streams, Tool, ToolCall};

/// The settings of an entry of `[[gate]]`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Custom {
    /// The gate's name in plans, reports and on the command line: small letters, digits and `-`.
    name: String,
    /// The program and its arguments, each by itself; no shell reads them. A program with a `/` in it is a
    /// file of the workspace, another one is looked up on the search path.
    command: Vec<String>,
    /// The folder that it runs in, relative to the workspace root.
    folder: String,
    /// What it judges, in a line.
    judges: String,
    /// How its answer is read.
    output: Output,
    /// The files that its answer depends on; every file of the workspace where there are none.
    inputs: Globs,
}

impl Gate for Custom {
    const INFO: Info = Info {
        id: "custom",
        judges: "any command of yours",
        bar: "its exit code, or its SARIF, JUnit or JSON lines",
        stages: &[Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(10),
        rules: &[
            Rule::error("failed", "a command that says that something is wrong, a test that failed"),
            Rule::error("*", "whatever the command reports, under the command's own names"),
        ],
        manual: "\
## What it checks

Whatever your command checks. Each entry of `[[gate]]` is a gate of its own name: it stands in plans, reports
and `cargo bulletproof list`, and runs by `cargo gate NAME`, `--gate NAME` and `--skip NAME`.

```toml
[[gate]]
name = \"licence-headers\"
command = [\"python3\", \"tools/headers.py\", \"--check\"]
stages = [\"pre-push\", \"ci\"]
timeout = \"2m\"
output = \"json-lines\"
```

How the answer is read is `output`:

- `exit-code`: 0 is passed, any other is failed; the end of the output is shown.
- `sarif`: the results of a SARIF 2.1.0 log on standard output, with their rules and places. Suppressed
  results do not count. A run without `results`, or whose tool says that it failed, is no answer.
- `junit`: the tests of a JUnit report on standard output. Counts that disagree with the tests, failures with
  the exit code 0, and a report in which no test ran are no answer.
- `json-lines`: a finding a line on standard output, with `message` and, where there is one, `rule`,
  `severity` (`error` or `warning`), `file`, `line`, `column`, `end_line`, `end_column`, `help`, `detail`; then a
  last line that counts them: `{\"done\": {\"checked\": 12, \"findings\": 1}}`.

An exit code that is not 0 is never passed, whatever the report says: with a report that finds nothing
wrong, or with output that is cut short, the gate is `broken`.

## Why

What a team checks beside the usual should fail in the same run, with the same report and the same promise:
no answer is not a good answer.

## How to fix

The finding shows what the command says. Run the command by itself in the workspace root.
",
    };

    fn plan(&self, _: &Context<'_>) -> Planned {
        Planned::Steps(vec![self.step()])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let step = self.step();
        let captured = evidence.tool(&step)?;
        let judgement = Judgement { gate: &self.name, root: &cx.facts.root, folder: &self.folder, captured };
        judgement.by(self.output)
    }
}

impl Custom {
    fn step(&self) -> Step {
        let (program, args) = self
            .command
            .split_first()
            .map_or(("", Vec::new()), |(program, args)| (program.as_str(), args.to_vec()));
        // cargo takes turns with the builds of other gates, or it would wait for them within its own time
        if program == "cargo" && self.folder.is_empty() {
            let streams = Streams::Separate;
            let env = Vec::new();
            return Step::Tool(ToolCall { tool: Tool::Cargo, args, env, streams, builds: true });
        }
        let program = Executable::Named(program.to_owned());
        Step::Program(ProgramCall { program, args, folder: self.folder.clone(), limit: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(command: &[&str]) -> Custom {
        Custom { command: command.iter().map(|word| (*word).to_owned()).collect(), ..Custom::default() }
    }

    #[test]
    fn cargo_takes_turns_with_other_builds_and_other_programs_do_not() {
        assert!(custom(&["cargo", "xtask", "tidy"]).step().builds());
        let other = custom(&["tools/check", "--all"]).step();
        assert!(!other.builds());
        assert_eq!(other.to_string(), "tools/check --all");
    }
}
