//! The environment that we were started in, and the one that tools are started in.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::step::Tool;

/// What we read of our own environment.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The folder we were started in.
    pub directory: PathBuf,
    /// `CARGO`: the cargo that started us.
    pub cargo: Option<PathBuf>,
    /// `RUSTFMT`: the user's choice of rustfmt, as cargo-fmt knows it.
    pub rustfmt: Option<PathBuf>,
    /// `BULLETPROOF_ADVISORY_DB`: a folder with the advisory database.
    pub advisory_db: Option<String>,
    /// `CARGO_TERM_COLOR`: `auto`, `always` or `never`.
    pub color: Option<String>,
    /// Whether `CARGO_TERM_PROGRESS_WHEN` is `never`.
    pub no_progress: bool,
    /// The variables with flags for every rustc, each with its value.
    pub rustflags: Vec<(String, String)>,
    /// The same for every rustdoc.
    pub flags_of_rustdoc: Vec<(String, String)>,
    /// Revisions that the server which runs us names as the target of a change, the likeliest first.
    pub base_hints: Vec<String>,
    /// The commit that the branch had before the push that the server runs us for.
    pub before: Option<String>,
    /// `RUSTC_WRAPPER`, or `CARGO_BUILD_RUSTC_WRAPPER`, with its value: what cargo calls in the place of every rustc.
    /// An empty one is there: it switches the wrapper of the configuration off.
    pub rustc_wrapper: Option<(String, PathBuf)>,
    /// `RUSTC_WORKSPACE_WRAPPER`: what the user has cargo call in the place of rustc for the workspace.
    pub workspace_wrapper: Option<OsString>,
    /// The user's variables with flags for rustdoc, parted by the byte 0x1f.
    pub rustdocflags: Option<OsString>,
    /// `LLVM_COV`: the user's choice of `llvm-cov`.
    pub llvm_cov: Option<PathBuf>,
    /// `LLVM_PROFDATA`: the user's choice of `llvm-profdata`.
    pub llvm_profdata: Option<PathBuf>,
    /// `CARGO_BUILD_TARGET`: the target that cargo builds for.
    pub build_target: Option<String>,
    /// `SOURCE_DATE_EPOCH`: the time that what is built is to carry.
    pub source_date_epoch: Option<String>,
    /// Where cargo keeps its index cache.
    pub cargo_home: Option<PathBuf>,
    /// `CARGO_TARGET_DIR`, or `CARGO_BUILD_TARGET_DIR`: where the user has cargo build.
    pub target_dir: Option<PathBuf>,
    /// `GIT_DIR`: where git tells a hook that the repository is.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`: where its tree is, where it is not the current folder.
    pub git_work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: the index that git is about to commit.
    pub git_index: Option<PathBuf>,
    /// Whether `GIT_EDITOR` is `:`, by which git tells its hooks that the user had no message to edit.
    pub no_editor: bool,
    /// Whether the request forbids remembered answers (`--no-cache`).
    pub asks_anew: bool,
}

impl Environment {
    /// Reads it.
    ///
    /// # Errors
    /// When the current folder is gone.
    pub fn read() -> std::io::Result<Self> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |name: &str| variable(name)?.into_string().ok();
        let home = || etcetera::home_dir().ok().map(|home| home.join(".cargo"));
        Ok(Self {
            directory: std::env::current_dir()?,
            cargo: variable("CARGO").map(PathBuf::from),
            rustfmt: variable("RUSTFMT").map(PathBuf::from),
            advisory_db: variable("BULLETPROOF_ADVISORY_DB")
                .map(|value| value.to_string_lossy().into_owned()),
            color: variable("CARGO_TERM_COLOR").and_then(|value| value.into_string().ok()),
            no_progress: variable("CARGO_TERM_PROGRESS_WHEN").is_some_and(|value| value == "never"),
            rustflags: flags("RUSTFLAGS"),
            flags_of_rustdoc: flags("RUSTDOCFLAGS"),
            base_hints: base_hints(&text),
            before: before(&text, &|path| std::fs::read(path).ok()),
            rustc_wrapper: ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"]
                .into_iter()
                .find_map(|name| Some((name.to_owned(), std::env::var_os(name)?.into()))),
            workspace_wrapper: variable("RUSTC_WORKSPACE_WRAPPER")
                .or_else(|| variable("CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER")),
            rustdocflags: variable("CARGO_ENCODED_RUSTDOCFLAGS").or_else(|| {
                variable("RUSTDOCFLAGS")
                    .or_else(|| variable("CARGO_BUILD_RUSTDOCFLAGS"))
                    .map(|flags| parted(&flags))
            }),
            llvm_cov: variable("LLVM_COV").map(PathBuf::from),
            llvm_profdata: variable("LLVM_PROFDATA").map(PathBuf::from),
            build_target: variable("CARGO_BUILD_TARGET").and_then(|value| value.into_string().ok()),
            source_date_epoch: variable("SOURCE_DATE_EPOCH")
                .map(|value| value.to_string_lossy().into_owned()),
            cargo_home: variable("CARGO_HOME").map(PathBuf::from).or_else(home),
            target_dir: variable("CARGO_TARGET_DIR")
                .or_else(|| variable("CARGO_BUILD_TARGET_DIR"))
                .map(PathBuf::from),
            git_dir: variable("GIT_DIR").map(PathBuf::from),
            git_work_tree: variable("GIT_WORK_TREE").map(PathBuf::from),
            git_index: variable("GIT_INDEX_FILE").map(PathBuf::from),
            no_editor: variable("GIT_EDITOR").is_some_and(|editor| editor == ":"),
            asks_anew: false,
        })
    }
}

