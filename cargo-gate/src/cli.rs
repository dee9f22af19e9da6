//! The command line of a run, shared by `cargo bulletproof` and `cargo gate`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::exec::CacheUse;
use crate::gate::{Features, Options, Stage};
use crate::plan::Selection;
use crate::subject::Wanted;

/// A form of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document, when all is done.
    Json,
    /// One JSON document a line, as things happen.
    Jsonl,
}

/// What a run is asked to do.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct RunArgs {
    /// Skip a gate; the report names it with the reason
    #[arg(long, value_name = "GATE[=REASON]", value_parser = parse_skip, action = ArgAction::Append)]
    pub skip: Vec<(String, String)>,
    /// Stop at the first gate that fails
    #[arg(long)]
    pub fail_fast: bool,
    /// Show what would run and why, and run nothing
    #[arg(long)]
    pub plan: bool,
    /// The form of the report on standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Write the report to a file as well; may be given many times
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_output, action = ArgAction::Append)]
    pub output: Vec<(Format, PathBuf)>,
    /// Folder with the advisory database, instead of the one in the user's cache
    #[arg(long, value_name = "DIR")]
    pub db: Option<String>,
    /// Judge this commit, in a copy of its own, instead of the files on disk
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    pub rev: Option<String>,
    /// Judge what is staged, in a copy of its own, instead of the files on disk
    #[arg(long)]
    pub staged: bool,
    /// The revision to compare with, instead of the one where this branch began
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// Judge only packages that a change since this revision can matter to: those with changed files, and all that
    /// depend on them. A changed manifest, lock file, toolchain or config selects everything
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// The commits of a push, as a hook learns them: arguments of `git rev-list`.
    #[arg(skip)]
    pub range: Option<String>,
    /// Write HTML pages of the gates that have one (coverage, bench)
    #[arg(long)]
    pub html: bool,
    /// Judge this coverage file (lcov) instead of a run of the tests
    #[arg(long, value_name = "FILE")]
    pub lcov: Option<PathBuf>,
    /// Neither use verdicts of earlier runs nor keep those of this one
    #[arg(long, conflicts_with = "cache")]
    pub no_cache: bool,
    /// Use verdicts of earlier runs in the stages ci, release and nightly too
    #[arg(long)]
    pub cache: bool,
    /// Show which inputs of a gate changed since its last verdict, and run nothing
    #[arg(long, value_name = "GATE")]
    pub explain_cache: Option<String>,
    /// Run without any network
    #[arg(long)]
    pub offline: bool,
    /// Accepted as cargo has it; Cargo.lock is never changed anyway
    #[arg(long)]
    pub locked: bool,
    /// Show every finding, and each in full
    #[arg(short, long)]
    pub verbose: bool,
    /// Show the verdict only
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// The manifest of the workspace
    #[command(flatten)]
    pub manifest: clap_cargo::Manifest,
    /// The packages to judge
    #[command(flatten)]
    pub workspace: clap_cargo::Workspace,
    /// The features to judge them with
    #[command(flatten)]
    pub features: clap_cargo::Features,
}

impl RunArgs {
    /// What the gates are asked, in that stage.
    pub fn options(&self, stage: Stage, advisory_db: Option<String>) -> Options {
        // cargo splits features at spaces and commas alike
        let split = |text: &String| {
            text.split([' ', ',']).filter(|t| !t.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        Options {
            stage,
            packages: self.workspace.package.clone(),
            exclude: self.workspace.exclude.clone(),
            features: Features {
                names: self.features.features.iter().flat_map(split).collect(),
                all: self.features.all_features,
                no_default: self.features.no_default_features,
            },
            offline: self.offline,
            fail_fast: self.fail_fast,
            advisory_db: self.db.clone().or(advisory_db),
            base: self.base.clone(),
            range: self.range.clone(),
            html: self.html,
            lcov: self.lcov.clone(),
            ..Options::default()
        }
    }

    /// What is judged.
    pub fn wanted(&self) -> Wanted {
        match &self.rev {
            Some(revision) => Wanted::Commit(revision.clone()),
            None if self.staged => Wanted::Index,
            None => Wanted::Worktree,
        }
    }

    /// Whether it asks for all gates of a stage, on the whole workspace.
    pub fn is_whole(&self, only: &[String]) -> bool {
        let narrowed = !self.workspace.package.is_empty() || !self.workspace.exclude.is_empty();
        only.is_empty() && self.skip.is_empty() && !narrowed && self.since.is_none() && self.lcov.is_none()
    }

    /// What verdicts of earlier runs are used for in that stage: those of the server judge anew.
    pub fn cache_use(&self, stage: Stage) -> CacheUse {
        match stage {
            _ if self.no_cache => CacheUse::Off,
            Stage::Ci | Stage::Release | Stage::Nightly if !self.cache => CacheUse::Keep,
            _ => CacheUse::Full,
        }
    }

    /// Which gates run: these only, or those of the stage.
    pub fn selection(&self, only: &[String]) -> Selection {
        Selection { only: only.to_vec(), skip: self.skip.clone() }
    }
}

fn parse_skip(text: &str) -> Result<(String, String), String> {
    let (gate, reason) = text.split_once('=').unwrap_or((text, "by request (--skip)"));
    match (gate.trim(), reason.trim()) {
        ("", _) => Err("name the gate to skip".to_owned()),
        (_, "") => Err("the reason after `=` is empty".to_owned()),
        (gate, reason) => Ok((gate.to_owned(), reason.to_owned())),
    }
}

fn parse_output(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) =
        text.split_once('=').ok_or("write it as FORMAT=PATH, for example json=report.json")?;
    if path.is_empty() {
        return Err("the path after `=` is empty".to_owned());
    }
    Ok((Format::from_str(format, false)?, PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_has_a_reason_of_its_own_or_the_usual_one() {
        assert_eq!(parse_skip("audit=no network").unwrap(), ("audit".into(), "no network".into()));
        assert_eq!(parse_skip("audit").unwrap().1, "by request (--skip)");
        assert!(parse_skip("audit= ").is_err() && parse_skip("=x").is_err());
    }

    #[test]
    fn an_output_names_its_format_and_its_path() {
        assert_eq!(parse_output("json=a=b.json").unwrap(), (Format::Json, PathBuf::from("a=b.json")));
        assert!(parse_output("report.json").unwrap_err().contains("FORMAT=PATH"));
        assert!(parse_output("sarif2=x").is_err() && parse_output("json=").is_err());
    }

    #[test]
    fn features_are_split_as_cargo_splits_them() {
        let mut args = RunArgs::default();
        args.features.features = vec!["a,b".into(), "c d".into()];
        assert_eq!(args.options(Stage::Ci, None).features.names, ["a", "b", "c", "d"]);
    }
}
