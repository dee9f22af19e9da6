//! `cargo bulletproof hook NAME`: what git's hooks run.

use std::path::{Path, PathBuf};

use cargo_gate::commit_message;
use cargo_gate::exec::{self, Cancel, Environment};
use cargo_gate::render::{self, Console};
use cargo_gate::run::hook_settings;
use cargo_gate::verdict::NO_VERDICT;
use clap::{Args, Subcommand};

use crate::push::{self, Place, Push};

/// The exit code where a message is not as it should be.
const FAILED: u8 = 1;

#[derive(Debug, Subcommand)]
pub(crate) enum Hook {
    /// Judge what is staged
    PreCommit(Place),
    /// Judge the commits that git names on the standard input
    PrePush(Push),
    /// Judge a commit's message by the specification of conventional commits
    CommitMsg(Message),
}

#[derive(Debug, Args)]
pub(crate) struct Message {
    /// The file with the message, as git names it
    file: PathBuf,
    /// The manifest of the workspace whose config holds
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// Runs the command and gives the exit code.
pub(crate) fn run(hook: &Hook) -> u8 {
    match hook {
        Hook::PreCommit(place) => push::commit(place),
        Hook::PrePush(pushed) => push::push(pushed),
        Hook::CommitMsg(message) => commit_msg(message).unwrap_or_else(|error| {
            Console.error(&error);
            NO_VERDICT
        }),
    }
}

fn commit_msg(message: &Message) -> Result<u8, String> {
    let environment = Environment::read().map_err(|error| error.to_string())?;
    Console.color(environment.color.as_deref());
    let folder = message.manifest_path.as_deref().and_then(Path::parent);
    let folder = exec::config_folder(&environment, folder);
    let rules = hook_settings(&folder).map_err(|error| error.to_string())?.message;
    let cancel = Cancel::on_signals();
    let (text, cleanup) = exec::read_message(&environment, &message.file, &cancel)
        .map_err(|unreadable| unreadable.to_string())?;
    let shown = message.file.display().to_string();
    let Some(finding) = commit_message::judge(&text, &shown, &cleanup, &rules) else { return Ok(0) };
    Console.status(&render::finding(finding));
    Console.status(&format!("The message is kept: git commit --edit --file=\"{shown}\""));
    Ok(FAILED)
}
