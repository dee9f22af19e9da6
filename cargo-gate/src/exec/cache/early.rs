//! Records that are read before a run needs them: while git brings its private copy up to date.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::contents::Contents;
use super::digests::Digests;
use super::folder::Folder;
use super::{formatted, scanned, searched};

/// Such records. Of the default one none has begun to be read.
#[derive(Debug, Default)]
pub struct Records {
    pub(super) contents: Early<Contents>,
    pub(super) scans: Early<scanned::Scans>,
    pub(super) formatted: Early<Digests>,
    pub(super) searched: Early<Digests>,
}

impl Records {
    /// Begins to read those of a state folder.
    pub(in crate::exec) fn begin(state: &Path) -> Self {
        let folder = Folder::of(state);
        let of = |read: fn(&Folder) -> Digests| {
            let folder = folder.clone();
            Early::begin(move || read(&folder))
        };
        let (formatted, searched) = (of(formatted::read), of(searched::read));
        let (record, scans) = (folder.contents(), folder.clone());
        let contents = Early::begin(move || Contents::open(record));
        Self { contents, scans: Early::begin(move || scanned::read(&scans)), formatted, searched }
    }
}

/// One of them, which is there once.
#[derive(Debug)]
pub(super) struct Early<T>(Mutex<Option<JoinHandle<T>>>);

impl<T> Default for Early<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Send + 'static> Early<T> {
    fn begin(read: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(Mutex::new(thread::Builder::new().spawn(read).ok()))
    }

    /// What was read early, else what is read now.
    pub(super) fn or_read(&self, read: impl FnOnce() -> T) -> T {
        let begun = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        begun.and_then(|begun| begun.join().ok()).unwrap_or_else(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_early_is_given_once_and_then_read_anew() {
        let early = Early::begin(|| 1);
        assert_eq!([early.or_read(|| 2), early.or_read(|| 3)], [1, 3]);
        assert_eq!(Early::default().or_read(|| 4), 4);
    }
}
