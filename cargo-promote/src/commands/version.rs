//! `cargo promote version`: the next version of the workspace.

use cargo_gate::exec::Cancel;
use cargo_gate::render::Console;

use crate::ops::version::{Release, VersionError};
use crate::render::{self, Format};
use crate::version::{Asked, plan};

/// Set the next version: manifests, lock file, changelog, commit and tag
///
/// Without `--execute` the plan is shown as a diff and nothing is written. `auto` reads the conventional commits since
/// the last release's tag: a breaking change, something new or a correction decides how far the version goes. Before
/// 1.0.0 a breaking change of 0.1.4 gives 0.2.0 and anything else 0.1.5, as cargo reads such versions; 1.0.0 has to be
/// asked for. `major`, `minor` and `patch` are taken literally. All members that have the workspace's version get the
/// new one, and so do the requirements of members on each other; pins (`=`) stay pins.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 done or shown; 1 nothing to release, or refused; 2 could not.")]
pub(crate) struct Version {
    /// `auto`, `major`, `minor`, `patch`, or the version itself
    #[arg(value_name = "VERSION", default_value = "auto")]
    asked: Asked,
    /// Write the files, commit and tag
    #[arg(long)]
    execute: bool,
    /// Make a changelog where there is none
    #[arg(long)]
    create_changelog: bool,
    #[command(flatten)]
    manifest: clap_cargo::Manifest,
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Version {
    pub(crate) fn run(&self) -> u8 {
        match carry_out(self) {
            Ok(text) => {
                Console.out(&text);
                0
            }
            Err(error) => {
                Console.error(&error.to_string());
                if error.is_refusal() { 1 } else { 2 }
            }
        }
    }
}

fn carry_out(args: &Version) -> Result<String, VersionError> {
    let cancel = Cancel::on_signals();
    let release = Release::prepare(args.manifest.manifest_path.as_deref(), args.create_changelog, &cancel)?;
    let plan = plan(&release.ground, &args.asked)?;
    let commit = args.execute.then(|| release.execute(&plan)).transpose()?;
    Ok(match args.format {
        Format::Human => render::version::human(&plan, commit.as_deref()),
        Format::Json => render::version::json(&plan, commit.as_deref()),
    })
}
