//! What cargo knows of the compiler, kept for each program that it calls in the compiler's place. cargo keeps it for one
//! alone, in a file that holds nothing else, and asks the compiler three times where another stood there before
//! (<https://github.com/rust-lang/cargo/blob/master/src/cargo/util/rustc.rs>). It holds what it reads there against the
//! compiler and the program, so that what is out of date is nothing to it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::store::{replace_file, write_artifact};
use crate::finding::digest;

/// cargo's file, in the folder of what it builds.
const NAME: &str = ".rustc_info.json";

/// Has cargo find what it knew with that program, until this is dropped: then what was there before is there again.
pub(super) struct Lent {
    file: PathBuf,
    /// Where the program's own is kept.
    kept: PathBuf,
    /// What was there before.
    before: Option<Vec<u8>>,
}

impl Lent {
    /// For a call with that workspace wrapper.
    pub(super) fn to(target: &Path, wrapper: &OsStr) -> Self {
        let file = target.join(NAME);
        let name = digest(&[&wrapper.to_string_lossy()]);
        let kept = target.join("bulletproof").join("rustc-info").join(format!("{name}.json"));
        let before = std::fs::read(&file).ok();
        // where cargo has none it builds in another folder, or for the first time
        if let (Some(_), Ok(own)) = (&before, std::fs::read(&kept)) {
            // without it cargo asks the compiler
            let _ = replace_file(&file, &own);
        }
        Self { file, kept, before }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Ok(now) = std::fs::read(&self.file) else { return };
        if std::fs::read(&self.kept).ok().as_ref() != Some(&now) {
            let _ = write_artifact(&self.kept, &now);
        }
        if let Some(before) = self.before.take().filter(|before| *before != now) {
            let _ = replace_file(&self.file, &before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_finds_what_cargo_knew_with_it_and_the_users_own_stays() {
        let target = tempfile::tempdir().unwrap();
        let file = target.path().join(NAME);
        let found = || std::fs::read_to_string(&file).unwrap();
        let call = |wrapper: &str, found_before: &str, learned: &str| {
            let lent = Lent::to(target.path(), OsStr::new(wrapper));
            assert_eq!(found(), found_before);
            std::fs::write(&file, learned).unwrap();
            drop(lent);
        };
        std::fs::write(&file, "users").unwrap();
        let mode = || std::fs::metadata(&file).unwrap().permissions();
        let users = mode();
        call("/a", "users", "of a");
        assert_eq!((found(), mode()), ("users".to_owned(), users), "others may read it as before");
        call("/b", "users", "of b");
        call("/a", "of a", "more of a");
        call("/a", "more of a", "more of a");
        call("/b", "of b", "of b");
        assert_eq!(found(), "users");
    }

    #[test]
    fn where_cargo_has_none_none_is_made_and_its_first_stays() {
        let target = tempfile::tempdir().unwrap();
        let (file, wrapper) = (target.path().join(NAME), OsStr::new("/a"));
        drop(Lent::to(target.path(), wrapper));
        assert!(std::fs::read_dir(target.path()).unwrap().next().is_none());
        let lent = Lent::to(target.path(), wrapper);
        std::fs::write(&file, "of a").unwrap();
        drop(lent);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "of a");
        std::fs::remove_file(&file).unwrap();
        drop(Lent::to(target.path(), wrapper));
        assert!(!file.exists());
    }
}
