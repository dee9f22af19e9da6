//! Records that are read before a run needs them: while git brings its private copy up to date.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

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
    /// Begins to read those of a state folder, one after another in the order in which they are needed: beside git there
    /// may be one processor for them.
    pub(in crate::exec) fn begin(state: &Path) -> Self {
        let folder = Folder::of(state);
        let (to_contents, contents) = Early::open();
        let (to_formatted, formatted) = Early::open();
        let (to_scans, scans) = Early::open();
        let (to_searched, searched) = Early::open();
        // what nobody waits for any more is dropped
        let read = move || {
            let _ = to_contents.send(Contents::open(folder.contents()));
            let _ = to_formatted.send(formatted::read(&folder));
            let _ = to_scans.send(scanned::read(&folder));
            let _ = to_searched.send(searched::read(&folder));
        };
        let _ = thread::Builder::new().spawn(read);
        Self { contents, scans, formatted, searched }
    }
}

/// One of them, which is there once.
#[derive(Debug)]
pub(super) struct Early<T>(Mutex<Option<Receiver<T>>>);

impl<T> Default for Early<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Early<T> {
    /// One that somebody reads, and by what it is given.
    fn open() -> (Sender<T>, Self) {
        let (send, receive) = channel();
        (send, Self(Mutex::new(Some(receive))))
    }

    /// What was read early, else what is read now.
    pub(super) fn or_read(&self, read: impl FnOnce() -> T) -> T {
        let begun = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        begun.and_then(|begun| begun.recv().ok()).unwrap_or_else(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_early_is_given_once_and_then_read_anew() {
        let (send, early) = Early::open();
        send.send(1).unwrap();
        assert_eq!([early.or_read(|| 2), early.or_read(|| 3)], [1, 3]);
        assert_eq!(Early::default().or_read(|| 4), 4);
        let (send, lost) = Early::open();
        drop(send);
        assert_eq!(lost.or_read(|| 5), 5, "whoever was to read it did not");
    }
}
