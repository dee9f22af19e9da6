//! What is different around the second build.

use std::ffi::OsString;
use std::time::Duration;

use super::Twins;
use super::place::Second;
use crate::exec::process::Command;
use crate::step::Tool;

const LOCALE: &str = "et_EE.UTF-8";
const USER: &str = "somebody-else";

impl Twins<'_> {
    /// cargo in the second tree.
    pub(super) fn command(&self, second: &Second, args: &[String], timeout: Duration) -> Command {
        let cargo = self.facts.tools.get(&Tool::Cargo).cloned().unwrap_or_else(|| "cargo".into());
        let mut line: Vec<OsString> = Vec::new();
        line.push(cargo.into());
        let own = args.iter().take_while(|arg| *arg != "--").filter(|arg| *arg != "--offline");
        line.extend(own.map(OsString::from));
        let jobs = jobs() + 1;
        line.extend([format!("--jobs={jobs}"), "--offline".to_owned()].map(OsString::from));
        line.extend(args.iter().skip_while(|arg| *arg != "--").map(OsString::from));
        let line = with_umask(second, line);
        let (program, rest) =
            line.split_first().map(|(program, rest)| (program.clone(), rest.to_vec())).unwrap_or_default();
        let mut command = Command::new(program, &second.root, timeout).args(rest);
        command.env = self.environment_of(second);
        command.what = format!("cargo {} (second build)", args.first().map_or("build", String::as_str));
        command
    }

    fn environment_of(&self, second: &Second) -> Vec<(OsString, Option<OsString>)> {
        let set = |name: &str, value: OsString| (OsString::from(name), Some(value));
        let zone =
            if std::env::var_os("TZ").is_some_and(|zone| zone == "GMT-14") { "GMT+11" } else { "GMT-14" };
        let mut env = vec![
            set("HOME", second.home.clone().into()),
            set("USERPROFILE", second.home.clone().into()),
            set("CARGO_HOME", second.cargo_home.clone().into()),
            set("CARGO_TARGET_DIR", second.target.clone().into()),
            set("CARGO_BUILD_BUILD_DIR", second.target.clone().into()),
            set("TZ", zone.into()),
            // nothing may answer with what it kept of the first build
            set("RUSTC_WRAPPER", "".into()),
            set("CCACHE_DISABLE", "1".into()),
            set("SCCACHE_RECACHE", "1".into()),
        ];
        env.extend(["USER", "LOGNAME", "USERNAME"].map(|name| set(name, USER.into())));
        env.extend(["LANG", "LC_ALL"].map(|name| set(name, LOCALE.into())));
        env.extend(["CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_JOBS"].map(|name| (name.into(), None)));
        // rustup's home follows from the user's where nothing names it
        let rustup =
            etcetera::home_dir().ok().map(|home| home.join(".rustup")).filter(|folder| folder.is_dir());
        if let Some(rustup) = rustup.filter(|_| std::env::var_os("RUSTUP_HOME").is_none()) {
            env.push(set("RUSTUP_HOME", rustup.into()));
        }
        let flags = self.environment.rustflags.iter();
        env.extend(flags.map(|(name, value)| set(name, self.moved(value, second).into())));
        env
    }

    /// Flags that name folders of the first build name those of the second: that is what `$PWD` in them means.
    fn moved(&self, flags: &str, second: &Second) -> String {
        let (first, second) = (self.first_places(), second.places());
        let pairs = [
            (first.target, second.target),
            (first.root, second.root),
            (first.cargo_home, second.cargo_home),
            (first.home, second.home),
        ];
        let mut pairs: Vec<(String, String)> = pairs.into_iter().filter(|(from, _)| from.len() > 1).collect();
        pairs.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let mut parts = flags.split("--remap-path-prefix").map(str::to_owned).collect::<Vec<_>>();
        for part in parts.iter_mut().skip(1) {
            // `=FROM=TO`, or FROM=TO as the next argument
            let start = part.find(|c: char| !(c == '=' || c == ' ' || c == '\u{1f}')).unwrap_or(part.len());
            let (lead, path) = part.split_at(start);
            let under =
                |from: &str| path.strip_prefix(from).filter(|rest| rest.starts_with(['=', '/', '\\']));
            if let Some((rest, to)) = pairs.iter().find_map(|(from, to)| Some((under(from)?, to))) {
                *part = format!("{lead}{to}{rest}");
            }
        }
        parts.join("--remap-path-prefix")
    }
}

/// What was different around the second build, and what could not be.
pub(super) fn variations(second: &Second) -> (Vec<String>, Vec<String>) {
    let mut varied = [
        "folder",
        "HOME",
        "CARGO_HOME",
        "target folder",
        "user name (in the environment)",
        "locale",
        "time zone",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut unvaried = Vec::new();
    varied.push(format!("jobs ({} and {})", jobs(), jobs() + 1));
    match second.umask {
        Some(mask) => varied.push(format!("umask ({mask:03o})")),
        None => unvaried.push("umask (this system has none)".to_owned()),
    }
    if second.reordered {
        varied.push("file order".to_owned());
    } else {
        unvaried.push("file order (the file system gives names in an order of its own)".to_owned());
    }
    unvaried.push("host name, user id, search path, number of CPUs".to_owned());
    // cargo and rustc hang under a faked clock: libfaketime 0.9.10 breaks their waiting
    unvaried.push("date (a stamp of the day alone is seen only in builds of two days)".to_owned());
    unvaried.extend(second.without_git.iter().map(|why| format!("git repository ({why})")));
    (varied, unvaried)
}

/// How many jobs cargo runs by itself.
fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Another umask can only be set from within the process that starts the program.
fn with_umask(second: &Second, line: Vec<OsString>) -> Vec<OsString> {
    let Some(mask) = second.umask else { return line };
    let script = format!("umask {mask:03o}; exec \"$0\" \"$@\"");
    ["/bin/sh".into(), "-c".into(), OsString::from(script)].into_iter().chain(line).collect()
}
