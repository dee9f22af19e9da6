//! A folder of fake tools at the front of the search path.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{fake_tool, find_program, lay_program, path_with, program_in};

/// What a fake tool does in the place of the real one.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Ends with that code, after printing that to standard output and standard error.
    Exit(u8, String, String),
    /// Never ends.
    Hang,
    /// Dies by a signal.
    Kill,
    /// Lets the real tool run in another folder.
    Elsewhere(PathBuf),
    /// Lets the real tool run; keeps that part of its standard output (`all`, `half`, `none`,
    /// `but-last-line`, `before: TEXT`) and all of its standard error, and ends with that code where
    /// there is one.
    Alter(&'static str, Option<u8>),
    /// The same for a tool whose outputs go through one pipe.
    AlterJoined(&'static str, Option<u8>),
}

impl Act {
    /// Ends with that code and says nothing.
    pub(crate) fn silent(code: u8) -> Self {
        Self::Exit(code, String::new(), String::new())
    }

    /// Fails with that message.
    pub(crate) fn fail(code: u8, stderr: &str) -> Self {
        Self::Exit(code, String::new(), stderr.to_owned())
    }

    fn script(&self) -> Value {
        match self {
            Self::Exit(code, stdout, stderr) => {
                json!({ "do": "exit", "code": code, "stdout": stdout, "stderr": stderr })
            }
            Self::Hang => json!({ "do": "hang" }),
            Self::Kill => json!({ "do": "kill" }),
            Self::Elsewhere(folder) => json!({ "do": "elsewhere", "folder": folder }),
            Self::Alter(stdout, code) => {
                json!({ "do": "alter", "stdout": stdout, "stderr": "all", "code": code })
            }
            Self::AlterJoined(stdout, code) => json!({ "do": "alter", "stdout": stdout, "code": code }),
        }
    }
}

/// Fake tools, and the search path that leads to them.
#[derive(Debug)]
pub(crate) struct Fakes {
    folder: tempfile::TempDir,
    rules: BTreeMap<String, Vec<Value>>,
    recorded: BTreeMap<String, Vec<Value>>,
    rest: Vec<PathBuf>,
}

impl Fakes {
    /// No fake yet: every tool is the real one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rest = env::split_paths(&env::var_os("PATH").unwrap()).collect();
        Self { folder, rules: BTreeMap::new(), recorded: BTreeMap::new(), rest }
    }

    /// The tool does that where a call has all those arguments; the real one takes all other calls.
    pub(crate) fn on(mut self, tool: &str, args: &[&str], act: &Act) -> Self {
        let mut rule = act.script();
        rule["args"] = json!(args);
        self.rules.entry(tool.to_owned()).or_default().push(rule);
        self.write(tool);
        self
    }

    /// The tool need not be installed: on calls with all those arguments it says that, unless a rule has it
    /// misbehave. The first answer that fits counts.
    pub(crate) fn recorded(
        mut self,
        tool: &str,
        args: &[&str],
        code: u8,
        stdout: &str,
        stderr: &str,
    ) -> Self {
        let answer = json!({ "args": args, "code": code, "stdout": stdout, "stderr": stderr });
        self.recorded.entry(tool.to_owned()).or_default().push(answer);
        self.write(tool);
        self
    }

    fn write(&self, tool: &str) {
        let of = |all: &BTreeMap<String, Vec<Value>>| all.get(tool).cloned().unwrap_or_default();
        let real = find_program(tool).unwrap_or_default();
        let script = json!({ "real": real, "rules": of(&self.rules), "recorded": of(&self.recorded) });
        let program = program_in(self.folder.path(), tool);
        std::fs::write(program.with_extension("json"), script.to_string()).unwrap();
        if !program.exists() {
            lay_program(fake_tool(), &program);
        }
    }

    /// The tool is not on the search path; what lies beside it in its folder still is.
    pub(crate) fn without(mut self, tool: &str) -> Self {
        for file in [
            program_in(self.folder.path(), tool),
            program_in(self.folder.path(), tool).with_extension("json"),
        ] {
            // a fake of it, where there is one
            let _ = std::fs::remove_file(file);
        }
        let places = std::mem::take(&mut self.rest);
        for (number, folder) in places.into_iter().enumerate() {
            if program_in(&folder, tool).exists() {
                let links = self.folder.path().join(format!("{number}-without-{tool}"));
                link_all_but(&folder, &links, tool);
                self.rest.push(links);
            } else {
                self.rest.push(folder);
            }
        }
        self
    }

    /// Where the fakes lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The search path.
    pub(crate) fn path(&self) -> OsString {
        path_with(self.folder.path(), &self.rest)
    }
}

#[cfg(unix)]
fn link_all_but(folder: &Path, links: &Path, tool: &str) {
    std::fs::create_dir(links).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != tool {
            std::os::unix::fs::symlink(entry.path(), links.join(entry.file_name())).unwrap();
        }
    }
}

#[cfg(not(unix))]
fn link_all_but(_: &Path, links: &Path, _: &str) {
    std::fs::create_dir(links).unwrap();
}
