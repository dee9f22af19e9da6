//! A tool that misbehaves on cue. A copy of it takes the place of `cargo`, `rustfmt`, `git`, … on the
//! search path of one test; the file `<its name>.json` beside it says what it does:
//!
//! ```json
//! { "real": "/usr/bin/git", "rules": [ { "args": ["ls-files"], "do": "exit", "code": 0, "stdout": "" } ] }
//! ```
//!
//! The first rule counts whose arguments are all among those of the call; where there is none, the real
//! tool does the work. A tool that need not be installed has recorded answers in its place: in the list
//! `recorded`, each with the `args` that it answers, its `code`, `stdout` and `stderr`. What a rule does:
//!
//! - `exit`: ends with `code`, after printing `stdout` and `stderr`
//! - `hang`: never ends
//! - `kill`: dies by SIGKILL
//! - `elsewhere`: the real tool runs in the folder `folder`
//! - `alter`: the real tool runs; of its output stays what `stdout` and `stderr` say (`all`, `half`,
//!   `none`, `but-last-line`, or `before: TEXT` for all before the last TEXT), and it ends with `code`
//!   where there is one. Without `stderr` both outputs go through one pipe, so that their order is kept

#![expect(clippy::disallowed_methods, reason = "it is a tool, and tools have effects")]

use std::error::Error;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The exit code of a fake that was set up wrongly; no tool has it.
const MISUSED: u8 = 99;

fn main() -> ExitCode {
    act().unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "fake tool: {error}");
        ExitCode::from(MISUSED)
    })
}

fn act() -> Result<ExitCode, Box<dyn Error>> {
    let script: Value =
        serde_json::from_slice(&std::fs::read(std::env::current_exe()?.with_extension("json"))?)?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let recorded = script.get("recorded").and_then(Value::as_array);
    let recorded = recorded.into_iter().flatten().find(|answer| fits(answer, &args)).cloned();
    let real = Real { program: text(&script, "real")?.into(), args: args.clone(), recorded };
    let rules = script.get("rules").and_then(Value::as_array).ok_or("the script has no `rules`")?;
    let Some(rule) = rules.iter().find(|rule| fits(rule, &args)) else {
        return match &real.recorded {
            Some(answer) => say(answer),
            None => Ok(code_of(real.command().status()?)),
        };
    };
    match text(rule, "do")? {
        "exit" => say(rule),
        "hang" => loop {
            std::thread::sleep(Duration::from_mins(1));
        },
        "kill" => {
            let own = std::process::id().to_string();
            Command::new("kill").args(["-KILL", &own]).status()?;
            Err("SIGKILL did not end it".into())
        }
        "elsewhere" => Ok(code_of(real.command().current_dir(text(rule, "folder")?).status()?)),
        "alter" => alter(&real, rule),
        other => Err(format!("there is no `{other}`").into()),
    }
}

/// Prints what a rule or a recorded answer says.
fn say(answer: &Value) -> Result<ExitCode, Box<dyn Error>> {
    std::io::stdout().write_all(text(answer, "stdout")?.as_bytes())?;
    std::io::stderr().write_all(text(answer, "stderr")?.as_bytes())?;
    stated_code(answer).ok_or_else(|| "the answer has no `code`".into())
}

/// The tool whose place the fake takes.
struct Real {
    program: PathBuf,
    args: Vec<String>,
    /// What it would say, where it need not be installed.
    recorded: Option<Value>,
}

impl Real {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        command
    }
}

fn alter(real: &Real, rule: &Value) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(answer) = &real.recorded {
        std::io::stdout().write_all(part(text(answer, "stdout")?.as_bytes(), text(rule, "stdout")?))?;
        std::io::stderr().write_all(text(answer, "stderr")?.as_bytes())?;
        return stated_code(rule).or(stated_code(answer)).ok_or_else(|| "the answer has no `code`".into());
    }
    let mut command = real.command();
    command.stdin(Stdio::inherit());
    let (status, stdout) = match text(rule, "stderr") {
        Ok(kept) => {
            let output = command.output()?;
            std::io::stderr().write_all(part(&output.stderr, kept))?;
            (output.status, output.stdout)
        }
        Err(_) => joined(command)?,
    };
    std::io::stdout().write_all(part(&stdout, text(rule, "stdout")?))?;
    Ok(stated_code(rule).unwrap_or_else(|| code_of(status)))
}

fn joined(mut command: Command) -> Result<(ExitStatus, Vec<u8>), Box<dyn Error>> {
    let (mut reader, writer) = std::io::pipe()?;
    let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // the command holds writing ends too, without whose end the reader waits for ever
    drop(command);
    let mut output = Vec::new();
    reader.read_to_end(&mut output)?;
    Ok((child.wait()?, output))
}

fn part<'a>(bytes: &'a [u8], which: &str) -> &'a [u8] {
    let length = match which {
        "all" => bytes.len(),
        "half" => bytes.len() / 2,
        "but-last-line" => {
            let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            body.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
        }
        _ => which.strip_prefix("before: ").and_then(|text| rfind(bytes, text.as_bytes())).unwrap_or(0),
    };
    bytes.get(..length).unwrap_or_default()
}

fn rfind(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).rposition(|window| window == text)
}

fn fits(rule: &Value, args: &[String]) -> bool {
    let wanted = rule.get("args").and_then(Value::as_array).into_iter().flatten();
    wanted.filter_map(Value::as_str).all(|wanted| args.iter().any(|arg| arg == wanted))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value.get(key).and_then(Value::as_str).ok_or_else(|| format!("the script has no text `{key}`"))
}

fn stated_code(rule: &Value) -> Option<ExitCode> {
    let code = rule.get("code")?.as_u64()?;
    u8::try_from(code).ok().map(ExitCode::from)
}

fn code_of(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::from(MISUSED), ExitCode::from)
}
