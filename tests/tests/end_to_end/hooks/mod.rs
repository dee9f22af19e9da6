//! git's hooks: installed by the real program into real repositories, and run by real git.

#[cfg(unix)]
mod fixing;
mod formatting;
mod install;
#[cfg(unix)]
mod judged;
mod kills;
mod kinds;
mod message;
mod repositories;
#[cfg(unix)]
mod run_time;
mod state;
mod wild;
mod worktrees;
