//! The flag that ends a run early: set by Ctrl-C, by the system's wish to end us, by `--fail-fast`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by all threads of a run. Once set it stays set.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    /// One that sets this one as well.
    above: Option<Arc<Self>>,
}

impl Cancel {
    /// A flag that Ctrl-C, SIGTERM and SIGHUP set (and their Windows twins).
    pub fn on_signals() -> Self {
        let cancel = Self::default();
        let flag = cancel.clone();
        // a second handler in one process is refused: then the first one is already ours
        let _ = ctrlc::set_handler(move || flag.set());
        cancel
    }

    /// A flag for a part of the run, which ends with the whole.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { flag: Arc::default(), above: Some(Arc::new(self.clone())) }
    }

    /// Ends the run, or its part.
    pub fn set(&self) {
        self.flag.store(true, Ordering::SeqCst);
    }

    /// Whether the run is to end, or its part.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::SeqCst) || self.above.as_ref().is_some_and(|above| above.is_set())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_with_the_whole_and_not_the_other_way_round() {
        let whole = Cancel::default();
        let (one, other) = (whole.part(), whole.part());
        one.set();
        assert!(one.clone().is_set() && !other.is_set() && !whole.is_set());
        whole.set();
        assert!(other.is_set());
    }
}
