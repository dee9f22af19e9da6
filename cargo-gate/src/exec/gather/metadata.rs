//! What cargo says of the workspace, without its dependencies.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::super::memo::{self, Memo};
use super::super::process::{Command, run};
use super::super::snapshot::Ground;
use super::super::{Cancel, Environment};
use super::{Compiler, GatherError, TIMEOUT};
use crate::parse::cargo_error;
use crate::step::{End, Tool};

/// The question about the workspace, without its dependencies.
pub(super) struct Metadata<'a> {
    pub(super) environment: &'a Environment,
    pub(super) found: &'a BTreeMap<Tool, PathBuf>,
    pub(super) ground: &'a Ground,
    pub(super) variables: &'a [(OsString, OsString)],
    pub(super) offline: bool,
    pub(super) cancel: &'a Cancel,
}

impl Metadata<'_> {
    /// cargo's answer, or the one that it gave when all that it hangs on was as it is now; and the compiler, which is
    /// found meanwhile.
    pub(super) fn answer(
        &self,
        compiler: impl FnOnce() -> Compiler,
    ) -> (Result<Vec<u8>, GatherError>, Compiler) {
        let Self { environment, ground, .. } = *self;
        let Some(cargo) = self.found.get(&Tool::Cargo) else {
            return (Err(GatherError::NoCargo), compiler());
        };
        let command = self.command(cargo);
        let names = ground.copy.as_ref().and_then(|copy| Some((copy.listed.names.as_ref()?, &copy.top)));
        let told = names.map_or("", |(digest, _)| digest.as_str());
        let mut memo = Memo::told(environment, &words(&command), told);
        if let Some(answer) = memo.answer() {
            return (Ok(answer.into_bytes()), compiler());
        }
        let answer = self.ask(&command);
        let compiler = compiler();
        if let (Ok(answer), Some(sysroot)) = (&answer, &compiler.1) {
            let folder = ground.manifest.as_deref().and_then(Path::parent);
            let asked =
                folder.map_or_else(|| ground.directory.clone(), |folder| ground.directory.join(folder));
            let of_cargo = memo::of_program(cargo, Tool::Cargo, &ground.directory, sysroot);
            let of_answer = memo::of_metadata(answer, &asked);
            let inputs = of_cargo.zip(of_answer).map(|(of_cargo, of_answer)| {
                // cargo reads its configuration where it is called, wherever the manifest lies
                let configs = memo::Input::Configs(ground.directory.clone());
                let of_answer = match names {
                    Some((_, top)) => memo::but_names(of_answer, top),
                    None => of_answer,
                };
                of_cargo.into_iter().chain(of_answer).chain([configs]).collect()
            });
            memo.keep(answer, inputs);
        }
        (answer, compiler)
    }

    fn command(&self, cargo: &Path) -> Command {
        let mut command = Command::new(cargo, &self.ground.directory, TIMEOUT);
        command = command.args(["metadata", "--format-version", "1", "--no-deps"]);
        let variables = self.variables.iter();
        command.env = variables.map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
        if let Some(manifest) = &self.ground.manifest {
            command = command.args(["--manifest-path".as_ref(), manifest.as_os_str()]);
        }
        if self.offline {
            command = command.args(["--offline"]);
        }
        command
    }

    fn ask(&self, command: &Command) -> Result<Vec<u8>, GatherError> {
        let captured = run(command, self.cancel);
        match captured.exit_code() {
            Ok(0) => Ok(captured.stdout),
            Ok(_) => {
                // a path that leads out of the copy is what cargo stumbles over
                self.ground.copy.as_ref().map_or(Ok(()), |copy| copy.stays([""]))?;
                Err(GatherError::Workspace(cargo_error::summary(&captured.stderr).to_string()))
            }
            Err(_) if captured.end == End::Cancelled => Err(GatherError::Interrupted),
            Err(unreadable) => Err(GatherError::Workspace(unreadable.reason)),
        }
    }
}

/// All of a question that is not of the environment.
fn words(command: &Command) -> Vec<OsString> {
    let Command { program, args, cwd, env, .. } = command;
    let variables = env.iter().flat_map(|(name, value)| [name.clone(), value.clone().unwrap_or_default()]);
    [program.into(), cwd.into()].into_iter().chain(args.iter().cloned()).chain(variables).collect()
}
