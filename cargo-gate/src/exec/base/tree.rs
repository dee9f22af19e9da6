//! A private copy of the base's files, to build them.

use std::path::{Path, PathBuf};

use super::{Git, failed};
use crate::exec::process::run;
use crate::gate::Unreadable;
use crate::step::Base;

/// Where the base is built.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::exec) struct BaseTree {
    /// Its workspace root.
    pub(in crate::exec) root: PathBuf,
    /// Its target folder: in the workspace's own one, each build would replace the other's programs, as cargo
    /// gives equal packages equal names wherever they lie.
    pub(in crate::exec) target: PathBuf,
}

impl BaseTree {
    /// The variables that keep the base's builds to its target folder.
    pub(in crate::exec) fn env(&self) -> Vec<(String, String)> {
        let target = self.target.to_string_lossy();
        ["CARGO_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"].map(|name| (name.to_owned(), target.to_string())).into()
    }
}

impl Git<'_> {
    /// The copy of the base, written where the last one is of another commit.
    pub(in crate::exec) fn tree(&self, base: &Base) -> Result<BaseTree, Unreadable> {
        let store = self.facts.target.join("bulletproof").join("base");
        let folder = store.join(&base.commit);
        let below = self.prefix()?;
        self.same_settings(base, below.trim_end_matches('/'))?;
        if !folder.is_dir() {
            let disk = |error: std::io::Error| {
                Unreadable::crashed(format!("{}: the base cannot be written: {error}", store.display()))
            };
            std::fs::create_dir_all(&store).map_err(disk)?;
            let fresh = tempfile::tempdir_in(&store).map_err(disk)?;
            take_over(&store, &fresh.path().join("target")).map_err(disk)?;
            self.write_out(base, fresh.path())?;
            // another run may have been faster: its copy is as good
            if std::fs::rename(fresh.path(), &folder).is_err() && !folder.is_dir() {
                return Err(disk(std::io::Error::other("it could not be moved to its place")));
            }
        }
        let root = folder.join("tree").join(below.trim_end_matches('/'));
        if !root.join("Cargo.toml").is_file() {
            return Err(Unreadable::unavailable(format!(
                "there was no Cargo.toml at the base ({})",
                base.how
            )));
        }
        // a lock file that git ignores serves both
        let (own, copy) = (self.facts.root.join("Cargo.lock"), root.join("Cargo.lock"));
        if own.is_file() && !copy.exists() {
            std::fs::copy(&own, &copy)
                .map_err(|error| Unreadable::crashed(format!("{}: {error}", copy.display())))?;
        }
        Ok(BaseTree { root, target: folder.join("target") })
    }

    /// cargo reads its configuration in every folder above, and so that of the change for the base too: where
    /// the two differ, what is built is neither.
    fn same_settings(&self, base: &Base, below: &str) -> Result<(), Unreadable> {
        let levels = below.split('/').filter(|part| !part.is_empty()).count();
        for level in 0..=levels {
            let up = "../".repeat(level);
            for name in ["config.toml", "config"] {
                let path = format!("{up}.cargo/{name}");
                let Ok(own) = std::fs::read(self.facts.root.join(&path)) else { continue };
                // one that git ignores is the machine's, and serves both
                let tracked = !self.stdout(&["ls-files", "--", &path])?.is_empty();
                if tracked && self.file(base, &path)?.as_ref() != Some(&own) {
                    let reason = format!(
                        "{path} is not what it was at the base ({}): cargo would read both",
                        base.how
                    );
                    return Err(Unreadable::unavailable(reason)
                        .help("commit that change by itself, and compare with it: --base REV"));
                }
            }
        }
        Ok(())
    }

    fn write_out(&self, base: &Base, folder: &Path) -> Result<(), Unreadable> {
        let top = PathBuf::from(self.line(&["rev-parse", "--show-toplevel"])?);
        let prefix = format!("--prefix={}/", folder.join("tree").display());
        for args in [&["read-tree", &base.commit][..], &["checkout-index", "--all", "--quiet", &prefix]] {
            let mut command = self.command(args);
            command.cwd.clone_from(&top);
            command.env.push(("GIT_INDEX_FILE".into(), Some(folder.join("index").into())));
            let captured = run(&command, self.cancel);
            if captured.exit_code()? != 0 {
                return Err(failed(&captured));
            }
        }
        Ok(())
    }
}

/// Removes the copy of an earlier base and keeps what was built of it: the dependencies. Its own packages are
/// built anew, since all files that are written from now on are newer than what cargo built of the others; two
/// copies beside each other could not share a target folder, as the older one would be taken for built.
fn take_over(store: &Path, target: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(store)? {
        let folder = entry?.path();
        let is_commit = folder
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if !is_commit {
            continue;
        }
        let built = folder.join("target");
        if built.is_dir() && !target.exists() {
            std::fs::rename(&built, target)?;
        }
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}
