//! `cargo bulletproof hooks`: git starts the gates before commits and pushes.

use std::fmt::Write as _;

use cargo_gate::exec::{self, Cancel, Environment};
use cargo_gate::hooks::{self, Change, HookName, Judged, Repository};
use cargo_gate::render::Console;
use cargo_gate::run::hook_settings;
use cargo_gate::verdict::NO_VERDICT;
use clap::{Args, Subcommand};

/// The exit code of `status` where a hook is not in order.
const NOT_IN_ORDER: u8 = 1;

#[derive(Debug, Subcommand)]
pub(crate) enum Hooks {
    /// Have git start the gates; a hook that is there is kept, and runs first
    Install(Which),
    /// Take our hooks away, and put back those that were there before
    Uninstall(Which),
    /// Show how each hook stands; the exit code is 0 where all are in order
    Status(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The hook, instead of those that the config names (pre-commit and pre-push where it names none); may be
    /// given many times
    #[arg(long, value_name = "HOOK", value_enum, value_delimiter = ',')]
    hook: Vec<HookName>,
}

/// Runs the command and gives the exit code.
pub(crate) fn run(command: &Hooks) -> u8 {
    attempt(command).unwrap_or_else(|error| {
        Console.error(&error);
        NO_VERDICT
    })
}

/// What every command needs to know.
struct Scene {
    repository: Repository,
}

impl Scene {
    fn find() -> Result<Self, String> {
        let environment = Environment::read().map_err(|error| error.to_string())?;
        let cancel = Cancel::on_signals();
        let found = exec::find_hooks(&environment, &cancel).map_err(|unreadable| {
            let help = unreadable.help.map(|help| format!("\nhelp: {help}")).unwrap_or_default();
            unreadable.reason + &help
        })?;
        let repository =
            found.ok_or("there is no git repository here, and so no hooks; git init makes one")?;
        Ok(Self { repository })
    }

    /// The hooks that are asked for: those of the command line, else those of the config.
    fn wanted(&self, which: &Which) -> Result<Vec<HookName>, String> {
        if !which.hook.is_empty() {
            return Ok(which.hook.clone());
        }
        let folder = self.repository.workspace.as_deref();
        let settings = folder.map(hook_settings).transpose();
        Ok(settings.map_err(|error| error.to_string())?.unwrap_or_default().hooks)
    }
}

fn attempt(command: &Hooks) -> Result<u8, String> {
    let scene = Scene::find()?;
    match command {
        Hooks::Install(which) => install(&scene, which),
        Hooks::Uninstall(which) => uninstall(&scene, which),
        Hooks::Status(which) => status(&scene, which),
    }
}

fn install(scene: &Scene, which: &Which) -> Result<u8, String> {
    let repository = &scene.repository;
    let script = exec::hook_script(repository)
        .map_err(|error| format!("this program's own path cannot be told: {error}"))?;
    let wanted = scene.wanted(which)?;
    let changes = hooks::install(repository, &wanted, &script).map_err(|refusal| refusal.to_string())?;
    carry_out(&changes)?;
    if repository.workspace.is_none() {
        Console.status("note: there is no Cargo.toml here; the hooks refuse what they cannot judge");
    }
    if repository.hooks_are_files_of_the_tree() {
        let folder = repository.shown(&repository.folder);
        Console.status(&format!(
            "note: core.hooksPath leads into the work tree ({folder}): what git tracks there, all who clone get"
        ));
    }
    Ok(0)
}

fn uninstall(scene: &Scene, which: &Which) -> Result<u8, String> {
    let wanted = if which.hook.is_empty() { &HookName::ALL[..] } else { &which.hook };
    carry_out(&hooks::uninstall(&scene.repository, wanted))?;
    Ok(0)
}

fn carry_out(changes: &[Change]) -> Result<(), String> {
    changes.iter().try_for_each(|change| {
        exec::change_hooks(&change.actions).map_err(|error| format!("{}: {error}", change.hook))?;
        Console.out(&format!("{:<10}  {}\n", change.hook, change.says));
        Ok(())
    })
}

fn status(scene: &Scene, which: &Which) -> Result<u8, String> {
    let wanted = scene.wanted(which)?;
    let repository = &scene.repository;
    let judged = hooks::judge(repository);
    let mut text = format!("hooks of this repository: {}\n", repository.shown(&repository.folder));
    for one in &judged {
        // one that nobody asks for is shown where something is there
        let is_there = repository.hooks.iter().any(|found| found.hook == one.hook && found.file.is_some());
        if wanted.contains(&one.hook) || is_there {
            text.push_str(&line(one));
        }
    }
    let missing = judged.iter().filter(|one| wanted.contains(&one.hook) && !one.is_in_order());
    let names: Vec<&str> = missing.map(|one| one.hook.name()).collect();
    if !names.is_empty() {
        let hooks = names.join(",");
        let _ = writeln!(text, "help: cargo bulletproof hooks install --hook {hooks}");
    }
    Console.out(&text);
    Ok(if names.is_empty() { 0 } else { NOT_IN_ORDER })
}

fn line(judged: &Judged) -> String {
    let mut line = format!("{:<10}  {}", judged.hook, judged.state);
    if judged.chained {
        line.push_str("; the hook that was there before runs first");
    }
    if let Some(program) = &judged.program {
        let _ = write!(line, "; starts {}", program.display());
    }
    if let Some(name) = &judged.twice {
        let _ = write!(line, "; warning: hook.{name} of git's configuration starts the gates a second time");
    }
    line + "\n"
}
