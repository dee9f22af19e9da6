//! Where the tools are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Environment;
use crate::step::Tool;

/// Every tool that is there. cargo is the one that started us; rustfmt is the one beside it, past
/// rustup's proxy, which would cost some milliseconds for each file.
pub(super) fn find(environment: &Environment) -> BTreeMap<Tool, PathBuf> {
    Tool::ALL.into_iter().filter_map(|tool| Some((tool, locate(environment, tool)?))).collect()
}

/// Where git is.
pub(super) fn git() -> Option<PathBuf> {
    which::which_in_global(Tool::Git.program(), std::env::var_os("PATH")).ok()?.next()
}

fn locate(environment: &Environment, tool: Tool) -> Option<PathBuf> {
    let started_by = environment.cargo.clone().filter(|path| path.is_file());
    let beside =
        |name: &str| Some(executable(started_by.as_deref()?.parent()?, name)).filter(|path| path.is_file());
    let on_path = || which::which_in_global(tool.program(), std::env::var_os("PATH")).ok()?.next();
    match tool {
        Tool::Cargo => started_by.or_else(on_path),
        Tool::Rustfmt => environment.rustfmt.clone().or_else(|| beside("rustfmt")).or_else(on_path),
        Tool::Rustc => beside("rustc").or_else(on_path),
        _ => on_path(),
    }
}

/// Replaces rustup's proxy of rustfmt by the program of the toolchain itself; none where the
/// toolchain lacks it.
pub(super) fn past_the_proxy(tools: &mut BTreeMap<Tool, PathBuf>, sysroot: Option<&Path>) {
    let (Some(rustfmt), Some(sysroot)) = (tools.get(&Tool::Rustfmt), sysroot) else { return };
    let is_proxy = rustfmt.parent().is_some_and(|folder| executable(folder, "rustup").is_file());
    if !is_proxy {
        return;
    }
    let own = executable(&sysroot.join("bin"), "rustfmt");
    if own.is_file() {
        tools.insert(Tool::Rustfmt, own);
    } else {
        tools.remove(&Tool::Rustfmt);
    }
}

fn executable(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