/// The path of this program, as it was when somebody first asked: a build that replaces it, as one of our own
/// workspace does, leaves a program of the same name there.
pub(super) fn own_program() -> std::io::Result<PathBuf> {
    static OWN: OnceLock<PathBuf> = OnceLock::new();
    match OWN.get() {
        Some(own) => Ok(own.clone()),
        None => std::env::current_exe().map(|own| OWN.get_or_init(|| own).clone()),
    }
}

/// GitHub and Gitea name the target branch; GitLab names the commit, and the branch.
fn base_hints(variable: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let branch = |name: &str| Some(format!("origin/{}", variable(name)?));
    [
        variable("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        branch("GITHUB_BASE_REF"),
        branch("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// GitLab names the commit before the push in a variable; GitHub and Gitea write the event into a file. All
/// zeros stand for a branch that is new.
fn before(
    variable: &dyn Fn(&str) -> Option<String>,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Option<String> {
    let of_event = || {
        // in the events of a pull request `before` is something else
        variable("GITHUB_EVENT_NAME").filter(|name| name == "push")?;
        let event = read(&variable("GITHUB_EVENT_PATH")?)?;
        let event: serde_json::Value = serde_json::from_slice(&event).ok()?;
        event.get("before")?.as_str().map(str::to_owned)
    };
    let commit = variable("CI_COMMIT_BEFORE_SHA").or_else(of_event)?;
    commit.bytes().any(|byte| byte != b'0').then_some(commit)
}

/// Flags parted by spaces, as cargo parts them, in cargo's form that may hold spaces.
fn parted(flags: &OsStr) -> OsString {
    let flags = flags.to_string_lossy();
    let flags: Vec<&str> = flags.split(' ').filter(|flag| !flag.is_empty()).collect();
    flags.join("\u{1f}").into()
}

/// The variables with those flags, as cargo names them.
fn flags(kind: &str) -> Vec<(String, String)> {
    let variables =
        std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(|name| holds(name, kind)));
    variables
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect()
}

fn holds(name: &str, kind: &str) -> bool {
    let before = name.strip_suffix(kind);
    before.is_some_and(|before| {
        ["", "CARGO_ENCODED_", "CARGO_BUILD_"].contains(&before)
            || (before.starts_with("CARGO_TARGET_") && before.ends_with('_'))
    })
}

/// Variables by which git tells its hooks where the repository is (`git rev-parse
/// --local-env-vars`). A test that runs `git init` elsewhere must not see them. Those that carry a
/// user's own configuration (`GIT_CONFIG_COUNT` and its like, which git counts among them) stay.
const GIT_LOCAL: [&str; 14] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// What else git tells its hooks of the one call that they are part of: the time of the commit, words for the log of
/// refs, options of the call, and the place of objects that are not accepted yet, with which git refuses to change
/// refs in any repository. The names of the author stay: they may be all that says who commits in a test.
const GIT_CALL: [&str; 9] = [
    "GIT_ATTR_SOURCE",
    "GIT_AUTHOR_DATE",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
];

/// Variables that `cargo run` sets for the package it runs: seen by a build script of the judged
/// workspace they would be those of another package, and cause rebuilds.
const CARGO_RUN: [&str; 6] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_CRATE_NAME",
    "CARGO_BIN_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "OUT_DIR",
];

/// Variables that tell of the session and not of the machine: seen by a test or a build script, they would make its answer
/// one of a terminal. Those by which a program reaches an agent, a display or a key stay.
const OF_SESSION: [&str; 27] = [
    "_",
    "COLORFGBG",
    "COLORTERM",
    "COLUMNS",
    "DESKTOP_SESSION",
    "GPG_TTY",
    "HISTCMD",
    "HISTFILE",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LESS",
    "LINES",
    "LS_COLORS",
    "MAIL",
    "OLDPWD",
    "PAGER",
    "PWD",
    "SHLVL",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "STY",
    "TERM",
    "TMUX",
    "TMUX_PANE",
    "WINDOWID",
    "XDG_VTNR",
];

/// Beginnings of the names of such variables, and of those of cargo's that are set anew.
const OF_SESSIONS: [&str; 10] = [
    "CARGO_TERM_",
    "GIT_INTERNAL_",
    "GIT_PUSH_",
    "GIT_QUARANTINE_",
    "GIT_REFLOG_",
    "ITERM_",
    "KITTY_",
    "TERM_",
    "VTE_",
    "XDG_SESSION",
];

/// Variables with a fixed value for every tool: plain output, no tool that installs anything, and no `git status`
/// that writes the user's index.
const FIXED: [(&str, &str); 11] = [
    ("TERM", "dumb"),
    ("CARGO_TERM_COLOR", "never"),
    ("CARGO_TERM_HYPERLINKS", "false"),
    ("CARGO_TERM_PROGRESS_WHEN", "never"),
    ("CARGO_TERM_QUIET", "false"),
    ("CARGO_TERM_UNICODE", "false"),
    ("CARGO_TERM_VERBOSE", "false"),
    ("CARGO_LLVM_COV_SETUP", "no"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("RUSTUP_AUTO_INSTALL", "0"),
];

/// The changes to our environment that every tool is started with; none removes a variable.
pub(super) fn clean() -> Vec<(OsString, Option<OsString>)> {
    let removed = std::env::vars_os().map(|(name, _)| name).filter(|name| is_ours_alone(name));
    let removed = removed.map(|name| (name, None));
    removed.chain(FIXED.iter().map(|(name, value)| ((*name).into(), Some((*value).into())))).collect()
}

/// The only settings that trivy takes from its environment: where things are and how to reach them. Any other may
/// take vulnerabilities, packages or files out of its report, which does not tell so.
const TRIVYS: [&str; 25] = [
    "TRIVY_AUTH_URL",
    "TRIVY_CACERT",
    "TRIVY_CACHE_BACKEND",
    "TRIVY_CACHE_DIR",
    "TRIVY_CACHE_TTL",
    "TRIVY_DB_REPOSITORY",
    "TRIVY_DISABLE_TELEMETRY",
    "TRIVY_DOCKER_HOST",
    "TRIVY_IMAGE_SRC",
    "TRIVY_INSECURE",
    "TRIVY_JAVA_DB_REPOSITORY",
    "TRIVY_MAX_IMAGE_SIZE",
    "TRIVY_NON_SSL",
    "TRIVY_PARALLEL",
    "TRIVY_PASSWORD",
    "TRIVY_PLATFORM",
    "TRIVY_PODMAN_HOST",
    "TRIVY_REDIS_CA",
    "TRIVY_REDIS_CERT",
    "TRIVY_REDIS_KEY",
    "TRIVY_REDIS_TLS",
    "TRIVY_REGISTRY_TOKEN",
    "TRIVY_SKIP_VERSION_CHECK",
    "TRIVY_TIMEOUT",
    "TRIVY_USERNAME",
];

/// Variables that a tool is started without, since they are settings that bend its answer. grype's report tells
/// its settings, and so they are judged there.
pub(super) fn without_settings(tool: Tool) -> Vec<(OsString, Option<OsString>)> {
    let names = std::env::vars_os().map(|(name, _)| name);
    let bends = |name: &OsString| tool == Tool::Trivy && name.to_str().is_some_and(is_trivys_setting);
    names.filter(bends).map(|name| (name, None)).collect()
}

fn is_trivys_setting(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("TRIVY_") && !TRIVYS.contains(&name.as_str())
}

pub(super) fn is_ours_alone(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    GIT_LOCAL.contains(&name)
        || GIT_CALL.contains(&name)
        || CARGO_RUN.contains(&name)
        || OF_SESSION.contains(&name)
        || OF_SESSIONS.iter().any(|beginning| name.starts_with(beginning))
        || name.starts_with("CARGO_PKG_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_of_a_hook_and_the_package_of_cargo_run_stay_with_us() {
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "CARGO_PKG_VERSION", "CARGO_MANIFEST_DIR"] {
            assert!(is_ours_alone(OsStr::new(name)), "{name}");
        }
        for name in ["GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "CARGO_HOME", "RUSTFLAGS", "PATH"] {
            assert!(!is_ours_alone(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn what_tells_of_the_session_stays_with_us_and_what_programs_need_does_not() {
        for name in ["COLUMNS", "TERM", "TERM_PROGRAM", "SHLVL", "SSH_TTY", "CARGO_TERM_COLOR"] {
            assert!(is_ours_alone(OsStr::new(name)), "{name}");
        }
        for name in ["SSH_AUTH_SOCK", "DISPLAY", "HOME", "GIT_AUTHOR_NAME", "DBUS_SESSION_BUS_ADDRESS"] {
            assert!(!is_ours_alone(OsStr::new(name)), "{name}");
        }
        assert!(clean().contains(&("TERM".into(), Some("dumb".into()))));
    }

    #[test]
    fn what_git_calls_local_to_a_repository_is_known_here() {
        let Some(git) = super::super::tools::git() else { return };
        let command = super::super::process::Command::new(git, "/", std::time::Duration::from_mins(1));
        let command = command.args(["rev-parse", "--local-env-vars"]);
        let captured = super::super::process::run(&command, &super::super::Cancel::default());
        let names = String::from_utf8(captured.stdout).unwrap();
        assert!(names.contains("GIT_DIR"), "{names}");
        for name in names.lines().filter(|name| *name != "GIT_CONFIG_COUNT") {
            assert!(is_ours_alone(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn trivy_keeps_its_mirrors_and_credentials_and_no_filter() {
        for name in
            ["TRIVY_SEVERITY", "TRIVY_IGNORE_UNFIXED", "TRIVY_IGNOREFILE", "TRIVY_VEX", "trivy_severity"]
        {
            assert!(is_trivys_setting(name), "{name}");
        }
        for name in ["TRIVY_DB_REPOSITORY", "TRIVY_PASSWORD", "TRIVY_CACHE_DIR", "HTTPS_PROXY"] {
            assert!(!is_trivys_setting(name), "{name}");
        }
        assert!(without_settings(Tool::Cargo).is_empty());
    }

    #[test]
    fn the_server_tells_the_target_of_a_change() {
        let github = base_hints(&|name| (name == "GITHUB_BASE_REF").then(|| "next".to_owned()));
        assert_eq!(github, ["origin/next"]);
        assert!(base_hints(&|_| None).is_empty());
    }

    #[test]
    fn the_server_tells_what_a_branch_was_before_a_push() {
        let gitlab = |commit: &'static str| {
            before(&move |name| (name == "CI_COMMIT_BEFORE_SHA").then(|| commit.to_owned()), &|_| None)
        };
        assert_eq!(gitlab("12ab").as_deref(), Some("12ab"));
        assert_eq!(gitlab("0000"), None, "a new branch");
        let github = |kind: &'static str, event: &'static str| {
            let variable = move |name: &str| match name {
                "GITHUB_EVENT_NAME" => Some(kind.to_owned()),
                "GITHUB_EVENT_PATH" => Some("/event.json".to_owned()),
                _ => None,
            };
            before(&variable, &move |path| (path == "/event.json").then(|| event.as_bytes().to_vec()))
        };
        assert_eq!(github("push", r#"{"before": "12ab", "forced": false}"#).as_deref(), Some("12ab"));
        assert_eq!(github("push", r#"{"before": "0000"}"#), None);
        assert_eq!(github("push", r#"{"before": 7}"#), None);
        assert_eq!(github("pull_request", r#"{"before": "12ab"}"#), None);
    }

    #[test]
    fn no_tool_may_install_a_toolchain() {
        let environment = clean();
        let value =
            |name: &str| environment.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.clone());
        assert_eq!(value("RUSTUP_AUTO_INSTALL"), Some("0".into()));
        assert_eq!(value("CARGO_LLVM_COV_SETUP"), Some("no".into()));
    }
}
