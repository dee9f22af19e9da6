//! git, asked so that its answer tells what is there, whatever the user's settings are.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::process::Command;

/// Settings by which git would look at less than there is: a watcher of files that it believes, times that it does not
/// look at, names that it takes for one where the disk tells them apart. The last two are for submodules, in which git
/// calls itself with these settings, and with arguments of its own.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.trustctime=true",
    "core.checkStat=default",
    #[cfg(not(any(windows, target_vendor = "apple")))]
    "core.ignoreCase=false",
    "status.showUntrackedFiles=normal",
    "diff.ignoreSubmodules=none",
];

/// git in a folder, without arguments. Commits and files are those that a push sends: what stands in for them in this
/// clone alone (`git replace`, grafts) does not count.
pub fn git(program: impl Into<PathBuf>, folder: impl Into<PathBuf>, timeout: Duration) -> Command {
    let set = |name: &str, value: &str| (OsString::from(name), Some(OsString::from(value)));
    let mut command =
        Command::new(program, folder, timeout).unshown(SETTINGS.iter().flat_map(|setting| ["-c", *setting]));
    command.env = vec![
        // messages in one language
        set("LC_ALL", "C"),
        set("GIT_NO_REPLACE_OBJECTS", "1"),
        // a file that cannot be: of one that is there git says that it is out of date
        set("GIT_GRAFT_FILE", "/dev/null/none"),
    ];
    command
}
